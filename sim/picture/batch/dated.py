"""What a scenario itself says will happen on a date, in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.core import quarters
from sim.experiment.reading import AXES
from sim.picture.batch.subject import Subject

FEW = 4  # so many events of a date are told in full


@dataclass(frozen=True)
class Dated:
    """An event of a scenario.

    Attributes
    ----------
    scenario : str
    kind : str
        As scenario files write it: ``close_route``.
    start : int
        First quarter.
    length : float
        How long it lasts [quarters]; 0 where it does not last.
    countries : tuple of str
        Whom it is about; none: all.
    route : str
        Which it is about; may be blank.
    words, brief : str
        What it is in a few words, and in fewer.
    """

    scenario: str
    kind: str
    start: int
    length: float
    countries: tuple[str, ...]
    route: str
    words: str
    brief: str

    def about(self, scenario: str, country: str) -> bool:
        """Whether it is set by a scenario and about a country."""
        return scenario == self.scenario and (not self.countries or country in self.countries)


def dated(subject: Subject) -> list[Dated]:
    """The events of all scenarios inside the horizon, by date."""
    names = {
        axis: {one["code"]: one["name"] for one in subject.manifest["case"].get(table, [])}
        for axis, table in AXES.items()
    }
    owners = {
        one["code"]: one.get("country", "") for one in subject.manifest["case"].get("routes", [])
    }
    found = []
    for entry in subject.entries:
        for event in entry["resolved"].get("event", []):
            start = quarters.parse(event["date"])
            if not subject.start <= start <= subject.last:
                continue
            route = event.get("route") or ""
            countries = _codes(event.get("country")) or _codes(event.get("countries"))
            if route and owners.get(route):
                countries = [owners[route]]
            length = event.get("quarters") or 0.0
            found.append(
                Dated(
                    entry["name"],
                    event["kind"],
                    start,
                    float(length) if isinstance(length, int | float) else 0.0,
                    tuple(countries),
                    route,
                    _words(event, names),
                    _words(event, names, brief=True),
                )
            )
    return sorted(found, key=lambda one: one.start)


@dataclass(frozen=True)
class Together:
    """Events of one date: what they are in words, and themselves; of all scenarios that have them.

    Attributes
    ----------
    start : int
        The quarter.
    words : str
    events : tuple of Dated
    """

    start: int
    words: str
    events: tuple[Dated, ...]


def together(events: Sequence[Dated]) -> list[Together]:
    """What each scenario sets on a date; scenarios that set the same are told together."""
    by_date: dict[tuple[int, str], list[Dated]] = {}
    for one in events:
        by_date.setdefault((one.start, one.scenario), []).append(one)
    found: dict[tuple[int, str], list[Dated]] = {}
    for (start, _), own in by_date.items():
        counts = Counter(one.brief if len(own) > FEW else one.words for one in own)
        words = "; ".join(w if number == 1 else f"{w} ({number})" for w, number in counts.items())
        found.setdefault((start, words), []).extend(own)
    return [Together(start, words, tuple(own)) for (start, words), own in found.items()]


def _codes(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _words(
    event: Mapping[str, Any], names: Mapping[str, Mapping[str, str]], brief: bool = False
) -> str:
    """An event in a few words."""

    def name(axis: str, given: Any) -> str:
        return ", ".join(names[axis].get(code, code) for code in _codes(given))

    route, country = name("route", event.get("route")), name("country", event.get("country"))
    power = name("power", event.get("power"))
    match event["kind"]:
        case "close_route":
            return f"route closed, wholly or in part: {route}"
        case "coerce":
            return f"flow interrupted: {power} to {country}, {name('channel', event['channel'])}"
        case "deal":
            sector = "" if brief else f", {name('sector', event['sector'])}"
            return f"deal: {power} with {country}{sector}"
        case "summit":
            return f"summit: {power} with {name('country', event.get('countries')) or 'all'}"
        case "resolution":
            text = name("text", event.get("text"))
            return f"vote in the General Assembly{': ' if text else ''}{text}"
        case "project":
            return f"building decided: {route}"
        case "open_route":
            return f"capacity opens: {route}"
        case "membership":
            return f"{country} {'joins' if event['joins'] else 'leaves'} the consultative group"
        case other:
            return str(other).replace("_", " ")
