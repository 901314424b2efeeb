"""Tasks, the workers that do them, and this machine as an engine: one process or several.

A worker makes what is to be kept of a task and keeps it. Whatever goes wrong in one task, the
others go on; and what is kept does not depend on who did it.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
import traceback
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from sim.case import Case, Posterior
from sim.core.errors import InputError
from sim.core.simulate import FEWEST_RUNS
from sim.experiment import store
from sim.experiment.interrupt import WAIT, held_back
from sim.experiment.observables import recorded_observables
from sim.experiment.record import Interrupted, record
from sim.scenario import Scenario, compile_plan

_GIVE_UP = 3  # processes killed in a row after which no more are started
_AHEAD = 2  # tasks handed out for each process, so that none waits and memory stays flat
_FULL = (errno.ENOSPC, errno.EDQUOT)
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Task:
    """Consecutive rows of a design by consecutive runs of one scenario: the unit of work."""

    scenario: int  # place among the worker's scenarios
    first_run: int
    runs: int
    first_row: int = 0  # a batch has one row only
    rows: int = 1

    @property
    def key(self) -> str:
        """Name of the task's parts; sorts by scenario, then by row, then by run."""
        return f"{self.scenario:03d}-{self.first_row:09d}-{self.first_run:012d}"


@dataclass(frozen=True)
class Failure:
    """Why a task left nothing behind."""

    error: str
    trace: str

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """What an exception says, which is being handled."""
        text = str(error) or "no message"
        return cls(f"{type(error).__name__}: {text}", traceback.format_exc())


class Stopped(InputError):
    """Work that cannot go on; what was kept stays."""


class DiskFull(Stopped):
    """There is no space left to keep anything."""


class Worker(ABC):
    """Does tasks: makes what is to be kept, perhaps on another machine, and keeps it."""

    @abstractmethod
    def make(self, task: Task, stop: Event | None = None) -> Any:
        """Make what is to be kept of a task, something that pickles; `stop` tells when to give up.

        It writes nothing and depends on nothing but the worker and the task.
        """

    @abstractmethod
    def keep(self, task: Task, made: Any) -> None:
        """Write what was made, atomically; the last file written marks the task as finished.

        Of a dictionary of tables, those made on a cluster come encoded (`store.encode`).
        """

    @abstractmethod
    def label(self, task: Task) -> str:
        """Name a task in messages."""

    def try_make(self, task: Task, stop: Event | None = None) -> Any:
        """Make; what goes wrong is an answer, a `Failure`, so that the others go on."""
        try:
            return self.make(task, stop)
        except Interrupted:
            raise
        except Exception as error:
            return Failure.of(error)

    def try_keep(self, task: Task, made: Any) -> Failure | None:
        """Keep; what goes wrong is an answer, unless it would go wrong for all that follows.

        Raises
        ------
        DiskFull
            If there is no space left, or no more is granted.
        """
        try:
            self.keep(task, made)
        except OSError as error:
            if error.errno in _FULL:
                raise DiskFull(
                    f"{self.label(task)}: cannot be written ({os.strerror(error.errno)})"
                ) from error
            return Failure.of(error)
        except Exception as error:
            return Failure.of(error)
        return None

    def attempt(self, task: Task, stop: Event | None = None) -> Failure | None:
        """Do a task: make and keep; what goes wrong in it alone is an answer."""
        made = self.try_make(task, stop)
        return made if isinstance(made, Failure) else self.try_keep(task, made)


