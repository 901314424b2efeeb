"""Which rows and outcomes of a sample can be used, and what a reader has to know of it."""

from __future__ import annotations

import numpy as np

from sim.analysis.sensitivity.methods import FEWEST, GIVEN, ONE, POINTS, SOBOL, rows_of_point
from sim.analysis.sensitivity.sample import Chosen, Inputs, Outputs
from sim.analysis.sensitivity.sobol import total_of_itself
from sim.core.errors import InputError
from sim.core.world import Array
from sim.experiment.design import DUMMY
from sim.experiment.sweep_result import Sweep

_UNEVEN = 0.1  # a total index of 1 that comes out wrong by less is not worth a note
_TOLD = 5  # names in a note, at most


def usable(
    sweep: Sweep, scenario: str, inputs: Inputs, method: str, found: Outputs
) -> tuple[Outputs, Chosen, list[str]]:
    """Leave out what a scenario has no values of.

    Returns
    -------
    found : Outputs
        Those that all stored rows have.
    finished : array (row,)
        Rows that can be used: those whose whole base point or trajectory is finished.
    notes : list of str
        What was left out, and why.

    Raises
    ------
    InputError
        If too little is left.
    """
    notes = []
    found, absent = _chosen(found, np.asarray(np.isfinite(found.means).any(axis=0)))
    if absent:
        notes.append(f"{scenario} has no {_named(absent)}.")
    if not found.columns:
        raise InputError(f"{sweep.folder}: no row of {scenario} is finished")
    found, partly = _chosen(found, np.asarray(np.isfinite(found.means[found.stored]).all(axis=0)))
    if partly:
        why = f"missing in some rows of {scenario}, which leave an actor out"
        if not found.columns:
            raise InputError(
                f"{sweep.folder}: {_named(partly)} is {why}; name outcomes that all rows have"
            )
        notes.append(f"Passed over, because {why}: {_named(partly)}.")
    finished = _finished(inputs, method, found.stored)
    if not finished.all():
        notes.append(
            f"{scenario}: {len(finished) - finished.sum()} of {len(finished)} rows are left out, "
            "because they, or rows they are compared with, failed or are not finished."
        )
    _enough(sweep, scenario, inputs, method, finished)
    if method == SOBOL:
        notes += _uneven(inputs, finished)
    return found, finished, notes


def related(inputs: Inputs, method: str) -> list[str]:
    """Notes on inputs that are tied to one another."""
    notes = [f"{name} follows {other}: the two are one input." for name, other in inputs.tied]
    if method == GIVEN:
        notes += [
            f"{one} and {other} are correlated over the rows ({value:+.2f}): the index of each "
            "holds what it tells of the other."
            for one, other, value in inputs.related
        ]
    return notes


def _named(names: list[str]) -> str:
    return f"{', '.join(names[:_TOLD])}{' ...' if names[_TOLD:] else ''}"


def _chosen(found: Outputs, there: Chosen) -> tuple[Outputs, list[str]]:
    """Some columns of outputs, and the names of the others."""
    if there.all():
        return found, []

    def pick(one: Array | None) -> Array | None:
        return None if one is None else one[..., there]

    columns = [name for name, kept in zip(found.columns, there, strict=True) if kept]
    others = [name for name, kept in zip(found.columns, there, strict=True) if not kept]
    means, runs, within = found.means[:, there], pick(found.runs), pick(found.within)
    return Outputs(columns, means, runs, within, found.stored), others


def _finished(inputs: Inputs, method: str, rows: Chosen) -> Chosen:
    """Rows that can be used: those whose whole base point or trajectory is finished."""
    size = rows_of_point(method, len(inputs.names))
    if len(rows) % size:
        raise InputError(
            f"{len(rows)} rows are no whole number of groups of {size}, which {method} takes from "
            f"{len(inputs.names)} inputs"
        )
    return np.repeat(rows.reshape(-1, size).all(axis=1), size)


def _enough(sweep: Sweep, scenario: str, inputs: Inputs, method: str, finished: Chosen) -> None:
    if method == ONE:
        if not finished[0]:
            raise InputError(f"{sweep.folder}: the centre of {scenario} is not finished")
        return
    size = rows_of_point(method, len(inputs.names))
    if finished.sum() // size < FEWEST[method]:
        raise InputError(
            f"{sweep.folder}: {scenario} has {finished.sum() // size} finished {POINTS[method]}; "
            f"at least {FEWEST[method]} are needed"
        )


def _uneven(inputs: Inputs, finished: Chosen) -> list[str]:
    """A note if the base points are too few to be even in a factor of both of their halves."""
    rows = rows_of_point(SOBOL, len(inputs.names))
    units = inputs.units[finished].reshape(-1, rows, len(inputs.names))
    totals, reach = total_of_itself(units[:, 0], units[:, -1])
    wrong = {
        name: total
        for name, total, own in zip(inputs.names, totals, reach, strict=True)
        if name != DUMMY and abs(total - 1.0) > max(own, _UNEVEN)
    }
    if not wrong:
        return []
    worst = sorted(wrong, key=lambda name: -abs(wrong[name] - 1.0))
    told = ", ".join(f"{name} {wrong[name]:.2f}" for name in worst[:5])
    return [
        f"{len(units)} base points are uneven: an outcome that rises with one factor alone, in "
        f"proportion to its place in the unit cube, would get a total index of {told}"
        f"{' ...' if worst[5:] else ''} instead of 1, and intervals do not tell of that. More base "
        "points mend it."
    ]
