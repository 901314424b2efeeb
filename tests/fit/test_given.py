"""The drivers given in fits and hindcasts: as in the table, from the origin's own reference."""

from __future__ import annotations

import csv
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from sim.case import Case, load_case
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.plan import Plan
from sim.core.world import World
from sim.fit.given import given_scenario
from sim.scenario import compile_plan

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "calibration" / "central_asia"
OBSERVED = ROOT.parent / "shared" / "observed"
END = quarters.parse("2022Q4")
ORIGINS = ("2014Q4", "2016Q4", "2018Q4", "2020Q4", "2021Q4")


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(CASE)


def compiled(case: Case, origin: str, observed: bool = True) -> tuple[World, Plan]:
    scenario = given_scenario(case, quarters.parse(origin), END, observed)
    return compile_plan(scenario, case, range(1), 1)


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_origin_compiles_and_keeps_its_horizon(case: Case, origin: str) -> None:
    world, plan = compiled(case, origin)
    assert world.base == quarters.parse(origin)
    assert (plan.start, plan.start + plan.quarters - 1) == (world.base + 1, END)
    assert world.names.countries == ("KAZ", "KGZ", "TJK", "TKM", "UZB")
    assert np.all(plan.drivers["drift"] == 1.0)


@pytest.mark.parametrize("later", [*ORIGINS[1:], "2022Q4"])
def test_levels_are_those_of_the_case_at_its_bases(case: Case, later: str) -> None:
    """A row that gives no change but a level says of a base what the case's own table says."""
    _, plan = compiled(case, "2014Q4")
    world = case.build(later)
    table = case.table("observed_drivers")
    levels = {row["driver"] for row in table if row["relative"] == "0"}
    assert levels >= {"sanctions", "stance", "distraction", "coordination", "migration"}
    for name in levels:
        given = plan.drivers[name][quarters.parse(later) - plan.start]
        assert given == pytest.approx(world.drivers[name]), name


def test_relative_drivers_start_from_the_mean_of_the_origins_year(case: Case) -> None:
    world, plan = compiled(case, "2016Q4")
    russia, china = world.names.powers.index("RUS"), world.names.powers.index("CHN")
    # Log of Brent: 3.78 in 2016, 4.00 in 2017, 4.60 in 2022.
    assert plan.drivers["oil"][:4, 0] == pytest.approx(0.22)
    assert plan.drivers["oil"][-1, 0] == pytest.approx(0.82)
    assert plan.drivers["exchange_rate"][0, russia, 0] == pytest.approx(-0.4927 + 0.6427)
    assert plan.drivers["exchange_rate"][0, china, 0] == 0.0


def test_absolute_drivers_change_at_their_dates(case: Case) -> None:
    world, plan = compiled(case, "2014Q4")
    at = {name: quarters.parse(name) - plan.start for name in ("2021Q4", "2022Q1", "2022Q4")}
    sanctions = plan.drivers["sanctions"][:, 0]
    assert [sanctions[at[name]] for name in at] == pytest.approx([0.3, 0.45, 0.8])
    kyrgyz = plan.drivers["migration"][
        :, world.names.countries.index("KGZ"), world.names.powers.index("RUS"), 0
    ]
    assert kyrgyz[:3] == pytest.approx([0.15, 0.15, 0.05])
    russia, china = world.names.powers.index("RUS"), world.names.powers.index("CHN")
    pair = plan.drivers["coordination"][-1, :, :, 0]
    assert pair[russia, china] == pair[china, russia] == 0.5


def test_nothing_is_known_after_the_origin_unless_given(case: Case) -> None:
    world, plan = compiled(case, "2014Q4", observed=False)
    for name, path in plan.drivers.items():
        if name != "drift":
            assert np.all(path == world.drivers[name]), name
    scenario = given_scenario(case, world.base, END, observed=False, drift=False)
    assert scenario.path == []


@pytest.mark.skipif(not OBSERVED.is_dir(), reason="the observed series are not at hand")
def test_russian_gap_and_rate_come_from_the_observed_series(case: Case) -> None:
    def yearly(file: str, series: str) -> dict[int, float]:
        with (OBSERVED / f"{file}.csv").open(encoding="utf-8", newline="") as text:
            return {
                int(row["period"]): float(row["value"])
                for row in csv.DictReader(text)
                if row["series"] == series and row["country_iso3"] == "RUS"
            }

    growth = yearly("macro", "gdp_growth_pct")
    years = sorted(growth)
    level = np.cumsum([math.log1p(growth[year] / 100) for year in years])
    gap = dict(zip(years, level - np.polyval(np.polyfit(years, level, 1), years), strict=True))
    weaker = yearly("remittances", "rub_usd_depreciation_pct")
    rate = dict(
        zip(years, -np.cumsum([math.log1p(weaker[year] / 100) for year in years]), strict=True)
    )
    expected = {"demand": gap, "exchange_rate": rate}
    rows = [row for row in case.table("observed_drivers") if row["driver"] in expected]
    assert len(rows) == 18
    for row in rows:
        found = expected[row["driver"]][int(row["period"])]
        assert row.number("value") == pytest.approx(found, abs=5e-5)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("oil,,,,,,2015", "oill,,,,,,2015", "column 'driver': found 'oill'"),
        ("oil,,,,,,2015", "oil,,RUS,,,,2015", "driver 'oil' has no power; it has: none"),
        ("oil,,,,,,2015", "oil,,,,,,2015H1", "found '2015H1'; allowed: a year of four digits"),
        ("oil,,,,,,2015", "oil,,,,,,2014Q1", "which starts with the same quarter as line"),
        ("oil,,,,,,2015,3.96,1", "oil,,,,,,2015,3.96,0", "the driver's other rows have another"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = tmp_path / "case"
    shutil.copytree(CASE, folder)
    table = folder / "observed_drivers.csv"
    text = table.read_text(encoding="utf-8")
    assert text.count(old) == 1
    table.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=r"observed_drivers\.csv:\d+") as caught:
        given_scenario(load_case(folder), quarters.parse("2014Q4"), END)
    assert message in str(caught.value)


def test_the_end_comes_after_the_origin(case: Case) -> None:
    with pytest.raises(InputError, match="end: found 2022Q4; allowed: after the origin, 2022Q4"):
        given_scenario(case, END, END)
