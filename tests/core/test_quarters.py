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
@given(number=st.integers(4 * 1000, 4 * 9999 + 3))
def test_names_can_be_read_back(number: int) -> None:
    assert quarters.parse(quarters.name(number)) == number
    assert quarters.name(number).endswith(f"Q{number % 4 + 1}")


@pytest.mark.parametrize("text", ["", "2023", "2023Q0", "2023Q5", "23Q1", "Q1 2023", "2023-Q1"])
def test_what_is_not_a_quarter_is_refused(text: str) -> None:
    with pytest.raises(InputError) as raised:
        quarters.parse(text)
    assert str(raised.value) == (
        f"{text!r} is not a quarter; write it as a year and Q1 to Q4: 2023Q1"
    )
