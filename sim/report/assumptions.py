"""What each scenario assumes: every value that differs from what it extends, with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from sim.case import Case
from sim.case.build import applicable, base_year
from sim.case.tables import AXES
from sim.core import quarters
from sim.core.errors import InputError
from sim.report.names import Names
from sim.report.numbers import BLANK
from sim.scenario import load_scenario
from sim.scenario.distributions import Distribution
from sim.scenario.load import validated
from sim.scenario.schema import (
    Attribute,
    Event,
    NoisePath,
    Origin,
    Scenario,
    TablePath,
)
from sim.scenario.schema import Path as DriverPath

T = TypeVar("T", Attribute, Event, DriverPath)
OF_THE_CASE = "as in the case"
LEFT_OUT = "left out"
_SAID = ("kind", "form", "date", "from_", "to", "driver", "reason", "source", "name", *AXES)


@dataclass(frozen=True)
class Change:
    """One thing that a scenario sets.

    Attributes
    ----------
    key : str
        What is set, as it is written in the scenario.
    was, now : str
        In what it extends, and here.
    reason, source : str
        As the scenario gives them; blank where it does not.
    scenario : str
        The one that sets it: the scenario itself, or one that it extends.
    """

    key: str
    was: str
    now: str
    reason: str
    source: str
    scenario: str


@dataclass(frozen=True)
class Assumptions:
    """What a scenario assumes.

    Attributes
    ----------
    chain : tuple of str
        The scenario, what it extends, what that extends, and so on.
    changes : tuple of Change
        Its own first, then those of what it extends.
    titles : dict of str to str
        Short titles of the chain, by name.
    remark : str
        What a reader has to know about them; mostly blank.
    """

    chain: tuple[str, ...]
    changes: tuple[Change, ...]
    titles: Mapping[str, str]
    remark: str = ""


def assumptions(
    entry: Mapping[str, Any],
    others: Sequence[Mapping[str, Any]],
    case: Case | None,
    names: Names,
    centres: bool = False,
) -> Assumptions:
    """What a scenario sets that differs from what it extends, down to what extends nothing.

    Parameters
    ----------
    entry : mapping
        Of a manifest: ``name`` and the ``resolved`` scenario, as it was run.
    others : sequence of mapping
        Entries of other scenarios that were run; one of these is taken for what a scenario extends
        before one of the same name that stands on disk now.
    case : Case or None
        For the values that a scenario changes.
    names : Names
    centres : bool
        Whether parameters that no scenario sets stood at their centres; else they were drawn.
    """
    known = {one["name"]: one["resolved"] for one in reversed([*others, entry])}
    line, remark = _chain(str(entry["name"]), entry["resolved"], known)
    changes: list[Change] = []
    for scenario, base in zip(line, [*line[1:], None], strict=True):
        changes += _changes(scenario, base, case, names, centres)
    titles = {one.name: one.title.split(":")[0] for one in line}
    return Assumptions(tuple(one.name for one in line), tuple(changes), titles, remark)


def _chain(
    name: str, resolved: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Scenario], str]:
    """The scenario and all that it extends."""
    found = [validated(resolved, Origin(name))]
    while extends := found[-1].extends:
        name = Path(extends).stem
        if name in [one.name for one in found]:
            break
        if name in known:
            found.append(validated(known[name], Origin(name)))
            continue
        try:
            found.append(load_scenario(extends))
        except InputError:
            return found, (
                f"{name}, which {found[-1].name} extends, is neither among the results nor at "
                f"hand; what it sets is counted with {found[-1].name}."
            )
    return found, ""


def _changes(
    scenario: Scenario, base: Scenario | None, case: Case | None, names: Names, centres: bool
) -> Iterator[Change]:
    """What a scenario sets that differs from its base; without a base, all that it sets."""
    own = _Own(scenario, base, case, names, centres)
    for change in (*own.settings(), *own.attributes(), *own.paths(), *own.events()):
        if change.was != change.now:
            yield change


@dataclass(frozen=True)
class _Own:
    scenario: Scenario
    base: Scenario | None
    case: Case | None
    names: Names
    centres: bool

    def _change(self, key: str, was: str, now: str, entry: Any = None) -> Change:
        reason, source = (getattr(entry, field, None) or "" for field in ("reason", "source"))
        return Change(key, was, now, reason, source, self.scenario.name)

    def settings(self) -> Iterator[Change]:
        """Single values: case, base quarter, horizon, members, switches, parameters."""
        now, was = _settings(self.scenario), _settings(self.base) if self.base is not None else {}
        for key in dict.fromkeys([*was, *now]):
            value, before = now.get(key), was.get(key)
            if value == before:
                continue
            yield self._change(
                key,
                self._default(key) if before is None else self._words(before),
                self._default(key) if value is None else self._words(value),
            )

    def _default(self, key: str) -> str:
        """What stands where no scenario sets a key."""
        table, _, name = key.partition(".")
        if table == "parameters" and self.case is not None:
            for row in self.case.table("parameters"):
                if row["name"] == name:
                    drawn = "" if self.centres else ", drawn run by run where the case has draws"
                    return f"{row.number('value'):.4g} at its centre{drawn}"
        if table == "switches":
            return "on"
        if table == "membership":
            return "all core countries" if name != "powers" else "all powers"
        return OF_THE_CASE if self.base is not None or table == "parameters" else BLANK

    def attributes(self) -> Iterator[Change]:
        """Attributes of the case that are set to something else."""
        before = list(self.base.attribute) if self.base is not None else []
        for old, one in _pairs(self.scenario.attribute, before):
            entry = one or old
            assert entry is not None
            was = self._before(entry, before) if old is None else self._value(old)
            now = LEFT_OUT if one is None else self._value(one)
            yield self._change(f"attribute {entry.name}{self._place(entry)}", was, now, one)

    def _value(self, one: Attribute) -> str:
        what, value = one.setting
        return _set(what, self._words(value))

    def _before(self, one: Attribute, before: Sequence[Attribute]) -> str:
        """What an attribute was: as a scenario further down has it, else as the case does."""
        for other in reversed(before):
            if _same(one, other):
                return self._value(other)
        return self._standing("attributes", one.name, one)

    def _standing(self, table: str, name: str, entry: Any) -> str:
        """The figures of the case in the cells that an entry is about."""
        if self.case is None:
            return OF_THE_CASE
        base = self.scenario.as_of if self.scenario.as_of is not None else self.case.as_of
        cells: dict[tuple[str, ...], float] = {}
        rows = (row for row in self.case.table(table) if row.cells[table[:-1]] == name)
        for row in applicable(rows, base_year(base)):
            if all(
                not row.cells.get(axis) or row.cells[axis] in _codes(getattr(entry, axis, None))
                for axis in AXES
                if getattr(entry, axis, None) is not None
            ):
                cells[tuple(row.cells.get(axis, "") for axis in AXES)] = row.number("value")
        values = list(cells.values())
        if len(values) > 1:  # what holds for all gives way to what is said of one
            exact = [v for key, v in cells.items() if any(key)]
            values = exact or values
        if not values:
            return OF_THE_CASE
        if min(values) == max(values):
            return f"{values[0]:.4g} in the case"
        return f"{min(values):.4g} to {max(values):.4g} in the case"

    def paths(self) -> Iterator[Change]:
        """Drivers that take another course."""
        before = list(self.base.path) if self.base is not None else []
        for old, one in _pairs(self.scenario.path, before):
            entry = one or old
            assert entry is not None
            earlier = [other for other in before if _same(entry, other)]
            if old is not None:
                was = self._course(old)
            elif earlier:
                was = self._course(earlier[-1])
            else:
                was = self._standing("drivers", entry.driver, entry)
            now = LEFT_OUT if one is None else self._course(one)
            yield self._change(f"driver {entry.driver}{self._place(entry)}", was, now, one)

    def _course(self, one: DriverPath) -> str:
        if isinstance(one, NoisePath):
            return f"noise of spread {one.sigma:g} and persistence {one.persistence:g}"
        if isinstance(one, TablePath):
            points = zip(one.quarters, one.values, strict=True)
            return ", ".join(f"{quarters.name(at)} {self._words(value)}" for at, value in points)
        what, value = one.setting
        span = f"from {quarters.name(one.from_)}"
        if one.to is not None:
            span += f" to {quarters.name(one.to)}"
        details = self._details(one, ("value", "change", "factor"))
        form = {"ramp": "in a straight line ", "pulse": "for a while, "}.get(one.form, "")
        return f"{form}{span}: {_set(what, self._words(value))}" + (
            f"; {details}" if details else ""
        )

    def events(self) -> Iterator[Change]:
        """What happens from outside, and what no longer does."""
        before = list(self.base.event) if self.base is not None else []
        for old, one in _pairs(self.scenario.event, before):
            entry = one or old
            assert entry is not None
            was = "does not happen" if old is None else self._happening(old)
            now = LEFT_OUT if one is None else self._happening(one)
            yield self._change(f"event {entry.kind}{self._place(entry)}", was, now, one)

    def _happening(self, one: Event) -> str:
        details = self._details(one)
        return quarters.name(one.date) + (f": {details}" if details else "")

    def _place(self, one: Any) -> str:
        """Actors that an entry is about, in words."""
        codes = [(axis, code) for axis in AXES for code in _codes(getattr(one, axis, None))]
        words = [
            f"quarter {code} of the year" if axis == "season" else self.names.actor(code)
            for axis, code in codes
        ]
        return f", {', '.join(words)}" if words else ""

    def _details(self, entry: Any, besides: Sequence[str] = ()) -> str:
        """Fields that are given, with what they mean where the schema says it."""
        parts = []
        for name, about in type(entry).model_fields.items():
            value = getattr(entry, name)
            if name in _SAID or name in besides or value is None:
                continue
            said = (about.description or "").replace("`", "")
            meaning = f" ({said})" if said else ""
            parts.append(f"{name.replace('_', ' ')} {self._words(value)}{meaning}")
        return "; ".join(parts)

    def _words(self, value: object) -> str:
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, list | tuple):
            return ", ".join(map(self._words, value)) or "none"
        if isinstance(value, Mapping):
            return ", ".join(f"{self._words(key)} {self._words(one)}" for key, one in value.items())
        if isinstance(value, Distribution):
            return f"drawn run by run: {value.words()}"
        return f"{value:g}" if isinstance(value, float) else self.names.actor(str(value))


def _pairs(now: Sequence[T], before: Sequence[T]) -> list[tuple[T | None, T | None]]:
    """Entries that differ, old beside new: changed, added (nothing old) or left out (nothing new).

    Each entry of the base stands for one; of the rest, those about the same belong together.
    """
    left: list[T] = list(before)
    new: list[T] = []
    for one in now:
        if one in left:
            left.remove(one)
        else:
            new.append(one)
    found: list[tuple[T | None, T | None]] = []
    for one in new:
        old = next((other for other in left if _same(one, other)), None)
        if old is not None:
            left.remove(old)
        found.append((old, one))
    for gone in left:
        found.append((gone, None))
    return found


def _same(one: Any, other: Any) -> bool:
    """Whether two entries are about the same thing and the same actors."""
    about = ("kind", "name", "driver", "sector", "text", *AXES)
    return all(getattr(one, field, None) == getattr(other, field, None) for field in about)


def _settings(scenario: Scenario) -> dict[str, Any]:
    """Single values of a scenario that are about the world, by key."""
    found: dict[str, Any] = {
        "case": scenario.case,
        "as_of": None if scenario.as_of is None else quarters.name(scenario.as_of),
        "horizon.start": quarters.name(scenario.start),
        "horizon.end": quarters.name(scenario.end),
    }
    for name in ("countries", "powers", "group"):
        found[f"membership.{name}"] = getattr(scenario.membership, name)
    for name in type(scenario.switches).model_fields:
        value = getattr(scenario.switches, name)
        found[f"switches.{name}"] = None if value else value  # they are on by default
    found |= {f"parameters.{name}": value for name, value in scenario.parameters.items()}
    return {key: value for key, value in found.items() if value is not None}


def _set(what: str, value: str) -> str:
    return {"value": value, "change": f"plus {value}", "factor": f"times {value}"}[what]


def _codes(value: object) -> list[str]:
    if value is None:
        return []
    return [str(code) for code in value] if isinstance(value, list | tuple) else [str(value)]


def in_words(found: Assumptions, labels: Mapping[str, str]) -> Assumptions:
    """The same with scenarios called by their labels, where they have one, else by their titles."""
    titles = {n: title for n, title in found.titles.items() if title not in labels.values()}
    labels = {**titles, **labels}
    return replace(
        found,
        chain=tuple(labels.get(name, name) for name in found.chain),
        changes=tuple(
            replace(one, scenario=labels.get(one.scenario, one.scenario)) for one in found.changes
        ),
    )
