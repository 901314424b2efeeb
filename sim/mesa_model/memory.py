"""Models that nobody holds any more are collected in time."""

from __future__ import annotations

import gc
from weakref import WeakSet


class Alive:
    """The models that Python has not yet collected.

    A model and its agents hold each other, so Python's collector frees them, not the last user's
    letting go. It comes when enough objects have piled up, and a model is few objects that are
    large: thousands could wait for it. This one comes when the models have doubled.
    """

    def __init__(self) -> None:
        self.fewest = 25  # models before it comes: more cost memory, fewer cost time
        self._models: WeakSet[object] = WeakSet()
        self._limit = 0

    def add(self, model: object) -> None:
        """Take in a new model; collect what nobody holds if there are many."""
        self._models.add(model)
        if len(self._models) > max(self._limit, self.fewest):
            gc.collect()
            self._limit = 2 * len(self._models)

    def __len__(self) -> int:
        return len(self._models)


ALIVE = Alive()
