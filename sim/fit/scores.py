"""How good a forecast was: proper scores of ensembles, category shares and counts.

The last axis of a forecast is the ensemble (`run`) or the category; the axes before it are those of
what was observed. Scores are penalties: lower is better, and the true distribution has the lowest
on average (propriety: Gneiting and Raftery 2007, *JASA* 102, 359-378). A missing observed value
(NaN) gives a missing score.

CRPS, interval score, RPS and Brier score come from the library `scoringrules`. Quantiles of an
ensemble of n put its sorted members at (i - 1/2)/n, as that library's CRPS does and as the
ensembles of `baselines` are made.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scoringrules
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.core.world import Array

_BACKEND = "numpy"  # the same digits whether or not a compiler of arrays is installed
_SUM_ERROR = 1e-6  # by which category shares may miss a sum of 1


# Volumes and shares


def crps(ensemble: ArrayLike, observed: ArrayLike) -> Array:
    """Score an ensemble by the area between its distribution function and the observed step.

    CRPS = E|X - y| - E|X - X'|/2 for the ensemble taken as the forecast distribution (Hersbach
    2000, *Weather and Forecasting* 15, 559-570; Gneiting and Raftery 2007, eq. 21).

    Parameters
    ----------
    ensemble : array, shape (..., run)
    observed : array, shape (...)

    Returns
    -------
    array, shape (...)
        In the unit of the series; |x - y| for an ensemble of one.

    Raises
    ------
    InputError
        If the shapes do not fit, or the ensemble is empty.
    """
    members, values = _aligned(ensemble, observed)
    return np.asarray(scoringrules.crps_ensemble(values, members, backend=_BACKEND))


def interval_score(ensemble: ArrayLike, observed: ArrayLike, level: float) -> Array:
    """Score the central interval of an ensemble: its width and by how much a value misses it.

    IS = (u - l) + 2/a (l - y)+ + 2/a (y - u)+ with a = 1 - level (Gneiting and Raftery 2007,
    eq. 43).

    Parameters
    ----------
    ensemble : array, shape (..., run)
    observed : array, shape (...)
    level : float
        Share of the distribution that the interval holds, such as 0.8.

    Returns
    -------
    array, shape (...)

    Raises
    ------
    InputError
        If the shapes do not fit, or the level is not between 0 and 1.
    """
    members, values = _aligned(ensemble, observed)
    low, high = _interval(members, level)
    score = scoringrules.interval_score(values, low, high, 1 - level, backend=_BACKEND)
    return np.asarray(score).reshape(values.shape)


def coverage(ensemble: ArrayLike, observed: ArrayLike, levels: Sequence[float]) -> Array:
    """Say which observed values lie in the central intervals of an ensemble.

    Parameters
    ----------
    ensemble : array, shape (..., run)
    observed : array, shape (...)
    levels : sequence of float
        Such as (0.5, 0.8, 0.95).

    Returns
    -------
    array, shape (level, ...)
        1 inside (ends included), 0 outside, NaN where nothing was observed: a `nanmean` over it is
        the share covered.

    Raises
    ------
    InputError
        If the shapes do not fit, or a level is not between 0 and 1.
    """
    members, values = _aligned(ensemble, observed)
    hits = []
    for level in levels:
        low, high = _interval(members, level)
        inside = (low <= values) & (values <= high)
        hits.append(np.where(np.isnan(values), np.nan, inside))
    return np.array(hits)


def quantile_of(ensemble: ArrayLike, observed: ArrayLike) -> Array:
    """Give the share of an ensemble that lies below the observed value, ties counted half.

    Parameters
    ----------
    ensemble : array, shape (..., run)
    observed : array, shape (...)

    Returns
    -------
    array, shape (...)
        0 to 1; NaN where nothing was observed.

    Raises
    ------
    InputError
        If the shapes do not fit, or the ensemble is empty.
    """
    members, values = _aligned(ensemble, observed)
    below, equal = _ranks(members, values)
    return np.where(np.isnan(values), np.nan, (below + equal / 2) / members.shape[-1])


# Votes and other categories


def rps(shares: ArrayLike, observed: ArrayLike) -> Array:
    """Score shares of ordered categories: the nearer the category that came, the lower.

    RPS = sum_k (F_k - O_k)^2 over cumulative shares F and cumulative outcome O (Epstein 1969,
    *Journal of Applied Meteorology* 8, 985-987), not divided by the number of categories.

    Parameters
    ----------
    shares : array, shape (..., category)
        In the order of the categories.
    observed : array of int, shape (...)
        Index of the category that came, from 0.

    Returns
    -------
    array, shape (...)
        0 to one less than the number of categories.

    Raises
    ------
    InputError
        If shares are not between 0 and 1 or do not sum to 1, or an index is none of the categories.
    """
    forecast, came = _categorical(shares, observed)
    score = scoringrules.rps_score(came, forecast, onehot=True, backend=_BACKEND)
    return np.asarray(score)


def brier(shares: ArrayLike, observed: ArrayLike) -> Array:
    """Score shares of categories whose order does not matter.

    BS = sum_k (f_k - o_k)^2 (Brier 1950, *Monthly Weather Review* 78, 1-3).

    Parameters
    ----------
    shares : array, shape (..., category)
    observed : array of int, shape (...)
        Index of the category that came, from 0.

    Returns
    -------
    array, shape (...)
        0 to 2.

    Raises
    ------
    InputError
        If shares are not between 0 and 1 or do not sum to 1, or an index is none of the categories.
    """
    forecast, came = _categorical(shares, observed)
    return np.asarray(scoringrules.brier_score(came, forecast, backend=_BACKEND).sum(axis=-1))


def log_score(shares: ArrayLike, observed: ArrayLike) -> Array:
    """Score the mass that a forecast put on what came: -ln f (Good 1952, *JRSS B* 14, 107-114).

    Parameters
    ----------
    shares : array, shape (..., category)
        Of categories, or the mass of the counts 0, 1, 2 and so on.
    observed : array of int, shape (...)
        Index of the category, or the count, that came.

    Returns
    -------
    array, shape (...)
        In nats; infinite where the forecast held impossible what came.

    Raises
    ------
    InputError
        If shares are not between 0 and 1 or do not sum to 1, or an index is none of the categories.
    """
    forecast, came = _categorical(shares, observed)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log((forecast * came).sum(axis=-1)))


# Counts


def log_score_counts(ensemble: ArrayLike, observed: ArrayLike) -> Array:
    """Score counts by the logarithm of the smoothed mass of an ensemble.

    The mass of y is (members equal to y + g(y)) / (run + 1): one further member is taken from the
    geometric distribution g whose mean is one above the ensemble's. It is a distribution over all
    counts, so the score is proper for it and finite.

    Parameters
    ----------
    ensemble : array of int, shape (..., run)
    observed : array of int, shape (...)

    Returns
    -------
    array, shape (...)
        In nats.

    Raises
    ------
    InputError
        If the shapes do not fit, or a figure is no count.
    """
    members, values = _aligned(ensemble, observed)
    counts = _counts(values)
    runs = members.shape[-1]
    equal = (_counts(members) == counts[..., np.newaxis]).sum(axis=-1)
    mean = 1 + members.mean(axis=-1)
    further = np.exp(counts * np.log(mean / (1 + mean))) / (1 + mean)
    return np.asarray(-np.log((equal + further) / (runs + 1)))


# Parts


def _aligned(ensemble: ArrayLike, observed: ArrayLike) -> tuple[Array, Array]:
    """Return the ensemble as floats and the observed values in the shape of its leading axes."""
    members = np.asarray(ensemble, dtype=float)
    values = np.asarray(observed, dtype=float)
    if members.ndim == 0 or members.shape[-1] == 0:
        raise InputError("an ensemble needs at least one run")
    if values.shape != members.shape[:-1]:
        raise InputError(
            f"an ensemble of shape {members.shape} forecasts values of shape {members.shape[:-1]}, "
            f"not {values.shape}"
        )
    return members, values


def _interval(members: Array, level: float) -> tuple[Array, Array]:
    """Return the ends of the central interval that holds `level` of the ensemble."""
    if not 0 < level < 1:
        raise InputError(f"the level of an interval lies between 0 and 1; found {level:g}")
    low, high = np.quantile(members, [(1 - level) / 2, (1 + level) / 2], axis=-1, method="hazen")
    return low, high


def _ranks(members: Array, values: Array) -> tuple[Array, Array]:
    """Return how many members lie below each value and how many equal it."""
    below = (members < values[..., np.newaxis]).sum(axis=-1)
    equal = (members == values[..., np.newaxis]).sum(axis=-1)
    return below, equal


def _categorical(shares: ArrayLike, observed: ArrayLike) -> tuple[Array, Array]:
    """Return shares that have been checked, and the outcome as shares of 0 and 1."""
    forecast = _in_unit_interval(np.asarray(shares, dtype=float))
    if forecast.ndim == 0:
        raise InputError("shares need an axis of categories")
    index = np.asarray(observed)
    if index.shape != forecast.shape[:-1]:
        raise InputError(
            f"shares of shape {forecast.shape} forecast categories of shape {forecast.shape[:-1]}, "
            f"not {index.shape}"
        )
    sums = forecast.sum(axis=-1)
    if np.any(np.abs(sums - 1) > _SUM_ERROR):
        worst = sums.flat[np.abs(sums - 1).argmax()]
        raise InputError(f"the shares of the categories must sum to 1; found {worst:g}")
    return forecast, _one_hot(index, forecast.shape[-1])


def _in_unit_interval(shares: Array) -> Array:
    outside = ~((shares >= 0) & (shares <= 1 + _SUM_ERROR))
    if np.any(outside):
        raise InputError(f"a share lies between 0 and 1; found {shares[outside].flat[0]:g}")
    return shares


def _one_hot(index: Array, categories: int) -> Array:
    """Return 1 at the index and 0 elsewhere along a new last axis."""
    wrong = ~((index >= 0) & (index < categories) & (index == np.floor(index)))
    if np.any(wrong):
        raise InputError(
            f"a category is an index from 0 to {categories - 1}; found {index[wrong].flat[0]:g}"
        )
    return (index[..., np.newaxis] == np.arange(categories)).astype(float)


def _counts(values: Array) -> Array:
    """Return figures that are counts or missing."""
    wrong = (values < 0) | (np.floor(values) != values) & ~np.isnan(values)
    if np.any(wrong):
        raise InputError(f"a count is a whole number from 0 on; found {values[wrong].flat[0]:g}")
    return values
