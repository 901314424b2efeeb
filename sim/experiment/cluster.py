"""A Dask cluster as an engine: its workers make what is to be kept, and this process keeps it.

So the workers need no disk in common with this process, only the same software. A worker that is
lost costs time and nothing else: others make its tasks again, and what a task makes depends on
nothing but the task.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
import platform
import re
import socket
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

import sim
from sim.core.errors import InputError, missing_package
from sim.experiment import store
from sim.experiment.interrupt import WAIT, held_back
from sim.experiment.workers import Failure, Stopped, Task, Worker

if TYPE_CHECKING:
    from distributed import Client, Future

# Seconds
_CONNECT = 8.0  # for somebody to answer at the address
_ANSWER = 30.0  # for the scheduler or a worker to answer once connected
_PATIENCE = 30.0  # without any worker: a lost one is often started anew
_LOOK = 2.0  # between two looks at who is there

_AHEAD = 3  # tasks handed out for each thread of a worker, so that none waits
_ALONE = "-alone"  # end of the key of a task that was handed out with no other
_NAMED = 5  # workers listed in a message
_ADDRESS = re.compile(r"(\w+://)?(\[.+\]|[^:/\s]+):\d+|\w+://\S+")
_ASK = "__import__('sim.experiment.cluster', fromlist=['software']).software()"
_ROOMS = ("core", "case", "scenario", "experiment", "fit")  # whose code makes results
_CPU = "CPU features of NumPy"


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster, by the address of its scheduler or the path of its scheduler file."""

    address: str

    def check(self) -> None:
        """Find out whether the cluster can be used.

        Raises
        ------
        InputError
            If Dask is not installed here, if nobody answers at the address, if there are no
            workers, or if a worker has other versions of what results depend on.
        """
        with self._connected():
            pass

    def work(self, worker: Worker, tasks: Sequence[Task]) -> Generator[tuple[Task, Failure | None]]:
        """Do tasks.

        Yields
        ------
        (Task, Failure or None)
            As they are done, in any order. Closing the iterator cancels what is not done yet.

        Raises
        ------
        Stopped
            If the scheduler or all workers are lost, or nothing more can be kept.
        """
        if tasks:
            with held_back() as check_interrupt, self._connected() as client:
                for task, made in self._made(client, worker, tasks, check_interrupt):
                    if not isinstance(made, Failure):
                        made = worker.try_keep(task, made)
                    yield task, made

    @contextmanager
    def _connected(self) -> Iterator[Client]:
        distributed = _import()
        scheduler = _scheduler(self.address)
        with _quiet():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # versions are compared below
                    client = distributed.Client(scheduler, timeout=_CONNECT, set_as_default=False)
            except (OSError, ValueError, ImportError) as error:
                raise InputError(
                    f"cluster: no scheduler answers at {self.address}; is it running, and can this "
                    "machine reach it?"
                ) from error
            try:
                self._compare(client)
                yield client
            finally:
                with suppress(Exception):  # the connection may be gone
                    client.close(timeout=_CONNECT)  # cancels what is not done

    def _compare(self, client: Client) -> None:
        """Ask all workers for their software."""
        try:
            client.wait_for_workers(1, timeout=_CONNECT)
        except TimeoutError as error:
            raise InputError(f"cluster: {self.address} has no workers") from error
        with self._answering():
            answers = client.sync(
                client.run, eval, _ASK, on_error="return", callback_timeout=_ANSWER
            )
        _compare(self.address, answers)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Turn the lack of an answer into a message."""
        try:
            yield
        except OSError as error:
            raise self._lost() from error

    def _lost(self) -> Stopped:
        return Stopped(f"cluster: the scheduler at {self.address} was lost")

    def _made(
        self,
        client: Client,
        worker: Worker,
        tasks: Sequence[Task],
        check_interrupt: Callable[[], None],
    ) -> Iterator[tuple[Task, Any]]:
        """What workers make of tasks, or their failures."""
        distributed = _import()
        waiting, suspects = deque(tasks), deque[Task]()
        running: dict[Future[Any], Task] = {}
        batch = f"multivector-{socket.gethostname()}-{os.getpid()}-{time.time_ns()}"  # of its own
        # A task of its own, so that the worker travels once to each machine, not with each task,
        # and is still there when the machine that had it is lost.
        held = client.submit(pickle.loads, pickle.dumps(worker), key=batch)

        def hand_out(task: Task, mark: str = "") -> None:
            key = f"{batch}-{task.key}{mark}"
            running[client.submit(_make, held, task, software(), key=key)] = task

        threads, looked, seen = 1, 0.0, time.monotonic()
        while waiting or running or suspects:
            check_interrupt()
            if time.monotonic() - looked > _LOOK:
                with self._answering():
                    threads = sum(client.sync(client.nthreads, callback_timeout=_ANSWER).values())
                looked = time.monotonic()
                if threads:
                    seen = looked
                elif looked - seen > _PATIENCE:
                    raise Stopped(f"cluster: all workers of {self.address} were lost")
            while waiting and len(running) < _AHEAD * max(threads, 1):
                hand_out(waiting.popleft())
            if not running:
                hand_out(suspects.popleft(), _ALONE)
            try:
                with client.as_current():
                    done = distributed.wait(list(running), WAIT, "FIRST_COMPLETED").done
            except TimeoutError:
                continue
            except distributed.CancelledError as error:
                raise self._lost() from error
            for future in done:
                task = running.pop(future)
                try:
                    made = future.result(timeout=_ANSWER)
                except TimeoutError:  # the worker that had it was lost: it is made again
                    running[future] = task
                    continue
                except (distributed.CancelledError, OSError) as error:
                    raise self._lost() from error
                except distributed.KilledWorker:
                    if not future.key.endswith(_ALONE):  # the workers may have died of another
                        suspects.append(task)
                        continue
                    made = Failure("each worker that tried it died (too little memory?)", "")
                except InputError as error:
                    raise Stopped(f"cluster: {error}") from error
                except Exception as error:
                    made = Failure.of(error)
                yield task, made


def _import() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise missing_package("a cluster", "Dask", "cluster") from error
    return distributed


def _scheduler(given: str) -> str:
    """The address of the scheduler, which its file may tell.

    Raises
    ------
    InputError
        If it is neither an address nor a scheduler file.
    """
    path = Path(given)
    if path.is_file():
        try:
            return str(json.loads(path.read_text(encoding="utf-8"))["address"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{given}: this is not a scheduler file of Dask") from error
    if not _ADDRESS.fullmatch(given):
        raise InputError(
            f"cluster: found {given!r}; allowed: HOST:PORT, tcp://HOST:PORT, or the path of a "
            "scheduler file that exists"
        )
    return given


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from writing over messages and the bar of progress: what matters is raised."""
    import dask

    names = [name for name in logging.root.manager.loggerDict if _chatty(name)]
    levels = {name: logging.getLogger(name).level for name in names}
    try:
        for name in names:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}):
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _chatty(logger: str) -> bool:
    return logger.split(".")[0] in ("distributed", "tornado", "asyncio")


