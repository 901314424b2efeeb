"""Sweeps: every row is what a batch of its setting is, whatever the chunk, worker or order."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.case import load_case
from sim.core.errors import InputError
from sim.core.simulate import Quarter
from sim.experiment import Sweep, load, load_batch
from sim.experiment.batch import batch
from sim.experiment.rerun import rerun
from sim.experiment.rows import RowRecorder
from sim.experiment.sweep import plan_sweep, sweep
from sim.experiment.workers import Task
from sim.scenario import load_scenario
from sim.scenario.factors import set_values
from tests.experiment.small_sweep import assert_same, design

__all__ = ["design"]


def test_a_row_is_what_a_batch_of_its_setting_is(design: Path, tmp_path: Path) -> None:
    result = sweep(design, out=tmp_path / "sweep")
    outcomes = result.runs().set_index(["scenario", "row", "run"]).sort_index()
    paths = {one["name"]: one["path"] for one in result.factors}
    planned = plan_sweep(design)
    for scenario in planned.scenarios:
        for row in result.design().to_dict("records"):
            values = {path: row[name] for name, path in paths.items()}
            own = set_values(scenario, planned.case, values)
            alone = batch(
                own, runs=3, seed=4, out=tmp_path / row["row"] / own.name, parameters="point"
            )
            expected = alone.runs(["autonomy", "leverage"]).drop(columns=["scenario", "run"])
            found = outcomes.loc[(own.name, row["row"])]
            np.testing.assert_array_equal(found[expected.columns], expected)
            by_quarter = alone.quarters().query("outcome.str.startswith('autonomy')")
            means = result.means().query("scenario == @own.name and row == @row['row']")
            for name, one in by_quarter.groupby("outcome"):
                np.testing.assert_allclose(means[name], one["mean"], rtol=1e-6)


@pytest.mark.parametrize("chunk", [1, 2, 7, 4096])
def test_the_chunk_changes_nothing(design: Path, tmp_path: Path, chunk: int) -> None:
    assert_same(
        sweep(design, out=tmp_path / "a", chunk=chunk), sweep(design, out=tmp_path / "b", chunk=6)
    )


def test_workers_change_nothing(design: Path, tmp_path: Path) -> None:
    assert_same(
        sweep(design, out=tmp_path / "a", jobs=1),
        sweep(design, out=tmp_path / "b", jobs=2, chunk=6),
    )


def test_a_single_run_a_row_has_no_variance(design: Path, tmp_path: Path) -> None:
    one = sweep(design, out=tmp_path / "one", runs=1, chunk=1)
    three = sweep(design, out=tmp_path / "three")
    first = three.runs().query("run == 0").reset_index(drop=True)
    pd.testing.assert_frame_equal(one.runs(), first, check_exact=True)
    assert one.variances().empty
    np.testing.assert_array_equal(
        one.means().groupby(["scenario", "row"])["autonomy.AVA"].last().sort_index(),
        one.runs().set_index(["scenario", "row"])["autonomy.AVA"].sort_index(),
    )


def test_a_row_keeps_its_numbers_when_the_design_grows(design: Path, tmp_path: Path) -> None:
    text = design.read_text(encoding="utf-8").replace("latin_hypercube", "sobol")
    small = tmp_path / "small.toml"
    small.write_text(text.replace("rows = 5", "rows = 4"), encoding="utf-8")
    large = tmp_path / "large.toml"
    large.write_text(text.replace("rows = 5", "rows = 8"), encoding="utf-8")
    few = sweep(small, out=tmp_path / "few").runs().set_index(["scenario", "row", "run"])
    many = sweep(large, out=tmp_path / "many").runs().set_index(["scenario", "row", "run"])
    pd.testing.assert_frame_equal(few.sort_index(), many.loc[few.index].sort_index())


def test_rows_with_the_same_values_are_run_once(design: Path, tmp_path: Path) -> None:
    result = sweep(design, out=tmp_path / "s", mode="morris", rows=3)
    ids = result.design()["row"]
    assert result.manifest["rows"] == len(ids) > result.manifest["distinct_rows"]
    assert result.runs()["row"].nunique() == ids.nunique() == result.manifest["distinct_rows"]


def test_the_rows_of_a_result_are_a_design_again(design: Path, tmp_path: Path) -> None:
    first = sweep(design, out=tmp_path / "first")
    rows = first.design().drop(columns=["place", "row"])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    text = design.read_text(encoding="utf-8")
    text = text.replace('"latin_hypercube"', '"csv"').replace("rows = 5", 'file = "rows.csv"')
    for line in ("low = 0.5", "high = 2.0", "low = 0.0", "high = 0.1", "values = [true, false]"):
        text = text.replace(f"{line}\n", "")
    again = tmp_path / "again.toml"
    again.write_text(text, encoding="utf-8")
    second = sweep(again, out=tmp_path / "second")
    assert [*second.design()["row"]] == [*first.design()["row"]]
    pd.testing.assert_frame_equal(second.runs(), first.runs(), check_exact=True)


def test_a_sweep_is_made_anew_from_its_manifest(design: Path, tmp_path: Path) -> None:
    sweep(design, out=tmp_path / "s", runs=2)
    design.unlink()
    found = rerun(tmp_path / "s")
    assert found.matches, found.tables
    assert {one.table for one in found.tables} >= {"runs", "means", "variances", "design", "units"}


def test_a_sweep_goes_on_where_it_was_stopped(
    design: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.experiment import store

    whole = sweep(design, out=tmp_path / "whole", chunk=3)
    written = []
    real = store.write_part

    def stopping(folder: Path, name: str, key: str, table: object) -> None:
        if len(written) == 8:
            raise KeyboardInterrupt
        written.append(key)
        real(folder, name, key, table)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "write_part", stopping)
    with pytest.raises(KeyboardInterrupt, match=r"6 of 30 runs are kept .* --resume goes on"):
        sweep(design, out=tmp_path / "part", chunk=3)
    monkeypatch.setattr(store, "write_part", real)
    part = load(tmp_path / "part")
    assert isinstance(part, Sweep)
    assert not part.complete
    assert part.runs()["row"].nunique() == 2
    with pytest.raises(InputError, match="seed: 4 there, 5 now"):
        sweep(design, out=tmp_path / "part", chunk=3, resume=True, seed=5)
    went_on = sweep(design, out=tmp_path / "part", chunk=3, resume=True)
    assert went_on.complete
    assert_same(went_on, whole)
    digests = [
        json.loads((tmp_path / one / "manifest.json").read_text())["digests"]
        for one in ("whole", "part")
    ]
    assert digests[0] == digests[1]


SHARES = """
title = "Too much"
question = "What if shares do not fit?"
scenario = "{scenario}"
mode = "matched"
runs = 2
outcomes = ["autonomy"]
[[factor]]
path = "attribute.share.AVA.NOR.trade"
values = [0.2, 0.3, {most}]
[[factor]]
path = "attribute.share.AVA.EAS.trade"
values = [0.4, 0.4, 0.1]
"""


def test_values_that_fit_together_only_are_run(scenarios: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "shares.toml"
    path.write_text(SHARES.format(scenario=scenarios[0].as_posix(), most=0.6), encoding="utf-8")
    assert len(sweep(path, out=tmp_path / "out").runs()) == 6


def test_a_factor_or_a_row_that_cannot_be_run_is_named_before_anything_runs(
    scenarios: list[Path], tmp_path: Path
) -> None:
    path = tmp_path / "shares.toml"
    text = SHARES.format(scenario=scenarios[0].as_posix(), most=0.95)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"NOR\.trade' at 0\.95: .*the shares of AVA in trade sum"):
        sweep(path, out=tmp_path / "out")
    path.write_text(text.replace("0.3, 0.95", "0.44, 0.4").replace("0.4, 0.1", "0.43, 0.1"))
    with pytest.raises(
        InputError, match=r"row 2 \(.*trade 0\.44, .*\) cannot be run: .* sum to 1\."
    ):
        sweep(path, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_constants_that_a_scenario_cannot_have_and_columns_it_lacks_are_told(
    design: Path, tmp_path: Path
) -> None:
    text = design.read_text()
    design.write_text(text.replace('"leverage"]', '"leverage.AVA.NRO"]'))
    with pytest.raises(InputError, match=r"no column 'leverage\.AVA\.NRO' in the scenario calm"):
        sweep(design, out=tmp_path / "out")
    single = tmp_path / "single.toml"
    late = load_scenario("cpc_closure").event[0].date
    single.write_text(
        'title = "Late"\nquestion = "Which?"\nscenario = "cpc_closure"\nmode = "grid"\n'
        '[constants]\nhorizon.end = "2024Q4"\n'
        '[[factor]]\npath = "driver.oil"\nvalues = [0.0, 0.1]\n'
    )
    assert late > 4 * 2024 + 3
    with pytest.raises(
        InputError, match=r"with horizon\.end 2024Q4 the scenario cannot be run: .*event\.date"
    ):
        sweep(single, out=tmp_path / "out")


def test_a_number_of_a_file_that_is_out_of_range_is_told(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("fear,oil\n1,0\n1000,0.1\n2,0.2\n")
    written = tmp_path / "rows.toml"
    written.write_text(
        'title = "Rows"\nquestion = "Which?"\nscenario = "baseline"\nmode = "csv"\n'
        'file = "rows.csv"\n[[factor]]\nname = "fear"\npath = "parameters.fear_push"\n'
        '[[factor]]\nname = "oil"\npath = "driver.oil"\n'
    )
    with pytest.raises(InputError, match=r"1000 lies outside the range 0 to 100"):
        sweep(written, out=tmp_path / "out")


def test_a_draw_that_leaves_a_run_without_a_world_is_told_before_anything_runs(
    tmp_path: Path,
) -> None:
    draws = pd.read_parquet(load_case("central_asia").folder / "posterior.parquet").head(4)
    draws.loc[2, "own_weight"] = 0.01  # fits the first run and not the third
    draws.to_parquet(tmp_path / "draws.parquet")
    written = tmp_path / "odd.toml"
    written.write_text(
        'title = "Odd"\nquestion = "Which?"\nscenario = "baseline"\nmode = "grid"\n'
        'parameters = "draws.parquet"\n[[factor]]\npath = "driver.oil"\nvalues = [0.0, 0.1]\n'
    )
    with pytest.raises(
        InputError, match=r"row 1 \(driver\.oil 0\) cannot be run: .*first is run 2"
    ):
        sweep(written, out=tmp_path / "odd", runs=4)
    assert not (tmp_path / "odd").exists()
    assert sweep(written, out=tmp_path / "odd", runs=2).complete


def test_too_many_runs_a_row_are_refused(design: Path) -> None:
    with pytest.raises(InputError, match="found 5000; allowed: 4096 a row at most"):
        plan_sweep(design, runs=5000)


def test_a_sweep_is_no_batch(design: Path, tmp_path: Path) -> None:
    sweep(design, out=tmp_path / "s", runs=2)
    with pytest.raises(InputError, match="this is the result of a sweep, not of a batch"):
        load_batch(tmp_path / "s")
    with pytest.raises(InputError, match=r"the runs hold no outcome 'autonomi'; did you mean"):
        load(tmp_path / "s").runs(["autonomi"])


@pytest.mark.parametrize(("broken", "where"), [("leverage", "run 1"), ("autonomy", "2023Q2")])
def test_what_is_not_finite_is_told_where(
    design: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, where: str
) -> None:
    measure = Quarter.measure

    def spoilt(quarter: Quarter, outcome: str) -> np.ndarray:
        values = measure(quarter, outcome)
        if outcome != broken or (outcome == "autonomy" and quarter.index != 1):
            return values
        values = np.array(np.broadcast_to(values, (*values.shape[:-1], 6)))
        values[..., 4] = np.nan  # the second run of the second row
        return values

    monkeypatch.setattr(Quarter, "measure", spoilt)
    planned = plan_sweep(design)
    worker = RowRecorder(
        tmp_path, planned.case, tuple((one.name, one) for one in planned.scenarios), planned.rows,
        planned.design.seed, planned.kept, planned.by_quarter,
    )  # fmt: skip
    with pytest.raises(
        FloatingPointError, match=f"{broken}.* in row {planned.rows.ids[1]}, {where}$"
    ):
        worker.make(Task(0, 0, 3, 0, 2))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"chunk": 0}, "chunk: found 0; allowed: 1 or more"),
        ({"chunk": 2.5}, "chunk: found 2.5; allowed: a whole number, 1 or more"),
        ({"jobs": "two"}, "jobs: found 'two'; allowed: a whole number, 1 or more"),
    ],
)
def test_what_is_asked_for_is_checked_first(design: Path, asked: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        sweep(design, **asked)


def test_without_outcomes_by_quarter_there_are_no_means(design: Path, tmp_path: Path) -> None:
    text = design.read_text(encoding="utf-8").replace('by_quarter = ["autonomy"]\n', "")
    design.write_text(text, encoding="utf-8")
    result = sweep(design, out=tmp_path / "s", runs=2)
    with pytest.raises(InputError, match="has no means; name the outcomes in by_quarter"):
        result.means(["autonomy"])


def test_the_shipped_scenarios_leave_their_headlines_behind(tmp_path: Path) -> None:
    """A headline may name a quarter that a shorter horizon leaves out."""
    scenario = load_scenario("cpc_closure")
    assert scenario.headline
    design = tmp_path / "short.toml"
    design.write_text(
        """
title = "Short"
question = "How long?"
scenario = "cpc_closure"
mode = "grid"
runs = 2
outcomes = ["autonomy.KAZ"]
[[factor]]
path = "horizon.end"
values = ["2026Q2", "2026Q4"]
""",
        encoding="utf-8",
    )
    assert len(sweep(design, out=tmp_path / "s").runs()) == 4
