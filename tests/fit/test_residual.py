"""Residual noise: what is estimated from histories, and simulated years that spread like them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.core.plan import Plan
from sim.core.world import World
from sim.experiment.observables import Observable, base_values, yearly
from sim.fit.residual import (
    COLUMNS,
    LEAST_UNEXPLAINED,
    PERSISTENCE,
    PRIOR_CHANGES,
    PRIOR_SPREAD,
    Cell,
    linked_cells,
    matched_noise,
    model_growth,
    noise_rows,
    observed_spread,
    persistence,
)
from sim.scenario import compile_plan, load_scenario

TOY = Path(__file__).parents[1] / "data" / "toy_case"
SCENARIO = f"""
title = "Plain"
question = "What happens anyway?"
case = "{TOY.as_posix()}"
runs = 5
seed = 3
[horizon]
start = "2023Q1"
end = "2024Q4"
"""
RUNS = 400


def observable(measure: str, column: str, country: str = "", power: str = "") -> Observable:
    name = ".".join(filter(None, (measure, country, power)))
    return Observable(name, measure, measure, country, power, "unit", "mean", (column,))


SHARES = [
    observable("share", f"share.{country}.{power}.trade", country, power)
    for country in ("AVA", "BOR", "CIM")
    for power in ("NOR", "EAS", "WES")
]
GDPS = [observable("gdp", f"gdp_usd.{country}", country) for country in ("AVA", "BOR", "CIM")]
OTHERS = [
    observable("openness", "exposure.AVA.trade", "AVA"),
    observable("remittances", "remittance_share.BOR", "BOR"),
    observable("pipe", "route_volume.northern_pipe"),
]
WANTED = [*SHARES, *GDPS, *OTHERS]


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(TOY)


@pytest.fixture(scope="module")
def make(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[World, Plan]]:
    path = tmp_path_factory.mktemp("scenarios") / "plain.toml"
    path.write_text(SCENARIO)
    scenario = load_scenario(path)
    return lambda numbers: compile_plan(scenario, case, numbers, 3)


def history(one: Observable, years: range, logs: np.ndarray, error: float = 0.0) -> pd.DataFrame:
    values = np.exp(logs)
    return pd.DataFrame(
        {
            "measure": one.measure,
            "country": one.country,
            "power": one.power,
            "year": list(years),
            "value": values,
            "error": error * values,
            "source": f"source-{one.measure}",
        }
    )


def test_each_observable_is_put_down_to_the_driver_that_moves_it(case: Case) -> None:
    found = linked_cells([*WANTED, observable("fear", "fear.AVA.NOR", "AVA", "NOR")], case.build())
    assert found["share.AVA.NOR"] == (Cell("preference", "AVA", "NOR", "trade"),)
    assert found["gdp.BOR"] == (Cell("activity", "BOR"),)
    assert found["openness.AVA"] == (Cell("exposure", "AVA", channel="trade"),)
    assert found["remittances.BOR"] == (Cell("exposure", "BOR", channel="labour"),)
    assert found["pipe"] == (Cell("throughput", route="northern_pipe"),)
    assert "fear.AVA.NOR" not in found


def test_a_cell_belongs_to_one_observable(case: Case) -> None:
    one, two = replace(GDPS[0], name="first"), replace(GDPS[0], name="second")
    assert list(linked_cells([one, two], case.build())) == ["first"]
    both = replace(one, columns=("route_volume.northern_pipe", "route_volume.eastern_pipe"))
    assert linked_cells([both], case.build())["first"] == (
        Cell("throughput", route="northern_pipe"),
        Cell("throughput", route="eastern_pipe"),
    )


def test_the_spread_is_that_of_the_formula() -> None:
    steps = {"AVA": [0.1, -0.1, 0.2], "BOR": [0.3, -0.3], "CIM": [0.0]}
    rows = [
        history(one, range(2010, 2011 + len(s)), np.cumsum([0.0, *s]))
        for one, s in zip(GDPS, steps.values(), strict=True)
    ]
    found = observed_spread(pd.concat(rows), GDPS, 2022)
    drift = np.mean([step for s in steps.values() for step in s])
    own = [np.mean((np.array(s) - drift) ** 2) for s in steps.values()]
    pooled = np.median(own)
    expected = [
        (len(s) * o + PRIOR_CHANGES * pooled) / (len(s) + PRIOR_CHANGES)
        for s, o in zip(steps.values(), own, strict=True)
    ]
    np.testing.assert_allclose(found["spread"] ** 2, expected, rtol=1e-12)
    np.testing.assert_allclose(found["own"] ** 2, own, rtol=1e-12)
    assert list(found["changes"]) == [3, 2, 1]


def test_the_error_of_observation_stays_in_the_spread() -> None:
    logs = np.array([0.0, 0.1, 0.05, 0.2])
    sure, unsure = (history(GDPS[0], range(2010, 2014), logs, error) for error in (0.0, 0.3))
    assert observed_spread(sure, GDPS, 2022).equals(observed_spread(unsure, GDPS, 2022))


def test_what_came_later_does_not_count() -> None:
    one = GDPS[0]
    logs = np.array([0.0, 0.2, 0.1, 0.4, 3.0])
    known = history(one, range(2010, 2015), logs)
    spread = observed_spread(known, [one], 2013)
    assert spread.equals(observed_spread(known[known["year"] <= 2013], [one], 2022))
    assert spread.loc["gdp.AVA", "changes"] == 3


def test_a_gap_counts_as_one_change_so_many_times_as_wide() -> None:
    """Changes of 0.2 in one year and of 0.5 in three: four years in all."""
    rows = history(GDPS[0], range(2010, 2015), np.array([0.0, 0.2, 9.0, 9.0, 0.7]))
    rows = rows[~rows["year"].isin([2012, 2013])]
    found = observed_spread(rows, GDPS[:1], 2022).loc["gdp.AVA"]
    drift = 0.7 / 4
    own = ((0.2 - drift) ** 2 / 1 + (0.5 - 3 * drift) ** 2 / 3) / 2
    assert found["changes"] == 2
    assert found["own"] ** 2 == pytest.approx(own, rel=1e-12)


def test_an_observable_without_a_history_has_the_familys_spread() -> None:
    rng = np.random.default_rng(1)
    rows = history(GDPS[0], range(2010, 2020), rng.normal(size=10).cumsum())
    found = observed_spread(rows, [*GDPS, OTHERS[2]], 2022)
    assert found.loc["gdp.BOR", "changes"] == 0
    assert found.loc["gdp.BOR", "spread"] == found.loc["gdp.AVA", "own"]
    # Where nothing is known of the family either, the spread is a judgement, and lasts.
    assert found.loc["pipe", "changes"] == 0
    assert found.loc["pipe", "spread"] == pytest.approx(PRIOR_SPREAD)
    assert found.loc["pipe", "persistence"] == PERSISTENCE[1]
    nothing = observed_spread(rows.iloc[:0], GDPS, 2022)
    assert nothing["spread"].to_numpy() == pytest.approx(PRIOR_SPREAD)


@pytest.mark.parametrize("quarterly", [0.6, 0.9])
def test_growth_of_the_variance_is_that_of_a_simulated_autoregression(quarterly: float) -> None:
    rng = np.random.default_rng(5)
    number = 40_000
    driver = np.zeros(number)
    years = np.zeros((4, number))
    for quarter in range(16):
        driver = quarterly * driver + rng.normal(size=number)
        years[quarter // 4] += driver / 4
    # The standard error of a variance of n draws is sqrt(2 / n) of it; four of them.
    np.testing.assert_allclose(
        model_growth(quarterly), years.var(axis=1), rtol=4 * np.sqrt(2 / number)
    )


def test_growth_of_the_variance_of_a_random_walk_by_hand() -> None:
    """A year's own shocks count 1, 3/4, 1/2 and 1/4 in its mean, those of years before in full."""
    np.testing.assert_allclose(model_growth(1.0), [1.875, 5.875, 9.875, 13.875], rtol=1e-12)


