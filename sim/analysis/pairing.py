"""Two scenarios side by side: can their runs be paired, and their outcomes run by run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment import store
from sim.experiment.reading import check_scenario, matching
from sim.experiment.result import Result

_CELLS = 4_000_000  # values of a side held at once


@dataclass(frozen=True)
class Side:
    """One scenario of a result."""

    result: Result
    scenario: str

    @classmethod
    def of(cls, result: Result, scenario: str | None) -> Side:
        """A scenario of a result; none: its first.

        Raises
        ------
        InputError
            If the result has no such scenario.
        """
        if scenario is not None:
            check_scenario(result.folder, scenario, result.scenarios)
        return cls(result, result.scenarios[0] if scenario is None else scenario)

    @property
    def entry(self) -> dict[str, Any]:
        """What the manifest says about the scenario."""
        return next(
            one for one in self.result.manifest["scenarios"] if one["name"] == self.scenario
        )

    @property
    def span(self) -> tuple[int, int]:
        """First and last quarter."""
        start = quarters.parse(self.entry["start"])
        return start, start + int(self.entry["quarters"]) - 1

    def named(self, other: Side) -> str:
        """Its name; with the folder where the other side has the same."""
        return self.scenario if self.scenario != other.scenario else str(self)

    def __str__(self) -> str:
        return f"{self.result.folder}:{self.scenario}"


@dataclass(frozen=True)
class Pair:
    """Outcomes of the runs that both sides have."""

    runs: NDArray[np.int64]
    columns: list[str]
    first: NDArray[np.float64]  # (run, column)
    second: NDArray[np.float64]  # (run, column)


def paired_sides(
    a: Result, b: Result, scenario_a: str | None, scenario_b: str | None
) -> tuple[Side, Side]:
    """The scenarios to compare, checked; see `check_pairing`."""
    one, other = Side.of(a, scenario_a), Side.of(b, scenario_b)
    check_pairing(one, other)
    return one, other


def check_pairing(one: Side, other: Side) -> None:
    """Check that run i of one has the same draws as run i of the other.

    Raises
    ------
    InputError
        If not, with all that differs; or if both are the same.
    """
    folders = one.result.folder.resolve(), other.result.folder.resolve()
    if one.scenario == other.scenario and folders[0] == folders[1]:
        raise InputError(f"{one}: a scenario cannot be compared with itself; name another")
    first, second = one.result.manifest, other.result.manifest
    told = []
    if first["seed"] != second["seed"]:
        told.append(f"their seeds ({first['seed']} and {second['seed']})")
    if _parameters(first) != _parameters(second):
        told.append(f"their parameters ({_parameter_words(first)} and {_parameter_words(second)})")
    cases = first["case"], second["case"]
    if cases[0]["hash"] != cases[1]["hash"]:
        names = [f"{case['name']}, hash {case['hash'][:12]}" for case in cases]
        told.append(f"their cases ({names[0]} and {names[1]})")
    if cases[0]["as_of"] != cases[1]["as_of"]:
        told.append(f"their base quarters ({cases[0]['as_of']} and {cases[1]['as_of']})")
    if told:
        raise InputError(
            f"{one} and {other} cannot be compared run by run; they differ in "
            f"{' and in '.join(told)}"
        )


def _parameters(manifest: dict[str, Any]) -> tuple[Any, ...]:
    """What decides which values of the parameters a run took."""
    drawn = manifest.get("parameters") or {}
    if not drawn.get("draws"):
        return ()
    return drawn["hash"], drawn["draws"], drawn.get("replicates", 1)


def _parameter_words(manifest: dict[str, Any]) -> str:
    drawn = manifest.get("parameters") or {}
    if not drawn.get("draws"):
        return "the centres"
    words = f"{drawn['draws']} draws of {drawn['given']}, hash {drawn['hash'][:12]}"
    runs = drawn.get("replicates", 1)
    return words + (f", {runs} runs a draw" if runs > 1 else "")


def common_quarters(one: Side, other: Side) -> tuple[int, int]:
    """First and last quarter that both sides have.

    Raises
    ------
    InputError
        If there is none.
    """
    (start, end), (begin, close) = one.span, other.span
    if max(start, begin) > min(end, close):
        raise InputError(
            f"{one} ({quarters.name(start)} to {quarters.name(end)}) and {other} "
            f"({quarters.name(begin)} to {quarters.name(close)}) have no quarter in common"
        )
    return max(start, begin), min(end, close)


def paired_values(
    one: Side, other: Side, outcomes: Sequence[str] | None, at: str
) -> tuple[Pair, str]:
    """Outcomes of both sides at a time.

    Parameters
    ----------
    one, other : Side
    outcomes : sequence of str or None
        Outcomes or columns; None: all that both recorded.
    at : str
        ``"end"`` (the last quarter that both have), ``"mean"`` (over the quarters that both have),
        or a quarter.

    Returns
    -------
    pair : Pair
    when : str
        The quarter, or ``"mean"``.

    Raises
    ------
    InputError
        If an outcome or quarter is not there, or there are fewer than two runs in common.
    """
    first, last = common_quarters(one, other)
    when = quarters.name(last) if at == "end" else at
    # Trajectories are kept with fewer digits than last quarters: rounding must not look like an
    # effect, so that both sides come from the same table.
    exact = one.span[1] == other.span[1]
    tables = [_at(side, outcomes, when, first, last, exact) for side in (one, other)]
    return _pair(one, other, tables), when


def values_at(side: Side, outcomes: Sequence[str] | None, at: str) -> pd.DataFrame:
    """Outcomes of one side by run; arguments as in `paired_values`."""
    when = quarters.name(side.span[1]) if at == "end" else at
    return _at(side, outcomes, when, *side.span).dropna(axis="columns")


def _at(
    side: Side, outcomes: Sequence[str] | None, when: str, first: int, last: int, exact: bool = True
) -> pd.DataFrame:
    """Outcomes at a quarter, or their means over those from first to last: a row a run."""
    if when == "mean":
        window = first, last
    else:
        quarter = quarters.parse(when)
        if not first <= quarter <= last:
            raise InputError(
                f"{when} is not among the quarters of {side} that can be used, "
                f"{quarters.name(first)} to {quarters.name(last)}"
            )
        if exact and quarter == side.span[1]:
            return _last(side, outcomes)
        window = quarter, quarter
    columns = kept_by_quarter(side, outcomes)
    if not columns:
        raise InputError(
            f"{side} ends in {quarters.name(side.span[1])} and kept no outcome by quarter, which "
            f"{when} needs; run it again with --trajectories headline or all"
        )
    parts = []
    for some in column_blocks(side, columns):
        runs, found = by_quarter(side, some, *window)
        parts.append(pd.DataFrame(found.mean(axis=1), index=runs, columns=some))
    return pd.concat(parts, axis=1)


def _last(side: Side, outcomes: Sequence[str] | None) -> pd.DataFrame:
    """Outcomes at a scenario's last quarter, by run."""
    data = store.dataset(side.result.folder, "runs")
    if data is None:
        raise InputError(f"{side}: no run is finished")
    columns = _matching(side, data.schema.names, outcomes, "runs")
    table = data.to_table(columns=["run", *columns], filter=pc.field("scenario") == side.scenario)
    return table.to_pandas().set_index("run").sort_index()


