"""Values of factors as they are written, converted to what their places in a scenario hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.design_schema import Design
from sim.experiment.sampling import Value
from sim.scenario.entries import Place
from sim.scenario.problems import Problems

_NEEDED = {
    "number": "a number",
    "whole": "a whole number",
    "quarter": 'a quarter in quotes, "2026Q1",',
    "flag": "true or false",
    "text": "a text in quotes",
}
KIND = _NEEDED | {"quarter": "a quarter", "text": "a text"}


def converted(value: Value, kind: str) -> Value:
    """A value as its place holds it.

    Raises
    ------
    InputError
        If it is of another kind.
    """
    if kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) + 0.0  # no negative zero
    if kind == "whole" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "quarter" and isinstance(value, str):
        return quarters.name(quarters.parse(value))
    if kind == "flag" and isinstance(value, bool):
        return value
    if kind == "text" and isinstance(value, str):
        return value
    raise InputError(f"found {value!r}; {_NEEDED[kind]} is needed")


def read_cell(text: str, kind: str) -> Value:
    """A cell of a CSV file as its place holds it; `sim.experiment.sampling.cell` backwards.

    Raises
    ------
    InputError
        If it cannot be read so.
    """
    plain = text if kind == "text" else text.strip()
    if not plain.strip():
        raise InputError(f"is blank; {KIND[kind]} is needed")
    value: Value = plain
    try:
        if kind == "number":
            value = float(plain)
            if not np.isfinite(value):
                raise ValueError
        elif kind == "whole":
            value = int(plain)
        elif kind == "flag":
            value = {"true": True, "false": False}[plain.lower()]
    except (ValueError, KeyError):
        raise InputError(f"found {plain!r}; {KIND[kind]} is needed") from None
    return converted(value, kind)


def cells_of(design: Design, places: Sequence[Place]) -> dict[str, list[Value]] | None:
    """The columns of the rows of a file, converted.

    Raises
    ------
    InputError
        With the file, line and column of every cell that cannot be read, or a factor that has the
        same value in every row.
    """
    if design.mode != "csv":
        return None
    assert design.table is not None
    problems = Problems()
    kinds = {factor.called: place.kind for factor, place in zip(design.factor, places, strict=True)}
    found: dict[str, list[Value]] = {}
    for label, cells in design.table.items():
        found[label] = []
        for row, text in enumerate(cells):
            try:
                found[label].append(read_cell(text, kinds[label]))
            except InputError as error:
                problems.add(design.where_row(row), [], f"column {label!r}: {error}")
    problems.stop()
    for label, values in found.items():
        if len(set(values)) == 1:
            problems.add(
                design.where_row(0),
                [],
                f"column {label!r} holds {values[0]!r} only, so it varies nothing; "
                "put it in constants",
            )
    problems.stop()
    return found
