"""What can be moved in a scenario: the factors of a design, and the fields of its events."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.case import Case
from sim.case.schema import ATTRIBUTES
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.experiment.design import Design, Factor, changed_design
from sim.experiment.design_check import resolve_factors
from sim.experiment.sampling import VariedFactor
from sim.report.dashboard.state import RESERVED, Value
from sim.scenario import Scenario
from sim.scenario.distributions import Distribution
from sim.scenario.entries import HEADS, entry_name, find_field
from sim.scenario.factors import find_place
from sim.scenario.schema import Event, Path

_STEPS = 100  # of a slider, about
POSTERIOR = "the case's posterior"
DIFFERS = "differs, or is not given"  # from country to country, say: nothing that is drawn
_GROUPS = {
    "driver": "Drivers",
    "parameters": "Behaviour",
    "attribute": "Figures of the case",
    "event": "What happens",
    "path": "What happens",
}


@dataclass(frozen=True)
class Control:
    """One thing that can be moved.

    Attributes
    ----------
    key : str
        Letters, digits, ``_``, ``-`` and dots; the same whenever the scenario is the same.
    path : str
        What it is in a scenario, as designs write it: ``event.close_route.CPC.intensity``; of a
        control that switches an event or a path off, its name alone, ``event.close_route.CPC``.
    label, unit : str
        In words.
    group : str
        Heading under which it stands: "Drivers", "Behaviour", "Figures of the case", "Settings", or
        what happens in words, "Route closed: ... (2026Q1)".
    kind : str
        ``range`` (a float between `low` and `high`), ``whole`` (an int between them), ``quarter``
        (a text between them, "2026Q1"), ``choice`` (one of `choices`) or ``flag`` (bool).
    low, high : float, int or str, or None
        For a range, whole number or quarter; what the scenario has lies between them.
    step : float
        Of a slider; a value need not lie on a step.
    log : bool
        Whether a slider is better logarithmic.
    choices : tuple
        For a choice.
    followers : tuple of VariedFactor
        What moves along with it, unless it is moved itself: the last quarter of a path with its
        first.
    default : bool, int, float, str or None
        What the scenario has; None where the value is drawn in every run.
    drawn : str
        From what, in words, else "": a distribution of the scenario, or the posterior of the case;
        `DIFFERS` where there is no one value that stands.
        A control that is moved fixes the value in all runs, wherever it is moved to.
    rest : bool, int, float or str
        Where the handle stands when it is not moved: `default`; of what is drawn the median, or the
        centre of a parameter.
    reason, source : str
        Why it may be moved so far, from the design; or why the event is there, from the scenario.
    """

    key: str
    path: str
    label: str
    group: str
    unit: str
    kind: str
    low: float | int | str | None
    high: float | int | str | None
    step: float
    log: bool
    choices: tuple[Value, ...]
    followers: tuple[VariedFactor, ...]
    default: Value | None
    drawn: str
    rest: Value
    reason: str
    source: str


def controls(scenario: Scenario, case: Case, design: Design | None) -> list[Control]:
    """All that can be moved in a scenario, in the order in which it should be shown.

    Parameters
    ----------
    scenario : Scenario
        With what is added to it; see `sim.report.dashboard.panel.open_panel`.
    case : Case
    design : Design or None
        Its factors come first, if the scenario has them; None: what happens only.

    Returns
    -------
    list of Control
        A factor that the scenario does not have is left out; `laid_out` says why. One that follows
        another (`same_as`) has no control of its own and moves along. Of each event and path there
        is a control that switches it off (key ending in ``.on``), then its numbers and quarters,
        but for those that are not given. Where two controls are of one place the first stands.
    """
    return laid_out(scenario, case, design)[0]


def laid_out(
    scenario: Scenario, case: Case, design: Design | None
) -> tuple[list[Control], dict[str, str]]:
    """The controls, and by name why factors of the design have none; see `controls`."""
    found: list[Control] = []
    why: dict[str, str] = {}
    if design is not None:
        taken, why = _resolved(scenario, case, design)
        for factor, varied, followers in taken:
            found.append(_of_factor(factor, varied, followers, scenario, case))
    for head in HEADS:
        found += _of_entries(head, scenario, case)
    return _unique(found), why


def _unique(found: Sequence[Control]) -> list[Control]:
    """One control for each place, with keys of their own."""
    kept: dict[str, Control] = {}
    paths: set[str] = set()
    for control in found:
        if control.path in paths:
            continue
        paths.add(control.path)
        first = key = f"control.{control.key}" if _is_reserved(control.key) else control.key
        number = 2
        while key in kept:
            key, number = f"{first}_{number}", number + 1
        kept[key] = control if key == control.key else replace(control, key=key)
    return list(kept.values())


def _is_reserved(key: str) -> bool:
    return key.split(".")[0] in RESERVED


# Factors of a design


def _resolved(
    scenario: Scenario, case: Case, design: Design
) -> tuple[list[tuple[Factor, VariedFactor, tuple[VariedFactor, ...]]], dict[str, str]]:
    """Factors that a scenario has, each with those that follow it, and why others are left out."""
    why: dict[str, str] = dict.fromkeys(design.constants, "is held by the design")
    there: dict[str, Factor] = {}
    for factor in design.factor:
        try:
            find_place(factor.path, scenario, case)
        except InputError as error:
            why[factor.called] = str(error)
        else:
            there[factor.called] = factor
    taken = []
    for factor in there.values():
        if factor.same_as is not None:
            if _leader(factor, there) is None:
                why[factor.called] = f"follows {factor.same_as}, which is left out"
            continue
        group = [one for one in there.values() if _leader(one, there) is factor]
        names = {one.called for one in group}
        changes: dict[str, Any] = {
            "factor": [one.model_dump(mode="json", exclude_none=True) for one in group],
            "constants": {},
        }
        if design.table is not None:
            changes["table"] = {
                label: cells for label, cells in design.table.items() if label in names
            }
        try:
            alone = changed_design(design, changes)
            varied, *followers = sorted(
                resolve_factors(alone, [scenario], case), key=lambda one: one.same_as is not None
            )
        except InputError as error:
            why |= dict.fromkeys(names, str(error))
            continue
        taken.append((factor, varied, tuple(followers)))
    return taken, why


def _leader(factor: Factor, there: Mapping[str, Factor]) -> Factor | None:
    """The factor that another follows in the end; None if it is not there."""
    while factor.same_as is not None:
        if factor.same_as not in there:
            return None
        factor = there[factor.same_as]
    return factor


def _of_factor(
    factor: Factor,
    varied: VariedFactor,
    followers: tuple[VariedFactor, ...],
    scenario: Scenario,
    case: Case,
) -> Control:
    place = find_place(varied.path, scenario, case)
    head, name, *_ = varied.path.split(".")
    value: object = place.standing
    if place.added is None:
        value = _at(scenario, place.keys, place.standing)
    low: Any = None
    high: Any = None
    choices: tuple[Value, ...] = ()
    kind = {"number": "range"}.get(varied.kind, varied.kind)
    listed = factor.values is not None or varied.column is not None
    if kind == "flag":
        pass
    elif kind == "text" or listed:
        kind, choices = "choice", tuple(varied.levels or ())
    elif kind == "range" and varied.distribution is None:
        low, high = varied.low, varied.high
    else:
        low, high = varied.extremes()
    what = varied.path.rsplit(".", 1)[-1]
    unit = ""
    if head == "driver":
        unit = "times" if what == "factor" else DRIVERS[name].unit
    elif head == "attribute":
        unit = "times" if what == "factor" else ATTRIBUTES[name].unit
    elif kind == "range" and head in HEADS and what in _FIELDS:
        unit = _FIELDS[what].unit
    return _made(
        key=_key(factor.name or varied.path),
        path=varied.path,
        label=factor.words,
        group=_GROUPS.get(head, "Settings"),
        unit=unit,
        kind=kind,
        low=low,
        high=high,
        log=varied.log,
        choices=choices,
        value=value,
        drawn=POSTERIOR if _has_draws(varied.path, scenario, case) else "",
        followers=followers,
        reason=factor.reason or "",
        source=factor.source or "",
    )


def _has_draws(path: str, scenario: Scenario, case: Case) -> bool:
    """Whether a place is a parameter that each run draws from the posterior of its case."""
    head, _, name = path.partition(".")
    if head != "parameters" or case.posterior is None:
        return False
    return name in case.posterior.names and name not in scenario.parameters


def _at(scenario: Scenario, keys: Sequence[str | int], otherwise: object) -> object:
    """A distribution that stands at a place, or what stands there otherwise."""
    found: Any = scenario
    for key in keys:
        if isinstance(key, int):
            found = found[key]
        elif isinstance(found, Mapping):
            found = found.get(key)
        else:
            found = getattr(found, "from_" if key == "from" else key)
    return found if isinstance(found, Distribution) else otherwise


def _key(name: str) -> str:
    """A name of letters, digits, ``_``, ``-`` and dots."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name.replace("*", "all")).strip("-.") or "control"


