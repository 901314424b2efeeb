"""Boxes and trees: known boxes are found, noise is not taken for one, bad input is told."""

from __future__ import annotations

import importlib
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest

from sim.analysis.conditions import parse
from sim.analysis.discovery import Limit, discover
from sim.analysis.interest import Cases, Input, sort_runs
from sim.analysis.monte_carlo import counts_interval, independent_runs
from sim.case import Posterior, write_posterior
from sim.core.errors import InputError
from sim.experiment.batch import batch
from tests.analysis import mixed_sweep

ROWS = 5000
NAMES = [f"x{place}" for place in range(6)]


def cases_of(values: pd.DataFrame, interest: np.ndarray, kinds: dict[str, str]) -> Cases:
    inputs = tuple(Input(name, kinds.get(name, "number")) for name in values.columns)
    ones = np.ones(len(values))
    return Cases(inputs, values, interest.astype(float), ones, np.arange(len(values)))


def cube(seed: int = 1, noise: float = 0.1) -> Cases:
    """A corner of a cube, x0 > 0.6, x1 < 0.5, x2 > 0.3, with one in ten runs on the other side."""
    random = np.random.default_rng(seed)
    values = pd.DataFrame(random.random((ROWS, 6)), columns=NAMES)
    corner = (values["x0"] > 0.6) & (values["x1"] < 0.5) & (values["x2"] > 0.3)
    return cases_of(values, corner.to_numpy() ^ (random.random(ROWS) < noise), {})


@pytest.fixture(scope="module")
def corner() -> Any:
    return discover(cube())


def test_the_corner_of_a_cube_is_found_in_spite_of_noise(corner: Any) -> None:
    (box,) = corner.boxes
    limits = {limit.input.name: limit for limit in box.limits}
    assert set(limits) == {"x0", "x1", "x2"}
    # A step of the search moves a limit by 5 percent of what is left of the range: at most 0.035.
    assert limits["x0"].low == pytest.approx(0.6, abs=0.035)
    assert limits["x1"].high == pytest.approx(0.5, abs=0.035)
    assert limits["x2"].low == pytest.approx(0.3, abs=0.035)
    assert limits["x0"].high is limits["x1"].low is limits["x2"].high is None
    # Nine in ten of the corner are of interest, and the corner holds 0.126 of 0.212.
    assert box.held_out.density == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / box.held_out.inside))
    assert box.held_out.coverage == pytest.approx(0.126 / 0.212, abs=0.08)
    low, high = box.held_out.density_interval
    assert low < box.held_out.density < high
    assert box.held_out.base == pytest.approx(0.212, abs=4 * np.sqrt(0.17 / 2500))
    assert box.limits[0].input.name == "x0"


def test_what_is_left_when_the_box_is_taken_out_is_noise(corner: Any) -> None:
    assert len(corner.tried) == 2
    assert not corner.tried[1].held_out.beats
    assert not corner.tried[1].first


def test_the_tree_asks_the_three_questions(corner: Any) -> None:
    text = "\n".join(corner.tree.root.lines())
    assert "x0 above 0.6" in text
    assert text.count(": of interest") == 1
    assert corner.tree.accuracy == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 2500))
    assert corner.tree.beats
    assert not {"x3", "x4", "x5"} & set(text.split())


def test_the_same_seed_gives_the_same_boxes(corner: Any) -> None:
    again = discover(corner.cases, boxes=1)
    assert again.boxes[0].words == corner.boxes[0].words
    assert (discover(corner.cases, boxes=1, depth=1, seed=7).held != corner.held).any()


def test_noise_is_not_taken_for_a_box() -> None:
    for seed in range(3):
        random = np.random.default_rng(seed)
        values = pd.DataFrame(random.random((800, 4)), columns=NAMES[:4])
        found = discover(cases_of(values, random.random(800) < 0.3, {}))
        assert found.boxes == ()
        assert not found.tree.beats
        assert found.table().empty


