"""Whatever stands in a scenario file, it is compiled or refused with a message of one line each."""

from __future__ import annotations

import pytest

from sim.case import Case
from sim.core.errors import InputError
from sim.scenario import compile_plan, load_scenario

from .conftest import BASE, Write
from .test_scenario_check import event
from .test_scenario_compile import EVERYTHING

ODD = (
    "''", "' '", "'*'", "'AVA'", "'2023Q9'", "'2023Q3'", "-1", "0", "1", "7.5", "1e308", "-1e308",
    "1e-320", "9223372036854775807", "1" + "0" * 400, "inf", "nan", "true", "2023-01-01", "[]",
    "[[1]]", "['AVA', 3]", "{}", "{ distribution = 'normal', mean = 1e308, sd = 1e308 }",
    "{ distribution = 'lognormal', median = 1e300, sigma = 1e3 }",
    "{ distribution = 'uniform', low = -1e308, high = 1e308 }",
    "{ distribution = 'beta', a = 1e-9, b = 1e9 }", "{ distribution = 'choice', values = [] }",
    "{ distribution = { distribution = 'uniform' } }", "{ '' = 1 }",
)  # fmt: skip
FULL = (
    BASE
    + "[membership]\ngroup = ['AVA']\n[switches]\nnoise = true\n"
    + EVERYTHING.replace("[parameters]", "[parameters]\nresolve = 1", 1)
    + event("resolution", text="'sovereignty'", date="'2023Q1'", stakes="{ NOR = 1 }", sign=1)
    + "[[headline]]\noutcome = 'cohesion'\nat = 'end'\ndirection = 'up'\nbecause = 'x'\n"
    + "against = 'base'\n"
)
LINES = FULL.splitlines()
KEYS = [index for index, line in enumerate(LINES) if " = " in line]


def message(case: Case) -> str:
    """With what the scenario is refused; nothing if it can be compiled."""
    try:
        compile_plan(load_scenario("base"), case, range(3), 1)
    except InputError as error:
        return str(error)
    return ""


def assert_message(text: str) -> None:
    for line in text.splitlines():
        assert line.startswith("scenarios/base.toml")
        assert line.count(": ") >= 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("odd", ODD)
def test_odd_values(write: Write, case: Case, odd: str) -> None:
    refused = 0
    for index in KEYS:
        key = LINES[index].split(" = ")[0]
        write("base.toml", "\n".join([*LINES[:index], f"{key} = {odd}", *LINES[index + 1 :]]))
        text = message(case)
        assert_message(text)
        refused += bool(text)
    assert refused > len(KEYS) / 3


@pytest.mark.parametrize("index", range(0, len(LINES), 4))
def test_lines_left_out_or_cut(write: Write, case: Case, index: int) -> None:
    half = LINES[index][: len(LINES[index]) // 2]
    for lines in ([*LINES[:index], *LINES[index + 1 :]], [*LINES[:index], half]):
        write("base.toml", "\n".join(lines))
        assert_message(message(case))
