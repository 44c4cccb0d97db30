"""Outbox → receivers: at least once, backing off from what passes, giving up on what does not.

A message is marked before it is sent and again when the platform has said that it took it. So a crash in
between sends it once more, under the same key, and none is ever lost. What is due for a receiver at one time
is put together (:mod:`smartapp_watch.alerts.grouping`); from its first try on a message stays what it is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from smartapp_watch.alerts.notification import GroupNotice, Notification
from smartapp_watch.alerts.quiet_hours import QuietHours
from smartapp_watch.errors import DeliveryError, WatchError
from smartapp_watch.history.database import History
from smartapp_watch.history.outbox import Waiting
from smartapp_watch.history.packing import pack

RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
"""How long to wait after the first failed try, the second, …; the last holds for all further ones."""

GIVE_UP_AFTER = timedelta(days=3)
"""How long a message is tried for; what is told later than that is no news."""

_SHORTEST_WAIT = 1.0
_MOST_HALVINGS = 16
_NEVER_TOLD = "no message needed: that it began was never told"
_STAYS = "no message needed: what was sent cannot be changed"

PATIENCE = 60.0
"""Seconds that one delivery waits, all in all, for a receiver that says when it will take more."""

GRACE = 5.0
"""Seconds that the message under way still has when the process is to end. What a receiver took later than
that it gets twice: nobody heard of it."""

_GLANCE = 0.2

logger = logging.getLogger(__name__)


class Sender(Protocol):
    """One receiver's way out.

    Where it can show anew what it sent, it has an attribute ``updates`` that is true.
    """

    def send(self, notification: Notification) -> str:
        """Send a message; the platform's own id of it. DeliveryError where it was not taken."""


@dataclass(slots=True)
class LateSender:
    """A sender that is built when it is first used, and again after the receiver refused it for good.

    So a secret that cannot be read costs its own receiver alone, and one that was replaced is read again.
    """

    build: Callable[[], Sender]
    _sender: Sender | None = None

    @property
    def updates(self) -> bool:
        """Whether it can show anew what it sent; true where that cannot be said yet."""
        try:
            return _updates(self._built())
        except DeliveryError:
            return True

    def send(self, notification: Notification) -> str:
        """Send by the sender that ``build`` makes."""
        sender = self._built()
        try:
            return sender.send(notification)
        except DeliveryError as error:
            if error.permanent and error.of_receiver:
                self._sender = None
            raise

    def _built(self) -> Sender:
        try:
            self._sender = self._sender or self.build()
        except WatchError as error:
            raise DeliveryError(str(error), permanent=True) from None
        return self._sender


@dataclass(slots=True)
class DeliveryResult:
    """How much was sent, is to be tried again, and was given up; ``errors`` in words.

    Counted are events, each for each receiver; ``messages``: those that carried what was sent.
    ``given_up``: the receivers of messages that nobody can take, each with the last error.
    """

    sent: int = 0
    messages: int = 0
    retry: int = 0
    dead: int = 0
    errors: list[str] = field(default_factory=list)
    given_up: dict[str, str] = field(default_factory=dict)


def deliver(
    history: History,
    senders: Mapping[str, Sender],
    now: datetime,
    stop: threading.Event | None = None,
    quiet_hours: Mapping[str, QuietHours] = MappingProxyType({}),
) -> DeliveryResult:
    """Send everything that is due at ``now``, oldest first; ``stop`` ends it after the message under way.

    Each receiver has its own fate: one that fails waits, and holds up nobody else. ``quiet_hours``: by
    receiver.
    """
    history.alerts.refuse_earlier(now)
    result, stop = DeliveryResult(), stop or threading.Event()
    for receiver in history.outbox.receivers_due(now):
        sender, quiet = senders.get(receiver), quiet_hours.get(receiver)
        _Delivery(history, receiver, sender, now, stop, quiet, result).run()
    return result


class _Abandoned(Exception):
    """The process is to end, and a receiver has not said yet whether it took the message."""


class _Stumble(DeliveryError):
    """The sender itself failed over a message."""


