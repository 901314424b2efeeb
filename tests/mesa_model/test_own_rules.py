"""A subclass replaces one rule of one agent; without one the core gets its own rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.core.rules import Rules
from sim.mesa_model import CountryAgent, DiplomacyModel, PowerAgent
from sim.mesa_model.rules import Budgeting, Dispute, Portfolio

SEED = 11


class Even(PowerAgent):
    """Divides its attention evenly."""

    def allocate_attention(self, choice: Budgeting) -> Any:
        return choice.core / choice.core.sum()


class Harmless(PowerAgent):
    """Never threatens."""

    def threaten(self, dispute: Dispute) -> Any:
        return 0.0 * dispute.usual


class Certain(PowerAgent):
    """Threatens each quarter and carries every threat out."""

    def threaten(self, dispute: Dispute) -> Any:
        return np.ones(len(dispute.others))

    def impose(self, dispute: Dispute) -> Any:
        return np.ones(len(dispute.others))


class Unbending(CountryAgent):
    """Complies with nobody."""

    def comply(self, dispute: Dispute) -> Any:
        return np.zeros(len(dispute.others))


class Alone(CountryAgent):
    """Wants no partners."""

    def choose_partners(self, choice: Portfolio) -> Any:
        return 0.0 * choice.usual


class Usual(PowerAgent):
    """Replaces every rule by what it was."""

    def allocate_attention(self, choice: Budgeting) -> Any:
        return super().allocate_attention(choice)

    def threaten(self, dispute: Dispute) -> Any:
        return super().threaten(dispute)

    def impose(self, dispute: Dispute) -> Any:
        return super().impose(dispute)


class UsualCountry(CountryAgent):
    """The same of a country."""

    def comply(self, dispute: Dispute) -> Any:
        return super().comply(dispute)

    def choose_partners(self, choice: Portfolio) -> Any:
        return super().choose_partners(choice)


class Named(PowerAgent):
    """A subclass without a rule of its own."""

    nickname = "the named one"


def run(quarters: int, agents: Any = None, parameters: str = "point") -> DiplomacyModel:
    model = DiplomacyModel("baseline", rng=SEED, parameters=parameters, agents=agents)
    for _ in range(quarters):
        model.step()
    return model


def test_the_core_has_its_own_rules_where_no_method_is_replaced() -> None:
    for agents in (None, {"USA": Named}):
        rules = run(0, agents)._simulation.setting.rules
        assert rules == Rules()
        assert rules.allocation is Rules().allocation
    rules = run(0, {"USA": Even})._simulation.setting.rules
    assert rules.allocation is not Rules().allocation
    assert rules.threats is Rules().threats
    assert rules.shares is Rules().shares


@pytest.mark.parametrize("parameters", ["point", "posterior"])
def test_rules_replaced_by_what_they_were_give_the_same_run_to_the_last_bit(
    parameters: str,
) -> None:
    every = dict.fromkeys(("KAZ", "KGZ", "TJK", "TKM", "UZB"), UsualCountry)
    every |= dict.fromkeys(("RUS", "CHN", "USA", "EU", "TUR", "REG"), Usual)
    own, usual = run(0, every, parameters), run(0, None, parameters)
    while usual.running:
        own.step()
        usual.step()
        for name in INDICATORS:
            np.testing.assert_array_equal(own.measure(name), usual.measure(name), err_msg=name)


def test_a_power_divides_its_attention_by_its_own_rule() -> None:
    own, usual = run(12, {"USA": Even}), run(12)
    assert own.outcome("attention")["attention.KAZ.USA"] != pytest.approx(
        usual.outcome("attention")["attention.KAZ.USA"], rel=0.01
    )
    # Others see it through rivalry only.
    assert own.outcome("attention")["attention.KAZ.CHN"] == pytest.approx(
        usual.outcome("attention")["attention.KAZ.CHN"], rel=0.01
    )


def test_the_base_is_where_the_own_rule_rests_too() -> None:
    own = run(0, {"USA": Even})
    core = own.world.attributes.core
    expected = core / core.sum()
    found = np.asarray(own["USA"].attention)
    shares = (found / own.world.attributes.openness[:, 0])[core]
    bilateral = own["USA"].format
    everybody = float(core.sum()) ** -own.world.parameters.multilateral_rivalry[0]
    form = (bilateral * expected + (1 - bilateral) * everybody)[core]
    access = own.world.drivers["access"][:, own["USA"].row, 0][core]
    np.testing.assert_allclose(shares / shares[0], (form * access) / (form * access)[0], rtol=1e-12)


def test_threats_follow_the_rules_of_both_sides() -> None:
    calm = run(40, {"RUS": Harmless})
    assert {code: n for code, n in calm.outcome("threats").items() if code.endswith(".RUS")} == {
        f"threats.{country.code}.RUS": 0.0 for country in calm.countries
    }
    harsh = run(10, {"RUS": Certain, "KAZ": Unbending})
    assert harsh.outcome("imposed")["imposed.KAZ.RUS"] == 10
    assert harsh.outcome("threats")["threats.KGZ.RUS"] == 10
    assert harsh.outcome("complied")["complied.KAZ.RUS"] == 0
    assert ("KAZ", harsh.world.names.channels[harsh._now.flow.instrument[0, 0, 0]]) in harsh[
        "RUS"
    ].measures


def test_a_country_chooses_its_partners() -> None:
    own = run(1, {"KAZ": Alone})
    before, speed = run(0), own.world.attributes.adjustment[:, 0]
    moved = own.state.drivers["preference"][..., 0] - before.state.drivers["preference"][..., 0]
    still = ~moved[0].any(axis=0)  # channels whose shares do not move by preference too
    assert still.sum() >= 5
    expected = before.state.share[0, ..., 0] * (1.0 - speed)
    np.testing.assert_allclose(own.state.share[0, :, still, 0], expected[:, still].T, rtol=1e-12)
    np.testing.assert_array_equal(own.state.share[1:], run(1).state.share[1:])


def test_a_rule_sees_its_agent_and_the_model() -> None:
    seen = []

    class Curious(PowerAgent):
        def threaten(self, dispute: Dispute) -> Any:
            seen.append((self.model.quarter, self.code, self.stance, dispute.others))
            assert dispute.impose is not None
            assert dispute.complying is not None
            assert dispute.leverage.shape == dispute.grievance.shape == dispute.distraction.shape
            return dispute.usual

    model = run(2, {"CHN": Curious})
    assert [quarter for quarter, *_ in seen[-2:]] == ["2022Q4", "2023Q1"]
    assert seen[-1][1:] == ("CHN", seen[0][2], model.world.names.countries)


def test_sets_of_agents_by_type_hold_the_subclass() -> None:
    model = run(3, {"USA": Even})
    assert [agent.code for agent in model.agents_by_type[Even]] == ["USA"]
    assert len(model.agents_by_type[PowerAgent]) == len(model.powers) - 1
    table = model.table(PowerAgent)
    assert list(table.loc["2023Q1"].index) == [power.code for power in model.powers]


def answering(answer: Any) -> type[PowerAgent]:
    class Odd(PowerAgent):
        def allocate_attention(self, choice: Budgeting) -> Any:
            return answer

    return Odd


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.ones(3), r"gave an array of shape \(3,\); allowed: \(5,\)"),
        ("much", r"gave 'much'; allowed: an array of numbers of shape \(5,\)"),
        (None, r"gave an array of shape \(\); allowed: \(5,\)"),
        (np.full(5, np.nan), r"gave nan; allowed: finite numbers of 0 or more"),
        (np.full(5, -0.2), r"gave -0\.2; allowed: finite numbers of 0 or more"),
        (np.full(5, 1.0), r"gave shares that sum to 5 over the core countries; allowed: 1, or 0"),
    ],
)
def test_answers_that_the_core_cannot_use(answer: Any, message: str) -> None:
    with pytest.raises(InputError, match=rf"^Odd\.allocate_attention of CHN: {message}"):
        run(1, {"CHN": answering(answer)})


def test_answers_of_the_other_rules_are_checked() -> None:
    class TooMuch(CountryAgent):
        def choose_partners(self, choice: Portfolio) -> Any:
            return 0.0 * choice.usual + 0.5

        def comply(self, dispute: Dispute) -> Any:
            return dispute.usual

    class TooSure(CountryAgent):
        def comply(self, dispute: Dispute) -> Any:
            return dispute.usual + 1.5

    with pytest.raises(
        InputError, match=r"^TooMuch\.choose_partners of KAZ: gave shares of a chan"
    ):
        run(1, {"KAZ": TooMuch})
    with pytest.raises(InputError, match=r"^TooSure\.comply of KAZ: gave .*; allowed: 0 to 1$"):
        run(1, {"KAZ": TooSure})


def test_messages_of_classes() -> None:
    with pytest.raises(
        InputError, match=r"^agents: found .*Unbending.* for USA; a subclass of Pow"
    ):
        run(0, {"USA": Unbending})
    with pytest.raises(InputError, match=r"^agents: found 'x' for KAZ; a subclass of CountryAgent"):
        run(0, {"KAZ": "x"})
    with pytest.raises(InputError, match=r"^country or power: found 'US'"):
        run(0, {"US": Even})


def test_a_method_that_would_never_be_asked_is_refused() -> None:
    class Giving(PowerAgent):
        def comply(self, dispute: Dispute) -> Any:
            return np.ones(len(dispute.others))

    class Threatening(CountryAgent):
        def threaten(self, dispute: Dispute) -> Any:
            return np.ones(len(dispute.others))

    class Misspelt(CountryAgent):
        def complie(self, dispute: Dispute) -> Any:
            return np.ones(len(dispute.others))

    class Busy(CountryAgent):
        compass = "north"

        def complain(self) -> str:
            return self.code

    with pytest.raises(InputError, match=r"^agents: Giving has comply, which is no rule of a Powe"):
        run(0, {"USA": Giving})
    with pytest.raises(InputError, match=r"its rules: choose_partners, comply$"):
        run(0, {"KAZ": Threatening})
    with pytest.raises(InputError, match=r"Misspelt has complie.*did you mean 'comply'\?"):
        run(0, {"KAZ": Misspelt})
    assert run(0, {"KAZ": Busy})["KAZ"].complain() == "KAZ"


def test_a_rule_is_no_attribute_and_an_agent_stays_who_it_is() -> None:
    model = run(0)
    with pytest.raises(
        InputError, match=r'^comply: a decision rule is .* agents=\{"KAZ": \.\.\.\}'
    ):
        model["KAZ"].comply = lambda dispute: dispute.usual
    for name, value in {"code": "UZB", "row": 2, "axis": "power"}.items():
        with pytest.raises(InputError, match=rf"^{name}: says which agent KAZ is; it cannot be se"):
            setattr(model["KAZ"], name, value)
    assert model["KAZ"].code == "KAZ"
