"""Values for the numbers and distributions of a scenario, one a run."""

from __future__ import annotations

from collections import Counter

import numpy as np

from sim.core.streams import Streams
from sim.core.world import Array
from sim.scenario.distributions import Distribution


class Draws:
    """Draws for a range of runs; each distribution has a stream of its own, found by name.

    The scenario is not in the name: the same event in two scenarios has the same draws.

    Parameters
    ----------
    seed : int
        Root seed.
    runs : range
        Numbers of the runs, step 1.
    copies : int
        How often the runs stand along the runs axis, all of them each time, with the same draws.
    """

    def __init__(self, seed: int, runs: range, copies: int = 1) -> None:
        self._streams = Streams(seed)
        self._runs = runs
        self._copies = copies
        self._used: Counter[str] = Counter()

    def __call__(self, value: float | Distribution, name: str) -> Array:
        """The value in each run.

        Parameters
        ----------
        value : float or Distribution
        name : str
            Name of the stream. Where a name comes again, its streams are told apart by number.

        Returns
        -------
        array (1,) for a number, (run,) for a distribution
        """
        if isinstance(value, int | float):
            return np.array([float(value)])
        self._used[name] += 1
        if self._used[name] > 1:
            name = f"{name}/{self._used[name]}"
        uniform = self._streams.uniform(name, 0, self._runs.start, len(self._runs), ())
        return value.inverse(np.tile(uniform, self._copies))
