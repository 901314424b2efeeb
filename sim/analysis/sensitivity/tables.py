"""The tables of one scenario, alike for all methods: factors, outcomes, convergence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.sensitivity import chance
from sim.analysis.sensitivity.sample import Chosen, Outputs
from sim.analysis.sensitivity.sobol import NARROW, SETTLED
from sim.analysis.sensitivity.variance import variance_of
from sim.core.world import Array

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class Step:
    """An index from the first points of a sample, to show how it converges.

    Attributes
    ----------
    points : int
    index : str
        Which one.
    value, low, high : array (factor, output)
    """

    points: int
    index: str
    value: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Estimate:
    """What a method finds of all outputs of a scenario.

    Attributes
    ----------
    points : int
        Base points, trajectories or rows that it rests on.
    by : str
        Column that factors are sorted by.
    columns : mapping of str to array (factor, output)
        In the order of the table.
    variance : array (output,)
        Of the row means.
    sampled : array (row,)
        Rows that are a sample of the inputs, of which the parts of the variance are taken.
    width : array (output,)
        Of the widest interval of an index.
    largest : array (output,) or float
        What is narrow is measured by: the largest index, or 1 for shares.
    ranking : array (output,) or None
        How unsettled the ranking is; None where that cannot be told.
    steps : list of Step
    """

    points: int
    by: str
    columns: Mapping[str, NDArray[Any]]
    variance: Array
    sampled: Chosen
    width: Array
    largest: Array | float = 1.0
    ranking: Array | None = None
    steps: list[Step] = field(default_factory=list)

    def tables(self, factors: Sequence[str], found: Outputs, finished: Chosen) -> Tables:
        """A row an outcome and factor, a row an outcome, and convergence."""
        largest = np.broadcast_to(self.largest, self.width.shape)
        tables, summaries = [], []
        for place, outcome in enumerate(found.columns):
            table = pd.DataFrame(
                {
                    "outcome": outcome,
                    "factor": factors,
                    **{name: values[:, place] for name, values in self.columns.items()},
                    "variance": self.variance[place],
                }
            )
            tables.append(table.sort_values(self.by, ascending=False, kind="stable"))
            summaries.append(
                {
                    "outcome": outcome,
                    "points": self.points,
                    **_parts(found, finished, self.sampled, place),
                    **_reached(
                        self.width[place],
                        largest[place],
                        None if self.ranking is None else self.ranking[place],
                    ),
                }
            )
        convergence = [_converging(found.columns, factors, step) for step in self.steps]
        return pd.concat(tables), pd.DataFrame(summaries), pd.concat(convergence)


def unsampled(outcome: str, points: int, mean: float) -> dict[str, Any]:
    """The row of an outcome whose rows are no sample of the inputs."""
    return {
        "outcome": outcome,
        "points": points,
        "mean": mean,
        **dict.fromkeys(("of_means", "inputs", "chance", "together", "noise"), np.nan),
        "widest": np.nan,
        "narrow": None,
        "ranking": np.nan,
        "settled": None,
    }


def _reached(width: float, largest: float, ranking: float | None) -> dict[str, Any]:
    """How far an outcome has converged."""
    return {
        "widest": width / largest if largest > 0 else np.nan,
        "narrow": bool(width < NARROW * largest),
        "ranking": np.nan if ranking is None else ranking,
        "settled": None if ranking is None else bool(ranking < SETTLED),
    }


def _parts(found: Outputs, finished: Chosen, sampled: Chosen, place: int) -> dict[str, float]:
    """Mean and parts of the variance; of single runs where they are at hand."""
    if found.runs is not None:
        sample = found.runs[sampled, :, place]
        part = chance.parts(sample)
        return {
            "mean": float(sample.mean()),
            "of_means": part.of_means,
            "inputs": part.inputs,
            "chance": part.chance,
            "together": part.together,
            "noise": part.noise,
        }
    means = found.means[finished, place]
    within = np.nan if found.within is None else float(found.within[finished, place].mean())
    return {
        "mean": float(means.mean()),
        "of_means": variance_of(means),
        "inputs": variance_of(means),
        "chance": within,
        "together": np.nan,
        "noise": np.nan,
    }


def _converging(columns: Sequence[str], factors: Sequence[str], step: Step) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "outcome": np.repeat(columns, len(factors)),
            "points": step.points,
            "factor": np.tile(factors, len(columns)),
            "index": step.index,
            "value": step.value.T.ravel(),
            "low": step.low.T.ravel(),
            "high": step.high.T.ravel(),
        }
    )
