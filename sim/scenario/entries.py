"""Events and paths of a scenario by name, and what stands in their fields and may stand there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, BeforeValidator

from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.scenario.distributions import Uniform
from sim.scenario.positions import KeyPath
from sim.scenario.problems import listed, nearest
from sim.scenario.schema import KINDS, Quarter, Scenario, keys_of

HEADS = ("event", "path")
SETTINGS = ("value", "change", "factor")
_NEVER = ("reason", "source", "kind", "form")  # fields that say what an entry is


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


def find_entry(path: str, scenario: Scenario) -> tuple[str, int, list[str]]:
    """The event or path of a scenario that a dotted path begins with.

    Parameters
    ----------
    path : str
        ``event.N``, ``event.KIND[.TARGET]``, ``path.N`` or ``path.DRIVER[.CODES]``, and anything
        after it. N counts from 1.
    scenario : Scenario

    Returns
    -------
    head : str
        ``event`` or ``path``.
    place : int
        In the scenario's list, from 0.
    rest : list of str
        What of the path follows the name.

    Raises
    ------
    InputError
        If no entry, or more than one, is called so.
    """
    head, *rest = path.strip().split(".")
    if head not in HEADS or not rest or not all(rest):
        raise InputError(
            f"{path!r} names no event and no path{nearest(head, HEADS)}; they are named "
            "event.KIND.TARGET, path.DRIVER.CODES, or by number, as in event.1"
        )
    entries: Sequence[BaseModel] = getattr(scenario, head)
    names = [entry_name(head, one) for one in entries]
    numbered = [f"{head}.{number} is {name}" for number, name in enumerate(names, 1)]
    has = f" ({', '.join(numbered) or f'{scenario.name} has no {head}'})"
    if rest[0].isdecimal():
        number = int(rest[0])
        if not 1 <= number <= len(entries):
            raise InputError(f"{path!r}: there is no {head} {number}{has}")
        return head, number - 1, rest[1:]
    for cut in range(len(rest), 0, -1):  # the longest name that fits
        begun = [at for at, name in enumerate(names) if _begins(name, rest[:cut])]
        whole = [at for at in begun if names[at] == ".".join(rest[:cut])]
        matching = whole or begun
        if len(matching) > 1:
            which = ", ".join(f"{head}.{index + 1}" for index in matching)
            raise InputError(
                f"{path!r}: {len(matching)} {head}s fit ({which}); name one by its number{has}"
            )
        if matching:
            return head, matching[0], rest[cut:]
    tags = list(KINDS) if head == "event" else list(DRIVERS)
    near = nearest(rest[0], tags) if rest[0] not in tags else ""
    raise InputError(f"{path!r}: there is no {head} {'.'.join(rest[:-1] or rest)!r}{near}{has}")


def find_field(path: str, scenario: Scenario) -> Place:
    """A field of an event or of a path that a scenario has.

    Raises
    ------
    InputError
        If there is no such entry, or it has no such field.
    """
    head, at, fields = find_entry(path, scenario)
    number = at + 1
    names = [entry_name(head, one) for one in getattr(scenario, head)]
    entry = getattr(scenario, head)[at]
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
    kind = takes(annotation)
    if isinstance(standing, list) and kind[0] != "text":
        if len(fields) != 2 or not fields[1].isdecimal() or int(fields[1]) >= len(standing):
            raise InputError(
                f"{path!r}: {key!r} is a list; name one of its values by number, "
                f"{head}.{number}.{key}.0 to {head}.{number}.{key}.{len(standing) - 1}"
            )
        keys = (*keys, int(fields[1]))
        standing = standing[int(fields[1])]
    else:
        ended(path, fields[1:])
    if key in SETTINGS and standing is None:
        has_key = next(one for one in SETTINGS if getattr(entry, one, None) is not None)
        raise InputError(f"{path!r}: this {head} gives {has_key!r}, not {key!r}")
    canonical = ".".join([head, names[number - 1], *fields])
    if names.count(names[number - 1]) > 1:
        canonical = ".".join([head, str(number), *fields])
    return Place(canonical, *kind, plain(standing, annotation), keys)


def entry_name(head: str, entry: Any) -> str:
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


def ended(path: str, left: Sequence[str]) -> None:
    """Refuse what follows where nothing can."""
    if left:
        raise InputError(f"{path!r}: nothing can follow here; found {'.'.join(left)!r}")


# What stands at a place, and what may


def takes(annotation: Any) -> tuple[str, bool]:
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


def plain(value: Any, annotation: Any) -> float | int | str | bool | None:
    """A value of a field as people write it; None for a distribution or nothing."""
    if takes(annotation)[0] == "quarter" and isinstance(value, int):
        return quarters.name(value)
    if isinstance(value, list):
        return "+".join(map(str, value))
    return value if isinstance(value, float | int | str | bool) else None


def checked_value(found: Place, value: Any) -> Any:
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


def write_value(data: dict[str, Any], keys: KeyPath, value: Any) -> None:
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
