"""Forecasts of series from one origin, with their past and what came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case
from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.picture.alternative import joined, told
from sim.picture.fits.hindcasted import Hindcasted
from sim.picture.fits.look import INNER, MAIN, OUTER, OUTSIDE
from sim.picture.labels import Labels, sentence
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import panel_limits, ticks
from sim.picture.sheet import Cell, Sheet, actor_lines, grid
from sim.picture.style import (
    FAINT,
    INK,
    LABEL,
    MARGIN,
    PAPER,
    RULE,
    WIDTH,
    Actor,
    Caption,
    dress,
)
from sim.picture.words import LINE

PANELS = 12  # most in a picture; more make several
COLUMNS = 3
PAIRS = (("q25", "q975"), ("q100", "q900"), ("q250", "q750"))  # of the table quantities


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """A page for each family, or for each measure of powers and each country."""
    one = Hindcasted(folder, case)
    quantities = one.hindcast.table("quantities")
    if quantities.empty:
        return
    for name, shown, part in _parts(quantities[quantities["origin"] == one.main], one.labels):
        panels = [_actor(one.labels, code) for code in dict.fromkeys(part["observable"])]
        for start in range(0, len(panels), PANELS):
            some = panels[start : start + PANELS]
            ending = f"_{start // PANELS + 1}" if start else ""
            yield _page(one, f"hindcast_series_{name}{ending}", shown, part, some)


def _page(
    one: Hindcasted, name: str, shown: str, part: pd.DataFrame, panels: Sequence[Actor]
) -> Page:
    units = {panel.unit for panel in panels}
    if len(units) == 1:
        panels = [replace(panel, unit="") for panel in panels]
    unit = units.pop() if len(units) == 1 else "unit by panel"
    codes = [panel.code for panel in panels]
    caption = one.caption(
        f"What would have been forecast at the end of {one.main}?",
        shown,
        f"Mean of the year [{unit}]",
        _credit(one, codes),
    )
    history = {code: one.record.series(code) for code in codes}
    table = part[part["observable"].isin(codes)].reset_index(drop=True)
    last = table.sort_values("year").groupby("observable", sort=False).tail(1)
    names = {panel.code: panel.name for panel in panels}
    said = joined(
        f"{names[row['observable']]} in {row['year']}: {told(row['q500'])} "
        f"({told(row['q25'])} to {told(row['q975'])}), observed {told(row['observed'])}"
        for row in last.to_dict("records")
    )
    return Page(
        name, table, caption,
        f"Forecasts and what came; median, middle 95 percent of runs. {said}",
        partial(draw, table, history, panels, one.main, caption),
    )  # fmt: skip


def _actor(labels: Labels, observable: str) -> Actor:
    """A panel, called by what tells it from the others on its page."""
    measure, country, power = labels.parts(observable)
    actor = labels.power(power) if power else labels.country(country)
    about = labels.measure(measure)
    return Actor(observable, actor.name or about.title, actor.colour, about.unit)


def _credit(one: Hindcasted, observables: list[str]) -> str:
    values = one.record.values
    found = [one.labels.parts(code) for code in observables]
    keys = zip(values["measure"], values["country"], values["power"], strict=True)
    return one.labels.credit(values["source"][[key in found for key in keys]].unique())


def _parts(forecasts: pd.DataFrame, labels: Labels) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """File name, title and rows of each page: a family, or a measure of powers and a country."""
    for family, part in forecasts.groupby("family", sort=False):
        by_power = part["power"].notna() & (part["power"].astype(str) != "")
        for (measure, country), own in part[by_power].groupby(["measure", "country"], sort=False):
            title = labels.measure(str(measure)).title
            shown = f"{title}: {labels.country(str(country)).name}"
            yield f"{measure}_{country}", shown, own
        for measure, own in part[~by_power].groupby("measure", sort=False):
            if labels.parts(str(own["observable"].iloc[0]))[1]:
                yield str(measure), labels.measure(str(measure)).title, own
        rest = part[~by_power & ~part["observable"].str.contains(".", regex=False)]
        if len(rest):
            yield str(family), sentence(in_words(str(family))), rest


def draw(
    forecasts: pd.DataFrame,
    history: Mapping[str, pd.Series[float]],
    panels: Sequence[Actor],
    origin: int,
    caption: Caption,
) -> Figure:
    """Forecasts of several series from one origin, with their past and what came.

    Parameters
    ----------
    forecasts : DataFrame
        Rows of the table ``quantities`` of a hindcast from one origin: columns observable, year,
        anchor, observed and q25 (2.5 percent) to q975.
    history : mapping of str to Series
        Observed values by year, of each observable.
    panels : sequence of Actor
        Observables by their code, with heading, colour and unit.
    origin : int
        Last year known.
    caption : Caption

    Raises
    ------
    InputError
        If there is nothing to show.
    """
    if not panels:
        raise InputError("a picture of series needs one or more; found none")
    columns = {1: 1, 2: 2, 4: 2}.get(len(panels), COLUMNS)
    width, gutter = WIDTH - 2 * MARGIN, 0.55
    lines = max(len(actor_lines(panel, width / columns - 0.34)) for panel in panels)
    cells, body = grid(
        len(panels), columns, width, panel={1: 2.6, 2: 1.7}.get(columns, 1.25),
        above=lines * LABEL * LINE + 0.14, below=0.32, left=gutter, right=0.2,
    )  # fmt: skip
    rows = {one.code: _rows_of(forecasts, one.code) for one in panels}
    last = max(int(part["year"].max()) for part in rows.values())
    ranges = {}
    for one in panels:
        part, past = rows[one.code], history[one.code]
        shown = past[past.index <= last]
        ranges[one.code] = (
            float(min(part["q25"].min(), shown.min())),
            float(max(part["q975"].max(), shown.max())),
        )
    limits, remark = panel_limits(ranges, own_units=any(one.unit for one in panels))
    reading = (
        f"Bands, dark to light: middle 50, 80 and 95% of the runs of the forecast made with what "
        f"was known at the end of {origin} (line), with the drivers that came after; blue line: "
        "median. Black line and dots: observed until then; diamonds: observed after, orange where "
        f"outside the widest band. {remark}"
    )
    sheet = Sheet(caption, reading.strip(), body)
    first = min(int(history[one.code].index.min()) for one in panels)
    for one, cell in zip(panels, cells, strict=True):
        axes = sheet.axes(cell)
        told = one.colour != FAINT  # a colour of its own
        sheet.head(cell, one, left=0.08 - gutter + (0.14 if told else 0.0))
        if told:
            bottom = cell.bottom + cell.height + 0.07 + (lines - 1) * LABEL * LINE
            sheet.swatch(Cell(cell.left + 0.08 - gutter, bottom + 0.035, 0.09, 0.12), one.colour)
        _fan(axes, rows[one.code], history[one.code], origin)
        _years(axes, first, last, limits[one.code], cell)
    return sheet.figure


def _rows_of(forecasts: pd.DataFrame, observable: str) -> pd.DataFrame:
    return forecasts[forecasts["observable"] == observable].sort_values("year")


def _fan(axes: Any, rows: pd.DataFrame, past: pd.Series[float], origin: int) -> None:
    anchor = float(rows["anchor"].iloc[0])
    years = [origin, *rows["year"]]
    for colour, (low, high) in zip((OUTER, "#97C4E1", INNER), PAIRS, strict=True):
        edges = [[anchor, *rows[column]] for column in (low, high)]
        axes.fill_between(years, *edges, color=colour, linewidth=0, gid=f"band {low}")
    axes.plot(years, [anchor, *rows["q500"]], color=MAIN, linewidth=1.4, gid="median")
    axes.axvline(origin, color=FAINT, linewidth=0.8, gid="origin")
    known = past[past.index <= origin]
    axes.plot(known.index, known, color=INK, linewidth=1.0, marker="o", markersize=2.4, gid="known")
    for one in rows.to_dict("records"):
        inside = one["q25"] <= one["observed"] <= one["q975"]
        axes.plot(
            [one["year"]], [one["observed"]], marker="D", markersize=4.2, linestyle="none",
            markerfacecolor=INK if inside else OUTSIDE, markeredgecolor=PAPER,
            markeredgewidth=0.7, zorder=5, gid="observed",
        )  # fmt: skip


def _years(axes: Any, first: int, last: int, limits: tuple[float, float], cell: Cell) -> None:
    dress(axes)
    room = max(2, int(cell.width / 0.52))
    step = -(-(last - first + 1) // room)
    years = list(range(last, first - 1, -step))[::-1]
    axes.set_xticks(years, labels=[str(year) for year in years])
    values, labels = ticks(*limits, most=max(5, int(cell.height / 0.3)))
    axes.set_yticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_xlim(first - 0.4, last + 0.4)
    axes.set_ylim(*limits)
