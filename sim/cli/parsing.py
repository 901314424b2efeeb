"""Command lines: argparse, with its complaints turned into the house's errors and suggestions."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sim.core.errors import InputError

if TYPE_CHECKING:
    from sim.case import Case
    from sim.experiment.result import Result

_CHOICE = re.compile(r"argument (\S+): invalid choice: '(.*?)'")


class Parser(argparse.ArgumentParser):
    """A parser that raises `InputError` where argparse would print usage and exit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)
        self.commands: dict[str, Parser] = {}
        self._actions_of: argparse._SubParsersAction[Parser] | None = None

    def command(self, name: str, summary: str) -> Parser:
        """Add a subcommand."""
        if self._actions_of is None:
            self._actions_of = self.add_subparsers(
                dest=f"{self.prog.split()[-1]}_command",
                metavar="COMMAND",
                required=True,
                parser_class=Parser,
                title="commands",
            )
        parser = self._actions_of.add_parser(name, help=summary, description=f"{summary}.")
        self.commands[name] = parser
        return parser

    def error(self, message: str) -> NoReturn:
        """Raise argparse's complaint, with the nearest command if one was misspelt."""
        found = _CHOICE.match(message)
        if found and found[1] == "COMMAND":
            message = f"there is no command {found[2]!r}{_nearest(found[2], self.commands)}"
            message += f" (commands: {', '.join(self.commands)})"
        raise InputError(f"{message}; see {self.prog} --help")

    def parse(self, arguments: Sequence[str] | None) -> argparse.Namespace:
        """Parse a command line.

        Raises
        ------
        InputError
            If it cannot be understood; with the nearest option if one was misspelt.
        """
        known, left = self.parse_known_args(arguments)
        if left:
            parser: Parser = known.parser
            options = [name for action in parser._actions for name in action.option_strings]
            word = left[0].split("=")[0]
            message = f"{parser.prog} takes no argument {left[0]!r}"
            if word.startswith("-"):
                message += _nearest(word, options)
            raise InputError(f"{message}; see {parser.prog} --help")
        return known


def _nearest(found: str, allowed: Sequence[str] | dict[str, Parser]) -> str:
    from sim.scenario.problems import nearest

    return nearest(found, allowed)


def add_parameters(parser: Parser) -> None:
    """Add the options that say which values of the parameters runs take."""
    parser.add_argument(
        "--parameters",
        metavar="WHICH",
        default="posterior",
        help="values of the parameters: posterior (default; run i takes draw i of the case's "
        "posterior, or the centres if it has none), point (the centres), or a .parquet file of "
        "draws; a scenario's own come on top",
    )
    parser.add_argument(
        "--replicates",
        type=whole_number,
        metavar="K",
        default=1,
        help="consecutive runs that share a draw; default: 1",
    )


def add_work(parser: Parser, out: str) -> None:
    """Add the options of long work: seed, folder, workers, pictures, beginning anew."""
    parser.add_argument("--seed", type=whole_number, default=1, metavar="N", help="default: 1")
    parser.add_argument("--out", metavar="DIR", help=f"default: {out}")
    add_engine(parser)
    parser.add_argument("--no-pictures", action="store_true", help="draw nothing")
    parser.add_argument("--overwrite", action="store_true", help="begin anew in the folder")


def add_engine(parser: Parser | argparse._ArgumentGroup) -> None:
    """Add the options that say what does the work."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--jobs",
        type=whole_number,
        metavar="N",
        help="worker processes on this machine; default: a core each",
    )
    group.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="let a Dask cluster do the work: address of its scheduler, HOST:PORT, or path of its "
        "scheduler file; the results are the same",
    )


def chosen_engine(given: argparse.Namespace) -> dict[str, Any]:
    """What `add_engine` was given, as the arguments `jobs` and `cluster` of functions."""
    jobs = cores() if given.jobs is None and given.cluster is None else given.jobs
    return {"jobs": jobs, "cluster": given.cluster}


def stored(text: str) -> tuple[Result, list[str]] | None:
    """A stored batch and the scenarios meant, of ``DIR`` or ``DIR:SCENARIO``.

    Returns
    -------
    Result and list of str, or None
        None if no result stands there.

    Raises
    ------
    InputError
        If what stands there is no batch, or has no such scenario.
    """
    from sim.experiment.reading import check_scenario
    from sim.experiment.result import load_batch

    folder, colon, name = text.rpartition(":")
    if (Path(text) / "manifest.json").is_file():
        result = load_batch(text)
        return result, result.scenarios
    if colon and (Path(folder) / "manifest.json").is_file():
        result = load_batch(folder)
        check_scenario(result.folder, name, result.scenarios)
        return result, [name]
    return None


def picture_file(text: str, name: str) -> tuple[Path, str]:
    """Folder and name, less its ending, of a picture to write: a .png file, or a folder.

    Parameters
    ----------
    text : str
        As it was given.
    name : str
        Of the file where a folder was given.
    """
    path = Path(text)
    return (path.parent, path.stem) if path.suffix.lower() == ".png" else (path, name)


def whole_number(text: str) -> int:
    """Type of an argument that is a whole number; its range is checked where it is used."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def cores() -> int:
    """Cores that this process may use."""
    from sim.experiment.workers import cores

    return cores()


def chosen_case(name: str | None) -> Case:
    """The case of a name or folder; without one, the case of `baseline`."""
    from sim.case import load_case
    from sim.scenario import load_scenario

    return load_case(str(load_scenario("baseline").case) if name is None else name)
