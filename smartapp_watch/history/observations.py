"""The API's figures in the history: saved reading by reading, read back in sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from json import dumps
from typing import Any, NamedTuple

from smartapp_watch.errors import HistoryError, UsageError
from smartapp_watch.history.alert_log import SeriesKey
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.corrections import Corrections
from smartapp_watch.history.reading_log import ReadingLog, parse_period
from smartapp_watch.history.saving import Saving
from smartapp_watch.history.selection import Clause, join_clauses, matching, one_of, one_of_many, unmentioned
from smartapp_watch.history.suspicion import Suspicion
from smartapp_watch.history.visit import reading_name
from smartapp_watch.metrics.observation import App, Reading
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.rule import Where


class Row(NamedTuple):
    """One stored row. ``app_id``: None for the platform. ``values``: of the columns asked for, in order."""

    app_id: int | None
    dimensions: tuple[str | int, ...]
    texts: tuple[str | None, ...]
    period: str
    values: tuple[int | float | None, ...]


class Sum(NamedTuple):
    """What is known of a metric over some periods: ``known`` values, added up."""

    known: int
    sum: float


class Observations(ReadingLog):
    """What the API said, table by table."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.corrections = Corrections(connection)
        self._savings: dict[str, Saving] = {}

    def save(self, reading: Reading, read_at: datetime) -> int:
        """Store a reading, all of it or nothing; gives the number of rows written, changed or removed.

        A missing value never overwrites one that is there, nor does an empty reading; values that it
        corrects go to ``revisions``.
        """
        return self._saving(reading.query.table).save(reading, read_at)

    def save_all(self, readings: Sequence[tuple[Reading, datetime]]) -> int:
        """Store readings, each with when it was made, as ``save`` does one by one, in a single transaction.

        That writes a page of the file once for all of them. Where one of them cannot be stored, this raises,
        and those before it are stored.
        """
        try:
            with self._connection.transaction():
                return sum(self._saving(each.query.table).put(each, at) for each, at in readings)
        except (HistoryError, UnicodeEncodeError):
            return sum(self.save(each, at) for each, at in readings)

    def _saving(self, table: Table) -> Saving:
        if table.name not in self._savings:
            self._savings[table.name] = Saving(self._connection, table)
        return self._savings[table.name]

    def oldest(self, table: Table) -> Period | None:
        """The oldest period that anything is stored of."""
        ((found,),) = self._connection.select(f"SELECT min(period) FROM {table.name}")
        return parse_period(found) if found else None

    def rows(
        self,
        table: Table,
        periods: Sequence[Period],
        columns: Sequence[str],
        where: tuple[Where, ...] = (),
        app_ids: Collection[int] | None = None,
        *,
        keys: Collection[SeriesKey] | None = None,
    ) -> Iterator[Row]:
        """The rows of ``periods`` that a rule with this ``where`` watches, of all apps or of ``app_ids``.

        ``keys``: of those, only these series.

        Where it is silent on a dimension: the platform's total, a source's groups, any other value that is
        no total. A glob never matches the total. In no particular order.
        """
        # Periods are looked up one by one: a range would read every app's rows again for each of them.
        clauses = [one_of("period", [str(each) for each in periods])]
        if app_ids is not None and keys is None:
            clauses.append(one_of_many("app_id", app_ids))
        clauses += (*matching(table, where), *unmentioned(table, where))
        source = None if keys is None else _among(table, table.name, keys)
        return self._rows(table, columns, join_clauses(clauses), source=source)

    def is_as_stored(self, _table: Table, /) -> bool:
        """Whether what is known of a table is what is stored: now it is."""
        return True

    def suspects(self, suspicion: Suspicion, app_ids: Collection[int]) -> Iterator[SeriesKey]:
        """The series of ``app_ids`` that may be in breach, by what is stored.

        Each is taken to be plain: compared with what stands in the newest of its past periods, if something
        does.
        """
        wanted, source = one_of_many("app_id", app_ids), Clause(f"{suspicion.rule.table.name} present")
        return self._suspects(suspicion, source, join_clauses((wanted, suspicion.plain())))

    def suspects_among(self, suspicion: Suspicion, keys: Collection[SeriesKey]) -> Iterator[SeriesKey]:
        """Those of ``keys`` that may be in breach, by what is stored, whatever they are compared with."""
        source = _among(suspicion.rule.table, "present", keys)
        return self._suspects(suspicion, source, suspicion.any())

    def _suspects(self, suspicion: Suspicion, source: Clause, clause: Clause) -> Iterator[SeriesKey]:
        columns = _key_columns(suspicion.rule.table)
        sql = f"SELECT {columns} FROM {source.sql} WHERE present.period = ? AND {clause.sql}"
        parameters = (*source.values, str(suspicion.period), *clause.values)
        return self._series(suspicion.rule.table, sql, parameters)

    def restless(
        self, suspicion: Suspicion, periods: Sequence[Period], app_ids: Collection[int]
    ) -> Iterator[SeriesKey]:
        """The series of ``app_ids`` that may be in breach at any of these periods, by the others of them."""
        table, spread = suspicion.rule.table, suspicion.spread()
        wanted = (one_of("period", [str(each) for each in periods]), one_of_many("app_id", app_ids))
        clause, columns = join_clauses((*wanted, *suspicion.of_rule())), _key_columns(table)
        sql = f"SELECT {columns} FROM {table.name} present WHERE {clause.sql} GROUP BY {columns}"
        if spread is None:
            return self._series(table, sql, clause.values)
        return self._series(table, f"{sql} HAVING {spread.sql}", (*clause.values, *spread.values))

    def _series(self, table: Table, sql: str, parameters: Sequence[object]) -> Iterator[SeriesKey]:
        names = table.key[2:]
        for app_id, *dimensions in self._connection.select(sql, parameters):
            yield app_id, tuple(zip(names, dimensions, strict=True))

    def sums_of_apps(
        self, table: Table, periods: Sequence[Period], columns: Sequence[str], app_ids: Collection[int]
    ) -> Iterator[tuple[int, tuple[Sum, ...]]]:
        """Each mini-program's ``columns`` over ``periods``, of those that any row is there of."""
        return self._sums("app_id", table, periods, columns, app_ids)

    def sums_of_periods(
        self, table: Table, periods: Sequence[Period], columns: Sequence[str], app_ids: Collection[int]
    ) -> Iterator[tuple[str, tuple[Sum, ...]]]:
        """Each period's ``columns`` over all of ``app_ids``, of those periods that any row is there of."""
        return self._sums("period", table, periods, columns, app_ids)

    def values(
        self,
        table: Table,
        metric: str,
        *,
        app_id: int | None = None,
        first: Period | None = None,
        last: Period | None = None,
        where: tuple[Where, ...] = (),
    ) -> Iterator[Row]:
        """Everything stored of one metric, in the order of (period, app, dimensions).

        Without ``where`` every row is meant, totals too. ``first`` and ``last``, both included, are of the
        table's granularity.
        """
        clauses = list(matching(table, where))
        if app_id is not None:
            if table.report.of_platform:
                raise UsageError(f"{table.name} is of the whole platform, not of one mini-program")
            clauses += [self._each_period(table, first, last), Clause("app_id = ?", (app_id,))]
        if first is not None:
            clauses.append(Clause("period >= ?", (str(first),)))
        if last is not None:
            clauses.append(Clause("period <= ?", (str(last),)))
        return self._rows(table, [metric], join_clauses(clauses), order=", ".join(table.key))

    def save_apps(self, apps: Iterable[App]) -> None:
        """Keep the names and tags of ``apps``; one that is no longer listed keeps its last."""
        self._connection.executemany(
            "INSERT INTO apps VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, tags = excluded.tags",
            [(app.id, app.name, ";".join(sorted(app.tags))) for app in apps],
        )

    def apps(self) -> tuple[App, ...]:
        """Every mini-program that was ever listed."""
        found = self._connection.select("SELECT id, name, tags FROM apps ORDER BY id")
        return tuple(App(id_, name, frozenset(filter(None, tags.split(";")))) for id_, name, tags in found)

    def prune(self, table: Table, before: Period) -> int:
        """Forget a table's periods before that one: rows, readings and revisions; gives the count of rows.

        In one transaction: of much that is old, better one period after the other.
        """
        names = Clause("report = ?", (table.name,))
        if table.report.of_platform:
            names = Clause("(report = ? OR report GLOB ?)", (table.name, reading_name(table, "*")))
        old = Clause("period < ?", (str(before),))
        both = join_clauses((names, old))
        with self._connection.transaction():
            count = self._connection.execute(f"DELETE FROM {table.name} WHERE {old.sql}", old.values).rowcount
            for log in ("readings", "revisions", "unconfirmed"):
                self._connection.execute(f"DELETE FROM {log} WHERE {both.sql}", both.values)
        return count

    def _sums(
        self,
        key: str,
        table: Table,
        periods: Sequence[Period],
        columns: Sequence[str],
        app_ids: Collection[int],
    ) -> Iterator[tuple[Any, tuple[Sum, ...]]]:
        clause = join_clauses(
            (one_of("period", [str(each) for each in periods]), one_of_many("app_id", app_ids))
        )
        names = [table.report.metric(column).name for column in columns]
        sums = ", ".join(f"count({name}), total({name})" for name in names)
        rows = self._connection.select(
            f"SELECT {key}, {sums} FROM {table.name} WHERE {clause.sql} GROUP BY {key}", clause.values
        )
        for found, *cells in rows:
            yield found, tuple(map(Sum, cells[::2], cells[1::2]))

    def _rows(
        self,
        table: Table,
        columns: Sequence[str],
        clause: Clause,
        order: str = "",
        source: Clause | None = None,
    ) -> Iterator[Row]:
        source = source or Clause(table.name)
        report = table.report
        for column in columns:
            report.metric(column)  # a name that is none of the catalog's never becomes SQL
        platform = report.of_platform
        texts = 1 + len(report.dimensions)
        period = texts + len(report.texts)
        wanted = [
            "NULL" if platform else "app_id",
            *(each.name for each in report.dimensions),
            *(each.name for each in report.texts),
            "period",
            *columns,
        ]
        sql = f"SELECT {', '.join(wanted)} FROM {source.sql} WHERE {clause.sql}"
        if order:
            sql += f" ORDER BY {order}"
        for row in self._connection.select(sql, (*source.values, *clause.values)):
            yield Row(row[0], row[1:texts], row[texts:period], row[period], row[period + 1 :])

    def _each_period(self, table: Table, first: Period | None, last: Period | None) -> Clause:
        """Every period of the span, one by one: so one app's rows are found without reading all apps'."""
        ((oldest, newest),) = self._connection.select(
            f"SELECT (SELECT min(period) FROM {table.name}), (SELECT max(period) FROM {table.name})"
        )
        if oldest is None:
            return Clause("false")
        first = max(filter(None, (first, parse_period(oldest))))
        last = min(filter(None, (last, parse_period(newest))))
        return one_of_many("period", map(str, periods_between(first, last)))


def _key_columns(table: Table) -> str:
    return ", ".join(f"present.{name}" for name in table.key[1:])


def _among(table: Table, alias: str, keys: Collection[SeriesKey]) -> Clause:
    """A table, of which only the rows of these series are looked up, one by one."""
    listed = dumps([[app_id, *(value for _, value in dimensions)] for app_id, dimensions in keys])
    same = " AND ".join(
        f"{alias}.{name} = json_extract(series.one, '$[{place}]')" for place, name in enumerate(table.key[1:])
    )
    named = f"{table.name} {alias}" if alias != table.name else alias
    return Clause(f"(SELECT value AS one FROM json_each(?)) series CROSS JOIN {named} ON {same}", (listed,))
