"""The arrays that a scenario compiles to, cell by cell, and their independence of chunks."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.case import Case, Posterior, load_case, write_posterior
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.plan import Plan
from sim.core.simulate import simulate
from sim.core.world import Array, World
from sim.scenario import compile_plan, load_scenario

from .conftest import HEAD, TOY, WHY, Compile, Load, Write
from .test_scenario_check import FROM, event, path

UNIFORM = "{ distribution = 'uniform', low = 0.2, high = 0.6 }"


def arrays(plan: Plan) -> dict[str, Array]:
    found = {}
    for field in dataclasses.fields(plan):
        value = getattr(plan, field.name)
        if isinstance(value, dict):
            found |= {f"{field.name}.{name}": array for name, array in value.items()}
        elif isinstance(value, np.ndarray):
            found[field.name] = value
    return found


def test_nothing_from_outside(compiled: Compile, case: Case) -> None:
    world, plan = compiled("")
    assert (plan.start, plan.quarters) == (4 * 2023, 12)
    shapes = {
        "membership": (12, 3, 1),
        "disruption": (12, 3, 4, 7, 1),
        "alarm_events": (12, 3, 4, 1),
        "summits": (12, 3, 4, 1),
        "announced": (12, 3, 4, 4, 1),
        "committed": (12, 3, 4, 4, 1),
        "capacity": (12, 5, 1),
        "closure": (12, 5, 1),
        "vote_threshold": (12, 8, 1),
        "vote_stake": (12, 8, 4, 1),
        "vote_sign": (12, 8, 1),
    }
    for name, shape in shapes.items():
        assert getattr(plan, name).shape == shape
    assert (plan.membership == 1).all()
    assert not any(getattr(plan, name).any() for name in shapes if name != "membership")
    assert plan.drivers.keys() == DRIVERS.keys() == world.drivers.keys()
    for name, mean in plan.drivers.items():
        assert mean.shape == (12, *world.drivers[name].shape)
        assert (mean == world.drivers[name]).all()
    persistence, sigma = case.noise(world)
    assert plan.noise.keys() == sigma.keys()
    for name in sigma:
        np.testing.assert_array_equal(plan.noise[name], sigma[name])
        np.testing.assert_array_equal(plan.persistence[name], persistence[name])
    assert world.attributes.share.shape == (3, 4, 7, 1)


# ------------------------------------------------------------------------------------- drivers


def oil(compiled: Compile, text: str, runs: range = range(4)) -> Array:
    return compiled(text, runs)[1].drivers["oil"]


@pytest.mark.parametrize(
    ("form", "fields", "expected"),
    [
        ("constant", {"from": "'2023Q3'", "value": 1}, [0, 0, *[1] * 10]),
        (
            "constant",
            {"from": "'2023Q3'", "to": "'2023Q4'", "value": 1},
            [0, 0, 1, 1, *[0] * 8],
        ),
        (
            "ramp",
            {"from": "'2023Q2'", "to": "'2024Q2'", "value": 1},
            [0, 0, 0.25, 0.5, 0.75, *[1] * 7],
        ),
        (
            "pulse",
            {"from": "'2023Q2'", "to": "'2023Q3'", "value": 1},
            [0, 1, 1, *[0] * 9],
        ),
        ("pulse", {"from": "'2023Q2'", "quarters": 2, "value": 1}, [0, 1, 1, *[0] * 9]),
        ("pulse", {"from": "'2023Q2'", "quarters": 1.5, "value": 1}, [0, 1, 0.5, *[0] * 9]),
        (
            "pulse",
            {"from": "'2023Q2'", "quarters": 2, "value": 1, "decay": 0.5},
            [0, 1, 1, *(0.5**n for n in range(1, 10))],
        ),
        (
            "pulse",
            {"from": "'2023Q2'", "quarters": 2, "value": 1, "decay": 0},
            [0, *[1] * 11],
        ),
        (
            "table",
            {"quarters": "['2023Q2', '2023Q4', '2024Q1']", "values": "[1, 2, -1]"},
            [0, 1, 1.5, 2, *[-1] * 8],
        ),
        ("table", {"quarters": "['2025Q4']", "values": "[1]"}, [*[0] * 11, 1]),
    ],
)
def test_forms(compiled: Compile, form: str, fields: dict[str, object], expected: list) -> None:
    found = oil(compiled, path("oil", form, **fields))
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (path("oil", **{"from": "'2023Q2'"}, change=0.5), [1, 1.5, 1.5, 1.5]),
        (path("oil", **{"from": "'2023Q2'"}, factor=0.5), [1, 0.5, 0.5, 0.5]),
        (path("oil", **{"from": "'2023Q2'"}, value=0.5), [1, 0.5, 0.5, 0.5]),
        (path("oil", "ramp", **FROM, to="'2023Q3'", change=1), [1, 1.5, 2, 2]),
        (path("oil", "ramp", **FROM, to="'2023Q3'", factor=0), [1, 0.5, 0, 0]),
        (path("oil", "ramp", **FROM, to="'2023Q3'", value=0), [1, 0.5, 0, 0]),
        (path("oil", "pulse", **FROM, quarters=1, decay=0.5, change=1), [2, 1.5, 1.25, 1.125]),
    ],
)
def test_paths_build_on_each_other(compiled: Compile, second: str, expected: list) -> None:
    found = oil(compiled, path("oil", **FROM, value=1) + second)
    np.testing.assert_allclose(found[:4, 0], expected)


def test_a_ramp_to_a_value_starts_from_what_stands_at_its_first_quarter(compiled: Compile) -> None:
    step = path("oil", **{"from": "'2023Q3'"}, value=2)
    found = oil(compiled, step + path("oil", "ramp", **FROM, to="'2024Q1'", value=1))
    np.testing.assert_allclose(found[:6, 0], [0, 0.25, 0.5, 0.75, 1, 1])


def test_paths_of_the_base_come_first(write: Write, case: Case) -> None:
    write("one.toml", HEAD + path("oil", **FROM, value=1))
    write("two.toml", HEAD.replace("base", "one") + path("oil", **FROM, factor=0.5))
    _, plan = compile_plan(load_scenario("two"), case, range(2), 1)
    assert (plan.drivers["oil"] == 0.5).all()


def test_cells_of_a_driver(compiled: Compile) -> None:
    world, plan = compiled(
        path("agenda", **FROM, value=0.25, power="['NOR', 'WES']", channel="'trade'")
        + path("coordination", **FROM, value=0.5, power="'NOR'", other="'WES'")
        + path("transit_days", **FROM, factor=2, route="'western_rail'")
        + path("alarm", **FROM, value=0.75, country="'BOR'")
    )
    agenda = plan.drivers["agenda"][3, :, :, 0]
    expected = world.drivers["agenda"][..., 0].copy()
    expected[[0, 2], 0] = 0.25
    np.testing.assert_array_equal(agenda, expected)
    coordination = plan.drivers["coordination"][3, :, :, 0] - world.drivers["coordination"][..., 0]
    assert np.argwhere(coordination).tolist() == [[0, 2]]
    days = plan.drivers["transit_days"][3, :, 0] / world.drivers["transit_days"][:, 0]
    assert days.tolist() == [1, 1, 2, 1, 1]
    alarm = plan.drivers["alarm"][3, :, :, 0]
    assert (alarm[1] == 0.75).all()
    assert (alarm[[0, 2]] == world.drivers["alarm"][[0, 2], :, 0]).all()


def test_distributions_in_paths_are_cut_off_at_the_range(compiled: Compile) -> None:
    wide = "{ distribution = 'normal', mean = 0, sd = 4 }"
    found = oil(compiled, path("oil", **FROM, value=wide), range(200))
    assert found.shape == (12, 200)
    assert found.min() == -3
    assert found.max() == 3
    assert (found == found[0]).all()
    assert len(np.unique(found)) > 50


def test_one_draw_for_all_cells_of_a_path(compiled: Compile) -> None:
    _, plan = compiled(path("distraction", **FROM, power="['NOR', 'EAS']", value=UNIFORM))
    found = plan.drivers["distraction"]
    assert found.shape == (12, 4, 4)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])


def test_noise(compiled: Compile, case: Case) -> None:
    text = path("frost", "noise", persistence=0.5, sigma=0.25)
    text += path("demand", "noise", persistence=0.9, sigma=0.0625, power="'EAS'")
    world, plan = compiled(text)
    assert plan.persistence["frost"].tolist() == [0.5]
    assert plan.noise["frost"].tolist() == [0.25]
    persistence, sigma = case.noise(world)
    assert plan.noise["demand"][:, 0].tolist() == [
        sigma["demand"][0, 0], 0.0625, *sigma["demand"][2:, 0]
    ]  # fmt: skip
    assert plan.persistence["demand"][1] == 0.9
    assert plan.persistence["demand"][0] == persistence["demand"][0]
    _, silent = compiled(text + "[switches]\nnoise = false")
    assert (silent.noise, silent.persistence) == ({}, {})


# -------------------------------------------------------------------------------------- events


def carried(world: World, route: int, country: int, power: int, channel: int) -> float:
    """A route's part of the base share, from volumes (toy case: yield is volume over capacity)."""
    routes = world.attributes.routes
    flow = routes.capacity[route, 0] * routes.yield_[route, 0]
    return float(flow / world.attributes.share[country, power, channel, 0])


