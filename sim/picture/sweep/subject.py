"""What all pictures of a sweep share: its scenarios, its outcomes row by row, its words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.drawn import case_of
from sim.analysis.interest import NUMERIC, Input, inputs_of
from sim.analysis.sensitivity.given_data import binned
from sim.analysis.sensitivity.sample import Inputs, outputs
from sim.case import Case
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.world import Array
from sim.experiment import store
from sim.experiment.reading import check_scenario, in_words, matching, usual_outcomes
from sim.experiment.sweep_result import Sweep
from sim.picture.labels import sentence, source
from sim.picture.request import Request
from sim.picture.style import MOST_SCENARIOS, Caption, Scenario, scenario_styles
from sim.scenario.factors import find_place
from sim.scenario.load import validated
from sim.scenario.problems import nearest
from sim.scenario.schema import Origin
from sim.scenario.schema import Scenario as ScenarioOfCase

MOST_OUTCOMES = 6  # columns that are drawn where none is named
CROSSED, CENTRED = ("grid", "matched"), "one_at_a_time"  # rows that are no sample of others
_ANY = "*"

# Outcomes whose names are no plain words.
SPOKEN = {
    "deal_share": "the share of deals",
    "deals_gini": "the inequality of deals",
}


@dataclass(frozen=True)
class Rows:
    """The finished rows of a scenario, each once.

    Attributes
    ----------
    values : DataFrame (row, factor)
        Numbers, quarters as whole numbers, or text.
    means : array (row,)
        Of the outcome over the runs of a row.
    runs : array (row, run) or None
        Single runs; None at other quarters than the last one.
    group : array (row,)
        Rows of the same group were made from the same point, so that they are no two samples.
    """

    values: pd.DataFrame
    means: Array
    runs: Array | None
    group: NDArray[np.int64]

    def part(self, chosen: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        runs = None if self.runs is None else self.runs[chosen]
        return Rows(
            self.values[chosen].reset_index(drop=True), self.means[chosen], runs, self.group[chosen]
        )


class Subject:
    """A sweep, and what is asked to be seen of it.

    Parameters
    ----------
    sweep : Sweep
    request : Request

    Attributes
    ----------
    scenarios : list of Scenario
        How they are drawn, in order; the first six where none is named.
    columns : list of str
        Outcomes to draw: those asked for, else the headlines of the scenarios, those kept by
        quarter and those that the design names, six at most.
    at : str
        ``"end"`` or a quarter.

    Raises
    ------
    InputError
        If the sweep has no such scenario, outcome, actor or quarter, or no outcome.
    """

    def __init__(self, sweep: Sweep, request: Request) -> None:
        self.sweep, self.request, self.manifest = sweep, request, sweep.manifest
        entries = {one["name"]: one for one in self.manifest["scenarios"]}
        for name in request.scenario:
            check_scenario(sweep.folder, name, sweep.scenarios)
        names = list(dict.fromkeys(request.scenario)) or sweep.scenarios[:MOST_SCENARIOS]
        self.entries = [entries[name] for name in names]
        self.scenarios = scenario_styles(
            names, [one["title"] or one["name"] for one in self.entries]
        )
        self.at = request.at or "end"
        self.columns = self._columns()
        self._known: dict[str, list[tuple[Scenario, Rows]]] = {}

    # What is shown

    def _columns(self) -> list[str]:
        name = "runs" if self.at == "end" else "means"
        data = store.dataset(self.sweep.folder, name)
        if data is None:
            hint = "" if name == "runs" else "; name the outcomes in by_quarter of the design"
            raise InputError(f"{self.sweep.folder}: this sweep has no {name}{hint}")
        if self.at != "end":
            known = sorted(data.to_table(columns=["quarter"])["quarter"].unique().to_pylist())
            if quarters.parse(self.at) not in known:
                first, last = (quarters.name(one) for one in (known[0], known[-1]))
                raise InputError(f"at: found {self.at}; allowed: {first} to {last}")
        keys = ("scenario", "row", "run", "quarter")
        there = [one for one in data.schema.names if one not in keys]
        found = []
        for wanted in self.request.outcome or self._usual():
            chosen = [column for column in there if _answers(column, wanted)]
            if not chosen and self.request.outcome:
                matching(self.sweep.folder, name, there, [wanted])
            found.append([column for column in chosen if self._asked_for(column)])
        if not any(found):
            codes = ", ".join((*self.request.country, *self.request.power))
            raise InputError(f"{self.sweep.folder}: none of its outcomes is about {codes}")
        if self.request.outcome:
            return list(dict.fromkeys(column for part in found for column in part))
        # The first column of each outcome comes before the second of any.
        turns = [column for turn in zip_longest(*found) for column in turn if column]
        return list(dict.fromkeys(turns))[:MOST_OUTCOMES]

    def _usual(self) -> list[str]:
        headlines = [
            one["outcome"]
            for entry in self.entries
            for one in entry["resolved"].get("headline", ())
        ]
        kept = self.manifest["design"].get("by_quarter", ())
        return [*headlines, *kept, *usual_outcomes(self.manifest)]

    def _asked_for(self, column: str) -> bool:
        """Whether a column is about a country and a power that are asked for."""
        codes = column.split(".")[1:]
        for axis, table in (("country", "countries"), ("power", "powers")):
            wanted = getattr(self.request, axis)
            known = [one["code"] for one in self.manifest["case"].get(table, ())]
            for code in wanted:
                if code not in known:
                    raise InputError(f"{axis}: there is no {code!r}{nearest(code, known)}")
            own = [code for code in codes if code in known]
            if wanted and own and not set(own) & set(wanted):
                return False
        return True

    @cached_property
    def factors(self) -> dict[str, Input]:
        """What varies, by name; factors that follow another are left out."""
        return {one.name: one for one in self._space[0]}

    @cached_property
    def _space(self) -> tuple[list[Input], pd.DataFrame]:
        found, values, _, _ = inputs_of(self.sweep)
        return found, values

    @cached_property
    def _inputs(self) -> Inputs:
        return Inputs.of(self.sweep)

    def rows(self, column: str) -> list[tuple[Scenario, Rows]]:
        """The finished rows of each scenario that has the outcome."""
        if column not in self._known:
            self._known[column] = [
                (scenario, rows)
                for scenario in self.scenarios
                if len((rows := self._rows(scenario.name, column)).means)
            ]
        return self._known[column]

    def _rows(self, scenario: str, column: str) -> Rows:
        inputs = self._inputs
        found = outputs(self.sweep, inputs, scenario, [column], self.at)
        at = found.columns.index(column)
        means = found.means[:, at]
        first = ~inputs.design["row"].duplicated().to_numpy()
        chosen = first & found.stored & np.isfinite(means)
        values = self._space[1].set_index("row").loc[inputs.design["row"][chosen]]
        runs = None if found.runs is None else found.runs[chosen, :, at]
        members = {"saltelli": len(inputs.names) + 2, "morris": len(inputs.names) + 1}
        group = np.flatnonzero(chosen) // members.get(self.sweep.mode, 1)
        return Rows(values.reset_index(drop=True), means[chosen], runs, group)

    def ranked(self, column: str) -> pd.Series[float]:
        """Share of the variance of row means that each factor explains alone, largest first.

        Returns
        -------
        Series
            By name of the factor; the mean over scenarios.
        """
        shares = {
            name: float(np.mean([_explained(rows, factor) for _, rows in self.rows(column)]))
            for name, factor in self.factors.items()
        }
        return pd.Series(shares, dtype=float).sort_values(ascending=False, kind="stable")

    def named(self, column: str, least: int, most: int) -> list[str]:
        """The factors asked for, filled up to `least` with those that move an outcome most.

        Raises
        ------
        InputError
            If there is no such factor, or there are more than `most`.
        """
        asked = list(dict.fromkeys(self.request.factor))
        for name in asked:
            if name not in self.factors:
                raise InputError(f"factor: there is no {name!r}{nearest(name, self.factors)}")
        if len(asked) > most:
            raise InputError(f"factor: found {len(asked)}; allowed: {most} at most")
        others = [name for name in self.ranked(column).index if name not in asked]
        return [*asked, *others[: max(least - len(asked), 0)]]

    def centred(self, rows: Rows, name: str) -> Rows:
        """Of rows that leave a centre one at a time, those that leave it by one factor."""
        if self.sweep.mode != CENTRED:
            return rows
        centre = self._space[1].iloc[0]
        same = np.ones(len(rows.means), dtype=bool)
        for other in self.factors:
            if other != name:
                same &= (rows.values[other] == centre[other]).to_numpy()
        return rows.part(same)

    def standing(self, name: str) -> dict[str, float | str]:
        """What each scenario has where a factor varies, by its name; none where it has nothing."""
        path = next(one["path"] for one in self.sweep.factors if one["name"] == name)
        found: dict[str, float | str] = {}
        for scenario in self._resolved:
            try:
                value = find_place(path, scenario, self._case).standing if self._case else None
            except InputError:  # the case has changed since
                value = None
            kind = self.factors[name].kind
            if value is None:
                continue
            if kind == "quarter":
                found[scenario.name] = float(quarters.parse(str(value)))
            elif kind in NUMERIC:
                found[scenario.name] = float(value)
            else:
                found[scenario.name] = str(value) if kind == "text" else "on" if value else "off"
        return found

    @cached_property
    def _case(self) -> Case | None:
        return case_of(self.sweep)

    @cached_property
    def _resolved(self) -> list[ScenarioOfCase]:
        """The scenarios as they were run, less those that this version no longer reads."""
        found = []
        for entry in self.entries:
            try:
                found.append(validated(entry["resolved"], Origin(entry["name"])))
            except InputError:
                continue
        return found

    @property
    def crossed(self) -> bool:
        """Whether rows are all that the design has of their kind, no sample of others."""
        return self.sweep.mode in (*CROSSED, CENTRED)

    def ordered(self, name: str) -> bool:
        """Whether the values of a factor are numbers or quarters."""
        return self.factors[name].kind in NUMERIC

    def levels(self, name: str) -> list[str]:
        """Names that a factor takes, in the order in which the design has them."""
        taken = set(self._space[1][name])
        known = next(one.get("levels") for one in self.sweep.factors if one["name"] == name)
        order = [str(one) for one in known or ()]
        return [one for one in order if one in taken] or sorted(taken)

    # Words

    @property
    def when(self) -> str:
        """The quarter that is shown, in words."""
        if self.at != "end":
            return self.at
        ends = {quarters.parse(one["start"]) + one["quarters"] - 1 for one in self.entries}
        return quarters.name(ends.pop()) if len(ends) == 1 else "the last quarter"

    @property
    def of_rows(self) -> str:
        """How rows were made, in words."""
        return self.sweep.mode.replace("_", " ")

    def spoken(self, column: str) -> str:
        """An outcome with the names of the actors that its codes stand for."""
        return spoken(self.manifest, column)

    def detail(self, column: str) -> str:
        """What an outcome means, and its unit."""
        return meaning(self.sweep, column)

    def caption(self, column: str, title: str, shown: str, detail: str = "") -> Caption:
        """The words around a picture of an outcome."""
        several = [rows for _, rows in self.rows(column)]
        fewest = min(len(one.means) for one in several)
        number, runs = self.sweep.manifest["runs"], self.sweep.complete
        plural = "run" if number == 1 else "runs"
        rows = "row" if fewest == 1 else "rows"
        only = f"; {self.entries[0]['title']}" if len(self.entries) == 1 else ""
        left = len(self.sweep.scenarios) - len(self.entries)
        note = "" if runs else "Rows that failed or are not finished are left out."
        if left and not self.request.scenario:
            note = f"{note} The first {len(self.entries)} of {len(self.sweep.scenarios)} scenarios."
        return Caption(
            title=title,
            shown=shown,
            detail=f"{self.detail(column)}{only}{detail}",
            source=source(self.manifest),
            runs=number,
            seed=self.manifest["seed"],
            note=note.strip(),
            behind=f"{fewest:,} {rows} ({self.of_rows}) of {number} {plural}",
        )


def spoken(manifest: Any, column: str) -> str:
    """An outcome with the names of the actors that its codes stand for."""
    name, *codes = column.split(".")
    case = manifest["case"]
    actors = {
        one["code"]: one["name"]
        for table in ("countries", "powers", "routes", "channels")
        for one in case.get(table, ())
    }
    named = [actors.get(code, code) for code in codes]
    plain = SPOKEN.get(name, in_words(name))
    return f"{plain} ({', '.join(named)})" if named else plain


def meaning(sweep: Sweep, column: str) -> str:
    """What an outcome means, and its unit."""
    name = column.split(".")[0]
    about = next(one for one in sweep.manifest["outcomes"] if one["name"] == name)
    return f"{sentence(about['meaning'])} [{sweep.unit(column)}]"


def _answers(column: str, wanted: str) -> bool:
    """Whether a column is what a user wrote: ``fear``, ``fear.KAZ``, ``fear.*.RUS``."""
    parts, asked = column.split("."), wanted.split(".")
    return len(asked) <= len(parts) and all(
        one in (_ANY, part) for one, part in zip(asked, parts, strict=False)
    )


def _explained(rows: Rows, factor: Input) -> float:
    """Share of the variance between bins, less what chance alone puts there."""
    column, means = rows.values[factor.name], rows.means
    if factor.kind in NUMERIC:
        bins = binned(column.to_numpy(float), 10)
    else:
        bins = pd.factorize(column)[0].astype(np.int64)
    number, groups = len(means), len(np.unique(bins))
    whole = float(((means - means.mean()) ** 2).sum())
    if groups < 2 or number <= groups or whole <= 1e-24 * max(1.0, float(np.abs(means).max())):
        return 0.0
    count = np.bincount(bins)
    sums = np.bincount(bins, means - means.mean())
    between = float((sums[count > 0] ** 2 / count[count > 0]).sum())
    within = max(whole - between, 0.0) / (number - groups)
    return max((between - (groups - 1) * within) / whole, 0.0)
