"""The factors of a design: what they stand for in its scenarios, and their values there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.case import Case
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.design_schema import LEVELLED, MOST_ROWS, Design, Factor
from sim.experiment.design_values import KIND, cells_of, converted
from sim.experiment.sampling import Value, VariedFactor, evenly, rows_of_grid
from sim.scenario import Scenario
from sim.scenario.entries import Place
from sim.scenario.factors import find_place, set_values
from sim.scenario.positions import KeyPath
from sim.scenario.problems import Report


def resolve_factors(
    design: Design, scenarios: Sequence[Scenario], case: Case
) -> tuple[VariedFactor, ...]:
    """Find what the factors of a design stand for, and convert and check their values.

    Parameters
    ----------
    design : Design
    scenarios : sequence of Scenario
        Those of the design; every factor must exist in each.
    case : Case

    Returns
    -------
    tuple of VariedFactor
        In the order of the design.

    Raises
    ------
    InputError
        With everything that does not fit, one problem a line: paths that lead nowhere, values of
        the wrong kind or out of range, factors that together make no design.
    """
    report = Report(design.where)
    places = [
        _place(("factor", index, "path"), factor.path, scenarios, case, report)
        for index, factor in enumerate(design.factor)
    ]
    for path in design.constants:
        _place(("constants", path), path, scenarios, case, report)
    report.stop()
    found = [place for place in places if place is not None]
    _check_paths(design, found, scenarios, case, report)
    cells = cells_of(design, found)
    factors: list[VariedFactor] = []
    for index, (factor, place) in enumerate(zip(design.factor, found, strict=True)):
        column = None if cells is None else cells.get(factor.called)
        varied = _varied(design, ("factor", index), factor, place, found, column, report)
        factors += [] if varied is None else [varied]
    report.stop()
    _check_together(design, factors, report)
    report.stop()
    _check_settings(design, factors, scenarios, case, report)
    report.stop()
    return tuple(factors)


def _place(
    keys: KeyPath, path: str, scenarios: Sequence[Scenario], case: Case, report: Report
) -> Place | None:
    """What a path stands for in the first scenario; it must be there in all."""
    found: list[Place] = []
    for scenario in scenarios:
        try:
            found.append(find_place(path, scenario, case))
        except InputError as error:
            inside = f" in the scenario {scenario.name}" if len(scenarios) > 1 else ""
            report.problem(keys, f"{error}{inside}")
            return None
    return found[0]


def _check_paths(
    design: Design,
    places: Sequence[Place],
    scenarios: Sequence[Scenario],
    case: Case,
    report: Report,
) -> None:
    """The same place under two spellings."""
    first: dict[str, str] = {}
    for index, (factor, place) in enumerate(zip(design.factor, places, strict=True)):
        if place.path in first:
            report.problem(
                ("factor", index, "path"),
                f"{factor.path} varies already, as the factor {first[place.path]!r}",
            )
        first.setdefault(place.path, factor.called)
    for path in design.constants:
        canonical = find_place(path, scenarios[0], case).path
        if canonical in first:
            report.problem(
                ("constants", path), f"is held here, but varies as the factor {first[canonical]!r}"
            )


def _varied(
    design: Design,
    keys: KeyPath,
    factor: Factor,
    place: Place,
    places: Sequence[Place],
    column: Sequence[Value] | None,
    report: Report,
) -> VariedFactor | None:
    """One factor with its values; None if they do not fit, which is reported."""
    base: dict[str, Any] = {
        "name": factor.called,
        "path": place.path,
        "kind": place.kind,
        "by_run": place.by_run,
    }
    if factor.same_as is not None:
        return _follower(design, keys, factor, places, base, report)
    if column is not None:
        return VariedFactor(**base, levels=tuple(sorted(set(column))), column=tuple(column))
    if factor.distribution is not None:
        return _distributed(design, keys, factor, base, report)
    values: dict[KeyPath, Value] = {
        ("values", at): value for at, value in enumerate(factor.values or ())
    }
    if factor.values is None:
        assert factor.low is not None
        assert factor.high is not None
        values = {("low",): factor.low, ("high",): factor.high}
    given: list[Value] = []
    for key, value in values.items():
        try:
            given.append(converted(value, place.kind))
        except InputError as error:
            report.problem((*keys, *key), f"{factor.called!r}: {error}")
    if len(given) < len(values):
        return None
    if factor.values is not None:
        return VariedFactor(**base, levels=tuple(given))
    return _range(design, keys, factor, given[0], given[1], base, report)


def _range(
    design: Design,
    keys: KeyPath,
    factor: Factor,
    low: Any,
    high: Any,
    base: dict[str, Any],
    report: Report,
) -> VariedFactor | None:
    kind, name = base["kind"], factor.called
    if kind in ("flag", "text"):
        report.problem(keys, f"{name!r} has no order, so no low and high; give it values")
        return None
    if low == high:
        report.problem(
            (*keys, "high"), f"low and high of {name!r} are both {low!r}, so it varies nothing"
        )
        return None
    if low > high:
        report.problem((*keys, "high"), f"low ({low}) of {name!r} must lie below its high ({high})")
        return None
    log = factor.scale == "log"
    if log and (kind != "number" or low <= 0.0):
        why = f"its low is {low:g}" if kind == "number" else "it is stepped"
        report.problem((*keys, "scale"), f"log is for numbers above 0; {name!r} is not: {why}")
        return None
    if kind == "number":
        if design.mode not in LEVELLED:
            return VariedFactor(**base, low=low, high=high, log=log)
        if factor.steps is None:
            report.problem(
                (*keys, "steps"), f"is missing; mode {design.mode} goes through levels of {name!r}"
            )
            return None
        levels = evenly(low, high, factor.steps, log)
        return VariedFactor(**base, levels=tuple(levels), low=low, high=high, log=log)
    first, last = (quarters.parse(low), quarters.parse(high)) if kind == "quarter" else (low, high)
    width, gaps = last - first, (factor.steps or last - first + 1) - 1
    if width >= MOST_ROWS:
        report.problem(keys, f"{name!r} has {width + 1:,} values; allowed: at most {MOST_ROWS:,}")
        return None
    if width % gaps:
        fitting = [step + 1 for step in range(1, width + 1) if width % step == 0]
        near = min(fitting, key=lambda steps: abs(steps - gaps - 1))
        report.problem(
            (*keys, "steps"),
            f"{gaps + 1} levels do not divide {low} to {high} evenly; the nearest that do: {near}",
        )
        return None
    numbers = range(first, last + 1, width // gaps)
    stepped = [quarters.name(number) if kind == "quarter" else number for number in numbers]
    return VariedFactor(**base, levels=tuple(stepped))


def _distributed(
    design: Design, keys: KeyPath, factor: Factor, base: dict[str, Any], report: Report
) -> VariedFactor | None:
    assert factor.distribution is not None
    if base["kind"] != "number":
        report.problem(
            (*keys, "distribution"),
            f"gives numbers, but {factor.called!r} is {KIND[base['kind']]}; give it values",
        )
        return None
    if design.mode not in LEVELLED:
        return VariedFactor(**base, distribution=factor.distribution)
    if factor.steps is None:
        report.problem(
            (*keys, "steps"),
            f"is missing; mode {design.mode} goes through levels of {factor.called!r}",
        )
        return None
    middles = (np.arange(factor.steps) + 0.5) / factor.steps  # the ends may be infinite
    levels = [float(value) + 0.0 for value in factor.distribution.inverse(middles)]
    distinct = tuple(dict.fromkeys(levels))
    if len(distinct) == 1:
        report.problem(
            (*keys, "steps"), f"{factor.steps} levels of {factor.called!r} are all {distinct[0]:g}"
        )
        return None
    return VariedFactor(**base, levels=distinct, distribution=factor.distribution)


def _follower(
    design: Design,
    keys: KeyPath,
    factor: Factor,
    places: Sequence[Place],
    base: dict[str, Any],
    report: Report,
) -> VariedFactor | None:
    labels = [one.called for one in design.factor]
    led_by = places[labels.index(str(factor.same_as))].kind
    kind = base["kind"]
    if kind != led_by and not (kind == "number" and led_by == "whole"):
        report.problem(
            (*keys, "same_as"),
            f"{factor.called!r} is {KIND[kind]}, but {factor.same_as!r} is {KIND[led_by]}",
        )
        return None
    times = 1.0 if factor.times is None else factor.times
    plus = 0.0 if factor.plus is None else factor.plus
    if kind in ("flag", "text") and (times, plus) != (1.0, 0.0):
        report.problem(keys, f"{factor.called!r} is no number, so it has no times and no plus")
        return None
    if kind == "quarter" and (times != 1.0 or not plus.is_integer()):
        report.problem(
            keys, f"{factor.called!r} is a quarter: no times, and plus in whole quarters"
        )
        return None
    if times == 0.0:
        report.problem((*keys, "times"), f"is 0, so {factor.called!r} varies nothing")
        return None
    return VariedFactor(**base, same_as=factor.same_as, times=times, plus=plus)


def _check_together(design: Design, factors: Sequence[VariedFactor], report: Report) -> None:
    """Do the levels of the factors make a design of a size that can be run."""
    free = [factor for factor in factors if factor.levels is not None]
    if design.mode == "matched":
        lengths = {factor.name: len(factor.levels or ()) for factor in free}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} {length}" for name, length in lengths.items())
            report.problem(
                ("mode",), f"matched needs as many values of each factor as of the others: {told}"
            )
    if design.mode == "grid" and rows_of_grid(factors) > MOST_ROWS:
        told = " x ".join(str(len(factor.levels or ())) for factor in free)
        report.problem(
            ("mode",),
            f"the grid has {told} = {rows_of_grid(factors):,} rows; allowed: at most {MOST_ROWS:,}",
        )


def _settings(
    factor: VariedFactor, factors: Sequence[VariedFactor], values: Sequence[Value]
) -> list[dict[str, Value]]:
    """A factor at some values, with all that follow it at theirs."""
    found = {factor.name: list(values)}
    for _ in factors:  # chains are no longer than that
        for other in factors:
            if other.same_as in found:
                found[other.name] = other.following(found[str(other.same_as)])
    paths = {other.name: other.path for other in factors}
    return [
        {paths[name]: column[at] for name, column in found.items()} for at in range(len(values))
    ]


def _check_settings(
    design: Design,
    factors: Sequence[VariedFactor],
    scenarios: Sequence[Scenario],
    case: Case,
    report: Report,
) -> None:
    """Each factor at its ends, in every scenario; the scenario says what is allowed."""
    for scenario in scenarios:
        for path, value in design.constants.items():
            try:
                set_values(scenario, case, {path: value})
            except InputError as error:
                tell(report, ("constants", path), "", error)
        report.stop()
        for index, factor in enumerate(factors):
            if factor.same_as is not None:
                continue
            values = factor.extremes()
            try:
                settings = _settings(factor, factors, values)
            except InputError as error:
                tell(report, ("factor", index), f"what follows {factor.name!r} ", error)
                continue
            for value, setting in zip(values, settings, strict=True):
                try:
                    set_values(scenario, case, {**design.constants, **setting})
                except InputError as error:
                    told = f"{value:g}" if isinstance(value, float) else str(value)
                    tell(report, ("factor", index), f"{factor.name!r} at {told}: ", error)


def tell(report: Report, keys: KeyPath, before: str, error: InputError) -> None:
    """Note each line of an error as a problem of a key."""
    for line in str(error).splitlines():
        report.problem(keys, f"{before}{line}")
