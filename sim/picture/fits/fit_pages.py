"""All pictures of the folder of a fit, as files."""

from __future__ import annotations

from pathlib import Path

from sim.case import Case
from sim.picture.files import write_pages
from sim.picture.fits import checks, marginals, pairs, recovery, waves
from sim.picture.request import Request

_ALL = (marginals.pages, pairs.pages, checks.pages, waves.pages, recovery.pages)


def draw_fit(folder: Path, out: Path | None = None, case: Case | None = None) -> list[Path]:
    """Draw the pictures of a finished fit as PNG files.

    Parameters
    ----------
    folder : Path
        Of the fit.
    out : Path, optional
        Folder for the pictures; default: ``pictures`` in that of the fit.
    case : Case, optional
        That was fitted; default: the one whose name the fit has.

    Returns
    -------
    list of Path
        The files made: marginals, pairs (if two parameters were fitted or more), one of checks for
        each group of targets, waves (if there was one) and recovery.

    Raises
    ------
    InputError
        If the folder holds no finished fit, there is no such case, or the pictures cannot be
        written.
    """
    made = (page for pages in _ALL for page in pages(folder, Request(), case))
    return write_pages(made, folder / "pictures" if out is None else out)
