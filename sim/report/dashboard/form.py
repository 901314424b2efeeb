"""The form of the dashboard: a panel's controls as inputs of a page, and their answers as a state.

Every input stands in a box that carries its key, so that the page can gather all answers at once;
a slider counts positions, and the values they stand for are worked out here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from dash import dcc, html

from sim.core import quarters
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.picture.scale import number
from sim.report.dashboard.controls import DIFFERS, Control
from sim.report.dashboard.panel import Panel
from sim.report.dashboard.state import FURTHER, State, Value
from sim.report.dashboard.view import outcome_words

STEPS = 100  # positions of a slider that has no step of its own, or too many
MOST_POSITIONS = 400
SEVERAL = 4  # with more choices than this, a list is shown instead of round buttons
OPEN = ("Drivers",)  # groups that stand open at first, beside events and what has been moved


@dataclass(frozen=True)
class Slider:
    """The positions that the slider of a control can take."""

    control: Control

    @cached_property
    def values(self) -> list[Value]:
        """One a position; the nearest to where the handle rests is that very value."""
        control = self.control
        if control.kind == "quarter":
            first, last = (quarters.parse(str(end)) for end in (control.low, control.high))
            return [quarters.name(quarter) for quarter in range(first, last + 1)]
        low, high = float(control.low or 0), float(control.high or 0)
        found: list[Any]
        if control.kind == "whole":
            found = list(range(int(low), int(high) + 1, max(1, round(control.step or 1))))
            found += [] if found[-1] == int(high) else [int(high)]
        elif control.log and low > 0:
            found = [float(f"{one:.4g}") for one in np.geomspace(low, high, STEPS + 1)]
            found[0], found[-1] = low, high
        else:
            step = control.step or (high - low) / STEPS
            step = step if (high - low) / step <= MOST_POSITIONS else (high - low) / STEPS
            # Round values between the ends, and none so near to an end that it looks the same.
            first, last = math.ceil(low / step + 0.499), math.floor(high / step - 0.499)
            between = [float(f"{place * step:.10g}") for place in range(first, last + 1)]
            found = [low, *between, high]
        found[_nearest(found, control.rest)] = control.rest
        return found

    @cached_property
    def texts(self) -> list[str]:
        """The values as they are read, one a position."""
        if self.control.kind != "range":
            return [str(value) for value in self.values]
        values = [float(value) for value in self.values]
        if self.control.log:
            return [f"{value:.3g}" for value in values]
        step = self.control.step or (values[-1] - values[0]) / STEPS or 1.0
        coarse = 10.0 ** np.floor(np.log10(step) + 1e-9)
        return [
            number(value, float(coarse)) if _is_multiple(value, coarse) else f"{value:.3g}"
            for value in values
        ]

    @property
    def rest(self) -> int:
        """Where the handle stands when it is not moved."""
        return self.position(self.control.rest)

    def position(self, value: Value) -> int:
        """The position nearest to a value."""
        return _nearest(self.values, value)

    def text(self, value: Value) -> str:
        """A value as it is read, whether or not a position stands for it."""
        place = self.position(value)
        if self.values[place] == value or isinstance(value, str):
            return self.texts[place]
        return f"{value:.4g}"


def _is_multiple(value: float, step: float) -> bool:
    return abs(value / step - round(value / step)) < 1e-6


def _nearest(values: Sequence[Value], value: Value) -> int:
    if isinstance(value, str):
        return values.index(value)
    return int(np.argmin([abs(float(one) - float(value)) for one in values]))


# From a panel to a page


def draw(panel: Panel, state: State, scenarios: Mapping[str, str]) -> list[Any]:
    """All inputs of a state.

    Parameters
    ----------
    panel : Panel
        Of the state's scenario and what is added to it.
    state : State
    scenarios : mapping of str to str
        Names and titles of the scenarios that can be chosen.

    Returns
    -------
    list of component
    """
    return [
        html.Section([html.H2("What to look at"), *_view(panel, state, scenarios)]),
        html.Section([html.H2("What to change"), *_groups(panel, state), _adding(panel, state)]),
        html.Section([html.H2("How many runs"), _numbers(state)]),
    ]


def outcomes(panel: Panel, selected: str) -> list[Any]:
    """The outcomes that can be chosen, headline ones first; each says which axes it has."""
    able = [INDICATORS[name] for name in panel.outcomes]
    groups = (
        ("Headline outcomes", [one for one in able if one.headline]),
        ("Further outcomes", [one for one in able if not one.headline]),
    )
    return [
        html.Optgroup(
            [
                _option(
                    one.name,
                    outcome_words(one.name),
                    one.name == selected,
                    **{"data-axes": " ".join(one.axes)},
                )
                for one in members
            ],
            label=title,
        )
        for title, members in groups
    ]


def _view(panel: Panel, state: State, scenarios: Mapping[str, str]) -> list[Any]:
    listed = dict(scenarios)
    listed.setdefault(state.scenario, panel.scenario.title)
    return [
        _select("scenario", "Scenario", _options(listed, state.scenario)),
        html.Div(
            [
                _select("country", "Country", _options(panel.countries, state.country)),
                _select("power", "Power", _options(panel.powers, state.power)),
            ],
            className="pair",
        ),
        _select("outcome", "Outcome", outcomes(panel, state.outcome)),
        *(_further(panel, state, axis) for axis in FURTHER if panel.names[axis]),
    ]  # fmt: skip


def _further(panel: Panel, state: State, axis: str) -> Any:
    """What else an outcome is about; the page hides it while the outcome has no such axis."""
    options = _options(panel.names[axis], getattr(state, axis))
    chooser = _select(axis, axis.capitalize(), options)
    unused = axis not in INDICATORS[state.outcome].axes
    return html.Div(chooser, hidden=unused, **{"data-axis": axis})


def _numbers(state: State) -> Any:
    return html.Div(
        [
            _field(
                name,
                label,
                dcc.Input(id=f"in-{name}", type="text", inputMode="numeric", value=str(value)),
            )
            for name, label, value in (
                ("runs", "Runs", state.runs),
                ("seed", "Seed", state.seed),
            )
        ],
        className="pair",
    )


def _adding(panel: Panel, state: State) -> Any:
    added = [
        html.Li(
            [
                html.Span(name),
                html.Button(
                    "Remove",
                    type="button",
                    className="small",
                    **{"data-act": "remove", "data-name": name, "aria-label": f"Remove {name}"},
                ),
            ]
        )
        for name in state.added
    ]
    choices = [_option("", "Choose a scenario", True)]
    choices += [_option(name, title, False) for name, title in panel.addable.items()]
    return html.Div(
        [
            _select("add", "Add the events of another scenario", choices),
            *([html.Ul(added, className="added")] if added else []),
        ],
        className="group",
    )


def _groups(panel: Panel, state: State) -> list[Any]:
    shown = []
    for title, held in grouped(panel.controls.values()).items():
        moved = [control for control in held if control.key in state.values]
        event = _happens(held)
        count = f"{len(moved)} changed" if moved else ""
        shown.append(
            html.Details(
                [
                    html.Summary(
                        [
                            html.H3(title),
                            html.Span(count, className="count"),
                        ]
                    ),
                    *_reason(held, event),
                    *(_control(control, state) for control in held),
                ],
                open=event or bool(moved) or title in OPEN,
                className="group",
            )
        )
    if not shown:
        shown.append(html.P("This scenario has nothing that can be moved.", className="hint"))
    return shown


def grouped(controls: Iterable[Control]) -> dict[str, list[Control]]:
    """Controls by the heading under which they stand; what happens, and drivers, first."""
    found: dict[str, list[Control]] = {}
    for control in controls:
        found.setdefault(control.group, []).append(control)
    first = {title: (not _happens(held), title not in OPEN) for title, held in found.items()}
    return {title: found[title] for title in sorted(found, key=lambda title: first[title])}


def _happens(controls: Sequence[Control]) -> bool:
    """Whether controls are of something that can be left out, such as an event."""
    return any(control.kind == "flag" and control.key.endswith(".on") for control in controls)


def _reason(controls: Sequence[Control], event: bool) -> list[Any]:
    """Why an event is in the scenario, said once for all its controls."""
    told = next((control for control in controls if control.reason), None)
    if not event or told is None:
        return []
    source = f" Source: {told.source}." if told.source else ""
    return [html.P(f"{told.reason.rstrip('.')}.{source}", className="hint")]


def _control(control: Control, state: State) -> Any:
    moved = control.key in state.values
    untouched = {"": "", DIFFERS: "as it is"}.get(control.drawn, "drawn in each run")
    value = state.values.get(control.key, control.rest)
    name = f"in-{control.key}"
    if control.kind == "flag":
        body = [
            dcc.Checklist(
                options=[{"label": control.label, "value": "on"}], value=["on"] if value else []
            )
        ]
    elif control.kind == "choice":
        texts = [str(choice) for choice in control.choices]
        options = [_option(text, text, text == str(value)) for text in texts]
        body = [_head(control, name, None), html.Select(options, id=name)]
    else:
        slider = Slider(control)
        text = slider.text(value) if moved or not untouched else untouched
        body = [
            _head(control, name, text),
            html.Div(
                dcc.Input(
                    id=name, type="range", min=0, max=len(slider.values) - 1, step=1,
                    value=slider.position(value),
                ),
                className="track",
                style={"--rest": str(slider.rest / max(1, len(slider.values) - 1))},
            ),
            html.Div(
                [html.Span(slider.texts[0]), _reset(control), html.Span(slider.texts[-1])],
                className="ends",
            ),
        ]  # fmt: skip
        if untouched:
            told = f"unless moved, drawn in each run from {control.drawn}"
            told = control.drawn if control.drawn == DIFFERS else told
            body.append(html.P(f"{told[:1].upper()}{told[1:]}", className="hint"))
    more: dict[str, Any] = {}
    if control.kind in ("range", "whole", "quarter"):
        more = {"data-texts": json.dumps(slider.texts), "data-rest": str(slider.rest)}
        more["data-untouched"] = untouched
        more["data-unit"] = control.unit
    else:
        rest = "1" if control.rest is True else "0" if control.rest is False else str(control.rest)
        more = {"data-rest": rest}
    title = f"{control.reason} {control.source}".strip()
    return html.Div(
        body, className="control" + (" moved" if moved else ""), title=title,
        **{"data-key": f"value.{control.key}", **more},
    )  # fmt: skip


def _head(control: Control, name: str, text: str | None) -> Any:
    unit = [html.Span(f" [{control.unit}]", className="unit")] if control.unit else []
    shown = _reset(control) if text is None else html.Span(text, className="shown")
    return html.Div([html.Label([control.label, *unit], htmlFor=name), shown], className="head")


def _reset(control: Control) -> Any:
    return html.Button(
        "Reset",
        type="button",
        className="small reset",
        **{"data-act": "reset", "aria-label": f"Reset: {control.label}"},
    )


def _field(key: str, label: str, given: Any) -> Any:
    return html.Div(
        [html.Label(label, htmlFor=f"in-{key}"), given], className="field", **{"data-key": key}
    )


def _select(key: str, label: str, options: Sequence[Any]) -> Any:
    return _field(key, label, html.Select(list(options), id=f"in-{key}"))


def _options(names: Mapping[str, str], selected: str) -> list[Any]:
    return [_option(code, name, code == selected) for code, name in names.items()]


def _option(value: str, text: str, selected: bool, **more: Any) -> Any:
    return html.Option(text, value=value, **({"selected": True} if selected else {}), **more)


# From the answers to a state


def read(answers: Mapping[str, Any], state: State, panel: Panel) -> State:
    """The state that the answers of the form give.

    Parameters
    ----------
    answers : mapping
        ``scenario``, ``country``, ``power``, ``outcome``, ``route``, ... , ``runs``, ``seed`` as
        text; and
        ``value.<key>`` of each control: None where it stands where the scenario has it, else the
        position of a slider, the text of a choice, or a truth value.
    state : State
        That the form was drawn for.
    panel : Panel
        That the form was drawn for.

    Raises
    ------
    InputError
        If a number of runs or a seed is no whole number.
    """
    values: dict[str, Value] = {}
    for key, control in panel.controls.items():
        answer = answers.get(f"value.{key}")
        if answer is not None:
            values[key] = _value(control, answer, state.values.get(key))
    codes = {axis: str(answers.get(axis, code)) for axis, code in state.codes.items()}
    return replace(
        state.looking_at(codes),
        values=values,
        scenario=str(answers.get("scenario", state.scenario)),
        outcome=str(answers.get("outcome", state.outcome)),
        runs=_whole("runs", answers.get("runs", state.runs)),
        seed=_whole("seed", answers.get("seed", state.seed)),
    )


def _value(control: Control, answer: Any, before: Value | None) -> Value:
    if control.kind == "flag":
        return bool(answer)
    if control.kind == "choice":
        return next(one for one in control.choices if str(one) == str(answer))
    slider = Slider(control)
    place = min(max(int(answer), 0), len(slider.values) - 1)
    if before is not None and slider.position(before) == place:
        return before  # not moved: a value of an address need not lie on a position
    return slider.values[place]


def _whole(name: str, answer: Any) -> int:
    text = str(answer).strip().replace(",", "")
    if not text.isascii() or not text.isdigit():
        raise InputError(f"{name}: found {str(answer)!r}; a whole number is needed")
    return int(text)
