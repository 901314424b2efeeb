"""History matching: what it rules out, what it keeps, and what it says of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.streams import Streams
from sim.core.world import Array
from sim.fit.matching import Emulator, Matching, design, match
from sim.fit.prior import Prior

NAMES = ("m1", "m2", "m3", "m4")
NOISE = 0.3
TRUTH = np.array([[0.3, 0.6, 0.5]])


def unit_prior(number: int) -> Prior:
    return Prior(
        tuple(f"p{j}" for j in range(number)), np.zeros(number), np.ones(number),
        ("uniform",) * number, np.full(number, 0.5),
    )  # fmt: skip


def simulate(values: Array, first: int) -> Array:
    """Moments of three parameters, the third without effect; noise by number of the run."""
    a, b = values[:, 0], values[:, 1]
    mean = np.stack([4 * a, 4 * b, 3 * (a + b), 3 * a * b], axis=1)
    return mean + NOISE * Streams(3).normal("toy", 0, first, len(values), (4,)).T


OBSERVED = simulate(TRUTH, 10**6)[0]


def matched(observed: Array = OBSERVED, **changes: object) -> Matching:
    settings: dict[str, object] = {"vectors": 512, "waves": 2, "search": 2**16} | changes
    return match(unit_prior(3), simulate, observed, np.zeros(4), NAMES, 1, **settings)  # type: ignore[arg-type]


def test_design_fills_the_cube_evenly() -> None:
    points = design(1000, 5, seed=2)
    assert points.shape == (1000, 5)
    assert ((points > 0) & (points < 1)).all()
    cells = np.stack([np.histogram(points[:, j], 10, (0, 1))[0] for j in range(5)])
    assert np.abs(cells - 100).max() <= 5  # independent draws would differ by 10 and more
    assert not np.array_equal(points, design(1000, 5, seed=3))


def test_emulator_learns_curves_interactions_and_noise() -> None:
    cube = design(4096, 4, seed=1)
    mean = np.stack([3 * cube[:, 0] + cube[:, 1] ** 2, 5 * cube[:, 2] * cube[:, 3]], axis=1)
    moments = mean + 0.5 * np.random.default_rng(4).normal(size=mean.shape)
    emulator = Emulator.fit(cube, moments)
    assert [2, 3] in emulator.pairs.tolist()
    assert len(emulator.pairs) <= 2
    assert np.abs(emulator.mean(cube) - mean).max() < 0.15
    np.testing.assert_allclose(emulator.variance(4096), 0.25, rtol=4 * (2 / 4096) ** 0.5)
    slopes = emulator.slopes(4) * 12**0.5  # a change over the whole cube
    expected = [[3.0, 1, 0, 0], [0, 0, 2.5, 2.5]]
    np.testing.assert_allclose(slopes, expected, atol=4 * 12**0.5 * 0.5 / 4096**0.5)


def test_share_left_is_that_of_a_line_worked_out_by_hand() -> None:
    """One moment, ten times the parameter, noise 0.5: 5 is within 3 sd on 0.3 of the range."""

    def line(values: Array, first: int) -> Array:
        return 10 * values + 0.5 * Streams(1).normal("line", 0, first, len(values), (1,)).T

    one = match(
        unit_prior(1), line, np.array([5.0]), np.zeros(1), ("m",), 1,
        vectors=4096, waves=1, search=2**15,
    )  # fmt: skip
    assert one.shares[0] == pytest.approx(0.3, abs=0.02)
    # Error of observation widens it: sqrt(0.25 + 0.25) instead of 0.5.
    wider = match(
        unit_prior(1), line, np.array([5.0]), np.array([0.25]), ("m",), 1,
        vectors=4096, waves=1, search=2**15,
    )  # fmt: skip
    assert wider.shares[0] == pytest.approx(0.3 * 2**0.5, abs=0.03)


def test_truth_stays_and_the_rest_shrinks() -> None:
    found = matched(rank=1)
    assert found.contains(TRUTH).all()
    assert not found.contains(np.array([[0.9, 0.1, 0.5], [0.05, 0.95, 0.5]])).any()
    assert 1 > found.shares[0] >= found.shares[1] > 0
    assert found.unreachable() == ()
    assert found.stopped == "the last wave asked for is done"
    assert len(found.waves) == 2
    vectors, share = found.sample(300, seed=8)
    assert vectors.shape == (300, 3)
    assert found.contains(vectors).all()
    assert share == pytest.approx(found.shares[-1], rel=0.1)
    assert np.ptp(vectors[:, 2]) > 0.95  # the parameter without effect keeps its range


def test_each_wave_rules_out_for_good() -> None:
    found = matched(rank=1)
    cube = design(4096, 3, seed=9)
    alone = [replace(found, waves=(wave,)).contains(cube) for wave in found.waves]
    assert (alone[0] != alone[1]).any()
    assert np.array_equal(found.contains(cube), alone[0] & alone[1])


@pytest.mark.parametrize("rank", [1, 3])
def test_a_moment_out_of_reach_is_named_and_rules_nothing_out(rank: int) -> None:
    observed = OBSERVED.copy()
    observed[3] = 50.0
    found = matched(observed, rank=rank)
    assert found.unreachable() == ("m4",)
    assert found.judged.tolist() == [True, True, True, False]
    table = found.table()
    assert not table.loc[table["moment"] == "m4", "reached"].any()
    assert table.loc[table["moment"] != "m4", "reached"].all()
    # Nearly as if there were no such moment: the emulator's products of parameters may differ.
    without = match(
        unit_prior(3), lambda values, first: simulate(values, first)[:, :3], observed[:3],
        np.zeros(3), NAMES[:3], 1, vectors=512, waves=2, search=2**16, rank=rank,
    )  # fmt: skip
    cube = design(4096, 3, seed=9)
    assert (found.contains(cube) == without.contains(cube)).mean() > 0.97
    assert 0.01 < found.shares[-1] < 0.95  # those within reach decide


def test_moments_that_contradict_each_other_leave_nothing() -> None:
    """Each can be reached, but a and b cannot be small while their sum is large."""
    observed = np.array([0.2, 0.2, 5.5, 0.2])
    nothing = matched(observed, rank=1)
    assert nothing.judged.all()
    assert len(nothing.waves) == 1
    assert nothing.shares == (0.0,)
    assert nothing.stopped == (
        "0 of 512 vectors found among 65536 candidates: 0 percent of the prior are left"
    )
    assert matched(observed, rank=2).shares[0] > 0  # one moment alone does not decide


def test_table_orders_vectors_by_combined_implausibility() -> None:
    table = matched(rank=1).table()
    assert len(table) == 2 * 4
    assert (table["least"] <= table[["best", "median"]].min(axis=1)).all()
    for _, wave in table.groupby("wave"):
        assert wave["best"].max() < wave["median"].max()


def test_same_for_any_chunk_and_again() -> None:
    def chunked(values: Array, first: int) -> Array:
        parts = [simulate(values[s : s + 100], first + s) for s in range(0, len(values), 100)]
        return np.concatenate(parts)

    once = matched()
    again = match(
        unit_prior(3), chunked, OBSERVED, np.zeros(4), NAMES, 1,
        vectors=512, waves=2, search=2**16,
    )  # fmt: skip
    assert once.shares == again.shares
    for one, other in zip(once.waves, again.waves, strict=True):
        assert np.array_equal(one.cube, other.cube)
        assert np.array_equal(one.moments, other.moments)


def test_runs_of_later_waves_have_numbers_of_their_own() -> None:
    firsts = []

    def noted(values: Array, first: int) -> Array:
        firsts.append((first, len(values)))
        return simulate(values, first)

    match(
        unit_prior(3), noted, OBSERVED, np.zeros(4), NAMES, 1,
        vectors=300, waves=3, search=2**16,
    )  # fmt: skip
    assert firsts == [(0, 300), (300, 300), (600, 300)]


def test_vectors_that_make_no_sense_are_left_out() -> None:
    def partly(values: Array, first: int) -> Array:
        return np.where(values[:, 2:] > 0.75, np.nan, simulate(values, first))

    found = match(
        unit_prior(3), partly, OBSERVED, np.zeros(4), NAMES, 1,
        vectors=512, waves=1, search=2**16,
    )  # fmt: skip
    assert found.waves[0].possible == pytest.approx(0.75, abs=0.01)
    assert found.waves[0].cube[:, 2].max() <= 0.75


def spoiled(kind: str) -> object:
    def broken(values: Array, first: int) -> Array:
        moments = simulate(values, first)
        if kind == "shape":
            return moments[:, :3]
        if kind == "infinite":
            moments[3:5, 1] = np.inf
        if kind == "nowhere":
            moments[:] = np.nan
        if kind == "steady":
            moments[:, 2] = 1.0
        return moments

    return broken


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("shape", r"found an array of shape \(512, 3\); needed: \(vectors, 4\)"),
        ("infinite", "moment 'm2': is not a finite number in 2 of 512 runs"),
        ("nowhere", "0 of 512 vectors could be simulated"),
        ("steady", "moment 'm3': has no error and does not vary between runs"),
    ],
)
def test_bad_simulations(kind: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        match(
            unit_prior(3), spoiled(kind), OBSERVED, np.zeros(4), NAMES, 1, vectors=512  # type: ignore[arg-type]
        )  # fmt: skip


@pytest.mark.parametrize(
    ("observed", "variance", "settings", "message"),
    [
        (OBSERVED[:3], np.zeros(4), {}, r"observed: found an array of shape \(3,\)"),
        (OBSERVED, np.zeros(5), {}, r"variance: found an array of shape \(5,\)"),
        (np.full(4, np.nan), np.zeros(4), {}, "moment 'm1': observed value nan is not a finite"),
        (OBSERVED, np.full(4, -1.0), {}, "moment 'm1': variance -1.0; a number of 0 or more"),
        (OBSERVED, np.zeros(4), {"waves": 0}, "waves: found 0; at least 1 is needed"),
        (OBSERVED, np.zeros(4), {"rank": 0}, "rank: found 0; at least 1 is needed"),
    ],
)
def test_bad_input(
    observed: Array, variance: Array, settings: dict[str, int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        match(unit_prior(3), simulate, observed, variance, NAMES, 1, **settings)  # type: ignore[arg-type]
