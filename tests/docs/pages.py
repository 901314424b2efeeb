"""Reads the pages: which there are, their fenced blocks, their sections and tables."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = ROOT / "docs" / "reference"  # by the site, from the code
PAGES = sorted(
    page
    for pattern in (
        "README.md",
        "docs/**/*.md",
        "scenarios/*.md",
        "results/*.md",
        "calibration/**/*.md",
    )
    for page in ROOT.glob(pattern)
    if MADE not in page.parents
)

_BLOCK = re.compile(r"^( *)(`{3,})([^`\n]*)\n(.*?)^\1\2$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    word: str  # what stands after the language
    text: str
    line: int  # of its first line in the page


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for block in _BLOCK.finditer(text):
        language, _, word = block[3].strip().partition(" ")
        line = text[: block.start(4)].count("\n") + 1
        found.append(Block(language, word.strip(), textwrap.dedent(block[4]), line))
    return found


_FENCE = re.compile(r"[\s>]*(?:(?:[-*+]|\d+\.)\s+)?(?:`{3,}|~{3,}|:{3,}|<pre\b)")
_SHOWS_NO_CODE = ("{toctree}",)


def unread(page: Path) -> list[str]:
    """Where a page shows code in a form that `blocks` does not read: line numbers and lines.

    Fences of tildes or colons, in quotations or behind tabs; directives; indented code.
    """
    text = page.read_text(encoding="utf-8")
    found = [
        (block.line - 1, block.language)
        for block in blocks(page)
        if block.language.startswith("{") and block.language not in _SHOWS_NO_CODE
    ]
    prose = _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), text).splitlines()
    for number, (before, line) in enumerate(pairwise(["", *prose]), 1):
        indented = not before.strip() and line.startswith(("    ", "\t")) and line.strip()
        if indented or _FENCE.match(line):
            found.append((number, line.strip()))
    return [f"{number}: {line}" for number, line in sorted(found)]


def name_of(page: Path) -> str:
    """A page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


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
