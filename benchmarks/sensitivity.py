"""The page on what drives the results of the shipped case, from two stored sweeps.

    multivector sensitivity what_drives_screening
    multivector sensitivity what_drives
    python benchmarks/sensitivity.py --pictures > docs/sensitivity.md

The first takes about two minutes on two cores, the second about seven. With `--pictures` the
pictures of the page are drawn anew and put in docs/pictures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from sim.analysis.sensitivity import Study, study
from sim.case import load_case
from sim.experiment.design import load_design
from sim.experiment.sweep_result import Sweep
from sim.fit.prior import Prior
from sim.picture.files import write_pages
from sim.picture.sweep.sensitivity_pages import study_pages

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
OUTCOMES = {  # column: question, and what it is in words
    "autonomy.KAZ": ("What drives Kazakhstan's autonomy?", "Kazakhstan's autonomy"),
    "leverage.TJK.RUS": (
        "What drives Tajikistan's dependence on Russia?",
        "Russia's leverage over Tajikistan",
    ),
    "deal_share.KAZ.USA": (
        "What drives the share of American deals?",
        "Kazakhstan's share of the realised American deals",
    ),
    "deals_gini.USA": (
        "What drives how unevenly American deals fall?",
        "the inequality of American deals over the five",
    ),
}
SHOWN = 10  # factors in a table
WORTH = 0.05  # a total index that is named in a sentence


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screening", type=Path, default=ROOT / "results/what_drives_screening")
    parser.add_argument("--sobol", type=Path, default=ROOT / "results/what_drives")
    parser.add_argument("--pictures", action="store_true")
    given = parser.parse_args()
    screening, sobol = Sweep(given.screening), Sweep(given.sobol)
    screened = study(screening, [*OUTCOMES], over_time=False)
    indices = study(sobol, [*OUTCOMES])
    if given.pictures:
        drawn = study_pages(indices, sobol, [*OUTCOMES])
        write_pages((one for one in drawn if not one.name.endswith("convergence")), PICTURES)
    print(page(screening, screened, sobol, indices))


def page(screening: Sweep, screened: Study, sobol: Sweep, indices: Study) -> str:
    """The whole page."""
    parts = [
        "# What drives the results\n\n"
        "Made from two sweeps of the baseline:\n\n"
        "```sh\n"
        "multivector sensitivity what_drives_screening\n"
        "multivector sensitivity what_drives\n"
        "python benchmarks/sensitivity.py --pictures > docs/sensitivity.md\n"
        "```\n\n" + words(screening, sobol)
    ]
    parts.append("## In short\n\n" + "\n".join(short(indices, column) for column in OUTCOMES))
    for column, (question, _) in OUTCOMES.items():
        parts.append(section(indices, sobol, column, question))
    parts.append(first_step(screening, screened))
    parts.append(limits(sobol, indices))
    return "\n\n".join(parts)


def words(screening: Sweep, sobol: Sweep) -> str:
    """How it was done."""
    count, few = len(screening.factors), len(sobol.factors)
    return (
        f"First {count} inputs were screened by elementary effects (Morris): "
        f"{sum(one['path'].startswith('parameters.') for one in screening.factors)} parameters, "
        "each over the middle 90 percent of its posterior, and "
        f"{sum(not one['path'].startswith('parameters.') for one in screening.factors)} drivers "
        "and attributes over ranges that are assumptions, each with its reason in "
        "`scenarios/designs/what_drives_screening.toml`. The "
        f"{few} that matter for the questions below then went into a Sobol design "
        f"(`scenarios/designs/what_drives.toml`): {sobol.manifest['rows']:,} rows of "
        f"{sobol.manifest['runs']} runs, "
        f"{sobol.manifest['distinct_rows'] * sobol.manifest['runs']:,} runs in all. "
        "What the indices mean is said in [experiments.md](experiments.md)."
    )


def summary(found: Study, column: str) -> pd.Series:
    """The line of an outcome in a study."""
    return found.outcomes.set_index("outcome").loc[column]


def table(found: Study, column: str) -> pd.DataFrame:
    """The rows of an outcome in a study, each factor once."""
    return found.table[found.table["outcome"] == column].drop_duplicates("factor")


def short(found: Study, column: str) -> str:
    """The main finding on an outcome as a sentence with its figures."""
    own, about = table(found, column), summary(found, column)
    title = OUTCOMES[column][1]
    whole = about["inputs"] + about["chance"] + about["together"]
    named = own[own["told_apart"] & (own["total"] >= WORTH)]
    told = "; ".join(
        f"{name(one['factor'])} {interval(one, 'total')}"
        for one in named.head(5).to_dict("records")
    )
    more = f", and {len(named) - 5} more of {WORTH:g} or above" if len(named) > 5 else ""
    return (
        f"* **{title[0].upper()}{title[1:]}** (mean {about['mean']:.2f} at the end of 2035): "
        f"{told}{more}. Of the variance of a single run the inputs carry "
        f"{about['inputs'] / whole:.0%}, chance {about['chance'] / whole:.0%}, both together "
        f"{about['together'] / whole:.0%}."
    )


def name(factor: str) -> str:
    """A factor in words."""
    return factor.replace("_", " ")


def kinds(sweep: Sweep) -> dict[str, str]:
    """What each factor is: a parameter of which the record says so much, or an assumption."""
    case = load_case(sweep.manifest["case"]["name"])
    posterior, rows = case.posterior, case.table("parameters")
    assert posterior is not None
    prior = Prior.from_rows(rows, also=posterior.names)
    ends = prior.values(np.array([[0.05] * len(prior), [0.95] * len(prior)]))
    width = dict(zip(prior.names, ends[1] - ends[0], strict=True))
    low, high = np.quantile(posterior.values, [0.05, 0.95], axis=0)
    left = {one: (high - low)[at] / width[one] for at, one in enumerate(posterior.names)}
    symbols = {row["name"]: row["symbol"] for row in rows}
    reasons = {one.label: one.reason or "" for one in load_design("what_drives").factor}
    told = {}
    for factor in sweep.factors:
        parameter = factor["path"].removeprefix("parameters.")
        if parameter in left:
            told[factor["name"]] = (
                f"parameter {symbols[parameter]}; the record leaves {left[parameter]:.0%} of its "
                "range"
            )
        else:
            told[factor["name"]] = f"assumption: {reasons[factor['name']]}"
    return told


def section(found: Study, sweep: Sweep, column: str, question: str) -> str:
    """An outcome: its table and its pictures."""
    kind = kinds(sweep)
    own, about = table(found, column).head(SHOWN), summary(found, column)
    lines = [
        f"## {question}",
        "",
        f"`{column}` [{about['unit']}], last quarter of 2035: total index (alone and with others), "
        "first-order index (alone), each with an interval of 90 percent.",
        "",
        "| factor | total | first order | told apart from noise | what it is |",
        "|---|---:|---:|---|---|",
    ]
    for one in own.to_dict("records"):
        lines.append(
            f"| {name(one['factor'])} | {interval(one, 'total')} | {interval(one, 'first')} | "
            f"{'yes' if one['told_apart'] else 'no'} | {kind[one['factor']]} |"
        )
    lines += [
        "",
        f"![Sobol indices](pictures/sensitivity-{column}.png)",
        "",
        f"![Over time](pictures/sensitivity-{column}-time.png)",
    ]
    return "\n".join(lines)


def interval(one: dict, index: str) -> str:
    """An index with its interval."""
    return f"{one[index]:.2f} [{one[f'{index}_low']:.2f}, {one[f'{index}_high']:.2f}]"


def first_step(sweep: Sweep, found: Study) -> str:
    """The screening: how many factors matter, and the first of them."""
    lines = [
        "## The screening",
        "",
        f"{sweep.manifest['rows']:,} rows of {sweep.manifest['runs']} runs. Mean absolute effect "
        "of moving a factor over its range, in the outcome's unit.",
        "",
        "| outcome | factors told apart from noise | largest mean absolute effects |",
        "|---|---:|---|",
    ]
    for column in OUTCOMES:
        own = table(found, column)
        largest = ", ".join(
            f"{name(one['factor'])} {one['mu_star']:.3f}" for one in own.head(8).to_dict("records")
        )
        lines.append(
            f"| `{column}` | {int(own['told_apart'].sum())} of {len(own) - 1} | {largest} |"
        )
    return "\n".join(lines)


def limits(sweep: Sweep, found: Study) -> str:
    """What the figures cannot say, and whether they have converged."""
    lines = ["## How far this can be trusted", ""]
    for column in OUTCOMES:
        about = summary(found, column)
        settled = "settled" if about["settled"] else "not settled"
        lines.append(
            f"* `{column}`: widest interval of a total index {about['widest']:.2f} at "
            f"{about['points']} base points; the ranking of the factors that matter is {settled}; "
            f"{about['noise']:.1%} of the variance of row means is chance that "
            f"{sweep.manifest['runs']} runs a row do not average out."
        )
    lines += [
        "* Where the first factors are parameters of which the record leaves nearly the whole "
        "range, the answer rests on priors of experts: a figure that pins them down would help "
        "most. Symbols are those of [the equations](model.md).",
        "* An index is a share of the variance that *these ranges* give. A factor with a narrow "
        "range looks small; ranges of drivers and attributes are assumptions.",
        "* Factors vary independently here. In the posterior some parameters are correlated, and "
        "in the world oil, the rouble and the Russian economy move together.",
        "* It is the model that is explained, not the world: a mechanism that the model lacks has "
        "no index.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