# What results depend on


@cache
def software() -> Mapping[str, Any]:
    """Versions of what the bits of results depend on, in this process."""
    digest = hashlib.sha256()
    source = Path(sim.__file__).parent
    for room in _ROOMS:
        for path in sorted((source / room).rglob("*.py")):
            digest.update(path.relative_to(source).as_posix().encode())
            digest.update(path.read_bytes())
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "multivector": sim.__version__,
        "source of multivector": digest.hexdigest()[:12],
        **{name: version(name) for name in ("numpy", "scipy", "pandas", "pyarrow")},
        _CPU: np.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
    }


def _compare(cluster: str, answers: Mapping[str, Any]) -> None:
    """Refuse workers with other software; other processors are told of."""
    here = software()
    wrong, processors = [], []
    for worker, there in answers.items():
        if isinstance(there, Exception):
            wrong.append(f"{worker}: multivector does not start there ({there})")
            continue
        differences = _differences(there, here)
        if differences:
            wrong.append(f"{worker}: {differences}")
        if there[_CPU] != here[_CPU]:
            processors.append(worker)
    if wrong:
        listed = "\n".join(f"  {line}" for line in wrong[:_NAMED])
        more = f"\n  and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise InputError(
            f"cluster: workers of {cluster} differ from this machine, so that results would not "
            f"be the same:\n{listed}{more}"
        )
    if processors:
        warnings.warn(
            f"processors of the cluster have other features than that of this machine "
            f"({', '.join(processors[:_NAMED])}): the last bits of results may differ",
            RuntimeWarning,
            stacklevel=2,
        )


def _differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {there.get(name)} (here {here[name]})"
        for name in here
        if name != _CPU and there.get(name) != here[name]
    )


# Inside a worker of the cluster


def _make(worker: Worker, task: Task, wanted: Mapping[str, Any]) -> Any:
    """Make what is to be kept of a task, tables encoded, with one thread for linear algebra."""
    differences = _differences(software(), wanted)
    if differences:  # this one came after the others were asked
        raise InputError(f"a worker that came later has other software: {differences}")
    threadpool_limits(1)  # not only for this task: the process may be at others as well
    made = worker.try_make(task)
    if not isinstance(made, dict):
        return made
    # Half the bytes to send, and the work of encoding is not left to one process.
    return {
        name: store.encode(part) if isinstance(part, pa.Table) else part
        for name, part in made.items()
    }
