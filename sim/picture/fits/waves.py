"""How close each wave of history matching came to each moment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case
from sim.fit.matching import CUT
from sim.picture import strips
from sim.picture.alternative import joined
from sim.picture.fits.fitted import Fitted
from sim.picture.fits.look import BAND, MAIN, OUTSIDE
from sim.picture.labels import Labels, sentence
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.strips import Axis, Mark, Panel, Row
from sim.picture.style import (
    Caption,
)

NAMED = 8  # most moments named below the picture


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """The waves of a fit; nothing where there was none."""
    fitted = Fitted(folder, case)
    table = fitted.fit.table("waves")
    if table.empty:
        return
    caption = fitted.caption(
        "How close can the model come to the record at all?",
        f"Closest simulation to each moment, {fitted.years}",
        "Before any parameter vector is preferred to another",
        f"{fitted.settings['vectors']:,} parameter vectors a wave",
    )
    said = joined(
        f"after wave {wave} {100 * float(part['share_left'].iloc[0]):.3g} percent of the prior is "
        f"left, and {int((~part['reached'].astype(bool)).sum())} of {len(part)} moments are out "
        "of reach"
        for wave, part in table.groupby("wave")
    )
    targets = fitted.fit.table("targets")
    yield Page(
        "fit_waves", table, caption, f"Distances of the closest simulations: {said}",
        partial(draw, table, targets, fitted.labels, caption),
    )  # fmt: skip


def draw(table: pd.DataFrame, targets: pd.DataFrame, labels: Labels, caption: Caption) -> Figure:
    """How close the simulations of each wave of history matching came to each moment.

    Parameters
    ----------
    table : DataFrame
        The table ``waves`` of a fit: columns wave, moment, least, best, reached and share_left.
    targets : DataFrame
        Columns moment and group.
    labels : Labels
    caption : Caption
    """
    groups = targets.set_index("moment")["group"]
    known = table.assign(group=table["moment"].map(groups))
    order = list(dict.fromkeys(targets["group"]))
    axis = Axis(
        0.0,
        2 * CUT,
        "implausibility: distance from the observed value [standard deviations]",
        lines=(CUT,),
        bands=((CUT, 2 * CUT, BAND),),
    )
    panels, missed = [], []
    for wave, part in known.groupby("wave"):
        share = float(part["share_left"].iloc[0])
        left = f"{100 * share:.3g}%" if share > 0 else "nothing"
        rows = []
        for group in order:
            own = part[part["group"] == group]
            if own.empty:
                continue
            unreached = int((~own["reached"].astype(bool)).sum())
            marks = [
                Mark(
                    float(one["least"]), OUTSIDE if not one["reached"] else MAIN,
                    "least", "o" if one["reached"] else "D", bool(not one["reached"]), size=4.5,
                )
                for one in own.to_dict("records")
            ]  # fmt: skip
            note = f"{len(own)} moments, {unreached} out of reach"
            rows.append(Row(sentence(str(group)), marks=tuple(marks), note=note))
        heading = f"Wave {wave}: {left} of the prior is left"
        panels.append(Panel(heading, tuple(rows), axis))
        missed = [one["moment"] for one in part.to_dict("records") if not one["reached"]]
    named = "; ".join(labels.of_target(name) for name in missed[:NAMED])
    more = f"; and {len(missed) - NAMED} more" if len(missed) > NAMED else ""
    out = f" Out of reach in the last wave: {named}{more}." if missed else ""
    reading = (
        "Circle: a moment, at the distance of the parameter vector that comes closest to it. "
        f"Diamond: no vector comes within {CUT:g} standard deviations (shaded). Arrow: beyond the "
        f"axis.{out}"
    )
    return strips.draw(panels, caption, reading, row=0.26)
