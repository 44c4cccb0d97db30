"""Saving figures: ``Observations.save`` against a bare executemany upsert of the same rows.

A reading is what one call brings: 20 days of a report with a time axis, a day's 20 rows of a breakdown. Both
write in WAL mode, synchronous NORMAL, with a commit a reading, as a poll does, and in one transaction; the
bare upsert writes the rows of the report alone, without any note of when they were read.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, nullcontext
from datetime import datetime
from itertools import chain
from pathlib import Path

from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.metrics.report import Table

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
ROWS, APPS, ROUNDS = 20, 2000, 3


def main() -> None:
    """Print rows a second of both, and what share of the bare upsert's speed saving has."""
    for name in ("user_trend", "visit_page"):
        readings = [_reading(TABLES[name], app, random.Random(app)) for app in range(1, APPS + 1)]
        for title, in_one in (("a commit a reading", False), ("one transaction", True)):
            times = [(_save(readings, in_one), _upsert(readings, in_one)) for _ in range(ROUNDS)]
            ours, bare = (ROWS * APPS / min(column) for column in zip(*times, strict=True))
            print(f"{name}, {title}: {ours:,.0f} rows/s; bare {bare:,.0f}; {100 * ours / bare:.0f} %")


def _reading(table: Table, app: int, chance: random.Random) -> Reading:
    last = Period.newest_closed(NOW)
    first = last if table.is_breakdown else last.shift(1 - ROWS)
    rows = tuple(
        Observation(
            last if table.is_breakdown else last.shift(-number),
            tuple(f"page {number}" for _ in table.report.dimensions),
            tuple("pages/index" for _ in table.report.texts),
            tuple(chance.randint(1, 5000) for _ in table.report.metrics),
        )
        for number in range(ROWS)
    )
    return Reading(Query(table, app, first, last), rows)


def _save(readings: Sequence[Reading], in_one: bool) -> float:
    with tempfile.TemporaryDirectory() as folder, open_history(Path(folder) / "history.db") as history:
        started = time.perf_counter()
        with history.transaction() if in_one else nullcontext():
            for reading in readings:
                history.observations.save(reading, NOW)
        return time.perf_counter() - started


def _upsert(readings: Sequence[Reading], in_one: bool) -> float:
    batches = [[(str(row.period), each.query.app_id, *row.dimensions, *row.texts, *row.values)
                for row in each.observations] for each in readings]  # fmt: skip
    if in_one:
        batches = [list(chain.from_iterable(batches))]
    sql = _statement(readings[0].query.table)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        open_history(path).close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            started = time.perf_counter()
            for batch in batches:
                connection.executemany(sql, batch)
                connection.commit()
            return time.perf_counter() - started


def _statement(table: Table) -> str:
    columns, marks = ", ".join(table.columns), ", ".join("?" * len(table.columns))
    changes = ", ".join(f"{name} = excluded.{name}" for name in table.columns if name not in table.key)
    key = ", ".join(table.key)
    return (
        f"INSERT INTO {table.name} ({columns}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {changes}"
    )
