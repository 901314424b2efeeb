"""Boxes by the patient rule induction method, one after the other."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pandas as pd

from sim.analysis.discovery.limit import Limit, within
from sim.analysis.discovery.quality import Quality, quality
from sim.analysis.discovery.significance import significant
from sim.analysis.discovery.words import joined, percent
from sim.analysis.interest import NUMERIC, Cases, Mask

FEWEST = 20  # runs of interest, other runs, and rows in each half, below which nothing is sought
SMALLEST = 0.05  # least share of the runs that a box holds
NEARLY = 0.02  # coverage that a box may give up for a greater density


@dataclass(frozen=True)
class Box:
    """A box: limits that hold together.

    Attributes
    ----------
    limits : tuple of Limit
        The one whose removal costs most density first.
    fitted, held_out : Quality
        In the half of the rows that the box was found in, and in the other one, which counts.
        Of a second box, both are among the rows that are not in the first.
    trajectory : DataFrame
        Boxes on the way, by place: coverage, density, mass and inputs limited in the fitted half,
        and held_out_coverage, held_out_density.
    chosen : int
        Place on the trajectory; afterwards limits that are not significant are dropped.
    target : float
        Density asked for, see `discover`.
    first : bool
        Whether all rows were searched; else those that earlier boxes left.
    """

    limits: tuple[Limit, ...]
    fitted: Quality
    held_out: Quality
    trajectory: pd.DataFrame
    chosen: int
    target: float
    first: bool = True

    def holds(self, values: pd.DataFrame) -> Mask:
        """Which rows lie in the box (row,)."""
        return within(self.limits, values)

    @property
    def words(self) -> str:
        """The box as a sentence; figures from the held-out half."""
        found = self.held_out
        return (
            f"{joined([limit.words for limit in self.limits])}: "
            f"{percent(found.coverage)} of the runs of interest; "
            f"{percent(found.density)} of the runs in this box are of interest "
            f"({percent(found.base)} {'overall' if self.first else 'outside the boxes before'})"
        )


def boxes_one_by_one(
    prim: ModuleType, fitted: Cases, held: Cases, boxes: int, density: float
) -> Iterator[Box]:
    """Find boxes one after the other, each among the rows that are in none before it.

    Parameters
    ----------
    prim : module
        Of the EMA Workbench.
    fitted, held : Cases
        Rows that are searched, and those held out.
    boxes, density : int, float
        As in `discover`.

    Yields
    ------
    Box
        The last one may not beat the base rate.
    """
    whole = fitted, held
    for _ in range(boxes):
        inside = fitted.interest.sum()
        if min(inside, fitted.runs.sum() - inside) < FEWEST or not held.runs.sum():
            return
        box = _box(prim, fitted, held, whole, density)
        yield box
        if not box.limits or not box.held_out.beats:
            return
        fitted = fitted.part(~box.holds(fitted.values))
        held = held.part(~box.holds(held.values))


def _box(
    prim: ModuleType, fitted: Cases, held: Cases, whole: tuple[Cases, Cases], density: float
) -> Box:
    path = _peel(prim, fitted, SMALLEST * whole[0].runs.sum() / fitted.runs.sum())
    steps = []
    for limits in path:
        ours = quality(limits, fitted, whole[0])
        theirs = quality(limits, held, whole[1])
        steps.append(
            {
                "coverage": ours.coverage,
                "density": ours.density,
                "mass": ours.mass,
                "inputs": len(limits),
                "held_out_coverage": theirs.coverage,
                "held_out_density": theirs.density,
            }
        )
    trajectory = pd.DataFrame(steps)
    target = max(density, (1.0 + fitted.base) / 2.0)
    chosen = _choose(path, fitted, target)
    limits = significant(path[chosen], fitted)
    return Box(
        limits=limits,
        fitted=quality(limits, fitted, whole[0]),
        held_out=quality(limits, held, whole[1]),
        trajectory=trajectory,
        chosen=chosen,
        target=target,
        first=len(fitted.runs) == len(whole[0].runs),
    )


def _peel(prim: ModuleType, cases: Cases, smallest: float) -> list[tuple[Limit, ...]]:
    """The boxes that PRIM goes through, the one without limits first.

    A row stands for its runs by the share of them that are of interest, which peels as the runs
    themselves would and is faster by their number.
    """
    table = pd.DataFrame(
        {
            one.name: cases.values[one.name].astype(float if one.kind in NUMERIC else object)
            for one in cases.inputs
        }
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        search = prim.Prim(
            table,
            cases.interest / cases.runs,
            threshold=1e-9,  # every box counts, however thin
            mass_min=min(smallest, 0.5),
            mode=prim.sdutil.RuleInductionType.REGRESSION,
        )
        boxes = search.find_box().box_lims
    whole = search.box_init
    return [_limits(cases, whole, box) for box in boxes]


def _limits(cases: Cases, whole: pd.DataFrame, box: pd.DataFrame) -> tuple[Limit, ...]:
    """Limits of a box of the EMA Workbench where it differs from the one that holds all."""
    limits = []
    for one in cases.inputs:
        if one.name not in box.columns:  # the same in all rows that are left
            continue
        full, own = whole[one.name], box[one.name]
        if one.kind not in NUMERIC:
            if own[0] != full[0]:
                limits.append(Limit(one, names=tuple(sorted(own[0])), full=tuple(sorted(full[0]))))
            continue
        low, high = (float(own[0]), float(own[1]))
        if one.kind != "number":  # limits lie between two values
            low, high = float(np.ceil(low)), float(np.floor(high))
        bounds = low if low > full[0] else None, high if high < full[1] else None
        if bounds != (None, None):
            limits.append(Limit(one, *bounds, full=(float(full[0]), float(full[1]))))
    return tuple(limits)


def _choose(path: Sequence[tuple[Limit, ...]], cases: Cases, target: float) -> int:
    """Place of the box to take; see `discover`."""
    other = cases.runs - cases.interest
    coverage, density, gap = [], [], []
    for limits in path:
        inside = within(limits, cases.values)
        held = cases.interest[inside].sum() / cases.interest.sum()
        coverage.append(held)
        density.append(cases.interest[inside].sum() / cases.runs[inside].sum())
        gap.append(held - other[inside].sum() / other.sum())
    dense = np.asarray(density) >= target
    if dense.any():
        most = np.max(np.asarray(coverage)[dense])
        good = dense & (np.asarray(coverage) >= most - NEARLY)
        return int(np.where(good, density, -1.0).argmax())
    return int(np.argmax(gap))