def test_persistence_is_found_again_from_its_growth() -> None:
    growth = 7.0 * model_growth(0.93)
    assert persistence(growth, np.ones(4)) == pytest.approx(0.93, abs=1e-3)


def test_persistence_stays_within_its_bounds() -> None:
    low, high = PERSISTENCE
    ones = np.ones(4)
    assert (low, high) == (0.8, 0.995)
    assert persistence(np.array([1, 1, 1, 1.0]), ones) == pytest.approx(low, abs=1e-3)
    assert persistence(np.array([1, 9, 25, 49.0]), ones) == pytest.approx(high, abs=1e-3)
    assert persistence(np.array([1, np.nan, np.nan, np.nan]), ones) == high
    assert persistence(np.array([-1, 2, 3, 4.0]), ones) == high


def test_lasting_histories_have_more_persistence_than_passing_ones() -> None:
    rng = np.random.default_rng(2)
    many = [observable("gdp", f"gdp_usd.C{number}", f"C{number}") for number in range(20)]

    def found(steps: np.ndarray) -> float:
        rows = [
            history(one, range(1990, 2023), path) for one, path in zip(many, steps, strict=True)
        ]
        values = observed_spread(pd.concat(rows), many, 2022)["persistence"]
        assert values.nunique() == 1  # one value a family
        return float(values.iloc[0])

    shocks = 0.1 * rng.normal(size=(20, 33 * 4))
    walk = shocks.cumsum(axis=1).reshape(20, 33, 4).mean(axis=2)
    assert 0.94 < found(walk) < 0.99
    # A year's shock that has gone by the next: as little memory as is allowed.
    assert found(shocks[:, :33]) == pytest.approx(PERSISTENCE[0], abs=1e-3)


def targets() -> pd.DataFrame:
    """Spreads wanted of the toy case's observables."""
    return pd.DataFrame(
        {
            "family": [one.family for one in WANTED],
            "changes": 9,
            "own": 0.1,
            "spread": [0.06] * 9 + [0.05, 0.08, 0.11] + [0.1, 0.2, 0.1],
            "persistence": [0.6] * 9 + [0.95] * 6,
        },
        index=pd.Index([one.name for one in WANTED], name="observable"),
    )


