"""The observed record: figures and roll calls that forecasts are fitted to and held against."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from sim.case import Case
from sim.case.build import base_year
from sim.case.tables import choice, shown
from sim.core.errors import InputError
from sim.fit.observed_format import (
    CAST,
    PLAIN_YEAR,
    RESOLUTION,
    SPREAD,
    Cell,
    Codes,
    Figure,
    Files,
    Measure,
    Record,
    Reports,
    best_of,
    left_over,
    matches,
    order_of,
    read_folder,
    year_of,
)

VALUES = (
    "measure",
    "country",
    "power",
    "year",
    "value",
    "error",
    "unit",
    "source",
    "derivation",
    "confidence",
)
VOTES = ("resolution", "date", "year", "text", "country", "vote", "source", "note")
INDEX = "index"  # unit of a measure whose level says nothing: over the mean of its years

_COMMON = 3  # years that two reporters need in common to be compared
_LEAST = 0.1  # of the mean: what smaller figures are as uncertain as


@dataclass(frozen=True)
class Observed:
    """What was observed, in the units of the model.

    Attributes
    ----------
    values : DataFrame
        A row for each measure, country, power (blank where the measure has none) and year:
        value, error (standard deviation, same unit), unit, source, derivation and confidence.
    votes : DataFrame
        A row for each roll call and country: resolution, date, year, text (the family that the
        case puts it in), country, vote (Y, A, N, NV: took no part, not N), source and note.
    unmatched : list of str
        What the files lack and what in them was left out.
    """

    values: pd.DataFrame
    votes: pd.DataFrame
    unmatched: list[str] = field(default_factory=list)

    def series(self, observable: str) -> pd.Series[float]:
        """Values of an observable by year.

        Parameters
        ----------
        observable : str
            ``measure.COUNTRY.POWER``, ``measure.COUNTRY`` or ``measure``.

        Returns
        -------
        Series
            Value by year in order of time; empty if nothing was observed.
        """
        nothing = self.values.iloc[:0]
        found = self._by_name.get(observable, nothing).sort_values("year")
        return pd.Series(
            found["value"].to_numpy(dtype=float), index=found["year"].to_numpy(), name=observable
        )

    @cached_property
    def _by_name(self) -> dict[str, pd.DataFrame]:
        """Rows of each observable."""
        return {str(name): rows for name, rows in self.values.groupby(_names(self.values))}

    def until(self, year: int) -> Observed:
        """What was observed by the end of a year."""
        return replace(
            self,
            values=self.values[self.values["year"] <= year].reset_index(drop=True),
            votes=self.votes[self.votes["year"] <= year].reset_index(drop=True),
        )


def _names(values: pd.DataFrame) -> pd.Series[str]:
    dotted = values["measure"].astype(str)
    for axis in ("country", "power"):
        code = values[axis].astype(str)
        dotted = dotted + code.where(code == "", "." + code)
    return dotted


def shipped(case: Case) -> Observed:
    """The observed record that comes with a case: its tables series and roll_calls.

    Raises
    ------
    InputError
        If the case has no table series, or a roll call has no date.
    """
    missing = [f"{name}.csv" for name in ("measures", "series") if name not in case.tables]
    if missing:
        raise InputError(
            f"case {case.name} has no observed record: {' and '.join(missing)} missing in "
            f"{shown(case.folder)}"
        )
    values = [
        {
            **{name: row[name] for name in VALUES if name not in ("year", "value", "error")},
            "year": row.year,
            "value": row.number("value"),
            "error": row.number("error"),
        }
        for row in case.table("series")
    ]
    votes = []
    if "roll_calls" in case.tables:
        calls = case.table("roll_calls")
        for row in calls:
            if not row["date"][:4].isdecimal():
                raise InputError(
                    f"{calls.where(row)}: column 'date': found {row['date']!r}; "
                    "a date that begins with its year is needed"
                )
            votes.append({**row.cells, "year": int(row["date"][:4])})
    return Observed(_frame(values, VALUES), _frame(votes, VOTES))


def read_observed(folder: str | Path, case: Case, *, relative: bool = True) -> Observed:
    """Read a folder of files in the observed format by the measures of a case.

    A file has the columns country_iso3, partner, series, period (a year, or a date or a span,
    which only events and roll calls may have), value, unit, source, via, confidence and note.

    Rows whose source starts with ``recalled`` are from memory and left out; so are rows of low
    confidence for which another reporter has a surer one. Figures of several reporters are not
    mixed: a series follows the reporter with the most years of the country's figures among those
    with at least half as many partners as any. Years that only others have are joined to it by the
    ratio of the two in the nearest year that both have, and left out if there is none; the level of
    the whole is that of the reporter of the last year. Of one reporter's rows, those of the series
    named first in the measure come first, then the most confident.

    Events (measures over a change) are counted by the year they began; years without any are nought
    from the file's first year to its last, for every country and power that presses others.

    The error is the larger of the spread between reporters and that of a figure of high
    confidence; with one reporter it is 3, 6 or 12 percent for high, medium and low confidence.
    The spread is the root mean square difference of two reporters over the years they have in
    common, once their means are made equal, over the square root of two. Figures below a tenth of
    the mean are as uncertain as a tenth of the mean.

    Parameters
    ----------
    folder : str or Path
    case : Case
    relative : bool
        Put measures whose unit is an index over the mean of their years up to the case's own;
        otherwise they stay in the unit that was observed.

    Returns
    -------
    Observed

    Raises
    ------
    InputError
        If the folder or a column is missing, a value is no number, or a vote is none.
    """
    files = read_folder(Path(folder))
    codes = Codes(case)
    measures = [Measure.of(row) for row in case.table("measures")]
    notes: list[str] = []
    used: set[int] = set()
    quantities = [m for m in measures if not m.counted]
    values = [value for m in quantities for value in _quantities(m, files, codes, used, notes)]
    years = sorted({int(str(value["year"])) for value in values})
    for measure in measures:
        if measure.counted:
            values += events(measure, files, codes, used, notes, years)
    if relative:
        values = _indexed(values, base_year(case.as_of), notes)
    votes = _votes(files, codes, used)
    notes += left_over(files, used)
    order = {measure.name: place for place, measure in enumerate(measures)}
    values.sort(key=lambda v: (order[str(v["measure"])], v["country"], v["power"], v["year"]))
    return Observed(_frame(values, VALUES), _frame(votes, VOTES), notes)


Value = dict[str, object]


def _frame(rows: Sequence[Mapping[str, object]], names: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame([{name: row[name] for name in names} for row in rows], columns=names)
    for name in names:
        frame[name] = frame[name].astype(
            {"year": int, "value": float, "error": float}.get(name, object)
        )
    return frame


# ------------------------------------------------------------------------------------ quantities


def _quantities(
    measure: Measure, files: Files, codes: Codes, used: set[int], notes: list[str]
) -> list[Value]:
    rows: dict[tuple[Cell, bool], list[tuple[int, Record]]] = defaultdict(list)
    other_periods = 0
    for cell, partner, place, record in matches(measure, files, codes, used, notes):
        if PLAIN_YEAR.fullmatch(record["period"]):
            rows[cell, bool(measure.per) and partner == measure.per].append((place, record))
        else:
            other_periods += 1
    if other_periods:
        notes.append(f"{measure.name}: left out {other_periods} rows: not of a whole year")
    reports = {key: _reports(key[0], found, codes) for key, found in rows.items()}
    values = []
    for country in sorted({cell[0] for cell, _ in reports}):
        cells = {c: r for (c, whole), r in reports.items() if c[0] == country and not whole}
        total = reports.get(((country, ""), True), {})
        order = order_of(cells.values())
        for cell in sorted(cells):
            values += _chain(measure, cell, cells[cell], total, order)
    return values


def _sure(reports: Reports) -> Reports:
    """Without figures of low confidence where another reporter has a surer one."""
    sure = {
        year
        for figures in reports.values()
        for year, figure in figures.items()
        if figure.confidence != "low"
    }
    return {
        source: {y: f for y, f in figures.items() if f.confidence != "low" or y not in sure}
        for source, figures in reports.items()
    }


def _reports(cell: Cell, rows: Sequence[tuple[int, Record]], codes: Codes) -> Reports:
    """What each reporter says of a cell, year by year.

    A name of its own that the observed world has for a power goes before the power's code.
    """
    own = [(place, record) for place, record in rows if record["partner"] != cell[1]]
    figures: dict[str, dict[int, list[tuple[int, Figure]]]] = defaultdict(dict)
    for place, record in own or rows:
        by_year = figures[codes.source(record)]
        figure = Figure(record.number, record.confidence)
        by_year.setdefault(int(record["period"]), []).append((place, figure))
    return {
        source: {year: best_of(found) for year, found in by_year.items()}
        for source, by_year in figures.items()
    }


def _chain(
    measure: Measure, cell: Cell, reports: Reports, total: Reports, order: Sequence[str]
) -> list[Value]:
    """One series from the reports of several: that of the first in order, lengthened by others.

    Its level is that of the reporter of the last year, so that years to come can follow it.
    """
    told = _sure(reports)
    if measure.per:
        told = {source: _over(years, total.get(source, {})) for source, years in told.items()}
    order = [source for source in order if told.get(source)]
    if not order:
        return []
    first = order[0]
    chain = {year: (figure.value, first) for year, figure in told[first].items()}
    for source in order[1:]:
        theirs = told[source]
        common = [y for y in theirs if y in chain and theirs[y].value > 0 < chain[y][0]]
        for year in sorted(set(theirs) - set(chain)) if common else ():
            near = min(common, key=lambda other: (abs(other - year), other))
            chain[year] = (theirs[year].value * chain[near][0] / theirs[near].value, source)
    value, latest = chain[max(chain)]
    level = told[latest][max(chain)].value / value if value > 0 else 1.0
    spread = _spread(first, reports)
    if spread is not None and measure.per:
        spread = math.hypot(spread, _spread(first, total) or 0.0)
    mean = level * sum(value for value, _ in chain.values()) / len(chain)
    values: list[Value] = []
    for year, (value, source) in sorted(chain.items()):
        confidence = told[source][year].confidence
        error = SPREAD[confidence] if spread is None else max(spread, SPREAD["high"])
        why = f"{confidence} confidence" if spread is None else "spread of reporters"
        made = f"As {source} has it"
        if source != latest:
            made = f"{source}, moved to the level of {latest}"
        if measure.per:
            made += f", over the same reporter's figure for {measure.per}"
        values.append(
            {
                "measure": measure.name,
                "country": cell[0],
                "power": cell[1],
                "year": year,
                "value": measure.scale * level * value,
                "error": measure.scale * error * max(level * value, _LEAST * mean),
                "unit": measure.unit,
                "source": ";".join(dict.fromkeys((source, latest))),
                "derivation": f"{made}; error {error:.1%}: {why}",
                "confidence": confidence,
            }
        )
    return values


def _over(figures: Mapping[int, Figure], wholes: Mapping[int, Figure]) -> dict[int, Figure]:
    """Figures over those of the whole, in the years that have both."""
    return {
        year: Figure(figure.value / wholes[year].value, figure.confidence)
        for year, figure in figures.items()
        if year in wholes and wholes[year].value > 0
    }


def _spread(first: str, reports: Reports) -> float | None:
    """Relative standard deviation of a reporter, told from the others; None if none is comparable.

    Each of two reporters has half the variance of their difference.
    """
    squares: list[float] = []
    for source, theirs in reports.items():
        ours = reports.get(first, {})
        common = [year for year in ours if year in theirs]
        our_mean = sum(ours[y].value for y in common) / max(len(common), 1)
        their_mean = sum(theirs[y].value for y in common) / max(len(common), 1)
        if source == first or len(common) < _COMMON or our_mean <= 0 or their_mean <= 0:
            continue
        squares += [(theirs[y].value / their_mean - ours[y].value / our_mean) ** 2 for y in common]
    return math.sqrt(sum(squares) / len(squares) / 2.0) if squares else None


def _indexed(values: Iterable[Value], last: int, notes: list[str]) -> list[Value]:
    """Put measures whose unit is an index over their mean up to a year."""
    found = list(values)
    by_measure: dict[tuple[object, ...], list[Value]] = defaultdict(list)
    for value in found:
        if value["unit"] == INDEX:
            by_measure[value["measure"], value["country"], value["power"]].append(value)
    for key, rows in by_measure.items():
        base = [row for row in rows if int(str(row["year"])) <= last]
        if not base:
            notes.append(f"{key[0]}: no year up to {last}; its index has another base")
            base = rows
        mean = sum(float(str(row["value"])) for row in base) / len(base)
        for row in rows:
            row["value"] = float(str(row["value"])) / mean
            row["error"] = float(str(row["error"])) / mean
            row["derivation"] = f"{row['derivation']}; over the mean of its years"
    return found


# ------------------------------------------------------------------------------- events and votes


def events(
    measure: Measure,
    files: Files,
    codes: Codes,
    used: set[int],
    notes: list[str],
    years: Sequence[int],
) -> list[Value]:
    """Events of each country, power and year; only years that the quantities have too, if any."""
    counts: Counter[tuple[str, str, int]] = Counter()
    confidence: dict[tuple[str, str], str] = {}
    source = ""
    for cell, _, _, record in matches(measure, files, codes, used, notes):
        if cell[1] in codes.pressing or not measure.of_power:
            counts[*cell, year_of(record)] += 1
            levels = (record.confidence, confidence.get(cell, "high"))
            confidence[cell] = max(levels, key=list(SPREAD).index)
            source = codes.source(record)
    told = [
        year_of(record)
        for name in measure.files
        for record in files.get(name, ())
        if measure.place(record["series"]) is not None
    ]
    if not told:
        return []
    span = [y for y in range(min(told), max(told) + 1) if not years or years[0] <= y <= years[-1]]
    cells = [
        (country, power)
        for country in (codes.countries if measure.of_country else ("",))
        for power in (codes.pressing if measure.of_power else ("",))
    ]
    values: list[Value] = []
    for country, power in cells:
        mean = sum(counts[country, power, year] for year in span) / len(span) if span else 0.0
        level = confidence.get((country, power), "medium")
        for year in span:
            count = counts[country, power, year]
            values.append(
                {
                    "measure": measure.name,
                    "country": country,
                    "power": power,
                    "year": year,
                    "value": measure.scale * count,
                    "error": measure.scale * SPREAD[level] * max(count, _LEAST * mean),
                    "unit": measure.unit,
                    "source": source,
                    "derivation": f"Counted; error {SPREAD[level]:.1%} of the count: {level} "
                    "confidence",
                    "confidence": level,
                }
            )
    return values


def _votes(files: Files, codes: Codes, used: set[int]) -> list[Value]:
    votes: list[Value] = []
    for records in files.values():
        for record in records:
            if not record["series"].startswith(RESOLUTION):
                continue
            used.add(id(record))
            country = codes.country(record["country_iso3"])
            if country is None or record.recalled:
                continue
            if record["value"] not in CAST:
                raise InputError(f"{record.where}: column 'value': {choice(record['value'], CAST)}")
            votes.append(
                {
                    "resolution": record["series"].removeprefix(RESOLUTION),
                    "date": record["period"],
                    "year": year_of(record),
                    "text": codes.text(record["note"]),
                    "country": country,
                    "vote": record["value"],
                    "source": codes.source(record),
                    "note": record["note"],
                }
            )
    return sorted(votes, key=lambda v: (v["date"], v["resolution"], v["country"]))
