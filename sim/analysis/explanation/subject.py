"""What is to be explained: a stored batch or a scenario, with the runs that are made once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.explanation.decompose import Course
from sim.case import Case, Posterior, load_case, read_posterior
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, columns
from sim.core.plan import Plan
from sim.core.simulate import FEWEST_RUNS, Simulation, simulate
from sim.core.world import Array, World
from sim.experiment.reading import check_scenario
from sim.experiment.request import at_least
from sim.experiment.result import Result, load_batch
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.load import validated
from sim.scenario.problems import nearest
from sim.scenario.schema import MOST_RUNS, Origin

USUAL_RUNS = 500
_HELD = ("position", "output")  # of a stored result, against what the model gives now
_ROUNDED = 1e-6  # results are kept in single precision
_CHUNK = 250


@dataclass(frozen=True)
class Chunk:
    """Runs that are simulated together."""

    numbers: range
    runs: int  # of them count, from the first


@dataclass(frozen=True)
class Subject:
    """A scenario and how its runs are made."""

    scenario: Scenario
    other: Scenario | None  # what it is compared with
    case: Case
    seed: int
    run: int | None
    runs: int
    parameters: str | Posterior
    replicates: int

    def chunks(self) -> list[Chunk]:
        """All runs, in chunks of two or more."""
        numbers = range(self.runs) if self.run is None else range(self.run, self.run + 1)
        found = []
        for first in range(numbers.start, numbers.stop, _CHUNK):
            runs = min(_CHUNK, numbers.stop - first)
            found.append(Chunk(range(first, first + max(runs, FEWEST_RUNS)), runs))
        return found

    def compiled(self, scenario: Scenario, numbers: range) -> tuple[World, Plan]:
        """World and plan of a scenario for some runs."""
        return compile_plan(
            scenario, self.case, numbers, self.seed, self.parameters, self.replicates
        )

    def course(self, scenario: Scenario, chunk: Chunk, country: str) -> Course:
        """A scenario in some runs, before its first quarter.

        Raises
        ------
        InputError
            If the country is not simulated in it.
        """
        world, plan = self.compiled(scenario, chunk.numbers)
        known = world.names.countries
        if country not in known:
            raise InputError(
                f"country: found {country!r}{nearest(country, known)}; {scenario.name} simulates "
                f"{', '.join(known)}"
            )
        numbers = chunk.numbers
        place = known.index(country)
        simulation = Simulation(world, plan, self.seed, numbers.start, len(numbers))
        return Course(simulation, place)


def subject_of(
    what: str | Path | Scenario | Result,
    against: str | Path | Scenario | None,
    run: int | None,
    runs: int | None,
    seed: int | None,
    parameters: str | Path | Posterior | None,
) -> Subject:
    """Find what is to be explained.

    Parameters
    ----------
    what : path of a results folder, ``FOLDER:SCENARIO``, Result, or name, path or Scenario
    against, run, runs, seed, parameters : see `sim.analysis.explanation.explain`

    Raises
    ------
    InputError
        If something cannot be used, or the two scenarios are of different cases.
    """
    stored = _stored(what)
    if stored is not None:
        subject = _of_result(*stored, against, run, runs, seed, parameters)
    else:
        subject = _of_scenario(what, against, run, runs, seed, parameters)  # type: ignore[arg-type]
    other = subject.other
    if other is not None and other.case != subject.scenario.case:
        raise InputError(
            f"{other.name} is about the case {other.case}, {subject.scenario.name} about "
            f"{subject.scenario.case}; scenarios of one case can be compared"
        )
    return subject


def _stored(what: Any) -> tuple[Result, str | None] | None:
    """A stored batch and the scenario meant, if one is."""
    if isinstance(what, Result):
        return what, None
    if isinstance(what, Scenario):
        return None
    folder, colon, name = str(what).rpartition(":")
    if Path(what).is_dir():
        return load_batch(what), None
    if colon and Path(folder).is_dir():
        found = load_batch(folder)
        check_scenario(found.folder, name, found.scenarios)
        return found, name
    return None


def _of_result(
    result: Result,
    name: str | None,
    against: str | Path | Scenario | None,
    run: int | None,
    runs: int | None,
    seed: int | None,
    parameters: str | Path | Posterior | None,
) -> Subject:
    manifest = result.manifest
    for option, value in (("seed", seed), ("parameters", parameters)):
        if value is not None:
            raise InputError(
                f"{option}: a stored result has its own; leave it out, or explain the scenario"
            )
    if "resolved" not in manifest["scenarios"][0]:
        raise InputError(
            f"{result.folder / 'manifest.json'}: lacks the scenarios in full, without which runs "
            "cannot be made anew; it was changed or cut short"
        )
    held = {
        one["name"]: validated(one["resolved"], Origin(one["name"]))
        for one in manifest["scenarios"]
    }
    if name is None:
        left = [one for one in held if one != against] or list(held)
        if len(left) > 1:
            raise InputError(
                f"{result.folder}: holds {', '.join(held)}; say which is to be explained, as "
                f"{result.folder}:{left[0]}"
            )
        name = left[0]
    most = int(manifest["runs"])
    if run is not None and not 0 <= run < most:
        raise InputError(f"run: found {run}; {result.folder} has runs 0 to {most - 1}")
    runs = most if runs is None else at_least("runs", runs, 1)
    if runs > most:
        raise InputError(f"runs: found {runs}; {result.folder} has {most}")
    case = load_case(held[name].case)
    if case.hash() != manifest["case"]["hash"]:
        raise InputError(
            f"{result.folder}: the files of the case {case.name} have changed since, so its runs "
            f"cannot be made once more; explain the scenario instead: {name}"
        )
    given = str(manifest["parameters"]["given"])
    drawn: str | Posterior = given
    if given not in ("posterior", "point"):
        drawn = read_posterior(result.folder / "parameters.parquet")
    other = held.get(against) if isinstance(against, str) else None
    if against is not None and other is None:
        other = _loaded(against)
    subject = Subject(
        scenario=held[name],
        other=other,
        case=case,
        seed=int(manifest["seed"]),
        run=run,
        runs=runs,
        parameters=drawn,
        replicates=int(manifest["parameters"]["replicates"]),
    )
    _check_stored(result, subject)
    return subject


def _check_stored(result: Result, subject: Subject) -> None:
    """Refuse a result that the model, as it is now, does not give: it was made by another."""
    recorded = result.runs(list(_HELD))
    recorded = recorded[recorded["scenario"] == subject.scenario.name].head(1)
    if recorded.empty:
        return
    run = int(recorded["run"].iloc[0])
    world, plan = subject.compiled(subject.scenario, range(run, run + FEWEST_RUNS))
    *_, last = simulate(world, plan, subject.seed, run, FEWEST_RUNS)
    for outcome in _HELD:
        kept = recorded[columns(INDICATORS[outcome], world.names)].to_numpy()[0]
        if not np.allclose(last.measure(outcome)[..., 0].ravel(), kept, atol=_ROUNDED, rtol=0.0):
            raise InputError(
                f"{result.folder}: run {run} comes out with another {outcome} now than is stored; "
                f"it was made by multivector {result.manifest['versions']['multivector']}, and the "
                "model has changed since. Make it again, or explain the scenario instead: "
                f"{subject.scenario.name}"
            )


def _of_scenario(
    what: str | Path | Scenario,
    against: str | Path | Scenario | None,
    run: int | None,
    runs: int | None,
    seed: int | None,
    parameters: str | Path | Posterior | None,
) -> Subject:
    scenario = _loaded(what)
    if run is not None and not 0 <= run < MOST_RUNS:
        raise InputError(f"run: found {run}; allowed: 0 to {MOST_RUNS - 1:,}")
    runs = USUAL_RUNS if runs is None else at_least("runs", runs, 1)
    if runs > MOST_RUNS:
        raise InputError(f"runs: found {runs}; allowed: {MOST_RUNS:,} or fewer")
    case = load_case(scenario.case)
    drawn = case.draws("posterior" if parameters is None else parameters)
    return Subject(
        scenario=scenario,
        other=None if against is None else _loaded(against),
        case=case,
        seed=scenario.seed if seed is None else at_least("seed", seed, 0),
        run=run,
        runs=runs,
        parameters=drawn or "point",
        replicates=1,
    )


def _loaded(what: str | Path | Scenario) -> Scenario:
    return what if isinstance(what, Scenario) else load_scenario(what)


def quarter_number(name: str, quarter: str | int, first: int, last: int, whose: str) -> int:
    """The number of a quarter that lies in a horizon.

    Raises
    ------
    InputError
        If it does not, or is no quarter.
    """
    number = quarters.parse(quarter) if isinstance(quarter, str) else quarter
    if not first <= number <= last:
        raise InputError(
            f"{name}: found {quarters.name(number)}; {whose} goes from {quarters.name(first)} to "
            f"{quarters.name(last)}"
        )
    return number


def check_alike(course: Course, other: Course, names: Sequence[str]) -> None:
    """Refuse courses whose powers or channels differ.

    Raises
    ------
    InputError
        With what differs.
    """
    for axis in ("powers", "channels"):
        codes = [getattr(one.names, axis) for one in (course, other)]
        if codes[0] != codes[1]:
            raise InputError(
                f"{names[0]} and {names[1]} differ in {axis} ({', '.join(codes[0])}; "
                f"{', '.join(codes[1])}), so their changes cannot be split run by run"
            )


def mean_of(values: Array, runs: int) -> float:
    """Mean over the first runs, of which an array of one value is about each."""
    return float(np.broadcast_to(values, (*values.shape[:-1], max(runs, values.shape[-1])))[
        ..., :runs
    ].mean())  # fmt: skip
