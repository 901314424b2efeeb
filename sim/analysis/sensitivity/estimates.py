"""Each method on the outputs of one scenario: its indices, noise floors and convergence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import f as fisher

from sim.analysis.resample import permutations, weights
from sim.analysis.sensitivity import morris as elementary
from sim.analysis.sensitivity.given_data import given_data
from sim.analysis.sensitivity.methods import FEWEST, GIVEN, INDEX, MORRIS, ONE, SOBOL, rows_of_point
from sim.analysis.sensitivity.one_at_a_time import differences
from sim.analysis.sensitivity.sample import Chosen, Inputs, Outputs
from sim.analysis.sensitivity.sobol import noise_of_total, sobol, unsettled
from sim.analysis.sensitivity.tables import Estimate, Step, Tables, unsampled
from sim.analysis.sensitivity.variance import variance_of
from sim.core.errors import InputError
from sim.core.world import Array
from sim.experiment.design import DUMMY

_PREFIXES = (8, 4, 2, 1)


def estimated(method: str, inputs: Inputs, found: Outputs, finished: Chosen, seed: int) -> Tables:
    """Estimate how much each input moves each output.

    Parameters
    ----------
    method : str
        One of `sim.analysis.sensitivity.methods`.
    inputs : Inputs
    found : Outputs
    finished : array (row,)
        Rows to use.
    seed : int
        Of the resampling.

    Returns
    -------
    tuple of DataFrame
        A row an outcome and factor; a row an outcome; convergence, see `Study`.

    Raises
    ------
    InputError
        If the rows are not what the method needs.
    """
    if method == ONE:
        return _one_at_a_time(inputs, found, finished)
    estimate = {SOBOL: _sobol, MORRIS: _morris, GIVEN: _given}[method]
    return estimate(inputs, found, finished, seed).tables(inputs.names, found, finished)


def _sobol(inputs: Inputs, found: Outputs, finished: Chosen, seed: int) -> Estimate:
    rows = rows_of_point(SOBOL, len(inputs.names))
    values = found.means[finished].reshape(-1, rows, len(found.columns))
    prefixes = _prefixes(len(values), FEWEST[SOBOL])
    by_points = {points: sobol(values[:points], seed=seed) for points in prefixes}
    whole = by_points[len(values)]
    noise = np.full(whole.total.shape, np.nan)
    number = 1 if found.runs is None else found.runs.shape[1]
    if found.runs is not None and number > 1:
        for place in range(len(found.columns)):
            runs = found.runs[finished, :, place].reshape(len(values), rows, -1)
            noise[:, place] = noise_of_total(runs)
    reached = noise * fisher.ppf(0.95, 1, number - 1) if number > 1 else noise
    floor = np.fmax(reached, _idle(inputs, whole.total_high))
    ends = np.isin(np.arange(len(finished)) % rows, (0, rows - 1))  # independent of each other
    return Estimate(
        points=len(values),
        by=INDEX[SOBOL],
        columns={
            "first": whole.first,
            "first_low": whole.first_low,
            "first_high": whole.first_high,
            "total": whole.total,
            "total_low": whole.total_low,
            "total_high": whole.total_high,
            "noise": noise,
            "floor": floor,
            "told_apart": whole.total_low > floor,
        },
        variance=whole.variance,
        sampled=finished & ends,
        width=(whole.total_high - whole.total_low).max(axis=0),
        ranking=whole.unsettled,
        steps=[
            Step(points, index, *(getattr(one, index + end) for end in ("", "_low", "_high")))
            for points, one in by_points.items()
            for index in ("first", "total")
        ],
    )


def _morris(inputs: Inputs, found: Outputs, finished: Chosen, seed: int) -> Estimate:
    units, values = inputs.units[finished], found.means[finished]
    rows = rows_of_point(MORRIS, len(inputs.names))
    points = len(units) // rows
    try:
        by_points = {
            one: elementary.morris(units[: one * rows], values[: one * rows], seed=seed)
            for one in _prefixes(points, FEWEST[MORRIS])
        }
    except ValueError as error:
        raise InputError(f"these rows are no sample of Morris's: {error}") from error
    whole = by_points[points]
    sizes = np.abs(elementary.effects(units, values))
    often = weights(points, 500, seed) / points
    resampled = (often[1:] @ sizes.reshape(points, -1)).reshape(-1, *sizes.shape[1:])
    largest = whole.mu_star.max(axis=0)
    reached = np.full(whole.mu_star.shape, np.nan)
    if found.runs is not None and found.runs.shape[1] > 1:
        for place in range(len(found.columns)):
            reached[:, place] = elementary.chance_floor(units, found.runs[finished, :, place])
    reached = np.where(reached < 1e-12 * largest, 0.0, reached)  # nothing but rounding
    floor = np.fmax(reached, _idle(inputs, whole.mu_star_high))
    return Estimate(
        points=points,
        by=INDEX[MORRIS],
        columns={
            "mu": whole.mu,
            "mu_low": whole.mu_low,
            "mu_high": whole.mu_high,
            "mu_star": whole.mu_star,
            "mu_star_low": whole.mu_star_low,
            "mu_star_high": whole.mu_star_high,
            "sigma": whole.sigma,
            "floor": floor,
            "told_apart": whole.mu_star_low > floor,
        },
        variance=np.array([variance_of(output) for output in values.T]),
        sampled=finished,
        width=(whole.mu_star_high - whole.mu_star_low).max(axis=0),
        largest=largest,
        ranking=unsettled(resampled),
        steps=[
            Step(number, "mu_star", one.mu_star, one.mu_star_low, one.mu_star_high)
            for number, one in by_points.items()
        ],
    )


def _given(inputs: Inputs, found: Outputs, finished: Chosen, seed: int) -> Estimate:
    places = np.flatnonzero(finished)
    number = len(places)
    if not inputs.even:
        places = places[permutations(number, 1, seed)[0]]
    by_points = {}
    for points in _prefixes(number, FEWEST[GIVEN]):
        chosen = np.zeros(len(finished), dtype=bool)
        chosen[places[:points]] = True
        by_points[points] = given_data(inputs.bins(chosen), found.means[chosen], seed=seed)
    whole = by_points[number]
    return Estimate(
        points=number,
        by=INDEX[GIVEN],
        columns={
            "first": whole.first,
            "first_low": whole.low,
            "first_high": whole.high,
            **dict.fromkeys(
                ("total", "total_low", "total_high", "noise"), np.full(whole.first.shape, np.nan)
            ),
            "floor": whole.floor,
            "told_apart": whole.low > whole.floor,
        },
        variance=whole.variance,
        sampled=finished,
        width=(whole.high - whole.low).max(axis=0),
        steps=[
            Step(points, "first", one.first, one.low, one.high) for points, one in by_points.items()
        ],
    )


def _one_at_a_time(inputs: Inputs, found: Outputs, finished: Chosen) -> Tables:
    """Not indices but differences, a row a value that was tried; no convergence."""
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
        tables.append(table.sort_values(INDEX[ONE], ascending=False, kind="stable"))
        summaries.append(unsampled(column, int(finished.sum()), found.means[0, place]))
    return pd.concat(tables), pd.DataFrame(summaries), pd.DataFrame()


def _idle(inputs: Inputs, reaching: Array) -> Array | float:
    """What the index of the factor that acts on nothing reaches (output,), if there is one."""
    return reaching[inputs.names.index(DUMMY)] if DUMMY in inputs.names else 0.0


def _prefixes(points: int, fewest: int) -> list[int]:
    """Numbers of base points at which convergence is shown, rising, the last one all."""
    return sorted({points // part for part in _PREFIXES if points // part >= fewest})
