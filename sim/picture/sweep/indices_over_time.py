"""Parts of the variance of an outcome by quarter, and the index of each factor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.picture.alternative import joined, told
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    MARGIN,
    PAPER,
    SCENARIO_COLOURS,
    SCENARIO_LINES,
    WIDTH,
    Caption,
    Scenario,
)
from sim.picture.sweep.among_factors import of_all
from sim.picture.sweep.time_axis import course, heading, time_axis

INTERACTIONS, CHANCE = "#8A8A8A", "#E3E3E3"
MOST_LINES = len(SCENARIO_COLOURS) - 1  # factors drawn; the others are summed
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def problem(table: pd.DataFrame) -> str:
    """Why there is nothing to draw; empty if there is."""
    if table["quarter"].nunique() < 2 or not (table["of_means"] > 0).any():
        return "a picture over time needs two quarters and an outcome that varies"
    return ""


def alternative(table: pd.DataFrame) -> str:
    """The picture in words."""
    index = "total" if table["total"].notna().any() else "first"
    ends = [table[table["quarter"] == f(table["quarter"])] for f in (min, max)]
    said = [
        joined(
            (
                f"{in_words(one['factor'])} {told(one[index])}"
                for one in own.nlargest(3, index).to_dict("records")
            ),
            3,
        ).removesuffix(".")
        for own in ends
    ]
    first, last = (quarters.name(int(own["quarter"].iloc[0])) for own in ends)
    name = "total" if index == "total" else "first-order"
    return (
        f"Parts of the variance and {name} indices over time. Largest in {first}: {said[0]}; in "
        f"{last}: {said[1]}."
    )


def draw(table: pd.DataFrame, caption: Caption) -> Figure:
    """Parts of an outcome's variance by quarter, and the index of each factor.

    Parameters
    ----------
    table : DataFrame
        Of one outcome: quarter, factor, first, total with their intervals, of_means, within.
    caption : Caption

    Raises
    ------
    InputError
        If there are fewer than two quarters, or the outcome never varies.
    """
    if why := problem(table):
        raise InputError(why)
    table = table.sort_values("quarter", kind="stable")
    times = np.sort(table["quarter"].unique())
    whole = table.groupby("quarter")["of_means"].first().to_numpy()
    index = "total" if table["total"].notna().any() else "first"
    shown = _leading(table, index, whole)
    years = times / 4
    first = {name: np.nan_to_num(course(table, name, "first")) for name in table["factor"].unique()}
    alone = np.stack([np.clip(first[name], 0, None) for name in shown])
    others = np.sum([np.clip(first[n], 0, None) for n in first if n not in shown] or [0 * whole], 0)
    # Estimates of small shares may add up to a little more than the whole.
    scale = np.maximum(alone.sum(axis=0) + others, 1.0)
    parts = [*(alone / scale * whole), others / scale * whole]
    parts.append(whole - np.sum(parts, axis=0))
    within = table.groupby("quarter")["within"].first().to_numpy()
    chance = bool(np.isfinite(within).all())
    colours = [*SCENARIO_COLOURS[: len(shown)], SCENARIO_COLOURS[-1], INTERACTIONS]

    legend = [
        Scenario(name, in_words(name), colour, line)
        for name, colour, line in zip(shown, SCENARIO_COLOURS, SCENARIO_LINES, strict=False)
    ]
    rest = [("other factors", SCENARIO_COLOURS[-1])] if len(first) > len(shown) else []
    rest += [("interactions and what is left", INTERACTIONS)]
    rest += [("chance, within rows", CHANCE)] if chance else []
    legend += [Scenario(name, name, colour, "solid") for name, colour in rest]
    left, tall, gap = 0.62, 1.75, 0.75
    body = 2 * tall + gap + 0.62
    sheet = Sheet(
        caption,
        "Above: the variance of an outcome, stacked: what each factor explains alone (first "
        "order), what is left to interactions, and the mean variance over the runs of a row. "
        f"Below: {'total' if index == 'total' else 'first-order'} index of the same factors with "
        "90% intervals, a share of the coloured and dark part above; where that part is thin, a "
        f"share says little.{of_all(shown, table)}",
        body,
        legend,
    )
    width = WIDTH - 2 * MARGIN - left - 0.1
    upper = Cell(left, tall + gap - 0.08 + 0.3, width, tall)
    axes = sheet.axes(upper)
    layers = list(zip(parts, colours, strict=True))
    layers += [(within, CHANCE)] if chance else []
    # Variances are small numbers: ticks count a power of ten that the heading names.
    power = int(np.floor(np.log10(np.sum([values for values, _ in layers], axis=0).max())))
    power = power if not -2 <= power <= 4 else 0
    layers = [(values / 10.0**power, colour) for values, colour in layers]
    bottom = np.zeros(len(times))
    for values, colour in layers:
        axes.fill_between(
            years, bottom, bottom + values, facecolor=colour, linewidth=0.3, edgecolor=PAPER,
            gid="part",
        )  # fmt: skip
        bottom = bottom + values
    time_axis(axes, years, (0.0, 1.06 * float(bottom.max())), upper)
    words_of_scale = f" [10{str(power).translate(_RAISED)} of the unit squared]" if power else ""
    what = "Variance of a single run" if chance else "Variance of row means"
    heading(sheet, upper, what + words_of_scale)

    lower = Cell(left, 0.3, width, tall)
    axes = sheet.axes(lower)
    highest = 0.05
    for name, colour, line in zip(shown, SCENARIO_COLOURS, SCENARIO_LINES, strict=False):
        value, low, high = (course(table, name, f"{index}{end}") for end in ("", "_low", "_high"))
        axes.fill_between(years, low, high, color=colour, alpha=0.16, linewidth=0)
        axes.plot(years, value, color=colour, linestyle=line, linewidth=1.6, gid=f"index {name}")
        inside = high[np.isfinite(high)]
        highest = max(highest, float(np.quantile(inside, 0.95)) if len(inside) else 0.0)
    time_axis(axes, years, (0.0, 1.1 * highest), lower)
    heading(sheet, lower, f"{'Total' if index == 'total' else 'First-order'} index")
    return sheet.figure


def _leading(table: pd.DataFrame, index: str, whole: Any) -> list[str]:
    """The factors that explain most over all quarters, weighed by the variance of each."""
    explained = {
        str(name): float(np.nansum(course(table, str(name), index) * whole))
        for name in table["factor"].unique()
    }
    return sorted(explained, key=lambda name: -explained[name])[:MOST_LINES]
