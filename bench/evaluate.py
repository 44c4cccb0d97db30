"""Judging one day, and a backtest of 60, against the bare scan of what the rules look at.

The shipped rules on a made-up dense fleet of BENCH_APPS mini-programs (1,000) with BENCH_DAYS days (90). The
scan adds up, in SQL, just the columns of just the periods that the rules read; fetched, it brings the same
rows to Python as tuples and does nothing with them. All times are processor time, the scan's from before and
after. Of several, as in BENCH_APPS=100,1000, it tells how the day's cost grows.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from math import log
from pathlib import Path

from bench.fleet import NOW, REPORTS, fill
from smartapp_watch.config.load import load
from smartapp_watch.evaluate import Scope, Watched, evaluate
from smartapp_watch.evaluate.backtest import backtest
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.selection import Clause, join_clauses, matching, one_of, unmentioned
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.rules.baseline import candidates, same_weekdays
from smartapp_watch.rules.rule import Late, Rule
from smartapp_watch.shipped_files import shipped

HORIZON = Horizon(60, timedelta(hours=9), 7)
RULES = tuple(each for each in load(shipped("watch.toml")).rules if each.table.name in REPORTS)
BACKTEST_DAYS = 60


def main() -> None:
    """Print the time of each, its ratio to both scans, and the most memory that it took."""
    sizes = [(apps, days) for apps in _numbers("BENCH_APPS", "1000") for days in _numbers("BENCH_DAYS", "90")]
    judged = [_measure(*size) for size in sizes]
    for (apps, days), (more_apps, more_days), before, after in zip(
        sizes, sizes[1:], judged, judged[1:], strict=False
    ):
        growth = log(after / before)
        if days == more_days:
            print(
                f"{apps:,} to {more_apps:,} apps: one day grows as apps^{growth / log(more_apps / apps):.2f}"
            )
        elif apps == more_apps:
            print(f"from {days} days on, one day grows as days^{growth / log(more_days / days):.2f}")


def _numbers(name: str, usual: str) -> list[int]:
    return [int(each) for each in os.environ.get(name, usual).split(",")]


def _measure(apps: int, days: int) -> float:
    """Seconds of one day; prints that and the others."""
    watched = tuple(Watched(App(number), frozenset(REPORTS)) for number in range(1, apps + 1))
    scope = Scope(RULES, watched, (), HORIZON)
    print(f"{apps:,} apps, {days} days, {len(RULES)} rules")
    with tempfile.TemporaryDirectory() as folder, open_history(Path(folder) / "history.db") as history:
        fill(history, apps, days)
        _show_memory("filled")
        first = _seconds(lambda: evaluate(history, scope, NOW - timedelta(days=1)))
        print(f"first judgement of all days but one: {first:.2f} s")
        _show_memory("judged first")
        newest = Period.newest_closed(NOW)
        judged = _compare("one day", history, [newest], lambda: evaluate(history, scope, NOW))
        print(f"  {judged / apps * 1e6:.0f} us an app")
        _show_memory("judged a day")
        past = list(periods_between(newest.shift(1 - BACKTEST_DAYS), newest))
        title = f"backtest of {BACKTEST_DAYS} days"
        _compare(title, history, past, lambda: backtest(history, scope, NOW, BACKTEST_DAYS))
        _show_memory("backtest done")
    return judged


def _compare(title: str, history: History, periods: Sequence[Period], work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes; the machine may be slower or faster then, so it is scanned around it."""
    before = [_seconds(lambda: _scan(history, periods, "sum({})")) for _ in range(3)]
    spent = _seconds(work)
    after = [_seconds(lambda: _scan(history, periods, "sum({})")) for _ in range(2)]
    scanned = (min(before) + min(after)) / 2
    fetched = _seconds(lambda: _scan(history, periods, "{}"))
    print(
        f"{title}: {spent:.3f} s; scan {scanned:.3f} s: x {spent / scanned:.1f}; "
        f"fetched {fetched:.3f} s: x {spent / fetched:.1f}"
    )
    return spent


def _scan(history: History, periods: Sequence[Period], form: str) -> None:
    for rule in RULES:
        if isinstance(rule.condition, Late):
            continue
        clause, columns = _looked_at(rule, periods)
        keys = [] if form != "{}" else list(rule.table.key[1:])
        wanted = ", ".join((*keys, *(form.format(column) for column in columns)))
        sql = f"SELECT {wanted} FROM {rule.table.name} WHERE {clause.sql}"
        for _ in history._connection.select(sql, clause.values):
            pass


def _looked_at(rule: Rule, periods: Sequence[Period]) -> tuple[Clause, list[str]]:
    """Which rows a rule needs for these periods, each once, and which columns."""
    wanted = {
        str(each)
        for period in periods
        for each in (period, *candidates(rule, period), *same_weekdays(rule, period))
    }
    rows = (one_of("period", sorted(wanted)), *matching(rule.table, rule.where))
    columns = [rule.metric.name, *(rule.metric.of or ()), *(column for column, _ in rule.at_least)]
    return join_clauses((*rows, *unmentioned(rule.table, rule.where))), list(dict.fromkeys(columns))


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _show_memory(when: str) -> None:
    print(f"  {when}: at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB so far")


if __name__ == "__main__":
    main()
