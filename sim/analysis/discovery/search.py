"""The search for boxes and a tree in one half of the rows, judged on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.card import discovery_card
from sim.analysis.discovery.boxes import FEWEST, Box, boxes_one_by_one
from sim.analysis.discovery.tree import Tree, grow
from sim.analysis.interest import Cases, Mask
from sim.analysis.workbench import imported
from sim.core.errors import InputError
from sim.core.streams import Streams

DENSITY = 0.8  # that a box should reach


@dataclass(frozen=True)
class Discovery:
    """What was found.

    Attributes
    ----------
    boxes : tuple of Box
        Those that beat the base rate on held-out rows.
    tried : tuple of Box
        Those and, last, the one that did not, if the search ended so.
    tree : Tree
    cases : Cases
        All rows.
    held : bool array (row,)
        Which of them were held out.
    """

    boxes: tuple[Box, ...]
    tried: tuple[Box, ...]
    tree: Tree
    cases: Cases
    held: Mask

    def table(self) -> pd.DataFrame:
        """A line for each limit of each box.

        Returns
        -------
        DataFrame
            box (1 up), coverage, coverage_low, coverage_high, density, density_low, density_high,
            mass, base, runs (held-out half), fitted_coverage, fitted_density, input, unit, limit
            (in words), low, high, names, quasi_p_low, quasi_p_high, gain.
        """
        lines = []
        for number, box in enumerate(self.boxes, 1):
            held = box.held_out
            for limit in box.limits:
                lines.append(
                    {
                        "box": number,
                        "coverage": held.coverage,
                        "coverage_low": held.coverage_interval[0],
                        "coverage_high": held.coverage_interval[1],
                        "density": held.density,
                        "density_low": held.density_interval[0],
                        "density_high": held.density_interval[1],
                        "mass": held.mass,
                        "base": held.base,
                        "runs": held.inside,
                        "fitted_coverage": box.fitted.coverage,
                        "fitted_density": box.fitted.density,
                        "input": limit.input.name,
                        "unit": limit.input.unit,
                        "limit": limit.words,
                        "low": limit.low,
                        "high": limit.high,
                        "names": " ".join(limit.names),
                        "quasi_p_low": limit.quasi_p[0],
                        "quasi_p_high": limit.quasi_p[1],
                        "gain": limit.gain,
                    }
                )
        return pd.DataFrame(lines)

    def __repr__(self) -> str:
        return f"Discovery(boxes: {len(self.boxes)}; rows: {len(self.held)})"

    def _repr_html_(self) -> str:
        return discovery_card(self)


def discover(
    cases: Cases, boxes: int = 3, density: float = DENSITY, depth: int = 3, seed: int = 0
) -> Discovery:
    """Find under which conditions runs of interest arise.

    Half of the rows, chosen by `seed`, is searched; what was found is judged on the other half.

    Parameters
    ----------
    cases : Cases
    boxes : int
        Most boxes sought; the search ends with one that does not beat the base rate.
    density : float
        Density that a box should reach, between 0 and 1.
    depth : int
        Most questions in a row that the tree asks.
    seed : int
        Of the halves.

    Raises
    ------
    InputError
        If an option cannot be used, packages are missing, no input varies, or runs of interest,
        other runs or rows are too few.

    Notes
    -----
    Boxes are found by the patient rule induction method (Friedman and Fisher 1999) as implemented
    in the EMA Workbench, with its lenient objective: rows are peeled off 5 percent at a time. Of
    the boxes on the way, those count whose density is at least `density` or, if greater, half-way
    between the base rate and 1; of these, the ones whose coverage is within 0.02 of the most; of
    these, the densest is taken. If none is dense enough, it is the box with the greatest difference
    between the share of the runs of interest and the share of the other runs that it holds (Youden
    1950). Then limits are dropped, the least significant first, until all
    have a quasi-p value of at most 0.05 (Bryant and Lempert 2010): the chance to find so many runs
    of interest in the box if its density were that of the box without the limit.

    Runs of a row share its values, so they are no independent witnesses: intervals (Wilson 1927)
    and quasi-p values reckon with the number of independent runs that would give the same variance
    of the share between groups (Kish 1965, the design effect).
    """
    _check(cases, boxes, density, depth)
    values, inputs = cases.values, cases.inputs
    varied = tuple(one for one in inputs if values[one.name].nunique() > 1)
    if not varied:
        raise InputError("none of the inputs varies, so that no condition can be found")
    cases = Cases(
        varied, values[[one.name for one in varied]], cases.interest, cases.runs, cases.group
    )
    prim, sklearn = imported("scenario discovery", "ema_workbench.analysis.prim", "sklearn.tree")
    held = _halves(cases.group, seed)
    found = list(boxes_one_by_one(prim, cases.part(~held), cases.part(held), boxes, density))
    good = tuple(box for box in found if box.limits and box.held_out.beats)
    return Discovery(
        boxes=good,
        tried=tuple(found),
        tree=grow(sklearn, cases.part(~held), cases.part(held), depth),
        cases=cases,
        held=held,
    )


def _check(cases: Cases, boxes: int, density: float, depth: int) -> None:
    if boxes < 1:
        raise InputError(f"boxes: found {boxes}; allowed: 1 or more")
    if not 0 < density < 1:
        raise InputError(f"density: found {density:g}; allowed: between 0 and 1")
    if depth < 1:
        raise InputError(f"depth: found {depth}; allowed: 1 or more")
    interest, runs = round(cases.interest.sum()), round(cases.runs.sum())
    if interest == 0 or interest == runs:
        which = "all" if interest else "none"
        raise InputError(
            f"the condition is met by {which} of the {runs:,} runs, so that there is nothing to "
            "tell apart; choose another limit"
        )
    if min(interest, runs - interest) < FEWEST:
        raise InputError(
            f"the condition is met by {interest:,} of {runs:,} runs; at least {FEWEST} runs that "
            f"meet it and {FEWEST} that do not are needed"
        )
    groups = len(np.unique(cases.group))
    if groups < 2 * FEWEST:
        raise InputError(
            f"found {groups} rows (or draws of the parameters); at least {2 * FEWEST} are needed, "
            "half of them to find boxes and half to judge them"
        )


def _halves(group: NDArray[Any], seed: int) -> Mask:
    """Which rows are held out: half of the groups."""
    known, place = np.unique(group, return_inverse=True)
    rank = Streams(seed).uniform("discovery/half", 0, 0, len(known), ()).argsort().argsort()
    return np.asarray(rank[place] < len(known) // 2)
