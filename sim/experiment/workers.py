"""Chunks of runs done one after another or by worker processes, whatever may go wrong in one."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from sim.case import Case, Posterior
from sim.core.simulate import FEWEST_RUNS
from sim.experiment import store
from sim.experiment.observables import recorded_observables
from sim.experiment.record import Interrupted, record
from sim.scenario import Scenario, compile_plan

_GIVE_UP = 3  # processes killed in a row after which no more are started
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Task:
    """Consecutive runs of one scenario: the unit of work."""

    scenario: int  # place among the batch's scenarios
    first_run: int
    runs: int

    @property
    def key(self) -> str:
        """Name of the task's parts; sorts by scenario, then by run."""
        return f"{self.scenario:03d}-{self.first_run:012d}"


@dataclass(frozen=True)
class Failure:
    """Why a task left nothing behind."""

    error: str
    trace: str


class Worker(ABC):
    """Does tasks and leaves what comes of them in files."""

    @abstractmethod
    def do(self, task: Task, stop: Event | None = None) -> None:
        """Do a task; `stop` tells when to give up."""

    def attempt(self, task: Task, stop: Event | None = None) -> Failure | None:
        """Do a task; what goes wrong is an answer, not an exception, so that the others go on."""
        try:
            self.do(task, stop)
        except Interrupted:
            raise
        except Exception as error:
            text = str(error) or "no message"
            return Failure(f"{type(error).__name__}: {text}", traceback.format_exc())
        return None


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

    def do(self, task: Task, stop: Event | None = None) -> None:
        """Do a task. Its part of the table `runs` is written last and marks it as finished."""
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
        for table in store.TABLES:
            content = getattr(recording, table)
            if content is not None:
                store.write_part(self.folder, table, task.key, content)


def work(
    worker: Worker, tasks: Sequence[Task], jobs: int
) -> Generator[tuple[Task, Failure | None]]:
    """Do tasks, in this process if `jobs` is 1, else in as many worker processes.

    Parameters
    ----------
    worker : Worker
    tasks : sequence of Task
    jobs : int

    Yields
    ------
    (Task, Failure or None)
        As they are done, in any order. Closing the iterator stops what is still running.
    """
    if jobs == 1 or not tasks:
        for task in tasks:
            yield task, worker.attempt(task)
        return
    done = set()
    for task, failure in _pool(worker, tasks, jobs):
        done.add(task)
        yield task, failure
    # A process that is killed takes the pool with it. What it left behind runs alone, each chunk
    # in a process of its own, so that one that needs too much memory fails without the others.
    killed = 0
    for task in tasks:
        if task in done:
            continue
        answers = list(_pool(worker, [task], 1)) if killed < _GIVE_UP else []
        killed = 0 if answers else killed + 1
        yield from answers or [
            (task, Failure("its process ended before it was done (too little memory?)", ""))
        ]


def _pool(
    worker: Worker, tasks: Sequence[Task], jobs: int
) -> Generator[tuple[Task, Failure | None]]:
    """Do tasks in a pool; those that a killed worker took with it are not yielded."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    # A file, because handing a new process more than a pipe holds waits for ever if it dies early.
    handle, name = tempfile.mkstemp(prefix="multivector-")
    with open(handle, "wb") as file:
        pickle.dump(worker, file)
    executor = ProcessPoolExecutor(
        min(jobs, len(tasks)), mp_context=context, initializer=_start, initargs=(name, stop)
    )
    try:
        futures: dict[Future[Failure | None], Task] = {}
        with _heritage():
            try:
                for task in tasks:
                    futures[executor.submit(_do, task)] = task
            except BrokenProcessPool:
                pass  # the tasks not submitted are left to `work`
        for future in as_completed(futures):
            try:
                failure = future.result()
            except BrokenProcessPool:
                continue
            yield futures[future], failure
    finally:
        stop.set()
        executor.shutdown(wait=True, cancel_futures=True)
        os.unlink(name)


@contextmanager
def _heritage() -> Iterator[None]:
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where `_heritage` has no masks
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """End with the main process, even if that was killed and could not say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(task: Task) -> Failure | None:
    if _worker is None:
        raise RuntimeError("the worker process was not started by `work`")
    return _worker.attempt(task, _stop)
