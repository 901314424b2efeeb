"""What a design says, and what pydantic finds wrong in it, in words."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, PrivateAttr
from pydantic_core import ErrorDetails

from sim.experiment.design_names import list_designs
from sim.scenario.distributions import DISTRIBUTIONS, Distribution, Number
from sim.scenario.positions import KeyPath
from sim.scenario.problems import innermost, listed, nearest
from sim.scenario.schema import MOST_RUNS, Text, keys_of

MOST_ROWS = 1_000_000  # of a design; a grid of more is a slip of the keyboard
DUMMY = "dummy"  # the factor that acts on nothing, which saltelli and morris add
RESERVED = ("place", "row", "run", "scenario", "quarter", DUMMY)  # columns of a sweep's tables

Mode = Literal[
    "grid", "matched", "latin_hypercube", "sobol", "csv", "saltelli", "morris", "one_at_a_time"
]
MODES: tuple[str, ...] = get_args(Mode)
LEVELLED = ("grid", "matched", "one_at_a_time")  # modes that go through levels
SIZES = {  # the key that says how large the design is, for the modes that need one
    "latin_hypercube": "rows",
    "sobol": "rows",
    "saltelli": "points",
    "morris": "trajectories",
    "csv": "file",
}


def _plain(value: object) -> bool | int | float | str:
    if isinstance(value, str) and not value.strip():
        raise ValueError("is blank")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"found {value!r}; a finite number is needed")
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"found {value!r}; a number, a text in quotes, true or false is needed")
    return value


Plain = Annotated[bool | int | float | str, PlainValidator(_plain)]
Several = Annotated[list[Text], Field(min_length=1)]
Count = Annotated[int, Field(ge=1, le=MOST_ROWS)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Factor(_Table):
    """What varies, and over which values."""

    name: Text | None = Field(default=None, description="default: the path")
    label: Text | None = Field(default=None, description="in words; default: the name")
    path: Text = Field(description="what it is in a scenario: event.close_route.CPC.intensity")
    values: Annotated[list[Plain], Field(min_length=1)] | None = Field(
        default=None, description="the values it takes"
    )
    low: Plain | None = Field(default=None, description="least value; of dates, the first quarter")
    high: Plain | None = Field(
        default=None, description="greatest value; of dates, the last quarter"
    )
    steps: Annotated[int, Field(ge=2, le=MOST_ROWS)] | None = Field(
        default=None, description="levels of a range or of a distribution, for modes with levels"
    )
    scale: Literal["linear", "log"] | None = Field(default=None, description="default: linear")
    distribution: Annotated[Distribution, Field(discriminator="distribution")] | None = Field(
        default=None, description="what it is drawn from"
    )
    same_as: Text | None = Field(default=None, description="name of the factor it moves with")
    times: Number | None = Field(default=None, description="multiplies the other's value")
    plus: Number | None = Field(default=None, description="added to it, after `times`")
    reason: Text | None = Field(default=None, description="why it varies so")
    source: Text | None = Field(default=None, description="where the range comes from")

    @property
    def called(self) -> str:
        """The name, which is the path where none is given."""
        return self.name or self.path

    @property
    def words(self) -> str:
        """What a reader is told: the label, else the name with its underscores as spaces."""
        words = self.label or " ".join(self.called.replace("_", " ").split())
        return words[:1].upper() + words[1:]


class DesignFile(_Table):
    """One design as it is written."""

    title: Text = Field(description="what the design is")
    question: Text = Field(description="what it asks")
    scenario: Text | None = Field(default=None, description="what is varied")
    scenarios: Several | None = Field(default=None, description="instead of `scenario`")
    mode: Mode = Field(description="how rows are made of the factors")
    rows: Count | None = Field(default=None, description="latin_hypercube, sobol")
    points: Count | None = Field(default=None, description="saltelli: base points")
    trajectories: Count | None = Field(default=None, description="morris")
    levels: Annotated[int, Field(ge=2, le=100)] | None = Field(
        default=None, description="morris: levels of each factor; default: 4"
    )
    file: Text | None = Field(default=None, description="csv: the file with the rows")
    runs: Annotated[int, Field(ge=1, le=MOST_RUNS)] = Field(default=32, description="runs a row")
    seed: Annotated[int, Field(ge=0)] = Field(default=1, description="root seed of the runs")
    sampling_seed: Annotated[int, Field(ge=0)] = Field(default=1, description="seed of the rows")
    parameters: Text = Field(default="point", description="point, posterior or a .parquet file")
    outcomes: Several | None = Field(default=None, description="kept; default: the headline ones")
    by_quarter: list[Text] = Field(default=[], description="kept by quarter; default: none")
    constants: dict[str, Plain] = Field(default={}, description="held in every row, by path")
    factor: list[Factor] = Field(default=[], description="what varies")


@dataclass(frozen=True)
class Origin:
    """Where a design comes from; no part of what it says, so all origins are equal."""

    name: str = field(default="design", compare=False)
    folder: Path | None = field(default=None, compare=False)  # what the file's paths start from
    marks: Mapping[KeyPath, str] = field(default_factory=dict, compare=False)
    table: str = field(default="file", compare=False)  # the file with the rows
    lines: tuple[int, ...] = field(default=(), compare=False)  # of that file, one a row


class Design(DesignFile):
    """A design with the rows of its file read in, ready to be held against its scenarios."""

    table: dict[str, list[str]] | None = Field(
        default=None, description="csv: the cells of each factor as they are written"
    )

    _origin: Origin = PrivateAttr(default_factory=Origin)

    @property
    def name(self) -> str:
        """The stem of the design's file."""
        return self._origin.name

    @property
    def given(self) -> str:
        """What loads the design again: its name if it is known by it, else its path."""
        folder = self._origin.folder
        if folder is None or list_designs().get(self.name) == folder / f"{self.name}.toml":
            return self.name
        return str(folder / f"{self.name}.toml")

    @property
    def scenario_names(self) -> list[str]:
        """The scenarios as the file names them."""
        return self.scenarios or [str(self.scenario)]

    def where(self, *keys: str | int) -> str:
        """``file:line`` of a key, or of the innermost table around it that is written down."""
        return innermost({(): self.name, **self._origin.marks}, keys)

    def where_row(self, place: int) -> str:
        """``file:line`` of a row of the file with the rows."""
        lines = self._origin.lines
        return f"{self._origin.table}:{lines[place] if lines else place + 2}"

    def beside(self, path: str) -> Path:
        """A path that the design names, relative to the folder of the design."""
        given = Path(path).expanduser()
        folder = self._origin.folder
        return given if folder is None or given.is_absolute() else folder / given

    def drawn(self) -> str | Path:
        """What `compile_plan` takes as `parameters`."""
        if self.parameters.endswith(".parquet"):
            return self.beside(self.parameters)
        return self.parameters

    def resolved(self) -> dict[str, Any]:
        """The whole design as plain values that JSON can hold, the rows of its file inlined."""
        plain: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        return plain

    @property
    def hash(self) -> str:
        """SHA-256 of `resolved`."""
        text = json.dumps(self.resolved(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def explain(details: ErrorDetails) -> str | None:
    """A complaint of pydantic's in words of ours; None where its own will do."""
    place, context = details["loc"], details.get("ctx", {})
    match details["type"]:
        case "extra_forbidden":
            inside: type[BaseModel] = DesignFile
            if "distribution" in place[:-1]:
                inside = DISTRIBUTIONS[str(place[-2])]
            elif place[0] == "factor" and len(place) > 1:
                inside = Factor
            allowed = keys_of(inside)
            return f"unknown key{nearest(str(place[-1]), allowed)} {listed('keys', allowed)}"
        case "union_tag_not_found":
            return f"distribution is missing {listed('allowed', DISTRIBUTIONS)}"
        case "union_tag_invalid":
            tag = str(context["tag"])
            near = nearest(tag, DISTRIBUTIONS)
            return f"distribution {tag!r} is unknown{near} {listed('allowed', DISTRIBUTIONS)}"
        case "literal_error":
            allowed = list(MODES if place == ("mode",) else ("linear", "log"))
            near = nearest(str(details["input"]), allowed)
            return f"found {details['input']!r}{near} {listed('allowed', allowed)}"
    return None
