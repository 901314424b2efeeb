"""Indices quarter by quarter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.analysis.sensitivity import morris as elementary
from sim.analysis.sensitivity.given_data import given_data
from sim.analysis.sensitivity.methods import MORRIS, SOBOL, rows_of_point
from sim.analysis.sensitivity.sample import Chosen, Inputs, paths
from sim.analysis.sensitivity.sobol import sobol
from sim.core.world import Array
from sim.experiment.sweep_result import Sweep

_RESAMPLES = 200


def over_time(
    sweep: Sweep,
    inputs: Inputs,
    method: str,
    scenario: str,
    columns: Sequence[str],
    finished: Chosen,
    seed: int,
) -> pd.DataFrame | None:
    """Estimate indices by quarter, all quarters and outcomes in one pass.

    Returns
    -------
    DataFrame or None
        See `Study`; empty where no quarters were kept, None where rows end in different ones.
    """
    kept = paths(sweep, inputs, scenario, columns)
    if kept is None:
        return pd.DataFrame()
    shape = kept.means.shape[1:]
    flat = kept.means[finished].reshape(int(finished.sum()), -1)
    if not np.isfinite(flat).all():
        return None
    if method == SOBOL:
        rows = rows_of_point(SOBOL, len(inputs.names))
        one = sobol(flat.reshape(-1, rows, flat.shape[1]), resamples=_RESAMPLES, seed=seed)
        indices = {
            name: getattr(one, name)
            for name in ("first", "first_low", "first_high", "total", "total_low", "total_high")
        }
        variance = one.variance
    elif method == MORRIS:
        found = elementary.sizes(inputs.units[finished], flat)
        indices = dict(zip(("mu_star", "mu_star_low", "mu_star_high"), found, strict=True))
        variance = flat.var(axis=0, ddof=1)
    else:
        bins = inputs.bins(finished)
        given = given_data(bins, flat, resamples=_RESAMPLES, shuffles=0, seed=seed)
        blank = np.full(given.first.shape, np.nan)
        indices = {"first": given.first, "first_low": given.low, "first_high": given.high}
        indices |= {"total": blank, "total_low": blank, "total_high": blank}
        variance = given.variance
    factors = len(inputs.names)
    within = np.full(shape, np.nan) if kept.within is None else kept.within

    def column(values: Array) -> Array:
        """(factor, quarter, output) as output by quarter by factor."""
        return values.reshape(factors, *shape).transpose(2, 1, 0).ravel()

    def each(values: Array) -> Array:
        """(quarter, output), the same for all factors."""
        return np.repeat(values.reshape(shape).T.ravel(), factors)

    size = shape[0] * factors
    return pd.DataFrame(
        {
            "scenario": scenario,
            "outcome": np.repeat(kept.columns, size),
            "quarter": np.tile(np.repeat(kept.quarters, factors), len(kept.columns)),
            "factor": np.tile(inputs.names, shape[0] * len(kept.columns)),
            **{name: column(values) for name, values in indices.items()},
            "of_means": each(variance),
            "within": each(within),
        }
    )
