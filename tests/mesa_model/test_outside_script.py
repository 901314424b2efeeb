"""A user's script runs under Mesa's own conventions, without a warning, to the core's numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from sim.case import load_case
from sim.core.simulate import simulate
from sim.scenario import compile_plan, load_scenario
from sim.scenario.load import validated
from sim.scenario.schema import Origin

SCRIPT = Path(__file__).with_name("outside_script.py")
ROOT = SCRIPT.parents[2]


def test_the_script_runs_without_warnings_and_its_numbers_are_the_cores(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
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
