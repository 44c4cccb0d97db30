"""Readings, made of few words; and what a history holds, read past the code under test."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table

TREND = TABLES["user_trend"]
RETENTION = TABLES["retained_user"]
PAGES = TABLES["visit_page"]
REGIONS = TABLES["region"]
TERMINALS = TABLES["terminal"]
SOURCES = TABLES["source"]
PLATFORM = TABLES["tp_data"]

DAY = "2026-11-22"
MORNING = datetime(2026, 11, 23, 0, 7, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 4, 7, tzinfo=UTC)
EVENING = datetime(2026, 11, 23, 12, 7, tzinfo=UTC)

Value = int | float | None


def period(text: str) -> Period:
    return Period.parse(text)


def row(
    table: Table, day: str, *dimensions: str | int, texts: tuple[str | None, ...] = (), **values: Value
) -> Observation:
    """A row with the metrics named in ``values``; the others have none."""
    report = table.report
    assert set(values) <= {metric.name for metric in report.metrics}
    return Observation(
        period(day),
        dimensions,
        texts or (None,) * len(report.texts),
        tuple(values.get(metric.name) for metric in report.metrics),
    )


def reading(
    table: Table, app_id: int | None, *rows: Observation, first: str = DAY, last: str = "", scene: str = ""
) -> Reading:
    """What the API answered for the periods ``first`` to ``last``."""
    return Reading(Query(table, app_id, period(first), period(last or first), scene), rows)


def select(path: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What SQLite itself finds in the file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql, parameters).fetchall()


def cells(path: Path, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    """The stored rows of a table: the key, then ``columns``."""
    names = ", ".join((*table.key, *columns))
    return select(path, f"SELECT {names} FROM {table.name} ORDER BY {', '.join(table.key)}")


def revisions(path: Path) -> list[tuple[Any, ...]]:
    """Dimensions, field, value, read_at, replaced_at of every revision."""
    return select(path, "SELECT dimensions, field, value, read_at, replaced_at FROM revisions")
