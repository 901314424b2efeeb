"""Files in the observed format: their rows, and which measures of a case the rows answer to."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.case import Case
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
# Relative standard deviation of a figure that only one reporter gives.
SPREAD = {"high": 0.03, "medium": 0.06, "low": 0.12}
RESOLUTION = "unga_vote:"  # what the series of a roll call begins with
CAST = ("Y", "A", "N", "NV", "not N")
AGREE = 0.01  # relative difference up to which two figures say the same
PLAIN_YEAR = re.compile(r"[0-9]{4}")

_MEMORY = re.compile(r"(derived:\s*)*recalled\b", re.IGNORECASE)
_YEAR_OF_DATE = re.compile(r"[0-9]{4}(?![0-9])")
_LIST = re.compile(r"\s*;\s*")


@dataclass(frozen=True)
class Record:
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


Files = Mapping[str, Sequence[Record]]


def read_folder(folder: Path) -> dict[str, list[Record]]:
    """All files of a folder by their names without ending; one without any text has no rows."""
    if not folder.is_dir():
        raise InputError(f"{shown(folder)}: there is no such folder")
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise InputError(f"{shown(folder)}: holds no file with the ending .csv")
    return {path.stem: list(_records(path)) if path.stat().st_size else [] for path in paths}


def _records(path: Path) -> Iterator[Record]:
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
                yield Record(where, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise InputError(f"{shown(path)}:{line}: is not a row of a CSV table: {error}") from None


class Codes:
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

    def source(self, record: Record) -> str:
        """The case's id of a row's source; the source's own words if the case has none."""
        words = f"{record['series']} {record['source']}".lower()
        return next((code for part, code in self._sources if part in words), record["source"])

    def text(self, title: str) -> str:
        """The family of a resolution: the first whose words stand in the title."""
        return next((code for part, code in self._texts if part in title.lower()), "")


@dataclass(frozen=True)
class Measure:
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
    def of(cls, row: Row) -> Measure:
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

    def asks(self, record: Record) -> bool:
        """Is the row about the country and partner that the measure names?"""
        if self.country and record["country_iso3"] != self.country:
            return False
        return record["partner"] == self.partner or (self.of_power and not self.partner)

    def cell(self, record: Record, codes: Codes) -> tuple[str | None, str | None]:
        """Country and power that a row is about, blank where the measure has none; None: unknown.

        What others are divided by has no power.
        """
        country = codes.country(record["country_iso3"]) if self.of_country else ""
        whole = bool(self.per) and record["partner"] == self.per
        power = codes.power(record["partner"]) if self.of_power and not whole else ""
        return country, power

    def excluded(self, record: Record) -> bool:
        """Does the row hold one of the words that leave it out?"""
        told = " ".join((record["series"], record["note"], record.cells.get("attribution", "")))
        return any(word in told.lower() for word in self.without)


Cell = tuple[str, str]  # country and power of an observable, blank where it has none


def matches(
    measure: Measure, files: Files, codes: Codes, used: set[int], notes: list[str]
) -> Iterator[tuple[Cell, str, int, Record]]:
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


def left_over(files: Files, used: set[int]) -> Iterator[str]:
    """What no measure answers to, file by file."""
    for name, records in files.items():
        left = Counter(record["series"] for record in records if id(record) not in used)
        if left:
            some = ", ".join(series for series, _ in left.most_common(3))
            more = f" and {len(left) - 3} more" if len(left) > 3 else ""
            yield f"{name}.csv: no measure answers to {left.total()} rows: {some}{more}"


# ------------------------------------------------------------------------- figures of reporters


@dataclass(frozen=True)
class Figure:
    """What one reporter says of one year."""

    value: float
    confidence: str


Reports = dict[str, dict[int, Figure]]  # by source, then year


def order_of(cells: Collection[Reports]) -> list[str]:
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


def best_of(figures: Sequence[tuple[int, Figure]]) -> Figure:
    """The figure of the series named first, then the most confident; as sure as any that agrees."""
    levels = list(SPREAD)
    _, best = min(figures, key=lambda found: (found[0], levels.index(found[1].confidence)))
    agreeing = [f for _, f in figures if abs(f.value - best.value) <= AGREE * abs(best.value)]
    return Figure(best.value, min((f.confidence for f in agreeing), key=levels.index))


def year_of(record: Record) -> int:
    found = _YEAR_OF_DATE.match(record["period"])
    if found is None:
        raise InputError(
            f"{record.where}: column 'period': found {record['period']!r}; a date or a year is "
            "needed"
        )
    return int(found[0])
