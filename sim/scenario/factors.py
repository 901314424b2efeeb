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
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, BeforeValidator

from sim.case import Case
from sim.case.schema import ATTRIBUTES, PARAMETERS
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.scenario.cells import place
from sim.scenario.check import OVERRIDABLE
from sim.scenario.distributions import Given, Uniform
from sim.scenario.load import validated
from sim.scenario.positions import KeyPath
from sim.scenario.problems import listed, nearest
from sim.scenario.schema import KINDS, Quarter, Scenario, ScenarioFile, keys_of

_SETTINGS = ("value", "change", "factor")
_NEUTRAL = {"change": 0.0, "factor": 1.0}
_HEADS = ("parameters", "attribute", "driver", "event", "path")
_TABLES = ("horizon", "membership", "switches")
_KEYS = ("as_of",)
_NEVER = ("reason", "source", "kind", "form")  # fields that say what an entry is
_BY_DESIGN = {"reason": "varied by a design", "source": "assumption: varied by a design"}


@dataclass(frozen=True)
class Place:
    """What a dotted path stands for in a scenario.

    Attributes
    ----------
    path : str
        Its canonical spelling.
    kind : str
        What it takes: ``number``, ``whole`` (number), ``quarter``, ``flag``, ``text``.
    by_run : bool
        Whether runs of one compilation may differ in it; else every value is compiled alone.
    standing : float, int, str, bool or None
        What the scenario has there, quarters as text; None where that is a distribution, nothing,
        or differs between the cells that the path is about.
    """

    path: str
    kind: str
    by_run: bool
    standing: float | int | str | bool | None
    keys: KeyPath  # in the plain scenario, with what `added` appends
    added: tuple[str, Mapping[str, Any]] | None = None  # table, and an entry to append to it


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
        _ended(path, rest)
        field = ScenarioFile.model_fields[head].rebuild_annotation()
        return Place(head, *_takes(field), _plain(getattr(scenario, head), field), (head,))
    if not rest or not all(rest):
        raise InputError(f"{path!r}: say which after {head!r}, as in {_EXAMPLES[head]}")
    if head in _TABLES:
        return _of_table(path, head, rest, scenario)
    find: Callable[[str, list[str], Scenario, Case], Place] = {
        "parameters": _of_parameter,
        "attribute": _of_attribute,
        "driver": _of_driver,
        "event": _of_entry,
        "path": _of_entry,
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
        _write(data, keys, _checked(found, value))
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
    _ended(path, rest[1:])
    field = model.model_fields[rest[0]].rebuild_annotation()
    standing = _plain(getattr(getattr(scenario, head), rest[0]), field)
    return Place(f"{head}.{rest[0]}", *_takes(field), standing, (head, rest[0]))


def _of_parameter(path: str, rest: Sequence[str], scenario: Scenario, case: Case) -> Place:
    name = rest[0]
    _known(path, name, "parameter", PARAMETERS)
    _ended(path, rest[1:])
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
    what = codes.pop() if codes and codes[-1] in _SETTINGS else default
    while codes and codes[-1] == "*":
        codes.pop()
    return name, what, codes


def _codes(path: str, codes: Sequence[str], axes: Sequence[str], case: Case) -> dict[str, Any]:
    """Codes by axis, those for all left out."""
    if len(codes) > len(axes):
        takes = f"at most a {', a '.join(axes)}" if axes else "no codes"
        raise InputError(f"{path!r}: {'.'.join(codes)!r} is too much: it takes {takes}")
    allowed: dict[str, Sequence[str]] = {
        "country": case.names.countries,
        "power": case.names.powers,
        "other": case.names.powers,
        "channel": case.names.channels,
        "route": case.names.routes,
        "season": ("1", "2", "3", "4"),
    }
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


def _of_entry(path: str, rest: list[str], scenario: Scenario, case: Case) -> Place:
    """A field of an event or of a path that the scenario has."""
    head = "event" if path.strip().startswith("event") else "path"
    entries: Sequence[BaseModel] = getattr(scenario, head)
    names = [_entry_name(head, one) for one in entries]
    numbered = [f"{head}.{number} is {name}" for number, name in enumerate(names, 1)]
    has = f" ({', '.join(numbered) or f'{scenario.name} has no {head}'})"
    fields: list[str] = []
    if rest[0].isdecimal():
        number = int(rest[0])
        if not 1 <= number <= len(entries):
            raise InputError(f"{path!r}: there is no {head} {number}{has}")
        fields = rest[1:]
    else:
        matching: list[int] = []
        for cut in range(len(rest), 0, -1):  # the longest name that fits
            matching = [i for i, name in enumerate(names) if _begins(name, rest[:cut])]
            if matching:
                fields = rest[cut:]
                break
        if not matching:
            tags = list(KINDS) if head == "event" else list(DRIVERS)
            near = nearest(rest[0], tags) if rest[0] not in tags else ""
            raise InputError(
                f"{path!r}: there is no {head} {'.'.join(rest[:-1] or rest)!r}{near}{has}"
            )
        if len(matching) > 1:
            which = ", ".join(f"{head}.{index + 1}" for index in matching)
            raise InputError(
                f"{path!r}: {len(matching)} {head}s fit ({which}); name one by its number{has}"
            )
        number = matching[0] + 1
    entry = entries[number - 1]
    allowed = [key for key in keys_of(type(entry)) if key not in _NEVER]
    if not fields or fields[0] not in allowed:
        found = f"there is no field {fields[0]!r}" if fields else "the field is missing"
        near = nearest(fields[0], allowed) if fields else ""
        raise InputError(f"{path!r}: {found}{near} {listed('fields', allowed)}")
    key = fields[0]
    field = next(
        field for name, field in type(entry).model_fields.items() if (field.alias or name) == key
    )
    annotation = field.rebuild_annotation()
    standing: Any = getattr(entry, "from_" if key == "from" else key)
    keys: KeyPath = (head, number - 1, key)
    kind = _takes(annotation)
    if isinstance(standing, list) and kind[0] != "text":
        if len(fields) != 2 or not fields[1].isdecimal() or int(fields[1]) >= len(standing):
            raise InputError(
                f"{path!r}: {key!r} is a list; name one of its values by number, "
                f"{head}.{number}.{key}.0 to {head}.{number}.{key}.{len(standing) - 1}"
            )
        keys = (*keys, int(fields[1]))
        standing = standing[int(fields[1])]
    else:
        _ended(path, fields[1:])
    if key in _SETTINGS and standing is None:
        has_key = next(one for one in _SETTINGS if getattr(entry, one, None) is not None)
        raise InputError(f"{path!r}: this {head} gives {has_key!r}, not {key!r}")
    canonical = ".".join([head, names[number - 1], *fields])
    if names.count(names[number - 1]) > 1:
        canonical = ".".join([head, str(number), *fields])
    return Place(canonical, *kind, _plain(standing, annotation), keys)


def _entry_name(head: str, entry: Any) -> str:
    """``close_route.CPC`` for an event, ``sanctions`` or ``agenda.CHN.trade`` for a path."""
    if head == "event":
        codes = [getattr(entry, part) for part in entry.target]
        return ".".join([entry.kind, *(_joined(code) for code in codes if code is not None)])
    axes = DRIVERS[entry.driver].axes if entry.driver in DRIVERS else ()
    given = [_joined(getattr(entry, axis, None) or "*") for axis in axes]
    while given and given[-1] == "*":
        given.pop()
    return ".".join([entry.driver, *given])


def _joined(code: str | list[str]) -> str:
    return code if isinstance(code, str) else "+".join(code)


def _begins(name: str, parts: Sequence[str]) -> bool:
    return name.split(".")[: len(parts)] == list(parts)


def _known(path: str, name: str, what: str, allowed: Mapping[str, Any] | Sequence[str]) -> None:
    if name not in allowed:
        article = "an" if what[0] in "aeiou" else "a"
        raise InputError(
            f"{path!r}: {name!r} is not {article} {what}{nearest(name, allowed)} "
            f"{listed(f'{what}s', list(allowed))}"
        )


def _ended(path: str, left: Sequence[str]) -> None:
    if left:
        raise InputError(f"{path!r}: nothing can follow here; found {'.'.join(left)!r}")


# What stands at a place, and what may


def _takes(annotation: Any) -> tuple[str, bool]:
    """What values a field takes, and whether a distribution is one of them."""
    found = list(_leaves(annotation))
    if Uniform in found:
        return "number", True
    quarter = next(one for one in get_args(Quarter) if isinstance(one, BeforeValidator))
    if quarter in found:
        return "quarter", False
    for kind, type_ in (("flag", bool), ("number", float), ("whole", int), ("text", str)):
        if type_ in found or any(type(one) is type_ for one in found):
            return kind, False
    raise InputError("a whole table cannot vary; name one of its keys")


def _leaves(annotation: Any) -> list[Any]:
    inner = get_args(annotation)
    return [annotation] if not inner else [leaf for one in inner for leaf in _leaves(one)]


def _plain(value: Any, annotation: Any) -> float | int | str | bool | None:
    if _takes(annotation)[0] == "quarter" and isinstance(value, int):
        return quarters.name(value)
    if isinstance(value, list):
        return "+".join(map(str, value))
    return value if isinstance(value, float | int | str | bool) else None


def _checked(found: Place, value: Any) -> Any:
    """A value as it stands in a file; one of the wrong kind is refused."""
    right: bool
    match found.kind:
        case "number":
            right = isinstance(value, int | float) and not isinstance(value, bool)
            value = float(value) if right else value
        case "whole":
            right = isinstance(value, int) and not isinstance(value, bool)
        case "flag":
            right = isinstance(value, bool)
        case _:
            right = isinstance(value, str)
    if not right:
        needed = {
            "number": "a number",
            "whole": "a whole number",
            "flag": "true or false",
            "quarter": 'a quarter in quotes, like "2026Q1"',
            "text": "a text in quotes",
        }
        raise InputError(f"{found.path!r}: found {value!r}; {needed[found.kind]} is needed")
    if found.kind == "text" and "+" in value:
        return value.split("+")
    return value


# Writing into a scenario


def _write(data: dict[str, Any], keys: KeyPath, value: Any) -> None:
    """Set a value in plain tables, along keys whose tables are copied or made."""
    table: Any = data
    for key in keys[:-1]:
        if isinstance(table, dict):
            inner = table.get(key, {})
            table[key] = list(inner) if isinstance(inner, list) else dict(inner)
        else:
            table[key] = list(table[key]) if isinstance(table[key], list) else dict(table[key])
        table = table[key]
    table[keys[-1]] = value


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
