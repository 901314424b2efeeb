"""The results that a report is about: opened, sorted by kind and checked to be of one case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.drawn import case_of
from sim.case import Case
from sim.core.errors import InputError
from sim.experiment import catalogue
from sim.experiment.result import Result
from sim.experiment.sweep_result import Sweep


@dataclass(frozen=True)
class Study:
    """A fit or a hindcast.

    Attributes
    ----------
    folder : Path
    manifest : dict
    """

    folder: Path
    manifest: dict[str, Any]

    def table(self, name: str) -> pd.DataFrame:
        """One of its tables; empty if it has none of that name."""
        path = self.folder / f"{name}.csv"
        return pd.read_csv(path, keep_default_na=True) if path.is_file() else pd.DataFrame()


@dataclass(frozen=True)
class Told:
    """A scenario of a batch, as the report speaks of it.

    Attributes
    ----------
    result : Result
    entry : dict
        What the manifest says about it.
    label : str
        How it is called; no other has the same.
    """

    result: Result
    entry: dict[str, Any]
    label: str

    @property
    def name(self) -> str:
        """Its name in its batch."""
        return str(self.entry["name"])

    @property
    def quoted(self) -> str:
        """The label as it stands in a sentence."""
        return f"“{self.label}”"

    @cached_property
    def finished(self) -> NDArray[np.int64]:
        """Numbers of its finished runs."""
        first = self.result.manifest["outcomes"][0]["name"]
        try:
            runs = self.result.runs([first])
        except InputError:  # none is finished
            return np.array([], dtype=np.int64)
        return runs.loc[runs["scenario"] == self.name, "run"].to_numpy(dtype=np.int64)

    @property
    def extends(self) -> str:
        """Name of the scenario that it extends; blank if it extends none."""
        return Path(self.entry["resolved"].get("extends") or "").stem


@dataclass(frozen=True)
class Material:
    """All that a report is about, of one case; at least a batch or a sweep."""

    batches: tuple[Result, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    fits: tuple[Study, ...] = ()
    hindcasts: tuple[Study, ...] = ()

    @property
    def first(self) -> Result | Sweep:
        """The main result."""
        return self.batches[0] if self.batches else self.sweeps[0]

    @property
    def manifest(self) -> dict[str, Any]:
        """Of the main result."""
        return self.first.manifest

    @property
    def folders(self) -> list[tuple[str, Path, dict[str, Any]]]:
        """Kind, folder and manifest of every result, batches first."""
        return [
            *(("batch", one.folder, one.manifest) for one in self.batches),
            *(("sweep", one.folder, one.manifest) for one in self.sweeps),
            *(("fit", one.folder, one.manifest) for one in self.fits),
            *(("hindcast", one.folder, one.manifest) for one in self.hindcasts),
        ]

    @cached_property
    def case(self) -> Case | None:
        """The case, if it is still at hand."""
        return case_of(self.first)

    @property
    def case_hash(self) -> str:
        """Hash of the case that the main result was made with."""
        return str(self.manifest["case"].get("hash", ""))

    @cached_property
    def scenarios(self) -> tuple[Told, ...]:
        """Scenarios of all batches, in order; one that two batches hold is told apart by folder."""
        found = [(result, entry) for result in self.batches for entry in one_each(result)]
        shorts = [str(entry["title"]).split(":")[0] for _, entry in found]
        labels = []
        for (result, entry), short in zip(found, shorts, strict=True):
            label = short if shorts.count(short) == 1 else str(entry["title"])
            titles = [str(other["title"]) for _, other in found]
            if shorts.count(short) > 1 and titles.count(str(entry["title"])) > 1:
                label = f"{short} ({entry['name']} in {result.folder.name})"
            labels.append(label)
        return tuple(Told(*one, label) for one, label in zip(found, labels, strict=True))

    def baseline(self, told: Told) -> tuple[Told | None, str]:
        """The scenario that one is compared with, and a remark where that is not what it extends.

        What it extends, in the same batch or another; else what that extends, and so on; else the
        first of its batch.
        """
        mine = [one for one in self.scenarios if one.result is told.result]
        ordered = [*mine, *(one for one in self.scenarios if one.result is not told.result)]
        by_name: dict[str, Told] = {}
        for one in ordered:
            by_name.setdefault(one.name, one)
        name, passed = told.extends, {told.name}
        while name and name not in passed:
            passed.add(name)
            if name in by_name:
                remark = ""
                if name != told.extends:
                    remark = (
                        f"It extends {told.extends}, which is not among the results; it is "
                        f"compared with {by_name[name].quoted}, which that extends."
                    )
                return by_name[name], remark
            name = extended_by(name)
        if mine[0] is told:
            return None, ""
        remark = (
            "What it extends is not among the results" if told.extends else "It extends nothing"
        )
        return mine[0], f"{remark}; it is compared with the first scenario beside it."


def one_each(result: Result) -> list[dict[str, Any]]:
    """Entries of a batch's scenarios."""
    return list(result.manifest["scenarios"])


def extended_by(name: str) -> str:
    """Name of what a scenario that can be loaded by name extends; blank if that is not known."""
    from sim.scenario import load_scenario

    try:
        base = load_scenario(name).base
    except InputError:
        return ""
    return base.name if base is not None else ""


def read_material(folders: Iterable[str | Path]) -> Material:
    """Open results and sort them by kind.

    Parameters
    ----------
    folders : iterable of path
        Of batches, sweeps, fits and hindcasts; at least one batch or sweep.

    Raises
    ------
    InputError
        If a folder is missing, holds no result or was given twice, there is neither a batch nor a
        sweep, or the results are of different cases.
    """
    batches: list[Result] = []
    sweeps: list[Sweep] = []
    fits: list[Study] = []
    hindcasts: list[Study] = []
    seen: set[Path] = set()
    for folder in map(Path, folders):
        if folder.resolve() in seen:
            raise InputError(f"{folder}: this result was given twice")
        seen.add(folder.resolve())
        kind, manifest = catalogue.read(folder)
        if kind == "batch":
            batches.append(Result(folder))
        elif kind == "sweep":
            sweeps.append(Sweep(folder))
        else:
            (fits if kind == "fit" else hindcasts).append(Study(folder, manifest))
    if not batches and not sweeps:
        raise InputError(
            "a report needs the result of a batch or a sweep; found "
            + (", ".join(str(one.folder) for one in (*fits, *hindcasts)) or "none")
        )
    material = Material(tuple(batches), tuple(sweeps), tuple(fits), tuple(hindcasts))
    _check_case(material.folders)
    return material


def _check_case(found: Sequence[tuple[str, Path, dict[str, Any]]]) -> None:
    """Refuse results of different cases; fits and hindcasts may be of another state of it."""
    _, first, manifest = found[0]
    case = manifest["case"]
    for kind, folder, other in found[1:]:
        own = other.get("case", {})
        same = own.get("name") == case.get("name")
        if kind in ("batch", "sweep"):
            same = same and own.get("hash") == case.get("hash")
        if not same:
            told = [
                f"{folder} ({one.get('name')}, hash {str(one.get('hash', ''))[:12]})"
                for folder, one in ((first, case), (folder, own))
            ]
            raise InputError(
                f"a report is about one case; these are of different ones: {' and '.join(told)}"
            )
