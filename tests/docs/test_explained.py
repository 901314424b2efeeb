"""Every key, kind, driver, column and attribute is explained on the page that is about it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sim.case import load_case
from sim.case.schema import ATTRIBUTES, CONFIDENCE, TABLES
from sim.core.drivers import DRIVERS
from sim.core.indicators import INDICATORS
from sim.scenario.check import OVERRIDABLE
from sim.scenario.distributions import DISTRIBUTIONS
from sim.scenario.schema import FORMS, KINDS, ScenarioFile, keys_of
from tests.docs.pages import ROOT, section, table_rows

_CODE = re.compile(r"`([^`\n]+)`")


@pytest.fixture(scope="module")
def writing() -> str:
    return (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def about_case() -> str:
    return (ROOT / "docs" / "case.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["scenarios.md", "case.md"])
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / "docs" / name
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_key_of_a_file_is_explained(writing: str) -> None:
    keys = {cell.strip("[]") for cell in _CODE.findall(section(writing, "## The file"))}
    assert set(keys_of(ScenarioFile)) <= keys
    for heading in ("horizon", "membership", "switches"):
        model = ScenarioFile.model_fields[heading].annotation
        told = _CODE.findall(section(writing, f"### `[{heading}]`"))
        assert set(keys_of(model)) <= set(told), heading  # type: ignore[arg-type]
    for heading in ("attribute", "headline"):
        model = ScenarioFile.model_fields[heading].annotation.__args__[0]  # type: ignore[union-attr]
        told = _CODE.findall(section(writing, f"### `[[{heading}]]`"))
        assert set(keys_of(model)) <= set(told), heading
    told = _CODE.findall(section(writing, "### `[[attribute]]`"))
    assert set(OVERRIDABLE) <= set(told)


def test_every_kind_of_event_is_explained_with_its_fields(writing: str) -> None:
    told: dict[str, set[str]] = {}
    defaults: dict[tuple[str, str], str] = {}
    kind = ""
    for cells in table_rows(section(writing, "### `[[event]]`"))[2:]:
        kind = cells[0].strip("`") or kind
        fields = _CODE.findall(cells[1])
        told.setdefault(kind, set()).update(fields)
        defaults |= {(kind, field): cells[3] for field in fields}
    assert set(told) == set(KINDS)
    common = {"kind", "date", "reason", "source"}
    for kind, model in KINDS.items():
        assert told[kind] == set(keys_of(model)) - common
        for name in told[kind]:
            default = model.model_fields[name].default
            if isinstance(default, float):
                assert defaults[kind, name] in (f"{default:g}", "as above"), (kind, name)


def test_every_form_of_a_path_is_explained(writing: str) -> None:
    rows = table_rows(section(writing, "### `[[path]]`"))
    told = {cells[0].strip("`"): set(_CODE.findall(cells[1])) for cells in rows if len(cells) == 3}
    common = {"driver", "country", "power", "other", "channel", "route", "reason", "source", "form"}
    assert {form: set(keys_of(model)) - common for form, model in FORMS.items()} == {
        form: told[form] for form in FORMS
    }


def test_every_driver_is_explained(writing: str) -> None:
    rows = table_rows(section(writing, "### `[[path]]`"))
    told = {cells[0].strip("`"): cells[1:4] for cells in rows if len(cells) == 5}
    for name, driver in DRIVERS.items():
        span = f"{driver.low:g} to {driver.high:g}"
        assert told[name] == [", ".join(driver.axes), span, driver.unit]


def test_every_distribution_is_explained(writing: str) -> None:
    rows = table_rows(section(writing, "## Distributions"))
    told = {cells[0].strip("`"): set(_CODE.findall(cells[1])) for cells in rows[2:]}
    assert told == {
        name: set(keys_of(model)) - {"distribution"} for name, model in DISTRIBUTIONS.items()
    }


def test_mechanisms_are_moved_and_shown_by_what_there_is(writing: str) -> None:
    rows = table_rows(section(writing, "## Which driver acts on which mechanism"))[2:]
    assert [cells[0] for cells in rows] == [f"M{number}" for number in range(1, 19)]
    for cells in rows:
        assert set(_CODE.findall(cells[2])) <= {*DRIVERS, *KINDS}, cells[0]
        assert set(_CODE.findall(cells[3])) <= set(INDICATORS), cells[0]
    moving = {name for cells in rows for name in _CODE.findall(cells[2])}
    # A trend, and deviations that no mechanism explains.
    assert {*DRIVERS, *KINDS} - moving == {
        "drift",
        "preference",
        "exposure",
        "activity",
        "throughput",
    }


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_a_case_is_explained(about_case: str, name: str) -> None:
    told = _CODE.findall(section(about_case, f"### `{name}.csv`"))
    assert {column.name for column in TABLES[name]} <= set(told)


def test_every_attribute_is_explained(about_case: str) -> None:
    rows = table_rows(section(about_case, "### `attributes.csv`"))
    told = {cells[0].strip("`"): cells[1:4] for cells in rows if len(cells) == 5}
    for name, entry in ATTRIBUTES.items():
        high = "" if entry.high == float("inf") else f"{entry.high:g}"
        span = f"{entry.low:g} to {high}" if high else f"{entry.low:g} or more"
        assert told[name] == [", ".join(entry.axes) or "none", span, entry.unit]


def test_the_mechanisms_of_the_evidence_are_explained(about_case: str) -> None:
    case = load_case("central_asia")
    used = Counter(
        role for row in case.table("evidence") for role in re.findall(r"\((M\d+)\)", row["role"])
    )
    rows = table_rows(section(about_case, "### `evidence.csv`"))
    told = {cells[0]: cells[2] for cells in rows if re.fullmatch(r"M\d+", cells[0])}
    assert told == {f"M{n}": str(used[f"M{n}"] or "-") for n in range(1, 19)}


def test_shares_by_confidence_are_those_of_the_case(about_case: str) -> None:
    case = load_case("central_asia")
    rows = table_rows(section(about_case, "### How much of it is measured"))
    told = {cells[0].strip("`"): cells[1:] for cells in rows if cells[0].strip("`") in case.tables}
    assert set(told) == {"attributes", "routes", "drivers", "sectors", "texts", "observed_ranges"}
    for name, cells in told.items():
        table = case.table(name)
        found = Counter(row["confidence"] for row in table)
        assert abs(int(cells[0]) - len(table)) <= 0.05 * len(table)
        for cell, grade in zip(cells[1:], CONFIDENCE, strict=True):
            assert abs(int(cell.rstrip("%")) - 100 * found[grade] / len(table)) <= 2, (name, grade)
