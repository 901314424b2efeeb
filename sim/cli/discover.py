"""The command `discover`: under which conditions the runs of interest arise."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.parsing import Parser, whole_number

if TYPE_CHECKING:
    from sim.analysis.discovery import Box, Discovery

_WIDTH = 98


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "discover", "find the conditions under which runs of interest arise, as boxes and a tree"
    )
    parser.add_argument("folder", metavar="RESULT", help="folder of a sweep, or of a batch")
    parser.add_argument(
        "condition",
        metavar="CONDITION",
        help="met by the runs of interest: 'autonomy.KAZ < 0.4', several joined by 'and'; "
        "a quarter is written as autonomy.KAZ@2030Q4",
    )
    parser.add_argument(
        "--boxes", type=whole_number, default=3, metavar="N", help="most boxes; default: 3"
    )
    parser.add_argument(
        "--density",
        type=float,
        metavar="SHARE",
        default=0.8,
        help="share of the runs in a box that should be of interest; default: 0.8",
    )
    parser.add_argument(
        "--depth",
        type=whole_number,
        default=3,
        metavar="N",
        help="questions in a row that the tree asks; default: 3",
    )
    parser.add_argument("--scenario", metavar="NAME", help="one of the result's; default: all")
    parser.add_argument(
        "--seed",
        type=whole_number,
        default=0,
        metavar="N",
        help="of the half of the rows that is held out; default: 0",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="folder for the pictures; default: RESULT/pictures"
    )
    parser.add_argument("--out-table", metavar="FILE", help="also write the boxes to a .csv file")
    parser.add_argument("--no-pictures", action="store_true", help="draw nothing")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Search, print boxes and tree, draw them."""
    from sim.analysis.conditions import parse
    from sim.analysis.discovery import discover
    from sim.analysis.interest import sort_runs
    from sim.experiment import load

    result = load(given.folder)
    condition = parse(given.condition)
    cases, remarks = sort_runs(result, condition, given.scenario)
    found = discover(
        cases, boxes=given.boxes, density=given.density, depth=given.depth, seed=given.seed
    )
    print(_report(found, condition.words(), remarks, given.density))
    if given.out_table is not None:
        found.table().to_csv(given.out_table, index=False)
    if not given.no_pictures:
        from sim.picture import files
        from sim.picture.sweep.discovery import figures

        folder = Path(given.out) if given.out else result.folder / "pictures"
        for path in files.write(figures(found, result, condition, remarks), folder):
            print(path)
    return 0


def _report(found: Discovery, condition: str, remarks: list[str], asked: float) -> str:
    cases = found.cases
    runs, rows = round(cases.runs.sum()), len(cases.runs)
    of_rows = "" if runs == rows else f" ({rows:,} rows)"
    parts = [
        f"Runs of interest: {condition}.\n"
        f"{round(cases.interest.sum()):,} of {runs:,} runs{of_rows}, {cases.base:.1%}; "
        f"{len(cases.inputs)} inputs. Half of the rows was searched; figures are\n"
        "those of the other half, with intervals of 95 percent.",
        *(textwrap.fill(remark, _WIDTH) for remark in remarks),
    ]
    parts += [_box(number, box, asked) for number, box in enumerate(found.boxes, 1)]
    if not found.boxes:
        parts.append("No box beats the base rate on held-out rows.")
    tree = found.tree
    low, high = tree.interval
    verdict = "" if tree.beats else ": no better"
    parts.append(
        textwrap.fill(
            f"Tree: tells {tree.accuracy:.0%} of the held-out runs rightly ({low:.0%} to "
            f"{high:.0%}); saying the same of all runs would tell {tree.base:.0%}{verdict}. In "
            "brackets: share of the held-out runs that are of interest, and their number.",
            _WIDTH,
        )
        + "\n\n"
        + "\n".join(tree.root.lines(1))
    )
    return "\n\n".join(parts) + "\n"


def _box(number: int, box: Box, asked: float) -> str:
    held, fitted = box.held_out, box.fitted
    coverage = "{:.0%} to {:.0%}".format(*held.coverage_interval)
    density = "{:.0%} to {:.0%}".format(*held.density_interval)
    half = "in the searched half"
    lines = [
        textwrap.fill(f"Box {number}: {box.words}.", _WIDTH),
        "",
        f"  coverage  {held.coverage:6.1%}  ({coverage}; {half} {fitted.coverage:.1%})",
        f"  density   {held.density:6.1%}  ({density}; {half} {fitted.density:.1%})",
        f"  mass      {held.mass:6.1%}  ({held.inside:,} runs)",
    ]
    if held.density < asked:
        lines.append(f"  The density asked for, {asked:.4g}, is not reached.")
    lines.append("")
    for limit in box.limits:
        values = [value for value in limit.quasi_p if value is not None]
        p = " and ".join(f"{value:.2g}" for value in values)
        lines.append(f"  {limit.words}  (quasi-p {p}; adds {limit.gain:.0%} density)")
        about = " ".join(
            part for part in (limit.input.meaning, f"[{limit.input.unit}]") if part.strip("[]")
        )
        if about:
            lines.append(
                textwrap.fill(about, _WIDTH, initial_indent="    ", subsequent_indent="    ")
            )
    return "\n".join(lines)
