"""The case as one object: found by name, read once, built, checked and shown."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sim.case.build import all_names, build, noise
from sim.case.card import case_card
from sim.case.check import check
from sim.case.geography import Geography, geography
from sim.case.posterior import POSTERIOR, Posterior, read_posterior
from sim.case.schema import DRAWN, TABLES
from sim.case.shelves import shelves
from sim.case.show import show
from sim.case.tables import Table, choice, read_tables, read_text, shown, shown_once
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.world import Array, Names, World

HEAD = "case.toml"
_KEYS = ("title", "description", "as_of", "bases")
_PARAMETERS = ("point", "posterior")  # which values of the parameters runs take, but for a file


@dataclass(frozen=True)
class Case:
    """Tables of actors, routes and figures, with where each figure comes from."""

    name: str
    folder: Path
    title: str
    description: str
    as_of: int  # default base quarter
    bases: tuple[int, ...]  # base quarters that `check` builds, the default among them
    tables: Mapping[str, Table] = field(repr=False)

    @property
    def names(self) -> Names:
        """Codes of all that the tables hold, simulated or not, in the order of the files."""
        return all_names(self.tables)

    def table(self, name: str) -> Table:
        """One of the tables.

        Raises
        ------
        InputError
            If there is no table of that name.
        """
        if name not in self.tables:
            raise InputError(f"case {self.name} has no such table: {choice(name, [*self.tables])}")
        return self.tables[name]

    def with_table(self, table: Table) -> Case:
        """The same case with one of its tables replaced, or a table that it does without added."""
        return replace(self, tables={**self.tables, table.name: table})

    def build(
        self,
        as_of: str | int | None = None,
        countries: Sequence[str] | None = None,
        powers: Sequence[str] | None = None,
    ) -> World:
        """The arrays of a base quarter, built when first asked for; see `sim.case.build.build`.

        Parameters
        ----------
        as_of : str or int, optional
            Base quarter, as ``"2014Q4"`` or its number; default: the case's own.
        countries, powers : sequence of str, optional
            Those simulated; default: the core countries, and all powers.

        Raises
        ------
        InputError
            If the tables do not give a complete world, or a name or quarter is wrong.

        Returns
        -------
        World
            Its arrays are read-only, because others share them.
        """
        base = quarters.parse(as_of) if isinstance(as_of, str) else as_of
        base = self.as_of if base is None else base
        members = tuple(None if codes is None else tuple(codes) for codes in (countries, powers))
        if (base, members) not in self._worlds:
            world = build(self.tables, base, countries, powers)
            _protect(world)
            self._worlds[base, members] = world
        return self._worlds[base, members]

    @cached_property
    def _worlds(self) -> dict[tuple[int, tuple[tuple[str, ...] | None, ...]], World]:
        """Worlds built so far; compiling chunk after chunk needs the same one again."""
        return {}

    def noise(self, world: World) -> tuple[dict[str, Array], dict[str, Array]]:
        """Persistence and noise of the drivers with noise; see `sim.case.build.noise`.

        They are built when first asked for; the arrays are read-only, because others share them.
        """
        key = (world.base, world.names)
        if key not in self._noises:
            found = noise(self.tables, world)
            for arrays in found:
                _protect(arrays)
            self._noises[key] = found
        return self._noises[key]

    @cached_property
    def _noises(self) -> dict[tuple[int, Names], tuple[dict[str, Array], dict[str, Array]]]:
        """Noise built so far, as `_worlds`."""
        return {}

    @cached_property
    def posterior(self) -> Posterior | None:
        """Draws of the parameters that come with the case, read when first asked for.

        Raises
        ------
        InputError
            If its file cannot be used.
        """
        path = self.folder / POSTERIOR
        return read_posterior(path) if path.exists() else None

    @cached_property
    def geography(self) -> Geography | None:
        """Where countries, powers and routes lie, for a map; None in a case without that table.

        Raises
        ------
        InputError
            If a table of the map cannot be used.
        """
        return geography(self.tables)

    def draws(self, parameters: str | Path | Posterior) -> Posterior | None:
        """Draws of the parameters that runs are to take; None for the centres.

        Parameters
        ----------
        parameters : "point", "posterior", path or Posterior
            Centres; the case's posterior, or the centres if it has none; the draws of a
            ``.parquet`` file; or the draws themselves.

        Raises
        ------
        InputError
            If it is none of these, or the file cannot be used.
        """
        if isinstance(parameters, Posterior):
            return parameters
        if parameters == "posterior":
            return self.posterior
        if parameters == "point":
            return None
        if Path(parameters).suffix != ".parquet":
            found = choice(str(parameters), _PARAMETERS)
            raise InputError(f"parameters: {found}; or the path of a .parquet file of draws")
        return read_posterior(parameters)

    def check(self) -> list[str]:
        """Look for everything wrong with the figures and their sources.

        Returns
        -------
        list of str
            ``file:line: what is wrong``; empty if nothing is.
        """
        return [
            *self._strangers(),
            *self._draws_problem(),
            *self._map_problem(),
            *check(self.tables, self.bases),
        ]

    def _map_problem(self) -> Iterator[str]:
        """What keeps the tables of the map from being drawn."""
        try:
            _ = self.geography
        except InputError as error:
            yield str(error)

    def _draws_problem(self) -> Iterator[str]:
        """What makes the posterior that stands beside the tables unusable."""
        try:
            _ = self.posterior
        except InputError as error:
            yield str(error)

    def _strangers(self) -> Iterator[str]:
        """Tables that nobody reads, such as one whose name is misspelt."""
        for path in sorted(self.folder.glob("*.csv")):
            if path.stem not in TABLES:
                yield f"{shown(path)}: is no table of a case: {choice(path.stem, [*TABLES])}"

    def show(self, country: str | None = None) -> str:
        """The case for reading: one country with its sources, or an overview.

        Raises
        ------
        InputError
            If the country is not in the case.
        """
        title = f"{self.title}, as of {quarters.name(self.as_of)}"
        return show(self.tables, title, self.description, self.as_of, country)

    def __repr__(self) -> str:
        return f"Case({self.name!r}: {self.title}, as of {quarters.name(self.as_of)})"

    def _repr_html_(self) -> str:
        return case_card(self)

    def hash(self) -> str:
        """SHA-256 of the files that runs depend on, which tells two versions of a case apart."""
        digest = hashlib.sha256((self.folder / HEAD).read_bytes())
        for table in (one for name, one in self.tables.items() if name not in DRAWN):
            digest.update(table.path.read_bytes())
        if (self.folder / POSTERIOR).exists():
            digest.update((self.folder / POSTERIOR).read_bytes())
        return digest.hexdigest()


def _protect(part: Any) -> None:
    """Make every array below read-only."""
    if isinstance(part, np.ndarray):
        part.setflags(write=False)
    elif isinstance(part, dict):
        for one in part.values():
            _protect(one)
    elif is_dataclass(part):
        for one in fields(part):
            _protect(getattr(part, one.name))


def load_case(name_or_path: str | Path) -> Case:
    """Find a case and read its tables.

    Parameters
    ----------
    name_or_path : str or Path
        The name of a folder in ``./calibration`` or among the cases that come with multivector,
        or the path of a folder that holds ``case.toml``.

    Raises
    ------
    InputError
        If there is no such case, or a file of it is wrong.
    """
    folder = find_case(name_or_path)
    head = read_head(folder / HEAD)
    as_of = quarters.parse(head["as_of"])
    return Case(
        name=folder.resolve().name,
        folder=folder,
        title=head["title"],
        description=head["description"],
        as_of=as_of,
        bases=tuple(dict.fromkeys([as_of, *map(quarters.parse, head.get("bases", []))])),
        tables=read_tables(folder),
    )


def find_case(name_or_path: str | Path) -> Path:
    """The folder of a case; see `load_case`.

    Raises
    ------
    InputError
        If there is no such case.
    """
    text = str(name_or_path)
    for folder in [shelf / text for shelf in shelves("calibration") if text] + [Path(text)]:
        if text and (folder / HEAD).is_file():
            return folder
    raise InputError(
        f"case: {choice(text, known_cases())}; or the path of a folder with a {HEAD} (looked in "
        f"{shown_once(shelves('calibration'))})"
    )


def known_cases() -> list[str]:
    """Names of the cases in ``./calibration`` and of those that come with multivector."""
    return sorted(
        {path.parent.name for shelf in shelves("calibration") for path in shelf.glob(f"*/{HEAD}")}
    )


def read_head(path: Path) -> dict[str, Any]:
    """The contents of ``case.toml``, with every key checked.

    Raises
    ------
    InputError
        If it cannot be read, or a key is wrong.
    """
    where, text = shown(path), read_text(path)
    try:
        head = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not all that tomllib raises is its own error
        raise InputError(f"{where}: is not TOML: {error}") from None
    for key in head:
        if key not in _KEYS:
            raise InputError(f"{where}: no such key: {choice(key, _KEYS)}")
    for key in ("title", "description", "as_of"):
        if not isinstance(head.get(key), str):
            raise InputError(f"{where}: key {key!r}: found {head.get(key)!r}; a text is needed")
    bases = head.get("bases", [])
    if not (isinstance(bases, list) and all(isinstance(base, str) for base in bases)):
        raise InputError(f"{where}: key 'bases': found {bases!r}; a list of quarters is needed")
    for key in ("as_of", "bases"):
        for text in [head[key]] if key == "as_of" else bases:
            try:
                quarters.parse(text)
            except InputError as error:
                raise InputError(f"{where}: key {key!r}: {error}") from None
    return head
