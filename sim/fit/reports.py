"""What each reporter says, side by side: figures of different reporters are never compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sim.case import Case
from sim.case.build import base_year
from sim.experiment.observables import base_values, observables
from sim.fit.given import given_scenario
from sim.fit.observed_format import (
    PLAIN_YEAR,
    SPREAD,
    Cell,
    Codes,
    Files,
    Measure,
    Record,
    matches,
)
from sim.scenario import compile_plan

TABLE = "reporters"
RATIO = "of the model's base year"  # unit of figures that are shipped as a ratio only
COLUMNS = ("measure", "country", "power", "source", "series", "year", "value", "unit", "confidence")

_DERIVED = "derived"  # how a licence begins that gives away derived figures only
_YEAR = 4  # quarters

Found = dict[tuple[str, str], dict[int, list[Record]]]  # by source and series, then year


@dataclass(frozen=True)
class Report:
    """What one series of one reporter says of one year, in the unit of the measure."""

    measure: str
    country: str  # blank where the measure has none
    power: str  # blank where the measure has none
    source: str
    series: str
    year: int
    value: float
    confidence: str
    plain: bool = False  # the power stands there under its code, not under a name of its own
    row: str = ""  # file and line; blank for what comes with the case

    @property
    def name(self) -> str:
        """The observable: ``measure.COUNTRY.POWER``, without what is blank."""
        return ".".join(filter(None, (self.measure, self.country, self.power)))


def read_reports(
    files: Files, measures: Sequence[Measure], codes: Codes, used: set[int], notes: list[str]
) -> list[Report]:
    """Yearly figures of every reporter and series that measures of quantities answer to.

    A figure that is divided by another (a share by the whole) needs both from one reporter. Rows
    from memory are left out. Of several rows that one reporter's series has of one year, the surest
    counts, then the first.

    Parameters
    ----------
    files : Files
        See `sim.fit.observed_format.read_folder`.
    measures : sequence of Measure
        Those of counted events are passed over.
    codes : Codes
    used : set of int
        Gains the ids of the rows that a measure answers to.
    notes : list of str
        Gains what was left out, and why.

    Returns
    -------
    list of Report
        Where the level of a measure says nothing (an index) in the unit that was observed.

    Raises
    ------
    InputError
        If a value is no number.
    """
    said: list[Report] = []
    for measure in measures:
        if measure.counted:
            continue
        parts: dict[Cell, Found] = defaultdict(lambda: defaultdict(dict))
        wholes: dict[str, Found] = defaultdict(lambda: defaultdict(dict))
        left: Counter[str] = Counter()
        for cell, partner, _, record in matches(measure, files, codes, used, notes):
            if not PLAIN_YEAR.fullmatch(record["period"]):
                left["not of a whole year"] += 1
                continue
            whole = bool(measure.per) and partner == measure.per
            by_year = (wholes[cell[0]] if whole else parts[cell])[
                codes.source(record), record["series"]
            ]
            by_year.setdefault(int(record["period"]), []).append(record)
        for cell in sorted(parts):
            for (source, series), years in parts[cell].items():
                own = any(r["partner"] != cell[1] for records in years.values() for r in records)
                for year, told in sorted(years.items()):
                    records = [r for r in told if not own or r["partner"] != cell[1]]
                    if not records:
                        continue
                    left["another of the same reporter, series and year counts"] += len(records) - 1
                    chosen = _surest(records)
                    value = measure.scale * chosen.number
                    if measure.per:
                        whole_value = _whole(wholes[cell[0]], source, series, year)
                        if whole_value is None:
                            left[f"the same reporter gives no figure of {measure.per}"] += 1
                            continue
                        value /= whole_value
                    if value < 0 or (measure.per and value > measure.scale):
                        left["below 0, or above the whole"] += 1
                        continue
                    said.append(
                        Report(
                            measure=measure.name,
                            country=cell[0],
                            power=cell[1],
                            source=source,
                            series=series,
                            year=year,
                            value=value,
                            confidence=chosen.confidence,
                            plain=not own,
                            row=Path(chosen.where).name,
                        )
                    )
        for reason, number in sorted((+left).items()):
            notes.append(f"{measure.name}: left out {number} rows: {reason}")
    return said


def _surest(records: Sequence[Record]) -> Record:
    return min(records, key=lambda record: list(SPREAD).index(record.confidence))


def _whole(found: Found, source: str, series: str, year: int) -> float | None:
    """What a reporter gives for the whole: in the same series, or else in another of its own."""
    own = [key for key in found if key[0] == source and year in found[key]]
    if not own:
        return None
    key = min(own, key=lambda one: one[1] != series)
    value = _surest(found[key][year]).number
    return value if value > 0 else None


def shipped_reports(case: Case) -> list[Report]:
    """The figures of every reporter that come with a case: its table reporters.

    Where the table names several series in one row, each has the figure. Ratios to the model's base
    year are turned back into levels. Empty if the case has no such table.
    """
    table = case.tables.get(TABLE, ())
    base = base_outcomes(case) if any(row["unit"] == RATIO for row in table) else {}
    said = []
    for row in table:
        for series in row["series"].split(";"):
            one = Report(
                measure=row["measure"],
                country=row["country"],
                power=row["power"],
                source=row["source"],
                series=series,
                year=int(row["year"]),
                value=row.number("value"),
                confidence=row["confidence"],
            )
            if row["unit"] != RATIO:
                said.append(one)
            elif one.name in base:
                said.append(replace(one, value=one.value * base[one.name]))
    return said


def base_outcomes(case: Case) -> dict[str, float]:
    """What the model gives for the base year of a case, at the centre of its parameters.

    Returns
    -------
    dict of str to float
        By observable, in the unit of its measure.
    """
    scenario = given_scenario(case, case.as_of, case.as_of + _YEAR, observed=False, drift=False)
    world, plan = compile_plan(scenario, case, range(2), 0, "point")
    wanted = observables(case, world.names)
    values = base_values(world, plan, wanted)
    return {one.name: float(value[0]) for one, value in zip(wanted, values, strict=True)}


def reporters_table(files: Files, case: Case, index: str) -> pd.DataFrame:
    """The table reporters of a case: figures of all reporters up to the case's own year.

    Of figures whose level is not ours to publish (measures with the unit `index`, and sources whose
    licence gives away derived figures only), only that of the base year is shipped, as a ratio, to
    the hundredth, to what the model gives for it: enough for later figures of that reporter to be
    set against it.

    Parameters
    ----------
    files : Files
    case : Case
    index : str
        Unit of measures that are compared by their changes only.

    Returns
    -------
    DataFrame
        Columns of the table, as text. Series of a reporter that say the same share a row. Sources
        that the case has no name for are left out.
    """
    measures = [Measure.of(row) for row in case.table("measures")]
    units = {measure.name: measure.unit for measure in measures}
    licences = {row["id"]: row["licence"] for row in case.table("sources")}
    last = base_year(case.as_of)
    base = base_outcomes(case)
    rows: dict[tuple[str, ...], list[str]] = {}
    for one in read_reports(files, measures, Codes(case), set(), []):
        if one.year > last or one.source not in licences:
            continue
        unit, value = units[one.measure], f"{one.value:.5g}"
        if unit == index or licences[one.source].startswith(_DERIVED):
            if one.year < last or not base.get(one.name, 0.0) > 0:
                continue
            unit, value = RATIO, f"{one.value / base[one.name]:.2f}"
        place = (one.measure, one.country, one.power, one.source, str(one.year))
        rows.setdefault((*place, value, unit, one.confidence), []).append(one.series)
    table = [(*key[:4], ";".join(series), *key[4:]) for key, series in rows.items()]
    order = {measure.name: place for place, measure in enumerate(measures)}
    table.sort(key=lambda row: (order[row[0]], row[1:]))
    return pd.DataFrame(table, columns=list(COLUMNS))
