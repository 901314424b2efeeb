"""Serving the dashboard on an address of this machine, until somebody ends it."""

from __future__ import annotations

import errno
import ipaddress
import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from sim.core.errors import InputError

Application = Callable[..., Iterable[bytes]]  # as WSGI has it

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

    def __init__(self, application: Application, host: str, port: int) -> None:
        from waitress import create_server

        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # waiting is no fault
        if not 0 <= port <= 65535:
            raise InputError(f"--port: found {port}; allowed: 0 to 65535, 0 for a free one")
        try:
            self._server = create_server(
                guarded(application, host),
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


def guarded(application: Application, host: str) -> Application:
    """An application that other web pages cannot read or set to work through somebody's browser.

    Where only this machine can reach it, it answers to the names of this machine alone: a page of
    another site whose name is made to lead here (DNS rebinding) is refused. Wherever it listens, it
    shows itself in no frame of another site, and runs nothing for one.

    Parameters
    ----------
    application : WSGI application
    host : str
        Where it listens.

    Returns
    -------
    WSGI application
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        asked = str(environ.get("HTTP_HOST", ""))
        if is_loopback(host) and not _is_ours(asked, host):
            return _refused(
                start, f"{asked[:100]!r} is no name of this machine; open http://127.0.0.1 or "
                "http://localhost with the port, or start the dashboard with another --host",
            )  # fmt: skip
        origin = str(environ.get("HTTP_ORIGIN", ""))
        posted = environ.get("REQUEST_METHOD", "GET") not in ("GET", "HEAD", "OPTIONS")
        if posted and origin and _netloc(origin) != asked.lower():
            return _refused(start, f"a page of {origin[:100]!r} cannot use this dashboard")

        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, [*headers, ("Content-Security-Policy", _FRAMES)], *more)

        return application(environ, begin)

    return answer


_FRAMES = "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*"  # a notebook's, say


def _is_ours(asked: str, host: str) -> bool:
    """Whether a request is addressed to this machine by a name of its own."""
    try:
        name = urlsplit(f"//{asked}").hostname or ""
    except ValueError:
        return False
    return name == host.lower() or is_loopback(name)


def _netloc(origin: str) -> str:
    """Host and port of a page; blank if it has none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _refused(start: Callable[..., Any], why: str) -> Iterable[bytes]:
    body = f"Refused: {why}.\n".encode()
    start(
        "403 Forbidden",
        [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))],
    )
    return [body]


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"--port: {port} is in use on {host}, perhaps by another dashboard; choose another, "
            "or 0 for a free one"
        )
    if error.errno == errno.EACCES:
        return f"--port: {port} is not allowed to this user; choose one above 1023"
    return f"--host: cannot listen on {host}: {error.strerror or error}"
