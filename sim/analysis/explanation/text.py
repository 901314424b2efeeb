"""An explanation as one screen of text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from sim.analysis.explanation.causes import CLOSURES, TERMS
from sim.analysis.explanation.explanation import Change, Explanation
from sim.case.layout import WIDTH

_LABEL = 24
_COLUMNS = 5  # outcomes told
_PLACES = 2  # largest terms told of an outcome
_EVENTS = 3
_EVENT_LINES = 4
_COERCIONS = 2
_FIGURES = 5
_DOCUMENTS = 2


def told(one: Explanation) -> str:
    """What changed, the terms that add up to it, and what stands behind them."""
    lines = [one.question, *_made(one), ""]
    lines += [*_terms(one), *_largest(one), *_events(one), *_figures(one), *_documents(one)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def place_words(row: Mapping[Any, Any], names: Mapping[str, str], outcome: str = "") -> str:
    """A term with its power and channel in words; the channel of a share goes without saying."""
    detail = names.get(row["detail"], row["detail"])
    term = row["term"] + (f" ({detail})" if detail else "")
    power = names.get(row["power"], row["power"])
    if row["term"] == "disruption" and row["detail"] == CLOSURES:
        power = f"flow with {power}"  # whose flow is cut, which says nothing about who cut it
    channel = "" if outcome.startswith("share.") else plain(names.get(row["channel"], ""))
    return ", ".join([term, *filter(None, (power, channel))])


def plain(name: str) -> str:
    """A name as it stands within a sentence: a channel's begins with a small letter."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def column_words(outcome: str) -> str:
    """An outcome less its country."""
    head, _, *rest = outcome.split(".")
    return " ".join([head, *rest])


def _made(one: Explanation) -> list[str]:
    if one.run is not None:
        return [f"Run {one.run} alone, seed {one.seed}."]
    return [
        f"Means over {one.runs:,} run{'s' * (one.runs != 1)}, seed {one.seed}; the range holds 90 "
        "percent of runs."
    ]


def _terms(one: Explanation) -> Iterator[str]:
    """A column an outcome: what it was, the terms, and what it became."""
    shown = one.changes[:_COLUMNS]
    heads = [_heads(change.outcome) for change in shown]
    width = max(12, *(len(line) + 2 for head in heads for line in head))
    while len(shown) > 1 and _LABEL + width * len(shown) > WIDTH:
        shown, heads = shown[:-1], heads[:-1]
    digits = [decimals(change) for change in shown]

    def row(head: str, cells: Iterable[str]) -> str:
        return _cut(head, _LABEL - 1).ljust(_LABEL) + "".join(cell.rjust(width) for cell in cells)

    def numbers(values: Iterable[float], sign: bool = True) -> list[str]:
        return [number(value, d, sign) for value, d in zip(values, digits, strict=True)]

    for line in range(2):
        if any(head[line] for head in heads):
            yield row("", [head[line] for head in heads])
    first, last = _ends(one)
    yield row(first, numbers([change.before for change in shown], sign=False))
    values = [dict(zip(c.by_term["term"], c.by_term["value"], strict=True)) for c in shown]
    small = []
    for term in TERMS:
        own = [found.get(term, 0.0) for found in values]
        if all(abs(value) < 0.5 * 10.0**-d for value, d in zip(own, digits, strict=True)):
            small += [term] if any(term in found for found in values) else []
        else:
            yield row(f"  {term}", numbers(own))
    if small:
        rest = [sum(found.get(term, 0.0) for term in small) for found in values]
        yield row(f"  {small[0] if len(small) == 1 else f'{len(small)} smaller terms'}",
                  numbers(rest))  # fmt: skip
    yield row(last, numbers([change.after for change in shown], sign=False))
    yield row("total change", numbers([change.total for change in shown]))
    if one.runs > 1:
        yield row("  range, from", numbers([change.low for change in shown]))
        yield row("  range, to", numbers([change.high for change in shown]))
    yield row("largest residual", [f"{change.residual:.0e}" for change in shown])
    if len(shown) < len(one.changes):
        yield f"and {len(one.changes) - len(shown)} more: --format csv lists them"


def _heads(outcome: str) -> tuple[str, str]:
    """An outcome less its country, in two lines."""
    head, _, *rest = outcome.split(".")
    return head, " ".join(rest)


def _ends(one: Explanation) -> tuple[str, str]:
    """What stands before and behind the terms."""
    if one.against and one.since:
        return f"difference in {one.since}", f"difference in {one.quarter}"
    first = one.against or (one.since if one.since else f"base, {one.base}")
    return first, one.scenario if one.against else one.quarter


def number(value: float, decimals: int, sign: bool = True) -> str:
    """A number with its sign, or 0 where it has no digit to show."""
    if sign and abs(value) < 0.5 * 10.0**-decimals:
        return "0"
    return f"{value:{'+' if sign else ''}.{decimals}f}"


