"""Rows of designs: their order and values in every mode, ids, and CSV files of rows."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.sample import morris as salib_morris
from SALib.sample import sobol as salib_sobol
from scipy import stats

from sim.case import load_case
from sim.core.errors import InputError
from sim.experiment.design import Design, design_from, load_design, load_scenarios
from sim.experiment.design_check import read_cell, resolve_factors
from sim.experiment.sampling import (
    Sample,
    VariedFactor,
    cell,
    evenly,
    row_ids,
    rows_of_grid,
    saltelli,
    sample,
    write_rows,
)
from sim.scenario.distributions import Choice, Normal, Triangular
from tests.experiment.designing import CASE, CLOSED, DATE, HEAD, workplace

RANGE = VariedFactor("x", "p.x", "number", True, low=2.0, high=6.0)
LOG = VariedFactor("y", "p.y", "number", True, low=0.01, high=100.0, log=True)
LIST = VariedFactor("z", "p.z", "text", False, levels=("a", "b", "c"))
WHEN = VariedFactor("when", "p.when", "quarter", False, levels=("2026Q1", "2026Q2", "2026Q3"))
BELL = VariedFactor(
    "bell", "p.bell", "number", True, distribution=Normal(distribution="normal", mean=0.0, sd=1.0)
)
FLAG = VariedFactor("flag", "p.flag", "flag", False, levels=(True, False))


def made(mode: str, *factors: VariedFactor, **keys: Any) -> Sample:
    plain = [{"path": one.path, "name": one.name} for one in factors]
    design = Design.model_validate(
        {"title": "T", "question": "Q", "scenario": "s", "mode": mode, "factor": plain, **keys}
    )
    return sample(design, factors)


def rows(drawn: Sample) -> list[tuple[Any, ...]]:
    return list(zip(*drawn.values.values(), strict=True))


# -------------------------------------------------------------------------- modes with levels


def test_a_grid_holds_every_combination_the_last_factor_fastest() -> None:
    drawn = made("grid", LIST, FLAG, WHEN)
    assert rows(drawn) == list(product(LIST.levels or (), (True, False), WHEN.levels or ()))
    assert rows_of_grid([LIST, FLAG, WHEN]) == len(drawn.ids) == len(set(drawn.ids)) == 18
    assert drawn.units[:4].tolist() == [[0, 0, 0], [0, 0, 0.5], [0, 0, 1], [0, 1, 0]]


def test_matched_goes_through_the_levels_together() -> None:
    twice = replace(LIST, levels=("a", "a", "b"))
    drawn = made("matched", twice, WHEN)
    assert rows(drawn) == [("a", "2026Q1"), ("a", "2026Q2"), ("b", "2026Q3")]
    assert drawn.units.tolist() == [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]


def test_one_at_a_time_starts_from_the_centre() -> None:
    steps = replace(RANGE, levels=tuple(evenly(2.0, 6.0, 5, False)))
    drawn = made("one_at_a_time", steps, FLAG)
    assert rows(drawn) == [
        (4.0, False),
        *((level, False) for level in (2.0, 3.0, 4.0, 5.0, 6.0)),
        (4.0, True),
        (4.0, False),
    ]
    assert len(drawn.distinct()) == 6
    assert drawn.units[0].tolist() == [0.5, 1.0]


def test_even_levels_reach_both_ends() -> None:
    assert evenly(0.1, 0.3, 3, False) == [0.1, 0.2, 0.3]
    found = evenly(0.01, 100.0, 5, True)
    assert (found[0], found[-1]) == (0.01, 100.0)
    assert found == pytest.approx([0.01, 0.1, 1.0, 10.0, 100.0], rel=1e-12)
    assert str(evenly(-1.0, 1.0, 3, False)[1]) == "0.0"  # and not -0.0, which has another id


# ------------------------------------------------------------------------------ modes with draws


@pytest.mark.parametrize(
    ("mode", "key"), [("latin_hypercube", "rows"), ("sobol", "rows"), ("saltelli", "points")]
)
def test_draws_depend_on_the_sampling_seed_only(mode: str, key: str) -> None:
    first = made(mode, RANGE, BELL, LIST, **{key: 16})
    np.random.seed(5)  # noqa: NPY002
    state = np.random.get_state()[1]  # noqa: NPY002
    again = made(mode, RANGE, BELL, LIST, **{key: 16}, seed=9, runs=2)
    assert again.ids == first.ids
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    other = made(mode, RANGE, BELL, LIST, **{key: 16}, sampling_seed=2)
    assert not set(other.ids) & set(first.ids)


def test_a_latin_hypercube_has_each_row_in_a_slice_of_its_own() -> None:
    drawn = made("latin_hypercube", RANGE, LOG, BELL, WHEN, rows=30)
    assert (np.sort(np.floor(drawn.units * 30), axis=0) == np.arange(30)[:, None]).all()
    x, y, bell = (np.array(drawn.values[name]) for name in ("x", "y", "bell"))
    np.testing.assert_allclose((x - 2.0) / 4.0, drawn.units[:, 0], rtol=1e-12)
    np.testing.assert_allclose(np.log10(y) / 4.0 + 0.5, drawn.units[:, 1], rtol=1e-12)
    np.testing.assert_allclose(stats.norm.cdf(bell), drawn.units[:, 2], rtol=1e-9)
    assert [drawn.values["when"].count(quarter) for quarter in WHEN.levels or ()] == [10] * 3


def test_a_sobol_sequence_fills_every_cell_alike() -> None:
    drawn = made("sobol", RANGE, LOG, rows=64)
    cells = np.floor(drawn.units * 8).astype(int)
    assert len({tuple(one) for one in cells}) == 64
    longer = made("sobol", RANGE, LOG, rows=128)
    assert longer.ids[:64] == drawn.ids  # it can be extended


def test_saltelli_has_the_order_of_salib() -> None:
    """With the same unscrambled base points the rows are SALib's to the last bit."""
    dimensions, points = 3, 16
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0.0, 1.0]] * 3}
    theirs = salib_sobol.sample(problem, points, calc_second_order=False, scramble=False)
    base = stats.qmc.Sobol(2 * dimensions, scramble=False).random(points)
    assert np.array_equal(saltelli(base), theirs)
    assert saltelli(base).shape == (points * (dimensions + 2), dimensions)


