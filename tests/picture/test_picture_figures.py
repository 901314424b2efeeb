"""Each figure draws the numbers it is given, says how to read them, and keeps its words apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from sim.core.errors import InputError
from sim.picture.batch import fan, leverage, ridgeline, ternary
from sim.picture.style import Actor, Caption, scenario_styles

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
PANELS = [Actor("A", "Avaland"), Actor("B", "Borland")]
TWO = scenario_styles(["base", "shock"], ["Base", "Shock"])
Words = Callable[[Figure], str]


def drawn(figure: Figure, label: str) -> list[Any]:
    """Lines that carry a label, panel by panel."""
    return [line for axes in figure.axes for line in axes.get_lines() if line.get_gid() == label]


# Fan


def fan_table(scenarios: int = 2) -> pd.DataFrame:
    rows = []
    for place, scenario in enumerate(("base", "shock", "c", "d", "e", "f")[:scenarios]):
        for actor in ("A", "B"):
            for step in range(5):
                middle = 0.5 + 0.01 * step + 0.1 * place
                spread = 0.02 * (step + 1)
                quantiles = {
                    "q05": middle - 2 * spread,
                    "q25": middle - spread,
                    "q50": middle,
                    "q75": middle + spread,
                    "q95": middle + 2 * spread,
                }
                key = {"scenario": scenario, "panel": actor, "quarter": 8092 + step, "n": 40}
                rows.append({**key, **quantiles})
    return pd.DataFrame(rows)


def test_fan_draws_medians_bands_and_ends(caption: Caption) -> None:
    table = fan_table()
    figure = fan.draw(table, PANELS, TWO, QUANTILES, caption)
    assert len(figure.axes) == 2
    for scenario in ("base", "shock"):
        own = table[(table["scenario"] == scenario) & (table["panel"] == "A")]
        line = drawn(figure, f"median {scenario}")[0]
        np.testing.assert_allclose(line.get_xdata(), own["quarter"] / 4)
        np.testing.assert_allclose(line.get_ydata(), own["q50"])
    base = table[(table["scenario"] == "base") & (table["panel"] == "A")]
    for band, low, high in zip(
        figure.axes[0].collections, ("q05", "q25"), ("q95", "q75"), strict=False
    ):
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(base[low].min())
        assert heights.max() == pytest.approx(base[high].max())
    ends = [
        line.get_ydata()
        for line in figure.axes[0].get_lines()
        if len(line.get_xdata()) == 2 and line.get_xdata()[0] > base["quarter"].max() / 4
    ]
    last = base.iloc[-1]
    np.testing.assert_allclose(ends[0], [last["q05"], last["q95"]])
    np.testing.assert_allclose(ends[1], [last["q25"], last["q75"]])


def test_fan_says_what_its_bands_are(caption: Caption, page_words: Words) -> None:
    text = page_words(fan.draw(fan_table(), PANELS, TWO, QUANTILES, caption)).replace("\n", " ")
    assert "middle 50% of runs (quantiles 0.25 to 0.75)" in text
    assert "middle 90% of runs (quantiles 0.05 to 0.95)" in text
    assert "multivector 9.9, case Toyland; 40 runs a scenario, seed 5." in text
    assert "What if?" in text
    assert "Weight [0 to 1]" in text
    assert "Base" in text
    assert "Shock" in text


def test_fan_of_many_scenarios_fills_the_first_alone(caption: Caption, page_words: Words) -> None:
    six = scenario_styles(["base", "shock", "c", "d", "e", "f"], list("UVWXYZ"))
    figure = fan.draw(fan_table(6), PANELS, six, QUANTILES, caption)
    assert len(figure.axes[0].collections) == 2
    assert "of the first scenario" in page_words(figure)
    assert len(drawn(figure, "median f")) == 2


def test_fan_keeps_a_panel_that_one_scenario_leaves_out(caption: Caption) -> None:
    table = fan_table()
    table = table[~((table["scenario"] == "base") & (table["panel"] == "B"))]
    figure = fan.draw(table, PANELS, TWO, QUANTILES, caption)
    assert len(drawn(figure, "median base")) == 1
    assert len(drawn(figure, "median shock")) == 2
    assert len(figure.axes[1].collections) == 2  # the bands are those of the first one present


def test_fan_of_a_constant_outcome_and_of_one_quarter(caption: Caption) -> None:
    table = fan_table().assign(q05=0.3, q25=0.3, q50=0.3, q75=0.3, q95=0.3)
    low, high = fan.draw(table, PANELS, TWO, QUANTILES, caption).axes[0].get_ylim()
    assert low < 0.3 < high
    figure = fan.draw(table[table["quarter"] == 8092], PANELS, TWO, QUANTILES, caption)
    line = drawn(figure, "median base")[0]
    np.testing.assert_allclose(line.get_xdata(), [2023.0, 2023.25])  # a point would not be seen
    np.testing.assert_allclose(line.get_ydata(), [0.3, 0.3])


def test_fan_shares_a_scale_only_where_movements_stay_visible(
    caption: Caption, page_words: Words
) -> None:
    near = fan.draw(fan_table(), PANELS, TWO, QUANTILES, caption)
    assert near.axes[0].get_ylim() == near.axes[1].get_ylim()
    assert "scale" not in page_words(near)
    table = fan_table()
    levels = ["q05", "q25", "q50", "q75", "q95"]
    table.loc[table["panel"] == "B", levels] += 50
    far = fan.draw(table, PANELS, TWO, QUANTILES, caption)
    assert far.axes[0].get_ylim() != far.axes[1].get_ylim()
    assert np.ptp(far.axes[0].get_ylim()) == pytest.approx(np.ptp(far.axes[1].get_ylim()))
    assert "Panels show different levels, all at one scale." in page_words(far).replace("\n", " ")


def test_fan_of_differences_marks_zero_at_one_scale(caption: Caption, page_words: Words) -> None:
    table = fan_table()
    table.loc[table["panel"] == "B", ["q05", "q25", "q50", "q75", "q95"]] *= 0.001
    figure = fan.draw(table, PANELS, TWO, QUANTILES, caption, difference=True)
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert any(list(line.get_ydata()) == [0.0, 0.0] for line in figure.axes[1].get_lines())
    assert "median of the differences run by run" in page_words(figure).replace("\n", " ")


@pytest.mark.parametrize("column", ["n", "q05", "q50", "panel"])
def test_fan_refuses_a_table_without_n_or_quantiles(caption: Caption, column: str) -> None:
    with pytest.raises(InputError, match=f"a fan chart needs a column {column}; the table has non"):
        fan.draw(fan_table().drop(columns=column), PANELS, TWO, QUANTILES, caption)


@pytest.mark.parametrize(
    "quantiles", [(), (0.5,), (0.05, 0.5), (0.1, 0.5, 0.95), (0.0, 0.5, 1.0), (0.2, 0.4, 0.6, 0.8)]
)
def test_figures_refuse_to_draw_without_quantiles(
    caption: Caption, quantiles: tuple[float, ...]
) -> None:
    with pytest.raises(InputError, match="needs the quantiles it shows: at least 3, the median"):
        fan.draw(fan_table(), PANELS, TWO, quantiles, caption)
    with pytest.raises(InputError, match="needs the quantiles it shows: at least 3, the median"):
        ridgeline.draw(runs_table(), PANELS, TWO, quantiles, caption)


@pytest.mark.parametrize("field", ["title", "shown", "source"])
def test_captions_refuse_missing_words(caption: Caption, field: str) -> None:
    with pytest.raises(InputError, match=f"a picture needs its {field}; found none"):
        replace(caption, **{field: " "})


def test_captions_refuse_no_runs(caption: Caption) -> None:
    with pytest.raises(InputError, match="a picture needs the number of runs behind it; found 0"):
        replace(caption, runs=0)


@pytest.mark.parametrize("number", [0, 7])
def test_styles_refuse_more_scenarios_than_can_be_told_apart(number: int) -> None:
    names = [str(place) for place in range(number)]
    with pytest.raises(InputError, match=f"one picture shows 1 to 6 scenarios; found {number}"):
        scenario_styles(names, names)


# Distribution


def runs_table(runs: int = 200) -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.concat(
        [
            pd.DataFrame(
                {"scenario": s, "panel": p, "value": random.normal(0.5 + shift, 0.1, runs)}
            )
            for shift, s in enumerate(("base", "shock"))
            for p in ("A", "B")
        ],
        ignore_index=True,
    )


def test_distribution_marks_the_quantiles(caption: Caption, page_words: Words) -> None:
    table = runs_table()
    figure = ridgeline.draw(table, PANELS, TWO, QUANTILES, caption)
    sample = table[(table["scenario"] == "shock") & (table["panel"] == "B")]["value"]
    low, first, median, third, high = np.quantile(sample, QUANTILES)
    np.testing.assert_allclose(drawn(figure, "bar 0 shock")[1].get_xdata(), [low, high])
    np.testing.assert_allclose(drawn(figure, "bar 1 shock")[1].get_xdata(), [first, third])
    np.testing.assert_allclose(drawn(figure, "median shock")[1].get_xdata(), [median])
    text = page_words(figure).replace("\n", " ")
    assert f"{median:.2f}" in text
    assert "middle 90% of runs (quantiles 0.05 to 0.95)" in text


def test_distribution_counts_whole_numbers_in_bars(caption: Caption, page_words: Words) -> None:
    table = runs_table(100)
    table["value"] = np.tile([0.0] * 60 + [1.0] * 30 + [2.0] * 10, 4)
    figure = ridgeline.draw(table, PANELS, TWO, QUANTILES, caption)
    bars = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    heights = np.array([bar.get_height() for bar in bars[:3]])
    np.testing.assert_allclose(heights / heights[0], [1, 0.5, 1 / 6])
    assert "\n0\n" in page_words(figure)


@pytest.mark.parametrize("runs", [1, 2, 7])
def test_distribution_of_few_runs_shows_the_runs(caption: Caption, runs: int) -> None:
    figure = ridgeline.draw(runs_table(runs), PANELS, TWO, QUANTILES, caption)
    assert not figure.axes[0].collections  # no curve that nobody sampled


def test_distribution_of_constants_and_missing_values(caption: Caption, page_words: Words) -> None:
    table = runs_table().assign(value=0.25)
    table.loc[(table["scenario"] == "base") & (table["panel"] == "B"), "value"] = np.nan
    text = page_words(ridgeline.draw(table, PANELS, TWO, QUANTILES, caption))
    assert "left out" in text


def test_distribution_refuses_what_it_cannot_draw(caption: Caption) -> None:
    with pytest.raises(InputError, match="needs a column value; found none"):
        ridgeline.draw(runs_table().drop(columns="value"), PANELS, TWO, QUANTILES, caption)
    with pytest.raises(InputError, match="needs runs; Avaland has none"):
        ridgeline.draw(runs_table().assign(value=np.nan), PANELS, TWO, QUANTILES, caption)


# Ternary

CORNERS = [Actor(code, code) for code in ("North", "East", "West")]


def ternary_tables(runs: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(4)
    ends, paths = [], []
    for scenario in ("base", "shock"):
        for panel, centre in (("A", (0.3, 0.2, 0.1)), ("B", (0.1, 0.3, 0.2))):
            key = {"scenario": scenario, "panel": panel}
            values = random.normal(centre, 0.01, (runs, 3))
            ends.append(pd.DataFrame(values, columns=["North", "East", "West"]).assign(**key))
            line = np.array(centre) + np.linspace(0, 0.02, 6)[:, None] * [1, 0, 0]
            path = pd.DataFrame(line, columns=["North", "East", "West"])
            paths.append(path.assign(**key, quarter=8092 + np.arange(6)))
    return pd.concat(ends, ignore_index=True), pd.concat(paths, ignore_index=True)


def test_ternary_draws_rescaled_shares(caption: Caption, page_words: Words) -> None:
    ends, paths = ternary_tables()
    figure = ternary.draw(ends, paths, CORNERS, PANELS, TWO, (0.5, 0.9), caption)
    own = paths[(paths["scenario"] == "shock") & (paths["panel"] == "B")]
    shares = own[["North", "East", "West"]].to_numpy()
    shares = shares / shares.sum(axis=1, keepdims=True)
    line = drawn(figure, "path shock")[1]
    # mpltern's plane: the top share is the height, the base lies from -1 to 1 over root 3.
    np.testing.assert_allclose(line.get_ydata(), shares[:, 0])
    np.testing.assert_allclose(line.get_xdata(), (shares[:, 2] - shares[:, 1]) / 3**0.5)
    sample = ends[(ends["scenario"] == "base") & (ends["panel"] == "A")]
    values = sample[["North", "East", "West"]].to_numpy()
    middle = np.median(values / values.sum(axis=1, keepdims=True), axis=0)
    dot = drawn(figure, "median base")[0]
    np.testing.assert_allclose(dot.get_ydata(), middle[0] / middle.sum())
    text = page_words(figure).replace("\n", " ")
    assert "hold 90% and 50% of runs" in text
    assert "Shares are rescaled so that the three add up to 100%." in text
    assert "Where the panels lie" in text


def test_ternary_names_places_by_code_where_names_leave_no_room(
    caption: Caption, page_words: Words
) -> None:
    ends, paths = ternary_tables()
    panels = [Actor("A", "The long name of a land of many words"), Actor("B", "Borland")]
    figure = ternary.draw(ends, paths, CORNERS, panels, TWO, (0.5, 0.9), caption)
    words = [text.get_text() for text in figure.findobj(Text)]
    assert [words.count(label) for label in ("A", "B", "Borland")] == [1, 1, 1]


@pytest.mark.parametrize("runs", [1, 2, 7])
def test_ternary_of_few_runs_or_none_by_quarter(caption: Caption, runs: int) -> None:
    ends, paths = ternary_tables(runs)
    figure = ternary.draw(ends, paths.iloc[:0], CORNERS, PANELS, TWO, (0.5, 0.9), caption)
    assert len(drawn(figure, "median base")) == 2
    assert not drawn(figure, "path base")


def test_ternary_of_constants_extremes_and_a_country_left_out(caption: Caption) -> None:
    ends, paths = ternary_tables()
    codes = ["North", "East", "West"]
    ends[codes] = [1.0, 0.0, 0.0]
    ends.loc[(ends["scenario"] == "base") & (ends["panel"] == "B"), codes] = np.nan
    figure = ternary.draw(ends, paths, CORNERS, PANELS, TWO, (0.5, 0.9), caption)
    assert len(drawn(figure, "median base")) == 1
    assert len(drawn(figure, "median shock")) == 2
    ends[codes] = 0.0  # no ties with any of the three: nothing to place, and no division by zero
    ternary.draw(ends, paths, CORNERS, PANELS, TWO, (0.5, 0.9), caption)


def test_ternary_of_wide_spread_shows_the_whole_triangle(
    caption: Caption, page_words: Words
) -> None:
    ends, paths = ternary_tables()
    codes = ["North", "East", "West"]
    ends[codes] = np.random.default_rng(1).dirichlet([1, 1, 1], len(ends))
    figure = ternary.draw(ends, paths, CORNERS, PANELS, TWO, (0.5, 0.9), caption)
    assert "Where the panels lie" not in page_words(figure)


def test_ternary_refuses_what_it_cannot_draw(caption: Caption) -> None:
    ends, paths = ternary_tables()
    with pytest.raises(InputError, match="a ternary has three corners; found 2"):
        ternary.draw(ends, paths, CORNERS[:2], PANELS, TWO, (0.5, 0.9), caption)
    with pytest.raises(InputError, match="needs the shares of runs that its regions hold"):
        ternary.draw(ends, paths, CORNERS, PANELS, TWO, (), caption)
    with pytest.raises(InputError, match="a ternary needs a column West; the table has none"):
        ternary.draw(ends.drop(columns="West"), paths, CORNERS, PANELS, TWO, (0.5,), caption)


def test_plane_and_shares_undo_each_other() -> None:
    shares = np.random.default_rng(2).dirichlet([1, 2, 3], 20)
    found = np.stack(ternary.corner_shares(*ternary.plane(shares)), axis=1)
    np.testing.assert_allclose(found, shares)


def test_spread_out_keeps_order_and_distance() -> None:
    moved = ternary.spread_out([1.0, 1.0, 0.95, 3.0], 0.5)
    assert sorted(range(4), key=lambda place: -moved[place]) == [3, 0, 1, 2]
    gaps = np.diff(sorted(moved))
    assert gaps.min() >= 0.5 - 1e-12


# Leverage

ROWS = [Actor("N", "Northern Empire"), Actor("W", "West")]
COLUMNS = [Actor("trade", "trade"), Actor("transit", "transit")]


def leverage_table(values: list[float]) -> pd.DataFrame:
    cells = [(p, r, c) for p in "AB" for r in "NW" for c in ("trade", "transit")]
    rows = [(*cell, value) for cell, value in zip(cells, values, strict=True)]
    return pd.DataFrame(rows, columns=["panel", "row", "column", "value"])


def test_leverage_writes_every_value(caption: Caption) -> None:
    table = leverage_table([3.14, 0.0, 1.26, 0.04, 12.5, 2.0, np.nan, 0.3])
    figure = leverage.draw(table, PANELS, ROWS, COLUMNS, 0.5, caption)
    texts = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert texts == [["3.1", "·", "1.3", "·"], ["12.5", "2.0", "0.3"]]
    fills = figure.axes[0].collections[0].get_facecolor()[:, :3]
    assert sum(fills[0]) < sum(fills[2]) < sum(fills[1])  # darker is more


def test_leverage_writes_the_sign_of_differences(caption: Caption, page_words: Words) -> None:
    table = leverage_table([0.5, -0.25, 0, 0, 0, 0, 0, -1.0])
    figure = leverage.draw(table, PANELS, ROWS, COLUMNS, 0.5, caption, difference=True)
    assert [text.get_text() for text in figure.axes[0].texts] == ["+0.5", "−0.2", "·", "·"]
    assert "median over runs of the difference run by run" in page_words(figure)


def test_leverage_of_nothing(caption: Caption) -> None:
    leverage.draw(leverage_table([0.0] * 8), PANELS, ROWS, COLUMNS, 0.5, caption)
    leverage.draw(leverage_table([0.0] * 8), PANELS, ROWS, COLUMNS, 0.5, caption, difference=True)


def test_leverage_refuses_what_it_cannot_draw(caption: Caption) -> None:
    table = leverage_table([0.0] * 8)
    with pytest.raises(InputError, match="needs the quantile it shows, between 0 and 1; found 1"):
        leverage.draw(table, PANELS, ROWS, COLUMNS, 1, caption)
    with pytest.raises(InputError, match="a heat map needs a column row; the table has none"):
        leverage.draw(table.drop(columns="row"), PANELS, ROWS, COLUMNS, 0.5, caption)
