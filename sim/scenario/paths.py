"""Mean paths of the drivers by quarter, and their noise."""

from __future__ import annotations

import numpy as np

from sim.case import Case
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.world import Array, World
from sim.scenario.cells import cell_name, changed, place, widened
from sim.scenario.distributions import fixed
from sim.scenario.draws import Draws
from sim.scenario.problems import Report
from sim.scenario.schema import (
    ConstantPath,
    NoisePath,
    PulsePath,
    RampPath,
    Scenario,
    SettingPath,
    TablePath,
)


def mean_paths(scenario: Scenario, world: World, draw: Draws, report: Report) -> dict[str, Array]:
    """Mean path of every driver.

    Paths are applied in the order written, those of what the scenario extends first. Each starts
    from what stands after those before it, at first the reference.

    Parameters
    ----------
    scenario : Scenario
        Checked against the case.
    world : World
    draw : Draws
    report : Report
        Takes numbers that lead out of a driver's range (what distributions give is cut off at it)
        and paths that change nothing.

    Returns
    -------
    dict of str to array (quarter, *axes, run)
    """
    paths = {
        name: np.repeat(world.drivers[name][None], scenario.quarters, axis=0) for name in DRIVERS
    }
    drawn: set[str] = set()  # drivers that a distribution has touched
    for index, path in enumerate(scenario.path):
        if isinstance(path, NoisePath):
            continue
        driver = DRIVERS[path.driver]
        at = (slice(None), *place(path, driver.axes, world.names))
        standing = paths[path.driver][at]
        name = f"path/{path.driver}/{cell_name(path, driver.axes)}"
        if isinstance(path, TablePath):
            found = _table(standing, path, scenario, draw, name)
        else:
            found = _setting(standing, path, scenario, draw, name)
        if np.array_equal(found, np.broadcast_to(standing, found.shape)):
            report.note(("path", index), f"changes nothing in {path.driver}")
        within = np.clip(found, driver.low, driver.high)
        outside = np.argwhere(found != within)
        values = path.values if isinstance(path, TablePath) else [path.setting[1]]
        if not all(fixed(value) for value in values):
            drawn.add(path.driver)
        if outside.size and path.driver not in drawn:
            quarter = quarters.name(scenario.start + int(outside[0][0]))
            report.problem(
                ("path", index),
                f"takes {path.driver} to {found[tuple(outside[0])]:g} in {quarter}; "
                f"allowed: {driver.low:g} to {driver.high:g}",
            )
        array = widened(paths[path.driver], within.shape[-1])
        array[at] = within
        paths[path.driver] = array
    return paths


def noise(
    scenario: Scenario, case: Case, world: World
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Persistence and noise of the drivers: the case's, with the scenario's paths of form noise.

    Returns
    -------
    persistence, noise : dict of str to array (*axes, run)
        Both empty where the scenario switches noise off.
    """
    if not scenario.switches.noise:
        return {}, {}
    memory, spread = (dict(found) for found in case.noise(world))
    for path in scenario.path:
        if not isinstance(path, NoisePath):
            continue
        at = place(path, DRIVERS[path.driver].axes, world.names)
        for arrays, value in ((memory, path.persistence), (spread, path.sigma)):
            none = np.zeros((*world.drivers[path.driver].shape[:-1], 1))
            arrays[path.driver] = arrays.get(path.driver, none).copy()
            arrays[path.driver][at] = value
    return memory, spread


def since(scenario: Scenario, quarter: int) -> Array:
    """Quarters since a quarter, (quarter, 1); negative before it."""
    return np.arange(scenario.quarters, dtype=float)[:, None] - (quarter - scenario.start)


def window(scenario: Scenario, quarter: int, length: Array) -> Array:
    """Part of each quarter that lies within a time of some length from a quarter on.

    Parameters
    ----------
    scenario : Scenario
    quarter : int
        The first quarter of the time.
    length : array (1,) or (run,)
        Quarters; of 2.5, the third counts half.

    Returns
    -------
    array (quarter, run)
    """
    passed = since(scenario, quarter)
    return np.where(passed >= 0, np.clip(length - passed, 0.0, 1.0), 0.0)


def _weight(path: SettingPath, scenario: Scenario, draw: Draws, name: str) -> Array:
    """How far a path is in force, (quarter, run), in [0, 1]."""
    passed = since(scenario, path.from_)
    if isinstance(path, RampPath):
        return np.clip(passed / (path.to - path.from_), 0.0, 1.0)
    if isinstance(path, ConstantPath):
        last = scenario.end if path.to is None else path.to
        return np.where((passed >= 0) & (passed <= last - path.from_), 1.0, 0.0)
    if path.quarters is None:
        assert path.to is not None
        length = np.array([path.to - path.from_ + 1.0])
    else:
        length = draw(path.quarters, f"{name}/quarters")
    return _decaying(window(scenario, path.from_, length), path)


def _decaying(weight: Array, path: PulsePath) -> Array:
    """A pulse whose force dies away after it: of what is left, `decay` goes each quarter."""
    weight = weight.copy()
    for t in range(1, len(weight)):
        weight[t] += (1.0 - weight[t]) * (1.0 - path.decay) * weight[t - 1]
    return weight


def _setting(
    standing: Array, path: SettingPath, scenario: Scenario, draw: Draws, name: str
) -> Array:
    what, value = path.setting
    drawn = draw(value, f"{name}/{what}")
    weight = _weight(path, scenario, draw, name)
    weight = weight.reshape(len(weight), *[1] * (standing.ndim - 2), -1)
    found = changed(standing, what, drawn, weight)
    if isinstance(path, RampPath) and what == "value":
        # A straight line to a value starts from what stands at its first quarter.
        first = path.from_ - scenario.start
        found[first:] = changed(standing[first], what, drawn, weight[first:])
    return found


def _table(standing: Array, path: TablePath, scenario: Scenario, draw: Draws, name: str) -> Array:
    values = [draw(value, f"{name}/values.{i}") for i, value in enumerate(path.values)]
    found = widened(standing, max(value.size for value in values))
    places = [quarter - scenario.start for quarter in path.quarters]
    for t in range(places[0], scenario.quarters):
        after = min(int(np.searchsorted(places, t, side="right")), len(places) - 1)
        before = max(after - 1, 0)
        span = places[after] - places[before]
        part = min((t - places[before]) / span, 1.0) if span else 0.0
        found[t] = values[before] + part * (values[after] - values[before])
    return found
