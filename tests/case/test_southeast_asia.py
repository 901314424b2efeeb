"""Derivations of the second case: the sums that their words give are repeated, row by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from sim.case import load_case
from sim.case.tables import Row
from tests.reference.any_world import CALIBRATION

CASE = load_case(CALIBRATION / "southeast_asia")
NUMBER = r"(-?[\d.]*\d)"


def found(pattern: str, words: str) -> list[float]:
    """The numbers that a pattern finds in a derivation; none if it does not fit."""
    match = re.search(pattern.replace("#", NUMBER), words)
    return [float(number) for number in match.groups()] if match else []


def energy(words: str) -> float:
    """A bill of one or several fuels over GDP, times a factor."""
    bill = words.split(" USD bn")[0].split(";")[0]
    gdp, factor = found("over GDP of #, times a criticality of #", words)
    return sum(map(float, re.findall(r" (?:about )?(\d+\.\d+|\d+)\b", bill))) / gdp * factor


def position(words: str) -> float:
    """The mean of half the mean of four votes, and of a judgement."""
    votes = found("No -1: #, #, #, #; halved", words)
    (half,) = found(r"most states\), #;", words)
    assert half == pytest.approx(sum(votes) / 4 / 2)
    (judged,) = found("Xinjiang, #:", words)
    return (half + judged) / 2


SUMS: tuple[tuple[str, str, str, Callable[..., float]], ...] = (
    ("gdp", "", "entered from memory, rounded: #", lambda a: a),
    ("weight", "", "GDP # over the # USD bn", lambda a, b: a / b),
    ("exposure", "trade", "exports # and imports # .*GDP of #", lambda a, b, c: (a + b) / 2 / c),
    ("exposure", "labour", "remittances of # .*GDP of #", lambda a, b: a / b),
    ("exposure", "transit", "exports # USD bn times # .*GDP of #", lambda a, b, c: a * b / c),
    (
        "exposure",
        "capital",
        "investment # and external debt #, of which # percent .*GDP of #",
        lambda stock, debt, part, gdp: (stock + debt * part / 100) / 10 / gdp,
    ),
    ("exposure", "security", "of # percent of GDP,.* of which # per", lambda a, b: a * b / 1e4),
    (
        "exposure",
        "clearing",
        "exports # x # and remittances # .*through of # .*GDP of #",
        lambda exports, part, sent, through, gdp: (exports * part + sent) * through / gdp,
    ),
    ("migrants", "", "entered from memory, rounded: # thousand", lambda a: a),
    ("share", "", "^# percent", lambda a: a / 100),
    ("share", "trade", "Turnover with the power of # percent", lambda a: a / 100),
    ("share", "transit", "about # percent of exports", lambda a: a / 100),
    (
        "residual",
        "energy",
        "imports of # USD bn: # of Gulf oil on the named route and # percent",
        lambda whole, oil, part: 1 - oil / whole - part / 100,
    ),
    (
        "value",
        "",
        "in GDP # and in goods trade with the power #, and .* politics #",
        lambda a, b, c: (a + b + c) / 3,
    ),
)


def said(row: Row) -> float | None:
    """What the words of a row come to; None if they are no sum that the test knows."""
    words, kind = row["derivation"], row["attribute"]
    if kind == "growth":
        yearly = [float(rate) for rate in words.rsplit(":", 1)[1].split(",")]
        assert len(yearly) == 10
        return sum(yearly) / 1000
    if kind == "position":
        return position(words)
    if (kind, row["channel"]) == ("exposure", "energy"):
        return energy(words)
    for attribute, channel, pattern, make in SUMS:
        if kind == attribute and channel in ("", row["channel"]):
            numbers = found(pattern, words)
            if numbers:
                return make(*numbers)
    return None


def test_values_are_what_their_derivations_come_to() -> None:
    repeated: Counter[str] = Counter()
    for row in CASE.table("attributes"):
        result = said(row)
        if result is not None:
            repeated[row["attribute"]] += 1
            where = f"line {row.line}: {row['attribute']} {row['country']} {row['power']}"
            # the three ratios behind a value are rounded to two places in its words
            rounding = 0.006 if row["attribute"] == "value" else 1e-4
            assert row.number("value") == pytest.approx(result, rel=0.003, abs=rounding), where
    assert repeated == {
        "gdp": 6,
        "growth": 6,
        "weight": 6,
        "exposure": 42,
        "migrants": 30,
        "position": 6,
        "residual": 3,
        "share": 139,
        "value": 24,
    }


def test_documents_later_than_the_base_are_as_many_as_the_page_says() -> None:
    later = [row["id"] for row in CASE.table("documents") if row["date"] >= "2023"]
    words = {6: "six"}
    page = (CALIBRATION.parent / "docs" / "second_case.md").read_text(encoding="utf-8")
    assert f"{words[len(later)]} documents published in 2023 are about 2022 and before" in page
