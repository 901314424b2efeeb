"""Monte-Carlo error: how far estimates from a finite number of runs may be off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.analysis.drawn import draw_numbers

Array = NDArray[np.float64]
COVERAGE = 0.9  # of the intervals
ROUNDING = 1e-9  # relative; differences and spreads below it are taken for none


def draws_of(manifest: Mapping[str, Any], runs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The draw of the parameters that each run took; runs without draws are each on their own.

    Parameters
    ----------
    manifest : mapping
        Of results.
    runs : int array (run,)
        Their numbers.

    Returns
    -------
    int array (run,)
        Runs with the same number share a draw, so that they are not independent. Where all runs
        share one draw, estimates are about that draw, and the runs are independent given it.
    """
    if int((manifest.get("parameters") or {}).get("draws") or 0) < 2:
        return np.arange(len(runs))
    found = draw_numbers(manifest, runs)
    return found if len(np.unique(found)) > 1 else np.arange(len(runs))


def mean_error(values: Array, draw: NDArray[np.int64]) -> tuple[Array, int]:
    """Standard error of means over runs, of which some share a draw.

    Parameters
    ----------
    values : float array (run, ...)
    draw : int array (run,)
        Runs with the same number form a cluster.

    Returns
    -------
    error : float array (...)
        Not a number with fewer than two clusters.
    degrees : int
        Of freedom: clusters less one.

    Notes
    -----
    The linearised estimator for the ratio of cluster totals to cluster sizes (Cochran 1977,
    *Sampling Techniques*, section 9A); with one run a cluster it is sd / sqrt(n).
    """
    deviation = np.asarray(values, dtype=np.float64) - np.mean(values, axis=0, dtype=np.float64)
    order = np.argsort(draw, kind="stable")
    starts = np.flatnonzero(np.diff(draw[order], prepend=draw[order[:1]] - 1))
    number, runs = len(starts), len(draw)
    if number < 2:
        return np.full(np.shape(deviation)[1:], np.nan), max(number - 1, 0)
    totals = deviation if number == runs else np.add.reduceat(deviation[order], starts, axis=0)
    squares: Array = (totals**2).sum(axis=0)
    return np.sqrt(squares * number / (number - 1)) / runs, number - 1


def width(degrees: int, coverage: float = COVERAGE) -> float:
    """Half the width of an interval in standard errors, after Student's t."""
    return float(stats.t.ppf(0.5 + coverage / 2, degrees)) if degrees > 0 else np.nan


def sd_error(values: Array, draw: NDArray[np.int64]) -> Array:
    """Standard error of standard deviations over runs (run, ...), by the delta method.

    It holds whatever the kurtosis: the error of the mean squared deviation over twice the sd.
    """
    squares = (values - values.mean(axis=0)) ** 2
    error, _ = mean_error(squares, draw)
    sd = np.sqrt(squares.mean(axis=0))
    return np.divide(error, 2 * sd, out=np.zeros_like(sd), where=sd > 0)


def quantile_interval(
    values: Array, level: float, draw: NDArray[np.int64], coverage: float = COVERAGE
) -> tuple[float, float, float]:
    """Interval and standard error of a quantile over runs, free of the distribution.

    Parameters
    ----------
    values : float array (run,)
    level : float
        Between 0 and 1.
    draw : int array (run,)
        Runs with the same number share a draw.

    Returns
    -------
    low, high : float
        Not a number where the runs are too few for the level.
    error : float
        Half the interval over the half width in standard errors.

    Notes
    -----
    The interval of the share of runs at or below the quantile, read off the quantiles (Woodruff
    1952, *Journal of the American Statistical Association* 47); with independent runs, its ends are
    order statistics whose ranks follow from the binomial distribution.
    """
    below = (values <= np.quantile(values, level, method="inverted_cdf")).astype(np.float64)
    error, degrees = mean_error(below, draw)
    independent = np.sqrt(level * (1 - level) / len(values))
    stretch = float(error) / max(np.sqrt(below.var() / (len(below) - 1)), 1e-300)
    half = width(degrees, coverage) * independent * (stretch if stretch > 0 else 1.0)
    if not 0 < level - half < level + half < 1:
        return np.nan, np.nan, np.nan
    low, high = np.quantile(values, [level - half, level + half])
    return float(low), float(high), float(high - low) / (2 * width(degrees, coverage))


def share_interval(
    held: NDArray[np.bool_], draw: NDArray[np.int64], coverage: float = COVERAGE
) -> tuple[float, float, float]:
    """Interval and standard error of a share of runs.

    Returns
    -------
    low, high : float
        Of Wilson (1927), *Journal of the American Statistical Association* 22; where runs share
        draws, with the number of independent runs that have the same error (Korn and Graubard
        1998, *Survey Methodology* 24); for a share of none or all, with the number of draws.
    error : float
        Half the interval over the half width in standard errors, so that a share of none or all is
        not taken for certain.
    """
    number, share = float(len(held)), float(held.mean())
    error, degrees = mean_error(held.astype(np.float64), draw)
    if degrees + 1 < len(held):  # some runs share a draw
        several = 0 < share < 1 and error > 0
        number = share * (1 - share) / float(error) ** 2 if several else degrees + 1.0
    half = width(degrees, coverage)
    low, high = _wilson(share, number, half)
    return low, high, (high - low) / (2 * half)


def independent_runs(part: Array, whole: Array, group: NDArray[Any]) -> float:
    """Number of independent runs as precise as a share of runs that come in groups.

    Parameters
    ----------
    part, whole : float array (count,)
        Runs that count, and those that they are a share of.
    group : array (count,)
        Counts with the same group are not independent.

    Notes
    -----
    The variance of the ratio is that between groups (Cochran 1977, *Sampling Techniques*, 11.8).
    """
    _, place = np.unique(group, return_inverse=True)
    parts, wholes = np.bincount(place, part), np.bincount(place, whole)
    parts, wholes = parts[wholes > 0], wholes[wholes > 0]
    number, total = len(wholes), wholes.sum()
    share = parts.sum() / total
    if number < 2 or share in (0.0, 1.0):
        return float(number)
    variance = number / (number - 1) * ((parts - share * wholes) ** 2).sum() / total**2
    return float(min(share * (1 - share) / variance, total)) if variance > 0 else float(number)


def counts_interval(
    part: Array, whole: Array, group: NDArray[Any], coverage: float = COVERAGE
) -> tuple[float, float]:
    """Wilson interval of a share of runs that come in groups; of all shares where there are none.

    Parameters
    ----------
    part, whole, group : as for `independent_runs`
    coverage : float
    """
    if not whole.sum():
        return 0.0, 1.0
    reach = float(stats.norm.ppf(0.5 + coverage / 2))
    return _wilson(part.sum() / whole.sum(), independent_runs(part, whole, group), reach)


def _wilson(share: float, number: float, reach: float) -> tuple[float, float]:
    """Interval of a share of independent runs, `reach` standard errors to each side.

    Wilson (1927), *Journal of the American Statistical Association* 22.
    """
    squared = reach**2 / number
    centre = (share + squared / 2) / (1 + squared)
    half = reach * np.sqrt(share * (1 - share) / number + squared / number / 4) / (1 + squared)
    return float(max(centre - half, 0.0)), float(min(centre + half, 1.0))