def test_close_route(compiled: Compile) -> None:
    world, plan = compiled(
        event(
            "close_route",
            route="'northern_pipe'",
            date="'2023Q2'",
            quarters=2,
            intensity=0.5,
            attribution=0.25,
        )
    )
    part = carried(world, 0, 0, 0, 2)
    assert 0 < part < 1
    np.testing.assert_allclose(plan.closure[:, 0, 0], [0, 0.5, 0.5, *[0] * 9])
    assert not plan.closure[:, 1:].any()
    np.testing.assert_allclose(plan.disruption[:4, 0, 0, 2, 0], np.array([0, 1, 1, 0]) * part / 2)
    assert np.count_nonzero(plan.disruption) == 2
    np.testing.assert_allclose(plan.alarm_events[:4, 0, 0, 0], np.array([0, 1, 1, 0]) * part / 8)
    assert np.count_nonzero(plan.alarm_events) == 2


def test_a_route_is_closed_that_the_scenario_has_opened(compiled: Compile) -> None:
    opened = event(
        "open_route", route="'southern_line'", date="'2023Q1'", capacity=10, ramp_quarters=2
    )
    closed = event("close_route", route="'southern_line'", date="'2023Q1'", quarters=12)
    world, plan = compiled(opened + closed)
    volume = world.attributes.routes.volume_per_share[world.names.routes.index("southern_line"), 0]
    gain = 10 / volume * 0.8 * np.array([0.5, *[1.0] * 11])
    part = gain / (world.attributes.share[2, 2, 2, 0] + gain)
    assert (part > 0.01).all()
    np.testing.assert_allclose(plan.disruption[:, 2, 2, 2, 0], part)
    np.testing.assert_allclose(plan.alarm_events[:, 2, 2, 0], part / 2)


