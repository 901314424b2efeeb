"""Does a distracted Russia lose or gain shares? It depends on two parameters: `--runs 100`.

Prints the mean change of Russia's share in the portfolios of the five at the end of 2035, scenario
`russia_distracted` against the baseline run by run, over a grid of `fear_push` and
`attention_pull`, all else at the centre. docs/limits.md quotes it.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from sim.case import load_case
from sim.core.simulate import simulate
from sim.scenario import compile_plan, load_scenario

FEAR_PUSH = (0.0, 1.5, 3.0, 6.0)
ATTENTION_PULL = (0.06, 0.12, 0.24, 0.36)


def share_of_russia(name: str, fear: float, attention: float, runs: int, seed: int) -> np.ndarray:
    """Russia's mean share in the five portfolios in the last quarter, by run."""
    scenario = load_scenario(name)
    world, plan = compile_plan(scenario, load_case(scenario.case), range(runs), seed)
    changed = replace(
        world.parameters, fear_push=np.array([fear]), attention_pull=np.array([attention])
    )
    for quarter in simulate(replace(world, parameters=changed), plan, seed, 0, runs):
        last = quarter
    aligned = last.measure("alignment")[:, world.names.powers.index("RUS")]
    return aligned[world.attributes.core].mean(axis=0)


def table(runs: int, seed: int) -> str:
    """The grid as a table of percentage points, with standard errors."""
    lines = [
        "| fear_push | " + " | ".join(f"attention_pull {one}" for one in ATTENTION_PULL) + " |"
    ]
    lines.append("|---|" + "---|" * len(ATTENTION_PULL))
    for fear in FEAR_PUSH:
        cells = []
        for attention in ATTENTION_PULL:
            after, before = (
                share_of_russia(name, fear, attention, runs, seed)
                for name in ("russia_distracted", "baseline")
            )
            change = 100.0 * (after - before)
            cells.append(f"{change.mean():+.2f} ± {change.std(ddof=1) / np.sqrt(runs):.2f}")
        lines.append(f"| {fear} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=100)
    options.add_argument("--seed", type=int, default=2022)
    given = options.parse_args()
    print(table(given.runs, given.seed))
