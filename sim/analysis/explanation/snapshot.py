"""One country at the end of a quarter: what its shares, position and output are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.explanation import causes
from sim.analysis.explanation.causes import Cause
from sim.core import leverage, routes
from sim.core.output import QUARTER
from sim.core.simulate import Quarter
from sim.core.state import State
from sim.core.step import Setting
from sim.core.world import Array, Flags


@dataclass(frozen=True)
class Income:
    """A part of what output gained or lost in a quarter."""

    power: str  # "" where no power is behind it
    channel: str
    cause: Cause


@dataclass(frozen=True)
class Snapshot:
    """Arrays of one country; the runs axis comes last and may be 1 long.

    In shapes: p power, k channel, r run.
    """

    share: Array  # S at the end of the quarter (p, k, r)
    relied: Array  # S at the end of the last quarter, which leverage is about (p, k, r)
    base: Array  # S0 (p, k, r)
    rest: Array  # s00 (k, r)
    flow: Array  # S0 + R (p, k, r)
    gains: dict[str, tuple[int, int, Array]]  # of each route: power, channel, gain (r)
    pulls: dict[Cause, Array]  # terms of Delta U that are not 0 everywhere (p, k, r)
    preference: Array  # change of preference since the last quarter (p, k, r)
    adjustment: Array  # a (k, r)
    exposure_base: Array  # E (k, r)
    exposure_shift: Array  # log deviation of the value at risk (k, r)
    control: Array  # (p, k, r)
    substitution: Array  # (k, r)
    concession: Array  # K (p, r)
    concession_weight: Array  # kappa (r)
    terms: Array  # (p, r)
    realised: Array  # F (p, r)
    stock_weight: Array  # omega_B (r)
    stance: Array  # y (p, r)
    own_ideal: Array  # x-degree (r)
    own_weight: Array  # alpha (r)
    incomes: dict[Income, Array]  # of the quarter (r), shares of GDP
    output_decay: Array  # delta_y (r)

    @property
    def attraction(self) -> Array:
        """Weight of each power in the target shares, before all are made to add up (p, k, r)."""
        weight: Array = np.maximum(self.flow, 0.0) * np.exp(sum(self.pulls.values()))
        return weight

    @property
    def preferred(self) -> Array:
        """Weight of each power once preferences have changed, out of its last share (p, k, r)."""
        weight: Array = self.relied * np.exp(self.preference)
        return weight

    @property
    def exposure(self) -> Array:
        """Value at risk now (k, r)."""
        value: Array = self.exposure_base * np.exp(self.exposure_shift)
        return value

    @property
    def leverage(self) -> Array:
        """L (p, r)."""
        lost = leverage.vulnerability(
            self.exposure[None], self.relied[None], self.control, self.substitution
        )
        held: Array = lost[0].sum(axis=1)
        return held

    @property
    def weight(self) -> Array:
        """Weight of each power in the position, ell (p, r)."""
        conceded = 1.0 + self.concession_weight * self.concession
        found: Array = self.leverage * conceded + self.stock_weight * self.terms * self.realised
        return found

    @property
    def position(self) -> Array:
        """x (r)."""
        pulled = self.own_weight * self.own_ideal + (self.weight * self.stance).sum(axis=0)
        found: Array = pulled / (self.own_weight + self.weight.sum(axis=0))
        return found

    @property
    def autonomy(self) -> Array:
        """alpha/(alpha + sum ell) (r)."""
        found: Array = self.own_weight / (self.own_weight + self.weight.sum(axis=0))
        return found


def at_reference(setting: Setting, country: int) -> Snapshot:
    """The country at the base quarter, where no term pulls."""
    attributes, parameters = setting.world.attributes, setting.world.parameters
    reference = setting.reference
    share = attributes.share[country]
    none = np.zeros_like(share)
    return Snapshot(
        share=share,
        relied=share,
        base=share,
        rest=reference.residual[country],
        flow=share,
        gains={},
        pulls={},
        preference=none,
        adjustment=attributes.adjustment,
        exposure_base=attributes.exposure[country],
        exposure_shift=np.zeros_like(attributes.exposure[country]),
        control=attributes.control,
        substitution=attributes.substitution,
        concession=none[:, 0],
        concession_weight=parameters.concession_weight,
        terms=reference.terms[country],
        realised=reference.realised[country].sum(axis=1),
        stock_weight=parameters.stock_weight,
        stance=setting.world.drivers["stance"],
        own_ideal=reference.own_ideal[country],
        own_weight=parameters.own_weight,
        incomes={},
        output_decay=parameters.output_decay,
    )


def snapshot(quarter: Quarter, before: State, country: int) -> Snapshot:
    """The country at the end of a quarter.

    Parameters
    ----------
    quarter : Quarter
    before : State
        The end of the quarter before.
    country : int
        Its place.
    """
    setting, state, flow = quarter.moment.setting, quarter.state, quarter.flow
    start = at_reference(setting, country)
    world = setting.world
    return Snapshot(
        share=state.share[country],
        relied=before.share[country],
        base=start.base,
        rest=start.rest,
        flow=flow.flow[country],
        gains=_gains(quarter, before, country),
        pulls=_pulls(quarter, before, country),
        preference=(state.drivers["preference"] - before.drivers["preference"])[country],
        adjustment=start.adjustment,
        exposure_base=start.exposure_base,
        exposure_shift=quarter.moment.change("exposure")[country],
        control=start.control,
        substitution=start.substitution,
        concession=state.concession[country],
        concession_weight=start.concession_weight,
        terms=flow.terms[country],
        realised=state.realised[country].sum(axis=1),
        stock_weight=start.stock_weight,
        stance=state.drivers["stance"],
        own_ideal=start.own_ideal,
        own_weight=world.parameters.own_weight,
        incomes=_incomes(quarter, country),
        output_decay=start.output_decay,
    )


# Shares


def _gains(quarter: Quarter, before: State, country: int) -> dict[str, tuple[int, int, Array]]:
    """What each route of the country adds to the base flow of its place."""
    gain = _route_gains(quarter, before)
    names = quarter.moment.setting.world.names.routes
    location = quarter.moment.setting.world.attributes.routes.location[:, country]
    return {
        names[route]: (int(power), int(channel), gain[route])
        for route, power, channel in zip(*location.nonzero(), strict=True)
    }


def _route_gains(quarter: Quarter, before: State) -> Array:
    """G (route, run), with the capacity that shares of this quarter reckon with."""
    setting = quarter.moment.setting
    found = setting.world.attributes.routes
    effective = routes.effective(
        before.capacity + setting.plan.capacity[quarter.index],
        quarter.state.drivers["transit_days"],
        found.days,
        setting.world.parameters.days_elasticity,
    )
    return routes.gains(effective, found.capacity, found.yield_)


def _pulls(quarter: Quarter, before: State, country: int) -> dict[Cause, Array]:
    """The terms of Delta U, the drivers' by mechanism."""
    pulls = quarter.flow.pulls
    found = {
        causes.ATTENTION: pulls.attention[country],
        causes.FEAR: pulls.fear[country],
        causes.DEALS: pulls.deals[country],
    }
    found |= {
        causes.driver(name): part for name, part in driver_pulls(quarter, before, country).items()
    }
    return {cause: part for cause, part in found.items() if part.any()}


