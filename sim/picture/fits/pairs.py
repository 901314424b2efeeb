"""The posterior of a fit, two parameters at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case
from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.picture import density
from sim.picture.alternative import joined, told
from sim.picture.fits.fitted import Fitted
from sim.picture.fits.look import INNER, MAIN, OUTER
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import padded, ticks
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    FAINT,
    INK,
    MARGIN,
    NOTE,
    TICK,
    WIDTH,
    Caption,
    dress,
)
from sim.picture.words import LINE, text_width, wrap

REGIONS = (0.5, 0.9)  # shares of draws within the contours
MOST_PAIRS = 6
GAP = 0.1  # between panels [inches]
STRONG = 0.3  # rank correlation


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """The parameters that moved most, two by two; nothing where a single one was fitted."""
    fitted = Fitted(folder, case)
    parameters = fitted.fit.table("parameters")
    posterior = fitted.fit.posterior
    draws = pd.DataFrame(posterior.values, columns=list(posterior.names))
    names = leading(parameters, draws)
    if len(names) < 2:
        return
    caption = fitted.caption(
        "Which parameters can the record not tell apart?",
        f"Posterior of the parameters that moved most, {fitted.years}",
        "Each in its own unit",
        fitted.draws,
    )
    table = draws[names]
    correlation = table.corr(method="spearman").to_numpy()
    ordered = sorted(
        ((abs(correlation[one, other]), names[one], names[other], correlation[one, other])
         for one in range(len(names)) for other in range(one)), reverse=True,
    )  # fmt: skip
    said = joined(
        (f"{in_words(two)} and {in_words(one)} {told(value)}" for _, one, two, value in ordered), 5
    )
    yield Page(
        "fit_pairs", table, caption,
        f"Contours of {len(names)} parameters two by two. Rank correlations: {said}",
        partial(draw, draws, parameters, caption),
    )  # fmt: skip


def leading(parameters: pd.DataFrame, draws: pd.DataFrame, most: int = MOST_PAIRS) -> list[str]:
    """Parameters that have draws, those that moved most first."""
    ordered = parameters.sort_values("distance", ascending=False, kind="stable")["parameter"]
    return [name for name in ordered if name in draws.columns][:most]


def draw(
    draws: pd.DataFrame, parameters: pd.DataFrame, caption: Caption, most: int = MOST_PAIRS
) -> Figure:
    """The posterior of the parameters that moved most, two by two.

    Parameters
    ----------
    draws : DataFrame
        A column a parameter, a row a draw.
    parameters : DataFrame
        Columns parameter and distance.
    caption : Caption
    most : int
        Parameters shown.

    Raises
    ------
    InputError
        If there are fewer than two parameters.
    """
    names = leading(parameters, draws, most)
    if len(names) < 2:
        raise InputError(f"a picture of pairs needs two parameters or more; found {len(names)}")
    correlation = draws[names].corr(method="spearman").to_numpy()
    left, below, gap = 0.62, 0.3, GAP
    side = (WIDTH - 2 * MARGIN - left) / len(names)
    headings = {name: wrap(in_words(name), side - 0.04, NOTE, "bold") for name in names}
    above = max(map(len, headings.values())) * NOTE * LINE + 0.12
    reading = (
        f"Lines: regions that hold {REGIONS[0]:.0%} (dark) and {REGIONS[1]:.0%} (light) of the "
        "draws; dots: single draws. On the diagonal: the density of each parameter. Numbers: rank "
        f"correlation of the draws (Spearman), in bold from {STRONG:g}."
    )
    sheet = Sheet(caption, reading, side * len(names) + below + above)
    limits = {name: padded(float(draws[name].min()), float(draws[name].max())) for name in names}
    for row, vertical in enumerate(names):
        for column, horizontal in enumerate(names):
            cell = Cell(
                left=left + column * side + gap / 2,
                bottom=below + (len(names) - 1 - row) * side + gap / 2,
                width=side - gap,
                height=side - gap,
            )
            if row == 0:
                for place, line in enumerate(reversed(headings[horizontal])):
                    sheet.write(
                        cell.left + cell.width / 2,
                        cell.bottom + cell.height + 0.08 + place * NOTE * LINE,
                        line, NOTE, ha="center", va="bottom", weight="bold", color=INK,
                    )  # fmt: skip
            if column > row:
                value = round(float(correlation[row, column]), 2)
                sheet.write(
                    cell.left + cell.width / 2, cell.bottom + cell.height / 2,
                    f"{value:+.2f}".replace("-", "\u2212"), TICK,
                    ha="center", va="center", color=INK if abs(value) >= STRONG else FAINT,
                    weight="bold" if abs(value) >= STRONG else "normal",
                )  # fmt: skip
                continue
            axes = sheet.axes(cell)
            dress(axes)
            axes.set_xlim(*limits[horizontal])
            axes.set_yticks([])
            values, labels = ticks(*limits[horizontal], most=4, width=cell.width)
            widths = [text_width(label, TICK) for label in labels]
            kept = _inside(values, widths, limits[horizontal], cell.width)
            labels = [label if place in kept else "" for place, label in enumerate(labels)]
            axes.set_xticks(values, labels=labels if row == len(names) - 1 else [])
            if column == row:
                _density(axes, draws[horizontal].to_numpy(dtype=float))
                continue
            axes.set_ylim(*limits[vertical])
            _contours(axes, draws[horizontal].to_numpy(float), draws[vertical].to_numpy(float))
            if column == 0:
                values, labels = ticks(*limits[vertical], most=4)
                kept = _inside(values, [TICK / 72] * len(values), limits[vertical], cell.height)
                labels = [label if place in kept else "" for place, label in enumerate(labels)]
                axes.set_yticks(values, labels=labels)
                axes.tick_params(axis="y", length=2)
    return sheet.figure


def _inside(
    values: Sequence[float], lengths: Sequence[float], limits: tuple[float, float], length: float
) -> set[int]:
    """Which labels of an axis do not reach into the panel beside it."""
    low, high = limits
    at = [length * (value - low) / (high - low) for value in values]
    air = GAP / 2 - 0.01
    return {
        place
        for place, (middle, own) in enumerate(zip(at, lengths, strict=True))
        if middle - own / 2 >= -air and middle + own / 2 <= length + air
    }


def _density(axes: Any, values: np.ndarray) -> None:
    found = density.along(values)
    if found is not None:
        places, heights = found
        axes.fill_between(places, heights, color=OUTER, linewidth=0)
        axes.plot(places, heights, color=MAIN, linewidth=1.2, gid="density")
        axes.set_ylim(0, 1.1 * float(heights.max()))


def _contours(axes: Any, x: np.ndarray, y: np.ndarray) -> None:
    shown = slice(None, None, max(1, len(x) // 400))
    axes.plot(x[shown], y[shown], ".", color=FAINT, markersize=1.4, alpha=0.5, gid="draws")
    plane = density.over(x, y, REGIONS)
    if plane is not None:
        inner, outer = plane.levels
        axes.contour(
            plane.x, plane.y, plane.height, levels=[outer, inner] if outer < inner else [outer],
            colors=[INNER, MAIN], linewidths=1.3,
        )  # fmt: skip
