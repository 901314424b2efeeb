"""A scenario held against a case: the message for each name, date, range and source that is off."""

from __future__ import annotations

import pytest

from sim.case import Case
from sim.core.errors import InputError
from sim.scenario import compile_plan

from .conftest import WHY, Compile, Load, Refused

ROUTES = "northern_pipe, eastern_pipe, western_rail, northern_gas, southern_line"
HERE = "scenarios/test.toml"


def event(kind: str, **fields: object) -> str:
    lines = [f"[[event]]\nkind = '{kind}'"]
    lines += [f"{key} = {value}" for key, value in fields.items()]
    return "\n".join(lines) + f"\n{WHY}"


def path(driver: str, form: str = "constant", **fields: object) -> str:
    lines = [f"[[path]]\ndriver = '{driver}'\nform = '{form}'"]
    lines += [f"{key} = {value}" for key, value in fields.items()]
    return "\n".join(lines) + f"\n{WHY}"


FROM = {"from": "'2023Q1'"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            event("close_route", route="'northern_pip'", date="'2023Q1'", quarters=1),
            f":6: event.route: 'northern_pip' is not a route of toy_case; did you mean "
            f"'northern_pipe'? (routes: {ROUTES})",
        ),
        (
            event(
                "coerce",
                country="'AVV'",
                power="'XXX'",
                channel="'transport'",
                date="'2023Q1'",
                quarters=1,
            ),
            ":6: event.country: 'AVV' is not a country of toy_case; did you mean 'AVA'? "
            "(countries: AVA, BOR, CIM, DAL)\n"
            f"{HERE}:7: event.power: 'XXX' is not a power of toy_case (powers: NOR, EAS, WES, REG)"
            f"\n{HERE}:8: event.channel: 'transport' is not a channel of toy_case; did you mean",
        ),
        (
            event(
                "deal",
                country="'DAL'",
                power="'NOR'",
                sector="'mining'",
                date="'2023Q1'",
                announced=1,
            ),
            ":6: event.country: DAL is in the case but not simulated; add it to "
            "membership.countries (simulated: AVA, BOR, CIM)\n"
            f"{HERE}:8: event.sector: 'mining' is not a sector of toy_case",
        ),
        (
            event("summit", power="'WES'", countries="['AVA', 'ava']", date="'2023Q1'"),
            ":7: event.countries: 'ava' is not a country of toy_case; did you mean 'AVA'?",
        ),
        (
            event("membership", country="'BOB'", date="'2023Q1'", joins="true"),
            ":6: event.country: 'BOB' is not a country of toy_case; did you mean 'BOR'?",
        ),
        (
            event("resolution", text="'sovreignty'", date="'2023Q1'"),
            ":6: event.text: 'sovreignty' is not a text of toy_case; did you mean 'sovereignty'? "
            "(texts: sovereignty, human_rights)",
        ),
        (
            event("resolution", threshold=0, date="'2023Q1'", stakes="{ NORD = 1 }"),
            ":8: event.stakes.NORD: 'NORD' is not a power of toy_case; did you mean 'NOR'?",
        ),
        (
            event("project", route="'southern'", date="'2023Q1'", capacity=1),
            ":6: event.route: 'southern' is not a route of toy_case; did you mean 'southern_line'?",
        ),
        (
            event("open_route", route="'southern_line'", date="'2022Q4'", capacity=1),
            ":7: event.date: 2022Q4 lies outside the horizon, 2023Q1 to 2025Q4",
        ),
        (
            event("summit", power="'WES'", date="'2026Q1'"),
            ":7: event.date: 2026Q1 lies outside the horizon, 2023Q1 to 2025Q4",
        ),
        (
            path("distracton", **FROM, value=0),
            ":5: path.driver: 'distracton' is not a driver; did you mean 'distraction'? (drivers: ",
        ),
        (
            path("oil", **FROM, value=0, power="'NOR'"),
            ":9: path.power: driver 'oil' has no power; it has: none",
        ),
        (
            path("agenda", **FROM, value=0, power="['NOR', 'SOU']", channel="'trad'"),
            ":9: path.power: 'SOU' is not a power of toy_case (powers: NOR, EAS, WES, REG)\n"
            f"{HERE}:10: path.channel: 'trad' is not a channel of toy_case; did you mean 'trade'?",
        ),
        (
            path("coordination", **FROM, value=1, other="'EAT'"),
            ":9: path.other: 'EAT' is not a power of toy_case; did you mean 'EAS'?",
        ),
        (
            path("transit_days", **FROM, value=1, route="'east'"),
            ":9: path.route: 'east' is not a route of toy_case",
        ),
        (
            path("distraction", **FROM, value=1),
            ":8: path.value: 1 lies outside the range 0 to 0.95",
        ),
        (
            path("oil", "table", quarters="['2023Q1', '2023Q3']", values="[1, 9]"),
            ":8: path.values: 9 lies outside the range -3 to 3",
        ),
        (
            path("oil", "table", quarters="['2023Q1', '2027Q3']", values="[1, 2]"),
            ":7: path.quarters: 2027Q3 lies outside the horizon",
        ),
        (
            path("oil", "ramp", **FROM, to="'2026Q1'", value=1),
            ":8: path.to: 2026Q1 lies outside the horizon",
        ),
        (
            path("distraction", **FROM, change=0.7, power="'NOR'"),
            ":4: path: takes distraction to 1 in 2023Q1; allowed: 0 to 0.95",
        ),
        (
            path("oil", "ramp", **FROM, to="'2024Q1'", change=4),
            ":4: path: takes oil to 4 in 2024Q1; allowed: -3 to 3",
        ),
        (
            path("oil", **FROM, value=1).replace("assumption: invented", "E046 and S1"),
            ":10: path.source: E046 is not in the evidence of toy_case\n"
            f"{HERE}:10: path.source: S1 is not in the documents of toy_case",
        ),
        (
            event(
                "deal",
                country="'AVA'",
                power="'NOR'",
                sector="'energy'",
                date="'2023Q1'",
                announced=5000,
            ),
            ":10: event.announced: USD 5000 bn is over 10 times the GDP of AVA, ",
        ),
        (
            "[parameters]\nfear_puch = 1",
            ":5: parameters.fear_puch: 'fear_puch' is not a parameter; did you mean 'fear_push'? "
            "(parameters: ",
        ),
        (
            "[parameters]\nfear_push = -1",
            ":5: parameters.fear_push: -1 lies outside the range 0 to 100",
        ),
        (
            "[parameters]\nfear_push = { distribution = 'normal', mean = 1, sd = 1 }",
            ":5: parameters.fear_push: normal(mean 1, sd 1) lies outside the range 0 to 100",
        ),
        (
            "[parameters]\nattention_speed = 1.5\nconstruction_lag = 0",
            ":5: parameters.attention_speed: 1.5 lies outside the range 0 to 1\n"
            f"{HERE}:6: parameters.construction_lag: 0 lies outside the range 1 to 1000",
        ),
        (
            "[parameters]\nvote_noise = { distribution = 'lognormal', median = 0.1, sigma = 1 }",
            ":5: parameters.vote_noise: lognormal(median 0.1, sigma 1) lies outside the range "
            "1e-06 to 100",
        ),
        (
            "[[attribute]]\nname = 'contrl'\nvalue = 1",
            ":5: attribute.name: 'contrl' is not an attribute; did you mean 'control'? (attributes",
        ),
        (
            "[[attribute]]\nname = 'control'\nvalue = 1\ncountry = 'AVA'",
            ":7: attribute.country: attribute 'control' has no country; it has: power, channel",
        ),
        (
            "[[attribute]]\nname = 'control'\nvalue = 1.2",
            ":6: attribute.value: 1.2 lies outside the range 0 to 1",
        ),
        (
            "[[attribute]]\nname = 'position'\nchange = 1.9\ncountry = 'AVA'",
            ":6: attribute.change: makes position ",
        ),
        (
            "[[attribute]]\nname = 'position'\nvalue = 1\ncountry = 'AVA'",
            ": the observed position of AVA and the leverage over it contradict each other: its "
            "own ideal would be ",
        ),
        (
            "[[attribute]]\nname = 'control'\nvalue = 1\npower = 'NORD'",
            ":7: attribute.power: 'NORD' is not a power of toy_case; did you mean 'NOR'?",
        ),
        (
            "[[attribute]]\nname = 'share'\nvalue = 0.99\npower = 'NOR'\nchannel = 'trade'\n"
            "country = 'AVA'",
            ":4: attribute: the shares of AVA in trade sum to 1.",
        ),
        (
            "[[attribute]]\nname = 'share'\npower = 'NOR'\nchannel = 'trade'\ncountry = 'AVA'\n"
            "value = { distribution = 'uniform', low = 0, high = 1 }",
            ":4: attribute: the shares of AVA in trade sum to 1.",
        ),
        (
            "[[headline]]\noutcome = 'autnomy.AVA'\ndirection = 'up'\nbecause = 'x'",
            ":5: headline.outcome: 'autnomy' is not an outcome; did you mean 'autonomy'? (outcomes",
        ),
        (
            "[[headline]]\noutcome = 'leverage.AVA'\ndirection = 'up'\nbecause = 'x'",
            ":5: headline.outcome: 'leverage.AVA' should be of the form leverage.COUNTRY.POWER",
        ),
        (
            "[[headline]]\noutcome = 'leverage.AVA.NRO'\ndirection = 'up'\nbecause = 'x'",
            ":5: headline.outcome: 'NRO' is not a power of toy_case; did you mean 'NOR'?",
        ),
        (
            "[[headline]]\noutcome = 'cohesion'\ndirection = 'up'\nbecause = 'x'\nat = '2030Q1'",
            ":8: headline.at: 2030Q1 lies outside the horizon",
        ),
        (
            "[membership]\ncountries = ['AVA', 'BOT']",
            ":5: membership.countries: 'BOT' is not a country of toy_case; did you mean 'BOR'?",
        ),
        (
            "[membership]\npowers = ['NOR', 'EST']",
            ":5: membership.powers: 'EST' is not a power of toy_case; did you mean",
        ),
        (
            "[membership]\ncountries = ['DAL']",
            ":5: membership.countries: at least one core country is needed (core: AVA, BOR, CIM)",
        ),
        (
            "[membership]\ngroup = ['AVA', 'DAL']",
            ":5: membership.group: DAL is in the group but not simulated (countries: AVA, BOR, ",
        ),
        (
            "[membership]\npowers = ['EAS', 'WES', 'REG']\n"
            + event("close_route", route="'northern_pipe'", date="'2023Q1'", quarters=1),
            ":8: event.route: route northern_pipe is left out: it lies in AVA and is controlled by "
            "NOR, and one of them is not simulated (see membership)",
        ),
        (
            "[horizon]\nstart = '2022Q4'",
            ":5: horizon.start: 2022Q4 does not come after the base quarter 2022Q4",
        ),
        (
            "".join(event("resolution", text="'sovereignty'", date="'2023Q1'") for _ in range(9)),
            ":52: event: is resolution number 9 of 2023Q1; a quarter can hold 8",
        ),
    ],
)
def test_message(refused: Refused, text: str, expected: str) -> None:
    found = refused(text)
    assert found.startswith(HERE + expected[: expected.index(" ")])
    assert expected in found


