"""Random streams: one a decision; run i draws the same in any chunk, run count or scenario.

A stream is keyed by (root seed, decision, quarter). Run r owns the words r * cells to
(r + 1) * cells - 1 of it, so a chunk that starts at any run finds its words by advancing the
generator. The scenario is not in the key: two scenarios share the draws of a run, which makes
their comparison paired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from math import prod

import numpy as np
from numpy.typing import NDArray

from sim.core.drivers import DRIVERS
from sim.core.plan import Plan
from sim.core.world import Array, World

Cells = NDArray[np.intp]

# What a root seed can be drawn from.
Generators = np.random.Generator | np.random.BitGenerator | np.random.SeedSequence

VOTE_SLOTS = 8  # dated resolutions that one quarter can hold


class Streams:
    """The random streams below one root seed.

    Parameters
    ----------
    seed : int
        The root seed, 0 or more.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def uniform(
        self,
        decision: str,
        quarter: int,
        first_run: int,
        runs: int,
        shape: tuple[int, ...],
        wanted: Cells | None = None,
    ) -> Array:
        """Uniform draws in [0, 1) of a decision.

        Parameters
        ----------
        decision : str
            Name of the stream.
        quarter : int
            Number of the quarter; 0 for draws made once a run.
        first_run, runs : int
            The runs ``first_run`` to ``first_run + runs - 1``.
        shape : tuple of int
            Cells of a run.
        wanted : int array, optional
            Numbers of the cells to return, counted through `shape`; default: all, in its shape.

        Returns
        -------
        array (*shape, run), or (*wanted.shape, run)
            A cell's draws are the same whatever else is wanted.
        """
        cells = prod(shape)
        words = np.frombuffer(blake2b(decision.encode(), digest_size=16).digest(), dtype="<u4")
        key = (*(int(word) for word in words), quarter)
        bits = np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key))
        bits.advance(first_run * cells)
        draws = np.random.Generator(bits).random((runs, cells))
        if wanted is not None:
            draws, shape = draws[:, wanted.ravel()], wanted.shape
        return np.ascontiguousarray(draws.T).reshape(*shape, runs)

    def normal(
        self,
        decision: str,
        quarter: int,
        first_run: int,
        runs: int,
        shape: tuple[int, ...],
        wanted: Cells | None = None,
    ) -> Array:
        """Standard normal draws, by the formula of Box and Muller (1958) from two uniforms each.

        Arguments and result as in `uniform`.
        """
        if wanted is not None:
            wanted = np.stack((wanted, wanted + prod(shape)))
        pair = self.uniform(decision, quarter, first_run, runs, (2, *shape), wanted)
        normals: Array = np.sqrt(-2.0 * np.log1p(-pair[0])) * np.cos(2.0 * np.pi * pair[1])
        return normals


@dataclass(frozen=True)
class Draws:
    """All draws of one quarter, runs last."""

    drivers: dict[str, Array]  # (*axes, run) standard normal; 0 in cells without noise
    deal_count: Array  # (country, power, run) uniform
    deal_size: Array  # (country, power, run) standard normal
    threat: Array  # (country, power, run) uniform
    comply: Array  # (country, power, run) uniform
    impose: Array  # (country, power, run) uniform
    lapse: Array  # (country, power, run) uniform
    vote: Array  # (slot, country, run) uniform


def drawn_seed(generator: Generators) -> int:
    """Draw a root seed, 0 to 2**32 - 1."""
    return int(np.random.default_rng(generator).integers(2**32))


def seed_of_run(seed: int, run: int) -> int:
    """Seed, 0 to 2**32 - 1, of a generator that a run has beside its streams.

    Parameters
    ----------
    seed : int
        The root seed.
    run : int
    """
    return int(np.random.SeedSequence(seed, spawn_key=(run,)).generate_state(1)[0])


def draw_quarter(
    seed: int,
    world: World,
    plan: Plan,
    quarter: int,
    first_run: int,
    runs: int,
    copies: int = 1,
    source: Callable[[int], Streams] = Streams,
) -> Draws:
    """Draw a quarter's randomness for the simulated actors.

    Parameters
    ----------
    seed : int
        Root seed.
    world, plan : World, Plan
        Give the layout of the case's tables and the drivers that have noise.
    quarter : int
        Number of the quarter.
    first_run, runs : int
        The runs to draw for.
    copies : int
        How often the runs stand along the runs axis, all of them each time, with the same draws.
    source : callable
        Gives the streams below a root seed.
    """
    streams = source(seed)
    layout = world.layout
    whole = {"country": layout.all_countries, "power": layout.all_powers}
    whole |= {"other": layout.all_powers, "channel": len(world.names.channels)}
    whole |= {"route": layout.all_routes, "slot": VOTE_SLOTS}
    rows = {"country": layout.countries, "power": layout.powers, "other": layout.powers}
    rows |= {"route": layout.routes}
    dyad = ("country", "power")

    def cells(axes: tuple[str, ...]) -> tuple[tuple[int, ...], Cells]:
        """Lengths of the whole tables' axes, and where the simulated rows stand among the cells."""
        shape = tuple(whole[axis] for axis in axes)
        numbers = np.arange(prod(shape)).reshape(shape)
        for position, axis in enumerate(axes):
            if axis in rows:
                numbers = np.take(numbers, rows[axis], axis=position)
        return shape, numbers

    def repeated(drawn: Array) -> Array:
        return drawn if copies == 1 else np.tile(drawn, copies)

    def uniform(decision: str, *axes: str) -> Array:
        return repeated(streams.uniform(decision, quarter, first_run, runs, *cells(axes)))

    drivers = {}
    for name, spread in plan.noise.items():
        shape, numbers = cells(DRIVERS[name].axes)
        noisy = (spread > 0).any(axis=-1)
        drivers[name] = np.zeros((*numbers.shape, runs * copies))
        drivers[name][noisy] = repeated(
            streams.normal(f"driver/{name}", quarter, first_run, runs, shape, numbers[noisy])
        )
    return Draws(
        drivers=drivers,
        deal_count=uniform("deals", *dyad),
        deal_size=repeated(streams.normal("deal sizes", quarter, first_run, runs, *cells(dyad))),
        threat=uniform("threats", *dyad),
        comply=uniform("compliance", *dyad),
        impose=uniform("imposition", *dyad),
        lapse=uniform("lapse", *dyad),
        vote=uniform("votes", "slot", "country"),
    )
