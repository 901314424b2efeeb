"""Explains why outcomes of a country changed, or differ between two scenarios."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from sim.analysis.explanation.decompose import Split, Still, splits
from sim.analysis.explanation.explanation import Explanation
from sim.analysis.explanation.figures import evidence_behind, figures_behind
from sim.analysis.explanation.happenings import (
    CoercionTally,
    events_table,
    happenings,
)
from sim.analysis.explanation.leaving_out import left_out
from sim.analysis.explanation.subject import (
    check_alike,
    quarter_number,
    subject_of,
)
from sim.analysis.explanation.tally import Tally
from sim.case import Case, Posterior
from sim.case.provenance import provenance
from sim.core import quarters
from sim.core.errors import InputError
from sim.core.world import Names
from sim.experiment.result import Result
from sim.scenario import Scenario
from sim.scenario.problems import nearest

OUTCOMES = ("position", "autonomy", "output", "leverage", "share")
_USUAL = ("position", "autonomy", "output")
_MOST_SHARES = 2  # moves of shares that are explained where no outcome is named


def explain(
    what: str | Path | Scenario | Result,
    country: str,
    quarter: str,
    *,
    against: str | Path | Scenario | None = None,
    since: str | None = None,
    run: int | None = None,
    runs: int | None = None,
    seed: int | None = None,
    parameters: str | Path | Posterior | None = None,
    outcomes: Sequence[str] | None = None,
    events: bool = True,
) -> Explanation:
    """Split what changed for a country into terms that add up, and name what stands behind them.

    Runs are simulated once more, so a stored result needs no more than its manifest.

    Parameters
    ----------
    what : results folder, ``FOLDER:SCENARIO``, Result, or name, path or Scenario
        What is explained; of a folder with several scenarios, the one that is not `against`.
    country : str
        Code of a country that is simulated.
    quarter : str
        As ``2027Q1``.
    against : name, path or Scenario, optional
        A scenario of the same case: the difference from it is explained, run by run under the same
        draws; default: the change since the base quarter.
    since : str, optional
        Explain the change since the end of this quarter instead.
    run : int, optional
        Explain this run alone; default: means over runs.
    runs : int, optional
        Default: those of a result, 500 of a scenario.
    seed, parameters : optional
        Of a scenario; default: its own seed, and ``posterior``, see `sim.batch`.
    outcomes : sequence of str, optional
        Of position, autonomy, output, leverage and share, whole or a column
        (``share.KAZ.RUS.transit``); default: the first three and the two largest moves of shares.
    events : bool
        Leave out, one by one, what only one of the two scenarios lets happen or sets, and say what
        each takes away; costs a simulation each. Of more than 6, those that take away most in the
        first 20 runs are left out.

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        If something cannot be found, a quarter lies outside a horizon, the scenarios are of
        different cases, or an outcome cannot be explained.

    Examples
    --------
    >>> from sim.analysis.explanation import explain
    >>> found = explain("cpc_closure", "KAZ", "2026Q3", against="baseline", runs=20, events=False)
    >>> output = found.change("output.KAZ")
    >>> bool(abs(output.terms["value"].sum() - output.total) < 1e-9)
    True
    """
    subject = subject_of(what, against, run, runs, seed, parameters)
    scenario, other = subject.scenario, subject.other
    number = quarter_number("quarter", quarter, scenario.start, scenario.end, scenario.name)
    if other is not None:
        quarter_number("quarter", quarter, other.start, other.end, other.name)
    wanted = [number]
    if since is not None:
        begin = scenario.start if other is None else max(scenario.start, other.start)
        wanted.append(quarter_number("since", since, begin, number - 1, "what comes before it"))

    tallies: dict[str, Tally] = defaultdict(Tally)
    coercion = CoercionTally()
    chosen: list[str] | None = None
    base = 0
    for chunk in subject.chunks():
        course = subject.course(scenario, chunk, country)
        compared = None if other is None else subject.course(other, chunk, country)
        if compared is not None and other is not None:
            check_alike(course, compared, (scenario.name, other.name))
        base = course.simulation.setting.world.base
        if chosen is None and outcomes is not None:
            chosen = _chosen(outcomes, country, course.names)
        against_what = Still(course) if compared is None else compared
        found = dict(splits(course, against_what, wanted))
        for outcome, split in _differences(found, wanted, compared is not None):
            if chosen is None or outcome in chosen:
                tallies[outcome].add(split, chunk.runs)
        coercion.add(course, compared, chunk.runs)
    told = _usual(tallies) if chosen is None else chosen
    changes = tuple(tallies[outcome].change(_column(outcome, country)) for outcome in told)

    listed = happenings(scenario, other, subject.case, country, number)
    effects = left_out(subject, country, wanted, listed, told) if events else {}
    found_figures = provenance(subject.case, base)
    figures = figures_behind(changes, found_figures, country)
    table = events_table(listed, effects, country)
    return Explanation(
        scenario=scenario.name,
        against=None if other is None else other.name,
        country=country,
        quarter=quarters.name(number),
        since=None if since is None else quarters.name(wanted[1]),
        case=subject.case.title,
        base=quarters.name(base),
        run=run,
        runs=1 if run is not None else subject.runs,
        seed=subject.seed,
        changes=changes,
        events=table,
        coercion=coercion.table(),
        figures=figures,
        evidence=evidence_behind(table, figures, found_figures),
        names=_names(subject.case),
    )


def _differences(
    found: dict[int, dict[str, Split]], wanted: Sequence[int], compared: bool
) -> Iterator[tuple[str, Split]]:
    """The splits at the quarter, less those at the one since which changes count."""
    for outcome, split in found[wanted[0]].items():
        if len(wanted) == 1:
            yield outcome, split
            continue
        earlier = found[wanted[1]][outcome]
        yield outcome, split.difference_since(earlier) if compared else split.since(earlier)


def _usual(tallies: dict[str, Tally]) -> list[str]:
    """Outcomes told where none are named."""
    shares = [outcome for outcome in tallies if outcome.startswith("share.")]
    shares.sort(key=lambda outcome: -abs(tallies[outcome].mean_change))
    return [*_USUAL, *shares[:_MOST_SHARES]]


def _chosen(outcomes: Sequence[str], country: str, names: Names) -> list[str]:
    """Outcomes that are named, in full, less the country.

    Raises
    ------
    InputError
        If one is not among those that can be explained, with the nearest.
    """
    known = [
        *_USUAL,
        *(f"leverage.{power}" for power in names.powers),
        *(f"share.{power}.{channel}" for power in names.powers for channel in names.channels),
    ]
    columns = {_column(outcome, country): outcome for outcome in known}
    found: dict[str, None] = {}
    for one in outcomes:
        matching = [
            short for column, short in columns.items() if f"{column}.".startswith(f"{one}.")
        ]
        if not matching:
            near = nearest(one, [*OUTCOMES, *columns])
            raise InputError(
                f"outcome: found {one!r}{near}; what can be explained is {', '.join(OUTCOMES)} of "
                f"{country}, whole or a column, as share.{country}.{names.powers[0]}."
                f"{names.channels[0]}"
            )
        found.update(dict.fromkeys(matching))
    return list(found)


def _column(outcome: str, country: str) -> str:
    """The outcome's column: the country comes after its name."""
    head, *rest = outcome.split(".")
    return ".".join([head, country, *rest])


def _names(case: Case) -> dict[str, str]:
    """Names by code."""
    found = {}
    for table, key in (
        ("countries", "country"),
        ("powers", "power"),
        ("channels", "channel"),
        ("routes", "route"),
    ):
        for row in case.table(table):
            found[row[key]] = row["name"]
    return found
