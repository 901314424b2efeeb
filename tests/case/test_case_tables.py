"""Every way a table can be wrong has its own message: file, line, column, found, allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from sim.case import Case, load_case
from sim.case.schema import PARAMETERS
from sim.core.errors import InputError
from sim.core.world import Parameters

Change = Callable[[str, str, str], None]
Rows = Callable[[str, Callable[[dict[str, str]], bool | None]], None]

WRONG_CELLS = [
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014",
        "exposure,AWA,,trade,,2014",
        "case/attributes.csv:2: column 'country': found 'AWA'; allowed: AVA, BOR, CIM, DAL; "
        "nearest: AVA",
    ),
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014",
        "exposure,,,tradde,,2014",
        "column 'channel': found 'tradde'; allowed: trade, labour, transit, energy, capital, "
        "security, clearing; nearest: trade",
    ),
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014",
        "expossure,AVA,,trade,,2014",
        "case/attributes.csv:2: column 'attribute': found 'expossure'; allowed: exposure, share,",
    ),
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014",
        "exposure,AVA,NOR,trade,,2014",
        "column 'power': found 'NOR', but attribute 'exposure' has no power; "
        "it has: country, channel",
    ),
    (
        "attributes.csv",
        "cohesion,,,,,,0.3",
        "cohesion,AVA,,,,,0.3",
        "column 'country': found 'AVA', but attribute 'cohesion' has no country; it has: none",
    ),
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014",
        "exposure,AVA,,trade,,14",
        "column 'year': found '14'; allowed: a year of four digits, or blank",
    ),
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014,0.252",
        "exposure,AVA,,trade,,2014,much",
        "column 'value': found 'much'; a number is needed",
    ),
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014,0.252",
        "exposure,AVA,,trade,,2014,0_252",
        "column 'value': found '0_252'; a number is needed",
    ),
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014,0.252",
        "exposure,AVA,,trade,,2014,nan",
        "column 'value': found 'nan'; a number is needed",
    ),
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014,0.252",
        "exposure,AVA,,trade,,2014,",
        "column 'value': found nothing; a number is needed",
    ),
    (
        "attributes.csv",
        "share,AVA,NOR,trade,,2022,0.25",
        "share,AVA,NOR,trade,,2022,1.25",
        "column 'value': found 1.25 for share; allowed: 0 to 1",
    ),
    (
        "attributes.csv",
        "weight,AVA,,,,,0.6",
        "weight,AVA,,,,,-0.6",
        "column 'value': found -0.6 for weight; allowed: 0 or more",
    ),
    (
        "attributes.csv",
        "season,,,energy,1",
        "season,,,energy,5",
        "column 'season': found '5'; allowed: 1, 2, 3, 4",
    ),
    (
        "attributes.csv",
        "exposure,AVA,,trade,,2014",
        "exposure,AVA,,trade,,2022",
        "case/attributes.csv:3: attribute exposure, country AVA, channel trade, year 2022 stands "
        "already on line 2",
    ),
    (
        "attributes.csv",
        "cohesion,,,,,,0.3",
        'cohesion,,,,,,0.3,"a, b"',
        "found 15 cells; the header has 14 columns (a text with a comma needs quotes)",
    ),
    (
        "attributes.csv",
        "cohesion,,,,,,0.3",
        'cohesion,,,,,,"0.3"x',
        "is not a row of a CSV table:",
    ),
    (
        "attributes.csv",
        "unit,low",
        "units,low",
        "case/attributes.csv:1: no such column: found 'units'; allowed: attribute, country,",
    ),
    (
        "attributes.csv",
        "unit,low",
        "value,low",
        "case/attributes.csv:1: column 'value' stands twice in the header",
    ),
    (
        "countries.csv",
        "DAL,Dalland",
        "D.AL,Dalland",
        "case/countries.csv:5: column 'country': found 'D.AL'; allowed: letters, digits, _ and -",
    ),
    (
        "countries.csv",
        "#CC79A7",
        "purple",
        "case/countries.csv:5: column 'colour': found 'purple'; allowed: # and six hexadecimal",
    ),
    (
        "countries.csv",
        "country,name,core,colour",
        "country,name,core",
        "case/countries.csv:1: column 'colour' is missing; found: country, name, core; needed: "
        "country, name, core, colour",
    ),
    (
        "countries.csv",
        "Dalland,0",
        "Dalland,no",
        "case/countries.csv:5: column 'core': found 'no'; allowed: 0, 1",
    ),
    (
        "powers.csv",
        "Western League,power",
        "Western League,powr",
        "column 'kind': found 'powr'; allowed: power, regional; nearest: power",
    ),
    (
        "powers.csv",
        "Western League,power",
        "Western League,regional",
        "case/powers.csv:5: column 'kind': REG is a second regional partner; line 4 has one",
    ),
    (
        "channels.csv",
        "remittances,labour",
        "remittances,labor",
        "column 'role': found 'labor'; allowed: trade, labour, transit, energy, capital, security, "
        "clearing; nearest: labour",
    ),
    (
        "texts.csv",
        "Sovereignty texts,0,1",
        "Sovereignty texts,0,0.5",
        "case/texts.csv:2: column 'sign': found '0.5'; allowed: 1, -1",
    ),
    (
        "sectors.csv",
        "Minerals,capital,0.3,1,0.2",
        "Minerals,capital,0.3,1,2",
        "case/sectors.csv:2: column 'realisable': found 2; allowed: 0 to 1",
    ),
    (
        "routes.csv",
        "transit,,30,35,Mt",
        "transit,,40,35,Mt",
        "case/routes.csv:2: column 'volume': found 40 for route northern_pipe; allowed: at most "
        "the capacity, 35",
    ),
    (
        "routes.csv",
        "transit,,50,60,Mt",
        "transit,,50,60,kt",
        "case/routes.csv:3: column 'unit': found 'kt' for route northern_pipe; line 2 has 'Mt'",
    ),
    (
        "routes.csv",
        "30,35,Mt,600000000.0",
        "30,35,Mt,0",
        "case/routes.csv:2: column 'unit_value_usd': found 0 for route northern_pipe; allowed: "
        "more than 0",
    ),
    (
        "drivers.csv",
        "boost,",
        "bost,",
        "column 'driver': found 'bost'; allowed: distraction, boost,",
    ),
    (
        "drivers.csv",
        "sanctions,,,,,,2014",
        "sanctions,,NOR,,,,2014",
        "column 'power': found 'NOR', but driver 'sanctions' has no power; it has: none",
    ),
    (
        "drivers.csv",
        "distraction,,NOR,,,,2022,0.3",
        "distraction,,NOR,,,,2022,0.99",
        "column 'value': found 0.99 for distraction; allowed: 0 to 0.95",
    ),
    (
        "drivers.csv",
        "transit_days,,,,,western_rail",
        "transit_days,,,,,western_road",
        "column 'route': found 'western_road'; allowed: northern_pipe, eastern_pipe, western_rail, "
        "northern_gas, southern_line; nearest: western_rail",
    ),
    (
        "drivers.csv",
        "transit_days,,,,,western_rail,,,",
        "transit_days,,,,,western_rail,,30,",
        "column 'value': found 30 for transit_days; it comes from column 'days' of the routes, "
        "leave it blank",
    ),
    (
        "parameters.csv",
        "fear_push,-,1.5",
        "fear_pull,-,1.5",
        "column 'name': found 'fear_pull'; allowed: remittance_elasticity,",
    ),
    (
        "parameters.csv",
        "fear_push,-,1.5,0,6,uniform",
        "fear_push,-,1.5,0,6,unifrom",
        "case/parameters.csv:23: column 'distribution': found 'unifrom'; allowed: triangular, "
        "lognormal, uniform, fixed; nearest: uniform",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), WRONG_CELLS)
def test_a_wrong_cell_is_named(
    folder: Path, change: Change, file: str, old: str, new: str, message: str
) -> None:
    change(file, old, new)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert message in str(caught.value)


def test_a_file_that_is_missing(folder: Path) -> None:
    (folder / "routes.csv").unlink()
    with pytest.raises(InputError, match=r"^case/routes.csv: cannot be read: no such file"):
        load_case(folder)


@pytest.mark.parametrize("file", ["attributes.csv", "case.toml"])
def test_a_file_that_is_empty(folder: Path, file: str) -> None:
    (folder / file).write_text("\n  \n")
    with pytest.raises(InputError, match=rf"^case/{file}: is empty$"):
        load_case(folder)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\x89PNG\r\n\x1a\n\xff", 1),
        (b"country\x00name", 1),
        ("country,name\nKGZ,Kirgistan\nTKM,T\u00fcrkmenistan\n".encode("latin-1"), 3),
        ("country,name\n".encode("utf-16"), 1),
        (b"\xef\xbb\xbfcountry,\xc3\xa9\n\xff", 2),
    ],
)
@pytest.mark.parametrize("file", ["countries.csv", "case.toml"])
def test_a_file_that_is_not_text(folder: Path, file: str, content: bytes, line: int) -> None:
    (folder / file).write_bytes(content)
    message = rf"^case/{file}:{line}: is not text in UTF-8; save the file as UTF-8$"
    with pytest.raises(InputError, match=message):
        load_case(folder)


def test_a_table_without_rows(folder: Path) -> None:
    (folder / "sectors.csv").write_text(
        "sector,name,channel,background_share,rate_multiplier,realisable,source,derivation,"
        "confidence\n"
    )
    with pytest.raises(InputError, match=r"sectors.csv: has no rows; at least one is needed"):
        load_case(folder)


WRONG_HEADS = [
    ('title = "Toy case"', 'titel = "Toy case"', "no such key: found 'titel'; allowed: title,"),
    ('title = "Toy case"', "title = 3", "key 'title': found 3; a text is needed"),
    ('title = "Toy case"\n', "", "key 'title': found None; a text is needed"),
    ('title = "Toy case"', "title = Toy case", "is not TOML:"),
    ('as_of = "2022Q4"', 'as_of = "2022"', "key 'as_of': '2022' is not a quarter"),
    ('bases = ["2014Q4"]', 'bases = "2014Q4"', "key 'bases': found '2014Q4'; a list of quarters"),
    ('bases = ["2014Q4"]', 'bases = ["2014"]', "key 'bases': '2014' is not a quarter"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG_HEADS)
def test_a_wrong_head_is_named(
    folder: Path, change: Change, old: str, new: str, message: str
) -> None:
    change("case.toml", old, new)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert str(caught.value).startswith("case/case.toml: ")
    assert message in str(caught.value)


def test_blank_lines_quotes_and_column_order_do_not_matter(folder: Path) -> None:
    path = folder / "countries.csv"
    path.write_text(
        '﻿core,country,colour,name\n\n1,AVA,#0072B2,"Ava,\nland"\n1,BOR,#E69F00,Borland\n'
        "1,CIM,#009E73,Cimland\n\n0,DAL,#CC79A7,Dalland\n"
    )
    rows = load_case(folder).table("countries").rows
    assert [row["country"] for row in rows] == ["AVA", "BOR", "CIM", "DAL"]
    assert rows[0]["name"] == "Ava,\nland"
    assert [row.line for row in rows] == [3, 5, 6, 8]


@pytest.mark.parametrize(
    ("name", "column", "value", "allowed"),
    [
        ("own_weight", "value", "0", "1e-06 to 1e+06"),
        ("attention_speed", "high", "1.5", "0 to 1"),
        ("construction_lag", "low", "0.5", "1 to 1000"),
        ("vote_cutpoint", "value", "0.1", "-100 to 0"),
    ],
)
def test_a_parameter_beyond_all_meaning_is_refused(
    folder: Path, rows: Rows, name: str, column: str, value: str, allowed: str
) -> None:
    def edit(row: dict[str, str]) -> None:
        if row["name"] == name:
            row[column] = value

    rows("parameters", edit)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    expected = f"column {column!r}: found {value} for {name}; allowed: {allowed}"
    assert str(caught.value).startswith("case/parameters.csv:")
    assert str(caught.value).endswith(expected)


def test_every_parameter_has_a_range_that_holds_those_of_the_shipped_case() -> None:
    assert tuple(PARAMETERS) == tuple(field.name for field in fields(Parameters))
    assert len(load_case("central_asia").table("parameters")) == len(PARAMETERS)


def test_a_head_with_a_number_too_long_to_read(folder: Path) -> None:
    (folder / "case.toml").write_text("title = " + "1" * 5000, encoding="utf-8")
    with pytest.raises(InputError, match=r"case/case.toml: is not TOML: Exceeds the limit"):
        load_case(folder)


def test_a_case_is_found_by_name_or_path(folder: Path, toy: Case) -> None:
    assert load_case(str(folder)).name == "case"
    (folder.parent / "calibration").mkdir()
    folder.rename(folder.parent / "calibration" / "mine")
    assert load_case("mine").names == toy.names
    with pytest.raises(InputError) as caught:
        load_case("mime")
    assert str(caught.value).startswith("case: found 'mime'; allowed: ")
    assert "; nearest: mine; or the path of a folder with a case.toml" in str(caught.value)


def test_an_unknown_table_is_named(toy: Case) -> None:
    with pytest.raises(InputError, match=r"no such table: found 'route'; .* nearest: routes"):
        toy.table("route")


def test_the_hash_tells_two_cases_apart(folder: Path, change: Change, toy: Case) -> None:
    assert load_case(folder).hash() == toy.hash()
    change("countries.csv", "Dalland", "Dolland")
    assert load_case(folder).hash() != toy.hash()


RANGES = (
    "quantity,value,low,high,unit,years,source,derivation,confidence\n"
    "threats,1.2,0.6,2,a year,2022,invented,invented,low\n"
)


def test_a_case_needs_no_observed_ranges(folder: Path) -> None:
    bare = load_case(folder)
    with pytest.raises(InputError, match=r"no such table: found 'observed_ranges'"):
        bare.table("observed_ranges")
    (folder / "observed_ranges.csv").write_text(RANGES)
    case = load_case(folder)
    assert case.table("observed_ranges").codes == ("threats",)
    assert case.hash() != bare.hash()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",1.2,", ",many,", "case/observed_ranges.csv:2: column 'value': found 'many'; a number"),
        (",a year,", ",,", "case/observed_ranges.csv:2: column 'unit': found nothing; a text is"),
        ("quantity,", "quantities,", "case/observed_ranges.csv:1: no such column: found 'quant"),
        (
            "invented,low\n",
            "invented,low\nthreats,1,0,2,a year,,invented,invented,low\n",
            "case/observed_ranges.csv:3: quantity threats stands already on line 2",
        ),
    ],
)
def test_a_wrong_observed_range_is_named(folder: Path, old: str, new: str, message: str) -> None:
    assert RANGES.count(old) == 1
    (folder / "observed_ranges.csv").write_text(RANGES.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert message in str(caught.value)
