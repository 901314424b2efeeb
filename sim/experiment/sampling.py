"""From the factors of a design to its rows: one setting of all factors each."""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.world import Array
from sim.experiment.design import DUMMY, Design
from sim.scenario.distributions import Distribution

Value = bool | int | float | str
_ID_DIGITS = 12
_MORRIS_LEVELS = 4


@dataclass(frozen=True)
class VariedFactor:
    """A factor whose path and values fit the scenarios of its design.

    It has either `levels`, or `low` and `high` (any number between them), or a `distribution`, or
    follows another (`same_as`).
    """

    name: str
    path: str  # canonical spelling
    kind: str  # "number", "whole", "quarter", "flag" or "text"
    by_run: bool  # may differ by run within one compilation
    levels: tuple[Value, ...] | None = None  # in the order in which the modes go through them
    low: float = math.nan
    high: float = math.nan
    log: bool = False
    distribution: Distribution | None = None
    same_as: str | None = None
    times: float = 1.0
    plus: float = 0.0
    column: tuple[Value, ...] | None = None  # mode csv: the value in each row

    def at(self, units: Array, grid: int | None = None) -> list[Value]:
        """Values at points of the unit interval.

        Parameters
        ----------
        units : array (row,)
            In [0, 1].
        grid : int, optional
            Number of evenly spaced points, 0 and 1 among them, that `units` holds only (Morris).
            Levels are then those nearest to the points, so that the first and the last are
            reached; a distribution is divided into so many parts of equal probability and gives
            the middle of each, as its ends may be infinite.

        Returns
        -------
        list of length row
        """
        if self.levels is not None:
            most = len(self.levels) - 1
            places = units * (most + 1) if grid is None else units * most + 0.5
            return [self.levels[place] for place in np.minimum(places.astype(int), most)]
        if self.distribution is not None:
            if grid is not None:
                units = (units * (grid - 1) + 0.5) / grid
            found = np.asarray(self.distribution.inverse(units), dtype=float)
        else:
            found = _between(self.low, self.high, units, self.log)
        return [float(value) for value in found + 0.0]  # no negative zero

    def following(self, values: Sequence[Value]) -> list[Value]:
        """Values of a factor that follows another with these values.

        Raises
        ------
        InputError
            If a whole number or a quarter does not stay one.
        """
        if self.times == 1.0 and self.plus == 0.0:
            return [value if self.kind != "number" else float(value) for value in values]
        if self.kind == "quarter":
            return [_quarter_after(str(value), int(self.plus)) for value in values]
        found = [float(value) * self.times + self.plus for value in values]
        if self.kind == "number":
            return [value + 0.0 for value in found]
        for value in found:
            if not value.is_integer():
                raise InputError(f"becomes {value:g}; a whole number is needed")
        return [int(value) for value in found]

    def extremes(self) -> list[Value]:
        """The least and the greatest value, or all levels where they have no order."""
        if self.levels is not None:
            if self.kind in ("text", "flag"):
                return list(self.levels)
            return [min(self.levels), max(self.levels)]  # type: ignore[type-var]  # of one kind
        if self.distribution is not None:
            ends = self.distribution.support()
            inner = self.distribution.inverse(np.array([1e-4, 1.0 - 1e-4]))
            return [
                float(end if math.isfinite(end) else near)
                for end, near in zip(ends, inner, strict=True)
            ]
        return [self.low, self.high]

    def described(self) -> dict[str, Any]:
        """The factor as plain values for a manifest; `levels` and `distribution` may be null."""
        ends = [] if self.same_as else self.extremes()
        ordered = self.kind not in ("text", "flag")
        plain: dict[str, Any] = {
            "name": self.name,
            "path": self.path,
            "kind": self.kind,
            "low": ends[0] if ends and ordered else None,
            "high": ends[-1] if ends and ordered else None,
            "levels": list(self.levels) if self.levels is not None else None,
            "distribution": None,
        }
        if self.distribution is not None:
            plain["distribution"] = self.distribution.model_dump(mode="json", exclude_none=True)
        if self.log:
            plain["scale"] = "log"
        if self.same_as is not None:
            plain |= {"same_as": self.same_as, "times": self.times, "plus": self.plus}
        return plain


