"""Batches: the same numbers however they are cut, and nothing finished is lost when one fails."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS, Moment
from sim.experiment import store, workers
from sim.experiment.batch import batch
from sim.experiment.ensemble import EnsembleInterrupted
from sim.experiment.result import Result
from sim.experiment.workers import Failure, Local, Task

TABLES = ("runs", "trajectories", "quarters", "events")


@pytest.fixture(scope="module")
def whole(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Seven runs of both scenarios in one chunk each."""
    return batch(scenarios, out=tmp_path_factory.mktemp("results") / "whole")


def assert_same(ours: Result, theirs: Result) -> None:
    for table in TABLES:
        pd.testing.assert_frame_equal(
            getattr(ours, table)(), getattr(theirs, table)(), check_exact=True
        )


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_r11_results_do_not_depend_on_the_chunk(
    whole: Result, scenarios: list[Path], tmp_path: Path, chunk: int
) -> None:
    assert_same(batch(scenarios, out=tmp_path, chunk=chunk), whole)


def test_r11_results_do_not_depend_on_the_number_of_jobs(
    whole: Result, scenarios: list[Path], tmp_path: Path
) -> None:
    assert_same(batch(scenarios, out=tmp_path, chunk=3, jobs=2), whole)


def test_r11_a_run_does_not_depend_on_the_number_of_runs(
    whole: Result, scenarios: list[Path], tmp_path: Path
) -> None:
    fewer = batch(scenarios, runs=3, out=tmp_path)
    for table in ("runs", "trajectories", "events"):
        all_rows = getattr(whole, table)()
        first = all_rows[all_rows["run"] < 3].reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(fewer, table)(), first, check_exact=True)


