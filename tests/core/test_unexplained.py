"""Drivers for what no mechanism explains: what each of them moves, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.core.indicators import INDICATORS
from sim.core.simulate import Quarter, simulate
from sim.core.world import Array, World
from tests.limits.worlds import (
    calm_plan,
    quiet,
    state_arrays,
    with_attributes,
    with_drivers,
    with_parameters,
)
from tests.reference.random_world import random_world

RUNS = 2
SEEDS = range(4)
UNEXPLAINED = ("preference", "exposure", "activity", "throughput")
# Outcomes that weigh countries by their GDP in dollars, but are no dollars.
WEIGHED = {"deals_gini", "deal_share"}


def quiet_world(seed: int) -> World:
    """A world in which nobody answers to exposure: no coercion, rivalry, deals or enforcement."""
    world = quiet(random_world(seed, quarters=1, channels=7)[0])
    world = with_drivers(with_parameters(world, rivalry_response=0.0), enforcement=0.0)
    return with_attributes(world, exposure=np.maximum(world.attributes.exposure, 0.01))


def moved(world: World, driver: str, quarters: int = 1, **cells: Any) -> Quarter:
    """The end of a calm simulation in which some cells of a driver left their reference.

    Parameters
    ----------
    cells : index -> change
        `at`: an index into the driver's array; `by`: log points.
    """
    path = world.drivers[driver].copy()
    path[cells["at"]] += cells["by"]
    return list(simulate(world, calm_plan(world, quarters, **{driver: path}), 1, 0, RUNS))[-1]


def calm(world: World, quarters: int = 1) -> Quarter:
    """The end of a simulation in which nothing happens."""
    return list(simulate(world, calm_plan(world, quarters), 1, 0, RUNS))[-1]


def close(one: Array, other: Array) -> bool:
    """Equal up to rounding."""
    return np.allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
def test_vulnerability_follows_exposure_in_proportion(seed: int) -> None:
    world = quiet_world(seed)
    more, usual = moved(world, "exposure", at=(0, 2), by=np.log(1.5)), calm(world)
    expected = usual.measure("exposure").copy()
    expected[0, 2] *= 1.5
    assert close(more.measure("exposure"), expected)
    assert close(usual.measure("exposure"), np.broadcast_to(world.attributes.exposure, (3, 7, 2)))
    expected = usual.flow.vulnerability.copy()
    expected[0, :, 2] *= 1.5
    assert expected[0, :, 2].max() > 0
    assert close(more.flow.vulnerability, expected)
    assert close(more.measure("leverage"), expected.sum(axis=2))
    # Nothing happened to the partners, so the portfolio leans to those that are strong there.
    weight = more.measure("exposure")[:, None] * more.state.share
    aligned = weight.sum(axis=2) / weight.sum(axis=(1, 2))[:, None]
    assert close(more.measure("alignment"), aligned)
    assert not close(more.measure("alignment")[0], usual.measure("alignment")[0])
    assert close(more.measure("alignment")[1:], usual.measure("alignment")[1:])


@pytest.mark.parametrize("seed", SEEDS)
def test_losses_follow_exposure_in_proportion(seed: int) -> None:
    world = quiet_world(seed)
    plan = calm_plan(world, 1)
    plan = replace(plan, disruption=plan.disruption + 0.5)
    path = plan.drivers["exposure"] + np.log(2.0)
    twice = replace(plan, drivers=plan.drivers | {"exposure": path})
    one, two = (next(iter(simulate(world, p, 1, 0, RUNS))) for p in (plan, twice))
    assert (one.flow.severity > 0).all()
    assert close(two.flow.severity, 2.0 * one.flow.severity)
    assert close(two.state.output, 2.0 * one.state.output)
    assert close(two.measure("remittance_index"), one.measure("remittance_index"))
    share = one.measure("remittance_share")
    assert (share > 0).any()
    assert close(two.measure("remittance_share"), 2.0 * share)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("by", [-0.7, 0.4])
def test_preference_moves_shares_of_its_channel_only(seed: int, by: float) -> None:
    """The power's share goes one way and all others' the other way, as the logit has it."""
    world = quiet_world(seed)
    other, usual = moved(world, "preference", at=(1, 0, 3), by=by), calm(world)
    change = (other.state.share - usual.state.share) * np.sign(by)
    assert (change[1, 0, 3] > 0).all()
    assert (change[1, 1:, 3] < 0).all()
    change[1, :, 3] = 0.0
    assert np.abs(change).max() < 1e-15
    base = world.attributes.share[1, 0, 3]
    # At once, and all the way: what stands where the target does has nowhere to go.
    expected = base * np.exp(by) / (1.0 - base + base * np.exp(by))
    assert close(other.state.share[1, 0, 3], np.broadcast_to(expected, RUNS))
    later = moved(world, "preference", quarters=9, at=(1, 0, 3), by=by)
    assert close(later.state.share, other.state.share)
    pull = np.zeros_like(usual.flow.pulls.drivers)
    pull[1, 0, 3] = by
    assert close(other.flow.pulls.drivers, pull)


@pytest.mark.parametrize("seed", SEEDS)
def test_activity_moves_levels_in_dollars_only(seed: int) -> None:
    world, plan = random_world(seed, runs=RUNS, quarters=6)
    plan = replace(
        plan,
        drivers=plan.drivers | {"activity": np.zeros_like(plan.drivers["activity"])},
        noise={name: sigma for name, sigma in plan.noise.items() if name != "activity"},
    )
    path = plan.drivers["activity"] + 0.2
    richer = replace(plan, drivers=plan.drivers | {"activity": path})
    for one, other in zip(
        simulate(world, plan, 1, 0, RUNS), simulate(world, richer, 1, 0, RUNS), strict=True
    ):
        for name, values in state_arrays(one.state).items():
            if name != "driver activity":
                assert np.array_equal(state_arrays(other.state)[name], values), name
        for name, indicator in INDICATORS.items():
            values, found = one.measure(name), other.measure(name)
            if indicator.unit.startswith("USD"):
                assert close(found, np.exp(0.2) * values), name
            elif name in WEIGHED:
                assert close(found, values), name
            else:
                assert np.array_equal(found, values), name


@pytest.mark.parametrize("seed", SEEDS)
def test_the_volume_of_a_route_answers_to_throughput(seed: int) -> None:
    """Up to its capacity, and nothing else does."""
    world = quiet_world(seed)
    usual = calm(world)
    volume, capacity = usual.measure("route_volume"), usual.measure("route_capacity")
    assert (volume[0] > 0).all()
    for by in (-3.0, -0.1, 0.1, 1.5):
        other = moved(world, "throughput", at=0, by=by)
        expected = volume.copy()
        expected[0] = np.minimum(volume[0] * np.exp(by), capacity[0])
        assert close(other.measure("route_volume"), expected)
        assert close(other.measure("route_share"), usual.measure("route_share"))
        assert np.array_equal(other.state.share, usual.state.share)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_volume_of_a_route_grows_with_the_value_of_its_channel(seed: int) -> None:
    """Up to what the route can pass; its share of the channel stays, and a closure closes."""
    world = quiet_world(seed)
    table = world.attributes.routes
    c, _, k = (int(place[0]) for place in table.location[0].nonzero())
    usual = calm(world)
    capacity = usual.measure("route_capacity")[0]
    for by in (-0.5, 0.1, 1.5):
        other = moved(world, "exposure", at=(c, k), by=by)
        expected = np.minimum(usual.measure("route_volume")[0] * np.exp(by), capacity)
        assert close(other.measure("route_volume")[0], expected)
        assert close(other.measure("route_share"), usual.measure("route_share"))
    plan = calm_plan(world, 1, exposure=world.drivers["exposure"] + 0.1)
    half = replace(plan, closure=plan.closure + 0.5)
    whole, closed = (next(iter(simulate(world, p, 1, 0, RUNS))) for p in (plan, half))
    assert close(closed.measure("route_volume"), 0.5 * whole.measure("route_volume"))


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_of_nothing_changes_no_bit(seed: int) -> None:
    """And paths at the reference leave the base a fixed point, whatever the reference is."""
    world = quiet_world(seed)
    assert all(world.drivers[name].all() for name in UNEXPLAINED)
    plan = calm_plan(world, 8)
    none = {name: np.zeros_like(world.drivers[name]) for name in UNEXPLAINED}
    still = replace(plan, noise=none, persistence={n: v + 0.9 for n, v in none.items()})
    for one, other in zip(
        simulate(world, plan, 1, 0, RUNS), simulate(world, still, 1, 0, RUNS), strict=True
    ):
        for name, values in state_arrays(one.state).items():
            found = state_arrays(other.state)[name]
            assert np.array_equal(found, np.broadcast_to(values, found.shape)), name
        assert np.abs(one.state.share - world.attributes.share).max() < 1e-12
        assert np.abs(one.state.output).max() < 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_remittances_of_a_country_are_those_from_all(seed: int) -> None:
    """With the residual suppliers' part, which no power pays."""
    world, plan = random_world(seed, runs=RUNS, quarters=4)
    *_, last = simulate(world, plan, 1, 0, RUNS)
    total = last.measure("remittances_total_usd")
    assert close(total, last.measure("remittance_share") * last.measure("gdp_usd"))
    labour = world.attributes.roles.labour
    paid = last.measure("remittances_usd").sum(axis=1)
    rest = 1.0 - last.state.share.sum(axis=1)
    unpaid = (last.measure("exposure") * rest)[:, labour].sum(axis=1)
    unpaid = unpaid * last.measure("remittance_index") * last.measure("gdp_usd")
    assert close(paid + unpaid, total)
