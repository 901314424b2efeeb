"""What the dashboard answers, its files and its address, without a browser."""

from __future__ import annotations

import io
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("dash", reason="the dashboard's extra is not installed")

from sim.cli import dashboard as command
from sim.cli.parsing import Parser
from sim.core.errors import InputError
from sim.experiment.design import load_design
from sim.experiment.live import Live
from sim.report.dashboard import desk, form
from sim.report.dashboard.address import from_query, to_query
from sim.report.dashboard.app import Application, dash_app
from sim.report.dashboard.controls import Control
from sim.report.dashboard.form import Slider
from sim.report.dashboard.layout import CAVEAT, CHARTS
from sim.report.dashboard.serve import Server, guarded, is_loopback
from sim.report.dashboard.state import LOOKED_AT
from tests.processes import hear_ctrl_c

RUNS = 40
COMMAND = [sys.executable, "-m", "sim.cli.main", "dashboard"]


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with Live(jobs=1) as live:
        yield Application(live, "cpc_closure", load_design("dashboard"), RUNS)


def opened(application: Application, search: str = "") -> dict[tuple[str, str], object]:
    return application.answer({"kind": "open", "n": 1, "page": "p", "search": search}, "")


def answers(application: Application, query: str) -> dict[str, object]:
    """What the form of a page says that was not touched."""
    state = application.opened(query)
    told = {
        name: str(getattr(state, name))
        for name in ("scenario", *LOOKED_AT, "outcome", "runs", "seed")
    }
    panel = application.desk.panel(state)
    for key, control in panel.controls.items():
        value = state.values.get(key)
        is_slider = control.kind in ("range", "whole", "quarter")
        moved = Slider(control).position(value) if is_slider and value is not None else value
        told[f"value.{key}"] = moved
    return told


def ask(
    application: Application, query: str, kind: str = "change", name: str = "", **moved: object
):
    said = answers(application, query) | moved
    asked = {"kind": kind, "n": 2, "page": "p", "form": said, "name": name}
    return application.answer(asked, query)


# Answers


def test_a_page_opens_with_all_its_parts(application: Application) -> None:
    found = opened(application)
    assert found["title", "children"] == "A six-month closure of the CPC pipeline"
    assert "scenario=cpc_closure" in found["query", "data"]
    assert f"runs={RUNS}" in found["query", "data"]
    assert all(found[name, "figure"]["data"] for name in CHARTS if name != "difference")
    assert "Nothing is compared" in found["difference-says", "children"]
    assert (
        f"{RUNS} runs, seed 2022, 2023Q1 to 2035Q4; nothing changed" in found["status", "children"]
    )
    assert found["message", "children"] == ""
    assert "probability of an event" in CAVEAT
    told = " ".join(str(value) for value in found.values()).lower()
    assert "probability" not in told


def test_a_moved_control_moves_numbers_and_address(application: Application) -> None:
    before = opened(application)
    query = before["query", "data"]
    state = from_query(query, application.design)
    control = application.desk.panel(state).controls["close_route.CPC.intensity"]
    last = len(Slider(control).values) - 1
    found = ask(application, query, **{"value.close_route.CPC.intensity": last})
    assert "close_route.CPC.intensity=1" in found["query", "data"]
    assert ("form", "children") not in found  # what the user holds is not drawn anew
    assert "1 changed" in found["status", "children"]
    assert found["fan", "figure"] != before["fan", "figure"]
    assert "of runs lie above" in found["difference-says", "children"]


def test_the_table_is_paired_run_by_run(application: Application) -> None:
    state = from_query(
        f"scenario=cpc_closure&close_route.CPC.quarters=8&runs={RUNS}", application.design
    )
    view = application.desk.show(state).view
    name = "autonomy.KAZ"
    row = next(one for one in view.rows() if one.column == name)
    with Live(jobs=1) as live:
        other = Application(live, "cpc_closure", None, RUNS)
        plain = replace(state, values={})
        before = other.desk.show(plain).view.present.last(name)
    present = view.present.last(name)
    gap = present - before
    assert row.median == np.median(present)
    assert (row.low, row.high) == tuple(np.quantile(present, [0.05, 0.95]))
    assert row.difference == pytest.approx(gap.mean(), rel=1e-12)
    assert row.error == pytest.approx(pd.Series(gap).sem(), rel=1e-12)
    assert row.above == (gap > 0).mean()
    assert row.difference != 0


