"""Which periods are unlike others of their kind: China's statutory holidays and the days worked for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from smartapp_watch.metrics.period import Granularity, Period


class DayKind(StrEnum):
    """What a day is by the calendar. A weekend is as ordinary as a Monday."""

    ORDINARY = "ordinary"
    HOLIDAY = "holiday"
    """Off by the State Council's notice; a Saturday or Sunday within such days is one too."""
    MAKE_UP = "make_up"
    """A Saturday or Sunday that is worked for a day off."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The official calendar, as far as it is published, with ``overrides`` laid over it.

    The notice for a year comes out in November of the year before. In a year that nobody has written down
    every day is ordinary; ``knows`` tells.
    """

    overrides: Mapping[date, DayKind] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", MappingProxyType(dict(self.overrides)))

    def kind(self, day: date) -> DayKind:
        """What the day is."""
        return self.overrides.get(day) or _official_kind(day)

    def knows(self, year: int) -> bool:
        """Whether the holidays of the year are known, officially or by the overrides.

        1 January is a holiday in every year, so a calendar without it is not that year's.
        """
        return self.kind(date(year, 1, 1)) is DayKind.HOLIDAY

    def excludes(self, period: Period) -> bool:
        """Whether the period is neither judged nor a baseline.

        A day is excluded that is no ordinary one; an hour with its day; a week that has a holiday in it.
        A make-up day alone does not exclude its week: it shifts a seventh of it, and without such weeks the
        autumn of 2026 would have four in a row, all that ``last_week`` looks at. A month never is excluded:
        more than half of them have a holiday.
        """
        match period.granularity:
            case Granularity.HOUR | Granularity.DAY:
                return self.kind(period.first) is not DayKind.ORDINARY
            case Granularity.WEEK:
                days = (period.first + timedelta(days=offset) for offset in range(7))
                return any(self.kind(day) is DayKind.HOLIDAY for day in days)
            case Granularity.MONTH:
                return False


def _official_kind(day: date) -> DayKind:
    """What the day is by the published notices."""
    from chinese_calendar import holidays, workdays  # noqa: PLC0415 - not needed before the first judgement

    if day in workdays:
        return DayKind.MAKE_UP
    return DayKind.HOLIDAY if day in holidays else DayKind.ORDINARY
