"""A ternary of alignment: whose side of a triangle of blocs a country's ties lie on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from contourpy import contour_generator
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.picture import density
from sim.picture.alternative import joined
from sim.picture.batch import tables
from sim.picture.batch.subject import Subject
from sim.picture.labels import sentence
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import ticks
from sim.picture.sheet import Cell, Sheet, grid
from sim.picture.style import (
    FAINT,
    FONT,
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
    percent,
)
from sim.picture.words import LINE, text_width

Array = NDArray[np.float64]

REGIONS = (0.5, 0.9)  # shares of runs in the regions drawn
OUTCOME = "alignment"
SLOPE = 3**0.5 / 2  # height of a triangle with sides of one
SIDES = (0.02, 0.04, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)  # of a window; more is the whole
BESIDE = 0.31  # room for tick labels on either side of a triangle [inches]
OUTLINED = 3  # with more scenarios than this, only the first has its density drawn


@dataclass(frozen=True)
class Window:
    """The part of the triangle that a panel shows: the least share of each corner, and the side."""

    least: tuple[float, float, float]
    side: float


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """Ternaries of alignment at the end and on the way there; none without three blocs."""
    manifest = subject.manifest
    members = tables.blocs(manifest["case"]["powers"])
    if len(members) < 3:  # a case without three blocs has no triangle
        return
    ends = tables.bloc_ends(subject.result, subject.names, members)
    paths = tables.bloc_paths(subject.by_quarter, manifest, members)
    corners = [Actor(bloc, bloc) for bloc in members]
    present = set(ends.dropna()["panel"])
    countries = [actor for actor in subject.actors("country") if actor.code in present]
    ends, paths = (one[one["panel"].isin([c.code for c in countries])] for one in (ends, paths))
    first, second, third = members
    names = {actor.code: actor.name for actor in subject.all_actors("power")}
    several = [
        f"{bloc}: {' and '.join(names[code] for code in inside)}"
        for bloc, inside in members.items()
        if len(inside) > 1
    ]
    meaning = sentence(subject.outcomes[OUTCOME]["meaning"])
    caption = subject.caption(
        f"Alignment between {first}, {second} and {third}, {subject.horizon}",
        f"{meaning} [percent of the three]{'. ' if several else ''}{'; '.join(several)}",
    )
    medians = _told(ends, countries, members, subject)
    yield Page(
        "ternary_alignment",
        pd.concat([ends.assign(part="run at the end"), paths.assign(part="median by quarter")]),
        caption,
        f"Ternary of the three blocs. Medians at the end: {medians}",
        partial(draw, ends, paths, corners, countries, subject.scenarios, REGIONS, caption),
    )


def _told(
    ends: pd.DataFrame, countries: Sequence[Actor], blocs: Iterable[str], subject: Subject
) -> str:
    """Median shares of the blocs, of their sum, for each country and scenario."""
    names = list(blocs)
    whole = ends[names].sum(axis=1)
    shares = ends[names].div(whole.where(whole > 0), axis=0).join(ends[["panel", "scenario"]])
    medians = shares.groupby(["panel", "scenario"])[names].median()
    parts = []
    for country in countries:
        for scenario in subject.scenarios:
            if (country.code, scenario.name) in medians.index:
                own = medians.loc[[(country.code, scenario.name)]].to_numpy(dtype=float)[0]
                told = ", ".join(
                    f"{name} {percent(round(share, 2))}"
                    for name, share in zip(names, own, strict=True)
                )
                parts.append(f"{country.name} ({scenario.short}) {told}")
    return joined(parts)


def draw(
    ends: pd.DataFrame,
    paths: pd.DataFrame,
    corners: Sequence[Actor],
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
    shares: Sequence[float],
    caption: Caption,
) -> Figure:
    """One triangle a country: regions that hold given shares of the runs at the end, median paths.

    Parameters
    ----------
    ends : DataFrame
        Columns ``scenario``, ``panel`` and one a corner's code, in any unit: one row a run at the
        last quarter. The three are rescaled to add up to one.
    paths : DataFrame
        Columns ``scenario``, ``panel``, ``quarter`` and one a corner's code: medians by quarter.
        May be empty.
    corners : sequence of Actor
        Three: top, left, right.
    panels, scenarios : sequence
        What to draw, in order.
    shares : sequence of float
        Shares of the runs that the drawn regions hold, such as 0.5 and 0.9.
    caption : Caption
        Title, meaning and unit, source, number of runs, seed.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there are not three corners, or no shares, or columns are missing.
    """
    if len(corners) != 3:
        raise InputError(f"a ternary has three corners; found {len(corners)}")
    if not shares or not all(0 < share < 1 for share in shares):
        raise InputError(
            f"a ternary needs the shares of runs that its regions hold, such as 0.5 and 0.9; "
            f"found {list(shares)}"
        )
    codes = [corner.code for corner in corners]
    for name in ("scenario", "panel", *codes):
        if name not in ends.columns:
            raise InputError(f"a ternary needs a column {name}; the table has none")
    regions = tuple(sorted(shares, reverse=True))
    points = {
        (actor.code, scenario.name): rescaled(ends, codes, actor, scenario)
        for actor in panels
        for scenario in scenarios
    }
    tracks = {
        key: rescaled(paths, codes, actor, scenario)
        for actor in panels
        for scenario in scenarios
        if len(points[key := (actor.code, scenario.name)])
    }
    windows = _windows(points, tracks, panels, scenarios)
    zoomed = any(window.side < 1 for window in windows)
    places = ([Actor("", "Where the panels lie")] if zoomed else []) + list(panels)
    columns = {1: 1, 2: 2, 4: 2}.get(len(places), 3)
    across = 3.0 if columns == 1 else min(2.3, (WIDTH - 2 * MARGIN) / columns - 2 * BESIDE)
    width = WIDTH - 2 * MARGIN
    beside = (width / columns - across) / 2
    cells, body = grid(
        len(places), columns, width,
        panel=across * SLOPE,
        above=2 * LABEL * LINE + 0.2, below=0.56, left=beside, right=beside,
    )  # fmt: skip
    sheet = Sheet(caption, reading(regions, scenarios), body, scenarios)
    if zoomed:
        _locator(sheet, cells[0], width / columns, corners, panels, windows)
    for actor, cell, window in zip(
        panels, cells[len(places) - len(panels) :], windows, strict=True
    ):
        _heading(sheet, cell, beside, actor)
        axes = _triangle(sheet, cell, window)
        _corners(sheet, cell, corners, beside)
        present = [one for one in scenarios if len(points[actor.code, one.name])]
        for place, scenario in enumerate(present):
            sample = points[actor.code, scenario.name]
            if place == 0 or len(scenarios) <= OUTLINED:
                _regions(axes, sample, scenario, regions, filled=place == 0)
            _track(axes, tracks[actor.code, scenario.name], sample, scenario)
    return sheet.figure


def reading(shares: Sequence[float], scenarios: Sequence[Scenario]) -> str:
    """What regions, lines and dots stand for."""
    words = f"Regions, light to dark: hold {' and '.join(percent(s) for s in shares)} of runs"
    if 1 < len(scenarios) <= OUTLINED:
        words += "; outlined for the other scenario" + ("s" if len(scenarios) > 2 else "")
    elif len(scenarios) > OUTLINED:
        words += ", of the first scenario"
    return (
        f"{words}. Line: medians by quarter, from the open circle to the median of runs at the "
        "end (dot). Shares are rescaled so that the three add up to 100%."
    )


def rescaled(table: pd.DataFrame, codes: Sequence[str], actor: Actor, scenario: Scenario) -> Array:
    """Shares of the three corners in their sum, (row, corner); rows without a sum are left out."""
    if table.empty:
        return np.empty((0, 3))
    chosen = (table["panel"] == actor.code) & (table["scenario"] == scenario.name)
    values = table.loc[chosen, list(codes)].to_numpy(dtype=float)
    total = values.sum(axis=1, keepdims=True)
    usable = (np.isfinite(total) & (total > 0))[:, 0]
    result: Array = values[usable] / total[usable]
    return result


def plane(points: Array) -> tuple[Array, Array]:
    """Shares (row, corner) as places in a plane, on a triangle with sides of one."""
    return (points[:, 2] - points[:, 1]) / 2, points[:, 0] * SLOPE


def corner_shares(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Shares of top, left and right at places in the plane; undoes `plane`."""
    top = y / SLOPE
    return top, (1 - top) / 2 - x, (1 - top) / 2 + x


