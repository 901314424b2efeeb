"""What the pages show works: each page's blocks are run from top to bottom in a fresh folder.

Commands run scaled down (`commands.py` says how, and which cannot be run); Python runs as it
stands; what a page shows below either is held against what came. A block of TOML says after its
language what it is: a path (a whole scenario, written there), `part` (something to add to a
scenario that extends the baseline), or `wrong` and a path (refused with the message in the next
block of text); one without a word is a whole scenario if it has a title, else it is only read.
Designs are marked `design`, and written where a path follows; test_designs_page.py runs them. A
block of CSV is written to the path after its language, and is rows of a table of a case where none
follows. Code in any other form than these blocks is refused. The folder `benchmarks` of a checkout
is at hand, for the pages that tell what was made with it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from sim.case import load_case
from sim.case.schema import TABLES
from sim.cli.main import main
from sim.core.errors import InputError
from sim.scenario import Scenario, compile_plan, load_scenario
from tests.docs import commands
from tests.docs.commands import (
    NOT_RUN,
    SMALL,
    STORED,
    Ran,
    check_named,
    parse,
    run,
    scaled,
    shown_amiss,
    why_not,
)
from tests.docs.pages import (
    MADE,
    PAGES,
    ROOT,
    Block,
    blocks,
    name_of,
    section,
    table_rows,
    unread,
)
from tests.docs.servers import Servers
from tests.fit.test_hindcast import EVIDENCE, with_evidence

__all__ = ["ROOT", "blocks", "section", "table_rows"]

SHELL = ("sh", "bash", "console")
LANGUAGES = (*SHELL, "python", "toml", "csv", "text")
HEAD = 'title = "Part"\nquestion = "Does this part fit?"\nextends = "baseline"\n'
_INLINE = re.compile(r"`(multivector [^`\n]+)`")


def compiled(path: Path) -> Scenario:
    scenario = load_scenario(path)
    compile_plan(scenario, load_case(str(scenario.case)), range(2), scenario.seed)
    return scenario


def check_toml(block: Block, following: Block | None) -> None:
    tomllib.loads(block.text)
    if block.word.startswith("design"):
        path = Path(block.word.removeprefix("design ").strip())
        if path.suffix == ".toml":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        return
    path = Path(block.word.removeprefix("wrong").strip() or "scenarios/block.toml")
    if block.word == "part":
        path = Path("scenarios/part.toml")
    elif not block.word and "title = " not in block.text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((HEAD if block.word == "part" else "") + block.text, encoding="utf-8")
    if not block.word.startswith("wrong"):
        compiled(path)
        return
    assert following is not None
    assert following.language == "text"
    with pytest.raises(InputError) as caught:
        compiled(path)
    assert str(caught.value) == following.text.strip()


def check_csv(block: Block) -> None:
    rows = list(csv.reader(io.StringIO(block.text)))
    assert len({len(row) for row in rows}) == 1, "rows of different lengths"
    if not block.word:  # rows to add to some table of a case
        known = [[column.name for column in columns] for columns in TABLES.values()]
        assert rows[0] in known, f"no table of a case has these columns: {', '.join(rows[0])}"
    elif block.word.endswith(".csv"):
        path = Path(block.word)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")


def run_commands(block: Block, servers: Servers) -> Ran | None:
    """Run the commands of a block; the last one's output is what the page may show below."""
    ran = None
    for line in commands.lines(block.text):
        if why_not(line):
            parse(line)
            ran = None
        else:
            ran = run(line, servers)
    return ran


def run_python(block: Block, names: dict[str, Any], page: Path) -> Ran:
    printed = io.StringIO()
    # Empty lines in front give tracebacks the lines of the page.
    code = "\n" * (block.line - 1) + block.text
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(page), "exec"), names)
    return Ran(block.text, printed.getvalue(), False)


def lines_of(page: Path) -> list[str]:
    """The command lines of a page."""
    shells = (block for block in blocks(page) if block.language in SHELL)
    return [line for block in shells for line in commands.lines(block.text)]


MINE = "mine.parquet"  # what pages call draws of the reader's own


