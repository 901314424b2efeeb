"""Everything wrong with a scenario, collected and shown together, one a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sim.core.errors import InputError, nearest_name
from sim.scenario.positions import KeyPath

_PLACE = re.compile(r"(.*?):(\d+): ")
_MOST_LISTED = 30


class Problems:
    """Messages of the form ``file:line: key: what is wrong``."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}  # a set that keeps its order

    def add(self, where: str, keys: Iterable[str | int], message: str) -> None:
        """Note a problem.

        Parameters
        ----------
        where : str
            ``file:line`` or ``file``.
        keys : iterable of str or int
            The path to the key; indices of array elements are not shown.
        message : str
            What was found and what is allowed.
        """
        key = ".".join(part for part in keys if isinstance(part, str))
        self._lines[f"{where}: {key}: {message}" if key else f"{where}: {message}"] = None

    def include(self, error: InputError) -> None:
        """Note what was found elsewhere."""
        self._lines.update(dict.fromkeys(str(error).splitlines()))

    def stop(self) -> None:
        """Raise what was found, in the order of files and lines.

        Raises
        ------
        InputError
            If there is any problem.
        """
        if self._lines:
            raise InputError("\n".join(sorted(self._lines, key=_order)))


class Report:
    """Problems and notes about the keys of one scenario."""

    def __init__(self, where: Callable[..., str]) -> None:
        self._where = where  # from the path to a key to ``file:line``
        self._problems = Problems()
        self.notes: list[str] = []

    def problem(self, keys: Sequence[str | int], message: str) -> None:
        """Note something wrong at a key."""
        self._problems.add(self._where(*keys), keys, message)

    def note(self, keys: Sequence[str | int], message: str) -> None:
        """Note something to know about a key that is no error."""
        key = ".".join(part for part in keys if isinstance(part, str))
        self.notes.append(f"{self._where(*keys)}: {key}: {message}")

    def stop(self) -> None:
        """Raise the problems, if there are any; see `Problems.stop`."""
        self._problems.stop()


def innermost(marks: Mapping[KeyPath, str], keys: KeyPath) -> str:
    """The mark of a key, or of the innermost table around it that has one."""
    for length in range(len(keys), 0, -1):
        if keys[:length] in marks:
            return marks[keys[:length]]
    return marks[()]


def _order(line: str) -> tuple[str, int]:
    place = _PLACE.match(line)
    return (place[1], int(place[2])) if place else (line, 0)


def nearest(found: str, allowed: Iterable[str]) -> str:
    """The question that names the nearest allowed name, or nothing."""
    near = nearest_name(found, allowed)
    return f"; did you mean {near!r}?" if near else ""


def listed(label: str, allowed: Collection[str]) -> str:
    """What is allowed, in brackets: ``(routes: CPC, BTC)``; long lists are cut."""
    names = list(allowed)
    if len(names) > _MOST_LISTED:
        names = [*names[:_MOST_LISTED], f"and {len(names) - _MOST_LISTED} more"]
    return f"({label}: {', '.join(names) or 'none'})"
