"""Conditions on outcomes: what is read, what holds, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.analysis.conditions import Part, parse
from sim.core.errors import InputError

LAST = pd.DataFrame({"autonomy.AVA": [0.1, 0.4, 0.9], "cohesion": [0.5, 0.5, 0.2]})


@pytest.mark.parametrize(
    ("sign", "held"),
    [
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        (">", [False, False, True]),
        (">=", [False, True, True]),
        ("==", [False, True, False]),
        ("!=", [True, False, True]),
    ],
)
def test_every_comparison(sign: str, held: list[bool]) -> None:
    for text in (f"autonomy.AVA {sign} 0.4", f"  autonomy.AVA{sign}4e-1 "):
        condition = parse(text)
        assert condition.parts == (Part("autonomy.AVA", None, sign, 0.4),)
        assert condition.holds(LAST).tolist() == held


def test_parts_joined_by_and_at_several_quarters() -> None:
    condition = parse("autonomy.AVA < 0.5 AND cohesion@2030Q4 >= -0.5 and autonomy.AVA > 0")
    assert condition.columns == ["autonomy.AVA", "cohesion"]
    assert condition.quarters == [None, 4 * 2030 + 3]
    early = pd.DataFrame({"cohesion": [-1.0, 0.0, 0.0]})
    assert condition.holds({None: LAST, 8123: early}).tolist() == [False, True, False]
    assert str(condition) == "autonomy.AVA < 0.5 and cohesion@2030Q4 >= -0.5 and autonomy.AVA > 0"
    assert parse(str(condition)) == condition
    assert condition.words().startswith("autonomy.AVA below 0.5 and cohesion in 2030Q4 at least")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the condition is empty; write an outcome, one of"),
        ("cohesion", "cannot read 'cohesion'; write an outcome, one of < <= > >= == != and a"),
        ("cohesion = 0.4", "cannot read 'cohesion = 0.4'"),
        ("0.2 < cohesion < 0.4", "cannot read '0.2 < cohesion < 0.4'"),
        ("cohesion < much", "'much' is not a number"),
        ("cohesion < nan", "found 'nan'; allowed: a finite number"),
        ("0.4 > 0.2", "found the number '0.4' first"),
        ("cohesion@2030 < 0.4", "'2030' is not a quarter; write it as a year and Q1 to Q4"),
        ("cohesion@ < 0.4", "'' is not a quarter"),
        ("cohesion < 0.4 or cohesion > 0.6", "comparisons are joined by 'and' only"),
        ("not cohesion < 0.4", "comparisons are joined by 'and' only"),
        ("(cohesion < 0.4)", "comparisons are joined by 'and' only"),
        ("cohesion < 0.4 and", "cannot read 'cohesion < 0.4 and'"),
    ],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert message in str(caught.value)


def test_what_cannot_be_applied() -> None:
    condition = parse("cohesoin < 0.4")
    with pytest.raises(
        InputError,
        match=r"^there: condition 'cohesoin < 0.4': there is no column 'cohesoin'; did you mean "
        r"'cohesion'\?$",
    ):
        condition.check(LAST.columns, "there")
    with pytest.raises(InputError, match="there is no column 'cohesoin'"):
        condition.holds(LAST)
    with pytest.raises(InputError, match="there are no outcomes of 2030Q4"):
        parse("cohesion@2030Q4 < 1").holds({None: LAST})
    with pytest.raises(InputError, match="there are no outcomes of the last quarter"):
        parse("cohesion < 1").holds({8123: LAST})
    with pytest.raises(InputError, match=r"tables of different lengths \(3, 2\)"):
        parse("cohesion < 1 and cohesion@2030Q4 < 1").holds({None: LAST, 8123: LAST[:2]})
    holes = pd.DataFrame({"cohesion": [0.1, np.nan, np.nan]})
    with pytest.raises(InputError, match="cohesion has no value in 2 of 3 runs"):
        parse("cohesion < 1").holds(holes)
