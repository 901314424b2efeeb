"""Trying the model on a case: properties that must hold in every case, tried in seconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.case.build import all_names, build
from sim.case.progress import CELLS
from sim.case.tables import Row, Table
from sim.core.drivers import DRIVERS
from sim.core.indicators import INDICATORS
from sim.core.plan import Plan
from sim.core.simulate import Quarter, Simulation
from sim.core.state import State
from sim.core.world import Array, Names, World

if TYPE_CHECKING:
    from sim.case.case import Case

QUARTERS = 20
RUNS = 50
SEED = 1
ROUNDING = 1e-9
PUSH = 0.1  # of the range of a driver, for the property that needs something to happen
_NOTHING = ("share", "control", "budget", "claim", "coordination")  # 0 of a power with nothing
_FLIPPED = ("countries", "powers", "channels", "routes", "sectors", "texts")


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
        tables does not matter. Idle: one more power, which has nothing, changes nothing. Bounds:
        with chance and coercion, every share, position, fear and joint voice stays in its range,
        and every value of the state finite, in `RUNS` runs.
    """
    return [_rest(case), _order(case), _idle(case), _bounds(case)]


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
    return _result("the order of rows in the tables does not matter", _apart(case, flipped))


def _idle(case: Case) -> Trial:
    apart = _apart(case, _with_idle_power(case.tables))
    del apart["entropy"]  # relative to its maximum, which counts the powers
    return _result("one more power, which has nothing, changes nothing", apart)


def _apart(case: Case, tables: Mapping[str, Table]) -> dict[str, float]:
    """How far outcomes of other tables lie from those of the case, for the actors of the case."""
    worlds = [_quiet(build(one, case.as_of)) for one in (case.tables, tables)]
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
    return apart


def _with_idle_power(tables: Mapping[str, Table]) -> dict[str, Table]:
    """The tables with one more power: like the first, but with nothing to give or to close."""
    powers = tables["powers"]
    like = next((row for row in powers if row["kind"] == "power"), powers.rows[0])["power"]
    idle = next(f"idle{n}" for n in range(len(powers) + 1) if f"idle{n}" not in powers.codes)
    changed, known = dict(tables), all_names(tables).by_axis
    for name in ("powers", *CELLS):
        table = tables[name]
        rows = [
            replace(
                row, cells={key: idle if cell == like else cell for key, cell in row.cells.items()}
            )
            for row in table
            if like in (row["power"], row.cells.get("other"))
            and row[table.columns[0]] not in _NOTHING
        ]
        for item, entry in CELLS.get(name, {}).items():
            if item in _NOTHING:
                others = [axis for axis in entry.axes if axis != "power"]
                codes = [(*known[axis], *([idle] if axis == "other" else [])) for axis in others]
                for found in product(*codes):
                    index = {"power": idle} | dict(zip(others, found, strict=True))
                    cells = dict.fromkeys(table.columns, "") | {table.columns[0]: item} | index
                    numbers = dict.fromkeys(table.rows[0].numbers, math.nan) | {"value": 0.0}
                    rows.append(Row(0, cells, numbers))
        last = max(row.line for row in table)  # a line of its own for each row
        rows = [replace(row, line=last + 1 + number) for number, row in enumerate(rows)]
        changed[name] = replace(table, rows=(*table.rows, *rows))
    return changed


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
    codes = other.by_axis[axis]
    return [codes.index(code) for code in one.by_axis[axis]]


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
    """A plan in which every driver moves, the same for all actors; fear comes of itself."""

    def push(name: str, base: Array) -> Array:
        driver = DRIVERS[name]
        if name == "alarm":  # a power with nothing is not feared
            return base
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
