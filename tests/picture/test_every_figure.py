"""Every figure of a batch is drawn for every shipped scenario, and for odd results."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment.batch import batch
from sim.experiment.result import Result, load
from sim.picture.figures import BATCH, FIGURES, figure, pages
from sim.picture.request import Request
from sim.scenario.load import list_scenarios, load_scenario

Make = Callable[..., Result]
Collisions = Callable[[Figure], list[tuple[str, ...]]]
NAMES = [name for name, kind in FIGURES.items() if kind.of == BATCH]
# Figures that show quarters, and figures that compare: without either there is no page.
BY_QUARTER = ("fan", "difference", "alignment", "routes")
COMPARED = ("difference", "effects")
pytestmark = pytest.mark.filterwarnings("error")


def shipped_sets() -> list[list[str]]:
    """All shipped scenarios, five of a case at a time with the one that others extend first."""
    names = sorted(path.stem for path in Path("scenarios").glob("*.toml"))
    assert len(names) >= 31
    assert set(names) <= set(list_scenarios())
    loaded = {name: load_scenario(name) for name in names}
    sets = []
    for base in (name for name in names if loaded[name].extends is None):
        others = [name for name in names if name != base and loaded[name].case == loaded[base].case]
        sets += [[base, *others[at : at + 5]] for at in range(0, len(others), 5)]
    return sets


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Result]:
    """A few runs of each scenario of a set."""
    made: dict[int, Result] = {}

    def of(number: int) -> Result:
        if number not in made:
            folder = tmp_path_factory.mktemp("every") / "batch"
            made[number] = batch(shipped_sets()[number], runs=8, out=folder, jobs=1)
        return made[number]

    return of


SETS = len(shipped_sets())


# All figures of all sets take some minutes. Unless that is asked for, each figure is drawn for one
# set, a different one each, so that every figure and every scenario is drawn.
@pytest.mark.parametrize(
    ("name", "number"),
    [
        (name, number)
        for place, name in enumerate(NAMES)
        for number in range(SETS)
        if number == place % SETS or os.environ.get("MULTIVECTOR_EVERY_FIGURE")
    ],
)
def test_every_figure_is_drawn_for_every_shipped_scenario(
    every: Callable[[int], Result], page_collisions: Collisions, name: str, number: int
) -> None:
    made = list(pages(every(number), name))
    assert made
    for page in made:
        assert not page.table.empty, page.name
        assert page.alternative.endswith("."), page.alternative
        assert page_collisions(page.draw()) == [], page.name


@pytest.fixture(scope="module")
def odd(make_result: Make, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Results at the edges of what there can be."""
    folder = tmp_path_factory.mktemp("odd")
    return {
        "one run": make_result(folder / "a", scenarios=2, runs=1),
        "one scenario": make_result(folder / "b", scenarios=1, runs=12),
        "six scenarios": make_result(folder / "c", scenarios=6, runs=12),
        "one quarter": make_result(folder / "d", scenarios=2, runs=12, quarters=1),
    }


@pytest.mark.parametrize("which", ["one run", "one scenario", "six scenarios", "one quarter"])
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_drawn_for_odd_results(
    odd: dict[str, Result], page_collisions: Collisions, name: str, which: str
) -> None:
    made = list(pages(odd[which], name))
    if (which == "one scenario" and name in COMPARED) or (which == "one run" and name == "effects"):
        assert not made
        return
    if name != "map":  # the made-up case has none
        assert made
    for page in made:
        assert page_collisions(page.draw()) == [], page.name


@pytest.mark.parametrize("name", BY_QUARTER)
def test_figures_of_quarters_say_that_nothing_was_kept(
    make_result: Make, tmp_path: Path, name: str
) -> None:
    result = make_result(tmp_path, scenarios=2, runs=9)
    (tmp_path / "trajectories.parquet").unlink()
    (tmp_path / "quarters.parquet").unlink()
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "complete"
    assert list(pages(result, name)) == []
    with pytest.raises(InputError, match=f"figure {name}: there is nothing to draw; what it shows"):
        figure(load(tmp_path), name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["map", "routes"])
def test_figures_of_routes_say_that_there_is_none(
    make_result: Make, tmp_path: Path, name: str
) -> None:
    make_result(tmp_path, scenarios=1, runs=2)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["case"]["routes"] = []
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InputError, match=r"draws routes of a case \(routes\.csv\), and their vol"):
        figure(load(tmp_path), name)


@pytest.mark.parametrize("name", ["ridgeline", "cumulative", "violin"])
def test_distributions_at_a_quarter(result: Result, name: str) -> None:
    (page,) = pages(result, name, Request.of(outcome="autonomy", at="2023Q3"))
    assert page.name == f"{name}_autonomy_2023Q3"
    assert page.caption.shown == "Autonomy in 2023Q3"
    kept = result.trajectories(["autonomy"])
    kept = kept[kept["quarter"] == 4 * 2023 + 2]
    for (scenario, panel), own in page.table.groupby(["scenario", "panel"]):
        expected = kept.loc[kept["scenario"] == scenario, f"autonomy.{panel}"]
        assert sorted(own["value"]) == sorted(expected)
    (last,) = pages(result, name, Request.of(outcome="autonomy", at="2024Q4"))
    assert last.name == f"{name}_autonomy"


@pytest.mark.parametrize("name", ["ridgeline", "cumulative", "violin", "effects"])
def test_a_quarter_that_cannot_be_shown_is_refused(result: Result, name: str) -> None:
    message = (
        "at: gdp_usd was not recorded in 2023Q3, in the last quarter only; "
        "run the batch with --trajectories gdp_usd"
    )
    with pytest.raises(InputError) as error:
        list(pages(result, name, Request.of(outcome="gdp_usd", at="2023Q3")))
    assert str(error.value) == message
    with pytest.raises(InputError, match="at: found 2031Q1; allowed: 2023Q1 to 2024Q4"):
        list(pages(result, name, Request.of(outcome="autonomy", at="2031Q1")))
