"""The site: its pages are built from the code without a warning, complete, and need no network."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest

from sim.case.schema import ATTRIBUTES, TABLES
from sim.cli.main import parser
from sim.cli.parsing import Parser
from sim.core.drivers import DRIVERS
from sim.core.indicators import INDICATORS
from sim.experiment.design import DesignFile, Factor
from sim.scenario.distributions import DISTRIBUTIONS
from sim.scenario.schema import (
    FORMS,
    KINDS,
    Attribute,
    Headline,
    Horizon,
    Membership,
    ScenarioFile,
    Switches,
    keys_of,
)
from tests.docs.pages import PAGES, ROOT
from tests.library.public_names import modules

pytest.importorskip("sphinx")
pytest.importorskip("myst_parser")
pytest.importorskip("furo")

_TAG = re.compile(r"<[^>]+>")
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|link)\b[^>]*?\b(?:src|href)=["'](?:https?:)?//|@import|url\(["']?(?:https?:)?//"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-n", "-W", "--keep-going", "-q"]
    done = subprocess.run(
        [*command, "-d", str(out / "trees"), str(ROOT / "docs"), str(out / "html")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return out / "html"


def text_of(site: Path, page: str) -> str:
    return unescape(_TAG.sub("", (site / f"{page}.html").read_text(encoding="utf-8")))


def codes(site: Path, page: str) -> set[str]:
    html = (site / f"{page}.html").read_text(encoding="utf-8")
    found = re.findall(r"<code[^>]*>(.*?)</code>", html, re.DOTALL)
    return {unescape(_TAG.sub("", one)) for one in found}


def all_commands(of: Parser) -> list[Parser]:
    return [one for sub in of.commands.values() for one in (sub, *all_commands(sub))]


def test_every_command_and_option_is_in_the_reference(site: Path) -> None:
    found = codes(site, "reference/commands")
    every = all_commands(parser())
    assert len(every) >= 20
    for command in every:
        assert command.prog.removeprefix("multivector ") in found
        for action in command._actions:
            if action.dest == "help" or action.dest.endswith("_command"):
                continue
            named = action.option_strings or [str(action.metavar or action.dest.upper())]
            assert any(all(name in one for name in named) for one in found), (command.prog, named)


def test_every_key_of_a_scenario_or_design_file_is_in_the_reference_with_a_meaning(
    site: Path,
) -> None:
    scenario, design = (
        codes(site, "reference/scenario_files"),
        codes(site, "reference/design_files"),
    )
    tables = (ScenarioFile, Horizon, Membership, Switches, Attribute, Headline)
    for model in (*tables, *FORMS.values(), *KINDS.values(), *DISTRIBUTIONS.values()):
        told = set(keys_of(model)) - {"form", "kind", "distribution"}
        assert told <= scenario, model
    for model in (DesignFile, Factor):
        assert set(keys_of(model)) <= design
    for model in (*tables, *FORMS.values(), *KINDS.values(), DesignFile, Factor):
        bare = [name for name, field in model.model_fields.items() if not field.description]
        assert not bare, model
    text = text_of(site, "reference/scenario_files")
    assert "share of the route closed" in text
    assert "0 to 1" in text


def test_every_outcome_driver_and_table_of_a_case_is_in_the_reference(site: Path) -> None:
    assert set(INDICATORS) <= {one.removesuffix(" *") for one in codes(site, "reference/outcomes")}
    assert set(DRIVERS) <= codes(site, "reference/drivers")
    told = codes(site, "reference/case_tables")
    assert {f"{name}.csv" for name in TABLES} <= told
    assert {column.name for columns in TABLES.values() for column in columns} <= told
    assert set(ATTRIBUTES) <= told
    outcomes = text_of(site, "reference/outcomes")
    assert all(" ".join(one.meaning.split()) in outcomes for one in INDICATORS.values())


def test_every_parameter_of_every_case_is_in_the_reference_with_its_value(site: Path) -> None:
    html = (site / "reference" / "parameters.html").read_text(encoding="utf-8")
    rows = [
        [unescape(_TAG.sub("", cell)) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    ]
    told = {tuple(part.strip() for part in (row[0], row[1], row[2])) for row in rows if row}
    files = sorted((ROOT / "calibration").glob("[a-z]*/parameters.csv"))
    assert files
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                assert (row["name"], row["symbol"], row["value"]) in told, (file.parent.name, row)


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    html = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for module, names in modules().items():
        for name in names:
            owner = getattr(import_module(module), name)
            assert f'id="{owner.__module__}.{owner.__qualname__}"' in html, (module, name)


def test_every_page_is_reached_from_the_first(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    for page in PAGES:
        if page.parent in (ROOT / "docs", ROOT / "docs" / "how_to") and page.stem != "index":
            target = page.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
            assert f'href="{target}"' in index, target


def test_the_site_asks_no_network(site: Path) -> None:
    found = [
        (file.name, fetched[0])
        for kind in ("*.html", "*.css")
        for file in site.rglob(kind)
        for fetched in _FETCHED.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_notebook_is_shown_with_its_pictures(site: Path) -> None:
    html = (site / "tutorial.html").read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == 4
    assert "sim.load_case" in _TAG.sub("", html)
