"""Pictures of one run show the model's own numbers of the present quarter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.core.errors import InputError
from sim.core.quarters import parse
from sim.mesa_model import CountryAgent, DiplomacyModel
from sim.report.run_pictures import (
    course_figure,
    course_table,
    has_map,
    leverage_figure,
    leverage_table,
    routes_figure,
    routes_table,
)

SEED = 11


@pytest.fixture(scope="module")
def model() -> DiplomacyModel:
    model = DiplomacyModel("cpc_closure", rng=SEED, run=3)
    for _ in range(3):
        model.step()
    return model


def words(figure) -> str:
    return " ".join(text.get_text() for text in figure.texts)


def strips(figure) -> set[str]:
    """Links drawn, each by power, country and channel."""
    return {patch.get_gid() for axes in figure.axes for patch in axes.patches if patch.get_gid()}


def test_the_table_of_the_network_is_what_the_model_measures(model: DiplomacyModel) -> None:
    table, names = leverage_table(model), model.world.names
    found = table.pivot(index=["country", "power"], columns="channel", values="value")
    found = found.reindex(columns=list(names.channels))
    rows = [(country, power) for country in names.countries for power in names.powers]
    expected = 100 * model.measure("channel_leverage")[..., 0]
    np.testing.assert_array_equal(found.loc[rows].to_numpy(), expected.reshape(len(rows), -1))
    row = table[(table["country"] == "KAZ") & (table["power"] == "RUS")].iloc[0]
    assert row["total"] == 100 * model["KAZ"].leverage_of("RUS") > 0


def test_the_network_moves_with_a_step_and_says_what_it_is() -> None:
    model = DiplomacyModel("baseline", rng=SEED, run=3)
    base = leverage_table(model)
    assert base["value"].sum() > 0  # of the base: nothing has happened yet
    assert f"{model.quarter}" in words(leverage_figure(model))
    model.step()
    assert not leverage_table(model).equals(base)
    figure = leverage_figure(model)
    assert "RUS.KAZ.transit" in strips(figure)
    told = words(figure)
    assert f"Leverage of powers over countries, {model.quarter}" in told
    assert "run 3, seed 11" in told
    assert "median" not in told  # one run has none


def test_routes_are_those_of_the_run(model: DiplomacyModel) -> None:
    table = routes_table(model).set_index("route")
    assert sorted(table.index) == sorted(model.world.names.routes)
    expected = model.outcome("route_volume")
    assert {f"route_volume.{code}": volume for code, volume in table["volume"].items()} == expected
    assert table.loc["CPC", "capacity"] == model.capacity["CPC"]
    assert has_map(model)
    assert f"What routes carry, {model.quarter}" in words(routes_figure(model))


def test_the_course_is_what_was_collected(model: DiplomacyModel) -> None:
    table = course_table(model, ["autonomy"])
    assert sorted(table["quarter"].unique()) == [parse("2023Q1") + place for place in range(3)]
    last = table[table["quarter"] == parse(model.quarter)].set_index("country")["value"]
    assert {f"autonomy.{code}": value for code, value in last.items()} == model.outcome("autonomy")
    lines = {line.get_gid(): line for axes in course_figure(model).axes for line in axes.lines}
    collected = model.table(CountryAgent)["position"].xs("UZB", level="code")
    np.testing.assert_array_equal(lines["position.UZB"].get_ydata(), collected.astype(float))


def test_before_the_first_step_the_course_is_empty() -> None:
    model = DiplomacyModel("baseline", rng=SEED)
    assert course_table(model).empty
    assert len(course_figure(model).axes) == 4


def test_another_case_without_a_map_has_the_other_pictures() -> None:
    model = DiplomacyModel("south_china_sea_crisis", rng=SEED)
    model.step()
    assert isinstance(leverage_table(model), pd.DataFrame)
    assert strips(leverage_figure(model))
    assert not has_map(model)
    with pytest.raises(InputError, match=r"^the case southeast_asia does not say where its routes"):
        routes_figure(model)


def test_an_outcome_that_is_not_collected_is_told(model: DiplomacyModel) -> None:
    with pytest.raises(InputError, match=r"^'autonomie' is not collected; did you mean 'autonomy'"):
        course_table(model, ["autonomie"])
