"""Alignment over time: the powers' shares in each country's portfolio, stacked to one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.picture.alternative import joined
from sim.picture.batch.crossing import DOWN, Crossing, Place, Room, groups
from sim.picture.batch.subject import Subject
from sim.picture.labels import sentence
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.sheet import Sheet
from sim.picture.style import PAPER, TICK, Actor, Caption, Scenario, readable
from sim.picture.words import LINE, shorten, text_width

OUTCOME = "alignment"
COLUMNS = ("scenario", "country", "power", "quarter", "n", "share")
LABELS = 1.6  # most room for the powers' names on the right [inches]
LEAST = 0.5  # share from which a band has a number [percent]
LEADER = 0.12  # length of the line from a band to its label [inches]


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """The shares of all powers by quarter; see `Page`."""
    drawn = table(subject.by_quarter)
    present = set(drawn["country"])
    countries = [one for one in subject.actors("country") if one.code in present]
    if not countries:  # not kept by quarter
        return
    powers = [one for one in subject.all_actors("power") if one.code in set(drawn["power"])]
    meaning = sentence(subject.outcomes[OUTCOME]["meaning"])
    number = 0
    for scenarios in groups(subject.scenarios):
        for start in range(0, len(countries), DOWN):
            some = countries[start : start + DOWN]
            own = drawn[
                drawn["scenario"].isin([one.name for one in scenarios])
                & drawn["country"].isin([one.code for one in some])
            ]
            if own.empty:
                continue
            number += 1
            caption = subject.caption(
                f"Alignment, {subject.horizon}",
                f"{meaning} [percent; the shares of all powers add up to 100]",
            )
            yield Page(
                "alignment" if number == 1 else f"alignment_{number}",
                own,
                caption,
                "Stacked shares of the powers by quarter, means over runs. In the last quarter: "
                + _told(own, some, powers, scenarios),
                partial(draw, own, some, powers, scenarios, caption),
            )


def table(by_quarter: pd.DataFrame) -> pd.DataFrame:
    """Mean share of each power by quarter.

    Parameters
    ----------
    by_quarter : DataFrame
        Statistics over runs, as `Result.quarters` gives them.

    Returns
    -------
    DataFrame
        Columns ``scenario``, ``country``, ``power``, ``quarter``, ``n`` (runs) and ``share``, a
        mean over runs in percent: unlike medians, means add up to the whole. Empty where alignment
        was not kept by quarter.
    """
    rows = by_quarter[by_quarter["outcome"].str.startswith(f"{OUTCOME}.")]
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    parts = rows["outcome"].str.split(".", expand=True)
    found = rows.assign(country=parts[1], power=parts[2], share=100.0 * rows["mean"])
    return found.loc[found["share"].notna(), list(COLUMNS)].reset_index(drop=True)


def draw(
    table: pd.DataFrame,
    countries: Sequence[Actor],
    powers: Sequence[Actor],
    scenarios: Sequence[Scenario],
    caption: Caption,
) -> Figure:
    """A panel a country and scenario: shares of the powers, one on the other.

    Parameters
    ----------
    table : DataFrame
        Columns ``scenario``, ``country``, ``power``, ``quarter`` and ``share`` [percent].
    countries, powers, scenarios : sequence
        What to draw, in order; powers from the bottom up.
    caption : Caption
        Title, meaning and unit, source, number of runs, seed.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If a column is missing.
    """
    for name in ("scenario", "country", "power", "quarter", "share"):
        if name not in table.columns:
            raise InputError(f"a picture of alignment needs a column {name}; the table has none")
    number = text_width("100%", TICK) + LEADER + 0.06
    names = max(text_width(f"{one.name} 100%", TICK) for one in powers) + LEADER + 0.06
    room = Room(
        height=1.3 if len(scenarios) == 1 else 1.1, below=0.33, left=0.52,
        between=number + 0.12, right=min(names, LABELS + LEADER),
    )  # fmt: skip
    crossing = Crossing(countries, scenarios, room)
    reading = (
        "Bands: means over runs; they add up to 100 percent, which medians would not. "
        "Numbers: shares in the last quarter."
    )
    # Names stand beside the bands of the last column; a legend has those that have no room there.
    narrow = len(powers) > room.height / (TICK * LINE) or names > room.right
    last = table[table["quarter"] == table["quarter"].max()]
    seen = set(last.loc[last["share"] >= LEAST, "power"])
    legend = [
        Scenario(one.code, one.name, one.colour, "solid")
        for one in powers
        if narrow or one.code not in seen
    ]
    sheet = Sheet(caption, reading, crossing.body, legend)
    crossing.label(sheet)
    start, end = table["quarter"].min() / 4, table["quarter"].max() / 4
    end = max(end, start + 0.25)
    for place in crossing.places:
        own = table[
            (table["country"] == place.country.code) & (table["scenario"] == place.scenario.name)
        ]
        if own.empty:
            crossing.left_out(sheet, place, start, end)
            continue
        wide = own.pivot(index="quarter", columns="power", values="share").sort_index()
        shares = wide.reindex(columns=[one.code for one in powers]).fillna(0.0)
        axes = sheet.axes(place.cell)
        _bands(axes, shares, powers)
        crossing.years(axes, place, start, end)
        axes.set_yticks([0, 50, 100], labels=["0%", "50%", "100%"] if place.first else [])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(0, 100)
        _label(sheet, place, shares.iloc[-1].to_numpy(dtype=float), powers, room)
    return sheet.figure


def _bands(axes: Any, shares: pd.DataFrame, powers: Sequence[Actor]) -> None:
    """Shares one on the other, parted by a thin line of paper."""
    if len(shares) == 1:  # a point has no length: it is drawn for as long as the quarter lasts
        shares = pd.concat([shares, shares.set_axis(shares.index + 1)])
    years = shares.index.to_numpy() / 4
    tops = np.cumsum(shares.to_numpy(dtype=float), axis=1)
    below = np.zeros(len(years))
    for place, power in enumerate(powers):
        axes.fill_between(
            years, below, tops[:, place], color=power.colour, linewidth=0, gid=power.code
        )
        below = tops[:, place]
        if place < len(powers) - 1:
            axes.plot(years, below, color=PAPER, linewidth=0.7)


def _label(
    sheet: Sheet, place: Place, shares: NDArray[np.float64], powers: Sequence[Actor], room: Room
) -> None:
    """The shares of the last quarter beside their bands; those that have no room are left out."""
    cell = place.cell
    line = TICK * LINE
    middles = (np.cumsum(shares) - shares / 2) / 100 * cell.height
    most = int(cell.height / line) + 1
    kept = sorted(np.argsort(-shares, kind="stable")[:most])
    kept = [at for at in kept if shares[at] >= LEAST]
    heights = _apart([float(middles[at]) for at in kept], line, 0.0, cell.height)
    right = cell.left + cell.width
    for at, height in zip(kept, heights, strict=True):
        sheet.rule(
            (right + 0.02, cell.bottom + middles[at]), (right + LEADER, cell.bottom + height)
        )
        number = f"{shares[at]:.0f}%"
        words = number
        if place.last:
            free = room.right - LEADER - 0.06 - text_width(f" {number}", TICK)
            words = f"{shorten(powers[at].name, free, TICK)} {number}"
        sheet.write(
            right + LEADER + 0.03, cell.bottom + height, words, TICK,
            color=readable(powers[at].colour), va="center_baseline",
        )  # fmt: skip


def _apart(wanted: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Rising places near the wanted ones, each at least `least` above the one before.

    Labels that touch are put together in a block around the middle of what they want.
    """
    blocks: list[list[float]] = []  # each: sum of wanted bottoms, number of labels
    for place in wanted:
        blocks.append([place, 1.0])
        while len(blocks) > 1:
            (total, number), (other, more) = blocks[-2:]
            if total / number + (number + more) / 2 * least <= other / more + 1e-12:
                break
            blocks[-2:] = [[total + other, number + more]]
    # A block stays inside the panel, and what it pushes stays apart.
    middles = [total / number for total, number in blocks]
    sizes = [number for _, number in blocks]
    floor = low - least / 2
    for at, size in enumerate(sizes):
        middles[at] = max(middles[at], floor + size * least / 2)
        floor = middles[at] + size * least / 2
    ceiling = high + least / 2
    for at in reversed(range(len(sizes))):
        middles[at] = min(middles[at], ceiling - sizes[at] * least / 2)
        ceiling = middles[at] - sizes[at] * least / 2
    return [
        middle + (place - (size - 1) / 2) * least
        for middle, size in zip(middles, sizes, strict=True)
        for place in range(int(size))
    ]


def _told(
    table: pd.DataFrame,
    countries: Sequence[Actor],
    powers: Sequence[Actor],
    scenarios: Sequence[Scenario],
) -> str:
    """The largest shares at the end, a part a country and scenario."""
    last = table.sort_values("quarter").groupby(["scenario", "country", "power"]).tail(1)
    shares = last.set_index(["scenario", "country", "power"])["share"]
    parts = []
    for country in countries:
        for scenario in scenarios:
            found = {
                power.name: float(shares.get((scenario.name, country.code, power.code), np.nan))
                for power in powers
            }
            largest = sorted(
                (item for item in found.items() if np.isfinite(item[1])), key=lambda item: -item[1]
            )
            if largest:
                numbers = ", ".join(f"{name} {share:.0f}%" for name, share in largest[:3])
                parts.append(f"{country.name}, {scenario.short}: {numbers}")
    return joined(parts, 8)
