"""A stored result is made anew from its manifest, and what differs is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.case import Posterior
from sim.cli.main import main
from sim.core.errors import InputError
from sim.experiment import store, workers
from sim.experiment.batch import batch
from sim.experiment.rerun import rerun
from sim.experiment.store import digest
from tests.experiment.conftest import CALM, CASE, SHOCK


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A copy of the case, two scenarios on it, and a result of theirs."""
    shutil.copytree(CASE, tmp_path / "case")
    (tmp_path / "calm.toml").write_text(CALM.replace(CASE.as_posix(), str(tmp_path / "case")))
    (tmp_path / "shock.toml").write_text(SHOCK)
    made = Posterior(("fear_push",), np.array([[0.5], [1.5], [2.5]]), {"from": "a test"})
    batch(
        [tmp_path / "calm.toml", tmp_path / "shock.toml"],
        out=tmp_path / "result",
        chunk=3,
        trajectories=["cohesion", "output"],
        parameters=made,
        replicates=2,
    )
    return tmp_path


def change(path: Path, column: str, place: int, by: Any) -> None:
    table = pq.read_table(path)
    values = table[column].to_pylist()
    values[place] = by if isinstance(by, str) else values[place] + by
    where = table.column_names.index(column)
    pq.write_table(
        table.set_column(where, table.schema.field(column), pa.array(values, table[column].type)),
        path,
    )


def test_a_result_is_made_anew_without_its_scenario_files(here: Path) -> None:
    for path in here.glob("*.toml"):
        path.unlink()
    found = rerun(here / "result", out=here / "again", jobs=1)
    assert found.matches
    assert not found.causes
    assert found.folder == here / "again"
    names = [one.table for one in found.tables]
    assert names == ["trajectories", "events", "runs", "quarters", "parameters"]
    assert found.tables[2].finding == "equal in content, 14 rows"
    before, now = (store.read_manifest(here / one) for one in ("result", "again"))
    for key in ("digests", "seed", "runs", "chunk", "case", "outcomes", "scenarios"):
        assert before[key] == now[key]


