"""Runs in processes that stay: a batch's numbers, whoever is killed, superseded or closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, Moment
from sim.core.streams import Streams
from sim.experiment import live as module
from sim.experiment.batch import batch
from sim.experiment.kept_draws import KeptDraws
from sim.experiment.live import Held, Live, Superseded, WorkerLost
from sim.experiment.result import Result
from sim.scenario import Scenario, load_scenario
from tests.experiment.conftest import CASE
from tests.processes import hear_ctrl_c

ROOT = Path(__file__).parents[2]
OUTCOMES = ["autonomy", "alignment", "route_volume", "cohesion"]
SEED = 11
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(CASE)


@pytest.fixture(scope="module")
def shock(scenarios: list[Path]) -> Scenario:
    """A scenario with a parameter that differs from run to run."""
    return load_scenario(scenarios[1])


@pytest.fixture(scope="module")
def calm(scenarios: list[Path]) -> Scenario:
    return load_scenario(scenarios[0])


@pytest.fixture(scope="module")
def one() -> Iterator[Live]:
    with Live(jobs=1) as live:
        yield live


@pytest.fixture(scope="module")
def two() -> Iterator[Live]:
    with Live(jobs=2) as live:
        yield live


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many pieces as thousands of runs have."""
    monkeypatch.setattr(module, "_CHUNK", 5)


