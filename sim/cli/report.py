"""The command `report`: one page of HTML that tells what results say, and what they rest on."""

from __future__ import annotations

from argparse import Namespace

from sim.cli.parsing import Parser


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "report", "write a report of results: one HTML file with findings, figures and sources"
    )
    parser.add_argument(
        "folders",
        metavar="RESULT",
        nargs="+",
        help="results folders of one case: batches and sweeps, and fits and hindcasts that say how "
        "far to trust them",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="the .html file; default: report.html in the first RESULT"
    )
    parser.add_argument("--title", metavar="TEXT", help="default: that of the scenario or case")
    parser.add_argument(
        "--country",
        metavar="CODE",
        nargs="+",
        action="extend",
        default=[],
        help="countries shown; default: all that are simulated",
    )
    parser.add_argument(
        "--outcome",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="outcomes or columns shown; default: the headline ones of countries and of the region",
    )
    parser.add_argument("--no-pictures", action="store_true", help="draw nothing")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Write the report, and print the name of its file."""
    from sim.report.document import write_report

    path = write_report(
        given.folders,
        given.out,
        title=given.title,
        countries=given.country,
        outcomes=given.outcome,
        drawn=not given.no_pictures,
    )
    print(path)
    return 0
