"""Forecasts of the observables: simulated changes, anchored at the last observed value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.case import Case
from sim.case.posterior import Posterior
from sim.core import quarters
from sim.core.simulate import FEWEST_RUNS
from sim.core.world import Array
from sim.experiment.observables import (
    Observable,
    base_values,
    observables,
    vote_observables,
    yearly,
)
from sim.fit.given import given_scenario
from sim.fit.targets import Years
from sim.scenario import compile_plan

CHUNK = 500  # runs simulated together


@dataclass(frozen=True)
class Forecast:
    """Simulated years of every observable from an origin on.

    Attributes
    ----------
    origin : int
        Base year.
    observables : tuple of Observable
    years : Years
        The base year, then the forecast ones; (observable, year, run).
    """

    origin: int
    observables: tuple[Observable, ...]
    years: Years

    def anchored(self, name: str, year: int, anchor: float) -> Array | None:
        """Forecast of an observable, anchored at its observed value of the base year.

        Parameters
        ----------
        name : str
            The observable.
        year : int
        anchor : float
            Observed value in the base year.

        Returns
        -------
        array (run,) or None
            ``anchor * simulated / simulated base``; None where the simulated base, or the anchor,
            is 0, so that no change can be carried over.
        """
        base = self.years.of(name, self.origin, self.origin)[0]
        if anchor == 0.0 or not np.all(base > 0):
            return None
        found: Array = anchor * self.years.of(name, year, year)[0] / base
        return found


def forecast(
    case: Case,
    origin: int,
    last: int,
    posterior: Posterior | None,
    runs: int,
    seed: int,
    *,
    observed: bool = True,
    drift: bool = True,
    noise: bool = True,
    overrides: Mapping[str, float] | None = None,
) -> Forecast:
    """Simulate the years after an origin.

    Parameters
    ----------
    case : Case
        Its noise and attributes are those known at the origin.
    origin, last : int
        Base year and last year.
    posterior : Posterior or None
        Run i takes draw i, over and over; None: the centres of the priors.
    runs, seed : int
    observed : bool
        Give the drivers as they were observed after the origin (else nothing after it is known).
    drift, noise : bool
        Let shares drift as before the origin; let drivers vary by chance.
    overrides : mapping of str to float, optional
        Parameters held at a value: a mechanism switched off.
    """
    end = quarters.parse(f"{last}Q4")
    scenario = given_scenario(case, quarters.parse(f"{origin}Q4"), end, observed, drift)
    scenario = scenario.model_copy(
        update={
            "switches": scenario.switches.model_copy(update={"noise": noise}),
            "parameters": {**scenario.parameters, **(overrides or {})},
        }
    )
    chunks = []
    wanted: tuple[Observable, ...] = ()
    years: tuple[int, ...] = ()
    for start in range(0, runs, CHUNK):
        numbers = range(start, max(min(start + CHUNK, runs), start + FEWEST_RUNS))
        world, plan = compile_plan(
            scenario, case, numbers, seed, parameters="point" if posterior is None else posterior
        )
        if not wanted:
            wanted = observables(case, world.names) + vote_observables(case, world.names)
        found, values = yearly(world, plan, wanted, seed, start, len(numbers))
        years = tuple(int(year) for year in found)
        base = np.broadcast_to(base_values(world, plan, wanted), (len(wanted), len(numbers)))
        chunks.append(np.concatenate([base[:, None], values], axis=1))
    names = tuple(one.name for one in wanted)
    simulated = Years(names, (origin, *years), np.concatenate(chunks, axis=-1)[..., :runs])
    return Forecast(origin, wanted, simulated)
