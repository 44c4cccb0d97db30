"""A platform, what Baidu pushes to it, and what is heard of that."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.pushes.envelope import Keys
from smartapp_watch.pushes.reception import Reception
from smartapp_watch.simulator.pusher import PushedPlatform, Pusher

NOW = datetime(2026, 11, 23, 18, 40, tzinfo=BEIJING)
AES_KEY = "k8dJ2mQvXw1ZrT5yNc7LbH3fGs9PaUe6RiOoVtYxWqA"
PLATFORM = PushedPlatform("smartapp-watch", AES_KEY, "OdxUiUVpVxH2Ai7G02cIjXGnnnMEUntD")
KEYS = Keys(PLATFORM.token, base64.b64decode(AES_KEY + "="), PLATFORM.client_id)
TICKET = "8c0da4968b0d"


def pusher() -> Pusher:
    return Pusher(PLATFORM)


@dataclass
class Heard:
    """What a reception handed on, and the clock that it looks at."""

    tickets: list[tuple[str, datetime]] = field(default_factory=list)
    events: list[tuple[str, int, datetime, str]] = field(default_factory=list)
    now: datetime = NOW

    def reception(self) -> Reception:
        return Reception(
            KEYS,
            lambda *ticket: self.tickets.append(ticket),
            lambda *event: self.events.append(event),
            lambda: self.now,
        )

    def later(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now
