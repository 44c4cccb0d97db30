"""What a figure takes on the disk: a history written by ``save_all``, day by day, as a poll does.

Six reports of BENCH_APPS mini-programs (100) over BENCH_DAYS days (60), dense: 20 pages, 15 sources and 34
regions a day. Reports with a time axis are read a week at a time, so that each day is read seven times, and
one row in a hundred is another when it is read again. A value is a metric that is not missing. SQLite itself
counts the pages of each table and index.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bench.ingest import NOW
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit

ROWS = {
    "user_trend": 1,
    "activity_user": 1,
    "retained_user": 8,
    "visit_page": 20,
    "source": 15,
    "region": 34,
}
LOGS = ("readings", "readings_news", "revisions", "revisions_news")
TOGETHER = 100
CORRECTED = 0.01
_WEEK, _YEAR = 7, 365
_NAMES: dict[str, Callable[[int], str]] = {
    "page_id": lambda number: str(10_811_489_425_798_243_863 + 7_919 * number),
    "region": lambda number: f"地区{number}",
    "source": lambda number: str(1_181_000_000 + number),
    "scene": lambda _: "",
}


def main() -> None:
    """Print bytes a row and a value of each table, and what a mini-program takes in a year."""
    apps, days = (int(os.environ.get(*each)) for each in (("BENCH_APPS", "100"), ("BENCH_DAYS", "60")))
    with tempfile.TemporaryDirectory() as folder, open_history(Path(folder) / "history.db") as history:
        for back in range(days - 1, -1, -1):
            _poll(history, apps, NOW - timedelta(days=back))
        _show(history, apps * days / _YEAR / 1e-6)


def _show(history: History, scale: float) -> None:
    pages = dict(history._connection.select("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    print(f"{'':16}{'rows':>10} {'B/row':>7} {'B/value':>8} {'MB an app a year':>17}")
    for name in ROWS:
        values = " + ".join(f"count({metric.name})" for metric in TABLES[name].report.metrics)
        ((rows, held),) = history._connection.select(f"SELECT count(*), {values} FROM {name}")
        size = pages[name]
        print(f"{name:16}{rows:10,} {size / rows:7.1f} {size / held:8.2f} {size / scale:17.3f}")
    figures, logs = (sum(pages[name] for name in names) for names in (ROWS, LOGS))
    for name in LOGS:
        print(f"{name:44}{pages[name] / scale:17.3f}")
    print(f"{'figures':44}{figures / scale:17.3f}\n{'and logs':44}{(figures + logs) / scale:17.3f}")


def _poll(history: History, apps: int, now: datetime) -> None:
    last = Period.newest_closed(now)
    for name in ROWS:
        table = TABLES[name]
        first = last if table.is_breakdown else last.shift(1 - _WEEK)
        readings = [(_reading(Query(table, app, first, last)), now) for app in range(1, apps + 1)]
        for start in range(0, apps, TOGETHER):
            history.observations.save_all(readings[start : start + TOGETHER])


def _reading(query: Query) -> Reading:
    return Reading(query, tuple(row for day in query.periods for row in _rows(query, day)))


def _rows(query: Query, day: Period) -> Iterator[Observation]:
    report = query.table.report
    chance, later = (Random(f"{report.name} {query.app_id} {each}") for each in (day, f"{day} {query.last}"))
    for number in range(ROWS[report.name]):
        figures = [
            chance.randint(1, 5000) if metric.unit is Unit.COUNT else round(100 * chance.random(), 2)
            for metric in report.metrics
        ]
        if day < query.last and later.random() < CORRECTED:
            figures[0] += 1
        yield Observation(
            day,
            tuple(number + 2 if each.integer else _NAMES[each.name](number) for each in report.dimensions),
            tuple(f"pages/detail{number}/detail" if each.name == "page" else None for each in report.texts),
            tuple(figures),
        )


if __name__ == "__main__":
    main()
