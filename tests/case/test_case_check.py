"""`case.check()` is empty for a sound case, and names each thing that is wrong in another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.case import Case, load_case

Change = Callable[[str, str, str], None]


def test_the_toy_case_is_sound(toy: Case) -> None:
    assert toy.check() == []


COHESION = "cohesion,,,,,,0.3,,0.21,0.39,invented,invented,,expert"
WRONG = [
    (
        "attributes.csv",
        COHESION,
        "cohesion,,,,,,0.3,,0.21,0.39,invnted,invented,,expert",
        "column 'source': found 'invnted'; allowed: invented, invented-prior, T0; "
        "nearest: invented",
    ),
    (
        "attributes.csv",
        COHESION,
        "cohesion,,,,,,0.3,,0.21,0.39,,invented,,expert",
        "column 'source': found nothing; a source is needed",
    ),
    (
        "attributes.csv",
        COHESION,
        "cohesion,,,,,,0.3,,0.21,0.39,invented,,,expert",
        "column 'derivation': found nothing; say how the figure was made",
    ),
    (
        "attributes.csv",
        COHESION,
        "cohesion,,,,,,0.3,,0.21,0.39,invented,invented,T001 T009,expert",
        "column 'evidence': found 'T009', which is no evidence id",
    ),
    (
        "attributes.csv",
        COHESION,
        "cohesion,,,,,,0.3,,0.21,0.39,invented,invented,,certain",
        "column 'confidence': found 'certain'; allowed: high, medium, low, expert",
    ),
    (
        "attributes.csv",
        COHESION,
        "cohesion,,,,,,0.3,,0.31,0.39,invented,invented,,expert",
        "column 'value': found 0.3, outside the row's own range, 0.31 to 0.39",
    ),
    (
        "attributes.csv",
        COHESION,
        "cohesion,,,,,,0.3,,0.21,1.39,invented,invented,,expert",
        "column 'high': found 1.39 for cohesion; allowed: 0 to 1",
    ),
    (
        "attributes.csv",
        COHESION,
        "cohesion,,,,,,0.3,,0.21,,invented,invented,,expert",
        "columns 'low' and 'high': both are needed",
    ),
    (
        "routes.csv",
        "T001,expert,45,55",
        "T001,expert,55.0,65.0",
        "case/routes.csv:3: column 'volume': found 50, outside the row's own range, 55 to 65",
    ),
    (
        "parameters.csv",
        "22,fear_push,-,1.5,0,6",
        "22,fear_push,-,7.5,0,6",
        "case/parameters.csv:23: column 'value': found 7.5, outside the row's own range, 0 to 6",
    ),
    (
        "powers.csv",
        "WES,Western League",
        "WES,borland",
        "case/powers.csv:4: column 'name': found 'borland', as in case/countries.csv:3",
    ),
    (
        "parameters.csv",
        "22,fear_push,-,1.5,0,6,uniform,B,invented-prior,invented,,\n",
        "",
        "case/parameters.csv: no row gives parameter fear_push",
    ),
    (
        "routes.csv",
        "transit,,50,60,Mt,600000000.0,,",
        "transit,,50,60,Mt,600000000.0,0.9,",
        "case/routes.csv:3: column 'utilisation': found 0.9 for route northern_pipe; it is for "
        "routes without capacity, leave it blank",
    ),
    (
        "attributes.csv",
        "budget,,REG,,,,0,,0,0",
        "budget,,REG,,,,0.2,,0,1",
        "column 'value': found 0.2; the regional partner REG has a budget of 0",
    ),
    (
        "drivers.csv",
        "coordination,,NOR,EAS",
        "coordination,,EAS,NOR,,,,0.2,,,invented,invented,,expert,,\ncoordination,,NOR,EAS",
        "column 'value': found 0.4 for EAS and NOR; line 29 has 0.2",
    ),
    (
        "attributes.csv",
        "share,BOR,NOR,security,,,0.85,,0.595,1,",
        "share,BOR,NOR,security,,,0.85,percent,0.595,1,",
        "column 'unit': found 'percent'; share is read in 'share of the channel', leave it blank "
        "or convert the figure",
    ),
    (
        "attributes.csv",
        "share,BOR,NOR,security,,,0.85,,0.595,1,",
        "share,BOR,NOR,security,,,0.885,,0.595,1,",
        "case/attributes.csv:138: shares of BOR, security at 2022Q4 (with lines 139, 140, 141) sum "
        "to 0.995 over the powers; allowed: at most 0.99, for 0.01 or more is left to the residual "
        "supplier",
    ),
    (
        "attributes.csv",
        "residual,AVA,,transit,,,0.14,,0.05,",
        "residual,AVA,,transit,,,0.001,,0.0,",
        "case/attributes.csv:166: shares of AVA, transit at 2022Q4 sum to 0.999 over the powers, "
        "with what routes carry; allowed: at most 0.99, for 0.01 or more is left to the residual "
        "supplier",
    ),
    (
        "attributes.csv",
        "share,AVA,NOR,labour,,,0.7,,0.49,0.91",
        "share,AVA,NOR,labour,,,0.9,,0.49,0.91",
        "case/attributes.csv:70: shares of AVA, labour at 2022Q4 (with lines 71, 72, 73) sum to "
        "1.04 over the powers; allowed: at most 0.99, for 0.01 or more is left to the residual",
    ),
    (
        "attributes.csv",
        "position,BOR,,,,,-0.1,,-0.3,",
        "position,BOR,,,,,-1,,-1,",
        "case/attributes.csv: 2022Q4: ",
    ),
    (
        "attributes.csv",
        "gdp,DAL,,,,2014,",
        "gdp,DAL,,,,2016,",
        "case/attributes.csv: no row gives gdp for DAL at 2014Q4",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), WRONG)
def test_what_is_wrong_is_named(
    folder: Path, change: Change, file: str, old: str, new: str, message: str
) -> None:
    change(file, old, new)
    problems = load_case(folder).check()
    assert any(message in problem for problem in problems), problems
    assert all(problem.startswith(f"case/{file}:") for problem in problems)


OBSERVED = "quantity,value,low,high,unit,years,source,derivation,confidence\n"
WRONG_RANGES = [
    (
        "threats,1.2,0.6,2,a year,2022,invnted,invented,low",
        "column 'source': found 'invnted'; allowed: invented, invented-prior, T0; "
        "nearest: invented",
    ),
    (
        "threats,1.2,0.6,2,a year,2022,,invented,low",
        "column 'source': found nothing; a source is needed",
    ),
    (
        "threats,1.2,0.6,2,a year,2022,invented,,low",
        "column 'derivation': found nothing; say how the figure was made",
    ),
    (
        "threats,1.2,0.6,2,a year,2022,invented,invented,sure",
        "column 'confidence': found 'sure'; allowed: high, medium, low, expert",
    ),
    (
        "threats,2.2,0.6,2,a year,2022,invented,invented,low",
        "column 'value': found 2.2, outside the row's own range, 0.6 to 2",
    ),
    (
        "threats,1.2,0.6,,a year,2022,invented,invented,low",
        "columns 'low' and 'high': both are needed",
    ),
]


@pytest.mark.parametrize(("row", "message"), WRONG_RANGES)
def test_what_is_wrong_with_an_observed_range_is_named(
    folder: Path, row: str, message: str
) -> None:
    (folder / "observed_ranges.csv").write_text(f"{OBSERVED}{row}\n", encoding="utf-8")
    assert load_case(folder).check() == [f"case/observed_ranges.csv:2: {message}"]


def test_a_sound_observed_range_is_no_problem(folder: Path) -> None:
    row = "threats,1.2,0.6,2,a year,2022,invented,invented,low"
    (folder / "observed_ranges.csv").write_text(f"{OBSERVED}{row}\n", encoding="utf-8")
    assert load_case(folder).check() == []


def test_a_table_that_nobody_reads_is_named(folder: Path) -> None:
    (folder / "observed_range.csv").write_text(OBSERVED, encoding="utf-8")
    (problem,) = load_case(folder).check()
    assert problem.startswith("case/observed_range.csv: is no table of a case: found 'obs")
    assert problem.endswith("; nearest: observed_ranges")


def test_all_problems_are_named_at_once(folder: Path, change: Change) -> None:
    change("attributes.csv", COHESION, COHESION.replace("expert", "sure").replace("0.21", "0.31"))
    change("parameters.csv", "22,fear_push,-,1.5,0,6", "22,fear_push,-,7.5,0,6")
    assert len(load_case(folder).check()) == 3
