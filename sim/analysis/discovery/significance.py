"""Which limits of a box are significant (Bryant and Lempert 2010)."""

from __future__ import annotations

from collections.abc import Sequence

from scipy import stats

from sim.analysis.discovery.limit import Limit, within
from sim.analysis.interest import Cases
from sim.analysis.monte_carlo import independent_runs

SIGNIFICANCE = 0.05  # of a limit's quasi-p value; those above are dropped


def significant(limits: Sequence[Limit], cases: Cases) -> tuple[Limit, ...]:
    """Limits whose quasi-p values are small, the most telling first."""
    kept = list(limits)
    while kept:
        sides = [
            (_quasi_p(kept, place, side, cases), place, side)
            for place, limit in enumerate(kept)
            for side in (0, 1)
            if _side(limit, side)
        ]
        worst, place, side = max(sides)
        if worst <= SIGNIFICANCE:
            break
        lifted = _lifted(kept[place], side)
        kept[place : place + 1] = [] if lifted is None else [lifted]
    values, density = cases.values, _density(kept, cases)
    told = []
    for place, limit in enumerate(kept):
        p = [_quasi_p(kept, place, side, cases) if _side(limit, side) else None for side in (0, 1)]
        others = within([*kept[:place], *kept[place + 1 :]], values)
        gain = density - float(cases.interest[others].sum() / cases.runs[others].sum())
        told.append(
            Limit(limit.input, limit.low, limit.high, limit.names, (p[0], p[1]), gain, limit.full)
        )
    return tuple(sorted(told, key=lambda limit: -limit.gain))


def _side(limit: Limit, side: int) -> bool:
    """Whether a limit has a lower (0) or upper (1) side; names count as the lower one."""
    if limit.names:
        return side == 0
    return (limit.low, limit.high)[side] is not None


def _lifted(limit: Limit, side: int) -> Limit | None:
    """A limit without one of its sides; None if nothing is left of it."""
    low, high = (None, limit.high) if side == 0 else (limit.low, None)
    if limit.names or (low is None and high is None):
        return None
    return Limit(limit.input, low, high, full=limit.full)


def _density(limits: Sequence[Limit], cases: Cases) -> float:
    inside = within(limits, cases.values)
    return float(cases.interest[inside].sum() / cases.runs[inside].sum())


def _quasi_p(limits: Sequence[Limit], place: int, side: int, cases: Cases) -> float:
    """Quasi-p value of one side of a limit (Bryant and Lempert 2010, section 3.3)."""
    lifted = _lifted(limits[place], side)
    wider = [*limits[:place], *([] if lifted is None else [lifted]), *limits[place + 1 :]]
    inside = within(limits, cases.values)
    independent = independent_runs(cases.interest[inside], cases.runs[inside], cases.group[inside])
    trials = max(round(independent), 1)
    share = float(cases.interest[inside].sum() / cases.runs[inside].sum())
    without = min(_density(wider, cases), 1.0)
    test = stats.binomtest(round(share * trials), trials, without, alternative="greater")
    return float(test.pvalue)
