"""Terms add up, are what the core computed, and stand where they belong."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.analysis.explanation.causes import ATTENTION, DEALS, FEAR, STARTING, Cause
from sim.analysis.explanation.decompose import Course, Split, Still, splits
from sim.analysis.explanation.shares import target_effects
from sim.analysis.explanation.snapshot import at_reference, driver_pulls
from sim.core.plan import Plan
from sim.core.simulate import Simulation
from sim.core.world import World
from tests.reference.random_world import random_plan, random_world

RUNS, QUARTERS = 3, 14
EXACT = 1e-9  # 1e-15 but where a monopoly makes the curve of leverage steep


def course(world: World, plan: Plan, country: int = 0, first: int = 0, runs: int = RUNS) -> Course:
    return Course(Simulation(world, plan, 7, first, runs), country)


def at_end(one: Course, other: Course | Still, quarters: int = QUARTERS) -> dict[str, Split]:
    last = one.start + quarters - 1
    return dict(splits(one, other, [last]))[last]


def residual(split: Split) -> float:
    total = sum(split.effects.values(), np.zeros(1))
    return float(np.abs(split.after - split.before - total).max())


def measured(one: Course) -> dict[str, np.ndarray]:
    """The outcomes that the core records, from a second simulation."""
    simulation = Simulation(
        one.simulation.setting.world, one.simulation.setting.plan, 7, 0, one.simulation.runs
    )
    quarter = simulation.advance()
    while simulation.index < one.simulation.index:
        quarter = simulation.advance()
    c, names = one.country, one.names
    found = {name: quarter.measure(name)[c] for name in ("position", "autonomy", "output")}
    for p, power in enumerate(names.powers):
        found[f"leverage.{power}"] = quarter.measure("leverage")[c, p]
        for k, channel in enumerate(names.channels):
            found[f"share.{power}.{channel}"] = quarter.measure("share")[c, p, k]
    return found


@pytest.mark.parametrize("seed", range(8))
def test_terms_add_up_to_what_the_core_records_in_random_worlds(seed: int) -> None:
    world, plan = random_world(seed, RUNS, QUARTERS)
    one = course(world, plan, seed % 3)
    found = at_end(one, Still(one))
    told = measured(one)
    assert found.keys() == told.keys()
    for outcome, split in found.items():
        np.testing.assert_allclose(split.after, told[outcome], atol=EXACT, rtol=0)
        assert residual(split) < EXACT, outcome
        assert split.effects or not np.any(split.after - split.before)
    base = world.attributes.share[one.country]
    for p, power in enumerate(one.names.powers):
        for k, channel in enumerate(one.names.channels):
            before = found[f"share.{power}.{channel}"].before
            np.testing.assert_array_equal(before, np.broadcast_to(base[p, k], before.shape))
    np.testing.assert_allclose(
        found["position"].before - world.attributes.position[one.country], 0, atol=EXACT
    )


@pytest.mark.parametrize("seed", range(4))
def test_terms_add_up_to_the_difference_between_two_plans(seed: int) -> None:
    world, plan = random_world(seed, RUNS, QUARTERS)
    other = random_plan(seed + 100, world, RUNS, QUARTERS)
    one, two = course(world, plan), course(world, other)
    found = at_end(one, two)
    for outcome, split in found.items():
        assert residual(split) < EXACT, outcome
        assert not any(place.cause == STARTING for place in split.effects), outcome


@pytest.mark.parametrize("seed", range(4))
def test_what_two_worlds_set_differently_is_the_starting_point(seed: int) -> None:
    world, plan = random_world(seed, RUNS, QUARTERS)
    attributes, parameters = world.attributes, world.parameters
    share = attributes.share.copy()
    share[0, 0] *= 0.8  # the rest of the channel gains
    altered = replace(
        world,
        attributes=replace(
            attributes,
            share=share,
            exposure=attributes.exposure * 1.02,
            control=attributes.control * 0.97,
            substitution=attributes.substitution * 1.1,
            adjustment=attributes.adjustment * 0.9,
        ),
        parameters=replace(
            parameters,
            own_weight=parameters.own_weight * 1.05,
            stock_weight=parameters.stock_weight * 0.9,
            concession_weight=parameters.concession_weight * 1.2,
        ),
    )
    found = at_end(course(world, plan), course(altered, plan))
    for outcome, split in found.items():
        assert residual(split) < EXACT, outcome
    for outcome in ("position", "autonomy", "share.power0.channel0", "leverage.power0"):
        starting = [
            part for place, part in found[outcome].effects.items() if place.cause == STARTING
        ]
        assert np.abs(sum(starting)).max() > 1e-6, outcome


@pytest.mark.parametrize("seed", range(6))
def test_parts_of_the_drivers_pull_are_the_cores(seed: int) -> None:
    world, plan = random_world(seed, RUNS, 6)
    simulation = Simulation(world, plan, 7, 0, RUNS)
    while not simulation.finished:
        before = simulation.state
        quarter = simulation.advance()
        for country in range(len(world.names.countries)):
            parts = driver_pulls(quarter, before, country)
            np.testing.assert_allclose(
                sum(parts.values()), quarter.flow.pulls.drivers[country], atol=EXACT
            )


def quiet(seed: int = 3) -> tuple[World, Plan]:
    """A world whose drivers stay, without routes being built, in which no term pulls yet."""
    world, plan = random_world(seed, RUNS, QUARTERS)
    still = {
        name: np.broadcast_to(values, (QUARTERS, *values.shape))
        for name, values in world.drivers.items()
    }
    plan = replace(plan, drivers=still, persistence={}, noise={}, capacity=0 * plan.capacity)
    member = np.broadcast_to(world.attributes.core[:, None].astype(float), plan.membership.shape)
    plan = replace(plan, membership=member)
    names = ("attention_pull", "fear_push", "stock_pull", "cohesion_pull", "reexport_trade_pull",
             "bypass_investment")  # fmt: skip
    off = {name: np.zeros(1) for name in names}
    attributes = replace(world.attributes, drift=0 * world.attributes.drift)
    parameters = replace(world.parameters, **off)
    return replace(world, attributes=attributes, parameters=parameters), plan


@pytest.mark.parametrize(
    ("parameter", "cause"),
    [
        ("attention_pull", ATTENTION),
        ("fear_push", FEAR),
        ("stock_pull", DEALS),
        ("cohesion_pull", Cause("drivers", "joint voice")),
    ],
)
def test_a_pull_that_is_alone_has_all_of_the_shares(parameter: str, cause: Cause) -> None:
    world, plan = quiet()
    one = course(world, plan)
    for outcome, split in at_end(one, Still(one)).items():
        assert not outcome.startswith("share.") or not split.effects, outcome
    parameters = replace(world.parameters, **{parameter: np.array([2.0])})
    one = course(replace(world, parameters=parameters), plan)
    found = at_end(one, Still(one))
    shares = [split for outcome, split in found.items() if outcome.startswith("share.")]
    assert max(np.abs(split.after - split.before).max() for split in shares) > 1e-4
    assert {place.cause for split in shares for place in split.effects} == {cause}


def test_a_course_against_itself_differs_in_nothing() -> None:
    world, plan = random_world(5, RUNS, QUARTERS)
    found = at_end(course(world, plan), course(world, plan))
    for split in found.values():
        assert not split.effects
        np.testing.assert_array_equal(split.after, split.before)


def test_a_run_alone_is_split_as_it_is_among_others() -> None:
    world, plan = random_world(1, 1, QUARTERS)
    among = course(world, plan, runs=5)
    alone = course(world, plan, first=3, runs=2)
    both = [at_end(one, Still(one)) for one in (among, alone)]
    for outcome, split in both[1].items():
        assert split.effects.keys() <= both[0][outcome].effects.keys()
        for place, part in split.effects.items():
            whole = both[0][outcome].effects[place]
            np.testing.assert_allclose(part[0], whole[3], atol=EXACT)


def test_what_begins_later_stands_at_its_reference_until_then() -> None:
    world, plan = random_world(2, RUNS, QUARTERS)
    later = replace(plan, start=plan.start + 4)
    one, two = course(world, plan), course(world, later)
    found = dict(splits(one, two, [plan.start + 2, plan.start + 8]))
    alone = course(world, plan)
    before = dict(splits(alone, Still(alone), [plan.start + 2]))[plan.start + 2]
    for outcome, split in found[plan.start + 2].items():
        np.testing.assert_allclose(split.after, before[outcome].after)
        assert residual(split) < EXACT
    assert max(map(residual, found[plan.start + 8].values())) < EXACT


# Against the formulas, one number at a time


def log_mean(a: float, b: float) -> float:
    return a if a == b else (a - b) / math.log(a / b)


def test_a_target_is_split_as_the_formula_says() -> None:
    world, _ = random_world(0, 1, 1)
    first = at_reference(
        Course(Simulation(world, random_world(0, 1, 1)[1], 1, 0, 2), 0).simulation.setting, 0
    )
    start = np.array([[[0.5]], [[0.3]]])
    rest = np.array([[0.2]])
    base = replace(first, base=start, flow=start, share=start, relied=start, rest=rest, pulls={})
    pulls = {ATTENTION: np.array([[[0.4]], [[0.0]]]), FEAR: np.array([[[-0.1]], [[0.25]]])}
    flow = np.array([[[0.5]], [[0.36]]])
    now = replace(base, pulls=pulls, flow=flow, gains={"R": (1, 0, np.array([0.06]))})
    found = target_effects(now, base)

    weights = [0.5 * math.exp(0.3), 0.36 * math.exp(0.25)]
    old = [0.5, 0.3]
    total = 0.2 + sum(weights)
    shares = [weight / total for weight in weights]
    logs = {ATTENTION: [0.4, 0.0], FEAR: [-0.1, 0.25], Cause("capacity", "R"): [0.0, math.log(1.2)]}
    assert found.keys() == logs.keys()
    for cause, changes in logs.items():
        for q in range(2):
            for p in range(2):
                part = log_mean(weights[q], old[q]) / log_mean(total, 1.0)
                expected = log_mean(shares[p], old[p]) * ((p == q) - part) * changes[q]
                assert found[cause][q, p, 0, 0] == pytest.approx(expected, abs=1e-15)
    assert sum(part.sum() for part in found.values()) == pytest.approx(sum(shares) - 0.8)


def test_a_flow_from_nothing_is_capacitys_as_in_the_limit() -> None:
    world, plan = random_world(0, 1, 1)
    setting = Simulation(world, plan, 1, 0, 2).setting
    rest = np.array([[0.4]])

    def effects(begun: float) -> dict[Cause, np.ndarray]:
        start = np.array([[[0.6 - begun]], [[begun]]])
        base = replace(
            at_reference(setting, 0), base=start, flow=start, share=start, relied=start, rest=rest
        )
        flow = start + np.array([[[0.0]], [[0.2]]])
        now = replace(
            base,
            flow=flow,
            pulls={FEAR: np.array([[[0.1]], [[0.3]]])},
            gains={"R": (1, 0, np.array([0.2]))},
        )
        return target_effects(now, base)

    opened, limit = effects(0.0), effects(1e-300)
    capacity = Cause("capacity", "R")
    assert opened[FEAR][1].sum() == 0
    assert opened[capacity][1, 1, 0, 0] == pytest.approx(
        sum(part[:, 1].sum() for part in opened.values())
    )
    # Near nothing the logarithm of the flow outweighs every other term.
    np.testing.assert_allclose(limit[capacity], opened[capacity], atol=2e-3)
