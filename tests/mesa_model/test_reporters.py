"""Sets of agents and the data collector: Mesa's own tools, a user's reporters, sensible frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.mesa_model import CountryAgent, DiplomacyModel, PowerAgent


def mean_autonomy(model: DiplomacyModel) -> float:
    return float(model.agents_by_type[CountryAgent].agg("autonomy", np.mean))


def fear_of(agent: CountryAgent, power: str) -> float:
    return agent.fear[power]


@pytest.fixture(scope="module")
def model() -> DiplomacyModel:
    model = DiplomacyModel(
        "baseline",
        rng=11,
        model_reporters={"mean_autonomy": mean_autonomy},
        agent_reporters={"code": "code", "row": "row"},
        agenttype_reporters={
            CountryAgent: {"afraid": [fear_of, ["RUS"]], "claim": "claim", "gdp": "gdp"},
            PowerAgent: {"budget": "budget"},
        },
    )
    for _ in range(5):
        model.step()
    return model


def test_sets_of_agents_select_aggregate_and_sort(model: DiplomacyModel) -> None:
    countries = model.agents_by_type[CountryAgent]
    free = countries.select(lambda country: country.autonomy > mean_autonomy(model))
    assert 0 < len(list(free)) < len(list(countries))
    assert countries.agg("entropy", max) == max(c.entropy for c in model.countries)
    assert countries.get("code") == [c.code for c in model.countries]
    by_gdp = [country.gdp for country in countries.sort("gdp", ascending=True)]
    assert by_gdp == sorted(by_gdp)
    assert len(list(model.agents)) == len(model.countries) + len(model.powers)


def test_the_models_frame(model: DiplomacyModel) -> None:
    frame = model.datacollector.get_model_vars_dataframe()
    assert list(frame.columns) == ["quarter", "cohesion", "position_dispersion", "mean_autonomy"]
    assert list(frame["quarter"]) == ["2023Q1", "2023Q2", "2023Q3", "2023Q4", "2024Q1"]
    assert frame["mean_autonomy"].iloc[-1] == mean_autonomy(model)


def test_the_agents_frame(model: DiplomacyModel) -> None:
    frame = model.datacollector.get_agent_vars_dataframe()
    assert len(frame) == 5 * 11
    assert list(frame["code"][:5]) == ["KAZ", "KGZ", "TJK", "TKM", "UZB"]
    assert not frame.isna().any().any()


@pytest.mark.filterwarnings("error")
def test_the_agents_frame_is_there_unasked() -> None:
    model = DiplomacyModel("baseline", rng=11)
    assert model.datacollector.get_agent_vars_dataframe().empty
    model.step()
    model.step()
    frame = model.datacollector.get_agent_vars_dataframe()
    assert frame.index.names == ["Step", "AgentID"]
    assert list(frame["code"]) == 2 * [agent.code for agent in (*model.countries, *model.powers)]
    last = frame.loc[2].set_index("code")
    for country in model.countries:
        assert last.loc[country.code, "position"] == country.position
    for power in model.powers:
        assert last.loc[power.code, "stance"] == power.stance
        assert np.isnan(last.loc[power.code, "position"])
    assert set(last["quarter"]) == {"2023Q2"}


def test_an_agent_reporter_may_name_what_one_kind_of_agents_has() -> None:
    model = DiplomacyModel("baseline", rng=11, agent_reporters={"p": "position"})
    model.step()
    found = model.datacollector.get_agent_vars_dataframe()["p"]
    assert list(found[:5]) == [country.position for country in model.countries]
    assert found[5:].isna().all()


def test_tables_by_type_carry_quarter_and_code(model: DiplomacyModel) -> None:
    table = model.table(CountryAgent)
    assert table.index.names == ["quarter", "code"]
    assert table.loc[("2024Q1", "UZB"), "gdp"] == model["UZB"].gdp
    assert table.loc[("2024Q1", "KAZ"), "afraid"] == model["KAZ"].fear["RUS"]
    assert table["afraid"].nunique() > 5  # each quarter its own
    assert dict(table.loc[("2023Q1", "KAZ"), "claim"]) == dict(model["KAZ"].claim)
    powers = model.table(PowerAgent)
    assert list(powers.loc["2023Q2"].index) == [power.code for power in model.powers]
    assert powers.loc[("2024Q1", "CHN"), "total_attention"] == model["CHN"].total_attention


def test_messages() -> None:
    with pytest.raises(
        InputError, match=r"^reporter 'a': DiplomacyModel has no attribute 'cohesin'"
    ):
        DiplomacyModel("baseline", model_reporters={"a": "cohesin"})
    with pytest.raises(
        InputError,
        match=r"^reporter 'p': CountryAgent or PowerAgent has no attribute 'positon'; did you mean",
    ):
        DiplomacyModel("baseline", agent_reporters={"p": "positon"})
    with pytest.raises(InputError, match=r"^reporter 'p': PowerAgent has no attribute 'position'"):
        DiplomacyModel("baseline", agenttype_reporters={PowerAgent: {"p": "position"}})
    with pytest.raises(InputError, match=r"attribute 'autonomie'; did you mean 'autonomy'\?"):
        DiplomacyModel("baseline", agenttype_reporters={CountryAgent: {"a": "autonomie"}})
    with pytest.raises(InputError, match=r"^reporter 'a': alignment_with of Cou.* is a method; gi"):
        DiplomacyModel("baseline", agenttype_reporters={CountryAgent: {"a": "alignment_with"}})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model_reporters": ["cohesion"]}, r"model_reporters: found \['cohesion'\]; a mapping is"),
        ({"agent_reporters": "code"}, r"agent_reporters: found 'code'; a mapping is needed"),
        ({"model_reporters": {"x": 3}}, r"model_reporters: found 3 for 'x'; allowed: the name of"),
        ({"agenttype_reporters": [1]}, r"agenttype_reporters: found \[1\]; a mapping is needed"),
        ({"agenttype_reporters": {"KAZ": {}}}, r"agenttype_reporters: found 'KAZ'; a class of age"),
        (
            {"agenttype_reporters": {CountryAgent: ["gdp"]}},
            r"agenttype_reporters of CountryAgent: found \['gdp'\]; a mapping is needed",
        ),
        ({"agents": [CountryAgent]}, r"agents: found \[.*\]; a mapping of classes by code is"),
    ],
)
def test_messages_of_what_is_no_reporter(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=rf"^{message}"):
        DiplomacyModel("baseline", **given)
