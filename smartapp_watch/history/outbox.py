"""The outbox: every message to every receiver is a row before it is sent, and a fate of its own after."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from smartapp_watch.alerts.notification import DigestNotice, Kind, Notification, Queued
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.digest_log import DigestLog
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.notices import read_notice, write_notice
from smartapp_watch.history.troubles import Troubles


class MessageState(StrEnum):
    """The way of a message: queued → sending → sent, or retry at a time, or dead."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is due, without what it says. ``tries``: those that failed."""

    id: int
    key: str
    receiver: str
    created_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that is waiting, or was given up, with the last error in the platform's words."""

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
        self._digests = DigestLog(connection)
        self.troubles = Troubles(connection)

    def queue(self, key: str, receiver: str, notice: Queued, at: datetime) -> bool:
        """Put a message in; False where that key was queued before. A digest has to be frozen by then."""
        text = write_instant(at)
        cursor = self._connection.execute(
            "INSERT INTO outbox (key, receiver, kind, notice, state, next_try, created_at, changed_at) "
            "VALUES (?, ?, ?, ?, 'queued', ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (key, receiver, notice.kind, _write(notice), text, text, text),
        )
        return cursor.rowcount == 1

    def receivers_of_alert(self, alert: int) -> tuple[str, ...]:
        """Everybody who has a message about that alert, in the order they got their first."""
        rows = self._connection.select(
            "SELECT receiver FROM outbox WHERE key >= ? AND key < ? GROUP BY receiver ORDER BY min(id)",
            (f"alert/{alert}/", f"alert/{alert}0"),
        )
        return tuple(receiver for (receiver,) in rows)

    def due(self, now: datetime) -> list[Waiting]:
        """What is to be sent at ``now``, oldest first; what a crash left half-sent is among it."""
        rows = self._connection.select(
            "SELECT id, key, receiver, created_at, tries FROM outbox "
            "WHERE state IN ('queued', 'sending', 'retry') AND next_try <= ? ORDER BY id",
            (write_instant(now),),
        )
        return [
            Waiting(number, key, receiver, read_instant(created_at), tries)
            for number, key, receiver, created_at, tries in rows
        ]

    def read(self, message: Waiting) -> Notification:
        """The message with what it says; DeliveryError, of this message, where that cannot be read."""
        ((kind, text),) = self._connection.select(
            "SELECT kind, notice FROM outbox WHERE id = ?", (message.id,)
        )
        try:
            notice = self._read(kind, text)
        except (ValueError, LookupError, TypeError):
            raise DeliveryError(
                f"what the outbox holds of {message.key} cannot be read", permanent=True, of_receiver=False
            ) from None
        return Notification(
            message.id, message.key, message.receiver, notice, message.created_at, message.tries
        )

    def mark_sending(self, message: Waiting, at: datetime) -> None:
        """It is about to be sent: from here on it may have arrived."""
        self._mark(message, MessageState.SENDING, at)

    def mark_sent(self, message: Waiting, platform_id: str, at: datetime) -> None:
        """The platform said that it took the message."""
        self._mark(message, MessageState.SENT, at, platform_id=platform_id)

    def mark_retry(self, message: Waiting, error: str, next_try: datetime, at: datetime) -> None:
        """It was not taken now; try again at ``next_try``."""
        self._mark(message, MessageState.RETRY, at, error=error, next_try=next_try)

    def mark_dead(self, message: Waiting, error: str, at: datetime) -> None:
        """It will never be taken."""
        self._mark(message, MessageState.DEAD, at, error=error)

    def hold(self, message: Waiting, until: datetime) -> None:
        """Do not try it before ``until``: its receiver fails. It was not tried itself, and stays as it is."""
        self._connection.execute(
            "UPDATE outbox SET next_try = ? WHERE id = ?", (write_instant(until), message.id)
        )

    def release(self, receiver: str, now: datetime) -> None:
        """Let everything that waits for a receiver be due: it works again."""
        self._connection.execute(
            "UPDATE outbox SET next_try = ?1 "
            "WHERE state IN ('queued', 'sending', 'retry') AND next_try > ?1 AND receiver = ?2",
            (write_instant(now), receiver),
        )

    def undelivered(self) -> list[Undelivered]:
        """Every message that is not sent, oldest first."""
        rows = self._connection.select(
            "SELECT key, receiver, state, tries, next_try, error FROM outbox "
            "WHERE state <> 'sent' ORDER BY id"
        )
        return [
            Undelivered(key, receiver, MessageState(state), tries, read_instant(next_try), error)
            for key, receiver, state, tries, next_try, error in rows
        ]

    def count_undelivered(self, first: datetime, end: datetime) -> int:
        """How many messages were given up from ``first`` on and before ``end``, or wait since before it."""
        ((count,),) = self._connection.select(
            "SELECT count(*) FROM outbox WHERE (state = 'dead' AND changed_at >= ?1 AND changed_at < ?2) "
            "OR (state IN ('queued', 'sending', 'retry') AND created_at < ?2)",
            (write_instant(first), write_instant(end)),
        )
        return int(count)

    def prune(self, before: datetime) -> None:
        """Forget what was sent or given up before that."""
        self._connection.execute(
            "DELETE FROM outbox WHERE state IN ('sent', 'dead') AND changed_at < ?", (write_instant(before),)
        )

    def _read(self, kind: str, text: str) -> Queued:
        if kind != Kind.DIGEST:
            return read_notice(kind, text)
        place = json.loads(text)
        digest = self._digests.find(place["name"], place["period"])
        if digest is None:
            raise LookupError(text)
        return digest

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
        self._connection.execute(
            "UPDATE outbox SET state = ?, tries = ?, error = ?, next_try = ?, platform_id = ?, "
            "changed_at = ? WHERE id = ?",
            (
                state,
                message.tries + 1,
                error,
                write_instant(next_try or at),
                platform_id,
                write_instant(at),
                message.id,
            ),
        )


def _write(notice: Queued) -> str:
    """A notice as text; of a digest, which may be megabytes, where it stands among the frozen ones."""
    if isinstance(notice, DigestNotice):
        return json.dumps({"name": notice.name, "period": notice.period}, ensure_ascii=False)
    return write_notice(notice)
