"""A stored sweep as tables: its design, and the outcomes of every row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from sim.core.errors import InputError
from sim.experiment import store
from sim.experiment.card import sweep_card
from sim.experiment.reading import read_columns
from sim.experiment.stored import Stored


class Sweep(Stored):
    """The outcomes of a design's rows; tables are read from disk when they are asked for.

    Parameters
    ----------
    folder : Path
        Folder of a sweep.
    """

    form = store.SWEEP_FORMAT

    @property
    def factors(self) -> list[dict[str, Any]]:
        """What varies: name, path, kind, low, high, levels, distribution."""
        return list(self.manifest["factors"])

    @property
    def mode(self) -> str:
        """How the rows were sampled."""
        return str(self.manifest["design"]["mode"])

    def design(self) -> pd.DataFrame:
        """The rows in the order of the sample.

        Returns
        -------
        DataFrame
            place (0 up), row (id; rows with the same values share it), and a column a factor.
        """
        return store.table(self.folder / "design.parquet").to_pandas()

    def units(self) -> pd.DataFrame:
        """The point of the unit cube that each row came from: place, and a column a factor."""
        return store.table(self.folder / "units.parquet").to_pandas()

    def runs(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Outcomes at the last quarter.

        Parameters
        ----------
        columns : iterable of str, optional
            Columns (``leverage.KAZ.RUS``) or outcomes (``leverage``: all its columns).

        Returns
        -------
        DataFrame
            scenario, row, run, and a column an outcome, ordered by scenario, row and run.

        Raises
        ------
        InputError
            If a column was not recorded.
        """
        return self._read("runs", ("scenario", "row", "run"), columns)

    def means(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Means over the runs of a row by quarter, of the outcomes kept by quarter.

        Parameters, Raises : as `runs`.

        Returns
        -------
        DataFrame
            scenario, row, quarter (4 * year + quarter of the year - 1), and a column an outcome.
        """
        return self._read("means", ("scenario", "row", "quarter"), columns)

    def variances(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Variances over the runs of a row (divisor n - 1) by quarter; as `means`.

        There are none where a row has a single run.
        """
        return self._read("variances", ("scenario", "row", "quarter"), columns)

    def _read(
        self, name: str, keys: tuple[str, ...], columns: Iterable[str] | None
    ) -> pd.DataFrame:
        if columns is not None and store.dataset(self.folder, name) is None:
            hint = "" if name == "runs" else "; name the outcomes in by_quarter of the design"
            raise InputError(f"{self.folder}: this sweep has no {name}{hint}")
        return read_columns(self.folder, name, keys, columns)

    def __repr__(self) -> str:
        return (
            f"Sweep({str(self.folder)!r}: {', '.join(self.scenarios)}; {self.mode}, "
            f"{self.manifest['rows']} rows of {self.manifest['runs']} runs, "
            f"seed {self.manifest['seed']}, {self.manifest['status']})"
        )

    def _repr_html_(self) -> str:
        return sweep_card(self)
