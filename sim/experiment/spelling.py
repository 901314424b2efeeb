"""Unknown names, answered with the nearest known one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LISTED = 12  # a longer list of what is allowed would bury the message


def unknown(what: str, found: str, allowed: Iterable[str]) -> str:
    """Message about a name that is not among those allowed.

    Parameters
    ----------
    what : str
        What the name stands for: "outcome".
    found : str
    allowed : iterable of str
    """
    names = list(allowed)
    by_case = {name.casefold(): name for name in names}
    near = get_close_matches(found.casefold(), by_case, n=1, cutoff=0.5)
    message = f"unknown {what} {found!r}"
    if near:
        message += f"; did you mean {by_case[near[0]]!r}?"
    if len(names) <= _LISTED:
        message += f" (one of: {', '.join(names)})"
    return message
