"""How the polls went: how many requests each sent, and what the newest failed at."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from datetime import datetime

from smartapp_watch.alerts.digest_parts import Polls
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant

_NEWEST = "poll_failures"


@dataclass(frozen=True, slots=True)
class Failure:
    """A query that brought nothing. ``period``: as text, of several ``2026-11-19..2026-11-22``.

    ``kind`` is the error's, ``message`` its words.
    """

    app_id: int | None
    report: str
    period: str
    kind: str
    message: str

    def __str__(self) -> str:
        app = "tp" if self.app_id is None else self.app_id
        return f"{app} {self.report} {self.period}: {' '.join(self.message.split())}"


@dataclass(frozen=True, slots=True)
class NewestPoll:
    """What the newest poll failed at; ``stopped`` says why it ended before its plan did, where it did so."""

    failures: tuple[Failure, ...] = ()
    stopped: str = ""

    @property
    def lines(self) -> list[str]:
        """Everything in words, one failure a line."""
        return [*map(str, self.failures), *self.stopped.splitlines()]


class PollLog:
    """Reads and writes how polls went; the caller opens the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, at: datetime, calls: int, failed: int, retried: int) -> None:
        """Write a poll that ended at ``at``; two within a second are one."""
        self._connection.execute(
            "INSERT INTO polls VALUES (?, ?, ?, ?) ON CONFLICT (at) DO UPDATE SET "
            "calls = calls + excluded.calls, failed = failed + excluded.failed, "
            "retried = retried + excluded.retried",
            (write_instant(at), calls, failed, retried),
        )

    def count(self, first: datetime, end: datetime) -> Polls:
        """The polls from ``first`` on and before ``end``, added up."""
        ((runs, *counts),) = self._connection.select(
            "SELECT count(*), coalesce(sum(calls), 0), coalesce(sum(failed), 0), coalesce(sum(retried), 0) "
            "FROM polls WHERE at >= ? AND at < ?",
            (write_instant(first), write_instant(end)),
        )
        return Polls(runs, *counts)

    def newest_at(self) -> datetime | None:
        """When the newest poll ended; None where none did."""
        ((at,),) = self._connection.select("SELECT max(at) FROM polls")
        return read_instant(at) if at else None

    def prune(self, before: datetime) -> int:
        """Forget the polls before that; gives their count."""
        return self._connection.execute("DELETE FROM polls WHERE at < ?", (write_instant(before),)).rowcount

    def note_newest(self, newest: NewestPoll) -> None:
        """Keep what the newest poll failed at, in place of what the one before did."""
        text = json.dumps(
            {"failures": [astuple(each) for each in newest.failures], "stopped": newest.stopped},
            ensure_ascii=False,
        )
        self._connection.execute(
            "INSERT INTO notes VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (_NEWEST, text),
        )

    def newest(self) -> NewestPoll:
        """What the newest poll failed at."""
        for (text,) in self._connection.select("SELECT value FROM notes WHERE key = ?", (_NEWEST,)):
            if not text.startswith("{"):  # version 1 wrote the lines alone
                return NewestPoll(stopped=text)
            known = json.loads(text)
            return NewestPoll(tuple(Failure(*each) for each in known["failures"]), known["stopped"])
        return NewestPoll()