def test_closures_add_up_to_at_most_all(compiled: Compile) -> None:
    close = event(
        "close_route", route="'northern_pipe'", date="'2023Q1'", quarters=1, intensity=0.75
    )
    pressure = event(
        "coerce",
        country="'AVA'",
        power="'NOR'",
        channel="'transit'",
        date="'2023Q1'",
        quarters=1,
        intensity=0.5,
    )
    world, twice = compiled(close + close)
    part = carried(world, 0, 0, 0, 2)
    assert twice.closure[0, 0] == 1
    np.testing.assert_allclose(twice.disruption[0, 0, 0, 2], part)
    np.testing.assert_allclose(twice.alarm_events[0, 0, 0], 0.75 * part)  # 0.75 / 2 each
    _, both = compiled(close + close + pressure)
    assert both.disruption[0, 0, 0, 2] == 1
    _, some = compiled(close + pressure)
    np.testing.assert_allclose(some.disruption[0, 0, 0, 2], min(1, 0.75 * part + 0.5))


def test_coerce(compiled: Compile) -> None:
    _, plan = compiled(
        event(
            "coerce",
            country="'BOR'",
            power="'EAS'",
            channel="'trade'",
            date="'2025Q3'",
            quarters=10,
            intensity=0.25,
        )
    )
    assert plan.disruption[10:, 1, 1, 0, 0].tolist() == [0.25, 0.25]
    assert np.count_nonzero(plan.disruption) == 2
    assert plan.alarm_events[10:, 1, 1, 0].tolist() == [1, 1]
    assert np.count_nonzero(plan.alarm_events) == 2
    assert not plan.closure.any()


