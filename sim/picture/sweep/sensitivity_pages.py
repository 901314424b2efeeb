"""All pictures of a sensitivity: what their captions say and what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.analysis.sensitivity import Study
from sim.analysis.sensitivity.study import GIVEN, INDEX, MORRIS, ONE, POINTS, SOBOL
from sim.core.errors import InputError
from sim.experiment.sweep_result import Sweep
from sim.picture.labels import sentence, words
from sim.picture.style import Caption
from sim.picture.sweep import sensitivity as figure

_SHOWN = {
    SOBOL: "Sobol indices",
    GIVEN: "First-order indices from given rows",
    MORRIS: "Elementary effects (Morris)",
    ONE: "One factor at a time",
}

# Outcomes whose names are no plain words.
SPOKEN = {
    "deal_share": "the share of deals",
    "deals_gini": "the inequality of deals",
}


def pictures(study: Study, sweep: Sweep, outcomes: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    """File name, less its ending, and figure, one at a time.

    Parameters
    ----------
    study : Study
    sweep : Sweep
        That it was made from.
    outcomes : sequence of str
        Columns to draw. One that is the same in all rows has no pictures.
    """
    for (scenario, outcome), summary in study.outcomes.groupby(["scenario", "outcome"], sort=False):
        if outcome not in outcomes:
            continue
        named = f"-{scenario}" if len(sweep.scenarios) > 1 else ""
        one = _Page(study, sweep, str(scenario), str(outcome), summary.iloc[0])
        for ending, draw in (("", one.main), ("-time", one.time), ("-convergence", one.converging)):
            try:
                made = draw()
            except InputError:  # nothing that could be drawn: constant, or too few points
                continue
            if made is not None:
                yield f"sensitivity-{outcome}{named}{ending}", made


class _Page:
    """The pictures of one outcome in one scenario."""

    def __init__(
        self, study: Study, sweep: Sweep, scenario: str, outcome: str, summary: pd.Series[Any]
    ) -> None:
        self.study, self.sweep = study, sweep
        self.scenario, self.outcome, self.summary = scenario, outcome, summary
        self.unit = str(summary["unit"])

    def main(self) -> Figure:
        table = self._own(self.study.table)
        at = self.summary["at"]
        caption = self._caption(_SHOWN[self.study.method], "last quarter" if at == "end" else at)
        if self.study.method == MORRIS:
            return figure.elementary(table, caption, self.unit)
        if self.study.method == ONE:
            return figure.tornado(table, caption, self.unit)
        return figure.indices(table, caption)

    def time(self) -> Figure | None:
        if self.study.over_time.empty:
            return None
        table = self._own(self.study.over_time)
        if table.empty:  # others were kept by quarter, this one was not
            return None
        if self.study.method == MORRIS:
            caption = self._caption("Elementary effects (Morris) over time", "")
            return figure.effects_over_time(table, caption, self.unit)
        return figure.over_time(table, self._caption("What drives it over time", ""))

    def converging(self) -> Figure | None:
        if self.study.convergence.empty or not self.summary["of_means"] > 0:
            return None
        index, of = INDEX[self.study.method], POINTS[self.study.method]
        table = self._own(self.study.convergence)
        names = {"total": "Total index", "first": "First-order index"}
        shown = names.get(index, "Mean absolute effect")
        return figure.convergence(
            table[table["index"] == index], self._caption(f"{shown} as {of} are added", ""), of
        )

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        chosen = (table["scenario"] == self.scenario) & (table["outcome"] == self.outcome)
        return table[chosen]

    def _caption(self, shown: str, at: str) -> Caption:
        manifest = self.sweep.manifest
        case, version = manifest["case"], manifest["versions"]["multivector"]
        scenario = next(one for one in manifest["scenarios"] if one["name"] == self.scenario)
        about = next(
            one for one in manifest["outcomes"] if one["name"] == self.outcome.split(".")[0]
        )
        left_out = int(self.summary["left_out"])
        return Caption(
            title=f"What drives {self._named()}?",
            shown=f"{shown}, {at}" if at else shown,
            detail=f"{sentence(about['meaning'])} [{self.unit}]; {scenario['title']}",
            source=f"multivector {version}, case {case['title']} (base {case['as_of']})",
            runs=int(self.summary["runs"]),
            seed=manifest["seed"],
            note=f"{left_out} rows that were not finished are left out." if left_out else "",
            behind=f"{self.summary['points']:,} {POINTS[self.study.method]}, "
            f"{self.summary['runs']} runs a row",
        )

    def _named(self) -> str:
        """The outcome with the names of the actors that its codes stand for."""
        name, *codes = self.outcome.split(".")
        case = self.sweep.manifest["case"]
        actors = {
            one["code"]: one["name"]
            for table in ("countries", "powers", "routes", "channels")
            for one in case.get(table, ())
        }
        named = [actors.get(code, code) for code in codes]
        spoken = SPOKEN.get(name, words(name))
        return f"{spoken} ({', '.join(named)})" if named else spoken
