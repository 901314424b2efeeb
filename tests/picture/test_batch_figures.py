"""Alignment, events, routes, distribution functions, violins and effects: the data they draw."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment.result import Result
from sim.picture.batch import alignment, cumulative, effects, events, routes, violin
from sim.picture.batch.crossing import groups
from sim.picture.batch.dated import Dated, together
from sim.picture.figures import pages
from sim.picture.request import Request
from sim.picture.style import Actor, Caption, scenario_styles

Make = Callable[..., Result]
Words = Callable[[Figure], str]


def test_alignment_holds_means_that_add_up(result: Result) -> None:
    (page,) = pages(result, "alignment")
    kept = result.trajectories(["alignment"]).drop(columns="run")
    means = kept.groupby(["scenario", "quarter"]).mean()
    for one in page.table.sample(20, random_state=1).to_dict("records"):
        column = f"alignment.{one['country']}.{one['power']}"
        expected = 100 * means.at[(one["scenario"], one["quarter"]), column]
        assert one["share"] == pytest.approx(expected, rel=1e-6)
    whole = page.table.groupby(["scenario", "country", "quarter"])["share"].sum()
    np.testing.assert_allclose(whole, 100, rtol=1e-9)
    assert set(page.table["n"]) == {40}


def test_alignment_shows_the_first_scenario_beside_two_others(
    make_result: Make, tmp_path: Path
) -> None:
    made = list(pages(make_result(tmp_path, scenarios=6, runs=9), "alignment"))
    assert [page.name for page in made] == ["alignment", "alignment_2", "alignment_3"]
    shown = [set(page.table["scenario"]) for page in made]
    assert shown == [{"calm", "closure", "deals"}, {"calm", "peace", "sanctions"},
                     {"calm", "condominium"}]  # fmt: skip


def test_labels_stay_apart_and_in_order() -> None:
    places = alignment._apart([0.1, 0.12, 0.13, 0.9, 0.95], 0.1, 0.0, 1.0)
    assert np.all(np.diff(places) >= 0.1 - 1e-9)
    assert min(places) >= -1e-9
    assert max(places) <= 1 + 1e-9
    assert alignment._apart([0.2, 0.6], 0.1, 0.0, 1.0) == [0.2, 0.6]


def test_events_count_threats_and_deals(result: Result) -> None:
    (page,) = pages(result, "events")
    log = result.events()
    log = log[(log["scenario"] == "closure") & (log["country"] == "BOR")]
    own = page.table[(page.table["scenario"] == "closure") & (page.table["country"] == "BOR")]
    year = log[(log["kind"] == "imposed") & (log["power"] == "NOR") & (log["quarter"] // 4 == 2024)]
    one = own[(own["kind"] == "imposed") & (own["power"] == "NOR") & (own["year"] == 2024)].iloc[0]
    assert one["mean"] == pytest.approx(len(year) / 40)
    assert one["share"] == pytest.approx(year["run"].nunique() / 40)
    threats = log[log["kind"].isin(["imposed", "complied", "backed_down"])]
    whole = own[own["year"].isna()].set_index("kind")
    assert whole.at["threat", "mean"] == pytest.approx(len(threats) / 40)
    assert whole.at["threat", "share"] == pytest.approx(threats["run"].nunique() / 40)
    assert whole.at["deal", "mean"] == pytest.approx((log["kind"] == "deal").sum() / 40)
    assert "vote" not in set(page.table["kind"])


def test_events_of_one_power_alone(result: Result) -> None:
    (page,) = pages(result, "events", Request.of(power="EAS", country="CIM"))
    assert set(page.table["power"]) == {"EAS", ""}
    log = result.events()
    log = log[(log["country"] == "CIM") & (log["power"] == "EAS") & (log["scenario"] == "calm")]
    whole = page.table[page.table["year"].isna() & (page.table["scenario"] == "calm")]
    deals = whole.loc[whole["kind"] == "deal", "mean"].item()
    assert deals == pytest.approx((log["kind"] == "deal").sum() / 40)


def test_dated_events_that_scenarios_share_are_told_together() -> None:
    def one(scenario: str, start: int, words: str) -> Dated:
        return Dated(scenario, "deal", start, 0.0, ("A",), "", words, words)

    told = together([one("x", 8092, "a"), one("y", 8092, "a"), one("y", 8093, "b"),
                     one("y", 8093, "b")])  # fmt: skip
    assert [(date.start, date.words, len(date.events)) for date in told] == [
        (8092, "a", 2),
        (8093, "b (2)", 2),
    ]
    assert told[0].events[0].about("x", "A")
    assert not told[0].events[0].about("x", "B")


def test_routes_hold_flow_and_capacity(result: Result) -> None:
    (page,) = pages(result, "routes")
    assert set(page.table["panel"]) == {"PIPE", "RAIL"}  # the planned one carries nothing
    flow = result.trajectories(["route_volume.PIPE"])
    flow = flow[(flow["scenario"] == "closure") & (flow["quarter"] == 4 * 2024)]
    own = page.table[(page.table["scenario"] == "closure") & (page.table["panel"] == "PIPE")]
    at = own[own["quarter"] == 4 * 2024].iloc[0]
    levels = np.quantile(flow["route_volume.PIPE"], [0.05, 0.5, 0.95])
    np.testing.assert_allclose(at[["q05", "q50", "q95"]].astype(float), levels)
    assert own["capacity"].notna().sum() == 1  # recorded in the last quarter only
    assert own.sort_values("quarter")["capacity"].iloc[-1] == pytest.approx(60.5)
    assert "Capacity was not recorded by quarter" in page.caption.note


def test_largest_routes_of_each_unit_come_first() -> None:
    table = pd.DataFrame(
        {"panel": ["A", "B", "C", "D"], "q95": [50.0, 40.0, 3.0, 1e-6], "scenario": "x"}
    )
    order, some_left = routes._order(table, {"A": "Mt", "B": "Mt", "C": "bcm", "D": "bcm"})
    assert order == ["A", "C", "B"]
    assert some_left


def test_distribution_function_counts_ties_and_has_its_band() -> None:
    samples = pd.DataFrame({"scenario": "x", "panel": "A", "value": [2.0, 1.0, 2.0, 3.0]})
    found = cumulative.table(samples)
    assert found["value"].tolist() == [1, 2, 2, 3]
    assert found["share"].tolist() == [0.25, 0.75, 0.75, 1.0]
    half = math.sqrt(math.log(2 / 0.05) / 8)
    np.testing.assert_allclose(found["low"], np.maximum(found["share"] - half, 0))
    np.testing.assert_allclose(found["high"], np.minimum(found["share"] + half, 1))
    assert cumulative.table(samples, independent=False)["low"].isna().all()


def test_distribution_function_tells_quantiles(result: Result, page_words: Words) -> None:
    (page,) = pages(result, "cumulative", Request.of(outcome="autonomy", country="BOR"))
    figure = page.draw()
    runs = result.runs(["autonomy.BOR"])
    sample = runs.loc[runs["scenario"] == "calm", "autonomy.BOR"]
    text = page_words(figure)
    for quantile in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert f"{sample.quantile(quantile):.4f}" in text
    (curve,) = [line for line in figure.axes[0].get_lines() if line.get_gid() == "curve calm"]
    np.testing.assert_allclose(curve.get_xdata()[1:-1], np.sort(sample))
    np.testing.assert_allclose(curve.get_ydata()[1:-1], 100 * np.arange(1, 41) / 40)
    assert "95% confidence (Dvoretzky, Kiefer and Wolfowitz)" in text.replace("\n", " ")


def test_violins_draw_quantiles_and_medians(result: Result) -> None:
    (page,) = pages(result, "violin", Request.of(outcome="autonomy"))
    axes = page.draw().axes[0]
    runs = result.runs(["autonomy.AVA"])
    for place, scenario in enumerate(("calm", "closure")):
        sample = runs.loc[runs["scenario"] == scenario, "autonomy.AVA"]
        marks = {line.get_gid(): line for line in axes.get_lines()}
        assert marks[f"median {scenario}"].get_ydata()[0] == pytest.approx(sample.median())
        bar = marks[f"bar 0 {scenario}"]
        np.testing.assert_allclose(bar.get_ydata(), sample.quantile([0.05, 0.95]))
        np.testing.assert_allclose(bar.get_xdata(), place)


def test_effects_are_paired_differences(result: Result) -> None:
    (page,) = pages(result, "effects", Request.of(outcome="autonomy"))
    runs = result.runs(["autonomy"]).set_index("run")
    calm, closure = (runs[runs["scenario"] == name] for name in ("calm", "closure"))
    for one in page.table.to_dict("records"):
        gap = closure[one["outcome"]] - calm[one["outcome"]]
        assert one["difference"] == pytest.approx(gap.mean())
        margin = 1.684875 * gap.std(ddof=1) / math.sqrt(40)  # Student's t, 39 degrees, 0.95
        assert one["high"] - one["difference"] == pytest.approx(margin, rel=1e-4)
        np.testing.assert_allclose(one["spread_low"], gap.quantile(0.05))
    assert "difference run by run" not in page.name
    assert page.caption.shown == "Differences from Scenario calm in 2024Q4"


def test_numbers_of_effects_have_the_digits_that_can_be_seen() -> None:
    assert effects._numbers(0.0123, -0.0004, 0.02, 0.05) == "+0.0123 (\u22120.0004 to +0.0200)"
    assert effects._numbers(1e-7, -1e-7, 1e-7, 0.05) == "0.0000 (0.0000 to 0.0000)"


def test_scenarios_side_by_side() -> None:
    styles = scenario_styles(list("abcdef"), list("abcdef"))
    assert [[one.name for one in group] for group in groups(styles)] == [
        ["a", "b", "c"],
        ["a", "d", "e"],
        ["a", "f"],
    ]
    assert [len(group) for group in groups(styles[:1])] == [1]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda c: alignment.draw(pd.DataFrame(), [], [], [], c),
            "a picture of alignment needs a column scenario; the table has none",
        ),
        (
            lambda c: events.draw(pd.DataFrame(), [], [], [], c, (0, 1)),
            "a picture of events needs a column scenario; the table has none",
        ),
        (
            lambda c: routes.draw(pd.DataFrame(), [], [], (0.5,), c),
            "a picture of routes needs a column scenario; the table has none",
        ),
        (
            lambda c: cumulative.draw(pd.DataFrame(), [], [], (0.5,), c),
            "a distribution function needs a column share; found none",
        ),
        (
            lambda c: violin.draw(pd.DataFrame(), [Actor("A", "A")], [], (0.05, 0.5, 0.95), c),
            "a picture of distributions needs a column scenario; found none",
        ),
        (
            lambda c: effects.draw(pd.DataFrame(), [], [], scenario_styles(["a"], ["a"])[0], c),
            "a picture of effects needs a column scenario; the table has none",
        ),
    ],
)
def test_a_table_without_a_column_is_refused(
    caption: Caption, draw: Callable[[Caption], Figure], message: str
) -> None:
    with pytest.raises(InputError) as error:
        draw(caption)
    assert str(error.value) == message
