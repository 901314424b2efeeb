"""Reliability of a hindcast: what was said to happen so often, against how often it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from sim.picture.fits.look import BAND, INNER, MAIN, OUTSIDE
from sim.picture.fits.votes import CAST, WAYS
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import ticks
from sim.picture.sheet import Cell, Sheet, actor_lines, grid
from sim.picture.style import (
    FAINT,
    LABEL,
    MARGIN,
    PAPER,
    RULE,
    WIDTH,
    Actor,
    Caption,
    Scenario,
    dress,
)
from sim.picture.words import LINE

VOTES, EPISODES, INTERVALS = "votes", "episodes", "intervals"
LEVELS = tuple(np.round(np.arange(0.1, 0.95, 0.1), 1))
CHANCE = 0.9  # share of what chance may do that the bars hold
# Ends of the bins of stated shares: even ones, and for rare events ones that get wider.
_EDGES = {
    VOTES: tuple(place / 10 for place in range(11)),
    EPISODES: (0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
}
_COLUMNS = ("kind", "family", "from", "to", "stated", "happened", "low", "high", "cases")
_STRIP = 0.42  # height of a histogram [inches]
_STRIP_GAP = 0.3
_LEFT = 0.45


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """Reliability of votes, of episodes and of intervals; nothing where none was forecast."""
    one = Hindcasted(folder, case)
    found = table(
        one.hindcast.table("votes"), one.hindcast.table("counts"), one.hindcast.table("quantities")
    )
    if found.empty:
        return
    caption = one.caption(
        "Does what is said to be likely happen as often as said?",
        "Stated shares of runs against the shares that happened",
        one.detail,
    )
    yield Page(
        "hindcast_reliability", found, caption, _alternative(found), partial(draw, found, caption)
    )


def table(votes: pd.DataFrame, counts: pd.DataFrame, quantities: pd.DataFrame) -> pd.DataFrame:
    """What was stated and what happened, in bins.

    Parameters
    ----------
    votes : DataFrame
        The table ``votes`` of a hindcast: columns vote, no, neither and yes.
    counts : DataFrame
        The table ``counts``: columns observed and expected (mean number over runs).
    quantities : DataFrame
        The table ``quantities``: columns family and quantile.

    Returns
    -------
    DataFrame
        Columns kind (votes, episodes or intervals), family (of intervals; ``all`` first), from and
        to (of the bin), stated (mean share of runs; level of an interval), happened (share of the
        cases), low and high (middle 90 percent of what chance makes of the stated share) and cases.

    Notes
    -----
    Each vote is three cases: No, neither, Yes. The share of runs with one episode or more follows
    from the mean number as for a Poisson count. A figure lies inside the central interval of a
    level where its quantile is no further from one half than half the level.
    """
    parts = [
        _binned(VOTES, *_of_votes(votes)),
        _binned(
            EPISODES,
            1.0 - np.exp(-counts["expected"].to_numpy(float)),
            counts["observed"].to_numpy(float) > 0,
        ),
    ]
    families = list(dict.fromkeys(quantities["family"]))
    for family in [ALL, *(families if len(families) > 1 else ())]:
        own = quantities if family == ALL else quantities[quantities["family"] == family]
        if own.empty:
            continue
        away = 2 * np.abs(own["quantile"].to_numpy(float) - 0.5)
        for level in LEVELS:
            # Quantiles are stored in six digits: those on the edge are inside.
            inside = away <= level + 1e-9
            parts.append([_line(INTERVALS, family, level, level, level, inside)])
    return pd.DataFrame([one for part in parts for one in part], columns=list(_COLUMNS))


def _of_votes(votes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    cast = votes["vote"].map(CAST)
    stated = [votes[way].to_numpy(float) for way in WAYS]
    return np.concatenate(stated), np.concatenate([(cast == way).to_numpy() for way in WAYS])


def _binned(kind: str, stated: np.ndarray, happened: np.ndarray) -> list[dict[str, Any]]:
    edges = np.array(_EDGES[kind])
    place = np.clip(np.searchsorted(edges, stated, side="right") - 1, 0, len(edges) - 2)
    return [
        _line(
            kind, "", edges[one], edges[one + 1],
            float(stated[place == one].mean()), happened[place == one],
        )
        for one in np.unique(place)
    ]  # fmt: skip


def _line(
    kind: str, family: str, low: float, high: float, stated: float, happened: np.ndarray
) -> dict[str, Any]:
    number = len(happened)
    ends = stats.binom.ppf([(1 - CHANCE) / 2, (1 + CHANCE) / 2], number, stated) / number
    values = (kind, family, low, high, stated, float(happened.mean()), *map(float, ends), number)
    return dict(zip(_COLUMNS, values, strict=True))


def _alternative(found: pd.DataFrame) -> str:
    sentences = ["Reliability diagram."]
    for kind, what in ((VOTES, "Votes"), (EPISODES, "One episode or more in a year")):
        own = found[found["kind"] == kind]
        if len(own):
            said = joined(
                f"stated {told(row['stated'])}, happened {told(row['happened'])} of {row['cases']}"
                for row in own.to_dict("records")
            )
            sentences.append(f"{what}: {said}")
    own = found[(found["family"] == ALL) & found["from"].isin((0.5, 0.8, 0.9))]
    if len(own):
        said = joined(
            f"{100 * row['stated']:.0f} percent intervals held {100 * row['happened']:.0f} percent"
            for row in own.to_dict("records")
        )
        sentences.append(f"Of {own['cases'].max():,} figures, {said}")
    return " ".join(sentences)


def draw(table: pd.DataFrame, caption: Caption) -> Figure:
    """Diagrams of events with histograms of what was stated, and of intervals by family.

    Parameters
    ----------
    table : DataFrame
        Columns kind, family, from, to, stated, happened, low, high and cases.
    caption : Caption

    Raises
    ------
    InputError
        If columns are missing, or there is no case.
    """
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise InputError(f"a reliability diagram needs a column {missing[0]}; the table has none")
    if table.empty:
        raise InputError("a reliability diagram needs a case; found none")
    events = [kind for kind in (VOTES, EPISODES) if (table["kind"] == kind).any()]
    inside = table[table["kind"] == INTERVALS]
    families = list(dict.fromkeys(inside["family"]))
    width = WIDTH - 2 * MARGIN
    heads = [Actor(kind, f"{_TITLES[kind]} ({_number(table, kind)})") for kind in events]
    upper, above = _placed(heads, 2, width, 2.0, _STRIP + _STRIP_GAP + 0.12)
    named = [
        Actor(family, f"{family_name(str(family))} ({_figures(inside, str(family))})")
        for family in families
    ]
    lower, below = _placed(named, min(3, max(len(families), 2)), width, 1.3, 0.36)
    sheet = Sheet(caption, _reading(events, bool(families)), above + below, _legend())
    for head, cell in zip(heads, upper, strict=True):
        placed = Cell(cell.left, cell.bottom + below, cell.width, cell.height)
        own = table[table["kind"] == head.code]
        reach = own[["stated", "happened", "high"]].to_numpy(float).max()
        top = 1.0 if head.code == VOTES else float(min(1.0, 1.08 * reach))
        sheet.head(placed, head, left=0.06 - _LEFT)
        _diagram(sheet, placed, own, top)
        _histogram(sheet, placed, own, top)
    for head, cell in zip(named, lower, strict=True):
        own = inside[inside["family"] == head.code]
        sheet.head(cell, head, left=0.06 - _LEFT)
        _diagram(sheet, cell, own, 1.0)
    return sheet.figure


_TITLES = {VOTES: "Votes: each choice", EPISODES: "Coercion: one episode or more in a year"}


def _number(table: pd.DataFrame, kind: str) -> str:
    return f"{int(table.loc[table['kind'] == kind, 'cases'].sum()):,} cases"


def _figures(inside: pd.DataFrame, family: str) -> str:
    return f"{int(inside.loc[inside['family'] == family, 'cases'].max()):,}"


def _legend() -> list[Scenario]:
    return [
        Scenario("happened", "What happened", MAIN, "solid"),
        Scenario("chance", "What chance may make of it (90%)", "#A9A9A9", "solid"),
    ]


def _placed(
    heads: Sequence[Actor], columns: int, width: float, panel: float, below: float
) -> tuple[list[Cell], float]:
    """Cells of panels with their headings, and the height they need."""
    if not heads:
        return [], 0.0
    lines = max(len(actor_lines(head, width / columns - 0.1)) for head in heads)
    return grid(
        len(heads), columns, width, panel=panel, above=lines * LABEL * LINE + 0.16,
        below=below, left=_LEFT, right=0.12,
    )  # fmt: skip


def _reading(events: Sequence[str], intervals: bool) -> str:
    parts = ["Across: what was said; up: what happened. On the diagonal both are the same."]
    parts.append(
        "Grey bars: where a dot lies in nine of ten cases if the forecast is right and cases are "
        "independent, which those of one series, or made from several origins, are not. Orange "
        "diamonds: outside."
    )
    if events:
        parts.append("Upper panels: shares of runs; histograms: number of cases by what was said.")
    if VOTES in events:
        parts.append("Each vote is three cases: No, neither, Yes.")
    if EPISODES in events:
        parts.append("Shares of runs with an episode: from their mean number, as Poisson counts.")
    if intervals:
        parts.append(
            "Lower panels: intervals with the middle 10, 20, ... 90% of the runs (across), and "
            "the share of figures inside (up)."
        )
    return " ".join(parts)


def _diagram(sheet: Sheet, cell: Cell, own: pd.DataFrame, top: float) -> None:
    axes = sheet.axes(cell)
    dress(axes)
    axes.plot([0, top], [0, top], color=FAINT, linewidth=0.9, zorder=0.8, gid="diagonal")
    wide = 0.035 * top
    for one in own.to_dict("records"):
        axes.fill_between(
            [one["stated"] - wide / 2, one["stated"] + wide / 2], one["low"], one["high"],
            color="#CFCFCF", linewidth=0, zorder=0.6, gid="chance",
        )  # fmt: skip
    axes.plot(own["stated"], own["happened"], color=MAIN, linewidth=1.0, zorder=2, gid="line")
    for one in own.to_dict("records"):
        out = not one["low"] - 1e-9 <= one["happened"] <= one["high"] + 1e-9
        axes.plot(
            [one["stated"]], [one["happened"]], "D" if out else "o", markersize=4.4,
            color=OUTSIDE if out else MAIN, markeredgecolor=PAPER, markeredgewidth=0.7, zorder=4,
            clip_on=False, gid="happened",
        )  # fmt: skip
    for set_ticks, length in ((axes.set_xticks, cell.width), (axes.set_yticks, None)):
        values, labels = ticks(0.0, top, most=5, width=length)
        set_ticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)


def _histogram(sheet: Sheet, cell: Cell, own: pd.DataFrame, top: float) -> None:
    bottom = cell.bottom - _STRIP_GAP - _STRIP
    axes = sheet.axes(Cell(cell.left, bottom, cell.width, _STRIP))
    dress(axes)
    most = float(own["cases"].max())
    for one in own.to_dict("records"):
        axes.bar(
            one["from"], one["cases"], width=min(one["to"], top) - one["from"], align="edge",
            color=INNER, edgecolor=PAPER, linewidth=0.6, gid="stated",
        )  # fmt: skip
    axes.axhline(0, color=BAND, linewidth=0.6)
    axes.set_xlim(0, top)
    axes.set_ylim(0, 1.1 * most)
    axes.set_xticks([])
    axes.set_yticks([most], labels=[f"{most:,.0f}"])
    axes.tick_params(axis="y", length=0)
