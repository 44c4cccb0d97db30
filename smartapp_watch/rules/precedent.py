"""What a period is judged by, where it is not the same weekdays before it: of a weekend that is worked, the
workdays; of a holiday, the same day of the same holiday in earlier years. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.baseline import Choice, candidates, choice_of
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.holiday import YEARS, same_days
from smartapp_watch.rules.rule import Rule, Threshold

_FRIDAY, _SATURDAY = 4, 5
_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class SameDay:
    """The same day (and hour) of a holiday in an earlier year, and the periods that tell its level then.

    ``year``: that which the holiday is of; New Year's Day may begin in the year before.
    """

    period: Period
    year: int
    level: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Precedents:
    """Where the past lies that a period is judged by.

    ``of``: the period whose weeks before are looked at; itself, but of a worked weekend a workday after it.
    ``holiday``: what the day is called, where it is one; then ``years`` are its precedents, newest first,
    and ``level`` the periods that tell the level before this one.
    """

    of: Period
    holiday: str = ""
    years: tuple[SameDay, ...] = ()
    level: tuple[Period, ...] = ()


def precedents_of(rule: Rule, calendar: Calendar, period: Period, nth: int = 1) -> Precedents | None:
    """What the rule judges a period by, on the cell ``nth``; None where the calendar has it left out.

    A weekend that is worked is judged as a workday: a Saturday by the Fridays before it, a Sunday by the
    Mondays. Not where it would be compared with the period before alone, nor a sum over several days, which
    would be of other weekdays, nor a cohort, half of which lies on another day.
    """
    if nth > 1:
        out = calendar.excludes(period) or calendar.excludes(period.shift(nth - 1))
        return None if out else Precedents(period)
    if not calendar.excludes(period):
        return Precedents(period)
    day = period.first
    if period.granularity is Granularity.WEEK or calendar.leaves_out(day):
        return None
    if calendar.kind(day) is DayKind.HOLIDAY:
        return _of_holiday(rule, calendar, period)
    if isinstance(rule.condition, Threshold):
        return Precedents(period)
    return Precedents(_workday_like(period)) if _looks_weeks_back(rule) else None


def candidates_by(rule: Rule, precedents: Precedents, open_since: Period | None = None) -> tuple[Period, ...]:
    """The periods that one with these precedents may be compared with, newest first.

    ``open_since``: as of :func:`smartapp_watch.rules.baseline.candidates`.
    """
    if precedents.holiday:
        return tuple(each.period for each in precedents.years)
    return candidates(rule, precedents.of, open_since)


def choice_by(rule: Rule, precedents: Precedents) -> Choice | None:
    """How a baseline is chosen among them: of a holiday the newest year, or up to three; one is enough.

    What a single year lacks, :func:`smartapp_watch.rules.score.score_of_holiday` asks for in distance.
    """
    choice = choice_of(rule)
    if choice is None or not precedents.holiday:
        return choice
    return Choice(choice.weeks, min(choice.most, YEARS), 1)


def _looks_weeks_back(rule: Rule) -> bool:
    choice = choice_of(rule)
    return choice is not None and choice.weeks > 0 and rule.window == 1


def _workday_like(period: Period) -> Period:
    """The Friday that follows a Saturday, the Monday that follows a Sunday: what they are as workdays."""
    weekday = period.first.weekday()
    if weekday < _SATURDAY:
        return period
    workday = _FRIDAY if weekday == _SATURDAY else 0
    return _on(period, period.first + timedelta(days=(workday - weekday) % _A_WEEK))


def _of_holiday(rule: Rule, calendar: Calendar, period: Period) -> Precedents | None:
    """Of counts and times of a whole mini-program; None for what is not compared with other years.

    A ratio does not grow with a mini-program, and of a breakdown all rows of two weeks would be read.
    """
    scales = rule.metric.unit in (Unit.COUNT, Unit.SECONDS) and not rule.table.is_breakdown
    if not scales or not _looks_weeks_back(rule):
        return None
    mine, earlier = same_days(period.first, calendar.holidays)
    if mine is None:
        return None
    years = tuple(
        SameDay(_on(period, then), holiday.last.year, _ordinary(calendar, period, holiday.level_days))
        for then, holiday in earlier
        if calendar.kind(then) is DayKind.HOLIDAY and not calendar.leaves_out(then)
    )
    return Precedents(period, mine.name, years, _ordinary(calendar, period, mine.level_days))


def _ordinary(calendar: Calendar, period: Period, days: tuple[date, ...]) -> tuple[Period, ...]:
    found = (_on(period, day) for day in days)
    return tuple(each for each in found if not calendar.excludes(each))


def _on(period: Period, day: date) -> Period:
    """The period of another day: the same hour of it, where it is one."""
    return Period(period.granularity, day, period.hour)
