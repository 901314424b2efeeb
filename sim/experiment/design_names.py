"""Designs by name: those at hand and those that are shipped."""

from __future__ import annotations

from pathlib import Path

from sim.case.shelves import shelves
from sim.case.tables import shown_once
from sim.core.errors import InputError
from sim.scenario.problems import listed, nearest

_HOME = "scenarios/designs"


def list_designs() -> dict[str, Path]:
    """All designs that can be loaded by name, in order of name, with their files."""
    found: dict[str, Path] = {}
    for home in shelves(_HOME):
        for path in home.glob("*.toml"):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def find_design(name_or_path: str | Path) -> Path:
    """The file of a design; a text with a folder in it or ending in .toml is a path.

    Raises
    ------
    InputError
        If there is no design of that name.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or Path(text).name != text:
        if "\0" in text:
            raise InputError(f"{text!r} is not a path")
        return Path(text)
    known = list_designs()
    if text not in known:
        raise InputError(
            f"there is no design {text!r}{nearest(text, known)} {listed('designs', known)}, "
            f"looked for in {shown_once(shelves(_HOME))}"
        )
    return known[text]
