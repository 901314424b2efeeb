"""A stored forecast against what was observed later, each reporter against its own past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import pandas as pd

from sim.case import Case, load_case
from sim.core.errors import InputError
from sim.experiment.observables import Observable
from sim.experiment.result import Result
from sim.fit.forecast import Forecast
from sim.fit.later import Count, Truth, Vote, read_truth
from sim.fit.observed_format import AGREE, Figure, Measure, Reports, order_of
from sim.fit.record import VALUES, VOTES, Observed, shipped
from sim.fit.reports import Report, shipped_reports
from sim.fit.scoring import Scored, score, vote_shares
from sim.fit.targets import Years

MATCHED = (
    "kind",
    "family",
    "observable",
    "year",
    "value",
    "unit",
    "source",
    "series",
    "row",
    "anchor",
    "anchored_on",
    "history",
)
FOLDER, CASE = "the folder", "the case"  # where an anchor is from
_SHOWN = 6  # names that a line tells

History = dict[int, float]  # value by year
Key = tuple[str, str, str]  # observable, source and series
Told = TypeVar("Told", Report, Count)


FEW_RUNS = 200  # below, a note says that they are few


@dataclass(frozen=True)
class Verdict:
    """What a stored forecast was scored on, and how it did.

    Attributes
    ----------
    about : dict of str to object
        What was scored: result, scenario, case, truth, base_year, first_year, last_year, runs.
    scored : Scored
        Scores, a row a figure; quantities also tell the source and series of each.
    matched : DataFrame
        A row each observable and year (or roll call): kind (quantity, count or vote), family,
        observable, year, value, unit, source, series, row (file and line), anchor (the same
        reporter's figure of the base year), anchored_on (where that is from) and history (the
        years that baselines know).
    unmatched : tuple of str
        What was left out, and why.
    notes : tuple of str
        What else a reader should know.
    """

    about: Mapping[str, object]
    scored: Scored
    matched: pd.DataFrame
    unmatched: tuple[str, ...]
    notes: tuple[str, ...]


def score_result(
    result: Result,
    truth_folder: str | Path,
    case: Case | None = None,
    scenario: str | None = None,
) -> Verdict:
    """Score a stored forecast on files in the observed format that tell of later years.

    Each figure is set against the forecast anchored at what the same reporter says of the base
    year: of the folder if it goes back so far, otherwise of the case's table reporters. Two series
    of one reporter count as one where they agree within 1 percent wherever both have a figure. Of
    several reporters that can be anchored, the one that the record follows counts (see
    `sim.fit.record.read_observed`); years that it lacks follow the next. Figures of low confidence
    come last. Baselines know the reporter's own past, and years that it lacks from the case's
    series, joined on by the ratio of the two in the nearest year that both have. Rows from memory
    are left out.

    Events are counted for each year up to that of the last dated row. Roll calls are put to a text
    by the words in their titles.

    Parameters
    ----------
    result : Result
        With observables.
    truth_folder : str or Path
        Files may be few, and may hold years up to the base year too.
    case : Case, optional
        Default: the one that the result names. Anchors, histories and codes are taken from it.
    scenario : str, optional
        Default: the first of the result.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        If the result has no observables or no such scenario, the case no measures, the folder is
        missing or a file in it is no table in the observed format, or nothing can be matched.
    """
    name, forecast, notes = stored_forecast(result, scenario)
    case = _case(result, name) if case is None else case
    if "measures" not in case.tables:
        raise InputError(f"{case.folder}: has no table measures, which tells what can be matched")
    if case.hash() != result.manifest["case"]["hash"]:
        notes.append(
            f"The case {case.name} has changed since the forecast was made. The forecast is as it "
            "was stored; anchors and histories are as the case has them now."
        )
    truth = read_truth(Path(truth_folder), case, forecast.origin)
    known = _known(case, forecast.origin)
    unmatched: list[str] = []
    quantities = _match_quantities(truth, forecast, case, known, unmatched)
    counts = _match_counts(truth, forecast, known, unmatched)
    votes = _match_votes(truth, forecast, unmatched)
    scored = _score(forecast, known, quantities, counts, votes, truth.past_votes)
    quantities = _with_score(quantities, scored.quantities, unmatched)
    unmatched += truth.unmatched
    matched = _table(forecast, quantities, counts, votes)
    years = forecast.years.years[1:]
    if matched.empty:
        some = "; ".join(unmatched[:3]) or "its files hold no rows"
        raise InputError(
            f"{truth_folder}: nothing in it can be set against the forecast of {years[0]} to "
            f"{years[-1]}: {some}"
        )
    if quantities:
        told = matched.loc[
            matched["kind"] == "quantity", ["observable", "year", "source", "series"]
        ]
        scored = replace(scored, quantities=scored.quantities.merge(told))
    about = {
        "result": str(result.folder),
        "scenario": name,
        "case": case.name,
        "truth": str(truth_folder),
        "base_year": forecast.origin,
        "first_year": years[0],
        "last_year": years[-1],
        "runs": forecast.years.values.shape[-1],
    }
    return Verdict(about, scored, matched, tuple(unmatched), (*notes, *truth.covers))


# The stored forecast


def stored_forecast(result: Result, scenario: str | None = None) -> tuple[str, Forecast, list[str]]:
    """The forecast of one scenario that a result holds.

    Parameters
    ----------
    result : Result
    scenario : str, optional
        Default: the first.

    Returns
    -------
    str
        Name of the scenario.
    Forecast
        Of the observables that its actors have.
    list of str
        What a reader should know of it.

    Raises
    ------
    InputError
        If the result has no observables, no such scenario, no finished run of it, or the scenario
        no full year.
    """
    about = result.manifest.get("observables", {})
    if not about.get("columns"):
        raise InputError(
            f"{result.folder}: this result has no observables to score: it was made before they "
            "were kept, or its case has no table measures; make the batch again"
        )
    notes = []
    name = result.scenarios[0] if scenario is None else scenario
    if scenario is None and len(result.scenarios) > 1:
        notes.append(
            f"The result holds {len(result.scenarios)} scenarios; {name}, the first, is scored. "
            f"The others: {', '.join(result.scenarios[1:])}."
        )
    table = result.observables(name)
    years = tuple(sorted({int(year) for year in table["year"]}))
    origin = int(about["base_year"])
    if years[:1] != (origin,) or len(years) < 2:
        raise InputError(
            f"{result.folder}: {name} holds no full year after its base year, {origin}; found: "
            f"{', '.join(map(str, years)) or 'no finished run'}"
        )
    if not result.complete:
        notes.append(f"The batch is not complete; {table['run'].nunique()} runs are scored.")
    runs = table["run"].nunique()
    if runs < FEW_RUNS:
        noun = "run" if runs == 1 else "runs"
        notes.append(f"{runs} {noun} are few: intervals and scores of so small a sample are rough.")
    if not result.manifest.get("parameters", {}).get("draws"):
        notes.append(
            "The runs took the centres of the parameters; hindcasts are made with the posterior."
        )
    columns = [{**one, "columns": tuple(one["columns"])} for one in about["columns"]]
    every = [Observable(**one) for one in columns]
    had = tuple(one for one in every if one.name in table and table[one.name].notna().all())
    names = tuple(one.name for one in had)
    cells = table.sort_values(["run", "year"])[list(names)].to_numpy(dtype=float)
    values = cells.reshape(-1, len(years), len(names)).transpose(2, 1, 0)
    return name, Forecast(origin, had, Years(names, years, values)), notes


def _case(result: Result, scenario: str) -> Case:
    """The case as the scenario names it (a path perhaps), or else by its name."""
    told = next(one for one in result.manifest["scenarios"] if one["name"] == scenario)
    name = result.manifest["case"]["name"]
    try:
        return load_case(told["resolved"].get("case", name))
    except InputError:
        return load_case(name)


def _known(case: Case, base: int) -> Observed:
    """The case's own record up to a base year."""
    if "series" in case.tables:
        return shipped(case).until(base)
    return Observed(pd.DataFrame(columns=list(VALUES)), pd.DataFrame(columns=list(VOTES)))


