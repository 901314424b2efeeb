"""Speed of a sweep: workers, memory, overhead over the core, disk, and time of a query.

    python benchmarks/sweep.py --rows 4096 --runs 32 --jobs 1 2

Prints a page in Markdown. Each part runs in a process of its own, one after another, with one
thread for linear algebra; ratios within one call are what to quote. The core alone is the same
chunks, compiled beforehand, stepped and measured in one process, with nothing recorded.
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
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

DESIGN = Path(__file__).with_name("sweep.toml")
QUERY = 'SELECT row, avg("autonomy.KAZ") FROM runs GROUP BY row'
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
QUERIES = 5  # of which the median counts


# The parts, each in a process of its own


def run_sweep(design: str, rows: int, runs: int, jobs: int, out: str) -> dict[str, Any]:
    """Wall and CPU seconds of a sweep, and peak memory (MB) of its processes."""
    from sim.experiment.sweep import sweep

    start, used = time.perf_counter(), time.process_time()
    result = sweep(design, rows=rows, runs=runs, jobs=jobs, out=out)
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not result.complete:
        raise SystemExit("some rows of the sweep failed")
    return {
        "wall": wall,
        "cpu": cpu + children.ru_utime + children.ru_stime,
        "main": _megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss),
        "worker": _megabytes(children.ru_maxrss) if jobs > 1 else 0.0,
        "disk": sum(path.stat().st_size for path in Path(out).rglob("*") if path.is_file()) / 1e6,
        "quarters": result.manifest["scenarios"][0]["quarters"],
        "columns": len(result.manifest["columns"]),
        "by_quarter": len(result.manifest["columns_by_quarter"]),
        "factors": len(result.factors),
        "mode": result.mode,
    }


def run_core(design: str, rows: int, runs: int) -> dict[str, Any]:
    """Wall and CPU seconds of the core with the chunks of the sweep: stepping and measuring."""
    from sim.core.simulate import simulate
    from sim.experiment.rows import Measured
    from sim.experiment.sweep import plan_sweep
    from sim.scenario import compile_plan

    planned = plan_sweep(design, rows=rows, runs=runs)
    seed = planned.design.seed
    wall = cpu = 0.0
    for task in planned.tasks(512):
        chosen = range(task.first_row, task.first_row + task.rows)
        scenario = planned.rows.applied(planned.scenarios[task.scenario], planned.case, chosen)
        world, plan = compile_plan(
            scenario,
            planned.case,
            range(task.first_run, task.first_run + task.runs),
            seed,
            planned.posterior or "point",
            copies=task.rows,
        )
        start, used = time.perf_counter(), time.process_time()
        quarterly = Measured(planned.by_quarter, world.names)
        last = Measured(planned.kept, world.names)
        for quarter in simulate(world, plan, seed, task.first_run, task.runs, copies=task.rows):
            quarterly.of(quarter, task.rows, task.runs)
            if quarter.index == plan.quarters - 1:
                last.of(quarter, task.rows, task.runs)
        wall += time.perf_counter() - start
        cpu += time.process_time() - used
    return {"wall": wall, "cpu": cpu}


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
        print("the core alone ...", file=sys.stderr)
        core = part("--part", "core", design, rows, runs)
        queries = part("--part", "queries", out)
        command = seconds_of_command(out)
    one = sweeps[min(sweeps)]
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
    workers = "one worker" if min(sweeps) == 1 else f"{min(sweeps)} workers"
    print(
        f"\n* The core alone does the same chunks in {core['wall']:,.0f} seconds, "
        f"{total / core['wall']:,.0f} runs a second. The rest of the sweep with {workers} "
        f"(reading the design,\n  compiling, recording, writing, digests) is "
        f"{1 - core['wall'] / (min(sweeps) * one['wall']):.1%} of its wall time and "
        f"{1 - core['cpu'] / one['cpu']:.1%} of its CPU time."
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
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2], help="fewest first")
    parser.add_argument("--folder", help="where the sweeps are kept meanwhile; default: /tmp")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)  # how it calls itself
    arguments = parser.parse_args()
    if arguments.part is None:
        page(arguments)
        return
    name, *words = arguments.part
    if name == "sweep":
        design, rows, runs, jobs, out = words
        answer = run_sweep(design, int(rows), int(runs), int(jobs), out)
    elif name == "core":
        design, rows, runs = words
        answer = run_core(design, int(rows), int(runs))
    else:
        answer = run_queries(words[0])
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
