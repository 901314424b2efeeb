"""The model once more, in plain Python, a run at a time: written from docs/model.md alone.

The twin exists to disagree with `sim.core` where one of the two is wrong. It shares no code with
it: lists, loops and floats, and no attempt at speed. Symbols are those of docs/model.md, and each
method names the submodel it writes out.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.core.drivers import DRIVERS

SMALLEST_ATTENTION = 1e-6  # epsilon_b
LARGEST_SHARE = 1.0 - 1e-12  # shares are kept below one where a logarithm is taken
LARGEST_COUNT = 12  # announcements a dyad can make in a quarter


def slice_run(source: Any, run: int) -> Any:
    """One run of a World, a Plan or any part of them, arrays as nested lists.

    Floating-point arrays lose their trailing runs axis: at `run` if it is longer than one, else
    at 0. Flags and indices have no such axis and are only turned into lists.
    """
    if dataclasses.is_dataclass(source):
        fields = {f.name: getattr(source, f.name) for f in dataclasses.fields(source)}
        return SimpleNamespace(**{name: slice_run(value, run) for name, value in fields.items()})
    if isinstance(source, dict):
        return {name: slice_run(value, run) for name, value in source.items()}
    if isinstance(source, np.ndarray):
        if source.dtype.kind != "f":
            return source.tolist()
        return source[..., run if source.shape[-1] > 1 else 0].tolist()
    return source


def slice_draws(draws: Any, run: int) -> dict[str, Any]:
    """One run of a quarter's draws: nested lists by the name of the decision."""
    names = ("deal_count", "deal_size", "threat", "comply", "impose", "lapse", "vote", "drivers")
    return {name: slice_run(getattr(draws, name), run) for name in names}


def grid(*sizes: int) -> Any:
    """Nested lists of zeros."""
    if not sizes:
        return 0.0
    return [grid(*sizes[1:]) for _ in range(sizes[0])]


def entrywise(function: Callable[..., float], *grids: Any) -> Any:
    """Apply a function to the entries of nested lists of one shape."""
    if isinstance(grids[0], list):
        return [entrywise(function, *rows) for rows in zip(*grids, strict=True)]
    return function(*grids)


def logistic(u: float) -> float:
    """1 / (1 + exp(-u)), without overflow."""
    if u >= 0:
        return 1.0 / (1.0 + math.exp(-u))
    return math.exp(u) / (1.0 + math.exp(u))


def clip(value: float, low: float, high: float) -> float:
    """The value, moved into its range."""
    return min(max(value, low), high)


def mean(values: list[float]) -> float:
    """The mean of a list, 0 if it is empty."""
    return sum(values) / len(values) if values else 0.0


def cut_off_loss(share: float, substitution: float) -> float:
    """phi_sigma(s) of submodel (4): what is lost of a channel when the share s is cut off."""
    return -math.expm1(math.log1p(-min(share, LARGEST_SHARE)) / (substitution - 1.0))


def poisson_count(uniform: float, rate: float) -> int:
    """Submodel (3): announcements of a quarter by inverse distribution function."""
    probability = math.exp(-rate)
    cumulated = probability
    count = 0
    for j in range(LARGEST_COUNT):
        if uniform > cumulated:
            count += 1
        probability *= rate / (j + 1)
        cumulated += probability
    return count


def deal_total(count: int, normal: float, size: float, dispersion: float) -> float:
    """Submodel (3): X, the total size of a number of announcements."""
    if count == 0:
        return 0.0
    variance = math.log(1.0 + (math.exp(dispersion**2) - 1.0) / count)
    return count * size * math.exp(math.sqrt(variance) * normal - variance / 2.0)


