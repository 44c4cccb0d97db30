"""Figures that are late for nearly everybody: one word of that, and none of each mini-program."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta

import pytest

from smartapp_watch.alerts.alert import State
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.patience import STILL
from smartapp_watch.alerts.silence import Hold
from smartapp_watch.evaluate import evaluate
from smartapp_watch.evaluate.explain import explain
from smartapp_watch.history.database import History
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.rules.rule import Late
from tests.build import DAY, above, rule
from tests.daily import scope, tell

APPS = tuple(App(number, f"app {number}") for number in range(1, 7))
NUMBERS = tuple(app.id for app in APPS)
LATE = rule("user_trend.new_user_count", Late(time(14)), name="late")
MANY = rule("user_trend.new_user_count", above(50), name="many")


def at(day: Period, hour: int) -> datetime:
    """An hour of the day after."""
    return datetime.combine(day.shift(1).first, time(hour), BEIJING)


def publish(history: History, day: Period, apps: Collection[int], hour: int = 9) -> None:
    for app in APPS:
        if app.id in apps:
            history.observations.save(tell(app, [100], day), at(day, hour))


def a_week(history: History) -> None:
    for number in range(7, 0, -1):
        publish(history, DAY.shift(-number), NUMBERS)


def judge(history: History, now: datetime, of: str = "late") -> list[tuple[str, int | None]]:
    """Judge at a time; what was queued of one rule thereby, but for reminders."""
    before = len(history.outbox.undelivered())
    evaluate(history, scope(LATE, MANY, apps=APPS), now)
    new = [history.outbox.read(each).notice for each in history.outbox.due(now + timedelta(days=1))][before:]
    alerts = [notice for notice in new if isinstance(notice, AlertNotice) and notice.rule == of]
    return [(notice.type, notice.app_id) for notice in alerts if notice.reason != STILL]


def test_a_source_that_is_late_is_not_told_mini_program_by_mini_program(history: History) -> None:
    a_week(history)
    publish(history, DAY, (1, 2, 3))
    assert judge(history, at(DAY, 15)) == []
    alerts = history.alerts.open_alerts("late")
    assert [alert.app_id for alert in alerts] == [4, 5, 6]
    for alert in alerts:
        assert [each.held for each in history.held.story(alert.id)] == [Hold.SOURCE_LATE]


def test_what_is_still_late_when_the_source_is_not_is_told_then(history: History) -> None:
    a_week(history)
    publish(history, DAY, (1, 2, 3))
    judge(history, at(DAY, 15))
    publish(history, DAY, (4, 5), hour=16)
    assert judge(history, at(DAY, 17)) == [("fire", 6)]
    assert judge(history, at(DAY, 18)) == []
    publish(history, DAY, (6,), hour=18)
    assert judge(history, at(DAY, 19)) == [("resolve", 6)]


def test_what_came_while_the_source_was_late_is_never_told(history: History) -> None:
    a_week(history)
    judge(history, at(DAY, 15))
    publish(history, DAY, NUMBERS, hour=16)
    assert judge(history, at(DAY, 17)) == []
    assert history.alerts.waiting() == []


def test_a_source_that_is_late_stays_so_over_night(history: History) -> None:
    a_week(history)
    judge(history, at(DAY, 15))
    assert judge(history, at(DAY, 23) + timedelta(hours=5)) == []
    assert judge(history, at(DAY.shift(1), 15)) == []


def test_a_few_that_are_late_are_told_one_by_one(history: History) -> None:
    a_week(history)
    publish(history, DAY, (1, 2, 3, 4))
    assert judge(history, at(DAY, 15)) == [("fire", 5), ("fire", 6)]


def test_explain_says_that_the_source_is_late(history: History) -> None:
    a_week(history)
    judge(history, at(DAY, 15))
    watched = scope(LATE, MANY, apps=APPS)
    found = explain(history, watched, LATE, app_id=4, period=DAY, now=at(DAY, 15))
    words = "figures are late for 6 of 6 mini-programs; that is told as one"
    assert [each.held for each in found] == [words]


def test_an_alert_that_goes_stale_is_not_told_while_nobody_has_figures(history: History) -> None:
    a_week(history)
    publish(history, DAY, NUMBERS)
    assert len(judge(history, at(DAY, 22), of="many")) == len(APPS)
    for number in range(1, 9):
        assert judge(history, at(DAY.shift(number), 22), of="many") == []
    assert {alert.state for alert in history.alerts.open_alerts("many")} == {State.STALE}
    for number in range(1, 10):
        day = DAY.shift(number)
        for app in APPS[1:]:
            history.observations.save(tell(app, [100], day), at(DAY.shift(9), 15))
    assert judge(history, at(DAY.shift(9), 22), of="many") == [("stale", 1)]


def test_the_usual_number_outlasts_a_source_that_is_late_for_days(history: History) -> None:
    a_week(history)
    for number in range(10):
        found = history.health.arrivals(NUMBERS, time(14), BEIJING, at(DAY.shift(number), 15))
        assert (found.arrived, found.usual) == (0, 6)
    assert history.health.arrivals(NUMBERS[:4], time(14), BEIJING, at(DAY, 15)).usual == 4


@pytest.mark.parametrize("came", [0, 2, 3, 4, 6])
def test_the_quick_look_never_spares_a_source_that_is_late(history: History, came: int) -> None:
    a_week(history)
    publish(history, DAY, NUMBERS[:came])
    due = (NUMBERS, time(14), BEIJING, at(DAY, 15))
    assert history.health.came_for_most(*due) is not history.health.arrivals(*due).are_late
