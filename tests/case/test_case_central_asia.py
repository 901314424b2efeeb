"""The shipped case is sound at its base and at the base of hindcasts."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from sim.case import Case, load_case
from sim.core import quarters
from sim.core.drivers import DRIVERS
from sim.core.reference import reference


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("central_asia")


def test_nothing_is_wrong_with_it(case: Case) -> None:
    assert case.check() == []


def test_its_bases(case: Case) -> None:
    assert case.as_of == quarters.parse("2022Q4")
    assert quarters.parse("2014Q4") in case.bases


@pytest.mark.parametrize("as_of", ["2014Q4", "2022Q4"])
def test_a_base_is_complete(case: Case, as_of: str) -> None:
    world = case.build(as_of, countries=case.names.countries)
    attributes = world.attributes
    for field in fields(attributes):
        array = getattr(attributes, field.name)
        if isinstance(array, np.ndarray):
            assert np.isfinite(array.astype(float)).all(), field.name
    assert set(world.drivers) == set(DRIVERS)
    residual = 1 - attributes.share.sum(axis=1)
    assert residual.min() >= 0.01 - 1e-9
    assert (np.abs(reference(world).own_ideal) <= 1).all()
    core = attributes.core
    np.testing.assert_allclose(attributes.weight[core].sum(), 1)
    np.testing.assert_allclose(attributes.value[~attributes.regional][:, core].sum(axis=1), 1)


@pytest.mark.parametrize(("own_weight", "refused"), [(0.3, False), (0.25, True)])
def test_a_small_weight_of_the_own_ideal_is_refused(
    case: Case, tmp_path: Path, own_weight: float, refused: bool
) -> None:
    """What docs/findings.md says of it."""
    copy = tmp_path / "copy"
    shutil.copytree(case.folder, copy, ignore=shutil.ignore_patterns("posterior.parquet"))
    path = copy / "parameters.csv"
    old = "35,own_weight,alpha,0.3,0.3,"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, f"35,own_weight,alpha,{own_weight},0.1,"), encoding="utf-8")
    problems = load_case(copy).check()
    assert bool(problems) == refused
    assert all("contradict each other" in problem for problem in problems)


def test_the_bases_differ(case: Case) -> None:
    old, new = case.build("2014Q4"), case.build()
    for field in ("exposure", "share", "gdp"):
        assert not np.allclose(getattr(old.attributes, field), getattr(new.attributes, field)), (
            field
        )
    assert not np.allclose(old.attributes.routes.capacity, new.attributes.routes.capacity)
    assert not np.allclose(old.drivers["stance"], new.drivers["stance"])


def test_routes_carry_their_volumes(case: Case) -> None:
    world = case.build()
    routes = world.attributes.routes
    rows = {row["route"]: row for row in case.table("routes") if (row.year or 0) <= 2022}
    carried = routes.capacity * routes.yield_ * routes.volume_per_share
    for code, volume in zip(world.names.routes, carried[:, 0], strict=True):
        if code in rows:
            assert volume == pytest.approx(rows[code].number("volume")), code


def test_a_candidate_leaves_the_others_as_they_are(case: Case) -> None:
    core, whole = case.build(), case.build(countries=case.names.countries)
    count = len(core.names.countries)
    assert count == len(whole.names.countries) - 1
    np.testing.assert_array_equal(whole.attributes.share[:count], core.attributes.share)
    np.testing.assert_array_equal(whole.attributes.weight[:count], core.attributes.weight)
    np.testing.assert_array_equal(whole.attributes.value[:, :count], core.attributes.value)


def test_observed_ranges_are_part_of_it(case: Case) -> None:
    assert "eurostat-comext" in case.table("sources").codes
    text = case.show()
    assert all(quantity in text for quantity in case.table("observed_ranges").codes)


@pytest.mark.parametrize("country", [None, "KAZ", "KGZ", "TJK", "TKM", "UZB", "AZE"])
def test_it_can_be_shown(case: Case, country: str | None) -> None:
    text = case.show(country)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "nan" not in text.split()
