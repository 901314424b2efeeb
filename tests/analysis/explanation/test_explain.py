"""Explanations of shipped scenarios and stored results: sums, words, figures, refusals."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.analysis.explanation import Explanation, explain
from sim.case import load_case
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.batch import batch
from sim.experiment.result import Result
from sim.picture.explanation import waterfall_page
from sim.scenario import load_scenario

ALL = ["position", "autonomy", "output", "leverage", "share"]


@pytest.fixture(scope="module")
def closure() -> Explanation:
    return explain("cpc_closure", "KAZ", "2027Q1", against="baseline", runs=40)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("stored") / "batch"
    return batch(["baseline", "cpc_closure"], runs=4, seed=5, out=folder)


# One of each kind: a new member, a route opened from nothing, closures, deals, drivers of all
# sorts, coordination, another case.
SHIPPED = (
    "azerbaijan_joins",
    "trans_caspian_oil",
    "frost_gas_cut",
    "five_bilateral_deals_2025",
    "migrant_expulsions",
    "secondary_sanctions",
    "russia_china_condominium",
    "us_withdrawal",
    "war_package",
    "southeast_asia",
)


@pytest.mark.parametrize("name", SHIPPED)
def test_terms_add_up_in_every_shipped_scenario(name: str) -> None:
    scenario = load_scenario(name)
    dates = [event.date for event in scenario.event] or [scenario.start + 6]
    at = min(max(dates) + 3, scenario.start + 16, scenario.end)
    case = load_case(scenario.case)
    country = (scenario.membership.countries or case.build().names.countries)[-1]
    found = explain(scenario, country, quarters.name(at), runs=3, outcomes=ALL, events=False)
    powers, channels = len(case.names.powers), len(case.names.channels)
    assert len(found.changes) == 3 + powers + powers * channels
    for change in found.changes:
        assert change.residual < 1e-9, change.outcome
        assert change.terms["value"].sum() == pytest.approx(change.total, abs=1e-9)
        assert change.by_term["value"].sum() == pytest.approx(change.total, abs=1e-9)


def test_the_closure_acts_through_disruption_and_fear_and_through_nothing_before(
    closure: Explanation,
) -> None:
    output = closure.change("output.KAZ").terms.iloc[0]
    assert tuple(output[:4]) == ("RUS", "transit", "disruption", "closures and events")
    position = closure.change("position.KAZ").terms.iloc[0]
    assert tuple(position[:3]) == ("RUS", "transit", "fear")
    before = explain("cpc_closure", "KAZ", "2025Q4", against="baseline", runs=4, events=False)
    assert before.table.empty
    assert [change.total for change in before.changes] == [0.0] * 5
    assert "nothing changed" in str(before)
    with pytest.raises(InputError, match=r"output.KAZ: nothing changed, so there is no waterfall"):
        waterfall_page(before, "output.KAZ")


def test_one_screen_leads_from_the_change_to_the_document(closure: Explanation) -> None:
    lines = str(closure).splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 100
    assert lines[0] == "Why Kazakhstan differs in 2027Q1: cpc_closure against baseline"
    assert lines[1] == "Means over 40 runs, seed 2022; the range holds 90 percent of runs."
    headings = [line.split(";")[0] for line in lines if line and not line.startswith(" ")]
    assert headings[2:] == [
        next(line for line in lines if line.startswith("baseline")),
        next(line for line in lines if line.startswith("cpc_closure")),
        next(line for line in lines if line.startswith("total change")),
        next(line for line in lines if line.startswith("largest residual")),
        "Largest terms by power and channel",
        "Events behind it",
        "Figures behind the largest terms",
        "Evidence and documents",
    ]
    text = str(closure)
    for words in (
        "2026Q1  close_route: route CPC",
        "[E037, S1; assumption",
        "route.CPC.volume = 52.2",
        "E037: the Caspian Pipeline Consortium carries most of the oil exported; Blinken + 5 (S1",
        "caution: several stoppages in 2022; their cause is disputed",
    ):
        assert words in text


def test_numbers_of_the_screen_add_up_to_the_last_digit_shown(closure: Explanation) -> None:
    lines = str(closure).splitlines()
    place = {line[:24].strip(): line[24:].split() for line in lines[3:20] if line[24:].strip()}
    total = [float(value) for value in place["total change"]]
    first = next(i for i, line in enumerate(lines) if line.startswith("baseline"))
    last = next(i for i, line in enumerate(lines) if line.startswith("cpc_closure"))
    terms = [[float(value) for value in line[24:].split()] for line in lines[first + 1 : last]]
    shown = [len(value.split(".")[1]) for value in place["baseline"]]
    for column, decimals in enumerate(shown):
        added = sum(row[column] for row in terms)
        # Each number is rounded on its own.
        assert abs(added - total[column]) <= 0.5 * (len(terms) + 1) * 10.0**-decimals


def test_leaving_the_only_event_out_takes_all_away(closure: Explanation) -> None:
    own = closure.events[closure.events["own"]]
    assert list(own["event"]) == ["event.close_route.CPC"]
    for change in closure.changes:
        assert own[change.outcome].iloc[0] == pytest.approx(change.total, abs=1e-12)


def test_leaving_the_only_event_out_takes_the_change_since_a_quarter_away() -> None:
    found = explain("cpc_closure", "KAZ", "2027Q1", against="baseline", since="2026Q2", runs=10)
    own = found.events[found.events["own"]]
    for change in found.changes:
        assert own[change.outcome].iloc[0] == pytest.approx(change.total, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "country", "quarter"),
    [
        ("cpc_closure", "TJK", "2027Q1"),
        ("war_package", "KGZ", "2025Q4"),
        ("five_bilateral_deals_2025", "KAZ", "2027Q1"),
        ("full_spectrum_c5plus1", "TJK", "2028Q1"),
        ("us_tariffs_on_rerouting", "PHL", "2026Q4"),
    ],
)
def test_a_screen_keeps_what_leads_to_the_documents(name: str, country: str, quarter: str) -> None:
    held = "southeast_asia" if country == "PHL" else "baseline"
    found = explain(name, country, quarter, against=held, runs=2)
    lines = str(found).splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 100
    events, figures, documents = (
        lines.index(next(line for line in lines if line.startswith(heading)))
        for heading in ("Events behind", "Figures behind", "Evidence and documents")
    )
    own = found.figures.set_index("figure")
    for line in lines[figures + 1 : documents - 1]:
        assert "\u2026" not in line
        row = own.loc[[line.split(" = ")[0].strip()]].iloc[0]
        assert f"; {row['place']}" in line
        for one in filter(None, row["evidence"].split("; ")):
            assert any(one in told for told in lines[documents:]), one
    if found.events["own"].sum() > 1:
        dated = [line for line in lines[events + 1 : figures] if line.startswith("  20")]
        assert dated
        assert all(line.endswith("]") for line in dated)
    for line in lines[documents + 1 :]:
        assert line.endswith((")", ",", ");")) or "caution" in line


def test_an_event_elsewhere_is_behind_what_reaches_a_country_through_the_powers() -> None:
    found = explain("cpc_closure", "KGZ", "2027Q1", against="baseline", runs=20)
    own = found.events[found.events["own"]]
    assert list(own["event"]) == ["event.close_route.CPC"]
    assert found.change("share.KGZ.RUS.energy").total != 0
    for change in found.changes:
        assert own[change.outcome].iloc[0] == pytest.approx(change.total, abs=1e-12)
    assert "no event" not in str(found)


def test_a_mean_outside_its_range_is_marked() -> None:
    found = explain("cpc_closure", "KGZ", "2027Q1", runs=3, events=False)
    assert "*" not in str(found)
    first = replace(found.changes[0], low=found.changes[0].total + 1.0)
    lines = str(replace(found, changes=(first, *found.changes[1:]))).splitlines()
    totals = next(line for line in lines if line.startswith("total change"))
    assert [cell.startswith("*") for cell in totals.split()[2:]] == [True] + [False] * 4
    assert "  * outside the range: few runs carry the mean" in lines


def test_of_several_events_those_that_take_most_away_come_first() -> None:
    found = explain("war_package", "KAZ", "2025Q4", against="baseline", runs=2)
    own = found.events[found.events["own"]]
    assert not own["event"].str.startswith("event.resolution").any()
    assert "path.alarm.KAZ+UZB.RUS" in set(own["event"])
    lines = str(found).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Events behind it"))
    outcomes = [change.outcome for change in found.changes]
    parts = (own[outcomes].abs() / own[outcomes].abs().max()).sum(axis=1)
    most = own.loc[parts.idxmax()]
    assert lines[start + 1].startswith(f"  {most['date']}  {most['words']}"[:60])
    assert lines[start + 2].split()[:2] == ["left", "out"]


def test_what_only_the_other_scenario_has_is_behind_the_difference_too() -> None:
    found = explain("baseline", "KAZ", "2027Q1", against="cpc_closure", runs=4)
    own = found.events[found.events["own"]]
    assert list(own["event"]) == ["event.close_route.CPC"]
    assert list(own["theirs"]) == [True]
    for change in found.changes:
        assert own[change.outcome].iloc[0] == pytest.approx(change.total, abs=1e-12)
    assert "\n  2026Q1  only in cpc_closure: close_route: route CPC" in str(found)
    assert "E037" in set(found.evidence["evidence"])


@pytest.mark.parametrize(
    ("table", "event", "words"),
    [
        (
            "[parameters]\nfear_push = 4",
            "parameters.fear_push",
            "parameter fear_push 4 (not as in the case)",
        ),
        (
            "[switches]\ncoercion = false",
            "switches.coercion",
            "switch coercion false (not as in the case)",
        ),
        (
            '[membership]\ncountries = ["KAZ", "UZB", "KGZ"]',
            "membership.countries",
            "membership countries KAZ+UZB+KGZ (not as in the case)",
        ),
        (
            '[[attribute]]\nname = "control"\npower = "RUS"\nchannel = "transit"\nvalue = 0.9',
            "attribute.control.RUS.transit",
            "attribute control RUS.transit value 0.9",
        ),
    ],
)
def test_what_a_scenario_sets_otherwise_is_told_and_set_back(
    table: str, event: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "other.toml"
    path.write_text(f'title = "t"\nquestion = "q?"\nextends = "baseline"\n{table}\n')
    found = explain(path, "KAZ", "2027Q1", against="baseline", runs=8)
    assert list(found.events["event"]) == [event]
    assert f"\n  always  {words}\n          left out" in str(found)
    assert found.change("position.KAZ").total != 0
    for change in found.changes:
        assert found.events[change.outcome].iloc[0] == pytest.approx(change.total, abs=1e-12)


def test_of_many_events_those_that_take_most_away_are_left_out(tmp_path: Path) -> None:
    """The closure begins last of seven, and comes first."""
    path = tmp_path / "many.toml"
    head = 'title = "t"\nquestion = "q?"\nextends = "baseline"\n'
    deal = """
