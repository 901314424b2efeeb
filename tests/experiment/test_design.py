"""Design files: finding, reading, what is wrong in one, and whether its factors act."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.experiment.design import (
    MODES,
    SIZES,
    Design,
    changed_design,
    design_from,
    list_designs,
    load_design,
    load_scenarios,
)
from sim.experiment.design_check import check_inputs, resolve_factors, same_inputs
from sim.experiment.sampling import VariedFactor, sample
from sim.scenario import compile_plan, list_scenarios, load_scenario
from sim.scenario.factors import set_values
from tests.experiment.designing import CASE, CLOSED, DATE, FEAR, HEAD, RANGE, Write, workplace

Refused = Callable[[str], str]
GRID = HEAD + 'mode = "grid"\n'
HYPERCUBE = HEAD + 'mode = "latin_hypercube"\nrows = 4\n'
LIST = "values = [0.2, 0.6]\n"
WHERE = "scenarios/designs/odd.toml"


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(CASE)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    return workplace(tmp_path, monkeypatch)


@pytest.fixture
def refused(write: Write) -> Refused:
    """The message with which a design is refused when it is read."""

    def message(text: str) -> str:
        write("odd.toml", text)
        with pytest.raises(InputError) as caught:
            load_design("odd")
        return str(caught.value)

    return message


@pytest.fixture
def unfit(write: Write, case: Case) -> Refused:
    """The message with which a design is refused that can be read."""

    def message(text: str) -> str:
        write("odd.toml", text)
        design = load_design("odd")
        with pytest.raises(InputError) as caught:
            check_inputs(design, load_scenarios(design), case)
        return str(caught.value)

    return message


def resolved(text: str, write: Write, case: Case) -> tuple[Design, tuple[VariedFactor, ...]]:
    write("fine.toml", text)
    design = load_design("fine")
    scenarios = load_scenarios(design)
    check_inputs(design, scenarios, case)
    return design, resolve_factors(design, scenarios, case)


# ------------------------------------------------------------------------------------- finding


def test_a_design_is_found_by_name_and_by_path(write: Write) -> None:
    path = write("mine.toml", GRID + CLOSED + LIST)
    for name in ("mine", "scenarios/designs/mine.toml", path, str(path)):
        design = load_design(name)
        assert (design.name, design.mode, design.runs, design.seed) == ("mine", "grid", 32, 1)
    assert list_designs()["mine"] == Path("scenarios/designs/mine.toml")


def test_a_factor_is_told_by_its_label_else_by_its_name(write: Write) -> None:
    text = f'{HEAD}mode = "latin_hypercube"\nrows = 4\n{FEAR}{RANGE}{CLOSED}low = 0.2\nhigh = 1.0\n'
    write("mine.toml", text.replace('"fear"\n', '"fear_of_iran"\nlabel = "Fear of Iran"\n'))
    fear, closed = load_design("mine").factor
    assert (fear.called, fear.words) == ("fear_of_iran", "Fear of Iran")
    assert (closed.called, closed.words) == ("closed", "Closed")
    assert design_from(load_design("mine").resolved()).factor[0] == fear


def test_designs_are_no_scenarios(write: Write) -> None:
    write("mine.toml", GRID + CLOSED + LIST)
    assert "mine" not in list_scenarios()
    assert not set(list_designs()) & set(list_scenarios())


def test_unknown_name(write: Write) -> None:
    write("mine.toml", GRID + CLOSED + LIST)
    with pytest.raises(InputError) as caught:
        load_design("mien")
    assert str(caught.value).startswith(
        "there is no design 'mien'; did you mean 'mine'? (designs: "
    )


def test_missing_file_folder_and_binary(write: Write) -> None:
    write("mine.toml", GRID)
    write("odd.toml", b"PAR1\x00\xff")
    for name, expected in (
        ("mien.toml", ": there is no such file; did you mean 'mine.toml'?"),
        ("../designs", ": is a folder; name a file"),
        ("odd.toml", ": is not a text file in UTF-8"),
    ):
        with pytest.raises(InputError, match=re.escape(expected)):
            load_design(f"scenarios/designs/{name}")


def test_empty_and_broken_file(refused: Refused) -> None:
    assert (
        refused("# nothing\n") == f"{WHERE}: is empty; a design needs at least a title and a factor"
    )
    assert refused("title = \n").startswith(f"{WHERE}: not valid TOML: Invalid value (at line 1")
    assert "lie too deep in each other" in refused("a = " + "[" * 5000 + "]" * 5000)


def test_scenarios_are_looked_for_beside_the_design_first(write: Write) -> None:
    text = (GRID + CLOSED + LIST).replace('"closure"', '"../closure.toml"')
    write("mine.toml", text)
    assert [one.name for one in load_scenarios(load_design("mine"))] == ["closure"]
    closure = Path("scenarios/closure.toml").read_text(encoding="utf-8")
    write("closure.toml", closure.replace('"Closure"', '"Beside"'))
    write("mine.toml", GRID + CLOSED + LIST)
    assert [one.title for one in load_scenarios(load_design("mine"))] == ["Beside"]


def test_a_design_may_have_the_name_of_its_scenario(write: Write) -> None:
    design = load_design(write("closure.toml", GRID + CLOSED + LIST))
    assert [one.title for one in load_scenarios(design)] == ["Closure"]


def test_another_mode_leaves_out_what_means_nothing_to_it(write: Write) -> None:
    text = GRID + CLOSED + RANGE + "steps = 3\n"
    drawn = changed_design(load_design(write("mine.toml", text)), {"mode": "sobol"}, 8)
    assert (drawn.mode, drawn.rows, drawn.factor[0].steps) == ("sobol", 8, None)
    assert drawn.where("mode").startswith("scenarios/designs/mine.toml")
    with pytest.raises(InputError, match="the mode grid has no size that could be set"):
        changed_design(drawn, {"mode": "grid"}, 8)
    with pytest.raises(InputError, match="runs: found 0; allowed: at least 1"):
        changed_design(drawn, {"runs": 0})


def test_scenario_that_is_not_there(write: Write) -> None:
    write("odd.toml", (GRID + CLOSED + LIST).replace('"closure"', '"closrue"'))
    with pytest.raises(InputError) as caught:
        load_scenarios(load_design("odd"))
    expected = f"{WHERE}:3: scenario: there is no scenario 'closrue'; did you mean 'closure'?"
    assert str(caught.value).startswith(expected)


def test_problems_of_a_scenario_are_told_in_its_own_lines(write: Write) -> None:
    Path("scenarios/bad.toml").write_text('title = "x"\n', encoding="utf-8")
    write("odd.toml", (GRID + CLOSED + LIST).replace('"closure"', '"../bad.toml"'))
    with pytest.raises(InputError, match=r"^scenarios/bad\.toml: question: is missing"):
        load_scenarios(load_design("odd"))


# --------------------------------------------------------------------------- what a file may hold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD.replace("title", "titel") + CLOSED, ":1: titel: unknown key; did you mean 'title'?"),
        (HEAD + CLOSED, ": mode: is missing"),
        (
            HEAD + 'mode = "latinhypercube"\n' + CLOSED + RANGE,
            ":4: mode: found 'latinhypercube'; did you mean 'latin_hypercube'? (allowed: grid, ",
        ),
        (GRID + "runs = 0\n" + CLOSED + LIST, ":5: runs: found 0; allowed: at least 1"),
        (GRID + "seed = 1.5\n" + CLOSED + LIST, ":5: seed: found 1.5; a whole number is needed"),
        (
            GRID + "outcomes = []\n" + CLOSED + LIST,
            ":5: outcomes: is empty; at least one is needed",
        ),
        (GRID + '[factor]\npath = "a"\n', ":5: factor: is one table; write [[factor]] in double"),
        (
            GRID + CLOSED + "vlaues = [1]\n",
            ":8: factor.vlaues: unknown key; did you mean 'values'?",
        ),
        (GRID + CLOSED + "values = [1, []]\n", ":8: factor.values: found []; a number, a text"),
        (GRID + CLOSED + 'values = [1, " "]\n', ":8: factor.values: is blank"),
        (GRID + CLOSED + "values = [1, nan]\n", ":8: factor.values: found nan; a finite number is"),
        (
            GRID + CLOSED + "low = 0\nhigh = 1\nsteps = 1\n",
            ":10: factor.steps: found 1; allowed: at",
        ),
        (
            GRID + CLOSED + 'low = 1\nhigh = 2\nscale = "lin"\n',
            ":10: factor.scale: found 'lin'; did you mean 'linear'? (allowed: linear, log)",
        ),
        (
            HYPERCUBE + CLOSED + "distribution = { low = 0.0 }\n",
            ":9: factor.distribution: distribution is missing (allowed: uniform, normal",
        ),
        (
            HYPERCUBE + CLOSED + 'distribution = { distribution = "unifrom" }\n',
            ":9: factor.distribution: distribution 'unifrom' is unknown; did you mean 'uniform'?",
        ),
        (
            HYPERCUBE + CLOSED + 'distribution = { distribution = "uniform", low = 1, higg = 2 }\n',
            ":9: factor.distribution.higg: unknown key; did you mean 'high'? (keys: distribution, ",
        ),
        (
            HYPERCUBE + CLOSED + 'distribution = { distribution = "uniform", low = 2, high = 1 }\n',
            ":9: factor.distribution: low (2) must lie below high (1)",
        ),
        (GRID + "constants = 3\n" + CLOSED + LIST, ":5: constants: found 3; a table is needed"),
        (
            GRID + "[constants]\nswitches = {}\n" + CLOSED + LIST,
            ":6: constants.switches: found {}; a number, a text in quotes, true or false is needed",
        ),
    ],
)
def test_what_a_key_may_hold(refused: Refused, text: str, expected: str) -> None:
    assert f"{WHERE}{expected}" in refused(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GRID, ": has no factor; write [[factor]], once for each thing that varies"),
        (
            GRID.replace('scenario = "closure"\n', "") + CLOSED + LIST,
            ": scenario: give one of scenario and scenarios; found neither",
        ),
        (
            GRID + 'scenarios = ["a"]\n' + CLOSED + LIST,
            ":3: scenario: give one of scenario and scenarios; found both",
        ),
        (
            GRID.replace('scenario = "closure"', 'scenarios = ["a", "a"]') + CLOSED + LIST,
            ":3: scenarios: 'a' is named twice",
        ),
        (
            GRID + 'parameters = "centre"\n' + CLOSED + LIST,
            ":5: parameters: found 'centre'; allowed: point, posterior or a .parquet file",
        ),
        (
            GRID + 'outcomes = ["autonmy"]\n' + CLOSED + LIST,
            ":5: outcomes: there is no outcome 'autonmy'; did you mean 'autonomy'?",
        ),
        (
            GRID + 'by_quarter = ["leverge.AVA.NOR"]\n' + CLOSED + LIST,
            ":5: by_quarter: there is no outcome 'leverge'; did you mean 'leverage'?",
        ),
        (
            GRID + CLOSED + LIST + CLOSED.replace("closed", "shut") + LIST,
            ":11: factor.path: event.close_route.northern_pipe.intensity varies already, as the "
            "factor 'closed'",
        ),
        (
            GRID + CLOSED + LIST + FEAR.replace('"fear"', '"closed"') + LIST,
            ":9: factor: two factors are called 'closed'",
        ),
        (
            GRID + CLOSED.replace('"closed"', '"run"') + LIST,
            ":6: factor.name: 'run' is the name of a column of every sweep; choose another",
        ),
        (
            GRID + '[constants]\n"parameters.fear_push" = 1.0\n' + FEAR + LIST,
            ":6: constants.parameters.fear_push: is held here, but varies as the factor 'fear'",
        ),
        (
            GRID + CLOSED,
            ":5: factor: 'closed' needs one of values, low and high, distribution, same",
        ),
        (GRID + CLOSED + LIST + RANGE, "same_as; found values and low and high"),
        (GRID + CLOSED + "low = 0\nsteps = 2\n", "factor.high: is missing; 'closed' is a range"),
        (
            GRID + CLOSED + "values = [0.5]\n",
            ":8: factor.values: holds 0.5 only, so it varies nothing; put it in constants",
        ),
        (GRID + CLOSED + "values = [1, 2, 1]\n", ":8: factor.values: 1 stands in it twice"),
        (GRID + CLOSED + LIST + "times = 2.0\n", ":9: factor.times: means nothing without same_as"),
        (GRID + CLOSED + LIST + "steps = 3\n", ":9: factor.steps: means nothing without low and"),
        (GRID + CLOSED + LIST + 'scale = "log"\n', ":9: factor.scale: means nothing without low"),
        (
            HYPERCUBE + CLOSED + RANGE + "steps = 3\n",
            ":11: factor.steps: means nothing in mode latin_hypercube (modes: grid, matched, one",
        ),
        (
            HYPERCUBE + CLOSED + 'distribution = { distribution = "choice", values = [2, 2] }\n',
            ":9: factor.distribution: gives 2 only, so it varies nothing",
        ),
        (
            GRID + CLOSED + LIST + FEAR + 'same_as = "closde"\n',
            ":12: factor.same_as: there is no factor 'closde'; did you mean 'closed'? (factors: ",
        ),
        (
            GRID + CLOSED + LIST + FEAR + 'same_as = "fear"\n',
            ":12: factor.same_as: 'fear' cannot follow itself",
        ),
        (
            GRID + CLOSED + 'same_as = "fear"\n' + FEAR + 'same_as = "closed"\n',
            ":8: factor.same_as: factors follow each other in a circle: closed -> fear -> closed",
        ),
    ],
)
def test_what_does_not_go_together(refused: Refused, text: str, expected: str) -> None:
    assert f"{expected}" in refused(text)
    assert refused(text).startswith(WHERE)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_asks_for_its_size_and_for_no_other(refused: Refused, mode: str) -> None:
    needed = SIZES.get(mode)
    head = HEAD + f'mode = "{mode}"\n'
    body = CLOSED + (LIST if mode != "csv" else "")
    if needed is not None:
        assert f"{WHERE}: {needed}: is missing; mode {mode} needs it" in refused(head + body)
    sizes = {"rows": "4", "points": "4", "trajectories": "4", "file": '"rows.csv"'}
    given = "".join(f"{key} = {value}\n" for key, value in sizes.items())
    text = refused(head + given + body)
    told = re.findall(r":\d+: (\w+): means nothing in mode (\w+) \(modes: ", text)
    assert told == [(key, mode) for key in sizes if key != needed]


def test_powers_of_two_and_even_levels(refused: Refused) -> None:
    for mode, key in (("sobol", "rows"), ("saltelli", "points")):
        text = refused(HEAD + f'mode = "{mode}"\n{key} = 100\n' + CLOSED + RANGE)
        assert text == (
            f"{WHERE}:5: {key}: found 100; a Sobol' sequence is balanced at powers of two only: "
            "64 or 128"
        )
    morris = HEAD + 'mode = "morris"\ntrajectories = 3\nlevels = 5\n' + CLOSED + RANGE
    assert refused(morris) == f"{WHERE}:6: levels: found 5; an even number is needed"
    assert refused(GRID + "levels = 4\n" + CLOSED + LIST) == (
        f"{WHERE}:5: levels: means nothing in mode grid (modes: morris)"
    )


def test_all_problems_come_at_once_in_the_order_of_lines(refused: Refused) -> None:
    text = refused(GRID + "rows = 4\npoints = 4\n" + CLOSED + "values = [1]\n" + FEAR)
    lines = [int(re.match(rf"{WHERE}:(\d+): ", line)[1]) for line in text.splitlines()]  # type: ignore[index]
    assert lines == [5, 6, 10, 11]


# ------------------------------------------------------------------------------------- csv


CSV = HEAD + 'mode = "csv"\nfile = "rows.csv"\n' + CLOSED + DATE


def test_rows_of_a_file(write: Write, case: Case) -> None:
    write("rows.csv", "date,closed\n\n2023Q2,0.1\n2024q1,0.30000000000000004\n2023Q2,1\n")
    design, factors = resolved(CSV, write, case)
    made = sample(design, factors)
    assert made.values == {
        "closed": [0.1, 0.30000000000000004, 1.0],
        "date": ["2023Q2", "2024Q1", "2023Q2"],
    }
    assert made.units.tolist() == [[0.0, 0.0], [0.5, 1.0], [1.0, 0.0]]
    assert factors[0].described()["high"] == 1.0
    again = design_from(json.loads(json.dumps(design.resolved())))
    assert again == design
    assert sample(again, resolve_factors(again, load_scenarios(again), case)).ids == made.ids


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("", "rows.csv: is empty; a header of the factors' names is needed, then rows"),
        ("closed,date\n", "rows.csv: holds a header but no row"),
        ("closed\n1\n", "rows.csv:1: column 'date' is missing"),
        ("closed,daet\n1,2023Q2\n", "rows.csv:1: column 'daet' is no factor; did you mean 'date'?"),
        ("closed,date,date\n1,2,3\n", "rows.csv:1: column 'date' stands in the header twice"),
        ("closed,date\n\n1\n", "rows.csv:3: has 1 cells; the header has 2"),
        ('closed,date\n"1,2023Q2\n', "rows.csv:2: not valid CSV: unexpected end of data"),
    ],
)
def test_bad_file_of_rows(write: Write, refused: Refused, rows: str, expected: str) -> None:
    write("rows.csv", rows)
    assert f"scenarios/designs/{expected}" in refused(CSV)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("1,2023Q2\n\nhalf,2023Q3\n", "rows.csv:4: column 'closed': found 'half'; a number is"),
        ("1,2023Q2\n,2023Q3\n", "rows.csv:3: column 'closed': is blank; a number is needed"),
        ("nan,2023Q2\n1,2023Q3\n", "rows.csv:2: column 'closed': found 'nan'; a number is needed"),
        ("1,2023Q5\n0,2023Q3\n", "rows.csv:2: column 'date': '2023Q5' is not a quarter"),
        (
            "1,2023Q2\n1,2023Q3\n",
            "rows.csv:2: column 'closed' holds 1.0 only, so it varies nothing",
        ),
    ],
)
def test_bad_cells(write: Write, unfit: Refused, rows: str, expected: str) -> None:
    write("rows.csv", "closed,date\n" + rows)
    assert unfit(CSV).startswith(f"scenarios/designs/{expected}")


def test_a_missing_file_of_rows_and_values_that_stand_twice(write: Write, refused: Refused) -> None:
    write("row.csv", "")
    assert refused(CSV) == (
        f"{WHERE}:5: file: scenarios/designs/rows.csv: there is no such file; "
        "did you mean 'row.csv'?"
    )
    assert ":6: factor: 'closed' has values, but its values are in the file" in refused(
        CSV.replace(CLOSED, CLOSED + LIST)
    )


def test_a_column_that_follows_is_not_needed(write: Write, refused: Refused) -> None:
    write("rows.csv", "closed,fear\n0.1,0.1\n")
    text = HEAD + 'mode = "csv"\nfile = "rows.csv"\n' + CLOSED + FEAR + 'same_as = "closed"\n'
    assert refused(text) == (
        "scenarios/designs/rows.csv:1: column 'fear' is not needed: it follows 'closed'"
    )


# ----------------------------------------------------------------------- against the scenarios


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            GRID + FEAR.replace("push", "psh") + LIST,
            ":7: factor.path: 'parameters.fear_psh': 'fear_psh' is not a parameter; did you mean",
        ),
        (
            GRID + "[constants]\nswitches.coercoin = false\n" + CLOSED + LIST,
            ":6: constants.switches.coercoin: 'switches.coercoin': switches has no 'coercoin'; did",
        ),
        (
            GRID + '[constants]\n"switches.coercion" = 1\n' + CLOSED + LIST,
            "'switches.coercion': found 1; true or false is needed",
        ),
        (
            GRID
            + CLOSED
            + LIST
            + CLOSED.replace("northern_pipe.", "").replace("closed", "b")
            + LIST,
            ":11: factor.path: event.close_route.intensity varies already, as the factor 'closed'",
        ),
        (
            GRID + "[constants]\nevent.1.intensity = 0.5\n" + CLOSED + LIST,
            ":6: constants.event.1.intensity: is held here, but varies as the factor 'closed'",
        ),
        (
            GRID + CLOSED + 'values = [0.5, "2026Q1"]\n',
            ":8: factor.values: 'closed': found '2026Q1'; a number is needed",
        ),
        (
            GRID + DATE + "values = [1, 2]\n",
            ":8: factor.values: 'date': found 1; a quarter in quotes",
        ),
        (
            GRID + DATE + 'low = "2023Q1"\nhigh = "2023Q9"\n',
            ":9: factor.high: 'date': '2023Q9' is not a quarter",
        ),
        (
            GRID + '[[factor]]\npath = "switches.noise"\nlow = true\nhigh = false\n',
            "'switches.noise' has no order, so no low and high; give it values",
        ),
        (
            GRID + CLOSED + "low = 1\nhigh = 1\nsteps = 2\n",
            ":9: factor.high: low and high of 'closed' are both 1.0, so it varies nothing",
        ),
        (
            GRID + CLOSED + "low = 1\nhigh = 0.5\nsteps = 2\n",
            ":9: factor.high: low (1.0) of 'closed' must lie below its high (0.5)",
        ),
        (
            HYPERCUBE + CLOSED + 'low = 0\nhigh = 1\nscale = "log"\n',
            ":11: factor.scale: log is for numbers above 0; 'closed' is not: its low is 0",
        ),
        (
            GRID + CLOSED + RANGE,
            ":5: factor.steps: is missing; mode grid goes through levels of 'closed'",
        ),
        (
            GRID + DATE + 'low = "2023Q1"\nhigh = "2024Q1"\nsteps = 4\n',
            ":10: factor.steps: 4 levels do not divide 2023Q1 to 2024Q1 evenly; the nearest that "
            "do: 3",
        ),
        (
            HYPERCUBE + DATE + 'distribution = { distribution = "uniform", low = 1, high = 2 }\n',
            ":9: factor.distribution: gives numbers, but 'date' is a quarter",
        ),
        (
            GRID + CLOSED + LIST + DATE + 'same_as = "closed"\n',
            ":12: factor.same_as: 'date' is a quarter, but 'closed' is a number",
        ),
        (
            GRID + CLOSED + LIST + FEAR + 'same_as = "closed"\ntimes = 0\n',
            ":13: factor.times: is 0, so 'fear' varies nothing",
        ),
        (
            HEAD + 'mode = "matched"\n' + CLOSED + LIST + FEAR + "values = [1, 2, 3]\n",
            ":4: mode: matched needs as many values of each factor as of the others: closed 2, "
            "fear 3",
        ),
        (
            GRID + CLOSED + RANGE + "steps = 2000\n" + FEAR + RANGE + "steps = 1000\n",
            ":4: mode: the grid has 2000 x 1000 = 2,000,000 rows; allowed: at most 1,000,000",
        ),
        (
            GRID + CLOSED + "values = [0.5, 1.5]\n",
            ":5: factor: 'closed' at 1.5: closure, event.close_route.northern_pipe.intensity: "
            "event.intensity: 1.5 is not allowed; allowed: 0 to 1",
        ),
        (GRID + DATE + 'values = ["2023Q2", "2022Q1"]\n', ":5: factor: 'date' at 2022Q1: "),
        (
            GRID + 'outcomes = ["leverage.AVA.NRO"]\n' + CLOSED + LIST,
            ":5: outcomes: there is no column 'leverage.AVA.NRO'; did you mean 'leverage.AVA.NOR'?",
        ),
        (
            GRID + '[constants]\n"switches.coercion" = false\n'
            '[[factor]]\npath = "parameters.threat_hazard"\n' + LIST,
            ":7: factor: 'parameters.threat_hazard' changes no input of closure; its date may lie "
            "after the last quarter (2025Q4), what it is about may be left out of the membership, "
            "or something set later may cover it",
        ),
    ],
)
def test_what_does_not_fit_the_scenario(unfit: Refused, text: str, expected: str) -> None:
    message = unfit(text)
    assert expected in message
    assert message.startswith(WHERE)


def test_a_factor_must_be_in_every_scenario(unfit: Refused) -> None:
    calm = re.sub(r"\[\[event\]\].*", "", Path("scenarios/closure.toml").read_text(), flags=re.S)
    Path("scenarios/calm.toml").write_text(calm)
    text = (GRID + CLOSED + LIST).replace('scenario = "closure"', 'scenarios = ["closure", "calm"]')
    message = unfit(text)
    assert message.startswith(f"{WHERE}:7: factor.path: ")
    assert message.endswith(" in the scenario calm")


def test_factors_that_act_are_accepted(write: Write, case: Case) -> None:
    text = (
        HYPERCUBE
        + '[constants]\nswitches.coercion = false\n"event.1.quarters" = 3.0\n'
        + CLOSED
        + RANGE
        + DATE
        + 'low = "2023Q2"\nhigh = "2024Q1"\n'
        + '[[factor]]\npath = "switches.noise"\nvalues = [true, false]\n'
        + '[[factor]]\npath = "driver.oil"\ndistribution = { distribution = "normal", mean = 0, '
        + "sd = 0.1 }\n"
        + FEAR
        + 'same_as = "closed"\ntimes = 2.0\nplus = 1\n'
    )
    design, factors = resolved(text, write, case)
    assert design.constants == {"switches.coercion": False, "event.1.quarters": 3.0}
    assert [(one.kind, one.by_run) for one in factors] == [
        ("number", True),
        ("quarter", False),
        ("flag", False),
        ("number", True),
        ("number", True),
    ]
    assert factors[1].levels == ("2023Q2", "2023Q3", "2023Q4", "2024Q1")
    assert factors[4].described() == {
        "name": "fear",
        "path": "parameters.fear_push",
        "kind": "number",
        "low": None,
        "high": None,
        "levels": None,
        "distribution": None,
        "same_as": "closed",
        "times": 2.0,
        "plus": 1.0,
    }
    assert json.loads(json.dumps(factors[3].described()))["distribution"]["sd"] == 0.1


def test_one_idle_factor_among_others_is_found(unfit: Refused) -> None:
    """Most are tried in one compilation; one that does nothing there is tried by itself."""
    idle = '[[factor]]\npath = "parameters.threat_hazard"\n' + LIST
    follower = '[[factor]]\npath = "parameters.learning_rate"\nsame_as = "closed"\n'
    text = GRID + "[constants]\nswitches.coercion = false\n" + CLOSED + LIST + FEAR + LIST
    message = unfit(text + idle + follower)
    assert message.startswith(f"{WHERE}:15: factor: 'parameters.threat_hazard' changes no input")
    assert len(message.splitlines()) == 1


def test_factors_that_fit_only_one_by_one_are_tried_so(write: Write, case: Case) -> None:
    """Together at their low ends the shares of a country sum to more than 1."""
    shares = "".join(
        f'[[factor]]\npath = "attribute.share.AVA.{power}.trade"\nlow = 0.4\nhigh = 0.44\n'
        for power in ("NOR", "EAS")
    )
    design, factors = resolved(HYPERCUBE + shares, write, case)
    assert [factor.by_run for factor in factors] == [True, True]
    (scenario,) = load_scenarios(design)
    together = set_values(scenario, case, {factor.path: 0.4 for factor in factors})
    with pytest.raises(InputError, match="allowed: at most 1"):
        compile_plan(together, case, range(2), 1)


def test_inputs_are_compared_array_by_array(write: Write, case: Case) -> None:
    scenario = load_scenario("closure")
    one = compile_plan(scenario, case, range(2), 1)
    assert same_inputs(one, compile_plan(scenario, case, range(2), 1))
    assert not same_inputs(one, compile_plan(scenario, case, range(2), 2))  # the closure is drawn
    plan = one[1]
    plan.capacity[-1, 0, 0] += 1e-12
    assert not same_inputs(plan, compile_plan(scenario, case, range(2), 1)[1])


# --------------------------------------------------------------------------------- round trips


VALUES = st.one_of(
    st.lists(st.floats(-5, 5), min_size=2, max_size=4, unique=True).map(
        lambda values: {"values": values}
    ),
    st.lists(st.sampled_from(["2023Q1", "2024Q2", "2025Q3"]), min_size=2, unique=True).map(
        lambda values: {"values": values}
    ),
    st.just({"values": [True, False]}),
    st.tuples(st.integers(-5, 0), st.floats(1, 5)).map(lambda v: {"low": v[0], "high": v[1]}),
    st.floats(0.01, 3).map(
        lambda sd: {"distribution": {"distribution": "normal", "mean": 0.0, "sd": sd}}
    ),
)
TEXTS = st.text(min_size=1, max_size=20).filter(lambda text: text.strip())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    title=TEXTS,
    factors=st.lists(VALUES, min_size=1, max_size=4),
    mode=st.sampled_from(["latin_hypercube", "sobol"]),
    seed=st.integers(0, 2**63),
    constants=st.dictionaries(TEXTS, st.booleans() | st.integers() | st.floats(-1, 1), max_size=3),
)
def test_a_design_is_the_same_after_a_round_trip(
    title: str,
    factors: list[dict[str, object]],
    mode: str,
    seed: int,
    constants: dict[str, object],
) -> None:
    plain = {
        "title": title,
        "question": "Q?",
        "scenarios": ["a", "b"],
        "mode": mode,
        "rows": 8,
        "seed": seed,
        "constants": {f"constant {path}": value for path, value in constants.items()},
        "factor": [{"path": f"p.{place}", **values} for place, values in enumerate(factors)],
    }
    design = design_from(plain)
    again = design_from(json.loads(json.dumps(design.resolved())))
    assert again == design
    assert again.hash == design.hash
    assert design_from({**plain, "sampling_seed": 2}).hash != design.hash


def test_where_a_design_comes_from_is_no_part_of_it(write: Write) -> None:
    design = load_design(write("mine.toml", GRID + CLOSED + LIST))
    assert design_from(design.resolved()) == design
    assert design == load_design(write("yours.toml", "\n\n" + GRID + CLOSED + LIST))
    assert design != load_design(write("his.toml", GRID + CLOSED + "values = [0.2, 0.7]\n"))


def test_plain_values_are_checked_too() -> None:
    plain = {"title": "T", "question": "Q?", "scenario": "a", "mode": "grid"}
    with pytest.raises(InputError, match=r"^design: has no factor"):
        design_from(plain)
    factor = {"path": "p", "values": [1, 2], "nme": "x"}
    with pytest.raises(InputError, match=r"^design: factor.nme: unknown key; did you mean 'name'"):
        design_from({**plain, "factor": [factor]})
    with pytest.raises(InputError, match=r"^design: table: is missing"):
        design_from({**plain, "mode": "csv", "file": "rows.csv", "factor": [{"path": "p"}]})


# ------------------------------------------------------------------------------ what is shipped


SHIPPED = Path(__file__).parents[2] / "scenarios" / "designs"


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_designs_act_and_say_why(path: Path) -> None:
    design = load_design(path)
    assert design == load_design(path.stem)
    scenarios = load_scenarios(design)
    case = load_case(str(scenarios[0].case))
    check_inputs(design, scenarios, case)
    assert all(factor.reason or factor.source for factor in design.factor)
    assert sample(design, resolve_factors(design, scenarios, case)).ids


@pytest.mark.parametrize("name", ["cpc_closure_when_and_how_much", "hedging_space"])
def test_shipped_designs_are_small(name: str) -> None:
    design = load_design(name)
    scenarios = load_scenarios(design)
    factors = resolve_factors(design, scenarios, load_case(str(scenarios[0].case)))
    rows = len(sample(design, factors).distinct())
    assert rows * design.runs * len(scenarios) <= 4096  # seconds, not minutes
