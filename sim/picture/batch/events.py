"""What happens over the years: threats by how they end, and deals, by power."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment import store
from sim.experiment.result import Result
from sim.picture.alternative import joined
from sim.picture.batch.crossing import DOWN, Crossing, Place, Room, groups
from sim.picture.batch.dated import Dated, Together, dated, together
from sim.picture.batch.subject import Subject
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import panel_limits, ticks
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    FAINT,
    INK,
    MARGIN,
    NOTE,
    PAPER,
    RULE,
    TICK,
    WIDTH,
    Actor,
    Caption,
    Scenario,
)
from sim.picture.words import LINE, shorten, text_width, wrap

# How a threat ends, from the bottom of a bar up: the share of its power's colour that it is
# filled with, and what it is called.
ENDS = {
    "imposed": (1.0, "carried out"),
    "complied": (0.4, "complied with"),
    "backed_down": (0.0, "resisted and not carried out"),
}
THREAT, DEAL = "threat", "deal"  # any threat, however it ends; and a deal
COLUMNS = ("scenario", "country", "power", "year", "kind", "mean", "share")
THREATS, DEALS, APART = 0.8, 0.36, 0.18  # heights of the two axes, and between them [inches]
MARK = 0.17  # room for the numbers of dated events above a panel [inches]
MOST_LINES = 3  # lines that tell a date
MOST_DATES = 10  # dated events told below the panels
GUTTER = 0.62  # room for the labels of the vertical axes [inches]
KEY = TICK * LINE + 0.12  # room for how the ends of a threat are told apart [inches]
BAR = 0.8  # width of a bar [years]


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """Threats and deals by year in each country; see `Page`."""
    powers = subject.actors("power")
    drawn = table(subject.result, subject.names, subject.finished, [one.code for one in powers])
    members = subject.members
    countries = [one for one in subject.actors("country") if members[one.code]]
    if drawn.empty or not countries:
        return
    powers = [one for one in powers if one.code in set(drawn["power"])]
    happenings = dated(subject)
    number = 0
    for scenarios in groups(subject.scenarios):
        names = [one.name for one in scenarios]
        for start in range(0, len(countries), DOWN):
            some = [one for one in countries[start : start + DOWN] if members[one.code] & {*names}]
            codes = [one.code for one in some]
            own = drawn[drawn["scenario"].isin(names) & drawn["country"].isin(codes)]
            if own.empty:
                continue
            number += 1
            caption = subject.caption(
                f"Threats and deals, {subject.horizon}",
                "Mean number a run and year, by power [count]",
            )
            yield Page(
                "events" if number == 1 else f"events_{number}",
                own,
                caption,
                "Bars by year: threats by how they end, and deals. Over the horizon: "
                + _told(own, some, scenarios),
                partial(
                    draw,
                    own,
                    some,
                    powers,
                    scenarios,
                    caption,
                    (subject.start, subject.last),
                    [one for one in happenings if one.scenario in names],
                    {key: {*names} & members[key] for key in codes},
                ),
            )


def table(
    result: Result, scenarios: Sequence[str], runs: Mapping[str, int], powers: Sequence[str]
) -> pd.DataFrame:
    """How often each kind of event happened, from the event log.

    Parameters
    ----------
    result : Result
    scenarios : sequence of str
    runs : mapping of str to int
        Finished runs of each scenario.
    powers : sequence of str
        Codes of the powers whose events count.

    Returns
    -------
    DataFrame
        Columns ``scenario``, ``country``, ``power``, ``year``, ``kind`` (a key of `ENDS`, `THREAT`
        or `DEAL`), ``mean`` (number a run) and ``share`` (of the runs in which it happened at
        all). Rows whose ``power`` is blank and whose ``year`` is missing are over all powers and
        the whole horizon. No row for what happened in no run.
    """
    data = store.dataset(result.folder, "events")
    if data is None:
        return pd.DataFrame(columns=list(COLUMNS))
    wanted = (
        pc.field("scenario").isin(list(scenarios))
        & pc.field("power").isin(list(powers))
        & pc.field("kind").isin([*ENDS, DEAL])
    )
    names = ["scenario", "run", "quarter", "kind", "country", "power"]
    log = data.to_table(columns=names, filter=wanted)
    for name in ("scenario", "kind", "country", "power"):
        if pa.types.is_dictionary(log.schema.field(name).type):
            place = log.schema.get_field_index(name)
            log = log.set_column(place, name, log.column(name).cast(pa.string()))
    year = pc.cast(pc.floor(pc.divide(pc.cast(log["quarter"], pa.float64()), 4.0)), pa.float64())
    log = log.append_column("year", year)
    threats = log.filter(pc.not_equal(log["kind"], DEAL))
    place = threats.schema.get_field_index("kind")
    threats = threats.set_column(place, "kind", pa.array([THREAT] * len(threats), pa.string()))
    blocks = []
    for some in (log, threats):
        for keys in (["scenario", "country", "power", "year", "kind"],
                     ["scenario", "country", "kind"]):  # fmt: skip
            counted = some.group_by(keys).aggregate([("run", "count"), ("run", "count_distinct")])
            blocks.append(counted.to_pandas())
    found = pd.concat(blocks, ignore_index=True)
    number = found["scenario"].map(dict(runs)).astype(float)
    found["mean"] = found["run_count"] / number
    found["share"] = found["run_count_distinct"] / number
    found["power"] = found["power"].fillna("")
    order = ["scenario", "country", "kind", "power", "year"]
    return found[list(COLUMNS)].sort_values(order, ignore_index=True)


@dataclass(frozen=True)
class _Scale:
    """Limits of a page's axes."""

    start: float
    end: float
    threats: Mapping[str, tuple[float, float]]
    deals: Mapping[str, tuple[float, float]]


