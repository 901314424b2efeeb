"""A real Dask cluster as an engine: the same bits, whatever is lost on the way."""

from __future__ import annotations

import builtins
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.case import load_case
from sim.cli.main import main
from sim.core.errors import InputError
from sim.experiment import cluster as module
from sim.experiment import store
from sim.experiment.batch import batch
from sim.experiment.cluster import Cluster, software
from sim.experiment.engines import Engine
from sim.experiment.sweep import sweep
from sim.experiment.workers import DiskFull, Local, Recorder, Stopped, Task, Worker
from sim.fit import library, matching
from sim.fit.fit import pose
from sim.fit.library import simulate_moments
from sim.scenario import load_scenario
from tests.experiment.small_sweep import assert_same, design
from tests.fit.small_case import SMALL, make_case

pytest.importorskip("distributed")

__all__ = ["design"]

HANGS = 60.0  # seconds after which what should have ended hangs, however busy the machine is
TASKS = [Task(place, first, 20) for place in range(2) for first in range(0, 200, 20)]


@pytest.fixture(scope="module")
def machines() -> Iterator[Any]:
    """Two worker processes, which are started anew when they are killed."""
    import dask
    from distributed import LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.daemon": True,
        "logging.distributed": "critical",
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        yield cluster


def recorder(scenarios: list[Path], folder: Path) -> Recorder:
    loaded = [load_scenario(path) for path in scenarios]
    case = load_case(str(loaded[0].case))
    named = tuple((one.name, one) for one in loaded)
    return Recorder(folder, case, named, 11, ("cohesion", "position"))


def parts(folder: Path) -> dict[str, bytes]:
    """All that was kept, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def results(engine: Engine, worker: Recorder) -> dict[str, bytes]:
    answers = dict(engine.work(worker, TASKS))
    assert answers == dict.fromkeys(TASKS)
    return parts(worker.folder)


@pytest.fixture(scope="module")
def expected(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process keeps."""
    found = results(Local(1), recorder(scenarios, tmp_path_factory.mktemp("local")))
    assert len(found) == 3 * len(TASKS)
    return found


def test_engines_keep_the_same_bytes(
    machines: Any, scenarios: list[Path], expected: dict[str, bytes], tmp_path: Path
) -> None:
    engines = {
        "processes": Local(2),
        "cluster": Cluster(machines.scheduler_address),
        "address without protocol": Cluster(machines.scheduler_address.removeprefix("tcp://")),
    }
    for name, engine in engines.items():
        assert results(engine, recorder(scenarios, tmp_path / name)) == expected, name


def pids(cluster: Any) -> dict[str, int]:
    from distributed import Client

    with Client(cluster, set_as_default=False) as client:
        found: dict[str, int] = client.run(os.getpid)
    return found


def test_a_lost_worker_changes_nothing(
    machines: Any, scenarios: list[Path], expected: dict[str, bytes], tmp_path: Path
) -> None:
    from distributed import Client

    machines.wait_for_workers(2)
    before = pids(machines)
    work = Cluster(machines.scheduler_address).work(recorder(scenarios, tmp_path), TASKS)
    answers = [next(work) for _ in range(3)]
    with Client(machines, set_as_default=False) as client:
        address, busy = max(client.processing().items(), key=lambda one: len(one[1]))
    assert busy, "a worker is lost while it is at work"
    os.kill(before[address], signal.SIGKILL)
    answers += work
    assert dict(answers) == dict.fromkeys(TASKS)
    assert len(answers) == len(TASKS)
    assert parts(tmp_path) == expected
    machines.wait_for_workers(2)
    assert before[address] not in pids(machines).values()


# Sweeps, batches and fits


def test_a_sweep_on_a_cluster_is_the_same(machines: Any, design: Path, tmp_path: Path) -> None:
    address = machines.scheduler_address
    there = sweep(design, out=tmp_path / "cluster", cluster=address, chunk=6)
    assert there.complete
    for jobs in (1, 2):
        assert_same(sweep(design, out=tmp_path / f"jobs {jobs}", jobs=jobs), there)


