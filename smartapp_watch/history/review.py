"""What a digest asks of the record: what was silenced, what flaps, who answered, what was not delivered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from json import dumps

from smartapp_watch.alerts.digest_parts import Undelivered
from smartapp_watch.alerts.silence import Hold
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant


class Review:
    """Reads the record of alerts and messages, a whole period at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def silenced(self, first: datetime, end: datetime) -> dict[int, str]:
        """The alerts of which something was not told from ``first`` on and before ``end``, because of a
        silence or a maintenance window; by number, with the words of the newest."""
        rows = self._connection.select(
            "SELECT held.alert, words FROM held JOIN events ON events.id = held.event "
            "WHERE why IN (?, ?) AND at >= ? AND at < ? ORDER BY events.id",
            (Hold.SILENCE, Hold.MAINTENANCE, write_instant(first), write_instant(end)),
        )
        return dict(rows)

    def answered_within(self, alerts: Collection[int]) -> list[float]:
        """How many seconds after being told people acknowledged each of ``alerts``, of those they did."""
        rows = self._connection.select(
            "SELECT min(events.at), (SELECT min(acks.at) FROM acks WHERE acks.alert = events.alert) AS acked "
            "FROM events LEFT JOIN held ON held.event = events.id WHERE held.event IS NULL "
            "AND events.type IN ('fire', 'reopen') AND events.alert IN (SELECT value FROM json_each(?)) "
            "GROUP BY events.alert HAVING acked IS NOT NULL",
            (dumps(list(alerts)),),
        )
        return [max(0.0, (read_instant(acked) - read_instant(told)).total_seconds()) for told, acked in rows]

    def flapping(self, first: date, end: date, least: int) -> dict[int, int]:
        """How often an alert began from ``first`` on and before ``end``, of each series that has at least
        ``least``; by the number of the newest, most often first. Those in shadow or silenced are none."""
        rows = self._connection.select(
            "SELECT max(id), count(*) FROM alerts WHERE state NOT IN ('pending', 'retracted') "
            "AND since >= ? AND since < ? AND EXISTS ("
            " SELECT 1 FROM events LEFT JOIN held ON held.event = events.id WHERE events.alert = alerts.id"
            " AND type IN ('fire', 'reopen') AND (held.event IS NULL OR held.why = ?))"
            " GROUP BY rule, app_id, dimensions HAVING count(*) >= ? ORDER BY count(*) DESC, max(id)",
            (str(first), str(end), Hold.FLAPPING, least),
        )
        return dict(rows)

    def undelivered(self, first: datetime, end: datetime) -> list[Undelivered]:
        """What was given up from ``first`` on and before ``end``, or waits since before it, by receiver."""
        rows = self._connection.select(
            "SELECT receiver, count(*), state = 'dead', error, max(changed_at) FROM outbox "
            "WHERE (state = 'dead' AND changed_at >= ?1 AND changed_at < ?2) "
            "OR (state IN ('queued', 'sending', 'retry') AND created_at < ?2) "
            "GROUP BY receiver, state = 'dead' ORDER BY count(*) DESC, receiver",
            (write_instant(first), write_instant(end)),
        )
        return [Undelivered(receiver, count, bool(dead), error) for receiver, count, dead, error, _ in rows]
