"""Small multiples of outcomes: cells under headings: a name and a remark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.picture.scale import padded, ticks
from sim.picture.sheet import Cell, Sheet, grid
from sim.picture.style import (
    FAINT,
    INK,
    LABEL,
    MARGIN,
    NOTE,
    RULE,
    WIDTH,
    Caption,
    Scenario,
    dress,
)
from sim.picture.words import LINE, shorten, text_width

GUTTER = 0.62  # room for the labels of the vertical axis [inches]


@dataclass(frozen=True)
class Heading:
    """Words above a cell: a name, and under it a remark."""

    name: str
    remark: str


def multiples(
    caption: Caption,
    reading: str,
    headings: Sequence[Heading],
    below: float = 0.32,
    legend: Sequence[Scenario] = (),
) -> tuple[Sheet, list[tuple[Any, Cell]]]:
    """A sheet with one dressed set of axes a heading.

    Parameters
    ----------
    caption : Caption
    reading : str
        What lines and bands stand for.
    headings : sequence of Heading
        One a panel.
    below : float
        Room under a panel for the labels of its horizontal axis [inches].
    legend : sequence of Scenario

    Returns
    -------
    sheet : Sheet
    panels : list of (axes, cell)
    """
    columns = columns_for(len(headings))
    width = WIDTH - 2 * MARGIN
    room = width / columns - 0.12
    named = [_lines(heading.name, room) for heading in headings]
    above = (max(map(len, named)) * LABEL + NOTE) * LINE + 0.14
    cells, body = grid(
        len(headings), columns, width, panel={1: 2.9, 2: 2.0}.get(columns, 1.45),
        above=above, below=below, left=GUTTER,
    )  # fmt: skip
    sheet = Sheet(caption, reading, body, legend)
    panels = []
    for heading, lines, cell in zip(headings, named, cells, strict=True):
        left, bottom = cell.left + 0.08 - GUTTER, cell.bottom + cell.height + 0.06
        sheet.write(
            left, bottom, shorten(heading.remark, room, NOTE), NOTE, color=FAINT, va="bottom"
        )
        for place, line in enumerate(reversed(lines)):
            at = bottom + (NOTE + place * LABEL) * LINE
            sheet.write(left, at, line, LABEL, weight="bold", color=INK, va="bottom")
        axes = sheet.axes(cell)
        dress(axes)
        panels.append((axes, cell))
    return sheet, panels


def columns_for(count: int) -> int:
    """Panels that stand side by side."""
    return {1: 1, 2: 2, 4: 2}.get(count, 3)


def _lines(name: str, room: float) -> list[str]:
    """A name in as few lines as it needs: it is broken at blanks and after dots."""
    lines: list[str] = []
    for part in re.findall(r"[^. ]+[. ]*", name):
        longer = lines[-1] + part if lines else part
        if lines and text_width(longer.rstrip(), LABEL, "bold") <= room:
            lines[-1] = longer
        else:
            lines.append(part)
    return [shorten(line.rstrip(), room, LABEL, "bold") for line in lines]


def scale_values(axes: Any, cell: Cell, low: float, high: float) -> None:
    """Limits and round ticks of a panel's vertical axis."""
    limits = padded(low, high)
    at, labels = ticks(*limits, most=max(4, int(cell.height / 0.4)))
    widest = GUTTER - 0.14
    if any(text_width(label, LABEL) > widest for label in labels):  # very small or large values
        labels = [f"{value:.3g}".replace("-", "\u2212") for value in at]
    axes.set_yticks(at, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_ylim(*limits)
