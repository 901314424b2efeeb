"""Rows of intervals and marks along one axis: the shape of most pictures of fits and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.figure import Figure

from sim.picture.scale import ticks
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    FAINT,
    INK,
    LABEL,
    MARGIN,
    NOTE,
    PAPER,
    RULE,
    TICK,
    WIDTH,
    Caption,
    Scenario,
    dress,
)
from sim.picture.words import LINE, shorten, text_width

ROW = 0.195  # height of a row [inches]
HEAD = LABEL * LINE + 0.14  # room for a panel's heading [inches]
FOOT = TICK * LINE + 0.16  # room for the labels of an axis [inches]
GAP = 0.1  # between words and the strip [inches]
WORDS = 0.64  # most that the words on the left take of the width


@dataclass(frozen=True)
class Span:
    """A bar from one value to another.

    Parameters
    ----------
    low, high : float
    colour : str
    width : float
        Points.
    kind : str
        What the bar stands for; names the artist.
    offset : float
        Below the middle of the row [rows].
    """

    low: float
    high: float
    colour: str
    width: float
    kind: str
    offset: float = 0.0


@dataclass(frozen=True)
class Mark:
    """A value marked; beyond the axis, an arrow at its end.

    Parameters
    ----------
    value : float
    colour : str
    kind : str
        What the mark stands for; names the artist.
    shape : str
        Of matplotlib's markers.
    filled : bool
        Filled with the colour, or with paper.
    size : float
        Points.
    offset : float
        Below the middle of the row [rows].
    """

    value: float
    colour: str
    kind: str
    shape: str = "o"
    filled: bool = True
    size: float = 5.0
    offset: float = 0.0


@dataclass(frozen=True)
class Row:
    """A row: words, bars and marks along the axis, more words.

    Parameters
    ----------
    label, tag : str
        Words on the left: what, and which of them; a label that is repeated is left out.
    spans, marks : tuple
        Drawn in order.
    note : str
        Words on the right.
    strong : bool
        Label in bold.
    """

    label: str
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    tag: str = ""
    note: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Axis:
    """The axis that all rows of a panel share.

    Parameters
    ----------
    low, high : float
    label : str
        What it measures, and in which unit.
    lines : tuple of float
        Values marked by a line.
    bands : tuple of (float, float, str)
        Ranges shaded in a colour.
    at, named : tuple
        Ticks and their labels; default: round values.
    """

    low: float
    high: float
    label: str
    lines: tuple[float, ...] = ()
    bands: tuple[tuple[float, float, str], ...] = ()
    at: tuple[float, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """Rows under one heading."""

    heading: str
    rows: tuple[Row, ...]
    axis: Axis


@dataclass(frozen=True)
class _Words:
    """Widths of the words beside a strip [inches]."""

    label: float
    tag: float
    note: float

    @property
    def left(self) -> float:
        return self.label + (self.tag + GAP if self.tag else 0.0) + GAP

    @property
    def right(self) -> float:
        return self.note + (GAP if self.note else 0.06)


def draw(
    panels: Sequence[Panel],
    caption: Caption,
    reading: str,
    columns: int = 1,
    legend: Sequence[Scenario] = (),
    row: float = ROW,
) -> Figure:
    """Panels of rows, one under the other or side by side.

    Parameters
    ----------
    panels : sequence of Panel
    caption : Caption
    reading : str
        What bars and marks stand for.
    columns : int
        Panels side by side.
    legend : sequence of Scenario
    row : float
        Height of a row [inches].
    """
    body = height(panels, columns, row)
    sheet = Sheet(caption, reading, body, legend)
    place(sheet, panels, body, columns, row)
    return sheet.figure


def height(panels: Sequence[Panel], columns: int = 1, row: float = ROW) -> float:
    """Height that panels need [inches]."""
    shown = [_without_label(panels, position, columns) for position in range(len(panels))]
    return sum(_tallest(group, row) for group in _groups(shown, columns))


def place(
    sheet: Sheet, panels: Sequence[Panel], top: float, columns: int = 1, row: float = ROW
) -> None:
    """Draw panels on a sheet from a height of its body downwards."""
    step = (WIDTH - 2 * MARGIN) / columns
    widths = _widths(panels, step)
    panels = [_without_label(panels, position, columns) for position in range(len(panels))]
    for group in _groups(panels, columns):
        for position, panel in enumerate(group):
            inside = len(panel.rows) * row
            cell = Cell(
                left=position * step + widths.left,
                bottom=top - _head(group) - inside,
                width=step - widths.left - widths.right - (0.12 if columns > 1 else 0.0),
                height=inside,
            )
            _panel(sheet, panel, cell, widths, position * step, row)
        top -= _tallest(group, row)


def _without_label(panels: Sequence[Panel], position: int, columns: int) -> Panel:
    """A panel; without the label of its axis if the panel below has the same."""
    panel = panels[position]
    below = position + columns
    if below < len(panels) and panels[below].axis.label == panel.axis.label:
        return replace(panel, axis=replace(panel.axis, label=""))
    return panel


def _groups(panels: Sequence[Panel], columns: int) -> list[Sequence[Panel]]:
    return [panels[at : at + columns] for at in range(0, len(panels), columns)]


def _head(group: Sequence[Panel]) -> float:
    return HEAD if any(panel.heading for panel in group) else 0.06


def _tallest(group: Sequence[Panel], row: float) -> float:
    axis = NOTE * LINE if any(panel.axis.label for panel in group) else 0.0
    return _head(group) + max(len(panel.rows) for panel in group) * row + FOOT + axis


def _widths(panels: Sequence[Panel], step: float) -> _Words:
    rows = [row for panel in panels for row in panel.rows]
    label = max((text_width(row.label, TICK, _weight(row)) for row in rows), default=0.0)
    tag = max((text_width(row.tag, TICK) for row in rows), default=0.0)
    note = max((text_width(row.note, NOTE) for row in rows), default=0.0)
    return _Words(min(label, WORDS * step - tag), tag, min(note, 0.36 * step))


def _weight(row: Row) -> str:
    return "bold" if row.strong else "normal"


def _panel(
    sheet: Sheet, panel: Panel, cell: Cell, widths: _Words, left: float, height: float
) -> None:
    axis, number = panel.axis, len(panel.rows)
    axes = sheet.axes(cell)
    dress(axes)
    for low, high, colour in axis.bands:
        axes.axvspan(low, high, color=colour, linewidth=0, zorder=0.2, gid="band")
    for value in axis.lines:
        axes.axvline(value, color=FAINT, linewidth=0.9, zorder=0.8, gid="line")
    if panel.heading:
        heading = shorten(
            panel.heading, cell.left - left + cell.width + widths.right, LABEL, "bold"
        )
        sheet.write(
            left, cell.bottom + cell.height + 0.07, heading, LABEL,
            weight="bold", color=INK, va="bottom",
        )  # fmt: skip
    before = ""
    for y, row in enumerate(panel.rows):
        middle = cell.bottom + cell.height - (y + 0.5) * height
        if row.label != before:
            words = shorten(row.label, widths.label, TICK, _weight(row))
            sheet.write(
                left, middle, words, TICK, color=INK, va="center_baseline", weight=_weight(row)
            )
            if before and row.tag:
                axes.axhline(y - 0.5, color=RULE, linewidth=0.6, zorder=0.4)
        before = row.label
        if row.tag:
            sheet.write(
                cell.left - GAP,
                middle,
                row.tag,
                TICK,
                color=FAINT,
                va="center_baseline",
                ha="right",
            )
        else:
            axes.axhline(y, color=RULE, linewidth=0.5, zorder=0.3)
        if row.note:
            note = shorten(row.note, widths.note, NOTE)
            sheet.write(
                cell.left + cell.width + GAP, middle, note, NOTE, color=FAINT, va="center_baseline"
            )
        for span in row.spans:
            axes.plot(
                [span.low, span.high], [y + span.offset] * 2, color=span.colour,
                linewidth=span.width, solid_capstyle="butt", zorder=2, gid=span.kind,
            )  # fmt: skip
        for mark in row.marks:
            _mark(axes, mark, y, axis)
    _scale(axes, axis, number, cell)
    if axis.label:
        right = cell.left + cell.width + widths.right
        label = shorten(axis.label, right - left, NOTE)
        half = text_width(label, NOTE) / 2
        middle = min(max(cell.left + cell.width / 2, left + half), right - half)
        sheet.write(
            middle, cell.bottom - FOOT + 0.06, label, NOTE, color=FAINT, va="top", ha="center"
        )


def _mark(axes: Any, mark: Mark, y: float, axis: Axis) -> None:
    inside = axis.low <= mark.value <= axis.high
    value = min(max(mark.value, axis.low), axis.high)
    shape = mark.shape if inside else "<" if mark.value < axis.low else ">"
    axes.plot(
        [value], [y + mark.offset], marker=shape, markersize=mark.size, linestyle="none",
        markerfacecolor=mark.colour if mark.filled else PAPER, markeredgecolor=mark.colour,
        markeredgewidth=1.1, zorder=4, clip_on=False, gid=mark.kind,
    )  # fmt: skip


def _scale(axes: Any, axis: Axis, number: int, cell: Cell) -> None:
    if axis.at:
        values, labels = list(axis.at), list(axis.named)
    else:
        values, labels = ticks(axis.low, axis.high, most=6, width=cell.width)
    axes.set_xticks(values, labels=labels)
    axes.set_yticks([])
    axes.set_xlim(axis.low, axis.high)
    axes.set_ylim(number - 0.5, -0.5)
