"""A design held against its scenarios and their case: do its factors exist, fit and act."""

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
from sim.experiment.design import LEVELLED, MOST_ROWS, Design, Factor
from sim.experiment.sampling import Value, VariedFactor, evenly, rows_of_grid
from sim.scenario import Scenario, compile_plan
from sim.scenario.distributions import Given
from sim.scenario.factors import Place, find_place, set_values
from sim.scenario.positions import KeyPath
from sim.scenario.problems import Problems, Report, nearest

_NEEDED = {
    "number": "a number",
    "whole": "a whole number",
    "quarter": 'a quarter in quotes, "2026Q1",',
    "flag": "true or false",
    "text": "a text in quotes",
}
_IS = _NEEDED | {"quarter": "a quarter", "text": "a text"}
_TRIED = 5  # values of a factor that are compiled before it is said to change nothing


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
    cells = _cells(design, found)
    factors: list[VariedFactor] = []
    for index, (factor, place) in enumerate(zip(design.factor, found, strict=True)):
        column = None if cells is None else cells.get(factor.label)
        varied = _varied(design, ("factor", index), factor, place, found, column, report)
        factors += [] if varied is None else [varied]
    report.stop()
    _check_together(design, factors, report)
    report.stop()
    _check_settings(design, factors, scenarios, case, report)
    report.stop()
    return tuple(factors)


def check_inputs(
    design: Design, scenarios: Sequence[Scenario], case: Case, alone: bool = True
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

    Raises
    ------
    InputError
        With a line for each factor and outcome.
    """
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


# ------------------------------------------------------------------------------ paths and values


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
        first.setdefault(place.path, factor.label)
    for path in design.constants:
        canonical = find_place(path, scenarios[0], case).path
        if canonical in first:
            report.problem(
                ("constants", path), f"is held here, but varies as the factor {first[canonical]!r}"
            )


def _converted(value: Value, kind: str) -> Value:
    """A value as its place holds it.

    Raises
    ------
    InputError
        If it is of another kind.
    """
    if kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) + 0.0  # no negative zero
    if kind == "whole" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "quarter" and isinstance(value, str):
        return quarters.name(quarters.parse(value))
    if kind == "flag" and isinstance(value, bool):
        return value
    if kind == "text" and isinstance(value, str):
        return value
    raise InputError(f"found {value!r}; {_NEEDED[kind]} is needed")


def read_cell(text: str, kind: str) -> Value:
    """A cell of a CSV file as its place holds it; `sim.experiment.sampling.cell` backwards.

    Raises
    ------
    InputError
        If it cannot be read so.
    """
    plain = text if kind == "text" else text.strip()
    if not plain.strip():
        raise InputError(f"is blank; {_IS[kind]} is needed")
    value: Value = plain
    try:
        if kind == "number":
            value = float(plain)
            if not np.isfinite(value):
                raise ValueError
        elif kind == "whole":
            value = int(plain)
        elif kind == "flag":
            value = {"true": True, "false": False}[plain.lower()]
    except (ValueError, KeyError):
        raise InputError(f"found {plain!r}; {_IS[kind]} is needed") from None
    return _converted(value, kind)


def _cells(design: Design, places: Sequence[Place]) -> dict[str, list[Value]] | None:
    """The columns of the rows of a file, converted.

    Raises
    ------
    InputError
        With the file, line and column of every cell that cannot be read, or a factor that has the
        same value in every row.
    """
    if design.mode != "csv":
        return None
    assert design.table is not None
    problems = Problems()
    kinds = {factor.label: place.kind for factor, place in zip(design.factor, places, strict=True)}
    found: dict[str, list[Value]] = {}
    for label, cells in design.table.items():
        found[label] = []
        for row, text in enumerate(cells):
            try:
                found[label].append(read_cell(text, kinds[label]))
            except InputError as error:
                problems.add(design.where_row(row), [], f"column {label!r}: {error}")
    problems.stop()
    for label, values in found.items():
        if len(set(values)) == 1:
            problems.add(
                design.where_row(0),
                [],
                f"column {label!r} holds {values[0]!r} only, so it varies nothing; "
                "put it in constants",
            )
    problems.stop()
    return found


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
        "name": factor.label,
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
    converted: list[Value] = []
    for key, value in values.items():
        try:
            converted.append(_converted(value, place.kind))
        except InputError as error:
            report.problem((*keys, *key), f"{factor.label!r}: {error}")
    if len(converted) < len(values):
        return None
    if factor.values is not None:
        return VariedFactor(**base, levels=tuple(converted))
    return _range(design, keys, factor, converted[0], converted[1], base, report)


def _range(
    design: Design,
    keys: KeyPath,
    factor: Factor,
    low: Any,
    high: Any,
    base: dict[str, Any],
    report: Report,
) -> VariedFactor | None:
    kind, name = base["kind"], factor.label
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
            f"gives numbers, but {factor.label!r} is {_IS[base['kind']]}; give it values",
        )
        return None
    if design.mode not in LEVELLED:
        return VariedFactor(**base, distribution=factor.distribution)
    if factor.steps is None:
        report.problem(
            (*keys, "steps"),
            f"is missing; mode {design.mode} goes through levels of {factor.label!r}",
        )
        return None
    middles = (np.arange(factor.steps) + 0.5) / factor.steps  # the ends may be infinite
    levels = [float(value) + 0.0 for value in factor.distribution.inverse(middles)]
    distinct = tuple(dict.fromkeys(levels))
    if len(distinct) == 1:
        report.problem(
            (*keys, "steps"), f"{factor.steps} levels of {factor.label!r} are all {distinct[0]:g}"
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
    labels = [one.label for one in design.factor]
    led_by = places[labels.index(str(factor.same_as))].kind
    kind = base["kind"]
    if kind != led_by and not (kind == "number" and led_by == "whole"):
        report.problem(
            (*keys, "same_as"),
            f"{factor.label!r} is {_IS[kind]}, but {factor.same_as!r} is {_IS[led_by]}",
        )
        return None
    times = 1.0 if factor.times is None else factor.times
    plus = 0.0 if factor.plus is None else factor.plus
    if kind in ("flag", "text") and (times, plus) != (1.0, 0.0):
        report.problem(keys, f"{factor.label!r} is no number, so it has no times and no plus")
        return None
    if kind == "quarter" and (times != 1.0 or not plus.is_integer()):
        report.problem(keys, f"{factor.label!r} is a quarter: no times, and plus in whole quarters")
        return None
    if times == 0.0:
        report.problem((*keys, "times"), f"is 0, so {factor.label!r} varies nothing")
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


# ------------------------------------------------------------------------ against the scenarios


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
                _tell(report, ("constants", path), "", error)
        report.stop()
        for index, factor in enumerate(factors):
            if factor.same_as is not None:
                continue
            values = factor.extremes()
            try:
                settings = _settings(factor, factors, values)
            except InputError as error:
                _tell(report, ("factor", index), f"what follows {factor.name!r} ", error)
                continue
            for value, setting in zip(values, settings, strict=True):
                try:
                    set_values(scenario, case, {**design.constants, **setting})
                except InputError as error:
                    told = f"{value:g}" if isinstance(value, float) else str(value)
                    _tell(report, ("factor", index), f"{factor.name!r} at {told}: ", error)


def _tell(report: Report, keys: KeyPath, before: str, error: InputError) -> None:
    for line in str(error).splitlines():
        report.problem(keys, f"{before}{line}")


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
            _tell(report, ("factor", index), f"{factor.name!r} at {told}: ", error)
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
