"""What is left to do in a case, in words: step by step, and where the next figure belongs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from sim.case.build import base_year
from sim.case.layout import NO_BREAK, WIDTH, columns, finished, paragraph
from sim.case.progress import CELLS, Gap, Item, Progress
from sim.case.tables import shown, span
from sim.core import quarters

_INDENT = 4


def guidance(progress: Progress) -> str:
    """The text that ``multivector case check`` prints for a case that is not finished.

    Returns
    -------
    str
        What is done and what is missing in the order in which it is best filled in: file, line,
        unit, range and usual sources; the last line says what comes next.
    """
    empty = progress.total - progress.filled
    unsourced = sum(not gap.empty for gap in progress.gaps)
    opening = f"{progress.name}: "
    if progress.unread:
        files = ", ".join(shown(path) for path in progress.unread)
        opening += (
            f"{files} cannot be used yet, so what is missing there, or in tables that need it, is "
            "not counted. Of the rest "
        )
    lines = paragraph(
        f"{opening}{progress.filled} of {progress.total} figures are there, {empty} "
        f"{'is' if empty == 1 else 'are'} missing; {unsourced} more "
        f"{'lacks' if unsourced == 1 else 'lack'} a source, a derivation, a confidence or a range"
    )
    steps = list(dict.fromkeys(item.step for item in progress.items))
    of_step = {step: [item for item in progress.items if item.step == step] for step in steps}
    rows = [
        (f"{number} {step}", _count(of_step[step]), _left(of_step[step]))
        for number, step in enumerate(steps, 1)
    ]
    lines += ["", *columns(("step", "filled", "left to do"), rows)]
    for number, step in enumerate(steps, 1):
        open_items = [item for item in of_step[step] if item.gaps]
        if open_items:
            lines += [f"Step {number}, {step}", ""]
            for item in open_items:
                lines += [*_item(item), ""]
    return finished([*lines, f"next: {next_step(progress)}"])


def next_step(progress: Progress) -> str:
    """What to do next, in one sentence."""
    if progress.problems:
        return f"mend {progress.problems[0]}"
    if not progress.gaps:
        return "nothing is left to fill in"
    gap = next((gap for gap in progress.gaps if gap.empty), progress.gaps[0])
    what = " of ".join(part for part in (gap.item, ", ".join(gap.codes)) if part)
    if gap.covered:
        return f"{_place(gap)}: fill or delete the row of {what}; it has no value"
    if gap.later is not None and gap.quarter is not None:
        return (
            f"{shown(gap.path)}:{gap.later}: {what} is of a later year than the base quarter, "
            f"{quarters.name(gap.quarter)}, and does not count; give a row of "
            f"{base_year(gap.quarter)} or before, or without a year"
        )
    if gap.line is None:
        return f"add a row of {what} to {shown(gap.path)}"
    if gap.empty and gap.item:
        return f"{_place(gap)}: fill in {what}"
    if gap.empty:
        return f"{_place(gap)}: fill in {', '.join(gap.lacks)} of {what}"
    return f"{_place(gap)}: say where {what} comes from ({', '.join(gap.lacks)})"


def _place(gap: Gap) -> str:
    return f"{shown(gap.path)}:{gap.line}"


def _count(items: Sequence[Item]) -> str:
    filled, total = sum(item.filled for item in items), sum(item.total for item in items)
    return f"{filled} of {total}"


def _left(items: Sequence[Item]) -> str:
    parts = []
    for item in items:
        missing = item.total - item.filled
        unsourced = sum(not gap.empty for gap in item.gaps)
        covered = sum(gap.covered for gap in item.gaps)
        for number, what in (
            (missing, ""),
            (unsourced, " without source"),
            (covered, " blank rows"),
        ):
            if number:
                parts.append(f"{item.name or item.table} {number}{what}".replace(" ", NO_BREAK))
    return ", ".join(parts) or "done"


def _item(item: Item) -> list[str]:
    known = CELLS.get(item.table, {}).get(item.name)
    head = item.name or item.table
    if known is not None:
        head += f" ({known.unit}, {span(known.low, known.high)})"
    gaps = [_gap(gap, item).replace(" ", NO_BREAK) for gap in item.gaps]
    return [
        *textwrap.wrap(f"{head}: {item.expected}", WIDTH, subsequent_indent=" " * _INDENT),
        *paragraph(f"usually from: {item.usual_sources}", _INDENT),
        *paragraph(f"{shown(item.gaps[0].path)}: {'; '.join(gaps)}", _INDENT),
    ]


def _gap(gap: Gap, item: Item) -> str:
    place = "no row yet" if gap.line is None else f"line {gap.line}"
    what = " ".join([place, ", ".join(gap.codes)]).strip()
    if gap.quarter is not None:
        what += f" at {quarters.name(gap.quarter)}"
    if gap.later is not None:
        what += f" (line {gap.later} is of a later year)"
    if gap.covered:
        return f"{what} (blank, but another row gives it: fill or delete)"
    alone = gap.lacks == ("value",) and item.name
    return what if alone else f"{what} ({', '.join(gap.lacks)})"
