"""Golden numbers: a seed keeps its numbers from release to release.

A deliberate change of the model, the case or the streams changes them. Then make the table anew
with ``python -m tests.golden.test_golden`` and say so in CHANGELOG.md.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sim.case import load_case
from sim.core.indicators import INDICATORS, columns
from sim.core.simulate import simulate
from sim.scenario import compile_plan, load_scenario

TABLE = Path(__file__).with_name("numbers.csv")
SCENARIOS = ("baseline", "cpc_closure", "azerbaijan_joins")
RUNS, SEED = 4, 2022
TOLERANCE = 1e-9  # float64 functions differ by 5e-13 between processors, and 52 quarters follow


def numbers() -> pd.DataFrame:
    """Headline outcomes of the last quarter by scenario and run."""
    rows = []
    for name in SCENARIOS:
        scenario = load_scenario(name)
        world, plan = compile_plan(scenario, load_case(scenario.case), range(RUNS), SEED)
        *_, last = simulate(world, plan, SEED, 0, RUNS)
        for indicator in INDICATORS.values():
            if indicator.headline:
                values = last.measure(indicator.name).reshape(-1, RUNS)
                for column, of_runs in zip(columns(indicator, world.names), values, strict=True):
                    rows.append((name, column, *of_runs))
    runs = [f"run{run}" for run in range(RUNS)]
    return pd.DataFrame(rows, columns=["scenario", "outcome", *runs])


def test_a_seed_keeps_its_numbers() -> None:
    golden = pd.read_csv(TABLE)
    found = numbers()
    assert list(found["outcome"]) == list(golden["outcome"])
    for run in range(RUNS):
        name = f"run{run}"
        assert found[name].to_numpy() == pytest.approx(
            golden[name].to_numpy(), rel=TOLERANCE, abs=TOLERANCE
        ), name


if __name__ == "__main__":
    numbers().to_csv(TABLE, index=False, float_format="%.12g")
