"""The outbox: every message to every receiver is a row before it is sent, and a fate of its own after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from smartapp_watch.alerts.notification import AlertNotice, DigestNotice, Kind, Notification
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Notice = AlertNotice | DigestNotice


class MessageState(StrEnum):
    """The way of a message: queued → sending → sent, or retry at a time, or dead."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    DEAD = "dead"


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

    def queue(self, key: str, receiver: str, notice: Notice, at: datetime) -> bool:
        """Put a message in; False where that key was queued before."""
        text = write_instant(at)
        cursor = self._connection.execute(
            "INSERT INTO outbox (key, receiver, kind, notice, state, next_try, created_at, changed_at) "
            "VALUES (?, ?, ?, ?, 'queued', ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (key, receiver, kind_of(notice), write_notice(notice), text, text, text),
        )
        return cursor.rowcount == 1

    def due(self, now: datetime) -> list[Notification]:
        """What is to be sent at ``now``, oldest first; what a crash left half-sent is among it."""
        rows = self._connection.select(
            "SELECT id, key, receiver, kind, notice, created_at, tries FROM outbox "
            "WHERE state IN ('queued', 'sending', 'retry') AND next_try <= ? ORDER BY id",
            (write_instant(now),),
        )
        return [
            Notification(number, key, receiver, read_notice(kind, notice), read_instant(created_at), tries)
            for number, key, receiver, kind, notice, created_at, tries in rows
        ]

    def mark_sending(self, message: Notification, at: datetime) -> None:
        """It is about to be sent: from here on it may have arrived."""
        self._mark(message, MessageState.SENDING, at, tries=message.tries + 1)

    def mark_sent(self, message: Notification, platform_id: str, at: datetime) -> None:
        """The platform said that it took the message."""
        self._mark(message, MessageState.SENT, at, tries=message.tries + 1, platform_id=platform_id)

    def mark_retry(self, message: Notification, error: str, next_try: datetime, at: datetime) -> None:
        """It was not taken now; try again at ``next_try``."""
        self._mark(message, MessageState.RETRY, at, tries=message.tries + 1, error=error, next_try=next_try)

    def mark_dead(self, message: Notification, error: str, at: datetime) -> None:
        """It will never be taken."""
        self._mark(message, MessageState.DEAD, at, tries=message.tries + 1, error=error)

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

    def _mark(
        self,
        message: Notification,
        state: MessageState,
        at: datetime,
        *,
        tries: int,
        error: str = "",
        next_try: datetime | None = None,
        platform_id: str = "",
    ) -> None:
        self._connection.execute(
            "UPDATE outbox SET state = ?, tries = ?, error = ?, next_try = ?, platform_id = ?, "
            "changed_at = ? WHERE id = ?",
            (state, tries, error, write_instant(next_try or at), platform_id, write_instant(at), message.id),
        )


def kind_of(notice: Notice) -> Kind:
    """What a notice is about."""
    return Kind.ALERT if isinstance(notice, AlertNotice) else Kind.DIGEST


def write_notice(notice: Notice) -> str:
    """A notice as JSON text."""
    return _adapter(kind_of(notice)).dump_json(notice).decode()


def read_notice(kind: str, text: str) -> Notice:
    """The notice that :func:`write_notice` wrote."""
    return _adapter(Kind(kind)).validate_json(text)


@cache
def _adapter(kind: Kind) -> TypeAdapter[Notice]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - slow to import, and most commands queue nothing

    return TypeAdapter(AlertNotice if kind is Kind.ALERT else DigestNotice)
