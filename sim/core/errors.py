"""The one kind of error that is the user's to mend: its text is printed as it stands."""

from __future__ import annotations


class InputError(ValueError):
    """A file or an argument cannot be used; the message says what and where."""
