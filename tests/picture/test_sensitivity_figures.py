"""Pictures of sensitivity draw the numbers they are given, with their words apart."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.analysis.sensitivity import Study, study
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.experiment.sweep_result import Sweep
from sim.picture.figures import pages as figure_pages
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.style import WIDTH, Caption
from sim.picture.sweep import (
    effects_over_time,
    elementary,
    indices,
    indices_over_time,
    settling,
    tornado,
)
from sim.picture.sweep.among_factors import MOST_ROWS
from sim.picture.sweep.sensitivity_pages import study_pages
from sim.picture.sweep.subject import SPOKEN
from tests.analysis.stored_sweep import g_function, write

Words = Callable[[Figure], str]
Collisions = Callable[[Figure], list[tuple[str, ...]]]
NAMES = (
    "oil_price",
    "fear_push",
    "intensity_of_the_closure_of_the_northern_pipeline_in_winter",
    "openness_of_the_largest_country",
    "zeal",
    "speed_of_adjustment_of_re-exports",
    "share_of_deals",
)


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def outcome(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
    level = g_function(units[None, :7], (0, 1, 2, 4, 9, 20, 50))[0]
    return np.asarray(0.3 + 0.01 * (level + 0.3 * draws + 0.2 * (units[4] - 0.5) * draws))


def still(units: np.ndarray, draws: np.ndarray) -> np.ndarray:
    return np.full(len(draws), 0.25)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Sweep, Study]]:
    """A sweep of a mode and its sensitivity."""
    known: dict[str, tuple[Sweep, Study]] = {}

    def make(mode: str) -> tuple[Sweep, Study]:
        if mode not in known:
            size = {"saltelli": 32, "morris": 8}.get(mode, 60)
            folder = tmp_path_factory.mktemp(mode)
            functions = {"autonomy.AVA": outcome, "still.AVA": still}
            sweep = write(folder, mode, functions, NAMES, size, quarters=8)
            known[mode] = sweep, study(sweep)
        return known[mode]

    return make


def own(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["outcome"] == "autonomy.AVA"]


def drawn(figure: Figure, gid: str) -> list[Any]:
    return [line for axes in figure.axes for line in axes.get_lines() if line.get_gid() == gid]


@pytest.mark.parametrize(
    ("mode", "endings"),
    [
        ("saltelli", ["", "-time", "-convergence"]),
        ("morris", ["", "-time", "-convergence"]),
        ("one_at_a_time", [""]),
        ("csv", ["", "-time", "-convergence"]),
    ],
)
def test_all_pictures_of_a_study(
    mode: str,
    endings: list[str],
    made: Callable[[str], tuple[Sweep, Study]],
    page_words: Words,
    page_collisions: Collisions,
    tmp_path: Path,
) -> None:
    sweep, found = made(mode)
    made = list(study_pages(found, sweep, ["autonomy.AVA"]))
    assert [one.name for one in made] == [f"sensitivity-autonomy.AVA{ending}" for ending in endings]
    for page in made:
        figure = page.draw()
        assert len(page.table)
        assert "nan" not in page.alternative
        assert page_collisions(figure) == []
        text = " ".join(page_words(figure).split())
        assert "What drives autonomy (Avaland)?" in text
        assert "oil price" in text
        assert "4 runs a row, seed 5" in text
        assert "nan" not in text


def test_an_outcome_that_never_varies_has_no_pictures(
    made: Callable[[str], tuple[Sweep, Study]], caption: Caption
) -> None:
    for mode in ("saltelli", "csv", "morris", "one_at_a_time"):
        sweep, found = made(mode)
        assert list(study_pages(found, sweep, ["still.AVA"])) == []
    for mode in ("saltelli", "csv"):
        _, found = made(mode)
        table = found.table[found.table["outcome"] == "still.AVA"]
        with pytest.raises(InputError, match="indices needs an outcome that varies"):
            indices.draw(table, caption)
    _, found = made("morris")
    with pytest.raises(InputError, match="needs a factor that has one"):
        elementary.draw(found.table[found.table["outcome"] == "still.AVA"], caption)


@pytest.mark.parametrize("mode", ["saltelli", "morris", "csv"])
def test_an_outcome_that_was_not_kept_by_quarter_has_no_picture_over_time(
    mode: str, made: Callable[[str], tuple[Sweep, Study]]
) -> None:
    sweep, found = made(mode)
    others = found.over_time[found.over_time["outcome"] != "autonomy.AVA"]
    assert len(others)
    less = replace(found, over_time=others)
    assert [one.name for one in study_pages(less, sweep, ["autonomy.AVA"])] == [
        "sensitivity-autonomy.AVA",
        "sensitivity-autonomy.AVA-convergence",
    ]


def test_bars_intervals_and_floors_are_those_of_the_table(
    made: Callable[[str], tuple[Sweep, Study]], caption: Caption
) -> None:
    table = own(made("saltelli")[1].table)
    figure = indices.draw(table, caption)
    for gid, columns in (
        ("first", (None, "first")),
        ("total", (None, "total")),
        ("first 90", ("first_low", "first_high")),
        ("total 90", ("total_low", "total_high")),
    ):
        low, high = columns
        lines = drawn(figure, gid)
        assert [line.get_xdata()[1] for line in lines] == table[high].tolist()
        starts = [0.0] * len(table) if low is None else table[low].tolist()
        assert [line.get_xdata()[0] for line in lines] == starts
    assert [line.get_xdata()[0] for line in drawn(figure, "floor")] == table["floor"].tolist()


def test_parts_over_time_add_up_to_the_variance_of_a_run(
    made: Callable[[str], tuple[Sweep, Study]], caption: Caption
) -> None:
    table = own(made("saltelli")[1].over_time)
    figure = indices_over_time.draw(table, caption)
    stacked = [one for one in figure.axes[0].collections if one.get_gid() == "part"]
    assert len(stacked) == indices_over_time.MOST_LINES + 3  # others, interactions, chance
    top = max(path.vertices[:, 1].max() for one in stacked for path in one.get_paths())
    last = table[table["quarter"] == table["quarter"].max()].iloc[0]
    whole = last["of_means"] + last["within"]
    assert top == pytest.approx(whole / 10.0 ** np.floor(np.log10(whole)))
    name = table.loc[table["total"].idxmax(), "factor"]
    (line,) = drawn(figure, f"index {name}")
    assert line.get_ydata().tolist() == table.loc[table["factor"] == name, "total"].tolist()
    with pytest.raises(InputError, match="two quarters"):
        indices_over_time.draw(table[table["quarter"] == table["quarter"].max()], caption)


def test_effects_and_swings_are_those_of_the_table(
    made: Callable[[str], tuple[Sweep, Study]], caption: Caption, page_words: Words
) -> None:
    table = own(made("morris")[1].table)
    figure = elementary.draw(table, caption, "0 to 1")
    for one in table.to_dict("records"):
        (dot,) = drawn(figure, f"effect {one['factor']}")
        assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (one["mu_star"], one["sigma"])
    assert "standard deviation of the effect" in page_words(figure)
    table = own(made("one_at_a_time")[1].table)
    ends = {line.get_xdata()[1] for line in drawn(tornado.draw(table, caption), "effect")}
    assert ends == set(table["effect"])
    with pytest.raises(InputError, match="leaves the centre"):
        tornado.draw(table.iloc[:0], caption)


def many(number: int, size: np.ndarray) -> pd.DataFrame:
    """Effects of factors and a dummy, from the largest to the smallest."""
    return pd.DataFrame(
        {
            "factor": [*(f"factor_number_{place}" for place in range(number)), "dummy"],
            "mu_star": [*size, 0.0],
            "mu_star_low": [*(0.8 * size), 0.0],
            "mu_star_high": [*(1.2 * size), 0.0],
            "sigma": [*size**2, 0.0],
            "told_apart": [*(size > 0.01), False],
        }
    )


def test_of_many_effects_the_largest_are_named_on_one_page(
    caption: Caption, page_collisions: Collisions, page_words: Words
) -> None:
    for size in (np.linspace(1.0, 0.01, 86), np.geomspace(1.0, 1e-5, 86)):
        table = many(86, size)
        figure = elementary.draw(table, caption, "share of GDP")
        assert page_collisions(figure) == []
        assert figure.get_size_inches()[1] < 1.42 * WIDTH
        text = " ".join(page_words(figure).split())
        named = [place for place in range(86) if f"factor number {place} " in f"{text} "]
        assert 3 <= len(named) <= elementary.MOST_NAMES
        assert set(np.flatnonzero(size >= 0.1)[: elementary.MOST_NAMES]) <= set(named)
        assert f"the {86 - len(named)} other factors and the dummy" in text
        assert all(len(drawn(figure, f"effect {name}")) == 1 for name in table["factor"])
    figure = elementary.draw(many(2, np.array([1.0, 0.5])), caption)
    assert "Grey: dummy." in page_words(figure)


def test_of_many_factors_the_largest_have_bars(caption: Caption, page_words: Words) -> None:
    size = np.linspace(0.4, 0.001, 86)
    table = many(86, size)
    for name in ("first", "total"):
        for end, source in (("", "mu_star"), ("_low", "mu_star_low"), ("_high", "mu_star_high")):
            table[name + end] = table[source]
    figure = indices.draw(table.assign(floor=0.0), caption)
    assert len(drawn(figure, "total")) == MOST_ROWS + 1  # and the dummy
    words = " ".join(page_words(figure).split())
    assert "Not shown: 66 more factors, none with a total index above 0.31." in words
    assert size[20] <= 0.31
    figure = indices.draw(table.assign(floor=0.0, total=np.nan), caption)
    assert "none with an index above 0.31" in " ".join(page_words(figure).split())
    swings = pd.DataFrame(
        {"factor": table["factor"][:21], "value": 1.0, "effect": -size[:21], "told_apart": True}
    ).assign(effect_low=np.nan, effect_high=np.nan)
    figure = tornado.draw(swings, caption)
    words = " ".join(page_words(figure).split())
    assert "Not shown: factor number 20, without a difference above 0.31." in words


def test_effects_over_time_are_those_of_the_table(
    made: Callable[[str], tuple[Sweep, Study]], caption: Caption, page_words: Words
) -> None:
    table = own(made("morris")[1].over_time)
    figure = effects_over_time.draw(table, caption, "0 to 1")
    by_factor = table.pivot(index="quarter", columns="factor", values="mu_star")
    shares = by_factor.div(by_factor.sum(axis=1), axis=0)
    leading = list(shares.mean().sort_values(ascending=False).index[:6])
    for name in leading:
        (line,) = drawn(figure, f"effect {name}")
        assert line.get_ydata().tolist() == by_factor[name].tolist()
        (line,) = drawn(figure, f"share {name}")
        np.testing.assert_allclose(line.get_ydata(), shares[name])
    (line,) = drawn(figure, "effect others")
    assert line.get_ydata().tolist() == by_factor.drop(columns=leading).max(axis=1).tolist()
    assert "The 6 largest of 7 factors." in " ".join(page_words(figure).split())
    last = table[table["quarter"] == table["quarter"].max()]
    with pytest.raises(InputError, match="two quarters and a factor with an effect"):
        effects_over_time.draw(last, caption)


def test_outcomes_with_words_of_their_own_exist() -> None:
    assert set(SPOKEN) <= set(INDICATORS)


def test_convergence_draws_the_largest_factors(
    made: Callable[[str], tuple[Sweep, Study]], caption: Caption
) -> None:
    table = own(made("saltelli")[1].convergence)
    table = table[table["index"] == "total"]
    figure = settling.draw(table, caption, "base points")
    lines = [line for line in figure.axes[0].get_lines() if line.get_gid()]
    assert len(lines) == settling.MOST_LINES
    last = table[table["points"] == table["points"].max()].set_index("factor")["value"]
    shown = {line.get_gid().removeprefix("converging "): line.get_ydata()[-1] for line in lines}
    assert shown == last.nlargest(settling.MOST_LINES).to_dict()
    with pytest.raises(InputError, match="two numbers of points"):
        settling.draw(table[table["points"] == 32], caption, "base points")


@pytest.mark.parametrize(
    ("mode", "name"),
    [("saltelli", "indices"), ("csv", "indices"), ("morris", "elementary"),
     ("one_at_a_time", "tornado")],
)  # fmt: skip
def test_the_registry_has_the_figure_that_suits_a_mode(
    mode: str, name: str, made: Callable[[str], tuple[Sweep, Study]]
) -> None:
    sweep, found = made(mode)
    request = Request.of(outcome="autonomy.AVA")
    pages: list[Page] = list(figure_pages(sweep, name, request))
    expected = list(study_pages(found, sweep, ["autonomy.AVA"]))
    assert [one.name for one in pages] == [one.name for one in expected]
    pd.testing.assert_frame_equal(pages[0].table, expected[0].table)
    largest = own(found.table).iloc[0]
    assert largest["factor"].replace("_", " ") in pages[0].alternative
    others = {"indices", "elementary", "tornado"} - {name}
    for other in others:
        with pytest.raises(
            InputError, match=f"figure {other}: made from a sweep with rows sampled"
        ):
            next(figure_pages(sweep, other, request))


def test_the_table_of_bars_is_that_of_the_study(
    made: Callable[[str], tuple[Sweep, Study]],
) -> None:
    sweep, _ = made("one_at_a_time")
    page = next(figure_pages(sweep, "tornado", Request.of(outcome="autonomy.AVA")))
    runs = sweep.runs(["autonomy.AVA"]).merge(sweep.design(), on="row")
    centre = runs[runs["place"] == 0].set_index("run")["autonomy.AVA"]
    for one in page.table.to_dict("records"):
        same = np.isclose(runs[one["factor"]], one["value"])
        for other in set(NAMES) - {one["factor"]}:
            same &= np.isclose(runs[other], 5.0)
        apart = runs[same].set_index("run")["autonomy.AVA"] - centre
        assert one["effect"] == pytest.approx(apart.mean())
