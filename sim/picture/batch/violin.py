"""Violins: distributions of an outcome at one time, side by side, a panel an actor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.picture import density
from sim.picture.batch.samples import (
    check_samples,
    is_count,
    median_words,
    sample_pages,
    samples_of,
    shown_ranges,
)
from sim.picture.batch.subject import Subject
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import panel_limits, ticks
from sim.picture.sheet import Cell, Sheet, actor_lines, grid
from sim.picture.style import (
    FAINT,
    INK,
    LABEL,
    MARGIN,
    NOTE,
    RULE,
    WIDTH,
    Actor,
    Caption,
    Scenario,
    check_quantiles,
    dress,
    percent,
    readable,
)
from sim.picture.words import LINE, text_width

GUTTER = 0.55  # room for the labels of the vertical axis [inches]
HALF = 0.42  # half of a violin's width [of the room of a scenario]


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """Violins of the outcomes asked for, at the end or at a quarter; see `Page`."""
    return sample_pages(subject, request, "violin", "Violins", draw)


def draw(
    table: pd.DataFrame,
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
    quantiles: Sequence[float],
    caption: Caption,
) -> Figure:
    """Small multiples, one panel an actor, with a violin for each scenario, left to right.

    Parameters
    ----------
    table : DataFrame
        Columns ``scenario``, ``panel`` (an actor's code) and ``value``: one row a run.
    panels, scenarios : sequence
        What to draw, in order.
    quantiles : sequence of float
        The median and pairs around it: each pair is a bar inside the violin.
    caption : Caption
        Title, meaning and unit, source, number of runs, seed.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If quantiles or columns are missing.
    """
    shown = check_quantiles(quantiles, least=3)
    table = check_samples(table)
    samples = samples_of(table, panels, scenarios)
    limits, remark = panel_limits(
        shown_ranges(samples, panels, scenarios, shown), any(actor.unit for actor in panels)
    )
    most = 3 if len(scenarios) <= 3 else 2  # of more violins side by side the medians would touch
    columns = 2 if len(panels) == 4 else min(most, len(panels))
    width = WIDTH - 2 * MARGIN
    lines = max(len(actor_lines(panel, width / columns - 0.1)) for panel in panels)
    cells, body = grid(
        len(panels), columns, width,
        panel=2.4 if len(panels) == 1 else 1.6, above=lines * LABEL * LINE + 0.16,
        below=NOTE * LINE + 0.22, left=GUTTER,
    )  # fmt: skip
    sheet = Sheet(caption, f"{reading(shown)} {remark}".strip(), body, scenarios)
    for actor, cell in zip(panels, cells, strict=True):
        axes = sheet.axes(cell)
        sheet.head(cell, actor, left=0.08 - GUTTER)
        for place, scenario in enumerate(scenarios):
            sample = samples[actor.code, scenario.name]
            if len(sample):
                _violin(axes, sample, scenario, place, shown)
            _median(sheet, cell, place, len(scenarios), sample, scenario, limits[actor.code])
        _scale(axes, cell, limits[actor.code], len(scenarios))
    return sheet.figure


def reading(quantiles: Sequence[float]) -> str:
    """What violins, bars and numbers stand for."""
    half = len(quantiles) // 2
    bars = [
        f"middle {percent(quantiles[-1 - place] - quantiles[place])} of runs "
        f"(quantiles {quantiles[place]:g} to {quantiles[-1 - place]:g})"
        for place in reversed(range(half))
    ]
    return (
        "Violin: density of runs, each to its own width. "
        f"Bars, thick to thin: {', '.join(bars)}. Dot and number: median."
    )


def _violin(
    axes: Any,
    sample: NDArray[np.float64],
    scenario: Scenario,
    place: int,
    quantiles: Sequence[float],
) -> None:
    """One scenario's violin, with bars and median along its middle."""
    colour = scenario.colour
    curve = density.along(sample)
    if density.is_constant(sample):
        axes.plot([place - HALF, place + HALF], [sample[0]] * 2, color=colour, linewidth=2.0)
    elif is_count(sample):
        whole, counts = np.unique(sample, return_counts=True)
        widths = 2 * HALF * counts / counts.max()
        axes.barh(
            whole, widths, left=place - widths / 2, height=0.7, color=colour, alpha=0.4,
            linewidth=0, gid=f"violin {scenario.name}",
        )  # fmt: skip
    elif curve is None:  # too few runs for a curve: a mark a run
        axes.plot(
            np.full(len(sample), float(place)), sample, linestyle="none", marker="_",
            markersize=14, color=colour, gid=f"violin {scenario.name}",
        )  # fmt: skip
    else:
        inside = (curve[0] >= sample.min()) & (curve[0] <= sample.max())
        places, heights = curve[0][inside], curve[1][inside]
        half = HALF * heights / heights.max()
        axes.fill_betweenx(
            places, place - half, place + half, color=colour, alpha=0.3, linewidth=0,
            gid=f"violin {scenario.name}",
        )  # fmt: skip
        for side in (-1, 1):
            axes.plot(place + side * half, places, color=colour, linewidth=1.0)
    marks = np.quantile(sample, quantiles)
    middle = len(quantiles) // 2
    for pair in range(middle):
        axes.plot(
            [place, place], [marks[pair], marks[-1 - pair]],
            color=colour, linewidth=1.2 + 2.8 * pair, solid_capstyle="butt", zorder=3,
            gid=f"bar {pair} {scenario.name}",
        )  # fmt: skip
    axes.plot(
        [place], [marks[middle]], marker="o", markersize=5.0, markerfacecolor="white",
        markeredgecolor=INK, markeredgewidth=1.2, zorder=5, gid=f"median {scenario.name}",
    )  # fmt: skip


def _median(
    sheet: Sheet,
    cell: Cell,
    place: int,
    number: int,
    sample: NDArray[np.float64],
    scenario: Scenario,
    limits: tuple[float, float],
) -> None:
    """The median in numbers under a violin."""
    step = cell.width / number
    words = median_words(sample, limits) if len(sample) else "left out"
    if text_width(words, NOTE) > step - 0.03:  # "left out", or a number with many digits
        words = (
            f"{float(np.median(sample)):.2g}".replace("-", "\u2212") if len(sample) else "\u2013"
        )
    sheet.write(
        cell.left + (place + 0.5) * step, cell.bottom - 0.08, words, NOTE,
        color=readable(scenario.colour) if len(sample) else FAINT, ha="center", va="top",
    )  # fmt: skip


def _scale(axes: Any, cell: Cell, limits: tuple[float, float], number: int) -> None:
    dress(axes)
    values, labels = ticks(*limits, most=max(4, int(cell.height / 0.36)))
    axes.set_yticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_xticks([])
    axes.set_xlim(-0.5, number - 0.5)
    axes.set_ylim(*limits)
