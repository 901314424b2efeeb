"""Whatever stops an ensemble, no finished task is lost, and going on gives the same tables."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import sim
from sim.cli.main import main
from sim.core.errors import InputError
from sim.experiment import ensemble, store, workers
from sim.experiment.batch import batch
from sim.experiment.ensemble import EnsembleInterrupted, run_ensemble
from sim.experiment.folder import claimed
from sim.experiment.result import Result
from sim.experiment.store import digest
from sim.experiment.workers import Local, Task, Worker
from tests.processes import hear_ctrl_c

SCENARIOS, ROWS, RUNS = ("first", "second"), 6, 4
TASKS = [
    Task(place, first_run, RUNS // 2, first_row, ROWS // 3)
    for place in range(len(SCENARIOS))
    for first_row in range(0, ROWS, ROWS // 3)
    for first_run in range(0, RUNS, RUNS // 2)
]
TABLES = ("trajectories", "runs")


@dataclass(frozen=True)
class Toy(Worker):
    """Writes tables that depend on the task only; the file `bad` breaks tasks."""

    folder: Path
    slow: float = 0.0

    def make(self, task: Task, stop: Any = None) -> dict[str, pa.Table]:
        time.sleep(self.slow)
        rows = np.arange(task.first_row, task.first_row + task.rows)
        runs = np.arange(task.first_run, task.first_run + task.runs)
        count = len(rows) * len(runs)
        table = pa.table(
            {
                "scenario": [SCENARIOS[task.scenario]] * count,
                "row": [f"{row:012x}" for row in np.repeat(rows, len(runs))],
                "run": np.tile(runs, len(rows)),
                "value": np.sin(1 + np.arange(count) + task.first_run),
                **({"only": np.ones(count)} if task.scenario else {}),
            }
        )
        return {"trajectories": table, "runs": table.drop_columns("value")}

    def keep(self, task: Task, made: dict[str, pa.Table]) -> None:
        bad = self.folder.parent / "bad"
        if bad.exists() and task.first_row:
            kind = bad.read_text()
            if kind == "killed":
                return os._exit(9) if task == TASKS[2] else self.write(task, made)
            raise OSError(errno.ENOSPC, "No space left on device") if kind == "full" else ValueError
        self.write(task, made)

    def write(self, task: Task, made: dict[str, pa.Table]) -> None:
        for name in TABLES:
            store.write_part(self.folder, name, task.key, made[name])

    def label(self, task: Task) -> str:
        return f"{SCENARIOS[task.scenario]}, rows from {task.first_row}"


def manifest(**changes: Any) -> dict[str, Any]:
    return {
        "format": store.SWEEP_FORMAT,
        "seed": 1,
        "runs": RUNS,
        "chunk": 2,
        "case": {"hash": "a" * 64},
        "parameters": {"replicates": 1},
        "scenarios": [{"name": name, "hash": name[0] * 64} for name in SCENARIOS],
        "outcomes": [{"name": "value", "by_quarter": True}],
        "design": {"mode": "grid", "rows": ROWS},
        "versions": {"multivector": "1", "numpy": "2"},
        "cpu_features": ["AVX2"],
    } | changes


def go(folder: Path, resume: bool = False, slow: float = 0.0, jobs: int = 1, **more: Any) -> None:
    def write(name: str) -> Callable[[], None]:
        content = pa.table({"name": [name]})
        return lambda: store.write_table(folder / f"{name}.parquet", content)

    options: dict[str, Any] = {"changes": {}, "tasks": TASKS} | more
    run_ensemble(
        folder,
        manifest(**options.pop("changes")),
        Toy(folder.absolute(), slow),
        options.pop("tasks"),
        Local(jobs),
        tables=TABLES,
        begin=write("design"),
        finish=write("quarters"),
        resume=resume,
        **options,
    )


def stored(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def assert_as_undisturbed(folder: Path, whole: Path) -> None:
    """Complete, the same content, and nothing left over."""
    assert stored(folder)["status"] == "complete"
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in whole.iterdir())
    for path in whole.glob("*.parquet"):
        assert digest(folder / path.name) == digest(path) == stored(folder)["digests"][path.stem]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "whole"
    go(folder)
    assert set(stored(folder)["digests"]) == {*TABLES, "design", "quarters"}
    return folder


class Killed(BaseException):
    """Stands in for the end of the process."""


def failing_atomic(
    at: int, moment: str, error: BaseException
) -> tuple[Callable[[Path], Any], list[Path]]:
    """Writes files, until the process ends or the disk is full at one of them."""
    written: list[Path] = []

    @contextmanager
    def atomic(path: Path) -> Iterator[Path]:
        written.append(path)
        here = len(written) - 1 == at
        temporary = path.with_name(f".{path.name}.1.tmp")
        if here and moment == "before":
            raise error
        yield temporary
        if here and moment == "half":
            temporary.write_bytes(temporary.read_bytes()[:10])
            raise error
        os.replace(temporary, path)
        if here and moment == "after":
            raise error

    return atomic, written


# Manifest, design, a part a task and table, two tables, quarters, manifest
WRITES = 2 + 2 * len(TASKS) + len(TABLES) + 2


@pytest.mark.parametrize("moment", ["half", "after"])  # before one is after another
def test_a_process_that_ends_at_any_write_loses_nothing(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    made: list[str] = []
    real = Toy.make

    def make(self: Toy, task: Task, stop: Any = None) -> dict[str, pa.Table]:
        made.append(task.key)
        return real(self, task, stop)

    monkeypatch.setattr(Toy, "make", make)
    for at in range(WRITES):
        folder = tmp_path / str(at)
        atomic, written = failing_atomic(at, moment, Killed())
        with monkeypatch.context() as patch:
            patch.setattr(store, "atomic", atomic)
            with pytest.raises(Killed):
                go(folder)
        assert len(written) == at + 1
        finished = set(store.finished(folder))
        made.clear()
        go(folder, resume=True)
        assert_as_undisturbed(folder, whole)
        if (at, moment) != (WRITES - 1, "after"):  # where the result is complete already
            assert set(made) == {task.key for task in TASKS} - finished
    atomic, written = failing_atomic(-1, moment, Killed())
    monkeypatch.setattr(store, "atomic", atomic)
    go(tmp_path / "none")
    assert len(written) == WRITES


def test_a_process_that_ends_while_it_removes_the_parts_loses_nothing(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(folder: Path) -> None:
        for path in sorted((folder / "parts" / "runs").iterdir())[::2]:
            path.unlink()
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(store, "remove_parts", half)
        with pytest.raises(Killed):
            go(tmp_path / "out")
    go(tmp_path / "out", resume=True)
    assert_as_undisturbed(tmp_path / "out", whole)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that start at once")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kill_9_at_random_moments_loses_nothing(whole: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    context = multiprocessing.get_context("fork")
    stopped = 0
    for trial in range(20):
        folder = tmp_path / str(trial)
        process = context.Process(target=go, args=(folder, True, 0.01))
        process.start()
        process.join(random.uniform(0.0, 0.2))
        if process.is_alive():
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            stopped += 1
        process.join()
        go(folder, resume=True)
        assert_as_undisturbed(folder, whole)
    assert stopped >= 10  # of 20; else the delays are too long to test anything


@pytest.mark.parametrize("moment", ["before", "half"])
def test_a_full_disk_stops_the_work_at_once_and_loses_nothing(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    for at in range(0, WRITES, 3):
        folder = tmp_path / str(at)
        error = OSError(errno.ENOSPC, "No space left on device")
        atomic, written = failing_atomic(at, moment, error)
        with monkeypatch.context() as patch:
            patch.setattr(store, "atomic", atomic)
            with pytest.raises(InputError, match="No space left on device") as told:
                go(folder)
        assert len(written) == at + 1  # nothing more was tried
        kept = len(store.finished(folder)) * 4
        assert f"{kept} of 48 runs are kept in {folder}" in str(told.value)
        assert "the same command with --resume goes on" in str(told.value)
        go(folder, resume=True)
        assert_as_undisturbed(folder, whole)


def test_a_full_disk_in_a_worker_process_stops_the_work(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("full")
    with pytest.raises(InputError, match=r"rows from \d: cannot be written \(No space left"):
        go(tmp_path / "out", jobs=2)
    (tmp_path / "bad").unlink()
    go(tmp_path / "out", resume=True)
    assert_as_undisturbed(tmp_path / "out", whole)


def test_a_killed_worker_costs_its_tasks_only_and_they_are_tried_again(
    whole: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    (tmp_path / "bad").write_text("killed")
    with pytest.warns(RuntimeWarning, match="its process ended before it was done"):
        go(folder, jobs=2)
    left = stored(folder)
    assert left["status"] == "incomplete"
    lost = [(one["scenario"], one["first_row"], one["rows"]) for one in left["failures"]]
    assert lost == [("first", 2, 2)]
    assert set(store.finished(folder)) == {task.key for task in TASKS if task != TASKS[2]}
    (tmp_path / "bad").unlink()
    go(folder, resume=True)
    assert_as_undisturbed(folder, whole)


def test_tasks_that_failed_are_tried_again(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    (tmp_path / "bad").write_text("error")
    with pytest.warns(RuntimeWarning) as told:
        go(folder)
    assert "first, rows from 2 failed: ValueError: no message" in str(told[0].message)
    assert len(store.table(folder / "runs.parquet")) == 16  # what there is can be read
    assert len(stored(folder)["failures"]) == 8
    assert "Traceback" in (folder / "failures.log").read_text()
    (tmp_path / "bad").unlink()
    go(folder, resume=True)
    assert_as_undisturbed(folder, whole)


# What is refused, and what is said


def interrupted(folder: Path, at: int = 7, changes: dict[str, Any] | None = None) -> None:
    """Leave an unfinished result."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "atomic", failing_atomic(at, "half", Killed())[0])
        with pytest.raises(Killed):
            go(folder, changes=changes or {})


