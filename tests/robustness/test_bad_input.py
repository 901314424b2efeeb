"""Bad input: one clear message, exit code 2, no traceback, nothing half-written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.cli.main import main

CASE = Path(__file__).parents[1] / "data" / "toy_case"

CALM = """
title = "Calm"
question = "What if nothing new happens?"
case = "toy"
runs = 4
seed = 11
[horizon]
start = "2023Q1"
end = "2023Q2"
"""

WORSE = 'title = "Worse"\nquestion = "What is wrong?"\nextends = "calm"\n'
REASONS = 'reason = "a test"\nsource = "assumption: a test"\n'
CLOSURE = '[[event]]\nkind = "close_route"\nroute = "{}"\ndate = "{}"\nquarters = 1\n' + REASONS

Refuse = Callable[..., str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a case and a scenario."""
    shutil.copytree(CASE, tmp_path / "calibration" / "toy")
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "calm.toml").write_text(CALM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refuse(here: Path, capsys: pytest.CaptureFixture[str]) -> Refuse:
    """Run a command that must be refused; gives its message."""

    def command(*arguments: str) -> str:
        before = sorted(here.rglob("*"))
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("multivector: error: ")
        assert captured.err.count("multivector: error: ") == 1
        assert "Traceback" not in captured.err
        assert sorted(here.rglob("*")) == before
        return captured.err

    return command


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (WORSE + "horizn = 1\n", ["worse.toml:4", "horizn", "horizon"]),
        (WORSE + '[membership]\ncountries = ["AVB"]\n', ["worse.toml:5", "AVB", "AVA"]),
        (WORSE + CLOSURE.format("northern_pip", "2023Q1"), ["northern_pip", "northern_pipe"]),
        (WORSE + CLOSURE.format("northern_pipe", "2024Q1"), ["worse.toml", "2024Q1", "2023Q2"]),
        (WORSE + "[parameters]\nfear_psh = 1.0\n", ["worse.toml:5", "fear_psh", "fear_push"]),
        ("", ["worse.toml", "empty"]),
        (WORSE + "title = ", ["worse.toml:4", "TOML"]),
        (WORSE.replace("calm", "worse"), ["worse.toml", "worse"]),
        (WORSE.replace("calm", "clam"), ["clam", "calm"]),
    ],
    ids=[
        "unknown key",
        "misspelt country",
        "route that does not exist",
        "date out of the horizon",
        "misspelt parameter",
        "empty file",
        "not TOML",
        "cycle of extends",
        "extends a misspelt scenario",
    ],
)
@pytest.mark.parametrize("command", ["batch", "run"])
def test_scenario_files(
    here: Path, refuse: Refuse, command: str, content: str, expected: list[str]
) -> None:
    (here / "scenarios" / "worse.toml").write_text(content, encoding="utf-8")
    message = refuse(command, "worse")
    for part in expected:
        assert part in message


def test_a_binary_scenario(here: Path, refuse: Refuse) -> None:
    (here / "scenarios" / "worse.toml").write_bytes(bytes(range(256)))
    assert "not a text file" in refuse("batch", "worse")


def test_a_cycle_of_two(here: Path, refuse: Refuse) -> None:
    (here / "scenarios" / "one.toml").write_text(WORSE.replace("calm", "two"), encoding="utf-8")
    (here / "scenarios" / "two.toml").write_text(WORSE.replace("calm", "one"), encoding="utf-8")
    message = refuse("batch", "one")
    assert "one" in message
    assert "two" in message


def test_a_share_sum_over_1(here: Path, refuse: Refuse) -> None:
    path = here / "calibration" / "toy" / "attributes.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    value = lines[0].strip().split(",").index("value")
    changed = []
    for line in lines:
        cells = line.split(",")
        if cells[0] == "share":
            cells[value] = "0.9"
        changed.append(",".join(cells))
    path.write_text("".join(changed), encoding="utf-8")
    message = refuse("batch", "calm")
    assert "share" in message
    assert "1" in message


