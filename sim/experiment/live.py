"""Runs at once: processes that stay, so that a changed scenario is answered in about a second.

Each process keeps the case, and the random draws of the runs it simulates (`KeptDraws`), which
are the same in every scenario. The same runs always go to the same process.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import c_longlong
from dataclasses import dataclass, replace
from multiprocessing import connection
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from sim.case import Case, Posterior
from sim.core.errors import InputError
from sim.experiment.batch import kept_outcomes
from sim.experiment.held import Chunk, Held, hold, play
from sim.experiment.kept_draws import KeptDraws
from sim.experiment.record import Interrupted
from sim.experiment.request import at_least, refuse_in_worker
from sim.experiment.workers import Local, follow_parent, heritage
from sim.scenario import Scenario
from sim.scenario.schema import MOST_RUNS

__all__ = ["Held", "Live", "Superseded", "WorkerLost"]

_CHUNK = 500  # runs simulated together: fewer are slower a run, more are given up later
_GIVE_UP = 3  # times that a process may be killed in one call before it has done anything
_PATIENCE = 5.0  # seconds that a process has to end by itself
_SENT_APART = np.empty(0)


class Superseded(Exception):
    """A newer call of the same viewer has taken the place of this one."""


class WorkerLost(InputError):
    """A worker process was killed again and again."""


@dataclass(frozen=True)
class _Order:
    """What one process is to do of a call."""

    call: int
    scenario: Scenario
    seed: int
    outcomes: tuple[str, ...]
    chunks: tuple[range, ...]

    def part(self, place: int, parts: int) -> _Order:
        """What one of several processes is to do of it."""
        return replace(self, chunks=self.chunks[place::parts])


@dataclass(frozen=True)
class _Setting:
    """What stays the same from call to call, and is sent once."""

    case: Case
    posterior: Posterior | None

    def same(self, other: _Setting | None) -> bool:
        """Is it the very same case and draws."""
        return other is not None and self.case is other.case and self.posterior is other.posterior


class Live:
    """Runs scenarios in processes that stay; a context manager.

    The first call of a case takes longer than those that follow, because the processes have yet
    to load it and to draw: whoever wants the first answer fast makes a call ahead of it. A
    process that was killed is started again, and what it was at is done again.

    It can be used from several threads. One call is at work at a time, the others wait in the
    order in which they came. Each process keeps up to 256 MB of draws (`KeptDraws`); of 1,000
    runs of 52 quarters of the shipped case these are about 120 MB, shared out over the processes.

    Parameters
    ----------
    jobs : int
        Processes; with 1, this process does the work itself. With more, a script must call this
        below ``if __name__ == "__main__":``.

    Raises
    ------
    InputError
        If `jobs` is out of range, or a process that only imports the calling script is here.

    Examples
    --------
    >>> from sim.case import load_case
    >>> from sim.scenario import load_scenario
    >>> scenario = load_scenario("baseline")
    >>> with Live(jobs=1) as live:
    ...     held = live.run(scenario, load_case(scenario.case), 10, 1, ["cohesion"])
    >>> held.path("cohesion").shape == (held.quarters, 10)
    True
    """

    def __init__(self, jobs: int = 2) -> None:
        refuse_in_worker("Live")
        Local(at_least("jobs", jobs, 1))
        self._jobs = jobs
        self._player = _Player()
        self._change = threading.Condition()
        self._closed = False
        self._calls = 0
        self._waiting: deque[int] = deque()  # calls in the order they came, the one at work first
        self._at_work: int | None = None
        self._newest: dict[Hashable, int] = {}  # call of each viewer that waits for one
        self._superseded: set[int] = set()
        self._given_up = RawValue(c_longlong, 0)  # this call, and all before it, are to stop
        self._hands = [_Hand(self._given_up) for _ in range(jobs if jobs > 1 else 0)]

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(
        self,
        scenario: Scenario,
        case: Case,
        runs: int,
        seed: int,
        outcomes: Sequence[str],
        parameters: str | Path | Posterior = "posterior",
        viewer: Hashable | None = None,
    ) -> Held:
        """Run a scenario.

        Parameters
        ----------
        scenario : Scenario
        case : Case
            The case that it is about; the same object from call to call, else it is sent anew.
        runs, seed : int
        outcomes : sequence of str
            Names of outcomes, of which all columns are held, by quarter.
        parameters : "posterior", "point", path or Posterior
            As for `sim.batch`.
        viewer : hashable, optional
            Who waits for the answer. A newer call of the same viewer takes the place of an older
            one, whose work stops within a quarter or two; calls without one are never given up.

        Returns
        -------
        Held
            Equal to what `sim.batch` records of the same scenario, runs and seed, to the last bit.

        Raises
        ------
        InputError
            If an argument cannot be used, the scenario does not compile, an outcome of a run is
            not finite, or this was closed.
        WorkerLost
            If a process was killed again and again.
        Superseded
            If a newer call of the same viewer came.
        """
        with self._call(viewer) as call:
            names = kept_outcomes(list(outcomes))
            if not names:
                raise InputError("outcomes: found none; at least one is needed")
            runs = at_least("runs", runs, 1)
            if runs > MOST_RUNS:
                raise InputError(f"runs: found {runs}; allowed: {MOST_RUNS:,} or fewer")
            seed = at_least("seed", seed, 0)
            setting = _Setting(case, case.draws(parameters))
            order = _Order(call, scenario, seed, names, _chunks(runs, self._jobs))
            self._await_turn(call)
            try:
                found = self._shared(order, setting) if self._hands else self._own(order, setting)
            except Interrupted:
                self._refuse(call)
                raise
        chunks = [found[numbers] for numbers in order.chunks]
        scenario.notes[:] = chunks[0].notes
        return hold(scenario, seed, chunks)

    def close(self) -> None:
        """End the processes; a call that is at work or waits raises an `InputError`."""
        with self._change:
            self._closed = True
            self._given_up.value = self._calls
            self._change.notify_all()
            self._change.wait_for(lambda: not self._waiting)
            hands, self._hands = self._hands, []
        for hand in hands:
            hand.stop()

    # Turns

    @contextmanager
    def _call(self, viewer: Hashable | None) -> Iterator[int]:
        """The number of a call, from its coming to its end."""
        with self._change:
            self._refuse_closed()
            self._calls += 1
            call = self._calls
            self._waiting.append(call)
            if viewer is not None:
                if viewer in self._newest:
                    self._supersede(self._newest[viewer])
                self._newest[viewer] = call
            self._change.notify_all()
        try:
            yield call
        finally:
            with self._change:
                self._waiting.remove(call)
                if self._at_work == call:
                    self._at_work = None
                self._superseded.discard(call)
                if self._newest.get(viewer) == call:
                    del self._newest[viewer]
                self._change.notify_all()

    def _supersede(self, call: int) -> None:
        self._superseded.add(call)
        if self._at_work == call:
            self._given_up.value = call

    def _await_turn(self, call: int) -> None:
        """Wait until all that came before has left, or this call is not wanted any more."""
        with self._change:
            self._change.wait_for(
                lambda: self._waiting[0] == call or self._closed or call in self._superseded
            )
            self._refuse(call)
            self._at_work = call

    def _refuse(self, call: int) -> None:
        """Raise the reason why a call is given up, if it is."""
        self._refuse_closed()
        if call in self._superseded:
            raise Superseded("a newer call of the same viewer has taken the place of this one")

    def _refuse_closed(self) -> None:
        if self._closed:
            raise InputError("the processes of this Live were closed; make a new one")

    # Work

    def _own(self, order: _Order, setting: _Setting) -> dict[range, Chunk]:
        """Do all of a call in this process."""
        self._player.setting = setting
        with threadpool_limits(1):
            return dict(self._player.play(order, lambda: self._given_up.value >= order.call))

    def _shared(self, order: _Order, setting: _Setting) -> dict[range, Chunk]:
        """Do a call in the processes, which are idle before and after.

        Raises
        ------
        Interrupted
            If the call was given up.
        InputError, WorkerLost, RuntimeError
            What went wrong, once all processes have stopped.
        """
        found: dict[range, Chunk] = {}
        wrong: list[Exception] = []
        try:
            for place, hand in enumerate(self._hands):
                hand.take(order.part(place, len(self._hands)), setting)
            while busy := {hand.pipe: hand for hand in self._hands if hand.busy}:
                for pipe in connection.wait(list(busy)):
                    error = busy[pipe].listen(found)  # type: ignore[index]
                    if error is not None:
                        wrong.append(error)
                        self._given_up.value = order.call
        finally:
            for hand in self._hands:
                if hand.busy:  # Ctrl-C, perhaps in the middle of a message
                    hand.restart()
        for error in wrong:
            if not isinstance(error, Interrupted):
                raise error
        if wrong:
            raise Interrupted
        return found


def _chunks(runs: int, jobs: int) -> tuple[range, ...]:
    """Consecutive runs, as many pieces for each process and all about as large."""
    pieces = min(runs, jobs * -(-runs // (jobs * _CHUNK)))
    edges = [runs * piece // pieces for piece in range(pieces + 1)]
    return tuple(map(range, edges[:-1], edges[1:]))


class _Player:
    """Does orders in this process, and keeps what the next one needs as well."""

    def __init__(self) -> None:
        self.setting: _Setting | None = None
        self._draws = KeptDraws()

    def play(self, order: _Order, stopped: Callable[[], bool]) -> Iterator[tuple[range, Chunk]]:
        """The chunks of an order, one after another; errors as in `sim.experiment.held.play`."""
        if self.setting is None:
            raise RuntimeError("an order came before the case")
        self._draws.begin_round()
        for numbers in order.chunks:
            yield (
                numbers,
                play(
                    order.scenario,
                    self.setting.case,
                    self.setting.posterior,
                    order.seed,
                    numbers,
                    order.outcomes,
                    self._draws,
                    stopped,
                ),
            )


class _Hand:
    """One process, as seen from the main one.

    Attributes
    ----------
    pipe : Connection
        To the process.
    busy : bool
        Whether it has an order that it has not answered in full.
    """

    def __init__(self, given_up: Any) -> None:
        self.busy = False
        self._given_up = given_up
        self._order: _Order | None = None
        self._setting: _Setting | None = None  # what it is to have
        self._has: _Setting | None = None  # what it was sent
        self._killed = 0  # times in a row
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._given_up), name="multivector live", daemon=True
        )
        with heritage():
            self._process.start()
        theirs.close()  # so that the pipe ends with the process
        self._has = None
        self.busy = False

    def take(self, order: _Order, setting: _Setting) -> None:
        """Give it an order."""
        self._order, self._setting, self._killed = order, setting, 0
        self._send()

    def _send(self) -> None:
        assert self._order is not None
        assert self._setting is not None
        if not self._order.chunks:
            return
        self.busy = True
        try:
            if not self._setting.same(self._has):
                self.pipe.send(self._setting)
                self._has = self._setting
            self.pipe.send(self._order)
        except OSError:  # it was killed, which `listen` will see
            pass

    def listen(self, found: dict[range, Chunk]) -> Exception | None:
        """Take in one answer, which is there or on its way: a chunk, the end, or an error."""
        try:
            kind, *content = self.pipe.recv()
            if kind == "chunk":
                numbers, shape, chunk = content
                values = np.empty(shape)
                for path in values:
                    self.pipe.recv_bytes_into(path.reshape(-1).view(np.uint8))
                found[numbers] = replace(chunk, values=values)
                self._killed = 0
                return None
        except (EOFError, OSError):
            return self._revive(found)
        self.busy = False
        if kind == "done":
            return None
        if kind == "stopped":
            return Interrupted()
        (text,) = content
        return InputError(text) if kind == "refused" else RuntimeError(text)

    def _revive(self, found: dict[range, Chunk]) -> Exception | None:
        """Start a process that was killed again, with what it has not done."""
        assert self._order is not None
        self._killed += 1
        self.restart()
        if self._killed == _GIVE_UP:
            return WorkerLost(
                f"a worker process was ended {_GIVE_UP} times in a row before it had done anything "
                "(too little memory?); fewer runs or fewer processes take less"
            )
        left = tuple(numbers for numbers in self._order.chunks if numbers not in found)
        self._order = replace(self._order, chunks=left)
        self._send()
        return None

    def restart(self) -> None:
        """Begin anew with an idle process."""
        self.stop(patience=0.0)
        self._start()

    def stop(self, patience: float = _PATIENCE) -> None:
        """End the process: by itself, which the end of the pipe tells it to do, or by force."""
        self.pipe.close()
        self._process.join(patience)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()
        self.busy = False


# Inside a worker process


def _serve(pipe: connection.Connection, given_up: Any) -> None:
    """Do orders until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where `heritage` has no masks
    threadpool_limits(1)  # what is loaded already; what will be heeds the environment
    threading.Thread(target=follow_parent, daemon=True).start()
    player = _Player()
    while True:
        try:
            message = pipe.recv()
            if isinstance(message, _Setting):
                player.setting = message
            else:
                _answer(pipe, player, message, given_up)
        except (EOFError, OSError):
            return


def _answer(pipe: connection.Connection, player: _Player, order: _Order, given_up: Any) -> None:
    """Do an order and send what comes of it, chunk by chunk."""
    try:
        for numbers, chunk in player.play(order, lambda: given_up.value >= order.call):
            values = chunk.values
            pipe.send(("chunk", numbers, values.shape, replace(chunk, values=_SENT_APART)))
            for path in values:  # one by one, because a pipe slows down with larger messages
                pipe.send_bytes(path.reshape(-1).view(np.uint8).data)
    except OSError:
        raise
    except Interrupted:
        pipe.send(("stopped",))
    except InputError as error:
        pipe.send(("refused", str(error)))
    except Exception:
        pipe.send(("failed", traceback.format_exc()))
    else:
        pipe.send(("done",))
