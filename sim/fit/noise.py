"""The residual noise of a case as it was known at the end of a year."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from sim.case import Case
from sim.case.tables import Row, Table
from sim.core import quarters
from sim.core.plan import Plan
from sim.core.world import World
from sim.experiment.observables import observables
from sim.fit.given import given_scenario
from sim.fit.record import Observed
from sim.fit.residual import COLUMNS, linked_cells, matched_noise, noise_rows, observed_spread
from sim.scenario import compile_plan

TABLE = "residual_noise"
_NUMBERS = ("year", "persistence", "noise")


@dataclass(frozen=True)
class ResidualNoise:
    """Rows of the table ``residual_noise``: as a frame to write, as a table to build with."""

    frame: pd.DataFrame
    table: Table


def residual_noise(case: Case, record: Observed, year: int, seed: int) -> ResidualNoise:
    """Noise for what no mechanism explains, from the record up to a year.

    Found at the centres of the parameters; what driver noise, coercion and deals bring about by
    themselves is taken out.

    Parameters
    ----------
    case : Case
    record : Observed
    year : int
        Last year that counts. The world simulated is that of its end.
    seed : int
    """
    bare = replace(case, tables={k: v for k, v in case.tables.items() if k != TABLE})
    origin = quarters.parse(f"{year}Q4")
    scenario = given_scenario(bare, origin, quarters.parse(f"{year + 1}Q4"), observed=False)

    def make(numbers: range) -> tuple[World, Plan]:
        return compile_plan(scenario, bare, numbers, seed)

    world, _ = make(range(2))
    wanted = observables(bare, world.names)
    links = linked_cells(wanted, world)
    tied = [one for one in wanted if one.name in links]
    spread = observed_spread(record.values, tied, year)
    matched = matched_noise(make, tied, spread, seed=seed)
    frame = noise_rows(matched, record.values, year)
    # What no figure tells has the source of the driver itself.
    usual = {row["driver"]: row["source"] for row in reversed(case.table("drivers").rows)}
    frame["source"] = frame["source"].where(frame["source"] != "", frame["driver"].map(usual))
    return ResidualNoise(frame, as_table(case, frame))


def as_table(case: Case, frame: pd.DataFrame) -> Table:
    """Rows of residual noise as a table of a case, without a file."""
    rows = []
    for line, record in enumerate(frame.to_dict("records"), 2):
        cells = {column: str(record[column]) for column in COLUMNS}
        numbers = {column: float(record[column]) for column in _NUMBERS}
        rows.append(Row(line, cells, numbers))
    return Table(TABLE, case.folder / f"{TABLE}.csv", tuple(COLUMNS), tuple(rows))
