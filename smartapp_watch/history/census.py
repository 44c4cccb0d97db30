"""How many there are of what: numbers for whoever watches the service, each found by a key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from smartapp_watch.alerts.alert import OPEN
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant
from smartapp_watch.history.reading_log import parse_period
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Table

_OPEN_ALERTS = ", ".join(f"'{state}'" for state in OPEN)
_FULL = 'report = ? AND period = ? AND "rows" > 0'


class Pile(NamedTuple):
    """How many rows of the outbox are in one state, and when the oldest of them was queued."""

    rows: int
    oldest: datetime


class Census:
    """Counts what the history holds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open_alerts(self) -> dict[tuple[str, str], int]:
        """How many alerts are open, by severity and state."""
        rows = self._connection.select(
            "SELECT severity, state, count(*) FROM alerts INDEXED BY alerts_open "
            f"WHERE state IN ({_OPEN_ALERTS}) GROUP BY severity, state"
        )
        return {(severity, state): count for severity, state, count in rows}

    def waiting(self) -> Mapping[tuple[str, str], Pile]:
        """What is to be sent, by receiver and state."""
        rows = self._connection.select(
            "SELECT receiver, state, count(*), min(created_at) FROM outbox INDEXED BY outbox_waiting "
            "WHERE state IN ('queued', 'sending', 'retry') GROUP BY receiver, state"
        )
        return {
            (receiver, state): Pile(count, read_instant(oldest)) for receiver, state, count, oldest in rows
        }

    def newest_poll(self) -> datetime | None:
        """When a poll ended last."""
        ((found,),) = self._connection.select("SELECT max(at) FROM polls")
        return read_instant(found) if found else None

    def newest_period(self, table: Table) -> Period | None:
        """The newest period that anybody has figures of; of the platform, of all scenes together."""
        rows = self._connection.select(
            'SELECT period FROM readings WHERE report = ? AND "rows" > 0 ORDER BY period DESC LIMIT 1',
            (table.name,),
        )
        return next((parse_period(period) for (period,) in rows), None)

    def missing(self, table: Table, period: Period) -> set[int | None]:
        """Who has no figures of ``period``, but had some a week before; None: the platform."""
        month = table.granularity is Granularity.MONTH
        before = period.shift(-1) if month else period.weeks_before(1)
        rows = self._connection.select(
            f"SELECT app_id FROM readings WHERE {_FULL} EXCEPT SELECT app_id FROM readings WHERE {_FULL}",
            (table.name, str(before), table.name, str(period)),
        )
        return {app_id or None for (app_id,) in rows}
