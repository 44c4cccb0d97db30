"""Evaluation on a real history: each test writes what the API said, day by day, and judges it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from smartapp_watch.alerts.alert import Event, State
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.errors import UsageError
from smartapp_watch.evaluate import evaluate
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.rules.rule import (
    Rule,
    Selector,
    SelectorKind,
    Severity,
)
from tests.build import DAY, above, change, rule
from tests.daily import APP, DROP, OTHER, WEEKS_OF_100, live, noon_after, scope, tell, told


def test_a_drop_fires_on_its_day_and_resolves_on_the_first_clear_one(history: History) -> None:
    assert live(history, [*WEEKS_OF_100, 60, 55, 100]) == [
        ("fire", "预约挂号", "2026-11-20"),
        ("resolve", "预约挂号", "2026-11-20"),
    ]


def test_a_quiet_app_tells_nothing(history: History) -> None:
    assert live(history, [*WEEKS_OF_100, 95, 104, 71]) == []


def test_judging_twice_tells_nothing_more(history: History) -> None:
    assert len(live(history, [*WEEKS_OF_100, 60])) == 1
    assert evaluate(history, scope(), noon_after(DAY)) == []
    assert evaluate(history, scope(), noon_after(DAY) + timedelta(hours=8)) == []


def test_a_first_judgement_tells_only_what_is_open_now(history: History) -> None:
    history.observations.save(tell(APP, [*WEEKS_OF_100, 10, 100, 100, 60, 60]), noon_after(DAY))
    assert told(evaluate(history, scope(), noon_after(DAY))) == [("fire", "预约挂号", "2026-11-21")]


def test_after_days_of_standstill_what_is_open_is_told_once_and_as_late(history: History) -> None:
    live(history, WEEKS_OF_100)
    later = DAY.shift(5)
    history.observations.save(tell(APP, [10, 100, 60, 55, 50], later), noon_after(later))
    ((event, _),) = evaluate(history, scope(), noon_after(later))
    assert (event.type, str(event.alert.since), event.reason) == ("fire", "2026-11-25", "late")


def test_a_value_that_is_not_final_waits(history: History) -> None:
    live(history, WEEKS_OF_100)
    day = DAY.shift(1)
    early = day.closes() + timedelta(hours=8)
    history.observations.save(tell(APP, [10], day), early)
    assert evaluate(history, scope(), early) == []
    assert evaluate(history, scope(), early + timedelta(hours=4)) == []
    history.observations.save(tell(APP, [100], day), noon_after(day))
    assert evaluate(history, scope(), noon_after(day)) == []


@pytest.mark.parametrize("missing", ["no row", "not asked"])
def test_a_missing_day_is_neither_a_drop_nor_an_end(history: History, missing: str) -> None:
    live(history, [*WEEKS_OF_100, 60])
    day = DAY.shift(1)
    if missing == "no row":
        history.observations.save(tell(APP, [None], day), noon_after(day))
    assert evaluate(history, scope(), noon_after(day)) == []
    after_the_wait = day.closes() + timedelta(hours=9 + 48)
    assert evaluate(history, scope(), after_the_wait) == []
    (alert,) = history.alerts.open_alerts()
    assert (alert.state, alert.unknowns) == (State.FIRING, 1)


def test_one_app_without_data_holds_up_no_other(history: History) -> None:
    for app in (APP, OTHER):
        history.observations.save(tell(app, WEEKS_OF_100), noon_after(DAY))
    both = scope(apps=(APP, OTHER))
    evaluate(history, both, noon_after(DAY))
    day = DAY.shift(1)
    history.observations.save(tell(OTHER, [10], day), noon_after(day))
    assert told(evaluate(history, both, noon_after(day))) == [("fire", "城市公交", str(day))]


def test_a_rule_judges_only_the_apps_it_names(history: History) -> None:
    for app in (APP, OTHER):
        history.observations.save(tell(app, [*WEEKS_OF_100, 10]), noon_after(DAY))
    selective = Rule(
        **{
            **{name: getattr(DROP, name) for name in DROP.__slots__},
            "apps": (Selector(SelectorKind.TAG, "hea*"),),
        }
    )
    assert told(evaluate(history, scope(selective, apps=(APP, OTHER)), noon_after(DAY))) == [
        ("fire", "预约挂号", "2026-11-22")
    ]


def test_what_is_told_is_queued_for_each_receiver_in_the_same_transaction(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60], scope(receivers=("ops", "growth")))
    keys = [message.key for message in history.outbox.due(noon_after(DAY))]
    assert keys == ["alert/1/fire/1/ops", "alert/1/fire/1/growth"]


def test_a_dry_run_changes_nothing(history: History) -> None:
    history.observations.save(tell(APP, [*WEEKS_OF_100, 10]), noon_after(DAY))
    for _ in range(2):
        assert len(evaluate(history, scope(), noon_after(DAY), dry_run=True)) == 1
    assert history.alerts.all_alerts() == []
    assert history.outbox.due(noon_after(DAY)) == []


def test_time_may_not_run_backwards(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60])
    with pytest.raises(UsageError, match="dry-run"):
        evaluate(history, scope(), noon_after(DAY) - timedelta(hours=1))
    evaluate(history, scope(), noon_after(DAY) - timedelta(hours=1), dry_run=True)


def test_judging_up_to_a_period_leaves_the_later_ones_for_later(history: History) -> None:
    history.observations.save(tell(APP, [*WEEKS_OF_100, 100, 10]), noon_after(DAY))
    assert evaluate(history, scope(), noon_after(DAY), until=DAY.shift(-1)) == []
    assert len(evaluate(history, scope(), noon_after(DAY))) == 1


def test_an_alert_whose_rule_is_gone_is_closed(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60])
    other = rule("activity_user.lost_ratio", above(50), name="other")
    ((event, _),) = evaluate(history, scope(other), noon_after(DAY))
    assert (event.type, event.reason) == ("closed", "rule gone")


def test_an_alert_whose_app_is_gone_is_closed(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60])
    ((event, _),) = evaluate(history, scope(apps=(OTHER,)), noon_after(DAY))
    assert (event.type, event.reason) == ("closed", "app gone")


def test_an_edited_rule_closes_what_no_longer_holds_and_says_why(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60])
    milder = rule("user_trend.new_user_count", change("drops_by 50% against 4_weeks"), name=DROP.name)
    ((event, _),) = evaluate(history, scope(milder), noon_after(DAY))
    assert (event.type, event.reason) == ("closed", "rule changed")


def test_an_edit_of_words_and_severity_is_no_edit_of_meaning(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60])
    louder = rule(
        "user_trend.new_user_count",
        change("drops_by 30% against 4_weeks"),
        name=DROP.name,
        severity=Severity.CRITICAL,
    )
    assert evaluate(history, scope(louder), noon_after(DAY)) == []


def test_a_lasting_drop_stays_open_beyond_the_weeks_of_its_baseline(history: History) -> None:
    events = live(history, [*WEEKS_OF_100, *[60] * 27])
    assert [kind for kind, _, _ in events] == ["fire"]


def test_after_four_weeks_a_lasting_drop_is_a_new_level(history: History) -> None:
    events = live(history, [*WEEKS_OF_100, *[60] * 40])
    assert [kind for kind, _, _ in events] == ["fire", "closed"]


PAGES = TABLES["visit_page"]
EXITS = rule(
    "visit_page.bounce_ratio",
    change("rises_by 10pp against 4_weeks"),
    name="exits",
    where=[("page", "pages/checkout/*")],
)
VIEWS = rule("visit_page.pv_count", change("drops_by 50% against 4_weeks"), name="views")


def pages(day: Period, **exit_rates: float) -> Reading:
    rows = tuple(
        Observation(
            day, (name,), (f"pages/checkout/{name}", ""), (1000, None, None, None, None, rate, None, None)
        )
        for name, rate in exit_rates.items()
    )
    total = Observation(day, ("",), (None, None), (5000, 100.0, None, None, None, 50.0, None, None))
    return Reading(Query(PAGES, APP.id, day, day), (*rows, total))


def live_pages(history: History, watched: Rule, last: Reading) -> list[tuple[Event, AlertNotice]]:
    for number in range(56, 0, -1):
        day = DAY.shift(-number)
        history.observations.save(pages(day, pay=40.0, list=38.0), noon_after(day))
    evaluate(history, scope(watched), noon_after(DAY.shift(-1)))
    history.observations.save(last, noon_after(DAY))
    return evaluate(history, scope(watched), noon_after(DAY))


def test_each_page_is_watched_on_its_own_and_told_by_its_path(history: History) -> None:
    ((event, notice),) = live_pages(history, EXITS, pages(DAY, pay=61.0, list=38.5))
    assert event.alert.dimensions == (("page_id", "pay"),)
    assert notice.texts[0] == ("page", "pages/checkout/pay")
    assert notice.figures.change == pytest.approx(21.0)


def test_a_page_that_vanished_has_no_views_and_an_unknown_exit_rate(history: History) -> None:
    ((event, notice),) = live_pages(history, VIEWS, pages(DAY, list=38.0))
    assert event.alert.dimensions == (("page_id", "pay"),)
    assert notice.figures.value == 0
    assert notice.texts[0] == ("page", "pages/checkout/pay")


def test_a_vanished_pages_exit_rate_is_no_breach(history: History) -> None:
    dropping = rule("visit_page.bounce_ratio", change("changes_by 10pp against 4_weeks"), name="either")
    assert live_pages(history, dropping, pages(DAY, list=38.0)) == []


def test_the_total_of_a_breakdown_is_watched_only_where_it_is_asked_for(history: History) -> None:
    total = rule("visit_page.bounce_ratio", above(45), name="total", where=[("page_id", "")])
    live_pages(history, total, pages(DAY, pay=40.0))
    (alert,) = history.alerts.open_alerts()
    assert alert.dimensions == (("page_id", ""),)


RETENTION = TABLES["retained_user"]
NEXT_DAY = rule(
    "retained_user.retained_ratio",
    change("drops_by 25% against 4_weeks"),
    name="next-day",
    where=[("nth", "2")],
    at_least=[("active_user_count", 200)],
)


def cohorts(last: Period, ratio: float, newest_ratio: float | None) -> Reading:
    """The cohorts of nine weeks up to ``last``, of which only the newest differs."""
    rows = tuple(
        Observation(day, (2,), (), (1000, None if value is None else int(value * 10), value))
        for number in range(62, -1, -1)
        for day in [last.shift(-number)]
        for value in [newest_ratio if number == 0 else ratio]
    )
    return Reading(Query(RETENTION, APP.id, last.shift(-62), last), rows)


def test_a_cohorts_next_day_is_judged_when_that_day_is_final(history: History) -> None:
    cohort = DAY
    unripe = noon_after(cohort)
    history.observations.save(cohorts(cohort, 28.0, None), unripe)
    assert evaluate(history, scope(NEXT_DAY), unripe) == []
    ripe = noon_after(cohort.shift(1))
    history.observations.save(cohorts(cohort, 28.0, 14.0), ripe)
    ((event, notice),) = evaluate(history, scope(NEXT_DAY), ripe)
    assert (event.type, notice.period) == ("fire", str(cohort))
    assert dict(notice.figures.counts)["active_user_count"] == 1000


def test_a_cell_that_stays_without_a_value_is_no_drop(history: History) -> None:
    ripe = noon_after(DAY.shift(1))
    history.observations.save(cohorts(DAY, 28.0, None), ripe)
    assert evaluate(history, scope(NEXT_DAY), ripe) == []
    assert evaluate(history, scope(NEXT_DAY), ripe + timedelta(days=3)) == []
    assert history.alerts.all_alerts() == []


def test_the_platforms_totals_are_judged_without_an_app(history: History) -> None:
    table = TABLES["tp_data"]
    users = rule("tp_data.tp_day_user_count", change("drops_by 20% against 4_weeks"), name="platform")
    first = DAY.shift(-62)
    column = [metric.name for metric in table.report.metrics].index("tp_day_user_count")
    rows = tuple(
        Observation(
            first.shift(number),
            ("",),
            (),
            tuple((500 if number == 62 else 1000) if n == column else None for n in range(18)),
        )
        for number in range(63)
    )
    history.observations.save(Reading(Query(table, None, first, DAY), rows), noon_after(DAY))
    ((event, notice),) = evaluate(history, scope(users), noon_after(DAY))
    assert event.alert.app_id is None
    assert notice.app_name == ""


def test_weeks_are_compared_with_the_weeks_before(history: History) -> None:
    table = TABLES["user_trend_week"]
    weekly = rule("user_trend_week.new_user_count", change("drops_by 30% against 4_weeks"), name="weekly")
    last = Period.parse("2026-W47")
    rows = tuple(
        Observation(last.shift(number - 8), (), (), (500 if number == 8 else 1000, *[None] * 7))
        for number in range(9)
    )
    history.observations.save(Reading(Query(table, APP.id, last.shift(-8), last), rows), noon_after(DAY))
    ((_, notice),) = evaluate(history, scope(weekly), datetime(2026, 11, 23, 12, tzinfo=BEIJING))
    assert (notice.period, notice.figures.baseline) == ("2026-W47", 1000)