# Events and paths of a scenario


@dataclass(frozen=True)
class _Field:
    """How a field of an event or of a path is moved."""

    label: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0  # at least; a larger value that stands there gives room for twice as much
    grows: bool = False


_FIELDS: dict[str, _Field] = {
    "date": _Field("Date"),
    "from": _Field("From"),
    "to": _Field("To"),
    "joins": _Field("Joins"),
    "intensity": _Field("Intensity", "share"),
    "attribution": _Field("Read as pressure", "share"),
    "quarters": _Field("Length", "quarters", 0.25, 8.0, grows=True),
    "announced": _Field("Announced", "USD bn", 0.0, 1.0, grows=True),
    "stake": _Field("Stake of the power", "share"),
    "financed": _Field("With finance behind it", "share"),
    "threshold": _Field("How far the text goes", "position", -1.0, 1.0),
    "capacity": _Field("Capacity added", "the route's unit a year", 0.01, 1.0, grows=True),
    "lead_quarters": _Field("Until the first capacity", "quarters", 0.0, 24.0, grows=True),
    "ramp_quarters": _Field("Until it is complete", "quarters", 1.0, 12.0, grows=True),
    "value": _Field("Level", "", 0.0, 0.1, grows=True),
    "change": _Field("Change", "", 0.0, 0.1, grows=True),
    "factor": _Field("Factor", "times", 0.0, 2.0, grows=True),
    "decay": _Field("Lost a quarter afterwards", "share"),
    "persistence": _Field("Persistence", "", 0.0, 0.99),
    "sigma": _Field("Spread", "", 0.0, 0.2, grows=True),
}
_OF_SUMMITS = _Field("Intensity", "times the usual attention", 0.0, 3.0, grows=True)


