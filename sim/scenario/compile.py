"""From a scenario and a case to what the core simulates: a world and a plan."""

from __future__ import annotations

from sim.case import Case
from sim.core.errors import InputError
from sim.core.plan import Plan
from sim.core.reference import reference
from sim.core.world import World
from sim.scenario.check import check_actors, check_scenario
from sim.scenario.draws import Draws
from sim.scenario.events import Events
from sim.scenario.override import override_world
from sim.scenario.paths import mean_paths, noise
from sim.scenario.problems import Report
from sim.scenario.schema import Scenario


def compile_plan(scenario: Scenario, case: Case, runs: range, seed: int) -> tuple[World, Plan]:
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

    Returns
    -------
    world : World
    plan : Plan
        The runs axis of each array has length 1, or that of `runs` where a distribution of the
        scenario touches it. Fills `scenario.notes`.

    Raises
    ------
    InputError
        With everything that does not fit the case, one problem a line; or if the world has no
        consistent reference in one of the runs.

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
    draw, report = Draws(seed, runs), Report(scenario.where)
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
        raise InputError(f"{scenario.where()}: {error}") from None
    scenario.notes[:] = dict.fromkeys(report.notes)
    return world, plan