def test_deal(compiled: Compile, case: Case) -> None:
    fields = {"country": "'BOR'", "power": "'WES'", "sector": "'minerals'", "date": "'2023Q4'"}
    world, plan = compiled(event("deal", **fields, announced=3))
    gdp = world.attributes.gdp[1, 0] * np.exp(0.04)  # a year of growth after the base
    np.testing.assert_allclose(plan.announced[3, 1, 2, 0], 3 / gdp)
    np.testing.assert_allclose(plan.committed[3, 1, 2, 0], 3 / gdp * 0.2)  # realisable
    assert np.count_nonzero(plan.announced) == np.count_nonzero(plan.committed) == 1
    _, plan = compiled(event("deal", **fields, announced=3, stake=0.5, financed=0.25) * 2)
    np.testing.assert_allclose(plan.announced[3, 1, 2, 0], 6 / gdp)
    np.testing.assert_allclose(plan.committed[3, 1, 2, 0], 6 / gdp * 0.5 * (0.25 + 0.75 * 0.2))
    _, plan = compiled(
        event("deal", **fields, announced=3)
        + "[[attribute]]\nname = 'gdp'\ncountry = 'BOR'\nvalue = 30"
    )
    np.testing.assert_allclose(plan.announced[3, 1, 2, 0], 0.1 / np.exp(0.04))


def test_summit(compiled: Compile) -> None:
    _, plan = compiled(
        event("summit", power="'WES'", date="'2023Q2'")
        + event("summit", power="'WES'", countries="'CIM'", date="'2023Q2'", intensity=0.5)
    )
    assert plan.summits[1, :, 2, 0].tolist() == [1, 1, 1.5]
    assert np.count_nonzero(plan.summits) == 3


def test_resolution(compiled: Compile) -> None:
    text = event("resolution", text="'human_rights'", date="'2023Q2'")
    text += event("resolution", threshold=-0.25, sign=-1, date="'2023Q2'", stakes="{ WES = 2 }")
    text += event(
        "resolution", text="'human_rights'", threshold=0.1, date="'2023Q2'", stakes="{ EAS = 1 }"
    )
    _, plan = compiled(text)
    assert plan.vote_sign[1, :4, 0].tolist() == [1, -1, 1, 0]
    assert np.count_nonzero(plan.vote_sign) == 3
    assert plan.vote_threshold[1, :3, 0].tolist() == [0.5, -0.25, 0.1]
    assert plan.vote_stake[1, :3, :, 0].tolist() == [[1.5, 0, 0, 0], [0, 0, 2, 0], [1.5, 1, 0, 0]]


def test_project(compiled: Compile) -> None:
    fields = {"route": "'southern_line'", "date": "'2023Q2'", "capacity": 8}
    world, plan = compiled(event("project", **fields, lead_quarters=2))
    share = 8 / world.attributes.routes.volume_per_share[4, 0]
    np.testing.assert_allclose(
        plan.capacity[:, 4, 0], np.array([0, 0, 0, 1, 1, 1, 1, *[0] * 5]) * share / 4
    )
    assert not plan.capacity[:, :4].any()
    _, plan = compiled(event("project", **fields, lead_quarters=2.5, ramp_quarters=1))
    np.testing.assert_allclose(plan.capacity[:6, 4, 0] / share, [0, 0, 0, 0.5, 0.5, 0])
    _, plan = compiled(event("open_route", **fields, ramp_quarters=1))
    np.testing.assert_allclose(plan.capacity[:3, 4, 0] / share, [0, 1, 0])
    _, plan = compiled(event("project", **fields))  # the case's lead of 20 quarters
    assert not plan.capacity.any()
    rail = {"route": "'western_rail'", "date": "'2023Q1'", "capacity": 1, "ramp_quarters": 1}
    _, plan = compiled(event("project", **rail))  # the case's lead of 8 quarters
    assert np.flatnonzero(plan.capacity[:, 2, 0]).tolist() == [8]


