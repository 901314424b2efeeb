"""Reads the equations of a page and works them out, one index at a time.

A block of equations is a fenced block of text. A line that does not begin with a blank begins an
equation; indented lines go on with it; lines that begin with an arrow name what it is held against:

    b_cp = (1 − α_b)·b⁻_cp + α_b·A_cp
        → attention.smooth(b⁻_cp, A_cp, summit_cp, b_ref,cp, α_b)
        → state attention

An equation without an arrow defines a symbol that later ones use. Letters after the last `_` or `,`
are indices: c and j countries, p and q powers, k a channel, l a sector, g a route, v a text.
`Σ_k` sums the product behind it, `[a < b]` is 1 where that holds, `Λ` is the logistic function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Place = dict[str, int]
Node = Callable[[Place], Any]

AXES = {"c": "c", "j": "c", "p": "p", "q": "p", "k": "k", "l": "l", "g": "g", "v": "v"}
NUMBERS = {"½": 0.5, "¼": 0.25}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?|[½¼])"
    r"|(?P<over>(?:Σ|max|min|mean|argmax)_[cjpqklgv](?![\w,]))"
    r"|(?P<name>[^\W\d_][\w\u0300-\u036f*°⁻'∞]*(?:,[^\W\d]\w*)?)"
    r"|(?P<sign>[-+−·/^()\[\]|,=≠<>≤≥]))"
)
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "Λ": lambda u: 1.0 / (1.0 + np.exp(-u)),
    "clip": np.clip,
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "≠": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "≤": np.less_equal,
    "≥": np.greater_equal,
}
OVER = {"Σ": np.sum, "max": np.max, "min": np.min, "mean": np.mean, "argmax": np.argmax}


class NotAnEquation(ValueError):
    """The text cannot be read."""


@dataclass(frozen=True)
class Equation:
    """One equation of a page."""

    name: str  # of what it gives
    indices: str
    arguments: tuple[str, ...]  # of a function that it defines
    text: str  # right-hand side
    sources: tuple[str, ...]  # what it is held against


@dataclass
class Symbols:
    """Arrays by symbol and axes, runs last, and functions that equations have defined."""

    lengths: Mapping[str, int]  # of each axis
    arrays: dict[tuple[str, str], Array] = field(default_factory=dict)
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def find(self, word: str) -> tuple[tuple[str, str], str]:
        """The key of a symbol as it is written, and its indices."""
        if (word, "") in self.arrays:
            return (word, ""), ""
        for cut in range(len(word) - 1, 0, -1):
            base, separator, letters = word[:cut], word[cut], word[cut + 1 :]
            if separator in "_," and letters and all(letter in AXES for letter in letters):
                key = (base, "".join(AXES[letter] for letter in letters))
                if key in self.arrays:
                    return key, letters
        raise NotAnEquation(f"no symbol {word}")

    def at(self, word: str) -> Array:
        """The whole array of a symbol as it is written."""
        return self.arrays[self.find(word)[0]]


def equations(text: str) -> list[Equation]:
    """The equations of a block."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        words = line.strip()
        if not words:
            continue
        if words.startswith("→"):
            found[-1][1].append(words.removeprefix("→").strip())
        elif line[0].isspace():
            found[-1] = (f"{found[-1][0]} {words}", found[-1][1])
        else:
            found.append((words, []))
    return [_equation(whole, tuple(sources)) for whole, sources in found]


def _equation(whole: str, sources: tuple[str, ...]) -> Equation:
    left, equals, right = whole.partition(" = ")
    if not equals:
        raise NotAnEquation(f"no equals sign in {whole}")
    called = re.fullmatch(r"(\w+)\((.*)\)", left)
    if called:
        return Equation(called[1], "", tuple(called[2].split(", ")), right, sources)
    name, indices = left, ""
    split = re.fullmatch(r"(.+)[_,]([cjpqklgv]+)", left)
    if split:
        name, indices = split[1], split[2]
    return Equation(name, indices, (), right, sources)


