"""Relations between two runs of the model, and properties of any run: R1 to R16.

Worlds are random (tests/reference/random_world.py) with everything switched on; what a relation
needs switched off is named in its test. R13 is about shipped scenarios: test_shipped_scenarios.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sim.core import attention, bargaining, coercion, leverage, portfolio, position, reexport
from sim.core.drivers import DRIVERS
from sim.core.events import extract
from sim.core.indicators import INDICATORS, position_steps
from sim.core.plan import Plan
from sim.core.simulate import Quarter, Simulation, simulate
from sim.core.streams import draw_quarter
from sim.core.world import Array, World
from tests.limits.worlds import (
    axis_lengths,
    letters,
    rearranged_draws,
    rearranged_plan,
    rearranged_world,
    setting_of,
    some_runs,
    start_of,
    state_arrays,
    stepped,
    taken,
    with_attributes,
    with_drivers,
    with_parameters,
)
from tests.reference.any_world import CASES, any_world, on_every_case
from tests.reference.random_world import random_world

SEED = 11
ROUNDING = 1e-9
STATE_AXES = {
    "share": "cpk",
    "own_measures": "cpk",
    "attention": "cp",
    "announced": "cps",
    "committed": "cps",
    "realised": "cps",
    "fear": "cp",
    "capacity": "g",
    "building": "g",
    "position": "c",
    "reexport": "c",
    "output": "c",
    "cohesion": "",
    "concession": "cp",
} | {f"driver {name}": letters(driver.axes) for name, driver in DRIVERS.items()}

seeds = st.integers(0, 10_000)


def examples(number: int) -> settings:
    """Settings of a relation: always the same examples, no deadline on a shared machine."""
    return settings(
        deadline=None,
        derandomize=True,
        max_examples=number,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def same(one: Array, other: Array, tolerance: float = ROUNDING) -> bool:
    """Equal up to rounding, relative where values exceed one."""
    gap = np.abs(one - other) / np.maximum(1.0, np.abs(other))
    return one.shape == other.shape and bool(np.max(gap, initial=0.0) <= tolerance)


def held_still(plan: Plan, **drivers: float) -> Plan:
    """The plan with some drivers at a number in all quarters, without noise."""
    paths = {name: np.full_like(plan.drivers[name], value) for name, value in drivers.items()}
    return replace(
        plan,
        drivers=plan.drivers | paths,
        noise={name: value for name, value in plan.noise.items() if name not in drivers},
        persistence={n: value for n, value in plan.persistence.items() if n not in drivers},
    )


def standing(world: World, plan: Plan, **drivers: float) -> tuple[World, Plan]:
    """World and plan with some drivers at a number, at the base and ever after."""
    return with_drivers(world, **drivers), held_still(plan, **drivers)


@examples(25)
@on_every_case(shuffle=3, countries=3, powers=3)
@given(seed=seeds, shuffle=seeds, countries=st.integers(2, 4), powers=st.integers(1, 4))
def test_R01_the_order_of_rows_does_not_matter(
    seed: int | str, shuffle: int, countries: int, powers: int
) -> None:
    """Countries, powers, channels, routes, sectors and texts in any order."""
    world, plan = any_world(seed, runs=4, quarters=6, countries=countries, powers=powers)
    generator = np.random.default_rng(shuffle)
    order = {
        letter: generator.permutation(length).tolist()
        for letter, length in axis_lengths(world.names).items()
    }
    other_world, other_plan = rearranged_world(world, order), rearranged_plan(plan, order)
    setting, other_setting = setting_of(world, plan), setting_of(other_world, other_plan)
    state, other_state = start_of(setting, 4), start_of(other_setting, 4)
    ledger = other_ledger = None
    for index in range(plan.quarters):
        draws = draw_quarter(SEED, world, plan, plan.start + index, 0, 4)
        quarter = stepped(setting, index, state, draws, ledger)
        other = stepped(
            other_setting, index, other_state, rearranged_draws(draws, order), other_ledger
        )
        state, ledger = quarter.state, quarter.moment.ledger
        other_state, other_ledger = other.state, other.moment.ledger
        ours, theirs = state_arrays(state), state_arrays(other_state)
        for name, axes in STATE_AXES.items():
            assert same(theirs[name], taken(ours[name], axes, order)), name
        for name, indicator in INDICATORS.items():
            expected = taken(quarter.measure(name), letters(indicator.axes), order)
            assert same(other.measure(name), expected), name
        votes = taken(quarter.flow.dated_votes, ".c", order)
        assert np.array_equal(other.flow.dated_votes, votes)


@examples(25)
@on_every_case(scale=0.5)
@given(seed=seeds, scale=st.floats(0.1, 10.0))
def test_R02_only_relative_values_count(seed: int | str, scale: float) -> None:
    """Scaling what a power sees in all countries changes nothing."""
    world, plan = any_world(seed, runs=4, quarters=6)
    value = world.attributes.value.copy()
    value[0] *= scale
    scaled = with_attributes(world, value=value)
    for one, other in zip(
        simulate(world, plan, SEED, 0, 4), simulate(scaled, plan, SEED, 0, 4), strict=True
    ):
        for name in STATE_AXES:
            assert same(state_arrays(other.state)[name], state_arrays(one.state)[name]), name


@examples(25)
@on_every_case(scale=0.5)
@given(seed=seeds, scale=st.floats(0.3, 3.0))
def test_R02_only_relative_weights_count_in_the_position(seed: int | str, scale: float) -> None:
    """Scaling alpha, omega_B and leverage together changes no position, vote or share.

    Leverage has no parameter of its own: it is scaled through the exposures, so all that compares
    leverage with something else (threats, enforcement) is off.
    """
    world, plan = any_world(seed, runs=4, quarters=6)
    world, plan = standing(with_parameters(world, threat_hazard=0.0), plan, enforcement=0.0)
    parameters = world.parameters
    scaled = replace(
        with_attributes(world, exposure=world.attributes.exposure * scale),
        parameters=replace(
            parameters,
            own_weight=parameters.own_weight * scale,
            stock_weight=parameters.stock_weight * scale,
        ),
    )
    alike = ("position", "autonomy", "alignment", "entropy", "share", "fear", "realised")
    alike += ("vote_yes", "vote_no", "attention", "terms", "cohesion", "reexport_intensity")
    for one, other in zip(
        simulate(world, plan, SEED, 0, 4), simulate(scaled, plan, SEED, 0, 4), strict=True
    ):
        for name in alike:
            assert same(other.measure(name), one.measure(name)), name
        assert same(other.measure("leverage"), scale * one.measure("leverage"))


def with_idle_power(world: World, plan: Plan) -> tuple[World, Plan]:
    """The world with one more power, which has nothing, wants nothing and does nothing."""
    old = len(world.names.powers)
    world = rearranged_world(world, {"p": [*range(old), 0]})
    plan = rearranged_plan(plan, {"p": [*range(old), 0]})
    attributes, layout = world.attributes, world.layout

    def emptied(array: Array, axis: int) -> Array:
        array = array.copy()
        array[(slice(None),) * axis + (old,)] = 0
        return array

    world = with_attributes(
        world,
        share=emptied(attributes.share, 1),
        control=emptied(attributes.control, 0),
        budget=emptied(attributes.budget, 0),
        claim=emptied(attributes.claim, 1),
        routes=replace(attributes.routes, location=emptied(attributes.routes.location, 2)),
    )
    free = sorted(set(range(layout.all_powers)) - set(layout.powers[:old].tolist()))
    world = replace(
        world, layout=replace(layout, powers=np.array([*layout.powers[:old].tolist(), free[0]]))
    )
    alarm = plan.drivers["alarm"].copy()
    alarm[:, :, old] = world.drivers["alarm"][:, old]
    plan = replace(
        plan,
        drivers=plan.drivers | {"alarm": alarm},
        alarm_events=emptied(plan.alarm_events, 2),
        announced=emptied(plan.announced, 2),
        committed=emptied(plan.committed, 2),
    )
    if "alarm" in plan.noise:
        plan.noise["alarm"] = emptied(plan.noise["alarm"], 1)
    return world, plan


@examples(25)
@on_every_case()
@given(seed=seeds)
def test_R03_a_power_with_nothing_changes_nothing(seed: int | str) -> None:
    """B = 0, S0 = 0, claim = 0, control = 0, through the streams as well.

    One measure counts powers and is set aside: the evenness of the portfolio, which is relative to
    its maximum.
    """
    world, plan = any_world(seed, runs=4, quarters=6)
    more_world, more_plan = with_idle_power(world, plan)
    powers = len(world.names.powers)
    old = {"p": range(powers)}
    for one, more in zip(
        simulate(world, plan, SEED, 0, 4), simulate(more_world, more_plan, SEED, 0, 4), strict=True
    ):
        for name, axes in STATE_AXES.items():
            ours, theirs = state_arrays(one.state)[name], state_arrays(more.state)[name]
            assert same(taken(theirs, axes, old), ours), name
        for name, indicator in INDICATORS.items():
            measured = taken(more.measure(name), letters(indicator.axes), old)
            if name == "entropy":
                measured = measured * np.log(powers + 1) / np.log(powers)
            assert same(measured, one.measure(name)), name
        assert not more.measure("leverage")[:, powers].any()


@examples(25)
@on_every_case()
@given(seed=seeds)
def test_R03_a_country_outside_changes_nothing_for_the_others(seed: int | str) -> None:
    """A country that is neither core nor a member, as a candidate before it joins."""
    world, plan = any_world(seed, runs=4, quarters=6, countries=3)
    last = len(world.names.countries) - 1
    core = world.attributes.core.copy()
    core[last] = False
    weight = world.attributes.weight / world.attributes.weight[:last].sum(axis=0)
    routes = world.attributes.routes
    at_home = routes.location.any(axis=(2, 3))[:, :, None]  # a route may serve a neighbour
    routes = replace(routes, serves=routes.serves & at_home)
    world = with_attributes(world, core=core, weight=weight, routes=routes)
    membership = plan.membership.copy()
    membership[:, last] = 0.0
    plan = replace(plan, membership=membership)
    elsewhere = (~routes.location[:, last].any(axis=(1, 2))).nonzero()[0].tolist()
    without = {"c": range(last), "g": elsewhere}
    fewer_world, fewer_plan = rearranged_world(world, without), rearranged_plan(plan, without)
    counting = {"deals_gini", "deal_share", "announced_by_sector", "realised_by_sector"}
    counting |= {"imposed_by_channel"}
    for whole, fewer in zip(
        simulate(world, plan, SEED, 0, 4),
        simulate(fewer_world, fewer_plan, SEED, 0, 4),
        strict=True,
    ):
        for name, indicator in INDICATORS.items():
            if name not in counting:
                expected = taken(whole.measure(name), letters(indicator.axes), without)
                assert same(fewer.measure(name), expected), name


@examples(25)
@on_every_case()
@given(seed=seeds)
def test_R04_half_a_country_gets_half_the_attention(seed: int | str) -> None:
    """One country as two with n/2 and v/2 each, m = 1, eta = 1, whatever else happens.

    What depends on the number of members (neighbours' experience, common fear) or on a country's
    size alone (announcements) is off, so that both halves live as the whole does.
    """
    world, plan = any_world(seed, runs=4, quarters=6)
    world, plan = standing(world, plan, format=1.0)
    world = with_parameters(
        world,
        allocation_exponent=1.0,
        deal_rate=0.0,
        neighbour_learning=0.0,
        fear_cohesion=0.0,
    )
    plan = replace(plan, committed=plan.committed * 0.0)
    routes = (~world.attributes.routes.location[:, 1].any(axis=(1, 2))).nonzero()[0].tolist()
    world, plan = rearranged_world(world, {"g": routes}), rearranged_plan(plan, {"g": routes})
    halves = {"c": [*range(len(world.names.countries)), 1]}
    half = np.where(np.array(halves["c"]) == 1, 0.5, 1.0)[:, None]
    split = rearranged_world(world, halves)
    split = with_attributes(
        split, value=split.attributes.value * half, weight=split.attributes.weight * half
    )
    setting, split_setting = (
        setting_of(world, plan),
        setting_of(split, rearranged_plan(plan, halves)),
    )
    state, split_state = start_of(setting, 4), start_of(split_setting, 4)
    for index in range(plan.quarters):
        draws = draw_quarter(SEED, world, plan, plan.start + index, 0, 4)
        state = stepped(setting, index, state, draws).state
        split_state = stepped(
            split_setting, index, split_state, rearranged_draws(draws, halves)
        ).state
        expected = state.attention[halves["c"]] * half[..., None]
        assert same(split_state.attention, expected)
        assert same(split_state.share, state.share[halves["c"]])


@examples(200)
@given(
    share=st.floats(0.01, 0.99),
    control=st.floats(0.05, 1.0),
    substitution=st.floats(1.2, 8.0),
    part=st.floats(0.1, 0.9),
)
def test_R05_two_suppliers_for_one(
    share: float, control: float, substitution: float, part: float
) -> None:
    """Splitting a supplier lowers total leverage for sigma > 2, raises it for sigma < 2."""
    assume(abs(substitution - 2.0) > 0.01)
    exposure = np.full((1, 1, 1), 0.1)
    sigma = np.full((1, 1), substitution)
    whole = np.array([share]).reshape(1, 1, 1, 1)
    split = np.array([part * share, (1.0 - part) * share]).reshape(1, 2, 1, 1)
    one = leverage.vulnerability(exposure, whole, np.full((1, 1, 1), control), sigma).sum()
    two = leverage.vulnerability(exposure, split, np.full((2, 1, 1), control), sigma).sum()
    if substitution > 2.0:
        assert two < one
    else:
        assert two > one
    at_two = np.full((1, 1), 2.0)
    assert leverage.vulnerability(
        exposure, split, np.full((2, 1, 1), control), at_two
    ).sum() == pytest.approx(0.1 * control * share)


@examples(25)
@on_every_case(rise=0.2)
@given(seed=seeds, rise=st.floats(0.01, 0.5))
def test_R06_enforcement_never_raises_reexports(seed: int | str, rise: float) -> None:
    """At a fixed state; along a path it can, as a country moves out of clearing."""
    world, plan = any_world(seed, runs=4, quarters=1)
    world = with_parameters(world, threat_hazard=0.0)
    setting = setting_of(world, plan)
    draws = draw_quarter(SEED, world, plan, plan.start, 0, 4)
    state = start_of(setting, 4)
    path = np.minimum(plan.drivers["enforcement"] + rise, 1.0)
    harder = setting_of(
        world, replace(plan, drivers=plan.drivers | {"enforcement": path}, noise=plan.noise)
    )
    now, then = (
        stepped(s, 0, state, draws).measure("reexport_intensity") for s in (setting, harder)
    )
    assert (then <= now + 1e-15).all()
    exposed = np.array([[[[0.02]]]])  # and at any leverage, by the submodel itself
    clearing = np.array([True])
    risks = [reexport.clearing_risk(exposed, np.array([[e]]), clearing) for e in (0.3, 0.3 + rise)]
    low, high = (
        reexport.target(np.ones((1, 1)), np.ones(1), risk, *np.array([[0.5], [14.0], [6.0]]))
        for risk in risks
    )
    assert (high < low).all()


unit = st.floats(0.0, 1.0)
ANY_WORLD, _ = random_world(0, quarters=1)


def threat_game(
    held: float,
    lever: float,
    fear: float,
    distraction: float,
    determinacy: float,
    sender_cost: float = 0.35,
) -> tuple[float, float, float]:
    """p_T, p_C and p_I of one dyad at plain parameters."""
    dyad = (1, 1, 1)
    game = coercion.threat_game(
        np.full(dyad, held),
        np.full(dyad, lever),
        np.full(dyad, fear),
        np.full((1, 1), distraction),
        with_parameters(
            ANY_WORLD,
            determinacy=determinacy,
            resolve=0.6,
            sender_cost=sender_cost,
            distraction_cost=0.45,
            autonomy_cost=0.3,
            conflict_expectation=1.5,
            threat_cost=0.2,
            threat_hazard=0.3,
            minimum_leverage=0.03,
        ).parameters,
    )
    return game.threaten.item(), game.comply.item(), game.impose.item()


@examples(300)
@given(
    held=unit,
    lever=st.floats(0.0, 0.5),
    fear=st.floats(-0.5, 1.0),
    distraction=st.floats(0.0, 0.9),
    more=st.floats(0.01, 0.5),
    determinacy=st.floats(2.0, 40.0),
)
def test_R07_a_distracted_power_coerces_less(
    held: float, lever: float, fear: float, distraction: float, more: float, determinacy: float
) -> None:
    """p_I and p_C fall; p_T where imposing pays: below, fewer mistaken impositions can raise it."""
    before = threat_game(held, lever, fear, distraction, determinacy)
    after = threat_game(held, lever, fear, distraction + more, determinacy)
    assert after[2] <= before[2]
    assert after[1] <= before[1]
    if 0.6 * held - 0.35 * lever - 0.45 * distraction >= 0:
        assert after[0] <= before[0] + 1e-15


@examples(300)
@given(
    held=unit,
    share=st.floats(0.01, 0.9),
    more=st.floats(0.001, 0.09),
    fear=st.floats(-0.5, 1.0),
    determinacy=st.floats(2.0, 40.0),
    exposure=st.floats(0.01, 0.6),
    sender_cost=st.floats(0.1, 0.8),
)
def test_R08_a_larger_share_is_a_larger_lever(
    held: float,
    share: float,
    more: float,
    fear: float,
    determinacy: float,
    exposure: float,
    sender_cost: float,
) -> None:
    """V rises with S; p_C rises while lambda kappa_s V (1 - p_I) < 1, and falls beyond.

    Beyond, the sender's own cost takes the credibility of its threat away faster than the lever
    grows.
    """
    levers = [
        leverage.vulnerability(
            np.full((1, 1, 1), exposure),
            np.full((1, 1, 1, 1), s),
            np.full((1, 1, 1), 0.9),
            np.full((1, 1), 3.0),
        ).item()
        for s in (share, share + more)
    ]
    assert levers[1] > levers[0]
    before, after = (
        threat_game(held, lever, fear, 0.1, determinacy, sender_cost) for lever in levers
    )
    condition = [
        determinacy * sender_cost * lever * (1.0 - game[2])
        for lever, game in zip(levers, (before, after), strict=True)
    ]
    # 1 - p_I rises with V, so the condition at one end holds on the whole way.
    if condition[1] < 1.0:
        assert after[1] >= before[1]
    if condition[0] > 1.0:
        assert after[1] <= before[1]


@examples(25)
@on_every_case(rise=0.2)
@given(seed=seeds, rise=st.floats(0.01, 0.5))
def test_R09_voice_and_coordination_move_terms_one_way(seed: int | str, rise: float) -> None:
    """Raising h never lowers terms; raising coordination never raises O, nor terms.

    Portfolios stand at the base: otherwise coordination also turns attention to another country.
    """
    world, plan = standing(*any_world(seed, runs=4, quarters=1), exposure=0.0)
    setting = setting_of(world, plan)
    draws = draw_quarter(SEED, world, plan, plan.start, 0, 4)
    state = start_of(setting, 4)
    usual = stepped(setting, 0, state, draws).flow.terms
    voice = state.copy()
    voice.cohesion = np.minimum(voice.cohesion + rise, 1.0)
    assert (stepped(setting, 0, voice, draws).flow.terms >= usual - 1e-15).all()

    together = np.minimum(plan.drivers["coordination"] + rise, 1.0)
    cartel = setting_of(world, replace(plan, drivers=plan.drivers | {"coordination": together}))
    assert (stepped(cartel, 0, state, draws).flow.terms <= usual + 1e-15).all()
    felt = state.attention
    options = [
        bargaining.outside_option(felt, np.broadcast_to(path[0], (*path.shape[1:3], 4)))
        for path in (plan.drivers["coordination"], together)
    ]
    assert (options[1] <= options[0]).all()


@examples(20)
@on_every_case()
@given(seed=seeds)
def test_R10_every_quantity_stays_in_its_range(seed: int | str) -> None:
    world, plan = any_world(seed, runs=8, quarters=16)
    residual = world.attributes.share.sum(axis=1) < 1.0
    capacity = world.attributes.routes.capacity
    for quarter in simulate(world, plan, SEED, 0, 8):
        state = quarter.state
        assert all(np.isfinite(values).all() for values in state_arrays(state).values())
        total = state.share.sum(axis=1)
        assert (state.share >= 0).all()
        assert (total <= 1.0 + 1e-12).all()
        assert (total[np.broadcast_to(residual, total.shape)] < 1.0).all()
        for values in (state.fear, state.reexport, state.cohesion, state.concession):
            assert (values >= 0).all()
            assert (values <= 1).all()
        for values in (state.attention, state.committed, state.realised, state.building):
            assert (values >= 0).all()
        assert (state.capacity >= capacity).all()
        capacity = state.capacity
        ideal = quarter.moment.setting.reference.own_ideal
        stance = state.drivers["stance"]
        lowest = np.minimum(ideal, stance.min(axis=0))
        highest = np.maximum(ideal, stance.max(axis=0))
        assert (state.position >= lowest - 1e-12).all()
        assert (state.position <= highest + 1e-12).all()
        assert (quarter.flow.terms >= 0).all()
        assert (quarter.flow.terms <= 1).all()
        for values in (quarter.flow.disruption, quarter.flow.lost):
            assert (values >= 0).all()
            assert (values <= 1).all()
        for name, driver in DRIVERS.items():
            assert (state.drivers[name] >= driver.low).all()
            assert (state.drivers[name] <= driver.high).all()


def event_rows(quarter: Quarter, world: World, first_run: int) -> set[tuple[object, ...]]:
    """Rows of the event log of a quarter."""
    columns = extract(quarter, world.names, first_run)
    return set(zip(*(column.tolist() for column in columns.values()), strict=True))


@examples(20)
@on_every_case(first=7, cut=3)
@given(seed=seeds, first=st.integers(0, 1000), cut=st.integers(2, 6))
def test_R11_a_run_is_the_same_in_any_chunk(seed: int | str, first: int, cut: int) -> None:
    """Runs 0 to 7 at once, or cut in two: the same bits and the same events."""
    world, plan = any_world(seed, runs=8, quarters=6)
    whole = list(simulate(world, plan, SEED, first, 8))
    events: set[tuple[object, ...]] = set()
    for start, runs in ((0, cut), (cut, 8 - cut)):
        some = some_runs(world, start, runs)
        chunk = simulate(some, some_runs(plan, start, runs), SEED, first + start, runs)
        for quarter, part in zip(whole, chunk, strict=True):
            for name in INDICATORS:
                expected = quarter.measure(name)[..., start : start + runs]
                assert np.array_equal(part.measure(name), expected), name
            events |= event_rows(part, world, first + start)
    together = [event_rows(quarter, world, first) for quarter in whole]
    assert set().union(*together) == events


@examples(20)
@on_every_case(at=2)
@given(seed=seeds, at=st.integers(1, 7))
def test_R12_the_tail_from_a_checkpoint_is_the_tail(seed: int | str, at: int) -> None:
    """A copy of the state is all that a later quarter needs."""
    world, plan = any_world(seed, runs=4, quarters=8)
    simulation = Simulation(world, plan, SEED, 5, 4)
    while simulation.index < at:
        simulation.advance()
    state = simulation.state.copy()
    kept = state_arrays(state.copy())
    setting = setting_of(world, plan)
    while not simulation.finished:
        index = simulation.index
        expected = simulation.advance()
        draws = draw_quarter(SEED, world, plan, plan.start + index, 5, 4)
        quarter = stepped(setting, index, state, draws)
        for name, values in state_arrays(state).items():
            if index == at:
                assert np.array_equal(values, kept[name]), f"step changed its input: {name}"
        state = quarter.state
        for name, values in state_arrays(state).items():
            assert np.array_equal(values, state_arrays(expected.state)[name]), name
        assert np.array_equal(quarter.flow.pulls.total(), expected.flow.pulls.total())


@pytest.mark.parametrize("seed", [2, 5, *CASES])
def test_R14_another_seed_gives_other_runs_and_the_same_means(seed: int | str) -> None:
    world, plan = any_world(seed, quarters=10)
    runs = 600
    one, other = (list(simulate(world, plan, root, 0, runs))[-1] for root in (1, 2))
    for name in ("threats", "realised", "fear"):
        assert not np.array_equal(one.measure(name), other.measure(name)), name
    for name in INDICATORS:
        first, second = one.measure(name), other.measure(name)
        error = np.sqrt((first.var(axis=-1) + second.var(axis=-1)) / runs)
        gap = np.abs(first.mean(axis=-1) - second.mean(axis=-1))
        assert (gap <= 5.0 * error + ROUNDING * np.abs(first).mean(axis=-1)).all(), name


@examples(25)
@on_every_case()
@given(seed=seeds)
def test_R15_every_threat_ends_one_way(seed: int | str) -> None:
    """Threats = complied + imposed + backed down; what is imposed is in force; the log agrees."""
    world, plan = any_world(seed, runs=16, quarters=8)
    world = with_parameters(world, threat_hazard=1.0)
    names, runs = world.names, 16
    logged = {kind: np.zeros((len(names.countries), len(names.powers), runs)) for kind in ENDS}
    by_channel = np.zeros((len(names.powers), len(names.channels), runs))
    for quarter in simulate(world, plan, SEED, 100, runs):
        flow = quarter.flow
        ends = [flow.coercion.comply, flow.coercion.impose, flow.coercion.backed_down]
        assert np.array_equal(sum(end.astype(int) for end in ends), flow.coercion.threat)
        in_force = np.take_along_axis(flow.disruption, flow.instrument[:, :, None], axis=2)[:, :, 0]
        severity = np.broadcast_to(world.parameters.measure_severity, in_force.shape)
        assert (in_force >= severity)[flow.coercion.impose].all()
        lever = np.take_along_axis(flow.vulnerability, flow.instrument[:, :, None], axis=2)
        assert (lever[:, :, 0][flow.coercion.threat] > 0).all()
        log = extract(quarter, names, 100)
        assert set(log["quarter"].tolist()) <= {quarter.quarter}
        for row in zip(
            log["kind"], log["country"], log["power"], log["channel"], log["run"], strict=True
        ):
            if row[0] in ENDS:
                p, r = names.powers.index(row[2]), row[4] - 100
                logged[row[0]][names.countries.index(row[1]), p, r] += 1
                if row[0] == "imposed":
                    by_channel[p, names.channels.index(row[3]), r] += 1
    total = np.zeros_like(logged["imposed"])
    for kind in ENDS:
        assert np.array_equal(quarter.measure(kind), logged[kind]), kind
        total += logged[kind]
    assert np.array_equal(quarter.measure("threats"), total)
    assert np.array_equal(quarter.measure("imposed_by_channel"), by_channel)


ENDS = ("complied", "imposed", "backed_down")


@examples(25)
@on_every_case()
@given(seed=seeds)
def test_R16_changes_split_into_their_causes(seed: int | str) -> None:
    """Shares: pulls and capacity add up in logarithms. Position: three steps add up."""
    world, plan = any_world(seed, runs=4, quarters=8)
    base = world.attributes.share
    residual = 1.0 - base.sum(axis=1)
    last = np.broadcast_to(base, (*base.shape[:3], 4))
    taste = world.drivers["preference"]
    for quarter in simulate(world, plan, SEED, 0, 4):
        flow, state = quarter.flow, quarter.state
        pulls = flow.pulls
        total = pulls.attention + pulls.fear + pulls.deals + pulls.drivers
        assert np.array_equal(pulls.total(), total)
        # The target that the quarter moved towards, from the shares alone; a change of
        # preference has moved them there at once.
        preferred = state.drivers["preference"]
        last, taste = portfolio.shift(last, preferred - taste), preferred
        target = last + (state.share - last) / world.attributes.adjustment
        rest = 1.0 - target.sum(axis=1)
        there = (base > 0) & (flow.flow > 1e-6) & (residual > 1e-3)[:, None] & (target > 1e-9)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.log(target / base) - np.log(rest / residual)[:, None]
            capacity = np.log(flow.flow / base)
        assert same(change[there], (total + capacity)[there], 1e-6)
        last = state.share

        aligned = attention.alignment(world.attributes.exposure, base)
        held = np.broadcast_to(aligned > 0, (*aligned.shape[:2], 4))
        parts = sum(
            quarter.measure(f"pull_{part}") for part in ("attention", "fear", "deals", "drivers")
        )
        weight = world.attributes.exposure[:, None] * base
        mean = (weight * total).sum(axis=2) / np.where(aligned > 0, weight.sum(axis=2), 1.0)
        assert same(parts[held], np.broadcast_to(mean, held.shape)[held])

        steps = position_steps(quarter.moment)
        assert same(sum(steps), state.position - world.attributes.position, 1e-12)
        named = (quarter.measure(f"position_from_{part}") for part in ("leverage", "stock"))
        for step, value in zip(steps, named, strict=False):
            assert np.array_equal(np.broadcast_to(step, value.shape), value)


@examples(15)
@on_every_case(rise=0.2)
@given(seed=seeds, rise=st.floats(0.05, 0.9))
def test_fear_of_a_power_costs_it_shares(seed: int | str, rise: float) -> None:
    """At a fixed state: where it has a lever its pull falls, elsewhere no power's pull changes."""
    world, plan = any_world(seed, runs=4, quarters=1)
    world = with_parameters(world, fear_push=2.0)
    plan = held_still(plan, alarm=0.0)
    alarmed = plan.drivers["alarm"].copy()
    alarmed[:, :, 0] += rise
    draws = draw_quarter(SEED, world, plan, plan.start, 0, 4)
    state = start_of(setting_of(world, plan), 4)
    calm, afraid = (
        stepped(setting_of(world, one), 0, state, draws)
        for one in (plan, replace(plan, drivers=plan.drivers | {"alarm": alarmed}))
    )
    more = afraid.state.fear - calm.state.fear
    assert (more[:, 0] >= 0).all()
    assert more[:, 0].max() > 0
    lever = (world.attributes.control * state.share)[:, 0] > 1e-6
    moved = np.broadcast_to(more[:, :1] > 1e-6, lever.shape) & lever
    change = afraid.flow.pulls.fear - calm.flow.pulls.fear
    assert (change[:, 0][moved] < 0).all()
    assert not change[:, 1:].any()
    assert (afraid.state.share[:, 0] <= calm.state.share[:, 0] + 1e-15).all()


def test_R16_a_route_that_is_opened_is_a_change_of_capacity() -> None:
    """With no other pull, the logarithm of the shares' ratio is that of the base flows."""
    flow = np.array([0.2, 0.3]).reshape(1, 2, 1, 1)
    shares = portfolio.target_shares(flow, np.full((1, 1, 1), 0.4), np.zeros((1, 2, 1, 1)))
    assert shares.sum() == pytest.approx(0.5 / 0.9)
    assert (shares[0, 0] / shares[0, 1]).item() == pytest.approx(2 / 3)


def test_position_weights_are_relative() -> None:
    """The submodel behind R2: alpha and all weights scaled alike."""
    generator = np.random.default_rng(2)
    weight, stance = generator.random((3, 2, 1)), generator.uniform(-1, 1, (2, 1))
    ideal, own = generator.uniform(-1, 1, (3, 1)), np.array([0.3])
    taken_up = position.position(ideal, weight, stance, own)
    assert same(position.position(ideal, 5.0 * weight, stance, 5.0 * own), taken_up, 1e-12)
    assert not same(position.position(ideal, 5.0 * weight, stance, own), taken_up, 1e-3)
