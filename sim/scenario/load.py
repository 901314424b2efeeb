"""Scenario files: finding them, reading them, and merging in what they extend."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic_core import ErrorDetails

from sim.case.tables import shown
from sim.core.errors import InputError
from sim.scenario.complaints import validate
from sim.scenario.distributions import DISTRIBUTIONS
from sim.scenario.positions import KeyPath
from sim.scenario.problems import Problems, listed, nearest
from sim.scenario.schema import FORMS, KINDS, Origin, Scenario, ScenarioFile, keys_of, model_at
from sim.scenario.toml import parse_toml, read_text

_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_OWN = ("title", "question", "extends", "headline")  # never inherited
_APPENDED = ("attribute", "path", "event")


@dataclass(frozen=True)
class _File:
    path: Path
    data: dict[str, Any]
    marks: dict[KeyPath, str]


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Load a scenario with all that it extends.

    Tables of the file are merged key by key into those of what it extends, single values replace,
    the lists ``attribute``, ``path`` and ``event`` are appended. Title, question and headlines are
    the file's own.

    Parameters
    ----------
    name_or_path : str or Path
        A name is looked for in ./scenarios and among the scenarios that are shipped; a text with
        a folder in it or ending in .toml is a path.

    Returns
    -------
    Scenario

    Raises
    ------
    InputError
        With everything that is wrong in the files, one problem a line.
    """
    path = _find(name_or_path, None)
    return _load(path, [])


def validated(data: Mapping[str, Any], origin: Origin) -> Scenario:
    """A scenario from plain values, as `Scenario.resolved` gives them.

    Parameters
    ----------
    data : mapping
    origin : Origin
        Name of the scenario, and where problems are said to stand.

    Raises
    ------
    InputError
        With everything that is wrong with the values, one problem a line.
    """
    problems = Problems()
    marks = {(): origin.name, **origin.marks}
    scenario = validate(Scenario, data, marks, problems, _explain)
    problems.stop()
    assert scenario is not None
    scenario._origin = replace(origin, written=data)
    return scenario


def list_scenarios() -> dict[str, Path]:
    """All scenarios that can be loaded by name, in order of name, with their files."""
    return _known(_folders())


def _folders() -> list[Path]:
    """Where names are looked for: here, in an installed package, in a checkout."""
    package = Path(__file__).parents[1]
    return [Path("scenarios"), package / "_data" / "scenarios", package.parent / "scenarios"]


