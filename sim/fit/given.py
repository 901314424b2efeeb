"""The drivers that are given when the past is played again, as a scenario from any base year."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product

from sim.case import Case
from sim.case.tables import Row, Table, choice
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.world import World
from sim.scenario.schema import Scenario

TABLE = "observed_drivers"
_AXES = ("country", "power", "other", "channel", "route")
_PERIOD = re.compile(r"([0-9]{4})(?:[Qq]([1-4]))?")
_YEAR = 4  # quarters

Key = tuple[str, ...]  # a driver, then its country, power, other, channel and route or blanks


def given_scenario(
    case: Case, origin: int, end: int, observed: bool = True, drift: bool = True
) -> Scenario:
    """A scenario that starts after a base quarter and is given what is known of the drivers.

    A row of the case's table observed_drivers holds from the first quarter of its period until the
    next row of the same driver, the last one to the end. Where the table calls it relative, the
    driver is its reference plus the change of the value since its mean over the origin's year
    (over those of its quarters that have one); otherwise it is the value. It has no noise.

    Parameters
    ----------
    case : Case
    origin : int
        Base quarter; the first quarter simulated is the next.
    end : int
        Last quarter.
    observed : bool
        Give the drivers that were observed after the origin; otherwise all stay at the case's
        reference, as far as noise and drift let them.
    drift : bool
        Turn on the secular drift of shares.

    Returns
    -------
    Scenario
        The core countries, all powers, and a table path for every driver given.

    Raises
    ------
    InputError
        If the case has no such table, a row of it is wrong, the base cannot be built, or the end
        does not come after the origin.
    """
    if end <= origin:
        raise InputError(
            f"end: found {quarters.name(end)}; allowed: after the origin, {quarters.name(origin)}"
        )
    world = case.build(origin)
    paths = list(_observed(case, world, origin, end)) if observed else []
    if drift:
        first = quarters.name(origin + 1)
        paths.append(
            {
                "driver": "drift",
                "form": "table",
                "quarters": [first],
                "values": [1.0],
                "reason": "Shares go on drifting as they did",
                "source": f"{case.name}, attribute drift",
            }
        )
    return Scenario.model_validate(
        {
            "title": f"From {quarters.name(origin)} with what is given of the drivers",
            "question": "What would the model have said from that quarter on?",
            "case": case.name,
            "as_of": quarters.name(origin),
            "horizon": {"start": quarters.name(origin + 1), "end": quarters.name(end)},
            "path": paths,
        }
    )


def _observed(case: Case, world: World, origin: int, end: int) -> Iterator[dict[str, object]]:
    """A path for each cell of the simulated world that a driver of the table is about."""
    table = case.table(TABLE)
    names = world.names
    _, noise = case.noise(world)
    codes = names.by_axis
    rows: dict[Key, dict[int, Row]] = defaultdict(dict)
    for row in table:
        _check(table, row)
        key = (row["driver"], *(row[axis] for axis in _AXES))
        start = _start(table, row)
        if start in rows[key]:
            raise InputError(
                f"{table.where(row)}: column 'period': found {row['period']!r}, which starts with "
                f"the same quarter as line {rows[key][start].line}"
            )
        rows[key][start] = row
    for key, found in rows.items():
        driver, cell = key[0], dict(zip(_AXES, key[1:], strict=True))
        if not _simulated(cell, codes):
            continue
        axes = DRIVERS[driver].axes
        values = _values(table, found, origin, end)
        if not values:
            continue
        last = found[max(found)]
        said = {
            "reason": last["derivation"] or "As observed",
            "source": last["source"] or case.name,
        }
        for place in product(*((cell[axis],) if cell[axis] else codes[axis] for axis in axes)):
            at = tuple(codes[axis].index(code) for axis, code in zip(axes, place, strict=True))
            reference = float(world.drivers[driver][at][0])
            level = reference if last.number("relative") else 0.0
            yield {
                "driver": driver,
                **dict(zip(axes, place, strict=True)),
                "form": "table",
                "quarters": [quarters.name(quarter) for quarter in values],
                "values": [level + value for value in values.values()],
                **said,
            }
            if driver in noise and noise[driver][at].any():
                # What is observed leaves nothing to chance.
                yield {
                    "driver": driver,
                    **dict(zip(axes, place, strict=True)),
                    "form": "noise",
                    "persistence": 0.0,
                    "sigma": 0.0,
                    **said,
                }


def _values(table: Table, found: Mapping[int, Row], origin: int, end: int) -> dict[int, float]:
    """Values by quarter after the origin; relative ones less their mean over its year."""
    flags = {row["relative"]: row for row in found.values()}
    if len(flags) > 1:
        row = found[max(found)]
        raise InputError(
            f"{table.where(row)}: column 'relative': found {row['relative']!r}; the driver's other "
            "rows have another"
        )

    def at(quarter: int) -> float | None:
        passed = [start for start in found if start <= quarter]
        return found[max(passed)].number("value") if passed else None

    shift = 0.0
    if "1" in flags:
        first = origin - origin % _YEAR
        base = [v for v in map(at, range(first, first + _YEAR)) if v is not None]
        if not base:
            return {}
        shift = sum(base) / len(base)
    known = {quarter: at(quarter) for quarter in range(origin + 1, end + 1)}
    return {quarter: value - shift for quarter, value in known.items() if value is not None}


def _simulated(cell: Mapping[str, str], codes: Mapping[str, tuple[str, ...]]) -> bool:
    return all(not code or code in codes[axis] for axis, code in cell.items())


def _check(table: Table, row: Row) -> None:
    """A known driver, and only axes that it has."""
    driver = row["driver"]
    if driver not in DRIVERS:
        raise InputError(f"{table.where(row)}: column 'driver': {choice(driver, tuple(DRIVERS))}")
    for axis in _AXES:
        if row[axis] and axis not in DRIVERS[driver].axes:
            takes = ", ".join(DRIVERS[driver].axes) or "none"
            raise InputError(
                f"{table.where(row)}: column {axis!r}: found {row[axis]!r}, but driver {driver!r} "
                f"has no {axis}; it has: {takes}"
            )


def _start(table: Table, row: Row) -> int:
    match = _PERIOD.fullmatch(row["period"])
    if match is None:
        raise InputError(
            f"{table.where(row)}: column 'period': found {row['period']!r}; allowed: a year of "
            "four digits, or a quarter such as 2014Q1"
        )
    return _YEAR * int(match[1]) + int(match[2] or 1) - 1
