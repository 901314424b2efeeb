"""Lines and columns of keys, against the standard reader on generated texts."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.scenario.positions import KeyPath, Position, positions

BARE = st.text("abcXYZ019_-", min_size=1, max_size=4)
ODD = st.text(st.sampled_from("a .#\"'[]{}=\\\n\té"), max_size=4)
TEXTS = st.text(st.sampled_from("ab \"'#[]{}=,\\\n"), max_size=8)


def literal(text: str) -> str:
    """A text as TOML writes it; JSON's escapes of the characters used here are TOML's too."""
    return json.dumps(text)


def key(name: str) -> str:
    plain = name and all(c.isascii() and (c.isalnum() or c in "_-") for c in name)
    return name if plain else literal(name)


@st.composite
def long_text(draw: st.DrawFn) -> str:
    body = draw(st.text(st.sampled_from("ab #]}\n'\"="), max_size=12))
    if draw(st.booleans()):
        # Two quotes may stand together inside and before the end, three may not.
        while '"""' in body:
            body = body.replace('"""', '""')
        return f'"""{body}"""' if not body.endswith('"') else f'"""{body} """'
    while "'''" in body:
        body = body.replace("'''", "''")
    return f"'''{body}'''"


SCALARS = st.one_of(
    st.integers(-99, 99).map(str),
    st.sampled_from(["1.5e-3", "true", "2023-01-01", "2023-01-01 07:30:00", "0x1F", "inf"]),
    TEXTS.map(literal),
    st.sampled_from(["'a#b'", "''", "'\"'", '"""quote: ""\\""""', "''''x'''''"]),
    long_text(),
)


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blank = st.sampled_from(["", " ", "\n", " # note ] \n"])
    return st.tuples(st.lists(inner, max_size=3), blank, blank).map(
        lambda parts: "[" + parts[1] + ("," + parts[2]).join(parts[0]) + parts[1] + "]"
    )


def inline_tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    names = st.lists(st.one_of(BARE, ODD), unique=True, max_size=3)
    return names.flatmap(
        lambda found: st.tuples(*[inner] * len(found)).map(
            lambda values: (
                "{" + ", ".join(f"{key(n)} = {v}" for n, v in zip(found, values, strict=True)) + "}"
            )
        )
    )


VALUES = st.recursive(SCALARS, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Headers, arrays of tables, dotted keys, comments, in an order the reader may refuse."""
    lines = []
    for _ in range(draw(st.integers(0, 8))):
        names = draw(st.lists(st.one_of(BARE, ODD), min_size=1, max_size=3))
        dotted = draw(st.sampled_from([".", " . "])).join(map(key, names))
        kind = draw(st.sampled_from(["pair", "pair", "pair", "table", "tables", "comment"]))
        indent = draw(st.sampled_from(["", "  ", "\t"]))
        lines.append(
            indent
            + {
                "pair": f"{dotted} = {draw(VALUES)}" if kind == "pair" else "",
                "table": f"[{dotted}] # x",
                "tables": f"[[ {dotted} ]]",
                "comment": "# [not.a.table] = 1",
            }[kind]
        )
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


def paths(data: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Every path down the values that the standard reader gives."""
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    found: set[KeyPath] = {path} if path else set()
    for name, value in inner:
        below = (*path, name)
        found |= paths(value, below) if isinstance(value, dict | list) else {below}
    return found


@settings(max_examples=400, deadline=None)
@given(documents())
def test_every_key_of_the_standard_reader_has_a_position(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = positions(text)
    assert set(found) == paths(data)
    lines = text.split("\n")
    for path, place in found.items():
        rest = lines[place.line - 1][place.column - 1 :]
        if isinstance(path[-1], str):
            assert rest.startswith((path[-1] or '"', '"', "'"))


def test_the_generated_texts_are_often_valid() -> None:
    """The property above would hold of nothing if the reader refused every text."""
    valid = []

    @settings(max_examples=200, deadline=None, database=None)
    @given(documents())
    def collect(text: str) -> None:
        try:
            valid.append(len(paths(tomllib.loads(text))))
        except tomllib.TOMLDecodeError:
            valid.append(0)

    collect()
    assert sum(count > 3 for count in valid) > len(valid) / 5


@pytest.mark.parametrize(
    ("text", "path", "line", "column"),
    [
        ("a = 1", ("a",), 1, 1),
        ("# note\n\n  a = 1", ("a",), 3, 3),
        ("[b]\nc.d = 1", ("b", "c", "d"), 2, 3),
        ("[[e]]\nx = 1\n[[e]]\nx = 2", ("e", 1, "x"), 4, 1),
        ("[[e]]\n[e.f]\nx = 1\n[[e.g]]\ny = 2", ("e", 0, "g", 0, "y"), 5, 1),
        ("[a.b]\nx = 1", ("a",), 1, 2),
        ("a = [\n 1,\n {b = 2},\n]", ("a", 1, "b"), 3, 3),
        ('a = """\n[b]\nc = 1"""\nd = 2', ("d",), 4, 1),
        ("a = 'x' # b = 1\nc = 2", ("c",), 2, 1),
        ("a = 2023-01-01 00:00:00\r\nb = 1\r\n", ("b",), 2, 1),
        ('"a.b" = 1', ("a.b",), 1, 1),
    ],
)
def test_position(text: str, path: KeyPath, line: int, column: int) -> None:
    assert positions(text)[path] == Position(line, column)
