"""Dotted paths into a scenario: what a design may vary, and the scenario with it varied.

==================================================  ================================================
``parameters.NAME``                                  a parameter
``attribute.NAME[.CODES][.value|change|factor]``     an attribute of the case (default: value)
``driver.NAME[.CODES][.value|change|factor]``        a driver in all quarters (default: change)
``event.N.FIELD``, ``event.KIND[.TARGET].FIELD``     a field of an event of the scenario
``path.N.FIELD``, ``path.DRIVER[.CODES].FIELD``      a field of a path of the scenario
``switches.NAME``, ``horizon.end``, ``membership.powers``, ``as_of``  and the like: a key
==================================================  ================================================

N counts from 1 in the order of `Scenario.resolved`. CODES go by the axes of the attribute or the
driver, with ``*`` for all of an axis and ``+`` between several; codes left out at the end mean all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from sim.case import Case
from sim.case.schema import ATTRIBUTES, PARAMETERS
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.scenario.cells import place
from sim.scenario.check import OVERRIDABLE
from sim.scenario.distributions import Given
from sim.scenario.entries import (
    HEADS,
    SETTINGS,
    Place,
    checked_value,
    ended,
    find_field,
    plain,
    takes,
    write_value,
)
from sim.scenario.load import validated
from sim.scenario.positions import KeyPath
from sim.scenario.problems import listed, nearest
from sim.scenario.schema import Scenario, ScenarioFile

_NEUTRAL = {"change": 0.0, "factor": 1.0}
_HEADS = ("parameters", "attribute", "driver", *HEADS)
_TABLES = ("horizon", "membership", "switches")
_KEYS = ("as_of",)
_BY_DESIGN = {"reason": "varied by a design", "source": "assumption: varied by a design"}


def find_place(path: str, scenario: Scenario, case: Case) -> Place:
    """What a dotted path stands for.

    Parameters
    ----------
    path : str
        See the head of this module.
    scenario : Scenario
    case : Case
        The case that the scenario is about.

    Raises
    ------
    InputError
        If there is nothing of that name; the message has the nearest name and what is allowed.
    """
    parts = path.strip().split(".")
    head, rest = parts[0], parts[1:]
    heads = (*_HEADS, *_TABLES, *_KEYS)
    if head == "parameter":  # as people say it
        head = "parameters"
    if head not in heads:
        raise InputError(
            f"{path!r}: {head!r} is nothing that can vary{nearest(head, heads)} "
            f"{listed('first words', heads)}"
        )
    if head in _KEYS:
        ended(path, rest)
        field = ScenarioFile.model_fields[head].rebuild_annotation()
        return Place(head, *takes(field), plain(getattr(scenario, head), field), (head,))
    if not rest or not all(rest):
        raise InputError(f"{path!r}: say which after {head!r}, as in {_EXAMPLES[head]}")
    if head in _TABLES:
        return _of_table(path, head, rest, scenario)
    if head in HEADS:
        return find_field(path, scenario)
    find: Callable[[str, list[str], Scenario, Case], Place] = {
        "parameters": _of_parameter,
        "attribute": _of_attribute,
        "driver": _of_driver,
    }[head]
    return find(path, rest, scenario, case)


_EXAMPLES = {
    "parameters": "parameters.NAME",
    "attribute": "attribute.NAME.COUNTRY",
    "driver": "driver.NAME",
    "event": "event.1.date",
    "path": "path.1.value",
    "horizon": "horizon.end",
    "membership": "membership.powers",
    "switches": "switches.noise",
}


def set_values(scenario: Scenario, case: Case, values: Mapping[str, object]) -> Scenario:
    """A scenario with other values at dotted paths.

    Parameters
    ----------
    scenario : Scenario
    case : Case
    values : mapping of str to value
        By path; a number, a text, a flag, or a `Given` where `Place.by_run` allows it.

    Raises
    ------
    InputError
        If a path leads nowhere, two lead to the same place, or a value cannot stand there; the
        message names the path.
    """
    data = scenario.resolved()
    places = [(find_place(path, scenario, case), value) for path, value in values.items()]
    settled: dict[KeyPath, str] = {}
    rows: list[tuple[KeyPath, Given]] = []
    marks = dict(scenario.origin.marks) or {(): scenario.name}
    for found, value in places:
        keys = found.keys
        if found.added is not None:
            table, entry = found.added
            data[table] = [*data.get(table, []), dict(entry)]
            keys = (table, len(data[table]) - 1, *keys)
        if keys in settled:
            raise InputError(f"{found.path!r} and {settled[keys]!r} are the same place")
        settled[keys] = found.path
        marks[keys] = f"{scenario.name}, {found.path}"
        if isinstance(value, Given):
            if not found.by_run:
                raise InputError(f"{found.path!r} cannot differ between runs of one compilation")
            rows.append((keys, value))
            value = value.values[0]
        write_value(data, keys, checked_value(found, value))
    origin = scenario.origin
    varied = validated(data, type(origin)(origin.name, marks, data, origin.base))
    for keys, given in rows:
        varied = _replaced(varied, keys, given)
    return varied


# Finding the place


def _of_table(path: str, head: str, rest: Sequence[str], scenario: Scenario) -> Place:
    model = ScenarioFile.model_fields[head].annotation
    assert model is not None
    allowed = list(model.model_fields)
    if rest[0] not in allowed:
        raise InputError(
            f"{path!r}: {head} has no {rest[0]!r}{nearest(rest[0], allowed)} "
            f"{listed('keys', allowed)}"
        )
    ended(path, rest[1:])
    field = model.model_fields[rest[0]].rebuild_annotation()
    standing = plain(getattr(getattr(scenario, head), rest[0]), field)
    return Place(f"{head}.{rest[0]}", *takes(field), standing, (head, rest[0]))


def _of_parameter(path: str, rest: Sequence[str], scenario: Scenario, case: Case) -> Place:
    name = rest[0]
    _known(path, name, "parameter", PARAMETERS)
    ended(path, rest[1:])
    own = scenario.parameters.get(name)
    if own is None:
        own = next(r for r in case.table("parameters") if r["name"] == name).number("value")
    standing = own if isinstance(own, float) else None
    return Place(f"parameters.{name}", "number", True, standing, ("parameters", name))


def _of_attribute(path: str, rest: list[str], scenario: Scenario, case: Case) -> Place:
    name, what, codes = _setting(rest, "value")
    _known(path, name, "attribute", OVERRIDABLE)
    axes = ATTRIBUTES[name].axes
    entry: dict[str, Any] = {"name": name, **_codes(path, codes, axes, case)}
    if "season" in entry:
        [season] = entry["season"]
        entry["season"] = int(season)
    standing: float | None = _NEUTRAL.get(what)
    if standing is None:
        base = case.as_of if scenario.as_of is None else scenario.as_of
        members = scenario.membership
        world = case.build(base, members.countries, members.powers)
        values = getattr(world.attributes, name)[place(_Chosen(entry), axes, world.names)]
        standing = float(values.flat[0]) if (values == values.flat[0]).all() else None
    canonical = ".".join(["attribute", name, *codes, *([] if what == "value" else [what])])
    return Place(canonical, "number", True, standing, (what,), ("attribute", entry))


def _of_driver(path: str, rest: list[str], scenario: Scenario, case: Case) -> Place:
    name, what, codes = _setting(rest, "change")
    _known(path, name, "driver", DRIVERS)
    entry = {
        "driver": name,
        "form": "constant",
        "from": quarters.name(scenario.start),
        **_codes(path, codes, DRIVERS[name].axes, case),
        **_BY_DESIGN,
    }
    canonical = ".".join(["driver", name, *codes, *([] if what == "change" else [what])])
    return Place(canonical, "number", True, _NEUTRAL.get(what), (what,), ("path", entry))


class _Chosen:
    """Codes by axis as attributes, for `sim.scenario.cells.place`."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self.__dict__.update(entry)


