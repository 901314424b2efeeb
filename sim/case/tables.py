"""Reading the CSV tables of a case, with errors that say file, line, column and what is allowed."""

from __future__ import annotations

import codecs
import csv
import io
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sim.case.schema import (
    ATTRIBUTES,
    KEYS,
    NEEDED,
    OPTIONAL,
    PARAMETERS,
    TABLES,
    Attribute,
    Column,
)
from sim.core.drivers import DRIVERS, Driver
from sim.core.errors import InputError, nearest_name

_FORMS = {  # of cells that are text: what they look like, and in words
    "text": (re.compile(r".*", re.DOTALL), ""),
    "code": (re.compile(r"[A-Za-z0-9_-]+"), "letters, digits, _ and -"),
    "colour": (re.compile(r"#[0-9A-Fa-f]{6}"), "# and six hexadecimal digits"),
}
AXES = ("country", "power", "other", "channel", "route", "season")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a table; its text is the message."""

    message: str
    path: Path
    line: int | None = None  # None: about the file as a whole
    column: str = ""
    blank: bool = False  # nothing stands where something is needed

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Row:
    """One row of a table.

    ``row["country"]`` is a cell's text; ``row.number("value")`` its number, NaN where blank.
    """

    line: int
    cells: Mapping[str, str]
    numbers: Mapping[str, float]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def number(self, column: str) -> float:
        """Number in a column of kind number, flag or year; NaN where the cell is blank."""
        return self.numbers[column]

    @property
    def year(self) -> int | None:
        """The row's year, or None if it holds for all years."""
        year = self.numbers["year"]
        return None if math.isnan(year) else int(year)


@dataclass(frozen=True)
class Table:
    """A table of a case; iterating over it gives its rows."""

    name: str
    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def codes(self) -> tuple[str, ...]:
        """What the first column holds, each once, in order of appearance."""
        return tuple(dict.fromkeys(row[self.columns[0]] for row in self.rows))

    @cached_property
    def by_name(self) -> Mapping[str, tuple[tuple[int, Row], ...]]:
        """Rows with their positions, by what the first column holds, in the order of the file."""
        found: dict[str, list[tuple[int, Row]]] = {}
        for position, row in enumerate(self.rows):
            found.setdefault(row[self.columns[0]], []).append((position, row))
        return {name: tuple(rows) for name, rows in found.items()}

    def where(self, row: Row) -> str:
        """``file:line`` of a row, for messages."""
        return f"{shown(self.path)}:{row.line}"

    def problem(self, row: Row, text: str) -> Problem:
        """Something wrong with a row."""
        return Problem(f"{self.where(row)}: {text}", self.path, row.line)


def shown(path: Path) -> str:
    """A path as messages show it: relative to the working directory where that is shorter.

    A link keeps its own name, by which the reader knows it, wherever it leads.
    """
    absolute = Path(os.path.realpath(path.parent), path.name)
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)


def shown_once(paths: Iterable[Path]) -> str:
    """The paths where something was looked for: in a checkout two of them are the same."""
    return ", ".join(dict.fromkeys(map(shown, paths)))


def choice(found: str, allowed: Sequence[str]) -> str:
    """The part of a message about a name that is not among those allowed."""
    text = f"found {found!r}; allowed: {', '.join(allowed) or 'none, the table is empty'}"
    near = nearest_name(found, allowed)
    return f"{text}; nearest: {near}" if near else text


def read_text(path: Path) -> str:
    """The text of a UTF-8 file.

    Raises
    ------
    InputError
        If the file cannot be read, is not UTF-8 text, or is empty.
    """
    if path.is_fifo():  # would wait for somebody to write into it
        raise InputError(f"{shown(path)}: cannot be read: is a pipe, not a file")
    try:
        data = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{shown(path)}: cannot be read: {reason.lower()}") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8") + "\0"
    before, *after = text.split("\0", 1)
    if after:
        line = before.count("\n") + 1
        raise InputError(f"{shown(path)}:{line}: is not text in UTF-8; save the file as UTF-8")
    if not text.strip():
        raise InputError(f"{shown(path)}: is empty")
    return text


