"""Scenario discovery: under which conditions the runs of interest arise, as boxes and a tree."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from sim.analysis.card import discovery_card
from sim.analysis.interest import NUMERIC, Cases, Counts, Input, Mask
from sim.core.errors import InputError
from sim.core.streams import Streams

FEWEST = 20  # runs of interest, other runs, and rows in each half, below which nothing is sought
SIGNIFICANCE = 0.05  # of a limit's quasi-p value; those above are dropped
SMALLEST = 0.05  # least share of the runs that a box or a leaf of the tree holds
DENSITY = 0.8  # that a box should reach
NEARLY = 0.02  # coverage that a box may give up for a greater density
_NORMAL = float(stats.norm.ppf(0.975))  # of intervals of 95 percent
_LEAST_GAIN = 1e-3  # of a question of the tree: fall of the Gini impurity of all runs
# Words before and after a limit that only bounds from below, and one that only bounds from above.
_ONE_SIDED = {
    "number": (("above ", ""), ("below ", "")),
    "whole": (("", " or more"), ("", " or less")),
    "quarter": (("from ", " on"), ("up to ", "")),
}


@dataclass(frozen=True)
class Limit:
    """What a box says of one input.

    Parameters
    ----------
    input : Input
    low, high : float or None
        Both belong to the box; None where that side is not limited.
    names : tuple of str
        Of a flag or text: those in the box.
    quasi_p : tuple of (float or None, float or None)
        Of the lower and the upper limit; of names, the first.
    gain : float
        Density of the box less that of the box without this limit, in the half it was found in.
    full : tuple
        Least and greatest value that the rows have, or all names.
    """

    input: Input
    low: float | None = None
    high: float | None = None
    names: tuple[str, ...] = ()
    quasi_p: tuple[float | None, float | None] = (None, None)
    gain: float = 0.0
    full: tuple[Any, ...] = ()

    def holds(self, values: pd.DataFrame) -> Mask:
        """Which rows lie within (row,)."""
        column = values[self.input.name].to_numpy()
        if self.names:
            return np.isin(column.astype(str), self.names)
        inside = np.ones(len(column), dtype=bool)
        if self.low is not None:
            inside &= column >= self.low
        if self.high is not None:
            inside &= column <= self.high
        return inside

    @property
    def words(self) -> str:
        """The limit for readers: ``fear_push above 2.1``."""
        name, kind, shown = self.input.name, self.input.kind, self.input.shown
        if self.names:
            return f"{name} {' or '.join(self.names)}"
        if self.low is not None and self.high is not None:
            if self.low == self.high:
                return f"{name} {shown(self.low)}"
            low, high = shown(self.low), shown(self.high)
            return (
                f"{name} between {low} and {high}"
                if kind == "number"
                else f"{name} {low} to {high}"
            )
        before, after = _ONE_SIDED[kind][self.low is None]
        value = self.high if self.low is None else self.low
        return f"{name} {before}{'' if value is None else shown(value)}{after}"


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
    inside, interest_inside : int
        Runs in the box, and those of interest among them.
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
    interest_inside: int
    rows: int

    @property
    def beats(self) -> bool:
        """Whether the density lies above the base rate beyond its interval."""
        return self.density_interval[0] > self.base


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
        return _within(self.limits, values)

    @property
    def words(self) -> str:
        """The box as a sentence; figures from the held-out half."""
        found = self.held_out
        return (
            f"{_joined([limit.words for limit in self.limits])}: "
            f"{_percent(found.coverage)} of the runs of interest; "
            f"{_percent(found.density)} of the runs in this box are of interest "
            f"({_percent(found.base)} {'overall' if self.first else 'outside the boxes before'})"
        )


@dataclass(frozen=True)
class Node:
    """A knot of the tree, or a leaf.

    Attributes
    ----------
    condition : str
        What sets it apart from its sister; blank at the root.
    share : float
        Of its runs that are of interest, in the held-out half; not a number where it has none.
    runs : int
        In the held-out half.
    said : bool
        Whether most of its runs were of interest in the fitted half.
    branches : tuple of Node
        Two, or none for a leaf.
    """

    condition: str
    share: float
    runs: int
    said: bool
    branches: tuple[Node, ...] = ()

    def lines(self, indent: int = 0) -> list[str]:
        """The tree as indented lines."""
        head = self.condition or "all runs"
        verdict = "" if self.branches else ": of interest" if self.said else ": not of interest"
        share = "no runs held out" if not self.runs else f"{_percent(self.share)} of {self.runs:,}"
        own = [f"{'  ' * indent}{head}{verdict} ({share})"]
        return own + [line for branch in self.branches for line in branch.lines(indent + 1)]


@dataclass(frozen=True)
class Tree:
    """A classification tree; accuracies are shares of the held-out runs told rightly.

    Attributes
    ----------
    root : Node
    accuracy, interval : float, (float, float)
        Of the tree, with its Wilson interval of 95 percent.
    base : float
        Of saying of every run what most of them are.
    """

    root: Node
    accuracy: float
    interval: tuple[float, float]
    base: float

    @property
    def beats(self) -> bool:
        """Whether the tree tells more than the base rate, beyond its interval."""
        return self.interval[0] > self.base


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
    prim, tree = _packages()
    held = _halves(cases.group, seed)
    found = list(_boxes(prim, cases.part(~held), cases.part(held), boxes, density))
    good = tuple(box for box in found if box.limits and box.held_out.beats)
    return Discovery(
        boxes=good,
        tried=tuple(found),
        tree=_tree(tree, cases.part(~held), cases.part(held), depth),
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


def _packages() -> tuple[ModuleType, ModuleType]:
    """PRIM of the EMA Workbench, and scikit-learn's trees, imported without their noise."""
    logging.getLogger("EMA").addHandler(logging.NullHandler())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return (
                importlib.import_module("ema_workbench.analysis.prim"),
                importlib.import_module("sklearn.tree"),
            )
    except ImportError as error:
        raise InputError(
            f"the package {error.name} is missing, which this needs; install it with "
            'pip install "multivector[discover]"'
        ) from None


