"""The command `batch`: many runs of scenarios, recorded in a folder and drawn."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from sim.cli.parsing import Parser, add_engine, add_parameters, chosen_engine, whole_number

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment import Result

_FILES = (
    ("manifest.json", "what was run: scenarios, case, seed, versions, outcomes with units"),
    ("runs.parquet", "all outcomes at the last quarter, a row a scenario and run"),
    ("trajectories.parquet", "outcomes quarter by quarter, a row a scenario, run and quarter"),
    ("quarters.parquet", "mean and quantiles over runs by scenario, quarter and outcome"),
    ("events.parquet", "threats, measures, deals and votes, a row each"),
    ("parameters.parquet", "draws of the parameters, where they are not the case's own"),
    ("failures.log", "what went wrong in the runs that failed"),
)


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("batch", "run scenarios many times, record the outcomes and draw them")
    parser.add_argument("scenarios", metavar="SCENARIO", nargs="+", help="names or paths")
    parser.add_argument(
        "-n",
        "--runs",
        type=whole_number,
        metavar="N",
        help="runs of each scenario; default: what the scenarios say",
    )
    parser.add_argument(
        "--seed",
        type=whole_number,
        metavar="N",
        help="root seed; default: what the scenarios say",
    )
    parser.add_argument(
        "--out", metavar="DIR", help="results folder; default: results/<names>-<runs>"
    )
    add_engine(parser)
    parser.add_argument(
        "--trajectories",
        metavar="WHICH",
        default="headline",
        help="outcomes recorded every quarter: headline (default), none (then no fan charts), "
        "all, or names with commas between; the last quarter records all in any case",
    )
    add_parameters(parser)
    parser.add_argument("--no-pictures", action="store_true", help="draw nothing")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the results that the folder holds"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with what the same command left in the folder when it was interrupted, to the "
        "result that an undisturbed one gives; runs that failed are tried again",
    )
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Run the batch, and print a summary and what was made."""
    from sim.experiment.batch import batch

    which = given.trajectories
    result = batch(
        given.scenarios,
        runs=given.runs,
        seed=given.seed,
        out=given.out,
        **chosen_engine(given),
        trajectories=which if which in ("headline", "none", "all") else which.split(","),
        progress=True,
        overwrite=given.overwrite,
        resume=given.resume,
        parameters=given.parameters,
        replicates=given.replicates,
    )
    asked = result.manifest["runs"] * len(result.scenarios)
    failed = sum(failure["runs"] for failure in result.failures)
    if failed < asked:
        print(f"Parameters: {_values(result.manifest['parameters'])}.")
        print(f"Medians over {result.manifest['runs']} runs at the last quarter:\n")
        print(_table(result, result.summary()))
        print("\nMean of the worst tenth of runs at the last quarter:\n")
        print(_table(result, result.worst_tenth()))
        effects = result.effects()
        if len(effects):
            print(
                "\nWhat the scenarios are about, paired run by run: mean difference, its"
                "\nMonte-Carlo standard error, and the share of runs that move as said.\n"
            )
            print(effects.to_string(index=False, float_format="{:.4g}".format))
        for left_out in result.not_compared():
            print(f"\n{left_out}")
        pictures = [] if given.no_pictures else result.plot()
        print(f"\nIn {result.folder}:")
        for name, meaning in _FILES:
            if (result.folder / name).is_file():
                print(f"  {name:21} {meaning}")
        for picture in pictures:
            print(f"  {picture.relative_to(result.folder)}")
    if failed:
        print(
            f"multivector: error: {failed} of {asked} runs failed; "
            f"see {result.folder / 'failures.log'}",
            file=sys.stderr,
        )
        return 1
    return 0


def _values(parameters: dict[str, Any]) -> str:
    """Which values of the parameters the runs took, in words."""
    of_case = parameters["given"] == "posterior"
    if not parameters["draws"]:
        return "their centres" + ("; the case has no posterior" if of_case else "")
    source = "the case's posterior" if of_case else parameters["given"]
    return f"{parameters['draws']} draws of {source}"


def _table(result: Result, table: pd.DataFrame) -> str:
    """A table of outcomes by scenario; long names of scenarios become numbers with a legend."""
    table = table.rename_axis(None)
    if sum(map(len, result.scenarios)) <= 50:
        return table.to_string(float_format="{:.4g}".format)
    numbers = {name: str(place) for place, name in enumerate(result.scenarios, 1)}
    legend = "\n".join(f"{place:>3}  {name}" for name, place in numbers.items())
    text = table.rename(columns=numbers).to_string(float_format="{:.4g}".format, line_width=100)
    return f"{legend}\n\n{text}"
