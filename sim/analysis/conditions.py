"""Conditions on outcomes, as ``autonomy.KAZ < 0.4 and cohesion@2030Q4 >= 0.5``: parse and apply."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.core import quarters
from sim.core.errors import InputError
from sim.scenario.problems import nearest

_COMPARISONS = {
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    ">": np.greater,
}
_WORDS = {
    "<=": "at most",
    ">=": "at least",
    "==": "equal to",
    "!=": "other than",
    "<": "below",
    ">": "above",
}
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_PART = re.compile(
    r"\s*(?P<column>[^\s<>=!@]+)(?:@(?P<quarter>[^\s<>=!@]*))?"
    r"\s*(?P<sign><=|>=|==|!=|<|>)\s*(?P<value>[^\s<>=!@]+)\s*"
)
_EXAMPLE = "write an outcome, one of < <= > >= == != and a number: cohesion < 0.4"


@dataclass(frozen=True)
class Part:
    """One comparison of an outcome with a number.

    Attributes
    ----------
    column : str
        A column of results, as ``leverage.KAZ.RUS``.
    quarter : int or None
        A quarter's number; None: the last quarter, where cumulative outcomes are totals.
    sign : str
        One of ``<``, ``<=``, ``>``, ``>=``, ``==``, ``!=``.
    value : float
        In the outcome's unit.
    """

    column: str
    quarter: int | None
    sign: str
    value: float

    @property
    def name(self) -> str:
        """The column, with its quarter if it has one."""
        return self.column + ("" if self.quarter is None else f"@{quarters.name(self.quarter)}")

    def words(self) -> str:
        """The comparison in words, as in 'cohesion in 2030Q4 below 0.4'."""
        when = "" if self.quarter is None else f" in {quarters.name(self.quarter)}"
        return f"{self.column}{when} {_WORDS[self.sign]} {self.value:g}"

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.value:g}"


@dataclass(frozen=True)
class Condition:
    """Comparisons that all have to hold."""

    parts: tuple[Part, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that it is about, each once."""
        return list(dict.fromkeys(part.column for part in self.parts))

    @property
    def quarters(self) -> list[int | None]:
        """The quarters that it is about, each once; None: the last one."""
        return list(dict.fromkeys(part.quarter for part in self.parts))

    def check(self, allowed: Collection[str], where: object = "") -> None:
        """Check that every column is one of those there are.

        Parameters
        ----------
        allowed : collection of str
            Columns of the tables that the condition will be applied to.
        where : object
            What holds them, such as a folder; leads the message.

        Raises
        ------
        InputError
            If a column is missing, with the nearest name.
        """
        for column in self.columns:
            if column in allowed:
                continue
            lead = f"{where}: " if str(where) else ""
            raise InputError(
                f"{lead}condition {str(self)!r}: there is no column {column!r}"
                f"{nearest(column, allowed)}"
            )

    def holds(self, tables: pd.DataFrame | Mapping[int | None, pd.DataFrame]) -> NDArray[np.bool_]:
        """Tell in which runs it holds.

        Parameters
        ----------
        tables : DataFrame, or mapping of int or None to DataFrame
            A table for each of `quarters`, with `columns`; a row a run, in the same order in all.
            A table on its own stands for that of the last quarter.

        Returns
        -------
        bool array (run,)

        Raises
        ------
        InputError
            If a table, a column or a value is missing, or tables differ in length.
        """
        given: Mapping[int | None, pd.DataFrame]
        given = {None: tables} if isinstance(tables, pd.DataFrame) else tables
        found = []
        for part in self.parts:
            if part.quarter not in given:
                when = "the last quarter" if part.quarter is None else quarters.name(part.quarter)
                raise InputError(f"condition {str(self)!r}: there are no outcomes of {when}")
            table = given[part.quarter]
            Condition((part,)).check([str(name) for name in table.columns])
            values = table[part.column].to_numpy(dtype=float)
            missing = int(np.isnan(values).sum())
            if missing:
                raise InputError(
                    f"condition {str(self)!r}: {part.name} has no value in {missing} of "
                    f"{len(values)} runs"
                )
            found.append(_COMPARISONS[part.sign](values, part.value))
        if len({len(held) for held in found}) > 1:
            lengths = ", ".join(str(len(held)) for held in found)
            raise InputError(f"condition {str(self)!r}: tables of different lengths ({lengths})")
        return np.logical_and.reduce(found)

    def words(self) -> str:
        """The condition in words."""
        return " and ".join(part.words() for part in self.parts)

    def __str__(self) -> str:
        return " and ".join(map(str, self.parts))


def parse(text: str) -> Condition:
    """Read a condition: comparisons of columns with numbers, joined by ``and``.

    Parameters
    ----------
    text : str
        As ``autonomy.KAZ < 0.4`` or ``autonomy.KAZ@2030Q4 >= 0.5 and cohesion < 0.3``. Without a
        quarter, the last one is meant.

    Raises
    ------
    InputError
        If it cannot be understood; what is wrong with which part.
    """
    if not text.strip():
        raise InputError(f"the condition is empty; {_EXAMPLE}")
    return Condition(tuple(_part(one, text) for one in _AND.split(text.strip())))


def _part(text: str, whole: str) -> Part:
    lead = f"condition {whole!r}"
    if re.search(r"(^|\s)(or|not)(\s|$)", text, re.IGNORECASE) or re.search(r"[()&|]", text):
        raise InputError(f"{lead}: found {text.strip()!r}; comparisons are joined by 'and' only")
    match = _PART.fullmatch(text)
    if match is None:
        raise InputError(f"{lead}: cannot read {text.strip()!r}; {_EXAMPLE}")
    try:
        value = float(match["value"])
    except ValueError:
        raise InputError(f"{lead}: {match['value']!r} is not a number; {_EXAMPLE}") from None
    if not np.isfinite(value):
        raise InputError(f"{lead}: found {match['value']!r}; allowed: a finite number")
    try:
        float(match["column"])
    except ValueError:
        pass
    else:
        raise InputError(f"{lead}: found the number {match['column']!r} first; {_EXAMPLE}")
    try:
        quarter = None if match["quarter"] is None else quarters.parse(match["quarter"])
    except InputError as error:
        raise InputError(f"{lead}: {error}") from None
    return Part(match["column"], quarter, match["sign"], value)
