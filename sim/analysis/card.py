"""Answers about sweeps as cards in a notebook: what drives outcomes, and where they arise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.card import card, code, join, line, listed, table, tag, title
from sim.experiment.reading import in_words

if TYPE_CHECKING:
    from sim.analysis.discovery import Discovery
    from sim.analysis.sensitivity.study import Study

_FACTORS = 6  # shown of an outcome
_OUTCOMES = 6
_INDICES = {  # by method: the column that factors are ordered by, and what it is
    "sobol": ("total", "Total index"),
    "morris": ("mu_star", "Mean absolute effect"),
    "given data": ("first", "First-order index"),
    "one_at_a_time": ("swing", "Swing"),
}


def study_card(study: Study) -> str:
    """The leading factors of each outcome."""
    return card(
        lambda: title("What drives the outcomes", f"sensitivity, {in_words(study.method)}"),
        lambda: _leading(study),
        lambda: listed(study.notes) if study.notes else "",
        lambda: line("Go on with ", code("study.table"), " or ", code("study.outcomes"), "."),
    )


def _leading(study: Study) -> str:
    index, words = _INDICES[study.method]
    rows = []
    groups = study.table.groupby(["scenario", "outcome"], sort=False)
    for (scenario, outcome), own in list(groups)[:_OUTCOMES]:
        for one in own.drop_duplicates("factor").head(_FACTORS).to_dict("records"):
            low, high = one.get(f"{index}_low"), one.get(f"{index}_high")
            known = all(value is not None and math.isfinite(value) for value in (low, high))
            span = f"{low:.3g} to {high:.3g}" if known else "–"
            apart = "" if one["told_apart"] else "not told apart from chance"
            rows.append(
                (
                    code(outcome),
                    scenario,
                    one["factor"],
                    apart,
                    f"{one[index]:.3g}" if math.isfinite(one[index]) else "–",
                    span,
                )
            )
    more = len(groups) - _OUTCOMES
    beyond = line(f"and {more} more outcomes", faint=True) if more > 0 else ""
    header = ("Outcome", "Scenario", "Factor", "", words, "Interval")
    return join(table(header, rows, numbers=2), beyond)


def discovery_card(found: Discovery) -> str:
    """Boxes in words, and how well the tree tells."""
    return card(
        lambda: title("Where runs of interest arise", "scenario discovery"),
        lambda: _boxes(found),
        lambda: tag("pre", "\n".join(found.tree.root.lines()), style="background:none;"),
        lambda: line("Go on with ", code("discovery.table()"), "."),
    )


def _boxes(found: Discovery) -> str:
    if not found.boxes:
        return line("No box beats the base rate on rows that were held out.")
    return listed(box.words for box in found.boxes)
