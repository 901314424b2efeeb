"""Outcomes of all runs at one time, as pictures of distributions draw them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.core import quarters
from sim.core.errors import InputError
from sim.picture.alternative import ranges
from sim.picture.batch import tables
from sim.picture.batch.choice import Chosen
from sim.picture.batch.subject import Subject, file_name
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.scale import rounded
from sim.picture.style import Actor, Scenario

STANDARD = ("autonomy",)  # drawn where no outcome is asked for
COUNTED = 25  # up to so many whole values are shown as bars


def sample_pages(
    subject: Subject, request: Request, name: str, words: str, draw: Callable[..., Figure]
) -> Iterator[Page]:
    """Pages of a figure that draws each run's value, at the end or at a quarter.

    Parameters
    ----------
    subject : Subject
    request : Request
        Its outcomes; default: `STANDARD`.
    name : str
        Of the figure; files' names begin with it.
    words : str
        What is drawn, for those who cannot see it.
    draw : callable
        Takes table, panels, scenarios, quantiles and caption.
    """
    for chosen in subject.choose(request.outcome or STANDARD):
        table, when = samples_at(subject, chosen)
        shown = f"{subject.label(chosen)} in {when}"
        file = f"{name}_{file_name(chosen)}{at_suffix(subject, when)}"
        for ending, panels, note in subject.pages(chosen, table, ["value"]):
            caption = subject.caption(shown, subject.meaning(chosen), note)
            drawn = table[table["panel"].isin([panel.code for panel in panels])]
            told = ranges(spread(drawn), panels, subject.scenarios, ("q05", "q50", "q95"))
            yield Page(
                f"{file}{ending}",
                drawn,
                caption,
                f"{words} of runs. Median, with the middle 90 percent of runs. {told}",
                partial(draw, drawn, panels, subject.scenarios, tables.QUANTILES, caption),
            )


def samples_at(subject: Subject, chosen: Chosen) -> tuple[pd.DataFrame, str]:
    """Values of an outcome, one row a run, scenario and panel, and when they are of, in words.

    Parameters
    ----------
    subject : Subject
        Its request may name a quarter; default: the last one of each scenario.
    chosen : Chosen
        Outcome and panels.

    Returns
    -------
    table : DataFrame
        Columns ``scenario``, ``panel`` and ``value``.
    when : str

    Raises
    ------
    InputError
        If the quarter is outside the horizon, or the outcome was not kept by quarter.
    """
    if not subject.request.at or quarters.name(subject.quarter()) == subject.end:
        return tables.at_end(subject.result, subject.names, chosen), subject.end
    quarter = subject.quarter()
    return tables.at_quarter(subject.result, subject.names, chosen, quarter), quarters.name(quarter)


def at_suffix(subject: Subject, when: str) -> str:
    """The part of a file's name that tells the quarter, where it is not the last."""
    return "" if when == subject.end else f"_{when}"


def check_samples(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a value.

    Raises
    ------
    InputError
        If a column is missing.
    """
    for name in ("scenario", "panel", "value"):
        if name not in table.columns:
            raise InputError(f"a picture of distributions needs a column {name}; found none")
    return table[np.isfinite(table["value"])]


def spread(table: pd.DataFrame) -> pd.DataFrame:
    """Quantiles 0.05, 0.5 and 0.95 over the runs of each scenario and panel.

    Parameters
    ----------
    table : DataFrame
        Columns ``scenario``, ``panel`` and ``value``: one row a run.
    """
    values = table.groupby(["scenario", "panel"], sort=False)["value"]
    named = {"q05": 0.05, "q50": 0.5, "q95": 0.95}
    return pd.DataFrame({name: values.quantile(at) for name, at in named.items()}).reset_index()


def samples_of(
    table: pd.DataFrame, panels: Sequence[Actor], scenarios: Sequence[Scenario]
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Values by panel's code and scenario's name, one a run."""
    return {
        (actor.code, scenario.name): table.loc[
            (table["panel"] == actor.code) & (table["scenario"] == scenario.name), "value"
        ].to_numpy(dtype=float)
        for actor in panels
        for scenario in scenarios
    }


def median_words(sample: NDArray[np.float64], limits: tuple[float, float]) -> str:
    """The median as it is written beside a distribution."""
    median = float(np.median(sample))
    return f"{median:g}" if is_count(sample) else rounded(median, limits[1] - limits[0])


def shown_ranges(
    samples: Mapping[tuple[str, str], NDArray[np.float64]],
    panels: Sequence[Actor],
    scenarios: Sequence[Scenario],
    quantiles: Sequence[float] = (0.5,),
) -> dict[str, tuple[float, float]]:
    """Per panel a range that holds the outer bars and all but the farthest runs."""
    far = min(quantiles[0], 0.005)
    ranges = {}
    for actor in panels:
        own = [samples[actor.code, scenario.name] for scenario in scenarios]
        present = [sample for sample in own if len(sample)]
        if not present:
            raise InputError(f"a picture of distributions needs runs; {actor.name} has none")
        ends = np.array([np.quantile(sample, [far, 1 - far]) for sample in present])
        bar = 0.5 if all(is_count(sample) for sample in present) else 0.0
        ranges[actor.code] = (float(ends[:, 0].min()) - bar, float(ends[:, 1].max()) + bar)
    return ranges


def is_count(sample: NDArray[np.float64]) -> bool:
    """Whether a sample is of few whole numbers, which a smooth curve would misrepresent."""
    whole = np.unique(sample)
    return len(whole) <= COUNTED and bool(np.all(whole == np.round(whole)))