class Twin:
    """One run of the model.

    Parameters
    ----------
    world, plan : namespaces
        A World and a Plan sliced to one run by `slice_run`.

    Attributes
    ----------
    state : dict
        Nested lists: share (S), own_measures (N), attention (b), committed (Q), announced (An),
        realised (F), fear (pi), capacity (Cap), building (Build), position (x), reexport (z),
        output (yv), cohesion (h), concession (K) and every driver by its name.
    reference : dict
        Reference values: attention, alignment, terms, inflow, committed, realised, reexport,
        fear, own_ideal.
    record : dict
        What happened in the latest quarter: flags of the threat game, leverage, disruption, votes.
    """

    def __init__(self, world: SimpleNamespace, plan: SimpleNamespace) -> None:
        self.plan = plan
        self.base = world.base
        self.attributes = world.attributes
        self.parameters = world.parameters
        self.reference_drivers = world.drivers
        names = world.names
        self.countries = range(len(names.countries))
        self.powers = range(len(names.powers))
        self.channels = range(len(names.channels))
        self.routes = range(len(names.routes))
        self.sectors = range(len(names.sectors))
        self.texts = range(len(names.texts))
        budget = self.attributes.budget
        self.power_weight = [b / max(budget) if max(budget) > 0 else 0.0 for b in budget]
        self.residual = [
            [1.0 - sum(self.attributes.share[c][p][k] for p in self.powers) for k in self.channels]
            for c in self.countries
        ]
        self.core_members = [1.0 if flag else 0.0 for flag in self.attributes.core]
        self.reference = self._find_reference()
        self.state = self._start()
        self.previous_mean = dict(self.reference_drivers)  # u-bar of the quarter before
        self.record: dict[str, Any] = {}

    # The reference and the start

    def _find_reference(self) -> dict[str, Any]:
        """The values marked "ref": the state at which nothing moves."""
        attributes, parameters, u = self.attributes, self.parameters, self.reference_drivers
        aligned = self.alignment(attributes.share, attributes.exposure)
        reference: dict[str, Any] = {"alignment": aligned}
        reference["attention"] = self.offered_attention(
            u, reference["alignment"], reference["alignment"]
        )
        reference["terms"] = self.bargained_terms(
            reference["attention"], u["coordination"], attributes.cohesion, self.core_members
        )

        inflow = grid(len(self.countries), len(self.powers), len(self.sectors))
        committed = grid(len(self.countries), len(self.powers), len(self.sectors))
        realised = grid(len(self.countries), len(self.powers), len(self.sectors))
        for c in self.countries:
            for p in self.powers:
                for sector in self.sectors:
                    rate = self.disbursement_rate(p, sector)
                    if rate == 0:
                        continue
                    flow = (
                        attributes.sectors.background[sector]
                        * parameters.deal_rate
                        * reference["attention"][c][p]
                        * parameters.deal_size
                    )
                    inflow[c][p][sector] = flow
                    committed[c][p][sector] = (1.0 - rate) * flow / rate
                    realised[c][p][sector] = flow / parameters.stock_depreciation
        reference |= {"inflow": inflow, "committed": committed, "realised": realised}

        vulnerability = self.vulnerability(attributes.share, attributes.exposure)
        reference["reexport"] = self.reexport_target(u, vulnerability)
        reference["fear"] = self._reference_fear(vulnerability, reference["reexport"])
        reference["own_ideal"] = self._own_ideal(vulnerability, reference)
        return reference

    def _reference_fear(self, vulnerability: Any, reexport: list[float]) -> Any:
        """pi_ref of submodel (7): the stationary mean at the reference rates of threats."""
        parameters, attributes, u = self.parameters, self.attributes, self.reference_drivers
        expected = grid(len(self.countries), len(self.powers))
        for season in range(4):
            factor = self.season_factor(season, u["frost"])
            for c in self.countries:
                for p in self.powers:
                    game = self.threat_game(
                        c, p, u, vulnerability, factor, attributes.position[c], reexport[c], 0.0
                    )
                    imposed = game.threat * (1.0 - game.comply) * game.impose
                    expected[c][p] += (imposed + parameters.threat_alarm * game.threat) / 4.0
        heard = self.heard_events(expected, self.core_members)

        fear = grid(len(self.countries), len(self.powers))
        for c in self.countries:
            for p in self.powers:
                learning = parameters.learning_rate * heard[c][p]
                calm = attributes.wariness[c][p] + u["alarm"][c][p]
                fear[c][p] = clip(
                    (learning + parameters.forgetting_rate * calm)
                    / (learning + parameters.forgetting_rate),
                    0.0,
                    1.0,
                )
        return fear

    def _own_ideal(self, vulnerability: Any, reference: dict[str, Any]) -> list[float]:
        """x-degree of submodel (10): the ideal that explains the position seen at the base."""
        alpha = self.parameters.own_weight
        none = grid(len(self.countries), len(self.powers))
        pull = self.pulls(vulnerability, none, reference["terms"], reference["realised"])
        stance = self.reference_drivers["stance"]
        ideals = []
        for c in self.countries:
            observed = self.attributes.position[c]
            towards = sum(pull[c][p] * stance[p] for p in self.powers)
            ideal = (observed * (alpha + sum(pull[c])) - towards) / alpha
            if not -1.0 <= ideal <= 1.0:
                raise ValueError(f"the own ideal of country {c} is {ideal}, outside [-1, 1]")
            ideals.append(ideal)
        return ideals

    def _start(self) -> dict[str, Any]:
        """The state at the end of the quarter before the first: the reference."""
        attributes, reference = self.attributes, self.reference
        n_c, n_p, n_k = len(self.countries), len(self.powers), len(self.channels)
        start: dict[str, Any] = {
            "share": attributes.share,
            "own_measures": grid(n_c, n_p, n_k),
            "attention": reference["attention"],
            "committed": reference["committed"],
            "announced": grid(n_c, n_p, len(self.sectors)),
            "realised": reference["realised"],
            "fear": reference["fear"],
            "capacity": attributes.routes.capacity,
            "building": grid(len(self.routes)),
            "position": attributes.position,
            "reexport": reference["reexport"],
            "output": grid(n_c),
            "cohesion": attributes.cohesion,
            "concession": grid(n_c, n_p),
            **self.reference_drivers,
        }
        # A copy, since a quarter changes lists in place and the reference has to stay.
        return {name: entrywise(float, value) for name, value in start.items()}

    # One quarter

    def step(self, t: int, draws: dict[str, Any]) -> None:
        """Play quarter `t` of the plan (0 the first) with its draws: the order of section 3."""
        quarter = self.plan.start + t
        self.record = {}
        self.preference_before = self.state["preference"]
        self.advance_drivers(t, draws["drivers"])
        u = {name: self.state[name] for name in DRIVERS}
        member = self.plan.membership[t]
        season = self.season_factor(quarter % 4, u["frost"])

        self.move_attention(t, u)
        self.strike_deals(t, u, member, draws)
        exposure = self.exposure_now(u)
        vulnerability = self.vulnerability(self.state["share"], exposure)
        self.record["exposure"] = exposure
        self.record["leverage"] = [
            [sum(vulnerability[c][p]) for p in self.powers] for c in self.countries
        ]
        self.coerce(t, u, vulnerability, season, draws)
        self.move_reexports(u, vulnerability)
        self.learn(t, u, member)
        self.move_portfolio(t, u, member, (quarter - self.base) / 4.0)
        self.build_bypasses()
        self.load_routes(t, u)
        self.move_output(u, season, (quarter - self.base) / 4.0)
        self.take_positions(t, u, vulnerability, draws["vote"])
        self.move_cohesion(u, member)

    def advance_drivers(self, t: int, normals: dict[str, Any]) -> None:
        """Submodel (1)."""
        for name, driver in DRIVERS.items():
            path = self.plan.drivers[name][t]
            value = path
            if name in self.plan.noise:
                value = entrywise(
                    lambda now, before, then, rho, sigma, shock: (
                        now + rho * (before - then) + sigma * shock
                    ),
                    path,
                    self.state[name],
                    self.previous_mean[name],
                    self.plan.persistence[name],
                    self.plan.noise[name],
                    normals[name],
                )
            self.state[name] = entrywise(
                lambda v, low=driver.low, high=driver.high: clip(v, low, high), value
            )
            self.previous_mean[name] = path

    def season_factor(self, season: int, frost: float) -> list[float]:
        """seas of submodel (4), by channel."""
        energy = self.attributes.roles.energy
        return [
            self.attributes.season[season][k] + (frost if energy[k] else 0.0) for k in self.channels
        ]

    def exposure_now(self, u: dict[str, Any]) -> Any:
        """E_ck(t)."""
        usual = self.reference_drivers["exposure"]
        return [
            [
                self.attributes.exposure[c][k] * math.exp(u["exposure"][c][k] - usual[c][k])
                for k in self.channels
            ]
            for c in self.countries
        ]

    # (2) Attention

    def alignment(self, share: Any, exposure: Any) -> Any:
        """a_cp: the exposure share of each power in a country's portfolio."""
        result = grid(len(self.countries), len(self.powers))
        for c in self.countries:
            weights = [
                sum(exposure[c][k] * share[c][p][k] for k in self.channels) for p in self.powers
            ]
            if sum(weights) > 0:
                result[c] = [weight / sum(weights) for weight in weights]
        return result

    def offered_attention(self, u: dict[str, Any], alignment: Any, reference: Any) -> Any:
        """A_pc, stored by country and power."""
        attributes, parameters = self.attributes, self.parameters
        core = [c for c in self.countries if attributes.core[c]]
        result = grid(len(self.countries), len(self.powers))
        for p in self.powers:
            rivals = [q for q in self.powers if q != p and not attributes.regional[q]]
            weights = []
            for c in self.countries:
                gains = sum(
                    (1.0 - u["coordination"][p][q]) * (alignment[c][q] - reference[c][q])
                    for q in rivals
                )
                usual = attributes.value[p][c]
                value = usual * math.exp(parameters.rivalry_response * gains)
                weights.append(value**parameters.allocation_exponent if usual != 0 else 0.0)
            total = sum(weights[c] for c in core)
            shared = len(core) ** -parameters.multilateral_rivalry
            bilateral = u["format"][p]
            for c in self.countries:
                own = weights[c] / total if total > 0 else 0.0
                result[c][p] = (
                    attributes.openness[c]
                    * u["access"][c][p]
                    * attributes.budget[p]
                    * (1.0 - u["distraction"][p])
                    * u["boost"][p]
                    * (bilateral * own + (1.0 - bilateral) * shared)
                )
        return result

    def move_attention(self, t: int, u: dict[str, Any]) -> None:
        """Submodel (2)."""
        speed = self.parameters.attention_speed
        usual = self.reference["attention"]
        alignment = self.alignment(self.state["share"], self.exposure_now(u))
        offered = self.offered_attention(u, alignment, self.reference["alignment"])
        attention = self.state["attention"]
        for c in self.countries:
            for p in self.powers:
                attention[c][p] = (
                    (1.0 - speed) * attention[c][p]
                    + speed * offered[c][p]
                    + self.plan.summits[t][c][p] * usual[c][p]
                )

    def attention_gain(self, c: int, p: int) -> float:
        """b-hat: log deviation of attention from its reference."""
        return math.log(
            max(self.state["attention"][c][p], SMALLEST_ATTENTION)
            / max(self.reference["attention"][c][p], SMALLEST_ATTENTION)
        )

    # (3) Terms and deals

    def bargained_terms(
        self, attention: Any, coordination: Any, cohesion: float, member: list[float]
    ) -> Any:
        """terms_cp."""
        weight = self.attributes.weight
        together = sum(member[c] * weight[c] for c in self.countries)
        result = grid(len(self.countries), len(self.powers))
        for c in self.countries:
            own = weight[c]
            if member[c]:
                own = (1.0 - cohesion) * weight[c] + cohesion * together
            for p in self.powers:
                offers = [
                    (1.0 - coordination[p][q]) * attention[c][q] for q in self.powers if q != p
                ]
                outside = 0.0
                if offers:
                    outside = min(1.0, max(offers) / max(attention[c][p], SMALLEST_ATTENTION))
                other = self.power_weight[p]
                if own + other == 0:
                    result[c][p] = 1.0
                else:
                    bonus = self.parameters.outside_option_weight * outside * other
                    result[c][p] = (own + bonus) / (own + other)
        return result

    def disbursement_rate(self, p: int, sector: int) -> float:
        """zeta_cpl, the same for all countries."""
        return min(
            1.0,
            self.parameters.disbursement
            * self.attributes.realisation[p]
            * self.attributes.sectors.rate[sector],
        )

    def strike_deals(
        self, t: int, u: dict[str, Any], member: list[float], draws: dict[str, Any]
    ) -> None:
        """Submodel (3)."""
        state, parameters, plan = self.state, self.parameters, self.plan
        self.record["terms"] = self.bargained_terms(
            state["attention"], u["coordination"], state["cohesion"], member
        )
        disbursed = grid(len(self.countries), len(self.powers), len(self.sectors))
        for c in self.countries:
            for p in self.powers:
                count = poisson_count(
                    draws["deal_count"][c][p], parameters.deal_rate * state["attention"][c][p]
                )
                total = deal_total(
                    count,
                    draws["deal_size"][c][p],
                    parameters.deal_size,
                    parameters.deal_dispersion,
                )
                for sector in self.sectors:
                    spontaneous = self.attributes.sectors.background[sector] * total
                    state["announced"][c][p][sector] += (
                        spontaneous + plan.announced[t][c][p][sector]
                    )
                    waiting = (
                        state["committed"][c][p][sector]
                        + spontaneous
                        + plan.committed[t][c][p][sector]
                    )
                    paid = self.disbursement_rate(p, sector) * waiting
                    disbursed[c][p][sector] = paid
                    state["committed"][c][p][sector] = waiting - paid
                    kept = (1.0 - parameters.stock_depreciation) * state["realised"][c][p][sector]
                    state["realised"][c][p][sector] = kept + paid
        self.record["disbursed"] = disbursed

    # (4) Vulnerability

    def vulnerability(self, share: Any, exposure: Any) -> Any:
        """V_cpk, out of season."""
        attributes = self.attributes
        return [
            [
                [
                    exposure[c][k]
                    * cut_off_loss(
                        attributes.control[p][k] * share[c][p][k], attributes.substitution[k]
                    )
                    for k in self.channels
                ]
                for p in self.powers
            ]
            for c in self.countries
        ]

    # (5) Coercion

    def threat_game(
        self,
        c: int,
        p: int,
        u: dict[str, Any],
        vulnerability: Any,
        season: list[float],
        position: float,
        reexport: float,
        fear_excess: float,
    ) -> SimpleNamespace:
        """Instrument and probabilities of a threat, of compliance and of imposition."""
        parameters, attributes = self.parameters, self.attributes
        instrument, strength = 0, -math.inf
        for k in self.channels:
            felt = season[k] * vulnerability[c][p][k]
            if felt > strength:
                instrument, strength = k, felt

        grievance = attributes.claim[c][p] * 0.5 * abs(position - u["stance"][p])
        if attributes.enforcer[p] and attributes.roles.clearing[instrument]:
            grievance += u["enforcement"][p] * reexport

        determinacy = parameters.determinacy
        gain = parameters.resolve * grievance
        cost = parameters.sender_cost * strength + parameters.distraction_cost * u["distraction"][p]
        impose = logistic(determinacy * (gain - cost))
        autonomy_cost = parameters.autonomy_cost * (
            1.0 + parameters.conflict_expectation * fear_excess
        )
        comply = logistic(determinacy * (impose * strength - autonomy_cost * grievance))
        payoff = comply * gain + (1.0 - comply) * impose * (gain - cost) - parameters.threat_cost
        threat = (
            min(1.0, strength / parameters.minimum_leverage)
            * parameters.threat_hazard
            * logistic(determinacy * payoff)
        )
        return SimpleNamespace(instrument=instrument, threat=threat, comply=comply, impose=impose)

    def coerce(
        self,
        t: int,
        u: dict[str, Any],
        vulnerability: Any,
        season: list[float],
        draws: dict[str, Any],
    ) -> None:
        """Submodel (5)."""
        state, parameters, attributes = self.state, self.parameters, self.attributes
        n_c, n_p, n_k = len(self.countries), len(self.powers), len(self.channels)
        flags = {
            name: [[False for _ in self.powers] for _ in self.countries]
            for name in ("threat", "comply", "impose", "backed_down")
        }
        instruments = [[0 for _ in self.powers] for _ in self.countries]
        disruption = grid(n_c, n_p, n_k)
        for c in self.countries:
            gives_way_on_clearing = False
            for p in self.powers:
                game = self.threat_game(
                    c,
                    p,
                    u,
                    vulnerability,
                    season,
                    state["position"][c],
                    state["reexport"][c],
                    state["fear"][c][p] - self.reference["fear"][c][p],
                )
                threat = draws["threat"][c][p] < game.threat
                comply = threat and draws["comply"][c][p] < game.comply
                impose = threat and not comply and draws["impose"][c][p] < game.impose
                flags["threat"][c][p] = threat
                flags["comply"][c][p] = comply
                flags["impose"][c][p] = impose
                flags["backed_down"][c][p] = threat and not comply and not impose
                instruments[c][p] = game.instrument

                if draws["lapse"][c][p] < parameters.measure_lapse:
                    state["own_measures"][c][p] = grid(n_k)
                if impose:
                    state["own_measures"][c][p][game.instrument] = parameters.measure_severity
                for k in self.channels:
                    disruption[c][p][k] = max(
                        state["own_measures"][c][p][k], self.plan.disruption[t][c][p][k]
                    )

                state["concession"][c][p] *= 1.0 - 1.0 / parameters.concession_quarters
                if comply:
                    state["concession"][c][p] = 1.0
                    on_clearing = attributes.roles.clearing[game.instrument]
                    if attributes.enforcer[p] and on_clearing:
                        gives_way_on_clearing = True
            if gives_way_on_clearing:
                state["reexport"][c] /= 2.0
        self.record |= flags
        self.record["instrument"] = instruments
        self.record["disruption"] = disruption

    # (6) Re-exports

    def reexport_target(self, u: dict[str, Any], vulnerability: Any) -> list[float]:
        """z*_c."""
        parameters, attributes = self.parameters, self.attributes
        determinacy = parameters.determinacy * parameters.reexport_determinacy
        targets = []
        for c in self.countries:
            risk = 0.0
            for p in self.powers:
                for k in self.channels:
                    if attributes.enforcer[p] and attributes.roles.clearing[k]:
                        risk += u["enforcement"][p] * vulnerability[c][p][k]
            margin = parameters.reexport_margin - parameters.enforcement_sensitivity * risk
            targets.append(
                attributes.reexport_access[c] * u["sanctions"] * logistic(determinacy * margin)
            )
        return targets

    def move_reexports(self, u: dict[str, Any], vulnerability: Any) -> None:
        """Submodel (6)."""
        targets = self.reexport_target(u, vulnerability)
        for c in self.countries:
            now = self.state["reexport"][c]
            self.state["reexport"][c] = now + self.parameters.reexport_speed * (targets[c] - now)

    # (7) Beliefs

    def heard_events(self, events: Any, member: list[float]) -> Any:
        """Own events, and those of the neighbours in the group."""
        result = grid(len(self.countries), len(self.powers))
        for c in self.countries:
            for p in self.powers:
                neighbours = [
                    events[other][p] for other in self.countries if other != c and member[other]
                ]
                result[c][p] = events[c][p] + self.parameters.neighbour_learning * mean(neighbours)
        return result

    def learn(self, t: int, u: dict[str, Any], member: list[float]) -> None:
        """Submodel (7)."""
        parameters = self.parameters
        events = grid(len(self.countries), len(self.powers))
        for c in self.countries:
            for p in self.powers:
                events[c][p] = self.plan.alarm_events[t][c][p]
                if self.record["impose"][c][p]:
                    events[c][p] += 1.0
                if self.record["threat"][c][p]:
                    events[c][p] += parameters.threat_alarm
        heard = self.heard_events(events, member)
        fear = self.state["fear"]
        for c in self.countries:
            for p in self.powers:
                learning = parameters.learning_rate * heard[c][p]
                forgetting = parameters.forgetting_rate
                calm = self.attributes.wariness[c][p] + u["alarm"][c][p]
                fear[c][p] = clip(
                    (1.0 - learning - forgetting) * fear[c][p] + learning + forgetting * calm,
                    0.0,
                    1.0,
                )

    # (8) Portfolio and routes

    def places(self, route: int) -> list[tuple[int, int, int]]:
        """Country, power and channel of a route; empty if it lies outside the simulated ones."""
        location = self.attributes.routes.location[route]
        return [
            (c, p, k)
            for c in self.countries
            for p in self.powers
            for k in self.channels
            if location[c][p][k]
        ]

    def effective_capacity(self, g: int, u: dict[str, Any]) -> float:
        """C-hat of a route."""
        slowness = u["transit_days"][g] / self.attributes.routes.days[g]
        return self.state["capacity"][g] * slowness**-self.parameters.days_elasticity

    def route_gains(self, u: dict[str, Any]) -> tuple[Any, Any]:
        """R_cpk, what routes add to base shares, and R^t_cp, what they do for trade."""
        routes = self.attributes.routes
        portfolio_gain = grid(len(self.countries), len(self.powers), len(self.channels))
        trade_gain = grid(len(self.countries), len(self.powers))
        for g in self.routes:
            gain = routes.yield_[g] * (self.effective_capacity(g, u) - routes.capacity[g])
            for c, p, k in self.places(g):
                portfolio_gain[c][p][k] += gain
            for c in self.countries:
                for p in self.powers:
                    if routes.serves[g][c][p]:
                        trade_gain[c][p] += gain
        return portfolio_gain, trade_gain

    def remittance_gain(self, c: int, p: int, u: dict[str, Any]) -> float:
        """nu_cp: log deviation of what a migrant to the power sends home."""
        parameters, usual = self.parameters, self.reference_drivers
        return (
            parameters.remittance_elasticity * (u["demand"][p] - usual["demand"][p])
            + parameters.exchange_rate_elasticity
            * (u["exchange_rate"][p] - usual["exchange_rate"][p])
            + math.log(1.0 - u["migration"][c][p])
            - math.log(1.0 - usual["migration"][c][p])
        )

    def driver_terms(
        self, c: int, p: int, k: int, u: dict[str, Any], member: list[float], years: float
    ) -> float:
        """D_cpk, without the trade gain of routes."""
        parameters, attributes, usual = self.parameters, self.attributes, self.reference_drivers
        roles = attributes.roles
        total = u["drift"] * attributes.drift[p][k] * years
        total += u["preference"][c][p][k] - usual["preference"][c][p][k]
        if roles.trade[k]:
            total += parameters.trade_elasticity * (u["demand"][p] - usual["demand"][p])
            if attributes.sanctioned[p]:
                total += parameters.reexport_trade_pull * (
                    self.state["reexport"][c] - self.reference["reexport"][c]
                )
            total -= (attributes.substitution[k] - 1.0) * (
                u["barrier"][c][p] - usual["barrier"][c][p]
            )
        if roles.labour[k]:
            total += self.remittance_gain(c, p, u)
        if roles.security[k]:
            now = u["security_threat"] * (1.0 - u["distraction"][p])
            then = usual["security_threat"] * (1.0 - usual["distraction"][p])
            total += parameters.security_pull * (now - then)
        if attributes.regional[p] and (roles.trade[k] or roles.transit[k]) and member[c]:
            together = sum(member[i] * attributes.weight[i] for i in self.countries)
            usually = sum(self.core_members[i] * attributes.weight[i] for i in self.countries)
            voice = self.state["cohesion"] - attributes.cohesion
            total += parameters.cohesion_pull * (voice + together - usually)
        return total

    def move_portfolio(self, t: int, u: dict[str, Any], member: list[float], years: float) -> None:
        """Submodel (8), shares."""
        state, parameters, attributes = self.state, self.parameters, self.attributes
        for g in self.routes:
            state["capacity"][g] += self.plan.capacity[t][g]
        portfolio_gain, trade_gain = self.route_gains(u)
        self.record["portfolio_gain"] = portfolio_gain

        for c in self.countries:
            for k in self.channels:
                numerators = []
                for p in self.powers:
                    fear = state["fear"][c][p] - self.reference["fear"][c][p]
                    exposed = attributes.control[p][k] * state["share"][c][p][k]
                    deals = sum(
                        state["realised"][c][p][s] - self.reference["realised"][c][p][s]
                        for s in self.sectors
                        if attributes.sectors.channel[s][k]
                    )
                    utility = (
                        parameters.attention_pull
                        * attributes.responsiveness[k]
                        * u["agenda"][p][k]
                        * self.attention_gain(c, p)
                        - parameters.fear_push * fear * exposed
                        + parameters.stock_pull * deals
                        + self.driver_terms(c, p, k, u, member, years)
                    )
                    if attributes.roles.trade[k]:
                        utility += parameters.corridor_pull * trade_gain[c][p]
                    start = max(attributes.share[c][p][k] + portfolio_gain[c][p][k], 0.0)
                    numerators.append(start * math.exp(utility))
                denominator = self.residual[c][k] + sum(numerators)
                shifted = [
                    state["share"][c][p][k]
                    * math.exp(u["preference"][c][p][k] - self.preference_before[c][p][k])
                    for p in self.powers
                ]
                rest = 1.0 - sum(state["share"][c][p][k] for p in self.powers)
                for p in self.powers:
                    now = shifted[p] / (rest + sum(shifted))
                    target = numerators[p] / denominator
                    state["share"][c][p][k] = now + attributes.adjustment[k] * (target - now)

    def build_bypasses(self) -> None:
        """Submodel (8), routes: fear of whoever controls transit is built around."""
        state, parameters, attributes = self.state, self.parameters, self.attributes
        for g in self.routes:
            for c, p, _ in self.places(g):
                risk = 0.0
                for q in self.powers:
                    excess = state["fear"][c][q] - self.reference["fear"][c][q]
                    excess = max(excess - parameters.fear_tolerance, 0.0)
                    for k in self.channels:
                        if attributes.roles.transit[k]:
                            risk += excess * attributes.control[q][k] * state["share"][c][q][k]
                state["building"][g] += (
                    parameters.bypass_investment
                    * risk
                    * attributes.routes.build_weight[g]
                    * (1.0 + parameters.build_boost * sum(state["realised"][c][p]))
                )
            done = state["building"][g] / parameters.construction_lag
            state["capacity"][g] += done
            state["building"][g] -= done

    def load_routes(self, t: int, u: dict[str, Any]) -> None:
        """What each route carries: its part of the channel, and its volume."""
        routes, usual = self.attributes.routes, self.reference_drivers["exposure"]
        shares, volumes = [], []
        for g in self.routes:
            share = volume = 0.0
            for c, p, k in self.places(g):
                whole = self.attributes.share[c][p][k] + self.record["portfolio_gain"][c][p][k]
                able = routes.yield_[g] * self.effective_capacity(g, u)
                part = min(able / whole, 1.0) if whole > 0 else 0.0
                share = part * self.state["share"][c][p][k]
                used = u["throughput"][g] - self.reference_drivers["throughput"][g]
                wanted = share * math.exp(u["exposure"][c][k] - usual[c][k] + used)
                passed = min(wanted, self.state["capacity"][g]) * (1.0 - self.plan.closure[t][g])
                volume = passed * routes.volume_per_share[g]
            shares.append(share)
            volumes.append(volume)
        self.record["route_share"] = shares
        self.record["route_volume"] = volumes

    # (9) Output

    def move_output(self, u: dict[str, Any], season: list[float], years: float) -> None:
        """Submodel (9)."""
        state, parameters, attributes = self.state, self.parameters, self.attributes
        roles, disruption = attributes.roles, self.record["disruption"]
        oil = u["oil"] - self.reference_drivers["oil"]
        remittance_index, remittance_share, gdp = [], [], []
        for c in self.countries:
            exposure = self.record["exposure"][c]
            output = (1.0 - parameters.output_decay) * state["output"][c]
            index = 1.0
            for k in self.channels:
                cut = sum(state["share"][c][p][k] * disruption[c][p][k] for p in self.powers)
                loss = cut_off_loss(min(cut, 1.0), attributes.substitution[k])
                output -= 0.25 * season[k] * exposure[k] * loss
                if roles.labour[k]:
                    for p in self.powers:
                        gain = self.remittance_gain(c, p, u)
                        output += 0.25 * exposure[k] * state["share"][c][p][k] * gain
                        index += state["share"][c][p][k] * (gain - disruption[c][p][k])
                if roles.transit[k]:
                    price = parameters.oil_income * attributes.hydrocarbon[c] * oil
                    output += 0.25 * exposure[k] * price
            for p in self.powers:
                now = self.record["terms"][c][p] * sum(self.record["disbursed"][c][p])
                usual = self.reference["terms"][c][p] * sum(self.reference["inflow"][c][p])
                output += parameters.deal_growth * (now - usual)
            windfall = state["reexport"][c] - self.reference["reexport"][c]
            output += 0.25 * parameters.reexport_income * attributes.reexport_ceiling[c] * windfall
            state["output"][c] = output
            remittance_index.append(max(index, 0.0))
            exposed = sum(exposure[k] for k in self.channels if roles.labour[k])
            remittance_share.append(exposed * max(index, 0.0))
            activity = u["activity"][c] - self.reference_drivers["activity"][c]
            path = attributes.growth[c] * years + output + activity + self.currency(c, u)
            gdp.append(attributes.gdp[c] * math.exp(path))
        self.record["remittance_index"] = remittance_index
        self.record["remittance_share"] = remittance_share
        self.record["gdp_usd"] = gdp

    def currency(self, c: int, u: dict[str, Any]) -> float:
        """cur_c: log deviation of what a country's currency is worth in dollars."""
        parameters, attributes, usual = self.parameters, self.attributes, self.reference_drivers
        basket = sum(
            self.reference["alignment"][c][p] * (u["exchange_rate"][p] - usual["exchange_rate"][p])
            for p in self.powers
        )
        carried = sum(
            attributes.exposure[c][k] for k in self.channels if attributes.roles.transit[k]
        )
        oil = attributes.hydrocarbon[c] * carried * (u["oil"] - usual["oil"])
        return parameters.currency_pass_through * basket + parameters.oil_pass_through * oil

    # (10) Position and votes

    def pulls(self, vulnerability: Any, concession: Any, terms: Any, realised: Any) -> Any:
        """l_cp: how hard a power pulls a country's position."""
        parameters = self.parameters
        result = grid(len(self.countries), len(self.powers))
        for c in self.countries:
            for p in self.powers:
                stick = 1.0 + parameters.concession_weight * concession[c][p]
                carrot = parameters.stock_weight * terms[c][p] * sum(realised[c][p])
                result[c][p] = sum(vulnerability[c][p]) * stick + carrot
        return result

    def position_under(self, c: int, pull: list[float], stance: list[float]) -> float:
        """The position of a country that the powers pull with these strengths."""
        alpha = self.parameters.own_weight
        towards = sum(pull[p] * stance[p] for p in self.powers)
        return (alpha * self.reference["own_ideal"][c] + towards) / (alpha + sum(pull))

    def vote_shares(
        self, c: int, pull: list[float], stance: list[float], text: tuple[float, list[float], float]
    ) -> dict[str, float]:
        """Expected vote of a country on a text given as threshold, stakes by power and sign."""
        threshold, stakes, sign = text
        parameters = self.parameters
        staked = [pull[p] * (1.0 + stakes[p]) for p in self.powers]
        lean = sign * self.position_under(c, staked, stance)
        no = logistic((parameters.vote_cutpoint + threshold - lean) / parameters.vote_noise)
        yes = logistic((parameters.vote_cutpoint - threshold + lean) / parameters.vote_noise)
        absent = self.attributes.neutrality[c]
        return {
            "absent": absent,
            "no": (1.0 - absent) * no,
            "abstain": (1.0 - absent) * (1.0 - no - yes),
            "yes": (1.0 - absent) * yes,
        }

    def take_positions(
        self, t: int, u: dict[str, Any], vulnerability: Any, uniforms: list[list[float]]
    ) -> None:
        """Submodel (10)."""
        state, plan, texts = self.state, self.plan, self.attributes.texts
        pull = self.pulls(
            vulnerability, state["concession"], self.record["terms"], state["realised"]
        )
        stance = u["stance"]
        alpha = self.parameters.own_weight
        state["position"] = [self.position_under(c, pull[c], stance) for c in self.countries]
        self.record["autonomy"] = [alpha / (alpha + sum(pull[c])) for c in self.countries]
        self.record["vote_shares"] = [
            [
                self.vote_shares(
                    c, pull[c], stance, (texts.threshold[v], texts.stake[v], texts.sign[v])
                )
                for c in self.countries
            ]
            for v in self.texts
        ]

        votes: list[list[str] | None] = []
        for slot in range(len(plan.vote_sign[t])):
            sign = plan.vote_sign[t][slot]
            if sign == 0:
                votes.append(None)
                continue
            text = (plan.vote_threshold[t][slot], plan.vote_stake[t][slot], sign)
            votes.append(
                [
                    self._draw_vote(self.vote_shares(c, pull[c], stance, text), uniforms[slot][c])
                    for c in self.countries
                ]
            )
        self.record["votes"] = votes

    @staticmethod
    def _draw_vote(shares: dict[str, float], uniform: float) -> str:
        """One vote from one uniform; the order is that of the shares."""
        cumulated = 0.0
        for vote in ("absent", "no", "abstain"):
            cumulated += shares[vote]
            if uniform < cumulated:
                return vote
        return "yes"

    # (11) Joint voice

    def move_cohesion(self, u: dict[str, Any], member: list[float]) -> None:
        """Submodel (11)."""
        parameters, attributes, usual = self.parameters, self.attributes, self.reference_drivers
        counted = [
            p for p in self.powers if not attributes.regional[p] and attributes.budget[p] > 0
        ]
        format_change = mean([usual["format"][p] for p in counted]) - mean(
            [u["format"][p] for p in counted]
        )
        alarm = mean(
            [
                sum(self.state["fear"][c][p] - self.reference["fear"][c][p] for p in self.powers)
                for c in self.countries
                if member[c]
            ]
        )
        now = self.state["cohesion"]
        target = (
            attributes.cohesion
            + parameters.format_cohesion * format_change
            + parameters.fear_cohesion * alarm
            + u["consultation"]
            - usual["consultation"]
        )
        self.state["cohesion"] = clip(now + parameters.cohesion_speed * (target - now), 0.0, 1.0)
