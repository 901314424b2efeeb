"""The dashboard's controls, addresses and scenario files: every state says one thing everywhere."""

from __future__ import annotations

import os
import random
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.case import load_case
from sim.cli.main import main
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, columns
from sim.core.simulate import simulate
from sim.experiment import load
from sim.experiment.design import Design, load_design
from sim.report.dashboard.address import from_query, to_query
from sim.report.dashboard.controls import Control, controls
from sim.report.dashboard.panel import Panel, checked, first_state, open_panel
from sim.report.dashboard.scenario_file import build, to_toml
from sim.report.dashboard.state import State, Value
from sim.report.dashboard.toml import assignment, comment
from sim.scenario import Scenario, compile_plan, list_scenarios, load_scenario
from sim.scenario.entries import find_entry
from sim.scenario.factors import set_values
from sim.scenario.load import validated
from sim.scenario.schema import Origin

SHIPPED = sorted(list_scenarios())
TOY = Path(__file__).parents[2] / "data" / "toy_case"
WHY = 'reason = "for the test"\nsource = "assumption: invented"\n'
TOY_SCENARIO = f"""
title = 'A "toy" \\ with # odd letters: naïve, 鉄'
question = "What if?"
case = {str(TOY)!r}
runs = 7
seed = 3
[horizon]
start = "2023Q1"
end = "2025Q4"
[[event]]
kind = "close_route"
route = "northern_pipe"
date = "2023Q2"
quarters = 2
intensity = {{ distribution = "uniform", low = 0.2, high = 0.6 }}
{WHY}
[[event]]
kind = "summit"
power = "NOR"
date = "2023Q3"
{WHY}
[[event]]
kind = "summit"
power = "NOR"
date = "2024Q3"
{WHY}
"""


@pytest.fixture(scope="module")
def design() -> Design:
    return load_design("dashboard")


def some_value(control: Control, draw: random.Random) -> Value:
    low: Any = control.low
    high: Any = control.high
    match control.kind:
        case "flag":
            return draw.random() < 0.5
        case "choice":
            return draw.choice(control.choices)
        case "whole":
            return draw.randint(low, high)
        case "quarter":
            return quarters.name(draw.randint(quarters.parse(low), quarters.parse(high)))
    return draw.uniform(low, high)


def some_state(name: str, design: Design, draw: random.Random) -> State:
    """A state with about a third of the controls moved, and perhaps another scenario added."""
    others = ["cpc_closure", "travel_ban_lifted", "war_ends"]
    if load_scenario(name).case != "central_asia":
        others = ["south_china_sea_crisis", "us_tariffs_on_rerouting"]
    added = tuple(draw.sample(others, draw.randint(0, 1)))
    state = replace(first_state(name, design), added=added, seed=draw.randint(0, 9))
    panel = open_panel(name, added, design)
    values = {
        key: some_value(control, draw)
        for key, control in panel.controls.items()
        if draw.random() < 0.35
    }
    for key in [key for key in values if key.endswith(".from")]:  # else one may pass the other
        values.pop(f"{key.removesuffix('from')}to", None)
    return replace(state, values=values)


def arrays(compiled: object, path: str = "") -> dict[str, np.ndarray]:
    """Every array and number of a world or a plan, by where it stands."""
    if isinstance(compiled, Mapping):
        parts = compiled.items()
    elif hasattr(compiled, "__dataclass_fields__"):
        parts = ((one.name, getattr(compiled, one.name)) for one in fields(compiled))  # type: ignore[arg-type,assignment]
    else:
        return {path: np.asarray(compiled)}
    return {
        key: array for name, part in parts for key, array in arrays(part, f"{path}/{name}").items()
    }


def assert_alike(one: Scenario, other: Scenario) -> None:
    """They compile to the same world and plan, to the last bit; or are refused alike."""
    case = load_case(one.case)
    found = []
    for scenario in (one, other):
        try:
            found.append(arrays(dict(enumerate(compile_plan(scenario, case, range(3), 5)))))
        except InputError:
            found.append({})
    assert found[0].keys() == found[1].keys()
    for key in found[0]:
        np.testing.assert_array_equal(found[0][key], found[1][key], err_msg=key)


# --------------------------------------------------------------------- the file of a state


