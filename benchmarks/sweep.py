"""Speed of a sweep: workers, memory, overhead over the core, disk, and time of a query.

    python benchmarks/sweep.py --rows 4096 --runs 32 --jobs 1 2

Prints a page in Markdown. Each sweep runs in a process of its own, one after another, with one
thread for linear algebra; ratios within one call are what to quote. The core is stepping and
measuring the outcomes that are kept; it is timed inside the sweep with one worker, so that a busy
machine slows both sides of the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

DESIGN = Path(__file__).with_name("sweep.toml")
QUERY = 'SELECT row, avg("autonomy.KAZ") FROM runs GROUP BY row'
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
QUERIES = 5  # of which the median counts


# The parts, each in a process of its own


def run_sweep(design: str, rows: int, runs: int, jobs: int, out: str) -> dict[str, Any]:
    """Seconds of a sweep and of the core in it, and peak memory (MB) of its processes."""
    from sim.experiment.sweep import sweep

    core = timed_core()
    start = time.perf_counter()
    result = sweep(design, rows=rows, runs=runs, jobs=jobs, out=out)
    wall = time.perf_counter() - start
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not result.complete:
        raise SystemExit("some rows of the sweep failed")
    return {
        "wall": wall,
        "core": core(),
        "main": _megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss),
        "worker": _megabytes(children.ru_maxrss) if jobs > 1 else 0.0,
        "disk": sum(path.stat().st_size for path in Path(out).rglob("*") if path.is_file()) / 1e6,
        "quarters": result.manifest["scenarios"][0]["quarters"],
        "columns": len(result.manifest["columns"]),
        "by_quarter": len(result.manifest["columns_by_quarter"]),
        "factors": len(result.factors),
        "mode": result.mode,
    }


def timed_core() -> Callable[[], float]:
    """Time the core from now on; gives what tells the seconds that this process spent in it."""
    from sim.experiment import rows

    spent = 0.0
    step, measure = rows.simulate, rows.Measured.of

    def timed_step(*given: Any, **options: Any) -> Iterator[Any]:
        nonlocal spent
        steps = step(*given, **options)
        while True:
            start = time.perf_counter()
            quarter = next(steps, None)
            spent += time.perf_counter() - start
            if quarter is None:
                return
            yield quarter

    def timed_measure(*given: Any) -> Any:
        nonlocal spent
        start = time.perf_counter()
        found = measure(*given)
        spent += time.perf_counter() - start
        return found

    rows.simulate, rows.Measured.of = timed_step, timed_measure
    return lambda: spent


def run_queries(out: str) -> dict[str, Any]:
    """Seconds of the first query of a process and of later ones."""
    from sim.experiment.query import query

    seconds = []
    for _ in range(QUERIES):
        start = time.perf_counter()
        answer = query(out, QUERY)
        seconds.append(time.perf_counter() - start)
    return {"first": seconds[0], "later": statistics.median(seconds[1:]), "rows": len(answer)}


def _megabytes(peak: int) -> float:
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


# The page


def part(*words: object) -> dict[str, Any]:
    """What one of the parts answers."""
    found = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), *map(str, words)],
        env={**os.environ, **dict.fromkeys(THREADS, "1")},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    answer: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return answer


def seconds_of_command(out: str) -> float:
    """Wall seconds of `multivector results query`, from the start of Python to its end."""
    command = [sys.executable, "-m", "sim.cli.main", "results", "query", out, QUERY]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[1])
    return time.perf_counter() - start


def page(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    design, rows, runs = arguments.design, arguments.rows, arguments.runs
    total = rows * runs
    sweeps: dict[int, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for jobs in arguments.jobs:
            out = str(Path(folder) / f"jobs-{jobs}")
            print(f"a sweep with {jobs} workers ...", file=sys.stderr)
            sweeps[jobs] = part("--part", "sweep", design, rows, runs, jobs, out)
        queries = part("--part", "queries", out)
        command = seconds_of_command(out)
    one = sweeps[1]
    print("# How fast sweeps are\n")
    given = " ".join(map(str, arguments.jobs))
    print(
        f"Made by `python benchmarks/sweep.py --rows {rows} --runs {runs} --jobs {given}` on a "
        f"machine with {os.cpu_count()} cores\n"
        f"({platform.machine()}, Python {platform.python_version()}): "
        f"{rows:,} rows of a {one['mode']} design of {one['factors']} factors "
        f"(`benchmarks/{Path(design).name}`), {runs} runs each,\n{total:,} runs of "
        f"{one['quarters']} quarters; {one['columns']} columns kept at the last quarter, means "
        f"and variances of {one['by_quarter']} by quarter.\n"
    )
    print(
        "| workers | seconds | runs a second | times one worker | main process, MB "
        "| largest worker, MB | all together at most, MB |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for jobs, found in sweeps.items():
        times = f"{one['wall'] / found['wall']:.2f}"
        worker = f"{found['worker']:,.0f}" if jobs > 1 else "-"
        together = found["main"] + (jobs * found["worker"] if jobs > 1 else 0.0)
        print(
            f"| {jobs} | {found['wall']:,.0f} | {total / found['wall']:,.0f} | {times} "
            f"| {found['main']:,.0f} | {worker} | {together:,.0f} |"
        )
    print(
        f"\n* With one worker the core (stepping, and measuring what is kept) takes "
        f"{one['core']:,.0f} of the {one['wall']:,.0f} seconds. The rest (reading the\n  design, "
        f"compiling, recording, writing, digests) is {1 - one['core'] / one['wall']:.1%}."
    )
    print(f"* On disk: {one['disk']:,.0f} MB, {one['disk'] * 1e6 / total:,.0f} bytes a run.")
    print(
        f"* `{QUERY}` over the {total:,} runs gives {queries['rows']:,} rows in "
        f"{queries['first']:.2f} seconds,\n  {queries['later']:.2f} when asked again in the same "
        f"process; the whole command `multivector results query` takes {command:.1f} seconds."
    )
    print("\nQuote the ratios: the same machine is up to twice as slow when others use it.")


def main() -> None:
    """Print the page, or do one of its parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--design", default=str(DESIGN))
    parser.add_argument("--rows", type=int, default=4096)
    parser.add_argument("--runs", type=int, default=32)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2], help="default: 1 2")
    parser.add_argument("--folder", help="where the sweeps are kept meanwhile; default: /tmp")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)  # how it calls itself
    arguments = parser.parse_args()
    if 1 not in arguments.jobs:
        parser.error("--jobs: one worker is what the others are held against")
    if arguments.part is None:
        page(arguments)
        return
    name, *words = arguments.part
    if name == "sweep":
        design, rows, runs, jobs, out = words
        answer = run_sweep(design, int(rows), int(runs), int(jobs), out)
    else:
        answer = run_queries(words[0])
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
