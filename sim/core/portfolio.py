"""Partners' shares in each channel: exact-hat logit with inertia (submodel 8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.world import Array, Flags


@dataclass(frozen=True)
class Pulls:
    """What moves a dyad's attractiveness in a channel, log points (country, power, channel, run).

    The four terms add up to Delta U; capacity acts beside them, on the base flow.
    """

    attention: Array
    fear: Array
    deals: Array
    drivers: Array

    def total(self) -> Array:
        """Delta U."""
        pull: Array = self.attention + self.fear + self.deals + self.drivers
        return pull


def attention_pull(
    log_attention: Array, agenda: Array, responsiveness: Array, pull: Array
) -> Array:
    """chi r agenda b-hat.

    Parameters
    ----------
    log_attention : array (country, power, run)
    agenda : array (power, channel, run)
    responsiveness : array (channel, run)
    pull : array (run,)
        chi.

    Returns
    -------
    array (country, power, channel, run)
    """
    term: Array = pull * responsiveness * agenda * log_attention[:, :, None]
    return term


def fear_pull(excess_fear: Array, control: Array, share: Array, push: Array) -> Array:
    """-psi (pi - pi_ref) ctrl S.

    Parameters
    ----------
    excess_fear : array (country, power, run)
    control : array (power, channel, run)
    share : array (country, power, channel, run)
    push : array (run,)
        psi.

    Returns
    -------
    array (country, power, channel, run)
    """
    term: Array = -push * excess_fear[:, :, None] * control * share
    return term


def by_channel(by_sector: Array, channel: Flags) -> Array:
    """Gather sectors into the channels they strengthen.

    Parameters
    ----------
    by_sector : array (country, power, sector, run)
    channel : array (sector, channel) of bool
        One True a sector.

    Returns
    -------
    array (country, power, channel, run)
    """
    countries, powers, _, runs = by_sector.shape
    gathered = np.zeros((countries, powers, channel.shape[1], runs))
    strengthened = channel.argmax(axis=1)
    order = np.argsort(strengthened, kind="stable")
    distinct, starts = np.unique(strengthened[order], return_index=True)
    gathered[:, :, distinct] = np.add.reduceat(by_sector[:, :, order], starts, axis=2)
    return gathered


def target_shares(flow: Array, residual: Array, pull: Array) -> Array:
    """Shares that the pulls lead to.

    Parameters
    ----------
    flow : array (country, power, channel, run)
        S0 + R, base share with the gain of routes.
    residual : array (country, channel, run)
        s00, share of the rest.
    pull : array (country, power, channel, run)
        Delta U.

    Returns
    -------
    array (country, power, channel, run)
        S*.
    """
    weight = np.maximum(flow, 0.0) * np.exp(pull)
    shares: Array = weight / (residual + weight.sum(axis=1))[:, None]
    return shares


def shift(share: Array, change: Array) -> Array:
    """Move shares at once by a change of preference, which the target moves by as well.

    Parameters
    ----------
    share : array (country, power, channel, run)
        S of the last quarter.
    change : array (country, power, channel, run)
        Of the preference since the last quarter, log points.

    Returns
    -------
    array (country, power, channel, run)
        S exp(change) / (1 - sum_q S_q + sum_q S_q exp(change_q))
    """
    moved = change.any(axis=(0, 1, 3))
    if not moved.any():
        return share
    part = share[:, :, moved]
    weight = part * np.exp(change[:, :, moved])
    shifted = share.copy()
    shifted[:, :, moved] = weight / (1.0 - (part - weight).sum(axis=1, keepdims=True))
    return shifted


def adjust(share: Array, target: Array, speed: Array) -> Array:
    """Close a part of the gap to the target.

    Parameters
    ----------
    share, target : array (country, power, channel, run)
    speed : array (channel, run)
        a_k.
    """
    moved: Array = share + speed * (target - share)
    return moved
