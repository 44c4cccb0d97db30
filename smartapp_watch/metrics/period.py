"""Periods: the hours, days, weeks and months that figures belong to. All of them are Beijing time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The zone of the API's days. China has had no daylight saving since 1991, so a fixed offset is exact."""

_FORMS = re.compile(
    r"(?P<year>\d{4})(?:-W(?P<week>\d{2})|-(?P<month>\d{2})(?:-(?P<day>\d{2})(?:T(?P<hour>\d{2}))?)?)"
)


class Granularity(StrEnum):
    """The API's ``gran``: how long one period is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One hour, day, week (Monday to Sunday) or month; ordered in time among periods of one granularity.

    Written ``2026-11-22T13``, ``2026-11-22``, ``2026-W47``, ``2026-11``. ``first`` is the first day.
    """

    granularity: Granularity
    first: date
    hour: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """The period that ``text`` writes; ValueError where it writes none."""
        match = _FORMS.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no period; written 2026-11-22, 2026-11-22T13, 2026-W47 or 2026-11")
        year = int(match["year"])
        if match["week"]:
            return cls(Granularity.WEEK, date.fromisocalendar(year, int(match["week"]), 1))
        if match["day"] is None:
            return cls(Granularity.MONTH, date(year, int(match["month"]), 1))
        first = date(year, int(match["month"]), int(match["day"]))
        if match["hour"] is None:
            return cls(Granularity.DAY, first)
        if int(match["hour"]) > 23:  # noqa: PLR2004
            raise ValueError(f"{text!r} is no hour of a day")
        return cls(Granularity.HOUR, first, int(match["hour"]))

    @classmethod
    def containing(cls, day: date, granularity: Granularity = Granularity.DAY) -> Period:
        """The period of ``granularity`` that ``day`` lies in; of hours, the day's first."""
        if granularity is Granularity.WEEK:
            return cls(granularity, day - timedelta(days=day.weekday()))
        if granularity is Granularity.MONTH:
            return cls(granularity, day.replace(day=1))
        return cls(granularity, day)

    @classmethod
    def newest_closed(cls, now: datetime, granularity: Granularity = Granularity.DAY) -> Period:
        """The newest period that is over at ``now``; of hours, the last one of yesterday."""
        if granularity is Granularity.HOUR:
            return cls(granularity, beijing_day(now) - timedelta(days=1), 23)
        return cls.containing(beijing_day(now), granularity).shift(-1)

    def __hash__(self) -> int:
        # Without the granularity, whose hash is slow and tells nothing apart where periods are looked up.
        return hash((self.first, self.hour))

    def __str__(self) -> str:
        match self.granularity:
            case Granularity.HOUR:
                return f"{self.first.isoformat()}T{self.hour:02d}"
            case Granularity.DAY:
                return self.first.isoformat()
            case Granularity.WEEK:
                year, week, _ = self.first.isocalendar()
                return f"{year}-W{week:02d}"
            case Granularity.MONTH:
                return f"{self.first.year:04d}-{self.first.month:02d}"

    @property
    def last(self) -> date:
        """The last day that belongs to the period."""
        match self.granularity:
            case Granularity.WEEK:
                return self.first + timedelta(days=6)
            case Granularity.MONTH:
                return self.shift(1).first - timedelta(days=1)
            case _:
                return self.first

    def shift(self, count: int) -> Period:
        """The period ``count`` periods later, or earlier where it is negative."""
        match self.granularity:
            case Granularity.HOUR:
                days, hour = divmod(self.hour + count, 24)
                return Period(self.granularity, self.first + timedelta(days=days), hour)
            case Granularity.DAY:
                return Period(self.granularity, self.first + timedelta(days=count))
            case Granularity.WEEK:
                return Period(self.granularity, self.first + timedelta(weeks=count))
            case Granularity.MONTH:
                years, month = divmod(self.first.month - 1 + count, 12)
                return Period(self.granularity, date(self.first.year + years, month + 1, 1))

    def weeks_before(self, count: int) -> Period:
        """The period ``count`` weeks earlier: the same weekday and hour; for a week, that week."""
        if self.granularity is Granularity.MONTH:
            raise ValueError("a month has no counterpart weeks earlier")
        return Period(self.granularity, self.first - timedelta(weeks=count), self.hour)

    def closes(self, nth: int = 1) -> datetime:
        """When the period is over; for a cohort's ``nth`` cell, when the cohort's nth period is.

        An hour is over when its day is: the API serves whole days.
        """
        last = self.shift(nth - 1).last if nth > 1 else self.last
        return datetime.combine(last + timedelta(days=1), datetime.min.time(), BEIJING)


def beijing_day(now: datetime) -> date:
    """The day it is in Beijing at ``now``."""
    return now.astimezone(BEIJING).date()


def periods_between(first: Period, last: Period) -> Iterator[Period]:
    """Every period from ``first`` to ``last``, both included, in the order of time."""
    period = first
    while period <= last:
        yield period
        period = period.shift(1)