@pytest.fixture(scope="module")
def stored(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Result:
    """37 runs of both scenarios."""
    out = tmp_path_factory.mktemp("stored") / "out"
    return batch(scenarios, runs=37, seed=SEED, out=out, trajectories=OUTCOMES)


def assert_stored(held: Held, stored: Result, scenario: str, runs: int) -> None:
    """Hold what is held against what is stored: last bits, order, kinds of columns."""

    def first(table: pd.DataFrame) -> pd.DataFrame:
        chosen = (table["scenario"] == scenario) & (table["run"] < runs)
        return table[chosen].reset_index(drop=True)

    columns = held.columns
    pd.testing.assert_frame_equal(held.frame(), first(stored.runs(columns)), check_exact=True)
    trajectories = first(stored.trajectories(columns))
    pd.testing.assert_frame_equal(held.trajectories(), trajectories, check_exact=True)
    pd.testing.assert_frame_equal(held.events(), first(stored.events()), check_exact=True)
    for column in columns:
        expected = trajectories[column].to_numpy().reshape(runs, held.quarters).T
        np.testing.assert_array_equal(held.path(column).astype(np.float32), expected)
        np.testing.assert_array_equal(held.last(column), held.frame()[column])


def processes(live: Live) -> list[int]:
    return [int(hand._process.pid or 0) for hand in live._hands]


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


# The numbers


@pytest.mark.parametrize("runs", [1, 2, 3, 12, 37])
def test_what_is_held_is_what_a_batch_stores(
    one: Live,
    two: Live,
    small_chunks: None,
    case: Case,
    calm: Scenario,
    shock: Scenario,
    stored: Result,
    runs: int,
) -> None:
    for live in (one, two):
        for scenario in (calm, shock, calm):  # the third finds its draws kept
            held = live.run(scenario, case, runs, SEED, OUTCOMES)
            assert (held.scenario, held.runs, held.seed) == (scenario.name, runs, SEED)
            assert (held.start, held.quarters) == (4 * 2023, 4)
            assert_stored(held, stored, scenario.name, runs)


def test_the_shipped_case_with_its_posterior(two: Live, tmp_path: Path) -> None:
    """Two scenarios of which one has more events; parameters as a batch takes them."""
    names = ["baseline", "cpc_closure"]
    stored = batch(names, runs=9, seed=3, out=tmp_path / "out", trajectories=OUTCOMES)
    loaded = [load_scenario(name) for name in names]
    case = load_case(loaded[0].case)
    for scenario in loaded:
        assert_stored(two.run(scenario, case, 9, 3, OUTCOMES), stored, scenario.name, 9)
    point = two.run(loaded[0], case, 9, 3, ["cohesion"], parameters="point")
    assert (
        point.last("cohesion") != two.run(loaded[0], case, 9, 3, ["cohesion"]).last("cohesion")
    ).all()


def test_seed_and_settings_change_the_numbers(one: Live, case: Case, calm: Scenario) -> None:
    first = one.run(calm, case, 5, 1, ["fear"])
    column = first.columns[0]
    other = one.run(calm, case, 5, 2, ["fear"])
    assert (first.last(column) != other.last(column)).any()
    changed = replace_parameter(calm, "fear_push", 6.0)
    moved = one.run(changed, case, 5, 1, ["alignment"])
    still = one.run(calm, case, 5, 1, ["alignment"])
    assert any((moved.last(one) != still.last(one)).any() for one in moved.columns)


def replace_parameter(scenario: Scenario, name: str, value: float) -> Scenario:
    return scenario.model_copy(update={"parameters": {**scenario.parameters, name: value}})


def test_columns_come_in_the_usual_order_and_cannot_be_written_to(
    one: Live, case: Case, calm: Scenario
) -> None:
    held = one.run(calm, case, 3, SEED, ["cohesion", "autonomy"])
    assert held.columns == ["autonomy.AVA", "autonomy.BOR", "autonomy.CIM", "cohesion"]
    assert held.names.countries == ("AVA", "BOR", "CIM")
    assert held.path("cohesion").shape == (4, 3)
    with pytest.raises(ValueError, match="read-only"):
        held.path("cohesion")[0] = 0.0


# Draws that are kept


def test_kept_draws_are_the_draws() -> None:
    kept = KeptDraws()
    fresh, again = Streams(5), kept(5)
    wanted = np.array([[0, 5], [7, 11]])
    for asked in (("a", 1, 0, 4, (3, 4)), ("a", 1, 0, 4, (3, 4), wanted), ("a", 2, 4, 3, ())):
        for kind in ("uniform", "normal"):
            expected = getattr(fresh, kind)(*asked)
            first = getattr(again, kind)(*asked)
            np.testing.assert_array_equal(first, expected)
            assert getattr(kept(5), kind)(*asked) is first
            assert not first.flags.writeable
            assert (getattr(kept(6), kind)(*asked) != expected).all()


def test_kept_draws_stay_within_their_bound() -> None:
    """Room for two arrays of ten: what was of no use for two rounds makes room."""
    kept = KeptDraws(most_bytes=160)
    streams = kept(1)

    def draw(decision: str) -> Any:
        return streams.uniform(decision, 0, 0, 10, ())

    kept.begin_round()
    first, second, third = draw("a"), draw("b"), draw("c")
    assert kept.held_bytes == 160
    assert draw("a") is first
    assert draw("b") is second
    assert draw("c") is not third
    np.testing.assert_array_equal(draw("c"), third)
    kept.begin_round()
    assert draw("b") is second
    assert draw("c") is not third  # a was of use in the round before
    kept.begin_round()
    assert draw("c") is draw("c")  # in the place of a
    assert draw("b") is second
    assert draw("a") is not first
    assert kept.held_bytes == 160
    assert streams.uniform("large", 0, 0, 21, ()).shape == (21,)
    assert kept.held_bytes == 160


def test_a_move_draws_nothing_anew(
    case: Case, calm: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = 0
    real = Streams.uniform

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal drawn
        drawn += 1
        return real(*arguments, **options)

    monkeypatch.setattr(Streams, "uniform", counted)
    with Live(jobs=1) as live:
        live.run(calm, case, 4, SEED, ["cohesion"])
        before = drawn
        live.run(replace_parameter(calm, "fear_push", 6.0), case, 4, SEED, ["cohesion"])
    assert before > 0
    assert drawn == before


# What cannot be used


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"outcomes": ["autonmy"]}, "there is no outcome 'autonmy'; did you mean 'autonomy'"),
        ({"outcomes": []}, "outcomes: found none; at least one is needed"),
        ({"runs": 0}, "runs: found 0; allowed: 1 or more"),
        ({"runs": 10**12}, "runs: found 1000000000000; allowed: 10,000,000 or fewer"),
        ({"seed": -1}, "seed: found -1; allowed: 0 or more"),
        ({"parameters": "posteriour"}, "parameters: found 'posteriour'|did you mean 'posterior'"),
    ],
)
def test_arguments_are_checked(
    one: Live, two: Live, case: Case, calm: Scenario, changed: dict[str, Any], message: str
) -> None:
    given = {"runs": 3, "seed": 1, "outcomes": ["cohesion"], **changed}
    for live in (one, two):
        with pytest.raises(InputError, match=message):
            live.run(calm, case, **given)
        assert live.run(calm, case, 2, 1, ["cohesion"]).runs == 2


