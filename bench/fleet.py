"""A made-up fleet, dense: every report of the shipped rules, every day, 20 pages an app.

Figures scatter by a tenth around a level that weekends lower; a ratio by two points, that of lost users by a
tenth of one. An app-day of a thousand is an outage, at half the level; two page-days of ten thousand end
twice as many visits. SQLite makes the figures itself, by arithmetic: ten thousand mini-programs take
minutes, and every run has the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from smartapp_watch.history.database import History
from smartapp_watch.history.instant import write_instant
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.metrics.report import Table, Unit

NOW = datetime(2026, 11, 23, 11, tzinfo=BEIJING)
REPORTS = ("user_trend", "activity_user", "retained_user", "visit_page")
PAGES = 20

_ROWS_OF_AN_APP = {"visit_page": PAGES, "retained_user": 8}
_SCATTER = {"activity_user": 0.002}
_DIMENSIONS = {"visit_page": "printf('p%02d', n)", "retained_user": "n + 2"}
_PARTS = ("exit_count", "retained_user_count", "new_user_count", "old_user_count")

_SEED = "((app * {} + n * {} + ?2 * {}) % 65521)"
_CHANCE = f"({_SEED} * ({_SEED} + 40503) % 65521 * 25717 % 65521) / 65521.0"
"""From 0 to 1: the square keeps neighbours from being alike."""


def _chance(*factors: int) -> str:
    return _CHANCE.format(*factors, *factors)


_FIGURES = f"""
    SELECT app, n, whole,
        min(whole, CAST(whole * share * (1 + (?5 > 0.01 AND odd < 0.0002)) AS INTEGER)) AS part
    FROM (
        SELECT app, n, CAST(level * (0.9 + 0.2 * c1) * ?3 / (1 + (c3 < 0.001)) AS INTEGER) AS whole,
            0.4 + ?5 * (c2 - 0.5) AS share, c4 AS odd
        FROM (
            SELECT app, n, 5000 AS level,
                {_chance(7919, 104729, 15485863)} AS c1,
                {_chance(104729, 7919, 1299709)} AS c2,
                {_chance(611953, 0, 350377)} AS c3,
                {_chance(350377, 611953, 86028121)} AS c4
            FROM (SELECT value AS app FROM generated_apps), (SELECT value AS n FROM generated_rows)
            WHERE n < ?4
        )
    )
"""


def fill(history: History, apps: int, days: int, reports: Sequence[str] = REPORTS) -> None:
    """Write ``days`` days of ``apps`` mini-programs, read each morning, up to yesterday."""
    connection = history._connection
    for name, count in (("generated_apps", apps), ("generated_rows", PAGES)):
        first = int(name == "generated_apps")
        connection.execute(f"CREATE TEMP TABLE {name} (value INTEGER PRIMARY KEY)")
        connection.executemany(f"INSERT INTO {name} VALUES (?)", ((each + first,) for each in range(count)))
    newest = Period.newest_closed(NOW)
    for number in range(days - 1, -1, -1):
        with history.transaction():
            for name in reports:
                _fill_day(history, TABLES[name], newest.shift(-number), number)
    history.analyze()


def _fill_day(history: History, table: Table, day: Period, number: int) -> None:
    read_at = day.closes(min(2, table.report.last_nth)) + timedelta(hours=10)
    if read_at > NOW:
        return
    rows = _ROWS_OF_AN_APP.get(table.name, 1)
    columns = {"period": "?1", "app_id": "app"}
    columns |= {each.name: _DIMENSIONS[table.name] for each in table.report.dimensions}
    columns |= {each.name: "'pages/p' || n" for each in table.report.texts}
    for metric in table.report.metrics:
        is_count = metric.unit is Unit.COUNT
        columns[metric.name] = "whole" if is_count else "round(100.0 * part / whole, 2)"
        if metric.name in _PARTS:
            columns[metric.name] = "part"
    connection = history._connection
    weekend = 0.7 if day.first.weekday() >= 5 else 1.0
    connection.execute(
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
        f"FROM ({_FIGURES})",
        (str(day), number, weekend, rows, _SCATTER.get(table.name, 0.04)),
    )
    connection.execute(
        'INSERT INTO readings (report, period, app_id, first_read, last_read, "rows", valued_at) '
        "SELECT ?1, ?2, value, ?3, ?3, ?4, ?3 FROM generated_apps",
        (table.name, str(day), write_instant(read_at), rows),
    )
