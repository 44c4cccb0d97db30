"""The outbox: every message to every receiver is a row before it is sent, and a fate of its own after."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from smartapp_watch.alerts.alert import OPEN
from smartapp_watch.alerts.notification import Kind, Layout, Notification, Queued
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.contents import Contents, write_content
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.threads import Threads
from smartapp_watch.history.troubles import Troubles

_ALERT_KEY = re.compile(r"alert/(\d+)/")
_BY_TIME = "INDEXED BY outbox_waiting"
"""Without it, the order asked for leads SQLite through every message of three months."""

_OPEN_ALERTS = ", ".join(f"'{state}'" for state in OPEN)


class MessageState(StrEnum):
    """The way of a message: queued → sending → sent, or retry at a time, or dead."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is due, without what it says. ``tries``: those that failed.

    ``rows``: the numbers of the rows that it is made of, its own first. ``created_at``: when the newest of
    them was queued. ``bundle``: what it was sent as before; None where it never was. ``layout``: None where
    it is about one alert, or none. ``taken``: who of those that its receiver stands for got it before.
    """

    id: int
    key: str
    receiver: str
    kind: str
    created_at: datetime
    tries: int
    rows: tuple[int, ...]
    bundle: int | None = None
    layout: Layout | None = None
    taken: str = ""

    @property
    def alert(self) -> int | None:
        """The number of the alert that it is about; None where it is about none."""
        found = _ALERT_KEY.match(self.key)
        return int(found[1]) if found and self.kind == Kind.ALERT else None

    def with_rows(self, others: Sequence[Waiting], layout: Layout | None = None) -> Waiting:
        """This one and the ``others`` as one message."""
        rows = tuple(row for each in (self, *others) for row in each.rows)
        newest = max(each.created_at for each in (self, *others))
        return replace(self, rows=rows, created_at=newest, layout=layout or self.layout)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A row that is waiting, or was given up, with the last error in the platform's words."""

    key: str
    receiver: str
    state: MessageState
    tries: int
    next_try: datetime
    error: str


