"""Pictures of sensitivity: indices, their course over time and with more rows, effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.analysis.sensitivity.study import leading
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.design import DUMMY
from sim.picture.labels import words
from sim.picture.scale import ticks
from sim.picture.sheet import Cell, Sheet
from sim.picture.strips import Axis, Mark, Panel, Row, Span, draw
from sim.picture.style import (
    FAINT,
    INK,
    LABEL,
    MARGIN,
    NOTE,
    PAPER,
    RULE,
    SCENARIO_COLOURS,
    SCENARIO_LINES,
    TICK,
    WIDTH,
    Caption,
    Scenario,
    dress,
)
from sim.picture.words import LINE, shorten, text_width

FIRST, TOTAL, FLOOR = "#0072B2", "#A9CDE6", "#D55E00"
FALL, RISE = "#E69F00", "#0072B2"
INTERACTIONS, CHANCE = "#8A8A8A", "#E3E3E3"
MOST_LINES = len(SCENARIO_COLOURS) - 1  # factors drawn over time; the others are summed
MOST_ROWS, MOST_NAMES = 20, 16  # factors with bars; factors with a name among dots
DOT = 5.5 / 72  # size of a named dot [inches]
OTHERS = "#A8A8A8"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
ROW = 0.26  # height of a row with two bars [inches]
NOT_TOLD = "not told apart"


def indices(table: pd.DataFrame, caption: Caption) -> Figure:
    """First-order and total indices of one outcome, largest first, with the noise floor.

    Up to 20 factors and the dummy have bars; the others are summed up in words.

    Parameters
    ----------
    table : DataFrame
        From the largest index to the smallest: factor, first, first_low, first_high, total,
        total_low, total_high (missing where rows do not tell it), floor, told_apart.
    caption : Caption

    Raises
    ------
    InputError
        If the outcome is the same in all rows, so that it has no indices.
    """
    if table["first"].isna().all():
        raise InputError("a picture of indices needs an outcome that varies")
    totals = bool(table["total"].notna().any())
    table, others = leading(table, MOST_ROWS)
    highs = table[["first_high", "total_high", "floor"]].to_numpy(float)
    lows = table[["first_low"]].to_numpy(float)
    most = max(float(np.nanmax(highs)), 0.05)
    least = min(float(np.nanmin(lows)), 0.0)
    rows = []
    for one in table.to_dict("records"):
        spans, at = [], 0.0
        if totals:
            at = 0.2
            spans += [
                Span(0.0, one["total"], TOTAL, 7.0, "total", -at),
                Span(one["total_low"], one["total_high"], INK, 1.1, "total 90", -at),
            ]
        spans += [
            Span(0.0, one["first"], FIRST, 7.0, "first", at),
            Span(one["first_low"], one["first_high"], INK, 1.1, "first 90", at),
        ]
        marks = (Mark(one["floor"], FLOOR, "floor", "|", size=9.0, offset=-at),)
        rows.append(
            Row(
                label=words(one["factor"]),
                spans=tuple(spans),
                marks=marks if np.isfinite(one["floor"]) else (),
                note="" if one["told_apart"] else NOT_TOLD,
                strong=bool(one["told_apart"]),
            )
        )
    legend = [Scenario("first", "First order: the factor alone", FIRST, "solid")]
    if totals:
        legend.append(Scenario("total", "Total: with its interactions", TOTAL, "solid"))
    reading = (
        "Bars: share of the variance of row means. Thin lines: 90% intervals, from resampled "
        f"{'base points' if totals else 'rows'}. Upright strokes: floor, what noise reaches; "
        f"factors whose interval is not above it are marked “{NOT_TOLD}”."
    )
    index, name = ("total", "a total") if totals else ("first", "an")
    reading += _more(others, others[index], f"{name} index above")
    pad = 0.03 * (most - least)
    axis = Axis(least - pad if least < 0 else 0.0, most + pad, "index", lines=(0.0,))
    return draw([Panel("", tuple(rows), axis)], caption, reading, legend=legend, row=ROW)


def over_time(table: pd.DataFrame, caption: Caption) -> Figure:
    """Parts of an outcome's variance by quarter, and the index of each factor.

    Parameters
    ----------
    table : DataFrame
        Of one outcome: quarter, factor, first, total with their intervals, of_means, within.
    caption : Caption

    Raises
    ------
    InputError
        If there are fewer than two quarters, or the outcome never varies.
    """
    table = table.sort_values("quarter", kind="stable")
    times = np.sort(table["quarter"].unique())
    whole = table.groupby("quarter")["of_means"].first().to_numpy()
    if len(times) < 2 or not (whole > 0).any():
        raise InputError("a picture over time needs two quarters and an outcome that varies")
    index = "total" if table["total"].notna().any() else "first"
    shown = _leading(table, index, whole)
    years = times / 4
    first = {
        name: np.nan_to_num(_course(table, name, "first")) for name in table["factor"].unique()
    }
    alone = np.stack([np.clip(first[name], 0, None) for name in shown])
    others = np.sum([np.clip(first[n], 0, None) for n in first if n not in shown] or [0 * whole], 0)
    # Estimates of small shares may add up to a little more than the whole.
    scale = np.maximum(alone.sum(axis=0) + others, 1.0)
    parts = [*(alone / scale * whole), others / scale * whole]
    parts.append(whole - np.sum(parts, axis=0))
    within = table.groupby("quarter")["within"].first().to_numpy()
    chance = bool(np.isfinite(within).all())
    colours = [*SCENARIO_COLOURS[: len(shown)], SCENARIO_COLOURS[-1], INTERACTIONS]

    legend = [
        Scenario(name, words(name), colour, line)
        for name, colour, line in zip(shown, SCENARIO_COLOURS, SCENARIO_LINES, strict=False)
    ]
    rest = [("other factors", SCENARIO_COLOURS[-1])] if len(first) > len(shown) else []
    rest += [("interactions and what is left", INTERACTIONS)]
    rest += [("chance, within rows", CHANCE)] if chance else []
    legend += [Scenario(name, name, colour, "solid") for name, colour in rest]
    left, tall, gap = 0.62, 1.75, 0.75
    body = 2 * tall + gap + 0.62
    sheet = Sheet(
        caption,
        "Above: the variance of an outcome, stacked: what each factor explains alone (first "
        "order), what is left to interactions, and the mean variance over the runs of a row. "
        f"Below: {'total' if index == 'total' else 'first-order'} index of the same factors with "
        "90% intervals, a share of the coloured and dark part above; where that part is thin, a "
        f"share says little.{_of_all(shown, table)}",
        body,
        legend,
    )
    width = WIDTH - 2 * MARGIN - left - 0.1
    upper = Cell(left, tall + gap - 0.08 + 0.3, width, tall)
    axes = sheet.axes(upper)
    layers = list(zip(parts, colours, strict=True))
    layers += [(within, CHANCE)] if chance else []
    # Variances are small numbers: ticks count a power of ten that the heading names.
    power = int(np.floor(np.log10(np.sum([values for values, _ in layers], axis=0).max())))
    power = power if not -2 <= power <= 4 else 0
    layers = [(values / 10.0**power, colour) for values, colour in layers]
    bottom = np.zeros(len(times))
    for values, colour in layers:
        axes.fill_between(
            years, bottom, bottom + values, facecolor=colour, linewidth=0.3, edgecolor=PAPER,
            gid="part",
        )  # fmt: skip
        bottom = bottom + values
    _time_axis(axes, years, (0.0, 1.06 * float(bottom.max())), upper)
    words_of_scale = f" [10{str(power).translate(_RAISED)} of the unit squared]" if power else ""
    what = "Variance of a single run" if chance else "Variance of row means"
    _heading(sheet, upper, what + words_of_scale)

    lower = Cell(left, 0.3, width, tall)
    axes = sheet.axes(lower)
    highest = 0.05
    for name, colour, line in zip(shown, SCENARIO_COLOURS, SCENARIO_LINES, strict=False):
        value, low, high = (_course(table, name, f"{index}{end}") for end in ("", "_low", "_high"))
        axes.fill_between(years, low, high, color=colour, alpha=0.16, linewidth=0)
        axes.plot(years, value, color=colour, linestyle=line, linewidth=1.6, gid=f"index {name}")
        inside = high[np.isfinite(high)]
        highest = max(highest, float(np.quantile(inside, 0.95)) if len(inside) else 0.0)
    _time_axis(axes, years, (0.0, 1.1 * highest), lower)
    _heading(sheet, lower, f"{'Total' if index == 'total' else 'First-order'} index")
    return sheet.figure


def convergence(table: pd.DataFrame, caption: Caption, of: str) -> Figure:
    """How indices and their intervals move as rows are added.

    Parameters
    ----------
    table : DataFrame
        Of one outcome and one index: points, factor, value, low, high.
    caption : Caption
    of : str
        What the points are: ``base points``, ``trajectories`` or ``rows``.

    Raises
    ------
    InputError
        If there are fewer than two numbers of points.
    """
    points = np.sort(table["points"].unique())
    if len(points) < 2:
        raise InputError("a picture of convergence needs two numbers of points or more")
    last = table[table["points"] == points[-1]].sort_values("value", ascending=False)
    shown = list(last["factor"])[:MOST_LINES]
    legend = [
        Scenario(name, words(name), colour, line)
        for name, colour, line in zip(shown, SCENARIO_COLOURS, SCENARIO_LINES, strict=False)
    ]
    left, tall = 0.62, 2.3
    number = last["factor"].ne(DUMMY).sum()
    more = f" The {len(shown)} largest of {number} factors." if number > len(shown) else ""
    sheet = Sheet(
        caption,
        f"Lines: estimates from the first so many {of}; bars: 90% intervals. Settled where lines "
        f"run level and bars of different factors lie apart.{more}",
        tall + 0.62,
        legend,
    )
    cell = Cell(left, 0.52, WIDTH - 2 * MARGIN - left - 0.1, tall)
    axes = sheet.axes(cell)
    places = np.arange(len(points), dtype=float)
    own = table[table["factor"].isin(shown)]
    for order, scenario in enumerate(legend):
        one = own[own["factor"] == scenario.name].sort_values("points")
        at = places + 0.06 * (order - (len(legend) - 1) / 2)
        axes.vlines(at, one["low"], one["high"], color=scenario.colour, linewidth=1.6)
        axes.plot(
            at, one["value"], color=scenario.colour, linestyle=scenario.line, linewidth=1.4,
            marker="o", markersize=4, gid=f"converging {scenario.name}",
        )  # fmt: skip
    dress(axes)
    low, high = min(0.0, float(own["low"].min())), float(own["high"].max())
    values, labels = ticks(low, high if high > low else low + 1, most=6)
    axes.set_yticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_xticks(places, labels=[f"{point:,}" for point in points])
    axes.set_xlim(-0.3, len(points) - 0.7)
    sheet.write(left + cell.width / 2, 0.1, f"{of} (logarithmic)", NOTE, color=FAINT, ha="center")
    return sheet.figure


def effects_over_time(table: pd.DataFrame, caption: Caption, unit: str = "") -> Figure:
    """Mean absolute effects by quarter, and each as a share of the sum over all factors.

    Parameters
    ----------
    table : DataFrame
        Of one outcome: quarter, factor, mu_star, mu_star_low, mu_star_high.
    caption : Caption
    unit : str
        Of the outcome.

    Raises
    ------
    InputError
        If there are fewer than two quarters, or no factor has an effect.
    """
    table = table.sort_values("quarter", kind="stable")
    times = np.sort(table["quarter"].unique())
    names = [str(name) for name in table["factor"].unique()]
    stars = np.stack([_course(table, name, "mu_star") for name in names])
    whole = stars.sum(axis=0)
    if len(times) < 2 or not (whole > 0).any():
        raise InputError("a picture over time needs two quarters and a factor with an effect")
    shares = np.divide(stars, whole, out=np.zeros_like(stars), where=whole > 0)
    # Each quarter weighs the same, so that what drives the outcome early is shown too.
    order = np.argsort(-shares.mean(axis=1), kind="stable")
    shown, others = order[: len(SCENARIO_COLOURS)], order[len(SCENARIO_COLOURS) :]
    years = times / 4

    legend = [
        Scenario(names[place], words(names[place]), colour, line)
        for place, colour, line in zip(shown, SCENARIO_COLOURS, SCENARIO_LINES, strict=False)
    ]
    rest = Scenario("others", "largest of the other factors", FAINT, (0, (1, 2.2)))
    left, tall, gap = 0.62, 1.9, 0.75
    sheet = Sheet(
        caption,
        "Above: mean absolute effect of moving a factor over its whole range, with 90% intervals "
        "over trajectories; they leave out the chance of runs. Below: the same as a share of the "
        f"sum over all factors.{_of_all([names[place] for place in shown], table)}",
        2 * tall + gap + 0.62,
        [*legend, rest] if len(others) else legend,
    )
    width = WIDTH - 2 * MARGIN - left - 0.1
    upper = Cell(left, tall + gap - 0.08 + 0.3, width, tall)
    lower = Cell(left, 0.3, width, tall)
    for cell, values, kind in ((upper, stars, "effect"), (lower, shares, "share")):
        axes = sheet.axes(cell)
        highest = float(values.max())
        if len(others):
            axes.plot(
                years, values[others].max(axis=0), color=rest.colour, linestyle=rest.line,
                linewidth=1.3, gid=f"{kind} others",
            )  # fmt: skip
        for place, one in zip(shown, legend, strict=True):
            if kind == "effect":
                low, high = (_course(table, one.name, f"mu_star_{end}") for end in ("low", "high"))
                axes.fill_between(years, low, high, color=one.colour, alpha=0.16, linewidth=0)
                highest = max(highest, float(high.max()))
            axes.plot(
                years, values[place], color=one.colour, linestyle=one.line, linewidth=1.6,
                gid=f"{kind} {one.name}",
            )  # fmt: skip
        _time_axis(axes, years, (0.0, 1.06 * highest), cell)
    _heading(sheet, upper, f"Mean absolute effect [{unit}]" if unit else "Mean absolute effect")
    _heading(sheet, lower, "Share of the sum over all factors")
    return sheet.figure


def elementary(table: pd.DataFrame, caption: Caption, unit: str = "") -> Figure:
    """Mean size of elementary effects against their spread.

    Up to 16 factors have a name: those with the largest effects, less those whose dots are lost in
    the corner where little happens. The others are grey dots.

    Parameters
    ----------
    table : DataFrame
        Of one outcome, from the largest effect to the smallest: factor, mu_star, mu_star_low,
        mu_star_high, sigma, told_apart.
    caption : Caption
    unit : str
        Of the outcome.

    Raises
    ------
    InputError
        If no factor has an effect.
    """
    if not (table["mu_star"] > 0).any():
        raise InputError("a picture of effects needs a factor that has one")
    left, below, tall, step = 0.62, 0.55, 4.2, TICK * LINE * 1.05
    across = 1.06 * float(table["mu_star_high"].max())
    up = 1.08 * float(table["sigma"].max()) or across
    room = WIDTH - 2 * MARGIN - left
    chosen = _distinct(table, (room - 2.4) / across, tall / up)
    named, others = table[chosen], table[~chosen]
    right = min(max(text_width(words(name), TICK, "bold") for name in named["factor"]), 2.4) + 0.35
    sheet = Sheet(
        caption,
        "Dot: one factor. To the right: it moves the outcome more (mean absolute effect of moving "
        "it over its whole range; line: 90% interval). Upwards: the effect differs more with where "
        "the factors stand (standard deviation). On the dashed line both are equal; far below it "
        f"the effect is nearly the same everywhere. Hollow: {NOT_TOLD} from noise." + _grey(others),
        tall + below + 0.34,
    )
    cell = Cell(left, below, room - right, tall)
    axes = sheet.axes(cell)
    axes.plot(
        [0, min(across, up)],
        [0, min(across, up)],
        color=FAINT,
        linewidth=0.9,
        linestyle=(0, (4, 3)),
    )
    for one in others.to_dict("records"):
        axes.plot(
            [one["mu_star"]], [one["sigma"]], marker="o", markersize=3.2, zorder=2.5,
            markerfacecolor=OTHERS, markeredgecolor=OTHERS, clip_on=False,
            gid=f"effect {one['factor']}",
        )  # fmt: skip
    ordered = named.sort_values("sigma", ascending=False, kind="stable").to_dict("records")
    heights = _apart([one["sigma"] / up * tall for one in ordered], step, tall)
    for one, height in zip(ordered, heights, strict=True):
        told = bool(one["told_apart"])
        axes.plot(
            [one["mu_star_low"], one["mu_star_high"]], [one["sigma"]] * 2, color=FIRST,
            linewidth=1.1, zorder=3,
        )  # fmt: skip
        axes.plot(
            [one["mu_star"]], [one["sigma"]], marker="o", markersize=72 * DOT, zorder=4,
            markerfacecolor=FIRST if told else PAPER, markeredgecolor=FIRST, clip_on=False,
            gid=f"effect {one['factor']}",
        )  # fmt: skip
        axes.annotate(
            "", xy=(one["mu_star_high"], one["sigma"]), xycoords="data",
            xytext=(1.0 + 0.18 / cell.width, height / tall), textcoords="axes fraction",
            arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.5,
                        "shrinkA": 0, "shrinkB": 2},
            annotation_clip=False, zorder=1,
        )  # fmt: skip
        weight = "bold" if told else "normal"
        sheet.write(
            left + cell.width + 0.22, below + height,
            shorten(words(one["factor"]), right - 0.22, TICK, weight), TICK,
            color=INK, va="center_baseline", weight=weight,
        )  # fmt: skip
    dress(axes)
    for set_ticks, top, length in ((axes.set_xticks, across, cell.width), (axes.set_yticks, up, 0)):
        values, labels = ticks(0.0, top, most=6, width=length or None)
        set_ticks(values, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(color=RULE, linewidth=0.6)
    axes.set_xlim(0, across)
    axes.set_ylim(0, up)
    label = f"mean absolute effect [{unit}]" if unit else "mean absolute effect"
    sheet.write(left + cell.width / 2, 0.12, label, NOTE, color=FAINT, ha="center")
    above = "standard deviation of the effect (upwards)"
    sheet.write(0.0, below + tall + 0.12, above, NOTE, color=FAINT)
    return sheet.figure


def tornado(table: pd.DataFrame, caption: Caption, unit: str = "") -> Figure:
    """What an outcome changes by when one factor leaves the centre, widest swing first.

    Up to 20 factors have bars; the others are summed up in words.

    Parameters
    ----------
    table : DataFrame
        Of one outcome, from the widest swing to the narrowest: factor, value, effect, effect_low,
        effect_high (missing with one run a row), told_apart; the values of a factor in rising
        order.
    caption : Caption
    unit : str
        Of the outcome.

    Raises
    ------
    InputError
        If no factor moves the outcome away from the centre.
    """
    if not table["effect"].any():
        raise InputError("a tornado needs a factor that leaves the centre")
    table, others = leading(table, MOST_ROWS)
    reach = table[["effect", "effect_low", "effect_high"]].to_numpy(float)
    low, high = min(float(np.nanmin(reach)), 0.0), max(float(np.nanmax(reach)), 0.0)
    pad = 0.04 * (high - low) or 1.0
    rows = []
    for name, own in table.groupby("factor", sort=False):
        ends = own.to_dict("records")
        first, last = ends[0], ends[-1]
        spans = []
        for one, colour, at in ((first, FALL, -0.2), (last, RISE, 0.2)):
            spans.append(Span(0.0, one["effect"], colour, 6.0, "effect", at))
            if np.isfinite(one["effect_low"]):
                spans.append(Span(one["effect_low"], one["effect_high"], INK, 1.0, "effect 90", at))
        between = tuple(Mark(one["effect"], INK, "between", "|", size=7.0) for one in ends[1:-1])
        told = bool(own["told_apart"].any())
        tag = f"{_value(first['value'])} to {_value(last['value'])}"
        rows.append(
            Row(
                label=words(str(name)),
                tag=tag if len(ends) > 1 else _value(first["value"]),
                spans=tuple(spans),
                marks=between,
                note="" if told else NOT_TOLD,
                strong=told,
            )
        )
    legend = [
        Scenario("low", "Lowest or first value", FALL, "solid"),
        Scenario("high", "Highest or last value", RISE, "solid"),
    ]
    reading = (
        "Bars: mean difference from the run of the centre, paired run by run, with one factor at "
        "its lowest and at its highest value (given on the left); strokes: values between. Thin "
        f"lines: 90% Monte-Carlo intervals; “{NOT_TOLD}” where all of them hold nought."
    )
    reading += _more(others, others["effect"].abs(), "a difference above")
    axis = Axis(low - pad, high + pad, f"difference [{unit}]" if unit else "difference", (0.0,))
    return draw([Panel("", tuple(rows), axis)], caption, reading, legend=legend, row=ROW)


def _distinct(table: pd.DataFrame, across: float, up: float) -> Any:
    """Which factors are named among dots, given the inches that a unit of either axis takes."""
    large = 0.1 * table["mu_star"].max() * across  # named even where two dots are in one place
    chosen: list[tuple[float, float]] = []
    named = []
    for star, sigma in zip(table["mu_star"] * across, table["sigma"] * up, strict=True):
        apart = all(np.hypot(star - x, sigma - y) > DOT / 2 for x, y in chosen)
        seen = np.hypot(star, sigma) > 2 * DOT and (apart or star >= large)
        named.append(seen and len(chosen) < MOST_NAMES)
        if named[-1]:
            chosen.append((star, sigma))
    return np.array(named, dtype=bool)


def _grey(others: pd.DataFrame) -> str:
    """What the dots without a name are."""
    if others.empty:
        return ""
    if len(others) <= 3:
        return f" Grey: {', '.join(words(name) for name in others['factor'])}."
    number, most = others["factor"].ne(DUMMY).sum(), others["mu_star"].max()
    dummy = " and the dummy, which acts on nothing" if DUMMY in set(others["factor"]) else ""
    return (
        f" Grey: the {number} other factors{dummy}, none with a mean absolute effect above "
        f"{_short(most)}."
    )


def _more(others: pd.DataFrame, sizes: pd.Series[float], what: str) -> str:
    """The factors without a bar, in words."""
    number = others["factor"].nunique()
    if not number:
        return ""
    if number == 1:
        return (
            f" Not shown: {words(others['factor'].iloc[0])}, without {what} {_short(sizes.max())}."
        )
    return f" Not shown: {number} more factors, none with {what} {_short(sizes.max())}."


def _of_all(shown: Sequence[str], table: pd.DataFrame) -> str:
    number = len(set(table["factor"]) - {DUMMY})
    return f" The {len(shown)} largest of {number} factors." if number > len(shown) else ""


def _short(value: float) -> str:
    """A bound in two digits, rounded up."""
    if not value > 0:
        return "0"
    power = 10.0 ** (np.floor(np.log10(value)) - 1)
    return f"{np.ceil(value / power - 1e-9) * power:.2g}"


def _leading(table: pd.DataFrame, index: str, whole: Any) -> list[str]:
    """The factors that explain most over all quarters, weighed by the variance of each."""
    explained = {
        str(name): float(np.nansum(_course(table, str(name), index) * whole))
        for name in table["factor"].unique()
    }
    return sorted(explained, key=lambda name: -explained[name])[:MOST_LINES]


def _course(table: pd.DataFrame, factor: str, column: str) -> Any:
    return table.loc[table["factor"] == factor, column].to_numpy(float)


def _value(value: Any) -> str:
    return f"{value:.4g}".replace("-", "\u2212") if isinstance(value, float) else str(value)


def _apart(heights: Sequence[float], step: float, top: float) -> list[float]:
    """Heights, falling, moved as little as keeps them a step apart and within the panel."""
    placed: list[float] = []
    for place, height in enumerate(heights):
        room = step * (len(heights) - 1 - place)  # that those below still need
        highest = placed[-1] - step if placed else top
        placed.append(max(min(height, highest), min(room, highest)))
    return placed


def _heading(sheet: Sheet, cell: Cell, text: str) -> None:
    sheet.write(0.0, cell.bottom + cell.height + 0.07, text, LABEL, weight="bold", color=INK)


def _time_axis(axes: Any, years: Any, limits: tuple[float, float], cell: Cell) -> None:
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
