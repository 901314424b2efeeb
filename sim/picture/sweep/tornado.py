"""What an outcome changes by when one factor leaves the centre."""

from __future__ import annotations

from typing import Any

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

FALL, RISE = "#E69F00", "#0072B2"


def problem(table: pd.DataFrame) -> str:
    """Why there is nothing to draw; empty if there is."""
    return "" if table["effect"].any() else "a tornado needs a factor that leaves the centre"


def alternative(table: pd.DataFrame) -> str:
    """The picture in words."""
    said = joined(
        f"{in_words(str(name))} {told(own['effect'].min())} to {told(own['effect'].max())}"
        for name, own in table.groupby("factor", sort=False)
    )
    return f"Tornado. Mean differences from the centre, smallest to largest: {said}"


def draw(table: pd.DataFrame, caption: Caption, unit: str = "") -> Figure:
    """What an outcome changes by when one factor leaves the centre, widest swing first.

    Up to 20 factors have bars; the others are summed up in words.

    Parameters
    ----------
    table : DataFrame
        Of one outcome, from the widest swing to the narrowest: factor, value, effect, effect_low,
        effect_high (missing with one run a row), told_apart; the values of a factor in rising
        order.
    caption : Caption
    unit : str
        Of the outcome.

    Raises
    ------
    InputError
        If no factor moves the outcome away from the centre.
    """
    if why := problem(table):
        raise InputError(why)
    table, others = leading(table, MOST_ROWS)
    reach = table[["effect", "effect_low", "effect_high"]].to_numpy(float)
    low, high = min(float(np.nanmin(reach)), 0.0), max(float(np.nanmax(reach)), 0.0)
    pad = 0.04 * (high - low) or 1.0
    rows = []
    for name, own in table.groupby("factor", sort=False):
        ends = own.to_dict("records")
        first, last = ends[0], ends[-1]
        spans = []
        for one, colour, at in ((first, FALL, -0.2), (last, RISE, 0.2)):
            spans.append(Span(0.0, one["effect"], colour, 6.0, "effect", at))
            if np.isfinite(one["effect_low"]):
                spans.append(Span(one["effect_low"], one["effect_high"], INK, 1.0, "effect 90", at))
        between = tuple(Mark(one["effect"], INK, "between", "|", size=7.0) for one in ends[1:-1])
        told = bool(own["told_apart"].any())
        tag = f"{_value(first['value'])} to {_value(last['value'])}"
        rows.append(
            Row(
                label=in_words(str(name)),
                tag=tag if len(ends) > 1 else _value(first["value"]),
                spans=tuple(spans),
                marks=between,
                note="" if told else NOT_TOLD,
                strong=told,
            )
        )
    legend = [
        Scenario("low", "Lowest or first value", FALL, "solid"),
        Scenario("high", "Highest or last value", RISE, "solid"),
    ]
    reading = (
        "Bars: mean difference from the run of the centre, paired run by run, with one factor at "
        "its lowest and at its highest value (given on the left); strokes: values between. Thin "
        f"lines: 90% Monte-Carlo intervals; “{NOT_TOLD}” where all of them hold nought."
    )
    reading += rest(others, others["effect"].abs(), "a difference above")
    axis = Axis(low - pad, high + pad, f"difference [{unit}]" if unit else "difference", (0.0,))
    return strips.draw([Panel("", tuple(rows), axis)], caption, reading, legend=legend, row=ROW)


def _value(value: Any) -> str:
    return f"{value:.4g}".replace("-", "\u2212") if isinstance(value, float) else str(value)
