"""What the dashboard works with: a panel of controls, and the runs played last."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.core import quarters
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.experiment.describe import describe_case
from sim.experiment.design import Design
from sim.experiment.live import Held, Live
from sim.report.dashboard.panel import Panel, first_state, open_panel
from sim.report.dashboard.scenario_file import build
from sim.report.dashboard.state import State
from sim.report.dashboard.view import View, needed
from sim.scenario import Scenario

MOST_BYTES = 1_500_000_000  # of all runs held, those that are shown among them


@dataclass(frozen=True)
class Shown:
    """A view, and how it came about.

    Attributes
    ----------
    view : View
    scenario : Scenario
        Of the present setting.
    case : mapping
        As `sim.experiment.describe.describe_case` tells it.
    seconds : float
        From the question to the last run.
    """

    view: View
    scenario: Scenario
    case: Mapping[str, Any]
    seconds: float


class Desk:
    """Plays states, and keeps what was played last; safe to use from several threads.

    It knows nothing of who asks: all that a page shows is in its state.

    Parameters
    ----------
    live : Live
    design : Design or None
        Where the controls of drivers and behaviour come from.
    """

    def __init__(self, live: Live, design: Design | None) -> None:
        self.live, self.design = live, design
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[Any, ...], Held] = OrderedDict()

    def panel(self, state: State) -> Panel:
        """The panel of a state's scenario and what is added to it.

        Raises
        ------
        InputError
            If it cannot be opened.
        """
        return open_panel(state.scenario, state.added, self.design)

    def baseline(self, state: State) -> State:
        """What a state is compared with: what is pinned, else its scenario untouched.

        With the runs and the seed of the state, so that runs can be paired.
        """
        other = state.pinned or first_state(state.scenario, self.design)
        other = replace(other, runs=state.runs, seed=state.seed, outcome=state.outcome, pinned=None)
        return other.looking_at(state.codes)

    def show(self, state: State, viewer: Hashable | None = None) -> Shown:
        """Play a state and its baseline.

        Raises
        ------
        InputError
            If either cannot be run, or there is not the memory for so many runs.
        Superseded
            If the same viewer asked for something else meanwhile.
        """
        begun = time.perf_counter()
        panel, other = self.panel(state), self.baseline(state)
        present = self._play(state, panel, viewer)
        same = replace(state, pinned=None) == other
        before = None if same else self._play(other, self.panel(other), viewer)
        case = self._described(panel)
        view = View(
            present[0], None if before is None else before[0], state.outcome, state.codes,
            panel.names, case,
        )  # fmt: skip
        return Shown(view, present[1], case, time.perf_counter() - begun)

    def _play(self, state: State, panel: Panel, viewer: Hashable | None) -> tuple[Held, Scenario]:
        scenario = build(state, self.design)
        names = needed(state.outcome)
        key = (scenario.hash, state.runs, state.seed)
        with self._lock:
            held = self._held.get(key)
            if held is not None and set(names) <= {one.split(".")[0] for one in held.columns}:
                self._held.move_to_end(key)
                return held, scenario
        self._make_room(_needed_bytes(panel, scenario, names, state.runs))
        held = self.live.run(scenario, panel.case, state.runs, state.seed, names, viewer=viewer)
        with self._lock:
            self._held[key] = held
            self._held.move_to_end(key)
        self._make_room(0)
        return held, scenario

    def _make_room(self, wanted: int) -> None:
        """Let go of what was not shown for longest, until so many bytes more can be held."""
        with self._lock:
            while len(self._held) > 1 and wanted + self._bytes() > MOST_BYTES:
                self._held.popitem(last=False)

    def _bytes(self) -> int:
        return sum(held.nbytes for held in self._held.values())

    def _described(self, panel: Panel) -> dict[str, Any]:
        scenario = panel.scenario
        world = panel.case.build(
            scenario.as_of, scenario.membership.countries, scenario.membership.powers
        )
        return describe_case(panel.case, [world])


def _needed_bytes(panel: Panel, scenario: Scenario, outcomes: Sequence[str], runs: int) -> int:
    """Memory that the outcomes of a scenario's runs take.

    Raises
    ------
    InputError
        If there is no room for as much again, which the baseline takes.
    """
    columns = sum(
        math.prod(len(panel.names[axis]) for axis in INDICATORS[name].axes) for name in outcomes
    )
    each = 8 * columns * scenario.quarters
    most = MOST_BYTES // 2 // each
    if runs > most:
        raise InputError(
            f"runs: found {runs:,}; each takes {each / 1000:,.0f} kB with this outcome "
            f"over {scenario.quarters} quarters, so there is room for {most:,} beside a baseline; "
            "multivector batch plays more"
        )
    return each * runs


def horizon(view: View) -> str:
    """First and last quarter of the present setting: ``2024Q1 to 2035Q4``."""
    first = view.present.start
    return f"{quarters.name(first)} to {quarters.name(first + view.present.quarters - 1)}"
