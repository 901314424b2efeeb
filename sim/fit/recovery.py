"""Tests the fit on made-up records whose true parameters are known.

Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788): parameters drawn from the prior
and conditioned on moments simulated with them must lie anywhere in their posterior alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from sim.core.errors import InputError
from sim.core.world import Array, Flags
from sim.fit.regression import DRAWS, Library

FITS = 200
LEVELS = (0.5, 0.8, 0.9)
FEWEST_FITS = 100
LEAST, MOST = 0.80, 0.97  # coverage that 90 percent intervals must have
_BINS = 10

# Draws (draw, parameter) in the unit cube, given moments (moment,) and the number of the fit.
Fit = Callable[[Array, int], Array]


@dataclass(frozen=True)
class Recovery:
    """Where known parameters fell in the posteriors fitted to records made with them.

    Parameters
    ----------
    parameters : tuple of str
    truth : array (fit, parameter)
        Places in the unit cube.
    rank : array (fit, parameter)
        Share of the posterior's draws below the truth.
    mean, sd : array (fit, parameter)
        Of the posterior.
    """

    parameters: tuple[str, ...]
    truth: Array
    rank: Array
    mean: Array
    sd: Array

    def coverage(self, level: float) -> Array:
        """Share of the fits whose central interval holds the truth, array (parameter,)."""
        tail = (1 - level) / 2
        return ((self.rank >= tail) & (self.rank <= 1 - tail)).mean(axis=0)

    def table(self) -> pd.DataFrame:
        """A row a parameter.

        Columns: coverage_50, coverage_80, coverage_90; rank_p (chi-squared test of the ranks being
        uniform in ten bins: with many parameters some fall below 0.05 by chance); correlation (of
        the posterior's mean with the truth: 0 where the data say nothing of a parameter);
        sd_ratio (mean of the posterior's over the prior's); passed.
        """
        bins = np.minimum((self.rank * _BINS).astype(int), _BINS - 1)
        counts = np.stack([(bins == k).sum(axis=0) for k in range(_BINS)])
        truth, mean = self.truth - self.truth.mean(axis=0), self.mean - self.mean.mean(axis=0)
        length = np.sqrt((truth**2).sum(axis=0) * (mean**2).sum(axis=0))
        return pd.DataFrame(
            {
                "parameter": self.parameters,
                **{f"coverage_{100 * level:.0f}": self.coverage(level) for level in LEVELS},
                "rank_p": stats.chisquare(counts, axis=0).pvalue,
                "correlation": (truth * mean).sum(axis=0) / np.where(length > 0, length, np.inf),
                "sd_ratio": self.sd.mean(axis=0) * 12**0.5,
                "passed": self._passed(),
            }
        )

    @property
    def passed(self) -> bool:
        """Whether the 90 percent intervals of every parameter cover the truth often enough.

        That is in 80 to 97 percent of the fits. With 200 fits of a right posterior a parameter
        falls outside the band in less than one case of a thousand.
        """
        return bool(self._passed().all())

    def _passed(self) -> Flags:
        coverage = self.coverage(0.9)
        return (coverage >= LEAST) & (coverage <= MOST)


def recover(parameters: Sequence[str], truth: Array, moments: Array, fit: Fit) -> Recovery:
    """Fit to made-up records and compare with the parameters that made them.

    Parameters
    ----------
    parameters : sequence of str
    truth : array (fit, parameter)
        Places in the unit cube.
    moments : array (fit, moment)
        Simulated with the truths, errors of observation added.
    fit : callable
        ``fit(moments, number)`` gives draws from the posterior, places in the unit cube.

    Raises
    ------
    InputError
        If there are fewer than 100 records.
    """
    if len(truth) < FEWEST_FITS:
        raise InputError(
            f"recovery: found {len(truth)} made-up records; at least {FEWEST_FITS} are needed"
        )
    rank, mean, sd = (np.empty(truth.shape) for _ in range(3))
    for number, (true, found) in enumerate(zip(truth, moments, strict=True)):
        draws = fit(found, number)
        rank[number] = (draws < true).mean(axis=0)
        mean[number], sd[number] = draws.mean(axis=0), draws.std(axis=0)
    return Recovery(tuple(parameters), truth, rank, mean, sd)


def held_out(library: Library, records: int, seed: int) -> tuple[Library, Array, Array]:
    """Set some simulations of a library aside, to be fitted as if they had been observed.

    Parameters
    ----------
    library : Library
    records : int
    seed : int

    Returns
    -------
    Library, array (record, parameter), array (record, moment)
        The rest of the library; the places in the unit cube and the moments set aside.
    """
    if records >= len(library.cube):
        raise InputError(
            f"recovery: {records} made-up records asked for; the library has only "
            f"{len(library.cube)} simulations"
        )
    order = np.random.default_rng(seed).permutation(len(library.cube))
    aside, rest = np.sort(order[:records]), np.sort(order[records:])
    kept = replace(library, cube=library.cube[rest], simulated=library.simulated[rest])
    return kept, library.cube[aside], library.simulated[aside]


def recover_library(
    library: Library, fits: int = FITS, draws: int = DRAWS, seed: int = 0
) -> Recovery:
    """Test regression ABC on its own library: each record set aside is fitted with the rest.

    Parameters
    ----------
    library : Library
    fits : int
    draws : int
        Of each posterior.
    seed : int
        Chooses the records; fit i resamples with ``seed + i``.
    """
    rest, truth, moments = held_out(library, fits, seed)
    rest.prepare()
    return recover(
        library.parameters,
        truth,
        moments,
        lambda observed, number: rest.condition(observed, draws, seed + number).cube,
    )
