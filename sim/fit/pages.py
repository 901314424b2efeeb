"""Fits and hindcasts in words and tables (Markdown)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pandas as pd

from sim.case import Case
from sim.fit.fit import Fit
from sim.fit.hindcast import MECHANISMS, Hindcast
from sim.fit.skill import ALL, DOUBTFUL

SIMPLE = ("last_value", "persistence", "drift", "autoregression", "recent_changes")
MEANING = {
    "last_value": "the last value, as a point",
    "persistence": "the last value, with the spread of past changes",
    "drift": "past mean change carried on, with spread",
    "autoregression": "first-order autoregression",
    "recent_changes": "changes drawn from the last ones",
    "drivers_unknown": "the model without the drivers observed after the origin",
    "drift_off": "the model without secular drift",
    "noise_off": "the model without noise of drivers",
    "centre": "the model at the centres of the priors",
    "prior": "the model with draws from the priors",
}


def fit_page(fit: Fit) -> str:
    """What a fit did and found.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    str
        Markdown.
    """
    about, settings = fit.about, fit.about["settings"]
    summary = json.loads((fit.folder / "summary.json").read_text(encoding="utf-8"))
    parameters, targets = fit.table("parameters"), fit.table("targets")
    recovery = fit.table("recovery")
    within = targets["quantile"].between(0.05, 0.95)
    groups = targets.assign(inside=within).groupby("group", sort=False)
    left = summary["shares_left"]
    reached = f"{100 * left[-1]:.3g} percent of the prior is left" if left else "no wave was run"
    lines = [
        f"# Fit of {about['case']['name']} to {settings['until']}",
        "",
        f"{about['targets']} moments of the years from {settings['base']} to {settings['until']}; "
        f"{len(about['free'])} parameters fitted, {len(about['varied'])} more vary within their "
        f"priors; seed {settings['seed']}.",
        f"History matching: {about['waves']} wave(s) of {settings['vectors']} runs; {reached} "
        f"({summary['waves_stopped']}). Regression ABC on {about['library']} runs, of which "
        f"{about['accepted']} were accepted. {fit.posterior.draws} draws. "
        f"{about['seconds']:.0f} seconds.",
        "",
        "## Parameters",
        "",
        "Values: 5, 50 and 95 percent of prior and posterior. Verdict: what the data did, measured "
        "against data without any bearing.",
        "",
        _table(
            ("parameter", "prior", "posterior", "spread left", "verdict"),
            (
                (
                    row["parameter"],
                    _triple(row, "prior"),
                    _triple(row, "posterior"),
                    f"{row['sd_ratio']:.2f}",
                    row["verdict"],
                )
                for _, row in parameters.sort_values("distance", ascending=False).iterrows()
            ),
        ),
        "",
        f"Not moved by the data: {_listed(parameters, 'not moved')}. Their posterior is their "
        "prior: what follows from them rests on judgement.",
        "",
        f"Collinearity index of the parameters that the moments answer to: "
        f"{summary['collinearity_index']:.1f} (above 15 they could not be told apart).",
        "",
        _pairs(fit.table("pairs")),
        "",
        "## What the fitted model says of the data it was fitted to",
        "",
        _table(
            ("group", "moments", "inside the 90 percent interval"),
            (
                (str(name), len(part), f"{int(part['inside'].sum())} of {len(part)}")
                for name, part in groups
            ),
        ),
        "",
        f"Moments that no parameters reach: {', '.join(summary['unreachable']) or 'none'}.",
        "",
        "## Does the method find parameters that are known?",
        "",
        f"In 200 made-up records the 90 percent intervals held the truth in "
        f"{100 * recovery['coverage_90'].min():.0f} to "
        f"{100 * recovery['coverage_90'].max():.0f} percent of the fits (asked for: 80 to 97), "
        f"parameter by parameter; mean {100 * recovery['coverage_90'].mean():.0f}.",
    ]
    return "\n".join(lines) + "\n"


def hindcast_page(hindcast: Hindcast, case: Case) -> str:
    """How forecasts from past origins did.

    Parameters
    ----------
    hindcast : Hindcast
    case : Case

    Returns
    -------
    str
        Markdown.
    """
    plan = hindcast.about["plan"]
    assert isinstance(plan, dict)
    main, last = plan["origins"][0], plan["last"]
    skill = hindcast.table("skill")
    coverage = hindcast.table("coverage")
    ours, every = _of(skill, main), _of(skill, "all")
    lines = [
        f"# Hindcast of {case.name}",
        "",
        f"Fitted on years to {main} only, run forward to {last} with observed drivers, "
        f"{plan['runs']} runs; other origins: "
        f"{', '.join(str(year) for year in plan['origins'][1:]) or 'none'}, one to four years on.",
        "",
        f"## Volumes and shares, {main + 1} to {last}",
        "",
        "Skill is the share of the baseline's error (CRPS) that the model saves: above 0 the model "
        "is better, below 0 worse. Brackets: 95 percent, resampling whole series.",
        "",
        _skills(ours, SIMPLE),
        "",
        f"The same over all origins ({', '.join(str(year) for year in sorted(plan['origins']))}):",
        "",
        _skills(every, SIMPLE),
        "",
        _losses(ours, every),
        "",
        "### Intervals",
        "",
        "Share of observed figures inside the model's intervals.",
        "",
        _coverage(_of(coverage, main), main),
        "",
        _coverage(_of(coverage, "all"), "all origins"),
        "",
        "### What the parts of the model are worth",
        "",
        "Skill of the model over itself with a part changed, all families: above 0 the part helps.",
        "",
        _variants(ours, every, main),
        "",
        "### How much hangs on one year",
        "",
        _years(_of(hindcast.table("without_a_year"), main)),
        "",
        "## Votes",
        "",
        _votes(hindcast.table("votes_skill"), main),
        "",
        "## Coercion",
        "",
        _counts(hindcast.table("counts_skill"), main),
        "",
        "## Changes that the documents report, in the forecast of the year before",
        "",
        _evidence(hindcast.table("evidence")),
    ]
    return "\n".join(lines) + "\n"


# Parts of the pages


def _of(table: pd.DataFrame, origins: object) -> pd.DataFrame:
    return table[table["origins"].astype(str) == str(origins)]


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _triple(row: pd.Series, stem: str) -> str:
    return ", ".join(f"{row[f'{stem}_{q}']:.3g}" for q in ("q05", "q50", "q95"))


def _listed(parameters: pd.DataFrame, verdict: str) -> str:
    found = parameters.loc[parameters["verdict"] == verdict, "parameter"]
    return ", ".join(found) or "none"


def _pairs(pairs: pd.DataFrame) -> str:
    if pairs.empty:
        return "No two parameters go together closely (rank correlation of 0.3 or more)."
    told = [
        f"{row['first']} and {row['second']} ({row['correlation']:+.2f})"
        for _, row in pairs.head(10).iterrows()
    ]
    return f"Parameters that go together (rank correlation): {'; '.join(told)}."


def _interval(row: pd.Series, stem: str = "") -> str:
    skill, low, high = (row[f"{stem}{name}"] for name in ("skill", "low", "high"))
    if pd.isna(low):
        return f"{skill:+.2f}"
    return f"{skill:+.2f} [{low:+.2f}, {high:+.2f}]"


def _skills(skill: pd.DataFrame, against: Sequence[str]) -> str:
    families = list(dict.fromkeys(skill["family"]))
    rows = []
    for family in families:
        part = skill[skill["family"] == family].set_index("against")
        first = part.loc[against[0]]
        rows.append(
            (
                f"**{family}**" if family in (ALL, DOUBTFUL) else str(family).replace("_", " "),
                f"{int(first['series'])}/{int(first['figures'])}",
                *(_interval(part.loc[name]) if name in part.index else "" for name in against),
            )
        )
    heads = ("family", "series/figures", *(name.replace("_", " ") for name in against))
    meaning = "; ".join(f"{name.replace('_', ' ')}: {MEANING[name]}" for name in against)
    each = skill[~skill["family"].isin([ALL, DOUBTFUL])].groupby("against")["skill"].mean()
    means = ", ".join(f"{each[name]:+.2f}" for name in against if name in each.index)
    return (
        f"{_table(heads, rows)}\n\n{meaning}. Mean of the families' skills, in the same order: "
        f"{means}."
    )


def _losses(ours: pd.DataFrame, every: pd.DataFrame) -> str:
    told = []
    for label, table in (("from the main origin", ours), ("over all origins", every)):
        lost = table[(table["against"].isin(SIMPLE)) & (table["skill"] < 0)]
        lost = lost[~lost["family"].isin([ALL, DOUBTFUL])]
        if len(lost):
            pairs = ", ".join(
                f"{str(row['family']).replace('_', ' ')} to {row['against'].replace('_', ' ')} "
                f"({row['skill']:+.2f})"
                for _, row in lost.iterrows()
            )
            told.append(f"The model loses {label}: {pairs}.")
    return " ".join(told) or "The model loses to no baseline in any family."


def _coverage(coverage: pd.DataFrame, label: object) -> str:
    rows = [
        (
            f"**{row['family']}**"
            if row["family"] in (ALL, DOUBTFUL)
            else str(row["family"]).replace("_", " "),
            int(row["figures"]),
            *(f"{100 * row[f'inside_{level}']:.0f} %" for level in (50, 80, 95)),
            f"{100 * row['inside_80_persistence']:.0f} %",
            f"{100 * row['above_median']:.0f} %",
        )
        for _, row in coverage.iterrows()
    ]
    heads = (str(label), "figures", "50 %", "80 %", "95 %", "80 % of persistence", "above median")
    return _table(heads, rows)


def _variants(ours: pd.DataFrame, every: pd.DataFrame, main: int) -> str:
    rows = []
    for name in (*list(MEANING)[len(SIMPLE) :], *MECHANISMS):
        cells = []
        for table in (ours, every):
            row = table[(table["family"] == ALL) & (table["against"] == name)]
            cells.append(_interval(row.iloc[0]) if len(row) else "")
        meaning = MEANING.get(name) or ", ".join(
            f"{k} = {v:g}" for k, v in MECHANISMS[name].items()
        )
        rows.append((name.replace("_", " "), *cells, meaning))
    return _table(("against", str(main), "all origins", "what it is"), rows)


def _years(table: pd.DataFrame) -> str:
    against = list(dict.fromkeys(table["against"]))
    rows = [
        (
            year,
            *(f"{part.loc[part['against'] == name, 'skill'].iloc[0]:+.2f}" for name in against),
        )
        for year, part in table.groupby("left_out")
    ]
    return _table(("without", *(f"over {name.replace('_', ' ')}" for name in against)), rows)


def _votes(table: pd.DataFrame, main: int) -> str:
    rows = []
    for origins in (main, "all"):
        part = _of(table, origins)
        for name in ("last_vote", "frequency", "always_neither"):
            sure = name == "always_neither"
            for _, row in part[part["against"] == name].iterrows():
                rows.append(
                    (
                        origins,
                        row["cases"],
                        int(row["votes"]),
                        name.replace("_", " "),
                        f"{row['rps']:.3f}",
                        f"{row['rps_baseline']:.3f}",
                        # A baseline that is all but sure has no interval worth the name.
                        f"{row['rps_skill']:+.2f}" if sure else _interval(row, "rps_"),
                        f"{row['brier_skill']:+.2f}" if sure else _interval(row, "brier_"),
                    )
                )
    heads = ("origin", "cases", "votes", "against", "RPS", "baseline", "RPS skill", "Brier skill")
    return (
        _table(heads, rows)
        + "\n\nThree ways: No, neither (abstained or took no part), Yes. Informative cases: the "
        "vote differs from the country's last on such texts, or from its usual one."
    )


def _counts(table: pd.DataFrame, main: int) -> str:
    rows = []
    for origins in (main, "all"):
        row = _of(table, origins)
        row = row[row["against"] == "frequency"]
        for _, one in row.iterrows():
            saved = f"{one['saved']:+.4f} [{one['low']:+.4f}, {one['high']:+.4f}]"
            rows.append(
                (
                    origins,
                    int(one["figures"]),
                    int(one["happened"]),
                    f"{one['expected']:.1f}",
                    f"{one['log_score']:.4f}",
                    f"{one['log_score_baseline']:.4f}",
                    saved,
                )
            )
    heads = ("origin", "dyad-years", "episodes", "expected", "log score", "frequency", "saved")
    return (
        _table(heads, rows) + "\n\nLog score in nats, the less the better; frequency: each dyad's "
        "own past rate, drawn towards the mean of all."
    )


def _evidence(table: pd.DataFrame) -> str:
    rows = []
    for _, row in table.iterrows():
        if row["statistic"] == "vote":
            absent = float(row["absent"])
            rows.append(
                (
                    row["evidence"],
                    row["observable"],
                    row["observed"],
                    f"neither: {100 * float(row['expected']):.0f} % of runs "
                    f"(took no part: {100 * absent:.0f} %)",
                    "",
                    "",
                )
            )
            continue
        level = row["statistic"] == "level"
        shown = [f"{100 * float(row[name]):.0f} %" for name in ("observed", "q10", "q50", "q90")]
        rows.append(
            (
                row["evidence"],
                f"{row['observable']}{'' if level else ', change'}",
                shown[0],
                f"{shown[1]}, {shown[2]}, {shown[3]}",
                f"{float(row['quantile']):.2f}",
                f"{float(row['quantile_drivers_unknown']):.2f}",
            )
        )
    heads = (
        "evidence",
        "outcome",
        "reported",
        "forecast: 10, 50, 90 percent",
        "quantile",
        "drivers unknown",
    )
    return (
        _table(heads, rows)
        + "\n\nQuantile: the share of runs below what was reported. Near 0 or 1 means that the "
        "forecast all but ruled it out."
    )
