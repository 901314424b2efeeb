"""What all pictures of a batch share: its scenarios and how they look, its actors, its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import pandas as pd

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.reading import AXES, check_scenario
from sim.experiment.result import Result
from sim.picture.batch.choice import Chosen, choose
from sim.picture.labels import sentence, source
from sim.picture.request import Request
from sim.picture.style import (
    FAINT,
    MOST_SCENARIOS,
    Actor,
    Caption,
    Scenario,
    scenario_styles,
)
from sim.scenario.problems import nearest

PANELS = 12  # most panels in a picture; more make several
_ROUTE_UNIT = "route's unit a year"  # in an outcome's unit: each route has its own


def subjects(result: Result, request: Request) -> list[Subject]:
    """The scenarios of a batch in groups that fit one picture.

    Parameters
    ----------
    result : Result
    request : Request
        Its scenarios, in their order; default: all.

    Returns
    -------
    list of Subject
        More than six scenarios make several, each with the first scenario and up to five others.

    Raises
    ------
    InputError
        If there is no such scenario, actor or quarter, or no run is finished.
    """
    entries = {one["name"]: one for one in result.manifest["scenarios"]}
    for name in request.scenario:
        check_scenario(result.folder, name, list(entries))
    if len(set(request.scenario)) < len(request.scenario):
        raise InputError(f"scenario: found {', '.join(request.scenario)}; name each once")
    counts = result.runs([]).groupby("scenario").size()
    wanted = request.scenario or tuple(entries)
    finished = [entries[name] for name in wanted if counts.get(name, 0) > 0]
    if not finished:
        raise InputError(f"{result.folder}: no run is finished, so there is nothing to draw")
    first, *others = finished
    step = MOST_SCENARIOS - 1
    groups = [[first, *others[at : at + step]] for at in range(0, max(len(others), 1), step)]
    return [
        Subject(result, group, min(int(counts[one["name"]]) for one in group), request)
        for group in groups
    ]


class Subject:
    """Up to six scenarios of a batch.

    Parameters
    ----------
    result : Result
    entries : sequence of mapping
        The scenarios' entries in the manifest.
    runs : int
        Finished runs a scenario; the fewest, if they differ.
    request : Request
        Actors to show.

    Attributes
    ----------
    names : list of str
        Of the scenarios.
    scenarios : list of Scenario
        How they are drawn, in the same order.
    outcomes : dict of str to mapping
        What is told of each outcome: meaning, unit, axes.
    end : str
        The last quarter in words.
    horizon : str
        First and last quarter in words.

    Raises
    ------
    InputError
        If a country or power is asked for that the case does not have.
    """

    def __init__(
        self,
        result: Result,
        entries: Sequence[Mapping[str, Any]],
        runs: int,
        request: Request | None = None,
    ) -> None:
        self.result, self.entries, self.runs = result, entries, runs
        self.request = request or Request()
        self.manifest = result.manifest
        self.names: list[str] = [one["name"] for one in entries]
        self.scenarios = scenario_styles(
            self.names, [one["title"] or one["name"] for one in entries]
        )
        self.outcomes = {one["name"]: one for one in self.manifest["outcomes"]}
        starts = [quarters.parse(one["start"]) for one in entries]
        ends = {s + one["quarters"] - 1 for s, one in zip(starts, entries, strict=True)}
        self.start, self.last = min(starts), max(ends)
        self.end = quarters.name(ends.pop()) if len(ends) == 1 else "the last quarter"
        self.horizon = f"{quarters.name(self.start)} to {self.end}"
        for axis in ("country", "power"):
            known = [one["code"] for one in self.manifest["case"][AXES[axis]]]
            for code in getattr(self.request, axis):
                if code not in known:
                    raise InputError(f"{axis}: there is no {code!r}{nearest(code, known)}")

    @cached_property
    def by_quarter(self) -> pd.DataFrame:
        """Statistics over runs of these scenarios, as `Result.quarters` gives them."""
        table = self.result.quarters()
        return table[table["scenario"].isin(self.names)]

    @cached_property
    def finished(self) -> dict[str, int]:
        """Finished runs of each scenario."""
        counts = self.result.runs([]).groupby("scenario").size()
        return {name: int(counts[name]) for name in self.names}

    @cached_property
    def members(self) -> dict[str, set[str]]:
        """The scenarios that each country is in, by its code."""
        codes = [actor.code for actor in self.all_actors("country")]
        name = next(one for one, about in self.outcomes.items() if about["axes"] == ["country"])
        runs = self.result.runs([name]).set_index("scenario").drop(columns="run")
        there = runs.notna().groupby(level="scenario").any()
        return {
            code: {one for one in self.names if bool(there.at[one, f"{name}.{code}"])}
            for code in codes
        }

    # What is shown

    def choose(self, requests: Sequence[str]) -> list[Chosen]:
        """The pictures that outcomes ask for, with the wanted countries and powers only."""
        found = []
        for request in dict.fromkeys(requests):
            for chosen in choose(self.manifest, request):
                if all(self._wanted(axis, code) for axis, code in chosen.fixed):
                    kept = [
                        (panel, column)
                        for panel, column in zip(chosen.panels, chosen.columns, strict=True)
                        if self._wanted(chosen.axis, panel)
                    ]
                    if kept:
                        panels, columns = zip(*kept, strict=True)
                        found.append(replace(chosen, panels=panels, columns=columns))
        return found

    def _wanted(self, axis: str, code: str) -> bool:
        wanted = getattr(self.request, axis, ()) if axis in ("country", "power") else ()
        return not wanted or code in wanted

    def pages(
        self, chosen: Chosen, table: pd.DataFrame, columns: Sequence[str], most: int = 0
    ) -> Iterator[tuple[str, list[Actor], str]]:
        """The end of a file's name, the panels of its picture, and a note on those left out.

        A picture has no more panels than `most`; default: `PANELS`.
        A country that is zero throughout is worth showing; a route or a power is not.
        """
        values = table[list(columns)]
        present = set(table.loc[values.notna().any(axis=1), "panel"])
        moving = set(table.loc[values.abs().gt(0).any(axis=1), "panel"])
        kept = present if chosen.axis == "country" or not moving else moving
        panels = [panel for panel in self.panels(chosen) if panel.code in kept]
        note = "Panels that are zero throughout are left out." if kept != present else ""
        most = most or PANELS
        for start in range(0, len(panels), most):
            page = f"_{start // most + 1}" if start else ""
            yield page, panels[start : start + most], note

    def panels(self, chosen: Chosen) -> list[Actor]:
        """What the panels of a picture stand for."""
        if not chosen.axis:
            return [Actor("", "")]
        unit = self.outcomes[chosen.outcome]["unit"]
        actors = {actor.code: actor for actor in self.all_actors(chosen.axis)}
        panels = [actors[code] for code in chosen.panels]
        if _ROUTE_UNIT not in unit:
            return panels
        units = {
            one["code"]: f"{one['unit'].removesuffix(' a year')} a year"
            for one in self.manifest["case"]["routes"]
        }
        return [replace(one, unit=unit.replace(_ROUTE_UNIT, units[one.code])) for one in panels]

    def actors(self, axis: str) -> list[Actor]:
        """The wanted countries or powers, or all codes along another axis."""
        return [one for one in self.all_actors(axis) if self._wanted(axis, one.code)]

    def all_actors(self, axis: str) -> list[Actor]:
        """All codes along an axis, with their names and colours."""
        return [
            Actor(one["code"], one["name"], one.get("colour", FAINT))
            for one in self.manifest["case"][AXES[axis]]
        ]

    def quarter(self) -> int:
        """The quarter that is asked for, else the last that all scenarios have.

        Raises
        ------
        InputError
            If it is no quarter, or outside the horizon of one of the scenarios.
        """
        starts = [quarters.parse(one["start"]) for one in self.entries]
        last = [s + one["quarters"] - 1 for s, one in zip(starts, self.entries, strict=True)]
        if not self.request.at:
            return min(last)
        found = quarters.parse(self.request.at)
        if not max(starts) <= found <= min(last):
            raise InputError(
                f"at: found {self.request.at}; allowed: {quarters.name(max(starts))} "
                f"to {quarters.name(min(last))}"
            )
        return found

    # Words

    def caption(
        self,
        shown: str,
        detail: str,
        note: str = "",
        scenario: Scenario | None = None,
        runs: int | None = None,
    ) -> Caption:
        """The words around a picture.

        Parameters
        ----------
        shown, detail, note : str
            What is drawn; its meaning and unit; how to read it.
        scenario : Scenario, optional
            The one whose question stands above; default: all but the first.
        runs : int, optional
            Behind the picture; default: all that are finished.
        """
        if not self.result.complete:
            note = f"{note} Runs that failed or are not finished are left out.".strip()
        return Caption(
            title=self.question(scenario),
            shown=shown,
            detail=detail,
            source=source(self.manifest),
            runs=self.runs if runs is None else runs,
            seed=self.manifest["seed"],
            note=note,
        )

    def question(self, scenario: Scenario | None = None) -> str:
        """The question that one scenario asks, or the questions of those beyond the first."""
        asked = {
            one["name"]: one["question"] or one["title"] or one["name"] for one in self.entries
        }
        if scenario is not None:
            return str(asked[scenario.name])
        others = self.names[1:] or self.names
        if len(others) > 2:
            return f"How do {len(others)} scenarios differ from “{self.scenarios[0].short}”?"
        return "\n".join(asked[name] for name in others)

    def label(self, chosen: Chosen) -> str:
        """Name of an outcome in words, with the actors that are held."""
        words = (
            chosen.outcome.removesuffix("_usd").replace("_", " ").replace("reexport", "re-export")
        )
        words = sentence(words.replace("gdp", "GDP"))
        held = [self.name(axis, code) for axis, code in chosen.fixed]
        return f"{words} ({', '.join(held)})" if held else words

    def meaning(self, chosen: Chosen) -> str:
        """What an outcome means, and its unit."""
        outcome = self.outcomes[chosen.outcome]
        meaning = sentence(outcome["meaning"])
        return meaning if _ROUTE_UNIT in outcome["unit"] else f"{meaning} [{outcome['unit']}]"

    def name(self, axis: str, code: str) -> str:
        """Name of an actor."""
        return next(actor.name for actor in self.all_actors(axis) if actor.code == code)


def file_name(chosen: Chosen) -> str:
    """The part of a file's name that tells the outcome."""
    single = chosen.panels if len(chosen.panels) == 1 and chosen.axis else ()
    return "_".join((chosen.outcome, *single, *(code for _, code in chosen.fixed)))
