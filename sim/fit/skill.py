"""Tables of skill and coverage from scored forecasts, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from sim.fit.bootstrap import Cases, leave_one_out, skill_interval

ALL = "all"
_SKILL = ("family", "against", "skill", "low", "high", "series", "figures")
_VOTE_SKILL = ("cases", "against", "votes", "rps", "rps_skill", "brier", "brier_skill")
_COUNT_SKILL = ("against", "log_score", "saved", "low", "high", "figures")
DOUBTFUL = "all, doubtful figures too"


def others(table: pd.DataFrame, stem: str) -> list[str]:
    """Names of the baselines and variants that a table of scores holds."""
    return [
        column.removeprefix(f"{stem}_") for column in table.columns if column.startswith(f"{stem}_")
    ]


def quantity_skill(quantities: pd.DataFrame, against: Sequence[str]) -> pd.DataFrame:
    """CRPS skill of volumes and shares, by family and in all.

    Figures whose publishers are not to be trusted are left out but for a row of its own. In all,
    each family has the same weight; in a family, each figure, divided by the spread of
    yearly changes that its series was known to have. Intervals: 95 percent, by resampling whole
    series.

    Parameters
    ----------
    quantities : DataFrame
        See `sim.fit.scoring.Scored`.
    against : sequence of str
        Baselines and variants.

    Returns
    -------
    DataFrame
        Rows of family, against, skill, low, high, series, figures.
    """
    rows = []
    for family, part in _parts(quantities):
        for name in against:
            some = part.dropna(subset=[f"crps_{name}"])
            if some.empty:
                continue
            cases = _cases(some, name)
            found = skill_interval(cases, some["observable"])
            alone = found.fewest_blocks < 2 and some["family"].nunique() == 1
            rows.append(
                {
                    "family": family,
                    "against": name,
                    "skill": found.skill,
                    # One series cannot be resampled.
                    "low": np.nan if alone else found.low,
                    "high": np.nan if alone else found.high,
                    "series": some["observable"].nunique(),
                    "figures": len(some),
                }
            )
    return pd.DataFrame(rows, columns=None if rows else list(_SKILL))


def without_a_year(quantities: pd.DataFrame, against: str) -> pd.DataFrame:
    """Skill in all without the figures of one year, for each year."""
    if quantities.empty:
        return pd.DataFrame(columns=["left_out", "cases", "skill"])
    some = quantities[~quantities["doubtful"]].dropna(subset=[f"crps_{against}"])
    return leave_one_out(_cases(some, against), some["year"])


def _parts(quantities: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """All figures, each family, and all with those whose publishers are not to be trusted."""
    if quantities.empty:
        return
    trusted = quantities[~quantities["doubtful"]]
    yield ALL, trusted
    for family in trusted["family"].unique():
        yield family, trusted[trusted["family"] == family]
    if len(trusted) < len(quantities):
        yield DOUBTFUL, quantities


def _cases(table: pd.DataFrame, against: str) -> Cases:
    return Cases.of(
        table["crps"], table[f"crps_{against}"], table["family"], scale=table["unit_change"]
    )


def coverage_table(quantities: pd.DataFrame) -> pd.DataFrame:
    """How often figures fell inside the forecast's intervals, by family and in all."""
    rows = []
    for family, part in _parts(quantities):
        row: dict[str, object] = {"family": family}
        for level in ("50", "80", "95"):
            row[f"inside_{level}"] = part[f"inside_{level}"].mean()
        row["inside_80_persistence"] = part["inside_80_persistence"].mean()
        row["above_median"] = (part["quantile"] > 0.5).mean()
        row["figures"] = len(part)
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else ["family", "figures"])


def vote_skill(votes: pd.DataFrame, against: Sequence[str]) -> pd.DataFrame:
    """RPS and Brier skill of votes, over all and over the informative cases only."""
    rows: list[dict[str, object]] = []
    if votes.empty:
        return pd.DataFrame(columns=list(_VOTE_SKILL))
    for cases, part in ((ALL, votes), ("informative", votes[votes["informative"]])):
        if part.empty:
            continue
        for name in against:
            row: dict[str, object] = {"cases": cases, "against": name, "votes": len(part)}
            for score in ("rps", "brier"):
                own = Cases.of(part[score], part[f"{score}_{name}"], ["votes"] * len(part))
                found = skill_interval(own, part["country"] + part["text"])
                row |= {
                    score: part[score].mean(),
                    f"{score}_baseline": part[f"{score}_{name}"].mean(),
                    f"{score}_skill": found.skill,
                    f"{score}_low": found.low,
                    f"{score}_high": found.high,
                }
            rows.append(row)
    return pd.DataFrame(rows)


def count_skill(counts: pd.DataFrame, against: Sequence[str]) -> pd.DataFrame:
    """Mean log score of counts (the less the better), and what is saved on each baseline."""
    rows = []
    for name in against:
        saved = counts[f"log_score_{name}"] - counts["log_score"]
        blocks = saved.groupby(counts["observable"]).agg(["sum", "size"]).to_numpy()
        drawn = np.random.default_rng(0).integers(0, len(blocks), (2000, len(blocks)))
        sums, sizes = np.moveaxis(blocks[drawn], -1, 0)
        low, high = np.quantile(sums.sum(axis=1) / sizes.sum(axis=1), [0.025, 0.975])
        rows.append(
            {
                "against": name,
                "log_score": counts["log_score"].mean(),
                "log_score_baseline": counts[f"log_score_{name}"].mean(),
                "saved": saved.mean(),
                "low": low,
                "high": high,
                "happened": int(counts["observed"].sum()),
                "expected": counts["expected"].sum(),
                "figures": len(counts),
            }
        )
    return pd.DataFrame(rows, columns=None if rows else list(_COUNT_SKILL))
