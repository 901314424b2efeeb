"""The folder of a result: made, claimed by one process at a time, cleared of what is in the way."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.core.errors import InputError
from sim.experiment.store import EVERY_TABLE, FORMAT, format_of

try:
    import fcntl
except ImportError:  # Windows: two processes in one folder are not told apart there
    fcntl = None  # type: ignore[assignment]

_OWN = ("manifest.json", "failures.log", "parts", "pictures")  # what may be removed, and tables
_LOCK = ".lock"
_LEFT_OVER = re.compile(r"\.probe|\..+\.\d+\.tmp")  # what a killed process may leave


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Make a folder, and keep other processes from writing a result there meanwhile.

    The claim is a lock of the operating system on a file, so that it ends with the process, however
    that ends. File systems without locks are used without.

    Raises
    ------
    InputError
        If another process has the folder, it is a file, or it cannot be made or written to.
    """
    missing: list[Path] = []
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        _make(folder)
        handle = _locked(folder)
    except OSError as error:
        for path in missing:  # innermost first
            with suppress(OSError):
                path.rmdir()
        raise InputError(f"{folder}: cannot write there ({error.strerror})") from error
    try:
        yield
    finally:
        if handle is not None:
            with suppress(OSError):
                (folder / _LOCK).unlink(missing_ok=True)
            os.close(handle)


def _make(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: this is a file; results need a folder")
    folder.mkdir(parents=True, exist_ok=True)


def _locked(folder: Path) -> int | None:
    """Handle of the locked file; None where there are no locks."""
    if fcntl is None:
        return None
    while True:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise InputError(
                f"{folder}: another process is writing there; wait until it is done, or choose "
                "another folder with --out"
            ) from None
        except OSError:  # this file system has none
            return handle
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(folder / _LOCK)):
                return handle
        os.close(handle)  # its last holder removed the file between the two calls


def is_empty(folder: Path) -> bool:
    """Does a folder hold nothing but what a killed process may leave before its manifest."""
    return not folder.is_dir() or all(
        path.name == _LOCK or _LEFT_OVER.fullmatch(path.name) for path in folder.iterdir()
    )


def clear_left_over(folder: Path) -> None:
    """Remove the half-written files of a process that was killed."""
    for place in (folder, *(folder / "parts").glob("*/")):
        for path in place.glob(".*"):
            if _LEFT_OVER.fullmatch(path.name):
                path.unlink(missing_ok=True)


def prepare(folder: Path, overwrite: bool, own: Sequence[str] = (), kind: str = "results") -> None:
    """Make an empty results folder, or refuse before anything has run.

    Parameters
    ----------
    folder : Path
        Where the results will stand; made with its parents.
    overwrite : bool
        Remove the results that the folder holds. Files that are no part of a result stay.
    own : sequence of str
        Further files and folders that are part of results of this kind.
    kind : str
        Word in the manifest's format: only what is of this kind is replaced.

    Raises
    ------
    InputError
        If the folder cannot be made or written to, holds something and `overwrite` is not set, or
        holds something that is no result.
    """
    missing: list[Path] = []  # innermost first
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        _make(folder)
        if not is_empty(folder):
            if not overwrite:
                raise InputError(
                    f"{folder}: the folder is not empty; choose another with --out, "
                    "or replace the results in it with --overwrite"
                )
            if not (folder / "manifest.json").is_file():
                raise InputError(
                    f"{folder}: the folder holds no result, so nothing in it is overwritten; "
                    "choose another"
                )
            # What cannot be read holds nothing of anybody's.
            if f"multivector {kind} " not in f"{format_of(folder) or FORMAT} ":
                raise InputError(
                    f"{folder}: the folder holds something else than {kind}, so nothing in it is "
                    "overwritten; choose another"
                )
            for name in (*_OWN, *own, *(f"{table}.parquet" for table in EVERY_TABLE)):
                remove(folder / name)
        clear_left_over(folder)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise InputError(f"{folder}: cannot write there ({error.strerror})") from error


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that it holds, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
