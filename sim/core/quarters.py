"""Quarters as whole numbers: ``4 * year + (quarter of the year - 1)``."""

from __future__ import annotations

import re

from sim.core.errors import InputError

YEARS = (1900, 2199)  # first and last; anything else is a slip of the keyboard
_PATTERN = re.compile(r"([0-9]{4})[Qq]([1-4])")


def parse(text: str) -> int:
    """Turn ``"2023Q1"`` into its number.

    Raises
    ------
    InputError
        If the text is not a year followed by Q1 to Q4, or the year is outside `YEARS`.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text!r} is not a quarter; write it as a year and Q1 to Q4: 2023Q1")
    if not YEARS[0] <= int(match[1]) <= YEARS[1]:
        raise InputError(f"found quarter {text.strip()}; allowed: {YEARS[0]}Q1 to {YEARS[1]}Q4")
    return 4 * int(match[1]) + int(match[2]) - 1


def name(quarter: int) -> str:
    """Turn a quarter's number back into ``"2023Q1"``."""
    return f"{quarter // 4}Q{quarter % 4 + 1}"
