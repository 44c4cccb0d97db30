"""What is unusual for a series and not for one of a fleet: kept when it is judged, named by the digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType, State
from smartapp_watch.alerts.near_miss import NearMiss, by_series
from smartapp_watch.alerts.notification import DigestNotice
from smartapp_watch.alerts.silence import Maintenance, Matchers, Once
from smartapp_watch.cli.explanation import explanation_lines
from smartapp_watch.digest import Scope, compose
from smartapp_watch.evaluate import evaluate
from smartapp_watch.evaluate.explain import explain
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.judge import Fleet, judge
from smartapp_watch.rules.rule import Direction, Unusual
from smartapp_watch.rules.verdict import Figures, Reason, Verdict
from tests.build import DAY, evidence, rule
from tests.daily import noon_after, scope
from tests.digests import add, alert
from tests.test_fleet import MANY, WEEKS, save, usual

NEW_USERS = "user_trend.new_user_count"
ODD = rule(NEW_USERS, Unusual(Direction.DROP, score=1.5), name="odd")
"""In a fleet of 220 the cut is 2: this asks for less."""
WEEK = Period.containing(DAY.first, Period.parse("2026-W47").granularity)
NOW = noon_after(DAY)
LOW = App(7)


def near(app: App, score: float = -3.6, period: Period = DAY, at: datetime = NOW, page: str = "") -> NearMiss:
    dimensions = (("page_id", page),) if page else ()
    return NearMiss(app.id, dimensions, (), period, Figures.against(1000.0, 700.0), score, at)


def keep(history: History, *found: NearMiss) -> None:
    for each in found:
        history.alerts.near_misses.save(ODD, "", each.period, (), [each])


def digest(history: History, *apps: App, period: Period = WEEK, **others: object) -> DigestNotice:
    digests = replace(Scope(apps or (LOW,), (ODD,)), **others)  # type: ignore[arg-type]
    return compose(history, "weekly", digests, period, NOW)


def named(notice: DigestNotice) -> list[tuple[int | None, str, int]]:
    return [(each.app_id, each.period, each.breaches) for near in notice.near_misses for each in near.series]


def test_a_score_between_the_rules_own_and_the_fleets_cut_is_a_hold_with_its_reason() -> None:
    known = evidence(ODD, 700, [1000, 1010, 990, 1000, 1020, 980, 1000, 1005])
    alone = judge(ODD, DAY, known)
    assert (alone.verdict, alone.reason) == (Verdict.BREACH, None)
    found = judge(ODD, DAY, replace(known, fleet=Fleet(cut=4.0)))
    assert (found.verdict, found.reason) == (Verdict.HOLD, Reason.UNDER_CUT)
    assert -4.0 < found.score < -1.5


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 6), st.floats(-9, 9, allow_nan=False)),
        unique_by=lambda each: each[:2],
    )
)
def test_each_series_is_named_once_at_its_strongest_and_the_strongest_first(
    drawn: Sequence[tuple[int, int, float]],
) -> None:
    misses = [near(App(app), score, DAY.shift(-day)) for app, day, score in drawn]
    found = by_series(misses)
    scores = [abs(each.strongest.score) for each in found]
    assert scores == sorted(scores, reverse=True)
    assert len({each.strongest.app_id for each in found}) == len(found)
    assert sum(each.periods for each in found) == len(misses)
    assert all(abs(each.score) <= max(scores) for each in misses)


def test_a_series_is_told_at_its_strongest_day_with_how_many_days_it_was_so() -> None:
    with open_in_memory() as history:
        keep(history, near(LOW, -3.6), near(LOW, -3.9, DAY.shift(-3)), near(App(8), -3.7, DAY.shift(-1)))
        notice = digest(history, LOW, App(8))
    assert named(notice) == [(7, "2026-11-19", 2), (8, "2026-11-21", 1)]
    assert notice.near_misses[0].series[0].figures.change_percent == pytest.approx(-30)
    assert {each.app_id: each.near_misses for each in notice.apps} == {7: 1, 8: 1}


def test_what_is_over_the_fifth_is_counted() -> None:
    with open_in_memory() as history:
        keep(history, *(near(LOW, -3.5 - number / 10, page=str(number)) for number in range(8)))
        notice = digest(history)
    [found] = notice.near_misses
    assert found.series[0].dimensions == (("page_id", "7"),)
    assert (len(found.series), found.count, notice.tally.near_misses) == (5, 8, 8)


def test_only_the_digests_own_days_and_mini_programs_are_named() -> None:
    with open_in_memory() as history:
        keep(history, near(LOW, period=DAY.shift(1)), near(LOW, period=DAY.shift(-7)), near(App(8)))
        assert named(digest(history)) == []
        assert named(digest(history, App(8), period=DAY)) == [(8, str(DAY), 1)]


def test_a_series_that_had_an_alert_in_the_period_is_not_named_again() -> None:
    with open_in_memory() as history:
        keep(history, near(LOW), near(App(8)))
        add(history, alert("2026-11-20", "2026-11-22", app=LOW, name="odd"), EventType.FIRE)
        over = alert("2026-11-09", "2026-11-10", State.RESOLVED, app=App(8), name="odd")
        add(history, over, EventType.FIRE)
        assert named(digest(history, LOW, App(8))) == [(8, str(DAY), 1)]


def test_what_a_silence_a_window_or_the_shadow_would_have_kept_quiet_is_not_named() -> None:
    window = Maintenance(Matchers(apps=("8",)), Once(NOW - timedelta(hours=1), NOW + timedelta(hours=1)))
    apps = (LOW, App(8), App(9))
    with open_in_memory() as history:
        keep(history, *map(near, apps))
        history.silences.add(Matchers(apps=("7",)), NOW, NOW + timedelta(hours=1), "release", "ann")
        assert [app for app, _, _ in named(digest(history, *apps, maintenance=(window,)))] == [9]
        assert named(digest(history, *apps, rules=(replace(ODD, shadow=True),))) == []


def test_what_is_judged_again_replaces_what_was_found_and_keeps_when_it_was_found_first() -> None:
    later = NOW + timedelta(days=1)
    with open_in_memory() as history:
        misses = history.alerts.near_misses
        misses.save(ODD, "", DAY, (7, 8), [near(LOW), near(App(8))])
        misses.save(ODD, "", DAY, (7,), [near(LOW, -3.8, at=later)])
        misses.save(ODD, "", DAY, (8,), [])
        [found] = misses.between(ODD, DAY, DAY)
        assert (found.app_id, found.score, found.at) == (7, -3.8, NOW)
        assert misses.between(replace(ODD, condition=Unusual(Direction.RISE)), DAY, DAY) == []


def test_a_near_miss_of_a_fleet_is_found_named_and_explained() -> None:
    def one_is_low(app: int, day: Period) -> int:
        return 538 if app == LOW.id and day == DAY else usual(app, day)

    watched = scope(ODD, apps=tuple(App(number) for number in range(1, MANY + 1)))
    with open_in_memory() as history:
        save(history, MANY, one_is_low, DAY, 7 * WEEKS)
        evaluate(history, watched, NOW)
        found = history.alerts.near_misses.between(ODD, DAY, DAY)
        assert LOW.id in [each.app_id for each in found]
        assert LOW.id in history_named(history)
        [explained] = explain(history, watched, ODD, app_id=LOW.id, period=DAY, now=NOW)
    lines = "\n".join(explanation_lines(explained))
    assert "hold: passed the score, not the fleet's cut" in lines
    assert "digests name what came so near" in lines


def history_named(history: History) -> list[int | None]:
    notice = digest(history, *(App(number) for number in range(1, MANY + 1)), period=DAY)
    return [app for app, _, _ in named(notice)]
