"""Outcomes: shapes, units and ranges, and the ones that can be worked out by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from sim.core.indicators import INDICATORS, Moment, columns
from sim.core.simulate import Quarter, simulate
from sim.core.step import Setting
from sim.core.world import Array, World
from tests.limits.worlds import (
    LETTERS,
    axis_lengths,
    calm_plan,
    letters,
    quiet,
    setting_of,
    with_attributes,
    with_parameters,
)
from tests.reference.random_world import random_world

RUNS = 4
HEADLINES = {
    *("position", "autonomy", "entropy", "output", "alignment", "leverage", "attention_share"),
    *("cohesion", "remittance_index", "reexport_intensity", "route_volume", "imposed", "fear"),
    "route_capacity",
    *("terms", "realised"),
}


def ends(world: World, quarters: int = 1) -> Quarter:
    """The end of a quiet simulation."""
    return list(simulate(world, calm_plan(world, quarters), 1, 0, RUNS))[-1]


def measured(moment: Moment, name: str, **state: Array) -> Array:
    """An outcome after some state variables were put to given values."""
    return INDICATORS[name].measure(replace(moment, state=replace(moment.state, **state)))


def test_every_outcome_has_a_name_a_unit_and_a_meaning() -> None:
    for name, indicator in INDICATORS.items():
        assert indicator.name == name
        assert re.fullmatch(r"[a-z_]+", name)
        assert indicator.unit
        assert indicator.meaning
        assert set(indicator.axes) <= set(LETTERS)
    assert {name for name, indicator in INDICATORS.items() if indicator.headline} == HEADLINES


def test_columns_name_every_cell_in_array_order() -> None:
    world, _ = random_world(3, quarters=1)
    lengths = axis_lengths(world.names)
    for indicator in INDICATORS.values():
        cells = int(np.prod([lengths[letter] for letter in letters(indicator.axes)]))
        names = columns(indicator, world.names)
        assert len(names) == len(set(names)) == cells
        assert all(name.split(".")[0] == indicator.name for name in names)
    assert columns(INDICATORS["cohesion"], world.names) == ["cohesion"]
    country, power = world.names.countries, world.names.powers
    found = columns(INDICATORS["channel_leverage"], world.names)
    channels = world.names.channels
    assert found[: len(channels)] == [
        f"channel_leverage.{country[0]}.{power[0]}.{channel}" for channel in channels
    ]
    assert found[len(channels)].startswith(f"channel_leverage.{country[0]}.{power[1]}.")


@pytest.mark.parametrize("seed", range(12))
def test_every_outcome_is_finite_and_in_the_range_that_its_unit_names(seed: int) -> None:
    world, plan = random_world(seed, runs=RUNS, quarters=12)
    lengths = axis_lengths(world.names)
    ranges = {
        name: tuple(float(bound) for bound in found.groups())
        for name, indicator in INDICATORS.items()
        if (found := re.fullmatch(r"(-?[\d.]+) to (-?[\d.]+)", indicator.unit))
    }
    assert len(ranges) > 20
    for quarter in simulate(world, plan, 2, 0, RUNS):
        for name, indicator in INDICATORS.items():
            values = quarter.measure(name)
            shape = tuple(lengths[letter] for letter in letters(indicator.axes))
            assert values.shape == (*shape, RUNS), name
            assert np.isfinite(values).all(), name
            low, high = ranges.get(name, (-np.inf, np.inf))
            assert (values >= low - 1e-12).all(), name
            assert (values <= high + 1e-12).all(), name
            if indicator.unit in ("count", "0 or 1"):
                assert np.array_equal(values, np.round(values)), name
            if indicator.unit.startswith("USD bn") or indicator.unit == "thousand persons":
                assert (values >= 0).all(), name
        assert set(np.unique(quarter.measure("hedging_band"))) <= {0.0, 1.0}


@pytest.mark.parametrize("seed", range(4))
def test_parts_of_a_whole_add_up(seed: int) -> None:
    world, plan = random_world(seed, runs=RUNS, quarters=6)
    for quarter in simulate(world, plan, 2, 0, RUNS):
        for name, axis in (("alignment", 1), ("attention_share", 1), ("deal_share", 0)):
            total = quarter.measure(name).sum(axis=axis)
            assert np.isclose(total, 1.0).sum() + (total == 0.0).sum() == total.size, name
        assert np.allclose(
            quarter.measure("channel_leverage").sum(axis=2), quarter.measure("leverage")
        )
        votes = sum(quarter.measure(f"vote_{vote}") for vote in ("yes", "no", "abstain", "absent"))
        assert np.allclose(votes, 1.0)
        assert np.allclose(
            quarter.measure("announced_by_sector").sum(axis=1),
            (quarter.measure("announced") * quarter.measure("gdp_usd")[:, None]).sum(axis=0),
        )
        assert np.allclose(
            quarter.measure("realised_by_sector").sum(axis=1),
            (quarter.measure("realised") * quarter.measure("gdp_usd")[:, None]).sum(axis=0),
        )
        assert np.array_equal(
            quarter.measure("imposed_by_channel").sum(axis=1),
            quarter.measure("imposed").sum(axis=0),
        )
        assert np.allclose(quarter.measure("max_leverage"), quarter.measure("leverage").max(axis=1))
        assert (quarter.measure("route_volume") <= quarter.measure("route_capacity") + 1e-9).all()


def test_levels_at_the_base_are_shares_of_gdp() -> None:
    world = with_attributes(quiet(random_world(3, quarters=1, channels=7)[0]), growth=0.0)
    attributes, quarter = world.attributes, ends(world)
    for role in ("trade", "labour", "capital"):
        assert getattr(attributes.roles, role).any()
    gdp = attributes.gdp[:, None]

    def flows(role: str) -> Array:
        mask = getattr(attributes.roles, role)[:, None]
        return (mask * attributes.exposure[:, None] * attributes.share).sum(axis=2) * gdp

    assert np.allclose(quarter.measure("gdp_usd"), attributes.gdp)
    assert np.allclose(quarter.measure("trade_usd"), 2.0 * flows("trade"))
    assert np.allclose(quarter.measure("remittances_usd"), flows("labour"))
    assert np.allclose(quarter.measure("capital_usd"), flows("capital"))
    labour = (attributes.roles.labour[:, None] * attributes.share).sum(axis=2)
    assert np.allclose(quarter.measure("migrants"), attributes.migrants * (labour > 0))
    expected = attributes.reexport_ceiling * quarter.state.reexport * attributes.gdp
    assert np.allclose(quarter.measure("reexport_usd"), expected)
    trade = (attributes.roles.trade[:, None] * attributes.share).sum(axis=2)
    regional = trade[:, attributes.regional].sum(axis=1)
    assert np.allclose(quarter.measure("regional_trade_share"), regional)


def test_gdp_grows_from_the_base_quarter() -> None:
    world = with_attributes(quiet(random_world(3, quarters=1)[0]), growth=0.04)
    quarter = ends(world, quarters=8)
    assert np.allclose(quarter.measure("gdp_usd"), world.attributes.gdp * np.exp(0.04 * 2.0))


def test_routes_carry_their_base_volume_and_close_in_part() -> None:
    world = quiet(random_world(3, quarters=1)[0])
    routes = world.attributes.routes
    plan = calm_plan(world, 2)
    shut = plan.closure.copy()
    shut[1, 0] = 0.75
    calm, closed = simulate(world, replace(plan, closure=shut), 1, 0, RUNS)
    share = routes.yield_ * routes.capacity
    assert np.allclose(calm.measure("route_share"), share)
    volume = np.minimum(share, routes.capacity) * routes.volume_per_share
    assert np.allclose(calm.measure("route_volume"), volume)
    assert np.allclose(closed.measure("route_volume")[0], 0.25 * volume[0])
    assert np.allclose(closed.measure("route_volume")[1:], volume[1:])
    assert np.allclose(calm.measure("route_capacity"), routes.capacity * routes.volume_per_share)


def test_evenness_and_concentration_of_a_portfolio() -> None:
    world = with_attributes(quiet(random_world(3, quarters=1)[0]), exposure=0.05)
    moment = ends(world).moment
    share = np.zeros((3, 4, *moment.state.share.shape[2:]))
    share[0] = 0.2  # even
    share[1, 2] = 0.7  # one partner
    share[2, :2] = 0.3  # two of four
    assert np.allclose(measured(moment, "entropy", share=share)[:, 0], [1.0, 0.0, 0.5])
    assert np.allclose(measured(moment, "concentration", share=share)[:, 0], [0.25, 1.0, 0.5])
    assert np.allclose(measured(moment, "alignment", share=share)[1, 2], 1.0)
    channels = share.shape[2]
    bandwidth = 0.05 * 0.2 * channels
    assert np.allclose(measured(moment, "influence", share=share)[0], bandwidth * 0.2)


def test_lead_of_the_strongest_power() -> None:
    moment = ends(quiet(random_world(3, quarters=1)[0])).moment
    lever = np.zeros_like(moment.flow.vulnerability)
    lever[0, 1, 0], lever[0, 2, 1] = 0.04, 0.01
    lever[1, 0, 0] = 0.02
    moment = replace(moment, flow=replace(moment.flow, vulnerability=lever))
    lead = INDICATORS["leverage_asymmetry"].measure(moment)
    assert np.allclose(lead[:, 0], [0.75, 1.0, 0.0])


def test_inequality_of_deals() -> None:
    world = with_attributes(quiet(random_world(3, quarters=1)[0]), growth=0.0, gdp=50.0)
    moment = ends(world).moment
    realised = np.zeros_like(moment.state.realised)
    realised[:, 0, 0] = 0.1  # the same everywhere
    realised[1, 1, 0] = 0.1  # in one country of three
    realised[:, 2, 0] = np.array([0.1, 0.2, 0.3])[:, None]
    gini = measured(moment, "deals_gini", realised=realised)
    assert np.allclose(gini[:, 0], [0.0, 2 / 3, 2 / 9, 0.0])


def test_agreement_of_votes() -> None:
    """1 if all vote alike, 1/2 for two against one, 0 for one each way (Hix and others 2005)."""
    world = with_attributes(
        quiet(random_world(3, quarters=1)[0]), neutrality=0.0, core=np.ones(3, bool)
    )
    moment = ends(world).moment
    for yes, no, index in (
        ([0, 0, 0], [1, 1, 1], 1.0),
        ([0, 0, 0], [1, 1, 0], 0.5),
        ([1, 0, 0], [0, 1, 0], 0.0),
    ):
        shape = (2, 3, RUNS)
        votes = {
            "votes_yes": np.broadcast_to(np.array(yes, float)[:, None], shape),
            "votes_no": np.broadcast_to(np.array(no, float)[:, None], shape),
        }
        changed = replace(moment, flow=replace(moment.flow, **votes))
        assert np.allclose(INDICATORS["agreement"].measure(changed), index)


def test_dispersion_is_about_members_only() -> None:
    world = with_attributes(
        quiet(random_world(3, quarters=1)[0]), core=np.array([True, True, False])
    )
    moment = ends(world).moment
    position = np.array([[0.1], [0.5], [-1.0]]).repeat(RUNS, axis=1)
    assert np.allclose(measured(moment, "position_dispersion", position=position), 0.2)
    assert np.allclose(measured(moment, "alignment_score", position=position)[:, 0], [55, 75, 0])
    assert measured(moment, "hedging_band", position=position)[:, 0].tolist() == [1, 0, 0]


def test_welfare_is_discounted_and_counts_accumulate() -> None:
    world, plan = random_world(4, runs=RUNS, quarters=6)
    world = with_parameters(world, discount_rate=0.08, threat_hazard=1.0, threat_cost=0.0)
    welfare, threats, severity = 0.0, 0.0, 0.0
    for quarter in simulate(world, plan, 2, 0, RUNS):
        discount = 1.08 ** (-(quarter.index + 1) / 4)
        welfare = welfare + 0.25 * discount * quarter.measure("output")
        threats = threats + quarter.flow.coercion.threat
        severity = severity + 0.25 * quarter.flow.severity
        assert np.allclose(quarter.measure("welfare"), welfare)
        assert np.array_equal(quarter.measure("threats"), threats)
        assert np.allclose(quarter.measure("severity"), severity)
    assert quarter.measure("threats").sum() > 0


def test_pull_of_capacity_is_the_rise_of_the_base_flow() -> None:
    world = with_attributes(quiet(random_world(3, quarters=1)[0]), exposure=0.05)
    plan = calm_plan(world, 1)
    opened = plan.capacity.copy()
    opened[0, 0] = 0.4
    quarter = next(iter(simulate(world, replace(plan, capacity=opened), 1, 0, RUNS)))
    routes, share = world.attributes.routes, world.attributes.share
    c, p, k = (int(place[0]) for place in routes.location[0].nonzero())
    rise = np.log1p(routes.yield_[0] * 0.4 / share[c, p, k])
    expected = share[c, p, k] / share[c, p].sum(axis=0) * rise
    pull = quarter.measure("pull_capacity")
    assert np.allclose(pull[c, p], expected)
    assert np.count_nonzero(pull[..., 0]) == 1
    for cause in ("attention", "fear", "deals"):
        assert np.allclose(quarter.measure(f"pull_{cause}"), 0.0)


def test_settings_are_only_read() -> None:
    """Measuring leaves the world alone."""
    world, plan = random_world(4, runs=RUNS, quarters=2)
    setting: Setting = setting_of(world, plan)
    before = setting.reference.fear.copy()
    for quarter in simulate(world, plan, 2, 0, RUNS):
        for name in INDICATORS:
            first = quarter.measure(name).copy()
            assert np.array_equal(quarter.measure(name), first), name
    assert np.array_equal(setting_of(world, plan).reference.fear, before)
