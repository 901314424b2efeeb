"""How often a fit finds parameters that are known."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case
from sim.experiment.reading import in_words
from sim.fit.recovery import FITS, LEAST, MOST
from sim.picture import strips
from sim.picture.alternative import told
from sim.picture.fits.fitted import Fitted
from sim.picture.fits.look import BAND
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.strips import Axis, Mark, Panel, Row
from sim.picture.style import (
    Caption,
)

LEVELS = {"50": "#009E73", "80": "#E69F00", "90": "#0072B2"}
SHAPES = {"50": "^", "80": "s", "90": "o"}


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """Coverage of the intervals of each parameter."""
    fitted = Fitted(folder, case)
    table = fitted.fit.table("recovery").sort_values(
        "correlation", ascending=False, kind="stable", ignore_index=True
    )
    caption = fitted.caption(
        "Does the fit find parameters that are known?",
        f"Coverage of the intervals of {len(table)} parameters",
        "Share of fits to made-up records",
        f"{FITS} records made by the model itself",
    )
    low, high = table["coverage_90"].min(), table["coverage_90"].max()
    yield Page(
        "fit_recovery", table, caption,
        f"Coverage of intervals. The 90 percent interval held the truth in {told(100 * low)} to "
        f"{told(100 * high)} percent of the fits; {int(table['passed'].sum())} of {len(table)} "
        "parameters passed.",
        partial(draw, table, caption),
    )  # fmt: skip


def draw(table: pd.DataFrame, caption: Caption, fits: int = FITS) -> Figure:
    """How often the intervals of each parameter held the truth, in fits to made-up records.

    Parameters
    ----------
    table : DataFrame
        The table ``recovery`` of a fit: columns parameter, coverage_50, coverage_80, coverage_90,
        correlation and passed.
    caption : Caption
    fits : int
        Made-up records fitted.
    """
    rows = [
        Row(
            label=in_words(one["parameter"]),
            marks=tuple(
                Mark(float(one[f"coverage_{level}"]), LEVELS[level], f"coverage {level}",
                     SHAPES[level], size=5.0)
                for level in LEVELS
            ),
            note="passed" if one["passed"] else "not passed",
            strong=not one["passed"],
        )
        for one in table.sort_values("correlation", ascending=False).to_dict("records")
    ]  # fmt: skip
    lowest = float(table[[f"coverage_{level}" for level in LEVELS]].min().min())
    axis = Axis(
        max(0.0, min(0.3, np.floor(10 * lowest - 0.5) / 10)),
        1.0,
        "share of the fits whose interval holds the truth",
        lines=tuple(int(level) / 100 for level in LEVELS),
        bands=((LEAST, MOST, BAND),),
    )
    two = ", ".join(
        f"{level}%: {2 * np.sqrt(p * (1 - p) / fits):.2f}"
        for level, p in ((level, int(level) / 100) for level in LEVELS)
    )
    reading = (
        f"Triangle, square, dot: share of {fits} made-up records whose true parameter lay in the "
        "middle 50, 80 and 90% of its posterior; lines: what it should be, and chance alone moves "
        f"it by up to two standard errors ({two}). Shaded: {LEAST:.0%} to {MOST:.0%}, which the "
        "dot has to lie in. Parameters that the record tells most of stand first."
    )
    return strips.draw([Panel("", tuple(rows), axis)], caption, reading)
