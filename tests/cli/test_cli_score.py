"""The command `score`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sim.cli.main import main
from sim.fit.verdict import FILES

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "calibration" / "central_asia"
TOY = ROOT / "tests" / "data" / "toy_case"
SCENARIO = """
title = "Later"
question = "What comes?"
case = "{case}"
runs = 20
seed = 3
[horizon]
start = "2023Q1"
end = "2024Q4"
"""
HEAD = "country_iso3,partner,series,period,value,unit,source,via,confidence,note\n"
TRADE = HEAD + (
    "KAZ,USA,goods_trade_total,2023,4000,USD million,US Census Bureau,,high,\n"
    "KAZ,USA,goods_trade_total,2024,4200,USD million,US Census Bureau,,high,\n"
    "KAZ,RUS,goods_trade_total,2023,26000,USD million,recalled: somebody,,high,\n"
)
VOTES = HEAD + (
    "KAZ,UKR/RUS,unga_vote:A/RES/X/1,2023-05-05,A,Y/A/N/NV,UN,,high,Human rights in a place\n"
)
EPISODES = HEAD + "KAZ,RUS,coercion_episode:ban,2024-05-05,1,event,A paper,,high,\n"


def batch(folder: Path, case: Path, *names: str) -> Path:
    for name in names:
        text = SCENARIO.format(case=case.as_posix())
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    paths = [str(folder / f"{name}.toml") for name in names]
    options = ["--no-pictures", "--jobs", "1", "--trajectories", "none", "--parameters", "point"]
    assert main(["batch", *paths, *options, "--out", str(folder / "result")]) == 0
    return folder / "result"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return batch(tmp_path_factory.mktemp("scored"), CASE, "calm", "other")


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    folder = tmp_path / "truth"
    folder.mkdir()
    (folder / "trade_bilateral.csv").write_text(TRADE, encoding="utf-8")
    (folder / "unga_ukraine_votes.csv").write_text(VOTES, encoding="utf-8")
    (folder / "coercion_episodes.csv").write_text(EPISODES, encoding="utf-8")
    return folder


def test_a_report_and_tables(result: Path, truth: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(result), "--truth", str(truth)]) == 0
    said = capsys.readouterr().out
    for words in (
        "# calm of central_asia, against what was observed",
        "The result holds 2 scenarios; calm, the first, is scored. The others: other.",
        "coercion: counted from 2023 to the year of the last dated row, 2024",
        "| trade_value | 2 | 1 | 2023, 2024 | us-census |",
        "Roll calls: A/RES/X/1 (2023, as human_rights)",
        "from the case (2).",
        "The 2 worst misses",
        "1 votes, of which",
        "1 episodes in 50 cells of country, power and year",
        "* trade_usd: left out 1 rows: from memory",
        "* trade_usd: there is no file preferred_trade_panel.csv",
    ):
        assert words in said, words
    out = result / "score"
    assert {path.name for path in out.iterdir()} == {name for name, _ in FILES}
    report = (out / "report.md").read_text(encoding="utf-8")
    assert report in said
    quantities = pd.read_csv(out / "quantities.csv")
    assert list(quantities["year"]) == [2023, 2024]
    assert set(quantities["source"]) == {"us-census"}
    skill = pd.read_csv(out / "skill.csv")
    assert set(skill["kind"]) == {"quantity", "vote", "count"}
    against = {"last_value", "persistence", "drift", "autoregression"}
    assert against <= set(skill.loc[skill["kind"] == "quantity", "against"])
    assert len(pd.read_csv(out / "matched.csv")) == 2 + 50 + 1
    assert len(pd.read_csv(out / "votes.csv")) == 1
    assert "from memory" in (out / "unmatched.txt").read_text(encoding="utf-8")


def test_another_scenario_and_folder(
    result: Path, truth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One kind of figure is enough."""
    for name in ("coercion_episodes", "unga_ukraine_votes"):
        (truth / f"{name}.csv").unlink()
    out = tmp_path / "deep" / "there"
    command = ["score", str(result), "--truth", str(truth), "--scenario", "other"]
    assert main([*command, "--case", str(CASE), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "# other of central_asia" in said
    assert "The result holds" not in said
    assert said.count("None could be scored.") == 2
    assert pd.read_csv(out / "skill.csv")["kind"].unique() == ["quantity"]


def test_votes_alone(
    result: Path, truth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("coercion_episodes", "trade_bilateral"):
        (truth / f"{name}.csv").unlink()
    assert main(["score", str(result), "--truth", str(truth), "--out", str(tmp_path / "o")]) == 0
    assert capsys.readouterr().out.count("None could be scored.") == 2


def error(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["score", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("multivector: error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_errors_are_one_clear_message(
    result: Path, truth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "nowhere: there is no such folder" in error(
        capsys, str(result), "--truth", str(tmp_path / "nowhere")
    )
    assert "nothing: there is no such folder" in error(
        capsys, str(tmp_path / "nothing"), "--truth", str(truth)
    )
    assert "there is no scenario 'calmer'" in error(
        capsys, str(result), "--truth", str(truth), "--scenario", "calmer"
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no file with the ending .csv" in error(capsys, str(result), "--truth", str(empty))
    (empty / "macro.csv").write_text("", encoding="utf-8")
    assert "nothing in it can be set against the forecast of 2023 to 2024: " in error(
        capsys, str(result), "--truth", str(empty)
    )
    (empty / "macro.csv").write_text("country,year\nKAZ,2023\n", encoding="utf-8")
    assert "macro.csv:1: column 'country_iso3' is missing" in error(
        capsys, str(result), "--truth", str(empty)
    )


def test_a_result_without_observables(
    truth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    old = batch(bare, TOY, "calm")
    capsys.readouterr()
    assert (
        "this result has no observables to score: it was made before they were kept, or its "
        in (error(capsys, str(old), "--truth", str(truth)))
    )
