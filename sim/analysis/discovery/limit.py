"""Limits of inputs, and which rows lie within them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.discovery.words import limited
from sim.analysis.interest import Input, Mask


@dataclass(frozen=True)
class Limit:
    """What a box says of one input.

    Parameters
    ----------
    input : Input
    low, high : float or None
        Both belong to the box; None where that side is not limited.
    names : tuple of str
        Of a flag or text: those in the box.
    quasi_p : tuple of (float or None, float or None)
        Of the lower and the upper limit; of names, the first.
    gain : float
        Density of the box less that of the box without this limit, in the half it was found in.
    full : tuple
        Least and greatest value that the rows have, or all names.
    """

    input: Input
    low: float | None = None
    high: float | None = None
    names: tuple[str, ...] = ()
    quasi_p: tuple[float | None, float | None] = (None, None)
    gain: float = 0.0
    full: tuple[Any, ...] = ()

    def holds(self, values: pd.DataFrame) -> Mask:
        """Which rows lie within (row,)."""
        column = values[self.input.name].to_numpy()
        if self.names:
            return np.isin(column.astype(str), self.names)
        inside = np.ones(len(column), dtype=bool)
        if self.low is not None:
            inside &= column >= self.low
        if self.high is not None:
            inside &= column <= self.high
        return inside

    @property
    def words(self) -> str:
        """The limit for readers: ``fear_push above 2.1``."""
        if self.names:
            return f"{self.input.name} {' or '.join(self.names)}"
        return limited(self.input, self.low, self.high)


def within(limits: Iterable[Limit], values: pd.DataFrame) -> Mask:
    """Which rows lie within all limits (row,)."""
    inside = np.ones(len(values), dtype=bool)
    for limit in limits:
        inside &= limit.holds(values)
    return inside
