"""The region's joint voice (submodel 11)."""

from __future__ import annotations

import numpy as np

from sim.core.world import Array, Flags


def mean_bilateral(bilateral: Array, budget: Array, regional: Flags) -> Array:
    """Mean bilateral fraction of the formats of powers that spend attention, (run,).

    Parameters
    ----------
    bilateral, budget : array (power, run)
        m and B; powers without budget run no format and do not count.
    regional : array (power,) of bool
    """
    counted = ~regional[:, None] & (budget > 0)
    mean: Array = (counted * bilateral).sum(axis=0) / np.maximum(counted.sum(axis=0), 1)
    return mean


def common_fear(excess_fear: Array, member: Array) -> Array:
    """Mean over members of their fear of all powers above the reference, (run,).

    Parameters
    ----------
    excess_fear : array (country, power, run)
    member : array (country, run)
    """
    number = np.maximum(member.sum(axis=0), 1.0)
    mean: Array = (member * excess_fear.sum(axis=1)).sum(axis=0) / number
    return mean


def update(
    cohesion: Array,
    base: Array,
    bilateral_shift: Array,
    fear: Array,
    consultation: Array,
    speed: Array,
    format_cohesion: Array,
    fear_cohesion: Array,
) -> Array:
    """Joint voice after a quarter.

    Parameters
    ----------
    cohesion, base, bilateral_shift, fear, consultation : array (run,)
        h, its base, rise of the mean bilateral fraction, common fear, consultation above reference.
    speed, format_cohesion, fear_cohesion : array (run,)
        alpha_h, eta_m, eta_theta.

    Returns
    -------
    array (run,)
        In [0, 1].
    """
    target = base - format_cohesion * bilateral_shift + fear_cohesion * fear + consultation
    return np.clip(cohesion + speed * (target - cohesion), 0.0, 1.0)
