"""Limits in which the model has a closed form: A1 to A21.

Where the model of docs/model.md departs from the specification that the limits were written for
(its section 6), the limit is that of docs/model.md, and the test says so.

Monte Carlo comparisons allow `STANDARD_ERRORS` standard errors of the mean, estimated from the
runs; seeds are fixed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from sim.core import attention, bargaining, beliefs, coercion, leverage, portfolio, position
from sim.core.choice import logistic
from sim.core.drivers import advance
from sim.core.indicators import Ledger
from sim.core.output import remittance_index
from sim.core.reference import reference
from sim.core.rules import Rules
from sim.core.simulate import Quarter, Simulation, simulate
from sim.core.streams import Streams, draw_quarter
from sim.core.world import Array, World
from tests.limits.worlds import (
    calm_plan,
    quiet,
    rearranged_draws,
    rearranged_plan,
    rearranged_world,
    setting_of,
    start_of,
    state_arrays,
    stepped,
    with_attributes,
    with_drivers,
    with_parameters,
)
from tests.reference.any_world import CASES, any_world
from tests.reference.random_world import random_world

SEED = 7
EXACT = 1e-12
STANDARD_ERRORS = 5.0
WORLDS = (*range(6), *CASES)


def close(one: Array, other: Array | float, tolerance: float = EXACT) -> bool:
    """Equal up to rounding, and finite."""
    return bool(np.isfinite(one).all() and np.max(np.abs(one - other), initial=0.0) <= tolerance)


def mean_is(values: Array, expected: Array) -> bool:
    """Is the mean over runs what is expected, within the Monte Carlo error, in every cell."""
    error = values.std(axis=-1, ddof=1) / np.sqrt(values.shape[-1])
    gap = np.abs(values.mean(axis=-1) - expected[..., 0])
    return bool((gap <= STANDARD_ERRORS * error + EXACT).all())


def last(quarters: Iterator[Quarter]) -> Quarter:
    """The last quarter of a simulation."""
    return deque(quarters, maxlen=1)[0]


def wanted_by_all(world: World) -> World:
    """The world with every country open and core, and wanted by every power; the region aside."""
    attributes = world.attributes
    return with_attributes(
        world,
        core=np.ones_like(attributes.core),
        openness=1.0,
        value=np.maximum(attributes.value, 0.1),
        budget=np.maximum(attributes.budget, 0.2) * ~attributes.regional[:, None],
        weight=np.full_like(attributes.weight, 1.0 / len(attributes.core)),
    )


def test_cells_are_compared_within_their_own_error() -> None:
    noise = np.random.default_rng(1).normal(size=(3, 4000))
    assert mean_is(noise, np.zeros((3, 1)))
    assert not mean_is(noise + np.array([[0.0], [0.0], [0.2]]), np.zeros((3, 1)))
    assert not close(np.array([np.nan]), 0.0)


@pytest.mark.parametrize("seed", WORLDS)
def test_A01_nothing_moves_when_nothing_happens(seed: int | str) -> None:
    world = quiet(any_world(seed, runs=4, quarters=1)[0])
    plan = calm_plan(world, quarters=60)
    setting = setting_of(world, plan)
    start = state_arrays(start_of(setting, runs=4))
    own = start["position"]
    for quarter in simulate(world, plan, SEED, 0, 4):
        for name, values in state_arrays(quarter.state).items():
            assert close(values, start[name]), f"{name} in quarter {quarter.index}"
        assert close(quarter.flow.terms, setting.reference.terms)
        assert close(quarter.flow.remittances, 1.0)
        assert close(quarter.flow.pulls.total(), 0.0)
        for part in ("leverage", "stock", "stance"):
            assert close(quarter.measure(f"position_from_{part}"), 0.0)
    assert np.abs(own).max() > 0


def test_A01_the_threat_game_sees_no_excess_of_fear_at_the_base() -> None:
    """And a decision rule of a run can be replaced: here by one that takes notes."""
    world, _ = random_world(0, quarters=1)
    noted: list[Array] = []

    def note(*arguments: Array) -> coercion.ThreatGame:
        noted.append(arguments[2])
        return coercion.threat_game(*arguments)

    simulation = Simulation(world, calm_plan(world, 3), SEED, 0, 200, Rules(threats=note))
    assert noted  # the reference is where this rule rests
    noted.clear()
    while not simulation.finished:
        simulation.advance()
    assert close(noted[0], 0.0)
    assert not close(noted[2], 0.0, 0.01)


@pytest.mark.parametrize("seed", [0, *CASES])
def test_A01_nothing_moves_under_another_rule_of_allocation(seed: int | str) -> None:
    """The reference follows the rules of the run, so the base is a fixed point under any."""

    def even(value: Array, core: Array, exponent: Array) -> Array:
        return np.broadcast_to(1.0 / core.sum(), np.broadcast_shapes(value.shape, exponent.shape))

    world, _ = any_world(seed, quarters=1)
    calm = Simulation(world, calm_plan(world, 4), SEED, 0, 2, Rules(allocation=even))
    usual = Simulation(world, calm_plan(world, 4), SEED, 0, 2)
    base = calm.state.attention.copy()
    assert not close(base, usual.state.attention, 0.001)
    while not calm.finished:
        calm.advance()
        assert close(calm.state.attention, base)


def test_A02_equal_powers_stay_equal() -> None:
    """Powers alike in all their data, with the same luck: an even portfolio whatever happens."""
    for seed in WORLDS:
        world, plan = any_world(seed, runs=4, quarters=12)
        alike = {"p": [0, 0, 0, 0], "g": []}
        share = world.attributes.share
        world = with_attributes(
            world, share=share / 4.0, exposure=np.maximum(world.attributes.exposure, 0.01)
        )
        world = with_parameters(world, own_weight=1.0)  # keeps own ideals on the scale
        twins, twin_plan = rearranged_world(world, alike), rearranged_plan(plan, alike)
        setting = setting_of(twins, twin_plan)
        state, ledger = start_of(setting, 4), None
        for index in range(12):
            draws = draw_quarter(SEED, world, plan, plan.start + index, 0, 4)
            quarter = stepped(setting, index, state, rearranged_draws(draws, alike), ledger)
            state, ledger = quarter.state, quarter.moment.ledger
            assert close(quarter.measure("alignment"), 0.25)
            assert close(quarter.measure("entropy"), 1.0)
            assert close(quarter.measure("concentration"), 0.25)
            assert close(quarter.measure("leverage_asymmetry"), 0.0)
            assert close(quarter.flow.terms, quarter.flow.terms[:, :1])
        assert not close(state.share, twins.attributes.share, 1e-3)


def test_A03_without_leverage_a_country_follows_its_own_ideal() -> None:
    for seed in WORLDS:
        world, plan = any_world(seed, runs=4, quarters=12)
        world = with_parameters(with_attributes(world, control=0.0), stock_weight=0.0)
        for quarter in simulate(world, plan, SEED, 0, 4):
            assert close(quarter.state.position, world.attributes.position)
            assert close(quarter.measure("autonomy"), 1.0)
            assert not quarter.flow.coercion.threat.any()
        assert close(quarter.moment.setting.reference.own_ideal, world.attributes.position)


@pytest.mark.parametrize("seed", WORLDS)
def test_A04_attention_is_conserved(seed: int | str) -> None:
    """xi = 1, everyone core, open and with usual access: a power spends B (1 - d) boost, always.

    The rivalry response and the format move attention between countries only.
    """
    world, plan = any_world(seed, runs=4, quarters=12)
    world = with_parameters(wanted_by_all(world), multilateral_rivalry=1.0, attention_speed=1.0)
    still = calm_plan(world, 12)
    access = {"access": np.ones_like(still.drivers["access"])}
    plan = replace(plan, drivers=plan.drivers | access, summits=still.summits)
    plan.noise.pop("access", None)
    world = with_drivers(world, access=1.0)
    for quarter in simulate(world, plan, SEED, 0, 4):
        u = quarter.state.drivers
        expected = world.attributes.budget * (1.0 - u["distraction"]) * u["boost"]
        assert close(quarter.state.attention.sum(axis=0), expected)


def test_A05_proportional_attention_is_a_nash_allocation() -> None:
    """Common values, m = 1, eta = 1: no power gains by moving its budget (Friedman 1958)."""
    common = np.array([0.45, 0.3, 0.2, 0.05])
    budget = np.array([1.0, 0.6, 0.25])
    value = np.broadcast_to(common[None, :, None], (3, 4, 1))
    core = np.ones(4, bool)
    share = attention.proportional_allocation(value, core, np.ones(1))
    ones = np.ones((3, 1))
    spent = attention.spend(
        share,
        np.ones((4, 1)),
        np.ones((4, 3, 1)),
        budget[:, None],
        0 * ones,
        ones,
        ones,
        core,
        np.ones(1),
    )[..., 0]
    assert close(spent.sum(axis=0), budget)
    for p, own in enumerate(budget):
        rivals = spent.sum(axis=1) - spent[:, p]
        marginal = common * rivals / spent.sum(axis=1) ** 2
        assert close(marginal, marginal[0])

        def gain(b: Array, rivals: Array = rivals) -> float:
            return -float((common * b / (b + rivals)).sum())

        best = minimize(
            gain,
            np.full(4, own / 4.0),
            method="SLSQP",
            bounds=[(0.0, own)] * 4,
            constraints={"type": "eq", "fun": lambda b, own=own: b.sum() - own},
            options={"ftol": 1e-14, "maxiter": 500},
        )
        assert close(best.x, spent[:, p], 1e-5)
        assert gain(np.full(4, own / 4.0)) > gain(spent[:, p])


@pytest.mark.parametrize("seed", WORLDS)
def test_A06_with_one_power_there_is_no_outside_option(seed: int | str) -> None:
    world, plan = any_world(seed, runs=4, quarters=12)
    alone = {"p": [0], "g": []}
    world = rearranged_world(world, alone)
    world = with_attributes(world, exposure=np.maximum(world.attributes.exposure, 0.01))
    plan = rearranged_plan(plan, alone)
    attributes, alpha = world.attributes, world.parameters.own_weight
    voice = attributes.cohesion
    for quarter in simulate(world, plan, SEED, 0, 4):
        member = plan.membership[quarter.index]
        pool = (member * attributes.weight).sum(axis=0)
        pooled = np.where(
            member > 0, (1.0 - voice) * attributes.weight + voice * pool, attributes.weight
        )
        assert close(quarter.flow.terms[:, 0], pooled / (pooled + 1.0))
        assert close(quarter.measure("alignment"), 1.0)
        assert close(quarter.measure("entropy"), 0.0)
        weight = quarter.flow.weight[:, 0]
        ideal = quarter.moment.setting.reference.own_ideal
        pulled = alpha * ideal + weight * quarter.state.drivers["stance"][0]
        assert close(quarter.state.position, pulled / (alpha + weight))
        voice = quarter.state.cohesion


@pytest.mark.parametrize("seed", [0, *CASES])
def test_A07_two_equal_rivals_give_everything_away(seed: int | str) -> None:
    """omega_O = 1 and rivals with equal attention: the country takes the surplus (Bertrand)."""
    random, plan = any_world(seed, runs=4, quarters=8)
    two = {"p": [0, 0], "g": []}
    world = wanted_by_all(with_attributes(random, share=random.attributes.share / 2.0))
    world = with_parameters(
        rearranged_world(world, two),
        outside_option_weight=1.0,
        rivalry_response=0.0,
        own_weight=1.0,  # two alike of the first power: keeps own ideals on the scale
    )
    plan = replace(rearranged_plan(plan, two), noise={}, persistence={})
    shape = plan.drivers["coordination"].shape
    for together in (0.0, 1.0):
        drivers = plan.drivers | {"coordination": np.full(shape, together)}
        for quarter in simulate(world, replace(plan, drivers=drivers), SEED, 0, 4):
            if together:
                assert (quarter.flow.terms < 1.0).all()
            else:
                assert close(quarter.flow.terms, 1.0)


@pytest.mark.parametrize("seed", WORLDS)
def test_A08_one_voice_gives_all_members_the_same_terms(seed: int | str) -> None:
    """h = 1: terms differ between members by their outside option only."""
    world, plan = any_world(seed, runs=4, quarters=8)
    world = with_parameters(with_attributes(world, cohesion=1.0), cohesion_speed=0.0)
    attributes, parameters = world.attributes, world.parameters
    budget = attributes.budget / attributes.budget.max(axis=0)
    for quarter in simulate(world, plan, SEED, 0, 4):
        member = plan.membership[quarter.index] > 0
        pool = np.where(member, attributes.weight, 0.0).sum(axis=0)
        option = bargaining.outside_option(
            quarter.state.attention, quarter.state.drivers["coordination"]
        )
        weight = np.where(member, pool, attributes.weight)[:, None]
        both = weight + budget
        kept = weight + parameters.outside_option_weight * option * budget
        assert close(quarter.flow.terms, np.where(both > 0, kept / np.maximum(both, 1e-300), 1.0))


def game(determinacy: float, **given: Array) -> coercion.ThreatGame:
    """The threat game with plain parameters; arrays are (country, power, run)."""
    return coercion.threat_game(
        given["held"],
        given["leverage"],
        given["excess_fear"],
        given["distraction"],
        with_parameters(
            random_world(0)[0],
            determinacy=determinacy,
            resolve=RESOLVE,
            sender_cost=SENDER_COST,
            distraction_cost=DISTRACTION_COST,
            autonomy_cost=AUTONOMY_COST,
            conflict_expectation=CONFLICT_EXPECTATION,
            threat_cost=THREAT_COST,
            threat_hazard=HAZARD,
            minimum_leverage=LEAST,
        ).parameters,
    )


RESOLVE, SENDER_COST, DISTRACTION_COST, AUTONOMY_COST = 0.6, 0.35, 0.45, 0.3
CONFLICT_EXPECTATION, THREAT_COST, HAZARD, LEAST = 1.5, 0.05, 0.3, 0.03


def situations(seed: int) -> dict[str, Array]:
    """Grievances, levers, fears and distractions of every kind."""
    generator = np.random.default_rng(seed)
    return {
        "held": generator.uniform(0.0, 1.0, (40, 20, 1)),
        "leverage": generator.uniform(0.0, 0.4, (40, 20, 1)),
        "excess_fear": generator.uniform(-0.2, 0.8, (40, 20, 1)),
        "distraction": generator.uniform(0.0, 0.9, (20, 1)),
    }


def test_A09_certain_choices_are_the_subgame_perfect_equilibrium() -> None:
    """lambda to infinity: backward induction by hand, cell by cell."""
    given = situations(9)
    found = game(1e9, **given)
    seen = set()
    for c, p in np.ndindex(40, 20):
        g, v = given["held"][c, p, 0], given["leverage"][c, p, 0]
        cost = SENDER_COST * v + DISTRACTION_COST * given["distraction"][p, 0]
        imposes = RESOLVE * g > cost
        fear = 1.0 + CONFLICT_EXPECTATION * given["excess_fear"][c, p, 0]
        complies = (v if imposes else 0.0) > AUTONOMY_COST * fear * g
        worth = RESOLVE * g if complies else (RESOLVE * g - cost if imposes else 0.0)
        threatens = worth > THREAT_COST
        able = min(1.0, v / LEAST)
        assert close(found.impose[c, p], float(imposes))
        assert close(found.comply[c, p], float(complies))
        assert close(found.threaten[c, p], HAZARD * able * threatens)
        seen.add((imposes, complies, threatens))
    assert len(seen) >= 4  # of the outcomes that the tree allows


def test_A10_indifferent_choices_are_even() -> None:
    """lambda = 0: p_I = p_C = 1/2, p_T = h0/2 min(1, V/V_min)."""
    given = situations(10)
    found = game(0.0, **given)
    assert close(found.impose, 0.5)
    assert close(found.comply, 0.5)
    assert close(found.threaten, 0.5 * HAZARD * np.minimum(1.0, given["leverage"] / LEAST))


def test_between_the_limits_a_threat_is_worth_its_possible_ends() -> None:
    """Finite lambda: the pay-off of a threat is the mean over the ends of the tree."""
    given = situations(11)
    found = game(12.0, **given)
    satisfaction = RESOLVE * given["held"]
    cost = SENDER_COST * given["leverage"] + DISTRACTION_COST * given["distraction"]
    ends = (
        (found.comply, satisfaction),
        ((1.0 - found.comply) * found.impose, satisfaction - cost),
        ((1.0 - found.comply) * (1.0 - found.impose), 0.0 * cost),
    )
    assert close(sum(chance for chance, _ in ends), 1.0)
    worth = sum(chance * payoff for chance, payoff in ends) - THREAT_COST
    able = np.minimum(1.0, given["leverage"] / LEAST)
    assert close(found.threaten, able * HAZARD / (1.0 + np.exp(-12.0 * worth)))


def test_A11_loss_of_a_cut_off_share() -> None:
    phi = leverage.loss
    shares = np.linspace(0.0, 0.999, 50)
    assert close(phi(shares, np.array(2.0)), shares)
    assert close(phi(np.array(0.75), np.array(3.0)), 0.5)
    assert close(phi(np.array(15 / 16), np.array(5.0)), 0.5)
    assert close(phi(shares, np.array(1e15)), 0.0)
    for substitution in (1.5, 2.0, 5.0):
        assert phi(np.array(0.0), np.array(substitution)) == 0.0
    # What counts is the part of the share that the power can shut.
    exposure, share = np.full((1, 1, 1), 0.2), np.full((1, 1, 1, 1), 0.9)
    shut = leverage.vulnerability(exposure, share, np.full((1, 1, 1), 5 / 6), np.full((1, 1), 3.0))
    assert close(shut, 0.2 * 0.5)
    # A share of one is held just below it: what is then kept is (1e-12)^(1/(sigma - 1)).
    assert close(phi(np.array(1.0), np.array(2.0)), 1.0)
    assert close(phi(np.array(1.0), np.array(5.0)), 1.0 - 1e-3, 1e-6)


def test_A12_fear_under_a_constant_rate_of_events() -> None:
    """Fear settles at (alpha_pi e + alpha_0 level)/(alpha_pi e + alpha_0).

    Fear reverts to pi_0, its level without events, not to its own stationary mean (docs/model.md,
    section 6); the reference is that mean, so it holds from the first quarter.
    """
    felt = np.array([[[0.0], [0.02], [0.3], [0.8]]])
    level = np.array([[[0.05], [0.0], [0.1], [1.0]]])
    rates = np.array([0.25]), np.array([0.12])
    fear = np.full_like(felt, 0.5)
    for _ in range(400):
        fear = beliefs.update(fear, felt, level, *rates)
    assert close(fear, (0.25 * felt + 0.12 * level) / (0.25 * felt + 0.12))
    assert close(fear, beliefs.stationary(felt, level, *rates))

    # What a country sees of the others: the mean over the other members, itself left out.
    event = np.array([1.0, 0.5, 0.0, 0.2]).reshape(4, 1, 1)
    member = np.array([1.0, 1.0, 1.0, 0.0]).reshape(4, 1)
    seen = beliefs.experience(event, member, np.array([0.4]))
    others = np.array([0.25, 0.5, 0.75, 0.5]).reshape(4, 1, 1)
    assert close(seen, event + 0.4 * others)
    alone = beliefs.experience(event, member * np.array([[1.0], [0], [0], [0]]), np.array([0.4]))
    assert close(alone[0], event[0])

    # The whole model with everything that moves the stakes switched off: the mean stays.
    for seed in (0, 3, 4, *CASES):
        world, _ = any_world(seed, quarters=1)
        world = with_parameters(
            world,
            deal_rate=0.0,
            fear_push=0.0,
            cohesion_pull=0.0,
            bypass_investment=0.0,
            reexport_trade_pull=0.0,
            concession_weight=0.0,
            conflict_expectation=0.0,
            learning_rate=0.2,
            threat_hazard=1.0,
            threat_cost=0.02,
        )
        world = with_attributes(world, season=1.0)
        world = with_drivers(world, enforcement=0.0, drift=0.0, distraction=0.0)
        standing = reference(world).fear
        level = np.minimum(world.attributes.wariness + world.drivers["alarm"], 1.0)
        runs, quarters = 2000, 9
        for quarter in simulate(world, calm_plan(world, quarters), SEED, 0, runs):
            assert mean_is(quarter.state.fear, standing)
        assert not mean_is(quarter.state.fear, level)


def test_A13_commitments_and_stock_under_a_constant_inflow() -> None:
    """Q* = (1 - zeta) I / zeta at the end of a quarter, F* = I / delta_F, I = lambda_D b s."""
    inflow = np.array([0.01, 0.002, 0.005]).reshape(1, 1, 3, 1)
    rate = np.array([0.08, 1.0, 0.0]).reshape(1, 1, 3, 1)
    decay = np.array([0.1])
    received, waiting, stock = bargaining.stationary_stocks(inflow, rate, decay)
    # Deals that are never carried out pile up; they are left out of the reference.
    assert close(received[0, 0, :, 0], np.array([0.01, 0.002, 0.0]))
    committed, realised = np.zeros_like(inflow), np.zeros_like(inflow)
    for _ in range(500):
        committed, realised, paid = bargaining.disburse(committed, realised, received, rate, decay)
    assert close(committed, waiting)
    assert close(realised, stock)
    assert close(paid, received)
    assert close(waiting[0, 0, :, 0], np.array([0.92 * 0.01 / 0.08, 0.0, 0.0]))

    # The total of N deals has the mean and the variance of N independent lognormal sizes.
    normal = np.random.default_rng(13).normal(size=(1, 1, 400_000))
    for number in (1.0, 3.0):
        total = bargaining.announced_total(
            np.full((1, 1, 1), number), normal, np.array([0.01]), np.array([0.5])
        )
        variance = number * 0.01**2 * np.expm1(0.25)
        assert mean_is(total, np.full((1, 1, 1), number * 0.01))
        assert mean_is((total - number * 0.01) ** 2, np.full((1, 1, 1), variance))

    for seed in (1, 5, *CASES):
        world, _ = any_world(seed, quarters=1)
        world = with_parameters(
            with_drivers(world, drift=0.0), threat_hazard=0.0, rivalry_response=0.0
        )
        standing = reference(world)
        for quarter in simulate(world, calm_plan(world, 9), SEED, 0, 2000):
            waiting = np.where(standing.rate > 0, quarter.state.committed, 0.0)
            assert mean_is(waiting, standing.committed)
            assert mean_is(quarter.state.realised, standing.realised)
            assert mean_is(quarter.flow.disbursed.sum(axis=2), standing.inflow.sum(axis=2))
        assert not mean_is(quarter.state.realised, 0.9 * standing.realised)


def test_A14_output_and_remittances_in_a_lasting_recession() -> None:
    """yv* = E eps g S / (4 delta_y); remittances times 1 + sum of S eps g.

    With portfolios held (a = 0): else the share itself shrinks, and the loss with it.
    """
    for seed in WORLDS:
        world = quiet(any_world(seed, runs=3, quarters=1)[0])
        world = with_parameters(
            with_attributes(world, adjustment=0.0), remittance_elasticity=1.5, output_decay=0.2
        )
        attributes = world.attributes
        gap = world.drivers["demand"].copy()
        gap[0] -= 0.06
        quarter = last(simulate(world, calm_plan(world, 160, demand=gap), SEED, 0, 3))
        labour = attributes.roles.labour[:, None]
        share = (labour * attributes.share[:, 0]).sum(axis=1)
        exposed = (labour * attributes.exposure * attributes.share[:, 0]).sum(axis=1)
        assert close(quarter.state.output, exposed * 1.5 * -0.06 / (4.0 * 0.2))
        assert close(quarter.flow.remittances, 1.0 + share * 1.5 * -0.06)

    # A country all of whose migrants work there: remittances times 1 + 1.5 g.
    everything = np.zeros((1, 2, 1, 1))
    everything[0, 0] = 1.0
    index = remittance_index(
        everything, np.array([[[1.5 * -0.06], [0.0]]]), 0.0 * everything, np.array([True])
    )
    assert close(index, 0.91)


def test_A15_autoregressive_drivers() -> None:
    """Var = sigma^2/(1 - rho^2) and lag-1 correlation rho, around any path of the mean."""
    runs, rho, sigma = 20_000, 0.7, 0.05
    persistence, noise = np.array([rho]), np.array([sigma])
    path = 0.3 * np.sin(np.arange(41))
    value, history = np.full(runs, path[0]), []
    for quarter in range(1, 41):
        shock = Streams(SEED).normal("driver/oil", quarter, 0, runs, ())
        now, before = np.array([path[quarter]]), np.array([path[quarter - 1]])
        value = advance("oil", value, now, before, persistence, noise, shock)
        history.append(value - now)
    last, one_before = history[-1], history[-2]
    variance = sigma**2 / (1.0 - rho**2)
    error = variance * np.sqrt(2.0 / runs)
    assert abs(last.var() - variance) < STANDARD_ERRORS * error
    correlation = np.corrcoef(last, one_before)[0, 1]
    assert abs(correlation - rho) < STANDARD_ERRORS * (1.0 - rho**2) / np.sqrt(runs)
    assert abs(last.mean()) < STANDARD_ERRORS * np.sqrt(variance / runs)


@pytest.mark.parametrize("seed", [2, *CASES])
def test_A16_measures_last_geometrically(seed: int | str) -> None:
    """In force for d quarters with chance gamma (1 - gamma)^(d - 1): 1/gamma on average."""
    random, _ = any_world(seed, quarters=1)
    gamma, runs = 0.4, 4000
    world = with_parameters(quiet(random), measure_lapse=gamma, measure_severity=0.8)
    setting = setting_of(world, calm_plan(world, 30))
    state = start_of(setting, runs)
    state.own_measures[1, 0, 2] = 0.8
    lasted = np.ones(runs)  # the quarter in which the measure was imposed
    ledger: Ledger | None = None
    for index in range(30):
        draws = draw_quarter(SEED, world, setting.plan, setting.plan.start + index, 0, runs)
        quarter = stepped(setting, index, state, draws, ledger)
        state, ledger = quarter.state, quarter.moment.ledger
        in_force = state.own_measures[1, 0, 2]
        assert set(np.unique(in_force)) <= {0.0, 0.8}
        lasted += in_force > 0
    spread = np.sqrt(1.0 - gamma) / gamma
    assert abs(lasted.mean() - 1.0 / gamma) < STANDARD_ERRORS * spread / np.sqrt(runs)
    for d in (1, 2, 3, 5):
        chance = gamma * (1.0 - gamma) ** (d - 1)
        error = np.sqrt(chance * (1.0 - chance) / runs)
        assert abs((lasted == d).mean() - chance) < STANDARD_ERRORS * error


@pytest.mark.parametrize("seed", WORLDS)
def test_A17_reexports_without_enforcement_and_without_sanctions(seed: int | str) -> None:
    random, _ = any_world(seed, runs=3, quarters=1)
    world = with_drivers(quiet(random), enforcement=0.0, sanctions=0.6)
    parameters, access = world.parameters, world.attributes.reexport_access
    steepness = parameters.determinacy * parameters.reexport_determinacy
    free = access * 0.6 * logistic(steepness * parameters.reexport_margin)
    assert close(reference(world).reexport, free)
    for quarter in simulate(world, calm_plan(world, 10, sanctions=0.0), SEED, 0, 3):
        faded = (1.0 - parameters.reexport_speed) ** (quarter.index + 1)
        assert close(quarter.state.reexport, free * faded)
    # From no sanctions to some: the same level from below.
    world = with_drivers(world, sanctions=0.0)
    quarter = last(simulate(world, calm_plan(world, 200, sanctions=0.6), SEED, 0, 3))
    assert close(quarter.state.reexport, free)


def test_A18_votes_between_the_cut_points() -> None:
    generator = np.random.default_rng(18)
    threshold = generator.uniform(-0.5, 0.5, (200, 1))
    sign = generator.choice([-1.0, 1.0], (200, 1))
    noise = np.array([0.07])
    midpoint = (sign * threshold)[:, None]
    no, yes = position.vote_shares(midpoint, threshold, sign, np.array([-0.38]), noise)
    assert close(no, yes)
    for cutpoint in (-0.8, -0.3, -0.01):
        anywhere = generator.uniform(-1.0, 1.0, (200, 5, 1))
        no, yes = position.vote_shares(anywhere, threshold, sign, np.array([cutpoint]), noise)
        abstain = 1.0 - no - yes
        assert (no >= 0).all()
        assert (yes >= 0).all()
        assert (abstain > 0).all()
    no, yes = position.vote_shares(anywhere, threshold, sign, np.array([0.01]), noise)
    assert (1.0 - no - yes < 0).all()
    # Votes cast, and the share that does not vote, add up to one.
    for seed in (3, *CASES):
        world, plan = any_world(seed, runs=4, quarters=4)
        for quarter in simulate(world, plan, SEED, 0, 4):
            votes = [quarter.measure(f"vote_{kind}") for kind in ("yes", "no", "abstain", "absent")]
            assert close(sum(votes), 1.0)
            assert min(vote.min() for vote in votes) >= 0


@pytest.mark.parametrize("seed", WORLDS)
def test_A19_equal_attention_for_all_moves_the_residual_only(seed: int | str) -> None:
    """The same summit with every power: ratios of their shares stay, the rest makes room."""
    world = wanted_by_all(quiet(any_world(seed, runs=3, quarters=1)[0]))
    world = with_parameters(
        with_drivers(world, agenda=1.0, access=1.0, boost=1.0),
        rivalry_response=0.0,
        reexport_trade_pull=0.0,
        attention_pull=0.3,
    )
    world = with_attributes(world, responsiveness=1.0)
    plan = calm_plan(world, 6)
    plan = replace(
        plan, summits=plan.summits + np.array([3.0, 0, 1.0, 0, 0, 0]).reshape(6, 1, 1, 1)
    )
    powers = ~world.attributes.regional
    start = world.attributes.share[:, powers]
    for quarter in simulate(world, plan, SEED, 0, 3):
        now = quarter.state.share[:, powers]
        assert close(now * start[:, :1], now[:, :1] * start)
        room = world.attributes.share.sum(axis=1) < 0.999
        rise = quarter.state.share.sum(axis=1) - world.attributes.share.sum(axis=1)
        assert (rise[np.broadcast_to(room, rise.shape)] > 0).all()
        regional = quarter.state.share[:, ~powers]
        assert (regional <= world.attributes.share[:, ~powers]).all()


@pytest.mark.parametrize("seed", WORLDS)
def test_A20_portfolios_that_listen_to_nothing_stay(seed: int | str) -> None:
    """psi = chi = 0: any history of coercion leaves the shares.

    Beyond the two, whatever else carries coercion into portfolios is off: the joint voice of a
    frightened group (chi_h), re-exports given up under threat (chi_z) and bypasses (iota).
    """
    world, plan = any_world(seed, runs=16, quarters=12)
    world = with_drivers(
        with_parameters(
            world,
            fear_push=0.0,
            attention_pull=0.0,
            cohesion_pull=0.0,
            reexport_trade_pull=0.0,
            bypass_investment=0.0,
            deal_rate=0.0,
            threat_hazard=1.0,
            threat_cost=0.0,
            autonomy_cost=0.8,
        ),
        drift=0.0,
    )
    calm = calm_plan(world, 12)
    plan = replace(calm, disruption=plan.disruption, alarm_events=plan.alarm_events)
    for quarter in simulate(world, plan, SEED, 0, 16):
        assert close(quarter.state.share, world.attributes.share)
        assert close(quarter.state.capacity, world.attributes.routes.capacity)
    assert quarter.moment.ledger.imposed.sum() > 0
    assert not close(quarter.state.fear, quarter.moment.setting.reference.fear, 0.1)


def test_A21_exponent_of_the_allocation() -> None:
    """eta = 0: all that are wanted get the same; eta to infinity: the most wanted gets all."""
    value = np.array([[0.5, 0.3, 0.2, 0.9], [0.1, 0.4, 0.5, 0.0], [0.0, 0.0, 0.0, 1.0]])[..., None]
    core = np.array([True, True, True, False])
    even = attention.proportional_allocation(value, core, np.zeros(1))[..., 0]
    assert close(even, np.array([[1, 1, 1, 1], [1, 1, 1, 0], [0, 0, 0, 0]]) / 3.0)
    most = attention.proportional_allocation(value[:, :3], core[:3], np.array([300.0]))[..., 0]
    assert close(most, np.array([[1.0, 0, 0], [0, 0, 1], [0, 0, 0]]))
    # The others pay from outside the budget: leaving them out changes nothing for the core.
    assert close(
        even[:, :3], attention.proportional_allocation(value[:, :3], core[:3], np.zeros(1))[..., 0]
    )


def test_ratios_of_target_shares_do_not_depend_on_third_powers() -> None:
    """The property behind A19: independence of irrelevant alternatives."""
    generator = np.random.default_rng(19)
    flow = generator.uniform(0.01, 0.2, (2, 4, 3, 5))
    pull = generator.normal(size=(2, 4, 3, 5))
    residual = 1.0 - flow.sum(axis=1)
    before = portfolio.target_shares(flow, residual, pull)
    pull[:, 3] += 1.0
    after = portfolio.target_shares(flow, residual, pull)
    assert close(before[:, 0] * after[:, 1], after[:, 0] * before[:, 1])
    assert (after[:, 3] > before[:, 3]).all()
    assert (after[:, :3] < before[:, :3]).all()


def test_the_joint_voice_settles_where_formats_and_consultation_put_it() -> None:
    """h* = base + eta_m (fall of the mean bilateral fraction) + consultation, at speed alpha_h."""
    world = quiet(random_world(4, quarters=1)[0])
    world = with_parameters(world, cohesion_speed=0.2, format_cohesion=0.4)
    world = with_drivers(with_attributes(world, cohesion=0.4), format=0.5, consultation=0.0)
    formats = np.array([0.9, 0.5, 0.6, 0.0])[:, None]  # the last is the region: not counted
    assert world.attributes.regional.tolist() == [False, False, False, True]
    plan = calm_plan(world, 150, format=formats, consultation=0.1)
    settled = 0.4 - 0.4 * (0.5 / 3.0) + 0.1
    for quarter in simulate(world, plan, SEED, 0, 2):
        gap = (0.4 - settled) * 0.8 ** (quarter.index + 1)
        assert close(quarter.state.cohesion, settled + gap)
