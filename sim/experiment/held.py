"""The outcomes of a scenario's runs, held in memory: the same numbers as those of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from sim.case import Case, Posterior
from sim.core import events
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, columns
from sim.core.simulate import FEWEST_RUNS, simulate
from sim.core.streams import Streams
from sim.core.world import Array, Names
from sim.experiment.record import (
    Interrupted,
    by_column,
    check_finite,
    event_table,
    repeated,
    trajectory_table,
)
from sim.scenario import Scenario, compile_plan
from sim.scenario.problems import nearest


@dataclass(frozen=True)
class Held:
    """Runs 0 to ``runs - 1`` of one scenario.

    Attributes
    ----------
    scenario : str
        Its name.
    start, quarters : int
        Number of the first quarter (4 * year + quarter of the year - 1), and how many.
    runs, seed : int
    names : Names
        Codes of the simulated actors, routes and texts, axis by axis.
    """

    scenario: str
    start: int
    quarters: int
    runs: int
    seed: int
    names: Names
    _places: dict[str, int] = field(repr=False)  # of the columns
    _values: Array = field(repr=False)  # (column, quarter, run)
    _events: pa.Table = field(repr=False)

    @property
    def columns(self) -> list[str]:
        """Columns of the outcomes that were asked for, outcome by outcome in the usual order."""
        return list(self._places)

    @property
    def nbytes(self) -> int:
        """Memory that outcomes and events take, in bytes."""
        return int(self._values.nbytes + self._events.nbytes)

    def path(self, column: str) -> Array:
        """A column by quarter.

        Returns
        -------
        array (quarter, run)
            Read-only.

        Raises
        ------
        InputError
            If the column was not asked for.
        """
        if column not in self._places:
            raise InputError(
                f"{self.scenario}: no outcome {column!r} is held{nearest(column, self._places)}"
            )
        return self._values[self._places[column]]

    def last(self, column: str) -> Array:
        """A column at the last quarter, (run,); errors as for `path`."""
        return self.path(column)[-1]

    def frame(self) -> pd.DataFrame:
        """Outcomes at the last quarter, as `Result.runs` gives them: scenario, run, columns."""
        last = dict(zip(self._places, self._values[:, -1], strict=True))
        keys = {"scenario": repeated(self.scenario, self.runs), "run": np.arange(self.runs)}
        return pa.table({**keys, **last}).to_pandas()

    def trajectories(self) -> pd.DataFrame:
        """Outcomes by quarter, as `Result.trajectories` gives them, in single precision."""
        paths = self._values.swapaxes(0, 1).astype(np.float32)
        table = trajectory_table(
            self.scenario, np.arange(self.runs), self.start, self.columns, paths
        )
        return table.to_pandas()

    def events(self) -> pd.DataFrame:
        """What happened, as `Result.events` gives it.

        Returns
        -------
        DataFrame
            scenario, run, quarter, kind, country, power, channel, label, value; run by run,
            quarters in order.
        """
        return self._events.to_pandas()


@dataclass(frozen=True)
class Chunk:
    """What is held of consecutive runs, and what they tell of the scenario."""

    start: int
    quarters: int
    names: Names
    notes: list[str]  # of the compilation
    heads: list[str]  # columns
    values: Array = field(repr=False)  # (column, quarter, run)
    events: pa.Table = field(repr=False)


def play(
    scenario: Scenario,
    case: Case,
    posterior: Posterior | None,
    seed: int,
    numbers: range,
    outcomes: Sequence[str],
    source: Callable[[int], Streams] = Streams,
    stopped: Callable[[], bool] = lambda: False,
) -> Chunk:
    """Simulate consecutive runs of a scenario and hold their outcomes.

    Parameters
    ----------
    scenario : Scenario
    case : Case
    posterior : Posterior or None
        Draws of the parameters; None: their centres.
    seed : int
    numbers : range
        Numbers of the runs.
    outcomes : sequence of str
        Outcomes, of which all columns are held.
    source : callable
        As for `sim.core.simulate.Simulation`.
    stopped : callable
        Asked every quarter whether to give up.

    Raises
    ------
    Interrupted
        If `stopped` says so.
    InputError
        If the scenario does not compile, or an outcome of a run is not finite.
    """
    runs, simulated = len(numbers), max(len(numbers), FEWEST_RUNS)
    world, plan = compile_plan(
        scenario,
        case,
        range(numbers.start, numbers.start + simulated),
        seed,
        posterior or "point",
    )
    heads = [head for name in outcomes for head in columns(INDICATORS[name], world.names)]
    values = np.empty((len(heads), plan.quarters, runs))
    happened = []
    for quarter in simulate(world, plan, seed, numbers.start, simulated, source=source):
        if stopped():
            raise Interrupted
        row = 0
        for name in outcomes:
            found = by_column(quarter.measure(name), simulated)[:, :runs]
            values[row : row + len(found), quarter.index] = found
            row += len(found)
        happened.append(events.extract(quarter, world.names, numbers.start))
    try:
        for head, path in zip(heads, values, strict=True):
            check_finite(head, path, numbers.start)
    except FloatingPointError as error:
        raise InputError(f"{scenario.name}: {error}; its settings are too extreme") from None
    return Chunk(
        start=plan.start,
        quarters=plan.quarters,
        names=world.names,
        notes=list(scenario.notes),
        heads=heads,
        values=values,
        events=event_table(scenario.name, happened, np.asarray(numbers)),
    )


def hold(scenario: Scenario, seed: int, chunks: Sequence[Chunk]) -> Held:
    """One object of chunks, in the order of their runs."""
    first = chunks[0]
    values = np.concatenate([chunk.values for chunk in chunks], axis=2)
    values.setflags(write=False)
    return Held(
        scenario=scenario.name,
        start=first.start,
        quarters=first.quarters,
        runs=values.shape[2],
        seed=seed,
        names=first.names,
        _places={head: place for place, head in enumerate(first.heads)},
        _values=values,
        _events=pa.concat_tables([chunk.events for chunk in chunks]),
    )
