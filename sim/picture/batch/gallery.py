"""All pictures of a results folder: which are drawn, what their captions say, where they go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.result import Result
from sim.experiment.statistics import QUANTILES
from sim.picture.batch import fan, leverage, ridgeline, tables, ternary
from sim.picture.batch.choice import TABLES, Chosen, choose, codes, headlines
from sim.picture.files import write
from sim.picture.labels import source
from sim.picture.style import (
    FAINT,
    MOST_SCENARIOS,
    Actor,
    Caption,
    Scenario,
    scenario_styles,
)

STANDARD = ("autonomy", "position", "entropy")  # drawn by quarter in any case
DIFFERENCES = ("autonomy", "position")  # of these, those drawn against the first scenario too
ENDS = ("autonomy",)  # of these, those whose distribution at the end is drawn too
TERNARY = "alignment"
HEAT = ("leverage", "channel_leverage")
REGIONS = (0.5, 0.9)  # shares of runs in the regions of the ternary
HEADLINES = 2
PANELS = 12  # most panels in a picture; more make several


def plot_result(
    result: Result, out: str | Path | None = None, outcomes: Sequence[str] | None = None
) -> list[Path]:
    """Draw a result's pictures as PNG files.

    Parameters
    ----------
    result : Result
        A finished batch.
    out : path, optional
        Folder for the pictures; default: ``pictures`` in the results folder.
    outcomes : sequence of str, optional
        Outcomes to draw, such as ``autonomy``, ``autonomy.KAZ`` or ``fear.*.RUS``: each by quarter
        and as a difference from the first scenario, where it was kept by quarter, and its
        distribution at the end. ``alignment`` stands for the ternary of blocs and ``leverage`` for
        the heat maps. Default: the scenarios' own first headlines, autonomy, position and entropy,
        ternary and heat maps.

    Returns
    -------
    list of Path
        The files made. More than six scenarios make several sets, each with the first scenario
        and up to five others; the sets' names end in ``_part2`` and so on.

    Raises
    ------
    InputError
        If an outcome is unknown, there are no runs, or the folder cannot be written to. Nothing is
        drawn then.
    """
    folder = Path(out) if out is not None else result.folder / "pictures"
    if isinstance(outcomes, str):
        outcomes = [outcomes]
    for request in outcomes or ():
        choose(result.manifest, request)
    counts = result.runs([]).groupby("scenario").size()
    entries = [one for one in result.manifest["scenarios"] if counts.get(one["name"], 0) > 0]
    if not entries:
        raise InputError(f"{result.folder}: no run is finished, so there is nothing to draw")
    by_quarter = result.quarters()

    def drawn() -> Iterator[tuple[str, Figure]]:
        for part, group in enumerate(_groups(entries)):
            fewest = min(int(counts[one["name"]]) for one in group)
            suffix = f"_part{part + 1}" if part else ""
            for name, figure in Pictures(result, group, fewest, by_quarter).all(outcomes):
                yield f"{name}{suffix}", figure

    return write(drawn(), folder)


def _groups(entries: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The first scenario with up to five others, as often as needed."""
    first, *others = entries
    step = MOST_SCENARIOS - 1
    return [[first, *others[at : at + step]] for at in range(0, max(len(others), 1), step)]


