"""Results open in the EMA Workbench and in SALib: with the packages themselves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.analysis.handover import save_csv, save_ema, save_salib, to_ema, to_salib
from sim.analysis.sensitivity.morris import morris as our_morris
from sim.analysis.sensitivity.sobol import sobol as our_sobol
from sim.case import Posterior, write_posterior
from sim.cli.main import main
from sim.core.errors import InputError
from sim.experiment import Result, load
from sim.experiment.batch import batch
from sim.experiment.sweep_result import Sweep
from tests.analysis import mixed_sweep, stored_sweep

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from ema_workbench import load_results
    from ema_workbench.analysis import feature_scoring, prim
    from SALib.analyze import delta, morris, pawn, rbd_fast, sobol

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the packages
COLUMN = "autonomy.AVA"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "mixed"
    mixed_sweep.write(folder, rows=300, runs=4, scenarios=("calm", "shock"))
    return folder


@pytest.fixture(scope="module")
def drawn(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A batch of two scenarios, ten draws, two runs each."""
    folder = tmp_path_factory.mktemp("drawn")
    values = np.random.default_rng(3).uniform([0.5, 0.2], [5.0, 0.6], (10, 2))
    path = folder / "draws.parquet"
    write_posterior(path, Posterior(("fear_push", "reexport_speed"), values))
    return batch(scenarios, runs=20, out=folder / "result", parameters=path, replicates=2)


