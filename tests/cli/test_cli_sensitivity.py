"""The command `sensitivity`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.cli.main import main
from tests.analysis.stored_sweep import g_function, write

TOY = Path(__file__).resolve().parents[1] / "data" / "toy_case"


def outcome(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
    return np.asarray(g_function(units[None, :3], (0, 1, 9))[0] + 0.2 * draws)


def still(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
    return np.full(len(draws), 0.25)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    functions = {"autonomy.AVA": outcome, "still.AVA": still}
    return write(tmp_path / "stored", "saltelli", functions, size=32).folder


def test_a_stored_sweep_is_told_written_and_drawn(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sensitivity", str(stored)]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert "Sobol: 32 base points, 4 runs a row." in text
    assert "Variance of a single run" in text
    assert "It is the same in all rows: no factor moves it." in text
    order = [line.split()[0] for line in text.splitlines() if line.strip()[:4] in ("oil ", "fear")]
    assert order == ["oil", "fear"]
    dummy = next(line for line in text.splitlines() if line.strip().startswith("dummy"))
    assert dummy.endswith("(*)")
    assert "Convergence at 32 base points: widest interval of total" in text
    table = pd.read_csv(stored / "sensitivity.csv")
    assert list(table.columns) == [
        "scenario", "outcome", "at", "factor", "first", "first_low", "first_high", "total",
        "total_low", "total_high", "noise", "floor", "told_apart", "variance", "unit",
    ]  # fmt: skip
    for name in ("outcomes", "over_time", "convergence"):
        assert (stored / f"sensitivity_{name}.csv").is_file()
    for ending in ("", "-time", "-convergence"):
        assert (stored / "pictures" / f"sensitivity-autonomy.AVA{ending}.png").is_file()


def test_a_quarter_and_one_outcome_without_pictures(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--outcome", "autonomy", "--at", "2023Q2", "--no-pictures"]
    assert main(["sensitivity", str(stored), *arguments]) == 0
    text = capsys.readouterr().out
    assert "autonomy.AVA [0 to 1], calm, in 2023Q2" in text
    assert "Standard deviation of row means" in text
    assert "still" not in text
    assert not (stored / "pictures").exists()


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("morris", ["Morris: 12 trajectories", "mu_star", "of the largest", "ranking"]),
        ("one_at_a_time", ["One at a time: 10 rows", "mean at the centre", "effect_low"]),
        ("csv", ["Given data: 40 rows", "interval of the first-order index reaches"]),
    ],
)
def test_other_modes(
    mode: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = {"morris": 12}.get(mode, 40)
    folder = write(tmp_path, mode, {"autonomy.AVA": outcome}, size=size).folder
    (folder / "sensitivity_over_time.csv").write_text("of an earlier call")
    assert main(["sensitivity", str(folder), "--no-pictures"]) == 0
    text = capsys.readouterr().out
    for word in words:
        assert word in text
    assert max(map(len, text.splitlines())) <= 100
    left = (folder / "sensitivity_over_time.csv").exists()
    assert left == (mode != "one_at_a_time")
    if left:
        assert "mu_star" in (folder / "sensitivity_over_time.csv").read_text() or mode == "csv"


@pytest.mark.parametrize(("mode", "index"), [("morris", "mu_star"), ("one_at_a_time", "swing")])
def test_a_table_shows_the_largest_factors_and_sums_up_the_others(
    mode: str, index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["oil", "fear", "zeal", "tea", "silk", "jade"]
    folder = write(tmp_path, mode, {"autonomy.AVA": outcome}, names, size=12).folder
    assert main(["sensitivity", str(folder), "--no-pictures", "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = pd.read_csv(folder / "sensitivity.csv")
    shown = [line.split()[0] for line in lines if line.split()[:1] and line.split()[0] in names]
    assert set(shown) == {"oil", "fear"}
    assert any(line.split()[:1] == ["dummy"] for line in lines) == (mode == "morris")
    others = table[~table["factor"].isin(["oil", "fear", "dummy"])]
    told = others.loc[others["told_apart"], "factor"].nunique()
    text = " ".join(" ".join(lines).split())
    assert (
        f"... and 4 more factors, of which {told or 'none'} told apart from noise, with {index} up "
        f"to {others[index].max():.2g}; see sensitivity.csv"
    ) in text
    told = table.loc[table["told_apart"], "factor"].nunique()
    assert f"Told apart from noise: {told} of 6 factors." in text
    assert main(["sensitivity", str(folder), "--no-pictures"]) == 0
    assert "more factor" not in capsys.readouterr().out


def test_many_outcomes_have_a_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    functions = {f"autonomy.C{place}": outcome for place in range(7)} | {"still.C1": still}
    folder = write(tmp_path, "saltelli", functions, size=16).folder
    assert main(["sensitivity", str(folder)]) == 0
    text = capsys.readouterr().out
    line = next(line for line in text.splitlines() if "autonomy.C3" in line)
    assert "oil" in line
    assert "the same in all rows" in text
    assert "Name outcomes with --outcome" in text
    assert not (folder / "pictures").exists()


def test_one_run_a_row_says_that_chance_cannot_be_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path, "saltelli", {"autonomy.AVA": outcome}, size=16, runs=1).folder
    assert main(["sensitivity", str(folder), "--no-pictures"]) == 0
    text = capsys.readouterr().out
    assert "1 run a row" in text
    assert "inputs and chance cannot be told apart" in " ".join(text.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--outcome", "autonmy"], "hold no outcome 'autonmy'; did you mean 'autonomy'"),
        (["--at", "soon"], "'soon' is not a quarter"),
        (["--scenario", "clam"], "there is no scenario 'clam'; did you mean 'calm'"),
        (["--points", "8"], "is a stored result, which --points cannot change; name a design"),
        (["--resume"], "is a stored result, which --resume cannot change"),
        (["--top", "0"], "--top needs at least 1 factor; found 0"),
        (["--method", "sobl"], "invalid choice: 'sobl'"),
    ],
)
def test_what_cannot_be_done_with_a_stored_sweep(
    arguments: list[str], message: str, stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sensitivity", str(stored), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_neither_folder_nor_design(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensitivity", "mechanism_screnning"]) == 2
    assert "no such folder, design file or design; did you mean 'mechanism_screening'" in (
        capsys.readouterr().err
    )
    assert main(["sensitivity", str(tmp_path)]) == 2
    assert "not a results folder" in capsys.readouterr().err


def test_a_design_is_run_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "calm.toml"
    scenario.write_text(
        f'title = "Calm"\nquestion = "What comes?"\ncase = "{TOY.as_posix()}"\nruns = 4\nseed = 3\n'
        '[horizon]\nstart = "2023Q1"\nend = "2023Q4"\n'
    )
    design = tmp_path / "study.toml"
    design.write_text(
        'title = "Study"\nquestion = "What matters?"\nscenario = "calm"\nmode = "saltelli"\n'
        'points = 64\nruns = 4\noutcomes = ["autonomy"]\nby_quarter = ["autonomy"]\n'
        '[[factor]]\nname = "fear"\npath = "parameters.fear_push"\nlow = 0.0\nhigh = 6.0\n'
        '[[factor]]\nname = "cost"\npath = "parameters.autonomy_cost"\nlow = 0.1\nhigh = 1.0\n'
    )
    out = tmp_path / "result"
    options = ["--points", "8", "--runs", "2", "--jobs", "1", "--no-pictures", "--out", str(out)]
    for wrong, message in (
        (["--outcome", "autonmy"], "no outcome 'autonmy' is among its outcomes; did you mean 'au"),
        (["--outcome", "cohesion", "--at", "2023Q2"], "'cohesion' is among its by_quarter"),
        (["--at", "soon"], "'soon' is not a quarter"),
        (["--scenario", "clam"], "study.toml: there is no scenario 'clam'; did you mean 'calm'"),
    ):
        assert main(["sensitivity", str(design), *options, *wrong]) == 2
        assert message in capsys.readouterr().err
        assert not out.exists()  # nothing is run before it is known to be of use
    assert main(["sensitivity", str(design), *options]) == 0
    assert "8 base points, 2 runs a row" in capsys.readouterr().out
    table = pd.read_csv(out / "sensitivity.csv")
    assert set(table["factor"]) == {"fear", "cost", "dummy"}
    assert (table.loc[table["factor"] == "dummy", "total"] == 0).all()
    assert (out / "sensitivity_over_time.csv").is_file()
    assert main(["sensitivity", str(design), *options]) == 2  # the folder is not replaced unasked
    assert "--overwrite" in capsys.readouterr().err
    options = ["--method", "morris", "--points", "4", *options[2:], "--overwrite"]
    assert main(["sensitivity", str(design), *options]) == 0
    assert "Morris: 4 trajectories, 2 runs a row" in capsys.readouterr().out
