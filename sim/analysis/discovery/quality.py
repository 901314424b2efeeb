"""How well a box holds the runs of interest, in rows that it was found in or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.discovery.limit import Limit, within
from sim.analysis.interest import Cases
from sim.analysis.monte_carlo import counts_interval

COVERAGE = 0.95  # of the intervals


@dataclass(frozen=True)
class Quality:
    """How well a box holds the runs of interest, in one half of the rows.

    Attributes
    ----------
    coverage, density, mass : float
        Share of the runs of interest that are in the box; share of the runs in the box that are of
        interest; share of all runs that are in the box. Not a number where there is none.
    base : float
        Share of all runs that are of interest.
    coverage_interval, density_interval : (float, float)
        Wilson intervals of 95 percent.
    inside : int
        Runs in the box.
    rows : int
        Rows in the box.
    """

    coverage: float
    density: float
    mass: float
    base: float
    coverage_interval: tuple[float, float]
    density_interval: tuple[float, float]
    inside: int
    rows: int

    @property
    def beats(self) -> bool:
        """Whether the density lies above the base rate beyond its interval."""
        return self.density_interval[0] > self.base


def quality(limits: Sequence[Limit], cases: Cases, whole: Cases) -> Quality:
    """Quality of a box among rows; coverage, mass and base rate are those of the whole half."""
    inside = within(limits, cases.values)
    interest, runs, group = cases.interest[inside], cases.runs[inside], cases.group[inside]
    # Of the runs of interest in each group, those in the box.
    covered = np.concatenate([interest, np.zeros(len(whole.interest))])
    wanted = np.concatenate([np.zeros(len(interest)), whole.interest])
    groups = np.concatenate([group, whole.group])
    return Quality(
        coverage=float(interest.sum() / whole.interest.sum()),
        density=float(interest.sum() / runs.sum()) if len(runs) else float("nan"),
        mass=float(runs.sum() / whole.runs.sum()),
        base=cases.base,
        coverage_interval=counts_interval(covered, wanted, groups, COVERAGE),
        density_interval=counts_interval(interest, runs, group, COVERAGE),
        inside=round(runs.sum()),
        rows=int(inside.sum()),
    )
