"""The digest: what it adds up, what it leaves out, and that it is composed once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import Alert, EventType, Figures, State
from smartapp_watch.alerts.notification import Notification
from smartapp_watch.deliver import deliver
from smartapp_watch.digest import Scope, compose, is_settled, queue
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.rules.rule import Severity
from tests.build import change, rule

TREND = TABLES["user_trend"]
WEEK = Period.parse("2026-W47")
MONDAY, SUNDAY = Period.parse("2026-11-16"), Period.parse("2026-11-22")
NOW = SUNDAY.closes() + timedelta(hours=10)
SHOP, NEWS = App(1, "示例商城"), App(2, "示例资讯")
DROP = rule("user_trend.new_user_count", change("drops_by 30% against 4_weeks"), name="new-users-drop")
SCOPE = Scope((SHOP, NEWS), (DROP,))
HORIZON = Horizon(60, timedelta(hours=9), 7)


@dataclass
class Refusing:
    """A receiver that takes nothing."""

    error: DeliveryError

    def send(self, _notification: Notification) -> str:
        """Refuse it."""
        raise self.error


def save(history: History, app: App, users: int, first: Period, last: Period) -> None:
    """Every day the same users, twice as many sessions, a tenth of them new."""
    rows = tuple(
        Observation(day, (), (), (users // 10, None, None, None, users, users * 2, None, None))
        for day in periods_between(first, last)
    )
    history.observations.save(Reading(Query(TREND, app.id, first, last), rows), NOW)


def alert(since: str, period: str, state: State, severity: Severity = Severity.WARNING) -> Alert:
    return Alert(
        id=0,
        rule="new-users-drop",
        app_id=SHOP.id,
        dimensions=(),
        state=state,
        severity=severity,
        since=Period.parse(since),
        period=Period.parse(period),
        figures=Figures(60.0, 100.0, -40.0, -40.0),
    )


def test_the_fleets_totals_are_compared_with_the_week_before(history: History) -> None:
    save(history, SHOP, 1000, MONDAY.shift(-7), MONDAY.shift(-1))
    save(history, SHOP, 1100, MONDAY, SUNDAY)
    users, sessions, new = compose(history, "weekly", Scope((SHOP,), ()), WEEK, NOW).totals
    assert (users.metric, users.value, users.before, users.a_day) == (
        "user_trend.user_count",
        1100,
        1000,
        True,
    )
    assert (sessions.value, sessions.before, sessions.a_day) == (15400, 14000, False)
    assert new.change_percent == pytest.approx(10)
    assert users.daily == (1100,) * 7


def test_an_app_without_last_week_counts_in_the_total_and_not_in_the_change(history: History) -> None:
    save(history, SHOP, 1000, MONDAY.shift(-7), SUNDAY)
    save(history, NEWS, 500, MONDAY, SUNDAY)
    users = compose(history, "weekly", SCOPE, WEEK, NOW).totals[0]
    assert (users.value, users.comparable, users.before) == (1500, 1000, 1000)
    assert users.change_percent == 0


def test_missing_days_are_said_and_are_no_zeros(history: History) -> None:
    save(history, SHOP, 1000, MONDAY.shift(-7), SUNDAY)
    save(history, NEWS, 500, MONDAY, SUNDAY.shift(-2))
    notice = compose(history, "weekly", SCOPE, WEEK, NOW)
    assert notice.missing == ("示例资讯",)
    assert [line.days_known for line in notice.apps] == [7, 5]
    assert notice.apps[1].totals[0].daily == (500,) * 5 + (None, None)
    assert notice.apps[1].totals[0].change_percent is None
    assert (notice.apps[1].totals[0].value, notice.totals[0].value) == (500, 1500)


def test_nothing_known_is_no_total(history: History) -> None:
    notice = compose(history, "weekly", SCOPE, WEEK, NOW)
    assert [total.value for total in notice.totals] == [None, None, None]
    assert notice.missing == ("示例商城", "示例资讯")


def test_alerts_are_told_by_what_became_of_them_in_the_period(history: History) -> None:
    for each in (
        alert("2026-11-10", "2026-11-22", State.FIRING),
        alert("2026-11-17", "2026-11-22", State.FIRING, Severity.CRITICAL),
        alert("2026-11-16", "2026-11-18", State.RESOLVED),
        alert("2026-10-16", "2026-10-18", State.RESOLVED),
        alert("2026-11-21", "2026-11-22", State.PENDING),
    ):
        history.alerts.save(each, NOW)
    notice = compose(history, "weekly", SCOPE, WEEK, NOW)
    assert [each.since for each in notice.open] == ["2026-11-17", "2026-11-10"]
    assert [each.since for each in notice.opened] == ["2026-11-16", "2026-11-17"]
    assert [each.since for each in notice.closed] == ["2026-11-16"]


def test_a_digest_of_an_older_period_tells_what_was_open_then(history: History) -> None:
    history.alerts.save(alert("2026-11-20", "2026-11-29", State.FIRING), NOW)
    history.alerts.save(alert("2026-11-19", "2026-11-25", State.RESOLVED), NOW)
    history.alerts.save(alert("2026-11-24", "2026-11-29", State.FIRING), NOW)
    assert compose(history, "weekly", SCOPE, WEEK.shift(-7), NOW).open == ()
    notice = compose(history, "weekly", SCOPE, WEEK, NOW)
    assert [each.since for each in notice.open] == ["2026-11-19", "2026-11-20"]


def test_undelivered_is_what_died_or_waited_within_the_period(history: History) -> None:
    given_up = DeliveryError("552 too large", permanent=True, of_receiver=False)
    inside = MONDAY.closes()
    for key, receiver, at, error in (
        ("a/ops", "ops", inside - timedelta(days=9), given_up),
        ("b/ops", "ops", inside, given_up),
        ("c/growth", "growth", SUNDAY.closes() - timedelta(hours=1), DeliveryError("down")),
        ("d/late", "late", NOW, DeliveryError("down")),
    ):
        history.outbox.queue(key, receiver, example_alert(EventType.FIRE, Language.ZH), at)
        deliver(history, {receiver: Refusing(error), "growth": Refusing(DeliveryError("down"))}, at)
    assert compose(history, "weekly", SCOPE, WEEK, NOW).undelivered == 2
    assert compose(history, "later", SCOPE, WEEK.shift(52), NOW + timedelta(days=365)).undelivered == 2


def test_a_queued_digest_is_kept_once_however_many_receive_it(history: History, path: Path) -> None:
    save(history, SHOP, 1000, MONDAY, SUNDAY)
    notice = compose(history, "weekly", SCOPE, WEEK, NOW)
    queue(history, notice, ("growth", "ops"), NOW)
    with closing(sqlite3.connect(path)) as people:
        assert max(people.execute("SELECT length(notice) FROM outbox"))[0] < 100
    assert [history.outbox.read(each).notice for each in history.outbox.due(NOW)] == [notice, notice]
    assert history.digests.has("weekly", WEEK)
    assert not history.digests.has("weekly", WEEK.shift(-1))


def test_a_digest_is_frozen_when_it_is_queued(history: History) -> None:
    save(history, SHOP, 1000, MONDAY, SUNDAY)
    first = compose(history, "weekly", SCOPE, WEEK, NOW)
    assert queue(history, first, ("growth",), NOW) == 1
    save(history, SHOP, 2000, MONDAY, SUNDAY)
    again = compose(history, "weekly", SCOPE, WEEK, NOW + timedelta(days=1))
    assert again == first
    assert queue(history, again, ("growth", "ops"), NOW) == 1


def test_a_period_is_settled_when_every_day_of_every_app_is_final(history: History) -> None:
    save(history, SHOP, 1000, MONDAY, SUNDAY)
    assert is_settled(history, Scope((SHOP,), ()), WEEK, HORIZON)
    assert not is_settled(history, SCOPE, WEEK, HORIZON)
    assert is_settled(history, replace(SCOPE, unpolled=frozenset({NEWS.id})), WEEK, HORIZON)
    assert not is_settled(history, Scope((SHOP,), ()), WEEK, Horizon(60, timedelta(hours=11), 7))