@dataclass(frozen=True)
class Recorder(Worker):
    """Does the tasks of a batch: compiles, simulates, records and writes the parts."""

    folder: Path
    case: Case
    scenarios: tuple[tuple[str, Scenario], ...]  # name and content
    seed: int
    kept: tuple[str, ...]
    posterior: Posterior | None = None  # draws of the parameters; none: the centres
    replicates: int = 1

    def make(self, task: Task, stop: Event | None = None) -> dict[str, pa.Table]:
        """Compile, simulate and record the runs of a task: tables by name."""
        name, scenario = self.scenarios[task.scenario]
        simulated = max(task.runs, FEWEST_RUNS)
        numbers = range(task.first_run, task.first_run + simulated)
        world, plan = compile_plan(
            scenario, self.case, numbers, self.seed, self.posterior or "point", self.replicates
        )
        recording = record(
            world,
            plan,
            scenario=name,
            seed=self.seed,
            first_run=task.first_run,
            runs=task.runs,
            simulated=simulated,
            kept=self.kept,
            observed=recorded_observables(self.case, world.names),
            stopped=stop.is_set if stop is not None else lambda: False,
        )
        tables = {table: getattr(recording, table) for table in store.TABLES}
        return {table: content for table, content in tables.items() if content is not None}

    def keep(self, task: Task, made: dict[str, pa.Table]) -> None:
        """Write the parts; that of the table `runs` last, which marks the task as finished."""
        for table in store.TABLES:
            if table in made:
                store.write_part(self.folder, table, task.key, made[table])

    def label(self, task: Task) -> str:
        """Name a task: its scenario and runs."""
        name, _ = self.scenarios[task.scenario]
        return f"{name}, runs {task.first_run} to {task.first_run + task.runs - 1}"


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Local:
    """This machine: the process itself if `jobs` is 1, else as many processes, which also keep.

    Raises
    ------
    InputError
        If `jobs` is below 1, or so large that starting the processes would choke the machine: each
        takes some hundred megabytes, and more than a few a core do not get more done.
    """

    jobs: int

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise InputError(f"jobs: found {self.jobs}; allowed: 1 or more")
        most = max(64, 4 * cores())
        if os.name == "nt":
            most = 61  # Windows waits for no more processes at once
        if self.jobs > most:
            raise InputError(
                f"jobs: found {self.jobs}; allowed: {most} or fewer on this machine, of which this "
                f"process may use {cores()} cores; more processes than cores only take memory"
            )

    def work(self, worker: Worker, tasks: Sequence[Task]) -> Generator[tuple[Task, Failure | None]]:
        """Do tasks.

        Yields
        ------
        (Task, Failure or None)
            As they are done, in any order. Closing the iterator stops what is still running.

        Raises
        ------
        DiskFull
            If nothing more can be kept.
        """
        if self.jobs == 1 or not tasks:
            with threadpool_limits(1):
                for task in tasks:
                    yield task, worker.attempt(task)
            return
        # A process that is killed takes the pool with it. The tasks that it may have been at are
        # done one by one, so that one that needs too much memory fails without the others.
        waiting, suspects = deque(tasks), deque[Task]()
        killed = 0
        while (waiting or suspects) and killed < _GIVE_UP:
            queue, jobs, ahead = (suspects, 1, 1) if suspects else (waiting, self.jobs, _AHEAD)
            before = len(queue)
            with held_back() as check_interrupt:
                lost = yield from _pool(worker, queue, jobs, ahead * jobs, check_interrupt)
            if before > len(queue) + len(lost):
                killed = 0
            if queue is waiting:
                suspects.extend(lost)
                continue
            killed += len(lost)
            for task in lost:
                yield task, _KILLED
        for task in (*suspects, *waiting):
            yield task, _KILLED


_KILLED = Failure("its process ended before it was done (too little memory?)", "")


def _pool(
    worker: Worker,
    waiting: deque[Task],
    jobs: int,
    ahead: int,
    check_interrupt: Callable[[], None],
) -> Generator[tuple[Task, Failure | None], None, list[Task]]:
    """Do tasks in a pool, until all are done or a killed process breaks it.

    Takes from `waiting` what it hands out, `ahead` at once; returns what was handed out and is not
    done.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    # A file, because handing a new process more than a pipe holds waits for ever if it dies early.
    handle, name = tempfile.mkstemp(prefix="multivector-")
    with open(handle, "wb") as file:
        pickle.dump(worker, file)
    executor = ProcessPoolExecutor(
        min(jobs, len(waiting)), mp_context=context, initializer=_start, initargs=(name, stop)
    )
    running: dict[Future[Failure | None], Task] = {}
    lost: list[Task] = []
    broken = False
    try:
        while running or (waiting and not broken):
            check_interrupt()
            with heritage():  # handing out may start a process
                try:
                    while waiting and len(running) < ahead and not broken:
                        running[executor.submit(_do, waiting[0])] = waiting[0]
                        waiting.popleft()
                except BrokenProcessPool:
                    broken = True
            for future in wait(running, WAIT, FIRST_COMPLETED).done:
                task = running.pop(future)
                try:
                    failure = future.result()
                except BrokenProcessPool:
                    broken = True
                    lost.append(task)
                    continue
                yield task, failure
        return sorted(lost, key=lambda task: task.key)
    finally:
        stop.set()
        executor.shutdown(wait=True, cancel_futures=True)
        os.unlink(name)


@contextmanager
def heritage() -> Iterator[None]:
    """What processes that start in this block inherit.

    They use one thread each for linear algebra, and leave Ctrl-C to the main process, which gets
    one that is pressed meanwhile when the block ends.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    masks = hasattr(signal, "pthread_sigmask")  # not on Windows
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]) if masks else set()
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# Inside a worker process

_worker: Worker | None = None
_stop: Event | None = None


def _start(file: str, stop: Event) -> None:
    global _worker, _stop
    _worker, _stop = pickle.loads(Path(file).read_bytes()), stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where `heritage` has no masks
    threadpool_limits(1)  # what is loaded already; what will be heeds the environment
    threading.Thread(target=follow_parent, daemon=True).start()


def follow_parent() -> None:
    """End with the main process, even if that was killed and could not say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(task: Task) -> Failure | None:
    if _worker is None:
        raise RuntimeError("the worker process was not started by `Local`")
    return _worker.attempt(task, _stop)
