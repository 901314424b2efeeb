"""Forecasts: anchored at what was observed, the same for any chunks, given what was known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.case import Case
from sim.case.posterior import Posterior
from sim.experiment.observables import Observable
from sim.fit import forecast as module
from sim.fit.forecast import Forecast, forecast
from sim.fit.hindcast import MECHANISMS
from sim.fit.targets import Years

RUNS = 7
DRAWS = Posterior(("deal_rate", "trade_elasticity"), np.array([[0.2, 0.3], [1.0, 0.9]]))


@pytest.fixture(scope="module")
def made(small: Case) -> Forecast:
    return forecast(small, 2018, 2021, DRAWS, RUNS, 3)


def test_a_forecast_holds_the_base_year_and_those_after(made: Forecast) -> None:
    assert made.origin == 2018
    assert made.years.years == (2018, 2019, 2020, 2021)
    assert made.years.values.shape == (len(made.observables), 4, RUNS)
    assert made.years.names == tuple(one.name for one in made.observables)
    assert np.isfinite(made.years.values).all()
    assert {"trade_share.AVA.NOR", "vote_no.human_rights.BOR", "coercion.CIM.NOR"} <= set(
        made.years.names
    )


def test_the_base_year_is_that_of_the_case(made: Forecast, small: Case) -> None:
    """Shares are those of the reference, the same in every run."""
    base = made.years.of("trade_share.AVA.NOR", 2018, 2018)[0]
    assert np.ptp(base) == pytest.approx(0.0, abs=1e-12)
    assert base[0] == pytest.approx(small.build("2018Q4").attributes.share[0, 0, 0, 0], rel=0.02)


def test_a_forecast_is_the_same_for_any_chunks(
    made: Forecast, small: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last chunk of three holds a single run."""
    monkeypatch.setattr(module, "CHUNK", 3)
    again = forecast(small, 2018, 2021, DRAWS, RUNS, 3)
    assert np.array_equal(again.years.values, made.years.values)
    fewer = forecast(small, 2018, 2021, DRAWS, 5, 3)
    assert np.array_equal(fewer.years.values, made.years.values[..., :5])


def test_other_seeds_and_draws_give_other_forecasts(made: Forecast, small: Case) -> None:
    other = forecast(small, 2018, 2021, DRAWS, RUNS, 4)
    assert (other.years.values != made.years.values).any()
    swapped = replace(DRAWS, values=DRAWS.values[::-1])
    changed = forecast(small, 2018, 2021, swapped, RUNS, 3)
    assert (changed.years.values != made.years.values).any()


def test_run_i_takes_draw_i(small: Case) -> None:
    """Draws at the centre say what the centre says."""
    world = small.build("2018Q4").parameters
    centre = np.array([[getattr(world, name)[0] for name in DRAWS.names]])
    by_draw = forecast(small, 2018, 2019, Posterior(DRAWS.names, centre), 4, 3)
    by_centre = forecast(small, 2018, 2019, None, 4, 3)
    assert np.array_equal(by_draw.years.values, by_centre.years.values)


@pytest.mark.parametrize("name", [*MECHANISMS])
def test_a_mechanism_switched_off_is_that_of_draws_without_it(name: str, small: Case) -> None:
    """Overrides win over draws, and hold in every run."""
    overrides = MECHANISMS[name]
    names = tuple(dict.fromkeys([*DRAWS.names, *overrides]))
    values = np.empty((2, len(names)))
    for place, parameter in enumerate(names):
        if parameter in overrides:
            values[:, place] = overrides[parameter]
        else:
            values[:, place] = DRAWS.values[:, DRAWS.names.index(parameter)]
    off = forecast(small, 2018, 2019, DRAWS, 4, 3, overrides=overrides)
    by_draw = forecast(small, 2018, 2019, Posterior(names, values), 4, 3)
    assert np.array_equal(off.years.values, by_draw.years.values)


@pytest.mark.parametrize("name", ["politics_off", "coercion_off", "deals_off", "demand_off"])
def test_a_mechanism_switched_off_changes_the_forecast(
    name: str, made: Forecast, small: Case
) -> None:
    off = forecast(small, 2018, 2021, DRAWS, RUNS, 3, overrides=MECHANISMS[name])
    assert (off.years.values != made.years.values).any()
    if name == "coercion_off":
        episodes = [place for place, one in enumerate(off.years.names) if "coercion" in one]
        assert (off.years.values[episodes] == 0).all()
        assert (made.years.values[episodes] > 0).any()


def test_variants_change_what_they_should(made: Forecast, small: Case) -> None:
    quiet = forecast(small, 2018, 2021, DRAWS, RUNS, 3, noise=False)
    assert quiet.years.of("pipe", 2019, 2021).std() < made.years.of("pipe", 2019, 2021).std()
    unknown = forecast(small, 2018, 2021, DRAWS, RUNS, 3, observed=False)
    assert (unknown.years.values != made.years.values).any()


def test_what_is_observed_later_is_not_known_to_a_forecast_without_it(small: Case) -> None:
    table = small.table("observed_drivers")
    later = tuple(row for row in table if int(row["period"][:4]) <= 2018)
    blind = small.with_table(replace(table, rows=later))
    one, other = (forecast(case, 2018, 2021, None, 4, 3, observed=False) for case in (small, blind))
    assert np.array_equal(one.years.values, other.years.values)
    one, other = (forecast(case, 2018, 2021, None, 4, 3) for case in (small, blind))
    assert (one.years.values != other.years.values).any()


# Anchored by hand

SHARE = Observable("a", "a", "f", "", "", "", "mean", ("share.AVA.NOR.trade",))


def by_hand(base: list[float]) -> Forecast:
    values = np.array([[base, [0.3, 0.8], [0.6, 0.2]]])
    return Forecast(2018, (SHARE,), Years(("a",), (2018, 2019, 2020), values))


def test_a_forecast_is_the_anchor_times_the_simulated_ratio() -> None:
    made = by_hand([0.2, 0.4])
    np.testing.assert_allclose(made.anchored("a", 2019, 5.0), [7.5, 10.0])
    np.testing.assert_allclose(made.anchored("a", 2020, 5.0), [15.0, 2.5])


@pytest.mark.parametrize(
    ("base", "anchor"), [([0.0, 0.0], 5.0), ([0.2, 0.0], 5.0), ([0.2, 0.4], 0.0)]
)
def test_nought_cannot_be_an_anchor(base: list[float], anchor: float) -> None:
    assert by_hand(base).anchored("a", 2019, anchor) is None