@pytest.mark.parametrize("name", SHIPPED)
def test_the_file_of_a_state_says_what_its_scenario_is(
    name: str, design: Design, tmp_path: Path
) -> None:
    draw = random.Random(f"files, {name}")
    for number in range(2):
        state = some_state(name, design, draw)
        built = build(state, design)
        path = tmp_path / f"file_{number}.toml"
        path.write_text(to_toml(state, design), encoding="utf-8")
        saved = load_scenario(path)
        assert (saved.seed, saved.runs) == (state.seed, state.runs)
        assert saved.resolved() == built.resolved()
        assert_alike(saved, built)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_state_is_what_a_design_makes_of_the_same_values(name: str, design: Design) -> None:
    """Built without any text: the factors set by path, then what is switched off taken out."""
    draw = random.Random(f"designs, {name}")
    for _ in range(1):
        state = checked(some_state(name, design, draw), design)
        panel = open_panel(name, state.added, design)
        off = [panel.controls[key].path for key, value in state.values.items() if value is False]
        values: dict[str, Value] = {}
        for key, value in state.values.items():
            control = panel.controls[key]
            if control.path in off or any(control.path.startswith(f"{path}.") for path in off):
                continue
            if control.kind == "flag" and key.endswith(".on"):
                continue
            values[control.path] = value
            for follower in control.followers:
                assert follower.times == 1.0
                moved = value
                if follower.kind == "quarter":
                    moved = quarters.name(quarters.parse(str(value)) + int(follower.plus))
                values.setdefault(follower.path, moved)
        for key, value in state.values.items():  # what is moved itself goes before what follows
            path = panel.controls[key].path
            if path in values:
                values[path] = value
        built = build(state, design)
        varied = set_values(panel.scenario, panel.case, values).resolved()
        for table in ("event", "path"):
            gone = [find_entry(path, panel.scenario)[1] for path in off if path.startswith(table)]
            varied[table] = [one for at, one in enumerate(varied[table]) if at not in gone]
        assert_alike(validated(varied, Origin("varied")), built)


def test_nothing_moved_is_the_scenario_itself(design: Design) -> None:
    for name in ("baseline", "war_package", "five_bilateral_deals_2025"):
        assert_alike(build(first_state(name, design), design), load_scenario(name))


def test_a_file_holds_only_what_differs(design: Design) -> None:
    state = replace(first_state("cpc_closure", design), added=("travel_ban_lifted",), runs=50)
    values: dict[str, Value] = {
        "oil_price": 0.1,
        "close_route.CPC.date": "2027q2",
        "close_route.CPC.on": True,  # as it stands
        "deal.KAZ.USA.minerals.on": False,
        "deal.KAZ.USA.minerals.stake": 0.5,  # of what does not happen
    }
    text = to_toml(state.moved(values), design)
    written = tomllib.loads(text)
    assert written["extends"] == "cpc_closure"
    assert written["also"] == ["travel_ban_lifted"]
    assert written["without"] == ["event.deal.KAZ.USA.minerals"]
    assert written["change"] == {"event.close_route.CPC.date": "2027Q2"}
    assert [(one["driver"], one["change"]) for one in written["path"]] == [("oil", 0.1)]
    assert written["path"][0]["source"] == (
        "assumption: moved in the dashboard from 0 to 0.1 log points"
    )
    assert set(written) == {
        "title", "question", "extends", "also", "without", "runs", "seed", "change", "path",
    }  # fmt: skip
    assert "date: moved in the dashboard from 2026Q1 to 2027Q2\n" in text


def test_what_follows_a_control_moves_along(design: Design) -> None:
    state = first_state("war_ends", design)
    values: dict[str, Value] = {
        "russia_and_china_in_concert": 0.2,
        "path.sanctions.from": "2027Q1",
    }
    written = tomllib.loads(to_toml(state.moved(values), design))
    assert [(one["power"], one["other"], one["change"]) for one in written["path"]] == [
        (["RUS"], ["CHN"], 0.2),
        (["CHN"], ["RUS"], 0.2),
    ]
    before = next(one for one in load_scenario("war_ends").path if one.driver == "sanctions")
    length = before.to - before.from_  # type: ignore[union-attr,operator]
    assert written["change"] == {
        "path.sanctions.from": "2027Q1",
        "path.sanctions.to": quarters.name(quarters.parse("2027Q1") + length),
    }


