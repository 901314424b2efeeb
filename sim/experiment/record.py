"""One chunk of runs, simulated and recorded as tables: outcomes at the end, by quarter, events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.core import events
from sim.core.indicators import INDICATORS, columns
from sim.core.plan import Plan
from sim.core.simulate import simulate
from sim.core.world import World


class Interrupted(Exception):
    """The batch was stopped while this chunk ran; nothing of it is kept."""


@dataclass(frozen=True)
class Recording:
    """What a chunk of runs left behind, as tables that are ready to be written."""

    runs: pa.Table
    trajectories: pa.Table | None
    events: pa.Table


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
    for quarter in simulate(world, plan, seed, first_run, simulated):
        if stopped():
            raise Interrupted
        row = 0
        for name in kept:
            values = _rows(quarter.measure(name), simulated)[:, :runs]
            paths[quarter.index, row : row + len(values)] = values
            row += len(values)
        happened.append(events.extract(quarter, names, first_run))
        if quarter.index == plan.quarters - 1:
            for name, indicator in INDICATORS.items():
                values = _rows(quarter.measure(name), simulated)[:, :runs]
                last.update(zip(columns(indicator, names), values, strict=True))

    numbers = np.arange(first_run, first_run + runs)
    recorded: list[tuple[str, NDArray[Any]]] = list(last.items())
    recorded += zip(heads, paths.swapaxes(0, 1), strict=True)
    for head, outcome in recorded:
        finite = np.isfinite(outcome).reshape(-1, runs).all(axis=0)
        if not finite.all():
            raise FloatingPointError(f"{head} is not finite in run {numbers[finite.argmin()]}")
    return Recording(
        runs=pa.table({"scenario": _repeat(scenario, runs), "run": numbers, **last}),
        trajectories=_trajectories(scenario, numbers, plan.start, heads, paths) if heads else None,
        events=_events(scenario, happened, numbers),
    )


def _rows(values: NDArray[np.float64], runs: int) -> NDArray[np.float64]:
    """A row a column of the table, whatever the axes of the outcome."""
    return np.broadcast_to(values, (*values.shape[:-1], runs)).reshape(-1, runs)


def _repeat(text: str, rows: int) -> pa.Array:
    return pa.array([text]).take(pa.array(np.zeros(rows, dtype=np.int8)))


def _trajectories(
    scenario: str,
    numbers: NDArray[np.int64],
    start: int,
    heads: Sequence[str],
    paths: NDArray[np.float32],
) -> pa.Table:
    """Rows run by run, quarters in order, so that a column is an array (run, quarter)."""
    quarters, _, runs = paths.shape
    table: dict[str, pa.Array] = {
        "scenario": _repeat(scenario, runs * quarters),
        "run": pa.array(np.repeat(numbers, quarters)),
        "quarter": pa.array(np.tile(np.arange(start, start + quarters, dtype=np.int32), runs)),
    }
    for head, values in zip(heads, paths.swapaxes(0, 1), strict=True):
        table[head] = pa.array(values.T.reshape(-1))
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


def _events(
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
