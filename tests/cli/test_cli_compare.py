"""The commands `compare` and `converge`: what they print, write, draw and refuse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.analysis.comparison import comparison, effects_over_time
from sim.analysis.convergence import convergence, course, usual, values
from sim.analysis.pairing import Side
from sim.cli.main import main
from sim.experiment.batch import batch
from sim.experiment.result import Result, load_batch
from sim.picture.batch.comparison import codes_in_words, effects, over_time, signed
from sim.picture.convergence import settling
from tests.analysis.stored_sweep import write
from tests.experiment.conftest import scenarios
from tests.picture.conftest import page_collisions, page_words

__all__ = ["page_collisions", "page_words", "scenarios"]


@pytest.fixture(scope="module")
def stored(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "both"
    batch(scenarios, runs=20, seed=3, out=folder, parameters="point")
    return folder


@pytest.fixture
def here(scenarios: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the scenarios `calm` and `shock`."""
    shutil.copytree(scenarios[0].parent, tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(one) for one in arguments]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(one) for one in arguments]) == 2
    return capsys.readouterr().err


# compare


def test_a_folder_of_several_alone(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "compare", stored)
    assert told.startswith("shock less calm, 2023Q4: 20 runs, seed 3\n")
    assert "difference: mean of the\ndifferences run by run" in told
    assert "by chance alone about" in told
    assert "Pairing by run: times that it divides the variance" in told
    table = comparison(load_batch(stored), load_batch(stored), "shock", "calm")
    first = next(line for line in told.splitlines() if line.startswith(table["outcome"][0]))
    assert f"{table['difference'][0]:+.3g}" in first
    rows = [line for line in told.splitlines() if line.split(" ")[0] in set(table["outcome"])]
    assert len(rows) == 20
    assert max(map(len, told.splitlines())) <= 100
    other = said(capsys, "compare", f"{stored}:shock", f"{stored}:calm")
    assert other == told


