"""Pictures of two scenarios compared run by run: sizes of effects, and effects over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.reading import AXES
from sim.picture import strips
from sim.picture.labels import source
from sim.picture.multiples import Heading, multiples, scale_values
from sim.picture.scale import padded, year_ticks
from sim.picture.sheet import Cell
from sim.picture.strips import Axis, Mark, Panel, Row, Span
from sim.picture.style import FAINT, INK, Caption

DARK, LIGHT, MIDDLE = "#0072B2", "#D6E6F2", "#7FB3D8"
MOST_ROWS, MOST_PANELS = 30, 12


def effects(table: pd.DataFrame, manifest: Mapping[str, Any], most: int = 20) -> Figure:
    """The largest effects of one scenario against another, in standard deviations.

    Parameters
    ----------
    table : DataFrame
        From `sim.analysis.comparison.comparison`, of one pair.
    manifest : mapping
        Of a result that holds the scenario.
    most : int
        Outcomes shown, 30 at most.

    Raises
    ------
    InputError
        If no outcome differs.
    """
    some = table[table["equal"] < 1].head(min(most, MOST_ROWS))
    if some.empty:
        raise InputError("there is nothing to draw: no outcome differs in any run")
    finite = some[np.isfinite(some["effect"])]
    ends = [0.0, *(finite["low"] / finite["sd"]), *(finite["high"] / finite["sd"])]
    low, high = padded(min(ends), max(ends)) if max(ends) > min(ends) else (-1.0, 1.0)
    rows = []
    for one in some.to_dict("records"):
        spans: tuple[Span, ...] = ()
        value = float(one["effect"])
        if np.isfinite(value):
            edges = (one["low"] / one["sd"], one["high"] / one["sd"])
            spans = (Span(*edges, DARK, 3.0, "interval"),)
        mark = Mark(value, DARK, "effect", size=5.0)
        note = f"{signed(one['difference'])} ({one['unit']})"
        rows.append(Row(str(one["outcome"]), spans, (mark,), note=note))
    first = some.iloc[0]
    beyond = " An arrow: the outcome does not vary over runs." if len(finite) < len(some) else ""
    caption = _caption(
        first,
        manifest,
        f"What does {first['scenario']} change against {first['against']}?",
        f"The {len(rows)} largest differences of means, in standard deviations over runs, "
        f"{_when(first['at'])}",
        "On the right the same in the outcome's unit",
        codes_in_words(some["outcome"], manifest),
    )
    axis = Axis(low, high, "mean difference / standard deviation over runs", lines=(0.0,))
    reading = f"Dot: mean difference run by run; bar: its interval of 90 percent.{beyond}"
    return strips.draw([Panel("", tuple(rows), axis)], caption, reading, row=0.225)


def over_time(
    table: pd.DataFrame, comparison: pd.DataFrame, manifest: Mapping[str, Any], most: int = 9
) -> Figure:
    """The largest effects over the quarters.

    Parameters
    ----------
    table : DataFrame
        From `sim.analysis.comparison.effects_over_time`.
    comparison : DataFrame
        From `sim.analysis.comparison.comparison`, of the same pair; its spreads rank the outcomes.
    manifest : mapping
        Of a result that holds the scenario.
    most : int
        Outcomes shown, 12 at most: those with the largest effect in any quarter.

    Raises
    ------
    InputError
        If no outcome kept by quarter differs.
    """
    about: dict[str, Any] = {str(row["outcome"]): row for row in comparison.to_dict("records")}
    size = table.groupby("outcome", sort=False)["difference"].agg(lambda gap: gap.abs().max())
    size = size[size > 0]
    size = size / comparison.set_index("outcome")["sd"].reindex(size.index)
    names = [str(name) for name in size.dropna().sort_values(ascending=False, kind="stable").index]
    names = names[: min(most, MOST_PANELS)]
    if not names:
        raise InputError("there is nothing to draw: no outcome kept by quarter differs in any run")
    headings = []
    for name in names:
        since, unit = about[name]["apart_from"], about[name]["unit"]
        headings.append(Heading(name, f"{unit}; apart from {since}" if since else str(unit)))
    first = comparison.iloc[0]
    caption = _caption(
        first,
        manifest,
        f"When does {first['scenario']} part from {first['against']}?",
        "Differences run by run, by quarter, of the outcomes that move most for their spread",
        "Scales and units differ between panels",
        codes_in_words(names, manifest),
    )
    reading = (
        "Line: mean difference; dark band: its interval of 90 percent; light band: middle 90 "
        "percent of runs. Dashed: first quarter whose interval leaves out zero."
    )
    sheet, panels = multiples(caption, reading, headings)
    for name, (axes, cell) in zip(names, panels, strict=True):
        own = table[table["outcome"] == name].sort_values("quarter")
        if len(own) == 1:  # a point has no length: it is drawn for as long as the quarter lasts
            own = pd.concat([own, own.assign(quarter=own["quarter"] + 1)])
        years = own["quarter"].to_numpy() / 4
        axes.fill_between(years, own["spread_low"], own["spread_high"], color=LIGHT, linewidth=0)
        axes.fill_between(years, own["low"], own["high"], color=MIDDLE, linewidth=0)
        axes.plot(years, own["difference"], color=DARK, linewidth=1.6, gid="difference")
        axes.axhline(0.0, color=INK, linewidth=0.8, zorder=1.5)
        since = about[name]["apart_from"]
        if since:
            at = quarters.parse(since) / 4
            axes.axvline(at, color=FAINT, linewidth=1.0, linestyle=(0, (4, 2)), gid="apart")
        ends = own[["spread_low", "spread_high", "low", "high"]].to_numpy()
        scale_values(axes, cell, min(float(ends.min()), 0.0), max(float(ends.max()), 0.0))
        _years(axes, cell, years[0], years[-1])
    return sheet.figure


def signed(value: float) -> str:
    """A number with its sign and three digits."""
    return f"{value:+.3g}".replace("-", "\u2212")


def codes_in_words(columns: Sequence[str] | pd.Series[str], manifest: Mapping[str, Any]) -> str:
    """What the codes of countries, powers and routes in columns stand for, in a sentence."""
    names = {
        entry["code"]: entry["name"]
        for axis in ("country", "power", "route")
        for entry in manifest["case"].get(AXES[axis], [])
    }
    found = dict.fromkeys(
        code for column in columns for code in column.split(".")[1:] if code in names
    )
    told = [f"{code} {names[code]}" for code in found if names[code] != code]
    return f"Codes: {', '.join(told)}." if told else ""


def _when(at: str) -> str:
    return "as means over all quarters" if at == "mean" else f"in {at}"


def _years(axes: Any, cell: Cell, start: float, end: float) -> None:
    """Ticks in whole years."""
    years, names = year_ticks(start, end, cell.width)
    axes.set_xticks(years, labels=names)
    axes.set_xlim(start, end)


def _caption(
    first: pd.Series[Any],
    manifest: Mapping[str, Any],
    title: str,
    shown: str,
    detail: str,
    note: str,
) -> Caption:
    return Caption(
        title=title,
        shown=shown,
        detail=detail,
        source=source(manifest),
        runs=int(first["runs"]),
        seed=int(manifest["seed"]),
        note=note,
    )