def test_saltelli_rows_and_the_dummy() -> None:
    drawn = made("saltelli", RANGE, LIST, points=8)
    assert drawn.free == ("x", "z", "dummy")
    assert list(drawn.values) == ["x", "z"]
    blocks = drawn.units.reshape(8, 5, 3)
    for a, *mixed, b in blocks:
        for at, row in enumerate(mixed):
            expected = a.copy()
            expected[at] = b[at]
            assert np.array_equal(row, expected)
    ids = np.array(drawn.ids).reshape(8, 5)
    assert (ids[:, 0] == ids[:, 3]).all()  # the dummy acts on nothing: simulated once
    assert (ids[:, 0] != ids[:, 1]).all()


def test_morris_is_salibs() -> None:
    np.random.seed(5)  # noqa: NPY002
    state = np.random.get_state()[1]  # noqa: NPY002
    drawn = made("morris", RANGE, LIST, BELL, trajectories=6, sampling_seed=0)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0.0, 1.0]] * 4}
    theirs = salib_morris.sample(problem, 6, num_levels=4, seed=np.random.default_rng(0))
    np.testing.assert_allclose(drawn.units, theirs, atol=1e-12)
    assert drawn.free == ("x", "z", "bell", "dummy")
    moved = np.diff(drawn.units.reshape(6, 5, 4), axis=1) != 0
    assert (moved.sum(axis=2) == 1).all()  # one factor a step
    assert (moved.sum(axis=1) == 1).all()  # each factor once a trajectory
    assert set(drawn.values["x"]) <= {2.0, 2.0 + 4 / 3, 2.0 + 8 / 3, 6.0}
    assert all(math.isfinite(float(value)) for value in drawn.values["bell"])
    again = made("morris", RANGE, LIST, BELL, trajectories=6, sampling_seed=0)
    assert again.ids == drawn.ids
    other = made("morris", RANGE, LIST, BELL, trajectories=6, sampling_seed=1)
    assert other.ids != drawn.ids


