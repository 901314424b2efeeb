"""Scenarios compared run by run: what the numbers are, and what cannot be paired."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.analysis.comparison import comparison, effects_over_time, multiplicity, variance_saved
from sim.analysis.monte_carlo import draws_of, mean_error
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.batch import batch
from sim.experiment.result import Result, load_batch

SHORT = """
title = "Shorter"
question = "What if we stop sooner?"
extends = "shock"
[horizon]
start = "2023Q1"
end = "2023Q3"
"""


@pytest.fixture(scope="module")
def both(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Result:
    """`calm` and `shock`, 30 runs each at the centres; the shock begins in the second quarter."""
    folder = tmp_path_factory.mktemp("results") / "both"
    return batch(scenarios, runs=30, out=folder, parameters="point")


@pytest.fixture
def changed(both: Result, tmp_path: Path) -> Callable[..., Result]:
    """The same result, its manifest changed by a function."""

    def change(how: Callable[[dict[str, Any]], None]) -> Result:
        folder = tmp_path / "changed"
        shutil.copytree(both.folder, folder)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        how(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return load_batch(folder)

    return change


def wide(result: Result, column: str) -> pd.DataFrame:
    return result.runs([column]).pivot(index="run", columns="scenario", values=column)


def test_the_table_is_that_of_the_runs(both: Result) -> None:
    table = comparison(both, both, "shock", "calm").set_index("outcome")
    recorded = set(both.runs().columns) - {"scenario", "run"}
    assert set(table.index) == recorded
    assert (table["at"] == "2023Q4").all()
    assert (table["runs"] == 30).all()
    assert (table["scenario"] == "shock").all()
    name = "reexport_intensity.AVA"
    values = wide(both, name)
    gap = values["shock"] - values["calm"]
    row = table.loc[name]
    assert row["difference"] == pytest.approx(gap.mean(), rel=1e-12)
    assert row["mean"] == pytest.approx(values["shock"].mean(), rel=1e-12)
    assert row["mean_against"] == pytest.approx(values["calm"].mean(), rel=1e-12)
    low, high = stats.t.interval(0.9, 29, gap.mean(), gap.sem())
    assert [row["low"], row["high"]] == pytest.approx([low, high], rel=1e-9)
    quantiles = gap.quantile([0.05, 0.95]).to_list()
    assert [row["spread_low"], row["spread_high"]] == pytest.approx(quantiles, rel=1e-9)
    assert row["above"] == (gap > 0).mean()
    sd = np.sqrt(values.var().mean())
    assert row["effect"] == pytest.approx(gap.mean() / sd, rel=1e-9)
    assert row["p"] == pytest.approx(stats.ttest_rel(values["shock"], values["calm"]).pvalue)
    assert row["variance_saved"] == pytest.approx(values.var().sum() / gap.var(), rel=1e-9)
    assert table["effect"].abs().is_monotonic_decreasing


def test_the_other_way_round_changes_signs_only(both: Result) -> None:
    there = comparison(both, both, "shock", "calm").set_index("outcome").sort_index()
    back = comparison(both, both, "calm", "shock").set_index("outcome").sort_index()
    assert np.array_equal(there["difference"], -back["difference"])
    assert np.allclose(there["above"], 1 - back["above"] - back["equal"])
    assert np.allclose(there["low"], -back["high"], rtol=1e-12, atol=0)


def test_since_when_they_part(both: Result) -> None:
    """The shock begins in 2023Q2, so that no run can differ before."""
    table = comparison(both, both, "shock", "calm", ["reexport_intensity"]).set_index("outcome")
    row = table.loc["reexport_intensity.AVA"]
    over = effects_over_time(both, both, "shock", "calm", ["reexport_intensity"])
    own = over[over["outcome"] == "reexport_intensity.AVA"].set_index("quarter")
    differing = own.index[own["equal"] < 1]
    assert row["differs_from"] == quarters.name(differing[0])
    assert differing[0] >= quarters.parse("2023Q1")
    apart = own.index[(own["low"] > 0) | (own["high"] < 0)]
    assert row["apart_from"] == quarters.name(apart[0])
    last = own.loc[quarters.parse("2023Q4")]
    assert last["difference"] == pytest.approx(row["difference"], rel=1e-5)
    assert last["above"] == row["above"]


def test_a_scenario_against_its_own_copy_does_not_differ(
    both: Result, changed: Callable[..., Result]
) -> None:
    copy = changed(lambda manifest: None)
    table = comparison(both, copy, "calm", "calm")
    assert (table["equal"] == 1).all()
    assert (table["difference"] == 0).all()
    assert (table["effect"] == 0).all()
    assert table["p_adjusted"].isna().all()
    assert (table["differs_from"] == "").all()
    assert table["scenario"][0] == f"{both.folder}:calm"
    assert multiplicity(table)["tested"] == 0
    saved = variance_saved(table).iloc[0]
    assert saved["differing"] == 0


def test_means_and_quarters(both: Result) -> None:
    over = effects_over_time(both, both, "shock", "calm", ["cohesion", "reexport_intensity"])
    mean = comparison(both, both, "shock", "calm", ["cohesion"], at="mean").iloc[0]
    own = over[over["outcome"] == "cohesion"]
    assert mean["difference"] == pytest.approx(own["difference"].mean(), rel=1e-9, abs=1e-12)
    third = comparison(both, both, "shock", "calm", ["reexport_intensity"], at="2023Q3")
    at = over[over["quarter"] == quarters.parse("2023Q3")].set_index("outcome")["difference"]
    for row in third.to_dict("records"):
        assert row["at"] == "2023Q3"
        assert row["difference"] == pytest.approx(at[row["outcome"]], rel=1e-9)


def test_horizons_that_differ_end_where_both_do(
    both: Result, scenarios: list[Path], tmp_path: Path
) -> None:
    path = scenarios[0].parent / "shorter.toml"
    path.write_text(SHORT, encoding="utf-8")
    short = batch(path, runs=30, out=tmp_path / "short", parameters="point")
    table = comparison(short, both, None, "shock")
    assert (table["at"] == "2023Q3").all()
    assert len(table) > 10
    assert (table["equal"] == 1).all()  # the same up to where the shorter one ends
    bare = batch(path, runs=30, out=tmp_path / "b", parameters="point", trajectories="none")
    with pytest.raises(InputError, match=r"kept no outcome by quarter, which 2023Q3 needs; run"):
        comparison(bare, both, None, "calm")
    with pytest.raises(InputError, match="kept no outcome by quarter that both have; run them"):
        effects_over_time(bare, both, None, "calm")


def test_failed_runs_are_left_out(both: Result, changed: Callable[..., Result]) -> None:
    copy = changed(lambda manifest: None)
    for name in ("runs", "trajectories"):
        path = copy.folder / f"{name}.parquet"
        table = pd.read_parquet(path)
        table[(table["run"] >= 5) & (table["run"] != 11)].to_parquet(path)
    table = comparison(copy, both, "shock", "calm")
    assert (table["runs"] == 24).all()
    gap = wide(both, "reexport_intensity.AVA").drop(index=[0, 1, 2, 3, 4, 11])
    row = table.set_index("outcome").loc["reexport_intensity.AVA"]
    assert row["difference"] == pytest.approx((gap["shock"] - gap["calm"]).mean(), rel=1e-12)


def test_draws_are_the_independent_units() -> None:
    """With two identical runs a draw, the error is that of one run a draw."""
    values = np.random.default_rng(1).normal(size=(40, 3))
    once, degrees = mean_error(values, np.arange(40))
    assert once == pytest.approx(values.std(axis=0, ddof=1) / np.sqrt(40))
    manifest = {"parameters": {"draws": 40, "replicates": 2}}
    draw = draws_of(manifest, np.arange(80))
    twice, same = mean_error(np.repeat(values, 2, axis=0), draw)
    assert (degrees, same) == (39, 39)
    assert twice == pytest.approx(once, rel=1e-12)
    again = draws_of({"parameters": {"draws": 40, "replicates": 1}}, np.arange(80))
    assert again.tolist() == [*range(40), *range(40)]


def test_intervals_cover_with_replicates() -> None:
    """200 resamples of 40 draws of 3 runs; tolerance: 4 Monte-Carlo errors of the coverage."""
    generator = np.random.default_rng(2)
    draw = np.repeat(np.arange(40), 3)
    values = generator.normal(size=(40, 200))[draw] + generator.normal(size=(120, 200))
    error, degrees = mean_error(values, draw)
    reach = stats.t.ppf(0.95, degrees) * error
    covered = (np.abs(values.mean(axis=0)) <= reach).mean()
    assert covered == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 200))
    naive, _ = mean_error(values, np.arange(120))
    assert naive.mean() < 0.8 * error.mean()


def test_what_does_not_vary_is_handled(both: Result, changed: Callable[..., Result]) -> None:
    copy = changed(lambda manifest: None)
    path = copy.folder / "runs.parquet"
    table = pd.read_parquet(path)
    table["cohesion"] = np.where(table["scenario"] == "shock", 0.75, 0.5)
    table.to_parquet(path)
    found = comparison(copy, copy, "shock", "calm", ["cohesion"]).iloc[0]
    assert found["difference"] == found["low"] == found["high"] == 0.25
    assert found["effect"] == np.inf
    assert found["p"] == 0
    assert np.isnan(found["variance_saved"])


def test_few_are_told_apart_by_chance(both: Result, changed: Callable[..., Result]) -> None:
    """Noise in every outcome: a tenth of the intervals leave out zero, and no outcome is kept.

    Tolerance: 4 Monte-Carlo errors of the share.
    """
    copy = changed(lambda manifest: None)
    path = copy.folder / "runs.parquet"
    table = pd.read_parquet(path)
    columns = table.columns.drop(["scenario", "run"])
    noise = np.random.default_rng(3).normal(size=(len(table), len(columns)))
    table[columns] = noise
    table.to_parquet(path)
    counts = multiplicity(comparison(copy, copy, "shock", "calm"))
    assert counts["tested"] == counts["differing"] == len(columns)
    assert counts["by_chance"] == round(0.1 * len(columns))
    tolerance = 4 * np.sqrt(0.09 / len(columns)) * len(columns)
    assert counts["excluding"] == pytest.approx(counts["by_chance"], abs=tolerance)
    assert counts["kept"] <= 1


def test_what_cannot_be_paired(both: Result, changed: Callable[..., Result]) -> None:
    def differ(manifest: dict[str, Any]) -> None:
        manifest["seed"] = 99
        manifest["case"]["hash"] = "0" * 64
        manifest["case"]["as_of"] = "2021Q4"
        drawn = {"given": "x.parquet", "draws": 7, "hash": "ab" * 32, "replicates": 2}
        manifest["parameters"] = drawn

    other = changed(differ)
    with pytest.raises(InputError) as caught:
        comparison(both, other, "shock", "calm")
    message = str(caught.value)
    assert "cannot be compared run by run; they differ in their seeds (11 and 99)" in message
    assert "their parameters (the centres and 7 draws of x.parquet, hash abababababab" in message
    assert "2 runs a draw)" in message
    assert "their cases (toy_case, hash" in message
    assert "their base quarters (2022Q4 and 2021Q4)" in message


def test_other_replicates_cannot_be_paired(changed: Callable[..., Result], both: Result) -> None:
    def drawn(manifest: dict[str, Any]) -> None:
        manifest["parameters"] = {"given": "p", "draws": 7, "hash": "ab" * 32, "replicates": 2}

    one = changed(drawn)
    two = Result(one.folder)
    two.manifest = json.loads(json.dumps(one.manifest))
    two.manifest["parameters"]["replicates"] = 3
    with pytest.raises(InputError, match=r"2 runs a draw and 7 draws of p, .*, 3 runs a draw"):
        comparison(one, two, "shock", "calm")


def test_what_is_not_there(both: Result, changed: Callable[..., Result]) -> None:
    with pytest.raises(InputError, match="there is no scenario 'shokc'; did you mean 'shock'"):
        comparison(both, both, "shokc", "calm")
    with pytest.raises(InputError, match="a scenario cannot be compared with itself; name another"):
        comparison(both, both)
    with pytest.raises(InputError, match="hold no outcome 'cohesoin'; did you mean 'cohesion'"):
        comparison(both, both, "shock", "calm", ["cohesoin"])
    with pytest.raises(
        InputError, match=r"2031Q1 is not among the quarters of .* 2023Q1 to 2023Q4"
    ):
        comparison(both, both, "shock", "calm", at="2031Q1")
    with pytest.raises(InputError, match="2023Q7"):
        comparison(both, both, "shock", "calm", at="2023Q7")
    copy = changed(lambda manifest: None)
    path = copy.folder / "runs.parquet"
    table = pd.read_parquet(path)
    table[table["run"] < 1].to_parquet(path)
    with pytest.raises(InputError, match="have 1 finished runs in common; at least 2 are needed"):
        comparison(copy, both, "shock", "calm")

    def later(manifest: dict[str, Any]) -> None:
        for scenario in manifest["scenarios"]:
            scenario["start"] = "2033Q1"

    shutil.rmtree(copy.folder)
    with pytest.raises(InputError, match=r"2033Q1 to 2033Q4.* have no quarter in common"):
        comparison(both, changed(later), "shock", "calm")
