"""Plain values as TOML, with numbers that read back the same to the last bit."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def assignment(key: str, value: bool | int | float | str | Sequence[Any]) -> str:
    """A line that sets a key."""
    name = key if _BARE.fullmatch(key) else _value(key)
    return f"{name} = {_value(value)}"


def comment(text: str) -> str:
    """A line for readers; what would end it or cannot be printed becomes a space."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"# {' '.join(plain.split())}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(_value(one) for one in value)}]"
