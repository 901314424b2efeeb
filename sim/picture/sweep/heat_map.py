"""A heat map of a sweep: the mean of an outcome over the values of two factors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.experiment.sweep_result import Sweep
from sim.picture.alternative import joined, told
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import number, rounded, ticks
from sim.picture.sheet import Cell, Sheet, actor_lines, grid
from sim.picture.style import (
    FAINT,
    FONT,
    INK,
    LABEL,
    MARGIN,
    NOTE,
    PAPER,
    TICK,
    WIDTH,
    Actor,
    Caption,
    Scenario,
    contrast,
)
from sim.picture.sweep.bins import Bins, make_bins, means
from sim.picture.sweep.subject import Rows, Subject
from sim.picture.words import LINE, shorten, text_width

FEW = 5  # rows below which a cell's mean is marked
_FILL = 10  # rows wanted in a cell
_BINS = (2, 8)  # fewest and most ranges of a factor
_STEPS = 40  # shades of the key
_COLUMNS = ("scenario", "x", "y", "mean", "marked", "rows")


def pages(sweep: Sweep, request: Request) -> Iterator[Page]:
    """A heat map of each outcome; none where there is a single factor."""
    subject = Subject(sweep, request)
    if len(subject.factors) < 2:
        return
    for column in subject.columns:
        across, up = subject.named(column, 2, 2)
        found = table(subject, column, across, up)
        yield _page(subject, column, found, request)


def table(subject: Subject, column: str, across: str, up: str) -> tuple[pd.DataFrame, Bins, Bins]:
    """The cells of a heat map.

    Returns
    -------
    table : DataFrame
        A line a scenario and cell: x, y (places of the bins, from 0), across, up (bins in words),
        mean, low, high, gap, gap_low, gap_high, q05, q95, rows, groups as `means` gives them, and
        marked (fewer than 5 groups of rows sampled, or a mean that is not told apart from that of
        all rows).
    across, up : Bins
    """
    several = subject.rows(column)
    fewest = min(len(np.unique(rows.group)) for _, rows in several)
    wanted = int(np.clip(np.sqrt(fewest / _FILL), *_BINS))
    whole = pd.concat([rows.values for _, rows in several], ignore_index=True)
    x, y = (
        make_bins(
            subject.factors[name], whole[name],
            () if subject.ordered(name) else subject.levels(name), wanted,
        )
        for name in (across, up)
    )  # fmt: skip
    crossed = subject.crossed
    parts = [
        _cells(rows, x, y, crossed).assign(scenario=scenario.name) for scenario, rows in several
    ]
    made = pd.concat(parts, ignore_index=True)
    made["across"] = [x.words(place) for place in made["x"]]
    made["up"] = [y.words(place) for place in made["y"]]
    unsure = ~((made["gap_low"] > 0) | (made["gap_high"] < 0))
    made["marked"] = (made["rows"] > 0) & (unsure | ((made["groups"] < FEW) & (not crossed)))
    order = ["scenario", "x", "y", "across", "up"]
    return made[[*order, *(name for name in made.columns if name not in order)]], x, y


def _cells(rows: Rows, x: Bins, y: Bins, crossed: bool) -> pd.DataFrame:
    across, up = x.of(rows.values[x.factor.name]), y.of(rows.values[y.factor.name])
    flat = np.where((across >= 0) & (up >= 0), up * x.number + across, -1)
    made = means(rows, flat, x.number * y.number, crossed)
    places = np.arange(len(made))
    return made.assign(x=places % x.number, y=places // x.number)


def _page(
    subject: Subject, column: str, found: tuple[pd.DataFrame, Bins, Bins], request: Request
) -> Page:
    cells, x, y = found
    across, up = x.factor.name, y.factor.name
    spoken = subject.spoken(column)
    chosen = set(request.factor)
    why = "" if {across, up} <= chosen else (
        "Of all factors, these two explain most of the variance of row means, each alone. "
        if not chosen
        else f"With {in_words(across)}, {in_words(up)} explains most of the variance of row means. "
    )  # fmt: skip
    filled = cells[cells["rows"] > 0]
    counts = filled["rows"]
    many = (
        f"{counts.min():,}" if counts.min() == counts.max() else f"{counts.min():,} to "
        f"{counts.max():,}"
    )  # fmt: skip
    kind = "values of the grid" if x.levels and y.levels else (
        "ranges that hold equally many rows" if not (x.levels or y.levels)
        else "values or ranges that hold equally many rows"
    )  # fmt: skip
    rows = "row" if many == "1" else "rows"
    reading = (
        f"{why}Cells: {kind}; mean over the {many} {rows} of a cell and their runs. "
        + ("A cell that is left out has no row. " if len(filled) < len(cells) else "")
        + _of_mark(bool(filled["marked"].any()), subject)
        + _of_span(filled["mean"], subject.rows(column))
    )
    what = f"Mean by {in_words(across)} and {in_words(up)}, {subject.when}"
    caption = subject.caption(
        column, f"How do {in_words(across)} and {in_words(up)} together move {spoken}?", what
    )
    scenarios = [one for one, _ in subject.rows(column)]
    unit = subject.sweep.unit(column)
    return Page(
        f"heat_map_{column}",
        cells,
        caption,
        _alternative(filled, scenarios, x, y, spoken, unit),
        partial(draw, cells, x, y, scenarios, unit, caption, reading.strip()),
    )


def _of_mark(marked: bool, subject: Subject) -> str:
    if not marked:
        return ""
    few = "" if subject.crossed else f"fewer than {FEW} rows, or "
    return f"Corner: {few}an interval of 90% that does not tell the cell from the mean of all rows."


def _of_span(cells: pd.Series[float], several: Sequence[tuple[Scenario, Rows]]) -> str:
    """What cells differ by, beside what chance makes of the runs of one row."""
    within = [rows.runs.var(axis=1, ddof=1).mean() for _, rows in several
              if rows.runs is not None and rows.runs.shape[1] > 1]  # fmt: skip
    if not within:
        return ""
    span = f"{float(cells.max() - cells.min()):.2g}"
    return (
        f" Cells differ by up to {span}; the runs of a row have a standard deviation of "
        f"{float(np.sqrt(np.mean(within))):.2g}."
    )


def _alternative(
    filled: pd.DataFrame, scenarios: Sequence[Scenario], x: Bins, y: Bins, spoken: str, unit: str
) -> str:
    parts = []
    for scenario in scenarios:
        own = filled[filled["scenario"] == scenario.name]
        ordered = own.sort_values("mean", kind="stable").to_dict("records")
        ends = (ordered[0], ordered[-1])
        said = " and ".join(
            f"{which} {told(one['mean'])} at {in_words(x.factor.name)} {one['across']} and "
            f"{in_words(y.factor.name)} {one['up']}"
            for which, one in zip(("least", "most"), ends, strict=True)
        )
        parts.append(f"{scenario.short}: {said}" if len(scenarios) > 1 else said)
    return f"Heat map of {spoken} [{unit}] by two factors: {joined(parts)}"


def draw(
    table: pd.DataFrame,
    across: Bins,
    up: Bins,
    scenarios: Sequence[Scenario],
    unit: str,
    caption: Caption,
    reading: str,
) -> Figure:
    """Panels of cells, one a scenario, all in the same shades, with a key below.

    Parameters
    ----------
    table : DataFrame
        Columns scenario, x, y, mean, marked and rows.
    across, up : Bins
    scenarios : sequence of Scenario
    unit : str
        Of the outcome.
    caption : Caption
    reading : str
        What cells and marks stand for.

    Raises
    ------
    InputError
        If columns are missing, or no cell has a row.
    """
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise InputError(f"a heat map needs a column {missing[0]}; the table has none")
    values = table["mean"].to_numpy(float)
    if not np.isfinite(values).any():
        raise InputError("a heat map needs a cell with a row; found none")
    shades = Shades.of(values)
    width = WIDTH - 2 * MARGIN
    columns = min(2, len(scenarios))
    named = [_word(up, place) for place in range(up.number + (not up.levels))]
    left = min(max(text_width(one, TICK) for one in named), 1.7) + 0.12
    heads = [Actor(one.name, one.title if len(scenarios) > 1 else "") for one in scenarios]
    lines = max(len(actor_lines(one, width / columns - 0.1)) for one in heads)
    lines = lines if len(scenarios) > 1 else 0
    step = (width / columns - left - 0.16) / across.number
    slanted = _slant([_word(across, place) for place in range(across.number)], step)
    below = (slanted or TICK * LINE) + NOTE * LINE + 0.2
    tall = min(max(0.34, 3.4 / up.number), 0.62 if columns == 1 else 0.5) * up.number
    cells, body = grid(
        len(scenarios), columns, width, panel=max(tall, 1.0),
        above=lines * LABEL * LINE + NOTE * LINE + 0.2, below=below, left=left, right=0.16,
    )  # fmt: skip
    key = 0.62
    sheet = Sheet(caption, reading, body + key)
    for scenario, head, cell in zip(scenarios, heads, cells, strict=True):
        cell = replace(cell, bottom=cell.bottom + key)
        own = table[table["scenario"] == scenario.name]
        _panel(sheet.axes(cell), own, across, up, shades, cell)
        if lines:
            higher = Cell(cell.left, cell.bottom, cell.width, cell.height + NOTE * LINE + 0.08)
            sheet.head(higher, head, left=-left)
        _name_axes(sheet, cell, across, up, left, slanted)
    _key(sheet, shades, unit)
    return sheet.figure


class Shades:
    """Colours of values: one colour getting darker, or two around nought."""

    def __init__(self, low: float, high: float) -> None:
        self.two = low < 0 < high
        reach = max(-low, high)
        self.low, self.high = (-reach, reach) if self.two else (low, high)

    @classmethod
    def of(cls, values: Any) -> Shades:
        """That tell these values apart."""
        return cls(float(np.nanmin(values)), float(np.nanmax(values)))

    def colour(self, value: float) -> str:
        """Of a value."""
        span = self.high - self.low
        place = (value - self.low) / span if span > 0 else 0.5
        if self.two:
            return to_hex(colormaps["PuOr"](0.06 + 0.88 * place))
        return to_hex(colormaps["Blues"](0.06 + 0.86 * place))


def _panel(
    axes: Any, own: pd.DataFrame, across: Bins, up: Bins, shades: Shades, cell: Cell
) -> None:
    squares, fills, corners = [], [], []
    wide, high = cell.width / across.number, cell.height / up.number
    known = own[np.isfinite(own["mean"])]
    # One number of decimals for all cells: as many as tell their range.
    span = shades.high - shades.low
    texts = [rounded(value, span) for value in known["mean"]]
    room = max((text_width(text, NOTE) for text in texts), default=0.0) + 0.08
    written = room <= wide and high >= NOTE * LINE + 0.02
    for one, text in zip(known.to_dict("records"), texts, strict=True):
        x, y, fill = one["x"], one["y"], shades.colour(one["mean"])
        squares.append([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)])
        fills.append(fill)
        ink = INK if contrast(fill) < 4.5 else PAPER
        if one["marked"]:
            size = 0.085
            corner = (x + 1 - size / wide, y + 1 - size / high)
            corners.append(([(corner[0], y + 1), (x + 1, y + 1), (x + 1, corner[1])], ink))
        if written:
            axes.text(x + 0.5, y + 0.5, text, ha="center", va="center_baseline", fontsize=NOTE,
                      fontfamily=FONT, color=ink, gid="mean")  # fmt: skip
    axes.add_collection(
        PolyCollection(squares, facecolors=fills, edgecolors=PAPER, linewidths=1.0, gid="cells")
    )
    if corners:
        axes.add_collection(
            PolyCollection(
                [shape for shape, _ in corners], facecolors=[ink for _, ink in corners],
                linewidths=0, gid="marked",
            )
        )  # fmt: skip
    axes.set_xlim(0, across.number)
    axes.set_ylim(0, up.number)
    axes.set_axis_off()


def _word(bins: Bins, place: int) -> str:
    """A level, or the edge at a place."""
    if bins.levels:
        return bins.names[place]
    return bins.edge(place)


def _slant(names: Sequence[str], step: float) -> float:
    """Room that slanted names below need [inches]; nought where they stand level."""
    widest = max(text_width(name, TICK) for name in names)
    return 0.0 if widest + 0.06 <= step or widest < 0.6 else min(widest, 1.7) * 0.72 + 0.12


def _name_axes(
    sheet: Sheet, cell: Cell, across: Bins, up: Bins, left: float, slanted: float
) -> None:
    wide, high = cell.width / across.number, cell.height / up.number
    shift = 0.5 if across.levels else 0.0
    last = -1.0
    for place in range(across.number + (not across.levels)):
        text, middle = _word(across, place), cell.left + (place + shift) * wide
        if slanted:
            sheet.write(
                middle + 0.03, cell.bottom - 0.06, shorten(text, 1.7, TICK), TICK, rotation=45,
                rotation_mode="anchor", ha="right", va="top", color=INK,
            )  # fmt: skip
            continue
        half = text_width(text, TICK) / 2
        if not across.levels:  # edges: the outermost words stay clear of the other axis
            middle = min(max(middle, cell.left + half), cell.left + cell.width - half + 0.1)
        if middle - half > last + 0.08:
            sheet.write(middle, cell.bottom - 0.05, text, TICK, ha="center", va="top", color=INK)
            last = middle + half
    bottom = cell.bottom - 0.05 - (slanted or TICK * LINE) - 0.04
    name = _axis_name(across)
    room = cell.width + left
    half = text_width(shorten(name, room, NOTE), NOTE) / 2
    middle = max(cell.left + cell.width / 2, cell.left - left + half)
    sheet.write(middle, bottom, shorten(name, room, NOTE), NOTE, ha="center", va="top", color=FAINT)
    shift = 0.5 if up.levels else 0.0
    for place in range(up.number + (not up.levels)):
        sheet.write(
            cell.left - 0.07, cell.bottom + (place + shift) * high,
            shorten(_word(up, place), left - 0.1, TICK), TICK, ha="right", va="center_baseline",
            color=INK,
        )  # fmt: skip
    name = shorten(f"{_axis_name(up)} (upwards)", cell.width + left, NOTE)
    above = cell.bottom + cell.height + (0.05 if up.levels else 0.1)
    sheet.write(cell.left - left, above, name, NOTE, va="bottom", color=FAINT)


def _axis_name(bins: Bins) -> str:
    unit = f" [{bins.factor.unit}]" if bins.factor.unit else ""
    return in_words(bins.factor.name) + unit


def _key(sheet: Sheet, shades: Shades, unit: str) -> None:
    """A bar of all shades with its scale, below the panels."""
    wide, tall, bottom = 3.2, 0.13, 0.27
    left = (WIDTH - 2 * MARGIN - wide) / 2
    if not shades.high > shades.low:
        sheet.swatch(Cell(left, bottom, tall, tall), shades.colour(shades.low))
        text = f"{number(shades.low, abs(shades.low) / 1000 or 1.0)} in all cells [{unit}]"
        sheet.write(left + 0.22, bottom - 0.02, text, TICK, color=INK)
        return
    axes = sheet.axes(Cell(left, bottom, wide, tall))
    axes.set_axis_off()
    places = np.linspace(shades.low, shades.high, _STEPS + 1)
    for low, high in pairwise(places):
        axes.axvspan(low, high, color=shades.colour((low + high) / 2), linewidth=0)
    axes.set_xlim(shades.low, shades.high)
    values, labels = ticks(shades.low, shades.high, most=5, width=wide)
    for value, label in zip(values, labels, strict=True):
        at = left + wide * (value - shades.low) / (shades.high - shades.low)
        sheet.rule((at, bottom), (at, bottom - 0.04))
        sheet.write(at, bottom - 0.06, label, TICK, ha="center", va="top", color=INK)
    sheet.write(left + wide / 2, bottom + tall + 0.04, unit, NOTE, ha="center", va="bottom",
                color=FAINT)  # fmt: skip
