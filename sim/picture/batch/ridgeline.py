"""Distributions of an outcome at one time: a ridge a scenario, a panel an actor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from sim.picture.sheet import Sheet, actor_lines, grid
from sim.picture.style import (
    FAINT,
    INK,
    LABEL,
    MARGIN,
    RULE,
    TICK,
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


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """Distributions of the outcomes asked for, at the end or at a quarter; see `Page`."""
    return sample_pages(subject, request, "ridgeline", "Distributions", draw)


def draw(
    table: pd.DataFrame,
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
    quantiles: Sequence[float],
    caption: Caption,
) -> Figure:
    """Small multiples, one panel an actor, with a ridge for each scenario, top to bottom.

    Parameters
    ----------
    table : DataFrame
        Columns ``scenario``, ``panel`` (an actor's code) and ``value``: one row a run.
    panels, scenarios : sequence
        What to draw, in order.
    quantiles : sequence of float
        The median and pairs around it: each pair is a bar under the ridge.
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
    ranges = shown_ranges(samples, panels, scenarios, shown)
    limits, remark = panel_limits(ranges, own_units=any(actor.unit for actor in panels))
    numbers = {
        key: median_words(sample, limits[key[0]]) if len(sample) else "left out"
        for key, sample in samples.items()
    }

    columns = {1: 1, 2: 2, 4: 2}.get(len(panels), 3)
    width = WIDTH - 2 * MARGIN
    row = 0.5 if len(scenarios) <= 3 else 0.38
    lines = max(len(actor_lines(panel, width / columns - 0.1)) for panel in panels)
    beside = max(text_width(words, TICK) for words in numbers.values()) + 0.16
    cells, body = grid(
        len(panels), columns, width,
        panel=row * len(scenarios) + 0.1,
        above=lines * LABEL * LINE + 0.12, below=0.36, left=0.1,
        right=beside,
    )  # fmt: skip
    sheet = Sheet(caption, f"{reading(shown)} {remark}".strip(), body, scenarios)
    for actor, cell in zip(panels, cells, strict=True):
        axes = sheet.axes(cell)
        sheet.head(replace(cell, width=width / columns - 0.1), actor)
        low, high = limits[actor.code]
        for place, scenario in enumerate(scenarios):
            floor = len(scenarios) - 1 - place
            sample = samples[actor.code, scenario.name]
            if len(sample):
                _ridge(axes, sample, scenario, floor, shown)
            sheet.write(
                cell.left + cell.width + 0.06,
                cell.bottom + cell.height * (floor + 0.3) / (len(scenarios) + 0.1),
                numbers[actor.code, scenario.name], TICK,
                color=readable(scenario.colour) if len(sample) else FAINT, va="center_baseline",
            )  # fmt: skip
        dress(axes)
        values, labels = ticks(low, high, most=5, width=cell.width)
        axes.set_xticks(values, labels=labels)
        axes.grid(axis="x", color=RULE, linewidth=0.7)
        axes.set_yticks([])
        axes.set_xlim(low, high)
        axes.set_ylim(-0.12, len(scenarios) - 0.02)
    return sheet.figure


def reading(quantiles: Sequence[float]) -> str:
    """What ridges, bars and numbers stand for."""
    half = len(quantiles) // 2
    bars = [
        f"middle {percent(quantiles[-1 - place] - quantiles[place])} of runs "
        f"(quantiles {quantiles[place]:g} to {quantiles[-1 - place]:g})"
        for place in reversed(range(half))
    ]
    return (
        "Ridge: density of runs, each to its own height. "
        f"Bars, thick to thin: {', '.join(bars)}. Dot and number: median."
    )


def _ridge(
    axes: Any,
    sample: NDArray[np.float64],
    scenario: Scenario,
    floor: float,
    quantiles: Sequence[float],
) -> None:
    """One scenario's ridge on its floor, with bars, ticks and median below the curve."""
    colour, base, top = scenario.colour, floor + 0.2, 0.72
    curve = density.along(sample)
    if density.is_constant(sample):
        axes.plot([sample[0]] * 2, [base, base + top], color=colour, linewidth=2.0)
    elif is_count(sample):
        whole, counts = np.unique(sample, return_counts=True)
        axes.bar(
            whole, top * counts / counts.max(), bottom=base, width=0.7,
            color=colour, alpha=0.45, linewidth=0,
        )  # fmt: skip
    elif curve is None:
        axes.plot(
            sample, np.full(len(sample), base + 0.12), linestyle="none", marker="|",
            markersize=9, color=colour,
        )  # fmt: skip
    else:
        places, heights = curve
        heights = base + top * heights / heights.max()
        axes.fill_between(places, base, heights, color=colour, alpha=0.3, linewidth=0)
        axes.plot(places, heights, color=colour, linewidth=1.1)
    marks = np.quantile(sample, quantiles)
    half = len(quantiles) // 2
    bar = floor + 0.07
    for pair in range(half):
        axes.plot(
            [marks[pair], marks[-1 - pair]], [bar, bar],
            color=colour, linewidth=1.2 + 2.8 * pair, solid_capstyle="butt",
            gid=f"bar {pair} {scenario.name}",
        )  # fmt: skip
    axes.plot(
        [marks[half]], [bar], marker="o", markersize=5.0, markerfacecolor="white",
        markeredgecolor=INK, markeredgewidth=1.2, zorder=5, gid=f"median {scenario.name}",
    )  # fmt: skip