def _of_entries(head: str, scenario: Scenario, case: Case) -> Iterator[Control]:
    entries: Sequence[Any] = getattr(scenario, head)
    names = [entry_name(head, entry) for entry in entries]
    words = _Words(case)
    for at, (name, entry) in enumerate(zip(names, entries, strict=True)):
        number = names[: at + 1].count(name)
        key = _key(name if head == "event" else f"path.{name}") + (f".{number}" * (number > 1))
        told = words.event(entry) if head == "event" else words.path(entry)
        start = min(_dates(head, entry), default=None)
        group = told if start is None else f"{told} ({quarters.name(start)})"
        shared = {"group": group, "reason": entry.reason, "source": entry.source}
        path = f"{head}.{name}" if names.count(name) == 1 else f"{head}.{at + 1}"
        yield _made(f"{key}.on", path, "Happens", "", "flag", value=True, **shared)
        for field, how in _FIELDS.items():
            value = getattr(entry, "from_" if field == "from" else field, None)
            if value is None or isinstance(value, list):
                continue
            place = find_field(f"{head}.{at + 1}.{field}", scenario)
            if head == "event" and field == "intensity" and entry.kind == "summit":
                how = _OF_SUMMITS
            unit = how.unit
            if field in ("value", "change"):
                unit = DRIVERS[entry.driver].unit
            kind = {"number": "range"}.get(place.kind, place.kind)
            low, high = _span(field, how, value, scenario, entry)
            along = _end_moves_along(entry, place.path) if field == "from" else ()
            yield _made(
                f"{key}.{field}", place.path, how.label, unit, kind, low, high,
                value=value if isinstance(value, Distribution) else place.standing,
                followers=along, **shared,
            )  # fmt: skip


def _dates(head: str, entry: Any) -> list[int]:
    return [entry.date] if head == "event" else list(entry.dates().values())


def _span(
    field: str, how: _Field, value: object, scenario: Scenario, entry: Any
) -> tuple[Any, Any]:
    """How far a field can be moved; None and None for a flag."""
    if isinstance(value, bool):
        return None, None
    if field in ("date", "from", "to"):
        first, last = scenario.start, scenario.end
        if field == "from":
            last -= _quarters_between(entry)
        elif field == "to":
            first = entry.from_ + (entry.form == "ramp")
        return quarters.name(first), quarters.name(last)
    least, greatest = _reach(value)
    top = max(abs(least), abs(greatest))
    high = max(how.high, _round_up(2.0 * top)) if how.grows else max(how.high, top)
    low = how.low
    if field in ("value", "change"):
        low = -high
    if field == "value":
        driver = DRIVERS[entry.driver]
        low, high = max(low, driver.low), min(high, driver.high)
    elif field == "change" and least >= 0.0:  # what is raised is not lowered, and the other way
        low = 0.0
    elif field == "change" and greatest <= 0.0:
        high = 0.0
    return low, high


def _quarters_between(path: Any) -> int:
    """From the first to the last quarter of a path; 0 where it names no last."""
    return 0 if getattr(path, "to", None) is None else path.to - path.from_


