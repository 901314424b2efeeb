"""A state as the query of an address, and back."""

from __future__ import annotations

from sim.experiment.design import Design
from sim.report.dashboard.state import State


def to_query(state: State) -> str:
    """The query of a state: ``scenario=cpc_closure&oil=0.3&close_route.CPC.date=2027Q1&...``.

    Short enough to be read; numbers with all their digits, so that `from_query` gives back an equal
    state. What is pinned has keys that begin with ``pin.``, and only where it differs.
    """
    raise NotImplementedError


def from_query(text: str, design: Design | None = None, scenario: str = "baseline") -> State:
    """The state of a query, checked.

    Parameters
    ----------
    text : str
        With or without its question mark.
    design : Design or None
        Where the controls come from; see `sim.report.dashboard.controls.controls`.
    scenario : str
        That of a query that names none. What else a query leaves out is as `first_state` has it.

    Raises
    ------
    InputError
        If a key is unknown or given twice, or a value cannot be read or stand there.
    """
    raise NotImplementedError
