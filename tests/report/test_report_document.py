"""The page: sound HTML that names everything, escapes what it is given, and bears odd results."""

from __future__ import annotations

import json
import re
import shutil
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from sim.core.errors import InputError
from sim.experiment.batch import batch
from sim.experiment.result import Result, load
from sim.experiment.sweep import sweep
from sim.experiment.sweep_result import Sweep
from sim.picture.figures import FIGURES
from sim.picture.style import contrast
from sim.report import pictures
from sim.report.document import write_report
from sim.report.names import Names
from sim.report.sweeps import responses
from tests.report.conftest import DESIGN, MADE, TITLE, Page, read_page


@pytest.fixture(scope="module")
def page(drawn: Path) -> Page:
    return read_page(drawn)


def changed(result: Result, folder: Path, **manifest: object) -> Path:
    """A copy of a result with another manifest."""
    shutil.copytree(result.folder, folder)
    text = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**text, **manifest}), encoding="utf-8")
    return folder


def test_elements_nest_and_ids_are_unique(page: Page) -> None:
    assert page.wrong == []
    assert page.open == []
    ids = [one["id"] for _, one, _ in page.elements if "id" in one]
    assert len(ids) == len(set(ids))
    assert page.named("html") == [{"lang": "en"}]


def test_references_lead_somewhere(page: Page, drawn: Path) -> None:
    ids = {one["id"] for _, one, _ in page.elements if "id" in one}
    wanted = set()
    for _, one, _ in page.elements:
        for key in ("href", "xlink:href"):
            if str(one.get(key, "")).startswith("#"):
                wanted.add(str(one[key])[1:])
        wanted |= set(str(one.get("aria-labelledby") or "").split())
    wanted |= set(re.findall(r"url\(#([^)]+)\)", drawn.read_text(encoding="utf-8")))
    assert wanted <= ids
    assert len(wanted) > 20


def test_headings_are_in_order(page: Page) -> None:
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_pictures_and_tables_have_names(page: Page) -> None:
    pictures = page.named("svg")
    assert len(pictures) >= 3
    assert all(one["role"] == "img" and one["aria-labelledby"] for one in pictures)
    assert len(page.named("desc")) == len(pictures)
    assert page.named("img") == []
    assert len(page.named("caption")) == len(page.named("table")) > 8
    assert all(one["scope"] in ("col", "row") for one in page.named("th"))


def test_the_page_loads_nothing_and_runs_nothing(page: Page, drawn: Path) -> None:
    assert page.named("script") == []
    loading = ("src", "href", "xlink:href", "srcset", "data", "action", "poster")
    for tag, one, _ in page.elements:
        for key in loading:
            value = str(one.get(key) or "")
            if value and not value.startswith("#"):
                assert (tag, value) == ("link", "data:,")
        assert not [key for key in one if key.startswith("on")]
    text = drawn.read_text(encoding="utf-8")
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []


def test_words_stand_out_from_what_is_behind_them() -> None:
    style = resources.files("sim.report").joinpath("report.css").read_text(encoding="utf-8")
    inks = set(re.findall(r"[{; ]color: (#[0-9a-f]{3,6});", style))
    papers = set(re.findall(r"background: (#[0-9a-f]{3,6});", style))
    assert len(inks) >= 3
    assert "#eef4f9" in papers
    for ink in inks:
        for paper in papers:
            assert contrast(ink) / contrast(paper) >= 4.5, (ink, paper)  # AA of WCAG 2


def test_titles_are_escaped(page: Page, drawn: Path) -> None:
    assert TITLE in page.text
    assert "<script" not in drawn.read_text(encoding="utf-8")


def test_the_order_is_question_summary_and_then_the_sections(page: Page) -> None:
    headings = [
        (tag, "".join(page.words[at : at + 1])) for tag, _, at in page.elements if tag == "h2"
    ]
    assert [words for _, words in headings] == [
        "The questions",
        "In short",
        "Contents",
        "What was assumed",
        "What the scenarios change",
        "Where outcomes stand at the end",
        "Threats, measures and deals",
        "Fear and sanctions",
        "Figures",
        "What the model cannot say",
        "Evidence and sources",
        "What the outcomes mean",
        "How to make it again",
    ]


def test_the_page_says_how_to_make_it_again(page: Page, told: Result, drawn: Path) -> None:
    assert f"{told.manifest['command']} --out {told.folder}" in page.text
    assert told.manifest["digests"]["runs"][:16] in page.text
    assert told.manifest["scenarios"][1]["hash"][:16] in page.text
    assert f"multivector report {told.folder}" in page.text
    assert f"--out {drawn}" in page.text


def test_the_page_owns_up_to_what_it_lacks(page: Page) -> None:
    assert "With 30 runs a scenario, quantiles near the ends" in page.text
    assert "No hindcast was given" in page.text
    assert "parameters stood at single values" in page.text
    assert "are judgements of experts." in page.text
    assert "If, not whether." in page.text


