"""A scenario in words, for a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.core import quarters
from sim.scenario.distributions import Distribution
from sim.scenario.schema import Attribute, Event, NoisePath, Path, Scenario, TablePath

_IN_HEAD = ("case", "as_of", "horizon.start", "horizon.end", "runs", "seed")
_NOT_DETAILS = ("kind", "form", "date", "from_", "to", "driver", "reason", "source")


@dataclass(frozen=True)
class Happening:
    """An event or a path, in words."""

    when: str  # a quarter, or "always"
    words: str
    given_by: str  # the scenario that it is inherited from, if it is
    reason: str
    source: str


def describe(scenario: Scenario) -> str:
    """What the scenario asks, how it differs from what it extends, what happens, what it expects.

    Returns
    -------
    str
        Several lines.
    """
    base = scenario.base
    lines = [f"{scenario.name}: {scenario.title}", f"  {scenario.question}", ""]
    if base is not None:
        lines.append(f"extends   {base.name}")
    as_of = "its own base" if scenario.as_of is None else quarters.name(scenario.as_of)
    lines += [
        f"case      {scenario.case} at {as_of}",
        f"horizon   {quarters.name(scenario.start)} to {quarters.name(scenario.end)} "
        f"({scenario.quarters} quarters)",
        f"runs      {scenario.runs:,} with seed {scenario.seed}, unless told otherwise",
        "",
    ]
    title = "Settings" if base is None else f"Differs from {base.name}"
    settings = differences(scenario)
    lines += [title, *(settings or ["  in nothing but what happens" if base else "  none"]), ""]
    lines.append("What happens")
    happenings = timeline(scenario)
    for one in happenings:
        lines.append(f"  {one.when}  {one.words}" + f"  (from {one.given_by})" * bool(one.given_by))
        lines.append(f"          {one.reason} [{one.source}]")
    if not happenings:
        lines.append("  nothing from outside")
    if scenario.headline:
        lines += ["", "What it expects"]
    for headline in scenario.headline:
        at = {"end": "at the end", "mean": "on average"}.get(headline.at, f"in {headline.at}")
        against = headline.against or (base.name if base is not None else "")
        lines.append(
            f"  {headline.outcome} {headline.direction} {at} against {against}: {headline.because}"
        )
    return "\n".join(lines)


def _inherited(scenario: Scenario, table: str, index: int) -> str:
    """The scenario whose file gives an entry; empty for the scenario's own."""
    origin, base = scenario.origin, scenario.base
    places = origin.given_by.get(table)
    if places is None:  # made of another scenario in Python, entries appended
        return base.name if base is not None and index < len(getattr(base, table)) else ""
    own = index >= len(places) or places[index] == len(origin.layers) - 1
    return "" if own else origin.layers[places[index]].path.stem


def timeline(scenario: Scenario) -> list[Happening]:
    """What happens from outside, in the order of time."""
    dated: list[tuple[int, str, Path | Event, str]] = [
        (_start(path), _path(path), path, _inherited(scenario, "path", index))
        for index, path in enumerate(scenario.path)
    ]
    dated += [
        (event.date, _event(event), event, _inherited(scenario, "event", index))
        for index, event in enumerate(scenario.event)
    ]
    return [
        Happening(
            quarters.name(start) if start else "always", text, given_by, entry.reason, entry.source
        )
        for start, text, entry, given_by in sorted(dated, key=lambda found: found[0])
    ]


def differences(scenario: Scenario) -> list[str]:
    """Settings other than events and paths that differ from what is extended, a line each."""
    base = scenario.base
    now, before = _settings(scenario), _settings(base) if base is not None else {}
    lines = [
        f"  {key} = {value}" + (f" (not {before[key]})" if key in before else "")
        for key, value in now.items()
        if before.get(key) != value and not (base is None and key in _IN_HEAD)
    ]
    lines += [f"  {edit}" for edit in scenario.origin.edits]
    own = scenario.attribute[len(base.attribute) if base is not None else 0 :]
    for override in own:
        reason = f": {override.reason}" if override.reason else ""
        source = f" [{override.source}]" if override.source else ""
        lines.append(f"  {attribute_words(override)}{reason}{source}")
    return lines


def attribute_words(override: Attribute) -> str:
    """What a scenario sets a figure of the case to."""
    codes = (getattr(override, axis) for axis in ("country", "power", "channel", "season"))
    place = ".".join(value_words(code) for code in codes if code is not None)
    what, value = override.setting
    return f"{override.name} {place or 'all'} {what} {value_words(value)}"


def _settings(scenario: Scenario) -> dict[str, str]:
    found: dict[str, Any] = {
        "case": scenario.case,
        "as_of": scenario.as_of and quarters.name(scenario.as_of),
        "horizon.start": quarters.name(scenario.start),
        "horizon.end": quarters.name(scenario.end),
        "runs": scenario.runs,
        "seed": scenario.seed,
    }
    for table in ("membership", "switches"):
        values = getattr(scenario, table)
        found |= {f"{table}.{key}": getattr(values, key) for key in values.model_fields_set}
    found |= {f"parameters.{name}": value for name, value in scenario.parameters.items()}
    return {key: value_words(value) for key, value in found.items() if value is not None}


def value_words(value: object) -> str:
    """A value of a scenario as text: a number, a distribution, codes."""
    if isinstance(value, Distribution):
        return value.words()
    if isinstance(value, list):
        return "+".join(map(value_words, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {value_words(inner)}" for key, inner in value.items())
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _details(entry: Path | Event) -> str:
    """The fields of a path or an event that are given, in the order of the schema."""
    return ", ".join(
        f"{name.replace('_', ' ')} {value_words(getattr(entry, name))}"
        for name in type(entry).model_fields
        if name in entry.model_fields_set
        and name not in _NOT_DETAILS
        and getattr(entry, name) is not None
    )


def _start(path: Path) -> int:
    return min(path.dates().values(), default=0)


def _path(path: Path) -> str:
    if isinstance(path, NoisePath):
        return f"noise of {path.driver}: {_details(path)}"
    if isinstance(path, TablePath):
        points = zip(path.quarters, path.values, strict=True)
        values = ", ".join(f"{quarters.name(q)} {value_words(v)}" for q, v in points)
        codes = ("country", "power", "other", "channel", "route")
        place = ".".join(value_words(getattr(path, a)) for a in codes if getattr(path, a))
        return f"table of {path.driver} {place}: {values}".replace(" :", ":")
    until = "" if path.to is None else f" to {quarters.name(path.to)}"
    return f"{path.form} of {path.driver}{until}: {_details(path)}"


def entry_words(entry: Path | Event) -> str:
    """An event or a path in words, without its date."""
    return _event(entry) if isinstance(entry, Event) else _path(entry)


def _event(event: Event) -> str:
    return f"{event.kind}: {_details(event)}"
