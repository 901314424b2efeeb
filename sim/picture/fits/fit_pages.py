"""All pictures of the folder of a fit: what their captions say and where they go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from sim.case import Case, load_case
from sim.fit.fit import Fit
from sim.fit.recovery import FITS
from sim.picture.files import write
from sim.picture.fits import fit as fit_figures
from sim.picture.labels import Labels, sentence, words
from sim.picture.style import Caption


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
    fit = Fit.read(folder)
    known = load_case(fit.about["case"]["name"]) if case is None else case
    return write(_pictures(fit, known), folder / "pictures" if out is None else out)


def _pictures(fit: Fit, case: Case) -> Iterator[tuple[str, Figure]]:
    """File name, less its ending, and figure, one at a time."""
    labels = Labels.of(case)
    settings = fit.about["settings"]
    years = f"years to {settings['until']}"
    draws = f"{fit.posterior.draws:,} draws of the posterior"

    def caption(title: str, shown: str, detail: str, behind: str, note: str = "") -> Caption:
        return Caption(
            title=title,
            shown=shown,
            detail=detail,
            source=f"multivector {fit.about['versions']['multivector']}, case {case.title} "
            f"(fitted from {settings['base']} to {settings['until']})",
            runs=fit.posterior.draws,
            seed=settings["seed"],
            note=note,
            behind=behind,
        )

    parameters, targets = fit.table("parameters"), fit.table("targets")
    yield (
        "fit_marginals",
        fit_figures.marginals(
            parameters,
            caption(
                "What does the record say of the parameters?",
                f"Prior and posterior of {len(parameters)} parameters, {years}",
                "Place within the range of the prior; those that moved most stand first",
                draws,
            ),
        ),
    )
    if len(parameters) > 1:
        yield (
            "fit_pairs",
            fit_figures.pairs(
                pd.DataFrame(fit.posterior.values, columns=list(fit.posterior.names)),
                parameters,
                caption(
                    "Which parameters can the record not tell apart?",
                    f"Posterior of the parameters that moved most, {years}",
                    "Each in its own unit",
                    draws,
                ),
            ),
        )
    for group, part in targets.groupby("group", sort=False):
        meaning = "; ".join(dict.fromkeys(part["meaning"]))
        found = {(one.measure, bool(one.text)) for one in map(labels.moment, part["moment"])}
        if len(found) == 1:  # otherwise the rows tell the measure
            measure, voted = found.pop()
            title = f"share of {words(measure)}" if voted else labels.measure(measure).title
            meaning = f"{title}: {meaning}"
        yield (
            f"fit_checks_{str(group).replace('-', '')}",
            fit_figures.predictive(
                part,
                labels,
                caption(
                    "Does the fitted model foretell what it was fitted to?",
                    f"{sentence(str(group))}: {len(part)} targets and the fitted model's runs",
                    sentence(meaning),
                    f"{fit.posterior.draws:,} runs, one a draw of the posterior",
                    labels.credit(labels.moment(one).source for one in part["moment"]),
                ),
            ),
        )
    waves = fit.table("waves")
    if len(waves):
        yield (
            "fit_waves",
            fit_figures.waves(
                waves,
                targets,
                labels,
                caption(
                    "How close can the model come to the record at all?",
                    f"Closest simulation to each moment, {years}",
                    "Before any parameter vector is preferred to another",
                    f"{settings['vectors']:,} parameter vectors a wave",
                ),
            ),
        )
    recovery = fit.table("recovery")
    yield (
        "fit_recovery",
        fit_figures.recovery(
            recovery,
            caption(
                "Does the fit find parameters that are known?",
                f"Coverage of the intervals of {len(recovery)} parameters",
                "Share of fits to made-up records",
                f"{FITS} records made by the model itself",
            ),
        ),
    )
