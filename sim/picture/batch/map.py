"""A map of the region and its routes: width for volume, colour for whose hands they run through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.patheffects import withStroke

from sim.case import load_case
from sim.case.geography import Geography, Points
from sim.core import quarters
from sim.core.errors import InputError
from sim.picture.alternative import joined, told
from sim.picture.batch.cartography import Room, along, conic, flat, side_by_side, sketch
from sim.picture.batch.choice import codes
from sim.picture.batch.subject import Subject
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import (
    FAINT,
    FONT,
    INK,
    MARGIN,
    NOTE,
    PAPER,
    TICK,
    WIDTH,
    Actor,
    Caption,
    Scenario,
    percent,
)
from sim.picture.words import LINE, shorten, text_width

MOST_ROUTES, MOST_NUMBERED = 60, 12  # drawn, and told by name below the map
WIDEST, THINNEST = 10.0, 1.0  # of lines [points]
SMALL = 0.02  # changes below this part of the largest are not told
WATER, LAND, COUNTRY, BORDER, SEA = "#DDE9F1", "#F3F3F1", "#FBF2D8", "#A9A294", "#3F6B8A"
QUIET, UNUSED = "#B4B4B4", "#6E6E6E"
MORE, LESS = "#542788", "#B35806"  # purple and orange, as in the heat maps
PALE = 0.68  # part of white in the colour of a capacity
COMMODITY_LINES: tuple[Any, ...] = (
    "solid",
    (0, (2.2, 0.5)),
    (0, (2.4, 0.4, 0.6, 0.4)),
    (0, (5, 0.6)),
    (0, (2.4, 0.4, 0.6, 0.4, 0.6, 0.4)),
    (0, (1.0, 0.4)),
)
DOTS = (0, (1.2, 1.6))
DOT, BADGE = 0.022, 0.098  # radius of a town, and of a number's circle [inches]
ROW = 0.215  # height of a line of the list [inches]
NEEDED = (
    "route", "name", "commodity", "country", "power", "unit", "quarter", "volume", "capacity",
)  # fmt: skip


def table(
    subject: Subject, scenario: str, against: str | None = None, quarter: int | None = None
) -> pd.DataFrame:
    """What routes carry in a quarter: medians over runs.

    Parameters
    ----------
    subject : Subject
    scenario : str
    against : str, optional
        A scenario with which the volumes are compared.
    quarter : int, optional
        Default: the last; with `against`, the one in which the two differ most, each route
        measured against the largest volume in its unit.

    Returns
    -------
    DataFrame
        A row a route, the largest first: ``route``, ``name``, ``commodity``, ``country`` and
        ``power`` (codes), ``unit``, ``quarter``; ``volume`` and ``capacity`` (missing where not
        recorded in that quarter) in the route's unit a year; with `against` also ``before``, its
        volume, and the ``difference`` of the two medians.

    Raises
    ------
    InputError
        If a quarter is asked for in which volumes were not recorded, or the two share none.
    """
    about = _about(subject)
    volumes = _medians(subject, scenario, "route_volume")
    then = volumes if against is None else _medians(subject, against, "route_volume")
    shared = sorted(set(volumes.index) & set(then.index))
    if not shared:
        raise InputError("a map needs a quarter in which volumes of routes were recorded")
    if quarter is None:
        quarter = shared[-1]
        if against is not None:
            now, before = volumes.loc[shared], then.loc[shared]
            largest = pd.concat([now, before]).max().groupby(about["unit"]).transform("max")
            apart = ((now - before).abs() / largest.replace(0.0, 1.0)).sum(axis=1)
            quarter = shared[int(apart.to_numpy().argmax())]
    if quarter not in shared:
        raise InputError(
            f"at: volumes of routes were not recorded in {quarters.name(quarter)}; "
            f"recorded: {quarters.name(shared[0])} to {quarters.name(shared[-1])}"
        )
    found = about.assign(quarter=quarters.name(quarter))
    found["volume"] = volumes.loc[quarter]
    capacities = _medians(subject, scenario, "route_capacity")
    found["capacity"] = capacities.loc[quarter] if quarter in capacities.index else np.nan
    if against is not None:
        found["before"] = then.loc[quarter]
        found["difference"] = found["volume"] - found["before"]
    for axis in ("country", "power"):
        wanted = getattr(subject.request, axis)
        if wanted:
            found = found[found[axis].isin(wanted)]
    found = found[found["volume"].notna()].reset_index()
    main = _sizes(found, "volume" if against is None else "difference")
    spare = _sizes(found, "capacity")
    return found.iloc[np.lexsort((-spare, -main))].reset_index(drop=True)


def _about(subject: Subject) -> pd.DataFrame:
    """What a result tells of its routes."""
    return pd.DataFrame(
        [
            {
                "route": one["code"],
                "name": one["name"],
                "commodity": one.get("commodity", ""),
                "country": one.get("country", ""),
                "power": one.get("power", ""),
                "unit": f"{one['unit'].removesuffix(' a year')} a year",
            }
            for one in subject.manifest["case"]["routes"]
        ]
    ).set_index("route")


def _medians(subject: Subject, scenario: str, outcome: str) -> pd.DataFrame:
    """Medians over runs, a row a quarter and a column a route; at the end only if kept so."""
    kept = subject.by_quarter
    rows = kept[(kept["scenario"] == scenario) & kept["outcome"].str.startswith(f"{outcome}.")]
    medians = rows.pivot(index="quarter", columns="outcome", values="q50")
    if medians.empty and outcome in subject.outcomes:
        entry = next(one for one in subject.entries if one["name"] == scenario)
        last = quarters.parse(entry["start"]) + entry["quarters"] - 1
        runs = subject.result.runs([outcome])
        ends = runs[runs["scenario"] == scenario].drop(columns=["scenario", "run"])
        medians = ends.median().to_frame(last).T
    medians.columns = medians.columns.str.removeprefix(f"{outcome}.")
    return medians


def _sizes(drawn: pd.DataFrame, column: str) -> pd.Series[float]:
    """Sizes of what a column holds, each against the largest volume or capacity in its unit."""
    volumes = [name for name in ("volume", "capacity", "before") if name in drawn]
    largest = drawn[volumes].max(axis=1).groupby(drawn["unit"]).transform("max")
    return (drawn[column].abs() / largest).where(largest > 0, 0.0).fillna(0.0)


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """The map of the first scenario, and for each other the change against it."""
    if not codes(subject.manifest, "route") or "route_volume" not in subject.outcomes:
        return
    at = subject.quarter() if request.at else None
    geography, own = _geography(subject)
    first, *others = subject.scenarios
    for scenario in (first, *others):
        against = None if scenario is first else first
        drawn = table(subject, scenario.name, against.name if against else None, at)
        if drawn["route"].isin(list(geography.lines)).any():
            yield _page(subject, drawn, (geography, own), scenario, against)


def _page(
    subject: Subject,
    drawn: pd.DataFrame,
    geography: tuple[Geography, bool],
    scenario: Scenario,
    against: Scenario | None,
) -> Page:
    places, own = geography
    countries, powers = subject.all_actors("country"), subject.all_actors("power")
    shown = f"Volumes of routes in {drawn['quarter'].iloc[0]}"
    if against is None:
        shown += f": {scenario.short}"
        detail = "Medians over runs, in each route's own unit a year"
    else:
        if not subject.request.at:
            shown += ", the quarter in which they differ most"
        shown += f": {scenario.short} less {against.short}"
        detail = (
            "Differences of medians over runs, in each route's own unit a year; "
            f"before: “{against.short}”, after: “{scenario.short}”"
        )
    note = "Outlines are simplified and imply no position on any border. " if own else (
        "A sketch: it does not tell where countries lie. "
    )  # fmt: skip
    lined = int(drawn["route"].isin(list(places.lines)).sum())
    if lined < len(drawn):
        note += f"Routes without a line in the case are left out ({len(drawn) - lined}). "
    if lined > MOST_ROUTES:
        note += f"Of {lined} routes the {MOST_ROUTES} largest are drawn. "
    caption = subject.caption(shown, detail, note.strip(), scenario=scenario)
    return Page(
        name="map" if against is None else f"map_difference_{scenario.name}",
        table=drawn,
        caption=caption,
        alternative=_alternative(drawn, powers, scenario, against),
        drawing=lambda: draw(
            drawn, places, countries, powers, caption,
            sketched=not own, against=against.short if against else "",
        ),
    )  # fmt: skip


def _geography(subject: Subject) -> tuple[Geography, bool]:
    """Where things lie, and whether the case itself says so."""
    manifest = subject.manifest
    named = manifest["scenarios"][0]["resolved"].get("case", manifest["case"].get("name", ""))
    routes = {
        one["code"]: (one.get("country", ""), one.get("power", ""))
        for one in manifest["case"]["routes"]
    }
    try:
        own = load_case(str(named)).geography
    except InputError:  # not at hand, or its map cannot be used, of which `case check` tells
        own = None
    if own is not None and set(routes) & set(own.lines):
        return own, True
    countries, powers = codes(manifest, "country"), codes(manifest, "power")
    known = {
        route: (country, power)
        for route, (country, power) in routes.items()
        if country in countries and power in powers
    }
    reached = {power for _, power in known.values()}
    return sketch(countries, [power for power in powers if power in reached], known), False


@dataclass(frozen=True)
class _Look:
    """How a route is drawn: widths [points], colour, line style."""

    width: float
    casing: float
    colour: str
    line: Any
    idle: bool  # it carries nothing

    @property
    def room(self) -> float:
        """Width that the line takes [points]."""
        return max(self.width, self.casing, THINNEST)


def draw(
    drawn: pd.DataFrame,
    geography: Geography,
    countries: Sequence[Actor],
    powers: Sequence[Actor],
    caption: Caption,
    sketched: bool = False,
    against: str = "the other scenario",
) -> Figure:
    """A map above a list of its largest routes.

    Parameters
    ----------
    drawn : DataFrame
        From `table`; with columns ``before`` and ``difference`` the map shows changes.
    geography : Geography
        Where countries, powers and routes lie; routes without a line are left out.
    countries, powers : sequence of Actor
    caption : Caption
    sketched : bool
        Places are on paper already, not on the globe.
    against : str
        Title of the scenario that changes are measured from.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If columns are missing or no route has a line.
    """
    for name in NEEDED:
        if name not in drawn.columns:
            raise InputError(f"a map needs a column {name}; the table has none")
    drawn = drawn[drawn["route"].isin(list(geography.lines))].head(MOST_ROUTES)
    if drawn.empty:
        raise InputError("a map needs a route whose line is known; found none")
    looks = _looks(drawn, powers)
    listed = drawn[[looks[route].width > 0 for route in drawn["route"]]].head(MOST_NUMBERED)

    projection = flat if sketched else conic
    frame = np.array([[one.longitude, one.latitude] for one in geography.places.values()])
    placed = projection(frame, frame)
    low, high = placed.min(axis=0), placed.max(axis=0)
    inner, margin = WIDTH - 2 * MARGIN, 0.42 if sketched else 0.12
    across, up = np.maximum(high - low, 1e-9)
    tall = float(np.clip(up * (inner - 2 * margin) / across, 2.2, 5.2))
    scale = min((inner - 2 * margin) / across, tall / up)
    height = tall + 2 * margin
    shift = np.array([inner, height]) / 2 - (low + high) / 2 * scale

    rows = ROW * (len(listed) + 1) if len(listed) else 0.0
    entries = _legend(drawn, powers, against)
    sheet = Sheet(caption, reading(drawn), height + rows + 0.12, entries)
    axes = sheet.axes(Cell(0.0, rows + 0.06, inner, height), xlim=(0, inner), ylim=(0, height))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_frame_on(bool(geography.outlines))
    axes.set_facecolor(WATER)
    for spine in axes.spines.values():
        spine.set_visible(False)
    simulated = {actor.code for actor in countries}
    for one in geography.outlines:
        own = one.kind == "country" and one.country in simulated
        axes.add_patch(
            Polygon(projection(one.points, frame) * scale + shift, closed=True, zorder=1,
                    facecolor=COUNTRY if own else WATER if one.kind == "water" else LAND,
                    edgecolor=BORDER, linewidth=0.8 if own else 0.4)
        )  # fmt: skip

    at = {name: point * scale + shift for name, point in zip(geography.places, placed, strict=True)}
    lanes = drawn.sort_values(["power", "commodity", "unit"], kind="stable")["route"]
    ways = {route: geography.lines[route] for route in lanes}
    lines = side_by_side(ways, at, {route: looks[route].room for route in ways})
    # The widest first, so that thin lines cross over them and stay in sight.
    for route in sorted(ways, key=lambda one: -looks[one].room):
        _route(axes, lines[route], looks[route])

    used = set().union(*ways.values())
    towns = [name for name, one in geography.places.items() if one.kind == "town" and name in used]
    room = Room(inner, height)
    room.taken += [(*(at[name] - DOT), *(at[name] + DOT)) for name in towns]
    _names(axes, room, geography, at, countries, powers, boxed=sketched)
    for number, route in enumerate(listed["route"], start=1):
        _badge(axes, room, lines[route], number, looks[route].colour)
    _little_names(axes, room, geography, at, towns)
    _list(sheet, listed, powers, rows)
    return sheet.figure


def _looks(drawn: pd.DataFrame, powers: Sequence[Actor]) -> dict[str, _Look]:
    colours = {actor.code: actor.colour for actor in powers}
    styles = commodity_lines(drawn)
    changes = "difference" in drawn
    widths = WIDEST * _sizes(drawn, "difference" if changes else "volume")
    casings = WIDEST * _sizes(drawn, "capacity") * (not changes)
    if changes and widths.max() > 0:
        widths *= WIDEST / widths.max()
    found = {}
    for row, width, casing in zip(drawn.to_dict("records"), widths, casings, strict=True):
        colour, line = colours.get(row["power"], FAINT), styles[row["commodity"]]
        if changes:
            more = row["difference"] > 0
            colour, line = (MORE, "solid") if more else (LESS, COMMODITY_LINES[1])
            if width < SMALL * WIDEST:  # a thin line, for the route's course only
                width, colour, line = 0.0, QUIET, "solid"
        found[row["route"]] = _Look(width, casing, colour, line, not row["volume"] > 0)
    return found


def commodity_lines(drawn: pd.DataFrame) -> dict[str, Any]:
    """Line styles of commodities: solid for the one with the largest volumes, and so on."""
    sizes = _sizes(drawn, "volume").groupby(drawn["commodity"]).sum()
    kinds = sizes.sort_values(ascending=False, kind="stable").index
    return {kind: COMMODITY_LINES[i % len(COMMODITY_LINES)] for i, kind in enumerate(kinds)}


def reading(drawn: pd.DataFrame) -> str:
    """What widths, colours and lines stand for."""
    if "difference" in drawn:
        return (
            "Width: size of the change, measured against the largest volume in the route's unit. "
            f"Thin grey: less than {percent(SMALL)} of the largest change. Dots: carries nothing."
        )
    most = drawn[["volume", "capacity"]].max(axis=1).groupby(drawn["unit"]).max()
    widest = ", ".join(f"{told(value)} {unit}" for unit, value in most.items() if value > 0)
    pale = " Pale edge: capacity." if drawn["capacity"].notna().any() else ""
    return (
        "Colour: whose hands a route runs through. Line style: what it carries. Width: volume "
        f"(widest line: {widest}; the thinnest carry less than they are wide).{pale} "
        "Dots: carries nothing."
    )


def _legend(drawn: pd.DataFrame, powers: Sequence[Actor], against: str) -> list[Scenario]:
    """Entries of the legend, which a sheet draws as it draws scenarios."""
    if "difference" in drawn:
        return [
            Scenario("more", f"more than in “{against}”", MORE, "solid"),
            Scenario("less", "less", LESS, COMMODITY_LINES[1]),
        ]
    held = set(drawn["power"])
    holders = [
        Scenario(one.code, one.name, one.colour, "solid") for one in powers if one.code in held
    ]
    lines = commodity_lines(drawn)
    return holders + [Scenario(kind, kind, INK, line) for kind, line in lines.items() if kind]


def _route(axes: Any, line: Points, look: _Look) -> None:
    """A route: its capacity as a pale line, its volume on top; dots where it carries nothing."""

    def stroke(width: float, colour: str, style: Any, **more: Any) -> None:
        axes.add_line(
            Line2D(line[:, 0], line[:, 1], linewidth=width, color=colour, linestyle=style,
                   solid_joinstyle="round", dash_joinstyle="round", solid_capstyle="butt",
                   dash_capstyle="butt", zorder=2, **more)
        )  # fmt: skip

    if look.casing > max(look.width, THINNEST):
        pale = to_hex(PALE + (1 - PALE) * np.array(to_rgb(look.colour)))
        stroke(look.casing, pale, "solid", gid="capacity")
    if look.width:
        stroke(max(look.width, THINNEST), look.colour, look.line, gid="volume")
    elif look.idle:
        stroke(1.1, UNUSED, DOTS, gid="nothing")
    else:
        stroke(THINNEST, look.colour, "solid")


def _write(axes: Any, at: Points, text: str, size: float, halo: str = PAPER, **look: Any) -> None:
    axes.text(
        *at, text, fontsize=size, fontfamily=FONT, ha="center", va="center_baseline",
        parse_math=False, zorder=6,
        path_effects=[withStroke(linewidth=2.2, foreground=halo, alpha=0.85)], **look,
    )  # fmt: skip


def _names(
    axes: Any,
    room: Room,
    geography: Geography,
    at: Mapping[str, Points],
    countries: Sequence[Actor],
    powers: Sequence[Actor],
    boxed: bool,
) -> None:
    """Names of countries and powers, as near as can be to where they belong."""
    actors = {("country", one.code): one for one in countries}
    actors |= {("power", one.code): one for one in powers}
    for name, place in geography.places.items():
        actor = actors.get((place.kind, place.code))
        if actor is None:
            continue
        power = place.kind == "power"
        words = actor.name.upper() if power else actor.name
        words = shorten(words, room.width / 3, TICK, "bold")
        size = np.array([text_width(words, TICK, "bold") + 0.06, TICK * LINE])
        if not size[0] / 2 < at[name][0] < room.width - size[0] / 2:
            # Two lines reach less far beyond the edge, so that the name is moved less, lest it
            # come to lie on somebody else's land.
            parts = words.split(" ", 1)
            words = "\n".join(parts)
            wide = max(text_width(part, TICK, "bold") for part in parts)
            size = np.array([wide + 0.06, TICK * LINE * len(parts)])
        low = size / 2 + 0.03
        centre = np.clip(at[name], low, np.array([room.width, room.height]) - low)
        found = room.place([centre], *size)
        if found is not None:
            box = {"boxstyle": "round,pad=0.25", "facecolor": PAPER, "edgecolor": FAINT}
            _write(axes, found, words, TICK, weight="bold", color=FAINT if power else INK,
                   bbox=box if boxed else None)  # fmt: skip


def _badge(axes: Any, room: Room, line: Points, number: int, colour: str) -> None:
    """A route's number in a circle on its line, or near it with a thin lead to it."""
    parts = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9)
    found = room.place([along(line, part) for part in parts], 2 * BADGE, 2 * BADGE)
    if found is None:
        return
    near = np.array([along(line, part) for part in np.linspace(0, 1, 101)])
    nearest = near[np.hypot(*(near - found).T).argmin()]
    if np.hypot(*(nearest - found)) > BADGE:
        axes.add_line(Line2D(*np.array([nearest, found]).T, color=INK, linewidth=0.7, zorder=4))
    x, y = found
    axes.add_patch(
        Circle((x, y), BADGE, facecolor=PAPER, edgecolor=colour, linewidth=1.3, zorder=5)
    )
    axes.text(
        x, y, str(number), fontsize=NOTE, fontfamily=FONT, weight="bold", color=INK,
        ha="center", va="center_baseline", zorder=6,
    )  # fmt: skip


