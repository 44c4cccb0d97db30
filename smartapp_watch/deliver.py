"""Outbox → receivers: at least once, backing off from what passes, giving up on what does not.

A message is marked before it is sent and again when the platform has said that it took it. So a crash in
between sends it once more, under the same key, and none is ever lost.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.database import History

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

    Each receiver has its own fate: one that fails waits, and holds up nobody else. After a passing failure
    the receiver's further messages wait as well, so that they keep their order.
    """
    history.alerts.refuse_earlier(now)
    result = DeliveryResult()
    waiting: dict[str, DeliveryError] = {}
    for message in history.outbox.due(now):
        if stop is not None and stop.is_set():
            break
        error = waiting.get(message.receiver) or _send(history, senders.get(message.receiver), message, now)
        if error is None:
            result.sent += 1
            continue
        if not error.permanent:
            waiting[message.receiver] = error
        _set_aside(history, message, error, now, result)
    return result


def _send(
    history: History, sender: Sender | None, message: Notification, now: datetime
) -> DeliveryError | None:
    if sender is None:
        return DeliveryError(f"no receiver is called {message.receiver!r} any more", permanent=True)
    with history.transaction():
        history.outbox.mark_sending(message, now)
    try:
        platform_id = sender.send(message)
    except DeliveryError as error:
        return error
    except Exception as error:
        logger.exception("%s stumbled over message %s", message.receiver, message.key)
        return DeliveryError(f"could not be sent: {type(error).__name__}")
    with history.transaction():
        history.outbox.mark_sent(message, platform_id, now)
    return None


def _set_aside(
    history: History, message: Notification, error: DeliveryError, now: datetime, result: DeliveryResult
) -> None:
    """Note that a message was not taken: to be tried again, or given up."""
    again = now + _wait(message, error)
    with history.transaction():
        if error.permanent or again > message.created_at + GIVE_UP_AFTER:
            history.outbox.mark_dead(message, str(error), now)
            result.dead += 1
        else:
            history.outbox.mark_retry(message, str(error), again, now)
            result.retry += 1
    text = f"{message.receiver}: {error}"
    if text not in result.errors:
        result.errors.append(text)
        logger.warning("%s", text)


def _wait(message: Notification, error: DeliveryError) -> timedelta:
    ladder = RETRY_AFTER[min(message.tries, len(RETRY_AFTER) - 1)]
    return max(ladder, timedelta(seconds=error.retry_after or 0))
