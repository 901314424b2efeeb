"""A new case: every table that it needs, with a row for each figure that is still to be found."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path

from sim.case.case import HEAD, known_cases
from sim.case.schema import OPTIONAL, PLACEHOLDER, TABLES
from sim.case.shelves import shelves
from sim.case.tables import AXES, shown
from sim.core import quarters
from sim.core.errors import InputError

TEMPLATE = shelves("calibration")[-1] / "_template"  # data, as every case is
EVERY = "*"  # in the template: a row for each code
CARRIED_OVER = "carried-over"  # the source of starting values that the template brings along
TO_WRITE = "to be written"  # in the description of a new case, until somebody writes it
REGIONAL = "regional"  # in the template: the regional partner, which EVERY then leaves out
YEARS = 8  # that the first scenario plays
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CODE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Actor:
    """A country or power of a new case."""

    code: str
    name: str = PLACEHOLDER


def actors(text: str, what: str) -> list[Actor]:
    """Read codes with or without names: ``"ARM=Armenia,GEO"``.

    Parameters
    ----------
    text : str
    what : str
        ``"countries"``, for messages.

    Raises
    ------
    InputError
        If there is none, one stands twice, or a code has other characters than it may have.
    """
    found: list[Actor] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        code, _, name = (word.strip() for word in part.partition("="))
        if not _CODE.fullmatch(code):
            raise InputError(
                f"{what}: found the code {code!r}; allowed: letters, digits, _ and -, and then "
                "=NAME if you like; commas between"
            )
        if any(actor.code == code for actor in found):
            raise InputError(f"{what}: {code} is named twice")
        found.append(Actor(code, name or PLACEHOLDER))
    if not found:
        raise InputError(f"{what}: found none; at least one is needed, as AAA=Name,BBB=Name")
    return found


def scaffold(
    name: str,
    countries: Sequence[Actor],
    powers: Sequence[Actor],
    regional: Actor | None = None,
    as_of: str | None = None,
    folder: str | Path = ".",
) -> list[Path]:
    """Write the tables of a new case and its first scenario.

    Parameters
    ----------
    name : str
        Of the case: letters, digits and _, a letter first.
    countries, powers : sequence of Actor
        All countries are core, no power is sanctioned or an enforcer; that is for the user to
        change.
    regional : Actor, optional
        The partner that stands for trade inside the region.
    as_of : str
        Base quarter, as ``"2022Q4"``; default: the fourth quarter of last year.
    folder : str or Path
        Where ``calibration/<name>`` and ``scenarios/<name>_baseline.toml`` are to lie.

    Returns
    -------
    list of Path
        The folder of the case, and the scenario.

    Raises
    ------
    InputError
        If the name cannot be used or is taken, a code stands for two actors, or the base quarter
        is none, or too late for the scenario.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"name of a case: found {name!r}; allowed: letters, digits and _, a letter first"
        )
    case = Path(folder) / "calibration" / name
    scenario = Path(folder) / "scenarios" / f"{name}_baseline.toml"
    if name in known_cases():
        raise InputError(f"name of a case: found {name!r}, which is a case already; choose another")
    for path in (case, scenario):
        if path.exists():
            raise InputError(f"{shown(path)} is there already; nothing was written")
    everyone = [*countries, *powers, *([regional] if regional else [])]
    codes = [actor.code for actor in everyone]
    for code in codes:
        if codes.count(code) > 1:
            raise InputError(f"countries and powers: {code} stands for two actors")
    base = quarters.parse(as_of if as_of is not None else f"{date.today().year - 1}Q4")
    latest = 4 * (quarters.YEARS[1] + 1 - YEARS) - 1
    if base > latest:
        raise InputError(
            f"base quarter: found {quarters.name(base)}; allowed: {quarters.YEARS[0]}Q1 to "
            f"{quarters.name(latest)}, for the first scenario plays the {YEARS} years after it"
        )

    words = {
        "case": name,
        "title": name.replace("_", " "),
        "as_of": quarters.name(base),
        "start": quarters.name(base + 1),
        "end": quarters.name(base + 4 * YEARS),
    }
    texts = {case / HEAD: _template("head.toml").format(**words)}
    for table, rows in _tables(countries, powers, regional).items():
        texts[case / f"{table}.csv"] = rows
    texts[scenario] = _template("scenario.toml").format(**words)
    case.mkdir(parents=True)
    try:
        scenario.parent.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError:  # half a case would be in the way of the next try
        shutil.rmtree(case)
        with suppress(OSError):
            scenario.unlink()
        raise
    return [case, scenario]


def template_rows(table: str) -> list[dict[str, str]]:
    """Rows of a table of the template, as they stand there."""
    return list(csv.DictReader(io.StringIO(_template(f"{table}.csv"))))


def _template(name: str) -> str:
    return (TEMPLATE / name).read_text(encoding="utf-8")


def _tables(
    countries: Sequence[Actor], powers: Sequence[Actor], regional: Actor | None
) -> dict[str, str]:
    """The text of every table that is not optional."""
    colours = [row["colour"] for row in template_rows("colours")]
    members = [*powers, *([regional] if regional else [])]
    listed: dict[str, list[dict[str, str]]] = {
        "countries": [
            {"country": one.code, "name": one.name, "core": "1", "colour": colour}
            for one, colour in zip(countries, _repeated(colours), strict=False)
        ],
        "powers": [
            {
                "power": one.code,
                "name": one.name,
                "kind": REGIONAL if one is regional else "power",
                "bloc": one.code if one.name == PLACEHOLDER else one.name,
                "sanctioned": "0",
                "enforcer": "0",
                "colour": colour,
            }
            for one, colour in zip(members, _repeated(colours[::-1]), strict=False)
        ],
    }
    codes = {
        "country": [one.code for one in countries],
        "power": [one.code for one in powers],
        "channel": [row["channel"] for row in template_rows("channels")],
        REGIONAL: [regional.code] if regional else [],
    }
    texts = {}
    for name, columns in TABLES.items():
        if name in OPTIONAL:
            continue
        rows = listed.get(name) or list(_spread(template_rows(name), codes))
        header = [
            column.name
            for column in columns
            if not column.optional or any(row.get(column.name) for row in rows)
        ]
        stream = io.StringIO()
        writer = csv.DictWriter(stream, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: row.get(key, "") for key in header} for row in rows)
        texts[name] = stream.getvalue()
    return texts


def _spread(
    rows: Sequence[Mapping[str, str]], codes: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, str]]:
    """Rows of the template with a row for each code where it says so."""
    first = next(iter(rows[0])) if rows else ""
    apart = {row[first] for row in rows if row.get("power") == REGIONAL}
    for row in rows:
        axes = [axis for axis in AXES if row.get(axis) in (EVERY, REGIONAL)]
        choices = []
        for axis in axes:
            known = codes[REGIONAL if row[axis] == REGIONAL else axis]
            if axis == "power" and row[axis] == EVERY and row[first] not in apart:
                known = [*known, *codes[REGIONAL]]
            choices.append(known)
        for chosen in product(*choices):
            yield dict(row) | dict(zip(axes, chosen, strict=True))


def _repeated(colours: Sequence[str]) -> Iterator[str]:
    while True:
        yield from colours
