"""Countries and powers as Mesa agents: attributes are views on the core's arrays."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import mesa
import numpy as np

from sim.core.errors import InputError
from sim.core.world import Array
from sim.mesa_model.cells import Cells, Place, place_of
from sim.mesa_model.rules import HOOKS, Budgeting, Dispute, Portfolio
from sim.mesa_model.variables import Attribute, Driver, Ideal, Outcome, Stock, Variable

if TYPE_CHECKING:
    from sim.mesa_model.model import DiplomacyModel

Method = TypeVar("Method", bound=Callable[..., Any])


class _Counters:
    """Agents' numbers by model, as Mesa 3.3 keeps them, but without keeping models alive."""

    def __init__(self) -> None:
        self._by_model: WeakKeyDictionary[object, Iterator[int]] = WeakKeyDictionary()

    def __getitem__(self, model: object) -> Iterator[int]:
        return self._by_model.setdefault(model, itertools.count(1))


class Reading:
    """An attribute of an agent: its own row of a variable, as one number or as numbers by code.

    Parameters
    ----------
    variable : Variable
    meaning : str
    """

    def __init__(self, variable: Variable, meaning: str) -> None:
        self.variable = variable
        self.__doc__ = meaning + (" Can be changed." if variable.writable else "")

    def __set_name__(self, owner: type[Actor], name: str) -> None:
        self.name = name
        self.own = self.variable.axes.index(owner.axis)
        self.others = tuple(axis for axis in self.variable.axes if axis != owner.axis)

    def __get__(self, agent: Actor | None, owner: type[Actor] | None = None) -> Any:
        if agent is None:
            return self
        row = self._row(agent)
        if not self.others:
            return float(row)
        model, variable = agent.model, self.variable
        codes, quarter = model.world.names.by_axis, model.quarter

        def write(place: Place, value: float) -> Array:
            if model.quarter != quarter:
                raise InputError(
                    f"{self.name}: found numbers of {quarter}, which is over; read "
                    f"{self.name} of {agent.code} again to change those of {model.quarter}"
                )
            variable.write(model, self._whole(agent, place), value)
            return self._row(agent)

        return Cells(
            self.name,
            tuple((axis, codes[axis]) for axis in self.others),
            row,
            write if variable.writable else None,
        )

    def __set__(self, agent: Actor, value: object) -> None:
        if not self.variable.writable:
            raise InputError(f"{self.name} follows from the rest of the model; it cannot be set")
        if self.others:
            self.__get__(agent).update_all(value)
        else:
            self.variable.write(agent.model, self._whole(agent, ()), value)  # type: ignore[arg-type]

    def _row(self, agent: Actor) -> Array:
        values = self.variable.read(agent.model)[..., 0]
        return np.moveaxis(values, self.own, 0)[agent.row]  # a view

    def _whole(self, agent: Actor, place: Place) -> Place:
        return (*place[: self.own], agent.row, *place[self.own :])


def _own_rule(method: Method) -> Method:
    """Mark a method as the model's own rule, which costs nothing until a subclass replaces it."""
    method.own_rule = True  # type: ignore[attr-defined]
    return method


class Actor(mesa.Agent):
    """A country or a power: an agent that is a row of the core's arrays.

    Parameters
    ----------
    model : DiplomacyModel
    code : str
    """

    model: DiplomacyModel
    axis: str
    code: str
    row: int
    _ids = _Counters()  # instead of Mesa 3.3's own, through which every model stays alive

    def __init__(self, model: DiplomacyModel, code: str) -> None:
        known = getattr(getattr(model, "world", None), "names", None)
        if known is None:
            raise InputError(f"{type(self).__name__}: found a {type(model).__name__}; it stands "
                             "for a part of a DiplomacyModel")  # fmt: skip
        row = place_of(code, known.by_axis[self.axis], self.axis)
        if any(isinstance(agent, Actor) and agent.code == code for agent in model.agents):
            raise InputError(
                f"{type(self).__name__}: {code} has its agent; a class of your own is given to the "
                f'model: agents={{"{code}": ...}}'
            )
        super().__init__(model)
        self.code = code
        self.row = row

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("axis", "code", "row") and "row" in vars(self):
            raise InputError(f"{name}: says which agent {self.code} is; it cannot be set")
        if name in HOOKS:
            raise InputError(
                f"{name}: a decision rule is replaced in a class of your own, given to the model: "
                f'agents={{"{self.code}": ...}}'
            )
        if not (name.startswith("_") or hasattr(type(self), name) or name in vars(self)):
            self._check_own(name)
        super().__setattr__(name, value)

    def _check_own(self, name: str) -> None:
        """Refuse a name that was meant for an attribute of the model; others are a user's own."""
        kinds: tuple[type[Actor], ...] = (CountryAgent, PowerAgent)
        for kind in kinds:
            if isinstance(getattr(kind, name, None), Reading):
                raise InputError(
                    f"{name}: {self.code} is a {type(self).__name__}; only a {kind.__name__} has it"
                )
        known = [one for one in dir(type(self)) if isinstance(getattr(type(self), one), Reading)]
        near = get_close_matches(name, known, n=1, cutoff=0.85)
        if near:
            raise InputError(
                f"{name}: {type(self).__name__} has no such attribute; did you mean {near[0]!r}? "
                "(one of your own with this name is declared in a class of your own)"
            )

    def remove(self) -> None:
        """Let go of the agent with all others, at the end of a run.

        Raises
        ------
        InputError
            If it is removed alone: the core would simulate it all the same.
        """
        if not self.model.closed:
            raise InputError(
                f"{self.code}: a country or power cannot be removed from a run; leave it out in "
                "the scenario (countries, powers)"
            )
        super().remove()

    @property
    def quarter(self) -> str:
        """The quarter that the numbers belong to."""
        return self.model.quarter

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.code}>"