def _setting(rest: list[str], default: str) -> tuple[str, str, list[str]]:
    """Name, what is set, and codes."""
    name, *codes = rest
    what = codes.pop() if codes and codes[-1] in SETTINGS else default
    while codes and codes[-1] == "*":
        codes.pop()
    return name, what, codes


def _codes(path: str, codes: Sequence[str], axes: Sequence[str], case: Case) -> dict[str, Any]:
    """Codes by axis, those for all left out."""
    if len(codes) > len(axes):
        takes = f"at most a {', a '.join(axes)}" if axes else "no codes"
        raise InputError(f"{path!r}: {'.'.join(codes)!r} is too much: it takes {takes}")
    allowed = case.names.by_axis | {"season": ("1", "2", "3", "4")}
    chosen: dict[str, Any] = {}
    for axis, text in zip(axes, codes, strict=False):
        if text == "*":
            continue
        chosen[axis] = text.split("+")
        for code in chosen[axis]:
            if code not in allowed[axis]:
                raise InputError(
                    f"{path!r}: {code!r} is no {axis}{nearest(code, allowed[axis])} "
                    f"{listed('allowed', allowed[axis])}"
                )
    if len(chosen.get("season", [0])) > 1:
        raise InputError(f"{path!r}: name one season, or * for all")
    return chosen


def _known(path: str, name: str, what: str, allowed: Mapping[str, Any] | Sequence[str]) -> None:
    if name not in allowed:
        article = "an" if what[0] in "aeiou" else "a"
        raise InputError(
            f"{path!r}: {name!r} is not {article} {what}{nearest(name, allowed)} "
            f"{listed(f'{what}s', list(allowed))}"
        )


def _replaced(model: Any, keys: KeyPath, value: Given) -> Any:
    """A copy of a model with the number at the end of the keys replaced."""
    key, *inner = keys
    if isinstance(model, BaseModel):
        old = getattr(model, str(key))
        new = value if not inner else _replaced(old, tuple(inner), value)
        return model.model_copy(update={str(key): new})
    copy: Any = dict(model) if isinstance(model, Mapping) else list(model)
    copy[key] = value if not inner else _replaced(copy[key], tuple(inner), value)
    return copy
