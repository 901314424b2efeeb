"""The terms of an explanation as a waterfall: from the value before to the one after."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from sim import __version__
from sim.analysis.explanation.explanation import KEYS, Change, Explanation
from sim.analysis.explanation.text import decimals, number, place_words, plain
from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.picture import strips
from sim.picture.alternative import joined, told
from sim.picture.page import Page
from sim.picture.strips import Axis, Mark, Panel, Row, Span
from sim.picture.style import INK, Caption, Scenario

MOST_ROWS = 10
SMALLEST = 0.005  # part of the axis below which a term has no row of its own
FALL, RISE = "#D55E00", "#0072B2"


def waterfall_page(explanation: Explanation, outcome: str) -> Page:
    """The waterfall of one outcome, ready to be drawn.

    Parameters
    ----------
    explanation : Explanation
    outcome : str
        One of its changes.

    Raises
    ------
    InputError
        If nothing changed.
    """
    change = explanation.change(outcome)
    if not change.terms["value"].any():
        raise InputError(f"{outcome}: nothing changed, so there is no waterfall to draw")
    table = _steps(explanation, change)
    runs = "run" if explanation.runs == 1 else "runs"
    caption = Caption(
        title=_title(explanation, outcome),
        shown=_shown(explanation),
        detail="Terms that add up to the change, "
        + ("means over runs" if explanation.run is None else f"in run {explanation.run} alone"),
        source=f"multivector {__version__}, case {explanation.case} (base {explanation.base})",
        runs=explanation.runs,
        seed=explanation.seed,
        behind=f"{explanation.runs:,} {runs}, made once more",
    )
    steps = joined(
        f"{row['label']} {told(row['value'])}" for row in table.iloc[1:-1].to_dict("records")
    )
    alternative = (
        f"Waterfall from {told(change.before)} to {told(change.after)}, a change of "
        f"{told(change.total)}: {steps}"
    )

    def draw() -> Figure:
        return _draw(table, change, caption, explanation)

    return Page(f"explain_{outcome}", table, caption, alternative, draw)


def _title(one: Explanation, outcome: str) -> str:
    """The question that the picture answers."""
    head, country, *codes = outcome.split(".")
    words, name = in_words(head), one.names.get(country, country)
    if codes:
        words += f" of {one.names.get(codes[0], codes[0])}"
    if len(codes) > 1:
        words += f" in {plain(one.names.get(codes[1], codes[1]))}"
    if one.against is not None:
        return f"{name}: why does the {words} differ in {one.quarter}?"
    return f"{name}: why did the {words} change by {one.quarter}?"


def _shown(one: Explanation) -> str:
    """What is compared with what."""
    since = f" since {one.since}" if one.since else ""
    if one.against is not None:
        return f"{one.scenario} against {one.against}" + (f", change{since}" if since else "")
    return one.scenario + (since or f" since its base, {one.base}")


def _steps(explanation: Explanation, change: Change) -> pd.DataFrame:
    """Rows of the waterfall: label, value, start, end; what has no row of its own in one."""
    terms = change.terms[change.terms["value"] != 0]
    width = max(terms["value"].abs().max(), change.high - change.low)
    visible = max(1, int((terms["value"].abs() >= SMALLEST * width).sum()))
    shown = terms.head(min(MOST_ROWS, visible))
    rows = [("before", _ends(explanation)[0], change.before, *_blank())]
    for row in shown.to_dict("records"):
        label = place_words(row, explanation.names, change.outcome)
        rows.append(("term", label, float(row["value"]), *(row[key] for key in KEYS)))
    left = len(terms) - len(shown)
    if left:
        rest = float(terms["value"].iloc[len(shown) :].sum())
        several = f"{left} smaller terms" if left > 1 else "1 smaller term"
        rows.append(("term", several, rest, *_blank()))
    rows.append(("after", _ends(explanation)[1], change.after, *_blank()))
    table = pd.DataFrame(rows, columns=["kind", "label", "value", *KEYS])
    steps = table["value"].where(table["kind"] != "after", 0.0)
    end = steps.cumsum()
    table["start"] = (end - steps).where(table["kind"] == "term", table["value"])
    table["end"] = end.where(table["kind"] != "after", table["value"])
    return table


def _blank() -> tuple[str, ...]:
    return ("",) * len(KEYS)


def _ends(explanation: Explanation) -> tuple[str, str]:
    if explanation.against and explanation.since:
        return f"difference, {explanation.since}", f"difference, {explanation.quarter}"
    first = explanation.against or explanation.since or f"base, {explanation.base}"
    return first, explanation.scenario if explanation.against else explanation.quarter


def _draw(
    table: pd.DataFrame, change: Change, caption: Caption, explanation: Explanation
) -> Figure:
    ends = [*table["start"], *table["end"]]
    many = explanation.runs > 1
    if many:
        ends += [change.before + change.low, change.before + change.high]
    low, high = min(ends), max(ends)
    pad = 0.05 * (high - low)
    rows, digits = [], decimals(change)
    for row in table.to_dict("records"):
        if row["kind"] == "term":
            colour = RISE if row["value"] > 0 else FALL
            step = (Span(row["start"], row["end"], colour, 9.0, "term"),)
            note = number(row["value"], digits).replace("-", "\u2212")
            rows.append(Row(row["label"], spans=step, note=note))
            continue
        spans: tuple[Span, ...] = ()
        if many and row["kind"] == "after":
            reach = (change.before + change.low, change.before + change.high)
            spans = (Span(*reach, INK, 1.0, "range"),)
        marks = (Mark(row["value"], INK, row["kind"], "D"),)
        note = f"{row['value']:.{digits}f}".replace("-", "\u2212")
        rows.append(Row(row["label"], spans=spans, marks=marks, note=note, strong=True))
    unit = f"{in_words(change.outcome.split('.')[0])} [{change.unit}]"
    axis = Axis(low - pad, high + pad, unit, (change.before,))
    reading = "Bars: terms, each from where the last one ended; together they are the change."
    if many:
        reading += (
            " Thin line: the change in 90 percent of runs, from the mean before; the diamonds are "
            "means."
        )
    legend = [
        Scenario("rise", "Raises it", RISE, "solid"),
        Scenario("fall", "Lowers it", FALL, "solid"),
    ]
    return strips.draw([Panel("", tuple(rows), axis)], caption, reading, legend=legend, row=0.235)
