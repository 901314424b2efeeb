"""Worlds that a property has to hold in: random ones, and that of every case in calibration/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import example

from sim.case import load_case
from sim.core.plan import Plan
from sim.core.world import World

from .random_world import random_plan, random_world

CALIBRATION = Path(__file__).parents[2] / "calibration"
CASES = sorted(path.parent.name for path in CALIBRATION.glob("*/case.toml"))
PLAN_SEED = 4


def any_world(
    origin: int | str, runs: int = 1, quarters: int = 52, **sizes: int
) -> tuple[World, Plan]:
    """A world, and a plan in which everything happens.

    Parameters
    ----------
    origin : int or str
        The seed of a random world, or the name of a case: its base, with a random plan.
    runs, quarters : int
        As of `random_world`.
    **sizes
        Sizes of a random world; a case has its own.
    """
    if isinstance(origin, int):
        return random_world(origin, runs, quarters, **sizes)
    world = _base(origin)
    return world, random_plan(PLAN_SEED, world, runs, quarters)


def on_every_case(**values: Any) -> Callable[[Any], Any]:
    """Examples of a relation whose `seed` is the name of a case, one for each case."""

    def decorated(relation: Any) -> Any:
        for name in CASES:
            relation = example(seed=name, **values)(relation)
        return relation

    return decorated


@cache
def _base(name: str) -> World:
    """The world of a case at its base quarter, with room for one more power in the draws."""
    world = load_case(CALIBRATION / name).build()
    return replace(world, layout=replace(world.layout, all_powers=world.layout.all_powers + 1))
