"""The entry point: finds the command, and turns what goes wrong into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from sim import __version__
from sim.cli import (
    batch,
    case,
    compare,
    converge,
    dashboard,
    discover,
    explain,
    fit,
    hindcast,
    outcomes,
    plot,
    report,
    rerun,
    results,
    run,
    scenarios,
    score,
    sensitivity,
    spread,
    sweep,
    trace,
)
from sim.cli.letters import told_once
from sim.cli.parsing import Parser
from sim.core.errors import InputError

DESCRIPTION = (
    "Multi-vector diplomacy of small states between rival powers, played out over many runs."
)
EXAMPLE = """example:
  multivector batch baseline cpc_closure -n 2000 --seed 1 --out results/cpc
  multivector plot results/cpc --outcome autonomy
"""


def parser() -> Parser:
    """The parser of the whole command line."""
    from argparse import RawDescriptionHelpFormatter

    top = Parser(
        prog="multivector",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=RawDescriptionHelpFormatter,
    )
    top.add_argument("-V", "--version", action="version", version=f"multivector {__version__}")
    for module in (
        scenarios,
        case,
        outcomes,
        run,
        batch,
        sweep,
        rerun,
        results,
        plot,
        report,
        dashboard,
        compare,
        converge,
        spread,
        trace,
        sensitivity,
        discover,
        explain,
        fit,
        hindcast,
        score,
    ):
        module.add(top)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        0; 1 if runs failed; 2 if the input or a file cannot be used; 130 if interrupted.
    """
    if isinstance(sys.stdout, TextIOWrapper):  # letters that a terminal lacks are told as "?"
        sys.stdout.reconfigure(errors="replace")
    try:
        given = parser().parse(arguments)
        with told_once():
            code: int = given.act(given)
        sys.stdout.flush()
    except InputError as error:
        print(f"multivector: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # a file or folder that cannot be reached
        where = f"{error.filename}: " if error.filename else ""
        print(f"multivector: error: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interrupt:
        print(f"multivector: {str(interrupt) or 'interrupted'}", file=sys.stderr)
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
