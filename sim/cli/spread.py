"""The command `spread`: what of the spread over runs comes from the parameters."""

from __future__ import annotations

from argparse import Namespace

from sim.cli.parsing import Parser


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "spread", "split the spread of outcomes into that of the parameters and that of chance"
    )
    parser.add_argument("folder", metavar="RESULT", help="results folder")
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="outcomes or columns; default: the headline ones of countries and of the region",
    )
    parser.add_argument(
        "--quarter", metavar="QUARTER", help="a quarter, as 2030Q4; default: the last one"
    )
    parser.add_argument("--scenario", metavar="NAME", help="one of the result's; default: each")
    parser.add_argument("--out", metavar="FILE", help="also write the table to a .csv file")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Print the shares, and write them where asked to."""
    from sim.analysis.spread import spread
    from sim.experiment.result import load_batch

    table = spread(
        load_batch(given.folder),
        outcomes=given.outcome,
        scenario=given.scenario,
        quarter=given.quarter,
    )
    if given.out is not None:
        table.to_csv(given.out, index=False)
    print(
        "Share of the variance over runs that comes from the parameters (with the range of 90\n"
        "percent of resamples) and from chance.\n"
    )
    for (scenario, method), own in table.groupby(["scenario", "method"], sort=False):
        shown = own.drop(columns=["scenario", "method"])
        print(f"{scenario}, by {method}:\n")
        print(shown.to_string(index=False, float_format="{:.3g}".format, na_rep="-"), "\n")
    return 0
