"""Results, scenarios and cases show themselves in a notebook, whatever state they are in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import make_batch, make_interrupted, make_sweep

import sim
from sim import card
from sim.case import load_case
from sim.experiment import Result, Sweep, load_batch, store
from sim.experiment.reading import in_words, parts_in_words

VOID = {"br"}
EVIL = '<script>alert("x")</script> & <b>'


class Read(HTMLParser):
    """Tags that open and close as they should, and the text between them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.rows: list[list[str]] = []
        self.feed(markup)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag in VOID:
            self.text += " "
            self.handle_data(" ")
        else:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert "http" not in (value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("polygon", "polyline"):
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def read(shown: Any) -> Read:
    """The card of a thing, checked: whole, without a script, a style sheet or a fixed colour."""
    markup = shown._repr_html_()
    found = Read(markup)
    assert not {"script", "style", "img", "link", "iframe"} & set(found.tags)
    assert "cannot be shown" not in found.text
    assert not re.search(r"#[0-9a-fA-F]{6}", re.sub(r">[^<]*<", "><", markup))
    assert len(repr(shown).splitlines()) == 1
    return found


def row(found: Read, head: str) -> list[str]:
    (one,) = [cells for cells in found.rows if cells[0].startswith(head)]
    return one


@pytest.fixture(scope="module")
def result(scenarios: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("cards") / "both"
    return sim.batch(scenarios, runs=12, seed=2, out=folder)


def test_a_batch_shows_what_was_asked_and_run(result: Result) -> None:
    found = read(result)
    for said in (
        "What if nothing new happens?",
        "What if fear pushes harder, by an unknown amount?",
        "12 runs of each scenario, 2023Q1 to 2023Q4, seed 2",
        "parameters at the centres of their ranges",
        "Complete: no run failed.",
        "In " + str(result.folder),
        'sim.figure(result, "fan", outcome="autonomy")',
    ):
        assert said in found.text, said
    assert repr(result) == (
        f"Result({str(result.folder)!r}: calm, shock; 12 runs each, seed 2, complete)"
    )


def test_the_numbers_at_the_end_are_those_of_the_runs(result: Result) -> None:
    markup = result._repr_html_()
    runs = result.runs(["autonomy"])
    countries = {one["code"]: one["name"] for one in result.manifest["case"]["countries"]}
    for scenario in result.scenarios:
        part = markup[markup.index(f">{scenario}</code>)</summary>") :]
        found = Read(part[part.index("<table") : part.index("</table>") + len("</table>")])
        assert found.rows[0] == ["", *countries.values()]
        own = runs[runs["scenario"] == scenario]
        for code, cell in zip(countries, row(found, "Autonomy")[1:], strict=True):
            numbers = [float(text) for text in re.findall(r"-?\d+\.\d+", cell)]
            expected = np.quantile(own[f"autonomy.{code}"], [0.5, 0.05, 0.95])
            assert numbers == pytest.approx(expected, abs=6e-4)
    assert markup.count("<svg") > len(countries)


def test_actors_are_named_in_words(result: Result) -> None:
    manifest = result.manifest
    country, power = manifest["case"]["countries"][0], manifest["case"]["powers"][0]
    column = f"leverage.{country['code']}.{power['code']}"
    assert parts_in_words(manifest, column) == (
        "leverage",
        {"country": country["name"], "power": power["name"]},
    )
    assert parts_in_words(manifest, "leverage.QQQ")[1] == {"country": "QQQ"}
    assert in_words("reexport_intensity") == "re-export intensity"
    assert in_words("gdp_usd") == "GDP"
    assert in_words("gdp_usd_QQQ_2019") == "GDP QQQ 2019"


def test_what_scenarios_claim_is_shown_paired(scenarios: list[Path], tmp_path: Path) -> None:
    claim = scenarios[1].with_name("claim.toml")
    column = "fear.AVA.RUS"
    case = load_case(Path(__file__).parents[1] / "data" / "toy_case")
    country, power = case.names.countries[0], case.names.powers[0]
    column = f"fear.{country}.{power}"
    claim.write_text(
        scenarios[1].read_text(encoding="utf-8")
        + f'[[headline]]\noutcome = "{column}"\ndirection = "up"\nbecause = "a test"\n',
        encoding="utf-8",
    )
    made = sim.batch([scenarios[0], claim], runs=12, seed=2, out=tmp_path / "claim")
    found = row(read(made), "claim against calm")
    runs = made.runs([column]).pivot(index="run", columns="scenario", values=column)
    gap = runs["claim"] - runs["calm"]
    assert found[1].endswith("[0 to 1], at the end")
    assert float(found[2]) == pytest.approx(gap.mean(), rel=0.01)
    assert float(found[3]) == pytest.approx(gap.std() / np.sqrt(12), rel=0.1)
    assert found[4] == f"{(gap > 0).mean():.0%} up"


def test_titles_of_users_are_text(result: Result, tmp_path: Path) -> None:
    manifest = json.loads(json.dumps(result.manifest))
    for scenario in manifest["scenarios"]:
        scenario["title"] = scenario["question"] = EVIL
    for name in ("countries", "powers"):
        for one in manifest["case"][name]:
            one["name"] = EVIL
    manifest["case"]["title"] = EVIL
    manifest["failures"] = [
        {"scenario": "calm", "first_run": 0, "runs": 3, "error": f"ValueError: {EVIL}"}
    ]
    folder = tmp_path / "evil"
    folder.mkdir()
    for path in result.folder.glob("*.parquet"):
        (folder / path.name).write_bytes(path.read_bytes())
    store.write_manifest(folder, manifest)
    found = read(Result(folder))
    assert found.text.count(EVIL) >= 6
    scenario = sim.load_scenario("baseline")
    assert EVIL in read(scenario.model_copy(update={"title": EVIL, "question": EVIL})).text
    assert EVIL in read(replace(load_case("central_asia"), title=EVIL, description=EVIL)).text


def test_an_interrupted_batch_says_what_is_missing(tmp_path: Path) -> None:
    made = load_batch(make_interrupted(tmp_path / "half"))
    for one in made.manifest["outcomes"]:
        one |= {"headline": True, "meaning": "a test"}
    made.manifest["failures"] = [
        {"scenario": "calm", "first_run": 4, "runs": 4, "error": "MemoryError: no message"}
    ]
    found = read(made)
    assert "Incomplete: " in found.text
    assert "runs are finished; what follows is of these." in found.text
    assert "calm, runs 4 to 7: MemoryError: no message" in found.text


@pytest.mark.parametrize("missing", ["parameters", "case", "scenarios", "outcomes", "runs"])
def test_a_damaged_manifest_costs_only_its_own_part(result: Result, missing: str) -> None:
    damaged = Result(result.folder)
    damaged.manifest[missing] = None
    found = Read(damaged._repr_html_())
    assert "cannot be shown" in found.text
    assert "Go on with result.runs()" in found.text


def test_results_without_tables_or_trajectories(tmp_path: Path, scenarios: list[Path]) -> None:
    made = sim.batch(scenarios, runs=4, seed=1, out=tmp_path / "ends", trajectories="none")
    found = read(made)
    assert "svg" not in found.tags
    assert "At the end" in found.text
    for path in made.folder.glob("*.parquet"):
        path.unlink()
    found = Read(made._repr_html_())
    assert "What if nothing new happens?" in found.text
    assert "At the end" not in found.text
    plain = load_batch(make_batch(tmp_path / "plain"))  # its manifest tells no headlines
    assert "Complete" in Read(plain._repr_html_()).text


def test_a_damaged_table_is_told_of(result: Result, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    store.write_manifest(folder, result.manifest)
    (folder / "quarters.parquet").write_bytes(b"PAR1 nothing PAR1")
    found = Read(Result(folder)._repr_html_())
    assert "Part of this cannot be shown: " in found.text
    assert "12 runs of each scenario" in found.text


def test_a_sweep_shows_factors_and_rows(tmp_path: Path) -> None:
    made = Sweep(make_sweep(tmp_path / "sweep"))
    for one in made.manifest["outcomes"]:
        one |= {"headline": True, "meaning": "a test"}
    found = read(made)
    assert "Does fear matter?" in found.text
    assert "3 rows (grid), 4 runs a row" in found.text
    assert row(found, "fear") == ["fear", "parameters.fear_push", "0.0 to 6.0"]
    assert row(found, "coercion")[2] == "True, False"
    assert row(found, "pull")[2] == "normal: mean 0.12, sd 0.01"
    means = np.arange(3) + np.mean(np.arange(4) / 100)
    expected = np.quantile(means, [0.5, 0.05, 0.95])
    numbers = [float(text) for text in re.findall(r"\d+\.\d+", row(found, "Autonomy")[1])]
    assert numbers == pytest.approx(expected, abs=0.006)
    made.manifest["failures"] = [
        {"scenario": "calm", "first_row": 1, "rows": 2, "first_run": 0, "runs": 4, "error": "E: no"}
    ]
    assert "calm, rows 1 to 2, runs 0 to 3: E: no" in read(made).text
    made.manifest["factors"] = None
    assert "cannot be shown" in Read(made._repr_html_()).text


def test_a_scenario_shows_events_with_their_sources() -> None:
    scenario = sim.load_scenario("cpc_closure")
    found = read(scenario)
    (event,) = scenario.event
    line = row(found, "2026Q1")
    assert "route CPC" in line[1]
    assert line[2:] == [event.reason, event.source]
    assert "Extends baseline." in found.text
    assert scenario.question in found.text
    assert row(found, "output.KAZ")[1:4] == ["down", "2026Q2", "baseline"]
    assert repr(scenario) == (
        "Scenario('cpc_closure': A six-month closure of the CPC pipeline; 2023Q1 to 2035Q4)"
    )


def test_every_shipped_scenario_shows_itself() -> None:
    from sim.scenario import list_scenarios

    for name in list_scenarios():
        scenario = sim.load_scenario(name)
        found = read(scenario)
        assert scenario.title in found.text


def test_a_case_shows_its_actors_and_version() -> None:
    case = load_case("central_asia")
    found = read(case)
    assert case.hash()[:12] in found.text
    countries = row(found, "Countries")[1].split(", ")
    assert countries[0] == "Kazakhstan (KAZ)"
    assert len(countries) == 5
    assert f"{len(case.table('sources'))} public sources" in found.text
    assert repr(case) == (
        "Case('central_asia': Central Asia between Russia, China and the West, as of 2022Q4)"
    )


def test_parts_of_a_card() -> None:
    assert card.text("<a>") == "&lt;a&gt;"
    assert card.tag("b", "<", card.tag("i", "x")) == "<b>&lt;<i>x</i></b>"
    assert "and 3 more" in card.listed(range(5), most=2)
    assert "and 3 more" in card.table(("a",), [(n,) for n in range(5)], most=2)
    assert card.table(("a",), []) == ""
    assert card.interval(float("nan"), 1, 2, 2) == "–"
    assert [card.decimals(v) for v in ([], [0.0], [0.0123], [1.5], [150.0], [1e-12])] == [
        2, 2, 4, 2, 0, 6,
    ]  # fmt: skip
    assert card.sparkline([1.0], [1.0], [1.0], (0, 1), "") == ""
    assert card.sparkline([0, float("nan")], [0, 1], [1, 1], (0, 1), "") == ""
    flat = card.sparkline([1.0] * 60, [1.0] * 60, [1.0] * 60, (1.0, 1.0), 'a "curve"')
    assert "a &quot;curve&quot;" in flat
    points = re.findall(r'<polyline points="([^"]*)"', flat)[0].split()
    assert points[0].startswith("0.0,")
    assert points[-1].startswith("72.0,")
    assert len(points) <= 15

    def wrong() -> str:
        raise KeyError("<gone>")

    shown = Read(card.card(wrong, lambda: card.line("what is left")))
    assert "Part of this cannot be shown: '<gone>'" in shown.text
    assert "what is left" in shown.text


def test_a_large_result_is_not_read_for_its_card(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.experiment import card as cards

    monkeypatch.setattr(cards, "_MOST_LINES", 3)
    monkeypatch.setattr(Result, "runs", lambda *_: pytest.fail("was read"))
    monkeypatch.setattr(Result, "trajectories", lambda *_: pytest.fail("was read"))
    assert "At the end" in read(result).text  # from the statistics that were kept
    monkeypatch.setattr(Result, "quarters", lambda *_: pd.DataFrame())
    assert "At the end" not in read(result).text
