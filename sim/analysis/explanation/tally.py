"""Splits of chunks of runs gathered into means and ranges over all runs."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from sim.analysis.explanation.causes import TERMS
from sim.analysis.explanation.decompose import Place, Split
from sim.analysis.explanation.explanation import KEYS, Change
from sim.core.indicators import INDICATORS
from sim.core.world import Array

_RANGE = (0.05, 0.95)


class Tally:
    """What is kept of the splits of one outcome."""

    def __init__(self) -> None:
        self.before: list[Array] = []
        self.after: list[Array] = []
        self.residual = 0.0
        self._sums: dict[Place, float] = defaultdict(float)
        self._terms: list[dict[str, Array]] = []

    def add(self, split: Split, runs: int) -> None:
        """Take in a chunk, of which the first `runs` runs count."""
        self.before.append(split.before[..., :runs])
        self.after.append(split.after[..., :runs])
        terms: dict[str, Array] = {}
        for place, effect in split.effects.items():
            own = effect[:runs]
            self._sums[place] += float(own.sum())
            term = place.cause.term
            terms[term] = terms[term] + own if term in terms else own
        self._terms.append(terms)
        change = self.after[-1] - self.before[-1]
        left = change - sum(terms.values(), np.zeros(runs))
        self.residual = max(self.residual, float(np.abs(left).max()))

    @property
    def mean_change(self) -> float:
        """Mean over runs."""
        return float(np.mean(np.concatenate(self.after) - np.concatenate(self.before)))

    def change(self, outcome: str) -> Change:
        """Means and ranges over the runs taken in."""
        before, after = np.concatenate(self.before), np.concatenate(self.after)
        runs = before.size
        low, high = np.quantile(after - before, _RANGE)
        rows = [
            {
                "power": place.power,
                "channel": place.channel,
                "term": place.cause.term,
                "detail": place.cause.detail,
                "value": total / runs,
            }
            for place, total in self._sums.items()
        ]
        terms = pd.DataFrame(rows, columns=[*KEYS, "value"])
        order = terms["value"].abs().sort_values(ascending=False, kind="stable").index
        present = [term for term in TERMS if any(term in one for one in self._terms)]
        summed = []
        for term in present:
            own = np.concatenate(
                [
                    one.get(term, np.zeros(first.size))
                    for one, first in zip(self._terms, self.before, strict=True)
                ]
            )
            least, most = np.quantile(own, _RANGE)
            summed.append({"term": term, "value": own.mean(), "low": least, "high": most})
        return Change(
            outcome=outcome,
            unit=INDICATORS[outcome.split(".")[0]].unit,
            before=float(before.mean()),
            after=float(after.mean()),
            low=float(low),
            high=float(high),
            terms=terms.loc[order].reset_index(drop=True),
            by_term=pd.DataFrame(summed, columns=["term", "value", "low", "high"]),
            residual=self.residual,
        )
