"""What a user asks a figure to show: outcomes, actors, scenarios, factors, a quarter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Request:
    """The options of a figure; what is empty is left to the figure.

    Attributes
    ----------
    outcome : tuple of str
        Outcomes as a user writes them: ``autonomy``, ``autonomy.KAZ``, ``fear.*.RUS``.
    country, power : tuple of str
        Codes of the actors to show.
    scenario : tuple of str
        Names of the scenarios to show; the first is what the others are compared with.
    factor : tuple of str
        Names of the factors of a sweep.
    at : str
        The quarter to show, such as ``2026Q1``.
    """

    outcome: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    power: tuple[str, ...] = ()
    scenario: tuple[str, ...] = ()
    factor: tuple[str, ...] = ()
    at: str = ""

    @classmethod
    def of(cls, **options: str | Iterable[str] | None) -> Request:
        """From what a caller gave: a single string stands for itself alone, None for nothing."""
        given: dict[str, Any] = {}
        for name, value in options.items():
            if value is None:
                continue
            if name == "at":
                given[name] = str(value)
            else:
                given[name] = (value,) if isinstance(value, str) else tuple(value)
        return cls(**given)

    def given(self) -> list[str]:
        """Names of the options that are not empty."""
        return [one.name for one in fields(self) if getattr(self, one.name)]

    def only(self, options: Iterable[str]) -> Request:
        """The same without what is not among the options."""
        return Request(**{name: getattr(self, name) for name in options})
