"""A batch: scenarios, many runs of each, recorded in a results folder."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.case import Case, Posterior, write_posterior
from sim.case.build import base_year
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.core.plan import Plan
from sim.core.world import World
from sim.experiment import store
from sim.experiment.describe import (
    describe_case,
    describe_outcomes,
    describe_parameters,
    describe_scenario,
    describe_software,
)
from sim.experiment.engines import engine
from sim.experiment.ensemble import run_ensemble
from sim.experiment.observables import Observable, recorded_observables
from sim.experiment.record import OBSERVED_RUNS
from sim.experiment.request import at_least, refuse_in_worker, shared_case
from sim.experiment.result import Result
from sim.experiment.statistics import quarter_statistics
from sim.experiment.workers import Recorder, Task
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.problems import nearest
from sim.scenario.schema import MOST_RUNS


@dataclass(frozen=True)
class _Entry:
    """A scenario of the batch, ready to run."""

    name: str
    given: str  # as the user wrote it
    scenario: Scenario
    world: World
    plan: Plan
    observed: tuple[Observable, ...]


def batch(
    scenarios: str | Path | Scenario | Sequence[str | Path | Scenario],
    runs: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    jobs: int | None = None,
    trajectories: str | Iterable[str] = "headline",
    progress: bool = False,
    chunk: int = 512,
    overwrite: bool = False,
    resume: bool = False,
    parameters: str | Path | Posterior = "posterior",
    replicates: int = 1,
    cluster: str | None = None,
) -> Result:
    """Run scenarios many times over and record the outcomes in a folder.

    Run i has the same draws in every scenario, so scenarios are compared run by run; and the same
    outcomes whatever `runs`, `jobs` and `chunk`.

    Parameters
    ----------
    scenarios : name, path or Scenario, or several
        All of one case and base quarter.
    runs : int, optional
        Runs of each scenario; default: what the scenarios say.
    seed : int, optional
        Root seed, 0 or more; default: what the scenarios say.
    out : path, optional
        Results folder; default: ``results/<names>-<runs>``. It must not exist or be empty,
        unless `overwrite` or `resume` is set.
    jobs : int, optional
        Worker processes; default: this process does the work. With more than 1, a script must
        call this below ``if __name__ == "__main__":``.
    trajectories : "headline", "none", "all", or outcome names
        Outcomes recorded every quarter; all are recorded at the last quarter in any case.
    progress : bool
        Show runs done, rate, time left and failures on standard error.
    chunk : int
        Runs simulated together.
    overwrite : bool
        Replace the results that `out` holds.
    resume : bool
        Go on with what an interrupted call with the same arguments left in `out`, to the result
        that an undisturbed one gives; begin if there is nothing. Chunks that failed are tried
        again.
    parameters : "posterior", "point", path of a ``.parquet`` file, or Posterior
        Draws of the parameters, on top of which a scenario sets its own: the case's posterior, or
        the centres if it has none; the centres; or draws from elsewhere.
    replicates : int
        Consecutive runs that share a draw: run i takes draw i // `replicates`, from the first draw
        again when they are used up. With 2 or more, `sim.analysis.spread` tells apart what the
        draws and what chance contribute to an outcome.
    cluster : str, optional
        Address of the scheduler of a Dask cluster whose workers are to do the work.

    Returns
    -------
    Result
        Its status is ``incomplete`` if some runs failed, of which a warning tells as well.

    Raises
    ------
    InputError
        If an argument or a file cannot be used; nothing is written then.
    EnsembleInterrupted
        On Ctrl-C; finished runs are kept.
    """
    refuse_in_worker("sim.batch")
    if jobs is not None:
        at_least("jobs", jobs, 1)
    at_least("chunk", chunk, 1)
    kept = kept_outcomes(trajectories)
    if isinstance(scenarios, str | Path | Scenario):
        scenarios = [scenarios]
    if not scenarios:
        raise InputError("a batch needs at least one scenario")
    loaded = [entry if isinstance(entry, Scenario) else load_scenario(entry) for entry in scenarios]
    runs = at_least("runs", _agreed("runs", runs, loaded), 1)
    if runs > MOST_RUNS:
        raise InputError(f"runs: found {runs}; allowed: {MOST_RUNS:,} or fewer")
    seed = at_least("seed", _agreed("seed", seed, loaded), 0)
    chunks = [range(first, min(first + chunk, runs)) for first in range(0, runs, chunk)]
    replicates = at_least("replicates", replicates, 1)
    case = shared_case(loaded, "batch")
    posterior = case.draws(parameters)
    entries = _prepare(scenarios, loaded, case, seed, chunks, posterior, replicates)
    names = [entry.name for entry in entries]
    folder = Path(out) if out is not None else Path("results", _folder_name(names, runs))

    drawn = describe_parameters(parameters, posterior, replicates)
    worker = Recorder(
        folder.absolute(),
        case,
        tuple((entry.name, entry.scenario) for entry in entries),
        seed,
        kept,
        posterior,
        replicates,
    )

    def begin() -> None:
        if posterior is not None and parameters != "posterior":
            with store.atomic(folder / "parameters.parquet") as path:
                write_posterior(path, posterior)

    def finish() -> None:
        lengths = [(entry.name, entry.plan.quarters) for entry in entries]
        statistics = quarter_statistics(folder, lengths)
        if statistics is not None:
            store.write_table(folder / "quarters.parquet", statistics)

    run_ensemble(
        folder,
        _manifest(case, entries, runs, seed, chunk, kept, drawn),
        worker,
        [
            Task(place, numbers.start, len(numbers))
            for place in range(len(entries))
            for numbers in chunks
        ],
        engine(jobs, cluster),
        tables=store.TABLES,
        begin=begin,
        finish=finish,
        progress=progress,
        overwrite=overwrite,
        resume=resume,
    )
    return Result(folder)


# Checking what was asked for


def kept_outcomes(trajectories: str | Iterable[str]) -> tuple[str, ...]:
    """Names of the outcomes to record every quarter, in the order of `INDICATORS`.

    Raises
    ------
    InputError
        If a name is no outcome.
    """
    if isinstance(trajectories, str):
        if trajectories == "none":
            return ()
        if trajectories == "all":
            return tuple(INDICATORS)
        if trajectories == "headline":
            return tuple(name for name, one in INDICATORS.items() if one.headline)
        trajectories = [trajectories]
    wanted = list(trajectories)
    for name in wanted:
        if name not in INDICATORS:
            raise InputError(f"there is no outcome {name!r}{nearest(name, INDICATORS)}")
    return tuple(name for name in INDICATORS if name in wanted)


def _agreed(name: str, given: int | None, scenarios: Sequence[Scenario]) -> int:
    """What was given, else what all scenarios say."""
    if given is not None:
        return given
    said = {scenario.name: getattr(scenario, name) for scenario in scenarios}
    if len(set(said.values())) > 1:
        listed = ", ".join(f"{scenario} {value}" for scenario, value in said.items())
        raise InputError(f"the scenarios differ in {name} ({listed}); say which to use")
    return int(next(iter(said.values())))


def _prepare(
    given: Sequence[str | Path | Scenario],
    scenarios: Sequence[Scenario],
    case: Case,
    seed: int,
    chunks: Sequence[range],
    posterior: Posterior | None,
    replicates: int,
) -> list[_Entry]:
    """Compile every scenario, so that errors show before anything runs.

    Where the world itself is drawn, a run may hold one that has no reference: all are tried.
    """
    parameters = posterior or "point"
    worlds = 0 if posterior is None else posterior.draws * replicates  # runs before they repeat
    entries = []
    for scenario, written in zip(scenarios, given, strict=True):
        world, plan = compile_plan(scenario, case, range(2), seed, parameters, replicates)
        for numbers in chunks:
            if draws_worlds(scenario) or numbers.start < worlds:
                compile_plan(scenario, case, numbers, seed, parameters, replicates)
        text = scenario.name if isinstance(written, Scenario) else str(written)
        observed = recorded_observables(case, world.names)
        entries.append(_Entry(scenario.name, text, scenario, world, plan, observed))
    first, base = entries[0], entries[0].world.base
    for entry in entries:
        if entry.world.base != base:
            raise InputError(
                f"the scenarios of a batch share a base quarter: {first.name} has "
                f"{quarters.name(base)}, {entry.name} has {quarters.name(entry.world.base)}"
            )
    return entries


def draws_worlds(scenario: Scenario) -> bool:
    """Does a parameter or an attribute of the scenario differ from run to run."""
    values = [*scenario.parameters.values(), *(one.setting[1] for one in scenario.attribute)]
    return any(not isinstance(value, float) for value in values)


def _folder_name(names: Sequence[str], runs: int) -> str:
    shown = names if len(names) <= 3 else (names[0], "and", str(len(names) - 1), "more")
    return "-".join((*shown, str(runs)))


# The manifest


def _manifest(
    case: Case,
    entries: Sequence[_Entry],
    runs: int,
    seed: int,
    chunk: int,
    kept: Sequence[str],
    parameters: dict[str, Any],
) -> dict[str, Any]:
    """Everything needed to read the results years later, and to remake them."""
    command = ["multivector", "batch", *(entry.given for entry in entries)]
    command += ["-n", str(runs), "--seed", str(seed)]
    if kept != kept_outcomes("headline"):
        command += ["--trajectories", ",".join(kept) or "none"]
    if parameters["given"] != "posterior":
        command += ["--parameters", parameters["given"]]
    if parameters["replicates"] > 1:
        command += ["--replicates", str(parameters["replicates"])]
    return {
        "format": store.FORMAT,
        "command": shlex.join(command),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "runs": runs,
        "chunk": chunk,
        **describe_software(),
        "case": describe_case(case, [entry.world for entry in entries]),
        "parameters": parameters,
        "scenarios": [describe_scenario(entry.scenario) for entry in entries],
        "outcomes": describe_outcomes(kept),
        "observables": {
            "first_runs": OBSERVED_RUNS,
            "base_year": base_year(entries[0].world.base),
            "columns": [
                asdict(one) for one in dict.fromkeys(o for e in entries for o in e.observed)
            ],
        },
    }
