"""Logarithmic means: what turns a difference into a sum of differences of logarithms."""

from __future__ import annotations

import numpy as np

from sim.core.world import Array


def log_ratio(first: Array, second: Array) -> Array:
    """Logarithm of first over second, 0 where either is not above 0."""
    both = (first > 0) & (second > 0)
    shape = both.shape
    ratio = np.divide(first, second, out=np.ones(shape), where=both)
    found: Array = np.log(ratio)
    return found


def log_mean(first: Array, second: Array) -> Array:
    """Logarithmic mean (a - b)/ln(a/b): a where the two are equal, 0 where one is not above 0.

    Times the log ratio it gives a - b, to the last digits also where the two are close.

    Source
    ------
    Additive LMDI-I (Ang 2004); its treatment of zeros (Ang and Liu 2007).
    """
    both = (first > 0) & (second > 0)
    half = 0.5 * log_ratio(first, second)
    # sqrt(ab) sinh(h)/h with h half the log ratio: no difference of close numbers is taken.
    stretched = np.divide(np.sinh(half), half, out=np.ones(half.shape), where=half != 0)
    product = np.where(both, np.sqrt(np.maximum(first, 0)) * np.sqrt(np.maximum(second, 0)), 0.0)
    found: Array = product * stretched
    return found
