"""An explanation: changes of outcomes with their terms, and the events and figures behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

KEYS = ["power", "channel", "term", "detail"]


@dataclass(frozen=True)
class Change:
    """One outcome: from where to where, and the terms that add up to it.

    Attributes
    ----------
    outcome : str
        Column of the outcome, as ``share.KAZ.RUS.transit``.
    unit : str
    before, after : float
        Means over runs.
    low, high : float
        Range of 90 percent of runs of the change.
    terms : DataFrame
        power, channel, term, detail, value; the largest first. The power is whose attention, fear,
        flow, hold or stance changed; of a share, whose pull did, which draws from all shares.
    by_term : DataFrame
        term, value, low, high: terms summed, with the range of 90 percent of runs.
    residual : float
        Largest distance of any run between the change and the sum of its terms.
    """

    outcome: str
    unit: str
    before: float
    after: float
    low: float
    high: float
    terms: pd.DataFrame = field(repr=False)
    by_term: pd.DataFrame = field(repr=False)
    residual: float

    @property
    def total(self) -> float:
        """Mean change."""
        return self.after - self.before


@dataclass(frozen=True)
class Explanation:
    """Why outcomes of a country changed, or differ from those of another scenario.

    Attributes
    ----------
    scenario : str
    against : str or None
        The scenario that it is compared with; None: with the base quarter.
    country, quarter : str
    since : str or None
        The quarter since which changes are counted; None: the base.
    case, base : str
        Title of the case, and its base quarter.
    run : int or None
        The one run explained; None: means over `runs` runs.
    runs, seed : int
    changes : tuple of Change
    events : DataFrame
        date, event, words, reason, source, own (whether only one of the two scenarios has it),
        theirs (whether it is the one compared with), and a column an outcome of `changes`: what
        leaving the event out takes away, where that was looked at. Figures, parameters, switches
        and members that the two set differently are among them.
    coercion : DataFrame
        power, channel, kind (complied, backed down, imposed), number and against: mean numbers a
        run by then, in the two scenarios.
    figures : DataFrame
        outcome, term, weight (of the term among all), figure, value, unit, low, high, place (table
        and line), source, evidence, confidence: figures that the largest terms rest on.
    evidence : DataFrame
        evidence, quantity, caution, document, title, publisher, date: behind events and figures.
    names : mapping
        Names of countries, powers, channels and routes by code.
    """

    scenario: str
    against: str | None
    country: str
    quarter: str
    since: str | None
    case: str
    base: str
    run: int | None
    runs: int
    seed: int
    changes: tuple[Change, ...]
    events: pd.DataFrame = field(repr=False)
    coercion: pd.DataFrame = field(repr=False)
    figures: pd.DataFrame = field(repr=False)
    evidence: pd.DataFrame = field(repr=False)
    names: Mapping[str, str] = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """All terms: outcome, power, channel, term, detail, value."""
        parts = [one.terms.assign(outcome=one.outcome) for one in self.changes]
        return pd.concat(parts, ignore_index=True)[["outcome", *KEYS, "value"]]

    @property
    def summary(self) -> pd.DataFrame:
        """An outcome a row: outcome, unit, before, after, change, low, high, residual."""
        return pd.DataFrame(
            [
                {
                    "outcome": one.outcome,
                    "unit": one.unit,
                    "before": one.before,
                    "after": one.after,
                    "change": one.total,
                    "low": one.low,
                    "high": one.high,
                    "residual": one.residual,
                }
                for one in self.changes
            ]
        )

    def change(self, outcome: str) -> Change:
        """The change of one outcome.

        Raises
        ------
        KeyError
            If it is not explained here.
        """
        for one in self.changes:
            if one.outcome == outcome:
                return one
        raise KeyError(f"{outcome!r} is not among {', '.join(c.outcome for c in self.changes)}")

    @property
    def question(self) -> str:
        """What is explained, as a heading."""
        name = self.names.get(self.country, self.country)
        since = f" since {self.since}" if self.since else ""
        if self.against is not None:
            changed = f" changed{since}" if since else ""
            how = f"in {self.scenario} against {self.against}{changed}"
            return f"Why {name} differs in {self.quarter}: {how.removeprefix('in ')}"
        return f"Why {name} changed by {self.quarter} in {self.scenario}" + (
            since or f" since its base, {self.base}"
        )

    def to_json(self) -> str:
        """All of it as JSON: what is explained, and its tables as lists of rows."""
        plain: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "scenario", "against", "country", "quarter", "since", "base", "run", "runs", "seed",
            )
        }  # fmt: skip
        for name in ("summary", "table", "events", "coercion", "figures", "evidence"):
            rows = getattr(self, name).to_json(orient="records", double_precision=15)
            plain["terms" if name == "table" else name] = json.loads(rows)
        return json.dumps(plain, indent=2, ensure_ascii=False)

    def __str__(self) -> str:
        from sim.analysis.explanation.text import told

        return told(self)

    def _repr_html_(self) -> str:
        from sim.analysis.explanation.card import explanation_card

        return explanation_card(self)
