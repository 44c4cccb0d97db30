"""Judging one day of many mini-programs, against the bare scan of the rows that the rules look at.

The shipped rules on a history with 60 days of a made-up fleet, dense: 20 pages each. The scan adds up, in
SQL, just the columns and periods that the rules read.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from smartapp_watch.config.load import load
from smartapp_watch.evaluate import Scope, Watched, evaluate
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.metrics.report import Table, Unit
from smartapp_watch.rules.rule import Rule
from smartapp_watch.shipped_files import shipped

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
LATER = NOW + timedelta(days=2)
HORIZON = Horizon(60, timedelta(hours=9), 7)
DAYS, PAGES = 60, 20
REPORTS = ("user_trend", "activity_user", "retained_user", "visit_page")


def main() -> None:
    """Print the processor time of one day's evaluation, of the scan, their ratio, and the memory."""
    apps = int(os.environ.get("BENCH_APPS", "1000"))
    rules = tuple(each for each in load(shipped("watch.toml")).rules if each.table.name in REPORTS)
    with tempfile.TemporaryDirectory() as folder, open_history(Path(folder) / "history.db") as history:
        fill(history, apps, DAYS)
        watched = tuple(Watched(App(number), frozenset(REPORTS)) for number in range(1, apps + 1))
        scope = Scope(rules, watched, (), HORIZON)
        newest = Period.newest_closed(NOW)
        started = time.process_time()
        evaluate(history, scope, LATER - timedelta(hours=1), until=newest.shift(-1))
        first = time.process_time() - started
        started = time.process_time()
        evaluate(history, scope, LATER, until=newest)
        judged = time.process_time() - started
        scanned = scan(history, rules, newest)
    print(f"{apps} apps, {len(rules)} rules, {PAGES} pages each")
    print(f"first judgement of {DAYS} days: {first:.1f} s")
    each = judged / apps * 1e6
    print(f"one day: {judged:.2f} s, {each:.0f} us an app; scan {scanned:.2f} s; x {judged / scanned:.1f}")


def fill(history: History, apps: int, days: int) -> None:
    """Sixty days of figures that scatter a little, and two of which fall."""
    chance = random.Random(7)
    last = Period.newest_closed(NOW)
    for number in range(days - 1, -1, -1):
        day = last.shift(-number)
        read_at = day.closes(2) + timedelta(hours=10)
        with history.transaction():
            for app in range(1, apps + 1):
                for name in REPORTS:
                    table = TABLES[name]
                    rows = tuple(_rows(table, day, chance))
                    history.observations.save(Reading(Query(table, app, day, day), rows), read_at)


def _rows(table: Table, day: Period, chance: random.Random) -> list[Observation]:
    dimensions: list[tuple[str | int, ...]] = [()]
    if table.name == "visit_page":
        dimensions = [(f"p{number}",) for number in range(PAGES)]
    if table.name == "retained_user":
        dimensions = [(nth,) for nth in range(2, 10)]
    texts = tuple("pages/x" for _ in table.report.texts)
    return [Observation(day, each, texts, _values(table, chance)) for each in dimensions]


def _values(table: Table, chance: random.Random) -> tuple[float, ...]:
    whole = chance.randint(4500, 5500)
    values: list[float] = []
    for metric in table.report.metrics:
        if metric.name in ("exit_count", "retained_user_count", "new_user_count", "old_user_count"):
            values.append(whole * 2 // 5)
        elif metric.unit is Unit.COUNT:
            values.append(whole)
        else:
            values.append(round(100 * (whole * 2 // 5) / whole, 2))
    return tuple(values)


def scan(history: History, rules: tuple[Rule, ...], newest: Period) -> float:
    """Seconds to read, in Python tuples, just the rows that the rules look at for one day."""
    started = time.process_time()
    for rule in rules:
        periods = [newest, *(newest.weeks_before(weeks) for weeks in range(1, 9))]
        sum(1 for _ in history.observations.rows(rule.table, periods, [rule.metric.name], rule.where))
    return time.process_time() - started


if __name__ == "__main__":
    main()
