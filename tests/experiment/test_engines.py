"""This machine as an engine: processes that are killed, disks that are full, bounds."""

from __future__ import annotations

import errno
import os
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_info

from sim.core.errors import InputError
from sim.experiment import workers
from sim.experiment.cluster import Cluster
from sim.experiment.engines import engine
from sim.experiment.workers import DiskFull, Failure, Local, Task, Worker

KILLED = Failure("its process ended before it was done (too little memory?)", "")


def tasks(number: int) -> list[Task]:
    return [Task(0, first, 1) for first in range(number)]


@dataclass(frozen=True)
class Writer(Worker):
    """Writes a file a task, and goes wrong as it is told."""

    folder: Path
    wrong: tuple[tuple[int, str], ...] = ()  # run, how

    def make(self, task: Task, stop: Any = None) -> str:
        how = dict(self.wrong).get(task.first_run)
        if how == "killed":
            os._exit(9)
        if how == "raises":
            raise ArithmeticError("no number")
        threads = {one["num_threads"] for one in threadpool_info()}
        return f"{os.getpid()} {max(threads, default=1)}"

    def keep(self, task: Task, made: str) -> None:
        how = dict(self.wrong).get(task.first_run)
        if how in ("ENOSPC", "EDQUOT", "EACCES"):
            raise OSError(getattr(errno, how), os.strerror(getattr(errno, how)))
        (self.folder / str(task.first_run)).write_text(made)

    def label(self, task: Task) -> str:
        return f"run {task.first_run}"


def kept(folder: Path) -> set[int]:
    return {int(path.name) for path in folder.iterdir()}


def test_keys_sort_by_scenario_row_and_run() -> None:
    ordered = [
        Task(0, 0, 5, 0, 2),
        Task(0, 512, 5, 0, 2),
        Task(0, 0, 5, 2, 2),
        Task(0, 0, 5, 10, 2),
        Task(1, 0, 5, 0, 2),
    ]
    assert sorted(ordered, key=lambda task: task.key) == ordered
    assert Task(1, 512, 88, 30, 10).key == "001-000000030-000000000512"


@pytest.mark.parametrize("jobs", [1, 2])
def test_all_tasks_are_done_with_one_thread_each(tmp_path: Path, jobs: int) -> None:
    answers = list(Local(jobs).work(Writer(tmp_path), tasks(25)))
    assert Counter(task for task, _ in answers) == Counter(tasks(25))
    assert all(failure is None for _, failure in answers)
    made = [path.read_text().split() for path in tmp_path.iterdir()]
    assert len(made) == 25
    assert {threads for _, threads in made} == {"1"}
    assert (str(os.getpid()) in {process for process, _ in made}) == (jobs == 1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_goes_wrong_in_a_task_is_an_answer(tmp_path: Path, jobs: int) -> None:
    worker = Writer(tmp_path, ((1, "raises"), (3, "EACCES")))
    answers = dict(Local(jobs).work(worker, tasks(5)))
    assert kept(tmp_path) == {0, 2, 4}
    failed = {task.first_run: failure for task, failure in answers.items() if failure}
    assert failed[1].error == "ArithmeticError: no number"
    assert 'raise ArithmeticError("no number")' in failed[1].trace
    assert failed[3].error == "PermissionError: [Errno 13] Permission denied"


@pytest.mark.parametrize("how", ["ENOSPC", "EDQUOT"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_stops_the_work(tmp_path: Path, jobs: int, how: str) -> None:
    reason = os.strerror(getattr(errno, how))
    with pytest.raises(DiskFull, match=rf"run 3: cannot be written \({reason}\)"):
        list(Local(jobs).work(Writer(tmp_path, ((3, how),)), tasks(100)))
    assert {0, 1, 2} - kept(tmp_path) == set()
    assert len(kept(tmp_path)) < 99


def test_killed_processes_cost_their_own_tasks_only(tmp_path: Path) -> None:
    worker = Writer(tmp_path, ((2, "killed"), (30, "killed")))
    answers = list(Local(2).work(worker, tasks(40)))
    assert Counter(task for task, _ in answers) == Counter(tasks(40))
    assert {task.first_run for task, failure in answers if failure == KILLED} == {2, 30}
    assert kept(tmp_path) == set(range(40)) - {2, 30}


def test_no_more_processes_are_started_when_all_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Counter[str]()
    real = workers._pool

    def counted(*given: Any) -> Any:
        started["pools"] += bool(given[1])
        return real(*given)

    monkeypatch.setattr(workers, "_pool", counted)
    worker = Writer(tmp_path, tuple((run, "killed") for run in range(30)))
    answers = dict(Local(2).work(worker, tasks(30)))
    assert answers == dict.fromkeys(tasks(30), KILLED)
    assert started["pools"] == 4  # one for all, three for single tasks


def test_tasks_are_handed_out_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = []
    real = workers.ProcessPoolExecutor.submit

    def counted(self: Any, *given: Any) -> Any:
        ahead.append(len(self._pending_work_items))
        return real(self, *given)

    monkeypatch.setattr(workers.ProcessPoolExecutor, "submit", counted)
    assert len(list(Local(2).work(Writer(tmp_path), tasks(60)))) == 60
    assert len(ahead) == 60
    assert max(ahead) < 4


def test_closing_the_iterator_ends_the_processes(tmp_path: Path) -> None:
    work = Local(2).work(Writer(tmp_path), tasks(1000))
    next(work)
    work.close()
    assert len(kept(tmp_path)) < 1000
    pids = {int(path.read_text().split()[0]) for path in tmp_path.iterdir()}
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not [one for one in threading.enumerate() if "QueueManager" in one.name]


def test_jobs_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="jobs: found 0; allowed: 1 or more"):
        Local(0)
    with pytest.raises(InputError, match=r"jobs: found 100000; allowed: \d+ or fewer on this mach"):
        Local(100_000)


def test_the_engine_is_the_one_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine() == Local(1)
    assert engine(3) == Local(3)
    with pytest.raises(InputError, match="jobs and cluster exclude each other"):
        engine(3, "localhost:8786")
    checked = []
    monkeypatch.setattr(Cluster, "check", lambda self: checked.append(self))
    assert engine(None, "localhost:8786") == Cluster("localhost:8786")
    assert checked == [Cluster("localhost:8786")]
