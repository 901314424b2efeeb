"""Baselines against closed forms, on awkward histories, and on data of the kind they assume."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, norm

from sim.core.errors import InputError
from sim.fit import baselines
from sim.fit.baselines import History
from sim.fit.scores import coverage, crps
from sim.fit.scoring import QUANTITY_BASELINES

HORIZONS = (1, 2, 3, 4)
EXAMPLES = settings(max_examples=60, deadline=None)


def history(values, start: int = 2000, origin: int | None = None) -> History:
    years = np.arange(start, start + len(values))
    return History.until(int(years[-1]) if origin is None else origin, years, values)


def walk(years: int, series: int, seed: int, trend: float = 0.0) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(trend, 1.0, (series, years))
    return 50 + np.cumsum(steps, axis=-1)


# Histories


def test_a_history_knows_nothing_after_the_origin() -> None:
    known = History.until(2003, [2005, 2001, 2003, 2002], [9.0, 1.0, 3.0, np.nan])
    np.testing.assert_array_equal(known.years, [2001, 2003])
    np.testing.assert_array_equal(known.values, [1.0, 3.0])
    for name, forecast in QUANTITY_BASELINES.items():
        ours = forecast(known, HORIZONS, scale="log", spread=0.2)
        blind = History.until(2003, [2001, 2003], [1.0, 3.0])
        theirs = forecast(blind, HORIZONS, scale="log", spread=0.2)
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


# All baselines of volumes and shares


@EXAMPLES
@given(
    st.lists(st.one_of(st.just(0.0), st.just(np.nan), st.floats(0, 1)), min_size=1, max_size=15),
    st.sampled_from(["level", "log", "share"]),
    st.floats(0, 2),
    st.integers(0, 3),
)
def test_forecasts_are_finite_rising_and_inside_the_bounds(values, scale, spread, late) -> None:
    if np.isnan(values).all():
        return
    known = history(values, origin=2000 + len(values) - 1 + late)
    for name, forecast in QUANTITY_BASELINES.items():
        ensemble = forecast(known, HORIZONS, scale=scale, spread=spread, members=30)
        assert ensemble.shape == (4, 30), name
        assert np.isfinite(ensemble).all(), name
        assert np.all(np.diff(ensemble, axis=-1) >= -1e-12), name
        if scale != "level":
            assert ensemble.min() >= 0, name
        if scale == "share":
            assert ensemble.max() <= 1, name


@EXAMPLES
@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=12), st.sampled_from(["level", "log"]))
def test_forecasts_follow_the_unit(values, scale) -> None:
    for name, forecast in QUANTITY_BASELINES.items():
        one = forecast(history(values), HORIZONS, scale=scale, spread=0.3, members=20)
        many = forecast(
            history(1024 * np.array(values)), HORIZONS, scale=scale, spread=0.3, members=20
        )
        np.testing.assert_allclose(many, 1024 * one, rtol=1e-6, atol=1e-6, err_msg=name)


def test_shares_are_forecast_alike_from_both_ends() -> None:
    values = np.array([0.1, 0.15, 0.12, 0.3, 0.22, 0.2])
    for name, forecast in QUANTITY_BASELINES.items():
        low = forecast(history(values), HORIZONS, scale="share", spread=0.3)
        high = forecast(history(1 - values), HORIZONS, scale="share", spread=0.3)
        np.testing.assert_allclose(low, 1 - high[:, ::-1], atol=1e-9, err_msg=name)


@pytest.mark.parametrize("scale", ["level", "log", "share"])
def test_a_history_of_zeros_forecasts_zero(scale) -> None:
    for name, forecast in QUANTITY_BASELINES.items():
        ensemble = forecast(history([0.0] * 6), HORIZONS, scale=scale, spread=0.5)
        np.testing.assert_array_equal(ensemble, 0.0, err_msg=name)


def test_a_history_of_ones_forecasts_one() -> None:
    ensemble = baselines.persistence(history([1.0] * 6), HORIZONS, scale="share", spread=0.5)
    np.testing.assert_array_equal(ensemble, 1.0)


def test_a_year_without_flow_does_not_explode() -> None:
    broken = history([10.0, 11.0, 0.0, 12.0, 11.0, 12.0])
    ensemble = baselines.persistence(broken, HORIZONS, scale="log", spread=0.2)
    np.testing.assert_allclose(np.median(ensemble, axis=-1), 12, rtol=0.01)
    assert ensemble[-1].mean() < 2 * 12  # an offset of a twentieth gives over 700


# Persistence


def test_the_point_is_the_last_value() -> None:
    known = history([1.0, 5.0, np.nan])
    found = baselines.persistence_point(known, (1, 3), scale="log", spread=0.1, members=2)
    np.testing.assert_array_equal(found, [[5.0, 5.0], [5.0, 5.0]])


def test_persistence_is_a_random_walk_with_a_shrunk_spread() -> None:
    values = np.array([2.0, 3.0, 1.0, 2.0])
    size = 2.0  # the mean, by which the level is divided
    variance = (4 * 0.3**2 + (1 + 4 + 1) / size**2) / (4 + 3)
    found = baselines.persistence(history(values), (1, 4), scale="level", spread=0.3, members=9)
    for row, years in zip(found, (1, 4), strict=True):
        levels = (np.arange(9) + 0.5) / 9
        np.testing.assert_allclose(row, 2 + size * norm.ppf(levels, 0, np.sqrt(variance * years)))


def test_the_median_of_persistence_is_the_last_value() -> None:
    for scale in ("level", "log", "share"):
        values = history([0.2, 0.3, 0.25])
        found = baselines.persistence(values, (1, 4), scale=scale, spread=0.4, members=101)
        np.testing.assert_allclose(found[:, 50], 0.25)


def test_one_value_takes_the_spread_of_the_family() -> None:
    found = baselines.persistence(history([4.0]), (1,), scale="level", spread=0.5, members=400)
    assert found.std() == pytest.approx(4 * 0.5, rel=0.01)


def test_an_old_last_value_spreads_over_the_years_since() -> None:
    late = history([2.0, 3.0, 2.0], origin=2004)  # two years after the last value
    now = history([2.0, 3.0, 2.0])
    np.testing.assert_allclose(
        baselines.persistence(late, (1,), scale="log", spread=0.3),
        baselines.persistence(now, (3,), scale="log", spread=0.3),
    )


def test_a_gap_counts_as_that_many_changes() -> None:
    known = History.until(2009, [2000, 2009], [1.0, 7.0])  # 6 over 9 years, the mean is 4
    assert baselines.pooled_spread([known], "level") == pytest.approx(6 / 4 / 3)


def test_the_pooled_spread_is_the_root_mean_square_of_changes() -> None:
    family = [history([1.0, 3.0]), history([20.0, 20.0, 20.0]), history([5.0])]
    assert baselines.pooled_spread(family, "level") == pytest.approx(np.sqrt((1 + 0 + 0) / 3))


@pytest.mark.parametrize("name", ["persistence", "drift"])
def test_random_walks_are_covered(name: str) -> None:
    trend = 0.5 if name == "drift" else 0.0
    paths = walk(24, 300, seed=4, trend=trend)
    known = [history(path[:20]) for path in paths]
    spread = baselines.pooled_spread(known, "level")
    found = np.stack(
        [getattr(baselines, name)(h, HORIZONS, scale="level", spread=spread) for h in known]
    )
    hits = coverage(found, paths[:, 20:], [0.8])[0]
    each = hits.mean(axis=1)  # horizons of one path are dependent
    assert abs(each.mean() - 0.8) < 4 * each.std() / np.sqrt(each.size)


# Drift and autoregression


def test_drift_goes_on_with_the_mean_change() -> None:
    values = np.array([2.0, 5.0, 6.0, 11.0])
    size = values.mean()
    slope = 3.0
    errors = np.array([3.0, 1.0, 5.0]) - slope
    variance = (4 * 0.3**2 + (errors**2).sum() / size**2) / (4 + 2)
    found = baselines.drift(history(values), (2,), scale="level", spread=0.3, members=9)
    levels = (np.arange(9) + 0.5) / 9
    wide = np.sqrt(variance * 2 * (1 + 2 / 3))
    np.testing.assert_allclose(found[0], 11 + 2 * slope + size * norm.ppf(levels, 0, wide))


def test_drift_beats_persistence_on_a_trend() -> None:
    paths = walk(24, 100, seed=6, trend=1.0)
    losses = []
    for path in paths:
        known = history(path[:20])
        both = [
            crps(forecast(known, HORIZONS, scale="level", spread=0.02), path[20:]).mean()
            for forecast in (baselines.persistence, baselines.drift)
        ]
        losses.append(both[0] - both[1])
    assert np.mean(losses) > 4 * np.std(losses) / np.sqrt(len(losses))


def test_autoregression_is_least_squares() -> None:
    values = np.array([4.0, 6.0, 3.0, 5.0, 4.5, 5.5, 4.0])
    memory, constant = np.polyfit(values[:-1], values[1:], 1)
    errors = values[1:] - constant - memory * values[:-1]
    size = values.mean()
    variance = (4 * 0.3**2 + (errors**2).sum() / size**2) / (4 + 6 - 2)
    expected = constant + memory * (constant + memory * values[-1])
    wide = size * np.sqrt(variance * (1 + memory**2))
    found = baselines.autoregression(history(values), (2,), scale="level", spread=0.3, members=9)
    levels = (np.arange(9) + 0.5) / 9
    np.testing.assert_allclose(found[0], norm.ppf(levels, expected, wide))


@pytest.mark.parametrize("base", [1.5, -1.5])
def test_autoregression_stays_stationary(base: float) -> None:
    explosive = history(base ** np.arange(10))
    found = baselines.autoregression(explosive, (1, 400), scale="level", spread=0.1, members=101)
    far = baselines.autoregression(explosive, (800,), scale="level", spread=0.1, members=101)
    np.testing.assert_allclose(found[1], far[0], rtol=0.01, atol=0.1)  # it comes to rest
    assert np.abs(found).max() < 20 * np.abs(explosive.values).max()


@pytest.mark.parametrize(
    "values", [[1.0, 2.0, 3.0, 2.0], [1.0, np.nan] * 6, [3.0, 3.0, 3.0, 3.0, 3.0, 4.0]]
)
def test_autoregression_falls_back_on_persistence(values) -> None:
    arguments = {"scale": "log", "spread": 0.3}
    found = baselines.autoregression(history(values), HORIZONS, **arguments)
    same = np.array_equal(found, baselines.persistence(history(values), HORIZONS, **arguments))
    # the last history has five pairs, but its first values do not differ
    assert same


# Bootstraps of the past


def test_recent_changes_add_up_independently() -> None:
    values = [100.0, 50.0, 51.0, 53.0, 56.0, 58.0]  # changes 1, 2, 3, 2 of the last four
    found = baselines.recent_changes(
        history(values), (1, 2), scale="level", spread=0.1, members=16, periods=4
    )
    np.testing.assert_allclose(found[0], 58 + np.repeat([1, 2, 3], [4, 8, 4]))
    np.testing.assert_allclose(found[1], 58 + np.repeat([2, 3, 4, 5, 6], [1, 4, 6, 4, 1]))


def test_few_changes_fall_back_on_persistence() -> None:
    few = history([1.0, 2.0, 3.0, np.nan, 4.0])  # two changes of one year
    arguments = {"scale": "log", "spread": 0.3}
    np.testing.assert_array_equal(
        baselines.recent_changes(few, HORIZONS, **arguments),
        baselines.persistence(few, HORIZONS, **arguments),
    )


# Votes


def test_frequency_is_smoothed_towards_the_pool() -> None:
    np.testing.assert_allclose(baselines.frequency([1, 1, 2], 4), np.array([1, 9, 5, 1]) / 16)
    np.testing.assert_allclose(
        baselines.frequency([1, 1, 2], 3, [0.5, 0.5, 0], weight=2), [0.2, 0.6, 0.2]
    )
    np.testing.assert_allclose(baselines.frequency([], 3, [0.5, 0.3, 0.2]), [0.5, 0.3, 0.2])


def test_the_last_vote_on_the_same_texts_leads() -> None:
    votes, same = [0, 2, 1], [True, True, False]
    found = baselines.last_vote(votes, same, 3, epsilon=0.3)
    np.testing.assert_allclose(found, 0.7 * np.array([0, 0, 1]) + 0.3 * np.array([1, 1, 1]) / 3)


def test_without_a_vote_on_the_same_texts_the_frequency_counts() -> None:
    np.testing.assert_allclose(
        baselines.last_vote([0, 0, 1], [False] * 3, 3), baselines.frequency([0, 0, 1], 3)
    )


def test_always_is_certain() -> None:
    np.testing.assert_array_equal(baselines.always(1, 3), [0, 1, 0])


# Counts


def test_counts_are_negative_binomial() -> None:
    past = [0, 2, np.nan, 1]
    mass = baselines.counts_mass(past, 30, rate=0.5, weight=2.0)
    expected = nbinom.pmf(np.arange(31), 1 + 3, 5 / 6)
    np.testing.assert_allclose(mass[:-1], expected)
    assert mass.sum() == pytest.approx(1)


def test_without_a_past_counts_follow_the_pool() -> None:
    mass = baselines.counts_mass([], 200, rate=1.5)
    assert mass[:-1] @ np.arange(201) == pytest.approx(1.5)


# Bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: History.until(1999, [2000, 2001], [1.0, 2.0]),
            "a baseline needs at least one value observed up to 1999",
        ),
        (
            lambda: History.until(2001, [2000, 2000], [1.0, 2.0]),
            "a history has one value a year; found two of 2000",
        ),
        (
            lambda: History.until(2001, [2000, 2001], [1.0]),
            "a history has one value a year; found (2,) years, (1,) values",
        ),
        (
            lambda: baselines.pooled_spread([history([1.0])], "log"),
            "a spread needs a series with at least two values",
        ),
        (
            lambda: baselines.pooled_spread([], "log"),
            "a spread needs a series with at least two values",
        ),
        (
            lambda: baselines.persistence(history([1.0, 2.0]), (1,), scale="cubic", spread=1.0),
            "'cubic' is no scale; allowed: level, log, share",
        ),
        (
            lambda: baselines.drift(history([1.0, -2.0]), (1,), scale="log", spread=1.0),
            "the scale log needs values from 0 on; found -2",
        ),
        (
            lambda: baselines.drift(history([0.5, 1.2]), (1,), scale="share", spread=1.0),
            "the scale share needs values between 0 and 1; found 1.2",
        ),
        (
            lambda: baselines.persistence(history([1.0]), (1,), scale="log", spread=np.nan),
            "a pooled spread is a number from 0 on; found nan",
        ),
        (
            lambda: baselines.drift(history([1.0]), [0, 1], scale="log", spread=1.0),
            "horizons are years after the origin, from 1 on; found [0, 1]",
        ),
        (
            lambda: baselines.frequency([3], 3),
            "a category is an index from 0 to 2; found 3",
        ),
        (
            lambda: baselines.frequency([1], 3, [0.5, 0.5]),
            "pooled shares must be 3 figures from 0 on that sum to 1",
        ),
        (
            lambda: baselines.frequency([1], 3, weight=0.0),
            "the weight of the smoothing must be above 0; found 0",
        ),
        (
            lambda: baselines.last_vote([1, 2], [True], 3),
            "2 votes need 2 flags; found 1",
        ),
        (
            lambda: baselines.last_vote([1], [True], 3, epsilon=1.5),
            "epsilon lies between 0 and 1; found 1.5",
        ),
        (lambda: baselines.always(3, 3), "a category is an index from 0 to 2; found 3"),
        (
            lambda: baselines.counts_mass([1, 2], 5, rate=0.0),
            "the pooled rate and its weight must be above 0; found 0 and 2",
        ),
        (
            lambda: baselines.counts_mass([1, 0.5], 5, rate=1.0),
            "a count is a whole number from 0 on; found 0.5",
        ),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        call()
