"""A network of leverage: powers and countries, and between them links as wide as the leverage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.result import Result
from sim.picture.alternative import joined, told
from sim.picture.batch.choice import codes
from sim.picture.batch.subject import Subject
from sim.picture.labels import sentence
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    FONT,
    INK,
    LABEL,
    MARGIN,
    NOTE,
    PAPER,
    TICK,
    WIDTH,
    Actor,
    Caption,
    Scenario,
    contrast,
    percent,
)
from sim.picture.words import LINE, shorten, text_width

# Tol's muted colours, fixed by the order of the channels; neighbours differ in lightness too.
CHANNEL_COLOURS = (
    "#DDCC77", "#CC6677", "#332288", "#88CCEE", "#117733", "#AA4499", "#44AA99", "#882255",
)  # fmt: skip
TALL = 4.3  # height of the links of a page [inches]
WIDEST = 1.5  # height of a link at most [inches]
BAR, GAP = 0.09, 0.13  # width of a node, and room between nodes [inches]
LEAST = 0.145  # height of a link from which a number or a name fits on it [inches]
THIN = 0.02  # height of a strip up to which it has no edge [inches]
SMALL = 0.004  # strips below this part of the widest link are left out
STEPS = 41  # points along a link
COLUMNS = ("country", "power", "channel", "value", "total")


def table(
    result: Result,
    scenario: str,
    against: str | None = None,
    quarter: int | None = None,
) -> tuple[pd.DataFrame, str]:
    """Median leverage of each power over each country through each channel.

    Parameters
    ----------
    result : Result
    scenario : str
    against : str, optional
        Take medians of the run-by-run difference from this scenario instead.
    quarter : int, optional
        Default: the last one of each scenario.

    Returns
    -------
    table : DataFrame
        Columns ``country``, ``power``, ``channel``, ``value``, and ``total``: the median over runs
        of the leverage over all channels, the same for all channels of a pair.
    unit : str
        Of values and totals: percent of GDP, or hundredths of a percent.

    Raises
    ------
    InputError
        If leverage was not recorded in that quarter.
    """
    names = [scenario] if against is None else [scenario, against]
    blocks = []
    for country in codes(result.manifest, "country"):  # one at a time, to hold less at once
        wanted = [f"channel_leverage.{country}", f"leverage.{country}"]
        found = _at(result, wanted, names, quarter)
        values = found[scenario] if against is None else found[scenario] - found[against]
        medians = values.median()
        for column, value in medians.items():
            outcome, _, power, *channel = str(column).split(".")
            if outcome == "channel_leverage":
                total = medians.get(f"leverage.{country}.{power}", np.nan)
                blocks.append((country, power, channel[0], value, total))
    found_table = pd.DataFrame(blocks, columns=list(COLUMNS)).dropna(subset="value")
    largest = float(found_table["value"].abs().max()) if len(found_table) else 0.0
    factor, unit = (100.0, "percent of GDP") if largest >= 0.005 else (1e4, "0.01 percent of GDP")
    return found_table.assign(
        value=factor * found_table["value"], total=factor * found_table["total"]
    ), unit


def _at(
    result: Result, columns: Sequence[str], scenarios: Sequence[str], quarter: int | None
) -> dict[str, pd.DataFrame]:
    """Columns by run, for each scenario."""
    ends = {
        one["name"]: quarters.parse(one["start"]) + one["quarters"] - 1
        for one in result.manifest["scenarios"]
    }
    if quarter is None or all(ends[name] == quarter for name in scenarios):
        rows = result.runs(columns)
    else:
        try:
            rows = result.trajectories(columns)
        except InputError:
            raise InputError(
                f"at: leverage by channel was not recorded in {quarters.name(quarter)}, at the end "
                "only; run the batch with --trajectories channel_leverage leverage"
            ) from None
        rows = rows[rows["quarter"] == quarter].drop(columns="quarter")
    rows = rows.set_index("run")
    return {name: rows[rows["scenario"] == name].drop(columns="scenario") for name in scenarios}


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """The network of the first scenario, and for each other the change against it."""
    if not {"channel_leverage", "leverage"} <= set(subject.outcomes):
        return
    quarter = subject.quarter() if request.at else None
    when = quarters.name(quarter) if quarter is not None else subject.end
    countries, powers = subject.actors("country"), subject.actors("power")
    channels = [Actor(one["code"], one["name"]) for one in subject.manifest["case"]["channels"]]
    first, *others = subject.scenarios
    for scenario in (first, *others):
        against = None if scenario is first else first
        drawn, unit = table(
            subject.result, scenario.name, against.name if against else None, quarter
        )
        drawn = drawn[
            drawn["country"].isin([one.code for one in countries])
            & drawn["power"].isin([one.code for one in powers])
        ]
        if not drawn["value"].abs().gt(0).any():
            continue
        yield _page(subject, drawn, unit, when, (countries, powers, channels), scenario, against)


def _page(
    subject: Subject,
    drawn: pd.DataFrame,
    unit: str,
    when: str,
    actors: tuple[Sequence[Actor], Sequence[Actor], Sequence[Actor]],
    scenario: Scenario,
    against: Scenario | None,
) -> Page:
    countries, powers, channels = actors
    shown = f"Leverage of powers over countries in {when}: {scenario.short}"
    if against is not None:
        shown += f" less {against.short}"
    meaning = sentence(subject.outcomes["channel_leverage"]["meaning"])
    reached = set(drawn.loc[drawn["value"] != 0, "power"])
    left_out = [one.name for one in powers if one.code not in reached]
    note = f"Without leverage: {', '.join(left_out)}." if left_out and against is None else ""
    caption = subject.caption(shown, f"{meaning} [{unit}]", note, scenario=scenario)
    return Page(
        name="network" if against is None else f"network_difference_{scenario.name}",
        table=drawn.assign(unit=unit),
        caption=caption,
        alternative=_alternative(drawn, unit, when, actors, scenario, against),
        drawing=lambda: draw(
            drawn, countries, powers, channels, caption, difference=against is not None
        ),
    )


@dataclass(frozen=True)
class _Column:
    """Where the nodes of one side stand: bottom of each node's links, bottom and top of the node,
    all in inches from the panel's lower edge.
    """

    links: Mapping[str, float]
    nodes: Mapping[str, tuple[float, float]]


def draw(
    drawn: pd.DataFrame,
    countries: Sequence[Actor],
    powers: Sequence[Actor],
    channels: Sequence[Actor],
    caption: Caption,
    difference: bool = False,
) -> Figure:
    """Powers on the left, countries on the right, a link for each pair, a strip a channel.

    Parameters
    ----------
    drawn : DataFrame
        From `table`.
    countries, powers, channels : sequence of Actor
        In order from top to bottom; those that no link reaches are left out.
    caption : Caption
    difference : bool
        Values are differences: what is more stands in one panel, what is less in another.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If columns are missing, there are more channels than colours, or every value is zero.
    """
    for name in COLUMNS:
        if name not in drawn.columns:
            raise InputError(f"a network needs a column {name}; the table has none")
    if len(channels) > len(CHANNEL_COLOURS):
        raise InputError(
            f"a network shows {len(CHANNEL_COLOURS)} channels or fewer; found {len(channels)}"
        )
    if not drawn["value"].abs().gt(0).any():
        raise InputError("a network needs a value that is not zero; found none")
    widest = drawn["value"].abs().groupby([drawn["power"], drawn["country"]]).sum().max()
    drawn = drawn[drawn["value"].abs() >= SMALL * widest]
    panels = [("", drawn[drawn["value"] > 0])]
    if difference:
        less = drawn[drawn["value"] < 0]
        panels = [
            ("More leverage", panels[0][1]),
            ("Less leverage", less.assign(value=-less["value"])),
        ]
    panels = [(name, part) for name, part in panels if len(part)]
    sides = [_sides(part, countries, powers) for _, part in panels]
    whole = sum(float(part["value"].sum()) for _, part in panels)
    scale = min(TALL / whole, WIDEST / widest)

    def tall() -> list[float]:
        return [_height(part, side, scale) for (_, part), side in zip(panels, sides, strict=True)]

    while sum(tall()) > 1.2 * TALL and scale * whole > 0.3 * TALL:
        scale *= 0.97  # names and gaps need room beside the links
    heights = tall()

    colours = dict(zip([one.code for one in channels], CHANNEL_COLOURS, strict=False))
    legend = [Scenario(one.code, one.name, colours[one.code], "solid") for one in channels
              if (drawn.loc[drawn["channel"] == one.code, "value"] != 0).any()]  # fmt: skip
    head = LABEL * LINE + 0.14 if difference else 0.0
    body = sum(heights) + (head + 0.12) * len(panels)
    sheet = Sheet(caption, reading(difference, caption.runs), body, legend)
    longest = [
        max((one.name for side in sides for one in side[end]),
            key=lambda name: text_width(name, TICK, "bold"))
        for end in (0, 1)
    ]  # fmt: skip
    bottom = body
    for (name, part), (left, right), height in zip(panels, sides, heights, strict=True):
        bottom -= height + head + 0.12
        cell = Cell(0.0, bottom + 0.06, WIDTH - 2 * MARGIN, height)
        if name:
            sheet.head(cell, Actor("", name))
        _panel(sheet, cell, part, left, right, longest, channels, colours, scale, difference)
    return sheet.figure


def _sides(
    part: pd.DataFrame, countries: Sequence[Actor], powers: Sequence[Actor]
) -> tuple[list[Actor], list[Actor]]:
    """Powers and countries that a link reaches."""
    return (
        [one for one in powers if one.code in set(part["power"])],
        [one for one in countries if one.code in set(part["country"])],
    )


def _height(
    part: pd.DataFrame, sides: tuple[Sequence[Actor], Sequence[Actor]], scale: float
) -> float:
    """What the taller side of a panel needs [inches]."""
    needs = []
    for axis, actors in zip(("power", "country"), sides, strict=True):
        sums = part.groupby(axis)["value"].sum() * scale
        needs.append(sum(max(float(sums[one.code]), LEAST) for one in actors)
                     + GAP * (len(actors) - 1))  # fmt: skip
    return max(needs)


def _stack(
    part: pd.DataFrame, axis: str, actors: Sequence[Actor], scale: float, height: float
) -> _Column:
    """Nodes from top to bottom, spread over the height."""
    sums = part.groupby(axis)["value"].sum() * scale
    tall = {one.code: max(float(sums[one.code]), LEAST) for one in actors}
    spare = (height - sum(tall.values())) / max(len(actors) - 1, 1)
    top = height if len(actors) > 1 else height - spare / 2
    links, nodes = {}, {}
    for code, size in tall.items():
        nodes[code] = (top - size, top)
        links[code] = top - (size - float(sums[code])) / 2  # links hang from here
        top -= size + spare
    return _Column(links, nodes)


def _panel(
    sheet: Sheet,
    cell: Cell,
    part: pd.DataFrame,
    powers: Sequence[Actor],
    countries: Sequence[Actor],
    longest: Sequence[str],
    channels: Sequence[Actor],
    colours: Mapping[str, str],
    scale: float,
    difference: bool,
) -> None:
    """Nodes with their names, and the links between them."""
    room = 0.24 * cell.width
    wide = [min(text_width(name, TICK, "bold"), room) + 0.1 for name in longest]
    axes = sheet.axes(cell, xlim=(0, cell.width), ylim=(0, cell.height))
    axes.set_axis_off()
    start, end = wide[0] + BAR, cell.width - wide[1] - BAR
    from_side = _stack(part, "power", powers, scale, cell.height)
    to_side = _stack(part, "country", countries, scale, cell.height)
    for side, actors, left, at, ha in (
        (from_side, powers, start - BAR, wide[0] - 0.07, "right"),
        (to_side, countries, end, end + BAR + 0.07, "left"),
    ):
        for one in actors:
            low, high = side.nodes[one.code]
            axes.add_patch(Rectangle((left, low), BAR, high - low, color=one.colour, linewidth=0))
            _write(axes, at, (low + high) / 2, shorten(one.name, room, TICK, "bold"), TICK,
                   ha=ha, weight="bold")  # fmt: skip

    strips = {
        pair: own.set_index("channel")["value"] * scale
        for pair, own in part.groupby(["power", "country"])
    }
    totals = part.groupby(["power", "country"])["total"].first().to_dict()
    pairs = [(p.code, c.code) for p in powers for c in countries if (p.code, c.code) in strips]
    heres, theres = dict(from_side.links), dict(to_side.links)
    places = {}
    for power, country in pairs:
        size = float(strips[power, country].sum())
        places[power, country] = (size, heres[power], theres[country])
        heres[power] -= size
        theres[country] -= size
    # The widest first, so that thin links cross over them and stay in sight.
    for pair in sorted(pairs, key=lambda one: -places[one][0]):
        size, here, there = places[pair]
        named, above, middle = str(strips[pair].idxmax()), 0.0, 0.0
        for channel in channels:
            strip = float(strips[pair].get(channel.code, 0.0))
            if not strip:
                continue
            axes.add_patch(
                Polygon(_ribbon(start, end, here - above, there - above, strip), closed=True,
                        facecolor=colours[channel.code], edgecolor=PAPER,
                        linewidth=0.3 if strip > THIN else 0,
                        alpha=0.9, zorder=2, gid=".".join((*pair, channel.code)))
            )  # fmt: skip
            if channel.code == named:
                middle = above + strip / 2
                if strip >= LEAST:
                    words = shorten(channel.name, (end - start) / 2, NOTE)
                    _write(axes, start + 0.07, here - middle, words, NOTE, colours[named])
            above += strip
        if size >= LEAST:  # on the largest strip, or across several
            text = f"{'+' if difference and totals[pair] > 0 else ''}{told(totals[pair])}"
            on = strips[pair].max() >= LEAST
            _write(axes, end - 0.06, there - (middle if on else size / 2), text, NOTE,
                   colours[named] if on else "", ha="right", weight="bold")  # fmt: skip


def _ribbon(
    start: float, end: float, here: float, there: float, size: float
) -> NDArray[np.float64]:
    """Outline of a strip that hangs from `here` on the left to `there` on the right."""
    along = np.linspace(0, 1, STEPS)
    rise = along**2 * (3 - 2 * along)
    x, top = start + along * (end - start), here + rise * (there - here)
    return np.column_stack([np.r_[x, x[::-1]], np.r_[top, (top - size)[::-1]]])


def _write(
    axes: Any, x: float, y: float, text: str, size: float, on: str = "", **look: Any
) -> None:
    """Words on a strip of a colour; without one, with a light edge of their own."""
    dark = bool(on) and contrast(on) > 4.5
    edge = withStroke(linewidth=2.0, foreground=on or PAPER, alpha=0.8)
    axes.text(
        x, y, text, fontsize=size, fontfamily=FONT, color=PAPER if dark else INK, zorder=5,
        va="center_baseline", parse_math=False, path_effects=[edge], **look,
    )  # fmt: skip


def reading(difference: bool, runs: int) -> str:
    """What links, strips and numbers stand for."""
    left_out = f"those below {percent(SMALL)} of the widest link are left out"
    if difference:
        return (
            "Strip: median over runs of the run-by-run difference through a channel, from the "
            f"top in the order of the legend, one scale in both panels; {left_out}. Number: "
            "median difference over all channels, which nets what is more and what is less."
        )
    over, of = (" median over runs of the", "median of the ") if runs > 1 else ("", "")
    return (
        f"Strip:{over} leverage through a channel, from the top in the order of the legend; "
        f"{left_out}. Number: {of}leverage over all channels. Name: the largest channel."
    )


def _alternative(
    drawn: pd.DataFrame,
    unit: str,
    when: str,
    actors: tuple[Sequence[Actor], Sequence[Actor], Sequence[Actor]],
    scenario: Scenario,
    against: Scenario | None,
) -> str:
    countries, powers, channels = ({one.code: one.name for one in side} for side in actors)
    pairs = drawn.loc[drawn.groupby(["power", "country"])["value"].transform(
        lambda own: own.abs() == own.abs().max()
    )].drop_duplicates(["power", "country"])  # fmt: skip
    pairs = pairs.iloc[np.argsort(-pairs["total"].abs().to_numpy(), kind="stable")]
    parts = [
        f"{powers[row['power']]} over {countries[row['country']]} {told(row['total'])}, mostly "
        f"{channels[row['channel']].lower()}"
        for row in pairs.to_dict("records")
        if row["total"] != 0
    ]
    what = "Leverage" if against is None else "Change in leverage"
    less = "" if against is None else f" against {against.short}"
    return f"{what} in {when}, {scenario.short}{less} [{unit}]. The largest: {joined(parts, 6)}"
