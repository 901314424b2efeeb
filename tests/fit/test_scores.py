"""Scores against closed forms and hand-made figures, and their propriety."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import nbinom, norm, poisson

from sim.core.errors import InputError
from sim.fit import scores

figures = st.floats(-1e3, 1e3)
ensembles = st.integers(1, 12).flatmap(lambda n: arrays(float, (n,), elements=figures))
EXAMPLES = settings(max_examples=60, deadline=None)


def normal_quantiles(mean: float = 0.0, spread: float = 1.0, members: int = 400) -> np.ndarray:
    return norm.ppf((np.arange(members) + 0.5) / members, mean, spread)


def within(figures: np.ndarray, truth: float, errors: float = 4.0) -> bool:
    """Say whether a mean lies within so many of its Monte-Carlo errors of the truth."""
    return abs(figures.mean() - truth) < errors * figures.std() / np.sqrt(figures.size)


# CRPS


@EXAMPLES
@given(ensembles, figures)
def test_crps_is_that_of_the_definition(ensemble: np.ndarray, observed: float) -> None:
    pairs = np.abs(ensemble[:, None] - ensemble)
    expected = np.abs(ensemble - observed).mean() - pairs.mean() / 2
    assert scores.crps(ensemble, observed) == pytest.approx(expected, abs=1e-9)
    assert scores.crps(ensemble, observed) >= 0


@EXAMPLES
@given(figures, figures)
def test_crps_of_one_member_is_its_error(member: float, observed: float) -> None:
    assert scores.crps([member], observed) == pytest.approx(abs(member - observed))


@pytest.mark.parametrize("observed", [-2.5, 0.0, 0.3, 4.0])
def test_crps_of_normal_quantiles_is_that_of_the_normal(observed: float) -> None:
    # Gneiting and Raftery 2007, eq. 5; the quantiles of n members leave out order 1/n of the tails
    z = observed / 2
    closed = 2 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert scores.crps(normal_quantiles(0, 2), observed) == pytest.approx(closed, rel=0.003)


def test_a_missing_observation_has_a_missing_score() -> None:
    ensemble = np.tile(normal_quantiles(members=20), (2, 1))
    observed = [np.nan, 0.0]
    for score in (
        scores.crps(ensemble, observed),
        scores.interval_score(ensemble, observed, 0.8),
        scores.coverage(ensemble, observed, [0.8])[0],
        scores.quantile_of(ensemble, observed),
    ):
        assert np.isnan(score[0])
        assert np.isfinite(score[1])


@pytest.mark.parametrize("of", ["crps", "interval", "spread of counts"])
def test_the_true_distribution_scores_best(of: str) -> None:
    rng = np.random.default_rng(5)
    truth = rng.poisson(3.0, 4000) if of == "spread of counts" else rng.normal(0, 1, 4000)

    def score(forecast: np.ndarray) -> np.ndarray:
        every = np.broadcast_to(forecast, (truth.size, forecast.size))
        if of == "crps":
            return scores.crps(every, truth)
        if of == "interval":
            return scores.interval_score(every, truth, 0.8)
        return scores.log_score_counts(every, truth)

    levels = (np.arange(200) + 0.5) / 200
    if of == "spread of counts":
        best = poisson.ppf(levels, 3.0)
        others = [poisson.ppf(levels, 2.0), poisson.ppf(levels, 4.5), nbinom.ppf(levels, 1, 0.25)]
    else:
        best = normal_quantiles(members=200)
        others = [normal_quantiles(m, s, 200) for m, s in [(0.4, 1), (0, 0.6), (0, 1.7)]]
    for other in others:
        loss = score(other) - score(best)
        assert loss.mean() > 4 * loss.std() / np.sqrt(loss.size)


# Intervals and places


def test_interval_score_is_width_and_misses() -> None:
    ensemble = np.tile(np.arange(1.0, 11.0), (3, 1))  # sorted members at 5, 15, ..., 95 percent
    # 80 percent: from 1.5 to 9.5 by the rule (i - 1/2)/n
    found = scores.interval_score(ensemble, [5.0, 0.5, 10.5], 0.8)
    np.testing.assert_allclose(found, [8.0, 8.0 + 10 * 1.0, 8.0 + 10 * 1.0])


def test_scores_keep_the_shape_of_what_was_observed() -> None:
    ensemble = np.zeros((1, 3, 5))
    observed = np.zeros((1, 3))
    assert scores.crps(ensemble, observed).shape == (1, 3)
    assert scores.interval_score(ensemble, observed, 0.5).shape == (1, 3)
    assert scores.coverage(ensemble, observed, [0.5, 0.8]).shape == (2, 1, 3)
    assert scores.interval_score(ensemble[:, :1], observed[:, :1], 0.5).shape == (1, 1)


def test_coverage_of_a_reliable_ensemble_is_its_level() -> None:
    rng = np.random.default_rng(1)
    cases, levels = 4000, (0.5, 0.8, 0.95)
    observed = rng.normal(size=cases)
    hits = scores.coverage(np.tile(normal_quantiles(), (cases, 1)), observed, levels)
    for level, hit in zip(levels, hits, strict=True):
        assert within(hit, level)


def test_coverage_counts_the_ends_of_the_interval() -> None:
    ensemble = np.tile(np.arange(1.0, 11.0), (4, 1))
    np.testing.assert_array_equal(
        scores.coverage(ensemble, [1.51, 9.49, 1.49, 9.51], [0.8]), [[1, 1, 0, 0]]
    )
    assert scores.coverage([2.0, 2.0, 2.0], 2.0, [0.5]) == 1


def test_quantile_counts_ties_half() -> None:
    ensemble = np.tile([1.0, 2.0, 2.0, 3.0], (4, 1))
    np.testing.assert_allclose(
        scores.quantile_of(ensemble, [0.0, 2.0, 2.5, 9.0]), [0, 0.5, 0.75, 1]
    )


# Categories


def test_rps_is_that_of_cumulative_shares() -> None:
    shares = [[0.1, 0.2, 0.7]] * 3
    # sums of squared gaps of cumulative shares (0.1, 0.3) from (1, 1), (0, 1), (0, 0)
    np.testing.assert_allclose(
        scores.rps(shares, [0, 1, 2]), [0.81 + 0.49, 0.01 + 0.49, 0.01 + 0.09]
    )


def test_brier_sums_over_categories() -> None:
    np.testing.assert_allclose(scores.brier([0.1, 0.2, 0.7], 1), 0.01 + 0.64 + 0.49)
    np.testing.assert_allclose(scores.brier([[0.7, 0.3]] * 2, [1, 0]), [2 * 0.49, 2 * 0.09])


@EXAMPLES
@given(
    arrays(float, (4,), elements=st.floats(0.05, 1)),
    arrays(float, (4,), elements=st.floats(0.05, 1)),
)
def test_no_shares_beat_the_true_ones_on_average(truth: np.ndarray, other: np.ndarray) -> None:
    truth, other = truth / truth.sum(), other / other.sum()
    every = np.arange(4)
    for score in (scores.rps, scores.brier, scores.log_score):
        honest = truth @ score(np.tile(truth, (4, 1)), every)
        assert honest <= truth @ score(np.tile(other, (4, 1)), every) + 1e-9


def test_log_score_is_in_nats() -> None:
    np.testing.assert_allclose(scores.log_score([0.25, 0.75], 0), np.log(4))
    assert scores.log_score([1.0, 0.0], 1) == np.inf


# Counts


@EXAMPLES
@given(arrays(np.int64, (9,), elements=st.integers(0, 6)))
def test_the_smoothed_masses_of_an_ensemble_sum_to_one(ensemble: np.ndarray) -> None:
    counts = np.arange(400)
    found = scores.log_score_counts(np.tile(ensemble, (counts.size, 1)), counts)
    assert np.exp(-found).sum() == pytest.approx(1, abs=1e-6)
    mean = 1 + ensemble.mean()
    zero = ((ensemble == 0).sum() + 1 / (1 + mean)) / 10
    assert np.exp(-found[0]) == pytest.approx(zero)


# Bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scores.crps([], 1.0), "an ensemble needs at least one run"),
        (
            lambda: scores.crps(np.zeros((2, 5)), np.zeros(3)),
            "an ensemble of shape (2, 5) forecasts values of shape (2,), not (3,)",
        ),
        (
            lambda: scores.coverage([1.0], 1.0, [80.0]),
            "the level of an interval lies between 0 and 1; found 80",
        ),
        (
            lambda: scores.rps([0.5, 0.5], [0]),
            "shares of shape (2,) forecast categories of shape (), not (1,)",
        ),
        (lambda: scores.rps(1.0, 0), "shares need an axis of categories"),
        (
            lambda: scores.rps([0.5, 0.4], 0),
            "the shares of the categories must sum to 1; found 0.9",
        ),
        (lambda: scores.brier([1.5, -0.5], 0), "a share lies between 0 and 1; found 1.5"),
        (lambda: scores.brier([np.nan, 0.5], 0), "a share lies between 0 and 1; found nan"),
        (lambda: scores.brier([0.5, 0.5], 2), "a category is an index from 0 to 1; found 2"),
        (
            lambda: scores.brier([0.2, 0.3, 0.5], -1),
            "a category is an index from 0 to 2; found -1",
        ),
        (
            lambda: scores.log_score_counts([1, 2], 1.5),
            "a count is a whole number from 0 on; found 1.5",
        ),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        call()
