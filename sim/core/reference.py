"""The reference: the values that hold at the base quarter with all drivers at their base."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core import attention, bargaining, beliefs, coercion, cohesion, leverage, position
from sim.core import reexport as reexports
from sim.core.rules import Rules
from sim.core.world import Array, World


@dataclass(frozen=True)
class Reference:
    """Values at the base, from which every effect is a deviation."""

    alignment: Array  # a (country, power, run)
    attention: Array  # b (country, power, run)
    power_weight: Array  # w_p (power, run)
    pool: Array  # W (run,)
    terms: Array  # (country, power, run)
    rate: Array  # zeta_cpl (country, power, sector, run)
    inflow: Array  # I_l (country, power, sector, run)
    committed: Array  # Q (country, power, sector, run)
    realised: Array  # F (country, power, sector, run)
    reexport: Array  # z (country, run)
    fear: Array  # pi (country, power, run)
    own_ideal: Array  # x-degree (country, run)
    bilateral: Array  # mean format (run,)
    residual: Array  # s00 (country, channel, run)


def reference(world: World, rules: Rules | None = None, strict: bool = True) -> Reference:
    """Compute the reference of a world.

    Parameters
    ----------
    world : World
    rules : Rules, optional
        The decision rules of the run, so that the base is where they rest too.
    strict : bool
        Refuse own ideals off the scale; without, they show in the reference.

    Returns
    -------
    Reference
        Arrays whose runs axis is 1, or R where an attribute, parameter or driver varies by run.

    Raises
    ------
    InputError
        If a country's own ideal position leaves [-1, 1] and `strict` is set.
    """
    rules = rules or Rules()
    attributes, parameters, drivers = world.attributes, world.parameters, world.drivers
    roles = attributes.roles
    member = attributes.core[:, None].astype(float)

    aligned = attention.alignment(attributes.exposure, attributes.share)
    allocated = rules.allocation(attributes.value, attributes.core, parameters.allocation_exponent)
    spent = attention.spend(
        allocated,
        attributes.openness,
        drivers["access"],
        attributes.budget,
        drivers["distraction"],
        drivers["boost"],
        drivers["format"],
        attributes.core,
        parameters.multilateral_rivalry,
    )

    largest = attributes.budget.max(axis=0, keepdims=True)
    power_weight = np.divide(
        attributes.budget, largest, out=np.zeros_like(attributes.budget), where=largest > 0
    )
    pooled = bargaining.pooled_weight(attributes.weight, member, attributes.cohesion)
    option = bargaining.outside_option(spent, drivers["coordination"])
    agreed = bargaining.terms(pooled, power_weight, option, parameters.outside_option_weight)

    rate = np.minimum(
        1.0,
        parameters.disbursement * attributes.realisation[:, None] * attributes.sectors.rate,
    )[None]
    expected = (
        attributes.sectors.background
        * (parameters.deal_rate * spent * parameters.deal_size)[:, :, None]
    )
    rate = np.broadcast_to(rate, np.broadcast_shapes(rate.shape, expected.shape))
    inflow, committed, realised = bargaining.stationary_stocks(
        expected, rate, parameters.stock_depreciation
    )

    vulnerable = leverage.vulnerability(
        attributes.exposure, attributes.share, attributes.control, attributes.substitution
    )
    enforcement = attributes.enforcer[:, None] * drivers["enforcement"]
    reexport = reexports.target(
        attributes.reexport_access,
        drivers["sanctions"],
        reexports.clearing_risk(vulnerable, enforcement, roles.clearing),
        parameters.reexport_margin,
        parameters.enforcement_sensitivity,
        parameters.determinacy * parameters.reexport_determinacy,
    )

    felt = np.mean(
        [
            beliefs.experience(
                _expected_events(world, rules, vulnerable, season, reexport, enforcement),
                member,
                parameters.neighbour_learning,
            )
            for season in range(attributes.season.shape[0])
        ],
        axis=0,
    )
    fear = beliefs.stationary(
        felt,
        attributes.wariness + drivers["alarm"],
        parameters.learning_rate,
        parameters.forgetting_rate,
    )

    weight = position.influence_weight(
        vulnerable.sum(axis=2), agreed, realised.sum(axis=2), parameters.stock_weight
    )
    ideal = position.own_ideal(
        attributes.position,
        weight,
        drivers["stance"],
        parameters.own_weight,
    )
    if strict:
        position.check_ideals(ideal, world.names.countries)
    return Reference(
        alignment=aligned,
        attention=spent,
        power_weight=power_weight,
        pool=(member * attributes.weight).sum(axis=0),
        terms=agreed,
        rate=rate,
        inflow=inflow,
        committed=committed,
        realised=realised,
        reexport=reexport,
        fear=fear,
        own_ideal=ideal,
        bilateral=cohesion.mean_bilateral(
            drivers["format"], attributes.budget, attributes.regional
        ),
        residual=1.0 - attributes.share.sum(axis=1),
    )


def _expected_events(
    world: World, rules: Rules, vulnerable: Array, season: int, reexport: Array, enforcement: Array
) -> Array:
    """Expected weight of coercive events a quarter at the reference, (country, power, run)."""
    attributes, parameters, drivers = world.attributes, world.parameters, world.drivers
    seasons = leverage.season(
        attributes.season, season, drivers["frost"], attributes.roles.energy.astype(float)
    )
    channel, strongest = coercion.instrument(seasons * vulnerable)
    held = coercion.grievance(
        attributes.claim,
        attributes.position,
        drivers["stance"],
        enforcement,
        reexport,
        attributes.roles.clearing[channel],
    )
    game = rules.threats(
        held,
        strongest,
        np.zeros(1),
        drivers["distraction"],
        parameters,
    )
    imposed: Array = game.threaten * (1.0 - game.comply) * game.impose
    return imposed + parameters.threat_alarm * game.threaten
