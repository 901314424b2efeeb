"""Two scenarios compared run by run: differences of outcomes, their intervals, and since when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from sim.analysis.monte_carlo import COVERAGE, ROUNDING, draws_of, mean_error, width
from sim.analysis.pairing import (
    Side,
    by_quarter,
    column_blocks,
    common_quarters,
    kept_by_quarter,
    paired_sides,
    paired_values,
)
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.result import Result

SPREAD = (0.05, 0.95)  # quantiles of the differences run by run
FALSE_DISCOVERIES = 0.1  # share of them that is let through among the outcomes said to differ


def comparison(
    a: Result,
    b: Result,
    scenario_a: str | None = None,
    scenario_b: str | None = None,
    outcomes: Sequence[str] | None = None,
    at: str = "end",
) -> pd.DataFrame:
    """Compare two scenarios run by run, in every outcome: the first less the second.

    Run i has the same draws in both, so most of the spread over runs cancels in the differences.

    Parameters
    ----------
    a, b : Result
        Of the same seed, draws of parameters, case and base quarter.
    scenario_a, scenario_b : str, optional
        Default: the first of each result.
    outcomes : sequence of str, optional
        Outcomes or columns; default: all that were recorded.
    at : str
        ``"end"``: the last quarter, or the last that both have; ``"mean"``: the mean over the
        quarters that both have; or a quarter, as ``"2030Q4"``. All but the first need trajectories,
        so that they are about the outcomes kept by quarter.

    Returns
    -------
    DataFrame
        A row an outcome's column, by absolute size of effect:

        * scenario, against, outcome, unit, at, runs (that both have);
        * mean, mean_against, sd (pooled: root of the mean of both variances over runs);
        * difference (mean over runs), low, high (its interval, 90 percent);
        * spread_low, spread_high (quantiles 0.05 and 0.95 of the differences run by run);
        * above, equal (shares of runs in which the first exceeds, or equals, the second);
        * effect (difference / sd; infinite where neither varies over runs);
        * p (two-sided t-test of no difference), p_adjusted (for the number of outcomes);
        * differs_from (first quarter in which a run differs), apart_from (first in which the
          interval of the mean difference leaves out zero); blank where there is none, or the
          outcome was not kept by quarter;
        * variance_saved: (variance of the first + of the second) / variance of the differences;
          infinite where these are all the same, missing where nothing varies.

    Raises
    ------
    InputError
        If the two cannot be paired, with all that differs; or an outcome, scenario or quarter is
        not there.

    Notes
    -----
    Intervals are Student's; where runs share draws of the parameters, draws are the independent
    units (`sim.analysis.monte_carlo.mean_error`). The size of effect is Cohen's d (1988,
    *Statistical Power Analysis for the Behavioral Sciences*). Adjusted p-values are those of
    Benjamini and Hochberg (1995, *Journal of the Royal Statistical Society B* 57) over the outcomes
    whose differences vary.
    """
    one, other = paired_sides(a, b, scenario_a, scenario_b)
    pair, when = paired_values(one, other, outcomes, at)
    gap = pair.first - pair.second
    scale = np.maximum(np.abs(pair.first), np.abs(pair.second))
    gap[np.abs(gap) <= ROUNDING * scale] = 0.0
    draw = draws_of(a.manifest, pair.runs)
    error, degrees = mean_error(gap, draw)
    difference = gap.mean(axis=0)
    margin = width(degrees) * error
    variances = _variance(pair.first) + _variance(pair.second)
    sd = np.sqrt(variances / 2)
    spread = np.quantile(gap, SPREAD, axis=0)
    p = _p(difference, error, degrees)
    tested = ~np.isnan(p) & (np.ptp(gap, axis=0) > 0)
    adjusted = np.where(tested, np.nan, p)
    if tested.any():
        adjusted[tested] = stats.false_discovery_control(p[tested])
    table = pd.DataFrame(
        {
            "scenario": one.named(other),
            "against": other.named(one),
            "outcome": pair.columns,
            "unit": [a.unit(column) for column in pair.columns],
            "at": when,
            "runs": len(pair.runs),
            "mean": pair.first.mean(axis=0),
            "mean_against": pair.second.mean(axis=0),
            "sd": sd,
            "difference": difference,
            "low": difference - margin,
            "high": difference + margin,
            "spread_low": spread[0],
            "spread_high": spread[1],
            "above": (gap > 0).mean(axis=0),
            "equal": (gap == 0).mean(axis=0),
            "effect": _ratio(difference, sd),
            "p": p,
            "p_adjusted": adjusted,
        }
    )
    table = table.merge(_since(one, other, pair.columns), on="outcome", how="left")
    for name in ("differs_from", "apart_from"):
        table[name] = table[name].astype(object).fillna("")
    saved = _ratio(variances, _variance(gap))
    table["variance_saved"] = np.where(sd > 0, saved, np.nan)
    order = table["effect"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def effects_over_time(
    a: Result,
    b: Result,
    scenario_a: str | None = None,
    scenario_b: str | None = None,
    outcomes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The difference of two scenarios by quarter, run by run; arguments as in `comparison`.

    Returns
    -------
    DataFrame
        scenario, against, outcome, unit, quarter (4 * year + quarter of the year - 1), runs,
        difference, low, high, spread_low, spread_high, above, equal, as in `comparison`; over the
        quarters that both have and the outcomes kept by quarter.

    Raises
    ------
    InputError
        As `comparison`, or if a side kept no trajectories.
    """
    one, other = paired_sides(a, b, scenario_a, scenario_b)
    columns = _kept(one, other, outcomes)
    if not columns:
        raise InputError(
            f"{one} and {other} kept no outcome by quarter that both have; run them again with "
            "--trajectories headline or all"
        )
    found = _over_time(one, other, columns, spread=True)
    found.insert(0, "scenario", one.named(other))
    found.insert(1, "against", other.named(one))
    found.insert(3, "unit", [a.unit(column) for column in found["outcome"]])
    return found


