"""An explanation as a card in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.explanation.text import column_words, place_words
from sim.card import card, decimals, folded, interval, join, line, table, title

if TYPE_CHECKING:
    from sim.analysis.explanation.explanation import Change, Explanation

_TERMS = 8


def explanation_card(one: Explanation) -> str:
    """Changes with their ranges, the largest terms of each, events and figures behind them."""
    return card(
        lambda: title(one.question, "explanation"),
        lambda: line(f"{one.runs:,} runs, seed {one.seed}; terms add up to the change."),
        lambda: _changes(one),
        lambda: join(*(folded(column_words(c.outcome), _terms(one, c)) for c in one.changes)),
        lambda: table(
            ("When", "What happens", "Why it is assumed", "Source"),
            [
                (row["date"], row["words"], row["reason"], row["source"])
                for row in one.events[one.events["own"]].to_dict("records")
            ],
        ),
        lambda: folded(
            "Evidence",
            table(
                ("Evidence", "What", "Document", "Caution"),
                [
                    (row["evidence"], row["quantity"], row["title"], row["caution"])
                    for row in one.evidence.to_dict("records")
                ],
            ),
        ),
    )


def _changes(one: Explanation) -> str:
    rows = []
    for change in one.changes:
        digits = decimals([change.total, change.low, change.high])
        rows.append(
            (
                column_words(change.outcome),
                change.unit,
                f"{change.before:.{digits}f}",
                f"{change.after:.{digits}f}",
                interval(change.low, change.total, change.high, digits),
            )
        )
    return table(("Outcome", "Unit", "Before", "After", "Change"), rows, numbers=3)


def _terms(one: Explanation, change: Change) -> str:
    digits = decimals(change.terms["value"])
    shown = change.terms.head(_TERMS)
    rows: list[tuple[object, object]] = [
        (place_words(row, one.names, change.outcome), f"{row['value']:+.{digits}f}")
        for row in shown.to_dict("records")
    ]
    if len(change.terms) > _TERMS:
        rest = change.total - shown["value"].sum()
        rows.append((f"{len(change.terms) - _TERMS} smaller terms", f"{rest:+.{digits}f}"))
    rows.append(("total", f"{change.total:+.{digits}f}"))
    return table(("Term", "Change"), rows, numbers=1)
