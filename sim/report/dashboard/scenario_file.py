"""A state as a scenario, and as the text of a scenario file that says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.experiment.design import Design
from sim.report.dashboard.controls import Control
from sim.report.dashboard.panel import Panel, checked, open_panel, opening
from sim.report.dashboard.state import State, Value
from sim.report.dashboard.toml import assignment, comment
from sim.scenario import Scenario, scenario_from_text
from sim.scenario.entries import HEADS, find_entry
from sim.scenario.factors import find_place


def build(state: State, design: Design | None = None) -> Scenario:
    """The scenario of a state: that of the text of `to_toml`, ready to be compiled.

    Its name is that of the scenario it extends, with ``_changed`` where anything was moved or
    added, and so is that of the file in which a user best saves it.

    Raises
    ------
    InputError
        If the state does not fit (see `sim.report.dashboard.panel.checked`), or what was moved
        makes no scenario. As on the command line, what does not fit the case is told when it is
        compiled.
    """
    state = checked(state, design)
    panel = open_panel(state.scenario, state.added, design)
    return scenario_from_text(_text(state, panel), name(state, panel))


def to_toml(state: State, design: Design | None = None) -> str:
    """The text of a scenario file: what it extends, and what differs, with a reason for each.

    Saved and loaded it compiles to the same world and plan as `build`.

    Raises
    ------
    InputError
        As `build`.
    """
    state = checked(state, design)
    panel = open_panel(state.scenario, state.added, design)
    text = _text(state, panel)
    scenario_from_text(text, name(state, panel))  # nobody is handed a file that cannot be loaded
    return text


def name(state: State, panel: Panel) -> str:
    """Name of the scenario of a state."""
    stem = panel.scenario.name
    return f"{stem}_changed" if state.values or state.added else stem


@dataclass(frozen=True)
class _Move:
    """A place that is set to another value, and why."""

    path: str
    label: str
    said: str  # from what to what
    value: Value
    reason: str
    follows: bool = False


def _text(state: State, panel: Panel) -> str:
    scenario = panel.scenario
    off, moves = _moves(state, panel)
    parts: dict[str, list[str]] = {"change": [], "parameters": []}
    tables: list[str] = []
    single: list[str] = []
    start = next((str(one.value) for one in moves if one.path == "horizon.start"), None)
    for move in moves:
        place = find_place(move.path, scenario, panel.case)
        told = comment(f"{move.label}: moved in the dashboard {move.said}")
        if place.added is not None:
            table, entry = place.added
            tables += ["", told, *_entry(table, entry, str(place.keys[-1]), move, start)]
        elif place.keys[0] in HEADS:
            parts["change"] += [told, assignment(place.path, move.value)]
        elif len(place.keys) == 1:
            single += [told, assignment(str(place.keys[0]), move.value)]
        else:
            table, key = (str(part) for part in place.keys)
            value: Any = move.value
            if place.kind == "text":
                value = str(value).split("+")
            parts.setdefault(table, []).extend([told, assignment(key, value)])
    changed = "; ".join(
        [f"{label} does not happen" for _, label in off]
        + [f"{one.label} {one.said}" for one in moves]
        + [f"with what happens in {other}" for other in state.added]
    )
    lines = [
        comment("Made in the dashboard of multivector; see docs/scenarios.md for what a file says"),
        assignment("title", f"{scenario.title}, changed" if changed else scenario.title),
        assignment(
            "question",
            f"What differs from {scenario.title!r} with this? {changed}"
            if changed
            else scenario.question,
        ),
        *opening(state.scenario, state.added),
        assignment("runs", state.runs),
        assignment("seed", state.seed),
        *single,
    ]
    if off:
        lines += ["", *(comment(f"{label}: switched off in the dashboard") for _, label in off)]
        lines.append(assignment("without", [path for path, _ in off]))
    for table, rows in parts.items():
        lines += ["", f"[{table}]", *rows] if rows else []
    return "\n".join([*lines, *tables]) + "\n"


def _moves(state: State, panel: Panel) -> tuple[list[tuple[str, str]], list[_Move]]:
    """What is switched off, by path and in words, and what is set; not what is switched off."""
    off = [
        (panel.controls[key].path, panel.controls[key].group)
        for key, value in state.values.items()
        if key.endswith(".on") and value is False
    ]
    gone = [find_entry(path, panel.scenario)[:2] for path, _ in off]
    moves: list[_Move] = []
    for key, value in state.values.items():
        control = panel.controls[key]
        is_inside = control.path.split(".")[0] in HEADS
        if is_inside and find_entry(control.path, panel.scenario)[:2] in gone:
            continue
        moves += _of_control(control, value)
    itself = {panel.controls[key].path for key in state.values}
    return off, [one for one in moves if not (one.follows and one.path in itself)]


def _of_control(control: Control, value: Value) -> Iterator[_Move]:
    inside = "" if control.key.count(".") == 0 else f"{control.group}, "
    unit = f" {control.unit}" if control.unit else ""
    before = control.drawn or _said(control.default)
    reason = control.reason or control.label
    label = f"{inside}{control.label[:1].lower()}{control.label[1:]}" if inside else control.label
    said = f"from {before} to {_said(value)}{unit}"
    yield _Move(control.path, label, said, value, reason)
    values: dict[str | None, Value] = {None: value}
    for follower in control.followers:
        known = values.get(follower.same_as, value)
        [found] = follower.following([known])
        values[follower.name] = found
        told = f"{inside}{follower.name.replace('_', ' ')}"
        moved = f"to {_said(found)} along with {control.label!r}"
        yield _Move(follower.path, told, moved, found, reason, True)


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _entry(
    table: str, entry: Mapping[str, Any], key: str, move: _Move, start: str | None
) -> Iterator[str]:
    """Lines of an attribute or a path that is added."""
    yield f"[[{table}]]"
    written = {**entry, key: move.value}
    if start is not None and "from" in written:
        written["from"] = start
    written["reason"] = move.reason
    written["source"] = f"assumption: moved in the dashboard {move.said}"
    for name_, value in written.items():
        yield assignment(name_, value)
