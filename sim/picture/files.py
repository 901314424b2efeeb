"""Writes pictures, and the tables behind them, as files."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from threading import Lock

import matplotlib
from matplotlib.figure import Figure

from sim.core.errors import InputError
from sim.experiment.store import atomic
from sim.picture.page import Page

# What a file holds besides the picture: nothing that differs when it is made again.
_PLAIN = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
# Matplotlib takes what these formats need from its global settings only: one thread at a time
# changes them, and puts them back.
_SETTINGS = Lock()


def write(pictures: Iterable[tuple[str, Figure]], folder: Path, form: str = "png") -> list[Path]:
    """Write pictures as files.

    Parameters
    ----------
    pictures : iterable of (str, Figure)
        Names of the files, less their ending, and figures.
    folder : Path
        Made if there is none.
    form : "png", "svg" or "pdf"

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in pictures:
            paths.append(folder / f"{name}.{form}")
            with atomic(paths[-1]) as temporary:
                _save(figure, temporary, form, name)
    except OSError as error:
        raise InputError(f"{folder}: cannot write there ({error.strerror or error})") from error
    return paths


def write_pages(
    pages: Iterable[Page], folder: Path, form: str = "png", data: bool = False
) -> list[Path]:
    """Write pages as files, each with its table as CSV beside it if `data` is set.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    paths = []
    for page in pages:
        paths += write([(page.name, page.draw())], folder, form)
        if data:
            path = folder / f"{page.name}.csv"
            try:
                with atomic(path) as temporary:
                    page.table.to_csv(temporary, index=False)
            except OSError as error:
                raise InputError(
                    f"{folder}: cannot write there ({error.strerror or error})"
                ) from error
            paths.append(path)
    return paths


def svg_text(figure: Figure, name: str) -> str:
    """A figure as SVG text for a page of HTML, without the XML heading.

    Parameters
    ----------
    figure : Figure
    name : str
        Two figures with different names share no identifiers.
    """
    text = StringIO()
    _save(figure, text, "svg", name)
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]


def _save(figure: Figure, target: Path | StringIO, form: str, name: str) -> None:
    """Identifiers inside an SVG come from the picture's name, so that its bytes are the same."""
    if form == "png":
        figure.savefig(target, format=form)
        return
    with _SETTINGS, matplotlib.rc_context({"svg.hashsalt": name, "pdf.fonttype": 42}):
        figure.savefig(target, format=form, metadata=_PLAIN[form])
