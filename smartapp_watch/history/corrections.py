"""What is on record of when figures became known, and of what corrections replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from json import dumps, loads
from typing import NamedTuple

from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.saving import reading_name
from smartapp_watch.history.selection import Clause, join_clauses, one_of, one_of_many
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table

_parse_period = lru_cache(maxsize=8192)(Period.parse)


class Revision(NamedTuple):
    """What a cell held until a correction; ``field`` ``""``: until then there was no such row.

    ``read_at``: the last reading that still said so.
    """

    app_id: int | None
    period: str
    dimensions: tuple[str | int, ...]
    field: str
    value: str | int | float | None
    read_at: datetime


class Corrections:
    """Reads ``readings`` and ``revisions``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def surprising(
        self, table: Table, settled: Mapping[Period, datetime], patience: timedelta
    ) -> set[int | None]:
        """The apps that final figures were corrected of, or that figures came of when nobody waited for them.

        ``settled``: from when on the figures of each period are final; ``patience``: how much longer they
        are waited for.
        """
        final = {str(period): write_instant(at) for period, at in settled.items()}
        late = {str(period): write_instant(at + patience) for period, at in settled.items()}
        rows = self._connection.select(
            "SELECT app_id FROM json_each(?2) limits JOIN revisions ON report = ?1 AND period = limits.key"
            " AND read_at >= limits.value "
            "UNION SELECT readings.app_id FROM json_each(?3) limits"
            " JOIN readings ON report = ?1 AND period = limits.key AND first_read > limits.value"
            " JOIN (SELECT app_id, min(first_read) AS began FROM readings WHERE report = ?1 GROUP BY app_id)"
            " watched ON watched.app_id = readings.app_id AND began <= limits.value",
            (table.name, dumps(final), dumps(late)),
        )
        return {app_id or None for (app_id,) in rows}

    def first_readings(self, table: Table) -> dict[int | None, datetime]:
        """When each app (None: the platform) was first read at all."""
        rows = self._connection.select(
            "SELECT app_id, min(first_read) FROM readings WHERE report = ? OR report GLOB ? GROUP BY app_id",
            (table.name, reading_name(table, "*")),
        )
        return {app_id or None: read_instant(first) for app_id, first in rows}

    def oldest_known(self, table: Table, at: datetime) -> Period | None:
        """The oldest period that had values when it was first read at ``at`` or before."""
        rows = self._connection.select(
            'SELECT period FROM readings WHERE report = ? AND "rows" > 0 AND first_read <= ? '
            "ORDER BY period LIMIT 1",
            (reading_name(table, ""), write_instant(at)),
        )
        return next((_parse_period(period) for (period,) in rows), None)

    def revisions(
        self, table: Table, periods: Sequence[Period], after: datetime, app_ids: Collection[int] | None = None
    ) -> Iterator[Revision]:
        """What corrections after ``after`` replaced in ``periods``, the earliest of them first."""
        names = one_of("report", [reading_name(table, "")])
        if table.report.of_platform:
            names = Clause("(report = ? OR report GLOB ?)", (table.name, reading_name(table, "*")))
        clauses = [
            names,
            one_of("period", [str(each) for each in periods]),
            Clause("replaced_at > ?", (write_instant(after),)),
        ]
        if app_ids is not None:
            clauses.append(one_of_many("app_id", app_ids))
        clause = join_clauses(clauses)
        rows = self._connection.select(
            "SELECT app_id, period, dimensions, field, value, read_at FROM revisions "
            f"WHERE {clause.sql} ORDER BY replaced_at, read_at",
            clause.values,
        )
        for app_id, period, dimensions, field, value, read_at in rows:
            named = tuple(loads(dimensions).values())
            yield Revision(app_id or None, period, named, field, value, read_instant(read_at))
