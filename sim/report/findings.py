"""What scenarios change and where outcomes stand: tables of estimates, and sentences from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from sim.analysis.comparison import FALSE_DISCOVERIES, comparison
from sim.analysis.monte_carlo import COVERAGE, draws_of, width
from sim.core.errors import InputError
from sim.report.material import Material, Told
from sim.report.names import Names, when
from sim.report.numbers import (
    between,
    counted,
    of_unit,
    percent,
    rounded,
    share_of_runs,
)

SMALL = 0.2  # standard deviations over runs, below which an effect is called small (Cohen 1988)
FEW_RUNS = 100  # below which a report says that they are few
_SHOWN = (0.05, 0.95)  # quantiles of runs
_KEPT = ("complied", "backed_down", "imposed", "deal")
MET, NOT_MET, UNTOLD, SAME = (
    "as expected",
    "against what is expected",
    "not told from chance",
    "no run differs",
)


@dataclass(frozen=True)
class Differences:
    """Paired differences of all scenarios against what each is compared with.

    Attributes
    ----------
    table : DataFrame
        As `sim.analysis.comparison.comparison` gives it, a row a scenario, outcome and time, with
        scenario and against as places in `Material.scenarios`, and besides: standard_error
        (Monte-Carlo), expected (up, down or blank), because, apart (whether the mean difference is
        told from zero, given how many were tested in the whole report).
    untold : list of str
        What could not be compared, and why, a sentence each.
    tested, excluding, by_chance : int
        Differences that vary over runs; those whose interval leaves out zero; how many would if
        nothing differed.
    """

    table: pd.DataFrame
    untold: tuple[str, ...]
    tested: int
    excluding: int
    by_chance: int


def differences(
    material: Material, outcomes: Sequence[str], countries: Sequence[str], names: Names
) -> Differences:
    """Compare every scenario with its baseline, run by run.

    Parameters
    ----------
    material : Material
    outcomes : sequence of str
        Outcomes or columns that are compared at the last quarter.
    countries : sequence of str
        Codes of those that are shown; what scenarios expect is shown in any case.
    names : Names
    """
    parts, untold = [], []
    for place, told in enumerate(material.scenarios):
        against, _ = material.baseline(told)
        for headline in told.entry["resolved"].get("headline", ()):
            other = _against(material, told, against, headline)
            if other is None:
                untold.append(
                    f"What {told.quoted} expects of {names.outcome(headline['outcome'])} is not "
                    "shown: the scenario that it is held against, "
                    f"{_held_against(told, headline)}, is not among the results."
                )
                continue
            try:
                found = _compared(material, told, other, [headline["outcome"]], headline["at"])
            except InputError as error:
                untold.append(
                    f"What {told.quoted} expects of {names.outcome(headline['outcome'])} is not "
                    f"shown: {_lacking(told, other, headline) or _reason(error)}."
                )
                continue
            found["expected"] = headline["direction"]
            found["because"] = headline.get("because", "")
            parts.append(found.assign(scenario=place))
        if against is None:
            continue
        try:
            found = _compared(material, told, against, _there(told, against, outcomes), "end")
        except InputError as error:
            untold.append(f"{told.quoted} is not compared: {_reason(error)}.")
            continue
        mine = [names.about(column, countries) for column in found["outcome"]]
        parts.append(found[mine].assign(scenario=place, expected="", because=""))
    if not parts:
        return Differences(pd.DataFrame(), tuple(dict.fromkeys(untold)), 0, 0, 0)
    table = pd.concat(parts, ignore_index=True)
    table = table.drop_duplicates(["scenario", "against", "outcome", "at"], ignore_index=True)
    return _adjusted(table, tuple(dict.fromkeys(untold)))


def _against(
    material: Material, told: Told, usual: Told | None, headline: Mapping[str, Any]
) -> Told | None:
    """What a scenario's expectation is held against: what it names, else what it extends.

    Nothing else will do: what is expected of a change is not expected of several at once.
    """
    named = _held_against(told, headline)
    if not named:
        return usual
    there = [one for one in material.scenarios if one.name == named]
    return next((one for one in there if one.result is told.result), there[0] if there else None)


def _held_against(told: Told, headline: Mapping[str, Any]) -> str:
    """Name of what a scenario's expectation is held against; blank if it names and extends none."""
    return Path(headline.get("against") or "").stem or told.extends