def test_a_scenario_does_not_depend_on_its_company(
    whole: Result, scenarios: list[Path], tmp_path: Path
) -> None:
    alone = batch(scenarios[1], out=tmp_path).runs()
    together = whole.runs()
    together = together[together["scenario"] == "shock"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_scenarios_and_seeds_make_a_difference(
    whole: Result, scenarios: list[Path], tmp_path: Path
) -> None:
    runs = whole.runs(["reexport_intensity"]).drop(columns="run").groupby("scenario").mean()
    assert (runs.loc["shock"] > runs.loc["calm"]).any()
    other = batch(scenarios[0], seed=12, out=tmp_path).runs(["fear", "realised"])
    assert not other.equals(whole.runs(["fear", "realised"]).head(len(other)))


def test_the_last_quarter_of_trajectories_is_the_table_of_runs(whole: Result) -> None:
    paths = whole.trajectories()
    last = paths[paths["quarter"] == paths["quarter"].max()].reset_index(drop=True)
    runs = whole.runs()
    shared = [column for column in last.columns if column in runs.columns]
    assert len(shared) > 20
    pd.testing.assert_frame_equal(
        last[shared], runs[shared].astype(last[shared].dtypes), check_exact=True
    )


def test_the_log_agrees_with_the_counts(whole: Result) -> None:
    runs = whole.runs(["imposed"])
    events = whole.events()
    assert len(events) > 0
    assert (
        runs.drop(columns=["scenario", "run"]).to_numpy().sum()
        == (events["kind"] == "imposed").sum()
    )


def test_the_manifest_says_how_to_remake_the_result(whole: Result, scenarios: list[Path]) -> None:
    manifest = json.loads((whole.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "complete"
    assert manifest["command"].endswith("-n 7 --seed 11")
    assert (manifest["seed"], manifest["runs"]) == (11, 7)
    assert [one["name"] for one in manifest["scenarios"]] == ["calm", "shock"]
    assert [one["quarters"] for one in manifest["scenarios"]] == [4, 4]
    assert manifest["scenarios"][0]["hash"] != manifest["scenarios"][1]["hash"]
    assert manifest["scenarios"][1]["resolved"]["parameters"]["fear_push"]["high"] == 6.0
    assert manifest["versions"]["multivector"] == sim.__version__
    codes = {country["code"] for country in manifest["case"]["countries"]}
    assert {f"position.{code}" for code in codes} <= set(whole.runs().columns)
    outcomes = {one["name"]: one for one in manifest["outcomes"]}
    assert outcomes["position"]["axes"] == ["country"]
    assert outcomes["position"]["by_quarter"]
    assert not outcomes["share"]["by_quarter"]


@pytest.mark.parametrize(
    ("which", "kept"),
    [("none", set()), (["output", "cohesion"], {"output", "cohesion"}), ("cohesion", {"cohesion"})],
)
def test_trajectories_hold_what_was_asked_for(
    scenarios: list[Path], tmp_path: Path, which: str | Sequence[str], kept: set[str]
) -> None:
    result = batch(scenarios[0], runs=2, out=tmp_path, trajectories=which)
    columns = set(result.trajectories().columns) - {"scenario", "run", "quarter"}
    assert {column.split(".")[0] for column in columns} == kept
    assert {outcome.split(".")[0] for outcome in result.quarters()["outcome"]} == kept
    assert "position_dispersion" in result.runs().columns


def test_columns_are_chosen_by_outcome_or_by_name(whole: Result) -> None:
    runs = whole.runs()
    country = next(c for c in runs.columns if c.startswith("autonomy.")).split(".")[1]
    assert list(whole.runs([f"autonomy.{country}"]).columns) == [
        "scenario",
        "run",
        f"autonomy.{country}",
    ]
    chosen = whole.trajectories(["autonomy"])
    assert set(chosen.columns) > {"scenario", "run", "quarter", f"autonomy.{country}"}
    with pytest.raises(InputError, match="hold no outcome 'autonomi'; did you mean 'autonomy'"):
        whole.runs(["autonomi"])


def test_the_summary_holds_medians_with_units(whole: Result) -> None:
    table = whole.summary()
    runs = whole.runs()
    for scenario in whole.scenarios:
        expected = runs[runs["scenario"] == scenario]["cohesion"].median()
        assert table.loc["cohesion", scenario] == expected
    assert table.loc["cohesion", "unit"] == "0 to 1"
    assert "calm" in whole._repr_html_()


def test_a_country_that_joins_has_columns_that_are_empty_elsewhere(
    whole: Result, scenarios: list[Path], tmp_path: Path
) -> None:
    joins = scenarios[0].with_name("joins.toml")
    joins.write_text(
        'title = "Joins"\nquestion = "What if it joins?"\nextends = "calm"\n'
        '[membership]\ncountries = ["AVA", "BOR", "CIM", "DAL"]\n',
        encoding="utf-8",
    )
    result = batch([scenarios[0], joins], out=tmp_path, chunk=3)
    runs = result.runs()
    assert set(runs.columns) - set(whole.runs().columns) >= {"position.DAL", "leverage.DAL.NOR"}
    here = runs["scenario"] == "joins"
    assert runs.loc[here, "position.DAL"].notna().all()
    assert runs.loc[~here, "position.DAL"].isna().all()
    quarters = result.quarters()
    assert set(quarters[quarters["outcome"] == "position.DAL"]["scenario"]) == {"joins"}
    calm = runs[~here][whole.runs().columns]
    pd.testing.assert_frame_equal(
        calm, whole.runs().head(len(calm)), check_exact=True, check_dtype=False
    )
    codes = [country["code"] for country in result.manifest["case"]["countries"]]
    assert codes == ["AVA", "BOR", "CIM", "DAL"]


# What goes wrong


def test_a_chunk_that_fails_is_reported_and_the_others_go_on(
    whole: Result, scenarios: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = workers.record

    def broken(*arguments: Any, **options: Any) -> Any:
        if (options["scenario"], options["first_run"]) == ("calm", 3):
            raise FloatingPointError("position.AAA is not finite in run 4")
        return real(*arguments, **options)

    monkeypatch.setattr(workers, "record", broken)
    with pytest.warns(RuntimeWarning, match="calm, runs 3 to 5 failed: FloatingPointError: posi"):
        result = batch(scenarios, out=tmp_path, chunk=3)
    assert result.manifest["status"] == "incomplete"
    assert [(one["first_run"], one["runs"]) for one in result.failures] == [(3, 3)]
    assert "Traceback" in (tmp_path / "failures.log").read_text()
    expected = whole.runs()
    lost = (expected["scenario"] == "calm") & expected["run"].between(3, 5)
    pd.testing.assert_frame_equal(
        result.runs(), expected[~lost].reset_index(drop=True), check_exact=True
    )


def test_an_outcome_that_is_not_finite_fails_its_chunk(
    scenarios: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = INDICATORS["cohesion"]

    def holed(moment: Moment) -> Any:
        values = whole.formula(moment).copy()
        values[..., 1] = float("nan")
        return values

    monkeypatch.setitem(INDICATORS, "cohesion", replace(whole, formula=holed))
    with (
        pytest.warns(RuntimeWarning, match="cohesion is not finite in run 1"),
        pytest.warns(RuntimeWarning, match="cohesion is not finite in run 3"),
    ):
        result = batch(scenarios[0], out=tmp_path, chunk=2, runs=4)
    assert len(result.failures) == 2


@dataclass(frozen=True)
class KilledAt:
    """Stands in for a worker whose process is killed in one task."""

    first_run: int

    def attempt(self, task: Task, stop: object = None) -> Failure | None:
        if task.first_run == self.first_run:
            os._exit(9)
        return None


def test_a_worker_that_is_killed_costs_its_own_chunk_only() -> None:
    tasks = [Task(0, first, 1) for first in range(3)]
    answers = dict(Local(2).work(KilledAt(1), tasks))  # type: ignore[arg-type]
    assert answers[tasks[0]] is None
    assert answers[tasks[2]] is None
    assert answers[tasks[1]] == Failure(
        "its process ended before it was done (too little memory?)", ""
    )


def test_an_interruption_keeps_what_is_finished(
    whole: Result, scenarios: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = workers.record

    def interrupted(*arguments: Any, **options: Any) -> Any:
        if (options["scenario"], options["first_run"]) == ("shock", 3):
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(workers, "record", interrupted)
    with pytest.raises(EnsembleInterrupted, match="interrupted; 10 of 14 runs are kept in"):
        batch(scenarios, out=tmp_path, chunk=3)
    result = sim.load(tmp_path)
    assert not result.complete
    expected = whole.runs()
    lost = (expected["scenario"] == "shock") & (expected["run"] > 2)
    pd.testing.assert_frame_equal(
        result.runs(), expected[~lost].reset_index(drop=True), check_exact=True
    )
    assert set(result.quarters()["n"]) == {3, 7}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"runs": 0}, "runs: found 0; allowed: 1 or more"),
        ({"runs": 10**12}, "runs: found 1000000000000; allowed: 10,000,000 or fewer"),
        ({"runs": 2.5}, "runs: found 2.5; allowed: a whole number, 1 or more"),
        ({"seed": -1}, "seed: found -1; allowed: 0 or more"),
        ({"jobs": 0}, "jobs: found 0; allowed: 1 or more"),
        ({"chunk": 0}, "chunk: found 0; allowed: 1 or more"),
        ({"trajectories": "positon"}, "there is no outcome 'positon'; did you mean 'position'"),
    ],
)
def test_arguments_are_checked_before_anything_is_written(
    scenarios: list[Path], tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        batch(scenarios, out=tmp_path / "results", **arguments)
    assert not (tmp_path / "results").exists()


def test_a_world_that_contradicts_itself_in_some_run_is_refused_at_once(
    scenarios: list[Path], tmp_path: Path
) -> None:
    wild = tmp_path / "wild.toml"
    position = '[[attribute]]\nname = "position"\ncountry = "AVA"\n'
    drawn = '{ distribution = "choice", values = [0.0, 1.0], weights = [97, 3] }'
    wild.write_text(
        'title = "Wild"\nquestion = "Where does the first stand?"\n'
        f'extends = "{scenarios[0].as_posix()}"\n{position}value = {drawn}\n',
        encoding="utf-8",
    )
    message = r"wild\.toml: the observed position of AVA and the leverage over it contradict"
    with pytest.raises(InputError, match=message):
        batch(wild, runs=100, chunk=30, out=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_script_without_a_guard_is_told_so(
    scenarios: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = multiprocessing.current_process()
    monkeypatch.setattr(process, "_inheriting", True, raising=False)  # as in a starting worker
    with pytest.raises(InputError, match="worker processes import the calling script anew"):
        batch(scenarios, out=tmp_path / "results", overwrite=True)
    assert not (tmp_path / "results").exists()


def test_a_full_disk_keeps_the_parts(
    scenarios: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "compact", full)
    with pytest.raises(InputError, match=r"cannot write the tables \(No space left on device\)"):
        batch(scenarios, out=tmp_path)
    result = sim.load(tmp_path)
    assert not result.complete
    assert len(result.runs()) == 14


def test_what_was_not_recorded_is_refused(scenarios: list[Path], tmp_path: Path) -> None:
    result = batch(scenarios[0], runs=2, out=tmp_path, trajectories="none")
    with pytest.raises(InputError, match="this result has no trajectories"):
        result.trajectories(["output"])


def test_scenarios_of_one_batch_must_fit_together(scenarios: list[Path], tmp_path: Path) -> None:
    calm = scenarios[0].read_text(encoding="utf-8")
    more = tmp_path / "more.toml"
    more.write_text(calm.replace("runs = 7", "runs = 8"), encoding="utf-8")
    with pytest.raises(InputError, match=r"differ in runs \(calm 7, more 8\); say which to use"):
        batch([scenarios[0], more], out=tmp_path / "out")
    with pytest.raises(InputError, match="the scenario 'calm' is named twice"):
        batch([scenarios[0], scenarios[0]], out=tmp_path / "out")
    with pytest.raises(InputError, match="a batch needs at least one scenario"):
        batch([], out=tmp_path / "out")
    older = tmp_path / "older.toml"
    older.write_text(calm.replace("runs = 7", 'runs = 7\nas_of = "2014Q4"'), encoding="utf-8")
    with pytest.raises(InputError, match="share a base quarter: calm has 2022Q4, older has 2014Q4"):
        batch([scenarios[0], older], out=tmp_path / "out")
    other = tmp_path / "other.toml"
    other.write_text(calm.replace("toy_case", "toy_case/"), encoding="utf-8")
    with pytest.raises(InputError, match="the scenarios of a batch share a case: calm has"):
        batch([scenarios[0], other], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_default_folder_is_named_after_the_scenarios(
    scenarios: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = batch(scenarios, runs=2, trajectories="none")
    assert result.folder == Path("results/calm-shock-2")
    with pytest.raises(InputError, match="the folder is not empty"):
        batch(scenarios, runs=2, trajectories="none")
    assert batch(scenarios, runs=2, trajectories="none", overwrite=True).complete


def test_the_interface_is_imported_when_asked_for() -> None:
    assert sim.batch is batch
    with pytest.raises(AttributeError, match="module 'sim' has no attribute 'bath'"):
        _ = sim.bath


def test_effects_are_paired_differences_of_the_headlines(
    scenarios: list[Path], tmp_path: Path
) -> None:
    calm, shock = scenarios
    path = tmp_path / "tighter.toml"
    path.write_text(
        shock.read_text(encoding="utf-8").replace('"calm"', f'"{calm.as_posix()}"')
        + """
[[headline]]
outcome = "reexport_intensity.AVA"
at = "2023Q3"
direction = "up"
because = "sanctions rise"
[[headline]]
outcome = "cohesion"
direction = "down"
because = "to see a headline at the end"
[[headline]]
outcome = "welfare.AVA"
at = "2023Q3"
direction = "up"
because = "not kept by quarter, so left out"
""",
        encoding="utf-8",
    )
    result = batch([calm, path], out=tmp_path / "out")
    effects = result.effects().set_index("outcome")
    assert list(effects.index) == ["reexport_intensity.AVA", "cohesion"]
    assert set(effects["against"]) == {"calm"}
    (left_out,) = result.not_compared()
    assert left_out == (
        "tighter: welfare.AVA at 2023Q3 is not compared: welfare was kept at the last quarter "
        "only; run with --trajectories all"
    )
    table = result.trajectories(["reexport_intensity.AVA"])
    third = table[table["quarter"] == 4 * 2023 + 2].set_index(["scenario", "run"])
    wide = third["reexport_intensity.AVA"].unstack("scenario")
    difference = wide["tighter"] - wide["calm"]
    found = effects.loc["reexport_intensity.AVA"]
    assert found["difference"] == pytest.approx(difference.mean())
    assert found["standard_error"] == pytest.approx(difference.std(ddof=1) / len(wide) ** 0.5)
    assert found["share_of_runs"] == (difference > 0).mean()


def test_effects_compare_the_same_quarters(scenarios: list[Path], tmp_path: Path) -> None:
    calm, shock = scenarios
    path = tmp_path / "longer.toml"
    headlines = "".join(
        f'[[headline]]\noutcome = "{outcome}"\nat = "{at}"\ndirection = "up"\nbecause = "a test"\n'
        for outcome, at in (("cohesion", "end"), ("output.AVA", "mean"), ("cohesion", "2024Q3"))
    )
    path.write_text(
        shock.read_text(encoding="utf-8").replace('"calm"', f'"{calm.as_posix()}"')
        + f'[horizon]\nend = "2024Q4"\n{headlines}',
        encoding="utf-8",
    )
    result = batch([calm, path], out=tmp_path / "out")
    effects = result.effects().set_index("outcome")
    assert effects["at"].to_dict() == {"cohesion": "2023Q4", "output.AVA": "mean"}
    (left_out,) = result.not_compared()
    assert left_out == (
        "longer: cohesion at 2024Q3 is not compared: no run of both longer and calm has that "
        "quarter"
    )
    table = result.trajectories(["cohesion", "output.AVA"])
    shared = table[table["quarter"] <= 4 * 2023 + 3]
    last = shared[shared["quarter"] == 4 * 2023 + 3].set_index(["scenario", "run"])["cohesion"]
    mean = shared.groupby(["scenario", "run"])["output.AVA"].mean()
    for outcome, values in (("cohesion", last), ("output.AVA", mean)):
        wide = values.unstack("scenario")
        assert effects.loc[outcome, "difference"] == pytest.approx(
            (wide["longer"] - wide["calm"]).mean()
        )


def test_effects_are_empty_without_the_scenario_compared_with(
    scenarios: list[Path], tmp_path: Path
) -> None:
    assert batch(scenarios[1], out=tmp_path).effects().empty


def test_worst_tenth_is_the_mean_of_the_lowest_runs(whole: Result) -> None:
    runs = whole.runs(["welfare.AVA"])
    calm = runs[runs["scenario"] == "calm"]["welfare.AVA"]
    assert whole.worst_tenth(["welfare.AVA"]).loc["welfare.AVA", "calm"] == calm.min()  # of seven
