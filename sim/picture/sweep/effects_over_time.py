"""Mean absolute effects of factors by quarter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.picture.alternative import joined, told
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    FAINT,
    MARGIN,
    SCENARIO_COLOURS,
    SCENARIO_LINES,
    WIDTH,
    Caption,
    Scenario,
)
from sim.picture.sweep.among_factors import of_all
from sim.picture.sweep.time_axis import course, heading, time_axis


def problem(table: pd.DataFrame) -> str:
    """Why there is nothing to draw; empty if there is."""
    if table["quarter"].nunique() < 2 or not (table["mu_star"] > 0).any():
        return "a picture over time needs two quarters and a factor with an effect"
    return ""


def alternative(table: pd.DataFrame) -> str:
    """The picture in words."""
    last = table[table["quarter"] == table["quarter"].max()]
    said = joined(
        f"{in_words(one['factor'])} {told(one['mu_star'])}"
        for one in last.nlargest(6, "mu_star").to_dict("records")
    )
    when = quarters.name(int(last["quarter"].iloc[0]))
    return f"Mean absolute effects over time. Largest in {when}: {said}"


def draw(table: pd.DataFrame, caption: Caption, unit: str = "") -> Figure:
    """Mean absolute effects by quarter, and each as a share of the sum over all factors.

    Parameters
    ----------
    table : DataFrame
        Of one outcome: quarter, factor, mu_star, mu_star_low, mu_star_high.
    caption : Caption
    unit : str
        Of the outcome.

    Raises
    ------
    InputError
        If there are fewer than two quarters, or no factor has an effect.
    """
    if why := problem(table):
        raise InputError(why)
    table = table.sort_values("quarter", kind="stable")
    times = np.sort(table["quarter"].unique())
    names = [str(name) for name in table["factor"].unique()]
    stars = np.stack([course(table, name, "mu_star") for name in names])
    whole = stars.sum(axis=0)
    shares = np.divide(stars, whole, out=np.zeros_like(stars), where=whole > 0)
    # Each quarter weighs the same, so that what drives the outcome early is shown too.
    order = np.argsort(-shares.mean(axis=1), kind="stable")
    shown, others = order[: len(SCENARIO_COLOURS)], order[len(SCENARIO_COLOURS) :]
    years = times / 4

    legend = [
        Scenario(names[place], in_words(names[place]), colour, line)
        for place, colour, line in zip(shown, SCENARIO_COLOURS, SCENARIO_LINES, strict=False)
    ]
    rest = Scenario("others", "largest of the other factors", FAINT, (0, (1, 2.2)))
    left, tall, gap = 0.62, 1.9, 0.75
    sheet = Sheet(
        caption,
        "Above: mean absolute effect of moving a factor over its whole range, with 90% intervals "
        "over trajectories; they leave out the chance of runs. Below: the same as a share of the "
        f"sum over all factors.{of_all([names[place] for place in shown], table)}",
        2 * tall + gap + 0.62,
        [*legend, rest] if len(others) else legend,
    )
    width = WIDTH - 2 * MARGIN - left - 0.1
    upper = Cell(left, tall + gap - 0.08 + 0.3, width, tall)
    lower = Cell(left, 0.3, width, tall)
    for cell, values, kind in ((upper, stars, "effect"), (lower, shares, "share")):
        axes = sheet.axes(cell)
        highest = float(values.max())
        if len(others):
            axes.plot(
                years, values[others].max(axis=0), color=rest.colour, linestyle=rest.line,
                linewidth=1.3, gid=f"{kind} others",
            )  # fmt: skip
        for place, one in zip(shown, legend, strict=True):
            if kind == "effect":
                low, high = (course(table, one.name, f"mu_star_{end}") for end in ("low", "high"))
                axes.fill_between(years, low, high, color=one.colour, alpha=0.16, linewidth=0)
                highest = max(highest, float(high.max()))
            axes.plot(
                years, values[place], color=one.colour, linestyle=one.line, linewidth=1.6,
                gid=f"{kind} {one.name}",
            )  # fmt: skip
        time_axis(axes, years, (0.0, 1.06 * highest), cell)
    heading(sheet, upper, f"Mean absolute effect [{unit}]" if unit else "Mean absolute effect")
    heading(sheet, lower, "Share of the sum over all factors")
    return sheet.figure
