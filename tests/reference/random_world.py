"""Random worlds and plans in which every mechanism is at work, for tests that need no case.

A world has three countries, three powers and the region, four to seven channels, five routes,
sectors and texts, unless other sizes are asked for. Each array has, by chance, a value for all runs
or a value a run. Which corners a world has (a power without budget, a closed country, a monopoly,
nobody left in the group) is a matter of its seed; `random_world` of one seed is always the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.drivers import DRIVERS
from sim.core.plan import Plan
from sim.core.world import (
    Array,
    Attributes,
    Layout,
    Names,
    Parameters,
    Roles,
    Routes,
    Sectors,
    Texts,
    World,
)

ROLES = ("trade", "labour", "transit", "energy", "capital", "security", "clearing")
BASE = 4 * 2022 + 3

# Ranges wide enough to reach corners, and such that the own ideal stays in [-1, 1].
PARAMETER_RANGES: dict[str, tuple[float, float]] = {
    "remittance_elasticity": (1.0, 2.0),
    "trade_elasticity": (0.2, 1.0),
    "deal_size": (0.004, 0.012),
    "deal_dispersion": (0.5, 1.2),
    "disbursement": (0.03, 0.15),
    "stock_depreciation": (0.03, 0.06),
    "deal_growth": (0.03, 0.2),
    "output_decay": (0.05, 0.2),
    "construction_lag": (8.0, 28.0),
    "measure_lapse": (0.2, 0.8),
    "measure_severity": (0.3, 1.0),
    "threat_hazard": (0.5, 1.0),
    "reexport_margin": (0.3, 0.7),
    "reexport_speed": (0.2, 0.6),
    "cohesion_speed": (0.03, 0.2),
    "attention_speed": (0.2, 0.6),
    "fear_tolerance": (0.0, 0.1),
    "allocation_exponent": (0.5, 2.0),
    "multilateral_rivalry": (0.0, 1.0),
    "deal_rate": (0.1, 1.5),
    "attention_pull": (0.02, 0.4),
    "fear_push": (0.0, 6.0),
    "learning_rate": (0.05, 0.5),
    "forgetting_rate": (0.03, 0.3),
    "neighbour_learning": (0.0, 0.6),
    "determinacy": (2.0, 40.0),
    "resolve": (0.3, 1.0),
    "sender_cost": (0.1, 0.8),
    "distraction_cost": (0.0, 1.0),
    "threat_cost": (0.05, 0.2),
    "autonomy_cost": (0.1, 0.8),
    "conflict_expectation": (0.0, 6.0),
    "enforcement_sensitivity": (5.0, 40.0),
    "bypass_investment": (0.05, 0.3),
    "own_weight": (0.6, 1.2),
    "stock_weight": (0.0, 0.6),
    "outside_option_weight": (0.0, 1.0),
    "vote_cutpoint": (-0.8, -0.1),
    "vote_noise": (0.03, 0.2),
    "format_cohesion": (0.0, 1.0),
    "rivalry_response": (0.0, 8.0),
    "reexport_determinacy": (0.3, 0.7),
    "reexport_trade_pull": (0.3, 0.9),
    "reexport_income": (0.1, 0.5),
    "stock_pull": (2.0, 6.0),
    "security_pull": (0.1, 0.6),
    "build_boost": (1.0, 4.0),
    "cohesion_pull": (0.1, 0.6),
    "corridor_pull": (0.1, 0.6),
    "days_elasticity": (0.2, 0.8),
    "exchange_rate_elasticity": (0.3, 1.0),
    "oil_income": (0.1, 0.5),
    "fear_cohesion": (0.1, 0.5),
    "minimum_leverage": (0.01, 0.05),
    "threat_alarm": (0.1, 0.5),
    "concession_weight": (0.2, 1.0),
    "concession_quarters": (1.0, 6.0),
    "discount_rate": (0.0, 0.1),
    "currency_pass_through": (0.0, 1.5),
    "oil_pass_through": (0.0, 2.0),
}

# Where drivers stand at the base, and how far a plan moves them at most.
DRIVER_RANGES: dict[str, tuple[float, float, float]] = {
    "distraction": (0.0, 0.4, 0.6),
    "boost": (0.5, 1.5, 1.0),
    "format": (0.1, 0.9, 0.6),
    "agenda": (0.3, 1.0, 0.7),
    "stance": (-1.0, 1.0, 0.8),
    "demand": (-0.05, 0.05, 0.2),
    "exchange_rate": (-0.1, 0.1, 0.4),
    "migration": (0.0, 0.3, 0.6),
    "alarm": (0.0, 0.05, 1.0),
    "access": (0.3, 1.5, 1.0),
    "barrier": (-0.1, 0.2, 0.3),
    "enforcement": (0.0, 0.6, 0.5),
    "coordination": (0.0, 0.6, 0.5),
    "sanctions": (0.1, 0.8, 0.5),
    "security_threat": (0.0, 1.0, 1.0),
    "oil": (-0.2, 0.2, 0.6),
    "frost": (0.0, 0.2, 0.8),
    "consultation": (-0.1, 0.1, 1.0),
    "drift": (0.0, 1.0, 1.0),
    "transit_days": (10.0, 50.0, 12.0),
    "preference": (-0.2, 0.2, 0.5),
    "exposure": (-0.2, 0.2, 0.4),
    "activity": (-0.1, 0.1, 0.2),
    "throughput": (-0.2, 0.2, 0.8),
}


class _Dice:
    """Random arrays with the runs axis last, of length one or a value a run."""

    def __init__(self, seed: int, runs: int) -> None:
        self.generator = np.random.default_rng(seed)
        self.runs = runs

    def chance(self, odds: float) -> bool:
        """Whether something holds of this world."""
        return bool(self.generator.random() < odds)

    def runs_axis(self) -> int:
        """One or the number of runs, as chance has it."""
        return self.runs if self.chance(0.5) else 1

    def pick(self, options: NDArray[np.intp]) -> int:
        """One of several numbers."""
        return int(self.generator.choice(options))

    def some(self, count: int, total: int) -> NDArray[np.intp]:
        """Rows of a table, in their order."""
        return np.sort(self.generator.choice(total, count, replace=False))

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Array:
        """Evenly spread between the bounds."""
        return self.generator.uniform(low, high, (*shape, self.runs_axis()))

    def parts(self, *shape: int) -> Array:
        """Positive parts of one along the first axis."""
        weights = self.uniform(*shape, low=0.05)
        return weights / weights.sum(axis=0)

    def flags(self, *shape: int, odds: float = 0.5) -> NDArray[np.bool_]:
        """Flags, each set with these odds."""
        return self.generator.random(shape) < odds

    def rare(self, *shape: int, odds: float, low: float = 0.0, high: float = 1.0) -> Array:
        """Zero but for a few cells, the same ones in all runs."""
        return self.uniform(*shape, low=low, high=high) * self.flags(*shape, odds=odds)[..., None]


def _channels(dice: _Dice, count: int | None) -> tuple[tuple[str, ...], Roles]:
    """Channels, four to seven if no count is given, with a role each; two may share a role."""
    if count is None:
        count = int(dice.generator.integers(4, 8))
    roles = ["labour", "transit", "clearing", "trade", "energy", "security", "capital"]
    chosen = [*roles[:3], *dice.generator.choice(roles[3:], 4, replace=False)][:count]
    if count == 7 and dice.chance(0.5):
        chosen[-1] = "transit"
    dice.generator.shuffle(chosen)
    names = tuple(f"channel{k}" for k in range(count))
    masks = {role: np.array([role == one for one in chosen]) for role in ROLES}
    return names, Roles(**masks)


def _routes(dice: _Dice, count: int, share: Array, roles: Roles) -> Routes:
    """Routes through every country, the last of which is still to be opened."""
    countries, powers, channels = share.shape[:3]
    location = np.zeros((count, countries, powers, channels), bool)
    fitting = np.flatnonzero(roles.transit | roles.energy)
    if fitting.size == 0:
        fitting = np.arange(channels)
    carried = np.zeros((count, 1))
    for g in range(count):
        # A country's first route leads through the power of its number, its next through the next.
        c, p, k = g % countries, (g % countries + g // countries) % powers, dice.pick(fitting)
        location[g, c, p, k] = True
        carried[g] = share[c, p, k].min()
    capacity = dice.uniform(count, low=0.1, high=0.8)
    capacity[-1:] = 0.0
    build_weight = dice.uniform(count, low=0.1)
    for c in range(min(countries, count)):
        own = location[:, c].any(axis=(1, 2))
        build_weight[own] /= build_weight[own].sum(axis=0)
    return Routes(
        location=location,
        serves=dice.flags(count, countries, powers, odds=0.2),
        capacity=capacity,
        yield_=carried * dice.uniform(count, low=0.3),
        build_weight=build_weight,
        days=dice.uniform(count, low=10.0, high=50.0),
        volume_per_share=dice.uniform(count, low=1.0, high=100.0),
    )


def random_world(
    seed: int,
    runs: int = 1,
    quarters: int = 52,
    *,
    countries: int = 3,
    powers: int = 3,
    region: bool = True,
    channels: int | None = None,
    routes: int = 5,
    sectors: int = 3,
    texts: int = 2,
) -> tuple[World, Plan]:
    """A valid world and a plan for it in which everything is switched on.

    Parameters
    ----------
    seed : int
        Says which world.
    runs : int
        Length of the runs axis of those arrays that have a value a run.
    quarters : int
        Length of the plan.
    countries, powers, routes, sectors, texts : int
        How many there are.
    region : bool
        Whether the region itself is a further power.
    channels : int, optional
        How many channels; four to seven if not given.

    Returns
    -------
    World, Plan
    """
    dice = _Dice(seed, runs)
    channel_names, roles = _channels(dice, channels)
    names = Names(
        countries=tuple(f"country{c}" for c in range(countries)),
        powers=tuple(f"power{p}" for p in range(powers)) + ("region",) * region,
        channels=channel_names,
        routes=tuple(f"route{g}" for g in range(routes)),
        sectors=tuple(f"sector{s}" for s in range(sectors)),
        texts=tuple(f"text{v}" for v in range(texts)),
    )
    n_c, n_p, n_k = len(names.countries), len(names.powers), len(names.channels)
    n_s, n_v = len(names.sectors), len(names.texts)
    regional = np.arange(n_p) >= powers
    political = ~regional[:, None]

    outside = dice.uniform(n_c, 1, n_k, low=0.002, high=0.5)
    suppliers = dice.uniform(n_c, n_p, n_k, low=0.02) ** 3
    share = (1.0 - outside) * suppliers / suppliers.sum(axis=1, keepdims=True)
    exposure = dice.uniform(n_c, n_k, low=0.005, high=0.09)
    control = dice.uniform(n_p, n_k) * political[:, :, None]
    value = dice.uniform(n_p, n_c, low=0.3)
    budget = dice.uniform(n_p, low=0.2) * political
    openness = dice.uniform(n_c, low=0.3)
    realisation = dice.uniform(n_p, low=0.3, high=1.5)
    # Corners. The last country and the last power may be empty in one way or another.
    if dice.chance(0.3):
        exposure[-1] = 0.0
    if dice.chance(0.3):  # a monopoly that its holder can shut
        share[0, :, 0] = 0.0
        share[0, 0, 0] = 1.0
        control[0, 0] = 1.0
    if dice.chance(0.3):
        budget[powers - 1] = 0.0
    if dice.chance(0.3):
        value[powers - 1] = 0.0
    if dice.chance(0.3):
        openness[-1] = 0.0
    if dice.chance(0.3):
        realisation[0] = 0.0
    core = np.ones(n_c, bool)
    core[-1] = n_c == 1 or dice.chance(0.7)
    weight = dice.uniform(n_c, low=0.1)
    if not core[-1] and dice.chance(0.5):
        weight[-1] = 0.0
    weight /= weight[core].sum(axis=0)
    route_table = _routes(dice, routes, share, roles)
    sector_channel = np.zeros((n_s, n_k), bool)
    sector_channel[np.arange(n_s), dice.generator.integers(0, n_k, n_s)] = True

    attributes = Attributes(
        exposure=exposure,
        share=share,
        substitution=dice.uniform(n_k, low=1.5, high=5.0),
        season=dice.uniform(4, n_k, low=0.7, high=1.3),
        control=control,
        value=value,
        budget=budget,
        claim=dice.uniform(n_c, n_p, low=0.2) * political,
        weight=weight,
        openness=openness,
        reexport_access=dice.uniform(n_c, low=0.3),
        reexport_ceiling=dice.uniform(n_c, high=0.1),
        neutrality=dice.uniform(n_c, high=0.6),
        position=dice.uniform(n_c, low=-0.2, high=0.2),
        wariness=dice.uniform(n_c, n_p, high=0.2) * political,
        cohesion=dice.uniform(low=0.1, high=0.6),
        responsiveness=dice.uniform(n_k, high=2.0),
        adjustment=dice.uniform(n_k, low=0.02, high=0.3),
        drift=dice.uniform(n_p, n_k, low=-0.02, high=0.02),
        realisation=realisation,
        hydrocarbon=dice.uniform(n_c),
        gdp=dice.uniform(n_c, low=10.0, high=200.0),
        growth=dice.uniform(n_c, high=0.05),
        migrants=dice.uniform(n_c, n_p, high=500.0),
        core=core,
        sanctioned=np.arange(n_p) == 0,
        enforcer=(np.arange(n_p) > 0) & ~regional,
        regional=regional,
        roles=roles,
        routes=route_table,
        sectors=Sectors(
            background=dice.parts(n_s),
            rate=dice.uniform(n_s, low=0.5, high=10.0),
            channel=sector_channel,
        ),
        texts=Texts(
            threshold=dice.uniform(n_v, low=-0.2, high=0.5),
            stake=dice.uniform(n_v, n_p, high=2.5),
            sign=np.where(np.arange(n_v) % 2 == 0, 1.0, -1.0)[:, None],
        ),
    )
    parameters = Parameters(
        **{name: dice.uniform(low=low, high=high) for name, (low, high) in PARAMETER_RANGES.items()}
    )
    world = World(
        names=names,
        layout=Layout(
            all_countries=n_c + 2,
            all_powers=n_p + 1,
            all_routes=len(names.routes) + 2,
            countries=dice.some(n_c, n_c + 2),
            powers=dice.some(n_p, n_p + 1),
            routes=np.arange(len(names.routes)) + 1,
        ),
        attributes=attributes,
        parameters=parameters,
        base=BASE,
        drivers=_reference_drivers(dice, names, route_table),
    )
    return world, _random_plan(dice, world, quarters)


def random_plan(seed: int, world: World, runs: int, quarters: int) -> Plan:
    """A plan for a world that is given, in which everything is switched on.

    Parameters
    ----------
    seed : int
        Says which plan.
    world : World
    runs : int
        Length of the runs axis of those arrays that have a value a run.
    quarters : int
        Length of the plan.
    """
    return _random_plan(_Dice(seed, runs), world, quarters)


def _driver_shape(name: str, names: Names) -> tuple[int, ...]:
    """Lengths of a driver's axes."""
    lengths = {
        "country": len(names.countries),
        "power": len(names.powers),
        "other": len(names.powers),
        "channel": len(names.channels),
        "route": len(names.routes),
    }
    return tuple(lengths[axis] for axis in DRIVERS[name].axes)


