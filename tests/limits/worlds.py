"""Worlds and plans with something changed: a few values, or the order of an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from sim.core.drivers import DRIVERS
from sim.core.indicators import Ledger, Moment
from sim.core.plan import Plan
from sim.core.reference import reference
from sim.core.rules import Rules
from sim.core.simulate import Quarter
from sim.core.state import State, initial_state
from sim.core.step import Setting, step
from sim.core.streams import Draws
from sim.core.world import Array, Names, World

Order = Mapping[str, Sequence[int]]

LETTERS = {
    "country": "c",
    "power": "p",
    "other": "p",
    "channel": "k",
    "route": "g",
    "sector": "s",
    "text": "v",
}
NAMES = {"c": "countries", "p": "powers", "k": "channels", "g": "routes", "s": "sectors"}
NAMES |= {"v": "texts"}

# Axes of each array, a letter each; a dot is an axis that is never rearranged. Runs come after.
ATTRIBUTE_AXES = {
    "exposure": "ck",
    "share": "cpk",
    "substitution": "k",
    "season": ".k",
    "control": "pk",
    "value": "pc",
    "budget": "p",
    "claim": "cp",
    "weight": "c",
    "openness": "c",
    "reexport_access": "c",
    "reexport_ceiling": "c",
    "neutrality": "c",
    "position": "c",
    "wariness": "cp",
    "cohesion": "",
    "responsiveness": "k",
    "adjustment": "k",
    "drift": "pk",
    "realisation": "p",
    "hydrocarbon": "c",
    "gdp": "c",
    "growth": "c",
    "migrants": "cp",
    "core": "c",
    "sanctioned": "p",
    "enforcer": "p",
    "regional": "p",
}
ROUTE_AXES = {"location": "gcpk", "serves": "gcp"}
ROUTE_AXES |= dict.fromkeys(("capacity", "yield_", "build_weight", "days", "volume_per_share"), "g")
SECTOR_AXES = {"background": "s", "rate": "s", "channel": "sk"}
TEXT_AXES = {"threshold": "v", "stake": "vp", "sign": "v"}
PLAN_AXES = {
    "membership": ".c",
    "disruption": ".cpk",
    "alarm_events": ".cp",
    "summits": ".cp",
    "announced": ".cps",
    "committed": ".cps",
    "capacity": ".g",
    "closure": ".g",
    "vote_threshold": "..",
    "vote_stake": "..p",
    "vote_sign": "..",
}
DRAW_AXES = dict.fromkeys(
    ("deal_count", "deal_size", "threat", "comply", "impose", "lapse"), "cp"
) | {"vote": ".c"}


def letters(axes: Sequence[str]) -> str:
    """Letters of named axes."""
    return "".join(LETTERS[axis] for axis in axes)


def taken(values: Any, axes: str, order: Order) -> Any:
    """An array with the rows of some axes in another order; rows may be left out or repeated."""
    for position, letter in enumerate(axes):
        if letter in order:
            rows = np.asarray(order[letter], dtype=np.intp)
            values = np.take(values, rows, axis=position)
    return values


def _rearranged(source: Any, axes: Mapping[str, str], order: Order) -> Any:
    changed = {name: taken(getattr(source, name), of, order) for name, of in axes.items()}
    return replace(source, **changed)


def _drivers(arrays: Mapping[str, Array], order: Order, before: str = "") -> dict[str, Array]:
    return {
        name: taken(values, before + letters(DRIVERS[name].axes), order)
        for name, values in arrays.items()
    }


def rearranged_world(world: World, order: Order) -> World:
    """A world whose axes have another order.

    Parameters
    ----------
    world : World
    order : dict
        Rows by axis: c country, p power, k channel, g route, s sector, v text.
    """
    attributes = _rearranged(world.attributes, ATTRIBUTE_AXES, order)
    attributes = replace(
        attributes,
        roles=_rearranged(
            attributes.roles, {field.name: "k" for field in fields(attributes.roles)}, order
        ),
        routes=_rearranged(attributes.routes, ROUTE_AXES, order),
        sectors=_rearranged(attributes.sectors, SECTOR_AXES, order),
        texts=_rearranged(attributes.texts, TEXT_AXES, order),
    )
    names = {
        field: tuple(getattr(world.names, field)[row] for row in order[letter])
        for letter, field in NAMES.items()
        if letter in order
    }
    layout = replace(
        world.layout,
        countries=taken(world.layout.countries, "c", order),
        powers=taken(world.layout.powers, "p", order),
        routes=taken(world.layout.routes, "g", order),
    )
    return replace(
        world,
        names=replace(world.names, **names),
        layout=layout,
        attributes=attributes,
        drivers=_drivers(world.drivers, order),
    )


def rearranged_plan(plan: Plan, order: Order) -> Plan:
    """The plan for a world whose axes have been rearranged."""
    return replace(
        _rearranged(plan, PLAN_AXES, order),
        drivers=_drivers(plan.drivers, order, before="."),
        persistence=_drivers(plan.persistence, order),
        noise=_drivers(plan.noise, order),
    )


def rearranged_draws(draws: Draws, order: Order) -> Draws:
    """The draws for a world whose axes have been rearranged."""
    return replace(_rearranged(draws, DRAW_AXES, order), drivers=_drivers(draws.drivers, order))


def some_runs(source: Any, first: int, count: int) -> Any:
    """A world or plan for some of its runs: each array of floats cut along its last axis."""
    if isinstance(source, dict):
        return {name: some_runs(value, first, count) for name, value in source.items()}
    if is_dataclass(source):
        parts = {field.name: getattr(source, field.name) for field in fields(source)}
        return replace(source, **some_runs(parts, first, count))
    if isinstance(source, np.ndarray) and source.dtype.kind == "f" and source.shape[-1] > 1:
        return source[..., first : first + count]
    return source


def _filled(old: Any, new: Any) -> Any:
    """A number becomes an array of the old one's shape, the same in all runs."""
    if isinstance(new, int | float):
        return np.full((*old.shape[:-1], 1), float(new))
    return new


