"""All pictures of a sensitivity: what their captions say and what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd

from sim.analysis.sensitivity import Study, study
from sim.analysis.sensitivity.study import GIVEN, INDEX, MORRIS, ONE, POINTS, SOBOL, leading
from sim.experiment.sweep_result import Sweep
from sim.picture.labels import source
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.style import Caption
from sim.picture.sweep import (
    effects_over_time,
    elementary,
    indices,
    indices_over_time,
    settling,
    tornado,
)
from sim.picture.sweep.among_factors import MOST_ROWS
from sim.picture.sweep.subject import Subject, meaning, spoken

_SHOWN = {
    SOBOL: "Sobol indices",
    GIVEN: "First-order indices from given rows",
    MORRIS: "Elementary effects (Morris)",
    ONE: "One factor at a time",
}


def pages(sweep: Sweep, request: Request) -> Iterator[Page]:
    """The sensitivity of each outcome, by the method that suits the sweep's mode.

    Raises
    ------
    InputError
        If too few rows are finished for it.
    """
    subject = Subject(sweep, request)
    names = [one["name"] for one in subject.entries]
    parts = [
        study(sweep, subject.columns, subject.at, name)
        for name in (names if request.scenario else [None])
    ]
    for found in parts:
        yield from study_pages(found, sweep, subject.columns)


def study_pages(found: Study, sweep: Sweep, outcomes: Sequence[str]) -> Iterator[Page]:
    """The pictures of a study, outcome by outcome: what drives it, over time, with more rows.

    Parameters
    ----------
    found : Study
    sweep : Sweep
        That it was made from.
    outcomes : sequence of str
        Columns to draw. One that is the same in all rows has no pictures.
    """
    for (scenario, outcome), summary in found.outcomes.groupby(["scenario", "outcome"], sort=False):
        if outcome not in outcomes:
            continue
        named = f"-{scenario}" if len(sweep.scenarios) > 1 else ""
        one = _Outcome(found, sweep, str(scenario), str(outcome), summary.iloc[0])
        for ending, made in (
            ("", one.main()),
            ("-time", one.over_time()),
            ("-convergence", one.settling()),
        ):
            if made is not None:
                yield made.named(f"sensitivity-{outcome}{named}{ending}")


class _Outcome:
    """The pictures of one outcome in one scenario; none where there is nothing to draw."""

    def __init__(
        self, found: Study, sweep: Sweep, scenario: str, outcome: str, summary: pd.Series[Any]
    ) -> None:
        self.study, self.sweep = found, sweep
        self.scenario, self.outcome, self.summary = scenario, outcome, summary
        self.unit = str(summary["unit"])

    def main(self) -> Page | None:
        table = self._own(self.study.table)
        at = self.summary["at"]
        caption = self._caption(_SHOWN[self.study.method], "last quarter" if at == "end" else at)
        if self.study.method == MORRIS:
            if elementary.problem(table):
                return None
            draw = partial(elementary.draw, table, caption, self.unit)
            return Page("", table, caption, elementary.alternative(table), draw)
        figure = tornado if self.study.method == ONE else indices
        if figure.problem(table):
            return None
        own = (table, caption, self.unit) if figure is tornado else (table, caption)
        shown, _ = leading(table, MOST_ROWS)
        return Page("", shown, caption, figure.alternative(table), partial(figure.draw, *own))

    def over_time(self) -> Page | None:
        if self.study.over_time.empty:
            return None
        table = self._own(self.study.over_time)
        morris = self.study.method == MORRIS
        figure = effects_over_time if morris else indices_over_time
        # Others may have been kept by quarter, and this one not.
        if table.empty or figure.problem(table):
            return None
        shown = "Elementary effects (Morris) over time" if morris else "What drives it over time"
        caption = self._caption(shown, "")
        own = (table, caption, self.unit) if morris else (table, caption)
        return Page("", table, caption, figure.alternative(table), partial(figure.draw, *own))

    def settling(self) -> Page | None:
        if self.study.convergence.empty or not self.summary["of_means"] > 0:
            return None
        index, of = INDEX[self.study.method], POINTS[self.study.method]
        table = self._own(self.study.convergence)
        table = table[table["index"] == index]
        if settling.problem(table):
            return None
        names = {"total": "Total index", "first": "First-order index"}
        shown = names.get(index, "Mean absolute effect")
        caption = self._caption(f"{shown} as {of} are added", "")
        draw = partial(settling.draw, table, caption, of)
        return Page("", table, caption, settling.alternative(table, of), draw)

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        chosen = (table["scenario"] == self.scenario) & (table["outcome"] == self.outcome)
        return table[chosen]

    def _caption(self, shown: str, at: str) -> Caption:
        manifest = self.sweep.manifest
        scenario = next(one for one in manifest["scenarios"] if one["name"] == self.scenario)
        left_out, runs = int(self.summary["left_out"]), int(self.summary["runs"])
        return Caption(
            title=f"What drives {spoken(manifest, self.outcome)}?",
            shown=f"{shown}, {at}" if at else shown,
            detail=f"{meaning(self.sweep, self.outcome)}; {scenario['title']}",
            source=source(manifest),
            runs=runs,
            seed=manifest["seed"],
            note=f"{left_out} rows that were not finished are left out." if left_out else "",
            behind=f"{self.summary['points']:,} {POINTS[self.study.method]}, "
            f"{runs} run{'' if runs == 1 else 's'} a row",
        )
