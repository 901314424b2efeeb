"""Capacity of named routes, what it carries, and the building of bypasses (submodel 8)."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from sim.core.world import Array, Flags


def effective(capacity: Array, days: Array, base_days: Array, speed: Array) -> Array:
    """What a route's capacity is worth to those who use it.

    Parameters
    ----------
    capacity, days, base_days : array (route, run)
        Capacity, transit time now and at the base.
    speed : array (run,)
        eta_d, elasticity of use to transit time.

    Returns
    -------
    array (route, run)
        Cap (days/days0)^-eta_d
    """
    worth: Array = capacity * (days / base_days) ** (-speed)
    return worth


def gains(effective_capacity: Array, base_capacity: Array, yield_: Array) -> Array:
    """Share of a channel that a route gained since the base.

    Parameters
    ----------
    effective_capacity, base_capacity, yield_ : array (route, run)
        Capacity as `effective` has it and at the base, base share a unit of capacity.

    Returns
    -------
    array (route, run)
        y (effective - Cap0)
    """
    gain: Array = yield_ * (effective_capacity - base_capacity)
    return gain


def _gather(gain: Array, cells: NDArray[np.intp], shape: tuple[int, ...]) -> Array:
    """Sum rows of `gain` that belong to the same cell of `shape` (flat indices `cells`)."""
    gathered = np.zeros((prod(shape), gain.shape[-1]))
    if cells.size:
        order = np.argsort(cells, kind="stable")
        distinct, starts = np.unique(cells[order], return_index=True)
        gathered[distinct] = np.add.reduceat(gain[order], starts, axis=0)
    return gathered.reshape(*shape, gain.shape[-1])


def by_channel(gain: Array, location: Flags) -> Array:
    """Gains of routes gathered by country, power and channel.

    Parameters
    ----------
    gain : array (route, run)
    location : array (route, country, power, channel) of bool

    Returns
    -------
    array (country, power, channel, run)
    """
    route, *place = location.nonzero()
    cells = np.ravel_multi_index(tuple(place), location.shape[1:])
    return _gather(gain[route], cells, location.shape[1:])


def by_partner(gain: Array, serves: Flags) -> Array:
    """Gains of routes gathered by the powers whose trade they carry.

    Parameters
    ----------
    gain : array (route, run)
    serves : array (route, country, power) of bool

    Returns
    -------
    array (country, power, run)
    """
    route, *place = serves.nonzero()
    cells = np.ravel_multi_index(tuple(place), serves.shape[1:])
    return _gather(gain[route], cells, serves.shape[1:])


def carried(
    yield_: Array, effective_capacity: Array, share: Array, flow: Array, location: Flags
) -> Array:
    """Share of its channel that each route carries.

    A dyad's share is divided over its routes in proportion to what their capacity would carry;
    what no route carries keeps its part.

    Parameters
    ----------
    yield_, effective_capacity : array (route, run)
        Base share a unit of capacity, and capacity as `effective` has it.
    share : array (country, power, channel, run)
        S now.
    flow : array (country, power, channel, run)
        S0 + R: what base conditions and capacity would carry.
    location : array (route, country, power, channel) of bool

    Returns
    -------
    array (route, run)
    """
    _, country, power, channel = location.nonzero()
    whole = flow[country, power, channel]
    ability = np.broadcast_to(yield_ * effective_capacity, whole.shape)
    part = np.divide(ability, whole, out=np.zeros_like(whole), where=whole > 0)
    route_share: Array = np.minimum(part, 1.0) * share[country, power, channel]
    return route_share


def build(
    capacity: Array,
    building: Array,
    fear_excess: Array,
    controlled: Array,
    realised: Array,
    build_weight: Array,
    location: Flags,
    tolerance: Array,
    investment: Array,
    boost: Array,
    lag: Array,
) -> tuple[Array, Array]:
    """Build bypasses where fear of the powers that control transit exceeds what is tolerated.

    Parameters
    ----------
    capacity, building : array (route, run)
        Capacity, and capacity under construction.
    fear_excess, controlled, realised : array (country, power, run)
        pi - pi_ref, transit share times control, realised deals F.
    build_weight : array (route, run)
    location : array (route, country, power, channel) of bool
    tolerance, investment, boost, lag : array (run,)
        pi_tol, iota, chi_B and T_lag.

    Returns
    -------
    capacity, building : array (route, run)
    """
    risk = (np.maximum(fear_excess - tolerance, 0.0) * controlled).sum(axis=1)
    _, country, power, _ = location.nonzero()
    started = investment * risk[country] * build_weight * (1.0 + boost * realised[country, power])
    building = building + started
    done = building / lag
    return capacity + done, building - done
