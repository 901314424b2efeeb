"""Quarters as whole numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core import quarters
from sim.core.errors import InputError


def test_quarters_count_from_year_zero() -> None:
    assert quarters.parse("2022Q4") == 4 * 2022 + 3
    assert quarters.parse("2023Q1") == quarters.parse("2022Q4") + 1
    assert quarters.parse(" 2023q1 ") == 8092
    assert quarters.name(8092) == "2023Q1"


@settings(deadline=None, derandomize=True, database=None)
@given(number=st.integers(4 * 1900, 4 * 2199 + 3))
def test_names_can_be_read_back(number: int) -> None:
    assert quarters.parse(quarters.name(number)) == number
    assert quarters.name(number).endswith(f"Q{number % 4 + 1}")


@pytest.mark.parametrize(
    "text", ["", "2023", "2023Q0", "2023Q5", "23Q1", "Q1 2023", "2023-Q1", "２０２３Q1"]
)
def test_what_is_not_a_quarter_is_refused(text: str) -> None:
    with pytest.raises(InputError) as raised:
        quarters.parse(text)
    assert str(raised.value) == (
        f"{text!r} is not a quarter; write it as a year and Q1 to Q4: 2023Q1"
    )


@pytest.mark.parametrize("text", ["0000Q1", "1899Q4", "2200Q1", "9999Q4"])
def test_a_year_that_is_a_slip_of_the_keyboard_is_refused(text: str) -> None:
    with pytest.raises(InputError) as raised:
        quarters.parse(text)
    assert str(raised.value) == f"found quarter {text}; allowed: 1900Q1 to 2199Q4"
