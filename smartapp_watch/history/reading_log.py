"""When every period was read, and what that says: what is known, what is still wanted, what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from json import dumps, loads
from typing import Any, NamedTuple

from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.saving import reading_name
from smartapp_watch.history.selection import Clause, join_clauses, one_of, one_of_many
from smartapp_watch.metrics.due import ZEROS_BELIEVED_AFTER, Need, ReadState
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table

_FOREVER = "9999"
_BELIEVED = (
    "(zeros_since = '' OR last_read >= strftime('%Y-%m-%dT%H:%M:%SZ', zeros_since,"
    f" '+{int(ZEROS_BELIEVED_AFTER.total_seconds())} seconds'))"
)
_READING = 'app_id, period, first_read, last_read, "rows", zeros_since, valued_at'
CellKey = tuple[int | None, str, tuple[str | int, ...], str]
"""A cell's mini-program (None: the platform), period as text, dimension values and field."""

parse_period = lru_cache(maxsize=8192)(Period.parse)


class StoredReading(NamedTuple):
    """When a period of an app (None: the platform) was read, and how many of its rows hold a value.

    ``first_read``: the first reading that brought a value; of a period without one, the first of all.
    ``zeros_since``: the first of the readings in a row, the newest among them, in which every count was 0.
    ``valued_at``: the newest reading that brought a value.
    """

    app_id: int | None
    period: Period
    first_read: datetime
    last_read: datetime
    rows: int
    zeros_since: datetime | None = None
    valued_at: datetime | None = None

    @property
    def state(self) -> ReadState:
        """What decides whether it is read again, and whether it is final."""
        return ReadState(self.last_read, self.rows, self.zeros_since, self.valued_at)


class Awaited(NamedTuple):
    """A period of a table (of the platform's: in a scene); what is read of it at ``final_from`` is final."""

    table: Table
    period: Period
    final_from: datetime
    scene: str = ""


class Arrivals(NamedTuple):
    """The apps (None: the platform) that a period was read of.

    Those with values that are final, those with values that are not, and those without any. ``doubtful``:
    those of whom not everything that is stored is known: a cell is unconfirmed, or was another then.
    """

    final: set[int | None]
    provisional: set[int | None]
    empty: set[int | None]
    doubtful: set[int | None]


