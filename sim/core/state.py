"""The state of all runs at the end of a quarter, and what happened in the quarter."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sim.core.coercion import Coercion
from sim.core.portfolio import Pulls
from sim.core.reference import Reference
from sim.core.world import Array, World


@dataclass
class State:
    """State variables; runs last."""

    share: Array  # S (country, power, channel, run)
    own_measures: Array  # (country, power, channel, run) measures of the powers, in [0, 1]
    attention: Array  # b (country, power, run)
    announced: Array  # (country, power, sector, run) cumulative, share of GDP
    committed: Array  # Q (country, power, sector, run) share of GDP
    realised: Array  # F (country, power, sector, run) share of GDP
    fear: Array  # pi (country, power, run)
    capacity: Array  # Cap (route, run) share of base flow
    building: Array  # (route, run) under construction
    position: Array  # x (country, run)
    reexport: Array  # z (country, run)
    output: Array  # yv (country, run) log deviation
    cohesion: Array  # h (run,)
    concession: Array  # K (country, power, run)
    drivers: dict[str, Array]  # u, each (*axes, run)

    def copy(self) -> State:
        """A state that shares no memory with this one."""
        arrays = {
            field.name: getattr(self, field.name).copy()
            for field in fields(self)
            if field.name != "drivers"
        }
        return State(**arrays, drivers={name: u.copy() for name, u in self.drivers.items()})


@dataclass(frozen=True)
class Flow:
    """What happened within a quarter; runs last."""

    terms: Array  # (country, power, run)
    arrivals: Array  # (country, power, run) deals announced spontaneously, number
    arrival_size: Array  # (country, power, run) their size, share of GDP
    disbursed: Array  # (country, power, sector, run) share of GDP
    vulnerability: Array  # V (country, power, channel, run), without season
    instrument: NDArray[np.intp]  # k* (country, power, run)
    coercion: Coercion
    disruption: Array  # M (country, power, channel, run) in force
    lost: Array  # (country, channel, run) share of the channel lost
    severity: Array  # (country, run) loss this quarter, share of a year's GDP
    pulls: Pulls
    flow: Array  # S0 + R (country, power, channel, run)
    remittances: Array  # (country, run) index
    weight: Array  # ell (country, power, run)
    leverage_weight: Array  # L (1 + kappa K) (country, power, run)
    votes_no: Array  # (text, country, run) expected, on the case's texts, among votes cast
    votes_yes: Array  # (text, country, run)
    dated_votes: NDArray[np.int8]  # (slot, country, run) index into position.VOTES; -1 none


def initial_state(world: World, reference: Reference, runs: int) -> State:
    """The state at the base quarter: everything at its reference.

    Parameters
    ----------
    world, reference : World, Reference
    runs : int
        Length of the runs axis, 2 or more.

    Returns
    -------
    State
        Fresh arrays.
    """
    attributes = world.attributes
    countries, powers, channels, _ = attributes.share.shape
    sectors = len(world.names.sectors)

    def spread(values: Array) -> Array:
        return np.array(np.broadcast_to(values, (*values.shape[:-1], runs)))

    return State(
        share=spread(attributes.share),
        own_measures=np.zeros((countries, powers, channels, runs)),
        attention=spread(reference.attention),
        announced=np.zeros((countries, powers, sectors, runs)),
        committed=spread(reference.committed),
        realised=spread(reference.realised),
        fear=spread(reference.fear),
        capacity=spread(attributes.routes.capacity),
        building=np.zeros((len(world.names.routes), runs)),
        position=spread(attributes.position),
        reexport=spread(reference.reexport),
        output=np.zeros((countries, runs)),
        cohesion=spread(attributes.cohesion),
        concession=np.zeros((countries, powers, runs)),
        drivers={name: spread(values) for name, values in world.drivers.items()},
    )
