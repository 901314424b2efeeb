"""Regression ABC against posteriors worked out on a grid, and what a library refuses."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.world import Array
from sim.fit.matching import design
from sim.fit.regression import Library

PARAMETERS = ("a", "b", "idle")
MOMENTS = ("m1", "m2", "noise", "steady")
SD = (0.1, 0.2)


def means(a: Array, b: Array) -> tuple[Array, Array]:
    return a, a + b**2


def simulated(cube: Array, seed: int) -> Array:
    noise = np.random.default_rng(seed).normal(size=(len(cube), 3))
    first, second = means(cube[:, 0], cube[:, 1])
    return np.stack(
        [first + SD[0] * noise[:, 0], second + SD[1] * noise[:, 1], noise[:, 2],
         np.full(len(cube), 7.0)], axis=1,
    )  # fmt: skip


CUBE = design(16_384, 3, seed=1)
LIBRARY = Library(PARAMETERS, MOMENTS, CUBE, simulated(CUBE, 2)).prepare()


def exact(observed: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of a and b under the exact posterior, on a fine grid."""
    side = (np.arange(400) + 0.5) / 400
    a, b = np.meshgrid(side, side, indexing="ij")
    first, second = means(a, b)
    log = -0.5 * ((observed[0] - first) / SD[0]) ** 2 - 0.5 * ((observed[1] - second) / SD[1]) ** 2
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = np.array([(weight * a).sum(), (weight * b).sum()])
    square = np.array([(weight * a**2).sum(), (weight * b**2).sum()])
    return mean, np.sqrt(square - mean**2)


@pytest.mark.parametrize("truth", [(0.5, 0.7), (0.1, 0.9), (0.8, 0.2)])
def test_posterior_is_near_the_exact_one(truth: tuple[float, float]) -> None:
    """The tolerance is for the approximation: a fifth of a standard deviation, and of its size."""
    observed = np.array([*means(*map(np.asarray, truth)), 0.3, 7.0])
    found = LIBRARY.condition(observed, draws=2000)
    mean, sd = exact(observed)
    assert (np.abs(found.cube[:, :2].mean(axis=0) - mean) < 0.2 * sd).all()
    np.testing.assert_allclose(found.cube[:, :2].std(axis=0), sd, rtol=0.2)
    assert found.cube[:, 2].mean() == pytest.approx(0.5, abs=0.05)
    assert found.cube[:, 2].std() == pytest.approx(12**-0.5, rel=0.05)
    assert found.accepted == 820
    assert 400 < found.effective < 0.9 * 820  # equal weights would count all


def test_draws_lie_in_the_cube_even_where_the_record_lies_outside_the_library() -> None:
    found = LIBRARY.condition(np.array([9.0, -30.0, 8.0, 6.0]))
    assert found.cube.shape == (1000, 3)
    assert np.isfinite(found.cube).all()
    assert ((found.cube > 0) & (found.cube < 1)).all()


def test_a_moment_far_out_says_no_more_than_one_at_four_standard_deviations() -> None:
    observed = np.array([0.5, 0.8, 0.0, 7.0])
    far, farther = observed.copy(), observed.copy()
    far[2], farther[2] = 5.0, 500.0
    assert np.array_equal(LIBRARY.condition(far).cube, LIBRARY.condition(farther).cube)
    far[2] = 3.0
    assert not np.array_equal(LIBRARY.condition(far).cube, LIBRARY.condition(farther).cube)


def test_spread_is_adjusted_to_the_observation() -> None:
    """Noise of one moment grows with the other parameter: so does the posterior's spread.

    The usual share accepted is neighbourhood enough; with most of the library accepted, the
    adjustment makes up for part of it (the ratio is 1.5 without).
    """
    noise = np.random.default_rng(9).normal(size=(len(CUBE), 2))
    loud = 0.02 * np.exp(2 * CUBE[:, 1])
    moments = np.stack([CUBE[:, 0] + loud * noise[:, 0], CUBE[:, 1] + 0.02 * noise[:, 1]], axis=1)
    for fraction, least in ((0.05, 0.85 * np.exp(1.2)), (0.6, 1.7)):
        library = Library(PARAMETERS, ("m", "n"), CUBE, moments, fraction)
        quiet = library.condition(np.array([0.5, 0.2])).cube[:, 0].std()
        noisy = library.condition(np.array([0.5, 0.8])).cube[:, 0].std()
        assert least < noisy / quiet < 1.15 * np.exp(1.2)


