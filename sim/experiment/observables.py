"""Observables: what the model gives, by calendar year, for figures that somebody observes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from sim.case import Case
from sim.case.build import base_year
from sim.case.tables import Row, Table, choice
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, Ledger, Moment, columns
from sim.core.plan import Plan
from sim.core.reference import Reference, reference
from sim.core.rules import Rules
from sim.core.simulate import FEWEST_RUNS, Quarter, simulate
from sim.core.state import initial_state
from sim.core.step import Setting, step
from sim.core.streams import VOTE_SLOTS, Draws
from sim.core.world import Array, Names, World
from sim.scenario.problems import nearest

VOTES = ("vote_yes", "vote_no", "vote_abstain", "vote_absent")
# Outcomes that start at nought and add up, so that a change over a year has a meaning.
CUMULATIVE = (
    "announced",
    "announced_by_sector",
    "backed_down",
    "complied",
    "imposed",
    "imposed_by_channel",
    "severity",
    "status_quo",
    "threats",
    "welfare",
)
_QUARTERS = 4  # of a year


@dataclass(frozen=True)
class Observable:
    """One measure of one country and power, and the outcomes of the model that answer to it."""

    name: str  # measure.COUNTRY.POWER, measure.COUNTRY or measure
    measure: str
    family: str
    country: str  # blank where the measure has none
    power: str  # blank where the measure has none
    unit: str
    over: str  # mean: of the year's four quarters; change: over the year, of cumulative outcomes
    columns: tuple[str, ...]  # columns of outcomes, which are summed
    doubtful: bool = False  # its published figures are not to be trusted


def observables(case: Case, names: Names) -> tuple[Observable, ...]:
    """All that the case's table `measures` can be asked about the simulated actors.

    Parameters
    ----------
    case : Case
    names : Names
        Of the simulated world.

    Returns
    -------
    tuple of Observable
        Measure by measure, in the order of the table, then by country and power. Those whose
        outcomes the simulated actors do not have are left out. Empty if the case has no measures.

    Raises
    ------
    InputError
        If a measure asks for an outcome, a country or a power that the case does not have.
    """
    table = case.tables.get("measures")
    if table is None:
        return ()
    codes = {row["record"]: row["code"] for row in case.tables.get("record_codes", ())}
    whole = case.names
    held: dict[str, frozenset[str]] = {}  # columns of an outcome among the simulated actors
    found = []
    for row in table:
        _check_outcomes(table, row)
        for country in _codes(table, row, "country", "country", whole.countries, codes):
            for power in _codes(table, row, "partner", "power", whole.powers, codes):
                terms = _columns(table, row, country, power, whole)
                for outcome in {term.split(".")[0] for term in terms}.difference(held):
                    held[outcome] = frozenset(columns(INDICATORS[outcome], names))
                if all(term in held[term.split(".")[0]] for term in terms):
                    found.append(
                        Observable(
                            name=".".join(filter(None, (row["measure"], country, power))),
                            measure=row["measure"],
                            family=row["family"],
                            country=country,
                            power=power,
                            unit=row["unit"],
                            over=row["over"],
                            columns=terms,
                            doubtful=bool(country) and country in row["doubtful"].split(";"),
                        )
                    )
    return tuple(found)


def vote_observables(case: Case, names: Names) -> tuple[Observable, ...]:
    """Expected shares of Yes, No, abstentions and absences, by text and country.

    Parameters
    ----------
    case : Case
        Gives the names of the texts that may be asked about: those of the simulated world.
    names : Names
        Of the simulated world.

    Returns
    -------
    tuple of Observable
        Named as the columns of the outcomes are: ``vote_yes.TEXT.COUNTRY``.
    """
    return tuple(
        Observable(
            name=f"{vote}.{text}.{country}",
            measure=f"{vote}.{text}",
            family="votes",
            country=country,
            power="",
            unit=INDICATORS[vote].unit,
            over="mean",
            columns=(f"{vote}.{text}.{country}",),
        )
        for vote in VOTES
        for text in case.names.texts
        if text in names.texts
        for country in names.countries
    )


def recorded_observables(case: Case, names: Names) -> tuple[Observable, ...]:
    """What a batch records: the observables of the measures and of votes; without measures none.

    Arguments and errors as in `observables`.
    """
    found = observables(case, names)
    return (*found, *vote_observables(case, names)) if found else ()


def _check_outcomes(table: Table, row: Row) -> None:
    where = f"{table.where(row)}: column 'outcome'"
    for term in _terms(row):
        outcome = term.split(".")[0]
        if outcome not in INDICATORS:
            raise InputError(
                f"{where}: there is no outcome {outcome!r}{nearest(outcome, INDICATORS)}"
            )
        if row["over"] == "change" and outcome not in CUMULATIVE:
            raise InputError(
                f"{where}: {outcome!r} does not add up over quarters, so that it has no change "
                f"over a year; allowed: {', '.join(CUMULATIVE)}"
            )


def _terms(row: Row) -> list[str]:
    return [term.strip() for term in row["outcome"].split("+")]


def _codes(
    table: Table,
    row: Row,
    column: str,
    place: str,
    known: tuple[str, ...],
    codes: Mapping[str, str],
) -> tuple[str, ...]:
    """Codes to put in a place of the pattern; one blank code if the pattern has no such place."""
    if f"{{{place}}}" not in row["outcome"]:
        return ("",)
    if not row[column]:
        return known
    code = codes.get(row[column], row[column])
    if code not in known:
        raise InputError(f"{table.where(row)}: column {column!r}: {choice(code, known)}")
    return (code,)


def _columns(table: Table, row: Row, country: str, power: str, whole: Names) -> tuple[str, ...]:
    """Columns that a pattern names for a country and a power; all are columns of the case."""
    found = []
    for term in _terms(row):
        column = term.replace("{country}", country).replace("{power}", power)
        indicator = INDICATORS[column.split(".")[0]]
        if column not in (known := columns(indicator, whole)):
            axes = ", ".join(indicator.axes) or "none"
            raise InputError(
                f"{table.where(row)}: column 'outcome': {column!r} is no column of "
                f"{indicator.name!r}, which has the axes: {axes}{nearest(column, known)}"
            )
        found.append(column)
    return tuple(found)


# Values by calendar year


@dataclass(frozen=True)
class _Group:
    """Columns of one outcome, each of another observable, that are taken together."""

    outcome: str
    over: str
    rows: NDArray[np.intp]  # of the outcome, its axes made one
    places: NDArray[np.intp]  # of the observables


def _groups(wanted: Sequence[Observable], names: Names) -> list[_Group]:
    order: dict[str, dict[str, int]] = {}
    members: dict[tuple[str, str, int], list[tuple[int, int]]] = {}
    for place, observable in enumerate(wanted):
        for term, column in enumerate(observable.columns):
            outcome = column.split(".")[0]
            if outcome not in order:
                listed = columns(INDICATORS[outcome], names)
                order[outcome] = {name: row for row, name in enumerate(listed)}
            key = (outcome, observable.over, term)
            members.setdefault(key, []).append((order[outcome][column], place))
    groups = []
    for (outcome, over, _), pairs in members.items():
        rows, places = np.array(pairs, dtype=np.intp).T
        groups.append(_Group(outcome, over, rows, places))
    return groups


class Yearly:
    """Observables by calendar year, collected while a simulation runs.

    Parameters
    ----------
    wanted : sequence of Observable
    names : Names
        Of the simulated world.
    plan : Plan
        Gives the quarters.
    runs : int
        Length of the runs axis.

    Attributes
    ----------
    years : int array (year,)
        Calendar years simulated in full.
    values : array (observable, year, run)
        Complete once the last quarter is added. A change is the cumulative outcome at the end of
        a year less that at the end of the year before, 0 if that lies before the simulation.
    """

    def __init__(self, wanted: Sequence[Observable], names: Names, plan: Plan, runs: int) -> None:
        first = -(-plan.start // _QUARTERS)
        self.years = np.arange(first, (plan.start + plan.quarters) // _QUARTERS)
        self.values: Array = np.zeros((len(wanted), len(self.years), runs))
        self._groups = _groups(wanted, names)

    def add(self, quarter: Quarter) -> None:
        """Take in the next quarter."""
        year, season = divmod(quarter.quarter, _QUARTERS)
        place = year - int(self.years[0]) if len(self.years) else -1
        measured: dict[str, Array] = {}
        for group in self._groups:
            if group.over == "change" and season != _QUARTERS - 1:
                continue
            if group.outcome not in measured:
                outcome = quarter.measure(group.outcome)
                measured[group.outcome] = outcome.reshape(-1, outcome.shape[-1])
            values = measured[group.outcome][group.rows]
            if group.over == "change":
                # What one year's end adds, the next year's change takes away.
                if 0 <= place < len(self.years):
                    self.values[group.places, place] += values
                if 0 <= place + 1 < len(self.years):
                    self.values[group.places, place + 1] -= values
            elif 0 <= place < len(self.years):
                self.values[group.places, place] += values / _QUARTERS


def yearly(
    world: World, plan: Plan, wanted: Sequence[Observable], seed: int, first_run: int, runs: int
) -> tuple[NDArray[np.int_], Array]:
    """Simulate consecutive runs and give their observables by calendar year.

    Parameters
    ----------
    world, plan : World, Plan
    wanted : sequence of Observable
    seed, first_run, runs : int
        As in `sim.core.simulate.simulate`.

    Returns
    -------
    years : int array (year,)
    values : array (observable, year, run)
    """
    collected = Yearly(wanted, world.names, plan, runs)
    for quarter in simulate(world, plan, seed, first_run, runs):
        collected.add(quarter)
    return collected.years, collected.values


# The base year


def base_values(world: World, plan: Plan, wanted: Sequence[Observable]) -> Array:
    """What the model gives for the base year, to set its forecasts against what was observed then.

    Everything is at the reference, without coercion and without noise; only trend GDP moves
    between the year's quarters.

    Parameters
    ----------
    world : World
    plan : Plan
        Gives the shapes; nothing that it prescribes has happened yet.
    wanted : sequence of Observable

    Returns
    -------
    array (observable, run)
        The runs axis has length 1, or R where the world varies by run. A change is 0.
    """
    runs = _runs(world)
    means = [one for one in wanted if one.over == "mean"]
    places = [place for place, one in enumerate(wanted) if one.over == "mean"]
    values = np.zeros((len(wanted), runs))
    if means:
        quarters = _base_quarters(world, plan, max(runs, FEWEST_RUNS))
        collected = Yearly(
            means, world.names, quarters[0].moment.setting.plan, max(runs, FEWEST_RUNS)
        )
        for quarter in quarters:
            collected.add(quarter)
        values[places] = collected.values[:, 0, :runs]
    return values


def _runs(world: World) -> int:
    """Length of the runs axis of a world."""
    attributes = world.attributes
    parts = (
        attributes,
        attributes.routes,
        attributes.sectors,
        attributes.texts,
        world.parameters,
    )
    values = [getattr(part, one.name) for part in parts for one in fields(part)]
    arrays = [value for value in values if getattr(value, "dtype", None) == np.float64]
    return max(array.shape[-1] for array in [*arrays, *world.drivers.values()])


def _base_plan(world: World, plan: Plan, expected: Reference) -> Plan:
    """The base year with drivers at their reference and deals as expected, and nothing else."""

    def nothing(path: Array) -> Array:
        return np.zeros((_QUARTERS, *path.shape[1:-1], 1))

    def steady(values: Array) -> Array:
        return np.repeat(values[None], _QUARTERS, axis=0)

    return replace(
        plan,
        start=_QUARTERS * base_year(world.base),
        quarters=_QUARTERS,
        drivers={name: steady(values) for name, values in world.drivers.items()},
        persistence={},
        noise={},
        membership=steady(world.attributes.core[:, None].astype(float)),
        disruption=nothing(plan.disruption),
        alarm_events=nothing(plan.alarm_events),
        summits=nothing(plan.summits),
        announced=steady(expected.inflow),
        committed=steady(expected.inflow),
        capacity=nothing(plan.capacity),
        closure=nothing(plan.closure),
        vote_sign=nothing(plan.vote_sign),
    )


def _base_quarters(world: World, plan: Plan, runs: int) -> list[Quarter]:
    """The quarters of the base year, all at the reference."""
    rules = Rules()
    expected = reference(world, rules)
    plan = _base_plan(world, plan, expected)
    setting = Setting(world, expected, plan, rules)
    state = initial_state(world, expected, runs)
    countries, powers = state.fear.shape[:2]
    never = np.ones((countries, powers, runs))  # a uniform draw that no share exceeds
    none = np.zeros((countries, powers, runs))
    draws = Draws(
        drivers={},
        deal_count=none,  # deals come as expected, from the plan
        deal_size=none,
        threat=never,
        comply=never,
        impose=never,
        lapse=never,
        vote=np.ones((VOTE_SLOTS, countries, runs)),
    )
    _, flow = step(setting, 0, state, draws)
    ledger = Ledger.empty(world, runs)
    return [
        Quarter(index, plan.start + index, Moment(setting, index, state, flow, ledger))
        for index in range(plan.quarters)
    ]
