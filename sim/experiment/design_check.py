"""A design held against its scenarios and their case: do its factors act, are outcomes there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from sim.case import Case
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, columns
from sim.core.plan import Plan
from sim.core.world import Array, Names, World
from sim.experiment.design_factors import resolve_factors, tell
from sim.experiment.design_schema import Design
from sim.experiment.design_values import read_cell
from sim.experiment.sampling import Value, VariedFactor
from sim.scenario import Scenario, compile_plan
from sim.scenario.distributions import Given
from sim.scenario.factors import set_values
from sim.scenario.problems import Report, nearest

__all__ = ["check_inputs", "read_cell", "resolve_factors", "same_inputs"]

_TRIED = 5  # values of a factor that are compiled before it is said to change nothing


def check_inputs(
    design: Design,
    scenarios: Sequence[Scenario],
    case: Case,
    alone: bool = True,
    factors: Sequence[VariedFactor] | None = None,
) -> None:
    """Refuse factors that change no input of the model, and outcomes that are not recorded.

    Each scenario is compiled with each factor at differing values, all else as it stands, and
    every array of the world and of the plan is compared.

    Parameters
    ----------
    design : Design
    scenarios : sequence of Scenario
    case : Case
    alone : bool
        Refuse as well values that fit only together with other factors'; else pass them over, for
        designs whose rows are known to fit.
    factors : sequence of VariedFactor, optional
        Those of the design, if they are resolved already.

    Raises
    ------
    InputError
        With a line for each factor and outcome.
    """
    if factors is None:
        factors = resolve_factors(design, scenarios, case)
    report = Report(design.where)
    for scenario in scenarios:
        held = set_values(scenario, case, design.constants)
        try:
            world, _ = _compiled(design, held, case)
        except InputError as error:
            if not design.constants:
                raise
            told = ", ".join(f"{path} {value}" for path, value in design.constants.items())
            raise InputError(
                f"{design.where('constants')}: with {told} the scenario cannot be run: {error}"
            ) from None
        inside = f" in the scenario {scenario.name}" if len(scenarios) > 1 else ""
        _check_outcomes(design, world.names, inside, report)
        acting = _acting(design, factors, scenario, case)
        for index, factor in enumerate(factors):
            if factor.name not in acting:
                _check_acts(design, index, factor, factors, scenario, case, report, alone)
    report.stop()


def _compiled(design: Design, scenario: Scenario, case: Case) -> tuple[World, Plan]:
    return compile_plan(scenario, case, range(2), design.seed)


def _acting(
    design: Design, factors: Sequence[VariedFactor], scenario: Scenario, case: Case
) -> set[str]:
    """Names of factors that act, as far as one compilation for all of them can tell.

    In its first row all factors that may differ by run are at one end, in each further row one of
    them is at the other end. Those not found to act so, and all if the rows do not fit, are left
    to be tried one by one.
    """
    own = [factor for factor in factors if factor.by_run]
    if not own:
        return set()
    rows = len(own) + 1
    settings: dict[str, object] = dict(design.constants)
    for row, factor in enumerate(own, 1):
        one, other = _tried(factor, factors)[:2]
        values = [float(one)] * rows
        values[row] = float(other)
        settings[factor.path] = Given(values=tuple(values))
    try:
        inputs = compile_plan(
            set_values(scenario, case, settings), case, range(2), design.seed, copies=rows
        )
    except InputError:
        return set()
    differing = np.zeros(rows, dtype=bool)
    for array in _arrays(inputs):
        if array.shape[-1:] == (2 * rows,):  # a value a run, the runs of each row together
            apart = array.reshape(-1, rows, 2)
            differing |= (apart != apart[:, :1]).any(axis=(0, 2))
    return {factor.name for row, factor in enumerate(own, 1) if differing[row]}


def _arrays(part: Any) -> Iterator[Array]:
    """The floating-point arrays of worlds and plans, and of the parts of them."""
    if is_dataclass(part):
        for one in fields(part):
            yield from _arrays(getattr(part, one.name))
    elif isinstance(part, Mapping):
        for inner in part.values():
            yield from _arrays(inner)
    elif isinstance(part, tuple):
        for inner in part:
            yield from _arrays(inner)
    elif isinstance(part, np.ndarray) and part.dtype == np.float64:
        yield part


def _check_acts(
    design: Design,
    index: int,
    factor: VariedFactor,
    factors: Sequence[VariedFactor],
    scenario: Scenario,
    case: Case,
    report: Report,
    alone: bool,
) -> None:
    """Does a factor by itself change anything that the model is given."""
    first: tuple[World, Plan] | None = None
    for value in _tried(factor, factors):
        try:
            given = set_values(scenario, case, {**design.constants, factor.path: value})
            inputs = _compiled(design, given, case)
        except InputError as error:
            followed = any(one.same_as == factor.name for one in factors)
            if not alone or factor.same_as is not None or followed:
                return  # it fits only together with others, and then it acts
            told = f"{value:g}" if isinstance(value, float) else str(value)
            tell(report, ("factor", index), f"{factor.name!r} at {told}: ", error)
            return
        if first is None:
            first = inputs
        elif not same_inputs(first, inputs):
            return
    report.problem(
        ("factor", index),
        f"{factor.name!r} changes no input of {scenario.name}; its date may lie after the last "
        f"quarter ({quarters.name(scenario.end)}), what it is about may be left out of the "
        "membership, or something set later may cover it",
    )


def _tried(factor: VariedFactor, factors: Sequence[VariedFactor]) -> list[Value]:
    """The ends of a factor, then some values between them."""
    leader, chain = factor, [factor]
    while leader.same_as is not None:
        leader = next(one for one in factors if one.name == leader.same_as)
        chain.append(leader)
    values = leader.extremes()
    if leader.levels is None:
        values += leader.at(np.linspace(0.1, 0.9, _TRIED - len(values)))
    else:
        inner = [value for value in leader.levels if value not in values]
        every = max(1, -(-len(inner) // max(1, _TRIED - len(values))))
        values += inner[::every]
    for follower in reversed(chain[:-1]):
        values = follower.following(values)
    return values


def same_inputs(one: Any, other: Any) -> bool:
    """Are two worlds, plans or parts of them equal, array by array.

    A runs axis of length 1 is the same as one that repeats it.
    """
    if is_dataclass(one):
        return all(
            same_inputs(getattr(one, part.name), getattr(other, part.name)) for part in fields(one)
        )
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same_inputs(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same_inputs, one, other))
    if isinstance(one, np.ndarray):
        if one.shape[:-1] != other.shape[:-1]:
            return False
        try:
            return bool(np.all(one == other))
        except ValueError:
            return False
    return bool(one == other)


def _check_outcomes(design: Design, names: Names, inside: str, report: Report) -> None:
    """Outcomes and columns that there are with these countries, powers and routes."""
    for key in ("outcomes", "by_quarter"):
        for index, name in enumerate(getattr(design, key) or ()):
            allowed = columns(INDICATORS[name.split(".")[0]], names)
            if name not in INDICATORS and name not in allowed:
                report.problem(
                    (key, index), f"there is no column {name!r}{inside}{nearest(name, allowed)}"
                )
