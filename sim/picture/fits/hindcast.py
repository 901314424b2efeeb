"""Pictures of a hindcast: forecasts made from past origins beside what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from sim.core.errors import InputError
from sim.fit.hindcast import MECHANISMS
from sim.fit.scoring import LEVELS, QUANTITY_BASELINES
from sim.fit.skill import ALL
from sim.picture import strips
from sim.picture.labels import Labels, sentence, words
from sim.picture.scale import panel_limits, ticks
from sim.picture.sheet import Cell, Sheet, actor_lines, grid
from sim.picture.strips import Axis, Mark, Panel, Row, Span
from sim.picture.style import (
    FAINT,
    INK,
    LABEL,
    MARGIN,
    NOTE,
    PAPER,
    RULE,
    TICK,
    WIDTH,
    Actor,
    Caption,
    Scenario,
    dress,
    percent,
)
from sim.picture.words import LINE, shorten, text_width

MAIN, OTHER, OUTSIDE, BAND = "#0072B2", "#5f5f5f", "#D55E00", "#E7E7E7"
OUTER, INNER = "#BFD9EC", "#6FAFD8"
WAYS = {"no": "#D55E00", "neither": "#BDBDBD", "yes": "#0072B2"}
NAMED_WAYS = {"no": "No", "neither": "Neither: abstaining or absent", "yes": "Yes"}
CAST = {"N": "no", "A": "neither", "NV": "neither", "not N": "neither", "Y": "yes"}
SHOWN_CAST = {"N": "No", "A": "abst.", "NV": "absent", "not N": "not No", "Y": "Yes"}
PAIRS = (("q25", "q975"), ("q100", "q900"), ("q250", "q750"))  # of the table quantities
BASELINES = {
    "last_value": "last value",
    "persistence": "last value, with spread",
    "drift": "past trend, with spread",
    "autoregression": "autoregression",
    "recent_changes": "recent changes again",
}
VOTE_BASELINES = {
    "frequency": "past frequency",
    "last_vote": "last vote on such a text",
    "always_neither": "always neither",
}
VARIANTS = {
    "drivers_unknown": "later drivers not given",
    "drift_off": "without trends of drivers",
    "noise_off": "without noise of drivers",
    "centre": "parameters at their centres",
    "prior": "parameters from the prior",
    **{name: f"without {words(name.removesuffix('_off'))}" for name in MECHANISMS},
}
INTERVALS = {"50": ("^", "#009E73"), "80": ("s", "#E69F00"), "95": ("o", "#0072B2")}
EDGE = 1.0  # skills beyond it are shown by an arrow
BINS, FEW = (10, 5), 50  # bins of a histogram; with fewer figures, the second
COLUMNS = 3


def skill(table: pd.DataFrame, main: int, caption: Caption) -> Figure:
    """Skill of volumes and shares against each baseline, by family and in all.

    Parameters
    ----------
    table : DataFrame
        The table ``skill`` of a hindcast: columns family, against, skill, low, high, series,
        figures and origins (the main one, or all).
    main : int
        Main origin.
    caption : Caption
    """
    known = [*BASELINES, *(name for name in QUANTITY_BASELINES if name not in BASELINES)]
    some = table[table["against"].isin(known)]
    axis = _skill_axis(some, "skill: 1 \u2212 CRPS of the model / CRPS of the baseline")
    panels = []
    for family in dict.fromkeys(some["family"]):
        part = some[some["family"] == family]
        heading = "All families" if family == ALL else sentence(words(str(family)))
        heading += f" ({int(part['series'].max())} series, {_counted(part, 'figures', main)})"
        rows = _skill_rows(part, [name for name in known if name in set(part["against"])], main)
        panels.append(Panel(heading, rows, axis))
    return strips.draw(panels, caption, _skill_reading(main, "baseline"), row=0.225)


def variants(table: pd.DataFrame, main: int, caption: Caption) -> Figure:
    """Skill of volumes and shares against the model with something taken away, over all families.

    Parameters
    ----------
    table : DataFrame
        As in `skill`.
    main : int
        Main origin.
    caption : Caption

    Raises
    ------
    InputError
        If the table has no variant.
    """
    some = table[(table["family"] == ALL) & ~table["against"].isin(QUANTITY_BASELINES)]
    if some.empty:
        raise InputError("a picture of variants needs one; the table of skill has none")
    order = [name for name in VARIANTS if name in set(some["against"])]
    order += [name for name in dict.fromkeys(some["against"]) if name not in VARIANTS]
    axis = _skill_axis(some, "skill: 1 \u2212 CRPS of the model / CRPS of the variant")
    rows = _skill_rows(some, order, main, decimals=3)
    return strips.draw([Panel("", rows, axis)], caption, _skill_reading(main, "variant"), row=0.24)


def votes_skill(table: pd.DataFrame, main: int, caption: Caption) -> Figure:
    """Skill of votes against each baseline, over all votes and over those that could surprise.

    Parameters
    ----------
    table : DataFrame
        The table ``votes_skill`` of a hindcast: columns cases, against, votes, rps_skill, rps_low,
        rps_high and origins.
    main : int
        Main origin.
    caption : Caption

    Raises
    ------
    InputError
        If the table has none of the baselines.
    """
    some = table[table["against"].isin(VOTE_BASELINES)].rename(
        columns={"rps_skill": "skill", "rps_low": "low", "rps_high": "high"}
    )
    if some.empty:
        raise InputError("a picture of the skill of votes needs a baseline; the table has none")
    axis = _skill_axis(some, "skill: 1 \u2212 RPS of the model / RPS of the baseline")
    panels = []
    for cases in dict.fromkeys(some["cases"]):
        part = some[some["cases"] == cases]
        heading = "All votes" if cases == ALL else "Votes unlike the last or the usual one"
        rows = _skill_rows(part, [*VOTE_BASELINES], main)
        panels.append(Panel(f"{heading} ({_counted(part, 'votes', main)})", rows, axis))
    return strips.draw(panels, caption, _skill_reading(main, "baseline", votes=True), row=0.24)


def _counted(table: pd.DataFrame, column: str, main: int) -> str:
    """How many cases there are from the main origin, and from all."""
    origins = table["origins"].astype(str)
    told = {
        label: int(table.loc[origins == label, column].max())
        for label in (str(main), ALL)
        if (origins == label).any()
    }
    parts = [f"{number:,} {'in all' if label == ALL else f'from {label}'}"
             for label, number in told.items()]  # fmt: skip
    return f"{column}: {', '.join(parts)}"


def _skill_axis(table: pd.DataFrame, label: str) -> Axis:
    low = max(-EDGE, min(float(table["low"].min()), 0.0))
    high = min(EDGE, max(float(table["high"].max()), 0.0))
    air = 0.05 * (high - low) or 0.05
    return Axis(low - air, high + air, label, lines=(0.0,))


def _skill_rows(
    table: pd.DataFrame, order: Sequence[str], main: int, decimals: int = 2
) -> tuple[Row, ...]:
    rows = []
    for name in order:
        spans, marks, notes = [], [], []
        own = table[table["against"] == name]
        for label, colour, filled, offset in (
            (str(main), MAIN, True, -0.17),
            ("all", OTHER, False, 0.17),
        ):
            found = own[own["origins"].astype(str) == label]
            if found.empty:
                continue
            one = found.iloc[0]
            kind = "main" if filled else "all"
            spans.append(Span(one["low"], one["high"], colour, 1.5, f"{kind} 95", offset))
            marks.append(
                Mark(one["skill"], colour, kind, "o" if filled else "s", filled, 4.5, offset)
            )
            notes.append(_signed(float(one["skill"]), decimals))
        label = (BASELINES | VOTE_BASELINES).get(name) or VARIANTS.get(name) or words(name)
        rows.append(Row(label, tuple(spans), tuple(marks), note="  ".join(notes)))
    return tuple(rows)


def _skill_reading(main: int, other: str, votes: bool = False) -> str:
    scored = (
        "RPS: ranked probability score over No, neither and Yes."
        if votes
        else "CRPS: continuous ranked probability score; in all, each family counts the same."
    )
    return (
        f"Skill above zero (line): the model is closer to what came than the {other}. Dot: "
        f"forecasts from the end of {main}; square: from all origins; numbers in the same order. "
        "Lines: 95% intervals from resampling whole series, cut off at the edge. Arrows: beyond "
        f"the axis. {scored}"
    )


def _signed(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:+.{decimals}f}".replace("-", "\u2212")


def calibration(quantities: pd.DataFrame, table: pd.DataFrame, main: int,
                caption: Caption) -> Figure:  # fmt: skip
    """Where what came fell in the forecasts, and how often it fell in their intervals.

    Parameters
    ----------
    quantities : DataFrame
        Columns family and quantile, a row a figure.
    table : DataFrame
        The table ``coverage`` of a hindcast: columns family, inside_50, inside_80, inside_95,
        figures and origins.
    main : int
        Main origin.
    caption : Caption
    """
    families = list(dict.fromkeys(quantities["family"]))
    parts = [("All families", quantities)]
    if len(families) > 1:
        parts += [
            (sentence(words(str(name))), quantities[quantities["family"] == name])
            for name in families
        ]
    columns = min(COLUMNS, len(parts))
    heads = [Actor(name, f"{name} ({len(part):,})") for name, part in parts]
    lines = max(len(actor_lines(head, (WIDTH - 2 * MARGIN) / columns - 0.1)) for head in heads)
    cells, upper = grid(
        len(parts), columns, WIDTH - 2 * MARGIN, panel=0.85,
        above=lines * LABEL * LINE + 0.16, below=0.34, left=0.42,
    )  # fmt: skip
    axis = Axis(
        0.0,
        1.0,
        "share of the figures inside the interval",
        lines=LEVELS,
        at=(0.0, 0.25, 0.5, 0.75, 1.0),
        named=("0", "0.25", "0.5", "0.75", "1"),
    )
    panel = Panel("Inside the forecast's intervals", _coverage_rows(table, main), axis)
    lower = strips.height([panel], row=0.25)
    tops = [_spread_out(part["quantile"])[0].max() for _, part in parts]
    top = 1.1 * max([2.0, *tops])
    reading = (
        "Histograms: quantile of the forecast at which each figure fell, from all origins, against "
        "even bins (line at 1: as many as a right forecast would have; shaded: 95% of what chance "
        "makes of it, were figures independent, which those of one series are not). Below: share "
        "of figures inside the middle 50% (triangle), 80% (square) and 95% (dot) of the runs, "
        f"filled for forecasts from the end of {main}, hollow for all origins; lines: what they "
        "should be."
    )
    sheet = Sheet(caption, reading, upper + lower)
    for head, (_, part), cell in zip(heads, parts, cells, strict=True):
        placed = Cell(cell.left, cell.bottom + lower, cell.width, cell.height)
        sheet.head(placed, head, left=0.06 - 0.42)
        _histogram(sheet.axes(placed), part["quantile"], top)
    strips.place(sheet, [panel], lower, row=0.25)
    return sheet.figure


def _spread_out(quantiles: pd.Series[float]) -> tuple[np.ndarray, float, float]:
    """Figures in each bin over their expected number, and the range that chance leaves it."""
    number = len(quantiles)
    bins = BINS[0] if number >= FEW else BINS[1]
    counts, _ = np.histogram(quantiles, bins=bins, range=(0.0, 1.0))
    low, high = stats.binom.ppf([0.025, 0.975], number, 1 / bins)
    unit = number / bins
    return counts / unit, float(low / unit), float(high / unit)


def _histogram(axes: Any, quantiles: pd.Series[float], top: float) -> None:
    heights, low, high = _spread_out(quantiles)
    dress(axes)
    places = np.linspace(0.0, 1.0, len(heights) + 1)
    axes.axhspan(low, high, color=BAND, linewidth=0, gid="expected")
    axes.bar(
        places[:-1], heights, width=1 / len(heights), align="edge", color=INNER,
        edgecolor=PAPER, linewidth=0.8, gid="quantiles",
    )  # fmt: skip
    axes.axhline(1.0, color=INK, linewidth=0.8)
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, top)
    axes.set_xticks([0.0, 0.5, 1.0], labels=["0", "0.5", "1"])
    values, labels = ticks(0.0, top, most=3)
    axes.set_yticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)


def _coverage_rows(table: pd.DataFrame, main: int) -> tuple[Row, ...]:
    rows = []
    for family in dict.fromkeys(table["family"]):
        marks = []
        figures = 0
        for label, filled, offset in ((str(main), True, -0.17), ("all", False, 0.17)):
            found = table[(table["family"] == family) & (table["origins"].astype(str) == label)]
            if found.empty:
                continue
            one = found.iloc[0]
            figures = figures or int(one["figures"])
            marks += [
                Mark(one[f"inside_{percentage}"], colour, f"inside {percentage}", shape, filled,
                     5.0, offset)
                for percentage, (shape, colour) in INTERVALS.items()
            ]  # fmt: skip
        name = "All families" if family == ALL else sentence(words(str(family)))
        rows.append(Row(name, marks=tuple(marks), note=f"{figures} figures"))
    return tuple(rows)


def series(
    forecasts: pd.DataFrame,
    history: Mapping[str, pd.Series[float]],
    panels: Sequence[Actor],
    origin: int,
    caption: Caption,
) -> Figure:
    """Forecasts of several series from one origin, with their past and what came.

    Parameters
    ----------
    forecasts : DataFrame
        Rows of the table ``quantities`` of a hindcast from one origin: columns observable, year,
        anchor, observed and q25 (2.5 percent) to q975.
    history : mapping of str to Series
        Observed values by year, of each observable.
    panels : sequence of Actor
        Observables by their code, with heading, colour and unit.
    origin : int
        Last year known.
    caption : Caption

    Raises
    ------
    InputError
        If there is nothing to show.
    """
    if not panels:
        raise InputError("a picture of series needs one or more; found none")
    columns = {1: 1, 2: 2, 4: 2}.get(len(panels), COLUMNS)
    width, gutter = WIDTH - 2 * MARGIN, 0.55
    lines = max(len(actor_lines(panel, width / columns - 0.34)) for panel in panels)
    cells, body = grid(
        len(panels), columns, width, panel={1: 2.6, 2: 1.7}.get(columns, 1.25),
        above=lines * LABEL * LINE + 0.14, below=0.32, left=gutter, right=0.2,
    )  # fmt: skip
    rows = {one.code: _rows_of(forecasts, one.code) for one in panels}
    last = max(int(part["year"].max()) for part in rows.values())
    ranges = {}
    for one in panels:
        part, past = rows[one.code], history[one.code]
        shown = past[past.index <= last]
        ranges[one.code] = (
            float(min(part["q25"].min(), shown.min())),
            float(max(part["q975"].max(), shown.max())),
        )
    limits, remark = panel_limits(ranges, own_units=any(one.unit for one in panels))
    reading = (
        f"Bands, dark to light: middle 50, 80 and 95% of the runs of the forecast made with what "
        f"was known at the end of {origin} (line), with the drivers that came after; blue line: "
        "median. Black line and dots: observed until then; diamonds: observed after, orange where "
        f"outside the widest band. {remark}"
    )
    sheet = Sheet(caption, reading.strip(), body)
    first = min(int(history[one.code].index.min()) for one in panels)
    for one, cell in zip(panels, cells, strict=True):
        axes = sheet.axes(cell)
        told = one.colour != FAINT  # a colour of its own
        sheet.head(cell, one, left=0.08 - gutter + (0.14 if told else 0.0))
        if told:
            bottom = cell.bottom + cell.height + 0.07 + (lines - 1) * LABEL * LINE
            sheet.swatch(Cell(cell.left + 0.08 - gutter, bottom + 0.035, 0.09, 0.12), one.colour)
        _fan(axes, rows[one.code], history[one.code], origin)
        _years(axes, first, last, limits[one.code], cell)
    return sheet.figure


def _rows_of(forecasts: pd.DataFrame, observable: str) -> pd.DataFrame:
    return forecasts[forecasts["observable"] == observable].sort_values("year")


def _fan(axes: Any, rows: pd.DataFrame, past: pd.Series[float], origin: int) -> None:
    anchor = float(rows["anchor"].iloc[0])
    years = [origin, *rows["year"]]
    for colour, (low, high) in zip((OUTER, "#97C4E1", INNER), PAIRS, strict=True):
        edges = [[anchor, *rows[column]] for column in (low, high)]
        axes.fill_between(years, *edges, color=colour, linewidth=0, gid=f"band {low}")
    axes.plot(years, [anchor, *rows["q500"]], color=MAIN, linewidth=1.4, gid="median")
    axes.axvline(origin, color=FAINT, linewidth=0.8, gid="origin")
    known = past[past.index <= origin]
    axes.plot(known.index, known, color=INK, linewidth=1.0, marker="o", markersize=2.4, gid="known")
    for one in rows.to_dict("records"):
        inside = one["q25"] <= one["observed"] <= one["q975"]
        axes.plot(
            [one["year"]], [one["observed"]], marker="D", markersize=4.2, linestyle="none",
            markerfacecolor=INK if inside else OUTSIDE, markeredgecolor=PAPER,
            markeredgewidth=0.7, zorder=5, gid="observed",
        )  # fmt: skip


def _years(axes: Any, first: int, last: int, limits: tuple[float, float], cell: Cell) -> None:
    dress(axes)
    room = max(2, int(cell.width / 0.52))
    step = -(-(last - first + 1) // room)
    years = list(range(last, first - 1, -step))[::-1]
    axes.set_xticks(years, labels=[str(year) for year in years])
    values, labels = ticks(*limits, most=max(5, int(cell.height / 0.3)))
    axes.set_yticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_xlim(first - 0.4, last + 0.4)
    axes.set_ylim(*limits)


def votes(table: pd.DataFrame, labels: Labels, caption: Caption) -> Figure:
    """Expected shares of No, neither and Yes beside the vote cast, by roll call and country.

    Parameters
    ----------
    table : DataFrame
        Rows of the table ``votes`` of a hindcast from one origin: columns resolution, text,
        country, year, vote (Y, A, N, NV, not N), no, neither and yes.
    labels : Labels
    caption : Caption

    Raises
    ------
    InputError
        If there are none.
    """
    if table.empty:
        raise InputError("a picture of votes needs one or more; found none")
    countries = list(dict.fromkeys(table["country"]))
    ordered = table.sort_values("year", kind="stable")
    calls: dict[str, list[tuple[str, int]]] = {}
    for one in ordered.to_dict("records"):
        key = (str(one["resolution"]), int(one["year"]))
        under = calls.setdefault(one["text"], [])
        if key not in under:
            under.append(key)
    row, head = 0.36, LABEL * LINE + 0.12
    number = sum(len(found) for found in calls.values())
    body = 0.3 + number * row + len(calls) * head
    names = [f"{call.removeprefix('A/RES/')}, {year}" for found in calls.values()
             for call, year in found]  # fmt: skip
    left = max(text_width(name, TICK) for name in names) + 0.12
    step = (WIDTH - 2 * MARGIN - left) / len(countries)
    right = int(sum(CAST[one["vote"]] == _likeliest(one) for one in table.to_dict("records")))
    reading = (
        "Bars: expected shares of No, neither and Yes, over all runs. Framed, and told below: the "
        "vote cast; abst.: abstained; absent: took no part; not No: the record tells "
        "only that it was not No. The likeliest way was the "
        f"one taken in {right} of {len(table)} cases."
    )
    legend = [Scenario(way, NAMED_WAYS[way], colour, "solid") for way, colour in WAYS.items()]
    sheet = Sheet(caption, reading, body, legend)
    for column, country in enumerate(countries):
        words_ = shorten(labels.country(country).name, step - 0.06, TICK, "bold")
        sheet.write(left + column * step, body - 0.2, words_, TICK, weight="bold", color=INK)
    found = {(one["resolution"], one["country"]): one for one in table.to_dict("records")}
    top = body - 0.3
    for text, resolutions in calls.items():
        sheet.write(0.0, top - head + 0.06, labels.text(text), LABEL, weight="bold", color=INK)
        top -= head
        for resolution, year in resolutions:
            name = f"{resolution.removeprefix('A/RES/')}, {year}"
            sheet.write(0.0, top - 0.09, name, TICK, color=INK, va="center_baseline")
            for column, country in enumerate(countries):
                cast = found.get((resolution, country))
                if cast is not None:
                    cell = Cell(left + column * step, top - 0.165, step - 0.16, 0.15)
                    _vote(sheet, cell, cast)
            top -= row
    return sheet.figure


def _likeliest(one: Mapping[Any, Any]) -> str:
    return max(WAYS, key=lambda way: float(one[way]))


def _vote(sheet: Sheet, cell: Cell, one: Mapping[Any, Any]) -> None:
    axes = sheet.axes(cell)
    axes.set_axis_off()
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    at = 0.0
    for way, colour in WAYS.items():
        share = float(one[way])
        axes.barh(0.5, share, left=at, height=1.0, color=colour, linewidth=0, gid=way)
        if CAST[one["vote"]] == way:
            middle = at + share / 2
            axes.barh(0.5, share, left=at, height=1.0, color="none", edgecolor=INK, linewidth=1.6,
                      clip_on=False, zorder=3, gid="cast")  # fmt: skip
            told = f"{SHOWN_CAST[one['vote']]} {percent(round(share, 2))}"
        at += share
    half = text_width(told, NOTE) / 2 / cell.width
    sheet.write(
        cell.left + min(max(middle, half), 1 - half) * cell.width, cell.bottom - 0.02, told, NOTE,
        ha="center", va="top", color=FAINT,
    )  # fmt: skip


def evidence(table: pd.DataFrame, labels: Labels, caption: Caption) -> Figure:
    """Changes that documents report, in forecasts made a year before.

    Parameters
    ----------
    table : DataFrame
        The table ``evidence`` of a hindcast: columns evidence, observable, statistic, year,
        observed, quantile, q10, q50, q90, expected and absent.
    labels : Labels
    caption : Caption

    Raises
    ------
    InputError
        If there is none.
    """
    if table.empty:
        raise InputError("a picture of evidence needs one row or more; found none")
    panels = []
    grown = table[table["statistic"] == "growth"]
    if len(grown):
        rows = tuple(_report(one, labels, 100.0) for one in grown.to_dict("records"))
        panels.append(Panel("Rise on the year before", rows, _round_axis(rows, "percent")))
    level = table[table["statistic"] == "level"]
    if len(level):
        rows = tuple(_report(one, labels, 1.0) for one in level.to_dict("records"))
        units = {labels.measure(labels.parts(one)[0]).unit for one in level["observable"]}
        panels.append(Panel("Level", rows, _round_axis(rows, "; ".join(sorted(units)))))
    cast = table[table["statistic"] == "vote"]
    if len(cast):
        panels += _cast(cast, labels)
    figures = table[table["statistic"] != "vote"]
    inside = int(figures["quantile"].between(0.1, 0.9).sum())
    reading = (
        "Bar: middle 80% of the forecast's runs, with its median. Dot: reported value; diamond: "
        "outside the bar. On the right: share of runs below the reported value. Inside the bar: "
        f"{inside} of {len(figures)}; were the forecast right, about {0.8 * len(figures):.0f}."
    )
    if len(cast):
        reading += (
            " Votes: bar, share of runs that abstain or take no part; stroke, share that takes no "
            "part; on the right, what was reported."
        )
    return strips.draw(panels, caption, reading, row=0.23)


def _report(one: Mapping[Any, Any], labels: Labels, unit: float) -> Row:
    measure, country, power = labels.parts(one["observable"])
    name = f"{labels.country(country).name}: " if country else ""
    outside = not 0.1 <= float(one["quantile"]) <= 0.9
    value = unit * float(one["observed"])
    return Row(
        label=f"{name}{_lower(labels.title(measure, power))}",
        tag=str(one["evidence"]),
        spans=(Span(unit * one["q10"], unit * one["q90"], OUTER, 9.0, "runs 80"),),
        marks=(
            Mark(unit * one["q50"], MAIN, "median", "|", size=9.0),
            Mark(value, OUTSIDE if outside else INK, "reported", "D" if outside else "o", size=5.0),
        ),
        note=f"{float(one['quantile']):.2f}",
    )


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _round_axis(rows: Sequence[Row], label: str) -> Axis:
    values = [end for row in rows for span in row.spans for end in (span.low, span.high)]
    values += [mark.value for row in rows for mark in row.marks] + [0.0]
    low, high = min(values), max(values)
    air = 0.05 * (high - low) or 0.05
    return Axis(low - (air if low < 0 else 0.0), high + air, label, lines=(0.0,))


def _cast(table: pd.DataFrame, labels: Labels) -> list[Panel]:
    """A panel for each family of resolutions."""
    axis = Axis(
        0.0,
        1.0,
        "share of runs that abstain or take no part",
        at=(0.0, 0.5, 1.0),
        named=("0", "0.5", "1"),
    )
    by_text: dict[str, list[Row]] = {}
    for one in table.to_dict("records"):
        text, country, _ = labels.parts(one["observable"])
        by_text.setdefault(text, []).append(
            Row(
                label=labels.country(country).name,
                tag=str(one["evidence"]),
                spans=(Span(0.0, float(one["expected"]), INNER, 9.0, "neither"),),
                marks=(Mark(float(one["absent"]), INK, "absent", "|", size=9.0),),
                note=str(one["observed"]),
            )
        )
    return [
        Panel(f"Votes: {_lower(labels.text(text))}", tuple(rows), axis)
        for text, rows in by_text.items()
    ]
