"""A weekly digest of 10,000 mini-programs: composed, frozen, read back and written as a mail.

The history holds six weeks of days and 300 open alerts. BENCH_APPS: another number of mini-programs.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from smartapp_watch.alerts.alert import Alert, Figures, State
from smartapp_watch.digest import Scope, compose, queue
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.render import Renderer
from smartapp_watch.rules.rule import Severity

WEEK = Period.parse("2026-W47")
NOW = WEEK.closes() + timedelta(hours=10)
DAYS, ALERTS = 42, 300


def main() -> None:
    """Print the time of each step, the size of what is kept, and the memory that it took."""
    apps = tuple(App(number) for number in range(1, int(os.environ.get("BENCH_APPS", "10000")) + 1))
    scope = Scope(apps, (), horizon=Horizon(60, timedelta(hours=9), 7))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        open_history(path).close()
        with closing(sqlite3.connect(path)) as connection, connection:
            columns = "period, app_id, user_count, session_count, new_user_count"
            connection.executemany(f"INSERT INTO user_trend ({columns}) VALUES (?, ?, ?, ?, ?)", _rows(apps))
        with open_history(path) as history:
            for app in apps[:ALERTS]:
                history.alerts.save(_alert(app), NOW)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started = time.perf_counter()
            notice = compose(history, "weekly", scope, WEEK, NOW)
            composed = time.perf_counter()
            queue(history, notice, ("growth",), NOW)
            history.digests.find("weekly", WEEK)
            kept = time.perf_counter()
            mail = Renderer().mail(notice, Language.ZH)
            written = time.perf_counter()
            more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(
            f"{len(apps)} mini-programs: {composed - started:.1f} s to compose,"
            f" {kept - composed:.1f} s to freeze and read back, {written - kept:.1f} s to write;"
            f" {len(mail.html.encode()) / 1000:.0f} kB of HTML,"
            f" {len(mail.attachments[0].content) / 1e6:.1f} MB of CSV, {more:.0f} MB more memory"
        )


def _rows(apps: tuple[App, ...]) -> Iterator[tuple[str, int, int, int, int]]:
    last = Period.containing(WEEK.last)
    for number in range(DAYS - 1, -1, -1):
        period = str(last.shift(-number))
        for app in apps:
            yield period, app.id, 1000 + (app.id * 7 + number * 13) % 900, 2000, 100


def _alert(app: App) -> Alert:
    return Alert(
        id=0,
        rule="new-users-drop",
        app_id=app.id,
        dimensions=(),
        state=State.FIRING,
        severity=Severity.WARNING,
        since=Period.parse("2026-11-20"),
        period=Period.parse("2026-11-22"),
        figures=Figures(60.0, 100.0, -40.0, -40.0),
    )
