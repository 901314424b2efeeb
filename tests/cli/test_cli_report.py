"""The command `report`: what it writes, prints and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.cli.main import main
from sim.experiment.result import Result
from tests.report.conftest import alone, read_page, scenario_folder

__all__ = ["alone", "scenario_folder"]


def test_a_report_is_written_with_what_was_asked_for(
    alone: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "calm.html"
    words = ["--title", "Of <calm>", "--country", "AVA", "--outcome", "autonomy", "--no-pictures"]
    assert main(["report", str(alone.folder), "--out", str(out), *words]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    page = read_page(out)
    assert page.text.startswith("Of <calm>")
    assert "autonomy (Avaland)" in page.text
    assert "Borland" not in page.text.split("Evidence and sources")[0].split("In short")[1]
    assert f"multivector report {alone.folder} --out {out} --title 'Of <calm>'" in page.text


def test_the_report_stands_in_the_first_result_by_default(
    alone: Result, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(alone.folder), "--no-pictures"]) == 0
    assert (alone.folder / "report.html").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere: there is no such folder"),
        (["--out", "x.pdf"], "x.pdf: a report is a file that ends in .html"),
        (["--country", "AVVA"], "there is no country 'AVVA'; did you mean 'AVA'?"),
        (["--outcome", "autonomies"], "there is no outcome 'autonomies'; did you mean 'autonomy'?"),
    ],
)
def test_bad_input_is_one_message(
    alone: Result, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = words if words == ["nowhere"] else [str(alone.folder), *words]
    assert main(["report", *given]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"multivector: error: {message}")
    assert "Traceback" not in told
