"""Which periods are unlike others of their kind: China's statutory holidays, the days worked for them, and
days of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.rules.holiday import Holiday, holidays_among
from smartapp_watch.rules.occasion import Occasion, Occurrence

_DECEMBER = 12


class DayKind(StrEnum):
    """What a day is by the calendar. A weekend is as ordinary as a Monday."""

    ORDINARY = "ordinary"
    HOLIDAY = "holiday"
    """Off by the State Council's notice; a Saturday or Sunday within such days is one too."""
    MAKE_UP = "make_up"
    """A Saturday or Sunday that is worked for a day off."""


@dataclass(frozen=True)
class Calendar:
    """The official calendar, as far as it is published, with ``overrides`` and ``occasions`` laid over it.

    The notice for a year comes out in November of the year before. In a year that nobody has written down
    every day is ordinary; ``knows`` tells. ``own``: the calendars of those mini-programs, by number, that
    other occasions concern than the rest.
    """

    overrides: Mapping[date, DayKind] = field(default_factory=dict)
    occasions: tuple[Occasion, ...] = ()
    own: Mapping[int, Calendar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", MappingProxyType(dict(self.overrides)))
        object.__setattr__(self, "own", MappingProxyType(dict(self.own)))

    def among(self, apps: Iterable[App]) -> Calendar:
        """The calendar of all, with one of its own for each of ``apps`` that more occasions concern."""
        common = tuple(each for each in self.occasions if each.concerns(None))
        if common == self.occasions:
            return self
        known: dict[tuple[Occasion, ...], Calendar] = {}
        own: dict[int, Calendar] = {}
        for app in apps:
            occasions = tuple(each for each in self.occasions if each.concerns(app))
            if occasions != common:
                known.setdefault(occasions, Calendar(self.overrides, occasions))
                own[app.id] = known[occasions]
        return replace(self, occasions=common, own=own)

    def of(self, app_id: int | None) -> Calendar:
        """The calendar of one mini-program; None is the platform."""
        return self if app_id is None else self.own.get(app_id, self)

    def kin(self, app_ids: set[int | None]) -> list[tuple[Calendar, set[int | None]]]:
        """The mini-programs in sets that share a calendar."""
        own = {each for each in app_ids if each in self.own} if self.own else set()
        found: dict[int, tuple[Calendar, set[int | None]]] = {}
        for each in own:
            calendar = self.of(each)
            found.setdefault(id(calendar), (calendar, set()))[1].add(each)
        rest = app_ids - own
        return [*([(self, rest)] if rest else []), *found.values()]

    def kind(self, day: date) -> DayKind:
        """What the day is."""
        return self.overrides.get(day) or _official_kind(day)

    def knows(self, year: int) -> bool:
        """Whether the holidays of the year are known, officially or by the overrides.

        1 January is a holiday in every year, so a calendar without it is not that year's.
        """
        return self.kind(date(year, 1, 1)) is DayKind.HOLIDAY

    def unknown_year(self, today: date) -> int | None:
        """The first year that is taken for ordinary days though its holidays are there to be known.

        This year; from December on, when they have been published for some weeks, the next one, too.
        """
        years = (today.year, today.year + 1) if today.month == _DECEMBER else (today.year,)
        return next((year for year in years if not self.knows(year)), None)

    @cached_property
    def meaning(self) -> str:
        """What decides which periods it excludes, beside the official days, as text; empty for nothing."""
        days = sorted(
            (each.first, each.last, each.yearly, each.before, each.after) for each in self._left_out
        )
        overrides = sorted(self.overrides.items())
        return repr((overrides, days)) if overrides or days else ""

    def left_out(self, first: date, last: date) -> frozenset[date]:
        """The days among these that occasions leave out."""
        return frozenset(day for each in self._left_out for day in each.days(first, last))

    def occurrences(self, first: date, last: date) -> tuple[Occurrence, ...]:
        """The occasions that these days lie within, or close to."""
        return tuple(each for occasion in self.occasions for each in occasion.seen_from(first, last))

    @cached_property
    def holidays(self) -> tuple[Holiday, ...]:
        """Every holiday that has a name: those that were published. Of one's own, nobody knows the name."""
        published = _published_names()
        off = (day for day in {*published, *self.overrides} if self.kind(day) is DayKind.HOLIDAY)
        return holidays_among((day, published.get(day, "")) for day in off)

    @cached_property
    def _left_out(self) -> tuple[Occasion, ...]:
        return tuple(each for each in self.occasions if each.excludes)

    def _leaves_out(self, first: date, last: date) -> bool:
        return any(True for each in self._left_out for _ in each.times(first, last))

    def leaves_out(self, day: date) -> bool:
        """Whether one of the occasions leaves the day out."""
        return self._leaves_out(day, day)

    def excludes(self, period: Period) -> bool:
        """Whether the period is no baseline of ordinary ones. What it is judged by itself, if it is, stands
        in :mod:`smartapp_watch.rules.precedent`.

        A day is excluded that is no ordinary one, or that an occasion leaves out; an hour with its day; a
        week that has a holiday in it, or a day that is left out. A make-up day alone does not exclude its
        week: it shifts a seventh of it, and without such weeks the autumn of 2026 would have four in a row,
        all that ``last_week`` looks at. A month never is excluded: more than half of them have a holiday.
        """
        match period.granularity:
            case Granularity.HOUR | Granularity.DAY:
                day = period.first
                return self.kind(day) is not DayKind.ORDINARY or self._leaves_out(day, day)
            case Granularity.WEEK:
                days = (period.first + timedelta(days=offset) for offset in range(7))
                off = any(self.kind(day) is DayKind.HOLIDAY for day in days)
                return off or self._leaves_out(period.first, period.last)
            case Granularity.MONTH:
                return False


def _official_kind(day: date) -> DayKind:
    """What the day is by the published notices."""
    from chinese_calendar import holidays, workdays  # noqa: PLC0415 - not needed before the first judgement

    if day in workdays:
        return DayKind.MAKE_UP
    return DayKind.HOLIDAY if day in holidays else DayKind.ORDINARY


def _published_names() -> Mapping[date, str]:
    """The days off by the published notices, and what they are called."""
    from chinese_calendar import holidays  # noqa: PLC0415 - not needed before the first holiday

    return holidays
