"""Outcomes: what is measured at the end of a quarter, with units and meanings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from sim.core import attention, output, position, routes
from sim.core.state import Flow, State
from sim.core.step import Setting
from sim.core.world import Array, Names, World


@dataclass(frozen=True)
class Ledger:
    """What accumulates over the quarters of a run."""

    threats: Array  # (country, power, run) count
    complied: Array  # (country, power, run) count
    backed_down: Array  # (country, power, run) count
    imposed: Array  # (country, power, run) count
    imposed_by_channel: Array  # (power, channel, run) count
    severity: Array  # (country, run) share of a year's GDP
    welfare: Array  # (country, run) discounted sum of output deviations, in years
    discount: Array  # (run,) discount factor of the next quarter

    @classmethod
    def empty(cls, world: World, runs: int) -> Ledger:
        """A ledger before the first quarter."""
        names = world.names
        countries, powers, channels = len(names.countries), len(names.powers), len(names.channels)
        dyads = np.zeros((countries, powers, runs))
        return cls(
            threats=dyads,
            complied=dyads,
            backed_down=dyads,
            imposed=dyads,
            imposed_by_channel=np.zeros((powers, channels, runs)),
            severity=np.zeros((countries, runs)),
            welfare=np.zeros((countries, runs)),
            discount=(1.0 + world.parameters.discount_rate) ** -0.25,
        )

    def add(self, flow: Flow, state: State, world: World) -> Ledger:
        """The ledger after a quarter."""
        coercion = flow.coercion
        channels = np.arange(self.imposed_by_channel.shape[1])[:, None]
        struck = coercion.impose[:, :, None] & (flow.instrument[:, :, None] == channels)
        return Ledger(
            threats=self.threats + coercion.threat,
            complied=self.complied + coercion.comply,
            backed_down=self.backed_down + coercion.backed_down,
            imposed=self.imposed + coercion.impose,
            imposed_by_channel=self.imposed_by_channel + struck.sum(axis=0),
            severity=self.severity + 0.25 * flow.severity,
            welfare=self.welfare + 0.25 * self.discount * state.output,
            discount=self.discount * (1.0 + world.parameters.discount_rate) ** -0.25,
        )


@dataclass(frozen=True)
class Moment:
    """All that an outcome can be measured from: the end of one quarter."""

    setting: Setting
    index: int
    state: State
    flow: Flow
    ledger: Ledger

    def change(self, driver: str) -> Array:
        """A driver less its reference."""
        return self.state.drivers[driver] - self.setting.world.drivers[driver]

    @cached_property
    def gdp(self) -> Array:
        """GDP path (country, run), USD bn a year: trend, output, activity and currency."""
        world, plan = self.setting.world, self.setting.plan
        attributes, parameters = world.attributes, world.parameters
        years = (plan.start + self.index - world.base) / 4.0
        transit = attributes.exposure[:, attributes.roles.transit].sum(axis=1)
        currency = output.currency(
            self.setting.reference.alignment,
            self.change("exchange_rate"),
            parameters.currency_pass_through,
            attributes.hydrocarbon * transit,
            self.change("oil"),
            parameters.oil_pass_through,
        )
        path: Array = attributes.gdp * np.exp(
            attributes.growth * years + self.state.output + self.change("activity") + currency
        )
        return path

    @cached_property
    def exposure(self) -> Array:
        """Value at risk now (country, channel, run), share of GDP."""
        return self.setting.exposure(self.state.drivers)

    @property
    def member(self) -> Array:
        """Membership of the group (country, run)."""
        return self.setting.plan.membership[self.index]


@dataclass(frozen=True)
class Indicator:
    """One outcome: its axes, unit and meaning, and how it is measured."""

    name: str
    axes: tuple[str, ...]
    unit: str
    meaning: str
    formula: Callable[[Moment], Array]
    headline: bool = False  # kept by quarter unless the user says otherwise

    def measure(self, moment: Moment) -> Array:
        """The outcome as (*axes, run)."""
        values = np.asarray(self.formula(moment), dtype=float)
        runs = moment.state.cohesion.shape[-1]
        return np.broadcast_to(values, (*values.shape[:-1], runs))


def columns(indicator: Indicator, names: Names) -> list[str]:
    """Columns of an outcome in array order: its name and the codes of its axes, joined by dots."""
    codes = names.by_axis
    return [
        ".".join((indicator.name, *cell)) for cell in product(*(codes[a] for a in indicator.axes))
    ]


def _alignment(moment: Moment) -> Array:
    return attention.alignment(moment.exposure, moment.state.share)


def _entropy(moment: Moment) -> Array:
    aligned = _alignment(moment)
    powers = aligned.shape[1]
    if powers == 1:
        return np.zeros(aligned[:, 0].shape)
    logs = np.log(np.where(aligned > 0, aligned, 1.0))
    return -(aligned * logs).sum(axis=1) / np.log(powers)


def _leverage(moment: Moment) -> Array:
    return moment.flow.vulnerability.sum(axis=2)


def _asymmetry(moment: Moment) -> Array:
    ordered = np.sort(_leverage(moment), axis=1)
    first = ordered[:, -1]
    second = ordered[:, -2] if ordered.shape[1] > 1 else np.zeros_like(first)
    return np.divide(first - second, first, out=np.zeros_like(first), where=first > 0)


def _influence(moment: Moment) -> Array:
    bandwidth = (moment.exposure[:, None] * moment.state.share).sum(axis=2)
    return bandwidth * moment.state.share.mean(axis=2)


def _share_of(values: Array, axis: int) -> Array:
    total = values.sum(axis=axis, keepdims=True)
    return np.divide(values, total, out=np.zeros_like(values), where=total > 0)


def _autonomy(moment: Moment) -> Array:
    return position.autonomy(moment.flow.weight, moment.setting.world.parameters.own_weight)


def _in_role(moment: Moment, role: str) -> Array:
    """Share summed over a role's channels (country, power, run)."""
    mask = getattr(moment.setting.world.attributes.roles, role)
    return (mask[:, None] * moment.state.share).sum(axis=2)


