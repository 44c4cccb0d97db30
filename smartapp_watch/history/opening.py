"""The file of a history, opened to read or to write."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from smartapp_watch.errors import HistoryError
from smartapp_watch.history.connection import Connection

LARGEST_LOG = 64 * 1024 * 1024
"""Bytes that the log beside the file (-wal) keeps on the disk once its content is in the file."""


def open_to_read(path: Path) -> Connection:
    """A connection that never writes, beside whoever does; HistoryError where there is nothing to read."""
    if not path.exists():
        raise HistoryError(f"there is no history at {path} yet; poll makes it")
    if not os.access(path, os.R_OK):
        raise HistoryError(f"{path} may not be read by this user")
    # Without a log to share, SQLite would have to create one: impossible in a folder that may not be written.
    alone = not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()
    return Connection(path, address(path, "mode=ro&immutable=1" if alone else "mode=ro"))


def open_to_write(path: Path) -> Connection:
    """A connection that may write; where there is no file, it is made, for this user alone."""
    try:
        # SQLite gives its side files (-wal, -shm) the permissions of this one.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        if not os.access(path, os.R_OK | os.W_OK):
            raise HistoryError(f"{path} may not be written to by this user") from None
    except OSError as error:
        raise HistoryError(f"{path} cannot be made: {error.strerror}") from None
    else:
        os.close(descriptor)
    connection = Connection(path, address(path, "mode=rw"))
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA journal_size_limit = {LARGEST_LOG}")
    return connection


def side_files(path: Path) -> tuple[Path, ...]:
    """What SQLite and the lock keep beside the file at ``path`` while it is in use."""
    return tuple(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal", ".lock"))


def address(path: Path, options: str) -> str:
    """The address by which SQLite opens the file at ``path``."""
    return f"file:{quote(str(path.absolute()))}?{options}"