class ReadingLog:
    """What the log of readings says, table by table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def met(self, table: Table, period: Period, need: Need, scene: str = "") -> set[int | None]:
        """Whose reading of ``period`` meets ``need``; a quiet mini-program's may do so, and be left out."""
        clauses = (*_reading_of(table, period, scene), _meets(need))
        clause = join_clauses(clauses)
        rows = self._connection.select(f"SELECT app_id FROM readings WHERE {clause.sql}", clause.values)
        return {app_id or None for (app_id,) in rows}

    def unmet(self, table: Table, period: Period, need: Need, scene: str = "") -> Iterator[StoredReading]:
        """The readings of ``period`` that ``met`` leaves out."""
        meets = _meets(need)
        clauses = (*_reading_of(table, period, scene), Clause(f"NOT {meets.sql}", meets.values))
        return map(_stored_reading, self._select_readings(join_clauses(clauses)))

    def maturity(
        self, table: Table, periods: Sequence[Period], scene: str = "", app_ids: Collection[int] | None = None
    ) -> dict[tuple[int | None, str], StoredReading]:
        """How ``periods`` were read, by (app, period as text), of all apps or of ``app_ids``."""
        clauses = [
            one_of("report", [reading_name(table, scene)]),
            one_of("period", [str(each) for each in periods]),
        ]
        if app_ids is not None:
            clauses.append(one_of_many("app_id", app_ids))
        rows = self._select_readings(join_clauses(clauses))
        return {(row[0] or None, row[1]): _stored_reading(row) for row in rows}

    def unconfirmed(
        self,
        table: Table,
        periods: Sequence[Period],
        app_ids: Collection[int] | None = None,
        at: datetime | None = None,
    ) -> dict[CellKey, datetime]:
        """The cells that a later reading (not after ``at``) had no value for: when the last one had."""
        names = Clause("report = ?", (table.name,))
        if table.report.of_platform:
            names = Clause("(report = ? OR report GLOB ?)", (table.name, reading_name(table, "*")))
        clauses = [
            names,
            one_of("period", [str(each) for each in periods]),
            Clause("missing_at <= ?", (write_instant(at) if at else _FOREVER,)),
        ]
        if app_ids is not None:
            clauses.append(one_of_many("app_id", app_ids))
        clause = join_clauses(clauses)
        rows = self._connection.select(
            f"SELECT app_id, period, dimensions, field, read_at FROM unconfirmed WHERE {clause.sql}",
            clause.values,
        )
        return {
            (app_id or None, period, tuple(loads(dimensions).values()), field): read_instant(read_at)
            for app_id, period, dimensions, field, read_at in rows
        }

    def arrivals(self, awaited: Awaited, app_ids: Collection[int] | None = None) -> Arrivals:
        """How far a period came, of all apps or of ``app_ids``."""
        found = Arrivals(set(), set(), set(), set())
        others = app_ids
        if app_ids is not None:
            others = self.unsettled(awaited, app_ids)
            found.final.update(each for each in app_ids if each not in others)
        if others is None or others:
            for app_id, place in self._classify(awaited, others):
                found[place].add(app_id)
            unconfirmed = self.unconfirmed(awaited.table, [awaited.period], others)
            found.doubtful.update(cell[0] for cell in unconfirmed)
        return found

    def unsettled(
        self, awaited: Awaited, app_ids: Collection[int], known_at: datetime | None = None
    ) -> set[int]:
        """Those of ``app_ids`` whose reading has to be looked at more closely; seldom many.

        Of the others there is one (not after ``known_at``) whose values are final beyond all doubt.
        """
        rows = self._connection.select(
            "SELECT value FROM json_each(?1) WHERE NOT EXISTS ("
            " SELECT 1 FROM readings WHERE report = ?2 AND period = ?3 AND app_id = value"
            " AND \"rows\" > 0 AND zeros_since = '' AND first_read <= ?5"
            " AND coalesce(nullif(valued_at, ''), last_read) >= ?4"
            ") OR EXISTS (SELECT 1 FROM unconfirmed WHERE report = ?2 AND period = ?3)"
            " AND EXISTS (SELECT 1 FROM unconfirmed WHERE report = ?2 AND period = ?3 AND app_id = value)",
            (
                dumps(list(app_ids)),
                reading_name(awaited.table, awaited.scene),
                str(awaited.period),
                write_instant(awaited.final_from),
                write_instant(known_at) if known_at else _FOREVER,
            ),
        )
        return {app_id for (app_id,) in rows}

    def _classify(
        self, awaited: Awaited, app_ids: Collection[int] | None
    ) -> Iterator[tuple[int | None, int]]:
        """Each app's place among the first three of ``Arrivals``."""
        clauses = list(_reading_of(awaited.table, awaited.period, awaited.scene))
        if app_ids is not None:
            clauses.append(one_of_many("app_id", app_ids))
        final, clause = _is_final(awaited.final_from), join_clauses(clauses)
        rows = self._connection.select(
            f'SELECT app_id, CASE WHEN NOT "rows" THEN 2 ELSE NOT ({final.sql}) END '
            f"FROM readings WHERE {clause.sql}",
            (*final.values, *clause.values),
        )
        return ((app_id or None, place) for app_id, place in rows)

    def changed(
        self, table: Table, since: datetime, first: Period, until: datetime | None = None
    ) -> dict[Period, set[int | None]]:
        """The first period, from ``first`` on, that became known, or was corrected, at ``since`` or later
        (and not after ``until``), and the apps whose first it is."""
        # The plus: go by when, not by the key, which would look at all that was ever read.
        rows = self._connection.select(
            "SELECT period, json_group_array(app_id) FROM (SELECT app_id, min(period) AS period FROM ("
            " SELECT app_id, period FROM readings"
            "  WHERE report = ?1 AND +period >= ?2 AND first_read BETWEEN ?3 AND ?4"
            " UNION ALL SELECT app_id, period FROM revisions"
            "  WHERE report = ?1 AND +period >= ?2 AND replaced_at BETWEEN ?3 AND ?4"
            ") GROUP BY app_id) GROUP BY period",
            (
                reading_name(table, ""),
                str(first),
                write_instant(since),
                write_instant(until) if until else _FOREVER,
            ),
        )
        return {parse_period(period): {each or None for each in loads(app_ids)} for period, app_ids in rows}

    def last_changes(self, table: Table, since: Period) -> Iterator[tuple[Period, datetime]]:
        """When each app's periods from ``since`` on, that hold values, were first known or last corrected."""
        rows = self._connection.select(
            "SELECT period, max(first_read, coalesce((SELECT max(replaced_at) FROM revisions r"
            " WHERE r.report = readings.report AND r.period = readings.period AND r.app_id = readings.app_id"
            " AND r.value IS NOT NULL), '')) FROM readings"
            ' WHERE report = ? AND period >= ? AND "rows" > 0',
            (reading_name(table, ""), str(since)),
        )
        return ((parse_period(period), read_instant(at)) for period, at in rows)

    def newest(self, table: Table, since: Period, scene: str = "") -> dict[int | None, StoredReading]:
        """The newest period with values of each app that has one from ``since`` on."""
        rows = self._connection.select(
            'SELECT app_id, max(period), first_read, last_read, "rows", zeros_since, valued_at FROM readings '
            'WHERE report = ? AND period >= ? AND "rows" > 0 GROUP BY app_id',
            (reading_name(table, scene), str(since)),
        )
        return {each.app_id: each for each in map(_stored_reading, rows)}

    def newest_periods(
        self, table: Table, periods: Sequence[Period], app_ids: Collection[int] | None = None
    ) -> dict[int | None, str]:
        """The newest of ``periods`` with values of each app that has one; of all or of ``app_ids``."""
        clauses = [one_of("report", [reading_name(table, "")]), one_of_many("period", map(str, periods))]
        if app_ids is not None:
            clauses.append(one_of_many("app_id", app_ids))
        clause = join_clauses(clauses)
        rows = self._connection.select(
            f'SELECT app_id, max(period) FROM readings WHERE {clause.sql} AND "rows" > 0 GROUP BY app_id',
            clause.values,
        )
        return {app_id or None: period for app_id, period in rows}

    def _select_readings(self, clause: Clause) -> Iterator[tuple[Any, ...]]:
        return self._connection.select(f"SELECT {_READING} FROM readings WHERE {clause.sql}", clause.values)


def _reading_of(table: Table, period: Period, scene: str) -> tuple[Clause, Clause]:
    return Clause("report = ?", (reading_name(table, scene),)), Clause("period = ?", (str(period),))


def _meets(need: Need) -> Clause:
    """A fleet's readings are too many to look at each of them in Python, in each cycle."""
    since = write_instant(need.read_since)
    return Clause(
        f"(last_read >= ? AND \"rows\" >= ? AND (valued_at = '' OR valued_at >= ?) AND {_BELIEVED})",
        (since, need.rows, since),
    )


def _is_final(since: datetime) -> Clause:
    """What :meth:`Horizon.is_final` says of a reading, for a fleet's at once."""
    return Clause(f"coalesce(nullif(valued_at, ''), last_read) >= ? AND {_BELIEVED}", (write_instant(since),))


def _stored_reading(row: tuple[Any, ...]) -> StoredReading:
    app_id, period, first_read, last_read, rows, zeros_since, valued_at = row
    return StoredReading(
        app_id or None,
        parse_period(period),
        read_instant(first_read),
        read_instant(last_read),
        rows,
        read_instant(zeros_since) if zeros_since else None,
        read_instant(valued_at) if valued_at else None,
    )
