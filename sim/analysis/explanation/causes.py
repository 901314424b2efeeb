"""What the terms of a decomposition are called."""

from __future__ import annotations

from typing import NamedTuple


class Cause(NamedTuple):
    """A term, and the mechanism or route within it."""

    term: str
    detail: str = ""


STARTING = Cause("starting point")
ATTENTION = Cause("attention")
FEAR = Cause("fear")
DEALS = Cause("deals")
EXPOSURE = Cause("drivers", "value at risk")
STANCE = Cause("drivers", "stance")
PREFERENCE = Cause("drivers", "preference")
CONCESSIONS = Cause("concessions")
BARGAINING = Cause("bargaining", "terms")
CLOSURES = "closures and events"  # detail of a disruption that a scenario brings
STOCK = Cause("deals", "stock of realised deals")

# Terms in the order in which they are told, and what each holds.
TERMS: dict[str, str] = {
    "attention": "a power's attention and agenda, through the shares",
    "fear": "fear of a power, through the shares",
    "deals": "realised deals, through the shares, as weight in the position or as income",
    "capacity": "capacity and transit time of routes, through the shares",
    "drivers": "what comes from outside: demand, currencies, barriers, sanctions, stances, ...",
    "bargaining": "the terms of engagement that deals come on",
    "concessions": "threats that the country gave in to",
    "disruption": "flows that closures, events and coercive measures interrupt",
    "remittances": "what migrants send",
    "re-exports": "income of re-exports",
    "oil": "income that follows the oil price",
    "starting point": "figures of the case that the two scenarios set differently",
}


def capacity(route: str) -> Cause:
    """The part of capacity that is one route's."""
    return Cause("capacity", route)


def driver(name: str) -> Cause:
    """The part of the drivers that is one mechanism's."""
    return Cause("drivers", name)
