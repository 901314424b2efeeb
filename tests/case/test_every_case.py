"""Every case in calibration/ is sound: complete, documented, in range, and quoted where it says."""

from __future__ import annotations

import math
import re
from functools import cache

import numpy as np
import pytest

from sim.case import Case, load_case
from sim.case.check import identifiers
from sim.core.reference import reference
from tests.reference.any_world import CALIBRATION, CASES

FIGURES = ("attributes", "routes", "drivers", "sectors", "texts", "parameters")
EXPORTS = re.compile(r"of exports of ([\d.]+): ([\d.]+) on named routes and (\d+) percent")


@cache
def case_of(name: str) -> Case:
    """A case, read once."""
    return load_case(CALIBRATION / name)


def value(case: Case, attribute: str, **cell: str) -> float:
    """The value of the one row of these indices, the latest where there are several years."""
    rows = [
        row
        for row in case.table("attributes")
        if row["attribute"] == attribute
        and all(row[axis] == cell.get(axis, "") for axis in ("country", "power", "channel"))
    ]
    return max(rows, key=lambda row: row.year or 0).number("value")


def test_there_are_two_cases_and_more() -> None:
    assert {"central_asia", "southeast_asia"} <= set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_wrong_with_it(name: str) -> None:
    assert case_of(name).check() == []


@pytest.mark.parametrize("name", CASES)
def test_own_ideals_stay_on_the_scale_and_every_role_has_a_channel(name: str) -> None:
    case = case_of(name)
    world = case.build(countries=case.names.countries)
    assert (np.abs(reference(world).own_ideal) <= 1).all()
    roles = world.attributes.roles
    for role in ("trade", "labour", "transit", "energy", "capital", "security", "clearing"):
        assert getattr(roles, role).any(), role
    assert world.attributes.sanctioned.any()
    assert world.attributes.enforcer.any()
    assert len(world.names.countries) >= 4
    assert (~world.attributes.regional).sum() >= 3


@pytest.mark.parametrize("name", CASES)
def test_sources_and_documents_are_used_and_evidence_is_of_documents(name: str) -> None:
    case = case_of(name)
    cited = {
        one for table in FIGURES for row in case.table(table) for one in identifiers(row["source"])
    }
    spoken = {row["document"] for row in case.table("evidence")}
    assert set(case.table("documents").codes) <= spoken | cited
    assert len(case.table("evidence")) >= 25


def test_the_second_case_says_what_it_is() -> None:
    case = case_of("southeast_asia")
    assert "not a calibrated case" in case.description
    assert "check each against its source" in case.description
    assert case.posterior is None
    levels = [row["confidence"] for row in case.table("attributes")]
    assert set(levels) == {"low", "expert"}


def test_the_second_case_adds_up() -> None:
    """Derivations against values: weights, shares of trade, exports by lane, positions."""
    case = case_of("southeast_asia")
    countries = case.table("countries").codes
    gdp = {c: value(case, "gdp", country=c) for c in countries}
    carried: dict[str, float] = dict.fromkeys(countries, 0.0)
    for row in case.table("routes"):
        if row["channel"] == "transit":
            carried[row["country"]] += row.number("volume") * row.number("unit_value_usd") / 1e9
    rows = {
        (row["country"], row["channel"]): row["derivation"]
        for row in case.table("attributes")
        if row["attribute"] == "residual"
    }
    world = case.build()
    for c, country in enumerate(countries):
        assert value(case, "weight", country=country) == pytest.approx(
            gdp[country] / sum(gdp.values()), rel=1e-3
        )
        said = EXPORTS.search(rows[country, "transit"])
        assert said is not None
        exports, on_routes, near = (float(number) for number in said.groups())
        assert on_routes == pytest.approx(carried[country], rel=1e-3)
        left = 1.0 - on_routes / exports - near / 100
        assert value(case, "residual", country=country, channel="transit") == pytest.approx(
            left, abs=1e-3
        )
        share = world.attributes.share[c, :, world.names.channels.index("transit"), 0]
        assert 1.0 - share.sum() == pytest.approx(left, abs=1e-3)


@pytest.mark.parametrize("power", ["USA", "CHN", "JPN", "EU", "REG"])
def test_shares_of_trade_are_what_their_derivation_divides(power: str) -> None:
    case, seen = case_of("southeast_asia"), 0
    for row in case.table("attributes"):
        if (row["attribute"], row["power"], row["channel"]) == ("share", power, "trade"):
            said = re.match(r"Turnover of ([\d.]+) over ([\d.]+) USD bn", row["derivation"])
            if said:
                part, whole = (float(number) for number in said.groups())
                assert math.isclose(row.number("value"), part / whole, rel_tol=2e-3)
                seen += 1
    assert seen == 5
