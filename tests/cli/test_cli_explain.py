"""The command `explain`: what it prints, writes and refuses."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from sim.cli.main import main

ASKED = ["explain", "cpc_closure", "--country", "KAZ", "--quarter", "2026Q2", "--no-events"]
SMALL = [*ASKED, "--against", "baseline", "-n", "2"]


def test_terms_as_csv_add_up_to_the_changes_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--format", "csv"]) == 0
    terms = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert list(terms.columns) == ["outcome", "power", "channel", "term", "detail", "value"]
    assert main([*SMALL, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    for row in told["summary"]:
        total = terms.loc[terms["outcome"] == row["outcome"], "value"].sum()
        assert total == pytest.approx(row["change"], abs=1e-9)
        assert row["residual"] < 1e-9
    assert {row["outcome"] for row in told["summary"]} >= {"position.KAZ", "output.KAZ"}


def test_a_folder_takes_all_tables_and_a_waterfall_an_outcome(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "why"
    wanted = ["--outcome", "output", "share.KAZ.RUS.transit", "--out", str(out), "--svg"]
    assert main([*SMALL, *wanted]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Why Kazakhstan differs in 2026Q2: cpc_closure against baseline\n")
    names = {path.name for path in out.iterdir()}
    assert names >= {
        "terms.csv",
        "summary.csv",
        "events.csv",
        "figures.csv",
        "evidence.csv",
        "explain_output.KAZ.svg",
        "explain_share.KAZ.RUS.transit.svg",
    }
    assert all(str(out / name) in printed for name in names)
    terms = pd.read_csv(out / "terms.csv")
    summary = pd.read_csv(out / "summary.csv").set_index("outcome")
    for outcome, own in terms.groupby("outcome"):
        assert own["value"].sum() == pytest.approx(summary.loc[outcome, "change"], abs=1e-9)


def test_one_run_is_explained_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, "--run", "17", "--outcome", "position"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Why Kazakhstan changed by 2026Q2 in cpc_closure since its base,")
    assert "Run 17 alone, seed 2022." in printed
    assert "range, from" not in printed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["explain", "cpc_closure", "--quarter", "2026Q2"], "arguments are required: --country"),
        ([*SMALL[:-1], "many"], "'many' is not a whole number"),
        ([*SMALL, "--format", "xml"], "invalid choice: 'xml'"),
        ([*SMALL, "--svg"], "--svg is about the pictures that --out writes"),
        ([*SMALL, "--out", __file__], "test_cli_explain.py is a file; name a folder"),
        ([*SMALL, "--out", f"{__file__}/x"], "test_cli_explain.py is a file; name a folder"),
        ([*SMALL, "-n", "9", "--run", "3"], "leave out either it or --runs"),
        ([*SMALL, "--outcome", "positon"], "outcome: found 'positon'"),
        ([*SMALL, "--against", "basline"], "there is no scenario 'basline'"),
        (["explain", "cpc_closur", *SMALL[2:]], "there is no scenario 'cpc_closur'"),
    ],
)
def test_mistakes_are_told_in_a_line(
    given: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(given) == 2
    error = capsys.readouterr().err
    assert error.startswith("multivector: error: ")
    assert message in error


def test_a_second_explanation_leaves_no_table_of_the_first(tmp_path: Path) -> None:
    assert main([*SMALL, "--out", str(tmp_path)]) == 0
    assert len(pd.read_csv(tmp_path / "figures.csv")) > 0
    still = ["explain", "cpc_closure", "--country", "KAZ", "--quarter", "2025Q4"]
    assert main([*still, "--against", "baseline", "-n", "2", "--out", str(tmp_path)]) == 0
    assert len(pd.read_csv(tmp_path / "figures.csv")) == 0