def _matching(
    side: Side, there: Iterable[str], outcomes: Sequence[str] | None, table: str
) -> list[str]:
    """Columns of a table that outcomes ask for, in the order of the table."""
    columns = [name for name in there if name not in ("scenario", "run", "quarter")]
    if outcomes is None:
        return columns
    chosen = set(matching(side.result.folder, table, columns, outcomes))
    return [name for name in columns if name in chosen]


def kept_by_quarter(side: Side, outcomes: Sequence[str] | None) -> list[str]:
    """Columns that a side kept by quarter, of those asked for; none without trajectories."""
    data = store.dataset(side.result.folder, "trajectories")
    if data is None:
        return []
    return _matching(side, data.schema.names, outcomes, "trajectories")


def column_blocks(side: Side, columns: list[str]) -> list[list[str]]:
    """Columns a few at a time, so that memory does not grow with the number of runs."""
    cells = int(side.result.manifest["runs"]) * int(side.entry["quarters"])
    step = max(1, _CELLS // cells)
    return [columns[at : at + step] for at in range(0, len(columns), step)]


def by_quarter(
    side: Side, columns: list[str], first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers of runs, and outcomes (run, quarter, column) over a window of quarters."""
    data = store.dataset(side.result.folder, "trajectories")
    assert data is not None  # `kept_by_quarter` has looked
    own = (pc.field("scenario") == side.scenario) & (pc.field("quarter") >= first)
    own &= pc.field("quarter") <= last
    table = data.to_table(columns=["run", "quarter", *columns], filter=own)
    run, quarter = (table[name].to_numpy() for name in ("run", "quarter"))
    order = np.lexsort((quarter, run))
    values = np.stack([table[name].to_numpy() for name in columns], axis=-1)[order]
    length = last - first + 1
    runs = run[order][::length].astype(np.int64)
    return runs, values.reshape(len(runs), length, len(columns)).astype(np.float64)


def _pair(one: Side, other: Side, tables: Sequence[pd.DataFrame]) -> Pair:
    """Runs and columns that both have; columns of actors that a side leaves out drop out."""
    runs = tables[0].index.intersection(tables[1].index)
    if len(runs) < 2:
        raise InputError(
            f"{one} and {other} have {len(runs)} finished runs in common; at least 2 are needed"
        )
    both = [table.loc[runs] for table in tables]
    columns = [
        name
        for name in both[0].columns
        if name in both[1].columns and not any(table[name].isna().any() for table in both)
    ]
    if not columns:
        raise InputError(f"{one} and {other} have no outcome in common")
    first, second = (table[columns].to_numpy(dtype=np.float64) for table in both)
    return Pair(runs.to_numpy(dtype=np.int64), columns, first, second)
