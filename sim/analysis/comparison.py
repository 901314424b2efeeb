"""Two scenarios compared run by run: differences of outcomes, their intervals, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import stats

from sim.analysis.monte_carlo import COVERAGE, ROUNDING, draws_of, mean_error, width
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment import store
from sim.experiment.result import Result
from sim.scenario.problems import nearest

SPREAD = (0.05, 0.95)  # quantiles of the differences run by run
FALSE_DISCOVERIES = 0.1  # share of them that is let through among the outcomes said to differ
_CELLS = 4_000_000  # values of a side held at once


@dataclass(frozen=True)
class Side:
    """One scenario of a result."""

    result: Result
    scenario: str

    @classmethod
    def of(cls, result: Result, scenario: str | None) -> Side:
        """A scenario of a result; none: its first.

        Raises
        ------
        InputError
            If the result has no such scenario.
        """
        if scenario is not None and scenario not in result.scenarios:
            raise InputError(
                f"{result.folder}: there is no scenario {scenario!r}"
                f"{nearest(scenario, result.scenarios)}"
            )
        return cls(result, result.scenarios[0] if scenario is None else scenario)

    @property
    def entry(self) -> dict[str, Any]:
        """What the manifest says about the scenario."""
        return next(
            one for one in self.result.manifest["scenarios"] if one["name"] == self.scenario
        )

    @property
    def span(self) -> tuple[int, int]:
        """First and last quarter."""
        start = quarters.parse(self.entry["start"])
        return start, start + int(self.entry["quarters"]) - 1

    def named(self, other: Side) -> str:
        """Its name; with the folder where the other side has the same."""
        return self.scenario if self.scenario != other.scenario else str(self)

    def __str__(self) -> str:
        return f"{self.result.folder}:{self.scenario}"


@dataclass(frozen=True)
class _Pair:
    """Outcomes of the runs that both sides have."""

    runs: NDArray[np.int64]
    columns: list[str]
    first: NDArray[np.float64]  # (run, column)
    second: NDArray[np.float64]  # (run, column)


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
    one, other = _sides(a, b, scenario_a, scenario_b)
    pair, when = _values(one, other, outcomes, at)
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
            "unit": [a._unit(column) for column in pair.columns],
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
        table[name] = table[name].fillna("")
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
    one, other = _sides(a, b, scenario_a, scenario_b)
    columns = _kept(one, other, outcomes)
    if not columns:
        raise InputError(
            f"{one} and {other} kept no outcome by quarter that both have; run them again with "
            "--trajectories headline or all"
        )
    found = _over_time(one, other, columns, spread=True)
    found.insert(0, "scenario", one.named(other))
    found.insert(1, "against", other.named(one))
    found.insert(3, "unit", [a._unit(column) for column in found["outcome"]])
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


def check_pairing(one: Side, other: Side) -> None:
    """Check that run i of one has the same draws as run i of the other.

    Raises
    ------
    InputError
        If not, with all that differs.
    """
    first, second = one.result.manifest, other.result.manifest
    told = []
    if first["seed"] != second["seed"]:
        told.append(f"their seeds ({first['seed']} and {second['seed']})")
    if _parameters(first) != _parameters(second):
        told.append(f"their parameters ({_parameter_words(first)} and {_parameter_words(second)})")
    cases = first["case"], second["case"]
    if cases[0]["hash"] != cases[1]["hash"]:
        names = [f"{case['name']}, hash {case['hash'][:12]}" for case in cases]
        told.append(f"their cases ({names[0]} and {names[1]})")
    if cases[0]["as_of"] != cases[1]["as_of"]:
        told.append(f"their base quarters ({cases[0]['as_of']} and {cases[1]['as_of']})")
    if told:
        raise InputError(
            f"{one} and {other} cannot be compared run by run; they differ in "
            f"{' and in '.join(told)}"
        )


def _parameters(manifest: dict[str, Any]) -> tuple[Any, ...]:
    """What decides which values of the parameters a run took."""
    drawn = manifest.get("parameters") or {}
    if not drawn.get("draws"):
        return ()
    return drawn["hash"], drawn["draws"], drawn.get("replicates", 1)


def _parameter_words(manifest: dict[str, Any]) -> str:
    drawn = manifest.get("parameters") or {}
    if not drawn.get("draws"):
        return "the centres"
    words = f"{drawn['draws']} draws of {drawn['given']}, hash {drawn['hash'][:12]}"
    runs = drawn.get("replicates", 1)
    return words + (f", {runs} runs a draw" if runs > 1 else "")


def _sides(
    a: Result, b: Result, scenario_a: str | None, scenario_b: str | None
) -> tuple[Side, Side]:
    one, other = Side.of(a, scenario_a), Side.of(b, scenario_b)
    if one.scenario == other.scenario and a.folder.resolve() == b.folder.resolve():
        raise InputError(f"{one}: a scenario cannot be compared with itself; name another")
    check_pairing(one, other)
    return one, other


def common_quarters(one: Side, other: Side) -> tuple[int, int]:
    """First and last quarter that both sides have.

    Raises
    ------
    InputError
        If there is none.
    """
    (start, end), (begin, close) = one.span, other.span
    if max(start, begin) > min(end, close):
        raise InputError(
            f"{one} ({quarters.name(start)} to {quarters.name(end)}) and {other} "
            f"({quarters.name(begin)} to {quarters.name(close)}) have no quarter in common"
        )
    return max(start, begin), min(end, close)


# Reading


def _values(one: Side, other: Side, outcomes: Sequence[str] | None, at: str) -> tuple[_Pair, str]:
    """Outcomes of both sides at a time, and its name."""
    first, last = common_quarters(one, other)
    if at == "end" and one.span[1] == other.span[1]:
        tables = [_last(side, outcomes) for side in (one, other)]
        return _pair(one, other, tables), quarters.name(last)
    if at == "mean":
        window, when = (first, last), "mean"
    else:
        quarter = last if at == "end" else quarters.parse(at)
        if not first <= quarter <= last:
            raise InputError(
                f"{at}: both have {quarters.name(first)} to {quarters.name(last)}; found {at}"
            )
        window, when = (quarter, quarter), quarters.name(quarter)
    columns = _kept(one, other, outcomes)
    if not columns:
        why = (
            f"at {at}"
            if at != "end"
            else (
                f"at {when}, the last quarter that both have (one ends in "
                f"{quarters.name(one.span[1])}, the other in {quarters.name(other.span[1])})"
            )
        )
        raise InputError(
            f"{one} and {other} kept no outcome by quarter, so that they cannot be compared {why}; "
            "run them again with --trajectories headline or all"
        )
    tables = []
    for side in (one, other):
        blocks = []
        for some in _blocks(side, columns):
            runs, cells = _cells(side, some, *window)
            blocks.append(pd.DataFrame(cells.mean(axis=1), index=runs, columns=some))
        tables.append(pd.concat(blocks, axis=1))
    return _pair(one, other, tables), when


def _last(side: Side, outcomes: Sequence[str] | None) -> pd.DataFrame:
    """Outcomes at a scenario's last quarter, by run."""
    data = store.dataset(side.result.folder, "runs")
    if data is None:
        raise InputError(f"{side}: no run is finished")
    columns = _matching(side, data.schema.names, outcomes, "runs")
    table = data.to_table(columns=["run", *columns], filter=pc.field("scenario") == side.scenario)
    return table.to_pandas().set_index("run").sort_index()


