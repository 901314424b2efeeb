"""What a reader of a complete case should know: how much is judgement, and what looks odd."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from sim.case.scaffold import CARRIED_OVER, TO_WRITE
from sim.case.schema import ADDED_ROLES
from sim.case.tables import Row, Table, shown
from sim.core import quarters

if TYPE_CHECKING:
    from sim.case.case import Case

MOSTLY = 0.5  # part of the figures from which judgement is worth a word
NARROW = 0.1  # width of a range over its value that is bold for judgement
CLOSE = 0.01  # of a mean to 1
LONGEST = 24  # letters of a name that pictures have room for


def remarks(case: Case) -> list[str]:
    """Look for what is no error in a case, but what its readers should know.

    Parameters
    ----------
    case : Case
        One that can be built.

    Returns
    -------
    list of str
        One sentence each; those about a single row begin with ``file:line``.
    """
    return [
        *_description(case),
        *_judgement(case.table("attributes")),
        *_carried_over(case),
        *_narrow(case.table("attributes")),
        *_seasons(case),
        *_sanctions(case),
        *_roles(case.table("channels")),
        *_backgrounds(case.table("sectors")),
        *_parts_of_quarters(case.table("routes")),
        *_long_names(case),
    ]


def _description(case: Case) -> Iterator[str]:
    if TO_WRITE in case.description:
        yield f"{shown(case.folder / 'case.toml')}: the description is still {TO_WRITE}"


def _judgement(attributes: Table) -> Iterator[str]:
    share = sum(row["confidence"] == "expert" for row in attributes) / len(attributes)
    if share >= MOSTLY:
        yield f"attributes: {share:.0%} of the rows are expert judgement"


def _carried_over(case: Case) -> Iterator[str]:
    for name in ("parameters", "attributes", "drivers", "sectors"):
        table = case.table(name)
        count = sum(CARRIED_OVER in row["source"] for row in table)
        if count:
            yield f"{name}: {count} of {len(table)} rows are carried over; judge for your region"


def _narrow(attributes: Table) -> Iterator[str]:
    """Expert judgement with a range hardly wider than its value."""
    narrow = [row for row in attributes if _is_narrow(row)]
    if narrow:
        more = f", and {len(narrow) - 1} more rows" if len(narrow) > 1 else ""
        yield (
            f"{attributes.where(narrow[0])}: {narrow[0]['attribute']} is expert judgement, but its "
            f"range is narrower than {NARROW:.0%} of the value{more}"
        )


def _is_narrow(row: Row) -> bool:
    width = row.number("high") - row.number("low")
    judged = row["confidence"] == "expert" and "convention" not in row["source"]
    return judged and width < NARROW * abs(row.number("value"))


def _seasons(case: Case) -> Iterator[str]:
    """A season is about the year's course; a mean other than 1 would change the exposure too."""
    world = case.build()
    means = world.attributes.season[..., 0].mean(axis=0)
    for channel, mean in zip(world.names.channels, means, strict=True):
        if abs(mean - 1.0) > CLOSE:
            yield f"attributes: season of {channel} has a mean of {mean:.3g} over the year, not 1"


def _sanctions(case: Case) -> Iterator[str]:
    world = case.build()
    if np.any(world.drivers["sanctions"] > 0) and not world.attributes.sanctioned.any():
        yield (
            f"drivers: sanctions are above 0 at {quarters.name(world.base)}, but no power is "
            "sanctioned (powers.csv)"
        )


def _roles(channels: Table) -> Iterator[str]:
    for role in ADDED_ROLES:
        several = [row["channel"] for row in channels if row["role"] == role]
        if len(several) > 1:
            yield (
                f"channels: {' and '.join(several)} have the role {role}; outcomes that are shares "
                f"of {role} add theirs up, to {len(several)} at most"
            )


def _backgrounds(sectors: Table) -> Iterator[str]:
    total = sum(row.number("background_share") for row in sectors)
    if abs(total - 1.0) > CLOSE:
        yield f"sectors: background_share sums to {total:.3g}, not 1; the model divides by the sum"


def _parts_of_quarters(routes: Table) -> Iterator[str]:
    """Lead times that are no whole number of quarters: they count, but may be meant in years."""
    broken = [row for row in routes if row.number("lead_quarters") % 1.0]
    if broken:
        more = f", and {len(broken) - 1} more rows" if len(broken) > 1 else ""
        yield (
            f"{routes.where(broken[0])}: lead_quarters is {broken[0]['lead_quarters']}, no whole "
            f"number of quarters; capacity then begins within a quarter, and counts in part{more}"
        )


def _long_names(case: Case) -> Iterator[str]:
    for table in (case.table("countries"), case.table("powers")):
        for row in table:
            if len(row["name"]) > LONGEST:
                yield (
                    f"{table.where(row)}: {row['name']!r} has {len(row['name'])} letters; pictures "
                    f"have room for about {LONGEST}"
                )
