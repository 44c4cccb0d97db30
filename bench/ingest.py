"""Saving figures: ``Observations.save_all`` against a bare executemany upsert of the same rows.

A reading is what one call brings: 60 days of a report with a time axis, a day's rows of a breakdown; or a day
of six reports, 72 rows of a mini-program. Of BENCH_APPS mini-programs (1,000), first into an empty history,
then the same figures again, then with every twentieth row corrected. Both write in WAL mode, synchronous
NORMAL, a hundred readings a transaction.

The bare upsert makes its parameters of the same decoded rows, periods being text already, and writes where a
column differs; it notes neither when a period was read nor what a correction replaced. *Noted* is the same
with the log of readings, as bare: what cannot be spared where that is to be known. Processor time; medians of
alternating rounds, and of the ratios within each.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random
from statistics import median

from smartapp_watch.history.database import open_history
from smartapp_watch.history.instant import write_instant
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.metrics.report import Table, Unit

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
ROUNDS, TOGETHER = 5, 100
CASES = {
    "user_trend, 60 days a reading": (("user_trend", 60, 1),),
    "visit_page, 20 rows a reading": (("visit_page", 1, 20),),
    "a day of six reports": (
        ("user_trend", 1, 1),
        ("activity_user", 1, 1),
        ("retained_user", 1, 1),
        ("visit_page", 1, 20),
        ("source", 1, 15),
        ("region", 1, 34),
    ),
}
STEPS = ("first", "again", "corrected")

Batch = list[Reading]
Found = tuple[tuple[str, int | None], Observation]


def main() -> None:
    """Print rows a second, and what share of the bare upserts' speed saving has."""
    apps = int(os.environ.get("BENCH_APPS", "1000"))
    print(f"{'':32}{'step':10} {'rows/s':>9} {'bare':>9} {'noted':>9}  of bare  of noted")
    for title, reports in CASES.items():
        readings = list(_readings(reports, apps))
        steps = [list(_batches(each)) for each in (readings, readings, list(map(_corrected, readings)))]
        rows = sum(len(each.observations) for each in readings)
        spent = [
            [write(steps) for write in (_save, _upsert, partial(_upsert, noted=True))] for _ in range(ROUNDS)
        ]
        for place, step in enumerate(STEPS):
            ours, bare, noted = zip(*([each[place] for each in one] for one in spent), strict=True)
            print(
                f"{title:32}{step:10} "
                + " ".join(f"{rows / median(times):9,.0f}" for times in (ours, bare, noted))
                + "".join(f"{_share(ours, others):9.0f} %" for others in (bare, noted))
            )


def _share(ours: Iterable[float], others: Iterable[float]) -> float:
    return median(100 * theirs / mine for mine, theirs in zip(ours, others, strict=True))


def _readings(reports: Iterable[tuple[str, int, int]], apps: int) -> Iterator[Reading]:
    last = Period.newest_closed(NOW)
    for name, days, rows in reports:
        table = TABLES[name]
        for app in range(1, apps + 1):
            chance = Random(app)
            first = last.shift(1 - days)
            found = (_row(table, first.shift(day), row, chance) for day in range(days) for row in range(rows))
            yield Reading(Query(table, app, first, last), tuple(found))


def _row(table: Table, day: Period, number: int, chance: Random) -> Observation:
    report = table.report
    return Observation(
        day,
        tuple(number + 2 if each.integer else f"page {number}" for each in report.dimensions),
        tuple("pages/index" for _ in report.texts),
        tuple(
            chance.randint(1, 5000) if metric.unit is Unit.COUNT else round(100 * chance.random(), 2)
            for metric in report.metrics
        ),
    )


def _corrected(reading: Reading) -> Reading:
    """Every twentieth row has another first figure."""
    rows = list(reading.observations)
    for place in range(-(reading.query.app_id or 0) % 20, len(rows), 20):
        first, *others = rows[place].values
        rows[place] = replace(rows[place], values=(int(first or 0) + 1, *others))
    return replace(reading, observations=tuple(rows))


def _batches(readings: Sequence[Reading]) -> Iterator[Batch]:
    for start in range(0, len(readings), TOGETHER):
        yield list(readings[start : start + TOGETHER])


def _save(steps: Sequence[Sequence[Batch]]) -> list[float]:
    """Seconds of each step."""
    spent = []
    with tempfile.TemporaryDirectory() as folder, open_history(Path(folder) / "history.db") as history:
        for number, batches in enumerate(steps):
            at = NOW + timedelta(hours=number)
            started = time.process_time()
            for batch in batches:
                history.observations.save_all([(reading, at) for reading in batch])
            spent.append(time.process_time() - started)
    return spent


def _upsert(steps: Sequence[Sequence[Batch]], *, noted: bool = False) -> list[float]:
    spent = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        open_history(path).close()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            for number, batches in enumerate(steps):
                found = [list(_found(batch)) for batch in batches]
                notes = [list(_notes(batch, NOW + timedelta(hours=number))) for batch in batches if noted]
                started = time.process_time()
                for place, statements in enumerate(found):
                    connection.execute("BEGIN IMMEDIATE")
                    for sql, rows in statements:
                        parameters = ((*key, *row.dimensions, *row.texts, *row.values) for key, row in rows)
                        connection.executemany(sql, parameters)
                    if noted:
                        connection.executemany(_NOTE, notes[place])
                    connection.execute("COMMIT")
                spent.append(time.process_time() - started)
    return spent


def _found(batch: Batch) -> Iterator[tuple[str, list[Found]]]:
    """For each table: the upsert, and the rows with how their keys begin."""
    for table, readings in groupby(batch, key=lambda reading: reading.query.table):
        cells = table.columns[len(table.key) :]
        sql = (
            f"INSERT INTO {table.name} ({', '.join(table.columns)}) "
            f"VALUES ({', '.join('?' * len(table.columns))}) ON CONFLICT ({', '.join(table.key)}) "
            f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in cells)} "
            f"WHERE {' OR '.join(f'{name} IS NOT excluded.{name}' for name in cells)}"
        )
        yield (
            sql,
            [((str(row.period), each.query.app_id), row) for each in readings for row in each.observations],
        )


_NOTE = """INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, '', ?) ON CONFLICT (report, period, app_id)
    DO UPDATE SET last_read = excluded.last_read, "rows" = excluded."rows", valued_at = excluded.valued_at"""


def _notes(batch: Batch, at: datetime) -> Iterator[tuple[object, ...]]:
    read_at = write_instant(at)
    for each in batch:
        for period in each.query.periods:
            yield each.query.table.name, each.query.app_id, str(period), read_at, read_at, 1, read_at


if __name__ == "__main__":
    main()
