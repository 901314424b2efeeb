"""Results as cards in a notebook: what was asked and run, what came out, how to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.card import (
    Markup,
    card,
    code,
    decimals,
    folded,
    interval,
    join,
    line,
    listed,
    sparkline,
    table,
    tag,
    title,
)
from sim.core import quarters
from sim.experiment import store
from sim.experiment.reading import (
    codes_of,
    in_words,
    named,
    parts_in_words,
    unit_of,
    usual_outcomes,
)
from sim.experiment.stored import Stored

if TYPE_CHECKING:
    from sim.experiment.result import Result
    from sim.experiment.sweep_result import Sweep

_MOST_SCENARIOS = 8  # with a table of their own
_MOST_LINES = 500_000  # of a table that is read while a card is made: about a second
_LEVELS = {"low": 0.05, "middle": 0.5, "high": 0.95}


@dataclass(frozen=True)
class _Cell:
    """Values of one column of one scenario, and over time where that was kept."""

    low: float
    middle: float
    high: float
    course: pd.DataFrame | None = None  # low, middle, high by quarter


_Cells = Mapping[str, Mapping[str, _Cell]]  # by scenario and column


def result_card(result: Result) -> str:
    """A batch: questions, what was run, the outcomes at the end, what scenarios change."""
    return card(
        lambda: title(_name(result.manifest), f"batch, {_scenarios(result)}"),
        lambda: _questions(result.manifest),
        lambda: _run(result, f"{result.manifest['runs']:,} runs of each scenario"),
        lambda: _status(result, len(result.scenarios) * result.manifest["runs"]),
        lambda: _effects(result),
        lambda: _outcomes(
            result,
            _ends(result),
            "At the end: the median over runs, and the range from the 5th to the 95th percentile.",
        ),
        lambda: _further(
            result,
            ("runs()", "effects()", "plot()"),
            'sim.figure(result, "fan", outcome="autonomy")',
        ),
    )


def sweep_card(sweep: Sweep) -> str:
    """A sweep: its question, what varied and how, the outcomes over its rows."""
    about = sweep.manifest
    return card(
        lambda: title(about["design"].get("title") or _name(about), "sweep"),
        lambda: line(about["design"].get("question", "")),
        lambda: _run(
            sweep,
            f"{about['rows']:,} rows ({in_words(sweep.mode)}), {about['runs']:,} runs a row",
        ),
        lambda: _status(
            sweep,
            len(sweep.scenarios) * about.get("distinct_rows", about["rows"]) * about["runs"],
        ),
        lambda: _factors(sweep.factors),
        lambda: _outcomes(
            sweep,
            _row_means(sweep),
            "Means over the runs of a row at the end: the median row, and the range from the 5th "
            "to the 95th percentile of rows.",
        ),
        lambda: _further(
            sweep,
            ("design()", "runs()", "means()"),
            f'sim.figure(sweep, "response", outcome="{(_named(sweep) or ["autonomy"])[0]}")',
        ),
    )


# What was asked and run


def _name(manifest: Mapping[str, Any]) -> str:
    return str(manifest["case"].get("title") or manifest["case"].get("name", "Result"))


def _scenarios(result: Stored) -> str:
    number = len(result.scenarios)
    return "1 scenario" if number == 1 else f"{number} scenarios"


def _scenario(entry: Mapping[str, Any]) -> Markup:
    return join(tag("b", entry.get("title") or entry["name"]), " (", code(entry["name"]), ")")


def _questions(manifest: Mapping[str, Any]) -> str:
    return listed(
        join(_scenario(one), ": " if one.get("question") else "", one.get("question", ""))
        for one in manifest["scenarios"]
    )


def _run(result: Stored, sizes: str) -> str:
    """Size, horizon, seed, parameters, version and case in one paragraph."""
    about = result.manifest
    spans = []
    for one in about["scenarios"]:
        last = quarters.parse(one["start"]) + one["quarters"] - 1
        spans.append(f"{one['start']} to {quarters.name(last)}")
    given = about.get("parameters", {})
    draws = given.get("draws", 0)
    drawn = "at the centres of their ranges"
    if draws:
        asked = str(given.get("given", ""))
        source = f" ({asked})" if asked and asked != "posterior" else ""
        drawn = f"from {draws:,} draws of the posterior{source}"
    case = about["case"]
    made = f"multivector {about.get('versions', {}).get('multivector', '')}".strip()
    return line(
        f"{sizes}, {' or '.join(dict.fromkeys(spans))}, seed {about['seed']}; parameters {drawn}. "
        f"Made by {made} with the case {case.get('name', '')} as of {case.get('as_of', '')} "
        f"(hash {str(case.get('hash', ''))[:12]}).",
    )


def _status(result: Stored, asked: int) -> str:
    """Whether it is complete; if not, what is missing and why."""
    if result.complete and not result.failures:
        return line("Complete: no run failed.")
    data = store.dataset(result.folder, "runs")
    done = 0 if data is None else data.count_rows()
    told = []
    for one in result.failures:
        last = one["first_run"] + one["runs"] - 1
        rows = ""
        if "rows" in one:
            rows = f", rows {one['first_row']} to {one['first_row'] + one['rows'] - 1}"
        told.append(f"{one['scenario']}{rows}, runs {one['first_run']} to {last}: {one['error']}")
    head = line(
        tag("b", f"{str(result.manifest['status']).capitalize()}: "),
        f"{done:,} of {asked:,} runs are finished; what follows is of these.",
    )
    return join(head, listed(told, most=5) if told else "")


# What came out


def _named(result: Stored, by_quarter: bool = False) -> list[str]:
    return usual_outcomes(result.manifest, by_quarter)


def _ends(result: Result) -> _Cells:
    """Quantiles over runs at the last quarter, with the way there where it was kept."""
    names = _named(result, by_quarter=True)
    kept = result.quarters()
    if names and len(kept):
        kept = kept[kept["outcome"].str.split(".").str[0].isin(names)]
        kept = kept.rename(columns={"q05": "low", "q50": "middle", "q95": "high"})
        found: dict[str, dict[str, _Cell]] = {}
        for (scenario, column), course in kept.groupby(["scenario", "outcome"], sort=False):
            course = course.sort_values("quarter")[[*_LEVELS]]
            found.setdefault(str(scenario), {})[str(column)] = _cell(course.iloc[-1], course)
        return found
    if _lines(result, "runs") > _MOST_LINES:
        return {}
    runs = result.runs(_named(result)).drop(columns="run")
    return _quantiles(runs)


def _row_means(sweep: Sweep) -> _Cells:
    """Quantiles over rows of the mean over a row's runs at the last quarter."""
    if not _lines(sweep, "runs") or _lines(sweep, "runs") > _MOST_LINES:
        return {}
    runs = sweep.runs(_named(sweep)).drop(columns="run")
    means = runs.groupby(["scenario", "row"], sort=False).mean().reset_index()
    return _quantiles(means.drop(columns="row"))