def _value_in_role(moment: Moment, role: str) -> Array:
    """Value of the flows of a dyad in a role's channels, USD bn a year."""
    mask = getattr(moment.setting.world.attributes.roles, role)
    value = mask[:, None] * moment.exposure[:, None] * moment.state.share
    return value.sum(axis=2) * moment.gdp[:, None]


def _remittance_share(moment: Moment) -> Array:
    """Remittances received (country, run), share of GDP."""
    labour = moment.setting.world.attributes.roles.labour
    return moment.exposure[:, labour].sum(axis=1) * moment.flow.remittances


def _migrants(moment: Moment) -> Array:
    attributes = moment.setting.world.attributes
    base = (attributes.roles.labour[:, None] * attributes.share).sum(axis=2)
    now = _in_role(moment, "labour")
    ratio = np.divide(now, base, out=np.zeros_like(now), where=base > 0)
    return attributes.migrants * ratio * moment.flow.remittances[:, None]


def _regional_trade(moment: Moment) -> Array:
    regional = moment.setting.world.attributes.regional
    return (regional[:, None] * _in_role(moment, "trade")).sum(axis=1)


def _stock_usd(moment: Moment) -> Array:
    """Realised deals (country, power, sector, run), USD bn."""
    return moment.state.realised * moment.gdp[:, None, None]


def _gini(moment: Moment) -> Array:
    """Gini coefficient over countries of each power's realised deals, (power, run)."""
    stock = np.sort(_stock_usd(moment).sum(axis=2), axis=0)
    number = stock.shape[0]
    rank = np.arange(1, number + 1).reshape(-1, 1, 1)
    total = stock.sum(axis=0)
    weighted = ((2 * rank - number - 1) * stock).sum(axis=0)
    return np.divide(weighted, number * total, out=np.zeros_like(total), where=total > 0)


def _weighted_pull(moment: Moment, term: Array) -> Array:
    # Weights of the base: what moves the mean of a pull is the pull, not the portfolio.
    attributes = moment.setting.world.attributes
    weight = attributes.exposure[:, None] * attributes.share
    total = weight.sum(axis=2)
    pull = (weight * term).sum(axis=2)
    return np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)


def _capacity_pull(moment: Moment) -> Array:
    share, flow = moment.setting.world.attributes.share, moment.flow.flow
    ratio = np.divide(flow, share, out=np.ones_like(flow), where=(share > 0) & (flow > 0))
    return _weighted_pull(moment, np.log(ratio))


def _carried(moment: Moment) -> Array:
    attributes = moment.setting.world.attributes
    found = attributes.routes
    effective = routes.effective(
        moment.state.capacity,
        moment.state.drivers["transit_days"],
        found.days,
        moment.setting.world.parameters.days_elasticity,
    )
    return routes.carried(
        found.yield_, effective, moment.state.share, moment.flow.flow, found.location
    )


