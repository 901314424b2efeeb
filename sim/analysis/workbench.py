"""The packages of the extra ``discover``: the EMA Workbench and what comes with it."""

from __future__ import annotations

import importlib
import logging
import warnings
from types import ModuleType

from sim.core.errors import missing_package


def imported(what: str, *modules: str) -> tuple[ModuleType, ...]:
    """Import modules without the warnings and log lines that they give out on the way.

    Parameters
    ----------
    what : str
        What needs them, for the message if one is not installed.
    modules : str

    Raises
    ------
    InputError
        If one is not installed.
    """
    logging.getLogger("EMA").addHandler(logging.NullHandler())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tuple(importlib.import_module(name) for name in modules)
    except ImportError as error:
        raise missing_package(what, f"the package {error.name}", "discover") from None
