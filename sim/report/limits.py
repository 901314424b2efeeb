"""What a report cannot say: what holds for every result, and what holds for these."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources

from sim.report.blocks import Piece, Words
from sim.report.evidence import Evidence, shares
from sim.report.findings import FEW_RUNS, Differences
from sim.report.material import Material
from sim.report.numbers import counted, percent
from sim.report.trust import poor_coverage

_PAIR = 2  # runs needed for a standard error


def general() -> list[Words]:
    """What no result of the model can say, from `limits.toml`."""
    text = resources.files("sim.report").joinpath("limits.toml").read_text(encoding="utf-8")
    return [
        (Piece(f"{one['title']}. ", strong=True), Piece(one["text"]))
        for one in tomllib.loads(text)["limit"]
    ]


def particular(material: Material, found: Differences, rests_on: Evidence) -> list[str]:
    """What these results in particular cannot say, a sentence or two each."""
    return [
        *_runs(material),
        *_rows(material),
        *_parameters(material),
        *_small(found),
        *_record(material),
        *_figures(material, rests_on),
        *found.untold,
    ]


def _runs(material: Material) -> Iterator[str]:
    for batch in material.batches:
        asked = int(batch.manifest["runs"])
        mine = [told for told in material.scenarios if told.result is batch]
        labels = {told.name: told.quoted for told in mine}
        short = {told.name: len(told.finished) for told in mine if len(told.finished) < asked}
        if short or not batch.complete:
            told = [f"{labels[name]} {done:,} of {asked:,}" for name, done in short.items()]
            failed = len(batch.failures)
            yield (
                f"{batch.folder} is incomplete"
                + (f": runs finished are {', '.join(told)}" if told else "")
                + (f"; {counted(failed, 'part')} of the runs failed" if failed else "")
                + ". Estimates are about finished runs; if runs failed for a reason that has to do "
                "with outcomes, they are biased."
            )
        fewest = min([asked, *short.values()])
        if 0 < fewest < FEW_RUNS:
            yield (
                f"With {counted(fewest, 'run')} a scenario, quantiles near the ends and the worst "
                "tenth rest on a handful of runs, and small effects cannot be told from chance. "
                "Run more before quoting them."
            )
        if fewest < _PAIR:
            yield "With fewer than two runs a scenario, no error can be given."


def _rows(material: Material) -> Iterator[str]:
    for sweep in material.sweeps:
        if not sweep.complete:
            yield (
                f"{sweep.folder} is incomplete: rows that are not finished or failed are left out "
                "of what is said about it."
            )
        yield (
            f"Rows of {sweep.manifest['design']['title']} share the random draws of their "
            f"{counted(int(sweep.manifest['runs']), 'run')}: what differs between rows is owed to "
            "the factors, but it may differ in other runs. Ranges are those of the design, and "
            "what lies outside them was not tried."
        )


def _parameters(material: Material) -> Iterator[str]:
    fixed = [
        str(one.folder)
        for one in (*material.batches, *material.sweeps)
        if not (one.manifest.get("parameters") or {}).get("draws")
    ]
    if fixed:
        yield (
            f"In {' and '.join(fixed)} parameters stood at single values unless a scenario or a "
            "design varied them. How uncertain they are is not in the spread over runs, which is "
            "too narrow for that reason."
        )


def _small(found: Differences) -> Iterator[str]:
    if found.table.empty:
        return
    untold = int((~found.table["apart"] & (found.table["equal"] < 1)).sum())
    if untold:
        yield (
            f"{counted(untold, 'difference')} of {len(found.table):,} looked at cannot be told "
            "from chance. That is no proof that nothing changes: more runs may tell them apart."
        )


def _record(material: Material) -> Iterator[str]:
    if not material.hindcasts:
        yield (
            "No hindcast was given, so that this report does not say how well the model would have "
            "foretold the record. Add the folder of one to have it said."
        )
    for hindcast in material.hindcasts:
        poor = poor_coverage(hindcast)
        if poor:
            yield (
                f"In the hindcast {hindcast.folder}, intervals held the record less often than "
                f"they should for {', '.join(poor)}: intervals about these are too narrow."
            )
    hash_now = material.case_hash
    for study in (*material.hindcasts, *material.fits):
        if study.manifest["case"].get("hash") != hash_now:
            yield (
                f"{study.folder} was made with another state of the case than the results; what it "
                "says of the model may no longer hold to the letter."
            )


def _figures(material: Material, rests_on: Evidence) -> Iterator[str]:
    if material.case is None:
        yield (
            "The case that the results were made with is not at hand, so that the evidence behind "
            "its figures cannot be listed here."
        )
        return
    if material.case.hash() != material.case_hash:
        yield (
            "The case has changed since the results were made. Figures and evidence are listed as "
            "they stand now."
        )
    by_name = {name: (number, share) for name, number, share in shares(rests_on)}
    if "expert" in by_name:
        number, share = by_name["expert"]
        total = sum(one for one, _ in by_name.values())
        yield (
            f"Of the {total:,} figures of the case that stand behind the countries shown, "
            f"{number:,} ({percent(share)}) are judgements of experts."
        )


def countries_left_out(names: Sequence[str]) -> str:
    """What a reader has to know about countries that no scenario simulates; blank if none."""
    return f"Not simulated in any scenario: {', '.join(names)}." if names else ""