def test_runs_that_end_where_those_of_the_baseline_do_are_told(application: Application) -> None:
    query = f"outcome=route_volume&route=CPC&close_route.CPC.quarters=8&runs={RUNS}"
    view = application.desk.show(from_query(query, application.design, "cpc_closure")).view
    gap = view.present.last("route_volume.CPC") - view.baseline.last("route_volume.CPC")
    row = view.row("route_volume.CPC")
    assert row.equal == (gap == 0).mean()
    assert 0.2 < row.equal < 0.8  # the pipeline is full in many runs of both
    told = f"{100 * row.equal:.0f} %"
    assert view.cells(row)[-1].endswith(f" ({told} equal)")
    assert f"; {told} of runs end where it does; the mean" in view.difference_says()
    same = replace(row, difference=0.0, error=0.0, above=0.0, equal=1.0)
    assert view.cells(same)[-2:] == ["0", "all equal"]


def test_one_run_has_no_standard_error(application: Application) -> None:
    query = "close_route.CPC.quarters=8&runs=1"
    view = application.desk.show(from_query(query, application.design, "cpc_closure")).view
    assert "±" not in view.cells(view.row("autonomy.KAZ"))[-2]
    assert view.difference_says().endswith(", and one run has no standard error.")


def test_pinning_keeps_a_setting_and_unpinning_lets_go(application: Application) -> None:
    query = opened(application, "?close_route.CPC.quarters=8")["query", "data"]
    pinned = ask(application, query, "pin")
    assert pinned["compared", "children"] == "The present setting is the baseline."
    state = from_query(pinned["query", "data"], application.design)
    assert dict(state.pinned.values) == {"close_route.CPC.quarters": 8.0}
    moved = ask(application, pinned["query", "data"], **{"value.close_route.CPC.quarters": None})
    assert "1 changed" in moved["compared", "children"]
    let_go = ask(application, moved["query", "data"], "unpin")
    assert "pin." not in let_go["query", "data"]


def test_a_scenario_is_compared_with_what_it_extends(application: Application) -> None:
    query = opened(application)["query", "data"]
    found = ask(application, query, "base")
    assert "pin.scenario=baseline" in found["query", "data"]
    assert "Baseline: the world of late 2022" in found["compared", "children"]
    bare = ask(application, opened(application, "?scenario=baseline")["query", "data"], "base")
    assert bare["message", "children"] == (
        "baseline extends no other scenario; pin a setting instead"
    )


def test_another_scenario_keeps_what_is_looked_at(application: Application) -> None:
    query = opened(application, "?country=UZB&power=CHN&outcome=fear")["query", "data"]
    found = ask(application, query, scenario="war_ends")
    state = from_query(found["query", "data"], application.design)
    assert (state.scenario, state.country, state.power, state.outcome) == (
        "war_ends", "UZB", "CHN", "fear"
    )  # fmt: skip
    assert ("form", "children") in found


def test_events_of_another_scenario_are_added_and_removed(application: Application) -> None:
    query = opened(application)["query", "data"]
    found = ask(application, query, "add", "war_ends")
    assert "add=war_ends" in found["query", "data"]
    assert "path.distraction.RUS" in str(found["form", "children"])
    back = ask(application, found["query", "data"], "remove", "war_ends")
    assert "add=" not in back["query", "data"]


