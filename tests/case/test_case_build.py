"""Arrays from tables: which row counts, what is normalised, and what routes carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from sim.case import Case, load_case
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.world import Array, Attributes, Parameters, World

Change = Callable[[str, str, str], None]
Rows = Callable[[str, Callable[[dict[str, str]], bool | None]], None]


def arrays(world: World) -> dict[str, Array]:
    """All arrays of a world by name, those of routes, sectors and texts too."""
    found = {f"driver {name}": array for name, array in world.drivers.items()}
    attributes = world.attributes
    for group in (
        attributes,
        attributes.routes,
        attributes.sectors,
        attributes.texts,
        world.parameters,
    ):
        for field in fields(group):
            value = getattr(group, field.name)
            if isinstance(value, np.ndarray):
                found[f"{type(group).__name__} {field.name}"] = value
    return found


def same(one: World, other: World) -> None:
    for (name, a), b in zip(arrays(one).items(), arrays(other).values(), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


def at(world: World, country: str, power: str, channel: str) -> float:
    names = world.names
    return float(
        world.attributes.share[
            names.countries.index(country),
            names.powers.index(power),
            names.channels.index(channel),
            0,
        ]
    )


def route(world: World, code: str, field: str) -> float:
    array: Array = getattr(world.attributes.routes, field)
    return float(array[world.names.routes.index(code), 0])


def test_every_array_is_finite_and_has_its_shape(toy: Case) -> None:
    world = toy.build()
    size = {
        "country": 3, "power": 4, "other": 4, "channel": 7, "route": 5, "sector": 4, "text": 2,
        "season": 4,
    }  # fmt: skip
    for name, array in arrays(world).items():
        if array.dtype == bool:
            continue
        assert np.isfinite(array).all(), name
        assert array.shape[-1] == 1, name
    shapes = {name: array.shape for name, array in arrays(world).items()}
    for name, driver in DRIVERS.items():
        assert shapes[f"driver {name}"] == (*(size[axis] for axis in driver.axes), 1)
    assert set(world.drivers) == set(DRIVERS)
    attributes = world.attributes
    assert attributes.share.shape == (3, 4, 7, 1)
    assert attributes.value.shape == (4, 3, 1)
    assert attributes.season.shape == (4, 7, 1)
    assert attributes.cohesion.shape == (1,)
    assert attributes.routes.location.shape == (5, 3, 4, 7)
    assert attributes.routes.serves.shape == (5, 3, 4)
    assert attributes.sectors.channel.shape == (4, 7)
    assert attributes.texts.stake.shape == (2, 4, 1)
    assert {getattr(world.parameters, f.name).shape for f in fields(Parameters)} == {(1,)}
    assert world.base == quarters.parse("2022Q4")


def test_flags_and_roles_come_from_the_tables(toy: Case) -> None:
    attributes = toy.build().attributes
    assert attributes.sanctioned.tolist() == [True, False, False, False]
    assert attributes.enforcer.tolist() == [False, False, True, False]
    assert attributes.regional.tolist() == [False, False, False, True]
    assert np.flatnonzero(attributes.roles.energy).tolist() == [3]
    assert attributes.texts.stake[1].ravel().tolist() == [1.5, 0, 0, 0]


def test_weights_and_values_sum_to_one_over_the_core(toy: Case) -> None:
    world = toy.build(countries=["DAL", "CIM", "BOR", "AVA"])
    core = world.attributes.core
    assert world.names.countries == ("AVA", "BOR", "CIM", "DAL")
    assert core.tolist() == [True, True, True, False]
    assert world.attributes.weight[core].sum() == pytest.approx(1)
    np.testing.assert_allclose(world.attributes.value[:, core].sum(axis=1), 1)
    # The candidate stands on the same scale as the others: 0.2 against 0.6, and 0.3 against 0.5.
    weight, value = world.attributes.weight, world.attributes.value
    assert weight[3, 0] / weight[0, 0] == pytest.approx(0.2 / 0.6)
    assert value[2, 3, 0] / value[2, 0, 0] == pytest.approx(0.3 / 0.5)


def test_a_candidate_changes_nothing_for_the_others(toy: Case) -> None:
    small, large = toy.build(), toy.build(countries=[*toy.build().names.countries, "DAL"])
    for field in ("share", "exposure", "weight", "gdp", "claim", "wariness", "migrants"):
        np.testing.assert_array_equal(
            getattr(large.attributes, field)[:3], getattr(small.attributes, field), field
        )
    np.testing.assert_array_equal(large.attributes.value[:, :3], small.attributes.value)
    np.testing.assert_array_equal(large.drivers["alarm"][:3], small.drivers["alarm"])


def test_sectors_and_build_weights_are_normalised(folder: Path, rows: Rows) -> None:
    def double(row: dict[str, str]) -> None:
        row["background_share"] = str(2 * float(row["background_share"]))

    def spread(row: dict[str, str]) -> None:
        if row["route"] == "northern_pipe":
            row["build_weight"] = "3"

    rows("sectors", double)
    rows("routes", spread)
    world = load_case(folder).build()
    np.testing.assert_allclose(world.attributes.sectors.background[:, 0], [0.3, 0.2, 0.1, 0.4])
    assert route(world, "northern_pipe", "build_weight") == pytest.approx(0.75)
    assert route(world, "eastern_pipe", "build_weight") == pytest.approx(0.25)
    # Of two routes of one country one has weight 0: the other has all, whatever its number.
    assert route(world, "western_rail", "build_weight") == 1
    assert route(world, "northern_gas", "build_weight") == 0


def test_routes_carry_what_other_suppliers_leave(toy: Case) -> None:
    """AVA, transit: others 0.16 and residual 0.14; 50 and 10 Mt at one price share the 0.7."""
    world = toy.build()
    assert at(world, "AVA", "NOR", "transit") == pytest.approx(0.08 + 0.7 * 50 / 60)
    assert at(world, "AVA", "EAS", "transit") == pytest.approx(0.06 + 0.7 * 10 / 60)
    assert route(world, "northern_pipe", "volume_per_share") == pytest.approx(60 / 0.7)
    # What a route carries is its capacity times its yield, and in its unit its volume.
    for code, volume in {"northern_pipe": 50, "eastern_pipe": 10, "northern_gas": 4}.items():
        carried = route(world, code, "capacity") * route(world, code, "yield_")
        assert carried * route(world, code, "volume_per_share") == pytest.approx(volume)
    assert route(world, "eastern_pipe", "yield_") == 0.5
    residual = 1 - world.attributes.share.sum(axis=1)[..., 0]
    assert residual[0, 2] == pytest.approx(0.14)
    assert residual[1, 3] == pytest.approx(0.3)


def test_a_planned_route_waits_for_its_capacity(toy: Case) -> None:
    """CIM's transit is 6 per cent of 80 bn; nothing runs yet, so that is its whole value."""
    world = toy.build()
    assert route(world, "southern_line", "capacity") == 0
    assert route(world, "southern_line", "yield_") == 0.8
    assert route(world, "southern_line", "volume_per_share") == pytest.approx(0.06 * 80e9 / 250e6)
    assert at(world, "CIM", "WES", "transit") == 0.1