def test_capacity_in_the_routes_unit_comes_out_as_volume(compiled: Compile) -> None:
    opened = event(
        "open_route", route="'southern_line'", date="'2023Q1'", capacity=8, ramp_quarters=1
    )
    world, plan = compiled(opened, range(2))
    first = next(iter(simulate(world, plan, 1, 0, 2)))
    np.testing.assert_allclose(first.measure("route_capacity")[4], 8)


def test_membership(compiled: Compile) -> None:
    text = (
        "[membership]\ncountries = ['AVA', 'BOR', 'CIM', 'DAL']\ngroup = ['AVA', 'BOR']\n"
        + event("membership", country="'DAL'", date="'2024Q1'", joins="true")
        + event("membership", country="'AVA'", date="'2025Q1'", joins="true")
        + event("membership", country="'AVA'", date="'2023Q3'", joins="false")
    )
    world, plan = compiled(text)
    assert world.names.countries == ("AVA", "BOR", "CIM", "DAL")
    assert plan.membership[:, :, 0].T.tolist() == [
        [1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1],
        [1] * 12,
        [0] * 12,
        [0] * 4 + [1] * 8,
    ]
    _, plan = compiled("[membership]\ncountries = ['AVA', 'BOR', 'CIM', 'DAL']")
    assert plan.membership[0, :, 0].tolist() == [1, 1, 1, 0]  # the core countries


def test_powers_left_out(compiled: Compile) -> None:
    world, plan = compiled("[membership]\npowers = ['WES', 'EAS']")
    assert world.names.powers == ("EAS", "WES")
    assert plan.summits.shape == (12, 3, 2, 1)


# --------------------------------------------------------------------------------- the world


def test_parameters_and_switches(compiled: Compile) -> None:
    plain, _ = compiled("")
    world, _ = compiled(f"[parameters]\nfear_push = {UNIFORM}\nresolve = 2.5\n")
    assert world.parameters.fear_push.shape == (4,)
    assert ((world.parameters.fear_push > 0.2) & (world.parameters.fear_push < 0.6)).all()
    assert world.parameters.resolve.tolist() == [2.5]
    assert world.parameters.threat_hazard == plain.parameters.threat_hazard > 0
    off, _ = compiled("[parameters]\ndeal_rate = 2\n[switches]\ncoercion = false\ndeals = false\n")
    assert off.parameters.threat_hazard.tolist() == [0]
    assert off.parameters.deal_rate.tolist() == [0]


def test_attributes(compiled: Compile) -> None:
    plain, _ = compiled("")
    text = "[[attribute]]\nname = 'control'\npower = 'NOR'\nchannel = 'transit'\nvalue = 0.125\n"
    text += "[[attribute]]\nname = 'season'\nseason = 1\nchannel = 'energy'\nvalue = 2\n"
    text += "[[attribute]]\nname = 'value'\npower = 'EAS'\ncountry = ['AVA', 'CIM']\nfactor = 2\n"
    text += "[[attribute]]\nname = 'cohesion'\nvalue = 0.75\n"
    text += "[[attribute]]\nname = 'gdp'\nchange = 1\n"
    world, _ = compiled(text)
    before, after = plain.attributes, world.attributes
    assert np.argwhere(before.control != after.control).tolist() == [[0, 2, 0]]
    assert after.control[0, 2, 0] == 0.125
    assert after.season[0, 3, 0] == 2
    np.testing.assert_allclose(after.value[1, :, 0] / before.value[1, :, 0], [2, 1, 2])
    assert after.cohesion.tolist() == [0.75]
    np.testing.assert_allclose(after.gdp, before.gdp + 1)
    assert (after.share == before.share).all()


