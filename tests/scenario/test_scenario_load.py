"""Finding, reading and merging scenario files; the message for each thing wrong with a file."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from sim.core.errors import InputError
from sim.scenario import Scenario, json_schema, list_scenarios, load_scenario

from .conftest import BASE, HEAD, WHY, Load, Write

CLOSE = f'[[event]]\nkind = "close_route"\nroute = "northern_pipe"\ndate = "2023Q2"\n{WHY}'


def message(name: str | Path) -> str:
    with pytest.raises(InputError) as caught:
        load_scenario(name)
    return str(caught.value)


# ------------------------------------------------------------------------------------- finding


def test_a_scenario_is_found_by_name_and_by_path(write: Write, tmp_path: Path) -> None:
    path = write("mine.toml", HEAD)
    for name in ("mine", "scenarios/mine.toml", path, str(path)):
        found = load_scenario(name)
        assert (found.name, found.title, found.runs, found.quarters) == ("mine", "Test", 10, 12)
    assert list_scenarios()["mine"] == Path("scenarios/mine.toml")
    other = tmp_path / "other"
    other.mkdir()
    (other / "base.toml").write_text(BASE.replace("runs = 10", "runs = 99"))
    (other / "mine.toml").write_text(HEAD)
    assert load_scenario("other/mine.toml").runs == 99  # what lies beside comes first
    (other / "up.toml").write_text(HEAD.replace('"base"', '"../scenarios/base.toml"'))
    assert load_scenario("other/up.toml").runs == 10


def test_scenarios_that_are_shipped_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "baseline" in list_scenarios()
    assert load_scenario("baseline").case == "central_asia"


def test_every_shipped_scenario_loads() -> None:
    for name in list_scenarios():
        assert load_scenario(name).show().startswith(f"{name}: ")


def test_unknown_name(write: Write) -> None:
    text = message("bsae")
    assert text.startswith("there is no scenario 'bsae'; did you mean 'base'? (scenarios: ")


def test_missing_file(write: Write) -> None:
    expected = "scenarios/bsae.toml: there is no such file; did you mean 'base.toml'?"
    assert message("scenarios/bsae.toml") == expected


def test_folder(write: Write) -> None:
    assert message("./scenarios") == "scenarios: is a folder; name a scenario file (.toml)"


def test_unreadable_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert message("base") == "scenarios/base.toml: cannot be read: Permission denied"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"PAR1\x00\x01", bytes(range(256))])
def test_binary_file(write: Write, content: bytes) -> None:
    write("odd.toml", content)
    assert message("odd") == "scenarios/odd.toml: is not a text file in UTF-8"


@pytest.mark.parametrize("content", ["", "  \n\n", "# a note\n"])
def test_empty_file(write: Write, content: str) -> None:
    write("odd.toml", content)
    text = "scenarios/odd.toml: is empty; a scenario needs at least a title and a question"
    assert message("odd") == text


def test_byte_order_mark_and_windows_lines_are_read(write: Write) -> None:
    write("odd.toml", b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode())
    assert load_scenario("odd").title == "Test"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('title = "x"\nquestion\n', "scenarios/odd.toml:2: not valid TOML: Expected '='"),
        ('title = "x"\ntitle = "y"\n', "scenarios/odd.toml:2: not valid TOML: Cannot overwrite"),
        ('title = "x"\nruns = [1,\n2', "scenarios/odd.toml:3: not valid TOML: Unclosed array"),
    ],
)
def test_syntax_error(write: Write, content: str, expected: str) -> None:
    write("odd.toml", content)
    assert message("odd").startswith(expected)


def test_too_deep_nesting(write: Write) -> None:
    write("odd.toml", "a = " + "[" * 5000 + "]" * 5000)
    assert "lie too deep in each other" in message("odd")


# ------------------------------------------------------------------------------------- extends


def test_circle(write: Write) -> None:
    write("a.toml", HEAD.replace("base", "b"))
    write("b.toml", HEAD.replace("base", "c"))
    write("c.toml", HEAD.replace("base", "b"))
    expected = "scenarios/c.toml:3: extends: scenarios extend each other in a circle: b -> c -> b"
    assert message("a") == expected


def test_self_circle(write: Write) -> None:
    write("a.toml", HEAD.replace("base", "a"))
    assert message("a").endswith("in a circle: a -> a")


def test_extends_an_unknown_scenario(write: Write) -> None:
    write("a.toml", HEAD.replace("base", "bose"))
    expected = "scenarios/a.toml:3: extends: there is no scenario 'bose'; did you mean 'base'?"
    assert message("a").startswith(expected)


def test_merging(write: Write) -> None:
    path = f'[[path]]\ndriver = "oil"\nform = "constant"\nfrom = "2023Q1"\nvalue = 0.1\n{WHY}'
    headline = '[[headline]]\noutcome = "cohesion"\ndirection = "up"\nbecause = "so"\n'
    uniform = '{ distribution = "uniform", low = 0, high = 6 }'
    write(
        "one.toml",
        HEAD + f"[parameters]\nfear_push = {uniform}\nresolve = 2\n[switches]\nnoise = false\n"
        f"{path}{CLOSE}quarters = 1\n{headline}",
    )
    write(
        "two.toml",
        HEAD.replace("base", "one").replace("Test", "Two") + "runs = 20\n"
        f'[parameters]\nfear_push = 3\n[horizon]\nend = "2024Q4"\n{path}{CLOSE}quarters = 2\n',
    )
    two = load_scenario("two")
    assert (two.title, two.case, two.runs, two.seed) == ("Two", "toy_case", 20, 3)
    assert two.quarters == 8  # the start is inherited
    assert two.parameters == {"fear_push": 3.0, "resolve": 2.0}
    assert two.switches.noise is False
    assert len(two.path) == 2
    assert [event.quarters for event in two.event] == [1, 2]  # type: ignore[union-attr]
    assert two.headline == []  # the claims of the other scenario are its own
    assert two.base is not None
    assert two.base.headline[0].outcome == "cohesion"
    assert two.where("event", 0, "quarters").startswith("scenarios/one.toml:")
    assert two.where("event", 1, "quarters").startswith("scenarios/two.toml:")
    assert two.where("parameters", "fear_push") == "scenarios/two.toml:6"
    assert two.where("parameters", "resolve") == "scenarios/one.toml:6"
    assert two.where("parameters", "fear_push", "low") == "scenarios/two.toml:6"
    assert two.where("horizon", "start") == "scenarios/base.toml:8"
    assert two.where("horizon", "end") == "scenarios/two.toml:8"
    assert two.where("event", 1, "nothing").startswith("scenarios/two.toml:")


def test_resolved_is_plain_and_complete(load: Load) -> None:
    scenario = load(f'{CLOSE}quarters = {{ distribution = "uniform", low = 1, high = 3 }}\n')
    plain = json.loads(json.dumps(scenario.resolved()))
    again = Scenario.model_validate(plain)
    assert again.resolved() == plain
    assert again.hash == scenario.hash
    assert plain["event"][0]["date"] == "2023Q2"
    assert plain["event"][0]["attribution"] == 0.5  # a default is written out
    assert plain["event"][0]["quarters"]["distribution"] == "uniform"
    assert load(f"{CLOSE}quarters = 2\n").hash != load(f"{CLOSE}quarters = 3\n").hash
    assert load(f"{CLOSE}quarters = 2\n").hash == load(f"# x\n{CLOSE}quarters = 2.0\n").hash


def test_a_scenario_travels_to_other_processes(load: Load) -> None:
    scenario = load(f"{CLOSE}quarters = 2\n")
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert again.where("event", 0, "route") == "scenarios/test.toml:6"


# ------------------------------------------------------------------------- each thing wrong


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run = 5", ":4: run: unknown key; did you mean 'runs'? (keys: title, question, extends, "),
        ("[horizon]\nstrat = '2023Q1'", ":5: horizon.strat: unknown key; did you mean 'start'? "),
        ("[member]", ":4: member: unknown key; did you mean 'membership'? (keys: "),
        ("runs = -5", ":4: runs: found -5; allowed: at least 1"),
        ("runs = 0", ":4: runs: found 0; allowed: at least 1"),
        ("runs = 2.5", ":4: runs: found 2.5; a whole number is needed"),
        ("runs = '7'", ":4: runs: found '7'; a whole number is needed"),
        ("runs = true", ":4: runs: found True; a whole number is needed"),
        ("seed = -1", ":4: seed: found -1; allowed: at least 0"),
        ("as_of = 2022", ':4: as_of: 2022 is not a quarter; write it in quotes: "2023Q1"'),
        ("as_of = '2022Q5'", ":4: as_of: '2022Q5' is not a quarter; write it as a year and"),
        ("case = ' '", ":4: case: is blank"),
        ("switches = 3", ":4: switches: found 3; a table is needed"),
        ("parameters = [1]", ":4: parameters: found [1]; a table is needed"),
        ("[switches]\nnoise = 'no'", ":5: switches.noise: found 'no'; true or false is needed"),
        ("[parameters]\nresolve = 'x'", ":5: parameters.resolve: found 'x'; a number is needed"),
        ("[parameters]\nresolve = inf", ":5: parameters.resolve: found inf; a finite number is"),
        ("[parameters]\nresolve = nan", ":5: parameters.resolve: found nan; a finite number is"),
        ("[parameters]\nresolve = true", ":5: parameters.resolve: found True; a number is"),
        (
            "[parameters]\nresolve = { low = 1 }",
            ":5: parameters.resolve: distribution is missing (allowed: uniform, normal, ",
        ),
        (
            "[parameters]\nresolve = { distribution = 'unifrom', low = 1, high = 2 }",
            ":5: parameters.resolve: distribution 'unifrom' is unknown; did you mean 'uniform'? ",
        ),
        (
            "[parameters]\nresolve = { distribution = 'uniform', low = 1 }",
            ":5: parameters.resolve.high: is missing",
        ),
        (
            "[parameters]\nresolve = { distribution = 'uniform', low = 1, high = 2, mode = 3 }",
            ":5: parameters.resolve.mode: unknown key (keys: distribution, low, high)",
        ),
        (
            "[parameters]\nresolve = { distribution = 'uniform', low = 3, high = 2 }",
            ":5: parameters.resolve: low (3) must lie below high (2)",
        ),
        ("[event]\nkind = 'deal'", ":4: event: is one table; write [[event]] in double brackets"),
        ("[[event]]\ndate = '2023Q1'", ":4: event: kind is missing (allowed: close_route, coerce,"),
        (
            "[[event]]\nkind = 'summti'",
            ":4: event: kind 'summti' is unknown; did you mean 'summit'",
        ),
        (f"{CLOSE}", ":4: event.quarters: is missing"),
        (f"{CLOSE}quarters = 0", ":10: event.quarters: 0 is not allowed; allowed: above 0"),
        (
            f"{CLOSE}quarters = 1\nintensity = 1.5",
            ":11: event.intensity: 1.5 is not allowed; allowed: 0 to 1",
        ),
        (
            f"{CLOSE}quarters = 1\nintensity = {{ distribution = 'normal', mean = 1, sd = 1 }}",
            ":11: event.intensity: normal(mean 1, sd 1) reaches from -inf to inf; allowed: 0 to 1",
        ),
        (f"{CLOSE}quarters = 1\ncapacity = 1", ":11: event.capacity: unknown key (keys: date, "),
        (
            CLOSE.replace("for the test", " ") + "quarters = 1",
            ":8: event.reason: is blank",
        ),
        (
            CLOSE.replace('source = "assumption: invented"\n', "") + "quarters = 1",
            ":4: event.source: is missing",
        ),
        (
            "[[event]]\nkind = 'resolution'\ndate = '2023Q1'\n" + WHY,
            ":4: event: a resolution needs a text or a threshold",
        ),
        (
            "[[event]]\nkind = 'resolution'\ndate = '2023Q1'\nthreshold = 0\nsign = 2\n" + WHY,
            ":8: event.sign: found 2; allowed: -1 or 1",
        ),
        ("[[path]]\nform = 'step'", ":4: path: form 'step' is unknown (allowed: constant, ramp, "),
        ("[[path]]\ndriver = 'oil'", ":4: path: form is missing (allowed: constant, ramp, pulse"),
        (
            f"[[path]]\ndriver = 'oil'\nform = 'constant'\nfrom = '2023Q1'\n{WHY}",
            ":4: path: give one of value, change, factor; found none of them",
        ),
        (
            f"[[path]]\ndriver = 'oil'\nform = 'constant'\nfrom = '2023Q1'\nvalue = 1\nfactor = 1\n"
            f"{WHY}",
            ":4: path: give one of value, change, factor; found value and factor",
        ),
        (
            f"[[path]]\ndriver = 'oil'\nform = 'pulse'\nfrom = '2023Q1'\nvalue = 1\n{WHY}",
            ":4: path: a pulse needs one of to and quarters",
        ),
        (
            f"[[path]]\ndriver = 'oil'\nform = 'ramp'\nfrom = '2023Q2'\nto = '2023Q2'\nvalue = 1\n"
            f"{WHY}",
            ":4: path: to (2023Q2) must come after from (2023Q2)",
        ),
        (
            f"[[path]]\ndriver = 'oil'\nform = 'table'\nquarters = ['2023Q1']\nvalues = [1, 2]\n"
            f"{WHY}",
            ":4: path: 1 quarters but 2 values",
        ),
        (
            "[[path]]\ndriver = 'oil'\nform = 'table'\nquarters = ['2023Q2', '2023Q1']\n"
            f"values = [1, 2]\n{WHY}",
            ":4: path: quarters must follow each other in time",
        ),
        (
            f"[[path]]\ndriver = 'oil'\nform = 'noise'\npersistence = 1\nsigma = 1\n{WHY}",
            ":7: path.persistence: found 1; allowed: less than 1",
        ),
        (
            f"[[path]]\ndriver = 'oil'\nform = 'table'\nquarters = []\nvalues = [1]\n{WHY}",
            ":7: path.quarters: is empty; at least one is needed",
        ),
        (
            "[[headline]]\noutcome = 'cohesion'\ndirection = 'upward'\nbecause = 'x'",
            ":6: headline.direction: found 'upward'; allowed: 'up' or 'down'",
        ),
        (
            "[[headline]]\noutcome = 'cohesion'\ndirection = 'up'\nbecause = 'x'\nat = 'start'",
            ':8: headline.at: \'start\' is neither a quarter like "2023Q1" nor "end" nor "mean"',
        ),
        (
            "[[headline]]\noutcome = 'cohesion'\ndirection = 'up'\nbecause = 'x'\nagainst = 'bsae'",
            ":8: headline.against: there is no scenario 'bsae'; did you mean 'base'?",
        ),
        (
            "[horizon]\nstart = '2026Q1'",
            ":4: horizon: ends (2025Q4) before it starts (2026Q1)",
        ),
        (
            "[horizon]\nend = '2123Q1'",
            ":4: horizon: is 401 quarters long; allowed: at most 400",
        ),
        (
            "[membership]\ncountries = ['AVA', 'BOR', 'AVA']",
            ":5: membership.countries: 'AVA' stands in it twice",
        ),
        ("[membership]\ngroup = ['AVA', 'AVA']", ":5: membership.group: 'AVA' stands in it twice"),
        (
            f"[[event]]\nkind = 'summit'\npower = 'NOR'\ncountries = ['AVA', 'AVA']\n"
            f"date = '2023Q1'\n{WHY}",
            ":7: event.countries: 'AVA' stands in it twice",
        ),
    ],
)
def test_message(write: Write, text: str, expected: str) -> None:
    write("test.toml", HEAD + text)
    found = message("test")
    assert found.startswith("scenarios/test.toml")
    assert expected in found
    assert len(found.splitlines()) == 1


def test_a_number_with_too_many_digits_to_read(write: Write) -> None:
    write("test.toml", HEAD + "[parameters]\nresolve = " + "1" * 5000)
    assert message("test").startswith("scenarios/test.toml: not valid TOML: Exceeds the limit")


def test_paths_that_cannot_be(write: Write) -> None:
    write("test.toml", HEAD.replace('"base"', r'"ba\u0000se.toml"'))
    assert message("test").endswith(r":3: extends: 'ba\x00se.toml' is not a path")
    assert message("~nobody_at_all/base.toml").endswith("base.toml: there is no such file")


def test_a_circle_of_links(write: Write) -> None:
    path = write("round.toml", "")
    path.unlink()
    path.symlink_to("round.toml")
    assert message("round").startswith("scenarios/round.toml: cannot be read: ")
    write("test.toml", HEAD.replace('"base"', '"round"'))
    assert message("test").startswith("scenarios/round.toml: cannot be read: ")


def test_a_number_beyond_all_bounds(write: Write) -> None:
    write("test.toml", HEAD + "[parameters]\nresolve = 1" + "0" * 400)
    assert message("test").startswith("scenarios/test.toml:5: parameters.resolve: found 1000")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "title: is missing"),
        (
            '[[headline]]\noutcome = "cohesion"\ndirection = "up"\nbecause = "x"',
            "scenarios/base.toml:10: headline.against: is missing: nothing is extended here",
        ),
    ],
)
def test_messages_about_the_first_scenario(write: Write, text: str, expected: str) -> None:
    content = BASE + text if text else "runs = 5"
    write("base.toml", content)
    assert expected in message("base")


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ('case = "toy_case"\n', ": case: is missing"),
        ('end = "2025Q4"\n', ":7: horizon: needs start and end, here or in what is extended"),
        (BASE[BASE.index("[horizon]") :], ": horizon: needs start and end, here or in what is"),
    ],
)
def test_what_nobody_gives(write: Write, left_out: str, expected: str) -> None:
    write("base.toml", BASE.replace(left_out, ""))
    assert message("base").startswith(f"scenarios/base.toml{expected}")


def test_all_problems_of_all_files_come_together(write: Write) -> None:
    write("base.toml", BASE + 'colour = "red"\n')
    write("test.toml", HEAD + f"runs = 0\nsped = 1\n{CLOSE}quarters = -1\nintensity = 2\n")
    lines = message("test").splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "scenarios/base.toml:10",
        "scenarios/test.toml:4",
        "scenarios/test.toml:5",
        "scenarios/test.toml:12",
        "scenarios/test.toml:13",
    ]


def test_json_schema_knows_every_key() -> None:
    schema = json_schema()
    assert {"extends", "event", "path", "headline", "parameters"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    ramp = schema["$defs"]["RampPath"]
    assert "from" in ramp["properties"]
    assert set(ramp["required"]) == {"driver", "form", "from", "to", "reason", "source"}
    assert ramp["properties"]["to"]["pattern"] == "^[0-9]{4}[Qq][1-4]$"
    json.dumps(schema)