def test_a_route_lies_in_one_place(toy: Case) -> None:
    world = toy.build()
    routes, names = world.attributes.routes, world.names
    g = names.routes.index("western_rail")
    assert np.argwhere(routes.location[g]).tolist() == [[1, 2, 2]]
    assert np.argwhere(routes.serves[g]).tolist() == [[1, 2]]
    assert not routes.serves[names.routes.index("northern_pipe")].any()
    assert (routes.location.sum(axis=(1, 2, 3)) == 1).all()


def test_transit_days_come_from_the_routes(toy: Case) -> None:
    world = toy.build()
    np.testing.assert_array_equal(world.drivers["transit_days"], world.attributes.routes.days)
    assert route(world, "western_rail", "days") == 25
    assert route(toy.build("2014Q4"), "western_rail", "days") == 30


@pytest.mark.parametrize(
    ("as_of", "year"), [("2022Q4", 2022), ("2022Q3", 2014), ("2014Q4", 2014), ("2030Q1", 2022)]
)
def test_the_latest_year_complete_counts(toy: Case, as_of: str, year: int) -> None:
    world = toy.build(as_of)
    assert world.base == quarters.parse(as_of)
    assert at(world, "AVA", "NOR", "trade") == pytest.approx({2014: 0.30, 2022: 0.25}[year])
    assert world.drivers["sanctions"].item() == {2014: 0.2, 2022: 0.6}[year]
    assert route(world, "northern_pipe", "yield_") == {2014: 30 / 35, 2022: 50 / 60}[year]
    same(world, toy.build(quarters.parse(as_of)))


