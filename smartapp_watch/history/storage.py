"""The file itself: how large it is and becomes, and what it gives back to the disk."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from smartapp_watch.history.connection import Connection
from smartapp_watch.history.integrity import check
from smartapp_watch.stopping import Stop

_SIZES = "sizes"
_REMEMBERED = timedelta(days=28)
_LEAST = timedelta(days=7)
_INCREMENTAL = 2


@dataclass(frozen=True, slots=True)
class Size:
    """How much room the history takes, in bytes.

    ``file``: on the disk; ``free``: what of that is empty, to be filled again or given back; ``log``: the
    newest changes, beside it (-wal); ``disk_free``: what the disk still holds for this user. ``a_day``: by
    how much its content grew a day, over at most four weeks; None before it was watched for one.
    """

    file: int
    log: int
    free: int
    disk_free: int
    a_day: float | None = None

    @property
    def content(self) -> int:
        """What is stored."""
        return self.file - self.free

    @property
    def free_share(self) -> float:
        """How much of the file is empty, from 0 to 1."""
        return self.free / self.file if self.file else 0.0

    @property
    def days_until_full(self) -> float | None:
        """How long the disk lasts if the history goes on like this; None where it does not grow.

        Nothing is known of what else fills the disk.
        """
        if self.a_day is None or self.a_day <= 0:
            return None
        return (self.disk_free + self.free) / self.a_day


class Storage:
    """Looks after the file of an open history."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def identity(self) -> tuple[int, int]:
        """What tells this file from another of its name; (0, 0) where there is none at its path."""
        return identity_of(self._connection.path)

    def size(self) -> Size:
        """How much room the history takes now, and how it grew."""
        number = self._connection.number
        page, path = number("page_size"), self._connection.path
        log = path.with_name(path.name + "-wal")
        disk = os.statvfs(path.parent)
        return Size(
            file=number("page_count") * page,
            log=log.stat().st_size if log.exists() else 0,
            free=number("freelist_count") * page,
            disk_free=disk.f_bavail * disk.f_frsize,
            a_day=_a_day(self._sizes()),
        )

    def note_size(self, day: date) -> None:
        """Remember how much is stored on ``day``; once a day is enough."""
        sizes = {each: size for each, size in self._sizes().items() if day - _REMEMBERED <= each < day}
        sizes[day] = self.size().content
        self._connection.execute(
            "INSERT INTO notes VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (_SIZES, json.dumps({str(each): size for each, size in sizes.items()})),
        )

    @property
    def gives_back(self) -> bool:
        """Whether the file can be made smaller step by step; one of before this was possible cannot."""
        return self._connection.number("auto_vacuum") == _INCREMENTAL

    def give_back(self, pages: int) -> None:
        """Give so many empty pages back to the disk: other writers wait for some milliseconds."""
        self._connection.run_through(f"PRAGMA incremental_vacuum({pages})")

    def rebuild(self) -> None:
        """Write the file anew without what is empty, so that from now on it :attr:`gives_back`.

        Other writers wait meanwhile, and it takes as much room again.
        """
        self._connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._connection.execute("VACUUM")

    def check(self, within: float, stop: Stop) -> bool:
        """Whether every page is in order; False where there was no time to see that.

        HistoryUnusable where one is not.
        """
        return check(self._connection.path, within=within, stop=stop)

    def empty_log(self) -> None:
        """Bring what is in the log into the file, and the log to nothing; as far as nobody reads it now."""
        patience = self._connection.number("busy_timeout")
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _sizes(self) -> dict[date, int]:
        for (text,) in self._connection.select("SELECT value FROM notes WHERE key = ?", (_SIZES,)):
            return {date.fromisoformat(day): size for day, size in json.loads(text).items()}
        return {}


def identity_of(path: Path) -> tuple[int, int]:
    """What tells the file at ``path`` from another that took its name; (0, 0) where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_dev, found.st_ino


def _a_day(sizes: dict[date, int]) -> float | None:
    if not sizes:
        return None
    first, last = min(sizes), max(sizes)
    if last - first < _LEAST:
        return None
    return (sizes[last] - sizes[first]) / (last - first).days
