"""The logistic choice rule."""

from __future__ import annotations

import numpy as np

from sim.core.world import Array


def logistic(u: Array) -> Array:
    """Share of choices 1/(1 + exp(-u)), written with tanh so that no argument overflows.

    Parameters
    ----------
    u : array
        Difference of pay-offs times determinacy.

    Returns
    -------
    array
        In [0, 1], shape of `u`.
    """
    share: Array = 0.5 + 0.5 * np.tanh(0.5 * u)
    return share
