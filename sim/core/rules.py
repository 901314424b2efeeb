"""The decision rules of a run: each can be replaced by another function of the same form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.core.attention import proportional_allocation
from sim.core.coercion import ThreatGame, threat_game
from sim.core.portfolio import target_shares
from sim.core.world import Array


@dataclass(frozen=True)
class Rules:
    """How powers allocate attention, how the threat game is played, how shares are chosen."""

    allocation: Callable[..., Array] = proportional_allocation
    threats: Callable[..., ThreatGame] = threat_game
    shares: Callable[..., Array] = target_shares
