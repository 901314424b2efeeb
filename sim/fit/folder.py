"""The folders of fits and hindcasts: begun, gone on with, and known to be finished."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.core.errors import InputError
from sim.experiment.folder import prepare
from sim.experiment.store import write_manifest

_MANIFEST = "manifest.json"


def begin(
    folder: Path,
    kind: str,
    mark: Mapping[str, Any],
    own: Sequence[str],
    overwrite: bool,
    reuse: bool = False,
) -> bool:
    """Make a folder, or go on with what an interrupted piece of the same work left there.

    Parameters
    ----------
    folder : Path
    kind : str
        Word for what it holds: fit, hindcast.
    mark : mapping
        What tells this piece of work from another one, as JSON has it.
    own : sequence of str
        Files and folders that may be removed to begin anew.
    overwrite : bool
        Begin anew whatever stands there.
    reuse : bool
        Take finished work of the same mark as it is; without, it is in the way.

    Returns
    -------
    bool
        Is the work done already?

    Raises
    ------
    InputError
        As `sim.experiment.folder.prepare`.
    """
    if (folder / _MANIFEST).is_file() and not overwrite:
        left = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        done = left.get("status") == "complete"
        if left.get("mark") == mark and (reuse or not done):
            return done
    prepare(folder, overwrite, own, kind)
    write_manifest(folder, {"format": _format(kind), "status": "incomplete", "mark": dict(mark)})
    return False


def finish(folder: Path, kind: str, manifest: Mapping[str, Any]) -> None:
    """Say in the manifest that the work is done."""
    write_manifest(folder, {"format": _format(kind), **manifest, "status": "complete"})


def finished(folder: Path, kind: str) -> dict[str, Any]:
    """The manifest of finished work.

    Raises
    ------
    InputError
        If the folder holds none of this kind.
    """
    path = folder / _MANIFEST
    if path.is_file():
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if about.get("format") == _format(kind) and about.get("status") == "complete":
            return about
    raise InputError(f"{folder}: holds no finished {kind}")


def _format(kind: str) -> str:
    return f"multivector {kind} 1"
