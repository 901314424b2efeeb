"""Priors: where they put their weight, which parameters are free, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from sim.case import load_case
from sim.core.errors import InputError
from sim.fit.prior import Prior

PRIOR = Prior(
    names=("flat", "peaked", "skewed"),
    low=np.array([-1.0, 0.0, 0.004]),
    high=np.array([3.0, 1.0, 0.03]),
    distribution=("uniform", "triangular", "lognormal"),
    centre=np.array([2.0, 0.25, 0.012]),
)


def row(name: str, **changes: str) -> dict[str, str]:
    usual = {"value": "1", "low": "0", "high": "2", "distribution": "uniform", "class": "B"}
    return {"name": name, **usual, **changes}


ROWS = [
    row("learning"),
    row("speed", **{"class": "A", "distribution": "triangular"}),
    row("pull", **{"class": "convention"}),
    row("unit", **{"class": "norm"}),
    row("known", distribution="fixed"),
]


def test_values_and_cube_undo_each_other() -> None:
    cube = np.random.default_rng(1).random((500, 3))
    values = PRIOR.values(cube)
    assert (values >= PRIOR.low).all()
    assert (values <= PRIOR.high).all()
    np.testing.assert_allclose(PRIOR.cube(values), cube, atol=1e-9)


def test_faces_of_the_cube_are_the_bounds() -> None:
    np.testing.assert_allclose(PRIOR.values(np.zeros((1, 3)))[0], PRIOR.low, rtol=1e-12)
    np.testing.assert_allclose(PRIOR.values(np.ones((1, 3)))[0], PRIOR.high, rtol=1e-12)


def test_each_form_has_its_share_below_the_centre() -> None:
    """In closed form: a line, a triangle, and a normal of logarithms cut at low and high."""
    sd = np.log(PRIOR.high[2] / PRIOR.low[2]) / (norm.ppf(0.975) - norm.ppf(0.025))
    low, high = (norm.cdf(np.log(end[2] / PRIOR.centre[2]) / sd) for end in (PRIOR.low, PRIOR.high))
    expected = [0.75, 0.25, (0.5 - low) / (high - low)]
    np.testing.assert_allclose(PRIOR.cube(PRIOR.centre[None])[0], expected)


def test_lognormal_has_its_median_at_the_value_where_the_cuts_lie_evenly() -> None:
    even = Prior(
        ("x",), np.array([0.5]), np.array([8.0]), ("lognormal",), np.array([2.0])
    )  # fmt: skip
    assert even.values(np.array([[0.5]]))[0, 0] == pytest.approx(2.0)


def test_class_b_is_free_and_others_by_name_only() -> None:
    assert Prior.from_rows(ROWS).names == ("learning",)
    asked = Prior.from_rows(ROWS, also=("pull", "speed"))
    assert asked.names == ("learning", "speed", "pull")
    assert asked.distribution == ("uniform", "triangular", "uniform")


def test_parameters_of_the_case() -> None:
    table = load_case("central_asia").table("parameters")
    prior = Prior.from_rows(table, also=("deal_size",))
    kinds = {row["name"]: row["class"] for row in table}
    assert {kinds[name] for name in prior.names} == {"A", "B"}
    assert prior.distribution[prior.names.index("deal_size")] == "lognormal"
    np.testing.assert_allclose(prior.values(prior.cube(prior.centre[None]))[0], prior.centre)


@pytest.mark.parametrize(
    ("rows", "also", "message"),
    [
        (ROWS, ("sped",), "no such parameter: found 'sped'; .*nearest: speed"),
        (ROWS, ("unit",), "unit cannot be free: it has class norm and distribution uniform"),
        (ROWS, ("known",), "known cannot be free: it has class B and distribution fixed"),
        (ROWS[1:], (), "no parameter is free"),
        ([row("x", low="")], (), "parameter 'x': column 'low': found ''; a free parameter needs"),
        (
            [row("x", distribution="triangle")],
            (),
            "parameter 'x': distribution: found 'triangle'; .*nearest: triangular",
        ),
        ([row("x", value="3")], (), "parameter 'x': found low 0, value 3, high 2"),
        ([row("x", high="nan")], (), "parameter 'x': found low 0, value 1, high nan"),
        ([row("x", distribution="lognormal")], (), "needs a low above 0"),
        ([row("x"), row("x")], (), "parameter 'x' stands twice"),
    ],
)
def test_bad_rows(rows: list[dict[str, str]], also: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Prior.from_rows(rows, also)


def test_arrays_must_fit_each_other() -> None:
    with pytest.raises(InputError, match="2 names but 1 of low"):
        Prior(("a", "b"), np.zeros(1), np.ones(2), ("uniform",) * 2, np.ones(2))
    with pytest.raises(InputError, match=r"shape \(4, 2\); needed: \(vectors, 3\)"):
        PRIOR.values(np.zeros((4, 2)))
