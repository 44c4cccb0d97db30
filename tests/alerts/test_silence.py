"""What a silence and a maintenance window are about, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.alerts.silence import (
    Hold,
    Maintenance,
    Matchers,
    Once,
    Recurring,
    Silence,
    in_force,
    silenced_by,
)
from smartapp_watch.clock import first_after
from smartapp_watch.metrics.observation import App
from tests.build import above, rule

APP = App(15263713, "预约挂号", frozenset({"health", "flagship"}))
BEIJING = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 12, tzinfo=BEIJING)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("matchers", "expected"),
    [
        (Matchers(), True),
        (Matchers(rules=("new-users-*",)), True),
        (Matchers(rules=("lost-*",)), False),
        (Matchers(apps=("15263713",)), True),
        (Matchers(apps=("预约*",)), True),
        (Matchers(apps=("1526371",)), False),
        (Matchers(tags=("flag*",)), True),
        (Matchers(tags=("travel", "health")), True),
        (Matchers(rules=("new-*",), tags=("travel",)), False),
    ],
)
def test_every_matcher_of_a_silence_must_match(matchers: Matchers, expected: bool) -> None:
    assert matchers.match("new-users-drop", APP) is expected


@pytest.mark.parametrize(
    ("matchers", "expected"),
    [(Matchers(rules=("platform-*",)), True), (Matchers(apps=("*",)), False), (Matchers(tags=("*",)), False)],
)
def test_the_platforms_alerts_are_silenced_by_their_rules_alone(matchers: Matchers, expected: bool) -> None:
    assert matchers.match("platform-users-drop", None) is expected


def test_matchers_say_what_they_are_about() -> None:
    assert Matchers(("a", "b"), (), ("health",)).words == "rule a or b, tag health"
    assert Matchers().words == "everything"


@pytest.mark.parametrize(
    ("minutes", "expected"), [(-1, False), (0, True), (59, True), (60, False), (61, False)]
)
def test_a_silence_is_in_force_from_its_beginning_up_to_its_end(minutes: int, expected: bool) -> None:
    silence = Silence(3, Matchers(), NOON, NOON + HOUR, "a release", "zhang")
    now = NOON + timedelta(minutes=minutes)
    assert bool(in_force([silence], [], now, first_after)) is expected


def windows(window: Once | Recurring, now: datetime) -> bool:
    return bool(in_force([], [Maintenance(Matchers(), window)], now, first_after))


@pytest.mark.parametrize(
    ("minutes", "expected"), [(-1, False), (0, True), (239, True), (240, False), (24 * 60, False)]
)
def test_a_crontab_window_is_open_for_its_duration(minutes: int, expected: bool) -> None:
    sunday = Recurring("0 2 * * sun", timedelta(hours=4), BEIJING)
    began = datetime(2026, 11, 22, 2, tzinfo=BEIJING)
    assert windows(sunday, began + timedelta(minutes=minutes)) is expected


def test_a_crontab_is_read_in_its_zone() -> None:
    nightly = Recurring("0 2 * * *", HOUR, BEIJING)
    assert windows(nightly, datetime(2026, 11, 21, 18, 30, tzinfo=UTC))
    assert not windows(nightly, datetime(2026, 11, 22, 2, 30, tzinfo=UTC))


def test_windows_longer_than_their_interval_never_close() -> None:
    assert all(
        windows(Recurring("0 2 * * *", timedelta(hours=25), BEIJING), NOON + number * HOUR)
        for number in range(24)
    )


MINUTES = st.integers(0, 4 * 7 * 24 * 60)


@given(MINUTES, st.integers(1, 3 * 24 * 60))
def test_a_crontab_window_is_open_just_where_one_of_its_beginnings_is_near(at: int, lasts: int) -> None:
    monday = datetime(2026, 11, 2, tzinfo=BEIJING)
    now, length = monday + timedelta(minutes=at), timedelta(minutes=lasts)
    begins = [monday + timedelta(days=day, hours=2) for day in range(-14, 35) if (day % 7) in (1, 4)]
    expected = any(begin <= now < begin + length for begin in begins)
    assert windows(Recurring("0 2 * * tue,fri", length, BEIJING), now) is expected


@given(MINUTES, MINUTES, MINUTES)
def test_a_single_window_is_open_between_its_ends(begin: int, end: int, at: int) -> None:
    times = [NOON + timedelta(minutes=minutes) for minutes in (begin, end, at)]
    assert windows(Once(times[0], times[1]), times[2]) is (begin <= at < end)


def test_what_silences_an_alert_is_named() -> None:
    quiets = in_force(
        [Silence(3, Matchers(tags=("health",)), NOON, NOON + HOUR, "a release", "zhang")],
        [Maintenance(Matchers(), Once(NOON, NOON + HOUR), "", "watch.toml:88")],
        NOON,
        first_after,
    )
    drop = rule("user_trend.new_user_count", above(1), name="new-users-drop")
    found = silenced_by(quiets, drop, APP)
    assert found is not None
    assert (found.hold, found.words) == (Hold.SILENCE, "silence 3: a release")
    found = silenced_by(quiets, "a rule that is gone", None)
    assert found is not None
    assert (found.hold, found.words) == (Hold.MAINTENANCE, "maintenance: watch.toml:88")
    found = silenced_by((), replace(drop, shadow=True), APP)
    assert found is not None
    assert found.hold is Hold.SHADOW
    assert silenced_by((), drop, APP) is None
