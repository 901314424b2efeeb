"""What a user changes between steps is what the core sees: equal to a scenario that says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.case import load_case
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.core.simulate import simulate
from sim.mesa_model import DiplomacyModel
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.load import validated
from sim.scenario.schema import Origin

RUN, SEED, DATE = 2, 11, "2024Q1"  # four quarters after the base's first


@pytest.fixture
def model() -> DiplomacyModel:
    """A model that has come to the quarter before the date."""
    model = DiplomacyModel("baseline", rng=SEED, run=RUN)
    for _ in range(4):
        model.step()
    assert model.quarter == "2023Q4"
    return model


def with_entry(table: str, **entry: Any) -> Scenario:
    """The baseline with one event or path more, as a scenario file would have it."""
    data = load_scenario("baseline").resolved()
    data[table] = [*data[table], {"reason": "r", "source": "s", **entry}]
    return validated(data, Origin(name="written"))


def assert_goes_as(model: DiplomacyModel, scenario: Scenario) -> None:
    """From here on the model is run `RUN` of an ensemble of the scenario, to the last bit."""
    world, plan = compile_plan(
        scenario, load_case(scenario.case), range(5), SEED, parameters="posterior"
    )
    quarters = list(simulate(world, plan, SEED, 0, 5))
    for quarter in quarters[4:]:
        model.step()
        for name in INDICATORS:
            np.testing.assert_array_equal(
                model.measure(name)[..., 0],
                quarter.measure(name)[..., RUN],
                err_msg=f"{name} in {model.quarter}",
            )
    assert not model.running


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "close_route", "route": "CPC", "quarters": 2.0, "intensity": 1.0},
        {
            "kind": "coerce",
            "country": "KAZ",
            "power": "RUS",
            "channel": "energy",
            "quarters": {"distribution": "uniform", "low": 1.0, "high": 4.0},
        },
    ],
    ids=["a closed route", "a coercion of uncertain length"],
)
def test_a_forced_event_is_that_event_of_a_scenario(
    model: DiplomacyModel, event: dict[str, Any]
) -> None:
    before = model.outcome("route_volume")
    model.force(**event)
    assert model.outcome("route_volume") == before  # it comes with the next quarter
    assert_goes_as(model, with_entry("event", date=DATE, **event))


def test_a_driver_set_is_a_constant_path_of_a_scenario(model: DiplomacyModel) -> None:
    model["USA"].stance = 0.25
    assert model["USA"].stance == 0.25
    path = {"driver": "stance", "power": "USA", "form": "constant", "from": DATE, "value": 0.25}
    assert_goes_as(model, with_entry("path", **path))


def test_set_driver_reaches_drivers_of_no_agent_and_survives_a_forced_event(
    model: DiplomacyModel,
) -> None:
    model.set_driver("oil", 0.5)
    model.set_driver("barrier", 0.1, country="KAZ", power="CHN")
    model.force("summit", power="CHN", countries=["KAZ"], intensity=2.0)
    for _ in range(2):
        model.step()
    assert model.state.drivers["barrier"][0, model["CHN"].row, 0] == 0.1
    assert abs(model.state.drivers["oil"][0] - 0.5) < 0.5  # its noise goes on
    assert model.plan.drivers["oil"][4:].min() == model.plan.drivers["oil"][4:].max() == 0.5
    assert model.plan.drivers["oil"][3, 0] != 0.5


def test_a_state_written_is_where_the_core_goes_on_from(model: DiplomacyModel) -> None:
    other = DiplomacyModel("baseline", rng=SEED, run=RUN)
    for _ in range(4):
        other.step()
    country = model["KAZ"]
    country.output = -0.1
    country.fear["RUS"] = 0.3
    country.share["RUS", "transit"] = 0.5
    country.reexport_intensity = 0.9
    model.capacity["CPC"] = 10.0
    state, names = other.state, other.world.names
    rus, unit = names.powers.index("RUS"), other.world.attributes.routes.volume_per_share
    cpc = names.routes.index("CPC")
    state.output[0, 0] = -0.1
    state.fear[0, rus, 0] = 0.3
    state.share[0, rus, names.channels.index("transit"), 0] = 0.5
    state.reexport[0, 0] = 0.9
    state.capacity[cpc, 0] = 10.0 / unit[cpc, 0]
    for _ in range(3):
        model.step()
        other.step()
        for name in INDICATORS:
            np.testing.assert_array_equal(
                model.measure(name)[..., 0], other.measure(name)[..., 0], err_msg=name
            )
    assert model.capacity["CPC"] == other.capacity["CPC"]


def test_outcomes_follow_a_state_that_is_written(model: DiplomacyModel) -> None:
    country = model["KAZ"]
    gdp, aligned = country.gdp, country.alignment["RUS"]
    country.output = country.output + 0.1
    country.share["RUS", "trade"] = 0.0
    assert country.gdp == pytest.approx(gdp * np.exp(0.1))
    assert country.alignment["RUS"] < aligned


@pytest.mark.parametrize(
    ("agent", "attribute", "key", "value", "outcome"),
    [
        ("KAZ", "openness", None, 0.1, "attention"),
        ("KAZ", "claim", "RUS", 0.0, "position"),
        ("KAZ", "wariness", "RUS", 0.4, "fear"),
        ("KAZ", "exposure", "energy", 0.3, "leverage"),
        ("KAZ", "own_ideal", None, 0.9, "position"),
        ("USA", "budget", None, 3.0, "attention"),
        ("USA", "value", "KAZ", 9.0, "attention"),
        ("RUS", "control", "energy", 0.0, "leverage"),
        ("RUS", "distraction", None, 0.0, "attention"),
    ],
)
def test_an_attribute_changed_moves_this_run_and_no_other_model(
    agent: str, attribute: str, key: str | None, value: float, outcome: str
) -> None:
    changed, usual = (DiplomacyModel("baseline", rng=SEED, parameters="point") for _ in range(2))
    if key is None:
        setattr(changed[agent], attribute, value)
        assert getattr(changed[agent], attribute) == value
    else:
        cells = getattr(changed[agent], attribute)
        cells[key] = value
        assert cells[key] == getattr(changed[agent], attribute)[key] == value
    for _ in range(30):
        changed.step()
        usual.step()
    assert changed.outcome(outcome) != usual.outcome(outcome)
    alone = DiplomacyModel("baseline", rng=SEED, parameters="point")
    for _ in range(30):
        alone.step()
    assert alone.outcome(outcome) == usual.outcome(outcome)


def test_mesas_sets_of_agents_change_attributes(model: DiplomacyModel) -> None:
    model.agents.select(lambda agent: agent.axis == "country").set("openness", 0.5)
    assert {country.openness for country in model.countries} == {0.5}
    model["KAZ"].fear = {"RUS": 0.4, "CHN": 0.1}
    assert (model["KAZ"].fear["RUS"], model["KAZ"].fear["CHN"]) == (0.4, 0.1)
    model["KAZ"].fear = np.full(len(model.powers), 0.2)
    assert set(model["KAZ"].fear.values()) == {0.2}


def test_messages_of_values(model: DiplomacyModel) -> None:
    country = model["KAZ"]
    with pytest.raises(InputError, match=r"^openness: found 1\.2; allowed: 0 to 1$"):
        country.openness = 1.2
    with pytest.raises(InputError, match=r"^openness: found 'wide'; allowed: 0 to 1$"):
        country.openness = "wide"
    with pytest.raises(InputError, match=r"^fear: found nan; allowed: 0 to 1$"):
        country.fear["RUS"] = float("nan")
    with pytest.raises(InputError, match=r"^stance: found -2; allowed: -1 to 1$"):
        model["USA"].stance = -2
    with pytest.raises(InputError, match=r"^position follows from the rest .* cannot be set$"):
        country.position = 0.5
    with pytest.raises(InputError, match=r"^leverage follows from the rest .* cannot be set$"):
        country.leverage["RUS"] = 0.1
    with pytest.raises(InputError, match=r"^fear: found an array of shape \(2,\); allowed: \(6,\)"):
        country.fear = [0.1, 0.2]
    with pytest.raises(InputError, match=r"^share: found 1, which with .* is above 1; lower"):
        country.share["CHN", "trade"] = 1.0
    with pytest.raises(InputError, match=r"^fear: a cell can be changed, not removed$"):
        del country.fear["RUS"]
    with pytest.raises(InputError, match=r"^capacity: found -1\.0; allowed: 0 to 1e\+12$"):
        model.capacity["CPC"] = -1.0
    with pytest.raises(InputError, match=r"^set_driver: found 'oill'.*nearest: oil$"):
        model.set_driver("oill", 0.0)
    with pytest.raises(InputError, match=r"^oil: found country; allowed: no codes$"):
        model.set_driver("oil", 0.0, country="KAZ")
    with pytest.raises(InputError, match=r"^power: found 'US'.*nearest: USA$"):
        model.set_driver("stance", 0.0, power="US")


def test_messages_of_forced_events(model: DiplomacyModel) -> None:
    spec = model.spec
    with pytest.raises(InputError, match=r"^force: kind: found 'close'.*nearest: close_route$"):
        model.force("close", route="CPC")
    with pytest.raises(
        InputError, match=r"^force\(close_route\): event.route: 'CPX' is not a route"
    ):
        model.force("close_route", route="CPX", quarters=2)
    with pytest.raises(InputError, match=r"^force\(close_route\): event.quarters: is missing"):
        model.force("close_route", route="CPC")
    with pytest.raises(InputError, match=r"^force\(summit\): 2023Q4 is over; the next is 2024Q1$"):
        model.force("summit", date="2023Q4", power="CHN")
    with pytest.raises(InputError, match=r"^force: kind: found '3'; allowed: close_route"):
        model.force(3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^'20251' is not a quarter; write it as"):
        model.force("summit", date=20251, power="CHN")  # type: ignore[arg-type]
    assert model.spec is spec  # nothing of what was refused stays
    while model.running:
        model.step()
    with pytest.raises(InputError, match=r"^force\(summit\): the run ended in 2035Q4$"):
        model.force("summit", power="CHN")