def test_what_cannot_be_is_said_and_changes_nothing(application: Application) -> None:
    query = opened(application)["query", "data"]
    for moved, message in (
        ({"runs": "many"}, "runs: found 'many'; a whole number is needed"),
        ({"runs": "0"}, "runs: found 0; allowed: a whole number from 1 to 10,000"),
        (
            {"scenario": "cpc_closur"},
            "there is no scenario 'cpc_closur'; did you mean 'cpc_closure'?",
        ),
    ):
        found = ask(application, query, **moved)
        assert message in found["message", "children"]
        assert set(found) == {("answer", "data"), ("message", "children")}


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("?scenario=nowhere", "nowhere"),
        ("?oil=3", "oil"),
        ("?country=XXX", "there is no country 'XXX'"),
        ("?close_route.CPC.intensity=7", "found 7"),
        ("?scenario=/etc/passwd", "/etc/passwd"),
        ("?outcome=route_volume&route=CPX", "route: there is no route 'CPX'; did you mean 'CPC'?"),
        ("?runs=10001", "allowed: a whole number from 1 to 10,000; multivector batch plays more"),
    ],
)
def test_an_address_that_cannot_be_opens_the_page_all_the_same(
    application: Application, search: str, message: str
) -> None:
    found = opened(application, search)
    assert message in found["message", "children"]
    assert "root:" not in found["message", "children"]  # nothing of a file of this machine
    assert found["message", "children"].startswith(
        "This address cannot be shown, and the page opens as if it had none. "
    )
    assert found["fan", "figure"]["data"]


def test_a_message_does_not_repeat_an_address_of_any_length(application: Application) -> None:
    told = opened(application, f"?add={'x' * 20_000}")["message", "children"]
    assert "add: there is no scenario 'xxx" in told
    assert len(told) < 2200


@pytest.mark.parametrize("outcome", ["autonomy", "imposed", "deals_gini", "cohesion", "gdp_usd"])
def test_every_kind_of_outcome_is_shown(application: Application, outcome: str) -> None:
    found = opened(application, f"?outcome={outcome}&scenario=war_ends")
    assert found["message", "children"] == ""
    assert found["fan", "figure"]["data"]


@pytest.mark.parametrize(
    ("asked", "column", "words"),
    [
        ("route_volume&route=CPC", "route_volume.CPC", "Route volume, "),
        ("route_capacity", "route_capacity.CPC", "Route capacity, "),
        ("exposure&channel=labour", "exposure.KAZ.labour", "Exposure, Kazakhstan, "),
        ("channel_leverage&channel=trade", "channel_leverage.KAZ.RUS.trade",
         "Channel leverage, Kazakhstan and Russia, "),
        ("realised_by_sector&sector=nuclear", "realised_by_sector.RUS.nuclear",
         "Realised by sector, Russia, "),
        ("vote_yes&text=sovereignty", "vote_yes.sovereignty.KAZ", "Vote yes, Kazakhstan, "),
    ],
)  # fmt: skip
def test_outcomes_of_routes_channels_sectors_and_texts_are_shown(
    application: Application, asked: str, column: str, words: str
) -> None:
    found = opened(application, f"?outcome={asked}&runs=4")
    assert found["message", "children"] == ""
    state = application.opened(found["query", "data"])
    view = application.desk.show(state).view
    assert view.column == column
    name = view.words(view.outcome)
    assert name.startswith(words)
    assert not any(code in name for code in column.split(".")[1:] if code.isupper())
    assert list(found["fan", "figure"]["data"][-1]["y"]) == pytest.approx(
        np.median(view.present.path(column), axis=1),
        rel=1e-5,  # the page is sent six digits
    )
    assert to_query(state) == found["query", "data"]
    assert set(view.quarters_table()["outcome"]) >= {column}


def test_the_unit_of_a_route_is_its_own(application: Application) -> None:
    found = opened(application, "?outcome=route_volume&route=CPC&runs=4")
    assert found["fan-meaning", "children"].endswith("[Mt a year].")


def test_what_an_outcome_is_about_can_be_chosen_where_it_has_any(application: Application) -> None:
    def hidden(query: str) -> dict[str, bool]:
        state = application.opened(query)
        return choosers(form.draw(application.desk.panel(state), state, application.scenarios))

    every = {"route", "channel", "sector", "text"}
    assert hidden("outcome=autonomy") == dict.fromkeys(every, True)
    assert hidden("outcome=route_volume") == dict.fromkeys(every, True) | {"route": False}
    query = opened(application, "?outcome=route_volume&route=CPC")["query", "data"]
    assert "outcome=route_volume" in query
    assert "route=CPC" in query
    found = ask(application, query, route="ATYRAU_SAMARA")
    assert "route=ATYRAU_SAMARA" in found["query", "data"]
    found = ask(application, found["query", "data"], outcome="autonomy")
    assert "route=" not in found["query", "data"]  # equal pictures, equal addresses


