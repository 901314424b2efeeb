"""What figures are made of: measured words, ticks, colours, densities."""

from __future__ import annotations

import numpy as np
import pytest

from sim.picture import density
from sim.picture.scale import number, padded, panel_limits, rounded, ticks
from sim.picture.sheet import actor_lines
from sim.picture.style import SCENARIO_COLOURS, Actor, check_quantiles, contrast, percent, readable
from sim.picture.words import balance, shorten, text_width, wrap

LONG = "What does a six-month closure of the pipeline do to autonomy, against a world without it?"


def test_wrapped_lines_fit_and_keep_every_word() -> None:
    lines = wrap(LONG, 2.5, 11)
    assert " ".join(lines) == LONG
    assert max(text_width(line, 11) for line in lines) <= 2.5


def test_balanced_lines_are_no_more_and_more_even() -> None:
    plain, even = wrap(LONG, 4.3, 11), balance(LONG, 4.3, 11)
    assert " ".join(even) == LONG
    assert len(even) == len(plain)

    def unevenness(lines: list[str]) -> float:
        return float(np.ptp([text_width(line, 11) for line in lines]))

    assert unevenness(even) <= unevenness(plain)


def test_long_words_are_cut() -> None:
    cut = shorten("Caspianpipelineconsortium", 0.8, 11)
    assert cut.endswith("…")
    assert text_width(cut, 11) <= 0.8
    assert balance("Caspianpipelineconsortium " * 2, 0.8, 11) == [cut, cut]


def test_headings_keep_the_unit() -> None:
    route = Actor(
        "R", "Railway to the far western sea ports by the northern shore", unit="Mt a year"
    )
    lines = actor_lines(route, 1.9)
    assert len(lines) == 2
    assert lines[1].endswith("… (Mt a year)")
    assert actor_lines(Actor("A", ""), 1.9) == []


def test_ticks_are_round_inside_and_apart() -> None:
    values, labels = ticks(0.523, 0.741, 5)
    assert labels == ["0.55", "0.60", "0.65", "0.70"]
    assert values == pytest.approx([0.55, 0.6, 0.65, 0.7])
    assert ticks(-0.55, 0.1, 5)[1] == ["−0.4", "−0.2", "0.0"]
    assert ticks(-0.55, 0.1, 5, width=0.8)[1] == ["−0.4", "0.0"]
    assert ticks(3, 5, 5)[1] == ["3.0", "3.5", "4.0", "4.5", "5.0"]
    assert ticks(7.1, 7.2, 1)[1] == ["7.1", "7.2"]


def test_ticks_of_one_scale_have_one_step() -> None:
    steps = [np.diff(ticks(low, low + 0.087, 5)[0])[0] for low in np.linspace(-1, 1, 23)]
    assert steps == pytest.approx([0.02] * 23)


def test_numbers() -> None:
    assert number(12345.6, 10) == "12,346"
    assert number(-1e-17, 0.1) == "0.0"
    assert number(-0.04, 0.1) == "0.0"
    assert number(2.5e6, 1e5) == "2.5M"
    assert rounded(0.6385, 0.2) == "0.638"
    assert rounded(51.26, 20) == "51.3"
    assert rounded(0.0, 0.0) == "0.00"
    assert percent(0.9) == "90%"
    assert percent(0.975 - 0.025) == "95%"


def test_limits_have_air_around_constants() -> None:
    assert padded(0.0, 0.0) == (-0.5, 0.5)
    low, high = padded(2.0, 2.0 + 1e-15)
    assert low < 2.0 < high
    assert high - low > 0.1


def test_panels_share_limits_where_movements_stay_visible() -> None:
    limits, remark = panel_limits({"a": (0.0, 1.0), "b": (0.5, 1.5)})
    assert limits["a"] == limits["b"] == padded(0.0, 1.5)
    assert remark == ""


def test_panels_share_a_scale_at_their_own_levels() -> None:
    limits, remark = panel_limits(
        {"a": (0.0, 1.0), "b": (10.0, 10.5), "c": (5.0, 5.0), "d": (0, 0.3)}
    )
    assert {round(high - low, 9) for low, high in limits.values()} == {1.12}
    assert np.mean(limits["b"]) == pytest.approx(10.25)
    assert limits["d"] == padded(0.0, 1.0)  # nothing below zero is shown where nothing is
    assert remark == "Panels show different levels, all at one scale."


