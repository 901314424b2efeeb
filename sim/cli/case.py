"""The command `case`: begin a case, show its figures with their sources, say what is left to do."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.parsing import Parser, chosen_case
from sim.core.errors import InputError

if TYPE_CHECKING:
    from sim.case import Case

PLACEHOLDERS = ("AAA,BBB,CCC", "XXX,YYY,ZZZ")
_MOST_LISTED = 20


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("case", "begin, show or check a case: figures and their sources")
    new = parser.command("new", "write the tables of a new case, to be filled in")
    new.add_argument("name", metavar="NAME", help="letters, digits and _")
    new.add_argument(
        "--countries",
        metavar="AAA,BBB",
        default=PLACEHOLDERS[0],
        help="codes of the small states, with names if you like: ARM=Armenia,GEO=Georgia",
    )
    new.add_argument(
        "--powers",
        metavar="XXX,YYY",
        default=PLACEHOLDERS[1],
        help="codes of the powers, with names if you like",
    )
    new.add_argument(
        "--regional", metavar="ZZZ", help="code of a partner that stands for trade in the region"
    )
    new.add_argument(
        "--as-of", metavar="QUARTER", help="base quarter; default: the end of last year"
    )
    new.add_argument(
        "--in",
        dest="folder",
        metavar="FOLDER",
        default=".",
        help="where calibration/NAME and scenarios/NAME_baseline.toml are written; default: here",
    )
    new.set_defaults(act=new_case, parser=new)
    show = parser.command(
        "show", "show a case, or one country of it with the source of each figure"
    )
    show.add_argument("country", metavar="COUNTRY", nargs="?", help="code; default: an overview")
    show.add_argument("--as-of", metavar="QUARTER", help="base quarter; default: the case's own")
    show.set_defaults(act=show_case, parser=show)
    check = parser.command("check", "say what is left to do in a case, or wrong with it")
    check.add_argument("name", metavar="NAME", nargs="?", help="as --case")
    check.add_argument(
        "--model",
        action="store_true",
        help="also try the model on it: rest, order of rows, a power with nothing, ranges",
    )
    check.set_defaults(act=check_case, parser=check)
    for one in (show, check):
        one.add_argument(
            "--case", metavar="NAME", help="name or folder; default: the case of `baseline`"
        )


def new_case(given: Namespace) -> int:
    """Write a new case."""
    from sim.case.scaffold import actors, scaffold

    regional = None
    if given.regional is not None:
        regional, *more = actors(given.regional, "regional")
        if more:
            raise InputError(f"regional: found {given.regional!r}; at most one is allowed")
    case, scenario = scaffold(
        given.name,
        actors(given.countries, "countries"),
        actors(given.powers, "powers"),
        regional,
        given.as_of,
        given.folder,
    )
    print(f"{case}: tables of a new case\n{scenario}: its first scenario")
    here = Path(given.folder).resolve() == Path.cwd()  # where `case check` finds it by its name
    found_by = given.name if here else shlex.quote(str(case))
    print(f"next: multivector case check {found_by}, which says what to fill in")
    return 0


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
    """Print what is left to do in a case, or everything wrong with it, or that it is in order."""
    from sim.case.case import find_case, load_case
    from sim.case.guidance import guidance
    from sim.case.progress import progress
    from sim.case.quality import remarks

    if given.name is not None and given.case is not None:
        raise InputError("NAME and --case: found both; give one of them")
    name = given.case if given.name is None else given.name
    folder = find_case(name) if name is not None else chosen_case(None).folder
    found = progress(folder)
    if found.problems or found.begun:
        _complain([str(problem) for problem in found.problems])
        print(guidance(found), end="")
        return 2
    case = load_case(folder)
    problems = case.check()
    if problems:
        _complain(problems)
        return 2
    print(f"{case.name}: sums, ranges and sources are in order")
    for remark in remarks(case):
        print(f"note: {remark}")
    return _try_model(case) if given.model else 0


def _try_model(case: Case) -> int:
    """Print which properties of the model hold on a case."""
    from sim.case.trial import trials

    tried = trials(case)
    for one in tried:
        print(f"model: {one.name}: {'holds' if one.holds else 'does not hold'} ({one.found})")
    return 0 if all(one.holds for one in tried) else 2


def _complain(problems: list[str]) -> None:
    for problem in problems[:_MOST_LISTED]:
        print(f"multivector: error: {problem}", file=sys.stderr)
    if len(problems) > _MOST_LISTED:
        more = len(problems) - _MOST_LISTED
        print(f"multivector: error: and {more} more; mend these first", file=sys.stderr)