@pytest.fixture(scope="module")
def small_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small case and its fit and hindcast, made as pages make them."""
    folder = tmp_path_factory.mktemp("small")
    with_evidence(folder / SMALL, EVIDENCE)
    with contextlib.chdir(folder):
        for command in STORED:
            assert main(scaled([command, "central_asia"])) == 0
    return folder


def provide(page: Path, folder: Path, small: Callable[[], Path]) -> None:
    """Lay into a page's folder what it uses and does not make itself."""
    (folder / "benchmarks").symlink_to(ROOT / "benchmarks")
    text = "\n".join(lines_of(page))
    for command, result in STORED.items():
        makes = f"multivector {command} " in text
        if makes or f" {result}" in text:
            shutil.copytree(small() / SMALL, folder / SMALL, dirs_exist_ok=True)
        if not makes and f" {result}" in text:
            shutil.copytree(small() / result, folder / result)
    if MINE in text:
        shutil.copy(ROOT / "calibration" / "central_asia" / "posterior.parquet", folder / MINE)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_blocks_of_a_page_work(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    provide(page, folder, lambda: request.getfixturevalue("small_results"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(Figure, "savefig", lambda _, path, **options: Path(path).touch())
    found = [block for block in blocks(page) if not block.language.startswith("{")]
    names: dict[str, Any] = {"__name__": page.stem}
    ran: Ran | None = None
    with Servers(tmp_path) as servers:
        for block, following in zip(found, [*found[1:], None], strict=False):
            where = f"{name_of(page)}:{block.line}"
            assert block.language in LANGUAGES, f"{where}: say of which language the block is"
            try:
                if block.language == "text":
                    amiss = shown_amiss(block.text, ran) if ran is not None else []
                    assert not amiss, f"{where}: shown but not printed:\n" + "\n".join(
                        [*amiss, "", "printed:", ran.output if ran else ""]
                    )
                    ran = None
                    continue
                ran = None
                if block.language == "toml":
                    check_toml(block, following)
                elif block.language == "csv":
                    check_csv(block)
                elif block.language == "python":
                    ran = run_python(block, names, page)
                else:
                    ran = run_commands(block, servers)
            except (InputError, AssertionError) as error:
                pytest.fail(f"{where}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_code_of_a_page_stays_unread(page: Path) -> None:
    assert unread(page) == [], f"{name_of(page)}: write code between lines of ```"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("~~~sh\nmultivector nosuch\n~~~", 3),
        ("```{code-block} sh\nmultivector nosuch\n```", 3),
        (":::{code-block} sh\nmultivector nosuch\n:::", 3),
        ("> ```sh\n> multivector nosuch\n> ```", 3),
        ("- ```sh\n  multivector nosuch\n  ```", 3),
        ("\t```sh\n\tmultivector nosuch\n\t```", 3),
        ("    multivector nosuch", 3),
        ("<pre>multivector nosuch</pre>", 3),
        ("```sh\nmultivector nosuch", 3),
    ],
)
def test_code_in_another_form_is_seen(text: str, line: int, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Words.\n\n{text}\n", encoding="utf-8")
    assert unread(page)[0].startswith(f"{line}: ")
    page.write_text("```{toctree}\nindex\n```\n\n  ```sh\n  true\n  ```\n", encoding="utf-8")
    assert unread(page) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_reader_sees_where_a_file_belongs(page: Path) -> None:
    """What stands behind the language of a block is for these tests only; no reader sees it."""
    shown = re.sub(r"^ *```.*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    files = [block.word.split()[-1] for block in blocks(page) if "." in block.word]
    assert [file for file in files if file not in shown] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_a_text_names_exist(page: Path) -> None:
    prose = re.sub(r"^( *)```.*?^\1```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    for line in _INLINE.findall(prose):
        try:
            check_named(line)
        except InputError as error:
            pytest.fail(f"{name_of(page)}: {line}: {error}")


_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
_CODE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The names that a forge gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", _CODE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings}


def lost_links(page: Path) -> list[str]:
    """Links of a page that lead nowhere in the repository."""
    lost = []
    for path, anchor in _LINK.findall(_CODE.sub("", page.read_text("utf-8"))):
        target = page.parent / path if path else page
        if ":" not in path and (
            not (target.exists() or MADE in target.parents)
            or (anchor and target.suffix == ".md" and anchor not in anchors(target))
        ):
            lost.append(f"{path}#{anchor}".rstrip("#"))
    return lost


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_of_a_page_lead_somewhere(page: Path, tmp_path: Path) -> None:
    assert lost_links(page) == []
    (tmp_path / "page.md").write_text("# A `b`: c\n[1](#a-b-c) [2](#a-b) [3](nosuch.md) [4](a:b)")
    assert lost_links(tmp_path / "page.md") == ["#a-b", "nosuch.md"]


def test_each_exception_stands_for_a_command_and_most_commands_are_none() -> None:
    found = [line for page in PAGES for line in lines_of(page)]
    excused = [entry for entry in map(why_not, found) if entry]
    assert set(NOT_RUN) - set(excused) == set()
    assert all(reason.strip() for reason in NOT_RUN.values())
    assert len(excused) < len(found) / 20


def test_a_page_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above see what is wrong."""
    page = tmp_path / "page.md"
    page.write_text(
        "Text.\n```toml part\n[parameters]\nfear_psh = 1.0\n```\n"
        "1. In a list:\n   ```sh\n   multivector scenarios show nosuch\n   ```\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    toml, shell = blocks(page)
    assert toml == Block("toml", "part", "[parameters]\nfear_psh = 1.0\n", 3)
    assert shell == Block("sh", "", "multivector scenarios show nosuch\n", 8)
    with pytest.raises(InputError, match="fear_push"):
        check_toml(toml, None)
    with pytest.raises(AssertionError, match="nosuch"):
        run_commands(shell, Servers(tmp_path))
    with pytest.raises(AssertionError, match="exit code 3"):
        run("exit 3 | cat", Servers(tmp_path))
    with pytest.raises(InputError, match="no command 'scenarois'"):
        check_named("multivector scenarois list")
    with pytest.raises(InputError, match="--tpo"):
        check_named("multivector compare A B --tpo 3")
    with pytest.raises(AssertionError, match="different lengths"):
        check_csv(Block("csv", "", "a,b\n1\n", 1))
    with pytest.raises(AssertionError, match="no table of a case has these columns: a, b"):
        check_csv(Block("csv", "", "a,b\n1,2\n", 1))


def test_commands_are_taken_from_blocks_and_scaled_down() -> None:
    text = "make demo\nmultivector batch a \\\n  b -n 500  # many\n$ multivector run a\n"
    assert [shlex.split(line, comments=True) for line in commands.lines(text)] == [
        ["make", "demo"],
        ["multivector", "batch", "a", "b", "-n", "500"],
        ["multivector", "run", "a"],
    ]
    few = ["--jobs", "1", "--no-pictures"]
    assert scaled(["batch", "a", "-n", "500"]) == ["batch", "a", "--runs", "50", *few]
    assert scaled(["batch", "a", "-n", "5", "--jobs", "4"])[2:6] == ["--runs", "5", "--jobs", "1"]
    assert scaled(["sweep", "hedging_space"])[2:] == ["--runs", "2", "--rows", "128", "--jobs", "1"]
    fitted = scaled(["fit", "central_asia", "--until", "2020"])
    assert fitted[:4] == ["fit", "small", "--until", "2020"]
    assert fitted[-3:] == ["--jobs", "1", "--no-pictures"]
    assert scaled(["scenarios", "list"]) == ["scenarios", "list"]


def test_shown_output_is_held_against_what_was_printed() -> None:
    printed = "runs  24\nautonomy.KAZ  0.4512 of 1\nend\n"
    whole, small = Ran("", printed, False), Ran("", printed, True)
    assert shown_amiss("runs 24\n...\nend\n", whole) == []
    assert shown_amiss("autonomy.KAZ  0.4513 of 1\n", whole) == []
    assert shown_amiss("autonomy.KAZ  0.4712 of 1\n", whole) == ["autonomy.KAZ  0.4712 of 1"]
    assert shown_amiss("autonomy.KAZ  0.4712 of 1\nruns  2000\n", small) == []
    assert shown_amiss("autonomy.KGZ  0.4512 of 1\n", small) == ["autonomy.KGZ  0.4512 of 1"]
    assert shown_amiss("end\nruns 24\n", whole) == ["runs 24"]
