"""Making a case's tables series, reporters and roll_calls from files in the observed format.

``python -m sim.fit.derive FOLDER CASE`` writes the tables into the folder of the case; the rules
are those of `sim.fit.record.read_observed` and `sim.fit.reports.reporters_table`, and nothing after
the case's own year enters.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from sim.case import Case, load_case
from sim.case.build import base_year
from sim.case.schema import TABLES
from sim.core.errors import InputError
from sim.fit.observed_format import read_folder
from sim.fit.record import INDEX, read_observed
from sim.fit.reports import reporters_table


def make_tables(folder: str | Path, case: Case) -> dict[str, pd.DataFrame]:
    """The tables series, reporters and roll_calls of a case, as text.

    Parameters
    ----------
    folder : str or Path
        Files in the observed format.
    case : Case

    Returns
    -------
    dict of str to DataFrame
        Cells as they are written: values of series with six digits, errors with three.

    Raises
    ------
    InputError
        If a file cannot be used, or the source of a figure is not among the case's.
    """
    observed = read_observed(folder, case).until(base_year(case.as_of))
    values = observed.values.assign(
        value=observed.values["value"].map("{:.6g}".format),
        error=observed.values["error"].map("{:.3g}".format),
    )
    made = {"series": values, "roll_calls": observed.votes}
    known = case.table("sources").codes
    for name, frame in made.items():
        for cell in frame["source"].unique():
            for source in str(cell).split(";"):
                if source not in known:
                    raise InputError(
                        f"{name}: the case has no source for {source!r}; name it in sources.csv, "
                        "and words of it in record_codes.csv"
                    )
        made[name] = frame[[column.name for column in TABLES[name]]].astype(str)
    return made | {"reporters": reporters_table(read_folder(Path(folder)), case, INDEX)}


def main(folder: str, case_name: str) -> None:
    """Write the tables into the folder of the case."""
    case = load_case(case_name)
    for name, frame in make_tables(folder, case).items():
        frame.to_csv(case.folder / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
