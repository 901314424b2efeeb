"""Results on disk: atomic parts while work runs, one Parquet file a table when it is done.

A results folder holds `manifest.json`; the tables, one file each (`EVERY_TABLE`); and, while a
batch or a sweep runs, or after it was interrupted, a folder `parts` with one file a task and table.
A task counts as finished once its part of the table `runs` stands, which is written last; so
whatever stops the work, what was finished can be read, and gone on with.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from sim.core.errors import InputError
from sim.experiment.digest import Digest

FORMAT = "multivector results 1"
SWEEP_FORMAT = "multivector sweep 1"
TABLES = (
    "trajectories",
    "events",
    "observables",
    "runs",
)  # in the order in which a chunk writes its parts
EVERY_TABLE = (  # of batches and sweeps
    *TABLES,
    "quarters",
    "means",
    "variances",
    "design",
    "units",
    "parameters",
)
_OF_FIRST_RUNS = ("observables",)  # which later chunks of a scenario do not have
KEYS = ("scenario", "row", "run", "quarter")
_MANIFEST = ("status", "seed", "runs", "case", "scenarios", "outcomes", "failures")  # for readers
_CELLS = 4_000_000  # values held at once when a table is rewritten: 32 MB of float64


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
        "write_page_checksum": True,
        "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)],
        "use_byte_stream_split": [
            field.name for field in schema if pa.types.is_floating(field.type)
        ],
        "write_statistics": [name for name in KEYS if name in schema.names],
    }


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as one Parquet file, atomically."""
    with atomic(path) as temporary:
        pq.write_table(table, temporary, **_options(table.schema))


def encode(table: pa.Table) -> pa.Buffer:
    """The bytes of the Parquet file that holds a table."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **_options(table.schema))
    return sink.getvalue()


def write_part(folder: Path, name: str, key: str, table: pa.Table | pa.Buffer) -> None:
    """Write a chunk's part of a table, which may have been encoded where it was made.

    `key` sorts in the order of scenarios and runs.
    """
    path = _part(folder, name, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = encode(table) if isinstance(table, pa.Table) else table
    with atomic(path) as temporary:
        temporary.write_bytes(encoded)


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


def spoilt(folder: Path, rows: Mapping[str, int]) -> list[str]:
    """Keys of finished chunks of which a part is gone or damaged, or lacks runs.

    Parameters
    ----------
    folder : Path
    rows : mapping of str to int
        Lines of the table `runs` that each chunk makes.
    """
    found = set()
    done = finished(folder)
    there = {path.name for path in (folder / "parts").glob("*/") if any(path.glob("[!.]*"))}
    for name in there & set(EVERY_TABLE):
        parts = {key: _part(folder, name, key) for key in done}
        kept = [key for key, path in parts.items() if path.is_file()]
        for key, path in parts.items():
            try:
                lines = pq.read_metadata(path).num_rows
            except FileNotFoundError:
                last = max((one for one in kept if one[:3] == key[:3]), default="")
                if name not in _OF_FIRST_RUNS or key < last:
                    found.add(key)
            except (pa.ArrowException, OSError):
                found.add(key)
            else:
                if name == "runs" and lines != rows[key]:
                    found.add(key)
    return sorted(found)


def forget(folder: Path, key: str) -> None:
    """Remove the parts of a chunk, the one that marks it as finished first."""
    for name in ("runs", *EVERY_TABLE):
        _part(folder, name, key).unlink(missing_ok=True)


# Compacting


def compact(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Turn the parts of finished tasks into one file a table.

    Parts are read one by one and written in row groups that never mix scenarios, so that memory
    does not grow with the number of runs. Columns that only some scenarios have are empty in the
    others. Returns the digests of the tables.
    """
    keys = finished(folder)
    digests = {}
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
            content = Digest(schema)
            for block in _blocks(paths, schema, rows):
                content.add(block)
                writer.write_table(block)
        digests[name] = content.text()
    return digests


def _blocks(paths: Sequence[Path], schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    """The content of parts in blocks of that many rows or more, none with two scenarios."""
    waiting: list[pa.Table] = []
    scenario = _scenario_of(paths[0])
    own: pa.Schema | None = None  # columns of this scenario
    for path in paths:
        full = sum(part.num_rows for part in waiting) >= rows
        if waiting and (full or _scenario_of(path) != scenario):
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
        try:
            part = pq.read_table(path, schema=table_schema(path), page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"{path}: is damaged ({reason}); remove it, and the same command with --resume "
                "makes it anew"
            ) from error
        if _scenario_of(path) != scenario:
            own = None
        scenario = _scenario_of(path)
        if own is not None and part.schema != own:
            raise InputError(
                f"{path}: has other columns than the parts before it; it was changed, so begin "
                "anew with --overwrite"
            )
        own = part.schema
        waiting.append(_conform(part, schema))
    yield pa.concat_tables(waiting).combine_chunks()


def _scenario_of(path: Path) -> str:
    return path.stem.split("-")[0]


def union_schema(paths: Sequence[Path]) -> pa.Schema:
    """Schema with every column that any scenario's parts have, in the order of first sight."""
    one_each = {_scenario_of(path): path for path in reversed(paths)}
    return pa.unify_schemas([table_schema(path) for path in reversed(one_each.values())])


def table_schema(path: Path) -> pa.Schema:
    """Columns of one stored table.

    Raises
    ------
    InputError
        If the file is damaged.
    """
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
    return pq.read_table(path, schema=table_schema(path))


def digest(path: Path) -> str:
    """Digest of the content of a stored table; read a row group at a time.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    content = Digest(table_schema(path))
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            content.add(file.read_row_group(group))
    return content.text()


def dataset(folder: Path, name: str) -> ds.Dataset | None:
    """Open a table without reading it; None if nothing of it was recorded."""
    paths = sources(folder, name)
    if not paths:
        return None
    return ds.dataset(paths, schema=union_schema(paths), format="parquet")
