"""The command line: what it prints, and its exit codes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sim
from sim.cli.account import Account
from sim.cli.main import main
from tests.processes import hear_ctrl_c

ROOT = Path(sim.__file__).parents[1]
CASE = ROOT / "tests" / "data" / "toy_case"

CALM = f"""
title = "Calm"
question = "What if nothing new happens?"
case = "{CASE.as_posix()}"
runs = 4
seed = 11
[horizon]
start = "2023Q1"
end = "2024Q4"
"""

SUMMIT = """
title = "Summits"
question = "What if the powers come to visit?"
extends = "calm"
[[path]]
driver = "sanctions"
form = "constant"
from = "2023Q3"
value = 0.5
reason = "Sanctions are eased"
source = "assumption: a test"
[[event]]
kind = "resolution"
date = "2024Q1"
text = "TEXT"
reason = "A vote is called"
source = "assumption: a test"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with two scenarios that can be named."""
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "calm.toml").write_text(CALM, encoding="utf-8")
    text = (CASE / "texts.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    (folder / "summits.toml").write_text(SUMMIT.replace("TEXT", text), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"multivector {sim.__version__}\n"


def test_help_is_cheap() -> None:
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", "sim.cli.main", "--help"],
        env=environment(),
        check=True,
        capture_output=True,
    )
    after = os.times()
    used = after.children_user + after.children_system
    assert used - before.children_user - before.children_system < 0.4


def test_no_command_imports_what_it_does_not_need() -> None:
    code = (
        "import sys, sim.cli.main as m; m.parser();"
        "print([n for n in ('numpy', 'pandas', 'mesa', 'pydantic', 'matplotlib') "
        "if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"


def test_scenarios_are_listed_shown_and_checked(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scenarios", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["calm", "Calm"] for line in lines)
    assert main(["scenarios", "show", "summits"]) == 0
    shown = capsys.readouterr().out
    assert "What if the powers come to visit?" in shown
    assert "Sanctions are eased" in shown
    assert main(["scenarios", "check", "calm", "summits"]) == 0
    assert "calm: can be run\nsummits: can be run\n" in capsys.readouterr().out


def test_a_list_shows_scenarios_that_cannot_be_read(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "scenarios" / "wrong.toml").write_text("title =", encoding="utf-8")
    assert main(["scenarios", "list"]) == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if one.startswith("wrong"))
    assert line.endswith("(cannot be read; see multivector scenarios check)")
    monkeypatch.setattr("sim.scenario.list_scenarios", dict)
    assert main(["scenarios", "list"]) == 2
    assert "there are no scenarios here" in capsys.readouterr().err


def test_every_scenario_with_a_problem_is_reported(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "scenarios" / "wrong.toml").write_text(
        SUMMIT.replace("2024Q1", "2044Q1"), encoding="utf-8"
    )
    assert main(["scenarios", "check", "wrong", "calm", "missing"]) == 2
    captured = capsys.readouterr()
    assert captured.out.startswith("calm: can be run\n")
    assert captured.err.count("multivector: error: ") == 2
    assert "2044Q1" in captured.err


def test_the_case_is_shown_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["case", "show", "--case", str(CASE)]) == 0
    assert "Toy case, as of 2022Q4" in capsys.readouterr().out
    assert main(["case", "show", "BOR", "--case", str(CASE), "--as-of", "2014Q4"]) == 0
    shown = capsys.readouterr().out
    assert "Borland" in shown
    assert "2014Q4" in shown
    assert main(["case", "check", "--case", str(CASE)]) == 0
    first, *notes = capsys.readouterr().out.splitlines()
    assert first == "toy_case: sums, ranges and sources are in order"
    assert notes == ["note: attributes: 91% of the rows are expert judgement"]


def test_outcomes_are_listed_with_units_and_meanings(capsys: pytest.CaptureFixture[str]) -> None:
    from sim.core.indicators import INDICATORS

    assert main(["outcomes"]) == 0
    everything = capsys.readouterr().out
    for name, one in INDICATORS.items():
        line = next(row for row in everything.splitlines() if row[2:].split(" ")[0] == name)
        assert line.startswith("*") == one.headline
        assert one.unit in line
        assert line.endswith(one.meaning)
    assert main(["outcomes", "Remittances"]) == 0
    some = capsys.readouterr().out
    assert "remittances_usd" in some
    assert "autonomy" not in some


def test_a_run_is_told_quarter_by_quarter(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "summits", "--run", "3", "--seed", "5"]) == 0
    told = capsys.readouterr().out
    assert "2023Q1 to 2024Q4, run 3, seed 5" in told
    blocks = [line for line in told.splitlines() if "joint voice" in line]
    assert len(blocks) == 8
    assert "  > sanctions: Sanctions are eased" in told
    assert any(
        line.startswith("  > resolution ") and line.endswith(": A vote is called")
        for line in told.splitlines()
    )
    assert "Borland votes: " in told
    assert "From 2023Q1 to 2024Q4" in told
    assert main(["run", "summits", "--run", "3", "--seed", "5"]) == 0
    assert capsys.readouterr().out == told
    assert main(["run", "summits", "--run", "4", "--seed", "5"]) == 0
    assert capsys.readouterr().out != told


def test_a_run_is_told_for_one_country(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "summits", "--country", "BOR", "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "Borland" in told
    assert "Avaland" not in told
    assert told.count("joint voice") < 8


def test_the_account_agrees_with_the_batch(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", "calm", "-n", "3", "--out", "out", "--no-pictures", "--jobs", "1"]) == 0
    capsys.readouterr()
    runs = sim.load("out").runs().set_index("run")
    assert main(["run", "calm", "--run", "2"]) == 0
    ending = capsys.readouterr().out.split("From 2023Q1")[1]
    assert f"to {runs.loc[2, 'position.BOR']:+z.3f}" in ending
    assert f"to {runs.loc[2, 'autonomy.BOR']:.3f}" in ending


def deals_of_borland(told: str) -> float:
    line = next(one for one in told.split("From 2023Q1")[1].splitlines() if "Borland" in one)
    return float(line.split("deals USD ")[1].split()[0])


def test_deals_of_the_scenario_count_among_those_of_the_run(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deal = (
        '[[event]]\nkind = "deal"\ncountry = "BOR"\npower = "WES"\nsector = "minerals"\n'
        'date = "2024Q1"\nannounced = 50\nreason = "a test"\nsource = "assumption: a test"\n'
        "[switches]\nnoise = false\ndeals = false\ncoercion = false\n"
    )
    text = 'title = "Deal"\nquestion = "What of a deal?"\nextends = "calm"\n' + deal
    (here / "scenarios" / "deal.toml").write_text(text, encoding="utf-8")
    assert main(["run", "deal"]) == 0
    assert deals_of_borland(capsys.readouterr().out) == pytest.approx(50.0, abs=0.5)


def test_votes_of_a_quarter_are_told_apart(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = here / "scenarios" / "summits.toml"
    text = path.read_text(encoding="utf-8")
    vote = text[text.index("[[event]]") :]
    path.write_text(text + vote.replace("A vote", "Another vote"), encoding="utf-8")
    assert main(["run", "summits", "--quiet", "--country", "BOR"]) == 0
    told = capsys.readouterr().out
    assert told.index("A vote is called") < told.index("Another vote is called")
    assert "Borland votes on resolution 1: " in told
    assert "Borland votes on resolution 2: " in told


def test_nothing_is_told_as_minus_nought() -> None:
    account = Account({"AVA": "Avaland"}, {"NOR": "Norland"}, {})
    values = {
        "position.AVA": -1e-5,
        "autonomy.AVA": 0.5,
        "output.AVA": -1e-5,
        "leverage.AVA.NOR": 0.1,
        "announced.AVA.NOR": 0.0,
        "gdp_usd.AVA": 1.0,
        "cohesion": 0.3,
    }
    told = "\n".join([*account.tell("2023Q1", values, []), *account.ending()])
    assert "position +0.000" in told
    assert "output  +0.0%" in told
    assert "-0.0" not in told


def test_a_batch_prints_what_it_found_and_made(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["batch", "calm", "summits", "-n", "6", "--seed", "2", "--jobs", "1", "--no-pictures"]
    assert main([*command, "--trajectories", "output,cohesion"]) == 0
    captured = capsys.readouterr()
    assert "Medians over 6 runs" in captured.out
    assert "/12 [" in captured.err  # the progress bar
    folder = Path("results") / "calm-summits-6"
    result = sim.load(folder)
    assert result.manifest["command"] == (
        "multivector batch calm summits -n 6 --seed 2 --trajectories output,cohesion"
    )
    for path in folder.iterdir():
        assert path.name in captured.out


def test_long_names_become_numbers_with_a_legend(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{letter * 30}" for letter in "ab"]
    for name in names:
        (here / "scenarios" / f"{name}.toml").write_text(CALM, encoding="utf-8")
    assert main(["batch", *names, "-n", "2", "--jobs", "1", "--no-pictures"]) == 0
    printed = capsys.readouterr().out
    assert f"  1  {names[0]}\n  2  {names[1]}\n" in printed
    row = next(line for line in printed.splitlines() if line.startswith("cohesion"))
    median = sim.load(f"results/{names[0]}-{names[1]}-2").runs()["cohesion"].median()
    assert row.split()[-2:] == [f"{median:.4g}"] * 2


def test_failed_runs_give_exit_code_1(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.experiment import workers

    def broken(*arguments: object, **options: object) -> object:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(workers, "record", broken)
    assert main(["batch", "calm", "-n", "6", "--out", "out", "--jobs", "1"]) == 1
    captured = capsys.readouterr()
    assert "calm, runs 0 to 5 failed: ZeroDivisionError: by zero" in captured.err
    assert f"6 of 6 runs failed; see {Path('out') / 'failures.log'}" in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_ctrl_c_keeps_finished_runs(here: Path) -> None:
    command = [sys.executable, "-m", "sim.cli.main", "batch", "calm"]
    options = ["-n", "1000000", "--out", "out", "--jobs", "2", "--no-pictures"]
    process = subprocess.Popen(
        [*command, *options],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    parts = here / "out" / "parts" / "runs"
    deadline = time.monotonic() + 60
    while not (parts.is_dir() and list(parts.glob("[!.]*"))) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    assert "runs are kept in out (status incomplete)" in errors
    assert "Traceback" not in errors
    result = sim.load(here / "out")
    assert not result.complete
    assert len(result.runs()) >= 512


@pytest.mark.skipif(os.name == "nt", reason="pipes differ on Windows")
def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = f"{sys.executable} -m sim.cli.main outcomes | head -n 1"
    done = subprocess.run(
        command, shell=True, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["outcome", "for", "each", "unit", "meaning"]
    assert done.stderr == ""


def test_a_terminal_without_a_letter_shows_a_question_mark(here: Path) -> None:
    path = here / "letters.toml"
    path.write_text('title = "Größe …"\nquestion = "q?"\nextends = "baseline"\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sim.cli.main", "scenarios", "show", str(path)],
        env={**environment(), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Gr??e ?" in done.stdout


def test_pictures_that_an_interruption_left_out_are_drawn_when_gone_on_with(here: Path) -> None:
    command = ["batch", "calm", "-n", "3", "--out", "out", "--jobs", "1"]
    assert main(command) == 0
    pictures = sorted((here / "out" / "pictures").iterdir())
    assert len(pictures) > 1
    for path in pictures[1:]:
        path.unlink()
    assert main([*command, "--resume"]) == 0
    assert sorted((here / "out" / "pictures").iterdir()) == pictures
