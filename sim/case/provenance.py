"""Which row of which table stands behind each figure of a case at a base quarter."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from sim.case.build import all_names, applicable, base_routes, base_year, winners
from sim.case.check import identifiers
from sim.case.schema import ATTRIBUTES, SEASONS
from sim.case.tables import Row, Table, choice
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError, nearest_name

if TYPE_CHECKING:
    from sim.case.case import Case

# Numbers of a row that the world is built from, beside the value of attributes and drivers.
ROUTE_NUMBERS = (
    "volume",
    "capacity",
    "unit_value_usd",
    "utilisation",
    "days",
    "lead_quarters",
    "build_weight",
)
_SECTOR_NUMBERS = ("background_share", "rate_multiplier", "realisable")
_SECTOR_UNITS = {"background_share": "share", "rate_multiplier": "ratio", "realisable": "share"}
_ROUTE_UNITS = {
    "unit_value_usd": "USD a unit",
    "utilisation": "share",
    "days": "days",
    "lead_quarters": "quarters",
    "build_weight": "relative",
}
_EVERY = "all"  # in an address: a blank index, which holds for all codes
_NOISE = ("noise", "persistence")
_PLACE = re.compile(r"(\w+)(?:\.csv)?:(\d+)")  # a line of a table


@dataclass(frozen=True)
class Figure:
    """One number of a case that counts at a base quarter, and where it comes from.

    Attributes
    ----------
    id : str
        Its address: ``exposure.KAZ.transit``, ``driver.stance.RUS``, ``parameter.fear_push``,
        ``route.CPC.capacity``, ``noise.demand.RUS``. Indices stand in the order of the axes;
        ``all`` is an index that the row leaves blank, left out at the end.
    table : str
    line : int
        Of the row in the table's file.
    column : str
        Of the number in the row.
    name : str
        Attribute, driver, parameter, route, sector or text.
    axes : dict of str to str
        Codes of the row's indices; blank ones are left out.
    value, low, high : float
        NaN where the row gives no range.
    unit : str
    year : int or None
    sources, evidence : tuple of str
        Ids of ``sources.csv`` or ``documents.csv``, and of ``evidence.csv``.
    derivation : str
    confidence : str
        Empty in tables without that column.
    """

    id: str
    table: str
    line: int
    column: str
    name: str
    axes: Mapping[str, str] = field(hash=False)
    value: float
    unit: str
    low: float
    high: float
    year: int | None
    sources: tuple[str, ...]
    derivation: str
    evidence: tuple[str, ...]
    confidence: str


@dataclass(frozen=True)
class Provenance:
    """The figures of a case at a base quarter; made by `provenance`.

    Attributes
    ----------
    case : Case
    base : int
        Base quarter.
    figures : tuple of Figure
        All that give a cell of the world or of its noise.
    """

    case: Case = field(repr=False)
    base: int
    figures: tuple[Figure, ...] = field(repr=False)
    _grids: Mapping[str, tuple[tuple[str, ...], NDArray[Any]]] = field(repr=False)
    _codes: Mapping[str, tuple[str, ...]] = field(repr=False)

    def figure(self, address: str) -> Figure:
        """The figure of an address, or the one behind the cell that it names.

        Parameters
        ----------
        address : str
            ``id`` of a figure, or a cell by its codes: ``wariness.KAZ.RUS`` is given by the row
            for all countries where Kazakhstan has none of its own. ``attribute.`` may stand before
            an attribute, as designs write it. A line of a table, as messages and explanations name
            it (``attributes.csv:1282``), stands for the figure in it.

        Raises
        ------
        InputError
            If there is none, with the nearest address; if a line holds several, with theirs.
        """
        if place := _PLACE.fullmatch(address):
            return self._at(place[1], int(place[2]))
        address = address.removeprefix("attribute.")
        for figure in self.figures:
            if figure.id == address:
                return figure
        for name, (axes, grid) in self._grids.items():
            if address != name and not address.startswith(f"{name}."):
                continue
            codes = [code for code in address.removeprefix(name).split(".") if code]
            if len(codes) == len(axes) and all(map(self._knows, axes, codes)):
                found = grid[self._index(axes, codes)]
                if found is not None:
                    return cast("Figure", found)
        near = nearest_name(address, [figure.id for figure in self.figures])
        raise InputError(
            f"figure: found {address!r}, which gives nothing at {quarters.name(self.base)}"
            + (f"; nearest: {near}" if near else "")
        )

    def _at(self, table: str, line: int) -> Figure:
        """The figure in a line of a table."""
        if table not in self.case.tables:
            raise InputError(f"figure: {self.case.name} has no table {table}.csv")
        found = [one for one in self.figures if (one.table, one.line) == (table, line)]
        if len(found) == 1:
            return found[0]
        several = f"several, {', '.join(one.id for one in found)}: name one" if found else "none"
        raise InputError(
            f"figure: of the figures that count at {quarters.name(self.base)}, {table}.csv, line "
            f"{line}, holds {several}"
        )

    def cell(self, name: str, **codes: str) -> Figure | None:
        """The figure that gives a cell of the world.

        Parameters
        ----------
        name : str
            An attribute (``share``), ``driver.<name>``, ``noise.<name>``, ``persistence.<name>``.
        **codes : str
            Code on each axis: ``country="KAZ", power="RUS", channel="trade"``.

        Returns
        -------
        Figure or None
            None where no row gives the cell, which only residuals and noise allow.

        Raises
        ------
        InputError
            If there is no such name, axis or code.
        """
        if name not in self._grids:
            raise InputError(f"figure: {choice(name, [*self._grids])}")
        axes, grid = self._grids[name]
        if set(codes) != set(axes):
            raise InputError(
                f"{name}: found {', '.join(codes) or 'no axis'}; it has: "
                f"{', '.join(axes) or 'none'}"
            )
        for axis, code in codes.items():
            if code not in self._codes[axis]:
                raise InputError(f"{name}: {axis}: {choice(code, self._codes[axis])}")
        return cast("Figure | None", grid[self._index(axes, [codes[axis] for axis in axes])])

    def carried(self, country: str, power: str, channel: str) -> list[Figure]:
        """Volumes of the routes that carry part of a power's share in a channel of a country."""
        routes = self.case.table("routes")
        row_of = {row.line: row for row in routes}
        place = {"country": country, "power": power, "channel": channel}
        return [
            figure
            for figure in self.figures
            if figure.table == "routes"
            and figure.column == "volume"
            and all(row_of[figure.line][axis] == code for axis, code in place.items())
        ]

    def evidence(self, name: str) -> Row:
        """A row of ``evidence.csv``.

        Raises
        ------
        InputError
            If there is none of that id.
        """
        return _row(self.case.table("evidence"), name)

    def document(self, name: str) -> Row:
        """The document of a piece of evidence, or a document or source by its own id.

        Raises
        ------
        InputError
            If there is none of that id.
        """
        for row in self.case.table("evidence"):
            if row["id"] == name:
                return _row(self.case.table("documents"), row["document"])
        for table in ("documents", "sources"):
            for row in self.case.table(table):
                if row["id"] == name:
                    return row
        known = [
            code for table in ("documents", "sources") for code in self.case.table(table).codes
        ]
        raise InputError(f"document: {choice(name, known)}")

    def resting_on(self, name: str) -> list[Figure]:
        """Figures that name a piece of evidence, a document or a source."""
        return [one for one in self.figures if name in one.evidence or name in one.sources]

    def _knows(self, axis: str, code: str) -> bool:
        return code in self._codes[axis]

    def _index(self, axes: Sequence[str], codes: Sequence[str]) -> tuple[int, ...]:
        return tuple(self._codes[axis].index(code) for axis, code in zip(axes, codes, strict=True))