@pytest.fixture(scope="module")
def matched(make: Callable[..., tuple[World, Plan]]) -> pd.DataFrame:
    return matched_noise(make, WANTED, targets(), runs=RUNS, seed=7)


def test_simulated_years_spread_as_wanted(
    matched: pd.DataFrame, make: Callable[..., tuple[World, Plan]]
) -> None:
    """With other draws than those the noise was matched with."""
    world, plan = make(range(RUNS))
    memory, spread = dict(plan.persistence), dict(plan.noise)
    for name in ("preference", "exposure", "activity", "throughput"):
        none = np.zeros((*world.drivers[name].shape[:-1], 1))
        memory[name], spread[name] = none.copy(), none.copy()
    for one in WANTED:
        row = matched.loc[one.name]
        for cell in row["cells"]:
            at = tuple(
                codes.index(code)
                for codes, code in (
                    (world.names.countries, cell.country),
                    (world.names.powers, cell.power),
                    (world.names.channels, cell.channel),
                    (world.names.routes, cell.route),
                )
                if code
            )
            memory[cell.driver][at] = row["persistence"]
            spread[cell.driver][at] = row["noise"]
    plan = replace(plan, persistence=memory, noise=spread)
    _, years = yearly(world, plan, WANTED, 99, 0, RUNS)
    simulated = np.log(years[:, 0] / base_values(world, plan, WANTED)).std(axis=1, ddof=1)
    # Two standard deviations of RUNS draws, each with an error of 1 / sqrt(2 RUNS) of it: one of
    # the draws matched with, one of these. Four of what they come to together.
    error = np.sqrt(2) / np.sqrt(2 * RUNS)
    np.testing.assert_allclose(simulated / matched["spread"], 1.0, atol=4 * error)
    np.testing.assert_allclose(matched["simulated"] / matched["spread"], 1.0, atol=0.05)
    assert (matched["without"] < matched["spread"]).all()


def test_half_the_variance_is_put_down_to_these_drivers_at_least(
    make: Callable[..., tuple[World, Plan]],
) -> None:
    """Where the year spreads by enough without them, they add half of what is wanted."""
    wanted = targets()
    usual = matched_noise(make, GDPS, wanted, runs=RUNS, seed=7, iterations=1)["without"]
    wanted.loc[usual.index, "spread"] = 0.5 * usual
    found = matched_noise(make, GDPS, wanted, runs=RUNS, seed=7)
    added = found["simulated"] ** 2 - found["without"] ** 2
    # A variance of RUNS draws has an error of sqrt(2 / RUNS) of it; four of them, of both.
    error = 4 * np.sqrt(2 / RUNS) * (found["simulated"] ** 2 + found["without"] ** 2)
    assert (
        np.abs(added - LEAST_UNEXPLAINED * wanted.loc[usual.index, "spread"] ** 2) < error
    ).all()
    assert (found["noise"] > 0).all()


def test_matching_is_the_same_again(make: Callable[..., tuple[World, Plan]]) -> None:
    one, two = (
        matched_noise(make, GDPS, targets(), runs=20, seed=7, iterations=1) for _ in range(2)
    )
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    other = matched_noise(make, GDPS, targets(), runs=20, seed=8, iterations=1)
    assert (other["noise"] != one["noise"]).any()


def test_a_plan_without_a_full_year_is_refused(make: Callable[..., tuple[World, Plan]]) -> None:
    def short(numbers: range) -> tuple[World, Plan]:
        world, plan = make(numbers)
        return world, replace(plan, quarters=3)

    with pytest.raises(InputError, match="found 3 quarters; noise is matched over a full calendar"):
        matched_noise(short, GDPS, targets(), runs=10, iterations=1)


def test_rows_are_read_as_the_cases_noise(
    case: Case, matched: pd.DataFrame, tmp_path: Path
) -> None:
    values = pd.concat([history(one, range(2010, 2012), np.zeros(2)) for one in WANTED])
    rows = noise_rows(matched, values, 2022)
    assert tuple(rows.columns) == COLUMNS
    assert len(rows) == len(WANTED)
    gdp = rows[(rows["driver"] == "activity") & (rows["country"] == "AVA")].iloc[0]
    assert gdp["source"] == "source-gdp"
    assert gdp["derivation"].startswith(
        "Yearly log changes of gdp.AVA to 2022 (n 9) and of its family have a spread of 0.05; of"
    )
    folder = tmp_path / "case"
    folder.mkdir()
    for path in TOY.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    rows.to_csv(folder / "residual_noise.csv", index=False)
    found = load_case(folder)
    persistence, noise = found.noise(found.build())
    np.testing.assert_allclose(noise["activity"][:, 0], matched["noise"].iloc[9:12], rtol=1e-3)
    assert persistence["preference"][0, 0, 0, 0] == 0.6
    assert "activity" not in found.noise(found.build("2014Q4"))[1]  # of a later vintage
