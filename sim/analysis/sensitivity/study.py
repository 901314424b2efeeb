"""The sensitivity of a stored sweep: which estimator suits it, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as fisher

from sim.analysis.card import study_card
from sim.analysis.sensitivity import chance
from sim.analysis.sensitivity import morris as elementary
from sim.analysis.sensitivity.given_data import given_data
from sim.analysis.sensitivity.one_at_a_time import differences
from sim.analysis.sensitivity.resample import permutations, weights
from sim.analysis.sensitivity.sample import Inputs, Outputs, outputs, paths
from sim.analysis.sensitivity.sobol import (
    NARROW,
    SETTLED,
    noise_of_total,
    sobol,
    total_of_itself,
    unsettled,
)
from sim.core.errors import InputError
from sim.core.world import Array
from sim.experiment.design import DUMMY
from sim.experiment.reading import check_scenario, usual_outcomes
from sim.experiment.sweep_result import Sweep

SOBOL, MORRIS, ONE, GIVEN = "sobol", "morris", "one_at_a_time", "given data"
METHODS = {"saltelli": SOBOL, "morris": MORRIS, "one_at_a_time": ONE}  # by mode; others: given data
INDEX = {SOBOL: "total", MORRIS: "mu_star", GIVEN: "first", ONE: "swing"}  # tables go by it
POINTS = {SOBOL: "base points", MORRIS: "trajectories", GIVEN: "rows", ONE: "rows"}
_PREFIXES = (8, 4, 2, 1)
_FEWEST = {SOBOL: 8, MORRIS: 2, GIVEN: 20}  # base points, trajectories, rows
_OVER_TIME = 200  # resamples
_UNEVEN = 0.1  # a total index of 1 that comes out wrong by less is not worth a note

Chosen = NDArray[np.bool_]


@dataclass(frozen=True)
class Study:
    """The sensitivity of outcomes to factors.

    Attributes
    ----------
    method : str
        ``sobol``, ``morris``, ``one_at_a_time`` or ``given data``.
    table : DataFrame
        A row a scenario, outcome and factor, see `sensitivity`.
    outcomes : DataFrame
        A row a scenario and outcome: scenario, outcome, at, unit, mean; points (base points,
        trajectories or rows) and left_out (those not finished); runs a row; of_means (variance of
        row means); inputs, chance, together (components of the variance of a single run) and noise
        (share of `of_means` that is interaction with chance); widest (interval of an index),
        ranking (how unsettled it is) and settled.
    over_time : DataFrame
        scenario, outcome, quarter, factor; first and total, or mu_star for ``morris``, with their
        intervals; of_means, within (mean variance over the runs of a row), unit. Empty for
        ``one_at_a_time``, or where no quarters were kept.
    convergence : DataFrame
        scenario, outcome, points, factor, index (which one), value, low, high.
    notes : list of str
        What a reader has to know about the sample.
    """

    method: str
    table: pd.DataFrame
    outcomes: pd.DataFrame
    over_time: pd.DataFrame
    convergence: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"Study({self.method}; rows: {len(self.table)}; outcomes: {len(self.outcomes)})"

    def _repr_html_(self) -> str:
        return study_card(self)


def leading(table: pd.DataFrame, most: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the factors that move an outcome most, and those of the others.

    Parameters
    ----------
    table : DataFrame
        Of one outcome, sorted from the factor that moves it most to the one that does least.
    most : int
        Factors in the first part; the dummy, if there is one, is added to them.
    """
    names = [name for name in dict.fromkeys(table["factor"]) if name != DUMMY]
    chosen = table["factor"].isin([*names[:most], DUMMY])
    return table[chosen], table[~chosen]