def driver_pulls(quarter: Quarter, before: State, country: int) -> dict[str, Array]:
    """Parts of the drivers' pull, by mechanism (power, channel, run); they add up to it."""
    moment, state, setting = quarter.moment, quarter.state, quarter.moment.setting
    attributes, parameters = setting.world.attributes, setting.world.parameters
    roles, u, base = attributes.roles, state.drivers, setting.world.drivers
    shape = state.share[country].shape
    years = (setting.plan.start + quarter.index - setting.world.base) / 4.0
    windfall = attributes.sanctioned[:, None] * (
        state.reexport[country] - setting.reference.reexport[country]
    )
    carried = routes.by_partner(_route_gains(quarter, before), attributes.routes.serves)[country]
    security = u["security_threat"] * (1.0 - u["distraction"]) - base["security_threat"] * (
        1.0 - base["distraction"]
    )
    pool = (moment.member * attributes.weight).sum(axis=0)
    closer = before.cohesion - attributes.cohesion + pool - setting.reference.pool
    parts = {
        "demand": (parameters.trade_elasticity * moment.change("demand"), roles.trade),
        "re-exports": (parameters.reexport_trade_pull * windfall, roles.trade),
        "corridors": (parameters.corridor_pull * carried, roles.trade),
        "security threat": (parameters.security_pull * security, roles.security),
        "joint voice": (
            parameters.cohesion_pull
            * attributes.regional[:, None]
            * (moment.member[country] * closer),
            roles.trade | roles.transit,
        ),
    }
    found = {name: _spread(part, mask, shape) for name, (part, mask) in parts.items()}
    dearer = (attributes.substitution - 1.0) * moment.change("barrier")[country][:, None]
    found["barrier"] = np.where(roles.trade[:, None], -dearer, 0.0)
    for name, part in _labour(quarter, country).items():
        found[name] = found.get(name, np.zeros(shape)) + _spread(part, roles.labour, shape)
    found["drift"] = u["drift"] * attributes.drift * years
    found["preference"] = moment.change("preference")[country]
    return {name: np.broadcast_to(part, shape) for name, part in found.items()}


