"""Dated events as arrays by quarter: closures, coercion, deals, summits, votes, capacity."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from sim.case import Case
from sim.case.build import applicable, base_year
from sim.core import quarters
from sim.core.streams import VOTE_SLOTS
from sim.core.world import Array, World
from sim.scenario.cells import Place, assembled
from sim.scenario.check import reach
from sim.scenario.draws import Draws
from sim.scenario.paths import since, window
from sim.scenario.problems import Report
from sim.scenario.schema import (
    CloseRoute,
    Coerce,
    Deal,
    Event,
    Member,
    OpenRoute,
    Project,
    Resolution,
    Scenario,
    Summit,
)

_ALL = slice(None)  # every quarter
_DRAWN = (
    "quarters",
    "intensity",
    "attribution",
    "announced",
    "stake",
    "financed",
    "capacity",
    "lead_quarters",
    "ramp_quarters",
)
E = TypeVar("E", bound=Event)
Drawn = dict[str, Array]  # fields of an event, each (1,) or (run,)


class Events:
    """The events of a scenario, each field drawn once.

    Parameters
    ----------
    scenario : Scenario
        Checked against the case.
    case : Case
        Gives lead times of routes, and how much of an announced deal becomes a commitment.
    world : World
        With the scenario's overrides.
    draw : Draws
    report : Report
        Takes too many resolutions in a quarter, and notes on events without effect in the horizon.
    """

    def __init__(
        self, scenario: Scenario, case: Case, world: World, draw: Draws, report: Report
    ) -> None:
        self.scenario, self.case, self.world, self.report = scenario, case, world, report
        self.drawn = [_draw(event, draw) for event in scenario.event]
        names = world.names
        self.dyads = (scenario.quarters, len(names.countries), len(names.powers))
        self.capacity = self._capacity()  # that comes on line (quarter, route, run)

    def _of(self, kind: type[E]) -> list[tuple[int, E, Drawn]]:
        """Events of a kind in the order written: place in the list, event, drawn fields."""
        return [
            (index, event, self.drawn[index])
            for index, event in enumerate(self.scenario.event)
            if isinstance(event, kind)
        ]

    def _index(self, quarter: int) -> int:
        return quarter - self.scenario.start

    def membership(self) -> Array:
        """Membership in the consultative group, (quarter, country, 1)."""
        names = self.world.names.countries
        core = [code for code, flag in zip(names, self.world.attributes.core, strict=True) if flag]
        group = self.scenario.membership.group
        members = core if group is None else group
        start = np.array([[float(code in members)] for code in names])
        membership = np.repeat(start[None], self.scenario.quarters, axis=0)
        for _, event, _ in sorted(self._of(Member), key=lambda found: found[1].date):
            membership[self._index(event.date) :, names.index(event.country)] = event.joins
        return membership

    def closure(self) -> Array:
        """Share of each route that is closed, (quarter, route, run)."""
        routes = self.world.names.routes
        parts: list[tuple[Place, Array]] = []
        for index, event, drawn in self._of(CloseRoute):
            route = routes.index(event.route)
            closed = window(self.scenario, event.date, drawn["quarters"]) * drawn["intensity"]
            parts.append(((_ALL, route), closed))
            if not (self._carried(route)[3] * closed).any():
                self.report.note(
                    ("event", index),
                    f"{event.route} carries nothing then: closing it interrupts no share",
                )
        total = assembled((self.scenario.quarters, len(routes)), parts)
        return np.minimum(total, 1.0)

    def disruption(self, closure: Array) -> Array:
        """Forced disruption, (quarter, country, power, channel, run).

        A closed route interrupts its part of what the power that controls it supplies in the
        channel; what several events interrupt adds up to at most all.
        """
        names = self.world.names
        parts: list[tuple[Place, Array]] = []
        closed = {names.routes.index(event.route) for _, event, _ in self._of(CloseRoute)}
        for route in sorted(closed):
            country, power, channel, part = self._carried(route)
            parts.append(((_ALL, country, power, channel), closure[:, route] * part))
        for _, event, drawn in self._of(Coerce):
            at = (
                _ALL,
                names.countries.index(event.country),
                names.powers.index(event.power),
                names.channels.index(event.channel),
            )
            time = window(self.scenario, event.date, drawn["quarters"])
            parts.append((at, time * drawn["intensity"]))
        return np.minimum(assembled((*self.dyads, len(names.channels)), parts), 1.0)

    def alarm(self) -> Array:
        """Weight of forced events in what is learned of a power, (quarter, country, power, run)."""
        names = self.world.names
        parts: list[tuple[Place, Array]] = []
        for _, closing, drawn in self._of(CloseRoute):
            country, power, _, part = self._carried(names.routes.index(closing.route))
            time = window(self.scenario, closing.date, drawn["quarters"])
            read_as = drawn["attribution"] * drawn["intensity"]  # a throttle alarms less
            parts.append(((_ALL, country, power), time * read_as * part))
        for _, event, drawn in self._of(Coerce):
            at = (_ALL, names.countries.index(event.country), names.powers.index(event.power))
            time = window(self.scenario, event.date, drawn["quarters"])
            parts.append((at, time * drawn["attribution"]))
        return assembled(self.dyads, parts)

    def _carried(self, route: int) -> tuple[int, int, int, Array]:
        """A route's country, power and channel, and its part of their share, (quarter, run).

        Both at base conditions, with the capacity that the scenario has opened so far.
        """
        routes = self.world.attributes.routes
        country, power, channel = (int(i) for i in np.argwhere(routes.location[route])[0])
        gain = routes.yield_ * np.cumsum(self.capacity, axis=0)  # (quarter, route, run)
        beside = routes.location[:, country, power, channel]
        share = self.world.attributes.share[country, power, channel] + gain[:, beside].sum(axis=1)
        carried = routes.capacity[route] * routes.yield_[route] + gain[:, route]
        carried, share = np.broadcast_arrays(carried, share)
        part = np.divide(carried, share, out=np.zeros(share.shape), where=share > 0)
        return country, power, channel, np.minimum(part, 1.0)

    def summits(self) -> Array:
        """Attention added, (quarter, country, power, run), multiples of the reference."""
        names = self.world.names
        parts: list[tuple[Place, Array]] = []
        for _, event, drawn in self._of(Summit):
            for country in event.countries or names.countries:
                at = (
                    self._index(event.date),
                    names.countries.index(country),
                    names.powers.index(event.power),
                )
                parts.append((at, drawn["intensity"]))
        return assembled(self.dyads, parts)

    def deals(self) -> tuple[Array, Array]:
        """Announced and committed deals, each (quarter, country, power, sector, run), of GDP.

        GDP is the trend at the date, as stocks of later quarters are shares of theirs. Of what the
        power's stake comes to, the part with finance behind it is committed, and of the rest what
        the sector's record lets expect.
        """
        names = self.world.names
        realisable = {r["sector"]: r.number("realisable") for r in self.case.table("sectors")}
        announced: list[tuple[Place, Array]] = []
        committed: list[tuple[Place, Array]] = []
        for _, event, drawn in self._of(Deal):
            country = names.countries.index(event.country)
            at = (
                self._index(event.date),
                country,
                names.powers.index(event.power),
                names.sectors.index(event.sector),
            )
            attributes = self.world.attributes
            years = (event.date - self.world.base) / 4.0
            gdp = attributes.gdp[country] * np.exp(attributes.growth[country] * years)
            size = drawn["announced"] / gdp
            sure = drawn["financed"] + (1.0 - drawn["financed"]) * realisable[event.sector]
            announced.append((at, size))
            committed.append((at, size * drawn["stake"] * sure))
        shape = (*self.dyads, len(names.sectors))
        return assembled(shape, announced), assembled(shape, committed)

    def _capacity(self) -> Array:
        """Capacity that comes on line, (quarter, route, run), share of the base flow."""
        routes = self.world.names.routes
        parts: list[tuple[Place, Array]] = []
        for _, opened, drawn in self._of(OpenRoute):
            parts.append(self._on_line(opened, drawn, np.zeros(1)))
        for index, project, drawn in self._of(Project):
            lead = drawn.get("lead_quarters")
            lead = np.array([self._lead(project.route)]) if lead is None else lead
            parts.append(self._on_line(project, drawn, lead))
            least, most = (
                (float(lead[0]),) * 2
                if project.lead_quarters is None
                else reach(project.lead_quarters)
            )
            done = project.date + project.ramp_quarters - 1
            if done + most > self.scenario.end:
                runs = "" if done + least > self.scenario.end else " in some runs"
                self.report.note(
                    ("event", index),
                    f"{project.route} is complete only after the horizon{runs}, "
                    f"which ends in {quarters.name(self.scenario.end)}",
                )
        return assembled((self.scenario.quarters, len(routes)), parts)

    def _on_line(
        self, event: Project | OpenRoute, drawn: Drawn, lead: Array
    ) -> tuple[Place, Array]:
        """What of an opening comes on line in each quarter, (quarter, run)."""
        route = self.world.names.routes.index(event.route)
        share = drawn["capacity"] / self.world.attributes.routes.volume_per_share[route]
        elapsed = since(self.scenario, event.date) + 1.0 - lead
        complete = np.clip(elapsed / drawn["ramp_quarters"], 0.0, 1.0)
        return (_ALL, route), share * np.diff(complete, axis=0, prepend=0.0)

    def _lead(self, route: str) -> float:
        """Quarters from decision to operation, from the case's row for the base year."""
        rows = [row for row in self.case.table("routes") if row["route"] == route]
        rows = applicable(rows, base_year(self.world.base)) or rows
        return rows[-1].number("lead_quarters")

    def resolutions(self) -> tuple[Array, Array, Array]:
        """Thresholds (quarter, slot, run), stakes (quarter, slot, power, run), signs (as first).

        Empty slots have sign 0. Resolutions of a quarter take slots in the order written, so that
        one more changes nobody's draws.
        """
        names, texts = self.world.names, self.world.attributes.texts
        votes = (self.scenario.quarters, VOTE_SLOTS)
        threshold, sign = np.zeros((*votes, 1)), np.zeros((*votes, 1))
        stake = np.zeros((*votes, len(names.powers), 1))
        held: dict[int, int] = {}
        for index, event, _ in self._of(Resolution):
            slot = held.get(event.date, 0)
            held[event.date] = slot + 1
            if slot >= VOTE_SLOTS:
                self.report.problem(
                    ("event", index),
                    f"is resolution number {slot + 1} of {quarters.name(event.date)}; "
                    f"a quarter can hold {VOTE_SLOTS}",
                )
                continue
            at = (self._index(event.date), slot)
            sign[at] = 1.0
            if event.text is not None:
                text = names.texts.index(event.text)
                threshold[at], sign[at] = texts.threshold[text], texts.sign[text]
                stake[at] = texts.stake[text]
            if event.threshold is not None:
                threshold[at] = event.threshold
            if event.sign is not None:
                sign[at] = event.sign
            for power, weight in (event.stakes or {}).items():
                stake[(*at, names.powers.index(power))] = weight
        return threshold, stake, sign


def _draw(event: Event, draw: Draws) -> Drawn:
    target = ".".join(
        "*" if found is None else "+".join([found] if isinstance(found, str) else found)
        for found in (getattr(event, part) for part in event.target)
    )
    name = f"event/{event.kind}/{target}"  # not the date: moved in time, it keeps its draws
    values = {key: getattr(event, key, None) for key in _DRAWN}
    return {key: draw(value, f"{name}/{key}") for key, value in values.items() if value is not None}