def write(folder: Path, mode: str, **options: object) -> object:
    """A sweep of a function of two factors, the third without effect, and chance."""

    def function(point: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return np.sin(3 * point[0]) + point[1] ** 2 + 0.1 * draws

    return stored_sweep.write(folder, mode, {COLUMN: function}, **options)  # type: ignore[arg-type]


# The EMA Workbench


def test_the_workbench_loads_what_was_saved_and_finds_the_box(mixed: Path, tmp_path: Path) -> None:
    path = tmp_path / "there" / "mixed.tar.gz"
    experiments, outcomes = to_ema(load(mixed))
    save_ema(path, experiments, outcomes)
    loaded, read = load_results(str(path))
    assert list(loaded.columns) == [
        *("fear", "closed_from", "waves", "coercion", "partner"),
        *("scenario", "policy", "model"),
    ]
    assert len(loaded) == 600
    assert set(read) == set(outcomes)
    for name, values in outcomes.items():
        np.testing.assert_allclose(read[name], values, rtol=1e-12)
    calm = (loaded["policy"] == "calm").to_numpy()
    box = prim.Prim(loaded[calm], read[COLUMN][calm] < 0.4, threshold=0.8).find_box()
    assert box.box_lim["fear"][0] == pytest.approx(3, abs=0.3)
    assert box.box_lim["partner"][0] == {"A", "B"}
    assert box.box_lim["closed_from"][1] == pytest.approx(2025.25, abs=0.3)


def test_factors_called_as_the_workbench_calls_its_own_are_kept(tmp_path: Path) -> None:
    def rises(point: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return point[0] + 0.0 * draws

    names = ("policy", "model")
    sweep = stored_sweep.write(tmp_path, "latin_hypercube", {COLUMN: rises}, names, size=8)
    experiments, outcomes = to_ema(sweep, [COLUMN])
    assert list(experiments.columns) == [
        *("factor_policy", "factor_model"),
        *("scenario", "policy", "model"),
    ]
    np.testing.assert_allclose(experiments["factor_policy"], 10 * outcomes[COLUMN])
    assert set(experiments["policy"]) == {"calm"}


def test_the_file_loads_in_a_process_that_knows_nothing_of_us(mixed: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.tar.gz"
    save_ema(path, *to_ema(load(mixed), [COLUMN]))
    code = (
        "from ema_workbench import load_results\n"
        f"experiments, outcomes = load_results({str(path)!r})\n"
        f"print(experiments.shape, outcomes['{COLUMN}'].shape, "
        f"outcomes['{COLUMN}.by_quarter'].shape, outcomes['TIME'][0])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "(600, 8) (600,) (600, 4) [2024.   2024.25 2024.5  2024.75]\n"


def test_an_experiment_is_a_row_with_means_over_its_runs(mixed: Path) -> None:
    sweep = load(mixed)
    experiments, outcomes = to_ema(sweep, [COLUMN])
    runs = sweep.runs([COLUMN])
    row = sweep.design()["row"][7]
    one = runs[(runs["row"] == row) & (runs["scenario"] == "shock")]
    (place,) = np.flatnonzero((experiments["policy"] == "shock") & (experiments["scenario"] == 7))
    assert outcomes[COLUMN][place] == pytest.approx(one[COLUMN].mean())
    means = sweep.means([COLUMN])
    path = means[(means["row"] == row) & (means["scenario"] == "shock")].sort_values("quarter")
    np.testing.assert_allclose(outcomes[f"{COLUMN}.by_quarter"][place], path[COLUMN])
    closed = sweep.design()["closed_from"][7]
    year = int(closed[:4]) + (int(closed[-1]) - 1) / 4
    assert experiments["closed_from"][place] == year
    assert set(outcomes) == {COLUMN, f"{COLUMN}.by_quarter", "TIME"}


def test_an_experiment_can_be_a_run(mixed: Path) -> None:
    sweep = load(mixed)
    experiments, outcomes = to_ema(sweep, [COLUMN], by="run")
    assert len(experiments) == 2 * 300 * 4
    assert set(outcomes) == {COLUMN}
    runs = sweep.runs([COLUMN]).set_index(["scenario", "row", "run"])[COLUMN]
    design = sweep.design().set_index("place")["row"]
    for place in (0, 5, 1199, 1200, 2399):
        number = experiments["scenario"][place]
        key = (experiments["policy"][place], design[number // 4], number % 4)
        assert outcomes[COLUMN][place] == runs[key]


def test_rows_that_stand_twice_are_two_experiments(tmp_path: Path) -> None:
    units = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.1, 0.2, 0.3]])
    sweep = write(tmp_path / "sweep", "grid", units=units)
    experiments, outcomes = to_ema(sweep)  # type: ignore[arg-type]
    assert list(experiments["scenario"]) == [0, 1, 2]
    assert outcomes[COLUMN][0] == outcomes[COLUMN][2] != outcomes[COLUMN][1]


def test_a_batch_has_runs_for_experiments_and_its_draws_for_inputs(
    drawn: Result, tmp_path: Path
) -> None:
    experiments, outcomes = to_ema(drawn)
    assert list(experiments.columns) == [
        "fear_push",
        "reexport_speed",
        "scenario",
        "policy",
        "model",
    ]
    assert len(experiments) == 40
    draws = pd.read_parquet(drawn.folder.parent / "draws.parquet")
    assert list(experiments["fear_push"][:4]) == list(draws["fear_push"].repeat(2)[:4])
    runs = drawn.runs(["cohesion"])
    np.testing.assert_array_equal(outcomes["cohesion"], runs["cohesion"])
    trajectories = drawn.trajectories(["cohesion"])
    own = trajectories[(trajectories["scenario"] == "shock") & (trajectories["run"] == 3)]
    place = 20 + 3
    assert experiments["policy"][place] == "shock"
    np.testing.assert_allclose(outcomes["cohesion.by_quarter"][place], own["cohesion"])
    assert outcomes["TIME"].shape == outcomes["cohesion.by_quarter"].shape
    path = tmp_path / "drawn.tar.gz"
    save_ema(path, *to_ema(drawn, ["cohesion", "autonomy"]))
    loaded, read = load_results(str(path))
    scores = feature_scoring.get_feature_scores_all(
        loaded.drop(columns=["scenario", "model"]), {"cohesion": read["cohesion"]}
    )
    assert set(scores.index) == {"fear_push", "reexport_speed", "policy"}


def test_a_batch_at_the_centres_has_no_inputs(scenarios: list[Path], tmp_path: Path) -> None:
    result = batch([scenarios[0]], runs=4, out=tmp_path / "result")
    experiments, _ = to_ema(result, ["cohesion"])
    assert list(experiments.columns) == ["scenario", "policy", "model"]


# SALib


def test_sobol_of_salib_gives_our_indices(tmp_path: Path) -> None:
    sweep = write(tmp_path / "sweep", "saltelli", size=256)
    problem, x, y = to_salib(sweep, COLUMN)  # type: ignore[arg-type]
    assert problem["names"] == ["oil", "fear", "zeal", "dummy"]
    assert x.shape == (256 * 6, 4)
    theirs = sobol.analyze(problem, y, calc_second_order=False, seed=1)
    ours = our_sobol(y.reshape(256, 6, 1))
    np.testing.assert_allclose(theirs["S1"], ours.first[:, 0], atol=1e-9)
    np.testing.assert_allclose(theirs["ST"], ours.total[:, 0], atol=1e-9)
    assert theirs["ST"][3] == pytest.approx(0, abs=1e-9)


def test_morris_of_salib_gives_our_measures(tmp_path: Path) -> None:
    sweep = write(tmp_path / "sweep", "morris", size=20)
    problem, x, y = to_salib(sweep, COLUMN)  # type: ignore[arg-type]
    theirs = morris.analyze(problem, x, y, num_levels=4, seed=1)
    ours = our_morris(x, y[:, None])
    np.testing.assert_allclose(theirs["mu_star"], ours.mu_star[:, 0], rtol=1e-6, atol=1e-9)
    assert theirs["mu_star"][3] == 0  # the dummy


def test_given_data_methods_of_salib_rank_the_factors(tmp_path: Path) -> None:
    sweep = write(tmp_path / "sweep", "latin_hypercube", size=300)
    problem, x, y = to_salib(sweep, COLUMN)  # type: ignore[arg-type]
    for found in (
        delta.analyze(problem, x, y, num_resamples=5, seed=1)["S1"],
        pawn.analyze(problem, x, y, seed=1)["median"],
        rbd_fast.analyze(problem, x, y, seed=1)["S1"],
    ):
        assert np.argmin(found) == 2  # the factor without effect


def test_a_quarter_and_a_scenario_can_be_chosen(mixed: Path) -> None:
    sweep = load(mixed)
    _, _, end = to_salib(sweep, COLUMN, "shock")
    _, _, before = to_salib(sweep, COLUMN, "shock", "2024Q2")
    np.testing.assert_allclose(end, before)  # the made-up paths are level
    _, _, calm = to_salib(sweep, COLUMN, "calm")
    np.testing.assert_allclose(end, calm + 1)


def test_files_for_salib(tmp_path: Path) -> None:
    sweep = write(tmp_path / "sweep", "saltelli", size=32)
    paths = save_salib(tmp_path / "out", sweep)  # type: ignore[arg-type]
    assert [path.name for path in paths] == ["problem.json", "x.csv", "y_calm.csv"]
    problem = json.loads(paths[0].read_text())
    _, x, y = to_salib(sweep, COLUMN)  # type: ignore[arg-type]
    np.testing.assert_allclose(pd.read_csv(paths[1]), x)
    read = pd.read_csv(paths[2])[COLUMN].to_numpy()
    np.testing.assert_allclose(read, y)
    sobol.analyze(problem, read, calc_second_order=False)


def test_rows_without_outcomes(tmp_path: Path) -> None:
    whole = write(tmp_path / "ordered", "saltelli", size=8, lost=[3])
    with pytest.raises(InputError, match=r"1 of 48 rows have no autonomy.AVA, and a sample of the"):
        to_salib(whole, COLUMN)  # type: ignore[arg-type]
    loose = write(tmp_path / "loose", "latin_hypercube", size=30, lost=[3])
    _, x, y = to_salib(loose, COLUMN)  # type: ignore[arg-type]
    assert x.shape == (29, 3)
    assert not np.isnan(y).any()
    paths = save_salib(tmp_path / "out", loose)  # type: ignore[arg-type]
    assert len(pd.read_csv(paths[1])) == len(pd.read_csv(paths[2])) == 29
    experiments, _ = to_ema(loose)  # type: ignore[arg-type]
    assert len(experiments) == 29


def without(folder: Path, column: str, rows: int | None) -> Sweep:
    """A sweep of two scenarios, of which one has no second outcome in its first rows, or in all."""
    sweep = stored_sweep.write(
        folder, "latin_hypercube", dict.fromkeys((COLUMN, column), lambda u, d: u[0] + d), size=30,
        scenarios=("calm", "shock"),
    )  # fmt: skip
    runs = sweep.runs()
    gone = (runs["scenario"] == "shock") & runs["row"].isin(sweep.design()["row"][:rows])
    runs.loc[gone, column] = np.nan
    runs.to_parquet(folder / "runs.parquet")
    return sweep


def test_outcomes_of_actors_that_are_left_out_cost_no_rows(tmp_path: Path) -> None:
    paths = save_salib(tmp_path / "out", without(tmp_path / "sweep", "fear.AVA", rows=None))
    x, calm, shock = (pd.read_csv(path) for path in paths[1:])
    assert len(x) == len(calm) == len(shock) == 30
    assert list(calm.columns) == [COLUMN, "fear.AVA"]
    assert list(shock.columns) == [COLUMN]
    partly = without(tmp_path / "partly", "fear.AVA", rows=7)
    with pytest.raises(InputError, match=r"fear.AVA is missing in some rows of shock, which leave"):
        save_salib(tmp_path / "refused", partly)
    assert len(pd.read_csv(save_salib(tmp_path / "named", partly, [COLUMN])[1])) == 30


def test_files_for_salib_need_the_whole_of_an_ordered_sample(tmp_path: Path) -> None:
    whole = write(tmp_path / "ordered", "saltelli", size=8, lost=[3])
    with pytest.raises(InputError, match=r"1 of 48 rows have no outcomes, and a sample of the"):
        save_salib(tmp_path / "out", whole)  # type: ignore[arg-type]


# Tables, the command, refusals


def test_tables_as_text(mixed: Path, drawn: Result, tmp_path: Path) -> None:
    paths = save_csv(tmp_path / "sweep", load(mixed))
    assert {path.name for path in paths} == {
        *("design.csv", "units.csv", "runs.csv", "means.csv", "manifest.json")
    }
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "sweep" / "runs.csv", dtype={"row": str}),
        load(mixed).runs(),
        check_dtype=False,
    )
    paths = save_csv(tmp_path / "batch", drawn)
    assert {"runs.csv", "trajectories.csv", "events.csv"} <= {path.name for path in paths}
    assert len(pd.read_csv(tmp_path / "batch" / "runs.csv")) == 40


def test_the_command_writes_each_form(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["results", "export", str(mixed), "--to"]
    path = tmp_path / "mixed.tar.gz"
    assert main([*given, "ema", str(path), "--outcome", COLUMN]) == 0
    assert "600 experiments, 5 inputs, 3 outcomes:" in capsys.readouterr().out
    assert load_results(str(path))[0].shape == (600, 8)
    assert main([*given, "ema", str(path), "--outcome", COLUMN, "--by", "run"]) == 2
    assert "is there already; replace it with --overwrite" in capsys.readouterr().err
    assert main([*given, "ema", str(path), "--by", "run", "--overwrite"]) == 0
    assert load_results(str(path))[0].shape == (2400, 8)
    assert main([*given, "salib", str(tmp_path / "salib")]) == 0
    assert "5 factors, sampled latin_hypercube:" in capsys.readouterr().out
    assert (tmp_path / "salib" / "y_shock.csv").is_file()
    assert main([*given, "csv", str(tmp_path / "csv")]) == 0
    assert (tmp_path / "csv" / "runs.csv").is_file()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["salb", "x"], "--to: found 'salb'; did you mean 'salib'?"),
        (["ema", "x.csv"], "x.csv: the EMA Workbench reads files that end in .tar.gz"),
        (["csv", "x", "--by", "run"], "--by: is of use for ema only; found --to csv"),
        (["csv", "x", "--outcome", "y"], "--outcome: is of use for ema and salib only"),
        (["ema", "x.tar.gz", "--by", "year"], "by: found 'year'; allowed here: row or run"),
        (["ema", "x.tar.gz", "--outcome", "autonmy"], "hold no outcome 'autonmy'; did you mean"),
    ],
)
def test_what_the_command_refuses(
    mixed: Path,
    given: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["results", "export", str(mixed), "--to", *given]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_places_that_are_taken(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["results", "export", str(mixed), "--to"]
    (tmp_path / "folder.tar.gz").mkdir()
    assert main([*given, "ema", str(tmp_path / "folder.tar.gz")]) == 2
    assert "this is a folder; a file is needed" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main([*given, "csv", str(tmp_path / "file")]) == 2
    assert "this is a file; a folder is needed" in capsys.readouterr().err
    (tmp_path / "folder.tar.gz" / "own").touch()
    assert main([*given, "csv", str(tmp_path / "folder.tar.gz")]) == 2
    assert "is there already; replace it with --overwrite" in capsys.readouterr().err


def test_salib_needs_a_sweep_and_one_outcome(
    mixed: Path, drawn: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["results", "export", str(drawn.folder), "--to", "salib", str(tmp_path / "x")]
    assert main(given) == 2
    assert "holds a batch; SALib needs the rows of a sweep" in capsys.readouterr().err
    sweep = load(mixed)
    with pytest.raises(InputError, match="has the scenarios calm, shock; name one"):
        to_salib(sweep, COLUMN)
    with pytest.raises(InputError, match="there is no scenario 'clam'; did you mean 'calm'"):
        to_salib(sweep, COLUMN, "clam")
    with pytest.raises(InputError, match="'autonomy' has several columns; name one, such as auto"):
        to_salib(sweep, "autonomy", "calm")
    with pytest.raises(InputError, match="no outcome was recorded in 2031Q1"):
        to_salib(sweep, COLUMN, "calm", "2031Q1")


def test_a_missing_workbench_is_told(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ema_workbench", None)
    with pytest.raises(
        InputError,
        match="EMA Workbench needs the package ema_workbench, which is not installed; "
        r'pip install "multivector\[discover\]"',
    ):
        save_ema(tmp_path / "x.tar.gz", *to_ema(load(mixed)))


def test_the_code_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
    own = page[page.index("## Scenario discovery") :]
    blocks = re.findall(r"```python\n(.*?)```", own, flags=re.DOTALL)
    mixed_sweep.write(tmp_path / "results" / "hedging_space", rows=300, runs=4)
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks).replace("autonomy.KAZ", COLUMN).replace("0.485", "0.4")
    exec(compile(code, "experiments.md", "exec"), {})
    assert "fear above 3" in capsys.readouterr().out
    assert (tmp_path / "hedging.tar.gz").is_file()
