"""What is read of a stored result: chosen columns with their units, scenarios and outcomes."""

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
    chosen = matching(folder, name, there, columns)
    return data.to_table(columns=[*keys, *chosen]).to_pandas()


def matching(folder: Path, name: str, there: Sequence[str], wanted: Iterable[str]) -> list[str]:
    """Columns of a table that are asked for, each once, in the order in which they are.

    Parameters
    ----------
    folder : Path
        Of the result, for messages.
    name : str
        The table.
    there : sequence of str
        Columns that it has.
    wanted : iterable of str
        Columns or outcomes, as in `read_columns`.

    Raises
    ------
    InputError
        If one of them is not there.
    """
    chosen: dict[str, None] = {}
    for one in wanted:
        found = [column for column in there if f"{column}.".startswith(f"{one}.")]
        if not found:
            outcomes = {column.split(".")[0] for column in there}
            raise InputError(
                f"{folder}: the {name} hold no outcome {one!r}{nearest(one, [*outcomes, *there])}"
            )
        chosen.update(dict.fromkeys(found))
    return list(chosen)


def check_scenario(folder: Path, scenario: str, scenarios: Sequence[str]) -> None:
    """Refuse a scenario that is none of a result's.

    Raises
    ------
    InputError
        With the nearest name.
    """
    if scenario not in scenarios:
        raise InputError(
            f"{folder}: there is no scenario {scenario!r}{nearest(scenario, scenarios)}"
        )


def usual_outcomes(manifest: Mapping[str, Any], by_quarter: bool = False) -> list[str]:
    """Outcomes that are shown where none are named.

    Parameters
    ----------
    manifest : mapping
    by_quarter : bool
        Only those that were kept by quarter.

    Returns
    -------
    list of str
        Those that the design of a sweep names, else the headline ones of countries and of the
        region.
    """
    named = manifest.get("design", {}).get("outcomes")
    return list(named or ()) or [
        one["name"]
        for one in manifest["outcomes"]
        if one["headline"]
        and one["axes"] in ([], ["country"])
        and (one["by_quarter"] or not by_quarter)
    ]


def unit_of(manifest: Mapping[str, Any], column: str) -> str:
    """Unit of an outcome's column; that of a route's flow is the route's own."""
    name, *codes = column.split(".")
    unit = next(one["unit"] for one in manifest["outcomes"] if one["name"] == name)
    if unit == "route's unit a year":
        routes = {route["code"]: route["unit"] for route in manifest["case"]["routes"]}
        unit = f"{routes[codes[0]].removesuffix(' a year')} a year"
    return str(unit)


AXES = {  # of outcomes: the tables of a manifest's case that name what lies along them
    "country": "countries",
    "power": "powers",
    "channel": "channels",
    "route": "routes",
    "sector": "sectors",
    "text": "texts",
}


def in_words(name: str) -> str:
    """The name of an outcome or a parameter in plain words, as in 're-export intensity'."""
    plain = name.replace("_usd", "").replace("_", " ").replace("reexport", "re-export")
    return plain.replace("gdp", "GDP")


def codes_of(manifest: Mapping[str, Any], column: str) -> dict[str, str]:
    """What an outcome's column is of: codes by axis."""
    outcome, *codes = column.split(".")
    axes = next((one["axes"] for one in manifest["outcomes"] if one["name"] == outcome), ())
    return dict(zip(axes, codes, strict=False))


def named(manifest: Mapping[str, Any], axis: str, code: str) -> str:
    """The name of a country, power, channel, route, sector or text; if it has none, its code."""
    listed = manifest["case"].get(AXES[axis], ())
    return next((str(entry["name"]) for entry in listed if entry["code"] == code), code)


def parts_in_words(manifest: Mapping[str, Any], column: str) -> tuple[str, dict[str, str]]:
    """An outcome's column in words: the outcome, and by axis the name of what it is of."""
    of = codes_of(manifest, column)
    return in_words(column.split(".")[0]), {
        axis: named(manifest, axis, code) for axis, code in of.items()
    }
