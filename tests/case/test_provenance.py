"""Which row of which table stands behind a figure, against the arrays that were built from it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.case import Case, load_case
from sim.case.provenance import Figure, Provenance, figures, provenance
from sim.case.schema import ATTRIBUTES
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError

REBUILT = ("share", "weight", "value", "residual")  # put together from several figures


@pytest.fixture(scope="module")
def shipped() -> Case:
    return load_case("central_asia")


@pytest.fixture(scope="module")
def found(shipped: Case) -> Provenance:
    return provenance(shipped)


@pytest.mark.parametrize("base", ["2014Q4", "2018Q4", "2022Q3", "2022Q4"])
def test_the_figure_of_every_cell_has_the_value_of_the_world(shipped: Case, base: str) -> None:
    own = provenance(shipped, base)
    world = shipped.build(base, shipped.names.countries)
    codes = {
        "country": world.names.countries,
        "power": world.names.powers,
        "other": world.names.powers,
        "channel": world.names.channels,
        "route": world.names.routes,
        "season": ("1", "2", "3", "4"),
    }
    arrays = {
        name: (entry.axes, getattr(world.attributes, name))
        for name, entry in ATTRIBUTES.items()
        if name not in REBUILT
    }
    arrays |= {
        f"driver.{name}": (entry.axes, world.drivers[name])
        for name, entry in DRIVERS.items()
        if name != "transit_days"
    }
    cells = 0
    for name, (axes, array) in arrays.items():
        for index in np.ndindex(*array.shape[:-1]):
            cell = {axis: codes[axis][i] for axis, i in zip(axes, index, strict=True)}
            figure = own.cell(name, **cell)
            assert figure is not None
            assert figure.value == array[(*index, 0)], (name, cell)
            cells += 1
    assert cells > 700


def test_the_noise_of_every_cell_has_a_figure(shipped: Case, found: Provenance) -> None:
    world = shipped.build(None, shipped.names.countries)
    persistence, noise = shipped.noise(world)
    for column, arrays in (("persistence", persistence), ("noise", noise)):
        for c, country in enumerate(world.names.countries):
            for k, channel in enumerate(world.names.channels):
                figure = found.cell(f"{column}.exposure", country=country, channel=channel)
                value = figure.value if figure is not None else 0.0
                assert value == arrays["exposure"][c, k, 0]
    figure = found.cell("noise.demand", power="RUS")
    assert figure is not None
    assert (figure.table, figure.value) == ("drivers", noise["demand"][0, 0])


def test_a_figure_says_where_it_comes_from(shipped: Case, found: Provenance) -> None:
    figure = found.figure("exposure.KAZ.transit")
    assert figure.table == "attributes"
    row = shipped.table("attributes").rows[figure.line - 2]  # no row of it runs over a line
    assert (row["attribute"], row["country"], row["channel"]) == ("exposure", "KAZ", "transit")
    assert (figure.year, figure.evidence) == (2022, ("E037",))
    assert figure.sources == ("kaz-energy", "worldbank-wdi")
    assert figure.axes == {"country": "KAZ", "channel": "transit"}
    assert (figure.value, figure.low, figure.high) == (0.2657, 0.186, 0.3454)
    assert found.evidence("E037")["document"] == "S1"
    assert found.document("E037")["title"] == "Blinken + 5"
    assert found.document("worldbank-wdi")["publisher"] == "World Bank"


def test_an_address_names_a_cell_whose_row_is_wider(found: Provenance) -> None:
    wide = found.figure("driver.demand.USA")
    assert wide.id == "driver.demand"
    assert wide.axes == {}
    assert found.figure("driver.coordination.CHN.RUS").id == "driver.coordination.RUS.CHN"
    assert found.figure("attribute.exposure.KAZ.transit") is found.figure("exposure.KAZ.transit")
    assert found.figure("parameter.fear_push").value == 1.5
    assert found.figure("route.CPC.capacity").column == "capacity"


def test_addresses_are_unique_and_lead_back(found: Provenance) -> None:
    addresses = [figure.id for figure in found.figures]
    assert len(addresses) == len(set(addresses)) > 600
    assert all(found.figure(address).id == address for address in addresses[::25])


def test_a_row_that_gives_no_cell_is_no_figure(shipped: Case) -> None:
    def transit(base: str) -> Figure:
        return next(f for f in figures(shipped, base) if f.id == "exposure.KAZ.transit")

    assert transit("2022Q4").year == 2022
    assert transit("2014Q4").year == 2014
    assert transit("2022Q3").year == 2021


def test_a_route_that_was_not_there_yet_has_no_volume(toy: Case) -> None:
    routes = {row["route"]: row.year for row in toy.table("routes")}
    own = provenance(toy, "2022Q4")
    assert {f.name for f in own.figures if f.table == "routes"} == set(routes)
    early = provenance(toy, "1990Q4")
    dated = {name for name, year in routes.items() if year is not None}
    volumes = {f.name for f in early.figures if f.table == "routes" and f.column == "volume"}
    assert volumes == set(routes) - dated


def test_what_carries_a_share_is_found(found: Provenance) -> None:
    names = {figure.name for figure in found.carried("KAZ", "RUS", "transit")}
    assert "CPC" in names
    assert all(math.isfinite(f.value) for f in found.carried("KAZ", "RUS", "transit"))


def test_what_rests_on_evidence_or_a_source_is_found(found: Provenance) -> None:
    resting = {figure.id for figure in found.resting_on("E037")}
    assert {"exposure.KAZ.transit", "control.RUS.transit", "route.CPC.volume"} <= resting
    assert {one.split(".")[0] for one in resting} == {"exposure", "control", "route"}
    assert "parameter.construction_lag" in {f.id for f in found.resting_on("S1")}


def test_what_is_not_there_is_told_with_the_nearest(shipped: Case, found: Provenance) -> None:
    with pytest.raises(
        InputError,
        match=r"figure: found 'exposure\.KAZ\.transitt', which gives nothing at 2022Q4; "
        r"nearest: exposure\.KAZ\.transit$",
    ):
        found.figure("exposure.KAZ.transitt")
    with pytest.raises(InputError, match=r"evidence: found 'E999'"):
        found.evidence("E999")
    with pytest.raises(InputError, match=r"document: found 'worldbank'; .*nearest: worldbank-wdi"):
        found.document("worldbank")
    with pytest.raises(InputError, match=r"share: found country; it has: country, power, channel"):
        found.cell("share", country="KAZ")
    with pytest.raises(InputError, match=r"wariness: power: found 'RSU'.*nearest: RUS"):
        found.cell("wariness", country="KAZ", power="RSU")
    with pytest.raises(InputError, match=r"figure: found 'exposur'.*nearest: exposure"):
        found.cell("exposur", country="KAZ")
    with pytest.raises(InputError, match="2022Q5"):
        provenance(shipped, "2022Q5")
