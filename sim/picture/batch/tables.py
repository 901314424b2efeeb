"""From a results folder to the tables that the figures draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment import statistics, store
from sim.experiment.result import Result
from sim.picture.batch.choice import Chosen, codes

QUANTILES = tuple(statistics.QUANTILES.values())  # those that results keep by quarter

PAIRED = 4_000  # most runs whose trajectories are read to compare scenarios run by run


def by_quarter(quarters: pd.DataFrame, chosen: Chosen) -> pd.DataFrame:
    """Quantiles by quarter of the chosen columns, with the panel they belong to.

    Parameters
    ----------
    quarters : DataFrame
        Statistics over runs, as `Result.quarters` gives them.
    chosen : Chosen
        Outcome and panels.

    Returns
    -------
    DataFrame
        The rows of the chosen columns and a column ``panel``; empty where none was kept.
    """
    panel = dict(zip(chosen.columns, chosen.panels, strict=True))
    rows = quarters[quarters["outcome"].isin(list(panel))]
    return rows.assign(panel=rows["outcome"].map(panel))


def at_end(result: Result, scenarios: Sequence[str], chosen: Chosen) -> pd.DataFrame:
    """Values at the last quarter, one row a run, scenario and panel.

    Returns
    -------
    DataFrame
        Columns ``scenario``, ``panel`` and ``value``.
    """
    return _by_panel(_of(result.runs(chosen.columns), scenarios), chosen)


def at_quarter(
    result: Result, scenarios: Sequence[str], chosen: Chosen, quarter: int
) -> pd.DataFrame:
    """Values in a quarter, as `at_end` gives those of the last.

    Raises
    ------
    InputError
        If the outcome was not kept by quarter.
    """
    data = store.dataset(result.folder, "trajectories")
    kept = [] if data is None else [name for name in chosen.columns if name in data.schema.names]
    if data is None or not kept:
        raise InputError(not_recorded(chosen.outcome, quarter))
    some = (pc.field("quarter") == quarter) & pc.field("scenario").isin(list(scenarios))
    rows = data.to_table(columns=["scenario", "run", *kept], filter=some).to_pandas()
    return _by_panel(rows.sort_values(["scenario", "run"], ignore_index=True), chosen)


def not_recorded(outcome: str, quarter: int) -> str:
    """What is said where an outcome is asked for in a quarter of which it was not kept."""
    return (
        f"at: {outcome} was not recorded in {quarters.name(quarter)}, in the last quarter only; "
        f"run the batch with --trajectories {outcome}"
    )


def _by_panel(runs: pd.DataFrame, chosen: Chosen) -> pd.DataFrame:
    """One row a run, scenario and panel."""
    return pd.concat(
        [
            pd.DataFrame({"scenario": runs["scenario"], "panel": panel, "value": runs[column]})
            for panel, column in zip(chosen.panels, chosen.columns, strict=True)
            if column in runs
        ],
        ignore_index=True,
    )


def differences(result: Result, scenarios: Sequence[str], chosen: Chosen) -> pd.DataFrame:
    """Quantiles by quarter of the run-by-run difference of scenarios from the first of them.

    Runs share their draws between scenarios, so these quantiles show an effect that is far
    smaller than the spread of the runs.

    Parameters
    ----------
    result : Result
    scenarios : sequence of str
        The first is what the others are compared with.
    chosen : Chosen
        Outcome and panels.

    Returns
    -------
    DataFrame
        Columns ``scenario``, ``panel``, ``quarter``, ``n`` and the quantiles, over the first
        `PAIRED` runs at most; empty where the outcome was not kept by quarter.
    """
    data = store.dataset(result.folder, "trajectories")
    kept = [] if data is None else [name for name in chosen.columns if name in data.schema.names]
    if data is None or not kept:
        return pd.DataFrame()
    some = (pc.field("run") < PAIRED) & pc.field("scenario").isin(list(scenarios))
    rows = data.to_table(columns=["scenario", "run", "quarter", *kept], filter=some).to_pandas()
    rows = rows.set_index(["scenario", "quarter", "run"])
    present = rows.index.get_level_values("scenario")
    panel = dict(zip(chosen.columns, chosen.panels, strict=True))
    first, *others = (name for name in scenarios if name in present)
    blocks = []
    for column in kept:
        wide = rows[column].unstack("run")
        for other in others:  # pandas pairs by quarter and run; what either lacks drops out
            gap = (wide.loc[other] - wide.loc[first]).dropna(how="all").dropna(axis=1, how="any")
            if gap.empty:
                continue
            levels = np.quantile(gap.to_numpy(), QUANTILES, axis=1)
            named = dict(zip(statistics.QUANTILES, levels, strict=True))
            block = pd.DataFrame(named, index=gap.index)
            block = block.reset_index().assign(scenario=other, panel=panel[column], n=gap.shape[1])
            blocks.append(block)
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame()


def blocs(powers: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """The first three blocs that hold a power (no regional partner), with their powers' codes."""
    found: dict[str, list[str]] = {}
    for power in powers:
        if power["kind"] == "power":
            found.setdefault(power["bloc"], []).append(power["code"])
    return dict(list(found.items())[:3])


