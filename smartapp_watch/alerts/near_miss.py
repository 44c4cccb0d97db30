"""Near misses: what reached a rule's own score, not its fleet's cut. No alerts; digests name them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from smartapp_watch.alerts.alert import Dimensions
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.verdict import Figures


@dataclass(frozen=True, slots=True)
class NearMiss:
    """One series of a rule at one period. ``score``: below 0 where the value is lower than usual; ``at``:
    when it was found first. ``texts``: the row's words (a page's path), pairs of (column, text).
    """

    app_id: int | None
    dimensions: Dimensions
    texts: tuple[tuple[str, str], ...]
    period: Period
    figures: Figures
    score: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Recurring:
    """A series with near misses: the ``strongest``, and at how many periods there was one."""

    strongest: NearMiss
    periods: int


def by_series(found: Iterable[NearMiss]) -> list[Recurring]:
    """Each series once, the strongest first; of equals, the newer period, then the lower number."""
    series: dict[tuple[int | None, Dimensions], list[NearMiss]] = {}
    for each in sorted(found, key=_rank):
        series.setdefault((each.app_id, each.dimensions), []).append(each)
    return [Recurring(misses[0], len(misses)) for misses in series.values()]


def _rank(each: NearMiss) -> tuple[float, int, int, int, str]:
    hour = each.period.hour or 0
    return -abs(each.score), -each.period.first.toordinal(), -hour, each.app_id or 0, str(each.dimensions)
