"""How many runs are enough: Monte-Carlo error of what a result tells, and runs for a wanted one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.conditions import Condition
from sim.analysis.monte_carlo import (
    draws_of,
    mean_error,
    quantile_interval,
    sd_error,
    share_interval,
    width,
)
from sim.analysis.pairing import Side, check_pairing, paired_values, values_at
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.reading import check_scenario, usual_outcomes
from sim.experiment.result import Result
from sim.experiment.sweep_result import Sweep

QUANTILES = (0.05, 0.5, 0.95)
RELATIVE = 0.01  # wanted error of an outcome, of its absolute mean, unless told otherwise
RELATIVE_DIFFERENCE = 0.1  # of a difference
_FEWEST = 10  # runs from which the course of an estimate is followed
_STEPS = 60  # numbers of runs at which it is
_PAIRS = 200  # most pairs of rows whose differences are looked at

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Wanted:
    """The Monte-Carlo error that is wanted: a standard error.

    Attributes
    ----------
    error : float or None
        In the outcome's unit; of a share of runs, as a number between 0 and 1.
    relative : float or None
        As a part of the absolute mean of the outcome, or of the mean difference, or of the share.

    Raises
    ------
    InputError
        If it is not positive, or not one of them is given.
    """

    error: float | None = None
    relative: float | None = None

    def __post_init__(self) -> None:
        if (self.error is None) == (self.relative is None):
            raise InputError("give one of --error and --relative, to say which error is wanted")
        for name in ("error", "relative"):
            value = getattr(self, name)
            if value is not None and not 0 < value < np.inf:
                raise InputError(f"--{name}: found {value:g}; allowed: a number above 0")

    def of(self, level: float) -> float:
        """The wanted error of an outcome with this mean."""
        return self.relative * abs(level) if self.relative is not None else float(self.error or 0)

    def words(self) -> str:
        """The wanted error in words."""
        if self.relative is not None:
            return f"{100 * self.relative:g} percent of the absolute mean"
        return f"{self.error:g} in each outcome's unit"


def usual(difference: bool = False) -> Wanted:
    """The error that is wanted unless told otherwise."""
    return Wanted(relative=RELATIVE_DIFFERENCE if difference else RELATIVE)


def convergence(
    result: Result,
    outcomes: Sequence[str] | None = None,
    scenario: str | None = None,
    against: Side | None = None,
    wanted: Wanted | None = None,
    levels: Sequence[float] = QUANTILES,
    quarter: str | None = None,
    condition: Condition | None = None,
) -> pd.DataFrame:
    """Monte-Carlo error of a result's statistics, and how many runs give a wanted one.

    Parameters
    ----------
    result : Result
    outcomes : sequence of str, optional
        Outcomes or columns; default: the headline ones of countries and of the region, or none if
        there is a condition.
    scenario : str, optional
        Default: the result's first.
    against : Side, optional
        Another scenario: the statistics are those of the differences run by run.
    wanted : Wanted, optional
        Default: 1 percent of the absolute mean; 10 percent of a mean difference.
    levels : sequence of float
        Of the quantiles.
    quarter : str, optional
        As ``"2030Q4"``; default: the last one. A quarter of its own in the condition goes before.
    condition : Condition, optional
        The share of runs in which it holds.

    Returns
    -------
    DataFrame
        scenario, against (blank if none), outcome, unit, statistic (mean, sd, q05 and so on, share
        of runs), value, error (standard error), low, high (interval of 90 percent), wanted (error),
        runs, needed (runs; missing where no number can be told), draws (of the parameters; none:
        0), beyond_draws (would these runs use draws anew).

    Raises
    ------
    InputError
        If an outcome, scenario or quarter is not there, or the runs are too few.

    Notes
    -----
    The error of a mean is sd / sqrt(n), or that of clusters where runs share draws; of an sd by the
    delta method; of a quantile from the binomial distribution of the runs below it (Woodruff); of a
    share after Wilson: see `sim.analysis.monte_carlo`. All shrink with the root of the number of
    runs, which gives the runs needed.
    """
    wanted = wanted or usual(against is not None)
    side = Side.of(result, scenario)
    _check_levels(levels)
    table = values(side, outcomes, against, quarter, condition)
    rows = []
    for name, column in table.items():
        run = table.index.to_numpy(dtype=np.int64)
        found = column.to_numpy(dtype=np.float64)
        draw = draws_of(result.manifest, run)
        if condition is not None and name == str(condition):
            statistics = [("share of runs", *_share(found, draw, against is not None))]
            unit = "0 to 1"
        else:
            statistics = _statistics(found, draw, levels)
            unit = result.unit(str(name))
        for statistic, value, error, low, high in statistics:
            goal = wanted.of(found.mean())
            rows.append(
                {
                    "scenario": side.scenario,
                    "against": "" if against is None else against.named(side),
                    "outcome": name,
                    "unit": unit,
                    "statistic": statistic,
                    "value": value,
                    "error": error,
                    "low": low,
                    "high": high,
                    "wanted": goal,
                    "runs": len(run),
                    "needed": runs_needed(error, goal, len(run)),
                }
            )
    return _with_draws(pd.DataFrame(rows), result.manifest)


def values(
    side: Side,
    outcomes: Sequence[str] | None,
    against: Side | None = None,
    quarter: str | None = None,
    condition: Condition | None = None,
) -> pd.DataFrame:
    """What statistics are taken of: a row a run, a column an outcome or the condition (0 or 1).

    Parameters, Raises : as `convergence`.
    """
    at = quarter or "end"
    columns = []
    if against is not None:
        check_pairing(side, against)
    if outcomes is not None or condition is None:
        chosen = outcomes or usual_outcomes(side.result.manifest, by_quarter=quarter is not None)
        if against is None:
            columns.append(values_at(side, chosen, at))
        else:
            pair, _ = paired_values(side, against, chosen, at)
            index = pd.Index(pair.runs, name="run")
            columns.append(pd.DataFrame(pair.first - pair.second, index, pair.columns))
    if condition is not None:
        held = _holds(side, condition, at)
        if against is not None:
            held = held - _holds(against, condition, at)
        columns.append(held.dropna().rename(str(condition)).to_frame())
    table = pd.concat(columns, axis=1, join="inner")
    if len(table) < _FEWEST:
        raise InputError(
            f"{side} has {len(table)} finished runs to look at; at least {_FEWEST} are needed to "
            "tell how many are enough"
        )
    return table


def course(table: pd.DataFrame, manifest: dict[str, Any]) -> pd.DataFrame:
    """How means and their intervals settle as runs are added, in the order of the runs.

    Parameters
    ----------
    table : DataFrame
        From `values`.
    manifest : dict
        Of the result.

    Returns
    -------
    DataFrame
        outcome, runs, mean, low, high (interval of 90 percent), from 10 runs up.
    """
    run = table.index.to_numpy(dtype=np.int64)
    draw = draws_of(manifest, run)
    numbers = np.unique(np.geomspace(_FEWEST, len(run), _STEPS).round().astype(int))
    rows = []
    for number in numbers:
        some = table.to_numpy(dtype=np.float64)[:number]
        error, degrees = mean_error(some, draw[:number])
        mean, margin = some.mean(axis=0), width(degrees) * error
        rows.append(
            pd.DataFrame(
                {
                    "outcome": table.columns,
                    "runs": number,
                    "mean": mean,
                    "low": mean - margin,
                    "high": mean + margin,
                }
            )
        )
    return pd.concat(rows, ignore_index=True).sort_values(["outcome", "runs"], kind="stable")


def sweep_convergence(
    sweep: Sweep,
    outcomes: Sequence[str] | None = None,
    scenario: str | None = None,
    wanted: Wanted | None = None,
) -> pd.DataFrame:
    """Monte-Carlo error of the means of a sweep's rows, and runs a row for a wanted one.

    Parameters
    ----------
    sweep : Sweep
    outcomes : sequence of str, optional
        Outcomes or columns; default: those that the design names, else the headline ones of
        countries and of the region.
    scenario : str, optional
        Default: the sweep's first.
    wanted : Wanted, optional
        Default: 1 percent of the absolute mean over all rows.

    Returns
    -------
    DataFrame
        scenario, outcome, unit, statistic (mean of a row, difference of two rows), which (the
        median row or pair, or the worst), value (mean over rows, or mean absolute difference),
        error, wanted, runs (a row), needed (a row), draws, beyond_draws.

    Raises
    ------
    InputError
        If a row has fewer than 2 runs, or an outcome or scenario is not there.

    Notes
    -----
    Two rows share the draws of their runs, so that the error of their difference is that of the
    differences run by run. Pairs are rows that follow each other, evenly chosen over the design.
    """
    wanted = wanted or usual()
    name = sweep.scenarios[0] if scenario is None else scenario
    check_scenario(sweep.folder, name, sweep.scenarios)
    table = sweep.runs(outcomes or usual_outcomes(sweep.manifest))
    table = table[table["scenario"] == name]
    number = int(sweep.manifest["runs"])
    if number < 2:
        raise InputError(
            f"{sweep.folder}: a row has one run, which tells nothing of its Monte-Carlo error"
        )
    rows = []
    for column in table.columns.drop(["scenario", "row", "run"]):
        wide = table.pivot(index="row", columns="run", values=column)
        wide = wide.reindex(table["row"].unique()).dropna()
        if wide.empty:
            continue
        draw = draws_of(sweep.manifest, wide.columns.to_numpy(dtype=np.int64))
        cells = wide.to_numpy(dtype=np.float64)
        goal = wanted.of(cells.mean())
        kinds = [("mean of a row", cells)]
        if len(cells) > 1:
            firsts = np.unique(
                np.linspace(0, len(cells) - 2, min(_PAIRS, len(cells) - 1)).astype(int)
            )
            kinds.append(("difference of two rows", cells[firsts + 1] - cells[firsts]))
        for statistic, found in kinds:
            errors, _ = mean_error(found.T, draw)
            means = found.mean(axis=1)
            value = means.mean() if statistic == "mean of a row" else np.abs(means).mean()
            for which, error in (("median", np.median(errors)), ("worst", errors.max())):
                rows.append(
                    {
                        "scenario": name,
                        "outcome": column,
                        "unit": sweep.unit(column),
                        "statistic": statistic,
                        "which": which,
                        "value": value,
                        "error": error,
                        "wanted": goal,
                        "runs": number,
                        "needed": runs_needed(error, goal, number),
                    }
                )
    return _with_draws(pd.DataFrame(rows), sweep.manifest)


def runs_needed(error: float, wanted: float, runs: int) -> float:
    """Runs that give a wanted error, which shrinks with the root of their number.

    Returns
    -------
    float
        A whole number, at least 2; not a number where the error is not known or none is wanted.
    """
    if np.isnan(error) or not wanted > 0:
        return np.nan
    return float(max(2, np.ceil(runs * (error / wanted) ** 2 * (1 - 1e-12))))


# The parts


def _check_levels(levels: Sequence[float]) -> None:
    for level in levels:
        if not 0 < level < 1:
            raise InputError(f"--quantile: found {level:g}; allowed: above 0 and below 1")


def _holds(side: Side, condition: Condition, at: str) -> pd.Series[float]:
    """1 in the runs in which a condition holds, 0 in the others."""
    tables: dict[int | None, pd.DataFrame] = {}
    for quarter in condition.quarters:
        when = at if quarter is None else quarters.name(quarter)
        columns = [part.column for part in condition.parts if part.quarter == quarter]
        tables[quarter] = values_at(side, columns, when)
    runs = next(iter(tables.values())).index
    return pd.Series(condition.holds(tables).astype(float), index=runs)


def _statistics(
    found: Array, draw: NDArray[np.int64], levels: Sequence[float]
) -> list[tuple[str, float, float, float, float]]:
    """Statistic, value, error, low, high."""
    error, degrees = mean_error(found, draw)
    reach = width(degrees)
    mean, sd, spread = found.mean(), found.std(ddof=1), float(sd_error(found, draw))
    rows = [
        ("mean", mean, float(error), mean - reach * error, mean + reach * error),
        ("sd", sd, spread, max(sd - reach * spread, 0.0), sd + reach * spread),
    ]
    for level in levels:
        low, high, own = quantile_interval(found, level, draw)
        rows.append((_quantile_name(level), float(np.quantile(found, level)), own, low, high))
    return rows


def _quantile_name(level: float) -> str:
    """Name of a quantile: 0.05 is q05, 0.975 is q97.5."""
    percent = f"{100 * level:.6g}"
    return f"q{percent.zfill(2) if '.' not in percent else percent}"


def _share(
    found: Array, draw: NDArray[np.int64], difference: bool
) -> tuple[float, float, float, float]:
    """Share of runs, or difference of two shares: value, error, low, high."""
    if not difference:
        low, high, error = share_interval(found > 0, draw)
        return found.mean(), error, low, high
    own, degrees = mean_error(found, draw)
    margin = width(degrees) * float(own)
    return found.mean(), float(own), found.mean() - margin, found.mean() + margin


def _with_draws(table: pd.DataFrame, manifest: dict[str, Any]) -> pd.DataFrame:
    drawn = manifest.get("parameters") or {}
    number = int(drawn.get("draws") or 0)
    table["draws"] = number
    most = number * int(drawn.get("replicates", 1))
    table["beyond_draws"] = (table["needed"] > most) & (number > 0)
    return table
