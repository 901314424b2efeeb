"""The one kind of error that is the user's to mend: its text is printed as it stands."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """A file or an argument cannot be used; the message says what and where."""


def nearest_name(found: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that is most like the one found, whatever the case of letters, if any is."""
    by_lower = {name.lower(): name for name in allowed}
    near = get_close_matches(found.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else None


def missing_package(what: str, package: str, extra: str) -> InputError:
    """The error for a package that is not installed: what needs it, and how to install it.

    Parameters
    ----------
    what : str
        What cannot be done without: ``"a query"``.
    package : str
        ``"DuckDB"``.
    extra : str
        Of this package, which brings the other: ``"query"``.
    """
    return InputError(
        f'{what} needs {package}, which is not installed; pip install "multivector[{extra}]"'
    )