def test_a_case_that_does_not_exist(here: Path, refuse: Refuse) -> None:
    (here / "scenarios" / "calm.toml").write_text(CALM.replace('"toy"', '"tyo"'), encoding="utf-8")
    message = refuse("batch", "calm")
    assert "'tyo'" in message
    assert "nearest: toy" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "-5"], "runs: found -5; allowed: 1 or more"),
        (["-n", "0"], "runs: found 0; allowed: 1 or more"),
        (["-n", "many"], "argument -n/--runs: 'many' is not a whole number"),
        (["--seed", "-1"], "seed: found -1; allowed: 0 or more"),
        (["--jobs", "0"], "jobs: found 0; allowed: 1 or more"),
        (["--trajectories", "output,autonomi"], "no outcome 'autonomi'; did you mean 'autonomy'?"),
        (["--out", "notes.txt"], "notes.txt: this is a file; results need a folder"),
        (["--out", "notes.txt/deeper"], "cannot write there (Not a directory)"),
        (["--out", "new/" + "x" * 300], "cannot write there (File name too long)"),
        (["-n", "1" + "0" * 12], "runs: found 1000000000000; allowed: 10,000,000 or fewer"),
        (["--out", "full"], "full: the folder is not empty"),
        (["--out", "full", "--overwrite"], "the folder holds no result, so nothing in it is"),
        (["--sead", "3"], "multivector batch takes no argument '--sead'; did you mean '--seed'?"),
    ],
)
def test_arguments_of_batch(here: Path, refuse: Refuse, arguments: list[str], message: str) -> None:
    (here / "notes.txt").write_text("mine")
    (here / "full").mkdir()
    (here / "full" / "thesis.doc").write_text("mine")
    assert message in refuse("batch", "calm", *arguments)


def test_a_folder_without_permission(
    here: Path, refuse: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(self: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", forbidden)  # root may write anywhere, so it is simulated
    message = refuse("batch", "calm", "--out", "locked")
    assert "locked: cannot write there (Permission denied)" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bacth", "calm"], "there is no command 'bacth'; did you mean 'batch'?"),
        (["scenarios", "lst"], "there is no command 'lst'; did you mean 'list'?"),
        ([], "the following arguments are required: COMMAND"),
        (["batch"], "the following arguments are required: SCENARIO"),
        (["batch", "clam"], "'clam'; did you mean 'calm'?"),
        (["batch", "calm", "calm"], "the scenario 'calm' is named twice"),
        (["run", "clam"], "'clam'; did you mean 'calm'?"),
        (["run", "calm", "--run", "-1"], "--run: found -1; allowed: 0 or more"),
        (["run", "calm", "--seed", "-1"], "--seed: found -1; allowed: 0 or more"),
        (["run", "calm", "--country", "AVB"], "no country 'AVB'; did you mean 'AVA'?"),
        (["scenarios", "show", "clam"], "'clam'; did you mean 'calm'?"),
        (["scenarios", "check", "nowhere/calm.toml"], "there is no such file"),
        (["case", "show", "--case", "tyo"], "nearest: toy"),
        (["case", "show", "AVB", "--case", "toy"], "'AVB'"),
        (["case", "show", "--case", "toy", "--as-of", "2022"], "'2022' is not a quarter"),
        (["outcomes", "autonomi"], "no outcome mentions 'autonomi'; did you mean 'autonomy'?"),
        (["plot", "nowhere"], "nowhere: there is no such folder"),
        (["plot", "x" * 300], "/manifest.json: cannot be read (File name too long)"),
        (["case", "show", "--case", "x" * 300], "/case.toml: File name too long"),
        (["run", "calm", "--run", "9" * 20], "run is the number of a run, 0 to 9999999; found 99"),
        (["run", "~nobody_at_all/calm.toml"], "calm.toml: there is no such file"),
        (["plot", "scenarios"], "scenarios: this is not a results folder"),
    ],
)
def test_command_lines(refuse: Refuse, arguments: list[str], message: str) -> None:
    assert message in refuse(*arguments)


def test_plots_of_what_was_not_recorded(
    here: Path, refuse: Refuse, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "notes.txt").write_text("mine")
    assert main(["batch", "calm", "-n", "3", "--out", "out", "--jobs", "1", "--no-pictures"]) == 0
    capsys.readouterr()
    message = refuse("plot", "out", "--outcome", "autonomi")
    assert "there is no outcome 'autonomi'; did you mean 'autonomy'?" in message
    assert "notes.txt" in refuse("plot", "out", "--out", "notes.txt")


def test_a_case_with_problems_is_refused_by_its_check(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = here / "calibration" / "toy" / "sources.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert main(["case", "check", "--case", "toy"]) == 2
    assert "multivector: error: " in capsys.readouterr().err