def test_the_command_line_takes_the_file_and_gives_the_same_outcomes(
    design: Design, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = replace(first_state("baseline", design), added=("cpc_closure",), runs=20, seed=11)
    state = state.moved({"oil_price": -0.2, "close_route.CPC.quarters": 3.7})
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(state, design), encoding="utf-8")
    assert main(["scenarios", "check", str(path)]) == 0
    assert main(["scenarios", "show", str(path)]) == 0
    assert "event.close_route.CPC.quarters = 3.7 (not 2)" in capsys.readouterr().out
    done = [
        "batch",
        str(path),
        "-n",
        "12",
        "--no-pictures",
        "--parameters",
        "point",
        "--out",
        str(tmp_path / "batch"),
    ]
    assert main(done) == 0
    capsys.readouterr()
    saved = load(tmp_path / "batch").runs()
    built = build(state, design)
    world, plan = compile_plan(built, load_case(built.case), range(12), built.seed)
    *_, last = simulate(world, plan, built.seed, 0, 12)
    for prefix in ("autonomy", "output", "leverage"):
        names = columns(INDICATORS[prefix], world.names)
        found = saved.sort_values("run")[names].to_numpy().T
        np.testing.assert_allclose(found, last.measure(prefix).reshape(len(names), 12), rtol=1e-12)


def test_values_are_written_as_they_are_read() -> None:
    for value in (1e-300, 0.1, -1e22, 5e-324, 123456789.123456789, 4.0, 3, True, 'a"\\\x07\x7f\n☃'):
        assert tomllib.loads(assignment("a key", value)) == {"a key": value}
    assert tomllib.loads(assignment("list", ["a", "b"])) == {"list": ["a", "b"]}
    assert comment("one\ntwo\x00 = 3\u2028") == "# one two = 3"


# ------------------------------------------------------------------------------- controls


@pytest.mark.parametrize("name", SHIPPED)
def test_controls_hold_what_the_scenario_has(name: str, design: Design) -> None:
    panel = open_panel(name, (), design)
    if panel.scenario.case == "central_asia":  # of which the shipped design speaks
        assert panel.left_out == {}
    assert all("'RUS' is no " in why for why in panel.left_out.values())
    keys = list(panel.controls)
    assert keys[0] == "oil_price"
    groups = [control.group for control in panel.controls.values()]
    assert {"Drivers", "Behaviour"} <= set(groups)
    entries = [*panel.scenario.event, *panel.scenario.path]
    assert sum(key.endswith(".on") for key in keys) == len(entries)
    for control in panel.controls.values():
        assert control.label
        assert control.reason
        assert control.source
        assert (control.default is None) == bool(control.drawn)
        if control.kind in ("range", "whole"):
            assert control.low <= control.rest <= control.high  # type: ignore[operator]
            assert control.low < control.high  # type: ignore[operator]
            assert 0 < control.step < control.high - control.low  # type: ignore[operator]
        if control.kind == "quarter":
            low, rest, high = (
                quarters.parse(str(one)) for one in (control.low, control.rest, control.high)
            )
            assert low <= rest <= high


def test_a_control_of_what_is_drawn_fixes_it(design: Design) -> None:
    control = open_panel("cpc_closure", (), design).controls["close_route.CPC.intensity"]
    assert control.default is None
    assert control.drawn == "triangular(low 0.4, mode 0.8, high 1)"
    assert control.rest == pytest.approx(0.4 + np.sqrt(0.5 * 0.6 * 0.4))  # its median
    state = first_state("cpc_closure", design).moved({"close_route.CPC.intensity": control.rest})
    assert build(state, design).event[0].intensity == control.rest  # type: ignore[union-attr]


def test_a_parameter_that_each_run_draws_is_fixed_at_its_centre_too(design: Design) -> None:
    panel = open_panel("baseline", (), design)
    control, posterior = panel.controls["weight_of_stocks"], panel.case.posterior
    assert posterior is not None
    assert "stock_weight" in posterior.names
    assert (control.default, control.drawn) == (None, "the case's posterior")
    centre = next(
        row.number("value")
        for row in panel.case.table("parameters")
        if row["name"] == "stock_weight"
    )
    assert control.rest == centre
    state = first_state("baseline", design)
    fixed = checked(state.moved({"weight_of_stocks": control.rest}), design)
    assert fixed.values == {"weight_of_stocks": centre}
    assert from_query(to_query(fixed), design) == fixed
    assert tomllib.loads(to_toml(fixed, design))["parameters"] == {"stock_weight": centre}
    drawn, held = (
        compile_plan(build(one, design), panel.case, range(3), 5, posterior)[0].parameters
        for one in (state, fixed)
    )
    assert len(set(drawn.stock_weight)) == 3
    assert set(np.ravel(held.stock_weight)) == {centre}
    np.testing.assert_array_equal(drawn.fear_push, held.fear_push)