class Outbox:
    """Reads and writes the messages; the caller opens the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.contents = Contents(connection)
        self.threads = Threads(connection, self.contents)
        self.troubles = Troubles(connection)

    def queue(self, key: str, receiver: str, notice: Queued, at: datetime) -> bool:
        """Put a message in; False where that key was queued before. A digest has to be frozen by then."""
        text = write_instant(at)
        cursor = self._connection.execute(
            "INSERT INTO outbox (key, receiver, kind, notice, state, next_try, created_at, changed_at) "
            "VALUES (?, ?, ?, ?, 'queued', ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (key, receiver, notice.kind, write_content(notice), text, text, text),
        )
        return cursor.rowcount == 1

    def receivers_of_alert(self, alert: int) -> tuple[str, ...]:
        """Everybody who has a message about that alert, in the order they got their first."""
        rows = self._connection.select(
            "SELECT receiver FROM outbox WHERE key >= ? AND key < ? GROUP BY receiver ORDER BY min(id)",
            (f"alert/{alert}/", f"alert/{alert}0"),
        )
        return tuple(receiver for (receiver,) in rows)

    def receivers_due(self, now: datetime) -> list[str]:
        """Everybody for whom something is due at ``now``, the one whose oldest row is oldest first."""
        rows = self._connection.select(
            "SELECT receiver FROM outbox WHERE state IN ('queued', 'sending', 'retry') AND next_try <= ? "
            "GROUP BY receiver ORDER BY min(id)",
            (write_instant(now),),
        )
        return [receiver for (receiver,) in rows]

    def due(self, now: datetime, receiver: str | None = None) -> list[Waiting]:
        """Each row that is to be sent at ``now``, to one receiver or to all, oldest first.

        What a crash left half-sent is among it.
        """
        return self._waiting(
            "next_try <= ? AND receiver = coalesce(?, receiver)", write_instant(now), receiver, by=_BY_TIME
        )

    def untried(self, alert: int, receiver: str) -> list[Waiting]:
        """Each row about an alert that a receiver was never sent, due or not, oldest first."""
        return self._waiting(
            "key >= ? AND key < ? AND receiver = ? AND bundle IS NULL",
            f"alert/{alert}/",
            f"alert/{alert}0",
            receiver,
        )

    def read(self, message: Waiting) -> Notification:
        """The message with what it says; DeliveryError, of this message, where that cannot be read."""
        notice = self.contents.message(message.rows, message.layout)
        thread = self.threads.of(message.receiver, notice, message.id, message.rows[-1])
        return Notification(
            id=message.id,
            key=message.key,
            receiver=message.receiver,
            notice=notice,
            created_at=message.created_at,
            tries=message.tries,
            thread=thread,
            taken=message.taken,
        )

    def mark_sending(self, message: Waiting, at: datetime) -> None:
        """It is about to be sent: from here on it may have arrived, and stays what it is."""
        self._bind(message)
        self._mark(message, MessageState.SENDING, at)

    def mark_sent(self, message: Waiting, platform_id: str, at: datetime, error: str = "") -> None:
        """The platform said that it took the message; ``error``: for whom it did not."""
        self._mark(message, MessageState.SENT, at, error=error, platform_id=platform_id)

    def mark_retry(
        self, message: Waiting, error: str, next_try: datetime, at: datetime, taken: str = ""
    ) -> None:
        """It was not taken now, except for those in ``taken``; try again at ``next_try``."""
        self._mark(message, MessageState.RETRY, at, error=error, next_try=next_try, platform_id=taken)

    def mark_dead(self, message: Waiting, error: str, at: datetime) -> None:
        """It will never be taken."""
        self._mark(message, MessageState.DEAD, at, error=error)

    def split(self, message: Waiting, error: str, at: datetime) -> bool:
        """Make two messages of one that was not taken, due at once; False where it is about one alert.

        So what is wrong with one alert does not cost the others; and it is found in few steps, by halves.
        """
        rows = self._waiting("bundle = ?", message.id)
        alerts = list(dict.fromkeys(row.alert for row in rows))
        middle = len(alerts) // 2
        if not middle:
            return False
        for half in (set(alerts[:middle]), set(alerts[middle:])):
            first, *others = (row for row in rows if row.alert in half)
            part = replace(first.with_rows(others), layout=message.layout if len(half) > 1 else None)
            self._bind(part)
            self.mark_retry(part, error, at, at)
        return True

    def settle(self, rows: Collection[int], why: str, at: datetime) -> None:
        """Count rows as sent that need no message; ``why`` in words."""
        self._connection.executemany(
            "UPDATE outbox SET state = 'sent', bundle = NULL, error = ?, changed_at = ? WHERE id = ?",
            [(why, write_instant(at), row) for row in rows],
        )

    def hold(self, rows: Collection[int], until: datetime) -> None:
        """Do not try these before ``until``. They were not tried themselves, and stay as they are."""
        self._connection.executemany(
            "UPDATE outbox SET next_try = ? WHERE id = ?", [(write_instant(until), row) for row in rows]
        )

    def hold_all(self, receiver: str, until: datetime, now: datetime) -> int:
        """Try nothing more of what is due for a receiver before ``until``: it fails. How many rows wait."""
        cursor = self._connection.execute(
            "UPDATE outbox SET next_try = ? "
            "WHERE state IN ('queued', 'sending', 'retry') AND next_try <= ? AND receiver = ?",
            (write_instant(until), write_instant(now), receiver),
        )
        return cursor.rowcount

    def release(self, receiver: str, now: datetime) -> None:
        """Let everything that waits for a receiver be due: it works again."""
        self._connection.execute(
            "UPDATE outbox SET next_try = ?1 "
            "WHERE state IN ('queued', 'sending', 'retry') AND next_try > ?1 AND receiver = ?2",
            (write_instant(now), receiver),
        )

    def undelivered(self) -> list[Undelivered]:
        """Every row that is not sent, oldest first."""
        return self._undelivered("state <> 'sent'")

    def dead_letters(self, first: datetime, end: datetime) -> list[Undelivered]:
        """What was given up from ``first`` on and before ``end``, oldest first."""
        return self._undelivered(
            "state = 'dead' AND changed_at >= ? AND changed_at < ?", write_instant(first), write_instant(end)
        )

    def prune(self, before: datetime) -> int:
        """Forget what was sent or given up before that; gives the count of rows.

        Not of open alerts, of which more is to be told; nor that a digest was sent, which is a short row.
        """
        return self._connection.execute(
            "DELETE FROM outbox WHERE state IN ('sent', 'dead') AND changed_at < ? "
            "AND NOT (kind = ? AND state = 'sent') AND NOT (kind = ? AND CAST(substr(key, 7) AS INTEGER) IN "
            f"(SELECT id FROM alerts WHERE state IN ({_OPEN_ALERTS})))",
            (write_instant(before), Kind.DIGEST, Kind.ALERT),
        ).rowcount

    def _waiting(self, where: str, *parameters: object, by: str = "") -> list[Waiting]:
        rows = self._connection.select(
            "SELECT id, key, receiver, kind, created_at, tries, bundle, layout, platform_id "
            f"FROM outbox {by} WHERE state IN ('queued', 'sending', 'retry') AND {where} ORDER BY id",
            parameters,
        )
        return [
            Waiting(
                id=number,
                key=key,
                receiver=receiver,
                kind=kind,
                created_at=read_instant(created_at),
                tries=tries,
                rows=(number,),
                bundle=bundle,
                layout=Layout(layout) if layout else None,
                taken=taken,
            )
            for number, key, receiver, kind, created_at, tries, bundle, layout, taken in rows
        ]

    def _undelivered(self, where: str, *parameters: str) -> list[Undelivered]:
        rows = self._connection.select(
            f"SELECT key, receiver, state, tries, next_try, error FROM outbox WHERE {where} ORDER BY id",
            parameters,
        )
        return [
            Undelivered(key, receiver, MessageState(state), tries, read_instant(next_try), error)
            for key, receiver, state, tries, next_try, error in rows
        ]

    def _bind(self, message: Waiting) -> None:
        self._connection.executemany(
            "UPDATE outbox SET bundle = ?, layout = ? WHERE id = ?",
            [(message.id, message.layout or "", row) for row in message.rows],
        )

    def _mark(
        self,
        message: Waiting,
        state: MessageState,
        at: datetime,
        *,
        error: str = "",
        next_try: datetime | None = None,
        platform_id: str = "",
    ) -> None:
        changes = (
            state,
            message.tries + 1,
            error,
            write_instant(next_try or at),
            platform_id,
            write_instant(at),
        )
        self._connection.executemany(
            "UPDATE outbox SET state = ?, tries = ?, error = ?, next_try = ?, "
            "platform_id = coalesce(nullif(?, ''), platform_id), changed_at = ? WHERE id = ?",
            [(*changes, row) for row in message.rows],
        )
