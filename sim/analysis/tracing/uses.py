"""What of a case and of its scenarios names a figure: rows, entries of scenarios, the record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from sim.case import Case
from sim.case.check import identifiers
from sim.case.provenance import Figure, Provenance, provenance
from sim.case.tables import Row
from sim.core import quarters
from sim.core.errors import InputError, nearest_name
from sim.scenario import Scenario, list_scenarios, load_scenario
from sim.scenario.entries import SETTINGS, entry_name
from sim.scenario.positions import KeyPath

# Tables whose rows name a source or a piece of evidence, and the column that says what a row is.
_RECORD = ("targets", "series", "roll_calls", "observed_drivers", "observed_ranges")
_MAIN = ("value", "volume", "noise", "threshold", "background_share")  # of a row: what it is about
_HEADS = ("attribute", "path", "event")
_LENGTHS = ("days", "years", "quarters")


@dataclass(frozen=True)
class Citation:
    """An entry of a scenario that gives the figure as a source.

    Attributes
    ----------
    scenario : str
        The scenario that says so itself; those that extend it inherit it.
    key : str
        Path of the number that is taken to rest on it, or of the entry where none is.
    source : str
        As the scenario gives it.
    keys : tuple
        Where the number stands in the resolved scenario; empty where none rests on it.
    """

    scenario: str
    key: str
    source: str
    keys: KeyPath


@dataclass(frozen=True)
class Use:
    """What uses a figure.

    Attributes
    ----------
    name : str
        Id of evidence, a document or a source, or the address of a figure.
    kind : str
        ``evidence``, ``document``, ``source`` or ``figure``.
    entry : Row or None
        Its row in ``evidence.csv``, ``documents.csv`` or ``sources.csv``.
    document : Row or None
        The document or source behind it.
    figures : tuple of Figure
        That count at the base quarter and rest on it.
    elsewhere : tuple of str
        ``table:line`` of rows that name it and do not count at the base quarter.
    citations : tuple of Citation
    held : tuple of str
        What of the record is held against it, in words.
    reason : str
        Why nothing moves with it; blank if something does.
    ids : frozenset of str
        What is looked for in rows and scenarios: its name, and of a document all evidence.
    """

    name: str
    kind: str
    entry: Row | None
    document: Row | None
    figures: tuple[Figure, ...]
    elsewhere: tuple[str, ...]
    citations: tuple[Citation, ...]
    held: tuple[str, ...]
    reason: str
    ids: frozenset[str] = frozenset()


def shipped(case: Case) -> list[Scenario]:
    """The scenarios at hand that are about a case; what cannot be read is left out."""
    found = []
    for name in list_scenarios():
        try:
            scenario = load_scenario(name)
        except InputError:
            continue
        if Path(scenario.case).name == case.name:
            found.append(scenario)
    return found


def uses(
    name: str,
    case: Case,
    base: str | int | None = None,
    scenarios: Sequence[Scenario] | None = None,
) -> Use:
    """Find everything that names a figure.

    Parameters
    ----------
    name : str
        Id of a piece of evidence (``E037``), a document or a source (``worldbank-wdi``), or the
        address of a figure (``exposure.KAZ.transit``) or its line (``attributes.csv:873``).
    case : Case
    base : str or int, optional
        Base quarter; default: the case's own.
    scenarios : sequence of Scenario, optional
        Those searched; default: all at hand that are about the case.

    Raises
    ------
    InputError
        If nothing is called so; with the nearest name.
    """
    found = provenance(case, base)
    kind, entry, document, figures = _resolved(name, found)
    if kind == "figure":
        own = figures[0]
        return Use(own.id if ":" in name else name, kind, None, None, (own,), (), (), (), "")
    ids = frozenset({name})
    if kind == "document":  # and all that it says
        ids |= {row["id"] for row in case.table("evidence") if row["document"] == name}
    figures = list(dict.fromkeys(one for each in sorted(ids) for one in found.resting_on(each)))
    rows = {(figure.table, figure.line) for figure in figures}
    elsewhere = tuple(
        f"{table}:{row.line}" for table, row in _naming(case, ids) if (table, row.line) not in rows
    )
    searched = shipped(case) if scenarios is None else scenarios
    unit = entry["unit"] if entry is not None and kind == "evidence" else ""
    citations = tuple(one for own in searched for one in _citations(own, ids, unit))
    held = tuple(_held(case, ids))
    use = Use(
        name,
        kind,
        entry,
        document,
        tuple(_main(figures, unit)),
        elsewhere,
        citations,
        held,
        "",
        ids,
    )
    return replace(use, reason=_reason(use, found))


def _resolved(name: str, found: Provenance) -> tuple[str, Row | None, Row | None, list[Figure]]:
    """What a name stands for: its kind, its row, the document, and a figure by address."""
    for table, kind in (("evidence", "evidence"), ("documents", "document"), ("sources", "source")):
        for row in found.case.table(table):
            if row["id"] == name:
                return kind, row, found.document(name), []
    try:
        return "figure", None, None, [found.figure(name)]
    except InputError:
        if ":" in name:  # a line of a table: the message says what it holds
            raise
        known = [
            *(
                code
                for t in ("evidence", "documents", "sources")
                for code in found.case.table(t).codes
            ),
            *(figure.id for figure in found.figures),
        ]
        near = nearest_name(name, known)
        examples = f"; allowed are ids such as {known[0]} and addresses such as {known[-1]}"
        raise InputError(
            f"figure: found {name!r}, which is no evidence, document, source or figure of "
            f"{found.case.name} at {quarters.name(found.base)}"
            + (f"; nearest: {near}" if near else examples)
        ) from None


def _naming(case: Case, ids: Set[str]) -> Iterator[tuple[str, Row]]:
    for table in ("attributes", "drivers", "routes", "parameters", "sectors", "texts"):
        for row in case.table(table):
            named = {*identifiers(row["source"]), *identifiers(row.cells.get("evidence", ""))}
            if named & ids:
                yield table, row


def _main(figures: Sequence[Figure], unit: str) -> Iterator[Figure]:
    """Of the numbers in each row, those that the figure is taken to stand behind.

    A row of a route holds several: one in days or years tells its time, any other its volume.
    """
    column = {"days": "days", "years": "lead_quarters", "quarters": "lead_quarters"}.get(unit)
    for figure in figures:
        if figure.table == "routes" and column is not None:
            if figure.column == column:
                yield figure
        elif figure.column in _MAIN:
            yield figure


def _citations(
    scenario: Scenario, ids: Set[str], unit: str, *, inherited: bool = False
) -> Iterator[Citation]:
    """Entries of a scenario that name one of the ids; those that it gives itself, or all."""
    below: list[object] = []
    if scenario.base is not None and not inherited:
        below = [entry for head in _HEADS for entry in getattr(scenario.base, head)]
    for head in _HEADS:
        for place, entry in enumerate(getattr(scenario, head)):
            cited = set(re.findall(r"[A-Za-z0-9_-]+", entry.source or ""))
            if not cited & ids or entry in below:
                continue
            name = entry.name if head == "attribute" else entry_name(head, entry)
            fields = list(_numbers(head, entry, unit))
            for inner in fields:
                key = ".".join([head, name, *map(str, inner)])
                yield Citation(scenario.name, key, entry.source, (head, place, *inner))
            if not fields:
                yield Citation(scenario.name, f"{head}.{name}", entry.source, ())


def cited_in(scenario: Scenario, use: Use) -> list[Citation]:
    """Numbers of a scenario, inherited ones too, that are taken to rest on a figure."""
    unit = use.entry["unit"] if use.entry is not None and use.kind == "evidence" else ""
    return [one for one in _citations(scenario, use.ids, unit, inherited=True) if one.keys]


def _numbers(head: str, entry: object, unit: str) -> Iterator[KeyPath]:
    """Fields of an entry that a figure in a unit can stand behind."""
    if head in ("attribute", "path"):
        for name in SETTINGS:
            if getattr(entry, name, None) is not None:
                yield (name,)
        for place, _ in enumerate(getattr(entry, "values", ())):
            yield ("values", place)
        return
    by_kind: Mapping[str, str] = {
        "close_route": "intensity",
        "coerce": "intensity",
        "summit": "intensity",
        "deal": "stake" if unit == "percent" else "announced",
        "project": "lead_quarters" if unit in _LENGTHS else "capacity",
        "open_route": "capacity",
    }
    field = by_kind.get(getattr(entry, "kind", ""))
    if field == "capacity" and unit.split(" ", 1)[-1] != "a year":
        return  # what is said in kilometres or agreements gives no capacity
    if field is not None and getattr(entry, field, None) is not None:
        yield (field,)


def _held(case: Case, ids: Set[str]) -> Iterator[str]:
    """What of the record names it: observables, and counts of rows of the observed tables."""
    for row in case.tables.get("evidence_observables", ()):
        if row["evidence"] in ids:
            note = f" ({row['note']})" if row["note"] else ""
            yield f"{row['observable']}, {row['statistic']} {row['year']}{note}"
    for name in (one for one in _RECORD if one in case.tables):
        table = case.table(name)
        count = sum(bool(ids & set(identifiers(row["source"]))) for row in table)
        if count:
            yield f"{count} of {len(table)} rows of {name}"


def _reason(use: Use, found: Provenance) -> str:
    """Why nothing uses a figure, or why what uses it does not move with it."""
    if use.figures or any(one.keys for one in use.citations):
        return ""
    base = quarters.name(found.base)
    if use.elsewhere:
        return (
            f"rows that name it do not count at {base} ({', '.join(use.elsewhere[:4])}"
            f"{', and others' if len(use.elsewhere) > 4 else ''})"
        )
    if use.citations and use.held:
        return (
            "the model's outcomes are held against it, and scenarios name it as a reason; no "
            "number is built from it"
        )
    if use.citations:
        return "scenarios name it as a reason, and no number of theirs is in its unit"
    if use.held:
        return "the model's outcomes are held against it; nothing is built from it"
    said = use.entry["caution"] if use.entry is not None and use.kind == "evidence" else ""
    if "not used" in said:
        return f"not used: {said}"
    if use.kind == "evidence" and use.entry is not None:
        told = re.match(r"\d{4}", use.entry["period"] or use.entry["as_of"])
        later = ""
        if told is not None and int(told[0]) > found.base // 4:
            later = f" It is about {use.entry['period']}, after the base quarter {base}."
        return (
            "not used: no row, no scenario and no observable names it; it stands as background on "
            f"{use.entry['role'] or use.entry['quantity']}.{later}"
        )
    return "not used: no row, no scenario and no observable names it"
