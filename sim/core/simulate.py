"""A chunk of runs through all quarters of a plan: the one loop of the core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, Ledger, Moment
from sim.core.plan import Plan
from sim.core.reference import reference
from sim.core.rules import Rules
from sim.core.state import Flow, State, initial_state
from sim.core.step import Setting, step
from sim.core.streams import Streams, draw_quarter
from sim.core.world import Array, World

FEWEST_RUNS = 2  # numpy sums a runs axis of length 1 in another order, which changes last bits


@dataclass(frozen=True)
class Quarter:
    """The end of one simulated quarter."""

    index: int  # quarters since the start
    quarter: int  # the quarter's number
    moment: Moment

    @property
    def state(self) -> State:
        """State variables at the end of the quarter."""
        return self.moment.state

    @property
    def flow(self) -> Flow:
        """What happened in the quarter."""
        return self.moment.flow

    def measure(self, name: str) -> Array:
        """An outcome, (*axes, run); names and axes are in `INDICATORS`."""
        return INDICATORS[name].measure(self.moment)


class Simulation:
    """Runs ``first_run`` to ``first_run + runs - 1``, quarter by quarter.

    Parameters
    ----------
    world, plan : World, Plan
        Arrays whose runs axis is 1 or ``runs * copies`` long.
    seed : int
        Root seed; a run's draws depend on it and on the run's number only.
    first_run : int
    runs : int
    rules : Rules, optional
        Decision rules.
    copies : int
        How often the runs stand along the runs axis, all of them each time: worlds or plans that
        differ share the draws. ``runs * copies`` is 2 or more: see `FEWEST_RUNS`.
    source : callable
        Gives the streams below a root seed, such as some that keep what they drew for the next
        simulation of the same runs.

    Attributes
    ----------
    state : State
        The end of the last quarter. Changing it between quarters intervenes in the runs.
    index : int
        Quarters simulated so far.

    Raises
    ------
    InputError
        If the world has no consistent reference, or fewer than two runs are asked for.
    """

    def __init__(
        self,
        world: World,
        plan: Plan,
        seed: int,
        first_run: int,
        runs: int,
        rules: Rules | None = None,
        copies: int = 1,
        source: Callable[[int], Streams] = Streams,
    ) -> None:
        if runs * copies < FEWEST_RUNS:
            raise InputError(f"a chunk holds {FEWEST_RUNS} runs or more, not {runs * copies}")
        rules = rules or Rules()
        self.setting = Setting(world, reference(world, rules), plan, rules)
        self.seed = seed
        self.first_run = first_run
        self.runs = runs
        self.copies = copies
        self.source = source
        self.index = 0
        self.state = initial_state(world, self.setting.reference, runs * copies)
        self.ledger = Ledger.empty(world, runs * copies)

    @property
    def finished(self) -> bool:
        """Has the plan's last quarter been simulated."""
        return self.index >= self.setting.plan.quarters

    def advance(self) -> Quarter:
        """Simulate the next quarter; its arrays are fresh and may be kept."""
        world, plan = self.setting.world, self.setting.plan
        index = self.index
        quarter = plan.start + index
        draws = draw_quarter(
            self.seed, world, plan, quarter, self.first_run, self.runs, self.copies, self.source
        )
        self.state, flow = step(self.setting, index, self.state, draws)
        self.ledger = self.ledger.add(flow, self.state, world)
        self.index += 1
        return Quarter(index, quarter, Moment(self.setting, index, self.state, flow, self.ledger))


def simulate(
    world: World,
    plan: Plan,
    seed: int,
    first_run: int,
    runs: int,
    rules: Rules | None = None,
    copies: int = 1,
    source: Callable[[int], Streams] = Streams,
) -> Iterator[Quarter]:
    """Simulate a chunk of runs; arguments and errors as in `Simulation`.

    Yields
    ------
    Quarter
        One a quarter.
    """
    simulation = Simulation(world, plan, seed, first_run, runs, rules, copies, source)
    while not simulation.finished:
        yield simulation.advance()
