"""Finding results below a folder, whole ones and broken ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.core.errors import InputError
from sim.experiment import store
from sim.experiment.catalogue import Entry, find, read, tables
from tests.experiment.made_up import ROWS, RUNS, make_batch, make_interrupted, make_sweep


def only(folder: Path) -> Entry:
    (entry,) = find(folder)
    return entry


def test_results_are_listed_newest_first(tmp_path: Path) -> None:
    make_batch(tmp_path / "old", created="2026-01-01T00:00:00+00:00")
    make_sweep(tmp_path / "deep" / "er" / "new", created="2026-03-01T00:00:00+00:00")
    make_batch(tmp_path / "middle", created="2026-02-01T00:00:00+00:00")
    found = find(tmp_path)
    assert [entry.folder.name for entry in found] == ["new", "middle", "old"]
    new, middle, _ = found
    assert (new.kind, new.rows, new.runs, new.seed) == ("sweep", len(ROWS), RUNS, 3)
    assert new.about == "Fear (calm)"
    assert (middle.kind, middle.rows, middle.runs, middle.about) == ("batch", None, RUNS, "calm")
    assert {entry.status for entry in found} == {"complete"}
    assert not any(entry.problem for entry in found)


def test_sizes_are_those_of_all_files(tmp_path: Path) -> None:
    folder = make_interrupted(tmp_path / "cut")
    entry = only(tmp_path)
    assert entry.size == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert entry.status == "incomplete"


def test_fits_and_hindcasts_are_results_with_what_stands_inside(tmp_path: Path) -> None:
    for place, kind, said in (
        ("fit", "fit", {"settings": {"seed": 1, "draws": 2000}, "case": {"name": "toy"}}),
        ("hindcast", "hindcast", {"plan": {"seed": 2, "runs": 1000}, "case": {"name": "toy"}}),
        ("hindcast/fit-2016", "fit", {}),
    ):
        (tmp_path / place).mkdir()
        about = {"format": f"multivector {kind} 1", "status": "complete", **said}
        store.write_manifest(tmp_path / place, about)
    found = {entry.kind: entry for entry in find(tmp_path)}
    assert len(find(tmp_path)) == 2  # the fit inside the hindcast is part of it
    assert (found["fit"].seed, found["fit"].runs, found["fit"].about) == (1, None, "toy")
    assert (found["hindcast"].seed, found["hindcast"].runs) == (2, 1000)
    assert found["fit"].created.startswith("20")  # when the manifest was written


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "this is not a manifest of results"),
        ("[]", "format None is unknown"),
        ('{"format": "multivector results 9"}', "format 'multivector results 9' is unknown"),
        ('{"format": "multivector results 1"}', "lacks status, seed"),
        ('{"format": "multivector fit 1", "settings": 3}', "it does not say what other manifests"),
        ('{"format": "multivector fit 1", "seed": "x"}', "it does not say what other manifests"),
    ],
)
def test_a_broken_manifest_is_listed_with_the_reason(
    content: str, problem: str, tmp_path: Path
) -> None:
    make_batch(tmp_path / "whole")
    broken = make_batch(tmp_path / "broken")
    (broken / "manifest.json").write_text(content, encoding="utf-8")
    found = {entry.folder.name: entry for entry in find(tmp_path)}
    assert found["whole"].status == "complete"
    assert found["broken"].status == "broken"
    assert problem in found["broken"].problem
    assert str(tmp_path) not in found["broken"].problem  # the list names the folder itself


@pytest.mark.parametrize("left", [None, b"", b"PAR1 and then the disk was full"])
def test_a_missing_or_short_table_is_listed_with_the_reason(
    left: bytes | None, tmp_path: Path
) -> None:
    path = make_batch(tmp_path / "batch") / "runs.parquet"
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    entry = only(tmp_path)
    missing = left is None
    assert entry.status == "broken"
    assert entry.problem == (
        "runs.parquet is missing" if missing else "runs.parquet is damaged or cut short"
    )


def test_a_result_may_be_the_folder_itself_and_hidden_ones_are_not_looked_at(
    tmp_path: Path,
) -> None:
    make_batch(tmp_path / "batch")
    make_batch(tmp_path / ".trash" / "batch")
    assert only(tmp_path).folder == tmp_path / "batch"
    assert only(tmp_path / "batch").folder == tmp_path / "batch"


def test_no_results_and_no_folder(tmp_path: Path) -> None:
    assert find(tmp_path) == []
    with pytest.raises(InputError, match="there is no such folder"):
        find(tmp_path / "nowhere")


def test_tables_of_a_sweep_and_of_parts(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "sweep")
    held = {table.name: table for table in tables(folder)}
    assert list(held) == ["runs", "design"]
    runs = held["runs"]
    assert (runs.rows, runs.columns, runs.parts) == (len(ROWS) * RUNS, 5, 0)
    assert runs.size == (folder / "runs.parquet").stat().st_size
    assert "row and run" in runs.meaning
    (parts,) = tables(make_interrupted(tmp_path / "cut"))
    assert (parts.rows, parts.columns, parts.parts) == (2 * RUNS, 4, 2)
    assert "row" not in parts.meaning


def test_every_table_that_a_result_may_hold_has_a_meaning(tmp_path: Path) -> None:
    folder = make_batch(tmp_path / "batch")
    content = (folder / "runs.parquet").read_bytes()
    for name in store.EVERY_TABLE:
        (folder / f"{name}.parquet").write_bytes(content)
    assert {table.name for table in tables(folder)} == set(store.EVERY_TABLE)
    (folder / "events.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"events\.parquet: cannot be read as a Parquet table"):
        tables(folder)


def test_the_manifest_of_any_kind_is_read(tmp_path: Path) -> None:
    assert read(make_sweep(tmp_path / "sweep"))[0] == "sweep"
    kind, manifest = read(make_batch(tmp_path / "batch"))
    assert (kind, manifest["seed"]) == ("batch", 3)
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match="this is not a results folder"):
        read(tmp_path / "other")
    (tmp_path / "other" / "manifest.json").write_text(json.dumps({"format": "x"}))
    with pytest.raises(InputError, match="format 'x' is unknown"):
        read(tmp_path / "other")
