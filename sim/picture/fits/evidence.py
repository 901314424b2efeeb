"""Changes that documents report, in forecasts made a year before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case
from sim.core.errors import InputError
from sim.picture import strips
from sim.picture.fits.hindcasted import Hindcasted
from sim.picture.fits.look import INNER, MAIN, OUTER, OUTSIDE
from sim.picture.labels import Labels
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.strips import Axis, Mark, Panel, Row, Span
from sim.picture.style import (
    INK,
    Caption,
)


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """The reports; nothing where there is none."""
    one = Hindcasted(folder, case)
    table = one.hindcast.table("evidence")
    if table.empty:
        return
    origin = int(table["year"].min()) - 1
    caption = one.caption(
        "Would the changes that were reported have been foreseen?",
        f"Reported changes in forecasts made at the end of {origin}",
        f"{len(table)} reports, by their number in the table of evidence",
    )
    figures = table[table["statistic"] != "vote"]
    inside = int(figures["quantile"].between(0.1, 0.9).sum())
    yield Page(
        "hindcast_evidence", table, caption,
        f"Reported figures and intervals of forecasts. {inside} of {len(figures)} figures lie in "
        "the middle 80 percent of the runs.",
        partial(draw, table, one.labels, caption),
    )  # fmt: skip


def draw(table: pd.DataFrame, labels: Labels, caption: Caption) -> Figure:
    """Changes that documents report, in forecasts made a year before.

    Parameters
    ----------
    table : DataFrame
        The table ``evidence`` of a hindcast: columns evidence, observable, statistic, year,
        observed, quantile, q10, q50, q90, expected and absent.
    labels : Labels
    caption : Caption

    Raises
    ------
    InputError
        If there is none.
    """
    if table.empty:
        raise InputError("a picture of evidence needs one row or more; found none")
    panels = []
    grown = table[table["statistic"] == "growth"]
    if len(grown):
        rows = tuple(_report(one, labels, 100.0) for one in grown.to_dict("records"))
        panels.append(Panel("Rise on the year before", rows, _round_axis(rows, "percent")))
    level = table[table["statistic"] == "level"]
    if len(level):
        rows = tuple(_report(one, labels, 1.0) for one in level.to_dict("records"))
        units = {labels.measure(labels.parts(one)[0]).unit for one in level["observable"]}
        panels.append(Panel("Level", rows, _round_axis(rows, "; ".join(sorted(units)))))
    cast = table[table["statistic"] == "vote"]
    if len(cast):
        panels += _cast(cast, labels)
    figures = table[table["statistic"] != "vote"]
    inside = int(figures["quantile"].between(0.1, 0.9).sum())
    reading = (
        "Bar: middle 80% of the forecast's runs, with its median. Dot: reported value; diamond: "
        "outside the bar. On the right: share of runs below the reported value. Inside the bar: "
        f"{inside} of {len(figures)}; were the forecast right, about {0.8 * len(figures):.0f}."
    )
    if len(cast):
        reading += (
            " Votes: bar, share of runs that abstain or take no part; stroke, share that takes no "
            "part; on the right, what was reported."
        )
    return strips.draw(panels, caption, reading, row=0.23)


def _report(one: Mapping[Any, Any], labels: Labels, unit: float) -> Row:
    measure, country, power = labels.parts(one["observable"])
    name = f"{labels.country(country).name}: " if country else ""
    outside = not 0.1 <= float(one["quantile"]) <= 0.9
    value = unit * float(one["observed"])
    return Row(
        label=f"{name}{_lower(labels.title(measure, power))}",
        tag=str(one["evidence"]),
        spans=(Span(unit * one["q10"], unit * one["q90"], OUTER, 9.0, "runs 80"),),
        marks=(
            Mark(unit * one["q50"], MAIN, "median", "|", size=9.0),
            Mark(value, OUTSIDE if outside else INK, "reported", "D" if outside else "o", size=5.0),
        ),
        note=f"{float(one['quantile']):.2f}",
    )


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _round_axis(rows: Sequence[Row], label: str) -> Axis:
    values = [end for row in rows for span in row.spans for end in (span.low, span.high)]
    values += [mark.value for row in rows for mark in row.marks] + [0.0]
    low, high = min(values), max(values)
    air = 0.05 * (high - low) or 0.05
    return Axis(low - (air if low < 0 else 0.0), high + air, label, lines=(0.0,))


def _cast(table: pd.DataFrame, labels: Labels) -> list[Panel]:
    """A panel for each family of resolutions."""
    axis = Axis(
        0.0,
        1.0,
        "share of runs that abstain or take no part",
        at=(0.0, 0.5, 1.0),
        named=("0", "0.5", "1"),
    )
    by_text: dict[str, list[Row]] = {}
    for one in table.to_dict("records"):
        text, country, _ = labels.parts(one["observable"])
        by_text.setdefault(text, []).append(
            Row(
                label=labels.country(country).name,
                tag=str(one["evidence"]),
                spans=(Span(0.0, float(one["expected"]), INNER, 9.0, "neither"),),
                marks=(Mark(float(one["absent"]), INK, "absent", "|", size=9.0),),
                note=str(one["observed"]),
            )
        )
    return [
        Panel(f"Votes: {_lower(labels.text(text))}", tuple(rows), axis)
        for text, rows in by_text.items()
    ]
