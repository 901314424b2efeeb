"""SQL over the tables of a result: what it answers, and what it refuses."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.core.errors import InputError
from sim.experiment import load, store
from sim.experiment.batch import batch
from sim.experiment.query import answer, query
from tests.experiment.made_up import ROWS, RUNS, make_batch, make_interrupted, make_sweep

pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sweep(tmp_path_factory.mktemp("stored") / "sweep")


def state(folder: Path) -> dict[str, str]:
    """Digests of every file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_means_by_row_join_the_design(sweep: Path) -> None:
    table = query(
        sweep,
        'SELECT fear, avg("autonomy.AAA") AS mean, count(*) AS n FROM runs '
        "JOIN design USING (row) GROUP BY fear ORDER BY fear",
    )
    mean_of_runs = np.mean(np.arange(RUNS)) / 100
    assert table["fear"].tolist() == [0.0, 3.0, 6.0]
    assert table["mean"].tolist() == pytest.approx([mean_of_runs + place for place in range(3)])
    assert table["n"].tolist() == [RUNS] * len(ROWS)


def test_a_batch_answers_as_its_tables_do(scenarios: list[Path], tmp_path: Path) -> None:
    result = batch(scenarios, out=tmp_path / "out")
    shown = query(result, "SHOW TABLES")["name"].tolist()
    assert set(shown) == {path.stem for path in result.folder.glob("*.parquet")}
    for name in ("runs", "trajectories", "events"):
        stored = getattr(result, name)()
        answered = query(result, f"SELECT * FROM {name}")
        pd.testing.assert_frame_equal(answered, stored, check_dtype=False)


def test_parts_of_an_interrupted_batch_are_read(tmp_path: Path) -> None:
    table = query(
        make_interrupted(tmp_path / "cut"),
        'SELECT scenario, count(*) AS n, count("welfare.AAA") AS there FROM runs '
        "GROUP BY scenario ORDER BY scenario",
    )
    assert table.to_dict("list") == {
        "scenario": ["calm", "frost"],
        "n": [RUNS, RUNS],
        "there": [0, RUNS],  # a column that only some scenarios have
    }


@pytest.mark.parametrize("name", ["a[1]b", "it's", "a b*", "é"])
def test_folders_of_any_name_are_read(name: str, tmp_path: Path) -> None:
    assert len(query(make_batch(tmp_path / name), "SELECT run FROM runs")) == RUNS


def test_answers_come_piece_by_piece(sweep: Path) -> None:
    with answer(load(sweep), "SELECT i FROM range(9000000) AS r(i)") as pieces:
        sizes = [piece.num_rows for piece in pieces]
    assert sum(sizes) == 9_000_000
    assert max(sizes) < 5_000_000


OUTSIDE = "a query reads the tables of its result only, no other files and no network"
ONE_SELECT = "the query is to be one SELECT statement, which reads and changes nothing"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM read_csv('/etc/passwd')", OUTSIDE),
        ("SELECT * FROM read_text('/etc/passwd')", OUTSIDE),
        ("SELECT * FROM glob('/etc/*')", OUTSIDE),
        ("SELECT * FROM '{other}'", OUTSIDE),
        ("SELECT * FROM read_parquet('{other}')", OUTSIDE),
        ("SELECT * FROM parquet_metadata('{other}')", OUTSIDE),
        ("SELECT * FROM 'https://example.org/a.parquet'", OUTSIDE),
        ("COPY runs TO '{made}'", ONE_SELECT),
        ("COPY (SELECT 1) TO '{runs}' (FORMAT csv, USE_TMP_FILE false)", ONE_SELECT),
        ("SELECT 1; COPY runs TO '{made}'", ONE_SELECT),
        ("COPY runs TO '{made}'; SELECT 1", ONE_SELECT),
        ("EXPLAIN ANALYZE COPY runs TO '{made}'", ONE_SELECT),
        ("EXPORT DATABASE '{made}'", ONE_SELECT),
        ("ATTACH '{made}'", ONE_SELECT),
        ("INSTALL httpfs", ONE_SELECT),
        ("LOAD httpfs", ONE_SELECT),
        ("SET enable_external_access = true", ONE_SELECT),
        ("DROP VIEW runs", ONE_SELECT),
        ("CREATE TABLE t AS SELECT 1", ONE_SELECT),
        ("SELECT 1; SELECT 2", ONE_SELECT),
        ("", ONE_SELECT),
    ],
)
def test_nothing_else_is_read_and_nothing_written(sql: str, message: str, tmp_path: Path) -> None:
    folder, made = make_sweep(tmp_path / "sweep"), tmp_path / "made"
    other = make_batch(tmp_path / "other") / "runs.parquet"
    before = state(tmp_path)
    asked = sql.format(other=other, made=made, runs=folder / "runs.parquet")
    with pytest.raises(InputError) as caught:
        query(folder, asked)
    assert str(caught.value) == message
    assert state(tmp_path) == before


