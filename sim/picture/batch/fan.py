"""Fan charts: how an outcome's quantiles over the runs move from quarter to quarter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment.statistics import QUANTILES
from sim.picture.alternative import ranges
from sim.picture.batch import tables
from sim.picture.batch.choice import headlines
from sim.picture.batch.subject import Subject, file_name
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import panel_limits, ticks, year_ticks
from sim.picture.sheet import Cell, Sheet, actor_lines, grid
from sim.picture.style import (
    FAINT,
    INK,
    LABEL,
    MARGIN,
    RULE,
    WIDTH,
    Actor,
    Caption,
    Scenario,
    check_quantiles,
    dress,
    percent,
)
from sim.picture.words import LINE

GUTTER = 0.55  # room for the labels of the vertical axis [inches]
STANDARD = ("autonomy", "position", "entropy")  # drawn where no outcome is asked for
DIFFERENCES = ("autonomy", "position")  # of these, those drawn against the first scenario too
HEADLINES = 2  # outcomes that the scenarios themselves name, drawn before these
BANDS = 3  # with more scenarios than this, only the first has bands along the way


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """Fans of the outcomes asked for that were kept by quarter; see `Page`."""
    others = subject.entries[1:] or subject.entries
    own = [name for name in headlines(subject.manifest, others) if name not in STANDARD]
    for chosen in subject.choose(request.outcome or (*own[:HEADLINES], *STANDARD)):
        table = tables.by_quarter(subject.by_quarter, chosen)
        if table.empty:  # not kept by quarter
            continue
        shown = f"{subject.label(chosen)}, {subject.horizon}"
        for ending, panels, note in subject.pages(chosen, table, list(QUANTILES)):
            caption = subject.caption(shown, subject.meaning(chosen), note)
            yield _page(
                f"fan_{file_name(chosen)}{ending}", table, panels, subject.scenarios, caption
            )


def difference_pages(subject: Subject, request: Request) -> Iterator[Page]:
    """Fans of differences from the first scenario, run by run; see `Page`."""
    first, *others = subject.scenarios
    for chosen in subject.choose(request.outcome or DIFFERENCES):
        table = tables.differences(subject.result, subject.names, chosen)
        if table.empty:  # not kept by quarter, or nothing to compare with
            continue
        shown = f"{subject.label(chosen)}: difference from {first.short}, {subject.horizon}"
        runs = int(table["n"].min())
        for ending, panels, note in subject.pages(chosen, table, list(QUANTILES)):
            caption = subject.caption(shown, subject.meaning(chosen), note, runs=runs)
            name = f"difference_{file_name(chosen)}{ending}"
            yield _page(name, table, panels, others, caption, difference=True)


def _page(
    name: str,
    table: pd.DataFrame,
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
    caption: Caption,
    difference: bool = False,
) -> Page:
    drawn = table[table["panel"].isin([panel.code for panel in panels])]
    last = drawn.sort_values("quarter").groupby(["scenario", "panel"], sort=False).tail(1)
    ends = ranges(last, panels, scenarios, ("q05", "q50", "q95"))
    return Page(
        name,
        drawn,
        caption,
        f"Fan chart. Median in the last quarter, with the middle 90 percent of runs. {ends}",
        partial(draw, drawn, panels, scenarios, tables.QUANTILES, caption, difference),
    )


def quantile_column(quantile: float) -> str:
    """Name of a quantile's column in the quarter table: 0.05 is ``q05``."""
    return f"q{round(100 * quantile):02d}"


def draw(
    table: pd.DataFrame,
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
    quantiles: Sequence[float],
    caption: Caption,
    difference: bool = False,
) -> Figure:
    """Small multiples, one panel an actor, with a fan for each scenario.

    Parameters
    ----------
    table : DataFrame
        Columns ``scenario``, ``panel`` (an actor's code), ``quarter``, ``n`` (runs) and one a
        quantile, such as ``q05``.
    panels, scenarios : sequence
        What to draw, in order.
    quantiles : sequence of float
        The median and pairs around it: each pair is a band.
    caption : Caption
        Title, meaning and unit, source, number of runs, seed.
    difference : bool
        Quantiles are those of differences from another scenario, run by run: zero is marked, and
        all panels have one scale, so that no noise is blown up to look like an effect.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If quantiles or their columns, or the number of runs, are missing.
    """
    shown = check_quantiles(quantiles, least=3)
    wanted = ["scenario", "panel", "quarter", "n", *map(quantile_column, shown)]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise InputError(f"a fan chart needs a column {missing[0]}; the table has none")

    columns = {1: 1, 2: 2, 4: 2}.get(len(panels), 3)
    width = WIDTH - 2 * MARGIN
    lines = max(len(actor_lines(panel, width / columns - 0.1)) for panel in panels)
    cells, body = grid(
        len(panels), columns, width,
        panel={1: 2.9, 2: 2.0}.get(columns, 1.5),
        above=lines * LABEL * LINE + 0.16, below=0.32, left=GUTTER,
    )  # fmt: skip

    lowest, highest = quantile_column(shown[0]), quantile_column(shown[-1])
    by_panel = table.groupby("panel")
    lows, highs = by_panel[lowest].min(), by_panel[highest].max()
    ranges = {one.code: (float(lows[one.code]), float(highs[one.code])) for one in panels}
    limits, remark = panel_limits(
        ranges, own_units=any(actor.unit for actor in panels), common=difference
    )
    words = f"{reading(shown, scenarios, difference)} {remark}".strip()
    sheet = Sheet(caption, words, body, scenarios)
    start, end = table["quarter"].min() / 4, table["quarter"].max() / 4
    for actor, cell in zip(panels, cells, strict=True):
        axes = sheet.axes(cell)
        sheet.head(cell, actor, left=0.08 - GUTTER)
        rows = table[table["panel"] == actor.code].sort_values("quarter")
        if difference:
            axes.axhline(0.0, color=INK, linewidth=0.8)
        fans(axes, rows, scenarios, shown)
        right = end_bars(axes, rows, scenarios, shown, end, end - start)
        time_scale(axes, start, end, right, limits[actor.code], cell)
    return sheet.figure


