"""How the API writes periods: ``2019/04/15``, ``2019/04/01 - 2019/04/07``, ``2019/04``, ``00:00 - 00:59``."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from smartapp_watch.metrics.period import Granularity, Period

_KEPT = 1024
_DAY = r"([0-9]{4})[/-]?([0-9]{2})[/-]?([0-9]{2})"
_DAYS = re.compile(_DAY)
_SPANS = re.compile(rf"{_DAY}\s*[-~至]\s*{_DAY}")
_MONTHS = re.compile(r"([0-9]{4})[/-]?([0-9]{2})")
_HOURS = re.compile(r"([0-9]{1,2})(?::00)?(?:\s*[-~至]\s*([0-9]{1,2}):59)?")


def read_period(written: str, granularity: Granularity, day: date) -> Period | None:
    """The period that ``written`` names; None for a week that is cut at the end of the range asked.

    ``day`` is the day asked about, whose hours the API names without it. ValueError where ``written`` names
    no period of ``granularity``.
    """
    return _read(written.strip(), granularity, day)


@lru_cache(_KEPT)  # the answers of a poll are about the same periods
def _read(written: str, granularity: Granularity, day: date) -> Period | None:
    try:
        return _READERS[granularity](written, day)
    except OverflowError as error:
        raise ValueError(f"{written!r} is beyond the calendar") from error


def _read_hour(written: str, day: date) -> Period:
    match = _HOURS.fullmatch(written)
    hour = int(match[1]) if match else 24
    if match is None or hour > 23 or (match[2] and int(match[2]) != hour):  # noqa: PLR2004
        raise ValueError(f"{written!r} is no hour")
    return Period(Granularity.HOUR, day, hour)


def _read_day(written: str, _day: date) -> Period:
    match = _DAYS.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} is no day")
    return Period(Granularity.DAY, _date(*match.groups()))


def _read_week(written: str, _day: date) -> Period | None:
    match = _SPANS.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} is no week")
    first, last = _date(*match.groups()[:3]), _date(*match.groups()[3:])
    week = Period.containing(first, Granularity.WEEK)
    if not first <= last <= week.first + timedelta(days=6):
        raise ValueError(f"{written!r} is no week from Monday to Sunday")
    return week if (first, last) == (week.first, week.last) else None


def _read_month(written: str, _day: date) -> Period:
    match = _MONTHS.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} is no month")
    return Period(Granularity.MONTH, _date(match[1], match[2], "1"))


def _date(year: str, month: str, day: str) -> date:
    return date(int(year), int(month), int(day))


_READERS = {
    Granularity.HOUR: _read_hour,
    Granularity.DAY: _read_day,
    Granularity.WEEK: _read_week,
    Granularity.MONTH: _read_month,
}
