"""The digest: what it adds up, what it leaves out, what it tells, and that it is composed once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import EventType, State
from smartapp_watch.alerts.digest_parts import EMPTY, NOT_READ, STOPPED, UNPOLLED, Answered, Gap, Polls
from smartapp_watch.alerts.notification import DigestNotice, Notification
from smartapp_watch.alerts.silence import Hold, Matchers
from smartapp_watch.deliver import deliver
from smartapp_watch.digest import Scope, compose, is_settled, queue
from smartapp_watch.digest.figures import LINES_WITH_DAYS
from smartapp_watch.digest.told import Told
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.database import History
from smartapp_watch.history.poll_log import Failure, NewestPoll
from smartapp_watch.history.silences import Ack
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.render import Renderer
from smartapp_watch.rules.rule import Severity
from tests.digests import (
    DROP,
    MONDAY,
    NEWS,
    NOW,
    SCOPE,
    SHOP,
    SUNDAY,
    WEEK,
    add,
    alert,
    save,
    save_weeks,
)

HORIZON = Horizon(60, timedelta(hours=9), 7)
FIRE, RESOLVE = EventType.FIRE, EventType.RESOLVE


@dataclass
class Refusing:
    """A receiver that takes nothing."""

    error: DeliveryError

    def send(self, _notification: Notification) -> str:
        """Refuse it."""
        raise self.error


def weekly(history: History, scope: Scope = SCOPE, period: Period = WEEK) -> DigestNotice:
    return compose(history, "weekly", scope, period, NOW)


def test_the_fleets_totals_are_compared_with_the_week_before(history: History) -> None:
    save(history, SHOP, 1000, MONDAY.shift(-7), MONDAY.shift(-1))
    save(history, SHOP, 1100, MONDAY, SUNDAY)
    users, sessions, new = weekly(history, Scope((SHOP,), ())).totals
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
    users = weekly(history).totals[0]
    assert (users.value, users.comparable, users.before) == (1500, 1000, 1000)
    assert users.change_percent == 0


def test_missing_days_are_said_and_are_no_zeros(history: History) -> None:
    save(history, SHOP, 1000, MONDAY.shift(-7), SUNDAY)
    save(history, NEWS, 500, MONDAY, SUNDAY.shift(-2))
    notice = weekly(history)
    assert notice.missing == ("示例资讯",)
    assert [line.days_known for line in notice.apps] == [7, 5]
    assert notice.apps[1].totals[0].daily == (500,) * 5 + (None, None)
    assert notice.apps[1].totals[0].change_percent is None
    assert (notice.apps[1].totals[0].value, notice.totals[0].value) == (500, 1500)


def test_nothing_known_is_no_total(history: History) -> None:
    notice = weekly(history)
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
    notice = weekly(history)
    assert [each.since for each in notice.open] == ["2026-11-17", "2026-11-10"]
    assert [each.since for each in notice.opened] == ["2026-11-17", "2026-11-16"]
    assert [each.since for each in notice.closed] == ["2026-11-16"]


def test_a_digest_of_an_older_period_tells_what_was_open_then(history: History) -> None:
    history.alerts.save(alert("2026-11-20", "2026-11-29", State.FIRING), NOW)
    history.alerts.save(alert("2026-11-19", "2026-11-25", State.RESOLVED), NOW)
    history.alerts.save(alert("2026-11-24", "2026-11-29", State.FIRING), NOW)
    assert weekly(history, period=WEEK.shift(-7)).open == ()
    notice = weekly(history)
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
    assert weekly(history).undelivered == 2
    assert compose(history, "later", SCOPE, WEEK.shift(52), NOW + timedelta(days=365)).undelivered == 2


def test_a_queued_digest_is_kept_once_however_many_receive_it(history: History, path: Path) -> None:
    save(history, SHOP, 1000, MONDAY, SUNDAY)
    notice = weekly(history)
    queue(history, notice, ("growth", "ops"), NOW)
    with closing(sqlite3.connect(path)) as people:
        assert max(people.execute("SELECT length(notice) FROM outbox"))[0] < 100
    assert [history.outbox.read(each).notice for each in history.outbox.due(NOW)] == [notice, notice]
    assert history.digests.has("weekly", WEEK)
    assert not history.digests.has("weekly", WEEK.shift(-1))


def test_a_digest_is_frozen_when_it_is_queued(history: History) -> None:
    save(history, SHOP, 1000, MONDAY, SUNDAY)
    first = weekly(history)
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


def test_the_totals_are_also_compared_with_the_median_of_four_weeks(history: History) -> None:
    save_weeks(history, SHOP, 700, 1000, 1300, 1000, 1200)
    users, sessions, _ = weekly(history, Scope((SHOP,), ())).totals
    assert (users.before, users.usual, users.usual_of) == (1000, 1000, 1200)
    assert users.from_usual_percent == 20
    assert sessions.usual == 14_000


def test_the_usual_is_of_apps_alone_that_every_week_is_known_of(history: History) -> None:
    save_weeks(history, SHOP, 1000, 1000, 1000, 1000, 1200)
    save_weeks(history, NEWS, 500, 500, 500, 600)
    users = weekly(history).totals[0]
    assert (users.value, users.comparable, users.before) == (1800, 1800, 1500)
    assert (users.usual_of, users.usual) == (1200, 1000)
    assert weekly(history, Scope((NEWS,), ())).totals[0].usual is None


def test_a_day_is_compared_with_its_own_weekday(history: History) -> None:
    for weeks, each in enumerate((1100, 1000, 900, 800, 700)):
        save(history, SHOP, each, SUNDAY.weeks_before(weeks), SUNDAY.weeks_before(weeks))
    save(history, SHOP, 5000, SUNDAY.shift(-6), SUNDAY.shift(-1))
    notice = compose(history, "daily", Scope((SHOP,), ()), SUNDAY, NOW)
    users = notice.totals[0]
    assert (notice.before, users.value, users.before, users.usual) == ("2026-11-15", 1100, 1000, 850)
    assert users.daily == (5000,) * 6 + (1100,)
    assert not users.a_day


@pytest.mark.parametrize(
    ("week", "before", "title", "file"),
    [
        ("2026-W53", "2026-W52", "第53周 · 2026年12月28日–2027年1月3日", "fleet-2026-W53.csv"),
        ("2027-W01", "2026-W53", "第1周 · 2027年1月4日–10日", "fleet-2027-W01.csv"),
    ],
)
def test_weeks_go_on_over_new_year(history: History, week: str, before: str, title: str, file: str) -> None:
    period = Period.parse(week)
    save_weeks(history, SHOP, 1000, 1000, 1000, 1000, 1100, last=Period.containing(period.last))
    notice = compose(history, "weekly", Scope((SHOP,), ()), period, period.closes())
    mail = Renderer().mail(notice, Language.ZH)
    assert (notice.before, notice.totals[0].before, notice.totals[0].usual) == (before, 1000, 1000)
    assert notice.missing == ()
    assert mail.text.startswith(title)
    assert mail.attachments[0].name == file


def test_movers_are_named_only_where_it_is_many_users_and_a_good_part_of_them(history: History) -> None:
    weeks = {
        App(1, "up"): (2000, 2300),
        App(2, "more up"): (1000, 1500),
        App(3, "down"): (400, 100),
        App(4, "steady"): (10_000, 10_900),
        App(5, "small"): (40, 99),
        App(6, "from little"): (40, 100),
    }
    for app, users in weeks.items():
        save_weeks(history, app, *users)
    with_a_hole = App(7, "with a hole")
    save(history, with_a_hole, 1000, MONDAY.shift(-7), MONDAY.shift(-1))
    save(history, with_a_hole, 9000, MONDAY, SUNDAY.shift(-1))
    notice = weekly(history, Scope((*weeks, with_a_hole), ()))
    assert [line.name for line in notice.rising] == ["more up", "up", "from little"]
    assert [line.name for line in notice.falling] == ["down"]
    assert notice.falling[0].totals[0].daily == (100,) * 7


def test_at_most_five_are_named_each_way(history: History) -> None:
    apps = tuple(App(number) for number in range(1, 8))
    for app in apps:
        save_weeks(history, app, 1000, 1000 + 200 * app.id)
    assert [line.app_id for line in weekly(history, Scope(apps, ())).rising] == [7, 6, 5, 4, 3]


def test_those_that_need_a_look_come_first_and_then_those_with_most_users(history: History) -> None:
    apps = tuple(App(number) for number in range(1, 5))
    for app in apps[:3]:
        save_weeks(history, app, 1000 * app.id)
    add(history, alert("2026-11-20", "2026-11-22", app=apps[0]), FIRE)
    add(history, alert("2026-11-21", "2026-11-22", app=apps[0], dimensions=(("page_id", "a"),)), FIRE)
    lines = weekly(history, Scope(apps, (DROP,))).apps
    assert [(line.app_id, line.alerts) for line in lines] == [(1, 2), (3, 0), (2, 0), (4, 0)]


def test_single_days_are_kept_of_those_alone_that_a_message_shows(history: History) -> None:
    apps = tuple(App(number) for number in range(1, LINES_WITH_DAYS + 6))
    for app in apps:
        save_weeks(history, app, 1000)
    lines = weekly(history, Scope(apps, ())).apps
    with_days = [line for line in lines if line.totals[0].daily]
    assert with_days == list(lines[:LINES_WITH_DAYS])
    assert not any(total.daily for line in lines for total in line.totals[1:])


def test_what_is_missing_is_said_with_its_days_and_why(history: History) -> None:
    lost, refused, fresh, idle = App(3, "lost"), App(4, "refused"), App(5, "fresh"), App(6, "idle")
    thursday, wednesday = SUNDAY.shift(-3), SUNDAY.shift(-4)
    for app in (SHOP, NEWS, refused):
        save(history, app, 1000, MONDAY, wednesday)
    save(history, lost, None, MONDAY, SUNDAY)
    failures = [Failure(app, "user_trend", f"{thursday}..{SUNDAY}", "unavailable", "busy") for app in (1, 2)]
    failures += [
        Failure(4, "user_trend", str(thursday), "refused", "no"),
        Failure(4, "source", "x", "a", "b"),
    ]
    history.polls.note_newest(NewestPoll(tuple(failures)))
    scope = Scope((lost, refused, fresh, idle, SHOP, NEWS), (), unpolled=frozenset({idle.id}))
    week = tuple(str(MONDAY.shift(day)) for day in range(7))
    gaps = weekly(history, scope).gaps
    assert gaps[0] == Gap(week[3:], "unavailable", ("示例商城", "示例资讯"), 2)
    assert set(gaps[1:]) == {
        Gap(week, EMPTY, ("lost",), 1),
        Gap(week[3:4], "refused", ("refused",), 1),
        Gap(week[4:], NOT_READ, ("refused",), 1),
        Gap(week, NOT_READ, ("fresh",), 1),
        Gap(week, UNPOLLED, ("idle",), 1),
    }
    history.polls.note_newest(NewestPoll(stopped="no calls left"))
    notice = weekly(history, Scope((fresh,), ()))
    assert notice.gaps == (Gap(week, STOPPED, ("fresh",), 1),)
    assert notice.failures == ("no calls left",)


def test_a_poll_that_was_cut_short_is_no_news_where_nothing_is_missing(history: History) -> None:
    save(history, SHOP, 1000, MONDAY, SUNDAY)
    history.polls.note_newest(NewestPoll(stopped="the time for one poll is over"))
    assert weekly(history, Scope((SHOP,), ())).failures == ()


def test_what_failed_for_one_reason_is_said_once(history: History) -> None:
    apps = tuple(App(number, f"app {number}") for number in range(1, 31))
    failures = [Failure(app.id, "visit_page", "2026-11-22", "token", "expired\n(110)") for app in apps[:25]]
    failures += [
        Failure(None, "tp_data", "2026-11-22", "refused", "no"),
        Failure(99, "source", "x", "y", "z"),
    ]
    history.polls.note_newest(NewestPoll(tuple(failures)))
    many, platform = weekly(history, Scope(apps, ())).unread
    assert (many.count, many.names, many.message) == (25, ("app 1", "app 2", "app 3"), "expired (110)")
    assert (platform.report, platform.count) == ("tp_data", 0)
    assert len(weekly(history, Scope(apps, (), of_platform=False)).unread) == 1


def test_of_many_alerts_the_first_are_kept_and_all_are_counted(history: History) -> None:
    for number in range(25):
        add(history, alert("2026-11-17", "2026-11-22", dimensions=(("page_id", str(number)),)), FIRE)
        add(
            history,
            alert("2026-11-17", "2026-11-18", State.RESOLVED, dimensions=(("page_id", f"-{number}"),)),
        )
    notice = weekly(history)
    assert (len(notice.open), len(notice.opened), len(notice.closed)) == (5, 20, 20)
    assert (notice.tally.open, notice.tally.opened, notice.tally.closed) == (25, 50, 25)
    assert {line.name: line.alerts for line in notice.apps} == {"示例商城": 25, "示例资讯": 0}


def test_alerts_of_other_apps_are_none_of_a_digests(history: History) -> None:
    add(history, alert("2026-11-17", "2026-11-22", app=NEWS), FIRE)
    add(history, alert("2026-11-17", "2026-11-22", app=None), FIRE)
    assert len(weekly(history).open) == 2
    assert weekly(history, Scope((SHOP,), (DROP,), of_platform=False)).open == ()


@pytest.mark.parametrize(("period", "day"), [("2026-W53", "2027-01-01"), ("2026-12", "2026-12-22")])
def test_an_alert_of_a_longer_period_is_found_for_a_day_within_it(
    history: History, period: str, day: str
) -> None:
    add(history, alert(period, period, State.RESOLVED), FIRE)
    add(history, alert("2026-01-01", "2026-01-02", State.RESOLVED), FIRE)
    told = Told.read(history, SCOPE, Period.parse(day), NOW)
    assert [str(each.period) for each in told.alerts] == [period]


def test_what_a_silence_kept_quiet_is_said_with_its_purpose(history: History) -> None:
    inside, before = MONDAY.closes(), MONDAY.closes() - timedelta(days=2)
    history.silences.add(Matchers(), before, NOW, "release", "ann")
    for since, why, words, at in (
        ("2026-11-16", Hold.SILENCE, "silence 1: release: night", inside),
        ("2026-11-17", Hold.MAINTENANCE, "maintenance: rules.toml:3", inside),
        ("2026-11-18", Hold.SHADOW, "the rule is in shadow", inside),
        ("2026-11-14", Hold.SILENCE, "silence 1: release", before),
    ):
        (event,) = add(history, alert(since, "2026-11-22"), FIRE, at=at)
        history.held.hold(event, why, words)
    notice = weekly(history)
    assert [(each.since, each.reason) for each in notice.silenced] == [
        ("2026-11-16", "release: night"),
        ("2026-11-17", "rules.toml:3"),
    ]
    assert notice.tally.silenced == 2


def test_half_of_the_answers_came_within_that_time(history: History) -> None:
    for number, minutes in enumerate((10, 30, 90), start=1):
        add(history, alert("2026-11-17", "2026-11-22"), FIRE, at=NOW)
        history.silences.acknowledge(Ack(number, "ann", "", NOW + timedelta(minutes=minutes)))
        history.silences.acknowledge(Ack(number, "bob", "", NOW + timedelta(minutes=500)))
    add(history, alert("2026-11-18", "2026-11-22"), FIRE)
    (silent,) = add(history, alert("2026-11-19", "2026-11-22"), FIRE)
    history.held.hold(silent, Hold.SILENCE)
    history.silences.acknowledge(Ack(5, "ann", "", NOW))
    add(history, alert("2026-11-02", "2026-11-22"), FIRE, at=NOW - timedelta(days=20))
    history.silences.acknowledge(Ack(6, "ann", "", NOW))
    assert weekly(history).answered == Answered(3, 1800)


def test_a_series_that_comes_and_goes_is_named_with_how_often(history: History) -> None:
    for since in ("2026-11-09", "2026-11-13", "2026-11-20"):
        add(history, alert(since, since, State.RESOLVED), FIRE, RESOLVE)
    for since in ("2026-11-08", "2026-11-13", "2026-11-20"):
        add(history, alert(since, since, State.RESOLVED, app=NEWS), FIRE)
    for since in ("2026-11-15", "2026-11-17", "2026-11-19"):
        add(history, alert(since, since, State.RETRACTED, dimensions=(("page_id", "a"),)), FIRE)
    (flapping,) = weekly(history).flapping
    assert (flapping.alert.since, flapping.alert.app_name, flapping.times) == ("2026-11-20", "示例商城", 3)


def test_how_the_polls_of_the_period_went_is_added_up(history: History) -> None:
    inside = MONDAY.closes()
    for at, calls in ((inside, 100), (inside + timedelta(days=3), 50), (SUNDAY.closes(), 7), (NOW, 7)):
        history.polls.add(at, calls, failed=2, retried=3)
    history.polls.add(MONDAY.shift(-1).closes() - timedelta(seconds=1), 1000, 0, 0)
    assert weekly(history).polls == Polls(runs=2, calls=150, failed=4, retried=6)


def test_who_did_not_get_what_is_said_and_who_is_off(history: History) -> None:
    inside = MONDAY.closes()
    gone = DeliveryError("channel_not_found", permanent=True)
    for number in range(3):
        history.outbox.queue(f"a/{number}", "ops", example_alert(FIRE, Language.ZH), inside)
    deliver(history, {"ops": Refusing(gone)}, inside)
    history.outbox.troubles.note("removed", "gone", inside, is_off=True)
    notice = weekly(history, replace(SCOPE, receivers=frozenset({"ops"})))
    assert [(each.receiver, each.count, each.given_up) for each in notice.waiting] == [("ops", 3, False)]
    assert notice.undelivered == 3
    assert [(each.name, each.error) for each in notice.receivers_off] == [("ops", "channel_not_found")]
    assert len(weekly(history).receivers_off) == 2


def test_cards_show_how_their_series_went_and_lists_do_not(history: History) -> None:
    save_weeks(history, SHOP, 1000, 1000, 1000, 1000, 1000, 600)
    add(history, alert("2026-11-16", "2026-11-22"), FIRE)
    notice = weekly(history, replace(SCOPE, horizon=HORIZON))
    (card,) = notice.open
    assert card.trend is not None
    assert card.trend.values[-1] == 60
    assert notice.opened[0].trend is None
    assert weekly(history).open[0].trend is None


def test_sent_again_it_has_the_same_numbers_file_and_charts(history: History) -> None:
    save_weeks(history, SHOP, 1000, 1000, 1000, 1000, 1000, 600)
    add(history, alert("2026-11-16", "2026-11-22"), FIRE)
    scope = replace(SCOPE, horizon=HORIZON)
    queue(history, weekly(history, scope), ("growth",), NOW)
    first = Renderer().mail(weekly(history, scope), Language.ZH)
    save_weeks(history, SHOP, 2000, 2000, 2000, 2000, 2000, 2600)
    (message,) = history.outbox.due(NOW)
    sent = history.outbox.read(message).notice
    assert isinstance(sent, DigestNotice)
    again = Renderer().mail(sent, Language.ZH)
    assert again == first
    assert again.attachments == first.attachments
    assert len(again.pictures) == 1


def test_a_larger_fleet_is_read_by_no_more_statements(history: History) -> None:
    counts = []
    for size in (20, 200):
        apps = tuple(App(number) for number in range(1, size + 1))
        for app in apps[1:]:
            save(history, app, 1000, SUNDAY.shift(-1), SUNDAY)
        statements: list[str] = []
        history._connection.raw.set_trace_callback(statements.append)
        weekly(history, Scope(apps, (DROP,)))
        history._connection.raw.set_trace_callback(None)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 40
