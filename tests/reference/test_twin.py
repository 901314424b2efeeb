"""The core against its scalar twin: the same draws must give the same numbers, run by run."""

from __future__ import annotations

import copy
import dataclasses
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.core.drivers import DRIVERS
from sim.core.plan import Plan
from sim.core.position import VOTES
from sim.core.reference import reference
from sim.core.simulate import Quarter, simulate
from sim.core.streams import draw_quarter
from sim.core.world import World

from .any_world import CASES, any_world
from .random_world import random_world
from .twin import Twin, entrywise, slice_draws, slice_run

TOLERANCE = 1e-10
SEED = 2022
FIRST_RUN = 3
RUNS = 8
COMPARED_RUNS = (0, 7)
RANDOM_WORLDS = range(16, 28)  # together they reach every branch: see the test of it

STATE = (
    "share",
    "own_measures",
    "attention",
    "committed",
    "announced",
    "realised",
    "fear",
    "capacity",
    "building",
    "position",
    "reexport",
    "output",
    "cohesion",
    "concession",
)
MEASURED = (
    "leverage",
    "autonomy",
    "exposure",
    "remittance_index",
    "remittance_share",
    "gdp_usd",
    "route_share",
    "route_volume",
)
REFERENCE = (
    "alignment",
    "attention",
    "terms",
    "inflow",
    "committed",
    "realised",
    "reexport",
    "fear",
    "own_ideal",
)


def difference(twin: Any, core: Any) -> float:
    """Largest difference of two arrays of one shape, relative where values exceed one."""
    ours, theirs = np.asarray(twin, float), np.asarray(core, float)
    if ours.size == theirs.size == 0:
        return 0.0
    assert ours.shape == theirs.shape
    assert np.isfinite(theirs).all()
    return float(np.max(np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))))


def core_values(quarter: Quarter) -> dict[str, Any]:
    """What the core says of a quarter, by the names that `twin_values` uses, runs last."""
    state, flow = quarter.state, quarter.flow
    values = {name: getattr(state, name) for name in STATE}
    values |= {f"driver {name}": state.drivers[name] for name in DRIVERS}
    values |= {
        "terms": flow.terms,
        "disbursed": flow.disbursed,
        "instrument": flow.instrument,
        "disruption": flow.disruption,
        "threat": flow.coercion.threat,
        "comply": flow.coercion.comply,
        "impose": flow.coercion.impose,
        "backed_down": flow.coercion.backed_down,
        "dated votes": flow.dated_votes,
    }
    for name in MEASURED:
        values[name] = quarter.measure(name)
    for vote in VOTES:
        values[f"vote_{vote}"] = quarter.measure(f"vote_{vote}")
    return values


def twin_values(twin: Twin) -> dict[str, Any]:
    """What the twin says of the quarter that it has just played."""
    values = {name: twin.state[name] for name in STATE}
    values |= {f"driver {name}": twin.state[name] for name in DRIVERS}
    for name in ("terms", "disbursed", "instrument", "disruption"):
        values[name] = twin.record[name]
    for name in ("threat", "comply", "impose", "backed_down"):
        values[name] = twin.record[name]
    for name in MEASURED:
        values[name] = twin.record[name]
    values["dated votes"] = [
        [-1] * len(twin.countries) if votes is None else [VOTES.index(vote) for vote in votes]
        for votes in twin.record["votes"]
    ]
    for vote in VOTES:
        values[f"vote_{vote}"] = [
            [shares[vote] for shares in text] for text in twin.record["vote_shares"]
        ]
    return values


def played(world: World, plan: Plan, run: int, quarters: int) -> Iterator[Twin]:
    """The twin of one run of the chunk, at the end of each quarter."""
    twin = Twin(slice_run(world, run), slice_run(plan, run))
    for t in range(quarters):
        draws = draw_quarter(SEED, world, plan, plan.start + t, FIRST_RUN, RUNS)
        twin.step(t, slice_draws(draws, run))
        yield twin


def check_against_core(world: World, plan: Plan) -> None:
    """Play the core and the twins of some of its runs, and compare all they know."""
    of_core = reference(world)
    for run in COMPARED_RUNS:
        twin = Twin(slice_run(world, run), slice_run(plan, run))
        for name in REFERENCE:
            value = slice_run(getattr(of_core, name), run)
            assert difference(twin.reference[name], value) < TOLERANCE, f"reference {name}"

    twins = [played(world, plan, run, plan.quarters) for run in COMPARED_RUNS]
    for quarter in simulate(world, plan, SEED, FIRST_RUN, RUNS):
        core = core_values(quarter)
        for run, twin in zip(COMPARED_RUNS, map(next, twins), strict=True):
            for name, value in twin_values(twin).items():
                theirs = core[name][..., run if core[name].shape[-1] > 1 else 0]
                gap = difference(value, theirs)
                assert gap < TOLERANCE, f"{name} in quarter {quarter.index} of run {run}: {gap}"


@pytest.mark.parametrize("seed", RANDOM_WORLDS)
def test_the_core_equals_its_twin_in_random_worlds(seed: int) -> None:
    check_against_core(*random_world(seed, RUNS))


@pytest.mark.parametrize(
    "sizes",
    [
        {"countries": 1},
        {"powers": 1},
        {"powers": 1, "region": False},
        {"powers": 4, "region": False},
        {"channels": 1},
        {"routes": 0},
        {"sectors": 0},
        {"texts": 0},
        {"countries": 1, "powers": 1, "channels": 1, "routes": 0, "sectors": 1, "texts": 0},
        {"countries": 6, "powers": 6, "channels": 7, "routes": 12},
    ],
    ids=str,
)
def test_the_core_equals_its_twin_at_other_sizes(sizes: dict[str, Any]) -> None:
    check_against_core(*random_world(1, RUNS, 24, **sizes))


