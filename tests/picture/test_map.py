"""The map of routes: its figures against plain pandas, its geometry, its words."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.case import load_case
from sim.case.geography import Geography, Place
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment import Result, load
from sim.picture.batch import map as route_map
from sim.picture.batch.cartography import GAP, INCH, Room, along, conic, side_by_side, sketch
from sim.picture.batch.subject import Subject, subjects
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.style import Actor, Caption

ROUTES = ["PIPE", "RAIL", "PLAN"]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, make_result: Callable[..., Result]) -> Result:
    """The invented result, whose routes run from countries through powers."""
    folder = tmp_path_factory.mktemp("map")
    make_result(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    case = manifest["case"]
    power = case["powers"][1]["code"]
    for route, country in zip(case["routes"], case["countries"], strict=True):
        route.update(country=country["code"], power=power, commodity="oil")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    opened = load(folder)
    assert isinstance(opened, Result)
    return opened


def subject(result: Result, **options: str) -> Subject:
    return subjects(result, Request.of(**options))[0]


def pages(result: Result, **options: str) -> list[Page]:
    request = Request.of(**options)
    return list(route_map.pages(subjects(result, request)[0], request))


def medians(result: Result, scenario: str, quarter: int) -> pd.Series[float]:
    rows = result.trajectories(["route_volume"])
    rows = rows[(rows["scenario"] == scenario) & (rows["quarter"] == quarter)]
    return rows[[f"route_volume.{route}" for route in ROUTES]].median().set_axis(ROUTES)


def test_volumes_are_medians_over_runs(result: Result) -> None:
    first = result.scenarios[0]
    quarter = quarters.parse("2023Q3")
    for at in (None, quarter):
        shown = route_map.table(subject(result), first, quarter=at).set_index("route")
        expected = medians(result, first, quarters.parse("2024Q4") if at is None else at)
        np.testing.assert_allclose(shown["volume"][ROUTES], expected)
        assert (shown["quarter"] == ("2024Q4" if at is None else "2023Q3")).all()


def test_changes_are_differences_of_medians_where_they_are_largest(result: Result) -> None:
    first, other = result.scenarios
    shown = route_map.table(subject(result), other, first).set_index("route")
    apart = {}
    for name in ("2023Q1", "2023Q2", "2023Q3", "2023Q4", "2024Q1", "2024Q2", "2024Q3", "2024Q4"):
        now, before = (medians(result, one, quarters.parse(name)) for one in (other, first))
        apart[name] = (now, before)
    mt, teu = ["PIPE", "PLAN"], ["RAIL"]
    most = {
        unit[0]: max(max(now[unit].max(), before[unit].max()) for now, before in apart.values())
        for unit in (mt, teu)
    }
    sums = {
        name: sum(float((now - before)[unit].abs().sum()) / most[unit[0]] for unit in (mt, teu))
        for name, (now, before) in apart.items()
    }
    chosen = max(sums, key=lambda name: sums[name])
    now, before = apart[chosen]
    assert (shown["quarter"] == chosen).all()
    np.testing.assert_allclose(shown["before"][ROUTES], before)
    np.testing.assert_allclose(shown["difference"][ROUTES], now - before)


def test_a_wanted_quarter_and_country(result: Result) -> None:
    page = pages(result, at="2023Q2", country=result.manifest["case"]["countries"][0]["code"])[0]
    assert list(page.table["route"]) == ["PIPE"]
    assert list(page.table["quarter"]) == ["2023Q2"]
    assert "2023Q2" in page.caption.shown


def test_a_quarter_that_was_not_recorded(result: Result) -> None:
    with pytest.raises(InputError, match="at: volumes of routes were not recorded in 2031Q1; "
                       "recorded: 2023Q1 to 2024Q4"):  # fmt: skip
        route_map.table(subject(result), result.scenarios[0], quarter=quarters.parse("2031Q1"))


def test_a_case_without_a_map_is_sketched(
    result: Result,
    page_words: Callable[[Figure], str],
    page_collisions: Callable[[Figure], list[tuple[str, ...]]],
) -> None:
    made = pages(result)
    assert [page.name for page in made] == ["map", f"map_difference_{result.scenarios[1]}"]
    for page in made:
        figure = page.draw()
        assert "A sketch" in page_words(figure).replace("\n", " ")
        assert page_collisions(figure) == []


def test_the_alternative_tells_the_main_numbers(result: Result) -> None:
    page = pages(result)[0]
    largest = page.table.iloc[0]
    assert f"{largest['name']} (" in page.alternative
    assert f"{largest['volume']:.3g} {largest['unit']}" in page.alternative
    assert "1 carry nothing" in page.alternative


# Drawn on the shipped geography


def shipped(volumes: dict[str, float], before: dict[str, float] | None = None) -> pd.DataFrame:
    """A table of shipped routes."""
    listed = {row["route"]: row for row in load_case("central_asia").table("routes")}
    rows = [
        {
            **{name: listed[route][name] for name in ("name", "commodity", "country", "power")},
            "route": route,
            "unit": listed[route]["unit"],
            "quarter": "2030Q1",
            "volume": volume,
            "capacity": listed[route].number("capacity"),
        }
        for route, volume in volumes.items()
    ]
    table = pd.DataFrame(rows)
    if before is not None:
        table["before"] = [before[route] for route in table["route"]]
        table["difference"] = table["volume"] - table["before"]
    return table


def drawn(table: pd.DataFrame, caption: Caption) -> Figure:
    case = load_case("central_asia")
    assert case.geography is not None
    countries = [Actor(r["country"], r["name"], r["colour"]) for r in case.table("countries")]
    powers = [Actor(r["power"], r["name"], r["colour"]) for r in case.table("powers")]
    return route_map.draw(table, case.geography, countries, powers, caption)


def lines(figure: Figure, gid: str) -> list[tuple[str, float]]:
    """Colour and width of the lines of a kind."""
    return [
        (str(line.get_color()), line.get_linewidth())
        for line in figure.axes[0].get_lines()
        if line.get_gid() == gid
    ]


def test_widths_are_volumes_and_colours_are_hands(caption: Caption) -> None:
    figure = drawn(shipped({"CPC": 40.0, "MIDDLE_CORRIDOR": 10.0, "GAS_UNION_KAZ": 0.0}), caption)
    colours = {row["power"]: row["colour"] for row in load_case("central_asia").table("powers")}
    full = route_map.WIDEST / 53.7  # capacity of the first, the largest of its unit
    found = dict(lines(figure, "volume"))
    assert found == pytest.approx({colours["RUS"]: 40 * full, colours["TUR"]: 10 * full})
    assert [width for _, width in lines(figure, "capacity")] == [pytest.approx(route_map.WIDEST)]
    assert len(lines(figure, "nothing")) == 1


def test_changes_of_all_units_share_a_scale(caption: Caption) -> None:
    volumes, before = {"CPC": 30.0, "CAGP_TKM": 33.0}, {"CPC": 50.0, "CAGP_TKM": 28.0}
    figure = drawn(shipped(volumes, before), caption)
    less, more = 20 / 53.7, 5 / 40  # of the largest capacity of each unit
    assert dict(lines(figure, "volume")) == pytest.approx(
        {
            route_map.LESS: route_map.WIDEST,
            route_map.MORE: route_map.WIDEST * more / less,
        }
    )


def test_all_shipped_routes_fit_on_one_map(
    caption: Caption,
    page_words: Callable[[Figure], str],
    page_collisions: Callable[[Figure], list[tuple[str, ...]]],
) -> None:
    case = load_case("central_asia")
    volumes = {row["route"]: row.number("volume") for row in case.table("routes")}
    figure = drawn(shipped(volumes), caption)
    assert page_collisions(figure) == []
    words = page_words(figure).splitlines()
    assert {"Kazakhstan", "Azerbaijan", "RUSSIA", "CHINA", "TURKEY", "Caspian Sea"} <= set(words)
    assert {str(number) for number in range(1, route_map.MOST_NUMBERED + 1)} <= set(words)


@pytest.mark.parametrize("missing", route_map.NEEDED)
def test_a_missing_column(caption: Caption, missing: str) -> None:
    with pytest.raises(InputError, match=f"a map needs a column {missing}; the table has none"):
        drawn(shipped({"CPC": 1.0}).drop(columns=missing), caption)


def test_no_route_with_a_line(caption: Caption) -> None:
    table = shipped({"CPC": 1.0}).assign(route="OTHER")
    with pytest.raises(InputError, match="a map needs a route whose line is known; found none"):
        drawn(table, caption)


# Geometry


def test_the_projection_keeps_angles() -> None:
    frame = np.array([[30.0, 35.0], [85.0, 55.0]])
    for longitude, latitude in ((35.0, 37.0), (60.0, 45.0), (84.0, 54.0)):
        step = 1e-4
        here, east, north = conic(
            np.array([
                [longitude, latitude],
                [longitude + step / np.cos(np.radians(latitude)), latitude],
                [longitude, latitude + step],
            ]),
            frame,
        )  # fmt: skip
        across, up = east - here, north - here
        assert np.hypot(*across) == pytest.approx(np.hypot(*up), rel=1e-3)
        assert abs(across @ up) < 1e-3 * (across @ across)
        assert up[1] > 0
        assert across[0] > 0


def test_a_true_parallel_has_its_length() -> None:
    frame = np.array([[30.0, 36.0], [85.0, 54.0]])  # true at 39 and 51 degrees
    one, other = conic(np.array([[60.0, 39.0], [60.01, 39.0]]), frame)
    expected = np.radians(0.01) * np.cos(np.radians(39.0))
    assert np.hypot(*(other - one)) == pytest.approx(expected, rel=1e-6)


def test_routes_lie_side_by_side_on_a_shared_way() -> None:
    at = {"A": np.array([0.0, 0.0]), "B": np.array([2.0, 0.0]), "C": np.array([2.0, 2.0])}
    ways = {"one": ("A", "B", "C"), "two": ("C", "B", "A"), "alone": ("A", "C")}
    found = side_by_side(ways, at, {"one": 4.0, "two": 2.0, "alone": 1.0})
    between = (4.0 / 2 + GAP + 2.0 / 2) / INCH
    one, two = found["one"], found["two"][::-1]
    assert abs(one[0, 1] - two[0, 1]) == pytest.approx(between)
    assert abs(one[2, 0] - two[2, 0]) == pytest.approx(between)
    for line in (one, two):  # parallel to the way on both legs, bend and all
        assert line[0, 1] == pytest.approx(line[1, 1])
        assert line[1, 0] == pytest.approx(line[2, 0])
    np.testing.assert_allclose(found["alone"], [at["A"], at["C"]])


def test_a_way_back_on_itself_has_an_end() -> None:
    at = {"A": np.array([0.0, 0.0]), "B": np.array([2.0, 0.0])}
    found = side_by_side({"there": ("A", "B", "A"), "one": ("A", "B")}, at,
                         {"there": 2.0, "one": 2.0})  # fmt: skip
    assert np.isfinite(found["there"]).all()


def test_a_part_of_a_lines_length() -> None:
    line = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]])
    np.testing.assert_allclose(along(line, 0.5), [2.0, 0.0])
    np.testing.assert_allclose(along(line, 0.875), [3.0, 0.5])


def test_boxes_do_not_overlap_and_stay_on_the_paper() -> None:
    room = Room(3.0, 2.0)
    centre = np.array([1.5, 1.0])
    for _ in range(20):
        assert room.place([centre], 0.5, 0.2) is not None
    low, high = np.array(room.taken)[:, :2], np.array(room.taken)[:, 2:]
    assert (low >= 0).all()
    assert (high <= [3.0, 2.0]).all()
    both = (low[:, None] < high - 1e-9) & (low + 1e-9 < high[:, None])
    assert np.triu(both.all(axis=2), 1).sum() == 0
    assert room.place([centre], 0.5, 0.2, must=False) is None


@pytest.mark.parametrize(("countries", "powers"), [(1, 1), (3, 3), (9, 7)])
def test_a_sketch_of_any_case(
    countries: int, powers: int, caption: Caption,
    page_collisions: Callable[[Figure], list[tuple[str, ...]]],
) -> None:  # fmt: skip
    small = [Actor(f"C{n}", f"The Long Republic of {n}", "#0072B2") for n in range(countries)]
    large = [Actor(f"P{n}", f"Power {n}", "#D55E00") for n in range(powers)]
    routes = {f"R{c}{p}": (f"C{c}", f"P{p}") for c in range(countries) for p in range(powers)}
    table = pd.DataFrame(
        {
            "route": list(routes),
            "name": [f"Route {code}" for code in routes],
            "commodity": "",
            "country": [country for country, _ in routes.values()],
            "power": [power for _, power in routes.values()],
            "unit": "Mt a year",
            "quarter": "2030Q1",
            "volume": np.arange(len(routes), dtype=float) + 1,
            "capacity": np.nan,
        }
    )
    geography = sketch([one.code for one in small], [one.code for one in large], routes)
    figure = route_map.draw(table, geography, small, large, caption, sketched=True)
    assert page_collisions(figure) == []


def test_places_that_lie_in_one_point_can_be_drawn(caption: Caption) -> None:
    places = {
        "A": Place("A", "town", 50.0, 40.0),
        "B": Place("B", "town", 50.0, 40.0 + 1e-7),
    }
    table = shipped({"CPC": 1.0})
    route_map.draw(table, Geography(places, {"CPC": ("A", "B")}), [], [], caption)


def test_no_text_is_too_small_to_print(caption: Caption) -> None:
    figure = drawn(shipped({"CPC": 40.0, "CAGP_TKM": 30.0}), caption)
    sizes = [text.get_fontsize() for text in figure.axes[0].texts]
    assert min(sizes) >= 8.5


def test_the_union_is_named_west_of_ukraine(caption: Caption) -> None:
    """Its name stays in the neighbourhood of Istanbul and Romania, left of the Dniester's mouth."""
    figure = drawn(shipped({"CPC": 50.0}), caption)
    axes = figure.axes[0]
    texts = {text.get_text(): text for text in axes.texts}
    union, novorossiysk = texts["EUROPEAN\nUNION"], texts["Novorossiysk"]
    assert union.get_position()[0] < 1.0 < novorossiysk.get_position()[0]
