"""A classification tree that tells the runs of interest from the others."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.discovery.quality import COVERAGE
from sim.analysis.discovery.words import limited, percent
from sim.analysis.interest import NUMERIC, Cases, Input
from sim.analysis.monte_carlo import counts_interval

_SMALLEST = 0.05  # least share of the runs that a leaf holds
_LEAST_GAIN = 1e-3  # of a question: fall of the Gini impurity of all runs


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
        share = "no runs held out" if not self.runs else f"{percent(self.share)} of {self.runs:,}"
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


def grow(sklearn: ModuleType, fitted: Cases, held: Cases, depth: int) -> Tree:
    """Grow a classification tree (Breiman and others 1984); each row counts by its runs.

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
    model = sklearn.DecisionTreeClassifier(
        max_depth=depth,
        min_weight_fraction_leaf=_SMALLEST,
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
        interval=counts_interval(right, held.runs, held.group, COVERAGE),
        base=max(held.base, 1.0 - held.base),
    )


def _sides(one: Input, name: str | None, threshold: float) -> tuple[str, str]:
    """A split of the tree in words: the side at most the threshold, and the other."""
    if name is not None:
        return f"{one.name} not {name}", f"{one.name} {name}"
    if one.kind == "number":
        return limited(one, high=threshold), limited(one, low=threshold)
    below = np.floor(threshold)
    return limited(one, high=below), limited(one, low=below + 1)
