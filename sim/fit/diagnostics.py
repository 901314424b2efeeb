"""What the data said of the parameters: which moved, which go together, and what it foretells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from sim.core.errors import InputError
from sim.core.world import Array
from sim.fit.regression import DRAWS, Library

MOVED = 0.05  # a range a fifth narrower about the same middle, or moved by a sixth of its sd
COLLINEAR = 15.0  # Brun et al. 2001: between 10 and 15 lies where parameters cannot be told apart
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_NOISE_LEVEL = 0.99
_UNIFORM_SD = 12**-0.5


def noise_distance(library: Library, repeats: int = 20, draws: int = DRAWS, seed: int = 0) -> float:
    """Distance between prior and posterior that data without any bearing would show.

    The moments of the library are dealt out to its vectors at random, so that they say nothing of
    them; the library is then conditioned on moments of its own, as on an observation.

    Parameters
    ----------
    library : Library
    repeats : int
        Observations tried.
    draws : int
        As many as the posterior has.
    seed : int

    Returns
    -------
    float
        The distance that 99 percent of parameters and repeats stay below, as in `contraction`.
    """
    generator = np.random.default_rng(seed)
    shuffled = replace(library, cube=library.cube[generator.permutation(len(library.cube))])
    prior = np.sort(library.cube, axis=0)
    found = [
        _distance(shuffled.condition(library.simulated[row], draws, seed).cube, prior)
        for row in generator.integers(0, len(library.cube), repeats)
    ]
    return float(np.quantile(found, _NOISE_LEVEL))


def contraction(parameters: Sequence[str], cube: Array, noise: float) -> pd.DataFrame:
    """How far the data moved each parameter.

    Everything is measured on the scale of the unit cube, where the prior is uniform whatever its
    distribution. The distance is Wasserstein's: by how much the quantiles of the posterior differ
    from those of the prior, on average over them; 0.25 is the most that a narrowing about the
    middle can reach, 0.5 what moving all to one end does.

    Parameters
    ----------
    parameters : sequence of str
    cube : array (draw, parameter)
        Draws from the posterior, places in the unit cube.
    noise : float
        From `noise_distance`.

    Returns
    -------
    DataFrame
        A row a parameter: sd_ratio (posterior over prior), shift (of the mean, in standard
        deviations of the prior), distance, and verdict: ``not moved`` (the distance is no more
        than noise shows), ``hardly moved`` (less than 0.05) or ``moved``.
    """
    _check_columns("draws", cube, parameters)
    even = (np.arange(len(cube)) + 0.5) / len(cube)
    distance = _distance(cube, np.repeat(even[:, None], cube.shape[1], axis=1))
    verdict = np.where(
        distance <= noise, "not moved", np.where(distance < MOVED, "hardly moved", "moved")
    )
    return pd.DataFrame(
        {
            "parameter": list(parameters),
            "sd_ratio": cube.std(axis=0) / _UNIFORM_SD,
            "shift": (cube.mean(axis=0) - 0.5) / _UNIFORM_SD,
            "distance": distance,
            "verdict": verdict,
        }
    )


def correlations(parameters: Sequence[str], cube: Array, bound: float = 0.5) -> pd.DataFrame:
    """Pairs of parameters that go together in the posterior.

    Parameters
    ----------
    parameters : sequence of str
    cube : array (draw, parameter)
    bound : float
        Least absolute rank correlation (Spearman) listed.

    Returns
    -------
    DataFrame
        Columns first, second, correlation; the strongest first.
    """
    _check_columns("draws", cube, parameters)
    centred = stats.rankdata(cube, axis=0) - (len(cube) + 1) / 2
    length = np.sqrt((centred**2).sum(axis=0))
    found = (centred.T @ centred) / np.outer(length, length)
    first, second = np.triu_indices(len(parameters), 1)
    pairs = found[first, second]
    order = np.argsort(-np.abs(pairs), kind="stable")
    kept = order[np.abs(pairs[order]) >= bound]
    return pd.DataFrame(
        {
            "first": [parameters[k] for k in first[kept]],
            "second": [parameters[k] for k in second[kept]],
            "correlation": pairs[kept],
        }
    )


@dataclass(frozen=True)
class Collinearity:
    """How well the moments can tell the parameters apart.

    Parameters
    ----------
    importance : mapping as Series (parameter,)
        Root mean square of the scaled sensitivities (delta msqr of Brun et al. 2001).
    without_effect : tuple of str
        Parameters no more important than asked for; they are not in the index.
    index : float
        Collinearity index of all others; infinite if there are fewer moments than parameters.
    subset : tuple of str
        The largest set found with an index below the bound.
    subset_index : float
    """

    importance: pd.Series
    without_effect: tuple[str, ...]
    index: float
    subset: tuple[str, ...]
    subset_index: float


def collinearity(
    parameters: Sequence[str],
    sensitivity: Array,
    moment_sd: Array,
    least: float = 0.0,
) -> Collinearity:
    """Collinearity index of Brun, Reichert & Kuensch 2001 (Water Resources Research 37:1015-1030).

    With the scaled sensitivities brought to length 1 a parameter, the index is one over the square
    root of the least eigenvalue of their products: a change of the moments by one parameter can be
    made up for by the others to one part in so many.

    The largest subset is sought by leaving out, one after another, the parameter without which the
    index is least: not sure to be the largest of all, but the same every time.

    Parameters
    ----------
    parameters : sequence of str
    sensitivity : array (moment, parameter)
        Change of a moment with one standard deviation of a parameter's prior:
        `sim.fit.matching.Emulator.slopes`.
    moment_sd : array (moment,)
        Scale of the rows: standard deviation with which a moment is known.
    least : float
        Importance up to which a parameter counts as without effect. Slopes learnt from n runs have
        an error of ``1 / sqrt(n)`` standard deviations of a moment.
    """
    _check_columns("sensitivities", sensitivity, parameters)
    if not (np.isfinite(sensitivity).all() and (moment_sd > 0).all()):
        raise InputError(
            "collinearity: sensitivities must be finite, and standard deviations above 0"
        )
    scaled = sensitivity / moment_sd[:, None]
    importance = np.sqrt((scaled**2).mean(axis=0))
    kept = [j for j in range(len(parameters)) if importance[j] > least]
    unit = scaled / np.where(importance > 0, np.sqrt((scaled**2).sum(axis=0)), 1.0)
    products = unit.T @ unit
    subset = list(kept)
    while subset and _index(products, subset) >= COLLINEAR:
        subset.remove(
            min(
                subset,
                key=lambda j: (_index(products, [k for k in subset if k != j]), importance[j]),
            )
        )
    return Collinearity(
        importance=pd.Series(importance, index=list(parameters), name="importance"),
        without_effect=tuple(name for j, name in enumerate(parameters) if j not in kept),
        index=_index(products, kept),
        subset=tuple(parameters[j] for j in subset),
        subset_index=_index(products, subset),
    )


def predictive_check(moments: Sequence[str], observed: Array, simulated: Array) -> pd.DataFrame:
    """Where each observed moment falls among those that the posterior foretells.

    Parameters
    ----------
    moments : sequence of str
    observed : array (moment,)
    simulated : array (run, moment)
        Moments of runs with draws from the posterior, errors of observation added.

    Returns
    -------
    DataFrame
        A row a moment: observed, predictive quantiles (q05, q25, q50, q75, q95) and quantile, the
        share of runs below the observed value, those equal to it counted half.
    """
    _check_columns("simulated moments", simulated, moments)
    levels = np.quantile(simulated, QUANTILES, axis=0)
    below = (simulated < observed).mean(axis=0) + 0.5 * (simulated == observed).mean(axis=0)
    return pd.DataFrame(
        {
            "moment": list(moments),
            "observed": observed,
            **{f"q{100 * q:02.0f}": row for q, row in zip(QUANTILES, levels, strict=True)},
            "quantile": below,
        }
    )


def _distance(cube: Array, reference: Array) -> Array:
    """Wasserstein distance of each column's draws from those of a sorted reference."""
    places = (np.arange(len(cube)) + 0.5) / len(cube)
    ranks = (places * len(reference)).astype(int)
    return np.abs(np.sort(cube, axis=0) - reference[ranks]).mean(axis=0)


def _index(products: Array, chosen: list[int]) -> float:
    if not chosen:
        return 1.0
    smallest = float(np.linalg.eigvalsh(products[np.ix_(chosen, chosen)])[0])
    return float(smallest**-0.5) if smallest > 1e-14 else float("inf")


def _check_columns(what: str, array: Array, names: Sequence[str]) -> None:
    if array.ndim != 2 or array.shape[1] != len(names) or not len(array):
        raise InputError(
            f"{what}: found an array of shape {array.shape}; needed: one row or more of "
            f"{len(names)} columns"
        )
