"""Designs by name: those at hand and those that are shipped."""

from __future__ import annotations

from pathlib import Path

from sim.core.errors import InputError
from sim.scenario.problems import listed, nearest


def list_designs() -> dict[str, Path]:
    """All designs that can be loaded by name, in order of name, with their files."""
    package = Path(__file__).parents[1]
    homes = (Path(), package / "_data", package.parent)
    found: dict[str, Path] = {}
    for home in homes:
        for path in (home / "scenarios" / "designs").glob("*.toml"):
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
            f"there is no design {text!r}{nearest(text, known)} {listed('designs', known)}"
        )
    return known[text]
