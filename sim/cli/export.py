"""The command `results export`: a result in the form that other programs work with."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from sim.cli.parsing import Parser
from sim.core.errors import InputError

FORMATS = ("ema", "salib", "csv")


def add(results: Parser) -> None:
    """Add the command to that of `results`."""
    parser = results.command("export", "write a result for other programs")
    parser.add_argument("folder", metavar="RESULT", help="folder of a batch or a sweep")
    parser.add_argument(
        "--to",
        nargs=2,
        metavar=("FORMAT", "PATH"),
        required=True,
        help="ema FILE.tar.gz: for the EMA Workbench (load_results); salib FOLDER: problem, points "
        "and outcomes of a sweep for SALib; csv FOLDER: all tables",
    )
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="outcomes or columns, for ema and salib; default: all that were recorded",
    )
    parser.add_argument(
        "--by",
        metavar="WHAT",
        help="for ema, what an experiment is: row, with means over its runs (default for a sweep), "
        "or run",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what PATH holds")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Write the files, and print their names."""
    from sim.analysis import handover
    from sim.experiment import Sweep, load
    from sim.scenario.problems import nearest

    form, path = given.to[0], Path(given.to[1])
    if form not in FORMATS:
        raise InputError(
            f"--to: found {form!r}{nearest(form, FORMATS)}; allowed: {', '.join(FORMATS)}"
        )
    if given.by is not None and form != "ema":
        raise InputError(f"--by: is of use for ema only; found --to {form}")
    if given.outcome is not None and form == "csv":
        raise InputError("--outcome: is of use for ema and salib only; csv writes all tables")
    result = load(given.folder)
    _check_free(path, form, given.overwrite)
    if form == "ema":
        experiments, outcomes = handover.to_ema(result, given.outcome, given.by)
        handover.save_ema(path, experiments, outcomes)
        written = [path]
        inputs = len(experiments.columns) - 3
        print(f"{len(experiments):,} experiments, {inputs} inputs, {len(outcomes):,} outcomes:")
    elif form == "salib":
        if not isinstance(result, Sweep):
            raise InputError(f"{given.folder}: holds a batch; SALib needs the rows of a sweep")
        written = handover.save_salib(path, result, given.outcome)
        problem = json.loads(written[0].read_text(encoding="utf-8"))
        print(f"{problem['num_vars']} factors, sampled {result.mode}:")
    else:
        written = handover.save_csv(path, result)
    for one in written:
        print(one)
    return 0


def _check_free(path: Path, form: str, overwrite: bool) -> None:
    """Refuse a path that holds something, unless it may be replaced."""
    if form == "ema":
        if not path.name.endswith(".tar.gz"):
            raise InputError(f"{path}: the EMA Workbench reads files that end in .tar.gz")
        if path.is_dir():
            raise InputError(f"{path}: this is a folder; a file is needed")
        taken = path.exists()
    else:
        if path.exists() and not path.is_dir():
            raise InputError(f"{path}: this is a file; a folder is needed")
        taken = path.is_dir() and any(path.iterdir())
    if taken and not overwrite:
        raise InputError(f"{path}: is there already; replace it with --overwrite")
