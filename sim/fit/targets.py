"""Moments of the observed record, and the same moments of simulated years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.case import Case
from sim.case.tables import Row, Table, choice
from sim.core.errors import InputError
from sim.core.world import Array

LEAST = 0.01  # of the base year's value: what is less counts as so much in a logarithm
STATISTICS = {
    "log_change": "log of the value in the last year over the value in the first",
    "difference": "value in the last year less the value in the first",
    "mean": "mean of the yearly values from the first year to the last",
    "rate": "mean over years of the yearly counts, summed over all countries and powers that fit",
}
_CHANGES = ("log_change", "difference")  # of one observable, from one year to a later one


@dataclass(frozen=True)
class Years:
    """Yearly values of observables.

    Attributes
    ----------
    names : tuple of str
        Observables: ``measure.COUNTRY.POWER``.
    years : tuple of int
    values : array (observable, year, run)
        NaN where nothing was observed.
    """

    names: tuple[str, ...]
    years: tuple[int, ...]
    values: Array

    def of(self, name: str, first: int, last: int) -> Array:
        """Values of an observable from a year to a year, (year, run)."""
        return self.values[
            self.names.index(name), self.years.index(first) : self.years.index(last) + 1
        ]


@dataclass(frozen=True)
class Target:
    """One moment of the record."""

    name: str
    group: str
    observables: tuple[str, ...]
    statistic: str
    first: int
    last: int
    value: float
    error: float
    informs: tuple[str, ...]

    def of(self, years: Years) -> Array:
        """The moment in each run, (run,); NaN where a value that it needs is missing."""
        if self.statistic == "log_change":
            path = years.of(self.observables[0], self.first, self.last)
            start = years.of(self.observables[0], years.years[0], years.years[0])[0]
            floor = np.where(start > 0, LEAST * start, 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                ends = np.log(np.maximum(path[[0, -1]], floor))
                change: Array = ends[1] - ends[0]
            return np.where(np.isfinite(change), change, np.nan)
        if self.statistic == "difference":
            path = years.of(self.observables[0], self.first, self.last)
            return path[-1] - path[0]
        spans = [years.of(name, self.first, self.last) for name in self.observables]
        total: Array = np.sum([span.mean(axis=0) for span in spans], axis=0)
        return total


def targets(case: Case, names: Sequence[str], first: int, last: int) -> list[Target]:
    """The targets of a case that lie within some years.

    Parameters
    ----------
    case : Case
        With a table ``targets``.
    names : sequence of str
        Observables that are simulated. A target without a country or power sums over all of its
        measure.
    first, last : int
        First year simulated less one (the base year), and last.

    Raises
    ------
    InputError
        If the case has no targets, or a row names an observable, a statistic or a parameter that
        there is not, or its years are missing or in the wrong order.
    """
    if "targets" not in case.tables:
        raise InputError(f"case {case.name} has no targets.csv to be fitted to")
    table = case.table("targets")
    parameters = [row["name"] for row in case.table("parameters")]
    for row in table:
        _check(table, row, parameters)
    return [
        _target(table, row, names)
        for row in table
        if row.number("from") >= first and row.number("to") <= last
    ]


def _check(table: Table, row: Row, parameters: Sequence[str]) -> None:
    """A known statistic over years that it can be taken over, which informs known parameters."""
    for name in _informs(row):
        if name not in parameters:
            raise InputError(f"{table.where(row)}: column 'informs': {choice(name, parameters)}")
    if row["statistic"] not in STATISTICS:
        raise InputError(
            f"{table.where(row)}: column 'statistic': {choice(row['statistic'], [*STATISTICS])}"
        )
    for column in ("from", "to"):
        if not row[column]:
            raise InputError(
                f"{table.where(row)}: column {column!r}: found nothing; a year is needed"
            )
    first, last = int(row.number("from")), int(row.number("to"))
    least = first + (row["statistic"] in _CHANGES)
    if last < least:
        raise InputError(
            f"{table.where(row)}: column 'to': found {last}; allowed: {least} or later"
        )


def _target(table: Table, row: Row, names: Sequence[str]) -> Target:
    wanted = {1: row["country"], 2: row["power"]} if not row["text"] else {1: row["text"]}
    if row["text"] and row["country"]:
        wanted[2] = row["country"]
    fit = tuple(
        name
        for name in names
        if (parts := name.split("."))[0] == row["measure"]
        and all(
            not code or (place < len(parts) and parts[place] == code)
            for place, code in wanted.items()
        )
    )
    if not fit or (len(fit) > 1 and row["statistic"] in _CHANGES):
        found = f"{len(fit)} observables fit" if fit else "no observable fits"
        raise InputError(
            f"{table.where(row)}: target {row['target']}: {found} measure {row['measure']!r}, "
            f"country {row['country']!r}, power {row['power']!r}; needed: one"
        )
    return Target(
        name=row["target"],
        group=row["group"],
        observables=fit,
        statistic=row["statistic"],
        first=int(row.number("from")),
        last=int(row.number("to")),
        value=row.number("value"),
        error=row.number("error"),
        informs=_informs(row),
    )


def _informs(row: Row) -> tuple[str, ...]:
    return tuple(row["informs"].replace(";", " ").split())


def moments(targets: Sequence[Target], years: Years) -> Array:
    """All moments of simulated years, (run, target)."""
    return np.stack([target.of(years) for target in targets], axis=1)
