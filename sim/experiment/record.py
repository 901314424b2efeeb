"""One chunk of runs, simulated and recorded as tables: outcomes, observables, events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.case.build import base_year
from sim.core import events
from sim.core.indicators import INDICATORS, columns
from sim.core.plan import Plan
from sim.core.simulate import simulate
from sim.core.world import World
from sim.experiment.observables import Observable, Yearly, base_values

OBSERVED_RUNS = 1000  # of each scenario, the first ones: those whose observables are recorded


class Interrupted(Exception):
    """The batch was stopped while this chunk ran; nothing of it is kept."""


@dataclass(frozen=True)
class Recording:
    """What a chunk of runs left behind, as tables that are ready to be written."""

    runs: pa.Table
    trajectories: pa.Table | None
    events: pa.Table
    observables: pa.Table | None


def record(
    world: World,
    plan: Plan,
    *,
    scenario: str,
    seed: int,
    first_run: int,
    runs: int,
    simulated: int,
    kept: Sequence[str],
    observed: Sequence[Observable] = (),
    stopped: Callable[[], bool] = lambda: False,
) -> Recording:
    """Simulate consecutive runs of a scenario and record their outcomes.

    Parameters
    ----------
    world, plan : World, Plan
        Of the `simulated` runs that start with `first_run`.
    scenario : str
        Name written in every row.
    seed, first_run : int
        Root seed and number of the first run.
    runs, simulated : int
        Runs to record, and runs to simulate; the others are padding.
    kept : sequence of str
        Outcomes recorded every quarter (single precision); all are recorded at the last one.
    observed : sequence of Observable
        Recorded by calendar year (single precision), for the first `OBSERVED_RUNS` runs of a
        scenario; with them, as the base year, what the model gives for it.
    stopped : callable
        Asked every quarter whether to give up.

    Raises
    ------
    Interrupted
        If `stopped` says so.
    FloatingPointError
        If an outcome of a run is not finite; nothing is skipped or filled in.
    """
    names = world.names
    heads = [head for name in kept for head in columns(INDICATORS[name], names)]
    paths = np.empty((plan.quarters, len(heads), runs), dtype=np.float32)
    happened: list[dict[str, NDArray[Any]]] = []
    last: dict[str, NDArray[np.float64]] = {}
    observing = min(runs, max(OBSERVED_RUNS - first_run, 0)) if observed else 0
    collected = Yearly(observed if observing else (), names, plan, simulated)
    for quarter in simulate(world, plan, seed, first_run, simulated):
        if stopped():
            raise Interrupted
        row = 0
        for name in kept:
            values = by_column(quarter.measure(name), simulated)[:, :runs]
            paths[quarter.index, row : row + len(values)] = values
            row += len(values)
        happened.append(events.extract(quarter, names, first_run))
        collected.add(quarter)
        if quarter.index == plan.quarters - 1:
            for name, indicator in INDICATORS.items():
                values = by_column(quarter.measure(name), simulated)[:, :runs]
                last.update(zip(columns(indicator, names), values, strict=True))

    numbers = np.arange(first_run, first_run + runs)
    recorded: list[tuple[str, NDArray[Any]]] = list(last.items())
    recorded += zip(heads, paths.swapaxes(0, 1), strict=True)
    if observing:
        recorded += zip((one.name for one in observed), collected.values[:, :, :runs], strict=True)
    for head, outcome in recorded:
        check_finite(head, outcome, first_run)
    observations = None
    if observing:
        base = np.broadcast_to(base_values(world, plan, observed), (len(observed), simulated))
        observations = _observables(
            scenario,
            numbers[:observing],
            np.append(base_year(world.base), collected.years),
            [one.name for one in observed],
            np.concatenate([base[:, None], collected.values], axis=1)[:, :, :observing],
        )
    return Recording(
        runs=pa.table({"scenario": repeated(scenario, runs), "run": numbers, **last}),
        trajectories=trajectory_table(scenario, numbers, plan.start, heads, paths)
        if heads
        else None,
        events=event_table(scenario, happened, numbers),
        observables=observations,
    )


def check_finite(column: str, values: NDArray[Any], first_run: int) -> None:
    """Hold a column (..., run) to be finite; nothing is skipped or filled in.

    Raises
    ------
    FloatingPointError
        With the first run in which it is not.
    """
    finite = np.isfinite(values).reshape(-1, values.shape[-1]).all(axis=0)
    if not finite.all():
        raise FloatingPointError(f"{column} is not finite in run {first_run + finite.argmin()}")


def by_column(values: NDArray[np.float64], runs: int) -> NDArray[np.float64]:
    """A row a column of the table, whatever the axes of the outcome."""
    return np.broadcast_to(values, (*values.shape[:-1], runs)).reshape(-1, runs)


def repeated(text: str, rows: int) -> pa.Array:
    return pa.array([text]).take(pa.array(np.zeros(rows, dtype=np.int8)))


def trajectory_table(
    scenario: str,
    numbers: NDArray[np.int64],
    start: int,
    heads: Sequence[str],
    paths: NDArray[np.float32],
) -> pa.Table:
    """Rows run by run, quarters in order, so that a column is an array (run, quarter)."""
    quarters, _, runs = paths.shape
    table: dict[str, pa.Array] = {
        "scenario": repeated(scenario, runs * quarters),
        "run": pa.array(np.repeat(numbers, quarters)),
        "quarter": pa.array(np.tile(np.arange(start, start + quarters, dtype=np.int32), runs)),
    }
    for head, values in zip(heads, paths.swapaxes(0, 1), strict=True):
        table[head] = pa.array(values.T.reshape(-1))
    return pa.table(table)


def _observables(
    scenario: str,
    numbers: NDArray[np.int64],
    years: NDArray[np.int_],
    heads: Sequence[str],
    values: NDArray[np.float64],
) -> pa.Table:
    """Rows run by run, years in order; values (observable, year, run)."""
    table: dict[str, pa.Array] = {
        "scenario": repeated(scenario, len(numbers) * len(years)),
        "run": pa.array(np.repeat(numbers, len(years))),
        "year": pa.array(np.tile(years.astype(np.int32), len(numbers))),
    }
    for head, found in zip(heads, values.astype(np.float32), strict=True):
        table[head] = pa.array(found.T.reshape(-1))
    return pa.table(table)


_EVENTS = pa.schema(
    [
        ("scenario", pa.string()),
        ("run", pa.int64()),
        ("quarter", pa.int32()),
        ("kind", pa.string()),
        ("country", pa.string()),
        ("power", pa.string()),
        ("channel", pa.string()),
        ("label", pa.string()),
        ("value", pa.float64()),
    ]
)


def event_table(
    scenario: str,
    happened: Sequence[dict[str, NDArray[Any]]],
    numbers: NDArray[np.int64],
) -> pa.Table:
    """Rows run by run, quarters in order; what padding runs did is left out."""
    merged = {name: np.concatenate([one[name] for one in happened]) for name in events.COLUMNS}
    order = np.argsort(merged["run"], kind="stable")
    order = order[merged["run"][order] <= numbers[-1]]
    table = {name: values[order] for name, values in merged.items()}
    table["scenario"] = np.full(len(order), scenario, dtype=object)
    return pa.table([pa.array(table[field.name], field.type) for field in _EVENTS], schema=_EVENTS)
