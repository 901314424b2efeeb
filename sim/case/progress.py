"""How far a case has come: which figures the model needs, which are there, which are sourced."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np

from sim.case.build import Indices, base_routes, base_year, winners
from sim.case.case import HEAD, read_head
from sim.case.check import NEEDS_RANGE, SOURCED, identifiers
from sim.case.scaffold import template_rows
from sim.case.schema import ATTRIBUTES, PLACEHOLDER, SEASONS, Attribute
from sim.case.tables import AXES, Problem, Row, Table, survey_tables
from sim.core import quarters
from sim.core.drivers import DRIVERS, Driver
from sim.core.world import Parameters

CELLS: dict[str, Mapping[str, Attribute | Driver]] = {
    "attributes": ATTRIBUTES,
    "drivers": DRIVERS,
}  # tables whose rows give cells of arrays
_INDICES = ("countries", "powers", "channels", "routes")  # tables without which no cell is known
_PROVENANCE = ("source", "derivation", "confidence")


@dataclass(frozen=True)
class Gap:
    """A cell or row that is not finished.

    Attributes
    ----------
    table, item : str
        The table, and the attribute or driver; the item is empty in other tables.
    path : Path
    line : int or None
        None if no row is there yet.
    codes : tuple of str
        Of the cell's indices, or the row's own name.
    lacks : tuple of str
        Columns that are blank, or hold the placeholder.
    quarter : int or None
        The base quarter, of a cell that no row gives.
    covered : bool
        The row is blank, but another gives its cells.
    later : int or None
        Line of a row that gives the cell, but is of a year after the base.
    """

    table: str
    item: str
    path: Path
    line: int | None
    codes: tuple[str, ...]
    lacks: tuple[str, ...]
    quarter: int | None = None
    covered: bool = False
    later: int | None = None

    @property
    def empty(self) -> bool:
        """Is the figure itself missing, and not only where it comes from."""
        return not set(self.lacks) <= {*_PROVENANCE, "low", "high"}


@dataclass(frozen=True)
class Item:
    """One kind of figure: an attribute, a driver, or a whole table.

    Attributes
    ----------
    step : str
        The step in which it is filled in.
    table, name : str
        The table, and the attribute or driver; the name is empty for other tables.
    expected, usual_sources : str
        What a figure of it is, and where it usually comes from.
    total, filled : int
        Cells that the model needs, or rows, and how many of them have their figure.
    gaps : tuple of Gap
    """

    step: str
    table: str
    name: str
    expected: str
    usual_sources: str
    total: int
    filled: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Progress:
    """How far a case has come; made by `progress`.

    Attributes
    ----------
    name : str
    folder : Path
    problems : tuple of Problem
        What is wrong, apart from what is not there yet.
    items : tuple of Item
        In the order in which they are best filled in.
    unread : tuple of Path
        Tables that cannot be read; what is missing in them, or in tables that need their codes, is
        not known and not counted.
    """

    name: str
    folder: Path
    problems: tuple[Problem, ...]
    items: tuple[Item, ...]
    unread: tuple[Path, ...] = ()

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Everything that is not finished: missing figures first, then missing sources."""
        every = [gap for item in self.items for gap in item.gaps]
        return (*(gap for gap in every if gap.empty), *(gap for gap in every if not gap.empty))

    @property
    def begun(self) -> bool:
        """Is the case one to be guided: something is not there yet."""
        return bool(self.gaps)

    @property
    def filled(self) -> int:
        """Cells and rows that have their figure."""
        return sum(item.filled for item in self.items)

    @property
    def total(self) -> int:
        """Cells and rows that the model needs."""
        return sum(item.total for item in self.items)