def _matching(
    side: Side, there: Iterable[str], outcomes: Sequence[str] | None, table: str
) -> list[str]:
    """Columns of a table that outcomes ask for, in the order of the table."""
    columns = [name for name in there if name not in ("scenario", "run", "quarter")]
    if outcomes is None:
        return columns
    chosen = set()
    for wanted in outcomes:
        found = [name for name in columns if name == wanted or name.startswith(f"{wanted}.")]
        if not found:
            known = {name.split(".")[0] for name in columns}
            raise InputError(
                f"{side.result.folder}: the {table} hold no outcome {wanted!r}"
                f"{nearest(wanted, [*known, *columns])}"
            )
        chosen.update(found)
    return [name for name in columns if name in chosen]


def _kept(one: Side, other: Side, outcomes: Sequence[str] | None) -> list[str]:
    """Columns that both sides kept by quarter; none if a side kept no trajectories."""
    found = []
    for side in (one, other):
        data = store.dataset(side.result.folder, "trajectories")
        if data is None:
            return []
        found.append(_matching(side, data.schema.names, outcomes, "trajectories"))
    return [name for name in found[0] if name in set(found[1])]


def _blocks(side: Side, columns: list[str]) -> list[list[str]]:
    """Columns a few at a time, so that memory does not grow with the number of runs."""
    cells = int(side.result.manifest["runs"]) * int(side.entry["quarters"])
    step = max(1, _CELLS // cells)
    return [columns[at : at + step] for at in range(0, len(columns), step)]


def _cells(
    side: Side, columns: list[str], first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers of runs, and outcomes (run, quarter, column) over a window of quarters."""
    data = store.dataset(side.result.folder, "trajectories")
    assert data is not None  # `_kept` has looked
    own = (pc.field("scenario") == side.scenario) & (pc.field("quarter") >= first)
    own &= pc.field("quarter") <= last
    table = data.to_table(columns=["run", "quarter", *columns], filter=own)
    run, quarter = (table[name].to_numpy() for name in ("run", "quarter"))
    order = np.lexsort((quarter, run))
    values = np.stack([table[name].to_numpy() for name in columns], axis=-1)[order]
    length = last - first + 1
    runs = run[order][::length].astype(np.int64)
    return runs, values.reshape(len(runs), length, len(columns)).astype(np.float64)


def _pair(one: Side, other: Side, tables: Sequence[pd.DataFrame]) -> _Pair:
    """Runs and columns that both have; columns of actors that a side leaves out drop out."""
    runs = tables[0].index.intersection(tables[1].index)
    if len(runs) < 2:
        raise InputError(
            f"{one} and {other} have {len(runs)} finished runs in common; at least 2 are needed"
        )
    both = [table.loc[runs] for table in tables]
    columns = [
        name
        for name in both[0].columns
        if name in both[1].columns and not any(table[name].isna().any() for table in both)
    ]
    if not columns:
        raise InputError(f"{one} and {other} have no outcome in common")
    first, second = (table[columns].to_numpy(dtype=np.float64) for table in both)
    return _Pair(runs.to_numpy(dtype=np.int64), columns, first, second)


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


def _over_time(one: Side, other: Side, columns: list[str], spread: bool) -> pd.DataFrame:
    """Differences by outcome and quarter."""
    first, last = common_quarters(one, other)
    blocks = []
    for some in _blocks(one, columns):
        (runs, values), (others, against) = (
            _cells(side, some, first, last) for side in (one, other)
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
            "above": (gap > 0).mean(axis=0),
            "equal": (gap == 0).mean(axis=0),
        }
        if spread:
            low, high = np.quantile(gap, SPREAD, axis=0)
            statistics |= {"spread_low": low, "spread_high": high}
        for place in np.flatnonzero(present):
            own = {name: values[:, place] for name, values in statistics.items()}
            key = {"outcome": some[place], "quarter": np.arange(first, last + 1), "runs": len(both)}
            blocks.append(pd.DataFrame({**key, **own}))
    return pd.concat(blocks, ignore_index=True)


def _since(one: Side, other: Side, columns: list[str]) -> pd.DataFrame:
    """First quarter in which a run differs, and in which the mean's interval leaves out zero."""
    empty = pd.DataFrame({"outcome": [], "differs_from": [], "apart_from": []}, dtype=str)
    kept = [name for name in _kept(one, other, None) if name in set(columns)]
    if not kept:
        return empty
    table = _over_time(one, other, kept, spread=False)
    apart = (table["low"] > 0) | (table["high"] < 0)
    found = {}
    for name, holds in (("differs_from", table["equal"] < 1), ("apart_from", apart)):
        first = table[holds].groupby("outcome", sort=False)["quarter"].min()
        found[name] = first.map(quarters.name)
    return pd.DataFrame(found).rename_axis("outcome").reset_index()
