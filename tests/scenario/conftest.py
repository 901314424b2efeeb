"""The toy case, and scenario files written for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.core.plan import Plan
from sim.core.world import World
from sim.scenario import Scenario, compile_plan, load_scenario

TOY = Path(__file__).parents[1] / "data" / "toy_case"
BASE = """
title = "Base"
question = "What happens anyway?"
case = "toy_case"
runs = 10
seed = 3
[horizon]
start = "2023Q1"
end = "2025Q4"
"""
HEAD = 'title = "Test"\nquestion = "What if?"\nextends = "base"\n'
WHY = 'reason = "for the test"\nsource = "assumption: invented"\n'

Write = Callable[..., Path]
Load = Callable[[str], Scenario]
Compile = Callable[..., tuple[World, Plan]]
Refused = Callable[[str], str]


@pytest.fixture(scope="session")
def case() -> Case:
    return load_case(TOY)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file of ./scenarios, beside a base; the working folder is a fresh one."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "scenarios"
    folder.mkdir()

    def written(name: str, content: str | bytes) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    written("base.toml", BASE)
    return written


@pytest.fixture
def load(write: Write) -> Load:
    """Load a scenario that extends the base and says no more than the text given."""

    def loaded(text: str) -> Scenario:
        write("test.toml", HEAD + text)
        return load_scenario("test")

    return loaded


@pytest.fixture
def compiled(load: Load, case: Case) -> Compile:
    """Compile such a scenario."""

    def result(text: str, runs: range = range(4), seed: int = 1) -> tuple[World, Plan]:
        return compile_plan(load(text), case, runs, seed)

    return result


@pytest.fixture
def refused(compiled: Compile) -> Refused:
    """The message with which such a scenario is refused."""

    def message(text: str) -> str:
        with pytest.raises(InputError) as caught:
            compiled(text)
        return str(caught.value)

    return message
