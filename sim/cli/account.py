"""One run in words: a block of lines a quarter, what happened in it, and how it ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, float]  # column of an outcome (`leverage.AAA.BBB`) to its value
Event = Mapping[str, Any]  # a row of the event log

# What `Account` reads.
OUTCOMES = ("position", "autonomy", "output", "leverage", "cohesion", "announced", "gdp_usd")

_SENTENCES = {
    "complied": "{power} threatens {country} over {channel} ({value:.1%} of GDP at stake): "
    "{country} complies",
    "backed_down": "{power} threatens {country} over {channel} ({value:.1%} of GDP at stake): "
    "{country} refuses, {power} backs down",
    "imposed": "{power} threatens {country} over {channel} ({value:.1%} of GDP at stake): "
    "{country} refuses, {power} carries it out",
    "deal": "{power} and {country} announce deals of USD {value:.2f} bn",
    "vote": "{country} votes{on}: {label}",
}
_COUNTS = {
    "complied": "complied with",
    "backed_down": "refused and dropped",
    "imposed": "refused and carried out",
}


@dataclass
class Account:
    """Tells a run as it is played.

    Parameters
    ----------
    countries : mapping of str to str
        Codes and names of the countries to tell of.
    powers, channels : mapping of str to str
        Codes and names.
    quiet : bool
        Leave out quarters in which nothing happened, and the standing of countries.
    """

    countries: Mapping[str, str]
    powers: Mapping[str, str]
    channels: Mapping[str, str]
    quiet: bool = False
    _first: tuple[str, Values] | None = None
    _last: tuple[str, Values] | None = None
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _deals: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))  # USD bn

    def tell(
        self, quarter: str, values: Values, events: Sequence[Event], news: Sequence[str] = ()
    ) -> Iterator[str]:
        """Lines about a quarter.

        Parameters
        ----------
        quarter : str
            Its name.
        values : mapping of str to float
            The columns of `OUTCOMES`.
        events : sequence of mapping
            What happened in it: rows of the event log.
        news : sequence of str
            What the scenario brings in it.
        """
        before = self._last[1] if self._last else {}
        for country in self.countries:
            for column in (f"announced.{country}.{power}" for power in self.powers):
                new = values[column] - before.get(column, 0.0)
                self._deals[country] += new * values[f"gdp_usd.{country}"]
        self._first = self._first or (quarter, values)
        self._last = (quarter, values)
        happened = [event for event in events if event["country"] in self.countries]
        for event in happened:
            self._counts[event["country"], event["kind"]] += 1
        if self.quiet and not happened and not news:
            return
        yield f"{quarter}  joint voice of the region {values['cohesion']:.2f}"
        if not self.quiet:
            yield from map(self._standing, self.countries)
        for line in news:
            yield f"  > {line}"
        several = any(event["kind"] == "vote" and event["value"] > 0 for event in happened)
        for event in happened:
            yield f"  * {self._sentence(event, several)}"

    def _standing(self, country: str) -> str:
        assert self._last is not None
        values = self._last[1]
        leverage = {power: values[f"leverage.{country}.{power}"] for power in self.powers}
        strongest = max(leverage, key=lambda power: leverage[power])
        return (
            f"  {self.countries[country]:{self._width}}"
            f"  position {values[f'position.{country}']:+z.3f}"
            f"  autonomy {values[f'autonomy.{country}']:.3f}"
            f"  output {100 * values[f'output.{country}']:+z5.1f}%"
            f"  most leverage {self.powers[strongest]} {leverage[strongest]:.1%} of GDP"
        )

    @property
    def _width(self) -> int:
        return max(map(len, self.countries.values()))

    def _sentence(self, event: Event, several_votes: bool) -> str:
        names = {
            "on": f" on resolution {event['value'] + 1:.0f}" if several_votes else "",
            "country": self.countries[event["country"]],
            "power": self.powers.get(event["power"], event["power"]),
            "channel": self.channels.get(event["channel"], event["channel"]).lower(),
        }
        pattern = _SENTENCES.get(event["kind"], "{country}: {kind} {label} {value:.3g}")
        return pattern.format(**{**event, **names})

    def ending(self) -> Iterator[str]:
        """Lines about the whole run: where countries began and ended, and what was counted."""
        assert self._first is not None
        assert self._last is not None
        (start, first), (end, last) = self._first, self._last
        yield f"From {start} to {end}"
        for country, name in self.countries.items():
            position, autonomy = f"position.{country}", f"autonomy.{country}"
            yield (
                f"  {name:{self._width}}"
                f"  position {first[position]:+z.3f} to {last[position]:+z.3f}"
                f"  autonomy {first[autonomy]:.3f} to {last[autonomy]:.3f}"
                f"  output {100 * last[f'output.{country}']:+z.1f}%"
                f"  deals USD {self._deals[country]:.1f} bn"
            )
            counts = {kind: self._counts[country, kind] for kind in _COUNTS}
            told = ", ".join(f"{counts[kind]} {text}" for kind, text in _COUNTS.items())
            yield f"  {'':{self._width}}  threats {sum(counts.values())}: {told}"
