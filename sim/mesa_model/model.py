"""DiplomacyModel: a single run of a scenario as a Mesa model."""

from __future__ import annotations

from numbers import Integral
from pathlib import Path
from typing import Any

import mesa

from sim.case import Posterior, load_case
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.events import extract
from sim.core.indicators import INDICATORS, columns
from sim.core.plan import Plan
from sim.core.simulate import FEWEST_RUNS, Quarter, Simulation
from sim.core.state import State
from sim.core.world import Array, World
from sim.mesa_model.agents import CountryAgent, PowerAgent
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.schema import MOST_RUNS


def _is_whole(number: object) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)


class DiplomacyModel(mesa.Model):
    """One run of a scenario; ``step()`` is one quarter.

    Stepping it gives run `run` of a batch with the same seed and parameters, to the last bit.

    Parameters
    ----------
    spec : str, Path or Scenario
        The scenario: its name, its file, or the loaded scenario.
    rng : int, optional
        Root seed of the random streams; the scenario's own seed if left out.
    run : int
        Number of the run in the ensemble.
    parameters : "posterior", "point", path or Posterior
        Values of the parameters, as of a batch: by default the run takes its draw of the case's
        posterior, or the centres if it has none.
    replicates : int
        Consecutive runs of the ensemble that share a draw.

    Attributes
    ----------
    quarter : str
        The quarter that the state belongs to, such as ``2023Q1``.
    events : list of dict
        Event log so far: quarter, kind, country, power, channel, label, value.
    datacollector : mesa.DataCollector
        One row a quarter for the model, and a row an agent by type.

    Raises
    ------
    InputError
        If the scenario cannot be used.
    """

    def __init__(
        self,
        spec: str | Path | Scenario = "baseline",
        rng: int | None = None,
        run: int = 0,
        parameters: str | Path | Posterior = "posterior",
        replicates: int = 1,
    ) -> None:
        if rng is not None and not (_is_whole(rng) and rng >= 0):
            raise InputError(f"rng is the root seed, 0 or a positive whole number; found {rng!r}")
        if not (_is_whole(run) and 0 <= run < MOST_RUNS):
            raise InputError(f"run is the number of a run, 0 to {MOST_RUNS - 1}; found {run!r}")
        if not (_is_whole(replicates) and replicates >= 1):
            raise InputError(f"replicates: found {replicates!r}; allowed: 1 or more")
        rng, run = None if rng is None else int(rng), int(run)  # NumPy's integers overflow
        super().__init__(rng=rng)
        self.spec = spec if isinstance(spec, Scenario) else load_scenario(spec)
        self.root_seed = self.spec.seed if rng is None else rng
        self.run_number = run
        self.case = load_case(self.spec.case)
        # The core needs two runs at least; the second is simulated and never shown.
        self.world: World
        self.plan: Plan
        self.world, self.plan = compile_plan(
            self.spec,
            self.case,
            range(run, run + FEWEST_RUNS),
            self.root_seed,
            parameters,
            int(replicates),
        )
        self._simulation = Simulation(self.world, self.plan, self.root_seed, run, FEWEST_RUNS)
        self._now: Quarter | None = None
        self.events: list[dict[str, Any]] = []
        self.countries = [CountryAgent(self, code) for code in self.world.names.countries]
        self.powers = [PowerAgent(self, code) for code in self.world.names.powers]
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "quarter": "quarter",
                "cohesion": lambda model: float(model.state.cohesion[0]),
                "position_dispersion": lambda model: float(model.measure("position_dispersion")[0]),
            },
            agenttype_reporters={
                CountryAgent: {
                    name: name
                    for name in (
                        "code",
                        "position",
                        "autonomy",
                        "entropy",
                        "output",
                        "remittance_index",
                        "reexport_intensity",
                    )
                },
                PowerAgent: {
                    name: name for name in ("code", "total_attention", "stance", "distraction")
                },
            },
        )

    @property
    def state(self) -> State:
        """The core's state; its runs axis has this run at index 0."""
        return self._simulation.state

    @property
    def quarter(self) -> str:
        """The quarter that the state belongs to."""
        number = self.plan.start - 1 if self._now is None else self._now.quarter
        return quarters.name(number)

    def step(self) -> None:
        """Simulate one quarter; after the last one ``running`` is False."""
        if self._simulation.finished:
            self.running = False
            return
        self._now = self._simulation.advance()
        rows = extract(self._now, self.world.names, self.run_number)
        for place in (rows["run"] == self.run_number).nonzero()[0]:
            row = {name: values[place] for name, values in rows.items() if name != "run"}
            self.events.append(row | {"quarter": self.quarter, "value": float(row["value"])})
        self.datacollector.collect(self)
        self.running = not self._simulation.finished

    def measure(self, name: str) -> Array:
        """An outcome as an array (*axes, run) of the present quarter.

        Raises
        ------
        InputError
            If there is no such outcome, or no quarter has been simulated yet.
        """
        if name not in INDICATORS:
            raise InputError(f"{name!r} is not an outcome; see `multivector outcomes`")
        if self._now is None:
            raise InputError(f"{name} is measured at the end of a quarter; call step() first")
        return self._now.measure(name)

    def outcome(self, name: str) -> dict[str, float]:
        """An outcome of the present quarter by column name, such as ``autonomy.KAZ``."""
        values = self.measure(name)[..., 0].ravel()
        return dict(
            zip(columns(INDICATORS[name], self.world.names), map(float, values), strict=True)
        )

    def close(self) -> None:
        """Let go of the agents; Mesa 3.3 would otherwise keep every model alive."""
        self.remove_all_agents()
        identifiers = getattr(mesa.Agent, "_ids", None)
        if isinstance(identifiers, dict):
            identifiers.pop(self, None)