def read_table(
    path: Path, columns: Sequence[Column], key: Sequence[str], codes: Mapping[str, Sequence[str]]
) -> Table:
    """Read one CSV table and check every cell against its column.

    Parameters
    ----------
    path : Path
        The file; the table takes its name from the file's stem.
    columns : sequence of Column
        The columns the table has; their order in the file is free.
    key : sequence of str
        Columns that no two rows may share.
    codes : mapping of str to sequence of str
        Codes of the tables read before, for columns that refer to them.

    Raises
    ------
    InputError
        At the first thing wrong.
    """
    table, problems = survey_table(path, columns, key, codes)
    if table is None or problems:
        raise InputError(str(problems[0]))
    return table


def read_tables(folder: Path) -> dict[str, Table]:
    """Read all tables of a case.

    Parameters
    ----------
    folder : Path
        Holds ``<table>.csv`` for every key of `sim.case.schema.TABLES`, those of `OPTIONAL` only
        if the case has them.

    Raises
    ------
    InputError
        At the first thing wrong in a file, or between files.
    """
    tables, problems = survey_tables(folder)
    if problems:
        raise InputError(str(problems[0]))
    return tables


def survey_table(
    path: Path, columns: Sequence[Column], key: Sequence[str], codes: Mapping[str, Sequence[str]]
) -> tuple[Table | None, list[Problem]]:
    """Read one CSV table as far as it can be read, and list everything wrong with it.

    Parameters
    ----------
    path, columns, key
        As for `read_table`.
    codes : mapping of str to sequence of str
        As for `read_table`; columns that refer to a table that is not in it are not checked.

    Returns
    -------
    Table or None
        None if the file or its header cannot be read. A cell that is wrong gives no number; a row
        that repeats another is left out.
    list of Problem
        In the order of the lines.
    """
    try:
        lines = _lines(path, read_text(path))
        header_line, header = lines[0]
        name = shown(path)
        _check_header(f"{name}:{header_line}", header, columns)
    except InputError as error:
        return None, [Problem(str(error), path)]
    order = {name: position for position, name in enumerate(header)}
    problems: list[Problem] = []
    rows: list[Row] = []
    first: dict[tuple[str, ...], int] = {}
    for line, found in lines[1:]:
        where = f"{name}:{line}"
        ragged = len(found) != len(header)
        if ragged:
            text = (
                f"{where}: found {len(found)} cells; the header has {len(header)} columns "
                "(a text with a comma needs quotes)"
            )
            problems.append(Problem(text, path, line))
            found = [*found, *[""] * len(header)]  # the codes in front still tell which row it is
        cells = {c.name: found[order[c.name]] if c.name in order else "" for c in columns}
        numbers: dict[str, float] = {}
        for column in columns:
            try:
                number = math.nan if ragged else _number(where, column, cells[column.name], codes)
            except InputError as error:
                number, blank = math.nan, not cells[column.name]
                problems.append(Problem(str(error), path, line, column.name, blank))
            if column.kind not in _FORMS:
                numbers[column.name] = number
        same = tuple(cells[name] for name in key)
        if same in first:
            what = ", ".join(f"{name} {cells[name]}" for name in key if cells[name])
            text = f"{where}: {what} stands already on line {first[same]}"
            problems.append(Problem(text, path, line))
            continue
        first[same] = line
        rows.append(Row(line, cells, numbers))
    return Table(path.stem, path, tuple(column.name for column in columns), tuple(rows)), problems