def progress(folder: Path) -> Progress:
    """Look how far a case has come.

    Parameters
    ----------
    folder : Path
        Of the case.

    Returns
    -------
    Progress

    Raises
    ------
    InputError
        If its ``case.toml`` cannot be used.
    """
    head = read_head(folder / HEAD)
    bases = [quarters.parse(text) for text in (head["as_of"], *head.get("bases", []))]
    tables, problems = survey_tables(folder)
    wrong = {(one.path, one.line) for one in problems if not one.blank}
    gaps = [
        *(gap for base in dict.fromkeys(bases) for gap in _missing(tables, base)),
        *_missing_parameters(tables),
        *_covered(tables),
        *_blank(tables, problems),
        *_unsourced(tables),
    ]
    kept: dict[tuple[str, str, tuple[str, ...], int | None], Gap] = {}
    for gap in gaps:
        if (gap.path, gap.line) not in wrong:
            kept.setdefault((gap.table, gap.item, gap.codes, gap.line), gap)
    items = [
        _item(row, tables, bases[0], [gap for gap in kept.values() if _about(gap, row)])
        for row in template_rows("guide")
    ]
    return Progress(
        folder.resolve().name,
        folder,
        tuple(one for one in problems if not one.blank),
        tuple(item for item in items if item.total or item.gaps),
        tuple(dict.fromkeys(one.path for one in problems if one.path.stem not in tables)),
    )


def _about(gap: Gap, row: Mapping[str, str]) -> bool:
    return (gap.table, gap.item) == (row["table"], row["item"])


def _item(
    row: Mapping[str, str], tables: Mapping[str, Table], base: int, gaps: Sequence[Gap]
) -> Item:
    table = tables.get(row["table"])
    if row["item"]:
        needed = _needed(tables, row["table"], row["item"], base)
        total = 0 if needed is None else len(needed[1])
        filled = 0 if needed is None else int((needed[0] >= 0).sum())
    else:
        absent = sum(gap.line is None for gap in gaps)
        total = absent + (len(table) if table is not None else 0)
        filled = total - len({(gap.line, gap.codes) for gap in gaps if gap.empty})
    return Item(
        row["step"],
        row["table"],
        row["item"],
        row["expected"],
        row["usual_sources"],
        total,
        filled,
        tuple(sorted(gaps, key=lambda gap: math.inf if gap.line is None else gap.line)),
    )


def _codes(tables: Mapping[str, Table]) -> dict[str, tuple[str, ...]] | None:
    """Codes along each axis; None while a table that gives them cannot be read."""
    if any(name not in tables for name in _INDICES):
        return None
    countries, powers, channels, routes = (tables[name].codes for name in _INDICES)
    return {
        "country": countries,
        "power": powers,
        "other": powers,
        "channel": channels,
        "route": routes,
        "season": SEASONS,
    }


def _needed(
    tables: Mapping[str, Table], table: str, name: str, base: int
) -> tuple[Indices, Indices] | None:
    """The rows that give the cells of an attribute or driver, and which cells are needed.

    Returns
    -------
    rows : array of int (cell,)
        Position of the row in the table; -1 where none gives a number.
    cells : array of int (cell, axis)
        Those that the model needs: of a residual, only where routes carry something.
    """
    codes = _codes(tables)
    if codes is None or table not in tables or name == "transit_days":
        return None
    axes = CELLS[table][name].axes
    rows = winners(tables[table], name, axes, codes, base)
    if (table, name) != ("attributes", "residual"):
        return rows.reshape(-1), np.argwhere(np.ones(rows.shape, dtype=bool))
    carried = {
        (codes["country"].index(row["country"]), codes["channel"].index(row["channel"]))
        for row, existed in base_routes(tables["routes"], base_year(base))
        if existed
        and row.number("volume") > 0
        and row["country"] in codes["country"]
        and row["channel"] in codes["channel"]
    }
    cells = np.array(sorted(carried), dtype=np.intp).reshape(-1, 2)
    return rows[tuple(cells.T)], cells