def _halves(group: NDArray[Any], seed: int) -> Mask:
    """Which rows are held out: half of the groups."""
    known, place = np.unique(group, return_inverse=True)
    rank = Streams(seed).uniform("discovery/half", 0, 0, len(known), ()).argsort().argsort()
    return np.asarray(rank[place] < len(known) // 2)


# Boxes


def _boxes(
    prim: ModuleType, fitted: Cases, held: Cases, boxes: int, density: float
) -> Iterable[Box]:
    """Boxes one after the other, each among the rows that are in none before it."""
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
        ours = _quality(limits, fitted, whole[0])
        theirs = _quality(limits, held, whole[1])
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
    limits = _significant(path[chosen], fitted)
    return Box(
        limits=limits,
        fitted=_quality(limits, fitted, whole[0]),
        held_out=_quality(limits, held, whole[1]),
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


def _within(limits: Iterable[Limit], values: pd.DataFrame) -> Mask:
    inside = np.ones(len(values), dtype=bool)
    for limit in limits:
        inside &= limit.holds(values)
    return inside


def _choose(path: Sequence[tuple[Limit, ...]], cases: Cases, target: float) -> int:
    """Place of the box to take; see `discover`."""
    other = cases.runs - cases.interest
    coverage, density, gap = [], [], []
    for limits in path:
        inside = _within(limits, cases.values)
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


def _significant(limits: Sequence[Limit], cases: Cases) -> tuple[Limit, ...]:
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
        others = _within([*kept[:place], *kept[place + 1 :]], values)
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
    inside = _within(limits, cases.values)
    return float(cases.interest[inside].sum() / cases.runs[inside].sum())


def _quasi_p(limits: Sequence[Limit], place: int, side: int, cases: Cases) -> float:
    """Quasi-p value of one side of a limit (Bryant and Lempert 2010, section 3.3)."""
    lifted = _lifted(limits[place], side)
    wider = [*limits[:place], *([] if lifted is None else [lifted]), *limits[place + 1 :]]
    inside = _within(limits, cases.values)
    independent = _independent(cases.interest[inside], cases.runs[inside], cases.group[inside])
    trials = max(round(independent), 1)
    share = float(cases.interest[inside].sum() / cases.runs[inside].sum())
    without = min(_density(wider, cases), 1.0)
    test = stats.binomtest(round(share * trials), trials, without, alternative="greater")
    return float(test.pvalue)


def _quality(limits: Sequence[Limit], cases: Cases, whole: Cases) -> Quality:
    """Quality of a box among rows; coverage, mass and base rate are those of the whole half."""
    inside = _within(limits, cases.values)
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
        coverage_interval=_interval(covered, wanted, groups),
        density_interval=_interval(interest, runs, group),
        inside=round(runs.sum()),
        interest_inside=round(interest.sum()),
        rows=int(inside.sum()),
    )


def _independent(part: Counts, whole: Counts, group: NDArray[Any]) -> float:
    """Number of independent trials as precise as a share of runs that come in groups.

    The variance of the ratio is that between groups (Cochran 1977, *Sampling Techniques*, 11.8).
    """
    _, place = np.unique(group, return_inverse=True)
    parts, wholes = np.bincount(place, part), np.bincount(place, whole)
    parts, wholes = parts[wholes > 0], wholes[wholes > 0]
    number, total = len(wholes), wholes.sum()
    share = parts.sum() / total
    if number < 2 or share in (0.0, 1.0):
        return float(number)
    variance = number / (number - 1) * ((parts - share * wholes) ** 2).sum() / total**2
    return float(min(share * (1 - share) / variance, total)) if variance > 0 else float(number)


def _interval(part: Counts, whole: Counts, group: NDArray[Any]) -> tuple[float, float]:
    """Wilson interval of 95 percent of a share of runs that come in groups (Wilson 1927)."""
    if not whole.sum():
        return 0.0, 1.0
    trials = _independent(part, whole, group)
    share = part.sum() / whole.sum()
    squared = _NORMAL**2 / trials
    centre = (share + squared / 2) / (1 + squared)
    half = _NORMAL * np.sqrt(share * (1 - share) / trials + squared / trials / 4) / (1 + squared)
    return float(max(centre - half, 0.0)), float(min(centre + half, 1.0))


# The tree


def _tree(tree: ModuleType, fitted: Cases, held: Cases, depth: int) -> Tree:
    """A classification tree (Breiman and others 1984); each row counts by its runs.

    The EMA Workbench's own tree is scikit-learn's without a limit to its depth or a seed.
    """
    questions = [
        (one, name)
        for one in fitted.inputs
        for name in (
            [None]
            if one.kind in NUMERIC
            else sorted(set(fitted.values[one.name]) | set(held.values[one.name]))
        )
    ]

    def asked(values: pd.DataFrame) -> NDArray[np.float64]:
        return np.column_stack(
            [
                values[one.name].to_numpy(float)
                if name is None
                else (values[one.name] == name).to_numpy(float)
                for one, name in questions
            ]
        )

    table = asked(fitted.values)
    model = tree.DecisionTreeClassifier(
        max_depth=depth,
        min_weight_fraction_leaf=SMALLEST,
        min_impurity_decrease=_LEAST_GAIN,
        random_state=0,
    )
    model.fit(
        np.concatenate([table, table]),
        np.repeat([True, False], len(table)),
        sample_weight=np.concatenate([fitted.interest, fitted.runs - fitted.interest]),
    )
    grown, reached = model.tree_, model.decision_path(asked(held.values)).toarray().astype(bool)

    def node(place: int, condition: str) -> Node:
        inside = reached[:, place]
        runs = held.runs[inside].sum()
        branches: tuple[Node, ...] = ()
        left, right = int(grown.children_left[place]), int(grown.children_right[place])
        if left >= 0:
            one, name = questions[grown.feature[place]]
            below, above = _sides(one, name, float(grown.threshold[place]))
            branches = node(left, below), node(right, above)
        return Node(
            condition=condition,
            share=float(held.interest[inside].sum() / runs) if runs else float("nan"),
            runs=round(runs),
            said=bool(grown.value[place][0][1] > 0.5),
            branches=branches,
        )

    said = model.predict(asked(held.values)).astype(bool)
    right = np.where(said, held.interest, held.runs - held.interest)
    return Tree(
        root=node(0, ""),
        accuracy=float(right.sum() / held.runs.sum()),
        interval=_interval(right, held.runs, held.group),
        base=max(held.base, 1.0 - held.base),
    )


def _sides(one: Input, name: str | None, threshold: float) -> tuple[str, str]:
    """A split of the tree in words: the side at most the threshold, and the other."""
    if name is not None:
        return f"{one.name} not {name}", f"{one.name} {name}"
    if one.kind == "number":
        low, high = Limit(one, high=threshold), Limit(one, low=threshold)
    else:
        low, high = Limit(one, high=np.floor(threshold)), Limit(one, low=np.floor(threshold) + 1)
    return low.words, high.words


def _percent(share: float) -> str:
    return "none" if np.isnan(share) else f"{100 * share:.0f}%"


def _joined(words: Sequence[str]) -> str:
    """Words with commas between, and ``and`` before the last."""
    return " and ".join([part for part in (", ".join(words[:-1]), *words[-1:]) if part])
