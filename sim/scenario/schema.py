"""What a scenario file may hold: its tables and keys, their types, ranges and defaults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    PrivateAttr,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from sim.core import quarters
from sim.scenario.distributions import DISTRIBUTIONS, INFINITY, Distribution, Number
from sim.scenario.positions import KeyPath
from sim.scenario.problems import innermost

MOST_RUNS = 10_000_000  # of a scenario; more would fill any disk, and are a slip of the keyboard
MOST_QUARTERS = 400  # a century, far beyond what shares and stocks of today can tell

# ---------------------------------------------------------------------------- kinds of values


def _quarter(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is not a quarter; write it in quotes: "2023Q1"')
    return quarters.parse(value)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _kind_of_value(value: object) -> str:
    return "<distribution>" if isinstance(value, dict | BaseModel) else "<number>"


@dataclass(frozen=True)
class Within:
    """Holds a number, or all that a distribution can give, in a range."""

    low: float
    high: float = INFINITY
    above: bool = False  # low itself is left out

    def __call__(self, value: float | Distribution) -> float | Distribution:
        least, greatest = (value, value) if isinstance(value, float) else value.support()
        if least < self.low or greatest > self.high or (self.above and greatest <= self.low):
            if isinstance(value, float):
                raise ValueError(f"{value:g} is not allowed; allowed: {self.words()}")
            raise ValueError(
                f"{value.words()} reaches from {least:g} to {greatest:g}; "
                f"allowed: {self.words()} (low and high cut a distribution off)"
            )
        return value

    def words(self) -> str:
        """The range as a reader sees it: ``0 to 1``."""
        if self.above:
            return f"above {self.low:g}"
        ranged = f"{self.low:g} to {self.high:g}"
        return ranged if self.high < INFINITY else f"{self.low:g} or more"


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("is blank")
    return value


def _once(codes: list[str]) -> list[str]:
    for code in codes:
        if codes.count(code) > 1:
            raise ValueError(f"{code!r} stands in it twice")
    return codes


Quarter = Annotated[
    int,
    BeforeValidator(_quarter),
    PlainSerializer(quarters.name),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}[Qq][1-4]$"}),
]
Text = Annotated[str, AfterValidator(_text)]
Codes = Annotated[
    list[str],
    Field(min_length=1),
    BeforeValidator(_listed),
    AfterValidator(_once),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Value = Annotated[
    Annotated[Number, Tag("<number>")]
    | Annotated[Distribution, Field(discriminator="distribution"), Tag("<distribution>")],
    Discriminator(_kind_of_value),
]
Share = Annotated[Value, AfterValidator(Within(0, 1))]
NotNegative = Annotated[Value, AfterValidator(Within(0))]
Duration = Annotated[Value, AfterValidator(Within(0, above=True))]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


# ----------------------------------------------------------------------------- small tables


class Horizon(_Table):
    """First and last simulated quarter."""

    start: Quarter | None = Field(default=None, description="first quarter")
    end: Quarter | None = Field(default=None, description="last quarter")


class Membership(_Table):
    """Who is simulated, and who is in the consultative group at the start."""

    countries: Codes | None = Field(
        default=None, description="default: the core countries of the case"
    )
    powers: Codes | None = Field(default=None, description="default: all powers of the case")
    group: Annotated[list[str], BeforeValidator(_listed), AfterValidator(_once)] | None = Field(
        default=None,
        description="members at the start; default: the core countries that are simulated",
    )


class Switches(_Table):
    """Mechanisms of chance that can be turned off."""

    noise: bool = Field(default=True, description="noise of the drivers")
    coercion: bool = Field(
        default=True, description="threats that arise in the model (events still act)"
    )
    deals: bool = Field(
        default=True, description="deals that arise in the model (events still act)"
    )


class _Setting(_Table):
    """A table that sets something to a value, or changes it."""

    value: Value | None = Field(default=None, description="the new value")
    change: Value | None = Field(default=None, description="added to what stands")
    factor: Value | None = Field(default=None, description="multiplies what stands")

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in ("value", "change", "factor") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"give one of value, change, factor; found {found}")
        return self

    @property
    def setting(self) -> tuple[str, float | Distribution]:
        """Which of value, change and factor is given, and what it is."""
        for name in ("value", "change"):
            if getattr(self, name) is not None:
                return name, getattr(self, name)
        assert self.factor is not None
        return "factor", self.factor


class Attribute(_Setting):
    """An attribute of the case set to another value; indices left out mean all."""

    name: str = Field(description="the attribute")
    country: Codes | None = Field(default=None, description="default: all")
    power: Codes | None = Field(default=None, description="default: all")
    channel: Codes | None = Field(default=None, description="default: all")
    season: Annotated[int, Field(ge=1, le=4)] | None = Field(
        default=None, description="quarter of the year; default: all"
    )
    reason: Text | None = Field(default=None, description="why, in a sentence")
    source: Text | None = Field(
        default=None, description="a document or figure of the case, or `assumption: ...`"
    )


# ----------------------------------------------------------------------------- paths of drivers


class _Path(_Table):
    driver: str = Field(description="the driver")
    country: Codes | None = Field(default=None, description="default: all")
    power: Codes | None = Field(default=None, description="default: all")
    other: Codes | None = Field(
        default=None, description="of coordination: as `power` sees `other`"
    )
    channel: Codes | None = Field(default=None, description="default: all")
    route: Codes | None = Field(default=None, description="default: all")
    reason: Text = Field(description="why, in a sentence")
    source: Text = Field(description="a document or figure of the case, or `assumption: ...`")

    def dates(self) -> dict[KeyPath, int]:
        """The quarters that the path names, by key."""
        found = {("from",): getattr(self, "from_", None), ("to",): getattr(self, "to", None)}
        return {key: quarter for key, quarter in found.items() if quarter is not None}


P = TypeVar("P", bound=_Path)


def _follows(path: P, start: int, end: int | None, *, at_once: bool) -> P:
    if end is not None and (end < start or (end == start and not at_once)):
        raise ValueError(f"to ({quarters.name(end)}) must come after from ({quarters.name(start)})")
    return path


class ConstantPath(_Setting, _Path):
    """Another level from a quarter on, to the end or to a last quarter."""

    form: Literal["constant"] = Field(description="the form")
    from_: Quarter = Field(alias="from", description="first quarter")
    to: Quarter | None = Field(default=None, description="last quarter; default: the end")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        return _follows(self, self.from_, self.to, at_once=True)


class RampPath(_Setting, _Path):
    """A straight line from what stands at `from` to another level at `to`, which then stays."""

    form: Literal["ramp"] = Field(description="the form")
    from_: Quarter = Field(alias="from", description="quarter in which it starts to move")
    to: Quarter = Field(description="quarter in which it arrives")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        return _follows(self, self.from_, self.to, at_once=False)


class PulsePath(_Setting, _Path):
    """Another level for some quarters, which then dies away."""

    form: Literal["pulse"] = Field(description="the form")
    from_: Quarter = Field(alias="from", description="first quarter")
    to: Quarter | None = Field(default=None, description="last quarter in full force")
    quarters: Duration | None = Field(
        default=None, description="instead of `to`; fractions count in part"
    )
    decay: Annotated[float, Field(ge=0, le=1)] = Field(
        default=1.0, description="share lost a quarter afterwards; 1: gone at once"
    )

    @model_validator(mode="after")
    def _length(self) -> Self:
        if (self.to is None) == (self.quarters is None):
            raise ValueError("a pulse needs one of to and quarters")
        return _follows(self, self.from_, self.to, at_once=True)


class TablePath(_Path):
    """Values at some quarters and straight lines between them; the last value stays."""

    form: Literal["table"] = Field(description="the form")
    quarters: Annotated[list[Quarter], Field(min_length=1)] = Field(description="in time order")
    values: Annotated[list[Value], Field(min_length=1)] = Field(description="one for each quarter")

    @model_validator(mode="after")
    def _matched(self) -> Self:
        if len(self.quarters) != len(self.values):
            raise ValueError(f"{len(self.quarters)} quarters but {len(self.values)} values")
        if any(a >= b for a, b in zip(self.quarters, self.quarters[1:], strict=False)):
            raise ValueError("quarters must follow each other in time")
        return self

    def dates(self) -> dict[KeyPath, int]:
        return {("quarters", index): quarter for index, quarter in enumerate(self.quarters)}


class NoisePath(_Path):
    """Noise of a driver instead of the case's: autoregressive, added to the mean path."""

    form: Literal["noise"] = Field(description="the form")
    persistence: Annotated[float, Field(ge=0, lt=1)] = Field(
        description="share of a deviation left a quarter later"
    )
    sigma: Annotated[float, Field(ge=0, le=1e12)] = Field(
        description="standard deviation of a quarter's shock"
    )