@dataclass(frozen=True)
class Sample:
    """The rows of a design, in order; the same values twice are two rows with one id.

    Attributes
    ----------
    values : dict of str to list
        Values of each factor by its name, a row an element; ``dummy`` is not among them.
    units : float array (row, free factor)
        The point of the unit cube that each row came from: positions among the levels scaled to
        [0, 1] where a mode goes through levels.
    free : tuple of str
        Names along the second axis of `units`: the factors that follow no other, and ``dummy``
        last where the mode adds it.
    ids : list of str
        A row an element.
    """

    values: dict[str, list[Value]]
    units: Array
    free: tuple[str, ...]
    ids: list[str]

    def distinct(self) -> list[int]:
        """Places of the rows whose values have not come before, in order."""
        first: dict[str, int] = {}
        for place, key in enumerate(self.ids):
            first.setdefault(key, place)
        return list(first.values())

    def row(self, place: int) -> dict[str, Value]:
        """The values of a row by the names of the factors."""
        return {name: values[place] for name, values in self.values.items()}


def sample(design: Design, factors: Sequence[VariedFactor]) -> Sample:
    """Make the rows of a design.

    Parameters
    ----------
    design : Design
    factors : sequence of VariedFactor
        Those of the design, as `sim.experiment.design_check.resolve_factors` gives them.

    Returns
    -------
    Sample
        The same whatever machine and number of processes; another `sampling_seed` gives other rows
        in the modes that draw them.

    Raises
    ------
    InputError
        If two rows that differ have the same id (never seen; another sampling_seed mends it), or a
        factor that follows another takes a value that it cannot have.

    Notes
    -----
    ``saltelli``: rows in the order A_n, AB_n1 .. AB_nk, B_n for each base point n, where AB_nj is
    A_n with coordinate j of B_n (Saltelli 2002, doi:10.1016/S0010-4655(02)00280-1; Saltelli et al.
    2010, doi:10.1016/j.cpc.2009.09.018), from a scrambled Sobol' sequence in 2k dimensions; the
    order is SALib's without second order. ``morris``: trajectories of k + 1 rows (Morris 1991,
    doi:10.1080/00401706.1991.10484804) from SALib.
    """
    free = [factor for factor in factors if factor.same_as is None]
    names = [factor.name for factor in free]
    grid: int | None = None
    if design.mode in ("grid", "matched", "one_at_a_time", "csv"):
        places = _places(design.mode, free)
        most = np.array([max(len(_levels(factor)) - 1, 1) for factor in free])
        units = places / most
        drawn = {
            factor.name: [_levels(factor)[place] for place in places[:, at]]
            for at, factor in enumerate(free)
        }
    else:
        names += [DUMMY] if design.mode in ("saltelli", "morris") else []
        if design.mode == "morris":
            grid = design.levels or _MORRIS_LEVELS
        units = _units(design, len(names), grid)
        drawn = {factor.name: factor.at(units[:, at], grid) for at, factor in enumerate(free)}
    values = _followed(drawn, factors)
    ids = row_ids({factor.path: values[factor.name] for factor in factors})
    return Sample(values, units, tuple(names), ids)


def rows_of_grid(factors: Sequence[VariedFactor]) -> int:
    """How many rows a grid over these factors has."""
    return math.prod(len(_levels(factor)) for factor in factors if factor.same_as is None)


def row_ids(values: Mapping[str, Sequence[Value]]) -> list[str]:
    """Ids of rows: 12 hexadecimal digits of the SHA-256 of a row's values as canonical JSON.

    Constants, scenarios and seeds have no part in it: they hold for the whole design and stand in
    its manifest, so a row keeps its id when the design around it grows.

    Parameters
    ----------
    values : mapping of path to sequence
        Values of every factor, of the same length.

    Raises
    ------
    InputError
        If two rows that differ have the same id.
    """
    paths = sorted(values)
    ids: list[str] = []
    seen: dict[str, str] = {}
    for row in zip(*(values[path] for path in paths), strict=True):
        text = json.dumps(dict(zip(paths, row, strict=True)), separators=(",", ":"))
        key = hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]
        if seen.setdefault(key, text) != text:
            raise InputError(f"two rows have the same id, {key}; choose another sampling_seed")
        ids.append(key)
    return ids


def write_rows(path: Path, sample: Sample) -> None:
    """Write the rows of a sample as a CSV file (RFC 4180) that mode ``csv`` reads back exactly.

    Parameters
    ----------
    path : Path
    sample : Sample

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(sample.values)
            for row in zip(*sample.values.values(), strict=True):
                writer.writerow([cell(value) for value in row])
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def cell(value: Value) -> str:
    """A value as a cell of a CSV file: floats with all their digits, true and false as in TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


# ------------------------------------------------------------------------- points and places


