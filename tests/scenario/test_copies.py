"""Copies of runs along the runs axis: rows of a design that share the draws of their runs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from sim.case import load_case
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.core.simulate import simulate
from sim.core.world import Array
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.distributions import Given

SEED = 5
RUNS = range(3, 7)
VALUES = (0.3, 0.9, 0.6)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """A closure of a pipeline read as pressure to a degree that is drawn, over four years."""
    loaded = load_scenario("cpc_closure")
    horizon = loaded.horizon.model_copy(update={"end": loaded.start + 15})
    return loaded.model_copy(update={"horizon": horizon, "headline": []})


def closed(scenario: Scenario, share: object) -> Scenario:
    """The scenario with that share of the pipeline closed."""
    [event] = scenario.event
    return scenario.model_copy(update={"event": [event.model_copy(update={"intensity": share})]})


def outcomes(scenario: Scenario, runs: range, copies: int = 1) -> dict[str, Array]:
    """Every outcome at the last quarter."""
    case = load_case(scenario.case)
    world, plan = compile_plan(scenario, case, runs, SEED, "posterior", copies=copies)
    *_, last = simulate(world, plan, SEED, runs.start, len(runs), copies=copies)
    return {name: last.measure(name) for name in INDICATORS}


def test_each_copy_of_the_runs_is_what_the_runs_are_alone(scenario: Scenario) -> None:
    together = outcomes(closed(scenario, Given(values=VALUES)), RUNS, copies=len(VALUES))
    for place, value in enumerate(VALUES):
        alone = outcomes(closed(scenario, value), RUNS)
        for name, found in together.items():
            own = found[..., place * len(RUNS) : (place + 1) * len(RUNS)]
            np.testing.assert_array_equal(own, alone[name], err_msg=name)


def test_a_single_run_may_be_copied(scenario: Scenario) -> None:
    together = outcomes(closed(scenario, Given(values=VALUES)), range(3, 4), copies=len(VALUES))
    whole = outcomes(closed(scenario, VALUES[1]), RUNS)
    for name, found in together.items():
        np.testing.assert_array_equal(found[..., 1], whole[name][..., 0], err_msg=name)


def test_a_single_run_alone_is_refused_by_the_core(scenario: Scenario) -> None:
    world, plan = compile_plan(scenario, load_case(scenario.case), range(1), SEED)
    with pytest.raises(InputError, match="a chunk holds 2 runs or more, not 1"):
        next(simulate(world, plan, SEED, 0, 1))


def arrays(value: Any) -> list[Any]:
    """Every array of a world or a plan."""
    if is_dataclass(value):
        return [one for field in fields(value) for one in arrays(getattr(value, field.name))]
    if isinstance(value, dict):
        return [one for inner in value.values() for one in arrays(inner)]
    return [value]


def test_an_event_keeps_its_draws_when_it_is_moved_in_time(scenario: Scenario) -> None:
    case = load_case(scenario.case)
    [event] = scenario.event
    later = scenario.model_copy(
        update={"event": [event.model_copy(update={"date": event.date + 2})]}
    )
    _, here = compile_plan(scenario, case, RUNS, SEED)
    _, there = compile_plan(later, case, RUNS, SEED)
    start = event.date - scenario.start
    np.testing.assert_array_equal(here.closure[start], there.closure[start + 2])
    assert np.ptp(here.closure[start]) > 0


def test_values_laid_down_outside_the_range_of_a_driver_are_refused(scenario: Scenario) -> None:
    from sim.scenario.load import validated

    case = load_case(scenario.case)
    path = {
        "driver": "sanctions",
        "form": "constant",
        "from": "2023Q1",
        "change": 0.1,
        "reason": "a test",
        "source": "assumption: a test",
    }
    plain = scenario.resolved()
    varied = validated({**plain, "path": [*plain.get("path", []), path]}, scenario.origin)
    *others, own = varied.path
    given = own.model_copy(update={"change": Given(values=(0.0, 0.9))})
    with pytest.raises(InputError, match=r"takes sanctions to .* allowed: 0 to 1"):
        compile_plan(
            varied.model_copy(update={"path": [*others, given]}), case, RUNS, SEED, copies=2
        )