SettingPath = ConstantPath | RampPath | PulsePath
Path = ConstantPath | RampPath | PulsePath | TablePath | NoisePath

# ----------------------------------------------------------------------------- events


class _Event(_Table):
    target: ClassVar[tuple[str, ...]] = ()  # fields that say whom the event is about
    date: Quarter = Field(description="when")
    reason: Text = Field(description="why, in a sentence")
    source: Text = Field(description="a document or figure of the case, or `assumption: ...`")


class CloseRoute(_Event):
    """A named route is closed, wholly or in part, for some quarters."""

    target = ("route",)
    kind: Literal["close_route"] = Field(description="the kind")
    route: str = Field(description="which route")
    quarters: Duration = Field(description="how long; fractions count in part")
    intensity: Share = Field(default=1.0, description="share of the route closed")
    attribution: Share = Field(default=0.5, description="how far it is read as coercion")


class Coerce(_Event):
    """A power interrupts its flow to a country in one channel for some quarters."""

    target = ("country", "power", "channel")
    kind: Literal["coerce"] = Field(description="the kind")
    country: str = Field(description="who is cut off")
    power: str = Field(description="who cuts off")
    channel: str = Field(description="in which channel")
    quarters: Duration = Field(description="how long; fractions count in part")
    intensity: Share = Field(default=1.0, description="share of the flow interrupted")
    attribution: Share = Field(default=1.0, description="how far it is read as coercion")