def test_a_parameter_that_the_scenario_sets_is_not_drawn(tmp_path: Path, design: Design) -> None:
    path = tmp_path / "set.toml"
    path.write_text(
        'title = "T"\nquestion = "Q?"\nextends = "baseline"\n[parameters]\nstock_weight = 0.5\n'
    )
    control = open_panel(str(path), (), design).controls["weight_of_stocks"]
    assert (control.default, control.drawn, control.rest) == (0.5, "", 0.5)


def test_controls_are_called_as_the_design_calls_them(design: Design) -> None:
    controls = open_panel("baseline", (), design).controls
    assert controls["russian_economy"].label == "Russian economy"
    assert controls["russia_and_china_in_concert"].label == "Russia and China in concert"
    assert controls["oil_price"].label == "Oil price"  # it has none: the name in words


def made(tmp_path: Path, text: str) -> Design:
    path = tmp_path / "mine.toml"
    head = 'title = "T"\nquestion = "Q?"\nscenario = "baseline"\nmode = "one_at_a_time"\n'
    path.write_text(head + text, encoding="utf-8")
    return load_design(path)


def test_factors_of_all_kinds_become_controls(tmp_path: Path) -> None:
    design = made(
        tmp_path,
        """
[constants]
"parameters.fear_push" = 2.0
[[factor]]
path = "switches.noise"
values = [true, false]
[[factor]]
name = "scenario horizon!"
path = "horizon.end"
low = "2030Q4"
high = "2034Q4"
[[factor]]
name = "runs_"
path = "parameters.deal_rate"
values = [0.5, 1.0, 2.0]
[[factor]]
name = "pin.me"
path = "driver.oil"
distribution = { distribution = "normal", mean = 0.0, sd = 0.1 }
steps = 3
[[factor]]
name = "membership"
path = "membership.powers"
values = ["RUS+CHN", "RUS+CHN+USA"]
[[factor]]
path = "event.close_route.CPC.date"
low = "2025Q1"
high = "2028Q1"
[[factor]]
name = "follows nothing"
path = "driver.sanctions"
same_as = "event.close_route.CPC.date"
""",
    )
    case = load_case("central_asia")
    found = {one.key: one for one in controls(load_scenario("baseline"), case, design)}
    assert list(found) == [
        "switches.noise", "scenario-horizon", "runs_", "control.pin.me", "membership",
    ]  # fmt: skip
    assert [one.kind for one in found.values()] == ["flag", "quarter", "choice", "range", "choice"]
    horizon = found["scenario-horizon"]
    assert (horizon.low, horizon.default, horizon.high) == ("2030Q4", "2035Q4", "2035Q4")
    assert found["runs_"].choices[1:] == (0.5, 1.0, 2.0)[1:] or 1.0 in found["runs_"].choices
    assert found["control.pin.me"].low == pytest.approx(-found["control.pin.me"].high)  # type: ignore[operator]
    out = open_panel("baseline", (), design).left_out
    assert out["parameters.fear_push"] == "is held by the design"
    assert "baseline has no event" in out["event.close_route.CPC.date"]
    assert out["follows nothing"] == "follows event.close_route.CPC.date, which is left out"
    state = first_state("baseline", design).moved(
        {"switches.noise": False, "scenario-horizon": "2031Q2", "membership": "RUS+CHN"}
    )
    built = build(state, design)
    assert not built.switches.noise
    assert quarters.name(built.end) == "2031Q2"
    assert built.membership.powers == ["RUS", "CHN"]
    assert from_query(to_query(checked(state, design)), design) == checked(state, design)
    refused = open_panel("cpc_closure", (), design).left_out["follows nothing"]
    assert "'follows nothing' is a number, but 'event.close_route.CPC.date' is a quarter" in refused
    text = '[[factor]]\npath = "event.close_route.CPC.date"\nlow = "2025Q1"\nhigh = "2028Q1"\n'
    with_closure = open_panel("cpc_closure", (), made(tmp_path, text)).controls
    first = with_closure["event.close_route.CPC.date"]
    assert (first.low, first.high, first.group) == ("2025Q1", "2028Q1", "What happens")
    assert "close_route.CPC.date" not in with_closure  # one place, one control