def test_a_value_is_kept_to_the_last_bit(compiled: Compile) -> None:
    ends = {"substitution": (1.0001, 100.0), "gdp": (1e6,), "control": (0.0, 0.1)}
    for name, values in ends.items():
        for value in values:
            text = (
                f"[[attribute]]\nname = '{name}'\nvalue = {value!r}\n[parameters]\nown_weight = 99"
            )
            assert (getattr(compiled(text)[0].attributes, name) == value).all()
    days = (
        f"[[path]]\ndriver = 'transit_days'\nform = 'ramp'\nfrom = '2023Q1'\nto = '2023Q3'\n{WHY}"
    )
    _, plan = compiled(days + "value = 0.1")
    assert (plan.drivers["transit_days"][2:] == 0.1).all()


def test_attribute_distributions(compiled: Compile) -> None:
    factor = "{ distribution = 'lognormal', median = 1, sigma = 0.8 }"
    world, _ = compiled(f"[[attribute]]\nname = 'claim'\nfactor = {factor}", range(300))
    claim = world.attributes.claim
    assert claim.shape == (3, 4, 300)
    assert claim.max() == 1.0  # cut off at the range
    world, _ = compiled(
        "[[attribute]]\nname = 'share'\ncountry = 'AVA'\npower = 'NOR'\nchannel = 'trade'\n"
        "value = { distribution = 'uniform', low = 0.1, high = 0.2 }"
    )
    assert world.attributes.share.shape == (3, 4, 7, 4)
    assert len(set(world.attributes.share[0, 0, 0])) == 4
    assert (world.attributes.share[0, 1, 0] == world.attributes.share[0, 1, 0, 0]).all()


# --------------------------------------------------------------------------------------- draws

EVERYTHING = (
    f"[parameters]\nfear_push = {UNIFORM}\n"
    f"[[attribute]]\nname = 'openness'\ncountry = 'AVA'\nvalue = {UNIFORM}\n"
    + path("oil", **FROM, value=UNIFORM)
    + path("demand", "pulse", **FROM, quarters=UNIFORM.replace("0.6", "6"), change=0.1, decay=0.3)
    + path("sanctions", "table", quarters="['2023Q2', '2024Q2']", values=f"[{UNIFORM}, 0.5]")
    + event(
        "close_route",
        route="'northern_pipe'",
        date="'2023Q2'",
        quarters="{ distribution = 'choice', values = [1, 2, 4] }",
        intensity=UNIFORM,
        attribution=UNIFORM,
    )
    + event(
        "deal",
        country="'BOR'",
        power="'WES'",
        sector="'energy'",
        date="'2023Q4'",
        announced="{ distribution = 'lognormal', median = 1, sigma = 1 }",
        stake=UNIFORM,
        financed=UNIFORM,
    )
    + event("summit", power="'EAS'", date="'2023Q2'", intensity=UNIFORM)
    + event(
        "project",
        route="'southern_line'",
        date="'2023Q2'",
        capacity=UNIFORM,
        lead_quarters=UNIFORM.replace("0.6", "6"),
    )
)


def test_run_i_is_the_same_in_every_chunk(compiled: Compile) -> None:
    whole_world, whole = compiled(EVERYTHING, range(20))
    wide = {name: array for name, array in arrays(whole).items() if array.shape[-1] == 20}
    assert {
        "drivers.oil", "drivers.demand", "drivers.sanctions", "disruption", "alarm_events",
        "closure", "announced", "committed", "summits", "capacity",
    } == set(wide)  # fmt: skip
    for first, last in ((0, 7), (7, 8), (8, 20)):
        world, part = compiled(EVERYTHING, range(first, last))
        for name, array in arrays(part).items():
            expected = arrays(whole)[name]
            if name in wide:
                assert len(np.unique(expected[..., :7].reshape(-1, 7), axis=1).T) > 1
                expected = expected[..., first:last]
            np.testing.assert_array_equal(array, expected, err_msg=name)
        np.testing.assert_array_equal(
            world.parameters.fear_push, whole_world.parameters.fear_push[first:last]
        )
        np.testing.assert_array_equal(
            world.attributes.openness, whole_world.attributes.openness[..., first:last]
        )


