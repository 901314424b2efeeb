"""Variances that are nought where values differ by nothing but rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.world import Array

_ROUNDING = 1e-12  # relative


def unvaried(values: Array, axis: int | tuple[int, ...] | None = None) -> Any:
    """Whether values are the same but for rounding, over all axes or some."""
    return np.ptp(values, axis=axis) <= _ROUNDING * np.abs(values).max(axis=axis)


def variance_of(values: Array, ddof: int = 1) -> float:
    """Variance of all values; `ddof` as numpy has it."""
    return 0.0 if unvaried(values) else float(values.var(ddof=ddof))
