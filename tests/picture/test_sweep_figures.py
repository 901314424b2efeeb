"""Heat maps and response curves of sweeps show the numbers of plain tables, whatever the sweep."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from sim.core.errors import InputError
from sim.experiment.sweep_result import Sweep
from sim.picture.figures import figure, figures_of, pages
from sim.picture.gallery import plot
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.sweep import heat_map, response
from sim.picture.sweep.bins import make_bins, means
from sim.picture.sweep.subject import Rows, Subject
from tests.analysis.stored_sweep import write

Words = Callable[[Figure], str]
Collisions = Callable[[Figure], list[tuple[str, ...]]]
LEVELS: dict[str, list[Any]] = {
    "oil": [0.5, 1.0, 2.0],
    "date": ["2024Q1", "2025Q1", "2027Q1"],
    "treaty_with_the_neighbours": ["none", "trade alone", "all that was asked for"],
    "closed": [False, True],
}
KINDS = {"oil": "number", "date": "quarter", "treaty_with_the_neighbours": "text", "closed": "flag"}


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def outcome(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
    return np.asarray(0.3 + 0.2 * units[0] - 0.1 * units[0] * units[1] + 0.01 * draws)


def still(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
    return np.full(len(draws), 0.25)


FUNCTIONS = {"autonomy.AVA": outcome, "still.AVA": still}


def grid(folder: Path, names: tuple[str, ...] = tuple(LEVELS), **options: Any) -> Sweep:
    """A sweep of all combinations of levels, whose factors have kinds of their own."""
    places = np.stack(
        [one.ravel() for one in np.meshgrid(*(range(len(LEVELS[n])) for n in names), indexing="ij")]
    ).T
    units = (places + 0.5) / [len(LEVELS[name]) for name in names]
    sweep = write(folder, "grid", FUNCTIONS, names, units=units, **options)
    design = sweep.design()
    for place, name in enumerate(names):
        design[name] = [LEVELS[name][one] for one in places[:, place]]
    design.to_parquet(folder / "design.parquet")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for one in manifest["factors"]:
        one |= {"kind": KINDS[one["name"]], "levels": LEVELS[one["name"]]}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return Sweep(folder)


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return grid(tmp_path_factory.mktemp("grid"), scenarios=("calm", "storm"))


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return write(tmp_path_factory.mktemp("sample"), "latin_hypercube", FUNCTIONS, size=160)


def only(sweep: Sweep, name: str, **options: Any) -> Page:
    (page,) = pages(sweep, name, Request.of(outcome="autonomy.AVA", **options))
    return page


def flat(sweep: Sweep, scenario: str = "calm") -> pd.DataFrame:
    """Runs beside the values they were run with."""
    runs = sweep.runs(["autonomy.AVA"])
    return runs[runs["scenario"] == scenario].merge(sweep.design(), on="row")


# Heat maps


def test_cells_of_a_grid_are_means_over_the_rows_and_runs_of_their_values(crossed: Sweep) -> None:
    page = only(crossed, "heat_map", factor=["date", "oil"])
    for scenario in ("calm", "storm"):
        expected = flat(crossed, scenario).groupby(["date", "oil"])["autonomy.AVA"].mean()
        table = page.table[page.table["scenario"] == scenario]
        assert len(table) == 9
        for one in table.to_dict("records"):
            value = expected.loc[(one["across"], float(one["up"]))]
            assert one["mean"] == pytest.approx(value)
            assert one["rows"] == 6
    # The interval of a grid's cell is that of the means of its runs alone.
    one = page.table.iloc[0]
    own = flat(crossed)
    own = own[(own["date"] == one["across"]) & (own["oil"] == float(one["up"]))]
    by_run = own.groupby("run")["autonomy.AVA"].mean()
    reach = stats.t.ppf(0.95, 3) * by_run.std() / 2
    assert one["high"] - one["mean"] == pytest.approx(reach)
    # Chance adds the same to all rows of a run, so that cells are told from their mean surely.
    assert one["gap_high"] - one["gap"] == pytest.approx(0.0, abs=1e-12)
    assert not page.table.loc[np.abs(page.table["gap"]) > 1e-6, "marked"].any()


def test_cells_of_a_sample_are_means_of_ranges_with_equally_many_rows(sampled: Sweep) -> None:
    page = only(sampled, "heat_map", factor=["oil", "fear"])
    assert len(page.table) == 16  # ten rows a cell, about
    data = flat(sampled)
    for name, axis in (("oil", "x"), ("fear", "y")):
        rank = data[name].rank(method="dense").astype(int) - 1
        data[axis] = rank * 4 // 160
    expected = data.groupby(["x", "y"])["autonomy.AVA"].agg(["mean", "size"])
    table = page.table[page.table["rows"] > 0].set_index(["x", "y"]).sort_index()
    np.testing.assert_allclose(table["mean"], expected["mean"])
    assert (4 * table["rows"]).tolist() == expected["size"].tolist()
    few = table["groups"] < heat_map.FEW
    assert table.loc[few, "marked"].all()
    # Where there are rows and runs, the interval holds both.
    busiest = table["rows"].idxmax()
    own = data[(data["x"] == busiest[0]) & (data["y"] == busiest[1])]
    rows = own.groupby("row")["autonomy.AVA"].mean()
    runs = own.groupby("run")["autonomy.AVA"].mean()
    reach = np.hypot(
        stats.t.ppf(0.95, len(rows) - 1) * rows.std() / len(rows) ** 0.5,
        stats.t.ppf(0.95, 3) * runs.std() / 2,
    )
    assert table.loc[busiest, "high"] - table.loc[busiest, "mean"] == pytest.approx(reach)


def test_without_factors_the_two_that_explain_most_are_shown(
    sampled: Sweep, page_words: Words
) -> None:
    page = only(sampled, "heat_map")
    assert page.caption.shown == "Mean by oil and fear, 2023Q4"
    text = " ".join(page_words(page.draw()).split())
    assert "Of all factors, these two explain most" in text
    assert "Corner: fewer than 5 rows" in text
    assert "160 rows (latin hypercube) of 4 runs, seed 5" in text
    assert "least" in page.alternative
    assert "most" in page.alternative
    # One factor that is named is joined by the one that explains most besides.
    page = only(sampled, "heat_map", factor="zeal")
    assert page.caption.shown == "Mean by zeal and oil, 2023Q4"


def test_cells_tell_numbers_and_empty_cells_are_left_out(sampled: Sweep, page_words: Words) -> None:
    page = only(sampled, "heat_map")
    drawn = page_words(page.draw())
    filled = page.table[page.table["rows"] > 0]
    assert f"{filled['mean'].max():.3f}" in drawn
    subject = Subject(sampled, Request.of(outcome="autonomy.AVA"))
    cells, x, y = heat_map.table(subject, "autonomy.AVA", "oil", "fear")
    cells.loc[cells["x"] == 0, "mean"] = np.nan
    made = heat_map.draw(cells, x, y, subject.scenarios, "0 to 1", page.caption, "Cells.")
    (squares,) = [one for one in made.axes[0].collections if one.get_gid() == "cells"]
    assert len(squares.get_paths()) == 12
    with pytest.raises(InputError, match="a heat map needs a column mean; the table has none"):
        heat_map.draw(cells.drop(columns="mean"), x, y, subject.scenarios, "", page.caption, "")
    with pytest.raises(InputError, match="a heat map needs a cell with a row; found none"):
        heat_map.draw(cells.assign(mean=np.nan), x, y, subject.scenarios, "", page.caption, "")


@pytest.mark.parametrize(
    ("values", "two", "middle"), [((0.2, 0.8), False, 0.5), ((-0.2, 0.8), True, 0.0)]
)
def test_values_on_both_sides_of_nought_have_two_colours(
    values: tuple[float, float], two: bool, middle: float
) -> None:
    shades = heat_map.Shades.of(np.array(values))
    assert shades.two == two
    assert (shades.low + shades.high) / 2 == pytest.approx(middle)


# Response curves


def test_points_of_a_curve_are_means_over_rows_and_runs_with_a_value(crossed: Sweep) -> None:
    page = only(crossed, "response")
    for scenario in ("calm", "storm"):
        data = flat(crossed, scenario)
        for name in LEVELS:
            own = page.table[(page.table["scenario"] == scenario) & (page.table["factor"] == name)]
            values = data.groupby(name)["autonomy.AVA"]
            for one in own.to_dict("records"):
                key = {"off": False, "on": True}.get(one["bin"], one["bin"])
                runs = values.get_group(float(key) if name == "oil" else key)
                assert one["mean"] == pytest.approx(runs.mean())
                assert one["q05"] == pytest.approx(runs.quantile(0.05))
                assert one["q95"] == pytest.approx(runs.quantile(0.95))
    # Names keep the order of the design, and the order on the page is that of importance.
    own = page.table[page.table["factor"] == "treaty_with_the_neighbours"]
    assert list(dict.fromkeys(own["bin"])) == LEVELS["treaty_with_the_neighbours"]
    assert next(iter(page.table["factor"])) == "oil"


def test_shares_explained_are_those_of_the_analysis_of_variance(sampled: Sweep) -> None:
    page = only(sampled, "response")
    explains = page.table.groupby("factor")["explains"].first()
    data = flat(sampled).groupby("row").mean(numeric_only=True)
    for name in ("oil", "fear", "zeal"):
        bins = pd.qcut(data[name].rank(method="first"), 10, labels=False)
        between = data.groupby(bins)["autonomy.AVA"].transform("mean")
        whole = ((data["autonomy.AVA"] - data["autonomy.AVA"].mean()) ** 2).sum()
        within = ((data["autonomy.AVA"] - between) ** 2).sum()
        share = (whole - within - 9 * within / 150) / whole
        assert explains[name] == pytest.approx(max(share, 0.0))


def test_rows_that_leave_a_centre_show_each_factor_alone(tmp_path: Path, page_words: Words) -> None:
    sweep = write(tmp_path, "one_at_a_time", FUNCTIONS)
    page = only(sweep, "response")
    own = page.table[page.table["factor"] == "oil"]
    assert own["at"].tolist() == [0.0, 5.0, 10.0]
    data = flat(sweep)
    alone = data[np.isclose(data["fear"], 5.0) & np.isclose(data["zeal"], 5.0)]
    expected = alone.drop_duplicates(["row", "run"]).groupby("oil")["autonomy.AVA"].mean()
    np.testing.assert_allclose(own["mean"], expected)
    assert "Explains" not in page_words(page.draw())
    with pytest.raises(InputError, match="figure heat_map: made from a sweep with rows sampled"):
        only(sweep, "heat_map")


def test_a_quarter_is_shown_by_means_of_rows(sampled: Sweep, page_words: Words) -> None:
    page = only(sampled, "response", at="2023Q2", factor="oil")
    table = sampled.means(["autonomy.AVA"])
    table = table[table["quarter"] == 4 * 2023 + 1].merge(sampled.design(), on="row")
    bins = table["oil"].rank(method="first").astype(int).sub(1) * 10 // 160
    np.testing.assert_allclose(page.table["mean"], table.groupby(bins)["autonomy.AVA"].mean())
    np.testing.assert_allclose(
        page.table["q05"], table.groupby(bins)["autonomy.AVA"].quantile(0.05)
    )
    text = " ".join(page_words(page.draw()).split())
    assert "middle 90% of row means" in text
    assert "Intervals leave out the chance of runs." in text
    assert "2023Q2" in text


def test_rows_of_one_point_are_one_sample() -> None:
    values = np.array([0.0, 0.0, 1.0, 1.0, 2.0, 2.0])
    frame = pd.DataFrame({"oil": values})
    alone, paired = (
        means(Rows(frame, values, None, group), np.zeros(6, dtype=np.int64), 1, crossed=False).iloc[
            0
        ]
        for group in (np.arange(6), np.array([0, 0, 1, 1, 2, 2]))
    )
    assert (alone["groups"], paired["groups"]) == (6, 3)
    reach = stats.t.ppf(0.95, 2) * np.std([0, 1, 2], ddof=1) / 3**0.5
    assert paired["high"] - paired["mean"] == pytest.approx(reach)
    assert alone["high"] - alone["mean"] < reach


def test_what_the_scenario_has_is_marked(tmp_path: Path, page_words: Words) -> None:
    sweep = write(tmp_path, "latin_hypercube", FUNCTIONS, ("oil", "fear_push"), size=40)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["factors"][1]["path"] = "parameters.fear_push"
    resolved = {
        "title": "A world", "question": "What then?", "case": "central_asia",
        "as_of": "2022Q4", "horizon": {"start": "2023Q1", "end": "2024Q4"},
        "parameters": {"fear_push": 1.75},
    }  # fmt: skip
    manifest["scenarios"][0]["resolved"] = resolved
    path.write_text(json.dumps(manifest), encoding="utf-8")
    page = only(Sweep(tmp_path), "response")
    standing = page.table.groupby("factor")["standing"].first()
    assert standing.to_dict() == {"oil": 0.0, "fear_push": 1.75}
    made = page.draw()
    lines = [
        line for axes in made.axes for line in axes.get_lines() if line.get_gid() == "standing"
    ]
    assert [line.get_xdata()[0] for line in lines] == [0.0, 1.75]
    assert "Dotted: what the scenario itself has." in page_words(made).replace("\n", " ")
    assert len(sweep.factors) == 2


def test_bins_of_many_values_hold_equally_many_rows(sampled: Sweep) -> None:
    subject = Subject(sampled, Request.of(outcome="autonomy.AVA"))
    values = sampled.design()["oil"]
    bins = make_bins(subject.factors["oil"], values, (), 4)
    assert np.bincount(bins.of(values)).tolist() == [40] * 4
    assert bins.words(0).startswith(f"{values.min():.1f} to ")


# All figures, odd sweeps, refusals


def drawn_whole(
    sweep: Sweep, page_words: Words, page_collisions: Collisions, **options: Any
) -> list[str]:
    names = []
    for kind in figures_of(sweep):
        asked = Request.of(**options).only(kind.options)
        try:
            made = list(pages(sweep, kind.name, asked))
        except InputError:  # indices of few rows
            assert kind.name == "indices"
            continue
        for page in made:
            drawing = page.draw()
            assert page_collisions(drawing) == []
            assert "nan" not in page_words(drawing)
            assert "nan" not in page.alternative
            assert len(page.table)
            names.append(page.name)
    return names


@pytest.mark.parametrize("mode", ["csv", "saltelli", "morris", "one_at_a_time"])
def test_every_figure_of_a_mode_is_drawn(
    mode: str, tmp_path: Path, page_words: Words, page_collisions: Collisions
) -> None:
    size = {"saltelli": 16, "morris": 6}.get(mode, 40)
    sweep = write(tmp_path, mode, FUNCTIONS, size=size, scenarios=("calm", "storm"))
    names = drawn_whole(sweep, page_words, page_collisions)
    shown = {"response_autonomy.AVA", "sensitivity-autonomy.AVA-calm", "response_still.AVA"}
    shown |= {"heat_map_autonomy.AVA"} if mode != "one_at_a_time" else set()
    assert shown <= set(names)


def test_every_kind_of_factor_is_drawn(
    crossed: Sweep, page_words: Words, page_collisions: Collisions
) -> None:
    names = list(LEVELS)
    for pair in ([names[0], names[2]], [names[2], names[1]], [names[3], names[2]]):
        page = only(crossed, "heat_map", factor=pair)
        assert page_collisions(page.draw()) == []
    page = only(crossed, "response")
    made = page.draw()
    assert page_collisions(made) == []
    assert "trade alone" in page_words(made)
    assert "2025" in page_words(made)


@pytest.mark.parametrize(
    "options",
    [{"size": 1}, {"size": 1, "runs": 1}, {"size": 2}, {"runs": 1, "size": 30},
     {"names": ("oil",), "size": 30}, {"size": 30, "lost": (0, 1, 2)}],
    ids=["row", "run", "two rows", "runs of one", "one factor", "lost rows"],
)  # fmt: skip
def test_odd_sweeps_are_drawn(
    options: dict[str, Any], tmp_path: Path, page_words: Words, page_collisions: Collisions
) -> None:
    function = (
        (lambda units, draws: 0.3 + units[0] + 0.1 * draws) if "names" in options else outcome
    )
    sweep = write(tmp_path, "csv", {"autonomy.AVA": function}, **options)
    names = drawn_whole(sweep, page_words, page_collisions)
    assert "response_autonomy.AVA" in names
    assert ("heat_map_autonomy.AVA" in names) == ("names" not in options)
    few = options.get("size", 30) < 20
    assert ("sensitivity-autonomy.AVA" in names) == (not few)


def test_an_incomplete_sweep_says_so(tmp_path: Path, page_words: Words) -> None:
    write(tmp_path, "csv", FUNCTIONS, size=40, lost=range(5))
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | {"status": "incomplete"}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    for name in ("heat_map", "response"):
        text = " ".join(page_words(only(Sweep(tmp_path), name).draw()).split())
        assert "Rows that failed or are not finished are left out." in text
        assert "35 rows (csv)" in text
        assert len(flat(Sweep(tmp_path))) == 35 * 4


def test_a_sweep_is_plotted_whole(tmp_path: Path) -> None:
    sweep = write(tmp_path / "made", "csv", {"autonomy.AVA": outcome}, size=12)
    paths = plot(sweep, data=True)  # too few rows for indices, which are passed over
    assert [path.name for path in paths] == [
        "heat_map_autonomy.AVA.png", "heat_map_autonomy.AVA.csv",
        "response_autonomy.AVA.png", "response_autonomy.AVA.csv",
    ]  # fmt: skip
    with pytest.raises(InputError, match="rows"):
        plot(sweep, tmp_path / "other", ["indices"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factor": "oill"}, r"factor: there is no 'oill'; did you mean 'oil'\?"),
        ({"factor": ["oil", "fear", "zeal"]}, "factor: found 3; allowed: 2 at most"),
        ({"outcome": "autonomi"}, "the runs hold no outcome 'autonomi'"),
        ({"scenario": "clam"}, r"there is no scenario 'clam'; did you mean 'calm'\?"),
        ({"country": "AVE"}, r"country: there is no 'AVE'; did you mean 'AVA'\?"),
        ({"at": "2050Q1"}, "at: found 2050Q1; allowed: 2023Q1 to 2023Q4"),
    ],
)
def test_what_is_not_there_is_refused(
    sampled: Sweep, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        figure(sampled, "heat_map", **options)


def test_curves_need_their_columns(sampled: Sweep) -> None:
    page = only(sampled, "response")
    scenarios = Subject(sampled, Request()).scenarios
    for table, message in (
        (page.table.drop(columns="at"), "response curves need a column at; the table has none"),
        (page.table.iloc[:0], "response curves need a factor with a row; found none"),
    ):
        with pytest.raises(InputError, match=message):
            response.draw(table, {}, scenarios, replace(page.caption), "")
