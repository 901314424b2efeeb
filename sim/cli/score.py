"""The command `score`: a stored forecast against what was observed later."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sim.cli.parsing import Parser


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "score", "score a stored forecast against files that tell what was observed later"
    )
    parser.add_argument("folder", metavar="RESULT", help="results folder of a batch")
    parser.add_argument(
        "--truth",
        metavar="DIR",
        required=True,
        help="folder of .csv files in the observed format; few of them, or rows of few years, do",
    )
    parser.add_argument(
        "--scenario", metavar="NAME", help="one of the result's; default: its first"
    )
    parser.add_argument(
        "--case", metavar="CASE", help="name or folder; default: the one that the result names"
    )
    parser.add_argument("--out", metavar="DIR", help="default: score in the results folder")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Score, write the tables, and say how it went."""
    from sim.case import load_case
    from sim.experiment.result import load_batch
    from sim.fit.truth import score_result
    from sim.fit.verdict import FILES, verdict_page, write_verdict

    case = None if given.case is None else load_case(given.case)
    verdict = score_result(load_batch(given.folder), given.truth, case, given.scenario)
    out = Path(given.out or Path(given.folder) / "score")
    write_verdict(verdict, out)
    print(verdict_page(verdict))
    print(f"In {out}:")
    for name, meaning in FILES:
        print(f"  {name:16}{meaning}")
    return 0
