"""Observed moments against what a fitted model foretells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case
from sim.experiment.reading import in_words
from sim.picture import strips
from sim.picture.alternative import joined
from sim.picture.fits.fitted import Fitted
from sim.picture.fits.look import INNER, OUTER, OUTSIDE
from sim.picture.labels import Labels, sentence
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.strips import Axis, Mark, Panel, Row, Span
from sim.picture.style import (
    INK,
    TICK,
    Caption,
)
from sim.picture.words import text_width

FAR = 4.0  # standard deviations: values further from the median are set to the edge

_STANDARD = Axis(
    -FAR,
    FAR,
    "standard deviations from the median",
    lines=(0.0,),
    at=(-4.0, -2.0, 0.0, 2.0, 4.0),
    named=("\u22124", "\u22122", "0", "2", "4"),
)


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """A page of checks for each group of targets."""
    fitted = Fitted(folder, case)
    labels = fitted.labels
    for group, part in fitted.fit.table("targets").groupby("group", sort=False):
        meaning = "; ".join(dict.fromkeys(part["meaning"]))
        found = {(one.measure, bool(one.text)) for one in map(labels.moment, part["moment"])}
        if len(found) == 1:  # otherwise the rows tell the measure
            measure, voted = found.pop()
            title = f"share of {in_words(measure)}" if voted else labels.measure(measure).title
            meaning = f"{title}: {meaning}"
        caption = fitted.caption(
            "Does the fitted model foretell what it was fitted to?",
            f"{sentence(str(group))}: {len(part)} targets and the fitted model's runs",
            sentence(meaning),
            f"{fitted.fit.posterior.draws:,} runs, one a draw of the posterior",
            labels.credit(labels.moment(one).source for one in part["moment"]),
        )
        out = part[~part["observed"].between(part["q05"], part["q95"])]
        missed = joined(labels.of_target(one) for one in out["moment"])
        said = f"Outside: {missed}" if missed else ""
        yield Page(
            f"fit_checks_{str(group).replace('-', '')}", part.reset_index(drop=True), caption,
            f"Intervals of runs with what was observed. {len(part) - len(out)} of {len(part)} "
            f"targets lie in the middle 90 percent. {said}".strip(),
            partial(draw, part, labels, caption),
        )  # fmt: skip


def draw(targets: pd.DataFrame, labels: Labels, caption: Caption) -> Figure:
    """Observed moments against what the fitted model foretells, of one group of moments.

    Parameters
    ----------
    targets : DataFrame
        Rows of the table ``targets`` of a fit: columns moment, observed, error, q05, q25, q50, q75,
        q95, first and last.
    labels : Labels
    caption : Caption
    """
    told = [(labels.moment(one["moment"]), one) for one in targets.to_dict("records")]
    several = len({moment.measure for moment, _ in told}) > 1
    alone = not several and not any(moment.power or moment.text for moment, _ in told)
    by_country: dict[str, dict[str, list[Row]]] = {}
    for moment, one in told:
        label, under = labels.of_moment(moment, several), moment.country
        if alone and moment.country:  # one measure of all countries: they are the rows
            label, under = labels.country(moment.country).name, ""
        rows = by_country.setdefault(under, {}).setdefault(label, [])
        rows.append(_check(label, one))
    panels = []
    for country in sorted(by_country, key=lambda code: code == ""):  # those of none come last
        heading = labels.country(country).name if country else "All countries together"
        heading = "" if not country and len(by_country) == 1 else heading
        rows = [row for group in by_country[country].values() for row in group]
        panels.append(Panel(heading, tuple(rows), _STANDARD))
    widest = max(text_width(row.label, TICK) for panel in panels for row in panel.rows)
    inside = int(targets["observed"].between(targets["q05"], targets["q95"]).sum())
    reading = (
        "Bars: middle 90% (light) and 50% (dark) of the fitted model's runs, with errors of "
        "observation. Dot: observed; line through it: one standard error of observation each way. "
        "Diamond: observed outside the light bar. Arrow: beyond the axis. Each target is shown "
        "less the median of the runs and over their standard deviation. Inside the light bar: "
        f"{inside} of {len(targets)}; were the model right, about {0.9 * len(targets):.0f}."
    )
    return strips.draw(
        panels, caption, reading, columns=2 if widest < 1.3 and len(panels) > 1 else 1
    )


def _check(label: str, one: Mapping[Any, Any]) -> Row:
    """The row of a moment: all in standard deviations of the runs around their median."""
    middle = float(one["q50"])
    # Of a normal distribution, 90 percent lie within 1.645 standard deviations.
    unit = float(one["q95"] - one["q05"]) / (2 * 1.645)
    unit = unit if unit > 0 else 1.0

    def at(value: float) -> float:
        return (float(value) - middle) / unit

    observed, error = at(one["observed"]), float(one["error"]) / unit
    outside = not one["q05"] <= one["observed"] <= one["q95"]
    colour = OUTSIDE if outside else INK
    spans = [
        Span(at(one["q05"]), at(one["q95"]), OUTER, 9.0, "runs 90"),
        Span(at(one["q25"]), at(one["q75"]), INNER, 9.0, "runs 50"),
    ]
    if abs(observed) <= FAR:
        spans.append(Span(observed - error, observed + error, colour, 0.9, "observed error"))
    first, last = int(one["first"]), int(one["last"])
    return Row(
        label=label,
        tag=str(last) if first == last else f"{first}\u2013{last % 100:02d}",
        spans=tuple(spans),
        marks=(Mark(observed, colour, "observed", "D" if outside else "o", size=4.5),),
        note=f"{observed:+.1f}".replace("-", "\u2212") if abs(observed) > FAR else "",
    )
