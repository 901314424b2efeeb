"""What the data collector keeps each quarter: the model's own reporters and a user's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mesa

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

    def __call__(self, agent: Actor) -> Any:
        return getattr(agent, self.name)


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
        If a reporter names an attribute that an agent it reports on, or the model, does not have.
    """
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
        for actor in kinds.values():
            every[name] = _reader(name, reporter, actor)
    return mesa.DataCollector(
        model_reporters={name: name for name in _MODEL} | dict(model_reporters),
        agent_reporters=every,
        agenttype_reporters=by_type,
    )


def _reader(name: str, reporter: Any, actor: Actor) -> Any:
    if not isinstance(reporter, str):
        return reporter
    if reporter not in vars(actor) and not hasattr(type(actor), reporter):
        raise InputError(_no_attribute(name, reporter, type(actor)))
    return Attribute(reporter)


def _no_attribute(name: str, attribute: str, kind: type) -> str:
    known = [found for found in dir(kind) if not found.startswith("_")]
    return (
        f"reporter {name!r}: {kind.__name__} has no attribute {attribute!r}"
        f"{nearest(attribute, known)} (reporters of one type of agent go to agenttype_reporters)"
    )
