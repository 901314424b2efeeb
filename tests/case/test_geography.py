"""The tables of the map: what they may hold, and that no run depends on them."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sim.case import Case, load_case
from sim.core.errors import InputError

PLACES = """place,kind,country,power,longitude,latitude,source,derivation
Avaland,country,AVA,,60,45,sketch,by hand
North,power,,NOR,60,55,sketch,by hand
Port,town,,,55.5,50,sketch,by hand
Junction,point,,,58,50,sketch,by hand
"""
LINES = """route,places,source,derivation
northern_pipe,Junction; Port,sketch,by hand
"""
OUTLINES = """outline,kind,country,points,source,derivation
lake,water,,56 46 57 46 57 47,sketch,by hand
all,land,,50 40 70 40 70 60 50 60,sketch,by hand
ava,country,AVA,55 42 65 42 65 48,sketch,by hand
"""


@pytest.fixture
def mapped(folder: Path) -> Path:
    """The copy of the toy case, with tables of a map."""
    (folder / "map_places.csv").write_text(PLACES)
    (folder / "map_lines.csv").write_text(LINES)
    (folder / "map_outlines.csv").write_text(OUTLINES)
    return folder


def test_a_case_without_a_map(toy: Case) -> None:
    assert toy.geography is None
    assert toy.check() == []


def test_what_the_tables_say(mapped: Path) -> None:
    case = load_case(mapped)
    assert case.check() == []
    found = case.geography
    assert found is not None
    assert found.lines == {"northern_pipe": ("Junction", "Port")}
    port, north = found.places["Port"], found.places["North"]
    assert (port.kind, port.longitude, port.latitude, port.code) == ("town", 55.5, 50.0, "")
    assert (north.kind, north.code) == ("power", "NOR")
    assert [one.kind for one in found.outlines] == ["land", "country", "water"]
    np.testing.assert_array_equal(found.outlines[1].points, [[55, 42], [65, 42], [65, 48]])


def test_places_are_enough(mapped: Path) -> None:
    (mapped / "map_lines.csv").unlink()
    (mapped / "map_outlines.csv").unlink()
    found = load_case(mapped).geography
    assert found is not None
    assert (found.lines, found.outlines) == ({}, ())


@pytest.mark.parametrize("kept", ["map_lines", "map_outlines"])
def test_places_are_needed(mapped: Path, kept: str) -> None:
    for name in {"map_places", "map_lines", "map_outlines"} - {kept}:
        (mapped / f"{name}.csv").unlink()
    (problem,) = load_case(mapped).check()
    assert problem.endswith(f"{kept}.csv: a map needs map_places.csv beside it; there is none")


def test_no_run_depends_on_them(mapped: Path, toy: Case) -> None:
    assert load_case(mapped).hash() == toy.hash()


WRONG = [
    (
        "map_lines.csv",
        "Junction; Port",
        "Junction; Prot",
        "case/map_lines.csv:2: column 'places': found 'Prot'; allowed: Avaland, North, Port, "
        "Junction; nearest: Port",
    ),
    (
        "map_lines.csv",
        "Junction; Port",
        "Port",
        "case/map_lines.csv:2: column 'places': found 'Port'; a route needs two places or more, "
        "and none twice in a row",
    ),
    (
        "map_lines.csv",
        "Junction; Port",
        "Port; Port",
        "found 'Port; Port'; a route needs two places or more, and none twice in a row",
    ),
    (
        "map_places.csv",
        "Avaland,country,AVA,",
        "Avaland,country,,",
        "case/map_places.csv:2: column 'country': found '' for a place of kind country; a code "
        "is needed",
    ),
    (
        "map_places.csv",
        "Port,town,,,",
        "Port,town,,NOR,",
        "case/map_places.csv:4: column 'power': found 'NOR' for a place of kind town; leave it "
        "blank",
    ),
    (
        "map_outlines.csv",
        "ava,country,AVA",
        "ava,country,",
        "case/map_outlines.csv:4: column 'country': found '' for an outline of kind country; an "
        "outline of kind country has a code, no other has one",
    ),
    (
        "map_outlines.csv",
        "56 46 57 46 57 47",
        "56 46 57 46 57",
        "case/map_outlines.csv:2: column 'points': found '56 46 57 46 57'; allowed: longitude and "
        "latitude of 3 points or more, with blanks between",
    ),
    ("map_outlines.csv", "56 46 57 46 57 47", "56 46 57 46 57 x", "found '56 46 57 46 57 x'"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), WRONG)
def test_what_is_wrong_is_told(
    mapped: Path, change: Callable[[str, str, str], None],
    file: str, old: str, new: str, message: str,
) -> None:  # fmt: skip
    change(file, old, new)
    case = load_case(mapped)
    with pytest.raises(InputError) as error:
        _ = case.geography
    assert message in str(error.value)
    assert any(message in problem for problem in case.check())


def test_a_place_outside_the_globe(mapped: Path, change: Callable[[str, str, str], None]) -> None:
    change("map_places.csv", "55.5,50", "255.5,50")
    with pytest.raises(InputError, match=r"column 'longitude': found 255\.5; allowed: -180 to 180"):
        load_case(mapped)


# The shipped tables


def test_every_shipped_route_and_country_is_on_the_map() -> None:
    case = load_case("central_asia")
    found = case.geography
    assert found is not None
    assert set(found.lines) == set(case.table("routes").codes)
    named = {one.code for one in found.places.values() if one.kind == "country"}
    assert named == set(case.table("countries").codes)
    assert {one.country for one in found.outlines} - {""} == named
    holders = {row["power"] for row in case.table("routes")} - {"REG"}
    assert holders <= {one.code for one in found.places.values() if one.kind == "power"}


def test_no_stretch_of_a_shipped_route_is_far_too_long() -> None:
    found = load_case("central_asia").geography
    assert found is not None
    for route, way in found.lines.items():
        for one, other in pairwise(found.places[name] for name in way):
            apart = np.hypot((one.longitude - other.longitude) * 0.7, one.latitude - other.latitude)
            assert apart < 13, f"{route}: {one.name} to {other.name}"  # degrees; a slip of a digit


# Their derivation


@pytest.fixture(scope="module")
def derivation() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "outlines.py"
    spec = importlib.util.spec_from_file_location("outlines", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lines_are_simplified_within_the_slack(derivation: ModuleType) -> None:
    along = np.linspace(0, 6, 300)
    line = np.column_stack([60 + along, 45 + np.sin(along)])
    kept = derivation.simplify(line)
    assert 4 < len(kept) < 60
    np.testing.assert_array_equal(kept[[0, -1]], line[[0, -1]])
    back = np.interp(line[:, 0], kept[:, 0], kept[:, 1])
    assert np.abs(back - line[:, 1]).max() < 1.5 * derivation.SLACK  # slopes are at most 1


def test_neighbours_share_their_border(derivation: ModuleType, tmp_path: Path) -> None:
    topology = {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": [
            [[60, 40], [1, 1], [-1, 1], [1, 1], [-1, 1]],  # the border, from south to north
            [[60, 44], [-4, 0], [0, -4], [4, 0]],
            [[60, 44], [4, 0], [0, -4], [-4, 0]],
        ],
        "objects": {
            "land": {"type": "GeometryCollection", "geometries": []},
            "countries": {
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]], "properties": {"name": "West"}},
                    {"type": "MultiPolygon", "arcs": [[[0, 2]]], "properties": {"name": "East"}},
                ]
            },
        },
    }
    rows = derivation.outlines(topology, {"WES": "West", "EAS": "East"})
    assert [row["country"] for row in rows] == ["WES", "EAS"]
    border = "60.00 40.00 61.00 41.00 60.00 42.00 61.00 43.00 60.00 44.00"
    assert all(border in row["points"] for row in rows)
    with pytest.raises(SystemExit, match="Natural Earth has no country 'North'"):
        derivation.outlines(topology, {"NOR": "North"})


def test_rings_are_cut_to_the_window(derivation: ModuleType) -> None:
    west, south, east, north = derivation.WINDOW
    whole = np.array([[-180.0, -80.0], [180.0, -80.0], [180.0, 80.0], [-180.0, 80.0]])
    cut = derivation.clip(whole)
    assert abs(derivation.area(cut)) == pytest.approx((east - west) * (north - south))
    assert len(derivation.clip(whole + 1000)) == 0


def test_the_shipped_table_is_small_and_names_its_source() -> None:
    path = load_case("central_asia").folder / "map_outlines.csv"
    assert path.stat().st_size < 60_000
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    made = [row for row in rows if row["source"].startswith("Natural Earth")]
    assert made
    assert all("no position on any border" in row["derivation"] for row in made)
