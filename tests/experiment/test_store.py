"""The store: parts are atomic, tables survive compaction, statistics are exact."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.core.errors import InputError
from sim.experiment import statistics, store
from sim.experiment.folder import prepare

QUARTERS, RUNS = 3, 5
RNG = np.random.default_rng(7)
SCENARIOS = {"first": ["x.AAA", "y"], "second": ["x.AAA", "x.BBB", "y"]}


def trajectories(scenario: str, first: int) -> pa.Table:
    rows = RUNS * QUARTERS
    return pa.table(
        {
            "scenario": [scenario] * rows,
            "run": np.repeat(np.arange(first, first + RUNS), QUARTERS),
            "quarter": pa.array(list(range(100, 100 + QUARTERS)) * RUNS, pa.int32()),
            **{name: RNG.normal(size=rows).astype("f4") for name in SCENARIOS[scenario]},
        }
    )


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Path, dict[str, pa.Table]]:
    """A folder with the parts of two scenarios, two chunks each, and what they hold together."""
    whole = {}
    for place, scenario in enumerate(SCENARIOS):
        chunks = [trajectories(scenario, first) for first in (0, RUNS)]
        for first, chunk in zip((0, RUNS), chunks, strict=True):
            key = f"{place:03d}-000000000-{first:012d}"
            store.write_part(tmp_path, "trajectories", key, chunk)
            store.write_part(tmp_path, "runs", key, chunk.select(["scenario", "run"]))
        whole[scenario] = pa.concat_tables(chunks)
    return tmp_path, whole


def test_compaction_keeps_every_value_in_order(filled: tuple[Path, dict[str, pa.Table]]) -> None:
    folder, whole = filled
    store.compact(folder, ["trajectories"])
    table = pq.read_table(folder / "trajectories.parquet")
    for scenario, expected in whole.items():
        here = table.filter(pa.compute.equal(table["scenario"], scenario))
        assert here.select(expected.column_names).equals(expected)
    first = table.filter(pa.compute.equal(table["scenario"], "first"))
    assert first["x.BBB"].null_count == first.num_rows  # an actor the scenario does not have


def test_parts_and_the_compacted_table_read_the_same(
    filled: tuple[Path, dict[str, pa.Table]],
) -> None:
    folder, _ = filled
    before = store.dataset(folder, "trajectories")
    assert before is not None
    parts = before.to_table()
    store.compact(folder, ["trajectories"])
    store.remove_parts(folder)
    after = store.dataset(folder, "trajectories")
    assert after is not None
    assert after.to_table().equals(parts)


def test_row_groups_are_bounded_and_never_mix_scenarios(
    filled: tuple[Path, dict[str, pa.Table]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = filled
    monkeypatch.setattr(store, "_CELLS", 1)
    store.compact(folder, ["trajectories"])
    file = pq.ParquetFile(folder / "trajectories.parquet")
    assert file.metadata.num_row_groups == 4
    for group in range(4):
        assert len(set(file.read_row_group(group)["scenario"].to_pylist())) == 1


@pytest.mark.parametrize("cells", [1, 20, 40, 4_000_000])
@pytest.mark.parametrize("compacted", [True, False])
def test_statistics_equal_numpy(
    filled: tuple[Path, dict[str, pa.Table]],
    monkeypatch: pytest.MonkeyPatch,
    cells: int,
    compacted: bool,
) -> None:
    folder, whole = filled
    if compacted:
        store.compact(folder, ["trajectories"])
    monkeypatch.setattr(statistics, "_CELLS", cells)
    monkeypatch.setattr(statistics, "_OPEN_FILES", 2)
    lengths = [(scenario, QUARTERS) for scenario in whole]
    table = statistics.quarter_statistics(folder, lengths)
    assert table is not None
    found = table.to_pandas().set_index(["scenario", "outcome", "quarter"])
    assert len(found) == (2 + 3) * QUARTERS
    for scenario, expected in whole.items():
        for outcome in SCENARIOS[scenario]:
            values = expected[outcome].to_numpy().astype("f8").reshape(-1, QUARTERS)
            for index in range(QUARTERS):
                row = found.loc[scenario, outcome, 100 + index]
                assert row["n"] == 2 * RUNS
                assert row["mean"] == pytest.approx(values[:, index].mean(), abs=1e-12)
                assert row["sd"] == pytest.approx(values[:, index].std(ddof=1), abs=1e-12)
                for name, level in statistics.QUANTILES.items():
                    quantile = np.quantile(values[:, index], level)
                    assert row[name] == pytest.approx(quantile, abs=1e-12)


def test_a_chunk_without_its_runs_is_not_finished(tmp_path: Path) -> None:
    store.write_part(
        tmp_path, "trajectories", "000-000000000-000000000000", trajectories("first", 0)
    )
    assert store.finished(tmp_path) == []
    assert store.dataset(tmp_path, "trajectories") is None


def write_half(path: Path) -> None:
    with store.atomic(path) as temporary:
        temporary.write_text("half")
        raise OSError("no such device")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text("old")
    with pytest.raises(OSError, match="no such device"):
        write_half(path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["manifest.json"]


def test_overwriting_leaves_what_is_not_part_of_a_result(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "runs.parquet").write_text("old")
    (tmp_path / "parts" / "runs").mkdir(parents=True)
    with pytest.raises(InputError, match="holds no result, so nothing in it is overwritten"):
        prepare(tmp_path, overwrite=True)
    store.write_manifest(tmp_path, {})
    with pytest.raises(InputError, match="the folder is not empty; choose another with --out"):
        prepare(tmp_path, overwrite=False)
    prepare(tmp_path, overwrite=True)
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "this is not a manifest of results"),
        ("[]", "format None is unknown"),
        (json.dumps({"format": "multivector results 99"}), "format 'multivector results 99'"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(InputError, match=message):
        store.read_manifest(tmp_path)


def test_a_manifest_that_lacks_something_is_refused(tmp_path: Path) -> None:
    store.write_manifest(tmp_path, {"format": store.FORMAT, "status": "complete", "seed": 1})
    with pytest.raises(InputError, match="lacks runs, case, scenarios, outcomes, failures; it was"):
        store.read_manifest(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PAR1 but no more"])
def test_a_damaged_table_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "runs.parquet"
    path.write_bytes(content)
    for read in (lambda: store.dataset(tmp_path, "runs"), lambda: store.table(path)):
        with pytest.raises(
            InputError, match=r"runs\.parquet: cannot be read as a Parquet table \("
        ):
            read()


def test_a_manifest_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(InputError, match=r"manifest.json: cannot be read \("):
        store.read_manifest(tmp_path)