# Volumes and shares


@dataclass(frozen=True)
class _Anchor:
    """What a reporter says of an observable up to the base year."""

    history: History  # the last year is the base year
    own: int  # years of it that the reporter itself has; the others are joined on
    told_by: str


Match = tuple[Report, _Anchor]


def _match_quantities(
    truth: Truth, forecast: Forecast, case: Case, known: Observed, unmatched: list[str]
) -> list[Match]:
    """Later figures that the forecast has, each with its reporter's past."""
    stored = [one for one in shipped_reports(case) if one.year <= forecast.origin]
    anchors = _Anchors(truth, stored, known, forecast.origin)
    orders = _orders([*truth.past, *truth.later, *stored])
    measures = {row["measure"]: Measure.of(row) for row in case.table("measures")}
    found: list[Match] = []
    lonely: dict[tuple[str, str], list[Report]] = defaultdict(list)
    spare = 0
    later = sorted(
        _in_forecast(truth.later, forecast, unmatched), key=lambda one: (one.name, one.year)
    )
    for _, rows in groupby(later, key=lambda one: (one.name, one.year)):
        said = list(rows)
        candidates = [(one, anchor) for one in said if (anchor := anchors.of(one)) is not None]
        if not candidates:
            for one in said:
                lonely[one.measure, one.source].append(one)
            continue
        # A group of states under a name of its own goes before the group as it then stood.
        named = [match for match in candidates if not match[0].plain] or candidates
        found.append(
            min(
                named,
                key=lambda match: (
                    match[0].confidence == "low",
                    orders[match[0].measure, match[0].country].index(match[0].source),
                    measures[match[0].measure].place(match[0].series),
                ),
            )
        )
        spare += len(said) - 1
    for (measure, source), reports in lonely.items():
        told = list(dict.fromkeys(f"{_actors(one)} {one.year}".strip() for one in reports))
        unmatched.append(
            f"{measure}: {_figures(len(told))} by {source} without a figure of {forecast.origin} "
            f"by the same reporter to be set against: {_some(told)}"
        )
    if spare:
        unmatched.append(
            f"{_figures(spare)} of observables and years that another row is scored for"
        )
    return found