def test_names_quarters_and_whole_numbers_are_limited_too() -> None:
    random = np.random.default_rng(2)
    values = pd.DataFrame(
        {
            "who": random.choice(["a", "b", "c", "d"], 3000),
            "when": random.integers(8100, 8120, 3000),
            "size": random.random(3000),
            "often": random.integers(0, 5, 3000),
        }
    )
    inside = values["who"].isin(["b", "d"]) & values["when"].between(8104, 8111)
    interest = inside.to_numpy() ^ (random.random(3000) < 0.05)
    kinds = {"who": "text", "when": "quarter", "often": "whole"}
    (box,) = discover(cases_of(values, interest, kinds)).boxes
    limits = {limit.input.name: limit for limit in box.limits}
    assert set(limits) == {"who", "when"}
    assert limits["who"].names == ("b", "d")
    assert (limits["when"].low, limits["when"].high) == (8104, 8111)
    assert "when 2026Q1 to 2027Q4" in box.words
    assert "who b or d" in box.words


def test_limits_in_words() -> None:
    number, whole, when = Input("x"), Input("n", "whole"), Input("q", "quarter")
    assert Limit(number, low=2.1).words == "x above 2.1"
    assert Limit(number, high=2.1).words == "x below 2.1"
    assert Limit(number, low=1, high=2.5).words == "x between 1 and 2.5"
    assert Limit(whole, low=2).words == "n 2 or more"
    assert Limit(whole, high=2).words == "n 2 or less"
    assert Limit(whole, low=2, high=2).words == "n 2"
    assert Limit(when, low=8104).words == "q from 2026Q1 on"
    assert Limit(when, high=8104).words == "q up to 2026Q1"
    assert Limit(Input("f", "flag"), names=("on",)).words == "f on"


def test_intervals_reckon_with_runs_that_come_in_groups() -> None:
    # Rows that are all or nothing: 100 runs each are worth one.
    part, whole = np.repeat([0.0, 100.0], 20), np.full(40, 100.0)
    assert independent_runs(part, whole, np.arange(40)) == pytest.approx(39, rel=0.01)
    # Single runs: each is worth one; Wilson's interval of 20 of 40 is (0.352, 0.648).
    single = np.repeat([0.0, 1.0], 20)
    assert independent_runs(single, np.ones(40), np.arange(40)) == pytest.approx(39, rel=0.01)
    assert counts_interval(single, np.ones(40), np.arange(40), 0.95) == pytest.approx(
        (0.352, 0.648), abs=0.003
    )
    assert counts_interval(np.zeros(10), np.ones(10), np.arange(10), 0.95) == pytest.approx(
        (0.0, 0.278), abs=0.001
    )
    assert counts_interval(np.zeros(1), np.zeros(1), np.zeros(1)) == (0.0, 1.0)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        shares = random.beta(2, 3, 60)  # of rows, mean 0.4
        low, high = counts_interval(
            random.binomial(8, shares), np.full(60, 8.0), np.arange(60), 0.95
        )
        held += low < 0.4 < high
    assert held / 400 == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 400))


# From stored results


def test_a_sweep_is_sorted_by_row(tmp_path: Path) -> None:
    sweep = mixed_sweep.write(tmp_path / "sweep", rows=200, runs=5)
    cases, remarks = sort_runs(sweep, parse("autonomy.AVA < 0.4"))
    runs = sweep.runs(["autonomy.AVA"])
    assert [one.name for one in cases.inputs] == [name for name, _, _ in mixed_sweep.FACTORS]
    assert cases.interest.sum() == (runs["autonomy.AVA"] < 0.4).sum()
    assert (cases.runs == 5).all()
    assert cases.values["closed_from"].between(8096, 8107).all()
    assert set(cases.values["coercion"]) == {"on", "off"}
    assert len(remarks) == 1
    assert "Rows share the random draws of their 5 runs" in remarks[0]
    (box,) = discover(cases, boxes=1).boxes
    assert {limit.input.name for limit in box.limits} == {"fear", "closed_from", "partner"}


def test_chance_within_rows_shows_as_imperfect_density(tmp_path: Path) -> None:
    sweep = mixed_sweep.write(tmp_path / "sweep", rows=200, runs=5)
    cases, _ = sort_runs(sweep, parse("autonomy.AVA < 0.25"))  # half of the runs in the box
    box = discover(cases, boxes=1).tried[0]
    assert box.held_out.density == pytest.approx(0.5, abs=0.15)


def test_scenarios_are_an_input_or_chosen(tmp_path: Path) -> None:
    sweep = mixed_sweep.write(tmp_path / "sweep", rows=100, runs=2, scenarios=("calm", "shock"))
    cases, _ = sort_runs(sweep, parse("autonomy.AVA < 0.4"))
    assert cases.inputs[0] == Input("scenario", "text")
    assert len(cases.runs) == 200
    assert len(np.unique(cases.group)) == 100
    cases, _ = sort_runs(sweep, parse("autonomy.AVA < 0.4"), "calm")
    assert len(cases.runs) == 100
    assert "scenario" not in cases.values
    with pytest.raises(InputError, match=r"there is no scenario 'clam'; did you mean 'calm'"):
        sort_runs(sweep, parse("autonomy.AVA < 0.4"), "clam")


