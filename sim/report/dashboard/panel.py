"""A scenario laid open: itself with what is added to it, its case and its controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.case import Case
from sim.experiment.design import Design
from sim.report.dashboard.controls import Control
from sim.report.dashboard.state import State
from sim.scenario import Scenario


@dataclass(frozen=True)
class Panel:
    """All that a page about one scenario offers.

    Attributes
    ----------
    scenario : Scenario
        As it stands with what is added, nothing moved.
    case : Case
    design : Design or None
    controls : mapping of str to Control
        By key, in the order in which they should be shown.
    left_out : mapping of str to str
        Factors of the design that the scenario does not have, and why.
    addable : mapping of str to str
        Names and titles of the scenarios that could be added.
    countries, powers : mapping of str to str
        Those simulated: codes and names in words.
    """

    scenario: Scenario
    case: Case
    design: Design | None
    controls: Mapping[str, Control]
    left_out: Mapping[str, str]
    addable: Mapping[str, str]
    countries: Mapping[str, str]
    powers: Mapping[str, str]


def open_panel(scenario: str, added: Sequence[str] = (), design: Design | None = None) -> Panel:
    """Load a scenario with what is added, and say what can be moved in it.

    Raises
    ------
    InputError
        If there is no such scenario, the added do not fit it, or any cannot be run.
    """
    raise NotImplementedError


def first_state(scenario: str, design: Design | None = None) -> State:
    """The state in which a page about a scenario opens: nothing moved, nothing pinned."""
    raise NotImplementedError


def checked(state: State, design: Design | None = None) -> State:
    """The state with values as its controls hold them, those that stand where they stood left out.

    Raises
    ------
    InputError
        If a key, value, code, outcome or number does not fit: what was found, what is allowed, and
        the nearest name.
    """
    raise NotImplementedError
