"""Drivers: their table, and one quarter of each."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from sim.core.drivers import DRIVERS, advance
from sim.core.simulate import simulate
from sim.core.streams import draw_quarter
from tests.limits.worlds import LETTERS, letters
from tests.reference.random_world import random_world

PAGE = Path(__file__).parents[2] / "docs" / "model.md"


def documented() -> dict[str, tuple[str, float, float]]:
    """Drivers in the table of docs/model.md: axes as letters, lowest and highest value."""
    section = PAGE.read_text(encoding="utf-8").split("## 2. Drivers")[1].split("## 3.")[0]
    rows = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and cells[1].startswith("`"):
            name = re.findall(r"`(\w+)`", cells[1])[0]
            low, high = cells[3].replace("−", "-").split(" to ")
            rows[name] = (cells[2].replace(",", ""), float(low), float(high))
    return rows


def test_the_table_is_the_documented_one() -> None:
    found = {
        name: (letters(driver.axes), float(driver.low), float(driver.high))
        for name, driver in DRIVERS.items()
    }
    assert found == documented()


@pytest.mark.parametrize("name", DRIVERS)
def test_every_driver_has_known_axes_a_unit_and_a_meaning(name: str) -> None:
    driver = DRIVERS[name]
    assert set(driver.axes) <= set(LETTERS)
    assert driver.unit
    assert driver.meaning
    assert driver.low < driver.high


def test_a_driver_without_noise_is_its_path() -> None:
    path = np.array([0.3, 1.7])
    value = advance("distraction", np.zeros(2), path, np.zeros(2), None, None, None)
    assert value.tolist() == [0.3, 0.95]


def test_noise_reverts_to_the_path_and_stays_in_the_range() -> None:
    previous, mean, previous_mean = np.array([0.5]), np.array([0.2]), np.array([0.4])
    rho, sigma = np.array([0.8]), np.array([0.05])
    value = advance("oil", previous, mean, previous_mean, rho, sigma, np.array([2.0]))
    assert value.item() == pytest.approx(0.2 + 0.8 * 0.1 + 0.1)
    for shock, bound in ((100.0, 3.0), (-100.0, -3.0)):
        far = advance("oil", previous, mean, previous_mean, rho, sigma, np.array([shock]))
        assert far.item() == bound


def test_the_first_quarter_continues_from_the_base() -> None:
    """Noise starts from nothing: the first value is the path's plus one shock."""
    world, plan = random_world(1, runs=2, quarters=3)
    noisy = {name for name in plan.noise if not DRIVERS[name].axes}
    quiet = set(DRIVERS) - set(plan.noise)
    assert noisy
    assert quiet
    quarter = next(iter(simulate(world, plan, 3, 0, 2)))
    for name in quiet:
        driver = DRIVERS[name]
        expected = np.clip(plan.drivers[name][0], driver.low, driver.high)
        assert np.array_equal(quarter.state.drivers[name], expected), name
    draws = draw_quarter(3, world, plan, plan.start, 0, 2)
    for name in noisy:
        driver = DRIVERS[name]
        expected = plan.drivers[name][0] + plan.noise[name] * draws.drivers[name]
        expected = np.clip(expected, driver.low, driver.high)
        assert np.allclose(quarter.state.drivers[name], expected, rtol=0, atol=1e-15), name