def variance_saved(table: pd.DataFrame) -> pd.DataFrame:
    """How much variance the pairing of runs saves, over outcomes.

    Parameters
    ----------
    table : DataFrame
        From `comparison`, or several such tables one under the other.

    Returns
    -------
    DataFrame
        A row a scenario and what it is compared with: scenario, against; varying (outcomes that
        vary over runs), differing (of these, those that differ in a run), median_differing (of the
        variance saved, over those that differ), median_apart (over those of them whose mean
        difference is told from zero, with an adjusted p-value of 0.1 or less), lowest, at_least_5
        (share of those that differ with 5 or more).
    """
    rows = []
    for (scenario, against), own in table.groupby(["scenario", "against"], sort=False):
        varying = own[own["variance_saved"].notna()]
        saved = varying.loc[varying["equal"] < 1, "variance_saved"]
        rows.append(
            {
                "scenario": scenario,
                "against": against,
                "varying": len(varying),
                "differing": len(saved),
                "median_differing": saved.median(),
                "median_apart": saved[varying["p_adjusted"] <= FALSE_DISCOVERIES].median(),
                "lowest": saved.min(),
                "at_least_5": (saved >= 5).mean(),
            }
        )
    return pd.DataFrame(rows)


def multiplicity(table: pd.DataFrame) -> dict[str, int]:
    """How many outcomes differ by their intervals, and how many would by chance alone.

    Parameters
    ----------
    table : DataFrame
        From `comparison`.

    Returns
    -------
    dict
        outcomes; differing (in a run); tested (whose differences vary); excluding (of these, whose
        interval leaves out zero); by_chance (of these, if none differed in the mean); kept (with an
        adjusted p-value of 0.1 or less).
    """
    tested = table[table["high"] > table["low"]]
    return {
        "outcomes": len(table),
        "differing": int((table["equal"] < 1).sum()),
        "tested": len(tested),
        "excluding": int(((tested["low"] > 0) | (tested["high"] < 0)).sum()),
        "by_chance": round((1 - COVERAGE) * len(tested)),
        "kept": int((tested["p_adjusted"] <= FALSE_DISCOVERIES).sum()),
    }


