"""Stored runs sorted into those of interest and the others, beside what they were run with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.conditions import Condition
from sim.analysis.drawn import case_of, draw_numbers, drawn_parameters
from sim.case import Case
from sim.case.schema import ATTRIBUTES, Attribute
from sim.core import quarters
from sim.core.drivers import DRIVERS, Driver
from sim.core.errors import InputError
from sim.experiment.reading import check_scenario
from sim.experiment.result import Result
from sim.experiment.sweep_result import Sweep

NUMERIC = ("number", "whole", "quarter")  # kinds of inputs that have an order

Mask = NDArray[np.bool_]
Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Input:
    """What a box may limit.

    Parameters
    ----------
    name : str
    kind : {"number", "whole", "quarter", "flag", "text"}
        Quarters are whole numbers, 4 * year + quarter of the year - 1; flags and texts are names.
    unit, meaning : str
        For readers; may be blank.
    """

    name: str
    kind: str = "number"
    unit: str = ""
    meaning: str = ""

    def shown(self, value: float) -> str:
        """A value as readers see it."""
        if self.kind == "quarter":
            return quarters.name(int(value))
        return f"{int(value)}" if self.kind == "whole" else f"{value:.3g}"


@dataclass(frozen=True)
class Cases:
    """Rows whose runs were sorted into those of interest and the others.

    Parameters
    ----------
    inputs : sequence of Input
    values : DataFrame (row, input)
        A column an input: float64, int64 for whole numbers and quarters, else text.
    interest, runs : arrays (row,)
        Runs of interest, and all runs, of each row.
    group : array (row,)
        Rows of the same group stand or fall together: they go into the same half, and count as one
        where the precision of a share is reckoned.
    """

    inputs: tuple[Input, ...]
    values: pd.DataFrame
    interest: Counts
    runs: Counts
    group: NDArray[Any]

    def part(self, chosen: Mask) -> Cases:
        """Some of the rows."""
        return Cases(
            self.inputs,
            self.values[chosen].reset_index(drop=True),
            self.interest[chosen],
            self.runs[chosen],
            self.group[chosen],
        )

    @property
    def base(self) -> float:
        """Share of the runs that are of interest."""
        return float(self.interest.sum() / self.runs.sum())


def sort_runs(
    result: Result | Sweep, condition: Condition, scenario: str | None = None
) -> tuple[Cases, list[str]]:
    """Sort stored runs into those of interest and the others, beside what they were run with.

    Parameters
    ----------
    result : Result or Sweep
        Of a sweep, the factors are the inputs; of a batch, the parameters that its runs drew. With
        several scenarios, the scenario is an input too.
    condition : Condition
        Met by the runs of interest.
    scenario : str, optional
        Default: all of the result's.

    Returns
    -------
    cases : Cases
        A row for each scenario and row of the design, or draw of the parameters.
    remarks : list of str
        What a reader has to know about them, a sentence each.

    Raises
    ------
    InputError
        If there is no such scenario or outcome, or the result has no inputs.
    """
    if scenario is not None:
        check_scenario(result.folder, scenario, result.scenarios)
    names = result.scenarios if scenario is None else [scenario]
    inputs, values, key, remarks = inputs_of(result)
    if isinstance(result, Sweep):
        sorted_runs, remark = _sorted_rows(result, condition, names)
        remarks += remark
    else:
        sorted_runs = _sorted_batch(result, condition, names)
        sorted_runs[key] = draw_numbers(result.manifest, sorted_runs["run"].to_numpy())
    if not result.complete:
        remarks.append("Runs that failed or are not finished are left out.")
    rows = sorted_runs.groupby(["scenario", key], sort=False, observed=True)["interest"].agg(
        ["sum", "count"]
    )
    rows = rows.reset_index().merge(values, on=key, how="inner", validate="many_to_one")
    if len(names) > 1:
        inputs = [Input("scenario", "text"), *inputs]
    return (
        Cases(
            tuple(inputs),
            rows[[one.name for one in inputs]],
            rows["sum"].to_numpy(dtype=float),
            rows["count"].to_numpy(dtype=float),
            rows[key].to_numpy(),
        ),
        remarks,
    )


def inputs_of(result: Result | Sweep) -> tuple[list[Input], pd.DataFrame, str, list[str]]:
    """What the runs of a result were run with.

    Parameters
    ----------
    result : Result or Sweep
        Of a sweep, the factors; of a batch, the parameters that its runs drew.

    Returns
    -------
    inputs : list of Input
    values : DataFrame
        A column an input, and `key`: a line a row of the design, each once, or a draw.
    key : str
        ``"row"`` or ``"draw"``.
    remarks : list of str
        What a reader has to know about them, a sentence each.

    Raises
    ------
    InputError
        If a batch drew no parameters, or its draws are no longer to be found.
    """
    return _factors(result) if isinstance(result, Sweep) else _parameters(result)


def _factors(sweep: Sweep) -> tuple[list[Input], pd.DataFrame, str, list[str]]:
    """See `inputs_of`."""
    case = case_of(sweep)
    values = sweep.design().drop(columns="place").drop_duplicates("row").reset_index(drop=True)
    inputs = [  # one that follows another tells nothing of its own
        Input(one["name"], one["kind"], *_about(one["path"], case))
        for one in sweep.factors
        if one.get("same_as") is None
    ]
    for one in inputs:
        column = values[one.name]
        if one.kind == "quarter" and not pd.api.types.is_numeric_dtype(column):
            values[one.name] = [quarters.parse(str(text)) for text in column]
        elif one.kind == "flag":
            values[one.name] = np.where(column.astype(bool), "on", "off")
        elif one.kind == "text":
            values[one.name] = column.astype(str)
    remarks = [
        f"Rows share the random draws of their {sweep.manifest['runs']} runs: what is found, with "
        "its intervals, holds across rows for these runs."
    ]
    if sweep.mode in ("one_at_a_time", "morris"):
        remarks.append(
            f"Rows sampled {sweep.mode.replace('_', ' ')} leave most of the space of the factors "
            "empty; latin_hypercube or sobol fill it."
        )
    if sweep.manifest.get("parameters", {}).get("draws"):
        remarks.append("The parameters that each run drew are not among the inputs.")
    return inputs, values, "row", remarks


def _of(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Lines of some scenarios: the others may leave out the actors that a condition is about."""
    return table[table["scenario"].isin(names)]


