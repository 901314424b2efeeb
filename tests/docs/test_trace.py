"""What the pages on trust name exists: paths, tests, modules, commands; what they quote holds."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from benchmarks.distraction import share_of_russia
from docs import write_tables
from sim.cli.main import parser
from sim.core.errors import InputError
from tests.docs.test_pages import ROOT, section, table_rows

DOCS = ROOT / "docs"
PAGES = ("trace.md", "limits.md", "odd.md")
_CODE = re.compile(r"`([^`\n]+)`")


def page(name: str) -> str:
    """A page without its blocks, lines joined within paragraphs."""
    text = (DOCS / name).read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def said(name: str) -> str:
    """A page in one line."""
    return " ".join(page(name).split())


@cache
def named_tests() -> frozenset[str]:
    return frozenset(
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    )


def missing(name: str) -> str:
    """What is wrong with something in code marks; empty if nothing."""
    words = name.split()
    if words[0] == "multivector":
        try:
            parser().parse(words[1:])
        except InputError as error:  # a command that is named alone may want more
            if "the following arguments are required" not in str(error):
                raise
    elif words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        return "" if f"\n{words[1]}:" in makefile else f"no target {words[1]}"
    elif words[0] == "python":
        return "" if (ROOT / words[1]).exists() else f"no file {words[1]}"
    elif re.fullmatch(r"test_\w+", name):
        return "" if name in named_tests() else f"no test {name}"
    elif re.fullmatch(r"(tests|docs|sim|benchmarks|scenarios)/[\w/.]+", name):
        return "" if (ROOT / name).exists() else f"no path {name}"
    elif re.fullmatch(r"\w+\.(csv|parquet)", name):
        held = (ROOT / "calibration" / "central_asia" / name).exists()
        return "" if held else f"the shipped case has no {name}"
    elif re.fullmatch(r"sim(\.\w+)+", name):
        module, _, last = name.rpartition(".")
        found = importlib.import_module(module)
        if not hasattr(found, last):
            importlib.import_module(name)
    return ""


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_names_exists(name: str) -> None:
    found = set(_CODE.findall(page(name)))
    assert [wrong for one in sorted(found) if (wrong := missing(one))] == []
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page(name))
    assert [one for one in targets if not (DOCS / one).exists()] == []
    if name != "odd.md":
        assert sum(one.startswith(("test_", "tests/")) for one in found) > 2


def test_a_name_that_does_not_exist_is_seen() -> None:
    assert missing("test_nosuch") == "no test test_nosuch"
    assert missing("tests/nosuch.py") == "no path tests/nosuch.py"
    assert missing("make nosuch") == "no target nosuch"
    assert missing("python benchmarks/nosuch.py") == "no file benchmarks/nosuch.py"
    assert missing("nosuch.csv") == "the shipped case has no nosuch.csv"
    with pytest.raises(ModuleNotFoundError):
        missing("sim.core.nosuch")
    with pytest.raises(InputError, match="nosuch"):
        missing("multivector nosuch")


def test_trace_has_the_eight_parts_in_order_each_with_what_falls_short() -> None:
    text = page("trace.md")
    parts = re.findall(r"^## \d\. (.+)$", text, re.MULTILINE)
    assert parts == [
        "Problem formulation",
        "Model description",
        "Data evaluation",
        "Conceptual model evaluation",
        "Implementation verification",
        "Model output verification",
        "Model analysis",
        "Model output corroboration",
    ]
    for number, part in enumerate(parts, 1):
        assert "**What falls short.**" in section(text, f"## {number}. {part}"), part
    notebook = table_rows(section(text, "## 4. Conceptual model evaluation"))[2:]
    days = [cells[0] for cells in notebook]
    assert days == sorted(days)
    assert len(days) > 10
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in days)


def test_the_checklist_is_answered_point_by_point() -> None:
    answers = section(page("limits.md") + "\n## End\n", "## What reviewers ask")
    numbers = re.findall(r"^\*\*(\d+)\. [^*]+\?\*\* ", answers, re.MULTILINE)
    assert [int(number) for number in numbers] == list(range(1, 15))


def test_limits_of_every_report_stand_on_the_page() -> None:
    told = tomllib.loads((ROOT / "sim" / "report" / "limits.toml").read_text(encoding="utf-8"))
    text = page("limits.md")
    assert told["limit"]
    for one in told["limit"]:
        assert f"* **{one['title']}.** {one['text']}\n" in text


QUOTES = {
    # what a page says: the page that commands make, and what stands there
    "skill of +0.37 over the last value, +0.14 over": (
        "validation.md",
        r"2019 to 2022, from 2018\*\*: CRPS skill \+0.37 .* the last value; \+0.14 ",
    ),
    "over all origins +0.26 and +0.05": (
        "validation.md",
        r"all origins\*\*: CRPS skill \+0.26 .* the last value; \+0.05 \[-",
    ),
    "held 85 percent of the figures from 2018, 75 over": (
        "validation.md",
        r"held 85 percent of the figures. \* \*\*all origins.*held 75 percent of the figures",
    ),
    "+0.36 over the last vote": ("validation.md", r"last vote on like texts \+0.36"),
    "Politics are worth +0.0006": ("validation.md", r"worth for volumes and shares: \+0.0006"),
    "Of 35 parameters fitted, 15 were moved, 3 hardly, 17 not": (
        "validation.md",
        "Of 35 parameters fitted, the data left: 17 not moved, 15 moved, 3 hardly moved",
    ),
    "held the truth in 84 to 94 percent": ("validation.md", "held the truth in 84 to 94 percent"),
    "98 of 101 moments of trade, 11 of 16 of votes and 15 of 15 of coercion": (
        "validation.md",
        r"\| trade \| 101 \| 98 of 101 .*votes \| 16 \| 11 of 16 .*coercion \| 15 \| 15 of 15",
    ),
    "worse by 0.21": ("validation.md", "the same model is worse by 0.21"),
    "collinearity index of those that the moments answer to is 16.1": (
        "validation.md",
        "moments answer to: 16.1",
    ),
    "81 series and 256 figures, 24 informative votes and 6 episodes": (
        "validation.md",
        r"\*\*all\*\* \| 81/256 .*2018 \| informative \| 24 .*2018 \| 100 \| 6 ",
    ),
    "total index 0.53) and of the own ideal (0.14)": (
        "sensitivity.md",
        r"stock weight \| 0.53 .*own weight \| 0.14 ",
    ),
    "84 inputs by elementary effects, then Sobol indices of 28 on 245,760 runs": (
        "sensitivity.md",
        "First 84 inputs .* The 28 that matter .* 245,760 runs",
    ),
    "what it earns abroad (0.51) and from whom (0.38)": (
        "sensitivity.md",
        r"tajik labour abroad \| 0.51 .*russian share of tajik labour \| 0.38",
    ),
    "moves autonomy by 0.0008": ("findings.md", "autonomy by 0.0008"),
    "Of the 436 attribute rows": ("case.md", "Of the 436 attribute rows"),
}


@pytest.mark.parametrize("quote", QUOTES)
def test_figures_are_those_of_the_page_that_a_command_makes(quote: str) -> None:
    assert quote in said("trace.md") + said("limits.md")
    source, pattern = QUOTES[quote]
    assert re.search(pattern, said(source)), source


def test_the_sign_of_distraction_turns_as_the_page_says() -> None:
    rows = table_rows(section(page("limits.md"), "## What reviewers ask"))
    grid = next(rows[place:] for place, cells in enumerate(rows) if cells[0] == "fear_push")
    told = {cells[0]: cells[1].split(" ± ")[0] for cells in grid[2:6]}
    after, before = (
        share_of_russia(name, 6.0, 0.06, runs=100, seed=2022)
        for name in ("russia_distracted", "baseline")
    )
    assert f"{100 * (after - before).mean():+.2f}" == told["6.0"]
    assert float(told["0.0"]) < 0.0 < float(told["6.0"])


def test_words_of_the_pages() -> None:
    for name in PAGES:
        text = said(name).lower()
        for word in ("probability", "likelihood", "will happen"):
            assert word not in text, f"{name}: {word}"


def test_comparisons_are_listed_where_the_model_is_not_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a made-up page on validation, the tables hold what falls short and nothing else."""
    row = "| {} | 9/9 | +0.10 [+0.02, +0.2] | {} | +0.3 | +0.3 | +0.3 |\n"
    head = "| family | series | last | persistence | drift | auto | recent |\n|---|---|\n"
    votes = "| origin | cases | votes | against | RPS | baseline | skill | b |\n|---|\n"
    dyads = "| origin | years | episodes | expected | log | freq | saved |\n|---|\n"
    widths = "| 2018 | figures | 50 % | 80 % | 95 % | p | a |\n|---|\n"
    made = (
        "\n### Volumes and shares, 2019 to 2022\n\n"
        + head + row.format("**all**", "+0.2 [-0.01, +0.3]") + "\n"
        + head + row.format("gas", "-0.10") + "\n#### Intervals\n\n"
        + widths + "| gas | 9 | 50 % | 75 % | 94 % | 1 % | 1 % |\n\n"
        + widths + "| gas | 9 | 50 % | 76 % | 94 % | 1 % | 1 % |\n"
        + "\n### Votes\n\n" + votes + "| all | all | 9 | last | 1 | 1 | +0.00 [-0.5, +0.5] | x |\n"
        + "\n### Coercion\n\n" + dyads + "| all | 9 | 9 | 9 | 9 | 9 | +0.01 [+0.002, +0.1] |\n"
    )  # fmt: skip
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "validation.md").write_text(made, encoding="utf-8")
    monkeypatch.setattr(write_tables, "ROOT", tmp_path)
    assert table_rows(write_tables.not_better())[2:] == [
        ["2018", "all", "persistence", "+0.2 [-0.01, +0.3]"],
        ["all", "gas", "persistence", "-0.10"],
        ["all", "votes, all", "last", "+0.00 [-0.5, +0.5]"],
    ]
    assert table_rows(write_tables.coverage())[2:] == [
        ["2018", "gas", "9", "50 %", "**75 %**", "94 %"]
    ]