@pytest.mark.parametrize("levels", [2, 4, 6, 8])
@pytest.mark.parametrize("length", [2, 3, 5, 14])
def test_morris_levels_reach_both_ends_of_a_list(levels: int, length: int) -> None:
    factor = VariedFactor("n", "p.n", "whole", False, levels=tuple(range(length)))
    found = factor.at(np.arange(levels) / (levels - 1), levels)
    assert (found[0], found[-1]) == (0, length - 1)
    assert found == sorted(found)  # type: ignore[type-var]


def test_a_morris_distribution_gives_the_middles_of_its_parts() -> None:
    found = BELL.at(np.arange(4) / 3, 4)
    assert found == pytest.approx(stats.norm.ppf([0.125, 0.375, 0.625, 0.875]), abs=1e-12)


def test_values_at_the_ends_of_the_unit_interval() -> None:
    ends = np.array([0.0, 1.0 - 2**-53, 1.0])
    assert RANGE.at(ends)[0] == 2.0
    assert RANGE.at(ends)[2] == 6.0
    assert LOG.at(ends)[::2] == [0.01, 100.0]
    assert LIST.at(ends) == ["a", "c", "c"]
    three = Triangular(distribution="triangular", low=0.0, mode=1.0, high=2.0)
    assert replace(BELL, distribution=three).at(ends)[::2] == [0.0, 2.0]
    pick = Choice(distribution="choice", values=[1.0, 5.0])
    assert replace(BELL, distribution=pick).at(np.array([0.0, 0.49, 0.5, 0.9])) == [1, 1, 5, 5]


def test_extremes_are_what_can_come_out() -> None:
    assert replace(RANGE, levels=(3.0, 1.0, 2.0)).extremes() == [1.0, 3.0]
    assert LIST.extremes() == ["a", "b", "c"]
    low, high = BELL.extremes()
    assert (low, high) == pytest.approx(stats.norm.ppf([1e-4, 1 - 1e-4]))


# --------------------------------------------------------------------------------- followers


def test_followers_move_with_their_leaders() -> None:
    double = VariedFactor("double", "p.d", "number", True, same_as="x", times=2.0, plus=1.0)
    more = VariedFactor("more", "p.m", "number", True, same_as="double", plus=-1.0)
    after = VariedFactor("after", "p.a", "quarter", False, same_as="when", plus=3.0)
    same = VariedFactor("same", "p.s", "text", False, same_as="z")
    drawn = made("latin_hypercube", more, double, after, RANGE, WHEN, LIST, same, rows=8)
    assert drawn.free == ("x", "when", "z")
    assert drawn.units.shape == (8, 3)
    assert list(drawn.values) == ["more", "double", "after", "x", "when", "z", "same"]
    for row in map(drawn.row, range(8)):
        assert row["double"] == 2.0 * float(row["x"]) + 1.0
        assert row["more"] == 2.0 * float(row["x"])
        assert row["same"] == row["z"]
    pairs = set(zip(drawn.values["when"], drawn.values["after"], strict=True))
    assert pairs == {("2026Q1", "2026Q4"), ("2026Q2", "2027Q1"), ("2026Q3", "2027Q2")}


def test_a_whole_number_must_stay_one() -> None:
    whole = VariedFactor("n", "p.n", "whole", False, levels=(1, 2))
    half = VariedFactor("half", "p.h", "whole", False, same_as="n", times=0.5)
    with pytest.raises(InputError) as caught:
        made("grid", whole, half)
    assert str(caught.value) == "factor 'half' becomes 0.5; a whole number is needed"
    assert made("grid", whole, replace(half, times=2.0)).values["half"] == [2, 4]


# --------------------------------------------------------------------------------------- ids