def choosers(drawn: list[object]) -> dict[str, bool]:
    """Whether those of the further axes are hidden."""
    found: dict[str, bool] = {}

    def walk(node: object) -> None:
        axis = getattr(node, "data-axis", None)
        if axis is not None:
            found[axis] = node.hidden
        for child in node if isinstance(node, list) else [getattr(node, "children", None)]:
            if child is not None and not isinstance(child, str):
                walk(child)

    walk(drawn)
    return found


def test_a_case_of_other_actors_is_shown(tmp_path: Path) -> None:
    case = Path(__file__).parents[2] / "data" / "toy_case"
    path = tmp_path / "calm.toml"
    path.write_text(
        f"""
        title = "Calm"
        question = "What if nothing new happens?"
        case = "{case.as_posix()}"
        [horizon]
        start = "2023Q1"
        end = "2023Q4"
        """
    )
    with Live(jobs=1) as live:
        other = Application(live, str(path), None, 10)
        found = opened(other)
        assert (found["message", "children"], found["title", "children"]) == ("", "Calm")
        assert found["timeline", "figure"]["data"]
        again = opened(other, "?" + found["query", "data"])  # the one file that a page may name
        assert again["message", "children"] == ""
        query = found["query", "data"]
        moved = ask(other, query, outcome="cohesion")
        assert moved["message", "children"] == ""
        _, text = other.file("quarters", query)
        assert set(pd.read_csv(io.StringIO(text))["quarter"]) == {
            "2023Q1", "2023Q2", "2023Q3", "2023Q4"
        }  # fmt: skip
        shipped = ask(other, query, scenario="war_ends")  # another case altogether
        assert shipped["message", "children"] == ""


def test_no_more_is_held_than_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with Live(jobs=1) as live:
        own = Application(live, "cpc_closure", load_design("dashboard"), 2)
        opened(own)
        one = sum(held.nbytes for held in own.desk._held.values())
        outcomes = next(iter(own.desk._held.values()))
        assert one > len(outcomes.columns) * outcomes.quarters * 2 * 8  # and the events
        monkeypatch.setattr(desk, "MOST_BYTES", 3 * one)
        for place in range(5):
            found = opened(own, f"?runs=2&oil_price=0.{place + 1}")
            assert found["message", "children"] == ""
        assert len(own.desk._held) == 2  # the last one and its baseline
        assert {held.scenario for held in own.desk._held.values()} == {
            "cpc_closure", "cpc_closure_changed"
        }  # fmt: skip
        found = ask(own, opened(own)["query", "data"], runs="9")
        each = len(outcomes.columns) * outcomes.quarters * 8
        assert found["message", "children"] == (
            f"runs: found 9; each takes {each / 1000:,.0f} kB with this outcome over 52 quarters, "
            f"so there is room for {3 * one // 2 // each} beside a baseline; multivector batch "
            "plays more"
        )


def test_one_run_is_shown_without_warnings(application: Application) -> None:
    found = opened(application, "?runs=1&close_route.CPC.quarters=8")
    assert found["message", "children"] == ""
    assert found["status", "children"].startswith("1 run, ")


# The form


def control(**more: object) -> Control:
    given = {
        "key": "one", "path": "parameters.one", "label": "One", "group": "Behaviour", "unit": "",
        "kind": "range", "low": 0.0, "high": 1.0, "step": 0.1, "log": False, "choices": (),
        "followers": (), "default": 0.37, "drawn": "", "rest": 0.37, "reason": "", "source": "",
    }  # fmt: skip
    return Control(**(given | more))


