"""Pictures of a discovery draw the box and the runs that they are given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.analysis.conditions import parse
from sim.analysis.discovery import discover
from sim.analysis.interest import Cases, Input, sort_runs
from sim.picture.style import Caption
from sim.picture.sweep import discovery as discovery_figures
from tests.analysis import mixed_sweep

Words = Callable[[Figure], str]
Collisions = Callable[[Figure], list[tuple[str, ...]]]
CAPTION = Caption("Why?", "Shown", "Detail", "multivector 9.9", 1, 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A discovery in the sweep with factors of every kind, and its pictures by name."""
    sweep = mixed_sweep.write(tmp_path_factory.mktemp("sweep"), rows=300, runs=4)
    condition = parse("autonomy.AVA < 0.4")
    cases, _ = sort_runs(sweep, condition)
    found = discover(cases)
    return found, dict(discovery_figures.figures(found, sweep, condition, ["A remark."]))


def lines(figure: Figure, gid: str) -> list[Any]:
    return [line for axes in figure.axes for line in axes.lines if line.get_gid() == gid]


def test_each_box_has_its_pictures(
    made: Any, page_words: Words, page_collisions: Collisions
) -> None:
    found, pictures = made
    assert len(found.boxes) == 1
    names = ["box_1_trade_off", "box_1_limits", "box_1_inputs", "tree"]
    assert [name for name in pictures if "box_2" not in name] == [f"discovery_{n}" for n in names]
    for figure in pictures.values():
        text = page_words(figure)
        assert "Under which conditions is autonomy.AVA below 0.4?" in text
        assert "A remark." in text
        assert "300 rows, 1,200 runs, seed 5" in text
        assert page_collisions(figure) == []


def test_the_trade_off_is_that_of_the_search(made: Any) -> None:
    found, pictures = made
    box, figure = found.boxes[0], pictures["discovery_box_1_trade_off"]
    (line,) = lines(figure, "fitted")
    assert np.allclose(line.get_xdata(), box.trajectory["coverage"])
    assert np.allclose(line.get_ydata(), box.trajectory["density"])
    (dot,) = lines(figure, "result")
    assert dot.get_xdata()[0] == box.held_out.coverage
    assert dot.get_ydata()[0] == box.held_out.density
    (ring,) = lines(figure, "chosen")
    assert ring.get_ydata()[0] == box.trajectory["density"][box.chosen]


def test_limits_stand_within_the_range_of_the_rows(made: Any, page_words: Words) -> None:
    found, pictures = made
    figure = pictures["discovery_box_1_limits"]
    bars = [line.get_xdata() for line in lines(figure, "box")]
    expected = []
    for limit in found.boxes[0].limits:
        if not limit.names:
            least, most = limit.full
            low = least if limit.low is None else limit.low
            high = most if limit.high is None else limit.high
            expected.append([(low - least) / (most - least), (high - least) / (most - least)])
    assert np.allclose(bars, expected)
    filled = [mark.get_markerfacecolor() for mark in lines(figure, "name")]
    assert len(filled) == 3
    assert len(set(filled[:2])) == 1
    assert filled[2] != filled[0]
    assert "A or B" in page_words(figure)


def test_runs_and_box_stand_where_they_belong(made: Any) -> None:
    found, pictures = made
    figure = pictures["discovery_box_1_inputs"]
    (axes,) = figure.axes
    (dots,) = [one for one in axes.collections if isinstance(one, PathCollection)]
    assert len(dots.get_offsets()) == 300
    shares = np.sort(found.cases.interest / found.cases.runs)
    assert np.allclose(np.asarray(dots.get_array()), shares)
    (box,) = [one for one in axes.patches if isinstance(one, Rectangle)]
    across, up = (limit for limit in found.boxes[0].limits[:2])
    ends = {across.input.name: (box.get_x(), box.get_x() + box.get_width()),
            up.input.name: (box.get_y(), box.get_y() + box.get_height())}  # fmt: skip
    fear = next(limit for limit in found.boxes[0].limits if limit.input.name == "fear")
    closed = next(limit for limit in found.boxes[0].limits if limit.input.name == "closed_from")
    assert ends["fear"][0] == pytest.approx(fear.low)
    assert ends["closed_from"][1] == pytest.approx(closed.high + 0.5)


def test_names_that_are_no_neighbours_have_a_rectangle_each(page_collisions: Collisions) -> None:
    random = np.random.default_rng(0)
    values = pd.DataFrame({"who": random.choice(["a", "b", "c"], 600), "x": random.random(600)})
    interest = values["who"].isin(["a", "c"]).to_numpy() & (random.random(600) < 0.95)
    cases = Cases((Input("who", "text"), Input("x")), values, interest.astype(float),
                  np.ones(600), np.arange(600))  # fmt: skip
    (box,) = discover(cases, boxes=1).boxes
    assert [limit.input.name for limit in box.limits] == ["who"]
    figure = discovery_figures.inputs(box, cases, cases.inputs, CAPTION)  # type: ignore[arg-type]
    assert len([one for one in figure.axes[0].patches if one.get_gid() == "box"]) == 2
    assert page_collisions(figure) == []


def test_the_tree_shows_every_knot(made: Any, page_words: Words) -> None:
    found, pictures = made
    text = page_words(pictures["discovery_tree"]).replace("\u00a0", " ")

    def conditions(node: Any) -> list[str]:
        return [node.condition, *(one for branch in node.branches for one in conditions(branch))]

    for condition in conditions(found.tree.root):
        assert condition in text
    bars = [line.get_xdata()[1] for line in lines(pictures["discovery_tree"], "share")]
    assert bars[0] == found.tree.root.share


def test_a_box_that_fails_is_drawn_with_its_trade_off_only(
    tmp_path: Path, page_words: Words, page_collisions: Collisions
) -> None:
    sweep = mixed_sweep.write(tmp_path / "sweep", rows=100, runs=6)
    condition = parse("cohesion < 0.5")  # half of the runs of every row
    cases, _ = sort_runs(sweep, condition)
    found = discover(cases)
    assert found.boxes == ()
    pictures = dict(discovery_figures.figures(found, sweep, condition))
    assert list(pictures) == ["discovery_box_1_trade_off"]  # and the tree asks nothing
    text = page_words(pictures["discovery_box_1_trade_off"])
    assert "does not beat the base rate on held-out rows" in text
    assert [one for figure in pictures.values() for one in page_collisions(figure)] == []
