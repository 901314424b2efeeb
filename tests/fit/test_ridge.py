"""Ridge regression: finds what is there, and not what isn't."""

from __future__ import annotations

import numpy as np

from sim.fit.ridge import Ridge

GENERATOR = np.random.default_rng(5)
FEATURES = GENERATOR.normal(size=(2000, 6)) * [1, 10, 0.1, 1, 1, 0] + 3.0
SLOPES = np.array([[1.0, 0], [0.2, 0], [-5, 0], [0, 0], [0, 0], [0, 0]])
TARGETS = 7.0 + FEATURES @ SLOPES + GENERATOR.normal(size=(2000, 2))


def test_slopes_intercept_and_variance() -> None:
    fit = Ridge.fit(FEATURES, TARGETS)
    error = 1 / (FEATURES[:, :5].std(axis=0) * 2000**0.5)
    assert (np.abs(fit.slopes[:5, 0] - SLOPES[:5, 0]) < 4 * error).all()
    assert (fit.slopes[5] == 0).all()  # the feature that never changes
    np.testing.assert_allclose(fit.variance, 1.0, atol=4 * (2 / 2000) ** 0.5)
    np.testing.assert_allclose(
        (TARGETS - fit.predict(FEATURES)).mean(axis=0), 0.0, atol=1e-9
    )  # fmt: skip


def test_variance_is_that_of_the_residuals_left() -> None:
    few = Ridge.fit(FEATURES[:40], TARGETS[:40])
    left = ((TARGETS[:40] - few.predict(FEATURES[:40])) ** 2).sum(axis=0)
    np.testing.assert_allclose(few.variance, left / (40 - few.freedom), rtol=1e-9)


def test_same_as_the_equations_solved_directly() -> None:
    """Where hardly anything is shrunk, it is least squares."""
    clear = FEATURES @ SLOPES[:, :1] + 1e-3 * TARGETS[:, 1:]
    fit = Ridge.fit(FEATURES, clear)
    design = np.concatenate([np.ones((2000, 1)), FEATURES[:, :5]], axis=1)
    solved = np.linalg.lstsq(design, clear, rcond=None)[0]
    np.testing.assert_allclose(fit.slopes[:5], solved[1:], atol=1e-4)


def test_noise_is_shrunk_away() -> None:
    noise = np.random.default_rng(6).normal(size=(2000, 40))
    spent = Ridge.fit(FEATURES, noise).freedom - 1
    cautious = Ridge.fit(FEATURES, noise, cautious=True).freedom - 1
    assert np.median(spent) < 2  # of 5
    assert cautious.max() < 0.1


def test_caution_keeps_what_is_clear() -> None:
    fit = Ridge.fit(FEATURES, TARGETS, cautious=True)
    np.testing.assert_allclose(fit.slopes[:3, 0], SLOPES[:3, 0], rtol=0.25)


def test_weights_of_none_leave_observations_out() -> None:
    weights = np.repeat([1.0, 0.0], 1000)
    weighted = Ridge.fit(FEATURES, TARGETS, weights)
    alone = Ridge.fit(FEATURES[:1000], TARGETS[:1000])
    for name in ("intercept", "slopes", "variance", "freedom"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(alone, name), rtol=1e-8)


def test_more_features_than_observations() -> None:
    features = np.random.default_rng(7).normal(size=(30, 100))
    fit = Ridge.fit(features, features[:, :1] + 1.0)
    assert np.isfinite(fit.slopes).all()
    assert np.isfinite(fit.variance).all()
    assert fit.freedom[0] <= 0.9 * 30