def survey_tables(folder: Path) -> tuple[dict[str, Table], list[Problem]]:
    """Read all tables of a case as far as they can be read, and list everything wrong.

    Parameters
    ----------
    folder : Path
        As for `read_tables`.

    Returns
    -------
    dict of str to Table
        Those that could be read; see `survey_table`.
    list of Problem
        File by file, then what is wrong between rows; one for a line of the latter at most.
    """
    tables: dict[str, Table] = {}
    codes: dict[str, Sequence[str]] = {}
    problems: list[Problem] = []
    for name, columns in TABLES.items():
        if name in OPTIONAL and not (folder / f"{name}.csv").exists():
            continue
        table, found = survey_table(folder / f"{name}.csv", columns, KEYS[name], codes)
        problems += found
        if table is None:
            continue
        if name in NEEDED and not len(table):
            text = f"{shown(table.path)}: has no rows; at least one is needed"
            problems.append(Problem(text, table.path))
        tables[name] = table
        if len(table) or name not in NEEDED:  # else every code of the other tables would be wrong
            codes[name] = table.codes
    between: list[Iterator[Problem]] = [
        check(tables[name], *rest) for name, check, *rest in _CHECKS if name in tables
    ]
    known = {(one.path, one.line) for one in problems if not one.blank}
    for problem in (one for found in between for one in found):
        if (problem.path, problem.line) not in known:
            known.add((problem.path, problem.line))
            problems.append(problem)
    return tables, problems


def _lines(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Rows that are not blank, with the line each starts on; the first is the header."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                lines.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{shown(path)}:{start}: is not a row of a CSV table: {error}") from None
    return lines


def _check_header(where: str, header: Sequence[str], columns: Sequence[Column]) -> None:
    names = [column.name for column in columns]
    for mark, found in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            raise InputError(f"{where}: found {found} between the columns; commas are needed")
    for position, name in enumerate(header):
        if name not in names:
            raise InputError(f"{where}: no such column: {choice(name, names)}")
        if name in header[:position]:
            raise InputError(f"{where}: column {name!r} stands twice in the header")
    missing = [c.name for c in columns if not c.optional and c.name not in header]
    if missing:
        raise InputError(
            f"{where}: column {missing[0]!r} is missing; found: {', '.join(header)}; "
            f"needed: {', '.join(c.name for c in columns if not c.optional)}"
        )


def _number(where: str, column: Column, cell: str, codes: Mapping[str, Sequence[str]]) -> float:
    """Check a cell; its number, or NaN where it is blank or text."""
    where = f"{where}: column {column.name!r}"
    if not cell:
        if column.blank or column.optional:
            return math.nan
        raise InputError(f"{where}: found nothing; a {column.kind} is needed")
    allowed = codes.get(column.table) if column.table else column.allowed or None
    if allowed is not None and cell not in allowed:
        raise InputError(f"{where}: {choice(cell, allowed)}")
    if column.kind in _FORMS:
        form, words = _FORMS[column.kind]
        if not form.fullmatch(cell):
            raise InputError(f"{where}: found {cell!r}; allowed: {words}")
        return math.nan
    if column.kind == "flag":
        if cell not in ("0", "1"):
            raise InputError(f"{where}: found {cell!r}; allowed: 0, 1")
        return float(cell)
    if column.kind == "year":
        if not (len(cell) == 4 and cell.isascii() and cell.isdigit()):
            raise InputError(f"{where}: found {cell!r}; allowed: a year of four digits, or blank")
        return float(cell)
    try:
        number = float(cell) if cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where}: found {cell!r}; a number is needed")
    if not column.low <= number <= column.high:
        raise InputError(f"{where}: found {cell}; allowed: {span(column.low, column.high)}")
    return number


def span(low: float, high: float) -> str:
    """A range in words, for messages."""
    if math.isinf(high):
        return f"{low:g} or more"
    return f"{low:g} to {high:g}"


def _check_powers(powers: Table) -> Iterator[Problem]:
    regional = [row for row in powers if row["kind"] == "regional"]
    for row in regional[1:]:
        yield powers.problem(
            row,
            f"column 'kind': {row['power']} is a second regional partner; line "
            f"{regional[0].line} has one already",
        )


