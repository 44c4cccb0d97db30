"""Numbers for whoever watches the service: found by a key, for they are asked for every few seconds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smartapp_watch.history.census import Census
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from tests.history.made import MORNING, TREND, period, reading, row
from tests.history.test_plans import plans

DAY = period("2026-11-22")


@pytest.mark.parametrize(
    ("read", "key"),
    [
        (lambda it: it.open_alerts(), "USING INDEX alerts_open"),
        (lambda it: it.waiting(), "USING INDEX outbox_waiting"),
        (lambda it: it.newest_poll(), "SEARCH polls"),
        (lambda it: it.newest_period(TREND), "USING PRIMARY KEY (report=?)"),
        (lambda it: it.missing(TREND, DAY), "USING PRIMARY KEY (report=? AND period=?)"),
    ],
)
def test_what_is_counted_is_found_by_a_key(
    history: History, read: Callable[[Census], object], key: str
) -> None:
    history.analyze()
    steps = [
        plan for plan in plans(history, lambda: read(history.census)) if "readings" in plan or key in plan
    ]
    assert steps
    assert all(key in step for step in steps), steps


@pytest.mark.parametrize(
    ("name", "before", "now"),
    [
        ("user_trend", "2026-11-15", "2026-11-22"),
        ("user_trend_hour", "2026-11-15T23", "2026-11-22T23"),
        ("user_trend_week", "2026-W46", "2026-W47"),
        ("user_trend_month", "2026-09", "2026-10"),
    ],
)
def test_missing_is_who_had_figures_a_week_before_or_the_month(
    history: History, name: str, before: str, now: str
) -> None:
    table = TABLES[name]
    for app_id, periods in {1: (before, now), 2: (before,), 3: (now,)}.items():
        for text in periods:
            history.observations.save(
                reading(table, app_id, row(table, text, user_count=5), first=text), MORNING
            )
    history.observations.save(reading(table, 2, first=now), MORNING)  # asked, and there was nothing
    assert history.census.missing(table, period(now)) == {2}
    assert str(history.census.newest_period(table)) == now
