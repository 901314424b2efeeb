"""Attention of the powers to the countries (submodel 2)."""

from __future__ import annotations

import numpy as np

from sim.core.world import Array, Flags

ATTENTION_FLOOR = 1e-6  # epsilon_b: below it attention counts as none


def alignment(exposure: Array, share: Array) -> Array:
    """Share of each power in a country's exposure-weighted portfolio.

    Parameters
    ----------
    exposure : array (country, channel, run)
        E, share of GDP.
    share : array (country, power, channel, run)
        S.

    Returns
    -------
    array (country, power, run)
        a, sums to 1 over powers (0 where a country has no exposure to any).
    """
    weight = (exposure[:, None] * share).sum(axis=2)
    total = weight.sum(axis=1, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


def responsive_value(
    value: Array,
    alignment_now: Array,
    alignment_ref: Array,
    coordination: Array,
    regional: Flags,
    rivalry_response: Array,
) -> Array:
    """Value of a country to a power, raised where rivals have gained.

    Parameters
    ----------
    value : array (power, country, run)
        v.
    alignment_now, alignment_ref : array (country, power, run)
        a and its reference.
    coordination : array (power, power, run)
        1 a cartel, 0 rivals.
    regional : array (power,) of bool
        The regional partner is nobody's rival.
    rivalry_response : array (run,)
        beta_r.

    Returns
    -------
    array (power, country, run)
        v exp( beta_r sum_q (1 - coord_pq)(a_cq - a_cq,ref) ), q a rival of p.
    """
    powers = value.shape[0]
    rival = (1.0 - np.eye(powers) * 1.0) * (~regional)[None, :]
    gain = alignment_now - alignment_ref
    rivalry = rival[:, :, None] * (1.0 - coordination)
    pressure = (rivalry[:, None] * gain[None]).sum(axis=2)
    tilted: Array = value * np.exp(rivalry_response * pressure)
    return tilted


def proportional_allocation(value: Array, core: Flags, exponent: Array) -> Array:
    """Allocate each power's bilateral attention in proportion to value to the power eta.

    With eta = 1 this is the Nash allocation of a lottery contest with common values
    (Friedman 1958).

    Parameters
    ----------
    value : array (power, country, run)
    core : array (country,) of bool
        Countries that share the budget; the others are scaled alike but paid from outside it.
    exponent : array (run,)
        eta.

    Returns
    -------
    array (power, country, run)
        Sums to 1 over core countries (0 where a power values none).
    """
    weight = value**exponent
    # A value of 0 means no interest, also when eta = 0 makes all other interest equal.
    weight = np.where(value > 0, weight, 0.0)
    total = (weight * core[:, None]).sum(axis=1, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


def spend(
    allocation: Array,
    openness: Array,
    access: Array,
    budget: Array,
    distraction: Array,
    boost: Array,
    bilateral: Array,
    core: Flags,
    multilateral_rivalry: Array,
) -> Array:
    """Attention that reaches each country this quarter.

    Parameters
    ----------
    allocation : array (power, country, run)
        Share of a power's bilateral attention.
    openness : array (country, run)
    access : array (country, power, run)
    budget, distraction, boost, bilateral : array (power, run)
        B, d, boost and m.
    core : array (country,) of bool
    multilateral_rivalry : array (run,)
        xi: 0 multilateral attention is a public good, 1 it is divided.

    Returns
    -------
    array (country, power, run)
        A.

    Equation
    --------
    (2) A = open acc B (1 - d) boost [ m share + (1 - m) C^-xi ]
    """
    everybody = float(core.sum()) ** (-multilateral_rivalry)
    form = bilateral * np.swapaxes(allocation, 0, 1) + (1.0 - bilateral) * everybody
    spent: Array = openness[:, None] * access * budget * (1.0 - distraction) * boost * form
    return spent


def smooth(previous: Array, spent: Array, summits: Array, reference: Array, speed: Array) -> Array:
    """Attention as the country feels it: smoothed, plus summits.

    Parameters
    ----------
    previous, spent, summits, reference : array (country, power, run)
        b of the last quarter, A, summits in multiples of the reference, b_ref.
    speed : array (run,)
        alpha_b.

    Returns
    -------
    array (country, power, run)
    """
    felt: Array = (1.0 - speed) * previous + speed * spent + summits * reference
    return felt


def log_ratio(attention: Array, reference: Array) -> Array:
    """Log of attention against its reference, both floored at `ATTENTION_FLOOR`."""
    ratio = np.maximum(attention, ATTENTION_FLOOR) / np.maximum(reference, ATTENTION_FLOOR)
    logs: Array = np.log(ratio)
    return logs