@dataclass(slots=True)
class _Delivery:
    """What is due for one receiver; ``sender`` is None where it is gone from the settings."""

    history: History
    receiver: str
    sender: Sender | None
    now: datetime
    stop: threading.Event
    quiet_hours: QuietHours | None
    result: DeliveryResult
    patience: float = PATIENCE
    halvings: int = _MOST_HALVINGS
    fails: bool = False

    def run(self) -> None:
        while not self._is_over:
            messages = self._pack()  # what was sent or released meanwhile may have made more of it due
            if not messages:
                return
            for message in messages:
                if not self._is_over:
                    self._deliver(message)

    @property
    def _is_over(self) -> bool:
        return self.fails or self.stop.is_set()

    def _pack(self) -> list[Waiting]:
        outbox = self.history.outbox
        packed = pack(outbox, self.receiver, self.now, updates=self._updates, quiet_hours=self.quiet_hours)
        if packed.quiet or packed.needless:
            with self.history.transaction():
                outbox.settle(packed.needless, _NEVER_TOLD, self.now)
                if packed.quiet_until:
                    outbox.hold(packed.quiet, packed.quiet_until)
        return packed.messages

    def _deliver(self, message: Waiting) -> None:
        try:
            notification = self.history.outbox.read(message)
            if self._needs_no_message(notification):
                with self.history.transaction():
                    self.history.outbox.settle(message.rows, _STAYS, self.now)
                return
            platform_id = self._send(message, notification)
        except _Abandoned:  # its rows stay as a crash would leave them, and are sent at the next start
            logger.warning("%s: did not answer in time; message %s is sent again", self.receiver, message.key)
            self.result.retry += len(message.rows)
        except DeliveryError as error:
            if not self._halve(message, error):
                self._set_aside(message, error)
        else:
            self._note_sent(message, notification, platform_id)

    def _needs_no_message(self, notification: Notification) -> bool:
        """Whether all that it is for is to show anew what cannot be shown anew."""
        thread = notification.thread
        return notification.only_shown and not (self._updates and thread and thread.platform_id)

    def _send(self, message: Waiting, notification: Notification) -> str:
        if self.sender is None:
            gone = f"no receiver is called {message.receiver!r} any more"
            raise DeliveryError(gone, permanent=True, of_receiver=False)
        with self.history.transaction():
            self.history.outbox.mark_sending(message, self.now)
        try:
            return self._send_patiently(self.sender, replace(notification, tried_at=self.now))
        except (DeliveryError, _Abandoned):
            raise
        except Exception as error:
            logger.exception("%s stumbled over message %s", message.receiver, message.key)
            raise _Stumble(f"could not be sent: {type(error).__name__}", of_receiver=False) from None

    def _send_patiently(self, sender: Sender, notification: Notification) -> str:
        """Send it; where the platform asks for a short wait, again after that."""
        while True:
            try:
                return self._hand_over(sender, notification)
            except DeliveryError as error:
                pause = max(error.retry_after or 0.0, _SHORTEST_WAIT)
                if error.permanent or error.taken or error.retry_after is None or not pause <= self.patience:
                    raise
                self.patience -= pause
                if self.stop.wait(pause):
                    raise

    def _hand_over(self, sender: Sender, notification: Notification) -> str:
        """Send it on a thread of its own, so that a receiver that hangs does not keep the process."""
        answer: Future[str] = Future()
        threading.Thread(target=_answer, args=(answer, sender, notification), daemon=True).start()
        while not answer.done() and not self.stop.wait(0):  # no sign of life: what hangs is to be seen
            wait((answer,), _GLANCE)
        wait((answer,), GRACE)
        if not answer.done():
            raise _Abandoned
        return answer.result()

    def _note_sent(self, message: Waiting, notification: Notification, platform_id: str) -> None:
        outbox = self.history.outbox
        with self.history.transaction():
            outbox.mark_sent(message, platform_id, self.now)
            if self._updates and notification.thread is None:
                self._show_elsewhere(message, notification)
            if outbox.troubles.clear(message.receiver):
                outbox.release(message.receiver, self.now)
        self.result.sent += len(message.rows)
        self.result.messages += 1

    def _show_elsewhere(self, message: Waiting, notification: Notification) -> None:
        """What was told in a message of its own is to be shown, too, where its alerts were told of first."""
        outbox = self.history.outbox
        if not isinstance(notification.notice, GroupNotice):
            return
        for notice in notification.notice.alerts:
            if outbox.threads.standing(notice.alert, message.receiver).thread != message.id:
                key = f"alert/{notice.alert}/shown/{message.id}/{message.receiver}"
                outbox.queue(key, message.receiver, replace(notice, only_shown=True), self.now)

    def _halve(self, message: Waiting, error: DeliveryError) -> bool:
        """Where one of several alerts may be what cannot be sent: try each half, so that it is found soon."""
        of_message = not error.of_receiver and (error.permanent or isinstance(error, _Stumble))
        if len(message.rows) == 1 or not of_message or not self.halvings or error.taken or message.taken:
            return False
        self.halvings -= 1
        with self.history.transaction():
            return self.history.outbox.split(message, str(error), self.now)

    def _set_aside(self, message: Waiting, error: DeliveryError) -> None:
        """Note that a message was not taken, or not for all: to be tried again, or given up.

        What some of a receiver got and the others never will counts as sent.
        """
        again, taken = self.now + _wait(message, error), error.taken or message.taken
        hopeless = error.permanent and not error.of_receiver
        over = hopeless or again > message.created_at + GIVE_UP_AFTER
        outbox, words, count = self.history.outbox, str(error), len(message.rows)
        with self.history.transaction():
            if not over:
                outbox.mark_retry(message, words, again, self.now, taken)
                self.result.retry += count
            elif taken:
                outbox.mark_sent(message, taken, self.now, words)
                self.result.sent += count
            else:
                outbox.mark_dead(message, words, self.now)
                self.result.dead += count
                if not error.of_receiver:
                    self.result.given_up[message.receiver] = words
            in_part = over and bool(taken)
            if error.of_receiver or in_part:
                off = not in_part and (over or error.permanent)
                outbox.troubles.note(message.receiver, words, self.now, is_off=off, in_part=in_part)
            if error.of_receiver:  # what else is due waits as long, untried, and keeps its order
                self.fails = True
                self.result.retry += outbox.hold_all(message.receiver, again, self.now)
        self._say(f"{message.receiver}: {error}")

    @property
    def _updates(self) -> bool:
        return self.sender is not None and _updates(self.sender)

    def _say(self, text: str) -> None:
        if text not in self.result.errors:
            self.result.errors.append(text)
            logger.warning("%s", text)


def _answer(answer: Future[str], sender: Sender, notification: Notification) -> None:
    try:
        answer.set_result(sender.send(notification))
    except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for the answer
        answer.set_exception(error)


def _updates(sender: Sender) -> bool:
    return bool(getattr(sender, "updates", False))


def _wait(message: Waiting, error: DeliveryError) -> timedelta:
    """By the ladder, or as long as the platform asks for, up to the ladder's end."""
    longest = RETRY_AFTER[-1]
    asked = timedelta(seconds=min(error.retry_after or 0, longest.total_seconds()))
    return max(RETRY_AFTER[min(message.tries, len(RETRY_AFTER) - 1)], asked)
