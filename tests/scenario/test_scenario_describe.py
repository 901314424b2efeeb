"""What `show` says of a scenario."""

from __future__ import annotations

from sim.scenario import load_scenario

from .conftest import HEAD, Write
from .test_scenario_check import FROM, event, path

HEADLINE = "[[headline]]\noutcome = 'cohesion'\ndirection = 'up'\nat = '2024Q1'\nbecause = 'x y'\n"


def test_show(write: Write) -> None:
    summit = event("summit", power="'WES'", date="'2024Q3'", countries="['AVA', 'BOR']")
    write("one.toml", HEAD + "[parameters]\nresolve = 1\n[switches]\nnoise = false\n" + summit)
    write(
        "two.toml",
        HEAD.replace("base", "one").replace("Test", "Second")
        + "runs = 2000\n[parameters]\nresolve = 2\n"
        "fear_push = { distribution = 'uniform', low = 0, high = 6 }\n"
        "[membership]\npowers = ['NOR', 'WES']\n"
        "[[attribute]]\nname = 'control'\npower = 'NOR'\nvalue = 0.5\nreason = 'weaker'\n"
        + path("oil", "ramp", **FROM, to="'2024Q1'", change=0.5)
        + path("agenda", "table", quarters="['2023Q2']", values="[0.5]", power="'NOR'")
        + path("frost", "noise", persistence=0.5, sigma=0.25)
        + HEADLINE,
    )
    assert load_scenario("two").show().splitlines() == [
        "two: Second",
        "  What if?",
        "",
        "extends   one",
        "case      toy_case at its own base",
        "horizon   2023Q1 to 2025Q4 (12 quarters)",
        "runs      2,000 with seed 3, unless told otherwise",
        "",
        "Differs from one",
        "  runs = 2000 (not 10)",
        "  membership.powers = NOR+WES",
        "  parameters.resolve = 2 (not 1)",
        "  parameters.fear_push = uniform(low 0, high 6)",
        "  control NOR value 0.5: weaker",
        "",
        "What happens",
        "  always  noise of frost: persistence 0.5, sigma 0.25",
        "          for the test [assumption: invented]",
        "  2023Q1  ramp of oil to 2024Q1: change 0.5",
        "          for the test [assumption: invented]",
        "  2023Q2  table of agenda NOR: 2023Q2 0.5",
        "          for the test [assumption: invented]",
        "  2024Q3  summit: power WES, countries AVA+BOR  (from one)",
        "          for the test [assumption: invented]",
        "",
        "What it expects",
        "  cohesion up in 2024Q1 against one: x y",
    ]


def test_show_the_first_and_an_empty_one(write: Write) -> None:
    base = load_scenario("base").show().splitlines()
    assert "extends" not in " ".join(base)
    expected = ["Settings", "  none", "", "What happens", "  nothing from outside"]
    assert base[-5:] == expected
    write("empty.toml", HEAD)
    assert "  in nothing but what happens" in load_scenario("empty").show().splitlines()
