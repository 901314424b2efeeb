"""Results on disk: atomic parts while a batch runs, one Parquet file a table when it is done.

A results folder holds `manifest.json`, the tables `runs`, `trajectories`, `events` and, if the case
has measures, `observables`, statistics by quarter in `quarters`, and, while a batch runs or after
it was interrupted, a folder `parts` with one file a chunk and table. A chunk counts as finished
once its part of the table `runs` stands, which is written last; so whatever stops a batch, what it
had finished can be read.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from sim.core.errors import InputError

FORMAT = "multivector results 1"
SWEEP_FORMAT = "multivector sweep 1"
TABLES = (
    "trajectories",
    "events",
    "observables",
    "runs",
)  # in the order in which a chunk writes its parts
QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}
_KEYS = ("scenario", "run", "quarter")
_OWN = ("manifest.json", "failures.log", "parts", "pictures")  # what a batch may remove, and tables
_MANIFEST = ("status", "seed", "runs", "case", "scenarios", "outcomes", "failures")  # for readers
_OPEN_FILES = 100  # held open at once
_CELLS = 4_000_000  # values held at once when a table is rewritten: 32 MB of float64


# Preparing the folder


def prepare(folder: Path, overwrite: bool, own: Sequence[str] = (), kind: str = "results") -> None:
    """Make an empty results folder, or refuse before anything has run.

    Parameters
    ----------
    folder : Path
        Where the results will stand; made with its parents.
    overwrite : bool
        Remove the results that the folder holds. Files that are no part of a result stay.
    own : sequence of str
        Further files and folders that are part of results of this kind.
    kind : str
        Word in the manifest's format: only what is of this kind is replaced.

    Raises
    ------
    InputError
        If the folder cannot be made or written to, holds something and `overwrite` is not set, or
        holds something that is no result.
    """
    missing: list[Path] = []  # innermost first
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder}: this is a file; results need a folder")
        if folder.is_dir() and any(folder.iterdir()):
            if not overwrite:
                raise InputError(
                    f"{folder}: the folder is not empty; choose another with --out, "
                    "or replace the results in it with --overwrite"
                )
            if not (folder / "manifest.json").is_file():
                raise InputError(
                    f"{folder}: the folder holds no result, so nothing in it is overwritten; "
                    "choose another"
                )
            if f"multivector {kind} " not in _format(folder):
                raise InputError(
                    f"{folder}: the folder holds something else than {kind}, so nothing in it is "
                    "overwritten; choose another"
                )
            _clear(folder, own)
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise InputError(f"{folder}: cannot write there ({error.strerror})") from error


def _format(folder: Path) -> str:
    """What the manifest says a folder holds; what cannot be read holds nothing of ours."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return f"{manifest['format']} "
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        return f"{FORMAT} "


def _clear(folder: Path, own: Sequence[str]) -> None:
    for name in (*_OWN, *own, *(f"{table}.parquet" for table in (*TABLES, "quarters"))):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


