"""Inverse cumulative functions against scipy's, at the ends, and refused shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from sim.scenario.distributions import DISTRIBUTIONS
from sim.scenario.draws import Draws

U = np.array([0.0, 1e-12, 0.01, 0.3, 0.5, 0.77, 0.999, 1 - 2.0**-53])


def made(name: str, **fields: Any) -> Any:
    return DISTRIBUTIONS[name](distribution=name, **fields)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (made("uniform", low=-1.0, high=3.0), stats.uniform(-1, 4)),
        (made("normal", mean=2.0, sd=0.5), stats.norm(2, 0.5)),
        (made("normal", mean=2.0, sd=0.5, low=1.8, high=4.0), stats.truncnorm(-0.4, 4, 2, 0.5)),
        (made("normal", mean=0.0, sd=1.0, low=3.0), stats.truncnorm(3, np.inf)),
        (made("normal", mean=0.0, sd=1.0, high=-2.0), stats.truncnorm(-np.inf, -2)),
        (made("triangular", low=0.0, mode=1.0, high=4.0), stats.triang(0.25, 0, 4)),
        (made("triangular", low=0.0, mode=0.0, high=4.0), stats.triang(0, 0, 4)),
        (made("triangular", low=0.0, mode=4.0, high=4.0), stats.triang(1, 0, 4)),
        (made("lognormal", median=3.0, sigma=0.7), stats.lognorm(0.7, scale=3)),
        (made("beta", a=2.0, b=5.0), stats.beta(2, 5)),
        (made("beta", a=0.5, b=0.5, low=2.0, high=6.0), stats.beta(0.5, 0.5, 2, 4)),
    ],
)
def test_inverse_is_that_of_scipy(ours: Any, theirs: Any) -> None:
    inside = U[1:-1]
    np.testing.assert_allclose(ours.inverse(inside), theirs.ppf(inside), rtol=1e-9, atol=1e-12)
    ends = ours.inverse(U)
    low, high = ours.support()
    assert np.isfinite(ends).all()
    assert ((ends >= low) & (ends <= high)).all()
    assert (np.diff(ends) >= 0).all()
    assert (low, high) == pytest.approx(theirs.support())


def test_a_lognormal_that_is_cut_off() -> None:
    u = (np.arange(20_000) + 0.5) / 20_000
    whole = made("lognormal", median=3.0, sigma=0.7).inverse(u)
    inside = whole[(whole >= 2.0) & (whole <= 5.0)]
    cut = made("lognormal", median=3.0, sigma=0.7, low=2.0, high=5.0)
    levels = np.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(cut.inverse(levels), np.quantile(inside, levels), rtol=1e-3)
    assert cut.support() == (2.0, 5.0)
    assert cut.inverse(U).min() >= 2.0
    assert cut.inverse(U).max() <= 5.0


def test_choice_keeps_its_weights() -> None:
    u = (np.arange(1000) + 0.5) / 1000
    drawn = made("choice", values=[5.0, 1.0, 9.0], weights=[1.0, 3.0, 0.0]).inverse(u)
    assert [(drawn == v).sum() for v in (5.0, 1.0, 9.0)] == [250, 750, 0]
    even = made("choice", values=[2.0, 4.0])
    assert list(even.inverse(np.array([0.0, 0.4999, 0.5, 0.9999]))) == [2, 2, 4, 4]
    assert made("choice", values=[5.0, 1.0, 9.0], weights=[1.0, 3.0, 0.0]).support() == (1, 5)
    last = made("choice", values=[5.0, 9.0], weights=[0.1, 0.0]).inverse(np.array([1 - 2.0**-53]))
    assert last == 5.0


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("uniform", {"low": 2.0, "high": 1.0}, "low (2) must lie below high (1)"),
        ("normal", {"mean": 0.0, "sd": 1.0, "low": 2.0, "high": 1.0}, "low (2) must lie below"),
        ("normal", {"mean": 0.0, "sd": 1.0, "low": 9.0}, "leave nothing of it"),
        ("lognormal", {"median": 3.0, "sigma": 1.0, "low": 2.0, "high": 1.0}, "must lie below"),
        ("lognormal", {"median": 3.0, "sigma": 1.0, "low": 4.0}, "the median (3, before the cut)"),
        ("triangular", {"low": 0.0, "mode": 5.0, "high": 4.0}, "must be in this order"),
        ("beta", {"a": 1.0, "b": 1.0, "low": 1.0, "high": 1.0}, "low (1) must lie below high (1)"),
        ("choice", {"values": [1.0], "weights": [1.0, 2.0]}, "1 values but 2 weights"),
        ("choice", {"values": [1.0], "weights": [0.0]}, "one weight at least must be above 0"),
    ],
)
def test_impossible_shapes_are_refused(name: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        made(name, **fields)
    assert message in str(caught.value)


def test_draws_do_not_depend_on_the_chunk() -> None:
    uniform = made("uniform", low=0.0, high=1.0)
    whole = Draws(5, range(100))(uniform, "parameter/fear_push")
    parts = [
        Draws(5, range(a, b))(uniform, "parameter/fear_push")
        for a, b in ((0, 1), (1, 40), (40, 100))
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert not np.array_equal(Draws(6, range(100))(uniform, "parameter/fear_push"), whole)
    assert not np.array_equal(Draws(5, range(100))(uniform, "parameter/resolve"), whole)


def test_a_name_used_twice_has_two_streams() -> None:
    uniform = made("uniform", low=0.0, high=1.0)
    draws = Draws(5, range(50))
    first, second = draws(uniform, "event/a"), draws(uniform, "event/a")
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.5
    np.testing.assert_array_equal(Draws(5, range(50))(2, "event/a"), [2.0])


def test_words() -> None:
    assert made("uniform", low=0.0, high=6.0).words() == "uniform(low 0, high 6)"
    assert made("choice", values=[1.0, 2.5]).words() == "choice(values 1 2.5)"