def test_all_problems_come_together(refused: Refused) -> None:
    found = refused(
        path("oil", **FROM, value=9)
        + event("summit", power="'WET'", date="'2030Q1'")
        + "[parameters]\nx = 1"
    )
    assert [line.split(": ")[1] for line in found.splitlines()] == [
        "path.value",
        "event.power",
        "event.date",
        "parameters.x",
    ]


@pytest.mark.parametrize("runs", [range(0), range(5, 2), range(-3, 2), range(0, 9, 2)])
def test_runs(load: Load, case: Case, runs: range) -> None:
    with pytest.raises(InputError) as caught:
        compile_plan(load(""), case, runs, 1)
    text = f"runs: found {runs}; at least one run is needed, numbered from 0 up"
    assert str(caught.value) == text


def test_seed(load: Load, case: Case) -> None:
    with pytest.raises(InputError, match="seed: found -1; allowed: 0 or more"):
        compile_plan(load(""), case, range(2), -1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            event("project", route="'southern_line'", date="'2023Q1'", capacity=1),
            "event: southern_line is complete only after the horizon, which ends in 2025Q4",
        ),
        (
            event(
                "project",
                route="'southern_line'",
                date="'2023Q1'",
                capacity=1,
                lead_quarters="{ distribution = 'uniform', low = 2, high = 9 }",
            ),
            "event: southern_line is complete only after the horizon in some runs, which ends",
        ),
        (
            event("close_route", route="'southern_line'", date="'2023Q1'", quarters=1),
            "event: southern_line carries nothing then: closing it interrupts no share",
        ),
        (path("oil", **FROM, factor=2), "path: changes nothing in oil"),
        ("[parameters]\nfear_push = 99", "parameters.fear_push: goes beyond "),
    ],
)
def test_note(load: Load, case: Case, text: str, expected: str) -> None:
    scenario = load(text)
    assert scenario.notes == []
    for _ in range(2):
        compile_plan(scenario, case, range(2), 1)
    assert len(scenario.notes) == 1
    assert scenario.notes[0].startswith("scenarios/test.toml:")
    assert expected in scenario.notes[0]


def test_a_project_within_the_horizon_needs_no_note(load: Load, case: Case) -> None:
    text = event("project", route="'southern_line'", date="'2023Q1'", capacity=1, lead_quarters=8)
    scenario = load(text)
    compile_plan(scenario, case, range(2), 1)
    assert scenario.notes == []


def test_a_source_that_is_no_citation_is_free(compiled: Compile) -> None:
    text = path("oil", **FROM, value=1)
    compiled(text.replace("assumption: invented", "World Bank, EU27, SCO and E-mail of 2024"))
