"""How many runs are enough: the errors cover, and the runs needed give what was wanted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.analysis.conditions import parse
from sim.analysis.convergence import (
    Wanted,
    convergence,
    course,
    runs_needed,
    sweep_convergence,
    usual,
    values,
)
from sim.analysis.monte_carlo import mean_error, quantile_interval, sd_error, share_interval, width
from sim.analysis.pairing import Side
from sim.core.errors import InputError
from sim.experiment.batch import batch
from sim.experiment.result import Result
from sim.experiment.sweep_result import Sweep

RESAMPLES, RUNS = 200, 150
TOLERANCE = 4 * np.sqrt(0.9 * 0.1 / RESAMPLES)  # 4 Monte-Carlo errors of a coverage of 0.9


@pytest.fixture(scope="module")
def both(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("results") / "both"
    return batch(scenarios, runs=40, out=folder, parameters="point")


def samples(clustered: bool) -> tuple[np.ndarray, np.ndarray]:
    """Skewed values (run, resample), independent or with two runs a draw that hang together."""
    generator = np.random.default_rng(8)
    draw = np.arange(RUNS) // (2 if clustered else 1)
    own = generator.normal(size=(RUNS, RESAMPLES))
    if clustered:
        shared = generator.normal(size=(RUNS // 2, RESAMPLES))[draw]
        own = np.sqrt(0.7) * shared + np.sqrt(0.3) * own
    return np.exp(0.3 * own), draw


# The formulae


@pytest.mark.parametrize("clustered", [False, True])
def test_intervals_of_means_and_sds_cover(clustered: bool) -> None:
    found, draw = samples(clustered)
    truth = stats.lognorm(0.3)
    error, degrees = mean_error(found, draw)
    reach = width(degrees)
    covered = np.abs(found.mean(axis=0) - truth.mean()) <= reach * error
    assert covered.mean() == pytest.approx(0.9, abs=TOLERANCE)
    # The interval of an sd is symmetric, which it is not of skewed values at 150 runs: 5 points off
    missed = np.abs(found.std(axis=0, ddof=1) - truth.std()) <= reach * sd_error(found, draw)
    assert missed.mean() == pytest.approx(0.9, abs=TOLERANCE + 0.05)


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_intervals_of_quantiles_cover(clustered: bool, level: float) -> None:
    found, draw = samples(clustered)
    truth = stats.lognorm(0.3).ppf(level)
    ends = np.array([quantile_interval(one, level, draw) for one in found.T])
    covered = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    assert covered.mean() == pytest.approx(0.9, abs=TOLERANCE)
    # The error is the spread of the quantile over resamples, known to 4 times 5 percent.
    spread = np.quantile(found, level, axis=0).std()
    assert ends[:, 2].mean() == pytest.approx(spread, rel=0.2)


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_intervals_of_shares_cover(clustered: bool, share: float) -> None:
    found, draw = samples(clustered)
    held = found < stats.lognorm(0.3).ppf(share)
    ends = np.array([share_interval(one, draw) for one in held.T])
    covered = (ends[:, 0] <= share) & (share <= ends[:, 1])
    assert covered.mean() == pytest.approx(0.9, abs=TOLERANCE)


def test_a_share_of_none_is_not_certain() -> None:
    low, high, error = share_interval(np.zeros(100, dtype=bool), np.arange(100))
    assert low == pytest.approx(0, abs=1e-15)
    z = stats.t.ppf(0.95, 99)
    assert high == pytest.approx(z**2 / (100 + z**2))
    assert error > 0


def test_a_share_of_none_among_runs_that_share_draws_counts_the_draws() -> None:
    _, high, _ = share_interval(np.zeros(100, dtype=bool), np.arange(100) // 10)
    z = stats.t.ppf(0.95, 9)
    assert high == pytest.approx(z**2 / (10 + z**2))


def test_independent_shares_are_those_of_wilson() -> None:
    held = np.arange(50) < 10
    low, high, _ = share_interval(held, np.arange(50))
    wilson = stats.binomtest(10, 50).proportion_ci(0.9, "wilson")
    # Student's t instead of the normal distribution
    assert [low, high] == pytest.approx([wilson.low, wilson.high], abs=0.003)


def test_too_few_runs_for_a_quantile() -> None:
    assert np.isnan(quantile_interval(np.arange(12.0), 0.01, np.arange(12))).all()


def test_the_runs_needed_give_the_wanted_error() -> None:
    """A first result of 400 runs tells how many give an error of 0.02.

    Tolerance: 4 standard errors of a variance, and 4 of the sd of 400 means and of the number.
    """
    generator = np.random.default_rng(9)
    error, _ = mean_error(generator.normal(size=400), np.arange(400))
    needed = runs_needed(float(error), 0.02, 400)
    assert needed == pytest.approx(2500, rel=4 * np.sqrt(2 / 400))
    means = generator.normal(size=(int(needed), 400)).mean(axis=0)
    assert means.std() == pytest.approx(0.02, rel=0.25)
    assert runs_needed(0.02, 0.02, 400) == 400
    assert runs_needed(0.0, 0.02, 400) == 2
    assert np.isnan(runs_needed(0.1, 0.0, 400))
    assert np.isnan(runs_needed(np.nan, 0.1, 400))


# Of a result


def test_the_table_describes_the_runs(both: Result) -> None:
    table = convergence(both, ["cohesion"], wanted=Wanted(error=0.001), levels=(0.25, 0.975))
    assert [*table["statistic"]] == ["mean", "sd", "q25", "q97.5"]
    runs = both.runs(["cohesion"])
    calm = runs[runs["scenario"] == "calm"]["cohesion"]
    mean = table.iloc[0]
    assert mean["value"] == pytest.approx(calm.mean())
    assert mean["error"] == pytest.approx(calm.sem())
    assert mean["needed"] == np.ceil(40 * (calm.sem() / 0.001) ** 2)
    assert (table["wanted"] == 0.001).all()
    assert table["value"][2] == pytest.approx(calm.quantile(0.25))
    assert not table["beyond_draws"].any()
    relative = convergence(both, ["cohesion"], wanted=Wanted(relative=0.05))
    assert relative["wanted"][0] == pytest.approx(0.05 * calm.mean())
    default = convergence(both)
    assert {"autonomy.AVA", "cohesion"} <= set(default["outcome"])


def test_of_a_difference(both: Result) -> None:
    name = "reexport_intensity.AVA"
    against = Side.of(both, "calm")
    table = convergence(both, [name], "shock", against)
    wide = both.runs([name]).pivot(index="run", columns="scenario", values=name)
    gap = wide["shock"] - wide["calm"]
    assert table["value"][0] == pytest.approx(gap.mean())
    assert table["error"][0] == pytest.approx(gap.sem())
    assert table["wanted"][0] == pytest.approx(0.1 * abs(gap.mean()))
    assert set(table["against"]) == {"calm"}
    with pytest.raises(InputError, match="a scenario cannot be compared with itself"):
        convergence(both, [name], "calm", against)
    early = convergence(both, [name], "shock", against, quarter="2023Q3")
    assert early["value"][0] != pytest.approx(gap.mean(), rel=1e-3)


def test_of_a_share_of_runs(both: Result) -> None:
    runs = both.runs(["cohesion"]).set_index("run")
    calm = runs[runs["scenario"] == "calm"]["cohesion"]
    limit = float(f"{calm.median():.5f}")
    condition = parse(f"cohesion < {limit} and cohesion@2023Q2 > -9")
    table = convergence(both, condition=condition)
    assert len(table) == 1
    row = table.iloc[0]
    assert row["statistic"] == "share of runs"
    assert row["outcome"] == str(condition)
    assert row["value"] == (calm < limit).mean()
    assert 0 <= row["low"] < row["value"] < row["high"] <= 1
    shock = runs[runs["scenario"] == "shock"]["cohesion"]
    gap = convergence(both, None, "shock", Side.of(both, "calm"), condition=condition).iloc[0]
    assert gap["value"] == pytest.approx((shock < limit).mean() - (calm < limit).mean())


def test_the_course_ends_with_all_runs(both: Result) -> None:
    runs = values(Side.of(both, "calm"), ["cohesion"])
    found = course(runs, both.manifest)
    assert found["runs"].iloc[0] == 10
    last = found.iloc[-1]
    assert last["runs"] == 40
    assert last["mean"] == pytest.approx(runs["cohesion"].mean())
    first = runs["cohesion"].iloc[:10]
    low, high = stats.t.interval(0.9, 9, first.mean(), first.sem())
    assert [found["low"].iloc[0], found["high"].iloc[0]] == pytest.approx([low, high])


def test_runs_beyond_the_draws_are_told(both: Result) -> None:
    drawn = Result(both.folder)
    drawn.manifest["parameters"] = {"given": "p", "draws": 40, "hash": "a", "replicates": 1}
    table = convergence(drawn, ["cohesion"], wanted=Wanted(error=1e-6))
    assert table["beyond_draws"].iloc[0]
    assert table["draws"].iloc[0] == 40
    enough = convergence(drawn, ["cohesion"], wanted=Wanted(error=1.0))
    assert not enough["beyond_draws"].any()


def test_a_sweep_tells_of_its_rows(both: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight rows of 30 runs that share their draws, the last with twice the spread."""
    generator = np.random.default_rng(10)
    shared = generator.normal(size=30)
    table = pd.concat(
        pd.DataFrame(
            {
                "scenario": "calm",
                "row": f"{row:012x}",
                "run": np.arange(30),
                "cohesion": 5 + row + (2 if row == 7 else 1) * shared,
            }
        )
        for row in range(8)
    )
    sweep = Sweep.__new__(Sweep)
    sweep.folder = both.folder
    sweep.manifest = {**both.manifest, "runs": 30, "rows": 8}
    monkeypatch.setattr(Sweep, "runs", lambda self, columns=None: table)
    found = sweep_convergence(sweep, ["cohesion"], wanted=Wanted(error=0.1))
    found = found.set_index(["statistic", "which"])
    error = shared.std(ddof=1) / np.sqrt(30)
    assert found.loc[("mean of a row", "median"), "error"] == pytest.approx(error)
    assert found.loc[("mean of a row", "worst"), "error"] == pytest.approx(2 * error)
    assert found.loc[("difference of two rows", "median"), "error"] == pytest.approx(0, abs=1e-9)
    assert found.loc[("difference of two rows", "worst"), "error"] == pytest.approx(error)
    needed = found.loc[("mean of a row", "median"), "needed"]
    assert needed == np.ceil(30 * (error / 0.1) ** 2)
    with pytest.raises(InputError, match="there is no scenario 'clam'"):
        sweep_convergence(sweep, ["cohesion"], "clam")
    sweep.manifest["runs"] = 1
    with pytest.raises(InputError, match="a row has one run, which tells nothing"):
        sweep_convergence(sweep, ["cohesion"])


def test_what_cannot_be_told(both: Result, scenarios: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--error: found -1; allowed: a number above 0"):
        Wanted(error=-1.0)
    with pytest.raises(InputError, match="--relative: found 0; allowed: a number above 0"):
        Wanted(relative=0.0)
    with pytest.raises(InputError, match="give one of --error and --relative"):
        Wanted(1.0, 1.0)
    with pytest.raises(InputError, match="--quantile: found 1; allowed: above 0 and below 1"):
        convergence(both, ["cohesion"], levels=(1.0,))
    with pytest.raises(InputError, match="hold no outcome 'cohesoin'; did you mean 'cohesion'"):
        convergence(both, condition=parse("cohesoin < 1"))
    with pytest.raises(InputError, match="2031Q1 is not among the quarters"):
        convergence(both, ["cohesion"], quarter="2031Q1")
    few = batch(scenarios[0], runs=9, out=tmp_path / "few", parameters="point")
    with pytest.raises(InputError, match="has 9 finished runs to look at; at least 10 are needed"):
        convergence(few)
    assert usual().words() == "1 percent of the absolute mean"
    assert Wanted(error=0.25).words() == "0.25 in each outcome's unit"