def test_sources_lead_to_the_evidence(page: Page) -> None:
    assert {"href": "#evidence-t001"} in page.named("a")
    assert any(one.get("id") == "evidence-t001" for one in page.named("tr"))
    assert "oil through the northern pipeline 50 Mt (2022)" in page.text


def test_the_sweep_is_told(page: Page) -> None:
    assert "6 rows (latin hypercube) of 3 runs each, seed 4, in calm." in page.text
    assert "From hardly any to much" in page.text
    assert "Over 6 rows, means of " in page.text
    assert "How outcomes answer in Fear and sanctions" in page.text


def test_outcomes_of_a_second_sweep_keep_their_words_and_units(
    swept: Path, scenario_folder: Path, tmp_path: Path
) -> None:
    design = tmp_path / "other.toml"
    text = DESIGN.replace('["autonomy", "output"]', '["leverage"]').replace("Fear and", "More")
    design.write_text(text.replace('["autonomy"]', "[]").replace('"calm"', '"./calm.toml"'))
    shutil.copy(scenario_folder / "calm.toml", tmp_path)
    other = sweep(design, out=tmp_path / "other").folder
    page = read_page(write_report([swept, other], tmp_path / "r.html", drawn=False))
    answers = page.text[page.text.index("How outcomes answer in More sanctions") :]
    assert re.search(r"leverage \(Avaland, [^)]+\)share of GDP", answers)
    assert "Extends" not in page.text


def test_every_figure_of_a_report_is_in_the_registry() -> None:
    for kind, names in pictures._WANTED.items():
        assert [n for n in names if n not in FIGURES or FIGURES[n].of != kind] == []


def test_responses_are_means_of_rows(swept: Path) -> None:
    found = load(swept)
    assert isinstance(found, Sweep)
    names = Names(found.manifest)
    table = responses(found, ["output"], ["AVA"], names).set_index("outcome")
    runs = found.runs(["output.AVA"])
    by_row = runs.groupby("row")["output.AVA"]
    means, design = by_row.mean(), found.design().set_index("row")
    row = table.loc["output.AVA"]
    assert list(table.index) == ["output.AVA"]
    assert (row["lowest"], row["highest"]) == (means.min(), means.max())
    assert row["within"] == pytest.approx(np.sqrt(by_row.var().mean()))
    ranks = {
        name: float(spearmanr(design.loc[means.index, name], means).statistic)
        for name in ("fear", "driver.sanctions")
    }
    strongest = max(ranks, key=lambda name: abs(ranks[name]))
    assert row["factor"] == strongest
    assert row["correlation"] == pytest.approx(ranks[strongest])


def test_the_same_result_gives_the_same_bytes_but_for_the_date(
    alone: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pictures._WANTED, "batch", {"alignment": 1, "ternary": 1})
    path, chosen = tmp_path / "report.html", ["autonomy"]
    first = write_report([alone.folder], path, outcomes=chosen, made=MADE).read_bytes()
    later = write_report([alone.folder], path, outcomes=chosen).read_bytes()
    assert first.count(b"<svg") >= 2
    lines = zip(first.splitlines(), later.splitlines(), strict=True)
    differing = [one for one, other in lines if one != other]
    assert [line.startswith(b'<p class="made">') for line in differing] == [True]


def test_one_scenario_is_told_without_a_comparison(alone: Result, tmp_path: Path) -> None:
    page = read_page(write_report([alone.folder], tmp_path / "r.html", drawn=False))
    assert "There is one scenario, and nothing to compare it with." in page.text
    assert "In “Calm”, position (Avaland) has a median of" in page.text
    assert "What if nothing new happens?" in page.text
    assert "nan" not in page.text.lower().split()


def test_no_finished_run_is_told(told: Result, tmp_path: Path) -> None:
    folder = changed(told, tmp_path / "none", status="incomplete")
    for path in folder.glob("*.parquet"):
        path.unlink()
    page = read_page(write_report([folder], tmp_path / "r.html"))
    assert page.wrong == []
    assert "No run is finished, so that nothing can be said yet." in page.text
    assert f"{folder} is incomplete: runs finished are “Calm” 0 of 30" in page.text
    assert "Not simulated in any scenario" not in page.text


@pytest.mark.parametrize("kept", [1, 12])
def test_incomplete_runs_are_told(told: Result, tmp_path: Path, kept: int) -> None:
    folder = changed(told, tmp_path / "some", status="incomplete")
    for name in ("runs", "trajectories", "events"):
        table = pd.read_parquet(folder / f"{name}.parquet")
        table[table["run"] < kept].to_parquet(folder / f"{name}.parquet")
    page = read_page(
        write_report([folder], tmp_path / "r.html", outcomes=["position"], drawn=False)
    )
    assert f"“Calm” {kept} of 30" in page.text
    if kept == 1:
        assert "With fewer than two runs a scenario, no error can be given." in page.text
        assert "have 1 finished runs in common; at least 2 are needed" in page.text
        assert re.search(
            r"In the only run of “Calm”, position \(Avaland\) is [−0-9.]+ \(", page.text
        )
        assert "nine tenths of runs lie" not in page.text
    assert " nan" not in page.text.lower()


