"""Threats, compliance and measures: quantal response in the threat game (submodel 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.choice import logistic
from sim.core.world import Array, Flags, Parameters


@dataclass(frozen=True)
class ThreatGame:
    """Shares of choices in the three nodes, each (country, power, run)."""

    threaten: Array  # p_T
    comply: Array  # p_C given a threat
    impose: Array  # p_I given a threat not complied with


@dataclass(frozen=True)
class Coercion:
    """What happened in the threat game, each (country, power, run) of bool."""

    threat: Flags
    comply: Flags
    impose: Flags
    backed_down: Flags


def instrument(vulnerability: Array) -> tuple[NDArray[np.intp], Array]:
    """The channel that hurts most, and by how much.

    Parameters
    ----------
    vulnerability : array (country, power, channel, run)
        V in season.

    Returns
    -------
    channel : int array (country, power, run)
        Lowest index on ties.
    leverage : array (country, power, run)
        V of that channel.
    """
    channel = vulnerability.argmax(axis=2)
    return channel, np.take_along_axis(vulnerability, channel[:, :, None], axis=2)[:, :, 0]


def grievance(
    claim: Array,
    position: Array,
    stance: Array,
    enforcement: Array,
    reexport: Array,
    over_clearing: Flags,
) -> Array:
    """What a power holds against a country.

    Parameters
    ----------
    claim : array (country, power, run)
    position, reexport : array (country, run)
        x and z.
    stance : array (power, run)
        y.
    enforcement : array (power, run)
        e, already 0 for powers that do not enforce sanctions.
    over_clearing : array (country, power, run) of bool
        True where the power's instrument is clearing.

    Returns
    -------
    array (country, power, run)
        g = claim |x - y| / 2 + e z [instrument is clearing]
    """
    distance = np.abs(position[:, None] - stance)
    held: Array = claim * 0.5 * distance + enforcement * reexport[:, None] * over_clearing
    return held


def threat_game(
    held: Array,
    leverage: Array,
    excess_fear: Array,
    distraction: Array,
    parameters: Parameters,
) -> ThreatGame:
    """Agent quantal response equilibrium of threat, compliance and imposition.

    Parameters
    ----------
    held, leverage, excess_fear : array (country, power, run)
        Grievance g, V of the instrument, fear above its reference.
    distraction : array (power, run)
        d.
    parameters : Parameters
        lambda, rho, kappa_s, kappa_d, omega_A, f, c_T, h0 and V_min are used.

    Returns
    -------
    ThreatGame

    Source
    ------
    McKelvey and Palfrey (1998), Signorino (1999); conflict expectations after Drezner (1998).
    """
    impose = share_imposing(held, leverage, distraction, parameters)
    comply = share_complying(held, leverage, excess_fear, impose, parameters)
    threaten = share_threatening(held, leverage, distraction, comply, impose, parameters)
    return ThreatGame(threaten, comply, impose)


def share_imposing(
    held: Array, leverage: Array, distraction: Array, parameters: Parameters
) -> Array:
    """p_I, the last node: is a threat that was not complied with carried out.

    Arguments as of `threat_game`.
    """
    gain = _gain_of_imposing(held, leverage, distraction, parameters)
    return logistic(parameters.determinacy * gain)


def share_complying(
    held: Array, leverage: Array, excess_fear: Array, impose: Array, parameters: Parameters
) -> Array:
    """p_C, the middle node: does the country give in, knowing p_I (`impose`).

    Other arguments as of `threat_game`.
    """
    worry = 1.0 + parameters.conflict_expectation * excess_fear
    loss = impose * leverage - parameters.autonomy_cost * worry * held
    return logistic(parameters.determinacy * loss)


def share_threatening(
    held: Array,
    leverage: Array,
    distraction: Array,
    comply: Array,
    impose: Array,
    parameters: Parameters,
) -> Array:
    """p_T, the first node: does the power threaten, knowing p_C and p_I.

    Other arguments as of `threat_game`.
    """
    resisted = (1.0 - comply) * impose * _gain_of_imposing(held, leverage, distraction, parameters)
    payoff = comply * (parameters.resolve * held) + resisted - parameters.threat_cost
    able = np.minimum(1.0, leverage / parameters.minimum_leverage)
    share: Array = able * parameters.threat_hazard * logistic(parameters.determinacy * payoff)
    return share


def _gain_of_imposing(
    held: Array, leverage: Array, distraction: Array, parameters: Parameters
) -> Array:
    cost = parameters.sender_cost * leverage + parameters.distraction_cost * distraction
    gain: Array = parameters.resolve * held - cost
    return gain


def play(game: ThreatGame, threat: Array, comply: Array, impose: Array) -> Coercion:
    """Draw the outcome of the game.

    Parameters
    ----------
    game : ThreatGame
    threat, comply, impose : array (country, power, run)
        Uniform draws.

    Returns
    -------
    Coercion
    """
    threatened = threat < game.threaten
    complied = threatened & (comply < game.comply)
    resisted = threatened & ~complied
    imposed = resisted & (impose < game.impose)
    return Coercion(threatened, complied, imposed, resisted & ~imposed)


def own_measures(
    previous: Array,
    imposed: Flags,
    channel: NDArray[np.intp],
    lapse: Array,
    lapse_rate: Array,
    severity: Array,
) -> Array:
    """Measures that powers have in force after this quarter's lapses and impositions.

    Parameters
    ----------
    previous : array (country, power, channel, run)
    imposed : array (country, power, run) of bool
    channel : int array (country, power, run)
        The instrument.
    lapse : array (country, power, run)
        Uniform draw: a dyad's measures lapse together.
    lapse_rate, severity : array (run,)
        gamma and delta_M.

    Returns
    -------
    array (country, power, channel, run)
    """
    kept = previous * (lapse >= lapse_rate)[:, :, None]
    channels = np.arange(previous.shape[2]).reshape(1, 1, -1, 1)
    struck = imposed[:, :, None] & (channel[:, :, None] == channels)
    return np.where(struck, severity, kept)
