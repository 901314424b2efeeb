"""How much variance the pairing of runs saves in the shipped scenarios, as a page in Markdown.

    python benchmarks/pairing.py > docs/pairing.md

Takes three to four minutes on two cores: every shipped scenario, 500 runs each, with parameters
drawn from the posterior and at their centres.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

import sim
from sim.analysis.comparison import comparison, variance_saved
from sim.analysis.interest import inputs_of
from sim.experiment import Result
from sim.scenario import list_scenarios

BASE = "baseline"
MODES = {"posterior": "drawn from the posterior", "point": "at their centres"}
ENOUGH = 5  # times less variance: what is called a help
FEWEST = 50  # columns that differ, over all scenarios, for an outcome to stand in the table
HEAD = """# What pairing saves

Made by `python benchmarks/pairing.py` with {runs} runs of each shipped scenario, seed {seed}, at
the end of {end}.

Run i has the same draws in every scenario. So a scenario is compared with the baseline run by run,
and what chance does in both alike drops out of the differences. **Variance saved** is (variance of
the one + variance of the other) / variance of the differences: independent runs would have to be
that many times as many to tell the mean difference as surely. `multivector compare`
[gives it](experiments.md#compare) for any two scenarios, outcome by outcome (`variance_saved`).

## By scenario

Each scenario against the baseline. Counted are the columns that differ in a run, {least:,} to
{most:,} of {columns:,}; in the others nothing has to be saved. *Median* is over these columns,
*{enough} or more* the share of them that reach {enough}; *headline* counts the headline outcomes
alone. The first four figures are with parameters drawn from the posterior, the last four with
parameters at their centres.
"""
READING = """
* Small changes save most, because nearly all of the spread is common to both sides.
* Large changes that set off other threats, deals and votes save least: where an event happens on
  one side only, or in another quarter, the two runs of a number differ in all that follows from it.

## Where pairing does not help

Write s and t for the standard deviations of the two sides and r for their correlation over runs:
the variance saved is (s² + t²) / (s² + t² - 2 r s t). It is small if the sides hardly move together
(r near 0), or if one of them varies far more than the other: with t = 2 s it is 5 / (5 - 4 r), so
{enough} at most. It is below 1, so that pairing costs, only where r is negative.
"""


def number(value: float) -> str:
    """Three significant digits; what is beyond a million is said to be."""
    if value > 1e6:
        return "> 1,000,000"
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return (
        f"{round(value, digits if value < 100 else 2 - math.floor(math.log10(value))):,.{digits}f}"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, all columns but the first to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, rule, *rows))


def compared(result: Result) -> pd.DataFrame:
    """All scenarios against the baseline, in all columns; with the outcome that a column is of."""
    others = [name for name in result.scenarios if name != BASE]
    found = pd.concat([comparison(result, result, name, BASE) for name in others])
    return found.assign(of=found["outcome"].str.split(".").str[0])


def by_scenario(result: Result, found: pd.DataFrame) -> pd.DataFrame:
    """Median and share of columns at `ENOUGH` or more, of all and of the headline outcomes."""
    headline = [one["name"] for one in result.manifest["outcomes"] if one["headline"]]
    parts = {"": found, "headline ": found[found["of"].isin(headline)]}
    saved = {key: variance_saved(part).set_index("scenario") for key, part in parts.items()}
    columns = {"median": "median_differing", f"{ENOUGH} or more": f"at_least_{ENOUGH}"}
    return pd.DataFrame(
        {key + name: own[column] for key, own in saved.items() for name, column in columns.items()}
    )


def sides(result: Result, found: pd.DataFrame) -> pd.DataFrame:
    """Columns that save less than `ENOUGH`, with their correlation and spreads on both sides."""
    runs = result.runs().set_index(["scenario", "run"])
    low = found[(found["equal"] < 1) & (found["variance_saved"] < ENOUGH)]
    rows = []
    for one in low.itertuples():
        first, second = (runs.loc[name, one.outcome] for name in (one.scenario, BASE))
        spreads = first.std(), second.std()
        constant = min(spreads) <= 1e-9 * max(spreads)
        rows.append(
            {
                "scenario": one.scenario,
                "outcome": one.outcome,
                "saved": one.variance_saved,
                "correlation": 0.0 if constant else np.corrcoef(first, second)[0, 1],
                "ratio": np.inf if constant else max(spreads) / min(spreads),
            }
        )
    return pd.DataFrame(rows)


def families(founds: dict[str, pd.DataFrame], most: int = 8) -> str:
    """Outcomes whose columns most often save less than `ENOUGH`."""
    shares = {}
    for mode, found in founds.items():
        own = found[found["equal"] < 1].groupby("of")["variance_saved"]
        share = own.agg(lambda saved: (saved < ENOUGH).mean())
        shares[mode] = share[own.size() >= FEWEST]
    both = pd.DataFrame(shares).dropna()
    both = both.loc[both.mean(axis=1).sort_values(ascending=False).index].head(most)
    rows = ([f"`{name}`", *(f"{share:.0%}" for share in line)] for name, *line in both.itertuples())
    return table(["outcome", *(MODES[mode] for mode in both)], rows)


def reasons(low: pd.DataFrame, differing: int, mode: str) -> str:
    """How many columns save little, and of which kind they are."""
    uneven = low["ratio"] >= 2
    below = low[low["saved"] < 1]
    return (
        f"* With parameters {MODES[mode]}, {len(low):,} of {differing:,} columns "
        f"({len(low) / differing:.0%}) save less than {ENOUGH}. In {uneven.mean():.0%} of them "
        "one side varies at least twice as much as the other; in the rest the median correlation "
        f"is {low.loc[~uneven, 'correlation'].median():.2f}. {len(below)} columns are below 1, "
        f"{(below['saved'] < 0.95).sum()} of them below 0.95."
    )


def turned(result: Result, low: pd.DataFrame) -> str:
    """The lowest column, and the parameter that moves it one way here and the other way there."""
    one = low.loc[low["saved"].idxmin()]
    _, values, _, _ = inputs_of(result)
    runs = result.runs([one["outcome"]]).set_index(["scenario", "run"])[one["outcome"]]
    drawn = result.manifest["parameters"]
    moved = {}
    for name in (one["scenario"], BASE):
        own = runs.loc[name]
        draws = own.index.to_numpy() // drawn["replicates"] % drawn["draws"]
        parameters = values.set_index("draw").loc[draws].set_index(own.index)
        moved[name] = parameters.loc[:, parameters.std() > 0].corrwith(own)
    here, there = moved.values()
    parameter = (here * there).idxmin()
    return (
        f"* The lowest is `{one['outcome']}` in `{one['scenario']}`, with {one['saved']:.2f} "
        f"(correlation of the sides {one['correlation']:.2f}). The parameter `{parameter}` moves "
        f"it one way in the scenario (correlation {here[parameter]:+.2f}) and the other way in the "
        f"baseline ({there[parameter]:+.2f}), so that common draws set the sides apart."
    )


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    names = [BASE, *(name for name in list_scenarios() if name != BASE)]
    founds, saved, lows = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for mode in MODES:
            result = sim.batch(
                names,
                runs=given.runs,
                seed=given.seed,
                out=Path(folder, mode),
                jobs=given.jobs,
                trajectories="none",
                parameters=mode,
            )
            founds[mode] = compared(result)
            saved[mode] = by_scenario(result, founds[mode])
            lows[mode] = sides(result, founds[mode])
            if mode == "posterior":
                lowest = turned(result, lows[mode])
    end = founds["point"]["at"].iloc[0]
    every = pd.concat(founds, names=["mode"])
    differing = every[every["equal"] < 1].groupby(["mode", "scenario"]).size()
    print(
        HEAD.format(
            runs=given.runs,
            seed=given.seed,
            end=end,
            enough=ENOUGH,
            least=differing.min(),
            most=differing.max(),
            columns=every["outcome"].nunique(),
        )
    )
    both = pd.concat(saved.values(), axis=1)
    lines = {f"`{name}`": line for name, line in zip(both.index, both.to_numpy(), strict=True)}
    lines["**median scenario**"] = both.median().to_numpy()
    own = len(both.columns) // len(MODES)
    header = ["scenario", *both.columns]
    header[1::own] = [f"{mode}: {name}" for mode, name in zip(MODES, header[1::own], strict=True)]
    shares = [name.endswith("more") for name in both.columns]
    rows = (
        [name, *(f"{x:.0%}" if share else number(x) for x, share in zip(line, shares, strict=True))]
        for name, line in lines.items()
    )
    print(table(header, rows))
    print(READING.format(enough=ENOUGH))
    for mode, low in lows.items():
        print(reasons(low, int((founds[mode]["equal"] < 1).sum()), mode))
    print(lowest)
    print(
        f"\nShare of columns that save less than {ENOUGH}, over all scenarios: the outcomes with "
        f"the\nlargest, of those with {FEWEST} columns or more. Counts of events and yes or no\n"
        "(`imposed`, `backed_down`, `hedging_band`) come in whole steps, which two runs of a "
        "number take\ntogether or not at all.\n"
    )
    print(families(founds))


if __name__ == "__main__":
    main()
