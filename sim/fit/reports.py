"""What each reporter says, side by side: figures of different reporters are never compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
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
COLUMNS = ("measure", "country", "power", "source", "series", "year", "value", "confidence")
# Of a figure read from a folder: does the power stand there under its code of the case, rather
# than under a name of its own; and the file and line.
ORIGIN = ("plain", "row")

_YEAR = 4  # quarters

Found = dict[tuple[str, str], dict[int, list[Record]]]  # by source and series, then year


def observable_names(frame: pd.DataFrame) -> pd.Series[str]:
    """Names of observables: ``measure.COUNTRY.POWER``, without what is blank."""
    names = frame["measure"].astype(str)
    for axis in ("country", "power"):
        codes = frame[axis].astype(str)
        names = names + codes.where(codes == "", "." + codes)
    return names


def read_reports(
    files: Files, measures: Sequence[Measure], codes: Codes, used: set[int], notes: list[str]
) -> pd.DataFrame:
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
    DataFrame
        Columns `COLUMNS` and `ORIGIN`; values in the unit of the measure, save that a measure whose
        level says nothing (an index) stays in the unit that was observed.

    Raises
    ------
    InputError
        If a value is no number.
    """
    rows: list[dict[str, object]] = []
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
                for year, records in sorted(years.items()):
                    named = [record for record in records if record["partner"] != cell[1]]
                    chosen = _surest(named or records, left)
                    value = measure.scale * chosen.number
                    if measure.per:
                        whole_value = _whole(wholes[cell[0]], source, series, year, left)
                        if whole_value is None:
                            left[f"the same reporter gives no figure of {measure.per}"] += 1
                            continue
                        value /= whole_value
                    if value < 0 or (measure.per and value > measure.scale):
                        left["below 0, or above the whole"] += 1
                        continue
                    rows.append(
                        {
                            "measure": measure.name,
                            "country": cell[0],
                            "power": cell[1],
                            "source": source,
                            "series": series,
                            "year": year,
                            "value": value,
                            "confidence": chosen.confidence,
                            "plain": not named,
                            "row": Path(chosen.where).name,
                        }
                    )
        for reason, number in sorted(left.items()):
            notes.append(f"{measure.name}: left out {number} rows: {reason}")
    return pd.DataFrame(rows, columns=[*COLUMNS, *ORIGIN]).astype({"year": int, "value": float})


def _surest(records: Sequence[Record], left: Counter[str]) -> Record:
    best = min(records, key=lambda record: list(SPREAD).index(record.confidence))
    left["another row of the same series and year counts"] += len(records) - 1
    if len(records) == 1:
        del left["another row of the same series and year counts"]
    return best


def _whole(found: Found, source: str, series: str, year: int, left: Counter[str]) -> float | None:
    """What a reporter gives for the whole: in the same series, or else in another of its own."""
    own = [key for key in found if key[0] == source and year in found[key]]
    if not own:
        return None
    key = min(own, key=lambda one: one[1] != series)
    value = _surest(found[key][year], left).number
    return value if value > 0 else None


def shipped_reports(case: Case) -> pd.DataFrame:
    """The figures of every reporter that come with a case: its table reporters.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; a row a series, where the table names several in one. Ratios to the
        model's base year are turned back into levels. Empty if the case has no such table.
    """
    table = case.tables.get(TABLE, ())
    ratios = any(row["unit"] == RATIO for row in table)
    base = base_outcomes(case) if ratios else {}
    rows = []
    for row in table:
        name = ".".join(filter(None, (row["measure"], row["country"], row["power"])))
        if row["unit"] == RATIO and name not in base:
            continue
        level = base[name] if row["unit"] == RATIO else 1.0
        for series in row["series"].split(";"):
            cells: dict[str, object] = {column: row.cells.get(column, "") for column in COLUMNS}
            rows.append(
                cells | {"series": series, "year": row.year, "value": level * row.number("value")}
            )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"year": int, "value": float})


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
    licence gives away derived figures only), only that of the base year is shipped, as a ratio to
    what the model gives for it: enough for later figures of that reporter to be set against it.

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
    found = read_reports(files, measures, Codes(case), set(), [])
    last = base_year(case.as_of)
    licences = {row["id"]: row["licence"] for row in case.table("sources")}
    units = {measure.name: measure.unit for measure in measures}
    found = found[(found["year"] <= last) & found["source"].isin(list(licences))]
    found = found.assign(unit=found["measure"].map(units))
    derived = (found["unit"] == index) | found["source"].map(licences).str.startswith("derived")
    base = observable_names(found).map(base_outcomes(case)).fillna(0.0)
    found.loc[derived, "value"] = (found["value"] / base.where(base > 0))[derived]
    found.loc[derived, "unit"] = RATIO
    found = found[~derived | ((found["year"] == last) & (base > 0))]
    digits = found["unit"].map(lambda unit: "{:.3g}" if unit == RATIO else "{:.5g}")
    found = found.assign(
        value=[shape.format(value) for shape, value in zip(digits, found["value"], strict=True)]
    )
    keys = ["measure", "country", "power", "source", "year", "value", "unit", "confidence"]
    table = found.groupby(keys, sort=False)["series"].agg(";".join).reset_index()
    order = ["measure", "country", "power", "source", "series", "year", "value", "unit"]
    table["year"] = table["year"].astype(int)
    place = {measure.name: number for number, measure in enumerate(measures)}
    table = table.sort_values(
        ["measure", "country", "power", "source", "series", "year"],
        key=lambda column: column.map(place) if column.name == "measure" else column,
        kind="stable",
    )
    return table[[*order, "confidence"]].astype(str)