class CountryAgent(Actor):
    """A country. What it shows is the model's state at the moment of reading.

    Numbers by power, channel or text are mappings: ``country.leverage["RUS"]``. Attributes that
    can be changed are assigned to: ``country.openness = 0.5``, ``country.fear["RUS"] = 0.2``.

    Parameters
    ----------
    model : DiplomacyModel
    code : str
        The country's code.
    """

    axis = "country"

    position = Reading(Outcome("position"), "Position on the contested axis, -1 to 1.")
    autonomy = Reading(Outcome("autonomy"), "Weight of the own ideal in the position, 0 to 1.")
    entropy = Reading(Outcome("entropy"), "Evenness of the portfolio over partners, 0 to 1.")
    gdp = Reading(Outcome("gdp_usd"), "Gross domestic product, USD bn a year.")
    remittance_index = Reading(
        Outcome("remittance_index"), "Remittances received against the base."
    )
    remittance_share = Reading(Outcome("remittance_share"), "Remittances received, share of GDP.")
    severity = Reading(Outcome("severity"), "Loss to measures and closures so far, years of GDP.")
    alignment = Reading(Outcome("alignment"), "Share in the portfolio, by power; sums to 1.")
    leverage = Reading(Outcome("leverage"), "Loss that a power could inflict, share of GDP.")
    terms = Reading(Outcome("terms"), "Share of a deal's surplus that the country keeps, by power.")
    deals = Reading(Outcome("realised"), "Stock of realised deals by power, share of GDP.")
    votes_yes = Reading(Outcome("vote_yes"), "Expected share of Yes, by text.")
    votes_no = Reading(Outcome("vote_no"), "Expected share of No, by text.")

    share = Reading(
        Stock("share", ("country", "power", "channel"), 0, 1), "Shares by power and channel."
    )
    fear = Reading(
        Stock("fear", ("country", "power"), 0, 1), "Perceived hazard of coercion, by power."
    )
    attention = Reading(
        Stock("attention", ("country", "power"), 0, 1000), "Attention as it is felt, by power."
    )
    output = Reading(
        Stock("output", ("country",), -2, 2), "Log deviation of output from its trend."
    )
    reexport_intensity = Reading(
        Stock("reexport", ("country",), 0, 1), "Re-exports to sanctioned powers, of the ceiling."
    )

    own_ideal = Reading(Ideal(), "Position that it would take if nobody had influence over it.")
    exposure = Reading(Attribute("exposure"), "Value at risk by channel, share of GDP.")
    openness = Reading(Attribute("openness"), "Openness to engagement, 0 to 1.")
    reexport_access = Reading(Attribute("reexport_access"), "Access for re-exports, 0 to 1.")
    reexport_ceiling = Reading(
        Attribute("reexport_ceiling"), "Most that re-exports can earn, share of GDP."
    )
    neutrality = Reading(Attribute("neutrality"), "Share of votes not taken part in.")
    claim = Reading(Attribute("claim"), "Hierarchical claim on it, by power, 0 to 1.")
    wariness = Reading(Attribute("wariness"), "Fear in the absence of events, by power.")

    access = Reading(Driver("access"), "Terms of access, by power.")
    barrier = Reading(Driver("barrier"), "Cost of trade, by power, log points.")
    migration = Reading(Driver("migration"), "Tightness of migration rules, by power.")

    def leverage_of(self, power: str) -> float:
        """Loss that the power could inflict, share of GDP."""
        return float(self.leverage[power])

    def alignment_with(self, power: str) -> float:
        """Share of the power in the exposure-weighted portfolio, 0 to 1."""
        return float(self.alignment[power])

    @property
    def deals_total(self) -> float:
        """Stock of realised deals with all powers, share of GDP."""
        return float(np.asarray(self.deals).sum())

    @property
    def member(self) -> bool:
        """Is it in the consultative group."""
        plan = self.model.plan
        index = max(self.model._simulation.index - 1, 0)
        return bool(plan.membership[index, self.row, 0])

    @_own_rule
    def choose_partners(self, choice: Portfolio) -> Array:
        """Target shares (power, channel) that the country moves towards; a subclass may replace it.

        Parameters
        ----------
        choice : Portfolio

        Returns
        -------
        array (power, channel)
            0 to 1, at most 1 in sum over the powers of a channel.
        """
        return choice.usual

    @_own_rule
    def comply(self, dispute: Dispute) -> Array:
        """Share of threats that it complies with, by power (power,); a subclass may replace it.

        Parameters
        ----------
        dispute : Dispute
            `impose` is known: what each power would do if the country resisted.

        Returns
        -------
        array (power,)
            0 to 1.
        """
        return dispute.usual


