"""What can be moved in a scenario: the factors of a design, and the fields of its events."""

from __future__ import annotations

from dataclasses import dataclass

from sim.case import Case
from sim.experiment.design import Design
from sim.report.dashboard.state import Value
from sim.scenario import Scenario


@dataclass(frozen=True)
class Control:
    """One thing that can be moved.

    Attributes
    ----------
    key : str
        Letters, digits, ``_``, ``-`` and dots; the same whenever the scenario is the same.
    path : str
        What it is in a scenario, as designs write it: ``event.close_route.CPC.intensity``.
    label, unit : str
        In words.
    group : str
        Heading under which it stands: "Drivers", "Behaviour", "Figures of the case", "Settings", or
        "Event: ..." with the event in words.
    kind : str
        ``range`` (a float between `low` and `high`), ``whole`` (an int between them), ``quarter``
        (a text between them, "2026Q1"), ``choice`` (one of `choices`) or ``flag`` (bool).
    low, high : float, int or str, or None
        For a range, whole number or quarter; what the scenario has lies between them.
    step : float
        Of a slider; a value need not lie on a step.
    log : bool
        Whether a slider is better logarithmic.
    choices : tuple
        For a choice.
    default : bool, int, float, str or None
        What the scenario has; None where it draws from a distribution in every run.
    drawn : str
        That distribution in words, else "". A control that is moved fixes the value in all runs.
    rest : bool, int, float or str
        Where the handle stands when it is not moved: `default`, or the median of what is drawn.
    reason, source : str
        Why it may be moved so far, from the design; or why the event is there, from the scenario.
    """

    key: str
    path: str
    label: str
    group: str
    unit: str
    kind: str
    low: float | int | str | None
    high: float | int | str | None
    step: float
    log: bool
    choices: tuple[Value, ...]
    default: Value | None
    drawn: str
    rest: Value
    reason: str
    source: str


def controls(scenario: Scenario, case: Case, design: Design | None) -> list[Control]:
    """All that can be moved in a scenario, in the order in which it should be shown.

    Parameters
    ----------
    scenario : Scenario
        With what is added to it; see `sim.report.dashboard.panel.open_panel`.
    case : Case
    design : Design or None
        Its factors come first, if the scenario has them; None: the events only.

    Returns
    -------
    list of Control
        A factor that the scenario does not have is left out; `left_out` says why. One that follows
        another (`same_as`) has no control of its own and moves along. Of each event there is a
        control that switches it off (key ending in ``.on``), then its fields.
    """
    raise NotImplementedError


def left_out(scenario: Scenario, case: Case, design: Design) -> dict[str, str]:
    """Why factors of a design have no control, by name of the factor."""
    raise NotImplementedError
