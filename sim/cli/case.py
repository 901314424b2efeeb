"""The command `case`: the figures of a case with their sources, and what is wrong with them."""

from __future__ import annotations

import sys
from argparse import Namespace

from sim.cli.parsing import Parser, chosen_case


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("case", "show or check the figures of a case and their sources")
    show = parser.command(
        "show", "show a case, or one country of it with the source of each figure"
    )
    show.add_argument("country", metavar="COUNTRY", nargs="?", help="code; default: an overview")
    show.add_argument("--as-of", metavar="QUARTER", help="base quarter; default: the case's own")
    show.set_defaults(act=show_case, parser=show)
    check = parser.command("check", "check sums, ranges and sources of a case")
    check.set_defaults(act=check_case, parser=check)
    for one in (show, check):
        one.add_argument(
            "--case", metavar="NAME", help="name or folder; default: the case of `baseline`"
        )


def show_case(given: Namespace) -> int:
    """Print an overview of a case, or one country."""
    from dataclasses import replace

    from sim.core import quarters

    case = chosen_case(given.case)
    if given.as_of is not None:
        case = replace(case, as_of=quarters.parse(given.as_of))
    print(case.show(given.country))
    return 0


def check_case(given: Namespace) -> int:
    """Print everything wrong with a case."""
    case = chosen_case(given.case)
    problems = case.check()
    for problem in problems:
        print(f"multivector: error: {problem}", file=sys.stderr)
    if problems:
        return 2
    print(f"{case.name}: sums, ranges and sources are in order")
    return 0