def test_ids_hang_on_values_alone() -> None:
    """They are a promise to files on disk: these may never change."""
    assert row_ids({"b": [1.0, 0.1], "a": ["2026Q1", "2026Q2"]}) == ["eb1dd73a66d7", "429fddceb3f2"]
    assert row_ids({"a": ["2026Q1"], "b": [1.0]}) == ["eb1dd73a66d7"]
    assert len(set(row_ids({"a": [1.0, 1, True, "1"]}))) == 4
    drawn = made("grid", LIST, FLAG)
    assert made("grid", replace(LIST, name="other"), FLAG, constants={"p.q": 1}).ids == drawn.ids
    swapped = made("grid", FLAG, LIST)
    assert swapped.ids != drawn.ids
    assert sorted(swapped.ids) == sorted(drawn.ids)


def test_equal_ids_of_different_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.experiment.sampling._ID_DIGITS", 1)
    with pytest.raises(InputError, match=r"^two rows have the same id, .; choose another sampling"):
        row_ids({"a": [float(number) for number in range(20)]})


# --------------------------------------------------------------------------------------- CSV


def test_cells_are_written_as_in_toml() -> None:
    values = [True, False, 3, 0.1, 1e-300, "2026Q1", "a, b"]
    assert [cell(value) for value in values] == [
        *("true", "false", "3", "0.1", "1e-300", "2026Q1", "a, b")
    ]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(f"{tmp_path}: cannot be written: Is a dir")):
        write_rows(tmp_path, made("grid", LIST))


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
KINDS = {
    "number": st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),
    "whole": st.integers(-(10**12), 10**12),
    "quarter": st.sampled_from(["2023Q1", "2031Q4", "1999Q2"]),
    "flag": st.booleans(),
    "text": TEXTS.filter(lambda text: bool(text.strip())),
}


@st.composite
def matched(draw: st.DrawFn) -> list[VariedFactor]:
    kinds = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=4))
    length = draw(st.integers(2, 5))
    factors = []
    for place, kind in enumerate(kinds):
        levels = draw(st.lists(KINDS[kind], min_size=length, max_size=length))
        factors.append(VariedFactor(f"f {place}", f"p.{place}", kind, False, levels=tuple(levels)))
    return factors


@settings(max_examples=100, deadline=None)
@given(factors=matched())
def test_rows_are_the_same_after_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, factors: list[VariedFactor]
) -> None:
    drawn = made("matched", *factors)
    folder = tmp_path_factory.mktemp("rows")
    write_rows(folder / "rows.csv", drawn)
    head = HEAD + 'mode = "csv"\nfile = "rows.csv"\n'
    lines = [f'[[factor]]\nname = "{one.name}"\npath = "{one.path}"\n' for one in factors]
    (folder / "again.toml").write_text(head + "".join(lines), encoding="utf-8")
    again = load_design(folder / "again.toml")
    read = _columns(again, factors)
    assert read == drawn.values
    assert [list(map(type, read[name])) for name in read] == [
        list(map(type, drawn.values[name])) for name in read
    ]
    ids = row_ids({one.path: read[one.name] for one in factors})
    assert ids == drawn.ids
    assert _columns(design_from(json.loads(json.dumps(again.resolved()))), factors) == read


def _columns(design: Design, factors: list[VariedFactor]) -> dict[str, list[Any]]:
    assert design.table is not None
    return {
        one.name: [read_cell(text, one.kind) for text in design.table[one.name]] for one in factors
    }


def test_a_hypercube_written_down_is_read_back_as_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = workplace(tmp_path, monkeypatch)
    case = load_case(CASE)
    quarters = 'low = "2023Q2"\nhigh = "2024Q1"\n'
    text = HEAD + 'mode = "latin_hypercube"\nrows = 25\n' + CLOSED + "low = 0.1\nhigh = 1.0\n"
    design = load_design(write("one.toml", text + DATE + quarters))
    drawn = sample(design, resolve_factors(design, load_scenarios(design), case))
    write_rows(tmp_path / "scenarios" / "designs" / "rows.csv", drawn)
    text = HEAD + 'mode = "csv"\nfile = "rows.csv"\n' + CLOSED + DATE
    again = load_design(write("two.toml", text))
    read = sample(again, resolve_factors(again, load_scenarios(again), case))
    assert read.values == drawn.values
    assert read.ids == drawn.ids
