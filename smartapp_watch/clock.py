"""The only place that asks what time it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

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
