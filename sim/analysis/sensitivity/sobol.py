"""Sobol indices of first and total order from rows in Saltelli's order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from sim.analysis.resample import LEVEL, RESAMPLES, interval, weights
from sim.analysis.sensitivity.variance import unvaried, variance_of
from sim.core.world import Array

SETTLED = 1.0  # ranks: below, a ranking is settled
NARROW = 0.05  # width of an interval below which an index has converged
_BLOCK = 2**25  # numbers held at a time while resampling


@dataclass(frozen=True)
class Sobol:
    """Indices of outputs; arrays are (factor, output), the variance (output,).

    Attributes
    ----------
    first, first_low, first_high : array
        First-order index and its interval of 90 percent.
    total, total_low, total_high : array
        Total index and its interval.
    variance : array
        Of the output over the sample; where it is nought, all indices are not numbers.
    unsettled : array (output,)
        How far the ranking by total index changes from resample to resample, see `unsettled`.
    """

    first: Array
    first_low: Array
    first_high: Array
    total: Array
    total_low: Array
    total_high: Array
    variance: Array
    unsettled: Array


def sobol(values: Array, resamples: int = RESAMPLES, seed: int = 0) -> Sobol:
    """Estimate Sobol indices with bootstrap intervals.

    Parameters
    ----------
    values : array (base point, 2 + factors, output)
        Outputs at the rows A, AB_1 to AB_k, B of each base point, where AB_i is A with the value
        of factor i from B: the order of SALib's sample without second order.
    resamples : int
        Of the bootstrap, which draws base points.
    seed : int
        Of the resampling.

    Returns
    -------
    Sobol

    Raises
    ------
    ValueError
        If the array has another shape, or an output is not finite.

    Notes
    -----
    First order: Saltelli and others 2010 (Computer Physics Communications 181: 259-270), table 2
    (b), on outputs less their mean. Total: Jansen 1999, table 2 (f) there. Both are those of scipy
    and SALib. All sums over base points are linear in the weights of a resample, so that the whole
    bootstrap is a product of matrices. It treats base points as independent; many points of a Sobol
    sequence are more even than that, so that intervals err on the wide side. Few are not: see
    `total_of_itself`.
    """
    _check(values)
    number, rows, outputs = values.shape
    often = weights(number, resamples, seed) / number
    block = max(1, _BLOCK // (number * (3 * rows)))
    parts = []
    for start in range(0, outputs, block):
        first, total, variance = _resampled(values[:, :, start : start + block], often)
        parts.append(
            (
                first[0],
                *interval(first[1:]),
                total[0],
                *interval(total[1:]),
                variance[0],
                unsettled(total[1:]),
            )
        )
    return Sobol(*(np.concatenate(one, axis=-1) for one in zip(*parts, strict=True)))


def noise_of_total(runs: Array) -> Array:
    """The part of a total index that comes from the finite number of runs a row.

    The total index of row means holds, beside the effect of the factor on the expected output,
    what is left of its interaction with chance after averaging over R runs. Its expected value is
    half the variance over runs of the difference between A and AB_i, over R.

    Parameters
    ----------
    runs : array (base point, 2 + factors, run)
        One output; run i has the same draws in all rows.

    Returns
    -------
    array (factor,)
        In units of the index of the row means.

    Raises
    ------
    ValueError
        If there is one run only, from which this cannot be told.
    """
    number = runs.shape[2]
    if number < 2:
        raise ValueError("the noise of row means needs two runs a row or more")
    means = runs.mean(axis=2)
    variance = variance_of(means[:, [0, -1]], ddof=0)
    spread = np.empty(runs.shape[1] - 2)
    for factor in range(len(spread)):
        moved = runs[:, 0] - runs[:, 1 + factor]
        spread[factor] = moved.var(axis=1, ddof=1).mean()
    if variance == 0:
        return np.full(len(spread), np.nan)
    return np.asarray(0.5 * spread / number / variance)


def total_of_itself(one: Array, other: Array) -> tuple[Array, Array]:
    """The total index that a sample gives for an output that is the factor itself; truly 1.

    Few points of a Sobol sequence can be far from even in some pairs of dimensions, among them a
    factor's of the rows A and of the rows B. Its index is then wrong by a part that resampling
    the same points does not show.

    Parameters
    ----------
    one, other : array (base point, factor)
        Points of the unit cube of the rows A and B.

    Returns
    -------
    tuple of array (factor,)
        The index, and the half of the interval of 90 percent that resampling would put around it.
    """
    centre = (one.mean(axis=0) + other.mean(axis=0)) / 2
    parts = ((one - centre) ** 2 + (other - centre) ** 2) / 2  # their mean is the variance
    total = ((one - other) ** 2).mean(axis=0) / 2 / parts.mean(axis=0)
    moved = ((one - other) ** 2 / 2 - total * parts) / parts.mean(axis=0)
    reach = ndtri((1 + LEVEL) / 2) * moved.std(axis=0) / np.sqrt(len(one))
    return np.asarray(total), np.asarray(reach)


def unsettled(totals: Array) -> Array:
    """How far a ranking of factors changes between resamples.

    Parameters
    ----------
    totals : array (resample, factor, output)
        Indices in each resample.

    Returns
    -------
    array (output,)
        The 95 percent quantile, over pairs of resamples, of the mean change of rank, in which
        factors weigh by the square of the larger of their two indices. Below 1, the ranking of
        what matters is settled (Sarrazin, Pianosi and Wagener 2016, Environmental Modelling and
        Software 79: 135-152).
    """
    half = len(totals) // 2
    rank = np.argsort(np.argsort(-totals, axis=1), axis=1)
    moved = np.abs(rank[:half] - rank[half : 2 * half])
    weight = np.maximum(totals[:half], totals[half : 2 * half]) ** 2
    whole = weight.sum(axis=1)
    change = np.divide(
        (moved * weight).sum(axis=1), whole, out=np.full(whole.shape, np.nan), where=whole > 0
    )
    return np.asarray(np.quantile(change, 0.95, axis=0))


def _resampled(values: Array, often: Array) -> tuple[Array, Array, Array]:
    """First and total order (resample, factor, output) and variance (resample, output)."""
    number = len(values)
    ends = values[:, [0, -1]]
    centre = ends.mean(axis=(0, 1))
    fixed = unvaried(ends, axis=(0, 1))
    a, b = values[:, 0] - centre, values[:, -1] - centre
    moved = values[:, 1:-1] - values[:, :1]  # what changes with each factor

    def mean(terms: Array) -> Array:
        flat = often @ terms.reshape(number, -1)
        return flat.reshape(len(often), *terms.shape[1:])

    level = (mean(a) + mean(b)) / 2
    variance = np.maximum((mean(a * a) + mean(b * b)) / 2 - level**2, 0.0)
    variance[:, fixed] = 0.0
    whole = np.where(variance > 0, variance, np.nan)[:, None]
    first = (mean(b[:, None] * moved) - level[:, None] * mean(moved)) / whole
    total = mean(moved**2) / 2 / whole
    return first, total, variance


def _check(values: Array) -> None:
    if values.ndim != 3 or values.shape[1] < 3 or values.shape[0] < 2:
        raise ValueError(
            "values have to be (base point, 2 + factors, output), with two base points or more; "
            f"found {values.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError("an output is not finite; leave its base point out")
