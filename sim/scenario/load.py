"""Scenario files: finding them, reading them, and merging in what they extend."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic_core import ErrorDetails

from sim.case.shelves import shelves
from sim.case.tables import shown, shown_once
from sim.core.errors import InputError
from sim.scenario.complaints import validate
from sim.scenario.distributions import DISTRIBUTIONS
from sim.scenario.entries import (
    checked_value,
    ended,
    entry_name,
    find_entry,
    find_field,
    write_value,
)
from sim.scenario.positions import KeyPath
from sim.scenario.problems import Problems, innermost, listed, nearest
from sim.scenario.schema import (
    FORMS,
    KINDS,
    Layer,
    Origin,
    Scenario,
    ScenarioFile,
    keys_of,
    model_at,
)
from sim.scenario.toml import parse_toml, read_text

_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_OWN = ("title", "question", "extends", "headline")  # never inherited
_APPENDED = ("attribute", "path", "event")
_OF_INHERITED = ("also", "without", "change")  # about what is extended, and done with then
_OF_RUNNING = ("case", "as_of", "runs", "seed", "horizon")  # stay as what is extended has them


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Load a scenario with all that it extends.

    Tables of the file are merged key by key into those of what it extends, single values replace,
    the lists ``attribute``, ``path`` and ``event`` are appended. Title, question and headlines are
    the file's own. What ``also`` names comes on top of what is extended, then ``change`` and
    ``without`` are applied, then the rest of the file.

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
    return _load(_read(_find(name_or_path, None)), [])


def scenario_from_text(text: str, name: str = "scenario") -> Scenario:
    """A scenario from the text of a file that is not written, or not yet.

    Parameters
    ----------
    text : str
    name : str
        Name of the scenario, in messages too.

    Raises
    ------
    InputError
        As `load_scenario`.
    """
    return _load(_parsed(text, name, Path(f"{name}.toml"), None), [])


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
    return _known(shelves("scenarios"))


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
    folders = ([] if beside is None else [beside]) + shelves("scenarios")
    known = _known(folders)
    if text not in known:
        raise InputError(
            f"there is no scenario {text!r}{nearest(text, known)} {listed('scenarios', known)}, "
            f"looked for in {shown_once(folders)}"
        )
    return known[text]


def _read(path: Path) -> Layer:
    """One file as plain values, with the line of every key.

    Raises
    ------
    InputError
        If the file is missing, a folder, unreadable, not text, empty or not TOML.
    """
    text = read_text(path, "a scenario file (.toml)", "*.toml")
    return _parsed(text, shown(path), path, path.parent)


def _parsed(text: str, name: str, path: Path, folder: Path | None) -> Layer:
    try:
        data, marks = parse_toml(text, name, "a scenario needs at least a title and a question")
    except InputError:
        raise
    except ValueError as error:  # tomllib's own, or a number with too many digits
        message = str(error)
        found = _LINE.search(message)
        line = f":{found[1] or max(1, len(text.splitlines()))}" if found else ""
        raise InputError(f"{name}{line}: not valid TOML: {_LINE.sub('', message)}") from None
    return Layer(path, data, marks, folder)


def _load(file: Layer, below: list[Layer]) -> Scenario:
    """Load a file; below: the chain of files that extend it, the first one asked for first."""
    problems = Problems()
    written = validate(ScenarioFile, file.data, file.marks, problems, _explain)
    base: Scenario | None = None
    extends = file.data.get("extends")
    if isinstance(extends, str) and extends.strip():
        base = _load_base(file, ("extends",), extends, below, problems)
    others: list[Scenario] = []
    if written is not None:
        for index, name in enumerate(written.also):
            other = _load_base(file, ("also", index), name, below, problems)
            others += [] if other is None else [other]
        if extends is None:
            for key in _OF_INHERITED:
                if file.data.get(key):
                    problems.add(file.marks[(key,)], [key], "means nothing without extends")
    problems.stop()
    merged = _merge(base, others, file, problems)
    scenario = validate(Scenario, merged.data, merged.marks, problems, _explain)
    problems.stop()
    assert scenario is not None
    scenario._origin = Origin(
        name=file.path.stem,
        marks=merged.marks,
        written=merged.data,
        base=base,
        layers=tuple(merged.layers),
        given_by={key: tuple(places) for key, places in merged.given_by.items()},
        edits=tuple(merged.edits),
    )
    _check_against(scenario, file.folder, problems)
    problems.stop()
    return scenario


def _load_base(
    file: Layer, keys: KeyPath, name: str, below: list[Layer], problems: Problems
) -> Scenario | None:
    """Load what a file builds on; problems found there are added to those of the file."""
    where = innermost(file.marks, keys)
    chain = [*below, file]
    try:
        path = _find(name, file.folder)
    except InputError as error:
        problems.add(where, map(str, keys[:1]), str(error))
        return None
    files = ["" if one.folder is None else os.path.realpath(one.path) for one in chain]  # no text
    if os.path.realpath(path) in files:
        circle = [other.path.stem for other in chain[files.index(os.path.realpath(path)) :]]
        names = " -> ".join([*circle, path.stem])
        problems.add(where, map(str, keys[:1]), f"scenarios extend each other in a circle: {names}")
        return None
    try:
        return _load(_read(path), chain)
    except InputError as error:
        problems.include(error)
        return None


class _Merged:
    """Plain values of files laid over each other, the line of each, and the file of each entry."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.marks: dict[KeyPath, str] = {}
        self.layers: list[Layer] = []
        self.given_by: dict[str, list[int]] = {key: [] for key in _APPENDED}
        self.edits: list[str] = []

    def start(self, base: Scenario) -> None:
        """Take over what is inherited of a scenario."""
        origin = base.origin
        self.data = {key: value for key, value in origin.written.items() if key not in _OWN}
        self.marks = {
            keys: mark for keys, mark in origin.marks.items() if not keys or keys[0] not in _OWN
        }
        self.layers = list(origin.layers)
        self.given_by = {key: list(origin.given_by[key]) for key in _APPENDED}

    def lay(self, file: Layer, ignored: tuple[str, ...] = ()) -> None:
        """Lay a file over the others."""
        self.layers.append(file)
        for key, value in file.data.items():
            if key in _OF_INHERITED or key in ignored:
                continue
            if key in _APPENDED:
                before = self.data.get(key, [])
                self.data[key] = [*before, *value]
                self.marks.update(_shifted(file.marks, key, len(before)))
                self.given_by[key] += [len(self.layers) - 1] * len(value)
                continue
            if isinstance(value, Mapping):
                self.data[key] = {**self.data.get(key, {}), **value}
                replaced: list[KeyPath] = [(key, inner) for inner in value]
            else:
                self.data[key] = value
                replaced = [(key,)]
            for keys in list(self.marks):
                if any(keys[: len(prefix)] == prefix for prefix in replaced):
                    del self.marks[keys]
            own = {keys: mark for keys, mark in file.marks.items() if keys[:1] == (key,)}
            self.marks.update(own)
        self.marks[()] = file.marks[()]

    def drop(self, key: str, places: Collection[int]) -> None:
        """Leave out entries of a list."""
        kept = [at for at in range(len(self.data[key])) if at not in places]
        marks = {keys: mark for keys, mark in self.marks.items() if keys[:1] != (key,)}
        for keys, mark in self.marks.items():
            if keys[:1] == (key,) and len(keys) > 1 and keys[1] in kept:
                marks[(key, kept.index(int(keys[1])), *keys[2:])] = mark
        self.marks = marks
        self.data[key] = [self.data[key][at] for at in kept]
        self.given_by[key] = [self.given_by[key][at] for at in kept]