def test_draws_belong_to_what_is_drawn_not_to_the_scenario(write: Write, case: Case) -> None:
    write("one.toml", HEAD + EVERYTHING)
    more = path("boost", **FROM, power="'WES'", value=UNIFORM) + event(
        "summit", power="'WES'", date="'2023Q1'", intensity=UNIFORM
    )
    write("two.toml", HEAD.replace("base", "one") + more)
    _, one = compile_plan(load_scenario("one"), case, range(6), 1)
    _, two = compile_plan(load_scenario("two"), case, range(6), 1)
    np.testing.assert_array_equal(one.closure, two.closure)
    np.testing.assert_array_equal(one.drivers["oil"], two.drivers["oil"])
    np.testing.assert_array_equal(one.summits[..., 1, :], two.summits[..., 1, :])
    _, other = compile_plan(load_scenario("one"), case, range(6), 2)
    assert not np.array_equal(one.closure, other.closure)


def test_two_events_alike_are_drawn_apart(compiled: Compile) -> None:
    meeting = event("summit", power="'EAS'", date="'2023Q2'", intensity=UNIFORM)
    _, one = compiled(meeting, range(50))
    _, two = compiled(meeting * 2, range(50))
    second = two.summits[1, 0, 1] - one.summits[1, 0, 1]
    assert ((second >= 0.2) & (second <= 0.6)).all()
    assert not np.allclose(second, one.summits[1, 0, 1])


def test_what_is_compiled_can_be_simulated(compiled: Compile) -> None:
    world, plan = compiled(EVERYTHING, range(6))
    last = list(simulate(world, plan, 1, 0, 6))[-1]
    assert last.measure("autonomy").shape == (3, 6)
    assert np.isfinite(last.measure("leverage")).all()


def test_compiling_changes_nothing(load: Load, case: Case) -> None:
    scenario = load(EVERYTHING)
    before = scenario.hash
    first = arrays(compile_plan(scenario, case, range(3), 1)[1])
    second = arrays(compile_plan(scenario, case, range(3), 1)[1])
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
    assert scenario.hash == before


# Draws of the parameters

DRAWS = Posterior(
    ("fear_push", "resolve"), np.array([[1.0, 0.1], [2.0, 0.2], [3.0, 0.3]]), {"until": "2022Q4"}
)


def test_the_centres_are_the_default(load: Load, case: Case) -> None:
    world, _ = compile_plan(load(""), case, range(4), 1)
    for field in dataclasses.fields(world.parameters):
        assert getattr(world.parameters, field.name).shape == (1,)
    assert world.parameters.fear_push[0] == 1.5
    same, _ = compile_plan(load(""), case, range(4), 1, "posterior")  # which the case has not
    assert same.parameters.fear_push.tolist() == [1.5]


def test_run_i_takes_draw_i_in_any_chunk(load: Load, case: Case) -> None:
    scenario = load("")
    world, _ = compile_plan(scenario, case, range(8), 1, DRAWS)
    assert world.parameters.fear_push.tolist() == [1, 2, 3, 1, 2, 3, 1, 2]
    assert world.parameters.resolve.tolist() == [0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2]
    assert world.parameters.sender_cost.tolist() == [0.35]
    later, _ = compile_plan(scenario, case, range(4, 6), 1, DRAWS)
    assert later.parameters.fear_push.tolist() == [2, 3]
    twice, _ = compile_plan(scenario, case, range(1, 8), 1, DRAWS, replicates=2)
    assert twice.parameters.fear_push.tolist() == [1, 2, 2, 3, 3, 1, 1]


