"""How indices and their intervals move as rows are added."""

from __future__ import annotations

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
    MARGIN,
    NOTE,
    RULE,
    SCENARIO_COLOURS,
    SCENARIO_LINES,
    WIDTH,
    Caption,
    Scenario,
    dress,
)

MOST_LINES = len(SCENARIO_COLOURS) - 1  # factors drawn


def problem(table: pd.DataFrame) -> str:
    """Why there is nothing to draw; empty if there is."""
    if table["points"].nunique() < 2:
        return "a picture of convergence needs two numbers of points or more"
    return ""


def alternative(table: pd.DataFrame, of: str) -> str:
    """The picture in words."""
    parts = []
    for points in sorted(table["points"].unique()):
        own = table[table["points"] == points].nlargest(3, "value").to_dict("records")
        said = ", ".join(
            f"{in_words(one['factor'])} {told(one['value'])} ({told(one['low'])} to "
            f"{told(one['high'])})"
            for one in own
        )
        parts.append(f"from {points:,} {of} {said}")
    return f"Estimates with 90 percent intervals: {joined(parts[-3:])}"


def draw(table: pd.DataFrame, caption: Caption, of: str) -> Figure:
    """How indices and their intervals move as rows are added.

    Parameters
    ----------
    table : DataFrame
        Of one outcome and one index: points, factor, value, low, high.
    caption : Caption
    of : str
        What the points are: ``base points``, ``trajectories`` or ``rows``.

    Raises
    ------
    InputError
        If there are fewer than two numbers of points.
    """
    if why := problem(table):
        raise InputError(why)
    points = np.sort(table["points"].unique())
    last = table[table["points"] == points[-1]].sort_values("value", ascending=False)
    shown = list(last["factor"])[:MOST_LINES]
    legend = [
        Scenario(name, in_words(name), colour, line)
        for name, colour, line in zip(shown, SCENARIO_COLOURS, SCENARIO_LINES, strict=False)
    ]
    left, tall = 0.62, 2.3
    number = last["factor"].ne(DUMMY).sum()
    more = f" The {len(shown)} largest of {number} factors." if number > len(shown) else ""
    sheet = Sheet(
        caption,
        f"Lines: estimates from the first so many {of}; bars: 90% intervals. Settled where lines "
        f"run level and bars of different factors lie apart.{more}",
        tall + 0.62,
        legend,
    )
    cell = Cell(left, 0.52, WIDTH - 2 * MARGIN - left - 0.1, tall)
    axes = sheet.axes(cell)
    places = np.arange(len(points), dtype=float)
    own = table[table["factor"].isin(shown)]
    for order, scenario in enumerate(legend):
        one = own[own["factor"] == scenario.name].sort_values("points")
        at = places + 0.06 * (order - (len(legend) - 1) / 2)
        axes.vlines(at, one["low"], one["high"], color=scenario.colour, linewidth=1.6)
        axes.plot(
            at, one["value"], color=scenario.colour, linestyle=scenario.line, linewidth=1.4,
            marker="o", markersize=4, gid=f"converging {scenario.name}",
        )  # fmt: skip
    dress(axes)
    low, high = min(0.0, float(own["low"].min())), float(own["high"].max())
    values, labels = ticks(low, high if high > low else low + 1, most=6)
    axes.set_yticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_xticks(places, labels=[f"{point:,}" for point in points])
    axes.set_xlim(-0.3, len(points) - 0.7)
    sheet.write(left + cell.width / 2, 0.1, f"{of} (logarithmic)", NOTE, color=FAINT, ha="center")
    return sheet.figure
