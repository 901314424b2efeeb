"""The powers' answer to each other's gains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.core.attention import responsive_value
from sim.core.streams import draw_quarter
from sim.core.world import Array, World
from tests.limits.worlds import (
    calm_plan,
    quiet,
    setting_of,
    start_of,
    stepped,
    with_attributes,
    with_drivers,
    with_parameters,
)
from tests.reference.random_world import random_world

SEED = 3
GAINER, RIVAL, REGION = 0, 1, 3


def arena(response: float = 4.0, coordination: float = 0.0) -> World:
    """A quiet world in which all powers want all countries."""
    world = quiet(random_world(0, quarters=1)[0])
    attributes = world.attributes
    world = with_attributes(
        world,
        core=np.ones_like(attributes.core),
        openness=1.0,
        exposure=0.05,
        value=np.maximum(attributes.value, 0.2),
        budget=np.maximum(attributes.budget, 0.3) * ~attributes.regional[:, None],
        share=np.full((3, 4, *attributes.share.shape[2:]), 0.2),
    )
    world = with_parameters(world, rivalry_response=response, attention_speed=1.0)
    return with_drivers(world, access=1.0, coordination=coordination, format=0.6)


def attention_after(world: World, gainer: int | None) -> Array:
    """Attention (country, power, run) after a power has gained in the first country."""
    setting = setting_of(world, calm_plan(world, 1))
    state = start_of(setting, 2)
    if gainer is not None:
        state.share[0, gainer] += 0.15
    draws = draw_quarter(SEED, world, setting.plan, setting.plan.start, 0, 2)
    return stepped(setting, 0, state, draws).state.attention


def test_a_rivals_gain_draws_attention() -> None:
    world = arena()
    before, after = attention_after(world, None), attention_after(world, GAINER)
    assert (after[0, RIVAL] > 1.01 * before[0, RIVAL]).all()
    assert (after[1:, RIVAL] < before[1:, RIVAL]).all()


def test_the_gainer_itself_turns_elsewhere() -> None:
    """Its rivals' shares in the country have fallen."""
    world = arena()
    before, after = attention_after(world, None), attention_after(world, GAINER)
    assert (after[0, GAINER] < before[0, GAINER]).all()


def test_the_sum_of_a_powers_attention_never_changes() -> None:
    world = arena()
    before, after = attention_after(world, None), attention_after(world, GAINER)
    assert np.allclose(after.sum(axis=0), before.sum(axis=0), rtol=0, atol=1e-12)
    assert not np.allclose(after, before, atol=1e-3)


def test_a_cartel_does_not_answer() -> None:
    world = arena(coordination=1.0)
    assert np.array_equal(attention_after(world, None), attention_after(world, GAINER))


def test_two_that_coordinate_still_answer_the_third() -> None:
    together = np.zeros((4, 4, 1))
    together[GAINER, RIVAL] = together[RIVAL, GAINER] = 1.0
    world = replace(arena(), drivers=arena().drivers | {"coordination": together})
    before, after = attention_after(world, None), attention_after(world, GAINER)
    # The share that the gainer took came from the third as well, so the pair looks away.
    assert (after[0, RIVAL] < before[0, RIVAL]).all()
    assert (after[0, 2] > before[0, 2]).all()


@pytest.mark.parametrize("gainer", [GAINER, REGION])
def test_without_a_response_nobody_answers(gainer: int) -> None:
    world = arena(response=0.0)
    assert np.array_equal(attention_after(world, None), attention_after(world, gainer))


def test_the_region_is_nobodys_rival() -> None:
    regional = np.array([False, False, True])
    value = np.ones((3, 2, 1))
    reference = np.full((2, 3, 1), 1 / 3)
    gained = reference.copy()
    gained[0, 2] += 0.2  # and nobody has lost
    coordination = np.zeros((3, 3, 1))
    answer = responsive_value(value, gained, reference, coordination, regional, np.array([4.0]))
    assert np.array_equal(answer, value)


def test_value_responds_in_closed_form() -> None:
    """v exp(beta sum over rivals of (1 - coord)(a - a_ref)), own gain left out."""
    generator = np.random.default_rng(4)
    value = generator.random((3, 2, 1))
    now, reference = generator.random((2, 3, 1)), generator.random((2, 3, 1))
    coordination = generator.random((3, 3, 1))
    regional = np.array([False, False, True])
    found = responsive_value(value, now, reference, coordination, regional, np.array([2.0]))
    for p in range(3):
        for c in range(2):
            pressure = sum(
                (1.0 - coordination[p, q, 0]) * (now[c, q, 0] - reference[c, q, 0])
                for q in (0, 1)
                if q != p
            )
            assert found[p, c, 0] == pytest.approx(value[p, c, 0] * np.exp(2.0 * pressure))
