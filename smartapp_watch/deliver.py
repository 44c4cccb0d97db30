"""Outbox → receivers: at least once, backing off from what passes, giving up on what does not.

A message is marked before it is sent and again when the platform has said that it took it. So a crash in
between sends it once more, under the same key, and none is ever lost.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.errors import DeliveryError, WatchError
from smartapp_watch.history.database import History
from smartapp_watch.history.outbox import Waiting

RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
"""How long to wait after the first failed try, the second, …; the last holds for all further ones."""

GIVE_UP_AFTER = timedelta(days=3)
"""How long a message is tried for; what is told later than that is no news."""

logger = logging.getLogger(__name__)


class Sender(Protocol):
    """One receiver's way out."""

    def send(self, notification: Notification) -> str:
        """Send a message; the platform's own id of it. DeliveryError where it was not taken."""


@dataclass(slots=True)
class LateSender:
    """A sender that is built when it is first used, and again after the receiver refused it for good.

    So a secret that cannot be read costs its own receiver alone, and one that was replaced is read again.
    """

    build: Callable[[], Sender]
    _sender: Sender | None = None

    def send(self, notification: Notification) -> str:
        """Send by the sender that ``build`` makes."""
        try:
            self._sender = self._sender or self.build()
        except WatchError as error:
            raise DeliveryError(str(error), permanent=True) from None
        try:
            return self._sender.send(notification)
        except DeliveryError as error:
            if error.permanent and error.of_receiver:
                self._sender = None
            raise


@dataclass(slots=True)
class DeliveryResult:
    """How many messages were sent, are to be tried again, and were given up; ``errors`` in words."""

    sent: int = 0
    retry: int = 0
    dead: int = 0
    errors: list[str] = field(default_factory=list)


def deliver(
    history: History,
    senders: Mapping[str, Sender],
    now: datetime,
    stop: threading.Event | None = None,
) -> DeliveryResult:
    """Send everything that is due at ``now``, oldest first; ``stop`` ends it after the message under way.

    Each receiver has its own fate: one that fails waits, and holds up nobody else.
    """
    history.alerts.refuse_earlier(now)
    return _Delivery(history, senders, now, stop or threading.Event()).run()


@dataclass(slots=True)
class _Delivery:
    history: History
    senders: Mapping[str, Sender]
    now: datetime
    stop: threading.Event
    result: DeliveryResult = field(default_factory=DeliveryResult)
    held_until: dict[str, datetime] = field(default_factory=dict)
    """The receivers that failed: what else is due for them waits as long, untried, and keeps its order."""
    recovered: bool = False

    def run(self) -> DeliveryResult:
        self._send_all()
        if self.recovered:  # what had waited for a receiver that works again is due now
            self._send_all()
        return self.result

    def _send_all(self) -> None:
        for message in self.history.outbox.due(self.now):
            if self.stop.is_set():
                return
            until = self.held_until.get(message.receiver)
            if until is not None:
                self.history.outbox.hold(message, until)
                self.result.retry += 1
                continue
            try:
                platform_id = self._send(message)
            except DeliveryError as error:
                self._set_aside(message, error)
            else:
                self._note_sent(message, platform_id)

    def _send(self, message: Waiting) -> str:
        sender = self.senders.get(message.receiver)
        if sender is None:
            gone = f"no receiver is called {message.receiver!r} any more"
            raise DeliveryError(gone, permanent=True, of_receiver=False)
        notification = self.history.outbox.read(message)
        self.history.outbox.mark_sending(message, self.now)
        try:
            return sender.send(notification)
        except DeliveryError:
            raise
        except Exception as error:
            logger.exception("%s stumbled over message %s", message.receiver, message.key)
            raise DeliveryError(f"could not be sent: {type(error).__name__}", of_receiver=False) from None

    def _note_sent(self, message: Waiting, platform_id: str) -> None:
        outbox = self.history.outbox
        with self.history.transaction():
            outbox.mark_sent(message, platform_id, self.now)
            if outbox.troubles.clear(message.receiver):
                outbox.release(message.receiver, self.now)
                self.recovered = True
        self.result.sent += 1

    def _set_aside(self, message: Waiting, error: DeliveryError) -> None:
        """Note that a message was not taken: to be tried again, or given up."""
        again = self.now + _wait(message, error)
        hopeless = error.permanent and not error.of_receiver
        dead = hopeless or again > message.created_at + GIVE_UP_AFTER
        with self.history.transaction():
            if dead:
                self.history.outbox.mark_dead(message, str(error), self.now)
            else:
                self.history.outbox.mark_retry(message, str(error), again, self.now)
            if error.of_receiver:
                off = dead or error.permanent
                self.history.outbox.troubles.note(message.receiver, str(error), self.now, is_off=off)
        if error.of_receiver:
            self.held_until[message.receiver] = again
        self.result.dead += dead
        self.result.retry += not dead
        self._say(f"{message.receiver}: {error}")

    def _say(self, text: str) -> None:
        if text not in self.result.errors:
            self.result.errors.append(text)
            logger.warning("%s", text)


def _wait(message: Waiting, error: DeliveryError) -> timedelta:
    """By the ladder, or as long as the platform asks for, up to the ladder's end."""
    longest = RETRY_AFTER[-1]
    asked = timedelta(seconds=min(error.retry_after or 0, longest.total_seconds()))
    return max(RETRY_AFTER[min(message.tries, len(RETRY_AFTER) - 1)], asked)
