"""How sure a skill is: block-bootstrap intervals, and the skill without one group at a time.

Each case has a score of the forecast and one of a baseline. Cases of one block (a country, a
series, an origin) share their errors, so blocks, not cases, are resampled (Künsch 1989, *Annals of
Statistics* 17, 1217-1241; Davison and Hinkley 1997, *Bootstrap Methods*, section 8.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sim.core.errors import InputError
from sim.core.world import Array


@dataclass(frozen=True)
class Cases:
    """Scored cases, with their families and weights: what a weighted skill is made of.

    Attributes
    ----------
    score, baseline : array, shape (case,)
        Divided by the scale of their series.
    family : array of int, shape (case,)
        Index of the family.
    families : tuple of str
    weights : array, shape (family,)
    """

    score: Array
    baseline: Array
    family: NDArray[np.int64]
    families: tuple[str, ...]
    weights: Array

    @classmethod
    def of(
        cls,
        score: ArrayLike,
        baseline: ArrayLike,
        family: ArrayLike,
        *,
        scale: ArrayLike = 1.0,
        weights: Mapping[str, float] | None = None,
    ) -> Cases:
        """Put scored cases together.

        Parameters
        ----------
        score, baseline : array, shape (case,)
            Penalties of the forecast and of the baseline for the same cases.
        family : array of str, shape (case,)
        scale : array, shape (case,), or float
            Of the series of each case, in its unit, so that series of different units add up.
        weights : mapping of family to float, optional
            1 for each family if it is not given.

        Raises
        ------
        InputError
            If there is no case, lengths differ, a score is missing, a scale is not above 0, a
            family has no weight, or a weight is negative or all are 0.
        """
        ours = np.asarray(score, dtype=float)
        theirs = np.asarray(baseline, dtype=float)
        named = np.asarray(family).astype(str)
        if ours.ndim != 1 or not (ours.shape == theirs.shape == named.shape):
            raise InputError(
                "each case has a score, a baseline and a family; found "
                f"{ours.size}, {theirs.size} and {named.size}"
            )
        if ours.size == 0:
            raise InputError("a skill needs at least one scored case")
        if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
            raise InputError("a skill needs finite scores; leave out cases without one")
        unit = np.broadcast_to(np.asarray(scale, dtype=float), ours.shape)
        if not np.all(unit > 0):
            raise InputError(f"the scale of a series must be above 0; found {unit.min():g}")
        families, index = np.unique(named, return_inverse=True)
        if weights is None:
            weights = dict.fromkeys(families.tolist(), 1.0)
        lacking = [name for name in families.tolist() if name not in weights]
        if lacking:
            raise InputError(f"the family {lacking[0]} has no weight; given: {', '.join(weights)}")
        each = np.array([weights[name] for name in families.tolist()], dtype=float)
        if np.any(each < 0) or not each.any():
            raise InputError("weights of families must be from 0 on, and one of them above 0")
        return cls(ours / unit, theirs / unit, index, tuple(families.tolist()), each)


@dataclass(frozen=True)
class SkillInterval:
    """A skill with its bootstrap interval.

    Attributes
    ----------
    skill : float
        Of all cases.
    low, high : float
        Ends of the percentile interval.
    fewest_blocks : int
        Blocks in the family that has fewest. With fewer than about ten the interval is too narrow,
        and with one the family adds nothing to it.
    """

    skill: float
    low: float
    high: float
    fewest_blocks: int


def weighted_skill(cases: Cases) -> float:
    """Give the share of the baseline's penalty saved, each family counting by its weight.

    1 - sum_f w_f mean_f(score) / sum_f w_f mean_f(baseline), means over the cases of family f.

    Returns
    -------
    float
        NaN where the baseline is perfect.
    """
    sums = _sums(cases, np.zeros(cases.score.size, dtype=np.int64), 1)
    return float(_skill(sums.sum(axis=1, keepdims=True), cases.weights)[0])


def skill_interval(
    cases: Cases,
    block: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> SkillInterval:
    """Bootstrap the weighted skill over blocks.

    In each draw every family takes as many of its own blocks as it has, with replacement, so that
    no family drops out; the interval holds the middle `level` of the skills. Families are drawn
    independently: where a shock hits all of them at once, `leave_one_out` over the years shows what
    hangs on it.

    Parameters
    ----------
    cases : Cases
    block : array, shape (case,)
        Names of blocks; a block that spans families is resampled in each on its own.
    level : float
        Share of the draws in the interval.
    draws : int
    seed : int

    Returns
    -------
    SkillInterval
        The same for the same seed, in any order of the cases.

    Raises
    ------
    InputError
        If blocks and cases differ in number, or the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise InputError(f"the level of an interval lies between 0 and 1; found {level:g}")
    names, index = np.unique(_grouping(cases, block), return_inverse=True)
    by_block = _sums(cases, index, names.size)
    rng = np.random.default_rng(seed)
    drawn = np.empty((len(cases.families), draws, 3))
    fewest = names.size
    for family, sums in enumerate(by_block):
        present = sums[sums[:, 2] > 0]
        often = rng.multinomial(len(present), np.full(len(present), 1 / len(present)), size=draws)
        drawn[family] = often @ present
        fewest = min(fewest, len(present))
    low, high = np.quantile(_skill(drawn, cases.weights), [(1 - level) / 2, (1 + level) / 2])
    return SkillInterval(weighted_skill(cases), float(low), float(high), fewest)


