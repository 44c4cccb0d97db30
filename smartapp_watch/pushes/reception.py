"""Takes each push once: a new ticket, a changed authorisation, or something that is only acknowledged."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from smartapp_watch.errors import PushRefused
from smartapp_watch.pushes.envelope import Keys, open_envelope, read_envelope
from smartapp_watch.pushes.message import Authorization, Kind, Message, Ticket, read_message

WINDOW = timedelta(hours=1)
"""How far a push's time may be from the clock here: the clocks differ, and Baidu repeats what failed."""

REMEMBERED = 10_000
"""Pushes at most. Baidu sends a few an hour, and only what it signed is remembered."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

log = logging.getLogger(__name__)

OnTicket = Callable[[str, datetime], object]
"""Takes a ticket, a secret, and when Baidu sent it."""

OnEvent = Callable[[Kind, int, datetime, str], object]
"""Takes what happened, the mini-program's number, when, and the authorisation code, a secret, or nothing."""


@dataclass(slots=True)
class Reception:
    """Where pushes come in; safe to use from many threads.

    ``on_ticket``, ``on_event``: keep what came, one at a time, and are quick; what they raise, :meth:`take`
    raises, and Baidu will try again. ``clock``: the real one. ``keys`` may be replaced at any time.
    """

    keys: Keys
    on_ticket: OnTicket
    on_event: OnEvent
    clock: Callable[[], datetime]
    _newest_ticket: datetime = _LONG_AGO
    taken: OrderedDict[tuple[str, str, str], datetime] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: bytes) -> None:
        """Take the push in the body of a request; PushRefused where it is none, or not for this platform.

        Back from here, what it says is kept. A push that comes again is acknowledged, and has no effect: to
        its sender, an answer that was lost looks like none.
        """
        envelope = read_envelope(body)
        message = open_envelope(envelope, self.keys)
        sent_at = envelope.sent_at
        now = self.clock()
        if abs(now - sent_at) > WINDOW:
            raise PushRefused(f"it is signed, but {_told(now - sent_at)}: is the clock here right?")
        with self._lock:
            push = (envelope.timestamp, envelope.nonce, envelope.signature.lower())
            if push not in self.taken:
                self._keep(read_message(message), sent_at)
                self._remember(push, sent_at, now)

    def _keep(self, message: Message, sent_at: datetime) -> None:
        if isinstance(message, Ticket):
            if sent_at >= self._newest_ticket:
                self.on_ticket(message.value, sent_at)
                self._newest_ticket = sent_at
        elif isinstance(message, Authorization):
            self.on_event(message.kind, message.app_id, message.at or sent_at, message.code)
        else:
            log.info("Baidu pushed what is not for this program: %s", message.name)

    def _remember(self, push: tuple[str, str, str], sent_at: datetime, now: datetime) -> None:
        self.taken[push] = sent_at
        while self.taken:
            oldest = next(iter(self.taken))
            if len(self.taken) <= REMEMBERED and now - self.taken[oldest] <= WINDOW:
                return
            del self.taken[oldest]


def _told(late: timedelta) -> str:
    minutes = abs(late) // timedelta(minutes=1)
    return f"{minutes} minutes {'old' if late > timedelta() else 'ahead'}"
