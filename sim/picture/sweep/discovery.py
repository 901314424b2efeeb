"""Pictures of a scenario discovery: trade-off, limits of a box, two inputs with the box, tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.analysis.conditions import Condition
from sim.analysis.discovery import Box, Discovery, Limit, Node
from sim.analysis.interest import NUMERIC, Cases, Input
from sim.core.streams import Streams
from sim.experiment.result import Result
from sim.experiment.sweep_result import Sweep
from sim.picture.labels import source
from sim.picture.scale import padded, ticks
from sim.picture.sheet import Cell, Sheet
from sim.picture.strips import Axis, Mark, Panel, Row, Span, draw
from sim.picture.style import (
    FAINT,
    FONT,
    INK,
    MARGIN,
    NOTE,
    TICK,
    WIDTH,
    Caption,
    Scenario,
    dress,
)
from sim.picture.words import shorten, text_width

FITTED, HELD, INTEREST, OTHER, WHOLE = "#0072B2", "#D55E00", "#D55E00", "#B8B8B8", "#DADADA"
MOST_KNOTS = 31  # of a tree that is drawn: four questions in a row
MOST_DOTS = 4000
_HELD_LINE = (0, (5, 1.5))
_NO_BREAK = "\u00a0"
_SHADES = LinearSegmentedColormap.from_list("interest", [OTHER, INTEREST])


def figures(
    found: Discovery, result: Result | Sweep, condition: Condition, remarks: Sequence[str] = ()
) -> Iterator[tuple[str, Figure]]:
    """The pictures of a discovery, with the names of their files.

    Parameters
    ----------
    found : Discovery
    result : Result or Sweep
        What it was found in.
    condition : Condition
        Met by the runs of interest.
    remarks : sequence of str
        Added below each picture.
    """
    manifest = result.manifest
    runs, rows = round(found.cases.runs.sum()), len(found.cases.runs)

    def words(shown: str, detail: str) -> Caption:
        return Caption(
            title=f"Under which conditions is {condition.words()}?",
            shown=shown,
            detail=detail,
            source=source(manifest),
            runs=manifest["runs"],
            seed=manifest["seed"],
            note=" ".join(remarks),
            behind=f"{runs:,} runs" if runs == rows else f"{rows:,} rows, {runs:,} runs",
        )

    for number, box in enumerate(found.tried, 1):
        name = f"discovery_box_{number}"
        title = f"Box {number}"
        if box not in found.boxes:
            title += ", which does not beat the base rate on held-out rows"
        yield (
            f"{name}_trade_off",
            trade_off(box, words(f"{title}: coverage against density",
                                 "Share of the runs of interest that a box holds, and share of the "
                                 "runs in it that are of interest")),
        )  # fmt: skip
        if box not in found.boxes:
            break
        yield (
            f"{name}_limits",
            limits(box, words(f"{title}: its limits", f"{box.words}.")),
        )
        pair = _pair(box, found.cases)
        if pair is not None:
            yield (
                f"{name}_inputs",
                inputs(box, found.cases, pair,
                       words(f"{title}: {pair[0].name} and {pair[1].name}",
                             f"Runs of interest and others; {_percent(found.cases.base)} of all "
                             "runs are of interest")),
            )  # fmt: skip
    if 1 < _knots(found.tree.root) <= MOST_KNOTS:
        tree = found.tree
        low, high = tree.interval
        yield (
            "discovery_tree",
            knots(tree.root, words(
                "A tree of questions: share of runs of interest at each knot",
                f"It tells {_percent(tree.accuracy)} of the held-out runs rightly ({_percent(low)} "
                f"to {_percent(high)}); saying the same of all would tell {_percent(tree.base)}",
            )),
        )  # fmt: skip


def trade_off(box: Box, caption: Caption) -> Figure:
    """Coverage against density along the search, in the fitted and in the held-out half.

    Parameters
    ----------
    box : Box
    caption : Caption
    """
    legend = [
        Scenario("fitted", "Searched half of the rows", FITTED, "solid"),
        Scenario("held", "Held-out half", HELD, _HELD_LINE),
    ]
    reading = (
        "Each line follows the search from all runs (right) to ever smaller boxes. Ring: the box "
        "taken from the searched half. Dot with bars: the same box without limits that are not "
        "significant, in the held-out half, with intervals of 95%. Thin lines: the density asked "
        "for, and the base rate."
    )
    left, below, height = 0.45, 0.55, 3.3
    sheet = Sheet(caption, reading, height + below + 0.4, legend)
    width = WIDTH - 2 * MARGIN - left - 0.9
    cell = Cell(left, below, width, height)
    axes = sheet.axes(cell)
    dress(axes)
    path = box.trajectory
    for value, name in ((box.target, "asked for"), (box.fitted.base, "base rate")):
        axes.axhline(value, color=FAINT, linewidth=0.7, linestyle=(0, (1, 2)), zorder=0.5)
        axes.annotate(
            name, (1.0, value), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", fontsize=NOTE, color=FAINT, fontfamily=FONT,
            va="center",
        )  # fmt: skip
    axes.plot(path["coverage"], path["density"], color=FITTED, linewidth=1.6, gid="fitted")
    axes.plot(
        path["held_out_coverage"], path["held_out_density"], color=HELD, linewidth=1.6,
        linestyle=_HELD_LINE, gid="held out",
    )  # fmt: skip
    one = path.iloc[box.chosen]
    axes.plot(
        [one["coverage"]], [one["density"]], "o", markersize=9, markerfacecolor="none",
        markeredgecolor=FITTED, markeredgewidth=1.6, zorder=5, gid="chosen",
    )  # fmt: skip
    held = box.held_out
    if held.inside:
        axes.plot(held.coverage_interval, [held.density] * 2, color=HELD, linewidth=1.2, zorder=4)
        axes.plot([held.coverage] * 2, held.density_interval, color=HELD, linewidth=1.2, zorder=4)
        axes.plot([held.coverage], [held.density], "o", color=HELD, markersize=5.5, zorder=5,
                  gid="result")  # fmt: skip
    lowest = float(np.nanmin([path["density"].min(), path["held_out_density"].min(), held.base]))
    axes.set_xlim(0, 1.02)
    axes.set_ylim(max(0.0, np.floor(10 * lowest - 0.5) / 10), 1.02)
    for set_ticks, low in ((axes.set_xticks, 0.0), (axes.set_yticks, axes.get_ylim()[0])):
        values, labels = ticks(low, 1.0, most=6)
        set_ticks(values, labels=labels)
    _name_axes(
        sheet,
        cell,
        "coverage: share of the runs of interest in the box",
        "density: share of its runs of interest",
    )
    return sheet.figure


def limits(box: Box, caption: Caption) -> Figure:
    """The limits of a box within what each input takes.

    Parameters
    ----------
    box : Box
        With one limit or more.
    caption : Caption
    """
    rows = []
    for limit in box.limits:
        if limit.names:
            step = 1 / max(len(limit.full) - 1, 1)
            marks = tuple(
                Mark(place * step, FITTED if name in limit.names else FAINT, "name",
                     filled=name in limit.names, size=7.0)
                for place, name in enumerate(limit.full)
            )  # fmt: skip
            spans: tuple[Span, ...] = (Span(0.0, 1.0, WHOLE, 1.4, "all"),)
            told = ", ".join(limit.full)
        else:
            least, most = limit.full
            length = (most - least) or 1.0
            ends = [
                (value - least) / length
                for value in (
                    least if limit.low is None else limit.low,
                    most if limit.high is None else limit.high,
                )
            ]
            spans = (
                Span(0.0, 1.0, WHOLE, 10.0, "all"),
                Span(ends[0], max(ends[1], ends[0] + 0.012), FITTED, 10.0, "box"),
            )
            marks = ()
            told = f"{limit.input.shown(least)} to {limit.input.shown(most)}"
        unit = f" [{limit.input.unit}]" if limit.input.unit else ""
        rows.append(
            Row(
                label=limit.input.name + unit,
                tag=limit.words.removeprefix(f"{limit.input.name} "),
                spans=spans,
                marks=marks,
                note=told.replace("-", "\u2212") if not limit.names else told,
            )
        )
    axis = Axis(-0.02, 1.02, "place within the range of the rows", at=(0.0, 0.5, 1.0),
                named=("least", "middle", "greatest"))  # fmt: skip
    reading = (
        "Dark: the box; light: all values that the rows take, also given in numbers on the right. "
        "Filled dots: names in the box. The input whose limit adds most density stands first."
    )
    return draw([Panel("", tuple(rows), axis)], caption, reading, row=0.3)


def inputs(box: Box, cases: Cases, pair: tuple[Input, Input], caption: Caption) -> Figure:
    """Rows by two inputs, coloured by the share of their runs that are of interest, with the box.

    Parameters
    ----------
    box : Box
    cases : Cases
    pair : two of Input
        Along and up.
    caption : Caption
    """
    single = bool((cases.runs == 1).all())
    reading = (
        f"Each dot is a {'run' if single else 'row'}; the box is drawn at its limits on these two "
        "inputs, its other limits are not shown."
        + (
            ""
            if single
            else " The stronger its colour, the more of the row's runs are of interest."
        )
    )
    legend = [
        Scenario("interest", "Of interest", INTEREST, "solid"),
        Scenario("other", "Other", OTHER, "solid"),
        Scenario("box", "Box", INK, "solid"),
    ]
    names = _names(cases, pair[1]) if pair[1].kind not in NUMERIC else []
    room = max((text_width(name, TICK) for name in names), default=0.45)
    left, below, height = min(room, 2.2) + 0.15, 0.55, 4.0
    sheet = Sheet(caption, reading, height + below + 0.4, legend)
    cell = Cell(left, below, WIDTH - 2 * MARGIN - left - 0.1, height)
    axes = sheet.axes(cell)
    dress(axes)
    shown = np.linspace(0, len(cases.runs) - 1, min(len(cases.runs), MOST_DOTS)).astype(int)
    x, y = (_places(cases, one)[shown] for one in pair)
    share = (cases.interest / cases.runs)[shown]
    order = np.argsort(share, kind="stable")
    dots: PathCollection = axes.scatter(
        x[order], y[order], s=9 if len(shown) > 800 else 16, c=share[order],
        cmap=_SHADES, vmin=0.0, vmax=1.0, linewidths=0, gid="rows",
    )  # fmt: skip
    dots.set_alpha(0.85)
    ends = []
    for one, set_limits in zip(pair, (axes.set_xlim, axes.set_ylim), strict=True):
        low, high = _ends(cases, one)
        set_limits(*padded(low, high))
        ends.append((low, high))
    for rectangle in _rectangles(box, cases, pair, ends):
        axes.add_patch(rectangle)
    _ticks(axes, cases, pair)
    _name_axes(sheet, cell, *(one.name + (f" [{one.unit}]" if one.unit else "") for one in pair))
    return sheet.figure


def knots(root: Node, caption: Caption) -> Figure:
    """The tree as an indented list, with the share of runs of interest at each knot.

    Parameters
    ----------
    root : Node
    caption : Caption
    """
    rows: list[Row] = []

    def walk(node: Node, depth: int) -> None:
        colour = INTEREST if node.said else FAINT
        bar = () if np.isnan(node.share) else (
            Span(0.0, max(node.share, 0.004), colour if not node.branches else WHOLE, 8.0, "share"),
        )  # fmt: skip
        plural = "run" if node.runs == 1 else "runs"
        share = "" if np.isnan(node.share) else f"{_percent(node.share)} of "
        rows.append(
            Row(
                label=_NO_BREAK * 4 * depth + (node.condition or "all runs"),
                spans=bar,
                note=f"{share}{node.runs:,} {plural}",
            )
        )
        for branch in node.branches:
            walk(branch, depth + 1)

    walk(root, 0)
    axis = Axis(0.0, 1.0, "share of the held-out runs that are of interest",
                lines=() if np.isnan(root.share) else (root.share,))  # fmt: skip
    reading = (
        "Indented: what follows from the line above it. Dark bars: leaves, coloured where most of "
        "their runs are of interest in the searched half. Upright line: the base rate."
    )
    return draw([Panel("", tuple(rows), axis)], caption, reading, row=0.24)


def _knots(node: Node) -> int:
    return 1 + sum(map(_knots, node.branches))


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _pair(box: Box, cases: Cases) -> tuple[Input, Input] | None:
    """The two inputs whose limits add most density; one that is free beside a single limit."""
    limited = [limit.input for limit in box.limits]
    free = [one for one in cases.inputs if one not in limited]
    both = [*limited, *free][:2]
    return (both[0], both[1]) if len(both) == 2 else None


def _names(cases: Cases, one: Input) -> list[str]:
    return sorted(cases.values[one.name].astype(str).unique())


def _places(cases: Cases, one: Input) -> np.ndarray:
    """Where rows lie along an input; names and few whole numbers are spread a little."""
    column = cases.values[one.name]
    if one.kind in NUMERIC and column.nunique() > 40:
        return column.to_numpy(float)
    spread = Streams(0).uniform(f"discovery/{one.name}", 0, 0, len(column), ()) - 0.5
    if one.kind in NUMERIC:
        known = np.unique(column.to_numpy(float))
        gap = float(np.diff(known).min()) if len(known) > 1 else 1.0
        return column.to_numpy(float) + 0.5 * gap * spread
    names = _names(cases, one)
    return np.searchsorted(names, column.to_numpy(str)) + 0.6 * spread


def _ends(cases: Cases, one: Input) -> tuple[float, float]:
    if one.kind not in NUMERIC:
        return -0.5, len(_names(cases, one)) - 0.5
    column = cases.values[one.name].to_numpy(float)
    half = 0.0 if one.kind == "number" else 0.5
    return float(column.min()) - half, float(column.max()) + half


def _rectangles(
    box: Box, cases: Cases, pair: tuple[Input, Input], ends: Sequence[tuple[float, float]]
) -> Iterator[Rectangle]:
    """The box on two inputs; several rectangles where it holds names that are no neighbours."""
    by_name = {limit.input.name: limit for limit in box.limits}
    across, up = (
        _pieces(by_name.get(one.name), cases, one, own) for one, own in zip(pair, ends, strict=True)
    )
    for left, right in across:
        for bottom, top in up:
            yield Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor=INK,
                            linewidth=1.6, zorder=5, gid="box")  # fmt: skip


def _pieces(
    limit: Limit | None, cases: Cases, one: Input, ends: tuple[float, float]
) -> list[tuple[float, float]]:
    if limit is None:
        return [ends]
    if limit.names:
        places = [_names(cases, one).index(name) for name in limit.names]
        return [(place - 0.45, place + 0.45) for place in places]
    half = 0.0 if one.kind == "number" else 0.5
    return [
        (
            ends[0] if limit.low is None else limit.low - half,
            ends[1] if limit.high is None else limit.high + half,
        )
    ]


def _ticks(axes: Any, cases: Cases, pair: tuple[Input, Input]) -> None:
    for one, set_ticks, limits_of in (
        (pair[0], axes.set_xticks, axes.get_xlim()),
        (pair[1], axes.set_yticks, axes.get_ylim()),
    ):
        if one.kind in NUMERIC:
            values, labels = ticks(limits_of[0], limits_of[1], most=6)
            if one.kind == "whole":
                values = [value for value in values if float(value).is_integer()]
                labels = [one.shown(value) for value in values]
            elif one.kind == "quarter":
                low, high = (int(np.ceil(end)) for end in _ends(cases, one))
                high -= 1
                step = max(1, -(-(high - low) // 7))
                step = step if step <= 2 else 4 * -(-step // 4)  # by years where there are many
                values = list(range(low + -low % min(step, 4), high + 1, step))
                labels = [one.shown(value) for value in values]
        else:
            labels = _names(cases, one)
            values = list(range(len(labels)))
            labels = [shorten(label, 2.2, TICK) for label in labels]
        set_ticks(values, labels=labels)


def _name_axes(sheet: Sheet, cell: Cell, across: str, up: str) -> None:
    """What the axes of a cell measure, below it and above it."""
    sheet.write(
        cell.left + cell.width / 2, cell.bottom - 0.5, shorten(across, cell.width, TICK), TICK,
        ha="center", va="bottom", color=INK,
    )  # fmt: skip
    sheet.write(
        0.0, cell.bottom + cell.height + 0.12, shorten(up, sheet.inner, TICK), TICK,
        va="bottom", color=INK,
    )  # fmt: skip
