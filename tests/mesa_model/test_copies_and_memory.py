"""Models are pickled and copied mid-run, and leave nothing behind."""

from __future__ import annotations

import copy
import gc
import pickle
import tracemalloc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.core.indicators import INDICATORS
from sim.mesa_model import CountryAgent, DiplomacyModel, PowerAgent
from sim.mesa_model.memory import Alive
from sim.mesa_model.rules import Budgeting

SEED = 11
STATM = Path("/proc/self/statm")


class Even(PowerAgent):
    """Divides its attention evenly; a class of a module, so that it can be pickled."""

    def allocate_attention(self, choice: Budgeting) -> Any:
        return choice.core / choice.core.sum()


def members(model: DiplomacyModel) -> int:
    return sum(country.member for country in model.countries)


def pickled(model: DiplomacyModel) -> DiplomacyModel:
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("copied", [pickled, copy.deepcopy])
def test_a_copy_goes_on_as_the_model_would_have(copied: Any) -> None:
    model, alone = (
        DiplomacyModel(
            "cpc_closure",
            rng=SEED,
            agents={"USA": Even},
            model_reporters={"members": members},
            agent_reporters={"code": "code"},
            agenttype_reporters={CountryAgent: {"fear": "fear"}},
        )
        for _ in range(2)
    )
    for one in (model, alone):
        for _ in range(4):
            one.step()
        one["KAZ"].openness = 0.3
        one["RUS"].stance = -0.5
        one.force("close_route", route="CPC", quarters=3)
        one.step()
        one["CHN"].stance = 0.1  # not yet simulated
    other = copied(model)
    assert other["CHN"].stance == 0.1
    assert other["USA"].model is other
    while other.running:
        other.step()
    assert model.quarter == "2024Q1"  # the first did not move
    while model.running:
        model.step()
        alone.step()
    for name in INDICATORS:
        for one in (other, alone):
            np.testing.assert_array_equal(one.measure(name), model.measure(name), err_msg=name)
    assert other.events == model.events == alone.events
    frames = [one.datacollector.get_model_vars_dataframe() for one in (model, other)]
    assert frames[0].equals(frames[1])
    assert len(frames[0]) == model.plan.quarters
    assert (
        model.table(CountryAgent)
        .drop(columns="fear")
        .equals(other.table(CountryAgent).drop(columns="fear"))
    )


def test_changing_a_copy_leaves_the_model() -> None:
    model = DiplomacyModel("baseline", rng=SEED)
    model.step()
    other = copy.deepcopy(model)
    other["KAZ"].fear["RUS"] = 0.9
    other["KAZ"].openness = 0.1
    assert model["KAZ"].fear["RUS"] != 0.9
    assert model["KAZ"].openness != 0.1
    assert other.case is model.case


def test_a_model_that_is_let_go_of_is_collected() -> None:
    model = DiplomacyModel("baseline", rng=SEED, agents={"USA": Even})
    model.step()
    seen = weakref.ref(model)
    agents = [weakref.ref(agent) for agent in model.agents]
    del model
    gc.collect()
    assert seen() is None
    assert [agent for agent in agents if agent() is not None] == []


def test_many_models_leave_nothing() -> None:
    def some(number: int) -> None:
        for seed in range(number):
            model = DiplomacyModel("baseline", rng=seed, parameters="point")
            model.step()

    some(3)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        some(20)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A model that stays is 130 KB and more; 20 of them would be 3 MB and more.
    assert after - before < 300_000


@pytest.mark.skipif(not STATM.exists(), reason="this system does not tell the memory in use")
def test_memory_is_flat_without_asking_for_a_collection() -> None:
    import resource

    def after(models: int) -> float:
        for seed in range(models):
            DiplomacyModel("baseline", rng=seed, parameters="point")
        return int(STATM.read_text().split()[1]) * resource.getpagesize() / 2**20

    before = after(60)
    # A model is 0.2 MiB and more; 200 of them would be 40 MiB and more.
    assert after(200) - before < 15


def test_models_are_collected_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    alive = Alive()
    alive.fewest = 10
    monkeypatch.setattr("sim.mesa_model.model.ALIVE", alive)
    gc.collect()
    gc.disable()  # what Python would do by itself, it does later
    try:
        for seed in range(25):
            DiplomacyModel("baseline", rng=seed, parameters="point")
            assert len(alive) <= 11
        kept = [DiplomacyModel("baseline", rng=seed, parameters="point") for seed in range(15)]
        assert 15 <= len(alive) <= 2 * 15 + 1
        assert len(kept) == 15
    finally:
        gc.enable()
