"""Routes: what capacity and time are worth, what a route carries, and bypasses being built."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.core import routes
from sim.core.simulate import simulate
from sim.core.world import Array
from tests.limits.worlds import calm_plan, quiet, with_attributes, with_parameters
from tests.reference.random_world import random_world

LOCATION = np.zeros((3, 2, 2, 1), bool)
LOCATION[0, 0, 0, 0] = LOCATION[1, 0, 0, 0] = LOCATION[2, 1, 1, 0] = True


def column(*values: float) -> Array:
    """A value a route, the same in all runs."""
    return np.array(values)[:, None]


def test_gain_of_a_route_in_closed_form() -> None:
    """Half the time at eta = 1/2 is worth a factor sqrt 2."""
    effective = routes.effective(
        column(0.5, 0.8, 0.5), column(20.0, 20.0, 10.0), column(20.0, 20.0, 20.0), np.array([0.5])
    )
    assert np.allclose(effective, column(0.5, 0.8, 0.5 * np.sqrt(2.0)))
    found = routes.gains(effective, column(0.5, 0.5, 0.5), column(0.4, 0.4, 0.4))
    assert np.allclose(found, column(0.0, 0.4 * 0.3, 0.4 * 0.5 * (np.sqrt(2.0) - 1.0)))


def test_gains_are_gathered_where_the_routes_lie() -> None:
    gain = column(0.1, 0.02, 0.3)
    by_channel = routes.by_channel(gain, LOCATION)
    assert np.allclose(by_channel[..., 0, 0], [[0.12, 0.0], [0.0, 0.3]])
    serves = np.zeros((3, 2, 2), bool)
    serves[0, :, 1] = serves[2, 1, 1] = True
    assert np.allclose(routes.by_partner(gain, serves)[..., 0], [[0.0, 0.1], [0.0, 0.4]])
    nothing = routes.by_channel(np.zeros((0, 1)), LOCATION[:0])
    assert nothing.shape == (2, 2, 1, 1)
    assert not nothing.any()


def test_routes_of_a_dyad_divide_its_share_by_what_they_can_carry() -> None:
    share = np.array([[0.5, 0.1], [0.2, 0.3]]).reshape(2, 2, 1, 1)
    flow = np.array([[0.4, 0.1], [0.2, 0.3]]).reshape(2, 2, 1, 1)
    carried = routes.carried(column(0.5, 0.25, 2.0), column(0.4, 0.4, 1.0), share, flow, LOCATION)
    # The first two carry 0.2 and 0.1 of 0.4; the third cannot carry more than there is.
    assert np.allclose(carried, column(0.25, 0.125, 0.3))


def test_what_is_started_is_finished_in_the_end() -> None:
    """Capacity and what is being built add up to what was there and what was started."""
    fear = np.array([[0.5, 0.0], [0.05, 0.05]])[..., None]
    controlled = np.array([[0.4, 0.3], [0.4, 0.3]])[..., None]
    realised = np.array([[0.1, 0.0], [0.0, 0.0]])[..., None]
    weight, lag = column(0.75, 0.25, 1.0), np.array([8.0])
    plain = {"tolerance": np.array([0.1]), "boost": np.array([2.0]), "lag": lag}

    def build(capacity: Array, building: Array, investment: float) -> tuple[Array, Array]:
        return routes.build(
            capacity,
            building,
            fear,
            controlled,
            realised,
            weight,
            LOCATION,
            investment=np.array([investment]),
            **plain,
        )

    start = column(0.5, 0.0, 0.2)
    capacity, building = build(start, 0.0 * start, 0.3)
    # 0.3 (0.5 - 0.1) 0.4 (1 + 2 * 0.1), by weight; the other country tolerates its fear.
    started = 0.3 * 0.4 * 0.4 * 1.2 * column(0.75, 0.25, 0.0)
    assert np.allclose(capacity + building - start, started)
    assert np.allclose(capacity - start, started / 8.0)
    for _ in range(300):
        capacity, building = build(capacity, building, 0.0)
    assert np.allclose(capacity, start + started)
    assert np.allclose(building, 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_a_slower_route_loses_its_share(seed: int) -> None:
    """And the partners whose trade it carries lose trade."""
    world = quiet(random_world(seed, quarters=1, channels=7)[0])
    world = with_parameters(world, days_elasticity=0.6, corridor_pull=0.5)
    world = with_attributes(world, exposure=0.05, responsiveness=0.0)
    table = world.attributes.routes
    days = table.days.copy()
    days[0] *= 2.0
    slow = calm_plan(world, 6, transit_days=days)
    quarter = list(simulate(world, slow, 1, 0, 2))[-1]
    c, p, k = (int(place[0]) for place in table.location[0].nonzero())
    start = world.attributes.share
    assert (quarter.state.share[c, p, k] < start[c, p, k]).all()
    trade = world.attributes.roles.trade
    served = table.serves[0] & (world.attributes.share[:, :, trade][..., 0, :] > 1e-4).all(axis=-1)
    pull = quarter.flow.pulls.drivers[:, :, trade][..., 0, :]
    assert (pull[served] < 0).all()
    opened = calm_plan(world, 6)
    opened = replace(opened, capacity=opened.capacity + np.eye(6, 5)[:, :, None] * 0.3)
    wider = list(simulate(world, opened, 1, 0, 2))[-1]
    assert (wider.state.share[c, p, k] >= start[c, p, k]).all()
