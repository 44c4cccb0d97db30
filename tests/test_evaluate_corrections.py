"""Data that change or come late, holidays, lateness, and how often people hear of one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.evaluate import evaluate
from smartapp_watch.evaluate.explain import explain
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import (
    Against,
    Change,
    Direction,
    Late,
    Scale,
    Unusual,
)
from tests.build import DAY, above, change, rule
from tests.daily import APP, DROP, TREND, WEEKS_OF_100, live, noon_after, scope, tell, told


def correct(history: History, day: Period, value: int, at: datetime) -> None:
    """A later reading has another figure for a day that was judged."""
    history.observations.save(tell(APP, [value], day), at)


def test_a_corrected_day_takes_its_alert_back_with_both_numbers(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60])
    later = noon_after(DAY) + timedelta(hours=20)
    correct(history, DAY, 95, later)
    ((event, _),) = evaluate(history, scope(), later)
    assert (event.type, event.reason) == ("retract", "corrected from 60 to 95")
    assert history.alerts.open_alerts() == []
    assert evaluate(history, scope(), later + timedelta(hours=1)) == []


def test_a_day_that_turns_out_bad_fires_late(history: History) -> None:
    live(history, [*WEEKS_OF_100, 100])
    later = noon_after(DAY) + timedelta(hours=20)
    correct(history, DAY, 60, later)
    assert told(evaluate(history, scope(), later)) == [("fire", "预约挂号", "2026-11-22")]


def test_an_end_that_was_none_opens_the_alert_again(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60, 100])
    later = noon_after(DAY) + timedelta(hours=20)
    correct(history, DAY, 58, later)
    ((event, notice),) = evaluate(history, scope(), later)
    assert (event.type, notice.since) == ("reopen", "2026-11-21")


def test_figures_that_come_after_the_wait_are_judged_all_the_same(history: History) -> None:
    live(history, WEEKS_OF_100)
    day = DAY.shift(1)
    after_the_wait = day.closes() + timedelta(hours=9 + 49)
    assert evaluate(history, scope(), after_the_wait) == []
    history.observations.save(tell(APP, [40], day), after_the_wait + timedelta(hours=1))
    assert told(evaluate(history, scope(), after_the_wait + timedelta(hours=1))) == [
        ("fire", "预约挂号", "2026-11-23")
    ]


def test_a_correction_of_a_baseline_is_judged_again(history: History) -> None:
    live(history, [*WEEKS_OF_100, 69])
    later = noon_after(DAY) + timedelta(hours=20)
    for week in range(1, 9):
        correct(history, DAY.weeks_before(week), 90, later)
    assert [kind for kind, _, _ in told(evaluate(history, scope(), later))] == ["retract"]


def test_a_batch_that_is_not_done_is_no_drop_to_nothing(history: History) -> None:
    live(history, WEEKS_OF_100)
    day = DAY.shift(1)
    noon = noon_after(day)
    zeros = Observation(day, (), (), (0, 0.0, 0, 0.0, 0, 0, 0.0, 0.0))
    history.observations.save(Reading(Query(TREND, APP.id, day, day), (zeros,)), noon)
    assert evaluate(history, scope(), noon) == []
    history.observations.save(tell(APP, [98], day), noon + timedelta(hours=2))
    assert evaluate(history, scope(), noon + timedelta(hours=2)) == []
    assert history.alerts.all_alerts() == []


def test_zeros_that_a_reading_six_hours_later_repeats_are_a_drop_to_nothing(history: History) -> None:
    live(history, WEEKS_OF_100)
    day = DAY.shift(1)
    zeros = Reading(
        Query(TREND, APP.id, day, day), (Observation(day, (), (), (0, 0.0, 0, 0.0, 0, 0, 0.0, 0.0)),)
    )
    for hours, expected in ((0, 0), (3, 0), (6, 1)):
        at = noon_after(day) + timedelta(hours=hours)
        history.observations.save(zeros, at)
        assert len(evaluate(history, scope(), at)) == expected


def test_a_holiday_is_neither_judged_nor_a_baseline(history: History) -> None:
    """National Day 2026 is 1 to 7 October; the rule looks at the same weekday of earlier weeks."""
    last = Period.parse("2026-10-08")
    values = [100] * 63 + [30] * 7 + [100]
    for number, value in enumerate(values):
        day = last.shift(number - len(values) + 1)
        history.observations.save(tell(APP, [value], day), noon_after(day))
        assert evaluate(history, scope(), noon_after(day)) == []
    rises = rule("user_trend.new_user_count", change("rises_by 30% against last_week"), name="rise")
    week_later = last.shift(6)
    history.observations.save(tell(APP, [100] * 6, week_later), noon_after(week_later))
    assert evaluate(history, scope(rises), noon_after(week_later)) == []


def test_a_window_judges_the_sum_of_its_days_and_needs_all_of_them(history: History) -> None:
    weekly = replace(DROP, name="weekly", window=7)
    history.observations.save(tell(APP, [*WEEKS_OF_100, *[60] * 7]), noon_after(DAY))
    ((_, notice),) = evaluate(history, scope(weekly), noon_after(DAY))
    assert (notice.figures.value, notice.figures.baseline) == (420, 700)
    day = DAY.shift(1)
    history.observations.save(tell(APP, [None], day), noon_after(day))
    evaluate(history, scope(weekly), day.closes() + timedelta(hours=9 + 49))
    (alert,) = history.alerts.open_alerts()
    assert alert.unknowns == 1


def test_between_condition_and_hysteresis_an_alert_holds(history: History) -> None:
    condition = Change(Direction.DROP, 30, Scale.PERCENT, Against.FOUR_WEEKS, clears_by=10)
    wide = replace(DROP, condition=condition)
    assert live(history, [*WEEKS_OF_100, 60, 80, 85, 95], scope(wide)) == [
        ("fire", "预约挂号", "2026-11-19"),
        ("resolve", "预约挂号", "2026-11-19"),
    ]
    (alert,) = history.alerts.all_alerts()
    assert str(alert.period) == "2026-11-22"


def test_a_rule_in_shadow_is_judged_and_told_to_nobody(history: History) -> None:
    shadow = replace(DROP, shadow=True)
    assert len(live(history, [*WEEKS_OF_100, 60], scope(shadow))) == 1
    assert len(history.alerts.open_alerts()) == 1
    assert history.outbox.due(noon_after(DAY)) == []


def test_an_unusual_drop_is_measured_by_the_series_own_scatter(history: History) -> None:
    calm = rule("user_trend.new_user_count", Unusual(Direction.DROP), name="calm")
    values = [100 + (7 * number) % 5 for number in range(63)]
    assert live(history, [*values, 85], scope(calm)) == []
    wild = DAY.shift(1)
    history.observations.save(tell(APP, [20], wild), noon_after(wild))
    assert told(evaluate(history, scope(calm), noon_after(wild))) == [("fire", "预约挂号", "2026-11-23")]


LATE_RULE = replace(rule("user_trend.user_count", Late(time(14))), name="late")


def late(history: History, at: datetime) -> list[tuple[str, str]]:
    return [(notice.type, notice.since) for _, notice in evaluate(history, scope(LATE_RULE), at)]


def test_data_that_are_not_there_by_two_are_late_and_their_arrival_resolves(history: History) -> None:
    history.observations.save(tell(APP, [100] * 10), noon_after(DAY))
    day = DAY.shift(1)
    two = day.closes() + timedelta(hours=14)
    assert late(history, two - timedelta(minutes=1)) == []
    assert late(history, two) == [("fire", "2026-11-23")]
    assert late(history, two + timedelta(hours=1)) == []
    history.observations.save(tell(APP, [100], day), two + timedelta(hours=2))
    assert late(history, two + timedelta(hours=2)) == [("resolve", "2026-11-23")]


def test_data_that_stay_away_are_one_alert_for_days(history: History) -> None:
    history.observations.save(tell(APP, [100] * 10), noon_after(DAY))
    told_of = [late(history, DAY.shift(day).closes() + timedelta(hours=15)) for day in (1, 2, 3)]
    assert told_of == [[("fire", "2026-11-23")], [], []]


def test_an_app_that_rarely_has_data_is_not_late(history: History) -> None:
    history.observations.save(tell(APP, [100, None, None, None, None, None, 100]), noon_after(DAY))
    assert late(history, DAY.shift(1).closes() + timedelta(hours=15)) == []


def test_worse_is_told_though_poll_and_evaluation_share_a_moment(history: History) -> None:
    """With a clock that stands, what was just judged counts as changed once more in the next cycle."""
    assert [kind for kind, _, _ in live(history, [*WEEKS_OF_100, 69, 40, 5])] == ["fire", "worse", "worse"]


def messages(history: History) -> list[str]:
    """What was queued, by its key, without number and receiver."""
    keys = [waiting.key for waiting in history.outbox.due(noon_after(DAY.shift(60)))]
    return ["/".join(key.split("/")[2:-1]) for key in keys]


def test_a_series_that_flaps_is_told_three_times_and_then_left_to_the_digest(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60, 100, 60, 100, 60, 100, 60, 100, 60, 100])
    assert [key.split("/")[0] for key in messages(history)] == ["fire", "resolve", "fire", "resolve", "fire"]
    third = [notice for notice in told_notices(history) if notice.reason == "flapping"]
    assert len(third) == 1
    live_on(history, [100, 100, 100, 100, 100])
    assert [key.split("/")[0] for key in messages(history)][5:] == ["resolve"]


def told_notices(history: History) -> list[AlertNotice]:
    due = history.outbox.due(noon_after(DAY.shift(60)))
    notices = [history.outbox.read(waiting).notice for waiting in due]
    return [notice for notice in notices if isinstance(notice, AlertNotice)]


def live_on(history: History, values: Sequence[int | None]) -> None:
    for number, value in enumerate(values, start=1):
        day = DAY.shift(number)
        history.observations.save(tell(APP, [value], day), noon_after(day))
        evaluate(history, scope(), noon_after(day))


def test_reminders_come_after_one_three_and_seven_days(history: History) -> None:
    live(history, [*WEEKS_OF_100, *[60] * 12])
    assert [key for key in messages(history) if key.startswith("still")] == [
        "still/1.1",
        "still/1.3",
        "still/1.7",
    ]


def test_an_alert_that_opens_again_is_recalled_from_then_on(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60, 60, 100])
    correct(history, DAY, 60, noon_after(DAY) + timedelta(hours=1))
    assert told(evaluate(history, scope(), noon_after(DAY) + timedelta(hours=1)))[0][0] == "reopen"
    for number in range(1, 4):
        day = DAY.shift(number)
        correct(history, day, 60, noon_after(day) + timedelta(hours=1))
        evaluate(history, scope(), noon_after(day) + timedelta(hours=1))
    assert [key for key in messages(history) if key.startswith("still")] == [
        "still/1.1",
        "still/2.1",
        "still/2.3",
    ]
    (found,) = explain(history, scope(), DROP, app_id=APP.id, period=DAY, now=noon_after(DAY.shift(3)))
    events = [each.event for each in found.deliveries]
    assert events == ["fire", "still", "resolve", "reopen", "still", "still"]


def test_the_end_goes_to_everybody_who_was_told_of_the_beginning(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60], scope(receivers=("ops", "growth")))
    day = DAY.shift(1)
    history.observations.save(tell(APP, [100], day), noon_after(day))
    evaluate(history, scope(receivers=("boss",)), noon_after(day))
    keys = [waiting.key for waiting in history.outbox.due(noon_after(day))]
    assert keys[2:] == ["alert/1/resolve/1/boss", "alert/1/resolve/1/ops", "alert/1/resolve/1/growth"]


def test_what_was_withdrawn_is_a_baseline_again(history: History) -> None:
    """The day before is what is compared with; as an episode of its own it would be none."""
    previous = rule("user_trend.new_user_count", change("drops_by 30% against previous"), name="hasty")
    live(history, [*WEEKS_OF_100, 60], scope(previous))
    later = noon_after(DAY) + timedelta(hours=1)
    correct(history, DAY, 100, later)
    evaluate(history, scope(previous), later)
    day = DAY.shift(1)
    history.observations.save(tell(APP, [60], day), noon_after(day))
    assert told(evaluate(history, scope(previous), noon_after(day))) == [("fire", "预约挂号", "2026-11-23")]


def test_a_cell_whose_own_day_is_a_holiday_is_not_judged(history: History) -> None:
    """National Day 2026 begins on 1 October: the next day of the cohort of 30 September is one."""
    kept = rule("retained_user.retained_ratio", above(1), name="kept", where=[("nth", "2")])
    cohort = Period.parse("2026-09-30")
    row = Observation(cohort, (2,), (), (1000, 300, 30.0))
    at = noon_after(cohort.shift(1))
    history.observations.save(Reading(Query(TABLES["retained_user"], APP.id, cohort, cohort), (row,)), at)
    assert evaluate(history, scope(kept), at) == []


def test_a_value_that_nobody_waited_for_is_judged_when_it_is_final(history: History) -> None:
    """Read too early, the API away for more than two days, then the same value again: it is final now."""
    live(history, WEEKS_OF_100)
    day = DAY.shift(1)
    history.observations.save(tell(APP, [20], day), day.closes() + timedelta(hours=8))
    assert evaluate(history, scope(), day.closes() + timedelta(hours=58)) == []
    history.observations.save(tell(APP, [20], day), day.closes() + timedelta(hours=60))
    found = evaluate(history, scope(), day.closes() + timedelta(hours=60))
    assert told(found) == [("fire", "预约挂号", "2026-11-23")]


def test_what_is_not_known_any_more_takes_nothing_back(history: History) -> None:
    """A longer settling time makes the newest day provisional once more: that is no contradiction."""
    live(history, [*WEEKS_OF_100, 60])
    later = noon_after(DAY) + timedelta(hours=1)
    correct(history, DAY.shift(-3), 101, later)
    slower = replace(scope(), horizon=Horizon(60, timedelta(hours=20), 7))
    assert evaluate(history, slower, later) == []
    assert len(history.alerts.open_alerts()) == 1


def test_episodes_that_nobody_was_told_of_are_no_flapping(history: History) -> None:
    dips = [*WEEKS_OF_100, 60, 100, 60, 100, 60, 100]
    history.observations.save(tell(APP, dips), noon_after(DAY))
    assert evaluate(history, scope(), noon_after(DAY)) == []
    live_on(history, [60])
    assert [key.split("/")[0] for key in messages(history)] == ["fire"]


def sessions(day: Period, users: int | None, at: datetime) -> tuple[Reading, datetime]:
    """A reading that always has sessions, and new users where they are there."""
    row = Observation(day, (), (), (users, None, None, None, None, 500, None, None))
    return Reading(Query(TREND, APP.id, day, day), (row,)), at


def test_a_figure_that_the_settled_reading_lacks_is_not_judged_by_an_earlier_one(history: History) -> None:
    live(history, WEEKS_OF_100)
    day = DAY.shift(1)
    history.observations.save(*sessions(day, 40, day.closes() + timedelta(hours=1)))
    history.observations.save(*sessions(day, None, noon_after(day)))
    assert evaluate(history, scope(), noon_after(day)) == []
    (found,) = explain(history, scope(), DROP, app_id=APP.id, period=day, now=noon_after(day))
    assert found.evidence.present == "absent"

    confirmed = noon_after(day) + timedelta(hours=20)
    history.observations.save(*sessions(day, 40, confirmed))
    assert told(evaluate(history, scope(), confirmed)) == [("fire", "预约挂号", "2026-11-23")]


def test_a_final_figure_stays_final_though_a_later_reading_lacks_it(history: History) -> None:
    live(history, WEEKS_OF_100)
    day = DAY.shift(1)
    history.observations.save(*sessions(day, 40, noon_after(day)))
    later = noon_after(day) + timedelta(hours=20)
    history.observations.save(*sessions(day, None, later))
    assert told(evaluate(history, scope(), later)) == [("fire", "预约挂号", "2026-11-23")]


def test_a_count_that_the_settled_reading_lacks_guards_nothing(history: History) -> None:
    guarded = rule("user_trend.new_user_count", above(50), at_least=[("session_count", 100)])
    day, late = DAY.shift(1), noon_after(DAY.shift(1))
    history.observations.save(*sessions(day, 100, day.closes() + timedelta(hours=1)))
    history.observations.save(tell(APP, [100], day), late)
    (found,) = explain(history, scope(guarded), guarded, app_id=APP.id, period=day, now=late)
    assert found.judgement is not None
    assert (found.judgement.verdict, found.judgement.reason) == ("unknown", "low_volume")
