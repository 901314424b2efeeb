"""Where the countries, powers and routes of a case lie: what a map is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.case.tables import Table, choice, shown
from sim.core.errors import InputError

Points = NDArray[np.float64]  # (point, 2): longitude and latitude [degrees]
_LEAST = 3  # points of an outline


@dataclass(frozen=True)
class Place:
    """A place with a name: where it lies [degrees], and which country or power it stands for."""

    name: str
    kind: str
    longitude: float
    latitude: float
    code: str = ""


@dataclass(frozen=True)
class Outline:
    """A closed line: of land, of water within it, or of a country."""

    kind: str
    country: str
    points: Points


@dataclass(frozen=True)
class Geography:
    """What a map of a case is drawn from.

    Attributes
    ----------
    places : mapping of str to Place
        By name.
    lines : mapping of str to tuple of str
        Names of the places that a route runs through, by the route's code.
    outlines : tuple of Outline
        In the order in which they are painted.
    """

    places: Mapping[str, Place]
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outlines: tuple[Outline, ...] = ()


def geography(tables: Mapping[str, Table]) -> Geography | None:
    """Read the tables of the map.

    Parameters
    ----------
    tables : mapping of str to Table
        Of a case; lines and outlines may be missing.

    Returns
    -------
    Geography or None
        None where there is no table of places.

    Raises
    ------
    InputError
        If there are lines or outlines but no places, or a row cannot be used: a country without its
        code, a route through a place that is not in the table, an outline that is no list of
        points.
    """
    if "map_places" not in tables:
        for name in ("map_lines", "map_outlines"):
            if name in tables:
                path = shown(tables[name].path)
                raise InputError(f"{path}: a map needs map_places.csv beside it; there is none")
        return None
    places = _places(tables["map_places"])
    return Geography(
        places,
        _lines(tables["map_lines"], places) if "map_lines" in tables else {},
        _outlines(tables["map_outlines"]) if "map_outlines" in tables else (),
    )


def _places(table: Table) -> dict[str, Place]:
    found = {}
    for row in table:
        kind = row["kind"]
        for axis in ("country", "power"):
            if bool(row[axis]) != (axis == kind):
                needed = "a code is needed" if axis == kind else "leave it blank"
                raise InputError(
                    f"{table.where(row)}: column {axis!r}: found {row[axis]!r} for a place of kind "
                    f"{kind}; {needed}"
                )
        found[row["place"]] = Place(
            row["place"],
            kind,
            row.number("longitude"),
            row.number("latitude"),
            row["country"] or row["power"],
        )
    return found


def _lines(table: Table, places: Mapping[str, Place]) -> dict[str, tuple[str, ...]]:
    found = {}
    for row in table:
        names = tuple(name.strip() for name in row["places"].split(";"))
        where = f"{table.where(row)}: column 'places'"
        for name in names:
            if name not in places:
                raise InputError(f"{where}: {choice(name, tuple(places))}")
        if len(names) < 2 or any(one == other for one, other in pairwise(names)):
            raise InputError(
                f"{where}: found {row['places']!r}; a route needs two places or more, and none "
                "twice in a row"
            )
        found[row["route"]] = names
    return found


def _outlines(table: Table) -> tuple[Outline, ...]:
    found = []
    for row in table:
        where = table.where(row)
        if bool(row["country"]) != (row["kind"] == "country"):
            raise InputError(
                f"{where}: column 'country': found {row['country']!r} for an outline of kind "
                f"{row['kind']}; an outline of kind country has a code, no other has one"
            )
        try:
            points = np.array([float(number) for number in row["points"].split()])
        except ValueError:
            points = np.empty(0)
        if points.size < 2 * _LEAST or points.size % 2 or not np.isfinite(points).all():
            raise InputError(
                f"{where}: column 'points': found {row['points'][:40]!r}; allowed: longitude and "
                f"latitude of {_LEAST} points or more, with blanks between"
            )
        found.append(Outline(row["kind"], row["country"], points.reshape(-1, 2)))
    painted = {"land": 0, "country": 1, "water": 2}  # waters lie in countries too
    return tuple(sorted(found, key=lambda outline: painted[outline.kind]))
