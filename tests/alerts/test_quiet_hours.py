"""When a receiver is left alone."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.alerts.quiet_hours import QuietHours

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(8), SHANGHAI)
NOON = QuietHours(time(12), time(13, 30), SHANGHAI)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        (NIGHT, "11-22T21:59", None),
        (NIGHT, "11-22T22:00", "11-23T08:00"),
        (NIGHT, "11-23T00:00", "11-23T08:00"),
        (NIGHT, "11-23T07:59", "11-23T08:00"),
        (NIGHT, "11-23T08:00", None),
        (NOON, "11-23T11:59", None),
        (NOON, "11-23T12:00", "11-23T13:30"),
        (NOON, "11-23T13:30", None),
    ],
)
def test_they_end_the_next_morning_or_the_same_day(hours: QuietHours, now: str, end: str | None) -> None:
    assert hours.end(at(now)) == (at(end) if end else None)


@pytest.mark.parametrize(
    ("now", "ended"),
    [("11-23T07:59", "11-22T08:00"), ("11-23T08:00", "11-23T08:00"), ("11-23T23:00", "11-23T08:00")],
)
def test_the_last_ones_ended_in_the_morning(now: str, ended: str) -> None:
    assert NIGHT.ended(at(now)) == at(ended)


def test_the_zone_is_the_settings_and_not_the_moments() -> None:
    assert NIGHT.end(at("11-22T15:00", BERLIN)) == at("11-23T08:00")
    assert NIGHT.end(at("11-22T14:59", BERLIN)) is None


def test_where_clocks_change_the_times_of_day_count() -> None:
    night = QuietHours(time(22), time(8), BERLIN)
    begins = at("03-28T22:00", BERLIN)
    end = night.end(begins)
    assert end == at("03-29T08:00", BERLIN)
    assert end - begins.astimezone(end.tzinfo) == timedelta(hours=9)


@given(
    st.times(),
    st.times(),
    st.integers(0, 2 * 366 * 24 * 60),
    st.sampled_from([SHANGHAI, BERLIN]),
)
def test_an_end_is_after_now_and_within_a_day_and_the_last_is_not(
    begins: time, ends: time, minutes: int, zone: ZoneInfo
) -> None:
    hours, now = QuietHours(begins, ends, zone), at("01-01T00:00") + timedelta(minutes=minutes)
    end = hours.end(now)
    assert end is None or now < end <= now + timedelta(hours=26)
    assert now - timedelta(hours=49) <= hours.ended(now) <= now
    if end is not None:
        assert hours.end(end) is None or begins == ends
        assert hours.ended(end) == end