def test_what_was_changed_in_a_table_is_found(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = here / "result"
    change(folder / "runs.parquet", "cohesion", 9, 0.25)
    change(folder / "runs.parquet", "cohesion", 10, 1e-9)
    change(folder / "events.parquet", "country", 0, "XXX")
    assert main(["rerun", str(folder), "--jobs", "1"]) == 1
    text = " ".join(capsys.readouterr().out.split())
    columns = len(pq.read_schema(folder / "runs.parquet"))
    assert f"runs DIFFERENT 2 of {14 * columns:,} values differ, in cohesion" in text
    assert "the largest difference is 0.25: cohesion in scenario shock, run 2, " in text
    assert "values differ, in country; it was changed since it was made: its content is" in text
    assert "trajectories same equal in content" in text
    assert "The result made anew does not match." in text
    assert "Case, parameters, versions and processor are as they were when it was made." in text


def test_one_bit_is_a_difference(here: Path) -> None:
    path = here / "result" / "trajectories.parquet"
    value = float(np.spacing(np.float32(pq.read_table(path)["cohesion"][3].as_py())))
    change(path, "cohesion", 3, value)
    tables = {one.table: one for one in rerun(here / "result", jobs=1).tables}
    assert not tables["trajectories"].matches
    assert "1 of " in tables["trajectories"].finding
    assert "cohesion in scenario calm, run 0, quarter 2023Q4" in tables["trajectories"].finding
    assert tables["runs"].matches


def test_a_changed_case_is_named_as_a_cause(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = here / "result"
    path = here / "case" / "parameters.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    where = next(i for i, line in enumerate(lines) if ",remittance_elasticity," in line)
    cells = lines[where].split(",")
    cells[lines[0].split(",").index("value")] = "1.6"
    lines[where] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["versions"]["numpy"] = "1.0"
    manifest["cpu_features"] = ["NEON"]
    store.write_manifest(folder, manifest)
    assert main(["rerun", str(folder), "--out", str(here / "again"), "--jobs", "1"]) == 1
    text = capsys.readouterr().out
    assert "What is not as it was when the result was made:" in text
    assert f"the files of the case {manifest['case']['name']} have changed" in text
    assert "made with numpy 1.0, remade with " in text
    assert "made on a processor with other features" in text
    assert f"The new result stands in {here / 'again'}." in text
    assert "DIFFERENT" in text


def test_tables_of_another_shape_are_described(here: Path) -> None:
    folder = here / "result"
    runs = pq.read_table(folder / "runs.parquet")
    pq.write_table(runs.slice(0, 12), folder / "runs.parquet")
    events = pq.read_table(folder / "events.parquet")
    renamed = events.rename_columns(["label2" if n == "label" else n for n in events.column_names])
    pq.write_table(renamed, folder / "events.parquet")
    paths = pq.read_table(folder / "trajectories.parquet")
    where = paths.column_names.index("cohesion")
    wide = paths.set_column(where, "cohesion", paths["cohesion"].cast(pa.float64()))
    pq.write_table(wide, folder / "trajectories.parquet")
    (folder / "quarters.parquet").unlink()
    tables = {one.table: one.finding for one in rerun(folder, jobs=1).tables}
    assert "12 rows stored, 14 remade" in tables["runs"]
    assert "1 columns only stored (label2); 1 columns only remade (label)" in tables["events"]
    assert "cohesion holds double stored, float remade" in tables["trajectories"]
    assert tables["quarters"] == "is missing from the result"


def test_the_temporary_folder_stays_if_asked_for(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(here / "temporary"))
    assert rerun(here / "result", jobs=1).folder is None
    assert not list((here / "temporary").iterdir())
    kept = rerun(here / "result", jobs=1, keep=True).folder
    assert kept is not None
    assert kept.parent == here / "temporary"
    assert (kept / "runs.parquet").is_file()


def test_an_interrupted_rerun_says_what_is_kept_and_goes_on(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = workers.record

    def interrupted(*arguments: Any, **options: Any) -> Any:
        if (options["scenario"], options["first_run"]) == ("shock", 3):
            raise KeyboardInterrupt
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(workers, "record", interrupted)
        with pytest.raises(KeyboardInterrupt, match="interrupted; nothing is kept"):
            rerun(here / "result", jobs=1)
        with pytest.raises(KeyboardInterrupt, match="again goes on with what is finished"):
            rerun(here / "result", out=here / "again", jobs=1)
    assert len(store.finished(here / "again")) == 4
    assert rerun(here / "result", out=here / "again", jobs=1).matches


def test_what_cannot_be_made_anew_is_refused(here: Path) -> None:
    folder = here / "result"
    with pytest.raises(InputError, match="this is the result itself; choose another folder"):
        rerun(folder, out=folder, jobs=1)
    with pytest.raises(InputError, match="there is no such folder"):
        rerun(here / "nothing", jobs=1)
    (folder / "parameters.parquet").rename(folder / "gone")
    with pytest.raises(InputError, match=r"parameters\.parquet: cannot be read: no such file"):
        rerun(folder, jobs=1)
    (folder / "gone").rename(folder / "parameters.parquet")
    manifest = store.read_manifest(folder)
    store.write_manifest(folder, manifest | {"status": "incomplete"})
    with pytest.raises(InputError, match=r"incomplete; finish it first with .* --resume"):
        rerun(folder, jobs=1)
    less = {name: value for name, value in manifest.items() if name not in ("versions", "chunk")}
    store.write_manifest(folder, less)
    with pytest.raises(InputError, match=r"manifest.json: lacks chunk, versions, without which"):
        rerun(folder, jobs=1)
    bare = [{"name": one["name"]} for one in manifest["scenarios"]]
    store.write_manifest(folder, manifest | {"scenarios": bare})
    with pytest.raises(InputError, match=r"manifest.json: lacks resolved scenarios, without"):
        rerun(folder, jobs=1)
    store.write_manifest(folder, manifest)
    shutil.rmtree(here / "case")
    with pytest.raises(InputError, match="case"):
        rerun(folder, jobs=1)


# Digests


def tables() -> dict[str, pa.Table]:
    """A table, and others that differ from it in one thing each."""
    columns: dict[str, Any] = {
        "scenario": pa.array(["ä", "", None, "b", "bc"]),
        "value": pa.array([0.5, None, 0.0, float("nan"), 1.0]),
        "count": pa.array([1, 2, 3, 4, 5]),
        "flag": pa.array([True, False, None, True, False]),
    }

    def other(**changes: Any) -> pa.Table:
        return pa.table(columns | changes)

    return {
        "same": other(),
        "bit": other(value=pa.array([np.nextafter(0.5, 1), None, 0.0, float("nan"), 1.0])),
        "sign": other(value=pa.array([0.5, None, -0.0, float("nan"), 1.0])),
        "missing": other(value=pa.array([0.5, None, None, float("nan"), 1.0])),
        "text": other(scenario=pa.array(["ä", "", None, "bb", "c"])),
        "blank": other(scenario=pa.array(["ä", None, None, "b", "bc"])),
        "flag": other(flag=pa.array([True, False, False, True, False])),
        "type": other(count=pa.array([1, 2, 3, 4, 5], pa.int32())),
        "name": other().rename_columns(["scenario", "value", "counts", "flag"]),
        "order": other().select(["value", "scenario", "count", "flag"]),
        "rows": other().take([1, 0, 2, 3, 4]),
        "fewer": other().slice(0, 4),
    }


def test_a_digest_tells_every_difference_in_content(tmp_path: Path) -> None:
    digests = {}
    for name, table in tables().items():
        pq.write_table(table, tmp_path / name)
        digests[name] = digest(tmp_path / name)
    assert len(set(digests.values())) == len(digests)


@pytest.mark.parametrize(
    "layout",
    [
        {"row_group_size": 1},
        {"row_group_size": 2, "compression": "none"},
        {"compression": "gzip", "use_dictionary": False, "data_page_version": "2.0"},
        {"use_dictionary": ["scenario"], "write_statistics": False},
    ],
)
def test_a_digest_does_not_depend_on_the_layout(tmp_path: Path, layout: dict[str, Any]) -> None:
    table = tables()["same"]
    pq.write_table(table, tmp_path / "one")
    pq.write_table(table, tmp_path / "other", **layout)
    assert (tmp_path / "one").read_bytes() != (tmp_path / "other").read_bytes()
    assert digest(tmp_path / "one") == digest(tmp_path / "other")
    encoded = table.set_column(0, "scenario", table["scenario"].dictionary_encode())
    pq.write_table(encoded, tmp_path / "encoded")
    assert digest(tmp_path / "encoded") == digest(tmp_path / "one")


def test_a_damaged_table_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "runs.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"runs\.parquet: cannot be read as a Parquet table"):
        digest(tmp_path / "runs.parquet")