def test_draws_come_from_the_case_or_a_file(load: Load, tmp_path: Path) -> None:
    shutil.copytree(TOY, tmp_path / "calibration" / "toy_case")
    scenario = load("")
    write_posterior(tmp_path / "calibration" / "toy_case" / "posterior.parquet", DRAWS)
    case = load_case("toy_case")
    world, _ = compile_plan(scenario, case, range(2), 1, "posterior")
    assert world.parameters.fear_push.tolist() == [1, 2]
    world, _ = compile_plan(scenario, case, range(2), 1)
    assert world.parameters.fear_push.tolist() == [1.5]
    write_posterior("other.parquet", Posterior(("resolve",), DRAWS.values[1:, 1:]))
    world, _ = compile_plan(scenario, case, range(2), 1, "other.parquet")
    assert world.parameters.fear_push.tolist() == [1.5]
    assert world.parameters.resolve.tolist() == [0.2, 0.3]


def test_values_for_each_run_can_be_given(load: Load, case: Case) -> None:
    values = {"fear_push": np.array([0.5, 2.5])}
    world, _ = compile_plan(load(""), case, range(7, 9), 1, values)
    assert world.parameters.fear_push.tolist() == [0.5, 2.5]


def test_what_the_scenario_sets_comes_on_top_of_the_draws(load: Load, case: Case) -> None:
    off = "[parameters]\nfear_push = 5.0\n[switches]\ncoercion = false\ndeals = false\n"
    draws = Posterior(("fear_push", "resolve", "threat_hazard", "deal_rate"), np.full((2, 4), 0.25))
    world, _ = compile_plan(load(off), case, range(3), 1, draws)
    assert world.parameters.fear_push.tolist() == [5.0]
    assert world.parameters.threat_hazard.tolist() == [0.0]
    assert world.parameters.deal_rate.tolist() == [0.0]
    assert world.parameters.resolve.tolist() == [0.25] * 3


@pytest.mark.parametrize(
    ("parameters", "replicates", "message"),
    [
        (DRAWS, 0, "replicates: found 0; allowed: 1 or more"),
        ("point", 2, "replicates: found 2, but there are no draws of the parameters to repeat"),
        ("posterior", 2, "replicates: found 2, but there are no draws"),
        ("pont", 1, "parameters: found 'pont'; allowed: point, posterior; nearest: point"),
        ("no.parquet", 1, "no.parquet: cannot be read: no such file"),
        ({"fear_pus": np.ones(3)}, 1, "; nearest: fear_push"),
        ({"fear_push": np.ones(2)}, 1, r"shape \(2,\); needed: one value for each of 3 runs"),
        ({"fear_push": np.array([1, np.nan, 1])}, 1, "'fear_push', draw 1: found nan"),
    ],
)
def test_draws_that_cannot_be_used(
    load: Load, case: Case, parameters: Any, replicates: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        compile_plan(load(""), case, range(3), 1, parameters, replicates)


def test_a_draw_without_a_reference_is_named_by_its_run(load: Load, case: Case) -> None:
    weights = np.full((6, 1), 0.3)
    weights[4:] = 1e-6
    draws = Posterior(("own_weight",), weights)
    with pytest.raises(InputError) as caught:
        compile_plan(load(""), case, range(3, 9), 1, draws)
    message = str(caught.value)
    assert "contradict each other: its own ideal would be " in message
    assert "in 33% of runs" in message
    assert message.endswith("(the first is run 4)")
    assert message.startswith("scenarios/test.toml: ")
    with pytest.raises(InputError, match="in 100% of runs"):
        compile_plan(load(""), case, range(4, 5), 1, draws)


def test_draws_can_be_simulated(load: Load, case: Case) -> None:
    """Each run has its own parameters: run i is the run of a world with draw i only."""
    scenario = load(EVERYTHING)
    world, plan = compile_plan(scenario, case, range(3), 1, DRAWS)
    all_runs = list(simulate(world, plan, 1, 0, 3))[-1]
    alone, plan = compile_plan(scenario, case, range(1, 3), 1, DRAWS)
    last = list(simulate(alone, plan, 1, 1, 2))[-1]
    np.testing.assert_array_equal(last.measure("autonomy"), all_runs.measure("autonomy")[:, 1:])
    centre, plan = compile_plan(scenario, case, range(1, 3), 1)
    last = list(simulate(centre, plan, 1, 1, 2))[-1]
    assert not np.array_equal(last.measure("autonomy"), all_runs.measure("autonomy")[:, 1:])
