"""A scenario as a card in a notebook: what it asks, how it differs, what happens and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.card import card, code, join, line, listed, table, tag, title
from sim.core import quarters
from sim.scenario.describe import differences, timeline

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


def scenario_card(scenario: Scenario) -> str:
    """Question, settings, events with their sources, expectations."""
    return card(
        lambda: title(scenario.title, "scenario"),
        lambda: line(tag("i", scenario.question)),
        lambda: _setting(scenario),
        lambda: _differences(scenario),
        lambda: _timeline(scenario),
        lambda: _expected(scenario),
        lambda: line(
            "Go on with ", code("print(scenario.show())"), " or ", code("sim.batch(scenario)"), "."
        ),
    )


def _setting(scenario: Scenario) -> str:
    base = scenario.base
    extends = join("Extends ", code(base.name), ". ") if base is not None else ""
    as_of = "its own base" if scenario.as_of is None else quarters.name(scenario.as_of)
    return line(
        code(scenario.name),
        ". ",
        extends,
        f"Case {scenario.case} at {as_of}; {quarters.name(scenario.start)} to "
        f"{quarters.name(scenario.end)} ({scenario.quarters} quarters); {scenario.runs:,} runs "
        f"with seed {scenario.seed}, unless told otherwise.",
    )


def _differences(scenario: Scenario) -> str:
    """Settings of its own."""
    found = [one.strip() for one in differences(scenario)]
    if not found:
        return ""
    head = "Settings" if scenario.base is None else f"Differs from {scenario.base.name}"
    return join(line(tag("b", head)), listed(found))


def _timeline(scenario: Scenario) -> str:
    found = timeline(scenario)
    if not found:
        return line("Nothing happens from outside.")
    rows = [
        (
            one.when,
            join(one.words, f" (from {one.given_by})" if one.given_by else ""),
            one.reason,
            one.source,
        )
        for one in found
    ]
    return table(("When", "What happens", "Why it is assumed", "Source"), rows)


def _expected(scenario: Scenario) -> str:
    if not scenario.headline:
        return ""
    base = scenario.base.name if scenario.base is not None else ""
    rows = []
    for one in scenario.headline:
        at = {"end": "at the end", "mean": "on average"}.get(one.at, one.at)
        rows.append((code(one.outcome), one.direction, at, code(one.against or base), one.because))
    return table(("What it expects of", "", "When", "Against", "Because"), rows)
