"""What a run costs as a Mesa model and in the core: ``python benchmarks/mesa_speed.py``.

Seconds of CPU, on one core: Mesa models are built, stepped to the end and collected from one after
another; the core simulates the same scenario's runs together and measures its headline outcomes
each quarter, as a batch does.
"""

from __future__ import annotations

import argparse
import os
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import mesa  # noqa: E402

from sim.case import load_case  # noqa: E402
from sim.core.indicators import INDICATORS  # noqa: E402
from sim.core.simulate import simulate  # noqa: E402
from sim.mesa_model import DiplomacyModel  # noqa: E402
from sim.scenario import compile_plan, load_scenario  # noqa: E402

SCENARIO, SEED = "baseline", 2022
HEADLINES = [one for one in INDICATORS.values() if one.headline]


def of_models(runs: int) -> float:
    """Seconds a run as Mesa models."""
    DiplomacyModel(SCENARIO, rng=SEED).step()  # tables are read once
    start = time.process_time()
    for run in range(runs):
        model = DiplomacyModel(SCENARIO, rng=SEED, run=run)
        while model.running:
            model.step()
    return (time.process_time() - start) / runs


def of_the_core(runs: int) -> float:
    """Seconds a run in the core, all runs at once."""
    scenario = load_scenario(SCENARIO)
    case = load_case(scenario.case)
    start = time.process_time()
    world, plan = compile_plan(scenario, case, range(runs), SEED)
    for quarter in simulate(world, plan, SEED, 0, runs):
        for one in HEADLINES:
            quarter.measure(one.name)
    return (time.process_time() - start) / runs


def main() -> None:
    """Print both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--runs", type=int, default=500)
    given = parser.parse_args()
    model, core = of_models(given.models), of_the_core(given.runs)
    print(f"Mesa {mesa.__version__}: {1e3 * model:.1f} ms a run")
    print(f"the core, {given.runs} runs at once: {1e3 * core:.2f} ms a run")
    print(f"{model / core:.0f} times as much")


if __name__ == "__main__":
    main()
