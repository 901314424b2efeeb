"""A case as a card in a notebook: who is in it, how much of it, which version."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sim.card import card, code, line, table, title
from sim.core import quarters

if TYPE_CHECKING:
    from sim.case.case import Case

_COUNTED = {  # tables whose rows are counted, as they are called
    "attributes": "rows of attributes",
    "drivers": "rows of drivers",
    "parameters": "parameters",
    "evidence": "pieces of evidence",
    "documents": "documents",
    "sources": "public sources",
}


def case_card(case: Case) -> str:
    """Actors, channels, routes and tables, with base quarter and hash."""
    return card(
        lambda: title(case.title, "case"),
        lambda: line(case.description),
        lambda: line(
            code(case.name),
            f" as of {quarters.name(case.as_of)}; can also start from "
            f"{', '.join(map(quarters.name, sorted(case.bases)))}; hash {case.hash()[:12]}.",
        ),
        lambda: _actors(case),
        lambda: _amount(case),
        lambda: line(
            "Go on with ", code("print(case.show())"), ", of one country with its code, or ",
            code('case.table("routes")'), ".",
        ),
    )  # fmt: skip


def _actors(case: Case) -> str:
    """Names and codes of what the case is made of."""

    def named(name: str, key: str, core: bool | None = None) -> str:
        names = {
            row[key]: row["name"]
            for row in case.table(name)
            if core is None or bool(row.number("core")) == core
        }
        return ", ".join(f"{words} ({short})" for short, words in names.items())

    rows = [
        ("Countries", named("countries", "country", True)),
        ("Further countries", named("countries", "country", False)),
        ("Powers", named("powers", "power")),
        ("Channels", named("channels", "channel")),
        ("Sectors of deals", named("sectors", "sector")),
    ]
    return table(("Part", "Names"), [row for row in rows if row[1]])


def _amount(case: Case) -> str:
    """How many routes there are, and how many rows the tables hold."""
    routes = {row["route"]: row["commodity"] for row in case.table("routes")}
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(Counter(routes.values()).items()))
    held = [
        f"{len(case.tables[name]):,} {words}"
        for name, words in _COUNTED.items()
        if name in case.tables
    ]
    posterior = case.posterior
    drawn = "no posterior" if posterior is None else f"{posterior.draws:,} posterior draws"
    return line(f"{len(routes)} routes ({kinds}). It holds {', '.join(held)}, and {drawn}.")
