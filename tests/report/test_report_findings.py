"""Findings against figures reckoned from the tables with plain pandas, and honest in odd cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.experiment.result import Result
from sim.report import findings
from sim.report.findings import Differences, differences
from sim.report.material import Material, Told, read_material
from sim.report.names import Names


@pytest.fixture(scope="module")
def material(told: Result) -> Material:
    return read_material([told.folder])


@pytest.fixture(scope="module")
def names(material: Material) -> Names:
    return Names(material.manifest)


@pytest.fixture(scope="module")
def found(material: Material, names: Names) -> Differences:
    outcomes = names.check_outcomes([])
    return differences(material, outcomes, list(names.countries), names)


def row_of(found: Differences, material: Material, name: str, outcome: str, at: str) -> dict:
    table = found.table
    place = [one.name for one in material.scenarios].index(name)
    rows = table[(table["scenario"] == place) & (table["outcome"] == outcome) & (table["at"] == at)]
    assert len(rows) == 1
    return rows.iloc[0].to_dict()


def test_a_difference_is_that_of_runs_paired(found: Differences, material: Material) -> None:
    row = row_of(found, material, "closed", "route_volume.northern_pipe", "2023Q2")
    paths = material.batches[0].trajectories(["route_volume.northern_pipe"])
    paths = paths[paths["quarter"] == 4 * 2023 + 1].set_index(["run", "scenario"])
    pair = paths["route_volume.northern_pipe"].unstack("scenario").astype(float)
    gap = pair["closed"] - pair["calm"]
    error = gap.std(ddof=1) / np.sqrt(len(gap))
    reach = stats.t.ppf(0.95, len(gap) - 1) * error
    assert row["difference"] == pytest.approx(gap.mean(), rel=1e-9)
    assert row["standard_error"] == pytest.approx(error, rel=1e-6)
    assert row["low"] == pytest.approx(gap.mean() - reach, rel=1e-6)
    assert row["spread_low"] == pytest.approx(gap.quantile(0.05), rel=1e-6)
    assert findings.moving(row) == pytest.approx((gap < 0).mean())
    assert findings.verdict(row) == findings.MET


def test_what_went_the_other_way_is_told(
    found: Differences, material: Material, names: Names
) -> None:
    row = row_of(found, material, "closed", "route_volume.northern_pipe", "2023Q3")
    assert findings.verdict(row) == findings.NOT_MET
    text = findings.expectation(row, material.scenarios, names)
    assert text.startswith("Expected otherwise (up, because a test expects what does not happen).")
    assert "lower than in “Calm”" in text
    assert "all runs" in text


def test_no_difference_at_all_is_told_as_such(
    found: Differences, material: Material, names: Names
) -> None:
    row = row_of(found, material, "twin", "autonomy.AVA", "2023Q4")
    assert findings.verdict(row) == findings.SAME
    assert findings.sentence(row, material.scenarios, names) == (
        "In “Twin”, autonomy (Avaland) in 2023Q4 is the same as in “Calm”, run by run."
    )


def test_tests_are_counted_and_adjusted_over_the_whole_report(found: Differences) -> None:
    table = found.table
    tested = table[table["high"] > table["low"]]
    assert found.tested == len(tested) > 5
    assert found.by_chance == round(0.1 * len(tested))
    ordered = tested["p"].sort_values().to_numpy()
    limits = 0.1 * np.arange(1, len(ordered) + 1) / len(ordered)  # Benjamini and Hochberg
    passing = np.flatnonzero(ordered <= limits)
    number = passing[-1] + 1 if len(passing) else 0
    assert int(tested["apart"].sum()) == number


def test_an_actor_that_is_left_out_is_not_compared(
    found: Differences, material: Material, names: Names
) -> None:
    place = [one.name for one in material.scenarios].index("fewer")
    columns = set(found.table.loc[found.table["scenario"] == place, "outcome"])
    assert "autonomy.AVA" in columns
    assert "autonomy.CIM" not in columns
    told = next(one for one in material.scenarios if one.name == "fewer")
    levels = findings.levels(told, ["autonomy"], ["AVA", "BOR", "CIM"], names)
    assert list(levels["outcome"]) == ["autonomy.AVA", "autonomy.BOR"]


def made_up(**values: object) -> dict:
    row = {
        "scenario": 1,
        "against": 0,
        "outcome": "autonomy.AVA",
        "unit": "0 to 1",
        "at": "2023Q4",
        "difference": 0.01,
        "standard_error": 0.002,
        "low": 0.007,
        "high": 0.013,
        "spread_low": -0.001,
        "spread_high": 0.05,
        "above": 0.3,
        "equal": 0.0,
        "effect": 0.05,
        "apart": True,
        "expected": "",
        "because": "",
    }
    return {**row, **values}


def test_a_few_runs_that_carry_the_mean_and_a_small_effect_are_owned_up_to(
    material: Material, names: Names
) -> None:
    text = findings.sentence(made_up(), material.scenarios, names)
    assert "0.0100 (scale 0 to 1) higher" in text
    assert "it is higher in 30 % of runs" in text
    assert "Fewer than half of the runs move that way: a few carry the mean." in text
    assert "small against the spread over runs: 0.05 of its standard deviation" in text


def test_what_chance_may_make_is_told_as_such(material: Material, names: Names) -> None:
    row = made_up(apart=False, low=-0.001, high=0.021)
    text = findings.sentence(row, material.scenarios, names)
    assert "cannot be told from chance" in text
    assert "+0.0100 (scale 0 to 1)" in text
    assert findings.verdict({**row, "expected": "up"}) == findings.UNTOLD


def test_the_same_difference_in_every_run_needs_no_interval(
    material: Material, names: Names
) -> None:
    row = made_up(
        low=0.01, high=0.01, standard_error=0.0, spread_low=0.01, spread_high=0.01, above=1.0,
        effect=np.inf,
    )  # fmt: skip
    text = findings.sentence(row, material.scenarios, names)
    assert "by the same amount in every run" in text
    assert "interval" not in text
    assert "inf" not in text


def test_levels_are_quantiles_of_runs(material: Material, names: Names) -> None:
    told = material.scenarios[0]
    levels = findings.levels(told, ["autonomy"], ["BOR"], names)
    runs = material.batches[0].runs(["autonomy.BOR"])
    values = runs.loc[runs["scenario"] == "calm", "autonomy.BOR"]
    assert list(levels["outcome"]) == ["autonomy.BOR"]
    row = levels.iloc[0]
    assert row["median"] == pytest.approx(values.median())
    assert row["low"] == pytest.approx(values.quantile(0.05))
    assert row["high"] == pytest.approx(values.quantile(0.95))


def test_the_worst_tenth_is_the_mean_of_the_lowest_runs(material: Material, names: Names) -> None:
    worst = findings.worst_tenth(material.scenarios[0], ["welfare"], ["AVA"], names)
    runs = material.batches[0].runs(["welfare.AVA"])
    values = runs.loc[runs["scenario"] == "calm", "welfare.AVA"].sort_values()
    assert worst == {"welfare.AVA": pytest.approx(values[:3].mean())}


def test_events_are_counted_a_run(material: Material, names: Names) -> None:
    told = material.scenarios[0]
    table = findings.events(told, ["AVA"])
    log = material.batches[0].events()
    log = log[(log["scenario"] == "calm") & (log["country"] == "AVA")]
    total = table.iloc[-1]
    threats = log["kind"].isin(["complied", "backed_down", "imposed"]).sum()
    assert total["threats"] == pytest.approx(threats / 30)
    assert total["deals"] == pytest.approx((log["kind"] == "deal").sum() / 30)
    assert total["value"] == pytest.approx(log.loc[log["kind"] == "deal", "value"].sum() / 30)
    assert table.iloc[:-1]["threats"].sum() == pytest.approx(total["threats"])


def test_the_summary_has_three_to_seven_findings(
    found: Differences, material: Material, names: Names
) -> None:
    lines = findings.summary(
        material, found, names.check_outcomes([]), list(names.countries), names
    )
    assert 3 <= len(lines) <= 7
    assert lines[-1].startswith(f"{found.tested} differences were tested in this report.")
    assert any(line.startswith("Of the 3 movements that the scenarios expect") for line in lines)


def test_ten_scenarios_do_not_crowd_the_summary(
    found: Differences, material: Material, names: Names
) -> None:
    table = pd.concat(
        [found.table.assign(scenario=1 + place % 4) for place in range(10)], ignore_index=True
    )
    many = Material(material.batches)
    lines = findings.summary(
        many, replace(found, table=table), ["autonomy"], list(names.countries), names
    )
    assert len(lines) <= 7


def test_the_baseline_is_what_a_scenario_extends(material: Material) -> None:
    by_name = {one.name: one for one in material.scenarios}
    assert material.baseline(by_name["deeper"]) == (by_name["closed"], "")
    assert material.baseline(by_name["calm"]) == (None, "")


def test_a_scenario_whose_baseline_is_not_there_is_compared_with_its_neighbour(
    material: Material,
) -> None:
    calm, closed, *_ = material.scenarios
    entry = {**closed.entry, "resolved": {**closed.entry["resolved"], "extends": "elsewhere"}}
    stranger = Told(closed.result, entry, "Stranger")
    changed = Material(material.batches)
    changed.__dict__["scenarios"] = (calm, stranger)
    against, remark = changed.baseline(stranger)
    assert against is calm
    assert remark == (
        "What it extends is not among the results; it is compared with the first scenario beside "
        "it."
    )
