"""What a batch or a sweep is asked for, checked before anything runs."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence

import numpy as np

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.scenario import Scenario


def refuse_in_worker(function: str) -> None:
    """Refuse to start work where a worker process only imports the script that asked for it.

    Raises
    ------
    InputError
        With what to change in the script that calls the function.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise InputError(
            f"worker processes import the calling script anew; call {function} below "
            'if __name__ == "__main__": or use jobs=1'
        )


def at_least(name: str, value: int, least: int) -> int:
    """A whole number that is asked for; NumPy's count as well.

    Raises
    ------
    InputError
        If it is no whole number, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputError(f"{name}: found {value!r}; allowed: a whole number, {least} or more")
    if value < least:
        raise InputError(f"{name}: found {value}; allowed: {least} or more")
    return int(value)


def shared_case(scenarios: Sequence[Scenario], kind: str) -> Case:
    """The case of scenarios that are run together.

    Parameters
    ----------
    scenarios : sequence of Scenario
        One or more.
    kind : str
        What they are run in, for messages: ``batch`` or ``design``.

    Raises
    ------
    InputError
        If two have the same name, their cases differ, or the case cannot be read.
    """
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"the scenario {name!r} is named twice")
    first = scenarios[0]
    for other in scenarios[1:]:
        if other.case != first.case:
            raise InputError(
                f"the scenarios of a {kind} share a case: {first.name} has {first.case}, "
                f"{other.name} has {other.case}"
            )
    return load_case(str(first.case))
