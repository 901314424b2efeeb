"""What leaving out one thing that only one of two scenarios has takes away."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sim.analysis.explanation.decompose import Course
from sim.analysis.explanation.happenings import Happening
from sim.analysis.explanation.subject import Chunk, Subject, mean_of
from sim.core.errors import InputError
from sim.core.simulate import FEWEST_RUNS
from sim.core.world import Array
from sim.scenario import Scenario
from sim.scenario.load import validated
from sim.scenario.schema import Origin

MOST_LEFT_OUT = 6
_TRIED = 20  # runs on which these are chosen, where there are more
_DATED = ("event", "path")
_TABLES = ("parameters", "switches", "membership")


def left_out(
    subject: Subject,
    country: str,
    wanted: Sequence[int],
    listed: Sequence[Happening],
    outcomes: Sequence[str],
) -> dict[int, dict[str, float]]:
    """What leaving out each of some happenings takes away from outcomes, under the same draws.

    A setting is put as the scenario that is compared with has it. Where more than `MOST_LEFT_OUT`
    can be left out, those that take away most in the first runs are.

    Parameters
    ----------
    wanted : sequence of int
        Number of the quarter, and of the one since which changes count if there is one.
    listed : sequence of Happening
    outcomes : sequence of str
        Without the country, as ``share.RUS.transit``.

    Returns
    -------
    dict of int to dict of str to float
        By place in the list: mean change over runs with the happening less mean without it; nan
        where the scenario cannot stand without it.
    """
    chunks = subject.chunks()
    # The base moves with a figure that is set, so that a level tells nothing about the change.
    movable = subject.other is not None or len(wanted) > 1
    places = [
        at
        for at, one in enumerate(listed)
        if one.own and (one.head in _DATED or (movable and one.head in ("attribute", *_TABLES)))
    ]
    if len(places) > MOST_LEFT_OUT:
        first = chunks[0]
        few = min(first.runs, _TRIED)
        tried = Chunk(first.numbers[: max(few, FEWEST_RUNS)], few)
        effects = _effects(
            subject, country, wanted, [listed[at] for at in places], [tried], outcomes
        )
        weights = weigh(effects, outcomes)
        order = sorted(range(len(places)), key=lambda at: -weights[at])
        places = sorted(places[at] for at in order[:MOST_LEFT_OUT])
    chosen = [listed[at] for at in places]
    return dict(
        zip(places, _effects(subject, country, wanted, chosen, chunks, outcomes), strict=True)
    )


def weigh(effects: Sequence[Mapping[Any, float]], outcomes: Sequence[str]) -> list[float]:
    """How much each takes away, against what takes most, summed over the outcomes."""
    weights = [0.0] * len(effects)
    for outcome in outcomes:
        sizes = [abs(one[outcome]) for one in effects]
        largest = max((size for size in sizes if not math.isnan(size)), default=0.0)
        for at, size in enumerate(sizes):
            if largest > 0 and not math.isnan(size):
                weights[at] += size / largest
    return weights


def _effects(
    subject: Subject,
    country: str,
    wanted: Sequence[int],
    chosen: Sequence[Happening],
    chunks: Sequence[Chunk],
    outcomes: Sequence[str],
) -> list[dict[str, float]]:
    count = sum(chunk.runs for chunk in chunks)
    found = [dict.fromkeys(outcomes, 0.0) for _ in chosen]
    sides = [False, True] if any(one.theirs for one in chosen) else [False]
    for chunk in chunks if chosen else ():
        full = {
            theirs: _reached(
                subject.course(_side(subject, theirs), chunk, country), wanted, outcomes
            )
            for theirs in sides
        }
        for told, one in zip(found, chosen, strict=True):
            sign = -1.0 if one.theirs else 1.0  # what the other has is taken off
            try:
                course = subject.course(_without(subject, one), chunk, country)
            except InputError:  # what stays names or needs what was left out
                told.update(dict.fromkeys(outcomes, math.nan))
                continue
            less = _reached(course, wanted, outcomes)
            for outcome in outcomes:
                gap = sign * mean_of(full[one.theirs][outcome] - less[outcome], chunk.runs)
                told[outcome] += gap * chunk.runs / count
    return found


def _side(subject: Subject, theirs: bool) -> Scenario:
    if not theirs:
        return subject.scenario
    assert subject.other is not None
    return subject.other


def _without(subject: Subject, one: Happening) -> Scenario:
    """The scenario less one entry, or with a setting as the one that is compared with has it.

    Raises
    ------
    InputError
        If there is no such scenario.
    """
    scenario = _side(subject, one.theirs)
    data = scenario.resolved()
    if one.head in _TABLES:
        data[one.head].pop(one.place, None)
        compared = subject.other or scenario.base
        its = {} if compared is None else compared.resolved()[one.head]
        if one.place in its:
            data[one.head][one.place] = its[one.place]
    else:
        data[one.head] = [entry for at, entry in enumerate(data[one.head]) if at != one.place]
    return validated(data, Origin(scenario.name))


def _reached(course: Course, wanted: Sequence[int], outcomes: Sequence[str]) -> dict[str, Array]:
    """Outcomes of a course at a quarter, less those at the one since which changes count (run,)."""
    levels = [_levels(course, quarter, outcomes) for quarter in sorted(wanted)]
    if len(levels) == 1:
        return levels[0]
    return {outcome: levels[1][outcome] - levels[0][outcome] for outcome in outcomes}


def _levels(course: Course, quarter: int, outcomes: Sequence[str]) -> dict[str, Array]:
    """Outcomes of a course at a quarter (run,)."""
    while course.reached < quarter:
        course.simulation.advance()
    reached = course.simulation.advance()
    names = course.names
    codes = {"power": names.powers, "channel": names.channels}
    found = {}
    for outcome in outcomes:
        name, *parts = outcome.split(".")
        values = reached.measure(name)[course.country]
        for axis, part in zip(codes, parts, strict=False):
            values = values[codes[axis].index(part)]
        found[outcome] = values
    return found