class Deal(_Event):
    """A deal is announced."""

    target = ("country", "power", "sector")
    kind: Literal["deal"] = Field(description="the kind")
    country: str = Field(description="with whom")
    power: str = Field(description="whose deal")
    sector: str = Field(description="a sector of the case")
    announced: NotNegative = Field(description="USD bn")
    stake: Share = Field(default=1.0, description="share of it that the power holds")
    financed: Share = Field(default=0.0, description="share of it with finance behind it")


class Summit(_Event):
    """A power turns to one or more countries for a while."""

    target = ("power", "countries")
    kind: Literal["summit"] = Field(description="the kind")
    power: str = Field(description="who turns")
    countries: Codes | None = Field(default=None, description="default: all")
    intensity: NotNegative = Field(default=1.0, description="multiples of the reference attention")


class Resolution(_Event):
    """A vote in the General Assembly on a date."""

    target = ("text",)
    kind: Literal["resolution"] = Field(description="the kind")
    text: str | None = Field(
        default=None, description="a text of the case, for what is not given here"
    )
    threshold: Annotated[float, Field(ge=-1, le=1)] | None = Field(
        default=None, description="how far along the contested axis the text goes"
    )
    sign: Literal[-1, 1] | None = Field(
        default=None, description="-1: a Yes is a vote against the axis"
    )
    stakes: dict[str, Annotated[float, Field(ge=0, le=1e12)]] | None = Field(
        default=None, description="how much each power cares"
    )

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.text is None and self.threshold is None:
            raise ValueError("a resolution needs a text or a threshold")
        return self


class _Opening(_Event):
    target = ("route",)
    route: str = Field(description="which route")
    capacity: Duration = Field(description="added, in the route's unit a year")
    ramp_quarters: Annotated[float, Field(ge=1, le=1e12)] = Field(
        default=4.0, description="quarters over which the capacity comes on line, evenly"
    )


class Project(_Opening):
    """Building on a named route is decided; the capacity comes after a lead time."""

    kind: Literal["project"] = Field(description="the kind")
    lead_quarters: NotNegative | None = Field(
        default=None, description="default: the case's routes"
    )


