"""Cases that models of a process share: read once, and again when a file of theirs changes."""

from __future__ import annotations

import os
from pathlib import Path

from sim.case import Case, load_case

_MOST = 4  # cases kept at a time
_Stamp = frozenset[tuple[str, int, int]]
_known: dict[tuple[str, bool, str], tuple[_Stamp, Case]] = {}


def recent_case(name: str) -> Case:
    """A case as `load_case` gives it; reading its tables takes longer than a run.

    Parameters
    ----------
    name : str
        Name or folder of the case.

    Raises
    ------
    InputError
        If there is no such case, or a file of it is wrong.
    """
    key = (os.getcwd(), (Path("calibration") / name).exists(), name)
    if key in _known:
        stamp, case = _known[key]
        if stamp == _stamp(case.folder):
            return case
    case = load_case(name)
    _known[key] = (_stamp(case.folder), case)
    while len(_known) > _MOST:
        del _known[next(iter(_known))]
    return case


def _stamp(folder: Path) -> _Stamp:
    """Names, times and sizes of the files of a folder."""
    if not folder.is_dir():
        return frozenset()
    with os.scandir(folder) as files:
        found = [(file.name, file.stat()) for file in files]
    return frozenset((name, status.st_mtime_ns, status.st_size) for name, status in found)