# ------------------------------------------------------------------------------ addresses


@pytest.fixture(scope="module")
def panel(design: Design) -> Panel:
    return open_panel("war_package", ("cpc_closure",), design)


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_an_address_gives_back_its_state(data: st.DataObject, panel: Panel, design: Design) -> None:
    def value(control: Control) -> st.SearchStrategy[Value]:
        low: Any = control.low
        high: Any = control.high
        if control.kind == "flag":
            return st.booleans()
        if control.kind == "quarter":
            return st.integers(quarters.parse(low), quarters.parse(high)).map(quarters.name)
        return st.floats(low, high)

    def state() -> State:
        keys = data.draw(st.sets(st.sampled_from(list(panel.controls))))
        return State(
            scenario="war_package",
            values={key: data.draw(value(panel.controls[key])) for key in sorted(keys)},
            added=("cpc_closure",),
            country=data.draw(st.sampled_from(list(panel.countries))),
            power=data.draw(st.sampled_from(list(panel.powers))),
            outcome=data.draw(st.sampled_from(["autonomy", "leverage", "route_volume"])),
            runs=data.draw(st.integers(1, 10_000)),
            seed=data.draw(st.integers(0, 2**70)),
        )

    found = checked(state(), design)
    if data.draw(st.booleans()):
        found = replace(found, pinned=checked(state(), design))
    text = to_query(found)
    assert from_query(text, design) == found
    assert from_query(f"?{text}", design, "war_ends") == found
    assert not set(text) - set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~%&=/:,"
    )


def test_an_address_is_short_and_what_it_leaves_out_stands_as_at_first(design: Design) -> None:
    state = first_state("baseline", design)
    assert from_query("", design) == state
    moved = state.moved({"oil_price": 0.3})
    assert to_query(moved.pin()) == (
        "scenario=baseline&oil_price=0.3&country=KAZ&power=RUS&outcome=autonomy&runs=1000"
        "&seed=2022&pin.scenario=baseline&pin.oil_price=0.3"
    )
    looked = from_query("scenario=cpc_closure&country=UZB&pin.scenario=baseline", design)
    assert looked.pinned == replace(state, country="UZB")
    assert looked.unpin().pinned is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scenario=cpc_closur", "scenario: there is no 'cpc_closur'; did you mean 'cpc_closure'?"),
        ("scenario=/etc/passwd", "scenario: there is no '/etc/passwd'"),
        ("add=war_end", "add: there is no scenario 'war_end'; did you mean 'war_ends'?"),
        ("add=war_ends&add=war_ends", "add: 'war_ends' is named twice"),
        ("oil_prise=1", "oil_prise: nothing of that name can be moved in baseline; did you mean "
         "'oil_price'? (can be moved: oil_price, "),
        ("contry=KAZ", "contry: nothing of that name can be moved in baseline; did you mean "
         "'country'?"),
        ("oil_price=1", "oil_price: found 1.0; allowed: -0.7 to 0.7"),
        ("oil_price=nan", "oil_price: found nan; allowed: -0.7 to 0.7"),
        ("oil_price=high", "oil_price: found 'high'; a number is needed, -0.7 to 0.7"),
        ("oil_price=", "oil_price: found ''; a number is needed"),
        ("oil_price=0.1&oil_price=0.2", "oil_price: is given 2 times; once is allowed"),
        ("country=KAZZ", "country: there is no country 'KAZZ'; did you mean 'KAZ'? (allowed: "),
        ("power=RU", "power: there is no power 'RU'; did you mean 'RUS'?"),
        ("outcome=autonmy", "outcome: there is no outcome 'autonmy'; did you mean 'autonomy'?"),
        ("runs=many", "runs: found 'many'; a whole number is needed"),
        ("runs=0", "runs: found 0; allowed: a whole number from 1 to 10,000"),
        ("runs=20001", "runs: found 20001; allowed: a whole number from 1 to 10,000; "
         "multivector batch plays more"),
        ("seed=-1", "seed: found -1; allowed: 0 or more"),
        ("country=%ff", "the address holds what is not UTF-8"),
        ("&".join(["a=1"] * 2001), "the address holds more than 2,000 keys"),
        ("scenario=cpc_closure&close_route.CPC.on=maybe", "close_route.CPC.on: found 'maybe'; "
         "allowed: on, off"),
        ("scenario=cpc_closure&close_route.CPC.date=soon", "close_route.CPC.date: found 'soon'; a "
         "quarter is needed, 2023Q1 to 2035Q4"),
        ("scenario=cpc_closure&close_route.CPC.date=2040Q1", "close_route.CPC.date: found 2040Q1; "
         "allowed: 2023Q1 to 2035Q4"),
        ("pin.oil_price=9", "what is pinned: oil_price: found 9.0; allowed: -0.7 to 0.7"),
    ],
)  # fmt: skip
def test_a_bad_address_is_told(text: str, message: str, design: Design) -> None:
    with pytest.raises(InputError) as caught:
        from_query(text, design)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_values_of_the_wrong_kind_are_told(design: Design) -> None:
    state = first_state("cpc_closure", design)
    for values, message in (
        ({"oil_price": True}, "oil_price: found True; a number is needed, -0.7 to 0.7"),
        ({"close_route.CPC.date": 2027}, "close_route.CPC.date: found 2027; a quarter is needed"),
        ({"close_route.CPC.on": 1}, "close_route.CPC.on: found 1; allowed: on, off"),
    ):
        with pytest.raises(InputError, match=message):
            build(state.moved(values), design)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is compared with nothing itself"):
        replace(state, pinned=state.pin())


