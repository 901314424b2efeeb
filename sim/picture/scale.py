"""Limits and ticks of an axis: round values whose labels have room."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sim.picture.style import TICK
from sim.picture.words import text_width


def padded(low: float, high: float) -> tuple[float, float]:
    """Limits of an axis with a little air; a constant gets air on both sides."""
    air = (0.05 * abs(high) or 0.5) if same(low, high) else 0.06 * (high - low)
    return low - air, high + air


def same(low: float, high: float) -> bool:
    """Whether two values are equal but for rounding."""
    return high - low <= 1e-9 * max(abs(low), abs(high))


def panel_limits(
    ranges: Mapping[str, tuple[float, float]], own_units: bool = False, common: bool = False
) -> tuple[dict[str, tuple[float, float]], str]:
    """Limits of the panels' value axes, as alike as leaves the movement in each visible.

    Parameters
    ----------
    ranges : mapping of str to (low, high)
        What each panel has to show.
    own_units : bool
        Panels have units of their own, so their scales have nothing in common.
    common : bool
        The same limits for all, whatever becomes of the small ones.

    Returns
    -------
    limits : dict of str to (low, high)
        Either the same for all; or equally long, at each panel's own level; or each its own.
    remark : str
        What a reader has to know about it; empty where the limits are the same.
    """
    lengths = sorted(high - low for low, high in ranges.values() if not same(low, high))
    whole = (min(low for low, _ in ranges.values()), max(high for _, high in ranges.values()))
    if len(ranges) == 1 or common or (not own_units and not lengths and same(*whole)):
        return dict.fromkeys(ranges, padded(*whole)), ""
    if not own_units and lengths and lengths[-1] <= 5 * lengths[0]:
        if whole[1] - whole[0] <= 2.5 * lengths[len(lengths) // 2]:
            return dict.fromkeys(ranges, padded(*whole)), ""
        limits = {}
        for name, (low, high) in ranges.items():
            below = (low + high - lengths[-1]) / 2
            below = 0.0 if below < 0 <= low else below  # not below zero where nothing is
            limits[name] = padded(below, below + lengths[-1])
        return limits, "Panels show different levels, all at one scale."
    limits = {name: padded(low, high) for name, (low, high) in ranges.items()}
    return limits, "Scales differ between panels."


def ticks(
    low: float, high: float, most: int, width: float | None = None
) -> tuple[list[float], list[str]]:
    """Round tick values inside [low, high] and their labels, which all have the same decimals.

    The step depends on the length of the axis alone: axes of one scale have one step.

    Parameters
    ----------
    low, high : float
        Limits of the axis, low below high.
    most : int
        Most steps wanted along the axis.
    width : float, optional
        Length of an axis along which the labels stand side by side [inches]; the step is made
        longer where they would touch.
    """
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    # Side by side there is room for few labels: fours fill the gap between twos and fives.
    factors = (1, 2, 5) if width is None else (1, 2, 4, 5)
    for step in (factor * scale * power for scale in (1, 10, 100) for factor in factors):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        values = [place * step for place in range(first, last + 1)]
        labels = [number(value, step) for value in values]
        room = math.inf if width is None else step / (high - low) * width
        widest = max((text_width(label, TICK) for label in labels), default=0.0)
        if (high - low) / step <= most + 1e-9 and (len(values) < 2 or widest + 0.07 <= room):
            break
    return values, labels


def number(value: float, step: float) -> str:
    """A number with as many decimals as a step needs, thousands separated, a true minus sign."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.3g}M".replace("-", "\u2212")
    decimals = 0
    while decimals < 6 and abs(round(step, decimals) - step) > 1e-6 * step:
        decimals += 1
    value = round(value, decimals) + 0.0  # adding zero makes a negative zero positive
    return f"{value:,.{decimals}f}".replace("-", "\u2212")


def rounded(value: float, span: float) -> str:
    """A number that stands alone, precise to about a thirtieth of the span it is seen against."""
    return number(value, 10.0 ** math.floor(math.log10(span / 30)) if span > 0 else 0.01)


def year_ticks(start: float, end: float, width: float) -> tuple[list[float], list[str]]:
    """Whole years from `start` to `end` and their labels, as many as have room.

    Parameters
    ----------
    start, end : float
        Years.
    width : float
        Length of the axis between them [inches].
    """
    years = list(range(math.ceil(start), math.floor(end) + 1))
    room = max(1, int(width / 0.56))
    years = years[:: max(1, -(-len(years) // (room + 1)))]
    return [float(year) for year in years], [str(year) for year in years]
