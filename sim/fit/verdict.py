"""A scored forecast in words and tables: what was matched, how it did, what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from sim.core.errors import InputError
from sim.experiment.store import atomic
from sim.fit.scoring import QUANTITY_BASELINES
from sim.fit.skill import (
    count_skill,
    coverage_table,
    others,
    quantity_skill,
    vote_skill,
)
from sim.fit.truth import Verdict

WORST = 10  # misses that are told
FILES = (
    ("report.md", "what is printed here"),
    ("quantities.csv", "volumes and shares, a row a figure: forecast, observed, scores"),
    ("votes.csv", "votes, a row each"),
    ("counts.csv", "episodes a year, a row each country, power and year"),
    ("skill.csv", "skill against baselines, by family"),
    ("coverage.csv", "share of figures inside the forecast's intervals"),
    ("matched.csv", "each figure that was matched, and what it was anchored on"),
    ("unmatched.txt", "what was left out, and why"),
)
_BASELINES = {
    "last_value": "last value",
    "persistence": "persistence",
    "drift": "drift",
    "autoregression": "autoregression",
    "recent_changes": "recent changes",
}


def verdict_tables(verdict: Verdict) -> dict[str, pd.DataFrame]:
    """Tables of a verdict.

    Returns
    -------
    dict of str to DataFrame
        quantities, votes, counts (scores, a row a figure); skill (a row a kind of figure, family
        and baseline, with a 95 percent interval); coverage; matched. Without figures of a kind, its
        tables are empty.
    """
    scored = verdict.scored
    skills = []
    if not scored.quantities.empty:
        found = quantity_skill(scored.quantities, list(QUANTITY_BASELINES))
        skills.append(found.assign(kind="quantity", score="crps"))
    if not scored.votes.empty:
        found = vote_skill(scored.votes, others(scored.votes, "rps"))
        for name in ("rps", "brier"):
            columns = {f"{name}_{what}": what for what in ("skill", "low", "high")}
            part = found.rename(columns={"cases": "family", "votes": "figures", **columns})
            columns = {name: "mean", f"{name}_baseline": "mean_baseline"}
            skills.append(part.rename(columns=columns).assign(kind="vote", score=name))
    if not scored.counts.empty:
        found = count_skill(scored.counts, others(scored.counts, "log_score"))
        columns = {"saved": "skill", "log_score": "mean", "log_score_baseline": "mean_baseline"}
        skills.append(found.rename(columns=columns).assign(kind="count", score="log score saved"))
    order = ["kind", "score", "family", "against", "skill", "low", "high", "mean", "mean_baseline"]
    skill = pd.concat(skills) if skills else pd.DataFrame()
    coverage = pd.DataFrame()
    if not scored.quantities.empty:
        coverage = coverage_table(scored.quantities)
    return {
        "quantities": scored.quantities,
        "votes": scored.votes,
        "counts": scored.counts,
        "skill": skill.reindex(columns=[*order, "series", "figures"]),
        "coverage": coverage,
        "matched": verdict.matched,
    }


def write_verdict(verdict: Verdict, folder: Path) -> None:
    """Write the tables, the report and what was left out into a folder (see `FILES`)."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: this is a file; a verdict needs a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "matched.csv").is_file():
        raise InputError(
            f"{folder}: the folder holds something else than a verdict, so nothing in it is "
            "overwritten; choose another with --out"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in verdict_tables(verdict).items():
        with atomic(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")
    texts = {
        "unmatched.txt": "".join(f"{line}\n" for line in verdict.unmatched),
        "report.md": verdict_page(verdict),
    }
    for name, text in texts.items():
        with atomic(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def verdict_page(verdict: Verdict) -> str:
    """What was matched, how the forecast did, and what was left out.

    Returns
    -------
    str
        Markdown.
    """
    about, tables = verdict.about, verdict_tables(verdict)
    lines = [
        f"# {about['scenario']} of {about['case']}, against what was observed",
        "",
        f"Forecast of {about['first_year']} to {about['last_year']} made from the end of "
        f"{about['base_year']}, {about['runs']} runs of {about['result']}. Observed: "
        f"{about['truth']}.",
        *(f"* {note}" for note in verdict.notes),
        "",
        "## What was matched",
        "",
        *_matched(verdict.matched),
        "",
        "## Volumes and shares",
        "",
        *_quantities(tables),
        "",
        "## Votes",
        "",
        *_votes(tables),
        "",
        "## Episodes",
        "",
        *_counts(tables),
        "",
        "## What was left out, and why",
        "",
        *(f"* {line}" for line in verdict.unmatched),
    ]
    return "\n".join(lines) + "\n"


def _matched(matched: pd.DataFrame) -> Iterator[str]:
    def told(part: pd.DataFrame, column: str) -> str:
        return ", ".join(str(one) for one in sorted(set(part[column])))

    yield from _table(
        ("family", "figures", "observables", "years", "sources"),
        (
            (
                family,
                len(part),
                part["observable"].nunique(),
                told(part, "year"),
                told(part, "source"),
            )
            for family, part in matched.groupby("family", sort=False)
        ),
    )
    votes = matched[matched["kind"] == "vote"]
    if len(votes):
        yield ""
        texts = votes["observable"].str.split(".").str[0]
        calls = votes.assign(text=texts).drop_duplicates(["series", "text"])
        yield "Roll calls: " + ", ".join(
            f"{series} ({year}, as {text})"
            for series, year, text in zip(
                calls["series"], calls["year"], calls["text"], strict=True
            )
        )
    anchors = matched["anchored_on"].value_counts()
    if len(anchors):
        yield ""
        yield (
            "Each figure is set against the same reporter's figure of the base year, from "
            + " and ".join(f"{where} ({number})" for where, number in anchors.items())
            + "."
        )


def _quantities(tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    scores = tables["quantities"]
    if scores.empty:
        yield "None could be scored."
        return
    skill = tables["skill"]
    skill = skill[skill["kind"] == "quantity"]
    yield (
        "Skill: the share of a baseline's error (CRPS) that the forecast saves; above 0 it is "
        "better, below 0 worse. Brackets: 95 percent, resampling whole series."
    )
    yield ""
    yield from _table(
        ("family", "series", "figures", *(f"against {name}" for name in _BASELINES.values())),
        (
            (
                family,
                int(part["series"].iloc[0]),
                int(part["figures"].iloc[0]),
                *(_interval(part[part["against"] == name]) for name in _BASELINES),
            )
            for family, part in skill.groupby("family", sort=False)
        ),
    )
    yield ""
    yield "Share of figures inside the intervals that should hold 50, 80 and 95 percent of them:"
    yield ""
    yield from _table(
        ("family", "figures", "50", "80", "95", "80 of persistence", "above the median"),
        (
            (
                row["family"],
                row["figures"],
                *(f"{row[f'inside_{level}']:.0%}" for level in ("50", "80", "95")),
                f"{row['inside_80_persistence']:.0%}",
                f"{row['above_median']:.0%}",
            )
            for row in tables["coverage"].to_dict("records")
        ),
    )
    miss = (scores["crps"] / scores["unit_change"]).nlargest(WORST).index
    yield ""
    yield (
        f"The {len(miss)} worst misses (CRPS over the usual yearly change of the series; the "
        "quantile is the share of runs below what was observed):"
    )
    yield ""
    yield from _table(
        ("observable", "year", "source", "observed", "median", "80 percent", "quantile"),
        (
            (
                row["observable"],
                row["year"],
                row["source"],
                f"{row['observed']:.3g}",
                f"{row['q500']:.3g}",
                f"{row['q100']:.3g} to {row['q900']:.3g}",
                f"{row['quantile']:.2f}",
            )
            for row in scores.loc[miss].to_dict("records")
        ),
    )


def _votes(tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    votes = tables["votes"]
    if votes.empty:
        yield "None could be scored."
        return
    yield (
        f"{len(votes)} votes, of which {int(votes['informative'].sum())} are informative: they "
        "differ from the country's last vote on such a text, or from its usual one. Scores: "
        "the less the better. Brackets: 95 percent, resampling country and text."
    )
    skill = tables["skill"]
    yield ""
    yield from _table(
        ("cases", "votes", "score", "forecast", "against", "baseline", "skill"),
        (
            (
                row["family"],
                row["figures"],
                {"rps": "RPS", "brier": "Brier"}[row["score"]],
                f"{row['mean']:.3f}",
                row["against"].replace("_", " "),
                f"{row['mean_baseline']:.3f}",
                f"{row['skill']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})",
            )
            for row in skill[skill["kind"] == "vote"].to_dict("records")
        ),
    )


def _counts(tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    counts, skill = tables["counts"], tables["skill"]
    if counts.empty:
        yield "None could be scored."
        return
    yield (
        f"{int(counts['observed'].sum())} episodes in {len(counts)} cells of country, power and "
        f"year; the forecast expected {counts['expected'].sum():.1f}."
    )
    yield ""
    yield from _table(
        ("against", "log score of the forecast", "of the baseline", "saved"),
        (
            (
                row["against"].replace("_", " "),
                f"{row['mean']:.3f}",
                f"{row['mean_baseline']:.3f}",
                f"{row['skill']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})",
            )
            for row in skill[skill["kind"] == "count"].to_dict("records")
        ),
    )


def _interval(part: pd.DataFrame) -> str:
    """A skill with its interval; a dash where there is none, since the baseline made no error."""
    if part.empty or part["skill"].isna().any():
        return "-"
    row = part.iloc[0]
    if pd.isna(row["low"]):  # a single series cannot be resampled
        return f"{row['skill']:+.2f}"
    return f"{row['skill']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"