# -------------------------------------------------------------------- other cases, other places


def test_a_scenario_of_another_case_by_its_path(
    design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / 'a "folder" & more'
    folder.mkdir()
    (folder / "naïve=1.toml").write_text(TOY_SCENARIO, encoding="utf-8")
    monkeypatch.chdir(folder)
    state = first_state("naïve=1.toml", design)
    panel = open_panel("./naïve=1.toml", (), design)
    assert state.scenario == panel.name == os.path.realpath("naïve=1.toml")
    assert "oil_price" in panel.controls
    assert "russian_economy" in panel.left_out
    assert set(panel.countries) == set(panel.case.build().names.countries)
    assert panel.addable == {}  # all that are known are about another case
    keys = [key for key in panel.controls if key.startswith("summit")]
    assert keys == [
        "summit.NOR.on", "summit.NOR.date", "summit.NOR.intensity",
        "summit.NOR.2.on", "summit.NOR.2.date", "summit.NOR.2.intensity",
    ]  # fmt: skip
    state = state.moved(
        {
            "oil_price": 0.1 + 0.2,
            "summit.NOR.on": False,
            "summit.NOR.2.intensity": 2.5,
            "close_route.northern_pipe.intensity": 0.5,
        }
    )
    text = to_query(state)
    assert from_query(text, design, "naïve=1.toml") == checked(state, design)
    with pytest.raises(InputError, match="scenario: there is no "):
        from_query(text, design)  # another's file is not opened by an address
    saved = tmp_path / "elsewhere" / "x.toml"
    saved.parent.mkdir()
    saved.write_text(to_toml(state, design), encoding="utf-8")
    monkeypatch.chdir(saved.parent)
    found = load_scenario("x.toml")
    assert [one.kind for one in found.event] == ["close_route", "summit"]
    assert found.event[1].intensity == 2.5  # type: ignore[union-attr]
    assert_alike(found, build(state, design))
    shutil.copy(saved, saved.parent / "again.toml")  # a downloaded file is a scenario as well
    again = first_state("again.toml", design)
    assert_alike(build(again, design), found)
    assert "summit.NOR.intensity" in open_panel("again.toml", (), design).controls


def test_a_path_to_a_known_scenario_is_its_name(design: Design) -> None:
    path = list_scenarios()["war_ends"]
    assert first_state(os.path.realpath(path), design).scenario == "war_ends"


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TOY_SCENARIO, encoding="utf-8")
    assert open_panel(str(path)).controls["close_route.northern_pipe.quarters"].default == 2.0
    path.write_text(TOY_SCENARIO.replace("quarters = 2", "quarters = 3"), encoding="utf-8")
    assert open_panel(str(path)).controls["close_route.northern_pipe.quarters"].default == 3.0


def test_scenarios_that_can_be_added_are_those_that_fit(design: Design) -> None:
    panel = open_panel("war_package", (), design)
    assert "cpc_closure" in panel.addable
    for there in ("war_package", "russia_distracted", "baseline"):
        assert there not in panel.addable
    both = open_panel("war_package", ("cpc_closure",), design)
    assert "cpc_closure" not in both.addable
    assert "close_route.CPC.on" in both.controls
