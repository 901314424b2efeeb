"""An explanation as one screen of text."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sim.analysis.explanation.causes import CLOSURES, TERMS
from sim.analysis.explanation.explanation import Change, Explanation
from sim.analysis.explanation.leaving_out import weigh
from sim.case.check import identifiers
from sim.case.layout import WIDTH

_LABEL = 24
_COLUMNS = 5  # outcomes told
_PLACES = 2  # largest terms told of an outcome
_TERMS = 8  # with a row of their own
_EVENTS = 3
_EVENT_LINES = 4
_MORE_LINES = 2  # of what has no line of its own
_COERCIONS = 2
_FIGURES = 5
_FEWEST_FIGURES = 3
_DOCUMENTS = 2
_SCREEN = 45  # lines


def told(one: Explanation) -> str:
    """What changed, the terms that add up to it, and what stands behind them."""
    columns = _columns(one)
    documents = list(_documents(one, _FIGURES))
    events = _EVENTS
    while True:
        lines = [one.question, *_made(one), "", *_terms(one, columns), *_largest(one)]
        lines += _events(one, columns, events)
        room = _SCREEN - len(lines) - len(documents) - 2  # what figures and their heading leave
        if room >= _FEWEST_FIGURES or events == 1:
            break
        events -= 1
    figures = min(_FIGURES, max(1, room))
    lines += [*_figures(one, figures), *_documents(one, figures)]
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


@dataclass(frozen=True)
class _Columns:
    """A column an outcome, as many as fit."""

    shown: tuple[Change, ...]
    heads: tuple[tuple[str, str], ...]
    width: int
    digits: tuple[int, ...]

    def row(self, head: str, cells: Iterable[str]) -> str:
        return _cut(head, _LABEL - 1).ljust(_LABEL) + "".join(
            cell.rjust(self.width) for cell in cells
        )

    def numbers(self, values: Iterable[float], sign: bool = True) -> list[str]:
        return [number(value, d, sign) for value, d in zip(values, self.digits, strict=True)]


def _columns(one: Explanation) -> _Columns:
    shown = one.changes[:_COLUMNS]
    heads = [_heads(change.outcome) for change in shown]
    width = max(12, *(len(line) + 2 for head in heads for line in head))
    fit = max(1, min(len(shown), (WIDTH - _LABEL) // width))
    digits = tuple(decimals(change) for change in shown[:fit])
    return _Columns(tuple(shown[:fit]), tuple(heads[:fit]), width, digits)


def _terms(one: Explanation, columns: _Columns) -> Iterator[str]:
    """What each outcome was, the terms, and what it became."""
    shown, heads, digits = columns.shown, columns.heads, columns.digits
    row, numbers = columns.row, columns.numbers
    for line in range(2):
        if any(head[line] for head in heads):
            yield row("", [head[line] for head in heads])
    first, last = _ends(one)
    yield row(first, numbers([change.before for change in shown], sign=False))
    values = [dict(zip(c.by_term["term"], c.by_term["value"], strict=True)) for c in shown]
    told = _told_terms(values, digits)
    for term in told:
        yield row(f"  {term}", numbers([found.get(term, 0.0) for found in values]))
    small = [t for t in TERMS if t not in told and any(t in found for found in values)]
    if small:
        rest = [sum(found.get(term, 0.0) for term in small) for found in values]
        yield row(f"  {small[0] if len(small) == 1 else f'{len(small)} smaller terms'}",
                  numbers(rest))  # fmt: skip
    yield row(last, numbers([change.after for change in shown], sign=False))
    totals = numbers([change.total for change in shown])
    skewed = [one.runs > 1 and not c.low <= c.total <= c.high for c in shown]
    yield row("total change", ["*" * far + t for t, far in zip(totals, skewed, strict=True)])
    if one.runs > 1:
        yield row("  range, from", numbers([change.low for change in shown]))
        yield row("  range, to", numbers([change.high for change in shown]))
    if any(skewed):
        yield "  * outside the range: few runs carry the mean"
    yield row("largest residual", [f"{change.residual:.0e}" for change in shown])
    if len(shown) < len(one.changes):
        yield f"and {len(one.changes) - len(shown)} more: --format csv lists them"


def _told_terms(values: Sequence[Mapping[str, float]], digits: Sequence[int]) -> list[str]:
    """Terms that show a digit: those that are largest within some outcome, in the usual order."""
    weight = {}
    for term in TERMS:
        own = [found.get(term, 0.0) for found in values]
        if any(abs(value) >= 0.5 * 10.0**-d for value, d in zip(own, digits, strict=True)):
            weight[term] = max(
                abs(value) / max(map(abs, found.values()))
                for value, found in zip(own, values, strict=True)
                if value
            )
    kept = sorted(weight, key=lambda term: -weight[term])[:_TERMS]
    return [term for term in TERMS if term in kept]


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


def _events(one: Explanation, columns: _Columns, most: int) -> Iterator[str]:
    rows = one.events.to_dict("records")
    own = [row for row in rows if row["own"]]
    tried = [change for change in one.changes if change.outcome in one.events.columns]
    weights = weigh(own, [change.outcome for change in tried])
    own = [row for _, row in sorted(zip(weights, own, strict=True), key=lambda one: -one[0])]
    yield ""
    yield "Events behind it" + (
        "; what goes when one is left out, in the columns above, does not add up" if tried else ""
    )
    for row in own[:most]:
        whose = f"only in {one.against}: " if row["theirs"] else ""
        head = f"  {row['date']}  {whose}{row['words']}"
        if len(own) == 1:
            source = f" [{row['source']}]" if row["source"] else ""
            reason = _wrapped(f"          {row['reason']}{source}") if row["reason"] else []
            yield from [*_wrapped(head), *reason][:_EVENT_LINES]
        else:
            short = re.sub("assumption: .*", "assumption", row["source"])
            source = f" [{short}]" if short else ""
            yield _ended(head, source)
        if tried and not any(math.isnan(row[c.outcome]) for c in columns.shown):
            effects = columns.numbers([row[c.outcome] for c in columns.shown])
            yield columns.row("          left out", effects)
    left, shared = len(own) - len(own[:most]), len(rows) - len(own)
    whose = "that both scenarios have" if one.against else "inherited"
    kind = "that only one has" if any(row["theirs"] for row in own[most:]) else "of its own"
    counted = [f"{left} more {kind}"] * bool(left) + [f"{shared} {whose}"] * bool(shared)
    if counted:
        most_of = _unshown(own, most, columns.shown) if tried else {}
        told = ", ".join(f"{outcome} {name}" for outcome, name in most_of.items())
        line = f"  and {', '.join(counted)}" + (f"; most of {told}" if told else "")
        yield from _wrapped(line)[:_MORE_LINES]
    elif not rows:
        yield "  no event and no path from outside"
    parts = []
    for row in one.coercion.head(_COERCIONS).to_dict("records"):
        against = f" (against {row['against']:.2f})" if one.against else ""
        parts.append(f"{row['power']} {row['kind']}, {row['channel']} {row['number']:.2f}{against}")
    head = "  Threats, times a run by then: "
    while len(parts) > 1 and len(head + "; ".join(parts)) > WIDTH:
        parts.pop()
    if parts:
        yield _cut(head + "; ".join(parts), WIDTH)


def _unshown(
    rows: Sequence[Mapping[Any, Any]], shown: int, changes: Sequence[Change]
) -> dict[str, str]:
    """Outcomes of which something that is not shown takes most away, and its name."""
    found = {}
    for change in changes:
        sizes = [abs(row[change.outcome]) for row in rows]
        tried = [at for at, size in enumerate(sizes) if size > 0]  # nan: not left out
        first = max(tried, key=lambda at: sizes[at], default=0)
        if first >= shown:
            found[column_words(change.outcome)] = rows[first]["event"].split(".", 1)[1]
    return found


def _figures(one: Explanation, most: int) -> Iterator[str]:
    if one.figures.empty:
        return
    yield ""
    yield "Figures behind the largest terms"
    for row in _chosen_figures(one.figures, most).to_dict("records"):
        yield _figure(row)


def _figure(row: Mapping[Any, Any]) -> str:
    """A figure in a line; its place and evidence are never cut, what is told last goes first."""
    span = "" if math.isnan(row["low"]) else f" ({row['low']:g} to {row['high']:g})"
    number = f"  {row['figure']} = {row['value']:.4g}{span}"
    unit = f" {row['unit']}" if row["unit"] else ""
    where = f"; {row['place']}" + (f" [{row['evidence']}]" if row["evidence"] else "")
    sources = [f"; {one}" for one in row["source"].split("; ") if one]
    confidence = f", {row['confidence']}" if row["confidence"] else ""
    short = f"; {len(sources)} sources" if len(sources) > 1 else ""
    tries = (
        number + unit + where + "".join(sources) + confidence,
        number + unit + where + "".join(sources),
        number + unit + where + short,
        number + unit + where,
    )
    return next((text for text in tries if len(text) <= WIDTH), number + where)


def _chosen_figures(figures: pd.DataFrame, most: int) -> pd.DataFrame:
    """A few: those with evidence of the case first, outcome by outcome."""
    once = figures.drop_duplicates("figure")
    ordered = once.assign(without=once["evidence"] == "", less=-once["weight"]).sort_values(
        ["without", "less"], kind="stable"
    )
    return ordered.head(most)


def _documents(one: Explanation, most: int) -> Iterator[str]:
    """Evidence with its document; of what the figures listed name, all ids at least."""
    if one.evidence.empty:
        return
    yield ""
    yield "Evidence and documents"
    own = " ".join(one.events.loc[one.events["own"], "source"]) if len(one.events) else ""
    figures = " ".join(_chosen_figures(one.figures, most)["evidence"])
    named = [set(identifiers(cell)) for cell in (own, figures)]
    rows = sorted(
        one.evidence.to_dict("records"),
        key=lambda row: [row["evidence"] not in ids for ids in named],
    )
    for row in rows[:_DOCUMENTS]:
        yield _ended(f"  {row['evidence']}: {row['quantity']}; {row['title']}", _where(row))
        if row["caution"]:
            yield _cut(f"        caution: {row['caution']}", WIDTH)
    left = rows[_DOCUMENTS:]
    behind_figures = _by_document(row for row in left if row["evidence"] in named[1])
    both = behind_figures | _by_document(row for row in left if row["evidence"] in named[0])
    told = list(both.items())
    for (title, where), ids in told[:_DOCUMENTS]:
        ids = list(dict.fromkeys([*behind_figures.get((title, where), []), *ids]))
        yield _ended(f"  also {', '.join(ids)}: {title}", where)
    short = [f"{', '.join(ids)}{where}" for (_, where), ids in told[_DOCUMENTS:]]
    yield from _wrapped(f"  also {'; '.join(short)}") if short else ()


def _by_document(rows: Iterable[Mapping[Any, Any]]) -> dict[tuple[str, str], list[str]]:
    """Evidence by title and place of its document."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row["title"], _where(row)), []).append(row["evidence"])
    return found


def _where(row: Mapping[Any, Any]) -> str:
    return f" ({row['document']}, {row['date']})"


def decimals(change: Change) -> int:
    """Decimals that show three digits of the largest term of a change."""
    sizes = [abs(value) for value in (change.total, *change.by_term["value"])]
    largest = max((size for size in sizes if size > 0), default=1.0)
    return min(8, max(3, 2 - math.floor(math.log10(largest))))


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def _ended(line: str, end: str) -> str:
    """A line that is cut where it is too long, but for its end."""
    return _cut(_cut(line, max(WIDTH - len(end), _LABEL)) + end, WIDTH)


def _wrapped(text: str) -> list[str]:
    """Lines of a text, further ones below its first word."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * 10, break_on_hyphens=False)
