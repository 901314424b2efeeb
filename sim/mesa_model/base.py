"""Outcomes before the first quarter: everything at its reference, nothing has happened."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.core import leverage, position
from sim.core.coercion import Coercion, instrument
from sim.core.indicators import Ledger, Moment
from sim.core.portfolio import Pulls
from sim.core.state import Flow, State
from sim.core.step import Setting


def base_moment(setting: Setting, state: State, ledger: Ledger) -> Moment:
    """The base as a quarter that outcomes are measured from.

    Parameters
    ----------
    setting : Setting
    state : State
        The state before the first quarter.
    ledger : Ledger
        An empty one.

    Returns
    -------
    Moment
        Its index is -1: the quarter before the first. No route is closed in it, and the members of
        the group are those of the first quarter.
    """
    world, reference, parameters = setting.world, setting.reference, setting.world.parameters
    attributes, stance = world.attributes, state.drivers["stance"]
    vulnerability = leverage.vulnerability(
        setting.exposure(state.drivers), state.share, attributes.control, attributes.substitution
    )
    dyads = np.zeros_like(state.fear)
    never = np.zeros(dyads.shape, dtype=bool)
    calm = np.zeros_like(state.share)
    leverage_weight = vulnerability.sum(axis=2)
    weight = position.influence_weight(
        leverage_weight, reference.terms, state.realised.sum(axis=2), parameters.stock_weight
    )
    no, yes = position.vote_shares(
        position.positions_on_texts(
            reference.own_ideal, weight, stance, attributes.texts.stake, parameters.own_weight
        ),
        attributes.texts.threshold,
        attributes.texts.sign,
        parameters.vote_cutpoint,
        parameters.vote_noise,
    )
    flow = Flow(
        terms=reference.terms,
        arrivals=dyads,
        arrival_size=dyads,
        disbursed=np.zeros_like(state.realised),
        vulnerability=vulnerability,
        instrument=instrument(vulnerability)[0],
        coercion=Coercion(never, never, never, never),
        disruption=calm,
        lost=calm.sum(axis=1),
        severity=np.zeros_like(state.output),
        pulls=Pulls(calm, calm, calm, calm),
        flow=np.broadcast_to(attributes.share, state.share.shape),
        remittances=np.ones_like(state.output),
        weight=weight,
        leverage_weight=leverage_weight,
        votes_no=no,
        votes_yes=yes,
        dated_votes=np.zeros((0, *state.output.shape), dtype=np.int8),
    )
    plan = replace(
        setting.plan,
        quarters=1,
        membership=setting.plan.membership[:1],
        closure=np.zeros_like(setting.plan.closure[:1]),
    )
    return Moment(replace(setting, plan=plan), -1, state, flow, ledger)