def _missing(tables: Mapping[str, Table], base: int) -> Iterator[Gap]:
    """Cells that no row gives a number, each with the blank row that is there for it."""
    codes = _codes(tables)
    for name, known in CELLS.items():
        for item, entry in known.items():
            needed = _needed(tables, name, item, base)
            if codes is None or needed is None:
                continue
            rows, cells = needed
            table = tables[name]
            blank = [
                row
                for row in table
                if row[table.columns[0]] == item
                and math.isnan(row.number("value"))
                and (row.year is None or row.year <= base_year(base))
            ]
            after = [
                row
                for _, row in table.by_name.get(item, ())
                if row.year is not None
                and row.year > base_year(base)
                and not math.isnan(row.number("value"))
            ]
            for cell in cells[rows < 0]:
                of = {axis: codes[axis][i] for axis, i in zip(entry.axes, cell, strict=True)}
                row = next((row for row in blank if _fits(row, of)), None)
                if row is not None:
                    yield Gap(name, item, table.path, row.line, _indices(row), ("value",))
                else:
                    found = tuple(of.values())
                    later = next((row.line for row in after if _fits(row, of)), None)
                    yield Gap(name, item, table.path, None, found, ("value",), base, later=later)


def _missing_parameters(tables: Mapping[str, Table]) -> Iterator[Gap]:
    """Parameters without a row."""
    table = tables.get("parameters")
    if table is not None:
        found = {row["name"] for row in table}
        for name in (field.name for field in fields(Parameters)):
            if name not in found:
                yield Gap("parameters", "", table.path, None, (name,), ("value",))


def _covered(tables: Mapping[str, Table]) -> Iterator[Gap]:
    """Blank rows of attributes that stand in the way, whether or not another gives their cells."""
    for row in tables.get("attributes", ()):
        if not row["value"] and row["attribute"] in ATTRIBUTES:
            path = tables["attributes"].path
            codes, lacks = _indices(row), ("value",)
            yield Gap("attributes", row["attribute"], path, row.line, codes, lacks, covered=True)


def _fits(row: Row, of: Mapping[str, str]) -> bool:
    if of.keys() == {"power", "other"} and {row["power"], row["other"]} == set(of.values()):
        return True
    return all(row.cells.get(axis, "") in ("", code) for axis, code in of.items())


def _indices(row: Row) -> tuple[str, ...]:
    year = row.cells.get("year", "")
    return tuple(row.cells[axis] for axis in AXES if row.cells.get(axis)) + ((year,) * bool(year))


def _blank(tables: Mapping[str, Table], problems: Iterable[Problem]) -> Iterator[Gap]:
    """Cells of other tables that are blank, or hold the placeholder outside the source."""
    lacks: dict[tuple[str, int], list[str]] = {}
    for one in problems:
        name = one.path.stem
        if one.blank and one.line is not None and (name, one.column) != ("attributes", "value"):
            lacks.setdefault((name, one.line), []).append(one.column)
    for name, table in tables.items():
        for row in table:
            found = [*lacks.get((name, row.line), [])]
            found += [
                column
                for column, cell in row.cells.items()
                if cell == PLACEHOLDER and column not in _PROVENANCE
            ]
            if found:
                yield Gap(
                    name, _item_of(table, row), table.path, row.line, _own(table, row), tuple(found)
                )


def _unsourced(tables: Mapping[str, Table]) -> Iterator[Gap]:
    """Rows with a figure, but without where it comes from."""
    for name in (name for name in SOURCED if name in tables):
        table = tables[name]
        needed = [*_PROVENANCE, *(("low", "high") if name in NEEDS_RANGE else ())]
        for row in table:
            lacks = tuple(
                column
                for column in needed
                if column in table.columns
                and (not row[column] or PLACEHOLDER in identifiers(row[column]))
            )
            unfilled = name in CELLS and not row["value"] and PLACEHOLDER in row["source"]
            if lacks and not unfilled:
                yield Gap(name, _item_of(table, row), table.path, row.line, _own(table, row), lacks)


def _item_of(table: Table, row: Row) -> str:
    return row[table.columns[0]] if table.name in CELLS else ""


def _own(table: Table, row: Row) -> tuple[str, ...]:
    """What tells a row from the others of its item."""
    if table.name in CELLS:
        return _indices(row)
    return (row["name"] if table.name == "parameters" else row[table.columns[0]],)
