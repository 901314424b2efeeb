"""How much better a hindcast is than simple forecasts, and than the model without a part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case
from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.fit.hindcast import MECHANISMS
from sim.fit.scoring import QUANTITY_BASELINES
from sim.fit.skill import ALL
from sim.picture import strips
from sim.picture.alternative import joined, told
from sim.picture.fits.hindcasted import Hindcasted
from sim.picture.fits.look import MAIN, OTHER
from sim.picture.labels import sentence
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.strips import Axis, Mark, Panel, Row, Span
from sim.picture.style import (
    Caption,
)

BASELINES = {
    "last_value": "last value",
    "persistence": "last value, with spread",
    "drift": "past trend, with spread",
    "autoregression": "autoregression",
    "recent_changes": "recent changes again",
}
VOTE_BASELINES = {
    "frequency": "past frequency",
    "last_vote": "last vote on such a text",
    "always_neither": "always neither",
}
VARIANTS = {
    "drivers_unknown": "later drivers not given",
    "drift_off": "without trends of drivers",
    "noise_off": "without noise of drivers",
    "centre": "parameters at their centres",
    "prior": "parameters from the prior",
    **{name: f"without {in_words(name.removesuffix('_off'))}" for name in MECHANISMS},
}
EDGE = 1.0  # skills beyond it are shown by an arrow


def pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """Skill of volumes and shares against simple forecasts."""
    one = Hindcasted(folder, case)
    table = one.hindcast.table("skill") if len(one.hindcast.table("quantities")) else None
    if table is None:
        return
    table = table[table["against"].isin(QUANTITY_BASELINES)].reset_index(drop=True)
    caption = one.caption(
        "Does the model forecast better than the past of each series alone?",
        "Skill of volumes and shares against simple forecasts",
        one.detail,
    )
    yield Page(
        "hindcast_skill", table, caption,
        _alternative(table[table["family"] == ALL], "all families", BASELINES),
        partial(draw, table, one.main, caption),
    )  # fmt: skip


def variant_pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """Skill against the model with something taken away; nothing where no variant was made."""
    one = Hindcasted(folder, case)
    if not len(one.hindcast.table("quantities")):
        return
    table = one.hindcast.table("skill")
    others = ~table["against"].isin(QUANTITY_BASELINES) & (table["family"] == ALL)
    if not others.any():
        return
    table = table[others].reset_index(drop=True)
    caption = one.caption(
        "What does each part of the model add to its forecasts?",
        "Skill of volumes and shares against the model without a part",
        one.detail,
    )
    yield Page(
        "hindcast_variants", table, caption, _alternative(table, "all families", VARIANTS),
        partial(draw_variants, table, one.main, caption),
    )  # fmt: skip


def vote_pages(folder: Path, request: Request, case: Case | None = None) -> Iterator[Page]:
    """Skill of votes; nothing where none was forecast."""
    one = Hindcasted(folder, case)
    votes = one.hindcast.table("votes")
    if votes.empty:
        return
    table = one.hindcast.table("votes_skill")
    table = table[table["against"].isin(VOTE_BASELINES)].reset_index(drop=True)
    caption = one.caption(
        "Does the model forecast votes better than their past alone?",
        f"Skill of {len(votes)} votes against simple forecasts",
        one.detail,
    )
    own = table[table["cases"] == ALL].rename(
        columns={"rps_skill": "skill", "rps_low": "low", "rps_high": "high"}
    )
    yield Page(
        "hindcast_votes_skill", table, caption, _alternative(own, "all votes", VOTE_BASELINES),
        partial(draw_votes, table, one.main, caption),
    )  # fmt: skip


def _alternative(table: pd.DataFrame, what: str, names: Mapping[str, str]) -> str:
    """Skills from all origins in words."""
    own = table[table["origins"].astype(str) == ALL]
    own = table if own.empty else own
    return f"Skill over {what}, with 95 percent intervals: " + joined(
        f"{names.get(one['against'], in_words(one['against']))} {told(one['skill'])} "
        f"({told(one['low'])} to {told(one['high'])})"
        for one in own.to_dict("records")
    )


def draw(table: pd.DataFrame, main: int, caption: Caption) -> Figure:
    """Skill of volumes and shares against each baseline, by family and in all.

    Parameters
    ----------
    table : DataFrame
        The table ``skill`` of a hindcast: columns family, against, skill, low, high, series,
        figures and origins (the main one, or all).
    main : int
        Main origin.
    caption : Caption
    """
    known = [*BASELINES, *(name for name in QUANTITY_BASELINES if name not in BASELINES)]
    some = table[table["against"].isin(known)]
    axis = _skill_axis(some, "skill: 1 \u2212 CRPS of the model / CRPS of the baseline")
    panels = []
    for family in dict.fromkeys(some["family"]):
        part = some[some["family"] == family]
        heading = "All families" if family == ALL else sentence(in_words(str(family)))
        heading += f" ({int(part['series'].max())} series, {_counted(part, 'figures', main)})"
        rows = _skill_rows(part, [name for name in known if name in set(part["against"])], main)
        panels.append(Panel(heading, rows, axis))
    return strips.draw(panels, caption, _skill_reading(main, "baseline"), row=0.225)


def draw_variants(table: pd.DataFrame, main: int, caption: Caption) -> Figure:
    """Skill of volumes and shares against the model with something taken away, over all families.

    Parameters
    ----------
    table : DataFrame
        As in `skill`.
    main : int
        Main origin.
    caption : Caption

    Raises
    ------
    InputError
        If the table has no variant.
    """
    some = table[(table["family"] == ALL) & ~table["against"].isin(QUANTITY_BASELINES)]
    if some.empty:
        raise InputError("a picture of variants needs one; the table of skill has none")
    order = [name for name in VARIANTS if name in set(some["against"])]
    order += [name for name in dict.fromkeys(some["against"]) if name not in VARIANTS]
    axis = _skill_axis(some, "skill: 1 \u2212 CRPS of the model / CRPS of the variant")
    rows = _skill_rows(some, order, main, decimals=3)
    return strips.draw([Panel("", rows, axis)], caption, _skill_reading(main, "variant"), row=0.24)


def draw_votes(table: pd.DataFrame, main: int, caption: Caption) -> Figure:
    """Skill of votes against each baseline, over all votes and over those that could surprise.

    Parameters
    ----------
    table : DataFrame
        The table ``votes_skill`` of a hindcast: columns cases, against, votes, rps_skill, rps_low,
        rps_high and origins.
    main : int
        Main origin.
    caption : Caption

    Raises
    ------
    InputError
        If the table has none of the baselines.
    """
    some = table[table["against"].isin(VOTE_BASELINES)].rename(
        columns={"rps_skill": "skill", "rps_low": "low", "rps_high": "high"}
    )
    if some.empty:
        raise InputError("a picture of the skill of votes needs a baseline; the table has none")
    axis = _skill_axis(some, "skill: 1 \u2212 RPS of the model / RPS of the baseline")
    panels = []
    for cases in dict.fromkeys(some["cases"]):
        part = some[some["cases"] == cases]
        heading = "All votes" if cases == ALL else "Votes unlike the last or the usual one"
        rows = _skill_rows(part, [*VOTE_BASELINES], main)
        panels.append(Panel(f"{heading} ({_counted(part, 'votes', main)})", rows, axis))
    return strips.draw(panels, caption, _skill_reading(main, "baseline", votes=True), row=0.24)


def _counted(table: pd.DataFrame, column: str, main: int) -> str:
    """How many cases there are from the main origin, and from all."""
    origins = table["origins"].astype(str)
    told = {
        label: int(table.loc[origins == label, column].max())
        for label in (str(main), ALL)
        if (origins == label).any()
    }
    parts = [f"{number:,} {'in all' if label == ALL else f'from {label}'}"
             for label, number in told.items()]  # fmt: skip
    return f"{column}: {', '.join(parts)}"


def _skill_axis(table: pd.DataFrame, label: str) -> Axis:
    low = max(-EDGE, min(float(table["low"].min()), 0.0))
    high = min(EDGE, max(float(table["high"].max()), 0.0))
    air = 0.05 * (high - low) or 0.05
    return Axis(low - air, high + air, label, lines=(0.0,))


def _skill_rows(
    table: pd.DataFrame, order: Sequence[str], main: int, decimals: int = 2
) -> tuple[Row, ...]:
    rows = []
    for name in order:
        spans, marks, notes = [], [], []
        own = table[table["against"] == name]
        for label, colour, filled, offset in (
            (str(main), MAIN, True, -0.17),
            ("all", OTHER, False, 0.17),
        ):
            found = own[own["origins"].astype(str) == label]
            if found.empty:
                continue
            one = found.iloc[0]
            kind = "main" if filled else "all"
            spans.append(Span(one["low"], one["high"], colour, 1.5, f"{kind} 95", offset))
            marks.append(
                Mark(one["skill"], colour, kind, "o" if filled else "s", filled, 4.5, offset)
            )
            notes.append(_signed(float(one["skill"]), decimals))
        label = (BASELINES | VOTE_BASELINES).get(name) or VARIANTS.get(name) or in_words(name)
        rows.append(Row(label, tuple(spans), tuple(marks), note="  ".join(notes)))
    return tuple(rows)


def _skill_reading(main: int, other: str, votes: bool = False) -> str:
    scored = (
        "RPS: ranked probability score over No, neither and Yes."
        if votes
        else "CRPS: continuous ranked probability score; in all, each family counts the same."
    )
    return (
        f"Skill above zero (line): the model is closer to what came than the {other}. Dot: "
        f"forecasts from the end of {main}; square: from all origins; numbers in the same order. "
        "Lines: 95% intervals from resampling whole series, cut off at the edge. Arrows: beyond "
        f"the axis. {scored}"
    )


def _signed(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:+.{decimals}f}".replace("-", "\u2212")