def _quantiles(values: pd.DataFrame) -> _Cells:
    """By scenario and column, of a table with a line a run or a row."""
    found: dict[str, dict[str, _Cell]] = {}
    for scenario, own in values.groupby("scenario", sort=False):
        levels = own.drop(columns="scenario").quantile([*_LEVELS.values()])
        found[str(scenario)] = {
            str(column): _cell(levels[column].set_axis([*_LEVELS])) for column in levels
        }
    return found


def _cell(levels: pd.Series[float], course: pd.DataFrame | None = None) -> _Cell:
    low, middle, high = (float(levels[name]) for name in _LEVELS)
    return _Cell(low, middle, high, course)


def _lines(result: Stored, name: str) -> int:
    data = store.dataset(result.folder, name)
    return 0 if data is None else int(data.count_rows())


def _outcomes(result: Stored, cells: _Cells, said: str) -> str:
    """A table a scenario: outcomes down, countries across."""
    if not any(cells.values()):
        return ""
    about = result.manifest
    rows: dict[tuple[str, str], dict[str, str]] = {}  # outcome and what else it is of, by country
    for column in dict.fromkeys(column for own in cells.values() for column in own):
        words, of = parts_in_words(about, column)
        of.pop("country", None)
        label = ", ".join([words[:1].upper() + words[1:], *of.values()])
        country = codes_of(about, column).get("country", "")
        rows.setdefault((column.split(".")[0], label), {})[country] = column
    seen = {code for own in rows.values() for code in own if code}
    known = [one["code"] for one in about["case"].get("countries", ())]
    countries = [*(code for code in known if code in seen), *sorted(seen - {*known})]
    names = [named(about, "country", code) for code in countries]
    entries = {one["name"]: one for one in result.manifest["scenarios"]}
    shown = [
        folded(
            _scenario(entries.get(scenario, {"name": scenario})),
            table(["", *names], _rows(result.manifest, rows, countries, cells, scenario),
                  numbers=len(countries)),
            unfolded=place == 0,
        )
        for place, scenario in enumerate(list(cells)[:_MOST_SCENARIOS])
        if cells[scenario]
    ]  # fmt: skip
    scale = " Small curves show the way there; those in a row share a scale." * any(
        cell.course is not None for own in cells.values() for cell in own.values()
    )
    left = len(cells) - _MOST_SCENARIOS
    more = line(f"and {left} more scenarios", faint=True) if left > 0 else ""
    return join(line(said + scale, faint=True), *shown, more)


