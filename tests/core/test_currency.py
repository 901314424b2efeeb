"""Dollar GDP follows the partners' currencies and the oil price; nothing but dollars does."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from sim.core import attention
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
QUARTERS = 6
PASS_THROUGH = {"currency_pass_through": 0.7, "oil_pass_through": 1.3}
# Outcomes that weigh countries by their GDP in dollars, but are no dollars.
WEIGHED = {"deals_gini", "deal_share"}


def world_at_rest(seed: int) -> World:
    """A world whose output no price of a currency or of oil moves; every country has exposure."""
    world = quiet(random_world(seed, quarters=1, channels=7)[0])
    world = with_drivers(with_parameters(world, rivalry_response=0.0), enforcement=0.0)
    world = with_parameters(world, exchange_rate_elasticity=0.0, oil_income=0.0, **PASS_THROUGH)
    return with_attributes(world, exposure=np.maximum(world.attributes.exposure, 0.01))


def ends(world: World, **paths: Array) -> Quarter:
    """The end of a calm simulation with drivers elsewhere than at the base."""
    *_, last = simulate(world, calm_plan(world, QUARTERS, **paths), 1, 0, RUNS)
    return last


def rise(world: World, **paths: Array) -> Array:
    """Log change of dollar GDP (country, run) that drivers make."""
    quarter = ends(world, **paths)
    assert np.abs(quarter.state.output).max() < 1e-12
    change: Array = np.log(quarter.measure("gdp_usd") / ends(world).measure("gdp_usd"))
    return change


def close(one: Any, other: Any) -> bool:
    """Equal up to rounding."""
    return np.allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("by", [-0.4, 0.25])
def test_gdp_follows_each_partners_currency_by_its_part_of_the_portfolio(
    seed: int, by: float
) -> None:
    world = world_at_rest(seed)
    attributes = world.attributes
    aligned = attention.alignment(attributes.exposure, attributes.share)
    for p in range(len(world.names.powers)):
        path = world.drivers["exchange_rate"].copy()
        path[p] += by
        expected = 0.7 * aligned[:, p] * by
        assert np.abs(expected).min() > 0
        assert close(rise(world, exchange_rate=path), np.broadcast_to(expected, (3, RUNS)))
    everyone = rise(world, exchange_rate=world.drivers["exchange_rate"] + by)
    assert close(everyone, 0.7 * by)  # parts of a portfolio sum to 1
    pegged = with_parameters(world, currency_pass_through=0.0)
    assert close(rise(pegged, exchange_rate=world.drivers["exchange_rate"] + by), 0.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_gdp_follows_oil_by_what_is_priced_with_it(seed: int) -> None:
    world = world_at_rest(seed)
    attributes = world.attributes
    transit = attributes.exposure[:, attributes.roles.transit].sum(axis=1)
    expected = 1.3 * attributes.hydrocarbon * transit * -0.5
    assert np.abs(expected).min() > 0
    oil = world.drivers["oil"] - 0.5
    assert close(rise(world, oil=oil), np.broadcast_to(expected, (3, RUNS)))
    assert close(rise(with_attributes(world, hydrocarbon=0.0), oil=oil), 0.0)
    assert close(rise(with_parameters(world, oil_pass_through=0.0), oil=oil), 0.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_weights_are_those_of_the_base(seed: int) -> None:
    """A portfolio that has moved since, or grown, counts as it was."""
    world = world_at_rest(seed)
    cheaper = {
        "exchange_rate": world.drivers["exchange_rate"] - np.array([[0.4], [0.0], [0.1], [0.0]]),
        "oil": world.drivers["oil"] - 0.5,
    }
    moved = {
        "preference": world.drivers["preference"] + np.linspace(-1, 1, 4)[:, None, None],
        "exposure": world.drivers["exposure"] + np.linspace(-1, 1, 7)[:, None],
    }
    shifted, usual = ends(world, **moved), ends(world)
    assert not close(shifted.measure("alignment"), usual.measure("alignment"))
    change = np.log(ends(world, **moved, **cheaper).measure("gdp_usd") / shifted.measure("gdp_usd"))
    assert close(change, rise(world, **cheaper))


@pytest.mark.parametrize("seed", SEEDS)
def test_currencies_move_levels_in_dollars_only(seed: int) -> None:
    """With every mechanism at work: only what is counted in dollars, or weighed by them."""
    world, plan = random_world(seed, runs=RUNS, quarters=QUARTERS, channels=7)
    none = with_parameters(world, **dict.fromkeys(PASS_THROUGH, 0.0))
    some = with_parameters(world, **PASS_THROUGH)
    moved: set[str] = set()
    for one, other in zip(
        simulate(none, plan, 1, 0, RUNS), simulate(some, plan, 1, 0, RUNS), strict=True
    ):
        for name, values in state_arrays(one.state).items():
            assert np.array_equal(state_arrays(other.state)[name], values), name
        factor = other.measure("gdp_usd") / one.measure("gdp_usd")
        assert (factor != 1.0).any()
        for name, indicator in INDICATORS.items():
            values, found = one.measure(name), other.measure(name)
            if indicator.unit.startswith("USD"):
                if indicator.axes[0] == "country":
                    of_country = factor.reshape(3, *[1] * (values.ndim - 2), RUNS)
                    assert close(found, of_country * values), name
                moved |= {name} if not np.array_equal(found, values) else set()
            elif name not in WEIGHED:
                assert np.array_equal(found, values), name
    in_dollars = {name for name, one in INDICATORS.items() if one.unit.startswith("USD")}
    assert {"gdp_usd", "trade_usd", "remittances_total_usd"} <= moved <= in_dollars


def test_pass_through_is_a_number_of_each_run() -> None:
    world = world_at_rest(0)
    parameters = replace(world.parameters, currency_pass_through=np.array([0.0, 1.0]))
    assert {"currency_pass_through", "oil_pass_through"} <= {one.name for one in fields(parameters)}
    world = replace(world, parameters=parameters)
    change = rise(world, exchange_rate=world.drivers["exchange_rate"] - 0.3)
    assert close(change, np.broadcast_to([0.0, -0.3], (3, RUNS)))
