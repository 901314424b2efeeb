"""Variants of one simulation in step with each other: what differs between them, run by run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from sim.analysis.tracing.moves import Moved
from sim.case import Posterior
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, columns
from sim.core.simulate import FEWEST_RUNS, Quarter, Simulation
from sim.core.world import Array, Names
from sim.scenario import compile_plan
from sim.scenario.problems import nearest

CHUNK = 256  # runs simulated together, of each variant
Sides = Sequence[Moved]  # a scenario, and the one that it is held against where there is one


@dataclass(frozen=True)
class Sample:
    """Outcomes of variants that share their draws.

    Attributes
    ----------
    columns, units : tuple of str
        Of outcomes.
    start : int
        First quarter that all sides have.
    values : dict of str to float array (run, column)
        By variant, of those kept by run, at the quarter asked for or as means over the quarters.
    means : dict of str to float array (column,)
        Means over runs, by variant, at the same quarter or quarters.
    by_quarter : dict of str to float array (quarter, column)
        Means over runs.
    spread : float array (quarter, column)
        Standard deviation over runs of the first variant.
    """

    columns: tuple[str, ...]
    units: tuple[str, ...]
    start: int
    values: Mapping[str, Array]
    means: Mapping[str, Array]
    by_quarter: Mapping[str, Array]
    spread: Array


def compiles(sides: Sides, posterior: Posterior | None, runs: int, seed: int) -> None:
    """Compile a variant, without simulating it.

    Raises
    ------
    InputError
        If its world cannot be: shares above 1, or no consistent reference.
    """
    for numbers in _chunks(runs):
        for side in sides:
            compile_plan(side.scenario, side.case, numbers, seed, side.drawn(posterior, numbers))


def sample(
    variants: Mapping[str, Sides],
    posterior: Posterior | None,
    runs: int,
    seed: int,
    at: str,
    outcomes: Sequence[str] | None = None,
    by_run: Collection[str] | None = None,
) -> Sample:
    """Simulate variants in step, all with the same draws.

    Parameters
    ----------
    variants : mapping of str to sequence of Moved
        One scenario each, or two, of which the outcomes of the second are taken off the first's.
    posterior : Posterior or None
        Draws of the parameters.
    runs, seed : int
    at : str
        ``end``, ``mean`` or a quarter.
    outcomes : sequence of str, optional
        Outcomes or columns.
    by_run : collection of str, optional
        Variants of which the values of each run are kept; default: all.

    Raises
    ------
    InputError
        If an outcome or the quarter is not there, or a variant cannot be.
    """
    centre = next(iter(variants))
    start = max(side.scenario.start for side in variants[centre])
    last = min(side.scenario.end for side in variants[centre])
    if last < start:
        raise InputError("the scenarios have no quarter in common")
    wanted = _quarter(at, start, last)
    heads: list[str] = []
    sums: dict[str, list[Array]] = {label: [] for label in variants}
    squares: list[Array] = []
    values: dict[str, list[Array]] = {
        label: [] for label in variants if by_run is None or label in by_run
    }
    with threadpool_limits(1):
        for numbers in _chunks(runs):
            playing = {
                label: [_simulation(side, posterior, numbers, seed) for side in sides]
                for label, sides in variants.items()
            }
            heads = heads or _heads([one.setting.world.names for one in playing[centre]], outcomes)
            kept: dict[str, Array] = {}
            for quarter in range(start, last + 1):
                for label, simulations in playing.items():
                    found = _measured([_at(one, quarter) for one in simulations], heads)
                    _add(sums[label], quarter - start, found.sum(axis=1) / runs)
                    if label == centre:
                        _add(squares, quarter - start, (found**2).sum(axis=1) / runs)
                    if label not in values:
                        continue
                    if wanted is None:
                        kept[label] = kept.get(label, 0.0) + found / (last - start + 1)
                    elif wanted == quarter:
                        kept[label] = found
            for label, found in kept.items():
                values[label].append(found.T)
    by_quarter = {label: np.array(rows) for label, rows in sums.items()}
    variance = (np.array(squares) - by_quarter[centre] ** 2) * runs / max(runs - 1, 1)
    return Sample(
        tuple(heads),
        tuple(INDICATORS[head.split(".")[0]].unit for head in heads),
        start,
        {label: np.concatenate(parts) for label, parts in values.items()},
        {
            label: rows.mean(axis=0) if wanted is None else rows[wanted - start]
            for label, rows in by_quarter.items()
        },
        by_quarter,
        np.sqrt(np.clip(variance, 0.0, None)),
    )


def _chunks(runs: int) -> Iterator[range]:
    """Runs simulated together; none is left alone, as a chunk holds two at least."""
    first = 0
    while first < runs:
        size = CHUNK if runs - first - CHUNK >= FEWEST_RUNS else runs - first
        yield range(first, first + size)
        first += size


def _quarter(at: str, start: int, last: int) -> int | None:
    """The quarter asked for; None for the mean over all."""
    if at in ("end", "mean"):
        return last if at == "end" else None
    try:
        quarter = quarters.parse(at)
    except InputError:
        raise InputError(f"at: found {at!r}; allowed: end, mean, or a quarter, as 2030Q4") from None
    if not start <= quarter <= last:
        raise InputError(
            f"at: found {at}; allowed: {quarters.name(start)} to {quarters.name(last)}"
        )
    return quarter


def _simulation(side: Moved, posterior: Posterior | None, numbers: range, seed: int) -> Simulation:
    drawn = side.drawn(posterior, numbers)
    world, plan = compile_plan(side.scenario, side.case, numbers, seed, drawn)
    return Simulation(world, plan, seed, numbers.start, len(numbers))


def _at(simulation: Simulation, quarter: int) -> Quarter:
    """The next quarter of a simulation that is no later than the one asked for."""
    found = simulation.advance()
    while found.quarter < quarter:
        found = simulation.advance()
    return found


def _heads(names: Sequence[Names], outcomes: Sequence[str] | None) -> list[str]:
    """Columns that all sides have, of the outcomes asked for."""
    sides = [
        [head for indicator in INDICATORS.values() for head in columns(indicator, own)]
        for own in names
    ]
    there = [head for head in sides[0] if all(head in side for side in sides[1:])]
    if outcomes is None:
        return there
    for name in outcomes:
        if name not in INDICATORS and name not in there:
            raise InputError(f"there is no outcome {name!r}{nearest(name, [*INDICATORS, *there])}")
    return [head for head in there if head in outcomes or head.split(".")[0] in outcomes]


def _measured(found: Sequence[Quarter], heads: Sequence[str]) -> Array:
    """Outcomes of the first side, less those of the second where there is one: (column, run)."""
    sides = []
    for quarter in found:
        names = quarter.moment.setting.world.names
        wanted = dict.fromkeys(head.split(".")[0] for head in heads)
        rows: dict[str, Array] = {}
        for name in wanted:
            values = quarter.measure(name)
            own = columns(INDICATORS[name], names)
            rows |= dict(zip(own, values.reshape(len(own), -1), strict=True))
        sides.append(np.array([rows[head] for head in heads]))
    return sides[0] if len(sides) == 1 else sides[0] - sides[1]


def _add(sums: list[Array], place: int, part: Array) -> None:
    if place == len(sums):
        sums.append(part)
    else:
        sums[place] = sums[place] + part
