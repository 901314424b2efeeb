"""Which outcomes to draw: names as a user writes them, checked against what was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import Any

from sim.core.errors import InputError
from sim.experiment.reading import AXES
from sim.scenario.problems import nearest

ANY = "*"


@dataclass(frozen=True)
class Chosen:
    """One picture's worth of an outcome: the cells along one axis, the other axes fixed."""

    outcome: str
    axis: str  # that the panels stand for; empty for an outcome without axes
    panels: tuple[str, ...]  # codes along the axis
    fixed: tuple[tuple[str, str], ...]  # axis and code of the others
    columns: tuple[str, ...]  # one a panel


def codes(manifest: Mapping[str, Any], axis: str) -> list[str]:
    """Codes along an axis, in the order of the case."""
    return [entry["code"] for entry in manifest["case"][AXES[axis]]]


def choose(manifest: Mapping[str, Any], request: str) -> list[Chosen]:
    """The pictures that a name asks for.

    Parameters
    ----------
    manifest : mapping
        Of a results folder.
    request : str
        An outcome, then codes of its axes after dots as far as wanted; ``*`` leaves an axis open:
        ``autonomy``, ``autonomy.KAZ``, ``fear.*.RUS``.

    Returns
    -------
    list of Chosen
        Panels stand for the countries where these are open, else for the last open axis; each
        combination of the remaining open axes is a picture of its own.

    Raises
    ------
    InputError
        If the outcome or a code is unknown, or there are more codes than axes.
    """
    name, *given = request.strip().split(".")
    listed = {outcome["name"]: outcome for outcome in manifest["outcomes"]}
    if name not in listed:
        raise InputError(f"there is no outcome {name!r}{nearest(name, listed)}")
    axes: Sequence[str] = listed[name]["axes"]
    if len(given) > len(axes):
        written = ".".join((name, *(f"<{axis}>" for axis in axes)))
        raise InputError(f"{request}: too many parts; this outcome is written {written}")
    fixed: dict[str, str] = {}
    for axis, code in zip(axes, given, strict=False):
        if code != ANY:
            known = codes(manifest, axis)
            if code not in known:
                raise InputError(f"{request}: there is no {axis} {code!r}{nearest(code, known)}")
            fixed[axis] = code
    open_axes = [axis for axis in axes if axis not in fixed]
    if not open_axes:
        along = axes[0] if axes else ""
        panels = [fixed.pop(along)] if along else [""]
    else:
        along = "country" if "country" in open_axes else open_axes[-1]
        panels = codes(manifest, along)
        open_axes.remove(along)
    pictures = []
    for cell in product(*(codes(manifest, axis) for axis in open_axes)):
        held = {**fixed, **dict(zip(open_axes, cell, strict=True))}
        columns = tuple(
            ".".join((name, *(panel if axis == along else held[axis] for axis in axes)))
            for panel in panels
        )
        in_order = tuple((axis, held[axis]) for axis in axes if axis in held)
        pictures.append(Chosen(name, along, tuple(panels), in_order, columns))
    return pictures


def headlines(manifest: Mapping[str, Any], scenarios: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the scenarios themselves name as their headline outcomes, as requests.

    The first of each scenario comes before the second of any. A request that names a country is
    widened to all countries.

    Parameters
    ----------
    manifest : mapping
        Of a results folder.
    scenarios : sequence of mapping
        Entries of the manifest, each with a ``resolved`` scenario.
    """
    axes = {outcome["name"]: outcome["axes"] for outcome in manifest["outcomes"]}
    named = [
        [headline["outcome"] for headline in scenario["resolved"].get("headline", [])]
        for scenario in scenarios
    ]
    found = []
    for request in (request for turn in zip_longest(*named) for request in turn if request):
        name, *given = request.split(".")
        cells = zip(axes[name], given, strict=True)
        wide = (ANY if axis == "country" else code for axis, code in cells)
        found.append(".".join((name, *wide)).removesuffix(f".{ANY}"))
    return list(dict.fromkeys(found))
