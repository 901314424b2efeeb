"""Response curves of a sweep: the mean of an outcome along each factor, with bands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.experiment.sweep_result import Sweep
from sim.picture.alternative import joined, told
from sim.picture.multiples import GUTTER, Heading, columns_for, multiples, scale_values
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import padded, same, ticks
from sim.picture.sheet import Cell
from sim.picture.style import FONT, INK, MARGIN, TICK, WIDTH, Caption, Scenario
from sim.picture.sweep.bins import Bins, make_bins, means
from sim.picture.sweep.subject import CENTRED, Rows, Subject
from sim.picture.words import shorten, text_width

STANDARD, MOST = 6, 12  # factors drawn where none is named; most that may be named
BANDS = 2  # with more scenarios than this, the band of runs is left out
_FILL = 15  # groups of rows wanted in a bin
_BINS = (2, 12)
_COLUMNS = ("scenario", "factor", "at", "mean", "low", "high", "q05", "q95")


def pages(sweep: Sweep, request: Request) -> Iterator[Page]:
    """Response curves of each outcome, a panel a factor."""
    subject = Subject(sweep, request)
    for column in subject.columns:
        several = subject.rows(column)
        named = subject.named(column, 0 if request.factor else STANDARD, MOST)
        if not named:
            continue
        bins = {name: _bins(subject, several, name) for name in named}
        found = table(subject, column, bins)
        yield _page(subject, column, bins, found)


def _bins(subject: Subject, several: Sequence[tuple[Scenario, Rows]], name: str) -> Bins:
    values = pd.concat([rows.values[name] for _, rows in several], ignore_index=True)
    fewest = min(len(np.unique(rows.group)) for _, rows in several)
    wanted = int(np.clip(fewest // _FILL, *_BINS))
    order = () if subject.ordered(name) else subject.levels(name)
    return make_bins(subject.factors[name], values, order, wanted)


def table(subject: Subject, column: str, bins: Mapping[str, Bins]) -> pd.DataFrame:
    """The points of response curves.

    Returns
    -------
    DataFrame
        A line a factor, scenario and bin that has rows: scenario, factor, explains (share of the
        variance of row means that the factor explains alone, of all scenarios; missing where rows
        leave a centre one at a time), bin (in words), at
        (mean value of the factor in the bin, quarters as 4 * year + quarter - 1; of names their
        place from 0), mean, low, high, q05, q95, rows and groups as `means` gives them, and
        standing (what the scenario itself has, in the same terms; missing where it has nothing).
    """
    crossed = subject.crossed
    explains = subject.ranked(column)
    if subject.sweep.mode == CENTRED:  # shares would be those of the design alone
        explains = explains * np.nan
    parts = []
    for name, own in bins.items():
        standing = subject.standing(name)
        for scenario, rows in subject.rows(column):
            chosen = subject.centred(rows, name)
            places = own.of(chosen.values[name])
            made = means(chosen, places, own.number, crossed)
            if own.ordered:
                value = pd.Series(chosen.values[name].to_numpy(float))
                made["at"] = value.groupby(places).mean().reindex(range(own.number)).to_numpy()
            else:
                made["at"] = np.arange(own.number, dtype=float)
            made["bin"] = [own.words(place) for place in range(own.number)]
            has = standing.get(scenario.name, np.nan)
            if isinstance(has, str):
                has = float(own.names.index(has)) if has in own.names else np.nan
            made = made.assign(
                scenario=scenario.name, factor=name, explains=float(explains[name]), standing=has
            )
            parts.append(made[made["rows"] > 0])
    columns = ["scenario", "factor", "explains", "bin", "at", "mean", "low", "high", "q05", "q95",
               "rows", "groups", "standing"]  # fmt: skip
    return pd.concat(parts, ignore_index=True)[columns]


def _page(subject: Subject, column: str, bins: Mapping[str, Bins], found: pd.DataFrame) -> Page:
    scenarios = [one for one, _ in subject.rows(column)]
    spoken = subject.spoken(column)
    number = len(bins)
    more = len(subject.factors) - number
    which = f"{number} of {len(subject.factors)} factors" if more else "each factor"
    if more and not subject.request.factor:
        which = f"the {number} factors of {len(subject.factors)} that explain most"
    caption = subject.caption(
        column, f"How does {spoken} change with what is assumed?",
        f"Mean along {which}, {subject.when}",
    )  # fmt: skip
    reading = _reading(subject, scenarios, bool(found["standing"].notna().any()))
    return Page(
        f"response_{column}",
        found,
        caption,
        _alternative(found, scenarios, spoken, subject.sweep.unit(column)),
        partial(draw, found, bins, scenarios, caption, reading),
    )


def _reading(subject: Subject, scenarios: Sequence[Scenario], standing: bool) -> str:
    single = subject.at == "end"
    several = len(scenarios) > 1
    colour = " of each scenario" if several else ""
    if subject.sweep.mode == CENTRED:
        over = "rows in which this factor alone leaves the centre"
    elif subject.crossed:
        over = "all rows with that value of the factor"
    else:
        over = "rows with about the same value of the factor, whatever the others are"
    parts = [f"Line or dot: mean{colour} over {over}."]
    parts.append("Dark band or thick bar: 90% interval of the mean.")
    if len(scenarios) <= BANDS:
        light = "Light band, or between thin edges," if several else "Light band or thin bar"
        parts.append(f"{light}: middle 90% of {'runs' if single else 'row means'}.")
    if standing:
        parts.append("Dotted: what the scenario itself has.")
    if not single or subject.sweep.manifest["runs"] == 1:
        parts.append("Intervals leave out the chance of runs.")
    else:
        parts.append(
            "Runs have the same draws in all rows: differences along a line are surer than the "
            "dark band."
        )
    if subject.sweep.mode != CENTRED:
        parts.append("Explains: share of the variance of row means that the factor carries alone.")
    parts.append("All panels have one scale.")
    return " ".join(parts).replace(",:", ":")


def _alternative(found: pd.DataFrame, scenarios: Sequence[Scenario], spoken: str, unit: str) -> str:
    first = scenarios[0]
    own = found[found["scenario"] == first.name]
    parts = []
    for name, points in own.groupby("factor", sort=False):
        ends = points.iloc[[0, -1]].to_dict("records")
        parts.append(
            f"{in_words(str(name))} from {ends[0]['bin']} to {ends[1]['bin']}: "
            f"{told(ends[0]['mean'])} to {told(ends[1]['mean'])}"
        )
    which = f" in {first.short}" if len(scenarios) > 1 else ""
    return f"Response curves. Mean of {spoken} [{unit}]{which}, by factor: {joined(parts)}"


def draw(
    table: pd.DataFrame,
    bins: Mapping[str, Bins],
    scenarios: Sequence[Scenario],
    caption: Caption,
    reading: str,
) -> Figure:
    """Small multiples, one panel a factor, all with one scale upwards.

    Parameters
    ----------
    table : DataFrame
        Columns scenario, factor, at, mean, low, high, q05, q95, explains and standing.
    bins : mapping of str to Bins
        Of each factor.
    scenarios : sequence of Scenario
    caption : Caption
    reading : str
        What lines and bands stand for.

    Raises
    ------
    InputError
        If columns are missing, or there is no factor.
    """
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise InputError(f"response curves need a column {missing[0]}; the table has none")
    if table.empty:
        raise InputError("response curves need a factor with a row; found none")
    headings = []
    for name, rows in table.groupby("factor", sort=False):
        unit = bins[str(name)].factor.unit
        share = float(rows["explains"].iloc[0])
        told_of = [f"explains {100 * share:.0f}%"] if np.isfinite(share) else []
        beside = "; ".join([*told_of, *([unit] if unit else [])])
        headings.append(Heading(in_words(str(name)), beside))
    legend = scenarios if len(scenarios) > 1 else ()
    width = (WIDTH - 2 * MARGIN) / columns_for(len(headings)) - GUTTER - 0.08
    room = max(_below(one, width) for one in bins.values())
    sheet, panels = multiples(caption, reading, headings, room, legend)
    shown = ["mean", "low", "high", *(("q05", "q95") if len(scenarios) <= BANDS else ())]
    reach = table[shown].to_numpy(float)
    low, high = float(np.nanmin(reach)), float(np.nanmax(reach))
    for (name, rows), (axes, cell) in zip(table.groupby("factor", sort=False), panels, strict=True):
        own = bins[str(name)]
        for place, scenario in enumerate(scenarios):
            points = rows[rows["scenario"] == scenario.name].sort_values("at", kind="stable")
            if points.empty:
                continue
            # Dots and bars of several scenarios stand side by side.
            shift = 0.0 if own.ordered else 0.16 * (place - (len(scenarios) - 1) / 2)
            _curve(axes, points, scenario, own, shift, place, len(scenarios))
        _standing(axes, rows, scenarios)
        _across(axes, own, rows, cell)
        scale_values(axes, cell, low, high)
    return sheet.figure


def _curve(
    axes: Any,
    points: pd.DataFrame,
    scenario: Scenario,
    bins: Bins,
    shift: float,
    place: int,
    number: int,
) -> None:
    at = points["at"].to_numpy(float) + shift
    colour = scenario.colour
    edges = {name: points[name].to_numpy(float) for name in ("low", "high", "q05", "q95", "mean")}
    known = np.isfinite(edges["low"])
    if bins.ordered and len(points) > 1:
        if number <= BANDS and place == 0:
            axes.fill_between(at, edges["q05"], edges["q95"], color=colour, alpha=0.14,
                              linewidth=0, gid="runs 90")  # fmt: skip
        elif number <= BANDS:
            for name in ("q05", "q95"):
                axes.plot(at, edges[name], color=colour, linewidth=0.8, gid="runs 90")
        if place == 0:  # bands of several would mix to colours that belong to none
            axes.fill_between(at, edges["low"], edges["high"], where=known, color=colour,
                              alpha=0.38, linewidth=0, gid="mean 90")  # fmt: skip
        else:
            axes.vlines(at[known], edges["low"][known], edges["high"][known], color=colour,
                        linewidth=2.6, alpha=0.6, zorder=3)  # fmt: skip
        axes.plot(
            at, edges["mean"], color=colour, linestyle=scenario.line, linewidth=1.6,
            marker="o", markersize=2.6, zorder=4, gid=f"mean {scenario.name}",
        )  # fmt: skip
    else:
        if number <= BANDS:
            axes.vlines(at, edges["q05"], edges["q95"], color=colour, linewidth=1.1, alpha=0.7)
        axes.vlines(at[known], edges["low"][known], edges["high"][known], color=colour,
                    linewidth=4.0, alpha=0.7)  # fmt: skip
        axes.plot(
            at, edges["mean"], "o", color=colour, markersize=4.4, zorder=4,
            markeredgecolor="white", markeredgewidth=0.7, gid=f"mean {scenario.name}",
        )  # fmt: skip


def _standing(axes: Any, rows: pd.DataFrame, scenarios: Sequence[Scenario]) -> None:
    """What scenarios have themselves: one line where they agree."""
    values = rows.groupby("scenario", sort=False)["standing"].first()
    alike = values.nunique(dropna=False) == 1
    for scenario in scenarios[: 1 if alike else None]:
        value = float(values.get(scenario.name, np.nan))
        if np.isfinite(value):
            axes.axvline(value, color=INK if alike else scenario.colour, linewidth=1.0,
                         linestyle=(0, (1, 1.6)), zorder=1, gid="standing")  # fmt: skip


def _slanted(bins: Bins, width: float) -> bool:
    """Whether names need more room than stands under their dots."""
    return max(text_width(name, TICK) for name in bins.names) + 0.08 > width / len(bins.names)


def _below(bins: Bins, width: float) -> float:
    """Room for the words under a panel [inches]."""
    if bins.ordered or not _slanted(bins, width):
        return 0.32
    return min(max(text_width(name, TICK) for name in bins.names), 1.1) * 0.72 + 0.28


def _across(axes: Any, bins: Bins, rows: pd.DataFrame, cell: Cell) -> None:
    """Limits and ticks along the factor."""
    if not bins.ordered:
        slanted = _slanted(bins, cell.width)
        names = [shorten(name, 1.1, TICK) if slanted else name for name in bins.names]
        axes.set_xticks(range(len(names)), labels=[] if slanted else names)
        for place, name in enumerate(names if slanted else ()):
            axes.annotate(
                name, (place, 0.0), xycoords=("data", "axes fraction"), xytext=(3, -5),
                textcoords="offset points", rotation=45, rotation_mode="anchor", ha="right",
                va="top", fontsize=TICK, fontfamily=FONT, color=INK, annotation_clip=False,
            )  # fmt: skip
        axes.set_xlim(-0.5, len(names) - 0.5)
        return
    known = bins.levels or bins.edges
    low, high = float(min(known)), float(max(known))
    standing = rows["standing"].to_numpy(float)
    standing = standing[np.isfinite(standing)]
    if len(standing):
        low, high = min(low, standing.min()), max(high, standing.max())
    limits = padded(low, high)
    axes.set_xlim(*limits)
    if bins.factor.kind == "quarter":
        _quarters(axes, low, high, cell)
        return
    if same(low, high):
        axes.set_xticks([low], labels=[bins.factor.shown(low).replace("-", "\u2212")])
        return
    values, labels = ticks(*limits, most=5, width=cell.width)
    axes.set_xticks(values, labels=labels)


def _quarters(axes: Any, low: float, high: float, cell: Cell) -> None:
    """Whole years where there are two or more, else single quarters."""
    years = np.arange(np.ceil(low / 4), np.floor(high / 4) + 1)
    if len(years) > 1:
        years = years[:: max(1, -(-len(years) // max(2, int(cell.width / 0.5))))]
        axes.set_xticks(4 * years, labels=[f"{year:.0f}" for year in years])
        return
    at = np.unique([low, high])
    axes.set_xticks(at, labels=[quarters.name(int(one)) for one in at])
