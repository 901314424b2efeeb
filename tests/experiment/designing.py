"""Designs on the toy case, written for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

CASE = Path(__file__).parents[1] / "data" / "toy_case"
SCENARIO = f"""
title = "Closure"
question = "What if the pipeline closes?"
case = "{CASE.as_posix()}"
runs = 4
seed = 3
[horizon]
start = "2023Q1"
end = "2025Q4"
[[event]]
kind = "close_route"
route = "northern_pipe"
date = "2023Q2"
quarters = 2
intensity = {{ distribution = "uniform", low = 0.4, high = 1.0 }}
reason = "for the test"
source = "assumption: invented"
"""
HEAD = 'title = "T"\nquestion = "Q?"\nscenario = "closure"\n'
CLOSED = '[[factor]]\nname = "closed"\npath = "event.close_route.northern_pipe.intensity"\n'
FEAR = '[[factor]]\nname = "fear"\npath = "parameters.fear_push"\n'
DATE = '[[factor]]\nname = "date"\npath = "event.close_route.northern_pipe.date"\n'
RANGE = "low = 0.0\nhigh = 1.0\n"

Write = Callable[..., Path]


def workplace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """A fresh working folder with the scenario `closure`; gives what writes a file of designs."""
    monkeypatch.chdir(folder)
    designs = folder / "scenarios" / "designs"
    designs.mkdir(parents=True)
    (folder / "scenarios" / "closure.toml").write_text(SCENARIO, encoding="utf-8")

    def written(name: str, content: str | bytes) -> Path:
        path = designs / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written
