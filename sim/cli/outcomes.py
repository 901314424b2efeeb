"""The command `outcomes`: what is measured, with units and meanings."""

from __future__ import annotations

from argparse import Namespace

from sim.cli.parsing import Parser
from sim.core.errors import InputError


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command("outcomes", "list what is measured, with units and meanings")
    parser.add_argument("word", metavar="WORD", nargs="?", help="only outcomes that mention it")
    parser.set_defaults(act=show, parser=parser)


def show(given: Namespace) -> int:
    """Print a row an outcome."""
    from sim.core.indicators import INDICATORS

    rows = [
        (
            ("* " if one.headline else "  ") + one.name,
            ", ".join(one.axes) or "-",
            one.unit,
            one.meaning,
        )
        for one in INDICATORS.values()
    ]
    if given.word:
        word = given.word.casefold()
        rows = [row for row in rows if any(word in cell.casefold() for cell in row)]
        if not rows:
            from sim.scenario.problems import nearest

            raise InputError(f"no outcome mentions {given.word!r}{nearest(word, INDICATORS)}")
    rows.insert(0, ("  outcome", "for each", "unit", "meaning"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for *cells, meaning in rows:
        print("  ".join(f"{c:{w}}" for c, w in zip(cells, widths, strict=True)), meaning, sep="  ")
    print(
        "\n* recorded every quarter unless --trajectories says otherwise; all at the last quarter."
    )
    print("Columns of results: the outcome and the codes, joined by dots, as in leverage.AAA.BBB.")
    return 0
