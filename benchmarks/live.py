"""Seconds from a changed scenario to its outcomes, with processes that stay (`Live`).

    python benchmarks/live.py --runs 200 1000 4000 --jobs 1 2 --repeats 7

Prints a page in Markdown: the first call, then moves, as a slider makes them: a parameter set to a
new value, and an event moved to another quarter. The minimum is what an idle machine takes, the
median what this one took. What is not simulation is told apart: bringing the outcomes from the
processes to the caller, and the tables that are made of them when they are asked for. A batch in
one process, which draws all anew and records nothing, is what the moves are held against.
"""

from __future__ import annotations

import argparse
import os
import pickle
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from threadpoolctl import threadpool_limits

from sim.case import Case, load_case
from sim.core.simulate import simulate
from sim.experiment.live import Held, Live
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.factors import set_values

OUTCOMES = ["autonomy", "alignment", "route_volume"]
SCENARIO = "cpc_closure"
PARAMETER = "parameters.fear_push"
EVENT = "event.close_route.CPC.date"
SEED = 1


def seconds(work: Callable[[], Any]) -> float:
    """Wall seconds of one piece of work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def slider(scenario: Scenario, case: Case) -> Iterator[Scenario]:
    """The scenario with ever new values of a parameter."""
    for number in count(1):
        yield set_values(scenario, case, {PARAMETER: 1.0 + 2.0 * (0.618 * number % 1.0)})


def calendar(scenario: Scenario, case: Case) -> Iterator[Scenario]:
    """The scenario with an event in ever other quarters."""
    for number in count():
        date = f"{2026 + number % 5}Q{1 + number % 4}"
        yield set_values(scenario, case, {EVENT: date})


def plain(scenario: Scenario, case: Case, runs: int) -> float:
    """Seconds of compiling and stepping in this process, with fresh draws."""

    def work() -> None:
        for first in range(0, runs, 500):
            numbers = range(first, min(first + 500, runs))
            world, plan = compile_plan(scenario, case, numbers, SEED, "posterior")
            for _ in simulate(world, plan, SEED, first, len(numbers)):
                pass

    with threadpool_limits(1):
        return seconds(work)


def echo(pipe: Connection, shape: tuple[int, ...], events: bytes) -> None:
    """Send outcomes as often as they are asked for."""
    values = np.random.default_rng(SEED).random(shape)
    while pipe.recv():
        pipe.send(pickle.loads(events))
        for path in values:
            pipe.send_bytes(path.reshape(-1).view(np.uint8).data)


def transfer(held: Held, repeats: int) -> list[float]:
    """Seconds to bring all that is held from another process to this one."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    shape = held._values.shape
    process = context.Process(target=echo, args=(theirs, shape, pickle.dumps(held._events)))
    process.start()
    into = np.empty(shape)

    def work() -> None:
        ours.send(True)
        ours.recv()
        for path in into:
            ours.recv_bytes_into(path.reshape(-1).view(np.uint8))

    work()
    found = [seconds(work) for _ in range(repeats)]
    ours.send(False)
    process.join()
    return found


def busiest(live: Live) -> float:
    """CPU seconds so far of the process that has done most (Linux only); what is idle counts not.

    On a machine that others use as well, a move takes longer than this; on an idle one, as long.
    """
    if not live._hands:
        return time.process_time()
    ticks = [
        sum(map(int, Path(f"/proc/{hand._process.pid}/stat").read_text().split()[-39:-37]))
        for hand in live._hands
    ]
    return max(ticks) / os.sysconf("SC_CLK_TCK")


def measure(
    jobs: int, runs: int, scenario: Scenario, case: Case, repeats: int
) -> tuple[float, dict[str, list[float]], list[float], Held]:
    """Seconds of the first call, of moves by what moves, of steps in one process; and a result.

    Beside the moves, under `cpu`: CPU seconds of the busiest process.
    """
    found: dict[str, list[float]] = {"parameter": [], "event": [], "cpu": []}
    steps = []
    with Live(jobs) as live:
        first = seconds(lambda: live.run(scenario, case, runs, SEED, OUTCOMES))
        ways = {"parameter": slider(scenario, case), "event": calendar(scenario, case)}
        for _ in range(repeats):
            for name, way in ways.items():
                changed = next(way)
                work = partial(live.run, changed, case, runs, SEED, OUTCOMES)
                before = busiest(live)
                found[name].append(seconds(work))
                found["cpu"].append(busiest(live) - before)
            steps.append(plain(scenario, case, runs))
        return first, found, steps, live.run(scenario, case, runs, SEED, OUTCOMES)


def both(found: list[float]) -> str:
    """The minimum and the median, as two cells of a table."""
    return f"{min(found):.2f} | {statistics.median(found):.2f}"


def main() -> None:
    """Measure and print the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, nargs="+", default=[200, 1000, 4000])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    scenario = load_scenario(SCENARIO)
    case = load_case(scenario.case)
    print("# How fast a changed scenario is answered\n")
    print(
        f"Made by `python benchmarks/live.py` on a machine with {os.cpu_count()} cores "
        f"({platform.machine()}, Python {platform.python_version()}):\n`{SCENARIO}` with "
        f"`{PARAMETER}` or `{EVENT}` changed, {arguments.repeats} times each, in turn.\nSeconds: "
        "minimum and median. The load of the machine is that of the last minute.\n"
    )
    print(
        "| runs | processes | first call | parameter, min | median | event, min | median "
        "| CPU of the busiest process, min | median | one process, nothing kept, min | median "
        "| it takes times a move | load |"
    )
    print("|---:|" + "---:|" * 12)
    results: dict[int, Held] = {}
    for runs in arguments.runs:
        for jobs in arguments.jobs:
            first, found, steps, results[runs] = measure(
                jobs, runs, scenario, case, arguments.repeats
            )
            moves = found["parameter"] + found["event"]
            times = statistics.median(steps) / statistics.median(moves)
            print(
                f"| {runs:,} | {jobs} | {first:.2f} | {both(found['parameter'])} "
                f"| {both(found['event'])} | {both(found['cpu'])} | {both(steps)} | {times:.2f} "
                f"| {os.getloadavg()[0]:.1f} |",
                flush=True,
            )
    print("\nOf these seconds, and after them, in milliseconds:\n")
    print("| runs | held, MB | events | from a process | table of events | table by quarter |")
    print("|---:|---:|---:|---:|---:|---:|")
    for runs, held in results.items():
        sent = 1000 * min(transfer(held, arguments.repeats))
        tables = [
            1000 * min(seconds(make) for _ in range(arguments.repeats))
            for make in (held.events, held.trajectories)
        ]
        print(
            f"| {runs:,} | {held._values.nbytes / 1e6:.0f} | {len(held.events()):,} "
            f"| {sent:.0f} | {tables[0]:.0f} | {tables[1]:.0f} |"
        )


if __name__ == "__main__":
    main()