def _windows(
    points: dict[tuple[str, str], Array],
    tracks: dict[tuple[str, str], Array],
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
) -> list[Window]:
    """A window a panel, all of one size, so that spreads can be compared."""
    lows: list[Array] = []
    for actor in panels:
        shown = [np.full((1, 3), 1 / 3)]
        for scenario in scenarios:
            key = (actor.code, scenario.name)
            if len(points[key]):
                shown += [np.quantile(points[key], [0.005, 0.995], axis=0), tracks[key]]
        lows.append(np.concatenate(shown[1:] or shown).min(axis=0))
    needed = max(1 - float(low.sum()) for low in lows)
    side = next((side for side in SIDES if side >= 1.12 * needed), 1.0)
    windows = []
    for low in lows:
        least = np.maximum(low - (side - (1 - low.sum())) / 3, 0)
        least[np.argmax(least)] -= least.sum() - (1 - side)
        windows.append(Window((float(least[0]), float(least[1]), float(least[2])), side))
    return windows


def _heading(sheet: Sheet, cell: Cell, beside: float, actor: Actor) -> None:
    sheet.write(
        cell.left - beside, cell.bottom + cell.height + LABEL * LINE + 0.14, actor.name, LABEL,
        weight="bold", color=INK, va="bottom",
    )  # fmt: skip


