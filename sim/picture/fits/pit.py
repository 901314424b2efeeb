"""Where what came fell in the forecasts of a hindcast: histograms of quantiles by family."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from sim.case import Case
from sim.core.errors import InputError
from sim.fit.skill import ALL
from sim.picture.alternative import joined, told
from sim.picture.fits.hindcasted import Hindcasted, family_name
from sim.picture.fits.look import BAND, INNER, OUTSIDE
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import ticks
from sim.picture.sheet import Sheet, actor_lines, grid
from sim.picture.style import INK, LABEL, MARGIN, PAPER, WIDTH, Actor, Caption, dress
from sim.picture.words import LINE

BINS, FEW = (10, 5), 50  # bins of a histogram; with fewer figures, the second
CHANCE = 0.9  # share of what chance may do that the band holds
_COLUMNS = ("family", "from", "to", "share", "low", "high", "count", "figures")
_LEFT = 0.42


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """Histograms of the quantiles at which figures fell; nothing where none was forecast."""
    one = Hindcasted(folder, case)
    quantities = one.hindcast.table("quantities")
    if quantities.empty:
        return
    found = table(quantities)
    caption = one.caption(
        "Are the forecasts as sure as they should be?",
        f"Share of runs below what came, in {len(quantities):,} forecasts",
        f"Probability integral transform, ties counted half. {one.detail}",
    )
    said = joined(
        f"{family_name(str(family))} {told(100 * float(own['share'].iloc[0]))} and "
        f"{told(100 * float(own['share'].iloc[-1]))} percent of {own['figures'].iloc[0]:,}"
        for family, own in found.groupby("family", sort=False)
    )
    yield Page(
        "hindcast_pit", found, caption,
        f"Histograms of quantiles. In the lowest and in the highest bin: {said}",
        partial(draw, found, caption),
    )  # fmt: skip


def table(quantities: pd.DataFrame) -> pd.DataFrame:
    """Figures in even bins of their quantile, and what chance leaves a right forecast.

    Parameters
    ----------
    quantities : DataFrame
        The table ``quantities`` of a hindcast: columns family and quantile.

    Returns
    -------
    DataFrame
        Columns family (``all`` first), from and to (of the bin), share (of the figures), low and
        high (its middle 90 percent, were quantiles even and figures independent), count and
        figures.
    """
    families = list(dict.fromkeys(quantities["family"]))
    lines = []
    for family in [ALL, *(families if len(families) > 1 else ())]:
        own = quantities if family == ALL else quantities[quantities["family"] == family]
        number = len(own)
        bins = BINS[0] if number >= FEW else BINS[1]
        counts, edges = np.histogram(own["quantile"], bins=bins, range=(0.0, 1.0))
        low, high = stats.binom.ppf([(1 - CHANCE) / 2, (1 + CHANCE) / 2], number, 1 / bins) / number
        lines += [
            (family, edges[place], edges[place + 1], count / number, low, high, count, number)
            for place, count in enumerate(counts)
        ]
    return pd.DataFrame(lines, columns=list(_COLUMNS))


def draw(table: pd.DataFrame, caption: Caption) -> Figure:
    """A histogram a family, with the band that a right forecast keeps to.

    Parameters
    ----------
    table : DataFrame
        Columns family, from, to, share, low, high, count and figures.
    caption : Caption

    Raises
    ------
    InputError
        If columns are missing, or there is no figure.
    """
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise InputError(f"a histogram of quantiles needs a column {missing[0]}; none is there")
    if table.empty:
        raise InputError("a histogram of quantiles needs a figure; found none")
    heads = [
        Actor(str(family), f"{family_name(str(family))} ({int(own['figures'].iloc[0]):,})")
        for family, own in table.groupby("family", sort=False)
    ]
    columns = {1: 1, 2: 2, 4: 2}.get(len(heads), 3)
    width = WIDTH - 2 * MARGIN
    lines = max(len(actor_lines(head, width / columns - 0.1)) for head in heads)
    cells, body = grid(
        len(heads), columns, width, panel={1: 2.6, 2: 1.9}.get(columns, 1.2),
        above=lines * LABEL * LINE + 0.16, below=0.34, left=_LEFT, right=0.12,
    )  # fmt: skip
    reading = (
        "Bars: share of the figures that fell in each bin of the forecast's quantiles, over that "
        "of an even spread (line at 1), which a right forecast has. Grey: middle 90% of what "
        "chance makes of it, were figures independent, which those of one series, or forecast from "
        "several origins, are not; bars that end outside are orange. High at both ends: too sure; "
        "high in the middle: not sure enough; high on the right: too low."
    )
    sheet = Sheet(caption, reading, body)
    bins = table.groupby("family")["share"].transform("size")
    top = 1.1 * max(2.0, float((table[["share", "high"]].max(axis=1) * bins).max()))
    for head, cell in zip(heads, cells, strict=True):
        sheet.head(cell, head, left=0.06 - _LEFT)
        _histogram(sheet.axes(cell), table[table["family"] == head.code], top)
    return sheet.figure


def _histogram(axes: Any, own: pd.DataFrame, top: float) -> None:
    dress(axes)
    bins = len(own)
    first = own.iloc[0]
    axes.axhspan(bins * first["low"], bins * first["high"], color=BAND, linewidth=0, gid="chance")
    for one in own.to_dict("records"):
        out = not one["low"] - 1e-9 <= one["share"] <= one["high"] + 1e-9
        axes.bar(
            one["from"], bins * one["share"], width=one["to"] - one["from"], align="edge",
            color=OUTSIDE if out else INNER, edgecolor=PAPER, linewidth=0.8, gid="quantiles",
        )  # fmt: skip
    axes.axhline(1.0, color=INK, linewidth=0.8)
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, top)
    axes.set_xticks([0.0, 0.5, 1.0], labels=["0", "0.5", "1"])
    values, labels = ticks(0.0, top, most=3)
    axes.set_yticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
