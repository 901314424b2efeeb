"""Letters that the pictures' font lacks: told once a command, not once each by matplotlib."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_LACKING = re.compile(r"Glyph (\d+) .*missing from (?:current )?font")
_MOST_NAMED = 8


@contextmanager
def told_once() -> Iterator[None]:
    """Gather matplotlib's warnings about letters, and tell them in one line at the end."""
    letters: dict[str, None] = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("always", _LACKING.pattern)
        shown = warnings.showwarning

        def gather(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            lacking = _LACKING.match(str(message))
            if lacking is None:
                shown(message, category, filename, lineno, file, line)
            else:
                letters[chr(int(lacking[1]))] = None

        warnings.showwarning = gather
        try:
            yield
        finally:
            if letters:
                print(f"multivector: note: {_note([*letters])}", file=sys.stderr)


def _note(letters: list[str]) -> str:
    named = " ".join(
        letter if letter.isprintable() else f"U+{ord(letter):04X}"
        for letter in letters[:_MOST_NAMED]
    )
    more = len(letters) - _MOST_NAMED
    return (
        f"the pictures' font lacks {named}{f' and {more} more letters' if more > 0 else ''}, which "
        "are drawn as boxes; write the names with other letters"
    )
