"""What a page shows of a setting and its baseline: pictures, what they say, and a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.core import quarters
from sim.core.indicators import INDICATORS
from sim.experiment.describe import describe_outcomes
from sim.experiment.held import Held
from sim.experiment.reading import unit_of
from sim.experiment.statistics import QUANTILES
from sim.picture.batch.samples import is_count
from sim.picture.batch.tables import blocs
from sim.picture.style import Actor
from sim.report.dashboard import charts
from sim.report.dashboard.charts import Course, Figure, Triangle
from sim.report.numbers import BLANK, between, percent, rounded, share_of_runs

Array = NDArray[Any]

_COUNTRY, _DYAD = ("country",), ("country", "power")
OF_COUNTRY = tuple(one.name for one in INDICATORS.values() if one.headline and one.axes == _COUNTRY)
OF_POWER = ("alignment", "leverage", "fear")  # of the chosen power, beside those of the country
ALIGNMENT = "alignment"  # what the triangle is made of


def needed(outcome: str) -> list[str]:
    """Outcomes that have to be held to show one of them."""
    return list(dict.fromkeys((outcome, *OF_COUNTRY, *OF_POWER)))


def outcome_words(name: str) -> str:
    """An outcome's name in words: ``Remittances total``, ``GDP``."""
    words = name.removesuffix("_usd").replace("_", " ").replace("reexport", "re-export")
    words = words.replace("gdp", "GDP")
    return words[:1].upper() + words[1:]


def column(outcome: str, codes: Mapping[str, str]) -> str:
    """The column of an outcome for a country, a power, ..., so far as it has them."""
    return ".".join((outcome, *(codes[axis] for axis in INDICATORS[outcome].axes)))


@dataclass(frozen=True)
class Row:
    """One line of the table of numbers; all at the last quarter that both sides have.

    Attributes
    ----------
    column : str
    words, unit : str
    median, low, high : float
        Of the runs: median, 5 and 95 percent quantiles.
    baseline : float
        Median of the baseline.
    difference, error : float
        Mean over runs of the run's difference from the same run of the baseline, and its
        Monte-Carlo standard error; not a number of a single run.
    above, equal : float
        Shares of the runs that lie above the same run of the baseline, and where it does.
    """

    column: str
    words: str
    unit: str
    median: float
    low: float
    high: float
    baseline: float = math.nan
    difference: float = math.nan
    error: float = math.nan
    above: float = math.nan
    equal: float = math.nan