# Statistics


def _variance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variances over runs; what rounding leaves of a constant counts as nought."""
    found: NDArray[np.float64] = values.var(axis=0, ddof=1)
    fixed = np.sqrt(found) <= ROUNDING * np.abs(values).max(axis=0)
    return np.where(fixed, 0.0, found)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """A ratio; of something to nothing, infinite, and of nothing to nothing, nought."""
    alone = np.where(part > 0, np.inf, np.where(part < 0, -np.inf, 0.0))
    return np.divide(part, whole, out=alone, where=whole > 0)


def _p(
    difference: NDArray[np.float64], error: NDArray[np.float64], degrees: int
) -> NDArray[np.float64]:
    """Two-sided p-values of no difference; missing where no run differs."""
    t = np.abs(_ratio(difference, error))
    found: NDArray[np.float64] = 2 * stats.t.sf(t, max(degrees, 1))
    return np.where((difference == 0) & (error == 0), np.nan, found)


def _kept(one: Side, other: Side, outcomes: Sequence[str] | None) -> list[str]:
    """Columns that both sides kept by quarter."""
    there = set(kept_by_quarter(other, outcomes))
    return [name for name in kept_by_quarter(one, outcomes) if name in there]


def _over_time(one: Side, other: Side, columns: list[str], spread: bool) -> pd.DataFrame:
    """Differences by outcome and quarter."""
    first, last = common_quarters(one, other)
    found = []
    for some in column_blocks(one, columns):
        (runs, values), (others, against) = (
            by_quarter(side, some, first, last) for side in (one, other)
        )
        both, mine, theirs = np.intersect1d(runs, others, return_indices=True)
        values, against = values[mine], against[theirs]
        if len(both) < 2:
            raise InputError(
                f"{one} and {other} have {len(both)} finished runs in common; at least 2 are needed"
            )
        present = ~(np.isnan(values).any(axis=(0, 1)) | np.isnan(against).any(axis=(0, 1)))
        gap = values - against
        gap[np.abs(gap) <= ROUNDING * np.maximum(np.abs(values), np.abs(against))] = 0.0
        error, degrees = mean_error(gap, draws_of(one.result.manifest, both))
        mean, margin = gap.mean(axis=0), width(degrees) * error
        statistics = {
            "difference": mean,
            "low": mean - margin,
            "high": mean + margin,
        }
        if spread:
            low, high = np.quantile(gap, SPREAD, axis=0)
            statistics |= {"spread_low": low, "spread_high": high}
        statistics |= {"above": (gap > 0).mean(axis=0), "equal": (gap == 0).mean(axis=0)}
        for place in np.flatnonzero(present):
            own = {name: values[:, place] for name, values in statistics.items()}
            key = {"outcome": some[place], "quarter": np.arange(first, last + 1), "runs": len(both)}
            found.append(pd.DataFrame({**key, **own}))
    return pd.concat(found, ignore_index=True)


def _since(one: Side, other: Side, columns: list[str]) -> pd.DataFrame:
    """First quarter in which a run differs, and in which the mean's interval leaves out zero."""
    empty = pd.DataFrame({"outcome": [], "differs_from": [], "apart_from": []}, dtype=str)
    there = [name for name in _kept(one, other, None) if name in set(columns)]
    if not there:
        return empty
    table = _over_time(one, other, there, spread=False)
    apart = (table["low"] > 0) | (table["high"] < 0)
    found = {}
    for name, holds in (("differs_from", table["equal"] < 1), ("apart_from", apart)):
        first = table[holds].groupby("outcome", sort=False)["quarter"].min()
        found[name] = first.map(quarters.name)
    return pd.DataFrame(found).rename_axis("outcome").reset_index()
