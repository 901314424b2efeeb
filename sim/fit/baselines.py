"""Forecasts that anybody could make from the past of a series alone: what a model has to beat.

A baseline sees a `History`, the values observed up to the origin, and nothing else but a figure
pooled over the family of the series. Forecasts of volumes and shares are ensembles of shape
(horizon, member): the quantiles (i - 1/2)/n of the forecast distribution, so they are deterministic
and carry no sampling noise. Horizons are years after the origin. Members of one rank at different
horizons are no path.

**Scales.** A series is forecast on a scale on which its changes add up:

* `level`: y / mean |y|, for what may be negative.
* `log`: ln(y + c) for what cannot be negative, with c the mean of the history: like logarithms
  where the series is above its past, like plain changes where it comes close to zero, so that a
  year without any flow is no obstacle and the next one no explosion.
* `share`: ln((y + c) / (1 - y + c)) for what lies between 0 and 1, with c the smaller of the means
  of y and 1 - y: the same rule from both ends.

The offset makes the spread of series of any size comparable, and the baselines better: without it a
single near-zero year decides the spread. Forecasts that leave the bounds are set to them. A history
without anything but zeros (or ones) forecasts just that.

**Gaps.** A change over g years counts as g changes of equal variance. Where the last value is older
than the origin, the forecast spreads over the years in between too.

**Spread.** The variance of yearly changes is shrunk towards that of the family,
s^2 = (k S^2 + sum e^2) / (k + n), with S the pooled spread, n the changes of the series and
k = 4: the mean of an inverse-gamma prior worth four changes (Gelman et al. 2013, *Bayesian Data
Analysis*, section 2.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from scipy.stats import nbinom, norm

from sim.core.errors import InputError
from sim.core.world import Array

Scale = Literal["level", "log", "share"]

MEMBERS = 200
_PRIOR_CHANGES = 4  # worth of the pooled spread, in yearly changes
_STATIONARY = 0.98  # the largest size of a first autocorrelation
_FEWEST_PAIRS = 4  # pairs of consecutive years that an autoregression needs: five values in a row
_FEWEST_CHANGES = 3  # yearly changes that a bootstrap of them needs
_LARGEST = 700.0  # on a scale of logarithms: beyond it numbers overflow


@dataclass(frozen=True)
class History:
    """The values of one yearly series that were known at an origin.

    Attributes
    ----------
    years : array of int, shape (value,)
        Rising; only years with a value.
    values : array, shape (value,)
    origin : int
        Year at whose end the forecast is made.
    """

    years: NDArray[np.int64]
    values: Array
    origin: int

    @classmethod
    def until(cls, origin: int, years: ArrayLike, values: ArrayLike) -> History:
        """Keep what was observed up to the origin, in the order of the years.

        Parameters
        ----------
        origin : int
        years, values : array, shape (year,)
            Missing values are NaN.

        Raises
        ------
        InputError
            If no value is left, the shapes differ, or a year comes twice.
        """
        when = np.asarray(years, dtype=np.int64)
        what = np.asarray(values, dtype=float)
        if when.ndim != 1 or when.shape != what.shape:
            raise InputError(
                f"a history has one value a year; found {when.shape} years, {what.shape} values"
            )
        known = (when <= origin) & ~np.isnan(what)
        if not known.any():
            raise InputError(f"a baseline needs at least one value observed up to {origin}")
        order = np.argsort(when[known], kind="stable")
        when, what = when[known][order], what[known][order]
        if np.any(np.diff(when) == 0):
            twice = when[1:][np.diff(when) == 0][0]
            raise InputError(f"a history has one value a year; found two of {twice}")
        return cls(when, what, int(origin))


# Volumes and shares


def pooled_spread(histories: Iterable[History], scale: Scale) -> float:
    """Give the spread of yearly changes over a family of series: their root mean square.

    Parameters
    ----------
    histories : iterable of History
    scale : {"level", "log", "share"}

    Returns
    -------
    float
        On the scale.

    Raises
    ------
    InputError
        If no series has two values, or values do not fit the scale.
    """
    changes = [_changes(history, _Scaled.of(history, scale))[0] for history in histories]
    squares = np.concatenate([np.zeros(0), *changes]) ** 2
    if squares.size == 0:
        raise InputError("a spread needs a series with at least two values")
    return float(np.sqrt(squares.mean()))


def persistence_point(
    history: History,
    horizons: Sequence[int],
    *,
    scale: Scale,
    spread: float,
    members: int = MEMBERS,
) -> Array:
    """Forecast the last value, without any spread: its CRPS is the absolute error.

    Takes what `persistence` does, and rests on neither the scale nor the spread.

    Returns
    -------
    array, shape (horizon, member)

    Raises
    ------
    InputError
        If a horizon lies before the first year.
    """
    return np.full((_checked(horizons).size, members), history.values[-1])


def persistence(
    history: History,
    horizons: Sequence[int],
    *,
    scale: Scale,
    spread: float,
    members: int = MEMBERS,
) -> Array:
    """Forecast a random walk: the last value, with a spread that grows with the root of the years.

    z_h ~ Normal(z_0, s^2 h), s from the past yearly changes about zero (Hyndman and Athanasopoulos
    2021, *Forecasting*, section 5.5: the naive method).

    Parameters
    ----------
    history : History
    horizons : sequence of int
        Years after the origin, from 1 on.
    scale : {"level", "log", "share"}
    spread : float
        Spread of yearly changes in the family, of `pooled_spread`.
    members : int
        Quantiles in the ensemble.

    Returns
    -------
    array, shape (horizon, member)
        Rising along members.

    Raises
    ------
    InputError
        If a horizon lies before the first year, the spread is no number from 0 on, or a value does
        not fit the scale.
    """
    scaled = _Scaled.of(history, scale)
    changes, _ = _changes(history, scaled)
    years = _checked(horizons) + (history.origin - history.years[-1])
    variance = _shrunk(float((changes**2).sum()), changes.size, spread)
    centre = np.full(years.shape, scaled.values[-1])
    return scaled.back(_normal(centre, np.sqrt(variance * years), members))


def drift(
    history: History,
    horizons: Sequence[int],
    *,
    scale: Scale,
    spread: float,
    members: int = MEMBERS,
) -> Array:
    """Forecast a random walk that goes on with its mean past change.

    z_h ~ Normal(z_0 + b h, s^2 h (1 + h/T)), with b the change a year over the T years of the
    history: h/T is the error of b (Hyndman and Athanasopoulos 2021, section 5.5: the drift method).
    With one value it is `persistence`.

    Takes, returns and raises what `persistence` does.
    """
    scaled = _Scaled.of(history, scale)
    changes, gaps = _changes(history, scaled)
    if changes.size == 0:
        return persistence(history, horizons, scale=scale, spread=spread, members=members)
    span = float(gaps.sum())
    slope = (scaled.values[-1] - scaled.values[0]) / span
    errors = changes - slope * np.sqrt(gaps)
    variance = _shrunk(float((errors**2).sum()), changes.size - 1, spread)
    years = _checked(horizons) + (history.origin - history.years[-1])
    centre = scaled.values[-1] + slope * years
    return scaled.back(_normal(centre, np.sqrt(variance * years * (1 + years / span)), members))


def autoregression(
    history: History,
    horizons: Sequence[int],
    *,
    scale: Scale,
    spread: float,
    members: int = MEMBERS,
) -> Array:
    """Forecast a return towards a mean: AR(1) by least squares on pairs of consecutive years.

    z_t = a + f z_(t-1) + e, so z_h is normal with mean a (1 - f^h)/(1 - f) + f^h z_0 and variance
    s^2 (1 - f^2h)/(1 - f^2) (Box et al. 2015, *Time Series Analysis*, section 5.4). f is held
    within 0.98 of zero, with a fitted anew, so that the series stays stationary. The error of a and
    f is not counted. With fewer than four pairs, or without any change between them, it is
    `persistence`.

    Takes, returns and raises what `persistence` does.
    """
    scaled = _Scaled.of(history, scale)
    follows = np.diff(history.years) == 1
    before, after = scaled.values[:-1][follows], scaled.values[1:][follows]
    moved = before - before.mean() if before.size else before
    if before.size < _FEWEST_PAIRS or not np.any(moved):
        return persistence(history, horizons, scale=scale, spread=spread, members=members)
    memory = float(moved @ after / (moved @ moved))
    memory = float(np.clip(memory, -_STATIONARY, _STATIONARY))
    constant = after.mean() - memory * before.mean()
    errors = after - constant - memory * before
    variance = _shrunk(float((errors**2).sum()), before.size - 2, spread)
    years = _checked(horizons) + (history.origin - history.years[-1])
    kept = memory**years
    centre = constant * (1 - kept) / (1 - memory) + kept * scaled.values[-1]
    wide = np.sqrt(variance * (1 - kept**2) / (1 - memory**2))
    return scaled.back(_normal(centre, wide, members))


def recent_changes(
    history: History,
    horizons: Sequence[int],
    *,
    scale: Scale,
    spread: float,
    members: int = MEMBERS,
    periods: int = 12,
) -> Array:
    """Forecast that each year changes as one of the last did: a bootstrap of past yearly changes.

    The distribution of the sum of h changes, drawn independently from the last ones, by exact
    convolution thinned to quantiles each year. With fewer than three yearly changes it is
    `persistence`.

    Parameters
    ----------
    history, horizons, scale, spread, members
        As in `persistence`.
    periods : int
        Last changes that are drawn from.

    Returns
    -------
    array, shape (horizon, member)

    Raises
    ------
    InputError
        As in `persistence`.
    """
    scaled = _Scaled.of(history, scale)
    steps = np.diff(scaled.values)[np.diff(history.years) == 1][-periods:]
    if steps.size < _FEWEST_CHANGES:
        return persistence(history, horizons, scale=scale, spread=spread, members=members)
    years = _checked(horizons) + (history.origin - history.years[-1])
    sums = np.zeros((int(years.max()) + 1, members))
    for year in range(1, len(sums)):
        sums[year] = _drawn(np.add.outer(sums[year - 1], steps).ravel(), members)
    return scaled.back(scaled.values[-1] + sums[years])


# Votes


def frequency(
    votes: ArrayLike, categories: int, pooled: ArrayLike | None = None, weight: float = 1.0
) -> Array:
    """Forecast that a country votes as often in each way as it has.

    (n_k + w p_k) / (n + w): additive (Laplace) smoothing, worth w votes in all.

    Parameters
    ----------
    votes : array of int, shape (vote,)
        Categories of the country's past votes; may be empty.
    categories : int
        Number of categories.
    pooled : array, shape (category,), optional
        Shares p towards which few votes are smoothed, such as those of all countries; equal shares
        if not given.
    weight : float
        w, above 0.

    Returns
    -------
    array, shape (category,)
        Sums to 1.

    Raises
    ------
    InputError
        If a vote is none of the categories, the pooled shares do not fit, or the weight is not
        above 0.
    """
    if not weight > 0:
        raise InputError(f"the weight of the smoothing must be above 0; found {weight:g}")
    prior = np.full(categories, 1 / categories) if pooled is None else np.asarray(pooled, float)
    if prior.shape != (categories,) or np.any(prior < 0) or abs(prior.sum() - 1) > 1e-6:
        raise InputError(f"pooled shares must be {categories} figures from 0 on that sum to 1")
    past = _category(votes, categories)
    counts = np.bincount(past, minlength=categories)
    return np.asarray((counts + weight * prior) / (past.size + weight))


def last_vote(
    votes: ArrayLike,
    same_text: ArrayLike,
    categories: int,
    pooled: ArrayLike | None = None,
    epsilon: float = 0.1,
) -> Array:
    """Forecast that a country votes as it last did on the same family of texts.

    The last category has share 1 - epsilon, and epsilon is shared out by `frequency` over all the
    country's votes. Where it has not voted on the family, the forecast is `frequency`.

    Parameters
    ----------
    votes : array of int, shape (vote,)
        Categories of the country's past votes, in the order of time.
    same_text : array of bool, shape (vote,)
        Which of them were on the same family of texts.
    categories : int
    pooled : array, shape (category,), optional
        As in `frequency`.
    epsilon : float
        From 0 to 1.

    Returns
    -------
    array, shape (category,)
        Sums to 1.

    Raises
    ------
    InputError
        As in `frequency`, and if the shapes differ or epsilon is not between 0 and 1.
    """
    past = _category(votes, categories)
    same = np.asarray(same_text, dtype=bool)
    if same.shape != past.shape:
        raise InputError(f"{past.size} votes need {past.size} flags; found {same.size}")
    if not 0 <= epsilon <= 1:
        raise InputError(f"epsilon lies between 0 and 1; found {epsilon:g}")
    usual = frequency(past, categories, pooled)
    if not same.any():
        return usual
    return (1 - epsilon) * always(int(past[same][-1]), categories) + epsilon * usual


def always(category: int, categories: int) -> Array:
    """Forecast one category for certain, such as an abstention or an absence.

    Returns
    -------
    array, shape (category,)

    Raises
    ------
    InputError
        If the category is none of the categories.
    """
    return np.asarray(np.eye(categories)[_category([category], categories)[0]])


# Counts


def counts_mass(counts: ArrayLike, largest: int, *, rate: float, weight: float = 2.0) -> Array:
    """Forecast the count of a year from the past rate of the same country or dyad.

    A Poisson count whose rate has a gamma prior worth `weight` years at the pooled rate: the
    forecast is negative binomial with size w m + sum y and share (w + n)/(w + n + 1) (Gelman et al.
    2013, section 2.6). It is the same at every horizon.

    Parameters
    ----------
    counts : array of int, shape (year,)
        Past counts a year, missing ones NaN; may be empty.
    largest : int
        Largest count with an entry of its own.
    rate : float
        m, count a year pooled over the family, above 0.
    weight : float
        w, above 0.

    Returns
    -------
    array, shape (largest + 2,)
        Mass of 0, 1, ..., `largest`, and of all above; sums to 1.

    Raises
    ------
    InputError
        If a figure is no count, or the rate or the weight is not above 0.
    """
    size, share = _negative_binomial(counts, rate, weight)
    mass = nbinom.pmf(np.arange(largest + 1), size, share)
    return np.append(mass, nbinom.sf(largest, size, share))


# Parts


@dataclass(frozen=True)
class _Scaled:
    """The values of a history on the scale on which changes add up, and the way back."""

    values: Array
    back: Callable[[Array], Array]

    @classmethod
    def of(cls, history: History, scale: Scale) -> _Scaled:
        values = history.values
        if scale == "level":
            size = np.abs(values).mean()
            return cls(values / size if size > 0 else values, lambda scaled: scaled * size)
        if scale not in ("log", "share"):
            raise InputError(f"{scale!r} is no scale; allowed: level, log, share")
        highest = 1.0 if scale == "share" else np.inf
        outside = (values < 0) | (values > highest)
        if np.any(outside):
            allowed = "between 0 and 1" if scale == "share" else "from 0 on"
            raise InputError(
                f"the scale {scale} needs values {allowed}; found {values[outside][0]:g}"
            )
        mean = values.mean()
        offset = min(mean, highest - mean)
        if offset == 0:  # nothing but 0, or nothing but 1
            return cls(np.zeros_like(values), lambda scaled: np.full_like(scaled, mean))
        if scale == "log":
            return cls(
                np.log(values + offset),
                lambda scaled: np.maximum(np.exp(np.minimum(scaled, _LARGEST)) - offset, 0.0),
            )
        return cls(
            np.log((values + offset) / (1 - values + offset)),
            lambda scaled: np.clip((1 + 2 * offset) * expit(scaled) - offset, 0.0, 1.0),
        )


def _changes(history: History, scaled: _Scaled) -> tuple[Array, Array]:
    """Return the changes between successive values, each worth one year, and their lengths."""
    gaps = np.diff(history.years).astype(float)
    return np.diff(scaled.values) / np.sqrt(gaps), gaps


def _shrunk(squares: float, freedom: int, spread: float) -> float:
    """Return the variance of yearly changes, shrunk towards that of the family."""
    if not (np.isfinite(spread) and spread >= 0):
        raise InputError(f"a pooled spread is a number from 0 on; found {spread:g}")
    return (_PRIOR_CHANGES * spread**2 + squares) / (_PRIOR_CHANGES + freedom)


def _checked(horizons: Sequence[int]) -> NDArray[np.int64]:
    years = np.asarray(horizons, dtype=np.int64)
    if years.ndim != 1 or years.size == 0 or np.any(years < 1):
        raise InputError(f"horizons are years after the origin, from 1 on; found {list(horizons)}")
    return years


def _levels(members: int) -> Array:
    return (np.arange(members) + 0.5) / members


def _normal(centre: Array, wide: Array, members: int) -> Array:
    """Return the quantiles of normal distributions, shape (horizon, member)."""
    return np.asarray(centre[:, np.newaxis] + wide[:, np.newaxis] * norm.ppf(_levels(members)))


def _drawn(values: Array, members: int) -> Array:
    """Return as many members, each one of the values, in the shares the values have."""
    return np.quantile(values, _levels(members), method="inverted_cdf")


def _category(votes: ArrayLike, categories: int) -> NDArray[np.int64]:
    past = np.asarray(votes)
    if past.size == 0:
        return np.zeros(0, dtype=np.int64)
    wrong = ~((past >= 0) & (past < categories) & (past == np.floor(past)))
    if np.any(wrong):
        raise InputError(
            f"a category is an index from 0 to {categories - 1}; found {past[wrong][0]:g}"
        )
    return past.astype(np.int64)


def _negative_binomial(counts: ArrayLike, rate: float, weight: float) -> tuple[float, float]:
    """Return the size and the share of the forecast distribution of a yearly count."""
    if not (rate > 0 and weight > 0):
        raise InputError(
            f"the pooled rate and its weight must be above 0; found {rate:g} and {weight:g}"
        )
    past = np.asarray(counts, dtype=float)
    past = past[~np.isnan(past)]
    wrong = (past < 0) | (np.floor(past) != past)
    if np.any(wrong):
        raise InputError(f"a count is a whole number from 0 on; found {past[wrong][0]:g}")
    years = weight + past.size
    return weight * rate + float(past.sum()), years / (years + 1)