def _known(folders: list[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("*.toml"):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def _find(name_or_path: str | Path, beside: Path | None) -> Path:
    """The file of a scenario; beside: the folder of the file that names it."""
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or Path(text).name != text:
        if "\0" in text:
            raise InputError(f"{text!r} is not a path")
        try:
            path = Path(text).expanduser()
        except RuntimeError:  # the home of nobody: the reader will say that it is not there
            path = Path(text)
        return path if beside is None or path.is_absolute() else beside / path
    folders = ([] if beside is None else [beside]) + _folders()
    known = _known(folders)
    if text not in known:
        raise InputError(
            f"there is no scenario {text!r}{nearest(text, known)} {listed('scenarios', known)}"
        )
    return known[text]


def _read(path: Path) -> _File:
    """One file as plain values, with the line of every key.

    Raises
    ------
    InputError
        If the file is missing, a folder, unreadable, not text, empty or not TOML.
    """
    text, name = read_text(path, "a scenario file (.toml)", "*.toml"), shown(path)
    try:
        data, marks = parse_toml(text, name, "a scenario needs at least a title and a question")
    except InputError:
        raise
    except ValueError as error:  # tomllib's own, or a number with too many digits
        message = str(error)
        found = _LINE.search(message)
        line = f":{found[1] or max(1, len(text.splitlines()))}" if found else ""
        raise InputError(f"{name}{line}: not valid TOML: {_LINE.sub('', message)}") from None
    return _File(path, data, marks)


def _load(path: Path, below: list[_File]) -> Scenario:
    """Load a file; below: the chain of files that extend it, the first one asked for first."""
    file = _read(path)
    problems = Problems()
    validate(ScenarioFile, file.data, file.marks, problems, _explain)
    base: Scenario | None = None
    extends = file.data.get("extends")
    if isinstance(extends, str) and extends.strip():
        base = _load_base(file, extends, below, problems)
    problems.stop()
    data, marks = _merge(base, file)
    scenario = validate(Scenario, data, marks, problems, _explain)
    problems.stop()
    assert scenario is not None
    scenario._origin = Origin(path.stem, marks, data, base)
    _check_against(scenario, path.parent, problems)
    problems.stop()
    return scenario


def _load_base(
    file: _File, extends: str, below: list[_File], problems: Problems
) -> Scenario | None:
    """Load what a file extends; problems found there are added to those of the file."""
    where = file.marks[("extends",)]
    chain = [*below, file]
    try:
        path = _find(extends, file.path.parent)
    except InputError as error:
        problems.add(where, ["extends"], str(error))
        return None
    files = [os.path.realpath(other.path) for other in chain]
    if os.path.realpath(path) in files:
        circle = [other.path.stem for other in chain[files.index(os.path.realpath(path)) :]]
        names = " -> ".join([*circle, path.stem])
        problems.add(where, ["extends"], f"scenarios extend each other in a circle: {names}")
        return None
    try:
        return _load(path, chain)
    except InputError as error:
        problems.include(error)
        return None


def _merge(base: Scenario | None, file: _File) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """Plain values and lines of a file laid over those of the scenario that it extends."""
    if base is None:
        return file.data, file.marks
    data = {key: value for key, value in base.origin.written.items() if key not in _OWN}
    marks = {
        keys: mark for keys, mark in base.origin.marks.items() if not keys or keys[0] not in _OWN
    }
    for key, value in file.data.items():
        if key in _APPENDED:
            before = data.get(key, [])
            data[key] = [*before, *value]
            marks.update(_shifted(file.marks, key, len(before)))
            continue
        if isinstance(value, Mapping):
            data[key] = {**data.get(key, {}), **value}
            replaced: list[KeyPath] = [(key, inner) for inner in value]
        else:
            data[key] = value
            replaced = [(key,)]
        for keys in list(marks):
            if any(keys[: len(prefix)] == prefix for prefix in replaced):
                del marks[keys]
        marks.update({keys: mark for keys, mark in file.marks.items() if keys[:1] == (key,)})
    marks[()] = file.marks[()]
    return data, marks


def _shifted(marks: Mapping[KeyPath, str], key: str, by: int) -> dict[KeyPath, str]:
    """Lines of the elements of a list that is appended to another of that length."""
    return {
        (key, keys[1] + by, *keys[2:]): mark
        for keys, mark in marks.items()
        if keys[:1] == (key,) and len(keys) > 1 and isinstance(keys[1], int)
    }


def _check_against(scenario: Scenario, folder: Path, problems: Problems) -> None:
    """Every headline is against a scenario that exists."""
    for index, headline in enumerate(scenario.headline):
        keys = ("headline", index, "against")
        if headline.against is None:
            if scenario.base is None:
                problems.add(scenario.where(*keys), keys, "is missing: nothing is extended here")
            continue
        try:
            _find(headline.against, folder)
        except InputError as error:
            problems.add(scenario.where(*keys), keys, str(error))


# ------------------------------------------------------------- what pydantic cannot say itself


def _tags(location: tuple[str | int, ...]) -> list[str]:
    """The kinds, forms or distributions that can stand at a place."""
    if "<distribution>" in location:
        return list(DISTRIBUTIONS)
    return list(KINDS if location[0] == "event" else FORMS)


def _explain(details: ErrorDetails) -> str | None:
    location, context = details["loc"], details.get("ctx", {})
    match details["type"]:
        case "extra_forbidden":
            allowed = keys_of(model_at(location[:-1]))
            return f"unknown key{nearest(str(location[-1]), allowed)} {listed('keys', allowed)}"
        case "union_tag_not_found":
            field = context["discriminator"].strip("'")
            return f"{field} is missing {listed('allowed', _tags(location))}"
        case "union_tag_invalid":
            field, tag = context["discriminator"].strip("'"), str(context["tag"])
            allowed = _tags(location)
            return f"{field} {tag!r} is unknown{nearest(tag, allowed)} {listed('allowed', allowed)}"
    return None
