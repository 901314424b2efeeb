"""The pictures of the dashboard: what they draw against figures worked out here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.picture.style import FAINT, SCENARIO_COLOURS, Actor
from sim.report.dashboard import charts
from sim.report.dashboard.charts import Course, Triangle

go = pytest.importorskip("plotly.graph_objects", reason="the dashboard's extra is not installed")

START = 4 * 2024  # 2024Q1
POWERS = [Actor("AAA", "Aland", "#0072B2"), Actor("BBB", "Boria", "#D55E00")]


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(6, 101)).cumsum(axis=0)


def named(figure: dict, name: str) -> dict:
    """The one trace of a name that has points."""
    (found,) = [one for one in figure["data"] if one.get("name") == name]
    return found


def valid(figure: dict) -> None:
    go.Figure(figure)  # raises where plotly knows no such property


def test_the_fan_draws_quantiles_by_quarter(values: np.ndarray) -> None:
    figure = charts.fan(Course(START, values), Course(START, values + 1), "0 to 1")
    valid(figure)
    median = named(figure, "Present setting: median")
    assert median["x"] == [
        "2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01", "2025-01-01", "2025-04-01"
    ]  # fmt: skip
    assert median["y"] == pytest.approx(np.sort(values, axis=1)[:, 50], rel=1e-5)
    half = named(figure, "Present setting: 50 % of runs")
    assert half["y"] == pytest.approx(
        [*np.sort(values, axis=1)[:, 75], *np.sort(values, axis=1)[::-1, 25]], rel=1e-5
    )
    most = named(figure, "Present setting: 90 % of runs")
    assert most["y"] == pytest.approx(
        [*np.sort(values, axis=1)[:, 95], *np.sort(values, axis=1)[::-1, 5]], rel=1e-5
    )
    before = named(figure, "Baseline: median")
    assert before["y"] == pytest.approx(np.sort(values, axis=1)[:, 50] + 1, rel=1e-5)
    assert before["line"]["dash"] == "dash"
    assert (median["line"]["color"], before["line"]["color"]) == (SCENARIO_COLOURS[0], FAINT)


def test_the_fan_without_a_baseline_has_none(values: np.ndarray) -> None:
    figure = charts.fan(Course(START, values), None, "0 to 1")
    assert not [one for one in figure["data"] if one["name"].startswith("Baseline")]


def test_a_fan_of_one_quarter_is_seen(values: np.ndarray) -> None:
    figure = charts.fan(Course(START, values[:1]), None, "0 to 1")
    assert named(figure, "Present setting: median")["mode"] == "markers"


def test_differences_are_drawn_around_a_line_of_zero(values: np.ndarray) -> None:
    figure = charts.difference(Course(START, values), "0 to 1")
    valid(figure)
    assert named(figure, "Difference: median")["y"] == pytest.approx(
        np.median(values, axis=1), rel=1e-5
    )
    assert figure["layout"]["yaxis"]["zeroline"]
    assert "Present" not in str(figure)


def test_no_difference_keeps_a_scale() -> None:
    figure = charts.difference(Course(START, np.zeros((3, 50))), "0 to 1")
    assert figure["layout"]["yaxis"]["range"] == [-1, 1]


def test_the_distribution_is_a_density_with_quantiles_below(values: np.ndarray) -> None:
    figure = charts.distribution(values[-1], values[-1] + 2, "0 to 1")
    valid(figure)
    curve = named(figure, "Present setting: density of runs")
    assert len(curve["x"]) <= 200  # few points
    assert np.trapezoid(curve["y"], curve["x"]) == pytest.approx(1, abs=0.01)
    dot = named(figure, "Present setting: median")
    assert dot["x"] == [pytest.approx(np.median(values[-1]))]
    bar = named(figure, "Present setting: 90 % of runs")
    assert bar["x"] == pytest.approx(np.quantile(values[-1], [0.05, 0.95]))
    assert named(figure, "Baseline: median")["x"][0] == pytest.approx(dot["x"][0] + 2)
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < values[-1].mean() < high


def test_whole_numbers_are_shares_of_runs() -> None:
    counts = np.array([0.0] * 60 + [1.0] * 30 + [3.0] * 10)
    figure = charts.distribution(counts, None, "count")
    valid(figure)
    bars = named(figure, "Present setting: share of runs")
    assert dict(zip(bars["x"], bars["y"], strict=True)) == {0: 0.6, 1: 0.3, 3: 0.1}


@pytest.mark.parametrize("sample", [np.full(100, 0.25), np.array([0.1, 0.4, 0.2])])
def test_runs_that_do_not_spread_or_are_few_are_drawn(sample: np.ndarray) -> None:
    figure = charts.distribution(sample, None, "0 to 1")
    valid(figure)
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < sample.min() <= sample.max() < high


def shares(seed: int, centre: tuple[float, float, float], runs: int = 900) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(100 * np.array(centre), size=runs)


def test_the_triangle_shows_the_part_that_holds_the_runs() -> None:
    ends = 0.8 * shares(1, (0.6, 0.1, 0.3))  # what other powers hold does not count
    path = np.linspace([0.4, 0.2, 0.4], [0.6, 0.1, 0.3], 8)
    figure = charts.ternary(
        Triangle(ends, path, START), Triangle(ends, path[::-1], START), ["North", "East", "West"]
    )
    valid(figure)
    cloud = named(figure, "Runs at the end, present setting")
    assert len(cloud["a"]) <= charts.CLOUD
    assert np.add(np.add(cloud["a"], cloud["b"]), cloud["c"]) == pytest.approx(100, abs=1e-3)
    track = named(figure, "Present setting: medians by quarter")
    assert (track["a"][0], track["b"][0], track["c"][0]) == pytest.approx((40, 20, 40))
    assert named(figure, "Baseline: medians by quarter")["line"]["dash"] == "dash"
    axes = figure["layout"]["ternary"]
    least = [axes[axis]["min"] for axis in ("aaxis", "baxis", "caxis")]
    assert all(low >= 0 for low in least)
    assert sum(least) < 100
    for low, corner in zip(least, ("a", "b", "c"), strict=True):
        assert low <= np.quantile(cloud[corner], 0.01)
        assert low <= min(track[corner])


def test_a_triangle_of_one_place_is_drawn() -> None:
    same = np.full((50, 3), 1 / 3)
    figure = charts.ternary(Triangle(same, same[:4], START), None, ["North", "East", "West"])
    valid(figure)


EVENTS = pd.DataFrame(
    [
        (0, START, "complied", "KAZ", "AAA"),
        (0, START + 1, "complied", "KAZ", "AAA"),
        (1, START + 2, "imposed", "KAZ", "AAA"),
        (1, START + 4, "backed_down", "KAZ", "BBB"),
        (2, START + 5, "deal", "KAZ", "BBB"),
        (2, START + 5, "deal", "UZB", "BBB"),
        (3, START + 5, "vote", "KAZ", ""),
    ],
    columns=["run", "quarter", "kind", "country", "power"],
)


def test_happenings_count_by_run_power_and_year() -> None:
    table = charts.happenings(EVENTS, "KAZ", 4, START, START + 7).set_index(
        ["kind", "power", "year"]
    )
    assert table.loc[("threats", "AAA", 2024), "mean"] == 0.75  # three in four runs
    assert table.loc[("threats", "AAA", 2024), "share"] == 0.5  # in two of the runs
    assert table.loc[("threats", "BBB", 2025), "mean"] == 0.25
    assert table.loc[("complied", "AAA", 2024), "share"] == 0.25
    assert table.loc[("deal", "BBB", 2025), "mean"] == 0.25  # not the other country's
    assert len(table) == 5


def test_the_timeline_stacks_powers_and_marks_the_baseline() -> None:
    table = charts.happenings(EVENTS, "KAZ", 4, START, START + 7)
    figure = charts.timeline(table, table, POWERS, range(2024, 2026))
    valid(figure)
    bars = [one for one in figure["data"] if one["type"] == "bar"]
    assert [one["name"] for one in bars] == ["Aland", "Boria"] * len(charts.HAPPENINGS)
    assert (bars[0]["y"], bars[1]["y"]) == ([0.75, 0], [0, 0.25])
    assert bars[0]["marker"]["color"] == "#0072B2"
    marks = [one for one in figure["data"] if one["name"] == "Baseline, all powers"]
    assert [one["y"] for one in marks] == [[0.75, 0.25], [0.5, 0], [0.25, 0], [0, 0.25]]


def test_a_timeline_of_nothing_is_drawn() -> None:
    nothing = charts.happenings(EVENTS.iloc[:0], "KAZ", 4, START, START + 7)
    figure = charts.timeline(nothing, None, POWERS, range(2024, 2026))
    valid(figure)
    assert all(not any(one["y"]) for one in figure["data"])