def _lacking(told: Told, against: Told, headline: Mapping[str, Any]) -> str:
    """Why what is expected in a quarter cannot be seen: it was not kept; blank if it was."""
    if headline["at"] == "end":
        return ""
    for side in (told, against):
        kept = {one["name"] for one in side.result.manifest["outcomes"] if one.get("by_quarter")}
        if headline["outcome"].split(".")[0] not in kept:
            return (
                f"{side.result.folder} did not keep it by quarter (run the batch with "
                "--trajectories all)"
            )
    return ""


def _reason(error: InputError) -> str:
    """The text of an error as the end of a sentence."""
    return str(error).rstrip(".?")


def _there(told: Told, against: Told, outcomes: Sequence[str]) -> list[str]:
    """Outcomes that both batches recorded."""
    return [
        name
        for name in outcomes
        if all(
            name.split(".")[0] in {one["name"] for one in side.result.manifest["outcomes"]}
            for side in (told, against)
        )
    ]


def _compared(
    material: Material, told: Told, against: Told, outcomes: Sequence[str], at: str
) -> pd.DataFrame:
    """The comparison of a pair, with Monte-Carlo standard errors."""
    table = comparison(
        told.result, against.result, told.name, against.name, outcomes=list(outcomes), at=at
    )
    both = np.intersect1d(told.finished, against.finished)
    degrees = len(np.unique(draws_of(told.result.manifest, both))) - 1
    table["standard_error"] = (table["high"] - table["low"]) / 2 / width(degrees)
    table["against"] = next(place for place, one in enumerate(material.scenarios) if one is against)
    return table


