"""What the pages start and leave running is started in earnest, until the page ends.

It listens on a free port of this machine, whatever machine and port the page names; commands of
the page that name the scheduler of a cluster are led to the one that the page started.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.processes import hear_ctrl_c

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds that a server has to answer
_SERVER = re.compile(r"multivector dashboard|solara run|dask scheduler|dask worker")
_SCHEDULER = re.compile(r"tcp://[\w.]+:\d+")
_PROGRAMS = {"multivector": "sim.cli.main", "solara": "solara", "dask": "dask"}
_LOCAL = "127.0.0.1"


def is_server(line: str) -> bool:
    """Whether a command stays up until it is stopped."""
    return _SERVER.match(line) is not None


@dataclass
class Servers:
    """The servers that a page has started so far; leaving the block stops them."""

    folder: Path
    scheduler: str | None = None  # address of the page's scheduler
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *error: object) -> None:
        for process in reversed(self.running):  # workers before their scheduler
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def led(self, line: str) -> str:
        """A command line with the address of the page's scheduler in place of the one it names."""
        if self.scheduler is None:
            assert not _SCHEDULER.search(line), "the page starts no scheduler before it uses one"
            return line
        return _SCHEDULER.sub(self.scheduler, line)

    def start(self, line: str) -> None:
        """Start a server and wait until it answers.

        Raises
        ------
        AssertionError
            If it does not; the message holds what it said.
        """
        program, *words = shlex.split(self.led(line), comments=True)
        port = _free_port()
        if "worker" in words:
            ready = "Registered to:"
            words += ["--no-dashboard"]
        else:
            if "--port" in words:
                place = words.index("--port")
                del words[place : place + 2]
            words += ["--host", _LOCAL, "--port", str(port)]
            ready = "Scheduler at:"
            if program == "dask":
                words += ["--no-dashboard"]
                self.scheduler = f"tcp://{_LOCAL}:{port}"
            else:
                ready = ""
                words += ["--no-browser" if program == "multivector" else "--no-open"]
        log = self.folder / f"server-{len(self.running)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", _PROGRAMS[program], *words],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                preexec_fn=hear_ctrl_c,
            )
        self.running.append(process)
        until = time.monotonic() + PATIENCE
        while not (re.search(ready, log.read_text()) if ready else _answers(port)):
            assert process.poll() is None, f"{line}: has ended\n{log.read_text()}"
            assert time.monotonic() < until, f"{line}: does not answer\n{log.read_text()}"
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind((_LOCAL, 0))
        return int(listening.getsockname()[1])


def _answers(port: int) -> bool:
    """Whether a page is served there."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{_LOCAL}:{port}/") as page:
        return bool(page.status == 200)
    return False