def test_a_sweep_that_loses_a_worker_is_the_same(
    machines: Any, design: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that has what the tasks need; stopped first, so that some are surely with it."""
    from distributed import Client

    machines.wait_for_workers(2)
    there = pids(machines)
    lost: dict[str, int] = {}  # tasks that were with it

    def kill(address: str) -> None:
        with Client(machines, set_as_default=False) as client:
            lost[address] = len(client.processing()[address])
        os.kill(there[address], signal.SIGKILL)

    def stop() -> threading.Timer:
        with Client(machines, set_as_default=False) as client:
            address, _ = max(client.has_what().items(), key=lambda one: len(one[1]))
        os.kill(there[address], signal.SIGSTOP)
        timer = threading.Timer(0.5, kill, [address])
        timer.start()
        return timer

    written: list[str] = []
    timers: list[threading.Timer] = []
    real = store.write_part

    def losing(folder: Path, name: str, key: str, table: Any) -> None:
        real(folder, name, key, table)
        written.append(key)
        if len(written) == 6:  # two tasks of three tables
            timers.append(stop())

    monkeypatch.setattr(store, "write_part", losing)
    address = machines.scheduler_address
    found = sweep(design, out=tmp_path / "there", cluster=address, rows=10, chunk=3)
    timers[0].join()
    monkeypatch.setattr(store, "write_part", real)
    assert max(lost.values()) > 0
    assert len(set(written)) == 20
    assert len(written) == 60
    assert found.complete
    assert_same(sweep(design, out=tmp_path / "here", rows=10), found)
    machines.wait_for_workers(2)
    assert not {there[one] for one in lost} & set(pids(machines).values())


def digests(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "manifest.json").read_text())["digests"]
    return found


def test_commands_take_a_cluster(
    machines: Any, scenarios: list[Path], design: Path, tmp_path: Path
) -> None:
    both, there = [str(path) for path in scenarios], ["--cluster", machines.scheduler_address]
    few = ["-n", "5", "--seed", "3", "--parameters", "point"]
    assert main(["sweep", str(design), "--out", str(tmp_path / "sweep"), *there]) == 0
    command = ["batch", *both, *few, "--no-pictures", "--out", str(tmp_path / "batch"), *there]
    assert main(command) == 0
    assert main(["compare", *both[::-1], *few, "--results", str(tmp_path / "compare"), *there]) == 0
    expected = digests(sweep(design, out=tmp_path / "sweep here").folder)
    assert digests(tmp_path / "sweep") == expected
    here = batch(both, out=tmp_path / "batch here", runs=5, seed=3, parameters="point")
    expected = digests(here.folder)
    assert digests(tmp_path / "batch") == digests(tmp_path / "compare") == expected


@pytest.mark.parametrize("command", ["sweep", "batch", "compare", "fit", "hindcast"])
def test_commands_take_jobs_or_a_cluster(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "baseline", "--jobs", "2", "--cluster", "localhost:8786"]) == 2
    assert "--cluster: not allowed with argument --jobs" in capsys.readouterr().err


def test_the_simulations_of_a_fit_on_a_cluster_are_the_same(
    machines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "CHUNK", 30)
    problem = pose(load_case(make_case(tmp_path / "case")), SMALL)
    vectors = problem.free.values(matching.design(100, len(problem.free), seed=3))
    cluster = Cluster(machines.scheduler_address)
    there = simulate_moments(problem.simulator, vectors, tmp_path / "kept", 1, 40, cluster)
    assert len(list((tmp_path / "kept").glob("1-0*.npy"))) == 4
    np.testing.assert_array_equal(there, problem.simulator(vectors, 40))


@pytest.mark.parametrize("command", ["fit", "hindcast"])
def test_nothing_is_begun_without_the_cluster(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main([command, "central_asia", "--out", str(out), "--cluster", "nonsense"]) == 2
    assert "cluster: found 'nonsense'; allowed: HOST:PORT" in capsys.readouterr().err
    assert not out.exists()


# What goes wrong


@dataclass(frozen=True)
class Odd(Worker):
    """Does something odd in one task, and writes a file for the others."""

    folder: Path
    what: str
    first_run: int = 2

    def make(self, task: Task, stop: Any = None) -> bytes:
        if self.what == "sleep":
            time.sleep(0.2)
        if task.first_run == self.first_run:
            if self.what == "raise":
                raise ArithmeticError("no number")
            if self.what == "die":
                os._exit(9)
        return b"made"

    def keep(self, task: Task, made: bytes) -> None:
        if self.what == "full" and task.first_run == self.first_run:
            raise OSError(28, "No space left on device")
        (self.folder / task.key).write_bytes(made)

    def label(self, task: Task) -> str:
        return f"run {task.first_run}"


FEW = [Task(0, first, 1) for first in range(6)]


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("raise", "ArithmeticError: no number"),
        ("die", "each worker that tried it died (too little memory?)"),
    ],
)
def test_a_task_that_fails_is_an_answer(
    machines: Any, tmp_path: Path, what: str, error: str
) -> None:
    machines.wait_for_workers(2)
    answers = dict(Cluster(machines.scheduler_address).work(Odd(tmp_path, what), FEW))
    failed = {task.first_run: failure for task, failure in answers.items() if failure is not None}
    assert list(failed) == [2]
    assert failed[2].error == error
    assert ("in make" in failed[2].trace) == (what == "raise")
    assert set(parts(tmp_path)) == {task.key for task in FEW if task.first_run != 2}


def test_a_full_disk_stops_the_work(machines: Any, tmp_path: Path) -> None:
    many = [Task(0, first, 1) for first in range(200)]
    with pytest.raises(DiskFull, match=r"run 2: cannot be written \(No space left on device\)"):
        list(Cluster(machines.scheduler_address).work(Odd(tmp_path, "full"), many))
    assert len(parts(tmp_path)) < 199


def test_closing_cancels_what_is_not_done(machines: Any, tmp_path: Path) -> None:
    from distributed import Client

    many = [Task(0, first, 1) for first in range(200)]
    work = Cluster(machines.scheduler_address).work(Odd(tmp_path, "sleep"), many)
    next(work)
    work.close()
    with Client(machines, set_as_default=False) as client:
        deadline = time.monotonic() + HANGS
        while any(client.processing().values()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not any(client.processing().values())


def test_workers_with_other_versions_are_refused(
    machines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = dict(software())
    here["numpy"], there = "1.0", here["numpy"]
    monkeypatch.setattr(module, "software", lambda: here)
    machines.wait_for_workers(2)  # a test before may have killed one
    message = rf"differ from this machine.*:\n  tcp://\S+: numpy {there} \(here 1\.0\)\n  tcp://"
    with pytest.raises(InputError, match=message):
        Cluster(machines.scheduler_address).check()
    monkeypatch.setattr(module, "_compare", lambda *given: None)  # as if they came later
    with pytest.raises(Stopped, match=rf"came later has other software: numpy {there} \(here 1.0"):
        list(Cluster(machines.scheduler_address).work(Odd(tmp_path, "raise"), FEW))


def test_other_processors_are_told_of(machines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    here = dict(software()) | {module._CPU: ["ABACUS"]}
    monkeypatch.setattr(module, "software", lambda: here)
    with pytest.warns(RuntimeWarning, match=r"have other features .*: the last bits of results"):
        Cluster(machines.scheduler_address).check()


def test_workers_without_multivector_are_refused(
    machines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ASK", "__import__('no_such_package').software()")
    message = "multivector does not start there .No module named 'no_such_package'"
    with pytest.raises(InputError, match=message):
        Cluster(machines.scheduler_address).check()


# Addresses


def test_an_address_that_nobody_answers_is_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_CONNECT", 1.0)
    start = time.monotonic()
    with pytest.raises(InputError, match="cluster: no scheduler answers at 127"):
        Cluster("127.0.0.1:9").check()
    assert time.monotonic() - start < HANGS
    assert capfd.readouterr().err == ""  # Dask keeps quiet


@pytest.mark.parametrize("address", ["", "nonsense", "no such.json", "host:port", "a b:1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="allowed: HOST:PORT, tcp://HOST:PORT, or the path of a s"):
        Cluster(address).check()


def test_a_file_that_tells_no_address_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scheduler.json"
    for text in ("{}", "[]", "no json"):
        path.write_text(text)
        with pytest.raises(InputError, match=r"scheduler\.json: this is not a scheduler file of"):
            Cluster(str(path)).check()


def test_without_dask_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *given: Any, **named: Any) -> Any:
        if name.split(".")[0] in ("distributed", "dask"):
            raise ImportError(name)
        return real(name, *given, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r'not installed; pip install "multivector\[cluster\]"'):
        Cluster("localhost:8786").check()


# Losing everything


def started(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    place = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, env=place, **quiet)  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[tuple[Path, list[subprocess.Popen[bytes]]]]:
    """A scheduler and one worker, which nobody starts anew, and the scheduler's file."""
    file = tmp_path / "scheduler.json"
    host = ("--host", "127.0.0.1")
    processes = [
        started("scheduler", *host, "--port", "0", "--no-dashboard", "--scheduler-file", str(file)),
    ]
    try:
        deadline = time.monotonic() + HANGS
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        options = ("--no-nanny", "--no-dashboard", "--nthreads", "1")
        processes.append(started("worker", address, *host, *options))
        yield file, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    ("place", "message"),
    [(0, "the scheduler at .* was lost"), (1, "all workers of .* were lost")],
)
def test_when_all_is_lost_the_work_stops(
    mortal: tuple[Path, list[subprocess.Popen[bytes]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    place: int,
    message: str,
) -> None:
    for name, seconds in (("_CONNECT", HANGS), ("_PATIENCE", 1.0), ("_LOOK", 0.3)):
        monkeypatch.setattr(module, name, seconds)
    file, processes = mortal
    out = tmp_path / "out"
    out.mkdir()
    many = [Task(0, first, 1) for first in range(1000)]
    work = Cluster(str(file)).work(Odd(out, "sleep"), many)
    done = [next(work)[0] for _ in range(2)]
    processes[place].send_signal(signal.SIGKILL)
    start = time.monotonic()
    with pytest.raises(Stopped, match=message):
        done += [task for task, _ in work]
    assert time.monotonic() - start < HANGS
    assert set(parts(out)) == {task.key for task in done}
    assert capfd.readouterr().err == ""
