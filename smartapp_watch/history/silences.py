"""Silences and acknowledgements: what people said about alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.silence import Matchers, Silence
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant

_COLUMNS = "id, rule, app, tag, begins, ends, because, author, via"
_REVOKE = ", ".join(
    f"'{kind}'"
    for kind in (EventType.WORSE, EventType.RESOLVE, EventType.RETRACT, EventType.REOPEN, EventType.CLOSED)
)
"""The events that an acknowledgement does not outlive: what was acknowledged is not what is the case now."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Somebody deals with an alert. ``via``: by what way they said so, and from where."""

    alert: int
    by: str
    note: str
    at: datetime
    via: str = ""


class Silences:
    """Reads and writes silences and acknowledgements; the caller opens the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, matchers: Matchers, begins: datetime, ends: datetime, because: str, by: str, *, via: str = ""
    ) -> Silence:
        """Write a silence, of one glob of each kind at most; the answer has its number."""
        globs = [next(iter(each), "") for each in matchers.each]
        (number,) = self._connection.execute(
            "INSERT INTO silences (rule, app, tag, begins, ends, because, author, via) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (*globs, write_instant(begins), write_instant(ends), because, by, via),
        ).fetchone()
        return Silence(number, matchers, begins, ends, because, by, via)

    def all(self) -> list[Silence]:
        """Every silence that ever was, in the order they were asked for."""
        return self._select("1", ())

    def not_over(self, now: datetime) -> list[Silence]:
        """The silences that have not ended."""
        return self._select("ends > ?", (write_instant(now),))

    def find(self, number: int) -> Silence | None:
        """The silence of that number."""
        return next(iter(self._select("id = ?", (number,))), None)

    def end(self, silence: Silence, now: datetime) -> None:
        """Let a silence end at ``now``."""
        self._connection.execute(
            "UPDATE silences SET ends = max(begins, ?) WHERE id = ?", (write_instant(now), silence.id)
        )

    def acknowledge(self, ack: Ack) -> int:
        """Write that somebody deals with an alert as it is now; the number of what was written."""
        (number,) = self._connection.execute(
            "INSERT INTO acks (alert, event, author, note, at, via) VALUES (?, "
            "(SELECT coalesce(max(id), 0) FROM events WHERE alert = ?), ?, ?, ?, ?) RETURNING id",
            (ack.alert, ack.alert, ack.by, ack.note, write_instant(ack.at), ack.via),
        ).fetchone()
        return int(number)

    def acks(self) -> dict[int, Ack]:
        """Who deals with which alert: the newest acknowledgement that nothing revoked since."""
        rows = self._connection.select(
            "SELECT alert, author, note, at, via FROM acks WHERE NOT EXISTS "
            "(SELECT 1 FROM events WHERE events.alert = acks.alert AND events.id > acks.event "
            f"AND type IN ({_REVOKE})) ORDER BY id"
        )
        return {alert: Ack(alert, by, note, read_instant(at), via) for alert, by, note, at, via in rows}

    def _select(self, where: str, parameters: tuple[object, ...]) -> list[Silence]:
        rows = self._connection.select(
            f"SELECT {_COLUMNS} FROM silences WHERE {where} ORDER BY id", parameters
        )
        return [
            Silence(
                number,
                Matchers(*((glob,) if glob else () for glob in (rule, app, tag))),
                read_instant(begins),
                read_instant(ends),
                because,
                by,
                via,
            )
            for number, rule, app, tag, begins, ends, because, by, via in rows
        ]
