"""A small design of two scenarios, with factors that are compiled together and one that is not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sim.experiment import Sweep

HEAD = """
title = "Shock and fear"
question = "How much do fear and sanctions matter?"
scenarios = ["calm", "shock"]
mode = "latin_hypercube"
rows = 5
runs = 3
seed = 4
outcomes = ["autonomy", "leverage"]
by_quarter = ["autonomy"]
"""

FACTORS = """
[[factor]]
name = "fear"
path = "parameters.fear_push"
low = 0.5
high = 2.0

[[factor]]
path = "driver.sanctions"
low = 0.0
high = 0.1
"""

SWITCH = """
[[factor]]
path = "switches.coercion"
values = [true, false]
"""


@pytest.fixture
def design(scenarios: list[Path], tmp_path: Path) -> Path:
    """A design beside the scenarios `calm` and `shock`, with a factor that is compiled apart."""
    path = tmp_path / "both.toml"
    head = HEAD
    for one in scenarios:
        head = head.replace(f'"{one.stem}"', f'"{one.as_posix()}"')
    path.write_text(head + FACTORS + SWITCH, encoding="utf-8")
    return path


def tables(result: Sweep) -> dict[str, pd.DataFrame]:
    """All tables of a sweep, in an order of their own."""
    found = {"runs": result.runs(), "means": result.means(), "variances": result.variances()}
    keyed = {
        name: [k for k in ("scenario", "row", "run", "quarter") if k in one]
        for name, one in found.items()
    }
    return {
        name: one.sort_values(keyed[name]).reset_index(drop=True) for name, one in found.items()
    } | {"design": result.design(), "units": result.units()}


def assert_same(one: Sweep, two: Sweep) -> None:
    """The tables are equal to the bit."""
    for (name, found), expected in zip(tables(one).items(), tables(two).values(), strict=True):
        pd.testing.assert_frame_equal(found, expected, check_exact=True, obj=name)
