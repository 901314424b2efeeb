"""Where each key of a TOML text stands: the standard reader keeps values, this keeps lines."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\]|\\.)*"')
_LITERAL = re.compile(r"'[^']*'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}", re.DOTALL)
_OTHER = re.compile(r"[^,\]}\n#]*")


@dataclass(frozen=True)
class Position:
    """A place in a text; line and column are counted from 1."""

    line: int
    column: int


def positions(text: str) -> dict[KeyPath, Position]:
    """Find every key and every array element of a TOML text.

    Parameters
    ----------
    text : str
        Text that `tomllib.loads` accepts; the scanner relies on it and checks nothing itself.

    Returns
    -------
    dict
        From the path of a key, as one walks down the values of `tomllib.loads` (names of keys,
        indices of array elements), to the place where the key or the element is written.

    Examples
    --------
    >>> positions('a = 1\\n[[b]]\\nc = 2')[("b", 0, "c")]
    Position(line=3, column=1)
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.starts = [0] + [match.end() for match in re.finditer("\n", text)]
        self.found: dict[KeyPath, Position] = {}
        self.lengths: dict[KeyPath, int] = {}  # tables so far in each array of tables

    def scan(self) -> dict[KeyPath, Position]:
        table: KeyPath = ()
        self.skip(_BLANK_LINES)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_BLANK_LINES)
        return self.found

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Step over what the pattern matches here, and return it."""
        match = pattern.match(self.text, self.at)
        assert match is not None, "the text is not valid TOML"
        self.at = match.end()
        return match[0]

    def position(self, offset: int) -> Position:
        line = bisect_right(self.starts, offset)
        return Position(line, offset - self.starts[line - 1] + 1)

    def header(self) -> KeyPath:
        """A ``[table]`` or ``[[table]]`` line; returns the path of the table it opens."""
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        parts = self.dotted_key()
        self.at += 2 if array else 1
        path: KeyPath = ()
        for name, offset in parts[:-1]:
            path = (*path, name)
            self.found.setdefault(path, self.position(offset))
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        name, offset = parts[-1]
        path = (*path, name)
        if array:
            self.found.setdefault(path, self.position(offset))
            self.lengths[path] = self.lengths.get(path, 0) + 1
            path = (*path, self.lengths[path] - 1)
        self.found[path] = self.position(offset)
        return path

    def dotted_key(self) -> list[tuple[str, int]]:
        """The parts of a key with the offset of each; ends after the blanks behind it."""
        parts = []
        while True:
            self.skip(_BLANK)
            offset = self.at
            quote = self.text[self.at]
            if quote in "\"'":
                written = self.skip(_BASIC if quote == '"' else _LITERAL)
                name = tomllib.loads(f"key = {written}")["key"]
            else:
                name = self.skip(_BARE_KEY)
            parts.append((name, offset))
            self.skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def pair(self, table: KeyPath) -> None:
        path = table
        for name, offset in self.dotted_key():
            path = (*path, name)
            self.found.setdefault(path, self.position(offset))
        self.at += 1  # the equals sign
        self.skip(_BLANK)
        self.value(path)

    def value(self, path: KeyPath) -> None:
        start = self.text[self.at : self.at + 3]
        if start == '"""':
            self.skip(_LONG_BASIC)
        elif start == "'''":
            self.skip(_LONG_LITERAL)
        elif start[0] == '"':
            self.skip(_BASIC)
        elif start[0] == "'":
            self.skip(_LITERAL)
        elif start[0] in "[{":
            self.container(path, "]" if start[0] == "[" else "}")
        else:
            self.skip(_OTHER)

    def container(self, path: KeyPath, end: str) -> None:
        """An array or an inline table."""
        self.at += 1
        self.skip(_BLANK_LINES)
        index = 0
        while self.text[self.at] != end:
            if end == "]":
                self.found[(*path, index)] = self.position(self.at)
                self.value((*path, index))
                index += 1
            else:
                self.pair(path)
            self.skip(_BLANK_LINES)
            if self.text[self.at] == ",":
                self.at += 1
                self.skip(_BLANK_LINES)
        self.at += 1
