"""What the manifest says about a case and a scenario: all a reader of the results needs to know."""

from __future__ import annotations

import platform
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sim import __version__
from sim.case import Case, Posterior
from sim.core import quarters
from sim.core.indicators import INDICATORS
from sim.core.world import World
from sim.scenario import Scenario


def describe_case(case: Case, worlds: Sequence[World]) -> dict[str, Any]:
    """The simulated actors of a case with their names and colours, in the order of its tables.

    Parameters
    ----------
    case : Case
    worlds : sequence of World
        One a scenario; an actor that any of them simulates is listed.
    """

    def entries(table: str, codes: set[str], *columns: str) -> list[dict[str, str]]:
        listed = {}
        for row in case.table(table):  # a route has a row a year: the last one counts
            code = row[case.table(table).columns[0]]
            if code in codes:
                listed[code] = {"code": code, **{column: row[column] for column in columns}}
        return list(listed.values())

    def codes(axis: str) -> set[str]:
        return {code for world in worlds for code in getattr(world.names, axis)}

    return {
        "name": case.name,
        "title": case.title,
        "as_of": quarters.name(worlds[0].base),
        "hash": case.hash(),
        "countries": entries("countries", codes("countries"), "name", "colour"),
        "powers": entries("powers", codes("powers"), "name", "bloc", "colour", "kind"),
        "channels": entries("channels", codes("channels"), "name", "role"),
        "routes": entries(
            "routes", codes("routes"), "name", "commodity", "unit", "country", "power", "channel"
        ),
        "sectors": entries("sectors", codes("sectors"), "name"),
        "texts": entries("texts", codes("texts"), "name"),
    }


def describe_scenario(scenario: Scenario) -> dict[str, Any]:
    """A scenario as it was run, with everything it extends merged in."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "question": scenario.question,
        "start": quarters.name(scenario.start),
        "quarters": scenario.quarters,
        "hash": scenario.hash,
        "resolved": scenario.resolved(),
    }


def describe_parameters(
    given: str | Path | Posterior, posterior: Posterior | None, replicates: int
) -> dict[str, Any]:
    """Which values of the parameters the runs took, besides those that a scenario sets.

    Parameters
    ----------
    given : str, Path or Posterior
        What was asked for; see `sim.case.Case.draws`.
    posterior : Posterior or None
        The draws it gave; none: the centres.
    replicates : int
        Consecutive runs that share a draw.
    """
    described = {
        "given": f"draws {given.hash[:12]}" if isinstance(given, Posterior) else str(given),
        "draws": 0 if posterior is None else posterior.draws,
        "replicates": replicates,
    }
    if posterior is None:
        return described
    return described | {
        "names": list(posterior.names),
        "hash": posterior.hash,
        "about": dict(posterior.about),
    }


def describe_outcomes(kept: Collection[str]) -> list[dict[str, Any]]:
    """All outcomes with axes, units and meanings; kept: names of those recorded by quarter."""
    return [
        {
            "name": name,
            "axes": list(one.axes),
            "unit": one.unit,
            "meaning": one.meaning,
            "headline": one.headline,
            "by_quarter": name in kept,
        }
        for name, one in INDICATORS.items()
    ]


def describe_software() -> dict[str, Any]:
    """Versions, and the features of the processor, on which the last digits may depend."""
    return {
        "versions": {
            "multivector": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "pandas": pd.__version__,
            "pyarrow": pa.__version__,
        },
        "cpu_features": np.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
    }
