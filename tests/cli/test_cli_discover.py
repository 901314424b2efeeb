"""The command `discover`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sim.cli.main import main
from tests.analysis import mixed_sweep


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "sweep"
    mixed_sweep.write(path, rows=300, runs=4)
    return path


def test_boxes_and_tree_are_printed_drawn_and_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "boxes.csv"
    assert main(["discover", str(folder), "autonomy.AVA < 0.4", "--out-table", str(table)]) == 0
    text = capsys.readouterr().out
    assert "Runs of interest: autonomy.AVA below 0.4." in text
    assert "of 1,200 runs (300 rows)" in text
    assert "Box 1: " in text
    assert "partner A or B" in text
    assert "of the runs of interest" in text
    assert "quasi-p" in text
    assert "probability" not in text
    assert max(map(len, text.splitlines()[:25])) <= 100
    written = pd.read_csv(table)
    assert set(written["input"]) == {"fear", "closed_from", "partner"}
    assert written["density"].nunique() == 1
    assert (folder / "pictures" / "discovery_box_1_limits.png").is_file()
    assert (folder / "pictures" / "discovery_tree.png").is_file()


def test_pictures_can_go_elsewhere_or_be_left_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["discover", str(folder), "autonomy.AVA < 0.4", "--boxes", "1"]
    assert main([*given, "--out", str(tmp_path / "there")]) == 0
    assert "discovery_box_1_trade_off.png" in capsys.readouterr().out
    assert (tmp_path / "there" / "discovery_box_1_trade_off.png").is_file()
    assert main([*given, "--no-pictures"]) == 0
    assert ".png" not in capsys.readouterr().out


def test_a_density_that_is_not_reached_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for density, told in (("0.05", False), ("0.999", True)):
        given = ["discover", str(folder), "autonomy.AVA < 0.4", "--boxes", "1", "--no-pictures"]
        assert main([*given, "--density", density]) == 0
        text = capsys.readouterr().out
        assert "Box 1: " in text
        assert ("The density asked for, 0.999, is not reached." in text) == told


def test_noise_gives_no_box(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", str(folder), "cohesion < 0.5", "--no-pictures"]) == 0
    text = capsys.readouterr().out
    assert "No box beats the base rate on held-out rows." in text
    assert ": no better" in text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["autonomy.AVA < -9"], "met by none of the 1,200 runs"),
        (["autonomy.AVA < 9"], "met by all of the 1,200 runs"),
        (["autonomy.AVV < 0.4"], "the runs hold no outcome 'autonomy.AVV'; did you mean"),
        (["autonomy.AVA"], "cannot read 'autonomy.AVA'"),
        (["autonomy.AVA < 0.4", "--scenario", "clam"], "there is no scenario 'clam'"),
        (["autonomy.AVA < 0.4", "--density", "2"], "density: found 2; allowed: between 0 and 1"),
        (["autonomy.AVA < 0.4", "--boxes", "0"], "boxes: found 0; allowed: 1 or more"),
    ],
)
def test_bad_input_is_one_message(
    folder: Path, given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["discover", str(folder), *given]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.startswith("multivector: error: ")
    assert error.count("\n") == 1
