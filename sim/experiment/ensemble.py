"""An ensemble: the tasks of a batch or sweep, done, kept and made into tables."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tqdm import tqdm

from sim.core.errors import InputError
from sim.experiment import store
from sim.experiment.engines import Engine
from sim.experiment.folder import claimed, clear_left_over, is_empty, prepare, remove
from sim.experiment.workers import Failure, Stopped, Task, Worker

_TOLD = 10  # failures told one by one
_LINE_EVERY = 30.0  # seconds between lines of progress where the stream is no terminal


class EnsembleInterrupted(KeyboardInterrupt):
    """The user stopped an ensemble; the message says what is kept."""


def run_ensemble(
    folder: Path,
    manifest: dict[str, Any],
    worker: Worker,
    tasks: Sequence[Task],
    engine: Engine,
    *,
    tables: Sequence[str],
    finish: Callable[[], None],
    begin: Callable[[], None] = lambda: None,
    progress: bool = False,
    overwrite: bool = False,
    resume: bool = False,
) -> None:
    """Do the tasks of a batch or a sweep, and make tables of what they leave.

    What is finished stands on the disk, a part a task and table, so that nothing that stops the
    process loses it; with `resume` the next one goes on from there, to the same tables.

    Parameters
    ----------
    folder : Path
        Where the result is to stand; see `sim.experiment.folder.prepare`.
    manifest : dict
        Format, seed, runs, chunk, versions, case, parameters, scenarios, outcomes and, of a sweep,
        the design; status, failures and digests are filled in here.
    worker : Worker
        Keeps its parts in the folder.
    tasks : sequence of Task
    engine : Engine
        Does them.
    tables : sequence of str
        Tables that are made of parts.
    finish : callable
        Writes further tables, once these stand.
    begin : callable
        Writes what is known before anything runs; called anew when gone on with.
    progress : bool
        Show runs done, rate, time left and failures on standard error.
    overwrite : bool
        Replace the result that the folder holds.
    resume : bool
        Go on with what an earlier process began in the folder; begin if there is nothing, and leave
        it as it is if it is complete.

    Raises
    ------
    InputError
        If the folder cannot be used, holds another piece of work, or the disk is full.
    EnsembleInterrupted
        On Ctrl-C; finished tasks are kept.
    """
    if resume and overwrite:
        raise InputError("--resume goes on with a result and --overwrite removes it; choose one")
    with claimed(folder):
        left = None if overwrite else _left(folder, manifest)
        if resume and left is not None:
            _check_same(folder, left, manifest, progress)
            manifest = left
        else:
            if left is not None and left["status"] != "complete":
                raise InputError(
                    f"{folder}: the folder holds an unfinished result; go on with it with "
                    "--resume, or begin anew with --overwrite"
                )
            prepare(folder, overwrite, kind=manifest["format"].split()[1])
        try:
            if manifest.get("status") == "complete":
                clear_left_over(folder)
                store.remove_parts(folder)
                _tell(f"{folder}: the result is complete; there is nothing left to do", progress)
                return
            _go(folder, manifest, worker, tasks, engine, tables, finish, begin, progress)
        except KeyboardInterrupt:
            raise EnsembleInterrupted(f"interrupted; {_kept(folder, tasks)}") from None
        except Stopped as error:
            raise InputError(f"{error}; {_kept(folder, tasks)}") from error
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise InputError(
                f"{folder}: cannot write the tables ({reason}); {_kept(folder, tasks)}"
            ) from error


def _kept(folder: Path, tasks: Sequence[Task]) -> str:
    """What a piece of work that was stopped leaves, and how to go on."""
    done = set(store.finished(folder))
    kept = sum(_runs(task) for task in tasks if task.key in done)
    return (
        f"{kept} of {sum(map(_runs, tasks))} runs are kept in {folder} (status incomplete); "
        "the same command with --resume goes on"
    )


def _runs(task: Task) -> int:
    return task.rows * task.runs


# Going on


def _left(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """The manifest that an earlier process left; None if the folder holds none of this format."""
    if is_empty(folder) or store.format_of(folder) != manifest["format"]:
        return None
    return store.read_manifest(folder, manifest["format"])


def _check_same(
    folder: Path, left: Mapping[str, Any], manifest: Mapping[str, Any], progress: bool
) -> None:
    """Refuse to mix the parts of two pieces of work.

    Raises
    ------
    InputError
        With everything that differs.
    """
    if "digests" not in left:
        raise InputError(
            f"{folder}: an earlier version of multivector began this result, and this one cannot "
            "go on with it; begin anew with --overwrite"
        )
    try:
        there = _identity(left)
    except (KeyError, TypeError, AttributeError):
        raise InputError(
            f"{folder / 'manifest.json'}: was changed and does not say what it should, so the "
            "result cannot be gone on with; begin anew with --overwrite"
        ) from None
    differences = list(_differences(there, _identity(json.loads(json.dumps(manifest)))))
    if differences:
        raise InputError(
            f"{folder}: the result there is of another piece of work, so it cannot be gone on "
            f"with ({'; '.join(differences)}); choose another folder with --out, or begin anew "
            "with --overwrite"
        )
    if left.get("cpu_features") != manifest.get("cpu_features"):
        _tell(
            f"{folder}: begun on a processor with other features than this one; the last digits "
            "of what is added may differ from what that one would give",
            progress,
            warn=True,
        )


def _identity(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What two pieces of work share if their parts fit together, in the words of a message."""
    parameters = manifest["parameters"]
    same: dict[str, Any] = {
        "seed": manifest["seed"],
        "runs": manifest["runs"],
        "chunk": manifest["chunk"],
        "case": manifest["case"]["hash"],
        "draws of the parameters": parameters.get("hash", "none"),
        "replicates": parameters["replicates"],
        "scenarios": [one["name"] for one in manifest["scenarios"]],
    }
    same |= {f"scenario {one['name']}": one["hash"] for one in manifest["scenarios"]}
    same["outcomes by quarter"] = [one["name"] for one in manifest["outcomes"] if one["by_quarter"]]
    same |= {f"design: {key}": value for key, value in manifest.get("design", {}).items()}
    same |= {name: manifest["versions"][name] for name in ("multivector", "numpy")}
    return same


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    told = []
    for name in dict.fromkeys((*before, *now)):
        if name in before and name in now and before[name] != now[name]:
            short = [_short(before[name]), _short(now[name])]
            differ = short[0] == short[1] or max(map(len, short)) > 60
            told.append(f"{name} differ" if differ else f"{name}: {short[0]} there, {short[1]} now")
        elif (name in before) != (name in now) and not name.startswith("scenario "):
            told.append(f"{name} differ")
    return told


