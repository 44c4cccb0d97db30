"""Which day of which holiday a day is, which days of earlier years were the same one, and how a figure of
theirs is carried over to this year. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

YEARS = 3
"""From so many earlier years a holiday is looked for."""
LEVEL_BEFORE = range(8, 22)
"""How many days before a holiday begins its ordinary level is taken: two weeks, but not the last one before
it, in which people are leaving already, and weekends are worked."""
LEAST_OF_LEVEL = 7
"""Under so many values there is no telling what was ordinary."""
MOST_GROWTH = 3.0
"""Where the ordinary level was so many times another, it was another business."""

_REACH = timedelta(days=366 * YEARS + 31)
"""The Spring Festival of three years ago may have been a month later in its year."""

_SPRING_FESTIVAL = "Spring Festival"
_FIRST_LUNAR_YEAR = 2004
_LUNAR_NEW_YEARS = (  # 2004 to 2040
    "01-22 02-09 01-29 02-18 02-07 01-26 02-14 02-03 01-23 02-10 01-31 02-19 02-08 01-28 02-16 02-05 01-25 "
    "02-12 02-01 01-22 02-10 01-29 02-17 02-06 01-26 02-13 02-03 01-23 02-11 01-31 02-19 02-08 01-28 02-15 "
    "02-04 01-24 02-12"
)
"""When lunar years begin. The days off begin up to two days before, and not every year alike: the second day
off is New Year's Eve in one year, and the first day of the new one in another."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days off in a row: from ``first`` to ``last``. ``anchor``: the day that the others are counted from."""

    name: str
    first: date
    last: date
    anchor: date

    @property
    def level_days(self) -> tuple[date, ...]:
        """The days by which its ordinary level is told, newest first, whatever they are by the calendar."""
        return tuple(self.first - timedelta(days=back) for back in LEVEL_BEFORE)


def holidays_among(named: Iterable[tuple[date, str]]) -> tuple[Holiday, ...]:
    """The holidays that these days off are, in the order of time; a day that nobody named has an empty name.

    Days in a row are one holiday, that which most of them are named for: of National Day with the
    Mid-Autumn Festival in it, the former. One without any name is left out. Between days of one name may lie
    one of a weekend, which was off in any case, and which some notices do not list.
    """
    runs: list[list[tuple[date, str]]] = []
    for day, name in sorted(named):
        before, name_before = runs[-1][-1] if runs else (date.min, "")
        if day - before > timedelta(days=2 if name == name_before else 1):
            runs.append([])
        runs[-1].append((day, name))
    return tuple(found for run in runs if (found := _holiday_of(run)))


def same_days(day: date, holidays: Sequence[Holiday]) -> tuple[Holiday | None, list[tuple[date, Holiday]]]:
    """The holiday that ``day`` lies in, and the same day of it in earlier years, newest first."""
    mine = next((each for each in holidays if each.first <= day <= each.last), None)
    if mine is None:
        return None, []
    earlier = (each for each in reversed(holidays) if each.name == mine.name and each.last < mine.first)
    same = ((each.anchor + (day - mine.anchor), each) for each in earlier)
    return mine, [
        (then, each) for then, each in same if each.first <= then <= each.last and then >= day - _REACH
    ]


def growth(level_now: Sequence[float], level_then: Sequence[float]) -> float | None:
    """How many times the level before last year's holiday this year's is; None where that says nothing."""
    if min(len(level_now), len(level_then)) < LEAST_OF_LEVEL:
        return None
    now, then = median(level_now), median(level_then)
    if now <= 0 or then <= 0:
        return None
    return now / then if 1 / MOST_GROWTH <= now / then <= MOST_GROWTH else None


def _holiday_of(run: Sequence[tuple[date, str]]) -> Holiday | None:
    names = Counter(name for _, name in run if name)
    if not names:
        return None
    [(name, _)] = names.most_common(1)
    anchor = next(day for day, each in run if each == name)
    first, last = run[0][0], run[-1][0]
    if name == _SPRING_FESTIVAL:
        new_year = next((day for day in map(_lunar_new_year, (first.year, last.year)) if day), None)
        if new_year is None or not first <= new_year <= last:
            return None
        anchor = new_year
    return Holiday(name, first, last, anchor)


def _lunar_new_year(year: int) -> date | None:
    place = year - _FIRST_LUNAR_YEAR
    days = _LUNAR_NEW_YEARS.split()
    return date.fromisoformat(f"{year}-{days[place]}") if 0 <= place < len(days) else None
