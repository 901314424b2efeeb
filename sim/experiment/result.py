"""A finished batch as tables: read what a results folder holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment import statistics, store
from sim.experiment.card import result_card
from sim.experiment.reading import check_scenario, read_columns, usual_outcomes
from sim.experiment.stored import Stored
from sim.experiment.sweep_result import Sweep


def load(folder: str | Path) -> Result | Sweep:
    """Open a results folder: a `Sweep` where a design was run, else a `Result`.

    Raises
    ------
    InputError
        If the folder is missing or holds no result.
    """
    folder = Path(folder)
    return Sweep(folder) if store.format_of(folder) == store.SWEEP_FORMAT else Result(folder)


def load_batch(folder: str | Path) -> Result:
    """Open the results folder of a batch.

    Raises
    ------
    InputError
        If the folder is missing or holds something else.
    """
    return Result(Path(folder))


class Result(Stored):
    """The outcomes of a batch; tables are read from disk when they are asked for.

    Parameters
    ----------
    folder : Path
        A results folder.
    """

    form = store.FORMAT

    def runs(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Outcomes at the last quarter.

        Parameters
        ----------
        columns : iterable of str, optional
            Columns (``leverage.KAZ.RUS``) or outcomes (``leverage``: all its columns).

        Returns
        -------
        DataFrame
            scenario, run, and a column an outcome; cumulative outcomes are totals. Columns of
            actors that a scenario leaves out are NaN there.

        Raises
        ------
        InputError
            If a column was not recorded.
        """
        return read_columns(self.folder, "runs", ("scenario", "run"), columns)

    def trajectories(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Outcomes by quarter; arguments as for `runs`.

        Returns
        -------
        DataFrame
            scenario, run, quarter (4 * year + quarter of the year - 1), and the outcomes kept.

        Raises
        ------
        InputError
            If a column was not recorded.
        """
        return read_columns(self.folder, "trajectories", ("scenario", "run", "quarter"), columns)

    def events(self) -> pd.DataFrame:
        """What happened: scenario, run, quarter, kind, country, power, channel, label, value."""
        return read_columns(self.folder, "events", (), None)

    def observables(self, scenario: str | None = None) -> pd.DataFrame:
        """What can be compared with what was observed, by calendar year.

        Recorded for the first runs of each scenario only; the manifest says how many, and what
        each column is.

        Parameters
        ----------
        scenario : str, optional
            Default: all of them.

        Returns
        -------
        DataFrame
            scenario, run, year, and a column an observable: ``measure.COUNTRY.POWER`` of the
            case's measures, and expected votes, ``vote_yes.TEXT.COUNTRY``. The first year is the
            base year, as the model gives it.

        Raises
        ------
        InputError
            If the case had no measures, or there is no such scenario.
        """
        if scenario is not None:
            check_scenario(self.folder, scenario, self.scenarios)
        data = store.dataset(self.folder, "observables")
        if data is None:
            raise InputError(f"{self.folder}: this result has no observables")
        chosen = None if scenario is None else ds.field("scenario") == scenario
        return data.to_table(filter=chosen).to_pandas()

    def quarters(self) -> pd.DataFrame:
        """Statistics over runs: scenario, quarter, outcome, n, mean, sd, q05, q25, q50, q75, q95.

        Empty if no trajectories were recorded.
        """
        path = self.folder / "quarters.parquet"
        table: pa.Table | None
        if path.is_file():
            table = store.table(path)
        else:  # an interrupted batch: from the runs it finished
            lengths = [(one["name"], one["quarters"]) for one in self.manifest["scenarios"]]
            table = statistics.quarter_statistics(self.folder, lengths)
        if table is None:
            names = ["scenario", "quarter", "outcome", "n", "mean", "sd", *statistics.QUANTILES]
            return pd.DataFrame(columns=names)
        return table.to_pandas()

    def summary(self, outcomes: Sequence[str] = ()) -> pd.DataFrame:
        """Medians over runs at the end of the horizon.

        Parameters
        ----------
        outcomes : sequence of str
            Outcomes or columns; default: the headline ones of countries and of the region.

        Returns
        -------
        DataFrame
            A row an outcome, its unit, and a column a scenario.
        """
        runs = self.runs(outcomes or usual_outcomes(self.manifest))
        by_name = runs.drop(columns="run").groupby("scenario", sort=False)
        return self._by_outcome(by_name.median())

    def _by_outcome(self, by_scenario: pd.DataFrame) -> pd.DataFrame:
        """A row an outcome, with its unit and a column a scenario."""
        table = by_scenario.T.reindex(columns=self.scenarios)
        table.insert(0, "unit", [self.unit(str(column)) for column in table.index])
        table.index.name, table.columns.name = "outcome", None
        return table

    def worst_tenth(self, outcomes: Sequence[str] = ("welfare",)) -> pd.DataFrame:
        """Mean over the worst tenth of runs at the end of the horizon (conditional value at risk).

        Parameters
        ----------
        outcomes : sequence of str
            Outcomes or columns of which less is worse.

        Returns
        -------
        DataFrame
            A row an outcome, its unit, and a column a scenario.
        """
        by_name = self.runs(outcomes).drop(columns="run").groupby("scenario", sort=False)

        def lowest(one: pd.Series[float]) -> float:
            return float(one.nsmallest(math.ceil(len(one) / 10)).mean())

        return self._by_outcome(by_name.agg(lowest))

    def effects(self) -> pd.DataFrame:
        """What the scenarios say they move, against the scenario they are compared with.

        Differences are paired: run i of one scenario less run i of the other, which share their
        draws. Where horizons differ, the end is the last quarter that both have, and a mean is over
        those that both have. Headlines whose other scenario, quarter or trajectory is not in the
        result are left out; `not_compared` says which.

        Returns
        -------
        DataFrame
            scenario, against, outcome, at, unit, said (up or down), difference (mean over runs),
            standard_error (Monte-Carlo), share_of_runs (that moved as said).
        """
        return pd.DataFrame([row for _, row, _ in self._headlines() if row])

    def not_compared(self) -> list[str]:
        """Headlines that `effects` leaves out, each with the reason, in words.

        Those whose other scenario was not run here are not told: to be compared, they would have
        to be asked for.
        """
        return [
            f"{what} is not compared: {reason}" for what, _, reason in self._headlines() if reason
        ]

    def _headlines(self) -> Iterator[tuple[str, dict[str, Any], str]]:
        """Each headline against its other scenario: what, the row or none, why there is none."""
        for scenario in self.manifest["scenarios"]:
            resolved = scenario["resolved"]
            for headline in resolved.get("headline", []):
                against = Path(headline.get("against") or resolved.get("extends") or "").stem
                if against not in self.scenarios:
                    continue
                names = [scenario["name"], against]
                first, last, both_end = self._common(names)
                column, at = headline["outcome"], headline["at"]
                what = f"{names[0]}: {column} at {at}"
                if at == "end" and not both_end:
                    at = quarters.name(last)
                values = self._at(column, at, first, last)
                if values is None:
                    kept = f"{column.split('.')[0]} was kept at the last quarter only"
                    yield what, {}, f"{kept}; run with --trajectories all"
                    continue
                pair = values.unstack("scenario").reindex(columns=names).dropna()
                if pair.empty:
                    yield what, {}, f"no run of both {names[0]} and {against} has that quarter"
                    continue
                difference = pair[scenario["name"]] - pair[against]
                said = 1 if headline["direction"] == "up" else -1
                row = {
                    "scenario": scenario["name"],
                    "against": against,
                    "outcome": column,
                    "at": at,
                    "unit": self.unit(column),
                    "said": headline["direction"],
                    "difference": difference.mean(),
                    "standard_error": difference.sem(),
                    "share_of_runs": (said * difference > 0).mean(),
                }
                yield what, row, ""

    def _common(self, names: Sequence[str]) -> tuple[int, int, bool]:
        """First and last quarter that all these scenarios have, and do they all end with it."""
        spans = []
        for one in self.manifest["scenarios"]:
            if one["name"] in names:
                start = quarters.parse(one["start"])
                spans.append((start, start + one["quarters"] - 1))
        starts, ends = zip(*spans, strict=True)
        return max(starts), min(ends), len(set(ends)) == 1

    def _at(self, column: str, at: str, first: int, last: int) -> pd.Series[float] | None:
        """A column at a quarter, at the end or as a mean over quarters, by scenario and run.

        None if it was not kept.
        """
        if at == "end":
            return self.runs([column]).set_index(["scenario", "run"])[column]
        try:
            table = self.trajectories([column])
        except InputError:
            return None
        if at == "mean":
            table = table[table["quarter"].between(first, last)]
        else:
            table = table[table["quarter"] == quarters.parse(at)]
        return table.groupby(["scenario", "run"], observed=True)[column].mean()

    def plot(
        self, out: str | Path | None = None, outcomes: Sequence[str] | None = None
    ) -> list[Path]:
        """Draw the pictures of this result.

        Parameters
        ----------
        out : path, optional
            Folder for the pictures; default: `pictures` in the results folder.
        outcomes : sequence of str, optional
            Outcomes to draw; default: the headline ones.

        Returns
        -------
        list of Path
            The files made.

        Raises
        ------
        InputError
            If an outcome is unknown, or the folder cannot be written to.
        """
        # Pictures stand on a floor above this one, so they are fetched by name when asked for.
        pictures: list[Path] = import_module("sim.picture").plot_result(
            self, out=out, outcomes=outcomes
        )
        return pictures

    def __repr__(self) -> str:
        return (
            f"Result({str(self.folder)!r}: {', '.join(self.scenarios)}; "
            f"{self.manifest['runs']} runs each, seed {self.manifest['seed']}, "
            f"{self.manifest['status']})"
        )

    def _repr_html_(self) -> str:
        return result_card(self)
