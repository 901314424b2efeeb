"""The case as text: an overview, and a country with the source of every figure."""

from __future__ import annotations

import pytest

from sim.case import Case
from sim.core.errors import InputError


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
