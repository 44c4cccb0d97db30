"""Stretches of days: how the API cuts a range into rows, and what it calls them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """The days ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + offset * _DAY for offset in range((self.last - self.first).days + 1))

    def __str__(self) -> str:
        return f"{written(self.first)} - {written(self.last)}"


def written(day: date) -> str:
    """A day as the API writes it in its answers: 2019/04/10."""
    return f"{day:%Y/%m/%d}"


def week_of(day: date) -> Span:
    """Monday to Sunday."""
    monday = day - day.weekday() * _DAY
    return Span(monday, monday + 6 * _DAY)


def month_of(day: date) -> Span:
    """The first to the last of the month."""
    first = day.replace(day=1)
    return Span(first, (first + 32 * _DAY).replace(day=1) - _DAY)


def _period_of(day: date, gran: str) -> Span:
    if gran == "week":
        return week_of(day)
    return month_of(day) if gran == "month" else Span(day, day)


def cut(asked: Span, gran: str) -> list[Span]:
    """The days, weeks or months of a range, oldest first, cut off at its ends."""
    spans = []
    day = asked.first
    while day <= asked.last:
        end = min(_period_of(day, gran).last, asked.last)
        spans.append(Span(day, end))
        day = end + _DAY
    return spans


def later(span: Span, gran: str, count: int) -> Span:
    """The whole day, week or month that lies ``count`` after the one that ``span`` is of."""
    period = _period_of(span.first, gran)
    for _ in range(count):
        period = _period_of(period.last + _DAY, gran)
    return period


def name_of(span: Span, gran: str) -> str:
    """What a row about ``span`` is called."""
    if gran == "month":
        return f"{span.first:%Y/%m}"
    return str(span) if gran == "week" else written(span.first)
