"""The world of a scenario: the case's, with its parameters, switches and attributes overridden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sim.case import Case
from sim.case.schema import ATTRIBUTES
from sim.core.world import Array, World
from sim.scenario.cells import Place, cell_name, changed, place, widened
from sim.scenario.check import reach
from sim.scenario.distributions import fixed
from sim.scenario.draws import Draws
from sim.scenario.problems import Report
from sim.scenario.schema import Attribute, Scenario

_ROUNDING = 1e-9


def override_world(
    scenario: Scenario, case: Case, world: World, draw: Draws, report: Report
) -> World:
    """Apply a scenario's overrides to a world.

    Parameters
    ----------
    scenario : Scenario
        Checked against the case.
    case : Case
        Gives the ranges of parameters.
    world : World
        The case's own.
    draw : Draws
    report : Report
        Takes values outside the range of an attribute, and shares that sum to more than 1.
    """
    parameters: dict[str, Any] = _parameters(scenario, case, draw, report)
    attributes: dict[str, Any] = {}
    upper = world.attributes.share  # the most that shares can come to in any run
    touched: dict[tuple[int, int], int] = {}  # the last override of shares of (country, channel)
    for index, override in enumerate(scenario.attribute):
        name, axes = override.name, ATTRIBUTES[override.name].axes
        at = place(override, axes, world.names)
        what, value = override.setting
        drawn = draw(value, f"attribute/{name}/{cell_name(override, axes)}")
        standing = attributes.get(name, getattr(world.attributes, name))
        array, outside = _overridden(standing, at, what, drawn, override)
        if outside is not None and fixed(value):
            low, high = ATTRIBUTES[name].low, ATTRIBUTES[name].high
            report.problem(
                ("attribute", index, what),
                f"makes {name} {outside:g}; allowed: {low:g} to {high:g}",
            )
        attributes[name] = array
        if name == "share":
            most = drawn if fixed(value) else np.array([min(reach(value)[1], np.finfo(float).max)])
            upper, _ = _overridden(upper, at, what, most, override)
            countries, _, channels = (rows.ravel() for rows in at)
            touched |= {(int(c), int(k)): index for c in countries for k in channels}
    _check_shares(upper, touched, world, report)
    return replace(
        world,
        parameters=replace(world.parameters, **parameters),
        attributes=replace(world.attributes, **attributes),
    )


def _parameters(scenario: Scenario, case: Case, draw: Draws, report: Report) -> dict[str, Array]:
    rows = {row["name"]: row for row in case.table("parameters")}
    parameters = {}
    for name, value in scenario.parameters.items():
        parameters[name] = draw(value, f"parameter/{name}")
        low, high = rows[name].number("low"), rows[name].number("high")
        least, greatest = reach(value)
        if least < low or greatest > high:
            report.note(
                ("parameters", name), f"goes beyond {low:g} to {high:g}, the range in {case.name}"
            )
    if not scenario.switches.coercion:
        parameters["threat_hazard"] = np.zeros(1)
    if not scenario.switches.deals:
        parameters["deal_rate"] = np.zeros(1)
    return parameters


def _overridden(
    standing: Array, at: Place, what: str, value: Array, override: Attribute
) -> tuple[Array, float | None]:
    """An attribute with an override, cut off at its range, and a value that lay outside."""
    array = widened(standing, value.size)
    found = changed(array[at], what, value)
    within = np.clip(found, ATTRIBUTES[override.name].low, ATTRIBUTES[override.name].high)
    array[at] = within
    outside = found[found != within]
    return array, float(outside[0]) if outside.size else None


def _check_shares(
    share: Array, touched: Mapping[tuple[int, int], int], world: World, report: Report
) -> None:
    """Hold the sums of shares over powers in the cells that overrides touch to 1."""
    for (c, k), index in touched.items():
        total = float(share[c, :, k].sum(axis=0).max())
        if total > 1.0 + _ROUNDING:
            report.problem(
                ("attribute", index),
                f"the shares of {world.names.countries[c]} in {world.names.channels[k]} sum "
                f"to {total:.4g}; allowed: at most 1",
            )
