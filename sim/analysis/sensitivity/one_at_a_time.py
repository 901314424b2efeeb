"""What an output changes by when one input moves from the centre, paired run by run."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from sim.analysis.resample import LEVEL
from sim.core.world import Array


def differences(runs: Array) -> tuple[Array, Array, Array]:
    """Mean difference of each row from the first one, with its Monte-Carlo interval.

    Parameters
    ----------
    runs : array (row, run, ...)
        The first row is the centre; run i has the same draws in all rows.

    Returns
    -------
    mean, low, high : array (row, ...)
        The interval of 90 percent is Student's over the paired differences; not a number with
        one run a row.
    """
    apart = runs - runs[:1]
    mean, number = apart.mean(axis=1), runs.shape[1]
    if number < 2:
        blank = np.full(mean.shape, np.nan)
        return mean, blank, blank.copy()
    reach = student.ppf((1 + LEVEL) / 2, number - 1) * apart.std(axis=1, ddof=1) / np.sqrt(number)
    return mean, mean - reach, mean + reach
