"""The network of leverage: its figures against plain pandas, widths that add up, its words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment import Result
from sim.picture.batch import network
from sim.picture.batch.subject import subjects
from sim.picture.page import Page
from sim.picture.request import Request
from sim.picture.style import Actor, Caption

COUNTRIES = [Actor("AVA", "Avaland", "#0072B2"), Actor("BOR", "Borland", "#D55E00")]
POWERS = [Actor("NOR", "North", "#009E73"), Actor("SOU", "South", "#E69F00")]
CHANNELS = [Actor("trade", "Trade in goods"), Actor("labour", "Labour and remittances")]


def pages(result: Result, **options: str) -> list[Page]:
    request = Request.of(**options)
    return list(network.pages(subjects(result, request)[0], request))


def leverage(values: dict[tuple[str, str, str], float]) -> pd.DataFrame:
    """A table of a few links; totals add up."""
    table = pd.DataFrame(
        [(country, power, channel, value) for (country, power, channel), value in values.items()],
        columns=["country", "power", "channel", "value"],
    )
    totals = table.groupby(["country", "power"])["value"].transform("sum")
    return table.assign(total=totals)


def heights(figure: Figure) -> dict[str, float]:
    """Height of the strips at the left end [inches], by power, country and channel."""
    found = {}
    for axes in figure.axes:
        for patch in axes.patches:
            if isinstance(patch, Polygon) and patch.get_gid():
                outline = patch.get_xy()[: 2 * network.STEPS]
                found[str(patch.get_gid())] = outline[0, 1] - outline[-1, 1]
    return found


def test_values_are_medians_over_runs(result: Result) -> None:
    first = result.scenarios[0]
    table, unit = network.table(result, first)
    runs = result.runs(["channel_leverage", "leverage"])
    runs = runs[runs["scenario"] == first]
    assert unit == "percent of GDP"
    expected = runs.filter(like="channel_leverage.").median()
    assert len(table) == len(expected)
    for row in table.itertuples():
        column = f"channel_leverage.{row.country}.{row.power}.{row.channel}"
        assert row.value == pytest.approx(100 * expected[column])
        total = runs[f"leverage.{row.country}.{row.power}"].median()
        assert row.total == pytest.approx(100 * total)


def test_differences_are_paired_run_by_run(result: Result) -> None:
    first, other = result.scenarios
    table, unit = network.table(result, other, first)
    runs = result.runs(["channel_leverage", "leverage"]).set_index("run")
    now = runs[runs["scenario"] == other].drop(columns="scenario")
    before = runs[runs["scenario"] == first].drop(columns="scenario")
    expected = (now - before).median()
    factor = {"percent of GDP": 100, "0.01 percent of GDP": 10_000}[unit]
    for row in table.itertuples():
        column = f"channel_leverage.{row.country}.{row.power}.{row.channel}"
        assert row.value == pytest.approx(factor * expected[column])
        total = expected[f"leverage.{row.country}.{row.power}"]
        assert row.total == pytest.approx(factor * total)


def test_a_quarter_that_was_not_recorded(result: Result) -> None:
    with pytest.raises(
        InputError,
        match="at: leverage by channel was not recorded in 2023Q2, at the end only; run the batch "
        "with --trajectories channel_leverage leverage",
    ):
        network.table(result, result.scenarios[0], quarter=quarters.parse("2023Q2"))
    end, _ = network.table(result, result.scenarios[0], quarter=quarters.parse("2024Q4"))
    pd.testing.assert_frame_equal(end, network.table(result, result.scenarios[0])[0])


def test_its_pages(
    result: Result, page_collisions: Callable[[Figure], list[tuple[str, ...]]]
) -> None:
    made = pages(result)
    assert [one.name for one in made] == ["network", f"network_difference_{result.scenarios[1]}"]
    for page in made:
        assert page_collisions(page.draw()) == []
    largest = made[0].table.sort_values("total", ascending=False).iloc[0]
    assert f"{largest['total']:.3g}, mostly" in made[0].alternative


def test_wanted_actors(result: Result) -> None:
    case = result.manifest["case"]
    country, power = case["countries"][1]["code"], case["powers"][0]["code"]
    page = pages(result, country=country, power=power)[0]
    assert set(page.table["country"]) == {country}
    assert set(page.table["power"]) == {power}


def test_widths_are_values_and_add_up(caption: Caption) -> None:
    table = leverage(
        {
            ("AVA", "NOR", "trade"): 4.0,
            ("AVA", "NOR", "labour"): 8.0,
            ("BOR", "NOR", "trade"): 2.0,
            ("BOR", "SOU", "labour"): 1.0,
        }
    )
    figure = network.draw(table, COUNTRIES, POWERS, CHANNELS, caption)
    found = heights(figure)
    scale = found["NOR.AVA.labour"] / 8
    assert found == pytest.approx(
        {
            "NOR.AVA.trade": 4 * scale,
            "NOR.AVA.labour": 8 * scale,
            "NOR.BOR.trade": 2 * scale,
            "SOU.BOR.labour": 1 * scale,
        }
    )


def test_more_and_less_share_a_scale(caption: Caption, page_words: Callable[[Figure], str]) -> None:
    table = leverage(
        {("AVA", "NOR", "trade"): 4.0, ("AVA", "NOR", "labour"): -2.0, ("BOR", "SOU", "trade"): -1}
    )
    figure = network.draw(table, COUNTRIES, POWERS, CHANNELS, caption, difference=True)
    found = heights(figure)
    scale = found["NOR.AVA.trade"] / 4
    assert found == pytest.approx(
        {
            "NOR.AVA.trade": 4 * scale,
            "NOR.AVA.labour": 2 * scale,
            "SOU.BOR.trade": scale,
        }
    )
    words = page_words(figure).splitlines()
    assert {"More leverage", "Less leverage", "+2"} <= set(words)
    assert words.count("Borland") == 1


def test_the_largest_channel_and_the_sum_are_told(
    caption: Caption, page_words: Callable[[Figure], str]
) -> None:
    table = leverage({("AVA", "NOR", "trade"): 3.0, ("AVA", "NOR", "labour"): 5.25})
    words = page_words(network.draw(table, COUNTRIES, POWERS, CHANNELS, caption)).splitlines()
    assert "8.25" in words
    assert words.count("Labour and remittances") == 2  # legend and link
    assert words.count("Trade in goods") == 1


def test_many_actors_with_long_names(
    caption: Caption, page_collisions: Callable[[Figure], list[tuple[str, ...]]]
) -> None:
    random = np.random.default_rng(3)
    countries = [Actor(f"C{n}", f"The Long Federal Republic of {n}") for n in range(9)]
    powers = [Actor(f"P{n}", f"The United Commonwealth of {n}") for n in range(7)]
    channels = [Actor(f"k{n}", f"A channel that is called {n}") for n in range(8)]
    values = {
        (c.code, p.code, k.code): float(random.lognormal(0, 2))
        for c in countries
        for p in powers
        for k in channels
    }
    figure = network.draw(leverage(values), countries, powers, channels, caption)
    assert page_collisions(figure) == []


@pytest.mark.parametrize("missing", network.COLUMNS)
def test_a_missing_column(caption: Caption, missing: str) -> None:
    table = leverage({("AVA", "NOR", "trade"): 1.0}).drop(columns=missing)
    with pytest.raises(InputError, match=f"a network needs a column {missing}; the table has none"):
        network.draw(table, COUNTRIES, POWERS, CHANNELS, caption)


def test_nothing_but_zeros(caption: Caption) -> None:
    table = leverage({("AVA", "NOR", "trade"): 0.0})
    with pytest.raises(InputError, match="a network needs a value that is not zero; found none"):
        network.draw(table, COUNTRIES, POWERS, CHANNELS, caption)


def test_too_many_channels(caption: Caption) -> None:
    table = leverage({("AVA", "NOR", "trade"): 1.0})
    channels = [Actor(f"k{n}", str(n)) for n in range(9)]
    with pytest.raises(InputError, match="a network shows 8 channels or fewer; found 9"):
        network.draw(table, COUNTRIES, POWERS, channels, caption)
