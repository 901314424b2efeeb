"""Residual noise: rows made by machine that stand above the noise of the table of drivers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.case import Case, load_case
from sim.core.errors import InputError

HEADER = "driver,country,power,channel,route,year,persistence,noise,source,derivation\n"


@pytest.fixture
def given(folder: Path) -> Callable[..., Case]:
    """The toy case with rows of residual noise, from driver to noise."""

    def load(*rows: str) -> Case:
        text = HEADER + "".join(f"{row},invented,invented\n" for row in rows)
        (folder / "residual_noise.csv").write_text(text)
        return load_case(folder)

    return load


def test_a_row_replaces_the_noise_of_its_cell_only(given: Callable[..., Case], toy: Case) -> None:
    case = given("exchange_rate,,EAS,,,,0.5,0.04", "distraction,,NOR,,,,0.9,0")
    persistence, noise = case.noise(case.build(powers=["NOR", "EAS", "WES"]))
    assert noise["exchange_rate"].tolist() == [[0.06], [0.04], [0]]
    assert persistence["exchange_rate"].tolist() == [[0.7], [0.5], [0]]
    assert noise["distraction"].tolist() == [[0], [0.03], [0.03]]
    before = toy.noise(toy.build())[1]
    assert noise["migration"].tolist() == before["migration"][:, :3].tolist()


def test_a_driver_may_have_residual_noise_alone(given: Callable[..., Case], toy: Case) -> None:
    assert "boost" not in toy.noise(toy.build())[1]
    persistence, noise = given("boost,,WES,,,,0.8,0.1").noise(toy.build())
    assert noise["boost"].tolist() == [[0], [0], [0.1], [0]]
    assert persistence["boost"].tolist() == [[0], [0], [0.8], [0]]


def test_a_row_of_all_cells_stands_above_a_cells_own_row_of_drivers(
    given: Callable[..., Case],
) -> None:
    case = given("migration,,,,,,0.5,0.01")
    _, noise = case.noise(case.build())
    assert (noise["migration"] == 0.01).all()


def test_rows_are_chosen_by_year_then_by_what_they_name(given: Callable[..., Case]) -> None:
    case = given(
        "oil,,,,,2014,0.5,0.11",
        "oil,,,,,2022,0.5,0.22",
        "demand,,,,,2014,0.5,0.01",
        "demand,,NOR,,,2014,0.5,0.02",
        "demand,,NOR,,,2022,0.5,0.03",
    )
    late, early = case.build(), case.build("2014Q4")
    assert case.noise(late)[1]["oil"].tolist() == [0.22]
    assert case.noise(early)[1]["oil"].tolist() == [0.11]
    assert case.noise(late)[1]["demand"].tolist() == [[0.03], [0.01], [0.01], [0.01]]
    assert case.noise(early)[1]["demand"].tolist() == [[0.02], [0.01], [0.01], [0.01]]


def test_rows_of_a_later_year_do_not_count(given: Callable[..., Case], toy: Case) -> None:
    case = given("oil,,,,,2022,0.5,0.22")
    assert case.noise(case.build("2014Q4"))[1]["oil"].tolist() == [0.12]
    assert case.noise(case.build())[1]["oil"].tolist() == [0.22]


def test_a_driver_of_pairs_may_have_residual_noise(given: Callable[..., Case]) -> None:
    case = given("coordination,,NOR,,,,0.5,0.05")
    _, noise = case.noise(case.build())
    found = noise["coordination"][..., 0]
    assert (found[0] == 0.05).all()
    assert (found[:, 0] == 0.05).all()
    assert (found[1:, 1:] == 0).all()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "oyl,,,,,,0.5,0.1",
            "case/residual_noise.csv:2: column 'driver': found 'oyl'; allowed: distraction, ",
        ),
        (
            "oil,AVA,,,,,0.5,0.1",
            "case/residual_noise.csv:2: column 'country': found 'AVA', but driver 'oil' has no "
            "country; it has: none",
        ),
        (
            "demand,,NOR,trade,,,0.5,0.1",
            "case/residual_noise.csv:2: column 'channel': found 'trade', but driver 'demand' has "
            "no channel; it has: power",
        ),
        (
            "oil,,,,,,1.5,0.1",
            "case/residual_noise.csv:2: column 'persistence': found 1.5; allowed: 0 to 1",
        ),
        (
            "oil,,,,,,0.5,-0.1",
            "case/residual_noise.csv:2: column 'noise': found -0.1; allowed: 0 or more",
        ),
    ],
)
def test_a_wrong_row_is_refused(given: Callable[..., Case], row: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        given(row)
    assert str(error.value).startswith(message)


def test_rows_need_a_known_source_and_a_derivation(folder: Path) -> None:
    (folder / "residual_noise.csv").write_text(
        f"{HEADER}oil,,,,,,0.5,0.1,nobody,invented\ndemand,,,,,,0.5,0.1,invented,\n"
    )
    problems = load_case(folder).check()
    assert len(problems) == 2
    assert problems[0].startswith("case/residual_noise.csv:2: column 'source': found 'nobody'")
    assert problems[1].startswith("case/residual_noise.csv:3: column 'derivation': found nothing")