def _route_volume(moment: Moment) -> Array:
    found = moment.setting.world.attributes.routes
    _, country, _, channel = found.location.nonzero()
    # The channel's value and the use made of the route, base = 1.
    larger = np.exp(moment.change("exposure")[country, channel] + moment.change("throughput"))
    carried = np.minimum(_carried(moment) * larger, moment.state.capacity)
    closure = moment.setting.plan.closure[moment.index]
    return carried * (1.0 - closure) * found.volume_per_share


def _votes(moment: Moment, shares: Array) -> Array:
    return shares * (1.0 - moment.setting.world.attributes.neutrality)


def _abstain(moment: Moment) -> Array:
    return _votes(moment, 1.0 - moment.flow.votes_no - moment.flow.votes_yes)


def _agreement(moment: Moment) -> Array:
    """Agreement index of Hix, Noury and Roland (2005) over the members' expected votes."""
    counts = np.stack(
        [
            (moment.member * votes).sum(axis=1)
            for votes in (
                _votes(moment, moment.flow.votes_yes),
                _votes(moment, moment.flow.votes_no),
                _abstain(moment),
            )
        ]
    )
    total, largest = counts.sum(axis=0), counts.max(axis=0)
    index = largest - 0.5 * (total - largest)
    return np.divide(index, total, out=np.zeros_like(total), where=total > 0)


def _dispersion(moment: Moment) -> Array:
    number = np.maximum(moment.member.sum(axis=0), 1.0)
    mean = (moment.member * moment.state.position).sum(axis=0) / number
    square = (moment.member * (moment.state.position - mean) ** 2).sum(axis=0) / number
    return np.sqrt(square)


def position_steps(moment: Moment) -> tuple[Array, Array, Array]:
    """Change of position since the base by leverage, then stock of deals, then stances.

    Returns
    -------
    leverage, stock, stance : array (country, run)
        They add up to the position less the observed one. The order of the steps is a convention.
    """
    setting, flow = moment.setting, moment.flow
    world, reference = setting.world, setting.reference
    parameters = world.parameters
    base_stance = world.drivers["stance"]

    def at(weight: Array, stance: Array) -> Array:
        return position.position(reference.own_ideal, weight, stance, parameters.own_weight)

    base_stock = parameters.stock_weight * reference.terms * reference.realised.sum(axis=2)
    first = at(flow.leverage_weight + base_stock, base_stance)
    second = at(flow.weight, base_stance)
    return (
        first - world.attributes.position,
        second - first,
        moment.state.position - second,
    )


_COUNTRY, _DYAD = ("country",), ("country", "power")
_GDP = "share of GDP"

