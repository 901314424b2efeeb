"""Mesa's face: the same numbers as the core, Mesa's own tools, no leak."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
import pytest

from sim.case import load_case
from sim.core import leverage
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
    country, power = model.countries[0], model.powers[0]
    np.testing.assert_array_equal(np.asarray(country.share), model.state.share[0, ..., 0])
    np.testing.assert_array_equal(np.asarray(power.attention), model.state.attention[:, 0, 0])
    seen = country.share
    model.state.share[0, 1, 2, 0] = 0.0123
    assert seen[power.model.powers[1].code, model.world.names.channels[2]] == 0.0123


def test_what_was_read_stays_that_of_its_quarter() -> None:
    model = DiplomacyModel("baseline", rng=SEED)
    model.step()
    first = model["KAZ"].fear
    kept = dict(first)
    model.step()
    assert dict(first) == kept != dict(model["KAZ"].fear)
    with pytest.raises(InputError, match=r"fear: found numbers of 2023Q1, which is over"):
        first["RUS"] = 0.2


def test_attributes_by_code_read_as_mappings() -> None:
    model = DiplomacyModel("baseline", rng=SEED)
    model.step()
    country, names = model["KAZ"], model.world.names
    assert list(country.alignment) == list(names.powers)
    assert sum(country.alignment.values()) == pytest.approx(1.0)
    assert len(country.share) == len(names.powers) * len(names.channels)
    assert ("RUS", "transit") in country.share
    assert (
        country.claim["RUS"]
        == model["RUS"].claims["KAZ"]
        == model.world.attributes.claim[0, names.powers.index("RUS"), 0]
    )
    assert model["RUS"].leverage["KAZ"] == country.leverage_of("RUS")
    assert country.deals_total == pytest.approx(sum(country.deals.values()))
    assert 0 <= country.votes_yes[names.texts[0]] + country.votes_no[names.texts[0]] <= 1
    assert country.member is True
    assert "transit" in repr(country.exposure)


def test_before_the_first_step_outcomes_are_those_of_the_base() -> None:
    model = DiplomacyModel("baseline", rng=SEED, parameters="point")
    for name in INDICATORS:
        assert np.isfinite(model.measure(name)).all(), name
    names, attributes = model.world.names, model.world.attributes
    np.testing.assert_allclose(
        model.measure("position")[:, 0], attributes.position[:, 0], atol=1e-12
    )
    for country in model.countries:
        expected = {
            power: float(
                leverage.vulnerability(
                    attributes.exposure,
                    attributes.share,
                    attributes.control,
                    attributes.substitution,
                )[country.row, column, :, 0].sum()
            )
            for column, power in enumerate(names.powers)
        }
        assert dict(country.leverage) == pytest.approx(expected, abs=1e-15)
        assert (country.remittance_index, country.output, country.severity) == (1.0, 0.0, 0.0)
    # With weights of the base and its stances, positions are those observed.
    autonomy = model.outcome("autonomy")
    model.step()
    for column, value in model.outcome("autonomy").items():
        assert value == pytest.approx(autonomy[column], abs=0.05)


def test_agents_read_the_outcomes(stepped: DiplomacyModel) -> None:
    country = stepped.countries[1]
    power = stepped.powers[0]
    assert country.autonomy == stepped.outcome("autonomy")[f"autonomy.{country.code}"]
    key = f"leverage.{country.code}.{power.code}"
    assert country.leverage_of(power.code) == stepped.outcome("leverage")[key]
    assert power.attention_to(country.code) == stepped.state.attention[1, 0, 0]


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


def test_numbers_of_numpy_do() -> None:
    model = DiplomacyModel("baseline", rng=np.int64(2022), run=np.int64(3))  # type: ignore[arg-type]
    other = DiplomacyModel("baseline", rng=2022, run=3)
    for one in (model, other):
        one.step()
    assert model.outcome("autonomy") == other.outcome("autonomy")


def test_generators_of_numpy_give_the_root_seed() -> None:
    made = np.random.default_rng(5)
    models = [DiplomacyModel("baseline", rng=made) for _ in range(2)]
    again = np.random.default_rng(5)
    assert [one.root_seed for one in models] == again.integers(2**32, size=2).tolist()
    for kind in (np.random.SeedSequence, np.random.PCG64):
        assert DiplomacyModel("baseline", rng=kind(5)).root_seed == models[0].root_seed
    other = DiplomacyModel("baseline", rng=models[0].root_seed)
    for one in (models[0], other):
        one.step()
    assert models[0].outcome("autonomy") == other.outcome("autonomy")


def test_draws_of_a_users_code_follow_from_seed_and_run() -> None:
    def drawn(**given: Any) -> tuple[float, float]:
        model = DiplomacyModel("baseline", **given)
        return model.random.random(), float(model.rng.random())

    seed = DiplomacyModel("baseline").root_seed
    assert drawn() == drawn() == drawn(rng=seed)
    assert drawn(rng=7) == drawn(rng=7, run=0)
    several = {drawn(rng=seed, run=run) for seed in (7, 8) for run in range(3)}
    assert len(several) == 6


def test_a_model_says_what_it_is() -> None:
    model = DiplomacyModel("cpc_closure", rng=7, run=3)
    assert repr(model) == "<DiplomacyModel cpc_closure, seed 7, run 3, 2022Q4>"


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
    with pytest.raises(InputError, match="is not an outcome; did you mean 'autonomy'"):
        model.measure("autonomie")
    with pytest.raises(InputError, match=r"power: found 'RU'; allowed: RUS, .*nearest: RUS"):
        model.countries[0].leverage_of("RU")
    with pytest.raises(InputError, match=r"country or power: found 'KZ'.*nearest: K"):
        model["KZ"]
    with pytest.raises(InputError, match=r"share\[...\]: found 'RUS'; needed: power, channel"):
        model.countries[0].share["RUS"]
    with pytest.raises(InputError, match="Stranger: this model has no agents of that type"):
        model.table(type("Stranger", (CountryAgent,), {}))


def test_version_of_mesa_is_one_that_the_face_was_written_for() -> None:
    major, minor = (int(part) for part in mesa.__version__.split(".")[:2])
    assert (3, 3) <= (major, minor) < (5, 0)
