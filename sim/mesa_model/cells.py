"""Attributes of agents: one number, or a table by code, read from and written to the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from itertools import product
from typing import Any

import numpy as np

from sim.case.tables import choice
from sim.core.errors import InputError
from sim.core.world import Array

Key = str | tuple[str, ...]
Place = tuple[int, ...]


class Cells(MutableMapping[Key, float]):
    """Numbers by code, a view on one quarter's array.

    ``cells["KAZ"]`` reads one number and ``cells["KAZ"] = 0.3`` changes it in the model, where it
    may be changed; a table with two axes takes two codes, ``cells["RUS", "energy"]``. It is read as
    any mapping is, and ``numpy.asarray(cells)`` gives its array.

    Parameters
    ----------
    name : str
        What it is called in messages.
    axes : tuple of (str, tuple of str)
        Name and codes of each axis.
    array : array (*axes)
    write : callable or None
        Takes a place and a number, and gives the array afterwards; None for what follows from the
        rest of the model.
    """

    def __init__(
        self,
        name: str,
        axes: tuple[tuple[str, tuple[str, ...]], ...],
        array: Array,
        write: Callable[[Place, float], Array] | None,
    ) -> None:
        self._name = name
        self._axes = axes
        self._array = array
        self._write = write

    def __getitem__(self, key: Key) -> float:
        return float(self._array[self._place(key)])

    def __setitem__(self, key: Key, value: float) -> None:
        self._put(self._place(key), value)

    def __delitem__(self, key: Key) -> None:
        raise InputError(f"{self._name}: a cell can be changed, not removed")

    def __iter__(self) -> Iterator[Key]:
        codes = [codes for _, codes in self._axes]
        return iter(codes[0]) if len(codes) == 1 else iter(product(*codes))

    def __len__(self) -> int:
        return int(self._array.size)

    def __contains__(self, key: object) -> bool:
        return key in list(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._array, dtype=dtype)

    def __deepcopy__(self, memo: Any) -> dict[Key, float]:
        return dict(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # what is stored is the numbers, not the model behind them

    def __repr__(self) -> str:
        return f"{self._name} {dict(self)}"

    def update_all(self, values: object) -> None:
        """Set the cells that a mapping names, or all of them from an array of the same shape."""
        if isinstance(values, Mapping):
            for key, value in values.items():
                self[key] = value
            return
        array = np.asarray(values, dtype=float)
        if array.shape != self._array.shape:
            raise InputError(
                f"{self._name}: found an array of shape {array.shape}; "
                f"allowed: {self._array.shape}, or a mapping by code"
            )
        for place in np.ndindex(array.shape):
            if array[place] != self._array[place]:
                self._put(place, float(array[place]))

    def _put(self, place: Place, value: float) -> None:
        if self._write is None:
            raise InputError(f"{self._name} follows from the rest of the model; it cannot be set")
        self._array = self._write(place, value)

    def _place(self, key: Key) -> Place:
        codes = (key,) if isinstance(key, str) else key
        if not isinstance(codes, tuple) or len(codes) != len(self._axes):
            wanted = ", ".join(axis for axis, _ in self._axes)
            raise InputError(f"{self._name}[...]: found {key!r}; needed: {wanted}")
        return tuple(
            place_of(code, known, axis)
            for code, (axis, known) in zip(codes, self._axes, strict=True)
        )


def place_of(code: str, codes: tuple[str, ...], axis: str) -> int:
    """Where a code stands on an axis.

    Raises
    ------
    InputError
        If it does not.
    """
    if code not in codes:
        raise InputError(f"{axis}: {choice(str(code), codes)}")
    return codes.index(code)
