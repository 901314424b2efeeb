"""Empirical distribution functions: the share of runs at or below each value of an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.analysis.monte_carlo import draws_of
from sim.core.errors import InputError
from sim.picture.alternative import ranges, told
from sim.picture.batch.samples import (
    STANDARD,
    at_suffix,
    check_samples,
    is_count,
    samples_at,
    shown_ranges,
    spread,
)
from sim.picture.batch.subject import Subject, file_name
from sim.picture.batch.tables import QUANTILES
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import panel_limits, rounded, ticks
from sim.picture.sheet import Cell, Sheet, actor_lines, grid
from sim.picture.style import (
    FAINT,
    LABEL,
    MARGIN,
    NOTE,
    RULE,
    TICK,
    WIDTH,
    Actor,
    Caption,
    Scenario,
    dress,
    percent,
    readable,
)
from sim.picture.words import LINE, text_width

PAGE = 6  # most panels of a page
CONFIDENCE = 0.95  # of the band around the curve
BANDS = 2  # with more scenarios than this, only the first has a band
STEPS = 500  # most steps drawn of a curve
GUTTER = 0.56  # room for the labels of the vertical axis [inches]
ROW = NOTE * LINE  # height of a row of the table of quantiles [inches]


def pages(subject: Subject, request: Request) -> Iterator[Page]:
    """Distribution functions of the outcomes asked for, at the end or at a quarter; see `Page`."""
    apart = independent(subject)
    for chosen in subject.choose(request.outcome or STANDARD):
        samples, when = samples_at(subject, chosen)
        drawn = table(samples, apart)
        shown = f"{subject.label(chosen)} in {when}"
        name = f"cumulative_{file_name(chosen)}{at_suffix(subject, when)}"
        for ending, panels, note in subject.pages(chosen, drawn, ["value"], PAGE):
            caption = subject.caption(shown, subject.meaning(chosen), note)
            own = drawn[drawn["panel"].isin([panel.code for panel in panels])]
            numbers = ranges(spread(own), panels, subject.scenarios, ("q05", "q50", "q95"))
            yield Page(
                f"{name}{ending}",
                own,
                caption,
                "Share of runs at or below each value. Median, with the middle 90 percent of runs. "
                + numbers,
                partial(draw, own, panels, subject.scenarios, QUANTILES, caption),
            )


def independent(subject: Subject) -> bool:
    """Whether the runs of each scenario are independent of each other: none share parameters."""
    runs = subject.result.runs([])
    for name in subject.names:
        numbers = runs.loc[runs["scenario"] == name, "run"].to_numpy()
        draws = draws_of(subject.manifest, numbers)
        if len(np.unique(draws)) < len(numbers):
            return False
    return True


def table(samples: pd.DataFrame, independent: bool = True) -> pd.DataFrame:
    """The empirical distribution function of each scenario and panel.

    Parameters
    ----------
    samples : DataFrame
        Columns ``scenario``, ``panel`` and ``value``: one row a run.
    independent : bool
        Whether the runs are; otherwise there is no band.

    Returns
    -------
    DataFrame
        One row a run, by value: ``scenario``, ``panel``, ``value``, ``share`` (of the runs at or
        below it), and ``low`` and ``high``, the ends of a band that holds the whole distribution
        function with a confidence of 95 percent; missing where runs are not independent.

    Source
    ------
    Band: Dvoretzky, Kiefer and Wolfowitz (1956), Annals of Mathematical Statistics 27, with the
    constant of Massart (1990), Annals of Probability 18.
    """
    rows = samples.dropna(subset="value").sort_values(
        ["scenario", "panel", "value"], ignore_index=True
    )
    groups = rows.groupby(["scenario", "panel"], sort=False)["value"]
    number = groups.transform("size").astype(float)
    share = groups.rank(method="max") / number
    half = np.sqrt(np.log(2 / (1 - CONFIDENCE)) / (2 * number)) if independent else np.nan
    return rows.assign(
        share=share, low=(share - half).clip(lower=0.0), high=(share + half).clip(upper=1.0)
    )


def draw(
    table: pd.DataFrame,
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
    quantiles: Sequence[float],
    caption: Caption,
) -> Figure:
    """Small multiples, one panel an actor: a curve a scenario, and its quantiles in numbers.

    Parameters
    ----------
    table : DataFrame
        As from `table`.
    panels, scenarios : sequence
        What to draw, in order.
    quantiles : sequence of float
        Those told in numbers.
    caption : Caption
        Title, meaning and unit, source, number of runs, seed.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If a column is missing.
    """
    for name in ("share", "low", "high"):
        if name not in table.columns:
            raise InputError(f"a distribution function needs a column {name}; found none")
    table = check_samples(table)
    rows = {
        (actor.code, scenario.name): table[
            (table["panel"] == actor.code) & (table["scenario"] == scenario.name)
        ]
        for actor in panels
        for scenario in scenarios
    }
    samples = {key: own["value"].to_numpy(dtype=float) for key, own in rows.items()}
    own_units = any(actor.unit for actor in panels)
    limits, remark = panel_limits(shown_ranges(samples, panels, scenarios), own_units)
    banded = bool(table["low"].notna().any())

    columns = min(2, len(panels))
    width = WIDTH - 2 * MARGIN
    lines = max(len(actor_lines(panel, width / columns - 0.1)) for panel in panels)
    cells, body = grid(
        len(panels), columns, width,
        panel=2.2 if len(panels) == 1 else 1.25, above=lines * LABEL * LINE + 0.14,
        below=TICK * LINE + 0.2 + (len(scenarios) + 1) * ROW + 0.14, left=GUTTER, right=0.14,
    )  # fmt: skip
    sheet = Sheet(caption, f"{reading(scenarios, banded)} {remark}".strip(), body, scenarios)
    for actor, cell in zip(panels, cells, strict=True):
        axes = sheet.axes(cell)
        sheet.head(cell, actor, left=0.08 - GUTTER)
        for place, scenario in enumerate(scenarios):
            own = rows[actor.code, scenario.name]
            if len(own):
                band = len(scenarios) <= BANDS or place == 0
                _curve(axes, own, scenario, limits[actor.code], band)
        _scale(axes, cell, limits[actor.code])
        of_panel = {one.name: samples[actor.code, one.name] for one in scenarios}
        _numbers(sheet, cell, of_panel, scenarios, quantiles, limits[actor.code])
    return sheet.figure


def reading(scenarios: Sequence[Scenario], banded: bool) -> str:
    """What curves, bands and numbers stand for."""
    words = "Steps: share of runs at or below each value. "
    if banded:
        which = " of the first scenario" if len(scenarios) > BANDS else ""
        words += (
            f"Band{which}: holds the whole curve of endlessly many runs with {percent(CONFIDENCE)} "
            "confidence (Dvoretzky, Kiefer and Wolfowitz). "
        )
    else:
        words += "No band: some runs share their parameters, so that they are not independent. "
    return words + "Numbers: quantiles over runs."


def _curve(
    axes: Any, rows: pd.DataFrame, scenario: Scenario, limits: tuple[float, float], band: bool
) -> None:
    """A step up at each value, from the left end of the axis to its right end."""
    last = rows.groupby("value", sort=True).tail(1)  # ties make one step
    kept = np.unique(np.linspace(0, len(last) - 1, min(STEPS, len(last))).round().astype(int))
    last = last.iloc[kept]
    values = last["value"].to_numpy(dtype=float)
    ends = (min(limits[0], values[0]), max(limits[1], values[-1]))
    x = np.concatenate([[ends[0]], values, [ends[1]]])

    def stepped(name: str, first: float) -> NDArray[np.float64]:
        heights = last[name].to_numpy(dtype=float)
        return 100 * np.concatenate([[first], heights, heights[-1:]])

    if band and last["low"].notna().all():
        half = float((rows["share"] - rows["low"]).max())  # the other end is cut off at one
        axes.fill_between(
            x, stepped("low", 0.0), stepped("high", half), step="post", color=scenario.colour,
            alpha=0.16, linewidth=0, gid=f"band {scenario.name}",
        )  # fmt: skip
    axes.step(
        x, stepped("share", 0.0), where="post", color=scenario.colour, linestyle=scenario.line,
        linewidth=1.6, gid=f"curve {scenario.name}",
    )  # fmt: skip


def _scale(axes: Any, cell: Cell, limits: tuple[float, float]) -> None:
    dress(axes)
    values, labels = ticks(*limits, most=6, width=cell.width)
    axes.set_xticks(values, labels=labels)
    axes.set_yticks([0, 25, 50, 75, 100], labels=["0%", "", "50%", "", "100%"])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_xlim(*limits)
    axes.set_ylim(0, 102)


def _numbers(
    sheet: Sheet,
    cell: Cell,
    samples: Mapping[str, NDArray[np.float64]],
    scenarios: Sequence[Scenario],
    quantiles: Sequence[float],
    limits: tuple[float, float],
) -> None:
    """Quantiles in numbers below a panel: a row a scenario."""
    left, right = cell.left - 0.08, cell.left + cell.width + 0.06
    step = (right - left) / len(quantiles)
    top = cell.bottom - TICK * LINE - 0.18
    for place, quantile in enumerate(quantiles):
        sheet.write(
            left + (place + 1) * step,
            top,
            percent(quantile),
            NOTE,
            color=FAINT,
            ha="right",
            va="top",
        )
    for line, scenario in enumerate(scenarios, start=1):
        middle = top - (line + 0.5) * ROW
        start = left - GUTTER + 0.16
        sheet.line((start, middle), (start + 0.3, middle), scenario.colour, scenario.line)
        sample = samples[scenario.name]
        if not len(sample):
            sheet.write(left + step, middle, "left out", NOTE, color=FAINT, va="center_baseline",
                        ha="right")  # fmt: skip
            continue
        counted = is_count(sample)
        for place, value in enumerate(np.quantile(sample, quantiles)):
            words = f"{value:g}" if counted else rounded(float(value), (limits[1] - limits[0]) / 10)
            if text_width(words, NOTE) > step - 0.04:
                words = told(float(value))
            sheet.write(
                left + (place + 1) * step, middle, words, NOTE,
                color=readable(scenario.colour), ha="right", va="center_baseline",
            )  # fmt: skip
