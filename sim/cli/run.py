"""The command `run`: one run of a scenario, told quarter by quarter."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from sim.cli.parsing import Parser, add_parameters, whole_number
from sim.core import quarters
from sim.core.errors import InputError

if TYPE_CHECKING:
    from sim.case import Case
    from sim.scenario import Scenario
    from sim.scenario.schema import Event


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("run", "play one run and tell it quarter by quarter")
    parser.add_argument("scenario", metavar="SCENARIO", help="name or path")
    parser.add_argument(
        "--run", type=whole_number, metavar="I", default=0, help="number of the run; default: 0"
    )
    parser.add_argument(
        "--seed", type=whole_number, metavar="N", help="root seed; default: what the scenario says"
    )
    add_parameters(parser)
    parser.add_argument("--country", metavar="CODE", help="tell this country only")
    parser.add_argument(
        "--quiet", action="store_true", help="only what happened, and where it ended"
    )
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Play the run on the Mesa model and print its account."""
    for name, value in (("--run", given.run), ("--seed", given.seed)):
        if value is not None and value < 0:
            raise InputError(f"{name}: found {value}; allowed: 0 or more")
    from sim.cli.account import OUTCOMES, Account
    from sim.mesa_model import DiplomacyModel
    from sim.scenario import load_scenario
    from sim.scenario.problems import listed, nearest

    scenario = load_scenario(given.scenario)
    model = DiplomacyModel(
        scenario,
        rng=given.seed,
        run=given.run,
        parameters=given.parameters,
        replicates=given.replicates,
    )
    names = model.world.names
    if given.country is not None and given.country not in names.countries:
        raise InputError(
            f"--country: the scenario has no country {given.country!r}"
            f"{nearest(given.country, names.countries)} {listed('countries', names.countries)}"
        )
    account = Account(
        countries=_names(
            model.case, "countries", [given.country] if given.country else names.countries
        ),
        powers=_names(model.case, "powers", names.powers),
        channels=_names(model.case, "channels", names.channels),
        quiet=given.quiet,
    )
    first, last = quarters.name(scenario.start), quarters.name(scenario.end)
    print(f"{scenario.title}\n{scenario.question}")
    print(f"{first} to {last}, run {given.run}, seed {model.root_seed}\n")
    news = _news(scenario)
    told = 0
    while model.running:
        model.step()
        values = {
            column: value for name in OUTCOMES for column, value in model.outcome(name).items()
        }
        for line in account.tell(
            model.quarter, values, model.events[told:], news.get(model.quarter, [])
        ):
            print(line)
        told = len(model.events)
    print()
    for line in account.ending():
        print(line)
    return 0


def _news(scenario: Scenario) -> dict[str, list[str]]:
    """What the scenario brings, by the quarter in which it begins."""
    dated = [
        (event.date, " ".join((event.kind.replace("_", " "), *_targets(event))), event.reason)
        for event in scenario.event
    ]
    dated += [
        (min(path.dates().values()), path.driver.replace("_", " "), path.reason)
        for path in scenario.path
        if path.dates()
    ]
    news: dict[str, list[str]] = {}
    for date, what, reason in dated:
        news.setdefault(quarters.name(date), []).append(f"{what}: {reason}")
    return news


def _targets(event: Event) -> Iterator[str]:
    """Whom an event of a scenario is about."""
    for key in event.target:
        value = getattr(event, key)
        yield from [value] if isinstance(value, str) else value or []


def _names(case: Case, table: str, codes: Collection[str]) -> dict[str, str]:
    """Names of actors in the order of the case's table."""
    rows = case.table(table)
    return {row[rows.columns[0]]: row["name"] for row in rows if row[rows.columns[0]] in codes}