def test_only_the_resampling_is_left_to_the_seed() -> None:
    observed = LIBRARY.simulated[5]
    once, again = (LIBRARY.condition(observed, seed=4) for _ in range(2))
    assert np.array_equal(once.cube, again.cube)
    other = LIBRARY.condition(observed, seed=5)
    assert not np.array_equal(once.cube, other.cube)
    all_of_them = LIBRARY.condition(observed, draws=200_000).cube
    assert np.isin(other.cube[:, 0], all_of_them[:, 0]).mean() > 0.99


def test_resampling_is_even() -> None:
    """Each accepted simulation comes as often as its weight says, to within one."""
    observed = LIBRARY.simulated[5]
    few = np.unique(LIBRARY.condition(observed, draws=5_000).cube[:, 0], return_counts=True)
    many = np.unique(LIBRARY.condition(observed, draws=500_000).cube[:, 0], return_counts=True)
    share = dict(zip(many[0], many[1] / 500_000, strict=True))
    for value, count in zip(*few, strict=True):
        assert abs(count - 5_000 * share[value]) < 1.02


def test_draws_come_in_no_order() -> None:
    cube = LIBRARY.condition(LIBRARY.simulated[5], draws=1000).cube
    later = np.corrcoef(cube[:-1, 0], cube[1:, 0])[0, 1]
    assert abs(later) < 4 / 1000**0.5


def test_draws_that_make_no_sense_get_no_weight() -> None:
    observed = np.array([0.5, 0.99, 0.0, 7.0])
    found = LIBRARY.condition(observed, possible=lambda cube: cube[:, 2] < 0.25)
    assert found.cube[:, 2].max() < 0.25
    assert found.possible == pytest.approx(0.25, abs=0.05)
    with pytest.raises(InputError, match="posterior: none of the draws makes sense"):
        LIBRARY.condition(observed, possible=lambda cube: cube[:, 2] > 2)


def test_simulations_without_moments_are_dropped() -> None:
    moments = LIBRARY.simulated.copy()
    moments[::4] = np.nan
    with pytest.raises(InputError, match="library: some simulations have no moments"):
        Library(PARAMETERS, MOMENTS, CUBE, moments)
    kept = Library.of(PARAMETERS, MOMENTS, CUBE, moments)
    assert len(kept.cube) == 12_288
    assert np.array_equal(kept.cube[0], CUBE[1])


def test_whole_library_may_be_accepted() -> None:
    whole = Library(PARAMETERS, MOMENTS, CUBE[:500], LIBRARY.simulated[:500], fraction=1.0)
    found = whole.condition(np.array([0.5, 0.8, 0.0, 7.0]))
    assert found.accepted == 500
    assert found.cube[:, 0].mean() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    ("size", "fraction", "message"),
    [
        (16_384, 0.0, "fraction: found 0; allowed: above 0, at most 1"),
        (16_384, 1.5, "fraction: found 1.5; allowed: above 0, at most 1"),
        (200, 0.05, "0.05 of 200 simulations are 10; 3 parameters need at least 40"),
    ],
)
def test_bad_library(size: int, fraction: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Library(PARAMETERS, MOMENTS, CUBE[:size], LIBRARY.simulated[:size], fraction)


def test_library_of_the_wrong_shape() -> None:
    with pytest.raises(InputError, match=r"shape \(16384, 2\) for 16384 simulations of 3 param"):
        Library(PARAMETERS, MOMENTS, CUBE[:, :2], LIBRARY.simulated)


@pytest.mark.parametrize(
    ("observed", "draws", "message"),
    [
        (np.zeros(3), 1000, r"shape \(3,\); the library has 4 moments"),
        (np.array([0, np.inf, 0, 0]), 1000, "moment 'm2': observed value inf is not a finite"),
        (np.zeros(4), 0, "draws: found 0; at least 1 is needed"),
    ],
)
def test_bad_observation(observed: Array, draws: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LIBRARY.condition(observed, draws)
