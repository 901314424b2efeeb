"""Skill intervals on data whose true skill is known."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.fit.bootstrap import Cases, leave_one_out, skill_interval, weighted_skill


def synthetic(rng: np.random.Generator, blocks: int = 30) -> tuple[Cases, np.ndarray]:
    """Draw two families whose blocks share their errors; the true skill is 1 - 2.1/3 = 0.3."""
    scores, bases, families, names = [], [], [], []
    for family, (ours, theirs) in {"shares": (0.9, 1.0), "flows": (0.6, 1.0)}.items():
        common = rng.gamma(4.0, 0.25, (blocks, 1))  # mean 1, of a block
        size = (blocks, 3)
        bases.append((theirs * common * rng.gamma(4.0, 0.25, size)).ravel())
        scores.append((ours * common * rng.gamma(4.0, 0.25, size)).ravel())
        families += [family] * blocks * 3
        names += np.repeat(np.arange(blocks), 3).tolist()
    cases = Cases.of(
        np.concatenate(scores), np.concatenate(bases), families, weights={"shares": 1, "flows": 2}
    )
    return cases, np.array(names)


def small() -> tuple[Cases, list[str], list[int]]:
    cases = Cases.of(
        [1.0, 3.0, 10.0, 30.0],
        [2.0, 4.0, 40.0, 40.0],
        ["a", "a", "b", "b"],
        scale=[1, 1, 10, 10],
        weights={"a": 1, "b": 3},
    )
    return cases, ["x", "y", "x", "y"], [2019, 2020, 2019, 2020]


def test_families_count_by_their_weight_and_series_by_their_scale() -> None:
    cases, _, _ = small()
    assert weighted_skill(cases) == pytest.approx(1 - (2 + 3 * 2) / (3 + 3 * 4))


def test_a_family_of_many_cases_counts_no_more() -> None:
    few = Cases.of([1.0, 3.0], [2.0, 4.0], ["a", "b"])
    many = Cases.of([1.0] * 9 + [3.0], [2.0] * 9 + [4.0], ["a"] * 9 + ["b"])
    assert weighted_skill(many) == pytest.approx(weighted_skill(few))


def test_equal_scores_have_no_skill() -> None:
    score = np.random.default_rng(1).gamma(2.0, size=40)
    cases = Cases.of(score, score, ["a", "b"] * 20)
    found = skill_interval(cases, np.arange(40) // 4, draws=200)
    assert (found.skill, found.low, found.high) == (0.0, 0.0, 0.0)
    assert np.all(leave_one_out(cases, np.arange(40) % 4).skill == 0)


def test_a_perfect_baseline_leaves_nothing_to_save() -> None:
    assert np.isnan(weighted_skill(Cases.of([1.0], [0.0], ["a"])))


def test_the_order_of_rows_leaves_no_trace() -> None:
    rng = np.random.default_rng(2)
    score, base = rng.gamma(2.0, size=(2, 60))
    family, block = rng.choice(["a", "b"], 60), rng.integers(0, 12, 60)
    order = rng.permutation(60)
    straight = skill_interval(Cases.of(score, base, family), block, draws=300, seed=7)
    shuffled = skill_interval(
        Cases.of(score[order], base[order], family[order]), block[order], draws=300, seed=7
    )
    assert straight == shuffled


def test_the_seed_decides_the_draws() -> None:
    cases, block = synthetic(np.random.default_rng(3))
    assert skill_interval(cases, block, draws=99, seed=1) == skill_interval(
        cases, block, draws=99, seed=1
    )
    assert skill_interval(cases, block, draws=99, seed=1) != skill_interval(
        cases, block, draws=99, seed=2
    )


def test_every_family_stays_in_every_draw() -> None:
    # family b has one block: it must not move the interval, nor fall out of it
    cases = Cases.of([1.0, 1.0, 9.0], [2.0, 2.0, 10.0], ["a", "a", "b"])
    found = skill_interval(cases, ["x", "y", "z"], draws=200)
    assert found.low == found.high == pytest.approx(1 - 10 / 12)
    assert found.fewest_blocks == 1


def test_the_interval_is_that_of_resampled_blocks() -> None:
    # two blocks of unlike size: a draw takes one, the other or both, 1 : 1 : 2
    cases = Cases.of([1.0, 6.0, 6.0], [10.0, 10.0, 10.0], ["a"] * 3)
    block = ["x", "y", "y"]
    wide = skill_interval(cases, block, level=0.95, draws=4000)
    assert (wide.low, wide.high) == (pytest.approx(0.4), pytest.approx(0.9))
    narrow = skill_interval(cases, block, level=0.3, draws=4000)
    assert (narrow.low, narrow.high) == (pytest.approx(1 - 13 / 30), pytest.approx(1 - 13 / 30))


def test_intervals_cover_the_true_skill() -> None:
    # 90 percent asked; percentile intervals of 30 blocks fall a little short, by at most 4 points,
    # and the Monte-Carlo error of 400 samples is 1.5 points: allowed are 4 points and 3 errors
    rng = np.random.default_rng(8)
    samples, hits = 400, 0
    for sample in range(samples):
        cases, block = synthetic(rng)
        found = skill_interval(cases, block, level=0.9, draws=300, seed=sample)
        hits += found.low <= 0.3 <= found.high
    error = np.sqrt(0.9 * 0.1 / samples)
    assert 0.86 - 3 * error < hits / samples < 0.9 + 3 * error


def test_cases_of_one_block_count_as_one() -> None:
    # copies of each case in its block add nothing to what is known
    cases, block = synthetic(np.random.default_rng(9))
    names = np.array(cases.families)[cases.family]
    weights = dict(zip(cases.families, cases.weights, strict=True))
    copied = Cases.of(
        np.repeat(cases.score, 5),
        np.repeat(cases.baseline, 5),
        np.repeat(names, 5),
        weights=weights,
    )
    once = skill_interval(cases, block, draws=500)
    five = skill_interval(copied, np.repeat(block, 5), draws=500)
    assert (five.low, five.high) == (pytest.approx(once.low), pytest.approx(once.high))


def test_leaving_out_a_year_is_the_skill_of_the_others() -> None:
    cases, _, year = small()
    table = leave_one_out(cases, year)
    assert table.left_out.tolist() == [2019, 2020]
    assert table.cases.tolist() == [2, 2]
    np.testing.assert_allclose(table.skill, [1 - (3 + 9) / (4 + 12), 1 - (1 + 3) / (2 + 12)])


def test_a_family_left_without_a_case_drops_out() -> None:
    cases = Cases.of([1.0, 0.1, 5.0], [2.0, 0.3, 10.0], ["a", "b", "b"])
    table = leave_one_out(cases, [1, 2, 2])
    np.testing.assert_allclose(table.skill, [1 - 5.1 / 10.3, 0.5])
    assert np.isnan(leave_one_out(cases, [1, 1, 1]).skill[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Cases.of([], [], []), "a skill needs at least one scored case"),
        (
            lambda: Cases.of([1.0, 2.0], [1.0], ["a"]),
            "each case has a score, a baseline and a family; found 2, 1 and 1",
        ),
        (
            lambda: Cases.of([np.nan], [1.0], ["a"]),
            "a skill needs finite scores; leave out cases without one",
        ),
        (
            lambda: Cases.of([1.0], [1.0], ["a"], scale=0.0),
            "the scale of a series must be above 0; found 0",
        ),
        (
            lambda: Cases.of([1.0], [1.0], ["flows"], weights={"flow": 1, "vote": 1}),
            "the family flows has no weight; given: flow, vote",
        ),
        (
            lambda: Cases.of([1.0], [1.0], ["a"], weights={"a": 0}),
            "weights of families must be from 0 on, and one of them above 0",
        ),
        (
            lambda: skill_interval(small()[0], ["x"]),
            "4 cases need a group each; found 1",
        ),
        (
            lambda: skill_interval(*small()[:2], level=95),
            "the level of an interval lies between 0 and 1; found 95",
        ),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        call()
