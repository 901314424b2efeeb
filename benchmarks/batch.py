"""Runs a second and peak memory of `multivector batch` by number of runs, against the scalar twin.

    python benchmarks/batch.py --runs 100 1000 10000 100000

Prints a table in Markdown. Ratios within one call are what to quote: machines differ, and the same
machine differs from hour to hour. The twin is the plain-Python model of ``tests/reference``; its
time is that of stepping alone, with nothing recorded, while a batch records all outcomes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sim.case import load_case
from sim.core.streams import draw_quarter
from sim.scenario import compile_plan, load_scenario
from tests.reference.twin import Twin, slice_draws, slice_run


def seconds_of_twin(scenario_name: str, runs: int) -> float:
    """CPU seconds a run of the scalar twin."""
    scenario = load_scenario(scenario_name)
    world, plan = compile_plan(scenario, load_case(scenario.case), range(max(runs, 2)), 1)
    draws = [
        draw_quarter(1, world, plan, plan.start + index, 0, max(runs, 2))
        for index in range(plan.quarters)
    ]
    start = time.process_time()
    for run in range(runs):
        twin = Twin(slice_run(world, run), slice_run(plan, run))
        for index in range(plan.quarters):
            twin.step(index, slice_draws(draws[index], run))
    return (time.process_time() - start) / runs


def batch(
    scenario_name: str, runs: int, jobs: int, trajectories: str
) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak memory (MB, largest process) of a batch."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "sim.cli.main", "batch", scenario_name, "-n", str(runs)),
            *("--jobs", str(jobs), "--seed", "1", "--out", str(Path(folder) / "out")),
            *("--no-pictures", "--trajectories", trajectories),
        ]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"batch of {runs} runs failed with exit code {process.returncode}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--twin-runs", type=int, default=5)
    parser.add_argument("--trajectories", default="headline", help="as in `multivector batch`")
    arguments = parser.parse_args()

    twin = seconds_of_twin(arguments.scenario, arguments.twin_runs)
    print(f"Scalar twin: {twin * 1000:.0f} ms a run ({1 / twin:.1f} runs a second)\n")
    print("| runs | jobs | runs a second (wall) | runs a CPU second | times the twin | peak MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    for runs in arguments.runs:
        cpu, wall, memory = batch(arguments.scenario, runs, arguments.jobs, arguments.trajectories)
        print(
            f"| {runs:,} | {arguments.jobs} | {runs / wall:,.0f} | {runs / cpu:,.0f} "
            f"| {twin * runs / cpu:,.0f} | {memory:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