def _check_routes(routes: Table) -> Iterator[Problem]:
    """A route stays in its country, channel and unit in all years, and within its capacity."""
    first: dict[str, Row] = {}
    for row in routes:
        before = first.setdefault(row["route"], row)
        for column in ("country", "channel", "unit"):
            if row[column] != before[column]:
                yield routes.problem(
                    row,
                    f"column {column!r}: found {row[column]!r} for route {row['route']}; "
                    f"line {before.line} has {before[column]!r}",
                )
        if row.number("volume") > row.number("capacity"):
            yield routes.problem(
                row,
                f"column 'volume': found {row['volume']} for route {row['route']}; allowed: at "
                f"most the capacity, {row['capacity']}",
            )
        if row["unit_value_usd"] and not row.number("unit_value_usd") > 0:
            yield routes.problem(
                row,
                f"column 'unit_value_usd': found {row['unit_value_usd']} for route "
                f"{row['route']}; allowed: more than 0",
            )


def _check_parameters(parameters: Table) -> Iterator[Problem]:
    """Rows of parameters: an id of their own, a known name, and numbers with a meaning."""
    first: dict[str, Row] = {}
    for row in parameters:
        before = first.setdefault(row["id"], row)
        if row["id"] and row is not before:
            yield parameters.problem(
                row,
                f"column 'id': found {row['id']!r}, which {before['name']} on line {before.line} "
                "has already",
            )
        name = row["name"]
        if name not in PARAMETERS:
            yield parameters.problem(row, f"column 'name': {choice(name, tuple(PARAMETERS))}")
            continue
        for column in ("value", "low", "high"):
            yield from _beyond(parameters, row, column, name, *PARAMETERS[name])


def _check_cells(
    table: Table, column: str, known: Mapping[str, Attribute | Driver]
) -> Iterator[Problem]:
    """Rows of attributes and drivers: a known name, its own axes only, a value in its range."""
    yield from _check_index(table, column, known)
    for row in table:
        name = row[column]
        if name not in known:
            continue
        entry = known[name]
        if name == "transit_days" and row["value"]:
            yield table.problem(
                row,
                f"column 'value': found {row['value']} for {name}; it comes from column 'days' of "
                "the routes, leave it blank",
            )
        yield from _beyond(table, row, "value", name, entry.low, entry.high)


def _beyond(
    table: Table, row: Row, column: str, name: str, low: float, high: float
) -> Iterator[Problem]:
    """A number that is given and lies outside the range of what it is about."""
    if row[column] and not low <= row.number(column) <= high:
        yield table.problem(
            row,
            f"column {column!r}: found {row[column]} for {name}; allowed: {span(low, high)}",
        )


def _check_index(
    table: Table, column: str, known: Mapping[str, Attribute | Driver]
) -> Iterator[Problem]:
    """Rows of a known name that fill its own axes only."""
    axes = [name for name in AXES if name in table.columns]
    for row in table:
        name = row[column]
        if name not in known:
            yield table.problem(row, f"column {column!r}: {choice(name, tuple(known))}")
            continue
        entry = known[name]
        for axis in axes:
            if row[axis] and axis not in entry.axes:
                takes = ", ".join(entry.axes) or "none"
                yield table.problem(
                    row,
                    f"column {axis!r}: found {row[axis]!r}, but {column} {name!r} has no {axis}; "
                    f"it has: {takes}",
                )


# What is wrong between rows: the table, and the function that looks with what else it needs.
_CHECKS: tuple[tuple[str, Callable[..., Iterator[Problem]], *tuple[Any, ...]], ...] = (
    ("powers", _check_powers),
    ("routes", _check_routes),
    ("parameters", _check_parameters),
    ("attributes", _check_cells, "attribute", ATTRIBUTES),
    ("drivers", _check_cells, "driver", DRIVERS),
    ("residual_noise", _check_index, "driver", DRIVERS),
)
