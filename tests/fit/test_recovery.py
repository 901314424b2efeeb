"""The fit recovers parameters it is shown the traces of; and a wrong fit is found out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from sim.core.errors import InputError
from sim.core.world import Array
from sim.fit.matching import design
from sim.fit.recovery import Recovery, held_out, recover, recover_library
from sim.fit.regression import Library

PARAMETERS = ("rate", "slope", "spread", "scale", "share", "cost", "idle", "vain")
MOMENTS = tuple(f"m{j}" for j in range(20))


def simulated(cube: Array, seed: int) -> Array:
    """Twenty moments of a stochastic model: counts, curves, products, scatter, and mere noise."""
    generator = np.random.default_rng(seed)
    n = len(cube)
    rate, slope, spread, scale, share, cost = (cube[:, j : j + 1] for j in range(6))
    counts = generator.poisson(np.exp(1 + 2 * rate + 0.5 * slope * np.arange(5)))
    scatter = np.abs(generator.normal(size=(n, 4)) * (0.2 + 2 * spread))
    curves = np.exp(scale) * (0.3 + slope) * np.arange(1, 5) + generator.normal(size=(n, 4))
    votes = generator.binomial(20, share, size=(n, 2)) / 20
    falls = 3 * cost - 2 * share + 0.5 * generator.normal(size=(n, 2))
    noise = generator.normal(size=(n, 3))
    return np.concatenate([np.log1p(counts), scatter, curves, votes, falls, noise], axis=1)


CUBE = design(8192, 8, seed=1)
LIBRARY = Library(PARAMETERS, MOMENTS, CUBE, simulated(CUBE, 2))


@pytest.fixture(scope="module")
def recovery() -> Recovery:
    return recover_library(LIBRARY, fits=200, seed=3)


def distorted(change: float, shift: float = 0.0) -> Recovery:
    """A fit whose draws are drawn together by a factor, or moved, on the unbounded scale."""
    rest, truth, moments = held_out(LIBRARY, 200, seed=3)

    def fit(observed: Array, number: int) -> Array:
        places = logit(rest.condition(observed, seed=number).cube)
        middle = places.mean(axis=0)
        return expit(middle + shift + change * (places - middle))

    return recover(PARAMETERS, truth, moments, fit)


def test_intervals_cover_the_truth_as_often_as_they_say(recovery: Recovery) -> None:
    """The pass rule; and pooled over parameters, to 4 standard errors of 200 independent fits."""
    assert recovery.passed, recovery.table().to_string()
    for level in (0.5, 0.8, 0.9):
        error = (level * (1 - level) / 200) ** 0.5  # fits share their parameters' fortunes
        assert recovery.coverage(level).mean() == pytest.approx(level, abs=4 * error)
    assert (recovery.table()["rank_p"] > 1e-4).all()


def test_what_the_moments_tell_is_recovered_and_the_rest_is_not(recovery: Recovery) -> None:
    table = recovery.table().set_index("parameter")
    assert (table.loc[list(PARAMETERS[:6]), "correlation"] > 0.5).all()
    assert (table.loc[list(PARAMETERS[:6]), "sd_ratio"] < 0.85).all()
    assert (table.loc[["idle", "vain"], "correlation"].abs() < 0.3).all()
    assert (table.loc[["idle", "vain"], "sd_ratio"] > 0.95).all()


@pytest.mark.parametrize(
    ("change", "shift"), [(0.5, 0.0), (2.0, 0.0), (1.0, 2.0)], ids=["sure", "unsure", "off"]
)
def test_a_wrong_posterior_fails(change: float, shift: float) -> None:
    wrong = distorted(change, shift)
    assert not wrong.passed
    if change < 1:
        assert (wrong.coverage(0.9) < 0.8).all()
    if change > 1:
        assert (wrong.coverage(0.9) > 0.97).all()


def test_an_undistorted_fit_passes_the_same_way() -> None:
    assert distorted(1.0).passed


def test_coverage_of_known_ranks() -> None:
    ranks = (np.arange(100) + 0.5)[:, None] / 100
    known = Recovery(("x",), ranks, ranks, ranks, np.full((100, 1), 12**-0.5))
    assert known.coverage(0.9)[0] == pytest.approx(0.9)
    assert known.coverage(0.5)[0] == pytest.approx(0.5)
    table = known.table()
    assert table["rank_p"][0] == pytest.approx(1.0)
    assert table["correlation"][0] == pytest.approx(1.0)
    assert table["sd_ratio"][0] == pytest.approx(1.0)
    assert table["passed"][0]


def test_ranks_that_crowd_are_found_out() -> None:
    """Every truth in the middle of its posterior: intervals hold, but the ranks are not uniform."""
    ranks = np.full((100, 1), 0.5)
    assert Recovery(("x",), ranks, ranks, ranks, ranks).table()["rank_p"][0] < 1e-6


def test_records_set_aside_are_not_fitted_with() -> None:
    rest, truth, moments = held_out(LIBRARY, 150, seed=4)
    assert len(rest.cube) == 8192 - 150
    assert len(truth) == len(moments) == 150
    assert not np.isin(truth[:, 0], rest.cube[:, 0]).any()
    rows = np.flatnonzero(np.isin(CUBE[:, 0], truth[:, 0]))
    assert np.array_equal(LIBRARY.simulated[rows], moments)


def test_same_again(recovery: Recovery) -> None:
    assert np.array_equal(recover_library(LIBRARY, fits=200, seed=3).rank, recovery.rank)


def test_bad_input() -> None:
    with pytest.raises(InputError, match="found 99 made-up records; at least 100 are needed"):
        recover_library(LIBRARY, fits=99)
    with pytest.raises(InputError, match="9000 made-up records asked for; the library has only"):
        recover_library(LIBRARY, fits=9000)