def test_panels_of_different_sizes_or_units_have_their_own_scales() -> None:
    ranges = {"a": (0.0, 1.0), "b": (10.0, 30.0)}
    limits, remark = panel_limits(ranges)
    assert limits == {"a": padded(0.0, 1.0), "b": padded(10.0, 30.0)}
    assert remark == "Scales differ between panels."
    assert panel_limits({"a": (0.0, 1.0), "b": (0.5, 1.5)}, own_units=True)[1] == remark
    assert panel_limits({"a": (1.0, 1.0), "b": (2.0, 2.0)})[1] == remark
    assert panel_limits(ranges, common=True)[0]["a"] == padded(0.0, 30.0)
    assert panel_limits({"a": (0.0, 1.0)}, own_units=True) == ({"a": padded(0.0, 1.0)}, "")


def test_quantiles_are_sorted_pairs() -> None:
    assert check_quantiles((0.95, 0.5, 0.05), 3) == (0.05, 0.5, 0.95)


@pytest.mark.parametrize("colour", [*SCENARIO_COLOURS, "#F0E442", "#ffffff", "#000000"])
def test_coloured_words_can_be_read(colour: str) -> None:
    assert contrast(readable(colour)) >= 4.5


def test_density_along_a_line_integrates_to_one() -> None:
    sample = np.random.default_rng(1).beta(0.8, 3, 5000)
    curve = density.along(sample)
    assert curve is not None
    places, heights = curve
    assert np.sum(heights) * (places[1] - places[0]) == pytest.approx(1)
    assert places.min() > 0  # nothing is smoothed below zero
    assert places[np.argmax(heights)] < 0.1
    shifted = density.along(sample - 0.5)
    assert shifted is not None
    assert shifted[0].min() < -0.5


def test_density_along_a_line_is_the_normal_one() -> None:
    curve = density.along(np.random.default_rng(2).normal(0, 1, 200_000))
    assert curve is not None
    exact = np.exp(-0.5 * curve[0] ** 2) / (2 * np.pi) ** 0.5
    assert np.max(np.abs(curve[1] - exact)) < 0.01


@pytest.mark.parametrize("sample", [[1.0], [1.0, 2.0], [0.1] * 50, [0.3, 0.3 + 1e-16] * 20])
def test_no_density_where_there_is_none(sample: list[float]) -> None:
    assert density.along(np.array(sample)) is None
    assert density.over(np.array(sample), np.array(sample), (0.5,)) is None


def test_density_of_many_equal_values_and_a_few_others() -> None:
    assert density.along(np.array([0.0] * 95 + [1.0, 2.0, 3.0, 4.0, 5.0])) is not None


@pytest.mark.parametrize("flat", [False, True])
def test_regions_hold_their_shares_of_the_runs(flat: bool) -> None:
    random = np.random.default_rng(5)
    x = random.normal(0, 2, 3000)
    y = np.full(3000, 0.4) if flat else random.normal(1, 0.5, 3000) + 0.2 * x
    found = density.over(x, y, (0.9, 0.5))
    assert found is not None
    columns = np.searchsorted(found.x, x).clip(0, len(found.x) - 1)
    rows = np.searchsorted(found.y, y).clip(0, len(found.y) - 1)
    heights = found.height[rows, columns]
    for level, share in zip(found.levels, (0.9, 0.5), strict=True):
        assert np.mean(heights >= level) == pytest.approx(share, abs=0.05)


def test_a_density_does_not_run_past_an_end_where_runs_heap_up() -> None:
    values = np.minimum(np.random.default_rng(3).normal(50.0, 5.0, 2000), 53.0)
    found = density.along(values)
    assert found is not None
    places, heights = found
    assert places[-1] < 53.0
    assert heights[-1] > 2 * heights[len(heights) // 2]
    assert heights.sum() * (places[1] - places[0]) == pytest.approx(1.0)
