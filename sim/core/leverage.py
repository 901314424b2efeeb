"""What a country would lose, and who could make it lose it (submodel 4)."""

from __future__ import annotations

import numpy as np

from sim.core.world import Array

WHOLE = 1.0 - 1e-12  # a share of 1 would make the logarithm infinite


def value_at_risk(base: Array, exposure: Array, reference: Array) -> Array:
    """Value at risk in each channel now.

    Parameters
    ----------
    base : array (country, channel, run)
        E at the base, share of GDP.
    exposure, reference : array (country, channel, run)
        The driver now and at the reference, log points.

    Returns
    -------
    array (country, channel, run)
        E exp(exposure - reference), share of GDP.
    """
    value: Array = base * np.exp(exposure - reference)
    return value


def loss(share: Array, substitution: Array) -> Array:
    """Share of a channel's value lost when suppliers with this share are cut off.

    Parameters
    ----------
    share : array
        In [0, 1].
    substitution : array
        sigma > 1, broadcast against `share`.

    Returns
    -------
    array
        phi = 1 - (1 - s)^(1/(sigma - 1)) in [0, 1].

    Source
    ------
    CES price index with a supplier removed (Armington); convex in s for sigma > 2.
    """
    return np.asarray(-np.expm1(np.log1p(-np.minimum(share, WHOLE)) / (substitution - 1.0)))


def vulnerability(exposure: Array, share: Array, control: Array, substitution: Array) -> Array:
    """Loss that a power could inflict on a country through a channel.

    Parameters
    ----------
    exposure : array (country, channel, run)
        Value at risk, share of GDP.
    share : array (country, power, channel, run)
    control : array (power, channel, run)
        Weaponisability.
    substitution : array (channel, run)

    Returns
    -------
    array (country, power, channel, run)
        V, share of GDP.
    """
    inflicted: Array = exposure[:, None] * loss(control * share, substitution)
    return inflicted


def season(seasons: Array, quarter: int, frost: Array, energy: Array) -> Array:
    """Multiplier of exposure in a quarter.

    Parameters
    ----------
    seasons : array (season, channel, run)
    quarter : int
        Number of the quarter.
    frost : array (run,)
        Severity of the winter, added to energy channels.
    energy : array (channel,)
        1 for energy channels.

    Returns
    -------
    array (channel, run)
    """
    multiplier: Array = seasons[quarter % 4] + energy[:, None] * frost
    return multiplier