[[event]]
kind = "deal"
country = "KAZ"
power = "{}"
sector = "minerals"
date = "2023Q2"
announced = 1.0
stake = 0.001
reason = "r"
source = "assumption: a"
"""
    closure = """
[[event]]
kind = "close_route"
route = "CPC"
date = "2026Q1"
quarters = 2
intensity = 0.8
reason = "r"
source = "E037"
"""
    powers = ("RUS", "CHN", "USA", "EU", "TUR")
    path.write_text(head + "".join(deal.format(one) for one in (*powers, "USA")) + closure)
    found = explain(path, "KAZ", "2026Q2", against="baseline", runs=4)
    own = found.events.set_index("event")
    assert len(own) == 7
    assert own["output.KAZ"].notna().sum() == 6
    closed = own.loc["event.close_route.CPC", "output.KAZ"]
    without = path.with_name("without.toml")
    without.write_text(path.read_text().replace(closure, ""))
    options = {"against": "baseline", "outcomes": ["output"], "runs": 4, "events": False}
    less = explain(without, "KAZ", "2026Q2", **options)
    change = found.change("output.KAZ").total - less.change("output.KAZ").total
    assert closed == pytest.approx(change, abs=1e-12)
    assert closed < -0.01
    lines = str(found).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Events behind it"))
    assert lines[start + 1].startswith("  2026Q1  close_route: route CPC")


def test_the_mean_is_that_of_the_runs_alone() -> None:
    options = {"against": "baseline", "outcomes": ["position", "output"], "events": False}
    both = explain("cpc_closure", "KAZ", "2027Q1", runs=2, **options)
    alone = [explain("cpc_closure", "KAZ", "2027Q1", run=run, **options) for run in range(2)]
    keys = ["outcome", "power", "channel", "term", "detail"]
    parts = [one.table.set_index(keys)["value"] for one in alone]
    mean = parts[0].add(parts[1], fill_value=0) / 2
    table = both.table.set_index(keys)["value"]
    np.testing.assert_allclose(mean.reindex(table.index), table, atol=1e-12)
    assert alone[1].run == 1
    assert "Run 1 alone, seed 2022." in str(alone[1])


def test_a_stored_result_is_explained_as_it_was_run(stored: Result) -> None:
    found = explain(stored.folder, "KAZ", "2027Q1", against="baseline", events=False)
    assert (found.scenario, found.against, found.runs, found.seed) == (
        "cpc_closure", "baseline", 4, 5,
    )  # fmt: skip
    recorded = stored.trajectories(["position.KAZ", "output.KAZ"])
    at = recorded[recorded["quarter"] == quarters.parse("2027Q1")].groupby("scenario").mean()
    for outcome in ("position.KAZ", "output.KAZ"):
        change = found.change(outcome)  # results are kept in single precision
        assert change.before == pytest.approx(at.loc["baseline", outcome], abs=1e-7)
        assert change.after == pytest.approx(at.loc["cpc_closure", outcome], abs=1e-7)
    named = explain(f"{stored.folder}:baseline", "UZB", "2024Q4", run=3, events=False)
    assert (named.scenario, named.against, named.run) == ("baseline", None, 3)


def test_a_change_since_a_quarter_is_the_difference_of_two() -> None:
    options = {"runs": 2, "events": False, "outcomes": ALL, "against": "baseline"}
    late = explain("war_ends", "KAZ", "2027Q4", **options)
    early = explain("war_ends", "KAZ", "2026Q2", **options)
    since = explain("war_ends", "KAZ", "2027Q4", since="2026Q2", **options)
    for one, two, change in zip(late.changes, early.changes, since.changes, strict=True):
        assert change.total == pytest.approx(one.total - two.total, abs=1e-12)
        assert change.residual < 1e-9
    assert "changed since 2026Q2" in str(since)


def test_a_change_since_a_quarter_goes_from_level_to_level(stored: Result) -> None:
    held = stored.trajectories()
    held = held[held["scenario"] == "cpc_closure"]
    means = held.drop(columns="scenario").groupby("quarter").mean()
    found = explain(f"{stored.folder}:cpc_closure", "KAZ", "2027Q1", since="2026Q2", events=False)
    for change in found.changes:
        if change.outcome not in means:
            continue
        levels = [means.loc[quarters.parse(one), change.outcome] for one in ("2026Q2", "2027Q1")]
        assert [change.before, change.after] == pytest.approx(levels, abs=1e-6)


def test_the_table_the_json_and_the_card_hold_the_same(closure: Explanation) -> None:
    import json

    plain = json.loads(closure.to_json())
    assert plain["scenario"] == "cpc_closure"
    assert len(plain["terms"]) == len(closure.table)
    total = sum(row["value"] for row in plain["terms"] if row["outcome"] == "output.KAZ")
    assert total == pytest.approx(closure.change("output.KAZ").total, abs=1e-9)
    card = closure._repr_html_()
    assert "cpc_closure against baseline" in card
    assert "cannot be shown" not in card
    with pytest.raises(KeyError, match=r"'gdp.KAZ' is not among position.KAZ"):
        closure.change("gdp.KAZ")


def test_figures_are_those_of_the_largest_terms(closure: Explanation) -> None:
    figures = closure.figures[closure.figures["outcome"] == "output.KAZ"]
    assert {"route.CPC.volume", "exposure.KAZ.transit"} <= set(figures["figure"])
    route = figures[figures["figure"] == "route.CPC.volume"].iloc[0]
    assert route["place"].startswith("routes.csv:")
    assert "E037" in route["evidence"]
    row = closure.evidence[closure.evidence["evidence"] == "E037"].iloc[0]
    assert row["title"] == "Blinken + 5"
    assert row["caution"] == "several stoppages in 2022; their cause is disputed"


@pytest.mark.parametrize("outcome", ["position.KAZ", "output.KAZ", "share.KAZ.RUS.transit"])
def test_a_waterfall_goes_from_the_value_before_to_the_one_after(
    closure: Explanation, outcome: str
) -> None:
    change = closure.change(outcome)
    page = waterfall_page(closure, outcome)
    steps = page.table[page.table["kind"] == "term"]
    assert steps["value"].sum() == pytest.approx(change.total, abs=1e-12)
    assert steps["start"].iloc[0] == pytest.approx(change.before, abs=1e-12)
    np.testing.assert_allclose(steps["end"].to_numpy()[:-1], steps["start"].to_numpy()[1:])
    assert steps["end"].iloc[-1] == pytest.approx(change.after, abs=1e-12)
    assert list(steps["value"].iloc[:1]) == list(change.terms["value"].iloc[:1])
    bars = [line for line in page.draw().axes[0].get_lines() if line.get_gid() == "term"]
    assert len(bars) == len(steps)
    np.testing.assert_allclose([bar.get_xdata() for bar in bars], steps[["start", "end"]])
    assert "Waterfall from" in page.alternative


BAD = [
    ({"country": "KAS"}, "country: found 'KAS'; did you mean 'KAZ'?|country: found 'KAS'.*KAZ"),
    ({"quarter": "2050Q1"}, "quarter: found 2050Q1; cpc_closure goes from 2023Q1 to 2035Q4"),
    ({"quarter": "spring"}, "'spring' is not a quarter"),
    ({"since": "2027Q1"}, "since: found 2027Q1; what comes before it goes from 2023Q1 to 2026Q4"),
    ({"run": -1}, "run: found -1; allowed: 0 to"),
    ({"runs": 0}, "runs: found 0; allowed: 1 or more"),
    (
        {"outcomes": ["outptu"]},
        "outcome: found 'outptu'.*output.*what can be explained is position",
    ),
    ({"against": "base_line"}, "there is no scenario 'base_line'.*baseline"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_what_cannot_be_used_is_refused(given: dict[str, object], message: str) -> None:
    options: dict[str, object] = {"country": "KAZ", "quarter": "2027Q1", "runs": 2} | given
    country, quarter = options.pop("country"), options.pop("quarter")
    with pytest.raises(InputError, match=message):
        explain("cpc_closure", str(country), str(quarter), **options)  # type: ignore[arg-type]


def test_results_are_refused_with_what_they_hold(stored: Result, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds baseline, cpc_closure; say which is to be exp"):
        explain(stored.folder, "KAZ", "2027Q1")
    with pytest.raises(InputError, match=r"there is no scenario 'cpc_closur'.*cpc_closure"):
        explain(f"{stored.folder}:cpc_closur", "KAZ", "2027Q1")
    with pytest.raises(InputError, match=r"run: found 4; .* has runs 0 to 3"):
        explain(stored.folder, "KAZ", "2027Q1", against="baseline", run=4)
    with pytest.raises(InputError, match=r"runs: found 5; .* has 4"):
        explain(stored.folder, "KAZ", "2027Q1", against="baseline", runs=5)
    with pytest.raises(InputError, match="seed: a stored result has its own"):
        explain(stored.folder, "KAZ", "2027Q1", against="baseline", seed=2)
    sweep = tmp_path / "sweep"
    sweep.mkdir()
    manifest = (stored.folder / "manifest.json").read_text(encoding="utf-8")
    changed = manifest.replace('"multivector results 1"', '"multivector sweep 1"')
    (sweep / "manifest.json").write_text(changed, encoding="utf-8")
    with pytest.raises(InputError, match=r"this is the result of a sweep, not of a batch"):
        explain(sweep, "KAZ", "2027Q1")
    remade = tmp_path / "remade"
    shutil.copytree(stored.folder, remade)
    table = pd.read_parquet(remade / "runs.parquet")
    table["position.UZB"] += np.float32(0.001)
    table.to_parquet(remade / "runs.parquet")
    with pytest.raises(
        InputError,
        match=r"remade: run 0 comes out with another position now than is stored; it was made by "
        r"multivector [\d.]+, and the model has changed since",
    ):
        explain(f"{remade}:cpc_closure", "KAZ", "2027Q1")
    outdated = tmp_path / "outdated"
    outdated.mkdir()
    changed = manifest.replace(str(stored.manifest["case"]["hash"]), "0" * 64)
    (outdated / "manifest.json").write_text(changed, encoding="utf-8")
    with pytest.raises(InputError, match="files of the case central_asia have changed since"):
        explain(f"{outdated}:baseline", "KAZ", "2027Q1")
    with pytest.raises(InputError, match=r"it has no manifest.json"):
        explain(tmp_path, "KAZ", "2027Q1")


def test_a_scenario_of_another_case_is_refused(tmp_path: Path) -> None:
    text = load_scenario("baseline").origin.layers[0].path.read_text(encoding="utf-8")
    other = tmp_path / "other.toml"
    other.write_text(text.replace('case = "central_asia"', 'case = "elsewhere"'), encoding="utf-8")
    with pytest.raises(InputError, match="other is about the case elsewhere, cpc_closure about c"):
        explain("cpc_closure", "KAZ", "2027Q1", against=other)


def test_another_set_of_powers_is_refused(tmp_path: Path) -> None:
    fewer = tmp_path / "fewer.toml"
    fewer.write_text(
        'title = "Fewer"\nquestion = "What if?"\nextends = "baseline"\n'
        '[membership]\npowers = ["RUS", "CHN", "USA", "REG"]\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="fewer and baseline differ in powers"):
        explain(fewer, "KAZ", "2024Q1", against="baseline", runs=2, events=False)
