"""Numbers as a reader sees them: no more digits than their uncertainty bears out."""

from __future__ import annotations

import math

BLANK = "–"
_MINUS = "\N{MINUS SIGN}"
_MOST_DECIMALS = 6  # of numbers that are small themselves; smaller ones are written with a power
_SMALLEST = 4  # decimals within which a number has to show anything to be written out
_FINEST = 9  # decimals of any number


def rounded(value: float, error: float | None = None, sign: bool = False) -> str:
    """A number to two significant digits of its uncertainty; without one, three of its own.

    Parameters
    ----------
    value : float
        Not a number: a dash.
    error : float, optional
        Uncertainty in the same unit; none, nought or not finite: none is known.
    sign : bool
        Write the sign of positive numbers too.
    """
    if value is None or math.isnan(value):
        return BLANK
    if math.isinf(value):
        return "beyond all bounds"
    places = _places(value, error)
    if places > _MOST_DECIMALS and abs(value) < 10.0**-_SMALLEST:
        text = _power(value, places)
    else:
        places = min(places, _FINEST)
        number = round(value, places) + 0.0  # no negative nought
        text = f"{number:,.{max(places, 0)}f}"
    if sign and not text.startswith("-") and any(digit in text for digit in "123456789"):
        text = f"+{text}"
    return text.replace("-", _MINUS)


def between(low: float, high: float, error: float | None = None, sign: bool = False) -> str:
    """An interval, as ``0.19 to 0.59``; without an uncertainty, its width is taken."""
    if math.isnan(low) or math.isnan(high):
        return BLANK
    known = error if error else abs(high - low) / 2
    return f"{rounded(low, known, sign)} to {rounded(high, known, sign)}"


def held(text: str) -> str:
    """A text in brackets that stays on one line."""
    return f"({text})".replace(" ", "\N{NO-BREAK SPACE}")


def percent(share: float) -> str:
    """A share as a percentage that is nought or a hundred only where it is exactly that."""
    if math.isnan(share):
        return BLANK
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def share_of_runs(share: float) -> str:
    """A share of runs in a sentence: ``98 % of runs``, ``all runs``, ``no run``."""
    if share <= 0:
        return "no run"
    return "all runs" if share >= 1 else f"{percent(share)} of runs"


def of_unit(text: str, unit: str) -> str:
    """A number with its unit, as it reads in a sentence."""
    if unit in ("", "count"):
        return text
    if unit[0] in "-0123456789":
        scale = unit.replace("-", _MINUS)
        return f"{text} (scale {scale})"
    if unit.startswith("share") or "=" in unit or unit == "index":
        return f"{text} ({unit})"
    return f"{text} {unit}"


def counted(number: int, one: str) -> str:
    """A number of things: ``1 run``, ``2,000 runs``, ``no run``."""
    if number == 1:
        return f"1 {one}"
    return f"{number:,} {one}s" if number else f"no {one}"


def _places(value: float, error: float | None) -> int:
    """Decimals to show; negative: tens, hundreds."""
    if error and math.isfinite(error):
        return 1 - math.floor(math.log10(abs(error)))
    return 2 - math.floor(math.log10(abs(value))) if value else 0


def _power(value: float, places: int) -> str:
    """A number too small for decimals: ``6.8 × 10^-9``."""
    if not value:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    digits = max(0, places + exponent)
    if digits > 3:
        return f"{value:.3g}"
    raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{value / 10**exponent:.{digits}f} × 10{raised}"
