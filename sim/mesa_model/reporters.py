"""What the data collector keeps each quarter: the model's own reporters and a user's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mesa
import pandas as pd

from sim.core.errors import InputError
from sim.mesa_model.agents import Actor, CountryAgent, PowerAgent
from sim.scenario.problems import nearest

Reporters = Mapping[str, Any]  # name -> attribute, function, or [function, [arguments]]

_MODEL = ("quarter", "cohesion", "position_dispersion")
_AGENTS: dict[type[Actor], tuple[str, ...]] = {
    CountryAgent: (
        "quarter",
        "code",
        "position",
        "autonomy",
        "entropy",
        "output",
        "remittance_index",
        "reexport_intensity",
    ),
    PowerAgent: (
        "quarter",
        "code",
        "total_attention",
        "stance",
        "distraction",
        "measures_in_force",
    ),
}


class Attribute:
    """Reads an attribute of an agent; unlike Mesa's own reader it can be pickled.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, agent: mesa.Agent) -> Any:
        return getattr(agent, self.name)


class AnyAttribute(Attribute):
    """Reads an attribute that not all agents have: None from those that do not."""

    def __call__(self, agent: mesa.Agent) -> Any:
        return getattr(agent, self.name, None)


class Collector(mesa.DataCollector):
    """Mesa's collector, whose frame of all agents is there without agent reporters too.

    Default agent reporters would be the plain way, but Mesa 3.3's batch runner puts agents of one
    quarter beside the model of the next.
    """

    def get_agent_vars_dataframe(self) -> pd.DataFrame:
        """The agent reporters' frame, as Mesa gives it; without any, what is kept by type.

        Returns
        -------
        DataFrame
            A row a step and agent. Where an agent has no such attribute the cell is empty.
        """
        if self.agent_reporters:
            return super().get_agent_vars_dataframe()
        frames = [self.get_agenttype_vars_dataframe(kind) for kind in self.agenttype_reporters]
        # An empty frame of Mesa has a blank row.
        return pd.concat([frame.dropna(how="all") for frame in frames]).sort_index()


def collector(
    model: mesa.Model,
    actors: Sequence[Actor],
    model_reporters: Reporters,
    agent_reporters: Reporters,
    agenttype_reporters: Mapping[type[Actor], Reporters],
) -> mesa.DataCollector:
    """Mesa's collector with the model's own reporters and those of a user, which win by name.

    Parameters
    ----------
    model : DiplomacyModel
    actors : sequence of Actor
    model_reporters, agent_reporters, agenttype_reporters : mapping
        As Mesa takes them; reporters of a type are those of its subclasses too, and a user's own
        kinds of agents, which come later, have those that are given for them.

    Raises
    ------
    InputError
        If a reporter names an attribute that an agent it reports on, or the model, does not have,
        or is nothing that can be reported.
    """
    _check(model_reporters, "model_reporters")
    _check(agent_reporters, "agent_reporters")
    if not isinstance(agenttype_reporters, Mapping):
        raise InputError(_no_mapping("agenttype_reporters", agenttype_reporters))
    for kind, reporters in agenttype_reporters.items():
        if not isinstance(kind, type):
            raise InputError(f"agenttype_reporters: found {kind!r}; a class of agents is needed")
        _check(reporters, f"agenttype_reporters of {kind.__name__}")
    for name, reporter in model_reporters.items():
        if isinstance(reporter, str) and not hasattr(type(model), reporter):
            raise InputError(_no_attribute(name, reporter, type(model)))
    kinds = {type(actor): actor for actor in actors}  # one of each
    own = {kind: {name: name for name in names} for kind, names in _AGENTS.items()}
    by_type: dict[type[Actor], dict[str, Any]] = {}
    for kind, actor in kinds.items():
        found = by_type.setdefault(kind, {})
        for parent, reporters in [*own.items(), *agenttype_reporters.items()]:
            if isinstance(actor, parent):
                found |= {name: _reader(name, one, actor) for name, one in reporters.items()}
    for kind, reporters in agenttype_reporters.items():
        if not any(issubclass(one, kind) for one in kinds):
            if issubclass(kind, Actor):
                raise InputError(
                    f"agenttype_reporters: no agent of this model is a {kind.__name__}"
                )
            by_type[kind] = dict(reporters)
    every: dict[str, Any] = {}
    for name, reporter in agent_reporters.items():
        having = [actor for actor in kinds.values() if _has(actor, reporter)]
        if isinstance(reporter, str) and not having:
            raise InputError(_no_attribute(name, reporter, *kinds))
        for actor in having:
            _reader(name, reporter, actor)
        every[name] = AnyAttribute(reporter) if isinstance(reporter, str) else reporter
    return Collector(
        model_reporters={name: name for name in _MODEL} | dict(model_reporters),
        agent_reporters=every,
        agenttype_reporters=by_type,
    )


def _check(reporters: object, what: str) -> None:
    """Refuse what Mesa would stumble over in the midst of a run."""
    if not isinstance(reporters, Mapping):
        raise InputError(_no_mapping(what, reporters))
    for name, reporter in reporters.items():
        if not (isinstance(reporter, str | list | tuple) or callable(reporter)):
            raise InputError(
                f"{what}: found {reporter!r} for {name!r}; allowed: the name of an attribute, a "
                "function, or [function, [arguments]]"
            )


def _no_mapping(what: str, found: object) -> str:
    return f"{what}: found {found!r}; a mapping is needed, {{name: attribute or function}}"


def _reader(name: str, reporter: Any, actor: Actor) -> Any:
    if not isinstance(reporter, str):
        return reporter
    if not _has(actor, reporter):
        raise InputError(_no_attribute(name, reporter, type(actor)))
    if callable(getattr(type(actor), reporter, None)):
        raise InputError(
            f"reporter {name!r}: {reporter} of {type(actor).__name__} is a method; give a function "
            "that calls it"
        )
    return Attribute(reporter)


def _has(actor: Actor, attribute: object) -> bool:
    """Does an agent have an attribute; asked of its class, for reading it may take a while."""
    return isinstance(attribute, str) and (
        attribute in vars(actor) or hasattr(type(actor), attribute)
    )


def _no_attribute(name: str, attribute: str, *kinds: type) -> str:
    known = {found for kind in kinds for found in dir(kind) if not found.startswith("_")}
    kind = " or ".join(kind.__name__ for kind in kinds)
    return (
        f"reporter {name!r}: {kind} has no attribute {attribute!r}"
        f"{nearest(attribute, sorted(known))}"
    )
