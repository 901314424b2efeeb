"""Hands stored results over to other packages, in the form that they work with.

The EMA Workbench takes a table of experiments and a dictionary of outcomes, SALib a problem, the
points sampled and an outcome at each of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.csv

from sim.analysis.drawn import draw_numbers
from sim.analysis.interest import NUMERIC, Input, inputs_of
from sim.analysis.workbench import imported
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.world import Array
from sim.experiment import store
from sim.experiment.reading import check_scenario
from sim.experiment.result import Result
from sim.experiment.sweep_result import Sweep

BY_QUARTER = ".by_quarter"  # end of the name of an outcome that is a path
TIME = "TIME"  # the outcome that the EMA Workbench takes for the time axis of paths
TABLES = (
    *("design", "units", "runs", "means", "variances"),
    *("trajectories", "quarters", "events", "observables"),
)
_OWN = ("policy", "model")  # columns that the EMA Workbench has for itself
_ORDERED = ("saltelli", "morris")  # modes whose points have to stand in order, none left out


def to_ema(
    result: Result | Sweep, outcomes: Iterable[str] | None = None, by: str | None = None
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """A result as the EMA Workbench has it: what its analyses take, and `save_ema` writes.

    Parameters
    ----------
    result : Result or Sweep
    outcomes : iterable of str, optional
        Outcomes or columns; default: all that were recorded.
    by : {"row", "run"}, optional
        What an experiment is: a row of the design, with means over its runs, or a single run.
        Default: a row of a sweep; of a batch, which has no rows, always a run.

    Returns
    -------
    experiments : DataFrame (experiment, ...)
        The inputs, and `scenario`, `policy` and `model`, as the Workbench names them. `scenario` is
        a number: of a row its place in the design; of a run its own, which in a sweep is counted on
        from row to row. `policy` is the scenario in our sense, `model` the case; a factor called
        so is handed over as `factor_policy` or `factor_model`. Numbers are float64, quarters years
        with a fraction (2025.25 is 2025Q2), flags and names categories.
    outcomes : dict of str to array
        ``autonomy.KAZ`` (experiment,) at the last quarter; where outcomes were kept by quarter and
        the experiments have them, also ``autonomy.KAZ.by_quarter`` (experiment, quarter), and
        ``TIME`` (experiment, quarter), years with a fraction.

    Raises
    ------
    InputError
        If an outcome was not recorded, `by` is not known, or draws of parameters are gone.

    Notes
    -----
    Experiments without outcomes, because their runs failed, are left out. Whole numbers are handed
    over as float64 too, since the Workbench's search for boxes stops at columns of whole numbers
    under recent versions of pandas.
    """
    allowed = ("row", "run") if isinstance(result, Sweep) else ("run",)
    by = allowed[0] if by is None else by
    if by not in allowed:
        raise InputError(f"by: found {by!r}; allowed here: {' or '.join(allowed)}")
    wanted = None if outcomes is None else list(outcomes)
    ends = _recorded(result, "runs", wanted)
    if isinstance(result, Sweep):
        inputs, values, key, _ = inputs_of(result)
        design = result.design()[["place", "row"]].merge(values, on="row", how="left")
        ends = ends.sort_values(["scenario", "row", "run"], kind="stable")
        if by == "row":
            ends = ends.drop(columns="run").groupby(["scenario", "row"]).mean().reset_index()
            paths = _paths(result, "means", ("scenario", "row"), wanted)
        else:
            paths = None
        table = design.merge(ends, on="row", how="inner")
        number = table["place"].to_numpy()
        if by == "run":
            number = number * result.manifest["runs"] + table["run"].to_numpy()
    else:
        table, paths = ends, _paths(result, "trajectories", ("scenario", "run"), wanted)
        inputs = []
        if result.manifest.get("parameters", {}).get("draws"):
            inputs, values, key, _ = inputs_of(result)
            draw = draw_numbers(result.manifest, table["run"].to_numpy())
            table = table.assign(**{key: draw}).merge(values, on=key, how="left")
        number = table["run"].to_numpy()
    order = pd.Categorical(table["scenario"], categories=result.scenarios).codes
    places = np.lexsort((number, order))
    table, number = table.iloc[places].reset_index(drop=True), number[places]

    experiments = pd.DataFrame(
        {
            f"factor_{one.name}" if one.name in _OWN else one.name: _column(one, table[one.name])
            for one in inputs
        }
    )
    experiments["scenario"] = number
    experiments["policy"] = pd.Categorical(table["scenario"], categories=result.scenarios)
    experiments["model"] = pd.Categorical([_model(result)] * len(table))
    columns = [name for name in ends.columns if name not in ("scenario", "row", "run")]
    found: dict[str, Array] = {name: table[name].to_numpy(dtype=float) for name in columns}
    if paths is not None:
        keys = pd.MultiIndex.from_frame(table[["scenario", "row" if by == "row" else "run"]])
        span = sorted({quarter for one in paths.values() for quarter in one.columns})
        found[TIME] = np.tile(np.asarray(span) / 4, (len(table), 1))
        for name, one in paths.items():
            path = one.reindex(index=keys, columns=span)
            found[name + BY_QUARTER] = path.to_numpy(dtype=float)
    return experiments, found


def save_ema(path: Path, experiments: pd.DataFrame, outcomes: Mapping[str, Array]) -> None:
    """Write what `to_ema` gives as a file that ``ema_workbench.load_results`` reads.

    Parameters
    ----------
    path : Path
        A ``.tar.gz`` file.
    experiments, outcomes : as given by `to_ema`

    Raises
    ------
    InputError
        If the EMA Workbench is not installed, or the file cannot be written.
    """
    (workbench,) = imported("a file of the EMA Workbench", "ema_workbench")
    for name, values in outcomes.items():  # this registers how each is to be written
        kind = workbench.ScalarOutcome if values.ndim == 1 else workbench.ArrayOutcome
        with suppress(ValueError):  # the name is registered in this process as of another kind
            kind(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with store.atomic(path) as temporary:
            workbench.save_results((experiments, dict(outcomes)), str(temporary))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error


def to_salib(
    sweep: Sweep, outcome: str, scenario: str | None = None, quarter: str | None = None
) -> tuple[dict[str, Any], Array, Array]:
    """A sweep as SALib has it: a problem, the points sampled, and an outcome at each of them.

    Parameters
    ----------
    sweep : Sweep
    outcome : str
        A column, as ``autonomy.KAZ``.
    scenario : str, optional
        One of the sweep's; may be left out where there is only one.
    quarter : str, optional
        As ``"2030Q4"``; default: the last one.

    Returns
    -------
    problem : dict
        num_vars, names and bounds: the points lie in the unit cube, since factors may have
        distributions of their own, be dates or names.
    x : array (place, factor)
        In the order of the sample, which SALib's analyses of samples made by ``saltelli`` and
        ``morris`` rely on; the factor ``dummy`` included where the sample has it.
    y : array (place,)
        Mean over the runs of the row.

    Raises
    ------
    InputError
        If there is no such outcome, scenario or quarter, or rows have no outcome although the order
        of the sample needs all. In other samples such rows are left out.

    Examples
    --------
    >>> from SALib.analyze import sobol
    >>> problem, x, y = to_salib(sweep, "autonomy.KAZ")  # doctest: +SKIP
    >>> sobol.analyze(problem, y, calc_second_order=False)  # doctest: +SKIP
    """
    if scenario is None:
        if len(sweep.scenarios) > 1:
            raise InputError(
                f"{sweep.folder}: has the scenarios {', '.join(sweep.scenarios)}; name one"
            )
        scenario = sweep.scenarios[0]
    check_scenario(sweep.folder, scenario, sweep.scenarios)
    if quarter is None:
        table = sweep.runs([outcome])
    else:
        table = sweep.means([outcome])
        table = table[table["quarter"] == quarters.parse(quarter)]
        if table.empty:
            raise InputError(f"{sweep.folder}: no outcome was recorded in {quarter}")
    if outcome not in table:
        raise InputError(
            f"{sweep.folder}: {outcome!r} has several columns; name one, such as "
            f"{table.columns[-1]}"
        )
    means = table[table["scenario"] == scenario].groupby("row")[outcome].mean()
    units = sweep.units().set_index("place")
    y = means.reindex(sweep.design().set_index("place")["row"].loc[units.index]).to_numpy(float)
    there = ~np.isnan(y)
    if not there.all():
        _check_order(sweep, int((~there).sum()), outcome)
        units, y = units[there], y[there]
    return _problem(units), units.to_numpy(dtype=float), y


def save_salib(folder: Path, sweep: Sweep, outcomes: Sequence[str] | None = None) -> list[Path]:
    """Write a sweep as files that SALib's analyses can be fed with.

    Parameters
    ----------
    folder : Path
        Gets `problem.json`, `x.csv` and, for each scenario, `y_<scenario>.csv` with a column an
        outcome; see `to_salib`. Outcomes of actors that a scenario leaves out are not in its file.
    sweep : Sweep
    outcomes : sequence of str, optional
        Outcomes or columns; default: all that were recorded.

    Raises
    ------
    InputError
        As `to_salib`; or if an outcome is there in some finished rows only, or the folder cannot be
        written to.
    """
    recorded = _recorded(sweep, "runs", None if outcomes is None else list(outcomes))
    columns = [name for name in recorded.columns if name not in ("scenario", "row", "run")]
    units = sweep.units().set_index("place")
    rows = sweep.design().set_index("place")["row"].loc[units.index]
    means = recorded.drop(columns="run").groupby(["scenario", "row"]).mean()
    tables = {}
    whole = np.ones(len(rows), dtype=bool)
    for scenario in sweep.scenarios:
        table = means.reindex(pd.MultiIndex.from_arrays([[scenario] * len(rows), rows]))[columns]
        tables[scenario] = table.dropna(axis="columns", how="all")
        finished = table.notna().any(axis=1).to_numpy()
        partly = tables[scenario].columns[tables[scenario][finished].isna().any()]
        if len(partly):
            raise InputError(
                f"{sweep.folder}: {partly[0]} is missing in some rows of {scenario}, which leave "
                "an actor out; name outcomes that all rows have"
            )
        whole &= finished
    if not whole.all():
        _check_order(sweep, int((~whole).sum()), "outcomes")
    paths = [folder / "problem.json", folder / "x.csv"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_problem(units), indent=1)
        paths[0].write_text(text + "\n", encoding="utf-8")
        units[whole].to_csv(paths[1], index=False)
        for scenario, table in tables.items():
            paths.append(folder / f"y_{scenario}.csv")
            table[whole].to_csv(paths[-1], index=False)
    except OSError as error:
        raise InputError(f"{folder}: cannot write there ({error.strerror or error})") from error
    return paths


def _problem(units: pd.DataFrame) -> dict[str, Any]:
    """SALib's problem for points of the unit cube, a column a factor."""
    return {
        "num_vars": len(units.columns),
        "names": list(units.columns),
        "bounds": [[0.0, 1.0]] * len(units.columns),
    }


