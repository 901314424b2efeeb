"""One quarter of a random world, under the symbols of the page on the model: see `equations`."""

from __future__ import annotations

import csv
import re
from dataclasses import fields, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from docs.write_tables import ATTRIBUTE_SYMBOLS, DRIVER_SYMBOLS, STATE_WORDS, greek
from sim.case.schema import ATTRIBUTES
from sim.core.attention import ATTENTION_FLOOR
from sim.core.coercion import Coercion
from sim.core.drivers import DRIVERS
from sim.core.indicators import INDICATORS, Ledger, Moment
from sim.core.leverage import WHOLE
from sim.core.plan import Plan
from sim.core.reference import reference
from sim.core.rules import Rules
from sim.core.state import State, initial_state
from sim.core.step import Setting, step
from sim.core.streams import Draws, draw_quarter
from sim.core.world import World
from tests.docs.equations import Array, NotAnEquation, Symbols
from tests.reference.random_world import random_world

CASE = Path(__file__).resolve().parents[2] / "calibration" / "central_asia"
SEED, RUNS, INDEX = 69, 60, 6  # a quarter in which every term of every equation is at work
KINDS = {"country": "c", "power": "p", "other": "p", "channel": "k", "route": "g"}
_CALL = re.compile(r"(\w+)\.(\w+)\((.*)\)(?:\.(\w+)|\[(\d)\])?")
KINDS = {"country": "c", "power": "p", "other": "p", "channel": "k", "route": "g"}


def _eventful(plan: Plan) -> Plan:
    """The plan with something of everything in each quarter."""
    dice = np.random.default_rng(SEED)

    def some(array: np.ndarray, high: float) -> np.ndarray:
        return dice.uniform(0.0, high, (*array.shape[:-1], RUNS))

    changed = {
        "disruption": some(plan.disruption, 0.6) * (dice.random(plan.disruption.shape) < 0.5),
        "alarm_events": some(plan.alarm_events, 0.5),
        "summits": some(plan.summits, 2.0),
        "announced": some(plan.announced, 0.05),
        "committed": some(plan.committed, 0.05),
        "capacity": some(plan.capacity, 0.3),
        "closure": some(plan.closure, 0.9),
        "membership": np.ones_like(plan.membership) * [[1.0], [1.0], [0.0]],
    }
    return Plan(
        **{one.name: changed.get(one.name, getattr(plan, one.name)) for one in fields(plan)}
    )


def _state(world: World, setting: Setting) -> State:
    """Any state at all: a step is a function of the state, wherever it comes from."""
    dice = np.random.default_rng(SEED + 1)
    state = initial_state(world, setting.reference, RUNS)
    state.share *= dice.uniform(0.5, 1.0, state.share.shape)
    state.own_measures[...] = dice.uniform(0.0, 0.6, state.own_measures.shape)
    state.attention *= dice.uniform(0.5, 2.0, state.attention.shape)
    state.announced[...] = dice.uniform(0.0, 0.1, state.announced.shape)
    state.committed += dice.uniform(0.0, 0.1, state.committed.shape)
    state.realised += dice.uniform(0.0, 0.2, state.realised.shape)
    state.fear[...] = dice.uniform(0.2, 0.7, state.fear.shape)
    state.capacity += dice.uniform(0.0, 0.3, state.capacity.shape)
    state.building[...] = dice.uniform(0.0, 0.2, state.building.shape)
    state.position[...] = dice.uniform(-0.9, 0.9, state.position.shape)
    state.reexport[...] = dice.uniform(0.0, 1.0, state.reexport.shape)
    state.output[...] = dice.uniform(-0.1, 0.1, state.output.shape)
    state.cohesion[...] = dice.uniform(0.2, 0.7, state.cohesion.shape)
    state.concession[...] = dice.uniform(0.0, 1.0, state.concession.shape)
    return state


@cache
def one_quarter() -> tuple[Symbols, Moment]:
    """The symbols, and the end of the quarter that they belong to."""
    world, plan = random_world(SEED, RUNS, quarters=8, powers=3, channels=7)
    core = np.array([True, True, False])
    world = replace(world, attributes=replace(world.attributes, core=core))
    plan = _eventful(plan)
    setting = Setting(world, reference(world), plan, Rules())
    before = _state(world, setting)
    t = plan.start + INDEX
    draws = draw_quarter(SEED, world, plan, t, 0, RUNS)
    after, flow = step(setting, INDEX, before, draws)
    ledger = Ledger.empty(world, RUNS).add(flow, after, world)
    moment = Moment(setting, INDEX, after, flow, ledger)
    return _symbols(setting, before, draws, moment), moment


