"""What the same day of a holiday of earlier years would be this year: grown as ordinary days have. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.baseline import Episode, clean
from smartapp_watch.rules.holiday import growth
from smartapp_watch.rules.judge import Point
from smartapp_watch.rules.precedent import Precedents


@dataclass(frozen=True, slots=True)
class Carried:
    """``past``: by the day of an earlier year, its values as they would be now. ``level``: the median of this
    year's ordinary days before the holiday; None where they are too few."""

    past: Mapping[Period, Point]
    level: float | None


def carry_over(
    precedents: Precedents, value_of: Callable[[Period], Point | None], spoiled: Iterable[Episode]
) -> Carried:
    """The values of earlier years, each times the growth of the level since; none where that is unknown.

    ``spoiled``: the episodes whose periods say nothing of a level. A holiday without any value then, be it 0,
    is no measure of one now.
    """
    spoiled = tuple(spoiled)

    def level(periods: Iterable[Period]) -> list[float]:
        points = map(value_of, clean(periods, spoiled))
        return [point.value for point in points if point is not None]

    now = level(precedents.level)
    past: dict[Period, Point] = {}
    for each in precedents.years:
        point = value_of(each.period)
        grown = growth(now, level(each.level)) if point is not None and point.value > 0 else None
        if point is not None and grown is not None:
            counts = {
                column: None if count is None else grown * count for column, count in point.counts.items()
            }
            past[each.period] = Point(grown * point.value, counts)
    return Carried(past, median(now) if past else None)
