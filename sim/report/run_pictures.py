"""Pictures of one run between its steps: who could hurt whom, what routes carry, its course."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim import __version__
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.experiment.describe import describe_case
from sim.experiment.reading import in_words
from sim.mesa_model import CountryAgent, DiplomacyModel
from sim.picture.batch import map as routes_map
from sim.picture.batch import network
from sim.picture.batch.fan import time_scale
from sim.picture.labels import sentence
from sim.picture.multiples import Heading, multiples
from sim.picture.scale import padded
from sim.picture.style import (
    FAINT,
    SCENARIO_COLOURS,
    SCENARIO_LINES,
    Actor,
    Caption,
    Scenario,
)
from sim.scenario.problems import nearest

COURSES = ("autonomy", "position", "entropy", "remittance_index")


def leverage_table(model: DiplomacyModel) -> pd.DataFrame:
    """Leverage of each power over each country through each channel, in the present quarter.

    Parameters
    ----------
    model : DiplomacyModel

    Returns
    -------
    DataFrame
        As `sim.picture.batch.network.draw` takes it: ``country``, ``power``, ``channel``,
        ``value`` and ``total`` over channels [percent of GDP].
    """
    names = model.world.names
    values = 100 * model.measure("channel_leverage")[..., 0]
    totals = 100 * model.measure("leverage")[..., 0]
    rows = [
        (country, power, channel, values[at], totals[at[:2]])
        for at, (country, power, channel) in zip(
            np.ndindex(values.shape),
            pd.MultiIndex.from_product([names.countries, names.powers, names.channels]),
            strict=True,
        )
    ]
    return pd.DataFrame(rows, columns=list(network.COLUMNS))


def leverage_figure(model: DiplomacyModel) -> Figure:
    """Powers, countries and the leverage between them; before the first step that of the base.

    Raises
    ------
    InputError
        If nobody has any.
    """
    case = describe_case(model.case, [model.world])
    meaning = sentence(INDICATORS["channel_leverage"].meaning)
    return network.draw(
        leverage_table(model),
        _actors(case["countries"]),
        _actors(case["powers"]),
        [Actor(one["code"], one["name"]) for one in case["channels"]],
        _caption(model, "Leverage of powers over countries", f"{meaning} [percent of GDP]"),
    )


def routes_table(model: DiplomacyModel) -> pd.DataFrame:
    """What routes carry in the present quarter.

    Parameters
    ----------
    model : DiplomacyModel

    Returns
    -------
    DataFrame
        As `sim.picture.batch.map.draw` takes it, the largest of a unit first: ``route``, ``name``,
        ``commodity``, ``country``, ``power``, ``unit``, ``quarter``, ``volume``, ``capacity``.
    """
    volume, capacity = model.outcome("route_volume"), model.outcome("route_capacity")
    rows = [
        {
            "route": one["code"],
            "name": one["name"],
            "commodity": one["commodity"],
            "country": one["country"],
            "power": one["power"],
            "unit": f"{one['unit'].removesuffix(' a year')} a year",
            "quarter": model.quarter,
            "volume": volume[f"route_volume.{one['code']}"],
            "capacity": capacity[f"route_capacity.{one['code']}"],
        }
        for one in describe_case(model.case, [model.world])["routes"]
    ]
    table = pd.DataFrame(rows, columns=list(routes_map.NEEDED))
    largest = table.groupby("unit")[["volume", "capacity"]].transform("max").max(axis=1)
    order = np.argsort(-(table["volume"] / largest.where(largest > 0, 1.0)), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def has_map(model: DiplomacyModel) -> bool:
    """Does the case say where its routes run."""
    geography = model.case.geography
    return geography is not None and bool(set(geography.lines) & set(model.world.names.routes))


def routes_figure(model: DiplomacyModel) -> Figure:
    """A map of what routes carry.

    Raises
    ------
    InputError
        If the case does not say where they run.
    """
    geography = model.case.geography
    if geography is None or not has_map(model):
        raise InputError(f"the case {model.case.name} does not say where its routes run")
    case = describe_case(model.case, [model.world])
    labelled = _caption(
        model,
        "What routes carry",
        "In each route's own unit a year",
        "Outlines are simplified and imply no position on any border.",
    )
    actors = _actors(case["countries"]), _actors(case["powers"])
    return routes_map.draw(routes_table(model), geography, *actors, labelled)


def course_table(model: DiplomacyModel, outcomes: Sequence[str] = COURSES) -> pd.DataFrame:
    """Outcomes of countries quarter by quarter, as the data collector has kept them.

    Parameters
    ----------
    model : DiplomacyModel
    outcomes : sequence of str
        Columns of ``model.table(CountryAgent)``.

    Returns
    -------
    DataFrame
        Columns ``quarter`` (whole number), ``country``, ``outcome``, ``value``.

    Raises
    ------
    InputError
        If one of them is not collected.
    """
    table = model.table(CountryAgent)
    for name in outcomes:
        if len(table) and name not in table:
            raise InputError(f"{name!r} is not collected{nearest(name, list(table.columns))}")
    if table.empty:
        return pd.DataFrame(columns=["quarter", "country", "outcome", "value"])
    long = table[list(outcomes)].reset_index().melt(["quarter", "code"], var_name="outcome")
    long["quarter"] = long["quarter"].map(quarters.parse)
    return long.rename(columns={"code": "country"})[["quarter", "country", "outcome", "value"]]


def course_figure(model: DiplomacyModel, outcomes: Sequence[str] = COURSES) -> Figure:
    """A panel an outcome, a line a country, over all quarters of the run.

    Raises
    ------
    InputError
        If an outcome is not collected.
    """
    table = course_table(model, outcomes)
    styles = [
        Scenario(
            one.code,
            one.name,
            SCENARIO_COLOURS[place % len(SCENARIO_COLOURS)] if one.colour == FAINT else one.colour,
            SCENARIO_LINES[place % len(SCENARIO_LINES)],
        )
        for place, one in enumerate(_actors(describe_case(model.case, [model.world])["countries"]))
    ]
    caption = _caption(model, "The course of countries", "As far as it has been run")
    headings = [Heading(sentence(in_words(name)), _unit(name)) for name in outcomes]
    sheet, panels = multiples(caption, "Line: a country in this run.", headings, legend=styles)
    start = model.plan.start
    for name, (axes, cell) in zip(outcomes, panels, strict=True):
        own = table[table["outcome"] == name]
        for style in styles:
            line = own[own["country"] == style.name]
            # A quarter is drawn where it ends, so that the first has a length.
            axes.plot(
                (line["quarter"] + 1) / 4, line["value"].astype(float),
                color=style.colour, linestyle=style.line, linewidth=1.6,
                marker="o" if len(line) == 1 else None, markersize=4,
                gid=f"{name}.{style.name}",
            )  # fmt: skip
        limits = padded(own["value"].min(), own["value"].max()) if len(own) else (0.0, 1.0)
        end = (start + model.plan.quarters) / 4
        time_scale(axes, start / 4, end, end, limits, cell)
    return sheet.figure


def _actors(entries: Sequence[dict[str, str]]) -> list[Actor]:
    return [Actor(one["code"], one["name"], one["colour"] or FAINT) for one in entries]


def _unit(name: str) -> str:
    return INDICATORS[name].unit if name in INDICATORS else ""


def _caption(model: DiplomacyModel, shown: str, detail: str, note: str = "") -> Caption:
    spec, case = model.spec, model.case
    return Caption(
        title=spec.title or spec.name,
        shown=f"{shown}, {model.quarter}",
        detail=detail,
        source=f"multivector {__version__}, case {case.title} "
        f"(base {quarters.name(model.world.base)})",
        runs=1,
        seed=model.root_seed,
        note=note,
        behind=f"run {model.run_number}",
    )
