"""What a dashboard shows: a scenario, what has been changed in it, and where one looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Value = bool | int | float | str
MOST_RUNS = 10_000  # that a page plays at once; a batch plays more
FURTHER = ("route", "channel", "sector", "text")  # axes that some outcomes have
LOOKED_AT = ("country", "power", *FURTHER)  # codes, by axis
RESERVED = ("scenario", "add", *LOOKED_AT, "outcome", "runs", "seed", "pin")  # keys of an address


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
    route, channel, sector, text : str
        Codes of what the outcome is about beside them; blank where it has no such axis.
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
    route: str = ""
    channel: str = ""
    sector: str = ""
    text: str = ""
    runs: int = 1000
    seed: int = 1
    pinned: State | None = None

    def __post_init__(self) -> None:
        if self.pinned is not None and self.pinned.pinned is not None:
            raise ValueError("what is pinned is compared with nothing itself")

    @property
    def codes(self) -> dict[str, str]:
        """What is looked at, by axis."""
        return {axis: getattr(self, axis) for axis in LOOKED_AT}

    def pin(self) -> State:
        """The same state, compared with itself as it stands."""
        return replace(self, pinned=replace(self, pinned=None))

    def unpin(self) -> State:
        """The same state, compared with nothing."""
        return replace(self, pinned=None)

    def looking_at(self, codes: Mapping[str, str]) -> State:
        """The same state with other codes of what is looked at, by axis."""
        changes: dict[str, Any] = dict(codes)
        return replace(self, **changes)

    def moved(self, values: Mapping[str, Value]) -> State:
        """The same state with these values moved, and no others."""
        return replace(self, values=dict(values))
