"""The command `explain`: why an outcome of a country changed, from the result to the document."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.parsing import Parser, whole_number
from sim.core.errors import InputError

if TYPE_CHECKING:
    from sim.analysis.explanation import Explanation

_TABLES = ("summary", "events", "coercion", "figures", "evidence")


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "explain",
        "split what changed for a country into terms that add up, and name the events, figures and "
        "documents behind them",
    )
    parser.add_argument(
        "what",
        metavar="RESULT|SCENARIO",
        help="folder of a batch, FOLDER:SCENARIO, or name or file of a scenario",
    )
    parser.add_argument("--country", metavar="CODE", required=True, help="code of the country")
    parser.add_argument("--quarter", metavar="QUARTER", required=True, help="as 2027Q1")
    parser.add_argument(
        "--against",
        metavar="SCENARIO",
        help="explain the difference from this scenario, run by run; default: the change since the "
        "base quarter",
    )
    parser.add_argument(
        "--since", metavar="QUARTER", help="explain the change since the end of this quarter"
    )
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="position, autonomy, output, leverage, share, or columns such as "
        "share.KAZ.RUS.transit; default: the first three and the two largest moves of shares",
    )
    parser.add_argument(
        "--run", type=whole_number, metavar="I", help="explain this run alone; default: the mean"
    )
    parser.add_argument(
        "-n", "--runs", type=whole_number, metavar="N",
        help="default: those of the result, 500 of a scenario",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=whole_number, metavar="N", help="of a scenario; default: its own"
    )
    parser.add_argument(
        "--parameters",
        metavar="WHICH",
        help="of a scenario: posterior (default), point, or a .parquet file of draws",
    )
    parser.add_argument(
        "--no-events",
        action="store_true",
        help="do not simulate what happens without each event, which takes a simulation each",
    )
    parser.add_argument(
        "--format",
        choices=("table", "csv", "json"),
        default="table",
        help="table: one screen (default); csv: all terms, a row each; json: all there is",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="also write all tables as .csv, and a waterfall an outcome"
    )
    parser.add_argument(
        "--svg", action="store_true", help="with --out: pictures as .svg instead of .png"
    )
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Print the explanation, and write what was asked for."""
    from sim.analysis.explanation import explain

    if given.run is not None and given.runs is not None:
        raise InputError("--run explains one run alone; leave out either it or --runs")
    if given.svg and given.out is None:
        raise InputError(
            "--svg is about the pictures that --out writes; name a folder, as --out why"
        )
    if given.out is not None:
        there = next(one for one in (Path(given.out), *Path(given.out).parents) if one.exists())
        if not there.is_dir():
            raise InputError(f"--out: {there} is a file; name a folder")
        if not os.access(there, os.W_OK):
            raise InputError(f"--out: {there}: cannot write there")
    found = explain(
        given.what,
        given.country,
        given.quarter,
        against=given.against,
        since=given.since,
        run=given.run,
        runs=given.runs,
        seed=given.seed,
        parameters=given.parameters,
        outcomes=given.outcome,
        events=not given.no_events,
    )
    if given.format == "csv":
        found.table.to_csv(sys.stdout, index=False)
    elif given.format == "json":
        print(found.to_json())
    else:
        print(found, end="")
    if given.out is not None:
        for path in _write(found, Path(given.out), "svg" if given.svg else "png"):
            print(path, file=sys.stderr if given.format != "table" else sys.stdout)
    return 0


def _write(found: Explanation, folder: Path, form: str) -> list[Path]:
    """The tables as .csv files, and the waterfall of each outcome that changed."""
    from sim.picture.explanation import waterfall_page
    from sim.picture.files import write_pages

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "terms.csv"]
    found.table.to_csv(paths[0], index=False)
    for name in _TABLES:
        paths.append(folder / f"{name}.csv")  # an empty one too: none of another explanation stays
        getattr(found, name).to_csv(paths[-1], index=False)
    pages = [
        waterfall_page(found, change.outcome)
        for change in found.changes
        if change.terms["value"].any()
    ]
    return paths + write_pages(pages, folder, form)
