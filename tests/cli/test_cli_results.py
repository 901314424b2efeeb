"""The command `results`: its lists, descriptions and answers, and what it says of bad input."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from sim.cli.main import main
from tests.experiment.made_up import ROWS, RUNS, make_batch, make_interrupted, make_sweep

MEANS = 'SELECT row, avg("autonomy.AAA") AS mean FROM runs GROUP BY row ORDER BY mean'
LIST_COLUMNS = ["kind", "runs", "status", "seed", "size", "folder"]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sweep(tmp_path_factory.mktemp("stored") / "sweep")


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """What a command prints: on standard output, or its complaint."""
    assert main(["results", *map(str, arguments)]) == code
    printed = capsys.readouterr()
    assert (printed.err == "") == (code == 0)
    return printed.out if code == 0 else printed.err


def test_the_list_shows_every_result_and_goes_on_after_a_broken_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_sweep(tmp_path / "sweep")
    make_batch(tmp_path / "batch", created="2026-02-01T09:30:00+00:00")
    broken = make_batch(tmp_path / "broken", created="2026-03-01T00:00:00+00:00")
    (broken / "runs.parquet").unlink()
    lines = said(capsys, "list", tmp_path).splitlines()
    assert lines[0].split() == ["created,", "UTC", *LIST_COLUMNS]
    starts = [line for line in lines[1:] if line.startswith("2026")]
    assert [line.split()[-1] for line in starts] == [
        str(tmp_path / name) for name in ("broken", "batch", "sweep")
    ]
    assert starts[1].startswith("2026-02-01 09:30")
    assert "broken" in starts[0].split()
    assert "runs.parquet is missing" in lines[2]
    assert f"{len(ROWS)} x {RUNS}" in starts[2]
    assert "Fear (calm)" in lines[-1]


def test_the_list_as_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_sweep(tmp_path / "sweep")
    (row,) = csv.DictReader(io.StringIO(said(capsys, "list", tmp_path, "--csv")))
    assert (row["kind"], row["rows"], row["runs"], row["seed"]) == ("sweep", "3", "4", "3")
    assert row["folder"] == str(tmp_path / "sweep")


def test_the_list_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "list", tmp_path) == f"There are no results below {tmp_path}.\n"
    assert "there is no such folder" in said(capsys, "list", tmp_path / "nowhere", code=2)


def test_a_sweep_is_described(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "show", sweep)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0] == f"{sweep}: a sweep, Fear"
    for start, content in (
        ("question", "Does fear matter?"),
        ("scenario", "calm: Calm, 2023Q1 to 2023Q4. What if nothing new happens?"),
        ("design", "grid, 3 rows of 3 factors"),
        ("case", "Toy (toy), as of 2022Q4, " + "c" * 12),
        ("parameters", "the centres"),
        ("runs", "4 of each row, seed 3"),
        ("command", "multivector sweep fear.toml"),
        ("again", f"multivector rerun {sweep}"),
        ("status", "complete"),
        ("outcomes", "at the last quarter: autonomy.AAA, welfare.AAA"),
        ("", "means and variances by quarter: none"),
        ("  fear", "parameters.fear_push, 0 to 6"),
        ("  coercion", "switches.coercion, True, False"),
        ("  pull", "parameters.attention_pull, normal: mean 0.12, sd 0.01"),
    ):
        assert any(line.startswith(start) and line.endswith(content) for line in lines), content
    table = next(line.split() for line in lines if line.startswith("  runs"))
    assert table[1:3] == ["12", "5"]
    assert table[-1] == "d" * 12


def test_an_interrupted_batch_is_described_with_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_interrupted(tmp_path / "cut")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["runs"] = 8
    manifest["failures"] = [
        {"scenario": "calm", "first_run": 4, "runs": 4, "error": "MemoryError: no message"}
    ]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    text = said(capsys, "show", folder)
    assert "status      incomplete: 8 of 8 runs" in text
    assert "outcomes    by quarter: autonomy\n" in text
    assert "at the last quarter only: welfare\n" in text
    assert "calm, runs 4 to 7 failed: MemoryError: no message" in text
    assert ", in 2 parts" in text


def test_the_manifest_is_printed(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = json.loads((sweep / "manifest.json").read_text(encoding="utf-8"))
    assert json.loads(said(capsys, "show", sweep, "--json")) == stored


def test_a_fit_is_described_by_its_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about = {"format": "multivector fit 1", "status": "complete", "settings": {"until": 2022}}
    (tmp_path / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    text = said(capsys, "show", tmp_path)
    assert "until       2022" in text
    assert "manifest.json" in text


def test_what_is_no_result_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "this is not a results folder" in said(capsys, "show", tmp_path, code=2)


def test_an_answer_is_printed(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("duckdb")
    lines = said(capsys, "query", sweep, MEANS).splitlines()
    assert lines == [
        "row            mean",
        f"{ROWS[0]}  0.015",
        f"{ROWS[1]}  1.015",
        f"{ROWS[2]}  2.015",
        "",
        "3 rows",
    ]


def test_a_long_and_wide_answer_is_cut_and_says_so(
    sweep: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("duckdb")
    monkeypatch.setenv("COLUMNS", "45")
    text = said(capsys, "query", sweep, "SELECT * FROM runs", "--limit", 5)
    lines = text.splitlines()
    assert max(map(len, lines[:6])) <= 45
    assert lines[6] == ""
    assert "the first 5 of 12 rows are shown" in text
    assert "1 column does not fit: welfare.AAA" in " ".join(lines)


def test_an_answer_of_endless_rows_is_not_counted_to_its_end(
    sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("duckdb")
    text = said(capsys, "query", sweep, "SELECT * FROM range(100000000000)", "--limit", 2)
    assert "the first 2 of more than 1,000,000 rows are shown" in text


def test_missing_values_lists_and_long_texts_are_printed(
    sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("duckdb")
    lines = said(
        capsys,
        "query",
        sweep,
        "SELECT NULL AS a, 'nan'::DOUBLE AS b, [1, 2] AS c, repeat('x', 99) AS d",
    ).splitlines()
    assert lines[1].split() == ["-", "-", "[1", "2]", "x" * 39 + "…"]
    assert "0 rows" in said(capsys, "query", sweep, "SELECT run FROM runs WHERE run < 0")


def test_an_answer_goes_to_a_file(
    sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("duckdb")
    for form, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        path = tmp_path / f"means.{form}"
        assert said(capsys, "query", sweep, MEANS, f"--{form}", path) == f"{path}: 3 rows\n"
        table = read(path)
        assert table["row"].tolist() == list(ROWS)
        assert table["mean"].tolist() == pytest.approx([0.015, 1.015, 2.015])
    printed = said(capsys, "query", sweep, MEANS, "--csv", "-")
    assert printed == (tmp_path / "means.csv").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_left(
    sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("duckdb")
    path = tmp_path / "none" / "means.csv"
    message = said(capsys, "query", sweep, MEANS, "--csv", path, code=2)
    assert f"{path}: there is no folder {path.parent}" in message
    failing = "SELECT CAST(row AS INT) FROM runs"
    said(capsys, "query", sweep, failing, "--parquet", tmp_path / "a.parquet", code=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["SELECT rov FROM runs"], 'Candidate bindings: "row", "run"'),
        (["SELECT * FROM rans"], 'Did you mean "runs"'),
        (["SELECT autonomy.AAA FROM runs"], 'names with dots are quoted: "autonomy.AAA"'),
        (["COPY runs TO 'x.csv'"], "the query is to be one SELECT statement"),
        (["SELECT 1", "--limit", "0"], "--limit: found 0; allowed: 1 or more"),
        (["SELECT 1", "--csv", "a", "--parquet", "b"], "not allowed with argument"),
    ],
)
def test_a_bad_query_ends_with_one_line_and_exit_code_two(
    arguments: list[str], message: str, sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("duckdb")
    complaint = said(capsys, "query", sweep, *arguments, code=2)
    assert message in complaint
    assert complaint.startswith("multivector: error: ")
    assert complaint.count("\n") == 1


def test_without_duckdb_the_message_says_what_to_install(
    sweep: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    complaint = said(capsys, "query", sweep, "SELECT 1", code=2)
    assert 'pip install "multivector[query]"' in complaint
