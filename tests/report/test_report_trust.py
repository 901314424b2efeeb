"""What hindcasts and fits say of the model, from made-up tables."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from sim.experiment.result import Result
from sim.report.document import write_report
from sim.report.material import Study
from sim.report.trust import poor_coverage
from tests.report.conftest import MADE, read_page

SKILL = """family,against,skill,low,high,series,figures,origins
all,persistence,0.14,0.08,0.19,8,256,2018
all,drift,-0.02,-0.10,0.05,8,256,2018
trade_share,persistence,-0.03,-0.06,0.07,3,82,2018
gas_routes,drift,-0.30,-0.40,-0.002,3,50,2018
all,persistence,0.99,0.98,1.0,9,900,all
"""
COVERAGE = """family,inside_50,inside_80,inside_95,figures,origins
all,0.62,0.85,0.93,256,2018
gas_routes,0.40,0.62,0.80,50,2018
few,0.5,0.7,0.8,10,2018
all,0.1,0.1,0.1,900,all
"""


@pytest.fixture
def hindcast(tmp_path: Path, alone: Result) -> Path:
    folder = tmp_path / "hindcast"
    folder.mkdir()
    manifest = {
        "format": "multivector hindcast 1",
        "status": "complete",
        "case": {"name": alone.manifest["case"]["name"], "hash": "0" * 64},
        "plan": {"origins": [2018, 2016], "last": 2022, "runs": 1000, "seed": 1},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "skill.csv").write_text(SKILL, encoding="utf-8")
    (folder / "coverage.csv").write_text(COVERAGE, encoding="utf-8")
    return folder


def test_coverage_is_poor_where_chance_does_not_explain_it(hindcast: Path) -> None:
    found = poor_coverage(Study(hindcast, {}))
    # 0.62 of 50 is 3.2 standard errors of 0.057 below 0.8; 0.7 of 10 is 0.8 of 0.126
    assert found == [
        "gas routes (62 % inside the 80 % interval)",
        "all figures from all origins (10 % inside the 80 % interval)",
    ]


def test_a_hindcast_is_told_by_its_main_origin(
    hindcast: Path, alone: Result, tmp_path: Path
) -> None:
    out = tmp_path / "r.html"
    page = read_page(write_report([alone.folder, hindcast], out, drawn=False, made=MADE))
    assert "fits the model on years to 2018 only and runs it to 2022 with 1,000 runs" in page.text
    assert (
        "+0.14 (+0.08 to +0.19) against the last value with the spread of past changes, −0.02 "
        "(−0.10 to +0.05) against past mean change carried on"
    ) in page.text
    assert (
        "It does no better than a simple forecast for trade share (the last value with the spread "
        "of past changes: −0.03 (−0.06 to +0.07))."
    ) in page.text
    assert (
        "It does worse than a simple forecast for gas routes (past mean change carried on: −0.30 "
        "(−0.40 to 0.00))."
    ) in page.text
    assert "Of 256 observed figures, 85 % lie inside the 80 % interval" in page.text
    assert (
        "From all 2 origins together the skill is +0.99 (+0.98 to +1.00) against the last value "
        "with the spread of past changes;"
    ) in page.text
    assert "From all origins, 10 % of 900 figures" in page.text
    assert page.text.count("+0.99") == 1
    assert (
        f"In the hindcast {hindcast}, intervals held the record less often than they" in page.text
    )
    assert f"{hindcast} was made with another state of the case than the results" in page.text
    assert "No hindcast was given" not in page.text


def test_a_fit_tells_what_the_record_did_not_move(alone: Result, tmp_path: Path) -> None:
    folder = tmp_path / "fit"
    folder.mkdir()
    case = alone.manifest["case"]
    manifest = {
        "format": "multivector fit 1",
        "status": "complete",
        "case": {"name": case["name"], "hash": case["hash"]},
        "settings": {"until": 2022, "base": "2014Q4", "seed": 1},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    verdicts = ["moved", "hardly moved", "not moved"]
    table = pd.DataFrame({"parameter": ["vote_noise", "resolve", "fear_push"], "verdict": verdicts})
    table.to_csv(folder / "parameters.csv", index=False)
    page = read_page(write_report([alone.folder, folder], tmp_path / "r.html", drawn=False))
    assert (
        "from 2014Q4 to 2022. Of 3 parameters the record moved 1, hardly moved 1 and did not move "
        "1; what follows from all but the first rests on judgement. Not moved: fear push."
    ) in page.text
    assert "another state of the case" not in page.text
