"""What is on record of when figures became known, and of what corrections replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from json import dumps, loads
from typing import NamedTuple

from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.selection import Clause, join_clauses, one_of, one_of_many
from smartapp_watch.history.visit import reading_name, scene_of
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
        corrected = self._connection.select(
            "SELECT app_id FROM json_each(?2) limits JOIN revisions ON report = ?1 AND period = limits.key"
            " AND read_at >= limits.value",
            (table.name, dumps(final)),
        )
        found = {app_id or None for (app_id,) in corrected}
        filled_in_or_late = self._connection.select(
            "SELECT DISTINCT app_id, limits.value FROM json_each(?2) limits"
            " JOIN readings ON report = ?1 AND period = limits.key AND +first_read > limits.value",
            (table.name, dumps(late)),
        )
        began: dict[int | None, datetime] = {}
        for app_id, limit in filled_in_or_late:
            began = began or self.first_readings(table)
            if began[app_id or None] <= read_instant(limit):
                found.add(app_id or None)
        return found

    def first_readings(self, table: Table) -> dict[int | None, datetime]:
        """When each app (None: the platform) was first read at all."""
        names = _names(table)
        rows = self._connection.select(
            f"SELECT app_id, min(first_read) FROM readings WHERE {names.sql} GROUP BY app_id", names.values
        )
        return {app_id or None: read_instant(first) for app_id, first in rows}

    def read_after(
        self, table: Table, periods: Sequence[Period], at: datetime, app_ids: Collection[int] | None = None
    ) -> Iterator[tuple[int | None, Period, str, datetime]]:
        """What was first read after ``at``, as (app, period, scene, when)."""
        clause = _about(table, periods, Clause("+first_read > ?", (write_instant(at),)), app_ids)
        rows = self._connection.select(
            f"SELECT app_id, period, report, first_read FROM readings WHERE {clause.sql}", clause.values
        )
        for app_id, period, name, first_read in rows:
            yield app_id or None, _parse_period(period), scene_of(name), read_instant(first_read)

    def last_change(self, table: Table) -> datetime | None:
        """When anything of a table became known, or was corrected, last; None where nothing ever was."""
        names = _names(table)
        ((last,),) = self._connection.select(
            f"SELECT max(at) FROM (SELECT max(first_read) AS at FROM readings WHERE {names.sql} "
            f"UNION ALL SELECT max(replaced_at) FROM revisions WHERE {names.sql})",
            (*names.values, *names.values),
        )
        return read_instant(last) if last else None

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
        clause = _about(table, periods, Clause("+replaced_at > ?", (write_instant(after),)), app_ids)
        rows = self._connection.select(
            "SELECT app_id, period, dimensions, field, value, read_at FROM revisions "
            f"WHERE {clause.sql} ORDER BY replaced_at, read_at",
            clause.values,
        )
        for app_id, period, dimensions, field, value, read_at in rows:
            named = tuple(loads(dimensions).values())
            yield Revision(app_id or None, period, named, field, value, read_instant(read_at))


def _about(
    table: Table, periods: Sequence[Period], clause: Clause, app_ids: Collection[int] | None
) -> Clause:
    """The readings or revisions of these periods and apps, of every scene, that ``clause`` is true of.

    Of instants it says ``+``: go by the periods, which are few.
    """
    clauses = [_names(table), one_of("period", [str(each) for each in periods]), clause]
    if app_ids is not None:
        clauses.append(one_of_many("app_id", app_ids))
    return join_clauses(clauses)


def _names(table: Table) -> Clause:
    """What is about a table, with every scene of the platform's."""
    if table.report.of_platform:
        return Clause("(report = ? OR report GLOB ?)", (table.name, reading_name(table, "*")))
    return Clause("report = ?", (table.name,))
