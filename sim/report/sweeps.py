"""What a sweep varied, and how outcomes answered: tables, and sentences from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.interest import inputs_of
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.sweep_result import Sweep
from sim.report.blocks import Section
from sim.report.names import Names
from sim.report.numbers import counted, of_unit, rounded

_CLEAR = 0.3  # rank correlation over rows below which no factor is named
_FAINT = 0.02  # of the spread in a row, below which an outcome hardly answers to the factors
_MOST_ROWS = 40  # of the table of responses
_LEFT_EMPTY = ("one_at_a_time", "morris")  # ways of sampling that leave space empty


def responses(
    sweep: Sweep, outcomes: Sequence[str], countries: Sequence[str], names: Names
) -> pd.DataFrame:
    """How outcomes at the last quarter answer to a sweep's factors.

    Parameters
    ----------
    sweep : Sweep
    outcomes : sequence of str
        Outcomes or columns.
    countries : sequence of str
        Those shown.
    names : Names

    Returns
    -------
    DataFrame
        scenario, outcome, rows, lowest, middle, highest (of the means over the runs of a row),
        within (standard deviation over the runs of a row, root mean square over rows; missing with
        one run a row), factor, correlation (the factor with the largest rank correlation, in size,
        with the row means; blank and missing where nothing varies). Empty if no row is finished.
    """
    there = {one["name"] for one in sweep.manifest["outcomes"]}
    chosen = [name for name in outcomes if name.split(".")[0] in there]
    try:
        runs = sweep.runs(chosen) if chosen else pd.DataFrame()
    except InputError:  # no row is finished, or the design kept other columns
        runs = pd.DataFrame()
    if runs.empty:
        return pd.DataFrame()
    columns = [c for c in runs.columns if c not in ("scenario", "row", "run")]
    factors = _ranked(sweep)
    rows = []
    for scenario in sweep.scenarios:
        own = runs[runs["scenario"] == scenario]
        by_row = own.groupby("row")[columns]
        means, variances = by_row.mean(), by_row.var()
        for column in columns:
            values = means[column].dropna()
            if not len(values) or not names.about(column, countries):
                continue
            factor, correlation = _leading(values, factors)
            rows.append(
                {
                    "scenario": scenario,
                    "outcome": column,
                    "rows": len(values),
                    "lowest": values.min(),
                    "middle": values.median(),
                    "highest": values.max(),
                    "within": float(np.sqrt(variances[column].mean())),
                    "factor": factor,
                    "correlation": correlation,
                }
            )
    return pd.DataFrame(rows)


def _ranked(sweep: Sweep) -> pd.DataFrame:
    """Ranks of the factors that have an order: a line a row of the design."""
    inputs, values, key, _ = inputs_of(sweep)
    ordered = [one.name for one in inputs if pd.api.types.is_numeric_dtype(values[one.name])]
    return values.set_index(key)[ordered]


def _leading(values: pd.Series[float], factors: pd.DataFrame) -> tuple[str, float]:
    """The factor whose ranks go most closely with those of the row means."""
    there = factors.reindex(values.index).dropna()
    varying = [name for name in there if there[name].nunique() > 1]
    if len(there) < 3 or not varying or values.nunique() < 2:
        return "", float("nan")
    ranks = values.loc[there.index].rank()
    found = there[varying].rank().corrwith(ranks)
    name = str(found.abs().idxmax())
    return name, float(found[name])


def answering(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `responses` that answer to the factors, by size against the spread in a row."""
    if table.empty:
        return table
    width = table["highest"] - table["lowest"]
    spread = table["within"].fillna(0.0)
    size = (width / spread.where(spread > 0)).fillna(np.inf).where(width > 0, 0.0)
    order = size.sort_values(ascending=False, kind="stable").index
    return table.loc[order[size.loc[order] >= _FAINT]]


