"""Wake-ups come at the settings' times, whatever zone the host is in and whatever its clocks do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from smartapp_watch.scheduler import CrontabTrigger

BEIJING, NEW_YORK = "Asia/Shanghai", "America/New_York"
AUTUMN, SPRING = datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)
"""Two days before New York's clocks are set back an hour, and forward."""


@pytest.fixture
def host(request: pytest.FixtureRequest) -> Iterator[ZoneInfo]:
    """The host is in the zone that a test asks for."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield ZoneInfo(request.param)
    del os.environ["TZ"]
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def wake_ups(schedule: str, zone: str, first: datetime) -> list[datetime]:
    """The times of five days, as the scheduler asks for them: in its own zone, each after the one before."""
    now, previous, found = first, None, list[datetime]()
    trigger = CrontabTrigger(schedule, lambda: now, ZoneInfo(zone))
    while now < first + timedelta(days=5):
        previous = trigger.get_next_fire_time(previous, now.astimezone(ZoneInfo(zone)))
        now = previous.astimezone(UTC)
        found.append(now)
    return found


@pytest.mark.parametrize("host", [NEW_YORK, "Australia/Lord_Howe", "UTC", BEIJING], indirect=True)
@pytest.mark.parametrize("first", [AUTUMN, SPRING])
def test_a_host_that_changes_its_clocks_changes_no_wake_up(host: ZoneInfo, first: datetime) -> None:
    found = wake_ups("7,37 8-23 * * *", BEIJING, first)
    local = [each.astimezone(ZoneInfo(BEIJING)) for each in found]
    assert len(found) == 5 * 32 + 1
    assert {each.minute for each in local} == {7, 37}
    assert {each.hour for each in local} == set(range(8, 24))
    assert {after - before for before, after in pairwise(found)} == {
        timedelta(minutes=30),
        timedelta(hours=8, minutes=30),
    }


@pytest.mark.parametrize("first", [AUTUMN, SPRING])
def test_in_a_zone_that_changes_its_clocks_wake_ups_stay_at_their_time_of_day(first: datetime) -> None:
    found = wake_ups("7 10 * * *", NEW_YORK, first)
    assert {f"{each.astimezone(ZoneInfo(NEW_YORK)):%H:%M}" for each in found} == {"10:07"}
    assert len(found) == 6
