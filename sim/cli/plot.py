"""The command `plot`: draw the pictures of results."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sim.cli.parsing import Parser


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("plot", "draw the pictures of a results folder")
    parser.add_argument("folder", metavar="DIR", nargs="?", help="results folder")
    parser.add_argument(
        "--figure",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="figures to draw (--list tells them); default: the standard set",
    )
    parser.add_argument("--list", action="store_true", help="list the figures and their options")
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="outcomes to draw; default: those recorded every quarter",
    )
    for name, words in (
        ("country", "countries to show"),
        ("power", "powers to show"),
        ("scenario", "scenarios to show; the first is what others are compared with"),
        ("factor", "factors of a sweep to show"),
    ):
        parser.add_argument(f"--{name}", metavar="NAME", nargs="+", action="extend", help=words)
    parser.add_argument("--at", metavar="QUARTER", help="quarter to show, such as 2026Q1")
    parser.add_argument(
        "--format",
        choices=("png", "svg", "pdf"),
        default="png",
        help="of the files; default: png",
    )
    parser.add_argument(
        "--data", action="store_true", help="write the table behind each picture too, as CSV"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="folder for the pictures; default: DIR/pictures"
    )
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Draw, and print the names of the files."""
    from sim.core.errors import InputError
    from sim.picture.figures import FIGURES, open_result
    from sim.picture.gallery import plot
    from sim.picture.request import Request

    if given.list:
        for name, figure in FIGURES.items():
            takes = ", ".join(f"--{option}" for option in figure.options)
            print(f"{name:<18} {figure.of:<9} {figure.shows}")
            if takes:
                print(f"{'':<28} {takes}")
        return 0
    if given.folder is None:
        raise InputError("DIR is missing: name the results folder, or --list for the figures")
    request = Request.of(
        outcome=given.outcome,
        country=given.country,
        power=given.power,
        scenario=given.scenario,
        factor=given.factor,
        at=given.at,
    )
    paths = plot(
        open_result(given.folder),
        given.out or Path(given.folder, "pictures"),
        given.figure or (),
        request,
        given.format,
        given.data,
    )
    for path in paths:
        print(path)
    return 0