def _symbols(setting: Setting, before: State, draws: Draws, moment: Moment) -> Symbols:
    world, plan, base = setting.world, setting.plan, setting.reference
    names, given = world.names, world.attributes
    routes, sectors, texts = given.routes, given.sectors, given.texts
    t = plan.start + INDEX
    lengths = {
        "c": len(names.countries), "p": len(names.powers), "k": len(names.channels),
        "l": len(names.sectors), "g": len(names.routes), "v": len(names.texts),
    }  # fmt: skip
    dice = np.random.default_rng(SEED + 2)
    at: dict[tuple[str, str], Any] = {
        ("seasons", "sk"): given.season, ("season", "k"): given.season[t % 4],
        ("ζ", "l"): sectors.rate, ("s", "l"): sectors.background,
        ("strengthens", "lk"): sectors.channel,
        ("core", "c"): given.core, ("sanctioned", "p"): given.sanctioned,
        ("enforcer", "p"): given.enforcer, ("regional", "p"): given.regional,
        ("loc", "gcpk"): routes.location, ("serves", "gcp"): routes.serves,
        ("Cap0", "g"): routes.capacity, ("yield", "g"): routes.yield_,
        ("bw", "g"): routes.build_weight, ("days0", "g"): routes.days,
        ("volume", "g"): routes.volume_per_share,
        ("θ", "v"): texts.threshold, ("κ", "vp"): texts.stake, ("sign", "v"): texts.sign,
        # the plan in this quarter
        ("member", "c"): plan.membership[INDEX], ("forced", "cpk"): plan.disruption[INDEX],
        ("alarmed", "cp"): plan.alarm_events[INDEX], ("summit", "cp"): plan.summits[INDEX],
        ("announced", "cpl"): plan.announced[INDEX], ("committed", "cpl"): plan.committed[INDEX],
        ("opened", "g"): plan.capacity[INDEX], ("closed", "g"): plan.closure[INDEX],
        # draws
        ("U0", "cp"): draws.deal_count, ("ξ", "cp"): draws.deal_size, ("U1", "cp"): draws.threat,
        ("U2", "cp"): draws.comply, ("U3", "cp"): draws.impose, ("U4", "cp"): draws.lapse,
        ("number", "cp"): moment.flow.arrivals,
        # any numbers, for what is a function of anything
        ("s", ""): dice.uniform(0.01, 0.99, RUNS), ("σ", ""): dice.uniform(1.2, 6.0, RUNS),
        ("u⁻", ""): dice.uniform(-0.3, 0.3, RUNS), ("ū", ""): dice.uniform(-0.3, 0.3, RUNS),
        ("ū⁻", ""): dice.uniform(-0.3, 0.3, RUNS), ("ρ_u", ""): dice.uniform(0.1, 0.9, RUNS),
        ("σ_u", ""): dice.uniform(0.01, 0.1, RUNS), ("shock", ""): dice.normal(size=RUNS),
        ("low", ""): np.array([DRIVERS["consultation"].low]),
        ("high", ""): np.array([DRIVERS["consultation"].high]),
        # numbers
        ("ε_b", ""): np.array([ATTENTION_FLOOR]), ("whole", ""): np.array([WHOLE]),
        ("C", ""): np.array([lengths["c"]]),
        ("P", ""): np.array([lengths["p"]]),
        ("years", ""): np.array([(plan.start + INDEX - world.base) / 4.0]),
    }  # fmt: skip
    for name, symbol in ATTRIBUTE_SYMBOLS.items():
        if name != "season":
            axes = "".join(KINDS[axis] for axis in ATTRIBUTES[name].axes)
            at[symbol, axes] = getattr(given, name)
    for role in fields(given.roles):
        at[role.name, "k"] = getattr(given.roles, role.name)
    for row in csv.DictReader((CASE / "parameters.csv").open(encoding="utf-8")):
        at[greek(row["symbol"]), ""] = getattr(world.parameters, row["name"])
    for name, symbol in DRIVER_SYMBOLS.items():
        axes = "".join(KINDS[axis] for axis in DRIVERS[name].axes)
        at[symbol, axes] = moment.state.drivers[name]
        at[f"{symbol}_ref", axes] = world.drivers[name]
        at[f"{symbol}⁻", axes] = before.drivers[name]
    for name, (symbol, axes, *_) in STATE_WORDS.items():
        if name != "drivers":
            at[f"{symbol}⁻", axes] = getattr(before, name)
    at |= {
        ("a_ref", "cp"): base.alignment, ("b_ref", "cp"): base.attention,
        ("terms_ref", "cp"): base.terms, ("z_ref", "c"): base.reexport,
        ("π_ref", "cp"): base.fear, ("m̄_ref", ""): base.bilateral, ("s00", "ck"): base.residual,
        ("W_ref", ""): base.pool,
    }  # fmt: skip
    return Symbols(lengths, {key: np.asarray(value) for key, value in at.items()})


def held_against(source: str, symbols: Symbols, moment: Moment) -> Array:
    """What the core has for an equation, as the page names it."""
    kind, _, name = source.partition(" ")
    if kind == "outcome":
        return INDICATORS[name].measure(moment)
    if kind in ("state", "flow", "reference"):
        found: Any = moment.setting.reference if kind == "reference" else getattr(moment, kind)
        if name in Coercion.__dataclass_fields__:
            found = found.coercion
        for part in name.split("."):
            found = getattr(found, part)
        return np.asarray(found() if callable(found) else found, float)
    return _called(source, symbols, moment)


def _called(source: str, symbols: Symbols, moment: Moment) -> Array:
    """The result of a call of a core function, its arguments given by symbol."""
    match = _CALL.fullmatch(source)
    if not match:
        raise NotAnEquation(f"{source} is neither a call nor a part of a quarter")
    function = getattr(import_module(f"sim.core.{match[1]}"), match[2])
    raw: dict[str, Any] = {
        "parameters": moment.setting.world.parameters,
        "t": moment.setting.plan.start + moment.index,
        "seasons": moment.setting.world.attributes.season,
    }
    arguments = [
        word.strip('"') if word.startswith('"') else raw[word] if word in raw else symbols.at(word)
        for word in match[3].split(", ")
    ]
    result = function(*arguments)
    if match[4]:
        result = getattr(result, match[4])
    if match[5]:
        result = result[int(match[5])]
    return np.asarray(result, float)