def test_an_unfinished_result_is_neither_overwritten_nor_gone_on_with_unasked(
    whole: Path, tmp_path: Path
) -> None:
    interrupted(tmp_path / "out")
    with pytest.raises(InputError, match="unfinished result; go on with it with --resume, or beg"):
        go(tmp_path / "out")
    with pytest.raises(InputError, match="--resume goes on with a result and --overwrite removes"):
        go(tmp_path / "out", resume=True, overwrite=True)
    go(tmp_path / "out", overwrite=True)
    assert_as_undisturbed(tmp_path / "out", whole)
    with pytest.raises(InputError, match="the folder is not empty; choose another with --out"):
        go(tmp_path / "out")


def test_a_complete_result_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    go(folder)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    go(folder, resume=True, progress=True)
    assert "the result is complete; there is nothing left to do" in capsys.readouterr().err
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    assert after == before


OTHER = {"multivector": "1", "numpy": "3"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 2}, r"cannot be gone on with \(seed: 1 there, 2 now\); choose another"),
        ({"runs": 5, "seed": 2}, r"\(seed: 1 there, 2 now; runs: 4 there, 5 now\)"),
        ({"chunk": 512}, r"\(chunk: 2 there, 512 now\)"),
        ({"case": {"hash": "b" * 64}}, r"\(case: aaaaaaaaaaaa there, bbbbbbbbbbbb now\)"),
        ({"parameters": {"replicates": 1, "hash": "c" * 64}}, r"\(draws of the parameters: none t"),
        ({"parameters": {"replicates": 2}}, r"\(replicates: 1 there, 2 now\)"),
        ({"versions": OTHER}, r"\(numpy: 2 there, 3 now\)"),
        ({"design": {"mode": "csv", "rows": ROWS}}, r"\(design: mode: grid there, csv now\)"),
        ({"outcomes": []}, r"\(outcomes by quarter: value there, none now\)"),
        ({"scenarios": [{"name": "first", "hash": "f" * 64}]}, r"first, second there, first now\)"),
        (
            {"scenarios": [{"name": name, "hash": "0" * 64} for name in SCENARIOS]},
            r"\(scenario first: ffffffffffff there, 000000000000 now; scenario second: ss",
        ),
    ],
)
def test_another_piece_of_work_is_refused_with_all_that_differs(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    interrupted(tmp_path / "out")
    before = sorted((tmp_path / "out").rglob("*"))
    with pytest.raises(InputError, match=message):
        go(tmp_path / "out", resume=True, changes=changes)
    assert sorted((tmp_path / "out").rglob("*")) == before


def test_what_cannot_be_gone_on_with_is_said(tmp_path: Path) -> None:
    interrupted(tmp_path / "cut", at=9)
    with pytest.raises(InputError, match="holds parts that were cut otherwise"):
        go(tmp_path / "cut", resume=True, tasks=TASKS[2:])
    left = stored(tmp_path / "cut")
    del left["digests"]
    store.write_manifest(tmp_path / "cut", left)
    with pytest.raises(InputError, match="an earlier version of multivector began this result"):
        go(tmp_path / "cut", resume=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="the folder is not empty; choose another"):
        go(tmp_path / "other", resume=True)


def test_another_processor_is_noted(whole: Path, tmp_path: Path) -> None:
    interrupted(tmp_path / "out", changes={"cpu_features": ["NEON"]})
    with pytest.warns(RuntimeWarning, match="a processor with other features than this one"):
        go(tmp_path / "out", resume=True)
    assert_as_undisturbed(tmp_path / "out", whole)


def test_two_processes_do_not_write_in_one_folder(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    interrupted(folder)
    before = sorted(folder.rglob("*"))
    for options in ({"resume": True}, {"overwrite": True}, {}):
        with claimed(folder), pytest.raises(InputError, match="another process is writing there"):
            go(folder, **options)
    assert sorted(folder.rglob("*")) == before
    go(folder, resume=True)
    assert_as_undisturbed(folder, whole)


def test_progress_is_some_lines_where_there_is_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad").write_text("error")
    go(tmp_path / "out", progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert not any("\r" in line for line in lines)
    told = [line for line in lines if "runs" in line and "%" in line]
    assert 1 <= len(told) <= 2  # thousands of tasks a second must not make thousands of lines
    assert "48/48" in told[-1]
    assert "32 failed" in told[-1]
    assert "runs/s" in told[-1]
    (tmp_path / "bad").unlink()
    monkeypatch.setattr(ensemble, "_LINE_EVERY", 0.0)
    go(tmp_path / "out", progress=True, resume=True)
    told = [line for line in capsys.readouterr().err.splitlines() if "%" in line]
    assert "16/48" in told[0]
    assert len(told) > 5


# Batches


@pytest.fixture(scope="module")
def batched(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Result:
    return batch(scenarios, runs=9, out=tmp_path_factory.mktemp("batches") / "whole")


@pytest.fixture(scope="module")
def sixteen(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Result:
    return batch(scenarios, runs=16, out=tmp_path_factory.mktemp("batches") / "sixteen")


@pytest.mark.parametrize(("chunk", "jobs"), [(2, 1), (3, 2), (7, 1), (512, 2)])
def test_digests_do_not_depend_on_chunks_and_jobs(
    batched: Result, scenarios: list[Path], tmp_path: Path, chunk: int, jobs: int
) -> None:
    result = batch(scenarios, runs=9, out=tmp_path, chunk=chunk, jobs=jobs)
    assert set(batched.manifest["digests"]) == {"trajectories", "events", "runs", "quarters"}
    assert result.manifest["digests"] == batched.manifest["digests"]


def test_a_batch_goes_on_after_an_error_and_an_interruption(
    batched: Result, scenarios: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = workers.record

    def go_on(error: BaseException, at: tuple[str, int]) -> Result:
        def broken(*arguments: Any, **options: Any) -> Any:
            if (options["scenario"], options["first_run"]) == at:
                raise error
            return real(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(workers, "record", broken)
            return batch(scenarios, runs=9, out=tmp_path, chunk=3, resume=True)

    message = "interrupted; 6 of 18 runs are kept in .* the same command with --resume goes on"
    with pytest.raises(EnsembleInterrupted, match=message):
        go_on(KeyboardInterrupt(), ("calm", 6))
    with pytest.warns(RuntimeWarning, match="shock, runs 3 to 5 failed: ValueError: no"):
        assert not go_on(ValueError("no"), ("shock", 3)).complete
    assert (tmp_path / "failures.log").exists()
    result = go_on(Killed(), ("calm", 0))  # is not done again
    assert result.complete
    assert not result.failures
    assert not (tmp_path / "failures.log").exists()
    assert result.manifest["digests"] == batched.manifest["digests"]


def test_draws_that_are_not_the_cases_own_are_stored(scenarios: list[Path], tmp_path: Path) -> None:
    draws = sim.case.Posterior(("fear_push",), np.array([[0.5], [1.5]]))
    result = batch(scenarios[0], out=tmp_path / "out", parameters=draws)
    stored = sim.case.read_posterior(tmp_path / "out" / "parameters.parquet")
    assert stored.hash == draws.hash == result.manifest["parameters"]["hash"]
    assert "parameters" in result.manifest["digests"]
    point = batch(scenarios[0], out=tmp_path / "point", parameters="point")
    assert not (point.folder / "parameters.parquet").exists()


def test_the_command_goes_on_and_says_what_is_complete(
    batched: Result, scenarios: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["batch", *map(str, scenarios), "-n", "9", "--jobs", "1", "--no-pictures"]
    words += ["--out", str(tmp_path / "out")]
    assert main([*words, "--resume"]) == 0  # there is nothing yet
    assert sim.load(tmp_path / "out").manifest["digests"] == batched.manifest["digests"]
    assert main([*words, "--resume"]) == 0
    assert "the result is complete; there is nothing left to do" in capsys.readouterr().err
    assert main([*words, "--resume", "--seed", "5"]) == 2
    told = capsys.readouterr().err
    assert "is of another piece of work, so it cannot be gone on with (seed: 11 there, 5" in told
    assert main([*words, "--resume", "--overwrite"]) == 2
    assert "--resume goes on with a result and --overwrite removes it" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_batch_that_was_stopped_goes_on(
    sixteen: Result, scenarios: list[Path], tmp_path: Path, number: signal.Signals
) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\n"
        "from sim.experiment.batch import batch\n"
        "if __name__ == '__main__':\n"
        f"    batch({[str(path) for path in scenarios]!r}, runs=16, chunk=1, jobs=2,\n"
        "          out=sys.argv[1])\n"
    )
    out = tmp_path / "out"
    root = Path(sim.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, str(script), str(out)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
        preexec_fn=hear_ctrl_c,
    )
    until = time.monotonic() + 60
    while len(store.finished(out)) < 3 and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode != 0
    if number == signal.SIGINT:
        assert "the same command with --resume goes on" in told
    kept = store.finished(out)
    assert 3 <= len(kept) < 32
    result = batch(scenarios, runs=16, chunk=1, out=out, resume=True)
    assert result.complete
    assert result.manifest["digests"] == sixteen.manifest["digests"]


# Parts that are gone or damaged between two processes


def leave_half(folder: Path) -> None:
    """Of each scenario, the first two tasks are finished."""
    bad = folder.parent / "bad"
    bad.write_text("error")
    with pytest.warns(RuntimeWarning, match="failed: ValueError"):
        go(folder)
    bad.unlink()


def part(folder: Path, table: str, task: Task) -> Path:
    return folder / "parts" / table / f"{task.key}.parquet"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def shorten(path: Path) -> None:
    store.write_table(path, store.table(path).slice(0, 1))


@pytest.mark.parametrize(
    ("table", "damage"),
    [
        ("runs", cut),
        ("runs", empty),
        ("runs", shorten),
        ("trajectories", cut),
        ("trajectories", Path.unlink),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_chunks_whose_parts_are_gone_or_damaged_are_made_anew(
    whole: Path, tmp_path: Path, table: str, damage: Callable[[Path], None], place: int
) -> None:
    folder = tmp_path / "out"
    leave_half(folder)
    damage(part(folder, table, TASKS[place]))
    with pytest.warns(RuntimeWarning, match=r"parts of 1 finished chunks are gone or damaged"):
        go(folder, resume=True)
    assert_as_undisturbed(folder, whole)


def test_a_table_of_which_all_parts_are_gone_is_missed(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    leave_half(folder)
    for path in (folder / "parts" / "trajectories").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="parts of 4 finished chunks are gone or damaged; 48 of"):
        go(folder, resume=True)
    with pytest.warns(RuntimeWarning, match="parts of 4 finished chunks"):
        go(folder, resume=True)
    assert_as_undisturbed(folder, whole)


def test_a_part_with_other_columns_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    leave_half(folder)
    path = part(folder, "trajectories", TASKS[1])
    store.write_table(path, store.table(path).drop_columns("value"))
    with pytest.raises(InputError, match="has other columns than the parts before it"):
        go(folder, resume=True)


def test_a_part_whose_values_changed_is_refused(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    leave_half(folder)
    path = part(folder, "trajectories", TASKS[1])
    content = bytearray(path.read_bytes())
    for place in range(60, 80):  # in the first page
        content[place] ^= 255
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is damaged \(.*\); remove it, and the same command"):
        go(folder, resume=True)
    path.unlink()
    with pytest.warns(RuntimeWarning, match="parts of 1 finished chunks"):
        go(folder, resume=True)
    assert_as_undisturbed(folder, whole)


@pytest.mark.parametrize(
    "changes",
    [{"parameters": None}, {"versions": {}}, {"scenarios": None}, {"case": "x"}, {"outcomes": 7}],
)
def test_a_manifest_that_was_changed_is_said(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = tmp_path / "out"
    leave_half(folder)
    store.write_manifest(folder, stored(folder) | changes)
    with pytest.raises(InputError, match=r"manifest.json: was changed .* begin anew with"):
        go(folder, resume=True)
