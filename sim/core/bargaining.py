"""Terms of engagement, deals announced and deals realised (submodel 3)."""

from __future__ import annotations

import numpy as np

from sim.core.attention import ATTENTION_FLOOR
from sim.core.world import Array

MOST_DEALS = 12  # announcements of a dyad in a quarter; the chance of more is below 1e-9 at rate 1


def outside_option(attention: Array, coordination: Array) -> Array:
    """How good a country's best alternative to a power is.

    Parameters
    ----------
    attention : array (country, power, run)
        b.
    coordination : array (power, power, run)

    Returns
    -------
    array (country, power, run)
        O = min(1, max over q of (1 - coord_pq) b_cq / b_cp), 0 without another power.
    """
    powers = attention.shape[1]
    rivalry = (1.0 - np.eye(powers))[:, :, None] * (1.0 - coordination)
    best = (rivalry[None] * attention[:, None]).max(axis=2)
    option: Array = np.minimum(1.0, best / np.maximum(attention, ATTENTION_FLOOR))
    return option


def pooled_weight(weight: Array, member: Array, cohesion: Array) -> Array:
    """Bargaining weight of a country, pooled with its group by the joint voice.

    Parameters
    ----------
    weight, member : array (country, run)
        n, and 1 for members of the group.
    cohesion : array (run,)
        h.

    Returns
    -------
    array (country, run)
    """
    pool = (member * weight).sum(axis=0)
    pooled: Array = weight + member * cohesion * (pool - weight)
    return pooled


def terms(weight: Array, power_weight: Array, option: Array, option_weight: Array) -> Array:
    """Share of a deal's surplus that the country keeps.

    Asymmetric Nash bargaining with outside options (Binmore, Shaked and Sutton 1989).

    Parameters
    ----------
    weight : array (country, run)
        w_c, pooled.
    power_weight : array (power, run)
        w_p.
    option : array (country, power, run)
        O.
    option_weight : array (run,)
        omega_O.

    Returns
    -------
    array (country, power, run)
        In [0, 1]; 1 where neither side has weight.
    """
    both = weight[:, None] + power_weight
    kept = weight[:, None] + option_weight * option * power_weight
    return np.divide(kept, both, out=np.ones_like(kept), where=both > 0)


def announcements(rate: Array, uniform: Array) -> Array:
    """Number of deals announced, by the inverse of the Poisson distribution.

    Parameters
    ----------
    rate, uniform : array (country, power, run)
        Expected number, and a uniform draw.

    Returns
    -------
    array (country, power, run)
        Whole numbers from 0 to `MOST_DEALS`.
    """
    none = np.exp(-rate)
    some = uniform > none  # few: the rest of the distribution is wanted for these only
    expected, drawn = np.broadcast_to(rate, some.shape)[some], uniform[some]
    mass = np.empty((MOST_DEALS, *expected.shape))
    mass[0] = np.broadcast_to(none, some.shape)[some]
    np.divide(expected, np.arange(1.0, MOST_DEALS)[:, None], out=mass[1:])
    np.multiply.accumulate(mass, axis=0, out=mass)
    np.add.accumulate(mass, axis=0, out=mass)
    number = np.zeros(some.shape)
    number[some] = (drawn > mass).sum(axis=0, dtype=float)
    return number


def announced_total(number: Array, normal: Array, size: Array, dispersion: Array) -> Array:
    """Total size of the deals announced in a quarter.

    The sum of N lognormal sizes is taken as lognormal with their mean and variance
    (Fenton 1960, Wilkinson).

    Parameters
    ----------
    number, normal : array (country, power, run)
        Deals announced, and a standard normal draw.
    size, dispersion : array (run,)
        Mean size as a share of GDP, and standard deviation of its logarithm.

    Returns
    -------
    array (country, power, run)
        Share of GDP.
    """
    variance = np.log1p(np.expm1(dispersion**2) / np.maximum(number, 1.0))
    total: Array = number * size * np.exp(np.sqrt(variance) * normal - 0.5 * variance)
    return total


def disburse(
    committed: Array, realised: Array, inflow: Array, rate: Array, depreciation: Array
) -> tuple[Array, Array, Array]:
    """Turn commitments into realised stock.

    Parameters
    ----------
    committed, realised, inflow : array (country, power, sector, run)
        Q and F of the last quarter, and new commitments, shares of GDP.
    rate : array (country, power, sector, run)
        Share of commitments disbursed a quarter.
    depreciation : array (run,)
        delta_F.

    Returns
    -------
    committed, realised, disbursed : array (country, power, sector, run)
    """
    committed = committed + inflow
    disbursed = rate * committed
    return committed - disbursed, (1.0 - depreciation) * realised + disbursed, disbursed


def stationary_stocks(
    inflow: Array, rate: Array, depreciation: Array
) -> tuple[Array, Array, Array]:
    """Commitments and realised stock that a constant inflow sustains.

    Parameters
    ----------
    inflow, rate : array (country, power, sector, run)
    depreciation : array (run,)

    Returns
    -------
    inflow, committed, realised : array (country, power, sector, run)
        The inflow is 0 where the rate is 0: such deals are never carried out.
    """
    inflow = np.where(rate > 0, inflow, 0.0)
    waiting = np.divide((1.0 - rate) * inflow, rate, out=np.zeros_like(inflow), where=rate > 0)
    return inflow, waiting, inflow / depreciation
