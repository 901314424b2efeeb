"""A case as text for reading: an overview, or one country with the source of every figure."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sim.case.build import all_names, applicable, base_year, build
from sim.case.check import identifiers
from sim.case.schema import ATTRIBUTES, CONFIDENCE
from sim.case.tables import Row, Table, choice
from sim.core.errors import InputError

WIDTH = 100
_GRADED = ("attributes", "routes", "drivers", "sectors", "texts")


def show(
    tables: Mapping[str, Table], title: str, description: str, base: int, country: str | None
) -> str:
    """Text of the case.

    Parameters
    ----------
    tables : mapping of str to Table
    title, description : str
        Of the case.
    base : int
        Base quarter whose figures are shown.
    country : str or None
        The country shown; None for an overview.

    Returns
    -------
    str
        Lines of at most 100 characters.

    Raises
    ------
    InputError
        If the country is not in the case.
    """
    if country is None:
        return _overview(tables, title, description, base)
    known = all_names(tables).countries
    if country not in known:
        raise InputError(f"country: {choice(country, known)}")
    return _country(tables, title, base, country)


def _overview(tables: Mapping[str, Table], title: str, description: str, base: int) -> str:
    lines = [title, "", *textwrap.wrap(description, WIDTH), ""]
    lines += _columns(
        ("Country", "Name", "Part"),
        [
            (row["country"], row["name"], "core" if row.number("core") else "candidate")
            for row in tables["countries"]
        ],
    )
    lines += _columns(
        ("Power", "Name", "Kind", "Bloc", "Sanctions", "Formats"),
        [
            (
                row["power"],
                row["name"],
                row["kind"],
                row["bloc"],
                ", ".join(
                    word
                    for word, column in (("sanctioned", "sanctioned"), ("enforces", "enforcer"))
                    if row.number(column)
                ),
                row["formats"],
            )
            for row in tables["powers"]
        ],
    )
    lines += _columns(
        ("Channel", "Name", "Role"),
        [(row["channel"], row["name"], row["role"]) for row in tables["channels"]],
    )
    lines += _columns(
        ("Route", "In", "By", "Channel", "Volume, of capacity", "Name"),
        [
            (
                row["route"],
                row["country"],
                row["power"],
                row["channel"],
                f"{row['volume']} of {row['capacity']} {row['unit']}",
                row["name"],
            )
            for row in _latest(tables["routes"], base)
        ],
    )
    counts = []
    for name in _GRADED:
        found = Counter(row["confidence"] for row in tables[name])
        counts.append((name, str(len(tables[name])), *(str(found[grade]) for grade in CONFIDENCE)))
    lines += _columns(("Rows by confidence", "all", *CONFIDENCE), counts)
    lines += [
        f"{len(tables['parameters'])} parameters, {len(tables['evidence'])} pieces of evidence "
        f"from {len(tables['documents'])} documents, {len(tables['sources'])} public sources"
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _country(tables: Mapping[str, Table], title: str, base: int, country: str) -> str:
    name = next(row["name"] for row in tables["countries"] if row["country"] == country)
    publishers = {
        row["id"]: row["publisher"] for table in ("documents", "sources") for row in tables[table]
    }
    lines = [f"{name} ({country}): {title}", ""]
    for attribute, entry in ATTRIBUTES.items():
        if "country" not in entry.axes:
            continue
        rows = _winning(tables["attributes"], attribute, entry.axes, base, country)
        if not rows:
            continue
        lines.append(f"{attribute}: {entry.meaning} [{entry.unit}]")
        for row in rows:
            cell = " ".join(row[axis] for axis in entry.axes if axis != "country" and row[axis])
            value = f"{row.number('value'):.4g}"
            lines += _figure(cell or "all", value, row, publishers)
        lines.append("")
    lines += _routes(tables, base, country, publishers)
    return "\n".join(line.rstrip() for line in lines[:-1]) + "\n"


def _routes(
    tables: Mapping[str, Table], base: int, country: str, publishers: Mapping[str, str]
) -> list[str]:
    """A country's routes, with the part of its channel that each carries."""
    known = {row["route"]: row for row in _latest(tables["routes"], base)}
    world = build(tables, base, all_names(tables).countries)
    routes = world.attributes.routes
    carried = (routes.capacity * routes.yield_)[:, 0]
    lines = []
    for route, share in zip(world.names.routes, carried, strict=True):
        row = known.get(route)
        if row is None or row["country"] != country:
            continue
        value = f"{row['volume']} of {row['capacity']} {row['unit']}"
        lines += _figure(f"{route} {row['power']}", value, row, publishers)
        if share:
            lines.append(f"      carries {share:.3g} of the country's {row['channel']}")
    if lines:
        lines = ["routes: volume, of capacity [unit a year]", *lines, ""]
    return lines


def _winning(
    table: Table, attribute: str, axes: Sequence[str], base: int, country: str
) -> list[Row]:
    """Rows that hold for a country at a base: of two for the same cell, the one that wins."""
    rows = (
        row for row in table if row["attribute"] == attribute and row["country"] in ("", country)
    )
    others = [axis for axis in axes if axis != "country"]
    cells: dict[tuple[str, ...], Row] = {}
    for row in applicable(rows, base_year(base)):
        cells[tuple(row[axis] for axis in others)] = row
    return sorted(cells.values(), key=lambda row: row.line)


def _latest(routes: Table, base: int) -> list[Row]:
    """The row of each route that is known at a base."""
    chosen = []
    for code in routes.codes:
        rows = applicable((row for row in routes if row["route"] == code), base_year(base))
        chosen += rows[-1:]
    return chosen


def _figure(cell: str, value: str, row: Row, publishers: Mapping[str, str]) -> list[str]:
    """One figure: a line with it, and its source and derivation below."""
    interval = f"{row.number('low'):.4g} to {row.number('high'):.4g}" if row["low"] else ""
    line = (
        f"  {cell:<22} {value:>20}   {interval:<22} {row['year'] or 'any year':<9} "
        f"{row['confidence']}"
    )
    sources = ", ".join(publishers.get(name, name) for name in identifiers(row["source"]))
    evidence = f" [{row['evidence']}]" if row["evidence"] else ""
    text = f"{sources}{evidence}: {row['derivation']}"
    indent = " " * 6
    return [line, *textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)]


def _columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in columns as wide as their cells; the last one is wrapped to the width."""
    cells = [header, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header) - 1)]
    indent = sum(width + 2 for width in widths)
    lines = []
    for row in cells:
        start = "".join(cell.ljust(w + 2) for cell, w in zip(row[:-1], widths, strict=True))
        first, *more = textwrap.wrap(row[-1], max(WIDTH - indent, 12)) or [""]
        lines += [start + first, *(" " * indent + line for line in more)]
    rule = "-" * max(len(line.rstrip()) for line in lines)
    return [lines[0], rule, *lines[1:], ""]
