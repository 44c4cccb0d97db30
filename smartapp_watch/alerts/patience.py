"""How often people hear of one thing: series that flap, and alerts that last. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from smartapp_watch.alerts.alert import OPEN, Alert
from smartapp_watch.metrics.period import Period

FLAPPING = "flapping"
"""The reason of the beginning from which on a flapping series is left to the digest."""

STILL = "still"
"""The reason of a reminder."""

FLAP_PERIODS = 14
FLAPS = 3
_QUIET_AGAIN = 5

_REMINDERS = (timedelta(days=1), timedelta(days=3), timedelta(days=7))


def begins_to_flap(beginnings: int) -> bool:
    """Whether this is the third beginning within 14 periods: told, with that reason."""
    return beginnings == FLAPS


def is_left_to_digest(alert: Alert, beginnings: int, now: datetime) -> bool:
    """Whether a flapping alert is quiet: until 5 periods were clear, or in breach, without a break."""
    if beginnings < FLAPS:
        return False
    if alert.state in OPEN:
        return alert.breaches < _QUIET_AGAIN
    newest = Period.newest_closed(now, alert.period.granularity)
    return newest < alert.period.shift(_QUIET_AGAIN - 1)


def reminder_due(told_at: datetime, now: datetime) -> int:
    """Which reminder of an alert that lasts is due: of the 1st, 3rd or 7th day; 0 is none.

    Later ones are the weekly digest's.
    """
    due = [each for each in _REMINDERS if now - told_at >= each]
    return due[-1].days if due and now - told_at < due[-1] + timedelta(days=1) else 0
