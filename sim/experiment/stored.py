"""What a stored batch and a stored sweep share: a folder, and what its manifest tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from sim.experiment import store
from sim.experiment.reading import unit_of


class Stored:
    """The outcomes of an ensemble; tables are read from disk when they are asked for.

    Parameters
    ----------
    folder : Path
        A results folder.

    Attributes
    ----------
    folder : Path
    manifest : dict
        What was run: scenarios, case, seed, versions, outcomes with units.

    Raises
    ------
    InputError
        If the folder is missing or holds no result of this kind.
    """

    form: ClassVar[str]  # that the manifest names

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = store.read_manifest(folder, self.form)

    @property
    def scenarios(self) -> list[str]:
        """Names of the scenarios, in the order they were given."""
        return [scenario["name"] for scenario in self.manifest["scenarios"]]

    @property
    def complete(self) -> bool:
        """Whether everything was finished: every run of every scenario, or of every row."""
        return bool(self.manifest["status"] == "complete")

    @property
    def failures(self) -> list[dict[str, Any]]:
        """Chunks that failed: scenario, first_run, runs, error; of sweeps first_row, rows too."""
        return list(self.manifest["failures"])

    def unit(self, column: str) -> str:
        """Unit of an outcome's column."""
        return unit_of(self.manifest, column)
