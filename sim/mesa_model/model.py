"""DiplomacyModel: a single run of a scenario as a Mesa model."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from numbers import Integral
from pathlib import Path
from typing import Any, Self, cast

import mesa
import pandas as pd

from sim.case import Posterior
from sim.case.tables import choice
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.events import extract
from sim.core.indicators import INDICATORS, Moment, columns
from sim.core.plan import Plan
from sim.core.simulate import FEWEST_RUNS, Quarter, Simulation
from sim.core.state import State
from sim.core.streams import Generators, drawn_seed, seed_of_run
from sim.core.world import Array, World
from sim.mesa_model.agents import Actor, CountryAgent, PowerAgent, agent_class
from sim.mesa_model.base import base_moment
from sim.mesa_model.cases import recent_case
from sim.mesa_model.cells import Cells, place_of
from sim.mesa_model.memory import ALIVE
from sim.mesa_model.reporters import Reporters, collector
from sim.mesa_model.rules import RULES_OF_COUNTRIES, RULES_OF_POWERS, check_rules, rules_of
from sim.mesa_model.variables import Capacity, Driver
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.load import validated
from sim.scenario.problems import nearest
from sim.scenario.schema import KINDS, MOST_RUNS, Origin


def _is_whole(number: object) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)


def _root_seed(given: object) -> int:
    """The root seed that a user gives as Mesa's users do.

    Raises
    ------
    InputError
        If it is neither a number nor a generator.
    """
    if isinstance(given, Generators):
        return drawn_seed(given)
    if _is_whole(given) and cast(int, given) >= 0:
        return int(cast(int, given))  # NumPy's integers overflow
    plain = isinstance(given, str | float | bool | Integral)
    raise InputError(
        "rng is the root seed, 0 or a positive whole number, or a generator of NumPy to draw it "
        f"from; found {repr(given) if plain else f'a {type(given).__name__}'}"
    )


class DiplomacyModel(mesa.Model):
    """One run of a scenario; ``step()`` is one quarter.

    Stepping it gives run `run` of a batch with the same seed and parameters, to the last bit.

    Parameters
    ----------
    spec : str, Path or Scenario
        The scenario: its name, its file, or the loaded scenario.
    rng : int, Generator, BitGenerator or SeedSequence, optional
        Root seed of the random streams, or a generator of NumPy to draw it from, once; the
        scenario's own seed if left out. ``model.root_seed`` is the one taken. ``model.random`` and
        ``model.rng``, for a user's own draws, follow from it and from `run`.
    run : int
        Number of the run in the ensemble.
    parameters : "posterior", "point", path or Posterior
        Values of the parameters, as of a batch: by default the run takes its draw of the case's
        posterior, or the centres if it has none.
    replicates : int
        Consecutive runs of the ensemble that share a draw.
    agents : mapping, optional
        Classes of single agents by code, ``{"USA": MyPower}``: subclasses of `CountryAgent` or
        `PowerAgent` that replace a decision rule. The others are the model's own.
    model_reporters, agent_reporters, agenttype_reporters : mapping, optional
        What the data collector keeps beside the model's own, as `mesa.DataCollector` takes it.

    Attributes
    ----------
    quarter : str
        The quarter that the state belongs to, such as ``2023Q1``.
    countries, powers : list of CountryAgent, list of PowerAgent
        The agents in the order of the arrays; ``model["KAZ"]`` is one by its code.
    events : list of dict
        Event log so far: quarter, kind, country, power, channel, label, value.
    datacollector : mesa.DataCollector
        One row a quarter for the model, and a row an agent by type.

    Raises
    ------
    InputError
        If the scenario, a class of an agent or a reporter cannot be used.
    """

    def __init__(
        self,
        spec: str | Path | Scenario = "baseline",
        rng: int | Generators | None = None,
        run: int = 0,
        parameters: str | Path | Posterior = "posterior",
        replicates: int = 1,
        agents: Mapping[str, type[Actor]] | None = None,
        model_reporters: Reporters | None = None,
        agent_reporters: Reporters | None = None,
        agenttype_reporters: Mapping[type[Actor], Reporters] | None = None,
    ) -> None:
        if not (_is_whole(run) and 0 <= run < MOST_RUNS):
            raise InputError(f"run is the number of a run, 0 to {MOST_RUNS - 1}; found {run!r}")
        if not (_is_whole(replicates) and replicates >= 1):
            raise InputError(f"replicates: found {replicates!r}; allowed: 1 or more")
        run = int(run)
        found_spec = spec if isinstance(spec, Scenario) else load_scenario(spec)
        root_seed = found_spec.seed if rng is None else _root_seed(rng)
        super().__init__(rng=seed_of_run(root_seed, run))  # for draws of a user's code
        ALIVE.add(self)
        self.closed = False
        self.spec, self.root_seed, self.run_number = found_spec, root_seed, run
        self.case = recent_case(self.spec.case)
        self._values = (parameters, int(replicates))
        world, plan = self._compiled(self.spec)
        self._simulation = Simulation(world, plan, self.root_seed, run, FEWEST_RUNS)
        self._now: Quarter | None = None
        self._moment: Moment | None = None  # what outcomes are measured from, made when asked for
        self._measured: dict[str, Array] = {}
        self._ahead: dict[str, Array] = {}  # drivers changed since the last step
        self.events: list[dict[str, Any]] = []
        classes = self._classes(agents or {})
        names = world.names
        made = {code: classes[code](self, code) for code in (*names.countries, *names.powers)}
        self.countries = [cast(CountryAgent, made[code]) for code in names.countries]
        self.powers = [cast(PowerAgent, made[code]) for code in names.powers]
        rules = rules_of(self.countries, self.powers)
        if rules is not None:
            # The base is where these rules rest too; agents asked for it see the usual one.
            self._simulation = Simulation(world, plan, self.root_seed, run, FEWEST_RUNS, rules)
            self._forget()
        self.datacollector = collector(
            self,
            [*self.countries, *self.powers],
            model_reporters or {},
            agent_reporters or {},
            agenttype_reporters or {},
        )

    def _classes(self, given: Mapping[str, type[Actor]]) -> dict[str, type[Actor]]:
        if not isinstance(given, Mapping):
            raise InputError(f"agents: found {given!r}; a mapping of classes by code is needed")
        names = self.world.names
        classes: dict[str, type[Actor]] = dict.fromkeys(names.countries, CountryAgent)
        classes |= dict.fromkeys(names.powers, PowerAgent)
        for code, kind in given.items():
            usual = agent_class(code, names.countries, names.powers)
            if not (isinstance(kind, type) and issubclass(kind, usual)):
                raise InputError(
                    f"agents: found {kind!r} for {code}; a subclass of {usual.__name__} is needed"
                )
            own = RULES_OF_COUNTRIES if usual is CountryAgent else RULES_OF_POWERS
            check_rules(kind, usual, own)
            classes[code] = kind
        return classes

    def _compiled(self, scenario: Scenario) -> tuple[World, Plan]:
        # The core needs two runs at least; the second is simulated and never shown.
        runs = range(self.run_number, self.run_number + FEWEST_RUNS)
        parameters, replicates = self._values
        return compile_plan(scenario, self.case, runs, self.root_seed, parameters, replicates)

    def __getitem__(self, code: str) -> Any:
        """The agent of a country or a power."""
        for agent in (*self.countries, *self.powers):
            if agent.code == code:
                return agent
        names = self.world.names
        place_of(code, names.countries + names.powers, "country or power")

    def __contains__(self, code: object) -> bool:
        return code in self.world.names.countries + self.world.names.powers

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.spec.name}, seed {self.root_seed}, "
            f"run {self.run_number}, {self.quarter}>"
        )

    __iter__ = None  # agents are in `countries`, `powers` and `agents`

    # ------------------------------------------------------------------------------ reading

    @property
    def state(self) -> State:
        """The core's state; its runs axis has this run at index 0."""
        return self._simulation.state

    @property
    def world(self) -> World:
        """The arrays of the case, with what was changed between steps."""
        return self._simulation.setting.world

    @property
    def plan(self) -> Plan:
        """The paths of the scenario by quarter, with what was changed between steps."""
        return self._simulation.setting.plan

    @property
    def quarter(self) -> str:
        """The quarter that the state belongs to."""
        number = self.plan.start - 1 if self._now is None else self._now.quarter
        return quarters.name(number)

    @property
    def cohesion(self) -> float:
        """Joint voice of the region, 0 to 1."""
        return float(self.state.cohesion[0])

    @property
    def position_dispersion(self) -> float:
        """Standard deviation of the members' positions."""
        return float(self.measure("position_dispersion")[0])

    @property
    def capacity(self) -> Cells:
        """Capacity of routes, in each route's unit a year. Can be changed."""
        variable, quarter = Capacity("capacity", ("route",), 0, 1e12), self.quarter

        def write(place: tuple[int, ...], value: float) -> Array:
            if self.quarter != quarter:
                raise InputError(f"capacity: found numbers of {quarter}, which is over; read again")
            variable.write(self, place, value)
            return variable.read(self)[:, 0]

        routes = self.world.names.routes
        return Cells("capacity", (("route", routes),), variable.read(self)[:, 0], write)

    def measure(self, name: str) -> Array:
        """An outcome as an array (*axes, run) of the present quarter; at first, of the base.

        Raises
        ------
        InputError
            If there is no such outcome.
        """
        if name not in INDICATORS:
            near = nearest(str(name), INDICATORS)
            raise InputError(f"{name!r} is not an outcome{near}; see `multivector outcomes`")
        if name not in self._measured:
            if self._moment is None:
                found = self._simulation
                # A copy of a quarter's moment has none of what the first has already worked out.
                self._moment = (
                    base_moment(found.setting, found.state, found.ledger)
                    if self._now is None
                    else replace(self._now.moment)
                )
            self._measured[name] = INDICATORS[name].measure(self._moment)
        return self._measured[name]

    def outcome(self, name: str) -> dict[str, float]:
        """An outcome of the present quarter by column name, such as ``autonomy.KAZ``."""
        values = self.measure(name)[..., 0].ravel()
        return dict(
            zip(columns(INDICATORS[name], self.world.names), map(float, values), strict=True)
        )

    def table(self, kind: type[Actor]) -> pd.DataFrame:
        """What was collected of a type of agents and its subclasses, by quarter and code.

        Parameters
        ----------
        kind : type
            `CountryAgent`, `PowerAgent` or a subclass of them.

        Returns
        -------
        DataFrame
            A row a quarter and agent, a column a reporter; none before the first step.
        """
        kinds = [found for found in self.agents_by_type if issubclass(found, kind)]
        if not kinds:
            raise InputError(f"{kind.__name__}: this model has no agents of that type")
        frames = [self.datacollector.get_agenttype_vars_dataframe(found) for found in kinds]
        whole = pd.concat(frames).sort_index()
        for name in ("quarter", "code"):
            if name not in whole:
                raise InputError(f"{kind.__name__}: the data collector does not keep its {name}")
        whole = whole[whole["quarter"].notna()]  # an empty frame of Mesa has a blank row
        return whole.set_index(["quarter", "code"])

    # ------------------------------------------------------------------------------ stepping

    def step(self) -> None:
        """Simulate one quarter; after the last one ``running`` is False, and a step does nothing.

        Raises
        ------
        InputError
            If the model was closed.
        """
        if self.closed:
            raise InputError(f"the model was closed in {self.quarter}")
        if self._simulation.finished:
            self.running = False
            return
        self._now = self._simulation.advance()
        self._ahead.clear()
        self._forget()
        rows = extract(self._now, self.world.names, self.run_number)
        for place in (rows["run"] == self.run_number).nonzero()[0]:
            row = {name: values[place] for name, values in rows.items() if name != "run"}
            self.events.append(row | {"quarter": self.quarter, "value": float(row["value"])})
        self.datacollector.collect(self)
        self.running = not self._simulation.finished

    def _forget(self) -> None:
        """Outcomes are to be measured anew."""
        self._moment = None
        self._measured = {}

    # ------------------------------------------------------------------------- intervening

    def set_driver(self, name: str, value: float, **codes: str) -> None:
        """Set a driver to another level from the next quarter on, as a path of form constant does.

        Parameters
        ----------
        name : str
        value : float
        **codes : str
            Where: ``country="KAZ"``, ``power="RUS"``, as the driver has axes; one left out means
            all. Noise of the driver goes on around the new level.

        Raises
        ------
        InputError
            If there is no such driver or code, or the value is out of range.
        """
        if name not in DRIVERS:
            raise InputError(f"set_driver: {choice(str(name), [*DRIVERS])}")
        variable, names = Driver(name), self.world.names.by_axis
        for axis in codes:
            if axis not in variable.axes:
                allowed = ", ".join(variable.axes) or "no codes"
                raise InputError(f"{name}: found {axis}; allowed: {allowed}")
        shape = variable.read(self).shape[:-1]
        wanted = [
            (place_of(codes[axis], names[axis], axis),) if axis in codes else range(length)
            for axis, length in zip(variable.axes, shape, strict=True)
        ]
        for place in product(*wanted):
            variable.write(self, place, value)

    def force(self, kind: str, date: str | None = None, **keys: Any) -> None:
        """Let an event of scenario files happen, from the next quarter on.

        Parameters
        ----------
        kind : str
            ``close_route``, ``coerce``, ``deal``, ``summit``, ``resolution``, ``project``,
            ``open_route`` or ``membership``.
        date : str, optional
            The quarter, such as ``2024Q1``; default: the next one.
        **keys
            The keys of the event as in a scenario file: ``route="CPC", quarters=2``.

        Raises
        ------
        InputError
            If the event cannot be used, its date is over, or the run is.

        Examples
        --------
        >>> model = DiplomacyModel("baseline", rng=1)
        >>> model.step()
        >>> model.force("close_route", route="CPC", quarters=2)
        """
        number = self.plan.start + self._simulation.index
        if self._simulation.finished:
            raise InputError(f"force({kind}): the run ended in {self.quarter}")
        if kind not in KINDS:
            raise InputError(f"force: kind: {choice(str(kind), [*KINDS])}")
        if date is not None and quarters.parse(str(date)) < number:
            raise InputError(f"force({kind}): {date} is over; the next is {quarters.name(number)}")
        event = {
            "kind": kind,
            "date": quarters.name(number) if date is None else date,
            "reason": "forced between two steps",
            "source": "code of the run",
            **keys,
        }
        data = self.spec.resolved()
        data["event"] = [*data["event"], event]
        forced = validated(data, Origin(name=f"force({kind})"))
        _, plan = self._compiled(forced)
        self.spec = forced
        setting = self._simulation.setting
        # Events have no part in the drivers' paths, which may have been changed since the start.
        plan = replace(plan, drivers=setting.plan.drivers)
        self._simulation.setting = replace(setting, plan=plan)

    # ------------------------------------------------------------------------ copies, the end

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A model that goes on from here by itself; the case, which never changes, is shared."""
        memo[id(self.case)] = self.case
        other = type(self).__new__(type(self))
        memo[id(self)] = other
        other.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return other

    def remove_all_agents(self) -> None:
        """Let go of the agents; the model cannot be stepped any more."""
        self.closed, self.running = True, False
        super().remove_all_agents()

    def close(self) -> None:
        """Let go of the agents at once, rather than when Python next collects garbage."""
        self.remove_all_agents()