def draw(
    table: pd.DataFrame,
    countries: Sequence[Actor],
    powers: Sequence[Actor],
    scenarios: Sequence[Scenario],
    caption: Caption,
    horizon: tuple[int, int],
    happenings: Sequence[Dated] = (),
    members: Mapping[str, set[str]] | None = None,
) -> Figure:
    """A panel a country and scenario: threats a year above, deals a year below.

    Parameters
    ----------
    table : DataFrame
        As from `table`.
    countries, powers, scenarios : sequence
        What to draw, in order.
    caption : Caption
        Title, meaning and unit, source, number of runs, seed.
    horizon : tuple of int
        First and last quarter.
    happenings : sequence of Dated
        Events of the scenarios themselves, marked by numbered lines.
    members : mapping of str to set of str, optional
        The scenarios that a country is in; default: all.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If a column is missing.
    """
    for name in COLUMNS:
        if name not in table.columns:
            raise InputError(f"a picture of events needs a column {name}; the table has none")
    all_dates = together(happenings)
    dates = all_dates[:MOST_DATES]
    room = Room(
        height=THREATS + APART + DEALS, below=0.33, left=GUTTER, between=0.34, right=0.08,
        above=NOTE * LINE + (MARK if dates else 0.0) + 0.02,
    )  # fmt: skip
    notes = _notes(dates, len(all_dates))
    crossing = Crossing(countries, scenarios, room, len(notes) * NOTE * LINE + 0.08 * bool(notes))
    by_year = table[table["year"].notna()]
    threats, deals = (panel_limits(_highest(by_year, countries, kind)) for kind in (THREAT, DEAL))
    scale = _Scale(horizon[0] / 4, (horizon[1] + 1) / 4, threats[0], deals[0])
    reading = (
        "Bars: mean number a run in each year, by power. Percentages: share of runs with at least "
        "one threat, and with at least one that was carried out, over the horizon."
    )
    if dates:
        reading += " Numbered lines: events that the scenarios themselves set."
    if threats[1] or deals[1]:
        reading += " Scales differ between countries."
    legend = [Scenario(one.code, one.name, one.colour, "solid") for one in powers]
    sheet = Sheet(caption, reading, crossing.body + KEY, legend)
    _key(sheet, crossing.body + KEY - 0.04 - TICK * LINE / 2)
    for line, words in enumerate(reversed(notes)):
        sheet.write(0.0, 0.03 + line * NOTE * LINE, words, NOTE, color=FAINT, va="bottom")
    crossing.label(sheet)
    whole = table[table["year"].isna()].set_index(["scenario", "country", "kind"])["share"]
    for place in crossing.places:
        name, code = place.scenario.name, place.country.code
        if members is not None and name not in members[code]:
            crossing.left_out(sheet, place, scale.start, scale.end)
            continue
        own = by_year[(by_year["scenario"] == name) & (by_year["country"] == code)]
        _panel(sheet, crossing, place, own, powers, scale)
        shares = [float(whole.get((name, code, kind), 0.0)) for kind in (THREAT, "imposed")]
        _shares(sheet, place, shares, room)
        _marks(sheet, place, dates, scale)
    return sheet.figure


