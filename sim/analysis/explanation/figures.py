"""The figures of a case that a term rests on, and the evidence and documents behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from sim.analysis.explanation.causes import CLOSURES
from sim.analysis.explanation.decompose import REST
from sim.analysis.explanation.explanation import Change
from sim.case.check import identifiers
from sim.case.provenance import Figure, Provenance
from sim.case.schema import ATTRIBUTES
from sim.core.drivers import DRIVERS

_TERMS = 3  # of an outcome, whose figures are listed
_COLUMNS = [
    "outcome",
    "term",
    "weight",
    "figure",
    "value",
    "unit",
    "low",
    "high",
    "place",
    "source",
    "evidence",
    "confidence",
]

# What each term rests on: attributes and drivers by name, parameters behind a "parameter.". The
# codes of the term choose the cells. What the channel of a flow is worth and who supplies it stands
# behind whatever comes through shares.
_FLOW = ("share", "exposure", "control", "substitution")
_WAR_CHEST = ("parameter.threat_hazard", "claim", "parameter.resolve", "driver.distraction")
_BEHIND: dict[tuple[str, str], tuple[str, ...]] = {
    ("attention", ""): (
        "parameter.attention_pull",
        "budget",
        "value",
        "driver.distraction",
        "driver.agenda",
        "responsiveness",
    ),
    ("fear", ""): (
        "parameter.fear_push",
        "control",
        "parameter.learning_rate",
        "parameter.forgetting_rate",
        "wariness",
    ),
    ("deals", ""): ("parameter.stock_pull", "parameter.deal_rate", "realisation"),
    ("deals", "stock of realised deals"): (
        "parameter.stock_weight",
        "parameter.deal_rate",
        "parameter.deal_size",
        "parameter.disbursement",
        "realisation",
    ),
    ("deals", "income from projects"): (
        "parameter.deal_growth",
        "parameter.deal_rate",
        "parameter.deal_size",
        "parameter.disbursement",
    ),
    ("drivers", "demand"): (
        "parameter.trade_elasticity",
        "parameter.remittance_elasticity",
        "driver.demand",
    ),
    ("drivers", "exchange rate"): ("parameter.exchange_rate_elasticity", "driver.exchange_rate"),
    ("drivers", "migration rules"): ("driver.migration",),
    ("drivers", "re-exports"): (
        "parameter.reexport_trade_pull",
        "reexport_access",
        "driver.sanctions",
    ),
    ("drivers", "corridors"): ("parameter.corridor_pull",),
    ("drivers", "barrier"): ("driver.barrier", "substitution"),
    ("drivers", "security threat"): ("parameter.security_pull", "driver.security_threat"),
    ("drivers", "joint voice"): ("parameter.cohesion_pull", "cohesion"),
    ("drivers", "drift"): ("drift", "driver.drift"),
    ("drivers", "preference"): ("driver.preference", "noise.preference"),
    ("drivers", "value at risk"): ("exposure", "driver.exposure", "noise.exposure"),
    ("drivers", "stance"): ("driver.stance", "noise.stance"),
    ("bargaining", "terms"): ("parameter.outside_option_weight", "weight", "budget", "cohesion"),
    ("concessions", ""): (
        "parameter.concession_weight",
        "parameter.concession_quarters",
        *_WAR_CHEST,
    ),
    ("disruption", CLOSURES): ("share", "exposure", "substitution"),
    ("disruption", "coercion"): (
        "share",
        "exposure",
        "substitution",
        "parameter.measure_severity",
        *_WAR_CHEST,
    ),
    ("remittances", "demand"): ("parameter.remittance_elasticity", "exposure", "driver.demand"),
    ("remittances", "exchange rate"): (
        "parameter.exchange_rate_elasticity",
        "exposure",
        "driver.exchange_rate",
    ),
    ("remittances", "migration rules"): ("exposure", "driver.migration"),
    ("re-exports", ""): (
        "parameter.reexport_income",
        "reexport_ceiling",
        "reexport_access",
        "driver.sanctions",
    ),
    ("oil", ""): ("parameter.oil_income", "hydrocarbon", "exposure", "driver.oil", "noise.oil"),
}


def figures_behind(changes: Iterable[Change], found: Provenance, country: str) -> pd.DataFrame:
    """Figures that the largest terms of each change rest on.

    Parameters
    ----------
    changes : iterable of Change
    found : Provenance
        At the base quarter of the scenario.
    country : str

    Returns
    -------
    DataFrame
        outcome, term, weight (the term's part of the sum of all terms, signs left out), figure,
        value, unit, low, high, place, source, evidence, confidence; a figure once an outcome.
    """
    rows: list[dict[str, Any]] = []
    for change in changes:
        seen: set[str] = set()
        whole = change.terms["value"].abs().sum()
        for term in change.terms.head(_TERMS).to_dict("records"):
            if term["value"] == 0:
                continue
            for figure in _of_term(term, change.outcome, found, country):
                if figure.id in seen:
                    continue
                seen.add(figure.id)
                rows.append(
                    {
                        "outcome": change.outcome,
                        "term": ", ".join(filter(None, (term["term"], term["detail"]))),
                        "weight": abs(term["value"]) / whole,
                        "figure": figure.id,
                        "value": figure.value,
                        "unit": figure.unit,
                        "low": figure.low,
                        "high": figure.high,
                        "place": f"{figure.table}.csv:{figure.line}",
                        "source": "; ".join(figure.sources),
                        "evidence": "; ".join(figure.evidence),
                        "confidence": figure.confidence,
                    }
                )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _of_term(
    term: Mapping[Any, Any], outcome: str, found: Provenance, country: str
) -> Iterator[Figure]:
    """Figures behind one term: its mechanism's, then those of the flow that it works through."""
    kind, detail = str(term["term"]), str(term["detail"])
    codes = {"country": country, "power": str(term["power"]), "channel": str(term["channel"])}
    if outcome.startswith("share."):
        codes["channel"] = outcome.split(".")[3]
    codes = {axis: code for axis, code in codes.items() if code not in ("", REST)}
    if kind == "capacity":
        yield from _route(detail, found)
        names: tuple[str, ...] = ("parameter.days_elasticity",)
    else:
        names = _BEHIND.get((kind, detail), ())
    through = codes.get("channel") and kind not in ("remittances", "oil")
    if not outcome.startswith("output") and through:
        names = (*names, *_FLOW)
    if outcome.startswith("position"):
        names = (*names, "driver.stance", "position", "parameter.own_weight")
    for name in dict.fromkeys(names):
        yield from _named(name, codes, found)


def _named(name: str, codes: Mapping[str, str], found: Provenance) -> Iterator[Figure]:
    if name.startswith("parameter."):
        yield found.figure(name)
        return
    plain = name.split(".")[-1]
    axes = ATTRIBUTES[name].axes if name in ATTRIBUTES else DRIVERS[plain].axes
    if not set(axes) <= set(codes):
        return  # about another actor than the term, such as the supplier that no power stands for
    cell = {axis: codes[axis] for axis in axes}
    carried = found.carried(**cell) if name == "share" else []
    yield from (one for one in carried if one.value != 0)
    figure = found.cell(name, **cell)
    if figure is not None and not (carried and figure.value == 0):
        yield figure


def _route(name: str, found: Provenance) -> Iterator[Figure]:
    for figure in found.figures:
        if (
            figure.table == "routes"
            and figure.name == name
            and figure.column
            in (
                "volume",
                "capacity",
                "days",
            )
        ):
            yield figure


def evidence_behind(events: pd.DataFrame, figures: pd.DataFrame, found: Provenance) -> pd.DataFrame:
    """Evidence rows that events and figures name, with their documents; events' first.

    Returns
    -------
    DataFrame
        evidence, quantity, caution, document, title, publisher, date.
    """
    own = events[events["own"]] if len(events) else events
    cells = [*(own["source"] if len(own) else ()), *figures["evidence"]]
    rows = {row["id"]: row for row in found.case.table("evidence")}
    listed = []
    for name in dict.fromkeys(one for cell in cells for one in identifiers(cell)):
        if name not in rows:
            continue
        row, document = rows[name], found.document(name)
        told = row["quantity"]
        if row["value"]:
            told += f": {row['value']} {row['unit']}"
        listed.append(
            {
                "evidence": name,
                "quantity": told,
                "caution": row["caution"],
                "document": row["document"],
                "title": document["title"],
                "publisher": document["publisher"],
                "date": document["date"],
            }
        )
    columns = ["evidence", "quantity", "caution", "document", "title", "publisher", "date"]
    return pd.DataFrame(listed, columns=columns)