def _reference_drivers(dice: _Dice, names: Names, routes: Routes) -> dict[str, Array]:
    """The drivers at the base; routes take the time they take."""
    drivers = {}
    for name in DRIVERS:
        low, high, _ = DRIVER_RANGES[name]
        drivers[name] = dice.uniform(*_driver_shape(name, names), low=low, high=high)
    drivers["transit_days"] = routes.days.copy()
    return drivers


def _random_plan(dice: _Dice, world: World, quarters: int) -> Plan:
    """Paths that wander, noise on half of the drivers, and events of every kind."""
    names = world.names
    n_c, n_p, n_k = len(names.countries), len(names.powers), len(names.channels)
    n_g, n_s, slots = len(names.routes), len(names.sectors), 2
    drivers, persistence, noise = {}, {}, {}
    for name, driver in DRIVERS.items():
        shape = _driver_shape(name, names)
        reach = DRIVER_RANGES[name][2]
        start = world.drivers[name][None]
        stays = start.repeat(quarters, axis=0)
        moves = dice.uniform(quarters, *shape, low=-reach, high=reach)
        # A step at a random quarter, and single quarters off the path.
        begins = int(dice.generator.integers(0, quarters))
        moves[:begins] *= dice.flags(begins, *shape, odds=0.05)[..., None]
        drivers[name] = np.clip(stays + moves, driver.low, driver.high)
        if dice.chance(0.5):
            persistence[name] = dice.uniform(*shape, high=0.95)
            noise[name] = dice.uniform(*shape, high=0.3 * reach)

    membership = np.ones((quarters, n_c, 1)) * world.attributes.core[None, :, None]
    half = quarters // 2
    membership[half:, -1] = 1.0 - membership[half:, -1]
    if dice.chance(0.5):
        membership[-max(quarters // 8, 1) :] = 0.0

    announced = dice.rare(quarters, n_c, n_p, n_s, odds=0.01, high=0.05)
    opened = dice.rare(quarters, n_g, odds=0.03, high=0.5)
    return Plan(
        start=world.base + 1,
        quarters=quarters,
        drivers=drivers,
        persistence=persistence,
        noise=noise,
        membership=membership,
        disruption=dice.rare(quarters, n_c, n_p, n_k, odds=0.02),
        alarm_events=dice.rare(quarters, n_c, n_p, odds=0.02, high=2.0),
        summits=dice.rare(quarters, n_c, n_p, odds=0.03, high=10.0),
        announced=announced,
        committed=announced * dice.uniform(1, 1, 1, n_s),
        capacity=opened,
        closure=dice.rare(quarters, n_g, odds=0.05),
        vote_threshold=dice.uniform(quarters, slots, low=-0.2, high=0.5),
        vote_stake=dice.uniform(quarters, slots, n_p, high=2.5),
        vote_sign=dice.generator.choice([-1.0, 0.0, 0.0, 1.0], (quarters, slots, 1)),
    )
