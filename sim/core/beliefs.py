"""Learned fear of coercion (submodel 7)."""

from __future__ import annotations

import numpy as np

from sim.core.world import Array


def experience(event: Array, member: Array, neighbour_learning: Array) -> Array:
    """Own coercion, and what is seen of it at the neighbours.

    Parameters
    ----------
    event : array (country, power, run)
        ev.
    member : array (country, run)
        1 for members of the group, whose experience others see.
    neighbour_learning : array (run,)
        phi_s.

    Returns
    -------
    array (country, power, run)
    """
    seen = member[:, None] * event
    others = seen.sum(axis=0, keepdims=True) - seen
    number = (member.sum(axis=0, keepdims=True) - member)[:, None]
    mean = np.divide(others, number, out=np.zeros_like(others), where=number > 0)
    felt: Array = event + neighbour_learning * mean
    return felt


def update(
    fear: Array, felt: Array, level: Array, learning_rate: Array, forgetting_rate: Array
) -> Array:
    """Learn from experience, and forget towards the level without events.

    Parameters
    ----------
    fear, felt, level : array (country, power, run)
        pi of the last quarter, experience, and pi_0 + alarm.
    learning_rate, forgetting_rate : array (run,)
        alpha_pi and alpha_0.

    Returns
    -------
    array (country, power, run)
        In [0, 1].
    """
    kept = (1.0 - learning_rate * felt - forgetting_rate) * fear
    learned = kept + learning_rate * felt + forgetting_rate * level
    return np.clip(learned, 0.0, 1.0)


def stationary(felt: Array, level: Array, learning_rate: Array, forgetting_rate: Array) -> Array:
    """Mean fear under a constant rate of experience.

    Arguments as in `update`.

    Returns
    -------
    array (country, power, run)
        (alpha_pi e + alpha_0 level) / (alpha_pi e + alpha_0), in [0, 1].
    """
    learned = learning_rate * felt
    return np.clip((learned + forgetting_rate * level) / (learned + forgetting_rate), 0.0, 1.0)