class _Reader:
    """Turns the text of an expression into a function of a place."""

    def __init__(self, text: str, symbols: Symbols, bound: tuple[str, ...] = ()) -> None:
        self.symbols, self.bound = symbols, bound
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if not match:
                raise NotAnEquation(f"cannot read {text[place:]!r}")
            self.tokens.append((str(match.lastgroup), match[match.lastgroup or 0]))
            place = match.end()
        self.next = 0

    def peek(self) -> str:
        return self.tokens[self.next][1] if self.next < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        word = self.peek()
        if not word or (wanted and word != wanted):
            raise NotAnEquation(f"{wanted or 'more'} expected, found {word or 'the end'}")
        self.next += 1
        return word

    def whole(self) -> Node:
        node = self.sum()
        if self.peek():
            raise NotAnEquation(f"{self.peek()} is left over")
        return node

    def sum(self) -> Node:
        node = self.product()
        while self.peek() in ("+", "−"):
            node = self._both(np.add if self.take() == "+" else np.subtract, node, self.product())
        return node

    def product(self) -> Node:
        node = self.signed()
        while self.peek() in ("·", "/"):
            node = self._both(np.multiply if self.take() == "·" else np.divide, node, self.signed())
        return node

    def signed(self) -> Node:
        if self.peek() in ("+", "−"):
            sign, node = (-1.0 if self.take() == "−" else 1.0), self.signed()
            return lambda place: sign * node(place)
        return self.power()

    def power(self) -> Node:
        node = self.atom()
        if self.peek() == "^":
            self.take()
            return self._both(np.power, node, self.signed())
        return node

    @staticmethod
    def _both(how: Callable[[Any, Any], Any], first: Node, second: Node) -> Node:
        return lambda place: how(first(place), second(place))

    def closed(self, end: str) -> Node:
        node = self.sum()
        self.take(end)
        return node

    def list(self) -> list[Node]:
        self.take("(")
        nodes = [self.sum()]
        while self.peek() == ",":
            self.take()
            nodes.append(self.sum())
        self.take(")")
        return nodes

    def atom(self) -> Node:
        kind = self.tokens[self.next][0] if self.next < len(self.tokens) else ""
        word = self.take()
        if kind == "number":
            number = NUMBERS[word] if word in NUMBERS else float(word)
            return lambda place: number
        if kind == "over":
            how, _, index = word.partition("_")
            node = self.product() if how == "Σ" else self.list()[0]
            return self._over(how, index, node)
        if kind == "name":
            return self._name(word)
        if word == "(":
            return self.closed(")")
        if word == "|":
            inside = self.closed("|")
            return lambda place: np.abs(inside(place))
        if word == "[":
            first, comparison = self.sum(), COMPARISONS[self.take()]
            holds = self._both(comparison, first, self.closed("]"))
            return lambda place: np.asarray(holds(place), float)
        raise NotAnEquation(f"{word} is not expected")

    def _over(self, how: str, index: str, node: Node) -> Node:
        length, fold = self.symbols.lengths[AXES[index]], OVER[how]

        def folded(place: Place) -> Any:
            parts = [node({**place, index: number}) for number in range(length)]
            return fold(np.stack(np.broadcast_arrays(*parts)), axis=0)

        return folded

    def _name(self, word: str) -> Node:
        if word in AXES and word not in self.bound and (word, "") not in self.symbols.arrays:
            return lambda place: place[word]
        if self.peek() == "(":
            nodes = self.list()
            if word in ("max", "min"):
                both = np.maximum if word == "max" else np.minimum
                return self._both(both, *nodes)
            known = FUNCTIONS | self.symbols.functions
            if word not in known:
                raise NotAnEquation(f"no function {word}")
            called = known[word]
            return lambda place: called(*(node(place) for node in nodes))
        (key, letters), arrays = self.symbols.find(word), self.symbols.arrays
        return lambda place: arrays[key][tuple(place[letter] for letter in letters)] * 1.0


def worked_out(equation: Equation, symbols: Symbols) -> Array:
    """What the equation gives at every place, runs last."""
    node = _Reader(equation.text, symbols).whole()
    shape = tuple(symbols.lengths[AXES[index]] for index in equation.indices)
    cells = [
        node(dict(zip(equation.indices, cell, strict=True)))
        for cell in product(*(range(length) for length in shape))
    ]
    values = np.stack(np.broadcast_arrays(*[np.atleast_1d(cell) for cell in cells]))
    return np.asarray(values.reshape(*shape, -1), float)


def defined(equation: Equation, symbols: Symbols) -> Callable[..., Any]:
    """The function that an equation such as `φ(s, σ) = …` defines."""

    def function(*given: Any) -> Any:
        own = {(name, ""): value for name, value in zip(equation.arguments, given, strict=True)}
        inner = Symbols(symbols.lengths, {**symbols.arrays, **own}, symbols.functions)
        return _Reader(equation.text, inner, equation.arguments).whole()({})

    return function