def test_an_outcome_that_was_not_asked_for(one: Live, case: Case, calm: Scenario) -> None:
    held = one.run(calm, case, 2, 1, ["autonomy"])
    with pytest.raises(InputError, match=r"calm: no outcome 'autonomy.AVE' is held.*autonomy.AVA"):
        held.path("autonomy.AVE")


def test_a_scenario_that_does_not_compile(one: Live, two: Live, case: Case, calm: Scenario) -> None:
    wrong = replace_parameter(calm, "fear_pusch", 1.0)
    for live in (one, two):
        with pytest.raises(InputError, match="fear_pusch"):
            live.run(wrong, case, 3, 1, ["cohesion"])


def test_a_world_that_contradicts_itself_in_some_run(
    one: Live, two: Live, small_chunks: None, case: Case, scenarios: list[Path], tmp_path: Path
) -> None:
    """It is a worker that finds out, and the others stop."""
    wild = tmp_path / "wild.toml"
    position = '[[attribute]]\nname = "position"\ncountry = "AVA"\n'
    drawn = '{ distribution = "choice", values = [0.0, 1.0], weights = [97, 3] }'
    wild.write_text(
        'title = "Wild"\nquestion = "Where does the first stand?"\n'
        f'extends = "{scenarios[0].as_posix()}"\n{position}value = {drawn}\n',
        encoding="utf-8",
    )
    for live in (one, two):
        with pytest.raises(InputError, match="the observed position of AVA and the leverage"):
            live.run(load_scenario(wild), case, 100, SEED, ["cohesion"])
        assert live.run(load_scenario(scenarios[0]), case, 3, SEED, ["cohesion"]).runs == 3


