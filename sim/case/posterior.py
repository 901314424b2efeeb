"""Draws of the parameters: what a fit left of their ranges, a row a draw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.case.schema import PARAMETERS
from sim.case.tables import choice, shown, span
from sim.core.errors import InputError
from sim.core.world import Array

POSTERIOR = "posterior.parquet"  # the file in the folder of a case
_KEY = b"multivector"  # of what the file says about itself


@dataclass(frozen=True)
class Posterior:
    """Draws of some or all parameters; those left out stay at their centres.

    Parameters
    ----------
    names : sequence of str
        Names of parameters.
    values : array (draw, parameter)
    about : mapping, optional
        Where the draws come from: what JSON can hold, such as seed, base and years of the fit.

    Raises
    ------
    InputError
        If a name is no parameter or comes twice, there is no draw, or a value is not finite or one
        for which the parameter's equation has no meaning.
    """

    names: Sequence[str]
    values: Array = field(repr=False)
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise InputError(
                f"draws: found an array of shape {self.values.shape} for {len(self.names)} "
                "parameters; a row a draw and a column a parameter are needed"
            )
        if not self.values.size:
            raise InputError("draws: found none; at least one draw of one parameter is needed")
        for place, name in enumerate(self.names):
            if name in self.names[:place]:
                raise InputError(f"column {name!r} stands twice")
            check_values(name, self.values[:, place])

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.values)

    @property
    def hash(self) -> str:
        """SHA-256 of names and values, which tells two sets of draws apart."""
        digest = hashlib.sha256(json.dumps([*self.names]).encode())
        digest.update(np.ascontiguousarray(self.values, dtype="<f8").tobytes())
        return digest.hexdigest()

    def places(self, runs: Sequence[int], replicates: int = 1) -> NDArray[np.int64]:
        """Which draw each run takes: run i takes draw i // replicates, from the top when used up.

        Parameters
        ----------
        runs : sequence of int
            Numbers of the runs.
        replicates : int
            Consecutive runs that share a draw.

        Returns
        -------
        int array (run,)
        """
        return np.asarray(runs, dtype=np.int64) // replicates % self.draws

    def at(self, runs: Sequence[int], replicates: int = 1) -> dict[str, Array]:
        """Values of the parameters in each run, (run,) by name; see `places`."""
        taken = self.values[self.places(runs, replicates)]
        return {name: taken[:, place].copy() for place, name in enumerate(self.names)}


def check_values(name: str, values: Array) -> None:
    """Refuse values that a parameter cannot have.

    Raises
    ------
    InputError
        If the name is no parameter, or a value is not finite or beyond `PARAMETERS`.
    """
    if name not in PARAMETERS:
        raise InputError(f"parameter: {choice(name, tuple(PARAMETERS))}")
    low, high = PARAMETERS[name]
    wrong = ~np.isfinite(values) | (values < low) | (values > high)
    if wrong.any():
        place = int(wrong.argmax())
        raise InputError(
            f"parameter {name!r}, draw {place}: found {values[place]:g}; allowed: {span(low, high)}"
        )


def read_posterior(path: str | Path) -> Posterior:
    """Read draws from a Parquet file.

    Parameters
    ----------
    path : path
        Columns are parameters, rows are draws; the metadata of the schema may hold a JSON object
        under the key ``multivector``, which becomes `Posterior.about`.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no valid draws.
    """
    import pyarrow as pa  # here, so that a case without draws is read without it
    import pyarrow.parquet as pq

    where = shown(Path(path))
    try:
        # Not by name: pyarrow would take a folder as a table of many files. By this thread alone,
        # and from memory: a thread of pyarrow that still holds a file of Python when a process
        # ends soon after aborts it.
        with pq.ParquetFile(pa.BufferReader(Path(path).read_bytes())) as file:
            table = file.read(use_threads=False)
    except pa.ArrowException as error:
        raise InputError(f"{where}: is not a Parquet file ({error})") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{where}: cannot be read: {reason}") from None
    for column in table.schema:
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            raise InputError(
                f"{where}: column {column.name!r}: found {column.type}; numbers are needed"
            )
    values = np.empty((table.num_rows, table.num_columns))
    for place, column in enumerate(table.columns):
        values[:, place] = column.to_numpy()  # a blank cell becomes not a number
    try:
        about = json.loads((table.schema.metadata or {}).get(_KEY, b"{}"))
        if not isinstance(about, dict):
            raise ValueError
    except ValueError:
        raise InputError(f"{where}: what the file says about itself is no JSON object") from None
    try:
        return Posterior(tuple(table.column_names), values, about)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def write_posterior(path: str | Path, posterior: Posterior) -> None:
    """Write draws to a Parquet file that `read_posterior` reads; the same draws, the same bytes.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: posterior.values[:, place] for place, name in enumerate(posterior.names)}
    about = json.dumps(dict(posterior.about), ensure_ascii=False, sort_keys=True)
    table = pa.table(columns).replace_schema_metadata({_KEY: about})
    with Path(path).open("wb") as file:
        pq.write_table(table, file, compression="zstd", use_dictionary=False)