def bloc_ends(
    result: Result, scenarios: Sequence[str], members: dict[str, list[str]]
) -> pd.DataFrame:
    """Alignment with each bloc at the last quarter, one row a run, scenario and country."""
    runs = _of(result.runs(["alignment"]), scenarios)
    return pd.concat(
        [
            _sums(runs, country, members).assign(scenario=runs["scenario"], panel=country)
            for country in codes(result.manifest, "country")
        ],
        ignore_index=True,
    )


def bloc_paths(
    quarters: pd.DataFrame, manifest: dict[str, Any], members: dict[str, list[str]]
) -> pd.DataFrame:
    """Alignment with each bloc by quarter: the sum of its powers' medians.

    Returns
    -------
    DataFrame
        Columns ``scenario``, ``quarter``, ``panel`` and one a bloc; empty where alignment was not
        kept by quarter.
    """
    rows = quarters[quarters["outcome"].str.startswith("alignment.")]
    if rows.empty:
        return pd.DataFrame(columns=["scenario", "quarter", "panel", *members])
    medians = rows.pivot(index=["scenario", "quarter"], columns="outcome", values="q50")
    medians = medians.sort_index().reset_index()
    return pd.concat(
        [
            _sums(medians, country, members).assign(
                scenario=medians["scenario"], quarter=medians["quarter"], panel=country
            )
            for country in codes(manifest, "country")
        ],
        ignore_index=True,
    )


def leverage(result: Result, scenario: str, against: str | None = None) -> tuple[pd.DataFrame, str]:
    """Median leverage through each channel at the last quarter, in a unit that suits its size.

    Parameters
    ----------
    result : Result
    scenario : str
    against : str, optional
        Take the median of the run-by-run difference from this scenario instead.

    Returns
    -------
    table : DataFrame
        Columns ``panel`` (country), ``row`` (power), ``column`` (channel) and ``value``.
    unit : str
    """
    blocks = []
    for country in codes(result.manifest, "country"):  # one at a time, to hold less at once
        runs = result.runs([f"channel_leverage.{country}"]).set_index("run")
        values = runs[runs["scenario"] == scenario].drop(columns="scenario")
        if against is not None:  # pandas pairs by run; a run that either lacks gives no value
            values = values - runs[runs["scenario"] == against].drop(columns="scenario")
        median = values.median()
        parts = median.index.str.split(".", expand=True)
        blocks.append(
            pd.DataFrame(
                {
                    "panel": parts.get_level_values(1),
                    "row": parts.get_level_values(2),
                    "column": parts.get_level_values(3),
                    "value": median.to_numpy(),
                }
            )
        )
    table = pd.concat(blocks, ignore_index=True)
    largest = float(np.nanmax(np.abs(table["value"]), initial=0.0))
    factor, unit = (100.0, "percent of GDP") if largest >= 0.005 else (1e4, "0.01 percent of GDP")
    return table.assign(value=factor * table["value"]), unit


def _of(runs: pd.DataFrame, scenarios: Sequence[str]) -> pd.DataFrame:
    return runs[runs["scenario"].isin(list(scenarios))]


def _sums(table: pd.DataFrame, country: str, members: dict[str, list[str]]) -> pd.DataFrame:
    """Sum over the powers of each bloc; missing where the country is."""
    return pd.DataFrame(
        {
            bloc: table.reindex(columns=[f"alignment.{country}.{power}" for power in powers]).sum(
                axis=1, skipna=False
            )
            for bloc, powers in members.items()
        }
    )