def _little_names(
    axes: Any, room: Room, geography: Geography, at: Mapping[str, Points], towns: Sequence[str]
) -> None:
    """Names of seas, and of towns on the routes, where there is room."""
    high = NOTE * LINE * 0.9
    for name, place in geography.places.items():
        if place.kind == "sea":
            wide = text_width(name, NOTE) + 0.04
            tries = (0.0, 0.12, -0.12, 0.24, -0.24, 0.4, -0.4, 0.6, -0.6)
            steps = [(x, y) for y in tries for x in (0.0, 0.12, -0.12)]
            found = room.place([at[name] + step for step in steps], wide, high, must=False)
            if found is not None:
                _write(axes, found, name, NOTE, halo=WATER, style="italic", color=SEA)
    for name in towns:
        x, y = at[name]
        axes.add_patch(Circle((x, y), DOT, facecolor=INK, edgecolor=PAPER, linewidth=0.5, zorder=5))
        wide = text_width(name, NOTE) + 0.04
        aside, above = wide / 2 + 0.04, high / 2 + 0.03
        steps = [(aside, 0), (-aside, 0), (0, above), (0, -above)]
        steps += [(side * aside, level * above) for level in (1, -1) for side in (1, -1)]
        found = room.place([at[name] + step for step in steps], wide, high, must=False)
        if found is not None:
            _write(axes, found, name, NOTE, color=FAINT)