class _Anchors:
    """Finds what a reporter said up to the base year of what it tells of later."""

    def __init__(self, truth: Truth, stored: Sequence[Report], known: Observed, base: int) -> None:
        self._told = [(FOLDER, _histories(truth.past)), (CASE, _histories(stored))]
        self._known = known
        self._base = base
        # By measure, country, source and series: value by observable and year.
        self._said: dict[tuple[str, str, str, str], dict[tuple[str, int], float]] = defaultdict(
            dict
        )
        for one in (*truth.past, *truth.later, *stored):
            key = (one.measure, one.country, one.source, one.series)
            self._said[key].setdefault((one.name, one.year), one.value)

    def of(self, report: Report) -> _Anchor | None:
        """What the reporter said; None if it has no figure of the base year."""
        for same in (True, False):  # the same series before others of the reporter
            for where, histories in self._told:
                for (source, series), history in histories.get(report.name, {}).items():
                    if source != report.source or self._base not in history:
                        continue
                    if series == report.series if same else self._agree(report, series):
                        return self._lengthened(report.name, history, where)
        return None

    def _agree(self, report: Report, other: str) -> bool:
        """Does another series say the same of the country, or else of all countries?"""
        alike = []
        for measure, country, source, series in list(self._said):
            if (measure, source, series) != (report.measure, report.source, report.series):
                continue
            ours = self._said[measure, country, source, series]
            theirs = self._said.get((measure, country, source, other), {})
            both = [(ours[key], theirs[key]) for key in ours if key in theirs]
            same = [abs(one - two) <= AGREE * abs(two) for one, two in both]
            if country == report.country and same:
                return all(same)
            alike += same
        return bool(alike) and all(alike)

    def _lengthened(self, name: str, history: History, where: str) -> _Anchor:
        """A reporter's past, with years that it lacks joined on from the case's series."""
        found = self._known.series(name)
        chain: History = dict(zip(found.index.tolist(), found.tolist(), strict=True))
        both = [year for year in chain if history.get(year, 0.0) > 0 < chain[year]]
        joined = dict(history)
        for year in set(chain).difference(history) if both else ():
            near = min(both, key=lambda other: (abs(other - year), other))
            joined[year] = chain[year] * history[near] / chain[near]
        return _Anchor(dict(sorted(joined.items())), len(history), where)


def _histories(reports: Iterable[Report]) -> dict[str, dict[tuple[str, str], History]]:
    """Value by year, of each observable, source and series."""
    found: dict[str, dict[tuple[str, str], History]] = defaultdict(lambda: defaultdict(dict))
    for one in reports:
        found[one.name][one.source, one.series].setdefault(one.year, one.value)
    return found


