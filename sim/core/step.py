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
from functools import cached_property

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
from sim.core.world import Array, Attributes, Flags, Parameters, World


@dataclass(frozen=True)
class Setting:
    """All that stays the same over a simulation."""

    world: World
    reference: Reference
    plan: Plan
    rules: Rules

    def exposure(self, drivers: dict[str, Array]) -> Array:
        """Value at risk where the drivers stand (country, channel, run), share of GDP."""
        base, reference = self.world.attributes.exposure, self.world.drivers["exposure"]
        return leverage.value_at_risk(base, drivers["exposure"], reference)


@dataclass(frozen=True)
class _Now:
    """A quarter at work: what the submodels read."""

    setting: Setting
    index: int  # quarters since the plan's start
    state: State  # the end of the last quarter
    draws: Draws
    u: dict[str, Array]  # drivers of this quarter

    @property
    def attributes(self) -> Attributes:
        return self.setting.world.attributes

    @property
    def parameters(self) -> Parameters:
        return self.setting.world.parameters

    @property
    def reference(self) -> Reference:
        return self.setting.reference

    @property
    def member(self) -> Array:
        """Membership of the consultative group (country, run)."""
        return self.setting.plan.membership[self.index]

    @property
    def enforcement(self) -> Array:
        """Enforcement of sanctions, 0 for powers that do not enforce (power, run)."""
        return self.attributes.enforcer[:, None] * self.u["enforcement"]

    @cached_property
    def exposure(self) -> Array:
        """Value at risk in this quarter (country, channel, run), share of GDP."""
        return self.setting.exposure(self.u)

    def change(self, driver: str) -> Array:
        """A driver less its reference."""
        return self.u[driver] - self.setting.world.drivers[driver]


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
    u = _advance_drivers(setting, index, state, draws)  # (1)
    now = _Now(setting, index, state, draws, u)
    attended = _attend(now)  # (2)
    deals = _bargain(now, attended)  # (3)
    exposed = _expose(now)  # (4)
    pressure = _coerce(now, exposed)  # (5)
    reexport = _reexport(now, exposed, pressure)  # (6)
    fear = _learn(now, pressure)  # (7)
    partners = _rebalance(now, attended, deals, reexport, fear)  # (8)
    product = _produce(now, deals, exposed, pressure, reexport, partners)  # (9)
    politics = _take_position(now, deals, exposed, pressure)  # (10)
    voice = _speak(now, fear)  # (11)
    return (
        State(
            share=partners.share,
            own_measures=pressure.own_measures,
            attention=attended,
            announced=deals.announced,
            committed=deals.committed,
            realised=deals.realised,
            fear=fear,
            capacity=partners.capacity,
            building=partners.building,
            position=politics.position,
            reexport=reexport,
            output=product.output,
            cohesion=voice,
            concession=pressure.concession,
            drivers=u,
        ),
        Flow(
            terms=deals.terms,
            arrivals=deals.arrivals,
            arrival_size=deals.arrival_size,
            disbursed=deals.disbursed,
            vulnerability=exposed.vulnerability,
            instrument=pressure.instrument,
            coercion=pressure.outcome,
            disruption=pressure.disruption,
            lost=product.lost,
            severity=product.severity,
            pulls=partners.pulls,
            flow=partners.flow,
            remittances=product.remittances,
            weight=politics.weight,
            leverage_weight=politics.leverage_weight,
            votes_no=politics.votes_no,
            votes_yes=politics.votes_yes,
            dated_votes=politics.dated_votes,
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


def _attend(now: _Now) -> Array:
    """(2) Attention as countries feel it, (country, power, run)."""
    attributes, parameters, u = now.attributes, now.parameters, now.u
    value = attention.responsive_value(
        attributes.value,
        attention.alignment(now.exposure, now.state.share),
        now.reference.alignment,
        u["coordination"],
        attributes.regional,
        parameters.rivalry_response,
    )
    spent = attention.spend(
        now.setting.rules.allocation(value, attributes.core, parameters.allocation_exponent),
        attributes.openness,
        u["access"],
        attributes.budget,
        u["distraction"],
        u["boost"],
        u["format"],
        attributes.core,
        parameters.multilateral_rivalry,
    )
    return attention.smooth(
        now.state.attention,
        spent,
        now.setting.plan.summits[now.index],
        now.reference.attention,
        parameters.attention_speed,
    )


@dataclass(frozen=True)
class _Deals:
    terms: Array  # (country, power, run)
    arrivals: Array  # (country, power, run)
    arrival_size: Array  # (country, power, run)
    announced: Array  # (country, power, sector, run)
    committed: Array  # (country, power, sector, run)
    realised: Array  # (country, power, sector, run)
    disbursed: Array  # (country, power, sector, run)

    @property
    def stock(self) -> Array:
        """Realised deals of all sectors (country, power, run)."""
        return self.realised.sum(axis=2)


def _bargain(now: _Now, attended: Array) -> _Deals:
    """(3) Terms, and deals from announcement to stock."""
    attributes, parameters, state = now.attributes, now.parameters, now.state
    plan, index = now.setting.plan, now.index
    terms = bargaining.terms(
        bargaining.pooled_weight(attributes.weight, now.member, state.cohesion),
        now.reference.power_weight,
        bargaining.outside_option(attended, now.u["coordination"]),
        parameters.outside_option_weight,
    )
    arrivals = bargaining.announcements(parameters.deal_rate * attended, now.draws.deal_count)
    arrival_size = bargaining.announced_total(
        arrivals, now.draws.deal_size, parameters.deal_size, parameters.deal_dispersion
    )
    spontaneous = attributes.sectors.background * arrival_size[:, :, None]
    committed, realised, disbursed = bargaining.disburse(
        state.committed,
        state.realised,
        spontaneous + plan.committed[index],
        now.reference.rate,
        parameters.stock_depreciation,
    )
    return _Deals(
        terms=terms,
        arrivals=arrivals,
        arrival_size=arrival_size,
        announced=state.announced + spontaneous + plan.announced[index],
        committed=committed,
        realised=realised,
        disbursed=disbursed,
    )


@dataclass(frozen=True)
class _Exposed:
    vulnerability: Array  # V (country, power, channel, run)
    seasons: Array  # (channel, run)


def _expose(now: _Now) -> _Exposed:
    """(4) Vulnerability, and the season of exposure."""
    attributes = now.attributes
    return _Exposed(
        vulnerability=leverage.vulnerability(
            now.exposure, now.state.share, attributes.control, attributes.substitution
        ),
        seasons=leverage.season(
            attributes.season,
            now.setting.plan.start + now.index,
            now.u["frost"],
            attributes.roles.energy.astype(float),
        ),
    )


@dataclass(frozen=True)
class _Pressure:
    outcome: coercion.Coercion
    instrument: NDArray[np.intp]  # (country, power, run)
    own_measures: Array  # (country, power, channel, run)
    disruption: Array  # (country, power, channel, run) measures and forced events
    concession: Array  # (country, power, run)
    gave_in: Flags  # (country, run) to an enforcer's threat over clearing


def _coerce(now: _Now, exposed: _Exposed) -> _Pressure:
    """(5) The threat game and the measures in force."""
    attributes, parameters, state, u = now.attributes, now.parameters, now.state, now.u
    channel, strongest = coercion.instrument(exposed.seasons * exposed.vulnerability)
    over_clearing = attributes.roles.clearing[channel]
    held = coercion.grievance(
        attributes.claim,
        state.position,
        u["stance"],
        now.enforcement,
        state.reexport,
        over_clearing,
    )
    game = now.setting.rules.threats(
        held,
        strongest,
        state.fear - now.reference.fear,
        u["distraction"],
        parameters,
    )
    outcome = coercion.play(game, now.draws.threat, now.draws.comply, now.draws.impose)
    own = coercion.own_measures(
        state.own_measures,
        outcome.impose,
        channel,
        now.draws.lapse,
        parameters.measure_lapse,
        parameters.measure_severity,
    )
    fading = state.concession * (1.0 - 1.0 / parameters.concession_quarters)
    return _Pressure(
        outcome=outcome,
        instrument=channel,
        own_measures=own,
        disruption=np.maximum(own, now.setting.plan.disruption[now.index]),
        concession=np.where(outcome.comply, 1.0, fading),
        gave_in=np.any(outcome.comply & over_clearing & attributes.enforcer[:, None], axis=1),
    )


def _reexport(now: _Now, exposed: _Exposed, pressure: _Pressure) -> Array:
    """(6) Re-export intensity (country, run)."""
    parameters, state = now.parameters, now.state
    wanted = reexports.target(
        now.attributes.reexport_access,
        now.u["sanctions"],
        reexports.clearing_risk(
            exposed.vulnerability, now.enforcement, now.attributes.roles.clearing
        ),
        parameters.reexport_margin,
        parameters.enforcement_sensitivity,
        parameters.determinacy * parameters.reexport_determinacy,
    )
    current = np.where(pressure.gave_in, 0.5 * state.reexport, state.reexport)
    return current + parameters.reexport_speed * (wanted - current)


def _learn(now: _Now, pressure: _Pressure) -> Array:
    """(7) Fear (country, power, run)."""
    parameters, outcome = now.parameters, pressure.outcome
    event = (
        outcome.impose
        + parameters.threat_alarm * outcome.threat
        + now.setting.plan.alarm_events[now.index]
    )
    return beliefs.update(
        now.state.fear,
        beliefs.experience(event, now.member, parameters.neighbour_learning),
        now.attributes.wariness + now.u["alarm"],
        parameters.learning_rate,
        parameters.forgetting_rate,
    )


@dataclass(frozen=True)
class _Partners:
    share: Array  # S (country, power, channel, run)
    capacity: Array  # (route, run)
    building: Array  # (route, run)
    pulls: portfolio.Pulls
    flow: Array  # S0 + R (country, power, channel, run)
    labour_demand: Array  # nu (country, power, run)


def _rebalance(
    now: _Now, attended: Array, deals: _Deals, reexport: Array, fear: Array
) -> _Partners:
    """(8) Partners' shares, and the capacity of routes."""
    attributes, parameters, state = now.attributes, now.parameters, now.state
    found, transit = attributes.routes, attributes.roles.transit
    excess_fear = fear - now.reference.fear
    capacity = state.capacity + now.setting.plan.capacity[now.index]
    effective = routes.effective(
        capacity,
        now.u["transit_days"],
        found.days,
        parameters.days_elasticity,
    )
    gain = routes.gains(effective, found.capacity, found.yield_)
    flow = attributes.share + routes.by_channel(gain, found.location)
    labour_demand = (
        parameters.remittance_elasticity * now.change("demand")
        + parameters.exchange_rate_elasticity * now.change("exchange_rate")
        + np.log1p(-now.u["migration"])
        - np.log1p(-now.setting.world.drivers["migration"])
    )
    pulls = portfolio.Pulls(
        attention=portfolio.attention_pull(
            attention.log_ratio(attended, now.reference.attention),
            now.u["agenda"],
            attributes.responsiveness,
            parameters.attention_pull,
        ),
        fear=portfolio.fear_pull(
            excess_fear, attributes.control, state.share, parameters.fear_push
        ),
        deals=parameters.stock_pull
        * portfolio.by_channel(deals.realised - now.reference.realised, attributes.sectors.channel),
        drivers=_driver_pull(now, reexport, gain, labour_demand),
    )
    share = portfolio.adjust(
        portfolio.shift(state.share, now.u["preference"] - state.drivers["preference"]),
        now.setting.rules.shares(flow, now.reference.residual, pulls.total()),
        attributes.adjustment,
    )
    capacity, building = routes.build(
        capacity,
        state.building,
        excess_fear,
        (attributes.control[:, transit] * share[:, :, transit]).sum(axis=2),
        deals.stock,
        found.build_weight,
        found.location,
        parameters.fear_tolerance,
        parameters.bypass_investment,
        parameters.build_boost,
        parameters.construction_lag,
    )
    return _Partners(share, capacity, building, pulls, flow, labour_demand)


def _driver_pull(now: _Now, reexport: Array, gain: Array, labour_demand: Array) -> Array:
    """D, the drivers' part of the pulls (country, power, channel, run)."""
    attributes, parameters, roles = now.attributes, now.parameters, now.attributes.roles
    base = now.setting.world.drivers
    years = (now.setting.plan.start + now.index - now.setting.world.base) / 4.0
    windfall = attributes.sanctioned[:, None] * (reexport - now.reference.reexport)[:, None]
    trade = (
        parameters.trade_elasticity * now.change("demand")
        + parameters.reexport_trade_pull * windfall
        + parameters.corridor_pull * routes.by_partner(gain, attributes.routes.serves)
    )
    barriers = (attributes.substitution - 1.0) * now.change("barrier")[:, :, None]
    security = parameters.security_pull * (
        now.u["security_threat"] * (1.0 - now.u["distraction"])
        - base["security_threat"] * (1.0 - base["distraction"])
    )
    pool = (now.member * attributes.weight).sum(axis=0)
    closer = now.state.cohesion - attributes.cohesion + pool - now.reference.pool
    region = (
        parameters.cohesion_pull * attributes.regional[:, None] * (now.member * closer)[:, None]
    )

    pull = np.zeros_like(now.state.share)
    pull += now.u["drift"] * attributes.drift * years + now.change("preference")
    pull[:, :, roles.trade] += trade[:, :, None] - barriers[:, :, roles.trade]
    pull[:, :, roles.labour] += labour_demand[:, :, None]
    pull[:, :, roles.security] += security[:, None]
    pull[:, :, roles.trade | roles.transit] += region[:, :, None]
    return pull


@dataclass(frozen=True)
class _Product:
    output: Array  # yv (country, run)
    lost: Array  # (country, channel, run)
    severity: Array  # (country, run) share of a year's GDP
    remittances: Array  # (country, run) index


def _produce(
    now: _Now,
    deals: _Deals,
    exposed: _Exposed,
    pressure: _Pressure,
    reexport: Array,
    partners: _Partners,
) -> _Product:
    """(9) Output and remittances."""
    attributes, parameters, reference = now.attributes, now.parameters, now.reference
    labour, transit = attributes.roles.labour, attributes.roles.transit
    share, labour_demand = partners.share, partners.labour_demand
    lost = output.channel_loss(share, pressure.disruption, attributes.substitution)
    severity = (exposed.seasons * now.exposure * lost).sum(axis=1)
    earned = (share[:, :, labour] * labour_demand[:, :, None]).sum(axis=1)
    gained = deals.terms * deals.disbursed.sum(axis=2)
    usual = reference.terms * reference.inflow.sum(axis=2)
    oil = attributes.hydrocarbon * now.exposure[:, transit].sum(axis=1)
    return _Product(
        output=output.update(
            now.state.output,
            severity,
            (now.exposure[:, labour] * earned).sum(axis=1),
            parameters.deal_growth * (gained - usual).sum(axis=1),
            parameters.reexport_income
            * attributes.reexport_ceiling
            * (reexport - reference.reexport),
            parameters.oil_income * oil * now.change("oil"),
            parameters.output_decay,
        ),
        lost=lost,
        severity=severity,
        remittances=output.remittance_index(share, labour_demand, pressure.disruption, labour),
    )


@dataclass(frozen=True)
class _Politics:
    position: Array  # x (country, run)
    weight: Array  # ell (country, power, run)
    leverage_weight: Array  # L (1 + kappa K) (country, power, run)
    votes_no: Array  # (text, country, run)
    votes_yes: Array  # (text, country, run)
    dated_votes: NDArray[np.int8]  # (slot, country, run)


def _take_position(now: _Now, deals: _Deals, exposed: _Exposed, pressure: _Pressure) -> _Politics:
    """(10) Position, expected votes on the case's texts, votes on dated resolutions."""
    parameters, texts, stance = now.parameters, now.attributes.texts, now.u["stance"]
    own_ideal = now.reference.own_ideal
    leverage_weight = position.leverage_weight(
        exposed.vulnerability.sum(axis=2), pressure.concession, parameters.concession_weight
    )
    weight = position.influence_weight(
        leverage_weight, deals.terms, deals.stock, parameters.stock_weight
    )
    votes_no, votes_yes = position.vote_shares(
        position.positions_on_texts(own_ideal, weight, stance, texts.stake, parameters.own_weight),
        texts.threshold,
        texts.sign,
        parameters.vote_cutpoint,
        parameters.vote_noise,
    )
    return _Politics(
        position=position.position(own_ideal, weight, stance, parameters.own_weight),
        weight=weight,
        leverage_weight=leverage_weight,
        votes_no=votes_no,
        votes_yes=votes_yes,
        dated_votes=_vote(now.setting, now.index, weight, stance, now.draws.vote),
    )


def _speak(now: _Now, fear: Array) -> Array:
    """(11) Joint voice (run,)."""
    attributes, parameters = now.attributes, now.parameters
    bilateral = cohesion.mean_bilateral(now.u["format"], attributes.budget, attributes.regional)
    return cohesion.update(
        now.state.cohesion,
        attributes.cohesion,
        bilateral - now.reference.bilateral,
        cohesion.common_fear(fear - now.reference.fear, now.member),
        now.change("consultation"),
        parameters.cohesion_speed,
        parameters.format_cohesion,
        parameters.fear_cohesion,
    )


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
