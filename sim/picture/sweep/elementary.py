"""Elementary effects of factors: their mean size against their spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment.design import DUMMY
from sim.experiment.reading import in_words
from sim.picture.alternative import joined, told
from sim.picture.scale import ticks
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    FAINT,
    INK,
    MARGIN,
    NOTE,
    PAPER,
    RULE,
    TICK,
    WIDTH,
    Caption,
    dress,
)
from sim.picture.sweep.among_factors import NOT_TOLD, bound
from sim.picture.words import LINE, shorten, text_width

FIRST = "#0072B2"
MOST_NAMES = 16  # factors with a name among dots
DOT = 5.5 / 72  # size of a named dot [inches]
OTHERS = "#A8A8A8"


def problem(table: pd.DataFrame) -> str:
    """Why there is nothing to draw; empty if there is."""
    return (
        "" if (table["mu_star"] > 0).any() else "a picture of effects needs a factor that has one"
    )


def alternative(table: pd.DataFrame) -> str:
    """The picture in words."""
    said = joined(
        f"{in_words(one['factor'])} {told(one['mu_star'])} ({told(one['mu_star_low'])} to "
        f"{told(one['mu_star_high'])}), standard deviation {told(one['sigma'])}"
        for one in table[table["told_apart"]].to_dict("records")
    )
    return "Mean absolute effects with 90 percent intervals, of factors told apart from noise: " + (
        said or "none."
    )


def draw(table: pd.DataFrame, caption: Caption, unit: str = "") -> Figure:
    """Mean size of elementary effects against their spread.

    Up to 16 factors have a name: those with the largest effects, less those whose dots are lost in
    the corner where little happens. The others are grey dots.

    Parameters
    ----------
    table : DataFrame
        Of one outcome, from the largest effect to the smallest: factor, mu_star, mu_star_low,
        mu_star_high, sigma, told_apart.
    caption : Caption
    unit : str
        Of the outcome.

    Raises
    ------
    InputError
        If no factor has an effect.
    """
    if why := problem(table):
        raise InputError(why)
    left, below, tall, step = 0.62, 0.55, 4.2, TICK * LINE * 1.05
    across = 1.06 * float(table["mu_star_high"].max())
    up = 1.08 * float(table["sigma"].max()) or across
    room = WIDTH - 2 * MARGIN - left
    chosen = _distinct(table, (room - 2.4) / across, tall / up)
    named, others = table[chosen], table[~chosen]
    widest = max(text_width(in_words(name), TICK, "bold") for name in named["factor"])
    right = min(widest, 2.4) + 0.35
    sheet = Sheet(
        caption,
        "Dot: one factor. To the right: it moves the outcome more (mean absolute effect of moving "
        "it over its whole range; line: 90% interval). Upwards: the effect differs more with where "
        "the factors stand (standard deviation). On the dashed line both are equal; far below it "
        f"the effect is nearly the same everywhere. Hollow: {NOT_TOLD} from noise." + _grey(others),
        tall + below + 0.34,
    )
    cell = Cell(left, below, room - right, tall)
    axes = sheet.axes(cell)
    axes.plot(
        [0, min(across, up)],
        [0, min(across, up)],
        color=FAINT,
        linewidth=0.9,
        linestyle=(0, (4, 3)),
    )
    for one in others.to_dict("records"):
        axes.plot(
            [one["mu_star"]], [one["sigma"]], marker="o", markersize=3.2, zorder=2.5,
            markerfacecolor=OTHERS, markeredgecolor=OTHERS, clip_on=False,
            gid=f"effect {one['factor']}",
        )  # fmt: skip
    ordered = named.sort_values("sigma", ascending=False, kind="stable").to_dict("records")
    heights = _apart([one["sigma"] / up * tall for one in ordered], step, tall)
    for one, height in zip(ordered, heights, strict=True):
        told = bool(one["told_apart"])
        axes.plot(
            [one["mu_star_low"], one["mu_star_high"]], [one["sigma"]] * 2, color=FIRST,
            linewidth=1.1, zorder=3,
        )  # fmt: skip
        axes.plot(
            [one["mu_star"]], [one["sigma"]], marker="o", markersize=72 * DOT, zorder=4,
            markerfacecolor=FIRST if told else PAPER, markeredgecolor=FIRST, clip_on=False,
            gid=f"effect {one['factor']}",
        )  # fmt: skip
        axes.annotate(
            "", xy=(one["mu_star_high"], one["sigma"]), xycoords="data",
            xytext=(1.0 + 0.18 / cell.width, height / tall), textcoords="axes fraction",
            arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.5,
                        "shrinkA": 0, "shrinkB": 2},
            annotation_clip=False, zorder=1,
        )  # fmt: skip
        weight = "bold" if told else "normal"
        sheet.write(
            left + cell.width + 0.22, below + height,
            shorten(in_words(one["factor"]), right - 0.22, TICK, weight), TICK,
            color=INK, va="center_baseline", weight=weight,
        )  # fmt: skip
    dress(axes)
    for set_ticks, top, length in ((axes.set_xticks, across, cell.width), (axes.set_yticks, up, 0)):
        values, labels = ticks(0.0, top, most=6, width=length or None)
        set_ticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(color=RULE, linewidth=0.6)
    axes.set_xlim(0, across)
    axes.set_ylim(0, up)
    label = f"mean absolute effect [{unit}]" if unit else "mean absolute effect"
    sheet.write(left + cell.width / 2, 0.12, label, NOTE, color=FAINT, ha="center")
    above = "standard deviation of the effect (upwards)"
    sheet.write(0.0, below + tall + 0.12, above, NOTE, color=FAINT)
    return sheet.figure


def _distinct(table: pd.DataFrame, across: float, up: float) -> Any:
    """Which factors are named among dots, given the inches that a unit of either axis takes."""
    large = 0.1 * table["mu_star"].max() * across  # named even where two dots are in one place
    chosen: list[tuple[float, float]] = []
    named = []
    for star, sigma in zip(table["mu_star"] * across, table["sigma"] * up, strict=True):
        apart = all(np.hypot(star - x, sigma - y) > DOT / 2 for x, y in chosen)
        seen = np.hypot(star, sigma) > 2 * DOT and (apart or star >= large)
        named.append(seen and len(chosen) < MOST_NAMES)
        if named[-1]:
            chosen.append((star, sigma))
    return np.array(named, dtype=bool)


def _grey(others: pd.DataFrame) -> str:
    """What the dots without a name are."""
    if others.empty:
        return ""
    if len(others) <= 3:
        return f" Grey: {', '.join(in_words(name) for name in others['factor'])}."
    number, most = others["factor"].ne(DUMMY).sum(), others["mu_star"].max()
    dummy = " and the dummy, which acts on nothing" if DUMMY in set(others["factor"]) else ""
    return (
        f" Grey: the {number} other factors{dummy}, none with a mean absolute effect above "
        f"{bound(most)}."
    )


def _apart(heights: Sequence[float], step: float, top: float) -> list[float]:
    """Heights, falling, moved as little as keeps them a step apart and within the panel."""
    placed: list[float] = []
    for place, height in enumerate(heights):
        room = step * (len(heights) - 1 - place)  # that those below still need
        highest = placed[-1] - step if placed else top
        placed.append(max(min(height, highest), min(room, highest)))
    return placed
