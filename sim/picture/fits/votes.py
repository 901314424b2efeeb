"""Votes as they were expected beside those that were cast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case
from sim.core.errors import InputError
from sim.picture.fits.hindcasted import Hindcasted
from sim.picture.labels import Labels
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    FAINT,
    INK,
    LABEL,
    MARGIN,
    NOTE,
    TICK,
    WIDTH,
    Caption,
    Scenario,
    percent,
)
from sim.picture.words import LINE, shorten, text_width

WAYS = {"no": "#D55E00", "neither": "#BDBDBD", "yes": "#0072B2"}
NAMED_WAYS = {"no": "No", "neither": "Neither: abstaining or absent", "yes": "Yes"}
CAST = {"N": "no", "A": "neither", "NV": "neither", "not N": "neither", "Y": "yes"}
SHOWN_CAST = {"N": "No", "A": "abst.", "NV": "absent", "not N": "not No", "Y": "Yes"}


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """Votes after the main origin; nothing where there is none."""
    one = Hindcasted(folder, case)
    votes = one.hindcast.table("votes")
    main = votes[votes["origin"] == one.main].reset_index(drop=True)
    if main.empty:
        return
    caption = one.caption(
        "How would each country have been expected to vote?",
        f"Votes after the end of {one.main}, by resolution and country",
        "General Assembly of the United Nations; expected shares",
        one.labels.credit(one.record.votes["source"].unique()),
    )
    right = sum(CAST[row["vote"]] == _likeliest(row) for row in main.to_dict("records"))
    yield Page(
        "hindcast_votes", main, caption,
        f"Expected shares of No, neither and Yes for {main['resolution'].nunique()} resolutions "
        f"and {main['country'].nunique()} countries. The likeliest way was the one taken in "
        f"{right} of {len(main)} cases.",
        partial(draw, main, one.labels, caption),
    )  # fmt: skip


def draw(table: pd.DataFrame, labels: Labels, caption: Caption) -> Figure:
    """Expected shares of No, neither and Yes beside the vote cast, by roll call and country.

    Parameters
    ----------
    table : DataFrame
        Rows of the table ``votes`` of a hindcast from one origin: columns resolution, text,
        country, year, vote (Y, A, N, NV, not N), no, neither and yes.
    labels : Labels
    caption : Caption

    Raises
    ------
    InputError
        If there are none.
    """
    if table.empty:
        raise InputError("a picture of votes needs one or more; found none")
    countries = list(dict.fromkeys(table["country"]))
    ordered = table.sort_values("year", kind="stable")
    calls: dict[str, list[tuple[str, int]]] = {}
    for one in ordered.to_dict("records"):
        key = (str(one["resolution"]), int(one["year"]))
        under = calls.setdefault(one["text"], [])
        if key not in under:
            under.append(key)
    row, head = 0.36, LABEL * LINE + 0.12
    number = sum(len(found) for found in calls.values())
    body = 0.3 + number * row + len(calls) * head
    names = [f"{call.removeprefix('A/RES/')}, {year}" for found in calls.values()
             for call, year in found]  # fmt: skip
    left = max(text_width(name, TICK) for name in names) + 0.12
    step = (WIDTH - 2 * MARGIN - left) / len(countries)
    right = int(sum(CAST[one["vote"]] == _likeliest(one) for one in table.to_dict("records")))
    reading = (
        "Bars: expected shares of No, neither and Yes, over all runs. Framed, and told below: the "
        "vote cast; abst.: abstained; absent: took no part; not No: the record tells "
        "only that it was not No. The likeliest way was the "
        f"one taken in {right} of {len(table)} cases."
    )
    legend = [Scenario(way, NAMED_WAYS[way], colour, "solid") for way, colour in WAYS.items()]
    sheet = Sheet(caption, reading, body, legend)
    for column, country in enumerate(countries):
        words_ = shorten(labels.country(country).name, step - 0.06, TICK, "bold")
        sheet.write(left + column * step, body - 0.2, words_, TICK, weight="bold", color=INK)
    found = {(one["resolution"], one["country"]): one for one in table.to_dict("records")}
    top = body - 0.3
    for text, resolutions in calls.items():
        sheet.write(0.0, top - head + 0.06, labels.text(text), LABEL, weight="bold", color=INK)
        top -= head
        for resolution, year in resolutions:
            name = f"{resolution.removeprefix('A/RES/')}, {year}"
            sheet.write(0.0, top - 0.09, name, TICK, color=INK, va="center_baseline")
            for column, country in enumerate(countries):
                cast = found.get((resolution, country))
                if cast is not None:
                    cell = Cell(left + column * step, top - 0.165, step - 0.16, 0.15)
                    _vote(sheet, cell, cast)
            top -= row
    return sheet.figure


def _likeliest(one: Mapping[Any, Any]) -> str:
    return max(WAYS, key=lambda way: float(one[way]))


def _vote(sheet: Sheet, cell: Cell, one: Mapping[Any, Any]) -> None:
    axes = sheet.axes(cell)
    axes.set_axis_off()
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    at = 0.0
    for way, colour in WAYS.items():
        share = float(one[way])
        axes.barh(0.5, share, left=at, height=1.0, color=colour, linewidth=0, gid=way)
        if CAST[one["vote"]] == way:
            middle = at + share / 2
            axes.barh(0.5, share, left=at, height=1.0, color="none", edgecolor=INK, linewidth=1.6,
                      clip_on=False, zorder=3, gid="cast")  # fmt: skip
            told = f"{SHOWN_CAST[one['vote']]} {percent(round(share, 2))}"
        at += share
    half = text_width(told, NOTE) / 2 / cell.width
    sheet.write(
        cell.left + min(max(middle, half), 1 - half) * cell.width, cell.bottom - 0.02, told, NOTE,
        ha="center", va="top", color=FAINT,
    )  # fmt: skip
