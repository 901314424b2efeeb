"""Output and remittances (submodel 9)."""

from __future__ import annotations

import numpy as np

from sim.core.leverage import loss
from sim.core.world import Array, Flags

QUARTER = 0.25  # part of a year: exposures and ceilings are shares of a year's GDP


def channel_loss(share: Array, disruption: Array, substitution: Array) -> Array:
    """Share of each channel's value lost to the measures in force.

    Parameters
    ----------
    share, disruption : array (country, power, channel, run)
    substitution : array (channel, run)

    Returns
    -------
    array (country, channel, run)
    """
    return loss((share * disruption).sum(axis=1), substitution)


def update(
    output: Array,
    lost: Array,
    labour_income: Array,
    deal_income: Array,
    reexport_income: Array,
    oil_income: Array,
    decay: Array,
) -> Array:
    """Log deviation of output from its trend.

    Parameters
    ----------
    output : array (country, run)
        yv of the last quarter.
    lost, labour_income, reexport_income, oil_income : array (country, run)
        Shares of GDP a year, deviations from the reference.
    deal_income : array (country, run)
        Gain from realised deals this quarter, share of GDP.
    decay : array (run,)
        delta_y.

    Returns
    -------
    array (country, run)
    """
    yearly = labour_income + reexport_income + oil_income - lost
    updated: Array = (1.0 - decay) * output + QUARTER * yearly + deal_income
    return updated


def currency(
    alignment: Array,
    exchange_rate: Array,
    currency_pass_through: Array,
    oil_exposure: Array,
    oil: Array,
    oil_pass_through: Array,
) -> Array:
    """Value of national currencies in dollars against the base.

    Parameters
    ----------
    alignment : array (country, power, run)
        a at the reference: how much each power's currency weighs.
    exchange_rate : array (power, run)
        fx - fx_ref, log points.
    currency_pass_through, oil_pass_through : array (run,)
        kappa_fx and kappa_oil.
    oil_exposure : array (country, run)
        What is priced with oil at the base, share of GDP.
    oil : array (run,)
        oil - oil_ref, log points.

    Returns
    -------
    array (country, run)
        Log points.
    """
    basket = (alignment * exchange_rate).sum(axis=1)
    value: Array = currency_pass_through * basket + oil_pass_through * oil_exposure * oil
    return value


def remittance_index(share: Array, labour_demand: Array, disruption: Array, labour: Flags) -> Array:
    """Remittances against the base, 1 at the reference.

    Parameters
    ----------
    share, disruption : array (country, power, channel, run)
    labour_demand : array (country, power, run)
        nu: elasticities times demand, exchange rate and migration regime, log points.
    labour : array (channel,) of bool
        True for labour channels.

    Returns
    -------
    array (country, run)
        Not below 0.
    """
    change = share[:, :, labour] * (labour_demand[:, :, None] - disruption[:, :, labour])
    return np.maximum(1.0 + change.sum(axis=(1, 2)), 0.0)