def figures(case: Case, base: str | int | None = None) -> list[Figure]:
    """The figures of a case that count at a base quarter; see `provenance`."""
    return list(provenance(case, base).figures)


def provenance(case: Case, base: str | int | None = None) -> Provenance:
    """Find the row behind each cell of the world at a base quarter.

    Parameters
    ----------
    case : Case
    base : str or int, optional
        Base quarter, as ``"2014Q4"`` or its number; default: the case's own.

    Returns
    -------
    Provenance
        Over all countries and powers of the case, candidates too. A row that gives no cell, because
        others win all of them, is left out.

    Raises
    ------
    InputError
        If the base is no quarter.
    """
    base = quarters.parse(base) if isinstance(base, str) else case.as_of if base is None else base
    codes = all_names(case.tables).by_axis | {"season": SEASONS}
    grids: dict[str, tuple[tuple[str, ...], NDArray[Any]]] = {}

    def fill(address: str, name: str, axes: tuple[str, ...], column: str, *tables: str) -> None:
        """One grid of figures; where several tables give a cell, the last counts."""
        grid = np.full([len(codes[axis]) for axis in axes], None, dtype=object)
        for table in (case.tables[one] for one in tables if one in case.tables):
            made: dict[int, Figure] = {}
            rows = winners(table, name, axes, codes, base, column)
            for cell in np.argwhere(rows >= 0):
                row = int(rows[tuple(cell)])
                if row not in made:
                    made[row] = _indexed(table, table.rows[row], address, axes, column)
                grid[tuple(cell)] = made[row]
        grids[address] = (axes, grid)

    for name, attribute in ATTRIBUTES.items():
        fill(name, name, attribute.axes, "value", "attributes")
    for name, driver in DRIVERS.items():
        if name != "transit_days":  # its value is the routes' own
            fill(f"driver.{name}", name, driver.axes, "value", "drivers")
        for column in _NOISE:
            fill(f"{column}.{name}", name, driver.axes, column, "drivers", "residual_noise")
    counted: dict[tuple[str, int, str], Figure] = {}
    for _, grid in grids.values():
        for figure in grid.flat:
            if figure is not None:
                counted.setdefault((figure.table, figure.line, figure.column), figure)
    listed = (*counted.values(), *_listed(case.tables, base))
    return Provenance(case, base, listed, grids, codes)


