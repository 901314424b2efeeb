"""One quarter of the model: the schedule of the submodels.

======  ==================  ==========================================================
number  submodel            module
======  ==================  ==========================================================
1       drivers             drivers
2       attention           attention
3       terms and deals     bargaining
4       vulnerability       leverage
5       coercion            coercion
6       re-exports          reexport
7       beliefs             beliefs
8       portfolio, routes   portfolio, routes
9       output              output
10      position, votes     position
11      joint voice         cohesion
======  ==================  ==========================================================

Each submodel uses the newest value of what stands above it, and the end of the last quarter for
the rest. Equations: ``docs/model.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core import (
    attention,
    bargaining,
    beliefs,
    coercion,
    cohesion,
    drivers,
    leverage,
    output,
    portfolio,
    position,
    routes,
)
from sim.core import reexport as reexports
from sim.core.plan import Plan
from sim.core.reference import Reference
from sim.core.rules import Rules
from sim.core.state import Flow, State
from sim.core.streams import Draws
from sim.core.world import Array, World


@dataclass(frozen=True)
class Setting:
    """All that stays the same over a simulation."""

    world: World
    reference: Reference
    plan: Plan
    rules: Rules


def step(setting: Setting, index: int, state: State, draws: Draws) -> tuple[State, Flow]:
    """Take all runs through one quarter.

    Parameters
    ----------
    setting : Setting
    index : int
        Quarters since the plan's start.
    state : State
        The end of the last quarter; not changed.
    draws : Draws

    Returns
    -------
    state : State
        The end of this quarter.
    flow : Flow
        What happened in it.
    """
    world, reference, plan = setting.world, setting.reference, setting.plan
    attributes, parameters = world.attributes, world.parameters
    roles = attributes.roles
    quarter = plan.start + index
    years = (quarter - world.base) / 4.0
    member = plan.membership[index]

    # (1) Drivers.
    u = _advance_drivers(setting, index, state, draws)
    base = world.drivers

    # (2) Attention.
    value = attention.responsive_value(
        attributes.value,
        attention.alignment(attributes.exposure, state.share),
        reference.alignment,
        u["coordination"],
        attributes.regional,
        parameters.rivalry_response,
    )
    spent = attention.spend(
        setting.rules.allocation(value, attributes.core, parameters.allocation_exponent),
        attributes.openness,
        u["access"],
        attributes.budget,
        u["distraction"],
        u["boost"],
        u["format"],
        attributes.core,
        parameters.multilateral_rivalry,
    )
    felt_attention = attention.smooth(
        state.attention,
        spent,
        plan.summits[index],
        reference.attention,
        parameters.attention_speed,
    )

    # (3) Terms and deals.
    pool = (member * attributes.weight).sum(axis=0)
    agreed = bargaining.terms(
        bargaining.pooled_weight(attributes.weight, member, state.cohesion),
        reference.power_weight,
        bargaining.outside_option(felt_attention, u["coordination"]),
        parameters.outside_option_weight,
    )
    arrivals = bargaining.announcements(parameters.deal_rate * felt_attention, draws.deal_count)
    arrival_size = bargaining.announced_total(
        arrivals, draws.deal_size, parameters.deal_size, parameters.deal_dispersion
    )
    spontaneous = attributes.sectors.background * arrival_size[:, :, None]
    announced = state.announced + spontaneous + plan.announced[index]
    committed, realised, disbursed = bargaining.disburse(
        state.committed,
        state.realised,
        spontaneous + plan.committed[index],
        reference.rate,
        parameters.stock_depreciation,
    )
    stock = realised.sum(axis=2)

    # (4) Vulnerability.
    vulnerable = leverage.vulnerability(
        attributes.exposure, state.share, attributes.control, attributes.substitution
    )
    seasons = leverage.season(attributes.season, quarter, u["frost"], roles.energy.astype(float))
    levers = vulnerable.sum(axis=2)

    # (5) Coercion.
    enforcement = attributes.enforcer[:, None] * u["enforcement"]
    channel, strongest = coercion.instrument(seasons * vulnerable)
    over_clearing = roles.clearing[channel]
    held = coercion.grievance(
        attributes.claim,
        state.position,
        u["stance"],
        enforcement,
        state.reexport,
        over_clearing,
    )
    game = setting.rules.threats(
        held,
        strongest,
        state.fear - reference.fear,
        u["distraction"],
        parameters.determinacy,
        parameters.resolve,
        parameters.sender_cost,
        parameters.distraction_cost,
        parameters.autonomy_cost,
        parameters.conflict_expectation,
        parameters.threat_cost,
        parameters.threat_hazard,
        parameters.minimum_leverage,
    )
    outcome = coercion.play(game, draws.threat, draws.comply, draws.impose)
    own = coercion.own_measures(
        state.own_measures,
        outcome.impose,
        channel,
        draws.lapse,
        parameters.measure_lapse,
        parameters.measure_severity,
    )
    disruption = np.maximum(own, plan.disruption[index])
    concession = np.where(
        outcome.comply, 1.0, state.concession * (1.0 - 1.0 / parameters.concession_quarters)
    )
    gave_in = (outcome.comply & over_clearing & attributes.enforcer[:, None]).any(axis=1)

    # (6) Re-exports.
    wanted = reexports.target(
        attributes.reexport_access,
        u["sanctions"],
        reexports.clearing_risk(vulnerable, enforcement, roles.clearing),
        parameters.reexport_margin,
        parameters.enforcement_sensitivity,
        parameters.determinacy * parameters.reexport_determinacy,
    )
    current = np.where(gave_in, 0.5 * state.reexport, state.reexport)
    reexport = current + parameters.reexport_speed * (wanted - current)

    # (7) Beliefs.
    event = outcome.impose + parameters.threat_alarm * outcome.threat + plan.alarm_events[index]
    fear = beliefs.update(
        state.fear,
        beliefs.experience(event, member, parameters.neighbour_learning),
        attributes.wariness + u["alarm"],
        parameters.learning_rate,
        parameters.forgetting_rate,
    )
    excess_fear = fear - reference.fear

    # (8) Portfolio and routes.
    capacity = state.capacity + plan.capacity[index]
    gain = routes.gains(
        capacity,
        attributes.routes.capacity,
        attributes.routes.yield_,
        u["transit_days"],
        attributes.routes.days,
        parameters.days_elasticity,
    )
    flow = attributes.share + routes.by_channel(gain, attributes.routes.location)
    labour_demand = (
        parameters.remittance_elasticity * (u["demand"] - base["demand"])
        + parameters.exchange_rate_elasticity * (u["exchange_rate"] - base["exchange_rate"])
        + np.log1p(-u["migration"])
        - np.log1p(-base["migration"])
    )
    trade = (
        parameters.trade_elasticity * (u["demand"] - base["demand"])
        + parameters.reexport_trade_pull
        * attributes.sanctioned[:, None]
        * (reexport - reference.reexport)[:, None]
        + parameters.corridor_pull * routes.by_partner(gain, attributes.routes.serves)
    )
    regional = (
        parameters.cohesion_pull
        * attributes.regional[:, None]
        * (member * (state.cohesion - attributes.cohesion + pool - reference.pool))[:, None]
    )
    security = parameters.security_pull * (
        u["security_threat"] * (1.0 - u["distraction"])
        - base["security_threat"] * (1.0 - base["distraction"])
    )
    barriers = (attributes.substitution - 1.0) * (u["barrier"] - base["barrier"])[:, :, None]
    driven = np.zeros_like(state.share)
    driven += u["drift"] * attributes.drift * years
    driven[:, :, roles.trade] += trade[:, :, None] - barriers[:, :, roles.trade]
    driven[:, :, roles.labour] += labour_demand[:, :, None]
    driven[:, :, roles.security] += security[:, None]
    driven[:, :, roles.trade | roles.transit] += regional[:, :, None]
    pulls = portfolio.Pulls(
        attention=portfolio.attention_pull(
            attention.log_ratio(felt_attention, reference.attention),
            u["agenda"],
            attributes.responsiveness,
            parameters.attention_pull,
        ),
        fear=portfolio.fear_pull(
            excess_fear, attributes.control, state.share, parameters.fear_push
        ),
        deals=parameters.stock_pull
        * portfolio.by_channel(realised - reference.realised, attributes.sectors.channel),
        drivers=driven,
    )
    share = portfolio.adjust(
        state.share,
        setting.rules.shares(flow, reference.residual, pulls.total()),
        attributes.adjustment,
    )
    transit = roles.transit
    controlled = (attributes.control[:, transit] * share[:, :, transit]).sum(axis=2)
    capacity, building = routes.build(
        capacity,
        state.building,
        excess_fear,
        controlled,
        stock,
        attributes.routes.build_weight,
        attributes.routes.location,
        parameters.fear_tolerance,
        parameters.bypass_investment,
        parameters.build_boost,
        parameters.construction_lag,
    )

    # (9) Output.
    lost = output.channel_loss(share, disruption, attributes.substitution)
    severity = (seasons * attributes.exposure * lost).sum(axis=1)
    labour = roles.labour
    earned = (share[:, :, labour] * labour_demand[:, :, None]).sum(axis=1)
    grown = output.update(
        state.output,
        severity,
        (attributes.exposure[:, labour] * earned).sum(axis=1),
        parameters.deal_growth
        * (agreed * disbursed.sum(axis=2) - reference.terms * reference.inflow.sum(axis=2)).sum(
            axis=1
        ),
        parameters.reexport_income * attributes.reexport_ceiling * (reexport - reference.reexport),
        parameters.oil_income
        * attributes.hydrocarbon
        * attributes.exposure[:, transit].sum(axis=1)
        * (u["oil"] - base["oil"]),
        parameters.output_decay,
    )

    # (10) Position and votes.
    leverage_weight = levers * (1.0 + parameters.concession_weight * concession)
    weight = position.influence_weight(
        levers,
        concession,
        agreed,
        stock,
        parameters.concession_weight,
        parameters.stock_weight,
    )
    taken = position.position(reference.own_ideal, weight, u["stance"], parameters.own_weight)
    texts = attributes.texts
    votes_no, votes_yes = position.vote_shares(
        position.positions_on_texts(
            reference.own_ideal, weight, u["stance"], texts.stake, parameters.own_weight
        ),
        texts.threshold,
        texts.sign,
        parameters.vote_cutpoint,
        parameters.vote_noise,
    )
    dated_votes = _vote(setting, index, weight, u["stance"], draws.vote)

    # (11) Joint voice.
    voice = cohesion.update(
        state.cohesion,
        attributes.cohesion,
        cohesion.mean_bilateral(u["format"], attributes.regional) - reference.bilateral,
        cohesion.common_fear(excess_fear, member),
        u["consultation"] - base["consultation"],
        parameters.cohesion_speed,
        parameters.format_cohesion,
        parameters.fear_cohesion,
    )

    return (
        State(
            share=share,
            own_measures=own,
            attention=felt_attention,
            announced=announced,
            committed=committed,
            realised=realised,
            fear=fear,
            capacity=capacity,
            building=building,
            position=taken,
            reexport=reexport,
            output=grown,
            cohesion=voice,
            concession=concession,
            drivers=u,
        ),
        Flow(
            terms=agreed,
            arrivals=arrivals,
            arrival_size=arrival_size,
            disbursed=disbursed,
            vulnerability=vulnerable,
            instrument=channel,
            coercion=outcome,
            disruption=disruption,
            lost=lost,
            severity=severity,
            pulls=pulls,
            flow=flow,
            remittances=output.remittance_index(share, labour_demand, disruption, labour),
            weight=weight,
            leverage_weight=leverage_weight,
            votes_no=votes_no,
            votes_yes=votes_yes,
            dated_votes=dated_votes,
        ),
    )


def _advance_drivers(setting: Setting, index: int, state: State, draws: Draws) -> dict[str, Array]:
    plan, base = setting.plan, setting.world.drivers
    return {
        name: drivers.advance(
            name,
            state.drivers[name],
            mean[index],
            mean[index - 1] if index else base[name],
            plan.persistence.get(name),
            plan.noise.get(name),
            draws.drivers.get(name),
        )
        for name, mean in plan.drivers.items()
    }


def _vote(
    setting: Setting, index: int, weight: Array, stance: Array, uniform: Array
) -> NDArray[np.int8]:
    """Votes on the quarter's dated resolutions, (slot, country, run); -1 where there is none."""
    plan, parameters = setting.plan, setting.world.parameters
    votes = np.full((*plan.vote_sign.shape[1:2], *uniform.shape[1:]), -1, dtype=np.int8)
    held = plan.vote_sign[index].any(axis=-1)
    if held.any():
        no, yes = position.vote_shares(
            position.positions_on_texts(
                setting.reference.own_ideal,
                weight,
                stance,
                plan.vote_stake[index][held],
                parameters.own_weight,
            ),
            plan.vote_threshold[index][held],
            plan.vote_sign[index][held],
            parameters.vote_cutpoint,
            parameters.vote_noise,
        )
        votes[held] = position.cast(
            no, yes, setting.world.attributes.neutrality, uniform[: len(votes)][held]
        )
    return votes
