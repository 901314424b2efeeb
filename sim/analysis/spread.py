"""How much of an outcome's spread comes from the parameters, and how much from chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.drawn import draw_numbers, drawn_parameters
from sim.analysis.resample import counted
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.streams import Streams
from sim.core.world import Array
from sim.experiment.reading import check_scenario, usual_outcomes
from sim.experiment.result import Result

ANALYSIS = "analysis of variance"
REGRESSION = "regression, lower bound"
_FEWEST = 20  # runs below which a share means nothing
_RESAMPLES = 1000
_INTERVAL = (0.05, 0.95)
_FOLDS = 10
_PENALTIES = np.logspace(-3, 4, 22)  # of the ridge, per run


def spread(
    result: Result,
    outcomes: Sequence[str] | None = None,
    scenario: str | None = None,
    quarter: str | None = None,
) -> pd.DataFrame:
    """Split the variance of outcomes over runs into a parametric and a stochastic share.

    The parametric share is the variance of the mean outcome over draws of the parameters, as a part
    of the whole. What is left is chance: the noise of the drivers, events, deals, votes, and what
    the scenario itself draws.

    Parameters
    ----------
    result : Result
        A batch that drew its parameters.
    outcomes : sequence of str, optional
        Outcomes or columns; default: the headline ones of countries and of the region.
    scenario : str, optional
        Default: each of the result's.
    quarter : str, optional
        A quarter whose trajectories were kept, as ``"2030Q4"``; default: the last one, where
        cumulative outcomes are totals.

    Returns
    -------
    DataFrame
        scenario, outcome, mean, sd, parametric, stochastic (shares that sum to 1; missing where an
        outcome is the same in all runs), low, high (5 and 95 percent of the parametric share when
        draws are resampled), method.

    Raises
    ------
    InputError
        If the runs are too few or did not draw their parameters, the draws are no longer to be
        found, or an outcome, scenario or quarter is not in the result.

    Notes
    -----
    Where each draw has two runs or more, the components of variance are those of the one-way
    analysis of variance with random effects, unbiased for unequal numbers of runs too (Searle,
    Casella and McCulloch 1992, *Variance Components*, section 3.6), and a negative one counts as
    nought. With one run a draw, runs are not replicated and the share has a lower bound only: the
    part of the variance that a ridge regression on the parameters explains in runs that it was not
    fitted to, in 10 folds; the penalty is chosen within each fold by generalised cross-validation
    (Golub, Heath and Wahba 1979).
    """
    drawn = result.manifest.get("parameters", {})
    if not drawn.get("draws"):
        raise InputError(
            f"{result.folder}: its runs did not draw their parameters, so that all spread is "
            "chance; run a batch of a case with a posterior, or with --parameters FILE.parquet"
        )
    if scenario is not None:
        check_scenario(result.folder, scenario, result.scenarios)
    table = _values(result, outcomes, quarter)
    tables = []
    for name in result.scenarios if scenario is None else [scenario]:
        own = table[table["scenario"] == name].sort_values("run")
        if len(own) < _FEWEST:
            raise InputError(
                f"{result.folder}: {name} has {len(own)} runs; at least {_FEWEST} are needed to "
                "split a spread"
            )
        values = own.drop(columns=["scenario", "run"]).dropna(axis="columns")
        tables.append(_split(result, name, own["run"].to_numpy(), values))
    return pd.concat(tables, ignore_index=True)


def _values(result: Result, outcomes: Sequence[str] | None, quarter: str | None) -> pd.DataFrame:
    """Scenario, run and a column an outcome, at a quarter or at the end."""
    wanted = outcomes or usual_outcomes(result.manifest, by_quarter=quarter is not None)
    if quarter is None:
        return result.runs(wanted)
    number = quarters.parse(quarter)
    table = result.trajectories(wanted)
    table = table[table["quarter"] == number].drop(columns="quarter")
    if table.empty:
        raise InputError(f"{result.folder}: no outcome was recorded in {quarter}")
    return table.astype(dict.fromkeys(table.columns.drop(["scenario", "run"]), float))


def _split(
    result: Result, scenario: str, runs: NDArray[np.int64], values: pd.DataFrame
) -> pd.DataFrame:
    draw = draw_numbers(result.manifest, runs)
    found = values.to_numpy()
    draws, place = np.unique(draw, return_inverse=True)
    if len(runs) >= 2 * len(draws):
        if len(draws) < 2:
            raise InputError(
                f"{result.folder}: the runs of {scenario} share one draw of the parameters; at "
                "least 2 are needed to split a spread"
            )
        share, low, high = _analysis(found, place)
        method = ANALYSIS
    else:
        posterior = drawn_parameters(
            result,
            "run the batch again with --replicates 2 or more, then the draws are not needed",
        )
        share, low, high = _regression(found, posterior.values[draw])
        method = REGRESSION
    return pd.DataFrame(
        {
            "scenario": scenario,
            "outcome": values.columns,
            "mean": found.mean(axis=0),
            "sd": found.std(axis=0, ddof=1),
            "parametric": share,
            "stochastic": 1.0 - share,
            "low": low,
            "high": high,
            "method": method,
        }
    )


def _weights(number: int) -> Array:
    """How often each of a number of units comes in each resample, after a first that has all."""
    draws = Streams(0).uniform("spread/resample", 0, 0, number, (_RESAMPLES,))
    return counted((draws * number).astype(np.int64))


def _interval(shares: Array) -> tuple[Array, Array, Array]:
    """Shares (outcome,) and their intervals, from those found and resampled (1 + resample, ...)."""
    shares = np.clip(shares, 0.0, 1.0)
    interval = np.full((2, shares.shape[1]), np.nan)
    varies = ~np.isnan(shares[0])
    interval[:, varies] = np.nanquantile(shares[1:, varies], _INTERVAL, axis=0)
    return shares[0], interval[0], interval[1]


def _analysis(values: Array, draw: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Parametric share of outcomes (run, outcome) by the analysis of variance over draws."""
    values = values - values.mean(axis=0)
    count = np.bincount(draw).astype(float)
    total = np.zeros((len(count), values.shape[1]))
    np.add.at(total, draw, values)
    mean = total / count[:, None]
    squares = np.zeros_like(total)
    np.add.at(squares, draw, (values - mean[draw]) ** 2)

    weight = _weights(len(count))
    groups, runs = weight.sum(axis=1)[:, None], (weight @ count)[:, None]
    between = weight @ (count[:, None] * mean**2) - (weight @ total) ** 2 / runs
    chance = (weight @ squares) / (runs - groups)
    size = (runs - (weight @ count**2)[:, None] / runs) / (groups - 1)
    parametric = np.maximum((between / (groups - 1) - chance) / size, 0.0)
    return _interval(_part(parametric, parametric + chance, values))