def _triangle(sheet: Sheet, cell: Cell, window: Window, marked: bool = True) -> Any:
    """Ternary axes that show a window, with ticks in percent along its three sides."""
    import mpltern  # noqa: F401  (registers the projection; here, as no other picture needs it)

    axes = sheet.axes(cell, projection="ternary")
    axes.set_facecolor("none")
    axes.set_ternary_min(*window.least)
    for axis, low in zip((axes.taxis, axes.laxis, axes.raxis), window.least, strict=True):
        values, labels = ticks(100 * low, 100 * (low + window.side), most=5)
        inner = [
            (value / 100, label)
            for value, label in zip(values, labels, strict=True)
            if 0.12 < (value / 100 - low) / window.side < 0.88
        ]
        axis.set_ticks(
            [value for value, _ in inner], labels=[label if marked else "" for _, label in inner]
        )
        axis.label.set_visible(False)
    axes.tick_params(
        labelsize=NOTE, labelfontfamily=FONT, labelcolor=FAINT, color=FAINT,
        length=2.5 if marked else 0.0, width=0.7, pad=2,
    )  # fmt: skip
    axes.grid(True, color=RULE, linewidth=0.6)
    for spine in axes.spines.values():
        spine.set_color(FAINT)
        spine.set_linewidth(0.8)
    axes.set_axisbelow(True)
    return axes


def _corners(sheet: Sheet, cell: Cell, corners: Sequence[Actor], beside: float) -> None:
    """Names of the blocs at the corners where their share is largest."""
    top, left, right = (corner.name for corner in corners)
    middle = cell.left + cell.width / 2
    sheet.write(
        middle, cell.bottom + cell.height + 0.05, top, TICK, ha="center", va="bottom", color=INK
    )
    low = cell.bottom - 0.3
    sheet.write(cell.left - min(beside, 0.2), low, left, TICK, va="top", color=INK)
    sheet.write(
        cell.left + cell.width + min(beside, 0.2), low, right, TICK, ha="right", va="top", color=INK
    )


