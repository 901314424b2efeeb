"""Serving the dashboard on an address of this machine, until somebody ends it."""

from __future__ import annotations

import errno
import ipaddress
import logging
from collections.abc import Callable
from typing import Any

from sim.core.errors import InputError

THREADS = 8  # questions of pages that can wait at once, beside the files of the pages


class Server:
    """A server that listens, and does not serve yet; a context manager.

    Parameters
    ----------
    application : WSGI application
    host : str
        A name or an address.
    port : int
        0: a free one.

    Raises
    ------
    InputError
        If it cannot listen there.
    """

    def __init__(self, application: Callable[..., Any], host: str, port: int) -> None:
        from waitress import create_server

        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # waiting is no fault
        if not 0 <= port <= 65535:
            raise InputError(f"--port: found {port}; allowed: 0 to 65535, 0 for a free one")
        try:
            self._server = create_server(
                application,
                host=host,
                port=port,
                threads=THREADS,
                clear_untrusted_proxy_headers=True,
            )
        except OSError as error:
            raise InputError(_reason(error, host, port)) from None
        except ValueError:
            raise InputError(f"--host: found {host!r}; it is no address of this machine") from None
        served = getattr(self._server, "effective_listen", None) or [
            (self._server.effective_host, self._server.effective_port)
        ]
        self.port = int(served[0][1])
        self.host = host

    @property
    def address(self) -> str:
        """What a browser on this machine opens."""
        everywhere = self.host in ("0.0.0.0", "::", "")
        host = "127.0.0.1" if everywhere else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def serve(self) -> None:
        """Serve until Ctrl-C, which raises `KeyboardInterrupt` no further."""
        self._server.run()

    def close(self) -> None:
        """Listen no longer."""
        self._server.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"--port: {port} is in use on {host}, perhaps by another dashboard; choose another, "
            "or 0 for a free one"
        )
    if error.errno == errno.EACCES:
        return f"--port: {port} is not allowed to this user; choose one above 1023"
    return f"--host: cannot listen on {host}: {error.strerror or error}"
