"""All pictures of the folder of a hindcast, as files."""

from __future__ import annotations

from pathlib import Path

from sim.case import Case
from sim.picture.files import write_pages
from sim.picture.fits import evidence, pit, reliability, series, skill, votes
from sim.picture.request import Request

_ALL = (
    skill.pages,
    skill.variant_pages,
    reliability.pages,
    pit.pages,
    series.pages,
    skill.vote_pages,
    votes.pages,
    evidence.pages,
)


def draw_hindcast(folder: Path, case: Case, out: Path | None = None) -> list[Path]:
    """Draw the pictures of a finished hindcast as PNG files.

    Parameters
    ----------
    folder : Path
        Of the hindcast.
    case : Case
        That it was made of.
    out : Path, optional
        Folder for the pictures; default: ``pictures`` in that of the hindcast.

    Returns
    -------
    list of Path
        The files made: skill and variants, reliability, quantiles, series of each family, votes,
        evidence; those whose tables have no rows are left out.

    Raises
    ------
    InputError
        If the folder holds no finished hindcast, or the pictures cannot be written.
    """
    made = (page for pages in _ALL for page in pages(folder, Request(), case))
    return write_pages(made, folder / "pictures" if out is None else out)
