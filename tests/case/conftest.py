"""The toy case, and copies of it with one thing changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.case import Case, load_case
from tests.case import filling

TOY = Path(__file__).parents[1] / "data" / "toy_case"


@pytest.fixture(scope="session")
def toy() -> Case:
    return load_case(TOY)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the toy case in ./case of a fresh working directory."""
    shutil.copytree(TOY, tmp_path / "case")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "case"


@pytest.fixture
def change(folder: Path) -> Callable[[str, str, str], None]:
    """Replace one text, which has to be there once, in a file of the copy."""

    def edit(file: str, old: str, new: str) -> None:
        text = (folder / file).read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (folder / file).write_text(text.replace(old, new))

    return edit


@pytest.fixture
def rows(folder: Path) -> Callable[[str, Callable[[dict[str, str]], bool | None]], None]:
    """Change the rows of a table in place; a row for which the function gives False goes."""

    def edit(name: str, function: Callable[[dict[str, str]], bool | None]) -> None:
        filling.change(folder / f"{name}.csv", function)

    return edit
