"""The command `trace`: a figure of the case followed to the outcomes that it moves."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sim.cli.parsing import Parser, whole_number
from sim.core.errors import InputError


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "trace", "follow a figure of the case to all that uses it and to the outcomes it moves"
    )
    parser.add_argument(
        "figure",
        metavar="FIGURE_ID",
        help="evidence (E037), an address (exposure.KAZ.transit, parameter.fear_push), a line of "
        "a table (attributes.csv:873), or a document or source (S1, worldbank-wdi)",
    )
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs="?",
        default="baseline",
        help="name or path; default: baseline",
    )
    parser.add_argument(
        "--against",
        metavar="SCENARIO",
        help="trace the difference of the scenario and this one, run by run",
    )
    parser.add_argument(
        "-n", "--runs", type=whole_number, default=200, metavar="N", help="default: 200"
    )
    parser.add_argument("--seed", type=whole_number, metavar="N", help="root seed")
    parser.add_argument(
        "--at",
        metavar="WHEN",
        default="end",
        help="end (default: the last quarter), mean (over the quarters), or a quarter, as 2030Q4",
    )
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="outcomes or columns; default: all",
    )
    parser.add_argument(
        "--step",
        type=float,
        default=1.0,
        metavar="PERCENT",
        help="how far the figure is moved each way; default: 1",
    )
    parser.add_argument(
        "--parameters",
        metavar="WHICH",
        default="posterior",
        help="values of the parameters: posterior (default), point, or a .parquet file of draws",
    )
    parser.add_argument(
        "--top", type=whole_number, default=20, metavar="N", help="rows printed; default: 20"
    )
    parser.add_argument("--out", metavar="FILE", help="also write all effects to a .csv file")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Print the trace, and write its effects where asked to."""
    from sim.analysis.tracing import trace
    from sim.experiment.request import at_least

    if given.out is not None and Path(given.out).suffix.lower() != ".csv":
        raise InputError(f"--out: found {given.out!r}; allowed: a file that ends in .csv")
    if given.out is not None and not Path(given.out).parent.is_dir():
        raise InputError(f"--out: {given.out}: there is no folder {Path(given.out).parent}")
    at_least("--top", given.top, 1)
    found = trace(
        given.figure,
        given.scenario,
        against=given.against,
        runs=given.runs,
        seed=given.seed,
        at=given.at,
        outcomes=given.outcome,
        parameters=given.parameters,
        step=given.step,
    )
    if given.out is not None:
        found.effects.to_csv(given.out, index=False)
    print(found.text(given.top), end="")
    return 0
