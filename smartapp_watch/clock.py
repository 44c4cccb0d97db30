"""The only place that asks what time it is, and when a crontab's next time comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """The present, as an aware datetime in UTC."""
    return datetime.now(UTC)


def frozen(at: datetime) -> Clock:
    """A clock that stands at ``at``: the domain's time of one command."""
    return lambda: at


def ticking_from(at: datetime) -> Clock:
    """A clock that starts at ``at`` and runs at the real pace: the domain's time of a daemon."""
    started = time.monotonic()
    origin = at.timestamp()
    return lambda: datetime.fromtimestamp(origin + time.monotonic() - started, at.tzinfo)


def first_after(schedule: str, moment: datetime, zone: tzinfo) -> datetime:
    """The first time of a crontab line (in ``zone``) that is not before ``moment``."""
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - slow to import

    minute, hour, day, month, weekday = schedule.split()
    trigger = CronTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, second="0", timezone=zone
    )
    found: datetime | None = trigger.get_next_fire_time(None, moment.astimezone(zone))
    if found is None:
        raise ValueError(f"{schedule!r} is a time that never comes")
    return found
