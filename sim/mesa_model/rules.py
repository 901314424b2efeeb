"""Decision rules of single agents: the core's own, with the answers of a user's agents put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from sim.core.attention import proportional_allocation
from sim.core.coercion import (
    ThreatGame,
    share_complying,
    share_imposing,
    share_threatening,
)
from sim.core.errors import InputError
from sim.core.portfolio import target_shares
from sim.core.rules import Rules
from sim.core.world import Array, Flags, Parameters

if TYPE_CHECKING:
    from sim.mesa_model.agents import CountryAgent, PowerAgent

_ROUNDING = 1e-9
RULES_OF_COUNTRIES = ("choose_partners", "comply")
RULES_OF_POWERS = ("allocate_attention", "threaten", "impose")
HOOKS = RULES_OF_COUNTRIES + RULES_OF_POWERS


@dataclass(frozen=True)
class Budgeting:
    """What a power sees when it divides its bilateral attention among countries."""

    countries: tuple[str, ...]
    value: Array  # (country,) value to the power, raised where rivals have gained
    core: Flags  # (country,) those that share the budget
    usual: Array  # (country,) shares by the model's own rule; 1 in sum over core countries


@dataclass(frozen=True)
class Dispute:
    """What a side of the threat game sees, a value for each of the other sides."""

    others: tuple[str, ...]  # codes: countries for a power, powers for a country
    grievance: Array  # (other,) what the power holds against the country
    leverage: Array  # (other,) loss by the channel that hurts most, share of GDP
    excess_fear: Array  # (other,) fear above its reference
    distraction: Array  # (other,) of the power
    usual: Array  # (other,) share by the model's own rule
    impose: Array | None = None  # (other,) of threats not complied with; known from `comply` on
    complying: Array | None = None  # (other,) of threats; known to `threaten`


@dataclass(frozen=True)
class Portfolio:
    """What a country sees when it chooses the shares that it moves towards."""

    powers: tuple[str, ...]
    channels: tuple[str, ...]
    flow: Array  # (power, channel) base share with the gain of routes
    residual: Array  # (channel,) share of the rest of the world
    pull: Array  # (power, channel) log points of attractiveness against the base
    usual: Array  # (power, channel) target shares by the model's own rule


def rules_of(countries: Sequence[CountryAgent], powers: Sequence[PowerAgent]) -> Rules | None:
    """Rules with the methods that agents override, or None where none does."""
    own = Overrides(countries, powers)
    if not any(own.agents.values()):
        return None
    game = own.agents["comply"] or own.agents["threaten"] or own.agents["impose"]
    usual = Rules()
    return Rules(
        allocation=own.allocation if own.agents["allocate_attention"] else usual.allocation,
        threats=own.threats if game else usual.threats,
        shares=own.shares if own.agents["choose_partners"] else usual.shares,
    )


class Overrides:
    """The model's own rules with the answers of agents that override a method in their rows.

    The runs axis of the answers is that of the model's own: the run shown is the first on it.
    """

    def __init__(self, countries: Sequence[CountryAgent], powers: Sequence[PowerAgent]) -> None:
        self.countries = tuple(agent.code for agent in countries)
        self.powers = tuple(agent.code for agent in powers)
        self.agents: dict[str, list[tuple[int, Any]]] = {
            hook: [(place, agent) for place, agent in enumerate(actors) if overrides(agent, hook)]
            for actors, hooks in ((countries, RULES_OF_COUNTRIES), (powers, RULES_OF_POWERS))
            for hook in hooks
        }

    def allocation(self, value: Array, core: Flags, exponent: Array) -> Array:
        """Shares of bilateral attention (power, country, run)."""
        shares = proportional_allocation(value, core, exponent)
        for place, agent in self.agents["allocate_attention"]:
            usual = shares[place, :, 0].copy()
            seen = Budgeting(self.countries, value[place, :, 0].copy(), core.copy(), usual.copy())
            answer = _numbers(agent, "allocate_attention", seen, usual.shape, np.inf)
            total = answer[core].sum()
            if abs(total - 1.0) > _ROUNDING and answer.any():
                _refuse(
                    agent,
                    "allocate_attention",
                    f"shares that sum to {total:.6g} over the core countries",
                    "1, or 0 everywhere",
                )
            shares[place, :, 0] = answer
        return shares

    def threats(
        self,
        held: Array,
        leverage: Array,
        excess_fear: Array,
        distraction: Array,
        parameters: Parameters,
    ) -> ThreatGame:
        """The threat game from its last node to its first, each side knowing what comes after."""
        impose = share_imposing(held, leverage, distraction, parameters)
        sides = (held, leverage, excess_fear, distraction)
        impose = self._answers("impose", impose, sides, None, None)
        comply = share_complying(held, leverage, excess_fear, impose, parameters)
        comply = self._answers("comply", comply, sides, impose, None)
        threaten = share_threatening(held, leverage, distraction, comply, impose, parameters)
        threaten = self._answers("threaten", threaten, sides, impose, comply)
        return ThreatGame(threaten, comply, impose)

    def _answers(
        self,
        hook: str,
        usual: Array,
        sides: tuple[Array, Array, Array, Array],
        impose: Array | None,
        comply: Array | None,
    ) -> Array:
        shares = usual
        for place, agent in self.agents[hook]:
            if shares is usual:
                shares = usual.copy()
            by_country = hook == "comply"
            row = (place, slice(None), 0) if by_country else (slice(None), place, 0)

            def seen(array: Array, row: Any = row) -> Array:
                return np.broadcast_to(array, usual.shape)[row].copy()

            held, leverage, excess_fear, distraction = sides
            dispute = Dispute(
                others=self.powers if by_country else self.countries,
                grievance=seen(held),
                leverage=seen(leverage),
                excess_fear=seen(excess_fear),
                distraction=seen(distraction),
                usual=seen(shares),
                impose=None if impose is None else seen(impose),
                complying=None if comply is None else seen(comply),
            )
            shares[row] = _numbers(agent, hook, dispute, dispute.usual.shape, 1.0)
        return shares

    def shares(self, flow: Array, residual: Array, pull: Array) -> Array:
        """Target shares (country, power, channel, run)."""
        target = target_shares(flow, residual, pull)
        for place, agent in self.agents["choose_partners"]:
            usual = target[place, ..., 0].copy()
            seen = Portfolio(
                self.powers,
                agent.model.world.names.channels,
                flow[place, ..., 0].copy(),
                residual[place, ..., 0].copy(),
                pull[place, ..., 0].copy(),
                usual.copy(),
            )
            answer = _numbers(agent, "choose_partners", seen, usual.shape, 1.0)
            most = answer.sum(axis=0).max()
            if most > 1.0 + _ROUNDING:
                _refuse(
                    agent,
                    "choose_partners",
                    f"shares of a channel that sum to {most:.6g} over powers",
                    "at most 1",
                )
            target[place, ..., 0] = answer
        return target


def check_rules(kind: type, usual: type, own: tuple[str, ...]) -> None:
    """Refuse a method that was meant for a rule and would never be asked.

    Parameters
    ----------
    kind : type
        A user's class of agents.
    usual : type
        The model's own class that it is made from.
    own : tuple of str
        The rules of that class.

    Raises
    ------
    InputError
        If a method has the name of a rule of the other kind of agents, or nearly one of its own.
    """
    for name in dir(kind):
        if hasattr(usual, name) or name.startswith("_") or not callable(getattr(kind, name)):
            continue
        if name in HOOKS:
            raise InputError(
                f"agents: {kind.__name__} has {name}, which is no rule of a {usual.__name__}; "
                f"its rules: {', '.join(own)}"
            )
        near = get_close_matches(name, own, n=1, cutoff=0.75)
        if near:
            raise InputError(
                f"agents: {kind.__name__} has {name}, which is not asked; did you mean "
                f"{near[0]!r}? (a method of your own needs a name less like it)"
            )


def overrides(agent: object, hook: str) -> bool:
    """Does the agent's class replace the method of the model's own class."""
    method = getattr(type(agent), hook, None)
    return method is not None and not getattr(method, "own_rule", False)


def _numbers(agent: Any, hook: str, seen: Any, shape: tuple[int, ...], high: float) -> Array:
    """An answer that the core can use."""
    found = getattr(agent, hook)(seen)
    try:
        answer = np.asarray(found, dtype=float)
    except (TypeError, ValueError):
        _refuse(agent, hook, f"{found!r}", f"an array of numbers of shape {shape}")
    if answer.shape != shape:
        _refuse(agent, hook, f"an array of shape {answer.shape}", f"{shape}")
    wrong = ~(np.isfinite(answer) & (answer >= 0) & (answer <= high))
    if wrong.any():
        allowed = "0 to 1" if high == 1.0 else "finite numbers of 0 or more"
        _refuse(agent, hook, f"{answer[wrong][0]:g}", allowed)
    return answer


def _refuse(agent: Any, hook: str, found: str, allowed: str) -> NoReturn:
    where = f"{type(agent).__name__}.{hook} of {agent.code}"
    raise InputError(f"{where}: gave {found}; allowed: {allowed}")
