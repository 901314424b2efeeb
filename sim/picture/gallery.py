"""Which pictures of a result are drawn, and where they go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sim.core.errors import InputError
from sim.experiment.result import Result
from sim.experiment.sweep_result import Sweep
from sim.picture.batch.subject import subjects
from sim.picture.figures import (
    BATCH,
    FIGURES,
    SWEEP,
    Viewed,
    check_figure,
    check_options,
    figures_of,
    kind_of,
    nothing,
    pages,
)
from sim.picture.files import write_pages
from sim.picture.page import Page
from sim.picture.request import Request

# Of a batch, where no figure is named; of other results all figures are drawn.
STANDARD = ("fan", "difference", "ridgeline", "ternary", "leverage", "effects", "events", "map")
OF_OUTCOMES = ("fan", "difference", "ridgeline")
OWN = {"alignment": "ternary", "leverage": "leverage", "channel_leverage": "leverage"}


def plot(
    result: Viewed,
    out: str | Path | None = None,
    figures: Sequence[str] = (),
    request: Request | None = None,
    form: str = "png",
    data: bool = False,
) -> list[Path]:
    """Draw a result's pictures as files.

    Parameters
    ----------
    result : Result, Sweep, or Path of the folder of a fit or hindcast
    out : path, optional
        Folder for the pictures; default: ``pictures`` in the results folder.
    figures : sequence of str
        Names as in `FIGURES`. Default: of a batch fans of the scenarios' own first headlines, of
        autonomy, position and entropy, differences, distributions, ternary and leverage; where
        outcomes are asked for, the fan, the difference from the first scenario and the distribution
        of each, where ``alignment`` stands for the ternary and ``leverage`` for the heat maps. Of
        other results all that they have.
    request : Request, optional
        What the figures are to show.
    form : "png", "svg" or "pdf"
    data : bool
        Write the table behind each picture beside it, as CSV.

    Returns
    -------
    list of Path
        The files made. More than six scenarios make several sets, each with the first scenario
        and up to five others; the sets' names end in ``_part2`` and so on.

    Raises
    ------
    InputError
        If a figure, outcome, actor or option is unknown, there are no runs, or the folder cannot
        be written to: nothing is drawn then. Or if a figure that was named has nothing to show.
    """
    request = request or Request()
    if out is None:
        out = (result if isinstance(result, Path) else result.folder) / "pictures"
    kind = kind_of(result)
    named = [check_figure(name, kind) for name in figures]
    wanted = [(one.name, request) for one in named] or _standard(result, request)
    # Where no figure of a batch is named, the outcomes choose the figures.
    heeded = request if named or kind != BATCH else replace(request, outcome=())
    check_options(heeded, [FIGURES[name] for name, _ in wanted])
    if isinstance(result, Result):
        for subject in subjects(result, request):
            subject.choose(request.outcome)
            subject.quarter()
    if isinstance(result, Sweep):
        from sim.picture.sweep.subject import Subject  # imports what few pictures need

        Subject(result, request)

    def drawn() -> Iterator[Page]:
        for name, asked in wanted:
            made = False
            try:
                for page in pages(result, name, asked.only(FIGURES[name].options)):
                    made = True
                    yield page
            except InputError:
                # Of a sweep, some figures need more rows than others.
                if figures or kind != SWEEP:
                    raise
            if not made and figures:
                raise InputError(nothing(name))

    paths = write_pages(drawn(), Path(out), form, data)
    if not paths:
        raise InputError("there is nothing to draw: none of it was recorded in this result")
    return paths


def _standard(result: Viewed, request: Request) -> list[tuple[str, Request]]:
    """Figures that are drawn where none is named, each with what it is asked to show."""
    if not isinstance(result, Result):
        return [(one.name, request) for one in figures_of(result)]
    if not request.outcome:
        return [(name, request) for name in STANDARD]
    wanted = []
    for outcome in dict.fromkeys(request.outcome):
        if outcome in OWN:
            wanted.append((OWN[outcome], replace(request, outcome=())))
        else:
            wanted += [(name, replace(request, outcome=(outcome,))) for name in OF_OUTCOMES]
    return wanted


def plot_result(
    result: Result, out: str | Path | None = None, outcomes: Sequence[str] | None = None
) -> list[Path]:
    """The pictures of a batch as PNG files; see `plot`."""
    return plot(result, out, request=Request.of(outcome=outcomes))