def _rows(
    manifest: Mapping[str, Any],
    rows: Mapping[tuple[str, str], Mapping[str, str]],
    countries: Sequence[str],
    cells: _Cells,
    scenario: str,
) -> Iterator[list[object]]:
    meanings = {one["name"]: one.get("meaning", "") for one in manifest["outcomes"]}
    for (outcome, label), columns in rows.items():
        unit = unit_of(manifest, next(iter(columns.values())))
        every = [own[c] for own in cells.values() for c in columns.values() if c in own]
        digits = decimals(value for one in every for value in (one.low, one.high))
        courses = [one.course for one in every if one.course is not None]
        span = (
            min((course["low"].min() for course in courses), default=0.0),
            max((course["high"].max() for course in courses), default=0.0),
        )

        def shown(
            column: str | None,
            digits: int = digits,
            span: tuple[float, float] = span,
            label: str = label,
        ) -> Markup:
            cell = cells[scenario].get(column or "")
            if cell is None:
                return Markup("–")
            fan = ""
            if cell.course is not None:
                low, middle, high = (cell.course[name] for name in _LEVELS)
                told = sparkline(low, middle, high, span, f"{label} by quarter")
                fan = join(Markup("<br>"), told) if told else ""
            return join(interval(cell.low, cell.middle, cell.high, digits), fan)

        meaning = tag("small", f"{meanings.get(outcome, '')} [{unit}]", style="opacity:0.75;")
        head = join(tag("b", label), Markup("<br>"), meaning)
        if set(columns) == {""}:  # of no country
            yield [head, shown(columns[""])]
        else:
            yield [head, *(shown(columns.get(country)) for country in countries)]


def _effects(result: Result) -> str:
    """What scenarios say they move, paired run by run."""
    if not any(one.get("resolved", {}).get("headline") for one in result.manifest["scenarios"]):
        return ""
    if _lines(result, "trajectories") > _MOST_LINES:
        return line("What the scenarios change, run by run: ", code("result.effects()"), ".")
    rows = []
    for one in result.effects().to_dict("records"):
        words, of = parts_in_words(result.manifest, one["outcome"])
        label = ", ".join([words, *of.values()])
        at = {"end": "at the end", "mean": "on average"}.get(one["at"], one["at"])
        digits = decimals([one["difference"]])
        error = one["standard_error"]
        rows.append(
            (
                join(code(one["scenario"]), " against ", code(one["against"])),
                f"{label[:1].upper()}{label[1:]} [{one['unit']}], {at}",
                f"{one['difference']:+,.{digits}f}",
                f"{error:,.{min(digits + 1, 6)}f}" if error == error else "–",
                f"{one['share_of_runs']:.0%} {one['said']}",
            )
        )
    header = ("What changes", "", "Mean difference", "Standard error", "Share of runs")
    if not rows:
        return ""
    note = line(
        "Differences of run i from run i of the other scenario, which shares its chance events; "
        "the share is of runs that move the way the scenario says.",
        faint=True,
    )
    return join(table(header, rows, numbers=3), note)


def _factors(factors: Sequence[Mapping[str, Any]]) -> str:
    """What a sweep varies, and over which range."""
    rows = []
    for one in factors:
        levels, drawn = one.get("levels"), one.get("distribution")
        if levels is not None:
            span = ", ".join(str(level) for level in levels[:8]) + ", …" * (len(levels) > 8)
        elif drawn is not None:
            given = {key: value for key, value in drawn.items() if key != "distribution"}
            span = f"{drawn.get('distribution', '')}: " + ", ".join(
                f"{key} {value}" for key, value in given.items()
            )
        elif one.get("low") is not None:
            span = f"{one['low']} to {one['high']}"
        else:
            span = "–"
        rows.append((one["name"], code(one["path"]), span))
    return table(("Factor", "What it is", "Range"), rows, most=20)


def _further(result: Stored, methods: Sequence[str], figure: str) -> str:
    """Where it lies, and how to go on."""
    name = type(result).__name__.lower()
    calls = [code(f"{name}.{method}") for method in methods]
    return line(
        "In ",
        code(result.folder),
        ". Go on with ",
        join(*calls, by=", "),
        " or ",
        code(figure),
        ".",
    )
