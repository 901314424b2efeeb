"""First-order indices from any sample of rows, by the means of bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.analysis.resample import LEVEL, permutations, weights
from sim.analysis.sensitivity.variance import unvaried
from sim.core.world import Array

RESAMPLES = 300
PERMUTATIONS = 200
_BLOCK = 2**24  # numbers held at a time
_FEWEST = 20


@dataclass(frozen=True)
class GivenData:
    """First-order indices; arrays are (factor, output), the variance (output,).

    Attributes
    ----------
    first, low, high : array
        Index and its interval of 90 percent.
    floor : array
        What the index stays below in 95 percent of orders in which the output has nothing to do
        with the factor; not a number where it was not asked for.
    variance : array
        Of the output over the rows; where it is nought, indices are not numbers.
    """

    first: Array
    low: Array
    high: Array
    floor: Array
    variance: Array


def bins_for(rows: int) -> int:
    """Bins that suit a number of rows: its cube root, at least 3 and at most 32."""
    return int(np.clip(round(rows ** (1 / 3)), 3, 32))


def binned(values: Array, bins: int) -> NDArray[np.int64]:
    """The bin of each value: its level where there are few, else one of equal counts.

    Parameters
    ----------
    values : array (row,)
    bins : int

    Returns
    -------
    array (row,)
        0 to the number of bins less one.
    """
    levels, place = np.unique(values, return_inverse=True)
    if len(levels) <= bins:
        return place.astype(np.int64)
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return order * bins // len(values)


def given_data(
    bins: NDArray[np.int64],
    values: Array,
    resamples: int = RESAMPLES,
    shuffles: int = PERMUTATIONS,
    seed: int = 0,
) -> GivenData:
    """Estimate first-order indices from a sample that was not made for it.

    Parameters
    ----------
    bins : array (row, factor)
        The bin of each factor's value in each row, see `binned`.
    values : array (row, output)
    resamples : int
        Of the bootstrap of rows.
    shuffles : int
        Orders that the noise floor rests on; 0 leaves it out.
    seed : int

    Returns
    -------
    GivenData

    Raises
    ------
    ValueError
        If there are fewer than 20 rows, or a value is not finite.

    Notes
    -----
    The share of the variance that lies between bins (Plischke, Borgonovo and Smith 2013, European
    Journal of Operational Research 226: 536-550), less what chance alone puts there: Kelley's
    epsilon squared of the one-way analysis of variance. It may come out slightly below nought.
    Intervals are normal, with the standard deviation of the bootstrap, since resampled rows come
    twice and so shift the resampled indices, but hardly widen them. Where factors depend on each
    other, the index of each holds what it tells of the others.
    """
    if len(values) < _FEWEST:
        raise ValueError(f"bins need at least {_FEWEST} rows; found {len(values)}")
    if not np.isfinite(values).all():
        raise ValueError("an output is not finite; leave its row out")
    often = weights(len(values), resamples, seed)
    orders = permutations(len(values), shuffles, seed) if shuffles else None
    centred = values - values.mean(axis=0)
    centred[:, unvaried(values, axis=0)] = 0.0
    shape = (bins.shape[1], values.shape[1])
    first, spread, floor = (np.full(shape, np.nan) for _ in range(3))
    for factor in range(bins.shape[1]):
        inside = np.eye(bins[:, factor].max() + 1)[bins[:, factor]]
        block = max(1, _BLOCK // inside.size)
        for start in range(0, values.shape[1], block):
            part = slice(start, start + block)
            found = _share(inside, centred[:, part], often)
            first[factor, part] = found[0]
            spread[factor, part] = found[1:].std(axis=0, ddof=1)
            if orders is not None:
                by_chance = _shuffled(inside, centred[:, part], orders)
                floor[factor, part] = np.quantile(by_chance, 0.95, axis=0)
    reach = ndtri((1 + LEVEL) / 2) * spread
    return GivenData(first, first - reach, first + reach, floor, centred.var(axis=0, ddof=1))


def _share(inside: Array, values: Array, often: Array) -> Array:
    """Epsilon squared (resample, output) of one factor."""
    rows, outputs = values.shape
    count = often @ inside
    sums = often @ (inside[:, :, None] * values[:, None, :]).reshape(rows, -1)
    sums = sums.reshape(len(often), inside.shape[1], outputs)
    middle = sums.sum(axis=1) ** 2 / rows
    safe = np.maximum(count, 1.0)[:, :, None]
    between = (sums**2 / safe).sum(axis=1) - middle
    whole = often @ values**2 - middle
    return _corrected(between, whole, (count > 0).sum(axis=1)[:, None], rows)


def _shuffled(inside: Array, values: Array, orders: NDArray[np.int64]) -> Array:
    """Epsilon squared (order, output) of one factor and outputs in other orders."""
    count = inside.sum(axis=0)[:, None]
    whole = (values**2).sum(axis=0)
    between = np.stack([((inside.T @ values[order]) ** 2 / count).sum(axis=0) for order in orders])
    return _corrected(between, whole, np.array(len(count)), len(values))


def _corrected(between: Array, whole: Array, groups: Array, rows: int) -> Array:
    within = np.maximum(whole - between, 0.0) / np.maximum(rows - groups, 1)
    share = between - (groups - 1) * within
    blank = np.full(np.broadcast(between, whole).shape, np.nan)
    return np.divide(share, whole, out=blank, where=whole > 0)
