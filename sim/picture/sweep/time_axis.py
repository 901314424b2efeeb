"""Panels along quarters, and the course of a factor over them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sim.core import quarters
from sim.picture.scale import ticks
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    INK,
    LABEL,
    RULE,
    dress,
)


def course(table: pd.DataFrame, factor: str, column: str) -> Any:
    """A column of one factor, by quarter."""
    return table.loc[table["factor"] == factor, column].to_numpy(float)


def heading(sheet: Sheet, cell: Cell, text: str) -> None:
    """Words above a panel."""
    sheet.write(0.0, cell.bottom + cell.height + 0.11, text, LABEL, weight="bold", color=INK)


def time_axis(axes: Any, years: Any, limits: tuple[float, float], cell: Cell) -> None:
    """Limits and ticks of a panel along years."""
    dress(axes)
    marks = np.arange(np.ceil(years[0]), np.floor(years[-1]) + 1)
    if len(marks) < 2:
        axes.set_xticks(years, labels=[quarters.name(round(4 * year)) for year in years])
    else:
        marks = marks[:: max(1, -(-len(marks) // int(cell.width / 0.56)))]
        axes.set_xticks(marks, labels=[f"{year:.0f}" for year in marks])
    values, labels = ticks(*limits, most=5)
    axes.set_yticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_xlim(years[0], years[-1])
    axes.set_ylim(*limits)
