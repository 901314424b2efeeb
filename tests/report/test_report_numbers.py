"""Numbers carry two digits of their uncertainty, shares are never rounded to none or all."""

from __future__ import annotations

import math

import pytest

from sim.report.numbers import between, counted, of_unit, percent, rounded, share_of_runs


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (0.041403, 0.00071, "0.04140"),
        (-0.46159, 0.0083, "−0.4616"),
        (12345.678, 230.0, "12,350"),
        (12.345, 1.0, "12.3"),
        (1.5, None, "1.50"),
        (1.5, 0.0, "1.50"),
        (0.0, 0.01, "0.000"),
        (-0.00001, 0.01, "0.000"),
        (0.0, None, "0"),
        (6.81e-9, 1.2e-10, "6.81 × 10⁻⁹"),
        (0.5, 1e-13, "0.500000000"),
        (math.nan, 0.1, "–"),
        (math.inf, 0.1, "beyond all bounds"),
    ],
)
def test_a_number_has_two_digits_of_its_uncertainty(
    value: float, error: float | None, shown: str
) -> None:
    assert rounded(value, error) == shown


def test_signs_are_written_where_asked_for_but_not_of_nought() -> None:
    assert rounded(0.5, 0.1, sign=True) == "+0.50"
    assert rounded(0.0, 0.1, sign=True) == "0.00"
    assert between(-0.1, 0.3, 0.1, sign=True) == "−0.10 to +0.30"
    assert between(math.nan, 0.3) == "–"


def test_shares_are_none_or_all_only_where_they_are() -> None:
    assert [share_of_runs(share) for share in (0, 0.001, 0.5, 0.999, 1)] == [
        "no run",
        "under 1 % of runs",
        "50 % of runs",
        "over 99 % of runs",
        "all runs",
    ]
    assert percent(math.nan) == "–"


def test_units_read_well() -> None:
    assert of_unit("0.5", "-1 to 1") == "0.5 (scale −1 to 1)"
    assert of_unit("0.5", "share of GDP") == "0.5 (share of GDP)"
    assert of_unit("3", "count") == "3"
    assert of_unit("3", "USD bn a year") == "3 USD bn a year"
    assert [counted(number, "run") for number in (0, 1, 2000)] == ["no run", "1 run", "2,000 runs"]