def _orders(reports: Iterable[Report]) -> dict[tuple[str, str], list[str]]:
    """Reporters in the order that the record follows them, by measure and country."""
    cells: dict[tuple[str, str], dict[str, Reports]] = defaultdict(lambda: defaultdict(dict))
    for one in reports:
        told = cells[one.measure, one.country][one.power].setdefault(one.source, {})
        told[one.year] = Figure(one.value, one.confidence)
    return {key: order_of(found.values()) for key, found in cells.items()}


def _in_forecast(told: Sequence[Told], forecast: Forecast, unmatched: list[str]) -> list[Told]:
    """Figures of observables and years that the forecast has."""
    names, years = set(forecast.years.names), set(forecast.years.years[1:])
    strange: dict[str, list[Told]] = defaultdict(list)
    outside: dict[str, list[Told]] = defaultdict(list)
    kept = []
    for one in told:
        if one.name not in names:
            strange[one.measure].append(one)
        elif one.year not in years:
            outside[one.measure].append(one)
        else:
            kept.append(one)
    for measure, lost in strange.items():
        unmatched.append(
            f"{measure}: {_figures(len(lost))} of what the forecast does not simulate: "
            f"{_some(list(dict.fromkeys(map(_actors, lost))))}"
        )
    for measure, lost in outside.items():
        unmatched.append(
            f"{measure}: {_figures(len(lost))} of years that the forecast does not reach: "
            f"{_some(sorted({one.year for one in lost}))}"
        )
    return kept


def _with_score(
    matches: Sequence[Match], scores: pd.DataFrame, unmatched: list[str]
) -> list[Match]:
    """Those that have a score: neither their anchor nor the model's base is nought."""
    done = set() if scores.empty else set(zip(scores["observable"], scores["year"], strict=True))
    lost = [report for report, _ in matches if (report.name, report.year) not in done]
    if lost:
        unmatched.append(
            f"{_figures(len(lost))} without a change to be compared, since the reporter or the "
            "model has nothing in the base year: "
            + _some([f"{one.name} {one.year}" for one in lost])
        )
    return [match for match in matches if (match[0].name, match[0].year) in done]


# Counts and votes

Counts = tuple[list[Count], list[Count]]  # to be scored, and those up to the base year


def _match_counts(
    truth: Truth, forecast: Forecast, known: Observed, unmatched: list[str]
) -> Counts:
    """Later counts and past ones: the folder's own, in years that the case's series has."""
    later = _in_forecast(truth.later_counts, forecast, unmatched)
    past: list[Count] = []
    for measure in dict.fromkeys(one.measure for one in later):
        rows = known.values[known.values["measure"] == measure].to_dict("records")
        ours = [
            Count(measure, row["country"], row["power"], row["year"], row["value"], row["source"])
            for row in rows
        ]
        first = min((one.year for one in ours), default=0)
        theirs = [one for one in truth.past_counts if one.measure == measure and one.year >= first]
        past += theirs or ours
        if not (theirs or ours):
            unmatched.append(f"{measure}: nothing is known of it up to {forecast.origin}")
    names = {one.name for one in past}
    return [one for one in later if one.name in names], past


def _match_votes(truth: Truth, forecast: Forecast, unmatched: list[str]) -> list[Vote]:
    """Later votes that the forecast has."""
    years = forecast.years.years[1:]
    outside = [vote for vote in truth.later_votes if vote.year not in years]
    if outside:
        unmatched.append(
            f"votes: {len(outside)} of years that the forecast does not reach: "
            f"{_some(sorted({vote.year for vote in outside}))}"
        )
    kept: list[Vote] = []
    lost: list[Vote] = []
    for vote in truth.later_votes:
        if vote.year in years:
            shares = vote_shares(forecast, vote.text, vote.country, vote.year)
            (lost if shares is None else kept).append(vote)
    if lost:
        told = dict.fromkeys(f"{vote.country} on {vote.text}" for vote in lost)
        unmatched.append(
            f"votes: {len(lost)} of countries or texts that the forecast does not simulate: "
            f"{_some(list(told))}"
        )
    return kept


# Scores


