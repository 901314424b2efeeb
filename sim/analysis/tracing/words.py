"""A trace as text: where the figure comes from, what uses it, which outcomes it moves."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from sim.case.layout import WIDTH, columns, finished, paragraph
from sim.core import quarters

if TYPE_CHECKING:
    from sim.analysis.tracing.trace import Trace

_USES_SHOWN = 8


def text(trace: Trace, top: int) -> str:
    """Lines of at most 100 characters.

    Parameters
    ----------
    trace : Trace
    top : int
        Outcomes listed.
    """
    return finished([*_origin(trace), *_users(trace), *_outcomes(trace, top)])


def _origin(trace: Trace) -> Iterator[str]:
    """The figure itself, and the document it comes from."""
    use = trace.use
    entry, document = use.entry, use.document
    if use.kind == "figure" or entry is None:
        figure = use.figures[0]
        yield f"{use.name}: {figure.name}, {figure.value:.4g} {figure.unit}".rstrip()
        sources = ", ".join((*figure.sources, *figure.evidence)) or "no source"
        yield from paragraph(f"From {sources}: {figure.derivation or 'no derivation'}", indent=2)
    elif use.kind == "evidence":
        who = ", ".join(code for code in (entry["country"], entry["partner"]) if code)
        value = f"{entry['value']} {entry['unit']}".strip()
        yield from paragraph(f"{use.name} ({who}): {entry['quantity']}, {value}".strip(", "))
        assert document is not None
        yield from paragraph(
            f"Qualifier: {entry['qualifier'] or 'none'}; period: {entry['period'] or 'none'}. "
            f"Document: {document['id']}, {document['title']!r} ({document['publisher']}, "
            f"{document['date']})",
            indent=2,
        )
        if entry["caution"]:
            yield from paragraph(f"Caution: {entry['caution']}", indent=2)
    else:
        yield from paragraph(f"{use.name} ({use.kind}): {entry['title']}, {entry['publisher']}")
        if entry["note"]:
            yield from paragraph(entry["note"], indent=2)
    yield ""


def _users(trace: Trace) -> Iterator[str]:
    """Rows, scenarios and the record that use it."""
    use, base = trace.use, quarters.name(trace.base)
    if len(trace.figures):
        shown = trace.figures.head(_USES_SHOWN)
        rows = [
            (
                one["figure"] + ("" if one["moved"] or not _moved(trace) else " (not moved)"),
                f"{one['table']}:{one['line']}",
                _number(one["value"]),
                "" if math.isnan(one["low"]) else f"{one['low']:.4g} to {one['high']:.4g}",
                one["derivation"],
            )
            for _, one in shown.iterrows()
        ]
        header = (f"Rests on it at {base}", "Row", "Value", "Range", "Derivation")
        room = WIDTH - sum(
            max(len(one[place]) for one in [header, *rows]) + 2 for place in range(4)
        )
        cut = [
            (*one[:4], textwrap.shorten(one[4], max(room, 20), placeholder=" ...")) for one in rows
        ]
        yield from columns(header, cut)[:-1]
        if len(trace.figures) > len(shown):
            yield f"and {len(trace.figures) - len(shown)} more"
    for label, named in (
        ("Other base quarters", use.elsewhere),
        ("Scenarios", tuple(f"{one.scenario} ({one.key})" for one in use.citations)),
        ("Held against it", use.held),
        ("Moved with it", trace.numbers),
    ):
        if named:
            more = f", and {len(named) - _USES_SHOWN} more" if len(named) > _USES_SHOWN else ""
            yield from paragraph(f"{label}: {', '.join(named[:_USES_SHOWN])}{more}")
    said = use.entry["value"] if use.entry is not None and use.kind == "evidence" else "0"
    if _moved(trace) and not _has_number(said):
        yield from paragraph(
            "It says it in words, without a number: what names it is moved as if it rested on it."
        )
    if use.reason:
        yield from paragraph(f"It moves nothing: {use.reason}")
    yield ""


def _outcomes(trace: Trace, top: int) -> Iterator[str]:
    where = trace.scenario + (f" less {trace.against}" if trace.against else "")
    if not len(trace.effects):
        if _moved(trace):
            yield from paragraph(
                f"None of {trace.still} outcomes of {where} moves with it: nothing there depends "
                "on it, or only on its ratio to what moves with it."
            )
        yield from _notes(trace)
        return
    told = int(trace.effects["told"].sum())
    when = {"end": "at the end", "mean": "as means over the quarters"}.get(
        trace.at, f"in {trace.at}"
    )
    yield from paragraph(
        f"Outcomes of {where} {when} ({trace.runs} runs, seed {trace.seed}): "
        f"{len(trace.effects)} move, {told} by an effect that can be told from 0; {trace.still} do "
        "not move. What 1 percent more of the figure adds:"
    )
    yield ""
    has_range = bool(trace.effects["over_range"].notna().any())
    rows = [_row(one, has_range) for _, one in trace.effects.head(top).iterrows()]
    header = ["Outcome", "Mean", "Effect", "+-", "Of spread", "Percent"]
    yield from columns([*header, *(["Range"] if has_range else []), ""], rows)[:-1]
    yield ""
    said = (
        "+-: standard error. Of spread: effect over the standard deviation over runs. Percent: of "
        "the mean (an elasticity). "
    )
    if has_range:
        said += "Range: from the low to the high end of its own range, in units of spread. "
    said += (
        "~: cannot be told from 0. ^: up and down differ, so that it holds for small steps only."
    )
    yield from paragraph(said)
    yield from paragraph(
        "Each number that rests on the figure is taken to be proportional to it, positions apart, "
        "which move by 1 percent of their scale; the derivation says how far that holds."
    )
    yield from _notes(trace)


def _notes(trace: Trace) -> Iterator[str]:
    for note in trace.notes:
        yield from paragraph(f"Note: {note}.")


def _row(one: pd.Series, has_range: bool) -> tuple[str, ...]:
    """A line of the table of outcomes; the mark stands last."""
    cells = [
        one["outcome"],
        _number(one["mean"], 3),
        _number(one["effect"], 3),
        _number(one["error"], 2),
        _number(one["in_spread"], 2),
        _number(one["elasticity"], 2),
    ]
    if has_range:
        spread = one["spread"]
        cells.append(_number(one["over_range"] / spread if spread > 0 else math.nan, 2))
    mark = ("" if one["told"] else "~") + ("^" if one["bent"] else "")
    return (*cells, mark)


def _number(value: float, digits: int = 4) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}g}"


def _moved(trace: Trace) -> bool:
    """Was anything moved at all."""
    return bool(trace.numbers) or bool(trace.figures["moved"].any())


def _has_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
