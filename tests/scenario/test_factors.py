"""Dotted paths into a scenario, and scenarios varied at them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.distributions import Given
from sim.scenario.factors import find_place, set_values


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("cpc_closure")


@pytest.fixture(scope="module")
def case(scenario: Scenario) -> Case:
    return load_case(scenario.case)


@pytest.mark.parametrize(
    ("path", "canonical", "kind", "by_run", "standing"),
    [
        ("parameters.resolve", "parameters.resolve", "number", True, None),
        ("parameter.resolve", "parameters.resolve", "number", True, None),
        ("attribute.openness.KAZ", "attribute.openness.KAZ", "number", True, 1.0),
        ("attribute.openness.KAZ.value", "attribute.openness.KAZ", "number", True, 1.0),
        ("attribute.gdp.*.factor", "attribute.gdp.factor", "number", True, 1.0),
        ("attribute.gdp", "attribute.gdp", "number", True, None),
        ("driver.oil", "driver.oil", "number", True, 0.0),
        ("driver.access.KAZ+UZB.EU.factor", "driver.access.KAZ+UZB.EU.factor", "number", True, 1.0),
        ("driver.boost.EU.value", "driver.boost.EU.value", "number", True, None),
        ("event.1.date", "event.close_route.CPC.date", "quarter", False, "2026Q1"),
        ("event.close_route.quarters", "event.close_route.CPC.quarters", "number", True, 2.0),
        (
            "event.close_route.CPC.intensity",
            "event.close_route.CPC.intensity",
            "number",
            True,
            None,
        ),
        ("switches.coercion", "switches.coercion", "flag", False, True),
        ("horizon.end", "horizon.end", "quarter", False, "2035Q4"),
        ("membership.powers", "membership.powers", "text", False, None),
        ("as_of", "as_of", "quarter", False, "2022Q4"),
    ],
)
def test_a_path_leads_to_its_place(
    scenario: Scenario,
    case: Case,
    path: str,
    canonical: str,
    kind: str,
    by_run: bool,
    standing: object,
) -> None:
    found = find_place(path, scenario, case)
    assert (found.path, found.kind, found.by_run) == (canonical, kind, by_run)
    if standing is not None:
        assert found.standing == standing


def test_a_parameter_stands_at_its_centre_unless_the_scenario_sets_it(
    scenario: Scenario, case: Case
) -> None:
    centre = next(r for r in case.table("parameters") if r["name"] == "resolve").number("value")
    assert find_place("parameters.resolve", scenario, case).standing == centre
    set_ = set_values(scenario, case, {"parameters.resolve": 0.5})
    assert find_place("parameters.resolve", set_, case).standing == 0.5


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("parametres.resolve", "'parametres' is nothing that can vary; did you mean 'parameters'?"),
        ("parameters.resolv", "'resolv' is not a parameter; did you mean 'resolve'?"),
        ("parameters.resolve.x", "nothing can follow here; found 'x'"),
        ("parameters", "say which after 'parameters', as in parameters.NAME"),
        ("attribute.opennes.KAZ", "'opennes' is not an attribute; did you mean 'openness'?"),
        ("attribute.openness.KA", "'KA' is no country; did you mean 'KAZ'?"),
        ("attribute.openness.KAZ.RUS", "'KAZ.RUS' is too much: it takes at most a country"),
        ("driver.oil.KAZ", "'KAZ' is too much: it takes no codes"),
        ("driver.oils", "'oils' is not a driver; did you mean 'oil'?"),
        ("event.2.date", "there is no event 2 (event.1 is close_route.CPC)"),
        ("event.close_rout.CPC.date", "did you mean 'close_route'?"),
        ("event.close_route.BTC.date", "has no field 'BTC'|there is no field 'BTC'"),
        ("event.1.dat", "there is no field 'dat'; did you mean 'date'?"),
        ("event.1", "the field is missing (fields: date"),
        ("event.1.reason", "there is no field 'reason'"),
        ("path.1.value", "there is no path 1 (cpc_closure has no path)"),
        ("switches.noises", "switches has no 'noises'; did you mean 'noise'?"),
        ("horizon.end.x", "nothing can follow here"),
        ("", "nothing that can vary"),
    ],
)
def test_a_path_to_nowhere_is_refused(
    scenario: Scenario, case: Case, path: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        find_place(path, scenario, case)
    assert any(one in str(caught.value) for one in message.split("|")), caught.value


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"event.1.intensity": 1.4}, "1.4 is not allowed; allowed: 0 to 1"),
        ({"event.1.date": "2045Q1"}, "2045Q1 lies outside the horizon"),
        ({"event.1.date": 3}, "found 3; a quarter in quotes"),
        ({"event.1.date": "soon"}, "'soon' is not a quarter"),
        ({"parameters.resolve": "high"}, "found 'high'; a number is needed"),
        ({"parameters.resolve": True}, "found True; a number is needed"),
        ({"switches.coercion": 1}, "found 1; true or false is needed"),
        ({"attribute.share.KAZ.RUS.trade": 1.2}, "1.2 lies outside the range 0 to 1"),
        ({"attribute.share.KAZ.RUS.trade": 0.95}, "the shares of KAZ in trade sum to"),
        ({"driver.oil": 9.0}, "takes oil to 9 in 2023Q1; allowed: -3 to 3"),
        ({"event.1.intensity": 0.2, "event.close_route.intensity": 0.3}, "are the same place"),
        ({"membership.powers": "RUS+CHNX"}, "'CHNX' is not a power"),
        ({"event.1.date": Given(values=(1.0, 2.0))}, "cannot differ between runs"),
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(
    scenario: Scenario, case: Case, values: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        compile_plan(set_values(scenario, case, values), case, range(2), 1)


def test_values_reach_the_world_and_the_plan(scenario: Scenario, case: Case) -> None:
    varied = set_values(
        scenario,
        case,
        {
            "parameters.resolve": 0.5,
            "attribute.openness.KAZ": 0.5,
            "driver.oil": 0.25,
            "event.1.date": "2025Q1",
            "event.1.intensity": 0.5,
            "event.1.quarters": 3.0,
            "switches.noise": False,
            "membership.powers": "RUS+CHN+USA",
        },
    )
    world, plan = compile_plan(varied, case, range(2), 1)
    before, paths = compile_plan(scenario, case, range(2), 1)
    assert world.parameters.resolve == 0.5
    kaz = world.names.countries.index("KAZ")
    assert world.attributes.openness[kaz, 0] == 0.5
    np.testing.assert_allclose(plan.drivers["oil"] - paths.drivers["oil"], 0.25, atol=1e-12)
    assert world.names.powers == ("RUS", "CHN", "USA") != before.names.powers
    assert not plan.noise
    assert paths.noise
    cpc = world.names.routes.index("CPC")
    closed = plan.closure[:, cpc, 0].nonzero()[0]
    assert [*closed] == [8, 9, 10]
    assert plan.closure[8, cpc, 0] == 0.5


def test_rows_of_values_reach_their_runs(scenario: Scenario, case: Case) -> None:
    rows = {
        "parameters.resolve": Given(values=(0.5, 0.7, 0.9)),
        "attribute.openness.KAZ": Given(values=(1.0, 0.8, 0.6)),
        "driver.oil": Given(values=(0.0, -0.5, 0.5)),
        "event.1.intensity": Given(values=(0.2, 0.4, 1.0)),
    }
    varied = set_values(scenario, case, rows)
    world, plan = compile_plan(varied, case, range(2), 1, copies=3)
    for place in range(3):
        own = {path: given.values[place] for path, given in rows.items()}
        alone, path = compile_plan(set_values(scenario, case, own), case, range(2), 1)
        at = slice(2 * place, 2 * place + 2)
        np.testing.assert_array_equal(world.parameters.resolve[at], alone.parameters.resolve[0])
        np.testing.assert_array_equal(
            world.attributes.openness[:, at],
            np.broadcast_to(alone.attributes.openness, (len(alone.names.countries), 2)),
        )
        np.testing.assert_array_equal(
            plan.drivers["oil"][:, at], np.broadcast_to(path.drivers["oil"], (plan.quarters, 2))
        )
        np.testing.assert_array_equal(
            plan.closure[..., at], np.broadcast_to(path.closure, (*path.closure.shape[:-1], 2))
        )


def test_the_scenario_itself_stays_as_it_is(scenario: Scenario, case: Case) -> None:
    before = scenario.hash
    set_values(scenario, case, {"event.1.date": "2025Q1", "driver.oil": 0.1})
    assert scenario.hash == before
