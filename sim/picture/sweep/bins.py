"""Rows of a sweep put into bins of one factor or of two, and the means of bins with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from sim.analysis.interest import NUMERIC, Input
from sim.analysis.sensitivity.given_data import binned
from sim.core.world import Array
from sim.picture.scale import rounded
from sim.picture.sweep.subject import Rows

LEVEL = 0.9  # of intervals, and share of the runs within a band
MOST_LEVELS = 12  # values that stand for themselves; of more, bins are made


@dataclass(frozen=True)
class Bins:
    """The bins of a factor.

    Attributes
    ----------
    factor : Input
    names : list of str
        Of levels, in words; none where bins are ranges.
    edges : array (bin + 1,)
        Of ranges; none where bins are levels.
    levels : list
        The values of levels.
    """

    factor: Input
    names: list[str]
    edges: Array
    levels: list[float] | list[str]

    @property
    def number(self) -> int:
        """How many bins there are."""
        return len(self.levels) or len(self.edges) - 1

    @property
    def ordered(self) -> bool:
        """Whether a line may join them."""
        return self.factor.kind in NUMERIC

    def of(self, values: pd.Series[float]) -> NDArray[np.int64]:
        """The bin of each value."""
        if self.levels:
            return pd.Index(self.levels).get_indexer(pd.Index(values)).astype(np.int64)
        inner = np.searchsorted(self.edges[1:-1], values.to_numpy(float), side="right")
        return np.asarray(inner, dtype=np.int64)

    def words(self, place: int) -> str:
        """A bin in words."""
        if self.levels:
            return self.names[place]
        return f"{self.edge(place)} to {self.edge(place + 1)}"

    def edge(self, place: int) -> str:
        """An edge of ranges in words, as precise as the length of all of them asks for."""
        value = float(self.edges[place])
        if self.factor.kind != "number":
            return shown(self.factor, value)
        return rounded(value, float(self.edges[-1] - self.edges[0]))


def make_bins(factor: Input, values: pd.Series[float], order: Sequence[str], number: int) -> Bins:
    """The levels of a factor where there are few, else ranges that hold equally many rows.

    Parameters
    ----------
    factor : Input
    values : Series
        Of all rows.
    order : sequence of str
        Names, for factors that take names.
    number : int
        Ranges wanted.
    """
    if factor.kind not in NUMERIC:
        return Bins(factor, list(order), np.array([]), list(order))
    column = np.asarray(values, dtype=np.float64)
    levels = np.unique(column)
    if len(levels) <= MOST_LEVELS:
        known = [float(one) for one in levels]
        return Bins(factor, [shown(factor, one) for one in known], np.array([]), known)
    ranks = binned(column, number)
    highest = [column[ranks == one].max() for one in range(number)]
    lowest = [column[ranks == one].min() for one in range(number)]
    inner = [(high + low) / 2 for high, low in zip(highest, lowest[1:], strict=False)]
    return Bins(factor, [], np.unique([column.min(), *inner, column.max()]), [])


def shown(factor: Input, value: float) -> str:
    """A value of a factor in words."""
    return (
        factor.shown(value).replace("-", "\u2212")
        if factor.kind != "quarter"
        else (factor.shown(value))
    )


def means(rows: Rows, bins: NDArray[np.int64], number: int, crossed: bool) -> pd.DataFrame:
    """The mean outcome of each bin, over rows and runs, with its interval of 90 percent.

    Parameters
    ----------
    rows : Rows
    bins : int array (row,)
        The bin of each row; below nought: none.
    number : int
        Of bins.
    crossed : bool
        The rows of a bin are all that there are, no sample of others.

    Returns
    -------
    DataFrame
        A line a bin: rows, groups (of rows that were not made from the same point), mean, low,
        high, gap (mean less that of all rows), gap_low, gap_high, q05 and q95 (of single runs; of
        rows where single runs are not at hand). Missing where there are no rows, or where an
        interval has nothing to rest on.

    Notes
    -----
    Two things are left to chance. Rows were sampled: that part is the variance of a mean over
    groups. And all rows share the draws of their runs: that part is the variance over runs of the
    mean of a run's bin. Both reaches, each with Student's quantile, are added as squares, which
    makes intervals a little too wide. The gap's second part is smaller, as what a run adds to all
    rows alike drops out.
    """
    lines = []
    whole = None if rows.runs is None else rows.runs[bins >= 0].mean(axis=0)
    overall = float(rows.means[bins >= 0].mean()) if (bins >= 0).any() else np.nan
    for place in range(number):
        own = bins == place
        count = int(own.sum())
        line: dict[str, float] = {"rows": count, "groups": len(np.unique(rows.group[own]))}
        if count:
            values = rows.means[own]
            mean = float(values.mean())
            sampled = 0.0 if crossed else _over_groups(values - mean, rows.group[own])
            single = None if rows.runs is None else rows.runs[own]
            run = 0.0 if single is None else _over_runs(single.mean(axis=0))
            apart = (
                0.0 if single is None or whole is None else _over_runs(single.mean(axis=0) - whole)
            )
            reach, gap = np.hypot(sampled, run), np.hypot(sampled, apart)
            spread = values if single is None else single.ravel()
            low, high = np.quantile(spread, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
            line |= {
                "mean": mean, "low": mean - reach, "high": mean + reach,
                "gap": mean - overall, "gap_low": mean - overall - gap,
                "gap_high": mean - overall + gap, "q05": float(low), "q95": float(high),
            }  # fmt: skip
        lines.append(line)
    names = ("rows", "groups", "mean", "low", "high", "gap", "gap_low", "gap_high", "q05", "q95")
    return pd.DataFrame(lines, columns=list(names))


def _over_groups(apart: Array, group: NDArray[np.int64]) -> float:
    """Reach of a mean's interval that comes from the rows sampled."""
    _, codes = np.unique(group, return_inverse=True)
    sums = np.bincount(codes, apart)
    number = len(sums)
    if number < 2:
        return float("nan")
    variance = (sums**2).sum() / len(apart) ** 2 * number / (number - 1)
    return float(student.ppf((1 + LEVEL) / 2, number - 1) * np.sqrt(variance))


def _over_runs(values: Array) -> float:
    """Reach of a mean's interval that comes from the runs drawn; nought where it is not known."""
    number = len(values)
    if number < 2:
        return 0.0
    reach = student.ppf((1 + LEVEL) / 2, number - 1) * values.std(ddof=1) / np.sqrt(number)
    return float(reach)
