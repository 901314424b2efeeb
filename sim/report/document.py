"""The report: one page of HTML that needs nothing else, put together from results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from sim import __version__
from sim.case.tables import Row
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment.reading import usual_outcomes
from sim.experiment.result import Result
from sim.experiment.store import atomic
from sim.experiment.sweep_result import Sweep
from sim.picture.figures import Viewed
from sim.report import evidence as proof
from sim.report import findings, limits, remake, sweeps, trust
from sim.report.assumptions import assumptions, in_words
from sim.report.blocks import Block, Heading, Section, Words, anchor
from sim.report.material import Material, Told, read_material
from sim.report.names import Names, when
from sim.report.numbers import BLANK, between, counted, held, percent, rounded
from sim.report.pictures import picture, pictures

_MOST_COLUMNS = 5  # countries beside each other in a table
_NEGLIGIBLE = 0.001  # standard deviations over runs, below which a difference is only counted
_MORE_EFFECTS = 3  # told in sentences besides what a scenario expects
_WORSE_WHEN_LESS = ("welfare", "autonomy")  # outcomes whose worst tenth is shown
_MOST_SENTENCES = 7  # of a sweep
_MOST_DRAWN = 2  # outcomes of a sweep


@dataclass(frozen=True)
class Report:
    """What the template is given.

    Attributes
    ----------
    title, made : str
        `made` is the only line that differs when the same results are told again.
    questions, summary : list of str
    sections : list of Section
    lead : str
        What the report is about, in a line.
    """

    title: str
    made: str
    lead: str
    questions: tuple[str, ...]
    summary: tuple[str, ...]
    sections: tuple[Section, ...]


def write_report(
    folders: Sequence[str | Path],
    out: str | Path | None = None,
    *,
    title: str | None = None,
    countries: Sequence[str] = (),
    outcomes: Sequence[str] = (),
    drawn: bool = True,
    made: datetime | None = None,
) -> Path:
    """Write the report of one or more results as a single HTML file.

    Parameters
    ----------
    folders : sequence of path
        Results of batches and sweeps, and of fits and hindcasts that say how far to trust them.
    out : path, optional
        The file, ending in .html; default: report.html in the first folder.
    title : str, optional
        Default: the title of the case, or of the scenario where there is one only.
    countries : sequence of str
        Codes of the countries shown; default: all that are simulated.
    outcomes : sequence of str
        Outcomes or columns shown; default: the headline ones of countries and of the region.
    drawn : bool
        Whether pictures are drawn.
    made : datetime, optional
        Default: now.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If a result, country or outcome cannot be used, or the file cannot be written.
    """
    path = Path(out) if out is not None else Path(folders[0]) / "report.html"
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{path}: a report is a file that ends in .html")
    command = remake.command_of(folders, out, title, countries, outcomes, drawn)
    report = compose(
        read_material(folders),
        command,
        title=title,
        countries=countries,
        outcomes=outcomes,
        drawn=drawn,
        made=made,
    )
    text = render(report)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
    return path


def render(report: Report) -> str:
    """A report as a page of HTML."""
    environment = Environment(
        loader=PackageLoader("sim.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files("sim.report").joinpath("report.css").read_text(encoding="utf-8")
    numbered = {"picture": 0, "table": 0}
    numbers: dict[int, int] = {}
    for section in report.sections:
        for block in section.blocks:
            if block.kind in numbered:
                numbered[block.kind] += 1
                numbers[id(block)] = numbered[block.kind]
    template = environment.get_template("report.html.jinja")
    text = template.render(
        report=report,
        style=style,
        number=lambda block: numbers[id(block)],
        anchor=anchor,
        version=__version__,
    )
    return text.rstrip() + "\n"


def compose(
    material: Material,
    command: Sequence[str],
    *,
    title: str | None = None,
    countries: Sequence[str] = (),
    outcomes: Sequence[str] = (),
    drawn: bool = True,
    made: datetime | None = None,
) -> Report:
    """Put a report together; arguments as `write_report`, but for opened results and a command.

    Raises
    ------
    InputError
        If a country or an outcome is unknown.
    """
    maker = _Maker(material, countries, outcomes, drawn)
    moment = (made or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    return Report(
        title=title or maker.title(),
        made=moment,
        lead=maker.lead(),
        questions=tuple(maker.questions()),
        summary=tuple(maker.summary()),
        sections=tuple(section for section in maker.sections(command) if section.blocks),
    )


class _Maker:
    """Writes the sections of a report."""

    def __init__(
        self,
        material: Material,
        countries: Sequence[str],
        outcomes: Sequence[str],
        drawn: bool,
    ) -> None:
        self.material = material
        self.names = Names(*(one.manifest for one in (*material.batches, *material.sweeps)))
        self.outcomes = self.names.check_outcomes(outcomes)
        self.asked_outcomes, self.asked_countries = list(outcomes), list(countries)
        self.there = self._simulated()
        self.countries = self.names.check_countries(countries) or self.there
        self.drawn = drawn
        self.differences = findings.differences(material, self.outcomes, self.countries, self.names)
        self.responses = [
            sweeps.responses(sweep, self._of_sweep(sweep), self.countries, self.names)
            for sweep in material.sweeps
        ]
        self.evidence = proof.evidence(
            material.case,
            [(told.label, told.entry["resolved"]) for told in material.scenarios]
            + [
                (str(sweep.manifest["design"]["title"]), {"design": sweep.manifest["design"]})
                for sweep in material.sweeps
            ]
            + [
                (str(one["title"]), one["resolved"])
                for sweep in material.sweeps
                for one in sweep.manifest["scenarios"]
            ],
            self.countries,
            quarters.parse(material.manifest["case"]["as_of"]),
        )

    def _of_sweep(self, sweep: Sweep) -> list[str]:
        """Outcomes shown of a sweep: those asked for, else those that its design is about."""
        return self.asked_outcomes or usual_outcomes(sweep.manifest)

    def _simulated(self) -> list[str]:
        """Codes of the countries that some scenario simulates; all while no run is finished."""
        found: dict[str, None] = {}
        for told in self.material.scenarios:
            by_country = [
                name
                for name, one in self.names.outcomes.items()
                if one["axes"] == ["country"] and one.get("headline", True)
            ][:1]
            own = findings.ends(told, by_country)
            for column in own.columns[own.notna().any()]:
                found[self.names.axes(column)["country"]] = None
        return [code for code in self.names.countries if code in found] or [*self.names.countries]

    def title(self) -> str:
        """What the report is called where it was not told."""
        scenarios = self.material.scenarios
        if len(scenarios) == 1:
            return str(scenarios[0].entry["title"])
        if not scenarios and len(self.material.sweeps) == 1:
            return str(self.material.sweeps[0].manifest["design"]["title"])
        return str(self.material.manifest["case"]["title"])

    def lead(self) -> str:
        """What was run, in a line."""
        sizes: list[tuple[int, str, Result | Sweep]] = [
            (len(batch.scenarios), "scenario", batch) for batch in self.material.batches
        ]
        sizes += [(sweep.manifest["rows"], "row", sweep) for sweep in self.material.sweeps]
        parts = [
            f"{counted(number, what)} of {counted(result.manifest['runs'], 'run')}"
            for number, what, result in sizes
        ]
        case = self.material.manifest["case"]
        return f"{case['title']}, base {case['as_of']}: {'; '.join(parts)}."

    def questions(self) -> list[str]:
        """The questions that scenarios and designs ask, each once."""
        asked = [str(told.entry["question"]) for told in self.material.scenarios]
        asked += [
            str(sweep.manifest["design"].get("question") or "") for sweep in self.material.sweeps
        ]
        return [question for question in dict.fromkeys(asked) if question]

    def summary(self) -> list[str]:
        """The main findings."""
        most = _MOST_SENTENCES if not self.material.sweeps else _MOST_SENTENCES - 2
        lines = findings.summary(
            self.material, self.differences, self.outcomes, self.countries, self.names, most
        )
        room = _MOST_SENTENCES - len(lines)
        for sweep, table in zip(self.material.sweeps, self.responses, strict=True):
            share = max(1, room // len(self.material.sweeps))
            if table.empty:
                lines.append(f"No row of {sweep.manifest['design']['title']} is finished.")
                continue
            for row in findings.records(sweeps.leading(table, share)):
                lines.append(sweeps.sentence(row, sweep, self.names))
        return lines[:_MOST_SENTENCES]

    def sections(self, command: Sequence[str]) -> Iterator[Section]:
        """All of them, in order; some may be empty."""
        yield self._assumed()
        yield self._changes()
        yield self._standing()
        yield self._events()
        yield from self._sweeps()
        yield self._figures()
        yield self._trust()
        yield self._limits()
        yield self._sources()
        yield self._words()
        section = Section("remake", "How to make it again")
        remake.tell(section, self.material, command)
        yield section

    # What was assumed

    def _assumed(self) -> Section:
        section = Section("assumptions", "What was assumed")
        scenarios = [(told.label, told.entry) for told in self.material.scenarios]
        labels = {told.name: told.label for told in reversed(self.material.scenarios)}
        for sweep in self.material.sweeps:
            for entry in sweep.manifest["scenarios"]:
                if entry["name"] not in labels:
                    labels[entry["name"]] = str(entry["title"]).split(":")[0]
                    scenarios.append((labels[entry["name"]], entry))
        entries = [entry for _, entry in scenarios]
        for label, entry in scenarios:
            self._assumed_by(section, label, entry, entries, labels)
        return section

    def _assumed_by(
        self,
        section: Section,
        label: str,
        entry: Mapping[str, Any],
        entries: Sequence[Mapping[str, Any]],
        labels: dict[str, str],
    ) -> None:
        drawn = (self.material.manifest.get("parameters") or {}).get("draws")
        found = assumptions(entry, entries, self.material.case, self.names, centres=not drawn)
        found = in_words(found, labels)
        section.blocks.append(Heading(label))
        section.say(str(entry["question"]))
        if len(found.chain) > 1:
            section.say(f"Extends {', which extends '.join(found.chain[1:])}.")
        if found.remark:
            section.say(found.remark, remark=True)
        own = [one for one in found.changes if one.scenario == found.chain[0]]
        if not own:
            section.say("It sets nothing of its own: it differs from what it extends in nothing.")
        # What a scenario further down sets is in its own table where it has one.
        told_elsewhere = set(labels.values()) - {found.chain[0]}
        for place, scenario in enumerate(found.chain):
            rows = [one for one in found.changes if one.scenario == scenario]
            if not rows or (place and scenario in told_elsewhere):
                continue
            called = scenario if place else label
            below = found.chain[place + 1 : place + 2]
            section.table(
                f"What {called} changes of {below[0]}" if below else f"What {called} sets",
                ["what", "was", "is", "reason", "source"],
                [
                    [
                        one.key,
                        one.was,
                        one.now,
                        one.reason or BLANK,
                        self.evidence.linked(one.source) if one.source else BLANK,
                    ]
                    for one in rows
                ],
            )

    # What the scenarios change

    def _changes(self) -> Section:
        section = Section("changes", "What the scenarios change")
        table = self.differences.table
        scenarios = self.material.scenarios
        if not scenarios:
            return section
        if table.empty:
            section.say(
                "No two scenarios could be compared run by run."
                if len(scenarios) > 1
                else "There is one scenario, and nothing to compare it with."
            )
            section.list(self.differences.untold)
            return section
        section.say(
            "Run i of every scenario has the same draws of chance and parameters, so that "
            "differences are taken run by run. Intervals of a mean say how far a finite number of "
            "runs may be off; intervals over runs say how differently the same change works out.",
            "In the tables of differences, outcomes are sorted by size of effect: the mean "
            "difference in standard deviations over runs. Against: mean of what the scenario is "
            "compared with. Error: Monte-Carlo standard error of the mean difference. Over runs: "
            "interval that holds nine tenths of the differences run by run. Moving: share of runs "
            "that move the way the mean does. An asterisk: told from zero, the number of tests "
            "allowed for.",
        )
        self._expected(section)
        for place, told in enumerate(scenarios):
            own = table[table["scenario"] == place]
            if not own.empty:
                self._changed_by(section, told, findings.records(own))
        if self.differences.tested:
            section.blocks.append(Heading("How many were looked at"))
            section.say(findings.multiplicity(self.differences))
        return section

    def _expected(self, section: Section) -> None:
        rows = [row for row in findings.records(self.differences.table) if row["expected"]]
        scenarios = self.material.scenarios
        section.table(
            "What the scenarios expect, and what came of it",
            ["scenario", "outcome", "when", "expected", "difference", "share of runs", "verdict"],
            [
                [
                    scenarios[row["scenario"]].label,
                    f"{self.names.outcome(row['outcome'])} [{row['unit']}]",
                    "mean over quarters" if row["at"] == "mean" else str(row["at"]),
                    row["expected"],
                    _difference(row),
                    self._as_expected(row),
                    findings.verdict(row),
                ]
                for row in rows
            ],
            numeric=(4, 5),
            note="Difference: mean over runs, with the 90 % interval of the mean in brackets. "
            "Share of runs that move as expected.",
        )

    def _as_expected(self, row: Mapping[str, Any]) -> str:
        up = float(row["above"])
        return percent(up if row["expected"] == "up" else 1 - up - float(row["equal"]))

    def _changed_by(self, section: Section, told: Told, rows: Sequence[Mapping[str, Any]]) -> None:
        scenarios = self.material.scenarios
        section.blocks.append(Heading(told.label))
        _, remark = self.material.baseline(told)
        if remark:
            section.say(remark, remark=True)
        expected = [row for row in rows if row["expected"]]
        others = sorted((row for row in rows if not row["expected"]), key=findings.size)[::-1]
        items = [findings.expectation(row, scenarios, self.names) for row in expected]
        apart = [row for row in others if row["apart"]]
        items += [findings.sentence(row, scenarios, self.names) for row in apart[:_MORE_EFFECTS]]
        section.list(items)
        differing = [row for row in others if row["equal"] != 1]
        shown = [row for row in differing if findings.size(row) >= _NEGLIGIBLE]
        same = len(others) - len(differing)
        if others and not differing:
            section.say(
                f"None of the {len(others)} outcomes compared at the end differs in any run."
            )
        elif others and not apart:
            section.say(
                "At the end of the horizon no difference in the outcomes compared can be told from "
                "chance."
            )
        left = []
        if same:
            left.append(f"{counted(same, 'outcome')} that no run moves")
        if len(shown) < len(differing):
            left.append(
                f"{counted(len(differing) - len(shown), 'outcome')} moved by less than a "
                "thousandth of a standard deviation"
            )
        note = f"Left out: {'; '.join(left)}." if left else ""
        by_base: dict[object, list[Mapping[str, Any]]] = {}
        for row in shown:
            by_base.setdefault(row["against"], []).append(row)
        for base, own in by_base.items():
            at = str(own[0]["at"])
            section.table(
                f"{told.label} less {scenarios[int(str(base))].label}, {when(at)}",
                [
                    "outcome",
                    "unit",
                    "against",
                    "difference",
                    "error",
                    "over runs",
                    "moving",
                    "effect",
                ],
                [self._difference_row(row) for row in own],
                numeric=range(2, 8),
                note=note,
            )

    def _difference_row(self, row: Mapping[str, Any]) -> list[Words]:
        number = {
            key: float(str(row[key]))
            for key in ("mean_against", "standard_error", "spread_low", "spread_high", "effect")
        }
        error = number["standard_error"]
        effect = number["effect"]
        sized = rounded(effect, max(0.1 * abs(effect), 0.01), sign=True)
        return [
            self.names.outcome(str(row["outcome"])),
            str(row["unit"]),
            rounded(number["mean_against"], error),
            _difference(row) + (" *" if row["apart"] else ""),
            rounded(error, error),
            between(number["spread_low"], number["spread_high"], sign=True),
            percent(findings.moving(row)),
            sized,
        ]

    # Where outcomes stand

    def _standing(self) -> Section:
        section = Section("levels", "Where outcomes stand at the end")
        scenarios = self.material.scenarios
        found = [
            findings.levels(told, self.outcomes, self.countries, self.names) for told in scenarios
        ]
        if not any(len(table) for table in found):
            if scenarios:
                section.say("No run is finished.")
            return section
        section.say(
            "Median over runs at the end of the horizon, and in brackets the interval that holds "
            "nine tenths of the runs. A scenario that is not listed, or has a dash, does not "
            "simulate the country or has no finished run."
        )
        cells: dict[tuple[str, int, str], str] = {}
        for place, table in enumerate(found):
            for row in findings.records(table):
                column = str(row["outcome"])
                spread = findings.grain(row)
                limits_held = held(between(row["low"], row["high"], spread))
                text = f"{rounded(row['median'], spread)} {limits_held}"
                cells[self._line(column), place, self.names.axes(column).get("country", "")] = text
        self._matrix(section, "Levels at the end", cells)
        self._worst(section)
        return section

    def _line(self, column: str) -> str:
        """An outcome with its unit, less the country."""
        return f"{self.names.outcome(column, without='country')} [{self.names.unit(column)}]"

    def _matrix(
        self, section: Section, caption: str, cells: dict[tuple[str, int, str], str], note: str = ""
    ) -> None:
        """Cells by outcome, scenario and country, a few countries a table."""
        scenarios = self.material.scenarios
        several = len(scenarios) > 1
        columns = [code for code in self.countries if any(key[2] == code for key in cells)]
        tables = -(-len(columns) // _MOST_COLUMNS)
        groups = [list(group) for group in np.array_split(columns, tables)] if tables else []
        for group in [*groups, [""]]:
            lines = list(dict.fromkeys(key[0] for key in cells if key[2] in group))
            there = {key[:2] for key in cells if key[2] in group}
            keys = sorted(there, key=lambda key: (lines.index(key[0]), key[1]))
            heads = ["outcome", *(["scenario"] if several else [])]
            names = [self.names.actor(code, "country") if code else "region" for code in group]
            where = "" if len(groups) < 2 or group == [""] else f": {names[0]} to {names[-1]}"
            section.table(
                f"{caption}{where}" if group != [""] else f"{caption}: the region as a whole",
                [*heads, *names],
                [
                    [
                        line,
                        *([scenarios[place].label] if several else []),
                        *(cells.get((line, place, code), BLANK) for code in group),
                    ]
                    for line, place in keys
                ],
                numeric=range(len(heads), len(heads) + len(group)),
                note=note,
            )

    def _worst(self, section: Section) -> None:
        cells: dict[tuple[str, int, str], str] = {}
        for place, told in enumerate(self.material.scenarios):
            worst = findings.worst_tenth(told, _WORSE_WHEN_LESS, self.countries, self.names)
            for column, value in worst.items():
                cells[self._line(column), place, self.names.axes(column).get("country", "")] = (
                    rounded(value)
                )
        if cells:
            self._matrix(
                section,
                "The worst tenth of runs",
                cells,
                note="Mean over the tenth of runs in which the outcome is lowest, each outcome and "
                "country by itself (conditional value at risk).",
            )

    # What happens

    def _events(self) -> Section:
        section = Section("events", "Threats, measures and deals")
        rows: list[list[Words]] = []
        for told in self.material.scenarios:
            for row in findings.events(told, self.countries).to_dict("records"):
                power = self.names.actor(row["power"], "power") if row["power"] else "all powers"
                rows.append(
                    [
                        told.label,
                        power,
                        rounded(row["threats"], max(row["threats"], 1) / 10),
                        f"{row['low']:.0f} to {row['high']:.0f}",
                        *(
                            rounded(row[kind], max(row[kind], 1) / 10)
                            for kind in ("complied", "backed_down", "imposed", "deals", "value")
                        ),
                    ]
                )
        if rows:
            section.say(
                "Means over runs of what happens to the countries shown over the whole horizon. A "
                "threat ends in one of three ways: the country complies, the power backs down, or "
                "the threat is carried out."
            )
        section.table(
            "What happens in a run",
            [
                "scenario",
                "power",
                "threats",
                "nine tenths of runs",
                "complied with",
                "backed down",
                "carried out",
                "deals",
                "their value, USD bn",
            ],
            rows,
            numeric=range(2, 9),
        )
        return section

    # Sweeps

    def _sweeps(self) -> Iterator[Section]:
        for place, sweep in enumerate(self.material.sweeps):
            design = sweep.manifest["design"]
            section = Section(f"sweep-{place + 1}", str(design["title"]))
            if design.get("question"):
                section.say(str(design["question"]))
            sweeps.tell_factors(section, sweep)
            table = self.responses[place]
            section.list(
                [
                    sweeps.sentence(row, sweep, self.names)
                    for row in findings.records(sweeps.leading(table, _MOST_SENTENCES))
                ]
            )
            sweeps.tell_responses(section, sweep, table, self.names)
            telling = sweeps.leading(table, _MOST_DRAWN)
            chosen = [] if telling.empty else list(telling["outcome"])
            section.blocks += self._drawn(sweep, f"sweep{place + 1}", chosen)
            yield section

    # Pictures

    def _figures(self) -> Section:
        section = Section("figures", "Figures")
        for place, batch in enumerate(self.material.batches):
            if len(self.material.batches) > 1 and self.drawn:
                section.blocks.append(Heading(f"From {batch.folder}"))
            section.blocks += self._drawn(batch, f"batch{place + 1}")
        if all(isinstance(block, Heading) for block in section.blocks):
            section.blocks.clear()
        return section

    def _drawn(self, result: Viewed, name: str, outcomes: Sequence[str] = ()) -> list[Block]:
        """The pictures of a result; of outcomes, unless others were asked for."""
        if not self.drawn:
            return []
        found: list[Block] = []
        chosen = pictures(result, self.asked_outcomes or outcomes, self.asked_countries)
        for number, (_, page) in enumerate(chosen, start=1):
            found.append(picture(page, f"{name}-{number}"))
        return found

    # How far to trust it

    def _trust(self) -> Section:
        section = Section("trust", "How far to trust it")
        for place, study in enumerate(self.material.hindcasts):
            trust.tell_hindcast(section, study)
            section.blocks += self._drawn(study.folder, f"hindcast{place + 1}")
        for place, study in enumerate(self.material.fits):
            trust.tell_fit(section, study)
            section.blocks += self._drawn(study.folder, f"fit{place + 1}")
        return section

    def _limits(self) -> Section:
        section = Section("limits", "What the model cannot say")
        section.blocks.append(Heading("These results"))
        left = (
            [name for code, name in self.names.countries.items() if code not in self.there]
            if self.material.batches
            else []
        )
        own = limits.particular(self.material, self.differences, self.evidence)
        section.list([*own, *filter(None, [limits.countries_left_out(left)])])
        section.blocks.append(Heading("Any result of this model"))
        section.list(limits.general())
        return section

    # What it rests on

    def _sources(self) -> Section:
        section = Section("sources", "Evidence and sources")
        if self.material.case is None:
            section.say("The case is not at hand; its evidence cannot be listed.", remark=True)
            return section
        documents = {row["id"]: row for row in self.evidence.rows("documents")}
        section.say(
            "What the scenarios name as a source, and what stands behind the figures of the case "
            "for the countries shown."
        )
        section.table(
            "How good the figures of the case are",
            ["confidence", "figures", "share"],
            [
                [name, f"{number:,}", percent(share)]
                for name, number, share in proof.shares(self.evidence)
            ],
            numeric=(1, 2),
            note="Attributes, drivers and routes at the base quarter; expert: a judgement.",
        )
        rows = self.evidence.rows("evidence")
        section.table(
            "Evidence",
            ["id", "document", "figure", "caution", "used by"],
            [
                [
                    row["id"],
                    self._document(documents, row["document"]),
                    self._figure(row),
                    row["caution"] or BLANK,
                    ", ".join(self.evidence.users(row["id"])),
                ]
                for row in rows
            ],
            anchors=[proof.place(row["id"]) for row in rows],
        )
        listed = self.evidence.rows("documents")
        section.table(
            "Documents",
            ["id", "title", "publisher", "date", "kind", "note"],
            [
                [
                    row[name] or BLANK
                    for name in ("id", "title", "publisher", "date", "kind", "note")
                ]
                for row in listed
            ],
            anchors=[proof.place(row["id"]) for row in listed],
        )
        listed = self.evidence.rows("sources")
        section.table(
            "Sources of the figures",
            ["id", "publisher", "title", "edition", "licence", "used by"],
            [
                [
                    *(
                        row[name] or BLANK
                        for name in ("id", "publisher", "title", "edition", "licence")
                    ),
                    ", ".join(self.evidence.users(row["id"])),
                ]
                for row in listed
            ],
            anchors=[proof.place(row["id"]) for row in listed],
        )
        return section

    def _document(self, documents: Mapping[str, Row], name: str) -> Words:
        return self.evidence.linked(name) if name in documents else name

    def _figure(self, cells: Row) -> str:
        place = [
            self.names.actor(cells[column]) for column in ("country", "partner") if cells[column]
        ]
        value = " ".join(filter(None, (cells["value"], cells["unit"])))
        period = f" ({cells['period']})" if cells["period"] else ""
        return f"{', '.join(place)}: {cells['quantity']} {value}{period}"

    def _words(self) -> Section:
        """What the outcomes named in the report mean."""
        section = Section("outcomes", "What the outcomes mean")
        named: Iterable[str] = [name.split(".")[0] for name in self.outcomes]
        if self.material.batches:
            named = [*named, *_WORSE_WHEN_LESS]
        if not self.differences.table.empty:
            named = [*named, *(name.split(".")[0] for name in self.differences.table["outcome"])]
        named = [
            *named,
            *(
                str(name).split(".")[0]
                for table in self.responses
                if not table.empty
                for name in table["outcome"]
            ),
        ]
        section.table(
            "Outcomes in this report",
            ["outcome", "meaning", "unit"],
            [
                [
                    name.replace("_", " "),
                    self.names.meaning(name),
                    str(self.names.outcomes[name]["unit"]),
                ]
                for name in dict.fromkeys(named)
                if name in self.names.outcomes
            ],
        )
        return section


def _difference(row: Mapping[str, Any]) -> str:
    """A mean difference with its interval."""
    value, error, low, high = (
        float(str(row[key])) for key in ("difference", "standard_error", "low", "high")
    )
    text = rounded(value, error, sign=True)
    return f"{text} {held(between(low, high, error, sign=True))}" if high > low else text
