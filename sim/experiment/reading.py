"""Reads chosen columns of a stored table, and their units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sim.core.errors import InputError
from sim.experiment import store
from sim.scenario.problems import nearest


def read_columns(
    folder: Path, name: str, keys: Sequence[str], columns: Iterable[str] | None
) -> pd.DataFrame:
    """Read columns of a table, or all of it.

    Parameters
    ----------
    folder : Path
        A results folder.
    name : str
        The table.
    keys : sequence of str
        Columns that are read in any case.
    columns : iterable of str or None
        Columns (``leverage.KAZ.RUS``) or outcomes (``leverage``: all its columns); None: all.

    Raises
    ------
    InputError
        If the table or a column was not recorded.
    """
    data = store.dataset(folder, name)
    if data is None:
        if columns is not None:
            raise InputError(f"{folder}: this result has no {name}")
        return pd.DataFrame(columns=list(keys))
    if columns is None:
        return data.to_table().to_pandas()
    there = [column for column in data.schema.names if column not in keys]
    chosen: dict[str, None] = {}
    for wanted in columns:
        found = [one for one in there if one == wanted or one.startswith(f"{wanted}.")]
        if not found:
            outcomes = {column.split(".")[0] for column in there}
            raise InputError(
                f"{folder}: the {name} hold no outcome {wanted!r}"
                + nearest(wanted, [*outcomes, *there])
            )
        chosen.update(dict.fromkeys(found))
    return data.to_table(columns=[*keys, *chosen]).to_pandas()


def unit_of(manifest: Mapping[str, Any], column: str) -> str:
    """Unit of an outcome's column; that of a route's flow is the route's own."""
    name, *codes = column.split(".")
    unit = next(one["unit"] for one in manifest["outcomes"] if one["name"] == name)
    if unit == "route's unit a year":
        routes = {route["code"]: route["unit"] for route in manifest["case"]["routes"]}
        unit = f"{routes[codes[0]].removesuffix(' a year')} a year"
    return str(unit)