def leave_one_out(cases: Cases, group: ArrayLike) -> pd.DataFrame:
    """Give the weighted skill without the cases of one group, such as a year, for each group.

    Parameters
    ----------
    cases : Cases
    group : array, shape (case,)

    Returns
    -------
    DataFrame
        Columns `left_out`, `cases` (how many are left) and `skill`, by rising group. A family that
        is left without a case drops out of that row. The skill is NaN if no case is left.

    Raises
    ------
    InputError
        If groups and cases differ in number.
    """
    names, index = np.unique(_grouping(cases, group), return_inverse=True)
    by_group = _sums(cases, index, names.size)
    kept = by_group.sum(axis=1, keepdims=True) - by_group
    return pd.DataFrame(
        {
            "left_out": names,
            "cases": kept[..., 2].sum(axis=0).astype(int),
            "skill": _skill(kept, cases.weights),
        }
    )


def _grouping(cases: Cases, names: ArrayLike) -> NDArray[np.generic]:
    group = np.asarray(names)
    if group.shape != cases.score.shape:
        raise InputError(f"{cases.score.size} cases need a group each; found {group.size}")
    return group


def _sums(cases: Cases, group: NDArray[np.int64], groups: int) -> Array:
    """Return sums of score, baseline and 1 by family and group, shape (family, group, 3).

    Cases are summed in the order of their values, so that the order of rows leaves no trace.
    """
    order = np.lexsort((cases.baseline, cases.score))
    cell = (cases.family * groups + group)[order]
    size = len(cases.families) * groups
    sums = [
        np.bincount(cell, weights=values[order], minlength=size)
        for values in (cases.score, cases.baseline, np.ones(cases.score.size))
    ]
    shape = (len(cases.families), groups, len(sums))
    return np.stack(sums, axis=-1, dtype=np.float64).reshape(shape)


def _skill(sums: Array, weights: Array) -> Array:
    """Return the weighted skill of sums of shape (family, any, 3), shape (any,)."""
    present = sums[..., 2] > 0
    means = np.divide(
        sums[..., :2], sums[..., 2:], out=np.zeros(sums[..., :2].shape), where=present[..., None]
    )
    score, baseline = np.einsum("f,fag->ga", weights, means)
    return np.where(baseline > 0, 1 - score / np.where(baseline > 0, baseline, 1.0), np.nan)
