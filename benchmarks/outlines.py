"""Outlines for the map of a case, made from Natural Earth: coasts, and borders of its countries.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz package/countries-50m.json
    python benchmarks/outlines.py package/countries-50m.json calibration/central_asia

Writes ``map_outlines.csv`` into the folder of the case. Countries are found by the name that the
case gives them. The file holds arcs that neighbours share; each is simplified once (Douglas and
Peucker), so that borders stay shared. Rows with another source than Natural Earth are kept as they
are. The borders of powers are left out, disputed ones among them.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # longitude and latitude [degrees], one point a row

COLUMNS = ("outline", "kind", "country", "points", "source", "derivation")
SOURCE = "Natural Earth 4.1.0, land and countries at 1:50 million, public domain"
WINDOW = (18.0, 20.0, 104.0, 64.0)  # west, south, east, north [degrees]
SLACK = 0.06  # farthest that a simplified line may lie from the original [degrees]
LEAST = 0.06  # smaller islands and lakes are left out [square degrees]


def arcs(topology: dict[str, Any]) -> list[Points]:
    """The arcs of a TopoJSON file in degrees, simplified."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    return [simplify(np.cumsum(arc, axis=0) * scale + shift) for arc in topology["arcs"]]


def simplify(line: Points) -> Points:
    """The line without points that lie within `SLACK` of what is left; both ends stay.

    A closed line is cut at the point farthest from its ends first.
    """
    keep = np.zeros(len(line), dtype=bool)
    keep[[0, -1]] = True
    pieces = [(0, len(line) - 1)]
    while pieces:
        first, last = pieces.pop()
        if last - first < 2:
            continue
        inner, along = line[first + 1 : last] - line[first], line[last] - line[first]
        length = np.hypot(*along)
        if length > 0:
            far = np.abs(inner[:, 0] * along[1] - inner[:, 1] * along[0]) / length
        else:
            far = np.hypot(inner[:, 0], inner[:, 1])
        if far.max() > SLACK:
            middle = first + 1 + int(far.argmax())
            keep[middle] = True
            pieces += [(first, middle), (middle, last)]
    return line[keep]


def rings(shape: dict[str, Any], lines: list[Points]) -> Iterator[tuple[bool, Points]]:
    """The rings of a shape in the window, each with whether it is a hole."""
    parts = {
        "Polygon": lambda: [shape["arcs"]],
        "MultiPolygon": lambda: shape["arcs"],
        "GeometryCollection": lambda: [],
    }[shape["type"]]()
    for inner in shape.get("geometries", ()):
        yield from rings(inner, lines)
    for part in parts:
        for place, ring in enumerate(part):
            joined = [lines[i] if i >= 0 else lines[~i][::-1] for i in ring]
            points = np.vstack([joined[0], *(one[1:] for one in joined[1:])])
            cut = clip(points)
            if len(cut) > 3 and abs(area(cut)) > LEAST:
                yield place > 0, cut


def clip(ring: Points) -> Points:
    """The part of a ring inside the window (Sutherland and Hodgman)."""
    west, south, east, north = WINDOW
    for axis, limit, sign in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
        inside = sign * (ring[:, axis] - limit) >= 0
        kept: list[Points] = []
        for at in range(len(ring)):
            before, here = ring[at - 1], ring[at]
            if inside[at] != inside[at - 1]:
                part = (limit - before[axis]) / (here[axis] - before[axis])
                kept.append(before + part * (here - before))
            if inside[at]:
                kept.append(here)
        if not kept:
            return np.empty((0, 2))
        ring = np.array(kept)
    return ring


def area(ring: Points) -> float:
    """Signed area of a ring [square degrees]."""
    x, y = ring.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def outlines(topology: dict[str, Any], names: dict[str, str]) -> list[dict[str, str]]:
    """Rows of the table: land, waters within it, and the countries named, by code."""
    lines = arcs(topology)
    shapes = {
        one["properties"]["name"]: one for one in topology["objects"]["countries"]["geometries"]
    }
    found = [("water" if hole else "land", "", ring)
             for hole, ring in rings(topology["objects"]["land"], lines)]  # fmt: skip
    for code, name in names.items():
        if name not in shapes:
            raise SystemExit(f"countries.csv: Natural Earth has no country {name!r}")
        found += [("country", code, ring) for hole, ring in rings(shapes[name], lines) if not hole]
    derivation = (
        f"Simplified to {SLACK:g} degrees and cut to a window; implies no position on any border"
    )
    return [
        {
            "outline": f"{kind}-{place}",
            "kind": kind,
            "country": code,
            "points": " ".join(f"{x:.2f} {y:.2f}" for x, y in ring),
            "source": SOURCE,
            "derivation": derivation,
        }
        for place, (kind, code, ring) in enumerate(found, start=1)
    ]


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("topology", type=Path, help="countries-50m.json of npm's world-atlas")
    parser.add_argument("case", type=Path, help="folder of the case")
    given = parser.parse_args()
    with (given.case / "countries.csv").open(encoding="utf-8", newline="") as file:
        names = {row["country"]: row["name"] for row in csv.DictReader(file)}
    path = given.case / "map_outlines.csv"
    kept: list[dict[str, str]] = []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            kept = [row for row in csv.DictReader(file) if row["source"] != SOURCE]
    topology = json.loads(given.topology.read_text(encoding="utf-8"))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*outlines(topology, names), *kept])


if __name__ == "__main__":
    main()
