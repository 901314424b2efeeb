"""Does a process that makes many models stay flat in memory: ``python benchmarks/mesa_memory.py``.

Makes models one after another, steps each, lets go of it, and prints the resident memory of the
process as it goes. Nothing is closed and no garbage is collected by hand.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import mesa

from sim.mesa_model import DiplomacyModel


def resident() -> float:
    """Resident memory of this process, MiB."""
    status = Path("/proc/self/statm")
    pages = int(status.read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Make the models and print a line now and then."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=1, help="quarters that each is stepped")
    given = parser.parse_args()
    print(f"Mesa {mesa.__version__}")
    start = time.perf_counter()
    for number in range(given.models + 1):
        if number % max(1, given.models // 10) == 0:
            elapsed = time.perf_counter() - start
            print(f"{number:7d} models  {resident():7.1f} MiB  {elapsed:6.1f} s", flush=True)
        model = DiplomacyModel("baseline", rng=number, parameters="point")
        for _ in range(given.steps):
            model.step()


if __name__ == "__main__":
    main()
