"""Designs: which factors of which scenarios vary, over which values; read from a TOML file."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, PrivateAttr
from pydantic_core import ErrorDetails

from sim.case.tables import shown
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.scenario import Scenario, load_scenario
from sim.scenario.complaints import validate
from sim.scenario.distributions import DISTRIBUTIONS, Distribution, Number
from sim.scenario.positions import KeyPath
from sim.scenario.problems import Problems, Report, innermost, listed, nearest
from sim.scenario.schema import MOST_RUNS, Text, keys_of
from sim.scenario.toml import parse_toml, read_text

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

# ------------------------------------------------------------------------------------ schema


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
    path: Text = Field(description="what it is in a scenario: event.close_route.CPC.intensity")
    values: Annotated[list[Plain], Field(min_length=1)] | None = None
    low: Plain | None = None
    high: Plain | None = None
    steps: Annotated[int, Field(ge=2, le=MOST_ROWS)] | None = Field(
        default=None, description="levels of a range or of a distribution, for modes with levels"
    )
    scale: Literal["linear", "log"] | None = Field(default=None, description="default: linear")
    distribution: Annotated[Distribution, Field(discriminator="distribution")] | None = None
    same_as: Text | None = Field(default=None, description="name of the factor it moves with")
    times: Number | None = Field(default=None, description="multiplies the other's value")
    plus: Number | None = Field(default=None, description="added to it, after `times`")
    reason: Text | None = None
    source: Text | None = None

    @property
    def label(self) -> str:
        """The name, which is the path where none is given."""
        return self.name or self.path


class DesignFile(_Table):
    """One design as it is written."""

    title: Text
    question: Text
    scenario: Text | None = None
    scenarios: Several | None = Field(default=None, description="instead of `scenario`")
    mode: Mode
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
    factor: list[Factor] = []


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


# ----------------------------------------------------------------------------------- loading


def load_design(name_or_path: str | Path) -> Design:
    """Load a design.

    Parameters
    ----------
    name_or_path : str or Path
        A name is looked for in ./scenarios/designs and among the designs that are shipped; a text
        with a folder in it or ending in .toml is a path.

    Returns
    -------
    Design

    Raises
    ------
    InputError
        With everything that is wrong in the file, one problem a line.

    Examples
    --------
    >>> design = load_design("cpc_closure_when_and_how_much")
    >>> design.mode
    'grid'
    """
    path = _find(name_or_path)
    data, marks = _read(path)
    if isinstance(data.get("constants"), Mapping):
        constants, keys = _flat(data["constants"], marks)
        data, marks = {**data, "constants": constants}, {**marks, **keys}
    problems = Problems()
    written = validate(DesignFile, data, marks, problems, _explain)
    problems.stop()
    assert written is not None
    origin = Origin(path.stem, path.parent, marks)
    design = _made(data, origin)
    _check(design)
    if design.mode == "csv":
        table, lines = _read_rows(design)
        name = shown(design.beside(str(design.file)))
        design = _made({**data, "table": table}, Origin(path.stem, path.parent, marks, name, lines))
    return design


def design_from(resolved: Mapping[str, Any]) -> Design:
    """Make a design from plain values, as `Design.resolved` gives them.

    Raises
    ------
    InputError
        With everything that is wrong, one problem a line.
    """
    problems = Problems()
    design = validate(Design, resolved, {(): "design"}, problems, _explain)
    problems.stop()
    assert isinstance(design, Design)
    _check(design)
    return design


def changed_design(design: Design, changes: Mapping[str, Any], size: int | None = None) -> Design:
    """A design with other values of some keys.

    Parameters
    ----------
    design : Design
    changes : mapping
        By key of the file. With another mode, keys that mean nothing to it are left out.
    size : int, optional
        Size of the sample, under the key that the mode has for it.

    Raises
    ------
    InputError
        If the result is no design, or its mode has no size.
    """
    data = {**design.resolved(), **changes}
    mode = data["mode"]
    key = SIZES.get(mode)
    if mode != design.mode:
        for other in {*SIZES.values(), "table", "levels"} - {key}:
            data.pop(other, None)
        if mode not in LEVELLED:
            data["factor"] = [
                {name: value for name, value in factor.items() if name != "steps"}
                for factor in data["factor"]
            ]
    if size is not None:
        if key is None or key == "file":
            raise InputError(
                f"{design.where('mode')}: the mode {mode} has no size that could be set; its rows "
                "are those of its factors' values"
            )
        data[key] = size
    if data == design.resolved():
        return design
    problems = Problems()
    changed = validate(Design, data, {(): design.where()}, problems, _explain)
    problems.stop()
    assert isinstance(changed, Design)
    changed._origin = design._origin
    _check(changed)
    return changed


def list_designs() -> dict[str, Path]:
    """All designs that can be loaded by name, in order of name, with their files."""
    package = Path(__file__).parents[1]
    homes = (Path(), package / "_data", package.parent)
    found: dict[str, Path] = {}
    for home in homes:
        for path in (home / "scenarios" / "designs").glob("*.toml"):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def load_scenarios(design: Design) -> list[Scenario]:
    """Load the scenarios of a design: a name stands for a file beside the design first.

    Raises
    ------
    InputError
        With the line of the design for a scenario that is not there, and with everything that is
        wrong in those that are.
    """
    problems = Problems()
    loaded = []
    for index, name in enumerate(design.scenario_names):
        keys: KeyPath = ("scenario",) if design.scenarios is None else ("scenarios", index)
        is_path = name.endswith(".toml") or Path(name).name != name
        beside = design.beside(name if is_path else f"{name}.toml")
        try:
            there = beside.is_file() and beside.stem != design.name  # it is no scenario itself
            loaded.append(load_scenario(beside if is_path or there else name))
        except InputError as error:
            if is_path and beside.is_file():
                problems.include(error)
            else:
                problems.add(design.where(*keys), keys, str(error))
    problems.stop()
    return loaded


def _made(data: Mapping[str, Any], origin: Origin) -> Design:
    design = Design.model_validate(data)
    design._origin = origin
    return design


def _find(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or Path(text).name != text:
        if "\0" in text:
            raise InputError(f"{text!r} is not a path")
        return Path(text)
    known = list_designs()
    if text not in known:
        raise InputError(
            f"there is no design {text!r}{nearest(text, known)} {listed('designs', known)}"
        )
    return known[text]


def _read(path: Path) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """A design file as plain values, and ``file:line`` of every key."""
    text, name = read_text(path, like="*.toml"), shown(path)
    try:
        return parse_toml(text, name, "a design needs at least a title and a factor")
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{name}: not valid TOML: {error}") from None


def _flat(
    constants: Mapping[str, Any], marks: Mapping[KeyPath, str]
) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """Constants by path, whether the path was written in quotes or as a dotted key."""

    def walk(table: Mapping[str, Any], keys: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
        for key, value in table.items():
            if isinstance(value, Mapping) and value:
                yield from walk(value, (*keys, key))
            else:
                yield (*keys, key), value

    found = dict(walk(constants, ()))
    values = {".".join(map(str, keys)): value for keys, value in found.items()}
    places: dict[KeyPath, str] = {
        ("constants", ".".join(map(str, keys))): innermost(marks, ("constants", *keys))
        for keys in found
    }
    return values, places


# ------------------------------------------------------------- what pydantic cannot say itself


def _explain(details: ErrorDetails) -> str | None:
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


# ------------------------------------------------------- what can be said without the scenarios


def _check(design: Design) -> None:
    """Hold the parts of a design against each other.

    Raises
    ------
    InputError
    """
    report = Report(design.where)
    _check_head(design, report)
    _check_size(design, report)
    if not design.factor:
        report.problem((), "has no factor; write [[factor]], once for each thing that varies")
    _check_names(design, report)
    for index, factor in enumerate(design.factor):
        _check_values(design, index, factor, report)
    report.stop()


def _check_head(design: Design, report: Report) -> None:
    if (design.scenario is None) == (design.scenarios is None):
        found = "neither" if design.scenario is None else "both"
        report.problem(("scenario",), f"give one of scenario and scenarios; found {found}")
    names = design.scenarios or []
    for index, name in enumerate(names):
        if name in names[:index]:
            report.problem(("scenarios", index), f"{name!r} is named twice")
    known = design.parameters in ("point", "posterior") or design.parameters.endswith(".parquet")
    if not known:
        report.problem(
            ("parameters",),
            f"found {design.parameters!r}; allowed: point, posterior or a .parquet file",
        )
    for key, names in (("outcomes", design.outcomes or []), ("by_quarter", design.by_quarter)):
        for index, name in enumerate(names):
            prefix = name.split(".")[0]
            if prefix not in INDICATORS:
                report.problem(
                    (key, index), f"there is no outcome {prefix!r}{nearest(prefix, INDICATORS)}"
                )


def _check_size(design: Design, report: Report) -> None:
    needed = SIZES.get(design.mode)
    for key in dict.fromkeys(SIZES.values()):
        given = getattr(design, key) is not None
        if given and key != needed:
            users = [mode for mode, own in SIZES.items() if own == key]
            report.problem((key,), f"means nothing in mode {design.mode} {listed('modes', users)}")
        if not given and key == needed:
            report.problem((key,), f"is missing; mode {design.mode} needs it")
    if design.levels is not None:
        if design.mode != "morris":
            report.problem(("levels",), f"means nothing in mode {design.mode} (modes: morris)")
        elif design.levels % 2:
            report.problem(("levels",), f"found {design.levels}; an even number is needed")
    number = getattr(design, needed) if needed and design.mode in ("sobol", "saltelli") else None
    if number is not None and number & (number - 1):
        below = 1 << (number.bit_length() - 1)
        report.problem(
            (str(needed),),
            f"found {number}; a Sobol' sequence is balanced at powers of two only: "
            f"{below} or {2 * below}",
        )
    if design.mode == "csv" and not design._origin.marks and design.table is None:
        report.problem(("table",), "is missing; the rows of the file are needed")


def _check_names(design: Design, report: Report) -> None:
    labels = [factor.label for factor in design.factor]
    paths = [factor.path for factor in design.factor]
    for index, (label, path) in enumerate(zip(labels, paths, strict=True)):
        if label in RESERVED:
            report.problem(
                ("factor", index, "name"),
                f"{label!r} is the name of a column of every sweep; choose another",
            )
        if label in labels[:index]:
            report.problem(("factor", index), f"two factors are called {label!r}")
        if path in paths[:index]:
            first = labels[paths.index(path)]
            report.problem(
                ("factor", index, "path"), f"{path} varies already, as the factor {first!r}"
            )
        if path in design.constants:
            report.problem(("constants", path), f"is held here, but varies as the factor {label!r}")


def _check_values(design: Design, index: int, factor: Factor, report: Report) -> None:
    keys = ("factor", index)
    given = [
        name
        for name, found in (
            ("values", factor.values),
            ("low and high", factor.low if factor.low is not None else factor.high),
            ("distribution", factor.distribution),
            ("same_as", factor.same_as),
        )
        if found is not None
    ]
    if design.mode == "csv" and given not in ([], ["same_as"]):
        report.problem(keys, f"{factor.label!r} has {given[0]}, but its values are in the file")
    elif design.mode != "csv" and len(given) != 1:
        found = " and ".join(given) or "none of them"
        report.problem(
            keys,
            f"{factor.label!r} needs one of values, low and high, distribution, same_as; "
            f"found {found}",
        )
    if factor.values is not None:
        _check_list(design, (*keys, "values"), factor.values, report)
    if (factor.low is None) != (factor.high is None):
        lacking = "low" if factor.low is None else "high"
        report.problem((*keys, lacking), f"is missing; {factor.label!r} is a range")
    for key in ("times", "plus"):
        if getattr(factor, key) is not None and factor.same_as is None:
            report.problem((*keys, key), "means nothing without same_as")
    if factor.scale is not None and factor.low is None:
        report.problem((*keys, "scale"), "means nothing without low and high")
    if factor.steps is not None and factor.low is None and factor.distribution is None:
        report.problem((*keys, "steps"), "means nothing without low and high or a distribution")
    elif factor.steps is not None and design.mode not in LEVELLED:
        report.problem(
            (*keys, "steps"), f"means nothing in mode {design.mode} {listed('modes', LEVELLED)}"
        )
    if factor.distribution is not None:
        low, high = factor.distribution.support()
        if low == high:
            report.problem((*keys, "distribution"), f"gives {low:g} only, so it varies nothing")
    if factor.same_as is not None:
        _check_same_as(design, index, factor, report)


def _check_list(design: Design, keys: KeyPath, values: list[Any], report: Report) -> None:
    if all(value == values[0] for value in values):
        report.problem(keys, f"holds {values[0]!r} only, so it varies nothing; put it in constants")
    elif design.mode != "matched":  # where each value belongs to those of the other factors
        for index, value in enumerate(values):
            if value in values[:index]:
                report.problem((*keys, index), f"{value!r} stands in it twice")


def _check_same_as(design: Design, index: int, factor: Factor, report: Report) -> None:
    keys = ("factor", index, "same_as")
    others = {other.label: other.same_as for other in design.factor}
    chain = [factor.label]
    following: str | None = factor.same_as
    while following is not None:
        if following not in others:
            if len(chain) == 1:
                report.problem(
                    keys,
                    f"there is no factor {following!r}{nearest(following, others)} "
                    f"{listed('factors', others)}",
                )
            return
        if following == factor.label:
            circle = " -> ".join([*chain, following])
            report.problem(
                keys,
                f"{following!r} cannot follow itself"
                if len(chain) == 1
                else f"factors follow each other in a circle: {circle}",
            )
            return
        if following in chain:  # a circle further on, told of where it is
            return
        chain.append(following)
        following = others[following]


# ------------------------------------------------------------------------- the rows of a file


def _read_rows(design: Design) -> tuple[dict[str, list[str]], tuple[int, ...]]:
    """The cells of a design's file by factor, and the line of each row.

    Raises
    ------
    InputError
        If the file is empty, or has other columns than the factors that follow no other.
    """
    path = design.beside(str(design.file))
    try:
        text = read_text(path, like="*.csv")
    except InputError as error:
        raise InputError(f"{design.where('file')}: file: {error}") from None
    name = shown(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for cells in reader:
            if len(cells) > 1 or any(cell.strip() for cell in cells):  # no empty line
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(f"{name}:{reader.line_num}: not valid CSV: {error}") from None
    if not rows:
        raise InputError(f"{name}: is empty; a header of the factors' names is needed, then rows")
    header = [cell.strip() for cell in rows[0]]
    problems = Problems()
    free = [factor.label for factor in design.factor if factor.same_as is None]
    followers = {factor.label: factor.same_as for factor in design.factor if factor.same_as}
    for place, column in enumerate(header):
        where = f"{name}:{lines[0]}"
        if column in header[:place]:
            problems.add(where, [], f"column {column!r} stands in the header twice")
        elif column in followers:
            problems.add(
                where, [], f"column {column!r} is not needed: it follows {followers[column]!r}"
            )
        elif column not in free:
            problems.add(
                where,
                [],
                f"column {column!r} is no factor{nearest(column, free)} {listed('factors', free)}",
            )
    for label in free:
        if label not in header:
            near = nearest(label, header)
            problems.add(f"{name}:{lines[0]}", [], f"column {label!r} is missing{near}")
    for cells, line in zip(rows[1:], lines[1:], strict=True):
        if len(cells) != len(header):
            problems.add(
                f"{name}:{line}", [], f"has {len(cells)} cells; the header has {len(header)}"
            )
    if len(rows) == 1:
        problems.add(name, [], "holds a header but no row")
    if len(rows) - 1 > MOST_ROWS:
        problems.add(name, [], f"has {len(rows) - 1:,} rows; allowed: at most {MOST_ROWS:,}")
    problems.stop()
    columns = {column: [cells[at] for cells in rows[1:]] for at, column in enumerate(header)}
    return {label: columns[label] for label in free}, tuple(lines[1:])
