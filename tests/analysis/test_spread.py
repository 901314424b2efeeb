"""The split of a spread into that of the parameters and that of chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.analysis.spread import ANALYSIS, REGRESSION, _analysis, _regression, spread
from sim.case import Posterior, write_posterior
from sim.core.errors import InputError
from sim.experiment.batch import batch
from sim.experiment.result import Result

CERTAIN = """
title = "Certain"
question = "What if nothing is left to chance?"
extends = "{calm}"
[switches]
noise = false
coercion = false
deals = false
[[path]]
driver = "sanctions"
form = "constant"
from = "2023Q1"
value = 0.9
reason = "a test"
source = "assumption: a test"
"""
NAMES = ("fear_push", "reexport_speed", "enforcement_sensitivity")


def draws(number: int) -> Posterior:
    generator = np.random.default_rng(3)
    low, high = np.array([[0.5, 0.2, 10.0], [5.0, 0.6, 20.0]])
    return Posterior(NAMES, generator.uniform(low, high, (number, 3)))


@pytest.fixture(scope="module")
def certain(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario without chance, in which parameters matter."""
    path = tmp_path_factory.mktemp("certain") / "certain.toml"
    path.write_text(CERTAIN.format(calm=scenarios[0].as_posix()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def replicated(
    scenarios: list[Path], certain: Path, tmp_path_factory: pytest.TempPathFactory
) -> Result:
    """30 draws, two runs each, with chance and without."""
    folder = tmp_path_factory.mktemp("results") / "replicated"
    return batch([scenarios[0], certain], runs=60, out=folder, parameters=draws(30), replicates=2)


def one(table: pd.DataFrame, scenario: str, outcome: str) -> pd.Series[float]:
    rows = table[(table["scenario"] == scenario) & (table["outcome"] == outcome)]
    assert len(rows) == 1
    return rows.iloc[0]


# The estimators, on mixtures whose shares are known


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_the_analysis_of_variance_recovers_a_mixture(share: float) -> None:
    """Four runs a draw; 400 outcomes. Tolerance: 4 standard errors of the mean over outcomes."""
    generator = np.random.default_rng(4)
    draw = np.repeat(np.arange(300), 4)
    values = np.sqrt(share) * generator.normal(size=(300, 400))[draw]
    values += np.sqrt(1 - share) * generator.normal(size=(1200, 400))
    found, low, high = _analysis(values, draw)
    if share:
        assert found.mean() == pytest.approx(share, abs=4 * found.std() / np.sqrt(400))
    else:  # what chance makes negative counts as nought
        assert (found == 0).mean() > 0.4
        assert found.max() < 0.12
    covered = ((low <= share) & (share <= high)).mean()
    assert covered > 0.9 - 4 * np.sqrt(0.9 * 0.1 / 400)


def test_the_analysis_of_variance_takes_unequal_numbers_of_runs() -> None:
    """Some runs failed. Tolerance: 4 standard errors of the mean over outcomes."""
    generator = np.random.default_rng(5)
    draw = np.repeat(np.arange(400), generator.integers(1, 6, 400))
    values = np.sqrt(0.3) * generator.normal(size=(400, 400))[draw]
    values += np.sqrt(0.7) * generator.normal(size=(len(draw), 400))
    found, _, _ = _analysis(values, draw)
    assert found.mean() == pytest.approx(0.3, abs=4 * found.std() / np.sqrt(400))


def test_the_analysis_of_variance_is_that_of_the_textbook() -> None:
    """Three draws with two runs: means 1, 5 and 7 about 13 / 3, and variance 2 within each."""
    values = np.array([[0.0], [2.0], [4.0], [6.0], [6.0], [8.0]])
    found, _, _ = _analysis(values - 100.0, np.array([0, 0, 1, 1, 2, 2]))
    between, within = 2 * ((1 - 13 / 3) ** 2 + (5 - 13 / 3) ** 2 + (7 - 13 / 3) ** 2) / 2, 2.0
    part = (between - within) / 2
    assert found[0] == pytest.approx(part / (part + within), rel=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_regression_is_a_lower_bound(share: float) -> None:
    """Linear outcomes, 40 parameters and 600 runs: below the share, by no more than 10 points."""
    generator = np.random.default_rng(6)
    parameters = generator.uniform(size=(600, 40))
    mean = parameters @ generator.normal(size=(40, 100))
    mean = (mean - mean.mean(axis=0)) / mean.std(axis=0)
    values = np.sqrt(share) * mean + np.sqrt(1 - share) * generator.normal(size=(600, 100))
    found, low, high = _regression(values, parameters)
    assert share - 0.1 < found.mean() <= share + 1e-9 + 4 * found.std() / 10
    assert (low <= found).all()
    assert (found <= high).all()


def test_what_is_not_linear_is_not_seen_by_the_regression() -> None:
    parameters = np.random.default_rng(7).uniform(-1, 1, (600, 2))
    found, _, _ = _regression(parameters[:, :1] ** 2, parameters)
    assert found[0] < 0.05


# Of a result


def test_identical_draws_leave_chance(scenarios: list[Path], tmp_path: Path) -> None:
    same = Posterior(NAMES, np.repeat(draws(1).values, 40, axis=0))
    twice = batch(scenarios[0], runs=80, out=tmp_path / "a", parameters=same, replicates=2)
    table = spread(twice)
    assert (table["method"] == ANALYSIS).all()
    # Outcomes hang together, so that their mean share is no better known than one: its standard
    # error is about 1 / sqrt(40).
    assert table["parametric"].mean() < 0.16
    assert (table["low"] == 0).mean() > 0.8
    once = batch(scenarios[0], runs=40, out=tmp_path / "b", parameters=same)
    once.manifest["parameters"]["given"] = str(tmp_path / "same.parquet")
    write_posterior(tmp_path / "same.parquet", same)
    table = spread(once)
    assert (table["method"] == REGRESSION).all()
    assert (table["parametric"] == 0).all()


def test_what_is_certain_given_the_parameters_is_parametric(replicated: Result) -> None:
    table = spread(replicated, ["reexport_intensity", "cohesion"])
    certain = one(table, "certain", "reexport_intensity.AVA")
    assert certain["sd"] > 0
    assert certain["parametric"] == pytest.approx(1.0, abs=1e-9)
    assert certain["low"] == pytest.approx(1.0, abs=1e-9)
    assert certain["method"] == ANALYSIS
    calm = one(table, "calm", "cohesion")
    assert 0 < calm["stochastic"] <= 1
    assert calm["parametric"] + calm["stochastic"] == pytest.approx(1.0)
    assert calm["low"] <= calm["parametric"] <= calm["high"]


def test_the_table_describes_the_runs(replicated: Result) -> None:
    runs = replicated.runs()
    table = spread(replicated)
    columns = "scenario outcome mean sd parametric stochastic low high method"
    assert [*table.columns] == columns.split()
    assert set(table["scenario"]) == {"calm", "certain"}
    calm = runs[runs["scenario"] == "calm"]["cohesion"]
    row = one(table, "calm", "cohesion")
    assert row["mean"] == pytest.approx(calm.mean())
    assert row["sd"] == pytest.approx(calm.std())
    headline = [one["name"] for one in replicated.manifest["outcomes"] if one["headline"]]
    assert {column.split(".")[0] for column in table["outcome"]} <= set(headline)
    only = spread(replicated, scenario="calm")
    pd.testing.assert_frame_equal(only, table[table["scenario"] == "calm"])


def test_a_quarter_of_the_trajectories(replicated: Result) -> None:
    last = spread(replicated, ["cohesion"], "calm", quarter="2023Q4")
    end = spread(replicated, ["cohesion"], "calm")
    assert last["sd"][0] == pytest.approx(end["sd"][0], rel=1e-5)
    assert last["parametric"][0] == pytest.approx(end["parametric"][0], abs=1e-4)
    first = spread(replicated, ["cohesion"], "calm", quarter="2023Q1")
    assert first["sd"][0] != pytest.approx(end["sd"][0], rel=1e-2)
    everything = spread(replicated, scenario="calm", quarter="2023Q2")
    assert "cohesion" in set(everything["outcome"])


def test_one_run_a_draw_gives_a_lower_bound(certain: Path, tmp_path: Path) -> None:
    write_posterior(tmp_path / "draws.parquet", draws(60))
    path = str(tmp_path / "draws.parquet")
    result = batch(certain, runs=60, out=tmp_path / "once", parameters=path)
    row = one(spread(result), "certain", "reexport_intensity.AVA")
    assert row["method"] == REGRESSION
    assert 0.8 < row["parametric"] <= 1
    write_posterior(tmp_path / "draws.parquet", draws(61))
    pd.testing.assert_series_equal(one(spread(result), "certain", "reexport_intensity.AVA"), row)
    (result.folder / "parameters.parquet").unlink()  # then they are sought where they came from
    with pytest.raises(
        InputError,
        match=r"were drawn from .*draws\.parquet, which is not there or has changed since",
    ):
        spread(result)
    (tmp_path / "draws.parquet").unlink()
    with pytest.raises(InputError, match=r"draws\.parquet, which is not there"):
        spread(result)


def test_runs_that_start_the_draws_again_are_replicates(certain: Path, tmp_path: Path) -> None:
    result = batch(certain, runs=40, out=tmp_path, parameters=draws(20))
    row = one(spread(result), "certain", "reexport_intensity.AVA")
    assert row["method"] == ANALYSIS
    assert row["parametric"] == pytest.approx(1.0, abs=1e-9)


def test_an_outcome_that_is_the_same_in_all_runs_has_no_share(replicated: Result) -> None:
    row = one(spread(replicated, ["threats"], "certain"), "certain", "threats.AVA.NOR")
    assert row["sd"] == 0
    assert np.isnan([row["parametric"], row["stochastic"], row["low"], row["high"]]).all()


def test_what_cannot_be_split(replicated: Result, scenarios: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no scenario 'clam'; did you mean 'calm'"):
        spread(replicated, scenario="clam")
    with pytest.raises(InputError, match="hold no outcome 'cohesoin'; did you mean 'cohesion'"):
        spread(replicated, ["cohesoin"])
    with pytest.raises(InputError, match="no outcome was recorded in 2031Q1"):
        spread(replicated, ["cohesion"], quarter="2031Q1")
    with pytest.raises(InputError, match="2023Q7"):
        spread(replicated, ["cohesion"], quarter="2023Q7")
    point = batch(scenarios[0], runs=2, out=tmp_path / "point", parameters="point")
    with pytest.raises(InputError, match="did not draw their parameters, so that all spread is"):
        spread(point)
    few = batch(scenarios[0], runs=19, out=tmp_path / "few", parameters=draws(2))
    with pytest.raises(InputError, match="calm has 19 runs; at least 20 are needed"):
        spread(few)
    one_draw = batch(scenarios[0], runs=20, out=tmp_path / "one", parameters=draws(1))
    with pytest.raises(InputError, match="the runs of calm share one draw of the parameters; at"):
        spread(one_draw)
    memory = batch(scenarios[0], runs=20, out=tmp_path / "memory", parameters=draws(20))
    assert len(spread(memory))
    (memory.folder / "parameters.parquet").unlink()
    with pytest.raises(InputError, match=r"were drawn from draws [0-9a-f]{12}, which is not there"):
        spread(memory)
