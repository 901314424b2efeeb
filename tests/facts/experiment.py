"""Variants of the shipped baseline under common random numbers, for the stylised facts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.case import load_case
from sim.core.indicators import INDICATORS, columns
from sim.core.simulate import simulate
from sim.core.world import Names
from sim.scenario import compile_plan, load_scenario

RUNS = 1000
SEED = 2022
SCENARIOS = Path(__file__).parents[2] / "scenarios"
CASE = Path(__file__).parents[2] / "calibration" / "central_asia"


@dataclass(frozen=True)
class Arm:
    """One variant: outcomes by quarter and run."""

    names: Names
    values: dict[str, NDArray[np.float64]]  # outcome -> (quarter, cell, run)

    def at(self, column: str, quarter: int = -1) -> NDArray[np.float64]:
        """Values of a column, such as ``autonomy.KAZ``, over runs at an index of quarter."""
        name = column.split(".")[0]
        place = columns(INDICATORS[name], self.names).index(column)
        return self.values[name][quarter, place]

    def mean(self, column: str, quarter: int = -1) -> float:
        """Mean over runs."""
        return float(self.at(column, quarter).mean())


@cache
def arm(
    outcomes: tuple[str, ...],
    quarters: int,
    changes: str = "",
    extends: str = "baseline",
    runs: int = RUNS,
) -> Arm:
    """Simulate a variant of a shipped scenario.

    Parameters
    ----------
    outcomes : tuple of str
        Names of the outcomes to keep.
    quarters : int
        Quarters to simulate from the scenario's start.
    changes : str
        TOML text added to the scenario.
    extends : str
        The scenario that the variant extends.
    runs : int
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "variant.toml"
        path.write_text(
            'title = "A variant"\nquestion = "What does the variant change?"\n'
            f'extends = "{SCENARIOS / extends}.toml"\n{changes}',
            encoding="utf-8",
        )
        scenario = load_scenario(path)
    case = load_case(scenario.case)
    chunk = 500
    parts: dict[str, list[list[NDArray[np.float64]]]] = {name: [] for name in outcomes}
    for first in range(0, runs, chunk):
        world, plan = compile_plan(scenario, case, range(first, first + chunk), SEED)
        for name in outcomes:
            parts[name].append([])
        for quarter in simulate(world, plan, SEED, first, chunk):
            for name in outcomes:
                measured = quarter.measure(name)
                parts[name][-1].append(measured.reshape(-1, chunk).copy())
            if quarter.index + 1 == quarters:
                break
    values = {
        name: np.concatenate([np.array(part) for part in chunks], axis=-1)
        for name, chunks in parts.items()
    }
    return Arm(world.names, values)


def rise(after: Arm, before: Arm, column: str, quarter: int = -1) -> tuple[float, float]:
    """Mean paired difference of a column and its Monte-Carlo standard error."""
    difference = after.at(column, quarter) - before.at(column, quarter)
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(difference.size))


def observed(quantity: str) -> dict[str, float]:
    """Value, low and high of a row of the case's table of observed ranges."""
    table = pd.read_csv(CASE / "observed_ranges.csv").set_index("quantity")
    return {name: float(table.loc[quantity, name]) for name in ("value", "low", "high")}


def path(driver: str, value: float | str, **where: str) -> str:
    """TOML of a driver held constant from the first quarter."""
    place = "".join(f'{axis} = "{code}"\n' for axis, code in where.items())
    return (
        f'[[path]]\ndriver = "{driver}"\n{place}form = "constant"\nfrom = "2023Q1"\n'
        f'value = {value}\nreason = "experiment"\nsource = "assumption: experiment of a test"\n'
    )
