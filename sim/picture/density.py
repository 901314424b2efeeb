"""Smooth densities of runs along a line and over a plane, for drawing.

Runs are counted in fine bins and the counts smoothed, so the time does not grow with their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates

Array = NDArray[np.float64]

LEAST = 8  # with fewer runs a smooth curve would show shapes that nobody sampled
BINS = 400
CELLS = 180
HEAP = 0.02  # share of runs at one end of the sample from which that end is a bound


def spread(values: Array) -> float:
    """A width that a few far runs do not blow up: the smaller of sd and quartile range / 1.34."""
    low, high = np.quantile(values, [0.25, 0.75])
    deviation = float(np.std(values))
    quartile = float(high - low) / 1.34
    return min(deviation, quartile) if quartile > 0 else deviation


def is_constant(values: Array) -> bool:
    """Whether values are the same but for rounding."""
    size = max(float(np.max(np.abs(values))), 1e-12)
    return float(np.ptp(values)) <= 1e-9 * size


def along(values: Array) -> tuple[Array, Array] | None:
    """Density of a sample along a line.

    Parameters
    ----------
    values : array (run,)

    Returns
    -------
    places, heights : array (place,), or None
        The density integrates to one. Mass that smoothing would carry below zero is folded back
        where the sample has no negative values, and so is what it would carry past an end at which
        the runs heap up, such as the capacity of a route. None where the sample is too small or
        constant.

    Source
    ------
    Bandwidth: Silverman (1986), Density Estimation for Statistics and Data Analysis, eq. 3.31.
    """
    if len(values) < LEAST or is_constant(values):
        return None
    bandwidth = 0.9 * spread(values) * len(values) ** -0.2
    low, high = float(values.min()) - 3 * bandwidth, float(values.max()) + 3 * bandwidth
    if low < 0 <= values.min():
        low = 0.0  # the smoother reflects at the ends of the range
    heap = max(2.0, HEAP * len(values))
    if np.sum(values == values.min()) > heap:
        low = float(values.min())
    if np.sum(values == values.max()) > heap:
        high = float(values.max())
    width = (high - low) / BINS
    counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    smooth = gaussian_filter1d(counts.astype(float), max(bandwidth / width, 0.5), mode="reflect")
    return 0.5 * (edges[1:] + edges[:-1]), smooth / (smooth.sum() * width)


@dataclass(frozen=True)
class Plane:
    """A density on a grid, and the levels that enclose given shares of the runs."""

    x: Array  # (cell,)
    y: Array  # (cell,)
    height: Array  # (y, x)
    levels: tuple[float, ...]  # one a share, in the order asked for


def over(x: Array, y: Array, shares: tuple[float, ...]) -> Plane | None:
    """Density of points in a plane.

    Parameters
    ----------
    x, y : array (run,)
    shares : tuple of float
        Shares of the runs; the region above each returned level holds that share.

    Returns
    -------
    Plane or None
        None where the sample is too small or does not spread at all.
    """
    if len(x) < LEAST or (is_constant(x) and is_constant(y)):
        return None
    widest = max(float(np.std(x)), float(np.std(y)))
    # A sample on a line gets a little width, so that it is drawn as a thin lens.
    bandwidths = [max(spread(values), 0.05 * widest) * len(values) ** (-1 / 6) for values in (x, y)]
    ranges = [
        (float(values.min()) - 4 * bandwidth, float(values.max()) + 4 * bandwidth)
        for values, bandwidth in zip((x, y), bandwidths, strict=True)
    ]
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=CELLS, range=ranges)
    steps = [(high - low) / CELLS for low, high in ranges]
    smooth = gaussian_filter(
        counts, [max(b / s, 0.5) for b, s in zip(bandwidths, steps, strict=True)], mode="constant"
    )
    places = [
        (values - low) / step - 0.5
        for values, (low, _), step in zip((x, y), ranges, steps, strict=True)
    ]
    at_runs = map_coordinates(smooth, places, order=1)
    levels = tuple(float(np.quantile(at_runs, 1 - share)) for share in shares)
    return Plane(
        0.5 * (x_edges[1:] + x_edges[:-1]), 0.5 * (y_edges[1:] + y_edges[:-1]), smooth.T, levels
    )