# Writing


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it becomes `path` only if the block ends well.

    The content is on the disk before the name is, so that a crash leaves the old file or the new
    one, never half of it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        _synchronise(temporary)
        os.replace(temporary, path)
        _synchronise(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _synchronise(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows opens no folders, and needs no such flush
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _options(schema: pa.Schema) -> dict[str, Any]:
    """Encodings: split bytes for floats, a dictionary for text, statistics for the keys."""
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)],
        "use_byte_stream_split": [
            field.name for field in schema if pa.types.is_floating(field.type)
        ],
        "write_statistics": [name for name in _KEYS if name in schema.names],
    }


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as one Parquet file, atomically."""
    with atomic(path) as temporary:
        pq.write_table(table, temporary, **_options(table.schema))


def write_part(folder: Path, name: str, key: str, table: pa.Table) -> None:
    """Write a chunk's part of a table; `key` sorts in the order of scenarios and runs."""
    path = _part(folder, name, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(path, table)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write `manifest.json`, atomically."""
    with atomic(folder / "manifest.json") as temporary:
        temporary.write_text(
            json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def _part(folder: Path, name: str, key: str) -> Path:
    return folder / "parts" / name / f"{key}.parquet"


def finished(folder: Path) -> list[str]:
    """Keys of the chunks of which every part stands, in order."""
    return sorted(path.stem for path in (folder / "parts" / "runs").glob("[!.]*.parquet"))


# Compacting


def compact(folder: Path, names: Iterable[str]) -> None:
    """Turn the parts of finished chunks into one file a table.

    Parts are read one by one and written in row groups that never mix scenarios, so that memory
    does not grow with the number of runs. Columns that only some scenarios have are empty in the
    others.
    """
    keys = finished(folder)
    for name in names:
        paths = [path for key in keys if (path := _part(folder, name, key)).is_file()]
        if not paths:
            continue
        schema = union_schema(paths)
        rows = max(1, _CELLS // len(schema))
        with (
            atomic(folder / f"{name}.parquet") as temporary,
            pq.ParquetWriter(temporary, schema, **_options(schema)) as writer,
        ):
            waiting: list[pa.Table] = []
            scenario = _scenario_of(paths[0])
            for path in paths:
                full = sum(part.num_rows for part in waiting) >= rows
                if waiting and (full or _scenario_of(path) != scenario):
                    writer.write_table(pa.concat_tables(waiting).combine_chunks())
                    waiting = []
                scenario = _scenario_of(path)
                waiting.append(_conform(pq.read_table(path), schema))
            writer.write_table(pa.concat_tables(waiting).combine_chunks())


def _scenario_of(path: Path) -> str:
    return path.stem.split("-")[0]


def union_schema(paths: Sequence[Path]) -> pa.Schema:
    """Schema with every column that any scenario's parts have, in the order of first sight."""
    one_each = {_scenario_of(path): path for path in reversed(paths)}
    return pa.unify_schemas([_schema(path) for path in reversed(one_each.values())])


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: cannot be read as a Parquet table ({error})") from error


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    if table.schema == schema:
        return table
    missing = {field.name for field in schema} - set(table.column_names)
    columns = [
        pa.nulls(table.num_rows, field.type) if field.name in missing else table[field.name]
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def remove_parts(folder: Path) -> None:
    """Remove the parts, once their tables stand."""
    shutil.rmtree(folder / "parts", ignore_errors=True)


# Reading


def read_manifest(folder: Path, form: str = FORMAT) -> dict[str, Any]:
    """Read `manifest.json` of a result of that format.

    Raises
    ------
    InputError
        If the folder is missing, or is not a results folder of this format.
    """
    path = folder / "manifest.json"
    try:
        if not folder.is_dir():
            raise InputError(f"{folder}: there is no such folder")
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder}: this is not a results folder (it has no manifest.json)"
        ) from None
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(f"{path}: this is not a manifest of results ({error})") from error
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != form:
        if {found, form} == {FORMAT, SWEEP_FORMAT}:
            kinds = {FORMAT: "a batch", SWEEP_FORMAT: "a sweep"}
            raise InputError(
                f"{folder}: this is the result of {kinds[str(found)]}, not of {kinds[form]}"
            )
        raise InputError(f"{path}: format {found!r} is unknown; this version reads {form!r}")
    missing = [key for key in _MANIFEST if key not in manifest]
    if missing:
        raise InputError(f"{path}: lacks {', '.join(missing)}; it was changed or cut short")
    return manifest


def format_of(folder: Path) -> str:
    """What the manifest of a folder says that it holds; "" where nothing can be read."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return str(manifest["format"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def sources(folder: Path, name: str) -> list[Path]:
    """Files that hold a table: the table itself, or the parts of the chunks finished so far."""
    whole = folder / f"{name}.parquet"
    if whole.is_file():
        return [whole]
    return [path for key in finished(folder) if (path := _part(folder, name, key)).is_file()]


def table(path: Path) -> pa.Table:
    """Read one table whole.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    return pq.read_table(path, schema=_schema(path))