def test_a_base_before_the_data_is_refused(toy: Case) -> None:
    with pytest.raises(InputError) as caught:
        toy.build("2013Q4")
    assert str(caught.value).endswith(
        "attributes.csv: no row gives exposure for AVA, trade at 2013Q4; needed: a row of 2013 or "
        "before, or without a year; 5 more cells of it are missing"
    )


def test_a_row_without_a_year_gives_way_to_one_with(folder: Path, change: Change) -> None:
    line = "cohesion,,,,,,0.3,"
    change("attributes.csv", line, f"cohesion,,,,,2016,0.4,,0,1,,,,\n{line}")
    case = load_case(folder)
    assert case.build("2014Q4").attributes.cohesion == 0.3
    assert case.build("2016Q4").attributes.cohesion == 0.4


def test_a_more_specific_row_wins_wherever_it_stands(folder: Path, toy: Case) -> None:
    world = toy.build()
    assert world.attributes.wariness[:, :, 0].tolist() == [
        [0.2, 0.05, 0.05, 0], [0.12, 0.05, 0.05, 0], [0.12, 0.05, 0.05, 0]
    ]  # fmt: skip
    path = folder / "attributes.csv"
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(lines)]) + "\n")
    same(load_case(folder).build(), world)


def test_of_equally_specific_rows_the_last_wins(folder: Path) -> None:
    with (folder / "attributes.csv").open("a") as file:
        file.write("wariness,AVA,,,,,0.4,,0,1,,,,\nwariness,,EAS,,,,0.3,,0,1,,,,\n")
    wariness = load_case(folder).build().attributes.wariness[..., 0]
    assert wariness[0].tolist() == [0.2, 0.3, 0.4, 0.4]
    assert wariness[1].tolist() == [0.12, 0.3, 0.05, 0]


def test_a_route_later_than_the_base_is_not_there_yet(folder: Path, rows: Rows) -> None:
    rows("routes", lambda row: (row["route"], row["year"]) != ("eastern_pipe", "2014"))
    world = load_case(folder).build("2014Q4")
    assert route(world, "eastern_pipe", "capacity") == 0
    assert route(world, "eastern_pipe", "yield_") == 0.5
    assert at(world, "AVA", "NOR", "transit") == pytest.approx(0.08 + 0.7)
    assert at(world, "AVA", "EAS", "transit") == pytest.approx(0.06)


def test_the_order_of_the_tables_is_the_order_of_the_axes(folder: Path, toy: Case) -> None:
    """The same case with its actors in another order is the same world with its axes permuted."""
    for name, order in {"countries": [2, 0, 3, 1], "powers": [3, 1, 0, 2]}.items():
        lines = (folder / f"{name}.csv").read_text().splitlines()
        text = "\n".join([lines[0], *(lines[1 + i] for i in order)]) + "\n"
        (folder / f"{name}.csv").write_text(text)
    world, turned = toy.build(), load_case(folder).build()
    c, p = [2, 0, 1], [3, 1, 0, 2]
    assert turned.names.countries == tuple(world.names.countries[i] for i in c)
    assert turned.names.powers == tuple(world.names.powers[i] for i in p)
    a, b = world.attributes, turned.attributes
    np.testing.assert_allclose(b.share, a.share[c][:, p], rtol=1e-14)
    np.testing.assert_allclose(b.value, a.value[p][:, c], rtol=1e-14)
    np.testing.assert_array_equal(b.claim, a.claim[c][:, p])
    np.testing.assert_array_equal(b.routes.location, a.routes.location[:, c][:, :, p])
    np.testing.assert_allclose(b.routes.capacity, a.routes.capacity, rtol=1e-14)
    coordination = world.drivers["coordination"]
    np.testing.assert_array_equal(turned.drivers["coordination"], coordination[p][:, p])