def sensitivity(
    sweep: Sweep,
    outcomes: Sequence[str] | None = None,
    at: str = "end",
    scenario: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """How much each factor of a sweep moves outcomes.

    Parameters
    ----------
    sweep : Sweep
        What can be said depends on its mode: ``saltelli`` gives Sobol indices, ``morris``
        elementary effects, ``one_at_a_time`` differences from the centre, and any other mode
        first-order indices by bins.
    outcomes : sequence of str, optional
        Outcomes or columns; default: those that the design names, else the headline ones of
        countries and of the region.
    at : str
        ``"end"`` (the last quarter, where cumulative outcomes are totals) or a quarter, as
        ``"2030Q4"``.
    scenario : str, optional
        Default: each of the sweep's.
    seed : int
        Of the resampling.

    Returns
    -------
    DataFrame
        scenario, outcome, at, factor, and by method:

        Sobol and given data: first, first_low, first_high, total, total_low, total_high (shares of
        the variance of row means, with intervals of 90 percent; no total from given data), noise
        (part of the total index that comes from the finite number of runs), floor, told_apart
        (whether the interval lies above the floor), variance (of row means). Indices are not
        numbers where an outcome is the same in all rows.

        Morris: mu, mu_star with intervals, sigma, in the outcome's unit; floor, told_apart,
        variance.

        One at a time: value, effect, effect_low, effect_high (mean difference from the centre,
        paired by run, with its Monte-Carlo interval), swing (of the factor: largest less smallest
        effect, nought included), told_apart (whether the interval leaves out nought), centre (mean
        outcome there).

        Last, unit. Factors are sorted from most to least.

    Raises
    ------
    InputError
        If an outcome, quarter or scenario is not in the sweep, or too few rows were finished.

    Notes
    -----
    Indices are of the row means, not of single runs. Under common random numbers a dummy factor
    leaves every run as it was, so its index is nought: it shows that the machinery adds no noise
    of its own. What remains is the interaction of a factor with the runs drawn. So the floor of a
    total index is the larger of the dummy's upper bound and of the part of the index expected from
    R runs, times the 95 percent quantile of F with 1 and R - 1 degrees of freedom, which covers the
    worst case that chance has one pattern in all rows. From a single run a row that part is unknown
    and the dummy alone remains; so too at other quarters than the last one.
    """
    return study(sweep, outcomes, at, scenario, seed, over_time=False).table


def study(
    sweep: Sweep,
    outcomes: Sequence[str] | None = None,
    at: str = "end",
    scenario: str | None = None,
    seed: int = 0,
    over_time: bool = True,
) -> Study:
    """`sensitivity`, with convergence, the parts of the variance, and indices by quarter.

    Parameters and errors : as for `sensitivity`.
    """
    if scenario is not None:
        check_scenario(sweep.folder, scenario, sweep.scenarios)
    wanted = outcomes or usual_outcomes(sweep.manifest)
    inputs = Inputs.of(sweep)
    method = METHODS.get(sweep.mode, GIVEN)
    estimate = {SOBOL: _sobol, MORRIS: _morris, ONE: _one_at_a_time, GIVEN: _given}[method]
    tables: dict[str, list[pd.DataFrame]] = {
        "table": [],
        "outcomes": [],
        "over_time": [],
        "convergence": [],
    }
    notes = _notes(inputs, method)
    for name in [scenario] if scenario else sweep.scenarios:
        found = outputs(sweep, inputs, name, wanted, at)
        found, absent = _present(found)
        if absent:
            notes.append(f"{name} has no {', '.join(absent[:5])}{' ...' if absent[5:] else ''}.")
        if not found.columns:
            raise InputError(f"{sweep.folder}: no row of {name} is finished")
        found, partly = _chosen(
            found, np.asarray(np.isfinite(found.means[found.stored]).all(axis=0))
        )
        if partly:
            told = f"{', '.join(partly[:5])}{' ...' if partly[5:] else ''}"
            why = f"missing in some rows of {name}, which leave an actor out"
            if not found.columns:
                raise InputError(
                    f"{sweep.folder}: {told} is {why}; name outcomes that all rows have"
                )
            notes.append(f"Passed over, because {why}: {told}.")
        finished = _finished(inputs, method, found.stored)
        if finished.sum() < len(finished):
            notes.append(
                f"{name}: {len(finished) - finished.sum()} of {len(finished)} rows are left out, "
                "because they, or rows they are compared with, failed or are not finished."
            )
        _enough(sweep, name, inputs, method, finished)
        if method == SOBOL:
            notes += [one for one in _uneven(inputs, finished) if one not in notes]
        table, summary, convergence = estimate(inputs, found, finished, seed)
        key = {"scenario": name, "outcome": None, "at": at}
        units = {column: sweep.unit(column) for column in found.columns}
        runs = sweep.manifest["runs"]
        summary = summary.assign(left_out=int(len(finished) - finished.sum()), runs=runs)
        for one in (table, summary):
            one["unit"] = one["outcome"].map(units)
        tables["table"].append(_keyed(table, key))
        tables["outcomes"].append(_keyed(summary, key))
        tables["convergence"].append(_keyed(convergence, {"scenario": name}))
        if over_time and method != ONE:
            moved = _over_time(sweep, inputs, method, name, found.columns, finished, seed)
            if moved is None:
                notes.append(f"{name}: nothing over time, as rows end in different quarters.")
            elif len(moved):
                moved["unit"] = moved["outcome"].map(units)
                tables["over_time"].append(moved)
    merged = {
        name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        for name, parts in tables.items()
    }
    return Study(method, notes=notes, **merged)


# The methods: each gives a table, a row an outcome, and convergence


def _sobol(
    inputs: Inputs, found: Outputs, finished: Chosen, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rows = len(inputs.names) + 2
    values = found.means[finished].reshape(-1, rows, len(found.columns))
    prefixes = _prefixes(len(values), _FEWEST[SOBOL])
    by_points = {points: sobol(values[:points], seed=seed) for points in prefixes}
    whole = by_points[len(values)]
    dummy = inputs.names.index(DUMMY) if DUMMY in inputs.names else None
    tables, summaries = [], []
    for place, column in enumerate(found.columns):
        noise = np.full(len(inputs.names), np.nan)
        ends = None
        if found.runs is not None:
            runs = found.runs[finished, :, place].reshape(len(values), rows, -1)
            ends = runs[:, [0, -1]].reshape(2 * len(values), -1)
            if runs.shape[2] > 1:
                noise = noise_of_total(runs)
        number = 1 if found.runs is None else found.runs.shape[1]
        reached = noise * fisher.ppf(0.95, 1, number - 1) if number > 1 else noise
        idle = 0.0 if dummy is None else whole.total_high[dummy, place]
        floor = np.fmax(reached, idle)
        tables.append(
            pd.DataFrame(
                {
                    "outcome": column,
                    "factor": inputs.names,
                    "first": whole.first[:, place],
                    "first_low": whole.first_low[:, place],
                    "first_high": whole.first_high[:, place],
                    "total": whole.total[:, place],
                    "total_low": whole.total_low[:, place],
                    "total_high": whole.total_high[:, place],
                    "noise": noise,
                    "floor": floor,
                    "told_apart": whole.total_low[:, place] > floor,
                    "variance": whole.variance[place],
                }
            ).sort_values("total", ascending=False, kind="stable")
        )
        width = whole.total_high[:, place] - whole.total_low[:, place]
        summaries.append(
            {
                "outcome": column,
                "points": len(values),
                **_parts(found, finished, place, ends),
                "widest": width.max(),
                "narrow": bool(width.max() < NARROW),
                "ranking": whole.unsettled[place],
                "settled": bool(whole.unsettled[place] < SETTLED),
            }
        )
    convergence = [
        _converging(found.columns, inputs.names, points, index, getattr(one, index),
                    getattr(one, f"{index}_low"), getattr(one, f"{index}_high"))
        for points, one in by_points.items()
        for index in ("first", "total")
    ]  # fmt: skip
    return pd.concat(tables), pd.DataFrame(summaries), pd.concat(convergence)


def _morris(
    inputs: Inputs, found: Outputs, finished: Chosen, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    units, values = inputs.units[finished], found.means[finished]
    rows = len(inputs.names) + 1
    points = len(units) // rows
    try:
        by_points = {
            one: elementary.morris(units[: one * rows], values[: one * rows], seed=seed)
            for one in _prefixes(points, _FEWEST[MORRIS])
        }
    except ValueError as error:
        raise InputError(f"these rows are no sample of Morris's: {error}") from error
    whole = by_points[points]
    sizes = np.abs(elementary.effects(units, values))
    often = weights(points, 500, seed) / points
    resampled = (often[1:] @ sizes.reshape(points, -1)).reshape(-1, *sizes.shape[1:])
    ranking = unsettled(resampled)
    dummy = inputs.names.index(DUMMY) if DUMMY in inputs.names else None
    tables, summaries = [], []
    for place, column in enumerate(found.columns):
        reached = np.full(len(inputs.names), np.nan)
        runs = None if found.runs is None else found.runs[finished, :, place]
        if runs is not None and runs.shape[1] > 1:
            reached = elementary.chance_floor(units, runs)
        idle = 0.0 if dummy is None else whole.mu_star_high[dummy, place]
        star, low = whole.mu_star[:, place], whole.mu_star_low[:, place]
        reached = np.where(reached < 1e-12 * star.max(), 0.0, reached)  # nothing but rounding
        floor = np.fmax(reached, idle)
        tables.append(
            pd.DataFrame(
                {
                    "outcome": column,
                    "factor": inputs.names,
                    "mu": whole.mu[:, place],
                    "mu_low": whole.mu_low[:, place],
                    "mu_high": whole.mu_high[:, place],
                    "mu_star": star,
                    "mu_star_low": low,
                    "mu_star_high": whole.mu_star_high[:, place],
                    "sigma": whole.sigma[:, place],
                    "floor": floor,
                    "told_apart": low > floor,
                    "variance": _variance(values[:, place]),
                }
            ).sort_values("mu_star", ascending=False, kind="stable")
        )
        width = (whole.mu_star_high[:, place] - low).max()
        largest = star.max()
        summaries.append(
            {
                "outcome": column,
                "points": points,
                **_parts(found, finished, place, runs),
                "widest": width / largest if largest > 0 else np.nan,
                "narrow": bool(width < NARROW * largest),
                "ranking": ranking[place],
                "settled": bool(ranking[place] < SETTLED),
            }
        )
    convergence = [
        _converging(found.columns, inputs.names, number, "mu_star", one.mu_star,
                    one.mu_star_low, one.mu_star_high)
        for number, one in by_points.items()
    ]  # fmt: skip
    return pd.concat(tables), pd.DataFrame(summaries), pd.concat(convergence)


def _given(
    inputs: Inputs, found: Outputs, finished: Chosen, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    values = found.means[finished]
    places = np.flatnonzero(finished)
    if not inputs.even:
        places = places[permutations(len(places), 1, seed)[0]]
    by_points = {}
    for points in _prefixes(len(values), _FEWEST[GIVEN]):
        chosen = np.zeros(len(finished), dtype=bool)
        chosen[places[:points]] = True
        by_points[points] = given_data(inputs.bins(chosen), found.means[chosen], seed=seed)
    whole = by_points[len(values)]
    blank = np.full(len(inputs.names), np.nan)
    tables, summaries = [], []
    for place, column in enumerate(found.columns):
        tables.append(
            pd.DataFrame(
                {
                    "outcome": column,
                    "factor": inputs.names,
                    "first": whole.first[:, place],
                    "first_low": whole.low[:, place],
                    "first_high": whole.high[:, place],
                    "total": blank,
                    "total_low": blank,
                    "total_high": blank,
                    "noise": blank,
                    "floor": whole.floor[:, place],
                    "told_apart": whole.low[:, place] > whole.floor[:, place],
                    "variance": whole.variance[place],
                }
            ).sort_values("first", ascending=False, kind="stable")
        )
        width = (whole.high[:, place] - whole.low[:, place]).max()
        runs = None if found.runs is None else found.runs[finished, :, place]
        summaries.append(
            {
                "outcome": column,
                "points": len(values),
                **_parts(found, finished, place, runs),
                "widest": width,
                "narrow": bool(width < NARROW),
                "ranking": np.nan,
                "settled": None,
            }
        )
    convergence = [
        _converging(found.columns, inputs.names, points, "first", one.first, one.low, one.high)
        for points, one in by_points.items()
    ]
    return pd.concat(tables), pd.DataFrame(summaries), pd.concat(convergence)


def _one_at_a_time(
    inputs: Inputs, found: Outputs, finished: Chosen, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    runs = found.means[:, None] if found.runs is None else found.runs
    effect, low, high = differences(runs)
    tables, summaries = [], []
    apart = np.abs(inputs.units - inputs.units[0]) > 1e-12
    for place, column in enumerate(found.columns):
        rows: list[dict[str, Any]] = []
        for factor, name in enumerate(inputs.names):
            own = np.flatnonzero(apart[:, factor] & finished)
            reach = np.append(effect[own, place], 0.0)
            rows += [
                {
                    "outcome": column,
                    "factor": name,
                    "value": inputs.design[name].iloc[row],
                    "effect": effect[row, place],
                    "effect_low": low[row, place],
                    "effect_high": high[row, place],
                    "swing": reach.max() - reach.min(),
                    "told_apart": bool(low[row, place] > 0 or high[row, place] < 0),
                    "centre": found.means[0, place],
                }
                for row in own[np.argsort(inputs.units[own, factor], kind="stable")]
            ]
        table = pd.DataFrame(rows)
        tables.append(table.sort_values("swing", ascending=False, kind="stable"))
        summaries.append(
            {
                "outcome": column,
                "points": int(finished.sum()),
                "mean": found.means[0, place],
                **dict.fromkeys(("of_means", "inputs", "chance", "together", "noise"), np.nan),
                "widest": np.nan,
                "narrow": None,
                "ranking": np.nan,
                "settled": None,
            }
        )
    return pd.concat(tables), pd.DataFrame(summaries), pd.DataFrame()


def _over_time(
    sweep: Sweep,
    inputs: Inputs,
    method: str,
    scenario: str,
    columns: Sequence[str],
    finished: Chosen,
    seed: int,
) -> pd.DataFrame | None:
    """Indices by quarter, all quarters and outcomes in one pass; none if rows differ in them."""
    kept = paths(sweep, inputs, scenario, columns)
    if kept is None:
        return pd.DataFrame()
    shape = kept.means.shape[1:]
    flat = kept.means[finished].reshape(int(finished.sum()), -1)
    if not np.isfinite(flat).all():
        return None
    if method == SOBOL:
        rows = len(inputs.names) + 2
        one = sobol(flat.reshape(-1, rows, flat.shape[1]), resamples=_OVER_TIME, seed=seed)
        indices = {
            name: getattr(one, name)
            for name in ("first", "first_low", "first_high", "total", "total_low", "total_high")
        }
        variance = one.variance
    elif method == MORRIS:
        found = elementary.sizes(inputs.units[finished], flat)
        indices = dict(zip(("mu_star", "mu_star_low", "mu_star_high"), found, strict=True))
        variance = flat.var(axis=0, ddof=1)
    else:
        bins = inputs.bins(finished)
        given = given_data(bins, flat, resamples=_OVER_TIME, shuffles=0, seed=seed)
        blank = np.full(given.first.shape, np.nan)
        indices = {"first": given.first, "first_low": given.low, "first_high": given.high}
        indices |= {"total": blank, "total_low": blank, "total_high": blank}
        variance = given.variance
    factors = len(inputs.names)
    within = np.full(shape, np.nan) if kept.within is None else kept.within

    def column(values: Array) -> Array:
        """(factor, quarter, output) as output by quarter by factor."""
        return values.reshape(factors, *shape).transpose(2, 1, 0).ravel()

    def each(values: Array) -> Array:
        """(quarter, output), the same for all factors."""
        return np.repeat(values.reshape(shape).T.ravel(), factors)

    size = shape[0] * factors
    return pd.DataFrame(
        {
            "scenario": scenario,
            "outcome": np.repeat(kept.columns, size),
            "quarter": np.tile(np.repeat(kept.quarters, factors), len(kept.columns)),
            "factor": np.tile(inputs.names, shape[0] * len(kept.columns)),
            **{name: column(values) for name, values in indices.items()},
            "of_means": each(variance),
            "within": each(within),
        }
    )


# What they share


def _parts(found: Outputs, finished: Chosen, place: int, sample: Array | None) -> dict[str, float]:
    """Mean and parts of the variance; of single runs (row, run) where they are at hand."""
    means = found.means[finished, place]
    if sample is not None:
        part = chance.parts(sample)
        return {
            "mean": float(sample.mean()),
            "of_means": part.of_means,
            "inputs": part.inputs,
            "chance": part.chance,
            "together": part.together,
            "noise": part.noise,
        }
    within = np.nan if found.within is None else float(found.within[finished, place].mean())
    return {
        "mean": float(means.mean()),
        "of_means": _variance(means),
        "inputs": _variance(means),
        "chance": within,
        "together": np.nan,
        "noise": np.nan,
    }


def _variance(values: Array) -> float:
    same = np.ptp(values) <= 1e-12 * np.abs(values).max()
    return 0.0 if same else float(values.var(ddof=1))


def _present(found: Outputs) -> tuple[Outputs, list[str]]:
    """Outputs without columns that no row has, and the names of those."""
    return _chosen(found, np.asarray(np.isfinite(found.means).any(axis=0)))


def _chosen(found: Outputs, there: Chosen) -> tuple[Outputs, list[str]]:
    """Some columns of outputs, and the names of the others."""
    if there.all():
        return found, []

    def pick(one: Array | None) -> Array | None:
        return None if one is None else one[..., there]

    columns = [name for name, kept in zip(found.columns, there, strict=True) if kept]
    others = [name for name, kept in zip(found.columns, there, strict=True) if not kept]
    means, runs, within = found.means[:, there], pick(found.runs), pick(found.within)
    return Outputs(columns, means, runs, within, found.stored), others


def _finished(inputs: Inputs, method: str, rows: Chosen) -> Chosen:
    """Rows that can be used: those whose whole base point or trajectory is finished."""
    size = {SOBOL: len(inputs.names) + 2, MORRIS: len(inputs.names) + 1}.get(method, 1)
    if len(rows) % size:
        raise InputError(
            f"{len(rows)} rows are no whole number of groups of {size}, which {method} takes from "
            f"{len(inputs.names)} inputs"
        )
    return np.repeat(rows.reshape(-1, size).all(axis=1), size)


def _enough(sweep: Sweep, scenario: str, inputs: Inputs, method: str, finished: Chosen) -> None:
    if method == ONE:
        if not finished[0]:
            raise InputError(f"{sweep.folder}: the centre of {scenario} is not finished")
        return
    size = {SOBOL: len(inputs.names) + 2, MORRIS: len(inputs.names) + 1}.get(method, 1)
    if finished.sum() // size < _FEWEST[method]:
        raise InputError(
            f"{sweep.folder}: {scenario} has {finished.sum() // size} finished {POINTS[method]}; "
            f"at least {_FEWEST[method]} are needed"
        )


def _notes(inputs: Inputs, method: str) -> list[str]:
    notes = [f"{name} follows {other}: the two are one input." for name, other in inputs.tied]
    if method == GIVEN:
        notes += [
            f"{one} and {other} are correlated over the rows ({value:+.2f}): the index of each "
            "holds what it tells of the other."
            for one, other, value in inputs.related
        ]
    return notes


def _uneven(inputs: Inputs, finished: Chosen) -> list[str]:
    """A note if the base points are too few to be even in a factor of both of their halves."""
    rows = len(inputs.names) + 2
    units = inputs.units[finished].reshape(-1, rows, len(inputs.names))
    totals, reach = total_of_itself(units[:, 0], units[:, -1])
    wrong = {
        name: total
        for name, total, own in zip(inputs.names, totals, reach, strict=True)
        if name != DUMMY and abs(total - 1.0) > max(own, _UNEVEN)
    }
    if not wrong:
        return []
    worst = sorted(wrong, key=lambda name: -abs(wrong[name] - 1.0))
    told = ", ".join(f"{name} {wrong[name]:.2f}" for name in worst[:5])
    return [
        f"{len(units)} base points are uneven: an outcome that rises with one factor alone, in "
        f"proportion to its place in the unit cube, would get a total index of {told}"
        f"{' ...' if worst[5:] else ''} instead of 1, and intervals do not tell of that. More base "
        "points mend it."
    ]


def _prefixes(points: int, fewest: int) -> list[int]:
    """Numbers of base points at which convergence is shown, rising, the last one all."""
    return sorted({points // part for part in _PREFIXES if points // part >= fewest})


def _converging(
    columns: Sequence[str],
    factors: Sequence[str],
    points: int,
    index: str,
    value: Array,
    low: Array,
    high: Array,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "outcome": np.repeat(columns, len(factors)),
            "points": points,
            "factor": np.tile(factors, len(columns)),
            "index": index,
            "value": value.T.ravel(),
            "low": low.T.ravel(),
            "high": high.T.ravel(),
        }
    )


def _keyed(table: pd.DataFrame, key: dict[str, Any]) -> pd.DataFrame:
    """A table that starts with the columns of a key; None is a column it has."""
    given = {name: value for name, value in key.items() if value is not None}
    front = list(key)
    return table.assign(**given)[[*front, *(c for c in table.columns if c not in front)]]
