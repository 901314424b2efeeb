"""Files of texts that people write: read with their errors, and TOML with the line of each key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sim.case.tables import shown
from sim.core.errors import InputError
from sim.scenario.positions import KeyPath, positions
from sim.scenario.problems import nearest


def read_text(path: Path, wanted: str = "a file", like: str = "*") -> str:
    """The text of a file in UTF-8.

    Parameters
    ----------
    path : Path
    wanted : str
        What to name where a folder is named, for the message.
    like : str
        Pattern of the files among which the nearest name is sought, where there is no such file.

    Raises
    ------
    InputError
        If the file is missing, a folder, unreadable or not text.
    """
    name = shown(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        near = nearest(path.name, (other.name for other in path.parent.glob(like)))
        raise InputError(f"{name}: there is no such file{near}") from None
    except IsADirectoryError:
        raise InputError(f"{name}: is a folder; name {wanted}") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"{name}: is not a text file in UTF-8")
    return text


def parse_toml(text: str, name: str, needed: str) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """Plain values of a TOML text, and ``file:line`` of every key, ``file`` of the whole.

    Parameters
    ----------
    text : str
    name : str
        Of the file, for messages and marks.
    needed : str
        What an empty file lacks, for the message.

    Raises
    ------
    ValueError
        If the text is not TOML, as the standard reader tells.
    InputError
        If it is empty or lies too deep in itself.
    """
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{name}: arrays or tables lie too deep in each other") from None
    if not data:
        raise InputError(f"{name}: is empty; {needed}")
    lines = {keys: f"{name}:{place.line}" for keys, place in positions(text).items()}
    return data, {(): name, **lines}