def test_tables_and_pictures_are_written(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(
        capsys, "compare", stored, "--headline", "--top", 3, "--out", tmp_path / "a.csv",
        "--effects-out", tmp_path / "b.csv", "--picture", tmp_path / "c.png",
    )  # fmt: skip
    whole, over = pd.read_csv(tmp_path / "a.csv"), pd.read_csv(tmp_path / "b.csv")
    result = load_batch(stored)
    headline = {one["name"] for one in result.manifest["outcomes"] if one["headline"]}
    assert {name.split(".")[0] for name in whole["outcome"]} == headline
    assert set(over["quarter"]) == {"2023Q1", "2023Q2", "2023Q3", "2023Q4"}
    for name in ("c.png", "c_over_time.png"):
        assert str(tmp_path / name) in told
        assert matplotlib.image.imread(tmp_path / name).shape[1] == 1400
    said(capsys, "compare", stored, "--outcome", "position", "--picture", tmp_path / "folder")
    assert (tmp_path / "folder" / "effects.png").is_file()


def test_a_scenario_is_run_as_the_stored_one_was(
    here: Path, stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, "compare", "shock", f"{stored}:calm", "--jobs", 1)
    folder = Path("results", "compare-shock-20")
    assert f"Runs of shock are in {folder}." in told
    made = load_batch(folder).manifest
    assert (made["runs"], made["seed"], made["parameters"]["given"]) == (20, 3, "point")
    assert said(capsys, "compare", stored).splitlines()[0] in told
    before = (folder / "runs.parquet").stat().st_mtime_ns
    said(capsys, "compare", "shock", f"{stored}:calm", "--jobs", 1)
    assert (folder / "runs.parquet").stat().st_mtime_ns == before  # used, not made anew
    message = refused(
        capsys, "compare", "shock", f"{stored}:calm", "--jobs", 1, "--seed", 4, "--results", "other"
    )
    assert "they differ in their seeds (4 and 3)" in message


def test_scenarios_are_run_together(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(
        capsys, "compare", "shock", "calm", "-n", 12, "--seed", 8, "--parameters", "point",
        "--jobs", 1, "--results", "mine",
    )  # fmt: skip
    assert "Runs of calm, shock are in mine." in told
    again = said(capsys, "compare", "mine")
    assert again.splitlines()[0] == "shock less calm, 2023Q4: 12 runs, seed 8"
    assert "shock less calm, 2023Q4: 12 runs, seed 8" in told


def test_what_cannot_be_compared(
    here: Path, stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(capsys, "compare", stored, f"{stored}:calm")
    assert f"this folder holds several scenarios; say which as {stored}:calm" in message
    assert "(scenarios: calm, shock)" in message
    message = refused(capsys, "compare", f"{stored}:calm")
    assert "this is one scenario; name another scenario or results folder" in message
    assert "name a second scenario or results folder" in refused(capsys, "compare", "calm")
    message = refused(capsys, "compare", f"{stored}:shokc", f"{stored}:calm")
    assert "there is no scenario 'shokc'; did you mean 'shock'?" in message
    assert "shokc" in refused(capsys, "compare", "shokc", f"{stored}:calm")
    assert "--top: found 0; allowed: 1 or more" in refused(capsys, "compare", stored, "--top", 0)
    message = refused(capsys, "compare", stored, "--headline", "--outcome", "cohesion")
    assert "--headline and --outcome exclude each other" in message
    shutil.copytree(stored, here / "other")
    path = here / "other" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["parameters"]["given"] = "draws 0123456789ab"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    message = refused(capsys, "compare", "shock", "other:calm")
    assert "drawn from draws that are in no file, so that shock cannot be run beside it" in message
    manifest["case"]["hash"] = "0" * 64
    path.write_text(json.dumps(manifest), encoding="utf-8")
    message = refused(capsys, "compare", "shock", "other:calm")
    assert "shock cannot be run to be compared with other: its case is another" in message


def test_scenarios_that_do_not_differ(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(stored, tmp_path / "copy")
    told = said(
        capsys, "compare", f"{tmp_path / 'copy'}:calm", f"{stored}:calm",
        "--picture", tmp_path / "none",
    )  # fmt: skip
    assert "No outcome differs in any run." in told
    assert "nothing differs" in told
    assert not list((tmp_path / "none").glob("*.png"))


# converge


def test_converge_prints_errors_and_runs(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(
        capsys, "converge", stored, "--outcome", "cohesion", "--condition", "cohesion < 0.5",
        "--error", 0.01, "--quantile", 0.5, "--out", tmp_path / "a.csv",
        "--picture", tmp_path / "a.png",
    )  # fmt: skip
    assert told.startswith("calm, last quarter: 20 runs. Wanted error: 0.01 in each outcome's unit")
    table = pd.read_csv(tmp_path / "a.csv")
    assert [*table["statistic"]] == ["mean", "sd", "q50", "share of runs"]
    assert f"{table['error'][0]:.3g}" in told
    assert "error: Monte-Carlo standard error now; needed: runs with the wanted error" in told
    assert matplotlib.image.imread(tmp_path / "a.png").shape[1] == 1400
    assert max(map(len, told.splitlines())) <= 100


def test_converge_of_a_difference(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "converge", stored, "--scenario", "shock", "--against", "calm")
    assert told.startswith("shock less calm, last quarter: 20 runs. Wanted error: 10 percent")
    other = said(capsys, "converge", stored, "--scenario", "shock", "--against", f"{stored}:calm")
    assert other == told


def test_what_cannot_converge(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(capsys, "converge", stored, "--error", "much")
    assert "'much' is not a number" in message
    assert "not allowed with" in refused(
        capsys, "converge", stored, "--error", "1", "--relative", "1"
    )
    message = refused(capsys, "converge", stored, "--against", "clam")
    assert "there is no scenario 'clam'; did you mean 'calm'?" in message
    message = refused(capsys, "converge", stored, "--condition", "cohesion")
    assert "cannot read 'cohesion'; write an outcome" in message


def test_converge_of_a_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "sobol", {"cohesion": lambda unit, draws: 5 + unit[0] + draws}, size=8)
    told = said(capsys, "converge", tmp_path, "--outcome", "cohesion", "--error", 0.1)
    assert "calm: 8 rows of 4 runs. Wanted error: 0.1 in each outcome's unit. Runs are" in told
    assert "mean of a row median" in told
    assert "difference of two rows  worst" in told
    message = refused(capsys, "converge", tmp_path, "--against", "shock")
    assert "--against is for results of a batch; this is a sweep" in message
    assert "this is the result of a sweep, not of a batch" in refused(capsys, "compare", tmp_path)


# Pictures


def test_words_of_pictures_stand_apart(
    stored: Path,
    page_words: Callable[[Figure], str],
    page_collisions: Callable[[Figure], list[tuple[str, ...]]],
) -> None:
    result = load_batch(stored)
    table = comparison(result, result, "shock", "calm")
    table.loc[0, "effect"] = np.inf  # an outcome that does not vary over runs
    over = effects_over_time(result, result, "shock", "calm")
    side = Side.of(result, "calm")
    settled = convergence(result)
    result.manifest["versions"]["multivector"] = "7.7"  # what made it, not what draws it
    figures = [
        effects(table, result.manifest, 30),
        over_time(over, table, result.manifest),
        over_time(over, table, result.manifest, most=1),
        settling(
            course(values(side, None), result.manifest), settled, 1.7, usual().words(),
            result.manifest,
        ),
    ]  # fmt: skip
    for figure in figures:
        assert not page_collisions(figure)
    told = [" ".join(page_words(figure).split()) for figure in figures]
    assert all("20 runs a scenario, seed 3" in words for words in told)
    assert all("multivector 7.7, case" in words for words in told)
    assert "An arrow: the outcome does not vary over runs." in told[0]
    assert "apart from 2023Q" in told[1]
    assert "needs" in told[3]
    apart = [one for one in figures[1].findobj() if getattr(one, "get_gid", str)() == "apart"]
    assert apart


def test_numbers_and_codes_in_words(stored: Path) -> None:
    assert signed(-0.01234) == "\u22120.0123"
    assert signed(5) == "+5"
    manifest = Result(stored).manifest
    country = manifest["case"]["countries"][0]
    words = codes_in_words([f"autonomy.{country['code']}", "cohesion"], manifest)
    assert words == f"Codes: {country['code']} {country['name']}."
    assert codes_in_words(["cohesion"], manifest) == ""
