"""What all pictures of a hindcast share: its tables, its origins, names and words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from sim import __version__
from sim.case import Case, load_case
from sim.case.tables import shown
from sim.core.errors import InputError
from sim.experiment.reading import in_words
from sim.fit.hindcast import Hindcast
from sim.fit.record import shipped
from sim.fit.skill import ALL
from sim.picture.labels import Labels, sentence
from sim.picture.style import Caption


class Hindcasted:
    """A finished hindcast.

    Parameters
    ----------
    folder : Path
    case : Case, optional
        That it was made of; default: the one whose name the hindcast has.

    Attributes
    ----------
    hindcast : Hindcast
    labels : Labels
    record : Observed
        What came.
    main : int
        Main origin.
    origins : str
        All of them, in words.

    Raises
    ------
    InputError
        If the folder holds no finished hindcast, there is no such case, or it has no record of
        something that was forecast.
    """

    def __init__(self, folder: Path, case: Case | None = None) -> None:
        self.hindcast = Hindcast.read(folder)
        about = cast("dict[str, Any]", self.hindcast.about)
        self.case = load_case(about["case"]["name"]) if case is None else case
        self.labels, self.record = Labels.of(self.case), shipped(self.case)
        for code in self.hindcast.table("quantities")["observable"].unique():
            if self.record.series(code).empty:
                raise InputError(
                    f"{folder}: was made with another case {self.case.name!r} than that in "
                    f"{shown(self.case.folder)}, which has no record of {code!r}; draw it where "
                    "that case is"
                )
        self.plan: dict[str, Any] = about["plan"]
        self.main = int(self.plan["origins"][0])
        self.origins = ", ".join(str(year) for year in sorted(self.plan["origins"]))

    @property
    def detail(self) -> str:
        """Which forecasts there are."""
        return f"Forecasts from the ends of {self.origins}, up to {self.plan['last']}"

    def caption(self, title: str, shown: str, detail: str, note: str = "") -> Caption:
        """The words around a picture."""
        runs = int(self.plan["runs"])
        return Caption(
            title=title,
            shown=shown,
            detail=detail,
            source=f"multivector {__version__}, case {self.case.title}",
            runs=runs,
            seed=int(self.plan["seed"]),
            note=note,
            behind=f"{runs:,} runs a forecast",
        )


def family_name(family: str) -> str:
    """A family of figures in words."""
    return "All families" if family == ALL else sentence(in_words(family))
