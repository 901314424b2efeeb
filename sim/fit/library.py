"""Simulated moments of many parameter vectors: made by worker processes, kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, is_dataclass, replace
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sim.core.errors import InputError
from sim.core.plan import Plan
from sim.core.reference import reference
from sim.core.simulate import FEWEST_RUNS
from sim.core.streams import Streams
from sim.core.world import Array, Flags, World
from sim.experiment.engines import Engine
from sim.experiment.observables import Observable, base_values, yearly
from sim.experiment.store import atomic
from sim.experiment.workers import Failure, Stopped, Task, Worker
from sim.fit.prior import Prior
from sim.fit.targets import Target, Years, moments

CHUNK = 512  # vectors simulated together


def with_parameters(world: World, names: Sequence[str], vectors: Array) -> World:
    """A world in which run i has parameter vector i.

    Parameters
    ----------
    world : World
    names : sequence of str
        Parameters.
    vectors : array (run, parameter)
    """
    columns = {name: np.ascontiguousarray(vectors[:, j]) for j, name in enumerate(names)}
    return replace(world, parameters=replace(world.parameters, **columns))


def consistent(world: World, names: Sequence[str], vectors: Array) -> Flags:
    """Vectors with which every country's own ideal stays on the scale, (vector,)."""
    found = np.empty(len(vectors), dtype=bool)
    for start in range(0, len(vectors), CHUNK):
        some = slice(start, start + CHUNK)
        ideal = reference(with_parameters(world, names, vectors[some]), strict=False).own_ideal
        found[some] = np.broadcast_to(np.abs(ideal) <= 1.0, (len(ideal), len(vectors[some]))).all(
            axis=0
        )
    return found


@dataclass(frozen=True)
class Simulator:
    """Simulates the moments of parameter vectors, one run each.

    Attributes
    ----------
    world, plan : World, Plan
        At the centre of the parameters, runs axes of length 1.
    wanted : tuple of Observable
        What the targets are measured on.
    targets : tuple of Target
    names : tuple of str
        Parameters of a vector, in order.
    others : Prior or None
        Parameters that each run draws from their priors.
    seed : int
    """

    world: World
    plan: Plan
    wanted: tuple[Observable, ...]
    targets: tuple[Target, ...]
    names: tuple[str, ...]
    others: Prior | None
    seed: int

    def years(self, names: Sequence[str], vectors: Array, first: int) -> Years:
        """Yearly observables of vectors, the base year before the simulated ones."""
        world = with_parameters(self.world, names, vectors)
        years, values = yearly(world, self.plan, self.wanted, self.seed, first, len(vectors))
        base = np.broadcast_to(
            base_values(world, self.plan, self.wanted), (len(self.wanted), len(vectors))
        )
        return Years(
            names=tuple(one.name for one in self.wanted),
            years=(years[0] - 1, *years),
            values=np.concatenate([base[:, None], values], axis=1),
        )

    def __call__(self, vectors: Array, first: int) -> Array:
        """Moments as they would be observed, errors of observation included.

        Parameters
        ----------
        vectors : array (vector, parameter)
        first : int
            Number of the first vector: vector i is run ``first + i``.

        Returns
        -------
        array (vector, target)
            NaN in all moments of a vector without a consistent reference.
        """
        if len(vectors) < FEWEST_RUNS:
            return self(np.repeat(vectors, FEWEST_RUNS, axis=0), first)[: len(vectors)]
        streams = Streams(self.seed)
        names = self.names
        if self.others is not None:
            size = (len(self.others),)
            cube = streams.uniform("parameters not fitted", 0, first, len(vectors), size)
            vectors = np.hstack([vectors, self.others.values(cube.T)])
            names = names + self.others.names
        usable = consistent(self.world, names, vectors)
        centre = np.array([getattr(self.world.parameters, name)[0] for name in names])
        vectors = np.where(usable[:, None], vectors, centre)
        found = moments(self.targets, self.years(names, vectors, first))
        noise = streams.normal(
            "observation of moments", 0, first, len(vectors), (len(self.targets),)
        )
        found = found + noise.T * np.array([target.error for target in self.targets])
        return np.where(usable[:, None], found, np.nan)

    def fingerprint(self) -> str:
        """Tells whether stored moments were made by an equal simulator."""
        digest = hashlib.sha256()
        for part in _parts(self):
            digest.update(part)
        return digest.hexdigest()


