"""The observed record: figures and roll calls that forecasts are fitted to and held against."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from sim.case import Case
from sim.case.build import base_year
from sim.case.tables import Row, Table, choice, read_text, shown
from sim.core.errors import InputError

COLUMNS = (
    "country_iso3",
    "partner",
    "series",
    "period",
    "value",
    "unit",
    "source",
    "via",
    "confidence",
    "note",
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
# Relative standard deviation of a figure that only one reporter gives.
SPREAD = {"high": 0.03, "medium": 0.06, "low": 0.12}

_RESOLUTION = "unga_vote:"
_CAST = ("Y", "A", "N", "NV", "not N")
_MEMORY = re.compile(r"(derived:\s*)*recalled\b", re.IGNORECASE)
_PLAIN_YEAR = re.compile(r"[0-9]{4}")
_YEAR_OF_DATE = re.compile(r"[0-9]{4}(?![0-9])")
_LIST = re.compile(r"\s*;\s*")
_AGREE = 0.01  # relative difference up to which two figures say the same
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
        names = _names(self.values)
        found = self.values[names == observable].sort_values("year")
        return pd.Series(
            found["value"].to_numpy(dtype=float), index=found["year"].to_numpy(), name=observable
        )

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
        If the case has no table series.
    """
    values = [
        {
            **{name: row[name] for name in VALUES if name not in ("year", "value", "error")},
            "year": row.year,
            "value": row.number("value"),
            "error": row.number("error"),
        }
        for row in case.table("series")
    ]
    votes = [
        {**row.cells, "year": int(row["date"][:4])} for row in case.tables.get("roll_calls", ())
    ]
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
    files = _read(Path(folder))
    codes = _Codes(case)
    measures = [_Measure.of(row) for row in case.table("measures")]
    notes: list[str] = []
    used: set[int] = set()
    quantities = [m for m in measures if not m.counted]
    values = [value for m in quantities for value in _quantities(m, files, codes, used, notes)]
    years = sorted({int(str(value["year"])) for value in values})
    for measure in measures:
        if measure.counted:
            values += _events(measure, files, codes, used, notes, years)
    if relative:
        values = _indexed(values, base_year(case.as_of), notes)
    votes = _votes(files, codes, used)
    notes += _left(files, used)
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


# ------------------------------------------------------------------------------- files and codes


@dataclass(frozen=True)
class _Record:
    """One row of a file."""

    where: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    @property
    def recalled(self) -> bool:
        return _MEMORY.match(self["source"]) is not None

    @property
    def number(self) -> float:
        text = self["value"]
        try:
            number = float(text) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InputError(f"{self.where}: column 'value': found {text!r}; a number is needed")
        return number

    @property
    def confidence(self) -> str:
        if self["confidence"] not in SPREAD:
            raise InputError(
                f"{self.where}: column 'confidence': {choice(self['confidence'], tuple(SPREAD))}"
            )
        return self["confidence"]


Files = Mapping[str, Sequence[_Record]]


def _read(folder: Path) -> dict[str, list[_Record]]:
    """All files of a folder by their names without ending."""
    if not folder.is_dir():
        raise InputError(f"{shown(folder)}: there is no such folder")
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise InputError(f"{shown(folder)}: holds no file with the ending .csv")
    return {path.stem: list(_records(path)) for path in paths}


