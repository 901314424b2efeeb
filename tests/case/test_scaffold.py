"""`case new` writes a case that `case check` guides to completeness, and that then runs."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.case import load_case
from sim.case.guidance import guidance, next_step
from sim.case.progress import Progress, progress
from sim.case.quality import remarks
from sim.case.scaffold import Actor, actors, scaffold, template_rows
from sim.case.schema import ATTRIBUTES, OPTIONAL, PLACEHOLDER, TABLES
from sim.case.trial import trials
from sim.cli.main import main
from sim.core.drivers import DRIVERS
from sim.core.world import Parameters
from tests.case.filling import ROWS, change, fill

COUNTRIES = [
    Actor("AVA", "Avaland"),
    Actor("BO", "Borland"),
    Actor("C-1", "Cim"),
    Actor("D_2", "D"),
]
POWERS = [Actor("NOR", "North"), Actor("EAS", "East"), Actor("WES", "West")]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a case of four countries and three powers, in a fresh working directory."""
    monkeypatch.chdir(tmp_path)
    return scaffold("four", COUNTRIES, POWERS, as_of="2022Q4")[0]


@pytest.fixture
def filled(begun: Path) -> Path:
    fill(begun)
    return begun


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled case that nobody changes."""
    folder = scaffold(
        "four", COUNTRIES, POWERS, as_of="2022Q4", folder=tmp_path_factory.mktemp("c")
    )
    fill(folder[0])
    return folder[0]


def rows(path: Path) -> list[ROWS]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def named(found: Progress) -> set[tuple[str, tuple[str, ...]]]:
    """What is said to be empty."""
    return {(gap.item or gap.table, gap.codes) for gap in found.gaps if gap.empty}


# The template


def test_the_guide_knows_every_table_attribute_and_driver_once() -> None:
    guide = [(row["table"], row["item"]) for row in template_rows("guide")]
    cells = [("attributes", name) for name in ATTRIBUTES] + [("drivers", name) for name in DRIVERS]
    others = [(name, "") for name in TABLES if name not in ("attributes", "drivers")]
    assert sorted(guide) == sorted([*cells, *others])
    assert all(row["step"] and row["expected"] for row in template_rows("guide"))
    assert all(row["usual_sources"] for row in template_rows("guide"))


def test_the_template_gives_every_parameter_a_range_around_the_shipped_centre() -> None:
    shipped = {row["name"]: row for row in load_case("central_asia").table("parameters")}
    template = {row["name"]: row for row in template_rows("parameters")}
    assert set(template) == {field.name for field in fields(Parameters)}
    for name, row in template.items():
        centre = shipped[name].number("value")
        assert float(row["low"]) <= centre <= float(row["high"]), name
        if row["source"] == "carried-over":
            assert "judge for your region" in row["derivation"] or name == "own_weight"


# What is written


def test_a_case_has_every_table_and_a_row_for_every_figure(begun: Path) -> None:
    assert {path.stem for path in begun.glob("*.csv")} == set(TABLES) - set(OPTIONAL)
    found = progress(begun)
    assert found.problems == ()
    empty = {gap for gap in found.gaps if gap.empty}
    assert all(gap.line is not None and gap.lacks == ("value",) for gap in empty)
    # By hand: 4 countries, 3 powers, 7 channels.
    per_country = ("gdp", "growth", "weight", "position", "neutrality", "openness")
    per_country += ("reexport_access", "reexport_ceiling")
    per_pair = ("migrants", "value", "claim", "wariness")
    expected = 4 * len(per_country) + 12 * len(per_pair) + 28 + 84 + 21 + 3 + 1  # attributes
    expected += 3 * 3 + 1  # distraction, stance, format; sanctions
    assert len(empty) == expected
    assert found.total - found.filled == expected
    assert {gap.codes for gap in found.gaps if not gap.empty} == {("principle",), ("judgement",)}


def test_the_regional_partner_courts_and_coerces_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case, _ = scaffold("with_region", COUNTRIES[:2], POWERS, Actor("REG", "Region"), "2022Q4")
    fill(case)
    assert load_case("with_region").check() == []
    world = load_case("with_region").build()
    assert world.attributes.regional.tolist() == [False, False, False, True]
    assert world.attributes.budget[3, 0] == 0
    assert (world.attributes.control[3] == 0).all()
    assert (world.attributes.share[:, 3] > 0).all()  # but what it supplies has to be found


def test_nothing_is_left_behind_where_the_scenario_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").write_text("a file where a folder is needed")
    assert main(["case", "new", "mine"]) == 2
    assert capsys.readouterr().err.startswith("multivector: error: scenarios")
    assert list((tmp_path / "calibration").iterdir()) == []
    (tmp_path / "scenarios").unlink()
    assert main(["case", "new", "mine"]) == 0


def test_what_comes_next_finds_a_case_that_lies_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["case", "new", "mine", "--in", "other place"]) == 0
    (said,) = re.findall(r"next: multivector (.*), which says", capsys.readouterr().out)
    assert said == "case check 'other place/calibration/mine'"
    assert main(shlex.split(said)) == 2
    assert "mine: " in capsys.readouterr().out


def test_the_base_is_the_end_of_last_year_unless_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["case", "new", "mine"]) == 0
    said = capsys.readouterr().out
    assert "next: multivector case check mine" in said
    year = date.today().year - 1
    assert f'as_of = "{year}Q4"' in (tmp_path / "calibration/mine/case.toml").read_text()
    scenario = (tmp_path / "scenarios/mine_baseline.toml").read_text()
    assert f'start = "{year + 1}Q1"' in scenario
    names = {row["name"] for row in rows(tmp_path / "calibration/mine/countries.csv")}
    assert names == {PLACEHOLDER}


def test_another_folder_is_written_and_nothing_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [
        "case",
        "new",
        "mine",
        "--in",
        "there",
        "--as-of",
        "2022Q4",
        "--regional",
        "REG=Region",
    ]
    assert main(words) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.parent.name for path in before} == {"mine", "scenarios"}
    assert main(words) == 2
    message = capsys.readouterr().err
    assert "there/calibration/mine is there already; nothing was written" in message
    shutil.rmtree(tmp_path / "there" / "calibration")
    assert main(words) == 2
    assert "there/scenarios/mine_baseline.toml is there already" in capsys.readouterr().err
    assert not (tmp_path / "there" / "calibration").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["my-case"], "found 'my-case'; allowed: letters, digits and _, a letter first"),
        (["../up"], "found '../up'; allowed: letters"),
        (["central_asia"], "found 'central_asia', which is a case already; choose another"),
        (
            ["a", "--countries", "A B,C"],
            "countries: found the code 'A B'; allowed: letters, digits",
        ),
        (["a", "--countries", ","], "countries: found none; at least one is needed"),
        (["a", "--powers", "X,Y,X"], "powers: X is named twice"),
        (["a", "--countries", "X", "--powers", "X"], "X stands for two actors"),
        (["a", "--regional", "R,S"], "regional: found 'R,S'; at most one is allowed"),
        (["a", "--as-of", "2022"], "'2022' is not a quarter"),
        (["a", "--as-of", "0000Q1"], "found quarter 0000Q1; allowed: 1900Q1 to 2199Q4"),
        (["a", "--as-of", "9999Q4"], "found quarter 9999Q4; allowed: 1900Q1 to 2199Q4"),
        (
            ["a", "--as-of", "2192Q1"],
            "base quarter: found 2192Q1; allowed: 1900Q1 to 2191Q4, for the first scenario plays",
        ),
    ],
)
def test_what_cannot_be_begun_is_refused(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["case", "new", *words]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_names_and_codes_are_read() -> None:
    assert actors(" ARM = Armenia , GEO", "countries") == [Actor("ARM", "Armenia"), Actor("GEO")]


# The guide


def test_the_guide_says_file_line_unit_range_and_usual_sources(begun: Path) -> None:
    text = guidance(progress(begun))
    assert "gdp (USD bn a year, 1e-06 to 1e+06): output of the base year" in text
    assert "usually from: World Bank, World Development Indicators" in text
    assert "calibration/four/attributes.csv: line 2 AVA; line 3 BO; line 4 C-1; line 5 D_2" in text
    assert text.index("Step 2, Economies") < text.index("Step 3, Ties") < text.index("Step 4,")
    summary = next(line for line in text.splitlines() if line.startswith("2 Economies"))
    assert summary.split() == ["2", "Economies", "0", "of", "40", *summary.split()[5:]]
    assert "exposure\N{NO-BREAK SPACE}28" not in text
    assert "exposure 28" in summary
    assert text.endswith("next: calibration/four/attributes.csv:2: fill in gdp of AVA\n")
    assert max(map(len, text.splitlines())) <= 100


def test_check_ends_with_what_is_next_until_the_case_is_complete(
    begun: Path, capsys: Capture
) -> None:
    assert main(["case", "check", "four"]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[-1].startswith("next: ")
    fill(begun)
    assert main(["case", "check", "four"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "four: sums, ranges and sources are in order"
    assert err == ""


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data())
def test_what_was_taken_out_is_named_and_nothing_else(complete: Path, data: st.DataObject) -> None:
    tables = {name: rows(complete / f"{name}.csv") for name in ("attributes", "drivers")}
    own = [
        (name, number)
        for name, table in tables.items()
        for number, row in enumerate(table)
        if row["derivation"] == "invented"  # a row of its own for the cell
    ]
    chosen = data.draw(st.lists(st.sampled_from(own), unique=True, max_size=25))
    removed = set(data.draw(st.lists(st.sampled_from(chosen), unique=True)) if chosen else [])
    folder = complete.parent / "half"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(complete, folder)
    for name in tables:
        position = iter(range(len(tables[name])))

        def take(row: ROWS, name: str = name, position: object = position) -> bool:
            key = (name, next(position))  # type: ignore[call-overload]
            if key in chosen:
                row["value"] = ""
            return key not in removed

        change(folder / f"{name}.csv", take)
    found = progress(folder)
    expected = {
        (
            row.get("attribute") or row["driver"],
            tuple(row[axis] for axis in ("country", "power", "channel") if row.get(axis)),
        )
        for row in (tables[name][number] for name, number in chosen)
    }
    assert named(found) == expected
    assert found.problems == ()
    assert found.total - found.filled == len(expected)
    for gap in found.gaps:
        if gap.line is not None:  # the line said is the line meant
            line = gap.path.read_text().splitlines()[gap.line - 1].split(",")
            assert line[0] == gap.item
            assert set(gap.codes) <= set(line)
    if not chosen:
        assert found.gaps == ()


def test_figures_without_source_are_counted_apart(filled: Path, capsys: Capture) -> None:
    def unsource(row: ROWS) -> None:
        if row["attribute"] == "gdp":
            row.update(source=PLACEHOLDER, high="")

    change(filled / "attributes.csv", unsource)
    found = progress(filled)
    assert found.filled == found.total
    assert {(gap.item, gap.lacks) for gap in found.gaps} == {("gdp", ("source", "high"))}
    assert main(["case", "check", "four"]) == 2
    out = capsys.readouterr().out
    assert "0 are missing; 4 more lack a source" in out.replace("\n", " ")
    assert out.endswith(
        "next: calibration/four/attributes.csv:2: say where gdp of AVA comes from (source, high)\n"
    )


def test_the_check_of_a_loaded_case_tells_the_placeholder(filled: Path) -> None:
    change(filled / "texts.csv", lambda row: row.update(source=PLACEHOLDER))
    assert load_case("four").check() == [
        f"calibration/four/texts.csv:{line}: column 'source': found 'to-be-found': not yet sourced"
        for line in (2, 3)
    ]


def test_a_blank_row_that_another_row_covers_stands_in_the_way(filled: Path) -> None:
    path = filled / "attributes.csv"
    with path.open("a") as file:
        file.write("openness,,,,,,0.5,share,0,1,expert-prior,invented,,expert\n")
    change(
        path,
        lambda row: (
            row.update(value="")
            if row["country"] == "BO" and row["attribute"] == "openness"
            else None
        ),
    )
    found = progress(filled)
    assert found.filled == found.total
    assert [gap.codes for gap in found.gaps] == [("BO",)]
    assert "fill or delete the row of openness of BO; it has no value" in next_step(found)
    assert "blank, but another row gives it" in guidance(found).replace("\n    ", " ")


def test_a_residual_is_needed_where_routes_carry_something(filled: Path) -> None:
    with (filled / "routes.csv").open("a") as file:
        file.write(
            "pipe,Pipe,oil,BO,NOR,transit,,5,10,Mt,6e8,9,8,1,,expert-prior,invented,,expert,,\n"
        )
    found = progress(filled)
    assert named(found) == {("residual", ("BO", "transit"))}
    assert (
        next_step(found)
        == "add a row of residual of BO, transit to calibration/four/attributes.csv"
    )
    assert "no row yet BO, transit at 2022Q4" in guidance(found)


def test_another_base_quarter_has_to_be_complete_too(filled: Path) -> None:
    text = (filled / "case.toml").read_text()
    (filled / "case.toml").write_text(text.replace("bases = []", 'bases = ["2014Q4"]'))
    change(
        filled / "attributes.csv",
        lambda row: row.update(year="2022") if row["attribute"] == "gdp" else None,
    )
    found = progress(filled)
    assert named(found) == {("gdp", (one.code,)) for one in COUNTRIES}
    assert {gap.quarter for gap in found.gaps} == {4 * 2014 + 3}
    assert next_step(found) == (
        "calibration/four/attributes.csv:2: gdp of AVA is of a later year than the base quarter, "
        "2014Q4, and does not count; give a row of 2014 or before, or without a year"
    )
    assert "no row yet BO at 2014Q4 (line 3 is of a later year)" in guidance(found).replace(
        "\n    ", " "
    )
    assert found.filled == found.total  # at the base quarter of the case itself


def test_a_parameter_without_a_row_is_missing(filled: Path) -> None:
    change(filled / "parameters.csv", lambda row: row["name"] != "fear_push")
    found = progress(filled)
    assert named(found) == {("parameters", ("fear_push",))}
    assert found.total - found.filled == 1


# What is wrong


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("attributes.csv", "attribute,country", "attribute,land", ":1: no such column: found"),
        ("attributes.csv", ",value,", ",", ":1: column 'value' is missing"),
        ("attributes.csv", "gdp,AVA", "gpd,AVA", ":2: column 'attribute': found 'gpd'; allowed: "),
        ("attributes.csv", "gdp,BO", "gdp,AVA", ":3: attribute gdp, country AVA stands already on"),
        ("attributes.csv", "gdp,BO", "gdp,BOO", ":3: column 'country': found 'BOO'; allowed: AVA"),
        ("attributes.csv", "gdp,BO,,,,,", "gdp,BO,,,,,much", ":3: column 'value': found 'much"),
        ("attributes.csv", "gdp,BO,,,,,", "gdp,BO,,,,,-", ":3: column 'value': found -"),
        ("attributes.csv", "gdp,BO,", "gdp,BO,NOR", ":3: column 'power': found 'NOR', but"),
        ("attributes.csv", "gdp,BO,,", "gdp,BO,,,", ":3: found 15 cells; the header has 14"),
        ("powers.csv", "North,0,0", "North,0,2", ":2: column 'enforcer': found '2'; allowed: 0, 1"),
        ("parameters.csv", "fear_push", "fear_psh", ": column 'name': found 'fear_psh'; allowed: "),
        ("channels.csv", ",labour,", ",work,", ":3: column 'role': found 'work'; allowed: trade"),
        (
            "parameters.csv",
            "\n2,",
            "\n1,",
            ":3: column 'id': found '1', which remittance_elasticity on line 2 has already",
        ),
    ],
)  # fmt: skip
def test_each_fault_of_a_half_filled_case_has_one_message(
    filled: Path, capsys: Capture, file: str, old: str, new: str, message: str
) -> None:
    change(
        filled / "attributes.csv",
        lambda row: row.update(value="") if row["attribute"] == "claim" else None,
    )
    spoil(filled, file, old, new)
    assert main(["case", "check", "four"]) == 2
    out, err = capsys.readouterr()
    assert err.count("multivector: error: ") == 1
    assert f"calibration/four/{file}" in err
    assert message in err
    assert out.splitlines()[-1].startswith(f"next: mend calibration/four/{file}:")
    if file != "attributes.csv" or ":1:" not in message:
        assert "claim" in out


@pytest.mark.parametrize(("mark", "found"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_table_with_semicolons_is_told_so(
    filled: Path, capsys: Capture, mark: str, found: str
) -> None:
    path = filled / "drivers.csv"
    path.write_text("\N{ZERO WIDTH NO-BREAK SPACE}" + path.read_text().replace(",", mark))
    assert main(["case", "check", "four"]) == 2
    out, err = capsys.readouterr()
    message = (
        f"calibration/four/drivers.csv:1: found {found} between the columns; commas are needed"
    )
    assert err == f"multivector: error: {message}\n"
    assert out.endswith(f"next: mend {message}\n")
    opening = " ".join(out.split("\n\n")[0].split())
    assert opening.startswith(
        "four: calibration/four/drivers.csv cannot be used yet, so what is missing there, or in "
        "tables that need it, is not counted. Of the rest "
    )


def test_a_link_that_leads_nowhere_is_named_as_the_reader_knows_it(filled: Path) -> None:
    (filled / "powers.csv").unlink()
    (filled / "powers.csv").symlink_to("elsewhere.csv")
    (problem,) = progress(filled).problems
    assert str(problem) == "calibration/four/powers.csv: cannot be read: no such file or directory"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(filled: Path) -> None:
    (filled / "powers.csv").unlink()
    os.mkfifo(filled / "powers.csv")
    (problem,) = progress(filled).problems
    assert str(problem) == "calibration/four/powers.csv: cannot be read: is a pipe, not a file"


def test_names_still_to_be_found_come_first(begun: Path) -> None:
    spoil(begun, "powers.csv", "NOR,North", f"NOR,{PLACEHOLDER}")
    assert next_step(progress(begun)) == "calibration/four/powers.csv:2: fill in name of NOR"


def test_the_nearest_name_is_given(filled: Path, capsys: Capture) -> None:
    spoil(filled, "attributes.csv", "openness,AVA", "opennes,AVA")
    assert main(["case", "check", "four"]) == 2
    assert "nearest: openness" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(set(TABLES) - set(OPTIONAL)))
def test_a_table_that_is_empty_or_gone_is_named(filled: Path, capsys: Capture, name: str) -> None:
    path = filled / f"{name}.csv"
    header = path.read_text().splitlines()[0]
    for text, message in ((None, "cannot be read"), ("", "is empty"), (f"{header}\n", "")):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        code = main(["case", "check", "four"])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        if message:
            assert code == 2
            assert err.startswith(f"multivector: error: calibration/four/{name}.csv: {message}")
            assert err.count("\n") == 1


def test_many_faults_are_cut_short(filled: Path, capsys: Capture) -> None:
    change(filled / "attributes.csv", lambda row: row.update(value="x"))
    assert main(["case", "check", "four"]) == 2
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 21
    assert err[-1].endswith("more; mend these first")


def test_a_case_is_named_once(begun: Path, capsys: Capture) -> None:
    assert main(["case", "check", "four", "--case", "four"]) == 2
    assert "NAME and --case: found both; give one of them" in capsys.readouterr().err
    assert main(["case", "check", ""]) == 2
    assert "case: found ''; allowed: central_asia, four" in capsys.readouterr().err
    assert main(["case", "show", "--case", ""]) == 2
    assert "case: found ''; allowed: central_asia, four" in capsys.readouterr().err
    assert main(["case", "check", "fuor"]) == 2
    assert "nearest: four" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["central_asia", "southeast_asia"])
def test_shipped_cases_are_complete(name: str) -> None:
    found = progress(load_case(name).folder)
    assert found.gaps == ()
    assert found.problems == ()
    assert found.filled == found.total > 500


# What a complete case does


def test_a_filled_case_runs_is_shown_reported_and_drawn(filled: Path, capsys: Capture) -> None:
    words = ["batch", "four_baseline", "-n", "20", "--out", "out", "--jobs", "1", "--no-pictures"]
    assert main(words) == 0
    assert main(["plot", "out", "--outcome", "autonomy", "alignment"]) == 0
    assert len(list(Path("out/pictures").glob("*.png"))) >= 3
    assert main(["case", "show", "--case", "four"]) == 0
    assert main(["case", "show", "BO", "--case", "four"]) == 0
    assert main(["report", "out", "--no-pictures"]) == 0
    assert "Borland" in Path("out/report.html").read_text()
    capsys.readouterr()


@pytest.mark.parametrize(
    ("countries", "powers"),
    [
        ("A", "X"),
        ("A", "X,Y"),
        ("A,B,C,D,E,F,G", "P,Q,R,S,T,U"),
        ("Long_code_of_one,B-2", "x,yy,z"),
    ],
)
def test_cases_of_other_sizes_and_codes_hold_and_run(
    countries: str, powers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["case", "new", "other", "--countries", countries, "--powers", powers]
    assert main([*words, "--as-of", "2022Q4"]) == 0
    fill(tmp_path / "calibration" / "other", seed=2)
    assert main(["case", "check", "other", "--model"]) == 0
    assert capsys.readouterr().out.count(": holds (") == 4
    words = ["batch", "other_baseline", "-n", "4", "--out", "out", "--jobs", "1", "--no-pictures"]
    assert main(words) == 0


def test_remarks_on_a_complete_case(filled: Path) -> None:
    found = "\n".join(remarks(load_case("four")))
    assert "attributes: 100% of the rows are expert judgement" in found
    assert "parameters: 41 of 60 rows are carried over; judge for your region" in found
    assert "but no power is sanctioned (powers.csv)" in found
    assert "season" not in found
    assert "narrower" not in found

    def odd(row: ROWS) -> None:
        if row["attribute"] == "season":
            row["value"] = "1.1"
        if (row["attribute"], row["country"]) == ("openness", "AVA"):
            row.update(value="0.5", low="0.49", high="0.51")

    change(filled / "attributes.csv", odd)
    spoil(filled, "countries.csv", "Avaland", "The united provinces of Avaland")
    found = "\n".join(remarks(load_case("four")))
    assert "season of energy has a mean of 1.1 over the year, not 1" in found
    assert "openness is expert judgement, but its range is narrower than 10% of the value" in found
    assert "'The united provinces of Avaland' has 31 letters; pictures have room for" in found


def test_remarks_on_what_the_model_reads_in_its_own_way(filled: Path) -> None:
    found = "\n".join(remarks(load_case("four")))
    assert "calibration/four/case.toml: the description is still to be written" in found
    assert "background_share" not in found
    assert "lead_quarters" not in found
    assert "have the role" not in found
    spoil(filled, "channels.csv", ",energy,", ",labour,")
    spoil(filled, "case.toml", "to be written", "2022")
    change(filled / "sectors.csv", lambda row: row.update(background_share="0.2"))
    with (filled / "routes.csv").open("a") as file:
        file.write("pipe,Pipe,oil,BO,NOR,transit,,0,10,Mt,6e8,9,8.5,1,,expert-prior,invented,")
        file.write(",expert,,\n")
    found = "\n".join(remarks(load_case("four")))
    assert "description" not in found
    assert "channels: labour and energy have the role labour; outcomes that are shares" in found
    assert "sectors: background_share sums to 1.4, not 1; the model divides by the sum" in found
    assert (
        "calibration/four/routes.csv:2: lead_quarters is 8.5, no whole number of quarters; "
        "capacity then begins within a quarter, and counts in part"
    ) in found


def test_the_model_is_tried_and_can_fail(
    filled: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    case = load_case("four")
    assert all(one.holds for one in trials(case))
    monkeypatch.setattr("sim.case.trial._quiet", lambda world: world)
    monkeypatch.setattr("sim.case.trial._NOTHING", ("share", "control"))
    rest, _, idle, bounds = trials(case)
    assert [rest.holds, idle.holds, bounds.holds] == [False, False, True]
    assert main(["case", "check", "four", "--model"]) == 2
    assert "model: at rest nothing moves in 20 quarters: does not hold" in capsys.readouterr().out
