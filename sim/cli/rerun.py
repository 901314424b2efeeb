"""The command `rerun`: a stored result made anew, and whether it matches."""

from __future__ import annotations

from argparse import Namespace

from sim.cli.parsing import Parser, add_engine, chosen_engine


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "rerun", "make a stored result anew from its manifest and say whether it matches"
    )
    parser.add_argument("folder", metavar="DIR", help="folder of a complete result")
    add_engine(parser)
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="where the new result is to stand; default: a temporary folder, removed at the end",
    )
    parser.add_argument("--keep", action="store_true", help="leave the temporary folder")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Print table by table whether the result matches; 1 if it does not."""
    from textwrap import fill

    from sim.experiment.rerun import rerun

    found = rerun(
        given.folder,
        out=given.out,
        **chosen_engine(given),
        keep=given.keep,
        progress=True,
    )
    for one in found.tables:
        sign = "same     " if one.matches else "DIFFERENT"
        print(fill(f"{one.table:13} {sign}  {one.finding}", 100, subsequent_indent=" " * 25))
    if found.matches:
        print("\nThe result was made anew and matches in every table.")
    else:
        print("\nThe result made anew does not match.")
    if found.causes:
        print("What is not as it was when the result was made:")
        for cause in found.causes:
            print(f"  {cause}")
    elif not found.matches:
        print("Case, parameters, versions and processor are as they were when it was made.")
    if found.folder is not None:
        print(f"The new result stands in {found.folder}.")
    return 0 if found.matches else 1
