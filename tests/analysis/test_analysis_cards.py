"""Sensitivities and discoveries show themselves in a notebook."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from sim.analysis.conditions import parse
from sim.analysis.discovery import discover
from sim.analysis.interest import sort_runs
from sim.analysis.sensitivity.study import study
from sim.experiment.sweep_result import Sweep
from tests.analysis import mixed_sweep


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return mixed_sweep.write(tmp_path_factory.mktemp("cards") / "sweep")


def rows(markup: str) -> list[list[str]]:
    """Texts of the cells of every row of a card's tables."""
    assert "cannot be shown" not in markup
    return [
        [unescape(re.sub("<.*?>", "", cell)) for cell in re.findall(r"<t[dh].*?</t[dh]>", row)]
        for row in re.findall(r"<tr.*?</tr>", markup)
    ]


def test_a_sensitivity_shows_the_leading_factors(sweep: Sweep) -> None:
    found = study(sweep, ["autonomy"], over_time=False)
    first, last = found.table.iloc[0], found.table.iloc[-1]
    shown = rows(found._repr_html_())
    assert shown[0][4] == "First-order index"
    assert shown[1] == [
        "autonomy.AVA", "calm", first["factor"], "",
        f"{first['first']:.3g}", f"{first['first_low']:.3g} to {first['first_high']:.3g}",
    ]  # fmt: skip
    assert shown[len(found.table)][2:4] == [last["factor"], "not told apart from chance"]
    assert repr(found) == "Study(given data; rows: 5; outcomes: 1)"


def test_an_index_that_is_no_number_is_a_dash(sweep: Sweep) -> None:
    shown = rows(study(sweep, ["cohesion"], over_time=False)._repr_html_())
    assert shown[1][4:] == ["–", "–"]


def test_a_discovery_shows_boxes_and_tree_as_text(sweep: Sweep) -> None:
    pytest.importorskip("ema_workbench")
    pytest.importorskip("sklearn")
    cases, _ = sort_runs(sweep, parse("autonomy.AVA < 0.4"))
    found = discover(cases)
    markup = found._repr_html_()
    assert "cannot be shown" not in markup
    text = unescape(re.sub("<.*?>", "", markup))
    assert found.boxes[0].words in text
    assert "\n".join(found.tree.root.lines()) in text
    assert "No box beats the base rate" in replace(found, boxes=())._repr_html_()
    assert repr(found) == "Discovery(boxes: 1; rows: 300)"


def test_a_damaged_study_says_so(sweep: Sweep) -> None:
    found = study(sweep, ["autonomy"], over_time=False)
    damaged = replace(found, table=found.table.drop(columns="told_apart"), notes=["<b>"])
    markup = damaged._repr_html_()
    assert "Part of this cannot be shown: 'told_apart'" in unescape(markup)
    assert "<li>&lt;b&gt;</li>" in markup