def _sorted_rows(
    sweep: Sweep, condition: Condition, names: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Scenario, row and interest: a line a run, or a row where quarters are asked for."""
    if condition.quarters == [None]:
        runs = _of(sweep.runs(condition.columns), names)
        return runs.assign(interest=condition.holds(runs))[["scenario", "row", "interest"]], []
    means = _of(sweep.means(condition.columns), names).set_index(["scenario", "row"])
    index = means.index.unique()
    tables: dict[int | None, pd.DataFrame] = {}
    for quarter in condition.quarters:
        if quarter is None:
            runs = _of(sweep.runs(condition.columns), names).drop(columns="run")
            own = runs.groupby(["scenario", "row"], sort=False).mean()
        else:
            own = means[means["quarter"] == quarter].drop(columns="quarter")
            if own.empty:
                raise InputError(
                    f"{sweep.folder}: no outcome was recorded in {quarters.name(quarter)}"
                )
        tables[quarter] = own.reindex(index)
    found = index.to_frame(index=False).assign(interest=condition.holds(tables))
    return found, [
        "The condition names a quarter, and a sweep keeps means over the runs of a row by quarter: "
        "what is counted here are rows, and the condition is about their means."
    ]


def _parameters(result: Result) -> tuple[list[Input], pd.DataFrame, str, list[str]]:
    """See `inputs_of`."""
    drawn = result.manifest.get("parameters", {})
    if not drawn.get("draws"):
        raise InputError(
            f"{result.folder}: its runs differ by chance only, as no parameter was drawn; run a "
            "sweep of a design, or a batch of a case with a posterior or with --parameters "
            "FILE.parquet"
        )
    posterior = drawn_parameters(result, "run the batch again")
    case = case_of(result)
    values = pd.DataFrame(posterior.values, columns=list(posterior.names))
    values.insert(0, "draw", np.arange(posterior.draws))
    inputs = [
        Input(name, "number", *_about(f"parameters.{name}", case)) for name in posterior.names
    ]
    remarks = []
    if any(_draws(scenario["resolved"]) for scenario in result.manifest["scenarios"]):
        remarks.append("What the scenarios themselves draw is not among the inputs.")
    return inputs, values, "draw", remarks


def _sorted_batch(result: Result, condition: Condition, names: Sequence[str]) -> pd.DataFrame:
    """Scenario, run and interest, a line a run."""
    runs = _of(result.runs(condition.columns), names).set_index(["scenario", "run"])
    tables: dict[int | None, pd.DataFrame] = {None: runs}
    if condition.quarters != [None]:
        paths = result.trajectories(condition.columns).set_index(["scenario", "run"])
        for quarter in condition.quarters:
            if quarter is not None:
                own = paths[paths["quarter"] == quarter]
                if own.empty:
                    raise InputError(
                        f"{result.folder}: no outcome was recorded in {quarters.name(quarter)}"
                    )
                tables[quarter] = own.reindex(runs.index)
    return runs.index.to_frame(index=False).assign(interest=condition.holds(tables))


def _about(path: str, case: Case | None) -> tuple[str, str]:
    """Unit and meaning of what a dotted path leads to; blank where they are not known."""
    kind, *rest = path.split(".")
    tables: dict[str, Mapping[str, Attribute | Driver]] = {
        "attribute": ATTRIBUTES,
        "driver": DRIVERS,
    }
    known = tables.get(kind, {})
    if rest and rest[0] in known:
        unit = "factor" if rest[-1] == "factor" else known[rest[0]].unit
        return unit, known[rest[0]].meaning
    if kind == "parameters" and case is not None:
        for row in case.table("parameters"):
            if row["name"] == rest[-1]:
                return "", row["derivation"]
    return "", ""


def _draws(node: Any) -> bool:
    """Whether a scenario as it was resolved draws something from a distribution."""
    if isinstance(node, dict):
        return "distribution" in node or any(map(_draws, node.values()))
    return isinstance(node, list) and any(map(_draws, node))
