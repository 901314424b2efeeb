"""What the tables of a case may hold: columns, and the ranges of attributes and parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

INFINITY = float("inf")
ROLES = ("trade", "labour", "transit", "energy", "capital", "security", "clearing")
ADDED_ROLES = ("trade", "labour", "transit")  # shares are added up over their channels
PLACEHOLDER = "to-be-found"  # what stands where a source or a name is still wanted
CONFIDENCE = ("high", "medium", "low", "expert")
SEASONS = ("1", "2", "3", "4")
PLACES = ("point", "town", "sea", "country", "power")  # a point has no name on the map
OUTLINES = ("land", "water", "country")


@dataclass(frozen=True)
class Column:
    """One column: what its cells are, and whether they may be blank or the column be left out."""

    name: str
    kind: Literal["text", "code", "colour", "number", "flag", "year"] = "text"
    blank: bool = False  # cells may be blank
    optional: bool = False  # the header may lack the column; its cells then are blank
    allowed: tuple[str, ...] = ()  # the values allowed; empty: any
    table: str = ""  # the table whose codes (first column) are the values allowed
    low: float = -INFINITY
    high: float = INFINITY


@dataclass(frozen=True)
class Attribute:
    """One attribute of the case: its axes, its range and its unit."""

    axes: tuple[str, ...]
    low: float
    high: float
    unit: str
    meaning: str


def _code(name: str, table: str, *, blank: bool = False) -> Column:
    return Column(name, blank=blank, table=table)


_NOTE = Column("note", blank=True, optional=True)
_SOURCE = Column("source", blank=True)
_DERIVATION = Column("derivation", blank=True)
_EVIDENCE = Column("evidence", blank=True)
_CONFIDENCE = Column("confidence", blank=True)
_RANGE = (Column("low", "number", blank=True), Column("high", "number", blank=True))
_YEAR = Column("year", "year", blank=True)

# In the order they are read: a table stands after those whose codes it uses.
TABLES: dict[str, tuple[Column, ...]] = {
    "documents": (
        Column("id"),
        Column("title"),
        Column("publisher"),
        Column("author", blank=True),
        Column("date"),
        Column("kind", blank=True),
        _NOTE,
    ),
    "evidence": (
        Column("id"),
        _code("document", "documents"),
        Column("as_of", blank=True),
        Column("country", blank=True),
        Column("partner", blank=True),
        Column("quantity"),
        Column("value", blank=True),
        Column("unit", blank=True),
        Column("period", blank=True),
        Column("qualifier", blank=True),
        Column("role", blank=True),
        Column("caution", blank=True),
    ),
    "sources": (
        Column("id"),
        Column("publisher"),
        Column("title"),
        Column("edition", blank=True),
        Column("years", blank=True),
        Column("licence", blank=True),
        _NOTE,
    ),
    "countries": (
        Column("country", "code"),
        Column("name"),
        Column("core", "flag"),
        Column("colour", "colour"),
    ),
    "powers": (
        Column("power", "code"),
        Column("name"),
        Column("kind", allowed=("power", "regional")),
        Column("bloc"),
        Column("sanctioned", "flag"),
        Column("enforcer", "flag"),
        Column("formats", blank=True),
        Column("colour", "colour"),
    ),
    "channels": (
        Column("channel", "code"),
        Column("name"),
        Column("role", allowed=ROLES),
        Column("unit", blank=True),
    ),
    "sectors": (
        Column("sector", "code"),
        Column("name"),
        _code("channel", "channels"),
        Column("background_share", "number", low=0),
        Column("rate_multiplier", "number", low=0),
        Column("realisable", "number", low=0, high=1),
        _SOURCE,
        _DERIVATION,
        _CONFIDENCE,
    ),
    "texts": (
        Column("text", "code"),
        Column("name"),
        Column("threshold", "number", low=-1, high=1),
        Column("sign", "number", allowed=("1", "-1")),
        _SOURCE,
        _DERIVATION,
        _CONFIDENCE,
    ),
    "texts_stakes": (
        _code("text", "texts"),
        _code("power", "powers", blank=True),
        Column("stake", "number", low=0),
    ),
    "routes": (
        Column("route", "code"),
        Column("name"),
        Column("commodity"),
        _code("country", "countries"),
        _code("power", "powers"),
        _code("channel", "channels"),
        _code("serves", "powers", blank=True),
        Column("volume", "number", low=0),
        Column("capacity", "number", low=0),
        Column("unit"),
        Column("unit_value_usd", "number", low=0),
        Column("utilisation", "number", blank=True, optional=True, low=0, high=1),
        Column("days", "number", low=0.1, high=1000),
        Column("lead_quarters", "number", low=0),
        Column("build_weight", "number", low=0),
        _YEAR,
        _SOURCE,
        _DERIVATION,
        _EVIDENCE,
        _CONFIDENCE,
        *_RANGE,
    ),
    "drivers": (
        Column("driver"),
        _code("country", "countries", blank=True),
        _code("power", "powers", blank=True),
        _code("other", "powers", blank=True),
        _code("channel", "channels", blank=True),
        _code("route", "routes", blank=True),
        _YEAR,
        Column("value", "number", blank=True),
        Column("persistence", "number", blank=True, low=0, high=1),
        Column("noise", "number", blank=True, low=0),
        _SOURCE,
        _DERIVATION,
        _EVIDENCE,
        _CONFIDENCE,
        *_RANGE,
    ),
    "attributes": (
        Column("attribute"),
        _code("country", "countries", blank=True),
        _code("power", "powers", blank=True),
        _code("channel", "channels", blank=True),
        Column("season", blank=True, allowed=SEASONS),
        _YEAR,
        Column("value", "number"),
        Column("unit", blank=True),
        *_RANGE,
        _SOURCE,
        _DERIVATION,
        _EVIDENCE,
        _CONFIDENCE,
    ),
    "parameters": (
        Column("id"),
        Column("name"),
        Column("symbol"),
        Column("value", "number"),
        *_RANGE,
        Column(
            "distribution",
            blank=True,
            allowed=("triangular", "lognormal", "uniform", "fixed"),
        ),
        Column("class", allowed=("A", "B", "norm", "convention")),
        _SOURCE,
        _DERIVATION,
        Column("identified_by", blank=True),
        _EVIDENCE,
    ),
    "observed_ranges": (
        Column("quantity"),
        Column("value", "number"),
        *_RANGE,
        Column("unit"),
        Column("years", blank=True),
        _SOURCE,
        _DERIVATION,
        _CONFIDENCE,
    ),
    "record_codes": (
        Column("record"),
        Column("code", "code"),
        _NOTE,
    ),
    "measures": (
        Column("measure", "code"),
        Column("title"),
        Column("family", "code"),
        Column("outcome"),
        Column("over", allowed=("mean", "change")),
        Column("country", blank=True),
        Column("partner", blank=True),
        Column("file", blank=True),
        Column("series", blank=True),
        Column("per", blank=True),
        Column("observed_unit", blank=True, optional=True),
        Column("without", blank=True, optional=True),
        Column("scale", "number"),
        Column("unit"),
        Column("doubtful", blank=True, optional=True),
        _NOTE,
    ),
    "series": (
        _code("measure", "measures"),
        _code("country", "countries", blank=True),
        _code("power", "powers", blank=True),
        Column("year", "year"),
        Column("value", "number"),
        Column("error", "number", low=0),
        Column("unit"),
        _SOURCE,
        _DERIVATION,
        _CONFIDENCE,
    ),
    "reporters": (
        _code("measure", "measures"),
        _code("country", "countries", blank=True),
        _code("power", "powers", blank=True),
        _code("source", "sources"),
        Column("series"),
        Column("year", "year"),
        Column("value", "number"),
        Column("unit"),
        _CONFIDENCE,
    ),
    "roll_calls": (
        Column("resolution"),
        Column("date"),
        _code("text", "texts"),
        _code("country", "countries"),
        Column("vote", allowed=("Y", "A", "N", "NV", "not N")),
        _SOURCE,
        _NOTE,
    ),
    "observed_drivers": (
        Column("driver"),
        _code("country", "countries", blank=True),
        _code("power", "powers", blank=True),
        _code("other", "powers", blank=True),
        _code("channel", "channels", blank=True),
        _code("route", "routes", blank=True),
        Column("period"),
        Column("value", "number"),
        Column("relative", "flag"),
        _SOURCE,
        _DERIVATION,
        _CONFIDENCE,
    ),
    "targets": (
        Column("target"),
        Column("group", "code"),
        Column("measure", "code", blank=True),
        _code("country", "countries", blank=True),
        _code("power", "powers", blank=True),
        _code("text", "texts", blank=True),
        Column("statistic"),
        Column("from", "year", blank=True),
        Column("to", "year", blank=True),
        Column("value", "number"),
        Column("error", "number", low=0),
        Column("unit"),
        Column("years"),
        _SOURCE,
        _DERIVATION,
        Column("informs"),
        _CONFIDENCE,
    ),
    "evidence_observables": (
        _code("evidence", "evidence"),
        Column("observable"),
        Column("statistic", allowed=("growth", "level", "vote")),
        Column("year", "year"),
        Column("scale", "number"),
        _NOTE,
    ),
    "residual_noise": (
        Column("driver"),
        _code("country", "countries", blank=True),
        _code("power", "powers", blank=True),
        _code("channel", "channels", blank=True),
        _code("route", "routes", blank=True),
        _YEAR,
        Column("persistence", "number", low=0, high=1),
        Column("noise", "number", low=0),
        _SOURCE,
        _DERIVATION,
    ),
    "map_places": (
        Column("place"),
        Column("kind", allowed=PLACES),
        _code("country", "countries", blank=True),
        _code("power", "powers", blank=True),
        Column("longitude", "number", low=-180, high=180),
        Column("latitude", "number", low=-80, high=80),
        Column("source"),
        Column("derivation"),
    ),
    "map_lines": (
        _code("route", "routes"),
        Column("places"),
        Column("source"),
        Column("derivation"),
    ),
    "map_outlines": (
        Column("outline"),
        Column("kind", allowed=OUTLINES),
        _code("country", "countries", blank=True),
        Column("points"),
        Column("source"),
        Column("derivation"),
    ),
}

# What pictures are drawn on. No run depends on it, so it does not count in the hash of a case.
DRAWN = ("map_places", "map_lines", "map_outlines")

# Tables that a case may do without; where the file is missing, so is the table.
OPTIONAL = (
    *DRAWN,
    "observed_ranges",
    "record_codes",
    "measures",
    "series",
    "reporters",
    "roll_calls",
    "observed_drivers",
    "targets",
    "evidence_observables",
    "residual_noise",
)

# What makes a row of a table unique.
KEYS: dict[str, tuple[str, ...]] = {
    **{name: (columns[0].name,) for name, columns in TABLES.items()},
    "texts_stakes": ("text", "power"),
    "routes": ("route", "year"),
    "drivers": ("driver", "country", "power", "other", "channel", "route", "year"),
    "attributes": ("attribute", "country", "power", "channel", "season", "year"),
    "parameters": ("name",),
    "series": ("measure", "country", "power", "year"),
    "reporters": ("measure", "country", "power", "source", "series", "year"),
    "roll_calls": ("resolution", "country"),
    "observed_drivers": ("driver", "country", "power", "other", "channel", "route", "period"),
    "residual_noise": ("driver", "country", "power", "channel", "route", "year"),
}

# A case without these could not be simulated; the others may hold their header only.
NEEDED = ("countries", "powers", "channels", "sectors", "drivers", "attributes", "parameters")

# What a parameter can be at all, whatever the evidence: beyond, its equation has no meaning.
_PART = (0.0, 1.0)  # a share, or the part of a gap that a quarter closes
_WEIGHT = (0.0, 100.0)
PARAMETERS: dict[str, tuple[float, float]] = {
    "remittance_elasticity": _WEIGHT,
    "trade_elasticity": _WEIGHT,
    "deal_size": _PART,
    "deal_dispersion": (0.0, 5.0),
    "disbursement": _PART,
    "stock_depreciation": (1e-6, 1.0),
    "deal_growth": _WEIGHT,
    "output_decay": _PART,
    "construction_lag": (1.0, 1000.0),
    "measure_lapse": _PART,
    "measure_severity": _PART,
    "threat_hazard": _PART,
    "reexport_margin": _WEIGHT,
    "reexport_speed": _PART,
    "cohesion_speed": _PART,
    "attention_speed": _PART,
    "fear_tolerance": _PART,
    "allocation_exponent": (0.0, 10.0),
    "multilateral_rivalry": _PART,
    "deal_rate": (0.0, 10.0),
    "attention_pull": _WEIGHT,
    "fear_push": _WEIGHT,
    "learning_rate": _PART,
    "forgetting_rate": (1e-6, 1.0),
    "neighbour_learning": _PART,
    "determinacy": (0.0, 1e6),
    "resolve": _WEIGHT,
    "sender_cost": _WEIGHT,
    "distraction_cost": _WEIGHT,
    "threat_cost": _WEIGHT,
    "autonomy_cost": _WEIGHT,
    "conflict_expectation": _WEIGHT,
    "enforcement_sensitivity": (0.0, 1e4),
    "bypass_investment": _WEIGHT,
    "own_weight": (1e-6, 1e6),
    "stock_weight": _WEIGHT,
    "outside_option_weight": _PART,
    "vote_cutpoint": (-100.0, 0.0),
    "vote_noise": (1e-6, 100.0),
    "format_cohesion": _WEIGHT,
    "rivalry_response": _WEIGHT,
    "reexport_determinacy": _WEIGHT,
    "reexport_trade_pull": _WEIGHT,
    "reexport_income": _WEIGHT,
    "stock_pull": _WEIGHT,
    "security_pull": _WEIGHT,
    "build_boost": _WEIGHT,
    "cohesion_pull": _WEIGHT,
    "corridor_pull": _WEIGHT,
    "days_elasticity": (0.0, 10.0),
    "exchange_rate_elasticity": _WEIGHT,
    "oil_income": _WEIGHT,
    "fear_cohesion": _WEIGHT,
    "minimum_leverage": (1e-6, 1.0),
    "threat_alarm": _PART,
    "concession_weight": _WEIGHT,
    "concession_quarters": (1.0, 1000.0),
    "discount_rate": _PART,
    "currency_pass_through": _WEIGHT,
    "oil_pass_through": _WEIGHT,
}

ATTRIBUTES: dict[str, Attribute] = {
    "exposure": Attribute(("country", "channel"), 0, 5, "share of GDP", "value at risk"),
    "share": Attribute(
        ("country", "power", "channel"),
        0,
        1,
        "share of the channel",
        "what a power supplies, apart from what named routes carry",
    ),
    "residual": Attribute(
        ("country", "channel"),
        0,
        1,
        "share of the channel",
        "residual supplier of a channel with named routes",
    ),
    "substitution": Attribute(("channel",), 1.0001, 100, "elasticity", "ease of substitution"),
    "season": Attribute(("season", "channel"), 0, 10, "ratio", "multiplier of exposure"),
    "control": Attribute(("power", "channel"), 0, 1, "share", "weaponisability"),
    "value": Attribute(("power", "country"), 0, INFINITY, "relative", "strategic value"),
    "budget": Attribute(("power",), 0, 100, "attention a quarter", "undistracted attention"),
    "claim": Attribute(("country", "power"), 0, 1, "share", "hierarchical claim"),
    "weight": Attribute(("country",), 0, INFINITY, "relative", "bargaining weight"),
    "openness": Attribute(("country",), 0, 1, "share", "openness to engagement"),
    "reexport_access": Attribute(("country",), 0, 1, "share", "access for re-exports"),
    "reexport_ceiling": Attribute(("country",), 0, 1, "share of GDP", "most re-exports can earn"),
    "neutrality": Attribute(("country",), 0, 1, "share", "votes not taken part in"),
    "position": Attribute(("country",), -1, 1, "position", "position at the base"),
    "wariness": Attribute(("country", "power"), 0, 1, "fear", "fear in the absence of events"),
    "cohesion": Attribute((), 0, 1, "joint voice", "joint voice at the base"),
    "responsiveness": Attribute(("channel",), 0, 10, "ratio", "response to attention"),
    "adjustment": Attribute(("channel",), 0, 1, "share a quarter", "share of the gap closed"),
    "drift": Attribute(("power", "channel"), -1, 1, "log points a year", "secular drift"),
    "realisation": Attribute(("power",), 0, 10, "ratio", "multiplier of disbursement"),
    "hydrocarbon": Attribute(("country",), 0, 1, "share", "transit exposure priced with oil"),
    "gdp": Attribute(("country",), 1e-6, 1e6, "USD bn a year", "output"),
    "growth": Attribute(("country",), -1, 1, "share a year", "trend growth"),
    "migrants": Attribute(("country", "power"), 0, 1e6, "thousand persons", "migrants abroad"),
}
