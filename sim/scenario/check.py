"""A scenario held against the case it is about: every name, date, range and source."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import fields

from sim.case import Case
from sim.case.schema import ATTRIBUTES, PARAMETERS
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.indicators import INDICATORS, columns
from sim.core.world import Attributes, World
from sim.scenario.distributions import INFINITY, Distribution
from sim.scenario.problems import Report, listed, nearest
from sim.scenario.schema import (
    Deal,
    Event,
    Headline,
    NoisePath,
    Path,
    Resolution,
    Scenario,
    TablePath,
)

OVERRIDABLE = tuple(f.name for f in fields(Attributes) if f.name in ATTRIBUTES)
MOST_ANNOUNCED = 10  # times GDP, in one deal
_AXES = ("country", "power", "other", "channel", "route", "season")
_PLURAL = {
    "country": "countries",
    "power": "powers",
    "channel": "channels",
    "route": "routes",
    "sector": "sectors",
    "text": "texts",
}
_CITATION = re.compile(r"\b([ES])\d+\b")


def reach(value: float | Distribution) -> tuple[float, float]:
    """The least and the greatest value that a number or a distribution can give."""
    return (value, value) if isinstance(value, int | float) else value.support()


def check_actors(scenario: Scenario, case: Case) -> None:
    """Hold the membership table against the case.

    Raises
    ------
    InputError
        If a country or a power is not in the case, or a member of the group is not simulated.
    """
    report = Report(scenario.where)
    members, names = scenario.membership, case.names
    for key, axis, allowed in (
        ("countries", "country", names.countries),
        ("powers", "power", names.powers),
        ("group", "country", names.countries),
    ):
        for code in getattr(members, key) or ():
            if code not in allowed:
                _unknown(report, ("membership", key), code, axis, case)
    core = core_countries(case)
    if members.countries and not set(members.countries) & set(core):
        report.problem(
            ("membership", "countries"),
            f"at least one core country is needed {listed('core', core)}",
        )
    simulated = members.countries or core
    for code in members.group or ():
        if code in names.countries and code not in simulated:
            report.problem(
                ("membership", "group"),
                f"{code} is in the group but not simulated {listed('countries', simulated)}",
            )
    report.stop()


def core_countries(case: Case) -> list[str]:
    """Codes of the case's core countries."""
    return [row["country"] for row in case.table("countries") if row.number("core")]


def check_scenario(scenario: Scenario, case: Case, world: World) -> None:
    """Hold all the rest against the case and the world that is simulated.

    Raises
    ------
    InputError
        With all problems found, one a line, each with its file and line.
    """
    _Check(scenario, case, world).run()


def _unknown(report: Report, keys: Sequence[str | int], code: str, axis: str, case: Case) -> None:
    allowed = case.names.by_axis[axis]
    report.problem(
        keys,
        f"{code!r} is not a {axis} of {case.name}{nearest(code, allowed)} "
        f"{listed(_PLURAL[axis], allowed)}",
    )


