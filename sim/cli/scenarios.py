"""The command `scenarios`: what there is, what a scenario says, and whether it can be run."""

from __future__ import annotations

import sys
from argparse import Namespace

from sim.cli.parsing import Parser
from sim.core.errors import InputError


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("scenarios", "list, show or check scenario files")
    listing = parser.command("list", "list the scenarios that can be run by name")
    listing.set_defaults(act=show_list, parser=listing)
    show = parser.command("show", "show what a scenario asks, changes and expects")
    show.add_argument("scenario", metavar="SCENARIO", help="name or path")
    show.set_defaults(act=show_one, parser=show)
    check = parser.command("check", "check that scenarios can be run")
    check.add_argument("scenarios", metavar="SCENARIO", nargs="*", help="default: all")
    check.set_defaults(act=check_all, parser=check)


def show_list(given: Namespace) -> int:
    """Print the names and titles of all scenarios."""
    from sim.scenario import list_scenarios, load_scenario

    known = list_scenarios()
    if not known:
        raise InputError("there are no scenarios here; they are .toml files in ./scenarios")
    width = max(map(len, known))
    for name in known:
        try:
            title = load_scenario(name).title
        except InputError:
            title = "(cannot be read; see multivector scenarios check)"
        print(f"{name:{width}}  {title}")
    return 0


def show_one(given: Namespace) -> int:
    """Print a scenario in words."""
    from sim.scenario import load_scenario

    print(load_scenario(given.scenario).show())
    return 0


def check_all(given: Namespace) -> int:
    """Load and compile scenarios; print every problem."""
    from sim.case import load_case
    from sim.scenario import compile_plan, list_scenarios, load_scenario

    wrong = 0
    for name in given.scenarios or list_scenarios():
        try:
            scenario = load_scenario(name)
            compile_plan(scenario, load_case(str(scenario.case)), range(2), scenario.seed)
        except InputError as error:
            wrong += 1
            print(f"multivector: error: {error}", file=sys.stderr)
        else:
            print(f"{name}: can be run")
            for note in scenario.notes:
                print(f"  {note}")
    return 2 if wrong else 0