def _largest(one: Explanation) -> Iterator[str]:
    yield ""
    yield "Largest terms by power and channel"
    for change in one.changes[:_COLUMNS]:
        digits = decimals(change)
        rows = [
            row
            for row in change.terms.head(_PLACES).to_dict("records")
            if abs(row["value"]) >= 0.5 * 10.0**-digits
        ]
        parts = [
            f"{number(row['value'], digits, True)} {place_words(row, one.names, change.outcome)}"
            for row in rows
        ]
        head = f"  {column_words(change.outcome)}: "
        while len(parts) > 1 and len(head + "; ".join(parts)) > WIDTH:
            parts.pop()
        yield _cut(head + ("; ".join(parts) or "nothing changed"), WIDTH)


def _events(one: Explanation) -> Iterator[str]:
    rows = one.events.to_dict("records")
    own = [row for row in rows if row["own"]]
    tried = [change for change in one.changes if change.outcome in one.events.columns]
    own = sorted(own, key=lambda row: -_weight(row, tried, rows))
    yield ""
    yield "Events behind it" + (
        "; what goes when one is left out, under the same draws, does not add up" if tried else ""
    )
    for row in own[:_EVENTS]:
        head = f"  {row['date']}  {row['words']}"
        if len(own) == 1:
            reason = _wrapped(f"          {row['reason']} [{row['source']}]")
            yield from [*_wrapped(head), *reason][:_EVENT_LINES]
        else:
            yield _cut(f"{head} [{row['source']}]", WIDTH)
        effects = [
            f"{column_words(c.outcome)} {number(row[c.outcome], decimals(c), True)}"
            for c in tried
            if not math.isnan(row[c.outcome])
        ]
        if effects:
            yield _cut(f"          left out: {', '.join(effects)}", WIDTH)
    left, shared = len(own) - len(own[:_EVENTS]), len(rows) - len(own)
    whose = "that both scenarios have" if one.against else "inherited"
    counted = [f"{left} more of its own"] * bool(left) + [f"{shared} {whose}"] * bool(shared)
    if counted:
        yield f"  and {', '.join(counted)}"
    elif not rows:
        yield "  no event and no path from outside"
    parts = []
    for row in one.coercion.head(_COERCIONS).to_dict("records"):
        against = f" (against {row['against']:.2f})" if one.against else ""
        parts.append(f"{row['power']} {row['kind']}, {row['channel']} {row['number']:.2f}{against}")
    if parts:
        yield _cut(f"  Threats in the runs, times by then: {'; '.join(parts)}", WIDTH)


def _weight(row: Mapping[Any, Any], tried: list[Change], rows: list[Any]) -> float:
    """How much one takes away, against what takes most, summed over the outcomes."""
    parts = []
    for change in tried:
        effects = [abs(other[change.outcome]) for other in rows]
        largest = max((effect for effect in effects if not math.isnan(effect)), default=0.0)
        effect = abs(row[change.outcome])
        parts.append(effect / largest if largest > 0 and not math.isnan(effect) else 0.0)
    return sum(parts)


def _figures(one: Explanation) -> Iterator[str]:
    if one.figures.empty:
        return
    yield ""
    yield "Figures behind the largest terms"
    for row in _chosen_figures(one.figures).to_dict("records"):
        span = "" if math.isnan(row["low"]) else f" ({row['low']:g} to {row['high']:g})"
        evidence = f" [{row['evidence']}]" if row["evidence"] else ""
        confidence = f", {row['confidence']}" if row["confidence"] else ""
        text = f"  {row['figure']} = {row['value']:.4g}{span} {row['unit']}".rstrip()
        yield _cut(f"{text}; {row['place']}{evidence}; {row['source']}{confidence}", WIDTH)


def _chosen_figures(figures: pd.DataFrame) -> pd.DataFrame:
    """A few: those with evidence of the case first, outcome by outcome."""
    once = figures.drop_duplicates("figure")
    ordered = once.assign(without=once["evidence"] == "", less=-once["weight"]).sort_values(
        ["without", "less"], kind="stable"
    )
    return ordered.head(_FIGURES)


def _documents(one: Explanation) -> Iterator[str]:
    if one.evidence.empty:
        return
    yield ""
    yield "Evidence and documents"
    for row in one.evidence.head(_DOCUMENTS).to_dict("records"):
        title = f"{row['title']} ({row['document']}, {row['date']})"
        yield _cut(f"  {row['evidence']}: {row['quantity']}; {title}", WIDTH)
        if row["caution"]:
            yield _cut(f"        caution: {row['caution']}", WIDTH)


def decimals(change: Change) -> int:
    """Decimals that show three digits of the largest term of a change."""
    sizes = [abs(value) for value in (change.total, *change.by_term["value"])]
    largest = max((size for size in sizes if size > 0), default=1.0)
    return min(8, max(3, 2 - math.floor(math.log10(largest))))


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def _wrapped(text: str) -> list[str]:
    """Lines of a text, further ones below its first word."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * 10, break_on_hyphens=False)
