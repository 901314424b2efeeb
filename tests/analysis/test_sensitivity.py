"""What drives an outcome: estimators held against known answers, other packages and repetition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import sobol as salib_sobol
from SALib.test_functions import Ishigami
from scipy.stats import sobol_indices

from sim.analysis.resample import permutations, weights
from sim.analysis.sensitivity import Study, sensitivity, study
from sim.analysis.sensitivity.chance import parts
from sim.analysis.sensitivity.given_data import binned, bins_for, given_data
from sim.analysis.sensitivity.morris import chance_floor, effects, morris, sizes
from sim.analysis.sensitivity.one_at_a_time import differences
from sim.analysis.sensitivity.sobol import noise_of_total, sobol, unsettled
from sim.core.errors import InputError
from sim.experiment.sampling import saltelli
from tests.analysis.stored_sweep import START, g_function, g_indices, points, write

WEIGHTS = (0.0, 1.0, 9.0)


def ishigami(size: int) -> np.ndarray:
    """Ishigami's function with a dummy in Saltelli's order (base point, row, 1)."""
    units = points("saltelli", ["a", "b", "c", "dummy"], size)
    return Ishigami.evaluate(np.pi * (2 * units[:, :3] - 1)).reshape(size, 6, 1)


def known(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """The g-function, chance common to all rows, and its interaction with the third input."""
    level = g_function(units[None, :3], WEIGHTS)[0]
    return np.asarray(level + 0.2 * draws + 0.3 * (units[2] - 0.5) * draws)


def constant(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
    return np.full(len(draws), 0.1 + 0.2)


# Sobol


def test_indices_are_those_of_scipy_and_salib() -> None:
    values = ishigami(512)
    own = sobol(values, resamples=50)
    flat = values[:, :, 0]
    found = sobol_indices(
        func={"f_A": flat[None, :, 0], "f_B": flat[None, :, -1], "f_AB": flat[:, 1:-1].T[:, None]},
        n=512,
    )
    np.testing.assert_allclose(own.first[:, 0], found.first_order, atol=1e-12)
    np.testing.assert_allclose(own.total[:, 0], found.total_order, atol=1e-12)
    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0, 1]] * 4}
    other = salib_sobol.analyze(problem, flat.ravel(), calc_second_order=False, seed=3)
    np.testing.assert_allclose(own.first[:, 0], other["S1"], atol=1e-6)
    np.testing.assert_allclose(own.total[:, 0], other["ST"], atol=1e-6)
    # Intervals of 90 percent; those of SALib are half widths of 95, from 100 resamples: the
    # relative error of such a width is 7 percent, three times which is allowed.
    own = sobol(values)
    for name, reach in (("first", other["S1_conf"]), ("total", other["ST_conf"])):
        width = getattr(own, f"{name}_high")[:3, 0] - getattr(own, f"{name}_low")[:3, 0]
        np.testing.assert_allclose(width, 2 * reach[:3] * 1.645 / 1.96, rtol=0.25)


def test_indices_of_a_known_function() -> None:
    units = points("saltelli", list("abc"), 4096)
    found = sobol(g_function(units, WEIGHTS).reshape(4096, 5, 1), resamples=200)
    first, total = g_indices(WEIGHTS)
    for own, low, high, truth in (
        (found.first, found.first_low, found.first_high, first),
        (found.total, found.total_low, found.total_high, total),
    ):
        error = (high - low)[:, 0] / 2 / 1.645
        assert (np.abs(own[:, 0] - truth) < 4 * error).all()
        assert (error < 0.03).all()


def test_many_outputs_in_one_pass_are_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).normal(size=(32, 5, 7))
    whole = sobol(values, resamples=40)
    monkeypatch.setattr("sim.analysis.sensitivity.sobol._BLOCK", 1)
    for name in ("first", "first_low", "total_high", "variance", "unsettled"):
        other = getattr(sobol(values, resamples=40), name)
        np.testing.assert_allclose(getattr(whole, name), other, atol=1e-12)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(4)
    repeats, size = 300, 256
    first, total = g_indices(WEIGHTS)
    inside = np.zeros((2, 3))
    rows = saltelli(random.random((repeats * size, 6))).reshape(repeats, size, 5, 3)
    for one in rows:
        found = sobol(g_function(one.reshape(-1, 3), WEIGHTS).reshape(size, 5, 1), resamples=200)
        inside[0] += (found.first_low[:, 0] <= first) & (first <= found.first_high[:, 0])
        inside[1] += (found.total_low[:, 0] <= total) & (total <= found.total_high[:, 0])
    # 90 percent asked; Monte-Carlo error of a share of 300 repeats 1.7 percent, four times which
    # is allowed.
    assert np.abs(inside / repeats - 0.9).max() < 4 * np.sqrt(0.9 * 0.1 / repeats)


def test_a_dummy_has_no_index_and_a_constant_output_none_that_is_a_number() -> None:
    values = np.concatenate([ishigami(64), np.full((64, 6, 1), 0.1 + 0.2)], axis=2)
    found = sobol(values, resamples=50)
    assert found.total[3, 0] == found.first[3, 0] == found.total_high[3, 0] == 0
    assert np.isnan(found.total[:, 1]).all()
    assert np.isnan(found.first_low[:, 1]).all()
    assert found.variance[1] == 0
    assert np.isnan(found.unsettled[1])


def test_rows_of_another_shape_and_missing_outputs_are_refused() -> None:
    with pytest.raises(ValueError, match=r"base point, 2 \+ factors, output.*found \(4, 3\)"):
        sobol(np.ones((4, 3)))
    values = ishigami(16)
    values[3, 2] = np.nan
    with pytest.raises(ValueError, match="not finite; leave its base point out"):
        sobol(values)


def test_the_noise_of_a_total_index_is_what_more_runs_take_away() -> None:
    random = np.random.default_rng(5)
    units = points("saltelli", ["a", "b"], 2048).reshape(2048, 4, 2)
    few, many = [], []
    for _ in range(60):
        draws = random.normal(size=(2, 4))
        # b acts through chance alone: its effect is nought on average over runs.
        runs = units[:, :, :1] + 2 * units[:, :, 1:] * draws[0] + draws[1]
        few.append(sobol(runs.mean(axis=2)[:, :, None], resamples=2).total[1, 0])
        many.append(noise_of_total(runs)[1])
    difference = np.array(few) - np.array(many)
    assert np.mean(many) > 0.2
    assert abs(difference.mean()) < 4 * difference.std(ddof=1) / np.sqrt(60)
    with pytest.raises(ValueError, match="two runs a row"):
        noise_of_total(np.ones((4, 4, 1)))


def test_ranks_are_settled_where_factors_differ_and_not_where_they_are_alike() -> None:
    random = np.random.default_rng(6)
    near = 0.3 + 0.05 * random.normal(size=(500, 5, 1))
    apart = np.array([0.6, 0.3, 0.1])[None, :, None] + 0.01 * random.normal(size=(500, 3, 1))
    assert unsettled(near)[0] > 1
    assert unsettled(apart)[0] == 0
    # A tie among factors of no weight does not count.
    idle = np.concatenate([apart, 1e-4 * random.random((500, 5, 1))], axis=1)
    assert unsettled(idle)[0] < 0.01


# Chance


def test_the_variance_of_runs_is_split_as_it_was_made() -> None:
    random = np.random.default_rng(7)
    truth = np.array([4.0, 1.0, 2.25])  # inputs, chance, both together
    found = []
    for _ in range(200):
        values = 2 * random.normal(size=(40, 1)) + random.normal(size=(1, 12))
        values = values + 1.5 * random.normal(size=(40, 12))
        one = parts(values)
        found.append([one.inputs, one.chance, one.together])
        assert one.noise == pytest.approx(one.together / 12 / one.of_means)
        assert sum(one.shares()) == pytest.approx(1)
    error = np.std(found, axis=0, ddof=1) / np.sqrt(200)
    assert (np.abs(np.mean(found, axis=0) - truth) < 4 * error).all()


def test_one_run_a_row_cannot_be_split() -> None:
    found = parts(np.array([[1.0], [2.0], [4.0]]))
    assert found.inputs == found.of_means == pytest.approx(np.var([1, 2, 4], ddof=1))
    assert np.isnan([found.chance, found.together, found.noise]).all()
    assert np.isnan(found.shares()).all()
    same = parts(np.full((5, 3), 0.1 + 0.2))
    assert same.of_means == same.inputs == same.chance == 0
    with pytest.raises(ValueError, match=r"\(row, run\), two rows or more; found \(1, 3\)"):
        parts(np.ones((1, 3)))
    with pytest.raises(ValueError, match="not finite"):
        parts(np.array([[1.0, np.nan], [1.0, 2.0]]))


# Given data


def test_bins_find_first_order_indices_without_bias() -> None:
    random = np.random.default_rng(8)
    found, floors = [], []
    for repeat in range(60):
        units = random.random((500, 4))
        output = 3 * units[:, 0] + units[:, 1]  # the others do nothing
        bins = np.stack([binned(one, bins_for(500)) for one in units.T], axis=1)
        one = given_data(bins, output[:, None], resamples=30, shuffles=50, seed=repeat)
        found.append(one.first[:, 0])
        floors.append(one.floor[:, 0])
    mean = np.mean(found, axis=0)
    error = np.std(found, axis=0, ddof=1) / np.sqrt(60)
    # Bins of equal width lose a share 1 / bins ** 2 of a linear effect.
    truth = np.array([0.9, 0.1, 0, 0]) * (1 - bins_for(500) ** -2)
    assert (np.abs(mean - truth) < 4 * error).all()
    idle = np.array(found)[:, 2:] > np.array(floors)[:, 2:]
    assert abs(idle.mean() - 0.05) < 4 * np.sqrt(0.05 * 0.95 / idle.size)


def test_intervals_from_given_data_hold_the_index() -> None:
    random = np.random.default_rng(9)
    inside = []
    for repeat in range(150):
        units = random.random((300, 2))
        output = units[:, 0] + 0.5 * random.normal(size=300)
        bins = np.stack([binned(one, 4) for one in units.T], axis=1)
        one = given_data(bins, output[:, None], resamples=100, shuffles=0, seed=repeat)
        truth = (1 / 12) * (1 - 1 / 16) / (1 / 12 + 0.25)
        inside.append(one.low[0, 0] <= truth <= one.high[0, 0])
        assert np.isnan(one.floor).all()
    assert abs(np.mean(inside) - 0.9) < 4 * np.sqrt(0.9 * 0.1 / 150)


def test_bins_are_levels_where_there_are_few_and_equal_counts_where_many() -> None:
    assert binned(np.array([3.0, 1.0, 3.0, 2.0]), 3).tolist() == [2, 0, 2, 1]
    assert np.bincount(binned(np.random.default_rng(1).random(100) ** 9, 5)).tolist() == [20] * 5
    assert [bins_for(rows) for rows in (20, 1000, 10**6)] == [3, 10, 32]
    with pytest.raises(ValueError, match="at least 20 rows; found 5"):
        given_data(np.zeros((5, 1), dtype=int), np.ones((5, 1)))
    values = np.ones((30, 1))
    values[0] = np.inf
    with pytest.raises(ValueError, match="not finite; leave its row out"):
        given_data(np.zeros((30, 1), dtype=int), values)
    same = given_data(np.arange(30)[:, None] % 3, np.full((30, 1), 0.3), shuffles=5)
    assert np.isnan(same.first).all()
    assert same.variance == 0


# Morris


def test_elementary_effects_of_a_polynomial() -> None:
    units = points("morris", ["a", "b", "c"], 40)
    output = 2 * units[:, 0] - 3 * units[:, 1] + 4 * units[:, 0] * units[:, 2]
    found = morris(units, output[:, None], resamples=50)
    own = effects(units, output)
    np.testing.assert_allclose(own[:, 1], -3)
    np.testing.assert_allclose(found.mu[:, 0], own.mean(axis=0))
    np.testing.assert_allclose(found.mu_star[:, 0], np.abs(own).mean(axis=0))
    np.testing.assert_allclose(found.sigma[:, 0], own.std(axis=0, ddof=1), atol=1e-12)
    assert found.mu[1, 0] == pytest.approx(-found.mu_star[1, 0])
    error = found.sigma[0, 0] / np.sqrt(40)
    assert abs(found.mu[0, 0] - (2 + 4 * 0.5)) < 4 * error
    assert (found.mu_star_low <= found.mu_star).all()
    assert (found.mu_low[:, 0] <= found.mu[:, 0]).all()


def test_sizes_of_many_outputs_are_those_of_salib() -> None:
    units = points("morris", ["a", "b", "c"], 40)
    outputs = np.stack([units[:, 0] ** 2 + units[:, 1] * units[:, 2], 5 * units[:, 1]], axis=1)
    slow, (star, low, high) = morris(units, outputs, resamples=2000), sizes(units, outputs)
    np.testing.assert_allclose(star, slow.mu_star, atol=1e-12)
    # Standard errors from 2,000 resamples are off by 1.6 percent, one time in three.
    np.testing.assert_allclose(high - star, slow.mu_star_high - slow.mu_star, rtol=0.06, atol=1e-9)
    np.testing.assert_allclose(low, slow.mu_star_low, atol=0.06 * (high - low).max())


def test_rows_that_are_no_trajectories_are_refused() -> None:
    units = points("morris", ["a", "b"], 4)
    with pytest.raises(ValueError, match="11 rows are no two trajectories or more of 3 rows"):
        effects(units[:11], np.ones(11))
    with pytest.raises(ValueError, match="move each factor once"):
        effects(np.zeros((6, 2)), np.ones(6))
    with pytest.raises(ValueError, match="steps of trajectories have to be of one size"):
        morris(np.concatenate([units, units[:3] / 2]), np.ones((15, 1)))
    with pytest.raises(ValueError, match=r"a step of 0\.3 is none of a grid"):
        morris(units * 0.45, np.ones((12, 1)))
    with pytest.raises(ValueError, match="not finite; leave its trajectory out"):
        morris(units, np.full((12, 1), np.nan))


def test_chance_alone_seldom_lifts_an_effect_above_its_floor() -> None:
    random = np.random.default_rng(10)
    units = points("morris", ["a", "b"], 10)
    above = []
    for _ in range(400):
        runs = units[:, :1] + units[:, 1:] * random.normal(size=6)  # b: through chance alone
        size = np.abs(effects(units, runs.mean(axis=1))[:, 1]).mean()
        above.append(size > chance_floor(units, runs)[1])
    # The worst case, one pattern of chance in all rows: 5 percent.
    assert abs(np.mean(above) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 400)
    with pytest.raises(ValueError, match="two runs a row"):
        chance_floor(units, np.ones((30, 1)))


# One at a time, resampling


def test_differences_are_paired_by_run() -> None:
    random = np.random.default_rng(11)
    common = 100 * random.normal(size=8)
    runs = np.stack([common, common + 1 + 0.1 * random.normal(size=8), common])
    mean, low, high = differences(runs)
    assert abs(mean[1] - 1) < 4 * 0.1 / np.sqrt(8)
    assert 0.5 < low[1] < mean[1] < high[1] < 1.5
    assert mean[2] == low[2] == high[2] == 0
    mean, low, high = differences(runs[:, :1])
    assert np.isnan([low, high]).all()


def test_resamples_begin_with_all_units_and_come_again_from_the_seed() -> None:
    found = weights(7, 20, 3)
    assert found.shape == (21, 7)
    assert (found[0] == 1).all()
    assert (found.sum(axis=1) == 7).all()
    np.testing.assert_array_equal(found, weights(7, 20, 3))
    assert (found != weights(7, 20, 4)).any()
    assert (np.sort(permutations(5, 3, 1), axis=1) == np.arange(5)).all()


# Stored sweeps


@pytest.fixture(scope="module")
def saltelli_sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saltelli")
    functions = {"autonomy.AVA": known, "constant.AVA": constant}
    return write(
        folder, "saltelli", functions, size=256, runs=6, scenarios=("calm", "storm")
    ).folder


def one(table: pd.DataFrame, outcome: str = "autonomy.AVA", scenario: str = "calm") -> pd.DataFrame:
    chosen = (table["outcome"] == outcome) & (table["scenario"] == scenario)
    return table[chosen].set_index("factor") if "factor" in table else table[chosen]


def opened(folder: Path) -> Study:
    from sim.experiment.sweep_result import Sweep

    return study(Sweep(folder))


def test_a_stored_sweep_of_saltellis_rows(saltelli_sweep: Path) -> None:
    found = opened(saltelli_sweep)
    assert found.method == "sobol"
    table = one(found.table)
    assert list(table.index) == ["oil", "fear", "zeal", "dummy"]  # from most to least
    first, total = g_indices(WEIGHTS)
    assert table.loc[["oil", "fear"], "told_apart"].all()
    # What 6 runs leave of zeal's interaction with chance could be as much as its own effect.
    assert not table.loc["zeal", "told_apart"]
    assert table.loc["zeal", "floor"] > table.loc["zeal", "noise"] > 0
    assert not table.loc["dummy", "told_apart"]
    assert table.loc["dummy", "total"] == 0
    error = (table["total_high"] - table["total_low"]) / 2 / 1.645
    assert abs(table.loc["oil", "total"] - total[0]) < 4 * error["oil"]
    assert abs(table.loc["fear", "first"] - first[1]) < 4 * error["fear"]
    assert set(found.table["unit"]) == {"0 to 1"}
    assert set(found.table["scenario"]) == {"calm", "storm"}

    still = one(found.table, "constant.AVA")
    assert still["first"].isna().all()
    assert still["total_high"].isna().all()
    assert (still["variance"] == 0).all()
    assert not still["told_apart"].any()

    summary = one(found.outcomes).iloc[0]
    assert (summary["points"], summary["left_out"], summary["runs"]) == (256, 0, 6)
    assert summary["inputs"] + summary["together"] / 6 == pytest.approx(summary["of_means"])
    assert bool(summary["settled"])
    grown = one(found.convergence)
    assert sorted(set(grown["points"])) == [32, 64, 128, 256]
    width = (grown["high"] - grown["low"]).groupby(grown["points"]).max()
    assert width[256] < width[32]


def test_indices_over_time_are_those_of_each_quarter(saltelli_sweep: Path) -> None:
    from sim.experiment.sweep_result import Sweep

    sweep = Sweep(saltelli_sweep)
    found = study(sweep)
    last = one(found.over_time)
    last = last[last["quarter"] == START + 3]
    table = one(found.table)
    for column in ("first", "total"):
        np.testing.assert_allclose(last.loc[table.index, column], table[column], atol=1e-9)
    # At a quarter the model grows to half of the end; indices are shares and stay.
    half = one(sensitivity(sweep, ["autonomy.AVA"], at="2023Q2"))
    np.testing.assert_allclose(half["total"], table["total"], atol=1e-9)
    assert half["variance"].iloc[0] == pytest.approx(table["variance"].iloc[0] / 4)
    assert half["noise"].isna().all()
    summary = one(study(sweep, ["autonomy"], at="2023Q2").outcomes).iloc[0]
    end = one(found.outcomes).iloc[0]
    assert summary["chance"] == pytest.approx((end["chance"] + end["together"]) / 4, rel=0.05)
    within = last["within"].iloc[0]
    assert within == pytest.approx(end["chance"] + end["together"], rel=0.05)


def test_rows_that_are_not_finished_are_left_out_with_their_base_point(tmp_path: Path) -> None:
    whole = write(tmp_path / "a", "saltelli", {"autonomy.AVA": known}, size=32)
    less = write(tmp_path / "b", "saltelli", {"autonomy.AVA": known}, size=32, lost=[7, 8, 152])
    found = study(less)
    assert one(found.outcomes)["points"].iloc[0] == 30
    assert one(found.outcomes)["left_out"].iloc[0] == 12
    assert any("12 of 192 rows are left out" in note for note in found.notes)
    assert not np.isnan(found.table["total"]).any()
    assert study(whole).notes == []
    few = write(tmp_path / "c", "saltelli", {"autonomy.AVA": known}, size=4)
    with pytest.raises(InputError, match="calm has 4 finished base points; at least 8 are needed"):
        study(few)


def test_what_is_not_in_the_sweep_is_told(saltelli_sweep: Path) -> None:
    from sim.experiment.sweep_result import Sweep

    sweep = Sweep(saltelli_sweep)
    with pytest.raises(InputError, match="no outcome 'autonmy'; did you mean 'autonomy'"):
        sensitivity(sweep, ["autonmy"])
    with pytest.raises(InputError, match="no scenario 'clam'; did you mean 'calm'"):
        sensitivity(sweep, scenario="clam")
    with pytest.raises(InputError, match="no quarter 2031Q1; it has 2023Q1 to 2023Q4"):
        sensitivity(sweep, at="2031Q1")
    with pytest.raises(InputError, match="'soon' is not a quarter"):
        sensitivity(sweep, at="soon")


def test_one_run_a_row_has_no_noise_that_could_be_told(tmp_path: Path) -> None:
    found = study(write(tmp_path, "saltelli", {"autonomy.AVA": known}, size=16, runs=1))
    assert found.table["noise"].isna().all()
    assert (found.table["floor"] == 0).all()
    assert np.isnan(found.outcomes["chance"]).all()


def test_a_stored_sweep_of_morris(tmp_path: Path) -> None:
    functions = {"autonomy.AVA": known, "constant.AVA": constant}
    sweep = write(tmp_path, "morris", functions, size=16, runs=6)
    found = study(sweep)
    assert found.method == "morris"
    table = one(found.table)
    assert list(table.index)[:2] == ["oil", "fear"]
    assert table["told_apart"].to_dict() == {
        "oil": True, "fear": True, "zeal": False, "dummy": False,
    }  # fmt: skip
    assert (one(found.table, "constant.AVA")["mu_star"] == 0).all()
    assert (one(found.table, "constant.AVA")["variance"] == 0).all()
    assert not one(found.table, "constant.AVA")["told_apart"].any()
    course = one(found.over_time)
    assert sorted(course["quarter"].unique()) == list(range(START, START + 4))
    for quarter, own in course.groupby("quarter"):  # the stored outcome grows in proportion
        share = (int(quarter) + 1 - START) / 4
        expected = share * table["mu_star"].reindex(own.index)
        np.testing.assert_allclose(own["mu_star"], expected, rtol=1e-5)
        assert (own["mu_star_low"] <= own["mu_star"]).all()
    assert set(found.convergence["points"]) == {2, 4, 8, 16}
    wrong = write(tmp_path / "w", "morris", {"autonomy.AVA": known}, units=np.zeros((10, 4)))
    with pytest.raises(InputError, match=r"no sample of Morris's|one input|whole number"):
        study(wrong)


def test_a_stored_sweep_of_one_at_a_time(tmp_path: Path) -> None:
    def line(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return np.asarray(units[0] + 2 * (units[1] - 0.5) ** 2 + (1 + units[2]) * draws)

    sweep = write(tmp_path, "one_at_a_time", {"autonomy.AVA": line}, runs=8)
    found = study(sweep)
    table = found.table
    oil, fear, zeal = (table[table["factor"] == name] for name in ("oil", "fear", "zeal"))
    assert oil["value"].tolist() == [0.0, 10.0]  # what equals the centre is left out
    np.testing.assert_allclose(oil["effect"], [-0.5, 0.5])
    np.testing.assert_allclose(fear["effect"], [0.5, 0.5])
    np.testing.assert_allclose(oil["swing"], 1.0)
    np.testing.assert_allclose(fear["swing"], 0.5)
    assert oil["told_apart"].all()
    assert not zeal["told_apart"].any()  # chance alone
    assert (zeal["effect_low"] < zeal["effect"]).all()
    assert next(iter(table["factor"])) == "oil"
    assert found.convergence.empty
    lost = write(tmp_path / "lost", "one_at_a_time", {"autonomy.AVA": line}, lost=[0])
    with pytest.raises(InputError, match="the centre of calm is not finished"):
        study(lost)


def test_any_other_sample_is_analysed_by_bins(tmp_path: Path) -> None:
    random = np.random.default_rng(12)
    units = random.random((300, 3))
    units[:, 2] = 0.8 * units[:, 0] + 0.2 * units[:, 2]  # depends on the first
    sweep = write(tmp_path, "csv", {"autonomy.AVA": known}, units=units)
    found = study(sweep)
    assert found.method == "given data"
    assert one(found.table)["total"].isna().all()
    assert one(found.table).loc["oil", "told_apart"]
    assert any("oil and zeal are correlated" in note for note in found.notes)
    assert set(found.convergence["points"]) == {37, 75, 150, 300}
    assert len(found.over_time) == 4 * 3
    few = write(tmp_path / "few", "csv", {"autonomy.AVA": known}, units=units[:10])
    with pytest.raises(InputError, match="calm has 10 finished rows; at least 20 are needed"):
        study(few)


def test_factors_that_move_together_are_one_input(tmp_path: Path) -> None:
    units = np.random.default_rng(13).random((60, 3))
    units[:, 1] = units[:, 0]
    follower = {"name": "later", "path": "driver.later", "kind": "number", "same_as": "zeal"}
    sweep = write(tmp_path, "matched", {"autonomy.AVA": known}, units=units, extra=[follower])
    found = study(sweep)
    assert set(found.table["factor"]) == {"oil", "zeal"}
    assert "fear follows oil: the two are one input." in found.notes
    assert "later follows zeal: the two are one input." in found.notes


def test_an_outcome_of_an_actor_left_out_in_some_rows_costs_the_others_none(tmp_path: Path) -> None:
    def gone(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return np.full(len(draws), np.nan) if units[1] > 0.5 else units[0] + draws

    functions = {"autonomy.AVA": known, "autonomy.BEL": gone}
    both = write(tmp_path / "both", "latin_hypercube", functions, size=60)
    alone = write(tmp_path / "alone", "latin_hypercube", {"autonomy.AVA": known}, size=60)
    found, expected = study(both), study(alone)
    pd.testing.assert_frame_equal(found.table, expected.table)
    pd.testing.assert_frame_equal(found.over_time, expected.over_time)
    assert (
        "Passed over, because missing in some rows of calm, which leave an actor out: "
        "autonomy.BEL." in found.notes
    )
    assert not any("failed" in note for note in found.notes)
    at = sensitivity(both, at="2023Q2")
    pd.testing.assert_frame_equal(at, sensitivity(alone, at="2023Q2"))
    with pytest.raises(InputError, match=r"autonomy\.BEL is missing in some rows of calm"):
        study(both, ["autonomy.BEL"])


def test_rows_that_end_in_different_quarters_have_nothing_over_time(tmp_path: Path) -> None:
    sweep = write(tmp_path, "latin_hypercube", {"autonomy.AVA": known}, size=60)
    for name in ("means", "variances"):
        table = pd.read_parquet(tmp_path / f"{name}.parquet")
        short = (table["row"] == table["row"].iloc[0]) & (table["quarter"] == START + 3)
        table[~short].to_parquet(tmp_path / f"{name}.parquet")
    found = study(sweep)
    assert found.over_time.empty
    assert "calm: nothing over time, as rows end in different quarters." in found.notes


def test_a_few_base_points_that_are_uneven_are_told(tmp_path: Path) -> None:
    names = ("oil", "fear", "zeal", "date")

    def alone(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return units[0] + 0.0 * draws

    few = write(tmp_path / "few", "saltelli", {"autonomy.AVA": alone}, names, size=16)
    table = one(study(few).table)
    wrong = table.loc["oil", "total"]
    assert table.loc["oil", "total_low"] > 1.2  # the truth is 1
    [note] = study(few).notes
    assert "16 base points are uneven" in note
    assert f"oil {wrong:.2f}" in note
    many = write(tmp_path / "many", "saltelli", {"autonomy.AVA": alone}, names, size=64)
    assert study(many).notes == []
