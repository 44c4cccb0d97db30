"""Days, weeks and spans of time as each language writes them."""

from __future__ import annotations

from datetime import date, datetime

from smartapp_watch.metrics.period import BEIJING, Granularity, Period
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.text import short

_WEEKDAYS = tuple("一二三四五六日")
_WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST_UNKNOWN = 40

SPANS = {
    Granularity.HOUR: (Words("小时", "hour"), Words("小时", "hours")),
    Granularity.DAY: (Words("天", "day"), Words("天", "days")),
    Granularity.WEEK: (Words("周", "week"), Words("周", "weeks")),
    Granularity.MONTH: (Words("个月", "month"), Words("个月", "months")),
}


def parse_period(text: str) -> Period | None:
    """The period that ``text`` writes, or None: a message is not lost over an odd date."""
    try:
        return Period.parse(text)
    except ValueError:
        return None


def weekday(day: date, language: Language) -> str:
    """``周日`` or ``Sunday``."""
    return Words("周" + _WEEKDAYS[day.weekday()], _WEEKDAY_NAMES[day.weekday()]).in_(language)


def day_words(day: date, language: Language) -> str:
    """``11月22日（周日）`` or ``Sun 22 Nov``."""
    name = weekday(day, language)
    chinese = f"{day.month}月{day.day}日（{name}）"
    return Words(chinese, f"{name[:3]} {day.day} {_MONTHS[day.month - 1]}").in_(language)


def date_words(day: date, language: Language) -> str:
    """``11月22日`` or ``22 Nov``."""
    return Words(f"{day.month}月{day.day}日", f"{day.day} {_MONTHS[day.month - 1]}").in_(language)


def period_words(text: str, language: Language) -> str:
    """A period, given as text, in words; unchanged where it is none."""
    period = parse_period(text)
    if period is None:
        return short(text, _LONGEST_UNKNOWN)
    match period.granularity:
        case Granularity.HOUR:
            tail = Words(f" {period.hour} 时", f" {period.hour:02d}:00")
            return day_words(period.first, language) + tail.in_(language)
        case Granularity.DAY:
            return day_words(period.first, language)
        case Granularity.WEEK:
            week = period.first.isocalendar().week
            return Words(f"第{week}周", f"week {week}").in_(language)
        case Granularity.MONTH:
            first = period.first
            return Words(f"{first.year}年{first.month}月", f"{_MONTHS[first.month - 1]} {first.year}").in_(
                language
            )


def span_words(first: str, last: str, language: Language, *, year: bool = False) -> str:
    """The days from ``first`` to ``last``: ``11月16日–22日`` or ``16–22 Nov``, with the year where asked."""
    start, end = parse_period(first), parse_period(last)
    if start is None or end is None:
        return f"{short(first, _LONGEST_UNKNOWN)}–{short(last, _LONGEST_UNKNOWN)}"
    if start == end:
        tail = Words("", f" {end.last.year}") if year else Words("", "")
        head = Words(f"{end.last.year}年", "") if year else Words("", "")
        return head.in_(language) + day_words(end.last, language) + tail.in_(language)
    years = year or start.first.year != end.last.year
    chinese, english = _chinese_span, _english_span
    return (chinese if language is Language.ZH else english)(start.first, end.last, years)


def _chinese_span(first: date, last: date, years: bool) -> str:
    start = (f"{first.year}年" if years else "") + f"{first.month}月{first.day}日"
    end = f"{last.day}日"
    if first.month != last.month or first.year != last.year:
        end = f"{last.month}月{end}"
    return f"{start}–" + (f"{last.year}年" if first.year != last.year else "") + end


def _english_span(first: date, last: date, years: bool) -> str:
    start = str(first.day)
    if first.month != last.month or first.year != last.year:
        start += f" {_MONTHS[first.month - 1]}"
    if first.year != last.year:
        start += f" {first.year}"
    return f"{start}–{last.day} {_MONTHS[last.month - 1]}" + (f" {last.year}" if years else "")


def moment_words(moment: datetime) -> str:
    """A moment to the minute, in Beijing: ``2026-11-23 10:07``."""
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def count_words(count: int, granularity: Granularity, language: Language) -> str:
    """``3 天`` or ``3 days``."""
    one, many = SPANS[granularity]
    return f"{count} {(one if count == 1 else many).in_(language)}"