def _check_order(sweep: Sweep, lacking: int, what: str) -> None:
    """Refuse to leave out rows of a sample that is of use only as a whole."""
    if sweep.mode in _ORDERED:
        raise InputError(
            f"{sweep.folder}: {lacking} of {sweep.manifest['rows']} rows have no {what}, and a "
            f"sample of the mode {sweep.mode} is of use only as a whole; go on with --resume"
        )


def save_csv(folder: Path, result: Result | Sweep) -> list[Path]:
    """Write the tables of a result as .csv files, and its manifest.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            data = store.dataset(result.folder, name)
            if data is None:
                continue
            paths.append(folder / f"{name}.csv")
            with (
                store.atomic(paths[-1]) as temporary,
                pyarrow.csv.CSVWriter(temporary, data.schema) as writer,
            ):
                for batch in data.to_batches():
                    writer.write_batch(batch)
        paths.append(folder / "manifest.json")
        text = json.dumps(result.manifest, indent=1, ensure_ascii=False)
        paths[-1].write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: cannot write there ({error.strerror or error})") from error
    return paths


def _recorded(result: Result | Sweep, name: str, wanted: list[str] | None) -> pd.DataFrame:
    table = getattr(result, name)(wanted)
    if table.empty:
        raise InputError(f"{result.folder}: this result has no {name}")
    return table


def _paths(
    result: Result | Sweep, name: str, keys: tuple[str, str], wanted: list[str] | None
) -> dict[str, pd.DataFrame] | None:
    """Outcomes by quarter: a table (keys, quarter) each; None if none of those wanted was kept."""
    data = store.dataset(result.folder, name)
    if data is None:
        return None
    own = [
        column
        for column in data.schema.names
        if column not in (*keys, "quarter")
        and (wanted is None or any(f"{column}.".startswith(f"{one}.") for one in wanted))
    ]
    if not own:
        return None
    table = getattr(result, name)(own).set_index([*keys, "quarter"])
    return {column: table[column].unstack("quarter") for column in own}


def _column(one: Input, values: pd.Series[Any]) -> Array | pd.Categorical[str]:
    if one.kind not in NUMERIC:
        return pd.Categorical(values.astype(str))
    numbers = values.to_numpy(dtype=float)
    return numbers / 4 if one.kind == "quarter" else numbers


def _model(result: Result | Sweep) -> str:
    case = result.manifest["case"]
    return str(case.get("name", case["title"]))
