"""What the pages show works: scenarios compile, commands parse, Python runs, tables are complete.

A block of TOML says after its language what it is: a path (a whole scenario, written there), `part`
(something to add to a scenario that extends the baseline), or `wrong` and a path (refused with the
message in the next block of text). One without a word is a whole scenario if it has a title.
"""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sim.case import load_case
from sim.case.schema import ATTRIBUTES, CONFIDENCE, TABLES
from sim.cli.main import main, parser
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.scenario import Scenario, compile_plan, load_scenario
from sim.scenario.check import OVERRIDABLE
from sim.scenario.distributions import DISTRIBUTIONS
from sim.scenario.schema import FORMS, KINDS, ScenarioFile, keys_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("README.md"), *ROOT.glob("docs/*.md")])
WITH_COMMANDS = (
    "README.md",
    "scenarios.md",
    "case.md",
    "designs.md",
    "experiments.md",
    "reports.md",
    "dashboard.md",
    "gallery.md",
)
HEAD = 'title = "Part"\nquestion = "Does this part fit?"\nextends = "baseline"\n'

_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    word: str  # what stands after the language
    text: str
    line: int  # of its first line in the page


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2].strip(), found[3], text[: found.start(3)].count("\n") + 1)
        for found in _BLOCK.finditer(text)
    ]


def compiled(path: Path) -> Scenario:
    scenario = load_scenario(path)
    compile_plan(scenario, load_case(str(scenario.case)), range(2), scenario.seed)
    return scenario


def check_toml(block: Block, following: Block | None) -> None:
    if block.word.startswith("design"):  # test_designs_page.py looks at these
        return
    path = Path(block.word.removeprefix("wrong").strip() or "scenarios/block.toml")
    if block.word == "part":
        path = Path("scenarios/part.toml")
    elif not block.word and "title = " not in block.text:
        return
    path.parent.mkdir(exist_ok=True)
    path.write_text((HEAD if block.word == "part" else "") + block.text, encoding="utf-8")
    if not block.word.startswith("wrong"):
        compiled(path)
        return
    assert following is not None
    assert following.language == "text"
    with pytest.raises(InputError) as caught:
        compiled(path)
    assert str(caught.value) == following.text.strip()


def check_command(words: list[str]) -> None:
    """Parse a command line; run it too if it is quick."""
    given: Namespace = parser().parse(words)
    for name in [*getattr(given, "scenarios", []), *filter(None, [getattr(given, "scenario", "")])]:
        compiled(name)
    if words[0] in ("scenarios", "case", "outcomes"):
        assert main(words) == 0


def commands(block: Block) -> list[list[str]]:
    found, waiting = [], ""
    for line in block.text.replace("\\\n", " ").splitlines():
        waiting += line + "\n"
        try:
            words = shlex.split(waiting, comments=True)
        except ValueError:  # a text in quotes goes on
            continue
        waiting = ""
        if words[:1] == ["multivector"]:
            found.append(words[1:])
    assert not waiting, waiting
    return found


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_the_blocks_of_a_page_work(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, Any] = {"__name__": page.stem}
    found = blocks(page)
    for block, following in zip(found, [*found[1:], None], strict=False):
        try:
            if block.language == "toml":
                check_toml(block, following)
            elif block.language == "sh" and page.name in WITH_COMMANDS:
                for words in commands(block):
                    check_command(words)
            elif block.language == "python":
                # Empty lines in front give tracebacks the lines of the page.
                code = "\n" * (block.line - 1) + block.text
                exec(compile(code, str(page), "exec"), names)
        except InputError as error:
            pytest.fail(f"{page.name}:{block.line}: {error}")


def test_a_page_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above sees what is wrong."""
    page = tmp_path / "page.md"
    page.write_text("Text.\n```toml part\n[parameters]\nfear_psh = 1.0\n```\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (block,) = blocks(page)
    assert block == Block("toml", "part", "[parameters]\nfear_psh = 1.0\n", 3)
    with pytest.raises(InputError, match="fear_push"):
        check_toml(block, None)
    with pytest.raises(InputError, match="nosuch"):
        check_command(["scenarios", "show", "nosuch"])
    shell = Block("sh", "", "make demo\nmultivector batch a \\\n  b -n 5  # few\n", 1)
    assert commands(shell) == [["batch", "a", "b", "-n", "5"]]


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    start = text.index(f"\n{heading}\n") + 1
    after = re.search(rf"^#{{1,{level}}} ", text[start + len(heading) :], re.MULTILINE)
    return text[start : start + len(heading) + after.start()] if after else text[start:]


def table_rows(text: str) -> list[list[str]]:
    """Cells of the rows of all tables in a text."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows]


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
