"""A stored sweep as arrays: inputs, and outputs row by row, of one scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.sensitivity.given_data import binned, bins_for
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.world import Array
from sim.experiment import store
from sim.experiment.sweep_result import Sweep

Chosen = NDArray[np.bool_]

_EVEN = ("sobol", "latin_hypercube")  # modes of which the first rows are a sample of their own
_RELATED = 0.3  # correlation of two inputs above which the reader is told


@dataclass(frozen=True)
class Inputs:
    """What varies over the rows of a sample, in the order of the sample.

    Attributes
    ----------
    names : list of str
        Factors; those that take their values from another are left out.
    units : array (place, factor)
        Points of the unit cube.
    design : DataFrame
        The values themselves: row (id), and a column a factor.
    tied : list of (str, str)
        Factors left out, each with the one that it follows.
    related : list of (str, str, float)
        Pairs of inputs that are correlated over the sample.
    even : bool
        Whether the first rows alone cover the inputs as all of them do.
    """

    names: list[str]
    units: Array
    design: pd.DataFrame
    tied: list[tuple[str, str]]
    related: list[tuple[str, str, float]]
    even: bool

    @classmethod
    def of(cls, sweep: Sweep) -> Inputs:
        """The inputs of a sweep."""
        units = sweep.units().sort_values("place").drop(columns="place")
        kept: list[str] = []
        tied = [(one["name"], one["same_as"]) for one in sweep.factors if one.get("same_as")]
        for name in units.columns:
            same = next((one for one in kept if np.array_equal(units[one], units[name])), None)
            if same is None:
                kept.append(str(name))
            else:
                tied.append((str(name), same))
        values = units[kept].to_numpy(float)
        related = []
        varies = [place for place in range(len(kept)) if np.ptp(values[:, place]) > 0]
        if len(varies) > 1:
            correlation = np.corrcoef(values[:, varies], rowvar=False)
            related = [
                (kept[varies[one]], kept[varies[other]], float(correlation[one, other]))
                for one, other in np.argwhere(np.triu(np.abs(correlation) > _RELATED, 1))
            ]
        design = sweep.design().sort_values("place")
        return cls(kept, values, design, tied, related, sweep.mode in _EVEN)

    def bins(self, chosen: Chosen) -> NDArray[np.int64]:
        """The bin of each factor's value in chosen rows: levels where there are few."""
        number = bins_for(int(chosen.sum()))
        columns = []
        for place, name in enumerate(self.names):
            codes = pd.factorize(self.design[name].to_numpy()[chosen], sort=False)[0]
            few = codes.max() < number
            values = codes.astype(float) if few else self.units[chosen, place]
            columns.append(binned(values, number))
        return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Outputs:
    """Outputs row by row, in the order of the sample; missing where a row was not finished.

    Attributes
    ----------
    columns : list of str
    means : array (place, output)
        Over the runs of a row.
    runs : array (place, run, output) or None
        Single runs; None at other quarters than the last one.
    within : array (place, output) or None
        Variance over the runs of a row, where single runs are not at hand.
    stored : array (place,)
        Whether all of a row is there. An output that a stored row lacks is that of an actor whom
        the row leaves out.
    """

    columns: list[str]
    means: Array
    runs: Array | None
    within: Array | None
    stored: NDArray[np.bool_]


def outputs(sweep: Sweep, inputs: Inputs, scenario: str, wanted: Sequence[str], at: str) -> Outputs:
    """Outputs of a scenario at the end or at a quarter.

    Raises
    ------
    InputError
        If an outcome or a quarter was not recorded.
    """
    if at == "end":
        table = sweep.runs(wanted)
        columns = [str(name) for name in table.columns[3:]]
        cube = _spread(table, inputs, scenario, columns, "run", range(sweep.manifest["runs"]))
        runs = cube[_places(inputs)]
        stored = _stored(table, inputs, scenario, runs.shape[1])
        return Outputs(columns, runs.mean(axis=1), runs, None, stored)
    number = quarters.parse(at)
    table = sweep.means(wanted)
    columns = [str(name) for name in table.columns[3:]]
    if not (table["quarter"] == number).any():
        first, last = (quarters.name(int(f(table["quarter"]))) for f in (min, max))
        raise InputError(f"{sweep.folder}: there is no quarter {at}; it has {first} to {last}")
    means = _spread(table, inputs, scenario, columns, "quarter", [number])[:, 0]
    stored = _stored(table[table["quarter"] == number], inputs, scenario, 1)
    within = None
    if store.dataset(sweep.folder, "variances") is not None:
        table = sweep.variances(wanted)
        within = _spread(table, inputs, scenario, columns, "quarter", [number])[:, 0]
        within = within[_places(inputs)]
    return Outputs(columns, means[_places(inputs)], None, within, stored)


@dataclass(frozen=True)
class Paths:
    """Row means by quarter.

    Attributes
    ----------
    columns : list of str
    quarters : list of int
    means : array (place, quarter, output)
    within : array (quarter, output) or None
        Mean over rows of the variance over runs; None where rows have a single run.
    """

    columns: list[str]
    quarters: list[int]
    means: Array
    within: Array | None


def paths(sweep: Sweep, inputs: Inputs, scenario: str, columns: Sequence[str]) -> Paths | None:
    """Row means by quarter of those outputs that were kept so; None if there are none."""
    data = store.dataset(sweep.folder, "means")
    kept = [] if data is None else [name for name in columns if name in data.schema.names]
    if not kept:
        return None
    table = sweep.means(kept)
    numbers = sorted(
        int(one) for one in table.loc[table["scenario"] == scenario, "quarter"].unique()
    )
    means = _spread(table, inputs, scenario, kept, "quarter", numbers)[_places(inputs)]
    within = None
    if store.dataset(sweep.folder, "variances") is not None:
        table = sweep.variances(kept)
        spread = _spread(table, inputs, scenario, kept, "quarter", numbers)[_places(inputs)]
        finished = np.isfinite(spread).all(axis=(1, 2))
        if finished.any():
            within = spread[finished].mean(axis=0)
    return Paths(kept, numbers, means, within)


def _places(inputs: Inputs) -> NDArray[np.int64]:
    """Which distinct row stands at each place."""
    return np.asarray(pd.factorize(inputs.design["row"])[0], dtype=np.int64)


def _stored(table: pd.DataFrame, inputs: Inputs, scenario: str, number: int) -> NDArray[np.bool_]:
    """Whether a table has so many lines of a scenario and the row at each place."""
    lines = table.loc[table["scenario"] == scenario, "row"].value_counts()
    return np.asarray(inputs.design["row"].map(lines).to_numpy(float) == number)


def _spread(
    table: pd.DataFrame,
    inputs: Inputs,
    scenario: str,
    columns: Sequence[str],
    key: str,
    keys: Sequence[int],
) -> Array:
    """Values (distinct row, key, column) of a scenario; missing ones are not numbers."""
    own = table[table["scenario"] == scenario]
    ids = pd.Index(pd.unique(inputs.design["row"]))
    cube = np.full((len(ids), len(keys), len(columns)), np.nan)
    at = pd.Index(list(keys)).get_indexer(pd.Index(own[key]))
    row = ids.get_indexer(pd.Index(own["row"]))
    found = (at >= 0) & (row >= 0)
    cube[row[found], at[found]] = own[list(columns)].to_numpy(float)[found]
    return cube
