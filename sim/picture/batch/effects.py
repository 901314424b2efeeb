"""Effects: mean differences from the first scenario, run by run, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.analysis.comparison import comparison
from sim.core import quarters
from sim.core.errors import InputError
from sim.picture import strips
from sim.picture.alternative import joined, told
from sim.picture.batch import tables
from sim.picture.batch.choice import Chosen, headlines
from sim.picture.batch.samples import at_suffix
from sim.picture.batch.subject import Subject
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import number, padded
from sim.picture.strips import Axis, Mark, Panel, Row, Span
from sim.picture.style import TICK, Actor, Caption, Scenario
from sim.picture.words import shorten, text_width

STANDARD = ("autonomy", "position")  # drawn after what the scenarios themselves name
HEADLINES = 4  # at most so many of these
CELLS = 8  # most routes, powers or channels of an outcome: those with the largest effects
PAGE = 30  # most rows of a page
NAME, LONG = 1.5, 3.4  # most room for an actor's name beside a scenario's, and alone [inches]
TAG = 1.6  # most room for a scenario's name in a row [inches]
ENDS = ("low", "high", "spread_low", "spread_high")
COLUMNS = ("scenario", "group", "panel", "difference", *ENDS)


@dataclass(frozen=True)
class Group:
    """Rows that share an axis: an outcome.

    Parameters
    ----------
    name : str
        As tables have it.
    title, unit : str
    panels : sequence of Actor
        Countries, routes or others, in order; one without a name for an outcome without axes.
    """

    name: str
    title: str
    unit: str
    panels: Sequence[Actor]


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """The effects of all scenarios but the first on the outcomes asked for; see `Page`."""
    first, *others = subject.scenarios
    if not others or subject.runs < 2:
        return
    wanted = subject.choose(request.outcome or _usual(subject))
    if not request.outcome and (request.at or subject.end != quarters.name(subject.last)):
        kept = set(subject.by_quarter["outcome"].unique())
        wanted = [one for one in wanted if kept.intersection(one.columns)]
    if not wanted:
        return
    drawn, when = table(subject, wanted)
    groups = [group for one in wanted for group in _groups(subject, one, drawn)]
    runs = int(drawn["runs"].min()) if len(drawn) else 0
    for place, some in enumerate(_pages(groups, len(others)), start=1):
        keys = {(group.name, panel.code) for group in some for panel in group.panels}
        mine = [
            (group, panel) in keys
            for group, panel in zip(drawn["group"], drawn["panel"], strict=True)
        ]
        own = drawn[mine]
        caption = subject.caption(
            f"Differences from {first.short} in {when}",
            "Means over runs of the differences run by run [in the unit of each outcome]",
            runs=runs,
        )
        name = f"effects{at_suffix(subject, when)}"
        yield Page(
            name if place == 1 else f"{name}_{place}",
            own,
            caption,
            "Mean differences, with intervals of 90 percent. " + _told(own, some, others),
            partial(draw, own, some, others, first, caption),
        )


def _usual(subject: Subject) -> list[str]:
    """What the scenarios say they move, then what is always of interest."""
    own = [n for n in headlines(subject.manifest, subject.entries[1:]) if n not in STANDARD]
    return [*own[:HEADLINES], *STANDARD]


def table(subject: Subject, wanted: Sequence[Chosen]) -> tuple[pd.DataFrame, str]:
    """Differences from the first scenario, paired run by run.

    Parameters
    ----------
    subject : Subject
        Of two scenarios or more.
    wanted : sequence of Chosen

    Returns
    -------
    table : DataFrame
        A row a scenario and cell of an outcome: ``scenario``, ``group`` (the outcome with the codes
        that are held), ``panel``, and from `sim.analysis.comparison.comparison`: ``outcome``,
        ``unit``, ``runs``, ``difference`` (mean), ``low``, ``high`` (its interval, 90 percent),
        ``spread_low``, ``spread_high`` (quantiles 0.05 and 0.95 over runs), ``effect``, ``equal``.
    when : str
        The quarter.

    Raises
    ------
    InputError
        If an outcome was not kept by quarter and one is asked for.
    """
    cells = {
        column: (_name(one), panel)
        for one in wanted
        for panel, column in zip(one.panels, one.columns, strict=True)
    }
    first, *others = subject.names
    at = quarters.name(subject.quarter()) if subject.request.at else "end"
    if subject.request.at and subject.quarter() != subject.last:
        kept = set(subject.by_quarter["outcome"].unique())
        for one in wanted:
            if not kept.intersection(one.columns):
                raise InputError(tables.not_recorded(one.outcome, subject.quarter()))
    blocks = [
        comparison(subject.result, subject.result, other, first, list(cells), at)
        for other in others
    ]
    found = pd.concat(blocks, ignore_index=True)
    groups, panels = zip(*(cells[column] for column in found["outcome"]), strict=True)
    found = found.assign(group=groups, panel=panels)
    names = [*COLUMNS, "outcome", "unit", "runs", "effect", "equal"]
    return found[names], str(found["at"].iloc[0] if len(blocks) else at)


def _name(chosen: Chosen) -> str:
    return ".".join((chosen.outcome, *(code for _, code in chosen.fixed)))


def _groups(subject: Subject, chosen: Chosen, table: pd.DataFrame) -> Iterator[Group]:
    """The rows of an outcome, a group a unit: all countries; of others those that differ most."""
    rows = table[table["group"] == _name(chosen)]
    present = set(rows["panel"])
    by_unit: dict[str, list[Actor]] = {}
    for one in subject.panels(chosen):
        if one.code in present:
            by_unit.setdefault(one.unit, []).append(one)
    for unit, panels in by_unit.items():
        if chosen.axis not in ("", "country"):
            some = rows[(rows["equal"] < 1) & rows["panel"].isin([one.code for one in panels])]
            largest = some.assign(size=some["effect"].abs()).groupby("panel")["size"].max()
            kept = set(largest.sort_values(ascending=False, kind="stable").index[:CELLS])
            panels = [one for one in panels if one.code in kept]
        if panels:
            own = unit or str(subject.outcomes[chosen.outcome]["unit"])
            yield Group(_name(chosen), subject.label(chosen), own, panels)


def _pages(groups: Sequence[Group], scenarios: int) -> list[list[Group]]:
    """Groups that fit a page, in order; one that does not is cut between its panels."""
    found: list[list[Group]] = []
    room = 0
    for group in groups:
        step = max(1, PAGE // scenarios)
        for start in range(0, len(group.panels), step):
            part = Group(group.name, group.title, group.unit, group.panels[start : start + step])
            need = len(part.panels) * scenarios
            if not found or need > room:
                found.append([])
                room = PAGE
            found[-1].append(part)
            room -= need
    return found


def draw(
    table: pd.DataFrame,
    groups: Sequence[Group],
    scenarios: Sequence[Scenario],
    first: Scenario,
    caption: Caption,
) -> Figure:
    """A strip an outcome, with a row a country and scenario.

    Parameters
    ----------
    table : DataFrame
        As from `table`.
    groups : sequence of Group
        Outcomes, in order.
    scenarios : sequence of Scenario
        Those that are compared with the first, in order.
    first : Scenario
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
    for name in COLUMNS:
        if name not in table.columns:
            raise InputError(f"a picture of effects needs a column {name}; the table has none")
    rows = {(one["group"], one["panel"], one["scenario"]): one for one in table.to_dict("records")}
    names = [panel.name or group.title for group in groups for panel in group.panels]
    # Beside long names, as routes have, there is no room for the scenarios': colours tell them.
    tags = len(scenarios) > 1 and max(text_width(one, TICK) for one in names) <= NAME
    panels = [_panel(rows, group, scenarios, first, tags) for group in groups]
    reading = (
        "Dot: mean difference; thick bar: its interval of 90 percent; thin bar: middle 90% of the "
        "differences run by run. In numbers: mean and interval."
    )
    if len(groups) > 1:
        reading += " Scales differ between outcomes."
    legend = scenarios if len(scenarios) > 1 else ()
    return strips.draw(panels, caption, reading, legend=legend)


