"""Places in arrays: from the codes that a scenario names to indices, and sums of parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sim.core.world import Array, Names

Place = tuple[Any, ...]


def place(table: object, axes: Sequence[str], names: Names) -> Place:
    """Index of the cells that a path or an override is about, in an array (*axes, run).

    Parameters
    ----------
    table : object
        Has an attribute for each axis, a list of codes; None or none at all means every code.
    axes : sequence of str
    names : Names
    """
    codes: dict[str, Sequence[Any]] = {**names.by_axis, "season": (1, 2, 3, 4)}
    chosen = [_chosen(table, axis) or codes[axis] for axis in axes]
    rows = [[codes[a].index(c) for c in cs] for a, cs in zip(axes, chosen, strict=True)]
    return np.ix_(*rows)


def cell_name(table: object, axes: Sequence[str]) -> str:
    """The cells as part of a stream's name: ``RUS+CHN.transit``, ``*`` for all."""
    return ".".join("+".join(map(str, _chosen(table, axis) or "*")) for axis in axes)


def _chosen(table: object, axis: str) -> Sequence[Any]:
    found = getattr(table, axis, None)
    if found is None:
        return ()
    return found if isinstance(found, list) else [found]


def widened(array: Array, runs: int) -> Array:
    """A copy whose runs axis is as long as the longer of its own and `runs`."""
    shape = (*array.shape[:-1], max(array.shape[-1], runs))
    return np.array(np.broadcast_to(array, shape))


def changed(standing: Array, what: str, value: Array, weight: Array | float = 1.0) -> Array:
    """What stands once a new value, a change or a factor is in force.

    Parameters
    ----------
    standing : array
    what : str
        ``value``, ``change`` or ``factor``.
    value : array
    weight : array or float
        How far it is in force, in [0, 1].
    """
    if what == "value":  # to the last bit where it is wholly in force
        return np.where(np.equal(weight, 1.0), value, standing + weight * (value - standing))
    if what == "change":
        return standing + weight * value
    return standing * (1.0 + weight * (value - 1.0))


def assembled(shape: tuple[int, ...], parts: Iterable[tuple[Place, Array]]) -> Array:
    """Sum of parts, each added at its place in an array (*shape, run) of zeros."""
    parts = list(parts)
    total = np.zeros((*shape, max((part.shape[-1] for _, part in parts), default=1)))
    for at, part in parts:
        total[at] += part
    return total
