"""The pictures of a results folder: which are made, their words, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment.result import Result, load
from sim.picture import gallery, plot_result
from sim.picture.batch import subject, tables
from sim.picture.batch.choice import choose, headlines
from sim.picture.figures import pages
from sim.picture.request import Request

Make = Callable[..., Result]
Collisions = Callable[[Figure], list[tuple[str, ...]]]
Words = Callable[[Figure], str]


def pictures(result: Result, outcomes: list[str] | None = None) -> dict[str, Figure]:
    """All figures, by name."""
    wanted = gallery._standard(result, Request.of(outcome=outcomes))
    return {
        page.name: page.draw() for name, request in wanted for page in pages(result, name, request)
    }


@pytest.mark.parametrize(
    ("scenarios", "runs", "countries"),
    [(1, 60, 3), (2, 60, 5), (3, 20, 1), (6, 30, 6), (1, 1, 5), (2, 2, 2)],
)
def test_every_picture_keeps_its_words_apart(
    make_result: Make,
    tmp_path: Path,
    page_collisions: Collisions,
    scenarios: int,
    runs: int,
    countries: int,
) -> None:
    result = make_result(tmp_path, scenarios, runs, countries)
    for name, figure in pictures(result).items():
        assert page_collisions(figure) == [], name


@pytest.mark.parametrize(
    "outcome",
    ["route_volume", "cohesion", "constant", "imposed", "fear.*.NOR", "gdp_usd", "autonomy.AVA"],
)
def test_chosen_outcomes_keep_their_words_apart(
    result: Result, page_collisions: Collisions, outcome: str
) -> None:
    drawn = pictures(result, [outcome])
    assert drawn
    for name, figure in drawn.items():
        assert page_collisions(figure) == [], name


def test_standard_set(make_result: Make, tmp_path: Path) -> None:
    result = make_result(tmp_path, scenarios=3, countries=2)
    paths = plot_result(result)
    assert [path.name for path in paths] == [
        "fan_route_volume_PIPE.png",
        "fan_fear_NOR.png",
        "fan_autonomy.png",
        "fan_position.png",
        "fan_entropy.png",
        "difference_autonomy.png",
        "difference_position.png",
        "ridgeline_autonomy.png",
        "ternary_alignment.png",
        "leverage.png",
        "leverage_difference_closure.png",
        "leverage_difference_deals.png",
        "effects.png",
        "events.png",
    ]
    assert all(path.parent == tmp_path / "pictures" for path in paths)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert sorted(p.name for p in (tmp_path / "pictures").iterdir()) == sorted(
        path.name for path in paths
    )


def test_chosen_outcomes(make_result: Make, tmp_path: Path) -> None:
    result = make_result(tmp_path, countries=2)

    def names(*outcomes: str) -> list[str]:
        return [path.stem for path in plot_result(result, outcomes=outcomes)]

    kinds = ("fan", "difference", "ridgeline")
    assert names("autonomy.AVA") == [f"{kind}_autonomy_AVA" for kind in kinds]
    assert names("fear.*.NOR") == [f"{kind}_fear_NOR" for kind in kinds]
    assert names("cohesion") == [f"{kind}_cohesion" for kind in kinds]
    assert names("gdp_usd") == ["ridgeline_gdp_usd"]  # not kept by quarter
    assert names("alignment") == ["ternary_alignment"]
    assert names("channel_leverage") == ["leverage", "leverage_difference_closure"]
    one = plot_result(result, outcomes="autonomy.AVA")  # type: ignore[arg-type]
    assert len(one) == 3


def test_many_scenarios_make_several_sets(make_result: Make, tmp_path: Path) -> None:
    result = make_result(tmp_path, scenarios=8, countries=2)
    names = [path.name for path in plot_result(result, outcomes=["autonomy"])]
    assert names == [
        "fan_autonomy.png",
        "fan_autonomy_part2.png",
        "difference_autonomy.png",
        "difference_autonomy_part2.png",
        "ridgeline_autonomy.png",
        "ridgeline_autonomy_part2.png",
    ]


def test_a_set_may_lack_a_country_that_another_set_has(make_result: Make, tmp_path: Path) -> None:
    result = make_result(tmp_path, scenarios=8, countries=2)
    lonely = result.manifest["scenarios"][-1]["name"]  # alone has the last country
    for name in ("runs", "quarters"):
        table = pd.read_parquet(tmp_path / f"{name}.parquet")
        elsewhere = table["scenario"] != lonely
        if name == "runs":
            absent = [column for column in table if ".BOR" in column]
            table.loc[elsewhere, absent] = np.nan
        else:
            table = table[~(elsewhere & table["outcome"].str.contains(".BOR", regex=False))]
        table.to_parquet(tmp_path / f"{name}.parquet")
    names = [path.name for path in plot_result(result, outcomes=["alignment", "leverage"])]
    assert "ternary_alignment.png" in names
    assert "ternary_alignment_part2.png" in names


def test_captions(result: Result, page_words: Words) -> None:
    drawn = pictures(result)
    for name, figure in drawn.items():
        text = page_words(figure).replace("\n", " ")
        assert f"What does {'calm' if name == 'leverage' else 'closure'} do?" in text
        assert (
            "Source: multivector 9.9, case Toyland (base 2022Q4); 40 runs a scenario, seed 5."
            in text
        )
    autonomy = page_words(drawn["fan_autonomy"])
    assert "Autonomy, 2023Q1 to 2024Q4" in autonomy
    assert "Weight of the own ideal [0 to 1]" in autonomy
    assert "Autonomy in 2024Q4" in page_words(drawn["ridgeline_autonomy"])
    assert "Fear (Nor Power), 2023Q1 to 2024Q4" in page_words(drawn["fan_fear_NOR"])
    assert "Pipeline (Mt a year)" in page_words(drawn["fan_route_volume_PIPE"])
    ternary = page_words(drawn["ternary_alignment"])
    assert "Alignment between North, East and West" in ternary
    assert "West: Wes Power and Isl Power" in ternary.replace("\n", " ")
    assert "Scenario closure less Scenario calm" in page_words(
        drawn["leverage_difference_closure"]
    ).replace("\n", " ")


def test_routes_have_units_and_idle_ones_are_left_out(result: Result, page_words: Words) -> None:
    drawn = pictures(result, ["route_volume"])
    for kind in ("fan", "ridgeline"):
        text = page_words(drawn[f"{kind}_route_volume"]).replace("\n", " ")
        assert "Pipeline (Mt a year)" in text
        assert "(TEU a year)" in text
        assert "Planned" not in text
        assert "Panels that are zero throughout are left out." in text
        assert "[" not in text  # no unit for all


def test_many_panels_make_several_pictures(
    result: Result, monkeypatch: pytest.MonkeyPatch, page_words: Words
) -> None:
    monkeypatch.setattr(subject, "PANELS", 2)
    drawn = pictures(result, ["gdp_usd"])
    assert list(drawn) == ["ridgeline_gdp_usd", "ridgeline_gdp_usd_2"]
    assert "Avaland" in page_words(drawn["ridgeline_gdp_usd"])
    assert "Cimland" in page_words(drawn["ridgeline_gdp_usd_2"])
    assert "GDP in 2024Q4" in page_words(drawn["ridgeline_gdp_usd_2"])


def test_titles_follow_the_number_of_scenarios(
    make_result: Make, tmp_path: Path, page_words: Words
) -> None:
    def title(scenarios: int) -> str:
        result = make_result(tmp_path / str(scenarios), scenarios, countries=2)
        return page_words(pictures(result, ["autonomy"])["fan_autonomy"]).replace("\n", " ")

    assert "What does calm do?" in title(1)
    assert "What does closure do? What does deals do?" in title(3)
    assert "How do 3 scenarios differ from “Scenario calm”?" in title(4)


def test_marks_in_titles_are_no_formulas(
    make_result: Make, tmp_path: Path, page_words: Words
) -> None:
    make_result(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    question = r"Does it cost $5 or $6 a_b \frac{?"
    manifest["scenarios"][1]["question"] = manifest["scenarios"][1]["title"] = question
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    plot_result(load(tmp_path), outcomes=["autonomy"])
    assert question in page_words(pictures(load(tmp_path), ["autonomy"])["fan_autonomy"])


def test_incomplete_results_say_so(make_result: Make, tmp_path: Path, page_words: Words) -> None:
    make_result(tmp_path)
    runs = pd.read_parquet(tmp_path / "runs.parquet")
    runs[~((runs["scenario"] == "closure") & (runs["run"] >= 30))].to_parquet(
        tmp_path / "runs.parquet"
    )
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    manifest["status"] = "incomplete"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    result = load(tmp_path)
    figures = pictures(result, ["autonomy", "leverage"])
    text = page_words(figures["fan_autonomy"]).replace("\n", " ")
    assert "Runs that failed or are not finished are left out." in text
    assert "30 runs a scenario" in text
    assert len(plot_result(result, outcomes=["autonomy"])) == 3


def test_no_runs(make_result: Make, tmp_path: Path) -> None:
    make_result(tmp_path)
    pd.read_parquet(tmp_path / "runs.parquet").iloc[:0].to_parquet(tmp_path / "runs.parquet")
    with pytest.raises(InputError, match="no run is finished, so there is nothing to draw"):
        plot_result(load(tmp_path))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ("autonomi", r"there is no outcome 'autonomi'; did you mean 'autonomy'\?"),
        ("autonomy.AVE", r"autonomy.AVE: there is no country 'AVE'; did you mean 'AVA'\?"),
        ("fear.AVA.NOT", r"fear.AVA.NOT: there is no power 'NOT'; did you mean 'NOR'\?"),
        ("autonomy.AVA.NOR", r"too many parts; this outcome is written autonomy\.<country>"),
        ("", "there is no outcome ''"),
    ],
)
def test_unknown_outcomes(result: Result, tmp_path: Path, request_: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plot_result(result, tmp_path / "new", ["autonomy", request_])
    assert not (tmp_path / "new").exists()


def test_unwritable_folder(result: Result, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="file: cannot write there"):
        plot_result(result, tmp_path / "file", ["autonomy"])


def test_choice_of_panels(result: Result) -> None:
    manifest = result.manifest
    (autonomy,) = choose(manifest, "autonomy")
    assert autonomy.columns == ("autonomy.AVA", "autonomy.BOR", "autonomy.CIM")
    (of_country,) = choose(manifest, "channel_leverage.AVA.NOR")
    assert of_country.axis == "channel"
    assert of_country.columns[0] == "channel_leverage.AVA.NOR.trade"
    (of_power,) = choose(manifest, "fear.*.WES")
    assert of_power.columns == ("fear.AVA.WES", "fear.BOR.WES", "fear.CIM.WES")
    assert of_power.fixed == (("power", "WES"),)
    (single,) = choose(manifest, "fear.AVA.WES")
    assert (single.panels, single.columns) == (("AVA",), ("fear.AVA.WES",))
    (scalar,) = choose(manifest, "cohesion")
    assert (scalar.axis, scalar.columns) == ("", ("cohesion",))
    assert len(choose(manifest, "channel_leverage")) == 5 * 4


def test_headlines_take_turns(make_result: Make, tmp_path: Path) -> None:
    manifest = make_result(tmp_path, scenarios=3).manifest
    found = headlines(manifest, manifest["scenarios"])
    assert found == ["route_volume.PIPE", "autonomy", "fear.*.NOR"]


def test_tables(result: Result) -> None:
    (chosen,) = choose(result.manifest, "autonomy")
    runs = result.runs()
    table = tables.at_end(result, ["closure"], chosen)
    own = table[table["panel"] == "BOR"]["value"].to_numpy()
    np.testing.assert_array_equal(own, runs[runs["scenario"] == "closure"]["autonomy.BOR"])
    by_quarter = tables.by_quarter(result.quarters(), chosen)
    assert set(by_quarter["panel"]) == {"AVA", "BOR", "CIM"}
    assert len(by_quarter) == 2 * 3 * 8

    powers = result.manifest["case"]["powers"]
    members = tables.blocs(powers)
    assert members == {"North": ["NOR"], "East": ["EAS"], "West": ["WES", "ISL"]}
    ends = tables.bloc_ends(result, ["calm"], members)
    west = ends[ends["panel"] == "CIM"]["West"].to_numpy()
    calm = runs[runs["scenario"] == "calm"]
    np.testing.assert_allclose(west, calm["alignment.CIM.WES"] + calm["alignment.CIM.ISL"])


def test_differences_are_taken_run_by_run(
    result: Result, monkeypatch: pytest.MonkeyPatch, page_words: Words
) -> None:
    (chosen,) = choose(result.manifest, "autonomy")
    table = tables.differences(result, ["calm", "closure"], chosen)
    assert set(table["scenario"]) == {"closure"}
    runs = result.trajectories(["autonomy.BOR"]).set_index(["scenario", "quarter", "run"])
    values = runs["autonomy.BOR"].unstack("run")
    gaps = values.loc["closure"] - values.loc["calm"]
    own = table[table["panel"] == "BOR"]
    np.testing.assert_allclose(own["q50"], gaps.median(axis=1), rtol=1e-6)
    np.testing.assert_allclose(own["q05"], gaps.quantile(0.05, axis=1), rtol=1e-6)
    assert set(own["n"]) == {40}
    monkeypatch.setattr(tables, "PAIRED", 10)
    assert set(tables.differences(result, ["calm", "closure"], chosen)["n"]) == {10}
    figure = pictures(result, ["autonomy"])["difference_autonomy"]
    assert "10 runs a scenario" in page_words(figure).replace("\n", " ")
    assert "Autonomy: difference from Scenario calm" in page_words(figure)
    assert tables.differences(result, ["calm"], chosen).empty


def test_leverage_table(result: Result) -> None:
    runs = result.runs().set_index("run")
    column = "channel_leverage.BOR.NOR.transit"
    calm, closure = (runs[runs["scenario"] == name][column] for name in ("calm", "closure"))

    def cell(table: pd.DataFrame) -> float:
        chosen = (
            (table["panel"] == "BOR") & (table["row"] == "NOR") & (table["column"] == "transit")
        )
        return float(table.loc[chosen, "value"].item())

    level, unit = tables.leverage(result, "calm")
    assert unit == "percent of GDP"
    assert cell(level) == pytest.approx(100 * np.median(calm))
    difference, unit = tables.leverage(result, "closure", "calm")
    assert unit == "0.01 percent of GDP"
    assert cell(difference) == pytest.approx(1e4 * np.median(closure - calm))


def test_pictures_are_the_same_from_several_threads(result: Result, tmp_path: Path) -> None:
    outcomes = ["autonomy.AVA", "alignment"]
    settings = dict(matplotlib.rcParams)

    def draw(name: str) -> list[bytes]:
        return [path.read_bytes() for path in plot_result(result, tmp_path / name, outcomes)]

    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(draw, "abc"))
    assert found[0] == found[1] == found[2]
    assert dict(matplotlib.rcParams) == settings


def test_no_global_figures(result: Result, tmp_path: Path) -> None:
    code = (
        "import sys, warnings; warnings.simplefilter('error')\n"
        "from sim.experiment.result import load\n"
        f"load({str(result.folder)!r}).plot({str(tmp_path)!r}, ['autonomy', 'alignment'])\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