class _Check:
    def __init__(self, scenario: Scenario, case: Case, world: World) -> None:
        self.scenario, self.case, self.world = scenario, case, world
        self.report = Report(scenario.where)
        self.citations = {
            "E": case.table("evidence").codes,
            "S": case.table("documents").codes,
        }

    def run(self) -> None:
        self.horizon()
        self.parameters()
        for index, override in enumerate(self.scenario.attribute):
            keys = ("attribute", index)
            if self.known(keys, "name", override.name, "attribute", OVERRIDABLE):
                attribute = ATTRIBUTES[override.name]
                self.indices(keys, override, override.name, "attribute", attribute.axes)
                what, value = override.setting
                if what == "value":
                    self.range((*keys, what), value, attribute.low, attribute.high)
            self.source(keys, override.source)
        for index, path in enumerate(self.scenario.path):
            self.path(("path", index), path)
        for index, event in enumerate(self.scenario.event):
            self.event(("event", index), event)
        for index, headline in enumerate(self.scenario.headline):
            self.headline(("headline", index), headline)
        self.report.stop()

    # ------------------------------------------------------------------------- kinds of checks

    def known(
        self, keys: Sequence[str | int], key: str, found: str, what: str, allowed: Collection[str]
    ) -> bool:
        if found in allowed:
            return True
        article = "an" if what[0] in "aeiou" else "a"
        self.report.problem(
            (*keys, key),
            f"{found!r} is not {article} {what}{nearest(found, allowed)} "
            f"{listed(f'{what}s', allowed)}",
        )
        return False

    def code(self, keys: Sequence[str | int], code: str, axis: str) -> None:
        """A code of the case, and of those that this scenario simulates."""
        axis = "power" if axis == "other" else axis
        if code not in self.case.names.by_axis[axis]:
            _unknown(self.report, keys, code, axis, self.case)
            return
        simulated = self.world.names.by_axis[axis]
        if code in simulated:
            return
        if axis == "route":
            row = next(row for row in self.case.table("routes") if row["route"] == code)
            self.report.problem(
                keys,
                f"route {code} is left out: it lies in {row['country']} and is controlled by "
                f"{row['power']}, and one of them is not simulated (see membership)",
            )
        else:
            self.report.problem(
                keys,
                f"{code} is in the case but not simulated; add it to membership.{_PLURAL[axis]} "
                f"{listed('simulated', simulated)}",
            )

    def indices(
        self, keys: Sequence[str | int], table: object, name: str, what: str, axes: Sequence[str]
    ) -> None:
        for axis in _AXES:
            codes = getattr(table, axis, None)
            if codes is None:
                continue
            if axis not in axes:
                has = ", ".join(axes) or "none"
                self.report.problem((*keys, axis), f"{what} {name!r} has no {axis}; it has: {has}")
            elif axis != "season":
                for code in codes:
                    self.code((*keys, axis), code, axis)

    def range(
        self, keys: Sequence[str | int], value: float | Distribution, low: float, high: float
    ) -> None:
        least, greatest = reach(value)
        if least < low or greatest > high:
            found = f"{value:g}" if isinstance(value, float) else value.words()
            self.report.problem(keys, f"{found} lies outside the range {low:g} to {high:g}")

    def date(self, keys: Sequence[str | int], quarter: int) -> None:
        start, end = self.scenario.start, self.scenario.end
        if not start <= quarter <= end:
            self.report.problem(
                keys,
                f"{quarters.name(quarter)} lies outside the horizon, {quarters.name(start)} to "
                f"{quarters.name(end)}",
            )

    def source(self, keys: Sequence[str | int], source: str | None) -> None:
        tables = {"E": "evidence", "S": "documents"}
        for match in _CITATION.finditer(source or ""):
            if match[0] not in self.citations[match[1]]:
                self.report.problem(
                    (*keys, "source"),
                    f"{match[0]} is not in the {tables[match[1]]} of {self.case.name}"
                    f"{nearest(match[0], self.citations[match[1]])}",
                )

    # ------------------------------------------------------------------------ tables of the file

    def horizon(self) -> None:
        if self.scenario.start <= self.world.base:
            start, base = quarters.name(self.scenario.start), quarters.name(self.world.base)
            self.report.problem(
                ("horizon", "start"), f"{start} does not come after the base quarter {base}"
            )

    def parameters(self) -> None:
        for name, value in self.scenario.parameters.items():
            if self.known(("parameters",), name, name, "parameter", PARAMETERS):
                self.range(("parameters", name), value, *PARAMETERS[name])

    def path(self, keys: tuple[str | int, ...], path: Path) -> None:
        if self.known(keys, "driver", path.driver, "driver", DRIVERS):
            driver = DRIVERS[path.driver]
            self.indices(keys, path, path.driver, "driver", driver.axes)
            points: dict[tuple[str | int, ...], float | Distribution] = {}
            if isinstance(path, TablePath):
                points = {("values", place): value for place, value in enumerate(path.values)}
            elif not isinstance(path, NoisePath) and path.value is not None:
                points = {("value",): path.value}
            for key, value in points.items():
                if isinstance(value, float):  # what a distribution gives is cut off instead
                    self.range((*keys, *key), value, driver.low, driver.high)
        for names, quarter in path.dates().items():
            self.date((*keys, *names), quarter)
        self.source(keys, path.source)

    def event(self, keys: tuple[str | int, ...], event: Event) -> None:
        for axis in ("country", "power", "channel", "route", "sector"):
            code = getattr(event, axis, None)
            if code is not None:
                self.code((*keys, axis), code, axis)
        for code in getattr(event, "countries", None) or ():
            self.code((*keys, "countries"), code, "country")
        if isinstance(event, Deal):
            self.deal(keys, event)
        if isinstance(event, Resolution):
            if event.text is not None and event.text not in self.world.names.texts:
                _unknown(self.report, (*keys, "text"), event.text, "text", self.case)
            for power in event.stakes or ():
                self.code((*keys, "stakes", power), power, "power")
        self.date((*keys, "date"), event.date)
        self.source(keys, event.source)

    def deal(self, keys: tuple[str | int, ...], deal: Deal) -> None:
        """A sum far beyond the country's GDP was meant in another unit."""
        countries = self.world.names.countries
        greatest = reach(deal.announced)[1]
        if deal.country not in countries or greatest == INFINITY:
            return
        gdp = float(self.world.attributes.gdp[countries.index(deal.country), 0])
        if greatest > MOST_ANNOUNCED * gdp:
            self.report.problem(
                (*keys, "announced"),
                f"USD {greatest:g} bn is over {MOST_ANNOUNCED} times the GDP of {deal.country}, "
                f"{gdp:g} bn; is it in another unit?",
            )

    def headline(self, keys: tuple[str | int, ...], headline: Headline) -> None:
        prefix, *codes = headline.outcome.split(".")
        if self.known(keys, "outcome", prefix, "outcome", INDICATORS):
            axes = INDICATORS[prefix].axes
            if len(codes) != len(axes):
                shape = ".".join((prefix, *(axis.upper() for axis in axes)))
                self.report.problem(
                    (*keys, "outcome"), f"{headline.outcome!r} should be of the form {shape}"
                )
            elif headline.outcome not in columns(INDICATORS[prefix], self.world.names):
                for code, axis in zip(codes, axes, strict=True):
                    self.code((*keys, "outcome"), code, axis)
        if headline.at not in ("end", "mean"):
            self.date((*keys, "at"), quarters.parse(headline.at))
