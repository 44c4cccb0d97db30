"""The events that were not told, and why. Those of whom people may still be told something are waiting."""

from __future__ import annotations

from smartapp_watch.alerts.alert import Event, EventType
from smartapp_watch.alerts.knowledge import Happened
from smartapp_watch.alerts.silence import Hold
from smartapp_watch.history.connection import Connection


class Held:
    """Reads and writes what was held back; the caller opens the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, event: Event, why: Hold, words: str = "") -> None:
        """Write that a saved event was not told; ``words`` name the silence or the maintenance window."""
        self._connection.execute(
            "INSERT INTO held (event, alert, why, words) VALUES (?, ?, ?, ?)",
            (event.id, event.alert.id, why, words),
        )

    def story(self, alert: int, *, before: int | None = None) -> list[Happened]:
        """Everything that happened to an alert, or only what did ``before`` an event; oldest first."""
        rows = self._connection.select(
            "SELECT type, reason, why FROM events LEFT JOIN held ON held.event = events.id "
            "WHERE events.alert = ? AND events.id < coalesce(?, events.id + 1) ORDER BY events.id",
            (alert, before),
        )
        return [
            Happened(EventType(kind), reason, None if why is None else Hold(why))
            for kind, reason, why in rows
        ]

    def settle(self, alert: int) -> None:
        """People know how the alert stands; nothing of it waits any more."""
        self._connection.execute("UPDATE held SET waiting = 0 WHERE alert = ? AND waiting", (alert,))
