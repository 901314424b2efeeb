"""Names that readers know for what tables hold by code: countries, powers, measures, moments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.case import Case
from sim.experiment.reading import in_words
from sim.picture.style import FAINT, Actor


def source(manifest: Mapping[str, Any]) -> str:
    """Program that made a result, its case and base quarter, for captions."""
    case, version = manifest["case"], manifest["versions"]["multivector"]
    return f"multivector {version}, case {case['title']} (base {case['as_of']})"


@dataclass(frozen=True)
class Measure:
    """A kind of observed figure: its title and unit."""

    title: str
    unit: str


@dataclass(frozen=True)
class Moment:
    """What a moment of the record is a moment of; blank where it has none."""

    measure: str
    country: str
    power: str
    text: str
    source: str = ""


@dataclass(frozen=True)
class Labels:
    """Names by code; a code that has none stands for itself.

    Attributes
    ----------
    countries, powers : mapping of str to Actor
    measures : mapping of str to Measure
    texts : mapping of str to str
        Families of resolutions.
    moments : mapping of str to Moment
    publishers : mapping of str to str
        Of sources.
    """

    countries: Mapping[str, Actor] = field(default_factory=dict)
    powers: Mapping[str, Actor] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    moments: Mapping[str, Moment] = field(default_factory=dict)
    publishers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case) -> Labels:
        """The names that a case gives."""

        def actors(table: str, key: str) -> dict[str, Actor]:
            return {
                row[key]: Actor(row[key], row["name"], row["colour"] or FAINT)
                for row in case.table(table)
            }

        return cls(
            countries=actors("countries", "country"),
            powers=actors("powers", "power"),
            measures={
                row["measure"]: Measure(row["title"], row["unit"])
                for row in case.tables.get("measures", ())
            },
            texts={row["text"]: row["name"] for row in case.tables.get("texts", ())},
            moments={
                row["target"]: Moment(
                    row["measure"], row["country"], row["power"], row["text"], row["source"]
                )
                for row in case.tables.get("targets", ())
            },
            publishers={
                row["id"]: row["publisher"] or row["title"]
                for row in case.tables.get("sources", ())
            },
        )

    def country(self, code: str) -> Actor:
        """A country; one without a name is called by its code."""
        return self.countries.get(code, Actor(code, code))

    def power(self, code: str) -> Actor:
        """A power; one without a name is called by its code."""
        return self.powers.get(code, Actor(code, code))

    def measure(self, code: str) -> Measure:
        """A measure; one without a title is called by its code."""
        return self.measures.get(code, Measure(in_words(code), ""))

    def text(self, code: str) -> str:
        """A family of resolutions."""
        return self.texts.get(code, in_words(code))

    def moment(self, name: str) -> Moment:
        """A moment; one that the case does not know is a measure of its own."""
        return self.moments.get(name, Moment(name, "", "", ""))

    def of_moment(self, moment: Moment, whole: bool = True) -> str:
        """What a moment is of, less its country: the text, the power, or the whole measure."""
        if moment.text:
            return self.text(moment.text)
        if moment.power and not whole:
            return self.power(moment.power).name
        return self.title(moment.measure, moment.power)

    def of_target(self, name: str) -> str:
        """A moment in words, with country and years; one that is not known by its name."""
        if name not in self.moments:
            return in_words(name)
        moment = self.moments[name]
        country = f", {self.country(moment.country).name}" if moment.country else ""
        years = [part for part in name.split("_")[-2:] if part.isdigit()]
        return f"{self.of_moment(moment)}{country}, {chr(8211).join(years)}"

    def title(self, measure: str, power: str) -> str:
        """The title of a measure, of a power if there is one."""
        title = self.measure(measure).title
        if not power:
            return title
        name = self.power(power).name
        return title.replace("a power", name) if "a power" in title else f"{title}, {name}"

    def credit(self, sources: Iterable[str]) -> str:
        """A sentence that names the publishers of observed figures; several share a cell by ;."""
        found = dict.fromkeys(one for cell in sources for one in cell.split(";") if one)
        names = dict.fromkeys(self.publishers.get(one, one) for one in found)
        return f"Observed figures after: {'; '.join(names)}." if names else ""

    def parts(self, observable: str) -> tuple[str, str, str]:
        """Measure, country and power of ``measure.COUNTRY.POWER``, blank where it has none."""
        measure, country, power = (*observable.split("."), "", "")[:3]
        return measure, country, power


def sentence(text: str) -> str:
    """The same words with a capital first."""
    return text[:1].upper() + text[1:]
