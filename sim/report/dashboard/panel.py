"""A scenario laid open: itself with what is added to it, its case and its controls."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from sim.case import Case, load_case
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.core.world import Names
from sim.experiment.design import Design
from sim.experiment.reading import AXES
from sim.report.dashboard.controls import Control, laid_out
from sim.report.dashboard.state import FURTHER, MOST_RUNS, State, Value
from sim.report.dashboard.toml import assignment
from sim.scenario import (
    Scenario,
    compile_plan,
    list_scenarios,
    load_scenario,
    scenario_from_text,
)
from sim.scenario.problems import listed, nearest

_RUNS = 1000  # played when a page opens, at most


@dataclass(frozen=True)
class Panel:
    """All that a page about one scenario offers.

    Attributes
    ----------
    name : str
        What loads the scenario: its name, or the whole path of its file.
    added : tuple of str
    scenario : Scenario
        As it stands with what is added, nothing moved.
    case : Case
        As it was when first asked for.
    design : Design or None
    controls : mapping of str to Control
        By key, in the order in which they should be shown.
    left_out : mapping of str to str
        Factors of the design that the scenario does not have, and why.
    names : mapping of str to mapping of str to str
        Those simulated, by axis ("country", "route", ...): codes and names in words.
    """

    name: str
    added: tuple[str, ...]
    scenario: Scenario
    case: Case
    design: Design | None
    controls: Mapping[str, Control]
    left_out: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]

    @property
    def countries(self) -> Mapping[str, str]:
        """Codes and names of the countries."""
        return self.names["country"]

    @property
    def powers(self) -> Mapping[str, str]:
        """Codes and names of the powers."""
        return self.names["power"]

    @cached_property
    def outcomes(self) -> list[str]:
        """Outcomes that can be looked at: those of which there is something to measure."""
        return [name for name, one in INDICATORS.items() if all(map(self.names.get, one.axes))]

    @cached_property
    def addable(self) -> dict[str, str]:
        """Names and titles of the scenarios that could be added and still be run."""
        there = {os.path.realpath(layer.path) for layer in self.scenario.origin.layers}
        found: dict[str, str] = {}
        for name, path in list_scenarios().items():
            if os.path.realpath(path) in there:
                continue
            try:
                with_it = _standing(self.name, (*self.added, name))
                compile_plan(with_it, self.case, range(1), with_it.seed)
                found[name] = load_scenario(name).title
            except InputError:  # it does not fit, or cannot be read
                continue
        return found


def open_panel(scenario: str, added: Sequence[str] = (), design: Design | None = None) -> Panel:
    """Load a scenario with what is added, and say what can be moved in it.

    Parameters
    ----------
    scenario : str
        Name, or path of a file.
    added : sequence of str
        Names of scenarios whose contents come on top, as ``also`` of a scenario file takes them.
    design : Design, optional
        Its factors become controls.

    Raises
    ------
    InputError
        If there is no such scenario, what is added does not fit it, or it cannot be run.
    """
    names = tuple(added)
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"add: {name!r} is named twice")
    standing = _standing(name_of(scenario), names)
    return _opened(_Asked(name_of(scenario), names, standing, design))


def name_of(scenario: str) -> str:
    """What loads a scenario from anywhere: its name if that leads to it, else its whole path.

    Raises
    ------
    InputError
        If there is no such scenario.
    """
    known = list_scenarios()
    if scenario in known:
        return scenario
    loaded = load_scenario(scenario)
    path = Path(os.path.realpath(loaded.origin.layers[-1].path))
    named = known.get(path.stem)
    return path.stem if named is not None and os.path.realpath(named) == str(path) else str(path)


def opening(name: str, added: Sequence[str]) -> list[str]:
    """Lines of a scenario file that take over a scenario, and others on top."""
    return [assignment("extends", name), *([assignment("also", list(added))] if added else [])]


def _standing(name: str, added: tuple[str, ...]) -> Scenario:
    """A scenario with others on top, nothing else changed."""
    loaded = load_scenario(name)
    if not added:
        return loaded
    known = list_scenarios()
    for other in added:
        if other not in known:
            raise InputError(
                f"add: there is no scenario {other!r}{nearest(other, known)} "
                f"{listed('scenarios', known)}"
            )
    head = [assignment("title", loaded.title), assignment("question", loaded.question)]
    return scenario_from_text("\n".join([*head, *opening(name, added)]), loaded.name)


@dataclass(frozen=True)
class _Asked:
    """What a panel is made of; alike where the scenario and the design say the same."""

    name: str
    added: tuple[str, ...]
    scenario: Scenario = field(compare=False)
    design: Design | None = field(compare=False)
    said: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        design = "" if self.design is None else self.design.hash
        said = (self.scenario.hash, design, str(self.scenario.case), str(Path.cwd()))
        object.__setattr__(self, "said", said)


@lru_cache(maxsize=64)
def _opened(asked: _Asked) -> Panel:
    scenario, design = asked.scenario, asked.design
    case = _case(str(scenario.case), str(Path.cwd()))
    world, _ = compile_plan(scenario, case, range(1), scenario.seed)
    found, why = laid_out(scenario, case, design)
    return Panel(
        name=asked.name,
        added=asked.added,
        scenario=scenario,
        case=case,
        design=design,
        controls={control.key: control for control in found},
        left_out=why,
        names={axis: _named(axis, table, case, world.names) for axis, table in AXES.items()},
    )


@lru_cache(maxsize=8)
def _case(name: str, _folder: str) -> Case:
    """A case, read once; a name may be a path that starts from the working folder."""
    return load_case(name)


def _named(axis: str, table: str, case: Case, names: Names) -> dict[str, str]:
    """Names by code of those that are simulated, along one axis."""
    words = {row[axis]: row["name"] for row in case.table(table)}
    return {code: words.get(code, code) for code in getattr(names, table)}


def first_state(scenario: str, design: Design | None = None) -> State:
    """The state in which a page about a scenario opens: nothing moved, nothing pinned.

    Raises
    ------
    InputError
        As `open_panel`.
    """
    panel = open_panel(scenario, (), design)
    return State(
        scenario=panel.name,
        country=next(iter(panel.countries)),
        power=next(iter(panel.powers)),
        runs=min(panel.scenario.runs, _RUNS),
        seed=panel.scenario.seed,
    )


def checked(state: State, design: Design | None = None) -> State:
    """The state with values as its controls hold them, those that stand where they stood left out.

    Raises
    ------
    InputError
        If a key, value, code, outcome or number does not fit: what was found, what is allowed, and
        the nearest name.
    """
    panel = open_panel(state.scenario, state.added, design)
    further = _further(state, panel)
    for key, code, allowed in (
        ("country", state.country, panel.countries),
        ("power", state.power, panel.powers),
        ("outcome", state.outcome, panel.outcomes),
        *((axis, code, panel.names[axis]) for axis, code in further.items()),
    ):
        if code not in allowed:
            raise InputError(
                f"{key}: there is no {key} {code!r}{nearest(code, allowed)} "
                f"{listed('allowed', list(allowed))}"
            )
    runs = _whole("runs", state.runs, 1, MOST_RUNS)  # more would not fit into memory
    seed = _whole("seed", state.seed, 0)
    values: dict[str, Value] = {}
    for key, value in state.values.items():
        found = held(control_of(panel, key), value)
        if found != panel.controls[key].default:
            values[key] = found
    order = list(panel.controls)
    state = state.looking_at({axis: further.get(axis, "") for axis in FURTHER})
    return replace(
        state,
        scenario=panel.name,
        values={key: values[key] for key in sorted(values, key=order.index)},
        runs=runs,
        seed=seed,
        pinned=None if state.pinned is None else checked(state.pinned, design),
    )


def _further(state: State, panel: Panel) -> dict[str, str]:
    """Codes of the axes that the outcome has beside country and power; the first for a blank."""
    axes = INDICATORS[state.outcome].axes if state.outcome in panel.outcomes else ()
    return {
        axis: getattr(state, axis) or next(iter(panel.names[axis]))
        for axis in FURTHER
        if axis in axes
    }


def _whole(key: str, value: object, least: int, most: int | None = None) -> int:
    allowed = f"{least} or more" if most is None else f"a whole number from {least} to {most:,}"
    if most is not None and isinstance(value, int) and value > most:
        allowed += "; multivector batch plays more"
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{key}: found {value!r}; allowed: {allowed}")
    if value < least or (most is not None and value > most):
        raise InputError(f"{key}: found {value}; allowed: {allowed}")
    return value


def control_of(panel: Panel, key: str, others: Sequence[str] = ()) -> Control:
    """The control of a key.

    Parameters
    ----------
    panel : Panel
    key : str
    others : sequence of str
        What else could have been meant, for the message.

    Raises
    ------
    InputError
        If the scenario has none, with the nearest.
    """
    if key not in panel.controls:
        why = panel.left_out.get(key)
        reason = f": {why}" if why else nearest(key, [*others, *panel.controls])
        raise InputError(
            f"{key}: nothing of that name can be moved in {panel.scenario.name}{reason} "
            f"{listed('can be moved', list(panel.controls))}"
        )
    return panel.controls[key]


def held(control: Control, value: Any) -> Value:
    """A value as a control holds it.

    Raises
    ------
    InputError
        If it is of another kind, or lies outside what is allowed.
    """
    key = control.key
    match control.kind:
        case "flag":
            if not isinstance(value, bool):
                raise InputError(f"{key}: found {value!r}; allowed: on, off")
            return value
        case "choice":
            for choice in control.choices:
                if type(choice) is type(value) and choice == value:
                    return choice
            allowed = [str(choice) for choice in control.choices]
            raise InputError(
                f"{key}: found {value!r}{nearest(str(value), allowed)} {listed('allowed', allowed)}"
            )
        case "quarter":
            return _quarter(control, value)
    is_fraction = isinstance(value, float) and control.kind == "whole"
    if isinstance(value, bool) or not isinstance(value, int | float) or is_fraction:
        needed = "a whole number" if control.kind == "whole" else "a number"
        raise InputError(f"{key}: found {value!r}; {needed} is needed, {_between(control)}")
    low, high = float(control.low or 0.0), float(control.high or 0.0)
    if not low <= value <= high:
        raise InputError(f"{key}: found {value}; allowed: {_between(control)}")
    return int(value) if control.kind == "whole" else float(value) + 0.0  # no negative zero


def _quarter(control: Control, value: Any) -> str:
    allowed = _between(control)
    if not isinstance(value, str):
        raise InputError(f"{control.key}: found {value!r}; a quarter is needed, {allowed}")
    try:
        number = quarters.parse(value)
    except ValueError:
        raise InputError(
            f"{control.key}: found {value!r}; a quarter is needed, {allowed}"
        ) from None
    if not quarters.parse(str(control.low)) <= number <= quarters.parse(str(control.high)):
        raise InputError(f"{control.key}: found {value}; allowed: {allowed}")
    return quarters.name(number)


def _between(control: Control) -> str:
    return f"{control.low} to {control.high}"