def _between(low: float, high: float, units: Array, log: bool) -> Array:
    if log:
        found = np.exp(np.log(low) + (np.log(high) - np.log(low)) * units)
    else:
        found = low + (high - low) * units
    clipped: Array = np.clip(found, low, high)  # rounding stays inside
    return np.where(units == 0.0, low, np.where(units == 1.0, high, clipped))


def evenly(low: float, high: float, steps: int, log: bool) -> list[float]:
    """Levels of a range of numbers, both ends among them."""
    return [float(value) + 0.0 for value in _between(low, high, np.linspace(0, 1, steps), log)]


def _levels(factor: VariedFactor) -> tuple[Value, ...]:
    assert factor.levels is not None, f"{factor.name} has no levels"
    return factor.levels


def _places(mode: str, free: Sequence[VariedFactor]) -> NDArray[np.intp]:
    """Places among the levels, (row, factor)."""
    lengths = [len(_levels(factor)) for factor in free]
    if mode == "grid":
        axes = np.meshgrid(*(np.arange(length) for length in lengths), indexing="ij")
        return np.stack([axis.ravel() for axis in axes], axis=1)
    if mode == "matched":
        return np.repeat(np.arange(lengths[0])[:, None], len(free), axis=1)
    if mode == "csv":
        columns = []
        for factor in free:
            assert factor.column is not None
            order = {value: place for place, value in enumerate(_levels(factor))}
            columns.append([order[value] for value in factor.column])
        return np.array(columns, dtype=np.intp).T
    centre = np.array([length // 2 for length in lengths])
    rows = np.repeat(centre[None], 1 + sum(lengths), axis=0)
    start = 1
    for at, length in enumerate(lengths):
        rows[start : start + length, at] = np.arange(length)
        start += length
    return rows


def _units(design: Design, dimensions: int, grid: int | None) -> Array:
    """Points of the unit cube, (row, dimension)."""
    from scipy.stats import qmc

    generator = np.random.default_rng(design.sampling_seed)
    match design.mode:
        case "latin_hypercube":
            return qmc.LatinHypercube(dimensions, seed=generator).random(design.rows)
        case "sobol":
            return qmc.Sobol(dimensions, seed=generator).random(design.rows)
        case "saltelli":
            return saltelli(qmc.Sobol(2 * dimensions, seed=generator).random(design.points))
    assert grid is not None
    return _morris(design, dimensions, grid, generator)


def saltelli(base: Array) -> Array:
    """Rows for first-order and total indices from base points.

    Parameters
    ----------
    base : array (point, 2 k)
        Coordinates of A, then those of B.

    Returns
    -------
    array (point * (k + 2), k)
        For each point A, then A with each coordinate in turn from B, then B.
    """
    points, dimensions = base.shape[0], base.shape[1] // 2
    first, second = base[:, :dimensions], base[:, dimensions:]
    rows = np.repeat(first[:, None], dimensions + 2, axis=1)
    each = np.arange(dimensions)
    rows[:, each + 1, each] = second
    rows[:, -1] = second
    return rows.reshape(points * (dimensions + 2), dimensions)


def _morris(design: Design, dimensions: int, grid: int, generator: np.random.Generator) -> Array:
    from SALib.sample import morris

    problem = {
        "num_vars": dimensions,
        "names": [str(number) for number in range(dimensions)],
        "bounds": [[0.0, 1.0]] * dimensions,
    }
    # A generator, not a number: SALib takes the number 0 for no seed at all.
    points = morris.sample(problem, design.trajectories, num_levels=grid, seed=generator)
    # To the grid that its sums meet only nearly, so that equal rows are equal to the last bit.
    return np.round(points * (grid - 1)) / (grid - 1)


def _followed(
    drawn: Mapping[str, list[Value]], factors: Sequence[VariedFactor]
) -> dict[str, list[Value]]:
    """Values of all factors in their order; those that follow another after it is known."""
    found = dict(drawn)
    waiting = [factor for factor in factors if factor.same_as is not None]
    while waiting:  # a design has no circles, so each turn settles one at least
        for factor in list(waiting):
            if factor.same_as in found:
                try:
                    found[factor.name] = factor.following(found[str(factor.same_as)])
                except InputError as error:
                    raise InputError(f"factor {factor.name!r} {error}") from None
                waiting.remove(factor)
    return {factor.name: found[factor.name] for factor in factors}


def _quarter_after(quarter: str, by: int) -> str:
    from sim.core import quarters

    return quarters.name(quarters.parse(quarter) + by)
