"""A sweep: the rows of a design, each with the same runs of every scenario, kept in a folder."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa

from sim.case import Posterior, write_posterior
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, columns
from sim.core.world import World
from sim.experiment import store
from sim.experiment.batch import draws_worlds
from sim.experiment.describe import (
    describe_case,
    describe_outcomes,
    describe_parameters,
    describe_scenario,
    describe_software,
)
from sim.experiment.design import SIZES, Design, changed_design, load_design, load_scenarios
from sim.experiment.design_check import check_inputs, resolve_factors
from sim.experiment.engines import engine
from sim.experiment.ensemble import run_ensemble
from sim.experiment.request import at_least, refuse_in_worker, shared_case
from sim.experiment.rows import SWEEP_TABLES, RowRecorder, Rows
from sim.experiment.sampling import Sample, Value, VariedFactor, sample
from sim.experiment.sweep_result import Sweep
from sim.experiment.workers import Task
from sim.scenario import Scenario, compile_plan

_COMPILED = 512  # runs, together, for the check of every row: more would fill the memory
MOST_RUNS_A_ROW = 4096  # they are simulated together, which is what memory holds
_TYPES = {"number": pa.float64(), "whole": pa.int64(), "flag": pa.bool_()}  # else text


def sweep(
    design: str | Path | Design,
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    progress: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    rows: int | None = None,
    runs: int | None = None,
    seed: int | None = None,
    mode: str | None = None,
    chunk: int = 512,
    scenarios: Sequence[Scenario] | None = None,
    parameters: Posterior | None = None,
) -> Sweep:
    """Run every row of a design and record the outcomes in a folder.

    Run i has the same draws in every row and scenario, and those of run i of a batch with the same
    seed; so rows are compared run by run. Numbers are the same whatever `jobs`, `cluster` and
    `chunk`.

    Parameters
    ----------
    design : name, path or Design
    out : path, optional
        Results folder; default: ``results/<design>``.
    jobs : int, optional
        Worker processes; default: this process does the work. With more than 1, a script must call
        this below ``if __name__ == "__main__":``.
    cluster : str, optional
        Address of the scheduler of a Dask cluster whose workers are to do the work.
    progress : bool
        Show runs done, rate, time left and failures on standard error.
    overwrite : bool
        Replace the results that `out` holds.
    resume : bool
        Go on with what an interrupted call with the same arguments left in `out`.
    rows : int, optional
        Size of the sample instead of the design's: its rows, base points or trajectories.
    runs, seed : int, optional
        Instead of the design's.
    mode : str, optional
        Instead of the design's.
    chunk : int
        Runs simulated together, at most; a row's runs are never divided.
    scenarios : sequence of Scenario, optional
        Instead of those that the design names.
    parameters : Posterior, optional
        Draws of the parameters instead of those that the design names.

    Returns
    -------
    Sweep
        Its status is ``incomplete`` if some rows failed, of which a warning tells as well.

    Raises
    ------
    InputError
        If an argument or a file cannot be used, a factor changes nothing, or a row asks for a
        world that has no consistent reference; nothing is written then.
    EnsembleInterrupted
        On Ctrl-C; finished rows are kept.
    """
    _check_call(jobs, chunk)  # before the design, which takes seconds
    planned = plan_sweep(
        design, rows=rows, runs=runs, seed=seed, mode=mode, scenarios=scenarios,
        parameters=parameters,
    )  # fmt: skip
    return run_planned(
        planned, out=out, jobs=jobs, cluster=cluster, progress=progress, overwrite=overwrite,
        resume=resume, chunk=chunk,
    )  # fmt: skip


def _check_call(jobs: int | None, chunk: int) -> None:
    refuse_in_worker("sim.sweep")
    if jobs is not None:
        at_least("jobs", jobs, 1)
    at_least("chunk", chunk, 1)


def run_planned(
    planned: PlannedSweep,
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    progress: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    chunk: int = 512,
) -> Sweep:
    """Run a sweep that is planned already; arguments, answer and errors as in `sweep`."""
    _check_call(jobs, chunk)
    own = planned.design
    folder = Path(out) if out is not None else Path("results", own.name)
    worker = RowRecorder(
        folder.absolute(),
        planned.case,
        tuple((one.name, one) for one in planned.scenarios),
        planned.rows,
        own.seed,
        planned.kept,
        planned.by_quarter,
        planned.posterior,
    )

    def begin() -> None:
        store.write_table(folder / "design.parquet", planned.design_table())
        store.write_table(folder / "units.parquet", planned.units_table())
        if planned.posterior is not None and own.parameters != "posterior":
            with store.atomic(folder / "parameters.parquet") as path:
                write_posterior(path, planned.posterior)

    run_ensemble(
        folder,
        planned.manifest(chunk),
        worker,
        planned.tasks(chunk),
        engine(jobs, cluster),
        tables=SWEEP_TABLES,
        begin=begin,
        finish=lambda: None,
        progress=progress,
        overwrite=overwrite,
        resume=resume,
    )
    return Sweep(folder)


class PlannedSweep:
    """A design held against its scenarios and their case, ready to be run.

    Attributes
    ----------
    design : Design
    case : Case
    scenarios : list of Scenario
    factors : tuple of VariedFactor
    sample : Sample
    rows : Rows
        The distinct rows in the order in which they are simulated.
    kept, by_quarter : tuple of str
        Columns recorded at the last quarter, and every quarter.
    """

    def __init__(
        self, design: Design, scenarios: Sequence[Scenario], parameters: Posterior | None
    ) -> None:
        self.design = design
        # What a scenario says that it will show holds for it alone, not with other values.
        self.scenarios = [one.model_copy(update={"headline": []}) for one in scenarios]
        self.case = shared_case(self.scenarios, "design")
        self.given: str | Path | Posterior = parameters or design.drawn()
        self.posterior = self.case.draws(self.given)
        self.factors = resolve_factors(design, self.scenarios, self.case)
        self.sample = sample(design, self.factors)
        self.rows = _grouped(design, self.factors, self.sample)
        try:
            self.worlds = self._compile()
        except InputError:
            # A factor alone is easier to mend.
            check_inputs(design, self.scenarios, self.case, factors=self.factors)
            raise
        check_inputs(design, self.scenarios, self.case, alone=False, factors=self.factors)
        names = dict.fromkeys(
            column
            for world in self.worlds
            for outcome in INDICATORS.values()
            for column in columns(outcome, world.names)
        )
        headline = [name for name, one in INDICATORS.items() if one.headline]
        self.kept = _columns(names, design.outcomes or headline)
        self.by_quarter = _columns(names, design.by_quarter)

    def _compile(self) -> list[World]:
        """A world of every scenario and group of rows; a row that has none is told of.

        Where the world itself is drawn, a run may hold one that has no reference: all are tried.
        """
        worlds = []
        for scenario in self.scenarios:
            rows = max(1, _COMPILED // len(self._tried(scenario)))
            for group in self.rows.groups:
                for block in [group[at : at + rows] for at in range(0, len(group), rows)]:
                    try:
                        world = self._compiled(scenario, block)
                    except InputError as error:
                        self._refuse(scenario, block, error)
                worlds.append(world)
        return worlds

    def _refuse(self, scenario: Scenario, rows: range, error: InputError) -> NoReturn:
        """Say which of some rows cannot be run, with its values, and why."""
        row, own = self._refused(scenario, rows, error)
        place = self.sample.ids.index(self.rows.ids[row])
        values = ", ".join(
            f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in self.sample.row(place).items()
        )
        raise InputError(
            f"{self.design.where()}: row {place + 1} ({values}) cannot be run: {own}"
        ) from None

    def _tried(self, scenario: Scenario) -> range:
        """The runs that can differ in whether they have a world."""
        drawn = self.posterior is not None or draws_worlds(scenario)
        return range(self.design.runs if drawn else 1)

    def _compiled(self, scenario: Scenario, rows: range) -> World:
        world, _ = compile_plan(
            self.rows.applied(scenario, self.case, rows),
            self.case,
            self._tried(scenario),
            self.design.seed,
            self.posterior or "point",
            copies=len(rows),
        )
        return world

    def _refused(
        self, scenario: Scenario, rows: range, error: InputError
    ) -> tuple[int, InputError]:
        """The first row that cannot be compiled, found by halving, and why."""
        while len(rows) > 1:
            half = rows[: len(rows) // 2]
            try:
                self._compiled(scenario, half)
                rows = rows[len(rows) // 2 :]
            except InputError as own:
                rows, error = half, own
        try:
            self._compiled(scenario, rows)
        except InputError as own:
            error = own
        return rows.start, error

    @property
    def runs(self) -> int:
        """Runs of all rows and scenarios together."""
        return len(self.rows.ids) * self.design.runs * len(self.scenarios)

    def tasks(self, chunk: int) -> list[Task]:
        """The work, cut into tasks of at most `chunk` runs, but of one row at least."""
        width = max(1, chunk // self.design.runs)
        return [
            Task(place, 0, self.design.runs, first, min(width, group.stop - first))
            for place in range(len(self.scenarios))
            for group in self.rows.groups
            for first in range(group.start, group.stop, width)
        ]

    def design_table(self) -> pa.Table:
        """The rows in the order of the sample: place, row, and a column a factor."""
        table: dict[str, pa.Array] = {
            "place": pa.array(range(len(self.sample.ids)), pa.int64()),
            "row": pa.array(self.sample.ids),
        }
        for factor in self.factors:
            values = self.sample.values[factor.name]
            table[factor.name] = pa.array(values, _TYPES.get(factor.kind, pa.string()))
        return pa.table(table)

    def units_table(self) -> pa.Table:
        """The points of the unit cube that the rows came from: place, and a column a factor."""
        table = {"place": pa.array(range(len(self.sample.ids)), pa.int64())}
        for at, name in enumerate(self.sample.free):
            table[name] = pa.array(self.sample.units[:, at])
        return pa.table(table)

    def manifest(self, chunk: int) -> dict[str, Any]:
        """Everything needed to read the results years later, and to remake them."""
        outcomes = {column.split(".")[0] for column in self.by_quarter}
        described = describe_outcomes(outcomes)
        kept = {column.split(".")[0] for column in self.kept}
        return {
            "format": store.SWEEP_FORMAT,
            "command": self._command(),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": self.design.seed,
            "runs": self.design.runs,
            "rows": len(self.sample.ids),
            "distinct_rows": len(self.rows.ids),
            "chunk": chunk,
            **describe_software(),
            "case": describe_case(self.case, self.worlds),
            "parameters": describe_parameters(self.given, self.posterior, 1),
            "scenarios": [describe_scenario(one) for one in self.scenarios],
            "outcomes": [one for one in described if one["name"] in kept | outcomes],
            "columns": list(self.kept),
            "columns_by_quarter": list(self.by_quarter),
            "design": self.design.resolved(),
            "design_hash": self.design.hash,
            "factors": [one.described() for one in self.factors],
        }

    def _command(self) -> str:
        size = SIZES.get(self.design.mode)
        words = ["multivector", "sweep", self.design.given, "--runs", str(self.design.runs)]
        words += ["--seed", str(self.design.seed), "--mode", self.design.mode]
        if size is not None and size != "file":
            words += ["--rows", str(getattr(self.design, size))]
        return shlex.join(words)


def plan_sweep(
    design: str | Path | Design,
    *,
    rows: int | None = None,
    runs: int | None = None,
    seed: int | None = None,
    mode: str | None = None,
    scenarios: Sequence[Scenario] | None = None,
    parameters: Posterior | None = None,
) -> PlannedSweep:
    """Hold a design against its scenarios and make its rows; arguments and errors as in `sweep`."""
    own = design if isinstance(design, Design) else load_design(design)
    changes: dict[str, Any] = {"runs": runs, "seed": seed, "mode": mode}
    own = changed_design(own, {key: one for key, one in changes.items() if one is not None}, rows)
    if own.runs > MOST_RUNS_A_ROW:
        raise InputError(
            f"{own.where('runs')}: runs: found {own.runs}; allowed: {MOST_RUNS_A_ROW} a row at "
            "most; for more runs of few settings make a batch of scenarios"
        )
    return PlannedSweep(own, load_scenarios(own) if scenarios is None else scenarios, parameters)


def _columns(names: dict[str, None], wanted: Sequence[str]) -> tuple[str, ...]:
    """Columns of outcomes or columns, in the order of all; unknown names were refused before."""
    return tuple(name for name in names if name in wanted or name.split(".")[0] in wanted)


def _grouped(design: Design, factors: Sequence[VariedFactor], drawn: Sample) -> Rows:
    """The distinct rows, those that share a compilation after one another."""
    alone = [factor.name for factor in factors if not factor.by_run]
    groups: dict[tuple[Value, ...], list[int]] = {}
    for place in drawn.distinct():
        key = tuple(drawn.values[name][place] for name in alone)
        groups.setdefault(key, []).append(place)
    order = [place for group in groups.values() for place in group]
    ends = [0]
    for group in groups.values():
        ends.append(ends[-1] + len(group))
    return Rows(
        ids=[drawn.ids[place] for place in order],
        values={one.path: [drawn.values[one.name][place] for place in order] for one in factors},
        by_run=frozenset(one.path for one in factors if one.by_run),
        constants=dict(design.constants),
        groups=[range(a, b) for a, b in pairwise(ends)],
    )
