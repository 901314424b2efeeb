"""Writes pictures as PNG files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment.store import atomic


def write(pictures: Iterable[tuple[str, Figure]], folder: Path) -> list[Path]:
    """Write pictures as PNG files.

    Parameters
    ----------
    pictures : iterable of (str, Figure)
        Names of the files, less their ending, and figures.
    folder : Path
        Made if there is none.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in pictures:
            paths.append(folder / f"{name}.png")
            with atomic(paths[-1]) as temporary:
                figure.savefig(temporary, format="png")
    except OSError as error:
        raise InputError(f"{folder}: cannot write there ({error.strerror or error})") from error
    return paths
