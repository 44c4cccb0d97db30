"""How long the plan of one cycle takes: 10,000 mini-programs, the default reports, 60 days.

First of a new history, with the memory that it takes to plan and go through it; then of one that is all read,
against the time that SQLite takes to go through its readings once. BENCH_APPS: another number of them.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.metrics.plan import Target
from smartapp_watch.poll import Source, plan

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
HORIZON = Horizon(60, timedelta(hours=9), 7)
REPORTS = ("user_trend", "activity_user", "retained_user", "visit_page", "source")
CASES = (
    ("nothing due", NOW + timedelta(minutes=30)),
    ("yesterday not read", NOW.replace(hour=8) + timedelta(days=1)),
)


def main() -> None:
    """Print the time of each plan, and the number of its queries."""
    apps = int(os.environ.get("BENCH_APPS", "10000"))
    token = AccessToken(lambda: "")
    sources = [Source(Target(TABLES[name], app), token) for app in range(1, apps + 1) for name in REPORTS]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        with open_history(path) as history:
            _first_fill(history, sources)
        with closing(sqlite3.connect(path)) as connection, connection:
            columns = 'report, period, app_id, first_read, last_read, "rows"'
            sql = f"INSERT INTO readings ({columns}) VALUES (?, ?, ?, ?, ?, ?)"
            connection.executemany(sql, _readings(apps))
        with open_history(path) as history:
            print(f"{apps} mini-programs, {len(REPORTS)} reports, {HORIZON.history_days} days")
            for title, now in CASES:
                started = time.perf_counter()
                planned = plan(history, sources, HORIZON, now)
                print(f"{title}: {time.perf_counter() - started:.1f} s, {len(planned)} queries")
        with closing(sqlite3.connect(path)) as connection:
            started = time.perf_counter()
            connection.execute(
                'SELECT min(last_read), min("rows"), min(zeros_since) FROM readings'
            ).fetchone()
            print(f"the bare scan: {time.perf_counter() - started:.1f} s")


def _first_fill(history: History, sources: list[Source]) -> None:
    before, started = _peak(), time.perf_counter()
    planned = plan(history, sources, HORIZON, NOW)
    planning, started = time.perf_counter() - started, time.perf_counter()
    queries = sum(1 for _ in planned)
    going = time.perf_counter() - started
    print(
        f"nothing read: {planning:.1f} s, {queries} queries made in {going:.1f} s; "
        f"{_peak() - before:.0f} MB on top of {before:.0f} MB"
    )


def _peak() -> float:
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def _readings(apps: int) -> Iterator[tuple[str, str, int, str, str, int]]:
    at = NOW.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    last = Period.newest_closed(NOW)
    for name in REPORTS:
        for number in range(HORIZON.history_days - 1, -1, -1):
            period = str(last.shift(-number))
            for app in range(1, apps + 1):
                yield name, period, app, at, at, 9
