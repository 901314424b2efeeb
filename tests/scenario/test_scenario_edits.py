"""What a scenario file adds, changes and leaves out of what it extends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.case import Case
from sim.core.errors import InputError
from sim.scenario import compile_plan, load_scenario, scenario_from_text

from .conftest import HEAD, WHY, Write

CLOSE = f"""[[event]]
kind = "close_route"
route = "northern_pipe"
date = "2023Q2"
quarters = 2
intensity = {{ distribution = "uniform", low = 0.2, high = 0.6 }}
{WHY}"""
SUMMIT = f'[[event]]\nkind = "summit"\npower = "NOR"\ndate = "2024Q1"\n{WHY}'
OIL = f'[[path]]\ndriver = "oil"\nform = "constant"\nfrom = "2023Q3"\nchange = 0.2\n{WHY}'
UNDER = HEAD.replace('"base"', '"under"')


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        scenario_from_text(text, "mine")
    return str(caught.value)


@pytest.fixture
def under(write: Write) -> Path:
    """A scenario with two events and a path, to be extended."""
    return write("under.toml", HEAD + CLOSE + SUMMIT + OIL)


def test_fields_of_inherited_events_and_paths_change_in_their_place(under: Path) -> None:
    text = """[change]
"event.close_route.northern_pipe.date" = "2024Q2"
"event.close_route.intensity" = 0.25
"event.2.intensity" = 3
"path.oil.change" = { distribution = "uniform", low = 0.0, high = 0.5 }
"path.oil.from" = "2024Q1"
"""
    found = scenario_from_text(UNDER + text, "mine")
    plain = found.resolved()
    assert [one["kind"] for one in plain["event"]] == ["close_route", "summit"]
    assert plain["event"][0]["date"] == "2024Q2"
    assert plain["event"][0]["intensity"] == 0.25
    assert plain["event"][1]["intensity"] == 3.0
    assert plain["path"][0]["from"] == "2024Q1"
    assert plain["path"][0]["change"]["high"] == 0.5
    assert load_scenario(under).resolved()["event"][0]["date"] == "2023Q2"  # itself untouched
    assert not {"change", "without", "also"} & set(plain)
    assert found.where("event", 0, "date").startswith("mine:")
    assert found.where("event", 0, "route").startswith("scenarios/under.toml:")


def test_left_out_events_and_paths_are_gone_and_the_rest_keeps_its_lines(under: Path) -> None:
    found = scenario_from_text(UNDER + 'without = ["event.close_route", "path.1"]\n' + CLOSE)
    assert [one.kind for one in found.event] == ["summit", "close_route"]
    assert found.path == []
    before = load_scenario(under)
    assert found.where("event", 0, "power") == before.where("event", 1, "power")
    assert found.where("event", 1, "route").startswith("scenario:")


def test_what_is_left_out_does_not_move_the_draws_of_the_rest(
    under: Path, write: Write, case: Case
) -> None:
    both = write("both.toml", HEAD + CLOSE + SUMMIT.replace("NOR", "SUD") + CLOSE)
    less = scenario_from_text(UNDER + 'without = ["event.summit"]')
    plan, rest = (compile_plan(one, case, range(4), 1)[1] for one in (load_scenario(under), less))
    np.testing.assert_array_equal(plan.closure, rest.closure)
    assert plan.summits.any()
    assert not rest.summits.any()
    assert "2 events fit (event.1, event.3)" in refused(
        HEAD.replace('"base"', f'"{both}"') + '[change]\n"event.close_route.date" = "2024Q1"\n'
    )


def test_the_whole_name_goes_before_names_that_begin_so(write: Write) -> None:
    one = SUMMIT.replace('"NOR"\n', '"NOR"\ncountries = "ARA"\n')
    write("under.toml", HEAD + SUMMIT + one)
    found = scenario_from_text(
        UNDER + '[change]\n"event.summit.NOR.intensity" = 2\n"event.summit.NOR.ARA.intensity" = 3\n'
    )
    assert [one.intensity for one in found.event] == [2.0, 3.0]  # type: ignore[union-attr]


def test_scenarios_come_on_top_of_what_is_extended(write: Write) -> None:
    write("under.toml", HEAD + "runs = 5\n[parameters]\nfear_push = 1.0\n" + CLOSE)
    above = HEAD.replace('"base"', '"under"') + "seed = 9\n[parameters]\nfear_push = 2.0\n"
    write("above.toml", above + SUMMIT)
    write("side.toml", HEAD + "runs = 7\n[switches]\nnoise = false\n" + OIL)
    found = scenario_from_text(HEAD + 'also = ["side", "above", "under"]\n' + CLOSE)
    assert [one.kind for one in found.event] == ["close_route", "summit", "close_route"]
    assert len(found.path) == 1
    assert found.parameters == {"fear_push": 2.0}
    assert not found.switches.noise
    assert (found.runs, found.seed) == (10, 3)  # of what is extended
    shown = found.show()
    assert "close_route: route northern_pipe" in shown
    assert shown.count("(from under)") == 1
    assert shown.count("(from above)") == 1
    assert shown.count("(from side)") == 1


def test_what_is_changed_and_left_out_is_said(under: Path) -> None:
    text = 'without = ["event.summit"]\n[change]\n"event.close_route.date" = "2024Q2"\n'
    shown = scenario_from_text(UNDER + text).show()
    assert "  event.close_route.northern_pipe.date = 2024Q2 (not 2023Q2)\n" in shown
    assert "  without event summit.NOR\n" in shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'without = ["event.close_rout"]',
            "mine:4: without: 'event.close_rout': there is no event 'close_rout'; did you mean "
            "'close_route'? (event.1 is close_route.northern_pipe, event.2 is summit.NOR)",
        ),
        ('without = ["evnt.1"]', "'evnt.1' names no event and no path; did you mean 'event'?"),
        ('without = ["event.1.date"]', "nothing can follow here; found 'date'"),
        ('without = ["event.1", "event.close_route"]', "'event.close_route' is left out already"),
        (
            'without = ["event.1"]\n[change]\n"event.close_route.date" = "2024Q1"',
            "mine:6: change: 'event.close_route.date' is about what 'event.1' leaves out",
        ),
        (
            '[change]\n"event.1.date" = "2024Q1"\n"event.close_route.date" = "2024Q2"',
            "mine:6: change: 'event.close_route.date' and 'event.1.date' are the same place",
        ),
        (
            '[change]\n"event.1.dat" = "2024Q1"',
            "mine:5: change: 'event.1.dat': there is no field 'dat'; did you mean 'date'?",
        ),
        (
            '[change]\n"event.close_route.northern_pipe.date" = 3',
            "mine:5: change: 'event.close_route.northern_pipe.date': found 3; a quarter in quotes",
        ),
        (
            '[change]\n"parameters.fear_push" = 3.0',
            "mine:5: change: 'parameters.fear_push' names no event and no path; they are named",
        ),
        ('[change]\nevent.close_route.date = "2024Q1"', "write the whole path in quotes"),
        ('[change]\n"event.1.intensity" = 3.0', "mine:5: event.intensity: 3 is not allowed"),
        ('also = ["unde"]', "mine:4: also: there is no scenario 'unde'; did you mean 'under'?"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(under: Path, text: str, message: str) -> None:
    assert message in refused(UNDER + text + "\n")


def test_a_file_that_extends_nothing_has_nothing_to_change(write: Write) -> None:
    text = 'title = "T"\nquestion = "Q?"\nalso = ["base"]\ncase = "toy_case"\n'
    assert "mine:3: also: means nothing without extends" in refused(text)


def test_what_is_about_something_else_cannot_come_on_top(under: Path, write: Write) -> None:
    write("edited.toml", UNDER + 'without = ["event.1"]\n')
    write("elsewhere.toml", 'title = "T"\nquestion = "Q?"\nextends = "base"\ncase = "other"\n')
    assert "edited has 'without', which is about what it extends itself; extend it" in refused(
        HEAD + 'also = ["edited"]\n'
    )
    assert "elsewhere is about other, base about toy_case" in refused(
        HEAD + 'also = ["elsewhere"]\n'
    )
