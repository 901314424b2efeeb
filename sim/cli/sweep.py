"""The command `sweep`: the rows of a design, each run many times, recorded in a folder."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from sim.cli.parsing import Parser, add_engine, chosen_engine, whole_number

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment import Sweep
    from sim.experiment.sweep import PlannedSweep

_FILES = (
    ("manifest.json", "what was run: design, factors, scenarios, case, seed, versions"),
    ("design.parquet", "the rows: their id and the value of every factor"),
    ("units.parquet", "the points of the unit cube that the rows came from"),
    ("runs.parquet", "outcomes at the last quarter, a line a scenario, row and run"),
    ("means.parquet", "means over the runs of a row by quarter"),
    ("variances.parquet", "variances over the runs of a row by quarter"),
    ("parameters.parquet", "draws of the parameters, where they are not the case's own"),
    ("failures.log", "what went wrong in the rows that failed"),
)
_SHOWN_ROWS = 16
_SHOWN_OUTCOMES = 4
_SHOWN_FACTORS = 6


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("sweep", "run the rows of a design: settings of factors, sampled")
    parser.add_argument("design", metavar="DESIGN", help="name or path of a design (.toml)")
    add_changes(parser)
    parser.add_argument("--mode", metavar="MODE", help="how rows are made; default: the design's")
    parser.add_argument(
        "--check", action="store_true", help="only say what would be run; nothing is written"
    )
    add_folder(parser, "results/<design>")
    parser.set_defaults(act=run, parser=parser)


def add_changes(parser: Parser) -> None:
    """Add the options that change the size and the seed of a design."""
    parser.add_argument(
        "--rows",
        type=whole_number,
        metavar="N",
        help="size of the sample: rows, base points or trajectories, as the mode counts them; "
        "default: the design's",
    )
    parser.add_argument(
        "-n", "--runs", type=whole_number, metavar="N", help="runs a row; default: the design's"
    )
    parser.add_argument(
        "--seed", type=whole_number, metavar="N", help="root seed; default: the design's"
    )


def add_folder(parser: Parser, out: str) -> None:
    """Add the options that say where results stand and who does the work."""
    parser.add_argument("--out", metavar="DIR", help=f"results folder; default: {out}")
    add_engine(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the results that the folder holds"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with what the same command left in the folder when it was interrupted",
    )


def run(given: Namespace) -> int:
    """Run the sweep, and print what it found and what was made."""
    from sim.experiment.sweep import plan_sweep, sweep

    changes = {"rows": given.rows, "runs": given.runs, "seed": given.seed, "mode": given.mode}
    if given.check:
        print(_described(plan_sweep(given.design, **changes)))
        return 0
    result = sweep(
        given.design,
        out=given.out,
        **chosen_engine(given),
        progress=True,
        overwrite=given.overwrite,
        resume=given.resume,
        **changes,
    )
    return finish(result)


def finish(result: Sweep) -> int:
    """Print the outcomes of a sweep and its files; 1 if rows failed."""
    failed = sum(one["rows"] for one in result.failures)
    asked = result.manifest["distinct_rows"] * len(result.scenarios)
    if failed < asked:
        print(_outcomes(result))
        print(f"\nIn {result.folder}:")
        for name, meaning in _FILES:
            if (result.folder / name).is_file():
                print(f"  {name:18} {meaning}")
    if failed:
        print(
            f"multivector: error: {failed} of {asked} rows failed; "
            f"see {result.folder / 'failures.log'}",
            file=sys.stderr,
        )
        return 1
    return 0


def _described(planned: PlannedSweep) -> str:
    """What a design comes to before anything is run."""
    design, tasks = planned.design, planned.tasks(512)
    lines = [
        f"{design.name}: {design.title}",
        f"  {design.question}",
        "",
        f"scenarios  {', '.join(one.name for one in planned.scenarios)}",
        f"mode       {design.mode}: {len(planned.sample.ids):,} rows, of which "
        f"{len(planned.rows.ids):,} differ",
        f"runs       {design.runs:,} a row, {planned.runs:,} in all, in {len(tasks):,} "
        f"{'chunk' if len(tasks) == 1 else 'chunks'}",
        f"outcomes   {len(planned.kept):,} columns at the last quarter"
        f" and {len(planned.by_quarter):,} every quarter",
        f"size       about {_size(planned)} on disk",
        "",
    ]
    factors = [("factor", "path", "values"), *(_factor(one.described()) for one in planned.factors)]
    name, path = (max(len(one[place]) for one in factors) for place in (0, 1))
    lines += [f"{a:{name}}  {b:{path}}  {c}" for a, b, c in factors]
    lines.append("")
    if len(planned.factors) > _SHOWN_FACTORS:
        return "\n".join(lines)
    table = planned.design_table().to_pandas().drop(columns="place")
    lines.append(table.head(_SHOWN_ROWS).to_string(index=False, float_format="{:.4g}".format))
    if len(table) > _SHOWN_ROWS:
        lines.append(f"... and {len(table) - _SHOWN_ROWS:,} more rows")
    return "\n".join(lines)


def _factor(described: dict[str, Any]) -> tuple[str, str, str]:
    """A line of the table of factors: name, path, values."""
    if described.get("same_as"):
        values = f"as {described['same_as']}"
        if (described["times"], described["plus"]) != (1.0, 0.0):
            values += f", times {described['times']:g} plus {described['plus']:g}"
    elif described["levels"] is not None:
        values = ", ".join(_short(one) for one in described["levels"][:6])
        values += f", ... ({len(described['levels'])})" if len(described["levels"]) > 6 else ""
    else:
        values = f"{_short(described['low'])} to {_short(described['high'])}"
        if described["distribution"] is not None:
            values += f", {described['distribution']['distribution']}"
        values += ", log" if described.get("scale") == "log" else ""
    return described["name"], described["path"], values


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _size(planned: PlannedSweep) -> str:
    rows = len(planned.rows.ids) * len(planned.scenarios)
    quarters = max(one.quarters for one in planned.scenarios)
    cells = planned.runs * len(planned.kept) * 8 + rows * quarters * len(planned.by_quarter) * 12
    return f"{cells / 1e6:,.0f} MB" if cells > 1e6 else "1 MB"


def _outcomes(result: Sweep) -> str:
    """Means over the runs: row by row where there are few, else their range over the rows."""
    runs = result.runs().drop(columns="run")
    means = runs.groupby(["scenario", "row"], sort=False).mean()
    if result.manifest["rows"] <= _SHOWN_ROWS:
        return _by_row(result, means)
    levels = {"least": 0.0, "5 %": 0.05, "median": 0.5, "95 %": 0.95, "most": 1.0}
    lines = [
        f"Means over {result.manifest['runs']} runs a row, at the last quarter: their range over "
        f"{result.manifest['distinct_rows']:,} rows."
    ]
    chosen = _widest(means, 15)
    for name, own in means[chosen].groupby("scenario", sort=False):
        table = own.quantile(list(levels.values())).T.set_axis(list(levels), axis=1)
        table.insert(0, "unit", [result.unit(str(column)) for column in table.index])
        lines += ["", f"{name}:", "", table.to_string(float_format="{:.4g}".format)]
    if means.shape[1] > len(chosen):
        lines.append(
            f"... the {len(chosen)} of {means.shape[1]} columns that vary most against their size"
        )
    return "\n".join(lines)


def _by_row(result: Sweep, means: pd.DataFrame) -> str:
    free = [one["name"] for one in result.factors if not one.get("same_as")]
    design = result.design().set_index("row")[free]
    chosen = _widest(means, _SHOWN_OUTCOMES)
    lines = [f"Means over {result.manifest['runs']} runs a row, at the last quarter."]
    for name in result.scenarios:
        table = design.join(means.loc[name, chosen]).rename_axis(None)
        text = table.to_string(float_format="{:.4g}".format, line_width=100)
        lines += ["", f"{name}:", "", text]
    if means.shape[1] > len(chosen):
        lines.append(
            f"... the {len(chosen)} of {means.shape[1]} columns that vary most against their size"
        )
    return "\n".join(lines)


def _widest(means: pd.DataFrame, most: int) -> list[str]:
    """Columns whose means differ most between rows, against their size, in the order recorded."""
    size = means.abs().mean()
    varies = (means.max() - means.min()).where(size > 0) / size
    chosen = set(varies.nlargest(most).index)
    return [str(column) for column in means.columns if column in chosen]
