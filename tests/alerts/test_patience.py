"""How often people hear of one thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from smartapp_watch.alerts.alert import Alert, Figures, State
from smartapp_watch.alerts.patience import is_left_to_digest, reminder_due
from smartapp_watch.rules.rule import Severity
from tests.build import DAY

NOW = DAY.closes() + timedelta(hours=12)
ALERT = Alert(1, "a-rule", 1, (), State.FIRING, Severity.WARNING, DAY, DAY, Figures())


@pytest.mark.parametrize(
    ("hours", "day"),
    [(0, 0), (23, 0), (24, 1), (47, 1), (48, 0), (72, 3), (96, 0), (168, 7), (191, 7), (192, 0)],
)
def test_reminders_slow_down_and_then_leave_it_to_the_digest(hours: int, day: int) -> None:
    assert reminder_due(NOW - timedelta(hours=hours), NOW) == day


@pytest.mark.parametrize(("beginnings", "quiet"), [(1, False), (2, False), (3, True), (7, True)])
def test_from_the_third_beginning_on_a_series_flaps(beginnings: int, quiet: bool) -> None:
    assert is_left_to_digest(ALERT, beginnings, NOW) is quiet


def test_what_stays_open_for_five_periods_flaps_no_longer() -> None:
    assert is_left_to_digest(replace(ALERT, breaches=4), 3, NOW)
    assert not is_left_to_digest(replace(ALERT, breaches=5), 3, NOW)


def test_what_stays_clear_for_five_periods_flaps_no_longer() -> None:
    over = replace(ALERT, state=State.RESOLVED)
    assert is_left_to_digest(over, 3, NOW + timedelta(days=3))
    assert not is_left_to_digest(over, 3, NOW + timedelta(days=4))