def winning(
    table: Table, name: str, axes: Sequence[str], base: int, country: str | None = None
) -> list[Row]:
    """Rows of an attribute or driver that hold at a base, in the order of the file.

    Of two rows for the same cell, the one that wins. With a country, only rows that hold for it,
    its own before those for all countries.
    """
    first = table.columns[0]
    rows: Iterable[Row] = (row for row in table if row[first] == name)
    if country is not None:
        rows = (row for row in rows if row["country"] in ("", country))
        axes = [axis for axis in axes if axis != "country"]
    cells: dict[tuple[str, ...], Row] = {}
    for row in applicable(rows, base_year(base)):
        cells[tuple(row.cells.get(axis, "") for axis in axes)] = row
    return sorted(cells.values(), key=lambda row: row.line)


def latest_routes(routes: Table, base: int) -> list[Row]:
    """The row of each route that is known at a base."""
    return [row for row, existed in base_routes(routes, base_year(base)) if existed]


def standing(case: Case, countries: Sequence[str], base: int) -> Iterator[tuple[str, Row]]:
    """Rows of the case that hold at a base quarter and bear on some countries.

    Yields
    ------
    str, Row
        What the figure is (attribute, driver or route), and its row: the one that wins its cell.
    """
    shown = {"", *countries}
    for table, known in (("attributes", ATTRIBUTES), ("drivers", DRIVERS)):
        if table not in case.tables:
            continue
        names = dict.fromkeys(
            row[case.table(table).columns[0]]
            for row in case.table(table)
            if row["country"] in shown
        )
        for name in names:
            rows = winning(case.table(table), name, known[name].axes, base)
            yield from ((name.replace("_", " "), row) for row in rows if row["country"] in shown)
    for row in latest_routes(case.table("routes"), base):
        if row["country"] in shown:
            yield "routes", row


def _row(table: Table, name: str) -> Row:
    for row in table:
        if row["id"] == name:
            return row
    raise InputError(f"{table.name}: {choice(name, table.codes)}")


def _indexed(table: Table, row: Row, address: str, axes: Sequence[str], column: str) -> Figure:
    """The figure of a row of attributes, drivers or noise."""
    parts = [row.cells.get(axis, "") or _EVERY for axis in axes]
    while parts and parts[-1] == _EVERY:
        parts.pop()
    name = row[table.columns[0]]
    known = ATTRIBUTES[name] if table.name == "attributes" else DRIVERS[name]
    unit = row.cells.get("unit", "") or known.unit
    return _figure(
        table,
        row,
        ".".join([address, *parts]),
        name,
        column,
        "correlation" if column == "persistence" else unit,
        {axis: row[axis] for axis in axes if row.cells.get(axis)},
    )


def _listed(tables: Mapping[str, Table], base: int) -> Iterator[Figure]:
    """Figures of the tables in which each row is a thing of its own."""
    for row in tables["parameters"]:
        name = row["name"]
        yield _figure(tables["parameters"], row, f"parameter.{name}", name, "value", "", {})
    table = tables["routes"]
    for row, existed in base_routes(table, base_year(base)):
        for column in ROUTE_NUMBERS:
            if column in ("volume", "capacity") and not existed:
                continue  # it was not there yet
            address = f"route.{row['route']}.{column}"
            unit = _ROUTE_UNITS.get(column, row["unit"])
            axes = {axis: row[axis] for axis in ("country", "power", "channel", "route")}
            if not math.isnan(row.number(column)):
                yield _figure(table, row, address, row["route"], column, unit, axes)
    for row in tables["sectors"]:
        for column in _SECTOR_NUMBERS:
            address, unit = f"sector.{row['sector']}.{column}", _SECTOR_UNITS[column]
            axes = {"channel": row["channel"]}
            yield _figure(tables["sectors"], row, address, row["sector"], column, unit, axes)
    for row in tables["texts"]:
        address = f"text.{row['text']}.threshold"
        yield _figure(tables["texts"], row, address, row["text"], "threshold", "position", {})
    for row in tables["texts_stakes"]:
        power = {"power": row["power"]} if row["power"] else {}
        address = ".".join(["stake", row["text"], *power.values()])
        yield _figure(tables["texts_stakes"], row, address, row["text"], "stake", "ratio", power)


def _figure(
    table: Table,
    row: Row,
    address: str,
    name: str,
    column: str,
    unit: str,
    axes: Mapping[str, str],
) -> Figure:
    # A row's range is that of its main number; the others have none.
    ranged = "low" in table.columns and column in ("value", "volume")
    return Figure(
        id=address,
        table=table.name,
        line=row.line,
        column=column,
        name=name,
        axes=axes,
        value=row.number(column),
        unit=unit,
        low=row.number("low") if ranged else math.nan,
        high=row.number("high") if ranged else math.nan,
        year=row.year if "year" in table.columns else None,
        sources=tuple(identifiers(row.cells.get("source", ""))),
        derivation=row.cells.get("derivation", ""),
        evidence=tuple(identifiers(row.cells.get("evidence", ""))),
        confidence=row.cells.get("confidence", ""),
    )
