"""A case as text for reading: an overview, or one country with the source of every figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from sim.case.build import all_names, applicable, base_year, build
from sim.case.check import identifiers
from sim.case.layout import NO_BREAK, columns, finished, paragraph
from sim.case.provenance import latest_routes, winning
from sim.case.schema import ATTRIBUTES, CONFIDENCE
from sim.case.tables import Row, Table, choice
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.leverage import vulnerability
from sim.core.world import World

_GRADED = ("attributes", "routes", "drivers", "sectors", "texts", "observed_ranges")


def show(
    tables: Mapping[str, Table], title: str, description: str, base: int, country: str | None
) -> str:
    """Text of the case.

    Parameters
    ----------
    tables : mapping of str to Table
    title, description : str
        Of the case.
    base : int
        Base quarter whose figures are shown.
    country : str or None
        The country shown; None for an overview.

    Returns
    -------
    str
        Lines of at most 100 characters.

    Raises
    ------
    InputError
        If the country is not in the case.
    """
    if country is None:
        return _overview(tables, title, description, base)
    known = all_names(tables).countries
    if country not in known:
        raise InputError(f"country: {choice(country, known)}")
    return _country(tables, title, base, country)


# ------------------------------------------------------------------------------- the overview


def _overview(tables: Mapping[str, Table], title: str, description: str, base: int) -> str:
    lines = [
        title,
        "",
        *paragraph(description),
        "",
        *_actors(tables),
        *_all_routes(tables["routes"], base),
        *_common_attributes(tables["attributes"], base),
        *_references(tables["drivers"], base),
        *_parameters(tables["parameters"]),
    ]
    if "observed_ranges" in tables:
        lines += _observed(tables["observed_ranges"])
    graded = [name for name in _GRADED if name in tables]
    counts = []
    for name in graded:
        found = Counter(row["confidence"] for row in tables[name])
        label = name.replace("_", " ")
        counts.append((label, str(len(tables[name])), *(str(found[grade]) for grade in CONFIDENCE)))
    lines += columns(("Rows by confidence", "all", *CONFIDENCE), counts)
    lines += paragraph(
        f"{len(tables['parameters'])} parameters, {len(tables['evidence'])} pieces of evidence "
        f"from {len(tables['documents'])} documents, {len(tables['sources'])} public sources; "
        "sources are named by their ids in sources.csv and documents.csv"
    )
    return finished(lines)


def _actors(tables: Mapping[str, Table]) -> list[str]:
    countries = [
        (row["country"], row["name"], "core" if row.number("core") else "candidate")
        for row in tables["countries"]
    ]
    powers = []
    for row in tables["powers"]:
        flags = {"sanctioned": "sanctioned", "enforcer": "enforces"}
        sanctions = ", ".join(word for column, word in flags.items() if row.number(column))
        powers.append(
            (row["power"], row["name"], row["kind"], row["bloc"], sanctions, row["formats"])
        )
    channels = [(row["channel"], row["name"], row["role"]) for row in tables["channels"]]
    return [
        *columns(("Country", "Name", "Part"), countries),
        *columns(("Power", "Name", "Kind", "Bloc", "Sanctions", "Formats"), powers),
        *columns(("Channel", "Name", "Role"), channels),
    ]


def _all_routes(routes: Table, base: int) -> list[str]:
    rows = [
        (
            row["route"],
            row["country"],
            row["power"],
            row["channel"],
            f"{row['volume']} of {row['capacity']} {row['unit']}",
            row["days"],
            row["name"],
        )
        for row in latest_routes(routes, base)
    ]
    header = ("Route", "In", "By", "Channel", "Volume, of capacity", "Days", "Name")
    return columns(header, rows)


def _common_attributes(table: Table, base: int) -> list[str]:
    """Attributes that are not of a country."""
    rows = [
        (
            name,
            _cell(row, entry.axes) or "all",
            _plain(row.number("value")),
            _interval(row),
            *_standing(row),
        )
        for name, entry in ATTRIBUTES.items()
        if "country" not in entry.axes
        for row in winning(table, name, entry.axes, base)
    ]
    header = ("Attribute", "Of", "Value", "Range", "Confidence", "Source")
    return columns(header, rows)


def _references(table: Table, base: int) -> list[str]:
    """Reference values of drivers; times on routes stand with the routes, here is their noise."""
    rows = []
    for name, entry in DRIVERS.items():
        known = applicable((row for row in table if row["driver"] == name), base_year(base))
        for row in winning(table, name, entry.axes, base):
            # A blank number is taken over from a wider row, as in the arrays.
            wider = [r for r in known if all(r[axis] in ("", row[axis]) for axis in entry.axes)]
            value, noise = (
                next((_plain(r.number(column)) for r in reversed(wider) if r[column]), "")
                for column in ("value", "noise")
            )
            place = _cell(row, entry.axes) or "all"
            rows.append((name, place, value, _interval(row), noise, *_standing(row)))
    header = ("Driver", "Of", "Value", "Range", "Noise", "Confidence", "Source")
    return columns(header, rows)


def _parameters(table: Table) -> list[str]:
    rows = [
        (row["name"], _plain(row.number("value")), _interval(row), row["class"], _source(row))
        for row in table
    ]
    return columns(("Parameter", "Value", "Range", "Class", "Source"), rows)


def _observed(table: Table) -> list[str]:
    rows = [
        (
            row["quantity"],
            _plain(row.number("value")),
            _interval(row),
            row["years"] or "any",
            row["confidence"],
            f"{row['unit']} ({_source(row)})",
        )
        for row in table
    ]
    header = ("Observed ranges", "Value", "Range", "Years", "Confidence", "Unit and source")
    return columns(header, rows)


# -------------------------------------------------------------------------------- one country


def _country(tables: Mapping[str, Table], title: str, base: int, country: str) -> str:
    world = build(tables, base, all_names(tables).countries)
    name = next(row["name"] for row in tables["countries"] if row["country"] == country)
    known_as = {row["id"]: row["publisher"] for row in tables["sources"]}
    known_as |= {row["id"]: row["title"] for row in tables["documents"]}
    lines = [f"{name} ({country}): {title}", "", *_held_over(tables, world, country)]
    for attribute, entry in ATTRIBUTES.items():
        if "country" not in entry.axes:
            continue
        rows = winning(tables["attributes"], attribute, entry.axes, base, country)
        if not rows:
            continue
        lines.append(f"{attribute}: {entry.meaning} [{entry.unit}]")
        for row in rows:
            cell = _cell(row, [axis for axis in entry.axes if axis != "country"])
            lines += _figure(cell or "all", f"{row.number('value'):.4g}", row, known_as)
        lines.append("")
    lines += _routes(tables, world, country, known_as)
    return finished(lines[:-1])


def _held_over(tables: Mapping[str, Table], world: World, country: str) -> list[str]:
    """What powers hold over a country: leverage, and their control of each channel.

    What comes to less than a hundredth of a percent stays out; of a power's channels the
    strongest comes first.
    """
    attributes, names = world.attributes, world.names
    own = names.countries.index(country)
    through = 100.0 * vulnerability(
        attributes.exposure, attributes.share, attributes.control, attributes.substitution
    )
    rows = []
    for p in np.argsort(-through[own, :, :, 0].sum(axis=1), kind="stable"):
        percent, control = through[own, p, :, 0], attributes.control[p, :, 0]
        felt = [k for k in np.argsort(-percent, kind="stable") if percent[k] >= 0.005]
        if felt:
            parts = [f"{names.channels[k]} {percent[k]:.2f} ({control[k]:.2g})" for k in felt]
            detail = ", ".join(part.replace(" ", NO_BREAK) for part in parts)
            rows.append((names.powers[p], f"{percent.sum():.2f}", names.channels[felt[0]], detail))
    judged = winning(tables["attributes"], "control", ATTRIBUTES["control"].axes, world.base)
    grades = Counter(row["confidence"] for row in judged)
    counted = ", ".join(f"{grades[grade]} {grade}" for grade in CONFIDENCE if grades[grade])
    header = ("Power", "Leverage", "Largest", "By channel, in brackets the control")
    return [
        *columns(header, rows)[:-1],
        *paragraph(
            "Leverage is what the power could make the country lose, percent of GDP: the sum over "
            "channels of exposure times the loss where control times share is cut off. Control is "
            f"how far the power can stop a flow; its rows by confidence: {counted}.",
            indent=6,
        ),
        "",
    ]


def _routes(
    tables: Mapping[str, Table], world: World, country: str, known_as: Mapping[str, str]
) -> list[str]:
    """A country's routes, with the part of its channel that each carries."""
    known = {row["route"]: row for row in latest_routes(tables["routes"], world.base)}
    routes = world.attributes.routes
    carried = (routes.capacity * routes.yield_)[:, 0]
    lines = []
    for route, share in zip(world.names.routes, carried, strict=True):
        row = known.get(route)
        if row is None or row["country"] != country:
            continue
        value = f"{row['volume']} of {row['capacity']} {row['unit']}"
        lines += _figure(f"{route} {row['power']}", value, row, known_as)
        if share:
            lines.append(f"      carries {share:.3g} of the country's {row['channel']}")
    if lines:
        lines = ["routes: volume, of capacity [unit a year]", *lines, ""]
    return lines


# ----------------------------------------------------------------------------- rows and figures


def _cell(row: Row, axes: Iterable[str]) -> str:
    """The codes of a row's cell; none where it holds for all."""
    return " ".join(row[axis] for axis in axes if row[axis])


def _plain(number: float) -> str:
    return f"{number:.4g}"


def _interval(row: Row) -> str:
    return f"{row.number('low'):.4g} to {row.number('high'):.4g}" if row["low"] else ""


def _source(row: Row) -> str:
    return ", ".join(identifiers(row["source"]))


def _standing(row: Row) -> tuple[str, str]:
    """How good a figure is and where it comes from."""
    return row["confidence"], _source(row)


def _figure(cell: str, value: str, row: Row, known_as: Mapping[str, str]) -> list[str]:
    """One figure: a line with it, and its source and derivation below."""
    line = (
        f"  {cell:<22} {value:>20}   {_interval(row):<22} {row['year'] or 'any year':<9} "
        f"{row['confidence']}"
    )
    sources = ", ".join(known_as.get(name, name) for name in identifiers(row["source"]))
    evidence = f" [{row['evidence']}]" if row["evidence"] else ""
    return [line, *paragraph(f"{sources}{evidence}: {row['derivation']}", indent=6)]
