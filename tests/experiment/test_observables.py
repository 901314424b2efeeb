"""Observables: what a measure asks of the model, its yearly values, and those of the base year."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, Ledger, columns
from sim.core.simulate import Quarter, Simulation, simulate
from sim.experiment import record
from sim.experiment.batch import batch
from sim.experiment.observables import (
    CUMULATIVE,
    Observable,
    Yearly,
    base_values,
    observables,
    vote_observables,
    yearly,
)
from sim.scenario import Scenario, compile_plan, load_scenario

TOY = Path(__file__).parents[1] / "data" / "toy_case"
HEADER = "measure,title,family,outcome,over,country,partner,file,series,per,scale,unit,note\n"
MEASURES = {
    "trade_share": "share.{country}.{power}.trade,mean,,",
    "east_share": "share.{country}.{power}.trade,mean,AVA,EAST27",
    "gdp": "gdp_usd.{country},mean,,",
    "pipe": "route_volume.northern_pipe,mean,,",
    "line": "route_volume.western_rail,mean,,",
    "voice": "cohesion,mean,,",
    "episodes": "complied.{country}.{power}+imposed.{country}.{power},change,,",
    "threats": "threats.{country}.{power},change,,",
    "realised": "realised.{country}.{power},mean,,",
}
SCENARIO = """
title = "Plain"
question = "What happens anyway?"
case = "{case}"
runs = 5
seed = 3
[horizon]
start = "{start}"
end = "{end}"
"""


def measures(**rows: str) -> str:
    """The table, from outcome, over, country and partner."""
    lines = [f"{name},{name},family,{row},file,series,,1,unit,\n" for name, row in rows.items()]
    return HEADER + "".join(lines)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the toy case with measures, in ./case of a fresh working directory."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(TOY, tmp_path / "case")
    (tmp_path / "case" / "measures.csv").write_text(measures(**MEASURES))
    (tmp_path / "case" / "record_codes.csv").write_text("record,code\nEAST27,EAS\n")
    return tmp_path / "case"


@pytest.fixture
def case(folder: Path) -> Case:
    return load_case(folder)


def scenario(case: Case, start: str = "2023Q1", end: str = "2025Q4") -> Scenario:
    path = Path("plain.toml")
    path.write_text(SCENARIO.format(case=case.folder.as_posix(), start=start, end=end))
    return load_scenario(path)


def names_of(found: tuple[Observable, ...]) -> list[str]:
    return [one.name for one in found]


def test_a_measure_gives_an_observable_a_country_and_power(case: Case) -> None:
    world = case.build()
    found = {one.name: one for one in observables(case, world.names)}
    assert len(found) == 3 * 4 + 1 + 3 + 3 + 3 * (3 * 4)
    assert found["trade_share.BOR.WES"].columns == ("share.BOR.WES.trade",)
    assert found["gdp.CIM"].columns == ("gdp_usd.CIM",)
    assert found["voice"].columns == ("cohesion",)
    one = found["episodes.AVA.NOR"]
    assert one.columns == ("complied.AVA.NOR", "imposed.AVA.NOR")
    assert (one.measure, one.family, one.country, one.power) == (
        "episodes",
        "family",
        "AVA",
        "NOR",
    )
    assert (one.unit, one.over) == ("unit", "change")


def test_an_exact_code_of_the_record_is_translated(case: Case) -> None:
    found = observables(case, case.build().names)
    assert [one.name for one in found if one.measure == "east_share"] == ["east_share.AVA.EAS"]


def test_observables_of_actors_that_are_left_out_are_left_out(case: Case) -> None:
    world = case.build(countries=["BOR", "CIM"], powers=["NOR", "WES"])
    found = names_of(observables(case, world.names))
    assert "trade_share.BOR.NOR" in found
    assert "trade_share.AVA.NOR" not in found
    assert "trade_share.BOR.EAS" not in found
    assert "east_share.AVA.EAS" not in found
    assert "line" in found
    assert "pipe" not in found  # lies in AVA


def test_a_case_without_measures_has_no_observables(case: Case, folder: Path) -> None:
    (folder / "measures.csv").unlink()
    assert observables(load_case(folder), case.build().names) == ()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "shaer.{country}.{power}.trade,mean,,",
            "case/measures.csv:2: column 'outcome': there is no outcome 'shaer'; "
            "did you mean 'share'?",
        ),
        (
            "route_volume.northern_pip,mean,,",
            "case/measures.csv:2: column 'outcome': 'route_volume.northern_pip' is no column of "
            "'route_volume', which has the axes: route; did you mean "
            "'route_volume.northern_pipe'?",
        ),
        (
            "share.{country}.{power},mean,AVA,NOR",
            "case/measures.csv:2: column 'outcome': 'share.AVA.NOR' is no column of 'share', "
            "which has the axes: country, power, channel",
        ),
        (
            "fear.{country}.{power},change,,",
            "case/measures.csv:2: column 'outcome': 'fear' does not add up over quarters, so "
            "that it has no change over a year; allowed: announced, ",
        ),
        (
            "gdp_usd.{country},mean,AVAA,",
            "case/measures.csv:2: column 'country': found 'AVAA'; allowed: AVA, BOR, CIM, DAL; "
            "nearest: AVA",
        ),
        (
            "leverage.{country}.{power},mean,,EAST28",
            "case/measures.csv:2: column 'partner': found 'EAST28'; allowed: NOR, EAS, WES, REG",
        ),
    ],
)
def test_a_measure_that_the_case_cannot_answer_is_refused(
    folder: Path, row: str, message: str
) -> None:
    (folder / "measures.csv").write_text(measures(wrong=row))
    case = load_case(folder)
    with pytest.raises(InputError) as error:
        observables(case, case.build().names)
    assert str(error.value).startswith(message)


def test_votes_are_observables_of_every_text_and_country(case: Case) -> None:
    found = vote_observables(case, case.build().names)
    assert len(found) == 4 * 2 * 3
    assert found[0].name == "vote_yes.sovereignty.AVA"
    assert found[0].columns == ("vote_yes.sovereignty.AVA",)
    assert (found[0].family, found[0].country, found[0].over) == ("votes", "AVA", "mean")


def by_column(quarter: Quarter, names: object) -> dict[str, np.ndarray]:
    found = {}
    for name, indicator in INDICATORS.items():
        values = quarter.measure(name).reshape(-1, quarter.state.cohesion.shape[-1])
        found.update(zip(columns(indicator, names), values, strict=True))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("start", ["2023Q1", "2023Q3"])
def test_yearly_values_are_means_and_changes_of_the_outcomes(case: Case, start: str) -> None:
    world, plan = compile_plan(scenario(case, start, "2025Q4"), case, range(5), 3)
    wanted = (*observables(case, world.names), *vote_observables(case, world.names))
    years, values = yearly(world, plan, wanted, 3, 0, 5)
    assert list(years) == ([2023, 2024, 2025] if start == "2023Q1" else [2024, 2025])
    assert values.shape == (len(wanted), len(years), 5)
    quarters = {one.quarter: by_column(one, world.names) for one in simulate(world, plan, 3, 0, 5)}
    moved = 0
    for place, one in enumerate(wanted):
        for year_place, year in enumerate(years):
            sums = {
                quarter: sum(found[column] for column in one.columns)
                for quarter, found in quarters.items()
            }
            if one.over == "mean":
                expected = np.mean([sums[4 * year + season] for season in range(4)], axis=0)
            else:
                expected = sums[4 * year + 3] - sums.get(4 * year - 1, np.zeros(5))
                moved += expected.sum()
            np.testing.assert_allclose(values[place, year_place], expected, rtol=1e-12, atol=1e-12)
    assert moved > 0  # something happened that a change can show


def test_a_simulation_of_less_than_a_year_has_no_years(case: Case) -> None:
    world, plan = compile_plan(scenario(case, "2023Q1", "2023Q3"), case, range(2), 3)
    years, values = yearly(world, plan, observables(case, world.names), 3, 0, 2)
    assert len(years) == 0
    assert values.shape[1:] == (0, 2)


def test_cumulative_outcomes_start_at_nought_and_grow(case: Case) -> None:
    world, plan = compile_plan(scenario(case), case, range(5), 3)
    simulation = Simulation(world, plan, 3, 0, 5)
    before = simulation.ledger
    assert not np.any(before.threats)
    last = None
    while not simulation.finished:
        quarter = simulation.advance()
        if last is not None:
            for name in set(CUMULATIVE) - {"welfare", "announced_by_sector"}:
                assert (quarter.measure(name) >= last.measure(name) - 1e-12).all(), name
        else:
            start = replace(
                quarter.moment,
                index=-1,
                state=Simulation(world, plan, 3, 0, 5).state,
                ledger=Ledger.empty(world, 5),
            )
            for name in CUMULATIVE:
                assert not INDICATORS[name].measure(start).any(), name
        last = quarter


def test_base_values_are_where_a_model_without_events_stays(case: Case) -> None:
    world, plan = compile_plan(scenario(case), case, range(2), 3)
    zero = np.zeros(1)
    attributes, parameters = world.attributes, world.parameters
    world = replace(
        world,
        attributes=replace(
            attributes,
            growth=np.zeros_like(attributes.growth),
            drift=np.zeros_like(attributes.drift),
        ),
        parameters=replace(parameters, threat_hazard=zero, deal_rate=zero),
    )
    plan = replace(plan, noise={}, persistence={})
    wanted = (*observables(case, world.names), *vote_observables(case, world.names))
    _, values = yearly(world, plan, wanted, 3, 0, 2)
    base = base_values(world, plan, wanted)
    assert base.shape == (len(wanted), 1)
    assert np.count_nonzero(base) > 40
    np.testing.assert_allclose(
        np.broadcast_to(base[:, None], values.shape), values, rtol=1e-9, atol=1e-12
    )


def test_base_values_have_deals_as_expected_and_the_base_years_trend(case: Case) -> None:
    world, plan = compile_plan(scenario(case), case, range(2), 3)
    wanted = observables(case, world.names)
    base = dict(zip(names_of(wanted), base_values(world, plan, wanted)[:, 0], strict=True))
    attributes = world.attributes
    assert base["trade_share.AVA.NOR"] == pytest.approx(attributes.share[0, 0, 0, 0], rel=1e-12)
    trend = attributes.gdp[0, 0] * np.exp(
        attributes.growth[0, 0] * np.array([-0.75, -0.5, -0.25, 0])
    )
    assert base["gdp.AVA"] == pytest.approx(trend.mean(), rel=1e-12)
    stock = Simulation(world, plan, 3, 0, 2).setting.reference.realised[0, 0, :, 0].sum()
    assert base["realised.AVA.NOR"] == pytest.approx(stock, rel=1e-12)
    assert stock > 0
    assert base["episodes.AVA.NOR"] == 0.0


def test_base_values_follow_parameters_that_vary_by_run(case: Case) -> None:
    world, plan = compile_plan(scenario(case), case, range(2), 3)
    wanted = observables(case, world.names)
    rates = world.parameters.deal_rate * np.array([1.0, 2.0, 3.0])
    many = replace(world, parameters=replace(world.parameters, deal_rate=rates))
    base = base_values(many, plan, wanted)
    assert base.shape == (len(wanted), 3)
    place = names_of(wanted).index("realised.AVA.NOR")
    np.testing.assert_allclose(base[place] / base[place, 0], [1.0, 2.0, 3.0])
    np.testing.assert_allclose(base[:, :1], base_values(world, plan, wanted), rtol=1e-12)


def test_yearly_values_do_not_depend_on_the_chunk(case: Case) -> None:
    world, plan = compile_plan(scenario(case), case, range(6), 3)
    wanted = observables(case, world.names)
    _, whole = yearly(world, plan, wanted, 3, 0, 6)
    _, second = yearly(world, plan, wanted, 3, 3, 3)
    np.testing.assert_array_equal(whole[:, :, 3:], second)


def test_only_what_is_wanted_is_measured(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    world, plan = compile_plan(scenario(case), case, range(2), 3)
    wanted = [one for one in observables(case, world.names) if one.measure in ("gdp", "threats")]
    asked: list[str] = []
    real = Quarter.measure
    monkeypatch.setattr(
        Quarter, "measure", lambda self, name: (asked.append(name), real(self, name))[1]
    )
    collected = Yearly(wanted, world.names, plan, 2)
    for quarter in simulate(world, plan, 3, 0, 2):
        collected.add(quarter)
    assert asked.count("gdp_usd") == 12  # once a quarter
    assert asked.count("threats") == 3  # once a year
    assert set(asked) == {"gdp_usd", "threats"}


# Recorded by a batch


def test_a_batch_records_observables_by_year_behind_the_base_year(case: Case) -> None:
    plain = scenario(case)
    result = batch(plain, runs=5, out="results")
    table = result.observables()
    world, plan = compile_plan(plain, case, range(5), 3)
    wanted = (*observables(case, world.names), *vote_observables(case, world.names))
    assert list(table.columns) == ["scenario", "run", "year", *names_of(wanted)]
    assert list(table["year"]) == [2022, 2023, 2024, 2025] * 5
    assert list(table["run"]) == np.repeat(range(5), 4).tolist()
    _, values = yearly(world, plan, wanted, 3, 0, 5)
    kept = table.iloc[:, 3:].to_numpy().reshape(5, 4, -1)
    assert kept.dtype == np.float32
    np.testing.assert_array_equal(kept[:, 1:], values.transpose(2, 1, 0).astype(np.float32))
    base = base_values(world, plan, wanted)[:, 0].astype(np.float32)
    np.testing.assert_array_equal(kept[:, 0], np.tile(base, (5, 1)))
    said = result.manifest["observables"]
    assert (said["first_runs"], said["base_year"]) == (1000, 2022)
    assert [one["name"] for one in said["columns"]] == names_of(wanted)
    assert said["columns"][0]["columns"] == ["share.AVA.NOR.trade"]


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_only_the_first_runs_are_recorded_however_they_are_cut(
    case: Case, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    plain = scenario(case, "2023Q1", "2023Q4")
    whole = batch(plain, runs=5, out="whole").observables()
    monkeypatch.setattr(record, "OBSERVED_RUNS", 3)
    first = batch(plain, runs=5, chunk=chunk, out="first").observables("plain")
    assert sorted(set(first["run"])) == [0, 1, 2]
    pd.testing.assert_frame_equal(first, whole[whole["run"] < 3])


def test_a_value_that_is_not_finite_fails_the_chunk(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, plan = compile_plan(scenario(case), case, range(2), 3)
    wanted = observables(case, world.names)
    broken = replace(INDICATORS["gdp_usd"], formula=lambda m: m.gdp / (m.index != 5))
    monkeypatch.setitem(INDICATORS, "gdp_usd", broken)
    with (
        np.errstate(divide="ignore"),
        pytest.raises(FloatingPointError, match=r"gdp\.AVA is not finite in run 0"),
    ):
        record.record(
            world,
            plan,
            scenario="plain",
            seed=3,
            first_run=0,
            runs=2,
            simulated=2,
            kept=(),
            observed=wanted,
        )


def test_results_without_observables_say_so(case: Case, folder: Path) -> None:
    (folder / "measures.csv").unlink()
    result = batch(scenario(case, "2023Q1", "2023Q4"), runs=2, out="results")
    assert result.manifest["observables"]["columns"] == []
    assert not Path("results/observables.parquet").exists()
    with pytest.raises(InputError, match="results: this result has no observables"):
        result.observables()


def test_an_unknown_scenario_of_a_result_is_refused(case: Case) -> None:
    result = batch(scenario(case, "2023Q1", "2023Q4"), runs=2, out="results")
    with pytest.raises(InputError, match="no scenario 'plian'; did you mean 'plain'"):
        result.observables("plian")


def test_a_wrong_measure_is_refused_before_anything_is_written(case: Case, folder: Path) -> None:
    plain = scenario(case)
    (folder / "measures.csv").write_text(measures(wrong="shaer.{country}.{power}.trade,mean,,"))
    with pytest.raises(InputError, match="there is no outcome 'shaer'"):
        batch(plain, runs=2, out="results")
    assert not Path("results").exists()
