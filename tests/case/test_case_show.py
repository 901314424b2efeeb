"""The case as text: an overview, and a country with the source of every figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sim.case import Case, load_case
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.leverage import vulnerability

Change = Callable[[str, str, str], None]

OBSERVED = """quantity,value,low,high,unit,years,source,derivation,confidence
threats_a_year,1.2,0.6,2,threats a year,2010-2022,invented,invented,low
"""


def test_the_overview_names_all_actors_and_counts_the_rows(toy: Case) -> None:
    text = toy.show()
    lines = text.splitlines()
    assert lines[0] == "Toy case, as of 2022Q4"
    for name in ("Avaland", "Dalland", "Western League", "Export routes", "Northern pipeline"):
        assert name in text
    attributes = next(line for line in lines if line.startswith("attributes"))
    assert [int(x) for x in attributes.split()[1:]] == [322, 24, 4, 0, 294]
    assert sum(1 for line in lines if line.startswith("northern_pipe")) == 1
    assert "DAL      Dalland  candidate" in text


def test_a_country_shows_figures_with_their_sources(toy: Case) -> None:
    lines = toy.show("BOR").splitlines()
    assert lines[0] == "Borland (BOR): Toy case, as of 2022Q4"
    exposure = lines.index("exposure: value at risk [share of GDP]")
    labour = next(i for i in range(exposure, len(lines)) if lines[i].startswith("  labour"))
    assert lines[labour].split() == ["labour", "0.2", "0.14", "to", "0.26", "2022", "expert"]
    assert lines[labour + 1] == "      The tests [T002]: invented"
    rail = next(i for i, line in enumerate(lines) if line.startswith("  western_rail"))
    assert "2 of 5 Mt" in lines[rail]
    assert lines[rail + 2] == "      carries 0.2 of the country's transit"
    assert not any("northern_pipe" in line for line in lines)


def test_of_two_rows_for_a_cell_the_one_that_counts_is_shown(toy: Case) -> None:
    lines = toy.show("AVA").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("wariness"))
    shown = [line.split()[:2] for line in lines[start + 1 : start + 9 : 2]]
    assert shown == [["all", "0.05"], ["NOR", "0.2"], ["REG", "0"], []]


@pytest.mark.parametrize("country", [None, "AVA", "BOR", "CIM", "DAL"])
def test_no_line_is_longer_than_a_hundred(toy: Case, country: str | None) -> None:
    assert max(len(line) for line in toy.show(country).splitlines()) <= 100


def test_an_unknown_country_is_named(toy: Case) -> None:
    with pytest.raises(InputError, match=r"country: found 'AVX'; allowed: .*; nearest: AVA"):
        toy.show("AVX")


def test_the_overview_lists_what_holds_for_all_countries(toy: Case) -> None:
    lines = toy.show().splitlines()
    cells = [line.split() for line in lines]
    assert ["control", "NOR", "labour", "0.8", "0.56", "to", "1", "expert", "invented"] in cells
    assert ["cohesion", "all", "0.3", "0.21", "to", "0.39", "expert", "invented"] in cells
    drivers = lines[next(i for i, line in enumerate(lines) if line.startswith("Driver ")) :]
    shown = [line.split() for line in drivers]
    assert ["distraction", "all", "0.1", "0.03", "expert", "invented"] in shown
    assert ["distraction", "NOR", "0.3", "0.03", "expert", "invented"] in shown  # its noise too
    assert ["distraction", "REG", "0", "0", "expert", "invented"] in shown
    assert ["transit_days", "western_rail", "1.5", "expert", "invented"] in shown  # noise alone
    parameter = next(line for line in lines if line.startswith("fear_push "))
    assert parameter.split() == ["fear_push", "1.5", "0", "to", "6", "B", "invented-prior"]


def test_the_overview_at_another_base_has_its_own_values(toy: Case) -> None:
    old = replace(toy, as_of=quarters.parse("2014Q4")).show().splitlines()
    found = [line.split()[2] for line in old if line.split()[:2] == ["distraction", "NOR"]]
    assert found == ["0.05"]


def test_the_overview_lists_observed_ranges_where_there_are_any(folder: Path) -> None:
    assert "Observed ranges" not in load_case(folder).show()
    (folder / "observed_ranges.csv").write_text(OBSERVED, encoding="utf-8")
    lines = load_case(folder).show().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Observed ranges"))
    assert lines[start + 2].split() == [
        *("threats_a_year", "1.2", "0.6", "to", "2", "2010-2022", "low"),
        *("threats", "a", "year", "(invented)"),
    ]
    assert "observed ranges     1    0     0       1    0" in lines


def test_a_country_shows_what_powers_hold_over_it(toy: Case) -> None:
    world = toy.build(countries=toy.names.countries)
    found = world.attributes
    by_channel = vulnerability(found.exposure, found.share, found.control, found.substitution)
    leverage = 100 * by_channel[toy.names.countries.index("BOR"), ..., 0]
    lines = toy.show("BOR").splitlines()
    assert lines[2].split()[:3] == ["Power", "Leverage", "Largest"]
    rows = [line.split() for line in lines[4:12] if line.startswith(toy.names.powers)]
    assert [row[0] for row in rows] == ["NOR", "EAS", "WES"]  # the region holds nothing
    for power, total, largest, *_ in rows:
        own = leverage[toy.names.powers.index(power)]
        assert total == f"{own.sum():.2f}"
        assert largest == toy.names.channels[own.argmax()]
    assert rows[0][3:6] == ["labour", f"{leverage[0].max():.2f}", "(0.8),"]
    assert any("its rows by confidence: 28 expert." in line for line in lines)


def test_documents_are_named_by_their_titles(folder: Path, change: Change) -> None:
    row = "position,BOR,,,,,-0.1,,-0.3,0.1,"
    change("attributes.csv", f"{row}invented", f"{row}T0")
    assert "An invented report: invented" in load_case(folder).show("BOR")