@pytest.mark.parametrize("name", CASES)
def test_the_core_equals_its_twin_on_every_case_when_everything_happens(name: str) -> None:
    check_against_core(*any_world(name, RUNS, 16))


def scenario_names() -> list[str]:
    """Scenarios shipped with the project."""
    folder = Path(__file__).parents[2] / "scenarios"
    return sorted(path.stem for path in folder.glob("*.toml"))


@cache
def case_of(name: str) -> Any:
    """A case, read once."""
    from sim.case import load_case

    return load_case(name)


@pytest.mark.parametrize("name", scenario_names())
def test_the_core_equals_its_twin_in_every_shipped_scenario(name: str) -> None:
    from sim.scenario import compile_plan, load_scenario

    scenario = load_scenario(name)
    runs = range(FIRST_RUN, FIRST_RUN + RUNS)
    world, plan = compile_plan(scenario, case_of(scenario.case), runs, SEED)
    check_against_core(world, dataclasses.replace(plan, quarters=min(plan.quarters, 52)))


def test_random_worlds_reach_every_branch() -> None:
    seen: Counter[str] = Counter()
    for seed in RANDOM_WORLDS:
        world, plan = random_world(seed, RUNS)
        clearing = world.attributes.roles.clearing
        enforcer = world.attributes.enforcer
        for twin in played(world, plan, 0, plan.quarters):
            state, record = twin.state, twin.record
            for name in ("threat", "comply", "impose", "backed_down"):
                seen[name] += int(np.sum(record[name]))
            for text in record["votes"]:
                seen.update(text or ["no resolution"])
            over_clearing = clearing[np.array(record["instrument"])] & enforcer
            seen["clearing demand met"] += int(np.sum(over_clearing & record["comply"]))
            seen["greatest fear"] += int(np.sum(np.equal(state["fear"], 1.0)))
            seen["no joint voice"] += state["cohesion"] == 0.0
            seen["full joint voice"] += state["cohesion"] == 1.0
            seen["building"] += any(state["building"])
            seen["no remittances left"] += 0.0 in record["remittance_index"]
            seen["no member"] += not any(plan.membership[plan.quarters - 1, :, 0])
    expected = {
        *("threat", "comply", "impose", "backed_down", *VOTES, "no resolution"),
        *("clearing demand met", "greatest fear", "no joint voice", "full joint voice"),
        *("building", "no member"),
    }
    assert {name for name in expected if seen[name] == 0} == set()


# What the number of migrants and welfare need, and references that no equation looks at.
IDLE = {
    ("world", ("attributes", "migrants")),
    ("world", ("parameters", "discount_rate")),
    ("world", ("drivers", "agenda")),
    ("world", ("drivers", "drift")),
    ("world", ("drivers", "transit_days")),
}


def trails(source: Any, *trail: str) -> Iterator[tuple[str, ...]]:
    """The way to each array of floats in a world or a plan."""
    if isinstance(source, np.ndarray):
        if source.dtype.kind == "f":
            yield trail
    elif isinstance(source, dict):
        for name, value in source.items():
            yield from trails(value, *trail, name)
    elif dataclasses.is_dataclass(source):
        for field in dataclasses.fields(source):
            yield from trails(getattr(source, field.name), *trail, field.name)


def shrunk(source: Any, trail: tuple[str, ...]) -> Any:
    """A copy of a sliced world or plan in which one array is three tenths smaller."""
    source = copy.deepcopy(source)
    owner = source
    for name in trail[:-1]:
        owner = owner[name] if isinstance(owner, dict) else getattr(owner, name)
    fields = owner if isinstance(owner, dict) else vars(owner)
    fields[trail[-1]] = entrywise(lambda value: 0.7 * value, fields[trail[-1]])
    return source


def every_number() -> list[tuple[str, tuple[str, ...]]]:
    """World or plan, and the way to each of its arrays that counts, over all random worlds."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    for seed in RANDOM_WORLDS:
        world, plan = random_world(seed, RUNS)
        found |= {("world", trail) for trail in trails(world)}
        found |= {("plan", trail) for trail in trails(plan)}
    return sorted(found - IDLE)


def outcome(
    world: SimpleNamespace, plan: SimpleNamespace, draws: list[dict[str, Any]]
) -> list[Any]:
    """All that the twin says of some quarters."""
    twin = Twin(world, plan)
    said = []
    for t, draw in enumerate(draws):
        twin.step(t, draw)
        said.append(copy.deepcopy(twin_values(twin)))
    return said


@cache
def sliced(seed: int) -> tuple[Any, ...]:
    """A random world's first run, its draws for some quarters, and what the twin makes of it."""
    world, plan = random_world(seed, RUNS)
    draws = [
        slice_draws(draw_quarter(SEED, world, plan, plan.start + t, FIRST_RUN, RUNS), 0)
        for t in range(16)
    ]
    run = (slice_run(world, 0), slice_run(plan, 0))
    return (*run, draws, outcome(*run, draws))


@pytest.mark.parametrize(("part", "trail"), every_number(), ids=str)
def test_every_number_of_a_random_world_counts(part: str, trail: tuple[str, ...]) -> None:
    """Without this the comparison with the core could pass over what random worlds leave out."""
    for seed in RANDOM_WORLDS:
        world, plan, draws, usual = sliced(seed)
        if trail[0] == "noise" and trail[1] not in plan.noise:
            continue
        if trail[0] == "persistence" and trail[1] not in plan.persistence:
            continue
        if part == "world":
            said = outcome(shrunk(world, trail), plan, draws)
        else:
            said = outcome(world, shrunk(plan, trail), draws)
        if said != usual:
            return
    pytest.fail("nothing changed in any random world")
