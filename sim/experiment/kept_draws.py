"""Random draws that stay in memory, for runs that are simulated again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from sim.core.streams import Cells, Streams
from sim.core.world import Array

MOST_BYTES = 256 * 2**20


class KeptDraws:
    """A source of streams that draws each array once, and gives it again when it is asked for.

    Run i has the same draws in every scenario, so that whoever changes a scenario and runs it
    anew needs the same arrays. What was not asked for in this round or the one before it makes
    room for what is new; what finds no room is drawn afresh each time.

    Parameters
    ----------
    most_bytes : int
        Memory that the kept arrays may take.

    Attributes
    ----------
    held_bytes : int
        Memory that they take.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.held_bytes = 0
        self._most_bytes = most_bytes
        self._round = 0
        self._kept: OrderedDict[Any, tuple[Array, int]] = OrderedDict()  # array, round of last use

    def __call__(self, seed: int) -> Streams:
        """The streams below a root seed."""
        return _KeptStreams(seed, self)

    def begin_round(self) -> None:
        """Begin to simulate runs that may have been simulated before."""
        self._round += 1

    def get(self, key: Any, draw: Callable[[], Array]) -> Array:
        """The array of that key, read-only: the kept one, or the one that `draw` gives."""
        if key in self._kept:
            values, _ = self._kept[key]
            self._keep(key, values)
            return values
        values = draw()
        values.setflags(write=False)
        while self._kept and self.held_bytes + values.nbytes > self._most_bytes:
            oldest, (old, used) = next(iter(self._kept.items()))
            if used >= self._round - 1:
                return values
            del self._kept[oldest]
            self.held_bytes -= old.nbytes
        if values.nbytes <= self._most_bytes:
            self._keep(key, values)
            self.held_bytes += values.nbytes
        return values

    def _keep(self, key: Any, values: Array) -> None:
        self._kept[key] = values, self._round
        self._kept.move_to_end(key)


class _KeptStreams(Streams):
    """Streams that look for their draws among the kept ones first."""

    def __init__(self, seed: int, kept: KeptDraws) -> None:
        super().__init__(seed)
        self._fresh = Streams(seed)
        self._kept = kept

    def uniform(
        self,
        decision: str,
        quarter: int,
        first_run: int,
        runs: int,
        shape: tuple[int, ...],
        wanted: Cells | None = None,
    ) -> Array:
        asked = (decision, quarter, first_run, runs, shape, wanted)
        return self._kept.get(self._key("uniform", *asked), lambda: self._fresh.uniform(*asked))

    def normal(
        self,
        decision: str,
        quarter: int,
        first_run: int,
        runs: int,
        shape: tuple[int, ...],
        wanted: Cells | None = None,
    ) -> Array:
        asked = (decision, quarter, first_run, runs, shape, wanted)
        return self._kept.get(self._key("normal", *asked), lambda: self._fresh.normal(*asked))

    def _key(self, kind: str, *asked: Any) -> tuple[Any, ...]:
        """All that the draws depend on."""
        *rest, wanted = asked
        cells = None if wanted is None else (wanted.shape, wanted.tobytes())
        return (self.seed, kind, *rest, cells)