def _records(path: Path) -> Iterator[_Record]:
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for row in reader:
            where, line = f"{shown(path)}:{line}", reader.line_num + 1
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if header is None:
                header = cells
                for name in COLUMNS:
                    if name not in header:
                        raise InputError(
                            f"{where}: column {name!r} is missing; found: {', '.join(header)}; "
                            f"needed: {', '.join(COLUMNS)}"
                        )
            elif len(cells) != len(header):
                raise InputError(
                    f"{where}: found {len(cells)} cells; the header has {len(header)} columns "
                    "(a text with a comma needs quotes)"
                )
            else:
                yield _Record(where, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise InputError(f"{shown(path)}:{line}: is not a row of a CSV table: {error}") from None


class _Codes:
    """The observed world's names for countries, powers, sources and texts, in those of the case."""

    def __init__(self, case: Case) -> None:
        names = case.names
        actors = (*names.countries, *names.powers)
        sources = case.table("sources").codes
        table = case.tables.get("record_codes", ())
        if isinstance(table, Table):
            known = (*actors, *names.texts, *sources)
            for row in table:
                if row["code"] not in known:
                    raise InputError(
                        f"{table.where(row)}: column 'code': {choice(row['code'], known)}"
                    )
        pairs = [(row["record"], row["code"]) for row in table]
        self._actors = {code: code for code in actors} | {
            record: code for record, code in pairs if code in actors
        }
        self._sources = [(words.lower(), code) for words, code in pairs if code in sources]
        self._texts = [(words.lower(), code) for words, code in pairs if code in names.texts]
        self._texts += [("", text) for text in names.texts[:1]]
        self.countries = names.countries
        self.powers = names.powers
        self.pressing = tuple(
            row["power"] for row in case.table("powers") if row["kind"] == "power"
        )

    def country(self, code: str) -> str | None:
        found = self._actors.get(code)
        return found if found in self.countries else None

    def power(self, code: str) -> str | None:
        found = self._actors.get(code)
        return found if found in self.powers else None

    def source(self, record: _Record) -> str:
        """The case's id of a row's source; the source's own words if the case has none."""
        words = f"{record['series']} {record['source']}".lower()
        return next((code for part, code in self._sources if part in words), record["source"])

    def text(self, title: str) -> str:
        """The family of a resolution: the first whose words stand in the title."""
        return next((code for part, code in self._texts if part in title.lower()), "")


@dataclass(frozen=True)
class _Measure:
    """A row of the table measures."""

    name: str
    unit: str
    scale: float
    files: tuple[str, ...]
    series: tuple[str, ...]
    country: str
    partner: str
    per: str
    observed_unit: str
    without: tuple[str, ...]
    of_country: bool
    of_power: bool
    counted: bool

    @classmethod
    def of(cls, row: Row) -> _Measure:
        return cls(
            name=row["measure"],
            unit=row["unit"],
            scale=row.number("scale"),
            files=tuple(filter(None, _LIST.split(row["file"]))),
            series=tuple(filter(None, _LIST.split(row["series"]))),
            country=row["country"],
            partner=row["partner"],
            per=row["per"],
            observed_unit=row["observed_unit"],
            without=tuple(word.lower() for word in _LIST.split(row["without"]) if word),
            of_country="{country}" in row["outcome"],
            of_power="{power}" in row["outcome"],
            counted=row["over"] == "change",
        )

    def place(self, series: str) -> int | None:
        """Which of the measure's series a row belongs to; None if to none."""
        for place, name in enumerate(self.series):
            if series == name or (name.endswith("*") and series.startswith(name[:-1])):
                return place
        return None

    def asks(self, record: _Record) -> bool:
        """Is the row about the country and partner that the measure names?"""
        if self.country and record["country_iso3"] != self.country:
            return False
        return record["partner"] == self.partner or (self.of_power and not self.partner)

    def cell(self, record: _Record, codes: _Codes) -> tuple[str | None, str | None]:
        """Country and power that a row is about, blank where the measure has none; None: unknown.

        What others are divided by has no power.
        """
        country = codes.country(record["country_iso3"]) if self.of_country else ""
        whole = bool(self.per) and record["partner"] == self.per
        power = codes.power(record["partner"]) if self.of_power and not whole else ""
        return country, power

    def excluded(self, record: _Record) -> bool:
        """Does the row hold one of the words that leave it out?"""
        told = " ".join((record["series"], record["note"], record.cells.get("attribution", "")))
        return any(word in told.lower() for word in self.without)


Cell = tuple[str, str]  # country and power of an observable, blank where it has none


def _matches(
    measure: _Measure, files: Files, codes: _Codes, used: set[int], notes: list[str]
) -> Iterator[tuple[Cell, str, int, _Record]]:
    """Rows that a measure may take: its observable, the partner, the place of the series, the row.

    The partner is ``per`` for rows that others are divided by.
    """
    left: Counter[str] = Counter()
    strange: dict[str, list[str]] = defaultdict(list)
    missing = [name for name in measure.files if name not in files]
    if missing:
        notes.append(f"{measure.name}: there is no file {', '.join(f'{n}.csv' for n in missing)}")
    for name in measure.files:
        for record in files.get(name, ()):
            place = measure.place(record["series"])
            if place is None:
                continue
            used.add(id(record))
            if not measure.asks(record):
                continue
            country, power = measure.cell(record, codes)
            if country is None:
                strange["country"].append(record["country_iso3"])
            elif power is None:
                strange["power"].append(record["partner"])
            elif record.recalled:
                left["from memory"] += 1
            elif measure.observed_unit and record["unit"] != measure.observed_unit:
                left[f"not in {measure.observed_unit}"] += 1
            elif measure.excluded(record):
                left[f"told as {' or '.join(measure.without)}"] += 1
            else:
                yield (country, power), record["partner"], place, record
    for axis, found in strange.items():
        names = ", ".join(sorted({code or "(blank)" for code in found}))
        left[f"no {axis} of the case: {names}"] = len(found)
    for reason, number in sorted(left.items()):
        notes.append(f"{measure.name}: left out {number} rows: {reason}")


# ------------------------------------------------------------------------------------ quantities


@dataclass(frozen=True)
class _Figure:
    """What one reporter says of one year."""

    value: float
    confidence: str


Reports = dict[str, dict[int, _Figure]]  # by source, then year


def _quantities(
    measure: _Measure, files: Files, codes: _Codes, used: set[int], notes: list[str]
) -> list[Value]:
    rows: dict[tuple[Cell, bool], list[tuple[int, _Record]]] = defaultdict(list)
    other_periods = 0
    for cell, partner, place, record in _matches(measure, files, codes, used, notes):
        if _PLAIN_YEAR.fullmatch(record["period"]):
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
        order = _order(cells.values())
        for cell in sorted(cells):
            values += _chain(measure, cell, cells[cell], total, order)
    return values


def _order(cells: Collection[Reports]) -> list[str]:
    """Reporters of a country, the one to follow first.

    Those with at least half as many partners as any come first; then, the most years.
    """
    partners: Counter[str] = Counter(source for reports in cells for source in reports)
    years: dict[str, set[int]] = defaultdict(set)
    for reports in cells:
        for source, figures in reports.items():
            years[source] |= set(figures)
    most = max(partners.values(), default=0)
    return sorted(
        partners,
        key=lambda source: (
            2 * partners[source] < most,
            -len(years[source]),
            -partners[source],
            source,
        ),
    )


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


def _reports(cell: Cell, rows: Sequence[tuple[int, _Record]], codes: _Codes) -> Reports:
    """What each reporter says of a cell, year by year.

    A name of its own that the observed world has for a power goes before the power's code.
    """
    own = [(place, record) for place, record in rows if record["partner"] != cell[1]]
    figures: dict[str, dict[int, list[tuple[int, _Figure]]]] = defaultdict(dict)
    for place, record in own or rows:
        by_year = figures[codes.source(record)]
        figure = _Figure(record.number, record.confidence)
        by_year.setdefault(int(record["period"]), []).append((place, figure))
    return {
        source: {year: _best(found) for year, found in by_year.items()}
        for source, by_year in figures.items()
    }


def _best(figures: Sequence[tuple[int, _Figure]]) -> _Figure:
    """The figure of the series named first, then the most confident; as sure as any that agrees."""
    levels = list(SPREAD)
    _, best = min(figures, key=lambda found: (found[0], levels.index(found[1].confidence)))
    agreeing = [f for _, f in figures if abs(f.value - best.value) <= _AGREE * abs(best.value)]
    return _Figure(best.value, min((f.confidence for f in agreeing), key=levels.index))


def _chain(
    measure: _Measure, cell: Cell, reports: Reports, total: Reports, order: Sequence[str]
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


def _over(figures: Mapping[int, _Figure], wholes: Mapping[int, _Figure]) -> dict[int, _Figure]:
    """Figures over those of the whole, in the years that have both."""
    return {
        year: _Figure(figure.value / wholes[year].value, figure.confidence)
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


def _events(
    measure: _Measure,
    files: Files,
    codes: _Codes,
    used: set[int],
    notes: list[str],
    years: Sequence[int],
) -> list[Value]:
    """Events of each country, power and year; only years that the quantities have too, if any."""
    counts: Counter[tuple[str, str, int]] = Counter()
    confidence: dict[tuple[str, str], str] = {}
    source = ""
    for cell, _, _, record in _matches(measure, files, codes, used, notes):
        if cell[1] in codes.pressing or not measure.of_power:
            counts[*cell, _year(record)] += 1
            levels = (record.confidence, confidence.get(cell, "high"))
            confidence[cell] = max(levels, key=list(SPREAD).index)
            source = codes.source(record)
    told = [
        _year(record)
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


def _year(record: _Record) -> int:
    found = _YEAR_OF_DATE.match(record["period"])
    if found is None:
        raise InputError(
            f"{record.where}: column 'period': found {record['period']!r}; a date or a year is "
            "needed"
        )
    return int(found[0])


def _votes(files: Files, codes: _Codes, used: set[int]) -> list[Value]:
    votes: list[Value] = []
    for records in files.values():
        for record in records:
            if not record["series"].startswith(_RESOLUTION):
                continue
            used.add(id(record))
            country = codes.country(record["country_iso3"])
            if country is None or record.recalled:
                continue
            if record["value"] not in _CAST:
                raise InputError(
                    f"{record.where}: column 'value': {choice(record['value'], _CAST)}"
                )
            votes.append(
                {
                    "resolution": record["series"].removeprefix(_RESOLUTION),
                    "date": record["period"],
                    "year": _year(record),
                    "text": codes.text(record["note"]),
                    "country": country,
                    "vote": record["value"],
                    "source": codes.source(record),
                    "note": record["note"],
                }
            )
    return sorted(votes, key=lambda v: (v["date"], v["resolution"], v["country"]))


def _left(files: Files, used: set[int]) -> Iterator[str]:
    """What no measure answers to, file by file."""
    for name, records in files.items():
        left = Counter(record["series"] for record in records if id(record) not in used)
        if left:
            some = ", ".join(series for series, _ in left.most_common(3))
            more = f" and {len(left) - 3} more" if len(left) > 3 else ""
            yield f"{name}.csv: no measure answers to {left.total()} rows: {some}{more}"