def _locator(
    sheet: Sheet,
    cell: Cell,
    width: float,
    corners: Sequence[Actor],
    panels: Sequence[Actor],
    windows: Sequence[Window],
) -> None:
    """The whole triangle with every panel's window in it, names beside it in order of height."""
    edge = cell.left - (width - cell.width) / 2
    labels = [actor.name for actor in panels]
    if max(text_width(label, NOTE) for label in labels) > width / 2:
        labels = [actor.code for actor in panels]  # names would leave no room for the triangle
    names = max(text_width(label, NOTE) for label in labels)
    across = min(cell.width, width - names - 0.25)
    small = Cell(edge + 0.02, cell.bottom, across, across * SLOPE)
    _heading(sheet, cell, cell.left - edge, Actor("", "Where the panels lie"))
    axes = _triangle(sheet, small, Window((0.0, 0.0, 0.0), 1.0), marked=False)
    _corners(sheet, small, corners, 0.0)
    middles = []
    for window in windows:
        least = np.array(window.least)
        outline = least + window.side * np.eye(3)
        axes.fill(*outline.T, facecolor="none", edgecolor=FAINT, linewidth=0.8)
        middle = least + window.side / 3
        axes.plot(*middle[:, None], marker="o", markersize=3.0, color=INK, linestyle="none")
        middles.append(middle)
    edge_of_names = edge + width - names - 0.08
    targets = [
        (small.left + small.width * (0.5 + float(x)), small.bottom + small.width * float(y))
        for x, y in zip(*plane(np.array(middles)), strict=True)
    ]
    heights = spread_out([target[1] for target in targets], 1.15 * NOTE * LINE)
    for label, target, height in zip(labels, targets, heights, strict=True):
        sheet.write(edge_of_names, height, label, NOTE, color=INK, va="center_baseline")
        sheet.rule((edge_of_names - 0.04, height), target)


def spread_out(places: Sequence[float], step: float) -> list[float]:
    """Places moved apart to at least `step`, in the same order, about the same middle."""
    order = sorted(range(len(places)), key=lambda place: -places[place])
    moved = list(places)
    for above, here in pairwise(order):
        moved[here] = min(places[here], moved[above] - step)
    shift = (sum(places) - sum(moved)) / len(places)
    return [place + shift for place in moved]


def _regions(
    axes: Any, sample: Array, scenario: Scenario, shares: Sequence[float], filled: bool
) -> None:
    """Regions that hold given shares of the runs: filled, or as outlines."""
    x, y = plane(sample)
    found = density.over(x, y, tuple(shares))
    if found is None:
        return
    generator: Any = contour_generator(found.x, found.y, found.height)
    for place, level in enumerate(found.levels):
        for line in generator.lines(level):
            outline = corner_shares(line[:, 0], line[:, 1])
            if filled:
                axes.fill(*outline, color=scenario.colour, alpha=0.16 + 0.12 * place, linewidth=0)
            else:
                axes.plot(*outline, color=scenario.colour, linewidth=0.9)


def _track(axes: Any, track: Array, sample: Array, scenario: Scenario) -> None:
    """Median path to the median of the runs at the end."""
    centre = np.median(sample, axis=0)
    centre = centre / centre.sum()
    if len(track):
        axes.plot(
            *track.T, color=scenario.colour, linestyle=scenario.line, linewidth=1.5, zorder=4,
            gid=f"path {scenario.name}",
        )  # fmt: skip
        axes.plot(
            *track[:1].T, marker="o", markersize=3.2, markerfacecolor=PAPER,
            markeredgecolor=INK, markeredgewidth=1.0, zorder=5,
        )  # fmt: skip
    axes.plot(
        *centre[:, None], marker="o", markersize=3.8, markerfacecolor=scenario.colour,
        markeredgecolor=PAPER, markeredgewidth=0.6, zorder=6, gid=f"median {scenario.name}",
    )  # fmt: skip