class PowerAgent(Actor):
    """A power, or the region itself as a partner. Read and changed as a `CountryAgent` is.

    Parameters
    ----------
    model : DiplomacyModel
    code : str
        The power's code.
    """

    axis = "power"

    attention = Reading(
        Stock("attention", ("country", "power"), 0, 1000), "Attention by country, budget units."
    )
    leverage = Reading(Outcome("leverage"), "Loss that it could inflict, by country, of GDP.")
    deals = Reading(Outcome("realised"), "Stock of realised deals, by country, share of GDP.")

    budget = Reading(Attribute("budget"), "Undistracted attention a quarter.")
    value = Reading(Attribute("value"), "Strategic value of each country to it.")
    claims = Reading(Attribute("claim"), "Hierarchical claim on each country, 0 to 1.")
    control = Reading(Attribute("control"), "How far it can use each channel as a weapon, 0 to 1.")

    stance = Reading(Driver("stance"), "Stance on the contested axis, -1 to 1.")
    distraction = Reading(Driver("distraction"), "Share of attention tied up elsewhere.")
    boost = Reading(Driver("boost"), "Multiplier of its interest in the region.")
    format = Reading(Driver("format"), "Bilateral fraction of its engagement.")
    enforcement = Reading(Driver("enforcement"), "Enforcement of secondary sanctions, 0 to 1.")
    demand = Reading(Driver("demand"), "Gap of demand in its economy.")
    exchange_rate = Reading(Driver("exchange_rate"), "Its currency, log points; down is weaker.")

    @property
    def total_attention(self) -> float:
        """Attention to all countries together, in budget units."""
        return float(np.asarray(self.attention).sum())

    @property
    def measures(self) -> tuple[tuple[str, str], ...]:
        """Country and channel of its measures in force."""
        names = self.model.world.names
        found = self.model.state.own_measures[:, self.row, :, 0] > 0
        return tuple(
            (names.countries[country], names.channels[channel])
            for country, channel in zip(*found.nonzero(), strict=True)
        )

    @property
    def measures_in_force(self) -> int:
        """Countries and channels in which own measures are in force, number."""
        return len(self.measures)

    def attention_to(self, country: str) -> float:
        """Attention to one country, in budget units."""
        return float(self.attention[country])

    @_own_rule
    def allocate_attention(self, choice: Budgeting) -> Array:
        """Shares of its bilateral attention (country,); a subclass may replace it.

        Parameters
        ----------
        choice : Budgeting

        Returns
        -------
        array (country,)
            0 or more, 1 in sum over the core countries (or 0 everywhere).
        """
        return choice.usual

    @_own_rule
    def threaten(self, dispute: Dispute) -> Array:
        """Share of quarters in which it threatens, by country; a subclass may replace it.

        Parameters
        ----------
        dispute : Dispute
            `impose` and `complying` are known: what would follow.

        Returns
        -------
        array (country,)
            0 to 1.
        """
        return dispute.usual

    @_own_rule
    def impose(self, dispute: Dispute) -> Array:
        """Share of resisted threats that it carries out, by country; a subclass may replace it.

        Parameters
        ----------
        dispute : Dispute

        Returns
        -------
        array (country,)
            0 to 1.
        """
        return dispute.usual


def agent_class(code: str, countries: tuple[str, ...], powers: tuple[str, ...]) -> type[Actor]:
    """The model's own class of an actor.

    Raises
    ------
    InputError
        If there is no such actor.
    """
    if code in powers:
        return PowerAgent
    place_of(code, countries + powers, "country or power")
    return CountryAgent