def _short(value: Any) -> str:
    if isinstance(value, str) and len(value) == 64:  # a hash
        return value[:12]
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


# Doing the work


def _go(
    folder: Path,
    manifest: dict[str, Any],
    worker: Worker,
    tasks: Sequence[Task],
    engine: Engine,
    tables: Sequence[str],
    finish: Callable[[], None],
    begin: Callable[[], None],
    progress: bool,
) -> None:
    clear_left_over(folder)
    manifest |= {"status": "incomplete", "failures": [], "digests": {}}
    store.write_manifest(folder, manifest)
    # Tables and pictures of a result of which tasks had failed: the parts hold all of it.
    for name in ("failures.log", "pictures", *(f"{one}.parquet" for one in store.EVERY_TABLE)):
        remove(folder / name)
    begin()
    failures = _work(folder, worker, tasks, engine, progress)
    digests = store.compact(folder, tables)
    finish()
    names = [one["name"] for one in manifest["scenarios"]]
    manifest["failures"] = [
        {
            "scenario": names[task.scenario],
            **({"first_row": task.first_row, "rows": task.rows} if "design" in manifest else {}),
            "first_run": task.first_run,
            "runs": task.runs,
            "error": failure.error,
        }
        for task, failure in failures
    ]
    manifest["digests"] = {
        name: digests.get(name) or store.digest(path)
        for name in store.EVERY_TABLE
        if (path := folder / f"{name}.parquet").is_file()
    }
    manifest["status"] = "incomplete" if failures else "complete"
    store.write_manifest(folder, manifest)
    if not failures:
        store.remove_parts(folder)


def _work(
    folder: Path, worker: Worker, tasks: Sequence[Task], engine: Engine, progress: bool
) -> list[tuple[Task, Failure]]:
    """Do the tasks that are not finished; those that failed."""
    finished = set(store.finished(folder))
    if finished - {task.key for task in tasks}:
        raise InputError(
            f"{folder}: holds parts that were cut otherwise; begin anew with --overwrite"
        )
    rows = {task.key: _runs(task) for task in tasks}
    if spoilt := store.spoilt(folder, rows):
        _tell(
            f"{folder}: parts of {len(spoilt)} finished chunks are gone or damaged; they are made "
            "anew",
            progress,
            warn=True,
        )
        for key in spoilt:
            store.forget(folder, key)
        finished -= set(spoilt)
    missing = [task for task in tasks if task.key not in finished]
    failures: list[tuple[Task, Failure]] = []
    failed = 0
    total = sum(map(_runs, tasks))
    with (
        _bar(total, total - sum(map(_runs, missing)), progress) as bar,
        closing(engine.work(worker, missing)) as done,
    ):
        for task, failure in done:
            if failure is not None:
                failures.append((task, failure))
                failed += _runs(task)
                if len(failures) <= _TOLD:
                    _tell(f"{worker.label(task)} failed: {failure.error}", progress, warn=True)
                if len(failures) == _TOLD:
                    _tell(f"further failures are told in {folder / 'failures.log'}", progress)
                bar.set_postfix_str(f"{failed} failed", refresh=False)
            bar.update(_runs(task))
    if finished and (spoilt := store.spoilt(folder, rows)):
        raise Stopped(f"{folder}: parts of {len(spoilt)} finished chunks are gone or damaged")
    if failures:
        with store.atomic(folder / "failures.log") as path, path.open("w", encoding="utf-8") as log:
            for task, failure in failures:
                log.write(f"{worker.label(task)}: {failure.error}\n{failure.trace}\n")
    return failures


class _Lines(tqdm):  # type: ignore[misc]
    """Progress as lines, for streams on which nothing can be written over."""

    @staticmethod
    def status_printer(file: Any) -> Callable[[str], None]:
        def write(text: str) -> None:
            if text:
                print(text, file=file, flush=True)

        return write


def _bar(total: int, done: int, progress: bool) -> tqdm:
    options: dict[str, Any] = {"total": total, "initial": done, "unit": " runs"}
    if _terminal() or not progress:
        return tqdm(disable=not progress, leave=False, **options)
    return _Lines(mininterval=_LINE_EVERY, maxinterval=_LINE_EVERY, ascii=True, ncols=80, **options)


def _terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _tell(message: str, progress: bool, warn: bool = False) -> None:
    """Say something on standard error if progress is shown; else only what is a warning."""
    if progress and _terminal():
        tqdm.write(message, file=sys.stderr)  # above the bar
    elif progress:
        print(message, file=sys.stderr, flush=True)
    elif warn:
        warnings.warn(message, RuntimeWarning, stacklevel=5)