def _merge(
    base: Scenario | None, others: Sequence[Scenario], file: Layer, problems: Problems
) -> _Merged:
    """A file laid over what it extends, with what it adds, changes and leaves out of it."""
    merged = _Merged()
    if base is not None:
        merged.start(base)
        for index, other in enumerate(others):
            _add(merged, base, other, ("also", index), file, problems)
        problems.stop()
        _edit(merged, base, file, problems)
        problems.stop()
    merged.lay(file)
    return merged


def _add(
    merged: _Merged,
    base: Scenario,
    other: Scenario,
    keys: KeyPath,
    file: Layer,
    problems: Problems,
) -> None:
    """Lay the files of another scenario on top, less those that lie there already."""
    where = innermost(file.marks, keys)
    if other.case != base.case:
        problems.add(
            where, ["also"], f"{other.name} is about {other.case}, {base.name} about {base.case}"
        )
    for layer in other.origin.layers:
        if os.path.realpath(layer.path) in [os.path.realpath(one.path) for one in merged.layers]:
            continue
        for key in ("change", "without"):
            if layer.data.get(key):
                problems.add(
                    where,
                    ["also"],
                    f"{layer.path.stem} has {key!r}, which is about what it extends itself; "
                    "extend it instead",
                )
        merged.lay(layer, (*_OWN, *_OF_RUNNING))