class OpenRoute(_Opening):
    """Capacity on a named route that comes on line from the date on."""

    kind: Literal["open_route"] = Field(description="the kind")


class Member(_Event):
    """A country joins or leaves the consultative group."""

    target = ("country",)
    kind: Literal["membership"] = Field(description="the kind")
    country: str = Field(description="who")
    joins: bool = Field(description="true if it joins, false if it leaves")


Event = CloseRoute | Coerce | Deal | Summit | Resolution | Project | OpenRoute | Member


def _at(value: object) -> object:
    if value in ("end", "mean"):
        return value
    if isinstance(value, str):
        try:
            return quarters.name(quarters.parse(value))
        except ValueError:
            pass
    raise ValueError(f'{value!r} is neither a quarter like "2023Q1" nor "end" nor "mean"')


class Headline(_Table):
    """What the scenario says it will move, which way, and why."""

    outcome: str = Field(description="column of an outcome: route_volume.CPC")
    at: Annotated[str, BeforeValidator(_at)] = Field(
        default="end", description="a quarter, end or mean"
    )
    direction: Literal["up", "down"] = Field(description="which way it moves")
    against: str | None = Field(default=None, description="a scenario; default: the one it extends")
    because: Text = Field(description="the reason, in a sentence")


# ----------------------------------------------------------------------------- the file


class _Contents(_Table):
    """What scenarios and their files have in common."""

    title: Text = Field(description="what the scenario is")
    question: Text = Field(description="what it asks")
    extends: Text | None = Field(default=None, description="another scenario")
    case: Text | None = Field(default=None, description="name or folder of the case")
    as_of: Quarter | None = Field(default=None, description="base quarter; default: the case's")
    runs: Annotated[int, Field(ge=1, le=MOST_RUNS)] = Field(
        default=1000, description="default number of runs"
    )
    seed: Annotated[int, Field(ge=0)] = Field(default=1, description="default root seed")
    horizon: Horizon = Field(default=Horizon(), description="first and last quarter")
    membership: Membership = Field(default=Membership(), description="who takes part")
    switches: Switches = Field(default=Switches(), description="what of chance is off")
    parameters: dict[str, Value] = Field(
        default={}, description="values of the case's parameters, by name"
    )
    attribute: list[Attribute] = Field(default=[], description="what differs from the case")
    path: list[Annotated[Path, Field(discriminator="form")]] = Field(
        default=[], description="courses of drivers"
    )
    event: list[Annotated[Event, Field(discriminator="kind")]] = Field(
        default=[], description="what happens, and when"
    )
    headline: list[Headline] = Field(default=[], description="what it says it will move")


def _settable(value: object) -> object:
    if isinstance(value, Mapping) and "distribution" not in value:
        raise ValueError(
            "is a table without a key 'distribution'; to name a field, write the whole path in "
            'quotes: "event.close_route.X.date"'
        )
    return value


class ScenarioFile(_Contents):
    """One scenario file as it is written: what is left out comes from what it extends."""

    also: list[Text] = Field(default=[], description="scenarios whose contents come on top")
    without: list[Text] = Field(default=[], description="inherited events and paths left out")
    change: dict[str, Annotated[Any, AfterValidator(_settable)]] = Field(
        default={}, description="fields of inherited events and paths set to other values, by path"
    )


@dataclass(frozen=True)
class Layer:
    """One file of those that are laid over each other in a scenario."""

    path: FilePath
    data: Mapping[str, Any]
    marks: Mapping[KeyPath, str]  # key path -> file:line
    folder: FilePath | None = None  # where what it names is looked for first


@dataclass(frozen=True)
class Origin:
    """Where a scenario comes from; the default is that of one made in Python, not from a file."""

    name: str = "scenario"  # the file's stem
    marks: Mapping[KeyPath, str] = field(default_factory=dict)  # key path -> file:line
    written: Mapping[str, Any] = field(default_factory=dict)  # plain values, all files merged
    base: Scenario | None = None
    layers: tuple[Layer, ...] = ()  # its file comes last
    given_by: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # layer of each entry
    edits: tuple[str, ...] = ()  # what it leaves out and changes of what it extends, in words


