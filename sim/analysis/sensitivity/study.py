"""The sensitivity of a stored sweep: which estimator suits it, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sim.analysis.card import study_card
from sim.analysis.sensitivity.estimates import estimated
from sim.analysis.sensitivity.methods import (
    GIVEN,
    INDEX,
    METHODS,
    MORRIS,
    ONE,
    POINTS,
    SOBOL,
)
from sim.analysis.sensitivity.over_time import over_time as by_quarter
from sim.analysis.sensitivity.sample import Inputs, outputs
from sim.analysis.sensitivity.usable import related, usable
from sim.experiment.design import DUMMY
from sim.experiment.reading import check_scenario, usual_outcomes
from sim.experiment.sweep_result import Sweep

__all__ = [
    "GIVEN",
    "INDEX",
    "METHODS",
    "MORRIS",
    "ONE",
    "POINTS",
    "SOBOL",
    "Study",
    "leading",
    "sensitivity",
    "study",
]


@dataclass(frozen=True)
class Study:
    """The sensitivity of outcomes to factors.

    Attributes
    ----------
    method : str
        ``sobol``, ``morris``, ``one_at_a_time`` or ``given data``.
    table : DataFrame
        A row a scenario, outcome and factor, see `sensitivity`.
    outcomes : DataFrame
        A row a scenario and outcome: scenario, outcome, at, unit, mean; points (base points,
        trajectories or rows) and left_out (those not finished); runs a row; of_means (variance of
        row means); inputs, chance, together (components of the variance of a single run) and noise
        (share of `of_means` that is interaction with chance); widest (interval of an index),
        ranking (how unsettled it is) and settled.
    over_time : DataFrame
        scenario, outcome, quarter, factor; first and total, or mu_star for ``morris``, with their
        intervals; of_means, within (mean variance over the runs of a row), unit. Empty for
        ``one_at_a_time``, or where no quarters were kept.
    convergence : DataFrame
        scenario, outcome, points, factor, index (which one), value, low, high.
    notes : list of str
        What a reader has to know about the sample.
    """

    method: str
    table: pd.DataFrame
    outcomes: pd.DataFrame
    over_time: pd.DataFrame
    convergence: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"Study({self.method}; rows: {len(self.table)}; outcomes: {len(self.outcomes)})"

    def _repr_html_(self) -> str:
        return study_card(self)


def leading(table: pd.DataFrame, most: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the factors that move an outcome most, and those of the others.

    Parameters
    ----------
    table : DataFrame
        Of one outcome, sorted from the factor that moves it most to the one that does least.
    most : int
        Factors in the first part; the dummy, if there is one, is added to them.
    """
    names = [name for name in dict.fromkeys(table["factor"]) if name != DUMMY]
    chosen = table["factor"].isin([*names[:most], DUMMY])
    return table[chosen], table[~chosen]


def sensitivity(
    sweep: Sweep,
    outcomes: Sequence[str] | None = None,
    at: str = "end",
    scenario: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """How much each factor of a sweep moves outcomes.

    Parameters
    ----------
    sweep : Sweep
        What can be said depends on its mode: ``saltelli`` gives Sobol indices, ``morris``
        elementary effects, ``one_at_a_time`` differences from the centre, and any other mode
        first-order indices by bins.
    outcomes : sequence of str, optional
        Outcomes or columns; default: those that the design names, else the headline ones of
        countries and of the region.
    at : str
        ``"end"`` (the last quarter, where cumulative outcomes are totals) or a quarter, as
        ``"2030Q4"``.
    scenario : str, optional
        Default: each of the sweep's.
    seed : int
        Of the resampling.

    Returns
    -------
    DataFrame
        scenario, outcome, at, factor, and by method:

        Sobol and given data: first, first_low, first_high, total, total_low, total_high (shares of
        the variance of row means, with intervals of 90 percent; no total from given data), noise
        (part of the total index that comes from the finite number of runs), floor, told_apart
        (whether the interval lies above the floor), variance (of row means). Indices are not
        numbers where an outcome is the same in all rows.

        Morris: mu, mu_star with intervals, sigma, in the outcome's unit; floor, told_apart,
        variance.

        One at a time: value, effect, effect_low, effect_high (mean difference from the centre,
        paired by run, with its Monte-Carlo interval), swing (of the factor: largest less smallest
        effect, nought included), told_apart (whether the interval leaves out nought), centre (mean
        outcome there).

        Last, unit. Factors are sorted from most to least.

    Raises
    ------
    InputError
        If an outcome, quarter or scenario is not in the sweep, or too few rows were finished.

    Notes
    -----
    Indices are of the row means, not of single runs. Under common random numbers a dummy factor
    leaves every run as it was, so its index is nought: it shows that the machinery adds no noise
    of its own. What remains is the interaction of a factor with the runs drawn. So the floor of a
    total index is the larger of the dummy's upper bound and of the part of the index expected from
    R runs, times the 95 percent quantile of F with 1 and R - 1 degrees of freedom, which covers the
    worst case that chance has one pattern in all rows. From a single run a row that part is unknown
    and the dummy alone remains; so too at other quarters than the last one.
    """
    return study(sweep, outcomes, at, scenario, seed, over_time=False).table


def study(
    sweep: Sweep,
    outcomes: Sequence[str] | None = None,
    at: str = "end",
    scenario: str | None = None,
    seed: int = 0,
    over_time: bool = True,
) -> Study:
    """`sensitivity`, with convergence, the parts of the variance, and indices by quarter.

    Parameters and errors : as for `sensitivity`.
    """
    if scenario is not None:
        check_scenario(sweep.folder, scenario, sweep.scenarios)
    wanted = outcomes or usual_outcomes(sweep.manifest)
    inputs = Inputs.of(sweep)
    method = METHODS.get(sweep.mode, GIVEN)
    tables: dict[str, list[pd.DataFrame]] = {
        "table": [],
        "outcomes": [],
        "over_time": [],
        "convergence": [],
    }
    notes = dict.fromkeys(related(inputs, method))  # a set that keeps its order
    for name in [scenario] if scenario else sweep.scenarios:
        found = outputs(sweep, inputs, name, wanted, at)
        found, finished, remarks = usable(sweep, name, inputs, method, found)
        notes |= dict.fromkeys(remarks)
        table, summary, convergence = estimated(method, inputs, found, finished, seed)
        units = {column: sweep.unit(column) for column in found.columns}
        runs = sweep.manifest["runs"]
        summary = summary.assign(left_out=int(len(finished) - finished.sum()), runs=runs)
        key = {"scenario": name, "outcome": None, "at": at}
        for part, one in (("table", table), ("outcomes", summary)):
            one["unit"] = one["outcome"].map(units)
            tables[part].append(_keyed(one, key))
        tables["convergence"].append(_keyed(convergence, {"scenario": name}))
        if over_time and method != ONE:
            moved = by_quarter(sweep, inputs, method, name, found.columns, finished, seed)
            if moved is None:
                notes[f"{name}: nothing over time, as rows end in different quarters."] = None
            elif len(moved):
                moved["unit"] = moved["outcome"].map(units)
                tables["over_time"].append(moved)
    merged = {
        name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        for name, parts in tables.items()
    }
    return Study(method, notes=list(notes), **merged)


def _keyed(table: pd.DataFrame, key: dict[str, Any]) -> pd.DataFrame:
    """A table that starts with the columns of a key; None is a column it has."""
    given = {name: value for name, value in key.items() if value is not None}
    front = list(key)
    return table.assign(**given)[[*front, *(c for c in table.columns if c not in front)]]
