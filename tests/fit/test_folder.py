"""Folders of fits and hindcasts: what counts as finished, what is gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.core.errors import InputError
from sim.fit.folder import begin, finish, finished

MARK = {"settings": [1, 2.5]}


def test_work_is_finished_when_its_manifest_says_so(tmp_path: Path) -> None:
    """A posterior alone is not enough: a kill may come between it and the manifest."""
    out = tmp_path / "out"
    assert not begin(out, "fit", MARK, (), overwrite=False)
    (out / "posterior.parquet").touch()
    with pytest.raises(InputError, match=r"out: holds no finished fit$"):
        finished(out, "fit")
    finish(out, "fit", {"mark": MARK, "seconds": 3})
    assert finished(out, "fit")["seconds"] == 3
    with pytest.raises(InputError, match="holds no finished hindcast"):
        finished(out, "hindcast")


def test_only_the_same_work_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    begin(out, "fit", MARK, ("kept.csv",), overwrite=False)
    (out / "kept.csv").touch()
    assert not begin(out, "fit", MARK, ("kept.csv",), overwrite=False)
    assert (out / "kept.csv").exists()
    with pytest.raises(InputError, match="the folder is not empty"):
        begin(out, "fit", {"settings": [1, 3]}, ("kept.csv",), overwrite=False)
    begin(out, "fit", {"settings": [1, 3]}, ("kept.csv",), overwrite=True)
    assert not (out / "kept.csv").exists()
    assert json.loads((out / "manifest.json").read_text())["status"] == "incomplete"


def test_finished_work_is_taken_or_in_the_way(tmp_path: Path) -> None:
    begin(tmp_path, "fit", MARK, (), overwrite=False)
    finish(tmp_path, "fit", {"mark": MARK})
    assert begin(tmp_path, "fit", MARK, (), overwrite=False, reuse=True)
    with pytest.raises(InputError, match="the folder is not empty"):
        begin(tmp_path, "fit", MARK, (), overwrite=False)
