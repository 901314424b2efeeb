"""The commands `fit` and `hindcast`: what they refuse, with one line and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.cli.main import main

TOY = Path(__file__).parents[1] / "data" / "toy_case"


@pytest.mark.parametrize("command", ["fit", "hindcast"])
def test_a_case_without_a_record(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, str(TOY)]) == 2
    found = capsys.readouterr().err
    assert found.startswith(
        "multivector: error: case toy_case has no observed record: measures.csv and series.csv "
        "missing in "
    )
    assert found.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["fit", "central_asia", "--until", "1990"], "until: found 1990; allowed: "),
        (["fit", "central_asia", "--until", "2030"], "until: found 2030; allowed: "),
        (["fit", "central_asia", "--draws", "10"], "draws: found 10; allowed: 1000 or more"),
        (["fit", "--until", "2030"], "until: found 2030; allowed: "),
        (["fit", "nowhere"], "case: found 'nowhere'; allowed: central_asia"),
        (
            ["hindcast", "central_asia", "--origin", "2017"],
            "origin: found 2017; allowed: base years of the case, 2014, 2016, 2018, 2020, 2021",
        ),
        (
            ["hindcast", "central_asia", "--origins", "2014,soon"],
            "--origins: found '2014,soon'; allowed: years with commas between",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    given: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(given) == 2
    found = capsys.readouterr().err
    assert found.startswith(f"multivector: error: {message}")
    assert found.count("\n") == 1
    assert not list(tmp_path.rglob("posterior.parquet"))
