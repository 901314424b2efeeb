"""The factors that a picture of many names, and those that it sums up in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.experiment.design import DUMMY
from sim.experiment.reading import in_words

MOST_ROWS = 20  # factors with bars
ROW = 0.26  # height of a row with two bars [inches]
NOT_TOLD = "not told apart"


def rest(others: pd.DataFrame, sizes: pd.Series[float], what: str) -> str:
    """The factors without a bar, in words."""
    number = others["factor"].nunique()
    if not number:
        return ""
    if number == 1:
        only = in_words(others["factor"].iloc[0])
        return f" Not shown: {only}, without {what} {bound(sizes.max())}."
    return f" Not shown: {number} more factors, none with {what} {bound(sizes.max())}."


def of_all(shown: Sequence[str], table: pd.DataFrame) -> str:
    """How many factors there are, where not all are shown."""
    number = len(set(table["factor"]) - {DUMMY})
    return f" The {len(shown)} largest of {number} factors." if number > len(shown) else ""


def bound(value: float) -> str:
    """A bound in two digits, rounded up."""
    if not value > 0:
        return "0"
    power = 10.0 ** (np.floor(np.log10(value)) - 1)
    return f"{np.ceil(value / power - 1e-9) * power:.2g}"