def test_coordination_holds_both_ways(folder: Path, change: Change, toy: Case) -> None:
    coordination = toy.build().drivers["coordination"][..., 0]
    assert coordination[0, 1] == coordination[1, 0] == 0.4
    change("drivers.csv", "coordination,,NOR,EAS", "coordination,,EAS,NOR")
    np.testing.assert_array_equal(
        load_case(folder).build().drivers["coordination"][..., 0], coordination
    )


def test_actors_left_out(toy: Case) -> None:
    whole = toy.build()
    world = toy.build(countries=["CIM", "AVA"], powers=["WES", "NOR"])
    assert world.names.countries == ("AVA", "CIM")
    assert world.names.powers == ("NOR", "WES")
    assert world.names.routes == ("northern_pipe", "southern_line")
    assert world.layout.countries.tolist() == [0, 2]
    assert world.layout.powers.tolist() == [0, 2]
    assert [whole.names.routes[row] for row in world.layout.routes] == list(world.names.routes)
    layout = world.layout
    assert (layout.all_countries, layout.all_powers, layout.all_routes) == (4, 4, 5)
    # What those left out supply falls to the residual; the rest is as it was.
    np.testing.assert_array_equal(world.attributes.share, whole.attributes.share[[0, 2]][:, [0, 2]])
    for field in ("capacity", "yield_", "volume_per_share"):
        assert route(world, "northern_pipe", field) == route(whole, "northern_pipe", field)
    assert world.attributes.weight.ravel() == pytest.approx([2 / 3, 1 / 3])
    assert world.drivers["distraction"].ravel().tolist() == [0.3, 0.1]
    assert world.drivers["coordination"].shape == (2, 2, 1)


def test_noise_of_the_drivers_that_have_it(toy: Case) -> None:
    persistence, noise = toy.noise(toy.build(powers=["WES", "NOR", "REG"]))
    assert set(persistence) == set(noise)
    assert "boost" not in noise
    # NOR has a value of its own and the noise of all; the regional partner has none.
    assert noise["distraction"].tolist() == [[0.03], [0.03], [0]]
    assert persistence["distraction"].tolist() == [[0.8], [0.8], [0]]
    assert noise["exchange_rate"].tolist() == [[0.06], [0], [0]]
    assert noise["migration"].shape == (3, 3, 1)
    assert noise["sanctions"].tolist() == [0.02]
    assert noise["transit_days"].tolist() == [[0], [1.5], [0], [0]]
    assert set(toy.noise(toy.build(powers=["WES"]))[1]) < set(noise)


