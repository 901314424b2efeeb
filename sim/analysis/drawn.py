"""The parameters that the runs of a batch drew, found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.case import Case, Posterior, load_case
from sim.case.posterior import read_posterior
from sim.core.errors import InputError
from sim.experiment.result import Result
from sim.experiment.sweep_result import Sweep


def case_of(result: Result | Sweep) -> Case | None:
    """The case of a result, if it is still there."""
    try:
        return load_case(result.manifest["scenarios"][0]["resolved"].get("case", ""))
    except InputError:
        return None


def draw_numbers(manifest: Mapping[str, Any], runs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which draw of the parameters each run took.

    Parameters
    ----------
    manifest : mapping
        Of runs that drew their parameters.
    runs : int array (run,)
        Their numbers.

    Returns
    -------
    int array (run,)
        Draws are used in turn, each for as many consecutive runs as share one, and from the first
        again when they are used up.
    """
    drawn = manifest["parameters"]
    return np.asarray(runs // int(drawn["replicates"]) % int(drawn["draws"]))


def drawn_parameters(result: Result, otherwise: str) -> Posterior:
    """The draws that a batch took its parameters from.

    Parameters
    ----------
    result : Result
        Of runs that drew their parameters.
    otherwise : str
        What to do where the draws are not to be found, for the message.

    Returns
    -------
    Posterior
        As kept with the result, or as they stand in the case.

    Raises
    ------
    InputError
        If the draws are no longer to be found, or are others now.
    """
    drawn = result.manifest["parameters"]
    kept = result.folder / "parameters.parquet"
    case = case_of(result)
    found = None
    try:
        if kept.is_file():
            found = read_posterior(kept)
        elif case is not None:
            found = case.draws(drawn["given"])
    except InputError:
        pass
    if found is None or found.hash != drawn["hash"]:
        raise InputError(
            f"{result.folder}: its parameters were drawn from {drawn['given']}, which is not there "
            f"or has changed since; {otherwise}"
        )
    return found
