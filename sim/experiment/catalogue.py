"""Which results stand below a folder, and which tables one of them holds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sim.core.errors import InputError
from sim.experiment import store

KINDS = {  # by the format that the manifest names
    store.FORMAT: "batch",
    store.SWEEP_FORMAT: "sweep",
    "multivector fit 1": "fit",
    "multivector hindcast 1": "hindcast",
}
BROKEN = "broken"
_MANIFEST = "manifest.json"
_MARK = b"PAR1"  # ends a Parquet file that was not cut short

# What a line of a table is; of sweeps, where it differs.
_LINES = {
    "runs": "all outcomes at the last quarter, a line a scenario and run",
    "trajectories": "outcomes by quarter, a line a scenario, run and quarter",
    "quarters": "mean and quantiles over runs, a line a scenario, quarter and outcome",
    "events": "threats, measures, deals and votes, a line each",
    "observables": "what can be compared with the record, a line a scenario, run and year",
    "parameters": "draws of the parameters, a line a draw",
    "design": "values of the factors, a line a place of the design",
    "units": "points of the unit cube that they came from, a line a place",
    "means": "means over the runs of a row, a line a scenario, row and quarter",
    "variances": "variances over the runs of a row, a line a scenario, row and quarter",
}
_LINES_OF_SWEEPS = {"runs": "outcomes at the last quarter, a line a scenario, row and run"}


@dataclass(frozen=True)
class Entry:
    """A results folder, as a list of results shows it."""

    folder: Path
    kind: str  # batch, sweep, fit, hindcast; "" where the manifest does not say
    about: str  # the scenarios, the title of the design, or the case
    rows: int | None  # of a sweep
    runs: int | None  # of each scenario or row
    seed: int | None
    status: str  # complete, incomplete or broken
    created: str  # date and time of day, UTC, as 2026-01-31T12:00:00+00:00
    size: int  # bytes on disk
    problem: str = ""  # why it cannot be read


@dataclass(frozen=True)
class TableEntry:
    """A table of a result, as it stands on disk."""

    name: str
    rows: int
    columns: int
    size: int  # bytes on disk
    parts: int  # files that hold it while the result is incomplete; 0: one whole file
    meaning: str


def find(folder: str | Path) -> list[Entry]:
    """List the results below a folder, newest first.

    What stands inside a results folder is part of that result. Results that cannot be read are
    listed with the reason.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder")
    closed: list[Entry] = []

    def note(error: OSError) -> None:
        place = Path(error.filename)
        problem = f"cannot be read ({error.strerror})"
        closed.append(Entry(place, "", "", None, None, None, BROKEN, "", 0, problem))

    found = []
    for place, inner, files in os.walk(folder, onerror=note):
        if _MANIFEST in files:
            inner.clear()
            found.append(_entry(Path(place)))
        else:
            inner[:] = sorted(name for name in inner if not name.startswith("."))
    return sorted(found, key=lambda entry: entry.created, reverse=True) + closed


def read(folder: Path) -> tuple[str, dict[str, Any]]:
    """Kind and manifest of a result of any kind.

    Raises
    ------
    InputError
        If the folder holds no result, or one that this version cannot read.
    """
    form = store.format_of(folder)
    kind = KINDS.get(form, "")
    if kind in ("fit", "hindcast"):
        return kind, json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    return kind, store.read_manifest(folder, form if kind else store.FORMAT)


def tables(folder: Path) -> list[TableEntry]:
    """The tables of a batch or sweep; of an incomplete one, from what it finished.

    Raises
    ------
    InputError
        If one is damaged.
    """
    lines = _LINES | (_LINES_OF_SWEEPS if KINDS.get(store.format_of(folder)) == "sweep" else {})
    listed = []
    for name in store.EVERY_TABLE:
        paths = store.sources(folder, name)
        if not paths:
            continue
        rows = 0
        for path in paths:
            try:
                rows += pq.read_metadata(path).num_rows
            except (pa.ArrowInvalid, OSError) as error:
                raise InputError(f"{path}: cannot be read as a Parquet table ({error})") from error
        listed.append(
            TableEntry(
                name,
                rows,
                len(store.union_schema(paths)),
                sum(path.stat().st_size for path in paths),
                0 if paths[0].parent == folder else len(paths),
                lines[name],
            )
        )
    return sorted(listed, key=lambda table: list(_LINES).index(table.name))


def _entry(folder: Path) -> Entry:
    manifest: dict[str, Any] = {}
    kind, about, status, problem = "", "", BROKEN, ""
    rows, runs, seed = None, None, None
    try:
        kind = KINDS.get(store.format_of(folder), "")
        kind, manifest = read(folder)
        status = str(manifest.get("status", "incomplete"))
        given = {**manifest, **manifest.get("settings", {}), **manifest.get("plan", {})}
        rows, runs, seed = (_whole(given.get(name)) for name in ("rows", "runs", "seed"))
        about = _about(manifest)
        problem = _damage(folder, manifest)
    except (InputError, OSError, ValueError) as error:
        problem = str(error).removeprefix(f"{folder / _MANIFEST}: ").removeprefix(f"{folder}: ")
    except (KeyError, TypeError, AttributeError):
        problem = f"{_MANIFEST} was changed: it does not say what other manifests say"
    if problem:
        status = BROKEN
    size, created = _size(folder), str(manifest.get("created") or _changed(folder))
    return Entry(folder, kind, about, rows, runs, seed, status, created, size, problem)


def _whole(value: Any) -> int | None:
    """A number of a manifest, which may say none.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if value is not None and type(value) is not int:
        raise TypeError
    return value


def _about(manifest: dict[str, Any]) -> str:
    scenarios = ", ".join(one["name"] for one in manifest.get("scenarios", []))
    if "design" in manifest:
        return f"{manifest['design']['title']} ({scenarios})"
    return scenarios or str(manifest.get("case", {}).get("name", ""))


def _damage(folder: Path, manifest: dict[str, Any]) -> str:
    """What is missing or cut short of a complete batch or sweep; "" if nothing is."""
    if "scenarios" not in manifest or manifest["status"] != "complete":
        return ""
    for name in manifest.get("digests") or ["runs"]:
        path = folder / f"{name}.parquet"
        if not path.is_file():
            return f"{path.name} is missing"
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - len(_MARK)))
            if file.read() != _MARK:
                return f"{path.name} is damaged or cut short"
    return ""


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def _size(folder: Path) -> int:
    """Bytes of all files; one that goes meanwhile, as while a batch is written, counts nothing."""
    total = 0
    for path in _files(folder):
        try:
            total += path.lstat().st_size
        except OSError:
            continue
    return total


def _changed(folder: Path) -> str:
    """When the manifest was written, where it does not say."""
    seconds = (folder / _MANIFEST).stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