class Pictures:
    """The pictures of up to six scenarios of a result.

    Parameters
    ----------
    result : Result
    entries : sequence of mapping
        The scenarios' entries in the manifest.
    runs : int
        Finished runs a scenario; the fewest, if they differ.
    by_quarter : DataFrame
        Statistics over runs, of all scenarios.
    """

    def __init__(
        self,
        result: Result,
        entries: Sequence[Mapping[str, Any]],
        runs: int,
        by_quarter: pd.DataFrame,
    ) -> None:
        self.result, self.entries, self.runs = result, entries, runs
        self.manifest = result.manifest
        self.names = [one["name"] for one in entries]
        self.by_quarter = by_quarter[by_quarter["scenario"].isin(self.names)]
        self.scenarios = scenario_styles(
            self.names, [one["title"] or one["name"] for one in entries]
        )
        self.outcomes = {one["name"]: one for one in self.manifest["outcomes"]}
        starts = [quarters.parse(one["start"]) for one in entries]
        ends = {s + one["quarters"] - 1 for s, one in zip(starts, entries, strict=True)}
        self.end = quarters.name(ends.pop()) if len(ends) == 1 else "the last quarter"
        self.horizon = f"{quarters.name(min(starts))} to {self.end}"

    def all(self, outcomes: Sequence[str] | None) -> Iterator[tuple[str, Figure]]:
        """File name, less its ending, and figure, one at a time."""
        requests = list(outcomes) if outcomes else [*self._standard(), TERNARY, HEAT[0]]
        for request in dict.fromkeys(requests):
            if request == TERNARY:
                yield from self._ternary()
            elif request in HEAT:
                yield from self._leverage()
            else:
                for chosen in choose(self.manifest, request):
                    yield from self._fan(chosen)
                    if outcomes or request in DIFFERENCES:
                        yield from self._difference(chosen)
                    if outcomes or request in ENDS:
                        yield from self._distribution(chosen)

    def _standard(self) -> list[str]:
        others = self.entries[1:] or self.entries
        own = [name for name in headlines(self.manifest, others) if name not in STANDARD]
        return [*own[:HEADLINES], *STANDARD]

    # The pictures

    def _fan(self, chosen: Chosen) -> Iterator[tuple[str, Figure]]:
        table = tables.by_quarter(self.by_quarter, chosen)
        if table.empty:  # not kept by quarter
            return
        shown = f"{self._label(chosen)}, {self.horizon}"
        for page, panels, note in self._pages(chosen, table, list(QUANTILES)):
            caption = self._caption(shown, self._meaning(chosen), note)
            figure = fan.draw(table, panels, self.scenarios, tables.QUANTILES, caption)
            yield f"fan_{_file(chosen)}{page}", figure

    def _difference(self, chosen: Chosen) -> Iterator[tuple[str, Figure]]:
        table = tables.differences(self.result, self.names, chosen)
        if table.empty:  # not kept by quarter, or nothing to compare with
            return
        first, *others = self.scenarios
        shown = f"{self._label(chosen)}: difference from {first.short}, {self.horizon}"
        runs = int(table["n"].min())
        for page, panels, note in self._pages(chosen, table, list(QUANTILES)):
            caption = self._caption(shown, self._meaning(chosen), note, runs=runs)
            figure = fan.draw(table, panels, others, tables.QUANTILES, caption, difference=True)
            yield f"difference_{_file(chosen)}{page}", figure

    def _distribution(self, chosen: Chosen) -> Iterator[tuple[str, Figure]]:
        table = tables.at_end(self.result, self.names, chosen)
        shown = f"{self._label(chosen)} in {self.end}"
        for page, panels, note in self._pages(chosen, table, ["value"]):
            caption = self._caption(shown, self._meaning(chosen), note)
            figure = ridgeline.draw(table, panels, self.scenarios, tables.QUANTILES, caption)
            yield f"distribution_{_file(chosen)}{page}", figure

    def _pages(
        self, chosen: Chosen, table: pd.DataFrame, columns: list[str]
    ) -> Iterator[tuple[str, list[Actor], str]]:
        """The end of a file's name, the panels of its picture, and a note on those left out.

        A country that is zero throughout is worth showing; a route or a power is not.
        """
        present = set(table.loc[table[columns].notna().any(axis=1), "panel"])
        moving = set(table.loc[table[columns].abs().gt(0).any(axis=1), "panel"])
        kept = present if chosen.axis == "country" or not moving else moving
        panels = [panel for panel in self._panels(chosen) if panel.code in kept]
        note = "Panels that are zero throughout are left out." if kept != present else ""
        for start in range(0, len(panels), PANELS):
            page = f"_{start // PANELS + 1}" if start else ""
            yield page, panels[start : start + PANELS], note

    def _ternary(self) -> Iterator[tuple[str, Figure]]:
        members = tables.blocs(self.manifest["case"]["powers"])
        if len(members) < 3:  # a case without three blocs has no triangle
            return
        ends = tables.bloc_ends(self.result, self.names, members)
        paths = tables.bloc_paths(self.by_quarter, self.manifest, members)
        corners = [Actor(bloc, bloc) for bloc in members]
        present = set(ends.dropna()["panel"])
        countries = [actor for actor in self._actors("country") if actor.code in present]
        first, second, third = members
        names = {actor.code: actor.name for actor in self._actors("power")}
        several = [
            f"{bloc}: {' and '.join(names[code] for code in inside)}"
            for bloc, inside in members.items()
            if len(inside) > 1
        ]
        meaning = _sentence(self.outcomes[TERNARY]["meaning"])
        caption = self._caption(
            f"Alignment between {first}, {second} and {third}, {self.horizon}",
            f"{meaning} [percent of the three]{'. ' if several else ''}{'; '.join(several)}",
        )
        yield (
            "ternary_alignment",
            ternary.draw(ends, paths, corners, countries, self.scenarios, REGIONS, caption),
        )

    def _leverage(self) -> Iterator[tuple[str, Figure]]:
        first, *others = self.scenarios
        for scenario in (first, *others):
            against = None if scenario is first else first.name
            table, unit = tables.leverage(self.result, scenario.name, against)
            present = set(table.loc[table["value"].notna(), "panel"])
            shown = f"Leverage by channel in {self.end}: {scenario.short}"
            meaning = _sentence(self.outcomes[HEAT[1]]["meaning"])
            if against is not None:
                shown += f" less {first.short}"
            figure = leverage.draw(
                table,
                [actor for actor in self._actors("country") if actor.code in present],
                self._actors("power"),
                [Actor(code, code.replace("_", " ")) for code in codes(self.manifest, "channel")],
                0.5,
                self._caption(shown, f"{meaning} [{unit}]", scenario=scenario),
                difference=against is not None,
            )
            yield "leverage" if against is None else f"leverage_difference_{scenario.name}", figure

    # Their words

    def _caption(
        self,
        shown: str,
        detail: str,
        note: str = "",
        scenario: Scenario | None = None,
        runs: int | None = None,
    ) -> Caption:
        if not self.result.complete:
            note = f"{note} Runs that failed or are not finished are left out.".strip()
        return Caption(
            title=self._question(scenario),
            shown=shown,
            detail=detail,
            source=source(self.manifest),
            runs=self.runs if runs is None else runs,
            seed=self.manifest["seed"],
            note=note,
        )

    def _question(self, scenario: Scenario | None) -> str:
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

    def _label(self, chosen: Chosen) -> str:
        words = (
            chosen.outcome.removesuffix("_usd").replace("_", " ").replace("reexport", "re-export")
        )
        words = _sentence(words.replace("gdp", "GDP"))
        held = [self._name(axis, code) for axis, code in chosen.fixed]
        return f"{words} ({', '.join(held)})" if held else words

    def _meaning(self, chosen: Chosen) -> str:
        outcome = self.outcomes[chosen.outcome]
        meaning = _sentence(outcome["meaning"])
        return meaning if _ROUTE_UNIT in outcome["unit"] else f"{meaning} [{outcome['unit']}]"

    def _panels(self, chosen: Chosen) -> list[Actor]:
        if not chosen.axis:
            return [Actor("", "")]
        unit = self.outcomes[chosen.outcome]["unit"]
        actors = {actor.code: actor for actor in self._actors(chosen.axis)}
        panels = [actors[code] for code in chosen.panels]
        if _ROUTE_UNIT not in unit:
            return panels
        units = {
            one["code"]: f"{one['unit'].removesuffix(' a year')} a year"
            for one in self.manifest["case"]["routes"]
        }
        return [replace(one, unit=unit.replace(_ROUTE_UNIT, units[one.code])) for one in panels]

    def _actors(self, axis: str) -> list[Actor]:
        return [
            Actor(one["code"], one["name"], one.get("colour", FAINT))
            for one in self.manifest["case"][TABLES[axis]]
        ]

    def _name(self, axis: str, code: str) -> str:
        return next(actor.name for actor in self._actors(axis) if actor.code == code)


_ROUTE_UNIT = "route's unit a year"  # in an outcome's unit: each route has its own


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _file(chosen: Chosen) -> str:
    """The part of a file's name that tells the outcome."""
    single = chosen.panels if len(chosen.panels) == 1 and chosen.axis else ()
    return "_".join((chosen.outcome, *single, *(code for _, code in chosen.fixed)))