@pytest.mark.parametrize("condition", ["autonomy.AVA < 0.4", "autonomy.AVA@2024Q2 < 0.4"])
def test_a_scenario_that_leaves_an_actor_out_does_not_stand_in_the_way(
    tmp_path: Path, condition: str
) -> None:
    sweep = mixed_sweep.write(tmp_path, rows=60, scenarios=("calm", "shock"))
    for name in ("runs", "means"):
        table = pd.read_parquet(tmp_path / f"{name}.parquet")
        table.loc[table["scenario"] == "shock", "autonomy.AVA"] = np.nan
        table.to_parquet(tmp_path / f"{name}.parquet")
    cases, _ = sort_runs(sweep, parse(condition), "calm")
    assert len(cases.runs) == 60
    with pytest.raises(InputError, match=r"autonomy.AVA\S* has no value in \d+ of \d+ runs"):
        sort_runs(sweep, parse(condition))


def test_a_factor_that_follows_another_is_no_input(tmp_path: Path) -> None:
    sweep = mixed_sweep.write(tmp_path / "sweep", rows=60, runs=2)
    sweep.manifest["factors"][2]["same_as"] = "fear"
    cases, _ = sort_runs(sweep, parse("autonomy.AVA < 0.4"))
    names = [name for name, _, _ in mixed_sweep.FACTORS if name != "waves"]
    assert [one.name for one in cases.inputs] == names


def test_inputs_have_the_unit_and_meaning_of_what_they_act_on(tmp_path: Path) -> None:
    sweep = mixed_sweep.write(tmp_path / "sweep", rows=60, runs=2)
    for place, path in enumerate(("driver.oil", "driver.oil.factor", "attribute.openness.AVA")):
        sweep.manifest["factors"][place]["path"] = path
    cases, _ = sort_runs(sweep, parse("autonomy.AVA < 0.4"))
    assert [one.unit for one in cases.inputs[:2]] == ["log points", "factor"]
    assert cases.inputs[0].meaning == cases.inputs[1].meaning == "oil price against the base"
    assert cases.inputs[2].meaning
    assert cases.inputs[4] == Input("partner", "text")


def test_a_quarter_of_a_sweep_is_about_means_over_runs(tmp_path: Path) -> None:
    sweep = mixed_sweep.write(tmp_path / "sweep", rows=100, runs=2)
    cases, remarks = sort_runs(sweep, parse("autonomy.AVA@2024Q2 < 0.4 and cohesion < 2"))
    means = sweep.means(["autonomy.AVA"])
    means = means[means["quarter"] == 4 * 2024 + 1]
    assert cases.interest.sum() == (means["autonomy.AVA"] < 0.4).sum()
    assert (cases.runs == 1).all()
    assert "means over the runs of a row" in remarks[-1]
    with pytest.raises(InputError, match="no outcome was recorded in 2031Q1"):
        sort_runs(sweep, parse("autonomy.AVA@2031Q1 < 0.4"))


def test_what_a_reader_has_to_know_is_told(tmp_path: Path) -> None:
    sweep = mixed_sweep.write(tmp_path / "a", rows=60, runs=2, mode="morris", draws=10)
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    manifest["status"] = "incomplete"
    (tmp_path / "a" / "manifest.json").write_text(json.dumps(manifest))
    sweep = type(sweep)(sweep.folder)
    _, remarks = sort_runs(sweep, parse("autonomy.AVA < 0.4"))
    told = " ".join(remarks)
    assert "Rows sampled morris leave most of the space of the factors empty" in told
    assert "parameters that each run drew are not among the inputs" in told
    assert "Runs that failed or are not finished are left out" in told


