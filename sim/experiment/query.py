"""SQL over the tables of a result, in memory and read only."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from sim.core.errors import InputError, missing_package
from sim.experiment import store
from sim.experiment.result import Result, load
from sim.experiment.sweep_result import Sweep
from sim.scenario.problems import nearest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MEMORY = "1GB"  # most that a query may use; it never spills to disk
_MOST_THREADS = 4
_CELLS = 4_000_000  # values of a piece of the answer: 32 MB of float64


def query(result: Result | Sweep | str | Path, sql: str) -> pd.DataFrame:
    """Answer one SQL query about a result.

    Parameters
    ----------
    result : Result, Sweep or path of a results folder
    sql : str
        One SELECT statement in DuckDB's SQL. The result's tables stand as views under their names
        (`runs`, `events`, `design`, ...), also while the result is incomplete. Names with dots are
        quoted: ``SELECT avg("autonomy.KAZ") FROM runs``.

    Returns
    -------
    DataFrame
        The answer, whole.

    Raises
    ------
    InputError
        If DuckDB is not installed, the folder holds no result, or the query cannot be run: it is
        no single SELECT, reaches for files or the network, or needs too much memory.
    """
    with answer(result, sql) as batches:
        return batches.read_pandas()


@contextmanager
def answer(result: Result | Sweep | str | Path, sql: str) -> Iterator[pa.RecordBatchReader]:
    """Give the answer to a query piece by piece, so that it need not fit in memory.

    Parameters, Raises : as `query`; errors also come while the pieces are read.
    """
    folder = load(result).folder if isinstance(result, str | Path) else result.folder
    try:
        import duckdb
    except ImportError:
        raise missing_package("a query", "DuckDB", "query") from None
    files = {name: paths for name in store.EVERY_TABLE if (paths := store.sources(folder, name))}
    schemas = {name: store.union_schema(paths) for name, paths in files.items()}  # checks the files
    if not files:
        raise InputError(f"{folder}: this result holds no table yet")
    connection = duckdb.connect(":memory:")
    try:
        _open(connection, files)
        # A COPY could write over the tables themselves: nothing but reading gets past this.
        kinds = [one.type for one in connection.extract_statements(sql)]
        if kinds != [duckdb.StatementType.SELECT]:
            raise InputError(
                "the query is to be one SELECT statement, which reads and changes nothing"
            )
        relation = connection.sql(sql)
        reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader  # older
        yield reader(max(1, _CELLS // len(relation.columns)))
    except (duckdb.Error, pa.ArrowException) as error:
        columns = [name for schema in schemas.values() for name in schema.names]
        raise InputError(_explained(error, sql, list(files), columns)) from None
    finally:
        connection.close()


def _open(connection: DuckDBPyConnection, files: dict[str, list[Path]]) -> None:
    """Make a view a table; then shut the database off from all files but theirs, for good."""
    for name, paths in files.items():
        connection.execute(
            f'CREATE VIEW "{name}" AS SELECT * FROM '
            f"read_parquet({_listed(paths)}, union_by_name = {len(paths) > 1})"
        )
    settings = {
        "allowed_paths": _listed([path for paths in files.values() for path in paths]),
        "temp_directory": "''",
        "memory_limit": f"'{_MEMORY}'",
        "threads": str(min(_MOST_THREADS, os.cpu_count() or 1)),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",  # variables of Python are no tables
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    for name, value in settings.items():
        connection.execute(f"SET {name} = {value}")


def _listed(paths: list[Path]) -> str:
    """Paths as a list in SQL; in names of folders, brackets and stars mean themselves."""
    texts = (str(path.absolute()).replace("'", "''") for path in paths)
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"


def _explained(error: Exception, sql: str, tables: list[str], columns: list[str]) -> str:
    """What DuckDB complains of, in one line, and what may help."""
    text = str(error)
    if "file system operations are disabled" in text or "external extensions is disabled" in text:
        return "a query reads the tables of its result only, no other files and no network"
    if "Out of Memory Error" in text:
        return f"the query needs more than {_MEMORY}; ask for fewer columns or rows, or for groups"
    text = text.split("\n\nLINE")[0].split("Error: ", 1)[-1]
    text = " ".join(text.replace("!\n", "; ").split()).rstrip("!.?")
    hint = ""
    if "Table with name" in text:
        hint = f"; tables: {', '.join(tables)}"
    elif dotted := _unquoted(sql, columns):
        hint = (
            f'; names with dots are quoted: "{dotted}" '
            "(in a shell, put the whole query in single quotes)"
        )
    elif "." not in text.partition("bindings")[2] and (
        found := re.search(r'Referenced column "(.*\..*?)" not found', text)
    ):  # older versions suggest short names only
        hint = nearest(found[1], columns)
    return f"the query cannot be run: {text}{hint}"


def _unquoted(sql: str, columns: list[str]) -> str | None:
    """A name of an outcome's column that stands in a query without its quotes."""
    outcomes = {name.split(".")[0].lower() for name in columns if "." in name}
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", " ", sql)
    for token in re.findall(r"\w+(?:\.\w+)+", bare):
        words: list[Any] = token.split(".")
        for place, word in enumerate(words[:-1]):
            if word.lower() in outcomes:
                return ".".join(words[place:])
    return None