def _edit(merged: _Merged, base: Scenario, file: Layer, problems: Problems) -> None:
    """Change fields of inherited events and paths, then leave out some of them."""
    change, without = file.data.get("change", {}), file.data.get("without", [])
    if not change and not without:
        return
    data = {**merged.data, "title": base.title, "question": base.question}
    standing = validate(Scenario, data, merged.marks, problems, _explain)
    problems.stop()
    assert standing is not None
    standing._origin = Origin(base.name, merged.marks)
    settled: dict[KeyPath, str] = {}
    for path, value in change.items():
        mark = innermost(file.marks, ("change", path))
        try:
            place = find_field(path, standing)
            if place.keys in settled:
                raise InputError(f"{path!r} and {settled[place.keys]!r} are the same place")
            if not (isinstance(value, Mapping) and place.by_run):
                value = checked_value(place, value)
        except InputError as error:
            problems.add(mark, ["change"], str(error))
            continue
        settled[place.keys] = path
        write_value(merged.data, place.keys, value)
        for keys in [keys for keys in merged.marks if keys[: len(place.keys)] == place.keys]:
            del merged.marks[keys]
        merged.marks[place.keys] = mark
        before = "drawn or not given" if place.standing is None else _said(place.standing)
        merged.edits.append(f"{place.path} = {_said(value)} (not {before})")
    dropped: dict[str, list[int]] = {}
    for index, path in enumerate(without):
        try:
            head, at, rest = find_entry(path, standing)
            ended(path, rest)
            if at in dropped.setdefault(head, []):
                raise InputError(f"{path!r} is left out already")
        except InputError as error:
            problems.add(innermost(file.marks, ("without", index)), ["without"], str(error))
            continue
        dropped[head].append(at)
        name = entry_name(head, getattr(standing, head)[at])
        merged.edits.append(f"without {head} {name}")
        for keys, changed in settled.items():
            if keys[:2] == (head, at):
                mark = innermost(file.marks, ("change", changed))
                problems.add(mark, ["change"], f"{changed!r} is about what {path!r} leaves out")
    problems.stop()
    for head, places in dropped.items():
        merged.drop(head, places)


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{value['distribution']}(...)"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shifted(marks: Mapping[KeyPath, str], key: str, by: int) -> dict[KeyPath, str]:
    """Lines of the elements of a list that is appended to another of that length."""
    return {
        (key, keys[1] + by, *keys[2:]): mark
        for keys, mark in marks.items()
        if keys[:1] == (key,) and len(keys) > 1 and isinstance(keys[1], int)
    }


def _check_against(scenario: Scenario, folder: Path | None, problems: Problems) -> None:
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