def _spread(part: Array, channels: Flags, shape: tuple[int, ...]) -> Array:
    """A term of dyads (power, run) in some channels."""
    return np.broadcast_to(np.where(channels[:, None], part[:, None], 0.0), shape)


def _labour(quarter: Quarter, country: int) -> dict[str, Array]:
    """nu by mechanism (power, run)."""
    moment, setting = quarter.moment, quarter.moment.setting
    parameters = setting.world.parameters
    tight, usual = quarter.state.drivers["migration"], setting.world.drivers["migration"]
    return {
        "demand": parameters.remittance_elasticity * moment.change("demand"),
        "exchange rate": parameters.exchange_rate_elasticity * moment.change("exchange_rate"),
        "migration rules": np.log1p(-tight[country]) - np.log1p(-usual[country]),
    }


# Output


def _incomes(quarter: Quarter, country: int) -> dict[Income, Array]:
    """What output gained or lost in the quarter, by what is behind it."""
    moment, flow, setting = quarter.moment, quarter.flow, quarter.moment.setting
    names, attributes = setting.world.names, setting.world.attributes
    parameters, reference = setting.world.parameters, setting.reference
    exposure, share = moment.exposure[country], quarter.state.share[country]
    found: dict[Income, Array] = {}

    def add(power: str, channel: str, cause: Cause, gained: Array) -> None:
        if gained.any():
            found[Income(power, channel, cause)] = gained

    forced = setting.plan.disruption[quarter.index][country]
    beyond = flow.disruption[country] - forced
    seasons = leverage.season(
        attributes.season,
        quarter.quarter,
        quarter.state.drivers["frost"],
        attributes.roles.energy.astype(float),
    )
    cut = (share * flow.disruption[country]).sum(axis=0)
    loss = seasons * exposure * flow.lost[country]
    per_cut = np.divide(loss, cut, out=np.zeros(np.broadcast_shapes(loss.shape, cut.shape)),
                        where=cut > 0)  # fmt: skip
    for p, power in enumerate(names.powers):
        for k, channel in enumerate(names.channels):
            for name, measure in ((causes.CLOSURES, forced), ("coercion", beyond)):
                part = -QUARTER * per_cut[k] * share[p, k] * measure[p, k]
                add(power, channel, Cause("disruption", name), part)
    for k in map(int, attributes.roles.labour.nonzero()[0]):
        for name, part in _labour(quarter, country).items():
            for p, power in enumerate(names.powers):
                earned = QUARTER * exposure[k] * share[p, k] * part[p]
                add(power, names.channels[k], Cause("remittances", name), earned)
    gained = flow.terms[country] * flow.disbursed[country].sum(axis=1)
    usual = reference.terms[country] * reference.inflow[country].sum(axis=1)
    for p, power in enumerate(names.powers):
        income = parameters.deal_growth * (gained - usual)[p]
        add(power, "", Cause("deals", "income from projects"), income)
    windfall = quarter.state.reexport[country] - reference.reexport[country]
    worth = parameters.reexport_income * attributes.reexport_ceiling[country] * windfall
    add("", "", Cause("re-exports"), QUARTER * worth)
    for k in map(int, attributes.roles.transit.nonzero()[0]):
        priced = parameters.oil_income * attributes.hydrocarbon[country] * exposure[k]
        add("", names.channels[k], Cause("oil"), QUARTER * priced * moment.change("oil"))
    return found
