"""A connection to the history's file: transactions, and what SQLite complains of in plain words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from smartapp_watch.errors import HistoryError, HistoryUnusable

PATIENCE = 30
"""Seconds to wait for another process's transaction."""

DAMAGED = (
    "{path} is damaged, and nothing was written to it; keep the file and what lies beside it, and restore a "
    "backup, or rescue what is left with the sqlite3 shell's .recover"
)
"""What to say of a file whose pages make no sense."""

_OLDEST_SQLITE = (3, 37)
_PRIMARY_CODE = 0xFF
_LITTLE_SPACE = 64 * 1024
_CANNOT_OPEN = "{path} cannot be opened; may this user read and write it and its folder?"
_PLAIN_WORDS = {
    sqlite3.SQLITE_FULL: "the disk that holds {path} is full; nothing was written",
    sqlite3.SQLITE_IOERR: (
        "the disk that holds {path} refused to read or write (is it full, over its quota or broken?); "
        "nothing was written"
    ),
    sqlite3.SQLITE_BUSY: f"another process locked {{path}} for {PATIENCE} seconds; nothing was written",
    sqlite3.SQLITE_LOCKED: "{path} is locked by another part of this process; nothing was written",
    sqlite3.SQLITE_NOTADB: "{path} is not a database; [history] path must name a history or a new file",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_READONLY: "{path} or its folder may not be written to; nothing was written",
    sqlite3.SQLITE_CANTOPEN: _CANNOT_OPEN,
    sqlite3.SQLITE_PERM: _CANNOT_OPEN,
    sqlite3.SQLITE_AUTH: _CANNOT_OPEN,
}


class Busy(HistoryError):
    """Another process kept the file to itself for too long."""


class Connection:
    """One thread's connection; everything that SQLite refuses becomes a HistoryError."""

    def __init__(self, path: Path, target: str) -> None:
        """``target``: the ``file:`` address that SQLite opens for ``path``."""
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise HistoryError(f"this Python has SQLite {sqlite3.sqlite_version}; 3.37 or newer is needed")
        self.path = path
        self._depth = 0
        try:
            self.raw = sqlite3.connect(target, timeout=PATIENCE, isolation_level=None, uri=True)
        except sqlite3.DatabaseError as error:
            raise self._trouble(error) from None
        # fnmatch's sets ([!x], an unclosed bracket) mean other things to GLOB; patterns with one use this.
        self.raw.create_function("fnmatch", 2, _fnmatch, deterministic=True)

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        self._check_transaction()
        try:
            return self.raw.execute(sql, parameters)
        except (sqlite3.DatabaseError, OverflowError) as error:
            raise self._trouble(error) from None

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run one statement for each of ``rows``; gives the number of rows that it wrote."""
        self._check_transaction()
        try:
            return self.raw.executemany(sql, rows).rowcount
        except (sqlite3.DatabaseError, OverflowError) as error:
            raise self._trouble(error) from None

    def run_through(self, sql: str) -> None:
        """Run one statement, outside a transaction, that does more the further it is run."""
        try:
            self.raw.executescript(sql)
        except sqlite3.DatabaseError as error:
            raise self._trouble(error) from None

    def number(self, pragma: str) -> int:
        """What one of SQLite's own figures stands at."""
        return int(self.execute(f"PRAGMA {pragma}").fetchone()[0])

    def select(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """The rows that one statement finds, as they come."""
        cursor = self.execute(sql, parameters)
        try:
            yield from cursor
        except sqlite3.DatabaseError as error:
            raise self._trouble(error) from None
        finally:
            cursor.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: what the block wrote is undone where it raises. Within another: a savepoint.

        It takes the write lock at once: a transaction that reads first and then writes would fail without
        waiting where another process wrote in between.
        """
        outermost = self._depth == 0
        self.execute("BEGIN IMMEDIATE" if outermost else "SAVEPOINT inner")
        self._depth += 1
        try:
            yield
            self.execute("COMMIT" if outermost else "RELEASE inner")
        except BaseException:
            self._undo(outermost)
            raise
        finally:
            self._depth -= 1

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Whatever the block reads, it reads of one moment. It takes no lock that a writer would mind."""
        self.execute("SAVEPOINT moment")  # outside a transaction: one that only reads
        yield
        self.execute("RELEASE moment")

    def close(self) -> None:
        """Give the file back."""
        self.raw.close()

    def _undo(self, outermost: bool) -> None:
        # After some errors (a full disk) SQLite has undone the whole transaction by itself.
        if not self.raw.in_transaction:
            return
        for statement in ("ROLLBACK",) if outermost else ("ROLLBACK TO inner", "RELEASE inner"):
            self.raw.execute(statement)

    def _check_transaction(self) -> None:
        # What follows an undone transaction would be committed statement by statement: half-written.
        if self._depth and not self.raw.in_transaction:
            raise HistoryError(f"the transaction on {self.path} was undone; nothing was written")

    def _trouble(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.ProgrammingError):
            return error  # a mistake of ours: closed, or another thread's
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        if code == sqlite3.SQLITE_IOERR and self._disk_is_full():
            code = sqlite3.SQLITE_FULL
        words = _PLAIN_WORDS.get(code, "{path} refused: {error}; nothing was written")
        kinds = {sqlite3.SQLITE_BUSY: Busy, sqlite3.SQLITE_CORRUPT: HistoryUnusable}
        kind = kinds.get(code, HistoryError)
        return kind(words.format(path=self.path, error=error))

    def _disk_is_full(self) -> bool:
        # SQLite says so only of its larger files: one that cannot be mapped is an error like any other to it.
        disk = os.statvfs(self.path.parent)
        return disk.f_bavail * disk.f_frsize < _LITTLE_SPACE


def _fnmatch(value: str | int | None, pattern: str) -> bool:
    return value is not None and fnmatchcase(str(value), pattern)
