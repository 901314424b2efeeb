"""The commands of the pages, run small: how they are scaled down, and which of them cannot be run.

The rule of scaling, so that a page of commands takes seconds:

* runs, rows and points of a design are those of `FEW`, whether the page gives more or leaves them
  to the default, and never more than the page gives;
* one worker process; no picture where the command says that it can do without; those that are
  drawn are composed and not rendered (tests/picture renders every figure);
* a fit or a hindcast is one of a small case (`SMALL`), with the sizes of `FEW`, in the folder in
  which that of the page's case would stand;
* servers are started on a port of their own and stopped when the page ends (`servers.py`);
* of `make` is told what it would do, for it sets up an environment or runs these very tests.

What a page shows below a command that was scaled down is held against what came with its numbers
left out; below any other command, with them.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise

from sim.cli.main import main, parser
from sim.core.errors import InputError
from sim.experiment.design import load_design
from sim.experiment.design_schema import SIZES
from tests.docs.servers import ROOT, Servers, is_server

FEW = {
    "batch": {"--runs": 50},
    "sweep": {"--runs": 2, "--rows": 128},
    "sensitivity": {"--runs": 2, "--points": 8},
    "compare": {"--runs": 50},
    "fit": {"--vectors": 256, "--waves": 1, "--simulations": 1200, "--draws": 1000},
    "hindcast": {"--runs": 40, "--vectors": 128, "--simulations": 1200},
}
# Sizes of designs whose rows are these times the number of their factors.
FEW_OF_MODE = {"morris": 2, "saltelli": 8}
SIZED = ("-n", "--runs", "--rows", "--points", "--vectors", "--waves", "--simulations", "--draws")
ALIASES = {"-n": "--runs"}
ONE_WORKER = ("batch", "sweep", "compare", "sensitivity", "rerun", "fit", "hindcast")
UNDRAWN = ("batch", "sensitivity", "discover", "report", "fit", "hindcast")

# What is not run, and why; each entry stands for at least one command of a page. A command of
# multivector among them is parsed all the same.
NOT_RUN = {
    r"(python -m )?pip install .*": "changes the environment that the tests run in",
    r"python benchmarks/.*": "minutes, and it writes a page of the docs",
    r"multivector report .*/hindcast-.*": "wants a hindcast of the shipped case, which takes "
    "minutes; tests/report writes such a report",
}
SMALL = "small"  # folder of the small case, within that of a page
# Folders of a fit and a hindcast of the pages' case where they do not say another one.
STORED = {
    "fit": "results/fit-central_asia-2022",
    "hindcast": "results/hindcast-central_asia",
}

_OPERATORS = re.compile(r"(^|\s)([|<>&;]|&&|\|\||>>)(\s|$)")


@dataclass(frozen=True)
class Ran:
    """A command that was run: what it printed, and whether it was scaled down."""

    line: str
    output: str
    scaled: bool


def lines(text: str) -> list[str]:
    """The command lines of a block: continued lines joined, comments and prompts taken off."""
    found, waiting = [], ""
    for line in text.replace("\\\n", " ").splitlines():
        waiting += line.removeprefix("$ ") + "\n"
        try:
            words = shlex.split(waiting, comments=True)
        except ValueError:  # a text in quotes goes on
            continue
        if words:
            found.append(waiting.strip())
        waiting = ""
    assert not waiting, f"a quotation mark is never closed: {waiting}"
    return found


def why_not(line: str) -> str | None:
    """The entry of `NOT_RUN` that a command falls under."""
    bare = shlex.join(shlex.split(line, comments=True)).replace("'", "")
    return next((entry for entry in NOT_RUN if re.fullmatch(entry, bare)), None)


def scaled(words: list[str]) -> list[str]:
    """The words of a command of multivector, with few runs, one worker and no pictures."""
    name = words[0]
    words = [ALIASES.get(word, word) if name in FEW else word for word in words]
    if "--check" in words:
        return words
    for option, few in FEW.get(name, {}).items():
        if option in ("--rows", "--points"):
            few = FEW_OF_MODE.get(_mode(words), few)
        if option in words:
            place = words.index(option) + 1
            words[place] = str(min(few, int(words[place])))
        elif _takes(name, option, words):
            words += [option, str(few)]
    if name in ("fit", "hindcast"):
        words[1] = SMALL
        if "--out" not in words:
            words += ["--out", STORED[name]]
    if "--jobs" in words:
        words[words.index("--jobs") + 1] = "1"
    elif "--cluster" not in words and name in ONE_WORKER and _takes(name, "--jobs", words):
        words += ["--jobs", "1"]
    if name in UNDRAWN and "--no-pictures" not in words:
        words += ["--no-pictures"]
    return words


def _takes(name: str, option: str, words: list[str]) -> bool:
    """Whether an option can be added: stored results take none, nor designs a size they lack."""
    if name in ("fit", "hindcast"):
        return True
    stored = any(os.path.isdir(word.partition(":")[0]) for word in words[1:3])
    if name in ("compare", "sensitivity"):
        return not stored
    return option != "--rows" or _mode(words) in SIZES


def _mode(words: list[str]) -> str:
    """How the rows of the design that a command names are made; of a stored result nothing."""
    if os.path.isdir(words[1]):
        return ""
    for option in ("--mode", "--method"):
        if option in words:
            return words[words.index(option) + 1]
    return load_design(words[1]).mode


def _sizes(words: list[str]) -> list[str]:
    """What follows the options that say how much is run."""
    pairs = pairwise(words)
    return [f"{ALIASES.get(a, a)} {b}" for a, b in pairs if a in SIZED]


def run(line: str, servers: Servers) -> Ran:
    """Run a command line in the present folder, scaled down; a server stays up.

    Raises
    ------
    AssertionError
        If it ends with another code than 0; the message holds what it said.
    """
    line = servers.led(line)
    if is_server(line):
        servers.start(line)
        return Ran(line, "", False)
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        line = shlex.join([*words, "--dry-run", "--directory", str(ROOT)])
    if words[0] != "multivector" or _OPERATORS.search(line):
        return _shell(line)
    small = scaled(words[1:])
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(small)
    assert code == 0, f"multivector {shlex.join(small)}: exit code {code}\n{err.getvalue()}"
    return Ran(line, out.getvalue(), _sizes(small) != _sizes(words[1:]))


def _shell(line: str) -> Ran:
    """Run what is no command of multivector, or more than one, in a shell."""
    own = (
        f'multivector() {{ "{sys.executable}" -m tests.docs.commands "$@"; }}\n'
        f'python() {{ "{sys.executable}" "$@"; }}\n'
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", own + line],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, f"{line}: exit code {done.returncode}\n{done.stderr}"
    return Ran(line, done.stdout, "multivector" in line)


def parse(line: str) -> None:
    """Parse a command of multivector that is not run; a mistake is raised as `InputError`."""
    words = shlex.split(line, comments=True)
    if words[0] == "multivector":
        parser().parse(words[1:])


def check_named(line: str) -> None:
    """Hold a command that a text names against the parser: its words, its options, no values.

    Raises
    ------
    InputError
        If there is no such command or option.
    """
    words = shlex.split(line)[1:]
    at = parser()
    while at.commands and words and not words[0].startswith("-") and not words[0].isupper():
        if words[0] not in at.commands:
            at.parse(words[:1])
        at = at.commands[words.pop(0)]
    known = {name for action in at._actions for name in action.option_strings}
    for word in words:
        if word.startswith("-") and word.split("=")[0] not in known:
            raise InputError(f"{at.prog} takes no argument {word!r}")


_NUMBER = re.compile(r"(?<![\w#.])[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?(?![\w])")


def _parts(line: str) -> tuple[str, list[float]]:
    """A line's words with its numbers left out, and the numbers."""
    numbers = [float(found.replace(",", "")) for found in _NUMBER.findall(line)]
    return " ".join(_NUMBER.sub("#", line).split()), numbers


def _alike(shown: str, printed: str, with_numbers: bool) -> bool:
    """Whether two lines say the same; the last digit of a number may differ, as processors do."""
    (words, numbers), (said, given) = _parts(shown), _parts(printed)
    if words != said:
        return False
    return not with_numbers or all(
        abs(a - b) <= 2e-3 * abs(b) + 2e-4 for a, b in zip(numbers, given, strict=True)
    )


def shown_amiss(shown: str, ran: Ran) -> list[str]:
    """The lines of a shown output that a command did not print, in this order.

    A line of three dots stands for any lines left out. Numbers count where the command ran as it
    stands on the page; where it was scaled down its order does not count, for few runs rank rows
    otherwise.
    """
    printed, amiss = ran.output.splitlines(), []
    for line in shown.splitlines():
        if line.strip() in ("", "...", "…"):
            continue
        places = [n for n, one in enumerate(printed) if _alike(line, one, not ran.scaled)]
        if not places:
            amiss.append(line)
        elif not ran.scaled:
            printed = printed[places[0] + 1 :]
    return amiss


if __name__ == "__main__":
    sys.exit(main(scaled(sys.argv[1:])))
