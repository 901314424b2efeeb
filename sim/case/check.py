"""What is wrong with a case: sources, evidence, ranges, sums, and completeness for its bases."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

import numpy as np

from sim.case.build import LEAST_RESIDUAL, all_names, build, too_much
from sim.case.schema import ATTRIBUTES, CONFIDENCE, PLACEHOLDER, Attribute
from sim.case.tables import Row, Table, choice, shown, span
from sim.core import quarters
from sim.core.drivers import DRIVERS, Driver
from sim.core.errors import InputError
from sim.core.reference import reference
from sim.core.world import Parameters, World

SOURCED = (
    "attributes",
    "routes",
    "drivers",
    "sectors",
    "texts",
    "parameters",
    "observed_ranges",
    "residual_noise",
)
RANGED = {
    "attributes": "value",
    "routes": "volume",
    "drivers": "value",
    "parameters": "value",
    "observed_ranges": "value",
}
BOUNDS: dict[str, Mapping[str, Attribute | Driver]] = {
    "attributes": ATTRIBUTES,
    "drivers": DRIVERS,
}
NEEDS_RANGE = ("attributes", "parameters", "observed_ranges")
_SEPARATOR = re.compile(r"[;,\s]+")


def identifiers(cell: str) -> list[str]:
    """Ids in a cell that names several, parted by semicolons, commas or spaces."""
    return [name for name in _SEPARATOR.split(cell) if name]


def check(tables: Mapping[str, Table], bases: Sequence[int]) -> list[str]:
    """Look for everything wrong with a case whose tables could be read.

    Parameters
    ----------
    tables : mapping of str to Table
    bases : sequence of int
        Base quarters for which every array has to be complete.

    Returns
    -------
    list of str
        ``file:line: what is wrong``, or ``file: what is wrong`` about a file as a whole.
    """
    problems = [
        *_names(tables),
        *_sources(tables),
        *_ranges(tables),
        *_units(tables["attributes"]),
        *_regional(tables),
        *_utilisation(tables["routes"]),
        *_pairs(tables["drivers"]),
        *_parameters(tables["parameters"]),
    ]
    for base in bases:
        problems += _base(tables, base)
    return list(dict.fromkeys(problems))


def _names(tables: Mapping[str, Table]) -> Iterator[str]:
    """Pictures and reports know actors by their names, so that two may not share one."""
    seen: dict[str, str] = {}
    for table in (tables["countries"], tables["powers"]):
        for row in table:
            where = table.where(row)
            before = seen.setdefault(row["name"].casefold(), where)
            if before != where:
                yield f"{where}: column 'name': found {row['name']!r}, as in {before}"


def _sources(tables: Mapping[str, Table]) -> Iterator[str]:
    known = (*tables["sources"].codes, *tables["documents"].codes)
    evidence = tables["evidence"].codes
    for table in (tables[name] for name in SOURCED if name in tables):
        for row in table:
            where = table.where(row)
            if not row["source"]:
                yield f"{where}: column 'source': found nothing; a source is needed"
            for source in identifiers(row["source"]):
                if source == PLACEHOLDER:
                    yield f"{where}: column 'source': found {source!r}: not yet sourced"
                elif source not in known:
                    yield f"{where}: column 'source': {choice(source, known)}"
            if not row["derivation"]:
                yield f"{where}: column 'derivation': found nothing; say how the figure was made"
            for item in identifiers(row.cells.get("evidence", "")):
                if item not in evidence:
                    yield f"{where}: column 'evidence': found {item!r}, which is no evidence id"
            if "confidence" in table.columns and row["confidence"] not in CONFIDENCE:
                yield f"{where}: column 'confidence': {choice(row['confidence'], CONFIDENCE)}"


def _ranges(tables: Mapping[str, Table]) -> Iterator[str]:
    for name, column in RANGED.items():
        if name not in tables:
            continue
        table, known = tables[name], BOUNDS.get(name, {})
        for row in table:
            low, value, high = row.number("low"), row.number(column), row.number("high")
            if math.isnan(low) and math.isnan(high) and name not in NEEDS_RANGE:
                continue
            where = table.where(row)
            if math.isnan(low) or math.isnan(high):
                yield f"{where}: columns 'low' and 'high': both are needed"
                continue
            if not math.isnan(value) and not low <= value <= high:
                yield (
                    f"{where}: column {column!r}: found {value:g}, outside the row's own range, "
                    f"{low:g} to {high:g}"
                )
            entry = known.get(row[table.columns[0]])
            for end, number in (("low", low), ("high", high)):
                if entry is not None and not entry.low <= number <= entry.high:
                    yield (
                        f"{where}: column {end!r}: found {number:g} for {row[table.columns[0]]}; "
                        f"allowed: {span(entry.low, entry.high)}"
                    )


def _units(attributes: Table) -> Iterator[str]:
    """A figure in another unit than the model reads would be taken for one in the model's.

    A share may say of what ("share of goods trade"); what is only relative has no unit to mistake.
    """
    for row in attributes:
        needed = ATTRIBUTES[row["attribute"]].unit
        both_shares = all(unit.split()[:1] == ["share"] for unit in (row["unit"], needed))
        if row["unit"] and row["unit"] != needed and needed != "relative" and not both_shares:
            yield (
                f"{attributes.where(row)}: column 'unit': found {row['unit']!r}; "
                f"{row['attribute']} is read in {needed!r}, leave it blank or convert the figure"
            )


def _regional(tables: Mapping[str, Table]) -> Iterator[str]:
    """The regional partner neither courts nor coerces anybody."""
    regional = [row["power"] for row in tables["powers"] if row["kind"] == "regional"]
    table = tables["attributes"]
    for row in table:
        if row["attribute"] not in ("budget", "claim", "control") or row.number("value") == 0:
            continue
        if row["power"] in regional:
            yield (
                f"{table.where(row)}: column 'value': found {row['value']}; the regional partner "
                f"{row['power']} has a {row['attribute']} of 0"
            )


def _utilisation(routes: Table) -> Iterator[str]:
    """What is used of a capacity that stands is known: volume over capacity."""
    for row in routes:
        if row["utilisation"] and row.number("capacity") > 0:
            yield (
                f"{routes.where(row)}: column 'utilisation': found {row['utilisation']} for route "
                f"{row['route']}; it is for routes without capacity, leave it blank"
            )


def _pairs(drivers: Table) -> Iterator[str]:
    """A pair of powers has one coordination, in whichever order it is written."""
    seen: dict[tuple[str, str, str], Row] = {}
    for row in drivers:
        if row["power"] and row["other"]:
            first, second = sorted((row["power"], row["other"]))
            before = seen.setdefault((first, second, row["year"]), row)
            if before["value"] != row["value"]:
                yield (
                    f"{drivers.where(row)}: column 'value': found {row['value']} for {first} and "
                    f"{second}; line {before.line} has {before['value']}"
                )


def _parameters(table: Table) -> Iterator[str]:
    for name in (field.name for field in fields(Parameters)):
        if all(row["name"] != name for row in table):
            yield f"{shown(table.path)}: no row gives parameter {name}"


def _base(tables: Mapping[str, Table], base: int) -> list[str]:
    """A world of all countries, candidates too, is complete and its sums hold."""
    names = all_names(tables)
    try:
        world = build(tables, base, names.countries)
    except InputError as error:
        return [str(error)]
    problems = list(_residuals(tables["attributes"], world))
    try:
        reference(world)
    except InputError as error:
        problems.append(f"{shown(tables['attributes'].path)}: {quarters.name(base)}: {error}")
    return problems


def _residuals(table: Table, world: World) -> Iterator[str]:
    total = world.attributes.share.sum(axis=1)[..., 0]
    for c, k in np.argwhere(total > 1.0 - LEAST_RESIDUAL + 1e-9):
        yield too_much(table, world.names.by_axis, (c, k), world.base, total[c, k])
