"""Statistics of outcomes over runs, quarter by quarter, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.experiment.store import KEYS, sources, union_schema

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q95": 0.95}
_OPEN_FILES = 100  # held open at once
_CELLS = 4_000_000  # values held at once: 32 MB of float64


def quarter_statistics(folder: Path, scenarios: Sequence[tuple[str, int]]) -> pa.Table | None:
    """Mean, standard deviation and exact quantiles over runs, by scenario, outcome and quarter.

    Parameters
    ----------
    folder : Path
        A results folder.
    scenarios : sequence of (name, number of quarters)
        In the order in which they are to stand.

    Returns
    -------
    table or None
        Columns scenario, quarter, outcome, n, mean, sd (divisor n - 1) and those of `QUANTILES`;
        None if no trajectories were recorded.

    Notes
    -----
    Exact quantiles need all runs at once, so outcomes are read a few at a time, and in passes over
    some of the quarters where there are very many runs: memory does not grow with their number.
    """
    paths = sources(folder, "trajectories")
    if not paths:
        return None
    names = [name for name in union_schema(paths).names if name not in KEYS]
    files = {path: pq.ParquetFile(path) for path in paths[:_OPEN_FILES]}
    groups: dict[str, list[tuple[Path, int]]] = {}  # of rows: one scenario each
    for path in paths:
        metadata = (files.get(path) or pq.ParquetFile(path)).metadata
        for group in range(metadata.num_row_groups):
            scenario = metadata.row_group(group).column(0).statistics.min
            groups.setdefault(scenario, []).append((path, group))

    def read(scenario: str, columns: list[str]) -> Iterator[pa.Table]:
        for path, group in groups[scenario]:
            yield (files.get(path) or pq.ParquetFile(path)).read_row_group(group, columns)

    blocks: list[pa.Table] = []
    for scenario, length in scenarios:
        if scenario not in groups:
            continue
        head = next(read(scenario, names))
        runs = sum(table.num_rows for table in read(scenario, ["run"])) // length
        held = {
            name
            for name, column in zip(head.column_names, head.columns, strict=True)
            if column.null_count < head.num_rows
        }
        there = [name for name in names if name in held]
        quarters = next(read(scenario, ["quarter"]))["quarter"].to_numpy()[:length]
        width = max(1, _CELLS // (runs * length))  # outcomes read together
        span = min(length, max(1, _CELLS // runs))  # quarters of a pass
        for start in range(0, len(there), width):
            some = there[start : start + width]
            for begin in range(0, length, span):
                window = slice(begin, begin + span)
                pieces: dict[str, list[Any]] = {name: [] for name in some}
                for table in read(scenario, some):
                    for name in some:
                        values = table[name].to_numpy().reshape(-1, length)
                        pieces[name].append(values[:, window].T.copy())
                blocks += [
                    _statistics(scenario, name, quarters[window], np.concatenate(piece, axis=1))
                    for name, piece in pieces.items()
                ]
    return pa.concat_tables(blocks).combine_chunks()


def _statistics(scenario: str, outcome: str, quarters: Any, values: Any) -> pa.Table:
    """Rows of the table for one outcome; values: array (quarter, run)."""
    values.sort(axis=1)
    length, runs = values.shape
    columns: dict[str, Any] = {
        "scenario": pa.array([scenario] * length, pa.string()),
        "quarter": pa.array(quarters, pa.int32()),
        "outcome": pa.array([outcome] * length, pa.string()),
        "n": pa.array([runs] * length, pa.int64()),
        "mean": values.mean(axis=1, dtype=np.float64),
        "sd": values.std(axis=1, dtype=np.float64, ddof=1) if runs > 1 else np.full(length, np.nan),
    }
    for name, level in QUANTILES.items():  # linear between the two nearest order statistics
        place = level * (runs - 1)
        below = values[:, int(place)].astype(np.float64)
        above = values[:, min(int(place) + 1, runs - 1)].astype(np.float64)
        columns[name] = below + (place - int(place)) * (above - below)
    return pa.table(columns)