def _highest(
    by_year: pd.DataFrame, countries: Sequence[Actor], kind: str
) -> dict[str, tuple[float, float]]:
    """For each country what an axis has to hold: all that happened in a year, over powers."""
    kinds = [DEAL] if kind == DEAL else list(ENDS)
    rows = by_year[by_year["kind"].isin(kinds)]
    sums = rows.groupby(["country", "scenario", "year"])["mean"].sum()
    highest = sums.groupby("country").max()
    return {one.code: (0.0, float(highest.get(one.code, 0.0)) or 0.1) for one in countries}


def _panel(
    sheet: Sheet,
    crossing: Crossing,
    place: Place,
    rows: pd.DataFrame,
    powers: Sequence[Actor],
    scale: _Scale,
) -> None:
    """Bars of threats, and below them bars of deals."""
    cell = place.cell
    upper = Cell(cell.left, cell.bottom + DEALS + APART, cell.width, THREATS)
    lower = Cell(cell.left, cell.bottom, cell.width, DEALS)
    for part, kinds, limits, words in (
        (upper, list(ENDS), scale.threats, "threats"),
        (lower, [DEAL], scale.deals, "deals"),
    ):
        axes = sheet.axes(part)
        _bars(axes, rows, kinds, powers)
        unlabelled = replace(place, lowest=place.lowest and part is lower)
        crossing.years(axes, unlabelled, scale.start, scale.end)
        high = limits[place.country.code][1]
        values, labels = ticks(0.0, high, most=max(3, int(part.height / 0.27)))
        if len(values) > 1 and (values[1] - values[0]) / high * part.height < 1.1 * TICK * LINE:
            values, labels = [values[0], values[-1]], [labels[0], labels[-1]]
        axes.set_yticks(values, labels=labels if place.first else [])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", color=RULE, linewidth=0.7)
        axes.set_ylim(0, high)
        if place.first:
            sheet.write(
                part.left - GUTTER + 0.16, part.bottom + part.height / 2, words, NOTE,
                color=FAINT, rotation=90, va="center", ha="center",
            )  # fmt: skip


def _bars(axes: Any, rows: pd.DataFrame, kinds: Sequence[str], powers: Sequence[Actor]) -> None:
    """Stacked bars a year: by kind from the bottom up, and in each by power."""
    height: dict[float, float] = {}
    for kind in kinds:
        filled = ENDS[kind][0] if kind in ENDS else 1.0
        for power in powers:
            own = rows[(rows["kind"] == kind) & (rows["power"] == power.code)]
            if own.empty:
                continue
            years, means = (own[name].to_numpy(dtype=float) for name in ("year", "mean"))
            below = np.array([height.get(year, 0.0) for year in years])
            sides = years + 0.5 * (1 - BAR), years + 0.5 * (1 + BAR)
            corners = [(sides[0], below), (sides[1], below), (sides[1], below + means),
                       (sides[0], below + means)]  # fmt: skip
            axes.add_collection(
                PolyCollection(
                    list(np.stack([np.stack(one, axis=-1) for one in corners], axis=1)),
                    facecolors=tint(power.colour, filled), edgecolors=power.colour,
                    linewidths=0.5, gid=f"{kind} {power.code}",
                )
            )  # fmt: skip
            for year, mean in zip(years, means, strict=True):
                height[year] = height.get(year, 0.0) + mean


def tint(colour: str, share: float) -> str:
    """A colour mixed with paper; at 1 the colour itself, at 0 paper."""
    mixed = share * np.array(to_rgb(colour)) + (1 - share) * np.array(to_rgb(PAPER))
    return to_hex(tuple(mixed))