def _end_moves_along(path: Any, place: str) -> tuple[VariedFactor, ...]:
    """The last quarter of a path follows the first, so that it is as long as before."""
    if getattr(path, "to", None) is None:
        return ()
    end = place.removesuffix("from") + "to"
    between = float(_quarters_between(path))
    return (VariedFactor("to", end, "quarter", False, same_as="from", plus=between),)


def _reach(value: Any) -> tuple[float, float]:
    """A number twice, or between what nearly all that a distribution gives lies."""
    if isinstance(value, Distribution):
        least, greatest = value.inverse(np.array([0.001, 0.999]))
        return float(least), float(greatest)
    return float(value), float(value)


def _round_up(number: float, digits: Sequence[float] = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)) -> float:
    """The next number that is one of the digits times a power of ten."""
    if number <= 0.0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(number))
    least = number * (1.0 - 1e-9)
    return next(float(f"{one * power:.6g}") for one in (*digits, 20) if one * power >= least)


class _Words:
    """Names of a case for what events and paths are about."""

    def __init__(self, case: Case) -> None:
        self._names: dict[str, dict[str, str]] = {}
        for axis, table in (
            ("country", "countries"),
            ("power", "powers"),
            ("channel", "channels"),
            ("route", "routes"),
            ("sector", "sectors"),
            ("text", "texts"),
        ):
            self._names[axis] = {row[axis]: row["name"] for row in case.table(table)}

    def name(self, axis: str, codes: str | Sequence[str] | None) -> str:
        """Names of codes, between commas."""
        given = [codes] if isinstance(codes, str) else codes or ()
        axis = "power" if axis == "other" else axis
        return ", ".join(self._names[axis].get(code, code) for code in given)

    def event(self, event: Event) -> str:
        """An event in a few words."""

        def of(axis: str) -> str:
            return self.name(axis, getattr(event, axis))

        match event.kind:
            case "close_route":
                return f"Route closed: {of('route')}"
            case "coerce":
                return f"Flow interrupted: {of('power')} to {of('country')}, {of('channel')}"
            case "deal":
                return f"Deal: {of('power')} with {of('country')}, {of('sector')}"
            case "summit":
                whom = self.name("country", event.countries) or "all"
                return f"Summit: {of('power')} with {whom}"
            case "resolution":
                return f"Vote in the General Assembly: {of('text') or 'a text of its own'}"
            case "project":
                return f"Building decided: {of('route')}"
            case "open_route":
                return f"Capacity opens: {of('route')}"
            case "membership":
                return f"Consultative group: {of('country')} {'joins' if event.joins else 'leaves'}"

    def path(self, path: Path) -> str:
        """What a path moves, in a few words."""
        driver = DRIVERS[path.driver]
        names = [self.name(axis, getattr(path, axis, None)) for axis in driver.axes]
        whom = "; ".join(name for name in names if name)
        meaning = driver.meaning[:1].upper() + driver.meaning[1:]
        return f"{meaning}: {whom}" if whom else meaning


# A control from what is known of it


def _made(
    key: str,
    path: str,
    label: str,
    unit: str,
    kind: str,
    low: Any = None,
    high: Any = None,
    *,
    group: str,
    value: object,
    reason: str,
    source: str,
    drawn: str = "",
    log: bool = False,
    choices: tuple[Value, ...] = (),
    followers: tuple[VariedFactor, ...] = (),
) -> Control:
    """A control around the value that stands, which is a distribution or not known (None) too.

    With `drawn` the value is the centre of what each run draws elsewhere.
    """
    default: Any = None
    rest: Any = None
    if isinstance(value, Distribution):
        drawn = value.words()
        rest = float(value.inverse(np.array([0.5]))[0])
    elif value is None and not drawn:
        drawn = DIFFERS
    else:
        default, rest = None if drawn else value, value
    if kind == "choice":
        choices = choices if rest is None or rest in choices else (rest, *choices)
        rest = choices[0] if rest is None else rest
    elif kind == "flag":
        rest = True if rest is None else rest
    else:
        if rest is None:
            rest = high if kind != "range" else (low + high) / 2.0
        order: Callable[[Any], Any] = quarters.parse if kind == "quarter" else float
        low, high = min(low, rest, key=order), max(high, rest, key=order)
    step = 1.0
    if kind == "range":
        step = _round_up((high - low) / _STEPS, (1, 2, 5, 10)) if high > low else 1.0
    return Control(
        key=key,
        path=path,
        label=label,
        group=group,
        unit=unit,
        kind=kind,
        low=low,
        high=high,
        step=step,
        log=log,
        choices=choices,
        followers=followers,
        default=default,
        drawn=drawn,
        rest=rest,
        reason=reason,
        source=source,
    )
