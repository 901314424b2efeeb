"""Seeded resampling: the weights of bootstraps, and permutations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.world import Array

RESAMPLES = 1000
LEVEL = 0.9  # of all intervals


def weights(units: int, resamples: int, seed: int) -> Array:
    """How often each unit comes in each resample of a bootstrap.

    Parameters
    ----------
    units, resamples : int
    seed : int

    Returns
    -------
    array (1 + resamples, units)
        The first row has every unit once, so that it gives the estimate itself.
    """
    return counted(np.random.default_rng(seed).integers(0, units, (resamples, units)))


def counted(drawn: NDArray[np.int64]) -> Array:
    """The same from the units that were drawn (resample, units)."""
    resamples, units = drawn.shape
    places = drawn + units * np.arange(resamples)[:, None]
    often = np.bincount(places.ravel(), minlength=places.size).reshape(drawn.shape)
    return np.concatenate([np.ones((1, units)), often.astype(float)])


def permutations(units: int, number: int, seed: int) -> NDArray[np.int64]:
    """Random orders (number, units)."""
    random = np.random.default_rng(seed)
    return random.permuted(np.tile(np.arange(units), (number, 1)), axis=1)


def interval(resampled: Array) -> tuple[Array, Array]:
    """The percentile interval of estimates (resample, ...); not a number where they are not."""
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high
