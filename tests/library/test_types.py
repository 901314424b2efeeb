"""The types of the package are seen by those who use it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.library.conftest import Installed

WRONG = """import sim
from sim.fit.hindcast import hindcast

number: int = sim.__version__
sim.batch("baseline", runs="many")
sim.load_case("central_asia").titel
sim.load_scenario("baseline").runs + "1"
hindcast(sim.load_case("central_asia"))
sim.DiplomacyModel().countries[0].leverage_of(1)
"""


def test_a_strict_script_passes_and_a_wrong_one_does_not(
    installed: Installed, tmp_path: Path
) -> None:
    pytest.importorskip("mypy")
    shutil.copy(Path(__file__).with_name("consumer.py"), tmp_path / "consumer.py")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    done = installed.python(
        "-m", "mypy", "--strict", "--cache-dir", "cache", "consumer.py", "wrong.py", folder=tmp_path
    )
    found = re.findall(r"^(\w+)\.py:(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert found == [
        ("wrong", "4", "assignment"),
        ("wrong", "5", "arg-type"),
        ("wrong", "6", "attr-defined"),
        ("wrong", "7", "operator"),
        ("wrong", "8", "call-arg"),
        ("wrong", "9", "arg-type"),
    ], done.stdout
