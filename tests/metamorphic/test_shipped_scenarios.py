"""Relations that every shipped scenario keeps: A1 on every case, and R13."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.case import Case, load_case
from sim.core.indicators import INDICATORS
from sim.core.plan import Plan
from sim.core.simulate import Quarter, simulate
from sim.core.world import World
from sim.scenario import compile_plan, load_scenario
from tests.limits.worlds import state_arrays
from tests.reference.any_world import CASES

FOLDER = Path(__file__).parents[2] / "scenarios"
SCENARIOS = sorted(path.stem for path in FOLDER.glob("*.toml"))
BASES = [name for name in SCENARIOS if load_scenario(FOLDER / f"{name}.toml").extends is None]
RUNS = range(4)
SEED = 13
LEAST = 1e-6  # a difference that is more than rounding


@cache
def case_of(name: str) -> Case:
    """A case, read once."""
    return load_case(name)


@cache
def compiled(name: str) -> tuple[World, Plan]:
    """World and plan of a shipped scenario."""
    scenario = load_scenario(FOLDER / f"{name}.toml")
    return compile_plan(scenario, case_of(scenario.case), RUNS, SEED)


def differs(one: Quarter, other: Quarter) -> bool:
    """Do two quarters differ in an outcome, by more than rounding."""
    for name in INDICATORS:
        here, there = one.measure(name), other.measure(name)
        if here.shape != there.shape:
            return True
        if (np.abs(here - there) > LEAST * np.maximum(1.0, np.abs(there))).any():
            return True
    return False


def test_scenarios_are_shipped() -> None:
    assert "baseline" in SCENARIOS
    assert len(SCENARIOS) > 20


def test_every_case_has_a_scenario_that_others_extend() -> None:
    cases = [load_scenario(FOLDER / f"{name}.toml").case for name in BASES]
    assert sorted(cases) == CASES


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in BASES])
def test_R13_a_scenario_differs_from_what_it_extends(name: str) -> None:
    parent = load_scenario(FOLDER / f"{name}.toml").extends
    assert parent in SCENARIOS
    pairs = zip(
        simulate(*compiled(name), SEED, 0, len(RUNS)),
        simulate(*compiled(parent), SEED, 0, len(RUNS)),
        strict=False,
    )
    assert any(differs(one, other) for one, other in pairs)


@pytest.mark.parametrize("name", BASES)
def test_R13_a_scenario_does_not_differ_from_itself(name: str) -> None:
    world, plan = compiled(name)
    pairs = zip(
        simulate(world, plan, SEED, 0, len(RUNS)),
        simulate(world, plan, SEED, 0, len(RUNS)),
        strict=True,
    )
    assert not any(differs(one, other) for one, other in pairs)


@pytest.mark.parametrize("name", BASES)
def test_A01_a_case_is_a_fixed_point(name: str) -> None:
    """A base without noise, coercion and deals: the base quarter for ever."""
    scenario = load_scenario(FOLDER / f"{name}.toml")
    off = scenario.switches.model_copy(update={"noise": False, "coercion": False, "deals": False})
    scenario = scenario.model_copy(update={"switches": off})
    world, plan = compile_plan(scenario, case_of(scenario.case), RUNS, SEED)
    first = None
    for quarter in simulate(world, plan, SEED, 0, len(RUNS)):
        first = first or quarter
        for name, values in state_arrays(quarter.state).items():
            assert np.allclose(values, state_arrays(first.state)[name], rtol=0, atol=1e-12), name
        attributes = world.attributes
        assert np.allclose(quarter.state.share, attributes.share, rtol=0, atol=1e-12)
        assert np.allclose(quarter.state.position, attributes.position, rtol=0, atol=1e-12)
        assert np.allclose(quarter.state.capacity, attributes.routes.capacity, rtol=0, atol=1e-12)
        assert np.allclose(quarter.state.output, 0.0, rtol=0, atol=1e-12)
        for name in ("reexport_intensity", "cohesion", "remittance_index", "autonomy", "terms"):
            assert np.allclose(quarter.measure(name), first.measure(name), rtol=0, atol=1e-12)
    assert quarter.index == scenario.quarters - 1
