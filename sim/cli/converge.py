"""The command `converge`: how many runs are enough."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from sim.cli.parsing import Parser, picture_file, stored

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.convergence import Wanted
    from sim.analysis.pairing import Side
    from sim.experiment.result import Result
    from sim.experiment.sweep_result import Sweep


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "converge", "tell how many runs give a wanted Monte-Carlo error, and what a result has"
    )
    parser.add_argument("folder", metavar="RESULT", help="results folder of a batch or a sweep")
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="outcomes or columns; default: those that a design names, else the headline ones of "
        "countries and of the region",
    )
    parser.add_argument(
        "--scenario", metavar="NAME", help="one of the result's; default: the first"
    )
    parser.add_argument(
        "--against",
        metavar="SCENARIO",
        help="of the difference from this scenario, run by run: one of the result's, or "
        "DIR:SCENARIO or DIR of another result",
    )
    wanted = parser.add_mutually_exclusive_group()
    wanted.add_argument(
        "--error",
        type=number,
        metavar="E",
        help="wanted Monte-Carlo error (a standard error), in the outcome's unit",
    )
    wanted.add_argument(
        "--relative",
        type=number,
        metavar="E",
        help="the same as a part of the absolute mean of the outcome or difference; default: 0.01, "
        "of differences 0.1",
    )
    parser.add_argument(
        "--quantile",
        type=number,
        metavar="Q",
        nargs="+",
        help="quantiles looked at; default: 0.05 0.5 0.95",
    )
    parser.add_argument(
        "--condition",
        metavar="TEXT",
        help="look at the share of runs in which it holds, as 'cohesion < 0.3 and "
        "cohesion@2030Q4 >= 0.2'",
    )
    parser.add_argument(
        "--quarter", metavar="QUARTER", help="a quarter, as 2030Q4; default: the last one"
    )
    parser.add_argument("--out", metavar="FILE", help="also write the table to a .csv file")
    parser.add_argument(
        "--picture",
        metavar="FILE",
        help="draw how means settle as runs are added, as FILE.png or into a folder",
    )
    parser.set_defaults(act=run, parser=parser)


def number(text: str) -> float:
    """Type of an argument that is a number; its range is checked where it is used."""
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number") from None


def run(given: Namespace) -> int:
    """Print the table, and write and draw what was asked for."""
    from sim.analysis.convergence import Wanted
    from sim.experiment.result import load
    from sim.experiment.sweep_result import Sweep

    wanted = None
    if given.error is not None or given.relative is not None:
        wanted = Wanted(given.error, given.relative)
    result = load(given.folder)
    if isinstance(result, Sweep):
        return _sweep(given, result, wanted)
    return _batch(given, result, wanted)


def _batch(given: Namespace, result: Result, wanted: Wanted | None) -> int:
    from sim.analysis.conditions import parse
    from sim.analysis.convergence import QUANTILES, convergence, course, usual, values
    from sim.analysis.monte_carlo import draws_of, width
    from sim.analysis.pairing import Side

    against = None if given.against is None else _against(given.against, result)
    condition = None if given.condition is None else parse(given.condition)
    wanted = wanted or usual(against is not None)
    table = convergence(
        result, given.outcome, given.scenario, against, wanted,
        given.quantile or QUANTILES, given.quarter, condition,
    )  # fmt: skip
    first = table.iloc[0]
    less = f" less {first['against']}" if first["against"] else ""
    print(
        f"{first['scenario']}{less}, {given.quarter or 'last quarter'}: {first['runs']} runs. "
        f"Wanted error: {wanted.words()}.\n"
    )
    _print(table, ["outcome", "unit", "statistic", "value", "error", "wanted", "runs", "needed"])
    _remarks(table)
    if given.out is not None:
        table.to_csv(given.out, index=False)
        print(given.out)
    if given.picture is not None:
        from sim.picture.convergence import settling
        from sim.picture.files import write

        side = Side.of(result, given.scenario)
        runs = values(side, given.outcome, against, given.quarter, condition)
        degrees = len(set(draws_of(result.manifest, runs.index.to_numpy()))) - 1
        figure = settling(
            course(runs, result.manifest), table, width(degrees), wanted.words(), result.manifest
        )
        folder, name = picture_file(given.picture, "convergence")
        for path in write([(name, figure)], folder):
            print(path)
    return 0


def _sweep(given: Namespace, sweep: Sweep, wanted: Wanted | None) -> int:
    from sim.analysis.convergence import sweep_convergence, usual
    from sim.core.errors import InputError

    for name in ("against", "condition", "quarter", "picture", "quantile"):
        if getattr(given, name) is not None:
            raise InputError(
                f"{sweep.folder}: --{name} is for results of a batch; this is a sweep, of which "
                "the means of rows are looked at"
            )
    wanted = wanted or usual()
    table = sweep_convergence(sweep, given.outcome, given.scenario, wanted)
    first = table.iloc[0]
    print(
        f"{first['scenario']}: {sweep.manifest['rows']} rows of {first['runs']} runs. Wanted "
        f"error: {wanted.words()}. Runs are those of a row.\n"
    )
    _print(table, ["outcome", "unit", "statistic", "which", "error", "wanted", "runs", "needed"])
    _remarks(table)
    if given.out is not None:
        table.to_csv(given.out, index=False)
        print(given.out)
    return 0


def _against(text: str, result: Result) -> Side:
    """The scenario to take differences from."""
    from sim.analysis.pairing import Side

    other = None if text in result.scenarios else stored(text)
    return Side.of(result, text) if other is None else Side(other[0], other[1][0])


def _print(table: pd.DataFrame, columns: list[str]) -> None:
    shown = table[columns].copy()
    for name in ("value", "error", "wanted"):
        if name in shown:
            shown[name] = shown[name].map("{:.3g}".format)
    marked = table["beyond_draws"].map({True: "*", False: ""})
    needed = table["needed"].map(lambda runs: "-" if runs != runs else f"{runs:,.0f}")
    shown["needed"] = needed + marked
    print(shown.to_string(index=False))


def _remarks(table: pd.DataFrame) -> None:
    """What the columns mean, and what more runs cannot do."""
    print(
        "\nerror: Monte-Carlo standard error now; needed: runs with the wanted error; -: it cannot "
        "be told."
    )
    if table["beyond_draws"].any():
        draws = int(table["draws"].iloc[0])
        print(
            f"* More runs than the {draws:,} draws of the parameters provide for: from there on "
            "the\n  draws are used anew, and further runs reduce the part of chance only, not that "
            "of the parameters."
        )
