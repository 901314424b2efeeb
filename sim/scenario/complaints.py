"""Pydantic's errors in our words, each at the line of the file where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.scenario.positions import KeyPath
from sim.scenario.problems import Problems, innermost

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def validate(
    model: type[Model],
    data: Mapping[str, Any],
    marks: Mapping[KeyPath, str],
    problems: Problems,
    own: Callable[[ErrorDetails], str | None],
) -> Model | None:
    """Make a model of the plain values of a file; what is wrong is added to the problems.

    Parameters
    ----------
    model : type of BaseModel
    data : mapping
    marks : mapping
        ``file:line`` of keys.
    problems : Problems
    own : function
        The message of an error of which the model has more to say than is said here.

    Returns
    -------
    BaseModel or None
        None if something is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            keys = _written_path(details, data)
            problems.add(innermost(marks, keys), keys, own(details) or _explained(details))
        return None


def _written_path(details: ErrorDetails, data: Any) -> KeyPath:
    """The path in the file, without the tags that pydantic puts in for one of several tables."""
    path: list[str | int] = []
    for part in details["loc"]:
        inside = (isinstance(data, Mapping) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if inside:
            data = data[part]
            path.append(part)
    if details["type"] == "missing" or (details["loc"] and not path):
        path.append(details["loc"][-1])
    return tuple(path)


def _explained(details: ErrorDetails) -> str:
    """What was found, and what is allowed."""
    kind, found, place = details["type"], details["input"], details["loc"]
    context = details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        return f"found {found!r}; allowed: {context['expected']}"
    if kind == "too_short":
        return "is empty; at least one is needed"
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        bound = context[key]
        shown = f"{bound:,}" if isinstance(bound, int) else f"{bound:g}"
        return f"found {found!r}; allowed: {words} {shown}"
    if kind == "list_type" and isinstance(found, Mapping) and len(place) == 1:
        return f"is one table; write [[{place[0]}]] in double brackets, once for each"
    if kind in _EXPECTED:
        return f"found {found!r}; {_EXPECTED[kind]} is needed"
    return f"found {found!r}: {details['msg']}"
