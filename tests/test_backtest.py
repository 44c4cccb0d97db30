"""Backtests: the past judged once more, as a daemon would have judged it then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import OPEN, State
from smartapp_watch.evaluate import Scope, Watched, evaluate
from smartapp_watch.evaluate.backtest import (
    FACTORS,
    Backtest,
    Episode,
    backtest,
    count_with_factors,
    differences,
    scaled,
)
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.rule import Change, Direction, Late, Rule, Threshold, Unusual
from tests.build import DAY, above, below, change, rule

TREND = TABLES["user_trend"]
RETAINED = TABLES["retained_user"]
APP = App(1, "预约挂号")
HORIZON = Horizon(60, timedelta(hours=9), 7)
PLAIN = Calendar({DAY.shift(-days).first: DayKind.ORDINARY for days in range(200)})
DROP = rule("user_trend.user_count", change("drops_by 30% against last_week"), name="users-drop")


def scope(*rules: Rule) -> Scope:
    return Scope(rules or (DROP,), (Watched(APP, frozenset(TABLES)),), (), HORIZON, calendar=PLAIN)


def noon_after(day: Period) -> datetime:
    return day.closes() + timedelta(hours=12)


def tell(day: Period, users: int | None) -> Reading:
    rows = (
        ()
        if users is None
        else (Observation(day, (), (), (None, None, None, None, users, None, None, None)),)
    )
    return Reading(Query(TREND, APP.id, day, day), rows)


def days_to(last: Period, count: int) -> list[Period]:
    return [last.shift(number - count + 1) for number in range(count)]


def told_at_once(history: History, values: Sequence[int | None]) -> None:
    """A new history: everything is filled in this noon."""
    for day, value in zip(days_to(DAY, len(values)), values, strict=True):
        history.observations.save(tell(day, value), noon_after(DAY))


def shown(found: Backtest) -> list[tuple[str, str | None, float | None]]:
    return [(str(each.from_), str(each.to) if each.to else None, each.peak) for each in found.episodes]


Correction = tuple[int, int, int]
"""On which day, how many days back, and to what."""


def live(
    history: History,
    watched: Scope,
    values: Sequence[int | None],
    corrections: Sequence[Correction],
) -> None:
    """A daemon: it judges in the morning, when nobody waits any longer for what is missing, and again at
    noon, when it has polled; then what was said of an earlier day may be said otherwise.

    But not while a day is waited for: a backtest, which looks once a day, would see one episode go and
    the next begin at the same time, and takes them for one.
    """
    days = days_to(DAY, len(values))
    for number, (day, value) in enumerate(zip(days, values, strict=True)):
        evaluate(history, watched, day.closes() + HORIZON.settle + timedelta(minutes=1))
        history.observations.save(tell(day, value), noon_after(day))
        for when, back, corrected in corrections:
            if when == number and back <= number and None not in values[max(0, number - 2) : number + 1]:
                history.observations.save(tell(days[number - back], corrected), noon_after(day))
        evaluate(history, watched, noon_after(day))


def on_record(history: History) -> set[tuple[str, str, str | None, State]]:
    return {
        (each.rule, str(each.since), None if each.state in OPEN else str(each.period), each.state)
        for each in history.alerts.all_alerts()
        if each.state is not State.PENDING
    }


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from([100, 100, 100, 60, 40, None]), min_size=14, max_size=24),
    st.lists(
        st.tuples(st.integers(1, 23), st.integers(1, 4), st.sampled_from([100, 50])),
        max_size=5,
        unique_by=lambda each: each[:2],
    ),
    st.sampled_from([1, 2]),
)
def test_a_backtest_gives_the_episodes_that_the_daemon_had(
    values: list[int | None], corrections: list[Correction], enough: int
) -> None:
    drop = rule("user_trend.user_count", change("drops_by 30% against last_week"), for_=enough)
    rise = rule("user_trend.user_count", change("rises_by 30% against last_week"), name="rise")
    with open_in_memory() as history:
        live(history, scope(rise, drop), values, corrections)
        found = backtest(history, scope(rise, drop), noon_after(DAY), days=len(values))
        assert {
            (e.rule, str(e.from_), str(e.to) if e.to else None, e.state) for e in found.episodes
        } == on_record(history)


def test_an_episode_has_its_first_breach_its_end_and_its_peak(history: History) -> None:
    told_at_once(history, [100] * 20 + [60, 30, 50, 100])
    assert shown(backtest(history, scope(), noon_after(DAY), 20)) == [("2026-11-19", "2026-11-22", 30)]


def test_an_open_episode_has_no_end(history: History) -> None:
    told_at_once(history, [100] * 20 + [60])
    assert shown(backtest(history, scope(), noon_after(DAY), 20)) == [("2026-11-22", None, 60)]


def test_what_ended_before_the_days_looked_at_is_not_among_them(history: History) -> None:
    told_at_once(history, [100] * 20 + [60] + [100] * 10)
    assert shown(backtest(history, scope(), noon_after(DAY), 10)) == [("2026-11-12", "2026-11-13", 60)]
    assert shown(backtest(history, scope(), noon_after(DAY), 9)) == []


def test_a_day_counts_from_when_it_is_final(history: History) -> None:
    told_at_once(history, [100] * 20 + [60])
    too_early = DAY.closes() + timedelta(hours=8)
    assert shown(backtest(history, scope(), too_early, 20)) == []


def test_a_value_that_was_corrected_is_judged_as_it_was_first(history: History) -> None:
    told_at_once(history, [100] * 20)
    day = DAY.shift(1)
    history.observations.save(tell(day, 40), noon_after(day))
    history.observations.save(tell(day, 100), noon_after(day.shift(1)))
    found = backtest(history, scope(), noon_after(day.shift(2)), 20)
    assert [(str(each.from_), each.state) for each in found.episodes] == [(str(day), State.RETRACTED)]


def test_a_value_that_came_late_is_unknown_until_then(history: History) -> None:
    told_at_once(history, [100] * 20)
    day = DAY.shift(1)
    history.observations.save(tell(day, 40), noon_after(day.shift(6)))
    found = backtest(history, scope(), noon_after(day.shift(5)), 20)
    assert found.episodes == ()
    assert len(backtest(history, scope(), noon_after(day.shift(6)), 20).episodes) == 1


def test_alerts_a_week_are_told_for_every_rule(history: History) -> None:
    told_at_once(history, [100] * 20 + [60] + [100] * 3 + [60])
    quiet = rule("user_trend.user_count", below(1), name="nobody")
    assert backtest(history, scope(DROP, quiet), noon_after(DAY), 14).per_week == {
        "users-drop": 1.0,
        "nobody": 0,
    }


def test_it_changes_nothing_in_the_history(history: History) -> None:
    told_at_once(history, [100] * 20 + [60])
    backtest(history, scope(), noon_after(DAY))
    assert history.alerts.all_alerts() == []
    assert history.alerts.evaluated_at() is None


def test_other_amounts_tell_how_often_they_would_have_fired(history: History) -> None:
    told_at_once(history, [100] * 20 + [60, 100, 80, 100])
    counts = count_with_factors(history, scope(), DROP, noon_after(DAY), 14)
    assert counts == {0.5: 2, 0.75: 1, 1.0: 1, 1.25: 1, 1.5: 0}
    assert tuple(counts) == FACTORS


@pytest.mark.parametrize(
    ("condition", "factor", "scaled_to"),
    [
        ("drops_by 30% against 4_weeks", 1.5, 45),
        ("rises_by 10pp against 4_weeks", 0.5, 5),
        ("drops_by 80% against 4_weeks", 1.5, None),
    ],
)
def test_an_amount_is_scaled_as_far_as_it_can_be_reached(
    condition: str, factor: float, scaled_to: float | None
) -> None:
    other = scaled(rule("visit_page.bounce_ratio", change(condition)), factor)
    if scaled_to is None:
        assert other is None
    else:
        assert other is not None
        assert isinstance(other.condition, Change)
        assert other.condition.amount == scaled_to


def test_limits_and_scores_are_scaled_with_their_hysteresis() -> None:
    limit = scaled(rule("activity_user.lost_ratio", Threshold(Direction.RISE, 60, 40)), 1.5)
    assert limit is not None
    assert isinstance(limit.condition, Threshold)
    assert (limit.condition.limit, limit.condition.clears_at) == (90, 60)
    assert scaled(rule("activity_user.lost_ratio", above(80)), 1.5) is None
    score = scaled(rule("user_trend.user_count", Unusual(Direction.DROP, 4)), 0.5)
    assert score is not None
    assert isinstance(score.condition, Unusual)
    assert score.condition.score == 2


def test_lateness_is_judged_at_its_hour(history: History) -> None:
    late = rule("user_trend.user_count", Late(datetime(2026, 1, 1, 14).time()), name="late")  # noqa: DTZ001
    assert scaled(late, 2) is None
    for day in days_to(DAY, 10):
        waited = timedelta(hours=8) if day == DAY.shift(-2) else timedelta(0)
        history.observations.save(tell(day, 100), noon_after(day) + waited)
    found = backtest(history, scope(late), noon_after(DAY), 9)
    assert [str(each.from_) for each in found.episodes] == [str(DAY.shift(-2))]
    assert found.episodes[0].state is State.RESOLVED


def test_a_retention_cell_is_judged_when_it_is_over(history: History) -> None:
    drop = rule(
        "retained_user.retained_ratio", change("drops_by 30% against last_week"), where=[("nth", "2")]
    )
    for day in days_to(DAY, 20):
        ratio = 5.0 if day == DAY.shift(-3) else 20.0
        rows = tuple(Observation(day, (nth,), (), (1000, None, ratio)) for nth in (2, 3))
        history.observations.save(Reading(Query(RETAINED, APP.id, day, day), rows), noon_after(day.shift(1)))
    assert shown(backtest(history, scope(drop), noon_after(DAY.shift(1)), 14)) == [
        ("2026-11-19", "2026-11-20", 5.0)
    ]


def test_a_fleet_with_one_corrected_mini_program_is_judged_as_the_daemon_did(history: History) -> None:
    odd = rule("user_trend.user_count", Unusual(Direction.DROP, by_at_least=10), name="odd")
    apps = tuple(Watched(App(number), frozenset(TABLES)) for number in range(1, 22))
    watched = Scope((odd,), apps, (), HORIZON, calendar=PLAIN)
    for number, day in enumerate(days_to(DAY, 50)):
        with history.transaction():
            for each in apps:
                users = 2000 + 37 * ((each.app.id * 7 + number * 5) % 11)
                users = users // 2 if number == 45 and each.app.id < 4 else users
                save_users(history, each.app.id, day, users, noon_after(day))
            if number == 47:
                save_users(history, 2, day.shift(-2), 2000, noon_after(day))
        evaluate(history, watched, noon_after(day))
    found = backtest(history, watched, noon_after(DAY), 50).episodes
    assert {(each.app_id, str(each.from_), each.state) for each in found} == {
        (each.app_id, str(each.since), each.state) for each in history.alerts.all_alerts()
    }
    assert {each.app_id for each in found} >= {1, 2, 3}
    assert [each.state for each in found if each.app_id == 2 and each.from_ == DAY.shift(-4)] == [
        State.RETRACTED
    ]


def save_users(history: History, app: int, day: Period, users: int, at: datetime) -> None:
    rows = (Observation(day, (), (), (None, None, None, None, users, None, None, None)),)
    history.observations.save(Reading(Query(TREND, app, day, day), rows), at)


def test_differences_are_episodes_that_do_not_overlap() -> None:
    def episode(first: str, last: str | None, app: int = 1) -> Episode:
        end = Period.parse(last) if last else None
        return Episode("a", app, (), (), Period.parse(first), end, 1.0, State.RESOLVED)

    same = episode("2026-11-01", "2026-11-05")
    begins_later = episode("2026-11-03", None)
    another = episode("2026-11-01", "2026-11-05", app=2)
    after = episode("2026-11-05", "2026-11-06")
    assert differences([same], [begins_later]) == ([], [])
    assert differences([same], [another]) == ([same], [another])
    assert differences([same, another], [after]) == ([same, another], [after])