def _score(
    forecast: Forecast,
    known: Observed,
    quantities: Sequence[Match],
    counts: Counts,
    votes: Sequence[Vote],
    past_votes: Sequence[Vote],
) -> Scored:
    """Scores; where several reporters tell of an observable, one reporter after the other."""
    by_reporter: dict[str, dict[Key, list[Match]]] = defaultdict(lambda: defaultdict(list))
    for report, anchor in quantities:
        key = (report.name, report.source, report.series)
        by_reporter[report.name][key].append((report, anchor))
    rounds: list[dict[str, list[Match]]] = [{}]
    for name, by_key in by_reporter.items():
        for place, group in enumerate(sorted(by_key.values(), key=len, reverse=True)):
            if place == len(rounds):
                rounds.append({})
            rounds[place][name] = group
    voted = pd.DataFrame([asdict(one) for one in past_votes], columns=list(VOTES))
    voted = pd.concat([voted, known.votes]).drop_duplicates(["resolution", "country"])
    names = pd.Series(
        [_name(row) for row in known.values.to_dict("records")], index=known.values.index, dtype=str
    )
    parts = []
    for place, groups in enumerate(rounds):
        # Series that are not scored in this round still tell how much series of a family move.
        told = {name: group[0][1].history for name, group in {**rounds[0], **groups}.items()}
        rest = known.values[~names.isin([*told, *(one.name for one in counts[1])])]
        past = [_values(told), rest, _count_values(counts[1])]
        later = _values(
            {name: {one.year: one.value for one, _ in group} for name, group in groups.items()}
        )
        asked: Sequence[Vote] = ()
        if place == 0:
            later = pd.concat([later, _count_values(counts[0])], ignore_index=True)
            asked = votes
        parts.append(
            score(
                forecast,
                Observed(later, pd.DataFrame([asdict(one) for one in asked], columns=list(VOTES))),
                Observed(pd.concat(past, ignore_index=True), voted),
            )
        )
    return Scored.of(parts)


def _name(row: Mapping[object, str]) -> str:
    return ".".join(filter(None, (row["measure"], row["country"], row["power"])))


def _values(histories: Mapping[str, History]) -> pd.DataFrame:
    """Values by observable and year, as a record has them."""
    return _frame(
        (*(*name.split("."), "", "")[:3], year, value)
        for name, history in histories.items()
        for year, value in history.items()
    )


def _count_values(counts: Iterable[Count]) -> pd.DataFrame:
    return _frame((one.measure, one.country, one.power, one.year, one.count) for one in counts)


def _frame(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["measure", "country", "power", "year", "value"])
    return frame.reindex(columns=list(VALUES)).astype({"year": int, "value": float})


def _table(
    forecast: Forecast, quantities: Sequence[Match], counts: Counts, votes: Sequence[Vote]
) -> pd.DataFrame:
    """What was matched."""
    by_name = {one.name: one for one in forecast.observables}
    rows: list[dict[str, object]] = []
    for report, anchor in quantities:
        one, joined = by_name[report.name], len(anchor.history) - anchor.own
        rows.append(
            {
                "kind": "quantity",
                "family": one.family,
                "observable": one.name,
                "year": report.year,
                "value": report.value,
                "unit": one.unit,
                "source": report.source,
                "series": report.series,
                "row": report.row,
                "anchor": anchor.history[forecast.origin],
                "anchored_on": anchor.told_by,
                "history": _span(anchor.history)
                + (f", {joined} of them joined on from the case's series" if joined else ""),
            }
        )
    known: dict[str, list[int]] = defaultdict(list)
    for count in counts[1]:
        known[count.name].append(count.year)
    rows += [
        {
            "kind": "count",
            "family": by_name[count.name].family,
            "observable": count.name,
            "year": count.year,
            "value": count.count,
            "unit": by_name[count.name].unit,
            "source": count.source,
            "history": _span(known[count.name]),
        }
        for count in counts[0]
    ]
    rows += [
        {
            "kind": "vote",
            "family": "votes",
            "observable": f"{vote.text}.{vote.country}",
            "year": vote.year,
            "value": vote.vote,
            "source": vote.source,
            "series": vote.resolution,
            "row": vote.row,
        }
        for vote in votes
    ]
    return pd.DataFrame(rows, columns=list(MATCHED))


# Words


def _span(years: Iterable[int]) -> str:
    told = sorted(years)
    return f"{len(told)} years, {told[0]} to {told[-1]}" if len(told) > 1 else str(told[0])


def _actors(one: Report | Count) -> str:
    return ".".join(filter(None, (one.country, one.power)))


def _figures(number: int) -> str:
    return "1 figure" if number == 1 else f"{number} figures"


def _some(told: Sequence[object]) -> str:
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return ", ".join(str(one) for one in told[:_SHOWN]) + more
