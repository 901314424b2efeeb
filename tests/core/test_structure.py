"""How the code is built: where randomness comes from, what imports what, where the loops are."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from sim.core.events import extract
from sim.core.indicators import INDICATORS
from sim.core.simulate import Simulation
from tests.limits.worlds import calm_plan
from tests.reference.random_world import random_world

ROOT = Path(__file__).parents[2]
SIM = ROOT / "sim"
CORE = SIM / "core"

# Every loop of the core. None runs over runs, countries, powers, channels, routes, sectors or
# texts: these are axes of arrays. What is left is short and fixed by the equations.
LOOPS = {
    # The quarters.
    ("simulate.py", "not simulation.finished"),
    # Drivers are separate arrays by name, because they have different axes.
    ("state.py", "world.drivers.items()"),
    ("step.py", "plan.drivers.items()"),
    ("streams.py", "plan.noise.items()"),
    ("streams.py", "axes"),
    ("streams.py", "enumerate(axes)"),
    # The four seasons, once a simulation.
    ("reference.py", "range(attributes.season.shape[0])"),
    # The words of a key, and the fields of a state that is copied.
    ("streams.py", "words"),
    ("state.py", "fields(self)"),
    ("state.py", "self.drivers.items()"),
    # Kinds of events and columns of their table; kinds of votes; names of outcomes and columns.
    ("events.py", "('country', 'power', 'channel', 'label')"),
    (
        "events.py",
        "(('complied', flow.coercion.comply), ('backed_down', flow.coercion.backed_down),"
        " ('imposed', flow.coercion.impose))",
    ),
    ("events.py", "COLUMNS"),
    ("events.py", "parts"),
    (
        "indicators.py",
        "(_votes(moment, moment.flow.votes_yes), _votes(moment, moment.flow.votes_no),"
        " _abstain(moment))",
    ),
    ("indicators.py", "_ALL"),
    ("indicators.py", "product(*(codes[a] for a in indicator.axes))"),
    ("indicators.py", "indicator.axes"),
    # Names that a message of an error may suggest.
    ("errors.py", "allowed"),
}

# What draws anything without playing a run: fits, resampling over runs, rows of designs.
STATISTICS = ("fit/", "analysis/", "experiment/sampling.py")


def modules(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    """The modules below a folder, parsed."""
    for path in sorted(folder.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def loops(module: ast.Module) -> Iterator[str]:
    """What each loop and comprehension of a module goes through."""
    for node in ast.walk(module):
        if isinstance(node, ast.For | ast.comprehension):
            yield ast.unparse(node.iter)
        elif isinstance(node, ast.While):
            yield ast.unparse(node.test)


def randomness(module: ast.Module) -> Iterator[str]:
    """Where a module reaches for random numbers: numpy.random, random, secrets, uuid, scipy."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            if text.startswith(("np.random", "numpy.random")) or node.attr == "rvs":
                yield text
        elif isinstance(node, ast.Import):
            yield from (
                alias.name
                for alias in node.names
                if alias.name.split(".")[0] in ("random", "secrets", "uuid")
                or alias.name == "numpy.random"
            )
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in ("random", "secrets", "uuid"):
                yield node.module
            elif node.module == "numpy.random" or (
                node.module == "numpy" and any(alias.name == "random" for alias in node.names)
            ):
                yield "numpy.random"


def test_the_searches_find_what_they_look_for() -> None:
    text = """
import random
from numpy.random import default_rng
from numpy import random as other
x = np.random.default_rng(1)
for country in countries:
    y = [power for power in powers]
while True:
    pass
"""
    module = ast.parse(text)
    assert sorted(loops(module)) == ["True", "countries", "powers"]
    found = Counter(randomness(module))
    assert found["random"] == 1
    assert found["numpy.random"] == 2
    assert found["np.random.default_rng"] == 1


def test_random_numbers_of_a_run_come_from_the_streams_only() -> None:
    """Statistics over runs may resample or sample, with a generator that has a seed."""
    found = {
        path.relative_to(SIM).as_posix(): set(randomness(module))
        for path, module in modules(SIM)
        if any(randomness(module))
    }
    assert "core/streams.py" in found
    for name, sources in found.items():
        if name != "core/streams.py":
            assert name.startswith(STATISTICS), name
            seeded = {s for s in sources if s.startswith("np.random.default_rng")}
            assert sources - seeded <= {"np.random", "np.random.Generator"}, name
            assert "default_rng()" not in (SIM / name).read_text(encoding="utf-8"), name


def test_the_core_has_no_other_loop() -> None:
    found = {(path.name, through) for path, module in modules(CORE) for through in loops(module)}
    assert found - LOOPS == set(), "a loop that is not on the list of the core's loops"
    assert LOOPS - found == set(), "the list names a loop that the core no longer has"


def lines_run(size: int, runs: int) -> int:
    """Lines of the core that one quarter, its outcomes and its events take."""
    world, _ = random_world(
        1,
        quarters=1,
        countries=2 + size,
        powers=2 + size,
        channels=4 if size < 3 else 7,
        routes=2 + size,
        sectors=2 + size,
        texts=1 + size,
    )
    plan = calm_plan(world, 2)
    flat = {name: 0.01 * np.ones_like(values) for name, values in world.drivers.items()}
    plan = replace(plan, noise=flat, persistence=flat, vote_sign=np.ones_like(plan.vote_sign))
    simulation = Simulation(world, plan, 1, 0, runs)
    counted = 0

    def count(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal counted
        if not frame.f_code.co_filename.startswith(str(CORE)):
            return None
        counted += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        quarter = simulation.advance()
        for name in INDICATORS:
            quarter.measure(name)
        extract(quarter, world.names, 0)
    finally:
        sys.settrace(before)
    return counted


def test_a_quarter_takes_as_many_steps_for_many_as_for_few() -> None:
    """No hidden loop: ten countries or two, a hundred runs or two, the same lines are run."""
    few = lines_run(size=0, runs=2)
    assert few > 500
    assert lines_run(size=0, runs=100) == few
    assert lines_run(size=8, runs=2) == few


def test_imports_go_down_the_floors_only() -> None:
    command = Path(sys.executable).parent / "lint-imports"
    if not command.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_core_imports_arrays_and_the_standard_library_only() -> None:
    for path, module in modules(CORE):
        for node in ast.walk(module):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                first = name.split(".")[0]
                allowed = first in sys.stdlib_module_names or first == "numpy"
                assert allowed or name.startswith("sim.core"), f"{path.name} imports {name}"