def _parts(thing: object) -> Iterator[bytes]:
    """All that an object is made of, arrays in full."""
    if isinstance(thing, np.ndarray):
        yield f"{thing.dtype}{thing.shape}".encode()
        yield np.ascontiguousarray(thing).tobytes()
    elif is_dataclass(thing):
        for one in fields(thing):
            yield one.name.encode()
            yield from _parts(getattr(thing, one.name))
    elif isinstance(thing, Mapping):
        for key in sorted(thing):
            yield repr(key).encode()
            yield from _parts(thing[key])
    elif isinstance(thing, tuple | list):
        for one in thing:
            yield from _parts(one)
    else:
        yield repr(thing).encode()


@dataclass(frozen=True)
class _Worker(Worker):
    simulator: Simulator
    vectors: Array
    folder: Path
    wave: int
    first: int  # run number of the wave's first vector

    def make(self, task: Task, stop: Event | None = None) -> Array:
        """Simulate a chunk's moments."""
        start = task.first_run - self.first
        return self.simulator(self.vectors[start : start + task.runs], task.first_run)

    def keep(self, task: Task, made: Array) -> None:
        """Write a chunk's moments."""
        path = _chunk(self.folder, self.wave, task)
        with atomic(path) as temporary, temporary.open("wb") as file:
            np.save(file, made)

    def label(self, task: Task) -> str:
        """Name a chunk: its wave and runs."""
        return f"wave {self.wave}, runs {task.first_run} to {task.first_run + task.runs - 1}"


def _chunk(folder: Path, wave: int, task: Task) -> Path:
    return folder / f"{wave}-{task.first_run:09d}.npy"


def simulate_moments(
    simulator: Simulator,
    vectors: Array,
    folder: Path,
    wave: int,
    first: int,
    engine: Engine,
    progress: bool = False,
) -> Array:
    """Moments of parameter vectors; chunks that stand in the folder are not made again.

    Parameters
    ----------
    simulator : Simulator
    vectors : array (vector, parameter)
    folder : Path
        Where the chunks are kept.
    wave : int
        Number of the wave, in the names of the files.
    first : int
        Run number of the first vector.
    engine : Engine
        What simulates them; the moments are the same with any.
    progress : bool
        Show rate and time left on standard error.

    Returns
    -------
    array (vector, target)

    Raises
    ------
    InputError
        If the folder holds moments of another fit.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _same_fit(folder, wave, simulator, vectors)
    tasks = [
        Task(0, first + start, min(CHUNK, len(vectors) - start))
        for start in range(0, len(vectors), CHUNK)
    ]
    missing = [task for task in tasks if not _chunk(folder, wave, task).exists()]
    worker = _Worker(simulator, vectors, folder.absolute(), wave, first)
    with (
        tqdm(
            total=len(vectors),
            initial=len(vectors) - sum(task.runs for task in missing),
            unit=" runs",
            desc=f"wave {wave}",
            disable=not progress,
            leave=False,
        ) as bar,
        closing(engine.work(worker, missing)) as done,
    ):
        for task, failure in _until_stopped(done, folder):
            if failure is not None:
                raise InputError(
                    f"the fit stopped at run {task.first_run}: {failure.error}; what is finished "
                    f"stays in {folder}"
                )
            bar.update(task.runs)
    return np.concatenate([np.load(_chunk(folder, wave, task)) for task in tasks])


def _until_stopped(
    done: Iterator[tuple[Task, Failure | None]], folder: Path
) -> Iterator[tuple[Task, Failure | None]]:
    """What is done; if it is stopped, a message that says what is kept."""
    try:
        yield from done
    except Stopped as error:
        raise Stopped(
            f"{error}; what is simulated is kept in {folder}, the same command goes on"
        ) from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted; what is simulated is kept in {folder}, the same command goes on"
        ) from None


def _same_fit(folder: Path, wave: int, simulator: Simulator, vectors: Array) -> None:
    """Refuse to mix the chunks of two fits."""
    mark = {
        "simulator": simulator.fingerprint(),
        "vectors": hashlib.sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest(),
    }
    path = folder / f"{wave}-fit.json"
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != mark:
        raise InputError(
            f"{folder}: holds the simulations of another fit (other data, parameters, seed or "
            "size); choose another folder with --out, or begin anew with --overwrite"
        )
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(mark), encoding="utf-8")
