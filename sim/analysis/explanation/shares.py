"""Changes of shares by what moved them: the target's by logarithmic means, then its inertia."""

from __future__ import annotations

import numpy as np

from sim.analysis.explanation.causes import PREFERENCE, STARTING, Cause, capacity
from sim.analysis.explanation.logmean import log_mean
from sim.analysis.explanation.snapshot import Snapshot
from sim.core.world import Array, Flags

Effects = dict[Cause, Array]  # (source, power, channel, run); the last source is all the rest


def target_effects(first: Snapshot, second: Snapshot) -> Effects:
    """What makes the target shares of one state differ from those of another.

    Parameters
    ----------
    first, second : Snapshot
        Of the same powers and channels.

    Returns
    -------
    dict of array (source, power, channel, run)
        Effect of what acts on a source power on the share of a power; they add up to S* of the
        first less that of the second.
    """
    weights = [one.attraction for one in (first, second)]
    totals = [
        one.rest + weight.sum(axis=0) for one, weight in zip((first, second), weights, strict=True)
    ]
    shares = [weight / total for weight, total in zip(weights, totals, strict=True)]
    both = (weights[0] > 0) & (weights[1] > 0)
    # A flow that starts or ends is its flow's doing: the logarithm of the rest has no weight there.
    whole = np.where(both, 0.0, weights[0] - weights[1])
    weight_mean = log_mean(weights[0], weights[1])
    share_mean = log_mean(shares[0], shares[1])
    total_mean = log_mean(totals[0], totals[1])
    own_whole = np.where(both, 0.0, shares[0] - shares[1])

    found: Effects = {}
    for cause, (logs, part) in _changes(first, second, both).items():
        crowding = share_mean[None] * ((weight_mean * logs + whole * part) / total_mean)[:, None]
        found[cause] = _placed(share_mean * logs + own_whole * part, crowding)
    others = first.rest - second.rest
    if others.any():
        effect = np.zeros((shares[0].shape[0] + 1, *share_mean.shape))
        effect[-1] = -share_mean * (others / total_mean)
        found[STARTING] = found.get(STARTING, 0.0) + effect
    return found


def _placed(own: Array, crowding: Array) -> Array:
    """Effects by source: what a source takes from all, and what a power gains by itself."""
    powers = own.shape[0]
    effect = np.zeros((powers + 1, *np.broadcast_shapes(own.shape, crowding.shape[1:])))
    effect[:powers] = -crowding
    effect[np.arange(powers), np.arange(powers)] += own
    return effect


def _changes(first: Snapshot, second: Snapshot, both: Flags) -> dict[Cause, tuple[Array, Array]]:
    """Of each cause: change of the log weights, and part of a flow that starts or ends.

    Each (power, channel, run).
    """
    shape = both.shape
    flows = [np.maximum(one.flow, 0.0) for one in (first, second)]
    mean = log_mean(*flows)
    change = np.broadcast_to(first.flow - second.flow, shape)
    found: dict[Cause, tuple[Array, Array]] = {}
    nothing = np.zeros(shape)

    def split(moved: Array) -> tuple[Array, Array]:
        """The logarithm of the flow is split like the flow itself."""
        moved = np.broadcast_to(moved, shape)
        logs = np.divide(moved, mean, out=np.zeros(shape), where=both & (mean > 0))
        part = np.divide(moved, change, out=np.zeros(shape), where=~both & (change != 0))
        return logs, part

    base = first.base - second.base
    if base.any():
        found[STARTING] = split(base)
    for route in dict.fromkeys((*first.gains, *second.gains)):
        moved = np.zeros(shape)
        for sign, one in ((1.0, first), (-1.0, second)):
            if route in one.gains:
                power, channel, gain = one.gains[route]
                moved[power, channel] += sign * gain
        if moved.any():
            found[capacity(route)] = split(moved)
    for cause in dict.fromkeys((*first.pulls, *second.pulls)):
        logs = first.pulls.get(cause, 0.0) - second.pulls.get(cause, 0.0)
        if np.any(logs):
            found[cause] = (np.where(both, logs, 0.0), nothing)
    return found


def shift_effects(one: Snapshot) -> Array:
    """What the change of preference did to shares at once (source, power, channel, run)."""
    before, change, weight = one.relied, one.preference, one.preferred
    rest = 1.0 - before.sum(axis=0)
    total = rest + weight.sum(axis=0)
    share_mean = log_mean(weight / total, before)
    crowding = share_mean[None] * (log_mean(weight, before) * change)[:, None]
    return _placed(share_mean * change, crowding / log_mean(total, np.ones_like(total)))


class ShareLedger:
    """Differences between the shares of two courses of a country, by cause, quarter by quarter.

    Attributes
    ----------
    now, before : dict of array (source, power, channel, run)
        At the end of the last quarter taken in, and of the one before; they add up to the
        difference of the shares.
    """

    def __init__(self, first: Snapshot, second: Snapshot) -> None:
        self.now: Effects = {}
        gap = first.base - second.base
        if gap.any():
            self.now[STARTING] = _placed(gap, np.zeros((1, *gap.shape)))
        self.before = self.now

    def add(self, first: Snapshot, second: Snapshot) -> None:
        """Take in a quarter of both courses."""
        speeds = [one.adjustment for one in (first, second)]
        speed = 0.5 * (speeds[0] + speeds[1])
        now = dict(self.now)

        def include(cause: Cause, effect: Array) -> None:
            now[cause] = now[cause] + effect if cause in now else effect

        for sign, one in ((1.0, first), (-1.0, second)):
            if one.preference.any():
                include(PREFERENCE, sign * shift_effects(one))
        now = {cause: (1.0 - speed) * effect for cause, effect in now.items()}
        for cause, effect in target_effects(first, second).items():
            include(cause, speed * effect)
        if np.any(speeds[0] != speeds[1]):
            # S = S' + a (S* - S'), and a times the gap is what was closed of it.
            gaps = [_gap(one) for one in (first, second)]
            closed = (speeds[0] - speeds[1]) * 0.5 * (gaps[0] + gaps[1])
            include(STARTING, _placed(closed, np.zeros((1, *closed.shape))))
        self.before, self.now = self.now, now


def _gap(one: Snapshot) -> Array:
    """Target less share, as the quarter found them (power, channel, run)."""
    weight, moved = one.attraction, one.preferred
    target = weight / (one.rest + weight.sum(axis=0))
    gap: Array = target - moved / (1.0 - (one.relied - moved).sum(axis=0))
    return gap
