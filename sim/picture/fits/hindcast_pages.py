"""All pictures of the folder of a hindcast: what their captions say and where they go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pandas as pd
from matplotlib.figure import Figure

from sim import __version__
from sim.case import Case
from sim.fit.hindcast import Hindcast
from sim.fit.record import shipped
from sim.fit.scoring import QUANTITY_BASELINES
from sim.fit.skill import ALL
from sim.picture.files import write
from sim.picture.fits import hindcast as hindcast_figures
from sim.picture.labels import Labels, sentence, words
from sim.picture.style import Actor, Caption

PANELS = 12  # most in a picture of series; more make several


def draw_hindcast(folder: Path, case: Case, out: Path | None = None) -> list[Path]:
    """Draw the pictures of a finished hindcast as PNG files.

    Parameters
    ----------
    folder : Path
        Of the hindcast.
    case : Case
        That it was made of.
    out : Path, optional
        Folder for the pictures; default: ``pictures`` in that of the hindcast.

    Returns
    -------
    list of Path
        The files made: skill and variants, calibration, series of each family, votes, evidence;
        those whose tables have no rows are left out.

    Raises
    ------
    InputError
        If the folder holds no finished hindcast, or the pictures cannot be written.
    """
    pictures = _Pictures(Hindcast.read(folder), case)
    return write(pictures.all(), folder / "pictures" if out is None else out)


class _Pictures:
    """The pictures of a hindcast, one at a time."""

    def __init__(self, hindcast: Hindcast, case: Case) -> None:
        self.hindcast, self.case = hindcast, case
        self.labels, self.record = Labels.of(case), shipped(case)
        self.plan = cast("dict[str, Any]", hindcast.about["plan"])
        self.main = int(self.plan["origins"][0])
        self.origins = ", ".join(str(year) for year in sorted(self.plan["origins"]))

    def all(self) -> Iterator[tuple[str, Figure]]:
        """File name, less its ending, and figure."""
        quantities = self.hindcast.table("quantities")
        if len(quantities):
            yield from self._skill()
            yield (
                "hindcast_calibration",
                hindcast_figures.calibration(
                    quantities,
                    self.hindcast.table("coverage"),
                    self.main,
                    self._caption(
                        "Are the forecasts as sure as they should be?",
                        f"Quantiles and intervals of {len(quantities):,} forecasts",
                        f"Forecasts from the ends of {self.origins}, up to {self.plan['last']}",
                    ),
                ),
            )
            main = quantities[quantities["origin"] == self.main]
            yield from self._series(main)
        yield from self._votes()
        yield from self._evidence()

    def _skill(self) -> Iterator[tuple[str, Figure]]:
        table = self.hindcast.table("skill")
        detail = f"Forecasts from the ends of {self.origins}, up to {self.plan['last']}"
        yield (
            "hindcast_skill",
            hindcast_figures.skill(
                table,
                self.main,
                self._caption(
                    "Does the model forecast better than the past of each series alone?",
                    "Skill of volumes and shares against simple forecasts",
                    detail,
                ),
            ),
        )
        others = ~table["against"].isin(QUANTITY_BASELINES) & (table["family"] == ALL)
        if others.any():
            yield (
                "hindcast_variants",
                hindcast_figures.variants(
                    table,
                    self.main,
                    self._caption(
                        "What does each part of the model add to its forecasts?",
                        "Skill of volumes and shares against the model without a part",
                        detail,
                    ),
                ),
            )

    def _series(self, forecasts: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
        for name, shown, part in _pages(forecasts, self.labels):
            panels = [self._actor(one) for one in dict.fromkeys(part["observable"])]
            for start in range(0, len(panels), PANELS):
                some = panels[start : start + PANELS]
                units = {one.unit for one in some}
                if len(units) == 1:
                    some = [replace(one, unit="") for one in some]
                unit = units.pop() if len(units) == 1 else "unit by panel"
                caption = self._caption(
                    f"What would have been forecast at the end of {self.main}?",
                    shown,
                    f"Mean of the year [{unit}]",
                    self._credit([one.code for one in some]),
                )
                history = {one.code: self.record.series(one.code) for one in some}
                page = f"_{start // PANELS + 1}" if start else ""
                yield (
                    f"hindcast_series_{name}{page}",
                    hindcast_figures.series(part, history, some, self.main, caption),
                )

    def _actor(self, observable: str) -> Actor:
        """A panel, called by what tells it from the others on its page."""
        labels = self.labels
        measure, country, power = labels.parts(observable)
        actor = labels.power(power) if power else labels.country(country)
        about = labels.measure(measure)
        return Actor(observable, actor.name or about.title, actor.colour, about.unit)

    def _credit(self, observables: list[str]) -> str:
        values = self.record.values
        found = [self.labels.parts(one) for one in observables]
        keys = zip(values["measure"], values["country"], values["power"], strict=True)
        return self.labels.credit(values["source"][[key in found for key in keys]].unique())

    def _votes(self) -> Iterator[tuple[str, Figure]]:
        votes = self.hindcast.table("votes")
        if not len(votes):
            return
        yield (
            "hindcast_votes_skill",
            hindcast_figures.votes_skill(
                self.hindcast.table("votes_skill"),
                self.main,
                self._caption(
                    "Does the model forecast votes better than their past alone?",
                    f"Skill of {len(votes)} votes against simple forecasts",
                    f"Forecasts from the ends of {self.origins}, up to {self.plan['last']}",
                ),
            ),
        )
        main = votes[votes["origin"] == self.main]
        if len(main):
            yield (
                "hindcast_votes",
                hindcast_figures.votes(
                    main,
                    self.labels,
                    self._caption(
                        "How would each country have been expected to vote?",
                        f"Votes after the end of {self.main}, by resolution and country",
                        "General Assembly of the United Nations; expected shares",
                        self.labels.credit(self.record.votes["source"].unique()),
                    ),
                ),
            )

    def _evidence(self) -> Iterator[tuple[str, Figure]]:
        table = self.hindcast.table("evidence")
        if len(table):
            origin = int(table["year"].min()) - 1
            yield (
                "hindcast_evidence",
                hindcast_figures.evidence(
                    table,
                    self.labels,
                    self._caption(
                        "Would the changes that were reported have been foreseen?",
                        f"Reported changes in forecasts made at the end of {origin}",
                        f"{len(table)} reports, by their number in the table of evidence",
                    ),
                ),
            )

    def _caption(self, title: str, shown: str, detail: str, note: str = "") -> Caption:
        runs = int(self.plan["runs"])
        return Caption(
            title=title,
            shown=shown,
            detail=detail,
            source=f"multivector {__version__}, case {self.case.title}",
            runs=runs,
            seed=int(self.plan["seed"]),
            note=note,
            behind=f"{runs:,} runs a forecast",
        )


def _pages(forecasts: pd.DataFrame, labels: Labels) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """File name, title and rows of each page: a family, or a measure of powers and a country."""
    for family, part in forecasts.groupby("family", sort=False):
        by_power = part["power"].notna() & (part["power"].astype(str) != "")
        for (measure, country), own in part[by_power].groupby(["measure", "country"], sort=False):
            title = labels.measure(str(measure)).title
            shown = f"{title}: {labels.country(str(country)).name}"
            yield f"{measure}_{country}", shown, own
        for measure, own in part[~by_power].groupby("measure", sort=False):
            if labels.parts(str(own["observable"].iloc[0]))[1]:
                yield str(measure), labels.measure(str(measure)).title, own
        rest = part[~by_power & ~part["observable"].str.contains(".", regex=False)]
        if len(rest):
            yield str(family), sentence(words(str(family))), rest
