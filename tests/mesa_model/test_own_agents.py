"""A Mesa user's own agents, reporters and habits: they work, or are told why not."""

from __future__ import annotations

import mesa
import numpy as np
import pytest

from sim.core.errors import InputError
from sim.mesa_model import CountryAgent, DiplomacyModel, PowerAgent

SEED = 11


class Firm(mesa.Agent):
    """An agent that is no country and no power."""

    def __init__(self, model: mesa.Model, wealth: float = 1.0) -> None:
        super().__init__(model)
        self.wealth = wealth

    def step(self) -> None:
        self.wealth += self.model["KAZ"].autonomy


class Closing(DiplomacyModel):
    """Closes a pipeline before its second quarter."""

    def step(self) -> None:
        if self.quarter == "2023Q1":
            self.force("close_route", route="CPC", quarters=2)
        super().step()


def model(**given) -> DiplomacyModel:
    return DiplomacyModel("baseline", rng=SEED, **given)


def test_own_agents_live_beside_the_models_and_are_collected() -> None:
    with_firm = model(agenttype_reporters={Firm: {"wealth": "wealth"}})
    alone = model()
    firm = Firm(with_firm)
    for one in (with_firm, alone):
        one.step()
        one.agents.do("step")  # countries and powers do nothing by themselves
        one.step()
    assert firm.wealth > 1.0
    wealth = with_firm.datacollector.get_agenttype_vars_dataframe(Firm)["wealth"]
    assert list(wealth) == [1.0, firm.wealth]
    assert with_firm.outcome("autonomy") == alone.outcome("autonomy")
    assert len(with_firm.table(CountryAgent)) == 2 * len(alone.countries)
    firm.remove()
    assert Firm not in {type(agent) for agent in with_firm.agents}


def test_a_subclass_with_a_step_of_its_own() -> None:
    closing, forced = Closing("baseline", rng=SEED), model()
    forced.step()
    forced.force("close_route", route="CPC", quarters=2)
    forced.step()
    for _ in range(2):
        closing.step()
    assert closing.outcome("route_volume") == forced.outcome("route_volume")
    assert closing.events == forced.events


def test_run_model_runs_to_the_end_and_stops() -> None:
    whole = model()
    whole.run_model()
    assert (whole.running, whole.quarter) == (False, "2035Q4")
    whole.run_model()
    whole.step()
    assert len(whole.datacollector.get_model_vars_dataframe()) == whole.plan.quarters == 52


@pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="Mesa 4 has none")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_mesas_batch_runner_gives_the_runs_of_a_batch() -> None:
    rows = mesa.batch_run(
        DiplomacyModel,
        {"spec": "baseline", "run": range(2)},  # Mesa 3.5 puts its own in place of an rng here
        number_processes=1,
        max_steps=3,
        data_collection_period=-1,
        display_progress=False,
    )
    assert {row["run"] for row in rows} == {0, 1}
    for row in rows:
        other = DiplomacyModel("baseline", run=row["run"])
        while other.quarter != row["quarter"]:
            other.step()
        assert row["cohesion"] == other.cohesion


def test_a_table_of_nothing_collected_is_empty() -> None:
    assert model().table(CountryAgent).empty
    other = model()
    other.datacollector = mesa.DataCollector(
        model_reporters={"cohesion": "cohesion"},
        agenttype_reporters={CountryAgent: {"position": "position"}},
    )
    other.step()
    assert len(other.datacollector.get_model_vars_dataframe()) == 1
    with pytest.raises(InputError, match=r"^CountryAgent: the data collector .* its quarter$"):
        other.table(CountryAgent)


def test_a_name_meant_for_the_model_is_not_taken_for_ones_own() -> None:
    one = model()
    one["KAZ"].wealth = 3.0  # of the user's own
    assert one["KAZ"].wealth == 3.0
    with pytest.raises(InputError, match=r"^opennes: CountryAgent .* did you mean 'openness'\?"):
        one["KAZ"].opennes = 0.5
    with pytest.raises(InputError, match=r"^openness: RUS is a PowerAgent; only a CountryAgent"):
        one.agents.set("openness", 0.5)


def test_codes_are_in_a_model_and_it_is_no_list() -> None:
    one = model()
    assert "KAZ" in one
    assert "USA" in one
    assert "KZ" not in one
    with pytest.raises(TypeError, match="not iterable"):
        list(one)


def test_messages() -> None:
    one = model()
    with pytest.raises(InputError, match=r"^KAZ: a country or power cannot be removed from a run"):
        one["KAZ"].remove()
    with pytest.raises(InputError, match=r'^CountryAgent: KAZ has its agent; .*agents=\{"KAZ": '):
        CountryAgent(one, "KAZ")
    with pytest.raises(InputError, match=r"^power: found 'RU'; allowed: RUS, .*nearest: RUS"):
        PowerAgent(one, "RU")
    with pytest.raises(InputError, match=r"^CountryAgent: found a Model; it stands for"):
        CountryAgent(mesa.Model(), "KAZ")
    kind = type("Unused", (PowerAgent,), {})
    with pytest.raises(InputError, match=r"^agenttype_reporters: no agent .* is a Unused$"):
        model(agenttype_reporters={kind: {"a": "budget"}})
    for rng in ([1, 2], np.random.RandomState(1)):
        with pytest.raises(InputError, match=rf"^rng is .*; found a {type(rng).__name__}$"):
            DiplomacyModel("baseline", rng=rng)  # type: ignore[arg-type]
    one.close()
    assert one.running is False
    with pytest.raises(InputError, match=r"^the model was closed in 2022Q4$"):
        one.step()