def dataset(folder: Path, name: str) -> ds.Dataset | None:
    """Open a table without reading it; None if nothing of it was recorded."""
    paths = sources(folder, name)
    if not paths:
        return None
    return ds.dataset(paths, schema=union_schema(paths), format="parquet")


# Statistics by quarter


def quarter_statistics(folder: Path, scenarios: Sequence[tuple[str, int]]) -> pa.Table | None:
    """Mean, standard deviation and exact quantiles over runs, by scenario, outcome and quarter.

    Parameters
    ----------
    folder : Path
        A results folder.
    scenarios : sequence of (name, number of quarters)
        In the order in which they are to stand.

    Returns
    -------
    table or None
        Columns scenario, quarter, outcome, n, mean, sd (divisor n - 1) and those of `QUANTILES`;
        None if no trajectories were recorded.

    Notes
    -----
    Exact quantiles need all runs at once, so outcomes are read a few at a time, and in passes over
    some of the quarters where there are very many runs: memory does not grow with their number.
    """
    paths = sources(folder, "trajectories")
    if not paths:
        return None
    names = [name for name in union_schema(paths).names if name not in _KEYS]
    files = {path: pq.ParquetFile(path) for path in paths[:_OPEN_FILES]}
    groups: dict[str, list[tuple[Path, int]]] = {}  # of rows: one scenario each
    for path in paths:
        metadata = (files.get(path) or pq.ParquetFile(path)).metadata
        for group in range(metadata.num_row_groups):
            scenario = metadata.row_group(group).column(0).statistics.min
            groups.setdefault(scenario, []).append((path, group))

    def read(scenario: str, columns: list[str]) -> Iterator[pa.Table]:
        for path, group in groups[scenario]:
            yield (files.get(path) or pq.ParquetFile(path)).read_row_group(group, columns)

    blocks: list[pa.Table] = []
    for scenario, length in scenarios:
        if scenario not in groups:
            continue
        head = next(read(scenario, names))
        runs = sum(table.num_rows for table in read(scenario, ["run"])) // length
        held = {
            name
            for name, column in zip(head.column_names, head.columns, strict=True)
            if column.null_count < head.num_rows
        }
        there = [name for name in names if name in held]
        quarters = next(read(scenario, ["quarter"]))["quarter"].to_numpy()[:length]
        width = max(1, _CELLS // (runs * length))  # outcomes read together
        span = min(length, max(1, _CELLS // runs))  # quarters of a pass
        for start in range(0, len(there), width):
            some = there[start : start + width]
            for begin in range(0, length, span):
                window = slice(begin, begin + span)
                pieces: dict[str, list[Any]] = {name: [] for name in some}
                for table in read(scenario, some):
                    for name in some:
                        values = table[name].to_numpy().reshape(-1, length)
                        pieces[name].append(values[:, window].T.copy())
                blocks += [
                    _statistics(scenario, name, quarters[window], np.concatenate(piece, axis=1))
                    for name, piece in pieces.items()
                ]
    return pa.concat_tables(blocks).combine_chunks()


def _statistics(scenario: str, outcome: str, quarters: Any, values: Any) -> pa.Table:
    """Rows of the table for one outcome; values: array (quarter, run)."""
    values.sort(axis=1)
    length, runs = values.shape
    columns: dict[str, Any] = {
        "scenario": pa.array([scenario] * length, pa.string()),
        "quarter": pa.array(quarters, pa.int32()),
        "outcome": pa.array([outcome] * length, pa.string()),
        "n": pa.array([runs] * length, pa.int64()),
        "mean": values.mean(axis=1, dtype=np.float64),
        "sd": values.std(axis=1, dtype=np.float64, ddof=1) if runs > 1 else np.full(length, np.nan),
    }
    for name, level in QUANTILES.items():  # linear between the two nearest order statistics
        place = level * (runs - 1)
        below = values[:, int(place)].astype(np.float64)
        above = values[:, min(int(place) + 1, runs - 1)].astype(np.float64)
        columns[name] = below + (place - int(place)) * (above - below)
    return pa.table(columns)