def _adjusted(table: pd.DataFrame, untold: tuple[str, ...]) -> Differences:
    """Say which differences are told from zero, given how many were looked at."""
    varies = (table["high"] > table["low"]).to_numpy()
    apart = np.array(~varies & (table["difference"] != 0))
    if varies.any():
        adjusted = stats.false_discovery_control(table.loc[varies, "p"].fillna(1.0))
        apart[varies] = adjusted <= FALSE_DISCOVERIES
    excluding = varies & ((table["low"] > 0) | (table["high"] < 0)).to_numpy()
    tested = int(varies.sum())
    by_chance = round((1 - COVERAGE) * tested)
    return Differences(table.assign(apart=apart), untold, tested, int(excluding.sum()), by_chance)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Lines of a table, each by the names of its columns."""
    return [dict(row) for row in table.to_dict("records")]  # type: ignore[arg-type]


def verdict(row: Mapping[str, Any]) -> str:
    """Whether what a scenario expects came about."""
    if row["equal"] == 1:
        return SAME
    if not row["apart"]:
        return UNTOLD
    return MET if (row["difference"] > 0) == (row["expected"] == "up") else NOT_MET


def moving(row: Mapping[str, Any]) -> float:
    """Share of runs that move the way the mean does."""
    above, equal = float(row["above"]), float(row["equal"])
    if row["difference"] == 0:
        return float("nan")
    return above if row["difference"] > 0 else 1 - above - equal


def size(row: Mapping[str, Any]) -> float:
    """Size of an effect to sort by: standard deviations, infinite ones first, none last."""
    effect = abs(float(row["effect"]))
    return -1.0 if np.isnan(effect) else effect


def sentence(row: Mapping[str, Any], scenarios: Sequence[Told], names: Names) -> str:
    """A difference in a sentence or two, with its uncertainty, and honest about what it is worth.

    Parameters
    ----------
    row : mapping
        Of `Differences.table`.
    scenarios : sequence of Told
    names : Names
    """
    scenario, against = scenarios[row["scenario"]].quoted, scenarios[row["against"]].quoted
    what = f"{names.outcome(row['outcome'])} {when(row['at'])}"
    if row["equal"] == 1:
        return f"In {scenario}, {what} is the same as in {against}, run by run."
    unit, error = str(row["unit"]), float(row["standard_error"])
    amount = of_unit(rounded(abs(row["difference"]), error), unit)
    direction = "higher" if row["difference"] > 0 else "lower"
    runs = between(row["spread_low"], row["spread_high"], sign=True)
    if not row["apart"]:
        if row["difference"] == 0:
            amount, direction = "nothing", "on average"
        mean = f"{rounded(row['difference'], error, sign=True)}"
        return (
            f"In {scenario}, the effect on {what} cannot be told from chance: the mean difference "
            f"from {against} is {of_unit(mean, unit)}, with a {percent(COVERAGE)} interval of "
            f"{between(row['low'], row['high'], error, sign=True)}; nine tenths of runs differ by "
            f"{runs}."
        )
    text = f"In {scenario}, {what} is {amount} {direction} than in {against}"
    if row["high"] > row["low"]:
        text += (
            f" ({percent(COVERAGE)} interval of the mean difference "
            f"{between(row['low'], row['high'], error, sign=True)}, Monte-Carlo standard error "
            f"{rounded(error, error)})"
        )
    else:
        text += ", by the same amount in every run"
    share = moving(row)
    text += f"; it is {direction} in {share_of_runs(share)}"
    if row["high"] > row["low"]:
        text += f", and nine tenths of runs differ by {runs}"
    text += "."
    if share < 0.5:
        text += " Fewer than half of the runs move that way: a few carry the mean."
    effect = abs(float(row["effect"]))
    if np.isfinite(effect) and effect < SMALL:
        text += (
            f" That is small against the spread over runs: {_times(effect)} of its standard "
            "deviation."
        )
    return text


def _times(effect: float) -> str:
    return "less than a hundredth" if effect < 0.01 else f"{effect:.2g}"


def expectation(row: Mapping[str, Any], scenarios: Sequence[Told], names: Names) -> str:
    """What a scenario expects of an outcome, and what came of it."""
    told = verdict(row)
    opening = {
        MET: "Expected and found",
        NOT_MET: "Expected otherwise",
        UNTOLD: "Expected, and not told from chance",
        SAME: "Expected, and not found",
    }[told]
    because = f", because {row['because']}" if row["because"] else ""
    return f"{opening} ({row['expected']}{because}). {sentence(row, scenarios, names)}"


# Levels


def levels(
    told: Told, outcomes: Sequence[str], countries: Sequence[str], names: Names
) -> pd.DataFrame:
    """Where outcomes stand at the end of a scenario.

    Returns
    -------
    DataFrame
        outcome (column), runs, mean, sd, median, low, high (quantiles 0.05 and 0.95 over runs);
        no row for actors that the scenario leaves out. Empty if no run is finished.
    """
    columns = ["outcome", "runs", "mean", "sd", "median", "low", "high"]
    own = ends(told, outcomes)
    rows = []
    for column in own.columns:
        values = own[column].dropna()
        if not len(values) or not names.about(column, countries):
            continue
        low, median, high = values.quantile([_SHOWN[0], 0.5, _SHOWN[1]])
        sd = values.std() if len(values) > 1 else np.nan
        rows.append((column, len(values), values.mean(), sd, median, low, high))
    return pd.DataFrame(rows, columns=columns)


def ends(told: Told, outcomes: Sequence[str]) -> pd.DataFrame:
    """Outcomes at a scenario's last quarter: a row a run."""
    try:
        runs = told.result.runs(list(outcomes))
    except InputError:  # no run is finished
        return pd.DataFrame()
    return runs[runs["scenario"] == told.name].drop(columns="scenario").set_index("run")


def level_sentence(row: Mapping[str, Any], told: Told, names: Names) -> str:
    """Where an outcome stands, in a sentence."""
    from sim.core import quarters

    end = quarters.name(quarters.parse(told.entry["start"]) + told.entry["quarters"] - 1)
    what, unit = names.outcome(row["outcome"]), names.unit(row["outcome"])
    spread = grain(row)
    median = of_unit(rounded(row["median"], spread), unit)
    if row["runs"] == 1:
        return f"In the only run of {told.quoted}, {what} is {median} in {end}."
    if row["high"] == row["low"]:
        return f"In {told.quoted}, {what} is {median} in {end}, in nine tenths of runs alike."
    return (
        f"In {told.quoted}, {what} has a median of {median} in {end}; nine tenths of runs lie "
        f"between {rounded(row['low'], spread)} and {rounded(row['high'], spread)}."
    )