@dataclass(frozen=True)
class View:
    """A setting and its baseline, seen from one country, power and outcome.

    All names are those of the present setting's case.

    Parameters
    ----------
    present : Held
    baseline : Held or None
        Of the same runs and seed; None where nothing is compared.
    outcome : str
    codes : mapping of str to str
        What is looked at, by axis: ``{"country": "KAZ", "power": "RUS", "route": "CPC", ...}``.
    names : mapping of str to mapping of str to str
        Names by axis and code.
    case : mapping
        As `sim.experiment.describe.describe_case` tells it.
    """

    present: Held
    baseline: Held | None
    outcome: str
    codes: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]
    case: Mapping[str, Any]

    @property
    def actors(self) -> Sequence[dict[str, Any]]:
        """The powers of the case."""
        return list(self.case["powers"])

    @property
    def country(self) -> str:
        """Code of the country."""
        return self.codes["country"]

    @property
    def column(self) -> str:
        """The column of the chosen outcome."""
        return column(self.outcome, self.codes)

    @property
    def end(self) -> int:
        """Last quarter that both sides have."""
        last = self.present.start + self.present.quarters - 1
        if self.baseline is None:
            return last
        return min(last, self.baseline.start + self.baseline.quarters - 1)

    def words(self, outcome: str) -> str:
        """An outcome with the country and power it is about: ``Autonomy of Kazakhstan``."""
        told = {axis: self.name(axis) for axis in INDICATORS[outcome].axes}
        actors = [told.pop(axis) for axis in ("country", "power") if axis in told]
        return ", ".join(
            [outcome_words(outcome), *filter(None, [" and ".join(actors)]), *told.values()]
        )

    def name(self, axis: str) -> str:
        """Name of what is looked at along an axis."""
        return self.names[axis].get(self.codes[axis], self.codes[axis])

    def unit(self, name: str) -> str:
        """Unit of a column."""
        return unit_of({"outcomes": describe_outcomes(()), "case": self.case}, name)

    def at_end(self, side: Held | None, name: str) -> Array | None:
        """A column at the last common quarter, (run,); None where a side does not have it."""
        if side is None or name not in side.columns:
            return None
        place = self.end - side.start
        return side.path(name)[place] if 0 <= place < side.quarters else None

    def course(self, side: Held | None) -> Course | None:
        """The chosen outcome by quarter."""
        if side is None or self.column not in side.columns:
            return None
        return Course(side.start, side.path(self.column))

    # Pictures

    def fan(self) -> Figure:
        """The chosen outcome by quarter."""
        present = self.course(self.present)
        assert present is not None
        return charts.fan(present, self.course(self.baseline), self.unit(self.column))

    @cached_property
    def gap(self) -> Course | None:
        """The chosen outcome less that of the same run of the baseline, while both last."""
        present, before = self.course(self.present), self.course(self.baseline)
        if present is None or before is None:
            return None
        start = max(present.start, before.start)
        length = self.end - start + 1
        if length < 1:
            return None
        rows = [
            one.values[start - one.start : start - one.start + length] for one in (present, before)
        ]
        return Course(start, rows[0] - rows[1])

    def difference(self) -> Figure | None:
        """The chosen outcome's difference from the baseline; None where nothing is compared."""
        unit = self.unit(self.column)
        return None if self.gap is None else charts.difference(self.gap, unit)

    def distribution(self) -> Figure:
        """The chosen outcome at the end."""
        present = self.at_end(self.present, self.column)
        assert present is not None
        return charts.distribution(
            present, self.at_end(self.baseline, self.column), self.unit(self.column)
        )

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """Powers of the three blocs that are the corners of the triangle, if there are three."""
        found = blocs(self.actors)
        return found if len(found) == 3 else {}

    def triangle(self, side: Held | None) -> Triangle | None:
        """The country's alignment between the blocs."""
        if side is None or not self.members:
            return None
        names = {
            bloc: [f"{ALIGNMENT}.{self.country}.{power}" for power in powers]
            for bloc, powers in self.members.items()
        }
        if any(name not in side.columns for several in names.values() for name in several):
            return None
        ends = [sum(side.last(name) for name in several) for several in names.values()]
        paths = [
            sum(np.median(side.path(name), axis=1) for name in several)
            for several in names.values()
        ]
        return Triangle(np.stack(ends, axis=1), np.stack(paths, axis=1), side.start)

    def ternary(self) -> Figure | None:
        """Where the country's ties lie between the blocs; None for a case without three."""
        present = self.triangle(self.present)
        if present is None:
            return None
        return charts.ternary(present, self.triangle(self.baseline), list(self.members))

    def happenings(self, side: Held) -> pd.DataFrame:
        """What happened to the country a year."""
        last = side.start + side.quarters - 1
        return charts.happenings(side.events(), self.country, side.runs, side.start, last)

    @cached_property
    def _happened(self) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        before = None if self.baseline is None else self.happenings(self.baseline)
        return self.happenings(self.present), before

    def timeline(self) -> Figure:
        """Threats and deals a year."""
        powers = [Actor(one["code"], one["name"], one["colour"]) for one in self.actors]
        first, last = self.present.start, self.present.start + self.present.quarters - 1
        years = range(first // 4, last // 4 + 1)
        return charts.timeline(*self._happened, powers, years)

    # What they say

    def fan_says(self) -> str:
        """The numbers of the last common quarter in a sentence."""
        row = self.row(self.column)
        text = (
            f"In {quarters.name(self.end)} the median of runs is {self._figure(row.median, row)}; "
            f"90 % of runs lie between {self._figure(row.low, row)} and "
            f"{self._figure(row.high, row)}."
        )
        if math.isnan(row.baseline):
            return text
        return f"{text} The baseline's median is {self._figure(row.baseline, row)}."

    def difference_says(self) -> str:
        """How the runs differ from those of the baseline at the end, in a sentence."""
        row = self.row(self.column)
        if math.isnan(row.difference):
            return (
                "Nothing is compared: the baseline is the present setting itself, or does not have "
                "this outcome. Move a control, or pin this setting and then move one."
            )
        if row.equal == 1:
            return "Every run ends where the same run of the baseline does."
        tied = f"; {share_of_runs(row.equal)} end where it does" if row.equal else ""
        surely = (
            "and one run has no standard error"
            if math.isnan(row.error)
            else f"with a Monte-Carlo standard error of {rounded(row.error, row.error)}"
        )
        return (
            f"In {quarters.name(self.end)} {share_of_runs(row.above)} lie above the same run of "
            f"the baseline{tied}; the mean difference is "
            f"{rounded(row.difference, row.error, sign=True)}, {surely}."
        )

    def distribution_says(self) -> str:
        """What stands where in the picture, in a sentence."""
        text = (
            "Curve: density of runs. Bars below, thick to thin: 50 % and 90 % of runs; dot: median."
        )
        if is_count(self.present.last(self.column)):
            text = text.replace("Curve: density of runs", "Columns: shares of runs")
        return text

    def ternary_says(self) -> str:
        """Where the country stands at the end, in a sentence."""
        triangle = self.triangle(self.present)
        if triangle is None:
            return "This case has no three blocs of powers."
        shares = triangle.ends / triangle.ends.sum(axis=1, keepdims=True)
        told = [
            f"{100 * median:.0f} % {bloc}"
            for median, bloc in zip(np.median(shares, axis=0), self.members, strict=True)
        ]
        names = {one["code"]: one["name"] for one in self.actors}
        inside = [
            f"{bloc}: {' and '.join(names.get(power, power) for power in powers)}"
            for bloc, powers in self.members.items()
            if len(powers) > 1
        ]
        text = f"Median at the end: {', '.join(told)} of what the three blocs share. "
        text += "Only the part of the triangle in which the runs lie is drawn."
        return f"{text} {'; '.join(inside)}." if inside else text

    def timeline_says(self) -> str:
        """How much happens over the whole horizon, in a sentence."""
        present, before = self._happened

        def total(table: pd.DataFrame, kind: str) -> float:
            return float(table.loc[table["kind"] == kind, "mean"].sum())

        told = [
            f"{_count(total(present, kind))} {words}"
            + ("" if before is None else f" (baseline {_count(total(before, kind))})")
            for kind, words in (
                ("threats", "threats"),
                ("complied", "complied with"),
                ("imposed", "carried out"),
                ("deal", "deals"),
            )
        ]
        return f"Mean of runs over the whole horizon: {', '.join(told)}."

    def _figure(self, value: float, row: Row) -> str:
        return rounded(value, (row.high - row.low) / 4 or None)

    # Numbers

    def columns(self) -> list[str]:
        """Columns of the table: the chosen one, those of the country, those of the power."""
        names = [column(name, self.codes) for name in (*OF_COUNTRY, *OF_POWER)]
        return list(dict.fromkeys((self.column, *names)))

    def rows(self) -> list[Row]:
        """The table of numbers."""
        return [self.row(name) for name in self.columns()]

    def row(self, name: str) -> Row:
        """One line of the table of numbers."""
        values = self.at_end(self.present, name)
        assert values is not None
        outcome = name.split(".")[0]
        low, median, high = (float(one) for one in np.quantile(values, [0.05, 0.5, 0.95]))
        words, unit = self.words(outcome), self.unit(name)
        before = self.at_end(self.baseline, name)
        if before is None:
            return Row(name, words, unit, median, low, high)
        gap = values - before
        error = float(gap.std(ddof=1)) / math.sqrt(len(gap)) if len(gap) > 1 else math.nan
        return Row(
            name, words, unit, median, low, high, float(np.median(before)), float(gap.mean()),
            error, float((gap > 0).mean()), float((gap == 0).mean()),
        )  # fmt: skip

    def cells(self, row: Row) -> list[str]:
        """A line of the table as it is read."""
        spread = (row.high - row.low) / 4 or None
        told = [rounded(row.median, spread), between(row.low, row.high, spread)]
        if math.isnan(row.baseline):
            return [*told, BLANK, BLANK, BLANK]
        difference = rounded(row.difference, row.error, sign=True)
        if not math.isnan(row.error):
            difference += f" (± {rounded(row.error, row.error)})"
        above = percent(row.above)
        if 0 < row.equal < 1:
            above += f" ({percent(row.equal)} equal)"
        elif row.equal == 1:
            difference, above = "0", "all equal"
        return [*told, rounded(row.baseline, spread), difference, above]

    # Data

    def runs_table(self) -> pd.DataFrame:
        """Outcomes of the table at the last quarter, a row a side and run."""
        return pd.concat(
            [
                pd.DataFrame(
                    {
                        "setting": name, "scenario": side.scenario, "seed": side.seed,
                        "runs": side.runs,
                        "quarter": quarters.name(side.start + side.quarters - 1),
                        "run": np.arange(side.runs),
                        **{one: side.last(one) for one in self.columns() if one in side.columns},
                    }
                )
                for name, side in self._sides()
            ],
            ignore_index=True,
        )  # fmt: skip

    def quarters_table(self) -> pd.DataFrame:
        """Mean and quantiles of the table's outcomes, a row a side, outcome and quarter."""
        blocks = []
        for name, side in self._sides():
            for one in self.columns():
                if one not in side.columns:
                    continue
                path = side.path(one)
                levels = np.quantile(path, list(QUANTILES.values()), axis=1)
                blocks.append(
                    pd.DataFrame(
                        {
                            "setting": name, "scenario": side.scenario, "seed": side.seed,
                            "runs": side.runs,
                            "quarter": [quarters.name(side.start + at) for at in range(len(path))],
                            "outcome": one, "unit": self.unit(one),
                            "mean": path.mean(axis=1),
                            **dict(zip(QUANTILES, levels, strict=True)),
                        }
                    )
                )  # fmt: skip
        return pd.concat(blocks, ignore_index=True)

    def _sides(self) -> list[tuple[str, Held]]:
        sides = [("present", self.present)]
        return sides if self.baseline is None else [*sides, ("baseline", self.baseline)]


def _count(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"
