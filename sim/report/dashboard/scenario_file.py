"""A state as a scenario, and as the text of a scenario file that says the same."""

from __future__ import annotations

from sim.experiment.design import Design
from sim.report.dashboard.state import State
from sim.scenario import Scenario


def build(state: State, design: Design | None = None) -> Scenario:
    """The scenario of a state: that of the text of `to_toml`, ready to be compiled.

    Raises
    ------
    InputError
        If the state does not fit (see `sim.report.dashboard.panel.checked`), or what was moved
        makes no scenario that can be run.
    """
    raise NotImplementedError


def to_toml(state: State, design: Design | None = None) -> str:
    """The text of a scenario file: what it extends, and what differs, with a reason for each.

    Saved and loaded it compiles to the same world and plan as `build`.

    Raises
    ------
    InputError
        As `build`.
    """
    raise NotImplementedError
