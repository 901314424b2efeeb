"""Prior against posterior of every parameter of a fit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case
from sim.experiment.reading import in_words
from sim.picture import strips
from sim.picture.alternative import joined, told
from sim.picture.fits.fitted import Fitted
from sim.picture.fits.look import MAIN, PRIOR
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.strips import Axis, Mark, Panel, Row, Span
from sim.picture.style import (
    FAINT,
    INK,
    Caption,
    Scenario,
)

VERDICTS = {"moved": ("o", True), "hardly moved": ("o", False), "not moved": ("|", True)}


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """Prior and posterior of the parameters."""
    fitted = Fitted(folder, case)
    table = fitted.fit.table("parameters").sort_values(
        "distance", ascending=False, kind="stable", ignore_index=True
    )
    caption = fitted.caption(
        "What does the record say of the parameters?",
        f"Prior and posterior of {len(table)} parameters, {fitted.years}",
        "Place within the range of the prior; those that moved most stand first",
        fitted.draws,
    )
    moved = table[table["verdict"] == "moved"]
    told_of = joined(
        f"{in_words(one['parameter'])}: prior median {told(one['prior_q50'])}, posterior "
        f"{told(one['posterior_q50'])} ({told(one['posterior_q05'])} to "
        f"{told(one['posterior_q95'])})"
        for one in moved.to_dict("records")
    )
    said = f"{len(moved)} of {len(table)} parameters moved. {told_of}".strip()
    yield Page(
        "fit_marginals", table, caption,
        f"Prior and posterior intervals. {said}", partial(draw, table, caption),
    )  # fmt: skip


def draw(parameters: pd.DataFrame, caption: Caption) -> Figure:
    """Prior against posterior of every parameter, those that moved most first.

    Parameters
    ----------
    parameters : DataFrame
        The table ``parameters`` of a fit: columns parameter, distance, verdict, low, high,
        prior_q05 to prior_q95 and posterior_q05 to posterior_q95.
    caption : Caption
    """
    rows = []
    ordered = parameters.sort_values("distance", ascending=False, kind="stable")
    for one in ordered.to_dict("records"):
        length = (one["high"] - one["low"]) or 1.0
        at = {
            name: float((one[name] - one["low"]) / length)
            for name in (
                *("prior_q05", "prior_q50", "prior_q95"),
                *(f"posterior_{level}" for level in ("q05", "q25", "q50", "q75", "q95")),
            )
        }
        shape, filled = VERDICTS[one["verdict"]]
        size = 9.0 if shape == "|" else 5.0
        rows.append(
            Row(
                label=in_words(one["parameter"]),
                tag=f"{one['low']:g} to {one['high']:g}".replace("-", "\u2212"),
                note=one["verdict"],
                strong=one["verdict"] == "moved",
                spans=(
                    Span(at["prior_q05"], at["prior_q95"], PRIOR, 9.0, "prior 90"),
                    Span(at["posterior_q05"], at["posterior_q95"], MAIN, 1.4, "posterior 90"),
                    Span(at["posterior_q25"], at["posterior_q75"], MAIN, 5.0, "posterior 50"),
                ),
                marks=(
                    Mark(at["prior_q50"], FAINT, "prior median", "|", size=9.0),
                    Mark(at["posterior_q50"], INK, "posterior median", shape, filled, size),
                ),
            )
        )
    counts = parameters["verdict"].value_counts()
    told = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    axis = Axis(0.0, 1.0, "place within the range of the prior",
                at=(0.0, 0.5, 1.0), named=("lower end", "middle", "upper end"))  # fmt: skip
    reading = (
        "Light bar: middle 90% of the prior; grey stroke: its median. Dark: posterior, thin line 5 "
        "to 95%, thick line 25 to 75%. Mark: its median, filled where the data moved the "
        f"parameter, hollow where hardly, a stroke where not ({told}). Numbers: the range."
    )
    legend = [
        Scenario("prior", "Prior", PRIOR, "solid"),
        Scenario("posterior", "Posterior", MAIN, "solid"),
    ]
    return strips.draw([Panel("", tuple(rows), axis)], caption, reading, legend=legend, row=0.215)
