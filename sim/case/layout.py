"""Plain text of at most 100 columns: tables, and paragraphs below them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 100
NO_BREAK = "\N{NO-BREAK SPACE}"  # holds words on one line; printed as a plain space
_NARROWEST = 12  # of the last column of a table


def paragraph(text: str, indent: int = 0) -> list[str]:
    """Lines of a text, wrapped to the width."""
    return textwrap.wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in columns as wide as their cells; the last one is wrapped to the width.

    Returns
    -------
    list of str
        The header, a rule, the rows and an empty line.
    """
    cells = [header, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header) - 1)]
    indent = sum(width + 2 for width in widths)
    lines = []
    for row in cells:
        start = "".join(cell.ljust(w + 2) for cell, w in zip(row[:-1], widths, strict=True))
        width = max(WIDTH - indent, _NARROWEST)
        first, *more = textwrap.wrap(row[-1], width, break_on_hyphens=False) or [""]
        lines += [start + first, *(" " * indent + line for line in more)]
    rule = "-" * max(len(line.rstrip()) for line in lines)
    return [lines[0], rule, *lines[1:], ""]


def finished(lines: Iterable[str]) -> str:
    """The text of lines: nothing hangs over at their ends, and the last one ends too."""
    return "\n".join(line.replace(NO_BREAK, " ").rstrip() for line in lines) + "\n"
