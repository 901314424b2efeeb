"""From places to paper: a projection, routes side by side where they share a way, words apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.case.geography import Geography, Place, Points

GAP = 0.8  # between lines side by side [points]
INCH = 72.0  # points
_MOST_MITRE = 2.0  # farthest that a bend may push a line out, against its distance from the middle


def conic(points: Points, frame: Points) -> Points:
    """Lambert's conformal conic projection, true at a sixth and five sixths of the frame's height.

    Parameters
    ----------
    points : array (point, 2)
        Longitude and latitude [degrees].
    frame : array (point, 2)
        Points that the map has to show; they fix its middle and its true parallels.

    Returns
    -------
    array (point, 2)
        East and north, in radii of the earth.
    """
    low, high = np.radians([frame[:, 1].min(), frame[:, 1].max()])
    first, second = low + (high - low) / 6, high - (high - low) / 6
    middle = (frame[:, 0].min() + frame[:, 0].max()) / 2

    def stretch(latitude: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
        return np.asarray(np.tan(np.pi / 4 + latitude / 2))

    if second - first < 1e-6:
        cone = np.sin(first)
    else:
        cone = np.log(np.cos(first) / np.cos(second)) / np.log(stretch(second) / stretch(first))
    scale = np.cos(first) * stretch(first) ** cone / cone
    radius = scale / stretch(np.radians(points[:, 1])) ** cone
    angle = cone * np.radians(points[:, 0] - middle)
    return np.column_stack([radius * np.sin(angle), -radius * np.cos(angle)])


def flat(points: Points, frame: Points) -> Points:
    """No projection: for a sketch whose places are on paper already."""
    return points


def sketch(
    countries: Sequence[str], powers: Sequence[str], routes: Mapping[str, tuple[str, str]]
) -> Geography:
    """A geography for a case that has none: countries in a ring, powers in a wider one.

    Parameters
    ----------
    countries, powers : sequence of str
        Codes.
    routes : mapping of str to (str, str)
        Country and power of each route.
    """
    places = {}
    for kind, codes, radius, wide in (
        ("country", countries, 1.0, 1.3),
        ("power", powers, 2.2, 1.5),
    ):
        turns = (np.arange(len(codes)) + 0.5) / max(len(codes), 1) * 2 * np.pi
        for code, turn in zip(codes, turns, strict=True):
            x, y = (0.0, 0.0) if kind == "country" and len(codes) == 1 else (
                wide * radius * -np.cos(turn), radius * np.sin(turn)
            )  # fmt: skip
            places[f"{kind} {code}"] = Place(code, kind, float(x), float(y), code)
    lines = {
        route: (f"country {country}", f"power {power}")
        for route, (country, power) in routes.items()
    }
    return Geography(places, lines)


def side_by_side(
    ways: Mapping[str, Sequence[str]], at: Mapping[str, Points], widths: Mapping[str, float]
) -> dict[str, Points]:
    """Lines of routes, moved apart where several run between the same two places.

    Parameters
    ----------
    ways : mapping of str to sequence of str
        The places that a route runs through; routes lie in this order from left to right.
    at : mapping of str to array (2,)
        Where places lie [inches].
    widths : mapping of str to float
        Width of each route's line [points].

    Returns
    -------
    dict of str to array (point, 2)
        The middle of each line [inches].
    """
    shared: dict[tuple[str, str], list[str]] = {}
    for route, way in ways.items():
        for one, other in pairwise(way):
            shared.setdefault((min(one, other), max(one, other)), []).append(route)
    beside: dict[tuple[tuple[str, str], str], float] = {}
    for pair, routes in shared.items():
        edge = -(sum(widths[route] for route in routes) + GAP * (len(routes) - 1)) / 2
        for route in routes:
            beside[pair, route] = (edge + widths[route] / 2) / INCH
            edge += widths[route] + GAP
    lines = {}
    for route, way in ways.items():
        moves = []
        for one, other in pairwise(way):
            pair = (min(one, other), max(one, other))
            along = at[pair[1]] - at[pair[0]]
            across = np.array([along[1], -along[0]]) / max(np.hypot(*along), 1e-9)
            moves.append(beside[pair, route] * across)
        ends = [moves[0], *(_bend(one, other) for one, other in pairwise(moves)), moves[-1]]
        lines[route] = np.array([at[place] + move for place, move in zip(way, ends, strict=True)])
    return lines


def _bend(one: Points, other: Points) -> Points:
    """How far a line moves where it bends: as far from both its legs as it runs beside them."""
    both = np.array([one, other])
    sizes = np.hypot(*both.T)
    mean = both.mean(axis=0)
    if sizes.min() < 1e-9 or abs(np.cross([*one, 0], [*other, 0])[2]) < 0.05 * sizes.prod():
        return mean
    mitre = np.linalg.solve(both, sizes**2)
    size = np.hypot(*mitre)
    return mitre if size <= _MOST_MITRE * sizes.max() else mean


def along(line: Points, part: float) -> Points:
    """The point at a part of a line's length."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    return np.array([np.interp(part * reached[-1], reached, line[:, axis]) for axis in (0, 1)])


Box = tuple[float, float, float, float]  # left, bottom, right, top [inches]


@dataclass
class Room:
    """The paper of a map, and what of it is taken by words."""

    width: float
    height: float
    taken: list[Box] = field(default_factory=list)

    def place(
        self, centres: Iterable[Points], width: float, height: float, must: bool = True
    ) -> Points | None:
        """The first centre at which a box is free, which is taken then.

        Parameters
        ----------
        centres : iterable of array (2,)
            Where the box may stand, best first.
        width, height : float
            Of the box [inches].
        must : bool
            If none is free, look further and further around the first; otherwise none is given.
        """
        tried = list(centres)
        if must:
            turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
            tried += [
                tried[0] + distance * np.array([np.cos(turn), np.sin(turn)])
                for distance in np.arange(0.08, self.width, 0.08)
                for turn in turns
            ]
        for x, y in tried:
            box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            if self._free(box):
                self.taken.append(box)
                return np.array([x, y])
        return None

    def _free(self, box: Box) -> bool:
        left, bottom, right, top = box
        if left < 0 or bottom < 0 or right > self.width or top > self.height:
            return False
        return not any(
            left < other[2] and other[0] < right and bottom < other[3] and other[1] < top
            for other in self.taken
        )
