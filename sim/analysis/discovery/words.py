"""Conditions and shares as readers see them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.analysis.interest import Input

# Words before and after a limit that only bounds from below, and one that only bounds from above.
_ONE_SIDED = {
    "number": (("above ", ""), ("below ", "")),
    "whole": (("", " or more"), ("", " or less")),
    "quarter": (("from ", " on"), ("up to ", "")),
}


def limited(one: Input, low: float | None = None, high: float | None = None) -> str:
    """An input that has an order, within limits: ``fear_push above 2.1``."""
    name, kind, shown = one.name, one.kind, one.shown
    if low is not None and high is not None:
        if low == high:
            return f"{name} {shown(low)}"
        if kind == "number":
            return f"{name} between {shown(low)} and {shown(high)}"
        return f"{name} {shown(low)} to {shown(high)}"
    before, after = _ONE_SIDED[kind][low is None]
    value = high if low is None else low
    return f"{name} {before}{'' if value is None else shown(value)}{after}"


def percent(share: float) -> str:
    """A share of runs; ``none`` where there are no runs."""
    return "none" if np.isnan(share) else f"{100 * share:.0f}%"


def joined(words: Sequence[str]) -> str:
    """Words with commas between, and ``and`` before the last."""
    return " and ".join([part for part in (", ".join(words[:-1]), *words[-1:]) if part])
