"""Mesa's face: the same numbers as the core, Mesa's own tools, no leak."""

from __future__ import annotations

import gc
import weakref

import mesa
import numpy as np
import pytest

from sim.case import load_case
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.core.simulate import simulate
from sim.mesa_model import CountryAgent, DiplomacyModel, PowerAgent
from sim.scenario import compile_plan, load_scenario

RUN, SEED = 5, 11


@pytest.fixture(scope="module")
def stepped() -> DiplomacyModel:
    model = DiplomacyModel("cpc_closure", rng=SEED, run=RUN, parameters="point")
    while model.running:
        model.step()
    return model


@pytest.mark.parametrize("parameters", ["point", "posterior"])
def test_stepping_gives_run_i_of_an_ensemble_to_the_last_bit(parameters: str) -> None:
    scenario = load_scenario("cpc_closure")
    first, runs = 0, 9
    world, plan = compile_plan(
        scenario, load_case(scenario.case), range(first, first + runs), SEED, parameters
    )
    model = DiplomacyModel("cpc_closure", rng=SEED, run=RUN, parameters=parameters)
    for quarter in simulate(world, plan, SEED, first, runs):
        model.step()
        for name in INDICATORS:
            np.testing.assert_array_equal(
                model.measure(name)[..., 0], quarter.measure(name)[..., RUN], err_msg=name
            )
    assert not model.running


def test_events_are_those_of_this_run_only(stepped: DiplomacyModel) -> None:
    threats = stepped.measure("threats")[..., 0].sum()
    logged = [
        row for row in stepped.events if row["kind"] in ("complied", "backed_down", "imposed")
    ]
    assert len(logged) == threats > 0


def test_agents_are_views_on_the_arrays() -> None:
    model = DiplomacyModel("baseline", rng=SEED)
    model.step()
    country = model.countries[0]
    assert np.shares_memory(country.share, model.state.share)
    assert np.shares_memory(model.powers[0].attention, model.state.attention)
    country.share[0, 0] = 0.123
    assert model.state.share[0, 0, 0, 0] == 0.123


def test_agents_read_the_outcomes(stepped: DiplomacyModel) -> None:
    country = stepped.countries[1]
    power = stepped.powers[0]
    assert country.autonomy == stepped.outcome("autonomy")[f"autonomy.{country.code}"]
    key = f"leverage.{country.code}.{power.code}"
    assert country.leverage_of(power.code) == stepped.outcome("leverage")[key]
    assert power.attention_to(country.code) == power.attention[1]


def test_mesa_selects_aggregates_and_collects(stepped: DiplomacyModel) -> None:
    countries = stepped.agents_by_type[CountryAgent]
    assert len(countries) == len(stepped.world.names.countries)
    assert 0 < countries.agg("autonomy", np.mean) < 1
    assert len(stepped.agents_by_type[PowerAgent]) == len(stepped.world.names.powers)
    frame = stepped.datacollector.get_model_vars_dataframe()
    assert len(frame) == stepped.plan.quarters
    assert frame["quarter"].iloc[-1] == stepped.quarter
    assert frame["cohesion"].between(0, 1).all()
    rows = stepped.datacollector.get_agenttype_vars_dataframe(CountryAgent)
    assert len(rows) == stepped.plan.quarters * len(countries)
    assert rows["autonomy"].between(0, 1).all()


def test_step_after_the_end_changes_nothing(stepped: DiplomacyModel) -> None:
    before = stepped.state.position.copy()
    stepped.step()
    np.testing.assert_array_equal(before, stepped.state.position)
    assert stepped.running is False


def test_a_closed_model_is_collected() -> None:
    model = DiplomacyModel("baseline", rng=SEED)
    model.step()
    seen = weakref.ref(model)
    model.close()
    del model
    gc.collect()
    assert seen() is None


def test_numbers_of_numpy_do() -> None:
    model = DiplomacyModel("baseline", rng=np.int64(2022), run=np.int64(3))  # type: ignore[arg-type]
    other = DiplomacyModel("baseline", rng=2022, run=3)
    for one in (model, other):
        one.step()
    assert model.outcome("autonomy") == other.outcome("autonomy")


def test_messages() -> None:
    with pytest.raises(InputError, match="rng is the root seed"):
        DiplomacyModel("baseline", rng="one")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"rng is the root seed.*found -1"):
        DiplomacyModel("baseline", rng=-1)
    with pytest.raises(InputError, match="0 to 9999999; found -1"):
        DiplomacyModel("baseline", run=-1)
    with pytest.raises(InputError, match=r"0 to 9999999; found 1\.0"):
        DiplomacyModel("baseline", run=1.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="0 to 9999999; found 10000000"):
        DiplomacyModel("baseline", run=10_000_000)
    with pytest.raises(InputError, match="replicates: found 0; allowed: 1 or more"):
        DiplomacyModel("baseline", replicates=0)
    with pytest.raises(InputError, match="parameters: found 'piont'; allowed: point, posterior"):
        DiplomacyModel("baseline", parameters="piont")
    model = DiplomacyModel("baseline")
    with pytest.raises(InputError, match="call step"):
        model.measure("autonomy")
    model.step()
    with pytest.raises(InputError, match="is not an outcome"):
        model.measure("autonomie")
    with pytest.raises(InputError, match="is not a power of this model"):
        model.countries[0].leverage_of("XXX")


def test_version_of_mesa_is_one_that_the_face_was_written_for() -> None:
    major, minor = (int(part) for part in mesa.__version__.split(".")[:2])
    assert major == 3
    assert minor >= 3