def with_attributes(world: World, **values: Any) -> World:
    """The world with other attributes: arrays, or numbers that fill the array."""
    old = world.attributes
    new = {name: _filled(getattr(old, name), value) for name, value in values.items()}
    return replace(world, attributes=replace(old, **new))


def with_parameters(world: World, **values: float) -> World:
    """The world with other parameters."""
    new = {name: np.array([float(value)]) for name, value in values.items()}
    return replace(world, parameters=replace(world.parameters, **new))


def with_drivers(world: World, **values: Any) -> World:
    """The world with other drivers at the base: arrays, or numbers that fill the array."""
    new = {name: _filled(world.drivers[name], value) for name, value in values.items()}
    return replace(world, drivers=world.drivers | new)


def calm_plan(world: World, quarters: int, **paths: Any) -> Plan:
    """A plan in which nothing happens, but for the drivers given.

    Parameters
    ----------
    world : World
    quarters : int
    **paths
        Where a driver stands from the first quarter on: a number for all rows, or an array
        (*axes, run).
    """
    names = world.names
    countries, powers = len(names.countries), len(names.powers)
    channels, sectors = len(names.channels), len(names.sectors)
    stand = world.drivers | {
        name: _filled(world.drivers[name], value) for name, value in paths.items()
    }
    return Plan(
        start=world.base + 1,
        quarters=quarters,
        drivers={name: value[None].repeat(quarters, axis=0) for name, value in stand.items()},
        persistence={},
        noise={},
        membership=np.ones((quarters, 1, 1)) * world.attributes.core[:, None],
        disruption=np.zeros((quarters, countries, powers, channels, 1)),
        alarm_events=np.zeros((quarters, countries, powers, 1)),
        summits=np.zeros((quarters, countries, powers, 1)),
        announced=np.zeros((quarters, countries, powers, sectors, 1)),
        committed=np.zeros((quarters, countries, powers, sectors, 1)),
        capacity=np.zeros((quarters, len(names.routes), 1)),
        closure=np.zeros((quarters, len(names.routes), 1)),
        vote_threshold=np.zeros((quarters, 1, 1)),
        vote_stake=np.zeros((quarters, 1, powers, 1)),
        vote_sign=np.zeros((quarters, 1, 1)),
    )


def quiet(world: World) -> World:
    """The world without coercion, spontaneous deals and secular drift."""
    return with_drivers(with_parameters(world, threat_hazard=0.0, deal_rate=0.0), drift=0.0)


def setting_of(world: World, plan: Plan) -> Setting:
    """The setting that `simulate` would make."""
    return Setting(world, reference(world), plan, Rules())


def stepped(
    setting: Setting, index: int, state: State, draws: Draws, ledger: Ledger | None = None
) -> Quarter:
    """One quarter by `step`, as `simulate` would yield it."""
    runs = state.cohesion.shape[-1]
    ledger = ledger or Ledger.empty(setting.world, runs)
    new, flow = step(setting, index, state, draws)
    moment = Moment(setting, index, new, flow, ledger.add(flow, new, setting.world))
    return Quarter(index, setting.plan.start + index, moment)


def start_of(setting: Setting, runs: int) -> State:
    """The state at the base quarter."""
    return initial_state(setting.world, setting.reference, runs)


def state_arrays(state: State) -> dict[str, Array]:
    """All arrays of a state by name, drivers among them."""
    named = {field.name: getattr(state, field.name) for field in fields(state)}
    drivers = named.pop("drivers")
    return named | {f"driver {name}": values for name, values in drivers.items()}


def axis_lengths(names: Names) -> dict[str, int]:
    """Number of rows of each axis, by letter."""
    return {letter: len(getattr(names, field)) for letter, field in NAMES.items()}
