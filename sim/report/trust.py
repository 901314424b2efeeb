"""How far to trust the model: what fits and hindcasts say of it, in sentences and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from sim.report.blocks import Section
from sim.report.material import Study
from sim.report.numbers import percent

ALL = "all"
_LEVELS = (50, 80, 95)  # percent, of the intervals that a hindcast counts
_MARGIN = 2.0  # standard errors below its level at which a share counts as too low
_BASELINES = {
    "last_value": "the last value carried on",
    "persistence": "the last value with the spread of past changes",
    "drift": "past mean change carried on",
    "autoregression": "a first-order autoregression",
    "recent_changes": "changes drawn from recent ones",
}


def tell_hindcast(section: Section, study: Study) -> None:
    """Skill and coverage of a hindcast."""
    plan = study.manifest.get("plan", {})
    skill, coverage = _main(study.table("skill")), _main(study.table("coverage"))
    origin = next(iter(plan.get("origins", [])), None)
    if origin is not None:
        section.say(
            f"The hindcast {study.folder} fits the model on years to {origin} only and runs it to "
            f"{plan['last']} with {plan['runs']:,} runs, so that forecasts meet a record that they "
            "have not seen."
        )
    section.say(*_skill(skill), *_covered(coverage))
    section.say(*_together(study, len(plan.get("origins", []))))
    section.table(
        "Skill of the hindcast against simple forecasts",
        ["figures", *(_BASELINES[name] for name in _BASELINES if _has(skill, name))],
        [
            [
                str(family).replace("_", " "),
                *(_bracket(skill, family, name) for name in _BASELINES if _has(skill, name)),
            ]
            for family in dict.fromkeys(skill.get("family", []))
        ],
        note="Share of the simple forecast's error (continuous ranked probability score) that the "
        "model saves, with the range of 95 % of resamples: above 0 the model is better, below 0 "
        "worse.",
    )
    section.table(
        "Observed figures inside the intervals of the hindcast",
        ["figures", "number", *(f"{level} % interval" for level in _LEVELS)],
        [
            [
                str(row["family"]).replace("_", " "),
                f"{row['figures']:,}",
                *(percent(float(row[f"inside_{level}"])) for level in _LEVELS),
            ]
            for row in coverage.to_dict("records")
        ],
        numeric=range(1, 2 + len(_LEVELS)),
        note="A good forecast has half of the figures in its 50 % interval, and so on.",
    )


def tell_fit(section: Section, study: Study) -> None:
    """What a fit learned from the record."""
    settings = study.manifest.get("settings", {})
    parameters = study.table("parameters")
    if parameters.empty:
        return
    verdicts = parameters["verdict"].value_counts()
    moved = int(verdicts.get("moved", 0))
    hardly = int(verdicts.get("hardly moved", 0))
    stuck = parameters.loc[parameters["verdict"] == "not moved", "parameter"]
    names = [str(name).replace("_", " ") for name in stuck]
    section.say(
        f"The fit {study.folder} holds the model against the record from {settings['base']} to "
        f"{settings['until']}. Of {len(parameters)} parameters the record moved {moved}, hardly "
        f"moved {hardly} and did not move {len(names)}; what follows from all but the first rests "
        f"on judgement." + (f" Not moved: {', '.join(names)}." if names else "")
    )


def poor_coverage(study: Study) -> list[str]:
    """Kinds of figures that fall outside the 80 % interval more often than chance explains."""
    coverage = study.table("coverage")
    together = _of_all_origins(coverage)
    if not coverage.empty:
        coverage = pd.concat([_main(coverage), together[together["family"] == ALL]])
    found = []
    for row in coverage.to_dict("records"):
        number, level = int(row["figures"]), 0.8
        error = math.sqrt(level * (1 - level) / number)
        share = float(row["inside_80"])
        if share < level - _MARGIN * error:
            name = "all figures together" if row["family"] == ALL else str(row["family"])
            if str(row["origins"]) == ALL:
                name = "all figures from all origins"
            found.append(f"{name.replace('_', ' ')} ({percent(share)} inside the 80 % interval)")
    return found


def _together(study: Study, origins: int) -> Iterator[str]:
    """The same over all origins, which may be less kind to the model than the main one."""
    skill, coverage = (_of_all_origins(study.table(name)) for name in ("skill", "coverage"))
    figures = "figures, of which many are foretold from more than one origin"
    compared = _against_simple(skill)
    if compared:
        yield (
            f"From all {origins} origins together the skill is {compared}; this is the broader "
            "test, and counts where it is less kind."
        )
    for row in coverage.to_dict("records"):
        if row["family"] == ALL:
            yield (
                f"From all origins, {percent(row['inside_80'])} of {row['figures']:,} {figures}, "
                f"lie inside the 80 % interval and {percent(row['inside_95'])} inside the 95 % "
                "interval."
            )


def _of_all_origins(table: pd.DataFrame) -> pd.DataFrame:
    """Lines about all origins, where there are some besides those about the main one."""
    if table.empty or str(table["origins"].iloc[0]) == ALL:
        return table.iloc[:0]
    return table[table["origins"].astype(str) == ALL]


def _main(table: pd.DataFrame) -> pd.DataFrame:
    """Lines about the main origin, which come first, or about all figures where it is alone."""
    if table.empty:
        return table
    return table[table["origins"].astype(str) == str(table["origins"].iloc[0])]


def _has(skill: pd.DataFrame, against: str) -> bool:
    return not skill.empty and against in set(skill["against"])


def _row(skill: pd.DataFrame, family: str, against: str) -> dict[str, float] | None:
    own = skill[(skill["family"] == family) & (skill["against"] == against)]
    return None if own.empty else dict(own.iloc[0])


def _bracket(skill: pd.DataFrame, family: str, against: str) -> str:
    row = _row(skill, family, against)
    if row is None:
        return "–"
    skill_is, low, high = (f"{row[key]:+.2f}" for key in ("skill", "low", "high"))
    text = f"{skill_is} ({low} to {high})".replace("+0.00", "0.00").replace("-0.00", "0.00")
    return text.replace("-", "\N{MINUS SIGN}")


def _against_simple(skill: pd.DataFrame) -> str:
    """Skill over all figures against every simple forecast, in words."""
    return ", ".join(
        f"{_bracket(skill, ALL, name)} against {words}"
        for name, words in _BASELINES.items()
        if _has(skill, name) and _row(skill, ALL, name) is not None
    )


def _skill(skill: pd.DataFrame) -> Iterator[str]:
    """Where the model beats simple forecasts, and where it does not."""
    compared = _against_simple(skill)
    if compared:
        yield (
            f"Over all figures the model’s skill is {compared}. Skill is the share of a "
            "simple forecast’s error that the model saves; where the range in brackets holds 0, "
            "the difference may be chance."
        )
    below = [
        row
        for row in skill.to_dict("records")
        if row["against"] in _BASELINES and row["skill"] < 0 and row["family"] != ALL
    ]
    for words, rows in (
        ("It does worse than a simple forecast", [row for row in below if row["high"] < 0]),
        ("It does no better than a simple forecast", [row for row in below if row["high"] >= 0]),
    ):
        told = [
            f"{str(row['family']).replace('_', ' ')} ({_BASELINES[row['against']]}: "
            f"{_bracket(skill, str(row['family']), str(row['against']))})"
            for row in rows
        ]
        if told:
            yield f"{words} for {', '.join(told)}."


def _covered(coverage: pd.DataFrame) -> Iterator[str]:
    rows = [row for row in coverage.to_dict("records") if row["family"] == ALL]
    if rows:
        row = rows[0]
        yield (
            f"Of {row['figures']:,} observed figures, {percent(row['inside_80'])} lie inside the "
            f"80 % interval and {percent(row['inside_95'])} inside the 95 % interval."
        )
