"""What is held to be possible of the parameters before the record is looked at."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from scipy import stats

from sim.case.tables import choice
from sim.core.errors import InputError
from sim.core.world import Array

DISTRIBUTIONS = ("triangular", "lognormal", "uniform")
ALWAYS_FREE = "B"
FREE_BY_NAME = ("A", "convention")
_SPREAD = 2 * 1.959963984540054  # standard deviations that 95 percent of a normal span


class Row(Protocol):
    """A row of a table of parameters: cells by the name of their column."""

    def __getitem__(self, column: str, /) -> Any: ...


@dataclass(frozen=True)
class Prior:
    """Independent distributions of the free parameters, each on [low, high] and nowhere else.

    * ``uniform``: every value of the range alike; the centre plays no part.
    * ``triangular``: density rises in a straight line from low to the centre, which is the mode,
      and falls in a straight line to high.
    * ``lognormal``: the logarithm is normal about that of the centre, which is the median before
      the cut, with a standard deviation such that 95 percent of the uncut normal are as wide as
      the range; then cut off at low and high.

    A vector has a place in the **unit cube**: its coordinates are the cumulative distribution
    functions of its values. Designs, emulators and posteriors all work there, where the prior is
    uniform.

    Parameters
    ----------
    names : tuple of str (parameter,)
    low, high : array (parameter,)
        Hard bounds of the support, in the parameter's unit.
    distribution : tuple of str (parameter,)
        Each one of `DISTRIBUTIONS`.
    centre : array (parameter,)
        The value used where there is no draw.

    Raises
    ------
    InputError
        If a name stands twice, a distribution is unknown, or low, centre and high are no numbers
        in this order.
    """

    names: tuple[str, ...]
    low: Array
    high: Array
    distribution: tuple[str, ...]
    centre: Array

    def __post_init__(self) -> None:
        if not self.names:
            raise InputError("prior: no parameter is free; at least one is needed")
        for label in ("low", "high", "distribution", "centre"):
            if len(getattr(self, label)) != len(self.names):
                raise InputError(
                    f"prior: {len(self.names)} names but {len(getattr(self, label))} of {label}"
                )
        for position, name in enumerate(self.names):
            if name in self.names[:position]:
                raise InputError(f"prior: parameter {name!r} stands twice")
            low, centre, high = (float(a[position]) for a in (self.low, self.centre, self.high))
            form = self.distribution[position]
            if form not in DISTRIBUTIONS:
                raise InputError(f"parameter {name!r}: distribution: {choice(form, DISTRIBUTIONS)}")
            # Written so that a number that is none fails too.
            if not (low < high and low <= centre <= high and math.isfinite(high - low)):
                raise InputError(
                    f"parameter {name!r}: found low {low:g}, value {centre:g}, high {high:g}; "
                    "they must be numbers in this order, low below high"
                )
            if form == "lognormal" and low <= 0:
                raise InputError(
                    f"parameter {name!r}: found low {low:g}; a lognormal distribution needs a low "
                    "above 0"
                )

    @classmethod
    def from_rows(cls, rows: Iterable[Row], also: Collection[str] = ()) -> Prior:
        """Priors of the free parameters of a table.

        Rows of class B are always free. Rows of class A and conventions are free if asked for by
        name; normalisations, and rows whose distribution is ``fixed``, never are.

        Parameters
        ----------
        rows : iterable of Row
            With the columns name, value, low, high, distribution and class.
        also : collection of str
            Names of parameters of class A and of conventions to free as well.

        Raises
        ------
        InputError
            If a name asked for is unknown or cannot be free, or a free row makes no distribution.
        """
        table = list(rows)
        for name in also:
            matching = [row for row in table if row["name"] == name]
            if not matching:
                raise InputError(
                    f"free parameters: no such parameter: "
                    f"{choice(name, [str(row['name']) for row in table])}"
                )
            if not _may_be_free(matching[0]):
                raise InputError(
                    f"free parameters: {name} cannot be free: it has class "
                    f"{matching[0]['class']} and distribution {matching[0]['distribution']}"
                )
        free = [
            row
            for row in table
            if _may_be_free(row) and (row["class"] == ALWAYS_FREE or row["name"] in also)
        ]
        return cls(
            names=tuple(str(row["name"]) for row in free),
            low=np.array([_number(row, "low") for row in free]),
            high=np.array([_number(row, "high") for row in free]),
            distribution=tuple(str(row["distribution"]) for row in free),
            centre=np.array([_number(row, "value") for row in free]),
        )

    def __len__(self) -> int:
        return len(self.names)

    def values(self, cube: Array) -> Array:
        """Values of the parameters at places of the unit cube (inverse distribution functions).

        Parameters
        ----------
        cube : array (vector, parameter), in [0, 1]

        Returns
        -------
        array (vector, parameter), within [low, high]
        """
        self._check(cube)
        values = np.empty_like(cube, dtype=float)
        for j, (marginal, logarithmic) in enumerate(self._marginals):
            found = marginal.ppf(cube[:, j])
            values[:, j] = np.exp(found) if logarithmic else found
        # Rounding must not carry a value past a bound beyond which its equation has no meaning.
        return np.clip(values, self.low, self.high)

    def cube(self, values: Array) -> Array:
        """Places in the unit cube of values of the parameters (distribution functions).

        Parameters
        ----------
        values : array (vector, parameter)
            Values beyond low or high come out as 0 or 1.

        Returns
        -------
        array (vector, parameter), in [0, 1]
        """
        self._check(values)
        inside = np.clip(values, self.low, self.high)
        cube = np.empty_like(inside, dtype=float)
        for j, (marginal, logarithmic) in enumerate(self._marginals):
            cube[:, j] = marginal.cdf(np.log(inside[:, j]) if logarithmic else inside[:, j])
        return cube

    @cached_property
    def _marginals(self) -> list[tuple[Any, bool]]:
        """Frozen distribution of each parameter, and whether it is that of the logarithm."""
        marginals: list[tuple[Any, bool]] = []
        for low, centre, high, form in zip(
            self.low, self.centre, self.high, self.distribution, strict=True
        ):
            if form == "uniform":
                marginals.append((stats.uniform(low, high - low), False))
            elif form == "triangular":
                mode = (centre - low) / (high - low)
                marginals.append((stats.triang(mode, low, high - low), False))
            else:
                sd = math.log(high / low) / _SPREAD
                cuts = (math.log(low / centre) / sd, math.log(high / centre) / sd)
                marginals.append((stats.truncnorm(*cuts, math.log(centre), sd), True))
        return marginals

    def _check(self, vectors: Array) -> None:
        if vectors.ndim != 2 or vectors.shape[1] != len(self):
            raise InputError(
                f"vectors of parameters: found an array of shape {vectors.shape}; needed: "
                f"(vectors, {len(self)})"
            )


def _may_be_free(row: Row) -> bool:
    return row["distribution"] != "fixed" and row["class"] in (ALWAYS_FREE, *FREE_BY_NAME)


def _number(row: Row, column: str) -> float:
    try:
        return float(row[column])
    except (TypeError, ValueError):
        raise InputError(
            f"parameter {row['name']!r}: column {column!r}: found {row[column]!r}; a free "
            "parameter needs a number"
        ) from None
