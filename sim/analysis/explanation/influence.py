"""Changes of leverage, autonomy and position by what moved them: midpoints of two states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.analysis.explanation import causes
from sim.analysis.explanation.causes import Cause
from sim.analysis.explanation.logmean import log_mean
from sim.analysis.explanation.shares import Effects
from sim.analysis.explanation.snapshot import Snapshot
from sim.core.leverage import WHOLE, loss
from sim.core.world import Array


@dataclass(frozen=True)
class Holds:
    """What changed the powers' hold on a country.

    Attributes
    ----------
    through : dict of array (power, channel, run)
        What came through the channels.
    direct : dict of array (power, run)
        What did not.
    """

    through: dict[Cause, Array]
    direct: dict[Cause, Array]

    def parts(self) -> Iterator[tuple[Cause, int | None, Array]]:
        """Each part as cause, channel and (power, run)."""
        for cause, part in self.through.items():
            for channel in range(part.shape[1]):
                yield cause, channel, part[:, channel]
        for cause, part in self.direct.items():
            yield cause, None, part


def _mean(first: Array, second: Array) -> Array:
    middle: Array = 0.5 * (first + second)
    return middle


def leverage_effects(first: Snapshot, second: Snapshot, shares: Effects) -> Holds:
    """What makes the leverages of one state differ from those of another.

    Parameters
    ----------
    first, second : Snapshot
    shares : dict of array (source, power, channel, run)
        Differences of the shares that leverage is about, by cause.
    """
    curves = [one.substitution for one in (first, second)]
    reliance = [one.control * one.relied for one in (first, second)]
    # The curve may differ too: its own part at the means of both reliances, theirs of both curves.
    losses = [[loss(held, curve) for held in reliance] for curve in curves]
    bend = _mean(losses[0][0], losses[0][1]) - _mean(losses[1][0], losses[1][1])
    slope = _mean(*(_secant(reliance[0], reliance[1], curve) for curve in curves))
    exposure = _mean(first.exposure, second.exposure)
    lost = _mean(losses[0][0], losses[1][1])
    control = _mean(first.control, second.control)
    found = {cause: exposure * slope * control * part.sum(axis=0) for cause, part in shares.items()}

    shift = first.exposure_shift - second.exposure_shift
    scale = log_mean(first.exposure, second.exposure)
    if shift.any():
        found[causes.EXPOSURE] = lost * scale * shift
    start = np.zeros(slope.shape)
    if np.any(first.exposure_base != second.exposure_base):
        start = start + lost * (first.exposure - second.exposure - scale * shift)
    if np.any(first.control != second.control):
        held = _mean(first.relied, second.relied)
        start = start + exposure * slope * held * (first.control - second.control)
    if np.any(curves[0] != curves[1]):
        start = start + exposure * bend
    if start.any():
        found[causes.STARTING] = found.get(causes.STARTING, 0.0) + start
    return Holds(found, {})


def _secant(first: Array, second: Array, substitution: Array) -> Array:
    """Slope of the loss between two shares, of its tangent where they are equal.

    With b = 1/(sigma - 1) the loss is 1 - (1 - s)^b, so that the slope is b times the logarithmic
    mean of the (1 - s)^b over that of the 1 - s: no difference of close numbers is taken.
    """
    power = 1.0 / (substitution - 1.0)
    left = [1.0 - np.minimum(share, WHOLE) for share in (first, second)]
    slope = power * log_mean(left[0] ** power, left[1] ** power) / log_mean(*left)
    gap = first - second
    # Where the loss stops to rise with the share, it rises over a part of the gap only.
    part = np.divide(left[1] - left[0], gap, out=np.ones(gap.shape), where=gap != 0)
    found: Array = slope * part
    return found


def weight_effects(first: Snapshot, second: Snapshot, leverages: Holds) -> Holds:
    """What makes the weights of powers in the position differ between two states."""
    conceded = [one.concession_weight * one.concession for one in (first, second)]
    raised = 1.0 + _mean(*conceded)
    through = {cause: part * raised[:, None] for cause, part in leverages.through.items()}
    leverage = _mean(first.leverage, second.leverage)
    stock = [one.stock_weight * one.realised for one in (first, second)]
    terms = _mean(first.terms, second.terms)
    direct = {
        causes.CONCESSIONS: leverage
        * _mean(first.concession_weight, second.concession_weight)
        * (first.concession - second.concession),
        causes.BARGAINING: _mean(*stock) * (first.terms - second.terms),
        causes.STOCK: terms
        * _mean(first.stock_weight, second.stock_weight)
        * (first.realised - second.realised),
        causes.STARTING: leverage
        * _mean(first.concession, second.concession)
        * (first.concession_weight - second.concession_weight)
        + terms
        * _mean(first.realised, second.realised)
        * (first.stock_weight - second.stock_weight),
    }
    return Holds(through, {cause: part for cause, part in direct.items() if part.any()})


Effect = tuple[Cause, int | None, int | None, Array]  # cause, power, channel, (run,)


def _by_power(cause: Cause, channel: int | None, effect: Array) -> Iterator[Effect]:
    for power in range(effect.shape[0]):
        if effect[power].any():
            yield cause, power, channel, effect[power]


def position_effects(first: Snapshot, second: Snapshot, weights: Holds) -> Iterator[Effect]:
    """What makes the positions of two states differ."""
    total = _mean(*(one.own_weight + one.weight.sum(axis=0) for one in (first, second)))
    middle = _mean(first.position, second.position)
    arm = (_mean(first.stance, second.stance) - middle) / total
    for cause, channel, part in weights.parts():
        yield from _by_power(cause, channel, part * arm)
    turned = _mean(first.weight, second.weight) * (first.stance - second.stance) / total
    yield from _by_power(causes.STANCE, None, turned)
    ideal = _mean(first.own_weight, second.own_weight) * (first.own_ideal - second.own_ideal)
    own = (_mean(first.own_ideal, second.own_ideal) - middle) * (
        first.own_weight - second.own_weight
    )
    if np.any(ideal + own):
        yield causes.STARTING, None, None, (ideal + own) / total


def autonomy_effects(first: Snapshot, second: Snapshot, weights: Holds) -> Iterator[Effect]:
    """What makes the autonomies of two states differ."""
    total = _mean(*(one.own_weight + one.weight.sum(axis=0) for one in (first, second)))
    middle = _mean(first.autonomy, second.autonomy)
    for cause, channel, part in weights.parts():
        yield from _by_power(cause, channel, -middle * part / total)
    own = first.own_weight - second.own_weight
    if own.any():
        yield causes.STARTING, None, None, (1.0 - middle) * own / total
