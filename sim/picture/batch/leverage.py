"""A heat map of leverage: what each power could do to each country through each channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.picture.alternative import joined, told
from sim.picture.batch import tables
from sim.picture.batch.subject import Subject
from sim.picture.labels import sentence
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.sheet import Cell, Sheet, grid
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
    contrast,
)
from sim.picture.words import LINE, shorten, text_width

OUTCOME = "channel_leverage"
ROW = 0.235  # height of a row [inches]
GAP = 0.16  # between panels that stand side by side [inches]


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """The heat map of the first scenario, and of what each other one adds to it; see `Page`."""
    first, *others = subject.scenarios
    for scenario in (first, *others):
        against = None if scenario is first else first.name
        table, unit = tables.leverage(subject.result, scenario.name, against)
        present = set(table.loc[table["value"].notna(), "panel"])
        countries = [actor for actor in subject.actors("country") if actor.code in present]
        powers = subject.actors("power")
        channels = [
            Actor(one.code, one.code.replace("_", " ")) for one in subject.all_actors("channel")
        ]
        table = table[
            table["panel"].isin([one.code for one in countries])
            & table["row"].isin([one.code for one in powers])
        ]
        if not countries:
            continue
        shown = f"Leverage by channel in {subject.end}: {scenario.short}"
        if against is not None:
            shown += f" less {first.short}"
        meaning = sentence(subject.outcomes[OUTCOME]["meaning"])
        caption = subject.caption(shown, f"{meaning} [{unit}]", scenario=scenario)
        names = {one.code: one.name for one in (*countries, *powers, *channels)}
        largest = table.reindex(table["value"].abs().sort_values(ascending=False).index)
        numbers = joined(
            [
                f"{names[row]} over {names[panel]} by {names[column]} {told(value)}"
                for panel, row, column, value in largest[["panel", "row", "column", "value"]]
                .head(8)
                .to_numpy()
                if value
            ]
        )
        yield Page(
            "leverage" if against is None else f"leverage_difference_{scenario.name}",
            table.assign(unit=unit),
            caption,
            f"Heat map, {unit}. The largest: {numbers}" if numbers else "Heat map; all are zero.",
            partial(draw, table, countries, powers, channels, 0.5, caption, against is not None),
        )


def draw(
    table: pd.DataFrame,
    panels: Sequence[Actor],
    rows: Sequence[Actor],
    columns: Sequence[Actor],
    quantile: float,
    caption: Caption,
    difference: bool = False,
) -> Figure:
    """One panel a country, powers down, channels across, the value written in each cell.

    Parameters
    ----------
    table : DataFrame
        Columns ``panel``, ``row``, ``column`` (codes) and ``value``.
    panels, rows, columns : sequence of Actor
        Countries, powers and channels, in order.
    quantile : float
        Which quantile over the runs the values are.
    caption : Caption
        Title, meaning and unit, source, number of runs, seed.
    difference : bool
        Values are differences between two scenarios: two colours around zero, signs written.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If the quantile is outside 0 to 1 or columns are missing.
    """
    if not 0 < quantile < 1:
        raise InputError(
            f"a heat map needs the quantile it shows, between 0 and 1; found {quantile}"
        )
    for name in ("panel", "row", "column", "value"):
        if name not in table.columns:
            raise InputError(f"a heat map needs a column {name}; the table has none")
    cells_by_panel = {
        actor.code: table[table["panel"] == actor.code]
        .pivot(index="row", columns="column", values="value")
        .reindex(index=[r.code for r in rows], columns=[c.code for c in columns])
        .to_numpy(dtype=float)
        for actor in panels
    }
    finite = np.abs(np.concatenate([v[np.isfinite(v)] for v in cells_by_panel.values()]))
    largest = float(finite.max()) if finite.size else 0.0
    decimals = 0 if largest >= (10 if difference else 100) else 1

    across = min(2, len(panels))
    width = WIDTH - 2 * MARGIN
    names = min(1.42, max(text_width(row.name, TICK) for row in rows) + 0.17)
    slanted = max(text_width(column.name, TICK) for column in columns) * 0.72 + 0.1
    cells, body = grid(
        len(panels), across, width - names,
        panel=ROW * len(rows), above=LABEL * LINE + 0.1, below=0.12, left=0.0, right=GAP,
    )  # fmt: skip
    sheet = Sheet(caption, reading(quantile, difference, decimals), body + slanted)
    for place, (actor, cell) in enumerate(zip(panels, cells, strict=True)):
        place_of = replace(cell, left=cell.left + names)
        first = place < across
        axes = sheet.axes(place_of)
        _matrix(axes, cells_by_panel[actor.code], largest, decimals, difference)
        # In the first row the channels' names stand between heading and cells.
        heading = replace(place_of, height=cell.height + (slanted if first else 0.0))
        sheet.head(heading, actor, left=-names if place % across == 0 else 0.0)
        if place % across == 0:
            for line, row in enumerate(rows):
                middle = cell.bottom + ROW * (len(rows) - line - 0.5)
                sheet.write(
                    names - 0.15, middle, shorten(row.name, names - 0.15, TICK), TICK,
                    ha="right", va="center_baseline", color=INK,
                )  # fmt: skip
                sheet.swatch(Cell(names - 0.1, middle - 0.08, 0.05, 0.16), row.colour)
        if first:
            step = cell.width / len(columns)
            for line, column in enumerate(columns):
                sheet.write(
                    place_of.left + step * (line + 0.5), cell.bottom + cell.height + 0.05,
                    column.name, TICK, rotation=45, rotation_mode="anchor", color=INK,
                )  # fmt: skip
    return sheet.figure


def reading(quantile: float, difference: bool, decimals: int) -> str:
    """What numbers and shades stand for."""
    which = "median" if quantile == 0.5 else f"quantile {quantile:g}"
    least = "0.05" if decimals else "0.5"
    if difference:
        return (
            f"Number: {which} over runs of the difference run by run. Purple: more, orange: less; "
            f"a dot: within {least} of zero."
        )
    return f"Number: {which} over runs. Darker: more; a dot: below {least}."


def _matrix(axes: Any, values: Any, largest: float, decimals: int, difference: bool) -> None:
    """Cells with their numbers; a missing cell stays empty."""
    rows, columns = values.shape
    squares, fills = [], []
    for row, column in zip(*np.nonzero(np.isfinite(values)), strict=True):
        value, left, bottom = values[row, column], column, rows - 1 - row
        fill = shade(value, largest, difference)
        squares.append(
            [(left, bottom), (left + 1, bottom), (left + 1, bottom + 1), (left, bottom + 1)]
        )
        fills.append(fill)
        text = f"{value:+.{decimals}f}" if difference else f"{value:.{decimals}f}"
        zero = float(text) == 0
        axes.text(
            left + 0.5, bottom + 0.5, "·" if zero else text.replace("-", "\u2212"),
            ha="center", va="center_baseline", fontsize=NOTE, fontfamily=FONT,
            color=FAINT if zero else INK if contrast(fill) < 4.5 else PAPER,
        )  # fmt: skip
    axes.add_collection(PolyCollection(squares, facecolors=fills, edgecolors=PAPER))
    axes.set_xlim(0, columns)
    axes.set_ylim(0, rows)
    axes.set_axis_off()


def shade(value: float, largest: float, difference: bool) -> str:
    """Colour of a cell; by square root, so that small values can be told from none."""
    if largest == 0:
        return PAPER
    size = min(abs(value) / largest, 1.0) ** 0.5
    if difference:
        return to_hex(colormaps["PuOr"](0.5 + 0.42 * size * np.sign(value)))
    return to_hex(colormaps["Blues"](0.04 + 0.86 * size))
