"""Processes that tests start."""

from __future__ import annotations

import signal


def hear_ctrl_c() -> None:
    """Have a new process hear Ctrl-C, as `preexec_fn`.

    One that runs in the background ignores it, and its children inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
