"""The public interface in words, a line a name: run it to write the stored list again.

python -m tests.library.public_names > tests/library/public_names.txt
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

_OF_PYDANTIC = "model_"  # its own members begin like this

_ROW = re.compile(r"^\| `(sim[\w.]*)` \|.*$", re.MULTILINE)
_NAME = re.compile(r"`(\w+)`")


def modules() -> dict[str, list[str]]:
    """Public names by module: those of `sim`, and what the table of docs/api.md lists."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    told = {row[1]: _NAME.findall(row[0].split("|")[2]) for row in _ROW.finditer(page)}
    return {"sim": list(import_module("sim").__all__), **told}


def lines() -> list[str]:
    """All public names, their signatures, and those of the methods and attributes of classes."""
    return [line for module, names in modules().items() for line in _module(module, names)]


def _module(module: str, names: list[str]) -> Iterator[str]:
    home = import_module(module)
    for name in sorted(names):
        thing = getattr(home, name)
        if inspect.isclass(thing):
            yield from _class(f"{module}.{name}", thing)
        else:
            yield f"{module}.{name}{_signature(thing)}"


class _Words(str):
    """An annotation that is shown as it is written, without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    found = inspect.signature(function)
    given = [
        one if one.annotation is one.empty else one.replace(annotation=_Words(one.annotation))
        for one in found.parameters.values()
    ]
    return found.replace(parameters=given, return_annotation=_Words(found.return_annotation))


def _class(name: str, thing: type) -> Iterator[str]:
    made = thing.__dict__.get("__init__")
    if is_dataclass(thing):
        for field in fields(thing):
            if not field.name.startswith("_"):
                yield f"{name}.{field.name}: {field.type}"
    elif inspect.isfunction(made):
        yield f"{name}{_signature(made)}"
    else:
        yield name
        yield from (f"{name}.{field}" for field in getattr(thing, "model_fields", ()))
    own = [one for one in thing.__mro__ if one.__module__.startswith("sim.")]
    seen = {member: found for one in reversed(own) for member, found in vars(one).items()}
    for member in sorted(seen):
        if not member.startswith(("_", _OF_PYDANTIC)):
            yield from _member(f"{name}.{member}", seen[member])


def _member(name: str, found: Any) -> Iterator[str]:
    if isinstance(found, property | cached_property):
        code = found.fget if isinstance(found, property) else found.func
        yield f"{name} -> {inspect.signature(code).return_annotation}"
    elif isinstance(found, classmethod | staticmethod):
        yield f"{name}{_signature(found.__func__)}"
    elif inspect.isfunction(found):
        yield f"{name}{_signature(found)}"


if __name__ == "__main__":
    print("\n".join(lines()))
