"""What a report is made of: sections of paragraphs, lists, tables, pictures and commands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Piece:
    """A stretch of text; with a target, a link."""

    text: str
    target: str = ""
    strong: bool = False


Words = str | tuple[Piece, ...]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a remark stands out as something to be careful about."""

    text: Words
    remark: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str
    kind: str = "heading"


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[Words, ...]
    kind: str = "bullets"


@dataclass(frozen=True)
class Code:
    """Commands, a line each."""

    lines: tuple[str, ...]
    kind: str = "code"


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row is its head.

    Parameters
    ----------
    caption : str
    heads : sequence of str
        One a column.
    rows : sequence of sequences of Words
    numeric : sequence of int
        Columns that are set flush right.
    note : str
        Below the table.
    anchors : sequence of str
        An id a row, or none.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]
    numeric: tuple[int, ...] = ()
    note: str = ""
    anchors: tuple[str, ...] = ()
    kind: str = "table"


@dataclass(frozen=True)
class Picture:
    """A picture.

    Parameters
    ----------
    title, caption : str
        What it asks, and what is drawn.
    alternative : str
        For a reader who cannot see it.
    svg : str
        The element, whose ids are used nowhere else.
    """

    title: str
    caption: str
    alternative: str
    svg: str
    kind: str = "picture"


Block = Paragraph | Heading | Bullets | Code | Table | Picture


@dataclass
class Section:
    """A section of the report.

    Attributes
    ----------
    anchor : str
        Its id.
    title : str
    blocks : list of Block
    """

    anchor: str
    title: str
    blocks: list[Block] = field(default_factory=list)

    def say(self, *texts: Words, remark: bool = False) -> None:
        """Add paragraphs."""
        self.blocks += [Paragraph(text, remark) for text in texts if text]

    def list(self, items: Sequence[Words]) -> None:
        """Add a list, if there is anything in it."""
        if items:
            self.blocks.append(Bullets(tuple(items)))

    def table(
        self,
        caption: str,
        heads: Sequence[str],
        rows: Sequence[Sequence[Words]],
        numeric: Sequence[int] = (),
        note: str = "",
        anchors: Sequence[str] = (),
    ) -> None:
        """Add a table, if it has any rows."""
        if rows:
            cells = tuple(tuple(row) for row in rows)
            self.blocks.append(
                Table(caption, tuple(heads), cells, tuple(numeric), note, tuple(anchors))
            )


def anchor(*parts: str) -> str:
    """An id for the parts of a name."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-") or "part"