def test_a_slider_rests_at_the_very_value_of_the_scenario() -> None:
    slider = Slider(control())
    assert slider.values == [0, 0.1, 0.2, 0.3, 0.37, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert slider.rest == 4
    assert slider.texts[3:5] == ["0.3", "0.37"]


def test_a_slider_from_an_odd_value_stops_at_round_ones() -> None:
    slider = Slider(control(low=0.0299, high=0.19, step=0.05, rest=0.1, default=0.1))
    assert slider.values == [0.0299, 0.1, 0.15, 0.19]
    assert len(set(slider.texts)) == len(slider.texts)


def test_a_slider_of_a_wide_range_steps_by_factors() -> None:
    slider = Slider(control(low=0.5, high=2.0, log=True, default=1.0, rest=1.0))
    assert (slider.values[0], slider.values[-1]) == (0.5, 2.0)
    assert slider.values[slider.rest] == 1.0
    ratios = np.diff(np.log(np.array(slider.values, dtype=float)))
    assert ratios == pytest.approx(np.log(4) / 100, rel=0.05)


def test_a_slider_of_quarters_and_of_whole_numbers() -> None:
    quarters = Slider(control(kind="quarter", low="2024Q3", high="2025Q2", rest="2025Q1"))
    assert quarters.values == ["2024Q3", "2024Q4", "2025Q1", "2025Q2"]
    assert quarters.rest == 2
    whole = Slider(control(kind="whole", low=1, high=8, step=2, rest=3))
    assert whole.values == [1, 3, 5, 7, 8]


def test_a_value_between_two_positions_is_kept_until_it_is_moved(application: Application) -> None:
    query = opened(application, "?oil_price=0.12345")["query", "data"]
    found = ask(application, query, country="UZB")
    assert "oil_price=0.12345" in found["query", "data"]
    text = str(found | opened(application, "?oil_price=0.12345"))
    assert "0.1235" in text or "0.1234" in text


def test_every_input_has_a_label(application: Application) -> None:
    state = from_query("scenario=war_ends", application.design)
    parts = form.draw(application.desk.panel(state), state, application.scenarios)
    labelled, inputs = set(), set()

    def walk(node: object) -> None:
        kind = type(node).__name__
        if kind == "Label":
            labelled.add(node.htmlFor)
        elif kind in ("Input", "Select"):
            inputs.add(node.id)
        for child in node if isinstance(node, list) else [getattr(node, "children", None)]:
            if child is not None and not isinstance(child, str):
                walk(child)

    walk(parts)
    assert inputs
    assert inputs == labelled


# Files


def test_the_data_say_run_count_and_seed(application: Application) -> None:
    query = f"scenario=cpc_closure&close_route.CPC.quarters=8&runs={RUNS}"
    name, text = application.file("runs", query)
    assert name == f"cpc_closure_runs_{RUNS}_runs_seed_2022.csv"
    table = pd.read_csv(io.StringIO(text))
    assert list(table["setting"].unique()) == ["present", "baseline"]
    assert (table["runs"] == RUNS).all()
    assert (table["seed"] == 2022).all()
    assert (table["quarter"] == "2035Q4").all()
    _, text = application.file("quarters", query)
    by_quarter = pd.read_csv(io.StringIO(text))
    last = by_quarter[
        (by_quarter["setting"] == "present")
        & (by_quarter["quarter"] == "2035Q4")
        & (by_quarter["outcome"] == "autonomy.KAZ")
    ].iloc[0]
    ends = table.loc[table["setting"] == "present", "autonomy.KAZ"]
    assert last["q50"] == pytest.approx(ends.median())
    assert last["mean"] == pytest.approx(ends.mean())
    assert last["unit"] == "0 to 1"


def test_the_scenario_file_is_named_after_what_it_changes(application: Application) -> None:
    name, text = application.file("toml", "scenario=cpc_closure&close_route.CPC.quarters=8")
    assert name == "cpc_closure_changed.toml"
    assert 'extends = "cpc_closure"' in text


def test_an_address_is_the_whole_of_a_state(application: Application) -> None:
    state = from_query("?scenario=cpc_closure&close_route.CPC.quarters=8", application.design)
    assert from_query(to_query(state), application.design) == state


# The server and the command


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"--port: {port} is in use on 127.0.0.1"):
            Server(lambda *_: [], "127.0.0.1", port)


