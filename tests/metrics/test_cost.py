"""What a table costs a day once its history is filled."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.cost import calls_a_day
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import BEIJING

HORIZON = Horizon(history_days=60, settle=timedelta(hours=9), recheck_days=7)


def day_of(*hours: int) -> list[datetime]:
    return [datetime(2026, 11, 25, hour, 7, tzinfo=BEIJING) for hour in hours]


@pytest.mark.parametrize(
    ("name", "hours", "calls"),
    [
        ("visit_page", (8, 9), 2),  # once before it settles, once after
        ("visit_page", (12,), 1),
        ("visit_page", range(8, 24), 2),
        ("user_trend", range(8, 24), 2),
        ("retained_user", (12,), 2),  # counts and ratios
        ("terminal", (12,), 5),  # a call for each kind of terminal
        ("user_trend_hour", (12,), 1),
        ("user_trend_week", (12,), 1),
        ("user_trend_month", (12,), 0),  # late in the month nobody looks at the one before
    ],
)
def test_calls_of_a_day(name: str, hours: tuple[int, ...], calls: int) -> None:
    assert calls_a_day(TABLES[name], HORIZON, day_of(*hours)) == calls


def test_a_long_history_costs_no_more_than_a_short_one() -> None:
    for name, table in TABLES.items():
        costs = {
            calls_a_day(table, Horizon(days, timedelta(hours=9), 7), day_of(8, 12)) for days in (10, 400)
        }
        assert len(costs) == 1, name
