"""What moved, what goes together, what the posterior foretells: cases with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.fit.diagnostics import (
    collinearity,
    contraction,
    correlations,
    noise_distance,
    predictive_check,
)
from sim.fit.matching import design
from sim.fit.regression import Library

EVEN = (np.arange(1000) + 0.5) / 1000


def test_contraction_of_known_posteriors() -> None:
    """Narrowed to half about the middle: distance 1/8; one end: 1/2; slightly: hardly moved."""
    cube = np.stack([EVEN, 0.25 + EVEN / 2, 0.999 + EVEN / 1000, 0.05 + 0.9 * EVEN], axis=1)
    table = contraction(("still", "half", "end", "little"), cube, noise=0.02)
    np.testing.assert_allclose(table["sd_ratio"], [1, 0.5, 0.001, 0.9], rtol=1e-3)
    np.testing.assert_allclose(table["distance"], [0, 0.125, 0.5, 0.025], atol=1e-3)
    np.testing.assert_allclose(table["shift"], [0, 0, 3**0.5, 0], atol=2e-3)
    assert table["verdict"].tolist() == ["not moved", "moved", "moved", "hardly moved"]
    noisy = contraction(("still", "half", "end", "little"), cube, noise=0.2)
    assert noisy["verdict"].tolist() == ["not moved", "not moved", "moved", "not moved"]


def test_noise_tells_what_the_data_say_from_what_they_do_not() -> None:
    cube = design(8192, 6, seed=1)
    generator = np.random.default_rng(2)
    moments = np.concatenate(
        [cube[:, :2] + 0.2 * generator.normal(size=(8192, 2)), generator.normal(size=(8192, 5))],
        axis=1,
    )
    names = tuple("abcdef")
    library = Library(names, tuple("stuvwxy"), cube, moments)
    noise = noise_distance(library)
    # Quantiles of a mean of 250 draws at least are off by sd / sqrt(250) and three times that.
    assert 0.01 < noise < 3 * 12**-0.5 / 250**0.5
    truth = np.array([0.7, 0.3, 0.5, -0.5, 0.0, 1.0, 0.2])
    verdict = contraction(names, library.condition(truth).cube, noise)["verdict"]
    assert verdict.tolist() == ["moved", "moved", *["not moved"] * 4]


def test_noise_is_measured_from_what_the_library_holds() -> None:
    """A library of half the cube moves nothing further, though it differs from the prior."""
    cube = design(8192, 2, seed=3) * [0.5, 1.0]
    moments = np.random.default_rng(4).normal(size=(8192, 3))
    assert noise_distance(Library(("a", "b"), ("x", "y", "z"), cube, moments)) < 0.06


def test_correlations_above_the_bound() -> None:
    generator = np.random.default_rng(5)
    a = generator.random(2000)
    cube = np.stack([a, 1 - a**3, generator.random(2000), 0.6 * a + 0.4 * generator.random(2000)])
    table = correlations(("a", "b", "c", "d"), cube.T, bound=0.5)
    pairs = table[["first", "second"]].apply(tuple, axis=1).tolist()
    assert pairs[0] == ("a", "b")
    assert set(pairs) == {("a", "b"), ("a", "d"), ("b", "d")}
    assert table["correlation"][0] == pytest.approx(-1.0)
    assert correlations(("a", "b", "c", "d"), cube.T, bound=1.1).empty


def test_collinearity_of_two_parameters_at_an_angle() -> None:
    """The index of two is 1 / sqrt(1 - |cosine|)."""
    angle = 0.3
    sensitivity = np.array([[1.0, 5 * np.cos(angle)], [0.0, 5 * np.sin(angle)], [0.0, 0.0]])
    found = collinearity(("a", "b"), sensitivity, np.ones(3))
    assert found.index == pytest.approx((1 - np.cos(angle)) ** -0.5)
    assert found.subset == ("a", "b")
    np.testing.assert_allclose(found.importance, np.array([1.0, 5.0]) / 3**0.5)


def test_collinearity_leaves_out_what_cannot_be_told_apart() -> None:
    generator = np.random.default_rng(6)
    sensitivity = generator.normal(size=(30, 5))
    sensitivity[:, 3] = 2 * sensitivity[:, 0] + 1e-3 * sensitivity[:, 4]
    sensitivity[:, 2] *= 1e-9
    names = ("a", "b", "idle", "twin", "e")
    found = collinearity(names, sensitivity, np.ones(30), least=1e-6)
    assert found.without_effect == ("idle",)
    assert found.index > 1000
    assert set(found.subset) in ({"a", "b", "e"}, {"b", "twin", "e"})
    assert found.subset_index < 2


def test_collinearity_does_not_depend_on_units() -> None:
    generator = np.random.default_rng(7)
    sensitivity = generator.normal(size=(10, 3))
    plain = collinearity(("a", "b", "c"), sensitivity, np.full(10, 2.0))
    rows = generator.random(10) + 0.5
    turned = collinearity(("a", "b", "c"), sensitivity * rows[:, None], 2.0 * rows)
    assert turned.index == pytest.approx(plain.index)
    np.testing.assert_allclose(turned.importance, plain.importance)


def test_more_parameters_than_moments_cannot_be_told_apart() -> None:
    sensitivity = np.random.default_rng(8).normal(size=(3, 5))
    found = collinearity(tuple("abcde"), sensitivity, np.ones(3))
    assert found.index == float("inf")
    assert 1 <= len(found.subset) <= 3
    assert found.subset_index < 15


def test_predictive_check() -> None:
    simulated = np.stack([np.arange(101.0), np.repeat([0.0, 1.0], [100, 1])], axis=1)
    table = predictive_check(("spread", "count"), np.array([75.5, 0.0]), simulated)
    assert table["q05"].tolist() == [5, 0]
    assert table["q50"].tolist() == [50, 0]
    assert table["q95"].tolist() == [95, 0]
    np.testing.assert_allclose(table["quantile"], [76 / 101, 0.5 * 100 / 101])


def test_bad_input() -> None:
    with pytest.raises(InputError, match=r"draws: found an array of shape \(4, 2\); needed: one"):
        contraction(("a",), np.zeros((4, 2)), 0.1)
    with pytest.raises(InputError, match=r"draws: found an array of shape \(0, 1\)"):
        correlations(("a",), np.zeros((0, 1)))
    with pytest.raises(InputError, match=r"simulated moments: found an array of shape \(4,\)"):
        predictive_check(("a",), np.zeros(1), np.zeros(4))
    with pytest.raises(InputError, match=r"sensitivities: found an array of shape \(4, 2\)"):
        collinearity(("a",), np.zeros((4, 2)), np.ones(4))
    with pytest.raises(InputError, match="sensitivities must be finite, and standard deviations"):
        collinearity(("a",), np.zeros((4, 1)), np.zeros(4))