def leading(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows that answer most, one an outcome before a second of any."""
    found = answering(table)
    if found.empty:
        return found
    turn = found.groupby(found["outcome"].str.split(".").str[0]).cumcount()
    return found.loc[turn.sort_values(kind="stable").index][:most]


def sentence(row: dict[str, Any], sweep: Sweep, names: Names) -> str:
    """How an outcome answers, in a sentence or two."""
    width = (row["highest"] - row["lowest"]) / 2
    what = names.outcome(row["outcome"])
    place = f" in {row['scenario']}" if len(sweep.scenarios) > 1 else ""
    if width == 0:
        return (
            f"Over {counted(row['rows'], 'row')}{place}, {what} stays at "
            f"{of_unit(rounded(row['middle']), names.unit(row['outcome']))}."
        )
    text = (
        f"Over {counted(row['rows'], 'row')}{place}, means of {what} run from "
        f"{rounded(row['lowest'], width)} to "
        f"{of_unit(rounded(row['highest'], width), names.unit(row['outcome']))}"
    )
    if row["factor"] and abs(row["correlation"]) >= _CLEAR:
        way = "rising" if row["correlation"] > 0 else "falling"
        figure = f"{abs(row['correlation']):.2f}"
        text += (
            f"; they go most closely with the factor “{row['factor'].replace('_', ' ')}”, {way} as "
            "it rises (rank correlation "
            f"over rows {'' if row['correlation'] > 0 else chr(0x2212)}{figure})"
        )
    elif row["factor"]:
        text += "; no single factor goes closely with them"
    return f"{text}."


def tell_factors(section: Section, sweep: Sweep) -> None:
    """What a sweep varied, and how."""
    design, manifest = sweep.manifest["design"], sweep.manifest
    mode = sweep.mode.replace("_", " ")
    section.say(
        f"{counted(int(manifest['rows']), 'row')} ({mode}) of {counted(manifest['runs'], 'run')} "
        f"each, seed {manifest['seed']}, in {', '.join(sweep.scenarios)}."
    )
    about = {one.get("name"): one for one in design.get("factor", [])}
    section.table(
        f"Factors of {design['title']}",
        ["factor", "what it sets", "values", "reason", "source"],
        [
            [
                str(one["name"]).replace("_", " "),
                str(one["path"]),
                _values(one),
                str(about.get(one["name"], {}).get("reason", "")),
                str(about.get(one["name"], {}).get("source", "")),
            ]
            for one in sweep.factors
        ],
    )


def tell_responses(section: Section, sweep: Sweep, table: pd.DataFrame, names: Names) -> None:
    """How outcomes answered."""
    if table.empty:
        section.say("No row of this sweep is finished, or it kept none of the outcomes shown.")
        return
    several = len(sweep.scenarios) > 1
    rows = []
    shown = answering(table)[:_MOST_ROWS]
    if shown.empty:
        section.say("No outcome shown answers to the factors.")
    for row in shown.to_dict("records"):
        width = (row["highest"] - row["lowest"]) / 2
        cells = [names.outcome(row["outcome"]), names.unit(row["outcome"])]
        cells += [row["scenario"]] if several else []
        cells += [rounded(row[name], width) for name in ("lowest", "middle", "highest", "within")]
        leading = f"{row['correlation']:+.2f}".replace("-", "\N{MINUS SIGN}")
        named = str(row["factor"]).replace("_", " ")
        cells += [f"{named} ({leading})" if row["factor"] else "–"]
        rows.append(cells)
    heads = ["outcome", "unit", *(["scenario"] if several else [])]
    first = len(heads)
    section.table(
        f"How outcomes answer in {sweep.manifest['design']['title']}",
        [*heads, "lowest row", "middle row", "highest row", "spread in a row", "goes most with"],
        rows,
        numeric=range(first, first + 4),
        note="Sorted by how widely row means range, against the spread in a row. Means over the "
        "runs of a row, at the last quarter: the lowest, the median and the highest of all rows. "
        "Spread in a row: standard deviation over the runs of a row. In "
        "brackets: rank correlation over rows; it misses what rises and falls again."
        + (
            f" Left out: {counted(len(table) - len(shown), 'outcome')} that answer less."
            if len(shown) < len(table)
            else ""
        )
        + (
            " Rows of this design leave most of the space of the factors empty."
            if sweep.mode in _LEFT_EMPTY
            else ""
        ),
    )


def _values(factor: dict[str, Any]) -> str:
    """The values of a factor in words."""
    if factor.get("same_as"):
        return f"follows {factor['same_as']}"
    if factor.get("levels"):
        return ", ".join(_value(one, factor) for one in factor["levels"])
    drawn = factor.get("distribution")
    if drawn:
        parts = {key: value for key, value in drawn.items() if key != "distribution"}
        inner = ", ".join(f"{key} {value}" for key, value in parts.items())
        return f"{drawn['distribution']}({inner})"
    if factor.get("low") is not None:
        return f"{_value(factor['low'], factor)} to {_value(factor['high'], factor)}"
    return "on and off" if factor.get("kind") == "flag" else ""


def _value(value: Any, factor: dict[str, Any]) -> str:
    if factor.get("kind") == "quarter" and isinstance(value, int | float):
        return quarters.name(int(value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