def _list(sheet: Sheet, listed: pd.DataFrame, powers: Sequence[Actor], height: float) -> None:
    """The numbered routes with their figures, a line each."""
    if listed.empty:
        return
    changes = "difference" in listed
    names = {actor.code: actor.name for actor in powers}
    known = "capacity" if listed["capacity"].notna().any() else ""
    figures = ("before", "after", "change") if changes else ("volume", known, "a year")
    lines = [("", "route", " (what it carries; whose hands)", figures)]
    for place, row in enumerate(listed.to_dict("records"), start=1):
        tail = "; ".join(word for word in (row["commodity"], names.get(row["power"])) if word)
        unit = row["unit"].removesuffix(" a year")
        if changes:
            sign = "+" if row["difference"] > 0 else ""
            change = f"{sign}{told(row['difference'])} {unit}"
            figures = (told(row["before"]), told(row["volume"]), change)
        else:
            capacity = "" if np.isnan(row["capacity"]) else told(row["capacity"])
            figures = (told(row["volume"]), capacity, unit)
        lines.append((str(place), row["name"], f" ({tail})" if tail else "", figures))
    wide = np.array([[text_width(word, TICK) for word in line[3]] for line in lines])
    wide = wide.max(axis=0) + 0.14
    ends = sheet.inner - np.array([wide[1] + wide[2], wide[2], 0.0])
    left = 2 * BADGE + 0.08
    for place, (number, name, tail, figures) in enumerate(lines):
        middle, size = height - (place + 0.5) * ROW, TICK if place else NOTE
        look: dict[str, Any] = {"va": "center_baseline", "color": INK if place else FAINT}
        words = shorten(name, ends[0] - wide[0] - left - text_width(tail, size), size) + tail
        sheet.write(BADGE, middle, number, NOTE, ha="center", weight="bold", **look)
        sheet.write(left, middle, words, size, **look)
        for figure, end in zip(figures, ends, strict=True):
            sheet.write(end, middle, figure, size, ha="right", **look)


def _alternative(
    drawn: pd.DataFrame, powers: Sequence[Actor], scenario: Scenario, against: Scenario | None
) -> str:
    names = {actor.code: actor.name for actor in powers}
    when, rows = drawn["quarter"].iloc[0], drawn.to_dict("records")
    if against is not None:
        parts = [
            f"{row['name']} {told(row['before'])} to {told(row['volume'])} {row['unit']}"
            for row, size in zip(rows, _sizes(drawn, "difference"), strict=True)
            if size > SMALL * _sizes(drawn, "difference").max()
        ]
        largest = f"The largest changes: {joined(parts, 5)}" if parts else "No median changes."
        return (
            f"Map of the change in volumes of {len(drawn)} routes in {when}, {scenario.short} "
            f"against {against.short}. {largest}"
        )
    parts = [
        f"{row['name']} ({names.get(row['power'], row['power'])}) "
        f"{told(row['volume'])} {row['unit']}"
        for row in rows
        if row["volume"] > 0
    ]
    return (
        f"Map of {len(drawn)} routes in {when}, {scenario.short}; {len(drawn) - len(parts)} carry "
        f"nothing. The largest: {joined(parts, 5)}"
    )