def test_ports_and_hosts_that_cannot_be_are_told() -> None:
    with pytest.raises(InputError, match="--port: found 70000; allowed: 0 to 65535"):
        Server(lambda *_: [], "127.0.0.1", 70000)
    with pytest.raises(InputError, match="--host: "):
        Server(lambda *_: [], "no.such.host.invalid", 0)


def test_which_hosts_only_this_machine_reaches() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "localhost", "::1", "127.8.9.1")))
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.1.2", "example.org", "::")))


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1", {"Host": "127.0.0.1:8050"}, 200),
        ("127.0.0.1", {"Host": "localhost:9000"}, 200),  # a tunnel's port
        ("localhost", {"Host": "[::1]:8050"}, 200),
        ("127.0.0.1", {"Host": "elsewhere.example:8050"}, 403),  # its name made to lead here
        ("127.0.0.1", {"Host": "127.0.0.1.elsewhere.example"}, 403),
        ("127.0.0.1", {"Host": "[::1"}, 403),
        ("0.0.0.0", {"Host": "desk.example:8050"}, 200),
        ("127.0.0.1", {"Host": "localhost", "Origin": "http://localhost"}, 200),
        ("127.0.0.1", {"Host": "localhost", "Origin": "http://elsewhere.example"}, 403),
        ("127.0.0.1", {"Host": "localhost:8050", "Origin": "http://localhost:3000"}, 403),
        ("127.0.0.1", {"Host": "localhost", "Origin": "null"}, 403),
        ("0.0.0.0", {"Host": "desk.example", "Origin": "http://elsewhere.example"}, 403),
    ],
)
def test_pages_of_other_sites_are_refused(host: str, headers: dict[str, str], status: int) -> None:
    from werkzeug.test import Client

    def application(_: object, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"secret"]

    answer = Client(guarded(application, host)).post("/", headers=headers)
    assert answer.status_code == status
    assert (answer.text == "secret") == (status == 200)
    if status == 200:
        assert answer.headers["Content-Security-Policy"].startswith("frame-ancestors 'self' ")
    else:
        assert answer.text.startswith("Refused: ")


def test_nothing_is_loaded_from_elsewhere(application: Application) -> None:
    page = dash_app(application).server.test_client().get("/").get_data(as_text=True)
    assert "https://" not in page
    assert "http://www.w3.org/2000/svg" in page  # the name of a format, in the page's own picture
    assert page.count("http://") == page.count("http://www.w3.org/2000/svg")


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "waitress", None)  # as if it were not installed
    top = Parser(prog="multivector")
    command.add(top)
    given = top.parse(["dashboard"])
    told = (
        "the dashboard needs Waitress, which is not installed; "
        r'pip install "multivector\[dashboard\]"'
    )
    with pytest.raises(InputError, match=told):
        given.act(given)


@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_a_host_that_others_reach_is_warned_of(
    host: str, warned: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Server, "serve", lambda self: None)
    top = Parser(prog="multivector")
    command.add(top)
    given = top.parse(
        ["dashboard", "--host", host, "--port", "0", "--jobs", "1", "--runs", "2", "--no-browser",
         "--design", "none"]
    )  # fmt: skip
    assert given.act(given) == 0
    told = capsys.readouterr()
    assert ("0.0.0.0 can be reached from other machines" in told.err) == warned
    assert told.out.startswith("Dashboard at http://127.0.0.1:")


def test_ctrl_c_ends_the_dashboard_and_its_workers() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--jobs", "2", "--runs", "20", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    line = process.stdout.readline()
    assert line.startswith("Dashboard at http://127.0.0.1:"), process.stderr.read()
    with urllib.request.urlopen(line.split()[2], timeout=60) as page:
        assert page.status == 200
    workers = _children(process.pid)
    assert len(workers) >= 2
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.strip() == "Dashboard ended."
    assert err == ""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and any(map(_runs, workers)):
        time.sleep(0.05)
    assert not any(map(_runs, workers))


def _children(parent: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True
    )
    return [int(pid) for pid in found.stdout.split()]


def _runs(pid: int) -> bool:
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(found.stdout.strip()) and "Z" not in found.stdout
