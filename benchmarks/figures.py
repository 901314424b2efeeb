"""The figures of the shipped case that the documentation quotes, as a page in Markdown.

    python benchmarks/figures.py > docs/figures.md

Takes a few minutes: the baseline and every shipped scenario, 1,000 runs each by default.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

import sim
from sim.core import quarters
from sim.experiment import Result
from sim.scenario import list_scenarios, load_scenario
from tests.facts import test_facts as facts
from tests.facts.experiment import arm

BY_COUNTRY = (
    "autonomy",
    "position",
    "entropy",
    "output",
    "remittance_index",
    "reexport_intensity",
)
WHEN = (0.08, 0.54, 1.0)  # early, middle and end of the horizon


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def band(row: pd.Series[float]) -> str:
    """Median and the 90 percent band."""
    return f"{row['q50']:.3f} ({row['q05']:.3f} to {row['q95']:.3f})"


def baseline_tables(result: Result) -> str:
    """Medians and 90 percent bands of the baseline over the horizon, and coercion a year."""
    statistics = result.quarters().set_index(["outcome", "quarter"]).sort_index()
    manifest = result.manifest
    countries = [one["code"] for one in manifest["case"]["countries"]]
    countries = [code for code in countries if f"autonomy.{code}" in statistics.index]
    powers = [one["code"] for one in manifest["case"]["powers"]]
    start = quarters.parse(manifest["scenarios"][0]["start"])
    length = manifest["scenarios"][0]["quarters"]
    moments = [start + round(part * length) - 1 for part in WHEN]

    def rows(columns: Iterable[str]) -> Iterable[list[str]]:
        for column in columns:
            yield [f"`{column}`", *(band(statistics.loc[(column, q)]) for q in moments)]

    names = [f"{outcome}.{country}" for outcome in BY_COUNTRY for country in countries]
    names += [f"alignment.{country}.{power}" for country in countries for power in powers]
    runs = result.runs(["threats", "imposed", "complied"])
    years = length / 4

    def yearly(country: str, power: str) -> str:
        threats, imposed = (
            runs[f"{outcome}.{country}.{power}"].mean() / years
            for outcome in ("threats", "imposed")
        )
        return f"{threats:.2f} ({imposed:.2f})"

    coercers = [power for power in powers if runs[f"threats.{countries[0]}.{power}"].any()]
    return "\n\n".join(
        (
            "Median over runs, 5 to 95 percent in brackets:",
            table(["outcome", *map(quarters.name, moments)], rows([*names, "cohesion"])),
            "Threats a year, of which carried out in brackets (means over runs):",
            table(
                ["country", *coercers],
                ([country, *(yearly(country, p) for p in coercers)] for country in countries),
            ),
        )
    )


def effects_table(runs: int, seed: int, jobs: int, folder: Path) -> str:
    """What each shipped scenario moves, against the scenario that it extends."""
    rows = []
    for name in list_scenarios():
        extends = load_scenario(name).resolved().get("extends")
        if not extends:
            continue
        scenario = load_scenario(name)
        kept = sorted({headline.outcome.split(".")[0] for headline in scenario.headline})
        result = sim.batch(
            [extends, name], runs=runs, seed=seed, out=folder / name, jobs=jobs, trajectories=kept
        )
        for _, effect in result.effects().iterrows():
            rows.append(
                [
                    f"`{name}`",
                    f"`{effect['against']}`",
                    f"`{effect['outcome']}` at {effect['at']}",
                    effect["said"],
                    f"{effect['difference']:+.4g} ± {effect['standard_error']:.1g}",
                    f"{effect['share_of_runs']:.0%}",
                ]
            )
    header = ["scenario", "against", "outcome", "said", "difference ± standard error", "runs"]
    return table(header, rows)


def facts_table() -> str:
    """Statistics behind some stylised facts and observed ranges, as the tests make them."""
    countries = facts.FIVE
    base = arm(("threats", "imposed", "route_volume", "reexport_usd", "entropy"), 52)
    free = arm(("reexport_intensity",), 16, facts.SANCTIONED + facts.UNENFORCED)
    policed = arm(("reexport_intensity",), 16, facts.SANCTIONED + facts.ENFORCED)
    kazakh_oil = [
        row["route"]
        for row in sim.load_case("central_asia").table("routes")
        if row["commodity"] == "oil" and row["country"] == "KAZ" and row["route"]
    ]
    volumes = {route: base.mean(f"route_volume.{route}", 0) for route in dict.fromkeys(kazakh_oil)}
    years = 13

    def yearly(outcome: str, power: str) -> float:
        return sum(base.mean(f"{outcome}.{country}.{power}") for country in countries) / years

    def drop(country: str) -> float:
        column = f"reexport_intensity.{country}"
        return 1 - policed.mean(column) / free.mean(column)

    offset = sum(base.mean(f"reexport_usd.{country}", 3) for country in countries)
    rows = [
        ["Russian threats a year on the five", f"{yearly('threats', 'RUS'):.2f}"],
        ["of which carried out", f"{yearly('imposed', 'RUS'):.2f}"],
        ["Chinese threats a year on the five", f"{yearly('threats', 'CHN'):.2f}"],
        ["US threats a year on the five", f"{yearly('threats', 'USA'):.2f}"],
        ["CPC's part of Kazakh crude exports", f"{volumes['CPC'] / sum(volumes.values()):.3f}"],
        *(
            [f"F13: drop of re-exports of {country} under enforcement", f"{drop(country):.0%}"]
            for country in ("KAZ", "KGZ", "UZB")
        ),
        ["F14: re-exports to Russia, USD bn a year", f"{offset:.1f}"],
        *(
            [f"F19: entropy of {country}", f"{base.mean(f'entropy.{country}', 0):.3f}"]
            for country in countries
        ),
    ]
    return table(["statistic", "value"], rows)


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2022)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = sim.batch(
            "baseline", runs=given.runs, seed=given.seed, out=Path(folder, "base"), jobs=given.jobs
        )
        print("# Figures of the shipped case\n")
        print(
            f"Made by `python benchmarks/figures.py --runs {given.runs} --seed {given.seed}`. "
            "Runs draw their parameters from the posterior; the facts are at the centre of the "
            "parameters. The spread leaves out what is uncertain about attributes and structure.\n"
        )
        print("## The baseline over its horizon\n")
        print(baseline_tables(base))
        print("\n## Behind some facts and observed ranges\n")
        print("The experiments of `tests/facts`, 1,000 runs each.\n")
        print(facts_table())
        print("\n## What each scenario moves\n")
        print(
            "Paired run by run against the scenario it extends; the last column is the share of "
            "runs that move as the scenario says.\n"
        )
        print(effects_table(given.runs, given.seed, given.jobs, Path(folder)))


if __name__ == "__main__":
    main()
