"""Runs simulated once more, and the changes of one country's outcomes split by cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.analysis.explanation.causes import Cause
from sim.analysis.explanation.influence import (
    autonomy_effects,
    leverage_effects,
    position_effects,
    weight_effects,
)
from sim.analysis.explanation.shares import ShareLedger
from sim.analysis.explanation.snapshot import Income, Snapshot, at_reference, snapshot
from sim.core.simulate import Simulation
from sim.core.world import Array, Names

REST = "the rest"  # the suppliers that no power stands for


class Place(NamedTuple):
    """What a term is about: whose it is, through which channel, and its cause."""

    power: str
    channel: str
    cause: Cause


@dataclass
class Split:
    """One outcome in some runs: how it stood, how it stands, and why.

    Attributes
    ----------
    before, after : array (run,)
    effects : dict of array (run,)
        They add up to `after` less `before`.
    """

    before: Array
    after: Array
    effects: dict[Place, Array]

    def since(self, other: Split) -> Split:
        """The change of what is explained since another quarter."""
        return Split(other.after, self.after, self._effects_less(other))

    def difference_since(self, other: Split) -> Split:
        """The change of a difference since another quarter."""
        return Split(
            other.after - other.before, self.after - self.before, self._effects_less(other)
        )

    def _effects_less(self, other: Split) -> dict[Place, Array]:
        places = dict.fromkeys((*self.effects, *other.effects))
        none = np.zeros(1)
        return {
            place: self.effects.get(place, none) - other.effects.get(place, none)
            for place in places
        }


@dataclass
class Coercions:
    """What powers did to the country in some runs: numbers (power, channel, run)."""

    complied: Array
    backed_down: Array
    imposed: Array


@dataclass
class Course:
    """One scenario for one country, a quarter at a time."""

    simulation: Simulation
    country: int
    now: Snapshot = field(init=False)
    output: dict[Income, Array] = field(init=False, default_factory=dict)
    coercions: Coercions = field(init=False)

    def __post_init__(self) -> None:
        self.now = at_reference(self.simulation.setting, self.country)
        names = self.simulation.setting.world.names
        runs = self.simulation.runs
        none = np.zeros((len(names.powers), len(names.channels), runs))
        self.coercions = Coercions(none.copy(), none.copy(), none.copy())

    @property
    def names(self) -> Names:
        """Codes along the axes."""
        return self.simulation.setting.world.names

    @property
    def start(self) -> int:
        """Number of the first quarter."""
        return self.simulation.setting.plan.start

    @property
    def reached(self) -> int:
        """Number of the next quarter."""
        return self.start + self.simulation.index

    def advance(self, quarter: int) -> None:
        """Take the quarter; before the scenario's first, the country stands at its reference."""
        if quarter < self.start:
            return
        before = self.simulation.state
        found = self.simulation.advance()
        self.now = snapshot(found, before, self.country)
        decay = self.now.output_decay
        self.output = {one: (1.0 - decay) * part for one, part in self.output.items()}
        for one, part in self.now.incomes.items():
            self.output[one] = self.output.get(one, 0.0) + part
        flow = found.flow
        instrument = flow.instrument[self.country]
        struck = instrument[:, None] == np.arange(len(self.names.channels))[:, None]
        done, played = self.coercions, flow.coercion
        done.complied += played.comply[self.country][:, None] & struck
        done.backed_down += played.backed_down[self.country][:, None] & struck
        done.imposed += played.impose[self.country][:, None] & struck

    @property
    def produced(self) -> Array:
        """Log deviation of output from its trend (run,)."""
        found: Array = self.simulation.state.output[self.country]
        return found


class Still:
    """The base quarter of a course, at which nothing moves."""

    def __init__(self, course: Course) -> None:
        self.now = at_reference(course.simulation.setting, course.country)
        self.output: dict[Income, Array] = {}
        self.produced = np.zeros(1)

    def advance(self, quarter: int) -> None:
        """Nothing happens."""


def splits(
    course: Course, other: Course | Still, wanted: Iterable[int]
) -> Iterator[tuple[int, dict[str, Split]]]:
    """Take two courses to the quarters that are wanted, and split what differs between them.

    Parameters
    ----------
    course, other : Course, Course or Still
        Of the same runs, powers and channels.
    wanted : iterable of int
        Numbers of quarters.

    Yields
    ------
    quarter : int
    splits : dict of Split
        By outcome, without the country: ``position``, ``leverage.RUS``, ``share.RUS.transit``.
    """
    wanted = sorted(set(wanted))
    first = course.start if isinstance(other, Still) else min(course.start, other.start)
    ledger = ShareLedger(course.now, other.now)
    for quarter in range(first, wanted[-1] + 1):
        course.advance(quarter)
        other.advance(quarter)
        ledger.add(course.now, other.now)
        if quarter in wanted:
            yield quarter, _split(course, other, ledger)


def _split(course: Course, other: Course | Still, ledger: ShareLedger) -> dict[str, Split]:
    names, runs = course.names, course.simulation.runs
    a, b = course.now, other.now

    def by_run(values: Array) -> Array:
        return np.broadcast_to(values, (*values.shape[:-1], runs))

    found: dict[str, Split] = {}

    def add(outcome: str, after: Array, before: Array, effects: Mapping[Place, Array]) -> None:
        kept = {
            place: by_run(np.atleast_1d(part)) for place, part in effects.items() if np.any(part)
        }
        found[outcome] = Split(by_run(before), by_run(after), kept)

    leverages = leverage_effects(a, b, ledger.before)
    weights = weight_effects(a, b, leverages)
    for outcome, after, before, effects in (
        ("position", a.position, b.position, position_effects(a, b, weights)),
        ("autonomy", a.autonomy, b.autonomy, autonomy_effects(a, b, weights)),
    ):
        told: dict[Place, Array] = {}
        for cause, of_power, of_channel, part in effects:
            place = Place(
                "" if of_power is None else names.powers[of_power],
                "" if of_channel is None else names.channels[of_channel],
                cause,
            )
            told[place] = told.get(place, np.zeros(1)) + part
        add(outcome, after, before, told)
    output: dict[Place, Array] = {}
    for sign, one in ((1.0, course), (-1.0, other)):
        for income, part in one.output.items():
            place = Place(income.power, income.channel, income.cause)
            output[place] = output.get(place, np.zeros(1)) + sign * part
    add("output", course.produced, other.produced, output)
    for p, power in enumerate(names.powers):
        add(
            f"leverage.{power}",
            a.leverage[p],
            b.leverage[p],
            {
                Place(power, channel, cause): part[p, k]
                for cause, part in leverages.through.items()
                for k, channel in enumerate(names.channels)
            },
        )
    sources = (*names.powers, REST)
    for p, power in enumerate(names.powers):
        for k, channel in enumerate(names.channels):
            add(
                f"share.{power}.{channel}",
                a.share[p, k],
                b.share[p, k],
                {
                    Place(source, channel, cause): effect[q, p, k]
                    for cause, effect in ledger.now.items()
                    for q, source in enumerate(sources)
                },
            )
    return found
