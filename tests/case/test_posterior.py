"""Draws of the parameters: what their file may hold, and how a case knows them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.case import Case, Posterior, load_case, read_posterior, write_posterior
from sim.core.errors import InputError

ABOUT = {"seed": 4, "until": "2022Q4", "base": "2014Q4"}


def posterior(draws: int = 5) -> Posterior:
    generator = np.random.default_rng(1)
    return Posterior(("fear_push", "resolve"), generator.uniform(0.5, 1.0, (draws, 2)), ABOUT)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written = posterior()
    write_posterior(tmp_path / "draws.parquet", written)
    found = read_posterior(tmp_path / "draws.parquet")
    assert found.names == written.names
    np.testing.assert_array_equal(found.values, written.values)
    assert found.about == ABOUT
    assert found.hash == written.hash
    first = (tmp_path / "draws.parquet").read_bytes()
    write_posterior(tmp_path / "draws.parquet", written)
    assert (tmp_path / "draws.parquet").read_bytes() == first


def test_any_table_of_numbers_will_do(tmp_path: Path) -> None:
    table = pa.table({"construction_lag": [8, 20], "resolve": pa.array([0.5, 0.75], pa.float32())})
    pq.write_table(table, tmp_path / "draws.parquet")
    found = read_posterior(tmp_path / "draws.parquet")
    assert found.values.tolist() == [[8.0, 0.5], [20.0, 0.75]]
    assert found.about == {}


def test_the_hash_tells_draws_apart() -> None:
    one = posterior()
    other = Posterior(one.names, one.values + 1e-12)
    renamed = Posterior(("fear_push", "sender_cost"), one.values)
    assert len({one.hash, other.hash, renamed.hash}) == 3
    assert Posterior(one.names, one.values).hash == one.hash


def test_runs_take_the_draws_in_turn() -> None:
    three = posterior(3)
    assert three.places(range(2, 8)).tolist() == [2, 0, 1, 2, 0, 1]
    assert three.places(range(1, 8), replicates=2).tolist() == [0, 1, 1, 2, 2, 0, 0]
    taken = three.at(range(1, 4), replicates=2)
    assert taken["resolve"].tolist() == three.values[[0, 1, 1], 1].tolist()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"fear_pus": [1.0]}, "parameter: found 'fear_pus'; allowed: remittance_elasticity, "),
        ({"fear_pus": [1.0]}, "; nearest: fear_push"),
        ({"resolve": [0.5, np.nan]}, "parameter 'resolve', draw 1: found nan; allowed: 0 to 100"),
        ({"resolve": [0.5, None]}, "parameter 'resolve', draw 1: found nan"),
        ({"resolve": [np.inf]}, "parameter 'resolve', draw 0: found inf"),
        ({"deal_size": [0.1, 0.2, 1.5]}, "'deal_size', draw 2: found 1.5; allowed: 0 to 1"),
        ({"vote_cutpoint": [0.1]}, "'vote_cutpoint', draw 0: found 0.1; allowed: -100 to 0"),
        ({"resolve": ["high"]}, "column 'resolve': found string; numbers are needed"),
        ({"resolve": pa.array([], pa.float64())}, "draws: found none; at least one draw"),
        ({}, "draws: found none; at least one draw"),
    ],
)
def test_what_a_file_may_not_hold(
    tmp_path: Path, columns: dict[str, list[object]], message: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "draws.parquet")
    with pytest.raises(InputError) as caught:
        read_posterior(tmp_path / "draws.parquet")
    assert "draws.parquet: " in str(caught.value)
    assert message in str(caught.value)


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "draws.parquet"
    with pytest.raises(InputError, match=r"draws\.parquet: cannot be read: no such file"):
        read_posterior(path)
    path.write_text("resolve\n0.5\n")
    with pytest.raises(InputError, match=r"draws\.parquet: is not a Parquet file"):
        read_posterior(path)
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(InputError, match=r"folder\.parquet: cannot be read: is a directory"):
        read_posterior(tmp_path / "folder.parquet")


@pytest.mark.parametrize("about", ["{", json.dumps([1]), "\udcff".encode("utf-8", "surrogatepass")])
def test_what_a_file_says_about_itself_is_an_object(tmp_path: Path, about: str | bytes) -> None:
    table = pa.table({"resolve": [0.5]}).replace_schema_metadata({"multivector": about})
    pq.write_table(table, tmp_path / "draws.parquet")
    with pytest.raises(InputError, match="what the file says about itself is no JSON object"):
        read_posterior(tmp_path / "draws.parquet")


def test_draws_are_a_table_of_distinct_parameters() -> None:
    with pytest.raises(InputError, match="column 'resolve' stands twice"):
        Posterior(("resolve", "resolve"), np.ones((3, 2)))
    with pytest.raises(InputError, match=r"an array of shape \(3, 2\) for 1 parameters"):
        Posterior(("resolve",), np.ones((3, 2)))


def test_a_case_reads_its_posterior_once_and_counts_it_in_its_hash(folder: Path, toy: Case) -> None:
    bare = load_case(folder)
    assert bare.posterior is None
    assert bare.hash() == toy.hash()
    write_posterior(folder / "posterior.parquet", posterior())
    case = load_case(folder)
    assert case.posterior is not None
    assert case.posterior is case.posterior
    assert case.posterior.hash == posterior().hash
    assert case.hash() != toy.hash()
    assert case.check() == []


def test_checking_a_case_checks_its_posterior(folder: Path) -> None:
    (folder / "posterior.parquet").write_text("draws")
    problems = load_case(folder).check()
    assert len(problems) == 1
    assert "posterior.parquet: is not a Parquet file" in problems[0]


def test_which_draws_are_meant(folder: Path) -> None:
    case = load_case(folder)
    assert case.draws("point") is None
    assert case.draws("posterior") is None
    mine = posterior(2)
    assert case.draws(mine) is mine
    write_posterior(folder.parent / "mine.parquet", mine)
    for path in ("mine.parquet", Path("mine.parquet")):
        found = case.draws(path)
        assert found is not None
        assert found.hash == mine.hash
    with pytest.raises(
        InputError,
        match=r"parameters: found 'posteriro'; allowed: point, posterior; nearest: posterior; or "
        r"the path of a \.parquet file",
    ):
        case.draws("posteriro")


def test_a_case_without_draws_is_read_without_pyarrow(folder: Path) -> None:
    code = (
        "import sys; from sim.case import load_case; case = load_case('case'); case.posterior; "
        "print([name for name in ('pyarrow', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=folder.parent
    )
    assert done.stdout == "[]\n"
