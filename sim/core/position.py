"""Political position under several principals, autonomy, and votes (submodel 10)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.choice import logistic
from sim.core.errors import InputError
from sim.core.world import Array


def leverage_weight(leverage: Array, concession: Array, concession_weight: Array) -> Array:
    """Weight of a power through its leverage, raised where the country conceded.

    Parameters
    ----------
    leverage, concession : array (country, power, run)
        L and K.
    concession_weight : array (run,)
        kappa_comply.

    Returns
    -------
    array (country, power, run)
        L (1 + kappa K)
    """
    weight: Array = leverage * (1.0 + concession_weight * concession)
    return weight


def influence_weight(
    leverage_weight: Array, terms: Array, realised: Array, stock_weight: Array
) -> Array:
    """Weight of a power in a country's position.

    Parameters
    ----------
    leverage_weight, terms, realised : array (country, power, run)
        L (1 + kappa K), terms and F.
    stock_weight : array (run,)
        omega_B.

    Returns
    -------
    array (country, power, run)
        ell = L (1 + kappa K) + omega_B terms F
    """
    weight: Array = leverage_weight + stock_weight * terms * realised
    return weight


def position(own_ideal: Array, weight: Array, stance: Array, own_weight: Array) -> Array:
    """Position that a country takes between its own ideal and the powers' stances.

    Parameters
    ----------
    own_ideal : array (country, run)
        x-degree.
    weight : array (country, power, run)
        ell.
    stance : array (power, run)
        y.
    own_weight : array (run,)
        alpha.

    Returns
    -------
    array (country, run)
        In the hull of the own ideal and the stances.

    Source
    ------
    Common agency with quadratic losses (Bernheim and Whinston 1986).
    """
    pulled = own_weight * own_ideal + (weight * stance).sum(axis=1)
    taken: Array = pulled / (own_weight + weight.sum(axis=1))
    return taken


def autonomy(weight: Array, own_weight: Array) -> Array:
    """Weight of the own ideal in the position, alpha/(alpha + sum ell), (country, run)."""
    own: Array = own_weight / (own_weight + weight.sum(axis=1))
    return own


def own_ideal(observed: Array, weight: Array, stance: Array, own_weight: Array) -> Array:
    """The own ideal that makes the observed position the position at the base.

    Parameters
    ----------
    observed : array (country, run)
        x_obs.
    weight, stance, own_weight
        As in `position`, at the reference.

    Returns
    -------
    array (country, run)
        Outside [-1, 1] where leverages and observed position contradict each other.
    """
    pulled = (weight * stance).sum(axis=1)
    ideal: Array = (observed * (own_weight + weight.sum(axis=1)) - pulled) / own_weight
    return ideal


def check_ideals(ideal: Array, countries: tuple[str, ...]) -> None:
    """Refuse own ideals that leave the scale.

    Parameters
    ----------
    ideal : array (country, run)
    countries : tuple of str
        Codes, for the message.

    Raises
    ------
    InputError
        If an ideal leaves [-1, 1].
    """
    outside = np.abs(ideal) > 1.0
    if outside.any():
        row = int(outside.any(axis=-1).argmax())
        worst = ideal[row][np.abs(ideal[row]).argmax()]
        share = outside[row].mean()
        raise InputError(
            f"the observed position of {countries[row]} and the leverage over it contradict each "
            f"other: its own ideal would be {worst:.3f}, outside -1 to 1, in {share:.0%} of runs; "
            "check its position, exposure and control, or raise own_weight"
        )


def vote_shares(
    position_on_text: Array, threshold: Array, sign: Array, cutpoint: Array, noise: Array
) -> tuple[Array, Array]:
    """Expected shares of No and Yes among the votes that are cast.

    Parameters
    ----------
    position_on_text : array (text, country, run)
        x^v.
    threshold, sign : array (text, run)
        theta_v and the text's sign.
    cutpoint, noise : array (run,)
        c_lo < 0 and s_v.

    Returns
    -------
    no, yes : array (text, country, run)
        Their sum is at most 1; the rest abstains.
    """
    distance = threshold[:, None] - sign[:, None] * position_on_text
    return logistic((cutpoint + distance) / noise), logistic((cutpoint - distance) / noise)


def positions_on_texts(
    own_ideal: Array, weight: Array, stance: Array, stake: Array, own_weight: Array
) -> Array:
    """Positions with the powers' stakes in each text.

    Parameters
    ----------
    own_ideal, weight, stance, own_weight
        As in `position`.
    stake : array (text, power, run)
        kappa >= 0.

    Returns
    -------
    array (text, country, run)
    """
    staked = weight[None] * (1.0 + stake[:, None])
    pulled = own_weight * own_ideal + (staked * stance).sum(axis=2)
    taken: Array = pulled / (own_weight + staked.sum(axis=2))
    return taken


VOTES = ("absent", "no", "abstain", "yes")  # order in which a vote is drawn


def cast(no: Array, yes: Array, neutrality: Array, uniform: Array) -> NDArray[np.int8]:
    """Draw votes.

    Parameters
    ----------
    no, yes : array (text, country, run)
        Shares among the votes that are cast.
    neutrality : array (country, run)
        Share of votes not taken part in.
    uniform : array (text, country, run)

    Returns
    -------
    int array (text, country, run)
        Index into `VOTES`.
    """
    voting = 1.0 - neutrality
    first = neutrality + voting * no
    second = neutrality + voting * (1.0 - yes)
    drawn: NDArray[np.int8] = (
        (uniform >= neutrality).astype(np.int8) + (uniform >= first) + (uniform >= second)
    )
    return drawn