WRONG_ACTORS = [
    ({"countries": ["AVB"]}, "countries: found 'AVB'; allowed: AVA, BOR, CIM, DAL; nearest: AVA"),
    ({"countries": ["ava"]}, "nearest: AVA"),
    ({"countries": ["AVA", "AVA"]}, "countries: AVA is named twice"),
    ({"countries": ["DAL"]}, "found DAL; at least one core country is needed: AVA, BOR, CIM"),
    ({"countries": []}, "found none; at least one core country is needed"),
    ({"powers": ["NORD"]}, "powers: found 'NORD'; allowed: NOR, EAS, WES, REG; nearest: NOR"),
    ({"powers": []}, "powers: found none; at least one is needed: NOR, EAS, WES, REG"),
    ({"as_of": "2022"}, "'2022' is not a quarter"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG_ACTORS)
def test_a_wrong_argument_is_named(
    toy: Case, arguments: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        toy.build(**arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_case_without_a_core_country_is_refused(folder: Path, rows: Rows) -> None:
    def edit(row: dict[str, str]) -> None:
        row["core"] = "0"

    rows("countries", edit)
    with pytest.raises(InputError) as caught:
        load_case(folder).build()
    assert str(caught.value).startswith("case/countries.csv: column 'core' is 0 in every row")


WRONG_SUMS = [
    (
        "attributes.csv",
        "share,AVA,NOR,labour,,,0.7,",
        "share,AVA,NOR,labour,,,0.9,",
        "case/attributes.csv:70: shares of AVA, labour at 2022Q4 (with lines 71, 72, 73) sum to "
        "1.04 over the powers; allowed: at most 0.99, for 0.01 or more is left to the residual "
        "supplier",
    ),
    (
        "attributes.csv",
        "share,AVA,NOR,transit,,,0.08,",
        "share,AVA,NOR,transit,,,0.9,",
        "case/attributes.csv:86: shares of AVA, transit at 2022Q4 (with lines 87, 89, 166) and "
        "the residual sum to 1.12; allowed: less than 1, for routes carry the rest",
    ),
    (
        "attributes.csv",
        "residual,AVA,,transit,,,0.14,,0.05,0.25,invented,invented,,expert\n",
        "",
        "attributes.csv: routes carry part of AVA, transit at 2022Q4, and no row gives the "
        "residual of that channel",
    ),
    (
        "attributes.csv",
        "cohesion,,,,,,0.3,,0.21,0.39,invented,invented,,expert\n",
        "",
        "no row gives cohesion at 2022Q4; needed: a row of 2022 or before, or without a year",
    ),
    (
        "attributes.csv",
        "exposure,CIM,,transit,,,0.06,",
        "exposure,CIM,,transit,,,0,",
        "route southern_line lies in a channel without value: the exposure of CIM, transit is 0",
    ),
    (
        "routes.csv",
        "250000000.0,0.8,5",
        "250000000.0,,5",
        "column 'utilisation': found nothing for route southern_line, which has no capacity yet",
    ),
    (
        "drivers.csv",
        "boost,,,,,,,1,,,invented,invented,,expert,,\n",
        "",
        "drivers.csv: no row gives boost for NOR at 2022Q4",
    ),
    (
        "parameters.csv",
        "22,fear_push,-,1.5,0,6,uniform,B,invented-prior,invented,,\n",
        "",
        "parameters.csv: no row gives parameter fear_push",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), WRONG_SUMS)
def test_a_world_that_does_not_add_up_is_refused(
    folder: Path, change: Change, file: str, old: str, new: str, message: str
) -> None:
    change(file, old, new)
    with pytest.raises(InputError) as caught:
        load_case(folder).build()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "column", "message"),
    [
        ("sectors", "background_share", "column 'background_share' is 0 in every row"),
        ("attributes", "weight", "weight is 0 for every core country"),
    ],
)
def test_a_sum_of_nothing_is_refused(
    folder: Path, rows: Rows, name: str, column: str, message: str
) -> None:
    def zero(row: dict[str, str]) -> None:
        if name == "sectors":
            row[column] = "0"
        elif row["attribute"] == column:
            row["value"] = "0"

    rows(name, zero)
    with pytest.raises(InputError, match=message):
        load_case(folder).build()


def test_a_case_needs_no_routes_and_no_texts(folder: Path) -> None:
    for name in ("routes", "texts", "texts_stakes"):
        path = folder / f"{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    lines = (folder / "drivers.csv").read_text().splitlines(keepends=True)
    (folder / "drivers.csv").write_text("".join(x for x in lines if "western_rail" not in x))
    world = load_case(folder).build()
    assert world.attributes.routes.capacity.shape == (0, 1)
    assert world.attributes.routes.location.shape == (0, 3, 4, 7)
    assert world.attributes.texts.stake.shape == (0, 4, 1)
    assert world.drivers["transit_days"].shape == (0, 1)
    assert at(world, "AVA", "NOR", "transit") == 0.08


def test_all_attributes_of_the_world_are_filled(toy: Case) -> None:
    world = toy.build()
    assert all(getattr(world.attributes, field.name) is not None for field in fields(Attributes))


def test_a_stake_of_one_power_wins_over_that_of_all(folder: Path) -> None:
    with (folder / "texts_stakes.csv").open("a") as file:
        file.write("sovereignty,WES,2\nsovereignty,,0.5\n")
    stake = load_case(folder).build().attributes.texts.stake[0]
    assert stake.ravel().tolist() == [0.5, 0.5, 2, 0.5]
