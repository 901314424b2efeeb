"""The variance of single runs, split into that of the inputs, of chance, and of both together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.sensitivity.variance import unvaried
from sim.core.world import Array


@dataclass(frozen=True)
class Parts:
    """Components of the variance of an output over rows and runs.

    Attributes
    ----------
    inputs : float
        Variance over rows of the expected output.
    chance : float
        Variance over runs of what chance does in all rows alike; not a number with one run a row.
    together : float
        Variance of what chance does in one row and not in another: interaction of inputs and
        chance; not a number with one run a row.
    of_means : float
        Variance of the row means: inputs, and together over the number of runs.
    noise : float
        Share of `of_means` that is interaction and not inputs; not a number with one run.
    """

    inputs: float
    chance: float
    together: float
    of_means: float
    noise: float

    def shares(self) -> tuple[float, float, float]:
        """Inputs, chance and both together as shares of the variance of a single run."""
        whole = self.inputs + self.chance + self.together
        if not whole > 0:
            return (np.nan, np.nan, np.nan)
        return (self.inputs / whole, self.chance / whole, self.together / whole)


def parts(values: Array) -> Parts:
    """Analyse the variance of a table of rows and runs.

    Parameters
    ----------
    values : array (row, run)
        One output; rows are a sample of the inputs, and run i has the same draws in all of them.

    Returns
    -------
    Parts

    Raises
    ------
    ValueError
        If there are fewer than two rows, or a value is not finite.

    Notes
    -----
    Two-way layout with random effects and one value a cell, components by equating mean squares to
    what they are expected to be (Searle, Casella and McCulloch 1992, *Variance Components*,
    section 4.3); a negative one counts as nought. With one run a row, inputs and chance cannot be
    told apart: `inputs` is then the whole variance.
    """
    if values.ndim != 2 or len(values) < 2:
        raise ValueError(f"values have to be (row, run), two rows or more; found {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("an output is not finite")
    rows, runs = values.shape
    same = unvaried(values)
    centred = values - values.mean()
    by_row, by_run = centred.mean(axis=1), centred.mean(axis=0)
    of_means = 0.0 if same else float(by_row.var(ddof=1))
    if runs < 2:
        return Parts(of_means, np.nan, np.nan, of_means, np.nan)
    if same:
        return Parts(0.0, 0.0, 0.0, 0.0, np.nan)
    left = centred - by_row[:, None] - by_run
    together = float((left**2).sum() / ((rows - 1) * (runs - 1)))
    inputs = max(of_means - together / runs, 0.0)
    chance = max(float(by_run.var(ddof=1)) - together / rows, 0.0)
    noise = min(together / runs / of_means, 1.0) if of_means > 0 else np.nan
    return Parts(inputs, chance, together, of_means, noise)
