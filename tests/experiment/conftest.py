"""Two small scenarios on the toy case, one of them with a random parameter and an event."""

from __future__ import annotations

from pathlib import Path

import pytest

CASE = Path(__file__).parents[1] / "data" / "toy_case"

CALM = f"""
title = "Calm"
question = "What if nothing new happens?"
case = "{CASE.as_posix()}"
runs = 7
seed = 11
[horizon]
start = "2023Q1"
end = "2023Q4"
"""

SHOCK = """
title = "Shock"
question = "What if fear pushes harder, by an unknown amount?"
extends = "calm"
[parameters]
fear_push = { distribution = "uniform", low = 0.0, high = 6.0 }
[[path]]
driver = "sanctions"
form = "constant"
from = "2023Q2"
value = 0.9
reason = "a test"
source = "assumption: a test"
"""


@pytest.fixture(scope="session")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of the scenarios `calm` and `shock`."""
    folder = tmp_path_factory.mktemp("scenarios")
    paths = []
    for name, text in (("calm", CALM), ("shock", SHOCK)):
        path = folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