def test_variables_of_python_are_no_tables(sweep: Path) -> None:
    frame = pd.DataFrame({"secret": [1]})
    assert len(frame)
    with pytest.raises(InputError, match="Table with name frame does not exist"):
        query(sweep, "SELECT * FROM frame")


@pytest.mark.parametrize(
    ("sql", "parts"),
    [
        ("SELECT rov FROM runs", ['"rov" not found', 'Candidate bindings: "row", "run"']),
        ('SELECT "autonomy.AAB" FROM runs', ['"autonomy.AAB" not found', "autonomy.AAA"]),
        ("SELECT * FROM rans", ['Did you mean "runs"; tables: runs, design']),
        (
            "SELECT avg(autonomy.AAA) FROM runs",
            ['names with dots are quoted: "autonomy.AAA"', "whole query in single quotes"],
        ),
        ("SELECT r.autonomy.AAA FROM runs r", ['names with dots are quoted: "autonomy.AAA"']),
        ("SELEC 1", ['syntax error at or near "SELEC"']),
        ("SELECT CAST(row AS INT) FROM runs", ["Could not convert string"]),
    ],
)
def test_what_cannot_be_run_is_explained_in_one_line(
    sql: str, parts: list[str], sweep: Path
) -> None:
    with pytest.raises(InputError) as caught:
        query(sweep, sql)
    message = str(caught.value)
    assert message.startswith("the query cannot be run: ")
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_memory_is_bounded(sweep: Path) -> None:
    with pytest.raises(InputError, match="needs more than 1GB; ask for fewer columns or rows"):
        query(sweep, "SELECT list(i) FROM range(300000000) AS r(i)")


def test_results_that_cannot_be_queried(tmp_path: Path) -> None:
    empty = make_batch(tmp_path / "empty", status="incomplete")
    (empty / "runs.parquet").unlink()
    with pytest.raises(InputError, match="this result holds no table yet"):
        query(empty, "SELECT 1")
    damaged = make_batch(tmp_path / "damaged")
    (damaged / "runs.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"runs\.parquet: cannot be read as a Parquet table"):
        query(damaged, "SELECT 1")
    with pytest.raises(InputError, match="there is no such folder"):
        query(tmp_path / "nowhere", "SELECT 1")


def test_a_page_damaged_in_the_middle_is_told(tmp_path: Path) -> None:
    folder = make_batch(tmp_path / "damaged")
    path = folder / "runs.parquet"
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="the query cannot be run: "):
        query(folder, 'SELECT sum("autonomy.AAA"), sum("welfare.AAA"), max(scenario) FROM runs')


def test_without_duckdb_the_message_says_what_to_install(
    sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(
        InputError, match=r'DuckDB, which is not installed; pip install "multivector\[query\]"'
    ):
        query(sweep, "SELECT 1")


def test_the_tables_stay_as_they_were(sweep: Path) -> None:
    before = state(sweep)
    query(sweep, "SELECT * FROM runs, design")
    assert state(sweep) == before
    assert set(store.EVERY_TABLE) >= {"runs", "design"}
