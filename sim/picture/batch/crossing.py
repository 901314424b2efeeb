"""A page of panels with countries down and scenarios across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.picture.scale import year_ticks
from sim.picture.sheet import Cell, Sheet
from sim.picture.style import FAINT, INK, LABEL, MARGIN, TICK, WIDTH, Actor, Scenario, dress
from sim.picture.words import LINE, shorten, wrap

ACROSS = 3  # most scenarios side by side
DOWN = 6  # most countries of a page
TIGHT = 0.1  # room below a panel without labels [inches]
ALONE = 2  # columns of countries where there is one scenario


@dataclass(frozen=True)
class Room:
    """Room that a panel needs [inches].

    Parameters
    ----------
    height : float
        Of the panel.
    below : float
        For the labels of its horizontal axis: below the last panel of a column.
    left : float
        For the labels of the vertical axis, left of the first column.
    between : float
        Right of a panel that has another beside it.
    right : float
        Right of the last column.
    above : float
        Between a panel and the country's name.
    """

    height: float
    below: float
    left: float
    between: float
    right: float
    above: float = 0.0


@dataclass(frozen=True)
class Place:
    """A panel: whom it is about, and where it stands."""

    country: Actor
    scenario: Scenario
    cell: Cell
    first: bool  # in the column that has the labels of the vertical axis
    last: bool  # in the column that has room on its right
    lowest: bool  # the last of its column, with the labels of the horizontal axis


def groups(scenarios: Sequence[Scenario]) -> list[list[Scenario]]:
    """Scenarios that stand side by side: the first and up to two others."""
    first, *others = scenarios
    step = ACROSS - 1
    return [[first, *others[at : at + step]] for at in range(0, max(len(others), 1), step)]


class Crossing:
    """Places of panels: a row a country and a column a scenario; of one scenario, two columns.

    Parameters
    ----------
    countries, scenarios : sequence
    room : Room
    under : float
        Room under all panels [inches].

    Attributes
    ----------
    places : list of Place
    body : float
        Height of all [inches].
    """

    def __init__(
        self,
        countries: Sequence[Actor],
        scenarios: Sequence[Scenario],
        room: Room,
        under: float = 0.0,
    ) -> None:
        self.scenarios, self.room = scenarios, room
        self.several = len(scenarios) > 1
        self.inner = WIDTH - 2 * MARGIN
        self.titles = self._titles() if self.several else {}
        self.head = LABEL * LINE + 0.1 + room.above
        top = max(map(len, self.titles.values()), default=0) * TICK * LINE
        self.top = top + 0.11 if self.several else 0.0
        keys = [(country, scenario) for country in countries for scenario in scenarios]
        self.columns = len(scenarios) if self.several else min(ALONE, len(countries))
        rows = -(-len(keys) // self.columns)
        step = self.head + room.height + TIGHT
        self.body = under + self.top + rows * step + room.below - TIGHT
        self.places = []
        for at, (country, scenario) in enumerate(keys):
            row, column = divmod(at, self.columns)
            bottom = self.body - self.top - (row + 1) * step + TIGHT
            left, width = self._across(column)
            self.places.append(
                Place(
                    country,
                    scenario,
                    Cell(left, bottom, width, room.height),
                    first=not self.several or column == 0,
                    last=not self.several or column == self.columns - 1,
                    lowest=at + self.columns >= len(keys),
                )
            )

    def _across(self, column: int) -> tuple[float, float]:
        """Left edge and width of a column's panels."""
        room = self.room
        if not self.several:
            step = self.inner / self.columns
            return column * step + room.left, step - room.left - room.right
        columns = len(self.scenarios)
        free = self.inner - room.left - room.right - (columns - 1) * room.between
        width = free / columns
        return room.left + column * (width + room.between), width

    def _titles(self) -> dict[str, list[str]]:
        """The scenarios' names in at most two lines."""
        found = {}
        for column, scenario in enumerate(self.scenarios):
            last = column == len(self.scenarios) - 1
            _, width = self._across(column)
            width += self.room.right if last else self.room.between - 0.1
            lines = wrap(scenario.short, width, TICK)
            if len(lines) > 2:
                rest = scenario.short.removeprefix(lines[0]).strip()
                lines = [lines[0], shorten(rest, width, TICK)]
            found[scenario.name] = lines
        return found

    def label(self, sheet: Sheet) -> None:
        """Write the scenarios' names above the columns, and the countries' above the panels.

        Scenarios have no colour here: colours are those of the powers.
        """
        for column, scenario in enumerate(self.scenarios if self.several else ()):
            left, _ = self._across(column)
            for line, words in enumerate(self.titles[scenario.name]):
                sheet.write(
                    left, self.body - 0.05 - line * TICK * LINE, words, TICK, color=INK, va="top"
                )
        for place in self.places:
            if not place.first:
                continue
            cell, edge = place.cell, 0.08 - self.room.left
            wide = cell.width - edge + self.room.right
            sheet.write(
                cell.left + edge, cell.bottom + cell.height + self.room.above + 0.06,
                shorten(place.country.name, wide - 0.1, LABEL, "bold"), LABEL,
                weight="bold", color=INK, va="bottom",
            )  # fmt: skip

    def years(self, axes: Any, place: Place, start: float, end: float) -> None:
        """Dress the axes of a panel, with whole years below it if it is the last of its column."""
        dress(axes)
        years, names = year_ticks(start, end, place.cell.width)
        axes.set_xticks(years, labels=names if place.lowest else [])
        axes.set_xlim(start, end)

    def left_out(self, sheet: Sheet, place: Place, start: float, end: float) -> None:
        """Say that a scenario leaves a country out."""
        axes = sheet.axes(place.cell)
        self.years(axes, place, start, end)
        axes.set_yticks([])
        cell = place.cell
        sheet.write(
            cell.left + cell.width / 2, cell.bottom + cell.height / 2, "left out", TICK,
            color=FAINT, ha="center", va="center_baseline",
        )  # fmt: skip
