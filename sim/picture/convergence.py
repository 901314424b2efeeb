"""Pictures of how estimates settle as runs are added."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from sim.picture.batch.comparison import DARK, MIDDLE, codes_in_words
from sim.picture.labels import source
from sim.picture.multiples import Heading, multiples, scale_values
from sim.picture.sheet import Cell
from sim.picture.style import FAINT, INK, TICK, Caption
from sim.picture.words import text_width

MOST_PANELS = 12


def settling(
    course: pd.DataFrame,
    table: pd.DataFrame,
    half: float,
    wanted: str,
    manifest: Mapping[str, Any],
) -> Figure:
    """Means and their intervals against the number of runs, with the wanted interval.

    Parameters
    ----------
    course : DataFrame
        From `sim.analysis.convergence.course`.
    table : DataFrame
        From `sim.analysis.convergence.convergence`: its rows of means and shares of runs.
    half : float
        Half width of an interval, in standard errors.
    wanted : str
        The wanted error in words.
    manifest : mapping
        Of the result.
    """
    chosen = table[table["statistic"].isin(["mean", "share of runs"])]
    about: dict[str, Any] = {str(row["outcome"]): row for row in chosen.to_dict("records")}
    names = list(about)[:MOST_PANELS]
    headings = []
    for name in names:
        needed = about[name]["needed"]
        runs = "no number of runs told" if np.isnan(needed) else f"needs {needed:,.0f} runs"
        headings.append(Heading(name, f"{about[name]['unit']}; {runs}"))
    first = chosen.iloc[0]
    difference = f", {first['scenario']} less {first['against']}" if first["against"] else ""
    scenario = "" if first["against"] else f" of {first['scenario']}"
    caption = Caption(
        title="Are the runs enough?",
        shown=f"Means{scenario} over the first runs{difference}, by their number",
        detail="Horizontal axis: runs, logarithmic; scales and units differ between panels",
        source=source(manifest),
        runs=int(first["runs"]),
        seed=int(manifest["seed"]),
        note=codes_in_words([re.split("[ @]", name)[0] for name in names], manifest),
    )
    reading = (
        "Line: mean over the first runs; band: its interval of 90 percent. Dashed: the interval "
        f"with the wanted error ({wanted}), about the mean of all runs."
    )
    sheet, panels = multiples(caption, reading, headings)
    for name, (axes, cell) in zip(names, panels, strict=True):
        own = course[course["outcome"] == name]
        axes.fill_between(own["runs"], own["low"], own["high"], color=MIDDLE, linewidth=0)
        axes.plot(own["runs"], own["mean"], color=DARK, linewidth=1.6, gid="mean")
        level, goal = about[name]["value"], half * about[name]["wanted"]
        for edge in (level - goal, level + goal):
            axes.axhline(edge, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), gid="wanted")
        shown = own[own["runs"] >= min(20, own["runs"].max())]
        low, high = min(shown["low"].min(), level - goal), max(shown["high"].max(), level + goal)
        scale_values(axes, cell, float(low), float(high))
        _runs(axes, cell, int(own["runs"].min()), int(own["runs"].max()))
    return sheet.figure


def _runs(axes: Any, cell: Cell, low: int, high: int) -> None:
    """A logarithmic axis with the round numbers of runs that have room."""
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(low, max(high, low + 1))
    span = np.log(max(high, low + 1) / low)
    at: list[int] = []
    labels: list[str] = []
    edge = -np.inf
    for value in (factor * 10**power for power in range(1, 10) for factor in (1, 2, 5)):
        if not low <= value <= high:
            continue
        label = f"{value:,}"
        middle, width = np.log(value / low) / span * cell.width, text_width(label, TICK)
        if middle - width / 2 > edge + 0.1:
            at.append(value)
            labels.append(label)
            edge = middle + width / 2
    axes.set_xticks(at, labels=labels)
    axes.tick_params(axis="x", color=FAINT)