def _regression(values: Array, parameters: Array) -> tuple[Array, Array, Array]:
    """Share of outcomes (run, outcome) that parameters (run, parameter) predict out of sample."""
    fold = Streams(0).uniform("spread/fold", 0, 0, len(values), ()).argsort() % _FOLDS
    missed, found = np.empty_like(values), np.empty_like(values)
    for one in range(_FOLDS):
        fitted, left = fold != one, fold == one
        mean = values[fitted].mean(axis=0)
        predicted = mean + _ridge(parameters[fitted], values[fitted] - mean, parameters[left])
        missed[left] = (values[left] - predicted) ** 2
        found[left] = (values[left] - mean) ** 2
    weight = _weights(len(values))
    whole = weight @ found
    return _interval(_part(whole - weight @ missed, whole, values))


def _ridge(parameters: Array, values: Array, at: Array) -> Array:
    """Predict outcomes (run, outcome) at other parameters, each with the penalty that suits it."""
    runs = len(parameters)
    centre, scale = parameters.mean(axis=0), parameters.std(axis=0)
    moved = scale > 1e-12 * np.abs(centre)  # a parameter that does not vary tells nothing
    if not moved.any():
        return np.zeros((len(at), values.shape[1]))
    design = (parameters[:, moved] - centre[moved]) / scale[moved]
    left, singular, right = np.linalg.svd(design, full_matrices=False)
    projected = left.T @ values
    shrunk = singular**2 / (singular**2 + runs * _PENALTIES[:, None])  # (penalty, direction)
    remaining = (values**2).sum(axis=0) - (projected**2).sum(axis=0)
    error = ((1.0 - shrunk[:, :, None]) ** 2 * projected**2).sum(axis=1) + remaining
    best = (error / (1.0 - (1.0 + shrunk.sum(axis=1)[:, None]) / runs) ** 2).argmin(axis=0)
    factor = shrunk[best].T / np.where(singular > 0, singular, np.inf)[:, None]
    slopes = right.T @ (factor * projected)
    predicted: Array = (at[:, moved] - centre[moved]) / scale[moved] @ slopes
    return predicted


def _part(part: Array, whole: Array, values: Array) -> Array:
    """A part of a whole; not a number where an outcome does not vary, whatever rounding left."""
    varies = np.ptp(values, axis=0) > 0
    share: Array = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return np.where(varies, share, np.nan)