_ALL = (
    Indicator(
        "position",
        _COUNTRY,
        "-1 to 1",
        "position on the contested axis, 1 with the West",
        lambda m: m.state.position,
        True,
    ),
    Indicator(
        "alignment_score",
        _COUNTRY,
        "0 to 100",
        "50 (1 + position)",
        lambda m: 50.0 * (1.0 + m.state.position),
    ),
    Indicator(
        "hedging_band",
        _COUNTRY,
        "0 or 1",
        "alignment score between 45 and 55",
        lambda m: (np.abs(m.state.position) <= 0.1).astype(float),
    ),
    Indicator(
        "autonomy", _COUNTRY, "0 to 1", "weight of the own ideal in the position", _autonomy, True
    ),
    Indicator(
        "entropy",
        _COUNTRY,
        "0 to 1",
        "evenness of the portfolio over partners (Shannon)",
        _entropy,
        True,
    ),
    Indicator(
        "concentration",
        _COUNTRY,
        "0 to 1",
        "Herfindahl index of the portfolio over partners",
        lambda m: (_alignment(m) ** 2).sum(axis=1),
    ),
    Indicator(
        "max_leverage",
        _COUNTRY,
        _GDP,
        "largest loss that one power could inflict",
        lambda m: _leverage(m).max(axis=1),
    ),
    Indicator(
        "leverage_asymmetry",
        _COUNTRY,
        "0 to 1",
        "lead of the strongest power's leverage over the second's, share of the first",
        _asymmetry,
    ),
    Indicator(
        "output", _COUNTRY, "log points", "output against its trend", lambda m: m.state.output, True
    ),
    Indicator("gdp_usd", _COUNTRY, "USD bn a year", "gross domestic product", lambda m: m.gdp),
    Indicator(
        "welfare",
        _COUNTRY,
        "years of GDP",
        "discounted sum of output deviations",
        lambda m: m.ledger.welfare,
    ),
    Indicator(
        "remittance_index",
        _COUNTRY,
        "base = 1",
        "remittances received against the base",
        lambda m: m.flow.remittances,
        True,
    ),
    Indicator(
        "remittance_share",
        _COUNTRY,
        _GDP,
        "remittances received: labour's exposure now times the index",
        _remittance_share,
    ),
    Indicator(
        "remittances_total_usd",
        _COUNTRY,
        "USD bn a year",
        "remittances received from all",
        lambda m: _remittance_share(m) * m.gdp,
    ),
    Indicator(
        "reexport_intensity",
        _COUNTRY,
        "0 to 1",
        "re-exports to sanctioned powers, of the ceiling",
        lambda m: m.state.reexport,
        True,
    ),
    Indicator(
        "reexport_usd",
        _COUNTRY,
        "USD bn a year",
        "re-exports to sanctioned powers",
        lambda m: m.setting.world.attributes.reexport_ceiling * m.state.reexport * m.gdp,
    ),
    Indicator(
        "severity",
        _COUNTRY,
        "years of GDP",
        "loss to measures and closures so far",
        lambda m: m.ledger.severity,
    ),
    Indicator(
        "regional_trade_share",
        _COUNTRY,
        "0 to 1",
        "share of trade inside the region",
        _regional_trade,
    ),
    Indicator(
        "position_from_leverage",
        _COUNTRY,
        "-2 to 2",
        "change of position through leverage",
        lambda m: position_steps(m)[0],
    ),
    Indicator(
        "position_from_stock",
        _COUNTRY,
        "-2 to 2",
        "change of position through realised deals",
        lambda m: position_steps(m)[1],
    ),
    Indicator(
        "position_from_stance",
        _COUNTRY,
        "-2 to 2",
        "change of position through powers' stances",
        lambda m: position_steps(m)[2],
    ),
    Indicator(
        "alignment",
        _DYAD,
        "0 to 1",
        "power's share in the exposure-weighted portfolio",
        _alignment,
        True,
    ),
    Indicator(
        "leverage",
        _DYAD,
        _GDP,
        "loss that the power could inflict over all channels",
        _leverage,
        True,
    ),
    Indicator(
        "influence",
        _DYAD,
        "index",
        "bandwidth times dependence, after the FBIC product form",
        _influence,
    ),
    Indicator(
        "attention",
        _DYAD,
        "budget units",
        "smoothed attention of the power",
        lambda m: m.state.attention,
    ),
    Indicator(
        "attention_share",
        _DYAD,
        "0 to 1",
        "power's share in the attention that a country gets",
        lambda m: _share_of(m.state.attention, 1),
        True,
    ),
    Indicator(
        "fear", _DYAD, "0 to 1", "perceived hazard of coercion", lambda m: m.state.fear, True
    ),
    Indicator(
        "terms",
        _DYAD,
        "0 to 1",
        "share of a deal's surplus that the country keeps",
        lambda m: m.flow.terms,
        True,
    ),
    Indicator(
        "announced",
        _DYAD,
        _GDP,
        "deals announced so far",
        lambda m: m.state.announced.sum(axis=2),
    ),
    Indicator(
        "committed",
        _DYAD,
        _GDP,
        "commitments announced and not yet disbursed",
        lambda m: m.state.committed.sum(axis=2),
    ),
    Indicator(
        "realised",
        _DYAD,
        _GDP,
        "stock of realised deals",
        lambda m: m.state.realised.sum(axis=2),
        True,
    ),
    Indicator(
        "deal_share",
        _DYAD,
        "0 to 1",
        "country's share in the power's realised deals (USD)",
        lambda m: _share_of(_stock_usd(m).sum(axis=2), 0),
    ),
    Indicator("threats", _DYAD, "count", "threats so far", lambda m: m.ledger.threats),
    Indicator(
        "status_quo",
        _DYAD,
        "count",
        "quarters without a threat so far",
        lambda m: m.index + 1 - m.ledger.threats,
    ),
    Indicator(
        "complied", _DYAD, "count", "threats complied with so far", lambda m: m.ledger.complied
    ),
    Indicator(
        "backed_down",
        _DYAD,
        "count",
        "threats resisted and not carried out so far",
        lambda m: m.ledger.backed_down,
    ),
    Indicator(
        "imposed", _DYAD, "count", "threats carried out so far", lambda m: m.ledger.imposed, True
    ),
    Indicator(
        "trade_usd",
        _DYAD,
        "USD bn a year",
        "trade turnover with the power",
        lambda m: 2.0 * _value_in_role(m, "trade"),
    ),
    Indicator(
        "remittances_usd",
        _DYAD,
        "USD bn a year",
        "remittances from the power",
        lambda m: _value_in_role(m, "labour") * m.flow.remittances[:, None],
    ),
    Indicator(
        "capital_usd",
        _DYAD,
        "USD bn a year",
        "annualised stock of investment and debt",
        lambda m: _value_in_role(m, "capital"),
    ),
    Indicator("migrants", _DYAD, "thousand persons", "migrant workers in the power", _migrants),
    Indicator(
        "pull_attention",
        _DYAD,
        "log points",
        "attention's part in the power's attractiveness",
        lambda m: _weighted_pull(m, m.flow.pulls.attention),
    ),
    Indicator(
        "pull_fear",
        _DYAD,
        "log points",
        "fear's part in the power's attractiveness",
        lambda m: _weighted_pull(m, m.flow.pulls.fear),
    ),
    Indicator(
        "pull_deals",
        _DYAD,
        "log points",
        "deals' part in the power's attractiveness",
        lambda m: _weighted_pull(m, m.flow.pulls.deals),
    ),
    Indicator(
        "pull_capacity",
        _DYAD,
        "log points",
        "routes' part in the power's attractiveness",
        _capacity_pull,
    ),
    Indicator(
        "pull_drivers",
        _DYAD,
        "log points",
        "drivers' part in the power's attractiveness",
        lambda m: _weighted_pull(m, m.flow.pulls.drivers),
    ),
    Indicator(
        "exposure",
        ("country", "channel"),
        _GDP,
        "value at risk in the channel now",
        lambda m: m.exposure,
    ),
    Indicator(
        "share",
        ("country", "power", "channel"),
        "0 to 1",
        "power's share of the channel",
        lambda m: m.state.share,
    ),
    Indicator(
        "channel_leverage",
        ("country", "power", "channel"),
        _GDP,
        "loss that the power could inflict through the channel",
        lambda m: m.flow.vulnerability,
    ),
    Indicator(
        "imposed_by_channel",
        ("power", "channel"),
        "count",
        "measures of the power so far",
        lambda m: m.ledger.imposed_by_channel,
    ),
    Indicator(
        "deals_gini", ("power",), "0 to 1", "inequality over countries of realised deals", _gini
    ),
    Indicator(
        "announced_by_sector",
        ("power", "sector"),
        "USD bn",
        "deals announced so far",
        lambda m: (m.state.announced * m.gdp[:, None, None]).sum(axis=0),
    ),
    Indicator(
        "realised_by_sector",
        ("power", "sector"),
        "USD bn",
        "stock of realised deals",
        lambda m: _stock_usd(m).sum(axis=0),
    ),
    Indicator(
        "route_volume",
        ("route",),
        "route's unit a year",
        "flow through the route",
        _route_volume,
        True,
    ),
    Indicator(
        "route_capacity",
        ("route",),
        "route's unit a year",
        "capacity of the route",
        lambda m: m.state.capacity * m.setting.world.attributes.routes.volume_per_share,
        headline=True,
    ),
    Indicator(
        "route_share", ("route",), "0 to 1", "route's share of its country's channel", _carried
    ),
    Indicator(
        "vote_yes",
        ("text", "country"),
        "0 to 1",
        "expected share of Yes on the text",
        lambda m: _votes(m, m.flow.votes_yes),
    ),
    Indicator(
        "vote_no",
        ("text", "country"),
        "0 to 1",
        "expected share of No on the text",
        lambda m: _votes(m, m.flow.votes_no),
    ),
    Indicator(
        "vote_abstain",
        ("text", "country"),
        "0 to 1",
        "expected share of abstentions on the text",
        _abstain,
    ),
    Indicator(
        "vote_absent",
        ("text", "country"),
        "0 to 1",
        "expected share of votes not taken part in",
        lambda m: np.broadcast_to(m.setting.world.attributes.neutrality, m.flow.votes_no.shape),
    ),
    Indicator(
        "agreement",
        ("text",),
        "0 to 1",
        "agreement index of the members' votes on the text",
        _agreement,
    ),
    Indicator(
        "cohesion", (), "0 to 1", "joint voice of the region", lambda m: m.state.cohesion, True
    ),
    Indicator(
        "position_dispersion",
        (),
        "0 to 1",
        "standard deviation of the members' positions",
        _dispersion,
    ),
)

INDICATORS: dict[str, Indicator] = {indicator.name: indicator for indicator in _ALL}