class Scenario(_Contents):
    """A scenario with all that it extends merged in, ready to be compiled."""

    case: Text
    horizon: Horizon = Field(default=Horizon(), validate_default=True)

    _origin: Origin = PrivateAttr(default_factory=Origin)
    _notes: list[str] = PrivateAttr(default_factory=list)

    @field_validator("horizon")
    @classmethod
    def _complete(cls, horizon: Horizon) -> Horizon:
        if horizon.start is None or horizon.end is None:
            raise ValueError("needs start and end, here or in what is extended")
        if horizon.end < horizon.start:
            raise ValueError(
                f"ends ({quarters.name(horizon.end)}) before it starts "
                f"({quarters.name(horizon.start)})"
            )
        length = horizon.end - horizon.start + 1
        if length > MOST_QUARTERS:
            raise ValueError(f"is {length} quarters long; allowed: at most {MOST_QUARTERS}")
        return horizon

    @property
    def name(self) -> str:
        """The stem of the scenario's file."""
        return self._origin.name

    @property
    def origin(self) -> Origin:
        """Where the scenario comes from: its file, the lines of its keys, what it extends."""
        return self._origin

    @property
    def base(self) -> Scenario | None:
        """The scenario that this one extends."""
        return self._origin.base

    @property
    def notes(self) -> list[str]:
        """Things to know that are no errors, one a line; filled when the case is at hand."""
        return self._notes

    @property
    def start(self) -> int:
        """Number of the first simulated quarter."""
        assert self.horizon.start is not None
        return self.horizon.start

    @property
    def end(self) -> int:
        """Number of the last simulated quarter."""
        assert self.horizon.end is not None
        return self.horizon.end

    @property
    def quarters(self) -> int:
        """How many quarters are simulated."""
        return self.end - self.start + 1

    def where(self, *keys: str | int) -> str:
        """``file:line`` of a key, or of the innermost table around it that is written down."""
        return innermost({(): self.name, **self._origin.marks}, keys)

    def resolved(self) -> dict[str, Any]:
        """The whole scenario as plain values that JSON can hold, defaults filled in."""
        plain: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return plain

    @property
    def hash(self) -> str:
        """SHA-256 of `resolved`."""
        text = json.dumps(self.resolved(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def show(self) -> str:
        """The scenario in words: what it asks, what differs, what happens, what it expects."""
        from sim.scenario.describe import describe

        return describe(self)

    def __repr__(self) -> str:
        span = f"{quarters.name(self.start)} to {quarters.name(self.end)}"
        return f"Scenario({self.name!r}: {self.title}; {span})"

    def _repr_html_(self) -> str:
        from sim.scenario.card import scenario_card

        return scenario_card(self)


def _by_tag(models: object, field: str) -> dict[str, type[BaseModel]]:
    members: tuple[type[BaseModel], ...] = models.__args__  # type: ignore[attr-defined]
    return {model.model_fields[field].annotation.__args__[0]: model for model in members}  # type: ignore[union-attr]


KINDS = _by_tag(Event, "kind")
FORMS = _by_tag(Path, "form")


def model_at(location: tuple[str | int, ...]) -> type[BaseModel]:
    """The table that stands at a place of a file, as pydantic's errors name places."""
    names = [part for part in location if isinstance(part, str)]
    if names and names[-1] in DISTRIBUTIONS and len(names) > 1:
        return DISTRIBUTIONS[names[-1]]
    tables: dict[tuple[str, ...], type[BaseModel]] = {
        ("horizon",): Horizon,
        ("membership",): Membership,
        ("switches",): Switches,
        ("attribute",): Attribute,
        ("headline",): Headline,
    }
    tables |= {("event", kind): model for kind, model in KINDS.items()}
    tables |= {("path", form): model for form, model in FORMS.items()}
    return tables.get(tuple(names), ScenarioFile)


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that a table may have, as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def json_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file, for editors that complete and check TOML."""
    schema: dict[str, Any] = ScenarioFile.model_json_schema(by_alias=True)
    return schema