@pytest.fixture(scope="module")
def drawn(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch of two scenarios of 60 draws of two parameters, two runs each."""
    folder = tmp_path_factory.mktemp("drawn")
    random = np.random.default_rng(3)
    values = random.uniform([0.5, 0.2], [5.0, 0.6], (60, 2))
    path = folder / "draws.parquet"
    write_posterior(path, Posterior(("fear_push", "reexport_speed"), values))
    batch(scenarios, runs=120, out=folder / "result", parameters=path, replicates=2)
    return folder / "result"


def test_the_parameters_that_a_batch_drew_are_inputs(drawn: Path) -> None:
    from sim.experiment import load

    result = load(drawn)
    runs = result.runs(["cohesion"])
    calm = runs[runs["scenario"] == "calm"]
    level = float(calm["cohesion"].median())
    cases, remarks = sort_runs(result, parse(f"cohesion < {level!r}"), "calm")
    assert [one.name for one in cases.inputs] == ["fear_push", "reexport_speed"]
    assert cases.inputs[0].meaning
    assert len(cases.runs) == 60
    assert (cases.runs == 2).all()
    assert cases.interest.sum() == (calm["cohesion"] < level).sum()
    assert "scenarios themselves draw" in remarks[0]
    last = int(result.trajectories(["cohesion"])["quarter"].max())
    name = f"{last // 4}Q{last % 4 + 1}"
    again, _ = sort_runs(result, parse(f"cohesion@{name} < {level!r}"), "calm")
    # Trajectories are kept in single precision, which may move a run that lies at the median.
    assert abs(again.interest - cases.interest).sum() <= 1
    with pytest.raises(InputError, match="no outcome was recorded in 2031Q1"):
        sort_runs(result, parse("cohesion@2031Q1 < 1"))


def test_draws_that_are_gone_are_told(drawn: Path) -> None:
    from sim.experiment import load

    paths = [drawn.parent / "draws.parquet", drawn / "parameters.parquet"]
    contents = [path.read_bytes() for path in paths]
    try:
        paths[0].unlink()
        sort_runs(load(drawn), parse("cohesion < 1"))
        paths[1].unlink()
        with pytest.raises(InputError, match="which is not there or has changed since; run the"):
            sort_runs(load(drawn), parse("cohesion < 1"))
    finally:
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)


def test_a_batch_without_inputs_is_refused(scenarios: list[Path], tmp_path: Path) -> None:
    result = batch([scenarios[0]], runs=4, out=tmp_path / "result")
    with pytest.raises(InputError, match="its runs differ by chance only, as no parameter was dr"):
        sort_runs(result, parse("cohesion < 1"))


# What is refused


def test_conditions_that_leave_nothing_to_tell_apart() -> None:
    values = pd.DataFrame({"x": np.linspace(0, 1, 100)})
    for share, text in (
        (np.ones(100), "met by all of the 100 runs"),
        (np.zeros(100), "met by none of the 100 runs"),
        (np.arange(100) < 19, "met by 19 of 100 runs; at least 20 runs that meet it and 20 that"),
    ):
        with pytest.raises(InputError, match=text):
            discover(cases_of(values, share, {}))


def test_options_and_inputs_that_cannot_be_used() -> None:
    values = pd.DataFrame({"x": np.linspace(0, 1, 100)})
    cases = cases_of(values, np.arange(100) < 50, {})
    with pytest.raises(InputError, match="boxes: found 0; allowed: 1 or more"):
        discover(cases, boxes=0)
    with pytest.raises(InputError, match="density: found 1; allowed: between 0 and 1"):
        discover(cases, density=1.0)
    with pytest.raises(InputError, match="depth: found 0; allowed: 1 or more"):
        discover(cases, depth=0)
    with pytest.raises(InputError, match="none of the inputs varies"):
        discover(cases_of(values * 0, np.arange(100) < 50, {}))
    few = Cases(cases.inputs, values, cases.interest, cases.runs, np.arange(100) % 30)
    with pytest.raises(InputError, match=r"found 30 rows .*; at least 40 are needed"):
        discover(few)


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, package: str | None = None) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name.split(".")[0])

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(
        InputError,
        match="scenario discovery needs the package ema_workbench, which is not installed; "
        r'pip install "multivector\[discover\]"',
    ):
        discover(cube())


def test_the_workbench_is_kept_quiet_and_leaves_our_style(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = dict(matplotlib.rcParams)
    values = pd.DataFrame({"x": np.linspace(0, 1, 200), "y": np.linspace(1, 2, 200) % 0.1})
    with warnings.catch_warnings(record=True) as raised, caplog.at_level(logging.WARNING):
        warnings.simplefilter("always")
        discover(cases_of(values, np.arange(200) < 100, {}))
    assert raised == []
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
    assert dict(matplotlib.rcParams) == before
