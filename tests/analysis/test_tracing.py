"""Tracing a figure: effects known in closed form, draws in common, and every piece of evidence."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from sim.analysis.tracing import Trace, trace, uses
from sim.analysis.tracing.effects import Sample
from sim.analysis.tracing.moves import bounds_of, step_of
from sim.analysis.tracing.trace import _effects, _sorted
from sim.analysis.tracing.uses import shipped
from sim.case import Case, load_case
from sim.case.provenance import provenance
from sim.cli.main import main
from sim.core.errors import InputError
from sim.core.simulate import simulate
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.factors import set_values

RUNS = 12


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("central_asia")


@pytest.fixture(scope="module")
def scenarios(case: Case) -> list[Scenario]:
    return shipped(case)


@pytest.fixture(scope="module")
def short(case: Case) -> Scenario:
    """The baseline for two years."""
    return set_values(load_scenario("baseline"), case, {"horizon.end": "2024Q4"})


@pytest.fixture(scope="module")
def gdp(case: Case, short: Scenario) -> Trace:
    return trace("gdp.KAZ", short, runs=RUNS, case=case, scenarios=[])


def by_outcome(found: Trace) -> pd.DataFrame:
    return found.effects.set_index("outcome")


# ------------------------------------------------------------------------ known in closed form


def test_a_percent_of_gdp_is_a_percent_of_what_is_counted_in_dollars(gdp: Trace) -> None:
    effects = by_outcome(gdp)
    columns = ["gdp_usd.KAZ", "trade_usd.KAZ.RUS", "trade_usd.KAZ.CHN", "remittances_total_usd.KAZ"]
    assert effects.loc[columns, "elasticity"].to_numpy() == pytest.approx(1.0, rel=1e-9)
    assert effects.loc[columns, "effect"].to_numpy() == pytest.approx(
        effects.loc[columns, "mean"].to_numpy() / 100, rel=1e-9
    )


def test_the_range_of_a_figure_is_that_of_its_row(gdp: Trace) -> None:
    [figure] = gdp.figures.itertuples()
    line = by_outcome(gdp).loc["gdp_usd.KAZ"]
    assert line["high_end"] == pytest.approx(line["mean"] * (232.3 / 225.5 - 1), rel=1e-9)
    assert line["low_end"] == pytest.approx(line["mean"] * (218.7 / 225.5 - 1), rel=1e-9)
    assert line["over_range"] == pytest.approx(line["high_end"] - line["low_end"])
    assert (figure.low, figure.high) == (218.7, 232.3)


def test_what_does_not_depend_on_a_figure_does_not_move_at_all(gdp: Trace) -> None:
    moved = set(gdp.effects["outcome"])
    elsewhere = {one.split(".")[0] for one in moved if ".TJK" in one or ".UZB" in one}
    assert elsewhere == {"deal_share"}  # of all deals of a power, in dollars
    assert not {"autonomy.KAZ", "position.KAZ", "share.KAZ.RUS.trade", "cohesion"} & moved
    assert gdp.still + len(moved) == 1627


def test_migrants_move_their_own_number_and_nothing_else(case: Case, short: Scenario) -> None:
    found = trace("migrants.TJK.RUS", short, runs=RUNS, case=case, scenarios=[])
    [line] = found.effects.itertuples()
    assert line.outcome == "migrants.TJK.RUS"
    assert line.elasticity == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("parameters", ["point", "posterior"])
def test_a_parameter_in_an_exponent(case: Case, short: Scenario, parameters: str) -> None:
    """Dollar GDP is exp(kappa a) with a = oil exports times the change of the price.

    A step up and down of the share s gives G sinh(s kappa a) / s per unit; drawn values of kappa
    move in proportion.
    """
    found = trace(
        "parameter.oil_pass_through",
        short,
        runs=RUNS,
        parameters=parameters,
        case=case,
        scenarios=[],
        outcomes=["gdp_usd.KAZ"],
    )
    world, plan = compile_plan(short, case, range(RUNS), short.seed, parameters)
    *_, last = simulate(world, plan, short.seed, 0, RUNS)
    kaz = world.names.countries.index("KAZ")
    transit = world.attributes.exposure[kaz, world.attributes.roles.transit].sum(axis=0)
    carried = world.attributes.hydrocarbon[kaz] * transit * last.moment.change("oil")
    exponent = world.parameters.oil_pass_through * carried
    runwise = last.moment.gdp[kaz] * np.sinh(0.01 * exponent)
    [line] = found.effects.itertuples()
    assert line.effect == pytest.approx(runwise.mean(), rel=1e-9)
    error = runwise.std(ddof=1) / math.sqrt(RUNS)
    assert line.error == pytest.approx(error, rel=1e-9)


def test_a_number_of_the_scenario_moves_with_the_evidence_it_names(case: Case) -> None:
    scenario = set_values(
        load_scenario("five_bilateral_deals_2025"), case, {"horizon.end": "2027Q4"}
    )
    found = trace("E057", scenario, runs=RUNS, case=case, scenarios=[scenario])
    key = "event.deal.KAZ.USA.minerals.announced"
    assert found.numbers == (f"five_bilateral_deals_2025: {key}",)
    assert [one.key for one in found.use.citations] == [key]
    announced = next(
        one.announced
        for one in scenario.event
        if one.kind == "deal" and (one.country, one.sector) == ("KAZ", "minerals")
    )
    ends = []
    for factor in (1.01, 0.99):
        varied = set_values(scenario, case, {key: announced * factor})
        world, plan = compile_plan(varied, case, range(RUNS), scenario.seed, "posterior")
        *_, last = simulate(world, plan, scenario.seed, 0, RUNS)
        place = world.names.countries.index("KAZ"), world.names.powers.index("USA")
        ends.append(last.measure("announced")[place])
    effect = by_outcome(found).loc["announced.KAZ.USA", "effect"]
    assert effect > 0
    assert effect == pytest.approx((ends[0] - ends[1]).mean() / 2, rel=1e-9)


def test_a_distribution_of_the_scenario_is_stretched(case: Case, scenarios: list[Scenario]) -> None:
    own = next(one for one in scenarios if one.name == "cpc_closure")
    scenario = set_values(own, case, {"horizon.end": "2028Q4"})
    found = trace("E037", scenario, runs=RUNS, case=case, scenarios=scenarios)
    assert found.numbers == ("cpc_closure: event.close_route.CPC.intensity",)
    # It reaches up to the whole route already, so that it can only be moved down.
    assert any("a step up cannot be (cpc_closure: what rests on it" in n for n in found.notes)
    assert found.effects["up"].isna().all()
    assert not found.effects["bent"].any()


def test_against_another_scenario_effects_are_taken_off(case: Case) -> None:
    end = {"horizon.end": "2028Q4"}
    closure, calm = (
        set_values(load_scenario(name), case, end) for name in ("cpc_closure", "baseline")
    )
    options = {"runs": RUNS, "seed": 3, "case": case, "scenarios": []}
    outcomes = ["gdp_usd", "output", "leverage"]
    name = "exposure.KAZ.transit"
    both = by_outcome(trace(name, closure, against=calm, outcomes=outcomes, **options))
    one = by_outcome(trace(name, closure, outcomes=outcomes, **options))
    other = by_outcome(trace(name, calm, outcomes=outcomes, **options))
    for outcome in both.index:
        expected = one["effect"].get(outcome, 0.0) - other["effect"].get(outcome, 0.0)
        rounding = 1e-9 * (1 + abs(other["mean"].get(outcome, 0.0)))
        assert both.loc[outcome, "effect"] == pytest.approx(expected, rel=1e-6, abs=rounding)
    assert "output.KAZ" in both.index


# ------------------------------------------------------------------------ draws in common


def test_the_same_seed_gives_the_same_trace(case: Case, short: Scenario, gdp: Trace) -> None:
    again = trace("gdp.KAZ", short, runs=RUNS, case=case, scenarios=[])
    pd.testing.assert_frame_equal(again.effects, gdp.effects)
    other = trace("gdp.KAZ", short, runs=RUNS, seed=7, case=case, scenarios=[])
    assert not other.effects["mean"].equals(gdp.effects["mean"])


def test_chunks_do_not_matter(
    case: Case, short: Scenario, monkeypatch: pytest.MonkeyPatch, gdp: Trace
) -> None:
    monkeypatch.setattr("sim.analysis.tracing.effects.CHUNK", 5)  # 5, 5 and 2 runs
    cut = by_outcome(trace("gdp.KAZ", short, runs=RUNS, case=case, scenarios=[]))
    whole = by_outcome(gdp)
    assert set(cut.index) == set(whole.index)
    for column in ("mean", "effect", "error", "spread"):
        assert cut[column].to_numpy() == pytest.approx(whole.loc[cut.index, column].to_numpy())


def test_at_a_quarter_and_as_a_mean(case: Case) -> None:
    short = set_values(load_scenario("baseline"), case, {"horizon.end": "2023Q3"})
    options = {"runs": 4, "case": case, "scenarios": [], "outcomes": ["gdp_usd.KAZ"]}
    levels = [
        by_outcome(trace("gdp.KAZ", short, at=at, **options)).loc["gdp_usd.KAZ", "mean"]
        for at in ("2023Q1", "2023Q2", "2023Q3")
    ]
    mean = by_outcome(trace("gdp.KAZ", short, at="mean", **options)).loc["gdp_usd.KAZ", "mean"]
    assert mean == pytest.approx(np.mean(levels))
    end = by_outcome(trace("gdp.KAZ", short, **options)).loc["gdp_usd.KAZ", "mean"]
    assert end == levels[-1]


# ------------------------------------------------------------------------ steps


def test_a_step_is_a_hundredth_of_the_value_of_the_scale_or_of_the_range(case: Case) -> None:
    found = provenance(case)
    assert step_of(found.figure("exposure.KAZ.transit")) == (pytest.approx(0.002657), "value")
    assert step_of(found.figure("position.KAZ")) == (0.02, "scale")
    assert step_of(found.figure("driver.stance.CHN")) == (0.02, "scale")
    assert step_of(found.figure("driver.coordination")) == (pytest.approx(0.003), "range")
    assert step_of(found.figure("driver.exposure")) == (0.0, "nothing")
    assert step_of(found.figure("growth.KAZ")) == (pytest.approx(0.00025), "value")


def test_volume_and_capacity_of_a_route_bound_each_other(case: Case) -> None:
    found = provenance(case)
    volume, capacity = (found.figure(f"route.CPC.{one}") for one in ("volume", "capacity"))
    assert bounds_of(volume, case) == (0.0, capacity.value)
    assert bounds_of(capacity, case)[0] == volume.value


def test_at_its_bound_a_figure_moves_one_way(case: Case, short: Scenario) -> None:
    found = trace("driver.stance.USA", short, runs=2, case=case, scenarios=[])
    assert found.effects["up"].isna().all()
    assert found.effects["down"].notna().all()
    [note] = [note for note in found.notes if note.startswith("a step up cannot be")]
    assert "driver.stance.USA: 1.02 lies outside -1 to 1" in note


def test_a_range_that_the_world_cannot_stand_is_cut(case: Case, short: Scenario) -> None:
    found = trace("share.KGZ.RUS.labour", short, runs=2, case=case, scenarios=[])
    assert any(note.startswith("the high end of the range cannot be") for note in found.notes)
    line = by_outcome(found).loc["share.KGZ.RUS.labour"]
    assert 0 < line["high_end"] < 0.0201


def made_up(up: NDArray[np.float64], down: NDArray[np.float64]) -> Sample:
    """One outcome at level 10 of which the steps add `up` and take off `down`, (run,)."""
    here = 10 + np.linspace(-1, 1, len(up))
    values = {"here": here, "up": here + up, "down": here - down}
    return Sample(
        ("autonomy.KAZ",),
        ("0 to 1",),
        8092,
        {label: own[:, np.newaxis] for label, own in values.items()},
        {label: own.mean(keepdims=True) for label, own in values.items()},
        {label: own.mean(keepdims=True)[:, np.newaxis] for label, own in values.items()},
        here.std(ddof=1, keepdims=True)[:, np.newaxis],
    )


def test_noise_is_not_told_from_zero_and_a_kink_is_told() -> None:
    noise = np.random.default_rng(1).normal(size=100)
    runs = np.arange(100)
    quiet = _effects(made_up(noise, noise), 1.0, "end", runs).iloc[0]
    assert not quiet["told"]
    assert quiet["moves"]
    smooth = _effects(made_up(np.full(100, 0.5), np.full(100, 0.5)), 1.0, "end", runs).iloc[0]
    assert smooth["told"]
    assert not smooth["bent"]
    assert smooth["effect"] == pytest.approx(0.5)
    assert smooth["elasticity"] == pytest.approx(5.0)
    kink = _effects(made_up(np.full(100, 1.0), np.zeros(100)), 1.0, "end", runs).iloc[0]
    assert kink["bent"]
    assert (kink["up"], kink["down"]) == (pytest.approx(1.0), 0.0)
    half = _effects(made_up(np.full(100, 1.0), np.full(100, 1.0)), 2.0, "end", runs).iloc[0]
    assert half["effect"] == pytest.approx(0.5)  # of a step of 2 percent


def test_rounding_is_no_effect() -> None:
    tiny = np.full(10, 1e-14)
    assert not _effects(made_up(tiny, tiny), 1.0, "end", np.arange(10))["moves"].any()


def test_effects_are_sorted_by_size_with_the_doubtful_ones_last() -> None:
    table = pd.DataFrame(
        {
            "outcome": ["a", "b", "c"],
            "told": [True, False, True],
            "in_spread": [0.1, 5.0, -0.3],
            "elasticity": [1.0, 1.0, 1.0],
        }
    )
    assert list(_sorted(table)["outcome"]) == ["c", "a", "b"]


# ------------------------------------------------------------------------ evidence


def test_every_piece_of_evidence_is_traced_and_accounts_for_itself(
    case: Case, scenarios: list[Scenario]
) -> None:
    start = set_values(load_scenario("baseline"), case, {"horizon.end": "2023Q1"})
    outcomes = ["position", "share", "exposure", "cohesion"]
    background = []
    for name in case.table("evidence").codes:
        found = trace(
            name,
            start,
            runs=2,
            parameters="point",
            outcomes=outcomes,
            case=case,
            scenarios=scenarios,
        )
        assert len(found.effects) + found.still == 251, name
        lines = found.text().splitlines()
        assert lines[0].startswith(name)
        assert max(map(len, lines)) <= 100, name
        use = found.use
        moves = use.figures or any(one.keys for one in use.citations)
        assert bool(moves) != bool(use.reason), name
        if use.reason.startswith("not used"):
            assert not (*use.elsewhere, *use.citations, *use.held), name
            background.append(name)
    assert len(case.table("evidence")) == 80
    assert "E068" in background
    assert "not plausible" in uses("E068", case, None, []).reason
    assert 5 < len(background) < 25  # most of the documents' figures are used


def test_the_unit_says_which_number_of_a_route_is_meant(case: Case) -> None:
    def columns(name: str) -> set[str]:
        return {one.column for one in uses(name, case, None, []).figures if one.table == "routes"}

    assert columns("E028") == {"days"}
    assert columns("E036") == {"lead_quarters"}
    assert columns("E037") == {"volume"}


def test_rows_that_do_not_count_at_the_base_are_told(case: Case) -> None:
    found = uses("E064", case, None, [])
    assert found.figures == ()
    assert found.elsewhere == ("attributes:348",)
    assert found.reason == "rows that name it do not count at 2022Q4 (attributes:348)"
    assert uses("E064", case, "2016Q4", []).elsewhere == ("attributes:348",)
    assert [one.id for one in uses("E064", case, "2015Q4", []).figures] == ["share.KAZ.USA.trade"]


def test_observables_and_the_record_held_against_a_figure(case: Case) -> None:
    assert uses("E007", case, None, []).held == (
        "remittances_from.UZB.RUS, growth 2022 (Transfers from Russia; the ratio of 2022 to 2021)",
    )
    [held] = [one for one in uses("un-rollcalls", case, None, []).held if "roll_calls" in one]
    assert held == "84 of 84 rows of roll_calls"


def test_figures_of_a_source_move_together_if_they_are_few(case: Case, short: Scenario) -> None:
    few = trace("S0", short, runs=2, case=case, scenarios=[])
    assert set(few.figures["figure"]) >= {"driver.format.USA", "wariness.KAZ.CHN"}
    assert few.figures["moved"].all()
    assert "fear.KAZ.CHN" in set(few.effects["outcome"])
    many = trace("worldbank-wdi", short, runs=2, case=case, scenarios=[])
    assert not many.figures["moved"].any()
    assert many.effects.empty
    assert f"{len(many.figures)} figures rest on worldbank-wdi, more than 24" in many.notes[0]


# ------------------------------------------------------------------------ errors, text, command


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("E999", r"'E999', which is no evidence, document, source or figure of central_asia"),
        ("exposure.KAZ.transitt", r"nearest: exposure\.KAZ\.transit$"),
        ("worldbank", r"nearest: worldbank-wdi$"),
        ("", r"found '', which is no evidence"),
        ("attributes.csv:99999", r"at 2022Q4, attributes\.csv, line 99999, holds none$"),
        ("routes.csv:7", r"line 7, holds several, route\.CPC\.\w+, .*: name one$"),
        ("nosuch.csv:7", r"central_asia has no table nosuch\.csv"),
        ("12:30", r"central_asia has no table 12\.csv"),
    ],
)
def test_an_unknown_figure_is_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        trace(name, runs=2, scenarios=[])


def test_a_line_of_a_table_stands_for_its_figure(case: Case) -> None:
    figure = provenance(case).figure("exposure.KAZ.transit")
    for name in (f"attributes.csv:{figure.line}", f"attributes:{figure.line}"):
        use = uses(name, case, None, [])
        assert use.figures == (figure,)
        assert use.name == "exposure.KAZ.transit"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runs": 1}, r"runs: found 1; allowed: 2 or more"),
        ({"runs": 10**11}, r"runs: found 100000000000; allowed: 10,000,000 or fewer"),
        ({"step": 0}, r"step: found 0; allowed: above 0 to 50 percent"),
        ({"at": "2019Q1"}, r"at: found 2019Q1; allowed: 2023Q1 to 2024Q4"),
        ({"at": "later"}, r"at: found 'later'; allowed: end, mean, or a quarter"),
        ({"outcomes": ["autonom"]}, r"there is no outcome 'autonom'; did you mean 'autonomy'\?"),
        ({"parameters": "postrior"}, r"parameters: found 'postrior'.*nearest: posterior"),
    ],
)
def test_what_cannot_be_used_is_told(
    case: Case, short: Scenario, options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        trace("gdp.KAZ", short, case=case, scenarios=[], **{"runs": 2, **options})


def test_scenarios_of_different_bases_are_refused(case: Case, short: Scenario) -> None:
    early = set_values(
        load_scenario("baseline"),
        case,
        {"as_of": "2018Q4", "horizon.start": "2023Q1", "horizon.end": "2023Q2"},
    )
    with pytest.raises(InputError, match="differ in case or base quarter"):
        trace("gdp.KAZ", short, against=early, runs=2, case=case, scenarios=[])


def test_a_base_without_figures_is_refused(case: Case) -> None:
    early = set_values(
        load_scenario("baseline"),
        case,
        {"as_of": "2005Q4", "horizon.start": "2006Q1", "horizon.end": "2006Q2"},
    )
    with pytest.raises(InputError, match="no row gives"):
        trace("gdp.KAZ", early, runs=2, case=case, scenarios=[])


def test_the_text_leads_from_the_document_to_the_outcomes(gdp: Trace, case: Case) -> None:
    text = gdp.text(5)
    assert text.splitlines()[0] == "gdp.KAZ: gdp, 225.5 USD bn a year"
    assert "attributes:14" in text
    assert len([line for line in text.splitlines() if line.startswith("gdp_usd.KAZ ")]) <= 1
    assert f"{gdp.still} do" in text
    whole = gdp.text(2000)
    assert all(outcome in whole for outcome in gdp.effects["outcome"])
    assert max(map(len, whole.splitlines())) <= 100
    assert str(gdp) == gdp.text()


def test_the_command_prints_a_trace_and_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "effects.csv"
    command = ["trace", "E049", "-n", "2", "--at", "2023Q2", "--top", "3"]
    assert main([*command, "--out", str(table)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("E049 (TKM): vote on the resolution")
    assert "'Blinken + 5'" in text
    assert "Held against it: sovereignty.TKM, vote 2023" in text
    written = pd.read_csv(table)
    assert "vote_absent.sovereignty.TKM" in set(written["outcome"])
    assert main(["trace", "E049", "--top", "0"]) == 2
    assert "--top: found 0; allowed: 1 or more" in capsys.readouterr().err
    assert main(["trace", "E049", "--out", str(tmp_path / "none" / "x.csv")]) == 2
    assert f"there is no folder {tmp_path / 'none'}" in capsys.readouterr().err
    assert main(["trace", "E049", "--out", "effects.txt"]) == 2
    assert (
        "--out: found 'effects.txt'; allowed: a file that ends in .csv" in capsys.readouterr().err
    )
