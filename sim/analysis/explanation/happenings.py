"""What is behind a change: what scenarios let happen or set, and coercion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.explanation.decompose import Course
from sim.case import Case
from sim.core import quarters
from sim.scenario import Scenario
from sim.scenario.describe import attribute_words, entry_words, value_words
from sim.scenario.entries import entry_name

_LISTS = ("event", "path", "attribute")
_CALLED = {
    "parameters": "parameter",
    "switches": "switch",
    "membership": "membership",
    "as_of": "base quarter",
    "start": "first quarter",
}
_FRAME = ("as_of", "start")  # settings that are told, and not set back


@dataclass(frozen=True)
class Happening:
    """An event or a path of a scenario that has begun, or what it sets, that may act on a country.

    `own` says that only one of two scenarios has it: the one that is explained, or, with `theirs`,
    the one that it is compared with.
    """

    head: str  # event, path, attribute; parameters, switches, membership, as_of, start
    place: int | str  # in the scenario's list, or the key
    date: int  # number of the quarter; 0: always
    name: str
    words: str
    reason: str
    source: str
    own: bool
    theirs: bool = False


def happenings(
    scenario: Scenario, other: Scenario | None, case: Case, country: str, quarter: int
) -> list[Happening]:
    """What began by a quarter, or is set, and may act on the country: own first, then by date."""
    compared = other if other is not None else scenario.base
    route_of = {row["route"]: row["country"] for row in case.table("routes")}
    found: list[tuple[bool, Happening]] = []
    for one, known, theirs in ((scenario, compared, False), (other, scenario, True)):
        if one is None:
            continue
        for entry, happening in _entries(one, known):
            if happening.date > quarter or getattr(entry, "kind", "") == "resolution":
                continue  # votes move none of the outcomes that are explained
            here = _names(entry, country, route_of)
            if happening.own or (here and not theirs and happening.head != "attribute"):
                found.append((here, replace(happening, theirs=theirs)))
    found += [(True, one) for one in _settings(scenario, compared, case)]
    found.sort(key=lambda one: (not one[1].own, one[1].theirs, not one[0], one[1].date))
    return [happening for _, happening in found]


def _entries(scenario: Scenario, compared: Scenario | None) -> Iterator[tuple[Any, Happening]]:
    """What stands in the lists of a scenario, and whether the other one lacks it."""
    for head in _LISTS:
        known = getattr(compared, head) if compared is not None else []
        for place, entry in enumerate(getattr(scenario, head)):
            if head == "attribute":
                words = attribute_words(entry)  # codes come second
                date, name = 0, ".".join(words.split()[:2]).removesuffix(".all")
                words = f"attribute {words}"
            else:
                date = entry.date if head == "event" else min(entry.dates().values(), default=0)
                name, words = entry_name(head, entry), entry_words(entry)
            reason, source = entry.reason or "", entry.source or ""
            own = entry not in known
            yield entry, Happening(head, place, date, name, words, reason, source, own)


def _settings(scenario: Scenario, compared: Scenario | None, case: Case) -> Iterator[Happening]:
    """Parameters, switches, members and dates that a scenario has otherwise than another one."""
    ours, theirs = _set(scenario, case), {} if compared is None else _set(compared, case)
    for head, place in dict.fromkeys((*ours, *theirs)):
        mine, its = ours.get((head, place)), theirs.get((head, place))
        if mine == its or (compared is None and head in _FRAME):
            continue
        words = f"{_CALLED[head]} {place} {_told(mine)}".replace("  ", " ")
        if compared is not None:
            words += f" (not {_told(its)})"
        yield Happening(head, place, 0, place, words, "", "", own=True)


def _set(scenario: Scenario, case: Case) -> dict[tuple[str, str], Any]:
    """What a scenario sets, lists apart, by table and key; what it leaves alone is not there."""
    found: dict[tuple[str, str], Any] = {
        ("parameters", name): value for name, value in scenario.parameters.items()
    }
    for name in type(scenario.switches).model_fields:
        if not getattr(scenario.switches, name):
            found["switches", name] = False
    for name in type(scenario.membership).model_fields:
        value = getattr(scenario.membership, name)
        if value is not None:
            found["membership", name] = value
    found["as_of", ""] = quarters.name(case.as_of if scenario.as_of is None else scenario.as_of)
    found["start", ""] = quarters.name(scenario.start)
    return found


def _told(value: Any) -> str:
    return "as in the case" if value is None else value_words(value)


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
            "event": f"{one.head}.{one.name}".rstrip("."),
            "words": one.words,
            "reason": one.reason,
            "source": one.source,
            "own": one.own,
            "theirs": one.theirs,
        }
        for name in columns:
            head, *rest = name.split(".")
            effect = effects.get(at, {}).get(name, np.nan)
            row[".".join([head, country, *rest])] = effect
        rows.append(row)
    first = ["date", "event", "words", "reason", "source", "own", "theirs"]
    return pd.DataFrame(rows, columns=None if rows else first)
