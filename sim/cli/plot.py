"""The command `plot`: draw the pictures of results."""

from __future__ import annotations

from argparse import Namespace

from sim.cli.parsing import Parser


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("plot", "draw the pictures of a results folder")
    parser.add_argument("folder", metavar="DIR", help="results folder")
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="outcomes to draw; default: those recorded every quarter",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="folder for the pictures; default: DIR/pictures"
    )
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Draw, and print the names of the pictures."""
    from sim.experiment.result import load_batch

    for picture in load_batch(given.folder).plot(out=given.out, outcomes=given.outcome):
        print(picture)
    return 0
