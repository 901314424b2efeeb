"""The events behind a change: what scenarios date, what leaving one out takes away, coercion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.explanation.decompose import Course
from sim.analysis.explanation.subject import Chunk, Subject, mean_of
from sim.case import Case
from sim.core import quarters
from sim.core.world import Array
from sim.scenario import Scenario
from sim.scenario.describe import entry_words
from sim.scenario.entries import entry_name
from sim.scenario.load import validated
from sim.scenario.schema import Origin

MOST_LEFT_OUT = 6


@dataclass(frozen=True)
class Happening:
    """An event or a path of a scenario that has begun, and may act on the country."""

    head: str  # event or path
    place: int  # in the scenario's list
    date: int  # number of the quarter; 0: always
    name: str
    words: str
    reason: str
    source: str
    own: bool  # the scenario that is compared with, or extended, does not have it


def happenings(
    scenario: Scenario, other: Scenario | None, case: Case, country: str, quarter: int
) -> list[Happening]:
    """What began by a quarter and may act on a country: own first, then by date."""
    compared = other if other is not None else scenario.base
    route_of = {row["route"]: row["country"] for row in case.table("routes")}
    found: list[tuple[bool, Happening]] = []
    for head in ("event", "path"):
        known = getattr(compared, head) if compared is not None else []
        for place, entry in enumerate(getattr(scenario, head)):
            date = entry.date if head == "event" else min(entry.dates().values(), default=0)
            own, here = entry not in known, _names(entry, country, route_of)
            if date > quarter or getattr(entry, "kind", "") == "resolution":
                continue  # votes move none of the outcomes that are explained
            if not own and not here:
                continue
            name = entry_name(head, entry)
            words = entry_words(entry)
            happening = Happening(head, place, date, name, words, entry.reason, entry.source, own)
            found.append((here, happening))
    found.sort(key=lambda one: (not one[1].own, not one[0], one[1].date))
    return [happening for _, happening in found]


def _names(entry: Any, country: str, route_of: dict[str, str]) -> bool:
    """Is an entry about this country, or about all."""
    if getattr(entry, "kind", "") == "membership":
        return True  # the whole group is another then
    named: set[str] = set()
    for field in ("country", "countries"):
        value = getattr(entry, field, None)
        named |= set([value] if isinstance(value, str) else value or ())
    route = getattr(entry, "route", None)
    for code in [route] if isinstance(route, str) else route or ():
        named.add(route_of.get(code, country))
    return not named or country in named


def without(scenario: Scenario, one: Happening) -> Scenario:
    """The scenario less one of its events or paths."""
    data = scenario.resolved()
    data[one.head] = [entry for at, entry in enumerate(data[one.head]) if at != one.place]
    return validated(data, Origin(scenario.name))


def left_out(
    subject: Subject,
    country: str,
    wanted: Sequence[int],
    chosen: Sequence[Happening],
    chunks: Sequence[Chunk],
    outcomes: Sequence[str],
) -> list[dict[str, float]]:
    """What leaving out each of some happenings takes away from outcomes, under the same draws.

    Parameters
    ----------
    wanted : sequence of int
        Number of the quarter, and of the one since which changes count if there is one.
    chosen : sequence of Happening
    outcomes : sequence of str
        Without the country, as ``share.RUS.transit``.

    Returns
    -------
    list of dict of str to float
        Mean over runs with the event less mean without it.
    """
    count = sum(chunk.runs for chunk in chunks)
    found = [dict.fromkeys(outcomes, 0.0) for _ in chosen]
    if not chosen:
        return found
    lesser = [without(subject.scenario, one) for one in chosen]
    for chunk in chunks:
        full = _reached(subject.course(subject.scenario, chunk, country), wanted, outcomes)
        for told, scenario in zip(found, lesser, strict=True):
            less = _reached(subject.course(scenario, chunk, country), wanted, outcomes)
            for outcome in outcomes:
                gap = mean_of(full[outcome] - less[outcome], chunk.runs)
                told[outcome] += gap * chunk.runs / count
    return found


def _reached(course: Course, wanted: Sequence[int], outcomes: Sequence[str]) -> dict[str, Array]:
    """Outcomes of a course at a quarter, less those at the one since which changes count (run,)."""
    levels = [_levels(course, quarter, outcomes) for quarter in sorted(wanted)]
    if len(levels) == 1:
        return levels[0]
    return {outcome: levels[1][outcome] - levels[0][outcome] for outcome in outcomes}


def _levels(course: Course, quarter: int, outcomes: Sequence[str]) -> dict[str, Array]:
    """Outcomes of a course at a quarter (run,)."""
    while course.reached < quarter:
        course.simulation.advance()
    reached = course.simulation.advance()
    names = course.names
    codes = {"power": names.powers, "channel": names.channels}
    found = {}
    for outcome in outcomes:
        name, *parts = outcome.split(".")
        values = reached.measure(name)[course.country]
        for axis, part in zip(codes, parts, strict=False):
            values = values[codes[axis].index(part)]
        found[outcome] = values
    return found


class CoercionTally:
    """Mean numbers of what powers did to the country, over the chunks taken in."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, str], list[float]] = {}
        self._runs = 0

    def add(self, course: Course, other: Course | None, runs: int) -> None:
        """Take in a chunk, of which the first `runs` runs count."""
        self._runs += runs
        for side, one in enumerate((course, other)):
            if one is None:
                continue
            for kind in ("complied", "backed_down", "imposed"):
                numbers = getattr(one.coercions, kind)[..., :runs].sum(axis=-1)
                for power, channel in zip(*np.nonzero(numbers), strict=True):
                    key = (one.names.powers[power], one.names.channels[channel], kind)
                    self._sums.setdefault(key, [0.0, 0.0])[side] += float(numbers[power, channel])

    def table(self) -> pd.DataFrame:
        """power, channel, kind, number, against: means a run, the largest first."""
        rows = [
            (power, channel, kind.replace("_", " "), ours / self._runs, theirs / self._runs)
            for (power, channel, kind), (ours, theirs) in self._sums.items()
        ]
        rows.sort(key=lambda row: (-abs(row[3] - row[4]), -row[3], row[:3]))
        return pd.DataFrame(rows, columns=["power", "channel", "kind", "number", "against"])


def events_table(
    found: Sequence[Happening], effects: dict[int, dict[str, float]], country: str
) -> pd.DataFrame:
    """Happenings as a table, with a column an outcome of what leaving out takes away."""
    columns = dict.fromkeys(name for one in effects.values() for name in one)
    rows = []
    for at, one in enumerate(found):
        row: dict[str, Any] = {
            "date": quarters.name(one.date) if one.date else "always",
            "event": f"{one.head}.{one.name}",
            "words": one.words,
            "reason": one.reason,
            "source": one.source,
            "own": one.own,
        }
        for name in columns:
            head, *rest = name.split(".")
            effect = effects.get(at, {}).get(name, np.nan)
            row[".".join([head, country, *rest])] = effect
        rows.append(row)
    first = ["date", "event", "words", "reason", "source", "own"]
    return pd.DataFrame(rows, columns=None if rows else first)