def _panel(
    found: Mapping[tuple[str, str, str], Mapping[Any, Any]],
    group: Group,
    scenarios: Sequence[Scenario],
    first: Scenario,
    tags: bool,
) -> Panel:
    """Rows of an outcome along an axis in its own unit."""
    keys = [(panel, scenario) for panel in group.panels for scenario in scenarios]
    cells = [found.get((group.name, panel.code, scenario.name)) for panel, scenario in keys]
    ends = [0.0, *(float(one[end]) for one in cells if one is not None for end in ENDS)]
    limits = padded(min(ends), max(ends)) if max(ends) > min(ends) else (-1.0, 1.0)
    rows = []
    for (panel, scenario), one in zip(keys, cells, strict=True):
        row = Row(
            shorten(panel.name or group.title, LONG, TICK),
            tag=shorten(scenario.short, TAG, TICK) if tags else "",
            note="left out",
        )
        if one is not None:
            low, high, *spread = (float(one[end]) for end in ENDS)
            mean, colour = float(one["difference"]), scenario.colour
            row = replace(
                row,
                spans=(
                    Span(spread[0], spread[1], colour, 1.2, "spread"),
                    Span(low, high, colour, 4.2, "interval"),
                ),
                marks=(Mark(mean, colour, "difference", filled=False),),
                note=_numbers(mean, low, high, limits[1] - limits[0]),
            )
        rows.append(row)
    label = f"mean difference from {first.short}"
    return Panel(f"{group.title} [{group.unit}]", tuple(rows), Axis(*limits, label, lines=(0.0,)))


def _numbers(mean: float, low: float, high: float, span: float) -> str:
    """A difference and its interval, with as many digits as can be told apart on the axis."""
    step = 10.0 ** math.floor(math.log10(span / 100))
    words = []
    for value in (mean, low, high):
        text = number(value, step)
        words.append(f"+{text}" if value > 0 and text.strip("0.,") else text)
    return f"{words[0]} ({words[1]} to {words[2]})"


def _told(table: pd.DataFrame, groups: Sequence[Group], scenarios: Sequence[Scenario]) -> str:
    """The differences in words, the largest for their spread first."""
    names = {group.name: group.title for group in groups}
    actors = {(group.name, one.code): one.name for group in groups for one in group.panels}
    titles = {one.name: one.short for one in scenarios}
    order = table["effect"].abs().sort_values(ascending=False, kind="stable").index
    parts = []
    for one in table.loc[order].to_dict("records"):
        who = actors[one["group"], one["panel"]]
        what = f"{names[one['group']]}, {who}" if who else names[one["group"]]
        parts.append(
            f"{titles[one['scenario']]}, {what}: {told(one['difference'])} "
            f"({told(one['low'])} to {told(one['high'])})"
        )
    return joined(parts, 8)
