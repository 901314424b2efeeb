"""Moving figures: a case, draws of parameters and a scenario in which some stand elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.case import Case, Posterior
from sim.case.provenance import Figure
from sim.case.schema import ATTRIBUTES, PARAMETERS, TABLES
from sim.case.tables import Row, Table
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.world import Array
from sim.scenario import Scenario
from sim.scenario.entries import write_value
from sim.scenario.load import validated
from sim.scenario.positions import KeyPath

_STRETCHED = ("low", "high", "mode", "mean", "sd", "median", "values")  # of a distribution
_POSITIONS = 2.0  # length of the scale from -1 to 1
_POSITION_NAMES = ("position", "stance")


@dataclass(frozen=True)
class Moved:
    """What a simulation is compiled from, with figures moved.

    Attributes
    ----------
    case : Case
    parameters : dict of str to callable
        What to do to the draws of a parameter, (run,) to (run,).
    scenario : Scenario
    """

    case: Case
    parameters: Mapping[str, Callable[[Array], Array]]
    scenario: Scenario

    def drawn(self, posterior: Posterior | None, runs: range) -> dict[str, Array]:
        """Values of the parameters that are not at their centres, (run,) by name."""
        values = {} if posterior is None else posterior.at(runs)
        for name, move in self.parameters.items():
            if name in values:
                values[name] = move(values[name])
        return values


def step_of(figure: Figure) -> tuple[float, str]:
    """How much a hundredth of a figure is, and in words of what.

    A ratio is moved in proportion. A position on the axis from -1 to 1 has no natural zero, so that
    a hundredth of it would mean nothing: it is moved by a hundredth of the scale. What stands at 0
    is moved by a hundredth of its own range.

    Returns
    -------
    step : float
        0 where there is nothing to go by.
    of : str
    """
    if figure.unit == "position" or figure.name in _POSITION_NAMES:
        return 0.01 * _POSITIONS, "scale"
    if figure.value:
        return 0.01 * abs(figure.value), "value"
    width = figure.high - figure.low
    return (0.01 * width, "range") if width > 0 else (0.0, "nothing")


def bounds_of(figure: Figure, case: Case) -> tuple[float, float]:
    """What the number of a figure can be at all."""
    if figure.table == "parameters":
        return PARAMETERS[figure.name]
    if figure.table == "attributes":
        known = ATTRIBUTES[figure.name]
        return known.low, known.high
    if figure.table == "drivers" and figure.column == "value":
        driver = DRIVERS[figure.name]
        return driver.low, driver.high
    column = next(one for one in TABLES[figure.table] if one.name == figure.column)
    low, high = column.low, column.high
    if figure.table == "routes" and figure.column in ("volume", "capacity"):
        row = next(one for one in case.table("routes") if one.line == figure.line)
        if figure.column == "volume":
            high = min(high, row.number("capacity"))
        else:
            low = max(low, row.number("volume"))
    return low, high


def stepped(figures: Sequence[Figure], case: Case, hundredths: float) -> dict[Figure, float]:
    """Each figure moved by so many hundredths.

    Raises
    ------
    InputError
        If one would leave what it can be.
    """
    goals = {}
    for figure in figures:
        goal = figure.value + hundredths * step_of(figure)[0]
        low, high = bounds_of(figure, case)
        if not low <= goal <= high:
            raise InputError(f"{figure.id}: {goal:.4g} lies outside {low:g} to {high:g}")
        goals[figure] = goal
    return goals


def moved(
    goals: Mapping[Figure, float],
    case: Case,
    scenario: Scenario,
    posterior: Posterior | None,
    keys: Sequence[KeyPath] = (),
    factor: float = 1.0,
    *,
    fixed: bool = False,
) -> Moved:
    """A case and a scenario with figures at other values.

    Parameters
    ----------
    goals : mapping of Figure to float
        New number of each.
    case, scenario : Case, Scenario
    posterior : Posterior or None
        Draws of the parameters that runs take: those of a parameter are moved with it.
    keys : sequence of key path
        Numbers and distributions of the resolved scenario that are multiplied by `factor`.
    factor : float
    fixed : bool
        Whether every draw of a parameter is put at the new number; else draws are moved in
        proportion.

    Raises
    ------
    InputError
        If a number cannot stand in the scenario.
    """
    parameters: dict[str, Callable[[Array], Array]] = {}
    by_table: dict[str, dict[int, dict[str, float]]] = {}
    for figure, goal in goals.items():
        by_table.setdefault(figure.table, {}).setdefault(figure.line, {})[figure.column] = goal
        if figure.table == "parameters" and posterior is not None:
            parameters[figure.name] = _draws(figure.value, goal, fixed)
    for name, rows in by_table.items():
        case = case.with_table(_changed(case.table(name), rows))
    if keys and factor != 1.0:
        data = scenario.resolved()
        for path in keys:
            standing: Any = data
            for key in path:
                standing = standing[key]
            write_value(data, path, _scaled(standing, factor))
        origin = scenario.origin
        try:
            scenario = validated(data, replace(origin, written=data))
        except InputError:
            raise InputError(
                f"{scenario.name}: what rests on it there would reach beyond what is allowed"
            ) from None
    return Moved(case, parameters, scenario)


def _draws(value: float, goal: float, fixed: bool) -> Callable[[Array], Array]:
    if fixed:
        return lambda draws: np.full_like(draws, goal)
    if value:
        return lambda draws: draws * (goal / value)
    return lambda draws: draws + goal


def _changed(table: Table, rows: Mapping[int, Mapping[str, float]]) -> Table:
    """A table with other numbers in some rows, by line and column."""

    def row(old: Row) -> Row:
        new = rows.get(old.line)
        if new is None:
            return old
        cells = {**old.cells, **{column: repr(number) for column, number in new.items()}}
        return Row(old.line, cells, {**old.numbers, **new})

    return replace(table, rows=tuple(row(old) for old in table))


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, dict):
        return {
            name: _scaled(one, factor) if name in _STRETCHED else one for name, one in value.items()
        }
    if isinstance(value, list):
        return [_scaled(one, factor) for one in value]
    return value * factor


def ranged(figures: Sequence[Figure]) -> Iterator[Figure]:
    """Figures that have a range with a width."""
    return (one for one in figures if math.isfinite(one.low) and one.low < one.high)
