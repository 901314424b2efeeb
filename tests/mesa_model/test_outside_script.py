"""A user's script runs under Mesa's own conventions, without a warning, to the core's numbers.

What it prints is stored, so that every line of Mesa is held to the same numbers. A deliberate
change of the model, the case or the streams changes them: then make the file anew with
``python -m tests.mesa_model.test_outside_script``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sim.case import load_case
from sim.core.simulate import simulate
from sim.scenario import compile_plan, load_scenario
from sim.scenario.load import validated
from sim.scenario.schema import Origin
from tests.mesa_model.stored import differing

SCRIPT = Path(__file__).with_name("outside_script.py")
STORED = SCRIPT.with_suffix(".json")
ROOT = SCRIPT.parents[2]


def printed(folder: Path) -> dict[str, Any]:
    """What the script prints, warnings being errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_the_script_runs_without_warnings_and_its_numbers_are_the_cores(tmp_path: Path) -> None:
    found = printed(tmp_path)
    assert differing(found, json.loads(STORED.read_text("utf-8"))) == []
    assert found["running"] is False
    assert found["pickled"] == found["copied"] == found["alone"]
    assert found["members"] == [5] * 52

    # The same in the core: up to the quarter in which the script steps in, it is run 3 of the
    # scenario; the forced event and the stance are those of a scenario too, openness is not.
    data = load_scenario("cpc_closure").resolved()
    scenario = validated(data, Origin())
    world, plan = compile_plan(scenario, load_case(scenario.case), range(3, 5), 7, "point")
    expected = [
        float(value).hex()
        for quarter in list(simulate(world, plan, 7, 3, 2))[:6]
        for value in quarter.measure("autonomy")[:, 0]
    ]
    assert found["autonomy"][: len(expected)] == expected


def test_a_number_that_differs_is_seen() -> None:
    stored = json.loads(STORED.read_text("utf-8"))
    assert differing(stored, stored) == []
    first, *rest = stored["autonomy"]
    near, far = (float.fromhex(first) + step for step in (1e-15, 1e-6))
    assert differing(stored | {"autonomy": [near.hex(), *rest]}, stored) == ["autonomy"]
    elsewhere = {"functions": "of another processor"}  # there the last digits may differ
    assert differing(stored | elsewhere | {"autonomy": [near.hex(), *rest]}, stored) == []
    assert differing(stored | elsewhere | {"autonomy": [far.hex(), *rest]}, stored) == ["autonomy"]
    assert differing(stored | elsewhere | {"members": [4]}, stored) == ["members"]


if __name__ == "__main__":
    STORED.write_text(json.dumps(printed(ROOT), indent=0) + "\n", "utf-8")