def reading(
    quantiles: Sequence[float], scenarios: Sequence[Scenario], difference: bool = False
) -> str:
    """What line, bands and bars stand for."""
    half, number = len(quantiles) // 2, len(scenarios)
    bands = [
        f"middle {percent(quantiles[-1 - place] - quantiles[place])} of runs "
        f"(quantiles {quantiles[place]:g} to {quantiles[-1 - place]:g})"
        for place in reversed(range(half))
    ]
    line = "median of the differences run by run" if difference else "median of runs"
    words = f"Line: {line}. Bands, dark to light: {', '.join(bands)}"
    if 1 < number <= BANDS:
        words += "; thin lines: edges of the light band of the other scenario"
        words += "s" if number > 2 else ""
    elif number > BANDS:
        words += ", of the first scenario"
    return words + (". Bars on the right: the same in the last quarter." if number > 1 else ".")


def fans(
    axes: Any, rows: pd.DataFrame, scenarios: Sequence[Scenario], quantiles: Sequence[float]
) -> None:
    """Bands and median line of each scenario.

    Filled bands of several scenarios mix to colours that belong to none. So the first scenario's
    bands are filled; a second one's outer band has two thin edges and its inner one is filled; a
    third one's has the edges alone; of more scenarios the medians are drawn.
    """
    half, number = len(quantiles) // 2, len(scenarios)
    names = set(rows["scenario"])  # a scenario may leave this actor out
    for place, scenario in enumerate(one for one in scenarios if one.name in names):
        own = rows[rows["scenario"] == scenario.name]
        if len(own) == 1:  # a point has no length: it is drawn for as long as the quarter lasts
            own = pd.concat([own, own.assign(quarter=own["quarter"] + 1)])
        years = own["quarter"].to_numpy() / 4
        for pair in range(half):
            edges = [own[quantile_column(quantiles[side])] for side in (pair, -1 - pair)]
            if place == 0 or (number == 2 and pair > 0):
                axes.fill_between(
                    years, *edges, color=scenario.colour, alpha=0.14 + 0.14 * pair, linewidth=0
                )
            elif number <= BANDS and pair == 0:
                for edge in edges:
                    axes.plot(years, edge, color=scenario.colour, linewidth=0.9, zorder=3)
        axes.plot(
            years, own[quantile_column(quantiles[half])],
            color=scenario.colour, linestyle=scenario.line, linewidth=1.8,
            zorder=4, gid=f"median {scenario.name}",
        )  # fmt: skip


def end_bars(
    axes: Any,
    rows: pd.DataFrame,
    scenarios: Sequence[Scenario],
    quantiles: Sequence[float],
    end: float,
    span: float,
) -> float:
    """Bars of the last quarter beside the fans, so that overlapping bands can be told apart.

    Returns the right limit of the axis.
    """
    if len(scenarios) == 1:
        return end
    half = len(quantiles) // 2
    for place, scenario in enumerate(scenarios):
        own = rows[rows["scenario"] == scenario.name]
        if own.empty:
            continue
        last = own.iloc[-1]
        x = bar_place(place, end, span)
        for pair in range(half):
            axes.plot(
                [x, x], [last[quantile_column(quantiles[side])] for side in (pair, -1 - pair)],
                color=scenario.colour, linewidth=1.1 + 2.6 * pair, solid_capstyle="butt",
            )  # fmt: skip
        axes.plot(
            [x], [last[quantile_column(quantiles[half])]],
            marker="o", markersize=4.2, markerfacecolor="white",
            markeredgecolor=scenario.colour, markeredgewidth=1.2, zorder=5,
        )  # fmt: skip
    return bar_place(len(scenarios) - 0.4, end, span)


def bar_place(place: float, end: float, span: float) -> float:
    """Where the bar of the scenario at a place in their order stands beside the fans."""
    return end + (place + 1.0) * max(span, 1.0) * 0.05


def time_scale(
    axes: Any, start: float, end: float, right: float, limits: tuple[float, float], cell: Cell
) -> None:
    """Ticks in whole years and round values; limits of both axes."""
    dress(axes)
    right = max(right, start + 0.25)
    years, names = year_ticks(start, end, cell.width * (end - start) / (right - start))
    axes.set_xticks(years, labels=names)
    values, labels = ticks(*limits, most=max(5, int(cell.height / 0.4)))
    axes.set_yticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_xlim(start, right)
    axes.set_ylim(*limits)
    if right > end:
        axes.axvline(end, color=FAINT, linewidth=0.6, alpha=0.6)
