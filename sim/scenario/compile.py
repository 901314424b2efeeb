"""From a scenario and a case to what the core simulates: a world and a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from sim.case import Case, Posterior
from sim.case.posterior import check_values
from sim.core.errors import InputError
from sim.core.plan import Plan
from sim.core.reference import reference
from sim.core.world import Array, World
from sim.scenario.check import check_actors, check_scenario
from sim.scenario.draws import Draws
from sim.scenario.events import Events
from sim.scenario.override import override_world
from sim.scenario.paths import mean_paths, noise
from sim.scenario.problems import Report
from sim.scenario.schema import Scenario


def compile_plan(
    scenario: Scenario,
    case: Case,
    runs: range,
    seed: int,
    parameters: str | Path | Posterior | Mapping[str, Array] = "point",
    replicates: int = 1,
    copies: int = 1,
) -> tuple[World, Plan]:
    """Turn a scenario into the world it starts from and its paths by quarter.

    Parameters
    ----------
    scenario : Scenario
    case : Case
        The case that the scenario is about.
    runs : range
        Numbers of the runs, step 1. Run i has the same draws in every range that holds it.
    seed : int
        Root seed of the draws from distributions, 0 or more.
    parameters : "point", "posterior", path, Posterior or mapping
        Values of the parameters, on top of which the scenario sets its own: the centres; the case's
        posterior, or the centres if it has none; draws from elsewhere; or arrays (run,) by name.
    replicates : int
        Consecutive runs that share a draw: run i takes draw i // `replicates`, from the first draw
        again when they are used up.
    copies : int
        How often the runs stand along the runs axis, all of them each time with the same draws:
        once for each of the values that a `Given` of the scenario holds.

    Returns
    -------
    world : World
    plan : Plan
        The runs axis of each array has length 1, or ``len(runs) * copies`` where draws of the
        parameters or a distribution of the scenario touch it. Fills `scenario.notes`.

    Raises
    ------
    InputError
        With everything that does not fit the case, one problem a line; if the draws of parameters
        cannot be used; or if the world has no consistent reference in one of the runs.

    Examples
    --------
    >>> from sim.case import load_case
    >>> from sim.scenario import load_scenario
    >>> scenario = load_scenario("baseline")
    >>> world, plan = compile_plan(scenario, load_case(scenario.case), range(100), scenario.seed)
    """
    if not runs or runs.start < 0 or runs.step != 1:
        raise InputError(f"runs: found {runs}; at least one run is needed, numbered from 0 up")
    if seed < 0:
        raise InputError(f"seed: found {seed}; allowed: 0 or more")
    check_actors(scenario, case)
    base = case.as_of if scenario.as_of is None else scenario.as_of
    world = case.build(base, scenario.membership.countries, scenario.membership.powers)
    check_scenario(scenario, case, world)
    drawn = {
        name: np.tile(values, copies)
        for name, values in _drawn(parameters, case, runs, replicates).items()
    }
    world = replace(world, parameters=replace(world.parameters, **drawn))
    draw, report = Draws(seed, runs, copies), Report(scenario.where)
    world = override_world(scenario, case, world, draw, report)
    drivers = mean_paths(scenario, world, draw, report)
    persistence, sigma = noise(scenario, case, world)
    events = Events(scenario, case, world, draw, report)
    closure = events.closure()
    announced, committed = events.deals()
    threshold, stake, sign = events.resolutions()
    plan = Plan(
        start=scenario.start,
        quarters=scenario.quarters,
        drivers=drivers,
        persistence=persistence,
        noise=sigma,
        membership=events.membership(),
        disruption=events.disruption(closure),
        alarm_events=events.alarm(),
        summits=events.summits(),
        announced=announced,
        committed=committed,
        capacity=events.capacity,
        closure=closure,
        vote_threshold=threshold,
        vote_stake=stake,
        vote_sign=sign,
    )
    report.stop()
    try:
        reference(world)
    except InputError as error:
        first = ""
        if drawn and len(runs) > 1 and copies == 1:
            first = f" (the first is run {_first_refused(scenario, case, runs, seed, drawn)})"
        raise InputError(f"{scenario.where()}: {error}{first}") from None
    scenario.notes[:] = dict.fromkeys(report.notes)
    return world, plan


def _drawn(
    parameters: str | Path | Posterior | Mapping[str, Array],
    case: Case,
    runs: range,
    replicates: int,
) -> dict[str, Array]:
    """Values of the parameters that are not at their centres, (run,) by name."""
    if replicates < 1:
        raise InputError(f"replicates: found {replicates}; allowed: 1 or more")
    if isinstance(parameters, Mapping):
        for name, values in parameters.items():
            if np.shape(values) != (len(runs),):
                raise InputError(
                    f"parameter {name!r}: found an array of shape {np.shape(values)}; "
                    f"needed: one value for each of {len(runs)} runs"
                )
            check_values(name, values)
        return dict(parameters)
    posterior = case.draws(parameters)
    if posterior is not None:
        return posterior.at(runs, replicates)
    if replicates > 1:
        raise InputError(
            f"replicates: found {replicates}, but there are no draws of the parameters to repeat"
        )
    return {}


def _first_refused(
    scenario: Scenario, case: Case, runs: range, seed: int, drawn: Mapping[str, Array]
) -> int:
    """Number of the first run whose world is refused; there is one."""
    for place, number in enumerate(runs):
        own = {name: values[place : place + 1] for name, values in drawn.items()}
        try:
            compile_plan(scenario, case, range(number, number + 1), seed, own)
        except InputError:
            return number
    return runs[-1]
