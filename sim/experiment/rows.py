"""Rows of a design, simulated and recorded: the worker of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.case import Case, Posterior
from sim.core import quarters
from sim.core.indicators import INDICATORS, columns
from sim.core.plan import Plan
from sim.core.simulate import FEWEST_RUNS, Quarter, simulate
from sim.core.world import Array, Names, World
from sim.experiment import store
from sim.experiment.record import Interrupted
from sim.experiment.sampling import Value
from sim.experiment.workers import Task, Worker
from sim.scenario import Scenario, compile_plan
from sim.scenario.distributions import Given
from sim.scenario.factors import set_values

SWEEP_TABLES = ("variances", "means", "runs")  # in the order in which a task keeps its parts


@dataclass(frozen=True)
class Rows:
    """Rows of a design in the order in which they are simulated.

    Those that need a compilation of their own, because they differ in more than numbers that may
    differ by run, stand in groups.

    Attributes
    ----------
    ids : sequence of str
    values : mapping of str to sequence
        Values by path, a row an element.
    by_run : frozenset of str
        Paths whose values may differ within a compilation.
    constants : mapping of str to value
        Held in every row, by path.
    groups : sequence of range
        Consecutive rows that share a compilation.
    """

    ids: Sequence[str]
    values: Mapping[str, Sequence[Value]] = field(repr=False)
    by_run: frozenset[str]
    constants: Mapping[str, Value]
    groups: Sequence[range] = field(repr=False)

    def applied(self, scenario: Scenario, case: Case, rows: range) -> Scenario:
        """A scenario with the values of rows of one group, one after another along the runs."""
        settings: dict[str, object] = dict(self.constants)
        for path, values in self.values.items():
            if path in self.by_run:
                own = tuple(float(values[row]) for row in rows)
                settings[path] = own[0] if len(set(own)) == 1 else Given(values=own)
            else:
                settings[path] = values[rows.start]
        return set_values(scenario, case, settings)


@dataclass(frozen=True)
class RowRecorder(Worker):
    """Does the tasks of a sweep: each some rows of a design with all runs of each."""

    folder: Path
    case: Case
    scenarios: tuple[tuple[str, Scenario], ...]  # name and content
    rows: Rows
    seed: int
    kept: tuple[str, ...]  # columns at the last quarter
    by_quarter: tuple[str, ...]  # columns of which moments are kept every quarter
    posterior: Posterior | None = None  # draws of the parameters; none: the centres

    def make(self, task: Task, stop: Event | None = None) -> dict[str, pa.Table]:
        """Compile, simulate and record the rows of a task: tables by name."""
        name, scenario = self.scenarios[task.scenario]
        rows = range(task.first_row, task.first_row + task.rows)
        # A run that stands alone would be summed otherwise: another keeps it company.
        simulated = task.runs if task.rows * task.runs >= FEWEST_RUNS else FEWEST_RUNS
        numbers = range(task.first_run, task.first_run + simulated)
        world, plan = compile_plan(
            self.rows.applied(scenario, self.case, rows),
            self.case,
            numbers,
            self.seed,
            self.posterior or "point",
            copies=task.rows,
        )
        ids = [self.rows.ids[row] for row in rows]
        stopped = stop.is_set if stop is not None else lambda: False
        return self._record(world, plan, name, ids, task, simulated, stopped)

    def _record(
        self,
        world: World,
        plan: Plan,
        scenario: str,
        ids: Sequence[str],
        task: Task,
        simulated: int,
        stopped: Callable[[], bool],
    ) -> dict[str, pa.Table]:
        rows, runs = task.rows, task.runs
        means = np.full((plan.quarters, len(self.by_quarter), rows), np.nan)
        variances = np.full(means.shape, np.nan, dtype=np.float32)
        last: dict[str, Array] = {}
        quarterly = Measured(self.by_quarter, world.names)
        for quarter in simulate(world, plan, self.seed, task.first_run, simulated, copies=rows):
            if stopped():
                raise Interrupted
            for place, values in quarterly.of(quarter, rows, simulated):
                own = values[:, :runs]
                means[quarter.index, place] = own.mean(axis=1)
                if runs > 1:
                    variances[quarter.index, place] = own.var(axis=1, ddof=1)
            if quarter.index == plan.quarters - 1:
                final = Measured(self.kept, world.names)
                last = {
                    self.kept[place]: values[:, :runs].reshape(-1)
                    for place, values in final.of(quarter, rows, simulated)
                }
        for name, values in last.items():
            _check(name, values.reshape(rows, runs), ids, lambda run: f"run {task.first_run + run}")
        for place in quarterly.places:
            _check(
                self.by_quarter[place],
                means[:, place].T,
                ids,
                lambda index: quarters.name(plan.start + index),
            )
        keys = {
            "scenario": _repeated(scenario, rows * runs),
            "row": pa.array(ids).take(pa.array(np.repeat(np.arange(rows), runs))),
            "run": np.tile(np.arange(task.first_run, task.first_run + runs), rows),
        }
        missing = pa.nulls(rows * runs, pa.float64())
        tables = {"runs": pa.table({**keys, **{one: last.get(one, missing) for one in self.kept}})}
        if self.by_quarter:
            tables["means"] = self._moments(scenario, ids, plan, means)
            if runs > 1:
                tables["variances"] = self._moments(scenario, ids, plan, variances)
        return tables

    def _moments(
        self, scenario: str, ids: Sequence[str], plan: Plan, values: NDArray[Any]
    ) -> pa.Table:
        """A table of values (quarter, column, row), ordered by row, then by quarter."""
        rows = len(ids)
        table: dict[str, Any] = {
            "scenario": _repeated(scenario, rows * plan.quarters),
            "row": pa.array(ids).take(pa.array(np.repeat(np.arange(rows), plan.quarters))),
            "quarter": pa.array(
                np.tile(np.arange(plan.start, plan.start + plan.quarters, dtype=np.int32), rows)
            ),
        }
        for place, name in enumerate(self.by_quarter):
            column = values[:, place].T.reshape(-1)
            absent = np.isnan(column).all()
            table[name] = (
                pa.nulls(column.size, pa.from_numpy_dtype(column.dtype))
                if absent
                else (pa.array(column))
            )
        return pa.table(table)

    def keep(self, task: Task, made: dict[str, pa.Table]) -> None:
        """Write the parts; that of the table `runs` last, which marks the task as finished."""
        for table in SWEEP_TABLES:
            if table in made:
                store.write_part(self.folder, table, task.key, made[table])

    def label(self, task: Task) -> str:
        """Name a task: its scenario and rows."""
        name, _ = self.scenarios[task.scenario]
        first, last = task.first_row, task.first_row + task.rows - 1
        which = f"row {self.rows.ids[first]}"
        return f"{name}, {which}" + (f" to {self.rows.ids[last]}" if last > first else "")


class Measured:
    """Columns of outcomes, each outcome measured once for all of its columns.

    Parameters
    ----------
    wanted : sequence of str
        Columns; those of actors that the world leaves out are passed over.
    names : Names
    """

    def __init__(self, wanted: Sequence[str], names: Names) -> None:
        self._cells: dict[str, list[tuple[int, int]]] = {}  # outcome: place in `wanted`, its cell
        there: dict[str, dict[str, int]] = {}
        for place, column in enumerate(wanted):
            outcome = column.split(".")[0]
            if outcome not in there:
                heads = columns(INDICATORS[outcome], names)
                there[outcome] = {head: cell for cell, head in enumerate(heads)}
            if column in there[outcome]:
                cell = there[outcome][column]
                self._cells.setdefault(outcome, []).append((place, cell))

    @property
    def places(self) -> list[int]:
        """Places among the wanted columns of those that the world has."""
        return [place for cells in self._cells.values() for place, _ in cells]

    def of(self, quarter: Quarter, rows: int, runs: int) -> list[tuple[int, Array]]:
        """Place of each column, and its values (row, run)."""
        found = []
        for outcome, cells in self._cells.items():
            values = quarter.measure(outcome)
            values = np.broadcast_to(values, (*values.shape[:-1], rows * runs))
            values = values.reshape(-1, rows, runs)
            found += [(place, values[cell]) for place, cell in cells]
        return found


def _check(name: str, values: Array, ids: Sequence[str], where: Callable[[int], str]) -> None:
    """Hold an outcome (row, run or quarter) to be finite; nothing is skipped or filled in.

    Raises
    ------
    FloatingPointError
        With the first row, and the run or quarter, in which it is not.
    """
    finite = np.isfinite(values)
    if not finite.all():
        row, place = divmod(int(finite.argmin()), values.shape[1])
        raise FloatingPointError(f"{name} is not finite in row {ids[row]}, {where(place)}")


def _repeated(text: str, times: int) -> pa.Array:
    return pa.array([text]).take(pa.array(np.zeros(times, dtype=np.int8)))
