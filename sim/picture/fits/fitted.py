"""What all pictures of a fit share: its tables, names for what they hold by code, its words."""

from __future__ import annotations

from pathlib import Path

from sim.case import Case, load_case
from sim.fit.fit import Fit
from sim.picture.labels import Labels
from sim.picture.style import Caption


class Fitted:
    """A finished fit.

    Parameters
    ----------
    folder : Path
    case : Case, optional
        That was fitted; default: the one whose name the fit has.

    Attributes
    ----------
    fit : Fit
    labels : Labels
    years : str
        Those that it was fitted to, in words.
    draws : str
        How many there are, in words.

    Raises
    ------
    InputError
        If the folder holds no finished fit, or there is no such case.
    """

    def __init__(self, folder: Path, case: Case | None = None) -> None:
        self.fit = Fit.read(folder)
        self.case = load_case(self.fit.about["case"]["name"]) if case is None else case
        self.labels = Labels.of(self.case)
        self.settings = self.fit.about["settings"]
        self.years = f"years to {self.settings['until']}"
        self.draws = f"{self.fit.posterior.draws:,} draws of the posterior"

    def caption(self, title: str, shown: str, detail: str, behind: str, note: str = "") -> Caption:
        """The words around a picture."""
        version = self.fit.about["versions"]["multivector"]
        return Caption(
            title=title,
            shown=shown,
            detail=detail,
            source=f"multivector {version}, case {self.case.title} "
            f"(fitted from {self.settings['base']} to {self.settings['until']})",
            runs=self.fit.posterior.draws,
            seed=self.settings["seed"],
            note=note,
            behind=behind,
        )
