"""What a run starts from: the arrays of a case at its base quarter, and the parameters.

Every floating-point array carries a trailing runs axis whose length is 1 (the same value in all
runs) or R (a value a run). Axes are named in this order: country, power, channel, run.
Symbols in brackets are those of ``docs/model.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Names:
    """Codes along each axis, in array order."""

    countries: tuple[str, ...]
    powers: tuple[str, ...]
    channels: tuple[str, ...]
    routes: tuple[str, ...]
    sectors: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def by_axis(self) -> dict[str, tuple[str, ...]]:
        """Codes by the name of an axis; ``other`` is the second power of a pair."""
        return {
            "country": self.countries,
            "power": self.powers,
            "other": self.powers,
            "channel": self.channels,
            "route": self.routes,
            "sector": self.sectors,
            "text": self.texts,
        }


@dataclass(frozen=True)
class Layout:
    """Where the simulated actors and routes stand in the case's whole tables.

    Random draws are laid out over the whole tables, so that leaving an actor out, or letting one
    in, changes nobody else's draws.
    """

    all_countries: int
    all_powers: int
    all_routes: int
    countries: NDArray[np.intp]  # (country,) row in the whole table
    powers: NDArray[np.intp]  # (power,) row in the whole table
    routes: NDArray[np.intp]  # (route,) row in the whole table


@dataclass(frozen=True)
class Roles:
    """Which channels play which part in the mechanisms: masks over channels, shape (channel,)."""

    trade: Flags
    labour: Flags
    transit: Flags
    energy: Flags
    capital: Flags
    security: Flags
    clearing: Flags


@dataclass(frozen=True)
class Routes:
    """Named routes. A route belongs to one country, one power controls it, one channel holds it."""

    location: Flags  # (route, country, power, channel): one True a route
    serves: Flags  # (route, country, power): whose trade with the country the route carries
    capacity: Array  # (route, run) [share of the country's base flow in the route's channel]
    yield_: Array  # (route, run) base share carried by a unit of capacity, in [0, 1]
    build_weight: Array  # (route, run) share of a country's bypass investment, sums to 0 or 1
    days: Array  # (route, run) [days] base transit time
    volume_per_share: Array  # (route, run) [route's unit a year for a whole channel share]


@dataclass(frozen=True)
class Sectors:
    """Deal sectors."""

    background: Array  # (sector, run) share of spontaneous announcements, sums to 1
    rate: Array  # (sector, run) multiplier of the disbursement rate
    channel: Flags  # (sector, channel): the channel that a realised deal strengthens; one True


@dataclass(frozen=True)
class Texts:
    """Families of General Assembly texts on which an expected vote is recorded each quarter."""

    threshold: Array  # (text, run) theta_v on the position scale
    stake: Array  # (text, power, run) kappa_vp >= 0
    sign: Array  # (text, run) +1, or -1 where a Yes is a vote against the contested axis


@dataclass(frozen=True)
class Attributes:
    """The case as arrays. Shares are in [0, 1], rates are per quarter."""

    exposure: Array  # E (country, channel, run) [share of GDP]
    share: Array  # S0 (country, power, channel, run) [share of the channel]
    substitution: Array  # sigma (channel, run) > 1
    season: Array  # (season 4, channel, run) multiplier of exposure, first quarter first
    control: Array  # ctrl (power, channel, run) weaponisability
    value: Array  # v (power, country, run) strategic value
    budget: Array  # B (power, run) undistracted attention a quarter
    claim: Array  # (country, power, run) hierarchical claim
    weight: Array  # n (country, run) bargaining weight; sums to 1 over the core countries
    openness: Array  # open (country, run)
    reexport_access: Array  # access (country, run)
    reexport_ceiling: Array  # zmax (country, run) [share of GDP]
    neutrality: Array  # neut (country, run) share of votes not taken part in
    position: Array  # xobs (country, run) in [-1, 1]
    wariness: Array  # pi_0 (country, power, run) fear in the absence of events
    cohesion: Array  # hbar (run,) joint voice at the base
    responsiveness: Array  # r (channel, run)
    adjustment: Array  # a (channel, run) share of the gap closed a quarter
    drift: Array  # (power, channel, run) [log points a year]
    realisation: Array  # zeta_p (power, run) multiplier of the disbursement rate
    hydrocarbon: Array  # (country, run) share of the transit exposure priced with oil
    gdp: Array  # (country, run) [USD bn a year] at the base
    growth: Array  # (country, run) trend growth a year
    migrants: Array  # (country, power, run) [thousand persons] at the base
    core: Flags  # (country,) countries among which powers divide their attention
    sanctioned: Flags  # (power,) the sanctions driver is about these powers
    enforcer: Flags  # (power,) enforce sanctions against re-exporters
    regional: Flags  # (power,) the partner row that stands for the region itself
    roles: Roles
    routes: Routes
    sectors: Sectors
    texts: Texts


@dataclass(frozen=True)
class Parameters:
    """The 41 global parameters, then the 19 conventions; each of shape (1,) or (run,)."""

    remittance_elasticity: Array  # 1 epsilon_rem
    trade_elasticity: Array  # 2 epsilon_T
    deal_size: Array  # 3 mean size of a deal [share of GDP]
    deal_dispersion: Array  # 4 sigma_D
    disbursement: Array  # 5 zeta
    stock_depreciation: Array  # 6 delta_F
    deal_growth: Array  # 7 g_F
    output_decay: Array  # 8 delta_y
    construction_lag: Array  # 9 T_lag [quarters]
    measure_lapse: Array  # 10 gamma
    measure_severity: Array  # 11 delta_M
    threat_hazard: Array  # 12 h0
    reexport_margin: Array  # 13 m_z
    reexport_speed: Array  # 14 alpha_z
    cohesion_speed: Array  # 15 alpha_h
    attention_speed: Array  # 16 alpha_b
    fear_tolerance: Array  # 17 pi_tol
    allocation_exponent: Array  # 18 eta
    multilateral_rivalry: Array  # 19 xi
    deal_rate: Array  # 20 lambda_D
    attention_pull: Array  # 21 chi
    fear_push: Array  # 22 psi
    learning_rate: Array  # 23 alpha_pi
    forgetting_rate: Array  # 24 alpha_0
    neighbour_learning: Array  # 25 phi_s
    determinacy: Array  # 26 lambda
    resolve: Array  # 27 rho
    sender_cost: Array  # 28 kappa_s
    distraction_cost: Array  # 29 kappa_d
    threat_cost: Array  # 30 c_T
    autonomy_cost: Array  # 31 omega_A
    conflict_expectation: Array  # 32 f
    enforcement_sensitivity: Array  # 33 ell_z
    bypass_investment: Array  # 34 iota
    own_weight: Array  # 35 alpha
    stock_weight: Array  # 36 omega_B
    outside_option_weight: Array  # 37 omega_O
    vote_cutpoint: Array  # 38 c_lo < 0
    vote_noise: Array  # 39 s_v
    format_cohesion: Array  # 40 eta_m
    rivalry_response: Array  # 41 beta_r
    # Conventions: shape constants that are not calibrated.
    reexport_determinacy: Array  # lambda_z / lambda
    reexport_trade_pull: Array  # chi_z
    reexport_income: Array  # mu_z
    stock_pull: Array  # chi_F
    security_pull: Array  # chi_S
    build_boost: Array  # chi_B
    cohesion_pull: Array  # chi_h
    corridor_pull: Array  # chi_R
    days_elasticity: Array  # eta_d
    exchange_rate_elasticity: Array  # eta_fx
    oil_income: Array  # mu_oil
    fear_cohesion: Array  # eta_theta
    minimum_leverage: Array  # V_min
    threat_alarm: Array  # weight of a threat against an imposed measure in learning
    concession_weight: Array  # kappa_comply
    concession_quarters: Array  # tau_c
    discount_rate: Array  # a year, for the welfare sum
    currency_pass_through: Array  # kappa_fx
    oil_pass_through: Array  # kappa_oil


@dataclass(frozen=True)
class World:
    """A case at its base quarter, ready to run."""

    names: Names
    layout: Layout
    attributes: Attributes
    parameters: Parameters
    base: int  # the base quarter, counted as 4 * year + (quarter of the year - 1)
    drivers: dict[str, Array]  # reference value of each driver at the base, see drivers.DRIVERS
