"""Trying the model on a case: properties that must hold in every case, tried in seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.case.build import build
from sim.core.drivers import DRIVERS
from sim.core.indicators import INDICATORS
from sim.core.plan import Plan
from sim.core.simulate import Quarter, Simulation
from sim.core.state import State
from sim.core.world import Array, Names, World

if TYPE_CHECKING:
    from sim.case.case import Case

QUARTERS = 40
RUNS = 50
SEED = 1
ROUNDING = 1e-9
PUSH = 0.1  # of the range of a driver, for the property that needs something to happen
_FLIPPED = ("countries", "powers", "channels", "routes", "sectors", "texts")
_AXES = {
    "country": "countries",
    "power": "powers",
    "other": "powers",
    "channel": "channels",
    "route": "routes",
    "sector": "sectors",
    "text": "texts",
}


@dataclass(frozen=True)
class Trial:
    """One property of the model on a case.

    Attributes
    ----------
    name : str
        What must hold, in words.
    holds : bool
    found : str
        By how much it holds, or where it does not.
    """

    name: str
    holds: bool
    found: str


def trials(case: Case) -> list[Trial]:
    """Try the model on a case at its base quarter.

    Parameters
    ----------
    case : Case
        One whose `check` is empty.

    Returns
    -------
    list of Trial
        Rest: without events, chance and coercion nothing moves. Order: the order of rows in the
        tables does not matter. Bounds: with chance and coercion, every share, position, fear and
        joint voice stays in its range, and every outcome finite, in `RUNS` runs.
    """
    return [_rest(case), _order(case), _bounds(case)]


def _rest(case: Case) -> Trial:
    world = _quiet(case.build())
    simulation = Simulation(world, _calm(world), SEED, 0, 2)
    start = _arrays(simulation.state)
    last = _last(simulation)
    moved = {
        name: float(np.max(np.abs(values - start[name]), initial=0.0))
        for name, values in _arrays(last.state).items()
    }
    return _result(f"at rest nothing moves in {QUARTERS} quarters", moved)


def _order(case: Case) -> Trial:
    flipped = {
        name: replace(table, rows=table.rows[::-1]) if name in _FLIPPED else table
        for name, table in case.tables.items()
    }
    worlds = [_quiet(build(tables, case.as_of)) for tables in (case.tables, flipped)]
    one, other = (_last(Simulation(world, _pushed(world), SEED, 0, 2)) for world in worlds)
    apart = {}
    for name, indicator in INDICATORS.items():
        values = other.measure(name)
        for axis, kind in enumerate(indicator.axes):
            values = values.take(_places(kind, worlds[0].names, worlds[1].names), axis=axis)
        expected = one.measure(name)
        found = np.abs(values - expected) / np.maximum(1.0, np.abs(expected))
        found[np.isnan(values) & np.isnan(expected)] = 0.0
        apart[name] = float(np.max(found, initial=0.0))
    return _result("the order of rows in the tables does not matter", apart)


def _bounds(case: Case) -> Trial:
    world = case.build()
    persistence, noise = case.noise(world)
    plan = replace(_calm(world), persistence=persistence, noise=noise)
    simulation = Simulation(world, plan, SEED, 0, RUNS)
    name = f"shares, positions and fears stay in their ranges in {RUNS} runs"
    beyond: dict[str, float] = {}
    while not simulation.finished:
        state = simulation.advance().state
        for what, low, high in (
            ("share", 0.0, 1.0),
            ("attention", 0.0, np.inf),
            ("fear", 0.0, 1.0),
            ("reexport", 0.0, 1.0),
            ("cohesion", 0.0, 1.0),
            ("position", -1.0, 1.0),
        ):
            values = getattr(state, what)
            excess = np.maximum(low - values, values - high).max(initial=-np.inf)
            beyond[what] = max(beyond.get(what, -np.inf), float(excess))
        total = state.share.sum(axis=1).max(initial=0.0)
        beyond["sum of shares"] = max(beyond.get("sum of shares", -np.inf), float(total) - 1.0)
        if not all(np.isfinite(values).all() for values in _arrays(state).values()):
            return Trial(name, False, "a value is not finite")
    return _result(name, {what: max(value, 0.0) for what, value in beyond.items()})


def _result(name: str, off: Mapping[str, float]) -> Trial:
    worst = max(off, key=lambda key: (np.isnan(off[key]), off[key]))
    holds = bool(off[worst] <= ROUNDING)
    found = f"off by at most {ROUNDING:g}" if holds else f"off by {off[worst]:.2g} in {worst}"
    return Trial(name, holds, found)


def _last(simulation: Simulation) -> Quarter:
    quarter = simulation.advance()
    while not simulation.finished:
        quarter = simulation.advance()
    return quarter


def _arrays(state: State) -> dict[str, Array]:
    named = {field.name: getattr(state, field.name) for field in fields(state)}
    drivers = named.pop("drivers")
    return named | {f"driver {name}": values for name, values in drivers.items()}


def _places(axis: str, one: Names, other: Names) -> list[int]:
    """Where the codes of one world stand in the other."""
    codes: tuple[str, ...] = getattr(other, _AXES[axis])
    return [codes.index(code) for code in getattr(one, _AXES[axis])]


def _quiet(world: World) -> World:
    """The world without coercion, deals that arise by themselves, and secular drift."""
    return replace(
        world,
        parameters=replace(world.parameters, threat_hazard=np.zeros(1), deal_rate=np.zeros(1)),
        drivers=world.drivers | {"drift": np.zeros_like(world.drivers["drift"])},
    )


def _calm(world: World) -> Plan:
    """A plan in which nothing comes from outside."""
    return _plan(world, lambda name, base: base)


def _pushed(world: World) -> Plan:
    """A plan in which every driver moves, the same for all actors."""

    def push(name: str, base: Array) -> Array:
        driver = DRIVERS[name]
        return np.clip(base + PUSH * min(driver.high - driver.low, 1.0), driver.low, driver.high)

    return _plan(world, push)


def _plan(world: World, path: Callable[[str, Array], Array]) -> Plan:
    names = world.names
    countries, powers = len(names.countries), len(names.powers)
    channels, sectors, routes = len(names.channels), len(names.sectors), len(names.routes)

    def none(*axes: int) -> Any:
        return np.zeros((QUARTERS, *axes, 1))

    return Plan(
        start=world.base + 1,
        quarters=QUARTERS,
        drivers={
            name: path(name, base)[None].repeat(QUARTERS, axis=0)
            for name, base in world.drivers.items()
        },
        persistence={},
        noise={},
        membership=none(countries) + world.attributes.core[:, None],
        disruption=none(countries, powers, channels),
        alarm_events=none(countries, powers),
        summits=none(countries, powers),
        announced=none(countries, powers, sectors),
        committed=none(countries, powers, sectors),
        capacity=none(routes),
        closure=none(routes),
        vote_threshold=none(1),
        vote_stake=none(1, powers),
        vote_sign=none(1),
    )
