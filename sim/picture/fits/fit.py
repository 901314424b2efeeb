"""Pictures of a fit: what the data said of the parameters, and what the fitted model foretells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.fit.matching import CUT
from sim.fit.recovery import FITS, LEAST, MOST
from sim.picture import density
from sim.picture.labels import Labels, sentence, words
from sim.picture.scale import padded, ticks
from sim.picture.sheet import Cell, Sheet
from sim.picture.strips import Axis, Mark, Panel, Row, Span, draw
from sim.picture.style import (
    FAINT,
    INK,
    MARGIN,
    NOTE,
    TICK,
    WIDTH,
    Caption,
    Scenario,
    dress,
)
from sim.picture.words import LINE, text_width, wrap

PRIOR, POSTERIOR = "#C4C4C4", "#0072B2"
OUTER, INNER, OUTSIDE = "#BFD9EC", "#6FAFD8", "#D55E00"  # predictive intervals, what lies outside
BAND = "#E7E7E7"
VERDICTS = {"moved": ("o", True), "hardly moved": ("o", False), "not moved": ("|", True)}
LEVELS = {"50": "#009E73", "80": "#E69F00", "90": "#0072B2"}
SHAPES = {"50": "^", "80": "s", "90": "o"}
REGIONS = (0.5, 0.9)  # shares of draws within the contours
MOST_PAIRS = 6
STRONG = 0.3  # rank correlation
FAR = 4.0  # standard deviations: values further from the median are set to the edge
NAMED = 8  # most moments named below a picture


def marginals(parameters: pd.DataFrame, caption: Caption) -> Figure:
    """Prior against posterior of every parameter, those that moved most first.

    Parameters
    ----------
    parameters : DataFrame
        The table ``parameters`` of a fit: columns parameter, distance, verdict, low, high,
        prior_q05 to prior_q95 and posterior_q05 to posterior_q95.
    caption : Caption
    """
    rows = []
    ordered = parameters.sort_values("distance", ascending=False, kind="stable")
    for one in ordered.to_dict("records"):
        length = (one["high"] - one["low"]) or 1.0
        at = {
            name: float((one[name] - one["low"]) / length)
            for name in (
                *("prior_q05", "prior_q50", "prior_q95"),
                *(f"posterior_{level}" for level in ("q05", "q25", "q50", "q75", "q95")),
            )
        }
        shape, filled = VERDICTS[one["verdict"]]
        size = 9.0 if shape == "|" else 5.0
        rows.append(
            Row(
                label=words(one["parameter"]),
                tag=f"{one['low']:g} to {one['high']:g}".replace("-", "\u2212"),
                note=one["verdict"],
                strong=one["verdict"] == "moved",
                spans=(
                    Span(at["prior_q05"], at["prior_q95"], PRIOR, 9.0, "prior 90"),
                    Span(at["posterior_q05"], at["posterior_q95"], POSTERIOR, 1.4, "posterior 90"),
                    Span(at["posterior_q25"], at["posterior_q75"], POSTERIOR, 5.0, "posterior 50"),
                ),
                marks=(
                    Mark(at["prior_q50"], FAINT, "prior median", "|", size=9.0),
                    Mark(at["posterior_q50"], INK, "posterior median", shape, filled, size),
                ),
            )
        )
    counts = parameters["verdict"].value_counts()
    told = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    axis = Axis(0.0, 1.0, "place within the range of the prior",
                at=(0.0, 0.5, 1.0), named=("lower end", "middle", "upper end"))  # fmt: skip
    reading = (
        "Light bar: middle 90% of the prior; grey stroke: its median. Dark: posterior, thin line 5 "
        "to 95%, thick line 25 to 75%. Mark: its median, filled where the data moved the "
        f"parameter, hollow where hardly, a stroke where not ({told}). Numbers: the range."
    )
    legend = [
        Scenario("prior", "Prior", PRIOR, "solid"),
        Scenario("posterior", "Posterior", POSTERIOR, "solid"),
    ]
    return draw([Panel("", tuple(rows), axis)], caption, reading, legend=legend, row=0.215)


def pairs(
    draws: pd.DataFrame, parameters: pd.DataFrame, caption: Caption, most: int = MOST_PAIRS
) -> Figure:
    """The posterior of the parameters that moved most, two by two.

    Parameters
    ----------
    draws : DataFrame
        A column a parameter, a row a draw.
    parameters : DataFrame
        Columns parameter and distance.
    caption : Caption
    most : int
        Parameters shown.

    Raises
    ------
    InputError
        If there are fewer than two parameters.
    """
    ordered = parameters.sort_values("distance", ascending=False, kind="stable")["parameter"]
    names = [name for name in ordered if name in draws.columns][:most]
    if len(names) < 2:
        raise InputError(f"a picture of pairs needs two parameters or more; found {len(names)}")
    correlation = draws[names].corr(method="spearman").to_numpy()
    left, below, gap = 0.62, 0.3, 0.1
    side = (WIDTH - 2 * MARGIN - left) / len(names)
    headings = {name: wrap(words(name), side - 0.04, NOTE, "bold") for name in names}
    above = max(map(len, headings.values())) * NOTE * LINE + 0.12
    reading = (
        f"Lines: regions that hold {REGIONS[0]:.0%} (dark) and {REGIONS[1]:.0%} (light) of the "
        "draws; dots: single draws. On the diagonal: the density of each parameter. Numbers: rank "
        f"correlation of the draws (Spearman), in bold from {STRONG:g}."
    )
    sheet = Sheet(caption, reading, side * len(names) + below + above)
    limits = {name: padded(float(draws[name].min()), float(draws[name].max())) for name in names}
    for row, vertical in enumerate(names):
        for column, horizontal in enumerate(names):
            cell = Cell(
                left=left + column * side + gap / 2,
                bottom=below + (len(names) - 1 - row) * side + gap / 2,
                width=side - gap,
                height=side - gap,
            )
            if row == 0:
                for place, line in enumerate(reversed(headings[horizontal])):
                    sheet.write(
                        cell.left + cell.width / 2,
                        cell.bottom + cell.height + 0.08 + place * NOTE * LINE,
                        line, NOTE, ha="center", va="bottom", weight="bold", color=INK,
                    )  # fmt: skip
            if column > row:
                value = round(float(correlation[row, column]), 2)
                sheet.write(
                    cell.left + cell.width / 2, cell.bottom + cell.height / 2,
                    f"{value:+.2f}".replace("-", "\u2212"), TICK,
                    ha="center", va="center", color=INK if abs(value) >= STRONG else FAINT,
                    weight="bold" if abs(value) >= STRONG else "normal",
                )  # fmt: skip
                continue
            axes = sheet.axes(cell)
            dress(axes)
            axes.set_xlim(*limits[horizontal])
            axes.set_yticks([])
            values, labels = ticks(*limits[horizontal], most=4, width=cell.width)
            axes.set_xticks(values, labels=labels if row == len(names) - 1 else [])
            if column == row:
                _density(axes, draws[horizontal].to_numpy(dtype=float))
                continue
            axes.set_ylim(*limits[vertical])
            _contours(axes, draws[horizontal].to_numpy(float), draws[vertical].to_numpy(float))
            if column == 0:
                values, labels = ticks(*limits[vertical], most=4)
                axes.set_yticks(values, labels=labels)
                axes.tick_params(axis="y", length=2)
    return sheet.figure


def _density(axes: Any, values: np.ndarray) -> None:
    found = density.along(values)
    if found is not None:
        places, heights = found
        axes.fill_between(places, heights, color=OUTER, linewidth=0)
        axes.plot(places, heights, color=POSTERIOR, linewidth=1.2, gid="density")
        axes.set_ylim(0, 1.1 * float(heights.max()))


def _contours(axes: Any, x: np.ndarray, y: np.ndarray) -> None:
    shown = slice(None, None, max(1, len(x) // 400))
    axes.plot(x[shown], y[shown], ".", color=FAINT, markersize=1.4, alpha=0.5, gid="draws")
    plane = density.over(x, y, REGIONS)
    if plane is not None:
        inner, outer = plane.levels
        axes.contour(
            plane.x, plane.y, plane.height, levels=[outer, inner] if outer < inner else [outer],
            colors=[INNER, POSTERIOR], linewidths=1.3,
        )  # fmt: skip


def predictive(targets: pd.DataFrame, labels: Labels, caption: Caption) -> Figure:
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
    return draw(panels, caption, reading, columns=2 if widest < 1.3 and len(panels) > 1 else 1)


_STANDARD = Axis(
    -FAR,
    FAR,
    "standard deviations from the median",
    lines=(0.0,),
    at=(-4.0, -2.0, 0.0, 2.0, 4.0),
    named=("\u22124", "\u22122", "0", "2", "4"),
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


def waves(table: pd.DataFrame, targets: pd.DataFrame, labels: Labels, caption: Caption) -> Figure:
    """How close the simulations of each wave of history matching came to each moment.

    Parameters
    ----------
    table : DataFrame
        The table ``waves`` of a fit: columns wave, moment, least, best, reached and share_left.
    targets : DataFrame
        Columns moment and group.
    labels : Labels
    caption : Caption
    """
    groups = targets.set_index("moment")["group"]
    known = table.assign(group=table["moment"].map(groups))
    order = list(dict.fromkeys(targets["group"]))
    axis = Axis(
        0.0,
        2 * CUT,
        "implausibility: distance from the observed value [standard deviations]",
        lines=(CUT,),
        bands=((CUT, 2 * CUT, BAND),),
    )
    panels, missed = [], []
    for wave, part in known.groupby("wave"):
        share = float(part["share_left"].iloc[0])
        left = f"{100 * share:.3g}%" if share > 0 else "nothing"
        rows = []
        for group in order:
            own = part[part["group"] == group]
            if own.empty:
                continue
            unreached = int((~own["reached"].astype(bool)).sum())
            marks = [
                Mark(
                    float(one["least"]), OUTSIDE if not one["reached"] else POSTERIOR,
                    "least", "o" if one["reached"] else "D", bool(not one["reached"]), size=4.5,
                )
                for one in own.to_dict("records")
            ]  # fmt: skip
            note = f"{len(own)} moments, {unreached} out of reach"
            rows.append(Row(sentence(str(group)), marks=tuple(marks), note=note))
        heading = f"Wave {wave}: {left} of the prior is left"
        panels.append(Panel(heading, tuple(rows), axis))
        missed = [one["moment"] for one in part.to_dict("records") if not one["reached"]]
    named = "; ".join(labels.of_target(name) for name in missed[:NAMED])
    more = f"; and {len(missed) - NAMED} more" if len(missed) > NAMED else ""
    out = f" Out of reach in the last wave: {named}{more}." if missed else ""
    reading = (
        "Circle: a moment, at the distance of the parameter vector that comes closest to it. "
        f"Diamond: no vector comes within {CUT:g} standard deviations (shaded). Arrow: beyond the "
        f"axis.{out}"
    )
    return draw(panels, caption, reading, row=0.26)


def recovery(table: pd.DataFrame, caption: Caption, fits: int = FITS) -> Figure:
    """How often the intervals of each parameter held the truth, in fits to made-up records.

    Parameters
    ----------
    table : DataFrame
        The table ``recovery`` of a fit: columns parameter, coverage_50, coverage_80, coverage_90,
        correlation and passed.
    caption : Caption
    fits : int
        Made-up records fitted.
    """
    rows = [
        Row(
            label=words(one["parameter"]),
            marks=tuple(
                Mark(float(one[f"coverage_{level}"]), LEVELS[level], f"coverage {level}",
                     SHAPES[level], size=5.0)
                for level in LEVELS
            ),
            note="passed" if one["passed"] else "not passed",
            strong=not one["passed"],
        )
        for one in table.sort_values("correlation", ascending=False).to_dict("records")
    ]  # fmt: skip
    lowest = float(table[[f"coverage_{level}" for level in LEVELS]].min().min())
    axis = Axis(
        max(0.0, min(0.3, np.floor(10 * lowest - 0.5) / 10)),
        1.0,
        "share of the fits whose interval holds the truth",
        lines=tuple(int(level) / 100 for level in LEVELS),
        bands=((LEAST, MOST, BAND),),
    )
    two = ", ".join(
        f"{level}%: {2 * np.sqrt(p * (1 - p) / fits):.2f}"
        for level, p in ((level, int(level) / 100) for level in LEVELS)
    )
    reading = (
        f"Triangle, square, dot: share of {fits} made-up records whose true parameter lay in the "
        "middle 50, 80 and 90% of its posterior; lines: what it should be, and chance alone moves "
        f"it by up to two standard errors ({two}). Shaded: {LEAST:.0%} to {MOST:.0%}, which the "
        "dot has to lie in. Parameters that the record tells most of stand first."
    )
    return draw([Panel("", tuple(rows), axis)], caption, reading)
