"""Random streams: one a decision; run i draws the same in any chunk, run count or scenario.

A stream is keyed by (root seed, decision, quarter). Run r owns the words r * cells to
(r + 1) * cells - 1 of it, so a chunk that starts at any run finds its words by advancing the
generator. The scenario is not in the key: two scenarios share the draws of a run, which makes
their comparison paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from math import prod

import numpy as np

from sim.core.drivers import DRIVERS
from sim.core.plan import Plan
from sim.core.world import Array, World

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
        self, decision: str, quarter: int, first_run: int, runs: int, shape: tuple[int, ...]
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

        Returns
        -------
        array (*shape, run)
        """
        cells = prod(shape)
        words = np.frombuffer(blake2b(decision.encode(), digest_size=16).digest(), dtype="<u4")
        key = (*(int(word) for word in words), quarter)
        bits = np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key))
        bits.advance(first_run * cells)
        draws = np.random.Generator(bits).random((runs, cells))
        return np.ascontiguousarray(draws.T).reshape(*shape, runs)

    def normal(
        self, decision: str, quarter: int, first_run: int, runs: int, shape: tuple[int, ...]
    ) -> Array:
        """Standard normal draws, by the formula of Box and Muller (1958) from two uniforms each.

        Arguments and result as in `uniform`.
        """
        pair = self.uniform(decision, quarter, first_run, runs, (2, *shape))
        normals: Array = np.sqrt(-2.0 * np.log1p(-pair[0])) * np.cos(2.0 * np.pi * pair[1])
        return normals


@dataclass(frozen=True)
class Draws:
    """All draws of one quarter, runs last."""

    drivers: dict[str, Array]  # (*axes, run) standard normal, drivers with noise only
    deal_count: Array  # (country, power, run) uniform
    deal_size: Array  # (country, power, run) standard normal
    threat: Array  # (country, power, run) uniform
    comply: Array  # (country, power, run) uniform
    impose: Array  # (country, power, run) uniform
    lapse: Array  # (country, power, run) uniform
    vote: Array  # (slot, country, run) uniform


def draw_quarter(
    seed: int, world: World, plan: Plan, quarter: int, first_run: int, runs: int
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
    """
    streams = Streams(seed)
    layout = world.layout
    whole = {"country": layout.all_countries, "power": layout.all_powers}
    whole |= {"other": layout.all_powers, "channel": len(world.names.channels)}
    whole |= {"route": layout.all_routes}
    rows = {"country": layout.countries, "power": layout.powers, "other": layout.powers}
    rows |= {"route": layout.routes}

    def select(draws: Array, axes: tuple[str, ...]) -> Array:
        for position, axis in enumerate(axes):
            if axis in rows:
                draws = np.take(draws, rows[axis], axis=position)
        return draws

    def dyads(decision: str) -> Array:
        shape = (layout.all_countries, layout.all_powers)
        uniforms = streams.uniform(decision, quarter, first_run, runs, shape)
        return select(uniforms, ("country", "power"))

    drivers = {}
    for name in plan.noise:
        axes = DRIVERS[name].axes
        shape = tuple(whole[axis] for axis in axes)
        normals = streams.normal(f"driver/{name}", quarter, first_run, runs, shape)
        drivers[name] = select(normals, axes)
    sizes = streams.normal(
        "deal sizes", quarter, first_run, runs, (layout.all_countries, layout.all_powers)
    )
    votes = streams.uniform("votes", quarter, first_run, runs, (VOTE_SLOTS, layout.all_countries))
    return Draws(
        drivers=drivers,
        deal_count=dyads("deals"),
        deal_size=select(sizes, ("country", "power")),
        threat=dyads("threats"),
        comply=dyads("compliance"),
        impose=dyads("imposition"),
        lapse=dyads("lapse"),
        vote=select(votes, ("slot", "country")),
    )
