"""Routes: what flows through each, quarter by quarter, against its capacity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment.result import Result
from sim.experiment.statistics import QUANTILES
from sim.picture.alternative import ranges, told
from sim.picture.batch.dated import Dated, dated
from sim.picture.batch.fan import (
    BANDS,
    GUTTER,
    bar_place,
    end_bars,
    fans,
    quantile_column,
    time_scale,
)
from sim.picture.batch.subject import Subject
from sim.picture.batch.tables import QUANTILES as LEVELS
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.sheet import Sheet, actor_lines, grid
from sim.picture.style import FAINT, INK, LABEL, MARGIN, WIDTH, Actor, Caption, Scenario
from sim.picture.words import LINE

VOLUME, CAPACITY = "route_volume", "route_capacity"
PAGE = 10  # most routes of a page
LEAST = 1e-3  # of the largest flow in the same unit: routes that never carry it are left out
COLUMNS = ("scenario", "panel", "quarter", "n", *QUANTILES, "capacity")


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """Flow and capacity of the routes that carry anything, the largest first; see `Page`."""
    drawn = table(subject.by_quarter, subject.result)
    if drawn.empty:  # not kept by quarter
        return
    listed = {
        one["code"]: one
        for one in subject.manifest["case"]["routes"]
        if not request.country or one.get("country") in request.country
    }
    order, some_left = _order(drawn, {code: one["unit"] for code, one in listed.items()})
    by_quarter = bool(drawn.groupby(["scenario", "panel"])["capacity"].count().max() > 1)
    note = "" if not some_left else (
        "Left out: routes that never carry a thousandth of the largest flow in their unit."
    )  # fmt: skip
    if not by_quarter:
        note = f"{note} Capacity was not recorded by quarter (--trajectories all does).".strip()
    units = {one["unit"] for one in listed.values()}
    meaning = "Flow through the route, and its capacity [the unit of each route, a year]"
    closures = [one for one in dated(subject) if one.kind == "close_route"]
    for start in range(0, len(order), PAGE):
        # On a page, routes of a unit stand together, so that their sizes can be compared.
        rank = {unit: place for place, unit in enumerate(units_in_order(listed, units))}
        codes = sorted(order[start : start + PAGE], key=lambda code: rank[listed[code]["unit"]])
        panels = [_actor(listed[code]) for code in codes]
        own = drawn[drawn["panel"].isin(codes)]
        caption = subject.caption(f"Routes, {subject.horizon}", meaning, note)
        last = own.sort_values("quarter").groupby(["scenario", "panel"], sort=False).tail(1)
        number = start // PAGE + 1
        yield Page(
            "routes" if number == 1 else f"routes_{number}",
            own,
            caption,
            "Flow through routes by quarter. Median in the last quarter, with the middle 90 "
            f"percent of runs. {ranges(last, panels, subject.scenarios, ('q05', 'q50', 'q95'))} "
            f"{_capacities(last, panels, subject.scenarios[0])}".strip(),
            partial(draw, own, panels, subject.scenarios, LEVELS, caption, closures),
        )


def units_in_order(listed: dict[str, dict[str, Any]], units: set[str]) -> list[str]:
    """Units in the order in which the case first has them."""
    return [
        one for one in dict.fromkeys(route["unit"] for route in listed.values()) if one in units
    ]


def table(by_quarter: pd.DataFrame, result: Result) -> pd.DataFrame:
    """Flow by quarter, and capacity where it is known.

    Parameters
    ----------
    by_quarter : DataFrame
        Statistics over runs of the wanted scenarios, as `Result.quarters` gives them.
    result : Result

    Returns
    -------
    DataFrame
        Columns ``scenario``, ``panel`` (a route), ``quarter``, ``n``, quantiles of the flow, and
        ``capacity`` (median over runs; missing in quarters in which it was not recorded), in the
        route's unit a year. Empty where the flow was not kept by quarter.
    """
    name = by_quarter["outcome"].str.split(".", n=1, expand=True)
    if name.empty or VOLUME not in set(name[0]):
        return pd.DataFrame(columns=list(COLUMNS))
    rows = by_quarter.assign(outcome=name[0], panel=name[1])
    keys = ["scenario", "panel", "quarter"]
    flow = rows.loc[rows["outcome"] == VOLUME, [*keys, "n", *QUANTILES]]
    kept = rows.loc[rows["outcome"] == CAPACITY, [*keys, "q50"]]
    recorded = any(one["name"] == CAPACITY for one in result.manifest["outcomes"])
    if kept.empty and recorded:
        runs = result.runs([CAPACITY]).drop(columns="run").groupby("scenario").median()
        ends = runs.rename(columns=lambda column: column.removeprefix(f"{CAPACITY}."))
        kept = ends.reset_index().melt("scenario", var_name="panel", value_name="q50").dropna()
        last = flow.groupby("scenario")["quarter"].max()
        kept = kept[kept["scenario"].isin(last.index)]
        kept = kept.assign(quarter=kept["scenario"].map(last))
    found = flow.merge(kept.rename(columns={"q50": "capacity"}), on=keys, how="left")
    return found.loc[found["n"] > 0, list(COLUMNS)].reset_index(drop=True)


def _order(table: pd.DataFrame, units: dict[str, str]) -> tuple[list[str], bool]:
    """Routes that carry anything: the largest of each unit first, then the second of each.

    Also whether some are left out.
    """
    highest = table.groupby("panel")["q95"].max()
    largest: dict[str, float] = {}
    for code, unit in units.items():
        largest[unit] = max(largest.get(unit, 0.0), float(highest.get(code, 0.0)))
    kept = [
        code
        for code, unit in units.items()
        if float(highest.get(code, 0.0)) > LEAST * largest[unit]
    ]
    kept.sort(key=lambda code: -float(highest[code]))
    places: dict[str, int] = {}
    rank = {}
    for code in kept:
        rank[code] = places[units[code]] = places.get(units[code], -1) + 1
    return sorted(kept, key=lambda code: rank[code]), len(kept) < len(units)


def _actor(route: dict[str, Any]) -> Actor:
    return Actor(
        route["code"], route["name"], unit=f"{route['unit'].removesuffix(' a year')} a year"
    )


def draw(
    table: pd.DataFrame,
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
    quantiles: Sequence[float],
    caption: Caption,
    closures: Sequence[Dated] = (),
) -> Figure:
    """Small multiples, one panel a route: a fan of the flow and a line of the capacity.

    Parameters
    ----------
    table : DataFrame
        As from `table`.
    panels, scenarios : sequence
        What to draw, in order.
    quantiles : sequence of float
        The median and pairs around it: each pair is a band.
    caption : Caption
        Title, meaning and unit, source, number of runs, seed.
    closures : sequence of Dated
        Closures that scenarios set.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If a column is missing.
    """
    for name in ("scenario", "panel", "quarter", "capacity", *map(quantile_column, quantiles)):
        if name not in table.columns:
            raise InputError(f"a picture of routes needs a column {name}; the table has none")
    columns = min(2, len(panels))  # names of routes are long
    width = WIDTH - 2 * MARGIN
    lines = max(len(actor_lines(panel, width / columns - 0.1)) for panel in panels)
    cells, body = grid(
        len(panels), columns, width,
        panel={1: 2.6, 2: 1.7}.get(len(panels), 1.15),
        above=lines * LABEL * LINE + 0.16, below=0.32, left=GUTTER,
    )  # fmt: skip
    shut = [one for one in closures if one.route in {panel.code for panel in panels}]
    by_quarter = bool(table.groupby(["scenario", "panel"])["capacity"].count().max() > 1)
    sheet = Sheet(caption, reading(scenarios, by_quarter, bool(shut)), body, scenarios)
    start, end = table["quarter"].min() / 4, table["quarter"].max() / 4
    for actor, cell in zip(panels, cells, strict=True):
        axes = sheet.axes(cell)
        sheet.head(cell, actor, left=0.08 - GUTTER)
        rows = table[table["panel"] == actor.code].sort_values("quarter")
        for one in shut:
            if one.route == actor.code:
                shape = (one.start / 4, (one.start + max(one.length, 1.0)) / 4)
                axes.axvspan(*shape, color=FAINT, alpha=0.22, linewidth=0, gid="closure")
        fans(axes, rows, scenarios, quantiles)
        _capacity(axes, rows, scenarios, end, end - start)
        right = end_bars(axes, rows, scenarios, quantiles, end, end - start)
        highest = float(np.nanmax(rows[[quantile_column(max(quantiles)), "capacity"]].to_numpy()))
        time_scale(axes, start, end, right, (0.0, 1.08 * highest or 1.0), cell)
    return sheet.figure


def reading(scenarios: Sequence[Scenario], by_quarter: bool, shut: bool) -> str:
    """What lines, bands and marks stand for."""
    number = len(scenarios)
    words = "Line: median flow. Bands, dark to light: middle 50% and 90% of runs"
    if 1 < number <= BANDS:
        words += "; thin lines: edges of the light band of the other scenario"
        words += "s" if number > 2 else ""
    words += ", of the first scenario. " if number > BANDS else ". "
    if by_quarter:
        words += "Black steps: median capacity. "
    else:
        words += "Black stroke on the right: median capacity in the last quarter. "
    if len(scenarios) > 1:
        words += "Bars on the right: flow in the last quarter. "
    if shut:
        words += "Grey: closed, wholly or in part, in one of the scenarios. "
    return words.strip()


def _capacity(
    axes: Any, rows: pd.DataFrame, scenarios: Sequence[Scenario], end: float, span: float
) -> None:
    """Capacity of each scenario in steps; where only the last is known, a stroke at the end."""
    for place, scenario in enumerate(scenarios):
        own = rows[(rows["scenario"] == scenario.name) & rows["capacity"].notna()]
        if own.empty:
            continue
        years, capacity = own["quarter"].to_numpy() / 4, own["capacity"].to_numpy(dtype=float)
        look = {"color": INK, "gid": f"capacity {scenario.name}", "zorder": 6}
        if len(own) > 1:
            axes.step(years, capacity, where="post", linestyle=scenario.line, linewidth=1.0, **look)
            continue
        middle = end - 0.05 * span if len(scenarios) == 1 else bar_place(place, end, span)
        half = 0.05 * span if len(scenarios) == 1 else 0.45 * (bar_place(1, end, span) - (
            bar_place(0, end, span)))  # fmt: skip
        axes.plot(
            [middle - half, middle + half], [capacity[0]] * 2, linewidth=2.2,
            solid_capstyle="butt", **look,
        )  # fmt: skip


def _capacities(last: pd.DataFrame, panels: Sequence[Actor], first: Scenario) -> str:
    """Capacities at the end in the first scenario, in a sentence."""
    own = last[last["scenario"] == first.name].set_index("panel")["capacity"].dropna()
    parts = [f"{one.name} {told(float(own[one.code]))}" for one in panels if one.code in own.index]
    return f"Capacities in {first.short}: {', '.join(parts)}." if parts else ""
