"""Random streams: a run's draws depend on the seed, the decision, the quarter and its number."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from sim.core.drivers import DRIVERS
from sim.core.streams import VOTE_SLOTS, Draws, Streams, draw_quarter
from sim.core.world import Array
from tests.limits.worlds import rearranged_plan, rearranged_world
from tests.reference.random_world import random_world

SHAPES = [(), (3,), (2, 4), (8, 5)]


def arrays(draws: Draws) -> dict[str, Array]:
    """All draws by name."""
    named = {field.name: getattr(draws, field.name) for field in fields(draws)}
    drivers = named.pop("drivers")
    return named | {f"driver {name}": values for name, values in drivers.items()}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_more_runs_leave_the_first_ones_alone(kind: str, shape: tuple[int, ...]) -> None:
    draw = getattr(Streams(5), kind)
    few, many = draw("threats", 8092, 0, 4, shape), draw("threats", 8092, 0, 40, shape)
    assert many.shape == (*shape, 40)
    assert np.array_equal(few, many[..., :4])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_a_chunk_finds_its_place_in_the_stream(kind: str, shape: tuple[int, ...]) -> None:
    draw = getattr(Streams(5), kind)
    whole = draw("threats", 8092, 0, 30, shape)
    for first, runs in ((0, 1), (1, 2), (7, 13), (29, 1)):
        chunk = draw("threats", 8092, first, runs, shape)
        assert np.array_equal(chunk, whole[..., first : first + runs])


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_a_cell_is_the_same_whatever_else_is_wanted(kind: str) -> None:
    draw = getattr(Streams(5), kind)
    whole = draw("threats", 8092, 3, 6, (4, 5))
    wanted = np.array([[18, 0], [7, 7]])
    some = draw("threats", 8092, 3, 6, (4, 5), wanted)
    assert np.array_equal(some, whole.reshape(20, 6)[wanted])
    assert draw("threats", 8092, 3, 6, (4, 5), wanted[:0]).shape == (0, 2, 6)


def test_noise_of_one_cell_leaves_the_others_alone() -> None:
    """Cells without noise are not drawn, in any run where one of them has some."""
    world, plan = random_world(1, quarters=2)
    shape = (*world.drivers["preference"].shape[:-1], 6)
    everywhere, some = np.ones(shape), np.zeros(shape)
    some[1:, 2, :3, 4] = 0.2
    drawn = [
        draw_quarter(
            5, world, replace(plan, noise={"preference": n}, persistence={}), plan.start, 0, 6
        ).drivers["preference"]
        for n in (everywhere, some)
    ]
    assert drawn[0].all()
    noisy = np.broadcast_to((some > 0).any(axis=-1, keepdims=True), shape)
    assert np.array_equal(drawn[1], np.where(noisy, drawn[0], 0.0))


def test_no_two_runs_or_cells_share_a_draw() -> None:
    draws = Streams(5).uniform("threats", 8092, 0, 500, (5, 6))
    assert np.unique(draws).size == draws.size


def test_seed_decision_and_quarter_are_the_key() -> None:
    keys = [(5, "threats", 8092), (6, "threats", 8092), (5, "lapse", 8092), (5, "threats", 8093)]
    streams = [
        Streams(seed).uniform(decision, quarter, 0, 4000, ()) for seed, decision, quarter in keys
    ]
    again = Streams(5).uniform("threats", 8092, 0, 4000, ())
    assert np.array_equal(streams[0], again)
    for one, other in combinations(streams, 2):
        assert not np.intersect1d(one, other).size
        assert abs(np.corrcoef(one, other)[0, 1]) < 5.0 / np.sqrt(4000)


def test_uniforms_are_uniform_and_normals_normal() -> None:
    streams = Streams(5)
    uniform = streams.uniform("threats", 8092, 0, 20_000, (2, 2))
    normal = streams.normal("deal sizes", 8092, 0, 20_000, (2, 2))
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert np.isfinite(normal).all()
    for cell in np.ndindex(2, 2):
        assert stats.kstest(uniform[cell], "uniform").pvalue > 1e-4
        assert stats.kstest(normal[cell], "norm").pvalue > 1e-4
        # The order within a stream carries nothing either.
        for draws in (uniform[cell], normal[cell]):
            assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 5.0 / np.sqrt(20_000)
    assert abs(normal.mean()) < 5.0 / np.sqrt(normal.size)
    assert abs(normal.var() - 1.0) < 5.0 * np.sqrt(2.0 / normal.size)
    assert abs(stats.kurtosis(normal.ravel())) < 5.0 * np.sqrt(24.0 / normal.size)


def test_decisions_of_a_quarter_share_no_draws() -> None:
    world, plan = random_world(1, quarters=2)
    noise = {name: np.ones((*values.shape[:-1], 1)) for name, values in world.drivers.items()}
    plan = replace(plan, noise=noise, persistence=noise)
    drawn = arrays(draw_quarter(5, world, plan, plan.start, 0, 200))
    assert set(drawn) >= {f"driver {name}" for name in DRIVERS}
    for (_, one), (_, other) in combinations(drawn.items(), 2):
        assert not np.intersect1d(one, other).size


def test_every_quarter_draws_anew() -> None:
    world, plan = random_world(1, quarters=2)
    first, second = (arrays(draw_quarter(5, world, plan, plan.start + t, 0, 50)) for t in range(2))
    for name in first:
        assert not np.intersect1d(first[name], second[name]).size, name


def test_the_scenario_is_not_in_the_key() -> None:
    """Two plans for one world share all draws that both need, whatever they prescribe."""
    world, plan = random_world(1, quarters=8, channels=5)
    _, other = random_world(2, quarters=8, channels=5)
    assert plan.noise.keys() != other.noise.keys()
    one = arrays(draw_quarter(5, world, plan, plan.start + 3, 7, 10))
    two = arrays(draw_quarter(5, world, replace(other, start=9000), plan.start + 3, 7, 10))
    shared = set(one) & set(two)
    assert shared >= {"deal_count", "deal_size", "threat", "comply", "impose", "lapse", "vote"}
    for name in shared:
        assert np.array_equal(one[name], two[name]), name


def test_leaving_actors_out_changes_nobody_elses_draws() -> None:
    world, plan = random_world(1, quarters=2)
    noise = {**plan.noise, "transit_days": np.ones((len(world.names.routes), 1))}
    plan = replace(plan, noise=noise, persistence=noise)
    left = [g for g in range(len(world.names.routes)) if g != 1]
    fewer = {"c": [0, 2], "p": [1, 3], "g": left}
    whole = draw_quarter(5, world, plan, plan.start, 0, 6)
    part = draw_quarter(
        5, rearranged_world(world, fewer), rearranged_plan(plan, fewer), plan.start, 0, 6
    )
    for name in ("deal_count", "deal_size", "threat", "comply", "impose", "lapse"):
        expected = getattr(whole, name)[[0, 2]][:, [1, 3]]
        assert np.array_equal(getattr(part, name), expected), name
    assert whole.vote.shape == (VOTE_SLOTS, 3, 6)
    assert np.array_equal(part.vote, whole.vote[:, [0, 2]])
    rows = {"country": [0, 2], "power": [1, 3], "other": [1, 3], "route": left}
    assert "transit_days" in whole.drivers
    for name, draws in whole.drivers.items():
        expected = draws
        for position, axis in enumerate(DRIVERS[name].axes):
            if axis in rows:
                expected = np.take(expected, rows[axis], axis=position)
        assert np.array_equal(part.drivers[name], expected), name
