"""Linear algebra on one thread: with several, sums would differ in their last bits."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

Given = ParamSpec("Given")
Found = TypeVar("Found")


def on_one_thread(function: Callable[Given, Found]) -> Callable[Given, Found]:
    """Hold the libraries below NumPy to one thread while a function runs.

    threadpoolctl's own decorator has no types: what it wraps takes and gives anything to a type
    checker.
    """

    @wraps(function)
    def limited(*positional: Given.args, **named: Given.kwargs) -> Found:
        with threadpool_limits(1):
            return function(*positional, **named)

    return limited
