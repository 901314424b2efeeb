"""What a report rests on: evidence and sources that scenarios and the case's figures name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.case import Case
from sim.case.check import identifiers
from sim.case.provenance import standing
from sim.case.schema import CONFIDENCE
from sim.case.tables import Row
from sim.report.blocks import Piece, Words, anchor

_WORD = re.compile(r"[A-Za-z0-9_-]+")


@dataclass
class Evidence:
    """What was named, and by whom.

    Attributes
    ----------
    case : Case or None
    by_id : dict of str to dict
        Who names each piece of evidence, document or source: an ordered set.
    confidence : dict of str to int
        Figures behind the countries shown, by how good they are.
    """

    case: Case | None
    by_id: dict[str, dict[str, None]] = field(default_factory=dict)
    confidence: dict[str, int] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        """Rows of a table of the case that were named."""
        if self.case is None or table not in self.case.tables:
            return []
        first = self.case.table(table).columns[0]
        return [row for row in self.case.table(table) if row[first] in self.by_id]

    def users(self, name: str) -> list[str]:
        """Who names something."""
        return list(self.by_id.get(name, {}))

    def linked(self, text: str) -> Words:
        """A text whose identifiers lead to the tables of evidence and sources."""
        pieces: list[Piece] = []
        start = 0
        for found in _WORD.finditer(text):
            if found[0] in self.by_id:
                pieces += [Piece(text[start : found.start()]), Piece(found[0], _target(found[0]))]
                start = found.end()
        if not pieces:
            return text
        return tuple(piece for piece in (*pieces, Piece(text[start:])) if piece.text)


def _target(name: str) -> str:
    return f"#{place(name)}"


def place(name: str) -> str:
    """Id of the row about a piece of evidence, a document or a source."""
    return anchor("evidence", name)


def evidence(
    case: Case | None,
    scenarios: Iterable[tuple[str, Mapping[str, Any]]],
    countries: Sequence[str],
    base: int,
) -> Evidence:
    """Collect what scenarios and the case's figures name.

    Parameters
    ----------
    case : Case or None
        None if it is no longer at hand: then nothing is found.
    scenarios : iterable of (str, mapping)
        Label and resolved scenario of each.
    countries : sequence of str
        Countries that are shown.
    base : int
        Base quarter.
    """
    found = Evidence(case)
    if case is None:
        return found
    known = {
        row[case.table(table).columns[0]]
        for table in ("evidence", "documents", "sources")
        if table in case.tables
        for row in case.table(table)
    }
    for label, resolved in scenarios:
        for text in _sources(resolved):
            for name in _WORD.findall(text):
                if name in known:
                    found.by_id.setdefault(name, {})[label] = None
    for what, row in standing(case, countries, base):
        confidence = row["confidence"]
        found.confidence[confidence] = found.confidence.get(confidence, 0) + 1
        for name in (*identifiers(row["evidence"]), *identifiers(row["source"])):
            if name in known:
                found.by_id.setdefault(name, {})[what] = None
    for row in found.rows("evidence"):
        found.by_id.setdefault(row["document"], {})
    return found


def _sources(node: Any) -> Iterator[str]:
    """Every text that a scenario gives as a source."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "source" and isinstance(value, str):
                yield value
            else:
                yield from _sources(value)
    elif isinstance(node, list):
        for one in node:
            yield from _sources(one)


def shares(found: Evidence) -> list[tuple[str, int, float]]:
    """How good the figures behind the countries shown are: confidence, figures, share of them."""
    total = sum(found.confidence.values())
    names = [*CONFIDENCE, *(name for name in found.confidence if name not in CONFIDENCE)]
    return [
        (name, found.confidence[name], found.confidence[name] / total)
        for name in names
        if found.confidence.get(name)
    ]