def _shares(sheet: Sheet, place: Place, shares: Sequence[float], room: Room) -> None:
    """In how many runs there was a threat, and one carried out, above a panel."""
    cell = place.cell
    threat, measure = (f"{100 * share:.0f}%" for share in shares)
    free = cell.width + 0.1
    ways = (
        f"threat in {threat} of runs, carried out in {measure}",
        f"threat {threat}, carried out {measure}",
        f"threat {threat}, done {measure}",
        f"{threat}, {measure}",
    )
    words = next((way for way in ways if text_width(way, NOTE) <= free), ways[-1])
    sheet.write(
        cell.left, cell.bottom + cell.height + room.above - NOTE * LINE - 0.01,
        words, NOTE, color=FAINT, va="bottom",
    )  # fmt: skip


def _marks(sheet: Sheet, place: Place, dates: Sequence[Together], scale: _Scale) -> None:
    """Numbered lines where the scenario sets an event that is about the country."""
    cell = place.cell
    found = [
        (
            number,
            cell.left + cell.width * (date.start / 4 - scale.start) / (scale.end - scale.start),
        )
        for number, date in enumerate(dates, start=1)
        if any(one.about(place.scenario.name, place.country.code) for one in date.events)
    ]
    labels: list[list[tuple[int, float]]] = []  # numbers that would touch share a label
    for number, left in found:
        if labels and left - labels[-1][-1][1] < 0.1 + 0.1 * len(labels[-1]):
            labels[-1].append((number, left))
        else:
            labels.append([(number, left)])
    for group in labels:
        for _, left in group:
            sheet.rule((left, cell.bottom), (left, cell.bottom + cell.height + 0.02))
        first, last = group[0], group[-1]
        numbers = [number for number, _ in group]
        whole = len(group) > 2 and last[0] - first[0] == len(group) - 1
        words = f"{first[0]}\u2013{last[0]}" if whole else ", ".join(map(str, numbers))
        sheet.write(
            (first[1] + last[1]) / 2, cell.bottom + cell.height + 0.03, words, NOTE,
            color=INK, weight="bold", ha="center", va="bottom",
        )  # fmt: skip


def _notes(dates: Sequence[Together], number: int) -> list[str]:
    """What the numbered lines stand for, in a few lines a date."""
    lines: list[str] = []
    width = WIDTH - 2 * MARGIN
    for place, date in enumerate(dates, start=1):
        own = wrap(f"{place}  {quarters.name(date.start)}: {date.words}", width, NOTE)
        if len(own) > MOST_LINES:
            own[MOST_LINES - 1 :] = [shorten(" ".join(own[MOST_LINES - 1 :]), width, NOTE)]
        lines += own
    if number > len(dates):
        lines.append(f"and {number - len(dates)} later dates")
    return lines


def _key(sheet: Sheet, middle: float) -> None:
    """How the ends of a threat are told apart."""
    sheet.write(0.0, middle, "Threats:", TICK, color=FAINT, va="center_baseline")
    left = text_width("Threats:", TICK) + 0.12
    for filled, words in ENDS.values():
        sheet.swatch(Cell(left, middle - 0.055, 0.2, 0.11), FAINT)
        sheet.swatch(Cell(left + 0.012, middle - 0.043, 0.176, 0.086), tint(FAINT, filled))
        sheet.write(left + 0.26, middle, words, TICK, color=FAINT, va="center_baseline")
        left += 0.26 + text_width(words, TICK) + 0.22


def _told(table: pd.DataFrame, countries: Sequence[Actor], scenarios: Sequence[Scenario]) -> str:
    """Shares of runs and number of deals, a part a country and scenario."""
    whole = table[table["year"].isna()].set_index(["scenario", "country", "kind"])
    parts = []
    for country in countries:
        for scenario in scenarios:
            key = (scenario.name, country.code)
            threat, measure = (
                f"{100 * whole['share'].get((*key, kind), 0.0):.0f}%"
                for kind in (THREAT, "imposed")
            )
            deals = float(whole["mean"].get((*key, DEAL), 0.0))
            parts.append(
                f"{country.name}, {scenario.short}: a threat in {threat} of runs, one carried out "
                f"in {measure}, {deals:.3g} deals a run"
            )
    return joined(parts, 8)
