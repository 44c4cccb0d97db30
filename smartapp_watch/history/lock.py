"""The lock that lets one process at a time do the work on a history."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smartapp_watch.errors import HistoryError


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Work on the history at ``path`` alone; HistoryError, naming the other process, where one does already.

    The kernel gives the lock back when the process ends, however it ends. The file ``<path>.lock`` stays:
    removing it would let two processes lock two files of one name.
    """
    descriptor = _open(path.with_name(path.name + ".lock"))
    try:
        _lock(descriptor, path)
        _sign(descriptor, path)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _open(file: Path) -> int:
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HistoryError(f"the lock {file} cannot be opened: {error.strerror}") from None


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace")
        who = f" (process {holder})" if holder else ""
        raise HistoryError(f"another smartapp-watch{who} is working on {path.name}") from None
    except OSError as error:
        raise HistoryError(f"{path.name} cannot be locked: {error.strerror}") from None


def _sign(descriptor: int, path: Path) -> None:
    """Leave this process's number for whoever finds the lock taken."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except OSError as error:
        raise HistoryError(f"the lock of {path} cannot be written: {error.strerror}") from None