def test_an_outcome_that_is_not_finite(
    one: Live, case: Case, calm: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = INDICATORS["cohesion"]

    def holed(moment: Moment) -> Any:
        values = whole.formula(moment).copy()
        values[..., 1] = float("nan")
        return values

    monkeypatch.setitem(INDICATORS, "cohesion", replace(whole, formula=holed))
    with pytest.raises(InputError, match="calm: cohesion is not finite in run 1; its settings are"):
        one.run(calm, case, 3, 1, ["cohesion"])


def test_a_script_without_a_guard_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    process = module.multiprocessing.current_process()
    monkeypatch.setattr(process, "_inheriting", True, raising=False)  # as in a starting worker
    with pytest.raises(InputError, match="call Live below"):
        Live(jobs=2)


@pytest.mark.parametrize(("jobs", "found"), [(0, "found 0"), (100_000, "found 100000")])
def test_a_number_of_processes_that_makes_no_sense(jobs: int, found: str) -> None:
    with pytest.raises(InputError, match=f"jobs: {found}; allowed"):
        Live(jobs)


# Processes that are killed


def test_a_process_killed_between_calls_is_started_again(
    two: Live, case: Case, shock: Scenario, stored: Result
) -> None:
    two.run(shock, case, 12, SEED, OUTCOMES)
    before = processes(two)
    kill(before[0])
    assert_stored(two.run(shock, case, 12, SEED, OUTCOMES), stored, "shock", 12)
    after = processes(two)
    assert after[0] != before[0]
    assert after[1] == before[1]


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Work in a thread, and what comes of it: an answer or an error."""
    answers: list[Any] = []

    def attempt() -> None:
        try:
            answers.append(work())
        except Exception as error:
            answers.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    return thread, answers


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def test_a_process_killed_at_work_is_started_again(two: Live, case: Case, calm: Scenario) -> None:
    expected = two.run(calm, case, 3000, SEED, ["cohesion"])
    thread, answers = in_thread(lambda: two.run(calm, case, 3000, SEED, ["cohesion"]))
    wait_until(lambda: two._hands[1].busy)
    kill(processes(two)[1])
    thread.join()
    np.testing.assert_array_equal(answers[0].path("cohesion"), expected.path("cohesion"))
    pd.testing.assert_frame_equal(answers[0].events(), expected.events(), check_exact=True)


def test_a_process_that_is_killed_again_and_again(
    case: Case, calm: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module._Hand._send

    def doomed(hand: Any) -> None:
        hand._process.kill()
        hand._process.join()
        real(hand)

    with Live(jobs=2) as live:
        with monkeypatch.context() as patched:
            patched.setattr(module._Hand, "_send", doomed)
            with pytest.raises(WorkerLost, match="a worker process was ended 3 times in a row"):
                live.run(calm, case, 6, SEED, ["cohesion"])
        assert live.run(calm, case, 6, SEED, ["cohesion"]).runs == 6


# The end


def test_close_leaves_no_process(case: Case, calm: Scenario) -> None:
    live = Live(jobs=2)
    live.run(calm, case, 4, SEED, ["cohesion"])
    started = [hand._process for hand in live._hands]
    identities = processes(live)
    live.close()
    live.close()  # a second time does no harm
    for process, identity in zip(started, identities, strict=True):
        with pytest.raises(ValueError, match="closed"):  # joined, and its resources given back
            process.is_alive()
        with pytest.raises(ProcessLookupError):
            os.kill(identity, 0)
    with pytest.raises(InputError, match="the processes of this Live were closed; make a new one"):
        live.run(calm, case, 4, SEED, ["cohesion"])


def test_close_stops_what_is_at_work_and_what_waits(case: Case, calm: Scenario) -> None:
    live = Live(jobs=2)
    calls = [in_thread(lambda: live.run(calm, case, 200_000, 1, ["cohesion"])) for _ in range(2)]
    wait_until(lambda: any(hand.busy for hand in live._hands))
    start = time.monotonic()
    live.close()
    assert time.monotonic() - start < 60
    for thread, answers in calls:
        thread.join()
        assert isinstance(answers[0], InputError)
        assert "were closed" in str(answers[0])


SCRIPT = """
import sys, time
from sim.case import load_case
from sim.experiment.live import Live
from sim.scenario import load_scenario

if __name__ == "__main__":
    scenario = load_scenario(sys.argv[1])
    live = Live(jobs=2)
    live.run(scenario, load_case(scenario.case), 4, 1, ["cohesion"])
    print(*(hand._process.pid for hand in live._hands), flush=True)
    live.run(scenario, load_case(scenario.case), int(sys.argv[2]), 1, ["cohesion"])
    time.sleep(60)
"""


@LINUX
@pytest.mark.parametrize(
    ("how", "runs"),  # idle, and at work
    [(signal.SIGKILL, 4), (signal.SIGKILL, 500_000), (signal.SIGINT, 500_000)],
)
def test_the_processes_end_with_the_main_one(
    scenarios: list[Path], tmp_path: Path, how: signal.Signals, runs: int
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    main = subprocess.Popen(
        [sys.executable, str(script), str(scenarios[0]), str(runs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=hear_ctrl_c,
    )
    assert main.stdout is not None
    workers = [int(word) for word in main.stdout.readline().split()]
    assert len(workers) == 2
    time.sleep(0.3)
    main.send_signal(how)
    main.wait(60)
    main.stdout.close()
    wait_until(lambda: not any(map(running, workers)))


def running(process: int) -> bool:
    """Whether a process is there and no zombie that nobody collects."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


# Several threads


@pytest.mark.parametrize("jobs", [1, 2])
def test_several_threads_at_once(
    one: Live, two: Live, case: Case, calm: Scenario, shock: Scenario, stored: Result, jobs: int
) -> None:
    live = one if jobs == 1 else two
    calls = [
        (scenario, runs, in_thread(partial(live.run, scenario, case, runs, SEED, OUTCOMES)))
        for scenario, runs in ((calm, 37), (shock, 12), (calm, 5), (shock, 37))
    ]
    for scenario, runs, (thread, answers) in calls:
        thread.join()
        assert_stored(answers[0], stored, scenario.name, runs)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_newer_call_of_a_viewer_takes_the_place_of_older_ones(
    one: Live, two: Live, case: Case, calm: Scenario, stored: Result, jobs: int
) -> None:
    """Of one at work and of one that waits; another viewer's call is kept."""
    live = one if jobs == 1 else two
    before = live._calls
    calls = []
    for viewer, runs in (("a", 500_000), ("b", 7), ("a", 500_000), ("a", 12)):
        work = partial(live.run, calm, case, runs, SEED, OUTCOMES, viewer=viewer)
        calls.append(in_thread(work))
        wait_until(partial(came, live, before + len(calls)))
        if len(calls) == 1:
            wait_until(lambda: live._at_work is not None)
    for thread, _ in calls:
        thread.join(20)
    (old,), (other,), (waited,), (newest,) = (answers for _, answers in calls)
    for given_up in (old, waited):
        assert isinstance(given_up, Superseded)
        assert str(given_up) == "a newer call of the same viewer has taken the place of this one"
    assert_stored(other, stored, "calm", 7)
    assert_stored(newest, stored, "calm", 12)
    assert not live._newest
    assert not live._superseded


def came(live: Live, calls: int) -> bool:
    return live._calls == calls
