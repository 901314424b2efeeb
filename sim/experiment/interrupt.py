"""Ctrl-C held back until work can be put down."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

WAIT = 0.2  # seconds that whoever waits for others lets pass before looking for Ctrl-C


@contextmanager
def held_back() -> Iterator[Callable[[], None]]:
    """Hold back Ctrl-C in this block: raised in the midst of a lock, it would break the lock.

    Whoever presses it a second time does not wait. Left alone is what answers Ctrl-C otherwise
    than Python does, and every thread but the main one, which alone gets it.

    Yields
    ------
    callable
        Raises `KeyboardInterrupt` if Ctrl-C was pressed; called wherever work can be put down.

    Raises
    ------
    KeyboardInterrupt
        At the end of the block, if it was pressed and nothing else is raised.
    """
    pressed = False

    def hold(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    def check() -> None:
        if pressed:
            raise KeyboardInterrupt

    holds = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if holds:
        signal.signal(signal.SIGINT, hold)
    try:
        yield check
    finally:
        if holds:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    check()
