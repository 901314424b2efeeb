"""Designs: which factors of which scenarios vary, over which values; read from a TOML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.case.tables import shown
from sim.core.errors import InputError
from sim.experiment.design_names import find_design, list_designs
from sim.experiment.design_rows import read_rows
from sim.experiment.design_rules import check_design
from sim.experiment.design_schema import (
    DUMMY,
    LEVELLED,
    MODES,
    SIZES,
    Design,
    DesignFile,
    Factor,
    Origin,
    explain,
)
from sim.scenario import Scenario, load_scenario
from sim.scenario.complaints import validate
from sim.scenario.positions import KeyPath
from sim.scenario.problems import Problems, innermost
from sim.scenario.toml import parse_toml, read_text

__all__ = [
    "DUMMY",
    "MODES",
    "SIZES",
    "Design",
    "DesignFile",
    "Factor",
    "changed_design",
    "design_from",
    "list_designs",
    "load_design",
    "load_scenarios",
]


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
    path = find_design(name_or_path)
    data, marks = _read(path)
    if isinstance(data.get("constants"), Mapping):
        constants, keys = _flat(data["constants"], marks)
        data, marks = {**data, "constants": constants}, {**marks, **keys}
    problems = Problems()
    written = validate(DesignFile, data, marks, problems, explain)
    problems.stop()
    assert written is not None
    origin = Origin(path.stem, path.parent, marks)
    design = _made(data, origin)
    check_design(design)
    if design.mode == "csv":
        table, lines = read_rows(design)
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
    design = validate(Design, resolved, {(): "design"}, problems, explain)
    problems.stop()
    assert isinstance(design, Design)
    check_design(design)
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
    changed = validate(Design, data, {(): design.where()}, problems, explain)
    problems.stop()
    assert isinstance(changed, Design)
    changed._origin = design._origin
    check_design(changed)
    return changed


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
