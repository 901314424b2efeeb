"""A state as the query of an address, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from sim.core.errors import InputError
from sim.experiment.design import Design
from sim.report.dashboard.controls import Control
from sim.report.dashboard.panel import (
    checked,
    control_of,
    first_state,
    held,
    name_of,
    open_panel,
)
from sim.report.dashboard.state import LOOKED_AT, State, Value
from sim.scenario import list_scenarios
from sim.scenario.problems import listed, nearest

_PINNED = "pin."
_SHARED = (*LOOKED_AT, "outcome", "runs", "seed")  # with what is pinned, unless it differs
_KEYS = ("scenario", "add", *_SHARED)
_FLAGS = {"on": True, "off": False}
_MOST_PAIRS = 2000


def to_query(state: State) -> str:
    """The query of a state: ``scenario=cpc_closure&oil=0.3&close_route.CPC.date=2027Q1&...``.

    Short enough to be read; numbers with all their digits, so that `from_query` gives back an equal
    state. What is pinned has keys that begin with ``pin.``, and only where it differs.
    """
    pairs = _pairs(state)
    pairs += [(key, str(found)) for key in _SHARED if (found := getattr(state, key)) != ""]
    pinned = state.pinned
    if pinned is not None:
        pairs += [(f"{_PINNED}{key}", value) for key, value in _pairs(pinned)]
        pairs += [
            (f"{_PINNED}{key}", str(getattr(pinned, key)))
            for key in _SHARED
            if getattr(pinned, key) != getattr(state, key)
        ]
    return urlencode(pairs, quote_via=quote, safe="/:,")


def from_query(text: str, design: Design | None = None, scenario: str = "baseline") -> State:
    """The state of a query, checked.

    Parameters
    ----------
    text : str
        With or without its question mark.
    design : Design or None
        Where the controls come from; see `sim.report.dashboard.controls.controls`.
    scenario : str
        That of a query that names none; the only one that may be a path. What else a query leaves
        out is as `first_state` has it.

    Raises
    ------
    InputError
        If a key is unknown or given twice, or a value cannot be read or stand there.
    """
    try:
        pairs = parse_qsl(
            text.removeprefix("?"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PAIRS,
        )
    except UnicodeDecodeError:
        raise InputError("the address holds what is not UTF-8") from None
    except ValueError:
        raise InputError(f"the address holds more than {_MOST_PAIRS:,} keys") from None
    own: dict[str, list[str]] = {}
    pinned: dict[str, list[str]] = {}
    for key, value in pairs:
        bare = key.removeprefix(_PINNED)
        (own if bare == key else pinned).setdefault(bare, []).append(value)
    state = _state(own, first_state, design, scenario)
    if not pinned:
        return checked(state, design)
    try:
        before = _state(pinned, lambda name, _: _beside(state, name), design, scenario)
        return checked(replace(state, pinned=before), design)
    except InputError as error:
        raise InputError(f"what is pinned: {error}") from None


def _pairs(state: State) -> list[tuple[str, str]]:
    """Scenario, what is added and what is moved, as texts."""
    return [
        ("scenario", state.scenario),
        *(("add", name) for name in state.added),
        *((key, _written(value)) for key, value in state.values.items()),
    ]


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)


def _beside(state: State, scenario: str) -> State:
    """Another scenario looked at from where one stands, nothing moved."""
    return replace(state, scenario=scenario, values={}, added=(), pinned=None)


def _state(
    given: Mapping[str, list[str]],
    first: Callable[[str, Design | None], State],
    design: Design | None,
    scenario: str,
) -> State:
    """The state of a query's keys and values."""
    for key, texts in given.items():
        if key != "add" and len(texts) > 1:
            raise InputError(f"{key}: is given {len(texts)} times; once is allowed")
    name = _allowed(given.get("scenario", [scenario])[0], scenario)
    added = tuple(given.get("add", ()))
    panel = open_panel(name, added, design)
    state = replace(first(name, design), added=added)
    values: dict[str, Value] = {}
    looked_at: dict[str, Any] = {}
    for key, [text, *_] in given.items():
        if key in _SHARED:
            looked_at[key] = _number(key, text) if key in ("runs", "seed") else text
        elif key not in _KEYS:
            control = control_of(panel, key, _KEYS)
            values[key] = held(control, _read(control, text))
    return replace(state, values=values, **looked_at)


def _allowed(name: str, first: str) -> str:
    """A scenario that an address may name: one known by name, or the one the page opened with.

    An address comes from anywhere, so it cannot open files by their path.
    """
    known = list_scenarios()
    if name not in known and name not in (first, name_of(first)):
        raise InputError(
            f"scenario: there is no {name!r}{nearest(name, known)} {listed('scenarios', known)}"
        )
    return name


def _number(key: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{key}: found {text!r}; a whole number is needed") from None


def _read(control: Control, text: str) -> Value:
    """The text of a value as its control holds it, if it can be one."""
    match control.kind:
        case "flag":
            return _FLAGS.get(text, text)
        case "choice":
            return next((one for one in control.choices if _written(one) == text), text)
        case "quarter":
            return text
    try:
        return int(text) if control.kind == "whole" else float(text)
    except ValueError:
        return text
