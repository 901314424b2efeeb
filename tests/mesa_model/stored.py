"""Compares what the user's script printed with what is stored of it; it needs no package."""

from __future__ import annotations

from typing import Any

TOLERANCE = 1e-9  # float64 functions differ by 5e-13 between processors, and 52 quarters follow


def differing(found: dict[str, Any], stored: dict[str, Any]) -> list[str]:
    """Names of what is not the same.

    To the last bit where NumPy's functions give the same digits as where the numbers were stored,
    else within `TOLERANCE`.
    """
    exactly = found["functions"] == stored["functions"]
    names = sorted((set(found) | set(stored)) - {"mesa", "functions"})
    return [
        name
        for name in names
        if found.get(name) != stored.get(name)
        and (exactly or not _close(found.get(name), stored.get(name)))
    ]


def _close(found: Any, stored: Any) -> bool:
    if not (isinstance(found, list) and isinstance(stored, list) and len(found) == len(stored)):
        return False
    try:
        pairs = [
            (float.fromhex(one), float.fromhex(other))
            for one, other in zip(found, stored, strict=True)
        ]
    except (TypeError, ValueError):  # these are no numbers
        return False
    return all(abs(one - other) <= TOLERANCE * max(1.0, abs(other)) for one, other in pairs)
