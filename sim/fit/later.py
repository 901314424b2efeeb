"""What a folder in the observed format tells of the years up to a base year, and after it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.case import Case
from sim.core.errors import InputError
from sim.fit.observed_format import (
    CAST,
    RESOLUTION,
    SPREAD,
    Codes,
    Files,
    Measure,
    Record,
    left_over,
    read_folder,
    year_of,
)
from sim.fit.record import events
from sim.fit.reports import Report, read_reports


@dataclass(frozen=True)
class Count:
    """Events of one measure, country and power in one year."""

    measure: str
    country: str
    power: str
    year: int
    count: float
    source: str

    @property
    def name(self) -> str:
        """The observable: ``measure.COUNTRY.POWER``, without what is blank."""
        return ".".join(filter(None, (self.measure, self.country, self.power)))


@dataclass(frozen=True)
class Vote:
    """How one country voted on one resolution."""

    resolution: str
    date: str
    year: int
    text: str  # the family that the words in the title put it in
    country: str
    vote: str
    source: str
    note: str
    row: str = ""  # file and line; blank for what comes with the case


@dataclass(frozen=True)
class Truth:
    """A folder in the observed format, parted at a base year.

    Attributes
    ----------
    past, later : tuple of Report
        Yearly figures of all reporters up to the base year and after it.
    past_counts, later_counts : tuple of Count
        Of years with events and those between them; later ones from the first year after the base.
    past_votes, later_votes : tuple of Vote
    covers : tuple of str
        Which years the files that list events cover.
    unmatched : tuple of str
        What of the later rows was left out, and why.
    """

    past: tuple[Report, ...]
    later: tuple[Report, ...]
    past_counts: tuple[Count, ...]
    later_counts: tuple[Count, ...]
    past_votes: tuple[Vote, ...]
    later_votes: tuple[Vote, ...]
    covers: tuple[str, ...]
    unmatched: tuple[str, ...]


def read_truth(folder: Path, case: Case, base: int) -> Truth:
    """Read a folder for all that the measures of a case answer to.

    A row without a date or a usable value is left out and counted, and so are rows from memory; a
    confidence that the format does not know counts as low.

    Parameters
    ----------
    folder : Path
    case : Case
        Its measures and codes.
    base : int
        Base year of the forecast.

    Returns
    -------
    Truth

    Raises
    ------
    InputError
        If the folder is missing, holds no file, or a file is no table in the observed format.
    """
    files = read_folder(folder)
    codes = Codes(case)
    measures = [Measure.of(row) for row in case.table("measures")]
    notes: list[str] = []
    earlier, later = _parted(files, measures, base, notes)
    used: set[int] = set()
    after = read_reports(later, measures, codes, used, notes)
    before = read_reports(earlier, measures, codes, set(), [])
    past_counts: list[Count] = []
    later_counts: list[Count] = []
    covers = []
    for measure in measures:
        if not measure.counted or not measure.files:
            continue
        past_counts += _counts(measure, earlier, codes, set(), [])
        found = _counts(measure, later, codes, used, notes)
        if found:
            first, last = found[0].year, max(one.year for one in found)
            later_counts += [
                Count(one.measure, one.country, one.power, year, 0.0, one.source)
                for one in found
                if one.year == first
                for year in range(base + 1, first)
            ]
            covers.append(
                f"{measure.name}: counted from {base + 1} to the year of the last dated row, "
                f"{last}; if that year was not over, its count is too low."
            )
        later_counts += found
    votes = _roll_calls(files, codes, used, notes, base)
    notes += _silent(measures, files, later, base)
    notes += left_over(later, used)
    return Truth(
        past=tuple(before),
        later=tuple(after),
        past_counts=tuple(past_counts),
        later_counts=tuple(later_counts),
        past_votes=tuple(vote for vote in votes if vote.year <= base),
        later_votes=tuple(vote for vote in votes if vote.year > base),
        covers=tuple(covers),
        unmatched=tuple(notes),
    )


def _parted(
    files: Files, measures: Sequence[Measure], base: int, notes: list[str]
) -> tuple[dict[str, list[Record]], dict[str, list[Record]]]:
    """Rows up to the base year and those after it, without what cannot be used."""
    earlier: dict[str, list[Record]] = {name: [] for name in files}
    later: dict[str, list[Record]] = {name: [] for name in files}
    for name, records in files.items():
        wrong: Counter[str] = Counter()
        for record in records:
            asked = [
                m for m in measures if name in m.files and m.place(record["series"]) is not None
            ]
            year = _year(record)
            if year is None:
                wrong["left out: the period is no date"] += bool(asked)
                continue
            if any(not measure.counted for measure in asked) and not _has_number(record):
                wrong["left out: the value is no number"] += year > base
                continue
            used = record
            if asked and record["confidence"] not in SPREAD:
                wrong[f"with a confidence that is none of {', '.join(SPREAD)}; low is taken"] += (
                    year > base
                )
                used = Record(record.where, {**record.cells, "confidence": "low"})
            (later if year > base else earlier)[name].append(used)
        notes += [f"{name}.csv: {number} rows {what}" for what, number in (+wrong).items()]
    return earlier, later


def _year(record: Record) -> int | None:
    try:
        return year_of(record)
    except InputError:
        return None


def _has_number(record: Record) -> bool:
    try:
        return record.number is not None
    except InputError:
        return False


def _counts(
    measure: Measure, files: Files, codes: Codes, used: set[int], notes: list[str]
) -> list[Count]:
    return [
        Count(
            measure=measure.name,
            country=str(value["country"]),
            power=str(value["power"]),
            year=int(str(value["year"])),
            count=float(str(value["value"])),
            source=str(value["source"]),
        )
        for value in events(measure, files, codes, used, notes, [])
    ]


def _roll_calls(
    files: Files, codes: Codes, used: set[int], notes: list[str], base: int
) -> list[Vote]:
    """Votes of the countries of the case in order of time, of all years.

    The text is found in all that is noted of a resolution, whichever country's row has it.
    """
    records = [
        record
        for rows in files.values()
        for record in rows
        if record["series"].startswith(RESOLUTION)
    ]
    titles: dict[str, dict[str, None]] = defaultdict(dict)
    for record in records:
        used.add(id(record))
        titles[record["series"]].setdefault(record["note"])
    left: Counter[str] = Counter()
    votes: dict[tuple[str, str], Vote] = {}
    for record in records:
        year, country = _year(record), codes.country(record["country_iso3"])
        key = (record["series"], country or "")
        reason = ""
        if year is None:
            reason = "the period is no date"
        elif country is None:
            reason = f"no country of the case: {record['country_iso3'] or '(blank)'}"
        elif record.recalled:
            reason = "from memory"
        elif record["value"] not in CAST:
            reason = f"{record['value']!r} is none of {', '.join(CAST)}"
        elif key in votes:
            reason = "the same vote has another row before it"
            if votes[key].vote != record["value"]:
                reason += f", with {votes[key].vote} for {record['value']}"
        if reason or year is None or country is None:
            left[reason] += year is None or year > base
            continue
        votes[key] = Vote(
            resolution=record["series"].removeprefix(RESOLUTION),
            date=record["period"],
            year=year,
            text=codes.text("; ".join(titles[record["series"]])),
            country=country,
            vote=record["value"],
            source=codes.source(record),
            note=record["note"],
            row=Path(record.where).name,
        )
    notes += [f"votes: left out {number} rows: {why}" for why, number in (+left).items()]
    bare = {vote.resolution for vote in votes.values() if vote.year > base}
    notes += [
        f"votes: {name} has no title; it counts as one of the first texts, {codes.text('')}"
        for name in sorted(bare)
        if not any(titles[RESOLUTION + name])
    ]
    return sorted(votes.values(), key=lambda vote: (vote.date, vote.resolution, vote.country))


def _silent(measures: Sequence[Measure], files: Files, later: Files, base: int) -> Iterator[str]:
    """Measures that the files that there are say nothing of after the base year."""
    for measure in measures:
        there = [name for name in measure.files if name in files]
        rows = [r for name in there for r in later[name] if measure.place(r["series"]) is not None]
        if there and not rows:
            names = ", ".join(f"{name}.csv" for name in there)
            yield f"{measure.name}: no row after {base} in {names}"
    nowhere = [measure.name for measure in measures if not measure.files]
    if nowhere:
        yield f"No file tells of {', '.join(nowhere)}"