def grain(row: Mapping[str, Any]) -> float:
    """What the digits of a level show: half its spread over runs, but no fifth digit."""
    widest = max(abs(row["low"]), abs(row["high"]))
    return max(float(row["high"] - row["low"]) / 2, 0.01 * float(widest))


def worst_tenth(
    told: Told, outcomes: Iterable[str], countries: Sequence[str], names: Names
) -> dict[str, float]:
    """Means over the worst tenth of a scenario's runs, by column (conditional value at risk)."""
    found: dict[str, float] = {}
    for outcome in outcomes:
        if outcome not in names.outcomes:
            continue
        own = ends(told, [outcome]).dropna(axis="columns")
        for column in own.columns:
            if names.about(column, countries):
                worst = own[column].nsmallest(-(-len(own) // 10))
                found[column] = float(worst.mean())
    return found


# Events


def events(told: Told, countries: Sequence[str]) -> pd.DataFrame:
    """What happens in a scenario, a run: threats by how they end, deals and their value.

    Returns
    -------
    DataFrame
        A row a power, and the sum over powers last (power is blank): threats, complied,
        backed_down, imposed, deals (a run), value (USD bn a run), and low, high (quantiles 0.05 and
        0.95 over runs of the threats). Empty if no run is finished.
    """
    runs = told.finished
    if not len(runs):
        return pd.DataFrame()
    log = told.result.events()
    if log.empty:
        log = pd.DataFrame(columns=["scenario", "run", "kind", "country", "power", "value"])
    mine = (log["scenario"] == told.name) & log["kind"].isin(_KEPT)
    log = log[mine & log["country"].isin(countries)]
    rows = []
    for power in [*dict.fromkeys(log["power"].sort_values()), ""]:
        own = log[log["power"] == power] if power else log
        kinds = own["kind"].value_counts()
        threats = own[own["kind"] != "deal"].groupby("run").size().reindex(runs, fill_value=0)
        low, high = threats.quantile(list(_SHOWN))
        counts = {kind: int(kinds.get(kind, 0)) / len(runs) for kind in _KEPT}
        rows.append(
            {
                "power": power,
                "threats": threats.mean(),
                "complied": counts["complied"],
                "backed_down": counts["backed_down"],
                "imposed": counts["imposed"],
                "deals": counts["deal"],
                "value": float(own.loc[own["kind"] == "deal", "value"].sum()) / len(runs),
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows)


# The summary


def summary(
    material: Material,
    found: Differences,
    outcomes: Sequence[str],
    countries: Sequence[str],
    names: Names,
    most: int = 7,
) -> list[str]:
    """The main findings, three to seven sentences where there are runs to speak of.

    What scenarios expect comes first, the largest of each; then what else they move most; then
    where the first scenario stands; last, how much is to be made of all this.
    """
    scenarios = material.scenarios
    if not any(len(told.finished) for told in scenarios):
        return ["No run is finished, so that nothing can be said yet."] if scenarios else []
    lines = list(_tally(found, scenarios, names, most - 3))
    told = next(one for one in scenarios if len(one.finished))
    standing = levels(told, outcomes, countries, names)
    room = 2 if not lines else 1
    if len(scenarios) == 1 or not lines:
        room = 4
    named: Iterable[str] = (
        [] if found.table.empty else found.table.loc[found.table["expected"] != "", "outcome"]
    )
    wanted = {column.split(".")[0] for column in named}
    there = dict.fromkeys(standing["outcome"].str.split(".").str[0])
    chosen = sorted(there, key=lambda outcome: outcome not in wanted)[:room]
    for outcome in chosen:
        own = standing[standing["outcome"].str.split(".").str[0] == outcome]
        lines.append(level_sentence(records(own)[0], told, names))
    threats = threat_sentence(told, countries, names)
    if threats and len(lines) < most:
        lines.append(threats)
    if found.tested and len(lines) < most:
        lines.append(multiplicity(found))
    return lines[:most]


def _tally(found: Differences, scenarios: Sequence[Told], names: Names, most: int) -> Iterator[str]:
    """How expectations fared, and the largest effect of each scenario, the largest ones first."""
    table = found.table
    if table.empty:
        return
    rows = records(table)
    expected = [row for row in rows if row["expected"]]
    best: list[Mapping[str, Any]] = []
    for place in dict.fromkeys(row["scenario"] for row in rows):
        mine = [row for row in expected if row["scenario"] == place]
        mine = mine or [row for row in rows if row["scenario"] == place]
        best.append(max(mine, key=size))
    best.sort(key=lambda row: (bool(row["apart"]), size(row)), reverse=True)
    if all(row["equal"] == 1 for row in rows):
        labels = [scenarios[row["scenario"]].quoted for row in best]
        yield (
            f"{_listed(labels)} {'does' if len(labels) == 1 else 'do'} not differ from what "
            f"{'it is' if len(labels) == 1 else 'they are'} compared with, in any run of any "
            "outcome looked at."
        )
        return
    room = most - 1 if len(expected) > 1 or len(best) > most - 1 else most
    for row in best[:room]:
        yield sentence(row, scenarios, names)
    if len(best) == 1 and room > 1:  # a single scenario: more of what it moves
        mine = [row for row in rows if row is not best[0] and row["apart"]]
        for row in sorted(mine, key=lambda row: (not row["expected"], -size(row)))[: room - 1]:
            yield sentence(row, scenarios, names)
    if len(expected) > 1:
        more = len(best) - room
        below = f" {counted(more, 'more scenario')} {'follow' if more > 1 else 'follows'} below."
        yield _fared(expected) + (below if more > 0 else "")
    elif len(best) > room:
        yield f"{counted(len(best) - room, 'other scenario')} move less; they follow below."


def _fared(expected: Sequence[Mapping[str, Any]]) -> str:
    """How many expectations came about."""
    verdicts = [verdict(row) for row in expected]
    parts = [
        f"{verdicts.count(one)} {words}"
        for one, words in (
            (MET, "came about"),
            (NOT_MET, "went the other way"),
            (UNTOLD, "cannot be told from chance"),
            (SAME, "left every run as it was"),
        )
        if verdicts.count(one)
    ]
    return f"Of the {len(expected)} movements that the scenarios expect, {_listed(parts)}."


def multiplicity(found: Differences) -> str:
    """How many differences were looked at, and how many would stand out by chance."""
    kept = int(found.table.loc[found.table["high"] > found.table["low"], "apart"].sum())
    return (
        f"{counted(found.tested, 'difference')} {'was' if found.tested == 1 else 'were'} tested in "
        f"this report. The intervals of {found.excluding:,} leave out zero, where chance alone "
        f"would make about {found.by_chance:,} do so; {kept:,} are told from zero when that is "
        f"allowed for (with a share of false ones of {percent(FALSE_DISCOVERIES)})."
    )


def threat_sentence(told: Told, countries: Sequence[str], names: Names) -> str:
    """How often countries are threatened in a scenario; blank if that was not recorded."""
    table = events(told, countries)
    if table.empty:
        return ""
    total = table.iloc[-1]
    if not total["threats"]:
        return f"In {told.quoted}, no run sees a threat."
    powers = table[table["power"] != ""].sort_values("threats", ascending=False)
    first = powers.iloc[0]
    years = told.entry["quarters"] / 4
    often = (
        f"In {told.quoted}, a run of {years:g} years sees {rounded(total['threats'], 1)} threats "
        f"on average (nine tenths of runs {total['low']:.0f} to {total['high']:.0f})"
    )
    if len(told.finished) == 1:
        number = counted(round(total["threats"]), "threat")
        often = f"The only run of {told.quoted}, of {years:g} years, sees {number}"
    return (
        f"{often}, of which "
        f"{percent(total['imposed'] / total['threats'])} are carried out and "
        f"{percent(total['complied'] / total['threats'])} are complied with; "
        f"{percent(first['threats'] / total['threats'])} come from "
        f"{names.actor(first['power'], 'power')}."
    )


def _listed(parts: Sequence[str]) -> str:
    """Words in a row: ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]])) if parts else ""
