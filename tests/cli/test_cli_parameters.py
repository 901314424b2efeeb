"""The options --parameters and --replicates, and the command `spread`."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.analysis.spread import spread
from sim.case import Posterior, write_posterior
from sim.cli.main import main

CASE = Path(__file__).parents[1] / "data" / "toy_case"
CALM = """
title = "Calm"
question = "What if nothing new happens?"
case = "drawn"
runs = 4
seed = 11
[horizon]
start = "2023Q1"
end = "2023Q4"
"""


def draws(number: int, seed: int = 1) -> Posterior:
    values = np.random.default_rng(seed).uniform(0.3, 1.5, (number, 2))
    return Posterior(("fear_push", "deal_rate"), values)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scenario `calm` on a case with a posterior of three draws."""
    shutil.copytree(CASE, tmp_path / "calibration" / "drawn")
    write_posterior(tmp_path / "calibration" / "drawn" / "posterior.parquet", draws(3))
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "calm.toml").write_text(CALM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def batch(*arguments: str) -> int:
    return main(["batch", "calm", "--no-pictures", "--jobs", "1", *arguments])


def test_a_batch_says_which_parameters_it_took(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch("--out", "drawn") == 0
    assert "Parameters: 3 draws of the case's posterior.\n" in capsys.readouterr().out
    assert batch("--out", "point", "--parameters", "point") == 0
    assert "Parameters: their centres.\n" in capsys.readouterr().out
    write_posterior("mine.parquet", draws(5, seed=2))
    assert batch("--out", "mine", "--parameters", "mine.parquet", "--replicates", "2") == 0
    assert "Parameters: 5 draws of mine.parquet.\n" in capsys.readouterr().out
    assert sim.load("mine").manifest["parameters"]["replicates"] == 2
    found = {name: sim.load(name).runs() for name in ("drawn", "point", "mine")}
    assert not found["drawn"].equals(found["point"])
    assert not found["drawn"].equals(found["mine"])
    Path("calibration", "drawn", "posterior.parquet").unlink()
    assert batch("--out", "without") == 0
    assert "Parameters: their centres; the case has no posterior.\n" in capsys.readouterr().out
    assert sim.load("without").runs().equals(found["point"])


@pytest.mark.parametrize(
    "options", [[], ["--parameters", "point"], ["--parameters", "posterior", "--replicates", "2"]]
)
def test_a_run_is_told_with_the_parameters_of_the_batch(
    here: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch("--out", "out", *options) == 0
    runs = sim.load("out").runs().set_index("run")
    capsys.readouterr()
    assert main(["run", "calm", "--run", "3", *options]) == 0
    ending = capsys.readouterr().out.split("From 2023Q1")[1]
    assert f"to {runs.loc[3, 'position.BOR']:+z.3f}" in ending
    assert f"to {runs.loc[3, 'autonomy.BOR']:.3f}" in ending


def test_runs_differ_with_their_parameters(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for options in (["--parameters", "posterior"], ["--parameters", "point"]):
        assert main(["run", "calm", "--run", "1", *options]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] != told[1]


@pytest.mark.parametrize("command", ["batch", "run"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--parameters", "piont"], "parameters: found 'piont'; allowed: point, posterior; near"),
        (["--parameters", "no.parquet"], "no.parquet: cannot be read: no such file"),
        (["--parameters", "notes.parquet"], "notes.parquet: is not a Parquet file"),
        (["--replicates", "0"], "replicates: found 0; allowed: 1 or more"),
        (["--replicates", "two"], "argument --replicates: 'two' is not a whole number"),
        (["--parameters", "point", "--replicates", "2"], "replicates: found 2, but there are no"),
        (["--parameter", "point"], "takes no argument '--parameter'; did you mean '--parameters'"),
    ],
)
def test_wrong_options(
    here: Path,
    command: str,
    options: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("notes.parquet").write_text("mine")
    assert main([command, "calm", *options]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("multivector: error: ")
    assert message in captured.err
    assert captured.out == ""
    assert not Path("results").exists()


def test_the_spread_is_printed_and_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch("-n", "24", "--replicates", "8", "--out", "out") == 0
    capsys.readouterr()
    assert main(["spread", "out", "--out", "shares.csv"]) == 0
    told = capsys.readouterr().out
    assert "calm, by analysis of variance:" in told
    assert "parametric" in told
    assert "cohesion" in told
    table = spread(sim.load("out"))
    pd.testing.assert_frame_equal(pd.read_csv("shares.csv"), table)
    options = ["--outcome", "autonomy.BOR", "--quarter", "2023Q2", "--scenario", "calm"]
    assert main(["spread", "out", *options]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "autonomy" in line]
    row = spread(sim.load("out"), ["autonomy.BOR"], "calm", "2023Q2").iloc[0]
    assert [line.split()[0] for line in lines] == ["autonomy.BOR"]
    assert lines[0].split()[3] == f"{row['parametric']:.3g}"


def test_a_spread_that_cannot_be_split(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch("--parameters", "point", "--out", "out") == 0
    assert main(["spread", "out"]) == 2
    assert "did not draw their parameters" in capsys.readouterr().err
    assert main(["spread", "nowhere"]) == 2
    assert "nowhere: there is no such folder" in capsys.readouterr().err
    assert batch("-n", "24", "--replicates", "8", "--out", "drawn") == 0
    assert main(["spread", "drawn", "--out", "no/such/folder.csv"]) == 2
    assert "no/such" in capsys.readouterr().err
