"""Names in words for what results hold by code: outcomes, actors, units, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.core.errors import InputError
from sim.experiment.reading import AXES, unit_of, usual_outcomes
from sim.scenario.problems import listed, nearest


class Names:
    """The words of one case.

    Parameters
    ----------
    manifest : mapping
        Of the main batch or sweep, whose usual outcomes are shown where none are named.
    *others : mapping
        Of others of the same case, which may have recorded other outcomes.
    """

    def __init__(self, manifest: Mapping[str, Any], *others: Mapping[str, Any]) -> None:
        self.manifest = manifest
        self.outcomes: dict[str, dict[str, Any]] = {}
        for own in (manifest, *others):
            for one in own["outcomes"]:
                self.outcomes.setdefault(one["name"], one)
        self._actors = {
            axis: {one["code"]: one["name"] for one in manifest["case"].get(table, [])}
            for axis, table in AXES.items()
        }
        self._any = {
            code: name for actors in self._actors.values() for code, name in actors.items()
        }

    def actor(self, code: str, axis: str = "") -> str:
        """Name of a country, power, channel, route, sector or text; a code without one is kept."""
        known = self._actors.get(axis) if axis else self._any
        return str((known or {}).get(code, code))

    @property
    def countries(self) -> dict[str, str]:
        """Names of countries by code, in the order of the case."""
        return self._actors["country"]

    def axes(self, column: str) -> dict[str, str]:
        """Codes of a column by axis."""
        name, *codes = column.split(".")
        axes: Sequence[str] = self.outcomes.get(name, {}).get("axes", ())
        return dict(zip(axes, codes, strict=False))

    def outcome(self, column: str, without: str = "") -> str:
        """An outcome's column in words: ``leverage (Kazakhstan, Russia)``.

        Parameters
        ----------
        column : str
        without : str
            An axis that is said elsewhere.
        """
        words = column.split(".")[0].replace("_", " ")
        actors = [
            self.actor(code, axis) for axis, code in self.axes(column).items() if axis != without
        ]
        return f"{words} ({', '.join(actors)})" if actors else words

    def meaning(self, column: str) -> str:
        """What an outcome means."""
        return str(self.outcomes.get(column.split(".")[0], {}).get("meaning", ""))

    def unit(self, column: str) -> str:
        """Unit of an outcome's column; blank if there is no such outcome."""
        if column.split(".")[0] not in self.outcomes:
            return ""
        known = {"outcomes": list(self.outcomes.values()), "case": self.manifest["case"]}
        return unit_of(known, column)

    def check_countries(self, codes: Sequence[str]) -> list[str]:
        """Codes of countries, each once.

        Raises
        ------
        InputError
            If one is none of the case's.
        """
        found = []
        for code in codes:
            if code not in self.countries:
                raise InputError(
                    f"there is no country {code!r}{nearest(code, self.countries)} "
                    f"{listed('countries', self.countries)}"
                )
            found.append(code)
        return list(dict.fromkeys(found))

    def check_outcomes(self, chosen: Sequence[str]) -> list[str]:
        """Names of outcomes or columns, each once; none given: the usual ones.

        Raises
        ------
        InputError
            If one was not recorded, or a column names what its outcome is not about.
        """
        for name in chosen:
            outcome, *codes = name.split(".")
            if outcome not in self.outcomes:
                raise InputError(f"there is no outcome {name!r}{nearest(name, self.outcomes)}")
            axes = self.outcomes[outcome]["axes"]
            if codes and len(codes) != len(axes):
                form = ".".join((outcome, *(axis.upper() for axis in axes)))
                raise InputError(f"there is no outcome {name!r}: its columns are named {form}")
            for axis, code in zip(axes, codes, strict=False):
                known = self._actors.get(axis)
                if known is not None and code not in known:
                    raise InputError(
                        f"outcome {name!r}: there is no {axis} {code!r}{nearest(code, known)} "
                        f"{listed(AXES[axis], known)}"
                    )
        return list(dict.fromkeys(chosen)) or usual_outcomes(self.manifest)

    def about(self, column: str, countries: Sequence[str]) -> bool:
        """Whether a column is about one of the countries, or about none in particular."""
        return self.axes(column).get("country", countries[0] if countries else "") in countries


def when(at: str) -> str:
    """A time as it reads in a sentence."""
    return "on average over the quarters" if at == "mean" else f"in {at}"
