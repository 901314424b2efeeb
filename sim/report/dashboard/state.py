"""What a dashboard shows: a scenario, what has been changed in it, and where one looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

Value = bool | int | float | str
MOST_RUNS = 20_000  # that a page plays at once; a batch plays more
RESERVED = ("scenario", "add", "country", "power", "outcome", "runs", "seed", "pin")  # of a query


@dataclass(frozen=True)
class State:
    """All that a page depends on; equal states give equal pictures.

    Attributes
    ----------
    scenario : str
        Name of a scenario, or the path of its file.
    values : mapping of str to bool, int, float or str
        By key of a `sim.report.dashboard.controls.Control`; only what was moved away from what the
        scenario has. Quarters as text, "2026Q1".
    added : tuple of str
        Scenarios whose events, paths and settings are taken over as well.
    country, power, outcome : str
        What is looked at: two codes, and a name of `sim.core.indicators.INDICATORS`.
    runs : int
        Runs played.
    seed : int
        Root seed.
    pinned : State or None
        What it is compared with; itself without one.
    """

    scenario: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    added: tuple[str, ...] = ()
    country: str = ""
    power: str = ""
    outcome: str = "autonomy"
    runs: int = 1000
    seed: int = 1
    pinned: State | None = None

    def __post_init__(self) -> None:
        if self.pinned is not None and self.pinned.pinned is not None:
            raise ValueError("what is pinned is compared with nothing itself")

    def pin(self) -> State:
        """The same state, compared with itself as it stands."""
        return replace(self, pinned=replace(self, pinned=None))

    def unpin(self) -> State:
        """The same state, compared with nothing."""
        return replace(self, pinned=None)

    def moved(self, values: Mapping[str, Value]) -> State:
        """The same state with these values moved, and no others."""
        return replace(self, values=dict(values))
