"""First-order and total indices of an outcome, as bars."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.analysis.sensitivity.study import leading
from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.picture import strips
from sim.picture.alternative import joined, told
from sim.picture.strips import Axis, Mark, Panel, Row, Span
from sim.picture.style import (
    INK,
    Caption,
    Scenario,
)
from sim.picture.sweep.among_factors import MOST_ROWS, NOT_TOLD, ROW, rest

FIRST, TOTAL, FLOOR = "#0072B2", "#A9CDE6", "#D55E00"


def problem(table: pd.DataFrame) -> str:
    """Why there is nothing to draw; empty if there is."""
    if table["first"].isna().all():
        return "a picture of indices needs an outcome that varies"
    return ""


def alternative(table: pd.DataFrame) -> str:
    """The picture in words."""
    totals = bool(table["total"].notna().any())
    index = "total" if totals else "first"
    said = joined(
        f"{in_words(one['factor'])} {told(one[index])} ({told(one[f'{index}_low'])} to "
        f"{told(one[f'{index}_high'])})"
        for one in table[table["told_apart"]].to_dict("records")
    )
    name = "Total" if totals else "First-order"
    return f"{name} indices with 90 percent intervals, of factors told apart from noise: " + (
        said or "none."
    )


def draw(table: pd.DataFrame, caption: Caption) -> Figure:
    """First-order and total indices of one outcome, largest first, with the noise floor.

    Up to 20 factors and the dummy have bars; the others are summed up in words.

    Parameters
    ----------
    table : DataFrame
        From the largest index to the smallest: factor, first, first_low, first_high, total,
        total_low, total_high (missing where rows do not tell it), floor, told_apart.
    caption : Caption

    Raises
    ------
    InputError
        If the outcome is the same in all rows, so that it has no indices.
    """
    if why := problem(table):
        raise InputError(why)
    totals = bool(table["total"].notna().any())
    table, others = leading(table, MOST_ROWS)
    highs = table[["first_high", "total_high", "floor"]].to_numpy(float)
    lows = table[["first_low"]].to_numpy(float)
    most = max(float(np.nanmax(highs)), 0.05)
    least = min(float(np.nanmin(lows)), 0.0)
    rows = []
    for one in table.to_dict("records"):
        spans, at = [], 0.0
        if totals:
            at = 0.2
            spans += [
                Span(0.0, one["total"], TOTAL, 7.0, "total", -at),
                Span(one["total_low"], one["total_high"], INK, 1.1, "total 90", -at),
            ]
        spans += [
            Span(0.0, one["first"], FIRST, 7.0, "first", at),
            Span(one["first_low"], one["first_high"], INK, 1.1, "first 90", at),
        ]
        marks = (Mark(one["floor"], FLOOR, "floor", "|", size=9.0, offset=-at),)
        rows.append(
            Row(
                label=in_words(one["factor"]),
                spans=tuple(spans),
                marks=marks if np.isfinite(one["floor"]) else (),
                note="" if one["told_apart"] else NOT_TOLD,
                strong=bool(one["told_apart"]),
            )
        )
    legend = [Scenario("first", "First order: the factor alone", FIRST, "solid")]
    if totals:
        legend.append(Scenario("total", "Total: with its interactions", TOTAL, "solid"))
    reading = (
        "Bars: share of the variance of row means. Thin lines: 90% intervals, from resampled "
        f"{'base points' if totals else 'rows'}. Upright strokes: floor, what noise reaches; "
        f"factors whose interval is not above it are marked “{NOT_TOLD}”."
    )
    index, name = ("total", "a total") if totals else ("first", "an")
    reading += rest(others, others[index], f"{name} index above")
    pad = 0.03 * (most - least)
    axis = Axis(least - pad if least < 0 else 0.0, most + pad, "index", lines=(0.0,))
    return strips.draw([Panel("", tuple(rows), axis)], caption, reading, legend=legend, row=ROW)
