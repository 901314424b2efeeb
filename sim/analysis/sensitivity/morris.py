"""Elementary effects of Morris's trajectories, through SALib."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import t as student

from sim.analysis.resample import LEVEL, RESAMPLES
from sim.core.world import Array


@dataclass(frozen=True)
class Morris:
    """Elementary effects; arrays are (factor, output), in the output's unit over the whole range.

    Attributes
    ----------
    mu, mu_low, mu_high : array
        Mean effect of moving a factor over its whole range, with its interval of 90 percent.
    mu_star, mu_star_low, mu_star_high : array
        Mean of its absolute value.
    sigma : array
        Standard deviation of the effect: that of a factor whose effect does not depend on where
        it and the others stand is nought.
    """

    mu: Array
    mu_low: Array
    mu_high: Array
    mu_star: Array
    mu_star_low: Array
    mu_star_high: Array
    sigma: Array


def morris(units: Array, values: Array, resamples: int = RESAMPLES, seed: int = 0) -> Morris:
    """Estimate mean effects, their absolute mean and spread.

    Parameters
    ----------
    units : array (row, factor)
        Points of the unit cube: trajectories of 1 + factors rows, each of which moves one factor.
    values : array (row, output)
    resamples : int
        Of SALib's bootstrap of trajectories.
    seed : int

    Returns
    -------
    Morris

    Raises
    ------
    ValueError
        If the rows are no trajectories, there are fewer than two, or a value is not finite.

    Notes
    -----
    Morris 1991 (Technometrics 33: 161-174); Campolongo, Cariboni and Saltelli 2007 (Environmental
    Modelling and Software 22: 1509-1518) for the absolute mean. A trajectory that is as likely to
    rise as to fall has effects over its step; SALib scales them to the whole range.
    """
    from SALib.analyze.morris import analyze  # takes a second to load

    factors = units.shape[1]
    if not np.isfinite(values).all():
        raise ValueError("an output is not finite; leave its trajectory out")
    step = _step(units)
    levels = round(2 * step / (2 * step - 1)) if step > 0.5 else 0
    if levels < 2 or not np.isclose(levels / (2 * (levels - 1)), step):
        raise ValueError(f"a step of {step:g} is none of a grid of an even number of levels")
    names = [str(place) for place in range(factors)]
    problem = {"num_vars": factors, "names": names, "bounds": [[0.0, 1.0]] * factors}
    trajectories = len(units) // (factors + 1)
    columns: list[Array] = []
    for output in values.T:
        found = analyze(
            problem,
            units.astype(float),
            output.astype(float),
            num_resamples=resamples,
            conf_level=LEVEL,
            num_levels=levels,
            seed=seed + 1,  # SALib takes a seed of 0 for none
        )
        mu, sigma = np.asarray(found["mu"], float), np.asarray(found["sigma"], float)
        star = np.asarray(found["mu_star"], float)
        reach = ndtri((1 + LEVEL) / 2) * sigma / np.sqrt(trajectories)
        wide = np.asarray(found["mu_star_conf"], float)
        low = np.maximum(star - wide, 0.0)
        columns.append(np.stack([mu, mu - reach, mu + reach, star, low, star + wide, sigma]))
    return Morris(*np.stack(columns, axis=-1))


def effects(units: Array, values: Array) -> Array:
    """Elementary effects over the whole range.

    Parameters
    ----------
    units : array (row, factor)
    values : array (row, ...)

    Returns
    -------
    array (trajectory, factor, ...)
    """
    factors = units.shape[1]
    steps, moved = _moves(units)
    found = np.asarray(values, float).reshape(-1, factors + 1, *values.shape[1:])
    change = np.diff(found, axis=1)
    change = change / steps.reshape(*steps.shape, *(1,) * (change.ndim - 2))
    ordered = np.empty_like(change)
    ordered[np.arange(len(found))[:, None], moved] = change
    return ordered


def sizes(units: Array, values: Array) -> tuple[Array, Array, Array]:
    """Mean absolute effects of many outputs at once, without SALib's resampling.

    Parameters
    ----------
    units : array (row, factor)
    values : array (row, output)

    Returns
    -------
    tuple of array (factor, output)
        The means, and the ends of their intervals of 90 percent: normal, from the standard error
        over trajectories, to which SALib's bootstrap tends.
    """
    shape = (units.shape[1], values.shape[1])
    star, reach = np.empty(shape), np.empty(shape)
    for place, output in enumerate(values.T):  # all at once would need much memory
        size = np.abs(effects(units, output))
        star[:, place] = size.mean(axis=0)
        reach[:, place] = size.std(axis=0, ddof=1) / np.sqrt(len(size))
    reach *= ndtri((1 + LEVEL) / 2)
    return star, np.maximum(star - reach, 0.0), star + reach


def chance_floor(units: Array, runs: Array) -> Array:
    """What the mean absolute effect reaches through chance alone.

    Were the expected effect nought everywhere, the mean over R runs, which have the same draws in
    all rows, would still leave an effect; in 5 of 100 sets of runs it would exceed this value.

    Parameters
    ----------
    units : array (row, factor)
    runs : array (row, run)
        One output.

    Returns
    -------
    array (factor,)
        The mean standard error of the effects over runs, times Student's t of R - 1 degrees of
        freedom at 97.5 percent: the worst case, in which chance has one pattern in all rows.

    Raises
    ------
    ValueError
        If there is one run only.
    """
    number = runs.shape[1]
    if number < 2:
        raise ValueError("the noise of row means needs two runs a row or more")
    error = effects(units, runs).std(axis=2, ddof=1) / np.sqrt(number)
    return np.asarray(error.mean(axis=0) * student.ppf(0.975, number - 1))


def _moves(units: Array) -> tuple[Array, Array]:
    """Signed step (trajectory, move) and which factor each one moves."""
    factors = units.shape[1]
    if len(units) % (factors + 1) or len(units) < 2 * (factors + 1):
        raise ValueError(
            f"{len(units)} rows are no two trajectories or more of {factors + 1} rows each"
        )
    change = np.diff(units.reshape(-1, factors + 1, factors), axis=1)
    moved = np.abs(change) > 1e-9
    which = moved.argmax(axis=2)
    if (
        not (moved.sum(axis=2) == 1).all()
        or not (np.sort(which, axis=1) == np.arange(factors)).all()
    ):
        raise ValueError("a trajectory has to move each factor once, one at a time")
    return np.take_along_axis(change, which[:, :, None], axis=2)[:, :, 0], which


def _step(units: Array) -> float:
    steps, _ = _moves(units)
    size = np.abs(steps)
    if np.ptp(size) > 1e-9:
        raise ValueError("the steps of trajectories have to be of one size")
    return float(size.flat[0])
