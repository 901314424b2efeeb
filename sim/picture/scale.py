"""Limits and ticks of an axis: round values whose labels have room."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.ticker import MaxNLocator

from sim.picture.style import TICK
from sim.picture.words import text_width


def padded(low: float, high: float) -> tuple[float, float]:
    """Limits of an axis with a little air; a constant gets air on both sides."""
    air = 0.06 * (high - low)
    if air <= 1e-9 * max(abs(low), abs(high)):
        air = 0.05 * abs(high) or 0.5
    return low - air, high + air


def worth_sharing(limits: Sequence[tuple[float, float]]) -> bool:
    """Whether one scale for all panels leaves the movement in each of them visible."""
    spans = sorted(high - low for low, high in limits)
    whole = max(high for _, high in limits) - min(low for low, _ in limits)
    return whole <= 2.5 * spans[len(spans) // 2]


def ticks(
    low: float, high: float, most: int, width: float | None = None
) -> tuple[list[float], list[str]]:
    """Round tick values inside [low, high] and their labels, which all have the same decimals.

    Parameters
    ----------
    low, high : float
        Limits of the axis, low below high.
    most : int
        Most ticks wanted.
    width : float, optional
        Length of an axis along which the labels stand side by side [inches]; fewer ticks are
        made where they would touch.
    """
    found: list[tuple[list[float], list[str]]] = []
    for bins in range(most + 2, 0, -1):
        locator = MaxNLocator(nbins=bins, steps=[1, 2, 5, 10], min_n_ticks=1)
        values = [float(value) for value in locator.tick_values(low, high)]
        step = values[1] - values[0]
        inside = [value for value in values if low - 1e-9 * step <= value <= high + 1e-9 * step]
        labels = [number(value, step) for value in inside]
        if width is not None and len(inside) > 1:
            room = step / (high - low) * width
            if max(text_width(label, TICK) for label in labels) + 0.07 > room:
                continue
        found.append((inside, labels))
    good = [pair for pair in found if 2 <= len(pair[0]) <= most]
    return max(good or found, key=lambda pair: len(pair[0]))


def number(value: float, step: float) -> str:
    """A number with as many decimals as a step needs, thousands separated, a true minus sign."""
    value = 0.0 if abs(value) < 1e-9 * step else value
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.3g}M".replace("-", "\u2212")
    decimals = 0
    while decimals < 6 and abs(round(step, decimals) - step) > 1e-6 * step:
        decimals += 1
    return f"{value:,.{decimals}f}".replace("-", "\u2212")


def rounded(value: float, span: float) -> str:
    """A number that stands alone, precise to a hundredth of the span it is seen against."""
    return number(value, 10.0 ** math.floor(math.log10(span / 100)) if span > 0 else 0.01)