def test_a_country_that_a_scenario_leaves_out_has_a_dash(told: Result, tmp_path: Path) -> None:
    page = read_page(
        write_report(
            [told.folder],
            tmp_path / "r.html",
            countries=["AVA", "CIM"],
            outcomes=["autonomy"],
            drawn=False,
        )
    )
    table = next(at for tag, one, at in page.elements if one.get("id") == "levels")
    text = " ".join("".join(page.words[table:]).split())
    levels = text[: text.index("worst tenth")]
    assert re.search(r"Fewer[0-9.]+ \([0-9.]+ to [0-9.]+\)–", levels)
    assert re.search(r"Calm[0-9.]+ \([0-9.]+ to [0-9.]+\)[0-9.]+ \(", levels)
    assert "autonomy (Cimland)" in page.text
    assert "autonomy (Borland)" not in page.text


def test_two_batches_of_one_case_are_told_together(
    told: Result, alone: Result, scenario_folder: Path, tmp_path: Path
) -> None:
    other = batch(scenario_folder / "twin.toml", out=tmp_path / "twin").folder
    chosen = {"outcomes": ["autonomy"], "drawn": False}
    page = read_page(write_report([alone.folder, other], tmp_path / "r.html", **chosen))
    assert "In “Twin”, autonomy (Avaland) in 2023Q4 is the same as in “Calm”" in page.text
    again = read_page(write_report([told.folder, alone.folder], tmp_path / "s.html", **chosen))
    assert "Calm (calm in alone)" in again.text


def test_what_is_expected_is_held_against_nothing_but_what_is_extended(
    scenario_folder: Path, tmp_path: Path
) -> None:
    for name in ("calm", "closed"):
        shutil.copy(scenario_folder / f"{name}.toml", tmp_path)
    eased = tmp_path / "eased.toml"
    eased.write_text(
        """title = "Eased"
question = "What if less of it is closed?"
extends = "closed"
[change]
"event.close_route.northern_pipe.intensity" = 0.2
[[headline]]
outcome = "route_volume.northern_pipe"
at = "2023Q2"
direction = "up"
because = "less of it is closed"
""",
        encoding="utf-8",
    )
    files = {name: tmp_path / f"{name}.toml" for name in ("calm", "closed")}
    lacking = batch([files["calm"], eased], out=tmp_path / "lacking").folder
    chosen = {"outcomes": ["autonomy"], "drawn": False}
    page = read_page(write_report([lacking], tmp_path / "r.html", **chosen))
    assert "against what is expected" not in page.text  # it is down against calm
    assert "the scenario that it is held against, closed, is not among the results." in page.text
    there = batch([*files.values(), eased], out=tmp_path / "there").folder
    page = read_page(write_report([there], tmp_path / "s.html", **chosen))
    assert "Expected and found (up, because less of it is closed). In “Eased”" in page.text


def test_what_cannot_be_used_is_refused(told: Result, alone: Result, tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    with pytest.raises(InputError, match="nowhere: there is no such folder"):
        write_report([tmp_path / "nowhere"], out)
    with pytest.raises(InputError, match=r"this is not a results folder"):
        write_report([tmp_path], out)
    with pytest.raises(InputError, match="this result was given twice"):
        write_report([told.folder, told.folder], out)
    case = {**alone.manifest["case"], "hash": "0" * 64}
    other = changed(alone, tmp_path / "other", case=case)
    with pytest.raises(InputError, match=r"a report is about one case; .* hash 000000000000\)"):
        write_report([told.folder, other], out)
    with pytest.raises(InputError, match=r"there is no country 'AVE'; did you mean 'AVA'\?"):
        write_report([told.folder], out, countries=["AVE"])
    with pytest.raises(InputError, match="there is no outcome 'autonomi'; did you mean 'autonomy'"):
        write_report([told.folder], out, outcomes=["autonomi"])
    with pytest.raises(InputError, match=r"'autonomy.AVE': there is no country 'AVE'; did you"):
        write_report([told.folder], out, outcomes=["autonomy.AVE"])
    with pytest.raises(InputError, match=r"its columns are named leverage\.COUNTRY\.POWER"):
        write_report([told.folder], out, outcomes=["leverage.AVA"])
    with pytest.raises(InputError, match=r"a report is a file that ends in \.html"):
        write_report([told.folder], tmp_path / "r.txt")
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        write_report([alone.folder], tmp_path / "file" / "r.html", drawn=False)
    assert not out.exists()


def test_only_fits_and_hindcasts_are_no_result_to_report(tmp_path: Path) -> None:
    manifest = {"format": "multivector hindcast 1", "status": "complete", "case": {"name": "x"}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="a report needs the result of a batch or a sweep; found"):
        write_report([tmp_path], tmp_path / "r.html")
